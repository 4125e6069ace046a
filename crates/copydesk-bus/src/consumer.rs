//! Supervised pull consumers: what a stage reads its work from.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_nats::jetstream::consumer::{AckPolicy, Config, DeliverPolicy, PriorityPolicy, pull};
use async_nats::jetstream::context::ConsumerInfoErrorKind as Kind;
use futures_util::{FutureExt as _, StreamExt};
use serde::Serialize;
use tokio::time::Instant;

use crate::delivery::{Delivery, RETRY_DELAYS, Terms};
use crate::headers::PIN_ID;
use crate::reader::{REOPEN_PAUSE, consumer_error};
use crate::stream::compare;
use crate::{Bus, BusError, StreamName};

/// The priority group of a pinned consumer.
const GROUP: &str = "owner";
/// Most messages that are called back; more than this are never out.
const MOST_RECALLED: u64 = 10_000;

/// What a stage wants to consume, and how.
#[derive(Debug, Clone)]
pub struct ConsumerSpec {
    /// The stream.
    pub stream: StreamName,
    /// Durable name: the stage.
    pub name: String,
    /// Most messages that are out and not settled: the only real backpressure.
    pub max_ack_pending: i64,
    /// Messages asked for at once.
    pub batch: usize,
    /// How long the server waits for a settlement or for progress.
    pub ack_wait: Duration,
    /// At this attempt a delivery is [exhausted](Delivery::exhausted).
    pub max_deliver: u64,
    /// Only these subjects.
    pub filter: Option<String>,
    /// Whether one client at a time gets messages, and others stand by.
    pub pinned: bool,
    /// Delay after each attempt that gave its message back; the last one counts for all that follow.
    pub retry_delays: Vec<Duration>,
    /// How often the server says that it is there.
    pub heartbeat: Duration,
    /// How long one pull request stands; more than two heartbeats.
    pub expires: Duration,
    /// How long an owner that stopped asking stays the owner.
    pub pin_timeout: Duration,
}

impl ConsumerSpec {
    /// The usual settings for `workers` workers that take `batch` messages at once.
    pub fn new(stream: StreamName, name: &str, workers: usize, batch: usize) -> Self {
        let pending = workers.max(1).saturating_mul(batch.max(1)).saturating_mul(2);
        Self {
            stream,
            name: name.to_owned(),
            max_ack_pending: i64::try_from(pending).unwrap_or(i64::MAX),
            batch: batch.max(1),
            ack_wait: Duration::from_mins(1),
            max_deliver: 5,
            filter: None,
            pinned: false,
            retry_delays: RETRY_DELAYS.to_vec(),
            heartbeat: Duration::from_secs(5),
            expires: Duration::from_secs(15),
            pin_timeout: Duration::from_secs(30),
        }
    }

    /// No `backoff` list: it would replace `ack_wait` by its first entry, and a slow stage would get its work twice.
    fn wanted(&self, deliver_policy: DeliverPolicy) -> pull::Config {
        let mut config = pull::Config {
            durable_name: Some(self.name.clone()),
            deliver_policy,
            ack_policy: AckPolicy::Explicit,
            ack_wait: self.ack_wait,
            max_deliver: i64::try_from(self.max_deliver).unwrap_or(i64::MAX),
            max_ack_pending: self.max_ack_pending,
            filter_subject: self.filter.clone().unwrap_or_default(),
            ..pull::Config::default()
        };
        if self.pinned {
            config.priority_policy = PriorityPolicy::PinnedClient;
            config.priority_groups = vec![GROUP.to_owned()];
            config.priority_timeout = self.pin_timeout;
        }
        config
    }
}

/// The settings that must come back as they were sent.
fn facts(config: &Config) -> Vec<(&'static str, String)> {
    vec![
        ("ack_policy", format!("{:?}", config.ack_policy)),
        ("ack_wait", format!("{:?}", config.ack_wait)),
        ("max_deliver", config.max_deliver.to_string()),
        ("max_ack_pending", config.max_ack_pending.to_string()),
        ("filter_subject", config.filter_subject.clone()),
        ("backoff", format!("{:?}", config.backoff)),
        ("priority_policy", format!("{:?}", config.priority_policy)),
        ("priority_groups", config.priority_groups.join(" ")),
    ]
}

/// A pull consumer that is kept alive: a stalled pull is opened again, a deleted consumer made again.
pub struct Consumer {
    bus: Bus,
    spec: ConsumerSpec,
    terms: Arc<Terms>,
    messages: Option<pull::Stream>,
    /// What had come when it was stopped; `None` before.
    rest: Option<VecDeque<Delivery>>,
    restarts: u64,
    /// Everything up to here was settled when the server was asked last: where a lost consumer goes on.
    floor: u64,
    /// The pin that the last message carried.
    pin: Option<String>,
    last_message: Instant,
    next_check: Instant,
}

#[expect(clippy::large_enum_variant, reason = "one at a time, on the stack")]
enum Step {
    Item(Option<Result<async_nats::jetstream::Message, pull::MessagesError>>),
    Check,
}

