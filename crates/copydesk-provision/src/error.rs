//! What can go wrong while an artefact is looked for or fetched.

use std::io;
use std::path::{Path, PathBuf};

use crate::artefact::SERVER_VERSION;
use crate::version::{OLDEST, Version};

/// Why an artefact is not there. Each text fits after "failed to" and says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProvisionError {
    /// The nats-server that was named is no executable file.
    #[error("find an executable at {}: name a nats-server of {OLDEST} or later, or name none and {SERVER_VERSION} is fetched", .0.display())]
    ServerMissing(PathBuf),
    /// The nats-server that was named is too old.
    #[error("use {}: it is nats-server {found}, older than {OLDEST}; name a later one, or name none and {SERVER_VERSION} is fetched", path.display())]
    ServerOld {
        /// Its path.
        path: PathBuf,
        /// Its version.
        found: Version,
    },
    /// A nats-server does not start.
    #[error("run {} --version", path.display())]
    ServerRun {
        /// Its path.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A program answers `--version` unlike a nats-server.
    #[error("learn the version of {}: it answered {said:?}, not like a nats-server", path.display())]
    ServerAnswer {
        /// Its path.
        path: PathBuf,
        /// The first line that it wrote.
        said: String,
    },
    /// Nothing at the path of a model.
    #[error("find a model at {}: there is no such file or directory", .0.display())]
    ModelMissing(PathBuf),
    /// A name that no model has.
    #[error(
        "find a model called {0:?}: known are sm, md and lg (en_core_web_sm and so on); another one needs `copydesk model fetch` with its URL or the path of its wheel"
    )]
    ModelUnknown(String),
    /// A file or directory that holds no model.
    #[error(
        "use {0} as a model: it is neither a wheel (.whl) nor a directory with a config.cfg in it"
    )]
    NotAModel(String),
    /// A SHA-256 is 64 hex digits of a file.
    #[error("check {what}: {reason}")]
    Sha256 {
        /// What was to be checked.
        what: String,
        /// What is wrong with the digits.
        reason: &'static str,
    },
    /// What was fetched is not what was pinned.
    #[error("accept {what} from {from}: its SHA-256 is {found}, not {wanted}; it was deleted")]
    Mismatch {
        /// The artefact.
        what: String,
        /// Where it came from.
        from: String,
        /// SHA-256 as pinned.
        wanted: String,
        /// SHA-256 as it was.
        found: String,
    },
    /// No source gave the artefact.
    #[error("fetch {what} ({}): {by_hand}", tried.join("; "))]
    Unreachable {
        /// The artefact.
        what: String,
        /// What each source said, in order.
        tried: Vec<String>,
        /// What the user can do.
        by_hand: String,
    },
    /// A file or directory could not be read or written.
    #[error("{doing} {}", path.display())]
    Io {
        /// What was done to it.
        doing: &'static str,
        /// Which one.
        path: PathBuf,
        /// Why it did not work.
        source: io::Error,
    },
    /// A wheel could not be read.
    #[error("read the wheel {}", path.display())]
    Wheel {
        /// Which one.
        path: PathBuf,
        /// Why not.
        source: zip::result::ZipError,
    },
}

/// For `map_err`: an I/O error with what was done to which path.
pub(crate) fn io_at(
    doing: &'static str,
    path: &Path,
) -> impl FnOnce(io::Error) -> ProvisionError + use<> {
    let path = path.to_path_buf();
    move |source| ProvisionError::Io { doing, path, source }
}
