//! Quote regions, found before the parse is used.
//!
//! Straight and curly marks pair with each other. A region that is open at the end of a paragraph that it began goes to
//! that end (the next paragraph may open its own); any other unmatched mark is dropped alone.

use std::ops::Range;

/// A quoted region, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Quote {
    /// With its marks.
    pub(super) outer: Range<usize>,
    /// Without them.
    pub(super) inner: Range<usize>,
    /// Words inside.
    pub(super) words: usize,
}

/// The regions of the text between `range.start` and `range.end`, which is one paragraph.
pub(super) fn find(text: &str, range: Range<usize>) -> Vec<Quote> {
    let Some(paragraph) = text.get(range.clone()) else { return Vec::new() };
    let chars: Vec<(usize, char)> = paragraph.char_indices().collect();
    let mut out = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    let mut at = 0;
    while at < chars.len() {
        let (byte, c) = chars[at];
        let next = chars.get(at + 1).map(|(_, c)| *c);
        let pair = matches!(
            (c, next),
            ('\'', Some('\'')) | ('`', Some('`')) | ('‘', Some('‘')) | ('’', Some('’'))
        );
        let width = if pair { 2 } else { 1 };
        let bytes: usize = chars[at..at + width].iter().map(|(_, c)| c.len_utf8()).sum();
        let behind = chars.get(at + width).map(|(_, c)| *c);
        let mut mark = match c {
            '“' | '„' | '«' | '‟' => Mark::Open,
            '”' | '»' => Mark::Close,
            '"' | '＂' => Mark::Either,
            '`' | '‘' if pair => Mark::Open,
            '\'' | '’' if pair => Mark::Either,
            _ => Mark::None,
        };
        if mark == Mark::Either {
            mark = if open.is_some() { Mark::Close } else { Mark::Open };
        }
        // A stray closing mark in front of a word opens.
        if mark == Mark::Close && open.is_none() && behind.is_some_and(|c| !c.is_whitespace()) {
            mark = Mark::Open;
        }
        match (mark, open) {
            (Mark::Open, None) => open = Some((byte, byte + bytes)),
            (Mark::Close, Some((start, inner))) => {
                out.push(quote(paragraph, range.start, start..byte + bytes, inner..byte));
                open = None;
            }
            _ => {}
        }
        at += width;
    }
    let begins =
        |start: usize| paragraph.get(..start).is_some_and(|before| before.trim().is_empty());
    if let Some((start, inner)) = open.filter(|(start, _)| begins(*start)) {
        let end = paragraph.trim_end().len();
        out.push(quote(paragraph, range.start, start..end, inner..end));
    }
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    None,
    Open,
    Close,
    Either,
}

fn quote(paragraph: &str, offset: usize, outer: Range<usize>, inner: Range<usize>) -> Quote {
    let words = paragraph.get(inner.clone()).map_or(0, |s| s.split_whitespace().count());
    let shift = |r: Range<usize>| r.start + offset..r.end + offset;
    Quote { outer: shift(outer), inner: shift(inner), words }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn regions() {
        let check = |text: &str, expected: &[&str]| {
            let found = find(text, 0..text.len());
            let inner: Vec<&str> =
                found.iter().map(|q| text.get(q.inner.clone()).unwrap()).collect();
            assert_eq!(inner, expected, "{text}");
        };
        check("He said \"yes\" and “no”.", &["yes", "no"]);
        check(
            "\"It begins straight and ends curly,” she said.",
            &["It begins straight and ends curly,"],
        );
        check("“It goes on in the next paragraph.", &["It goes on in the next paragraph."]);
        check("A lost mark ” here, and \"this\" stays.", &["this"]);
        check("A lost mark \" at the end stays alone", &[]);
        check("the U.S.’s role and ‘single’ marks", &[]);
        check("``old style'' marks", &["old style"]);
    }

    proptest! {
        #[test]
        fn regions_lie_in_order_inside_the_text(text in "[a-z \"“”«»'`‘’\n]{0,60}") {
            let mut last = 0;
            for q in find(&text, 0..text.len()) {
                prop_assert!(last <= q.outer.start && q.outer.end <= text.len());
                prop_assert!(q.outer.start <= q.inner.start && q.inner.start <= q.inner.end && q.inner.end <= q.outer.end);
                prop_assert!(text.get(q.inner.clone()).is_some());
                last = q.outer.end;
            }
        }
    }
}
