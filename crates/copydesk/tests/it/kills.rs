//! Signal 9 to the real process at each point where a kill of dedup leaves something else behind.
//!
//! The test puts the articles in the input of dedup itself, each twice, in an order that is not that of their making. The
//! other stages are in a process that goes on: they may be killed, too (see `kill9`), but not so often in so short a time,
//! because an article that was delivered five times becomes a dead letter.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use copydesk_bus::{Bus, BusOptions, Outgoing, StreamName};
use copydesk_testkit::{NatsServer, article, wait_for};
use copydesk_types::{Record, article_id, digest};

use crate::desk::{Desk, validate};
use crate::run::{Running, output};

const LIMIT: Duration = Duration::from_mins(2);
/// Articles of one origin: the text, the same words, the text with more behind it, and with other numbers.
const FAMILY: usize = 4;
/// Each kill comes at another passage of its point; the first one is over what the kill before left behind.
const PASSAGES: [usize; 3] = [2, 1, 3];
const REST: &str = "extract,relate,sink";

/// Letters that no other text has.
fn word(n: usize, k: usize) -> String {
    let mark = digest(&[&n.to_le_bytes(), &k.to_le_bytes()]);
    mark.bytes().take(6).map(|b| char::from(b'g' + b % 16)).collect()
}

fn text(story: usize, ships: usize) -> String {
    let person = ["Ada Norling", "Bo Quist", "Cleo Marr", "Dag Holm"][story % 4];
    let sentence = |k| {
        format!("The {} of {} met the {}.", word(story, k), word(story, k + 1), word(story, k + 2))
    };
    let told: Vec<String> = (0..20).map(|k| sentence(3 * k)).collect();
    format!(
        "{person} said that {ships} ships and {} boats lie in {}. {}",
        ships * 3,
        word(story, 99),
        told.join(" ")
    )
}

fn record(n: usize) -> Record {
    let (story, kind) = (n / FAMILY, n % FAMILY);
    let body = match kind {
        0 => text(story, 20),
        1 => text(story, 20).to_uppercase(),
        2 => format!("{} Nobody else was there to see it.", text(story, 20)),
        _ => text(story, 55),
    };
    let mut record = article(&body);
    // The last one is what the first one's page says later.
    record.source.path = format!("{story}-{}.txt", kind % 3);
    record.article.url = Some(format!("https://harbour.example/{story}/{}", kind % 3));
    record.id = article_id(&record.source.path, &record.text.body);
    record
}

/// Every article twice, in the order of a digest.
fn shuffled(articles: usize) -> Vec<Record> {
    let key = |n: usize| digest(&[b"order", &n.to_le_bytes()]);
    let keyed: BTreeMap<String, Record> =
        (0..2 * articles).map(|n| (key(n), record(n % articles))).collect();
    keyed.into_values().collect()
}

/// A folder, a server, and what is still to be put in.
struct Scene {
    desk: Desk,
    server: NatsServer,
    bus: Bus,
    stream: Vec<Record>,
    fed: usize,
}

impl Scene {
    async fn new(articles: usize) -> Self {
        let (desk, server) = (Desk::new(), NatsServer::start());
        let options = BusOptions {
            url: server.url(),
            credentials: None,
            stream_bytes: 1 << 30,
            replicas: 1,
            name: "test".into(),
        };
        let bus = Bus::connect(&options).await.unwrap();
        bus.ensure_streams().await.unwrap();
        Self { desk, server, bus, stream: shuffled(articles), fed: 0 }
    }

    /// `run` with these stages, with data and log of their own; `halt_at` as the program reads it.
    fn start(&self, stages: &str, halt_at: Option<&str>) -> Running {
        let url = self.server.url();
        let args = [
            "run",
            "--output",
            "out",
            "--data-dir",
            stages,
            "--nats-url",
            &url,
            "--stages",
            stages,
        ];
        let mut command = self.desk.command(&args);
        if let Some(halt_at) = halt_at {
            command.env("HALT_AT", halt_at);
        }
        let log = self.desk.path().join(format!("{stages}.log"));
        let log = std::fs::File::options().create(true).append(true).open(log);
        command.stdout(Stdio::null()).stderr(log.unwrap());
        Running::start(command)
    }

    fn logs(&self) -> String {
        let log =
            |stages: &str| std::fs::read_to_string(self.desk.path().join(format!("{stages}.log")));
        ["dedup", REST].map(|stages| log(stages).unwrap()).concat()
    }

    async fn feed(&mut self, count: usize) {
        for _ in 0..count.min(self.stream.len() - self.fed) {
            let record = &self.stream[self.fed];
            let message = Outgoing::record("ingest", 1, StreamName::Raw, record, 1).unwrap();
            let id = format!("delivery {}", self.fed);
            self.bus.publish(Outgoing { id, ..message }).await.unwrap();
            self.fed += 1;
        }
    }

    /// Messages that dedup has not settled: delivered, and not delivered.
    async fn open(&self) -> Option<(u64, u64)> {
        let state = self.bus.consumer_state(StreamName::Raw, "dedup").await.ok()?;
        Some((state.ack_pending, state.pending))
    }

    async fn wait_until_settled(&self) {
        wait_for("all to be settled", LIMIT, || async {
            (self.open().await == Some((0, 0))).then_some(())
        })
        .await;
    }

