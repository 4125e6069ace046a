//! Where files go: from the inbox to `done/<date>/` or to `quarantine/`, both in the data directory.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Serialize;

use super::stamp::Stamp;

/// Why a file could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Failure {
    /// A `snake_case` token.
    pub(super) reason: &'static str,
    /// For people.
    pub(super) message: String,
    /// Where in the file, in bytes of the expanded input.
    pub(super) offset: Option<u64>,
}

/// What stands in `<name>.error.json`.
#[derive(Serialize)]
struct ErrorFile<'a> {
    reason: &'a str,
    message: &'a str,
    stage: &'a str,
    /// Relative to the inbox.
    path: &'a str,
    offset: Option<u64>,
    version: &'a str,
    time: String,
}

#[derive(Debug, Clone)]
pub(super) struct Places {
    /// The inbox, canonical.
    pub(super) root: PathBuf,
    done: PathBuf,
    quarantine: PathBuf,
}

impl Places {
    /// Makes the inbox if it is missing, and makes sure that what leaves it is not found in it again.
    pub(super) fn prepare(inbox: &Path, data_dir: &Path) -> anyhow::Result<Self> {
        let make = |dir: &Path| {
            fs::create_dir_all(dir)
                .with_context(|| format!("make the directory {}", dir.display()))?;
            dir.canonicalize().with_context(|| format!("find the directory {}", dir.display()))
        };
        let root = make(inbox)?;
        let data = make(data_dir)?;
        if data.starts_with(&root) {
            bail!(
                "use the data directory {}: it lies in the inbox {}, so that finished files would be read again",
                data.display(),
                root.display()
            );
        }
        Ok(Self { root, done: data.join("done"), quarantine: data.join("quarantine") })
    }

    /// A path of the inbox as it stands in records.
    pub(super) fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().into_owned()
    }

    /// Moves a finished file to `done/<date>/`; `tag` parts files of the same name. Gives where it is, or none when
    /// the file is not the one of `stamp` any more.
    pub(super) fn finish(
        &self,
        path: &Path,
        stamp: Stamp,
        tag: &str,
    ) -> io::Result<Option<PathBuf>> {
        let today = jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date().to_string();
        let target = self.done.join(today).join(self.inside(path));
        // The same name with the same bytes: the copy that is there is as good.
        let target = if target.symlink_metadata().is_ok() { tagged(&target, tag) } else { target };
        move_version(path, stamp, &target)
    }

    /// Removes a finished file, if it is still the one of `stamp`.
    pub(super) fn remove(path: &Path, stamp: Stamp) -> io::Result<()> {
        if is_version(path, stamp) { fs::remove_file(path) } else { Ok(()) }
    }

    /// Moves a file that cannot be read to `quarantine/`, with the reason beside it. Gives where it is, or none when
    /// the file is not the one of `stamp` any more.
    pub(super) fn quarantine(
        &self,
        path: &Path,
        stamp: Stamp,
        failure: &Failure,
    ) -> io::Result<Option<PathBuf>> {
        let wanted = self.quarantine.join(self.inside(path));
        let mut target = wanted.clone();
        let mut count = 2;
        while target.symlink_metadata().is_ok() {
            target = tagged(&wanted, &count.to_string());
            count += 1;
        }
        self.write_error(path, &target, failure)?;
        move_version(path, stamp, &target)
    }

    /// The reason is written first: a file in quarantine without one would be a riddle.
    fn write_error(&self, path: &Path, target: &Path, failure: &Failure) -> io::Result<()> {
        if let Some(dir) = target.parent() {
            fs::create_dir_all(dir)?;
        }
        let relative = self.relative(path);
        let error = ErrorFile {
            reason: failure.reason,
            message: &failure.message,
            stage: "ingest",
            path: &relative,
            offset: failure.offset,
            version: env!("CARGO_PKG_VERSION"),
            time: jiff::Timestamp::now().to_string(),
        };
        let mut json = serde_json::to_vec_pretty(&error)?;
        json.push(b'\n');
        fs::write(with_suffix(target, ".error.json"), json)
    }

    fn inside(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.root).unwrap_or(path).to_owned()
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    path.with_file_name(name)
}

/// `dump.jsonl.gz` with the tag `2` is `dump-2.jsonl.gz`, so that it keeps its format.
fn tagged(path: &Path, tag: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let packed = [".gz", ".zst"].iter().find(|end| name.ends_with(*end)).copied().unwrap_or("");
    let bare = name.strip_suffix(packed).unwrap_or(&name);
    let tagged = match bare.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}-{tag}.{extension}{packed}"),
        None => format!("{bare}-{tag}{packed}"),
    };
    path.with_file_name(tagged)
}

fn is_version(path: &Path, stamp: Stamp) -> bool {
    path.symlink_metadata().is_ok_and(|found| Stamp::of(&found) == stamp)
}

