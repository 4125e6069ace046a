//! Features of a cue with a candidate content, hashed: words, tags and arcs at the cue and at both edges.

use std::ops::Range;

use copydesk_nlp::Doc;

use super::candidates::{Candidate, Side};
use super::cues;
use super::scope::Scope;
use crate::extract::lexicon::has;

/// Bits of a feature's number.
pub(super) const BITS: u32 = 18;

/// Where features of one example are gathered.
#[derive(Debug, Default)]
pub(super) struct Bag(pub(super) Vec<u32>);

/// FNV-1a over the bytes.
pub(super) fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

impl Bag {
    /// The conjunction of `parts` under template `name`.
    pub(super) fn add(&mut self, name: u64, parts: &[u64]) {
        let mut h = name.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for p in parts {
            h = (h ^ p).wrapping_mul(0xff51_afd7_ed55_8ccd);
            h ^= h >> 32;
        }
        self.0.push(u32::try_from(h >> (64 - BITS)).unwrap_or(0));
    }
}

/// What is the same for all candidates of a cue.
#[derive(Debug)]
pub(super) struct CueView {
    pub(super) lemma: u64,
    pub(super) class: u64,
    pub(super) tag: u64,
    pub(super) dep: u64,
    subject: u64,
    pub(super) frame: u64,
    pub(super) quotes: u64,
    head: u64,
    particle: u64,
    /// Features of the cue alone.
    pub(super) base: Vec<u32>,
}

pub(super) fn kind_of_subject(doc: &Doc, token: Option<usize>) -> u64 {
    let Some(t) = token else { return 0 };
    match doc.ent_type(t) {
        "PERSON" => 1,
        "ORG" => 2,
        "GPE" | "NORP" => 3,
        "" => match doc.tag(t) {
            "PRP" => 10 + (hash(doc.lower(t)) & 0xffff),
            "WP" | "WDT" => 4,
            "NN" => 5,
            "NNS" => 6,
            _ => 7,
        },
        _ => 8,
    }
}

/// Views the cue at `t`, whose subject is `subject`.
pub(super) fn cue(scope: &Scope, t: usize, cue: &Range<usize>, subject: Option<usize>) -> CueView {
    let doc = scope.doc;
    let lemma = scope.cue_lemma(t);
    let class = cues::verb(lemma).map_or(99, |(c, takes)| c as u64 * 4 + takes as u64);
    let mut frame = 0;
    for c in doc.children(t) {
        let bit = match (doc.dep(c), c < t) {
            ("ccomp", true) => 1,
            ("ccomp", false) => 2,
            ("xcomp", _) => 4,
            ("dobj", _) => 8,
            ("prep", false) => 16,
            ("auxpass" | "nsubjpass", _) => 32,
            ("neg", _) => 64,
            ("dative" | "oprd", _) => 128,
            ("nsubj", false) => 256,
            _ => 0,
        };
        frame |= bit;
    }
    let aux = doc.lefts(t).filter(|&c| doc.dep(c) == "aux").fold(0, |h, c| h ^ hash(doc.norm(c)));
    let here = scope.quote_of(t).map_or(0, |q| q.words.min(9) as u64 + 1);
    let near = |at: Option<usize>| at.filter(|&a| a < doc.len()).map_or(0, |a| hash(doc.lower(a)));
    let quotes = u64::from(scope.quote_before(t))
        | u64::from(scope.quote_behind(cue.end)) << 1
        | u64::from(here > 0) << 2;
    let particle =
        near(Some(cue.end).filter(|&e| {
            e < doc.len() && matches!(doc.pos(e), "ADP" | "PART" | "SCONJ" | "PUNCT")
        }));
    let head = if doc.head(t) == t { 0 } else { hash(doc.lemma(doc.head(t))) };
    let view = CueView {
        lemma: hash(lemma),
        class,
        tag: hash(doc.tag(t)),
        dep: hash(doc.dep(t)),
        subject: kind_of_subject(doc, subject),
        frame,
        quotes,
        head,
        particle,
        base: Vec::new(),
    };
    let mut bag = Bag::default();
    let v = &view;
    bag.add(1, &[]);
    bag.add(2, &[v.lemma]);
    bag.add(3, &[v.lemma, v.tag]);
    bag.add(4, &[v.lemma, v.dep]);
    bag.add(5, &[v.class, v.frame]);
    bag.add(6, &[v.lemma, v.frame]);
    bag.add(7, &[v.class, v.subject]);
    bag.add(8, &[v.lemma, v.subject]);
    bag.add(9, &[v.quotes, v.class]);
    bag.add(10, &[v.quotes, v.lemma]);
    bag.add(11, &[v.lemma, v.particle]);
    bag.add(12, &[v.class, aux]);
    bag.add(13, &[v.dep, v.head]);
    bag.add(14, &[v.dep, v.tag, v.class]);
    bag.add(15, &[here, v.class]);
    bag.add(16, &[near(t.checked_sub(1)), v.class]);
    bag.add(17, &[v.frame, v.subject]);
    CueView { base: bag.0, ..view }
}

