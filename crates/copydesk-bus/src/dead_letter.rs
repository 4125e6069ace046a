//! Dead letters: what could not be processed, why, and how it goes back.

use std::collections::VecDeque;

use bytes::Bytes;
use serde::Deserialize;

use crate::headers::{Headers, MSG_ID, STAGE, one_line};
use crate::subjects::{DEAD_SUBJECTS, MAX_DELIVERIES, dead_subject};
use crate::{Bus, BusError, Delivered, Delivery, Outgoing, Published, StreamName};

const REASON: &str = "Copydesk-Reason";
const CAUSE: &str = "Copydesk-Cause";
const ATTEMPT: &str = "Copydesk-Attempt";
const VERSION: &str = "Copydesk-Version";
const LEFT_OUT: &str = "Copydesk-Payload-Left-Out";
/// Before the name of a header of the original message that the dead letter needs for itself.
const ORIGINAL: &str = "Copydesk-Original-";
const ORIGINAL_SUBJECT: &str = "Copydesk-Original-Subject";
const ORIGINAL_STREAM: &str = "Copydesk-Original-Stream";
const ORIGINAL_SEQUENCE: &str = "Copydesk-Original-Sequence";
/// Headers of the dead letter itself.
const OWN: [&str; 6] = [REASON, CAUSE, STAGE, ATTEMPT, VERSION, LEFT_OUT];
/// Longest cause, in characters.
const CAUSE_LIMIT: usize = 1000;

/// A dead letter to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewDeadLetter {
    /// Who gave it up.
    pub stage: String,
    /// Why, as a `snake_case` token.
    pub reason: String,
    /// Why, for people.
    pub cause: String,
    /// Message id, a function of the input.
    pub id: String,
    /// Further headers, for example where the input came from.
    pub headers: Vec<(String, String)>,
    /// The input.
    pub payload: Bytes,
}

/// A stored dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its sequence among the dead letters.
    pub seq: u64,
    /// Who gave it up.
    pub stage: String,
    /// Why, as a token.
    pub reason: String,
    /// Why, for people.
    pub cause: String,
    /// The subject that it came from; `None` for input that never stood on one.
    pub subject: Option<String>,
    /// The stream and sequence that it came from.
    pub origin: Option<(StreamName, u64)>,
    /// The attempt that failed.
    pub attempt: u64,
    /// When it was stored.
    pub time_unix_ns: u128,
    /// All its headers.
    pub headers: Headers,
    /// The input; empty when it was too large to be kept here.
    pub payload: Bytes,
}

/// The server's note about a message that reached its delivery limit without an answer.
#[derive(Deserialize)]
struct Advisory {
    stream: String,
    consumer: String,
    stream_seq: u64,
    deliveries: u64,
}

impl NewDeadLetter {
    pub(crate) fn of_delivery(delivery: &Delivery, stage: &str, reason: &str, cause: &str) -> Self {
        let (stream, seq) = (delivery.stream(), delivery.seq());
        let mut headers = kept_headers(delivery.headers());
        let mut push = |name: &str, value: String| headers.push((name.to_owned(), value));
        push(ATTEMPT, delivery.attempt().to_string());
        push(ORIGINAL_SUBJECT, delivery.subject().to_owned());
        push(ORIGINAL_STREAM, stream.to_string());
        push(ORIGINAL_SEQUENCE, seq.to_string());
        Self {
            stage: stage.to_owned(),
            reason: reason.to_owned(),
            cause: cause.to_owned(),
            // Stream and sequence, because what cannot be decoded has no article id.
            id: format!("dead.{stream}.{seq}"),
            headers,
            payload: delivery.payload().clone(),
        }
    }

    fn into_outgoing(self) -> Outgoing {
        let Self { stage, reason, cause, id, mut headers, payload } = self;
        let mut push = |name: &str, value: String| headers.push((name.to_owned(), value));
        push(STAGE, stage.clone());
        push(REASON, token(&reason));
        push(CAUSE, one_line(&cause).chars().take(CAUSE_LIMIT).collect());
        push(VERSION, env!("CARGO_PKG_VERSION").to_owned());
        let (stream, subject) = (StreamName::Dead, dead_subject(&stage));
        Outgoing { stream, subject, id, headers, payload, expected_last_seq: None }
    }
}

