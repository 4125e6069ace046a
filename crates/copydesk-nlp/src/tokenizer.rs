//! spaCy's rule tokenizer (`spacy/tokenizer.pyx`): exceptions, affixes, URLs, and exceptions that affixes would break.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::ModelError;
use crate::lexicon::{Lexeme, Lexicon};
use crate::pattern::Pattern;
use crate::unicode;
use crate::value::Value;

const FILE: &str = "tokenizer";
/// Attribute keys of an exception's pieces.
const ORTH: u64 = 65;
const NORM: u64 = 67;
/// Chunks that are remembered: 20,000 of at most 64 bytes take some 8 MB.
const REMEMBERED: usize = 20_000;
const LONGEST_REMEMBERED: usize = 64;

/// A token and whether one space follows it.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) lexeme: Arc<Lexeme>,
    pub(crate) space: bool,
}

/// What one thread remembers of the chunks that it has split.
#[derive(Debug, Default)]
pub(crate) struct ChunkCache(HashMap<Box<str>, Box<[Arc<Lexeme>]>>);

/// The rules of one model.
#[derive(Debug)]
pub(crate) struct Tokenizer {
    prefix: Option<Pattern>,
    suffix: Option<Pattern>,
    infix: Option<Pattern>,
    token_match: Option<Pattern>,
    url_match: Option<Pattern>,
    exceptions: HashMap<Box<str>, Box<[Arc<Lexeme>]>>,
    /// Length in bytes of the longest exception.
    longest: usize,
    /// Word sequences that affix rules make of exceptions, by the id of their first word.
    spanning: HashMap<u64, Vec<Box<[Box<str>]>>>,
}

impl Tokenizer {
    pub(crate) fn read(data: &[u8], lexicon: &Lexicon) -> Result<Self, ModelError> {
        let bad = |what: String| ModelError::malformed(FILE, what);
        let value = Value::read(data).map_err(bad)?;
        let pattern = |name: &str| {
            let source = value.get(name).and_then(Value::as_str).filter(|s| !s.is_empty());
            let compiled = source.map(Pattern::new).transpose();
            compiled.map_err(|e| bad(format!("{name}: {e}")))
        };
        let rows = value.get("exceptions").and_then(Value::as_map).unwrap_or_default();
        let mut exceptions: HashMap<Box<str>, Box<[Arc<Lexeme>]>> = HashMap::new();
        for (text, pieces) in rows {
            let pieces = pieces.as_array().unwrap_or_default().iter().map(|p| piece(p, lexicon));
            let pieces = pieces.collect::<Option<Box<[_]>>>().filter(|p| !p.is_empty());
            let row = text.as_str().zip(pieces).ok_or_else(|| bad("an exception is odd".into()))?;
            if row.1.iter().map(|p| &*p.text).collect::<String>() != row.0 {
                return Err(bad(format!("the pieces of {:?} are other text", row.0)));
            }
            exceptions.insert(Box::from(row.0), row.1);
        }
        let longest = exceptions.keys().map(|k| k.len()).max().unwrap_or(0);
        let mut tokenizer = Self {
            prefix: pattern("prefix_search")?,
            suffix: pattern("suffix_search")?,
            infix: pattern("infix_finditer")?,
            token_match: pattern("token_match")?,
            url_match: pattern("url_match")?,
            exceptions,
            longest,
            spanning: HashMap::new(),
        };
        let all = value.get("faster_heuristics").and_then(Value::as_bool) == Some(false);
        tokenizer.spanning = tokenizer.find_spanning(all, lexicon);
        Ok(tokenizer)
    }

