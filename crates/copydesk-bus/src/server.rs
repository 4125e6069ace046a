//! A `nats-server` of our own, for runs without a URL: on the loopback, its store under the data directory.
//!
//! One process owns the server: the one that holds the lock beside the store. It starts the server, starts it again on
//! the same port when it dies, and stops it. Another process over the same data directory uses that server, waits for
//! the lock, and takes over when the owner is gone. A server that outlived its owner is adopted.

use std::fs::{self, File, TryLockError};
use std::io::{self, BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use copydesk_types::digest;
use tokio::sync::oneshot;

use crate::MAX_MESSAGE_BYTES;

/// How long a server may take to start; it takes some milliseconds, and a second for 100,000 stored articles.
const START_LIMIT: Duration = Duration::from_mins(1);
/// How long a stopping server may take before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(10);
/// Pause before a server that died is started again.
const RESTART_PAUSE: Duration = Duration::from_millis(100);
/// A server answers on the loopback at once.
const GREETING_LIMIT: Duration = Duration::from_millis(500);

/// How to run the server.
#[derive(Debug, Clone)]
pub struct ServerOptions {
    /// The `nats-server` program.
    pub binary: PathBuf,
    /// Everything of the server lies in `nats/` under it.
    pub data_dir: PathBuf,
    /// Whether each message is on the disk before it is acknowledged; else within a second.
    pub strict: bool,
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// A file under the data directory.
    #[error("use {path} for the NATS server")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The program cannot be run.
    #[error("run {path}")]
    Run {
        /// The program.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// It ended, or did not get ready.
    #[error("start nats-server: {why}; the end of its log {log}:\n{tail}")]
    NotReady {
        /// What happened.
        why: String,
        /// Its log.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },
    /// Another process holds the store, and no server answers.
    #[error(
        "use the NATS store in {dir}: another copydesk holds it, but its server does not answer"
    )]
    Held {
        /// The directory.
        dir: PathBuf,
    },
}

/// The server. Dropped without [`stop`](Self::stop), it is told to stop and not waited for.
#[derive(Debug)]
pub struct LocalServer {
    url: String,
    adopted: bool,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    stopping: AtomicBool,
    /// Process id of the server that this process owns; 0 for none.
    pid: AtomicU32,
}

impl LocalServer {
    /// Starts the server, or finds the one that is there, and waits until it answers.
    pub async fn start(options: ServerOptions) -> Result<Self, ServerError> {
        let shared = Arc::new(Shared::default());
        let (ready, is_ready) = oneshot::channel();
        let files = Files::new(&options.data_dir);
        let keeper = Keeper { options, files, shared: Arc::clone(&shared), ready: Some(ready) };
        // A thread of its own: the system kills the server when the thread that started it ends.
        let thread = std::thread::Builder::new().name("nats-server".into());
        let thread = thread.spawn(move || keeper.keep());
        let thread =
            thread.map_err(|source| ServerError::Run { path: "a thread".into(), source })?;
        match is_ready.await {
            Ok(Ok((url, adopted))) => Ok(Self { url, adopted, shared, thread: Some(thread) }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(ServerError::Run {
                path: "the thread of nats-server".into(),
                source: io::Error::other("it panicked"),
            }),
        }
    }

    /// The URL of a server that another process runs over this data directory.
    pub fn find(data_dir: &Path) -> Option<String> {
        Files::new(data_dir).live()
    }

    /// Where clients connect; the same after a restart.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Whether it was there already.
    pub fn adopted(&self) -> bool {
        self.adopted
    }

    /// Stops the server if this process owns it, and waits until it is gone.
    pub async fn stop(mut self) {
        self.shared.stop();
        let Some(thread) = self.thread.take() else { return };
        if self.shared.pid.load(Ordering::SeqCst) == 0 {
            // It waits for the lock of the owner, and starts nothing any more.
            return;
        }
        let joined = tokio::task::spawn_blocking(move || thread.join()).await;
        if !matches!(joined, Ok(Ok(()))) {
            tracing::warn!("the thread of nats-server panicked");
        }
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

impl Shared {
    fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        signal(self.pid.load(Ordering::SeqCst), libc::SIGTERM);
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }
}

/// The files of the server, all in `nats/` of the data directory.
#[derive(Debug)]
struct Files {
    dir: PathBuf,
}

impl Files {
    fn new(data_dir: &Path) -> Self {
        // The server and its log are asked about from other directories as well.
        let data_dir = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_path_buf());
        Self { dir: data_dir.join("nats") }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Tells our server from any other that got its port later.
    fn server_name(&self) -> String {
        let hash = digest(&[self.dir.as_os_str().as_encoded_bytes()]);
        format!("copydesk-{}", hash.get(..16).unwrap_or_default())
    }

    /// The URL in the file, when our server answers there.
    fn live(&self) -> Option<String> {
        let url = fs::read_to_string(self.path("url")).ok()?.trim().to_owned();
        let port = url.rsplit(':').next()?.parse().ok()?;
        (greeting(port)?.contains(&format!("\"server_name\":\"{}\"", self.server_name())))
            .then_some(url)
    }

    fn read_number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        fs::read_to_string(self.path(name)).ok()?.trim().parse().ok()
    }

    fn write(&self, name: &str, text: &str) -> Result<(), ServerError> {
        let path = self.path(name);
        let temporary = self.path(&format!("{name}.tmp"));
        let written = fs::write(&temporary, text).and_then(|()| fs::rename(&temporary, &path));
        written.map_err(|source| ServerError::Io { path, source })
    }

    fn not_ready(&self, why: &str) -> ServerError {
        let log = self.path("log");
        let text = fs::read_to_string(&log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let tail = lines.get(lines.len().saturating_sub(8)..).unwrap_or_default().join("\n");
        ServerError::NotReady { why: why.to_owned(), log, tail }
    }
}

type Ready = oneshot::Sender<Result<(String, bool), ServerError>>;

/// What the thread of the server does.
struct Keeper {
    options: ServerOptions,
    files: Files,
    shared: Arc<Shared>,
    /// Taken when the first answer was given.
    ready: Option<Ready>,
}

impl Keeper {
    fn keep(mut self) {
        let lock = match self.own() {
            Ok(Some(lock)) => lock,
            Ok(None) => return,
            Err(error) => {
                self.tell(Err(error));
                return;
            }
        };
        if let Some(url) = self.files.live() {
            // It outlived its owner; its process is not our child, so it is watched from afar.
            let pid = self.files.read_number("pid").unwrap_or(0);
            self.shared.pid.store(pid, Ordering::SeqCst);
            self.tell(Ok((url, true)));
            self.watch_adopted();
        }
        while !self.shared.is_stopping() {
            match self.launch() {
                Ok((mut child, url)) => {
                    self.tell(Ok((url, false)));
                    self.wait(&mut child);
                }
                Err(error) if self.ready.is_some() => {
                    self.tell(Err(error));
                    return;
                }
                Err(error) => tracing::warn!(%error, "nats-server does not start"),
            }
            if !self.shared.is_stopping() {
                tracing::warn!("nats-server ended and is started again");
                pause(RESTART_PAUSE);
            }
        }
        fs::remove_file(self.files.path("url")).ok();
        drop(lock);
    }

    /// Gives the answer that [`LocalServer::start`] waits for; later ones interest nobody.
    fn tell(&mut self, answer: Result<(String, bool), ServerError>) {
        if let Some(ready) = self.ready.take() {
            // A caller that went away needs no server.
            if ready.send(answer).is_err() {
                self.shared.stop();
            }
        }
    }

    /// Waits for the lock. While another process holds it, its server is used. `None` when there is nothing to do
    /// any more.
    fn own(&mut self) -> Result<Option<File>, ServerError> {
        let store = self.files.path("store");
        fs::create_dir_all(&store).map_err(|source| ServerError::Io { path: store, source })?;
        let path = self.files.path("lock");
        let failed = |source| ServerError::Io { path: path.clone(), source };
        let lock = File::options().create(true).write(true).truncate(false).open(&path);
        let lock = lock.map_err(failed)?;
        let start = Instant::now();
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(Some(lock)),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
            if let Some(url) = self.files.live() {
                self.tell(Ok((url, true)));
                break;
            }
            if start.elapsed() > START_LIMIT {
                return Err(ServerError::Held { dir: self.files.dir.clone() });
            }
            pause(POLL);
        }
        lock.lock().map_err(failed)?;
        Ok((!self.shared.is_stopping()).then_some(lock))
    }

    /// Starts the server and waits until it answers.
    fn launch(&self) -> Result<(Child, String), ServerError> {
        let files = &self.files;
        let ports = files.path("ports");
        // The files of servers that were killed still lie there.
        fs::remove_dir_all(&ports).ok();
        fs::create_dir_all(&ports)
            .map_err(|source| ServerError::Io { path: ports.clone(), source })?;
        // The last port again, so that clients find the server where it was: those of this process must, others may.
        let patience = if self.ready.is_none() { START_LIMIT } else { Duration::ZERO };
        let port = files.read_number("port").filter(|&port| becomes_free(port, patience));
        files.write("nats.conf", &self.config(port))?;
        let log = files.path("log");
        let open = File::options().create(true).append(true).open(&log);
        let log = open.map_err(|source| ServerError::Io { path: log, source })?;
        let mut command = Command::new(&self.options.binary);
        command.arg("-c").arg(files.path("nats.conf")).arg("--ports_file_dir").arg(&ports);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        die_with_parent(&mut command);
        let path = self.options.binary.clone();
        let mut child = command.spawn().map_err(|source| ServerError::Run { path, source })?;
        self.shared.pid.store(child.id(), Ordering::SeqCst);
        let ports = ports.join(format!("nats-server_{}.ports", child.id()));
        let url = self.ready(&mut child, &ports);
        if url.is_err() {
            child.kill().ok();
            child.wait().ok();
            self.shared.pid.store(0, Ordering::SeqCst);
        }
        let url = url?;
        files.write("pid", &child.id().to_string())?;
        files.write("port", url.rsplit(':').next().unwrap_or_default())?;
        files.write("url", &url)?;
        Ok((child, url))
    }

    fn ready(&self, child: &mut Child, ports: &Path) -> Result<String, ServerError> {
        let start = Instant::now();
        loop {
            let port = fs::read_to_string(ports).ok().as_deref().and_then(client_port);
            if let Some(port) = port
                && greeting(port).is_some()
            {
                return Ok(format!("nats://127.0.0.1:{port}"));
            }
            if let Ok(Some(status)) = child.try_wait() {
                return Err(self.files.not_ready(&format!("it ended with {status}")));
            }
            if start.elapsed() > START_LIMIT || self.shared.is_stopping() {
                return Err(self.files.not_ready("it does not answer"));
            }
            pause(POLL);
        }
    }

    /// Waits for the end of the server; kills it when it does not stop in time.
    fn wait(&self, child: &mut Child) {
        let mut stopping_since: Option<Instant> = None;
        while let Ok(None) = child.try_wait() {
            if self.shared.is_stopping() {
                let since = *stopping_since.get_or_insert_with(|| {
                    // Told again: the first word may have come before the server was there to hear it.
                    signal(child.id(), libc::SIGTERM);
                    Instant::now()
                });
                if since.elapsed() > STOP_LIMIT {
                    child.kill().ok();
                }
            }
            pause(POLL);
        }
        self.shared.pid.store(0, Ordering::SeqCst);
    }

    /// Watches a server that is not our child until it is gone.
    fn watch_adopted(&self) {
        while self.files.live().is_some() {
            pause(RESTART_PAUSE);
        }
        self.shared.pid.store(0, Ordering::SeqCst);
    }

    fn config(&self, port: Option<u16>) -> String {
        // Port -1 is a free one.
        let port = port.map_or_else(|| "-1".to_owned(), |port| port.to_string());
        let sync = if self.options.strict { "always" } else { "1s" };
        let store = self.files.path("store").display().to_string();
        // The limit of the streams and room for headers.
        let payload = i64::from(MAX_MESSAGE_BYTES) * 2;
        format!(
            "# Written by copydesk at each start.\n\
             server_name: {}\nlisten: \"127.0.0.1:{port}\"\nhttp: \"127.0.0.1:-1\"\nmax_payload: {payload}\n\
             jetstream {{\n  store_dir: {}\n  sync_interval: {sync}\n}}\n",
            self.files.server_name(),
            serde_json::Value::from(store),
        )
    }
}

/// The first line of a server at this port of the loopback.
fn greeting(port: u16) -> Option<String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let stream = TcpStream::connect_timeout(&address, GREETING_LIMIT).ok()?;
    stream.set_read_timeout(Some(GREETING_LIMIT)).ok()?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).ok()?;
    line.starts_with("INFO ").then_some(line)
}

