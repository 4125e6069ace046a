//! Spans of the body, and the one conversion between bytes and code points.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A half-open range `[start, end)` of [`Text::body`](crate::Text::body): bytes in the program, code points in JSON.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct Span {
    /// First offset that belongs to the span.
    pub start: usize,
    /// First offset that no longer belongs to it.
    pub end: usize,
}

impl Span {
    /// The span `[start, end)`.
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// The length, in the unit of the offsets.
    pub fn len(&self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Whether nothing is covered.
    pub fn is_empty(&self) -> bool {
        self.end <= self.start
    }

    /// Whether the two share at least one unit.
    pub fn overlaps(&self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether `other` lies within this span.
    pub fn contains(&self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The text that the span covers, or `None` when it does not fit `body` (bytes).
    pub fn slice<'a>(&self, body: &'a str) -> Option<&'a str> {
        body.get(self.start..self.end)
    }
}

impl From<std::ops::Range<usize>> for Span {
    fn from(range: std::ops::Range<usize>) -> Self {
        Self::new(range.start, range.end)
    }
}

/// Converts offsets between bytes and code points of one text.
#[derive(Debug)]
pub struct OffsetMap {
    /// Byte offset of each code point and of the end; empty when the text is ASCII and the two units agree.
    starts: Vec<usize>,
    bytes: usize,
}

impl OffsetMap {
    /// The map for `text`. Linear time; ASCII takes no memory.
    pub fn new(text: &str) -> Self {
        let starts = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().map(|(at, _)| at).chain([text.len()]).collect()
        };
        Self { starts, bytes: text.len() }
    }

    /// Code points before byte `offset`; `None` outside the text or inside a character.
    pub fn to_chars(&self, offset: usize) -> Option<usize> {
        if self.starts.is_empty() {
            return (offset <= self.bytes).then_some(offset);
        }
        self.starts.binary_search(&offset).ok()
    }

    /// The byte at which code point `offset` starts; `None` outside the text.
    pub fn to_bytes(&self, offset: usize) -> Option<usize> {
        if self.starts.is_empty() {
            return (offset <= self.bytes).then_some(offset);
        }
        self.starts.get(offset).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn offsets_of_mixed_text() {
        let map = OffsetMap::new("aé\u{1F600}z");
        assert_eq!(
            [0, 1, 3, 7, 8].map(|b| map.to_chars(b)),
            [Some(0), Some(1), Some(2), Some(3), Some(4)]
        );
        assert_eq!([2, 4, 9].map(|b| map.to_chars(b)), [None, None, None]);
        assert_eq!(
            [0, 1, 2, 3, 4, 5].map(|c| map.to_bytes(c)),
            [Some(0), Some(1), Some(3), Some(7), Some(8), None]
        );
    }

    proptest! {
        #[test]
        fn there_and_back(text in "\\PC{0,40}") {
            let map = OffsetMap::new(&text);
            for (chars, (byte, _)) in text.char_indices().enumerate() {
                prop_assert_eq!(map.to_chars(byte), Some(chars));
                prop_assert_eq!(map.to_bytes(chars), Some(byte));
            }
            prop_assert_eq!(map.to_chars(text.len()), Some(text.chars().count()));
        }
    }
}
