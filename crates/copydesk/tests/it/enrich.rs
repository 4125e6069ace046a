//! `copydesk enrich`.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::desk::{Desk, lines, validate};

/// An article as a line of JSON Lines; `n` also makes the length uneven.
fn article(n: usize) -> String {
    let filler = "The mayor said that the bridge would open soon. ".repeat(n % 5 * 8);
    let text =
        format!("Number {n}: Ada Lovelace told reporters on Monday that she agreed. {filler}");
    json!({ "id": format!("n{n}"), "text": text }).to_string() + "\n"
}

fn stream(count: usize) -> String {
    (0..count).map(article).collect()
}

fn members(records: &[Value]) -> Vec<String> {
    records.iter().map(|r| r["source"]["member"].as_str().unwrap_or("-").to_owned()).collect()
}

#[test]
fn every_sample_is_a_valid_record_with_entities_and_claims() {
    let desk = Desk::with_samples();
    let records = lines(&desk.output(&["enrich", "samples"]));
    validate(&records);
    let found: Vec<_> = records
        .iter()
        .map(|r| (r["source"]["path"].as_str().unwrap(), r["dedup"]["verdict"].as_str().unwrap()))
        .collect();
    assert_eq!(
        found,
        [
            ("1-wire.txt", "new"),
            ("2-copy.txt", "near"),
            ("3-revision.json", "revision"),
            ("4-page.html", "new"),
            ("5-nested.md", "new"),
            ("6-brief.txt", "new"),
        ]
    );
    for record in &records {
        let copy = record["dedup"]["verdict"] == "near";
        assert_eq!(record["entities"].as_array().unwrap().is_empty(), copy, "{record}");
        assert_eq!(record["claims"].as_array().unwrap().is_empty(), copy, "{record}");
        assert_eq!(record["story"].is_null(), copy, "{record}");
        assert!(record["timings"]["total_ms"].as_f64().unwrap() > 0.0);
        assert!(record["source"]["received_at"].as_str().unwrap().ends_with('Z'));
        assert!(record["provenance"]["config"].as_str().unwrap().starts_with("sha256:"));
    }
    assert_eq!(records[3]["article"]["from"]["title"], "json-ld");
    assert_eq!(
        records[2]["story"]["id"], records[0]["story"]["id"],
        "a revision stays in its story"
    );
    let changes = &records[2]["changes"];
    assert_eq!(changes["since"], records[0]["id"]);
    let text_of = |record: usize, id: &Value| {
        let claims = records[record]["claims"].as_array().unwrap();
        let claim = claims.iter().find(|claim| claim["id"] == *id).expect("a claim of the record");
        claim["text"].as_str().unwrap().to_owned()
    };
    let listed = |list: &str, record| -> Vec<String> {
        changes[list].as_array().unwrap().iter().map(|id| text_of(record, id)).collect()
    };
    let (added, dropped) = (listed("added", 2), listed("dropped", 0));
    assert!(added.iter().any(|text| text.contains("a third night in a lorry")), "{added:?}");
    assert!(dropped.iter().any(|text| text.contains("did not plan to intervene")), "{dropped:?}");
    let reworded = &changes["reworded"][0];
    let both = [text_of(0, &reworded["was"]), text_of(2, &reworded["claim"])];
    assert!(both[0].contains("2.4 million") && both[1].contains("3.1 million"), "{both:?}");
}

#[test]
fn every_format_is_read() {
    let desk = Desk::new();
    let text = "Ada Lovelace told reporters on Monday that she agreed.";
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    desk.write("in/a.txt", text);
    desk.write("in/b.md", format!("# Agreed\n\n{text}\n"));
    desk.write("in/c.html", format!("<html><body><article><p>{text}</p></article></body></html>"));
    desk.write("in/d.json", json!([{ "body": text }, { "text": text, "id": "two" }]).to_string());
    desk.write("in/e.jsonl", article(1));
    desk.write("in/f.txt.gz", gzip.finish().unwrap());
    let records = lines(&desk.output(&["enrich", "in"]));
    validate(&records);
    let types: Vec<_> =
        records.iter().map(|r| r["source"]["media_type"].as_str().unwrap()).collect();
    assert_eq!(
        types,
        [
            "text/plain",
            "text/markdown",
            "text/html",
            "application/json",
            "application/json",
            "application/x-ndjson",
            "text/plain"
        ]
    );
    assert!(records.iter().all(|r| r["text"]["body"].as_str().unwrap().contains("Lovelace told")));
}

