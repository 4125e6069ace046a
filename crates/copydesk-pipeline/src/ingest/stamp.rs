//! Which version of a file was seen.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;

use serde::{Deserialize, Serialize};

/// Two equal stamps of a path are the same file with the same bytes, as far as a file system can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Stamp {
    /// First, so that stamps are ordered by age.
    pub(super) mtime_ns: i128,
    pub(super) size: u64,
    pub(super) dev: u64,
    pub(super) ino: u64,
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            mtime_ns: i128::from(metadata.mtime()) * 1_000_000_000
                + i128::from(metadata.mtime_nsec()),
            size: metadata.size(),
            dev: metadata.dev(),
            ino: metadata.ino(),
        }
    }
}

/// Nanoseconds since 1970.
pub(super) fn now_ns() -> i128 {
    jiff::Timestamp::now().as_nanosecond()
}
