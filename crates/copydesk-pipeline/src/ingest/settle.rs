//! When a file is complete.
//!
//! A file that was renamed or linked into the inbox is complete at once. A file that was closed after writing is
//! complete when it is unchanged 50 ms later. A file that only a scan has seen is complete when it is unchanged for the
//! time `settle`.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::stamp::Stamp;

/// How long a file must be unchanged after its writer closed it.
const CLOSED: Duration = Duration::from_millis(50);

/// What is known of how a file came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Hint {
    /// It is there.
    Seen,
    /// Its writer closed it.
    Closed,
    /// It was renamed to here.
    Renamed,
}

/// What a look at a file that is due says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Complete; `announced` when its writer said so by renaming it.
    Ready { stamp: Stamp, announced: bool },
    /// It has changed: later.
    Later,
    /// It is not there any more.
    Gone,
}

#[derive(Debug)]
pub(super) struct Settle {
    unchanged: Duration,
    files: HashMap<PathBuf, Waiting>,
    due: BTreeSet<(Instant, PathBuf)>,
}

#[derive(Debug)]
struct Waiting {
    stamp: Stamp,
    due: Instant,
    hint: Hint,
}

impl Settle {
    pub(super) fn new(unchanged: Duration) -> Self {
        Self { unchanged, files: HashMap::new(), due: BTreeSet::new() }
    }

    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    pub(super) fn holds(&self, path: &Path) -> bool {
        self.files.contains_key(path)
    }

    /// Takes a file in, or learns more of one.
    pub(super) fn hint(&mut self, path: &Path, hint: Hint, stamp: Stamp, now: Instant) {
        if let Some(waiting) = self.files.get(path) {
            if hint == Hint::Seen {
                return;
            }
            self.due.remove(&(waiting.due, path.to_owned()));
        }
        let wait = match hint {
            Hint::Seen => self.unchanged,
            Hint::Closed => CLOSED,
            Hint::Renamed => Duration::ZERO,
        };
        self.put(path.to_owned(), Waiting { stamp, due: now + wait, hint });
    }

    /// Takes a file in that is to be looked at only after a while.
    pub(super) fn later(&mut self, path: &Path, stamp: Stamp, wait: Duration, now: Instant) {
        if !self.files.contains_key(path) {
            self.put(path.to_owned(), Waiting { stamp, due: now + wait, hint: Hint::Seen });
        }
    }

    /// When the next file has to be looked at.
    pub(super) fn next_due(&self) -> Option<Instant> {
        self.due.first().map(|(due, _)| *due)
    }

