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
    /// Whether no mark ends it: it goes on in the next paragraph.
    pub(super) open: bool,
}

/// The regions of the text between `range.start` and `range.end`, which is one paragraph.
pub(super) fn find(text: &str, range: Range<usize>) -> Vec<Quote> {
    let Some(paragraph) = text.get(range.clone()) else { return Vec::new() };
    let marks = marks(paragraph);
    let mut out: Vec<Quote> = Vec::new();
    let mut open: Option<&Mark> = None;
    let mut depth = 0_usize;
    for (at, mark) in marks.iter().enumerate() {
        match (mark.kind, open) {
            (Kind::Open, None) => (open, depth) = (Some(mark), 0),
            // A second opening mark: nested when the rest closes both, else the first one lost its partner.
            (Kind::Open, Some(_)) => {
                let rest = &marks[at..];
                let count = |kind: Kind| rest.iter().filter(|m| m.kind == kind).count();
                if count(Kind::Close) > count(Kind::Open) { depth += 1 } else { open = Some(mark) }
            }
            (Kind::Close, Some(_)) if depth > 0 => depth -= 1,
            (Kind::Close, Some(start)) => {
                out.push(quote(
                    paragraph,
                    range.start,
                    start.bytes.start..mark.bytes.end,
                    start.bytes.end..mark.bytes.start,
                    false,
                ));
                open = None;
            }
            (Kind::Close, None) => {}
        }
    }
    // Open at the end: a quote that the next paragraph goes on with, when it began the paragraph or follows a colon or comma.
    let leads = |m: &Mark| {
        let before = paragraph.get(..m.bytes.start).unwrap_or_default().trim_end();
        before.is_empty() || before.ends_with([':', ','])
    };
    if let Some(start) = open.filter(|m| leads(m)) {
        let end = paragraph.trim_end().len();
        out.push(quote(paragraph, range.start, start.bytes.start..end, start.bytes.end..end, true));
    }
    out
}

/// A quote mark of the paragraph.
#[derive(Debug, Clone)]
struct Mark {
    kind: Kind,
    bytes: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Open,
    Close,
}

/// The marks with their direction. Straight marks open in front of a word and close behind one; where that leaves a doubt
/// they alternate.
fn marks(paragraph: &str) -> Vec<Mark> {
    let chars: Vec<(usize, char)> = paragraph.char_indices().collect();
    let mut out: Vec<Mark> = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let (byte, c) = chars[at];
        let next = chars.get(at + 1).map(|(_, c)| *c);
        let pair = matches!(
            (c, next),
            ('\'', Some('\'')) | ('`', Some('`')) | ('‘', Some('‘')) | ('’', Some('’'))
        );
        let width = if pair { 2 } else { 1 };
        let end = chars.get(at + width).map_or(paragraph.len(), |(b, _)| *b);
        let before = at.checked_sub(1).and_then(|b| chars.get(b)).map(|(_, c)| *c);
        let behind = chars.get(at + width).map(|(_, c)| *c);
        let is_open = out.last().is_some_and(|m| m.kind == Kind::Open);
        let kind = match c {
            '“' | '„' | '«' | '‟' => Some(Kind::Open),
            // A stray closing mark in front of a word opens.
            '”' | '»' if !is_open && behind.is_some_and(char::is_alphanumeric) => {
                Some(Kind::Open)
            }
            '”' | '»' => Some(Kind::Close),
            '`' | '‘' if pair => Some(Kind::Open),
            '"' | '＂' => Some(direction(before, behind, is_open)),
            '\'' | '’' if pair => Some(direction(before, behind, is_open)),
            _ => None,
        };
        out.extend(kind.map(|kind| Mark { kind, bytes: byte..end }));
        at += width;
    }
    out
}

/// Which way a straight mark looks, by its neighbours.
fn direction(before: Option<char>, behind: Option<char>, is_open: bool) -> Kind {
    let apart = |c: Option<char>| {
        c.is_none_or(|c| c.is_whitespace() || matches!(c, '(' | '[' | '—' | '–' | '-'))
    };
    match (apart(before), apart(behind)) {
        (true, false) => Kind::Open,
        (false, true) => Kind::Close,
        _ if is_open => Kind::Close,
        _ => Kind::Open,
    }
}

fn quote(
    paragraph: &str,
    offset: usize,
    outer: Range<usize>,
    inner: Range<usize>,
    open: bool,
) -> Quote {
    let words = paragraph.get(inner.clone()).map_or(0, |s| s.split_whitespace().count());
    let shift = |r: Range<usize>| r.start + offset..r.end + offset;
    Quote { outer: shift(outer), inner: shift(inner), words, open }
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
