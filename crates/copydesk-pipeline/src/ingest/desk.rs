//! Publishing what is read, and finishing what is covered.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use copydesk_bus::{Bus, BusError, DUPLICATE_WINDOW, NewDeadLetter, Outgoing, Pending, Published};
use copydesk_stages::StageName;
use copydesk_types::Provenance;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::mpsc::{self, Receiver};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::IngestOptions;
use super::coverage::{Covering, Seen, Then};
use super::hints::{Hints, Report};
use super::inbox::Job;
use super::journal::{Journal, Row};
use super::places::{Failure, Places};
use super::read::{End, Message, Reading, read};
use crate::Shutdown;
use crate::config::After;
use crate::patience::patiently;
use crate::telemetry::{self, FileOutcome};

/// Files that are read at the same time; they are published in order.
const READERS: usize = 4;
/// Articles that are published and not covered before no more files are read.
const MAX_UNCOVERED: usize = 20_000;
/// How often it is asked how far the sink is.
const ASK: Duration = Duration::from_millis(200);
/// How long the end of a run waits for the sink.
const LAST_WAIT: Duration = Duration::from_secs(3);
/// A file that could not be moved is tried again after so long.
const MOVE_AGAIN: Duration = Duration::from_secs(30);
/// What is not covered for so long, and nothing else is for as long as `QUIET`, is published again: the server has
/// forgotten its ids by then.
const LOST: Duration = DUPLICATE_WINDOW.saturating_add(Duration::from_mins(10));
const QUIET: Duration = Duration::from_mins(10);

pub(super) struct Desk {
    bus: Bus,
    after: After,
    max_in_flight: usize,
    sync_interval: Duration,
    reading: Arc<Reading>,
    places: Places,
    journal: Option<Arc<Mutex<Journal>>>,
    hints: Hints,
    seen: Seen,
    /// Files that are being read, in the order of publishing.
    open: VecDeque<Open>,
    /// Files of which something is not published yet.
    files: BTreeMap<u64, Progress>,
    count: u64,
    acks: FuturesUnordered<BoxFuture<'static, Answer>>,
    covering: Vec<Covering>,
    uncovered: usize,
    covered_at: Instant,
    generation: u64,
}

/// What the server said to a message of a file.
type Answer = (u64, Outgoing, Result<Published, BusError>);

struct Open {
    id: u64,
    messages: Receiver<Vec<Message>>,
    end: JoinHandle<End>,
}

struct Progress {
    job: Job,
    articles: Vec<u128>,
    /// Messages without an answer.
    unanswered: usize,
    dead: Option<Instant>,
    end: Option<End>,
}

/// The next of the file at the front.
enum Next {
    Messages(u64, Vec<Message>),
    End(u64, End),
}

impl Desk {
    pub(super) fn new(
        bus: &Bus,
        options: &IngestOptions,
        provenance: Provenance,
        places: Places,
        journal: Option<Journal>,
        hints: Hints,
        seen: &Seen,
    ) -> Self {
        let reading =
            Reading { root: places.root.clone(), limits: options.limits.clone(), provenance };
        Self {
            bus: bus.clone(),
            after: options.done,
            max_in_flight: options.max_in_flight.max(1),
            sync_interval: options.sync_interval,
            reading: Arc::new(reading),
            places,
            journal: journal.map(|journal| Arc::new(Mutex::new(journal))),
            hints,
            seen: seen.clone(),
            open: VecDeque::new(),
            files: BTreeMap::new(),
            count: 0,
            acks: FuturesUnordered::new(),
            covering: Vec::new(),
            uncovered: 0,
            covered_at: Instant::now(),
            generation: bus.reconnects(),
        }
    }

    /// Publishes the files that come until the drain, and finishes those that are covered.
    pub(super) async fn work(
        &mut self,
        mut jobs: Receiver<Job>,
        shutdown: &Shutdown,
    ) -> anyhow::Result<()> {
        let mut ask = interval(ASK);
        ask.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut draining = false;
        while !(draining && self.open.is_empty() && self.acks.is_empty()) {
            let may_publish = !self.open.is_empty() && self.acks.len() < self.max_in_flight;
            let may_read = !draining && self.open.len() < READERS && self.uncovered < MAX_UNCOVERED;
            tokio::select! {
                biased;
                _ = ask.tick() => self.cover().await?,
                Some(answer) = self.acks.next(), if !self.acks.is_empty() => {
                    self.answered(answer).await?;
                }
                next = next_of(&mut self.open), if may_publish => match next {
                    Next::Messages(id, messages) => self.publish(id, messages).await?,
                    Next::End(id, end) => {
                        self.open.pop_front();
                        self.ended(id, end);
                    }
                },
                job = jobs.recv(), if may_read => match job {
                    Some(job) => self.start(job),
                    None => draining = true,
                },
                () = shutdown.draining().cancelled(), if !draining => draining = true,
            }
        }
        drop(jobs);
        let until = Instant::now() + LAST_WAIT;
        while !self.covering.is_empty() && Instant::now() < until {
            self.cover().await?;
            sleep(ASK / 2).await;
        }
        Ok(())
    }

