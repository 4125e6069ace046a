//! What a page would cost a parser, told before it is parsed.
//!
//! The HTML standard's algorithm walks its stack of open elements for many tags, opens formatting elements anew in each
//! block, and compares attribute lists pairwise; extraction is quadratic in depth. A thread cannot be stopped, so a page
//! that would cost too much is not parsed at all. The estimates are from above: where the standard's rules are not
//! followed to the letter, elements count as open.

use std::collections::HashMap;

use super::tokens::{Token, Tokens};
use crate::Limits;

/// What may be done with a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Parse it and find the main text.
    Parse,
    /// Only strip its tags.
    Strip,
    /// Leave it: deeper than [`Limits::html_depth_hard`].
    Refuse,
}

/// Open elements that a search looks through.
const REACH: usize = 64;
/// Attributes of one tag.
const MOST_ATTRIBUTES: usize = 256;
/// Formatting elements that are open and not closed.
const MOST_FORMATTING: usize = 512;
/// Formatting elements that blocks open anew.
const MOST_REBUILT: usize = 300_000;
/// `<html>` and `<body>` tags, whose attributes are merged one by one.
const MOST_ROOTS: usize = 32;
/// Elements. Extraction goes over all of them several times.
const MOST_ELEMENTS: usize = 60_000;
/// `<` and `&` in text, each of which a parser handles by itself.
const MOST_STRAYS: usize = 50_000;
/// Tags in raw text that a parser would see as elements when it stands in SVG or `MathML`.
const MOST_HIDDEN: usize = 20_000;

/// Judges a page in linear time.
pub(crate) fn judge(html: &str, limits: &Limits) -> Verdict {
    let mut scan = Scan::default();
    for token in Tokens::new(html) {
        match token {
            Token::Start(tag) => {
                scan.attributes = scan.attributes.max(tag.attribute_count);
                scan.open(&tag.name, tag.self_closing);
            }
            Token::End(name) => scan.close(&name),
            Token::Raw(text) if scan.foreign_seen => scan.hidden += text.matches('<').count(),
            Token::Text(text) => {
                scan.strays += text.bytes().filter(|b| matches!(b, b'<' | b'&')).count();
            }
            Token::Raw(_) => {}
        }
        if scan.deepest > limits.html_depth_hard {
            return Verdict::Refuse;
        }
    }
    let costly = scan.deepest > limits.html_depth
        || scan.attributes > MOST_ATTRIBUTES
        || scan.most_formatting > MOST_FORMATTING
        || scan.rebuilt > MOST_REBUILT
        || scan.roots > MOST_ROOTS
        || scan.hidden > MOST_HIDDEN
        || scan.elements > MOST_ELEMENTS
        || scan.strays > MOST_STRAYS;
    if costly { Verdict::Strip } else { Verdict::Parse }
}

#[derive(Default)]
struct Scan {
    stack: Vec<String>,
    /// How many of each name are on the stack.
    counts: HashMap<String, usize>,
    /// Formatting elements that are to be opened anew in each block, by name, and how many.
    active: HashMap<String, usize>,
    formatting: usize,
    most_formatting: usize,
    deepest: usize,
    rebuilt: usize,
    attributes: usize,
    roots: usize,
    elements: usize,
    strays: usize,
    foreign: usize,
    foreign_seen: bool,
    hidden: usize,
}

impl Scan {
    fn open(&mut self, name: &str, self_closing: bool) {
        self.elements += 1;
        match name {
            "html" | "body" | "head" => self.roots += 1,
            "svg" | "math" => self.foreign_seen = true,
            _ => {}
        }
        if is_void(name) || (self_closing && self.foreign > 0 && !leaves_foreign(name)) {
            return;
        }
        if leaves_foreign(name) {
            self.foreign = 0;
        } else if matches!(name, "svg" | "math") && !self_closing {
            self.foreign += 1;
        } else if matches!(name, "svg" | "math") {
            return;
        }
        self.close_implied(name);
        if is_formatting(name) {
            *self.active.entry(name.to_owned()).or_default() += 1;
            self.formatting += 1;
            self.most_formatting = self.most_formatting.max(self.formatting);
        } else if is_special(name) {
            self.rebuilt += self.formatting;
        }
        *self.counts.entry(name.to_owned()).or_default() += 1;
        self.stack.push(name.to_owned());
        self.deepest = self.deepest.max(self.stack.len() + self.formatting);
    }

