//! The sections of the configuration.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{ByteSize, Time};

/// Where the admin pages answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Http(pub SocketAddr);

impl TryFrom<String> for Http {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let address = text.parse().map(Self);
        address.map_err(|_| format!("{text:?} is no address and port; write 127.0.0.1:9464"))
    }
}

impl From<Http> for String {
    fn from(http: Http) -> Self {
        http.0.to_string()
    }
}

/// A text that may be left empty, which means that there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Optional(String);

impl Optional {
    /// The text, if there is one.
    pub fn get(&self) -> Option<&str> {
        (!self.0.is_empty()).then_some(self.0.as_str())
    }

    /// The text as a path, if there is one.
    pub fn path(&self) -> Option<&Path> {
        self.get().map(Path::new)
    }
}

impl From<&str> for Optional {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Optional {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `[nats]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each key is explained once, in config/copydesk.toml")]
pub struct Nats {
    pub url: Optional,
    pub credentials: Optional,
    pub server: Optional,
    pub durability: Durability,
    pub stream_bytes: ByteSize,
    pub replicas: usize,
}

/// When the local server has a message on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// Within a second.
    Normal,
    /// Before it answers.
    Strict,
}

/// `[ingest]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each key is explained once, in config/copydesk.toml")]
pub struct Ingest {
    pub settle: Time,
    pub rescan: Time,
    pub watch: WatchMode,
    pub after: After,
    pub ignore: Vec<String>,
    pub max_in_flight: usize,
    pub limits: Limits,
}

/// How changes of the inbox are noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WatchMode {
    /// By events if they come, else by polling.
    Auto,
    /// By events.
    Native,
    /// By polling.
    Poll,
}

/// What becomes of an input file whose records are safe in the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum After {
    /// It goes to `done/<date>/`.
    Move,
    /// It is deleted.
    Delete,
    /// It stays.
    Keep,
}

/// `[ingest.limits]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each key is explained once, in config/copydesk.toml")]
pub struct Limits {
    pub file_bytes: ByteSize,
    pub expanded_bytes: ByteSize,
    pub ratio: u64,
    pub document_bytes: ByteSize,
    pub record_bytes: ByteSize,
    pub html_bytes: ByteSize,
    pub html_depth: usize,
    pub html_depth_hard: usize,
}

impl Limits {
    /// The caps as the readers take them.
    pub(crate) fn for_readers(&self) -> copydesk_readers::Limits {
        let bytes = |size: ByteSize| usize::try_from(size.0).unwrap_or(usize::MAX);
        copydesk_readers::Limits {
            file_bytes: self.file_bytes.0,
            expanded_bytes: self.expanded_bytes.0,
            ratio: self.ratio,
            document_bytes: bytes(self.document_bytes),
            record_bytes: bytes(self.record_bytes),
            html_bytes: bytes(self.html_bytes),
            html_depth: self.html_depth,
            html_depth_hard: self.html_depth_hard,
            ..copydesk_readers::Limits::default()
        }
    }
}

/// `[extract]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each key is explained once, in config/copydesk.toml")]
pub struct Extract {
    pub workers: usize,
    pub batch: usize,
    pub explain: bool,
}

impl Extract {
    /// How many workers there are to be: `workers`, or one a core.
    pub fn worker_count(&self) -> usize {
        if self.workers > 0 {
            return self.workers;
        }
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
    }
}

/// `[entities]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each key is explained once, in config/copydesk.toml")]
pub struct Entities {
    pub base: Optional,
    pub names: Optional,
}

/// `[claims]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each key is explained once, in config/copydesk.toml")]
pub struct Claims {
    pub publish: bool,
}

/// `[sink]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each key is explained once, in config/copydesk.toml")]
pub struct Sink {
    pub batch: usize,
    pub flush: Time,
    pub roll_bytes: ByteSize,
    pub roll_age: Time,
}

/// `[log]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each key is explained once, in config/copydesk.toml")]
pub struct Log {
    pub level: String,
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

/// `[shutdown]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each key is explained once, in config/copydesk.toml")]
pub struct ShutdownConfig {
    pub drain: Time,
}
