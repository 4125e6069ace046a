//! A paragraph: its tokens and its quote regions.

use std::ops::Range;

use copydesk_nlp::Doc;
use copydesk_types::BlockKind;

use super::cues;
use super::quotes::{self, Quote};

/// A block of running text.
#[derive(Debug)]
pub(super) struct Paragraph {
    pub(super) kind: BlockKind,
    pub(super) bytes: Range<usize>,
    pub(super) tokens: Range<usize>,
    pub(super) quotes: Vec<Quote>,
    /// For each token of `tokens` the quote that it starts in, + 1; 0 for none.
    quote_of: Vec<u32>,
}

impl Paragraph {
    pub(super) fn new(doc: &Doc, bytes: Range<usize>, kind: BlockKind) -> Self {
        let tokens = doc.tokens_in_bytes(bytes.clone());
        let quotes = quotes::find(doc.text(), bytes.clone());
        let mut quote_of = vec![0; tokens.len()];
        for (number, quote) in quotes.iter().enumerate() {
            let inside = doc.tokens_in_bytes(quote.outer.clone());
            let inside = inside.start.max(tokens.start)..inside.end.min(tokens.end);
            for t in inside.filter(|&t| quote.outer.contains(&doc.start(t))) {
                quote_of[t - tokens.start] = u32::try_from(number + 1).unwrap_or(0);
            }
        }
        Self { kind, bytes, tokens, quotes, quote_of }
    }

    /// Takes the quote that no mark ends for a lost mark, when it opened the paragraph, `next` does not go on with it, and a
    /// cue behind a comma stands in it: "“The pumps failed, said the operator."
    pub(super) fn drop_lost_mark(&mut self, doc: &Doc, next: Option<&Self>) {
        let begins = |p: &Self, q: &Quote| q.outer.start == p.bytes.start;
        let goes_on = next.is_some_and(|n| n.quotes.first().is_some_and(|q| begins(n, q)));
        let lost = self.quotes.last().is_some_and(|q| q.open && begins(self, q)) && !goes_on;
        let cue = |t: usize| {
            doc.tag(t) == "VBD"
                && cues::is_speaking(doc.lemma(t))
                && (t.saturating_sub(3).max(self.tokens.start)..t).any(|x| doc.token_text(x) == ",")
        };
        if lost && self.tokens.clone().any(cue) {
            self.quotes.pop();
            let number = u32::try_from(self.quotes.len() + 1).unwrap_or(0);
            self.quote_of.iter_mut().filter(|q| **q == number).for_each(|q| *q = 0);
        }
    }

    /// The quote that the token lies in.
    pub(super) fn quote_of(&self, token: usize) -> Option<&Quote> {
        let at = token.checked_sub(self.tokens.start)?;
        self.quotes.get((*self.quote_of.get(at)? as usize).checked_sub(1)?)
    }

    /// Whether the token lies in a quote of more than `words` words.
    pub(super) fn in_quote(&self, token: usize, words: usize) -> bool {
        self.quote_of(token).is_some_and(|q| q.words > words)
    }

    /// The tokens of one of its quotes.
    pub(super) fn quote_tokens(&self, doc: &Doc, quote: &Quote) -> Range<usize> {
        let tokens = doc.tokens_in_bytes(quote.outer.clone());
        tokens.start.max(self.tokens.start)..tokens.end.min(self.tokens.end)
    }
}