    fn close(&mut self, name: &str) {
        if matches!(name, "svg" | "math") {
            self.foreign = self.foreign.saturating_sub(1);
        }
        if is_formatting(name) {
            self.deactivate(name);
            self.rebuilt += self.formatting;
        }
        if self.counts.get(name).is_none_or(|count| *count == 0) {
            return;
        }
        if is_formatting(name) {
            // With a block in between, the block stays open.
            self.pop_to(|open| open == name, |open| !is_formatting(open));
        } else if is_special(name) {
            self.pop_to(|open| open == name, is_scope);
        } else {
            self.pop_to(|open| open == name, is_special);
        }
    }

    /// One formatting element of that name is no longer opened anew.
    fn deactivate(&mut self, name: &str) {
        if let Some(count) = self.active.get_mut(name).filter(|count| **count > 0) {
            *count -= 1;
            self.formatting -= 1;
        }
    }

    /// Closes what a start tag closes by itself.
    fn close_implied(&mut self, name: &str) {
        match name {
            "li" => self.pop_to(
                |open| open == "li",
                |open| is_special(open) && !matches!(open, "address" | "div" | "p"),
            ),
            "dd" | "dt" => self.pop_to(
                |open| matches!(open, "dd" | "dt"),
                |open| is_special(open) && !matches!(open, "address" | "div" | "p"),
            ),
            "td" | "th" => self
                .pop_to(|open| matches!(open, "td" | "th"), |open| matches!(open, "table" | "tr")),
            "tr" => self.pop_to(
                |open| open == "tr",
                |open| matches!(open, "table" | "tbody" | "thead" | "tfoot"),
            ),
            "tbody" | "thead" | "tfoot" => {
                self.pop_to(
                    |open| matches!(open, "tbody" | "thead" | "tfoot"),
                    |open| open == "table",
                );
            }
            "option" => self.pop_to(|open| open == "option", |open| open != "option"),
            "a" => {
                self.deactivate("a");
                self.pop_to(|open| open == "a", |open| !is_formatting(open));
            }
            _ => {}
        }
        if closes_paragraph(name) {
            self.pop_to(|open| open == "p", |open| is_scope(open) || open == "button");
        }
    }

    /// Closes all elements down to the first that `fits`, unless one that `stops` or the reach's end comes before.
    fn pop_to(&mut self, fits: impl Fn(&str) -> bool, stops: impl Fn(&str) -> bool) {
        let depth = self.stack.iter().rev().take(REACH).position(|open| fits(open) || stops(open));
        let Some(at) = depth.map(|depth| self.stack.len() - 1 - depth) else { return };
        if self.stack.get(at).is_none_or(|open| !fits(open)) {
            return;
        }
        for closed in self.stack.drain(at..) {
            if let Some(count) = self.counts.get_mut(&closed) {
                *count = count.saturating_sub(1);
            }
        }
    }
}

fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "basefont"
            | "bgsound"
            | "br"
            | "col"
            | "embed"
            | "frame"
            | "hr"
            | "image"
            | "img"
            | "input"
            | "keygen"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

fn is_formatting(name: &str) -> bool {
    matches!(
        name,
        "a" | "b"
            | "big"
            | "code"
            | "em"
            | "font"
            | "i"
            | "nobr"
            | "s"
            | "small"
            | "strike"
            | "strong"
            | "tt"
            | "u"
    )
}

/// Elements that end the search for a scope.
fn is_scope(name: &str) -> bool {
    matches!(
        name,
        "applet"
            | "caption"
            | "desc"
            | "foreignobject"
            | "html"
            | "marquee"
            | "mi"
            | "mn"
            | "mo"
            | "ms"
            | "mtext"
            | "object"
            | "table"
            | "td"
            | "template"
            | "th"
            | "title"
            | "annotation-xml"
    )
}