    fn start(&mut self, job: Job) {
        self.count += 1;
        let id = self.count;
        let (sender, messages) = mpsc::channel(2);
        let (reading, file) = (Arc::clone(&self.reading), job.clone());
        let known = self.known_hash(&job.path);
        let end = spawn_blocking(move || {
            read(&reading, &file, known.as_deref(), |batch| sender.blocking_send(batch).is_ok())
        });
        self.open.push_back(Open { id, messages, end });
        let progress = Progress { job, articles: Vec::new(), unanswered: 0, dead: None, end: None };
        self.files.insert(id, progress);
    }

    fn known_hash(&self, path: &Path) -> Option<String> {
        let journal = self.journal.as_ref()?;
        let journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
        journal.sha256(path).map(ToOwned::to_owned)
    }

    async fn publish(&mut self, id: u64, messages: Vec<Message>) -> anyhow::Result<()> {
        for message in messages {
            match message {
                Message::Record { key, out } => {
                    telemetry::received(StageName::Ingest);
                    while self.acks.len() >= self.max_in_flight {
                        if let Some(answer) = self.acks.next().await {
                            self.answered(answer).await?;
                        }
                    }
                    let pending = patiently(|| self.bus.publish_start((*out).clone())).await?;
                    self.acks.push(Box::pin(stored(self.bus.clone(), id, *out, pending)));
                    self.uncovered += 1;
                    if let Some(file) = self.files.get_mut(&id) {
                        file.articles.push(key);
                        file.unanswered += 1;
                    }
                }
                Message::Dead(letter) => self.bury(id, *letter).await?,
            }
        }
        Ok(())
    }

    async fn bury(&mut self, id: u64, letter: NewDeadLetter) -> anyhow::Result<()> {
        telemetry::failed(StageName::Ingest, &letter.reason);
        patiently(|| self.bus.publish_dead(letter.clone())).await?;
        if let Some(file) = self.files.get_mut(&id) {
            file.dead = Some(Instant::now());
        }
        Ok(())
    }

    async fn answered(&mut self, answer: Answer) -> anyhow::Result<()> {
        let (id, out, answer) = answer;
        match answer {
            Ok(published) => telemetry::published(StageName::Ingest, published.duplicate),
            Err(error @ BusError::TooLarge { .. }) => {
                let letter = NewDeadLetter {
                    stage: StageName::Ingest.as_str().into(),
                    reason: "too_large".into(),
                    cause: format!("failed to {error}"),
                    id: format!("dead.{}", out.id),
                    headers: out.headers,
                    payload: out.payload,
                };
                self.bury(id, letter).await?;
            }
            Err(error) => return Err(error.into()),
        }
        if let Some(file) = self.files.get_mut(&id) {
            file.unanswered -= 1;
        }
        self.complete(id);
        Ok(())
    }

    fn ended(&mut self, id: u64, end: End) {
        if let Some(file) = self.files.get_mut(&id) {
            file.end = Some(end);
        }
        self.complete(id);
    }

    /// Goes on with a file that is read to its end and published.
    fn complete(&mut self, id: u64) {
        let is_done = |file: &Progress| file.unanswered == 0 && file.end.is_some();
        if !self.files.get(&id).is_some_and(is_done) {
            return;
        }
        let Some(Progress { job, articles, dead, end: Some(end), .. }) = self.files.remove(&id)
        else {
            return;
        };
        let Job { path, stamp, .. } = job;
        let then = match end {
            End::Whole { .. } if articles.is_empty() && dead.is_none() => {
                let message = "there is no article in it".into();
                Then::Quarantine(Failure { reason: "empty", message, offset: None })
            }
            End::Whole { sha256 } => {
                telemetry::file_seen(FileOutcome::Published);
                Then::Finish { sha256 }
            }
            End::Known { sha256 } => {
                telemetry::file_seen(FileOutcome::Known);
                Then::Finish { sha256 }
            }
            End::Failed(failure) => Then::Quarantine(failure),
            End::Unfinished => {
                telemetry::file_seen(FileOutcome::Waiting);
                self.uncovered -= articles.len();
                return self.hints.report(Report::Unfinished { path });
            }
            End::Gone => {
                self.uncovered -= articles.len();
                return self.hints.report(Report::Released { path, stamp });
            }
        };
        self.hints.report(Report::Published { path: path.clone(), stamp });
        self.covering.push(Covering { path, stamp, articles, dead, since: Instant::now(), then });
    }

