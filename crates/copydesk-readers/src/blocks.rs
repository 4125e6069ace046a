//! The parts of a body by kind.

use copydesk_types::{Block, BlockKind, DateValue};

/// A part of the body before it is classified; offsets are bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// What the reader knows of it, from markup or a header line.
    pub(crate) known: Option<BlockKind>,
}

impl Piece {
    pub(crate) fn of(kind: BlockKind, start: usize, end: usize) -> Self {
        Self { start, end, known: Some(kind) }
    }
}

/// What the blocks tell of the article.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) blocks: Vec<Block>,
    pub(crate) title: Option<String>,
    pub(crate) authors: Vec<String>,
    pub(crate) dateline: Option<FoundDateline>,
}

/// A dateline and what it says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FoundDateline {
    pub(crate) place: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) text: String,
    pub(crate) date: Option<DateValue>,
}

/// The paragraphs from byte `from` on: runs of lines between blank lines.
pub(crate) fn paragraphs(body: &str, from: usize) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut at = from;
    let mut open = false;
    for line in body.get(from..).unwrap_or_default().split_inclusive('\n') {
        let start = at + line.len() - line.trim_start().len();
        let end = at + line.trim_end().len();
        at += line.len();
        if start >= end {
            open = false;
        } else if let Some(last) = pieces.last_mut().filter(|_| open) {
            last.end = end;
        } else {
            pieces.push(Piece { start, end, known: None });
            open = true;
        }
    }
    pieces
}

/// Tells the kind of each piece.
pub(crate) fn classify(_body: &str, pieces: &[Piece], _title: Option<&str>) -> Found {
    let block = |p: &Piece| Block {
        kind: p.known.unwrap_or(BlockKind::Paragraph),
        start: p.start,
        end: p.end,
    };
    Found { blocks: pieces.iter().map(block).collect(), ..Found::default() }
}
