//! What entities and claims cost beside the parse that they stand on.
//!
//! `cargo bench -p copydesk-stages --bench extract -- [FILE.jsonl [ROUNDS]]`
//!
//! Without arguments: a text of its own, many times. Prints one JSON object; shares are of the parse, from each
//! document's best round, which keeps what else the machine does out of them. A round whose claims are not those of the first is a failure.

use std::error::Error;
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use copydesk_nlp::Pipeline;
use copydesk_provision::Places;
use copydesk_stages::{Extract, Stage, claims_training};
use copydesk_types::{
    Article, Block, BlockKind, Claim, Provenance, Record, Source, Text, TextMethod, article_id,
    clean,
};

const TEXT: &str = "Harbour officials in Port Ellen said on Tuesday that 3,400 tonnes of grain had left the quay.\n\
    “We did not expect it this week,” Grace Oduya told reporters, adding that the carrier paid $2.4 million.\n\
    The carrier declined to comment. Its ships sail to Oslo and Riga twice a week, according to the port's records.\n\
    “The weather was on our side,” Oduya said. “Next month it may not be.”\n";

/// Seconds for one document: the parse, the claims, the whole stage.
#[derive(Clone, Copy)]
struct Seconds {
    parse: f64,
    claims: f64,
    stage: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let texts = match args.first() {
        Some(file) => read_texts(file)?,
        None => vec![TEXT.repeat(8); 40],
    };
    let rounds: usize = args.get(1).map_or("5", String::as_str).parse()?;
    let found = copydesk_provision::model(None, &Places::of_user(), &|_| ())?;
    let pipeline = Arc::new(Pipeline::load(&found.path)?);
    let mut stage = Extract::new(Arc::clone(&pipeline), false);
    let mut sum = Seconds { parse: 0.0, claims: 0.0, stage: 0.0 };
    let mut count = 0;
    for text in &texts {
        let (mut best, expected) = once(&pipeline, &mut stage, text)?;
        for _ in 0..rounds {
            let (s, claims) = once(&pipeline, &mut stage, text)?;
            assert_eq!(claims, expected, "a round found other claims than the first one");
            best.parse = best.parse.min(s.parse);
            best.claims = best.claims.min(s.claims);
            best.stage = best.stage.min(s.stage);
        }
        sum.parse += best.parse;
        sum.claims += best.claims;
        sum.stage += best.stage;
        count += expected.len();
    }
    assert!(count > 0, "no claims in the texts");
    let line = serde_json::json!({
        "model": pipeline.name(), "documents": texts.len(), "claims": count,
        "claims_of_parse": sum.claims / sum.parse,
        "entities_of_parse": (sum.stage - sum.parse - sum.claims) / sum.parse,
    });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}

fn once(
    pipeline: &Pipeline,
    stage: &mut Extract,
    text: &str,
) -> Result<(Seconds, Vec<Claim>), Box<dyn Error>> {
    let mut record = record(text);
    let starts: Vec<usize> = record.text.blocks.iter().map(|b| b.start).collect();
    let start = Instant::now();
    let doc = pipeline.parse_parts(&record.text.body, &starts);
    let parse = start.elapsed().as_secs_f64();
    let start = Instant::now();
    stage.run(&mut record)?;
    let whole = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let mut claims = claims_training::claims(&doc, &record);
    let seconds = Seconds { parse, claims: start.elapsed().as_secs_f64(), stage: whole };
    for c in &mut claims {
        c.why = None;
    }
    assert_eq!(claims, record.claims, "the stage finds other claims");
    Ok((seconds, claims))
}

fn record(text: &str) -> Record {
    let body = clean(text);
    let (mut blocks, mut start) = (Vec::new(), 0);
    for line in body.split_inclusive('\n') {
        let end = start + line.trim_end().len();
        blocks.push(Block { kind: BlockKind::Paragraph, start, end });
        start += line.len();
    }
    let source = Source {
        path: "bench.txt".into(),
        member: None,
        bytes: 0,
        sha256: String::new(),
        media_type: "text/plain".into(),
        encoding: "utf-8".into(),
        encoding_errors: false,
        received_at: None,
    };
    let id = article_id("bench", &body);
    let text = Text::new(body, TextMethod::Plain, blocks);
    Record::new(id, source, Article::default(), text, Provenance::default())
}

fn read_texts(file: &str) -> Result<Vec<String>, Box<dyn Error>> {
    let mut texts = Vec::new();
    for line in std::fs::read_to_string(file)?.lines() {
        let document: serde_json::Value = serde_json::from_str(line)?;
        texts.extend(document["text"].as_str().map(str::to_owned));
    }
    Ok(texts)
}
