//! Who carried a claim: the outer of two attributions over one content, when its source is a medium.

use std::ops::Range;

use copydesk_nlp::Doc;

use super::attribution::Attribution;
use crate::extract::lexicon::{MEDIA, has, is_outlet};

/// Folds carriers into the claims that they carry.
pub(super) fn fold(doc: &Doc, found: &mut Vec<Attribution>) {
    let mut at = 0;
    while at < found.len() {
        let carried = found[at]
            .source
            .clone()
            .filter(|s| is_medium(doc, s.clone()))
            .and_then(|_| carried_by(doc, found, at));
        let Some(inner) = carried else {
            at += 1;
            continue;
        };
        let outer = found.remove(at);
        let inner = &mut found[inner - usize::from(inner > at)];
        inner.via.extend(outer.source);
    }
    for a in found.iter_mut().filter(|a| a.via.is_empty()) {
        // A lone agency is speaker and carrier.
        let source = a.source.clone().filter(|s| is_medium(doc, s.clone()));
        a.via.extend(source);
    }
}

/// The attribution whose words the one at `outer` reports: it lies inside that one's content.
fn carried_by(doc: &Doc, found: &[Attribution], outer: usize) -> Option<usize> {
    let inside = |a: &Attribution, at: usize| a.content.iter().any(|c| c.contains(&at));
    let o = &found[outer];
    (0..found.len()).filter(|&i| i != outer).find(|&i| {
        let a = &found[i];
        a.source.is_some()
            && a.content.first().is_some_and(|c| inside(o, c.start))
            && inside(o, doc.start(a.cue_head))
    })
}

/// Whether the noun phrase names an agency, an outlet, "state media", "a statement".
pub(super) fn is_medium(doc: &Doc, tokens: Range<usize>) -> bool {
    let words: Vec<&str> =
        tokens.clone().filter(|&t| !doc.is_space(t)).map(|t| doc.token_text(t)).collect();
    if is_outlet(&words.join(" ")) {
        return true;
    }
    let outlet_ent = doc.ents().iter().any(|e| {
        e.start >= tokens.start && e.end <= tokens.end && is_outlet(doc.span_text(e.start..e.end))
    });
    outlet_ent
        || tokens.into_iter().any(|t| {
            doc.pos(t) != "ADJ"
                && (has(MEDIA, doc.lower(t))
                    || has("media agencies statement statements report reports", doc.lower(t)))
        })
}
