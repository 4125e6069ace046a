//! Markdown: its markup taken off, what it says of each piece kept.

use copydesk_types::{BlockKind, TextMethod};
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::document::Draft;
use crate::html::Layout;
use crate::metadata::Metadata;
use crate::text;

/// Reads one article in Markdown, with YAML or TOML front matter or plain header lines.
pub(crate) fn read(source: &str) -> Draft {
    let mut metadata = Metadata::default();
    let source = source.strip_prefix('\u{feff}').unwrap_or(source);
    let start = text::take_headers(&mut metadata, source);
    let options = Options::ENABLE_YAML_STYLE_METADATA_BLOCKS
        | Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TABLES;
    let mut reader = Reader::default();
    for event in Parser::new_ext(source.get(start..).unwrap_or_default(), options) {
        reader.take(event);
    }
    reader.flush(None);
    front_matter(&mut metadata, &reader.front_matter);
    let Layout { body, pieces } = reader.layout;
    Draft { body, method: TextMethod::Markdown, pieces, metadata, own_id: None }
}

#[derive(Default)]
struct Reader {
    layout: Layout,
    text: String,
    /// Alternative text of the images of the piece.
    images: String,
    front_matter: String,
    in_front_matter: bool,
    in_image: usize,
    in_items: usize,
    titled: bool,
}

impl Reader {
    /// Ends the piece. One with nothing but an image is its caption.
    fn flush(&mut self, known: Option<BlockKind>) {
        let text = std::mem::take(&mut self.text);
        let images = std::mem::take(&mut self.images);
        if text.trim().is_empty() {
            self.layout.push(&images, Some(BlockKind::Caption));
        } else {
            let item = (self.in_items > 0).then_some(BlockKind::List);
            self.layout.push(&text, known.or(item));
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Text(text) if self.in_front_matter => self.front_matter.push_str(&text),
            Event::Text(text)
            | Event::Code(text)
            | Event::InlineMath(text)
            | Event::DisplayMath(text) => {
                let target = if self.in_image > 0 { &mut self.images } else { &mut self.text };
                target.push_str(&text);
            }
            Event::SoftBreak | Event::HardBreak => self.text.push(' '),
            Event::Start(tag) => self.start(&tag),
            Event::End(tag) => self.end(tag),
            Event::Rule => self.flush(None),
            Event::Html(_)
            | Event::InlineHtml(_)
            | Event::FootnoteReference(_)
            | Event::TaskListMarker(_) => {}
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "inline markup and new kinds of it are left out"
    )]
    fn start(&mut self, tag: &Tag) {
        match tag {
            Tag::MetadataBlock(_) => self.in_front_matter = true,
            Tag::Image { .. } => self.in_image += 1,
            Tag::Item => {
                self.flush(None);
                self.in_items += 1;
            }
            Tag::List(_)
            | Tag::Paragraph
            | Tag::Heading { .. }
            | Tag::BlockQuote(_)
            | Tag::CodeBlock(_)
            | Tag::TableRow
            | Tag::TableHead
            | Tag::HtmlBlock => self.flush(None),
            _ => {}
        }
    }

    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "inline markup and new kinds of it are left out"
    )]
    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::MetadataBlock(_) => self.in_front_matter = false,
            TagEnd::Image => self.in_image = self.in_image.saturating_sub(1),
            TagEnd::Item => {
                self.flush(None);
                self.in_items = self.in_items.saturating_sub(1);
            }
            TagEnd::Heading(level) => {
                let is_title = level == HeadingLevel::H1 && !self.titled;
                self.titled |= is_title;
                self.flush(Some(if is_title { BlockKind::Title } else { BlockKind::Crosshead }));
            }
            TagEnd::CodeBlock => self.flush(Some(BlockKind::Boilerplate)),
            TagEnd::TableCell => self.text.push(' '),
            TagEnd::TableRow | TagEnd::TableHead => self.flush(Some(BlockKind::List)),
            TagEnd::Paragraph | TagEnd::BlockQuote(_) => self.flush(None),
            _ => {}
        }
    }
}

