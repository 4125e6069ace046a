//! Who carried a claim: "Kim said …, Russia's Tass news agency reported", "according to Reuters", "as quoted by …",
//! "media reports quoted Lavrov as telling …".
//!
//! A carrier is found by its form, before anything is ranked: its words are no part of any content, and its verb makes no
//! claim of its own where another cue of the sentence has a speaker.

use std::ops::Range;

use copydesk_nlp::Doc;

use super::attribution::Attribution;
use super::cues;
use super::scope::Scope;
use crate::extract::lexicon::{MEDIA, TITLES, has, is_outlet};

/// The words that name a carrier.
#[derive(Debug, Clone)]
pub(super) struct Carrier {
    /// All of its words: "according to Reuters".
    pub(super) tokens: Range<usize>,
    /// Who carried it; none in "was quoted as saying".
    pub(super) source: Option<Range<usize>>,
    pub(super) quoted: Option<Quoted>,
}

/// Whom a carrier quotes: "quoted Lavrov as saying", "reported, citing two officials".
#[derive(Debug, Clone)]
pub(super) struct Quoted {
    /// The noun that names who speaks.
    pub(super) speaker: usize,
    /// All the words that name who speaks.
    pub(super) words: Range<usize>,
    /// The verb that takes what they say.
    pub(super) verb: usize,
}

/// The carriers of the paragraph in text order.
pub(super) fn carriers(scope: &Scope) -> Vec<Carrier> {
    let tokens = scope.paragraph.tokens.clone();
    tokens
        .filter(|&t| !scope.in_long_quote(t))
        .filter_map(|t| {
            according(scope, t)
                .or_else(|| reported(scope, t))
                .or_else(|| quoted_by(scope, t))
                .or_else(|| quoted_as(scope, t))
                .or_else(|| was_quoted(scope, t))
                .or_else(|| citing(scope, t))
        })
        .collect()
}

/// "according to Reuters".
fn according(scope: &Scope, t: usize) -> Option<Carrier> {
    let object = scope.according_to(t)?;
    let source = scope.noun_phrase(object);
    Some(Carrier { tokens: t..source.end.max(t + 2), source: Some(source), quoted: None })
}

/// ", Russia's Tass news agency reported": a short clause of a medium at the end of a sentence or between commas.
fn reported(scope: &Scope, t: usize) -> Option<Carrier> {
    let doc = scope.doc;
    if !has("report say quote write add", doc.lemma(t)) || !doc.tag(t).starts_with("VB") {
        return None;
    }
    let subject = doc.lefts(t).find(|&c| doc.dep(c) == "nsubj")?;
    let source = scope.noun_phrase(subject);
    let source = set_off(scope, source.start)?..source.end;
    let day = |x: usize| doc.ent_type(x) == "DATE";
    let behind = t + 1;
    let closed = behind >= doc.len()
        || doc.is_space(behind)
        || matches!(doc.token_text(behind), "." | "," | ";")
        || day(behind)
        || (has("on in", doc.lower(behind)) && behind + 1 < doc.len() && day(behind + 1));
    (closed && is_medium(doc, source.clone())).then_some(Carrier {
        tokens: source.start..t + 1,
        source: Some(source),
        quoted: None,
    })
}

/// Where the phrase that holds `first` begins, if a comma, dash or quote mark sets it off. The parser may hang the words
/// before a name elsewhere: "the state news agency | TASS reported".
fn set_off(scope: &Scope, first: usize) -> Option<usize> {
    let doc = scope.doc;
    let mark = |t: usize| matches!(doc.token_text(t), "," | "\"" | "”" | "—" | "--" | "''");
    let mut first = first;
    for _ in 0..7 {
        let before = first.checked_sub(1).filter(|b| scope.paragraph.tokens.contains(b))?;
        if mark(before) {
            return Some(first);
        }
        if !matches!(doc.pos(before), "DET" | "ADJ" | "NOUN" | "PROPN" | "PART") {
            return None;
        }
        first = before;
    }
    None
}

/// "as quoted by Russian news agencies".
fn quoted_by(scope: &Scope, t: usize) -> Option<Carrier> {
    let doc = scope.doc;
    let first = t.checked_sub(1).filter(|&a| doc.lower(a) == "as")?;
    if !has("quote report cite", doc.lemma(t)) {
        return None;
    }
    let agent = doc.rights(t).find(|&c| doc.lower(c) == "by")?;
    let source = scope.noun_phrase(doc.child(agent, "pobj")?);
    Some(Carrier { tokens: first..source.end, source: Some(source), quoted: None })
}

