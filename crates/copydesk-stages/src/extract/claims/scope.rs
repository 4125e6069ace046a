//! A paragraph with its parse, and the questions that the sieves ask of it.

use std::ops::Range;

use copydesk_nlp::Doc;

use super::cues;
use super::paragraph::Paragraph;
use super::quotes::Quote;
use crate::extract::lexicon::has;

/// What the search looks at.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) doc: &'a Doc,
    pub(super) paragraph: &'a Paragraph,
}

impl Scope<'_> {
    /// The quote that the token lies in.
    pub(super) fn quote_of(&self, token: usize) -> Option<&Quote> {
        self.paragraph.quote_of(token)
    }

    /// Whether the token is somebody's own words: a cue there belongs to them.
    pub(super) fn in_long_quote(&self, token: usize) -> bool {
        self.paragraph.in_quote(token, 4)
    }

    /// The lemma of a word as a cue: the tagger's, or that of a verb which it took for a noun of a headline.
    pub(super) fn cue_lemma(&self, t: usize) -> &str {
        self.headline_verb(t).unwrap_or_else(|| self.doc.lemma(t))
    }

    /// "Says" in a short line in title case.
    pub(super) fn headline_verb(&self, t: usize) -> Option<&'static str> {
        const LINE: usize = 25;
        let doc = self.doc;
        let tokens = &self.paragraph.tokens;
        let noun = doc.tag(t).starts_with("NN") && tokens.len() <= LINE && t > tokens.start;
        let capital = noun && doc.token_text(t).starts_with(char::is_uppercase);
        capital.then(|| cues::of_headline(doc.lower(t)))?
    }

    /// Whether a quote ends right before the clause of the verb: at it, or before a short subject.
    pub(super) fn quote_before(&self, t: usize) -> bool {
        let doc = self.doc;
        let subject = doc
            .lefts(t)
            .find(|&c| doc.dep(c).starts_with("nsubj"))
            .map_or(t, |c| doc.left_edge(c).min(t));
        let at = doc.start(subject);
        let before = self.paragraph.quotes.iter().rev().find(|q| q.outer.end <= at && q.words >= 2);
        before.is_some_and(|q| {
            doc.text().get(q.outer.end..at).is_some_and(|gap| gap.split_whitespace().count() <= 1)
        })
    }

    /// Whether a quote starts soon behind the token: "said in a statement: “…”".
    pub(super) fn quote_behind(&self, token: usize) -> bool {
        let doc = self.doc;
        if token >= doc.len() {
            return false;
        }
        let at = doc.start(token);
        let behind = self.paragraph.quotes.iter().find(|q| q.outer.start >= at && q.words >= 2);
        let gap = behind.and_then(|q| doc.text().get(at..q.outer.start));
        gap.is_some_and(|g| {
            g.trim().is_empty()
                || (g.split_whitespace().count() <= 8 && g.trim_end().ends_with([',', ':']))
        })
    }

    /// Whether the token may not stand at the edge of a content: a quote mark only where it marks a quote.
    fn is_edge(&self, t: usize) -> bool {
        let mark = matches!(self.doc.token_text(t), "“" | "”" | "„" | "\"" | "``" | "''");
        self.doc.is_space(t)
            || (mark && self.quote_of(t).is_none())
            || matches!(self.doc.token_text(t), "," | ";" | ":" | "-" | "--" | "—" | "–" | ".")
    }

    /// The tokens, in the paragraph, without commas, dashes and white space at both ends.
    pub(super) fn trim(&self, tokens: Range<usize>) -> Range<usize> {
        let mut tokens = tokens.start.max(self.paragraph.tokens.start)
            ..tokens.end.min(self.paragraph.tokens.end);
        while tokens.start < tokens.end && self.is_edge(tokens.start) {
            tokens.start += 1;
        }
        while tokens.start < tokens.end && self.is_edge(tokens.end - 1) {
            tokens.end -= 1;
        }
        tokens
    }

    /// Bytes of the trimmed tokens, none when nothing is left.
    pub(super) fn bytes(&self, tokens: Range<usize>) -> Option<Range<usize>> {
        let tokens = self.trim(tokens);
        if tokens.is_empty() {
            return None;
        }
        let bytes = self.doc.bytes(tokens);
        Some(bytes.start.max(self.paragraph.bytes.start)..bytes.end.min(self.paragraph.bytes.end))
    }

    /// Whether the content holds more than a bare pronoun or a date; the words of a quote always do.
    pub(super) fn says_something(&self, content: &[Range<usize>]) -> bool {
        let doc = self.doc;
        let empty = |t: usize| {
            matches!(doc.pos(t), "PRON" | "DET" | "PUNCT" | "SPACE")
                || matches!(doc.tag(t), "DT" | "WDT")
                || matches!(doc.ent_type(t), "DATE" | "TIME")
        };
        content.iter().any(|bytes| {
            let mut tokens = doc.tokens_in_bytes(bytes.clone());
            tokens.any(|t| !empty(t) || self.paragraph.in_quote(t, 0))
        })
    }

    /// The spans, widened to the whole of each quote that they touch and `cue` does not, and joined where they meet.
    pub(super) fn unite(&self, spans: &[Range<usize>], cue: &Range<usize>) -> Vec<Range<usize>> {
        let mut out: Vec<Range<usize>> = Vec::with_capacity(spans.len());
        for span in spans {
            let mut span = span.clone();
            for q in &self.paragraph.quotes {
                let own = self.paragraph.quote_tokens(self.doc, q);
                let touches = own.start < span.end && span.start < own.end;
                if touches && !(own.start < cue.end && cue.start < own.end) {
                    span = span.start.min(own.start)..span.end.max(own.end);
                }
            }
            match out.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                _ => out.push(span),
            }
        }
        out
    }

    /// Where a clause or a set-off part starts inside the tokens, not within a long quote.
    pub(super) fn breaks(&self, tokens: Range<usize>) -> impl Iterator<Item = usize> + '_ {
        let doc = self.doc;
        let word = |t: usize| {
            let joins = has(
                "and but or while when after before because although though as if since until so who which where that according",
                doc.lower(t),
            );
            joins
                && matches!(
                    doc.dep(t),
                    "cc" | "mark" | "advmod" | "nsubj" | "prep" | "pobj" | "nsubjpass" | "dobj"
                )
                || doc.lower(t) == "according"
        };
        let mark = |t: usize| {
            matches!(
                doc.token_text(t),
                "," | ";" | "—" | "--" | "–" | "-" | ":" | "(" | "”" | "\"" | "''" | "."
            )
        };
        (tokens.start + 1..tokens.end).filter(move |&t| {
            let opens = mark(t - 1) || word(t) || (doc.tag(t) == "VBG" && doc.dep(t) == "advcl");
            opens && !(self.in_long_quote(t) && self.in_long_quote(t - 1))
        })
    }

    /// The noun phrase of `head` up to its relative clause.
    pub(super) fn noun_phrase(&self, head: usize) -> Range<usize> {
        let doc = self.doc;
        let first = doc.left_edge(head).max(self.paragraph.tokens.start).min(head);
        let set_off =
            |c: usize| doc.left_edge(c).checked_sub(1).is_some_and(|b| doc.token_text(b) == ",");
        let clause = doc
            .rights(head)
            .find(|&c| doc.dep(c) == "relcl" || (doc.dep(c) == "acl" && set_off(c)));
        let mut end = clause
            .map_or(doc.right_edge(head) + 1, |c| doc.left_edge(c))
            .min(self.paragraph.tokens.end)
            .max(head + 1);
        let loose = |t: usize| {
            doc.is_space(t)
                || matches!(
                    doc.token_text(t),
                    "," | "-" | "--" | "—" | "\"" | "“" | "”" | "(" | ":" | ";"
                )
        };
        while end > head + 1 && loose(end - 1) {
            end -= 1;
        }
        // A name whose words the parser has torn apart stays whole.
        let name = doc.ents().iter().find(|e| (e.start..e.end).contains(&head));
        let whole = name.map_or(end, |e| e.end.min(self.paragraph.tokens.end).max(end));
        first..self.name_behind(head, whole)
    }

    /// The end of the name right behind a common noun that the parser hung beside it: "the newspaper An-Nahar".
    fn name_behind(&self, head: usize, end: usize) -> usize {
        let doc = self.doc;
        let name = doc.ents().iter().find(|e| e.start == end && end == head + 1);
        let beside = name.filter(|e| {
            doc.tag(head).starts_with("NN")
                && !matches!(doc.ent_type(e.start), "DATE" | "TIME")
                && (e.start..e.end)
                    .any(|t| doc.head(t) == doc.head(head) && doc.dep(t) == doc.dep(head))
        });
        beside.map_or(end, |e| e.end.min(self.paragraph.tokens.end))
    }
}
