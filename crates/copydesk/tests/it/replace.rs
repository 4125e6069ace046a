//! The base is replaced again and again while articles stream through a run: none is lost, none comes twice.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use copydesk_testkit::wait_until;
use serde_json::Value;

use crate::desk::Desk;
use crate::run::{output, start_run};

const LIMIT: Duration = Duration::from_mins(2);
/// Articles that are kept on their way, so that some are whenever a base is taken up.
const ON_THEIR_WAY: usize = 16;
/// Bases after the one that the run starts with.
const REPLACEMENTS: usize = 4;

/// Articles that are written as fast as others come out.
struct Feed<'a> {
    desk: &'a Desk,
    written: usize,
}

impl Feed<'_> {
    /// Writes new articles for those that came out; the lines in the output before that.
    fn top_up(&mut self) -> Vec<String> {
        let lines = output_lines(self.desk);
        while self.written < lines.len() + ON_THEIR_WAY {
            let number = self.written;
            self.written += 1;
            let mark = copydesk_types::digest(&[&number.to_le_bytes()]);
            let text = format!("Ferry {mark} took Torvald Ekström to pier {number} in Oslo.\n");
            self.desk.write(&format!("inbox/{number}.txt"), text);
        }
        lines
    }

    fn until(&mut self, what: &str, done: impl Fn(&[String]) -> bool) {
        wait_until(what, LIMIT, || done(&self.top_up()));
    }
}

#[test]
fn no_article_is_lost_while_the_base_is_replaced() {
    let desk = Desk::new();
    desk.write("copydesk.toml", "[entities]\nbase = \"desk.kb\"\n[ingest]\nsettle = \"100ms\"\n");
    build(&desk, 0);
    let mut running = start_run(&desk);
    let mut feed = Feed { desk: &desk, written: 0 };
    // For each base the first article that was written after one came out that it had linked.
    let mut sure = Vec::new();
    for base in 0..=REPLACEMENTS {
        if base > 0 {
            build(&desk, base);
            let taken = || log(&desk).matches("new knowledge base").count() == base;
            feed.until("the base to be taken up", |_| taken());
            let out = output_lines(&desk).len();
            assert!(out < feed.written, "no article was on its way");
        }
        let linked = |line: &String| line.contains(&id(base));
        feed.until("an article that the base linked", |lines| lines.iter().any(linked));
        sure.push(feed.written);
        if base == 1 {
            // What is no base changes nothing.
            desk.write("half.kb", "half a base");
            fs::rename(desk.path().join("half.kb"), desk.path().join("desk.kb")).unwrap();
            feed.until("the file to be refused", |_| log(&desk).contains("not reloaded"));
        }
    }
    let last = feed.written;
    feed.until("articles after the last replacement", |lines| lines.len() > last);
    let written = feed.written;
    wait_until("every article to come out", LIMIT, || output_lines(&desk).len() >= written);
    assert_eq!(desk.output(&["dead", "list", "--json", "--data-dir", "data"]).trim(), "[]");
    assert_eq!(running.stop(), Some(0), "{}", log(&desk));

    let records = output(&desk, "out");
    let numbers: BTreeSet<usize> = records.iter().map(number).collect();
    assert_eq!((records.len(), numbers.len()), (written, written), "{}", log(&desk));
    for record in &records {
        let by = base_of(record).unwrap_or_else(|| panic!("no base linked {record}"));
        let oldest = sure.iter().filter(|&&from| number(record) >= from).count().max(1) - 1;
        assert!(by >= oldest, "base {oldest} was in use, and base {by} linked {record}");
    }
}

/// The id that a base gives the person.
fn id(base: usize) -> String {
    format!("Q90000{base}")
}

/// Puts a base in the place of the one before, as users do.
fn build(desk: &Desk, base: usize) {
    desk.write("new.csv", format!("name,type,wikidata\nTorvald Ekström,person,{}\n", id(base)));
    let ended = desk.run(&["kb", "build", "--bare", "desk.kb", "new.csv"]);
    assert_eq!(ended.code, 0, "{ended:?}");
}

/// The base that linked the person of a record.
fn base_of(record: &Value) -> Option<usize> {
    let entities = record["entities"].as_array()?;
    (0..=REPLACEMENTS).find(|&base| entities.iter().any(|e| e["id"] == id(base)))
}

/// The number of the article.
fn number(record: &Value) -> usize {
    let path = record["source"]["path"].as_str().unwrap();
    path.strip_suffix(".txt").unwrap().parse().unwrap()
}

/// The whole lines in the output.
fn output_lines(desk: &Desk) -> Vec<String> {
    let days = fs::read_dir(desk.path().join("out")).into_iter().flatten().flatten();
    let days = days.map(|day| day.path()).filter(|path| path.is_dir());
    let files = days.flat_map(|day| fs::read_dir(day).unwrap().flatten());
    // A file may get its final name at this moment; the next look finds it.
    let text = files.map(|file| fs::read(file.path()).unwrap_or_default());
    let lines = text.flat_map(|text| {
        let text = String::from_utf8_lossy(&text).into_owned();
        let whole = |line: &str| line.strip_suffix('\n').map(str::to_owned);
        text.split_inclusive('\n').filter_map(whole).collect::<Vec<_>>()
    });
    lines.collect()
}

fn log(desk: &Desk) -> String {
    fs::read_to_string(desk.path().join("log")).unwrap()
}