pub(super) fn bucket(n: usize) -> u64 {
    match n {
        0..=4 => n as u64,
        5..=6 => 5,
        7..=9 => 6,
        10..=14 => 7,
        15..=22 => 8,
        23..=35 => 9,
        36..=60 => 10,
        _ => 11,
    }
}

/// Features of the candidate, without those of the cue alone; `rule` names the rule that would choose it.
pub(super) fn candidate(
    scope: &Scope,
    t: usize,
    v: &CueView,
    c: &Candidate,
    rule: Option<&str>,
    bag: &mut Bag,
) {
    let doc = scope.doc;
    let (Some(main), Some(tail)) = (c.spans.first(), c.spans.last()) else { return };
    let (first, last) = (main.start, tail.end - 1);
    let (side, start, end) = (c.side as u64, c.start as u64, c.end as u64);
    let tag = |at: usize| if at < doc.len() { hash(doc.tag(at)) } else { 0 };
    let dep = |at: usize| if at < doc.len() { hash(doc.dep(at)) } else { 0 };
    let lower = |at: usize| if at < doc.len() { hash(doc.lower(at)) } else { 0 };
    let child = c.child.map_or(0, |x| hash(doc.dep(x)));
    let child_tag = c.child.map_or(0, |x| hash(doc.tag(x)));
    bag.add(20, &[side, start, end, child]);
    bag.add(21, &[side, start, child, v.class]);
    bag.add(22, &[side, start, child, v.lemma]);
    bag.add(23, &[side, lower(first), v.lemma]);
    bag.add(24, &[side, lower(first), v.class]);
    bag.add(25, &[side, tag(first), v.class, child]);
    bag.add(26, &[side, v.frame, start, child]);
    bag.add(27, &[side, v.quotes, start, end]);
    bag.add(28, &[side, v.tag, v.dep, start, child]);
    bag.add(29, &[side, child, child_tag]);
    // Words just outside the edges.
    let before = first.wrapping_sub(1);
    bag.add(30, &[side, lower(before), start]);
    bag.add(31, &[side, tag(before), tag(first)]);
    let after = (last + 1).min(doc.len());
    let next = if after < doc.len() && doc.pos(after) == "PUNCT" { after + 1 } else { after };
    bag.add(32, &[side, lower(after), end]);
    bag.add(33, &[side, lower(after), lower(next), end]);
    bag.add(34, &[side, lower(after), tag(next), dep(next)]);
    bag.add(35, &[side, tag(last), dep(last), end]);
    bag.add(36, &[side, bucket(last + 1 - first), end]);
    bag.add(37, &[side, bucket(last + 1 - first), v.class]);
    if c.side == Side::Right {
        bag.add(38, &[bucket(first.saturating_sub(t)), v.class, start]);
        bag.add(39, &[bucket(first.saturating_sub(t)), child]);
    }
    outside(scope, t, c, last, next, bag);
    quoting(scope, v, c, bag);
    parts(scope, t, v, c, bag);
    if let Some(rule) = rule {
        bag.add(60, &[hash(rule)]);
        bag.add(61, &[hash(rule), v.class]);
        bag.add(62, &[hash(rule), v.lemma]);
        bag.add(63, &[hash(rule), end]);
    } else {
        bag.add(64, &[side]);
    }
}

