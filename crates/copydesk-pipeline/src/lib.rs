//! Ingest, worker loop, sink, configuration, telemetry and the admin page of copydesk.
//!
//! **Invariant: knows neither the types of the NATS client nor any rule of language.** Streams are the bus's matter,
//! articles the stages'; here they are brought together: files become records, records go from stage to stage, and
//! what is finished is written down.

mod admin;
mod article;
mod article_key;
mod clock;
pub mod config;
mod connect;
mod dead;
mod demo;
mod doctor;
mod enrich;
mod entity;
mod failure;
mod ingest;
mod input;
mod janitor;
mod kb;
mod knowledge;
mod logs;
mod model;
mod monitor;
mod ordered;
mod parse;
mod patience;
mod run;
mod runtime;
mod shutdown;
mod sink;
mod status;
mod tail;
mod telemetry;
#[cfg(test)]
mod testing;
mod usage;
mod worker;

pub use connect::NotRunning;
pub use copydesk_stages::{RegistryEntry, StageName};
pub use copydesk_types::record_schema;
pub use dead::{DeadInfo, DeadShown, Replay, dead_list, dead_replay, dead_show};
pub use demo::{Demo, Sample, Shown, demo};
pub use doctor::{Check, CheckState, doctor};
pub use enrich::{ENRICH_STAGES, EnrichOptions, enrich};
pub use entity::entity_show;
pub use failure::{Failure, classify, hint};
pub use input::{Failed, Report, Tally};
pub use kb::{
    KbAnswer, KbBuild, KbEntity, KbFormat, KbShown, KbUserWord, build_kb, lookup_kb, show_kb,
};
pub use logs::init_logs;
pub use model::{ModelInfo, Progress, fetch_model, list_models};
pub use parse::{Components, ParseOptions, ParseStats, parse, parse_stats};
pub use run::{RunInfo, run};
pub use runtime::block_on;
pub use shutdown::{Panicked, Shutdown};
pub use status::{StageStatus, Status, status, watch_status};
pub use tail::{TailOptions, tail};
