use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use copydesk_bus::Reader;
use copydesk_stages::{Dedup, DedupOptions, Route, StageError};
use copydesk_testkit::{NatsServer, article, wait_for};
use copydesk_types::Record;

use super::*;
use crate::testing::connect;

mod entities;
mod kills;
mod turns;

const LIMIT: Duration = Duration::from_secs(20);

type Behave = dyn Fn(&mut Record) -> Result<Route, StageError> + Send + Sync;

/// A stage that does what the test says.
struct Fake(Arc<Behave>);

impl Stage for Fake {
    fn name(&self) -> StageName {
        StageName::Extract
    }

    fn run(&mut self, record: &mut Record) -> Result<Route, StageError> {
        (self.0)(record)
    }
}

fn fake(
    behave: impl Fn(&mut Record) -> Result<Route, StageError> + Send + Sync + 'static,
) -> MakeStage {
    let behave: Arc<Behave> = Arc::new(behave);
    Arc::new(move || Box::new(Fake(Arc::clone(&behave))))
}

fn dedup() -> MakeStage {
    Arc::new(|| Box::new(Dedup::new(DedupOptions::default())))
}

impl Worker {
    async fn run_alone(self) -> anyhow::Result<()> {
        let line = Line::open(&self.settler.bus, &self.spec, 1).await?;
        Box::pin(self.run(line)).await
    }
}

/// A server, a connection and a data directory.
struct Desk {
    server: NatsServer,
    bus: Bus,
    dir: tempfile::TempDir,
}

async fn desk() -> Desk {
    let server = NatsServer::start();
    let bus = connect(&server).await;
    Desk { server, bus, dir: tempfile::tempdir().unwrap() }
}

impl Desk {
    fn spec(stage: StageName) -> (Rules, ConsumerSpec) {
        let rules = Rules::of(stage, true).unwrap();
        let mut spec = rules.consumer(1, 4);
        spec.retry_delays = vec![Duration::from_millis(20)];
        spec.ack_wait = Duration::from_secs(2);
        spec.heartbeat = Duration::from_millis(500);
        spec.expires = Duration::from_secs(2);
        (rules, spec)
    }

    async fn start_with(
        &self,
        stage: StageName,
        make: MakeStage,
        tune: fn(&mut ConsumerSpec),
    ) -> Shutdown {
        let (rules, mut spec) = Self::spec(stage);
        tune(&mut spec);
        let shutdown = Shutdown::new();
        let (bus, dir) = (self.bus.clone(), self.dir.path().to_path_buf());
        let worker = Worker::new(bus, rules, spec, make, dir, shutdown.clone()).await.unwrap();
        shutdown.spawn("worker", worker.run_alone());
        shutdown
    }

    async fn start(&self, stage: StageName, make: MakeStage) -> Shutdown {
        self.start_with(stage, make, |_| {}).await
    }

    /// Puts records where `stage` takes them.
    async fn feed(&self, stage: StageName, records: &[Record]) {
        let input = Rules::of(stage, true).unwrap().input;
        for record in records {
            let message = Outgoing::record("ingest", 1, input, record, now()).unwrap();
            self.bus.publish(message).await.unwrap();
        }
    }

    async fn messages(&self, stream: StreamName) -> u64 {
        self.bus.stream_state(stream).await.map_or(0, |state| state.messages)
    }

    async fn wait_for_messages(&self, stream: StreamName, count: u64) {
        let what = format!("{count} messages in {stream}");
        wait_for(&what, LIMIT, || async { (self.messages(stream).await >= count).then_some(()) })
            .await;
    }

    async fn wait_until_settled(&self, stage: StageName) {
        let input = Rules::of(stage, true).unwrap().input;
        wait_for("everything to be settled", LIMIT, || async {
            let state = self.bus.consumer_state(input, stage.as_str()).await.ok()?;
            (state.pending == 0 && state.ack_pending == 0).then_some(())
        })
        .await;
    }

    async fn read(&self, stream: StreamName) -> Vec<Record> {
        let mut reader: Reader = self.bus.reader(stream, 1, false).await.unwrap();
        let mut records = Vec::new();
        for _ in 0..reader.pending_at_open() {
            let message = reader.next().await.unwrap().unwrap();
            records.push(Record::from_json(&message.payload).unwrap());
        }
        records
    }
}

fn now() -> u128 {
    crate::clock::now_unix_ns()
}

/// Articles that have no words in common.
fn articles(count: usize) -> Vec<Record> {
    let word = |n: usize, i: usize| {
        let digest = copydesk_types::digest(&[&n.to_le_bytes(), &i.to_le_bytes()]);
        digest.chars().take(9).filter(char::is_ascii_alphabetic).collect::<String>()
    };
    let text = |n| (0..60).map(|i| word(n, i) + "x").collect::<Vec<_>>().join(" ") + ".";
    (0..count).map(|n| article(&text(n))).collect()
}

