//! The output as the commit log says it is: each article once, whatever happened before.
//!
//! Order of a commit: lines, sync; ids, sync; commit record, sync. A crash in between leaves bytes behind the committed
//! lengths, which [`Store::open`] cuts off. After an error the store must be dropped and opened again: a failed sync
//! says nothing about what is on the disk, and a second one on the same descriptor may lie.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;

use super::commits::{Commit, CommitLog};
use super::disk::{OPEN, date_of, open_path, output_files, sync_dir};
use super::ids::Ids;
use super::segment::{Segment, seal};

const COMMITS: &str = "sink.commit";
const IDS: &str = "sink.ids";

/// Why the output cannot be opened or written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// Two sinks would tear each other's files.
    #[error("write to {path}: another copydesk has it open")]
    Locked {
        /// The output directory.
        path: PathBuf,
    },
    /// A file that no crash leaves behind.
    #[error("use {path}: {what}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The file system said no.
    #[error("write to {path}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What it said.
        #[source]
        source: io::Error,
    },
}

/// When a file is sealed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Roll {
    pub(super) bytes: u64,
    pub(super) age: Duration,
}

/// A record on its way to the output.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) seq: u64,
    /// When the stream stored it, in Unix nanoseconds.
    pub(super) time: u64,
    pub(super) key: u128,
    /// One JSON object without a line end.
    pub(super) json: Bytes,
}

/// What a batch came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) lines: usize,
    pub(super) bytes: u64,
    /// Records that were in the output already.
    pub(super) known: usize,
}

#[derive(Debug)]
pub(super) struct Store {
    root: PathBuf,
    roll: Roll,
    commits: CommitLog,
    ids: Ids,
    segment: Option<Segment>,
    last: Option<Commit>,
    /// Held as long as the store lives.
    _lock: Lock,
}

/// Lines that go into one commit.
#[derive(Default)]
struct Pending {
    bytes: Vec<u8>,
    keys: Vec<u128>,
    first_seq: u64,
    last: Option<(u64, u64)>,
}

impl Store {
    /// Opens the output directory, or makes it, and takes back what was not committed.
    pub(super) fn open(root: &Path, roll: Roll) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Io { path: root.into(), source };
        fs::create_dir_all(root).map_err(failed)?;
        let lock = Lock::take(root)?;
        let (commits, last) = CommitLog::open(&root.join(COMMITS))?;
        let mut store = match last {
            None => {
                salvage(root).map_err(failed)?;
                let ids = Ids::rebuild(&root.join(IDS), root).map_err(failed)?;
                Self { root: root.into(), roll, commits, ids, segment: None, last, _lock: lock }
            }
            Some(commit) => {
                let segment = resume(root, &commit)?;
                remove_uncommitted(root, segment.as_ref()).map_err(failed)?;
                let path = root.join(IDS);
                let (ids, sound) = match Ids::open(&path, commit.ids).map_err(failed)? {
                    Some(ids) => (ids, true),
                    None => (Ids::rebuild(&path, root).map_err(failed)?, false),
                };
                let last = Some(commit.clone());
                let root = root.into();
                let mut store = Self { root, roll, commits, ids, segment, last, _lock: lock };
                if !sound {
                    tracing::warn!(
                        path = %path.display(),
                        ids = store.ids.count(),
                        "the list of written articles was not whole and was made anew from the output files"
                    );
                    let ids = store.ids.count();
                    store.commit(Commit { ids, ..commit }).map_err(failed)?;
                }
                store
            }
        };
        store.drop_empty().map_err(failed)?;
        Ok(store)
    }

    /// The last commit; none in a directory where there never was one.
    pub(super) fn last(&self) -> Option<&Commit> {
        self.last.as_ref()
    }

    /// Says where in which stream the output goes on: everything up to `last_seq` counts as done. The file being
    /// written is sealed.
    pub(super) fn begin(
        &mut self,
        stream: &str,
        stream_created: &str,
        last_seq: u64,
    ) -> io::Result<()> {
        self.seal()?;
        self.commit(Commit {
            v: 1,
            stream: stream.into(),
            stream_created: stream_created.into(),
            first_seq: last_seq + 1,
            last_seq,
            ids: self.ids.count(),
            ..Commit::default()
        })
    }

    /// Writes and commits a batch in the order of the stream. [`Self::begin`] must have been called once.
    pub(super) fn append(&mut self, batch: &[Line]) -> io::Result<Written> {
        self.check_there()?;
        let mut written = Written::default();
        let mut pending = Pending::default();
        for line in batch {
            if pending.last.is_none() {
                pending.first_seq = line.seq;
            }
            if self.ids.insert(line.key) {
                if self.is_over(line, pending.bytes.len()) {
                    self.write(&mut pending)?;
                    self.seal()?;
                    pending.first_seq = line.seq;
                }
                if self.segment.is_none() {
                    self.segment = Some(Segment::create(&self.root, line.seq, line.time)?);
                }
                pending.bytes.extend_from_slice(&line.json);
                pending.bytes.push(b'\n');
                pending.keys.push(line.key);
                written.lines += 1;
                written.bytes += line.json.len() as u64 + 1;
            } else {
                written.known += 1;
            }
            pending.last = Some((line.seq, line.time));
        }
        self.write(&mut pending)?;
        Ok(written)
    }

    /// Whether the file being written is older than a file may get.
    pub(super) fn is_old(&self, now_unix_ns: u64) -> bool {
        let age =
            |segment: &Segment| Duration::from_nanos(now_unix_ns.saturating_sub(segment.since));
        self.segment.as_ref().is_some_and(|segment| age(segment) >= self.roll.age)
    }

    /// Gives the file being written its final name.
    pub(super) fn seal(&mut self) -> io::Result<()> {
        self.drop_empty()?;
        self.segment.take().map_or(Ok(()), Segment::seal)
    }

    /// Files that were deleted while they are open take writes without a word.
    fn check_there(&self) -> io::Result<()> {
        let there = fs::metadata(self.root.join(COMMITS))?.ino();
        if there == self.commits.inode()? {
            return Ok(());
        }
        Err(io::Error::new(io::ErrorKind::NotFound, "sink.commit was replaced by somebody else"))
    }

    /// Whether the file being written must not take this line.
    fn is_over(&self, line: &Line, pending: usize) -> bool {
        let Some(segment) = &self.segment else { return false };
        let bytes = segment.offset + pending as u64;
        bytes >= self.roll.bytes || self.is_old(line.time) || segment.date != date_of(line.time)
    }

    fn write(&mut self, pending: &mut Pending) -> io::Result<()> {
        let Pending { bytes, keys, first_seq, last } = std::mem::take(pending);
        let Some((last_seq, last_time)) = last else { return Ok(()) };
        if !bytes.is_empty() {
            if let Some(segment) = &mut self.segment {
                segment.append(&bytes)?;
            }
            self.ids.append(&keys)?;
        }
        let before = self.last.clone().unwrap_or_default();
        self.commit(Commit { first_seq, last_seq, last_time, ..before })
    }

    fn commit(&mut self, commit: Commit) -> io::Result<()> {
        let (file, since, offset) = match &self.segment {
            Some(segment) => (Some(segment.name.clone()), segment.since, segment.offset),
            None => (None, 0, 0),
        };
        let ids = self.ids.count();
        let commit = Commit { file, file_since: since, offset, ids, ..commit };
        self.commits.append(&commit)?;
        self.last = Some(commit);
        Ok(())
    }

    /// A file is made before its first line is committed: an empty one is what a crash left.
    fn drop_empty(&mut self) -> io::Result<()> {
        if self.segment.as_ref().is_some_and(|segment| segment.offset == 0)
            && let Some(segment) = self.segment.take()
        {
            fs::remove_file(open_path(&self.root, &segment.name))?;
        }
        Ok(())
    }
}

