//! A message lent to a worker, to be settled once.

use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::{self, AckKind, message::Acker};
use bytes::Bytes;

use crate::headers::Headers;
use crate::{Bus, BusError, NewDeadLetter, StreamName};

/// How long the server waits before it delivers again what a worker gave back, by the number of the attempt.
pub const RETRY_DELAYS: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(5),
    Duration::from_secs(30),
    Duration::from_mins(2),
];
/// Pause while a dead letter cannot be stored.
const REJECT_PAUSE: Duration = Duration::from_secs(1);

/// What all deliveries of a consumer share.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) stream: StreamName,
    pub(crate) ack_wait: Duration,
    pub(crate) max_deliver: u64,
    pub(crate) retry_delays: Vec<Duration>,
}

/// A message lent to a worker. One of [`done`](Self::done), [`retry`](Self::retry) and [`reject`](Self::reject)
/// settles it and consumes it; dropped without, it is delivered again when the consumer's `ack_wait` is over.
#[must_use = "settle it: done, retry or reject"]
#[derive(Debug)]
pub struct Delivery {
    message: jetstream::Message,
    headers: Headers,
    seq: u64,
    attempt: u64,
    time_unix_ns: u128,
    terms: Arc<Terms>,
}

impl Delivery {
    /// `None` for a message that no consumer delivered.
    pub(crate) fn new(message: jetstream::Message, terms: Arc<Terms>) -> Option<Self> {
        let info = message.info().ok()?;
        let (seq, time) = (info.stream_sequence, info.published.unix_timestamp_nanos());
        let attempt = u64::try_from(info.delivered).unwrap_or(1).max(1);
        let headers = Headers::read(message.headers.as_ref());
        let time_unix_ns = crate::reader::nanos(time);
        Some(Self { message, headers, seq, attempt, time_unix_ns, terms })
    }

    /// The body.
    pub fn payload(&self) -> &Bytes {
        &self.message.payload
    }

    /// The headers.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The subject.
    pub fn subject(&self) -> &str {
        self.message.subject.as_str()
    }

    /// The stream that it stands in.
    pub fn stream(&self) -> StreamName {
        self.terms.stream
    }

    /// Its sequence in the stream.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// 1 for the first delivery, one more for each further one.
    pub fn attempt(&self) -> u64 {
        self.attempt
    }

    /// When the server stored it.
    pub fn time_unix_ns(&self) -> u128 {
        self.time_unix_ns
    }

    /// When the input became complete, as its first writer said.
    pub fn ready_unix_ns(&self) -> Option<u128> {
        self.headers.ready_unix_ns()
    }

    /// Whether this is the last delivery. Ask before the work starts: what brings down a worker each time must
    /// become a dead letter without another try.
    pub fn exhausted(&self) -> bool {
        self.attempt >= self.terms.max_deliver
    }

    /// The work is done and its result stored.
    pub async fn done(self) -> Result<(), BusError> {
        self.settle(AckKind::Ack).await
    }

    /// Not now: deliver it again after the delay for this attempt. Never at once, which would burn all attempts in
    /// milliseconds.
    pub async fn retry(self) -> Result<(), BusError> {
        let delays = &self.terms.retry_delays;
        let step = usize::try_from(self.attempt - 1).unwrap_or(usize::MAX);
        let delay = delays.get(step).or(delays.last()).copied().unwrap_or(RETRY_DELAYS[0]);
        self.settle(AckKind::Nak(Some(delay))).await
    }

    /// Not ever: stores it as a dead letter, and only then gives it up. `reason` is a `snake_case` token, `cause` is
    /// for people. While the dead letters cannot be stored it waits, for giving up then would lose the message.
    pub async fn reject(
        self,
        bus: &Bus,
        stage: &str,
        reason: &str,
        cause: &str,
    ) -> Result<(), BusError> {
        let letter = NewDeadLetter::of_delivery(&self, stage, reason, cause);
        let progress = self.progress();
        loop {
            match bus.publish_dead(letter.clone()).await {
                Ok(_) => return self.settle(AckKind::Term).await,
                Err(error) if error.is_transient() => {
                    tracing::warn!(stage, seq = self.seq, %error, "waiting to store a dead letter");
                    progress.send().await?;
                    tokio::time::sleep(REJECT_PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// A handle that keeps the server waiting while the work goes on.
    pub fn progress(&self) -> ProgressHandle {
        let acker = Acker::new(self.message.context.clone(), self.message.reply.clone());
        ProgressHandle { acker, interval: self.terms.ack_wait / 3 }
    }

    async fn settle(self, kind: AckKind) -> Result<(), BusError> {
        let sent = self.message.ack_with(kind).await;
        sent.map_err(|source| self.unavailable(source))
    }

    fn unavailable(&self, source: crate::Cause) -> BusError {
        BusError::Unavailable { what: format!("settle {} of {}", self.seq, self.stream()), source }
    }
}

/// Keeps the server waiting for a delivery.
pub struct ProgressHandle {
    acker: Acker,
    interval: Duration,
}

impl ProgressHandle {
    /// Starts the server's wait anew.
    pub async fn send(&self) -> Result<(), BusError> {
        let what = || "report progress".to_owned();
        let sent = self.acker.ack_with(AckKind::Progress).await;
        sent.map_err(|source| BusError::Unavailable { what: what(), source })
    }

    /// How often to send: a third of the server's wait.
    pub fn interval(&self) -> Duration {
        self.interval
    }

    /// Sends at every interval and never returns; for a `select!` beside the work. Cancellation safe.
    pub async fn keep_alive(&self) -> std::convert::Infallible {
        loop {
            tokio::time::sleep(self.interval).await;
            if let Err(error) = self.send().await {
                // The work goes on: at worst it is delivered again, and its result has the same id.
                tracing::debug!(%error, "progress not sent");
            }
        }
    }
}

impl std::fmt::Debug for ProgressHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProgressHandle").field("interval", &self.interval).finish_non_exhaustive()
    }
}