impl Bus {
    /// Stores a dead letter. One that is too large is stored without its payload.
    pub async fn publish_dead(&self, letter: NewDeadLetter) -> Result<Published, BusError> {
        let message = letter.into_outgoing();
        match self.publish(message.clone()).await {
            Err(BusError::TooLarge { bytes, .. }) => {
                let mut message = message;
                message.headers.push((LEFT_OUT.to_owned(), bytes.to_string()));
                message.payload = Bytes::new();
                self.publish(message).await
            }
            other => other,
        }
    }

    /// The newest dead letters, at most `limit`, oldest first; of one stage or of all.
    pub async fn dead_letters(
        &self,
        stage: Option<&str>,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, BusError> {
        let subject = stage.map_or_else(|| DEAD_SUBJECTS.to_owned(), dead_subject);
        let net = match stage {
            // A stage's durable consumer has the stage's name.
            Some(stage) => format!("{MAX_DELIVERIES}.*.{stage}"),
            None => format!("{MAX_DELIVERIES}.>"),
        };
        let mut reader = self.reader_of(StreamName::Dead, vec![subject, net], 1, false).await?;
        let mut newest = VecDeque::new();
        for _ in 0..reader.pending_at_open() {
            let Some(message) = reader.next().await? else { break };
            let caught_up = message.pending == 0;
            newest.extend(DeadLetter::read(message));
            if newest.len() > limit {
                newest.pop_front();
            }
            if caught_up {
                break;
            }
        }
        Ok(newest.into())
    }

    /// One dead letter.
    pub async fn dead_letter(&self, seq: u64) -> Result<Option<DeadLetter>, BusError> {
        Ok(self.get_message(StreamName::Dead, seq).await?.and_then(DeadLetter::read))
    }

    /// Stores the message of a dead letter again where it came from, under a fresh id. The dead letter stays.
    pub async fn replay(&self, seq: u64) -> Result<Published, BusError> {
        let what = || BusError::NotFound { what: format!("dead letter {seq}") };
        let letter = self.dead_letter(seq).await?.ok_or_else(what)?;
        let (stream, origin_seq) = letter.origin.ok_or(BusError::NotReplayable { seq })?;
        let id = format!("replay.{seq}");
        let (subject, headers, payload) = match letter.subject {
            Some(subject) if letter.headers.get(LEFT_OUT).is_none() => {
                (subject, restored_headers(&letter.headers), letter.payload)
            }
            // The letter has no payload of its own: it still stands in its stream, or is gone.
            _ => {
                let original = self.get_message(stream, origin_seq).await?;
                let original = original.ok_or(BusError::NotReplayable { seq })?;
                let headers = restored_headers(&original.headers);
                (original.subject, headers, original.payload)
            }
        };
        let expected_last_seq = None;
        self.publish(Outgoing { stream, subject, id, headers, payload, expected_last_seq }).await
    }
}

impl DeadLetter {
    /// `None` for a note of the server that says nothing about a lost message.
    fn read(message: Delivered) -> Option<Self> {
        if message.subject.starts_with(MAX_DELIVERIES) {
            return Self::read_advisory(message);
        }
        let text = |name: &str| message.headers.get(name).unwrap_or_default().to_owned();
        let stream = message.headers.get(ORIGINAL_STREAM).and_then(StreamName::from_name);
        let seq = message.headers.get(ORIGINAL_SEQUENCE).and_then(|seq| seq.parse().ok());
        message.subject.starts_with(DEAD_SUBJECTS.trim_end_matches('>')).then(|| Self {
            seq: message.seq,
            stage: text(STAGE),
            reason: text(REASON),
            cause: text(CAUSE),
            subject: message.headers.get(ORIGINAL_SUBJECT).map(ToOwned::to_owned),
            origin: stream.zip(seq),
            attempt: text(ATTEMPT).parse().unwrap_or_default(),
            time_unix_ns: message.time_unix_ns,
            headers: message.headers.clone(),
            payload: message.payload.clone(),
        })
    }

