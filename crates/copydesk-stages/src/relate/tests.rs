use copydesk_testkit::article;
use copydesk_types::{
    Claim, ClaimForm, ClaimType, Dedup, Entity, EntityId, EntityType, Evidence, Kb, Link,
    LinkMethod, Mention, MentionKind, Modality, Polarity, Resolution, Role, Span, Speaker,
    WarningCode, minted_entity_id,
};
use proptest::prelude::*;

use super::*;

/// A record with an entity for each of `names` that its text has.
fn record(text: &str, day: &str, names: &[&str]) -> Record {
    let mut record = article(text);
    record.article.published.at = (!day.is_empty()).then(|| day.to_owned());
    record.entities = names.iter().filter_map(|name| entity(&record.text.body, name)).collect();
    record
}

fn entity(body: &str, name: &str) -> Option<Entity> {
    let mentions: Vec<Mention> = body
        .match_indices(name)
        .map(|(at, words)| Mention {
            start: at,
            end: at + words.len(),
            text: words.into(),
            label: Some("PERSON".into()),
            kind: MentionKind::Name,
        })
        .collect();
    let first = mentions.first()?.start;
    Some(Entity {
        id: minted_entity_id(EntityType::Person, &name.to_lowercase()),
        kind: EntityType::Person,
        name: name.into(),
        kb: Kb::default(),
        country: None,
        coordinates: None,
        roles: vec![Role { title: "envoy".into(), of: None, start: first, end: first }],
        salience: 0.5,
        link: Link { method: LinkMethod::None, confidence: 0.0, alternatives: vec![] },
        mentions,
    })
}

/// Adds the statement `words` of the body by the entity `speaker`.
fn say(record: &mut Record, speaker: &str, words: &str) {
    let body = &record.text.body;
    let start = body.find(words).unwrap();
    let at = body.find(speaker).unwrap();
    let entity = record.entities.iter().find(|e| e.name == speaker).map(|e| e.id.clone());
    let claim = Claim {
        id: claim_id(&record.id, record.claims.len()),
        kind: ClaimType::Statement,
        form: ClaimForm::Direct,
        text: words.into(),
        content: vec![Span::new(start, start + words.len())],
        quotes: vec![Span::new(start, start + words.len())],
        cue: None,
        speaker: Some(Speaker {
            entity,
            name: speaker.into(),
            start: at,
            end: at + speaker.len(),
            text: speaker.into(),
            resolution: Resolution::Name,
            confidence: 1.0,
        }),
        addressee: None,
        via: vec![],
        polarity: Polarity::Affirmative,
        modality: Modality::Asserted,
        when: None,
        about: vec![],
        check_worthiness: 0.0,
        confidence: 1.0,
        rule: "test".into(),
        why: None,
        group: None,
    };
    record.claims.push(claim);
}

fn see(stage: &mut Relate, record: &mut Record) -> Option<Vec<u8>> {
    assert_eq!(stage.run(record).unwrap(), Route::On);
    record.check().unwrap();
    let decision = stage.take_decision();
    if let Some(decision) = &decision {
        stage.learn(decision).unwrap();
    }
    decision
}

fn relate() -> Relate {
    Relate::new(RelateOptions::default())
}

const TALKS: &str = "Foreign minister Ilya Marenko met President Dana Okafor on Thursday for talks over gas and the border, the \
    state agency said. Okafor called the talks frank. The ministers spoke for an hour and parted without a statement.";

#[test]
fn the_same_actors_on_other_days_are_other_stories() {
    let names = ["Ilya Marenko", "Dana Okafor"];
    let check = |days: [&str; 3], stories: usize| {
        let mut stage = relate();
        let ends = ["Rain fell.", "Crowds cheered outside.", "A dinner followed at the palace."];
        let records = days.iter().zip(ends).map(|(day, end)| {
            let mut record = record(&format!("{TALKS} {end}"), day, &names);
            see(&mut stage, &mut record);
            record.story.unwrap()
        });
        let found: Vec<Section> = records.collect();
        let mut ids: Vec<_> = found.iter().map(|s| s.id.clone()).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), stories, "{days:?}: {found:?}");
        if stories == 3 {
            assert_eq!(found[1].related.first().map(|r| r.id.clone()), Some(found[0].id.clone()));
        }
    };
    check(["2018-05-31", "2019-04-25", "2023-10-19"], 3);
    check(["2018-05-31", "2018-06-01", "2018-06-01"], 1);
}

