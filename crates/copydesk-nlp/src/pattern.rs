//! Python regular expressions of a tokenizer, on the engines of the `regex` family.
//!
//! Each top-level alternative without lookaround goes to the linear-time engine; only those with lookaround go to
//! `fancy-regex`. A match is that with the smallest start, and of equal starts that of the first alternative: the
//! leftmost-first rule of Python's `re`.

use crate::unicode;

/// Steps after which a backtracking match is given up and counts as no match.
const BACKTRACKING: usize = 2_000_000;

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    groups: Vec<Group>,
}

#[derive(Debug)]
enum Group {
    Plain(regex_automata::meta::Regex),
    Looking {
        regex: fancy_regex::Regex,
        /// No match together with what it looks at is longer, in characters; `None`: there is no bound.
        longest: Option<usize>,
        /// Whether every match ends at the end of the text.
        at_end: bool,
    },
}

impl Group {
    fn compile(looking: bool, source: &str) -> Result<Self, String> {
        if looking {
            let regex =
                fancy_regex::RegexBuilder::new(source).backtrack_limit(BACKTRACKING).build();
            let regex = regex.map_err(|e| e.to_string())?;
            let at_end = alternatives(source).iter().all(|part| part.ends_with('$'));
            return Ok(Self::Looking { regex, longest: longest(source), at_end });
        }
        let config = regex_automata::meta::Config::new().nfa_size_limit(Some(64 << 20));
        let regex = regex_automata::meta::Builder::new().configure(config).build(source);
        regex.map(Self::Plain).map_err(|e| e.to_string())
    }

    fn find_at(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        match self {
            Self::Plain(regex) => {
                let input = regex_automata::Input::new(text).range(from..);
                regex.search(&input).map(|m| (m.start(), m.end()))
            }
            Self::Looking { regex, longest, at_end } => {
                // A short match at the end lies in the tail of the text: a long text need not be gone through.
                let tail = longest.filter(|_| *at_end);
                let tail = tail.and_then(|n| text.char_indices().rev().nth(n));
                let from = from.max(tail.map_or(0, |(at, _)| at));
                // Giving up on a hostile token counts as no match: bounded time comes first.
                let found = regex.find_from_pos(text, from).ok().flatten();
                found.map(|m| (m.start(), m.end()))
            }
        }
    }

    /// The match at the start of `text`, if there is one.
    fn head(&self, text: &str) -> Option<(usize, usize)> {
        match self {
            Self::Plain(regex) => {
                let input = regex_automata::Input::new(text);
                let input = input.anchored(regex_automata::Anchored::Yes);
                regex.search(&input).map(|m| (m.start(), m.end()))
            }
            Self::Looking { longest, .. } => {
                let end = longest.and_then(|n| text.char_indices().nth(n));
                let start = end.and_then(|(at, _)| text.get(..at)).unwrap_or(text);
                self.find_at(start, 0).filter(|(start, _)| *start == 0)
            }
        }
    }
}

/// A bound for the length of a match in characters, lookaround included: the number of characters and classes that
/// the longest alternative is written with. `None` when something is repeated.
fn longest(source: &str) -> Option<usize> {
    let lengths = alternatives(source).into_iter().map(|part| {
        let (mut class, mut length) = (false, 0);
        let mut chars = part.chars();
        while let Some(c) = chars.next() {
            length += usize::from(!class);
            match c {
                '\\' => drop(chars.next()),
                '[' => class = true,
                ']' => class = false,
                '*' | '+' | '{' if !class => return None,
                _ => {}
            }
        }
        Some(length)
    });
    lengths.collect::<Option<Vec<_>>>()?.into_iter().max()
}

impl Pattern {
    /// Compiles Python's `source`.
    pub(crate) fn new(source: &str) -> Result<Self, String> {
        let mut groups: Vec<(bool, String)> = Vec::new();
        let (flags, source) = flags(source);
        for part in alternatives(source) {
            let looking = ["(?=", "(?!", "(?<"].iter().any(|l| part.contains(l));
            let part = translate(part)?;
            match groups.last_mut() {
                Some((kind, group)) if *kind == looking => {
                    group.push('|');
                    group.push_str(&part);
                }
                _ => groups.push((looking, format!("{flags}{part}"))),
            }
        }
        Ok(Self {
            groups: groups.iter().map(|(l, s)| Group::compile(*l, s)).collect::<Result<_, _>>()?,
        })
    }

    /// The first match in `text` that starts at byte `from` or later, as a byte range.
    pub(crate) fn find_at(&self, text: &str, from: usize) -> Option<(usize, usize)> {
        let mut best: Option<(usize, usize)> = None;
        for group in &self.groups {
            let found = group.find_at(text, from);
            if found.is_some_and(|f| best.is_none_or(|b| f.0 < b.0)) {
                best = found;
            }
        }
        best
    }

    /// All matches from left to right, without overlap, empty ones among them (`re.finditer`, but that behind an empty
    /// match the search goes on with the next character).
    pub(crate) fn find_all(&self, text: &str) -> Vec<(usize, usize)> {
        let (mut out, mut from) = (Vec::new(), 0);
        // What a group found last stays good until the search has passed it: so each group reads the text once.
        let mut last: Vec<_> = self.groups.iter().map(|g| g.find_at(text, 0)).collect();
        loop {
            for (group, found) in self.groups.iter().zip(&mut last) {
                if found.is_some_and(|(start, _)| start < from) {
                    *found = group.find_at(text, from);
                }
            }
            let best = last.iter().flatten().min_by_key(|(start, _)| *start);
            let Some(&(start, end)) = best else { return out };
            out.push((start, end));
            if start < end {
                from = end;
            } else {
                let step =
                    text.get(start..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8);
                from = start + step;
            }
            if from > text.len() {
                return out;
            }
        }
    }

