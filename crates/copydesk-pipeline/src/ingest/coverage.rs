//! Which published files are safe in the output.
//!
//! A file is finished when each of its articles stands in `COPYDESK_ENRICHED` at or below the sink's floor, or in the
//! dead letters for so long that the server has synced it. Two tasks follow these streams, headers only.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use copydesk_bus::{Bus, Delivered, StreamName};

use super::places::Failure;
use super::stamp::Stamp;
use crate::article_key::article_key;
use crate::patience::patiently;

/// What is older than this in the stream cannot belong to a file that was published since: a message waits for at most
/// the duplicate window in each of four streams. Two spans are remembered, one that is over and the present one.
const SPAN_NS: u128 = 12 * 3600 * 1_000_000_000;

/// How often a reconnect is looked for while nothing comes.
const LOOK: Duration = Duration::from_millis(500);

/// A file whose articles are all published.
#[derive(Debug)]
pub(super) struct Covering {
    pub(super) path: PathBuf,
    pub(super) stamp: Stamp,
    pub(super) articles: Vec<u128>,
    /// When its last dead letter was written, if it has one.
    pub(super) dead: Option<Instant>,
    /// When it was published; in the future when it is not to be touched before.
    pub(super) since: Instant,
    pub(super) then: Then,
}

/// What becomes of a file that is covered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Then {
    Finish { sha256: String },
    Quarantine(Failure),
}

/// Where articles are. Clones share it.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    shared: Arc<Mutex<Places>>,
}

#[derive(Debug, Default)]
struct Places {
    present: HashMap<u128, u64>,
    past: HashMap<u128, u64>,
    /// When the present span began.
    since_ns: u128,
    dead: HashMap<u128, Instant>,
    /// The connection that all this was heard on.
    generation: u64,
}

impl Seen {
    /// An article is in the enriched stream.
    pub(super) fn enriched(&self, key: u128, seq: u64, time_ns: u128) {
        let mut places = self.lock();
        if places.since_ns == 0 {
            places.since_ns = time_ns;
        }
        if time_ns.saturating_sub(places.since_ns) > SPAN_NS {
            places.past = std::mem::take(&mut places.present);
            places.since_ns = time_ns;
        }
        // The first place counts: what comes again is left out by the sink.
        let past = places.past.get(&key).copied();
        places.present.entry(key).or_insert(past.unwrap_or(seq));
    }

    /// Whether everything was heard on this connection.
    pub(super) fn is_of(&self, generation: u64) -> bool {
        self.lock().generation == generation
    }

    /// Forgets where articles are: the server may have lost its newest messages and given their sequences to others.
    fn reset(&self, generation: u64) {
        let mut places = self.lock();
        let dead = std::mem::take(&mut places.dead);
        *places = Places { dead, generation, ..Places::default() };
    }

    /// An article is in the dead letters.
    pub(super) fn dead(&self, key: u128) {
        self.lock().dead.entry(key).or_insert_with(Instant::now);
    }

    /// Whether the file is safe; `grace` is how long a dead letter takes to be.
    pub(super) fn covers(&self, file: &Covering, floor: u64, grace: Duration) -> bool {
        if file.since > Instant::now() {
            return false;
        }
        let places = self.lock();
        let is_old = |at: Instant| at.elapsed() >= grace;
        let is_safe = |key: &u128| {
            let seq = places.present.get(key).or_else(|| places.past.get(key));
            seq.is_some_and(|seq| *seq <= floor)
                || places.dead.get(key).copied().is_some_and(is_old)
        };
        file.dead.is_none_or(is_old) && file.articles.iter().all(is_safe)
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Follows the enriched stream, and the whole of it again after a reconnect, until the bus is drained.
pub(super) async fn follow_enriched(bus: &Bus, seen: &Seen) -> anyhow::Result<()> {
    loop {
        let generation = bus.reconnects();
        seen.reset(generation);
        let mut reader = patiently(|| bus.reader(StreamName::Enriched, 1, true)).await?;
        while bus.reconnects() == generation {
            let message = tokio::select! {
                message = reader.next() => message?,
                () = tokio::time::sleep(LOOK) => continue,
            };
            let Some(message) = message else { return Ok(()) };
            if let Some(key) = subject_key(&message) {
                seen.enriched(key, message.seq, message.time_unix_ns);
            }
        }
    }
}

/// Follows the dead letters until the bus is drained.
pub(super) async fn follow_dead(bus: &Bus, seen: &Seen) -> anyhow::Result<()> {
    let mut reader = patiently(|| bus.reader(StreamName::Dead, 1, true)).await?;
    while let Some(message) = reader.next().await? {
        let key = match subject_key(&message) {
            Some(key) => Some(key),
            None => advised(bus, message.seq).await?,
        };
        if let Some(key) = key {
            seen.dead(key);
        }
    }
    Ok(())
}

fn subject_key(message: &Delivered) -> Option<u128> {
    article_key(message.headers.get("ce-subject")?)
}

/// The article of a note of the server, which names only stream and sequence.
async fn advised(bus: &Bus, seq: u64) -> anyhow::Result<Option<u128>> {
    let letter = patiently(|| bus.dead_letter(seq)).await?;
    let Some((stream, origin)) = letter.and_then(|letter| letter.origin) else { return Ok(None) };
    let original = patiently(|| bus.get_message(stream, origin)).await?;
    Ok(original.as_ref().and_then(subject_key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(articles: &[u128]) -> Covering {
        Covering {
            path: PathBuf::new(),
            stamp: Stamp { mtime_ns: 0, size: 0, dev: 0, ino: 0 },
            articles: articles.to_vec(),
            dead: None,
            since: Instant::now(),
            then: Then::Finish { sha256: String::new() },
        }
    }

    #[test]
    fn a_file_is_covered_when_all_its_articles_are() {
        let seen = Seen::default();
        let covers = |articles: &[u128], floor| seen.covers(&file(articles), floor, Duration::ZERO);
        assert!(covers(&[], 0));
        assert!(!covers(&[1], 9));
        seen.enriched(1, 5, 1);
        seen.enriched(2, 7, 2);
        assert!(!covers(&[1], 4));
        assert!(covers(&[1], 5));
        assert!(!covers(&[1, 2], 6));
        assert!(covers(&[1, 2], 7));
        assert!(!covers(&[1, 2, 3], 9));
        seen.dead(3);
        assert!(covers(&[1, 2, 3], 9));
        seen.enriched(1, 11, 3);
        assert!(covers(&[1], 5), "its first place counts");
    }

    #[test]
    fn a_dead_letter_takes_its_time() {
        let seen = Seen::default();
        let hour = Duration::from_hours(1);
        seen.dead(1);
        assert!(!seen.covers(&file(&[1]), 0, hour));
        let mut own = file(&[]);
        own.dead = Some(Instant::now());
        assert!(!seen.covers(&own, 0, hour));
        assert!(seen.covers(&own, 0, Duration::ZERO));
    }

    #[test]
    fn what_is_long_past_is_forgotten() {
        let seen = Seen::default();
        let covers = |key| seen.covers(&file(&[key]), 99, Duration::ZERO);
        seen.enriched(1, 1, 1);
        seen.enriched(2, 2, SPAN_NS);
        seen.enriched(3, 3, SPAN_NS + 2);
        assert!(covers(1) && covers(2) && covers(3));
        seen.enriched(4, 4, 2 * SPAN_NS + 3);
        assert!(!covers(1) && !covers(2) && covers(3) && covers(4));
    }
}