/// Reads `key: value` and `key = value` lines, and the `- item` lines of a list under its key.
fn front_matter(metadata: &mut Metadata, block: &str) {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in block.lines() {
        let unquoted = |text: &str| text.trim().trim_matches(['"', '\'', '[', ']']).to_owned();
        if let Some(item) = line.trim_start().strip_prefix("- ") {
            if let Some((_, value)) = fields.last_mut() {
                value.push_str("; ");
                value.push_str(&unquoted(item));
            }
        } else if let Some((key, value)) = line.split_once(':').or_else(|| line.split_once('=')) {
            let value = unquoted(value).replace("\", \"", "; ").replace("', '", "; ");
            fields.push((key.trim().to_owned(), value));
        }
    }
    for (key, value) in &fields {
        text::fill(metadata, key, value.trim_start_matches("; "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use copydesk_types::Origin;

    fn shown(draft: &Draft) -> Vec<String> {
        let show = |piece: &crate::blocks::Piece| {
            let kind = piece.known.map_or_else(|| "?".to_owned(), |kind| format!("{kind:?}"));
            format!("{kind}: {}", draft.body.get(piece.start..piece.end).unwrap())
        };
        draft.pieces.iter().map(show).collect()
    }

    #[test]
    fn markup_goes_and_kinds_stay() {
        let source = "# Bridge *reopens*\n\nBy [Jane Doe](https://example.org/jane)\n\n![A bridge at night](b.jpg)\n\nThe **mayor** said:\n\
            \"It is `open`.\"\n\n## What is next\n\n- one\n- two\n  - three\n\n1. first\n\n> Quoted text.\n\n```\ncode\n```\n\n\
            <div>html</div>\n\nLast &amp; least.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n";
        let draft = read(source);
        assert_eq!(draft.method, TextMethod::Markdown);
        assert_eq!(
            shown(&draft),
            [
                "Title: Bridge reopens",
                "?: By Jane Doe",
                "Caption: A bridge at night",
                "?: The mayor said: \"It is open.\"",
                "Crosshead: What is next",
                "List: one",
                "List: two",
                "List: three",
                "List: first",
                "?: Quoted text.",
                "Boilerplate: code",
                "?: Last & least.",
                "List: a b",
                "List: 1 2",
            ]
        );
        assert!(draft.body.starts_with("Bridge reopens\n\nBy Jane Doe\n\n"));
    }

    #[test]
    fn front_matter_and_header_lines() {
        let check = |source: &str, authors: &[&str]| {
            let draft = read(source);
            let article = &draft.metadata.article;
            assert_eq!(article.title.as_deref(), Some("Bridge reopens"), "{source}");
            assert_eq!(article.published.at.as_deref(), Some("2018-05-31"), "{source}");
            assert_eq!(article.authors, authors, "{source}");
            assert_eq!(article.from.get("title"), Some(&Origin::Header));
            assert_eq!(draft.body, "The mayor came.", "{source}");
        };
        check(
            "---\ntitle: \"Bridge reopens\"\ndate: 2018-05-31\nauthors:\n  - Jane Doe\n  - John Roe\n---\n\nThe mayor came.",
            &["Jane Doe", "John Roe"],
        );
        check(
            "---\ntitle: Bridge reopens\ndate: 2018-05-31\nauthors: [\"Jane Doe\", \"John Roe\"]\n---\nThe mayor came.",
            &["Jane Doe", "John Roe"],
        );
        check(
            "+++\ntitle = \"Bridge reopens\"\ndate = 2018-05-31\nauthor = 'Jane Doe'\n+++\n\nThe mayor came.",
            &["Jane Doe"],
        );
        check(
            "Title: Bridge reopens\nDate: 31 May 2018\nAuthor: Jane Doe\n\nThe mayor came.",
            &["Jane Doe"],
        );
    }

    #[test]
    fn hostile_nesting() {
        for unit in ["> ", "- ", "[", "*", "`", "![", "<", "(", "_a", "# "] {
            let draft = read(&unit.repeat(50_000));
            assert!(draft.body.len() <= 200_000);
        }
    }
}
