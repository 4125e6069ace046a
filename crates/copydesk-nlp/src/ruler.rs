//! The `attribute_ruler` (`spacy/pipeline/attributeruler.py`): token patterns that set attributes.
//!
//! All patterns are matched against the document as tagger and parser left it, then applied in rule order: no rule
//! sees another's result.

use std::sync::Arc;

use crate::doc::{Labels, TokenData};
use crate::error::ModelError;
use crate::pattern::Pattern;
use crate::value::Value;

const FILE: &str = "attribute_ruler/patterns";

/// An attribute that a rule sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attr {
    Tag,
    Pos,
    Morph,
    Lemma,
    Dep,
}

/// What a rule sets; a lemma as text, all else as the number of a label.
#[derive(Debug)]
pub(crate) struct Change {
    pub(crate) attr: Attr,
    pub(crate) label: u16,
    pub(crate) text: Arc<str>,
}

/// What a test looks at: a label, or the word itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Tag,
    Pos,
    Dep,
    Orth,
    Lower,
    Norm,
}

#[derive(Debug)]
enum Test {
    Label {
        key: Key,
        labels: Vec<u16>,
        among: bool,
    },
    Word {
        key: Key,
        words: Vec<String>,
        among: bool,
    },
    Regex(Key, Pattern),
    IsSpace(bool),
    /// The features of `MORPH IS_SUPERSET`.
    Morph(Vec<String>),
}

impl Key {
    fn label(self, token: &TokenData) -> Option<u16> {
        match self {
            Self::Tag => Some(token.tag),
            Self::Pos => Some(token.pos),
            Self::Dep => Some(token.dep),
            Self::Orth | Self::Lower | Self::Norm => None,
        }
    }

    fn text<'a>(self, token: &'a TokenData, labels: &'a Labels) -> &'a str {
        match self {
            Self::Orth => &token.lexeme.text,
            Self::Lower => &token.lexeme.lower,
            Self::Norm => &token.lexeme.norm,
            Self::Tag | Self::Pos | Self::Dep => labels.get(self.label(token).unwrap_or(0)),
        }
    }
}

impl Test {
    fn fits(&self, token: &TokenData, all: &Labels) -> bool {
        match self {
            Self::Label { key, labels, among } => {
                key.label(token).is_some_and(|l| labels.contains(&l)) == *among
            }
            Self::Word { key, words, among } => {
                words.iter().any(|w| w == key.text(token, all)) == *among
            }
            Self::Regex(key, pattern) => pattern.occurs(key.text(token, all)),
            Self::IsSpace(wanted) => token.lexeme.is_space == *wanted,
            Self::Morph(features) => {
                let morph = all.get(token.morph);
                features.iter().all(|f| morph.split('|').any(|have| have == f))
            }
        }
    }
}

#[derive(Debug)]
struct Rule {
    patterns: Vec<Vec<Vec<Test>>>,
    changes: Vec<Change>,
    index: i64,
}

/// The rules of one model.
#[derive(Debug)]
pub(crate) struct Ruler {
    rules: Vec<Rule>,
    /// By number of a tag: the patterns that can only begin at a token with this tag, as (rule, pattern).
    by_tag: Vec<Vec<(usize, usize)>>,
    others: Vec<(usize, usize)>,
}

impl Ruler {
    /// Reads the rules and adds the labels that they name.
    pub(crate) fn read(data: &[u8], labels: &mut Labels) -> Result<Self, ModelError> {
        let value = Value::read(data).map_err(|e| ModelError::malformed(FILE, e))?;
        let rules = value.as_array().ok_or_else(|| ModelError::malformed(FILE, "it is no list"))?;
        let rules = rules.iter().map(|rule| read_rule(rule, labels));
        let rules = rules.collect::<Result<Vec<_>, _>>()?;
        let (mut by_tag, mut others) = (Vec::<Vec<_>>::new(), Vec::new());
        for (r, rule) in rules.iter().enumerate() {
            for (p, pattern) in rule.patterns.iter().enumerate() {
                let tags = pattern.first().into_iter().flatten().find_map(|test| {
                    if let Test::Label { key: Key::Tag, labels, among: true } = test {
                        Some(labels)
                    } else {
                        None
                    }
                });
                let Some(tags) = tags else {
                    others.push((r, p));
                    continue;
                };
                for tag in tags.iter().map(|tag| usize::from(*tag)) {
                    by_tag.resize_with(by_tag.len().max(tag + 1), Vec::new);
                    by_tag[tag].push((r, p));
                }
            }
        }
        Ok(Self { rules, by_tag, others })
    }