    fn read_advisory(message: Delivered) -> Option<Self> {
        let advisory: Advisory = serde_json::from_slice(&message.payload).ok()?;
        let stream = StreamName::from_name(&advisory.stream)?;
        Some(Self {
            seq: message.seq,
            stage: advisory.consumer,
            reason: "max_deliveries".into(),
            cause: format!("delivered {} times without an answer", advisory.deliveries),
            subject: None,
            origin: Some((stream, advisory.stream_seq)),
            attempt: advisory.deliveries,
            time_unix_ns: message.time_unix_ns,
            headers: message.headers,
            payload: Bytes::new(),
        })
    }
}

/// The original's headers as a dead letter carries them: what both need gets a prefix, and what the server or the
/// client made (but for the message id) is left out.
fn kept_headers(original: &Headers) -> Vec<(String, String)> {
    let mut kept = Vec::new();
    for (name, value) in original.iter() {
        let own = OWN.iter().any(|own| own.eq_ignore_ascii_case(name));
        if own || name.eq_ignore_ascii_case(MSG_ID) {
            kept.push((format!("{ORIGINAL}{name}"), value.to_owned()));
        } else if !is_servers(name) {
            kept.push((name.to_owned(), value.to_owned()));
        }
    }
    kept
}

/// The reverse of [`kept_headers`].
fn restored_headers(letter: &Headers) -> Vec<(String, String)> {
    let mut restored = Vec::new();
    for (name, value) in letter.iter() {
        let own = OWN.iter().any(|own| own.eq_ignore_ascii_case(name))
            || [ORIGINAL_SUBJECT, ORIGINAL_STREAM, ORIGINAL_SEQUENCE].contains(&name);
        let name = name.strip_prefix(ORIGINAL).unwrap_or(name);
        if !own && !is_servers(name) {
            restored.push((name.to_owned(), value.to_owned()));
        }
    }
    restored
}

fn is_servers(name: &str) -> bool {
    name.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("nats-"))
}

/// `reason` as a `snake_case` token, so that it can be a metric label.
fn token(reason: &str) -> String {
    let token: String = reason
        .chars()
        .take(64)
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect();
    let token = token.trim_matches('_');
    if token.is_empty() { "other".into() } else { token.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_become_tokens() {
        let check =
            |reason: &str, expected: &str| assert_eq!(token(reason), expected, "{reason:?}");
        check("bad_json", "bad_json");
        check("Bad JSON!", "bad_json");
        check("...", "other");
        check("", "other");
        check(&"x".repeat(100), &"x".repeat(64));
    }

    #[test]
    fn headers_survive_a_death_and_a_replay() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let original: Headers = [
            pair("Copydesk-Stage", "ingest"),
            pair("Copydesk-Ready", "17"),
            pair("Nats-Msg-Id", "ingest.1:a_1"),
            pair("Nats-Expected-Stream", "COPYDESK_RAW"),
            pair("ce-id", "x"),
        ]
        .into_iter()
        .collect();
        let mut letter = kept_headers(&original);
        letter.extend([
            pair("Copydesk-Stage", "dedup"),
            pair("Copydesk-Reason", "bad_json"),
            pair(ORIGINAL_STREAM, "COPYDESK_RAW"),
        ]);
        let letter: Headers = letter.into_iter().collect();
        assert_eq!(letter.get("Copydesk-Stage"), Some("dedup"));
        assert_eq!(letter.get("Copydesk-Original-Copydesk-Stage"), Some("ingest"));
        assert_eq!(letter.get("Copydesk-Original-Nats-Msg-Id"), Some("ingest.1:a_1"));
        let mut restored = restored_headers(&letter);
        restored.sort();
        assert_eq!(
            restored,
            [pair("Copydesk-Ready", "17"), pair("Copydesk-Stage", "ingest"), pair("ce-id", "x")]
        );
    }
}
