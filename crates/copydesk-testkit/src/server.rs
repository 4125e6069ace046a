//! A real nats-server for one test.

use std::fs::{self, File};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::artefacts::nats_server_binary;
use crate::wait::becomes_true;

/// How long the server may take to start; it takes some milliseconds.
const LIMIT: Duration = Duration::from_secs(10);

/// A server with JetStream on a random port of 127.0.0.1 and a store of its own. Killed on drop.
///
/// Start one for each test: it is ready in milliseconds, and one in a `static` would never be dropped. If the test's
/// process itself is killed, the server goes with it.
#[derive(Debug)]
pub struct NatsServer {
    running: Option<Running>,
    port: u16,
    dir: TempDir,
    /// Further lines of its configuration.
    extra: String,
}

/// A server's process and the one that kills it if ours is gone.
#[derive(Debug)]
struct Running {
    server: Child,
    /// A shell that waits for the end of its standard input, which comes when our process ends in whatever way.
    guard: Child,
}

impl NatsServer {
    /// Starts a server and waits until it can be connected to. Panics with its log if it does not start.
    pub fn start() -> Self {
        Self::start_with(String::new())
    }

    /// Starts the three servers of a cluster. They have a leader some seconds later.
    pub fn start_cluster() -> [Self; 3] {
        // Routes need ports that are known before; these were free a moment ago.
        let bound = [(); 3].map(|()| TcpListener::bind(("127.0.0.1", 0)).expect("find a port"));
        let ports = bound.map(|l| l.local_addr().expect("find a port").port());
        let routes = ports.map(|port| format!("nats://127.0.0.1:{port}")).join(", ");
        ports.map(|port| {
            Self::start_with(format!(
                "server_name: n{port}\ncluster {{ name: test, listen: \"127.0.0.1:{port}\", routes: [{routes}] }}\n"
            ))
        })
    }

    fn start_with(extra: String) -> Self {
        let dir = tempfile::tempdir().expect("create a temporary directory for nats-server");
        let mut server = Self { running: None, port: 0, dir, extra };
        server.launch();
        server
    }

    /// The URL for clients; the same after a restart.
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// The directory that it keeps its streams in.
    pub fn store(&self) -> &Path {
        self.dir.path()
    }

    /// Kills the server as `kill -9` does, and waits until it is gone. The store stays.
    pub fn kill9(&mut self) {
        if let Some(Running { mut server, mut guard }) = self.running.take() {
            // The guard first: once the server is reaped, its id may be another process's.
            for child in [&mut guard, &mut server] {
                child.kill().ok();
                child.wait().ok();
            }
        }
    }

    /// Kills the server if it runs, and starts it again on the same port and store.
    pub fn restart(&mut self) {
        self.kill9();
        self.launch();
    }

    /// Stops the server without ending it (SIGSTOP): connections stay open, nothing answers.
    pub fn pause(&self) {
        self.signal("-STOP");
        // The signal is sent, and on a busy machine a thread may still answer before it takes effect.
        let tasks = format!("/proc/{}/task", self.pid());
        let stopped = || {
            let threads = fs::read_dir(&tasks).into_iter().flatten().flatten();
            threads.map(|thread| fs::read_to_string(thread.path().join("stat"))).all(|stat| {
                // A thread that is gone answers no more.
                stat.map_or(true, |stat| {
                    stat.rsplit(") ").next().is_some_and(|s| s.starts_with('T'))
                })
            })
        };
        assert!(becomes_true(LIMIT, stopped), "the threads of nats-server go on");
    }

    /// Lets a paused server go on (SIGCONT).
    pub fn resume(&self) {
        self.signal("-CONT");
    }