    fn find_spanning(&self, all: bool, lexicon: &Lexicon) -> HashMap<u64, Vec<Box<[Box<str>]>>> {
        let occurs = |p: &Option<Pattern>, text: &str| p.as_ref().is_some_and(|p| p.occurs(text));
        let mut found: HashMap<u64, Vec<Box<[Box<str>]>>> = HashMap::new();
        let mut names: Vec<&str> = self.exceptions.keys().map(|k| &**k).collect();
        names.sort_unstable();
        for text in names {
            let broken = [&self.prefix, &self.suffix, &self.infix].iter().any(|p| occurs(p, text));
            if all || broken || text.contains(' ') {
                let tokens = self.affixes(text, false, lexicon, &mut ChunkCache::default());
                let words: Box<[Box<str>]> = tokens.iter().map(|t| t.lexeme.text.clone()).collect();
                if let Some(first) = tokens.first() {
                    found.entry(first.lexeme.orth).or_default().push(words);
                }
            }
        }
        found
    }

    /// The tokens of `text`; together with their spaces they are the text again.
    pub(crate) fn tokens(
        &self,
        text: &str,
        lexicon: &Lexicon,
        cache: &mut ChunkCache,
    ) -> Vec<Token> {
        let tokens = self.affixes(text, true, lexicon, cache);
        self.merge_spanning(tokens)
    }

    /// Splits at white space, then each chunk by the rules.
    fn affixes(
        &self,
        text: &str,
        exceptions: bool,
        lexicon: &Lexicon,
        cache: &mut ChunkCache,
    ) -> Vec<Token> {
        let mut out: Vec<Token> = Vec::with_capacity(text.len() / 5);
        let mut in_space = text.chars().next().is_some_and(unicode::is_space);
        let mut start = 0;
        for (at, c) in text.char_indices() {
            if unicode::is_space(c) == in_space {
                continue;
            }
            if let Some(chunk) = text.get(start..at).filter(|c| !c.is_empty()) {
                self.chunk_into(chunk, exceptions, lexicon, cache, &mut out);
            }
            start = at;
            if let (' ', Some(last)) = (c, out.last_mut()) {
                last.space = true;
                start = at + 1;
            }
            in_space = !in_space;
        }
        if let Some(chunk) = text.get(start..).filter(|c| !c.is_empty()) {
            self.chunk_into(chunk, exceptions, lexicon, cache, &mut out);
        }
        out
    }

    fn chunk_into(
        &self,
        chunk: &str,
        exceptions: bool,
        lexicon: &Lexicon,
        cache: &mut ChunkCache,
        out: &mut Vec<Token>,
    ) {
        let mut put = |lexemes: &[Arc<Lexeme>]| {
            out.extend(lexemes.iter().map(|l| Token { lexeme: l.clone(), space: false }));
        };
        if let Some(known) = cache.0.get(chunk) {
            return put(known);
        }
        let lexemes = self.chunk(chunk, exceptions, lexicon);
        put(&lexemes);
        if exceptions && chunk.len() <= LONGEST_REMEMBERED {
            if cache.0.len() >= REMEMBERED {
                cache.0.clear();
            }
            cache.0.insert(chunk.into(), lexemes.into());
        }
    }

    fn exception(&self, text: &str, exceptions: bool) -> Option<&[Arc<Lexeme>]> {
        // A text that is too long to be one is not hashed: it comes here once for each affix that is cut off.
        let may_be = exceptions && text.len() <= self.longest;
        if may_be { self.exceptions.get(text).map(|p| &**p) } else { None }
    }

    /// The tokens of a chunk without white space (or of white space alone).
    fn chunk(&self, chunk: &str, exceptions: bool, lexicon: &Lexicon) -> Vec<Arc<Lexeme>> {
        if let Some(pieces) = self.exception(chunk, exceptions) {
            return pieces.to_vec();
        }
        let whole = |s: &str| self.token_match.as_ref().is_some_and(|p| p.matches(s));
        let (mut rest, mut before, mut after, mut last) = (chunk, Vec::new(), Vec::new(), 0);
        while !rest.is_empty() && rest.len() != last {
            if whole(rest) || self.exception(rest, exceptions).is_some() {
                break;
            }
            last = rest.len();
            let p = self.prefix.as_ref().map_or(0, |p| p.head(rest));
            let (head, tail) = rest.split_at(p);
            if p > 0 && self.exception(tail, exceptions).is_some() {
                before.push(head);
                rest = tail;
                break;
            }
            let q = self.suffix.as_ref().map_or(0, |p| p.tail(tail));
            let (front, end) = rest.split_at(rest.len() - q);
            if q > 0 && self.exception(front, exceptions).is_some() {
                after.push(end);
                rest = front;
                break;
            }
            if p > 0 {
                before.push(head);
                rest = tail;
            }
            if q > 0 && p + q <= last {
                after.push(end);
                rest = rest.get(..rest.len() - q).unwrap_or_default();
            }
        }
        let lexeme = |s: &str| lexicon.lexeme(s, None);
        let mut out: Vec<_> = before.into_iter().map(lexeme).collect();
        if let Some(pieces) = self.exception(rest, exceptions) {
            out.extend(pieces.iter().cloned());
        } else if !rest.is_empty() && (whole(rest) || self.is_url(rest)) {
            out.push(lexeme(rest));
        } else {
            self.split_infixes(rest, &mut |s| out.push(lexeme(s)));
        }
        out.extend(after.into_iter().rev().map(lexeme));
        out
    }

