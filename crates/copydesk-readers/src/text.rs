//! Plain text: the body is the file, header lines included.

use copydesk_types::{BlockKind, Origin, TextMethod, clean};

use crate::blocks::{self, Piece};
use crate::document::Draft;
use crate::metadata::Metadata;

/// Reads one article of plain text.
pub(crate) fn read(text: &str) -> Draft {
    let body = clean(text);
    let mut metadata = Metadata::default();
    let header = header_lines(&body);
    let mut pieces = Vec::new();
    let mut end = 0;
    for line in &header {
        fill(&mut metadata, line.key, line.value);
        end = line.end;
        pieces.extend(line.pieces());
    }
    pieces.extend(blocks::paragraphs(&body, end));
    Draft { body, method: TextMethod::Plain, pieces, metadata, own_id: None }
}

/// Reads the header lines at the top of `source` and says where the rest starts, in bytes.
pub(crate) fn take_headers(metadata: &mut Metadata, source: &str) -> usize {
    let header = header_lines(source);
    for line in &header {
        fill(metadata, line.key, line.value);
    }
    header.last().map_or(0, |line| line.end)
}

/// A `Key: value` line; offsets are bytes of the body.
#[derive(Debug)]
struct HeaderLine<'a> {
    key: &'a str,
    value: &'a str,
    start: usize,
    end: usize,
}

impl HeaderLine<'_> {
    /// The headline is a title, everything else of a header is furniture.
    fn pieces(&self) -> Vec<Piece> {
        let is_title = matches!(self.key.to_ascii_lowercase().as_str(), "title" | "headline");
        if is_title && !self.value.is_empty() {
            let key_end = self.start + self.key.len() + 1;
            let value_start = self.end - self.value.len();
            return vec![
                Piece::of(BlockKind::Boilerplate, self.start, key_end),
                Piece::of(BlockKind::Title, value_start, self.end),
            ];
        }
        vec![Piece::of(BlockKind::Boilerplate, self.start, self.end)]
    }
}

/// The header lines at the top: the first has a known key, the others look like headers, up to the first line that does
/// not.
fn header_lines(body: &str) -> Vec<HeaderLine<'_>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for line in body.split_inclusive('\n') {
        let shown = line.trim_end();
        if shown.is_empty() && lines.is_empty() {
            start += line.len();
            continue;
        }
        let Some((key, value)) = split_header(shown) else { break };
        if lines.is_empty() && !is_known(key) {
            break;
        }
        lines.push(HeaderLine { key, value, start, end: start + shown.len() });
        start += line.len();
    }
    lines
}

/// `Key: value` with a key of one or two words.
fn split_header(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let fits = !key.is_empty()
        && key.len() <= 24
        && key.split(' ').count() <= 2
        && key.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, ' ' | '-' | '_'));
    // A URL is no header.
    (fits && !value.starts_with("//") && (is_known(key) || value.starts_with(' ')))
        .then(|| (key, value.trim()))
}

fn is_known(key: &str) -> bool {
    const KEYS: &[&str] = &[
        "author",
        "authors",
        "by",
        "byline",
        "date",
        "dateline",
        "headline",
        "language",
        "modified",
        "outlet",
        "publication",
        "publication date",
        "published",
        "publisher",
        "source",
        "title",
        "updated",
        "url",
    ];
    KEYS.contains(&key.to_ascii_lowercase().replace(['-', '_'], " ").as_str())
}

/// Puts one header into the metadata; unknown keys are left alone. Also for Markdown front matter.
pub(crate) fn fill(metadata: &mut Metadata, key: &str, value: &str) {
    match key.to_ascii_lowercase().replace(['-', '_'], " ").as_str() {
        "title" | "headline" => metadata.title(value, Origin::Header),
        "date" | "published" | "publication date" => metadata.published(value, Origin::Header),
        "updated" | "modified" => metadata.modified(value, Origin::Header),
        "url" | "link" | "canonical" => metadata.url(value, Origin::Header),
        "source" | "outlet" | "publisher" | "publication" => {
            if value.starts_with("http") {
                metadata.url(value, Origin::Header);
            } else {
                metadata.outlet(value, Origin::Header);
            }
        }
        "author" | "authors" | "by" | "byline" => {
            metadata.authors([value].into_iter(), Origin::Header);
        }
        "language" | "lang" => metadata.language(value, Origin::Header),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_lines_stay_in_the_body() {
        let source = "Title: Bridge reopens\r\nDate: May 31, 2018\r\nURL: https://www.example.org/a?utm_source=x\r\n\
            Source: Example Herald\r\nAuthor: Jane Doe and John Roe\r\nTopic: bridges\r\n\r\nThe mayor came.\r\n";
        let draft = read(source);
        assert_eq!(draft.body, clean(source));
        let article = &draft.metadata.article;
        assert_eq!(article.title.as_deref(), Some("Bridge reopens"));
        assert_eq!(article.published.at.as_deref(), Some("2018-05-31"));
        assert_eq!(article.url.as_deref(), Some("https://www.example.org/a"));
        assert_eq!(article.outlet.name.as_deref(), Some("Example Herald"));
        assert_eq!(article.authors, ["Jane Doe", "John Roe"]);
        assert!(article.from.values().all(|origin| *origin == Origin::Header));
        let shown: Vec<(Option<BlockKind>, &str)> = draft
            .pieces
            .iter()
            .map(|p| (p.known, draft.body.get(p.start..p.end).unwrap()))
            .collect();
        let furniture = Some(BlockKind::Boilerplate);
        assert_eq!(
            shown,
            [
                (furniture, "Title:"),
                (Some(BlockKind::Title), "Bridge reopens"),
                (furniture, "Date: May 31, 2018"),
                (furniture, "URL: https://www.example.org/a?utm_source=x"),
                (furniture, "Source: Example Herald"),
                (furniture, "Author: Jane Doe and John Roe"),
                (furniture, "Topic: bridges"),
                (None, "The mayor came."),
            ]
        );
    }

    #[test]
    fn what_is_no_header() {
        let check = |source: &str, headers: usize| {
            assert_eq!(header_lines(source).len(), headers, "{source}");
        };
        check("The mayor: a portrait\n\nText.", 0);
        check("Warning: the bridge is closed.\nDate: 2018-05-31", 0);
        check("Date: 2018-05-31\nThe mayor came.", 1);
        check("\n\nTitle:\nDate:2018-05-31\n\nText", 2);
        check("source://x", 0);
        check("", 0);
    }
}
