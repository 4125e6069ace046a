//! Ingest, worker loop, sink, configuration, telemetry and the admin page of copydesk.
//!
//! **Invariant: knows neither the types of the NATS client nor any rule of language.** Streams are the bus's matter,
//! articles the stages'; here they are brought together: files become records, records go from stage to stage, and
//! what is finished is written down.

mod article;
mod article_key;
mod clock;
pub mod config;
mod doctor;
mod enrich;
mod failure;
mod input;
mod logs;
mod model;
mod ordered;
mod parse;
mod patience;
mod shutdown;
#[cfg_attr(not(test), expect(dead_code, reason = "started by the run, which is being written"))]
mod sink;
mod telemetry;
#[cfg(test)]
mod testing;
mod usage;
mod worker;

pub use copydesk_stages::StageName;
pub use copydesk_types::record_schema;
pub use doctor::{Check, CheckState, doctor};
pub use enrich::{ENRICH_STAGES, EnrichOptions, enrich};
pub use failure::{Failure, classify, hint};
pub use input::{Failed, Report, Tally};
pub use logs::init_logs;
pub use model::{ModelInfo, Progress, fetch_model, list_models};
pub use parse::{Components, ParseOptions, ParseStats, parse, parse_stats};
pub use shutdown::{Panicked, Shutdown};