fn move_version(path: &Path, stamp: Stamp, target: &Path) -> io::Result<Option<PathBuf>> {
    if !is_version(path, stamp) {
        return Ok(None);
    }
    if let Some(dir) = target.parent() {
        fs::create_dir_all(dir)?;
    }
    match fs::rename(path, target) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => copy_over(path, target)?,
        Err(error) => return Err(error),
    }
    let moved = target.symlink_metadata().map(|found| Stamp::of(&found));
    // Between the look and the move another file may have come in its place, and nobody has read that one.
    if moved.is_ok_and(|moved| moved.ino != stamp.ino && moved.dev == stamp.dev) {
        fs::rename(target, path)?;
        return Ok(None);
    }
    Ok(Some(target.to_owned()))
}

/// Moves to another file system: the copy is on the disk before the original goes.
fn copy_over(path: &Path, target: &Path) -> io::Result<()> {
    let kind = path.symlink_metadata()?.file_type();
    if kind.is_symlink() {
        symlink(fs::read_link(path)?, target)?;
        return fs::remove_file(path);
    }
    if kind.is_dir() {
        fs::create_dir_all(target)?;
        return fs::remove_dir(path);
    }
    if !kind.is_file() {
        return Err(io::Error::other("it is no file, and its place is on another file system"));
    }
    let part = with_suffix(target, ".part");
    fs::copy(path, &part)?;
    File::open(&part)?.sync_all()?;
    fs::rename(&part, target)?;
    if let Some(dir) = target.parent() {
        File::open(dir)?.sync_all()?;
    }
    fs::remove_file(path)
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn places() -> (TempDir, Places) {
        let dir = tempfile::tempdir().unwrap();
        let places = Places::prepare(&dir.path().join("inbox"), &dir.path().join("data")).unwrap();
        (dir, places)
    }

    fn drop_file(places: &Places, name: &str, text: &str) -> (PathBuf, Stamp) {
        let path = places.root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        let stamp = Stamp::of(&path.symlink_metadata().unwrap());
        (path, stamp)
    }

    #[test]
    fn the_data_directory_cannot_lie_in_the_inbox() {
        let dir = tempfile::tempdir().unwrap();
        let inbox = dir.path().join("inbox");
        let check = |data: &Path, expected: bool| {
            let prepared = Places::prepare(&inbox, data);
            assert_eq!(prepared.is_ok(), expected, "{data:?} {prepared:?}");
        };
        check(&inbox.join("data"), false);
        check(&inbox, false);
        check(&dir.path().join("inbox-data"), true);
        check(dir.path(), true);
    }

    #[test]
    fn finished_files_keep_their_paths_and_never_meet() {
        let (_dir, places) = places();
        let finish = |text: &str, tag: &str| {
            let (path, stamp) = drop_file(&places, "wire/a.txt.gz", text);
            let target = places.finish(&path, stamp, tag).unwrap().unwrap();
            assert!(!path.exists());
            assert_eq!(fs::read_to_string(&target).unwrap(), text);
            let parts: Vec<_> = target.strip_prefix(&places.done).unwrap().iter().skip(1).collect();
            parts.into_iter().collect::<PathBuf>()
        };
        assert_eq!(finish("one", "11"), Path::new("wire/a.txt.gz"));
        assert_eq!(finish("two", "22"), Path::new("wire/a-22.txt.gz"));
        assert_eq!(finish("one", "11"), Path::new("wire/a-11.txt.gz"));
        assert_eq!(finish("one", "11"), Path::new("wire/a-11.txt.gz"));
    }

    #[test]
    fn another_version_stays_where_it_is() {
        let (_dir, places) = places();
        let (path, stamp) = drop_file(&places, "a.txt", "one");
        let (_, _) = drop_file(&places, "a.txt", "another");
        assert_eq!(places.finish(&path, stamp, "x").unwrap(), None);
        Places::remove(&path, stamp).unwrap();
        let failure = Failure { reason: "corrupt", message: String::new(), offset: None };
        assert_eq!(places.quarantine(&path, stamp, &failure).unwrap(), None);
        assert_eq!(fs::read_to_string(&path).unwrap(), "another");
    }

    #[test]
    fn quarantine_holds_the_file_and_the_reason() {
        let (_dir, places) = places();
        let failure =
            Failure { reason: "corrupt", message: "failed to expand".into(), offset: Some(7) };
        for name in ["a.txt", "a-2.txt", "a-3.txt"] {
            let (path, stamp) = drop_file(&places, "wire/a.txt", name);
            let target = places.quarantine(&path, stamp, &failure).unwrap().unwrap();
            assert_eq!(target, places.quarantine.join("wire").join(name));
            let error = fs::read(with_suffix(&target, ".error.json")).unwrap();
            let error: serde_json::Value = serde_json::from_slice(&error).unwrap();
            assert_eq!(error["reason"], "corrupt");
            assert_eq!(error["message"], "failed to expand");
            assert_eq!(error["offset"], 7);
            assert_eq!(error["path"], "wire/a.txt");
            assert_eq!(error["stage"], "ingest");
        }
        let link = places.root.join("link.txt");
        symlink("/etc/hostname", &link).unwrap();
        let stamp = Stamp::of(&link.symlink_metadata().unwrap());
        let target = places.quarantine(&link, stamp, &failure).unwrap().unwrap();
        assert_eq!(fs::read_link(target).unwrap(), Path::new("/etc/hostname"));
        assert!(link.symlink_metadata().is_err());
    }
}
