//! Attributions by the dependency tree: a cue, its source and its content.

use std::ops::Range;

use copydesk_nlp::Doc;
use copydesk_types::CueClass;

use super::cues::{self, Takes};
use super::paragraph::Paragraph;
use super::quotes::Quote;
use crate::extract::lexicon::has;

/// An attribution before it becomes a claim. Content is in bytes, all else in tokens.
#[derive(Debug, Clone)]
pub(super) struct Attribution {
    pub(super) cue: Range<usize>,
    pub(super) cue_head: usize,
    pub(super) class: CueClass,
    pub(super) source: Option<Range<usize>>,
    /// Head of the source, which decides about the entity.
    pub(super) source_head: Option<usize>,
    /// The noun that a relative pronoun stands for.
    pub(super) antecedent: Option<usize>,
    pub(super) addressee: Option<Range<usize>>,
    pub(super) content: Vec<Range<usize>>,
    pub(super) rule: &'static str,
    /// The source was taken from another clause.
    pub(super) inherited: bool,
    /// Noun phrases of who carried it.
    pub(super) via: Vec<Range<usize>>,
    pub(super) cue_bytes: Option<Range<usize>>,
    pub(super) confidence: f64,
}

impl Attribution {
    /// First byte of the content.
    pub(super) fn first(&self) -> usize {
        self.content.first().map_or(0, |c| c.start)
    }
}

/// What the search looks at.
pub(super) struct Scope<'a> {
    pub(super) doc: &'a Doc,
    pub(super) paragraph: &'a Paragraph,
}

/// Every attribution of the paragraph, quotes attached.
pub(super) fn find(doc: &Doc, paragraph: &Paragraph) -> Vec<Attribution> {
    let scope = Scope { doc, paragraph };
    let mut out: Vec<Attribution> = Vec::new();
    for t in paragraph.tokens.clone() {
        out.extend(scope.verb(t).or_else(|| scope.according(t)).or_else(|| scope.nominal(t)));
    }
    for a in &mut out {
        a.cue_bytes = Some(doc.bytes(a.cue.clone()));
        unite(a, paragraph);
    }
    let mut loose: Vec<&Quote> = Vec::new();
    for q in &paragraph.quotes {
        if q.words >= 4
            && !out
                .iter()
                .any(|a| a.content.iter().any(|c| c.start < q.outer.end && q.outer.start < c.end))
        {
            loose.push(q);
        }
    }
    for q in loose {
        let has_quote = |a: &Attribution| {
            a.content.iter().any(|c| {
                paragraph.quotes.iter().any(|q| q.outer.start >= c.start && q.outer.end <= c.end)
            })
        };
        let before = out
            .iter()
            .rposition(|a| a.content.iter().all(|c| c.end <= q.outer.start) && has_quote(a));
        let after = || out.iter().position(|a| a.first() >= q.outer.end && has_quote(a));
        if let Some(i) = before.or_else(after) {
            out[i].content.push(q.outer.clone());
            out[i].content.sort_by_key(|c| c.start);
        }
    }
    out
}

