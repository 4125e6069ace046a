//! A page as a stream of tags and text, in one linear pass.
//!
//! A small part of the tokenizer of the HTML standard: enough to find the ends of tags, comments and raw text where a
//! browser finds them. It never looks back, and what is not closed ends the page.

use super::entities::decode;

/// Attributes of one tag that are kept; all are counted.
const KEPT_ATTRIBUTES: usize = 64;

/// A piece of a page.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    /// Text with its references still in it.
    Text(&'a str),
    /// The content of a script, style or the like, which holds no tags.
    Raw(&'a str),
    Start(Tag<'a>),
    /// An end tag, its name in lower case.
    End(String),
}

/// A start tag.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tag<'a> {
    /// Lower case.
    pub(crate) name: String,
    attributes: Vec<(&'a str, &'a str)>,
    /// How many there are, kept or not.
    pub(crate) attribute_count: usize,
    pub(crate) self_closing: bool,
}

impl Tag<'_> {
    /// The value of an attribute, its references resolved.
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let found = self.attributes.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, value)| decode(value).into_owned())
    }
}

/// Elements whose content is raw text.
fn is_raw(name: &str) -> bool {
    matches!(
        name,
        "script" | "style" | "textarea" | "title" | "xmp" | "iframe" | "noembed" | "noframes"
    )
}

/// Iterates over the tokens of a page.
#[derive(Debug)]
pub(crate) struct Tokens<'a> {
    rest: &'a str,
    /// The raw-text element that is open.
    raw: Option<String>,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(html: &'a str) -> Self {
        Self { rest: html, raw: None }
    }

    /// Cuts `n` bytes off the front; all of it when `n` is no boundary.
    fn take(&mut self, n: usize) -> &'a str {
        let (front, rest) = self.rest.split_at_checked(n).unwrap_or((self.rest, ""));
        self.rest = rest;
        front
    }

    /// Leaves everything up to and including `mark` out; without it, everything.
    fn skip_past(&mut self, mark: &str) {
        let end = self.rest.find(mark).map_or(self.rest.len(), |at| at + mark.len());
        self.take(end);
    }

    fn raw_text(&mut self, name: &str) -> Option<Token<'a>> {
        let end = end_of_raw(self.rest, name).unwrap_or(self.rest.len());
        let text = self.take(end);
        (!text.is_empty()).then_some(Token::Raw(text))
    }

    /// Text up to the next tag or comment.
    fn text(&mut self) -> &'a str {
        let bytes = self.rest.as_bytes();
        let opens = |at: &usize| {
            bytes.get(*at) == Some(&b'<')
                && bytes
                    .get(at + 1)
                    .is_some_and(|b| b.is_ascii_alphabetic() || matches!(b, b'/' | b'!' | b'?'))
        };
        let end = (0..bytes.len()).find(opens).unwrap_or(bytes.len());
        self.take(end)
    }

    /// A comment, declaration or other markup that is left out.
    fn skip_declaration(&mut self) {
        if self.rest.starts_with("<!-->") {
            self.take(5);
        } else if self.rest.starts_with("<!--->") {
            self.take(6);
        } else if self.rest.starts_with("<!--") {
            let end = end_of_comment(self.rest).unwrap_or(self.rest.len());
            self.take(end);
        } else {
            self.skip_past(">");
        }
    }

    /// The tag at the front, which is taken; `None` when it is not closed.
    fn tag(&mut self, skipped: usize) -> Option<Tag<'a>> {
        let after = self.rest.get(skipped..)?;
        let name_end = after.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>')?;
        let mut tag = Tag { name: after.get(..name_end)?.to_ascii_lowercase(), ..Tag::default() };
        let mut at = name_end;
        loop {
            let rest = after.get(at..)?;
            let gap = rest.find(|c: char| !(c.is_ascii_whitespace() || c == '/'))?;
            tag.self_closing = rest.get(..gap).is_some_and(|gap| gap.ends_with('/'));
            let rest = rest.get(gap..)?;
            at += gap;
            if rest.starts_with('>') {
                self.take(skipped + at + 1);
                return Some(tag);
            }
            let (name, value, used) = attribute(rest)?;
            tag.attribute_count += 1;
            if tag.attributes.len() < KEPT_ATTRIBUTES {
                tag.attributes.push((name, value));
            }
            at += used;
        }
    }
}

/// Where a comment ends, its mark included: `-->` or `--!>`.
fn end_of_comment(text: &str) -> Option<usize> {
    let ends = |at: &usize| {
        let before = text.get(4..*at).unwrap_or_default();
        before.ends_with("--") || before.ends_with("--!")
    };
    text.match_indices('>').map(|(at, _)| at).find(ends).map(|at| at + 1)
}