async fn stop(shutdown: Shutdown) -> anyhow::Result<()> {
    shutdown.drain();
    shutdown.finish(LIMIT).await
}

#[tokio::test]
async fn what_is_stored_is_settled_and_carries_its_times() {
    let desk = desk().await;
    let worker = desk.start(StageName::Extract, fake(|_| Ok(Route::On))).await;
    desk.feed(StageName::Extract, &articles(10)).await;
    desk.wait_for_messages(StreamName::Extracted, 10).await;
    desk.wait_until_settled(StageName::Extract).await;
    stop(worker).await.unwrap();
    let mut reader = desk.bus.reader(StreamName::Extracted, 1, false).await.unwrap();
    let message = reader.next().await.unwrap().unwrap();
    assert!(message.headers.ready_unix_ns().unwrap() > 0);
    assert_eq!(message.headers.id(), Some(format!("extract.1:{}", articles(1)[0].id)).as_deref());
    let timings = Record::from_json(&message.payload).unwrap().timings.unwrap();
    assert!(timings.total_ms > 0.0 && timings.total_ms >= timings.extract_ms, "{timings:?}");
}

#[tokio::test]
async fn a_stage_that_wants_to_try_again_gets_the_article_again() {
    let desk = desk().await;
    let runs = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&runs);
    let make = fake(move |_| match counter.fetch_add(1, Ordering::SeqCst) {
        0 | 1 => Err(StageError::Retry(anyhow::anyhow!("not yet"))),
        _ => Ok(Route::On),
    });
    let worker = desk.start(StageName::Extract, make).await;
    desk.feed(StageName::Extract, &articles(1)).await;
    desk.wait_for_messages(StreamName::Extracted, 1).await;
    desk.wait_until_settled(StageName::Extract).await;
    stop(worker).await.unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 3);
    assert_eq!(desk.messages(StreamName::Dead).await, 0);
}

#[tokio::test]
async fn what_never_finishes_is_a_dead_letter_before_another_try() {
    let desk = desk().await;
    let runs = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&runs);
    let make = fake(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        Err(StageError::Retry(anyhow::anyhow!("never")))
    });
    let worker = desk.start_with(StageName::Extract, make, |spec| spec.max_deliver = 3).await;
    desk.feed(StageName::Extract, &articles(1)).await;
    desk.wait_for_messages(StreamName::Dead, 1).await;
    desk.wait_until_settled(StageName::Extract).await;
    stop(worker).await.unwrap();
    let letters = desk.bus.dead_letters(Some("extract"), 10).await.unwrap();
    let letter = letters.iter().find(|l| l.origin.is_some()).unwrap();
    assert_eq!((letter.reason.as_str(), letter.attempt), ("max_deliveries", 3));
    assert_eq!(letter.origin, Some((StreamName::Unique, 1)));
    assert_eq!(runs.load(Ordering::SeqCst), 2, "the third delivery must not reach the stage");
}

#[tokio::test]
async fn what_cannot_be_read_or_is_refused_is_a_dead_letter_with_its_reason() {
    let desk = desk().await;
    let make = fake(|record| {
        if record.text.body.contains("refuse") {
            return Err(StageError::Reject(anyhow::anyhow!("no such place").context("find it")));
        }
        Ok(Route::On)
    });
    let worker = desk.start(StageName::Extract, make).await;
    let good = article("A good one.");
    let bad = Outgoing::record("ingest", 1, StreamName::Unique, &good, now()).unwrap();
    let bad = Outgoing { payload: b"{\"schema\":".as_slice().into(), id: "x".into(), ..bad };
    desk.bus.publish(bad).await.unwrap();
    desk.feed(StageName::Extract, &[article("Please refuse this."), good]).await;
    desk.wait_for_messages(StreamName::Extracted, 1).await;
    desk.wait_for_messages(StreamName::Dead, 2).await;
    desk.wait_until_settled(StageName::Extract).await;
    stop(worker).await.unwrap();
    let letters = desk.bus.dead_letters(None, 10).await.unwrap();
    let said: BTreeMap<_, _> =
        letters.iter().map(|l| (l.reason.as_str(), l.cause.as_str())).collect();
    assert_eq!(said.get("rejected"), Some(&"find it: no such place"));
    assert!(
        said.get("bad_record").is_some_and(|c| c.starts_with("parse the record: EOF")),
        "{said:?}"
    );
}

