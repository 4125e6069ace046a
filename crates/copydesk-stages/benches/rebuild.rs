//! What a restart of `dedup` costs: learning the decisions log, or reading a snapshot.
//!
//! `cargo bench -p copydesk-stages --bench rebuild -- [ARTICLES]`
//!
//! Decides over made-up articles, lets a new stage learn their decisions from the log's own lines and another one read a
//! snapshot, each until it has decided over one more article. Prints one JSON object; CPU seconds are of all threads.
//! Decisions that are not those of the first stage are a failure, and so are fewer than 100,000 articles a CPU second.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;

use copydesk_stages::{Dedup, DedupOptions, Stage};
use copydesk_testkit::article;
use copydesk_types::{Record, article_id};

/// Articles decided over after a restart.
const AFTER: u64 = 200;
/// Articles a CPU second that a restart must come to.
const LEAST: f64 = 100_000.0;

fn main() -> Result<(), Box<dyn Error>> {
    let count = std::env::args().skip(1).find(|a| a != "--bench");
    let count: u64 = count.as_deref().unwrap_or("200000").parse()?;
    let mut first = Dedup::new(DedupOptions::default());
    let mut log = Vec::new();
    for n in 0..count {
        first.run(&mut record(n))?;
        let decision = first.take_decision().ok_or("decide over a new article")?;
        first.learn(&decision)?;
        log.push(decision);
    }
    let bytes = log.iter().map(Vec::len).sum::<usize>() as u64;
    let snapshot = first.snapshot().ok_or("write a snapshot")?;
    let mut expected = Vec::new();
    for n in count..count + AFTER {
        let mut record = record(n);
        first.run(&mut record)?;
        expected.push(record.dedup);
    }
    drop(first);
    let learnt = Timed::of(&expected, count, |stage| {
        log.iter().try_for_each(|decision| stage.learn(decision))?;
        Ok(())
    })?;
    let restored = Timed::of(&expected, count, |stage| Ok(stage.restore(&snapshot)?))?;
    let a_second = |timed: &Timed| (count as f64 / timed.cpu).round();
    let line = serde_json::json!({
        "articles": count, "decision_bytes": bytes / count, "snapshot_bytes": snapshot.len() as u64 / count,
        "log_seconds": learnt.wall, "log_cpu_seconds": learnt.cpu, "log_articles_a_cpu_second": a_second(&learnt),
        "snapshot_seconds": restored.wall, "snapshot_cpu_seconds": restored.cpu,
        "snapshot_articles_a_cpu_second": a_second(&restored),
    });
    writeln!(std::io::stdout(), "{line}")?;
    if a_second(&learnt) < LEAST || a_second(&restored) < LEAST {
        return Err(format!("come to {LEAST} articles a CPU second").into());
    }
    Ok(())
}

/// What a restart took.
struct Timed {
    wall: f64,
    cpu: f64,
}

impl Timed {
    /// Brings a new stage to its state, and checks what it decides.
    fn of(
        expected: &[Option<copydesk_types::Dedup>],
        count: u64,
        fill: impl Fn(&mut Dedup) -> Result<(), Box<dyn Error>>,
    ) -> Result<Self, Box<dyn Error>> {
        let (start, cpu) = (Instant::now(), cpu_seconds()?);
        let mut stage = Dedup::new(DedupOptions::default());
        fill(&mut stage)?;
        let mut records = (count..count + AFTER).map(record);
        let mut next = records.next().ok_or("make an article")?;
        stage.run(&mut next)?;
        let timed = Self { wall: start.elapsed().as_secs_f64(), cpu: cpu_seconds()? - cpu };
        for (n, expected) in expected.iter().enumerate() {
            if next.dedup != *expected {
                return Err(format!("decide over article {n} as before the restart").into());
            }
            next = records.next().unwrap_or_else(|| record(0));
            stage.run(&mut next)?;
        }
        Ok(timed)
    }
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

/// 200 to 500 words; every seventh article is the first half of an earlier one.
fn record(n: u64) -> Record {
    let copy = n % 7 == 6;
    let of = if copy { n - 1 - n / 7 % 6 } else { n };
    let mut random = Random(of << 20);
    let words = (200 + random.below(300)) / if copy { 2 } else { 1 };
    let mut text = String::with_capacity(4000);
    for at in 0..words {
        // The square makes some words common.
        let word = random.below(250) * random.below(250);
        let end = if at % 17 == 16 { ". " } else { " " };
        write!(text, "w{word:x}{end}").expect("a string takes all");
    }
    let mut record = article(&text);
    record.source.path = format!("{n}.txt");
    record.id = article_id(&record.source.path, &record.text.body);
    record
}

/// CPU time of this process, all threads, as Linux counts it: in hundredths.
fn cpu_seconds() -> Result<f64, Box<dyn Error>> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(") ").ok_or("read the CPU time")?;
    let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / 100.0)
}
