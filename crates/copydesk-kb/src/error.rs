//! What can go wrong with a base.

use std::io;

/// Bytes that are no knowledge base of this version.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Not the format at all, or cut off within the header.
    #[error("read the knowledge base: this is none")]
    NoBase,
    /// Another version of the format.
    #[error(
        "read the knowledge base: it has format {found}, this program reads {expected}; build it again"
    )]
    Version {
        /// In the file.
        found: u32,
        /// That this program reads.
        expected: u32,
    },
    /// The file is shorter or longer than its header says.
    #[error("read the knowledge base: it has {found} bytes instead of {expected}")]
    Length {
        /// Of the bytes.
        found: u64,
        /// By the header.
        expected: u64,
    },
    /// The bytes are not those that were written.
    #[error("read the knowledge base: its checksum does not fit, so the file is damaged")]
    Checksum,
    /// The alias index cannot be read.
    #[error("read the alias index of the knowledge base")]
    Index(#[source] fst::Error),
}

/// Why a base could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Reading a source or writing the base.
    #[error("{action}")]
    Io {
        /// What was being done.
        action: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// A line of a source that is not in its format.
    #[error("read line {line} of the {format} list: {reason}")]
    Line {
        /// From 1.
        line: u64,
        /// JSON Lines, CSV or GeoNames.
        format: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A base that is a source and lacks what its index names.
    #[error("read entity {0} of the base that is a source: it is damaged")]
    Base(u32),
    /// The alias index refused a key.
    #[error("write the alias index")]
    Index(#[source] fst::Error),
    /// More entities or labels than the format can number.
    #[error("build a base of more than {0}")]
    TooLarge(&'static str),
}

impl BuildError {
    /// For `map_err`.
    pub(crate) fn io(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, source }
    }
}
