//! Log lines, on standard error.

use std::io::{IsTerminal as _, stderr};

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// Starts logging, once a process; a later call changes nothing.
pub fn init_logs(log: &Log) {
    // The bus says what matters of the connection; the client's own lines only when they are asked for.
    let level = if log.level.contains("async_nats") {
        log.level.clone()
    } else {
        format!("{},async_nats=warn", log.level)
    };
    // The level was checked with the other settings.
    let filter = EnvFilter::try_new(level).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(stderr);
    let installed = match log.format {
        LogFormat::Pretty => lines.with_target(false).with_ansi(stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    // Another logger is there already, as in tests: it stays.
    drop(installed);
}
