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

/// What a paragraph that is one quote from end to end says, and nobody in it.
pub(super) fn floating(doc: &Doc, paragraph: &Paragraph) -> Option<Attribution> {
    let body = doc.text().get(paragraph.bytes.clone())?;
    let quoted: usize = paragraph.quotes.iter().map(|q| q.outer.len()).sum();
    if quoted + 4 < body.trim_end().len()
        || paragraph.quotes.iter().map(|q| q.words).sum::<usize>() < 5
    {
        return None;
    }
    let cue = paragraph.tokens.start..paragraph.tokens.start;
    let content: Vec<Range<usize>> = paragraph.quotes.iter().map(|q| q.outer.clone()).collect();
    Some(Attribution {
        confidence: 0.6,
        ..Attribution::bare(cue, CueClass::Other, content, "floating")
    })
}

/// A paragraph without a cue of its own that opens with a quote: it goes on with the quote that the paragraph before left
/// open, else it floats.
pub(super) fn carry_on(
    doc: &Doc,
    before: Option<&Paragraph>,
    paragraph: &Paragraph,
    found: &mut [(usize, Attribution)],
) -> Option<Attribution> {
    let first = paragraph.quotes.first().filter(|q| q.outer.start == paragraph.bytes.start)?;
    let open = before.and_then(|b| b.quotes.last()).filter(|q| q.open);
    let goes_on = open.and_then(|o| {
        found
            .iter_mut()
            .rev()
            .find(|(_, a)| a.content.iter().any(|c| c.start < o.outer.end && o.outer.start < c.end))
    });
    if let Some((_, a)) = goes_on {
        a.content.push(first.outer.clone());
        return None;
    }
    floating(doc, paragraph)
}
