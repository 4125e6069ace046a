//! An owner of state that is killed, again and again, at each point where a kill leaves something else behind.

use super::super::point::{Point, STOP, Stop};
use super::*;

const KILLS: usize = 50;
const ARTICLES: usize = 120;

/// Articles of which many are copies of one before, in an order that is not that of their making, each twice.
fn shuffled() -> Vec<Record> {
    let mut records = articles(ARTICLES);
    for n in (1..ARTICLES).filter(|n| n % 3 != 0) {
        let original = records[n / 3 * 3].clone();
        let id = copydesk_types::article_id(&format!("copy {n}"), &original.text.body);
        records[n] = Record { id, ..original };
    }
    let twice = [records.clone(), records].concat();
    let key = |n: usize| copydesk_types::digest(&[b"order", &n.to_le_bytes()]);
    let keyed: BTreeMap<String, Record> =
        twice.into_iter().enumerate().map(|(n, record)| (key(n), record)).collect();
    keyed.into_values().collect()
}

/// What the stage decides over the stream when nothing ever goes wrong, in the order of the log.
fn undisturbed(stream: &[Record]) -> Vec<String> {
    let mut stage = Dedup::new(DedupOptions::default());
    let mut log = Vec::new();
    for record in stream {
        stage.run(&mut record.clone()).unwrap();
        if let Some(decision) = stage.take_decision() {
            stage.learn(&decision).unwrap();
            log.push(String::from_utf8(decision).unwrap());
        }
    }
    log
}

fn small(spec: &mut ConsumerSpec) {
    (spec.batch, spec.max_ack_pending, spec.max_deliver) = (2, 3, 1000);
    // What was out is not to wait for this.
    spec.ack_wait = Duration::from_mins(1);
}

/// Runs an owner on a connection of its own until it has come to `point` once more than `before`, and is gone.
async fn kill_at(desk: &Desk, point: Point, before: usize) {
    let (rules, mut spec) = Desk::spec(StageName::Dedup);
    small(&mut spec);
    let bus = connect(&desk.server).await;
    let dir = desk.dir.path().to_path_buf();
    let worker = Worker::new(bus, rules, spec, dedup(), dir, Shutdown::new()).await.unwrap();
    let stop = Arc::new(Stop {
        point,
        before: AtomicUsize::new(before),
        stopped: tokio::sync::Notify::new(),
    });
    tokio::select! {
        ended = STOP.scope(Arc::clone(&stop), worker.run_alone()) => panic!("it ended: {ended:?}"),
        () = stop.stopped.notified() => {}
        () = tokio::time::sleep(LIMIT) => panic!("it never came to {point:?}"),
    }
}

async fn decisions(desk: &Desk) -> Vec<String> {
    let mut reader = desk.bus.decisions("dedup", 1).await.unwrap();
    let mut log = Vec::new();
    for _ in 0..reader.pending_at_open() {
        let payload = reader.next().await.unwrap().unwrap().payload;
        log.push(String::from_utf8(payload.to_vec()).unwrap());
    }
    log
}

/// Kills the owner at `point` fifty times, and lets one finish: log and streams must be as if nothing had been.
async fn check(point: Point) {
    let desk = desk().await;
    let stream = shuffled();
    for (n, record) in stream.iter().enumerate() {
        let message = Outgoing::record("ingest", 1, StreamName::Raw, record, now()).unwrap();
        desk.bus.publish(Outgoing { id: format!("delivery {n}"), ..message }).await.unwrap();
    }
    for kill in 0..KILLS {
        // Each third owner gets a batch done first, so that the kills are spread over the stream.
        kill_at(&desk, point, usize::from(kill % 3 == 2)).await;
    }
    let worker = desk.start_with(StageName::Dedup, dedup(), small).await;
    desk.wait_until_settled(StageName::Dedup).await;
    stop(worker).await.unwrap();

    let expected = undisturbed(&stream);
    assert_eq!(expected.len(), ARTICLES);
    let log = decisions(&desk).await;
    for (n, (found, expected)) in log.iter().zip(&expected).enumerate() {
        assert_eq!(found, expected, "decision {n}");
    }
    assert_eq!(log.len(), ARTICLES);
    let mut seen = BTreeSet::new();
    for target in [StreamName::Unique, StreamName::Enriched] {
        for record in desk.read(target).await {
            let of = record.dedup.unwrap().of;
            assert_ne!(of.as_ref(), Some(&record.id), "its own duplicate");
            assert!(seen.insert(record.id.to_string()), "{} twice", record.id);
        }
    }
    assert_eq!(seen.len(), ARTICLES);
    assert_eq!(desk.messages(StreamName::Dead).await, 0);
}

#[tokio::test]
async fn a_standby_takes_over_where_the_owner_was_killed() {
    let desk = desk().await;
    let stream = shuffled();
    let standby = async {
        // It learns the log while that has one decision.
        let tune = |spec: &mut ConsumerSpec| {
            small(spec);
            spec.pin_timeout = Duration::from_secs(5);
        };
        let standby = desk.start_with(StageName::Dedup, dedup(), tune).await;
        desk.feed(StageName::Dedup, &stream[1..]).await;
        standby
    };
    // The owner asks first. When it falls it has settled all that it decided, so that nothing tells the standby of it.
    let (rules, mut spec) = Desk::spec(StageName::Dedup);
    small(&mut spec);
    spec.pin_timeout = Duration::from_secs(5);
    let bus = connect(&desk.server).await;
    let dir = desk.dir.path().join("owner");
    let owner = Worker::new(bus, rules, spec, dedup(), dir, Shutdown::new()).await.unwrap();
    let stop_at = Arc::new(Stop {
        point: Point::Settled,
        before: AtomicUsize::new(20),
        stopped: tokio::sync::Notify::new(),
    });
    let owner = STOP.scope(Arc::clone(&stop_at), owner.run_alone());
    let mut owner = Box::pin(owner);
    desk.feed(StageName::Dedup, &stream[..1]).await;
    let first = wait_for("the owner to be that", LIMIT, || async {
        let state = desk.bus.consumer_state(StreamName::Raw, "dedup").await.ok()?;
        (state.ack_floor_stream_seq > 0).then_some(())
    });
    tokio::select! {
        ended = &mut owner => panic!("it ended: {ended:?}"),
        () = first => {}
    }
    let standby = tokio::select! {
        ended = &mut owner => panic!("it ended: {ended:?}"),
        (standby, ()) = async { tokio::join!(standby, stop_at.stopped.notified()) } => standby,
        () = tokio::time::sleep(LIMIT) => panic!("the owner did not come so far"),
    };
    assert!((20..ARTICLES).contains(&decisions(&desk).await.len()));
    drop(owner);
    desk.wait_until_settled(StageName::Dedup).await;
    stop(standby).await.unwrap();
    assert_eq!(decisions(&desk).await, undisturbed(&stream));
}

#[tokio::test]
async fn before_the_decision_is_stored() {
    check(Point::Computed).await;
}

#[tokio::test]
async fn between_decision_and_record() {
    check(Point::Logged).await;
}

#[tokio::test]
async fn between_record_and_settlement() {
    check(Point::Published).await;
}

#[tokio::test]
async fn after_the_settlement() {
    check(Point::Settled).await;
}
