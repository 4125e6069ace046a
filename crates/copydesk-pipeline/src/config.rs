//! Settings: compiled-in defaults < file < environment < command line, checked whole before anything starts.
//!
//! The defaults are `config/copydesk.toml` itself, so that the commented file cannot differ from what counts.

mod bytes;
mod check;
mod error;
mod layers;
mod locate;
mod sections;
mod stages;
mod time;

use std::path::PathBuf;

use copydesk_types::Provenance;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use bytes::ByteSize;
pub use error::ConfigError;
pub use layers::{Loaded, Overrides, Setting, Sources};
pub use sections::{
    After, Claims, Durability, Entities, Extract, Http, Ingest, Limits, Log, LogFormat, Nats,
    Optional, ShutdownConfig, Sink, WatchMode,
};
pub use stages::Stages;
pub use time::Time;

/// The commented defaults, as they ship.
pub const DEFAULTS: &str = include_str!("../../../config/copydesk.toml");

/// All settings. Each is explained in [`DEFAULTS`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "each key is explained once, in config/copydesk.toml")]
pub struct Config {
    pub inbox: PathBuf,
    pub output: PathBuf,
    pub data_dir: PathBuf,
    pub http: Http,
    pub stages: Stages,
    pub model: String,
    pub nats: Nats,
    pub ingest: Ingest,
    pub extract: Extract,
    pub entities: Entities,
    pub claims: Claims,
    pub sink: Sink,
    pub log: Log,
    pub shutdown: ShutdownConfig,
}

impl Default for Config {
    fn default() -> Self {
        toml::from_str(DEFAULTS).expect("the compiled-in defaults are tested")
    }
}

impl Config {
    /// Reads and checks all settings.
    pub fn load(sources: &Sources, overrides: &Overrides) -> Result<Loaded, ConfigError> {
        layers::load(sources, overrides)
    }

    /// What a record says about who made it. The hash covers the settings that shape records; extract makes it cover what is
    /// in the knowledge base and the list of names, so that two runs with the same hash and model make the same records of
    /// the same input.
    pub fn provenance(&self) -> Provenance {
        let shaping = (&self.ingest.limits, self.extract.explain);
        let json = serde_json::to_vec(&shaping).expect("settings are JSON");
        Provenance {
            copydesk: env!("CARGO_PKG_VERSION").into(),
            model: None,
            config: Some(format!("sha256:{:x}", Sha256::digest(&json))),
            host: host_name(),
        }
    }
}

/// The name of this machine.
fn host_name() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests;
