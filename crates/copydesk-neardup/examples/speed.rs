//! Times whole decisions over JSON Lines documents, from text to verdict and taken in: `speed FILE ROUNDS`. Prints a JSON
//! object: documents, copies found, CPU seconds of the best round, microseconds of the median and 99th percentile.

use std::io::Write;
use std::time::Instant;

use copydesk_neardup::{Article, Index, Options, Verdict};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let file = args.next().ok_or("usage: speed FILE.jsonl ROUNDS")?;
    let rounds: usize = args.next().map_or(Ok(1), |n| n.parse())?;
    let lines = std::fs::read_to_string(file)?;
    let documents: Vec<serde_json::Value> =
        lines.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let (mut best, mut found) = (f64::MAX, None);
    let mut micros: Vec<f64> = Vec::new();
    for _ in 0..rounds {
        micros.clear();
        let mut index = Index::new(Options::default());
        let (mut copies, start) = (0_usize, cpu_seconds()?);
        for document in &documents {
            let text = document["text"].as_str().unwrap_or_default();
            let title = document["title"].as_str();
            let from = Instant::now();
            let sketch = index.sketch(&Article { text, title, ..Article::default() });
            let finding = index.decide(&sketch);
            index.insert(&sketch, finding)?;
            micros.push(from.elapsed().as_secs_f64() * 1e6);
            copies += usize::from(finding.verdict != Verdict::New);
        }
        best = best.min(cpu_seconds()? - start);
        if *found.get_or_insert(copies) != copies {
            return Err("a round found other copies than the first".into());
        }
    }
    micros.sort_by(f64::total_cmp);
    let at = |percent: usize| micros.get(micros.len() * percent / 100).copied();
    let out = serde_json::json!({
        "documents": documents.len(), "copies": found, "cpu_seconds": best, "p50_us": at(50), "p99_us": at(99),
    });
    writeln!(std::io::stdout(), "{out}")?;
    Ok(())
}

/// CPU time of this thread, as Linux counts it.
fn cpu_seconds() -> Result<f64, Box<dyn std::error::Error>> {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds: f64 = stat.split(' ').next().ok_or("read the CPU time")?.parse()?;
    Ok(nanoseconds / 1e9)
}
