//! What a cue says, by rule: the clause that hangs on it, the sentence around it, the object of an evaluation, the quote
//! beside it. The ranker takes the rule's choice as one piece of evidence among many.

use std::ops::Range;

use super::cues::{self, Takes};
use super::quotes::Quote;
use super::scope::Scope;
use crate::extract::lexicon::has;

impl Scope<'_> {
    /// What the verb says, and by which rule.
    pub(super) fn content(
        &self,
        t: usize,
        takes: Takes,
    ) -> Option<(Vec<Range<usize>>, &'static str)> {
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
            return Some((self.part(doc.left_edge(c)..end + 1), "object"));
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
        let mut out = self.part(sentence.start..first);
        out.extend(self.part(last + 1..sentence.end));
        out
    }

    /// The clause of `c` without the cue `t` and all that hangs on the cue alone, and without what is another's.
    fn clause(&self, c: usize, t: usize) -> Vec<Range<usize>> {
        let doc = self.doc;
        let (first, last) = (doc.left_edge(c), doc.right_edge(c));
        if c > t {
            let first = first.max(t + 1);
            return self.part(first..self.cut(c, t, last) + 1);
        }
        // Inverted: up to what belongs to the cue.
        let own = doc
            .children(t)
            .filter(|&x| x > c && !matches!(doc.dep(x), "ccomp" | "punct"))
            .map(|x| doc.left_edge(x));
        let cue_start = own.min().unwrap_or(t).min(t);
        let mut out = self.part(first..cue_start.min(last + 1));
        if last > t {
            out.extend(self.part(t + 1..last + 1));
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
            doc.text().get(a..b).is_some_and(|gap| {
                gap.split_whitespace().count() <= 1 && !gap.contains(['\n', '.'])
            })
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
            return Some(vec![self.paragraph.quote_tokens(doc, q)]);
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
                return Some(vec![self.paragraph.quote_tokens(doc, q)]);
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

    /// The trimmed tokens, none when nothing is left.
    fn part(&self, tokens: Range<usize>) -> Vec<Range<usize>> {
        let tokens = self.trim(tokens);
        if tokens.is_empty() { Vec::new() } else { vec![tokens] }
    }
}
