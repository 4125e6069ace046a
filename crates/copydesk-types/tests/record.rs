//! The contract: golden record, schema, and the rule that every span covers its text.

use copydesk_types::{
    Article, Block, BlockKind, Claim, ClaimForm, ClaimType, Cue, CueClass, Dedup, Entity,
    EntityType, Evidence, Kb, Link, LinkMethod, Mention, MentionKind, Modality, Party, Polarity,
    Precision, Provenance, Quantity, Record, RecordError, Resolution, Role, Source, Span, Speaker,
    Story, StoryId, Text, TextMethod, TimeExpr, Timings, Verdict, Warning, WarningCode, When,
    article_id, claim_id, clean, minted_entity_id, record_schema,
};
use proptest::prelude::*;

const GOLDEN: &str = include_str!("golden/record-1.0.json");
const SCHEMA: &str = include_str!("../../../schema/record-1.0.json");

fn place(body: &str, words: &str) -> (usize, usize) {
    let start = body.find(words).unwrap_or_else(|| panic!("{words:?} is not in the body"));
    (start, start + words.len())
}

/// The only entity of the full record.
fn mayor_entity(body: &str) -> Entity {
    let (s, e) = place(body, "Zoë Łuk");
    let title = place(body, "Mayor");
    Entity {
        id: minted_entity_id(EntityType::Person, "zoe luk"),
        kind: EntityType::Person,
        name: "Zoë Łuk".into(),
        kb: Kb::default(),
        country: None,
        coordinates: None,
        roles: vec![Role { title: "Mayor".into(), of: None, start: title.0, end: title.1 }],
        salience: 1.0,
        link: Link { method: LinkMethod::None, confidence: 0.0, alternatives: vec![] },
        mentions: vec![Mention {
            start: s,
            end: e,
            text: "Zoë Łuk".into(),
            label: Some("PERSON".into()),
            kind: MentionKind::Name,
        }],
    }
}

/// A record with every section filled, over a body with characters of one to four bytes.
fn full_record() -> Record {
    let body = "“The bridge is safe 🌉,” Mayor Zoë Łuk told reporters on Friday, the Côte Herald reported.\n\nIt cost 2.4 percent more.";
    let text = Text::new(
        body.into(),
        TextMethod::Plain,
        vec![Block { kind: BlockKind::Paragraph, start: 0, end: place(body, "reported.").1 }],
    );
    let id = article_id("wire/1.txt", body);
    let at = |words: &str| place(body, words);
    let source = Source {
        path: "wire/1.txt".into(),
        member: None,
        bytes: 128,
        sha256: "0".repeat(64),
        media_type: "text/plain".into(),
        encoding: "utf-8".into(),
        encoding_errors: false,
        received_at: Some("2026-11-23T06:18:04Z".into()),
    };
    let provenance = Provenance {
        copydesk: "0.1.0".into(),
        model: Some("en_core_web_sm-3.8.0".into()),
        config: None,
        host: Some("desk".into()),
    };
    let mut record = Record::new(id.clone(), source, Article::default(), text, provenance);
    record.dedup = Some(Dedup {
        verdict: Verdict::New,
        of: None,
        root: id.clone(),
        version: 1,
        evidence: Evidence { containment: 0.0, contained: 0.0, jaccard: 0.0, rule: "none".into() },
    });
    record.story = Some(Story { id: StoryId::named_after(&id), score: None, related: vec![] });
    record.entities = vec![mayor_entity(body)];
    let (ts, te) = at("Friday");
    record.times = vec![TimeExpr {
        start: ts,
        end: te,
        text: "Friday".into(),
        value: None,
        precision: Some(Precision::Day),
    }];
    let (qs, qe) = at("2.4 percent");
    record.quantities = vec![Quantity {
        start: qs,
        end: qe,
        text: "2.4 percent".into(),
        label: "PERCENT".into(),
        value: Some(2.4),
        unit: Some("%".into()),
    }];
    record.claims = vec![full_claim(&record, body)];
    record.timings = Some(Timings {
        queued_ms: 0.4,
        dedup_ms: 0.1,
        extract_ms: 7.9,
        relate_ms: 0.2,
        total_ms: 9.3,
    });
    record.warnings =
        vec![Warning::new(WarningCode::DateMissing, "no publication date in the article")];
    record
}