/// The output directory for one store alone.
#[derive(Debug)]
struct Lock(File);

impl Lock {
    fn take(root: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Io { path: root.into(), source };
        let dir = File::open(root).map_err(failed)?;
        match dir.try_lock() {
            Ok(()) => Ok(Self(dir)),
            Err(fs::TryLockError::WouldBlock) => Err(StoreError::Locked { path: root.into() }),
            Err(fs::TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

impl Drop for Lock {
    /// Closing is not enough: a child process that is about to start holds the descriptor until it runs its program.
    fn drop(&mut self) {
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "the output directory stays locked until this process ends");
        }
    }
}

/// The file of the last commit, cut to what counts; none when it was sealed, or taken away by its reader.
fn resume(root: &Path, commit: &Commit) -> Result<Option<Segment>, StoreError> {
    let Some(name) = &commit.file else { return Ok(None) };
    let path = open_path(root, name);
    let failed = |source| StoreError::Io { path: path.clone(), source };
    let length = match fs::metadata(&path) {
        Ok(metadata) => metadata.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if !root.join(name).exists() {
                tracing::info!(file = name, "the file written last was taken away");
            }
            return Ok(None);
        }
        Err(error) => return Err(failed(error)),
    };
    if length < commit.offset {
        let what = "it is shorter than what was committed to it; \
                    move the output directory away and start with an empty one";
        return Err(StoreError::Damaged { path, what });
    }
    Segment::resume(root, name, commit.file_since, commit.offset).map(Some).map_err(failed)
}

/// Files that a crash left before anything was committed to them.
fn remove_uncommitted(root: &Path, segment: Option<&Segment>) -> io::Result<()> {
    let current = segment.map(|segment| format!("{}{OPEN}", segment.name));
    for name in output_files(root)? {
        if name.ends_with(OPEN) && Some(&name) != current.as_ref() {
            fs::remove_file(root.join(&name))?;
        }
    }
    Ok(())
}

/// Without a commit log nothing says how far an open file counts: all its whole lines are kept.
fn salvage(root: &Path) -> io::Result<()> {
    for open in output_files(root)? {
        let Some(name) = open.strip_suffix(OPEN) else { continue };
        let path = root.join(&open);
        let bytes = fs::read(&path)?;
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        if whole == 0 {
            fs::remove_file(&path)?;
            path.parent().map_or(Ok(()), sync_dir)?;
            continue;
        }
        let file = File::options().write(true).open(&path)?;
        file.set_len(whole as u64)?;
        file.sync_all()?;
        seal(root, name)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
