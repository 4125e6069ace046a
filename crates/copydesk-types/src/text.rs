//! The body of an article and its blocks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::id::digest;

/// The text that all offsets point into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Text {
    /// The body after [`clean`]: no BOM, LF line ends, NFC.
    pub body: String,
    /// Code points of the body.
    pub chars: usize,
    /// Words of the body, parted by white space.
    pub words: usize,
    /// 128 bits of BLAKE3 over the body, hex.
    pub hash: String,
    /// How the body was won from the input.
    pub method: TextMethod,
    /// The parts of the body by kind, in order, without overlap.
    pub blocks: Vec<Block>,
}

impl Text {
    /// Counts and hashes `body`, which must have gone through [`clean`].
    pub fn new(body: String, method: TextMethod, blocks: Vec<Block>) -> Self {
        let chars = body.chars().count();
        let words = body.split_whitespace().count();
        let hash = digest(&[body.as_bytes()]);
        Self { body, chars, words, hash, method, blocks }
    }
}

/// How the body was won from the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TextMethod {
    /// Plain text, unchanged.
    Plain,
    /// Markdown, its markup taken off.
    Markdown,
    /// A field of a JSON document, unchanged.
    Json,
    /// Main text of an HTML page.
    Readability,
    /// All text of a page whose main text could not be told apart.
    Strip,
}

/// A run of the body of one kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Block {
    /// What it is.
    pub kind: BlockKind,
    /// First offset.
    pub start: usize,
    /// End, exclusive.
    pub end: usize,
}

/// What a block is. Readers treat an unknown kind as a paragraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum BlockKind {
    /// The headline, where it is part of the body.
    Title,
    /// Running text.
    Paragraph,
    /// A picture's caption or credit.
    Caption,
    /// A short heading between paragraphs.
    Crosshead,
    /// Place and date before the first sentence.
    Dateline,
    /// Who wrote it.
    Byline,
    /// A line of a transcript (`NAME: words`).
    Transcript,
    /// An item of a list.
    List,
    /// Page furniture: notices, navigation, subscriptions.
    Boilerplate,
}

/// What is done to every text before offsets are counted: BOM off, CRLF and CR to LF, NFC. Idempotent.
pub fn clean(text: &str) -> String {
    let text = text.trim_start_matches('\u{feff}');
    let lines = if text.contains('\r') {
        text.replace("\r\n", "\n").replace('\r', "\n")
    } else {
        text.to_owned()
    };
    if unicode_normalization::is_nfc(&lines) { lines } else { lines.nfc().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cleaning() {
        let check = |input: &str, expected: &str| assert_eq!(clean(input), expected, "{input:?}");
        check("\u{feff}a\r\nb\rc\n", "a\nb\nc\n");
        check("e\u{301}", "é");
        check("", "");
        check("a\u{feff}b", "a\u{feff}b");
        check("\u{feff}\u{feff}\u{feff}a", "a");
    }

    proptest! {
        #[test]
        fn cleaning_twice_changes_nothing(text in "\u{feff}{0,3}[\\PC\r\n]{0,40}") {
            let once = clean(&text);
            prop_assert_eq!(clean(&once), once);
        }
    }
}