#[test]
fn records_come_in_order_and_reproducible_ones_are_equal() {
    let desk = Desk::new();
    desk.write("stream.jsonl", stream(60));
    let run = |threads: &str| {
        desk.output(&["enrich", "--reproducible", "--threads", threads, "stream.jsonl"])
    };
    let one = run("1");
    let records = lines(&one);
    assert_eq!(members(&records), (0..60).map(|n| format!("n{n}")).collect::<Vec<_>>());
    assert_eq!(run("1"), one);
    assert_eq!(run("7"), one);
    for record in records {
        assert!(record.get("timings").is_none(), "{record}");
        assert!(record["source"].get("received_at").is_none(), "{record}");
        assert!(record["provenance"].get("host").is_none(), "{record}");
    }
}

#[test]
fn what_cannot_be_read_is_reported_and_the_rest_flows_on() {
    let desk = Desk::new();
    desk.write("in/a.jsonl", format!("{}{{bad\n\n{{\"x\": 1}}\n{}", article(1), article(2)));
    desk.write("in/b.txt", "");
    desk.write("in/c.txt", "The bridge is shut, the mayor said.");
    let ended = desk.run(&["enrich", "--stages", "dedup", "in", "missing.txt"]);
    assert_eq!(ended.code, 1);
    assert_eq!(members(&lines(&ended.stdout)), ["n1", "n2", "-"]);
    insta::assert_snapshot!(ended.stderr);
}

#[test]
fn standard_input_is_the_default_and_may_be_empty() {
    let desk = Desk::new();
    for args in [&["enrich", "--stages", "dedup"][..], &["enrich", "--stages", "dedup", "-"]] {
        let ended = desk.run_with(args, stream(3));
        assert_eq!(members(&lines(&ended.stdout)), ["n0", "n1", "n2"], "{ended:?}");
        let ended = desk.run_with(args, "");
        assert_eq!((ended.code, ended.stdout.as_str(), ended.stderr.as_str()), (0, "", ""));
    }
    let ended = desk.run_with(&["enrich", "--stages", "dedup"], "The bridge is shut.\n");
    assert_eq!(lines(&ended.stdout)[0]["source"]["path"], "-");
}

#[test]
fn dedup_alone_needs_no_model() {
    let desk = Desk::with_samples();
    let mut command = desk.command(&["enrich", "--stages", "dedup", "samples"]);
    command.env("COPYDESK_MODEL", "/none.whl").env("PATH", "");
    let ended = crate::desk::end(&mut command, b"");
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
    let records = lines(&ended.stdout);
    assert_eq!(records.len(), 6);
    assert!(records.iter().all(|r| r["provenance"]["model"].is_null() && r["claims"] == json!([])));
}

#[test]
fn explain_says_why() {
    let desk = Desk::with_samples();
    let why = |args: &[&str]| lines(&desk.output(args))[0]["claims"][0]["why"].clone();
    assert!(why(&["enrich", "--explain", "samples/1-wire.txt"])[0].is_string());
    assert!(why(&["enrich", "samples/1-wire.txt"]).is_null());
}

/// Lines come out while the input is still open, and the end of whoever reads them ends the command.
#[test]
fn a_live_stream_is_answered_at_once() {
    let desk = Desk::new();
    let mut command = desk.command(&["enrich", "--threads", "2", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    // The first bytes are looked at for the format.
    stdin.write_all(stream(10).as_bytes()).unwrap();
    let mut line = String::new();
    for n in 0..10 {
        line.clear();
        stdout.read_line(&mut line).unwrap();
        let record: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(record["source"]["member"], format!("n{n}"));
    }
    drop(stdout);
    stdin.write_all(article(10).as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &[][..]));
    drop(stdin);
}
