//! Ingest, worker loop, sink, configuration, telemetry and the admin page of copydesk.
//!
//! **Invariant: knows neither the types of the NATS client nor any rule of language.** Streams are the bus's matter,
//! articles the stages'; here they are brought together: files become records, records go from stage to stage, and
//! what is finished is written down.

mod clock;
pub mod config;
mod logs;
mod shutdown;
mod telemetry;
mod worker;

pub use logs::init_logs;
pub use shutdown::{Panicked, Shutdown};
