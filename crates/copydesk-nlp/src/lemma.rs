//! The rule lemmatizers (`spacy/pipeline/lemmatizer.py` and `spacy/lang/*/lemmatizer.py`): a word's lemma from tables,
//! chosen by its part of speech.
//!
//! Each language has a class of its own in spaCy; here it has a module. A lemma depends on the [`Word`] alone.

mod english;
mod french;
mod spanish;

use std::collections::{HashMap, HashSet};

use crate::error::ModelError;
use crate::hash::string_id;
use crate::value::Value;

const FILE: &str = "lemmatizer/lookups/lookups.bin";

/// A language with a rule lemmatizer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    French,
    Spanish,
}

impl Language {
    /// The language of this code, if its rule lemmatizer is known.
    pub(crate) fn of(code: &str) -> Option<Self> {
        match code {
            "en" => Some(Self::English),
            "fr" => Some(Self::French),
            "es" => Some(Self::Spanish),
            _ => None,
        }
    }
}

/// What a lemma depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word<'a> {
    pub(crate) text: &'a str,
    pub(crate) lower: &'a str,
    pub(crate) pos: &'a str,
    pub(crate) morph: &'a str,
    pub(crate) sent_start: bool,
}

/// A suffix and what comes in its place.
type Rule = (Box<str>, Box<str>);

/// A group of rules and the features of the words that it is for.
type Group = (Box<str>, Vec<Box<str>>);

/// The tables of one model, by the id of what they are for: mostly a part of speech in lower case.
#[derive(Debug, Default)]
struct Tables {
    rules: HashMap<u64, Vec<Rule>>,
    groups: HashMap<u64, Vec<Group>>,
    exceptions: HashMap<u64, HashMap<Box<str>, Vec<Box<str>>>>,
    index: HashMap<u64, HashSet<Box<str>>>,
    /// Lemmas by the id of the word itself.
    lookup: HashMap<u64, Box<str>>,
}

impl Tables {
    fn rules(&self, name: &str) -> &[Rule] {
        self.rules.get(&string_id(name)).map_or(&[], Vec::as_slice)
    }

    fn indexed(&self, pos: &str, form: &str) -> bool {
        self.index.get(&string_id(pos)).is_some_and(|index| index.contains(form))
    }

    /// The lemmas of an exception; `None` when the word is none.
    fn exceptions(&self, pos: &str, word: &str) -> Option<&[Box<str>]> {
        self.exceptions.get(&string_id(pos))?.get(word).map(Vec::as_slice)
    }

    fn lookup(&self, word: &str) -> Option<&str> {
        self.lookup.get(&string_id(word)).map(|lemma| &**lemma)
    }
}

/// The lemmatizer of one model.
#[derive(Debug)]
pub(crate) struct Lemmatizer {
    language: Language,
    tables: Tables,
}

impl Lemmatizer {
    pub(crate) fn read(data: &[u8], language: Language) -> Result<Self, ModelError> {
        let bad = |what: &str| ModelError::malformed(FILE, what);
        let value = Value::read(data).map_err(|e| bad(&e))?;
        let mut tables = Tables::default();
        for (name, table) in value.as_map().ok_or_else(|| bad("it is no set of tables"))? {
            let name = name.as_str().unwrap_or_default();
            match name {
                "lemma_rules" => tables.rules = by_id(name, table, |v| each(v, rule))?,
                "lemma_rules_groups" => tables.groups = by_id(name, table, |v| each(v, group))?,
                "lemma_exc" => tables.exceptions = by_id(name, table, exceptions)?,
                "lemma_index" => tables.index = by_id(name, table, index)?,
                // The other languages have no use for it.
                "lemma_lookup" if language == Language::French => {
                    tables.lookup = by_id(name, table, first)?;
                }
                _ => {}
            }
        }
        Ok(Self { language, tables })
    }

    /// The lemma of a word.
    pub(crate) fn lemma(&self, word: Word) -> String {
        let pos = word.pos.to_ascii_lowercase();
        if matches!(pos.as_str(), "" | "eol" | "space") {
            return word.lower.to_owned();
        }
        match self.language {
            Language::English => english::lemma(&self.tables, word, &pos),
            Language::French => french::lemma(&self.tables, word, &pos),
            Language::Spanish => spanish::lemma(&self.tables, word, &pos),
        }
    }
}

/// The rows of one table.
fn by_id<T>(
    name: &str,
    table: &Value,
    read: impl Fn(&Value) -> Option<T>,
) -> Result<HashMap<u64, T>, ModelError> {
    let rows = table.as_map().unwrap_or_default().iter();
    let rows = rows.map(|(id, row)| Some((id.as_u64()?, read(row)?)));
    let rows = rows.collect::<Option<_>>();
    rows.ok_or_else(|| ModelError::malformed(FILE, format!("{name} has an odd row")))
}

fn each<T>(list: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    list.as_array()?.iter().map(read).collect()
}

fn string(value: &Value) -> Option<Box<str>> {
    value.as_str().map(Box::from)
}

fn rule(value: &Value) -> Option<Rule> {
    let [old, new] = value.as_array()? else { return None };
    Some((string(old)?, string(new)?))
}

fn group(value: &Value) -> Option<Group> {
    let [name, features] = value.as_array()? else { return None };
    Some((string(name)?, each(features, string)?))
}

fn exceptions(value: &Value) -> Option<HashMap<Box<str>, Vec<Box<str>>>> {
    value
        .as_map()?
        .iter()
        .map(|(word, lemmas)| Some((string(word)?, each(lemmas, string)?)))
        .collect()
}

fn index(value: &Value) -> Option<HashSet<Box<str>>> {
    value.as_array()?.iter().map(string).collect()
}

fn first(lemmas: &Value) -> Option<Box<str>> {
    string(lemmas.as_array()?.first()?)
}
