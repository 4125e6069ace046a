//! The state of a stage: a cache of the decisions log, rebuilt from it, or from a snapshot and what came after.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use copydesk_bus::{Bus, StreamName};
use copydesk_stages::Stage;
use serde::{Deserialize, Serialize};

/// A snapshot is written after so many decisions,
const SNAPSHOT_EVERY: u64 = 10_000;
/// and when they are a part of the log so large: a snapshot of many articles costs as much as its articles, and reading a
/// tenth of them again at the start costs little. The log has the decisions of two stages.
const SNAPSHOT_SHARE: u64 = 20;

/// How far the stage in memory has learnt.
#[derive(Debug)]
pub(super) struct Log {
    bus: Bus,
    stage: &'static str,
    version: u32,
    path: PathBuf,
    /// When the log was made: sequences of another one mean nothing.
    created: String,
    /// Every decision of the stage up to this sequence is in the state.
    seq: u64,
    /// Decisions since the last snapshot.
    fresh: u64,
}

/// First line of a snapshot file; the rest is the stage's own.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Head {
    stage: String,
    version: u32,
    log_created: String,
    seq: u64,
}

impl Log {
    pub(super) async fn open(
        bus: &Bus,
        stage: &'static str,
        version: u32,
        data_dir: &Path,
    ) -> anyhow::Result<Self> {
        let created = bus.stream_state(StreamName::Decisions).await?.created;
        let path = data_dir.join("state").join(format!("{stage}.snapshot"));
        Ok(Self { bus: bus.clone(), stage, version, path, created, seq: 0, fresh: 0 })
    }

    /// Fills a new stage: snapshot first if it fits, then the log.
    pub(super) async fn rebuild(&mut self, stage: &mut dyn Stage) -> anyhow::Result<()> {
        self.seq = 0;
        self.fresh = 0;
        match self.restore(stage) {
            Ok(Some(seq)) => self.seq = seq,
            Ok(None) => {}
            Err(error) => {
                let error = crate::shutdown::chain(&error);
                tracing::warn!(stage = self.stage, error, "the snapshot is not used");
            }
        }
        let from_snapshot = self.seq;
        let learnt = self.catch_up(stage).await?;
        tracing::info!(stage = self.stage, learnt, from_snapshot, "state is there");
        Ok(())
    }

    /// Learns what others have decided since. Says how many there were.
    pub(super) async fn catch_up(&mut self, stage: &mut dyn Stage) -> anyhow::Result<u64> {
        let what = || format!("read the decisions of {}", self.stage);
        let mut reader = self.bus.decisions(self.stage, self.seq + 1).await.with_context(what)?;
        let mut learnt = 0;
        let waiting = reader.pending_at_open();
        while learnt < waiting {
            let Some(decision) = reader.next().await.with_context(what)? else { break };
            if let Err(error) = stage.learn(&decision.payload) {
                // Written by another version: what it says is lost, and what is known stays.
                let error = crate::shutdown::chain(&error.into());
                tracing::warn!(stage = self.stage, seq = decision.seq, error, "decision not read");
            }
            self.seq = decision.seq;
            learnt += 1;
            if decision.pending == 0 {
                break;
            }
        }
        self.fresh += learnt;
        Ok(learnt)
    }

    /// The stage has learnt its own decision, and the log has stored it.
    pub(super) fn stored(&mut self, seq: u64) {
        self.seq = self.seq.max(seq);
        self.fresh += 1;
    }

    /// Writes a snapshot when many decisions are not in the last one, or any at the `end`. Serialising and writing are work
    /// for the blocking pool, to which the stage is lent. Not cancellation safe: the stage is gone.
    pub(super) async fn snapshot(
        &mut self,
        stage: Box<dyn Stage>,
        end: bool,
    ) -> anyhow::Result<Box<dyn Stage>> {
        if !is_due(self.fresh, self.seq, end) {
            return Ok(stage);
        }
        let head = Head {
            stage: self.stage.into(),
            version: self.version,
            log_created: self.created.clone(),
            seq: self.seq,
        };
        let mut head = serde_json::to_vec(&head)?;
        head.push(b'\n');
        let path = self.path.clone();
        let written = tokio::task::spawn_blocking(move || {
            let Some(state) = stage.snapshot() else { return (stage, Ok(0)) };
            let written = write_parts(&path, &[&head, &state]).map(|()| state.len());
            (stage, written)
        });
        let (stage, written) = written.await.context("write a snapshot")?;
        let bytes = written.with_context(|| format!("write {}", self.path.display()))?;
        self.fresh = 0;
        tracing::debug!(stage = self.stage, seq = self.seq, bytes, "snapshot written");
        Ok(stage)
    }

    /// The sequence that the snapshot is good for; `None` when there is none for this log.
    fn restore(&self, stage: &mut dyn Stage) -> anyhow::Result<Option<u64>> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).context(format!("read {}", self.path.display())),
        };
        let end = bytes.iter().position(|b| *b == b'\n').context("find the first line")?;
        let (head, state) = bytes.split_at(end);
        let head: Head = serde_json::from_slice(head).context("read the first line")?;
        let fits = head.stage == self.stage
            && head.version == self.version
            && head.log_created == self.created;
        if !fits {
            tracing::info!(stage = self.stage, "the snapshot is of another log or version");
            return Ok(None);
        }
        stage.restore(state.get(1..).unwrap_or_default())?;
        Ok(Some(head.seq))
    }
}

/// Whether `fresh` decisions of a log that ends with `seq` are worth a snapshot.
fn is_due(fresh: u64, seq: u64, end: bool) -> bool {
    fresh > 0 && (end || (fresh >= SNAPSHOT_EVERY && fresh * SNAPSHOT_SHARE >= seq))
}

/// Written beside, brought to the disk, renamed: a reader sees the old file or the new one.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    write_parts(path, &[bytes])
}

/// The same with one part behind the other.
fn write_parts(path: &Path, parts: &[&[u8]]) -> std::io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let temporary = path.with_extension("tmp");
    let mut file = File::create(&temporary)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()?;
    fs::rename(&temporary, path)?;
    File::open(directory)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_due_after_a_tenth_more() {
        let check = |fresh, seq, end, expected| {
            assert_eq!(is_due(fresh, seq, end), expected, "{fresh} of {seq}, end: {end}");
        };
        check(9_999, 9_999, false, false);
        check(10_000, 10_000, false, true);
        check(10_000, 200_000, false, true);
        check(10_000, 2_000_000, false, false);
        check(100_000, 2_000_000, false, true);
        check(1, 2_000_000, true, true);
        check(0, 2_000_000, true, false);
    }
}
