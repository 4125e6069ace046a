use std::fs;
use std::path::Path;

use copydesk_testkit::{NatsServer, article, wait_for};
use copydesk_types::Record;
use tempfile::TempDir;

use super::disk::output_files;
use super::*;
use crate::testing::connect;

const SOON: Duration = Duration::from_secs(20);

fn options(output: &Path) -> SinkOptions {
    SinkOptions {
        output: output.into(),
        batch: 4,
        flush: Duration::from_millis(20),
        roll_bytes: 1 << 20,
        roll_age: Duration::from_hours(1),
    }
}

fn record(number: usize) -> Record {
    article(&format!("The council met for the {number}th time."))
}

/// Publishes records as the last stage does.
async fn publish(bus: &Bus, stage_version: u32, numbers: impl IntoIterator<Item = usize>) {
    for number in numbers {
        let record = record(number);
        let stream = StreamName::Enriched;
        let out = Outgoing::record("relate", stage_version, stream, &record, 1).unwrap();
        bus.publish(out).await.unwrap();
    }
}

/// Which articles the output has, and how often, in order.
fn written(output: &Path) -> Vec<String> {
    let files = output_files(output).unwrap_or_default();
    let text = files.iter().map(|name| fs::read_to_string(output.join(name)).unwrap());
    let text: String = text.collect();
    // An open file may end in the middle of a line.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    whole.lines().map(|line| Record::from_json(line.as_bytes()).unwrap().id.into()).collect()
}

/// Of each file whether it has its final name.
fn sealed(output: &Path) -> Vec<bool> {
    output_files(output).unwrap().iter().map(|name| !name.ends_with(disk::OPEN)).collect()
}

fn ids(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(|number| record(number).id.into()).collect()
}

fn start(bus: &Bus, output: &Path) -> Shutdown {
    let shutdown = Shutdown::new();
    shutdown.spawn("sink", run(bus.clone(), options(output), shutdown.clone()));
    shutdown
}

async fn stop(shutdown: Shutdown) {
    shutdown.drain();
    shutdown.finish(SOON).await.unwrap();
}

async fn wait_written(output: &Path, count: usize) {
    let there = async || (written(output).len() >= count).then_some(());
    wait_for(&format!("{count} lines"), SOON, there).await;
}

/// A write under way on its thread outlives a forced end within the same process, and holds the lock meanwhile.
async fn wait_free(output: &Path) {
    let free = async || Store::open(output, options(output).roll()).ok().map(drop);
    wait_for("the output to be free", SOON, free).await;
}

async fn wait_floor(bus: &Bus, seq: u64) {
    let there = async || (bus.sink_floor().await.unwrap() == seq).then_some(());
    wait_for(&format!("the floor {seq}"), SOON, there).await;
}

fn dir() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[tokio::test]
async fn writes_each_article_once_and_says_how_far_it_is() {
    let (server, output) = (NatsServer::start(), dir());
    let (bus, output) = (connect(&server).await, output.path());
    assert_eq!(bus.sink_floor().await.unwrap(), 0);
    let sink = start(&bus, output);
    publish(&bus, 1, 0..10).await;
    wait_floor(&bus, 10).await;
    assert_eq!(written(output), ids(0..10));
    assert_eq!(sealed(output), [false]);
    stop(sink).await;
    assert_eq!(sealed(output), [true]);
    // The same articles again, as after the duplicate window, and new ones.
    publish(&bus, 2, 5..12).await;
    let sink = start(&bus, output);
    wait_floor(&bus, 17).await;
    assert_eq!(written(output), ids(0..12));
    stop(sink).await;
    assert_eq!(sealed(output), [true, true]);
}

#[tokio::test]
async fn the_end_waits_for_what_is_in_the_stream() {
    let (server, output) = (NatsServer::start(), dir());
    let (bus, output) = (connect(&server).await, output.path());
    publish(&bus, 1, 0..30).await;
    let sink = start(&bus, output);
    stop(sink).await;
    assert_eq!(written(output), ids(0..30));
    assert_eq!(bus.sink_floor().await.unwrap(), 30);
}

#[tokio::test]
async fn goes_on_after_the_server_and_after_itself_died() {
    let (mut server, output) = (NatsServer::start(), dir());
    let (bus, output) = (connect(&server).await, output.path());
    let mut sink = start(&bus, output);
    for round in 0..4 {
        publish(&bus, 1, round * 20..(round + 1) * 20).await;
        wait_written(output, round * 20 + 1).await;
        sink.force();
        server.restart();
        wait_free(output).await;
        sink = start(&bus, output);
    }
    wait_written(output, 80).await;
    stop(sink).await;
    assert_eq!(written(output), ids(0..80));
}

#[tokio::test]
async fn goes_on_when_the_server_died_before_the_first_commit() {
    let (mut server, output) = (NatsServer::start(), dir());
    let (bus, output) = (connect(&server).await, output.path());
    let sink = start(&bus, output);
    // The floor is said once the sink reads.
    let reads = async || {
        let state = bus.stream_state(StreamName::Decisions).await.unwrap();
        (state.last_seq == 1).then_some(())
    };
    wait_for("the first floor", SOON, reads).await;
    server.restart();
    publish(&bus, 1, 0..3).await;
    wait_written(output, 3).await;
    stop(sink).await;
    assert_eq!(written(output), ids(0..3));
}

