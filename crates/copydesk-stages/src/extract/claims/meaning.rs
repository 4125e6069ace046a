//! What a claim says of itself: polarity, modality, when it was said, whom it is about, refusals to comment.

use std::ops::Range;

use copydesk_nlp::Doc;
use copydesk_types::{CueClass, EntityId, Modality, Polarity, Record, When};

use super::attribution::Attribution;
use super::check;
use super::paragraph::Paragraph;
use crate::extract::lexicon::has;

/// Polarity, modality and worth.
pub(super) struct Sense {
    pub(super) polarity: Polarity,
    pub(super) modality: Modality,
    pub(super) check_worthiness: f64,
}

/// Reads them off the content's main verb and the cue.
pub(super) fn of(doc: &Doc, a: &Attribution) -> Sense {
    // Who says nothing denies nothing and foresees nothing.
    let silent = a.rule == "refusal";
    let root = main_verb(doc, &a.content).filter(|_| !silent);
    let negated = root.is_some_and(|r| is_negated(doc, r));
    // A denial reverses what it denies, and so does who "did not say" it.
    let denied = a.class == CueClass::Deny;
    let unsaid = !silent && is_unsaid(doc, a);
    let negated = negated ^ denied ^ unsaid;
    let worth = a
        .content
        .iter()
        .map(|c| check::score(doc, doc.tokens_in_bytes(c.clone())))
        .fold(0.0, f64::max);
    Sense {
        polarity: if negated { Polarity::Negated } else { Polarity::Affirmative },
        modality: modality(doc, a, root),
        check_worthiness: worth,
    }
}

/// The verb that heads the content: the first one whose head lies outside, else the first verb.
fn main_verb(doc: &Doc, content: &[Range<usize>]) -> Option<usize> {
    let first = doc.tokens_in_bytes(content.first()?.clone());
    let verb = |t: &usize| matches!(doc.pos(*t), "VERB" | "AUX");
    let top = |t: &usize| !first.contains(&doc.head(*t)) || doc.head(*t) == *t;
    first
        .clone()
        .find(|t| verb(t) && top(t))
        .or_else(|| first.clone().find(|t| verb(t) && doc.dep(*t) != "aux"))
}

/// "did not say that …".
fn is_unsaid(doc: &Doc, a: &Attribution) -> bool {
    let verb = !a.cue.is_empty() && doc.pos(a.cue_head) == "VERB";
    verb && doc.lefts(a.cue_head).any(|c| doc.dep(c) == "neg")
}

fn is_negated(doc: &Doc, verb: usize) -> bool {
    doc.children(verb).any(|c| {
        doc.dep(c) == "neg"
            || (doc.dep(c) == "advmod" && has("never", doc.lower(c)))
            || (doc.dep(c).starts_with("nsubj") && has("nobody none nothing", doc.lower(c)))
            || (has("nsubj nsubjpass attr dobj", doc.dep(c))
                && doc.lefts(c).any(|d| doc.dep(d) == "det" && doc.lower(d) == "no"))
    })
}

fn modality(doc: &Doc, a: &Attribution, root: Option<usize>) -> Modality {
    let last = a.content.last().and_then(|c| doc.text().get(c.clone())).unwrap_or_default();
    let asks = last.trim_end_matches(['"', '”', '’', '\'', ' ']).ends_with('?');
    if asks || (a.class == CueClass::Ask && starts_with_question_word(doc, a)) {
        return Modality::Question;
    }
    let Some(root) = root else { return Modality::Asserted };
    let aux = |list: &str| {
        doc.children(root).any(|c| doc.dep(c).starts_with("aux") && has(list, doc.norm(c)))
    };
    let conditional = doc.children(root).any(|c| {
        doc.dep(c) == "advcl"
            && doc.children(c).any(|m| doc.dep(m) == "mark" && has("if unless", doc.lower(m)))
    });
    if conditional && aux("would could might will") {
        return Modality::Conditional;
    }
    if aux("will shall 'll wo")
        || is_going_to(doc, root)
        || (a.class == CueClass::Commit && doc.tag(root) == "VB" && aux("to"))
    {
        return Modality::Future;
    }
    if aux("would 'd") {
        return if conditional { Modality::Conditional } else { Modality::Future };
    }
    if aux("may might could can") {
        return Modality::Possible;
    }
    if has("want hope wish seek desire", doc.lemma(root))
        || (a.class == CueClass::Urge && doc.tag(root) == "VB")
        || (a.class == CueClass::Ask && doc.tag(root) == "VB" && aux("to"))
    {
        return Modality::Desired;
    }
    Modality::Asserted
}

/// "is going to fall": the parser hangs the infinitive on "going".
fn is_going_to(doc: &Doc, root: usize) -> bool {
    doc.lower(root) == "going" && doc.child(root, "xcomp").is_some()
}

fn starts_with_question_word(doc: &Doc, a: &Attribution) -> bool {
    let first = a.content.first().map(|c| doc.token_at_byte(c.start)).filter(|&t| t < doc.len());
    first.is_some_and(|t| {
        has("whether if who whom whose what when where why how which", doc.lower(t))
    })
}

/// The time expression of the cue's own clause: in the sentence, outside the content, nearest to the cue.
pub(super) fn when(
    doc: &Doc,
    record: &Record,
    paragraph: &Paragraph,
    a: &Attribution,
) -> Option<When> {
    if a.cue.is_empty() {
        return None;
    }
    let sentence = doc.bytes(doc.sent_of(a.cue_head));
    let sentence = sentence.start.max(paragraph.bytes.start)..sentence.end.min(paragraph.bytes.end);
    let cue = doc.start(a.cue_head);
    let outside = |start: usize| {
        !a.content.iter().any(|c| c.contains(&start))
            && !paragraph.quotes.iter().any(|q| q.outer.contains(&start))
    };
    // Up to the cue without another clause in between, and no part of who speaks: "Saab, 41, said", "a firm founded in 2021
    // says" tell no time of the saying.
    let own = |start: usize| {
        let t = doc.token_at_byte(start);
        let clause = |x: &usize| {
            matches!(doc.pos(*x), "VERB" | "AUX") || matches!(doc.dep(*x), "acl" | "relcl")
        };
        t < doc.len()
            && !a.source.as_ref().is_some_and(|s| s.contains(&t))
            && doc.ancestors(t).take(4).find(|x| *x == a.cue_head || clause(x)) == Some(a.cue_head)
    };
    let mut times: Vec<_> = record
        .times
        .iter()
        .filter(|t| sentence.contains(&t.start) && outside(t.start) && own(t.start))
        .collect();
    times.sort_by_key(|t| t.start.abs_diff(cue));
    times.first().map(|t| When { text: t.text.clone(), value: t.value.clone() })
}

/// Entities with a mention in the content, in order of their first one there.
pub(super) fn about(record: &Record, content: &[Range<usize>]) -> Vec<EntityId> {
    let mut found: Vec<(usize, &EntityId)> = Vec::new();
    for e in &record.entities {
        let first =
            e.mentions.iter().map(|m| m.start).find(|s| content.iter().any(|c| c.contains(s)));
        found.extend(first.map(|at| (at, &e.id)));
    }
    found.sort();
    let mut ids: Vec<EntityId> = Vec::new();
    for (_, id) in found {
        if !ids.contains(id) {
            ids.push(id.clone());
        }
    }
    ids
}
