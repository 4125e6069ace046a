//! What entities cost beside the parse: `cargo bench -p copydesk-stages --bench entities [-- FILE.jsonl]` over the `text` of each
//! line, else over an article of its own. Fails when a pass gives other entities than the first, when none are found, or
//! when they cost more than 15 % of the parse.

use std::error::Error;
use std::io::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use copydesk_nlp::Pipeline;
use copydesk_stages::{Extract, Stage};
use copydesk_types::{
    Article, Block, BlockKind, Entity, Provenance, Record, Source, Text, TextMethod, article_id,
};

/// Passes over all texts together; of each text the fastest counts, for other work on the machine only adds to it.
const PASSES: usize = 1000;
const MOST: f64 = 0.15;

const ARTICLE: &str = "\
OSLO, Norway -- Foreign Minister Ingrid Solvang told reporters on Thursday that Norway would open talks with Denmark and the \
United Kingdom over fishing rights in the North Sea, according to Reuters.

Solvang said the European Union had been informed. \"We spoke with Brussels last week,\" she said after a meeting with the \
Norwegian Fishermen's Association (NFA) in Bergen. The NFA, led by Torvald Ekström, welcomed the plan.

In London, a spokesman for the Department for Environment said Britain was ready. \"London has nothing to hide,\" Prime Minister \
Arthur Penhaligon told the BBC. Penhaligon, who met Solvang in Paris in May, ruled out a visit to Copenhagen.

Danish officials were more careful. Denmark's fisheries minister, Mads Kjeldsen, told Ritzau that Copenhagen wanted to see \
figures first. Kjeldsen and Ekström are to meet in Aberdeen, Scotland, on Friday, the Aberdeen Harbour Board said.
";

fn record(body: &str) -> Record {
    let source = Source {
        path: "bench".into(),
        member: None,
        bytes: 0,
        sha256: String::new(),
        media_type: "text/plain".into(),
        encoding: "utf-8".into(),
        encoding_errors: false,
        received_at: None,
    };
    let blocks = vec![Block { kind: BlockKind::Paragraph, start: 0, end: body.len() }];
    let text = Text::new(body.to_owned(), TextMethod::Plain, blocks);
    let id = article_id("bench", body);
    Record::new(id, source, Article::default(), text, Provenance::default())
}

/// The fastest parse of the text, and the fastest with entities.
fn cost(
    pipeline: &Pipeline,
    stage: &mut Extract,
    body: &str,
    passes: usize,
) -> Result<(Duration, Duration), Box<dyn Error>> {
    let (mut parse, mut both) = (Duration::MAX, Duration::MAX);
    let mut first: Option<Vec<Entity>> = None;
    for _ in 0..passes {
        let start = Instant::now();
        let doc = pipeline.parse(body);
        assert!(!doc.is_empty(), "no tokens");
        // The stage lets go of its parse as well.
        drop(doc);
        parse = parse.min(start.elapsed());
        let mut record = record(body);
        let start = Instant::now();
        stage.run(&mut record)?;
        both = both.min(start.elapsed());
        assert!(!record.entities.is_empty(), "no entities");
        assert!(first.as_ref().is_none_or(|f| *f == record.entities), "other entities");
        first = Some(record.entities);
    }
    Ok((parse, both))
}

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args().skip(1).find(|a| !a.starts_with("--"));
    let mut bodies = vec![ARTICLE.to_owned()];
    if let Some(file) = file {
        bodies.clear();
        for line in std::fs::read_to_string(file)?.lines() {
            let document: serde_json::Value = serde_json::from_str(line)?;
            bodies.push(document["text"].as_str().unwrap_or_default().to_owned());
        }
    }
    let pipeline = Arc::new(Pipeline::load(&copydesk_testkit::model())?);
    let mut stage = Extract::new(Arc::clone(&pipeline), false).entities_alone();
    let (mut parse, mut both) = (Duration::ZERO, Duration::ZERO);
    let passes = (PASSES / bodies.len().max(1)).max(10);
    for body in &bodies {
        let (alone, with) = cost(&pipeline, &mut stage, body, passes)?;
        (parse, both) = (parse + alone, both + with);
    }
    let share = both.as_secs_f64() / parse.as_secs_f64() - 1.0;
    writeln!(
        std::io::stdout(),
        "{} texts: parse {:.2} ms, with entities {:.2} ms, entities {:.1} % of the parse",
        bodies.len(),
        parse.as_secs_f64() * 1e3,
        both.as_secs_f64() * 1e3,
        share * 100.0
    )?;
    assert!(share < MOST, "entities cost {:.1} % of the parse", share * 100.0);
    Ok(())
}
