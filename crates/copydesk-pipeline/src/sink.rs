//! The sink: finished records become JSON Lines, each article once.
//!
//! One task reads `COPYDESK_ENRICHED` in order from the sequence behind its last commit; redelivery plays no part. After
//! each commit it says how far it is ([`SinkFloor`]), which lets ingest move the input files away.

mod commits;
mod disk;
mod ids;
mod segment;
mod start;
mod store;

use std::io;
use std::iter;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use copydesk_bus::{Bus, Delivered, NewDeadLetter, Outgoing, Reader, SinkFloor, StreamName};
use copydesk_stages::StageName;
use copydesk_types::digest;
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, sleep_until};

use self::ids::Head;
use self::start::{begin, still_follows};
use self::store::{Line, Roll, Store, StoreError};
use crate::article_key::article_key;
use crate::patience::patiently;
use crate::shutdown::{Shutdown, chain};
use crate::telemetry;

/// Most bytes of records in one commit.
const BATCH_BYTES: usize = 32 << 20;
/// How often the age of the file being written is looked at while nothing comes.
const LOOK: Duration = Duration::from_secs(1);
/// Pauses before a write that failed is tried again.
const RETRY: [u64; 4] = [1, 2, 5, 10];
/// How long the end of a run waits for the last records.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// Where and how the sink writes.
#[derive(Debug, Clone)]
pub(crate) struct SinkOptions {
    /// The output directory.
    pub(crate) output: PathBuf,
    /// Most records in one commit.
    pub(crate) batch: usize,
    /// Longest wait of a record for its commit.
    pub(crate) flush: Duration,
    /// Size at which a file is sealed.
    pub(crate) roll_bytes: u64,
    /// Age at which a file is sealed.
    pub(crate) roll_age: Duration,
}

struct Sink {
    bus: Bus,
    options: SinkOptions,
    /// `None` only while it is lent to a blocking thread.
    store: Option<Store>,
    reader: Reader,
    /// Restarts of the reader that were looked into.
    restarts: u64,
    /// What was read since the last commit, and when it has to be written.
    batch: Vec<Delivered>,
    due: Instant,
    /// Name of this output in [`SinkFloor`].
    output_id: String,
    stream_created: String,
    /// What was said last.
    floor: Option<u64>,
}

/// Writes the output until the end of the run; at a graceful end the file being written is sealed. When the disk
/// refuses a write, waits and begins again from the last commit.
pub(crate) async fn run(bus: Bus, options: SinkOptions, shutdown: Shutdown) -> anyhow::Result<()> {
    let mut sink = Sink::start(&bus, &options).await?;
    let mut failures = 0;
    loop {
        let Err(error) = sink.work(&shutdown).await else { return Ok(()) };
        // What was lent out may be half written: only a store that is opened anew knows what is there.
        drop(sink);
        if !error.is::<StoreError>() {
            return Err(error);
        }
        tracing::error!(error = chain(&error), "the output cannot be written; trying again");
        sink = loop {
            let seconds = RETRY.get(failures).or(RETRY.last()).copied().unwrap_or(1);
            failures += 1;
            sleep(Duration::from_secs(seconds)).await;
            match Sink::start(&bus, &options).await {
                Ok(sink) => break sink,
                Err(error) => tracing::warn!(error = chain(&error), "the output cannot be opened"),
            }
        };
    }
}

impl Sink {
    async fn start(bus: &Bus, options: &SinkOptions) -> anyhow::Result<Self> {
        let (root, roll) = (options.output.clone(), options.roll());
        let opened = spawn_blocking(move || Store::open(&root, roll)).await;
        let mut store = Some(opened.context("open the output")??);
        let stream_created = begin(bus, &mut store, &options.output).await?;
        let committed = store.as_ref().and_then(Store::last).map_or(0, |commit| commit.last_seq);
        let reader = patiently(|| bus.reader(StreamName::Enriched, committed + 1, false)).await?;
        let path = options.output.to_string_lossy().into_owned();
        tracing::info!(output = path, committed, "the sink is ready");
        Ok(Self {
            bus: bus.clone(),
            options: options.clone(),
            store,
            reader,
            restarts: 0,
            batch: Vec::new(),
            due: Instant::now(),
            floor: None,
            output_id: digest(&[path.as_bytes(), &now().to_le_bytes()]),
            stream_created,
        })
    }

    async fn work(&mut self, shutdown: &Shutdown) -> anyhow::Result<()> {
        let mut end: Option<u64> = None;
        loop {
            self.publish_floor().await?;
            let ended = tokio::select! {
                ended = self.fill(end) => ended?,
                () = shutdown.draining().cancelled(), if end.is_none() => {
                    // Up to here it is read to the end; what others still publish is for the next start.
                    let state = self.bus.stream_state(StreamName::Enriched).await;
                    end = Some(state.map_or(0, |state| state.last_seq));
                    continue;
                }
            };
            self.follow_again().await?;
            if !self.batch.is_empty() {
                self.write().await?;
            }
            if ended || self.store()?.is_old(now()) {
                self.on_store(Store::seal).await?;
            }
            if ended {
                return self.publish_floor().await;
            }
        }
    }

    fn store(&self) -> anyhow::Result<&Store> {
        self.store.as_ref().context("use the output: it was lent out and never came back")
    }

    fn committed(&self) -> u64 {
        self.store.as_ref().and_then(Store::last).map_or(0, |commit| commit.last_seq)
    }