#[tokio::test]
async fn a_panic_ends_the_run_and_costs_the_neighbours_nothing() {
    let desk = desk().await;
    desk.feed(StageName::Extract, &articles(3)).await;
    desk.feed(StageName::Extract, &[article("Here is the poison.")]).await;
    desk.feed(StageName::Extract, &articles(8)[3..]).await;
    let make = fake(|record| {
        assert!(!record.text.body.contains("poison"), "an index was out of bounds");
        Ok(Route::On)
    });
    // The next attempt is far enough away that it does not come to the worker that is stopping, as in earnest.
    let tune = |spec: &mut ConsumerSpec| {
        spec.max_deliver = 3;
        spec.retry_delays = vec![Duration::from_secs(1)];
    };
    let mut runs = 0;
    // Each start is one attempt of the poisonous article, until it is a dead letter.
    while desk.messages(StreamName::Dead).await == 0 {
        runs += 1;
        let worker = desk.start_with(StageName::Extract, Arc::clone(&make), tune).await;
        let watched = worker.clone();
        wait_for("a panic or a dead letter", LIMIT, || async {
            let over =
                watched.draining().is_cancelled() || desk.messages(StreamName::Dead).await > 0;
            over.then_some(())
        })
        .await;
        let ended = stop(worker).await;
        if desk.messages(StreamName::Dead).await == 0 {
            let error = ended.unwrap_err();
            let panic = error.downcast_ref::<Panicked>().unwrap();
            assert_eq!(
                (panic.name.as_str(), panic.said.as_str()),
                ("extract", "an index was out of bounds")
            );
        }
    }
    assert_eq!(runs, 3);
    let worker = desk.start_with(StageName::Extract, make, tune).await;
    desk.wait_until_settled(StageName::Extract).await;
    stop(worker).await.unwrap();
    let bodies = desk.read(StreamName::Extracted).await;
    assert_eq!(bodies.len(), 8, "every neighbour came through");
    let letters = desk.bus.dead_letters(None, 10).await.unwrap();
    let reasons: Vec<_> =
        letters.iter().filter(|l| l.subject.is_some()).map(|l| l.reason.as_str()).collect();
    assert_eq!(reasons, ["max_deliveries"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopping_while_busy_loses_nothing_and_does_nothing_twice() {
    let desk = desk().await;
    let entered = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&entered);
    let (gate, closed) = std::sync::mpsc::channel::<()>();
    let closed = Mutex::new(closed);
    let make = fake(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        // Waits until the gate is gone.
        closed.lock().unwrap().recv().unwrap_err();
        Ok(Route::On)
    });
    desk.feed(StageName::Extract, &articles(30)).await;
    let worker = desk.start(StageName::Extract, Arc::clone(&make)).await;
    copydesk_testkit::wait_until("the stage to be busy", LIMIT, || {
        std::thread::yield_now();
        entered.load(Ordering::SeqCst) > 0
    });
    worker.drain();
    drop(gate);
    worker.finish(LIMIT).await.unwrap();
    let before = desk.messages(StreamName::Extracted).await;
    assert!((1..30).contains(&before), "{before}: it stopped, and finished what it held");
    let worker = desk.start(StageName::Extract, make).await;
    desk.wait_for_messages(StreamName::Extracted, 30).await;
    desk.wait_until_settled(StageName::Extract).await;
    stop(worker).await.unwrap();
    assert_eq!(desk.read(StreamName::Extracted).await.len(), 30);
}

#[tokio::test]
async fn a_killed_server_costs_nothing() {
    let mut desk = desk().await;
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    let make = fake(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        Ok(Route::On)
    });
    desk.feed(StageName::Extract, &articles(300)).await;
    let worker = desk.start(StageName::Extract, make).await;
    wait_for("some to be done", LIMIT, || async {
        (seen.load(Ordering::SeqCst) > 40).then_some(())
    })
    .await;
    desk.server.kill9();
    desk.server.restart();
    desk.wait_for_messages(StreamName::Extracted, 300).await;
    desk.wait_until_settled(StageName::Extract).await;
    stop(worker).await.unwrap();
    let ids: BTreeSet<_> =
        desk.read(StreamName::Extracted).await.into_iter().map(|r| r.id).collect();
    assert_eq!(ids.len(), 300);
    assert_eq!(desk.messages(StreamName::Extracted).await, 300, "none twice");
}

/// Twenty articles of which each third is a copy of the one before.
fn with_copies() -> Vec<Record> {
    let mut records = articles(20);
    for n in (2..20).step_by(3) {
        let id = copydesk_types::article_id(&format!("copy {n}"), &records[n - 1].text.body);
        records[n] = records[n - 1].clone();
        records[n].id = id;
    }
    records
}

async fn verdicts(desk: &Desk) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for stream in [StreamName::Unique, StreamName::Enriched] {
        for record in desk.read(stream).await {
            all.insert(record.id.to_string(), serde_json::to_string(&record.dedup).unwrap());
        }
    }
    all
}

