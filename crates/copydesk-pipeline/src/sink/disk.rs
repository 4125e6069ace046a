//! The output directory: its files, their names, and making changes of names durable.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// At the end of the name of the file that is being written.
pub(super) const OPEN: &str = ".open";
const SUFFIX: &str = ".jsonl";

/// Makes new, renamed and removed names in a directory durable.
pub(super) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// `2026-11-23`, in UTC.
pub(super) fn date_of(unix_ns: u64) -> String {
    let at = jiff::Timestamp::from_nanosecond(i128::from(unix_ns)).unwrap_or_default();
    jiff::tz::Offset::UTC.to_datetime(at).date().to_string()
}

/// A name for the file that begins with `first_seq`. The same sequence comes again on the same day only when the
/// stream was made anew; then a number is added.
pub(super) fn free_name(root: &Path, date: &str, first_seq: u64) -> String {
    let mut name = format!("{date}/enriched-{first_seq:012}.jsonl");
    let mut count = 2;
    while root.join(&name).exists() || open_path(root, &name).exists() {
        name = format!("{date}/enriched-{first_seq:012}-{count}.jsonl");
        count += 1;
    }
    name
}

/// Where the file of this name is while it is being written.
pub(super) fn open_path(root: &Path, name: &str) -> PathBuf {
    root.join(format!("{name}{OPEN}"))
}

/// All output files, open ones too, as paths relative to `root`, sorted.
pub(super) fn output_files(root: &Path) -> io::Result<Vec<String>> {
    let mut found = Vec::new();
    for day in fs::read_dir(root)? {
        let day = day?;
        if !day.file_type()?.is_dir() {
            continue;
        }
        for file in fs::read_dir(day.path())? {
            let file = file?;
            let name = file.file_name().to_string_lossy().into_owned();
            let ours = name.starts_with("enriched-")
                && name.strip_suffix(OPEN).unwrap_or(&name).ends_with(SUFFIX);
            if ours && file.file_type()?.is_file() {
                found.push(format!("{}/{name}", day.file_name().to_string_lossy()));
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_utc() {
        let check = |unix_ns: u64, day: &str| assert_eq!(date_of(unix_ns), day);
        check(0, "1970-01-01");
        check(86_400_000_000_000 - 1, "1970-01-01");
        check(86_400_000_000_000, "1970-01-02");
        check(1_764_028_799_999_999_999, "2025-11-24");
        check(1_764_028_800_000_000_000, "2025-11-25");
        check(u64::MAX, "2554-07-21");
    }

    #[test]
    fn a_taken_name_is_never_given_again() {
        let dir = tempfile::tempdir().unwrap();
        let day = dir.path().join("2026-11-23");
        fs::create_dir(&day).unwrap();
        let name = || free_name(dir.path(), "2026-11-23", 7);
        assert_eq!(name(), "2026-11-23/enriched-000000000007.jsonl");
        fs::write(day.join("enriched-000000000007.jsonl.open"), "").unwrap();
        assert_eq!(name(), "2026-11-23/enriched-000000000007-2.jsonl");
        fs::write(day.join("enriched-000000000007-2.jsonl"), "").unwrap();
        assert_eq!(name(), "2026-11-23/enriched-000000000007-3.jsonl");
        fs::write(day.join("notes.txt"), "").unwrap();
        assert_eq!(output_files(dir.path()).unwrap().len(), 2);
    }
}
