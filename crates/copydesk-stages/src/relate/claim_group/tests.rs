use copydesk_types::{
    Article, Claim, ClaimForm, ClaimType, EntityType, Modality, Polarity, Provenance, Quantity,
    Record, Resolution, Source, Span, Speaker, Text, TextMethod, When, article_id, claim_id,
    minted_entity_id,
};

use super::*;

const PAIRS: &str = include_str!("pairs.txt");

/// A record whose only claim is `text`, read as extract reads it: names by their capital, quotes by their marks.
fn record(speaker: &str, day: &str, text: &str) -> Record {
    let id = article_id(speaker, text);
    let source = Source {
        path: String::new(),
        member: None,
        bytes: 0,
        sha256: String::new(),
        media_type: "text/plain".into(),
        encoding: "utf-8".into(),
        encoding_errors: false,
        received_at: None,
    };
    let body = Text::new(text.into(), TextMethod::Plain, vec![]);
    let mut record = Record::new(id, source, Article::default(), body, Provenance::default());
    let content = Span::new(0, text.len());
    let quotes = text.match_indices('“').filter_map(|(at, mark)| {
        let end = at + text.get(at..)?.find('”')?;
        Some(Span::new(at + mark.len(), end))
    });
    let is_name = |w: &&str| {
        w.starts_with(char::is_uppercase) && w.len() > 2 && !matches!(*w, "The" | "This" | "There")
    };
    let names = text.split(|c: char| !c.is_alphanumeric()).filter(is_name);
    let negations = ["not", "never", "no", "nobody"];
    let negated = text.split(' ').any(|w| negations.contains(&w));
    let entity = |name: &str| minted_entity_id(EntityType::Person, &name.to_lowercase());
    // A surname stands for the speaker with that name.
    let surname = speaker.rsplit(' ').next().unwrap_or(speaker);
    record.claims = vec![Claim {
        id: claim_id(&record.id, 0),
        kind: ClaimType::Statement,
        form: ClaimForm::Mixed,
        text: text.into(),
        content: vec![content],
        quotes: quotes.collect(),
        cue: None,
        speaker: Some(Speaker {
            entity: Some(entity(surname)),
            name: speaker.into(),
            start: 0,
            end: 0,
            text: String::new(),
            resolution: Resolution::Name,
            confidence: 1.0,
        }),
        addressee: None,
        via: vec![],
        polarity: if negated { Polarity::Negated } else { Polarity::Affirmative },
        modality: Modality::Asserted,
        when: (!day.is_empty()).then(|| When { text: String::new(), value: Some(day.into()) }),
        about: names.map(entity).collect(),
        check_worthiness: 0.0,
        confidence: 1.0,
        rule: String::new(),
        why: None,
        group: None,
    }];
    let words: Vec<&str> = text.split(' ').collect();
    record.quantities = words.windows(2).filter_map(quantity).collect();
    record
}

fn quantity(words: &[&str]) -> Option<Quantity> {
    let [number, unit] = words else { return None };
    let value: f64 = number.replace(',', "").parse().ok()?;
    let unit = Some((*unit).to_owned());
    Some(Quantity {
        start: 0,
        end: 1,
        text: String::new(),
        label: "CARDINAL".into(),
        value: Some(value),
        unit,
    })
}

/// What the second claim is to the first.
fn found(fields: &[&str]) -> &'static str {
    let [_, speaker, day, text, speaker2, day2, text2] = fields else {
        panic!("seven fields: {fields:?}")
    };
    let features = |s: &str, d: &str, t: &str| ClaimFeatures::of(&record(s, d, t)).remove(0);
    let mut groups = ClaimGroups::default();
    groups.learn((1, 1), features(speaker, day, text), 100);
    match groups.place(&features(speaker2, day2, text2)).map(|m| m.relation) {
        None => "none",
        Some(Relation::SameQuote { .. }) => "quote",
        Some(Relation::SameStatement) => "same",
        Some(Relation::Disputes(_)) => "disputes",
    }
}

