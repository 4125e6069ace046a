//! Why something on the bus failed.

use std::path::PathBuf;

use async_nats::jetstream::{self, ErrorCode};

use crate::{StreamName, version};

/// What an error came from.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why something on the bus failed.
#[derive(Debug, thiserror::Error)]
pub enum BusError {
    /// No server answers at the URL.
    #[error("reach NATS at {url}")]
    Unreachable {
        /// Where it should be.
        url: String,
        /// What the connection said.
        #[source]
        source: Cause,
    },
    /// The server is older than what the streams need.
    #[error(
        "use nats-server {found}: it silently drops settings that the streams need; run {} or newer",
        version::MINIMUM
    )]
    OldServer {
        /// Its version.
        found: String,
    },
    /// The server runs without JetStream.
    #[error("use the NATS server at {url}: JetStream is off there; start it with -js")]
    NoJetStream {
        /// Where it is.
        url: String,
    },
    /// The file with the credentials cannot be used.
    #[error("use the credentials in {path}")]
    Credentials {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Cause,
    },
    /// The server made something else of a stream or consumer than was asked for.
    #[error("set up {what}: asked for {field} {wanted}, the server made it {made}")]
    Config {
        /// The stream or consumer.
        what: String,
        /// The setting.
        field: &'static str,
        /// What was asked for.
        wanted: String,
        /// What it became.
        made: String,
    },
    /// A stream or consumer that is not there.
    #[error("find {what}")]
    NotFound {
        /// The stream or consumer.
        what: String,
    },
    /// The stream is full: wait until its consumer has made room.
    #[error("store in {stream}: it is full")]
    Full {
        /// The stream.
        stream: StreamName,
        /// What the server said.
        #[source]
        source: Cause,
    },
    /// The message is larger than the stream or the server takes.
    #[error("store {bytes} bytes in {stream}: too large for one message")]
    TooLarge {
        /// The stream.
        stream: StreamName,
        /// Size of the payload.
        bytes: usize,
    },
    /// Somebody else stored a message in between.
    #[error("store in {stream} right after sequence {expected}: another writer was there first")]
    WrongLastSequence {
        /// The stream.
        stream: StreamName,
        /// The sequence that should have been the last.
        expected: u64,
    },
    /// The server refused a message for good.
    #[error("store in {stream}")]
    Refused {
        /// The stream.
        stream: StreamName,
        /// What the server said.
        #[source]
        source: Cause,
    },
    /// No answer in time; it may still have happened.
    #[error("get an answer to: {what}")]
    Unavailable {
        /// What was asked.
        what: String,
        /// What the client said.
        #[source]
        source: Cause,
    },
    /// The server said no.
    #[error("{what}")]
    Request {
        /// What was asked.
        what: String,
        /// What the server said.
        #[source]
        source: Cause,
    },
    /// A header name with characters that NATS does not take.
    #[error("write the header {name:?}")]
    Header {
        /// The name.
        name: String,
    },
    /// A dead letter that never stood on a subject.
    #[error("put dead letter {seq} back: it did not come from a stream")]
    NotReplayable {
        /// Its sequence.
        seq: u64,
    },
}

impl BusError {
    /// Whether the same call may succeed later with nobody doing anything.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Unavailable { .. } | Self::Full { .. })
    }

    /// What became of an API request that the server answered with an error.
    pub(crate) fn answered(what: &str, error: jetstream::Error) -> Self {
        let what = what.to_owned();
        match error.error_code() {
            ErrorCode::STREAM_NOT_FOUND
            | ErrorCode::CONSUMER_NOT_FOUND
            | ErrorCode::NO_MESSAGE_FOUND => Self::NotFound { what },
            _ if error.code() == 503 => Self::Unavailable { what, source: error.into() },
            _ => Self::Request { what, source: error.into() },
        }
    }
}