    /// What the server has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    fn pid(&self) -> u32 {
        self.running.as_ref().expect("a server that is running").server.id()
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").arg(signal).arg(self.pid().to_string()).status();
        assert!(sent.is_ok_and(|status| status.success()), "kill {signal} nats-server");
    }

    fn launch(&mut self) {
        let dir = self.dir.path();
        let ports = dir.join("ports");
        // The file of a server that was killed still lies there.
        fs::remove_dir_all(&ports).ok();
        fs::create_dir(&ports).expect("create the directory of the ports file");
        fs::write(dir.join("nats.conf"), self.config()).expect("write nats.conf");
        let log = File::options().create(true).append(true).open(dir.join("log"));
        let log = log.expect("open the log of nats-server");
        let server = Command::new(nats_server_binary())
            .arg("-c")
            .arg(dir.join("nats.conf"))
            .arg("--ports_file_dir")
            .arg(&ports)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("share the log of nats-server"))
            .stderr(log)
            .spawn()
            .expect("run nats-server");
        let guard = guard(server.id());
        let running = self.running.insert(Running { server, guard });
        let file = ports.join(format!("nats-server_{}.ports", running.server.id()));
        let mut port = None;
        let mut ended = None;
        becomes_true(LIMIT, || {
            port = fs::read_to_string(&file).ok().as_deref().and_then(client_port);
            ended = running.server.try_wait().ok().flatten();
            port.is_some() || ended.is_some()
        });
        let Some(port) = port else {
            panic!("nats-server did not start ({ended:?}); its log:\n{}", self.log());
        };
        self.port = port;
    }

    fn config(&self) -> String {
        // Port -1 is a random one.
        let port = if self.port == 0 { "-1".into() } else { self.port.to_string() };
        let store = self.dir.path().join("store");
        format!(
            "listen: \"127.0.0.1:{port}\"\nmax_payload: 8MB\njetstream {{ store_dir: \"{}\" }}\n{}",
            store.display(),
            self.extra
        )
    }
}

impl Drop for NatsServer {
    fn drop(&mut self) {
        self.kill9();
    }
}

fn guard(server: u32) -> Child {
    Command::new("sh")
        .args(["-c", "read -r _; kill -9 \"$0\""])
        .arg(server.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("run sh")
}

/// The port in `{"nats":["nats://127.0.0.1:4222"],…}`; none while the file is still being written.
fn client_port(json: &str) -> Option<u16> {
    let (_, rest) = json.split_once("nats://127.0.0.1:")?;
    let (port, _) = rest.split_once('"')?;
    port.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, ErrorKind};
    use std::net::TcpStream;

    use super::*;

    /// The line that a server greets with.
    fn greeting(server: &NatsServer) -> std::io::Result<String> {
        let stream = TcpStream::connect(("127.0.0.1", server.port))?;
        stream.set_read_timeout(Some(Duration::from_millis(300)))?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line)?;
        Ok(line)
    }

    #[test]
    fn starts_dies_and_comes_back_on_the_same_port() {
        let mut server = NatsServer::start();
        let url = server.url();
        let info = greeting(&server).unwrap();
        assert!(info.starts_with("INFO {"), "{info}");
        assert!(info.contains("\"jetstream\":true"), "{info}");
        assert!(info.contains("\"max_payload\":8388608"), "{info}");
        server.kill9();
        assert_eq!(greeting(&server).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        server.restart();
        assert_eq!(server.url(), url);
        assert!(greeting(&server).unwrap().starts_with("INFO {"));
        assert!(server.store().join("store").is_dir());
    }

    #[test]
    fn a_paused_server_does_not_answer() {
        let server = NatsServer::start();
        server.pause();
        let kind = greeting(&server).unwrap_err().kind();
        assert!(matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{kind:?}");
        server.resume();
        assert!(greeting(&server).unwrap().starts_with("INFO {"));
    }

    #[test]
    fn the_server_dies_with_its_owner() {
        let mut server = NatsServer::start();
        let running = server.running.as_mut().unwrap();
        // What the end of our process does: it closes the pipe.
        drop(running.guard.stdin.take());
        let gone = becomes_true(LIMIT, || running.server.try_wait().unwrap().is_some());
        assert!(gone, "the server outlived its owner");
    }

    #[test]
    fn the_port_is_read_from_a_whole_file_only() {
        let check =
            |json: &str, wanted: Option<u16>| assert_eq!(client_port(json), wanted, "{json}");
        check(r#"{"nats":["nats://127.0.0.1:32851"],"monitoring":[]}"#, Some(32851));
        check(r#"{"nats":["nats://127.0.0.1:328"#, None);
        check(r#"{"nats":[]}"#, None);
        check("", None);
    }
}