#[test]
fn pairs_of_claims() {
    let pairs: Vec<Vec<&str>> =
        PAIRS.lines().filter(|l| !l.starts_with('#')).map(|l| l.split('|').collect()).collect();
    assert!(pairs.len() >= 60, "{} pairs", pairs.len());
    let outcomes: Vec<(&str, &str)> = pairs.iter().map(|p| (p[0], found(p))).collect();
    for (pair, (gold, said)) in pairs.iter().zip(&outcomes) {
        if gold != said {
            println!("{gold} called {said}: {} / {}", pair[3], pair[6]);
        }
    }
    let figures = |kinds: &[&str]| {
        let count = |gold: bool, said: bool| {
            outcomes
                .iter()
                .filter(|(g, s)| (!gold || kinds.contains(g)) && (!said || kinds.contains(s)))
                .count()
        };
        let right = outcomes.iter().filter(|(g, s)| g == s && kinds.contains(g)).count();
        (right as f64 / count(false, true) as f64, right as f64 / count(true, false) as f64)
    };
    let (same, disputes) = (figures(&["quote", "same"]), figures(&["disputes"]));
    println!("same: precision {:.3} recall {:.3}", same.0, same.1);
    println!("disputes: precision {:.3} recall {:.3}", disputes.0, disputes.1);
    assert!(same.0 >= 0.9 && same.1 >= 0.6, "{same:?}");
    assert!(disputes.0 >= 0.8 && disputes.1 >= 0.6, "{disputes:?}");
}

#[test]
fn briefs_of_one_mould_are_told_apart_by_numbers_and_days() {
    let check = |said: &str, then: &str, expected: &str| {
        let pair = ["", "Ada Brandt", "2024-03-04", said, "Ada Brandt", "2024-03-05", then];
        assert_eq!(found(&pair), expected, "{said} / {then}");
    };
    let rates = |percent: &str| {
        format!("freight rates of Poseidon Lines from Linz rose {percent} percent in heavy trade")
    };
    check(&rates("3.1"), &rates("3.1"), "same");
    check(&rates("3.1"), &rates("3.3"), "none");
    check(&rates("3.1"), &rates("3.13"), "same");
    check(&rates("3.1"), &rates("4.6"), "disputes");
    let flood =
        |people: &str| format!("the Elder flood drove {people} people from their homes in Linz");
    check(&flood("2,430,000"), &flood("2,400,000"), "same");
    check(&flood("2,400,000"), &flood("3,100,000"), "disputes");
    check(&flood("2,400,000,000"), &flood("3,100,000,000"), "disputes");
    let ferry = |did: &str, day: &str| {
        format!("fares of Poseidon Lines to Linz {did} by 12 crowns at the auction on {day}")
    };
    check(&ferry("rose", "Monday"), &ferry("rose", "Monday"), "same");
    check(&ferry("rose", "Monday"), &ferry("rose", "Tuesday"), "none");
    check(&ferry("rose", "Monday"), &ferry("fell", "Tuesday"), "none");
    check(&ferry("rose", "Monday"), &ferry("fell", "Monday"), "disputes");
}

#[test]
fn another_speaker_of_the_same_quote_is_told() {
    let features = |s: &str| {
        ClaimFeatures::of(&record(s, "", "“We will rebuild the old theatre stone by stone.”"))
            .remove(0)
    };
    let mut groups = ClaimGroups::default();
    groups.learn((1, 1), features("Ada Brandt"), 100);
    let relation = |s: &str| groups.place(&features(s)).map(|m| m.relation);
    assert_eq!(relation("Brandt"), Some(Relation::SameQuote { other_speaker: false }));
    assert_eq!(relation("Tom Osei"), Some(Relation::SameQuote { other_speaker: true }));
}

#[test]
fn claims_leave_the_window_and_features_come_back() {
    let features = |n: u32| {
        let text = format!(
            "that the Norvale council had bought {n} houses in Linz, “house number {n} being the last of them”"
        );
        ClaimFeatures::of(&record("Ada Brandt", "2024-03-04", &text)).remove(0)
    };
    let mut groups = ClaimGroups::default();
    for n in 0..200 {
        let claim = features(n);
        let mut bytes = Vec::new();
        claim.encode(&mut bytes);
        assert_eq!(ClaimFeatures::decode(&mut bytes.as_slice()), Some(claim.clone()));
        assert_eq!(ClaimFeatures::decode(&mut &bytes[..bytes.len() - 1]), None);
        groups.learn((u128::from(n), 1), claim, 32);
    }
    assert!(groups.claims.len() <= 36, "{}", groups.claims.len());
    assert!(groups.place(&features(3)).is_none_or(|m| m.group.0 != 3));
    assert_eq!(groups.place(&features(199)).map(|m| m.group.0), Some(199));
}