    /// Length in bytes of the first match if it stands at the start, else 0.
    pub(crate) fn head(&self, text: &str) -> usize {
        self.at_start(text).unwrap_or(0)
    }

    /// Where the first alternative that matches at the start of `text` ends.
    fn at_start(&self, text: &str) -> Option<usize> {
        self.groups.iter().find_map(|g| g.head(text)).map(|(_, end)| end)
    }

    /// Length in bytes of the first match if it stands at the end, else 0.
    pub(crate) fn tail(&self, text: &str) -> usize {
        self.find_at(text, 0)
            .filter(|(_, end)| *end == text.len())
            .map_or(0, |(start, end)| end - start)
    }

    /// Whether the pattern matches at the start of `text`.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.at_start(text).is_some()
    }

    /// Whether the pattern occurs in `text`.
    pub(crate) fn occurs(&self, text: &str) -> bool {
        self.find_at(text, 0).is_some()
    }
}

/// The flags at the start of Python's source, as they are written here, and the rest: `u` is what always holds.
fn flags(source: &str) -> (&'static str, &str) {
    for (theirs, ours) in [("(?u)", ""), ("(?iu)", "(?i)"), ("(?i)", "(?i)")] {
        if let Some(rest) = source.strip_prefix(theirs) {
            return (ours, rest);
        }
    }
    ("", source)
}

/// The alternatives of the top level.
fn alternatives(source: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut class, mut start) = (Vec::new(), 0usize, false, 0);
    let mut chars = source.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '[' => class = true,
            ']' => class = false,
            '(' if !class => depth += 1,
            ')' if !class => depth = depth.saturating_sub(1),
            '|' if !class && depth == 0 => {
                parts.extend(source.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(source.get(start..));
    parts
}

/// Python's syntax in that of the `regex` crates: escapes, and brackets that would nest inside a class.
fn translate(source: &str) -> Result<String, String> {
    let (mut out, mut class) = (String::new(), false);
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let escaped = chars.next().ok_or("a pattern ends in a backslash")?;
                out.push_str(&escape(escaped, class, &mut chars)?);
            }
            '[' if class => out.push_str("\\["),
            '&' | '~' if class => out.extend(['\\', c]),
            '[' => {
                class = true;
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                if chars.next_if_eq(&']').is_some() {
                    out.push_str("\\]");
                }
            }
            ']' => {
                class = false;
                out.push(']');
            }
            _ => out.push(c),
        }
    }
    Ok(out)
}

fn escape(c: char, class: bool, rest: &mut impl Iterator<Item = char>) -> Result<String, String> {
    let hex = |n: usize, rest: &mut dyn Iterator<Item = char>| {
        let digits: String = rest.take(n).collect();
        format!("\\x{{{digits}}}")
    };
    Ok(match c {
        'u' => hex(4, rest),
        'U' => hex(8, rest),
        'x' => hex(2, rest),
        'w' | 'd' | 's' => {
            let inside = unicode::class(c).unwrap_or_default();
            if class { inside } else { format!("[{inside}]") }
        }
        'W' | 'D' | 'S' if !class => {
            let inside = unicode::class(c.to_ascii_lowercase()).unwrap_or_default();
            format!("[^{inside}]")
        }
        'n' | 't' | 'r' => format!("\\{c}"),
        'b' | 'B' if !class => format!("\\{c}"),
        _ if c.is_ascii_alphanumeric() => return Err(format!("the escape \\{c} is not supported")),
        // Escaped punctuation stands for itself; only what means something here stays escaped.
        _ if r"\.+*?()|[]{}^$#&-~".contains(c) => format!("\\{c}"),
        _ => c.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pythons_rules() {
        let check = |source: &str, text: &str, expected: Option<(usize, usize)>| {
            let pattern = Pattern::new(source).unwrap();
            assert_eq!(pattern.find_at(text, 0), expected, "{source} on {text}");
        };
        check(r"(?<=[0-9])\+$|km$", "12+", Some((2, 3)));
        check(r"a|ab", "ab", Some((0, 1))); // leftmost-first, not longest
        check(r"ab|(?<=x)a|abc", "abc", Some((0, 2)));
        check(r"[\[\]\u00e9~&]+", "x[]é&~", Some((1, 7)));
        check(r"\+(?![0-9])|=", "+1=", Some((2, 3)));
        check(r"(?u)^\w+$", "e\u{301}", None); // a combining mark is no \w in Python
        check(r"(?iu)(?:^É[-–]a+$)|(?:x(?=Y))", "é-AA", Some((0, 5)));
        check(r"(?iu)(?:^É[-–]a+$)|(?:x(?=Y))", "zXy", Some((1, 2)));
        check(r"\S+", "\u{1c}a", Some((1, 2)));
        assert!(Pattern::new(r"\z").is_err());
    }

    #[test]
    fn all_matches() {
        let check = |source: &str, text: &str, expected: &[(usize, usize)]| {
            let found = Pattern::new(source).unwrap().find_all(text);
            assert_eq!(found, expected, "{source} on {text}");
        };
        check(r"--|(?<=[a-z])-(?=[a-z])", "a--b-c-", &[(1, 3), (4, 5)]);
        check(r"-|(?<=[a-zé]['’])(?=[a-zé])", "é’a-d'b", &[(5, 5), (6, 7), (9, 9)]);
    }
}
