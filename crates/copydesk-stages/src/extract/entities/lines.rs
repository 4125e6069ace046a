//! Lines that are no running text: picture credits, headlines in capitals.

use std::collections::BTreeMap;
use std::ops::Range;

use copydesk_nlp::Doc;
use copydesk_types::{Block, BlockKind, EntityType};

use super::mentions::{Candidate, by_rule, replace};
use crate::extract::lexicon::has;

/// Sources of pictures that stand beside a slash or behind "via".
const PICTURE_AGENCIES: &str = "reuters afp ap getty epa epa-efe xinhua pool tass imago dpa ritzau tt ntb anadolu efe lehtikuva alamy shutterstock \
    bloomberg upi kyodo zuma sipa";

/// Words of a credit that are no name.
const CREDIT_WORDS: &str = "file photo photos handout pool via archive stringer courtesy images image picture pictures credit illustration";

/// The tokens of each line, without the line breaks.
pub(super) fn split(doc: &Doc) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for t in 0..doc.len() {
        if doc.is_space(t) && doc.token_text(t).contains('\n') {
            lines.push(start..t);
            start = t + 1;
        }
    }
    lines.push(start..doc.len());
    lines.retain(|l| !l.is_empty());
    lines
}

/// "AGENCY / Jane Doe / File Photo" and "… Jane Doe / Pool via Agency": the photographer is a person.
pub(super) fn credits(doc: &Doc, lines: &[Range<usize>], found: &mut Vec<Candidate>) {
    let mut new = Vec::new();
    for line in lines {
        let mut slashes = line.clone().filter(|&t| doc.token_text(t) == "/").peekable();
        let Some(&first) = slashes.peek() else { continue };
        if first > line.start
            && has(PICTURE_AGENCIES, doc.lower(first - 1))
            && first - line.start <= 2
        {
            new.push(by_rule(doc, first - 1..first, EntityType::Organization));
            new.extend(
                name_from(doc, first + 1, line.end)
                    .map(|name| by_rule(doc, name, EntityType::Person)),
            );
        } else if (first + 1..line.end).any(|t| has(PICTURE_AGENCIES, doc.lower(t)))
            && line.end - first <= 8
        {
            new.extend(
                name_before(doc, first, line.start)
                    .map(|name| by_rule(doc, name, EntityType::Person)),
            );
        }
    }
    replace(doc, found, new);
}

fn is_name_word(doc: &Doc, t: usize) -> bool {
    let word = doc.token_text(t);
    word.chars().next().is_some_and(char::is_uppercase)
        && word.chars().any(char::is_alphabetic)
        && !has(CREDIT_WORDS, doc.lower(t))
}

/// Two to four words of a name from `start` on; small words may stand inside.
fn name_from(doc: &Doc, start: usize, limit: usize) -> Option<Range<usize>> {
    let small = |t: usize| has(super::names::PARTICLES, doc.lower(t));
    let end = (start..limit).find(|&t| !is_name_word(doc, t) && !small(t)).unwrap_or(limit);
    let name = start..end;
    ((2..=5).contains(&name.len()) && is_name_word(doc, end - 1)).then_some(name)
}

/// The two or three words of a name before the slash.
fn name_before(doc: &Doc, slash: usize, limit: usize) -> Option<Range<usize>> {
    let mut start = slash;
    while start > limit && slash - start < 3 && is_name_word(doc, start - 1) {
        start -= 1;
    }
    let name = start..slash;
    (name.len() >= 2).then_some(name)
}

/// Whether every letter of the tokens is a capital.
pub(super) fn is_capitals(doc: &Doc, tokens: Range<usize>) -> bool {
    let mut letters =
        tokens.flat_map(|t| doc.token_text(t).chars()).filter(|c| c.is_alphabetic()).peekable();
    letters.peek().is_some() && letters.all(char::is_uppercase)
}

/// Headlines, also those in capitals: the names that the body has are found in them, whatever their case.
pub(super) fn capitals(
    doc: &Doc,
    lines: &[Range<usize>],
    blocks: &[Block],
    found: &mut Vec<Candidate>,
) {
    let title = |line: &Range<usize>| {
        let at = doc.start(line.start);
        blocks.iter().any(|b| b.kind == BlockKind::Title && (b.start..b.end).contains(&at))
    };
    let heads: Vec<(&Range<usize>, bool)> = lines
        .iter()
        .map(|l| (l, l.len() >= 3 && is_capitals(doc, l.clone())))
        .filter(|(l, capitals)| *capitals || title(l))
        .collect();
    if heads.is_empty() {
        return;
    }
    let mut body: BTreeMap<Vec<String>, (usize, EntityType)> = BTreeMap::new();
    for c in found.iter().filter(|c| !heads.iter().any(|(l, _)| l.contains(&c.tokens.start))) {
        let words: Vec<String> = c.tokens.clone().map(|t| doc.lower(t).to_owned()).collect();
        body.entry(words).or_insert((0, c.kind)).0 += 1;
    }
    let longest = body.keys().map(Vec::len).max().unwrap_or(0);
    let mut new = Vec::new();
    for (line, _) in heads {
        let mut t = line.start;
        while t < line.end {
            let hit = (t + 1..=(t + longest).min(line.end)).rev().find_map(|end| {
                let words: Vec<String> = (t..end).map(|t| doc.lower(t).to_owned()).collect();
                let capital = doc.token_text(t).chars().next().is_some_and(char::is_uppercase);
                body.get(&words).filter(|_| capital).map(|(_, kind)| (end, *kind))
            });
            if let Some((end, kind)) = hit {
                new.push(by_rule(doc, t..end, kind));
            }
            t = hit.map_or(t + 1, |(end, _)| end);
        }
    }
    replace(doc, found, new);
}
