//! The loop around a stage: take deliveries, lend their records to the stage, store what it made, then settle.
//!
//! - A delivery is settled only when everything that came of it is stored (invariant 2).
//! - The delivery count is looked at before the stage runs: at the limit the record is a dead letter (invariant 3).
//! - A panic of the stage ends the process (invariant 4). What was delivered already is still worked off by a new stage,
//!   so that the article that did it does not use up the attempts of its neighbours.
//! - What the workers of a stage make is stored in the order of the input (see [`line`]).
//! - A stage with state has one owner, which writes each decision to the log before the record (invariants 5 and 6).

mod line;
mod mirror;
mod order;
mod point;
mod settle;
mod state;
mod step;
mod store;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use copydesk_bus::{Bus, BusError, Consumer, ConsumerSpec, Delivery, Outgoing, StreamName};
use copydesk_stages::{Stage, StageName};
use futures_util::FutureExt as _;

use crate::shutdown::{Panicked, Shutdown};
use crate::telemetry;
pub(crate) use line::Line;
use line::Ticket;
use mirror::Mirror;
use point::Point;
use settle::Settler;
use state::Log;
pub(crate) use state::write_atomically;
use step::{Input, Outcome};

/// How long the server waits for a settlement or for progress before it delivers again. Short, because after a kill the
/// articles that were out come back only then; progress is sent three times in it.
const ACK_WAIT: Duration = Duration::from_secs(20);
/// Deliveries that an owner of state takes at once.
const OWNER_BATCH: usize = 200;
/// An owner that had nothing to do for so long may have been replaced meanwhile, and reads the log before it goes on.
const STALE_AFTER: Duration = Duration::from_secs(10);

/// Makes a stage: at the start, and anew after a panic or when its state is not to be trusted.
pub(crate) type MakeStage = Arc<dyn Fn() -> Box<dyn Stage> + Send + Sync>;

/// What a stage is to the streams.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) stage: StageName,
    /// Version of its rules, part of the message ids.
    pub(crate) version: u32,
    pub(crate) input: StreamName,
    pub(crate) next: StreamName,
    /// Whether it has state, and so one owner and a log.
    pub(crate) owner: bool,
    /// Whether claims are published one by one.
    pub(crate) claims: bool,
}

impl Rules {
    /// Where `stage` reads and writes. `None` for ingest and sink, which are no stages behind a worker.
    pub(crate) fn of(stage: StageName, claims: bool) -> Option<Self> {
        let (input, next, owner) = match stage {
            StageName::Dedup => (StreamName::Raw, StreamName::Unique, true),
            StageName::Extract => (StreamName::Unique, StreamName::Extracted, false),
            StageName::Relate => (StreamName::Extracted, StreamName::Enriched, true),
            StageName::Ingest | StageName::Sink => return None,
        };
        Some(Self { stage, version: 1, input, next, owner, claims })
    }

    /// The consumer that `workers` workers share.
    pub(crate) fn consumer(&self, workers: usize, batch: usize) -> ConsumerSpec {
        let (workers, batch) = if self.owner { (1, OWNER_BATCH) } else { (workers, batch) };
        let mut spec = ConsumerSpec::new(self.input, self.stage.as_str(), workers, batch);
        spec.ack_wait = ACK_WAIT;
        spec.pinned = self.owner;
        spec
    }
}

/// A worker.
pub(crate) struct Worker {
    settler: Settler,
    rules: Arc<Rules>,
    spec: ConsumerSpec,
    make: MakeStage,
    /// Of an owner of state.
    log: Option<Log>,
    /// Of the one that knows entities.
    mirror: Option<Mirror>,
    /// `None` while it is lent, and after a panic.
    stage: Option<Box<dyn Stage>>,
    last_batch: Instant,
    /// How often the consumer had been opened again when the last batch came; `None` before the first.
    restarts: Option<u64>,
}

impl Worker {
    /// Gets everything ready, the state of an owner included.
    pub(crate) async fn new(
        bus: Bus,
        rules: Rules,
        spec: ConsumerSpec,
        make: MakeStage,
        data_dir: PathBuf,
        shutdown: Shutdown,
    ) -> anyhow::Result<Self> {
        let log = if rules.owner {
            Some(Log::open(&bus, rules.stage.as_str(), rules.version, &data_dir).await?)
        } else {
            None
        };
        let mirror =
            if rules.stage == StageName::Relate { Some(Mirror::open(&bus).await?) } else { None };
        let settler = Settler { bus, stage: rules.stage, shutdown };
        let rules = Arc::new(rules);
        let last_batch = Instant::now();
        let mut worker = Self {
            settler,
            rules,
            spec,
            make,
            log,
            mirror,
            stage: None,
            last_batch,
            restarts: None,
        };
        worker.renew().await?;
        worker.keep(false).await?;
        Ok(worker)
    }

    /// Works until the drain. Not cancellation safe: what it held is delivered again.
    pub(crate) async fn run(mut self, line: Arc<Line>) -> anyhow::Result<()> {
        let stage = self.rules.stage;
        loop {
            // Who waits for the queue waits for somebody who hears of the drain.
            let mut queue = line.queue.lock().await;
            let Some(batch) = self.take(&mut queue.consumer).await? else { break };
            let batch = self.in_order(&mut queue.consumer, batch).await?;
            let ticket = line.ticket(&mut queue);
            drop(queue);
            let held = batch.len() as f64;
            telemetry::inflight(stage, held);
            let worked = self.work_off(batch, &ticket).await;
            telemetry::inflight(stage, -held);
            worked.with_context(|| format!("go on with {stage}"))?;
        }
        self.keep(true).await
    }

