//! Features of a noun phrase as the source of a cue, hashed like those of contents and in the same table.

use std::ops::Range;

use super::features::{Bag, CueView, bucket, hash, kind_of_subject};
use super::scope::Scope;
use super::source::Subject;

/// Features of `s` as who says `content`; `by_rule` when the rules would take it.
pub(super) fn of(
    scope: &Scope,
    t: usize,
    v: &CueView,
    s: &Subject,
    content: &[Range<usize>],
    by_rule: bool,
    bag: &mut Bag,
) {
    let doc = scope.doc;
    let x = s.token;
    let side = u64::from(x > t);
    let kind = kind_of_subject(doc, Some(x));
    let (dep, tag) = (hash(doc.dep(x)), hash(doc.tag(x)));
    let relation = relation(scope, t, x);
    let (low, high) = (x.min(t) + 1, x.max(t));
    let between = |f: &dyn Fn(usize) -> bool| (low..high).filter(|&y| f(y)).count().min(4) as u64;
    let nouns = between(&|y| {
        matches!(doc.pos(y), "NOUN" | "PROPN" | "PRON")
            && !matches!(doc.dep(y), "compound" | "poss" | "nmod")
    });
    let verbs = between(&|y| doc.pos(y) == "VERB");
    let commas = between(&|y| doc.token_text(y) == ",");
    let same = u64::from(doc.sent_of(x) == doc.sent_of(t));
    let before = u64::from(content.first().is_some_and(|c| c.end <= t));
    let relative = u64::from(s.antecedent.is_some()) * 2 + u64::from(s.inherited);
    let rule = u64::from(by_rule);
    bag.0.clear();
    bag.add(100, &[]);
    bag.add(101, &[rule, relative, v.class]);
    bag.add(102, &[rule, relation]);
    bag.add(103, &[rule, relation, v.dep]);
    bag.add(104, &[rule, kind, side]);
    bag.add(105, &[rule, dep, side, before]);
    bag.add(106, &[relation, kind, side]);
    bag.add(107, &[relation, v.tag, v.dep]);
    bag.add(108, &[side, before, bucket(high - low), same]);
    bag.add(109, &[side, nouns, verbs, commas, before]);
    bag.add(110, &[rule, nouns, verbs, same]);
    bag.add(111, &[v.lemma, relation]);
    bag.add(112, &[v.lemma, kind, rule]);
    bag.add(113, &[v.frame, relation, rule]);
    bag.add(114, &[tag, dep, side]);
    bag.add(115, &[v.quotes, before, side, nouns]);
    bag.add(116, &[hash(doc.lower(x)), side]);
    bag.add(117, &[v.tag, kind, rule, relative]);
    bag.add(118, &[hash(doc.dep(doc.head(x))), hash(doc.pos(doc.head(x))), dep]);
    let next = |y: usize| if y < doc.len() { hash(doc.lower(y)) } else { 0 };
    bag.add(119, &[next(x + 1), side, before]);
    bag.add(120, &[next(x.wrapping_sub(1)), dep, side]);
    bag.add(121, &[u64::from(x + 1 == t || t + 1 == x), kind, before, side]);
}

/// How the noun hangs on the cue: as its child, on a head above it, below a child, or apart.
fn relation(scope: &Scope, t: usize, x: usize) -> u64 {
    let doc = scope.doc;
    if doc.head(x) == t {
        return hash(doc.dep(x));
    }
    if doc.head(t) == x {
        return hash(doc.dep(t)) ^ 1;
    }
    for (up, a) in doc.ancestors(t).take(4).enumerate() {
        if doc.head(x) == a {
            return hash(doc.dep(x)) ^ (hash(doc.dep(t)) << 1) ^ (up as u64 + 2);
        }
    }
    for (down, a) in doc.ancestors(x).take(4).enumerate() {
        if doc.head(a) == t {
            return hash(doc.dep(a)) ^ (hash(doc.dep(x)) << 2) ^ (down as u64 + 16);
        }
    }
    3
}
