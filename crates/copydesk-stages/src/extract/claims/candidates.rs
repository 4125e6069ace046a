//! What a cue may attribute: every stretch beside it that the tree or the punctuation sets off.
//!
//! The list is generous on purpose. [`model`](super::model) ranks it.

use std::ops::Range;

use super::scope::Scope;
use crate::extract::lexicon::has;

/// On which side of the cue the content stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Side {
    /// Behind the cue.
    Right,
    /// Before the cue's clause.
    Left,
    /// On both sides of the cue's clause.
    Around,
}

/// What sets an edge off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Edge {
    /// A constituent of the tree.
    Subtree,
    /// The object of a preposition.
    Object,
    /// The cue itself, or the cue's whole subtree.
    Cue,
    /// The sentence.
    Sentence,
    /// A quote mark.
    Quote,
    /// Punctuation or a clause inside.
    Break,
}

/// A stretch that a cue may attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    /// Token ranges without punctuation at their edges.
    pub(super) spans: Vec<Range<usize>>,
    pub(super) side: Side,
    pub(super) start: Edge,
    pub(super) end: Edge,
    /// The constituent that it is made of, or starts with.
    pub(super) child: Option<usize>,
}

impl Candidate {
    /// A stretch that only a rule proposes.
    pub(super) fn by_rule(spans: Vec<Range<usize>>, cue: &Range<usize>) -> Self {
        let before = spans.iter().any(|s| s.start < cue.start);
        let behind = spans.iter().any(|s| s.end > cue.end);
        let side = match (before, behind) {
            (true, true) => Side::Around,
            (true, false) => Side::Left,
            _ => Side::Right,
        };
        Self { spans, side, start: Edge::Subtree, end: Edge::Subtree, child: None }
    }
}

/// The cue's own clause without its content: "the minister said on Monday".
#[derive(Debug, Clone)]
pub(super) struct Clause {
    pub(super) first: usize,
    pub(super) last: usize,
}

const MOST: usize = 90;
const BREAKS: usize = 9;

/// The candidates of the cue at `t` whose words are `cue`, without repeats.
pub(super) fn of(scope: &Scope, t: usize, cue: &Range<usize>) -> Vec<Candidate> {
    let mut out = Vec::with_capacity(32);
    right(scope, t, cue, &mut out);
    left(scope, t, cue, &mut out);
    out.truncate(MOST);
    out
}

fn push(
    scope: &Scope,
    cue: &Range<usize>,
    out: &mut Vec<Candidate>,
    spans: Vec<Range<usize>>,
    shape: (Side, Edge, Edge),
    child: Option<usize>,
) {
    let spans: Vec<_> =
        spans.into_iter().map(|s| scope.trim(s)).filter(|s| !s.is_empty()).collect();
    let spans = scope.unite(&spans, cue);
    let (side, start, end) = shape;
    if !spans.is_empty() && !out.iter().any(|c| c.spans == spans) {
        out.push(Candidate { spans, side, start, end, child });
    }
}

/// Starts behind the cue: constituents that hang on it, objects of its prepositions, the next word, the next quote.
fn starts(scope: &Scope, t: usize, cue: &Range<usize>) -> Vec<(usize, Edge, Option<usize>)> {
    let doc = scope.doc;
    let mut out = Vec::new();
    for c in doc.rights(t).filter(|&c| c >= cue.end) {
        if matches!(doc.dep(c), "punct" | "prt" | "cc" | "neg" | "aux" | "auxpass") {
            continue;
        }
        // "writing on the network": where, and not what.
        if doc.dep(c) == "prep" && has("write post tweet", doc.lemma(t)) {
            continue;
        }
        out.push((doc.left_edge(c).max(cue.end), Edge::Subtree, Some(c)));
        let object = doc.rights(c).find(|&o| matches!(doc.dep(o), "pobj" | "pcomp"));
        if let Some(object) = object.filter(|_| matches!(doc.dep(c), "prep" | "agent" | "dative")) {
            out.push((doc.left_edge(object).max(c + 1), Edge::Object, Some(object)));
        }
    }
    out.push((cue.end, Edge::Cue, None));
    let end = doc.sent_of(t).end.min(scope.paragraph.tokens.end);
    for q in &scope.paragraph.quotes {
        let first = doc.token_at_byte(q.outer.start);
        if first >= cue.end && first <= end + 1 {
            out.push((first, Edge::Quote, None));
            break;
        }
    }
    out.sort_unstable_by_key(|s| (s.0, s.1));
    out.dedup_by_key(|s| s.0);
    out
}

