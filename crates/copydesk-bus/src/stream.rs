//! The streams: what each must be, and making it so.

use std::time::Duration;

use async_nats::jetstream::stream::{
    Compression, Config, DiscardPolicy, RetentionPolicy, StorageType,
};
use serde::{Deserialize, Serialize};

use crate::subjects::{ALL_STREAMS, decision_subject};
use crate::{Bus, BusError, BusOptions, StreamName};

/// How long the server knows a message id.
pub const DUPLICATE_WINDOW: Duration = Duration::from_hours(2);
/// Largest message with its headers.
pub const MAX_MESSAGE_BYTES: i32 = 4 << 20;
/// A dead letter has some headers more than the message that it came from.
const DEAD_HEADROOM: i32 = 64 << 10;
const DAY: Duration = Duration::from_hours(24);

#[derive(Deserialize)]
struct Made {
    config: Config,
}

#[derive(Serialize)]
struct At {
    seq: u64,
}

#[derive(Serialize)]
struct Keep {
    filter: String,
    keep: u64,
}

#[derive(Deserialize)]
struct Purged {
    purged: u64,
}

impl Bus {
    /// Makes every stream, or brings it to what this version wants. Doing it again changes nothing.
    pub async fn ensure_streams(&self) -> Result<(), BusError> {
        for stream in ALL_STREAMS {
            let wanted = wanted(stream, &self.inner.options);
            let what = format!("set up {stream}");
            let created = self.api(&what, format!("STREAM.CREATE.{stream}"), &wanted).await;
            let made: Made = match created {
                Ok(made) => made,
                // It is there with another configuration, which an update may be able to change.
                Err(BusError::Request { .. }) => {
                    self.api(&what, format!("STREAM.UPDATE.{stream}"), &wanted).await?
                }
                Err(error) => return Err(error),
            };
            compare(stream.as_str(), &facts(&wanted), &facts(&made.config))?;
        }
        Ok(())
    }

    /// Removes the messages with a sequence below `seq` and says how many there were.
    pub async fn purge_below(&self, stream: StreamName, seq: u64) -> Result<u64, BusError> {
        if seq <= 1 {
            // The server reads sequence 0 as "all of them".
            return Ok(0);
        }
        let what = format!("purge {stream} below {seq}");
        let purged: Purged = self.api(&what, format!("STREAM.PURGE.{stream}"), &At { seq }).await?;
        Ok(purged.purged)
    }

    /// Removes the decisions of `stage` but for the newest one: for a stage whose last word is all that counts.
    pub async fn keep_last_decision(&self, stage: &str) -> Result<u64, BusError> {
        let stream = StreamName::Decisions;
        let what = format!("purge the decisions of {stage}");
        let question = Keep { filter: decision_subject(stage), keep: 1 };
        let purged: Purged = self.api(&what, format!("STREAM.PURGE.{stream}"), &question).await?;
        Ok(purged.purged)
    }
}

/// Limits retention everywhere: on a work queue the duplicate index forgets acknowledged messages at a restart.
/// Discard new: a full stream makes its writer wait and drops nothing old.
fn wanted(stream: StreamName, options: &BusOptions) -> Config {
    let max_age = match stream {
        StreamName::Raw | StreamName::Unique | StreamName::Extracted => DAY * 7,
        StreamName::Enriched | StreamName::Claims => DAY * 30,
        StreamName::Dead => DAY * 90,
        StreamName::Decisions => Duration::ZERO,
    };
    let headroom = if stream == StreamName::Dead { DEAD_HEADROOM } else { 0 };
    Config {
        name: stream.as_str().into(),
        subjects: stream.subjects(),
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::New,
        storage: StorageType::File,
        max_bytes: stream.limit(options.stream_bytes).unwrap_or(-1),
        max_messages: -1,
        max_messages_per_subject: -1,
        max_consumers: -1,
        max_age,
        max_message_size: MAX_MESSAGE_BYTES + headroom,
        num_replicas: options.replicas,
        duplicate_window: DUPLICATE_WINDOW,
        compression: Some(Compression::S2),
        ..Config::default()
    }
}

/// The settings that must come back as they were sent.
fn facts(config: &Config) -> Vec<(&'static str, String)> {
    vec![
        ("subjects", config.subjects.join(" ")),
        ("retention", format!("{:?}", config.retention)),
        ("discard", format!("{:?}", config.discard)),
        ("storage", format!("{:?}", config.storage)),
        ("max_bytes", config.max_bytes.to_string()),
        ("max_age", format!("{:?}", config.max_age)),
        ("max_msg_size", config.max_message_size.to_string()),
        ("num_replicas", config.num_replicas.to_string()),
        ("duplicate_window", format!("{:?}", config.duplicate_window)),
        ("compression", format!("{:?}", config.compression)),
    ]
}

/// An old server accepts newer settings and drops them without a word: this is where it is found out.
pub(crate) fn compare(
    what: &str,
    wanted: &[(&'static str, String)],
    made: &[(&'static str, String)],
) -> Result<(), BusError> {
    for ((field, wanted), (_, made)) in wanted.iter().zip(made) {
        if wanted != made {
            let (what, wanted, made) = (what.to_owned(), wanted.clone(), made.clone());
            return Err(BusError::Config { what, field, wanted, made });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_setting_is_named() {
        let options = BusOptions {
            url: String::new(),
            credentials: None,
            stream_bytes: 1 << 30,
            replicas: 1,
            name: "test".into(),
        };
        let wanted = wanted(StreamName::Raw, &options);
        let check = |change: &dyn Fn(&mut Config), field: &str| {
            let mut made = wanted.clone();
            change(&mut made);
            let compared = compare("X", &facts(&wanted), &facts(&made));
            let found = compared.err().map(|e| e.to_string()).unwrap_or_default();
            assert!(found.contains(field), "{field}: {found}");
        };
        check(&|_| {}, "");
        assert!(compare("X", &facts(&wanted), &facts(&wanted)).is_ok());
        check(&|c| c.compression = None, "compression");
        check(&|c| c.duplicate_window = Duration::from_mins(2), "duplicate_window");
        check(&|c| c.discard = DiscardPolicy::Old, "discard");
        check(&|c| c.subjects.clear(), "subjects");
        check(&|c| c.max_bytes = -1, "max_bytes");
        check(&|c| c.max_message_size = -1, "max_msg_size");
    }
}
