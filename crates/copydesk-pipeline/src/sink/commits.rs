//! The log of commits, `sink.commit`: what of the output counts.
//!
//! A line is 32 hex digits of BLAKE3 over the rest of the line, a space, and the commit as JSON. Only the last line can
//! be torn, because each is synced before the next is written.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use copydesk_types::digest;
use serde::{Deserialize, Serialize};

use super::disk::sync_dir;
use super::store::StoreError;

/// Only the last line counts, so that a log of this size is begun anew.
const COMPACT_AT: u64 = 1 << 20;

/// What is safe in the output.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Commit {
    /// Version of this form.
    pub(super) v: u32,
    /// The stream.
    pub(super) stream: String,
    /// When that stream was made.
    pub(super) stream_created: String,
    /// First sequence of the batch.
    pub(super) first_seq: u64,
    /// Everything up to this sequence is in the output.
    pub(super) last_seq: u64,
    /// When the stream stored that last message, in Unix nanoseconds: tells whether it is still the same one.
    pub(super) last_time: u64,
    /// The output file, relative, without `.open`; none before the first.
    pub(super) file: Option<String>,
    /// When the stream stored the first message of that file, in Unix nanoseconds.
    pub(super) file_since: u64,
    /// How many bytes of that file count.
    pub(super) offset: u64,
    /// How many entries of `sink.ids` count.
    pub(super) ids: u64,
}

#[derive(Debug)]
pub(super) struct CommitLog {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl CommitLog {
    /// Opens or makes the log, cuts a torn line off, and gives the last commit.
    pub(super) fn open(path: &Path) -> Result<(Self, Option<Commit>), StoreError> {
        let failed = |source| StoreError::Io { path: path.into(), source };
        let file = File::options().create(true).append(true).open(path).map_err(failed)?;
        let text = fs::read(path).map_err(failed)?;
        let damaged = |what| StoreError::Damaged { path: path.into(), what };
        let mut last = None;
        let mut sound = 0;
        for line in text.split_inclusive(|b| *b == b'\n') {
            match read_line(line) {
                Some(commit) if commit.v != 1 => {
                    return Err(damaged("it was written by a newer version"));
                }
                Some(commit) => {
                    last = Some(commit);
                    sound += line.len();
                }
                None if sound + line.len() == text.len() => {}
                None => return Err(damaged("a line in its middle is not sound")),
            }
        }
        let bytes = sound as u64;
        file.set_len(bytes).and_then(|()| file.sync_all()).map_err(failed)?;
        if let Some(dir) = path.parent() {
            sync_dir(dir).map_err(failed)?;
        }
        Ok((Self { path: path.into(), file, bytes }, last))
    }

    /// Writes a commit and syncs it. After an error the log must be opened again.
    pub(super) fn append(&mut self, commit: &Commit) -> io::Result<()> {
        let line = write_line(commit)?;
        if self.bytes >= COMPACT_AT {
            return self.begin_anew(&line);
        }
        self.file.write_all(&line)?;
        self.file.sync_data()?;
        self.bytes += line.len() as u64;
        Ok(())
    }

    /// Which file it is, whatever stands under its name now.
    pub(super) fn inode(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.ino())
    }

    fn begin_anew(&mut self, line: &[u8]) -> io::Result<()> {
        let temporary = self.path.with_extension("commit.new");
        let mut file = File::create(&temporary)?;
        file.write_all(line)?;
        file.sync_all()?;
        fs::rename(&temporary, &self.path)?;
        if let Some(dir) = self.path.parent() {
            sync_dir(dir)?;
        }
        self.file = File::options().append(true).open(&self.path)?;
        self.bytes = line.len() as u64;
        Ok(())
    }
}

fn write_line(commit: &Commit) -> io::Result<Vec<u8>> {
    let json = serde_json::to_string(commit)?;
    Ok(format!("{} {json}\n", digest(&[json.as_bytes()])).into_bytes())
}

fn read_line(line: &[u8]) -> Option<Commit> {
    let text = std::str::from_utf8(line.strip_suffix(b"\n")?).ok()?;
    let (sum, json) = text.split_once(' ')?;
    (sum == digest(&[json.as_bytes()])).then(|| serde_json::from_str(json).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(seq: u64) -> Commit {
        Commit { v: 1, last_seq: seq, file: Some(format!("d/enriched-{seq}")), ..Commit::default() }
    }

    fn last(path: &Path) -> Option<u64> {
        CommitLog::open(path).unwrap().1.map(|commit| commit.last_seq)
    }

    #[test]
    fn the_last_whole_line_counts() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sink.commit");
        let (mut log, none) = CommitLog::open(&path).unwrap();
        assert_eq!(none, None);
        log.append(&commit(1)).unwrap();
        let one = fs::read(&path).unwrap();
        log.append(&commit(2)).unwrap();
        let two = fs::read(&path).unwrap();
        for cut in one.len()..=two.len() {
            fs::write(&path, &two[..cut]).unwrap();
            assert_eq!(last(&path), Some(if cut == two.len() { 2 } else { 1 }), "{cut}");
            let kept = if cut == two.len() { two.len() } else { one.len() };
            assert_eq!(fs::read(&path).unwrap().len(), kept, "the torn line is gone: {cut}");
        }
        for cut in 0..one.len() {
            fs::write(&path, &one[..cut]).unwrap();
            assert_eq!(last(&path), None, "{cut}");
        }
    }

    #[test]
    fn a_bad_line_in_the_middle_is_no_torn_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sink.commit");
        let (mut log, _) = CommitLog::open(&path).unwrap();
        log.append(&commit(1)).unwrap();
        let first = fs::read(&path).unwrap().len();
        log.append(&commit(2)).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        bytes[first - 3] ^= 1;
        fs::write(&path, &bytes).unwrap();
        let error = CommitLog::open(&path).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
        assert_eq!(fs::read(&path).unwrap(), bytes, "left as it was, for somebody to look at");
    }

    #[test]
    fn a_long_log_is_begun_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sink.commit");
        let (mut log, _) = CommitLog::open(&path).unwrap();
        log.append(&commit(1)).unwrap();
        let line = log.bytes;
        log.bytes = COMPACT_AT;
        log.append(&commit(2)).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), line);
        log.append(&commit(3)).unwrap();
        assert_eq!(last(&path), Some(3));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
