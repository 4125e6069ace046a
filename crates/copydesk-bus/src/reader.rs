//! Reading without settling: a whole stream in order, or what passes by on a subject.

use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use async_nats::jetstream::{self, stream::ConsumerErrorKind};
use bytes::Bytes;
use futures_util::StreamExt;

use crate::headers::Headers;
use crate::subjects::decision_subject;
use crate::{Bus, BusError, StreamName};

/// Messages asked for at once.
const BATCH: usize = 256;
/// How often the server says that it is there.
const HEARTBEAT: Duration = Duration::from_secs(2);
/// How long one pull request stands.
const EXPIRES: Duration = Duration::from_secs(15);
/// The server forgets the consumer behind a reader that took nothing for so long; the reader then makes another.
const FORGOTTEN_AFTER: Duration = Duration::from_mins(1);
/// Pause after an attempt to open that failed.
pub(crate) const REOPEN_PAUSE: Duration = Duration::from_millis(100);

/// A stored message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// Its sequence in the stream.
    pub seq: u64,
    /// Its subject.
    pub subject: String,
    /// Its headers.
    pub headers: Headers,
    /// Its body; empty for a reader of headers only.
    pub payload: Bytes,
    /// When the server stored it.
    pub time_unix_ns: u128,
    /// How many messages stood behind it when it was read: at 0 the reader has caught up.
    pub pending: u64,
}

/// Reads a stream in order from a sequence on, through reconnects and restarts of the server.
pub struct Reader {
    bus: Bus,
    stream: StreamName,
    filters: Vec<String>,
    headers_only: bool,
    next_seq: u64,
    open: Option<Open>,
    restarts: u64,
}

struct Open {
    messages: pull::Stream,
    name: String,
    pending: u64,
    /// Number of the last message within this consumer: a step over one means that some were lost on the way.
    count: u64,
    /// The connection that it was opened on.
    generation: u64,
}

#[expect(clippy::large_enum_variant, reason = "one at a time, on the stack")]
enum Step {
    Item(Option<Result<jetstream::Message, pull::MessagesError>>),
    Reconnected,
    Quiet,
}

impl Bus {
    /// Reads `stream` from `from_seq` on, in order and without settling.
    pub async fn reader(
        &self,
        stream: StreamName,
        from_seq: u64,
        headers_only: bool,
    ) -> Result<Reader, BusError> {
        self.reader_of(stream, Vec::new(), from_seq, headers_only).await
    }

    /// Reads what `stage` decided, from a sequence of the decisions log on.
    pub async fn decisions(&self, stage: &str, from_seq: u64) -> Result<Reader, BusError> {
        let subjects = vec![decision_subject(stage)];
        self.reader_of(StreamName::Decisions, subjects, from_seq, false).await
    }

    pub(crate) async fn reader_of(
        &self,
        stream: StreamName,
        filters: Vec<String>,
        from_seq: u64,
        headers_only: bool,
    ) -> Result<Reader, BusError> {
        let next_seq = from_seq.max(1);
        let bus = self.clone();
        let mut reader =
            Reader { bus, stream, filters, headers_only, next_seq, open: None, restarts: 0 };
        reader.open = Some(reader.try_open().await?);
        Ok(reader)
    }

    /// Listens to a subject, wildcards allowed, from now on. What nobody takes in time is dropped and counted in
    /// [`Bus::slow_consumers`].
    pub async fn subscribe(&self, subject: &str) -> Result<Subscription, BusError> {
        let subscriber = self.inner.client.subscribe(subject.to_owned()).await;
        let what = || format!("listen to {subject}");
        let failed =
            |e: async_nats::SubscribeError| BusError::Request { what: what(), source: e.into() };
        Ok(Subscription { subscriber: subscriber.map_err(failed)? })
    }
}

impl Reader {
    /// The next message; waits until there is one. `None` after [`Bus::drain`]. Cancellation safe.
    pub async fn next(&mut self) -> Result<Option<Delivered>, BusError> {
        loop {
            if self.bus.inner.link.is_closed() {
                return Ok(None);
            }
            let Some(open) = self.open.as_mut() else {
                match self.try_open().await {
                    Ok(open) => self.open = Some(open),
                    Err(error) if error.is_transient() => tokio::time::sleep(REOPEN_PAUSE).await,
                    Err(error) => return Err(error),
                }
                continue;
            };
            let step = tokio::select! {
                // What has arrived comes before the news that the connection it came on is gone.
                biased;
                item = open.messages.next() => Step::Item(item),
                () = self.bus.inner.link.renewed(open.generation) => Step::Reconnected,
                () = tokio::time::sleep(HEARTBEAT * 3) => Step::Quiet,
            };
            match step {
                Step::Item(Some(Ok(message))) => {
                    if let Some(delivered) = self.take(&message) {
                        return Ok(Some(delivered));
                    }
                }
                Step::Item(Some(Err(error))) => self.lose(&error.to_string()),
                Step::Item(None) => self.lose("the pull ended"),
                Step::Reconnected => self.lose("the connection was lost"),
                Step::Quiet => self.check().await?,
            }
        }
    }