/// The attribute at the front: name, value and bytes used. `None` when the page ends within it.
fn attribute(rest: &str) -> Option<(&str, &str, usize)> {
    // A leading "=" is part of the name.
    let first = rest.chars().next()?.len_utf8();
    let ends = |c: char| c.is_ascii_whitespace() || matches!(c, '/' | '>' | '=');
    let name_end = first + rest.get(first..)?.find(ends)?;
    let name = rest.get(..name_end)?;
    let after = rest.get(name_end..)?;
    let gap = after.find(|c: char| !c.is_ascii_whitespace())?;
    let Some(value) = after.get(gap..)?.strip_prefix('=') else {
        return Some((name, "", name_end));
    };
    let space = value.find(|c: char| !c.is_ascii_whitespace())?;
    let value_at = name_end + gap + 1 + space;
    let value = value.get(space..)?;
    if let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let inner = value.get(1..)?;
        let end = inner.find(quote)?;
        return Some((name, inner.get(..end)?, value_at + end + 2));
    }
    let end = value.find(|c: char| c.is_ascii_whitespace() || c == '>')?;
    Some((name, value.get(..end)?, value_at + end))
}

/// Where the end tag of a raw-text element stands.
fn end_of_raw(text: &str, name: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(found) = bytes.get(at..)?.windows(2).position(|pair| pair == b"</") {
        let start = at + found;
        let after = bytes.get(start + 2..)?;
        let named =
            after.get(..name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes()));
        let ends = after
            .get(name.len())
            .is_none_or(|b| b.is_ascii_whitespace() || matches!(b, b'/' | b'>'));
        if named && ends {
            return Some(start);
        }
        at = start + 2;
    }
    None
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        if let Some(name) = self.raw.take()
            && let Some(token) = self.raw_text(&name)
        {
            return Some(token);
        }
        loop {
            let text = self.text();
            if !text.is_empty() {
                return Some(Token::Text(text));
            }
            let bytes = self.rest.as_bytes();
            match (bytes.get(1)?, bytes.get(2)) {
                (b'/', Some(b)) if b.is_ascii_alphabetic() => match self.tag(2) {
                    Some(tag) => return Some(Token::End(tag.name)),
                    None => self.rest = "",
                },
                (b, _) if b.is_ascii_alphabetic() => match self.tag(1) {
                    Some(tag) => {
                        self.raw = is_raw(&tag.name).then(|| tag.name.clone());
                        return Some(Token::Start(tag));
                    }
                    None => self.rest = "",
                },
                _ => self.skip_declaration(),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(html: &str) -> String {
        let show = |token: Token| match token {
            Token::Text(text) => format!("\"{text}\""),
            Token::Raw(text) => format!("raw\"{text}\""),
            Token::Start(tag) => {
                let attributes: Vec<String> =
                    tag.attributes.iter().map(|(n, v)| format!(" {n}={v}")).collect();
                format!(
                    "<{}{}{}>",
                    tag.name,
                    attributes.concat(),
                    if tag.self_closing { "/" } else { "" }
                )
            }
            Token::End(name) => format!("</{name}>"),
        };
        Tokens::new(html).map(show).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn tokens() {
        let check = |html: &str, expected: &str| assert_eq!(shown(html), expected, "{html}");
        check("<p class=a>One <B>two</B></p>", r#"<p class=a> "One " <b> "two" </b> </p>"#);
        check("a < b & c <3", r#""a < b & c <3""#);
        check("<!-- <b> --><i>", "<i>");
        check("<!--><i>", "<i>");
        check("<!-- x --!><i>", "<i>");
        check("<!----><i>", "<i>");
        check("<!-- a - b -> c ---><i>", "<i>");
        check("<!doctype html><?x ?><i></></ x>", "<i>");
        check("<a href='x>y' b=\"1\" c=2 d e = 3>", "<a href=x>y b=1 c=2 d= e=3>");
        check("<br/><a/b><a b=/>", "<br/> <a b=> <a b=/>");
        check("<a \"<b>", "<a \"<b=>");
        check(
            "<script>if (a<b) '</p>'</SCRIPT ><p>",
            r#"<script> raw"if (a<b) '</p>'" </script> <p>"#,
        );
        check("<title>A <b> title</title>", r#"<title> raw"A <b> title" </title>"#);
        check("<script>open", r#"<script> raw"open""#);
        check("text<a href=\"open", r#""text""#);
        check("<", "\"<\"");
        check("<é>", "\"<é>\"");
        check("", "");
    }

    proptest::proptest! {
        #[test]
        fn any_text_ends(html in "([<>/!\"'= -]|[a-c]|script|&amp;|\\PC){0,60}") {
            let tokens = Tokens::new(&html).count();
            proptest::prop_assert!(tokens <= html.len());
        }
    }
}