fn right(scope: &Scope, t: usize, cue: &Range<usize>, out: &mut Vec<Candidate>) {
    let doc = scope.doc;
    let limit = scope.paragraph.tokens.end;
    let sentence = doc.sent_of(t).end.min(limit);
    for (start, edge, child) in starts(scope, t, cue) {
        if start >= limit {
            continue;
        }
        let mut add = |end: usize, kind: Edge| {
            let span = start..end.min(limit);
            push(scope, cue, out, vec![span], (Side::Right, edge, kind), child);
        };
        if let Some(c) = child {
            add(doc.right_edge(c) + 1, Edge::Subtree);
        }
        if start < sentence {
            add(doc.right_edge(t) + 1, Edge::Cue);
            add(sentence, Edge::Sentence);
            for at in scope.breaks(start..sentence).take(BREAKS) {
                add(at, Edge::Break);
            }
        }
        for q in &scope.paragraph.quotes {
            let (first, last) =
                (doc.token_at_byte(q.outer.start), doc.tokens_in_bytes(q.outer.clone()).end);
            if first >= start && first < sentence.max(start + 2) {
                add(last, Edge::Quote);
            }
        }
    }
}

/// The words of the cue's clause: from its subject and auxiliaries to what else hangs on it but its content.
pub(super) fn clause(scope: &Scope, t: usize, cue: &Range<usize>) -> Clause {
    let doc = scope.doc;
    let mut first = cue.start.min(t);
    let own = |c: usize| {
        matches!(
            doc.dep(c),
            "nsubj"
                | "nsubjpass"
                | "aux"
                | "auxpass"
                | "neg"
                | "advmod"
                | "npadvmod"
                | "prep"
                | "cc"
                | "mark"
        )
    };
    for c in doc.lefts(t).rev() {
        // A long stretch that is set off is no part of the clause's core.
        if own(c) && doc.right_edge(c) + 3 > first {
            first = first.min(doc.left_edge(c));
        }
    }
    let mut last = cue.end - 1;
    for c in doc.rights(t) {
        if matches!(
            doc.dep(c),
            "nsubj"
                | "nsubjpass"
                | "prt"
                | "dative"
                | "dobj"
                | "npadvmod"
                | "prep"
                | "advmod"
                | "agent"
        ) {
            last = last.max(doc.right_edge(c));
        }
    }
    Clause { first, last }
}

fn left(scope: &Scope, t: usize, cue: &Range<usize>, out: &mut Vec<Candidate>) {
    let doc = scope.doc;
    let tokens = &scope.paragraph.tokens;
    let Clause { first, last } = clause(scope, t, cue);
    let sentence = doc.sent_of(t);
    let (begin, end) = (sentence.start.max(tokens.start), sentence.end.min(tokens.end));
    let mut starts: Vec<(usize, Edge, Option<usize>)> = Vec::new();
    // A quote that ends right before the clause, though the parser may have ended the sentence inside it. Behind a full stop
    // outside of it ("ready for talks “in any form”. He later wrote: …") begins another statement.
    let quote = scope.paragraph.quotes.iter().rev().find(|q| q.outer.end <= doc.start(first));
    if let Some(q) = quote {
        let (from, to) =
            (doc.token_at_byte(q.outer.start), doc.tokens_in_bytes(q.outer.clone()).end);
        if scope.trim(to..first).is_empty() && !(to..first).any(|x| doc.token_text(x) == ".") {
            starts.push((from, Edge::Quote, None));
        }
    }
    if begin < first {
        starts.push((begin, Edge::Sentence, None));
        for c in doc
            .lefts(t)
            .filter(|&c| matches!(doc.dep(c), "ccomp" | "advcl" | "parataxis" | "dep") && c < first)
        {
            starts.push((doc.left_edge(c), Edge::Subtree, Some(c)));
        }
        for at in scope.breaks(begin..first).take(BREAKS / 2) {
            starts.push((at, Edge::Break, None));
        }
    }
    // "…, he said, …" with the content's verb as head.
    starts.sort_by_key(|s| s.0);
    starts.dedup_by_key(|s| s.0);
    for (start, edge, child) in starts {
        let before = start..first;
        push(scope, cue, out, Vec::from([before.clone()]), (Side::Left, edge, Edge::Cue), child);
        for from in [last + 1, doc.right_edge(t).max(last) + 1] {
            if from < end {
                push(
                    scope,
                    cue,
                    out,
                    vec![before.clone(), from..end],
                    (Side::Around, edge, Edge::Sentence),
                    child,
                );
            }
        }
        if let Some(from) = scope.breaks(cue.end..end).next().filter(|&f| f < end) {
            push(
                scope,
                cue,
                out,
                vec![before.clone(), from..end],
                (Side::Around, edge, Edge::Break),
                child,
            );
        }
    }
}
