//! Claims of one article: who said what, to whom, through whom.
//!
//! Sieves, each over what the ones before left: quote regions, attributions by cue, loose quotes, carriers (`via`), speakers,
//! then what a claim says of itself (polarity, modality, time). Only running text is read: no title, caption, crosshead,
//! dateline or byline.

mod attribution;
mod build;
mod check;
mod cues;
mod gender;
mod meaning;
mod paragraph;
mod quotes;
mod speaker;
mod via;

use copydesk_nlp::Doc;
use copydesk_types::{BlockKind, Claim, Record};

use self::attribution::Attribution;
use self::paragraph::Paragraph;

/// The claims in order of their first word. Reads `entities`, `times` and `text` of the record.
pub(super) fn find(doc: &Doc, record: &Record) -> Vec<Claim> {
    let paragraphs = paragraphs(doc, record);
    let mut found: Vec<(usize, Attribution)> = Vec::new();
    for (number, paragraph) in paragraphs.iter().enumerate() {
        let mut here = attribution::find(doc, paragraph);
        via::fold(doc, &mut here);
        found.extend(here.into_iter().map(|a| (number, a)));
    }
    found.sort_by_key(|(_, a)| (a.first(), a.cue.start));
    build::claims(doc, record, &paragraphs, &found)
}

/// The blocks that may hold claims, with their quote regions.
fn paragraphs(doc: &Doc, record: &Record) -> Vec<Paragraph> {
    let text = &record.text;
    let running =
        |k: BlockKind| matches!(k, BlockKind::Paragraph | BlockKind::List | BlockKind::Transcript);
    let whole =
        [copydesk_types::Block { kind: BlockKind::Paragraph, start: 0, end: text.body.len() }];
    let blocks = if text.blocks.is_empty() { &whole[..] } else { &text.blocks[..] };
    let fits = |b: &&copydesk_types::Block| {
        running(b.kind) && text.body.get(b.start..b.end).is_some_and(|t| !t.trim().is_empty())
    };
    blocks.iter().filter(fits).map(|b| Paragraph::new(doc, b.start..b.end)).collect()
}