    fn is_url(&self, text: &str) -> bool {
        // Every host has a dot; without one the costly pattern need not run.
        text.contains('.') && self.url_match.as_ref().is_some_and(|p| p.matches(text))
    }

    fn split_infixes<'t>(&self, text: &'t str, put: &mut dyn FnMut(&'t str)) {
        let mut at = 0;
        let mut put = |range: std::ops::Range<usize>| {
            text.get(range).filter(|s| !s.is_empty()).into_iter().for_each(&mut *put);
        };
        let found = self.infix.as_ref().map(|p| p.find_all(text)).unwrap_or_default();
        // An infix at the very start of the string is skipped; an empty one splits, and is no token.
        for (start, end) in found.into_iter().filter(|(start, _)| *start > 0) {
            put(at..start);
            put(start..end);
            at = end;
        }
        put(at..text.len());
    }

    /// Puts exceptions back together that the affix rules took apart: longest first, then leftmost.
    fn merge_spanning(&self, tokens: Vec<Token>) -> Vec<Token> {
        let mut found = Vec::new();
        for (at, token) in tokens.iter().enumerate() {
            for words in self.spanning.get(&token.lexeme.orth).into_iter().flatten() {
                let here = tokens.get(at..at + words.len());
                if here.is_some_and(|t| t.iter().zip(words).all(|(t, w)| t.lexeme.text == *w)) {
                    found.push((at, at + words.len()));
                }
            }
        }
        if found.is_empty() {
            return tokens;
        }
        found.sort_by_key(|&(b, e)| (b + tokens.len() - e, b));
        let mut taken = vec![false; tokens.len()];
        found.retain(|&(b, e)| {
            let free = !taken[b] && !taken[e - 1];
            taken[b..e].fill(true);
            free
        });
        found.sort_unstable();
        let (mut out, mut at) = (Vec::with_capacity(tokens.len()), 0);
        for (b, e) in found {
            out.extend_from_slice(&tokens[at..b]);
            match self.exceptions.get(joined(&tokens[b..e]).as_str()) {
                Some(pieces) => {
                    out.extend(pieces.iter().map(|l| Token { lexeme: l.clone(), space: false }));
                    if let Some(last) = out.last_mut() {
                        last.space = tokens[e - 1].space;
                    }
                }
                None => out.extend_from_slice(&tokens[b..e]),
            }
            at = e;
        }
        out.extend_from_slice(&tokens[at..]);
        out
    }
}

/// The text of the tokens with the spaces between them.
fn joined(tokens: &[Token]) -> String {
    let mut text = String::new();
    for (at, token) in tokens.iter().enumerate() {
        text.push_str(&token.lexeme.text);
        if token.space && at + 1 < tokens.len() {
            text.push(' ');
        }
    }
    text
}

fn piece(value: &Value, lexicon: &Lexicon) -> Option<Arc<Lexeme>> {
    let field = |key| value.as_map()?.iter().find(|(k, _)| k.as_u64() == Some(key))?.1.as_str();
    Some(lexicon.lexeme(field(ORTH)?, field(NORM).filter(|n| !n.is_empty())))
}
