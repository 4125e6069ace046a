//! Refusals to comment: "declined to comment", "did not respond to a request", "could not be reached", "had no comment",
//! "would neither confirm nor deny".

use copydesk_types::CueClass;

use super::attribution::Attribution;
use super::scope::Scope;
use crate::extract::lexicon::has;

/// "does not comment": says nothing, also where it is no refusal of its own ("said it does not comment").
pub(super) fn is_silence(scope: &Scope, t: usize) -> bool {
    let doc = scope.doc;
    doc.lemma(t) == "comment" && doc.children(t).any(|c| doc.dep(c) == "neg")
}

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
    // From its first word to its last.
    let phrase = |c: usize| doc.left_edge(c)..doc.right_edge(c) + 1;
    let content = match doc.lemma(t) {
        "decline" | "refuse" => phrase(doc.rights(t).find(|&c| {
            doc.dep(c) == "xcomp"
                && (has("comment respond answer elaborate discuss", doc.lemma(c))
                    || (has("say speak talk", doc.lemma(c)) && doc.right_edge(c) - c < 4))
        })?),
        "respond" | "reply" | "answer" | "return" if negated => {
            phrase(object.filter(|&c| comment(c))?)
        }
        "comment" if negated => object.map_or(t..t + 1, phrase),
        "reach" if doc.children(t).any(|c| doc.dep(c) == "auxpass") && negated => {
            phrase(object.filter(|&c| comment(c))?)
        }
        // "had no immediate comment on the report".
        "have" | "make" | "offer" => phrase(doc.rights(t).find(|&c| {
            doc.dep(c) == "dobj"
                && doc.lower(c) == "comment"
                && doc.children(c).any(|d| doc.lower(d) == "no")
        })?),
        // "would neither confirm nor deny the report".
        "confirm" if has("neither not", doc.lower(t.checked_sub(1)?)) => {
            let denies = doc.children(t).any(|c| doc.dep(c) == "conj" && doc.lemma(c) == "deny");
            denies.then(|| t..doc.right_edge(t) + 1)?
        }
        _ => return None,
    };
    let subject = doc
        .lefts(t)
        .find(|&c| matches!(doc.dep(c), "nsubj" | "nsubjpass"))
        .or_else(|| scope.subject(t, 0).map(|s| s.token))
        // "said it does not comment" is a statement.
        .filter(|&s| doc.lower(s) != "it")?;
    let words = scope.bytes(content)?;
    let (source, source_head) = (Some(scope.noun_phrase(subject)), Some(subject));
    Some(Attribution {
        source,
        source_head,
        ..Attribution::bare(t..t + 1, CueClass::Other, vec![words], "refusal")
    })
}
