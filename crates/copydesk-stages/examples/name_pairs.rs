//! Scores pairs of person names: `name_pairs FILE.jsonl` reads `{"id","a","b"}` a line and prints `{"id","score"}` a line.

use std::error::Error;
use std::io::Write;

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().nth(1).ok_or("usage: name_pairs FILE.jsonl")?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::fs::read_to_string(file)?.lines() {
        let pair: serde_json::Value = serde_json::from_str(line)?;
        let name = |key: &str| pair[key].as_str().unwrap_or_default();
        let score = copydesk_stages::name_similarity(name("a"), name("b"));
        writeln!(out, "{}", serde_json::json!({ "id": pair["id"], "score": score }))?;
    }
    Ok(())
}
