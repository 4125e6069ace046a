//! Ingest: files of the inbox become records in `COPYDESK_RAW`.
//!
//! A file is read once it is complete, published, and left where it is until each of its articles is safe in the output
//! or in the dead letters; then it is moved to `done/`, deleted or kept. Nothing else is remembered: after a restart the
//! inbox is read again, and what was published before is known to the stream, to dedup and to the sink by its id.
//!
//! One thread owns the inbox ([`inbox`]), a few read files ([`read`]), and the task here publishes what they read,
//! oldest file first, and finishes what is covered ([`coverage`]). When the stream is full, or too much is published and
//! not covered, it reads no more files; the inbox goes on hearing.

mod coverage;
mod desk;
mod hints;
mod inbox;
mod journal;
mod names;
mod places;
mod read;
mod scan;
mod settle;
mod stamp;
mod watch;

use std::future::pending;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, bail};
use copydesk_bus::Bus;
use copydesk_readers::Limits;
use copydesk_types::Provenance;
use tokio::sync::mpsc::{self, Sender};
use tokio::task::{JoinHandle, spawn_blocking};

use self::coverage::{Seen, follow_dead, follow_enriched};
use self::desk::Desk;
use self::hints::Hints;
use self::inbox::{Inbox, InboxOptions, Job};
use self::journal::Journal;
use self::names::Ignore;
use self::places::Places;
use self::watch::watch;
use crate::Shutdown;
use crate::config::{After, WatchMode};

/// Complete files that wait to be read, outside of the inbox's own table.
const JOBS: usize = 4;
/// Least settle time where events do not come although they were asked for.
const POLL_SETTLE: Duration = Duration::from_secs(5);

/// How files are taken in.
#[derive(Debug, Clone)]
pub(crate) struct IngestOptions {
    /// Where files are dropped.
    pub(crate) inbox: PathBuf,
    /// Where `done/`, `quarantine/` and the journal are.
    pub(crate) data_dir: PathBuf,
    /// What becomes of a file that is safe in the output.
    pub(crate) done: After,
    /// How long a file must be unchanged that no event tells of.
    pub(crate) settle: Duration,
    /// How often the whole inbox is scanned.
    pub(crate) rescan: Duration,
    /// How changes are noticed.
    pub(crate) watch: WatchMode,
    /// Names that are not read.
    pub(crate) ignore: Vec<String>,
    /// Caps on reading.
    pub(crate) limits: Limits,
    /// Most articles that are published and not answered.
    pub(crate) max_in_flight: usize,
    /// How long the server may take to have a dead letter on its disk.
    pub(crate) sync_interval: Duration,
}

/// Takes files in until the end of the run.
pub(crate) async fn run(
    bus: Bus,
    options: IngestOptions,
    provenance: Provenance,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    let places = Places::prepare(&options.inbox, &options.data_dir)?;
    let journal = match options.done {
        After::Keep => Some(Journal::open(&options.data_dir).context("open the ingest journal")?),
        After::Move | After::Delete => None,
    };
    let known = journal.as_ref().map(Journal::known).unwrap_or_default();
    let inbox = InboxOptions {
        root: places.root.clone(),
        ignore: Ignore::new(&options.ignore),
        settle: options.settle,
        rescan: options.rescan,
        watch: options.watch,
    };
    let hints = Hints::default();
    // Also when this future is dropped: the thread would never end, and with it the process.
    let _stop = StopOnDrop(hints.clone());
    let board = hints.clone();
    let (sender, jobs) = mpsc::channel(JOBS);
    tracing::info!(inbox = %places.root.display(), "ingest is ready");
    let table = spawn_blocking(move || look_after(inbox, known, &board, &sender));
    let seen = Seen::default();
    let mut desk = Desk::new(&bus, &options, provenance, places, journal, hints.clone(), &seen);
    tokio::select! {
        ended = desk.work(jobs, &shutdown) => ended,
        ended = follow(&bus, &seen) => ended,
        ended = failed(table, &shutdown) => ended,
    }
}

/// Waits for the thread that looks after the inbox to fail. In a drain it ends because nobody takes files any more,
/// while what is published is still being finished.
async fn failed(table: JoinHandle<anyhow::Result<()>>, shutdown: &Shutdown) -> anyhow::Result<()> {
    table.await.context("look after the inbox")??;
    if shutdown.draining().is_cancelled() {
        return pending().await;
    }
    bail!("look after the inbox: it ended by itself")
}

/// Ends the thread that looks after the inbox.
struct StopOnDrop(Hints);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Follows the streams that say what is safe. Ends only with an error, or when the bus is drained.
async fn follow(bus: &Bus, seen: &Seen) -> anyhow::Result<()> {
    let enriched =
        async { follow_enriched(bus, seen).await.context("follow the enriched records") };
    let dead = async { follow_dead(bus, seen).await.context("follow the dead letters") };
    tokio::try_join!(enriched, dead)?;
    Ok(())
}

/// Watches the inbox and hands its files out until it is asked to stop. Blocks the thread.
fn look_after(
    mut options: InboxOptions,
    known: Vec<(PathBuf, stamp::Stamp)>,
    hints: &Hints,
    jobs: &Sender<Job>,
) -> anyhow::Result<()> {
    let watcher = watch(&options.root, options.watch, hints)?;
    if watcher.is_none() && options.watch != WatchMode::Poll {
        options.watch = WatchMode::Poll;
        options.settle = options.settle.max(POLL_SETTLE);
    }
    Inbox::new(options, known).work(hints, jobs);
    Ok(())
}

#[cfg(test)]
mod tests;
