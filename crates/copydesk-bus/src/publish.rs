//! Publishing: an answer means stored.

use std::error::Error;
use std::future::IntoFuture;
use std::time::Duration;

use async_nats::jetstream::context::{PublishAckFuture, PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::publish::PublishAck;
use async_nats::jetstream::{Error as ApiError, ErrorCode};
use tokio::time::Instant;

use crate::headers::{self, EXPECTED_LAST, EXPECTED_STREAM, MSG_ID};
use crate::{Bus, BusError, Outgoing, StreamName};

/// How long a message is sent again before its writer hears of it.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long nobody may answer for a stream before the server is asked whether it is there: it is so for a moment while
/// a server starts, and for some seconds while a cluster chooses a new leader.
const MISSING_PATIENCE: Duration = Duration::from_secs(5);
/// Pause before a message is sent again to a server that could not take it.
const PAUSE: Duration = Duration::from_millis(100);

/// What the server said to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// Where it is stored; for a duplicate, where its first copy is.
    pub seq: u64,
    /// Whether the stream had it already.
    pub duplicate: bool,
}

/// A message that was sent and waits for the server's answer.
#[must_use = "a message counts as stored only once `acked` says so"]
#[derive(Debug)]
pub struct Pending {
    bus: Bus,
    letter: Letter,
    sent: Sent,
    started: Instant,
}

/// A message ready for the client, kept until it is stored.
#[derive(Debug)]
struct Letter {
    stream: StreamName,
    subject: String,
    message: PublishMessage,
    bytes: usize,
    expected_last_seq: Option<u64>,
}

#[derive(Debug)]
struct Sent {
    answer: PublishAckFuture,
    /// The connection that it went out on: after a reconnect its answer may never come.
    generation: u64,
}

enum Outcome {
    Stored(Published),
    /// Worth sending again, with the same id.
    Again(BusError),
    Missing,
    Failed(BusError),
}

impl Bus {
    /// Stores a message and waits for the server's word. Not cancellation safe: when dropped, the message may be
    /// stored or not; publish it again with the same id.
    pub async fn publish(&self, message: Outgoing) -> Result<Published, BusError> {
        self.publish_start(message).await?.acked().await
    }

