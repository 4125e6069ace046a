//! Prints the tokens of JSON Lines documents (`id`, `text` or `body`): `parse MODEL FILE`.

use std::error::Error;
use std::io::Write;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let [_, model, file] = args.as_slice() else {
        return Err("usage: parse MODEL FILE.jsonl".into());
    };
    let start = std::time::Instant::now();
    let pipeline = copydesk_nlp::Pipeline::load(model.as_ref())?;
    let loaded = start.elapsed();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut parsing = std::time::Duration::ZERO;
    let mut tokens = 0;
    for (at, line) in std::fs::read_to_string(file)?.lines().enumerate() {
        let document: serde_json::Value = serde_json::from_str(line)?;
        let text = document["text"].as_str().or(document["body"].as_str()).unwrap_or_default();
        let id =
            document["id"].as_str().map_or_else(|| format!("{file}#L{}", at + 1), str::to_owned);
        let begin = std::time::Instant::now();
        let doc = pipeline.parse(text);
        parsing += begin.elapsed();
        tokens += doc.len();
        serde_json::to_writer(&mut out, &serde_json::json!({ "id": id, "tokens": doc.to_json() }))?;
        out.write_all(b"\n")?;
    }
    writeln!(std::io::stderr(), "load {loaded:?}, {tokens} tokens in {parsing:?}")?;
    Ok(())
}
