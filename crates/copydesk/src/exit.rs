//! Exit codes, and what is said when a command fails.

use std::process::ExitCode;
use std::thread;

use copydesk_pipeline::{Failure, classify, hint};

use crate::printing::say;

/// All done.
pub(crate) const OK: u8 = 0;
/// Some documents failed, or the command could not finish.
pub(crate) const FAILED: u8 = 1;
/// Data that was given is of no use (`EX_DATAERR`).
pub(crate) const DATA: u8 = 65;
/// NATS is out of reach (`EX_UNAVAILABLE`).
pub(crate) const NATS: u8 = 69;
/// A bug (`EX_SOFTWARE`).
pub(crate) const BUG: u8 = 70;
/// The configuration is wrong, or something that it names is missing (`EX_CONFIG`).
pub(crate) const CONFIG: u8 = 78;

/// The exit code for what a command ended with. Says on standard error what went wrong.
pub(crate) fn code(ended: thread::Result<anyhow::Result<u8>>) -> ExitCode {
    let code = match ended {
        Ok(Ok(code)) => code,
        Ok(Err(error)) => failure(&error),
        Err(_panic) => {
            say("error: this is a bug in copydesk; please report it with the lines above");
            BUG
        }
    };
    ExitCode::from(code)
}

fn failure(error: &anyhow::Error) -> u8 {
    let code = match classify(error) {
        // Whoever reads our output has had enough, as `head` does.
        Failure::OutputClosed => return OK,
        Failure::Data => DATA,
        Failure::Nats => NATS,
        Failure::Bug => BUG,
        Failure::Config => CONFIG,
        Failure::Other => FAILED,
    };
    say(&format!("error: failed to {error}"));
    for cause in error.chain().skip(1) {
        say(&format!("  cause: {cause}"));
    }
    if let Some(hint) = hint(error) {
        say(&format!("  hint: {hint}"));
    }
    code
}
