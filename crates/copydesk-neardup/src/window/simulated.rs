//! An index of ten million articles that are all in the window, simulated: `just ten-million`.
//!
//! Real are the postings, the findings and the hashes of the bodies of every article, and the whole decision. Made up are
//! the articles: word triples of words drawn by Zipf's law, 150 to 700 of them, without names and numbers. Left out are the
//! sketches (7 GB): their bytes are counted, and only those that a decision reads are there.

use std::time::Instant;

use super::*;
use crate::index::Finding;
use crate::judge::{Rule, Verdict};
use crate::sketch::Parts;

const WORDS: f64 = 60_000.0;
/// Every so-many-th article that is asked for is an edited copy of one in the index.
const COPIES: u32 = 7;
/// An allocation of a sketch takes so much more than its bytes, about.
const ALLOCATION: u64 = 16;

/// A stream of numbers (Knuth's MMIX generator).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(((self.0 >> 32) * u64::from(end)) >> 32).unwrap()
    }
}

/// Ranks with a probability that falls as 1 over the rank.
struct Zipf(Vec<u32>);

impl Zipf {
    fn new() -> Self {
        let of = 1 << 20;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "below WORDS")]
        Self((0..of).map(|n| WORDS.powf(f64::from(n) / f64::from(of)) as u32).collect())
    }

    fn draw(&self, random: &mut Random) -> u64 {
        u64::from(self.0[random.below(1 << 20) as usize])
    }

    /// The sketch of an article; with `edits` that of a copy, which has some words changed and the end cut off.
    fn sketch(&self, n: u32, edits: Option<&mut Random>) -> Sketch {
        let mut random = Random(u64::from(n) << 20 | 1);
        let mut words: Vec<u64> =
            (0..150 + random.below(550)).map(|_| self.draw(&mut random)).collect();
        let mut body = u128::from(n);
        if let Some(edits) = edits {
            words.truncate(words.len() * (60 + edits.below(40) as usize) / 100);
            for word in &mut words {
                if edits.below(25) == 0 {
                    *word = self.draw(edits);
                }
            }
            body |= 1 << 64;
        }
        let hash = |triple: &[u64]| {
            let mixed = triple.iter().fold(0x2545_f491_4f6c_dd1d, |h: u64, word| {
                let h =
                    (h.rotate_left(23) ^ word.wrapping_add(1)).wrapping_mul(0xff51_afd7_ed55_8ccd);
                (h ^ h >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53)
            });
            u32::try_from(mixed >> 32).unwrap()
        };
        let words_count = u32::try_from(words.len()).unwrap();
        let mut sketch = Sketch { body, words: words_count, ..Sketch::default() };
        sketch.fill(Parts { shingles: words.windows(3).map(hash).collect(), ..Parts::default() });
        sketch
    }
}

/// An index of so many articles, all new and in the window: full segments sorted, the newest one full, too, and still a hash
/// table, which is the most that an index ever takes. With the mean size of a sketch.
fn grown(articles: u32, zipf: &Zipf) -> (Index, u64) {
    let mut index = Index::new(crate::index::Options { window: articles });
    let size = index.segment_size();
    let last = articles - size.min(articles);
    let (mut bytes, mut measured) = (0, 0);
    let mut pairs = Pairs::with_room(size as usize * POSTINGS);
    for n in 0..articles {
        let sketch = zipf.sketch(n, None);
        if n.is_multiple_of(64) {
            bytes += sketch.encode().len() as u64;
            measured += 1;
        }
        index.enter(&sketch, &[], Finding::new(Rule::None)).unwrap();
        if n >= last {
            index.post(n, &sketch).unwrap();
            continue;
        }
        let level = index_level(sketch.size);
        let own = sketch.zones.iter().flatten().filter(|s| sampled(**s, level));
        own.for_each(|shingle| pairs.push(*shingle, n));
        if (n + 1).is_multiple_of(size) {
            let full = std::mem::replace(&mut pairs, Pairs::with_room(0));
            let postings = Sorted::new(full, |article| article).into();
            index.window.segments.push_back(Segment { postings, end: n + 1 });
            if n + 1 < last {
                pairs = Pairs::with_room(size as usize * POSTINGS);
            }
        }
    }
    (index, bytes / measured)
}

