//! `run`, `demo` and the questions to them, with a real server.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::desk::{Desk, lines, validate};

const LIMIT: Duration = Duration::from_mins(1);
const SAMPLES: [&str; 6] =
    ["1-wire.txt", "2-copy.txt", "3-revision.json", "4-page.html", "5-nested.md", "6-brief.txt"];

/// A command that runs beside the test; killed on drop.
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        Self(command.stdin(Stdio::null()).spawn().unwrap())
    }

    /// Kills it with signal 9, so that it can tidy nothing up.
    pub(crate) fn kill9(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Asks it to stop, and waits; its exit code.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        let asked = Command::new("kill").arg(self.0.id().to_string()).status().unwrap();
        assert!(asked.success());
        self.0.wait().unwrap().code()
    }
}

const PLACES: [&str; 6] = ["--inbox", "inbox", "--output", "out", "--data-dir", "data"];

pub(crate) fn start_run(desk: &Desk) -> Running {
    let mut command = desk.command(&[&["run"][..], &PLACES].concat());
    command.stdout(Stdio::null()).stderr(std::fs::File::create(desk.path().join("log")).unwrap());
    let running = Running::start(command);
    copydesk_testkit::wait_until("the run to be ready", LIMIT, || {
        status(desk).is_some_and(|status| status["ready"] == true)
    });
    running
}

pub(crate) fn status(desk: &Desk) -> Option<Value> {
    let ended = desk.run(&["status", "--json", "--data-dir", "data"]);
    (ended.code == 0).then(|| serde_json::from_str(&ended.stdout).unwrap())
}

/// The lines in the output, in the order of the files.
pub(crate) fn output(desk: &Desk, dir: &str) -> Vec<Value> {
    let mut files: Vec<PathBuf> = Vec::new();
    let days = std::fs::read_dir(desk.path().join(dir)).into_iter().flatten();
    for day in days.map(|day| day.unwrap().path()).filter(|path| path.is_dir()) {
        files.extend(std::fs::read_dir(day).unwrap().map(|file| file.unwrap().path()));
    }
    files.sort();
    let whole = |path: PathBuf| {
        let text = std::fs::read_to_string(path).unwrap();
        let end = text.rfind('\n').map_or(0, |at| at + 1);
        text.get(..end).unwrap().to_owned()
    };
    files.into_iter().flat_map(|path| lines(&whole(path))).collect()
}

/// Without what may differ between two runs over the same input.
pub(crate) fn comparable(mut record: Value) -> Value {
    record.as_object_mut().unwrap().remove("timings");
    record["source"].as_object_mut().unwrap().remove("received_at");
    record["provenance"].as_object_mut().unwrap().remove("host");
    record
}

#[test]
fn a_run_gives_the_records_that_enrich_gives() {
    let desk = Desk::with_samples();
    let mut running = start_run(&desk);
    let mut tail = desk.command(&["tail", "--json", "--data-dir", "data"]);
    let mut tail = Running::start({
        tail.stdout(Stdio::piped());
        tail
    });
    let tailed = BufReader::new(tail.0.stdout.take().unwrap());
    // One after the other: the order of the input decides which is the copy. The last one also waits for `tail`, which
    // says nothing of when it listens: it is dropped again under new names until it was heard.
    for (at, name) in SAMPLES.iter().enumerate() {
        std::fs::copy(desk.path().join("samples").join(name), desk.path().join("inbox").join(name))
            .unwrap();
        copydesk_testkit::wait_until(name, LIMIT, || output(&desk, "out").len() == at + 1);
    }
    let records = output(&desk, "out");
    validate(&records);
    let enriched = lines(&desk.output(&["enrich", "--reproducible", "samples"]));
    for (streamed, alone) in records.into_iter().zip(enriched) {
        assert_eq!(comparable(streamed), alone);
    }
    let first: Value = serde_json::from_str(&tailed.lines().next().unwrap().unwrap()).unwrap();
    assert!(SAMPLES.iter().any(|name| first["source"]["path"] == *name), "{first}");

    let status = status(&desk).unwrap();
    insta::assert_snapshot!(shape(&status));
    let done = |stage: &str| {
        let stages = status["stages"].as_array().unwrap();
        stages.iter().find(|s| s["name"] == stage).unwrap()["done"].as_u64().unwrap()
    };
    assert_eq!([done("ingest"), done("dedup"), done("sink")], [6, 6, 6], "{status}");
    assert_eq!(desk.output(&["dead", "list", "--json", "--data-dir", "data"]).trim(), "[]");
    let show = |name: &str| desk.run(&["entity", "show", name, "--json", "--data-dir", "data"]);
    let found: Value = serde_json::from_str(&show("karin lindqvist").stdout).unwrap();
    let entity = &found[0];
    assert_eq!((&entity["label"], &entity["type"]), (&"Karin Lindqvist".into(), &"person".into()));
    assert!(entity["articles"].as_u64() >= Some(2), "{entity}");
    let by_id: Value = serde_json::from_str(&show(entity["id"].as_str().unwrap()).stdout).unwrap();
    assert_eq!(by_id, found);
    let shown = desk.output(&["entity", "show", "Karin Lindqvist", "--data-dir", "data"]);
    assert!(
        shown.starts_with("Karin Lindqvist (person, ") && shown.contains("articles"),
        "{shown}"
    );
    assert_eq!(show("Nobody Atall").code, 1);
    let missing = desk.run(&["dead", "show", "7", "--data-dir", "data"]);
    assert_eq!(missing.code, 1, "{missing:?}");
    assert_eq!(running.stop(), Some(0));
    assert_eq!(self::status(&desk), None);
}

