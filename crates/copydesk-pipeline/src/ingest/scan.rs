//! What is in the inbox. Events are hints; this is the truth.

use std::collections::BinaryHeap;
use std::ffi::OsStr;
use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use super::names::Ignore;
use super::stamp::Stamp;

/// Directories inside each other that are descended into.
const MAX_DEPTH: usize = 64;

/// Something that is to be read or put aside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    /// First, so that what is found is ordered by age.
    pub(super) stamp: Stamp,
    pub(super) path: PathBuf,
}

#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Oldest first.
    pub(super) found: Vec<Found>,
    /// Whether there is more than was asked for.
    pub(super) more: bool,
    /// Directories that could not be looked into.
    pub(super) failed: Vec<(PathBuf, io::Error)>,
}

/// Finds everything under `dir` that is no plain directory: files, links, pipes, and directories that are named like an
/// article file but hold nothing. Keeps the `limit` oldest.
pub(super) fn scan(root: &Path, dir: &Path, ignore: &Ignore, limit: usize) -> Scan {
    let mut oldest: BinaryHeap<Found> = BinaryHeap::new();
    let mut scan = Scan::default();
    let mut left = vec![dir.to_owned()];
    while let Some(dir) = left.pop() {
        let entries = fs::read_dir(&dir).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = match entries {
            Ok(entries) => entries,
            // It went away between the look and the step.
            Err(error) if error.kind() == io::ErrorKind::NotFound && dir != root => continue,
            Err(error) => {
                scan.failed.push((dir, error));
                continue;
            }
        };
        if entries.is_empty() && dir != root && is_file_name(&dir) {
            push(&mut oldest, dir.symlink_metadata().ok().map(|m| (m, dir)), limit, &mut scan.more);
            continue;
        }
        for entry in entries {
            if ignore.name(&entry.file_name().to_string_lossy()) {
                continue;
            }
            if is_dir(&entry) {
                let path = entry.path();
                let depth = path.strip_prefix(root).map_or(0, |p| p.components().count());
                if depth > MAX_DEPTH {
                    scan.failed
                        .push((path, io::Error::other("too many directories in each other")));
                } else {
                    left.push(path);
                }
            } else {
                let metadata = entry.metadata().ok();
                push(&mut oldest, metadata.map(|m| (m, entry.path())), limit, &mut scan.more);
            }
        }
    }
    scan.found = oldest.into_sorted_vec();
    scan
}

fn push(
    oldest: &mut BinaryHeap<Found>,
    entry: Option<(fs::Metadata, PathBuf)>,
    limit: usize,
    more: &mut bool,
) {
    let Some((metadata, path)) = entry else { return };
    oldest.push(Found { stamp: Stamp::of(&metadata), path });
    if oldest.len() > limit {
        oldest.pop();
        *more = true;
    }
}

/// A link to a directory is a link.
fn is_dir(entry: &DirEntry) -> bool {
    entry.file_type().is_ok_and(|kind| kind.is_dir())
}

/// Whether a name ends like that of an article file.
pub(super) fn is_file_name(path: &Path) -> bool {
    let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default().to_ascii_lowercase();
    let stem = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    let extension = stem.rsplit_once('.').map(|(_, extension)| extension);
    let known = copydesk_readers::formats().iter().flat_map(|format| format.extensions);
    extension.is_some_and(|extension| known.into_iter().any(|known| *known == extension))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn names(root: &Path, limit: usize) -> (Vec<String>, bool) {
        let ignore = Ignore::new(&["*.tmp".to_owned()]);
        let scan = scan(root, root, &ignore, limit);
        assert!(scan.failed.is_empty(), "{:?}", scan.failed);
        let mut names: Vec<String> = scan
            .found
            .iter()
            .map(|found| found.path.strip_prefix(root).unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        (names, scan.more)
    }

    #[test]
    fn finds_files_at_every_depth_and_what_is_no_file() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        fs::create_dir_all(root.join("a/b/c")).unwrap();
        fs::create_dir_all(root.join(".hidden")).unwrap();
        fs::create_dir_all(root.join("empty")).unwrap();
        fs::create_dir_all(root.join("empty.txt")).unwrap();
        fs::create_dir_all(root.join("full.txt")).unwrap();
        for file in ["1.txt", "a/b/c/2.txt", ".hidden/3.txt", "a/4.tmp", "full.txt/5.md", "noext"] {
            fs::write(root.join(file), "x").unwrap();
        }
        symlink("/etc", root.join("a/out")).unwrap();
        let expected = ["1.txt", "a/b/c/2.txt", "a/out", "empty.txt", "full.txt/5.md", "noext"];
        assert_eq!(names(root, 100), (expected.map(str::to_owned).to_vec(), false));
        assert!(!names(root, 6).1);
        assert!(names(root, 5).1);
    }

    #[test]
    fn keeps_the_oldest_in_order() {
        let dir = tempfile::tempdir().unwrap();
        for (name, age) in [("new", 1), ("old", 30), ("older", 300), ("between", 3)] {
            let file = fs::File::create(dir.path().join(name)).unwrap();
            let now = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
            file.set_modified(now - std::time::Duration::from_secs(age)).unwrap();
        }
        let scan = scan(dir.path(), dir.path(), &Ignore::new(&[]), 3);
        let names = scan.found.iter().map(|f| f.path.file_name().unwrap().to_str().unwrap());
        assert_eq!(names.collect::<Vec<_>>(), ["older", "old", "between"]);
        assert!(scan.more);
    }

    #[test]
    fn names_of_article_files() {
        let check = |name: &str, expected: bool| {
            assert_eq!(is_file_name(Path::new(name)), expected, "{name}");
        };
        check("x.txt", true);
        check("a/X.TXT", true);
        check("dump.jsonl.gz", true);
        check("page.html.zst", true);
        check("x", false);
        check("txt", false);
        check("2026.11", false);
        check("gz", false);
    }
}
