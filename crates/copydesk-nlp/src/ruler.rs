//! The `attribute_ruler` (`spacy/pipeline/attributeruler.py`): token patterns that set attributes.
//!
//! All patterns are matched against the document as tagger and parser left it, then applied in rule order: no rule
//! sees another's result.

use std::collections::HashMap;

use crate::error::ModelError;
use crate::pattern::Pattern;
use crate::value::Value;

const FILE: &str = "attribute_ruler/patterns";

/// What rules look at in a token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) tag: &'a str,
    pub(crate) pos: &'a str,
    pub(crate) morph: &'a str,
    pub(crate) dep: &'a str,
    pub(crate) text: &'a str,
    pub(crate) lower: &'a str,
    pub(crate) norm: &'a str,
    pub(crate) is_space: bool,
}

/// An attribute that a rule sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attr {
    Tag,
    Pos,
    Morph,
    Lemma,
    Dep,
}

#[derive(Debug, Clone, Copy)]
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
    In(Key, Vec<String>),
    NotIn(Key, Vec<String>),
    Regex(Key, Pattern),
    IsSpace(bool),
    /// The features of `MORPH IS_SUPERSET`.
    Morph(Vec<String>),
}

impl Key {
    fn of<'a>(self, token: &View<'a>) -> &'a str {
        match self {
            Self::Tag => token.tag,
            Self::Pos => token.pos,
            Self::Dep => token.dep,
            Self::Orth => token.text,
            Self::Lower => token.lower,
            Self::Norm => token.norm,
        }
    }
}

impl Test {
    fn fits(&self, token: &View) -> bool {
        match self {
            Self::In(key, values) => values.iter().any(|v| v == key.of(token)),
            Self::NotIn(key, values) => !values.iter().any(|v| v == key.of(token)),
            Self::Regex(key, pattern) => pattern.occurs(key.of(token)),
            Self::IsSpace(wanted) => token.is_space == *wanted,
            Self::Morph(features) => {
                features.iter().all(|f| token.morph.split('|').any(|have| have == f))
            }
        }
    }
}

#[derive(Debug)]
struct Rule {
    patterns: Vec<Vec<Vec<Test>>>,
    attrs: Vec<(Attr, String)>,
    index: i64,
}

/// The rules of one model.
#[derive(Debug)]
pub(crate) struct Ruler {
    rules: Vec<Rule>,
    /// Patterns that can only begin at a token with this tag: (rule, pattern).
    by_tag: HashMap<String, Vec<(usize, usize)>>,
    others: Vec<(usize, usize)>,
}

impl Ruler {
    pub(crate) fn read(data: &[u8]) -> Result<Self, ModelError> {
        let value = Value::read(data).map_err(|e| ModelError::malformed(FILE, e))?;
        let rules = value.as_array().ok_or_else(|| ModelError::malformed(FILE, "it is no list"))?;
        let rules = rules.iter().map(read_rule).collect::<Result<Vec<_>, _>>()?;
        let (mut by_tag, mut others) = (HashMap::<String, Vec<_>>::new(), Vec::new());
        for (r, rule) in rules.iter().enumerate() {
            for (p, pattern) in rule.patterns.iter().enumerate() {
                let tags =
                    pattern.first().into_iter().flatten().find_map(|t| {
                        if let Test::In(Key::Tag, tags) = t { Some(tags) } else { None }
                    });
                let Some(tags) = tags else {
                    others.push((r, p));
                    continue;
                };
                for tag in tags {
                    by_tag.entry(tag.clone()).or_default().push((r, p));
                }
            }
        }
        Ok(Self { rules, by_tag, others })
    }

    /// Every value that a rule may set for these attributes.
    pub(crate) fn values(&self) -> impl Iterator<Item = (Attr, &str)> {
        self.rules.iter().flat_map(|r| &r.attrs).map(|(a, v)| (*a, v.as_str()))
    }

    /// What to set, in order: (token, attribute, value).
    pub(crate) fn apply<'r>(&'r self, tokens: &[View]) -> Vec<(usize, Attr, &'r str)> {
        let mut hits = Vec::new();
        for (start, token) in tokens.iter().enumerate() {
            let candidates = self.by_tag.get(token.tag).into_iter().flatten().chain(&self.others);
            for &(r, p) in candidates {
                let pattern = &self.rules[r].patterns[p];
                let here = tokens.get(start..start + pattern.len());
                let fits = here.is_some_and(|h| {
                    h.iter().zip(pattern).all(|(t, tests)| tests.iter().all(|test| test.fits(t)))
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
                out.extend(rule.attrs.iter().map(|(attr, value)| (at, *attr, value.as_str())));
            }
        }
        out
    }
}

fn read_rule(value: &Value) -> Result<Rule, ModelError> {
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
        patterns.push(tokens.iter().map(read_token).collect::<Result<Vec<_>, _>>()?);
    }
    let mut attrs = Vec::new();
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
        attrs.push((attr, if empty { String::new() } else { value.to_owned() }));
    }
    let index = value.get("index").and_then(Value::as_i64).unwrap_or(0);
    Ok(Rule { patterns, attrs, index })
}

fn read_token(value: &Value) -> Result<Vec<Test>, ModelError> {
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
            tests.push(Test::In(key, vec![text.to_owned()]));
            continue;
        }
        for (op, operand) in
            wanted.as_map().ok_or_else(|| refuse(format!("an odd test of {name}")))?
        {
            let list = || strings(operand.as_array().unwrap_or_default());
            tests.push(match op.as_str() {
                Some("IN") => Test::In(key, list()),
                Some("NOT_IN") => Test::NotIn(key, list()),
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

fn strings(values: &[Value]) -> Vec<String> {
    values.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
