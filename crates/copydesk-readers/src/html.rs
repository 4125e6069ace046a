//! Web pages: what they say of themselves, then their main text.
//!
//! Metadata comes from our own reader of JSON-LD and meta tags, the main text from `dom_smoothie`, laid out with the kinds
//! that the markup gives. A page that would cost too much to parse ([`guard`]) has its tags stripped instead.

mod entities;
mod guard;
mod layout;
mod page;
mod tokens;

use copydesk_types::{TextMethod, WarningCode, clean};
use dom_smoothie::{Config, Readability, TextMode};

use crate::blocks;
use crate::document::Draft;
use crate::metadata::Metadata;
use crate::{Limits, ReadError};
use guard::Verdict;
pub(crate) use layout::{Furniture, Layout, lay_out};
pub(crate) use page::declared_encoding;

/// Words below which an extracted text is not trusted to be the main one.
const FEW_WORDS: usize = 25;

/// Reads one page.
pub(crate) fn read(html: &str, limits: &Limits) -> Result<Draft, ReadError> {
    if html.len() > limits.html_bytes {
        return Err(ReadError::TooLarge { what: "page", limit: limits.html_bytes as u64 });
    }
    let main = match guard::judge(html, limits) {
        Verdict::Refuse => {
            return Err(ReadError::Depth { what: "page", limit: limits.html_depth_hard });
        }
        Verdict::Strip => None,
        Verdict::Parse => main_text(html, limits),
    };
    let page = page::read(html);
    let mut metadata = Metadata::default();
    page.fill(&mut metadata, main.as_ref().map(|main| main.title.as_str()));
    let (layout, method) = choose(html, main, &page, &mut metadata);
    Ok(Draft { body: layout.body, method, pieces: layout.pieces, metadata, own_id: None })
}

/// What extraction found.
struct Main {
    title: String,
    layout: Layout,
}

fn main_text(html: &str, limits: &Limits) -> Option<Main> {
    let config = Config { text_mode: TextMode::Raw, disable_json_ld: true, ..Config::default() };
    let mut reader = Readability::new(html, None, Some(config)).ok()?;
    if is_deep(&reader, limits.html_depth) {
        return None;
    }
    let article = reader.parse().ok()?;
    Some(Main { title: article.title.clone(), layout: lay_out(&article.content, Furniture::Keep) })
}

/// Whether the parsed tree is deeper than `limit`: the estimate was made without the parser's own rules.
fn is_deep(reader: &Readability, limit: usize) -> bool {
    let mut node = Some(reader.doc.root());
    let mut depth = 0usize;
    while let Some(current) = node {
        if let Some(child) = current.first_child() {
            depth += 1;
            if depth > limit {
                return true;
            }
            node = Some(child);
            continue;
        }
        let mut up = Some(current);
        node = None;
        while let Some(at) = up {
            if let Some(next) = at.next_sibling() {
                node = Some(next);
                break;
            }
            depth = depth.saturating_sub(1);
            up = at.parent();
        }
    }
    false
}

/// The main text, else the article that the page's JSON-LD carries, else all text.
fn choose(
    html: &str,
    main: Option<Main>,
    page: &page::Page,
    metadata: &mut Metadata,
) -> (Layout, TextMethod) {
    let words = |layout: &Layout| layout.body.split_whitespace().count();
    let main = main.map(|main| main.layout).filter(|layout| words(layout) > 0);
    if let Some(layout) = main.as_ref().filter(|layout| words(layout) >= FEW_WORDS) {
        return (layout.clone(), TextMethod::Readability);
    }
    if let Some(text) =
        page.article_body().filter(|text| text.split_whitespace().count() >= FEW_WORDS)
    {
        let body = clean(text);
        let pieces = blocks::paragraphs(&body, 0);
        return (Layout { body, pieces }, TextMethod::Json);
    }
    metadata.warn(
        WarningCode::MainTextUncertain,
        "the main text could not be told from the rest of the page",
    );
    match main {
        Some(layout) => (layout, TextMethod::Readability),
        None => (lay_out(html, Furniture::Drop), TextMethod::Strip),
    }
}

#[cfg(test)]
mod tests;