#[test]
fn without_a_date_facts_must_be_shared() {
    let flood = |town: &str, height: &str, mayor: &str| {
        let text = format!(
            "The river broke its banks at {town} in the night and drove families out of their homes. Water stood {height} \
             centimetres high in the market. Mayor {mayor} asked the army for boats and the schools stayed shut."
        );
        record(&text, "", &[mayor])
    };
    let check = |second: Record, same: bool| {
        let mut stage = relate();
        let (mut first, mut second) = (flood("Norvale", "140", "Ada Brandt"), second);
        see(&mut stage, &mut first);
        see(&mut stage, &mut second);
        assert_eq!(first.story.unwrap().id == second.story.unwrap().id, same);
    };
    check(flood("Norvale", "155", "Ada Brandt"), true);
    check(flood("Norvale", "140", "Tom Osei"), true);
    let other = "The river broke its banks at Ostrava before noon. Water stood 90 centimetres high in the station, the army \
        brought sandbags, and families slept in a school. Mayor Tom Osei thanked the firemen.";
    let other = record(other, "", &["Tom Osei"]);
    check(other, false);
}

#[test]
fn spellings_become_one_entity_and_stay_it() {
    let mut stage = relate();
    let mut first =
        record("Sergey Lavin spoke. Sergey Lavin left.", "2024-01-02", &["Sergey Lavin"]);
    see(&mut stage, &mut first);
    let mut second =
        record("Sergei Lavin said that trade would grow.", "2024-02-03", &["Sergei Lavin"]);
    say(&mut second, "Sergei Lavin", "trade would grow");
    let unread = second.clone();
    see(&mut stage, &mut second);
    let id = first.entities[0].id.clone();
    assert_eq!(second.entities[0].id, id);
    assert_eq!(second.claims[0].speaker.as_ref().unwrap().entity.as_ref(), Some(&id));
    let entries = stage.entities("Sergei Lavin");
    assert_eq!(entries.len(), 1);
    assert_eq!(
        (entries[0].articles, entries[0].mentions, entries[0].first_day.as_deref()),
        (2, 3, Some("2024-01-02"))
    );
    assert_eq!(entries[0].variants.keys().collect::<Vec<_>>(), ["Sergei Lavin", "Sergey Lavin"]);
    assert_eq!(entries[0].roles[0].article, first.id);

    // The knowledge base comes to know him: both spellings lead to its id from now on, and what was said stays said.
    let mut third = record("Sergei Lavin met the union.", "2024-03-03", &["Sergei Lavin"]);
    third.entities[0].id = EntityId::try_from("Q1".to_owned()).unwrap();
    see(&mut stage, &mut third);
    let mut fourth = record("Sergey Lavin slept well.", "2024-03-04", &["Sergey Lavin"]);
    see(&mut stage, &mut fourth);
    assert_eq!(fourth.entities[0].id.as_str(), "Q1");
    assert_eq!(
        stage.entities(id.as_str())[0].merged_into.as_ref().map(EntityId::as_str),
        Some("Q1")
    );
    let mut again = unread;
    assert!(see(&mut stage, &mut again).is_none());
    assert_eq!(again, second);
}

#[test]
fn a_revision_says_what_it_changed() {
    let mut stage = relate();
    let names = ["Ada Brandt"];
    let quotes =
        ["The pier is safe for the ferry", "We will pay the workers on Monday", "Nobody was hurt"];
    let text = quotes.join(". ") + ", Ada Brandt said.";
    let mut before = record(&text, "2024-01-02", &names);
    for quote in quotes {
        say(&mut before, "Ada Brandt", quote);
    }
    see(&mut stage, &mut before);
    let quotes = [
        "The pier is safe for the ferry",
        "We will pay all the workers on Tuesday",
        "Two divers found the crack",
    ];
    let mut now = record(&(quotes.join(". ") + ", Ada Brandt said."), "2024-01-02", &names);
    for quote in quotes {
        say(&mut now, "Ada Brandt", quote);
    }
    now.dedup = Some(Dedup {
        verdict: Verdict::Revision,
        of: Some(before.id.clone()),
        root: before.id.clone(),
        version: 2,
        evidence: Evidence {
            containment: 0.5,
            contained: 0.5,
            jaccard: 0.5,
            rule: "update".into(),
        },
    });
    see(&mut stage, &mut now);
    let changes = now.changes.unwrap();
    assert_eq!(changes.since, before.id);
    assert_eq!(changes.added, [claim_id(&now.id, 2)]);
    assert_eq!(changes.dropped, [claim_id(&before.id, 2)]);
    let reworded: Vec<_> =
        changes.reworded.iter().map(|r| (r.claim.clone(), r.was.clone())).collect();
    assert_eq!(reworded, [(claim_id(&now.id, 1), claim_id(&before.id, 1))]);
}