#[tokio::test]
async fn the_log_gives_each_article_its_first_verdict_byte_for_byte() {
    let desk = desk().await;
    let records = with_copies();
    let worker = desk.start(StageName::Dedup, dedup()).await;
    desk.feed(StageName::Dedup, &records).await;
    desk.wait_until_settled(StageName::Dedup).await;
    stop(worker).await.unwrap();
    assert_eq!(desk.messages(StreamName::Enriched).await, 6, "the copies went past extract");
    let first = verdicts(&desk).await;
    assert_eq!(first.len(), 20);
    assert_eq!(desk.messages(StreamName::Decisions).await, 20);

    // A new owner without the old one's memory gets everything once more, in another order.
    std::fs::remove_dir_all(desk.dir.path().join("state")).ok();
    for stream in [StreamName::Unique, StreamName::Enriched] {
        let last = desk.bus.stream_state(stream).await.unwrap().last_seq;
        desk.bus.purge_below(stream, last + 1).await.unwrap();
    }
    let worker = desk.start(StageName::Dedup, dedup()).await;
    for (n, record) in records.iter().rev().enumerate() {
        let again = Outgoing::record("ingest", 1, StreamName::Raw, record, now()).unwrap();
        desk.bus.publish(Outgoing { id: format!("again {n}"), ..again }).await.unwrap();
    }
    desk.wait_until_settled(StageName::Dedup).await;
    stop(worker).await.unwrap();
    assert_eq!(desk.messages(StreamName::Decisions).await, 20, "nothing was decided again");
    // The next streams knew the records' ids, so their bytes are looked at where they are made.
    let mut log = Log::open(&desk.bus, "dedup", 1, desk.dir.path()).await.unwrap();
    let mut stage = Dedup::new(DedupOptions::default());
    log.rebuild(&mut stage).await.unwrap();
    for record in records.iter().rev() {
        let mut record = record.clone();
        stage.run(&mut record).unwrap();
        assert!(stage.take_decision().is_none());
        let now = serde_json::to_string(&record.dedup).unwrap();
        assert_eq!(first.get(record.id.as_str()), Some(&now));
    }
}

#[tokio::test]
async fn an_owner_that_was_replaced_learns_what_was_decided_without_it() {
    let desk = desk().await;
    let original = article("The same words in two places.");
    let mut copy = original.clone();
    copy.id = copydesk_types::article_id("elsewhere", &copy.text.body);
    // The state is built here, and grows stale before the first article comes.
    let worker = desk.start(StageName::Dedup, dedup()).await;
    let mut other = Dedup::new(DedupOptions::default());
    other.run(&mut copy).unwrap();
    let decided = other.take_decision().unwrap();
    let message = Outgoing::decision("dedup", 1, &copy.id, decided.into());
    desk.bus.publish(message).await.unwrap();
    copy.dedup = None;
    desk.feed(StageName::Dedup, &[copy.clone(), original.clone()]).await;
    desk.wait_until_settled(StageName::Dedup).await;
    stop(worker).await.unwrap();
    assert_eq!(desk.messages(StreamName::Decisions).await, 2);
    let found = verdicts(&desk).await;
    assert!(found[original.id.as_str()].contains("\"exact\""), "{found:?}");
    assert!(found[copy.id.as_str()].contains("\"new\""), "{found:?}");
}

#[tokio::test]
async fn each_claim_is_a_message_with_the_offsets_of_the_record() {
    let desk = desk().await;
    let record = article("«Ça va», said Zoë. Ōki nodded.");
    let make = fake(|record| {
        let json = br#"{"id":"c_00000000000000000000000000000000","type":"statement","form":"direct","text":"Ca va","content":[],"quotes":[],"cue":null,"speaker":null,"addressee":null,"via":[],"polarity":"affirmative","modality":"asserted","when":null,"about":[],"check_worthiness":0.0,"confidence":0.5,"rule":"test","group":null}"#;
        let mut claim: copydesk_types::Claim = serde_json::from_slice(json).unwrap();
        let start = record.text.body.find("said").unwrap();
        claim.content = vec![copydesk_types::Span::new(start, start + 4)];
        record.claims = vec![claim];
        Ok(Route::On)
    });
    let worker = desk.start(StageName::Relate, make).await;
    desk.feed(StageName::Relate, std::slice::from_ref(&record)).await;
    desk.wait_for_messages(StreamName::Claims, 1).await;
    desk.wait_until_settled(StageName::Relate).await;
    stop(worker).await.unwrap();
    let mut reader = desk.bus.reader(StreamName::Claims, 1, false).await.unwrap();
    let message = reader.next().await.unwrap().unwrap();
    assert_eq!(message.subject, "copydesk.v1.claim.none");
    let body: serde_json::Value = serde_json::from_slice(&message.payload).unwrap();
    assert_eq!(body["article"], record.id.as_str());
    assert_eq!(body["claim"]["content"], serde_json::json!([{"start": 9, "end": 13}]));
}