/// What the candidate leaves out of the sentence behind it, and what other cues it takes in.
fn outside(scope: &Scope, t: usize, c: &Candidate, last: usize, next: usize, bag: &mut Bag) {
    let doc = scope.doc;
    let side = c.side as u64;
    let Some(main) = c.spans.first() else { return };
    let end = doc.sent_of(last).end.min(scope.paragraph.tokens.end);
    let rest = scope.trim(last + 1..end);
    let cue_inside = (main.start..=last)
        .filter(|&x| {
            x != t
                && matches!(doc.pos(x), "VERB")
                && cues::verb(doc.lemma(x)).is_some()
                && !scope.in_long_quote(x)
        })
        .count();
    bag.add(40, &[side, cue_inside.min(3) as u64, c.end as u64]);
    bag.add(41, &[side, bucket(rest.len()), c.end as u64]);
    // The verb of what is left out, and where it hangs.
    if next < doc.len() && next < end && last + 1 < end {
        let mut top = next;
        while top < end && doc.head(top) != top && (next..end).contains(&doc.head(top)) {
            top = doc.head(top);
        }
        let head = doc.head(top);
        let place = if head == t {
            1
        } else if c.spans.iter().any(|s| s.contains(&head)) {
            2
        } else {
            3
        };
        let reports = u64::from(cues::verb(doc.lemma(top)).is_some());
        bag.add(42, &[side, place, hash(doc.dep(top))]);
        bag.add(43, &[side, place, hash(doc.dep(top)), hash(doc.tag(top)), reports]);
        bag.add(44, &[side, place, hash(doc.lower(next)), reports]);
    } else {
        bag.add(45, &[side]);
    }
    // A finite verb of the content that the tree hangs elsewhere.
    let top = main
        .clone()
        .find(|&x| matches!(doc.pos(x), "VERB" | "AUX") && !main.contains(&doc.head(x)));
    let place = top.map_or(0, |x| {
        if doc.head(x) == t {
            1
        } else if doc.head(x) == x {
            2
        } else if doc.head(t) == x {
            3
        } else {
            4
        }
    });
    bag.add(46, &[side, place, top.map_or(0, |x| hash(doc.dep(x)))]);
    let roots = main.clone().filter(|&x| !main.contains(&doc.head(x)) || doc.head(x) == x).count();
    bag.add(47, &[side, roots.min(5) as u64, c.end as u64]);
    let gap = c.spans.get(1).map_or(0, |s| s.start - main.end);
    bag.add(48, &[side, bucket(gap), c.spans.len() as u64]);
    if let Some(second) = c.spans.get(1) {
        bag.add(49, &[hash(doc.lower(second.start)), hash(doc.tag(second.start))]);
        bag.add(50, &[bucket(second.len()), bucket(main.len())]);
        bag.add(51, &[hash(doc.token_text(second.start - 1)), hash(doc.dep(second.start))]);
    }
}

/// How the candidate lies to the quotes.
fn quoting(scope: &Scope, v: &CueView, c: &Candidate, bag: &mut Bag) {
    let doc = scope.doc;
    let (mut whole, mut part) = (0_u64, 0_u64);
    for s in &c.spans {
        let bytes = doc.bytes(s.clone());
        for q in scope
            .paragraph
            .quotes
            .iter()
            .filter(|q| q.outer.start < bytes.end && bytes.start < q.outer.end)
        {
            if q.inner.start + 1 >= bytes.start && bytes.end + 3 >= q.inner.end {
                whole += 1;
            } else {
                part += 1;
            }
        }
    }
    let at = |t: usize| scope.quote_of(t).map_or(0, |q| if q.words > 4 { 2 } else { 1 });
    let first = c.spans.first().map_or(0, |s| at(s.start));
    let last = c.spans.last().map_or(0, |s| at(s.end - 1));
    let side = c.side as u64;
    bag.add(70, &[side, whole.min(3), part.min(2)]);
    bag.add(71, &[side, first, last, whole.min(3), part.min(2)]);
    bag.add(72, &[side, first, last, v.quotes, v.class]);
    bag.add(73, &[side, first, last, c.start as u64, c.end as u64]);
    let wh = c.spans.first().map_or(0, |s| {
        u64::from(has("that whether if how why what who when where which to", doc.lower(s.start)))
    });
    bag.add(74, &[side, wh, c.start as u64, v.class]);
}

/// The finite verb of the clause of `x`, and who does it.
fn finite(doc: &Doc, x: usize) -> (usize, Option<usize>) {
    let tensed = |c: &usize| {
        matches!(doc.dep(*c), "aux" | "auxpass")
            && matches!(doc.tag(*c), "VBD" | "VBZ" | "VBP" | "MD")
    };
    let subject = doc.lefts(x).find(|&c| doc.dep(c).starts_with("nsubj"));
    (doc.lefts(x).find(tensed).unwrap_or(x), subject)
}

