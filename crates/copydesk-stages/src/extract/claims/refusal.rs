//! Refusals to comment: "declined to comment", "would not say whether", "did not respond to a request", "could not be
//! reached", "gave no details", "referred questions to", "would neither confirm nor deny".

use std::ops::Range;

use copydesk_types::CueClass;

use super::attribution::Attribution;
use super::cues;
use super::scope::Scope;
use crate::extract::lexicon::has;

/// What was asked for.
const QUESTIONS: &str = "comment comments request requests inquiry inquiries query queries message messages call calls email emails \
    question questions";

/// Verbs that say something of a matter, so that who will not do it refuses to.
const TELLING: &str = "say speak talk confirm disclose reveal specify identify name detail explain";

/// What is not given.
const ANSWERS: &str =
    "comment comments detail details information explanation reason reasons timeline";

/// What says nothing: a refusal, also where it is none of its own ("said it does not comment"), and how an article keeps a
/// name to itself ("who asked not to be named").
pub(super) fn is_silence(scope: &Scope, t: usize) -> bool {
    let doc = scope.doc;
    let comment = doc.lemma(t) == "comment" && is_negated(scope, t);
    let denies = doc.lemma(t) == "deny" && neither(scope, doc.head(t)).is_some();
    comment || denies || is_anonymity(scope, t) || refused(scope, t).is_some()
}

/// "asked not to be named", "declined to be identified", "requested anonymity".
fn is_anonymity(scope: &Scope, t: usize) -> bool {
    let doc = scope.doc;
    if !has("ask request decline refuse want insist prefer demand", doc.lemma(t)) {
        return false;
    }
    let named = |c: usize| {
        has("name identify quote", doc.lemma(c)) && doc.children(c).any(|d| doc.dep(d) == "auxpass")
    };
    doc.rights(t).any(|c| {
        (doc.dep(c) == "xcomp" && named(c))
            || (doc.dep(c) == "dobj" && doc.lower(c) == "anonymity")
            || (doc.dep(c) == "prep"
                && doc.child(c, "pobj").is_some_and(|o| doc.lower(o) == "anonymity"))
    })
}

fn is_negated(scope: &Scope, t: usize) -> bool {
    scope.doc.children(t).any(|c| scope.doc.dep(c) == "neg")
}

/// The refusal that the verb `t` makes.
pub(super) fn of(scope: &Scope, t: usize) -> Option<Attribution> {
    let doc = scope.doc;
    if !doc.tag(t).starts_with("VB") || scope.in_long_quote(t) || is_anonymity(scope, t) {
        return None;
    }
    // "said it does not comment" is a statement.
    if doc.dep(t) == "ccomp" && cues::is_speaking(doc.lemma(doc.head(t))) {
        return None;
    }
    let content = refused(scope, t)?;
    let subject = doc
        .lefts(t)
        .find(|&c| matches!(doc.dep(c), "nsubj" | "nsubjpass"))
        .or_else(|| scope.subject(t, 0).map(|s| s.token))?;
    let words = scope.bytes(content)?;
    let (source, source_head) = (Some(scope.noun_phrase(subject)), Some(subject));
    Some(Attribution {
        source,
        source_head,
        ..Attribution::bare(t..t + 1, CueClass::Other, vec![words], "refusal")
    })
}

/// What the verb refuses to say, in the words of the text.
fn refused(scope: &Scope, t: usize) -> Option<Range<usize>> {
    declined(scope, t)
        .or_else(|| withheld(scope, t))
        .or_else(|| unanswered(scope, t))
        .or_else(|| not_available(scope, t))
        .or_else(|| neither(scope, t))
}

/// From the first word of the constituent to its last.
fn phrase(scope: &Scope, c: usize) -> Range<usize> {
    scope.doc.left_edge(c)..scope.doc.right_edge(c) + 1
}

/// "declined to comment", "refused to say where it was", "declined to give details".
fn declined(scope: &Scope, t: usize) -> Option<Range<usize>> {
    let doc = scope.doc;
    if !has("decline refuse", doc.lemma(t)) {
        return None;
    }
    let refused = doc.rights(t).find(|&c| {
        doc.dep(c) == "xcomp"
            && (has("comment respond answer elaborate discuss", doc.lemma(c))
                || tells(scope, c)
                || gives_answer(scope, c))
    })?;
    Some(phrase(scope, refused))
}

/// Whether the verb is one of telling with no words of its own behind it: "say that it was true" would be a statement.
fn tells(scope: &Scope, t: usize) -> bool {
    let doc = scope.doc;
    let stated = |c: usize| {
        doc.dep(c) == "ccomp" && !asks(scope, c) || doc.rights(c).any(|d| doc.dep(d) == "pcomp")
    };
    has(TELLING, doc.lemma(t))
        && (has("confirm disclose reveal specify", doc.lemma(t)) || !doc.rights(t).any(stated))
        && !scope.quote_behind(t + 1)
}

