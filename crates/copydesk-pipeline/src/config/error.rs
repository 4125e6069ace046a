//! Why the settings cannot be used.

use std::io;
use std::path::PathBuf;

/// Why the settings cannot be used. Each names where the value came from and the way out.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file that was named cannot be read.
    #[error("read the configuration file {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The file is no TOML.
    #[error("parse {at}: {message}")]
    Syntax {
        /// File, line and column.
        at: String,
        /// What is wrong.
        message: String,
    },
    /// A key that does not exist.
    #[error("use {key:?} ({at}): there is no such setting{hint}")]
    Unknown {
        /// The key.
        key: String,
        /// Where it stands.
        at: String,
        /// The nearest key, or where to find all of them.
        hint: String,
    },
    /// A value that does not fit.
    #[error("use {key} ({at}): {why}")]
    Value {
        /// The key.
        key: String,
        /// Where the value came from: file, line and column, or variable, or flag.
        at: String,
        /// What is wrong, and what would be right.
        why: String,
    },
}
