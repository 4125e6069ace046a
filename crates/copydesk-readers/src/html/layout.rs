//! The text of a page or fragment: a paragraph a line, a blank line between, and what the markup says of each.

use copydesk_types::{BlockKind, clean};

use super::entities::decode;
use super::tokens::{Tag, Token, Tokens};
use crate::blocks::Piece;

/// Text and its pieces; offsets are bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) body: String,
    pub(crate) pieces: Vec<Piece>,
}

impl Layout {
    /// Adds a paragraph; one without words is left out.
    pub(crate) fn push(&mut self, text: &str, known: Option<BlockKind>) {
        // Cleaned here, piece by piece, so that offsets hold in the whole.
        let text = clean(&text.split_whitespace().collect::<Vec<_>>().join(" "));
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if text.is_empty() {
            return;
        }
        if !self.body.is_empty() {
            self.body.push_str("\n\n");
        }
        let start = self.body.len();
        self.body.push_str(text);
        self.pieces.push(Piece { start, end: self.body.len(), known });
    }
}

/// What to do with the furniture of a whole page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Furniture {
    Keep,
    Drop,
}

/// Takes the tags off. Linear time; the page may be as deep as it likes.
pub(crate) fn lay_out(html: &str, furniture: Furniture) -> Layout {
    let mut builder = Builder { furniture, ..Builder::new() };
    for token in Tokens::new(html) {
        match token {
            Token::Text(text) if builder.hidden.is_empty() => builder.text.push_str(&decode(text)),
            Token::Start(tag) => builder.open(&tag),
            Token::End(name) => builder.close(&name),
            Token::Text(_) | Token::Raw(_) => {}
        }
    }
    builder.flush();
    let mut layout = builder.layout;
    // A page has one headline.
    let titles = layout.pieces.iter_mut().filter(|piece| piece.known == Some(BlockKind::Title));
    titles.skip(1).for_each(|piece| piece.known = Some(BlockKind::Crosshead));
    layout
}

struct Builder {
    layout: Layout,
    text: String,
    /// What the open element says of the text.
    known: Option<BlockKind>,
    /// Elements whose text is left out, innermost last.
    hidden: Vec<String>,
    furniture: Furniture,
}

impl Builder {
    fn new() -> Self {
        let layout = Layout::default();
        Self {
            layout,
            text: String::new(),
            known: None,
            hidden: Vec::new(),
            furniture: Furniture::Keep,
        }
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        self.layout.push(&text, self.known);
    }

    fn hides(&self, name: &str) -> bool {
        is_never_shown(name) || (self.furniture == Furniture::Drop && is_furniture(name))
    }

    fn open(&mut self, tag: &Tag) {
        let name = tag.name.as_str();
        if name == "body" {
            self.hidden.clear();
        }
        if self.hides(name) {
            if !is_never_shown(name) {
                self.flush();
            }
            // Bounded: a hostile page opens many and closes none, and one is as good as all of them.
            if self.hidden.len() < 64 {
                self.hidden.push(name.to_owned());
            }
        } else if name == "br" {
            // Two breaks in a row part paragraphs, one is white space.
            if self.text.trim_end_matches([' ', '\n', '\r', '\t']).ends_with('\u{2028}') {
                self.flush();
            } else {
                self.text.push('\u{2028}');
            }
        } else if is_cell(name) {
            self.text.push(' ');
        } else if is_block(name) {
            self.flush();
            self.known = kind_of(name).or(self.known.filter(|_| name == "p" || name == "div"));
        }
    }

    fn close(&mut self, name: &str) {
        if let Some(at) = self.hidden.iter().rposition(|hidden| hidden == name) {
            self.hidden.truncate(at);
        } else if is_block(name) {
            self.flush();
            if kind_of(name).is_some()
                || matches!(name, "article" | "dl" | "figure" | "ol" | "section" | "table" | "ul")
            {
                self.known = None;
            }
        }
    }
}

