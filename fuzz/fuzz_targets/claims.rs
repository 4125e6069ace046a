//! The extract stage with the real small model over any text. A line is a block, of a kind by its length. `COPYDESK_MODEL` names
//! the wheel.

#![no_main]

use std::sync::{Arc, OnceLock};

use copydesk_nlp::{Components, Pipeline};
use copydesk_stages::{Extract, Stage};
use copydesk_types::{
    Article, Block, BlockKind, Provenance, Record, Source, Text, TextMethod, article_id, clean,
};
use libfuzzer_sys::fuzz_target;

/// Running text twice as often as what is none.
const KINDS: [BlockKind; 9] = [
    BlockKind::Paragraph,
    BlockKind::Title,
    BlockKind::Paragraph,
    BlockKind::Transcript,
    BlockKind::Paragraph,
    BlockKind::List,
    BlockKind::Caption,
    BlockKind::Paragraph,
    BlockKind::Dateline,
];

fuzz_target!(|text: &str| {
    static PIPELINE: OnceLock<Arc<Pipeline>> = OnceLock::new();
    let pipeline = PIPELINE.get_or_init(|| Arc::new(copydesk_fuzz::pipeline(Components::Full)));
    let mut stage = Extract::new(Arc::clone(pipeline), true);
    let body = clean(text);
    let (mut blocks, mut start) = (Vec::new(), 0);
    for line in body.split_inclusive('\n') {
        let end = start + line.trim_end().len();
        blocks.push(Block { kind: KINDS[line.len() % KINDS.len()], start, end });
        start += line.len();
    }
    let source = Source {
        path: "fuzz.txt".into(),
        member: None,
        bytes: 0,
        sha256: String::new(),
        media_type: "text/plain".into(),
        encoding: "utf-8".into(),
        encoding_errors: false,
        received_at: None,
    };
    let id = article_id("fuzz", &body);
    let text = Text::new(body, TextMethod::Plain, blocks);
    let mut record = Record::new(id, source, Article::default(), text, Provenance::default());
    stage.run(&mut record).expect("the stage takes any text");
    for claim in &record.claims {
        assert!(!claim.content.is_empty(), "a claim of nothing");
        for span in claim.content.iter().chain(&claim.quotes) {
            assert!(span.slice(&record.text.body).is_some(), "{span:?} is no span of the body");
        }
    }
    record.to_json().expect("a record becomes JSON");
});
