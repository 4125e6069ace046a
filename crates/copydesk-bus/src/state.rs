//! What the server says of streams and consumers, and single messages.

use std::collections::BTreeMap;

use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::{LastRawMessageError, LastRawMessageErrorKind};
use serde::{Deserialize, Serialize};

use crate::headers::Headers;
use crate::reader::nanos;
use crate::subjects::{DEAD_SUBJECTS, decision_subject};
use crate::{Bus, BusError, Delivered, StreamName};

/// A stream, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamState {
    /// When it was made, RFC 3339. Another time under the same name is another stream.
    pub created: String,
    /// Lowest sequence still there; one above `last_seq` when there is none.
    pub first_seq: u64,
    /// Highest sequence ever given.
    pub last_seq: u64,
    /// How many messages there are.
    pub messages: u64,
    /// Their size.
    pub bytes: u64,
}

/// A consumer, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsumerState {
    /// Messages not delivered yet.
    pub pending: u64,
    /// Messages delivered and not settled.
    pub ack_pending: u64,
    /// Everything up to this sequence is settled.
    pub ack_floor_stream_seq: u64,
    /// Messages that are out for the second time or more.
    pub redelivered: u64,
    /// Highest sequence that was delivered.
    pub delivered_stream_seq: u64,
}

#[derive(Deserialize)]
struct StreamInfo {
    // As text, because it is compared and stored, never computed with.
    created: String,
    state: StreamCounts,
}

#[derive(Deserialize)]
struct StreamCounts {
    first_seq: u64,
    last_seq: u64,
    messages: u64,
    bytes: u64,
    #[serde(default)]
    subjects: Option<BTreeMap<String, u64>>,
}

#[derive(Deserialize)]
pub(crate) struct ConsumerInfo {
    pub(crate) num_pending: u64,
    pub(crate) num_ack_pending: u64,
    num_redelivered: u64,
    pub(crate) delivered: Sequences,
    pub(crate) ack_floor: Sequences,
    #[serde(default)]
    pub(crate) priority_groups: Vec<GroupInfo>,
}

#[derive(Deserialize)]
pub(crate) struct Sequences {
    pub(crate) stream_seq: u64,
    pub(crate) consumer_seq: u64,
}

#[derive(Deserialize)]
pub(crate) struct GroupInfo {
    #[serde(default)]
    pub(crate) pinned_client_id: Option<String>,
}

#[derive(Serialize)]
struct Nothing {}

#[derive(Serialize)]
struct Subjects<'a> {
    subjects_filter: &'a str,
}

#[derive(Serialize)]
struct Delete {
    seq: u64,
}

#[derive(Deserialize)]
struct Success {
    success: bool,
}

impl Bus {
    /// A stream, as it is now.
    pub async fn stream_state(&self, stream: StreamName) -> Result<StreamState, BusError> {
        let what = format!("read the state of {stream}");
        let info: StreamInfo =
            self.api(&what, format!("STREAM.INFO.{stream}"), &Nothing {}).await?;
        let StreamInfo { created, state } = info;
        Ok(StreamState {
            created,
            first_seq: state.first_seq,
            last_seq: state.last_seq,
            messages: state.messages,
            bytes: state.bytes,
        })
    }

    /// How many dead letters each stage has, by its subject token.
    pub async fn dead_counts(&self) -> Result<BTreeMap<String, u64>, BusError> {
        let stream = StreamName::Dead;
        let question = Subjects { subjects_filter: DEAD_SUBJECTS };
        let info: StreamInfo =
            self.api("count the dead letters", format!("STREAM.INFO.{stream}"), &question).await?;
        let subjects = info.state.subjects.unwrap_or_default();
        let stage = |subject: String| subject.rsplit('.').next().unwrap_or_default().to_owned();
        Ok(subjects.into_iter().map(|(subject, count)| (stage(subject), count)).collect())
    }

