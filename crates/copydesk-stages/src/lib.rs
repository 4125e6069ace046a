//! The stages of copydesk: dedup, extract (entities and claims), relate.
//!
//! A stage is a synchronous function over a record. It knows nothing of delivery, so `copydesk enrich` runs the
//! same stages in process that the workers run behind NATS.
//!
//! **Invariant: knows no runtime, no NATS, no files and no clock.** What a stage needs from outside (model,
//! knowledge base, index) is given to its constructor; time comes from the record.

mod dedup;
mod extract;
mod relate;
mod stage;

pub use dedup::{Dedup, DedupOptions};
#[doc(hidden)]
pub use extract::claims::training as claims_training;
pub use extract::{Extract, Knowledge, base_id, name_similarity};
pub use relate::{RegistryEntry, Relate, RelateOptions, SeenRole};
pub use stage::{Route, Stage, StageError, StageName};
