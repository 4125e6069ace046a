//! Words by themselves: what the embedding and the tokenizer know of a string without its context.

use std::collections::HashMap;
use std::sync::Arc;

use crate::error::ModelError;
use crate::hash::string_id;
use crate::symbols::BASE_NORMS;
use crate::unicode;
use crate::value::Value;

/// A word and its context-free attributes.
#[derive(Debug)]
pub(crate) struct Lexeme {
    pub(crate) text: Box<str>,
    pub(crate) norm: Box<str>,
    /// Lower-cased text.
    pub(crate) lower: Box<str>,
    /// Id of the text.
    pub(crate) orth: u64,
    /// Ids of NORM, PREFIX, SUFFIX and SHAPE.
    pub(crate) ids: [u64; 4],
    pub(crate) is_space: bool,
}

/// The model's own norms.
#[derive(Debug, Default)]
pub(crate) struct Lexicon {
    norms: HashMap<u64, Box<str>>,
}

impl Lexicon {
    /// Reads the table `lexeme_norm` of `vocab/lookups.bin`; a model may have none.
    pub(crate) fn read(data: Option<&[u8]>) -> Result<Self, ModelError> {
        let bad = |what: &str| ModelError::malformed("vocab/lookups.bin", what);
        let Some(data) = data else { return Ok(Self::default()) };
        let tables = Value::read(data).map_err(|e| bad(&e))?;
        let Some(table) = tables.get("lexeme_norm") else { return Ok(Self::default()) };
        let rows = table.as_map().ok_or_else(|| bad("lexeme_norm is no table"))?;
        let row = |(k, v): &(Value, Value)| Some((k.as_u64()?, Box::from(v.as_str()?)));
        let norms = rows.iter().map(row).collect::<Option<_>>();
        Ok(Self { norms: norms.ok_or_else(|| bad("lexeme_norm has an odd row"))? })
    }

    /// The lexeme of `text`; `norm` is that of a tokenizer exception.
    pub(crate) fn lexeme(&self, text: &str, norm: Option<&str>) -> Arc<Lexeme> {
        let orth = string_id(text);
        let lower = unicode::lower(text);
        let norm = match norm {
            Some(norm) => norm,
            None => self.norms.get(&orth).map_or(base_norm(text, &lower), |n| n),
        };
        let mut chars = text.char_indices();
        let prefix = chars.next().and_then(|(_, c)| text.get(..c.len_utf8())).unwrap_or_default();
        let suffix =
            text.char_indices().rev().nth(2).and_then(|(at, _)| text.get(at..)).unwrap_or(text);
        let ids = [norm, prefix, suffix, &shape(text)].map(string_id);
        let is_space = !text.is_empty() && text.chars().all(unicode::is_space);
        Arc::new(Lexeme {
            norm: norm.into(),
            text: text.into(),
            lower: lower.into(),
            orth,
            ids,
            is_space,
        })
    }
}

fn base_norm<'a>(text: &str, lower: &'a str) -> &'a str {
    BASE_NORMS.binary_search_by_key(&text, |(from, _)| from).map_or(lower, |at| BASE_NORMS[at].1)
}

/// The shape of a word: X, x, d or the character itself, runs cut at 4; `LONG` from 100 characters.
pub(crate) fn shape(text: &str) -> String {
    if text.len() >= 100 && text.chars().nth(99).is_some() {
        return "LONG".into();
    }
    let (mut out, mut last, mut run) = (String::new(), None, 0);
    for c in text.chars() {
        let symbol = if unicode::is_alpha(c) {
            if unicode::is_upper(c) { 'X' } else { 'x' }
        } else if unicode::is_digit(c) {
            'd'
        } else {
            c
        };
        run = if last == Some(symbol) { run + 1 } else { 0 };
        last = Some(symbol);
        if run < 4 {
            out.push(symbol);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        let check = |text: &str, expected: &str| assert_eq!(shape(text), expected, "{text}");
        check("Reuters", "Xxxxx");
        check("U.S.", "X.X.");
        check("2024-01", "dddd-dd");
        check("ǅx", "xx");
        check(&"a".repeat(100), "LONG");
        check(&"é".repeat(99), "xxxx");
    }

    #[test]
    fn attributes() {
        let lexeme = Lexicon::default().lexeme("Größe", None);
        assert_eq!(lexeme.ids[1..3], [string_id("G"), string_id("öße")]);
        assert_eq!(&*lexeme.norm, "größe");
        assert_eq!(&*Lexicon::default().lexeme("’s", None).norm, "'s");
        assert!(Lexicon::default().lexeme(" \n", None).is_space);
    }
}