/// "RIA Novosti quoted Lavrov as saying": Lavrov speaks.
fn quoted_as(scope: &Scope, t: usize) -> Option<Carrier> {
    let doc = scope.doc;
    if !has("quote cite", doc.lemma(t)) {
        return None;
    }
    let subject = doc.lefts(t).find(|&c| doc.dep(c) == "nsubj")?;
    let end = doc.sent_of(t).end.min(t + 25);
    let verb = (t + 2..end).find(|&v| doc.tag(v) == "VBG" && doc.lower(v - 1) == "as")?;
    let speaker = (t + 1..verb - 1).find(|&n| {
        matches!(doc.pos(n), "NOUN" | "PROPN" | "PRON")
            && !matches!(doc.dep(n), "compound" | "poss" | "nmod" | "amod")
    })?;
    let source = scope.noun_phrase(subject);
    if doc.pos(speaker) == "PRON" && is_tail(scope, &source, verb) {
        return Some(Carrier {
            tokens: source.start..verb + 1,
            source: Some(source),
            quoted: None,
        });
    }
    let words = scope.trim(scope.noun_phrase(speaker).start.max(t + 1)..verb - 1);
    let quoted = Some(Quoted { speaker, words, verb });
    Some(Carrier { tokens: source.start..t + 1, source: Some(source), quoted })
}

/// "Halasz was quoted as saying by the Interfax news agency", "was quoted by the paper as saying": the subject speaks, and
/// nobody carries it where no medium is named.
fn was_quoted(scope: &Scope, t: usize) -> Option<Carrier> {
    let doc = scope.doc;
    let passive = has("quote cite", doc.lemma(t)) && doc.rights(t).next().is_some();
    let speaker = doc.lefts(t).find(|&c| passive && doc.dep(c) == "nsubjpass")?;
    let end = doc.sent_of(t).end.min(t + 15).min(scope.paragraph.tokens.end);
    let verb = (t + 1..end).find(|&v| doc.tag(v) == "VBG" && cues::is_speaking(doc.lemma(v)))?;
    let by = doc.rights(t).chain(doc.rights(verb)).find(|&c| doc.lower(c) == "by");
    let medium = by.and_then(|by| doc.child(by, "pobj")).map(|m| scope.noun_phrase(m));
    let words = scope.noun_phrase(speaker);
    Some(Carrier {
        tokens: words.start..t + 1,
        source: medium.filter(|m| is_medium(doc, m.clone())),
        quoted: Some(Quoted { speaker, words, verb }),
    })
}

/// "Saab told reporters that …, NNA quoted him as saying.": what was said stands with its own speaker in front, and
/// nothing behind.
fn is_tail(scope: &Scope, source: &Range<usize>, verb: usize) -> bool {
    let doc = scope.doc;
    let sentence = doc.sent_of(verb);
    let speaks = |x: usize| {
        doc.tag(x).starts_with("VB")
            && cues::is_speaking(doc.lemma(x))
            && !scope.in_long_quote(x)
            && doc.lefts(x).any(|c| doc.dep(c) == "nsubj")
    };
    let front = sentence.start.max(scope.paragraph.tokens.start)..source.start;
    let mut behind = verb + 1..sentence.end.min(scope.paragraph.tokens.end);
    set_off(scope, source.start) == Some(source.start)
        && front.into_iter().any(speaks)
        && behind.all(|x| matches!(doc.pos(x), "PUNCT" | "SPACE"))
}

/// "An-Nahar reported, citing two officials, that …": the officials speak, whoever reported it carried it.
fn citing(scope: &Scope, t: usize) -> Option<Carrier> {
    let doc = scope.doc;
    let verb = doc.head(t);
    if doc.lower(t) != "citing" || doc.dep(t) != "advcl" || !cues::is_speaking(doc.lemma(verb)) {
        return None;
    }
    let speaker = doc.rights(t).find(|&c| doc.dep(c) == "dobj")?;
    let human = doc.ent_type(speaker) == "PERSON"
        || has(TITLES, doc.lemma(speaker))
        || has("source people person witness insider", doc.lemma(speaker));
    let subject = doc.lefts(verb).find(|&c| doc.dep(c) == "nsubj")?;
    let source = scope.noun_phrase(subject);
    // "The FT": a name that the model takes for nothing else.
    let unknown = doc.pos(subject) == "PROPN" && doc.ent_type(subject).is_empty();
    let medium = doc.ent_type(subject) == "ORG" || unknown || is_medium(doc, source.clone());
    if !human || !medium {
        return None;
    }
    let last = doc.right_edge(t).min(scope.paragraph.tokens.end - 1);
    let end = (speaker + 1..=last).find(|&x| doc.token_text(x) == ",").unwrap_or(last + 1);
    let words = scope.trim(doc.left_edge(speaker).max(t + 1)..end);
    Some(Carrier {
        tokens: t..end,
        source: Some(source),
        quoted: Some(Quoted { speaker, words, verb }),
    })
}

