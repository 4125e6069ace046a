//! Runs the relate stage over records of `copydesk enrich`, a line each, and prints them again: `relate FILE`.

use std::error::Error;
use std::io::Write;

use copydesk_stages::{Relate, RelateOptions, Stage};
use copydesk_types::Record;

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("usage: relate RECORDS.jsonl")?;
    let mut stage = Relate::new(RelateOptions::default());
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let (mut count, mut bytes) = (0, 0);
    for line in std::fs::read_to_string(file)?.lines() {
        let mut record = Record::from_json(line.as_bytes())?;
        if !record.is_duplicate() {
            stage.run(&mut record)?;
            if let Some(decision) = stage.take_decision() {
                bytes += decision.len();
                stage.learn(&decision)?;
            }
        }
        count += 1;
        out.write_all(&record.to_json()?)?;
        out.write_all(b"\n")?;
    }
    writeln!(
        std::io::stderr(),
        "{count} records, {} bytes of decisions a record",
        bytes / count.max(1)
    )?;
    Ok(())
}
