//! `spacy/lang/fr/lemmatizer.py`: index, exceptions, rules, and as a last resort one table for all words.

use super::{Tables, Word};
use crate::unicode;

/// The parts of speech that have rules; all others are looked up.
const RULED: [&str; 11] =
    ["noun", "verb", "adj", "adp", "adv", "aux", "cconj", "det", "pron", "punct", "sconj"];

pub(super) fn lemma(tables: &Tables, word: Word, pos: &str) -> String {
    if !RULED.contains(&pos) {
        return tables.lookup(word.text).unwrap_or(word.text).to_owned();
    }
    let lower = word.lower;
    if tables.indexed(pos, lower) {
        return lower.to_owned();
    }
    if let Some(first) = tables.exceptions(pos, lower).unwrap_or_default().first() {
        return first.to_string();
    }
    let mut unknown = None;
    for (old, new) in tables.rules(pos) {
        let Some(stem) = lower.strip_suffix(&**old) else { continue };
        let form = format!("{stem}{new}");
        if form.is_empty() {
            continue;
        }
        if tables.indexed(pos, &form) || !form.chars().all(unicode::is_alpha) {
            return form;
        }
        unknown = unknown.or(Some(form));
    }
    unknown.unwrap_or_else(|| tables.lookup(lower).unwrap_or(lower).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::string_id;

    #[test]
    fn the_order_of_the_tables() {
        let mut tables = Tables::default();
        let noun = string_id("noun");
        tables.index.insert(noun, ["cheval", "os", "prix"].map(Box::from).into());
        let yeux = ("yeux".into(), vec!["œil".into()]);
        tables.exceptions.insert(noun, [yeux].into());
        tables
            .rules
            .insert(noun, [("s", ""), ("aux", "al")].map(|(o, n)| (o.into(), n.into())).into());
        tables.lookup.insert(string_id("IGN"), "ign".into());
        tables.lookup.insert(string_id("mesdames"), "madame".into());
        let check = |text: &str, pos: &str, expected: &str| {
            let lower = text.to_lowercase();
            let word = Word { text, lower: &lower, pos, morph: "", sent_start: false };
            assert_eq!(lemma(&tables, word, pos), expected, "{text} {pos}");
        };
        check("Os", "noun", "os"); // in the index as it stands
        check("yeux", "noun", "œil");
        check("chevaux", "noun", "cheval");
        check("quais", "noun", "quai"); // in no index: the first form
        check("s", "noun", "s"); // no form is left
        check("mesdames", "pron", "madame");
        check("IGN", "propn", "ign");
        check("Lyon", "propn", "Lyon");
    }
}