    /// Sends a message and returns before the answer, so that many can be on their way; messages of one caller go
    /// out in the order of the calls. The caller bounds how many are pending.
    pub async fn publish_start(&self, message: Outgoing) -> Result<Pending, BusError> {
        let letter = Letter::new(message)?;
        let started = Instant::now();
        loop {
            match letter.send(self).await {
                Ok(sent) => return Ok(Pending { bus: self.clone(), letter, sent, started }),
                Err(error) if error.is_transient() && started.elapsed() < PATIENCE => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Bus {
    /// Errors when the server knows that there is no such stream, or knew nothing for too long.
    async fn still_there(&self, stream: StreamName, since: Instant) -> Result<(), BusError> {
        match self.stream_state(stream).await {
            Err(BusError::NotFound { .. }) => Err(BusError::NotFound { what: stream.to_string() }),
            Err(error) if !error.is_transient() || since.elapsed() >= PATIENCE => Err(error),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

impl Pending {
    /// Waits until the message is stored; sends it again, with the same id, when the answer is lost.
    pub async fn acked(self) -> Result<Published, BusError> {
        let Self { bus, letter, mut sent, started } = self;
        loop {
            let outcome = tokio::select! {
                answer = sent.answer.into_future() => letter.judge(answer),
                () = bus.inner.link.renewed(sent.generation) => {
                    Outcome::Again(letter.unavailable("the connection was lost".into()))
                }
            };
            match outcome {
                Outcome::Stored(published) => return Ok(published),
                Outcome::Failed(error) => return Err(error),
                Outcome::Missing if started.elapsed() < MISSING_PATIENCE => {}
                Outcome::Missing => bus.still_there(letter.stream, started).await?,
                Outcome::Again(error) if started.elapsed() >= PATIENCE => return Err(error),
                Outcome::Again(error) => tracing::debug!(%error, "sending again"),
            }
            sent = loop {
                tokio::time::sleep(PAUSE).await;
                match letter.send(&bus).await {
                    Ok(sent) => break sent,
                    Err(error) if error.is_transient() && started.elapsed() < PATIENCE => {}
                    Err(error) => return Err(error),
                }
            };
        }
    }
}

impl Letter {
    fn new(message: Outgoing) -> Result<Self, BusError> {
        let Outgoing { stream, subject, id, headers: mut pairs, payload, expected_last_seq } =
            message;
        pairs.push((MSG_ID.into(), id));
        pairs.push((EXPECTED_STREAM.into(), stream.to_string()));
        if let Some(seq) = expected_last_seq {
            pairs.push((EXPECTED_LAST.into(), seq.to_string()));
        }
        let bytes = payload.len();
        let headers = headers::write(&pairs)?;
        let message = PublishMessage::build().payload(payload).headers(headers);
        Ok(Self { stream, subject, message, bytes, expected_last_seq })
    }

    async fn send(&self, bus: &Bus) -> Result<Sent, BusError> {
        // Read before sending: a connection lost in between then counts as lost.
        let generation = bus.inner.link.generation();
        let sent = bus.inner.js.send_publish(self.subject.clone(), self.message.clone()).await;
        match sent {
            Ok(answer) => Ok(Sent { answer, generation }),
            Err(error) => Err(match self.judge(Err(error)) {
                Outcome::Failed(error) | Outcome::Again(error) => error,
                Outcome::Stored(_) | Outcome::Missing => self.unavailable("not sent".into()),
            }),
        }
    }

    fn judge(&self, answer: Result<PublishAck, PublishError>) -> Outcome {
        let stream = self.stream;
        let error = match answer {
            Ok(ack) => {
                return Outcome::Stored(Published { seq: ack.sequence, duplicate: ack.duplicate });
            }
            Err(error) => error,
        };
        match error.kind() {
            PublishErrorKind::TimedOut
            | PublishErrorKind::BrokenPipe
            | PublishErrorKind::MaxAckPending => Outcome::Again(self.unavailable(error.into())),
            PublishErrorKind::StreamNotFound => Outcome::Missing,
            PublishErrorKind::MaxPayloadExceeded => {
                Outcome::Failed(BusError::TooLarge { stream, bytes: self.bytes })
            }
            PublishErrorKind::WrongLastSequence => {
                let expected = self.expected_last_seq.unwrap_or_default();
                Outcome::Failed(BusError::WrongLastSequence { stream, expected })
            }
            PublishErrorKind::WrongLastMessageId | PublishErrorKind::Other => self.refused(error),
        }
    }

    fn refused(&self, error: PublishError) -> Outcome {
        let stream = self.stream;
        let said = error.source().and_then(|source| source.downcast_ref::<ApiError>());
        match said.map(|said| (said.error_code(), said.code())) {
            Some((
                ErrorCode::STREAM_STORE_FAILED
                | ErrorCode::INSUFFICIENT_RESOURCES
                | ErrorCode::STORAGE_RESOURCES_EXCEEDED
                | ErrorCode::ACCOUNT_RESOURCES_EXCEEDED,
                _,
            )) => Outcome::Failed(BusError::Full { stream, source: error.into() }),
            Some((ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM, _)) => {
                Outcome::Failed(BusError::TooLarge { stream, bytes: self.bytes })
            }
            Some((_, 503)) => Outcome::Again(self.unavailable(error.into())),
            _ => Outcome::Failed(BusError::Refused { stream, source: error.into() }),
        }
    }

    fn unavailable(&self, source: crate::Cause) -> BusError {
        BusError::Unavailable { what: format!("store in {}", self.stream), source }
    }
}