#[tokio::test]
async fn what_is_no_record_becomes_a_dead_letter() {
    let (server, output) = (NatsServer::start(), dir());
    let (bus, output) = (connect(&server).await, output.path());
    let sink = start(&bus, output);
    publish(&bus, 1, 0..1).await;
    for (number, bad) in ["not json", "{\"id\":\"x\"}", "[]"].into_iter().enumerate() {
        let record = record(0);
        let mut out = Outgoing::record("x", 1, StreamName::Enriched, &record, 1).unwrap();
        out.id = format!("bad:{number}");
        out.payload = bad.into();
        bus.publish(out).await.unwrap();
    }
    let mut spread = record(7);
    spread.warnings.clear();
    let mut out = Outgoing::record("x", 1, StreamName::Enriched, &spread, 1).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&out.payload).unwrap();
    out.payload = serde_json::to_string_pretty(&json).unwrap().into();
    bus.publish(out).await.unwrap();
    publish(&bus, 1, 1..2).await;
    wait_floor(&bus, 6).await;
    stop(sink).await;
    assert_eq!(written(output), ids(0..2));
    let dead = bus.dead_letters(Some("sink"), 10).await.unwrap();
    assert_eq!(dead.iter().map(|letter| letter.payload.first()).collect::<Vec<_>>().len(), 4);
    assert_eq!(dead[0].payload, "not json");
    assert_eq!(dead[0].reason, "bad_record");
}

#[tokio::test]
async fn an_old_output_goes_on_with_a_new_stream() {
    let (old, new, output) = (NatsServer::start(), NatsServer::start(), dir());
    let output = output.path();
    let bus = connect(&old).await;
    publish(&bus, 1, 0..6).await;
    stop(start(&bus, output)).await;
    let bus = connect(&new).await;
    publish(&bus, 1, 4..9).await;
    stop(start(&bus, output)).await;
    assert_eq!(written(output), ids(0..9));
}

#[tokio::test]
async fn an_old_output_refuses_a_new_stream_that_has_lost_records() {
    let (old, new, output) = (NatsServer::start(), NatsServer::start(), dir());
    let output = output.path();
    let bus = connect(&old).await;
    publish(&bus, 1, 0..2).await;
    stop(start(&bus, output)).await;
    let bus = connect(&new).await;
    publish(&bus, 1, 2..8).await;
    bus.purge_below(StreamName::Enriched, 4).await.unwrap();
    let sink = start(&bus, output);
    let error = chain(&sink.finish(SOON).await.unwrap_err());
    assert!(error.contains("has lost its first 3 records"), "{error}");
    assert!(error.contains("sink.commit"), "the way out is named: {error}");
    fs::remove_file(output.join("sink.commit")).unwrap();
    stop(start(&bus, output)).await;
    assert_eq!(written(output), ids([0, 1, 5, 6, 7]));
}

#[tokio::test]
async fn a_server_that_lost_its_newest_records_costs_no_article() {
    let (mut server, output, backup) = (NatsServer::start(), dir(), dir());
    let (bus, output) = (connect(&server).await, output.path());
    let sink = start(&bus, output);
    publish(&bus, 1, 0..5).await;
    wait_floor(&bus, 5).await;
    // What the disk had when the power went.
    server.kill9();
    let store = server.store().join("store");
    copy(&store, &backup.path().join("store"));
    server.restart();
    publish(&bus, 1, 5..12).await;
    wait_floor(&bus, 12).await;
    server.kill9();
    fs::remove_dir_all(&store).unwrap();
    copy(&backup.path().join("store"), &store);
    server.restart();
    // The same sequences, given to others: some of the lost ones and new ones.
    publish(&bus, 1, 9..20).await;
    wait_written(output, 20).await;
    stop(sink).await;
    let mut found = written(output);
    found.sort();
    let mut expected = ids(0..20);
    expected.sort();
    assert_eq!(found, expected);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[tokio::test]
async fn a_disk_that_refuses_is_asked_again() {
    let (server, output) = (NatsServer::start(), dir());
    let (bus, output) = (connect(&server).await, output.path());
    let sink = start(&bus, output);
    publish(&bus, 1, 0..3).await;
    wait_floor(&bus, 3).await;
    // A file where the directory was: nothing can be written.
    let elsewhere = dir();
    let aside = elsewhere.path().join("output");
    fs::rename(output, &aside).unwrap();
    fs::write(output, "").unwrap();
    publish(&bus, 1, 3..6).await;
    let given_up = async || fs::File::open(&aside).unwrap().try_lock().ok();
    wait_for("the sink to let go of its files", SOON, given_up).await;
    assert_eq!(bus.sink_floor().await.unwrap(), 3);
    fs::remove_file(output).unwrap();
    fs::rename(&aside, output).unwrap();
    wait_floor(&bus, 6).await;
    stop(sink).await;
    assert_eq!(written(output), ids(0..6));
}
