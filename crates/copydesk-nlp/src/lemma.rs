//! The rule lemmatizer with the English test for base forms (`spacy/pipeline/lemmatizer.py`, `lang/en/lemmatizer.py`).

use std::collections::{HashMap, HashSet};

use crate::error::ModelError;
use crate::hash::string_id;
use crate::unicode;
use crate::value::Value;

const FILE: &str = "lemmatizer/lookups/lookups.bin";

#[derive(Debug, Default)]
struct Tables {
    rules: Vec<(Box<str>, Box<str>)>,
    exceptions: HashMap<Box<str>, Vec<Box<str>>>,
    index: HashSet<Box<str>>,
}

/// Tables by the id of the lower-cased part of speech.
#[derive(Debug)]
pub(crate) struct Lemmatizer {
    tables: HashMap<u64, Tables>,
}

impl Lemmatizer {
    pub(crate) fn read(data: &[u8]) -> Result<Self, ModelError> {
        let bad = |what: &str| ModelError::malformed(FILE, what);
        let value = Value::read(data).map_err(|e| bad(&e))?;
        let mut tables: HashMap<u64, Tables> = HashMap::new();
        for (name, table) in value.as_map().ok_or_else(|| bad("it is no set of tables"))? {
            for (pos, rows) in table.as_map().unwrap_or_default() {
                let Some(pos) = pos.as_u64() else { continue };
                let read = tables.entry(pos).or_default();
                match name.as_str() {
                    Some("lemma_rules") => {
                        let rules = rows.as_array().unwrap_or_default().iter().map(rule);
                        read.rules =
                            rules.collect::<Option<_>>().ok_or_else(|| bad("a rule is odd"))?;
                    }
                    Some("lemma_exc") => {
                        let rows = rows.as_map().unwrap_or_default().iter();
                        let rows = rows.map(|(k, v)| Some((k.as_str()?.into(), list(v)?)));
                        read.exceptions = rows
                            .collect::<Option<_>>()
                            .ok_or_else(|| bad("an exception is odd"))?;
                    }
                    Some("lemma_index") => {
                        let words = list(rows).ok_or_else(|| bad("an index is odd"))?;
                        read.index = words.into_iter().collect();
                    }
                    _ => {}
                }
            }
        }
        Ok(Self { tables })
    }

    /// The lemma of `text` with this part of speech and morphology.
    pub(crate) fn lemma(&self, text: &str, lower: &str, pos: &str, morph: &str) -> String {
        let pos = pos.to_ascii_lowercase();
        if matches!(pos.as_str(), "" | "eol" | "space") || is_base_form(&pos, morph) {
            return lower.to_owned();
        }
        let Some(tables) = self.tables.get(&string_id(&pos)) else {
            return if pos == "propn" { text } else { lower }.to_owned();
        };
        let (mut known, mut unknown): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        for (old, new) in &tables.rules {
            let Some(stem) = lower.strip_suffix(&**old) else { continue };
            let form = format!("{stem}{new}");
            if tables.index.contains(form.as_str()) {
                known.insert(0, form);
            } else if form.is_empty() {
            } else if form.chars().all(unicode::is_alpha) {
                unknown.push(form);
            } else {
                known.push(form);
            }
        }
        let mut seen = HashSet::new();
        known.retain(|f| seen.insert(f.clone()));
        for form in tables.exceptions.get(lower).into_iter().flatten() {
            if !known.iter().any(|k| **k == **form) {
                known.insert(0, form.to_string());
            }
        }
        known.into_iter().chain(unknown).next().unwrap_or_else(|| text.to_owned())
    }
}

fn is_base_form(pos: &str, morph: &str) -> bool {
    let feature = |name: &str| {
        let parts = morph.split('|').filter_map(|f| f.split_once('='));
        parts.into_iter().find(|(k, _)| *k == name).map(|(_, v)| v)
    };
    let form = feature("VerbForm");
    (pos == "noun" && feature("Number") == Some("Sing"))
        || matches!(form, Some("Inf" | "None"))
        || (pos == "verb"
            && form == Some("Fin")
            && feature("Tense") == Some("Pres")
            && feature("Number").is_none())
        || feature("Degree") == Some("Pos")
}

fn rule(value: &Value) -> Option<(Box<str>, Box<str>)> {
    let [old, new] = value.as_array()? else { return None };
    Some((old.as_str()?.into(), new.as_str()?.into()))
}

fn list(value: &Value) -> Option<Vec<Box<str>>> {
    value.as_array()?.iter().map(|v| v.as_str().map(Box::from)).collect()
}

#[cfg(test)]
mod tests {
    use super::is_base_form;

    #[test]
    fn base_forms() {
        let check = |pos: &str, morph: &str, expected: bool| {
            assert_eq!(is_base_form(pos, morph), expected, "{pos} {morph}");
        };
        check("noun", "Number=Sing", true);
        check("noun", "Number=Plur", false);
        check("verb", "VerbForm=Inf", true);
        check("verb", "Tense=Pres|VerbForm=Fin", true);
        check("verb", "Number=Sing|Person=3|Tense=Pres|VerbForm=Fin", false);
        check("adj", "Degree=Pos", true);
        check("adj", "Degree=Cmp", false);
    }
}