#[derive(Serialize)]
struct Unpin {
    group: &'static str,
}

#[derive(serde::Deserialize)]
struct Unpinned {}

impl Bus {
    /// Makes the durable consumer of a stage, or goes on with it.
    pub async fn consumer(&self, spec: ConsumerSpec) -> Result<Consumer, BusError> {
        let terms = Arc::new(Terms {
            stream: spec.stream,
            ack_wait: spec.ack_wait,
            max_deliver: spec.max_deliver,
            retry_delays: spec.retry_delays.clone(),
        });
        let now = Instant::now();
        let mut consumer = Consumer {
            bus: self.clone(),
            next_check: now + spec.heartbeat,
            spec,
            terms,
            messages: None,
            rest: None,
            restarts: 0,
            floor: 0,
            pin: None,
            last_message: now,
        };
        consumer.open().await?;
        Ok(consumer)
    }
}

impl Consumer {
    /// The next message; waits until there is one, through reconnects and restarts of the server. `None` after
    /// [`Bus::drain`], and when all is taken that had come before [`Self::stop`]; an error only when waiting does not
    /// help. Cancellation safe.
    pub async fn next(&mut self) -> Result<Option<Delivery>, BusError> {
        if let Some(rest) = &mut self.rest {
            return Ok(rest.pop_front());
        }
        loop {
            if self.bus.inner.link.is_closed() {
                return Ok(None);
            }
            let Some(messages) = self.messages.as_mut() else {
                match self.open().await {
                    Ok(()) => {}
                    Err(error) if error.is_transient() => tokio::time::sleep(REOPEN_PAUSE).await,
                    Err(error) => return Err(error),
                }
                continue;
            };
            let step = tokio::select! {
                item = messages.next() => Step::Item(item),
                () = tokio::time::sleep_until(self.next_check) => Step::Check,
            };
            match step {
                Step::Item(Some(Ok(message))) => {
                    self.last_message = Instant::now();
                    let headers = message.headers.as_ref();
                    self.pin = headers.and_then(|h| h.get(PIN_ID)).map(ToString::to_string);
                    if let Some(delivery) = Delivery::new(message, Arc::clone(&self.terms)) {
                        return Ok(Some(delivery));
                    }
                }
                Step::Item(Some(Err(error))) => self.lose(&error.to_string()),
                Step::Item(None) => self.lose("the pull ended"),
                Step::Check => self.check().await?,
            }
        }
    }

    /// Asks for no more; [`Self::next`] gives what has come already. A delivery that came and was not looked at would count
    /// as an attempt, and a stage that is stopped some times over would use up the attempts of articles that it never saw.
    pub async fn stop(&mut self) {
        let Some(mut messages) = self.messages.take() else {
            self.rest.get_or_insert_default();
            return;
        };
        // What the server sent before its answer is here with the answer. Without one there is nothing to wait for.
        self.bus.consumer_info(self.spec.stream, &self.spec.name).await.ok();
        let rest = self.rest.get_or_insert_default();
        while let Some(Some(Ok(message))) = messages.next().now_or_never() {
            rest.extend(Delivery::new(message, Arc::clone(&self.terms)));
        }
    }

    /// Has what is out with nobody delivered again at once, and not only when its wait is over: for an owner that goes on
    /// where another one was killed. `held` are the sequences that this one has in hand. Without it the newer messages
    /// would come first.
    pub async fn recall(&self, held: &[u64]) -> Result<(), BusError> {
        let (stream, name) = (self.spec.stream, &self.spec.name);
        let info = self.bus.consumer_info(stream, name).await?;
        let from = info.ack_floor.stream_seq + 1;
        let last = info.delivered.stream_seq.min(from.saturating_add(MOST_RECALLED));
        for seq in (from..=last).filter(|seq| !held.contains(seq)) {
            // The subject that a settlement goes to: deliveries, both sequences, time and number pending. The server takes
            // the message by its stream sequence and ignores one that is settled.
            let delivered = info.delivered.consumer_seq;
            let subject = format!("$JS.ACK.{stream}.{name}.1.{seq}.{delivered}.0.0");
            let sent = self.bus.inner.client.publish(subject, "-NAK".into()).await;
            sent.map_err(|e| BusError::Unavailable {
                what: format!("call message {seq} of {stream} back"),
                source: e.into(),
            })?;
        }
        self.bus.flush().await
    }

    /// How often it had to be opened again.
    pub fn restarts(&self) -> u64 {
        self.restarts
    }

    /// What it was made from.
    pub fn spec(&self) -> &ConsumerSpec {
        &self.spec
    }

    fn lose(&mut self, why: &str) {
        let (stream, name) = (self.spec.stream, &self.spec.name);
        // Reopening loses no message: what was delivered comes again when its wait is over.
        tracing::debug!(%stream, name, why, "opening the consumer again");
        self.messages = None;
        self.restarts += 1;
    }