    /// Takes out a file that has to be looked at now. [`Self::look`] must follow.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<PathBuf> {
        let (due, _) = self.due.first()?;
        if *due > now {
            return None;
        }
        self.due.pop_first().map(|(_, path)| path)
    }

    /// Compares a file that was taken out with what it was.
    pub(super) fn look(&mut self, path: &Path, found: Option<Stamp>, now: Instant) -> Look {
        let Some(waiting) = self.files.remove(path) else { return Look::Gone };
        let Some(stamp) = found else { return Look::Gone };
        let announced = waiting.hint == Hint::Renamed;
        // What was renamed to here is looked at once: a change since then is of another writer, who closes it.
        if stamp == waiting.stamp {
            return Look::Ready { stamp, announced };
        }
        let due = now + self.unchanged;
        self.put(path.to_owned(), Waiting { stamp, due, hint: Hint::Seen });
        Look::Later
    }

    /// Age of the oldest file that waits, as its time of change.
    pub(super) fn oldest(&self) -> Option<i128> {
        self.files.values().map(|waiting| waiting.stamp.mtime_ns).min()
    }

    fn put(&mut self, path: PathBuf, waiting: Waiting) {
        self.due.insert((waiting.due, path.clone()));
        self.files.insert(path, waiting);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    enum Step {
        /// A hint with the size that the file has then.
        Hint(Hint, u64),
        /// The size changes without a word.
        Grow(u64),
        Remove,
    }
    use Hint::{Closed, Renamed, Seen};
    use Step::{Grow, Remove};

    fn stamp(size: u64) -> Stamp {
        Stamp { mtime_ns: i128::from(size), size, dev: 1, ino: 1 }
    }

    /// Plays steps, each at a time in ms, and says when the file is ready, with its size and whether it was announced.
    fn ready(steps: &[(u64, Step)]) -> Option<(u64, u64, bool)> {
        let start = Instant::now();
        let path = Path::new("x.txt");
        let mut settle = Settle::new(Duration::from_secs(2));
        let mut size = None;
        let mut steps = steps.iter().peekable();
        for ms in 0..10_000 {
            let now = start + Duration::from_millis(ms);
            while let Some((_, step)) = steps.next_if(|(at, _)| *at == ms) {
                match step {
                    Step::Hint(hint, found) => {
                        size = Some(*found);
                        settle.hint(path, *hint, stamp(*found), now);
                    }
                    Grow(found) => size = Some(*found),
                    Remove => size = None,
                }
            }
            while let Some(due) = settle.take_due(now) {
                match settle.look(&due, size.map(stamp), now) {
                    Look::Ready { stamp, announced } => return Some((ms, stamp.size, announced)),
                    Look::Later => {}
                    Look::Gone => return None,
                }
            }
        }
        None
    }

    #[test]
    fn complete_or_not() {
        let hint = Step::Hint;
        let check = |steps: &[(u64, Step)], expected: Option<(u64, u64, bool)>| {
            assert_eq!(ready(steps), expected);
        };
        // Renamed to here: at once, whatever was known before.
        check(&[(5, hint(Renamed, 10))], Some((5, 10, true)));
        check(&[(0, hint(Seen, 1)), (7, hint(Renamed, 10))], Some((7, 10, true)));
        // Closed: 50 ms unchanged.
        check(&[(0, hint(Closed, 10))], Some((50, 10, false)));
        check(&[(0, hint(Seen, 0)), (30, hint(Closed, 10))], Some((80, 10, false)));
        check(&[(0, hint(Closed, 10)), (40, hint(Closed, 20))], Some((90, 20, false)));
        // Closed, and another writer goes on: until it closes, or is quiet for as long as `settle`.
        check(
            &[(0, hint(Closed, 1)), (20, Grow(2)), (500, hint(Closed, 3))],
            Some((550, 3, false)),
        );
        check(&[(0, hint(Closed, 1)), (20, Grow(2))], Some((2050, 2, false)));
        // Seen only: unchanged for as long as `settle`, and a scan that sees it again is no news.
        check(&[(0, hint(Seen, 1))], Some((2000, 1, false)));
        check(&[(0, hint(Seen, 1)), (1500, hint(Seen, 1))], Some((2000, 1, false)));
        check(&[(0, hint(Seen, 1)), (1900, Grow(2))], Some((4000, 2, false)));
        // A slow writer is never read half: it changes in each span of `settle`, then closes.
        let mut slow: Vec<(u64, Step)> = vec![(0, hint(Seen, 0))];
        slow.extend((1..60).map(|n| (n * 100, Grow(n))));
        slow.push((6000, hint(Closed, 60)));
        check(&slow, Some((6050, 60, false)));
        // Gone.
        check(&[(0, hint(Closed, 1)), (10, Remove)], None);
    }

    #[test]
    fn many_wait_in_the_order_in_which_they_are_due() {
        let now = Instant::now();
        let mut settle = Settle::new(Duration::from_secs(2));
        settle.hint(Path::new("seen"), Seen, stamp(3), now);
        settle.hint(Path::new("closed"), Closed, stamp(2), now);
        settle.later(Path::new("later"), stamp(1), Duration::from_secs(5), now);
        settle.later(Path::new("closed"), stamp(9), Duration::from_secs(5), now);
        assert_eq!((settle.len(), settle.oldest()), (3, Some(1)));
        assert_eq!(settle.next_due(), Some(now + CLOSED));
        assert_eq!(settle.take_due(now), None);
        let end = now + Duration::from_secs(9);
        let order: Vec<_> = std::iter::from_fn(|| settle.take_due(end)).collect();
        assert_eq!(order, ["closed", "seen", "later"].map(PathBuf::from));
        assert!(settle.holds(Path::new("seen")), "until it was looked at");
        assert_eq!(settle.look(Path::new("seen"), None, end), Look::Gone);
        assert!(!settle.holds(Path::new("seen")));
    }
}
