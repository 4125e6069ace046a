//! The output file that is being written.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::disk::{date_of, free_name, open_path, sync_dir};

/// A file `<date>/enriched-<first sequence>.jsonl.open`.
#[derive(Debug)]
pub(super) struct Segment {
    root: PathBuf,
    /// Relative, without `.open`.
    pub(super) name: String,
    pub(super) date: String,
    /// When the stream stored its first message, in Unix nanoseconds.
    pub(super) since: u64,
    pub(super) offset: u64,
    file: File,
}

impl Segment {
    pub(super) fn create(root: &Path, first_seq: u64, since: u64) -> io::Result<Self> {
        let date = date_of(since);
        let day = root.join(&date);
        if !day.is_dir() {
            fs::create_dir_all(&day)?;
            sync_dir(root)?;
        }
        let name = free_name(root, &date, first_seq);
        let file = File::options().create_new(true).append(true).open(open_path(root, &name))?;
        sync_dir(&day)?;
        Ok(Self { root: root.into(), name, date, since, offset: 0, file })
    }

    /// Goes on with a file at `offset`; what stands behind it is cut off.
    pub(super) fn resume(root: &Path, name: &str, since: u64, offset: u64) -> io::Result<Self> {
        let file = File::options().append(true).open(open_path(root, name))?;
        file.set_len(offset)?;
        file.sync_all()?;
        Ok(Self { root: root.into(), name: name.into(), date: date_of(since), since, offset, file })
    }

    /// Writes whole lines and syncs them. After an error the file must be resumed at the last committed offset.
    pub(super) fn append(&mut self, lines: &[u8]) -> io::Result<()> {
        self.file.write_all(lines)?;
        self.file.sync_data()?;
        self.offset += lines.len() as u64;
        Ok(())
    }

    /// Gives the file its final name.
    pub(super) fn seal(self) -> io::Result<()> {
        self.file.sync_all()?;
        seal(&self.root, &self.name)
    }
}

/// Gives a file its final name.
pub(super) fn seal(root: &Path, name: &str) -> io::Result<()> {
    let sealed = root.join(name);
    fs::rename(open_path(root, name), &sealed)?;
    sealed.parent().map_or(Ok(()), sync_dir)
}
