//! The supervised local server: started, found, adopted, started again, gone with its owner.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use copydesk_bus::{Bus, BusOptions, LocalServer, ServerError, ServerOptions};
use copydesk_testkit::{nats_server_binary, wait_for};

const LIMIT: Duration = Duration::from_secs(20);

fn options(data_dir: &Path) -> ServerOptions {
    ServerOptions { binary: nats_server_binary(), data_dir: data_dir.into(), strict: false }
}

async fn connect(url: &str) -> Bus {
    let options = BusOptions {
        url: url.into(),
        credentials: None,
        stream_bytes: 16 << 20,
        replicas: 1,
        name: "server test".into(),
    };
    Bus::connect(&options).await.expect("connect to the server")
}

fn pid(data_dir: &Path) -> String {
    let path = data_dir.join("nats").join("pid");
    std::fs::read_to_string(path).expect("the server's process id").trim().to_owned()
}

fn kill9(pid: &str) {
    let killed = Command::new("kill").args(["-9", pid]).status().expect("run kill");
    assert!(killed.success());
}

fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // A zombie is dead.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

#[tokio::test]
async fn starts_is_found_and_stops() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(LocalServer::find(dir.path()), None);
    let server = LocalServer::start(options(dir.path())).await.unwrap();
    assert!(!server.adopted());
    assert_eq!(LocalServer::find(dir.path()).as_deref(), Some(server.url()));
    connect(server.url()).await.ensure_streams().await.unwrap();
    let pid = pid(dir.path());
    assert!(is_alive(&pid));
    server.stop().await;
    assert!(!is_alive(&pid));
    assert_eq!(LocalServer::find(dir.path()), None);
}

#[tokio::test]
async fn a_killed_server_is_started_again_at_the_same_place_with_all_it_had() {
    let dir = tempfile::tempdir().unwrap();
    let server = LocalServer::start(options(dir.path())).await.unwrap();
    let bus = connect(server.url()).await;
    bus.ensure_streams().await.unwrap();
    let created = bus.stream_state(copydesk_bus::StreamName::Raw).await.unwrap().created;
    let first = pid(dir.path());
    kill9(&first);
    wait_for("another server", LIMIT, || async {
        let now = pid(dir.path());
        (now != first && LocalServer::find(dir.path()).is_some()).then_some(())
    })
    .await;
    assert_eq!(LocalServer::find(dir.path()).as_deref(), Some(server.url()));
    let again = wait_for("the connection", LIMIT, || async {
        bus.stream_state(copydesk_bus::StreamName::Raw).await.ok()
    });
    assert_eq!(again.await.created, created);
    server.stop().await;
}

#[tokio::test]
async fn a_second_owner_uses_the_server_that_is_there_and_leaves_it_alone() {
    let dir = tempfile::tempdir().unwrap();
    let first = LocalServer::start(options(dir.path())).await.unwrap();
    let second = LocalServer::start(options(dir.path())).await.unwrap();
    assert!(second.adopted());
    assert_eq!(second.url(), first.url());
    second.stop().await;
    connect(first.url()).await.ensure_streams().await.unwrap();
    first.stop().await;
}

#[tokio::test]
async fn a_standby_starts_the_server_again_when_its_owner_is_gone() {
    let dir = tempfile::tempdir().unwrap();
    let first = LocalServer::start(options(dir.path())).await.unwrap();
    let second = LocalServer::start(options(dir.path())).await.unwrap();
    let url = first.url().to_owned();
    first.stop().await;
    let found =
        wait_for("the server of the standby", LIMIT, || async { LocalServer::find(dir.path()) });
    assert_eq!(found.await, url);
    second.stop().await;
}

#[tokio::test]
async fn what_does_not_run_is_told_with_the_reason() {
    let dir = tempfile::tempdir().unwrap();
    let missing = ServerOptions { binary: dir.path().join("none"), ..options(dir.path()) };
    let error = LocalServer::start(missing).await.unwrap_err();
    assert!(matches!(error, ServerError::Run { .. }), "{error:?}");
    let script = dir.path().join("bad");
    std::fs::write(&script, "#!/bin/sh\necho 'no room for the store' >&2\nexit 3\n").unwrap();
    assert!(Command::new("chmod").arg("+x").arg(&script).status().unwrap().success());
    let error = LocalServer::start(ServerOptions { binary: script, ..options(dir.path()) });
    let error = error.await.unwrap_err().to_string();
    assert!(error.contains("no room for the store") && error.contains("exit status: 3"), "{error}");
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn the_server_dies_with_a_killed_owner() {
    // The owner is this very test in another process, which waits to be killed.
    #[expect(clippy::disallowed_methods, reason = "how the test tells the other process its part")]
    if let Ok(dir) = std::env::var("COPYDESK_TEST_OWNER") {
        let _server = LocalServer::start(options(Path::new(&dir))).await.unwrap();
        std::future::pending::<()>().await;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_server_dies_with_a_killed_owner"])
        .env("COPYDESK_TEST_OWNER", dir.path())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    wait_for("the server of the other process", LIMIT, || async { LocalServer::find(dir.path()) })
        .await;
    let server = pid(dir.path());
    owner.kill().unwrap();
    owner.wait().unwrap();
    wait_for("the end of the server", LIMIT, || async { (!is_alive(&server)).then_some(()) }).await;
    let again = LocalServer::start(options(dir.path())).await.unwrap();
    assert!(!again.adopted());
    again.stop().await;
}
