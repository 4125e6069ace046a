//! What was read and stays in the inbox (`after = "keep"`): `ingest.journal` in the data directory.
//!
//! A line that names the format, then a JSON object a line. The last one of a path counts. A torn line at the end means
//! that the file is read again, which adds nothing to the output.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::stamp::Stamp;

const FORMAT: &str = "{\"copydesk\":\"ingest journal\",\"version\":1}";

/// A version of a file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Row {
    pub(super) path: PathBuf,
    pub(super) stamp: Stamp,
    pub(super) sha256: String,
}

#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    rows: BTreeMap<PathBuf, Row>,
}

impl Journal {
    /// Opens the journal, or makes it; forgets files that are not there any more.
    pub(super) fn open(data_dir: &Path) -> io::Result<Self> {
        let path = data_dir.join("ingest.journal");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let mut lines = text.lines();
        if lines.next().is_some_and(|first| first != FORMAT) {
            return Err(io::Error::other("ingest.journal was written by another version"));
        }
        let mut rows = BTreeMap::new();
        for row in lines.filter_map(|line| serde_json::from_str::<Row>(line).ok()) {
            rows.insert(row.path.clone(), row);
        }
        rows.retain(|path, _| path.symlink_metadata().is_ok());
        let temporary = path.with_extension("journal.new");
        let mut file = File::create(&temporary)?;
        writeln!(file, "{FORMAT}")?;
        for row in rows.values() {
            writeln!(file, "{}", serde_json::to_string(row)?)?;
        }
        file.sync_all()?;
        fs::rename(&temporary, &path)?;
        File::open(data_dir)?.sync_all()?;
        let file = File::options().append(true).open(&path)?;
        Ok(Self { path, file, rows })
    }

    /// Versions that are not to be read again.
    pub(super) fn known(&self) -> Vec<(PathBuf, Stamp)> {
        self.rows.values().map(|row| (row.path.clone(), row.stamp)).collect()
    }

    /// The hash of the file that was read at this path.
    pub(super) fn sha256(&self, path: &Path) -> Option<&str> {
        self.rows.get(path).map(|row| row.sha256.as_str())
    }

    /// Writes down what was read, and syncs. A path that is no UTF-8 cannot be written down: that file is read again
    /// after a restart.
    pub(super) fn add(&mut self, row: Row) -> io::Result<()> {
        if let Ok(json) = serde_json::to_string(&row) {
            self.file.write_all(format!("{json}\n").as_bytes())?;
            self.file.sync_data()?;
        } else {
            tracing::warn!(journal = %self.path.display(), path = %row.path.display(), "no UTF-8");
        }
        self.rows.insert(row.path.clone(), row);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remembers_what_is_still_there() {
        let dir = tempfile::tempdir().unwrap();
        let file = |name: &str| {
            let path = dir.path().join(name);
            fs::write(&path, name).unwrap();
            path
        };
        let row = |path: &Path, sha: &str| Row {
            path: path.into(),
            stamp: Stamp::of(&path.symlink_metadata().unwrap()),
            sha256: sha.into(),
        };
        let (a, b) = (file("a.txt"), file("b.txt"));
        let mut journal = Journal::open(dir.path()).unwrap();
        for row in [row(&a, "1"), row(&b, "2"), row(&a, "3")] {
            journal.add(row).unwrap();
        }
        drop(journal);
        let path = dir.path().join("ingest.journal");
        let text = fs::read_to_string(&path).unwrap();
        // Torn in the last row of a, that of b whole.
        fs::write(&path, text.get(..text.len() - 5).unwrap()).unwrap();
        let journal = Journal::open(dir.path()).unwrap();
        assert_eq!((journal.sha256(&a), journal.sha256(&b)), (Some("1"), Some("2")));
        assert_eq!(journal.known().len(), 2);
        drop(journal);
        fs::remove_file(&b).unwrap();
        let journal = Journal::open(dir.path()).unwrap();
        assert_eq!((journal.sha256(&a), journal.sha256(&b)), (Some("1"), None));
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
        fs::write(&path, "{\"copydesk\":\"ingest journal\",\"version\":2}\n").unwrap();
        assert!(Journal::open(dir.path()).is_err());
    }
}
