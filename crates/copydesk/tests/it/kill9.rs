//! Signal 9 in the middle of 2,000 articles: every article once in the output.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use copydesk_testkit::wait_until;

use crate::desk::{Desk, validate};
use crate::run::{output, start_run};

const ARTICLES: usize = 2000;
/// Lines in the output at which somebody dies.
const COPYDESK_DIES_AT: [usize; 4] = [1, 300, 700, 1100];
const SERVER_DIES_AT: usize = 1500;
const LIMIT: Duration = Duration::from_mins(4);

#[test]
fn each_article_is_written_once_whoever_is_killed() {
    let desk = Desk::new();
    desk.write("copydesk.toml", "[ingest]\nsettle = \"100ms\"\n");
    for number in 0..ARTICLES {
        desk.write(&format!("inbox/{}/{number:04}.txt", number % 7), article(number));
    }
    for lines in COPYDESK_DIES_AT {
        let running = start_run(&desk);
        wait_for_lines(&desk, lines);
        running.kill9();
        assert!(count_lines(&desk) < ARTICLES, "it was killed too late to be in the middle");
    }
    let mut running = start_run(&desk);
    wait_for_lines(&desk, SERVER_DIES_AT);
    kill_server(&desk);
    wait_for_lines(&desk, ARTICLES);
    wait_until("the inbox to be empty", LIMIT, || files(&desk.path().join("inbox")) == 0);
    assert_eq!(running.stop(), Some(0), "{}", log(&desk));

    let records = output(&desk, "out");
    assert_eq!(records.len(), ARTICLES, "{}", log(&desk));
    let different = |key: &str| {
        let value = |record| serde_json::Value::pointer(record, key).unwrap().as_str().unwrap();
        records.iter().map(value).collect::<BTreeSet<&str>>().len()
    };
    assert_eq!((different("/id"), different("/source/path")), (ARTICLES, ARTICLES));
    validate(records.get(..50).unwrap());
    assert_eq!(files(&desk.path().join("data/done")), ARTICLES);
    assert_eq!(files(&desk.path().join("data/quarantine")), 0);
}

/// A short text of its own.
fn article(number: usize) -> String {
    let people = ["Ada Norling", "Bo Quist", "Cleo Marr", "Dag Holm", "Eva Strand"];
    let person = people[number % people.len()];
    let digest = copydesk_types::digest(&[&number.to_le_bytes()]);
    format!("{person} said on Monday that ferry {digest} would sail in week {number}.\n")
}

fn wait_for_lines(desk: &Desk, count: usize) {
    wait_until(&format!("{count} lines"), LIMIT, || count_lines(desk) >= count);
}

/// Lines in the output, whole or not.
fn count_lines(desk: &Desk) -> usize {
    let days = fs::read_dir(desk.path().join("out")).into_iter().flatten().flatten();
    let days = days.map(|day| day.path()).filter(|path| path.is_dir());
    let files = days.flat_map(|day| fs::read_dir(day).unwrap().flatten());
    // A file may get its final name at this moment; the next look finds it.
    let text = files.map(|file| fs::read(file.path()).unwrap_or_default());
    text.map(|text| String::from_utf8_lossy(&text).matches('\n').count()).sum()
}

/// Files below a directory.
fn files(dir: &Path) -> usize {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let count = |path: &Path| if path.is_dir() { files(path) } else { 1 };
    entries.map(|entry| count(&entry.path())).sum()
}

/// Kills the NATS server of the run with signal 9; the run starts another.
fn kill_server(desk: &Desk) {
    let pid = fs::read_to_string(desk.path().join("data/nats/pid")).unwrap();
    assert!(Command::new("kill").args(["-9", pid.trim()]).status().unwrap().success());
}

fn log(desk: &Desk) -> String {
    fs::read_to_string(desk.path().join("log")).unwrap()
}
