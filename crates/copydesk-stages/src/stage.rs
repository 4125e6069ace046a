//! What a stage is, and what can become of a record in it.

use copydesk_types::Record;

/// A synchronous step over one record. The same record gets the same answer on redelivery.
///
/// A stage with state decides in [`run`](Self::run) and learns in [`learn`](Self::learn): the log of decisions is the
/// truth, and the state is a cache of it.
pub trait Stage: Send {
    /// Which stage it is.
    fn name(&self) -> StageName;
    /// Fills the stage's section of the record. No I/O and no clock; the stage's state stays as it is.
    fn run(&mut self, record: &mut Record) -> Result<Route, StageError>;

    /// What the last [`run`](Self::run) decided, as JSON for the decisions log. `None` for a stage without state, and
    /// when the decision was known before.
    fn take_decision(&mut self) -> Option<Vec<u8>> {
        None
    }

    /// Takes a decision of the log into the state: called when the log has stored it, and at the start for the whole
    /// log in order. A decision that is known already changes nothing. Errors when the bytes are no decision.
    fn learn(&mut self, _decision: &[u8]) -> Result<(), StageError> {
        Ok(())
    }

    /// What readers may look up of the state and has changed since the last call: keys with JSON values.
    fn take_changes(&mut self) -> Vec<(String, Vec<u8>)> {
        Vec::new()
    }

    /// The state in a form that [`restore`](Self::restore) reads, versioned and checksummed. `None` for a stage
    /// without state.
    fn snapshot(&self) -> Option<Vec<u8>> {
        None
    }

    /// Puts the state of a snapshot in place of the present one. On an error (damaged, or of another version) the
    /// state is as it was, and is to be rebuilt from the log.
    fn restore(&mut self, _snapshot: &[u8]) -> Result<(), StageError> {
        Err(StageError::Reject(anyhow::anyhow!("this stage keeps no state")))
    }
}

/// The stages of the pipeline, in the order of the data. Also metric label, consumer name and dead-letter subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StageName {
    /// Files to records.
    Ingest,
    /// Copies and versions.
    Dedup,
    /// Entities and claims.
    Extract,
    /// Stories, claim groups, ids over articles.
    Relate,
    /// JSON Lines.
    Sink,
}

impl StageName {
    /// Every stage, in order.
    pub const ALL: [Self; 5] = [Self::Ingest, Self::Dedup, Self::Extract, Self::Relate, Self::Sink];

    /// The name as a subject token, label and flag value.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ingest => "ingest",
            Self::Dedup => "dedup",
            Self::Extract => "extract",
            Self::Relate => "relate",
            Self::Sink => "sink",
        }
    }
}

impl std::fmt::Display for StageName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a record goes after a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Route {
    /// To the next stage.
    On,
    /// Past the rest: a duplicate, straight to the output.
    Aside,
}

/// Why a stage could not do its work, told by what to do next.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// It may go well later: deliver again after a delay.
    #[error("the stage may succeed later")]
    Retry(#[source] anyhow::Error),
    /// It never will: to the dead letters.
    #[error("the stage refused the record")]
    Reject(#[source] anyhow::Error),
}
