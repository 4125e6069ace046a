//! Which articles are in the output, `sink.ids`: each is written once, however often it comes.
//!
//! The file is a line that names the format, and 16 bytes an article in the order of writing. In memory an article
//! takes about 20 to 40 bytes.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::Path;

use serde::Deserialize;

use super::disk::{output_files, sync_dir};
use crate::article_key::article_key;

const MAGIC: &[u8; 16] = b"copydesk ids 01\n";
const ENTRY: u64 = 16;

#[derive(Debug)]
pub(super) struct Ids {
    file: File,
    known: HashSet<u128>,
    count: u64,
}

/// As much of a record as the sink must know.
#[derive(Deserialize)]
pub(super) struct Head {
    pub(super) id: String,
}

impl Ids {
    /// Opens the file and keeps its first `count` entries; none when it has fewer.
    pub(super) fn open(path: &Path, count: u64) -> io::Result<Option<Self>> {
        let bytes = match fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let Some(entries) = bytes.strip_prefix(MAGIC) else { return Ok(None) };
        let (entries, _) = entries.as_chunks::<16>();
        let wanted = usize::try_from(count).unwrap_or(usize::MAX);
        let Some(entries) = entries.get(..wanted) else { return Ok(None) };
        let known = entries.iter().map(|entry| u128::from_be_bytes(*entry)).collect();
        let file = File::options().append(true).open(path)?;
        file.set_len(MAGIC.len() as u64 + count * ENTRY)?;
        file.sync_all()?;
        Ok(Some(Self { file, known, count }))
    }

    /// Makes the file anew from the output files.
    pub(super) fn rebuild(path: &Path, root: &Path) -> io::Result<Self> {
        let mut order = Vec::new();
        let mut known = HashSet::new();
        for name in output_files(root)? {
            let file = BufReader::new(File::open(root.join(name))?);
            for line in file.split(b'\n') {
                let head = serde_json::from_slice::<Head>(&line?).ok();
                let key = head.and_then(|head| article_key(&head.id));
                order.extend(key.filter(|key| known.insert(*key)));
            }
        }
        let temporary = path.with_extension("ids.new");
        let mut file = File::create(&temporary)?;
        file.write_all(MAGIC)?;
        file.write_all(&entries(&order))?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        if let Some(dir) = path.parent() {
            sync_dir(dir)?;
        }
        let file = File::options().append(true).open(path)?;
        Ok(Self { file, known, count: order.len() as u64 })
    }

    /// How many articles there are in the file.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// Takes an article in; says whether it is new.
    pub(super) fn insert(&mut self, key: u128) -> bool {
        self.known.insert(key)
    }

    /// Writes articles that were taken in, and syncs.
    pub(super) fn append(&mut self, keys: &[u128]) -> io::Result<()> {
        self.file.write_all(&entries(keys))?;
        self.file.sync_data()?;
        self.count += keys.len() as u64;
        Ok(())
    }
}

fn entries(keys: &[u128]) -> Vec<u8> {
    keys.iter().flat_map(|key| key.to_be_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_committed_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sink.ids");
        assert!(Ids::open(&path, 0).unwrap().is_none());
        let mut ids = Ids::rebuild(&path, dir.path()).unwrap();
        for key in 1..=3 {
            assert!(ids.insert(key));
            ids.append(&[key]).unwrap();
        }
        let torn = [fs::read(&path).unwrap(), vec![0; 7]].concat();
        fs::write(&path, torn).unwrap();
        let mut ids = Ids::open(&path, 2).unwrap().unwrap();
        assert_eq!(ids.count(), 2);
        assert!(!ids.insert(2));
        assert!(ids.insert(3));
        assert!(Ids::open(&path, 3).unwrap().is_none(), "it was cut to two");
    }
}