/// "whether it was true", "where it was".
fn asks(scope: &Scope, clause: usize) -> bool {
    let doc = scope.doc;
    has("whether if who whom whose what when where why how which", doc.lower(doc.left_edge(clause)))
}

/// "give details", "provide a reason", "take questions".
fn gives_answer(scope: &Scope, t: usize) -> bool {
    let doc = scope.doc;
    let list = match doc.lemma(t) {
        "give" | "provide" | "offer" | "release" => ANSWERS,
        "have" | "make" => "comment comments",
        "take" => "questions",
        _ => return false,
    };
    doc.rights(t).any(|c| doc.dep(c) == "dobj" && has(list, doc.lower(c)))
}

/// "would not say whether", "did not elaborate", "gave no details", "had no immediate comment on the report".
fn withheld(scope: &Scope, t: usize) -> Option<Range<usize>> {
    let doc = scope.doc;
    let no = |c: usize| doc.children(c).any(|d| doc.lower(d) == "no");
    let nothing = doc.rights(t).find(|&c| doc.dep(c) == "dobj" && no(c));
    if let Some(c) = nothing.filter(|_| gives_answer(scope, t)) {
        return Some(phrase(scope, c));
    }
    if !is_negated(scope, t) {
        return None;
    }
    let object =
        doc.rights(t).find(|&c| matches!(doc.dep(c), "xcomp" | "prep" | "dobj" | "advmod"));
    // Who "would not say" refuses to; who "has not said" may not have been asked.
    let will = doc.lefts(t).any(|c| doc.dep(c) == "aux" && has("will would wo", doc.norm(c)));
    let clause = doc.rights(t).find(|&c| doc.dep(c) == "ccomp" && asks(scope, c));
    match doc.lemma(t) {
        "comment" | "elaborate" => Some(object.map_or(t..t + 1, |c| phrase(scope, c))),
        "give" | "provide" | "offer" if gives_answer(scope, t) => {
            Some(phrase(scope, object.filter(|&c| doc.dep(c) == "dobj")?))
        }
        "say" | "disclose" | "reveal" | "specify" if will && tells(scope, t) => {
            Some(phrase(scope, clause.or(object)?))
        }
        _ => None,
    }
}

/// "did not respond to a request for comment", "could not be reached for comment", "referred questions to the ministry".
fn unanswered(scope: &Scope, t: usize) -> Option<Range<usize>> {
    let doc = scope.doc;
    let object = doc.rights(t).find(|&c| matches!(doc.dep(c), "prep" | "dobj" | "advmod"));
    let asked = |c: &usize| phrase(scope, *c).any(|x| has(QUESTIONS, doc.lower(x)));
    match doc.lemma(t) {
        "respond" | "reply" | "answer" | "return" if is_negated(scope, t) => {
            Some(phrase(scope, object.filter(asked)?))
        }
        "reach" if is_negated(scope, t) && doc.children(t).any(|c| doc.dep(c) == "auxpass") => {
            Some(phrase(scope, object.filter(asked)?))
        }
        "refer" => {
            let what = doc.rights(t).find(|&c| {
                doc.dep(c) == "dobj" && has("question inquiry query request", doc.lemma(c))
            })?;
            let to = phrase(scope, what).chain(t..doc.right_edge(t)).any(|x| doc.lower(x) == "to");
            to.then(|| what.min(doc.left_edge(what))..doc.right_edge(t) + 1)
        }
        _ => None,
    }
}

/// "was not available for comment", "were not immediately reachable for comment".
fn not_available(scope: &Scope, t: usize) -> Option<Range<usize>> {
    let doc = scope.doc;
    if doc.lemma(t) != "be" {
        return None;
    }
    let state = doc.rights(t).find(|&c| doc.dep(c) == "acomp")?;
    let away = match doc.lower(state) {
        "available" | "reachable" => is_negated(scope, t),
        "unavailable" | "unreachable" => !is_negated(scope, t),
        _ => false,
    };
    let comment = |x: usize| doc.lower(x) == "comment";
    (away && phrase(scope, state).any(comment)).then(|| phrase(scope, state))
}

/// "would neither confirm nor deny the report", "neither confirmed nor denied that it was true".
fn neither(scope: &Scope, t: usize) -> Option<Range<usize>> {
    let doc = scope.doc;
    if doc.lemma(t) != "confirm" || !has("neither not", doc.lower(t.checked_sub(1)?)) {
        return None;
    }
    let denies = doc.rights(t).any(|c| doc.dep(c) == "conj" && doc.lemma(c) == "deny");
    denies.then(|| t..doc.right_edge(t) + 1)
}
