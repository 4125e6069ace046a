//! Grows an index with made-up articles and says what an article costs: `scale ARTICLES WINDOW [EVERY]`. At 100,000 and each
//! power of ten, and at the end, prints a JSON object: bytes of a sketch and of memory an article, microseconds of a decision
//! over the last 20,000 of those that were timed. At the end, also the snapshot: its bytes, and seconds to write and read it.
//!
//! Words are drawn by Zipf's law, so that common word triples are common here, too; every seventh article is an edited copy
//! of one of the last 50,000. With EVERY only each so-many-th article is decided over, and the rest are taken in as new.

use std::io::Write;
use std::time::Instant;

use copydesk_neardup::{Article, Finding, Index, Options, Rule, Verdict};

const WORDS: u64 = 60_000;
const TIMED: usize = 20_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1).map(|arg| arg.parse::<u32>());
    let usage = "usage: scale ARTICLES WINDOW [EVERY]";
    let (count, window) = (args.next().ok_or(usage)??, args.next().ok_or(usage)??);
    let every = args.next().transpose()?.unwrap_or(1);
    let mut index = Index::new(Options { window });
    let outside = Index::new(Options::default());
    let (mut micros, mut sketch_bytes, mut found, mut copies) = (Vec::new(), 0_u64, 0_u64, 0_u64);
    let empty = memory()?;
    for n in 0..count {
        let text = text(n);
        let article = Article { text: &text, ..Article::default() };
        let (sketch, finding) = if n % every == 0 {
            let start = Instant::now();
            let sketch = index.sketch(&article);
            let finding = index.decide(&sketch);
            micros.push(start.elapsed().as_secs_f64() * 1e6);
            copies += u64::from(original(n).is_some());
            found += u64::from(original(n).is_some() && finding.verdict != Verdict::New);
            (sketch, finding)
        } else {
            (outside.sketch(&article), Finding::new(Rule::None))
        };
        sketch_bytes += sketch.encode().len() as u64;
        index.insert(&sketch, finding)?;
        let done = n + 1;
        if done == count || (done >= 100_000 && done.to_string().trim_end_matches('0') == "1") {
            let last = micros.len().saturating_sub(TIMED);
            let last = micros.get_mut(last..).unwrap_or_default();
            last.sort_by(f64::total_cmp);
            let at = |percent: usize| last.get(last.len() * percent / 100).map(|us| us.round());
            let line = serde_json::json!({
                "articles": done, "sketch_bytes": sketch_bytes / u64::from(done),
                "memory_bytes": (memory()? - empty) / u64::from(done),
                "p50_us": at(50), "p99_us": at(99), "copies_found": found as f64 / copies.max(1) as f64,
            });
            writeln!(std::io::stdout(), "{line}")?;
        }
    }
    let start = Instant::now();
    let bytes = index.snapshot();
    let write = start.elapsed().as_secs_f64();
    let (start, cpu) = (Instant::now(), cpu_seconds()?);
    let restored = Index::restore(&bytes)?;
    let (read, read_cpu) = (start.elapsed().as_secs_f64(), cpu_seconds()? - cpu);
    for n in count..count + 100 {
        let text = text(n);
        let sketch = index.sketch(&Article { text: &text, ..Article::default() });
        if restored.decide(&sketch) != index.decide(&sketch) {
            return Err("the restored index decides otherwise".into());
        }
    }
    let line = serde_json::json!({
        "snapshot_bytes": bytes.len() as u64 / u64::from(count), "write_seconds": write, "read_seconds": read,
        "read_cpu_seconds": read_cpu,
        "read_articles_a_second": (f64::from(count) / read).round(),
    });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

/// A stream of numbers (Knuth's MMIX generator).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// The article that `n` is a copy of.
fn original(n: u32) -> Option<u32> {
    let mut random = Random(u64::from(n) << 20 | 3);
    let back = u32::try_from(1 + random.below(50_000)).unwrap_or(1);
    (n % 7 == 6 && back <= n).then(|| n - back)
}

/// 150 to 700 words in sentences; of a copy the first part of its original with some words changed.
fn text(n: u32) -> String {
    let copy = original(n);
    let mut random = Random(u64::from(copy.unwrap_or(n)) << 20 | 1);
    let mut edits = Random(u64::from(n) << 20 | 2);
    let all = 150 + random.below(550);
    let kept = if copy.is_some() { all * (60 + edits.below(40)) / 100 } else { all };
    let mut out = String::with_capacity(4500);
    for at in 0..kept {
        let mut word = zipf(&mut random);
        if copy.is_some() && edits.below(25) == 0 {
            word = zipf(&mut edits);
        }
        spell(word, at % 17 == 0, &mut out);
        out.push_str(if at % 17 == 16 { ". " } else { " " });
    }
    out
}

/// A rank with probability falling as 1 over the rank.
fn zipf(random: &mut Random) -> u64 {
    let share = random.below(1 << 30) as f64 / f64::from(1 << 30);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below WORDS")]
    let rank = (WORDS as f64).powf(share) as u64;
    rank.min(WORDS)
}

fn spell(word: u64, capital: bool, out: &mut String) {
    const SYLLABLES: [&str; 16] = [
        "ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "zu", "da", "fe", "gi", "ho", "pu",
        "wa",
    ];
    let start = out.len();
    let mut rest = word;
    while rest > 0 || out.len() == start {
        let syllable = usize::try_from(rest % 16).ok().and_then(|n| SYLLABLES.get(n));
        out.push_str(syllable.copied().unwrap_or_default());
        rest /= 16;
    }
    if capital && let Some(first) = out.get_mut(start..=start) {
        first.make_ascii_uppercase();
    }
}

/// Resident memory of this process in bytes, as Linux counts it.
fn memory() -> Result<u64, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).ok_or("find VmRSS")?;
    let kilobytes: u64 = line.split_ascii_whitespace().nth(1).ok_or("read VmRSS")?.parse()?;
    Ok(kilobytes * 1024)
}

/// CPU time of this process, all threads, as Linux counts it: in hundredths.
fn cpu_seconds() -> Result<f64, Box<dyn std::error::Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(") ").ok_or("read the CPU time")?;
    let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
}
