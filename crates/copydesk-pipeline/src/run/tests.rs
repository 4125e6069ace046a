use std::collections::BTreeSet;
use std::time::Duration;

use copydesk_bus::{BusOptions, LocalServer, Outgoing, StreamName};
use copydesk_testkit::{article, model, nats_server_binary, wait_for};

use super::*;
use crate::config::{Http, Optional, Overrides, Sources};
use crate::{StageStatus, Status, status};

const LIMIT: Duration = Duration::from_mins(1);

fn config(dir: &Path, stages: &str) -> Config {
    let overrides = Overrides {
        inbox: Some(dir.join("inbox")),
        output: Some(dir.join("out")),
        data_dir: Some(dir.join("data")),
        http: Some("127.0.0.1:0".into()),
        stages: Some(stages.into()),
        model: Some(model().display().to_string()),
        ..Overrides::default()
    };
    let mut config = Config::load(&Sources::default(), &overrides).unwrap().config;
    config.nats.server = Optional::from(nats_server_binary().to_str().unwrap());
    config.nats.stream_bytes = crate::config::ByteSize(64 << 20);
    config
}

/// A run in a task of its own, once it works.
async fn start(
    config: &Config,
) -> (Shutdown, RunInfo, tokio::task::JoinHandle<anyhow::Result<()>>) {
    let shutdown = Shutdown::new();
    let (tell, told) = tokio::sync::oneshot::channel();
    #[expect(clippy::disallowed_methods, reason = "a run is not a task of a run")]
    let running = tokio::spawn({
        let (config, shutdown) = (config.clone(), shutdown.clone());
        async move { run(config, shutdown, &|_| {}, |info| tell.send(info.clone()).unwrap()).await }
    });
    let Ok(info) = told.await else { panic!("{:?}", running.await) };
    (shutdown, info, running)
}

async fn connect(url: &str) -> Bus {
    let options = BusOptions {
        url: url.into(),
        credentials: None,
        stream_bytes: 64 << 20,
        replicas: 1,
        name: "run test".into(),
    };
    Bus::connect(&options).await.unwrap()
}

async fn feed(bus: &Bus, texts: &[&str]) {
    for text in texts {
        let record = article(text);
        let now = crate::clock::now_unix_ns();
        let message = Outgoing::record("ingest", 1, StreamName::Raw, &record, now).unwrap();
        bus.publish(message).await.unwrap();
    }
}

async fn page(http: SocketAddr, path: &'static str) -> String {
    let page = tokio::task::spawn_blocking(move || status::get(http, path));
    page.await.unwrap().unwrap_or_default()
}

async fn wait_until_done(config: &Config, count: u64) -> Status {
    wait_for("all to be in the output", LIMIT, || async {
        let status = status(config).await.unwrap();
        // No ingest runs here, and its gauge is that of the other tests of this process.
        let idle = |s: &StageStatus| s.name == "ingest" || (s.pending == 0 && s.ack_pending == 0);
        let done = status.stages.iter().all(idle) && status.stage("sink")?.done >= count;
        done.then_some(status)
    })
    .await
}

fn output(config: &Config) -> Vec<serde_json::Value> {
    let mut files: Vec<_> = walk(&config.output);
    files.retain(|path| path.to_string_lossy().contains("enriched-"));
    let lines = files.iter().flat_map(|path| {
        let text = fs::read_to_string(path).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<_>>()
    });
    lines.collect()
}

