//! Decides over JSON Lines documents in order and prints predictions: `dedup FILE`.
use std::io::Write;

use copydesk_neardup::{Article, Index, Options, Verdict};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = std::env::args().nth(1).ok_or("usage: dedup FILE.jsonl")?;
    let text = std::fs::read_to_string(file)?;
    let mut index = Index::new(Options::default());
    let mut ids = Vec::new();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in text.lines() {
        let d: serde_json::Value = serde_json::from_str(line)?;
        let at = d["published"].as_str().and_then(|s| s.parse::<jiff::Timestamp>().ok());
        let a = Article {
            text: d["text"].as_str().unwrap_or_default(),
            title: d["title"].as_str(),
            source: d["source"].as_str(),
            url: None,
            published: at.map(jiff::Timestamp::as_second),
        };
        let sketch = index.sketch(&a);
        let f = index.decide(&sketch);
        let n = index.insert(&sketch, f)?;
        ids.push(d["id"].as_str().unwrap_or_default().to_owned());
        let name = |n: u32| ids[n as usize].clone();
        let relation = match f.verdict {
            Verdict::New => None,
            Verdict::Revision => Some("update"),
            Verdict::Exact | Verdict::Near => Some("duplicate"),
        };
        writeln!(
            out,
            "{}",
            serde_json::json!({"id": name(n), "duplicate_of": f.parent.map(name), "cluster": name(f.root.unwrap_or(n)), "relation": relation, "rule": f.rule.as_str(), "c": [f.containment, f.contained, f.jaccard], "fresh": f.fresh})
        )?;
    }
    Ok(())
}