    /// Starts the program, feeds it some articles at a time until it has come to `point` for the `passage`th time, and
    /// kills it there.
    async fn kill_at(&mut self, point: &str, passage: usize) {
        let halted: PathBuf = self.desk.path().join("halted");
        let halt_at = format!("dedup {point} {passage} {}", halted.display());
        let running = self.start("dedup", Some(&halt_at));
        while !halted.exists() {
            assert!(self.fed < self.stream.len(), "too few articles for the kills");
            self.feed(1 + self.fed % 3).await;
            let this = &*self;
            wait_for("a batch to be done", LIMIT, || async {
                (halted.exists() || this.open().await == Some((0, 0))).then_some(())
            })
            .await;
        }
        running.kill9();
        std::fs::remove_file(halted).unwrap();
    }

    /// Ids of the articles whose records dedup has published, as often as it has.
    async fn published(&self) -> Vec<String> {
        let mut ids = Vec::new();
        for stream in [StreamName::Unique, StreamName::Enriched] {
            let mut reader = self.bus.reader(stream, 1, false).await.unwrap();
            for _ in 0..reader.pending_at_open() {
                let message = reader.next().await.unwrap().unwrap();
                if message.headers.get("Copydesk-Stage") == Some("dedup") {
                    ids.push(Record::from_json(&message.payload).unwrap().id.to_string());
                }
            }
        }
        ids
    }

    async fn decisions(&self) -> Vec<String> {
        let mut reader = self.bus.decisions("dedup", 1).await.unwrap();
        let mut log = Vec::new();
        for _ in 0..reader.pending_at_open() {
            let payload = reader.next().await.unwrap().unwrap().payload;
            log.push(String::from_utf8(payload.to_vec()).unwrap());
        }
        log
    }
}

/// The decisions of a run that nothing disturbs.
async fn undisturbed(articles: usize) -> Vec<String> {
    let mut scene = Scene::new(articles).await;
    let _running = scene.start("dedup", None);
    scene.feed(usize::MAX).await;
    scene.wait_until_settled().await;
    scene.decisions().await
}

/// Kills the program `kills` times at `point` and lets it finish: log and output must be as if nothing had been.
async fn check(point: &str, kills: usize, articles: usize) {
    let mut scene = Scene::new(articles).await;
    let mut rest = scene.start(REST, None);
    // At how many kills decisions were logged of which no record was published, and deliveries were out.
    let (mut ahead, mut out) = (0, 0);
    for kill in 0..kills {
        scene.kill_at(point, PASSAGES[kill % PASSAGES.len()]).await;
        ahead += usize::from(scene.decisions().await.len() > scene.published().await.len());
        out += usize::from(scene.open().await.unwrap().0 > 0);
    }
    assert_eq!(ahead > 0, point == "Logged", "{ahead} ahead of {kills}");
    // Behind the settlement, newer ones may be out.
    assert!(out == kills || point == "Settled", "{out} out of {kills}");

    let _last = scene.start("dedup", None);
    scene.feed(usize::MAX).await;
    let dead = async || scene.bus.stream_state(StreamName::Dead).await.unwrap().messages;
    wait_for("every article in the output", LIMIT, || async {
        (output(&scene.desk, "out").len() >= articles || dead().await > 0).then_some(())
    })
    .await;
    scene.wait_until_settled().await;
    assert_eq!(rest.stop(), Some(0), "{}", scene.logs());

    let (found, expected) = (scene.decisions().await, undisturbed(articles).await);
    for (n, (found, expected)) in found.iter().zip(&expected).enumerate() {
        assert_eq!(found, expected, "decision {n}");
    }
    assert_eq!((found.len(), expected.len()), (articles, articles), "{}", scene.logs());
    let all: BTreeSet<String> = (0..articles).map(|n| record(n).id.to_string()).collect();
    let mut published = scene.published().await;
    published.sort();
    assert!(published.iter().eq(&all), "dedup lost or doubled some: {published:?}");

    let lines = output(&scene.desk, "out");
    validate(&lines);
    let text = |pointer: &str| -> Vec<String> {
        let value = |line: &serde_json::Value| line.pointer(pointer)?.as_str().map(str::to_owned);
        lines.iter().map(|line| value(line).unwrap_or_default()).collect()
    };
    let mut ids = text("/id");
    assert!(ids.iter().zip(text("/dedup/of")).all(|(id, of)| *id != of), "its own duplicate");
    ids.sort();
    assert!(ids.iter().eq(&all), "the output lost or doubled some: {ids:?}");
    let verdicts: BTreeSet<String> = text("/dedup/verdict").into_iter().collect();
    assert_eq!(verdicts.len(), 4, "the stream has not all of it: {verdicts:?}");
    assert_eq!(dead().await, 0, "{}", scene.logs());
}

#[tokio::test]
async fn before_the_decision_is_stored() {
    check("Computed", 3, 40).await;
}

#[tokio::test]
async fn between_decision_and_record() {
    check("Logged", 3, 40).await;
}

#[tokio::test]
async fn between_record_and_settlement() {
    check("Published", 3, 40).await;
}

#[tokio::test]
async fn after_the_settlement() {
    check("Settled", 3, 40).await;
}

/// `just kills`: minutes, so not among the others.
#[tokio::test]
#[ignore = "200 kills take minutes: `just kills`"]
async fn fifty_kills_at_each_point() {
    for point in ["Computed", "Logged", "Published", "Settled"] {
        check(point, 50, 200).await;
        eprintln!("{point}: 50 kills");
    }
}