    /// How many messages were there to read when the reader was opened last.
    pub fn pending_at_open(&self) -> u64 {
        self.open.as_ref().map_or(0, |open| open.pending)
    }

    /// How often it had to be opened again.
    pub fn restarts(&self) -> u64 {
        self.restarts
    }

    fn take(&mut self, message: &jetstream::Message) -> Option<Delivered> {
        let open = self.open.as_mut()?;
        let Ok(info) = message.info() else {
            self.lose("a message without a sequence");
            return None;
        };
        if info.consumer_sequence != open.count + 1 || info.stream_sequence < self.next_seq {
            self.lose("a message is missing");
            return None;
        }
        open.count = info.consumer_sequence;
        self.next_seq = info.stream_sequence + 1;
        Some(Delivered {
            seq: info.stream_sequence,
            subject: message.subject.to_string(),
            headers: Headers::read(message.headers.as_ref()),
            payload: message.payload.clone(),
            time_unix_ns: nanos(info.published.unix_timestamp_nanos()),
            pending: info.pending,
        })
    }

    fn lose(&mut self, why: &str) {
        tracing::debug!(stream = %self.stream, next = self.next_seq, why, "opening the reader again");
        self.open = None;
        self.restarts += 1;
    }

    /// Nothing came for a while: either there is nothing, or the pull is dead.
    async fn check(&mut self) -> Result<(), BusError> {
        let Some(open) = &self.open else { return Ok(()) };
        match self.bus.consumer_info(self.stream, &open.name).await {
            Ok(info) if info.num_pending > 0 => self.lose("messages are waiting and none comes"),
            Ok(_) => {}
            Err(BusError::NotFound { .. }) => self.lose("the server forgot the consumer"),
            Err(error) if error.is_transient() => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn try_open(&self) -> Result<Open, BusError> {
        let generation = self.bus.inner.link.generation();
        let config = pull::Config {
            deliver_policy: DeliverPolicy::ByStartSequence { start_sequence: self.next_seq },
            ack_policy: AckPolicy::None,
            filter_subjects: self.filters.clone(),
            headers_only: self.headers_only,
            inactive_threshold: FORGOTTEN_AFTER,
            memory_storage: true,
            num_replicas: 1,
            ..pull::Config::default()
        };
        let what = format!("read {}", self.stream);
        let created = self.bus.inner.js.create_consumer_on_stream(config, self.stream.as_str());
        let consumer = created.await.map_err(|e| consumer_error(&what, e))?;
        let messages = consumer
            .stream()
            .max_messages_per_batch(BATCH)
            .heartbeat(HEARTBEAT)
            .expires(EXPIRES)
            .messages();
        let messages = messages.await;
        let messages = messages.map_err(|e| BusError::Unavailable { what, source: e.into() })?;
        let info = consumer.cached_info();
        let (name, pending) = (info.name.clone(), info.num_pending);
        Ok(Open { messages, name, pending, count: 0, generation })
    }
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("stream", &self.stream)
            .field("next_seq", &self.next_seq)
            .field("restarts", &self.restarts)
            .finish_non_exhaustive()
    }
}

/// What became of a request to make a consumer.
pub(crate) fn consumer_error(what: &str, error: jetstream::stream::ConsumerError) -> BusError {
    match error.kind() {
        ConsumerErrorKind::JetStream(said) => BusError::answered(what, said),
        ConsumerErrorKind::InvalidName | ConsumerErrorKind::InvalidConsumerType => {
            BusError::Request { what: what.to_owned(), source: error.into() }
        }
        ConsumerErrorKind::TimedOut | ConsumerErrorKind::Request | ConsumerErrorKind::Other => {
            BusError::Unavailable { what: what.to_owned(), source: error.into() }
        }
    }
}

/// The server's clock never stands before 1970.
pub(crate) fn nanos(unix_ns: i128) -> u128 {
    u128::try_from(unix_ns).unwrap_or_default()
}

/// A message that passed by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// Its subject.
    pub subject: String,
    /// Its headers.
    pub headers: Headers,
    /// Its body.
    pub payload: Bytes,
}

/// Listens to a subject.
#[derive(Debug)]
pub struct Subscription {
    subscriber: async_nats::Subscriber,
}

impl Subscription {
    /// The next message; `None` after [`Bus::drain`]. Cancellation safe.
    pub async fn next(&mut self) -> Option<Live> {
        let message = self.subscriber.next().await?;
        Some(Live {
            subject: message.subject.to_string(),
            headers: Headers::read(message.headers.as_ref()),
            payload: message.payload,
        })
    }
}
