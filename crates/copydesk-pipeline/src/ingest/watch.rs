//! The watcher of the inbox, and whether its events can be relied on.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use super::hints::{Hints, News};
use crate::config::WatchMode;

/// How long the event of the probe file may take.
const PROBE: Duration = Duration::from_secs(1);
/// Start of the probe file's name; the dot keeps it from being read.
const PROBE_NAME: &str = ".copydesk-probe-";

/// Starts to watch; none when the inbox has to be polled.
pub(super) fn watch(
    root: &Path,
    mode: WatchMode,
    hints: &Hints,
) -> anyhow::Result<Option<RecommendedWatcher>> {
    if mode == WatchMode::Poll {
        return Ok(None);
    }
    let board = hints.clone();
    let started = notify::recommended_watcher(move |event| board.event(event))
        .and_then(|mut watcher| watcher.watch(root, RecursiveMode::Recursive).map(|()| watcher));
    let watcher = match started {
        Ok(watcher) => watcher,
        Err(error) if mode == WatchMode::Native => {
            return Err(error).context(format!("watch {}", root.display()));
        }
        Err(error) => {
            tracing::warn!(%error, "no events for the inbox: it is polled");
            return Ok(None);
        }
    };
    if mode == WatchMode::Auto && !hears(root, hints) {
        tracing::warn!("the file system of the inbox sends no events: it is polled");
        return Ok(None);
    }
    Ok(Some(watcher))
}

/// Whether the event of a file that is made here comes. Network file systems send none and report no error.
fn hears(root: &Path, hints: &Hints) -> bool {
    remove_probes(root);
    let probe = root.join(format!("{PROBE_NAME}{}", std::process::id()));
    if File::create(&probe).is_err() {
        // An inbox that cannot be written to: nothing to be found out, and the timer scans it anyway.
        return true;
    }
    let until = Instant::now() + PROBE;
    let mut heard = false;
    while !heard && Instant::now() < until {
        // What else is heard meanwhile is found by the scan that comes next.
        let News { paths, stop, .. } = hints.take(until);
        heard = paths.contains_key(&probe);
        if stop {
            hints.stop();
            break;
        }
    }
    fs::remove_file(&probe).ok();
    heard
}

/// Those of processes that were killed in the middle of it.
fn remove_probes(root: &Path) {
    for entry in fs::read_dir(root).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(PROBE_NAME) {
            fs::remove_file(entry.path()).ok();
        }
    }
}