fn full_claim(record: &Record, body: &str) -> Claim {
    let at = |words: &str| place(body, words);
    let span = |words: &str| Span::new(at(words).0, at(words).1);
    let party = |words: &str| Party {
        entity: None,
        name: words.into(),
        start: at(words).0,
        end: at(words).1,
        text: words.into(),
    };
    Claim {
        id: claim_id(&record.id, 0),
        kind: ClaimType::Statement,
        form: ClaimForm::Direct,
        text: "“The bridge is safe 🌉,”".into(),
        content: vec![span("“The bridge is safe 🌉,”")],
        quotes: vec![span("The bridge is safe 🌉,")],
        cue: Some(Cue {
            start: at("told").0,
            end: at("told").1,
            text: "told".into(),
            lemma: "tell".into(),
            class: CueClass::Say,
        }),
        speaker: Some(Speaker {
            entity: Some(record.entities[0].id.clone()),
            name: "Zoë Łuk".into(),
            start: at("Zoë Łuk").0,
            end: at("Zoë Łuk").1,
            text: "Zoë Łuk".into(),
            resolution: Resolution::Name,
            confidence: 0.9,
        }),
        addressee: Some(party("reporters")),
        via: vec![party("the Côte Herald")],
        polarity: Polarity::Affirmative,
        modality: Modality::Asserted,
        when: Some(When { text: "Friday".into(), value: None }),
        about: vec![],
        check_worthiness: 0.5,
        confidence: 0.9,
        rule: "quote".into(),
        why: None,
        group: None,
    }
}

#[test]
fn golden_record_is_written_and_read_byte_for_byte() {
    let written = String::from_utf8(full_record().to_json().unwrap()).unwrap();
    assert_eq!(written, GOLDEN.trim_end(), "the wire form changed: is it a new schema version?");
    assert_eq!(Record::from_json(GOLDEN.as_bytes()).unwrap(), full_record());
}

#[test]
fn offsets_in_json_are_code_points() {
    let json: serde_json::Value = serde_json::from_str(GOLDEN).unwrap();
    let body: Vec<char> = json["text"]["body"].as_str().unwrap().chars().collect();
    let mention = &json["entities"][0]["mentions"][0];
    let offset = |key: &str| usize::try_from(mention[key].as_u64().unwrap()).unwrap();
    let found: String = body[offset("start")..offset("end")].iter().collect();
    assert_eq!(found, "Zoë Łuk");
}

#[test]
fn committed_schema_is_current_and_describes_the_golden_record() {
    let schema = record_schema();
    let committed: serde_json::Value = serde_json::from_str(SCHEMA).unwrap();
    assert_eq!(committed, schema, "run `just fixtures`");
    let validator = jsonschema::validator_for(&schema).unwrap();
    let mut record: serde_json::Value = serde_json::from_str(GOLDEN).unwrap();
    assert_eq!(validator.validate(&record).map_err(|e| e.to_string()), Ok(()));
    record["claims"][0]["polarity"] = "perhaps".into();
    assert!(!validator.is_valid(&record), "the schema accepts anything");
}

#[test]
fn unsound_records_are_refused() {
    let check = |from: &str, to: &str, expected: &str| {
        assert!(GOLDEN.contains(from), "{from} is not in the golden record");
        let error = Record::from_json(GOLDEN.replacen(from, to, 1).as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), expected);
    };
    check(
        "record/1.0",
        "record/2.0",
        r#"read a record of schema "copydesk.record/2.0"; this version reads copydesk.record/1.x"#,
    );
    check(
        "\"text\":\"Friday\"",
        "\"text\":\"Sunday\"",
        r#"match "Sunday" with the body at 65..71"#,
    );
    check("\"schema\"", "\"sch\"", "parse the record");
    let mut record = full_record();
    record.claims[0].content[0].end = 1;
    assert!(
        matches!(record.to_json(), Err(RecordError::Span { start: 0, end: 1, .. })),
        "an offset inside a character"
    );
    record.claims[0].content[0].end = 10_000;
    assert!(matches!(record.to_json(), Err(RecordError::Span { .. })));
}

proptest! {
    /// For any body and any spans in it: writing and reading gives the same record, and in the JSON every span
    /// cuts, counted in code points, the text that stands beside it.
    #[test]
    fn every_span_covers_its_text(raw in "[\\PC\n]{1,60}", cuts in proptest::collection::vec((0usize..60, 0usize..60), 1..8)) {
        let body = clean(&raw);
        let bounds: Vec<usize> = body.char_indices().map(|(at, _)| at).chain([body.len()]).collect();
        let mut record = full_record();
        record.text = Text::new(body.clone(), TextMethod::Plain, vec![]);
        record.claims.clear();
        record.times.clear();
        record.quantities.clear();
        record.entities[0].roles.clear();
        record.entities[0].mentions = cuts.iter().map(|&(a, b)| {
            let (a, b) = (bounds[a % bounds.len()], bounds[b % bounds.len()]);
            let (start, end) = (a.min(b), a.max(b));
            Mention { start, end, text: Span::new(start, end).slice(&body).unwrap().into(), label: None, kind: MentionKind::Name }
        }).collect();
        let json = record.to_json().unwrap();
        prop_assert_eq!(&Record::from_json(&json).unwrap(), &record);
        let value: serde_json::Value = serde_json::from_slice(&json).unwrap();
        let chars: Vec<char> = value["text"]["body"].as_str().unwrap().chars().collect();
        for mention in value["entities"][0]["mentions"].as_array().unwrap() {
            let offset = |key: &str| usize::try_from(mention[key].as_u64().unwrap()).unwrap();
            let cut: String = chars[offset("start")..offset("end")].iter().collect();
            prop_assert_eq!(mention["text"].as_str().unwrap(), cut);
        }
    }
}
