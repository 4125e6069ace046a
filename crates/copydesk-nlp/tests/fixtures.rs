//! Every field of every token, against what Python spaCy wrote into `fixtures/*.jsonl` (by `fixtures/make.py`).

use std::path::{Path, PathBuf};

use copydesk_nlp::{Doc, Pipeline};
use copydesk_provision::Places;
use serde_json::{Value, json};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The token as a row of the fixture.
fn row(token: &Value) -> Vec<Value> {
    const FIELDS: [&str; 14] = [
        "text",
        "start",
        "end",
        "space",
        "norm",
        "tag",
        "pos",
        "morph",
        "lemma",
        "head",
        "dep",
        "sent_start",
        "ent_iob",
        "ent_type",
    ];
    FIELDS.iter().map(|field| token[*field].clone()).collect()
}

fn rows(doc: &Doc) -> Vec<Value> {
    doc.to_json().as_array().into_iter().flatten().map(|t| json!(row(t))).collect()
}

fn check(pipeline: &Pipeline, name: &str, least: usize) {
    let lines = std::fs::read_to_string(fixtures().join(name)).expect("the fixture is committed");
    let (mut wrong, mut tokens) = (Vec::new(), 0);
    for line in lines.lines() {
        let fixture: Value = serde_json::from_str(line).expect("a fixture is JSON");
        let title = fixture["name"].as_str().expect("a fixture has a name");
        let text = fixture["text"].as_str().expect("a fixture has a text");
        let expected = fixture["tokens"].as_array().expect("a fixture has tokens");
        let starts = fixture["starts"].as_array().into_iter().flatten();
        let starts: Vec<usize> = starts.filter_map(|s| usize::try_from(s.as_u64()?).ok()).collect();
        let found = rows(&pipeline.parse_parts(text, &starts));
        tokens += expected.len();
        if found.len() != expected.len() {
            wrong.push(format!("{title}: {} tokens for {}", found.len(), expected.len()));
        }
        let pairs = expected.iter().zip(&found).filter(|(e, f)| e != f);
        wrong.extend(pairs.map(|(e, f)| format!("{title}:\n  spaCy {e}\n  here  {f}")));
    }
    assert!(tokens > least, "only {tokens} tokens were compared");
    assert!(wrong.is_empty(), "{} differ\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_small_model_says_what_spacy_says() {
    let found = copydesk_provision::model(None, &Places::of_user(), &|_| ());
    let wheel = found.expect("the small model can be provisioned").path;
    let pipeline = Pipeline::load(&wheel).expect("it loads");
    check(&pipeline, "sm.jsonl", 1000);
    check(&pipeline, "parts.jsonl", 80);
}

#[test]
fn the_tiny_model_says_what_spacy_says() {
    check(&Pipeline::load(&fixtures().join("tiny")).expect("it loads"), "tiny.jsonl", 1000);
}

#[test]
fn the_tiny_french_and_spanish_models_say_what_spacy_says() {
    for lang in ["fr", "es"] {
        let model = fixtures().join(format!("tiny_{lang}"));
        check(&Pipeline::load(&model).expect("it loads"), &format!("tiny_{lang}.jsonl"), 1000);
    }
}
