//! What the article itself asserts and is worth checking: a sentence of the body in the past tense or the present perfect,
//! with a named entity and a figure, a date, a comparison or an event.

use std::ops::Range;

use copydesk_types::CueClass;

use super::attribution::Attribution;
use super::check;
use super::scope::Scope;

/// Least score of an assertion.
const LEAST: f64 = 0.55;

/// The sentences of the paragraph that nothing in `taken` touches and that are worth checking.
pub(super) fn find(scope: &Scope, taken: &[Attribution]) -> Vec<Attribution> {
    let doc = scope.doc;
    let mut out = Vec::new();
    let mut at = scope.paragraph.tokens.start;
    while at < scope.paragraph.tokens.end {
        let sentence = doc.sent_of(at);
        let tokens = sentence.start.max(scope.paragraph.tokens.start)
            ..sentence.end.min(scope.paragraph.tokens.end);
        at = sentence.end.max(at + 1);
        let Some(bytes) = scope.bytes(tokens.clone()) else { continue };
        let free = |a: &Attribution| {
            !tokens.contains(&a.cue_head)
                && a.content.iter().all(|c| c.end <= bytes.start || bytes.end <= c.start)
        };
        let score = check::score(doc, tokens.clone());
        if score >= LEAST && taken.iter().all(free) && is_statement(scope, tokens.clone()) {
            let cue = tokens.start..tokens.start;
            out.push(Attribution {
                confidence: score,
                ..Attribution::bare(cue, CueClass::Other, vec![bytes], "assertion")
            });
        }
    }
    out
}

/// A closed sentence outside quotes with a finite main verb in the past, and a named entity.
fn is_statement(scope: &Scope, tokens: Range<usize>) -> bool {
    let doc = scope.doc;
    let closed = scope.paragraph.bytes.end > doc.end(tokens.end - 1)
        || doc
            .text()
            .get(..scope.paragraph.bytes.end)
            .is_some_and(|t| t.trim_end().ends_with(['.', '”', '"']));
    let named = tokens.clone().any(|t| {
        matches!(doc.ent_type(t), "PERSON" | "ORG" | "GPE" | "NORP" | "LOC" | "FAC" | "EVENT")
    });
    let past = |t: usize| {
        doc.tag(t) == "VBD"
            || (doc.tag(t) == "VBN"
                && doc
                    .lefts(t)
                    .any(|c| doc.dep(c) == "aux" && matches!(doc.lower(c), "has" | "have" | "had")))
            || (doc.tag(t) == "VBN"
                && doc
                    .lefts(t)
                    .any(|c| doc.dep(c) == "auxpass" && matches!(doc.lower(c), "was" | "were")))
    };
    let root = tokens.clone().find(|&t| doc.head(t) == t && matches!(doc.pos(t), "VERB" | "AUX"));
    let quoted = tokens.clone().any(|t| scope.in_long_quote(t));
    closed && named && !quoted && root.is_some_and(past) && tokens.len() >= 6
}