    /// What to set, in order: a token and its change.
    pub(crate) fn apply<'r>(
        &'r self,
        tokens: &[TokenData],
        labels: &Labels,
    ) -> Vec<(usize, &'r Change)> {
        let mut hits = Vec::new();
        for (start, token) in tokens.iter().enumerate() {
            let candidates = self.by_tag.get(usize::from(token.tag)).into_iter().flatten();
            for &(r, p) in candidates.chain(&self.others) {
                let pattern = &self.rules[r].patterns[p];
                let here = tokens.get(start..start + pattern.len());
                let fits = here.is_some_and(|here| {
                    let mut pairs = here.iter().zip(pattern);
                    pairs.all(|(t, tests)| tests.iter().all(|test| test.fits(t, labels)))
                });
                if fits {
                    hits.push((r, start, start + pattern.len()));
                }
            }
        }
        hits.sort_unstable();
        hits.dedup();
        let mut out = Vec::with_capacity(hits.len() * 2);
        for (r, start, end) in hits {
            let rule = &self.rules[r];
            let from = if rule.index < 0 { end } else { start };
            let Some(at) = from.checked_add_signed(isize::try_from(rule.index).unwrap_or(0)) else {
                continue;
            };
            if (start..end).contains(&at) {
                out.extend(rule.changes.iter().map(|change| (at, change)));
            }
        }
        out
    }
}

fn read_rule(value: &Value, labels: &mut Labels) -> Result<Rule, ModelError> {
    let bad = |what: &str| ModelError::malformed(FILE, what);
    let list = value
        .get("patterns")
        .and_then(Value::as_array)
        .ok_or_else(|| bad("a rule has no patterns"))?;
    let mut patterns = Vec::new();
    for pattern in list {
        let tokens = pattern
            .as_array()
            .filter(|t| !t.is_empty())
            .ok_or_else(|| bad("a pattern is empty"))?;
        patterns.push(tokens.iter().map(|t| read_token(t, labels)).collect::<Result<Vec<_>, _>>()?);
    }
    let mut changes = Vec::new();
    for (key, value) in value.get("attrs").and_then(Value::as_map).unwrap_or_default() {
        let (key, value) =
            key.as_str().zip(value.as_str()).ok_or_else(|| bad("an attribute is odd"))?;
        let attr = match key {
            "TAG" => Attr::Tag,
            "POS" => Attr::Pos,
            "MORPH" => Attr::Morph,
            "LEMMA" => Attr::Lemma,
            "DEP" => Attr::Dep,
            other => {
                return Err(ModelError::unsupported(
                    "attribute_ruler",
                    format!("the attribute {other}"),
                ));
            }
        };
        let empty = attr == Attr::Morph && value == "_";
        let value = if empty { "" } else { value };
        let label = if attr == Attr::Lemma { 0 } else { labels.add(value) };
        changes.push(Change { attr, label, text: value.into() });
    }
    let index = value.get("index").and_then(Value::as_i64).unwrap_or(0);
    Ok(Rule { patterns, changes, index })
}

fn read_token(value: &Value, labels: &mut Labels) -> Result<Vec<Test>, ModelError> {
    let refuse = |what: String| ModelError::unsupported("attribute_ruler", what);
    let mut tests = Vec::new();
    for (name, wanted) in value.as_map().unwrap_or_default() {
        let name = name.as_str().unwrap_or_default();
        let key = match name {
            "IS_SPACE" => {
                tests.push(Test::IsSpace(wanted.as_bool().unwrap_or(true)));
                continue;
            }
            "MORPH" => {
                let features = wanted.get("IS_SUPERSET").and_then(Value::as_array);
                let features = features
                    .ok_or_else(|| refuse("a test of MORPH other than IS_SUPERSET".into()))?;
                tests.push(Test::Morph(strings(features)));
                continue;
            }
            "TAG" => Key::Tag,
            "POS" => Key::Pos,
            "DEP" => Key::Dep,
            "ORTH" | "TEXT" => Key::Orth,
            "LOWER" => Key::Lower,
            "NORM" => Key::Norm,
            other => return Err(refuse(format!("a test of {other}"))),
        };
        if let Some(text) = wanted.as_str() {
            tests.push(membership(key, vec![text.to_owned()], true, labels));
            continue;
        }
        for (op, operand) in
            wanted.as_map().ok_or_else(|| refuse(format!("an odd test of {name}")))?
        {
            let list = || strings(operand.as_array().unwrap_or_default());
            tests.push(match op.as_str() {
                Some("IN") => membership(key, list(), true, labels),
                Some("NOT_IN") => membership(key, list(), false, labels),
                Some("REGEX") => {
                    let pattern = Pattern::new(operand.as_str().unwrap_or_default());
                    Test::Regex(key, pattern.map_err(|e| ModelError::malformed(FILE, e))?)
                }
                other => return Err(refuse(format!("the operator {}", other.unwrap_or("?")))),
            });
        }
    }
    Ok(tests)
}

fn membership(key: Key, values: Vec<String>, among: bool, labels: &mut Labels) -> Test {
    match key {
        Key::Tag | Key::Pos | Key::Dep => {
            Test::Label { key, labels: values.iter().map(|v| labels.add(v)).collect(), among }
        }
        Key::Orth | Key::Lower | Key::Norm => Test::Word { key, words: values, among },
    }
}

fn strings(values: &[Value]) -> Vec<String> {
    values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