    /// Finishes the files that are safe.
    async fn cover(&mut self) -> anyhow::Result<()> {
        if self.covering.is_empty() {
            self.covered_at = Instant::now();
            return Ok(());
        }
        let floor = match self.bus.sink_floor().await {
            Ok(floor) => floor,
            Err(error) if error.is_transient() => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let generation = self.bus.reconnects();
        if generation != self.generation {
            // What the server had said yes to may be lost with it: published again, it is known or new.
            self.generation = generation;
            self.release(|_| true);
            return Ok(());
        }
        if !self.seen.is_of(generation) {
            return Ok(());
        }
        let is_covered = |file: &mut Covering| self.seen.covers(file, floor, self.sync_interval);
        let covered: Vec<Covering> = self.covering.extract_if(.., is_covered).collect();
        if covered.is_empty() {
            if self.covered_at.elapsed() > QUIET {
                self.release(|file| file.since.elapsed() > LOST);
            }
            return Ok(());
        }
        self.covered_at = Instant::now();
        let (places, after, journal) = (self.places.clone(), self.after, self.journal.clone());
        let done = spawn_blocking(move || {
            let finish = |file: Covering| {
                let done = finish(&places, after, journal.as_deref(), &file);
                (file, done)
            };
            covered.into_iter().map(finish).collect::<Vec<_>>()
        });
        for (file, done) in done.await? {
            self.finished(file, done);
        }
        Ok(())
    }

    fn finished(&mut self, file: Covering, done: io::Result<()>) {
        self.uncovered -= file.articles.len();
        let Covering { path, stamp, then, .. } = file;
        if let Err(error) = done {
            tracing::warn!(path = %path.display(), %error, "a file of the inbox could not be put away; trying again later");
            // Nothing is to wait for any more but the file system.
            let dead = None;
            let since = Instant::now() + MOVE_AGAIN;
            self.covering.push(Covering { path, stamp, articles: Vec::new(), dead, since, then });
            return;
        }
        match then {
            Then::Quarantine(failure) => {
                tracing::warn!(
                    path = %path.display(),
                    reason = failure.reason,
                    message = failure.message,
                    "a file went to quarantine"
                );
                telemetry::file_seen(FileOutcome::Quarantined);
                self.hints.report(Report::Released { path, stamp });
            }
            Then::Finish { .. } => {
                telemetry::file_seen(FileOutcome::Finished);
                self.hints.report(if self.after == After::Keep {
                    Report::Kept { path, stamp }
                } else {
                    Report::Released { path, stamp }
                });
            }
        }
    }

    /// Gives files back to the inbox, to be read and published again.
    fn release(&mut self, which: impl Fn(&Covering) -> bool) {
        for file in self.covering.extract_if(.., |file| which(file)) {
            self.uncovered -= file.articles.len();
            self.hints.report(Report::Released { path: file.path, stamp: file.stamp });
        }
    }
}

/// Puts a covered file where it belongs.
fn finish(
    places: &Places,
    after: After,
    journal: Option<&Mutex<Journal>>,
    file: &Covering,
) -> io::Result<()> {
    let Covering { path, stamp, then, .. } = file;
    match (then, after, journal) {
        (Then::Quarantine(failure), _, _) => places.quarantine(path, *stamp, failure).map(drop),
        (Then::Finish { .. }, After::Delete, _) => Places::remove(path, *stamp),
        (Then::Finish { sha256 }, After::Keep, Some(journal)) => {
            let row = Row { path: path.clone(), stamp: *stamp, sha256: sha256.clone() };
            journal.lock().unwrap_or_else(PoisonError::into_inner).add(row)
        }
        (Then::Finish { sha256 }, After::Move | After::Keep, _) => {
            let tag = sha256.get(..16).unwrap_or(sha256);
            places.finish(path, *stamp, tag).map(drop)
        }
    }
}

/// Cancellation safe. There must be a file.
async fn next_of(open: &mut VecDeque<Open>) -> Next {
    let Some(front) = open.front_mut() else { return std::future::pending().await };
    if let Some(messages) = front.messages.recv().await {
        return Next::Messages(front.id, messages);
    }
    let end = match (&mut front.end).await {
        Ok(end) => end,
        Err(panic) => {
            let message = format!("reading it ended in a bug: {panic}");
            End::Failed(Failure { reason: "panic", message, offset: None })
        }
    };
    Next::End(front.id, end)
}

/// Waits until a message is stored, however long the server is away or the stream is full.
async fn stored(bus: Bus, id: u64, out: Outgoing, pending: Pending) -> Answer {
    let answer = match pending.acked().await {
        Err(error) if error.is_transient() => patiently(|| bus.publish(out.clone())).await,
        answer => answer,
    };
    (id, out, answer)
}