/// Puts in the sketches of the articles that may be compared with one: all that share at least two sampled shingles.
fn fill_in(index: &mut Index, this: &Sketch, zipf: &Zipf) {
    let mut hits = Vec::new();
    for shingle in this.items().into_iter().filter(|s| sampled(*s, index_level(this.size))) {
        index.collect(shingle, 24, &mut hits);
    }
    hits.sort_unstable();
    for run in hits.chunk_by(|a, b| a == b).filter(|run| run.len() > 1) {
        let entry = &mut index.entries[run[0] as usize];
        if entry.sketch.is_empty() {
            entry.sketch = zipf.sketch(run[0], None).encode().into();
        }
    }
}

/// What was seen.
#[derive(Debug)]
struct Seen {
    copies: u32,
    found: u32,
    wrong: u32,
    segments: usize,
    sketch_bytes: u64,
    /// Microseconds of each decision, sorted.
    micros: Vec<f64>,
    /// CPU microseconds of one, and bytes of memory of the index, where the system tells.
    cpu_micros: Option<f64>,
    memory: Option<u64>,
}

fn simulate(articles: u32, asked: u32) -> Seen {
    let zipf = Zipf::new();
    let empty = memory();
    let (mut index, sketch_bytes) = grown(articles, &zipf);
    let full = memory();
    let mut random = Random(9);
    let queries: Vec<(Option<u32>, Sketch)> = (articles..articles + asked)
        .map(|n| {
            let of = n.is_multiple_of(COPIES).then(|| random.below(articles));
            let mut edits = Random(u64::from(n) << 20 | 2);
            (of, zipf.sketch(of.unwrap_or(n), of.map(|_| &mut edits)))
        })
        .collect();
    for (_, sketch) in &queries {
        fill_in(&mut index, sketch, &zipf);
    }
    let mut seen = Seen {
        copies: 0,
        found: 0,
        wrong: 0,
        segments: index.window.segments.len(),
        sketch_bytes,
        micros: Vec::new(),
        cpu_micros: None,
        memory: full.zip(empty).map(|(full, empty)| full - empty),
    };
    let before = cpu_seconds();
    for (of, sketch) in &queries {
        let start = Instant::now();
        let finding = index.decide(sketch);
        seen.micros.push(start.elapsed().as_secs_f64() * 1e6);
        seen.copies += u32::from(of.is_some());
        seen.found += u32::from(of.is_some() && finding.parent == *of);
        seen.wrong += u32::from(finding.verdict != Verdict::New && finding.parent != *of);
    }
    let spent = cpu_seconds().zip(before).map(|(after, before)| after - before);
    seen.cpu_micros = spent.map(|seconds| seconds * 1e6 / f64::from(asked));
    seen.micros.sort_by(f64::total_cmp);
    seen
}

/// Resident memory of this process, as Linux counts it.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmRSS:"))?;
    line.split_ascii_whitespace().nth(1)?.parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// CPU time of this process, as Linux counts it: in hundredths.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut ticks = fields.split(' ').skip(11).take(2).map(str::parse::<f64>);
    Some((ticks.next()?.ok()? + ticks.next()?.ok()?) / 100.0)
}

#[test]
fn every_copy_is_found_and_nothing_else() {
    let seen = simulate(20_000, 700);
    assert_eq!((seen.copies, seen.found, seen.wrong, seen.segments), (100, 100, 0, 4), "{seen:?}");
}

/// `just ten-million`: some 10 GB of memory and minutes, so not among the others. Its first line is to be compared with what the
/// example `scale` measures of a whole index.
#[test]
#[ignore = "10 GB of memory and minutes: `just ten-million`"]
fn ten_million_articles() {
    for articles in [1_000_000, 10_000_000] {
        let seen = simulate(articles, 20_000);
        let at = |percent: usize| seen.micros[seen.micros.len() * percent / 100].round();
        let memory = seen.memory.unwrap() / u64::from(articles) + seen.sketch_bytes + ALLOCATION;
        let cpu = seen.cpu_micros.unwrap().round();
        println!(
            "{articles} articles in {} segments: {memory} bytes an article, of which {} are its sketch; a decision {} us \
             (median), {} us (99th percentile), {cpu} us of CPU (mean); {} of {} copies found, {} wrong",
            seen.segments,
            seen.sketch_bytes,
            at(50),
            at(99),
            seen.found,
            seen.copies,
            seen.wrong
        );
        assert!(seen.found * 1000 >= seen.copies * 999 && seen.wrong == 0, "copies");
        assert!(memory <= 2_000 && cpu <= 5_000.0, "cost");
    }
}
