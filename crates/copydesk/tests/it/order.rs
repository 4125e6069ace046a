//! Four extract workers in processes of their own, killed in the middle, against one thread of `enrich`.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use copydesk_testkit::{NatsServer, wait_until};
use serde_json::{Value, json};

use crate::desk::{Desk, lines};
use crate::run::{Running, comparable, output};

const ARTICLES: usize = 96;
const LIMIT: Duration = Duration::from_mins(2);

/// Title, name, surname, and what several outlets report as said.
const PEOPLE: [[&str; 4]; 6] = [
    [
        "Norwegian Foreign Minister",
        "Torvald Ekström",
        "Ekström",
        "the ferry will not sail before spring",
    ],
    ["Mayor", "Karin Lindqvist", "Lindqvist", "the bridge is safe for heavy lorries"],
    ["spokeswoman", "Ayesha Morrow", "Morrow", "the mine had been inspected in April"],
    ["Defence Minister", "Pavel Drozd", "Drozd", "no troops would be sent to the border"],
    ["President", "Dana Okafor", "Okafor", "the two countries have agreed on a gas price"],
    ["analyst", "Ilya Marenko", "Marenko", "prices would fall by a third within a year"],
];
const OUTLETS: [&str; 4] =
    ["northsea-wire.example", "capital-post.example", "harbour.example", "lakes.example"];
const PLACES: [&str; 5] = ["Oslo", "Helsinki", "Pyongyang", "Geneva", "Nairobi"];

/// Sentences that no other article has.
fn filler(n: usize, count: usize) -> String {
    let sentence = |k: usize| {
        let mark = copydesk_types::digest(&[&n.to_le_bytes(), &k.to_le_bytes()]);
        let words: Vec<String> =
            mark.bytes().take(30).map(|b| char::from(b'g' + b % 16).into()).collect();
        let words: Vec<String> = words.chunks(5).map(<[String]>::concat).collect();
        format!(
            "Reports of {} reached the {} of {}. ",
            words[..2].join(" "),
            words[2..4].join(" "),
            words[4]
        )
    };
    (0..count).map(sentence).collect()
}

/// Article `n`: a statement that others carry as well, a remark that only this one has, and a text of uneven length.
fn article(n: usize) -> Value {
    let [title, name, surname, said] = PEOPLE[n % PEOPLE.len()];
    let (place, outlet, month) =
        (PLACES[n % PLACES.len()], OUTLETS[n / 6 % OUTLETS.len()], n / 24 + 1);
    let mark = copydesk_types::digest(&[&n.to_le_bytes()]);
    let words: Vec<&str> =
        mark.as_bytes().chunks(4).map(|w| std::str::from_utf8(w).unwrap()).collect();
    // While one worker has a long article, the others overtake it.
    let rest = filler(n, if n.is_multiple_of(5) { 120 } else { 3 });
    let body = format!(
        "{place} - {title} {name} told reporters on Monday that {said}.\n\n\"We have looked at pier {} for {} days, and I \
         stand by it,\" {surname} said.\n\n{}\n\nHe also said the {} papers of {} would follow, according to Reuters.",
        words[0],
        n + 2,
        rest,
        words[1],
        words[2]
    );
    json!({
        "id": format!("n{n}"), "title": format!("{surname} speaks in {place}"), "text": body,
        "url": format!("https://{outlet}/{n}"), "published": format!("2026-{month:02}-03T08:00:00Z"),
    })
}

/// The record but for what depends on where it was read, and when, and on the order at dedup, which was another one.
fn meaning(record: Value) -> Value {
    let mut record = comparable(record);
    assert_eq!(record["dedup"]["verdict"], "new", "{record}");
    for section in ["source", "dedup"] {
        record.as_object_mut().unwrap().remove(section);
    }
    record
}

/// `run` with these stages on the server `url`, in the desk's folder, with data and log in `place` of it.
fn start(desk: &Desk, url: &str, stages: &str, place: &str) -> Running {
    let args = ["run", "--inbox", "inbox", "--output", "out", "--data-dir", place];
    let mut command = desk.command(&[&args[..], &["--nats-url", url, "--stages", stages]].concat());
    let log = std::fs::File::create(desk.path().join(format!("{place}.log"))).unwrap();
    command.stdout(Stdio::null()).stderr(log);
    Running::start(command)
}

#[test]
fn what_four_workers_find_is_what_one_finds() {
    let desk = Desk::new();
    desk.write("copydesk.toml", "[ingest]\nsettle = \"100ms\"\n[extract]\nworkers = 1\n");
    for n in 0..ARTICLES {
        desk.write(&format!("articles/{n:03}.json"), article(n).to_string());
        desk.write(&format!("inbox/{n:03}.json"), article(n).to_string());
    }
    let server = NatsServer::start();
    let worker = |n: usize| start(&desk, &server.url(), "extract", &format!("worker{n}"));
    let others = || start(&desk, &server.url(), "ingest,dedup,relate,sink", "others");
    let lines_are = |count| {
        wait_until(&format!("{count} lines"), LIMIT, || output(&desk, "out").len() >= count);
        assert!(count == ARTICLES || output(&desk, "out").len() < ARTICLES, "it was too fast");
    };
    let mut workers: Vec<Running> = (0..4).map(worker).collect();
    let first = others();
    lines_are(10);
    first.kill9();
    let mut others = others();
    lines_are(30);
    workers.pop().unwrap().kill9();
    workers.push(worker(4));
    lines_are(ARTICLES);
    for running in workers.iter_mut().chain([&mut others]) {
        assert_eq!(running.stop(), Some(0));
    }
    let streamed = output(&desk, "out");
    assert_eq!(streamed.len(), ARTICLES);

    let arrived: Vec<String> =
        streamed.iter().map(|r| r["source"]["path"].as_str().unwrap().into()).collect();
    assert!(!arrived.is_sorted(), "four workers kept the order: nothing was tried");
    let paths: Vec<PathBuf> =
        arrived.iter().map(|path| desk.path().join("articles").join(path)).collect();
    let paths: Vec<&str> = paths.iter().map(|path| path.to_str().unwrap()).collect();
    let alone =
        desk.output(&[&["enrich", "--reproducible", "--threads", "1"][..], &paths].concat());
    let alone = lines(&alone);
    assert_eq!(alone.len(), ARTICLES);
    let (mut stories, mut grouped) = (BTreeSet::new(), 0);
    for (streamed, alone) in streamed.into_iter().zip(alone) {
        stories.insert(alone["story"]["id"].as_str().unwrap().to_owned());
        let claims = alone["claims"].as_array().unwrap();
        grouped += claims.iter().filter(|claim| !claim["group"].is_null()).count();
        let (streamed, alone) = (meaning(streamed), meaning(alone));
        for (section, value) in alone.as_object().unwrap() {
            assert_eq!(streamed[section], *value, "{section} of {}", alone["id"]);
        }
        assert_eq!(streamed, alone);
    }
    assert!((2..ARTICLES).contains(&stories.len()), "{stories:?}");
    assert!(grouped >= ARTICLES / 2, "{grouped} claims in groups");
}