/// Parts of a sentence that are looked at.
const PARTS: usize = 8;

/// The clauses and phrases of the sentence from the content's start on, and whether the content has them: which of "…, and B",
/// "…, while C", "… on Monday" somebody said shows in how they begin, in their tense and in their subject.
fn parts(scope: &Scope, t: usize, v: &CueView, c: &Candidate, bag: &mut Bag) {
    let doc = scope.doc;
    let (Some(main), Some(tail)) = (c.spans.first(), c.spans.last()) else { return };
    let end = doc.sent_of(tail.end - 1).end.min(scope.paragraph.tokens.end);
    let verbal = |x: usize| matches!(doc.pos(x), "VERB" | "AUX");
    let top = main.clone().find(|&x| verbal(x) && !main.contains(&doc.head(x)));
    let mut seen = 0;
    for x in main.start + 1..end {
        let dep = doc.dep(x);
        let head = doc.head(x);
        let first = doc.left_edge(x);
        let near = head == t || Some(head) == top || Some(head) == c.child;
        let clause = matches!(dep, "conj" | "advcl" | "parataxis" | "ccomp" | "dep") && verbal(x);
        let phrase = near && matches!(dep, "prep" | "npadvmod" | "advmod" | "agent");
        let own = first <= main.start || x == t || Some(x) == top;
        if !(clause || phrase) || own || scope.quote_of(x).is_some() {
            continue;
        }
        seen += 1;
        if seen > PARTS {
            break;
        }
        let inside = c.spans.iter().any(|s| s.contains(&first));
        let place = match head {
            h if h == t => 1,
            h if Some(h) == top => 2,
            h if main.contains(&h) => 3,
            _ => 4,
        };
        let part = Part { side: c.side as u64 * 2 + u64::from(inside), x, first, place };
        if clause {
            part.clause(scope, v, top.unwrap_or(main.start), bag);
        } else {
            part.phrase(scope, v, bag);
        }
    }
}

/// A clause or phrase whose head is `x` and whose first token is `first`.
struct Part {
    /// The content's side, and whether the content has the part.
    side: u64,
    x: usize,
    first: usize,
    /// What it hangs on: the cue, the content's verb, another word of the content, or else.
    place: u64,
}

impl Part {
    fn comma(&self, scope: &Scope) -> u64 {
        u64::from(scope.trim(self.first - 1..self.first).is_empty())
    }

    /// `top` is the content's verb.
    fn clause(&self, scope: &Scope, v: &CueView, top: usize, bag: &mut Bag) {
        let doc = scope.doc;
        let &Self { side, x, first, place } = self;
        let comma = self.comma(scope);
        let (own, own_subject) = finite(doc, top);
        let (verb, subject) = finite(doc, x);
        let head = doc.head(x);
        let and = doc.rights(head).find(|&a| doc.dep(a) == "cc" && a < x);
        let mark = hash(doc.lower(first)) ^ and.map_or(0, |a| hash(doc.lower(a)));
        let same = subject.zip(own_subject).is_some_and(|(a, b)| doc.lower(a) == doc.lower(b));
        let dep = hash(doc.dep(x));
        bag.add(80, &[side, dep, mark, place]);
        bag.add(81, &[side, dep, hash(doc.tag(verb)), hash(doc.tag(own)), v.tag]);
        bag.add(82, &[side, dep, kind_of_subject(doc, subject), u64::from(same), comma]);
        bag.add(83, &[side, dep, comma, place, v.class]);
        bag.add(84, &[side, dep, hash(doc.lower(verb)), place]);
        bag.add(85, &[side, hash(doc.lower(verb)), hash(doc.lower(own))]);
    }

    fn phrase(&self, scope: &Scope, v: &CueView, bag: &mut Bag) {
        let doc = scope.doc;
        let &Self { side, x, place, .. } = self;
        let (dep, lower) = (hash(doc.dep(x)), hash(doc.lower(x)));
        let object = doc.rights(x).find(|&o| matches!(doc.dep(o), "pobj" | "pcomp"));
        let kind = object.map_or(0, |o| hash(doc.ent_type(o)) ^ hash(doc.tag(o)));
        bag.add(86, &[side, dep, lower, place]);
        bag.add(87, &[side, lower, v.class, place]);
        bag.add(88, &[side, lower, kind, place]);
        bag.add(89, &[side, dep, self.comma(scope), place, v.lemma]);
    }
}