/// "In a statement carried by KCNA, the ministry said", "said in an interview with CNN": the medium carries what is said, and
/// the words that name it are no part of it.
pub(super) fn beside(scope: &Scope, found: &mut [Attribution]) {
    let doc = scope.doc;
    let speaks = |a: &&mut Attribution| !a.cue.is_empty() && doc.pos(a.cue_head) == "VERB";
    for a in found.iter_mut().filter(speaks) {
        for prep in doc.children(a.cue_head).filter(|&c| doc.dep(c) == "prep") {
            let Some(source) = of_words(scope, prep) else { continue };
            let (start, end) = (doc.start(prep), doc.end(source.end - 1));
            for c in
                a.content.iter_mut().filter(|c| start <= c.start && c.start < end && end < c.end)
            {
                let rest = scope.bytes(doc.tokens_in_bytes(end..c.end));
                *c = rest.unwrap_or(c.clone());
            }
            if !a.via.contains(&source) {
                a.via.push(source);
            }
        }
    }
}

/// Who carries the words that the preposition names: "in a statement carried by", "in an interview with", "in comments to".
fn of_words(scope: &Scope, prep: usize) -> Option<Range<usize>> {
    const WORDS: &str = "statement remark comment interview speech video message letter article commentary dispatch address \
        recording op-ed column essay";
    let doc = scope.doc;
    let words = doc.child(prep, "pobj").filter(|&n| has(WORDS, doc.lemma(n)))?;
    let carried = |c: usize| {
        let participle = matches!(doc.dep(c), "acl" | "relcl")
            && doc.tag(c) == "VBN"
            && has("carry publish broadcast air cite report run release", doc.lemma(c));
        let by = doc.rights(c).find(|&b| participle && doc.lower(b) == "by");
        by.or((doc.dep(c) == "prep" && has("with to for in on", doc.lower(c))).then_some(c))
    };
    let names = doc.rights(words).filter_map(carried).filter_map(|by| doc.child(by, "pobj"));
    let mut names = names.map(|m| scope.noun_phrase(m));
    names.find(|m| {
        let vague = |t: usize| has("media press statement report statements reports", doc.lower(t));
        // "in a speech on television" names nobody.
        let named = m.len() > 1 || doc.pos(m.start) == "PROPN";
        named && is_medium(doc, m.clone()) && !m.clone().any(vague)
    })
}

/// Whether the noun phrase names an agency, an outlet, "state media", "a statement": its head and what stands before it,
/// not what is said of it ("a specialist at the website").
pub(super) fn is_medium(doc: &Doc, tokens: Range<usize>) -> bool {
    let words: Vec<&str> =
        tokens.clone().filter(|&t| !doc.is_space(t)).map(|t| doc.token_text(t)).collect();
    if is_outlet(&words.join(" ")) {
        return true;
    }
    let head = tokens
        .clone()
        .find(|&t| !tokens.contains(&doc.head(t)) || doc.head(t) == t)
        .unwrap_or(tokens.start);
    let core = tokens.start..head + 1;
    if doc.ent_type(head) == "PERSON" && !is_outlet(doc.token_text(head)) {
        return false;
    }
    let within = |e: &&copydesk_nlp::Ent| e.start >= tokens.start && e.start <= head;
    let named = doc.ents().iter().filter(within).any(|e| is_outlet(doc.span_text(e.start..e.end)));
    // "the news agency", but no "transport agency".
    let news = || core.clone().any(|t| has("news press wire", doc.lower(t)));
    named
        || core.clone().any(|t| match doc.lower(t) {
            "agency" | "agencies" => news(),
            word => {
                doc.pos(t) != "ADJ"
                    && (has(MEDIA, word)
                        || has("radio television tv statement statements report reports", word))
            }
        })
}
