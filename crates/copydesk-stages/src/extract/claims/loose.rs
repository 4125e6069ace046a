//! Quotes that no cue took: the second half of a split quote, a quote that goes on in the next paragraph, a paragraph that
//! is all quote.

use std::ops::Range;

use copydesk_nlp::Doc;
use copydesk_types::CueClass;

use super::attribution::Attribution;
use super::paragraph::Paragraph;

/// Quotes of the paragraph that no content holds go to the quoting claim before them, else to the one behind them.
pub(super) fn attach(paragraph: &Paragraph, found: &mut [Attribution]) {
    let holds = |a: &Attribution, q: &Range<usize>| {
        a.content.iter().any(|c| c.start < q.end && q.start < c.end)
    };
    let quoting = |a: &Attribution| paragraph.quotes.iter().any(|q| holds(a, &q.outer));
    let quoting: Vec<bool> = found.iter().map(quoting).collect();
    for q in paragraph.quotes.iter().filter(|q| q.words >= 4) {
        let q = &q.outer;
        if found.iter().any(|a| holds(a, q)) {
            continue;
        }
        let before = (0..found.len())
            .rev()
            .find(|&i| quoting[i] && found[i].content.iter().all(|c| c.end <= q.start));
        let after = || (0..found.len()).find(|&i| quoting[i] && found[i].first() >= q.end);
        if let Some(i) = before.or_else(after) {
            found[i].content.push(q.clone());
            found[i].content.sort_by_key(|c| c.start);
        }
    }
}

/// Most confidence in a claim that a quote of the next paragraph has joined.
const JOINED: f64 = 0.8;

/// What a paragraph that is one quote from end to end says, and nobody in it.
fn floating(doc: &Doc, paragraph: &Paragraph, rule: &'static str) -> Option<Attribution> {
    let body = doc.text().get(paragraph.bytes.clone())?;
    let quoted: usize = paragraph.quotes.iter().map(|q| q.outer.len()).sum();
    if quoted + 4 < body.trim_end().len()
        || paragraph.quotes.iter().map(|q| q.words).sum::<usize>() < 5
    {
        return None;
    }
    let cue = paragraph.tokens.start..paragraph.tokens.start;
    let content: Vec<Range<usize>> = paragraph.quotes.iter().map(|q| q.outer.clone()).collect();
    Some(Attribution { confidence: 0.6, ..Attribution::bare(cue, CueClass::Other, content, rule) })
}

/// A paragraph without a cue of its own that opens with a quote. It goes on with the quote that the paragraph before left
/// open; else, when it is all quote, it joins what the paragraph before quoted last. Behind a question somebody else may answer
/// ("turn", nobody is named), behind indirect speech it is a claim of its own ("floating").
pub(super) fn carry_on(
    doc: &Doc,
    before: Option<&Paragraph>,
    paragraph: &Paragraph,
    found: &mut [(usize, Attribution)],
) -> Option<Attribution> {
    let first = paragraph.quotes.first().filter(|q| q.outer.start == paragraph.bytes.start)?;
    let before = before?;
    let touches = |a: &Attribution, bytes: &Range<usize>| {
        a.content.iter().any(|c| c.start < bytes.end && bytes.start < c.end)
    };
    let open = before.quotes.last().filter(|q| q.open);
    let goes_on = open.and_then(|o| found.iter_mut().rev().find(|(_, a)| touches(a, &o.outer)));
    if let Some((_, a)) = goes_on {
        a.content.push(first.outer.clone());
        return None;
    }
    let mut alone = floating(doc, paragraph, "floating")?;
    let quote = before.quotes.iter().rev().find(|q| q.words >= 4);
    let last = found.iter_mut().map(|(_, a)| a).rev().find(|a| touches(a, &before.bytes));
    let joins = quote.zip(last).filter(|(quote, last)| touches(last, &quote.outer));
    if let Some((quote, last)) = joins {
        let asks = doc.text().get(quote.inner.clone()).is_some_and(|t| t.ends_with('?'));
        if !asks && last.rule != "turn" {
            last.content.append(&mut alone.content);
            last.confidence = last.confidence.min(JOINED);
            return None;
        }
        alone.rule = "turn";
    }
    Some(alone)
}
