//! What wakes the inbox: changes in it, and what became of files that were handed out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use notify::event::{AccessKind, AccessMode, ModifyKind, RenameMode};
use notify::{Event, EventKind};

use super::settle::Hint;
use super::stamp::Stamp;
use crate::telemetry;

/// Changed paths that are kept; beyond, a scan finds them.
const MAX_PATHS: usize = 65_536;

/// What became of a file that was handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Report {
    /// All of it is published; it waits for the output.
    Published { path: PathBuf, stamp: Stamp },
    /// It is done with: moved, deleted, or gone.
    Released { path: PathBuf, stamp: Stamp },
    /// It stays where it is, and this version of it is not read again.
    Kept { path: PathBuf, stamp: Stamp },
    /// It was not complete, or changed meanwhile.
    Unfinished { path: PathBuf },
}

/// Everything that happened since the last look.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) paths: BTreeMap<PathBuf, Hint>,
    /// Events were lost.
    pub(super) rescan: bool,
    pub(super) reports: Vec<Report>,
    pub(super) stop: bool,
}

impl News {
    fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.reports.is_empty() && !self.rescan && !self.stop
    }

    fn path(&mut self, path: &Path, hint: Hint) {
        if let Some(known) = self.paths.get_mut(path) {
            *known = hint.max(*known);
        } else if self.paths.len() < MAX_PATHS {
            self.paths.insert(path.to_owned(), hint);
        } else {
            self.lose();
        }
    }

    fn lose(&mut self) {
        if !self.rescan {
            telemetry::watch_overflow();
        }
        self.rescan = true;
    }
}

/// A board that everybody writes on without waiting, and that the inbox reads. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Hints {
    shared: Arc<(Mutex<News>, Condvar)>,
}

impl Hints {
    /// Takes an event of the watcher. Never waits: a watcher that is not drained loses events.
    pub(super) fn event(&self, event: notify::Result<Event>) {
        let Ok(event) = event else {
            self.write(News::lose);
            return;
        };
        self.write(|news| {
            if event.need_rescan() {
                news.lose();
            }
            match event.kind {
                EventKind::Access(AccessKind::Close(AccessMode::Write)) => {
                    event.paths.iter().for_each(|path| news.path(path, Hint::Closed));
                }
                EventKind::Modify(ModifyKind::Name(RenameMode::To)) => {
                    event.paths.iter().for_each(|path| news.path(path, Hint::Renamed));
                }
                EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => {
                    event.paths.iter().skip(1).for_each(|path| news.path(path, Hint::Renamed));
                }
                EventKind::Access(_)
                | EventKind::Remove(_)
                | EventKind::Modify(ModifyKind::Name(RenameMode::From)) => {}
                EventKind::Create(_) | EventKind::Modify(_) | EventKind::Any | EventKind::Other => {
                    event.paths.iter().for_each(|path| news.path(path, Hint::Seen));
                }
            }
        });
    }

    pub(super) fn report(&self, report: Report) {
        self.write(|news| news.reports.push(report));
    }

    /// Asks the inbox to end.
    pub(super) fn stop(&self) {
        self.write(|news| news.stop = true);
    }

    /// Takes the news; waits for some until `until`.
    pub(super) fn take(&self, until: Instant) -> News {
        let (_, changed) = &*self.shared;
        let mut news = self.lock();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if !news.is_empty() || left.is_zero() {
                return std::mem::take(&mut news);
            }
            let waited = changed.wait_timeout(news, left);
            news = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn write(&self, change: impl FnOnce(&mut News)) {
        change(&mut self.lock());
        self.shared.1.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, News> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use notify::event::{CreateKind, DataChange, Flag, RemoveKind};

    use super::*;

    fn after(events: Vec<notify::Result<Event>>) -> News {
        let hints = Hints::default();
        for event in events {
            hints.event(event);
        }
        hints.take(Instant::now())
    }

    fn event(kind: EventKind, paths: &[&str]) -> Event {
        paths.iter().fold(Event::new(kind), |event, path| event.add_path(path.into()))
    }

    #[test]
    fn events_become_hints() {
        let name = |mode| EventKind::Modify(ModifyKind::Name(mode));
        let close = EventKind::Access(AccessKind::Close(AccessMode::Write));
        let check = |kind: EventKind, paths: &[&str], expected: &[(&str, Hint)]| {
            let news = after(vec![Ok(event(kind, paths))]);
            let found: Vec<_> = news.paths.iter().map(|(p, h)| (p.to_str().unwrap(), *h)).collect();
            assert_eq!(found, expected, "{kind:?}");
            assert!(!news.rescan);
        };
        check(close, &["a"], &[("a", Hint::Closed)]);
        check(name(RenameMode::To), &["a"], &[("a", Hint::Renamed)]);
        check(name(RenameMode::From), &["a"], &[]);
        check(name(RenameMode::Both), &["a.tmp", "a"], &[("a", Hint::Renamed)]);
        check(EventKind::Create(CreateKind::Folder), &["d"], &[("d", Hint::Seen)]);
        check(EventKind::Modify(ModifyKind::Data(DataChange::Any)), &["a"], &[("a", Hint::Seen)]);
        check(EventKind::Remove(RemoveKind::File), &["a"], &[]);
        check(EventKind::Access(AccessKind::Close(AccessMode::Read)), &["a"], &[]);
    }

    #[test]
    fn the_strongest_hint_counts() {
        let close = EventKind::Access(AccessKind::Close(AccessMode::Write));
        let create = EventKind::Create(CreateKind::File);
        let kinds = [create, close, create];
        let news = after(kinds.map(|kind| Ok(event(kind, &["a"]))).into());
        assert_eq!(news.paths.get(Path::new("a")), Some(&Hint::Closed));
    }

    #[test]
    fn lost_events_ask_for_a_scan() {
        let check = |events: Vec<notify::Result<Event>>| assert!(after(events).rescan);
        check(vec![Ok(Event::new(EventKind::Other).set_flag(Flag::Rescan))]);
        check(vec![Err(notify::Error::generic("limit"))]);
        let create = EventKind::Create(CreateKind::File);
        check((0..=MAX_PATHS).map(|n| Ok(event(create, &[&n.to_string()]))).collect());
    }

    #[test]
    fn waiting_ends_with_news_or_with_time() {
        let hints = Hints::default();
        let news = hints.take(Instant::now() + Duration::from_millis(1));
        assert!(news.is_empty());
        hints.stop();
        assert!(hints.take(Instant::now() + Duration::from_mins(1)).stop);
    }
}
