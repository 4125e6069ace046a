//! Prints the tokens of JSON Lines documents (`id`, `text` or `body`): `parse MODEL FILE.jsonl [THREADS]`.
//!
//! It reads, parses and writes a few documents at a time: memory does not grow with the file. What that cost comes on
//! standard error.

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::time::{Duration, Instant};

use copydesk_nlp::Pipeline;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let (Some(model), Some(file)) = (args.get(1), args.get(2)) else {
        return Err("usage: parse MODEL FILE.jsonl [THREADS]".into());
    };
    let threads: usize = args.get(3).map_or(Ok(1), |n| n.parse())?;
    let start = Instant::now();
    let pipeline = Pipeline::load(model.as_ref())?;
    let loaded = start.elapsed();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let (mut parsing, mut documents, mut tokens) = (Duration::ZERO, 0, 0);
    // After each thousand documents.
    let mut resident: Vec<u64> = Vec::new();
    let mut lines = BufReader::new(std::fs::File::open(file)?).lines();
    loop {
        let mut some: Vec<(String, String)> = Vec::new();
        for line in lines.by_ref().take(8 * threads) {
            let document: serde_json::Value = serde_json::from_str(&line?)?;
            let number = documents + some.len() + 1;
            let id =
                document["id"].as_str().map_or_else(|| format!("{file}#L{number}"), str::to_owned);
            let text = document["text"].as_str().or(document["body"].as_str()).unwrap_or_default();
            some.push((id, text.to_owned()));
        }
        if some.is_empty() {
            break;
        }
        let texts: Vec<&str> = some.iter().map(|(_, text)| text.as_str()).collect();
        let begin = Instant::now();
        let docs = pipeline.parse_all(&texts, threads);
        parsing += begin.elapsed();
        for ((id, _), doc) in some.iter().zip(&docs) {
            tokens += doc.len();
            write!(out, "{{\"id\":{},\"tokens\":", serde_json::to_string(id)?)?;
            doc.write_json(&mut out)?;
            out.write_all(b"}\n")?;
        }
        documents += docs.len();
        if documents / 1000 > resident.len() {
            resident.push(memory_mb("VmRSS:"));
        }
    }
    writeln!(
        std::io::stderr(),
        "load {loaded:?}, {documents} documents, {tokens} tokens in {parsing:?}, resident after each thousand documents \
         {resident:?} MB, at the end {} MB, at most {} MB",
        memory_mb("VmRSS:"),
        memory_mb("VmHWM:")
    )?;
    Ok(())
}

/// A line of the process's memory in Linux, 0 where it cannot be asked for.
fn memory_mb(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix(name)).unwrap_or_default();
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().unwrap_or(0) / 1024
}
