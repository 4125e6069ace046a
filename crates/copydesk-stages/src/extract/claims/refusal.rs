//! Refusals to comment: "declined to comment", "did not respond to a request", "could not be reached".

use copydesk_types::CueClass;

use super::attribution::Attribution;
use super::scope::Scope;
use crate::extract::lexicon::has;

/// The refusal that the verb `t` makes.
pub(super) fn of(scope: &Scope, t: usize) -> Option<Attribution> {
    let doc = scope.doc;
    if !doc.tag(t).starts_with("VB") || scope.in_long_quote(t) {
        return None;
    }
    let negated = doc.children(t).any(|c| doc.dep(c) == "neg");
    let object =
        doc.rights(t).find(|&c| matches!(doc.dep(c), "xcomp" | "prep" | "dobj" | "advmod"));
    let comment = |c: usize| {
        (doc.left_edge(c)..=doc.right_edge(c)).any(|x| has("comment comments request requests inquiry inquiries message messages call calls email emails question questions", doc.lower(x)))
    };
    let content = match doc.lemma(t) {
        "decline" | "refuse" => doc.rights(t).find(|&c| {
            doc.dep(c) == "xcomp"
                && (has("comment respond answer elaborate discuss", doc.lemma(c))
                    || (has("say speak talk", doc.lemma(c)) && doc.right_edge(c) - c < 4))
        })?,
        "respond" | "reply" | "answer" | "return" | "comment" if negated => {
            object.filter(|&c| comment(c))?
        }
        "reach" if doc.children(t).any(|c| doc.dep(c) == "auxpass") && negated => {
            object.filter(|&c| comment(c))?
        }
        _ => return None,
    };
    let subject = doc
        .lefts(t)
        .find(|&c| matches!(doc.dep(c), "nsubj" | "nsubjpass"))
        .or_else(|| scope.subject(t, 0).map(|s| s.token))?;
    let words = scope.bytes(doc.left_edge(content)..doc.right_edge(content) + 1)?;
    let (source, source_head) = (Some(scope.noun_phrase(subject)), Some(subject));
    Some(Attribution {
        source,
        source_head,
        ..Attribution::bare(t..t + 1, CueClass::Other, vec![words], "refusal")
    })
}
