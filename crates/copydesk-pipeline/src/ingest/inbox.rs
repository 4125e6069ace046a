//! The inbox: which files are there, which are complete, and which are handed out next.
//!
//! One thread owns this table. It hands out complete files, oldest first, through a channel that takes a few; when
//! nobody takes them it waits there, while [`Hints`] goes on collecting what the watcher says.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::Sender;

use super::hints::{Hints, News, Report};
use super::names::Ignore;
use super::scan::{is_file_name, scan};
use super::settle::{Hint, Look, Settle};
use super::stamp::{Stamp, now_ns};
use crate::config::WatchMode;
use crate::telemetry;

/// Files of which the table is aware before it leaves the rest to the next scan.
const MAX_FOUND: usize = 100_000;
/// How long a file that may be incomplete is left alone.
const UNFINISHED: Duration = Duration::from_secs(2);
/// Least time between two changes of the inbox's gauges, which takes a walk over the table.
const GAUGES: Duration = Duration::from_secs(1);

/// A complete file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) path: PathBuf,
    pub(super) stamp: Stamp,
    /// Its writer renamed it to here, so that it is surely whole.
    pub(super) announced: bool,
    /// When it was found complete, in Unix nanoseconds.
    pub(super) ready_ns: i128,
}

/// How the inbox is looked after.
#[derive(Debug, Clone)]
pub(super) struct InboxOptions {
    /// Canonical.
    pub(super) root: PathBuf,
    pub(super) ignore: Ignore,
    pub(super) settle: Duration,
    pub(super) rescan: Duration,
    pub(super) watch: WatchMode,
}

#[derive(Debug)]
pub(super) struct Inbox {
    options: InboxOptions,
    settle: Settle,
    ready: BTreeSet<(Stamp, PathBuf)>,
    /// Whether a ready file was announced, and since when it is ready.
    facts: HashMap<PathBuf, (bool, i128)>,
    taken: HashMap<PathBuf, Taken>,
    /// Directories named like files that have held files: empty, they wait for the next ones.
    used: HashSet<PathBuf>,
    rescan_at: Instant,
    gauges_at: Instant,
    /// The last scan left files out.
    more: bool,
}

/// A file that was handed out.
#[derive(Debug)]
enum Taken {
    /// This version is being read; what was heard of the path meanwhile.
    Reading(Stamp, Option<Hint>),
    /// This version is published and waits for the output.
    Waits(Stamp),
    /// This version stays for good.
    Kept(Stamp),
}

impl Inbox {
    /// `known` are versions of files that are not to be read again.
    pub(super) fn new(options: InboxOptions, known: Vec<(PathBuf, Stamp)>) -> Self {
        let now = Instant::now();
        let taken = known.into_iter().map(|(path, stamp)| (path, Taken::Kept(stamp)));
        Self {
            settle: Settle::new(options.settle),
            options,
            ready: BTreeSet::new(),
            facts: HashMap::new(),
            taken: taken.collect(),
            used: HashSet::new(),
            rescan_at: now,
            gauges_at: now,
            more: false,
        }
    }

    /// Works until it is asked to stop or nobody takes files any more. Blocks the thread.
    pub(super) fn work(mut self, hints: &Hints, jobs: &Sender<Job>) {
        loop {
            let now = Instant::now();
            self.step(now);
            while let Some(job) = self.next_job() {
                if jobs.blocking_send(job).is_err() {
                    return;
                }
                // While this waited the world went on.
                if !self.hear(hints.take(Instant::now())) {
                    return;
                }
            }
            if !self.hear(hints.take(self.wake_at(Instant::now()))) {
                return;
            }
        }
    }

    /// Scans if it is time, and looks at the files that are due.
    fn step(&mut self, now: Instant) {
        let starved = self.more && self.ready.is_empty() && self.settle.len() == 0;
        if now >= self.rescan_at || starved {
            self.scan_all(now);
        }
        while let Some(path) = self.settle.take_due(now) {
            let found = fs::symlink_metadata(&path).ok().map(|metadata| Stamp::of(&metadata));
            let found = found.filter(|_| !self.is_used(&path));
            match self.settle.look(&path, found, now) {
                Look::Ready { stamp, announced } => {
                    self.facts.insert(path.clone(), (announced, now_ns()));
                    self.ready.insert((stamp, path));
                }
                Look::Later | Look::Gone => {}
            }
        }
        if now >= self.gauges_at {
            self.gauges_at = now + GAUGES;
            self.set_gauges();
        }
    }

    fn wake_at(&self, now: Instant) -> Instant {
        let gauges = now + GAUGES;
        let due = self.settle.next_due().unwrap_or(gauges);
        due.min(self.rescan_at).min(gauges)
    }

    fn next_job(&mut self) -> Option<Job> {
        let (stamp, path, (announced, ready_ns)) = loop {
            let (stamp, path) = self.ready.pop_first()?;
            let facts = self.facts.remove(&path).unwrap_or((false, now_ns()));
            // It was found empty, and then a file came into it and was handed out.
            if !self.is_used(&path) {
                break (stamp, path, facts);
            }
        };
        if let Some(dir) = path.parent().filter(|dir| is_file_name(dir)) {
            self.used.insert(dir.to_owned());
        }
        self.taken.insert(path.clone(), Taken::Reading(stamp, None));
        Some(Job { path, stamp, announced, ready_ns })
    }

