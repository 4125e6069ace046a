//! The parts of a body by kind: paragraphs first, then what each of them is.
//!
//! Claims come from running text and transcripts only, so a caption, crosshead, byline or dateline must be told from a
//! paragraph; but a paragraph that is taken for one of them loses its claims. In doubt a piece is a paragraph.

mod countries;
mod credit;
mod dateline;
mod kinds;

use copydesk_types::{Block, BlockKind, DateValue};

use crate::{date, metadata};

pub(crate) use dateline::FoundDateline;

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
    /// From a line of its own before the first paragraph.
    pub(crate) published: Option<DateValue>,
}

/// Widest line of hard-wrapped text, in characters, and the narrowest that counts as such.
const WRAP_WIDTHS: std::ops::RangeInclusive<usize> = 40..=100;
/// Pieces before the first paragraph, and at the end, in which a byline may stand.
const BYLINE_REACH: usize = 3;
/// Words of a headline that ends in a full stop; a longer one is a lead sentence.
const STOPPED_TITLE_WORDS: usize = 20;
const TITLE_WORDS: usize = 30;

/// The paragraphs from byte `from` on. A run of lines between blank lines is one paragraph where the text is
/// hard-wrapped, else each of its lines is one.
pub(crate) fn paragraphs(body: &str, from: usize) -> Vec<Piece> {
    let lines = lines_of(body, from);
    let width = wrap_width(&lines);
    let mut pieces: Vec<Piece> = Vec::new();
    for run in lines.split(|line| line.text.is_empty()) {
        let wrapped = width.is_some_and(|width| is_wrapped(run, width));
        for (at, line) in run.iter().enumerate() {
            let goes_on = wrapped && at > 0 && !kinds::is_list_item(line.text);
            match pieces.last_mut().filter(|_| goes_on) {
                Some(last) => last.end = line.end(),
                None => pieces.push(Piece { start: line.start, end: line.end(), known: None }),
            }
        }
    }
    pieces
}

/// A line without the white space around it.
struct Line<'a> {
    text: &'a str,
    start: usize,
    chars: usize,
}

impl Line<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

fn lines_of(body: &str, from: usize) -> Vec<Line<'_>> {
    let mut at = from;
    let mut lines = Vec::new();
    for raw in body.get(from..).unwrap_or_default().split_inclusive('\n') {
        let start = at + raw.len() - raw.trim_start().len();
        let text = raw.trim();
        lines.push(Line { text, start, chars: text.chars().count() });
        at += raw.len();
    }
    lines
}

/// The width at which the text is wrapped, when most lines that go on are filled to it.
fn wrap_width(lines: &[Line]) -> Option<usize> {
    let texts = lines.iter().filter(|line| line.chars > 0).count();
    let long = lines.iter().filter(|line| line.chars > *WRAP_WIDTHS.end()).count();
    if long * 20 > texts {
        return None;
    }
    let inner = lines.windows(2).filter_map(|pair| match pair {
        [line, next] if next.chars > 0 && WRAP_WIDTHS.end() >= &line.chars => Some(line.chars),
        _ => None,
    });
    let inner: Vec<usize> = inner.filter(|&chars| chars > 0).collect();
    let width = inner.iter().max().copied().filter(|width| WRAP_WIDTHS.contains(width))?;
    let filled = inner.iter().filter(|&&chars| chars * 10 >= width * 8).count();
    (filled >= 3 && filled * 5 >= inner.len() * 3).then_some(width)
}

/// Whether the line breaks of a run are forced: the next word would not have fitted. One in eight may be otherwise.
fn is_wrapped(run: &[Line], width: usize) -> bool {
    let breaks = run.len().saturating_sub(1);
    let forced = run.windows(2).filter(|pair| match pair {
        [line, next] => {
            let word = next.text.split_whitespace().next().unwrap_or_default();
            kinds::is_list_item(next.text) || line.chars + 1 + word.chars().count() > width
        }
        _ => false,
    });
    breaks > 0 && (breaks - forced.count()) * 8 <= breaks
}

/// Tells the kind of each piece, given the headline where it is known from elsewhere.
pub(crate) fn classify(body: &str, pieces: &[Piece], title: Option<&str>) -> Found {
    let texts: Vec<&str> =
        pieces.iter().map(|p| body.get(p.start..p.end).unwrap_or_default()).collect();
    let mut kinds = first_kinds(&texts, pieces);
    let mut found = Found::default();
    find_title(&texts, &mut kinds, title, &mut found);
    let lead = kinds.iter().position(|kind| *kind == BlockKind::Paragraph);
    let mut dateline_end = None;
    for (at, text) in texts.iter().enumerate().take(lead.map_or(0, |lead| lead + 1)) {
        let plain = matches!(kinds.get(at), Some(BlockKind::Paragraph | BlockKind::Crosshead));
        if let Some((end, dateline)) = dateline::parse(text).filter(|_| plain) {
            dateline_end = Some((at, end));
            found.dateline = Some(dateline);
            break;
        }
    }
    settle_bylines(&texts, pieces, &mut kinds, lead, &mut found);
    for (at, (piece, kind)) in pieces.iter().zip(&kinds).enumerate() {
        match dateline_end {
            Some((lead, end)) if lead == at => push_lead(body, piece, end, &mut found.blocks),
            _ => found.blocks.push(Block { kind: *kind, start: piece.start, end: piece.end }),
        }
    }
    found
}

