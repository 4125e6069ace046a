//! Runs the extract stage over JSON Lines documents (`id`, `text`, `published`) and prints records: `extract MODEL FILE`.

use std::error::Error;
use std::io::Write;
use std::sync::Arc;

use copydesk_stages::{Extract, Stage};
use copydesk_types::{
    Article, Block, BlockKind, Provenance, Record, Source, Text, TextMethod, article_id, clean,
};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().collect();
    let (Some(model), Some(file)) = (args.get(1), args.get(2)) else {
        return Err("usage: extract MODEL FILE.jsonl [rules]".into());
    };
    let pipeline = Arc::new(copydesk_nlp::Pipeline::load(model.as_ref())?);
    let mut stage = Extract::new(pipeline, true);
    if args.get(3).is_some_and(|a| a == "rules") {
        stage = stage.by_rules_alone();
    }
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::fs::read_to_string(file)?.lines() {
        let document: serde_json::Value = serde_json::from_str(line)?;
        let id = document["id"].as_str().unwrap_or_default();
        let body = clean(document["text"].as_str().unwrap_or_default());
        let mut blocks = Vec::new();
        let mut start = 0;
        for line in body.split_inclusive('\n') {
            if !line.trim().is_empty() {
                let end = start + line.trim_end().len();
                blocks.push(Block { kind: BlockKind::Paragraph, start, end });
            }
            start += line.len();
        }
        let mut article = Article::default();
        article.published.at = document["published"].as_str().map(str::to_owned);
        let source = Source {
            path: file.clone(),
            member: Some(id.to_owned()),
            bytes: 0,
            sha256: String::new(),
            media_type: "application/json".into(),
            encoding: "utf-8".into(),
            encoding_errors: false,
            received_at: None,
        };
        let text = Text::new(body, TextMethod::Json, blocks);
        let mut record =
            Record::new(article_id(id, &text.body), source, article, text, Provenance::default());
        stage.run(&mut record)?;
        out.write_all(&record.to_json()?)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