/// Field names and types.
fn shape(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let fields: Vec<_> = fields.iter().map(|(k, v)| format!("{k}: {}", shape(v))).collect();
            format!("{{{}}}", fields.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.first().map_or(String::new(), shape)),
        Value::String(_) => "string".into(),
        Value::Number(_) => "number".into(),
        Value::Bool(_) => "bool".into(),
        Value::Null => "null".into(),
    }
}

#[test]
fn a_demo_ends_with_every_sample_and_a_second_one_adds_none() {
    let desk = Desk::new();
    for _ in 0..2 {
        let ended = desk.run(&["demo"]);
        assert_eq!(ended.code, 0, "{ended:?}");
        for name in SAMPLES {
            assert!(ended.stdout.contains(name), "{name} in {}", ended.stdout);
        }
        for wanted in ["/metrics", "copydesk.v1.enriched.en.northsea-wire", "All 6 samples"] {
            assert!(ended.stdout.contains(wanted), "{wanted} in {}", ended.stdout);
        }
        let records = output(&desk, "copydesk-demo/enriched");
        validate(&records);
        let paths: Vec<&str> =
            records.iter().map(|r| r["source"]["path"].as_str().unwrap()).collect();
        assert_eq!(paths, SAMPLES);
    }
}

#[test]
fn nobody_to_ask_is_said() {
    let desk = Desk::new();
    for command in ["status", "tail", "dead list", "top"] {
        let mut args: Vec<&str> = command.split(' ').collect();
        args.extend(["--data-dir", "data"]);
        let ended = desk.run(&args);
        assert_eq!((ended.code, ended.stdout.as_str()), (69, ""), "{ended:?}");
        assert!(ended.stderr.contains("start `copydesk run`"), "{ended:?}");
    }
    let ended = desk.run(&["run", "--nats-url", "nats://127.0.0.1:1"]);
    assert_eq!(ended.code, 69, "{ended:?}");
}

#[test]
fn settings_are_checked_and_shown() {
    let desk = Desk::new();
    desk.write("copydesk.toml", "output = \"from-the-file\"\n");
    let shown = desk.output(&["config", "show", "--inbox", "from-the-flag"]);
    let line = |key: &str| shown.lines().find(|l| l.starts_with(key)).unwrap();
    assert!(line("inbox").contains("from-the-flag"), "{shown}");
    assert!(line("inbox").contains("# flag --inbox"), "{shown}");
    assert!(line("output").contains("# copydesk.toml:1"), "{shown}");
    assert!(line("model").contains("# variable COPYDESK_MODEL"), "{shown}");
    assert!(line("ingest.settle").contains("# default"), "{shown}");
    desk.output(&["config", "check"]);
    for bad in [&["--stages", "ingets"][..], &["--output", "inbox/out"], &["--http", "here"]] {
        let ended = desk.run(&[&["config", "check"], bad].concat());
        assert_eq!((ended.code, ended.stdout.as_str()), (78, ""), "{ended:?}");
        assert!(ended.stderr.contains(bad[0]), "{ended:?}");
    }
}

#[test]
fn base_and_names_are_replaced_under_a_run() {
    let desk = Desk::new();
    let base = |id: &str| {
        desk.write("new.csv", format!("name,type,wikidata\nTorvald Ekström,person,{id}\n"));
        let ended = desk.run(&["kb", "build", "desk.kb", "new.csv"]);
        assert_eq!(ended.code, 0, "{ended:?}");
    };
    base("Q900001");
    desk.write("names.toml", "");
    desk.write("copydesk.toml", "[entities]\nbase = \"desk.kb\"\nnames = \"names.toml\"\n");
    let mut running = start_run(&desk);
    let mut dropped = 0;
    let mut until = |what: &str, id: &str| {
        copydesk_testkit::wait_until(what, LIMIT, || {
            dropped += 1;
            let text = format!(
                "Report {dropped} of the harbour: Torvald Ekström opened pier {dropped} in Oslo."
            );
            desk.write(&format!("inbox/{dropped}.txt"), text);
            copydesk_testkit::wait_until("the article", LIMIT, || {
                output(&desk, "out").len() == dropped
            });
            let records = output(&desk, "out");
            records.last().unwrap()["entities"].as_array().unwrap().iter().any(|e| e["id"] == id)
        });
    };
    until("the first base", "Q900001");
    base("Q900002");
    until("the second base", "Q900002");
    // Half a list is none: what was there stays.
    desk.write("names.toml", "[[alias]]\nname = ");
    until("the second base still", "Q900002");
    desk.write("names.toml", "[[alias]]\nname = \"Torvald Ekström\"\nid = \"Q900003\"\n");
    until("the list of names", "Q900003");
    assert_eq!(desk.output(&["dead", "list", "--json", "--data-dir", "data"]).trim(), "[]");
    assert_eq!(running.stop(), Some(0));
    let log = std::fs::read_to_string(desk.path().join("log")).unwrap();
    assert_eq!(log.matches("new knowledge base").count(), 1, "{log}");
}