    /// A consumer, as it is now.
    pub async fn consumer_state(
        &self,
        stream: StreamName,
        name: &str,
    ) -> Result<ConsumerState, BusError> {
        let info = self.consumer_info(stream, name).await?;
        Ok(ConsumerState {
            pending: info.num_pending,
            ack_pending: info.num_ack_pending,
            ack_floor_stream_seq: info.ack_floor.stream_seq,
            redelivered: info.num_redelivered,
            delivered_stream_seq: info.delivered.stream_seq,
        })
    }

    pub(crate) async fn consumer_info(
        &self,
        stream: StreamName,
        name: &str,
    ) -> Result<ConsumerInfo, BusError> {
        let what = format!("the consumer {name} of {stream}");
        self.api(&what, format!("CONSUMER.INFO.{stream}.{name}"), &Nothing {}).await
    }

    /// Forgets a consumer and how far it was. A worker that still uses it makes it anew.
    pub async fn delete_consumer(&self, stream: StreamName, name: &str) -> Result<(), BusError> {
        let what = format!("the consumer {name} of {stream}");
        let subject = format!("CONSUMER.DELETE.{stream}.{name}");
        let _: Success = self.api(&what, subject, &Nothing {}).await?;
        Ok(())
    }

    /// One message, or none when it is not there any more.
    pub async fn get_message(
        &self,
        stream: StreamName,
        seq: u64,
    ) -> Result<Option<Delivered>, BusError> {
        let what = format!("read message {seq} of {stream}");
        let handle = self.inner.js.get_stream_no_info(stream.as_str()).await;
        let handle =
            handle.map_err(|e| BusError::Unavailable { what: what.clone(), source: e.into() })?;
        stored(&what, handle.get_raw_message(seq).await)
    }

    /// The newest decision of a stage that is still in the log.
    pub async fn last_decision(&self, stage: &str) -> Result<Option<Delivered>, BusError> {
        let (stream, subject) = (StreamName::Decisions, decision_subject(stage));
        let what = format!("read the last message of {subject}");
        let handle = self.inner.js.get_stream_no_info(stream.as_str()).await;
        let handle =
            handle.map_err(|e| BusError::Unavailable { what: what.clone(), source: e.into() })?;
        stored(&what, handle.get_last_raw_message_by_subject(&subject).await)
    }

    /// Removes one message; says whether it was there.
    pub async fn delete_message(&self, stream: StreamName, seq: u64) -> Result<bool, BusError> {
        let what = format!("delete message {seq} of {stream}");
        let subject = format!("STREAM.MSG.DELETE.{stream}");
        if self.get_message(stream, seq).await?.is_none() {
            return Ok(false);
        }
        let deleted: Success = self.api(&what, subject, &Delete { seq }).await?;
        Ok(deleted.success)
    }
}

/// A stored message as the server gave it, or none when it is not there.
fn stored(
    what: &str,
    answer: Result<StreamMessage, LastRawMessageError>,
) -> Result<Option<Delivered>, BusError> {
    let error = match answer {
        Ok(message) => {
            return Ok(Some(Delivered {
                seq: message.sequence,
                subject: message.subject.to_string(),
                headers: Headers::read(Some(&message.headers)),
                payload: message.payload,
                time_unix_ns: nanos(message.time.unix_timestamp_nanos()),
                pending: 0,
            }));
        }
        Err(error) => error,
    };
    match error.kind() {
        LastRawMessageErrorKind::NoMessageFound => Ok(None),
        LastRawMessageErrorKind::JetStream(said) => {
            let answered = BusError::answered(what, said);
            if matches!(answered, BusError::NotFound { .. }) { Ok(None) } else { Err(answered) }
        }
        LastRawMessageErrorKind::InvalidSubject | LastRawMessageErrorKind::Other => {
            Err(BusError::Unavailable { what: what.to_owned(), source: error.into() })
        }
    }
}
