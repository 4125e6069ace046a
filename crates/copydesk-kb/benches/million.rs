//! A base of a million synthetic entities: its size, how long it takes to open and to look a name up, the memory of the
//! build. Fails when an answer is wrong, when a bound is missed, or when a map in memory is more than 10 times as fast.
//!
//! The memory is what the kernel says of the process: the most that was resident at once (`VmHWM`), at the end of the build
//! less at its beginning.

use std::collections::HashMap;
use std::error::Error;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use copydesk_kb::{Base, BuildOptions, Builder, Entry};
use copydesk_types::EntityType;

const ENTITIES: u32 = 1_000_000;
const LOOKUPS: u32 = 100_000;
/// Look-ups between two readings of the clock.
const BATCH: u32 = 100;
/// Rounds over all names, each too large for a cache; the fastest counts, for other work on the machine only adds to it.
const ROUNDS: usize = 9;
/// Bounds.
const BYTES_AN_ENTITY: f64 = 160.0;
const OPENS_IN: Duration = Duration::from_millis(50);
const LOOKUP_IN: Duration = Duration::from_micros(1);
/// 64 MB of names to sort with what their vectors cost, a million ids, and buffers.
const BUILD_MEMORY: u64 = 300 << 20;

/// A syllable for every six bits.
fn word(mut number: u32, syllables: u32) -> String {
    let mut out = String::new();
    for _ in 0..syllables {
        let (consonant, vowel) = (number & 15, (number >> 4) & 3);
        out.push(char::from(*b"bdfghjklmnprstvz".get(consonant as usize).unwrap_or(&b'x')));
        out.push(char::from(*b"aeio".get(vowel as usize).unwrap_or(&b'u')));
        number >>= 6;
    }
    out
}

/// A given name of many and a family name of one's own, together as long as names are; with an initial, with a title and
/// by the family name alone: four names an entity.
fn entry(number: u32) -> Entry {
    // An odd factor modulo 2^24 gives each number another one.
    let (given, family) = (word(number / 7, 3), word(number.wrapping_mul(7_368_787), 4));
    let initial: String = given.chars().take(1).collect();
    Entry {
        name: format!("{given} {family}"),
        kind: Some(EntityType::Person),
        aliases: vec![format!("{initial} {family}"), format!("Dr {given} {family}")],
        short: vec![family],
        wikidata: Some(format!("Q{}", number + 1)),
        country: Some("NO".to_owned()),
        weight: f64::from(number % 90_000),
        ..Entry::default()
    }
}

/// Most memory that the process has had, in bytes; 0 where the system does not say.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kilobytes =
        line.and_then(|l| l.trim().strip_suffix(" kB")).and_then(|n| n.trim().parse().ok());
    kilobytes.unwrap_or(0_u64) * 1024
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The median time of a look-up in the base and in the map; both must answer right.
fn round(base: &Base, map: &HashMap<String, u32>, asked: &[(u32, String)]) -> (Duration, Duration) {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for batch in asked.chunks(BATCH as usize) {
        let start = Instant::now();
        let first = |name: &str| base.lookup_folded(name).next().map(|hit| hit.entity);
        let found: Vec<Option<u32>> = batch.iter().map(|(_, name)| first(name)).collect();
        ours.push(start.elapsed() / BATCH);
        let start = Instant::now();
        let known: Vec<Option<u32>> =
            batch.iter().map(|(_, name)| map.get(name).copied()).collect();
        theirs.push(start.elapsed() / BATCH);
        for ((number, name), answers) in batch.iter().zip(found.into_iter().zip(known)) {
            assert_eq!(answers, (Some(*number), Some(*number)), "{name}");
        }
    }
    (median(ours), median(theirs))
}

fn main() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let out = directory.path().join("million.kb");
    let (before, start) = (peak(), Instant::now());
    let mut builder = Builder::new(BuildOptions::in_directory(directory.path()), Box::new(|_| {}))?;
    for number in 0..ENTITIES {
        builder.push(&entry(number))?;
    }
    let summary = builder.finish(&out)?;
    let (built, memory) = (start.elapsed(), peak() - before);
    let each = summary.bytes as f64 / f64::from(ENTITIES);

    let bytes: copydesk_kb::BaseBytes = Arc::new(std::fs::read(&out)?);
    let start = Instant::now();
    let base = Base::open(bytes)?;
    let opened = start.elapsed();

    // In an order that no cache foresees; the clock is read once a batch, for reading it costs as much as a look-up.
    let asked: Vec<(u32, String)> = (0..LOOKUPS)
        .map(|n| n.wrapping_mul(2_654_435_761) % ENTITIES)
        .map(|n| (n, entry(n).name))
        .collect();
    let map: HashMap<String, u32> = (0..ENTITIES).map(|n| (entry(n).name, n)).collect();
    let (mut ours, mut theirs) = (Duration::MAX, Duration::MAX);
    for _ in 0..ROUNDS {
        let (here, there) = round(&base, &map, &asked);
        (ours, theirs) = (ours.min(here), theirs.min(there));
    }

    let unknown = |name: &str| base.lookup_folded(&format!("{name}x")).next().is_none();
    assert!(
        asked.iter().all(|(_, name)| unknown(name)),
        "a name that the base does not have is found"
    );

    let mut say = std::io::stdout().lock();
    writeln!(say, "build   {:.1} s, {} MB of memory", built.as_secs_f64(), memory >> 20)?;
    writeln!(say, "size    {each:.1} bytes an entity, {} names", summary.aliases)?;
    writeln!(say, "open    {} us", opened.as_micros())?;
    writeln!(
        say,
        "look up {} ns median, a map in memory {} ns",
        ours.as_nanos(),
        theirs.as_nanos()
    )?;
    assert!(each <= BYTES_AN_ENTITY, "{each} bytes an entity");
    assert!(opened <= OPENS_IN, "opens in {opened:?}");
    assert!(ours <= LOOKUP_IN, "looks up in {ours:?}");
    assert!(ours <= 10 * theirs, "{ours:?} against {theirs:?}");
    assert!(memory <= BUILD_MEMORY, "{memory} bytes to build");
    Ok(())
}
