//! `copydesk parse`.

use serde_json::{Value, json};

use crate::desk::{Desk, lines};

#[test]
fn a_line_a_document_in_the_shape_of_the_contract() {
    let desk = Desk::new();
    desk.write("a.txt", "😀 Ada can't stay.");
    let documents = lines(&desk.output(&["parse", "a.txt"]));
    assert_eq!(documents.len(), 1);
    assert_eq!(documents[0]["id"], "a.txt");
    let tokens = documents[0]["tokens"].as_array().unwrap();
    let row = |t: &Value| format!("{} {} {} {}", t["text"], t["start"], t["end"], t["norm"]);
    let rows: Vec<String> = tokens.iter().map(row).collect();
    assert_eq!(
        rows,
        [
            r#""😀" 0 1 "😀""#,
            r#""Ada" 2 5 "ada""#,
            r#""ca" 6 8 "can""#,
            r#""n't" 8 11 "not""#,
            r#""stay" 12 16 "stay""#,
            r#""." 16 17 ".""#,
        ]
    );
    assert_eq!(
        tokens[1],
        json!({
            "text": "Ada", "start": 2, "end": 5, "space": true, "norm": "ada", "tag": "NNP", "pos": "PROPN",
            "morph": "Number=Sing", "lemma": "Ada", "head": 4, "dep": "nsubj", "sent_start": false,
            "ent_iob": "O", "ent_type": ""
        })
    );
    let keys: Vec<&str> = tokens[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys.len(), 14, "{keys:?}");
}

#[test]
fn ids_and_documents_without_words() {
    let desk = Desk::new();
    desk.write(
        "in/a.jsonl",
        "{\"text\":\"\"}\n{\"id\":\"x\",\"body\":\"Ada wrote.\"}\n{\"text\":\"...\"}\n{bad\n",
    );
    desk.write("in/b.txt", "");
    desk.write("in/c/d.txt", "!!\n");
    let ended = desk.run(&["parse", "in", "--threads", "3"]);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.stderr.starts_with("in/a.jsonl:4: failed to parse the JSON"), "{ended:?}");
    let found: Vec<_> = lines(&ended.stdout)
        .iter()
        .map(|d| (d["id"].as_str().unwrap().to_owned(), d["tokens"].as_array().unwrap().len()))
        .collect();
    let wanted = [("a.jsonl#L1", 0), ("x", 3), ("a.jsonl#L3", 1), ("b.txt", 0), ("c/d.txt", 3)];
    assert_eq!(found, wanted.map(|(id, n)| (id.to_owned(), n)));
}

#[test]
fn stats_count_what_the_tokens_are() {
    let desk = Desk::with_samples();
    let documents = lines(&desk.output(&["parse", "samples"]));
    let tokens: usize = documents.iter().map(|d| d["tokens"].as_array().unwrap().len()).sum();
    for pipeline in ["full", "parser+ner", "ner"] {
        let stats =
            desk.output(&["parse", "--stats", "--pipeline", pipeline, "--threads", "2", "samples"]);
        let stats: Value = serde_json::from_str(&stats).unwrap();
        assert_eq!(stats["documents"], documents.len(), "{stats}");
        assert_eq!(stats["tokens"], tokens, "{stats}");
        for field in ["load_seconds", "cpu_seconds", "wall_seconds"] {
            assert!(stats[field].as_f64().unwrap() > 0.0, "{field} in {stats}");
        }
        assert!(stats["peak_rss_mb"].as_f64().unwrap() > 10.0, "{stats}");
    }
}

#[test]
fn components_that_do_not_run_leave_no_trace() {
    let desk = Desk::new();
    desk.write("a.txt", "Ada Lovelace went to London.");
    let token = |pipeline: &str| {
        lines(&desk.output(&["parse", "--pipeline", pipeline, "a.txt"]))[0]["tokens"][4].clone()
    };
    let (full, parser, ner) = (token("full"), token("parser+ner"), token("ner"));
    assert_eq!(full["tag"], "NNP");
    assert_eq!([&parser["tag"], &parser["dep"]], ["", "pobj"]);
    assert_eq!([&ner["dep"], &ner["ent_type"]], ["", "GPE"]);
}