/// Adds the quotes that the content touches.
fn unite(a: &mut Attribution, paragraph: &Paragraph) {
    for q in &paragraph.quotes {
        for c in &mut a.content {
            if c.start < q.outer.end && q.outer.start < c.end {
                let cue = a.cue_bytes.clone().unwrap_or(0..0);
                if cue.start < q.outer.end && q.outer.start < cue.end {
                    continue;
                }
                *c = c.start.min(q.outer.start)..c.end.max(q.outer.end);
            }
        }
    }
    a.content.sort_by_key(|c| c.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for c in a.content.drain(..) {
        match merged.last_mut() {
            Some(last) if c.start <= last.end => last.end = last.end.max(c.end),
            _ => merged.push(c),
        }
    }
    a.content = merged;
}

impl Scope<'_> {
    /// The quote that the token lies in.
    fn quote_of(&self, token: usize) -> Option<&Quote> {
        self.paragraph.quote_of(token)
    }

    fn in_long_quote(&self, token: usize) -> bool {
        self.paragraph.in_quote(token, 4)
    }

    /// The attribution that the verb `t` makes.
    pub(super) fn verb(&self, t: usize) -> Option<Attribution> {
        let doc = self.doc;
        if !doc.tag(t).starts_with("VB") || self.in_long_quote(t) {
            return None;
        }
        let (class, takes) = cues::verb(doc.lemma(t))?;
        let (content, rule) = self.content(t, takes)?;
        let subject = self.subject(t, 0);
        let (source, source_head, antecedent, inherited) = match subject {
            Some(s) => (Some(self.noun_phrase(s.token)), Some(s.token), s.antecedent, s.inherited),
            None => (None, None, None, false),
        };
        if source.is_none()
            && rule != "ccomp"
            && rule != "inverted"
            && rule != "parataxis"
            && !rule.starts_with("quote")
        {
            return None;
        }
        Some(Attribution {
            cue: self.cue(t),
            cue_head: t,
            class,
            source,
            source_head,
            antecedent,
            addressee: self.addressee(t),
            content,
            rule,
            inherited,
            via: Vec::new(),
            cue_bytes: None,
            confidence: 0.8,
        })
    }

    /// The verb with its particle.
    fn cue(&self, t: usize) -> Range<usize> {
        let particle = self.doc.children(t).find(|&c| self.doc.dep(c) == "prt" && c == t + 1);
        t..particle.unwrap_or(t) + 1
    }

    /// What the verb says, and by which rule.
    fn content(&self, t: usize, takes: Takes) -> Option<(Vec<Range<usize>>, &'static str)> {
        let doc = self.doc;
        let clause = doc.children(t).filter(|&c| doc.dep(c) == "ccomp").collect::<Vec<_>>();
        if !clause.is_empty() {
            let spans: Vec<_> = clause.iter().flat_map(|&c| self.clause(c, t)).collect();
            let inverted = clause.iter().all(|&c| c < t);
            if !spans.is_empty() {
                return Some((spans, if inverted { "inverted" } else { "ccomp" }));
            }
        }
        if doc.dep(t) == "parataxis" || (doc.dep(t) == "ccomp" && self.is_parenthesis(t)) {
            let spans = self.around(t);
            if !spans.is_empty() {
                return Some((spans, "parataxis"));
            }
        }
        let infinitive = doc.children(t).find(|&c| doc.dep(c) == "xcomp" && c > t);
        if let Some(c) = infinitive.filter(|_| takes != Takes::Clause || self.touches_quote(t)) {
            return Some((self.clause(c, t), "xcomp"));
        }
        let object = doc.children(t).find(|&c| matches!(doc.dep(c), "dobj" | "oprd") && c > t);
        if let Some(c) = object.filter(|_| takes == Takes::Noun) {
            let last = doc.children(t).filter(|&c| {
                matches!(doc.dep(c), "dobj" | "oprd" | "prep" | "acomp")
                    && c >= t
                    && self.is_evaluation(c)
            });
            let end = last
                .map(|c| doc.right_edge(c))
                .max()
                .unwrap_or(doc.right_edge(c))
                .max(doc.right_edge(c));
            return Some((self.bytes(doc.left_edge(c)..end + 1), "object"));
        }
        if cues::is_speaking(doc.lemma(t)) {
            return self.beside_quote(t).map(|spans| (spans, "quote"));
        }
        None
    }

    /// "as a …", "for …": the part of an evaluation that belongs to its object.
    fn is_evaluation(&self, c: usize) -> bool {
        self.doc.dep(c) != "prep" || has("as for over of", self.doc.lower(c))
    }

    fn touches_quote(&self, t: usize) -> bool {
        let sentence = self.doc.sent_of(t);
        let bytes = self.doc.bytes(sentence);
        self.paragraph.quotes.iter().any(|q| q.outer.start < bytes.end && bytes.start < q.outer.end)
    }

    /// "…, he says, …" where the verb of the content is the head.
    fn is_parenthesis(&self, t: usize) -> bool {
        let doc = self.doc;
        let (first, last) = (doc.left_edge(t), doc.right_edge(t));
        let comma = |at: Option<usize>| {
            at.is_some_and(|a| {
                a < doc.len()
                    && matches!(doc.token_text(a), "," | "\"" | "”" | "“" | "—" | "--" | "-")
            })
        };
        last - first < 8
            && comma(first.checked_sub(1))
            && doc.children(t).any(|c| doc.dep(c).starts_with("nsubj"))
    }

    /// The sentence without the subtree of `t`.
    fn around(&self, t: usize) -> Vec<Range<usize>> {
        let doc = self.doc;
        let sentence = doc.sent_of(t);
        let (first, last) = (doc.left_edge(t), doc.right_edge(t));
        let mut out = self.bytes(sentence.start..first);
        out.extend(self.bytes(last + 1..sentence.end));
        out
    }

    /// The clause of `c` without the cue `t` and all that hangs on the cue alone, and without what is another's.
    fn clause(&self, c: usize, t: usize) -> Vec<Range<usize>> {
        let doc = self.doc;
        let (first, last) = (doc.left_edge(c), doc.right_edge(c));
        if c > t {
            let first = first.max(t + 1);
            return self.bytes(first..self.cut(c, t, last) + 1);
        }
        // Inverted: up to what belongs to the cue.
        let own = doc
            .children(t)
            .filter(|&x| x > c && !matches!(doc.dep(x), "ccomp" | "punct"))
            .map(|x| doc.left_edge(x));
        let cue_start = own.min().unwrap_or(t).min(t);
        let mut out = self.bytes(first..cue_start.min(last + 1));
        if last > t {
            out.extend(self.bytes(t + 1..last + 1));
        }
        out
    }

    /// The last token of the content of a clause that runs to `last`: a gerund that attributes anew, "according to",
    /// or a reporting parenthesis at the end are no part of it.
    fn cut(&self, c: usize, t: usize, last: usize) -> usize {
        let doc = self.doc;
        let mut end = last;
        for x in c + 1..=last {
            let own_quote = self.quote_of(x).is_some_and(|q| q.words > 4);
            if own_quote || end < x {
                continue;
            }
            let gerund = doc.tag(x) == "VBG"
                && doc.dep(x) == "advcl"
                && cues::verb(doc.lemma(x)).is_some()
                && x > c
                && doc.children(x).any(|k| doc.dep(k) == "ccomp")
                && doc.ancestors(x).take_while(|&a| a != t).count() < 2;
            let according =
                doc.lower(x) == "according" && doc.token_text((x + 1).min(doc.len() - 1)) == "to";
            if gerund || according {
                let start = doc.left_edge(x);
                if start > c {
                    end = start - 1;
                }
            }
        }
        end
    }

    /// A quote that ends right before the cue's clause or begins right behind it.
    fn beside_quote(&self, t: usize) -> Option<Vec<Range<usize>>> {
        let doc = self.doc;
        let sentence = doc.sent_of(t);
        let near = |a: usize, b: usize| {
            doc.text()
                .get(a..b)
                .is_some_and(|gap| gap.split_whitespace().count() <= 1 && !gap.contains('\n'))
        };
        let (first, last) = (doc.left_edge(t).max(sentence.start), doc.right_edge(t));
        let (begin, end) = (doc.start(first), doc.end(last));
        let inside: Vec<_> = self
            .paragraph
            .quotes
            .iter()
            .filter(|q| {
                q.words >= 2
                    && q.outer.start >= begin
                    && q.outer.end <= end + 2
                    && !q.outer.contains(&doc.start(t))
            })
            .collect();
        let behind = inside.iter().find(|q| q.outer.start >= doc.end(t));
        if let Some(q) = behind.filter(|q| self.gap_is_short(t, q)) {
            return Some(vec![q.outer.clone()]);
        }
        let before = self
            .paragraph
            .quotes
            .iter()
            .rev()
            .find(|q| q.outer.end <= doc.start(t) && q.words >= 2);
        if let Some(q) = before {
            let subject_first = doc
                .children(t)
                .filter(|&c| doc.dep(c).starts_with("nsubj"))
                .map(|c| doc.left_edge(c))
                .min()
                .unwrap_or(t)
                .min(t);
            if near(q.outer.end, doc.start(subject_first)) {
                return Some(vec![q.outer.clone()]);
            }
        }
        None
    }

    /// Whether few words part the cue from the quote behind it: "said in a statement: …".
    fn gap_is_short(&self, t: usize, quote: &Quote) -> bool {
        let gap = self.doc.text().get(self.doc.end(t)..quote.outer.start).unwrap_or_default();
        gap.split_whitespace().count() <= 8
            && (gap.trim_end().ends_with([',', ':']) || gap.trim().is_empty())
    }

    /// Bytes of a token range without commas, dashes and white space at its edges.
    pub(super) fn bytes(&self, mut tokens: Range<usize>) -> Vec<Range<usize>> {
        let doc = self.doc;
        let edge = |t: usize| {
            doc.is_space(t)
                || matches!(doc.token_text(t), "," | ";" | ":" | "-" | "--" | "—" | "–" | ".")
        };
        while !tokens.is_empty() && edge(tokens.start) {
            tokens.start += 1;
        }
        while !tokens.is_empty() && edge(tokens.end - 1) {
            tokens.end -= 1;
        }
        let bytes = doc.bytes(tokens);
        let bytes =
            bytes.start.max(self.paragraph.bytes.start)..bytes.end.min(self.paragraph.bytes.end);
        if bytes.start < bytes.end { vec![bytes] } else { Vec::new() }
    }

    /// To whom: the object of "told", "to reporters".
    fn addressee(&self, t: usize) -> Option<Range<usize>> {
        let doc = self.doc;
        let direct = doc.children(t).find(|&c| {
            matches!(doc.dep(c), "dobj" | "dative" | "iobj")
                && c > t
                && has("tell inform advise ask remind warn assure urge", doc.lemma(t))
        });
        let to = doc
            .children(t)
            .find(|&c| matches!(doc.dep(c), "prep" | "dative") && doc.lower(c) == "to");
        let object = to.and_then(|p| doc.child(p, "pobj"));
        let head = direct.or(object)?;
        (matches!(doc.pos(head), "NOUN" | "PROPN" | "PRON")).then(|| self.noun_phrase(head))
    }

    /// "according to X": the rest of the sentence is the content.
    pub(super) fn according(&self, t: usize) -> Option<Attribution> {
        let doc = self.doc;
        if doc.lower(t) != "according"
            || t + 1 >= doc.len()
            || doc.lower(t + 1) != "to"
            || self.in_long_quote(t)
        {
            return None;
        }
        let object = doc.child(t + 1, "pobj").or_else(|| doc.child(t, "pobj"))?;
        let first = doc.left_edge(t).min(t);
        let last = doc.right_edge(t).max(doc.right_edge(object)).max(t + 1);
        let source = self.noun_phrase(object);
        let sentence = doc.sent_of(t);
        let mut content = self.bytes(sentence.start..first);
        if content.is_empty() {
            content = self.bytes(last + 1..sentence.end);
        } else if last + 1 < sentence.end {
            let rest = self.bytes(last + 1..sentence.end);
            // What follows a source in the middle of a sentence belongs to the content where it goes on with it.
            if doc.token_text(last + 1) == "," && rest.first().is_some_and(|r| r.len() > 12) {
                content.extend(rest);
            }
        }
        (!content.is_empty()).then(|| Attribution {
            cue: t..t + 2,
            cue_head: t,
            class: CueClass::According,
            source: Some(source),
            source_head: Some(object),
            antecedent: None,
            addressee: None,
            content,
            rule: "according",
            inherited: false,
            via: Vec::new(),
            cue_bytes: None,
            confidence: 0.8,
        })
    }

    /// The noun phrase of `head` up to its relative clause.
    pub(super) fn noun_phrase(&self, head: usize) -> Range<usize> {
        let doc = self.doc;
        let first = doc.left_edge(head);
        let clause = doc
            .children(head)
            .filter(|&c| c > head && matches!(doc.dep(c), "relcl" | "acl" | "punct" | "conj"));
        let mut end = doc.right_edge(head) + 1;
        for c in clause {
            match doc.dep(c) {
                "relcl" | "acl" => {
                    end = end.min(doc.left_edge(c));
                    break;
                }
                _ => {}
            }
        }
        while end > head + 1
            && (doc.is_space(end - 1)
                || matches!(doc.token_text(end - 1), "," | "-" | "--" | "—" | "\"" | "“" | "”"))
        {
            end -= 1;
        }
        first..end
    }

    /// Who does what the verb says: its subject, or that of the clause it hangs on.
    fn subject(&self, t: usize, depth: usize) -> Option<Subject> {
        let doc = self.doc;
        if depth > 6 {
            return None;
        }
        let passive = doc.children(t).any(|c| matches!(doc.dep(c), "auxpass" | "nsubjpass"));
        if passive {
            let agent = doc.child(t, "agent").and_then(|a| doc.child(a, "pobj"));
            return agent.map(|token| Subject { token, antecedent: None, inherited: depth > 0 });
        }
        if let Some(token) = doc.children(t).find(|&c| doc.dep(c) == "nsubj") {
            let relative = has("who which that", doc.lower(token)) && doc.dep(t) == "relcl";
            let antecedent = relative.then(|| doc.head(t));
            return Some(Subject { token, antecedent, inherited: depth > 0 });
        }
        let head = doc.head(t);
        match doc.dep(t) {
            "conj" | "advcl" | "xcomp" | "pcomp" | "dep" if head != t => {
                if doc.dep(t) == "pcomp" {
                    // "after saying": the preposition hangs on the verb.
                    let verb = doc.head(head);
                    return if doc.pos(verb) == "VERB" {
                        self.subject(verb, depth + 1)
                    } else {
                        self.noun(verb)
                    };
                }
                if matches!(doc.pos(head), "VERB" | "AUX") {
                    self.subject(head, depth + 1)
                } else {
                    self.noun(head)
                }
            }
            "acl" | "relcl" => self.noun(head),
            _ => None,
        }
    }

    fn noun(&self, token: usize) -> Option<Subject> {
        let noun = matches!(self.doc.pos(token), "NOUN" | "PROPN" | "PRON");
        noun.then_some(Subject { token, antecedent: None, inherited: true })
    }

    /// "his claim that …": a noun with a clause and a possessor.
    pub(super) fn nominal(&self, t: usize) -> Option<Attribution> {
        let doc = self.doc;
        if !doc.tag(t).starts_with("NN") || !has(cues::NOUNS, doc.lemma(t)) || self.in_long_quote(t)
        {
            return None;
        }
        let clause = doc.children(t).find(|&c| {
            c > t && matches!(doc.dep(c), "acl" | "ccomp") && doc.lower(doc.left_edge(c)) == "that"
        })?;
        let owner = doc.child(t, "poss")?;
        Some(Attribution {
            cue: t..t + 1,
            cue_head: t,
            class: CueClass::Nominal,
            source: Some(self.noun_phrase(owner)),
            source_head: Some(owner),
            antecedent: None,
            addressee: None,
            content: self.bytes(doc.left_edge(clause)..doc.right_edge(clause) + 1),
            rule: "nominal",
            inherited: false,
            via: Vec::new(),
            cue_bytes: None,
            confidence: 0.8,
        })
    }
}

struct Subject {
    token: usize,
    antecedent: Option<usize>,
    inherited: bool,
}
