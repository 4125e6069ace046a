//! Claims of one article: who said what, to whom, through whom.
//!
//! Sieves, each over what the ones before left: quote regions, attributions by cue, loose quotes, carriers (`via`), speakers,
//! then what a claim says of itself (polarity, modality, time). Only running text and titles are read: no caption, crosshead,
//! dateline or byline. What a title says nobody said is left to it.

mod assertion;
mod attribution;
mod build;
mod candidates;
mod check;
mod cues;
mod features;
mod forms;
mod gender;
mod loose;
mod meaning;
mod model;
mod paragraph;
mod phrases;
mod quotes;
mod refusal;
mod rules;
mod scope;
mod source;
mod source_features;
mod speaker;
pub mod training;
mod via;

use std::ops::Range;

use copydesk_nlp::Doc;
use copydesk_types::{Block, BlockKind, Claim, EntityType, Record};

use self::attribution::Attribution;
use self::model::Model;
use self::paragraph::Paragraph;
use self::scope::Scope;

/// The claims in order of their first word. Reads `entities`, `times` and `text` of the record. Without `ranked` the rules
/// alone decide what a cue attributes.
pub(super) fn find(doc: &Doc, record: &Record, ranked: bool) -> Vec<Claim> {
    let model = if ranked { Model::shipped() } else { None };
    let paragraphs = paragraphs(doc, &record.text.blocks);
    let people = people(record);
    let mut found: Vec<(usize, Attribution)> = Vec::new();
    let mut introduced = false;
    for (number, paragraph) in paragraphs.iter().enumerate() {
        let scope = Scope { doc, paragraph };
        let mut here = attribution::find(doc, paragraph, model);
        let title = paragraph.kind == BlockKind::Title;
        if title || number == 0 {
            here = forms::headline(&scope, &people).map_or(here, |headline| vec![headline]);
        }
        if title {
            found.extend(here.into_iter().map(|a| (number, a)));
            continue;
        }
        via::beside(&scope, &mut here);
        loose::attach(paragraph, &mut here);
        if here.is_empty() && !introduced {
            here.extend(loose::carry_on(
                doc,
                paragraphs.get(number.wrapping_sub(1)),
                paragraph,
                &mut found,
            ));
        }
        let next = paragraphs.get(number + 1);
        let intro = next.and_then(|next| forms::intro(&scope, next, &here));
        introduced = intro.is_some();
        here.extend(intro);
        let asserted = assertion::find(&scope, &here);
        here.extend(asserted);
        found.extend(here.into_iter().map(|a| (number, a)));
    }
    found.sort_by_key(|(_, a)| (a.first(), a.cue.start));
    build::claims(doc, record, &paragraphs, &found)
}

/// Where people are mentioned.
fn people(record: &Record) -> Vec<Range<usize>> {
    let people = record.entities.iter().filter(|e| e.kind == EntityType::Person);
    people.flat_map(|e| e.mentions.iter().map(|m| m.start..m.end)).collect()
}

/// The blocks that may hold claims, with their quote regions.
fn paragraphs(doc: &Doc, blocks: &[Block]) -> Vec<Paragraph> {
    let running = |k: BlockKind| {
        use BlockKind::{List, Paragraph, Title, Transcript};
        matches!(k, Title | Paragraph | List | Transcript)
    };
    let whole = [Block { kind: BlockKind::Paragraph, start: 0, end: doc.text().len() }];
    let blocks = if blocks.is_empty() { &whole[..] } else { blocks };
    let fits = |b: &&Block| {
        running(b.kind) && doc.text().get(b.start..b.end).is_some_and(|t| !t.trim().is_empty())
    };
    let mut out: Vec<Paragraph> =
        blocks.iter().filter(fits).map(|b| Paragraph::new(doc, b.start..b.end, b.kind)).collect();
    for at in 0..out.len() {
        let (before, behind) = out.split_at_mut(at + 1);
        before[at].drop_lost_mark(doc, behind.first());
    }
    out
}