    /// Brings the state to where it is read, and to the disk once in a while or at the `end`. A snapshot has no change that
    /// the mirror lacks, so that after a kill the log brings those again.
    async fn keep(&mut self, end: bool) -> anyhow::Result<()> {
        let Some(stage) = &mut self.stage else { return Ok(()) };
        if let Some(mirror) = &mut self.mirror
            && !mirror.follow(stage.as_mut()).await
        {
            return Ok(());
        }
        if let Some(log) = &mut self.log
            && let Some(stage) = self.stage.take()
        {
            self.stage = Some(log.snapshot(stage, end).await?);
        }
        Ok(())
    }

    /// The next deliveries: waits for one and takes what else is there. While draining what has come already.
    async fn take(&mut self, consumer: &mut Consumer) -> Result<Option<Vec<Delivery>>, BusError> {
        let first = tokio::select! {
            biased;
            () = self.settler.shutdown.draining().cancelled() => {
                consumer.stop().await;
                consumer.next().await?
            }
            first = consumer.next() => first?,
        };
        let Some(first) = first else { return Ok(None) };
        let mut batch = vec![first];
        while batch.len() < self.spec.batch {
            match consumer.next().now_or_never() {
                Some(Ok(Some(delivery))) => batch.push(delivery),
                Some(Err(error)) => return Err(error),
                Some(Ok(None)) | None => break,
            }
        }
        Ok(Some(batch))
    }

    /// Works off a batch to its end, through a panic of the stage, and keeps the server waiting meanwhile.
    async fn work_off(&mut self, batch: Vec<Delivery>, ticket: &Ticket) -> anyhow::Result<()> {
        let alive: Vec<_> = batch.iter().map(Delivery::progress).collect();
        let interval = self.spec.ack_wait / 3;
        let keep_alive = async {
            loop {
                tokio::time::sleep(interval).await;
                for delivery in &alive {
                    // At worst it is delivered again, and its result has the same id.
                    delivery.send().await.ok();
                }
            }
        };
        tokio::select! {
            worked = self.work(batch, ticket) => worked,
            () = keep_alive => Ok(()),
        }
    }

    async fn work(&mut self, batch: Vec<Delivery>, ticket: &Ticket) -> anyhow::Result<()> {
        let mut todo = self.settler.admit(batch).await?;
        let mut rebuilt = false;
        while !todo.is_empty() {
            let (outcomes, panic) = self.lend(&todo).await?;
            point::reach(self.rules.stage, Point::Computed).await;
            let behind = todo.split_off(outcomes.len());
            let worked: Vec<_> = todo.into_iter().zip(outcomes).collect();
            todo = behind;
            if let Some(panic) = panic {
                self.settler.blame(todo.remove(0), panic).await;
                self.renew().await?;
            }
            ticket.turn().await;
            if let Some(again) = self.store_decisions(worked, !rebuilt).await? {
                rebuilt = true;
                todo.splice(0..0, again);
            }
        }
        self.last_batch = Instant::now();
        self.keep(false).await
    }

    /// Lends the stage to the blocking pool. After a panic it is gone.
    async fn lend(
        &mut self,
        todo: &[Delivery],
    ) -> anyhow::Result<(Vec<Outcome>, Option<Panicked>)> {
        if self.stage.is_none() {
            self.renew().await?;
        }
        let mut stage = self.stage.take().context("make the stage")?;
        let rules = Arc::clone(&self.rules);
        let inputs: Vec<Input> = todo.iter().map(input).collect();
        let lent = tokio::task::spawn_blocking(move || {
            let worked = step::run_batch(stage.as_mut(), &rules, &inputs);
            (stage, worked)
        });
        let (stage, (outcomes, panic)) = lent.await.context("get the stage back")?;
        if panic.is_none() {
            self.stage = Some(stage);
        }
        Ok((outcomes, panic))
    }

    /// A new stage; that of an owner learns the log.
    async fn renew(&mut self) -> anyhow::Result<()> {
        let mut stage = (self.make)();
        if let Some(log) = &mut self.log {
            telemetry::rebuilt(self.rules.stage);
            log.rebuild(stage.as_mut()).await?;
        }
        self.stage = Some(stage);
        Ok(())
    }

    /// Decisions first, then the records. Gives back the deliveries when the log knew a decision that the state did not:
    /// then another owner was at work, and the state is built anew.
    async fn store_decisions(
        &mut self,
        worked: Vec<(Delivery, Outcome)>,
        may_rebuild: bool,
    ) -> anyhow::Result<Option<Vec<Delivery>>> {
        let decisions: Vec<Outgoing> = worked
            .iter()
            .filter_map(|(_, outcome)| match outcome {
                Outcome::Done(produced) => produced.decision.clone(),
                Outcome::Retry(_) | Outcome::Reject(..) => None,
            })
            .collect();
        let mut foreign = false;
        for answer in store::store_all(&self.settler.bus, decisions).await {
            let published = answer.context("store a decision")?;
            foreign |= published.duplicate;
            if let Some(log) = &mut self.log {
                log.stored(published.seq);
            }
        }
        if foreign && may_rebuild {
            tracing::warn!(stage = %self.rules.stage, "another owner has decided meanwhile");
            self.renew().await?;
            return Ok(Some(worked.into_iter().map(|(delivery, _)| delivery).collect()));
        }
        point::reach(self.rules.stage, Point::Logged).await;
        self.settler.store_records(worked).await?;
        point::reach(self.rules.stage, Point::Settled).await;
        Ok(None)
    }
}

fn input(delivery: &Delivery) -> Input {
    let stored_unix_ns = delivery.time_unix_ns();
    Input {
        payload: delivery.payload().clone(),
        ready_unix_ns: delivery.ready_unix_ns().unwrap_or(stored_unix_ns),
        stored_unix_ns,
    }
}
