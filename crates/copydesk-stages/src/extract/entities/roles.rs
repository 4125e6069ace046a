//! Roles that an article gives a person: "Russian Foreign Minister Sergey Lavrov", "Jane Doe, a lecturer at …".

use std::ops::Range;

use copydesk_nlp::Doc;
use copydesk_types::{EntityType, Role};

use super::mentions::Candidate;
use crate::extract::lexicon::{TITLES, has};

/// The role beside a mention, as the words stand.
pub(super) fn of(doc: &Doc, person: &Candidate, all: &[Candidate], at: &[u32]) -> Option<Role> {
    let (tokens, of) = before(doc, person, all, at).or_else(|| behind(doc, person, all, at))?;
    let bytes = doc.bytes(tokens.clone());
    let title = doc.span_text(tokens).to_owned();
    Some(Role { title, of, start: bytes.start, end: bytes.end })
}

fn candidate_at<'a>(all: &'a [Candidate], at: &[u32], token: usize) -> Option<&'a Candidate> {
    all.get(usize::try_from(*at.get(token)?).ok()?.checked_sub(1)?)
}

type Found = (Range<usize>, Option<String>);

/// Title words in front of the name; a place or group in front of them is whose title it is.
fn before(doc: &Doc, person: &Candidate, all: &[Candidate], at: &[u32]) -> Option<Found> {
    let end = person.tokens.start;
    let mut start = end;
    while start > 0 {
        let t = start - 1;
        let named = at[t] > 0;
        let word = matches!(doc.pos(t), "NOUN" | "PROPN" | "ADJ") || doc.token_text(t) == "-";
        if named || !word || doc.is_space(t) {
            break;
        }
        start = t;
    }
    if start == end || !has(TITLES, doc.lower(end - 1)) {
        return None;
    }
    let owner = start
        .checked_sub(1)
        .map(|t| if matches!(doc.token_text(t), "'s" | "’s") { t.saturating_sub(1) } else { t });
    let owner = owner.and_then(|t| candidate_at(all, at, t));
    let owner = owner.filter(|c| {
        matches!(c.kind, EntityType::Place | EntityType::Group | EntityType::Organization)
    });
    Some((start..end, owner.map(|c| c.text.clone())))
}

/// An apposition behind the name, or the name behind its title: ", a specialist in … at …".
fn behind(doc: &Doc, person: &Candidate, all: &[Candidate], at: &[u32]) -> Option<Found> {
    let head = person
        .tokens
        .clone()
        .find(|&t| !person.tokens.contains(&doc.head(t)) || doc.head(t) == t)?;
    let title = doc.children(head).find(|&c| doc.dep(c) == "appos" && c >= person.tokens.end)?;
    if !has(TITLES, doc.lower(title)) {
        return None;
    }
    // Up to the next comma or verb: a relative clause is no part of the title.
    let mut start = doc.left_edge(title);
    while start < title && matches!(doc.pos(start), "DET" | "PUNCT" | "SPACE") {
        start += 1;
    }
    let stop = |t: usize| {
        matches!(doc.token_text(t), "," | "." | ";" | "--" | "—")
            || matches!(doc.pos(t), "VERB" | "AUX" | "SPACE")
    };
    let end =
        (title..=doc.right_edge(title)).find(|&t| stop(t)).unwrap_or(doc.right_edge(title) + 1);
    let mut inside = (start..end).filter_map(|t| candidate_at(all, at, t));
    let owner = inside
        .find(|c| c.tokens.start >= start && c.tokens.end <= end && c.kind != EntityType::Person);
    Some((start..end, owner.map(|c| c.text.clone())))
}