/// What an element says of its text. A list item with a sentence in it is running text.
fn kind_of(name: &str) -> Option<BlockKind> {
    match name {
        "h1" => Some(BlockKind::Title),
        "h2" | "h3" | "h4" | "h5" | "h6" => Some(BlockKind::Crosshead),
        "figcaption" => Some(BlockKind::Caption),
        "li" | "dt" | "dd" => Some(BlockKind::List),
        _ => None,
    }
}

fn is_cell(name: &str) -> bool {
    matches!(name, "td" | "th")
}

fn is_never_shown(name: &str) -> bool {
    matches!(
        name,
        "audio"
            | "canvas"
            | "head"
            | "iframe"
            | "math"
            | "noscript"
            | "object"
            | "script"
            | "style"
            | "svg"
            | "template"
            | "textarea"
            | "title"
            | "video"
    )
}

fn is_furniture(name: &str) -> bool {
    matches!(name, "aside" | "button" | "dialog" | "footer" | "menu" | "nav" | "select")
}

fn is_block(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "button"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hr"
            | "legend"
            | "li"
            | "main"
            | "nav"
            | "ol"
            | "option"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "tfoot"
            | "thead"
            | "tr"
            | "ul"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pieces as `kind: text` lines.
    fn check(html: &str, furniture: Furniture, expected: &[&str]) {
        let layout = lay_out(html, furniture);
        let show = |piece: &Piece| {
            let kind = piece.known.map_or_else(|| "?".to_owned(), |kind| format!("{kind:?}"));
            format!("{kind}: {}", layout.body.get(piece.start..piece.end).unwrap())
        };
        let shown: Vec<String> = layout.pieces.iter().map(show).collect();
        assert_eq!(shown, expected, "{html}");
    }

    #[test]
    fn pieces() {
        let keep = Furniture::Keep;
        check(
            "<h1>Head</h1><p>One <b>two</b>.<p>Three&nbsp;four",
            keep,
            &["Title: Head", "?: One two.", "?: Three four"],
        );
        check(
            "<h1>A</h1><h1>B</h1><h3>C</h3>",
            keep,
            &["Title: A", "Crosshead: B", "Crosshead: C"],
        );
        check("a<br>b<br> <br>c", keep, &["?: a b", "?: c"]);
        check("<ul><li>a<li>b</ul><p>c", keep, &["List: a", "List: b", "?: c"]);
        check(
            "<figure><img><figcaption><p>A bridge</p></figcaption></figure>d",
            keep,
            &["Caption: A bridge", "?: d"],
        );
        check("<tr><td>a</td><td>b</td></tr>", keep, &["?: a b"]);
        check(
            "a<script>var b = '<p>';</script><style>c</style>d",
            keep,
            &["?: ad".to_owned().as_str()],
        );
        check("<p>e\u{301}</p><p> \u{feff} </p>", keep, &["?: é"]);
        check("<head><title>T</title><body>x", keep, &["?: x"]);
    }

    #[test]
    fn furniture() {
        let page = "<nav>Menu</nav><p>Text</p><footer>Imprint</footer>";
        check(page, Furniture::Keep, &["?: Menu", "?: Text", "?: Imprint"]);
        check(page, Furniture::Drop, &["?: Text"]);
        check("<p>a<p><b>c", Furniture::Drop, &["?: a", "?: c"]);
    }

    proptest::proptest! {
        #[test]
        fn pieces_lie_in_the_body(html in "(<[a-z/]{0,3}[> ]|<li>|</li>|<p>|<br>|&eacute;|[a-z \u{e9}\u{301}\u{feff}]{0,4}|\\PC){0,40}") {
            let layout = lay_out(&html, Furniture::Drop);
            let mut end = 0;
            for piece in &layout.pieces {
                proptest::prop_assert!(piece.start >= end);
                let text = layout.body.get(piece.start..piece.end).unwrap();
                proptest::prop_assert_eq!(text, text.trim());
                end = piece.end;
            }
            proptest::prop_assert_eq!(clean(&layout.body), layout.body);
        }
    }
}