/// The kinds that a piece shows by itself or with its neighbours.
fn first_kinds(texts: &[&str], pieces: &[Piece]) -> Vec<BlockKind> {
    let transcript = kinds::is_transcript(texts);
    let last = texts.len().saturating_sub(1);
    let kind = |(at, (text, piece)): (usize, (&&str, &Piece))| {
        if let Some(known) =
            piece.known.filter(|known| *known != BlockKind::List || !kinds::is_sentence(text))
        {
            known
        } else if kinds::is_boilerplate(text, at == last) {
            BlockKind::Boilerplate
        } else if credit::is_caption(text, at == last) {
            BlockKind::Caption
        } else if kinds::is_list_item(text) && !kinds::is_sentence(text) {
            BlockKind::List
        } else if transcript && kinds::speaker_label(text).is_some() {
            BlockKind::Transcript
        } else if at < last && kinds::is_crosshead(text) {
            BlockKind::Crosshead
        } else {
            BlockKind::Paragraph
        }
    };
    texts.iter().zip(pieces).enumerate().map(kind).collect()
}

/// Marks the headline, where the body starts with it.
fn find_title(texts: &[&str], kinds: &mut [BlockKind], title: Option<&str>, found: &mut Found) {
    if let Some(at) = kinds.iter().position(|kind| *kind == BlockKind::Title) {
        found.title = texts.get(at).map(|text| metadata::one_line(text));
        return;
    }
    let first = kinds.iter().position(|kind| *kind != BlockKind::Boilerplate).unwrap_or(0);
    let (Some(text), Some(kind)) = (texts.get(first), kinds.get_mut(first)) else { return };
    let may_be = matches!(kind, BlockKind::Paragraph | BlockKind::Crosshead);
    if !may_be || !kinds::is_headline(text) || byline_or_date(text) {
        return;
    }
    let words = text.split_whitespace().count();
    let stopped = text.ends_with('.');
    let fits = words <= if stopped { STOPPED_TITLE_WORDS } else { TITLE_WORDS };
    let is_title = match title {
        Some(title) => fits && kinds::shared_words(text, title) >= 0.6,
        None => fits && !stopped && texts.len() > first + 1 && dateline::parse(text).is_none(),
    };
    if is_title {
        *kind = BlockKind::Title;
        found.title = Some(metadata::one_line(text));
    }
}

fn byline_or_date(text: &str) -> bool {
    kinds::byline_names(text).is_some() || date_line(text).is_some()
}

/// Bylines and lines with nothing but the date stand before the first paragraph or at the end.
fn settle_bylines(
    texts: &[&str],
    pieces: &[Piece],
    kinds: &mut [BlockKind],
    lead: Option<usize>,
    found: &mut Found,
) {
    let reach = lead.map_or(BYLINE_REACH, |lead| lead + BYLINE_REACH);
    let tail = texts.len().saturating_sub(BYLINE_REACH);
    for (at, kind) in kinds.iter_mut().enumerate() {
        let known = pieces.get(at).is_some_and(|piece| piece.known.is_some());
        let Some(text) = texts.get(at).filter(|_| !known && (at <= reach || at >= tail)) else {
            continue;
        };
        if *kind == BlockKind::Title {
            continue;
        }
        if let Some(names) = kinds::byline_names(text) {
            *kind = BlockKind::Byline;
            if found.authors.is_empty() {
                found.authors = names;
            }
        } else if let Some(date) = date_line(text).filter(|_| at <= reach) {
            *kind = BlockKind::Boilerplate;
            found.published.get_or_insert(date);
        }
    }
}

/// A line that is a date, perhaps with `Published` or `Updated` before it; the latter is no publication date.
fn date_line(text: &str) -> Option<DateValue> {
    let text = text.trim_matches(['(', ')', '|']).trim();
    let rest =
        text.strip_prefix("Published").or_else(|| text.strip_prefix("Posted")).unwrap_or(text);
    let rest = rest.trim_start_matches([':', ' ']);
    let rest = rest.strip_prefix("on ").unwrap_or(rest);
    let named = rest.chars().any(char::is_alphabetic) || rest.len() >= 8;
    date::parse(rest).filter(|_| named)
}

/// The lead paragraph as its dateline and what follows it. `end` is where the dateline ends within the piece.
fn push_lead(body: &str, piece: &Piece, end: usize, blocks: &mut Vec<Block>) {
    let at = piece.start + end;
    blocks.push(Block { kind: BlockKind::Dateline, start: piece.start, end: at });
    let rest = body.get(at..piece.end).unwrap_or_default();
    let start = piece.end - rest.trim_start().len();
    if start < piece.end {
        blocks.push(Block { kind: BlockKind::Paragraph, start, end: piece.end });
    }
}

#[cfg(test)]
mod tests;