fn becomes_free(port: u16, patience: Duration) -> bool {
    let start = Instant::now();
    loop {
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return true;
        }
        if start.elapsed() >= patience {
            return false;
        }
        pause(POLL);
    }
}

/// The port in `{"nats":["nats://127.0.0.1:4222"],…}`; none while the file is still being written.
fn client_port(json: &str) -> Option<u16> {
    let ports: serde_json::Value = serde_json::from_str(json).ok()?;
    let url = ports.get("nats")?.as_array()?.iter().find_map(|url| url.as_str())?;
    url.rsplit(':').next()?.parse().ok()
}

fn signal(pid: u32, signal: i32) {
    let Ok(pid @ 1..) = i32::try_from(pid) else { return };
    #[expect(unsafe_code, reason = "the standard library can only kill")]
    // SAFETY: the call takes two numbers and touches no memory. The process is our child or holds our store.
    unsafe {
        libc::kill(pid, signal);
    }
}

/// So that the server never outlives us, even when we are killed; at once, so that the next start finds its store free.
/// Elsewhere than on Linux the next start adopts it.
#[cfg(target_os = "linux")]
fn die_with_parent(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    let parent = std::process::id();
    #[expect(unsafe_code, reason = "only the child itself can ask for the signal")]
    // SAFETY: between fork and exec only system calls that are safe there, and no allocation.
    unsafe {
        command.pre_exec(move || {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            if libc::getppid().cast_unsigned() == parent {
                Ok(())
            } else {
                Err(io::Error::from_raw_os_error(libc::ESRCH))
            }
        });
    }
    // A group of its own: the interrupt key stops us, and we stop the server when we are done with it.
    command.process_group(0);
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent(_command: &mut Command) {}

/// A pause of the server's own thread.
fn pause(time: Duration) {
    let (_never, wait) = mpsc::channel::<()>();
    wait.recv_timeout(time).ok();
}