    /// Whether it is a directory that held files. A file that has taken the place of one is a file.
    fn is_used(&self, path: &Path) -> bool {
        self.used.contains(path) && fs::symlink_metadata(path).is_ok_and(|m| m.is_dir())
    }

    /// Takes the news in; says whether to go on.
    fn hear(&mut self, news: News) -> bool {
        let now = Instant::now();
        for report in news.reports {
            self.report(report, now);
        }
        for (path, hint) in news.paths {
            self.path(&path, hint, now);
        }
        if news.rescan {
            self.rescan_at = now;
        }
        !news.stop
    }

    fn report(&mut self, report: Report, now: Instant) {
        match report {
            Report::Published { path, stamp } => {
                let before = self.taken.insert(path.clone(), Taken::Waits(stamp));
                if let Some(Taken::Reading(_, Some(hint))) = before {
                    self.path(&path, hint, now);
                }
            }
            // A report of a version that another one has followed changes nothing.
            Report::Kept { path, stamp } => {
                if self.is_of(&path, stamp) {
                    self.taken.insert(path, Taken::Kept(stamp));
                }
            }
            Report::Released { path, stamp } => {
                if self.is_of(&path, stamp) {
                    self.taken.remove(&path);
                    // Another file may have taken its place.
                    self.path(&path, Hint::Seen, now);
                }
            }
            Report::Unfinished { path } => {
                self.taken.remove(&path);
                if let Ok(metadata) = fs::symlink_metadata(&path) {
                    self.settle.later(&path, Stamp::of(&metadata), UNFINISHED, now);
                }
            }
        }
    }

    fn is_of(&self, path: &Path, stamp: Stamp) -> bool {
        match self.taken.get(path) {
            Some(Taken::Reading(known, _) | Taken::Waits(known) | Taken::Kept(known)) => {
                *known == stamp
            }
            None => false,
        }
    }

    /// Takes a change of a path in.
    fn path(&mut self, path: &Path, hint: Hint, now: Instant) {
        let Ok(relative) = path.strip_prefix(&self.options.root) else { return };
        if relative.as_os_str().is_empty() {
            return;
        }
        if self.options.ignore.path(relative) {
            return;
        }
        let Ok(metadata) = fs::symlink_metadata(path) else { return };
        if metadata.is_dir() {
            // No event tells of the files in a directory that was moved in, or made and filled at once.
            self.scan_dir(path, now);
        } else {
            self.found(path, Stamp::of(&metadata), hint, now);
        }
    }

    fn found(&mut self, path: &Path, stamp: Stamp, hint: Hint, now: Instant) {
        match self.taken.get_mut(path) {
            Some(Taken::Reading(_, heard)) => {
                *heard = (*heard).max(Some(hint));
                return;
            }
            Some(Taken::Waits(known) | Taken::Kept(known)) if *known == stamp => return,
            Some(Taken::Waits(_) | Taken::Kept(_)) | None => {}
        }
        if self.facts.contains_key(path) || self.is_used(path) {
            return;
        }
        if self.settle.holds(path) || self.settle.len() + self.ready.len() < MAX_FOUND {
            self.settle.hint(path, hint, stamp, now);
        } else {
            self.more = true;
        }
    }

    fn scan_all(&mut self, now: Instant) {
        telemetry::rescan();
        let root = self.options.root.clone();
        let every = match self.options.watch {
            WatchMode::Poll => self.options.settle,
            WatchMode::Auto | WatchMode::Native => self.options.rescan,
        };
        self.more = false;
        let seen = self.scan_dir(&root, now);
        // What is published may stay for long; what is gone must not be remembered.
        if let Some(seen) = seen {
            self.taken.retain(|path, taken| {
                matches!(taken, Taken::Reading(..)) || seen.contains(path) || path.exists()
            });
        }
        self.rescan_at = Instant::now() + every;
    }

    /// Scans a directory; gives what was seen, if that is all there is.
    fn scan_dir(&mut self, dir: &Path, now: Instant) -> Option<HashSet<PathBuf>> {
        // Files that are known take places too.
        let limit = MAX_FOUND + self.taken.len();
        let scan = scan(&self.options.root, dir, &self.options.ignore, limit);
        for (path, error) in &scan.failed {
            tracing::warn!(path = %path.display(), %error, "cannot look into a directory of the inbox");
        }
        self.more |= scan.more;
        let mut seen = HashSet::with_capacity(scan.found.len());
        for found in scan.found {
            self.found(&found.path, found.stamp, Hint::Seen, now);
            seen.insert(found.path);
        }
        (scan.failed.is_empty() && !scan.more).then_some(seen)
    }

    fn set_gauges(&self) {
        let mut files = self.settle.len() + self.ready.len();
        let mut oldest = self.ready.first().map(|(stamp, _)| stamp.mtime_ns);
        #[expect(clippy::iter_over_hash_type, reason = "a count and a minimum")]
        for taken in self.taken.values() {
            match taken {
                Taken::Reading(stamp, _) | Taken::Waits(stamp) => {
                    files += 1;
                    oldest = Some(oldest.map_or(stamp.mtime_ns, |mtime| mtime.min(stamp.mtime_ns)));
                }
                Taken::Kept(_) => {}
            }
        }
        let oldest = oldest.into_iter().chain(self.settle.oldest()).min();
        let age = oldest.map_or(0, |mtime| now_ns().saturating_sub(mtime).max(0));
        telemetry::inbox(files, Duration::from_nanos(u64::try_from(age).unwrap_or(u64::MAX)));
    }
}

#[cfg(test)]
mod tests;