/// The special elements of the standard, those that end the search for an ordinary end tag.
fn is_special(name: &str) -> bool {
    closes_paragraph(name)
        || is_scope(name)
        || matches!(
            name,
            "body"
                | "button"
                | "colgroup"
                | "frameset"
                | "head"
                | "iframe"
                | "noembed"
                | "noframes"
                | "noscript"
                | "script"
                | "select"
                | "style"
                | "tbody"
                | "textarea"
                | "tfoot"
                | "thead"
                | "tr"
        )
}

/// Start tags that close an open paragraph.
fn closes_paragraph(name: &str) -> bool {
    matches!(
        name,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "dir"
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
            | "hgroup"
            | "hr"
            | "li"
            | "listing"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "p"
            | "plaintext"
            | "pre"
            | "search"
            | "section"
            | "summary"
            | "ul"
            | "xmp"
    )
}

/// Elements that end SVG and `MathML`, or hold HTML within them: from there on "/>" closes nothing.
fn leaves_foreign(name: &str) -> bool {
    closes_paragraph(name)
        || is_formatting(name)
        || matches!(
            name,
            "body"
                | "br"
                | "desc"
                | "embed"
                | "foreignobject"
                | "head"
                | "img"
                | "meta"
                | "mi"
                | "mn"
                | "mo"
                | "ms"
                | "mtext"
                | "annotation-xml"
                | "ruby"
                | "span"
                | "sub"
                | "sup"
                | "table"
                | "title"
                | "var"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(html: &str, expected: Verdict) {
        let start: String = html.chars().take(40).collect();
        assert_eq!(judge(html, &Limits::default()), expected, "{start}…");
    }

    #[test]
    fn ordinary_and_sloppy_pages_are_parsed() {
        check("<html><body><p>One<p>Two<ul><li>a<li>b</ul></body></html>", Verdict::Parse);
        check(&"<p><span>words<br>".repeat(5000), Verdict::Parse);
        check(&"<div><p>words</div>".repeat(5000), Verdict::Parse);
        check(
            &format!("<ul>{}</ul>", "<li><a href=x><b>words</b></a>".repeat(5000)),
            Verdict::Parse,
        );
        check(&format!("<table>{}</table>", "<tr><td>1<td>2".repeat(5000)), Verdict::Parse);
        check(&format!("<svg>{}</svg>", "<path d=x />".repeat(5000)), Verdict::Parse);
        check(&"<a href=x>words</a><img src=x>".repeat(5000), Verdict::Parse);
        check(&"<select><option>1<option>2</select>".repeat(2000), Verdict::Parse);
        check(&"<p>words <b>bold <i>both</b> it</i></p>".repeat(1000), Verdict::Parse);
    }

    #[test]
    fn deep_pages_are_stripped_or_refused() {
        check(&"<div>".repeat(500), Verdict::Parse);
        check(&"<div>".repeat(600), Verdict::Strip);
        check(&"<div>".repeat(200_000), Verdict::Refuse);
        check(&"<b>".repeat(50_000), Verdict::Refuse);
        check(&"<x-y>".repeat(600), Verdict::Strip);
        check(&format!("<svg>{}", "<g>".repeat(5000)), Verdict::Refuse);
        check(&format!("<svg><foreignObject>{}", "<x />".repeat(5000)), Verdict::Refuse);
    }

    #[test]
    fn end_tags_that_close_nothing_hide_no_depth() {
        check(&"<div></b>".repeat(5000), Verdict::Refuse);
        check(&"<b><div></b>".repeat(5000), Verdict::Refuse);
        check(&"<div><span></div></span>".repeat(5000), Verdict::Parse);
        check(&"<table></div>".repeat(5000), Verdict::Refuse);
        check(&format!("<div>{}", "<table><td></div>".repeat(5000)), Verdict::Refuse);
    }

    #[test]
    fn other_costs() {
        check(&format!("<p{}>", " a".repeat(1000)), Verdict::Strip);
        check(&"<html a><body b>".repeat(100), Verdict::Strip);
        let fonts = "<font color=red>".repeat(200);
        check(&format!("{fonts}{}", "<p>words".repeat(5000)), Verdict::Strip);
        check(&"a & b < c ".repeat(50_000), Verdict::Strip);
        check(&"<br>".repeat(100_000), Verdict::Strip);
        check(&format!("<svg></svg><style>{}", "<g>".repeat(30_000)), Verdict::Strip);
    }
}
