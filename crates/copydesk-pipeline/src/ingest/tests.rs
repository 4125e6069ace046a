//! The whole of ingest over a real server, with a stage that passes records on as they are, and the real sink.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::UNIX_EPOCH;

use copydesk_bus::{Bus, BusOptions, NewDeadLetter, Outgoing, StreamName};
use copydesk_testkit::{NatsServer, wait_for};
use copydesk_types::Record;
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::patience::patiently;
use crate::sink::{self, SinkOptions};
use crate::testing::connect;

const SOON: Duration = Duration::from_secs(20);

struct World {
    dir: TempDir,
    server: NatsServer,
    bus: Bus,
}

impl World {
    async fn new() -> Self {
        let (dir, server) = (tempfile::tempdir().unwrap(), NatsServer::start());
        let bus = connect(&server).await;
        fs::create_dir(dir.path().join("inbox")).unwrap();
        fs::create_dir(dir.path().join("outside")).unwrap();
        Self { dir, server, bus }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn options(&self, done: After) -> IngestOptions {
        IngestOptions {
            inbox: self.at("inbox"),
            data_dir: self.at("data"),
            done,
            settle: Duration::from_millis(100),
            rescan: Duration::from_secs(5),
            watch: WatchMode::Auto,
            ignore: vec!["*.tmp".into()],
            limits: Limits { file_bytes: 1 << 20, ..Limits::default() },
            max_in_flight: 16,
            sync_interval: Duration::from_millis(50),
        }
    }

    fn start(&self, done: After) -> Shutdown {
        let shutdown = self.start_without_sink(done);
        self.start_sink(&shutdown);
        shutdown
    }

    fn start_without_sink(&self, done: After) -> Shutdown {
        let shutdown = Shutdown::new();
        let (bus, options) = (self.bus.clone(), self.options(done));
        shutdown
            .spawn("ingest", run(bus.clone(), options, Provenance::default(), shutdown.clone()));
        shutdown.spawn("pass on", pass_on(bus, shutdown.clone()));
        shutdown
    }

    fn start_sink(&self, shutdown: &Shutdown) {
        let options = SinkOptions {
            output: self.at("out"),
            batch: 256,
            flush: Duration::from_millis(20),
            roll_bytes: 1 << 20,
            roll_age: Duration::from_hours(1),
        };
        shutdown.spawn("sink", sink::run(self.bus.clone(), options, shutdown.clone()));
    }

    /// Renames a whole file into the inbox.
    fn drop_file(&self, name: &str, content: impl AsRef<[u8]>) {
        let outside = self.at("outside/file");
        fs::write(&outside, content).unwrap();
        let path = self.at("inbox").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::rename(outside, path).unwrap();
    }

    /// Renames a file into the inbox that nobody writes on any more.
    fn drop_old_file(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.at("outside").join("old");
        fs::write(&path, content).unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(UNIX_EPOCH).unwrap();
        let target = self.at("inbox").join(name);
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::rename(path, target).unwrap();
    }

    /// What is in a directory, as sorted relative paths of everything that is no directory.
    fn list(&self, name: &str) -> Vec<String> {
        fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
                if entry.file_type().unwrap().is_dir() {
                    walk(&entry.path(), found);
                } else {
                    found.push(entry.path());
                }
            }
        }
        let root = self.at(name);
        let mut found = Vec::new();
        walk(&root, &mut found);
        let relative = |path: &PathBuf| path.strip_prefix(&root).unwrap().to_string_lossy().into();
        let mut names: Vec<String> = found.iter().map(relative).collect();
        names.sort();
        names
    }

    /// Bodies of the records in the output, in order.
    fn bodies(&self) -> Vec<String> {
        let files = self.list("out");
        let files = files.iter().filter(|name| name.contains("enriched-"));
        let text: String =
            files.map(|name| fs::read_to_string(self.at("out").join(name)).unwrap()).collect();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let body = |line: &str| Record::from_json(line.as_bytes()).unwrap().text.body;
        whole.lines().map(|line| body(line).trim().to_owned()).collect()
    }

    async fn wait_empty(&self) {
        let empty = async || self.list("inbox").is_empty().then_some(());
        wait_for("an empty inbox", SOON, empty).await;
    }

    async fn published(&self) -> u64 {
        self.bus.stream_state(StreamName::Raw).await.unwrap().last_seq
    }
}

async fn stop(shutdown: Shutdown) {
    shutdown.drain();
    shutdown.finish(SOON).await.unwrap();
}