    /// Asks the server now and then how far the consumer is, and whether messages wait that do not come.
    async fn check(&mut self) -> Result<(), BusError> {
        let info = self.bus.consumer_info(self.spec.stream, &self.spec.name).await;
        self.next_check = Instant::now() + self.spec.heartbeat;
        let info = match info {
            Ok(info) => info,
            Err(BusError::NotFound { .. }) => {
                self.lose("it was deleted");
                return Ok(());
            }
            Err(error) if error.is_transient() => return Ok(()),
            Err(error) => return Err(error),
        };
        self.floor = info.ack_floor.stream_seq;
        let quiet = self.last_message.elapsed() >= self.spec.heartbeat * 3;
        let room =
            i64::try_from(info.num_ack_pending).unwrap_or(i64::MAX) < self.spec.max_ack_pending;
        let owner =
            info.priority_groups.first().and_then(|group| group.pinned_client_id.as_deref());
        if self.spec.pinned && owner.is_none() && info.num_ack_pending > 0 {
            // What is out is with an owner that is gone, and may be all that can be out at once.
            match self.recall(&[]).await {
                Err(error) if !error.is_transient() => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        let standby =
            self.spec.pinned && owner.is_some_and(|owner| Some(owner) != self.pin.as_deref());
        if quiet && room && info.num_pending > 0 && !standby {
            self.lose("messages are waiting and none comes");
        }
        Ok(())
    }

    async fn open(&mut self) -> Result<(), BusError> {
        let (stream, name) = (self.spec.stream, self.spec.name.clone());
        let what = format!("set up the consumer {name} of {stream}");
        let policy = self.deliver_policy().await?;
        let wanted = self.spec.wanted(policy);
        let created = self.bus.inner.js.create_consumer_on_stream(wanted.clone(), stream.as_str());
        let consumer = created.await.map_err(|e| consumer_error(&what, e))?;
        let asked =
            async_nats::jetstream::consumer::IntoConsumerConfig::into_consumer_config(wanted);
        compare(
            &format!("the consumer {name}"),
            &facts(&asked),
            &facts(&consumer.cached_info().config),
        )?;
        let info = consumer.cached_info();
        self.floor = self.floor.max(info.ack_floor.stream_sequence);
        if self.spec.pinned && info.num_waiting == 0 {
            self.release_pin().await?;
            self.recall(&[]).await?;
        }
        let mut pull = consumer
            .stream()
            .max_messages_per_batch(self.spec.batch)
            .heartbeat(self.spec.heartbeat)
            .expires(self.spec.expires);
        if self.spec.pinned {
            pull = pull.group(GROUP);
        }
        let messages = pull.messages().await;
        self.messages =
            Some(messages.map_err(|e| BusError::Unavailable { what, source: e.into() })?);
        self.last_message = Instant::now();
        self.next_check = self.last_message + self.spec.heartbeat;
        Ok(())
    }

    /// Where a consumer starts cannot be changed later: an existing one keeps its policy, a lost one goes on behind
    /// what was settled.
    async fn deliver_policy(&self) -> Result<DeliverPolicy, BusError> {
        let stream = self.bus.inner.js.get_stream_no_info(self.spec.stream.as_str()).await;
        let what = format!("the consumer {} of {}", self.spec.name, self.spec.stream);
        let stream =
            stream.map_err(|e| BusError::Unavailable { what: what.clone(), source: e.into() })?;
        match stream.consumer_info(&self.spec.name).await {
            Ok(info) => Ok(info.config.deliver_policy),
            Err(error) => match error.kind() {
                Kind::NotFound if self.floor > 0 => {
                    Ok(DeliverPolicy::ByStartSequence { start_sequence: self.floor + 1 })
                }
                Kind::NotFound => Ok(DeliverPolicy::All),
                Kind::StreamNotFound => {
                    Err(BusError::NotFound { what: self.spec.stream.to_string() })
                }
                Kind::InvalidName => Err(BusError::Request { what, source: error.into() }),
                Kind::Offline
                | Kind::Request
                | Kind::JetStream(_)
                | Kind::TimedOut
                | Kind::NoResponders => Err(BusError::Unavailable { what, source: error.into() }),
            },
        }
    }

    /// Nobody is asking, so the owner of the pin is gone (a live one always has a request waiting): without this, a
    /// worker that starts again after a crash would stand by until the pin of its own past runs out.
    async fn release_pin(&self) -> Result<(), BusError> {
        let subject = format!("CONSUMER.UNPIN.{}.{}", self.spec.stream, self.spec.name);
        let released: Result<Unpinned, _> =
            self.bus.api("release the pin", subject, &Unpin { group: GROUP }).await;
        match released {
            Err(error) if error.is_transient() => Err(error),
            // Nobody held it.
            Ok(Unpinned {}) | Err(_) => Ok(()),
        }
    }
}

impl std::fmt::Debug for Consumer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Consumer")
            .field("spec", &self.spec)
            .field("restarts", &self.restarts)
            .finish_non_exhaustive()
    }
}
