//! Where the sink goes on: the last commit held against the stream as it is now.

use std::path::Path;

use anyhow::{Context as _, bail};
use copydesk_bus::{Bus, BusError, StreamName, StreamState};

use super::commits::Commit;
use super::store::Store;
use super::{lend, nanos};
use crate::patience::patiently;

/// What the stream is to an output.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// The output is new, or the stream is: begin behind this sequence.
    Begin { behind: u64 },
    /// Go on behind the last commit.
    GoOn,
    /// Messages between the last commit and the first one there are gone.
    Gap { lost: u64 },
    /// The stream has lost its newest messages and has given their sequences to others: read all of it again.
    Again { behind: u64 },
    /// Another stream, that may have lost records which are not in this output.
    Foreign { lost: u64 },
}

/// Puts the output in its place in the stream and gives the time when the stream was made.
pub(super) async fn begin(
    bus: &Bus,
    slot: &mut Option<Store>,
    output: &Path,
) -> anyhow::Result<String> {
    let stream = StreamName::Enriched;
    let state = patiently(|| bus.stream_state(stream)).await?;
    let commit = slot.as_ref().and_then(Store::last).cloned();
    let kept = match &commit {
        Some(commit) => patiently(|| is_kept(bus, commit)).await?,
        None => false,
    };
    let step = step(commit.as_ref(), &state, kept);
    let behind = match step {
        Step::GoOn => return Ok(state.created),
        Step::Gap { lost } => {
            tracing::error!(
                lost,
                "records were removed from {stream} before they were written to this output"
            );
            return Ok(state.created);
        }
        Step::Foreign { lost } => bail!(
            "write to {}: it belongs to a {stream} made at {}; the one here was made at {} and has lost its \
             first {lost} records, which may be missing in this output. Choose another output directory, or delete \
             {} to go on with what is there",
            output.display(),
            commit.map(|commit| commit.stream_created).unwrap_or_default(),
            state.created,
            output.join("sink.commit").display(),
        ),
        Step::Begin { behind } => {
            if commit.is_some() {
                tracing::warn!(
                    "{stream} was made anew: writing goes on with its first record; articles that are in the output \
                     already are not written again"
                );
            } else if behind > 0 {
                tracing::warn!(
                    behind,
                    "a new output begins behind records that {stream} has no more"
                );
            }
            behind
        }
        Step::Again { behind } => {
            tracing::warn!("{stream} has lost its newest records: reading all of it again");
            behind
        }
    };
    let created = state.created.clone();
    let put = move |store: &mut Store| store.begin(stream.as_str(), &created, behind);
    lend(slot, output, put).await.context("begin the output")?;
    Ok(state.created)
}

/// Whether the stream is still the one that the commit speaks of.
pub(super) async fn still_follows(bus: &Bus, commit: &Commit) -> Result<bool, BusError> {
    let state = bus.stream_state(StreamName::Enriched).await?;
    let kept = is_kept(bus, commit).await?;
    Ok(matches!(step(Some(commit), &state, kept), Step::GoOn | Step::Gap { .. }))
}

/// Whether the last committed message still stands at its sequence.
async fn is_kept(bus: &Bus, commit: &Commit) -> Result<bool, BusError> {
    if commit.last_seq == 0 {
        return Ok(false); // Nothing is committed, and the server refuses to be asked for message 0.
    }
    let there = bus.get_message(StreamName::Enriched, commit.last_seq).await?;
    Ok(there.is_some_and(|message| nanos(message.time_unix_ns) == commit.last_time))
}

fn step(commit: Option<&Commit>, state: &StreamState, kept: bool) -> Step {
    let behind = state.first_seq.saturating_sub(1);
    let Some(commit) = commit else { return Step::Begin { behind } };
    if commit.stream_created != state.created {
        return match behind {
            0 => Step::Begin { behind },
            lost => Step::Foreign { lost },
        };
    }
    if commit.last_seq < behind {
        return Step::Gap { lost: behind - commit.last_seq };
    }
    // What lies before the first message was purged, which happens only to what is committed.
    if kept || commit.last_seq == behind { Step::GoOn } else { Step::Again { behind } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stream_has_its_step() {
        let check =
            |commit: Option<(&str, u64)>, stream: (&str, u64, u64), kept, expected: Step| {
                let commit = commit.map(|(created, last_seq)| Commit {
                    stream_created: created.into(),
                    last_seq,
                    ..Commit::default()
                });
                let (created, first_seq, last_seq) = stream;
                let created = created.into();
                let state = StreamState { created, first_seq, last_seq, messages: 0, bytes: 0 };
                let found = step(commit.as_ref(), &state, kept);
                assert_eq!(found, expected, "{commit:?} {state:?} {kept}");
            };
        // A new output.
        check(None, ("a", 0, 0), false, Step::Begin { behind: 0 });
        check(None, ("a", 1, 9), false, Step::Begin { behind: 0 });
        check(None, ("a", 5, 9), false, Step::Begin { behind: 4 });
        // The same stream.
        check(Some(("a", 0)), ("a", 0, 0), false, Step::GoOn);
        check(Some(("a", 0)), ("a", 1, 9), false, Step::GoOn);
        check(Some(("a", 7)), ("a", 1, 9), true, Step::GoOn);
        check(Some(("a", 9)), ("a", 10, 9), false, Step::GoOn);
        check(Some(("a", 7)), ("a", 1, 9), false, Step::Again { behind: 0 });
        check(Some(("a", 7)), ("a", 3, 5), false, Step::Again { behind: 2 });
        check(Some(("a", 7)), ("a", 11, 20), false, Step::Gap { lost: 3 });
        // Another stream.
        check(Some(("a", 7)), ("b", 1, 9), false, Step::Begin { behind: 0 });
        check(Some(("a", 7)), ("b", 0, 0), false, Step::Begin { behind: 0 });
        check(Some(("a", 7)), ("b", 4, 9), true, Step::Foreign { lost: 3 });
    }
}