/// The stages between ingest and sink: a record whose body says so dies, the others go on as they are.
async fn pass_on(bus: Bus, shutdown: Shutdown) -> anyhow::Result<()> {
    let mut reader = patiently(|| bus.reader(StreamName::Raw, 1, false)).await?;
    loop {
        let message = tokio::select! {
            message = reader.next() => message?,
            () = shutdown.draining().cancelled() => None,
        };
        let Some(message) = message else { return Ok(()) };
        let record = Record::from_json(&message.payload)?;
        if record.text.body.contains("dies") {
            let letter = NewDeadLetter {
                stage: "extract".into(),
                reason: "rejected".into(),
                cause: "a test".into(),
                id: format!("dead.{}", message.seq),
                headers: vec![("ce-subject".into(), record.id.to_string())],
                payload: message.payload,
            };
            patiently(|| bus.publish_dead(letter.clone())).await?;
        } else {
            let out = Outgoing::record("relate", 1, StreamName::Enriched, &record, 1)?;
            patiently(|| bus.publish(out.clone())).await?;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropped_files_come_out_once_and_go_to_done() {
    let world = World::new().await;
    let mut run = world.start(After::Move);
    world.drop_file("a.txt", "The first bridge opened.");
    world.drop_file("wire/b.jsonl", "{\"text\": \"Bridge two.\"}\n{\"text\": \"Bridge three.\"}\n");
    fs::write(world.at("inbox/c.txt"), "The fourth bridge closed.").unwrap();
    world.wait_empty().await;
    let mut bodies = world.bodies();
    bodies.sort();
    assert_eq!(
        bodies,
        ["Bridge three.", "Bridge two.", "The first bridge opened.", "The fourth bridge closed."]
    );
    // Dropped again, in the same run and after a restart, it adds nothing.
    for round in 0..2 {
        world.drop_file("a.txt", "The first bridge opened.");
        world.wait_empty().await;
        assert_eq!(world.bodies().len(), 4, "{round}");
        if round == 0 {
            stop(run).await;
            run = world.start(After::Move);
        }
    }
    stop(run).await;
    let done = world.list("data/done");
    let names: Vec<&str> = done.iter().map(|name| name.split_once('/').unwrap().1).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    assert_eq!(names.iter().filter(|name| name.starts_with("a-")).count(), 1, "{names:?}");
    assert!(names.contains(&"a.txt") && names.contains(&"wire/b.jsonl"), "{names:?}");
    assert_eq!(world.published().await, 4, "the stream knows what was dropped again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_stays_until_its_articles_are_safe() {
    let world = World::new().await;
    let run = world.start_without_sink(After::Move);
    world.drop_file("a.txt", "The mayor spoke.");
    let enriched = async || {
        let state = world.bus.stream_state(StreamName::Enriched).await.unwrap();
        (state.last_seq == 1).then_some(())
    };
    wait_for("the record to be enriched", SOON, enriched).await;
    stop(run).await;
    assert_eq!(world.list("inbox"), ["a.txt"], "the output has it not");
    let run = world.start(After::Move);
    world.wait_empty().await;
    assert_eq!(world.bodies(), ["The mayor spoke."]);
    stop(run).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_put_aside_and_blocks_nothing() {
    let world = World::new().await;
    let run = world.start(After::Move);
    world.drop_old_file("empty.txt", "");
    world.drop_old_file("deep/bad.json", "{\"text\": ");
    world.drop_old_file("cut.txt.gz", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x0b\xc9");
    world.drop_file("nothing.json", "[]");
    fs::File::create(world.at("inbox/sparse.txt")).unwrap().set_len(1 << 30).unwrap();
    symlink("/etc/passwd", world.at("inbox/link.txt")).unwrap();
    fs::create_dir(world.at("inbox/dir.txt")).unwrap();
    world.drop_file("full.txt/good.txt", "Inside of a directory with a file's name.");
    world.drop_file("good.txt", "The mayor spoke.");
    world.wait_empty().await;
    let gone = async || (!world.at("inbox/dir.txt").exists()).then_some(());
    wait_for("the directory to be put aside", SOON, gone).await;
    stop(run).await;
    let mut bodies = world.bodies();
    bodies.sort();
    assert_eq!(bodies, ["Inside of a directory with a file's name.", "The mayor spoke."]);
    let reason = |name: &str| {
        let path = world.at("data/quarantine").join(format!("{name}.error.json"));
        let json: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert!(path.with_extension("").with_extension("").symlink_metadata().is_ok());
        json["reason"].as_str().unwrap().to_owned()
    };
    let reasons: Vec<(&str, String)> = [
        "empty.txt",
        "deep/bad.json",
        "cut.txt.gz",
        "nothing.json",
        "sparse.txt",
        "link.txt",
        "dir.txt",
    ]
    .into_iter()
    .map(|name| (name, reason(name)))
    .collect();
    let expected = [
        ("empty.txt", "empty"),
        ("deep/bad.json", "bad_json"),
        ("cut.txt.gz", "truncated"),
        ("nothing.json", "no_text"),
        ("sparse.txt", "too_large"),
        ("link.txt", "symlink"),
        ("dir.txt", "directory"),
    ];
    assert_eq!(reasons, expected.map(|(name, reason)| (name, reason.to_owned())));
    assert!(world.at("inbox/full.txt").is_dir(), "a directory that held a file waits for the next");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_line_is_a_dead_letter_and_the_file_is_done() {
    let world = World::new().await;
    let run = world.start(After::Move);
    let lines = "{\"text\": \"One bridge.\"}\nnot json\n{\"text\": \"It dies here.\"}\n{\"text\": \"Two.\"}\n";
    world.drop_file("a.jsonl", lines);
    world.wait_empty().await;
    stop(run).await;
    assert_eq!(world.bodies(), ["One bridge.", "Two."]);
    let dead = world.bus.dead_letters(Some("ingest"), 9).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].reason.as_str(), &dead[0].payload[..]), ("bad_json", &b"not json"[..]));
    assert_eq!(dead[0].headers.get("Copydesk-Member"), Some("L2"));
    assert_eq!(world.bus.dead_letters(Some("extract"), 9).await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_can_be_deleted_or_kept() {
    let world = World::new().await;
    let run = world.start(After::Delete);
    world.drop_file("a.txt", "The mayor spoke.");
    world.wait_empty().await;
    stop(run).await;
    assert_eq!(world.list("data/done"), [""; 0]);
    let run = world.start(After::Keep);
    world.drop_file("b.txt", "The council met.");
    let journal = || fs::read_to_string(world.at("data/ingest.journal")).unwrap_or_default();
    let noted = async |rows: usize| (journal().lines().count() > rows).then_some(());
    wait_for("a row of the journal", SOON, async || noted(1).await).await;
    stop(run).await;
    let before = world.published().await;
    // Touched, with the same bytes: noted again and not published.
    let touched = fs::File::options().write(true).open(world.at("inbox/b.txt")).unwrap();
    touched.set_modified(UNIX_EPOCH).unwrap();
    let run = world.start(After::Keep);
    world.drop_file("c.txt", "The council met again.");
    wait_for("two more rows", SOON, async || noted(3).await).await;
    stop(run).await;
    assert_eq!(world.list("inbox"), ["b.txt", "c.txt"]);
    assert_eq!(world.published().await, before + 1);
    assert_eq!(world.bodies(), ["The mayor spoke.", "The council met.", "The council met again."]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_stream_makes_ingest_wait() {
    let world = World::new().await;
    // Room for some of the articles only.
    let options = BusOptions {
        url: world.server.url(),
        credentials: None,
        stream_bytes: 64 << 10,
        replicas: 1,
        name: "small".into(),
    };
    let bus = Bus::connect(&options).await.unwrap();
    bus.ensure_streams().await.unwrap();
    let shutdown = Shutdown::new();
    let mut ingest = world.options(After::Move);
    ingest.max_in_flight = 4;
    let ingest = run(bus.clone(), ingest, Provenance::default(), shutdown.clone());
    shutdown.spawn("ingest", ingest);
    let count = 60;
    let filler = "Words that no compression makes small: ";
    for n in 0..count {
        let noise: String = (0..60).map(|k| copydesk_types::digest(&[&[n], &[k]]) + " ").collect();
        world.drop_file(&format!("{n:02}.txt"), format!("{filler}{noise}"));
    }
    let full = async || {
        let state = bus.stream_state(StreamName::Raw).await.unwrap();
        (state.bytes > 50 << 10).then_some(state.last_seq)
    };
    let stored = wait_for("a full stream", SOON, full).await;
    assert!(stored < u64::from(count), "{stored}");
    // What a consumer has passed is purged; then there is room for more.
    let all = async || {
        let state = bus.stream_state(StreamName::Raw).await.unwrap();
        bus.purge_below(StreamName::Raw, state.last_seq).await.unwrap();
        (state.last_seq == u64::from(count)).then_some(())
    };
    wait_for("all articles", SOON, all).await;
    stop(shutdown).await;
    assert_eq!(world.list("inbox").len(), usize::from(count), "none of them is in an output");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goes_on_after_the_server_died() {
    let mut world = World::new().await;
    let run = world.start(After::Move);
    for round in 0..3 {
        for n in 0..30 {
            world
                .drop_file(&format!("{round}/{n:02}.txt"), format!("Bridge {n} in round {round}."));
        }
        world.server.restart();
    }
    world.wait_empty().await;
    stop(run).await;
    let mut bodies = world.bodies();
    assert_eq!(bodies.len(), 90);
    bodies.sort();
    bodies.dedup();
    assert_eq!(bodies.len(), 90);
}