fn walk(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_answers_drains_and_leaves_no_server_behind() {
    let dir = tempfile::tempdir().unwrap();
    let config = config(dir.path(), "dedup,extract,relate,sink");
    let (shutdown, info, running) = start(&config).await;
    let bus = connect(&info.nats_url).await;
    let mayor = "Mayor Ada Novak said on Monday that the bridge in Lisbon will reopen in May.";
    let other = "The harbour froze over night. Ferries to Ostrov stay in port, the operator told reporters.";
    feed(&bus, &[mayor, other]).await;
    let status = wait_until_done(&config, 2).await;
    assert_eq!(status.nats_url, info.nats_url);
    assert_eq!(status.http, Some(info.http));
    let done: Vec<_> = status.stages.iter().map(|s| (s.name, s.done, s.failed)).collect();
    assert_eq!(
        done,
        [("ingest", 2, 0), ("dedup", 2, 0), ("extract", 2, 0), ("relate", 2, 0), ("sink", 2, 0)]
    );

    let ready = wait_for("readiness", LIMIT, || async {
        let answer = page(info.http, "/readyz").await;
        answer.starts_with("HTTP/1.1 200").then_some(answer)
    });
    assert!(ready.await.contains("\"ready\":true"));
    assert!(page(info.http, "/healthz").await.starts_with("HTTP/1.1 200"));
    assert!(page(info.http, "/version").await.contains(env!("CARGO_PKG_VERSION")));
    assert!(page(info.http, "/nothing").await.starts_with("HTTP/1.1 404"));
    for series in [
        "copydesk_ready 1",
        "copydesk_sink_committed_seq 2",
        "copydesk_consumer_pending{stream=\"COPYDESK_RAW\",consumer=\"dedup\"} 0",
        "copydesk_stage_duration_seconds_count{stage=\"extract\"}",
        "copydesk_e2e_latency_seconds_count",
        "copydesk_stream_limit_bytes{stream=\"COPYDESK_RAW\"} 67108864",
    ] {
        wait_for(series, LIMIT, || async {
            page(info.http, "/metrics").await.contains(series).then_some(())
        })
        .await;
    }

    let second = run(config.clone(), Shutdown::new(), &|_| {}, |_| {}).await.unwrap_err();
    assert!(format!("{second:#}").contains("another copydesk"), "{second:#}");

    shutdown.drain();
    running.await.unwrap().unwrap();
    let lines = output(&config);
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line["dedup"]["verdict"] == "new"), "{lines:?}");
    let stories: BTreeSet<_> = lines.iter().map(|line| line["story"]["id"].to_string()).collect();
    assert_eq!(stories.len(), 2, "each article is a story of its own: {lines:?}");
    let names = lines.iter().flat_map(|line| line["entities"].as_array().unwrap().clone());
    assert!(names.into_iter().any(|entity| entity["name"] == "Ada Novak"), "{lines:?}");
    assert_eq!(LocalServer::find(&config.data_dir), None, "the server is gone");
    assert_eq!(http_of(&config.data_dir), None);
    let gone = crate::status(&config).await.unwrap_err();
    assert!(gone.downcast_ref::<crate::NotRunning>().is_some(), "{gone:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_under_way_at_the_end_is_finished_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let all = config(dir.path(), "dedup,extract,relate,sink");
    let first_stage_only = config(dir.path(), "dedup");
    let (shutdown, info, running) = start(&first_stage_only).await;
    let texts: Vec<String> = (0..20)
        .map(|n| format!("Number {n} was drawn in {n} towns by {n} clerks of the region."))
        .collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    feed(&connect(&info.nats_url).await, &texts).await;
    shutdown.drain();
    running.await.unwrap().unwrap();
    let (shutdown, _, running) = start(&all).await;
    wait_until_done(&all, 20).await;
    shutdown.drain();
    running.await.unwrap().unwrap();
    let mut ids: Vec<String> = output(&all).iter().map(|line| line["id"].to_string()).collect();
    assert_eq!(ids.len(), 20);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20, "each once");
}

#[tokio::test]
async fn an_old_server_and_a_taken_port_are_refused_with_the_way_out() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path(), "dedup");
    let old = dir.path().join("nats-server");
    fs::write(&old, "#!/bin/sh\necho 'nats-server: v2.9.10'\n").unwrap();
    let made = std::process::Command::new("chmod").arg("+x").arg(&old).status().unwrap();
    assert!(made.success());
    config.nats.server = Optional::from(old.to_str().unwrap());
    let error = run(config.clone(), Shutdown::new(), &|_| {}, |_| {}).await.unwrap_err();
    let said = format!("{error:#}");
    assert!(said.contains("2.9.10") && said.contains("older than 2.12"), "{said}");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    config.http = Http(taken.local_addr().unwrap());
    let error = run(config, Shutdown::new(), &|_| {}, |_| {}).await.unwrap_err();
    assert!(format!("{error:#}").contains("take another with --http"), "{error:#}");
}

#[tokio::test]
async fn nobody_at_the_url_is_an_error_of_nats() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = config(dir.path(), "dedup");
    config.nats.url = Optional::from("nats://127.0.0.1:9");
    let error = run(config, Shutdown::new(), &|_| {}, |_| {}).await.unwrap_err();
    assert_eq!(crate::classify(&error), crate::Failure::Nats, "{error:#}");
}
