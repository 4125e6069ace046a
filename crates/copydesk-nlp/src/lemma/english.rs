//! `spacy/pipeline/lemmatizer.py` with the test for base forms of `lang/en/lemmatizer.py`.

use std::collections::HashSet;

use super::{Tables, Word};
use crate::hash::string_id;
use crate::unicode;

pub(super) fn lemma(tables: &Tables, word: Word, pos: &str) -> String {
    let lower = word.lower;
    if is_base_form(pos, word.morph) {
        return lower.to_owned();
    }
    let id = string_id(pos);
    let known = tables.rules.contains_key(&id)
        || tables.exceptions.contains_key(&id)
        || tables.index.contains_key(&id);
    if !known {
        return if pos == "propn" { word.text } else { lower }.to_owned();
    }
    let (mut known, mut unknown): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for (old, new) in tables.rules(pos) {
        let Some(stem) = lower.strip_suffix(&**old) else { continue };
        let form = format!("{stem}{new}");
        if tables.indexed(pos, &form) {
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
    for form in tables.exceptions(pos, lower).unwrap_or_default() {
        if !known.iter().any(|k| **k == **form) {
            known.insert(0, form.to_string());
        }
    }
    known.into_iter().chain(unknown).next().unwrap_or_else(|| word.text.to_owned())
}

fn is_base_form(pos: &str, morph: &str) -> bool {
    let feature = |name: &str| {
        let mut parts = morph.split('|').filter_map(|f| f.split_once('='));
        parts.find(|(k, _)| *k == name).map(|(_, v)| v)
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
