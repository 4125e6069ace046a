//! "PARIS (Reuters) -", "SAN JUAN / LIMA (Agency)", "Lima, Peru -- ", "Oslo - ": places before the first sentence.

use std::ops::Range;

use copydesk_kb::{AliasKind, Base};
use copydesk_nlp::Doc;
use copydesk_types::{Block, BlockKind, EntityType};

use super::gazetteer::TOWN;
use super::lines::is_capitals;
use super::mentions::{Candidate, by_rule, candidate, replace, trim};
use super::names::fold;
use crate::extract::lexicon::{TITLES, has, is_outlet};

/// Tokens of a town that stands alone before a dash.
const LONGEST_TOWN: usize = 4;

/// Finds places and agencies in the datelines, and cuts the names that the model let run into the sentence.
pub(super) fn find(
    doc: &Doc,
    lines: &[Range<usize>],
    blocks: &[Block],
    base: &Base,
    found: &mut Vec<Candidate>,
) {
    let mut new = Vec::new();
    for line in lines {
        let Some(head) = from_reader(doc, line, blocks)
            .or_else(|| in_capitals(doc, line))
            .or_else(|| known_town(doc, line, base))
        else {
            continue;
        };
        new.extend(parts(doc, head.clone()));
        let running = |c: &&Candidate| c.tokens.start < head.end && c.tokens.end > head.end;
        new.extend(found.iter().find(running).and_then(|c| rest(doc, c, head.end)));
    }
    replace(doc, found, new);
}

/// What the reader of the article's format told from the sentence, with its mark.
fn from_reader(doc: &Doc, line: &Range<usize>, blocks: &[Block]) -> Option<Range<usize>> {
    let at = doc.start(line.start);
    let block = blocks.iter().find(|b| b.kind == BlockKind::Dateline && b.start == at)?;
    let end = line.clone().find(|&t| doc.start(t) >= block.end).unwrap_or(line.end);
    Some(line.start..end)
}

/// A place in capitals and an agency in brackets.
fn in_capitals(doc: &Doc, line: &Range<usize>) -> Option<Range<usize>> {
    let mut window = line.start..line.end.min(line.start + 12);
    let open = window.find(|&t| doc.token_text(t) == "(")?;
    let close = (open + 1..line.end.min(open + 5)).find(|&t| doc.token_text(t) == ")")?;
    let outlet = is_outlet(doc.span_text(open + 1..close)) || is_outlet(doc.token_text(open + 1));
    let fits = outlet && open > line.start && is_capitals(doc, line.start..line.start + 1);
    fits.then_some(line.start..close + 1)
}

/// A place of the base, a dash, and a sentence.
fn known_town(doc: &Doc, line: &Range<usize>, base: &Base) -> Option<Range<usize>> {
    let mut window = line.start + 1..line.end.min(line.start + LONGEST_TOWN + 1);
    let dash = window.find(|&t| is_dash(doc.token_text(t)))?;
    // "Asia-Pacific", "Stratford-upon-Avon": no dash without space.
    let spaced = doc.end(dash - 1) < doc.start(dash) || doc.token_text(dash) != "-";
    let capital = |t: usize| doc.token_text(t).chars().next().is_some_and(char::is_uppercase);
    let sentence = dash + 3 < line.end && (capital(dash + 1) || is_quote(doc.token_text(dash + 1)));
    let mut hits = base.lookup(doc.span_text(line.start..dash));
    let place = hits.any(|h| {
        matches!(h.alias, AliasKind::Label | AliasKind::Alias)
            && base.fact(h.entity).is_some_and(|f| f.kind == EntityType::Place && f.prior > TOWN)
    });
    (spaced && capital(line.start) && sentence && place).then_some(line.start..dash + 1)
}

fn is_dash(word: &str) -> bool {
    matches!(word, "-" | "--" | "–" | "—" | "---")
}

fn is_quote(word: &str) -> bool {
    matches!(word, "\"" | "“" | "‘" | "'")
}

/// The places, and the agency in brackets or between slashes.
fn parts(doc: &Doc, head: Range<usize>) -> Vec<Candidate> {
    let mut found = Vec::new();
    let mut start = head.start;
    for t in head.clone() {
        let last = t + 1 == head.end;
        let word = doc.token_text(t);
        let mark = is_dash(word) || matches!(word, "/" | "," | ";" | "(" | ")");
        let hyphen = word == "-" && !last && doc.end(t - 1) == doc.start(t);
        if (!mark || hyphen) && !last {
            continue;
        }
        let part = start..if mark { t } else { t + 1 };
        start = t + 1;
        let text = doc.span_text(part.clone());
        let letters = |c: char| c.is_alphabetic() || matches!(c, ' ' | '.' | '-' | '\'' | '’');
        if part.is_empty() || !text.chars().all(letters) || is_day(text) {
            continue;
        }
        if is_outlet(text) {
            found.push(by_rule(doc, part, EntityType::Organization));
        } else if word != ")" {
            found.push(by_rule(doc, part, EntityType::Place));
        } else if is_outlet(doc.token_text(part.start)) {
            found.push(by_rule(doc, part, EntityType::Organization));
        }
    }
    found
}

fn is_day(text: &str) -> bool {
    let word = fold(text);
    has("monday tuesday wednesday thursday friday saturday sunday", &word)
        || has("jan feb mar apr may jun jul aug sep sept oct nov dec", &word)
        || has(
            "january february march april june july august september october november december",
            &word,
        )
}

/// What is left of a name that the model began in the dateline: "Mayor Jane Doe" of "Oslo - Mayor Jane Doe".
fn rest(doc: &Doc, c: &Candidate, from: usize) -> Option<Candidate> {
    let titles = (from..c.tokens.end).take_while(|&t| has(TITLES, doc.lower(t))).count();
    let tokens = trim(doc, from + titles..c.tokens.end)?;
    let kind = if titles > 0 { EntityType::Person } else { c.kind };
    let label = c.label.as_deref().filter(|_| kind == c.kind);
    Some(label.map_or_else(
        || by_rule(doc, tokens.clone(), kind),
        |label| candidate(doc, tokens.clone(), kind, Some(label)),
    ))
}