#[test]
fn a_quote_is_grouped_with_who_carried_it_first() {
    let mut stage = relate();
    let quote = "we will rebuild the old theatre stone by stone";
    let mut records = ["Ada Brandt", "Ada Brandt", "Tom Osei"].map(|speaker| {
        let mut record =
            record(&format!("In the town hall {speaker} said {quote}."), "2024-01-02", &[speaker]);
        record.id =
            copydesk_types::article_id(&format!("{speaker}{}", stage.state.known.len()), quote);
        say(&mut record, speaker, quote);
        see(&mut stage, &mut record);
        record
    });
    let groups = records.each_mut().map(|r| r.claims[0].group.take().unwrap());
    assert_eq!(groups[0].relation, GroupRelation::First);
    assert!(
        groups[1..].iter().all(|g| g.relation == GroupRelation::SameQuote && g.id == groups[0].id),
        "{groups:?}"
    );
    assert!(groups.iter().all(|g| g.first.as_ref() == Some(&records[0].id)));
    let conflicts =
        records.map(|r| r.warnings.iter().any(|w| w.code == WarningCode::AttributionConflict));
    assert_eq!(conflicts, [false, false, true]);
}

/// An article of a small stream: who speaks, of which theme, on which day.
fn small(theme: usize, who: usize, day: usize) -> Record {
    let names = ["Ada Brandt", "Ida Brandt", "Tom Osei", "Thom Osei"];
    let themes = [
        "the pier of Norvale will open 12 days late",
        "no tram runs to Ostrava",
        "cod stocks grew by 9 percent",
    ];
    let (name, theme) = (names[who % 4], themes[theme % 3]);
    let day = ["", "2024-01-02", "2024-01-04", "2024-03-01"][day % 4];
    let mut record =
        record(&format!("{name} told the council that {theme}. {name} then left."), day, &[name]);
    say(&mut record, name, theme);
    record.id = copydesk_types::article_id(day, &record.text.body);
    record.claims[0].id = claim_id(&record.id, 0);
    record
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn deliveries_again_and_restarts_change_nothing(
        stream in prop::collection::vec((0_usize..3, 0_usize..4, 0_usize..4), 1..16),
        again in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        cut in any::<prop::sample::Index>(),
        window in 1_u32..20,
    ) {
        let fresh = || Relate::new(RelateOptions { window });
        let mut once = fresh();
        let first: Vec<(Record, Option<Vec<u8>>)> = stream.iter().map(|(t, w, d)| {
            let mut record = small(*t, *w, *d);
            let decision = see(&mut once, &mut record);
            (record, decision)
        }).collect();
        let mut twice = fresh();
        let mut again = again.iter();
        for (n, (t, w, d)) in stream.iter().enumerate() {
            if n == cut.index(stream.len()) {
                let mut replayed = fresh();
                for decision in first[..n].iter().filter_map(|(_, d)| d.as_ref()) {
                    replayed.learn(decision).unwrap();
                    replayed.learn(decision).unwrap();
                }
                prop_assert_eq!(replayed.snapshot(), twice.snapshot());
                twice.restore(&replayed.snapshot().unwrap()).unwrap();
            }
            let mut record = small(*t, *w, *d);
            prop_assert_eq!(&see(&mut twice, &mut record), &first[n].1);
            prop_assert_eq!(&record, &first[n].0);
            for pick in again.by_ref().take(2) {
                let pick = pick.index(n + 1);
                let (t, w, d) = stream[pick];
                let mut known = small(t, w, d);
                prop_assert!(see(&mut twice, &mut known).is_none(), "decided twice");
                prop_assert_eq!(&known, &first[pick].0);
            }
        }
        prop_assert_eq!(once.snapshot(), twice.snapshot());
    }

    #[test]
    fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        let mut stage = relate();
        prop_assert!(stage.restore(&bytes).is_err());
        prop_assert!(stage.learn(&bytes).is_err());
    }
}

#[test]
fn damage_is_told_and_changes_nothing() {
    let mut stage = relate();
    let decision = see(&mut stage, &mut small(0, 0, 1)).unwrap();
    let whole = stage.snapshot().unwrap();
    let mut other = relate();
    for n in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[n] ^= 4;
        assert!(other.restore(&bytes).is_err() && other.restore(&whole[..n]).is_err(), "byte {n}");
    }
    let json = String::from_utf8(decision).unwrap();
    for bad in
        [json.replace("\"v\":1", "\"v\":2"), json.replace("features\":\"", "features\":\"AA")]
    {
        assert!(other.learn(bad.as_bytes()).is_err(), "{bad}");
    }
    assert!(other.state.known.is_empty());
    other.restore(&whole).unwrap();
    assert_eq!(other.snapshot().unwrap(), whole);
}

#[test]
fn a_snapshot_of_version_1_opens() {
    let mut stage = relate();
    stage.restore(include_bytes!("../../tests/compat/v1/relate.bin")).unwrap();
    let mut known = small(0, 0, 1);
    assert!(see(&mut stage, &mut known).is_none());
    let mut next = small(0, 1, 2);
    see(&mut stage, &mut next);
    assert_eq!(next.story.unwrap().id, known.story.unwrap().id);
}