    /// Reads until the batch is full or due, or nothing came for a while. With `end`, the sequence to stop at, says
    /// whether everything up to there was read. Cancellation safe.
    async fn fill(&mut self, end: Option<u64>) -> anyhow::Result<bool> {
        let wait = if end.is_some() { LAST_WAIT } else { LOOK };
        let mut bytes: usize = self.batch.iter().map(|message| message.payload.len()).sum();
        loop {
            let read = self.batch.last().map_or(self.committed(), |message| message.seq);
            if end.is_some_and(|end| read >= end) {
                return Ok(true);
            }
            if self.batch.len() >= self.options.batch || bytes >= BATCH_BYTES {
                return Ok(false);
            }
            let due = if self.batch.is_empty() { Instant::now() + wait } else { self.due };
            let message = tokio::select! {
                message = self.reader.next() => message?,
                () = sleep_until(due) => return Ok(end.is_some() && self.batch.is_empty()),
            };
            let Some(message) = message else { return Ok(true) };
            if self.batch.is_empty() {
                self.due = Instant::now() + self.options.flush;
            }
            bytes += message.payload.len();
            self.batch.push(message);
        }
    }

    /// After the reader had to be opened again: looks whether the stream is still the one of the last commit. A server
    /// that lost its newest messages gives their sequences to others, so that everything is read again; what is in the
    /// output already is known by its id.
    async fn follow_again(&mut self) -> anyhow::Result<()> {
        if self.reader.restarts() == self.restarts {
            return Ok(());
        }
        let Some(commit) = self.store()?.last().cloned() else { return Ok(()) };
        let follows = loop {
            match still_follows(&self.bus, &commit).await {
                Err(error) if error.is_transient() => sleep(LOOK).await,
                answer => break answer?,
            }
        };
        self.restarts = self.reader.restarts();
        if !follows {
            self.batch.clear();
            self.stream_created = begin(&self.bus, &mut self.store, &self.options.output).await?;
            let next = self.committed() + 1;
            self.reader = self.bus.reader(StreamName::Enriched, next, false).await?;
            self.restarts = 0;
        }
        Ok(())
    }

    async fn write(&mut self) -> anyhow::Result<()> {
        let messages = std::mem::take(&mut self.batch);
        let ready: Vec<u128> = messages.iter().filter_map(|m| m.headers.ready_unix_ns()).collect();
        let mut lines = Vec::with_capacity(messages.len());
        for message in messages {
            match line_of(&message) {
                Some(line) => lines.push(line),
                None => self.bury(message).await?,
            }
        }
        let started = Instant::now();
        let written = self.on_store(move |store| store.append(&lines)).await?;
        telemetry::sink_commit(started.elapsed(), self.committed(), written.bytes);
        for known in iter::repeat_n(false, written.lines).chain(iter::repeat_n(true, written.known))
        {
            telemetry::received(StageName::Sink);
            telemetry::published(StageName::Sink, known);
        }
        for at in ready {
            telemetry::e2e_latency(Duration::from_nanos(now().saturating_sub(nanos(at))));
        }
        Ok(())
    }

    /// What is no record can come only from a foreign publisher.
    async fn bury(&self, message: Delivered) -> anyhow::Result<()> {
        let stream = StreamName::Enriched;
        tracing::warn!(seq = message.seq, subject = message.subject, "not a record: a dead letter");
        let letter = NewDeadLetter {
            stage: "sink".into(),
            reason: "bad_record".into(),
            cause: format!("message {} of {stream} is not a record on one line", message.seq),
            id: format!("dead.{stream}.{}.sink", message.seq),
            headers: vec![("Copydesk-Original-Subject".into(), message.subject)],
            payload: message.payload,
        };
        telemetry::failed(StageName::Sink, "bad_record");
        patiently(|| self.bus.publish_dead(letter.clone())).await?;
        Ok(())
    }

    /// Says how far the output is.
    async fn publish_floor(&mut self) -> anyhow::Result<()> {
        let seq = self.committed();
        if self.floor == Some(seq) {
            return Ok(());
        }
        let floor = SinkFloor {
            stream_created: self.stream_created.clone(),
            output: self.output_id.clone(),
            seq,
        };
        match self.bus.publish(Outgoing::sink_floor(&floor)).await {
            Ok(_) => self.floor = Some(seq),
            // Said again with the next commit.
            Err(error) if error.is_transient() => tracing::debug!(%error, "the floor is not out"),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    async fn on_store<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Store) -> io::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        lend(&mut self.store, &self.options.output, work).await
    }
}

/// Lends the store to a blocking thread.
async fn lend<T: Send + 'static>(
    slot: &mut Option<Store>,
    output: &Path,
    work: impl FnOnce(&mut Store) -> io::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let mut store = slot.take().context("use the output: it was lent out and never came back")?;
    let (store, done) = spawn_blocking(move || {
        let done = work(&mut store);
        (store, done)
    })
    .await
    .context("write the output")?;
    *slot = Some(store);
    done.map_err(|source| StoreError::Io { path: output.into(), source }.into())
}

/// The line of a message; none when it is not a record on one line.
fn line_of(message: &Delivered) -> Option<Line> {
    let head: Head = serde_json::from_slice(&message.payload).ok()?;
    let key = article_key(&head.id).filter(|_| !message.payload.contains(&b'\n'))?;
    let time = nanos(message.time_unix_ns);
    Some(Line { seq: message.seq, time, key, json: message.payload.clone() })
}

fn nanos(unix_ns: u128) -> u64 {
    u64::try_from(unix_ns).unwrap_or(u64::MAX)
}

fn now() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or_default()
}

impl SinkOptions {
    fn roll(&self) -> Roll {
        Roll { bytes: self.roll_bytes, age: self.roll_age }
    }
}

#[cfg(test)]
mod tests;
