//! `spacy/lang/es/lemmatizer.py`: rules that the morphology selects, each part of speech in its own way.
//!
//! spaCy makes lists of lemmas and takes the first of each; here only the first is looked for.

use super::{Rule, Tables, Word};
use crate::hash::string_id;

/// Parts of speech whose words are their own lemmas.
const FIXED: [&str; 9] = ["adp", "cconj", "intj", "part", "propn", "punct", "sconj", "sym", "x"];
/// Pronouns that a verb may end in, the longer ones first.
const ENCLITICS: [&str; 11] =
    ["las", "les", "los", "nos", "me", "te", "se", "la", "le", "lo", "os"];
const MOST_ENCLITICS: usize = 4;
/// The feature of a verb that ends in pronouns.
const PERSONAL: &str = "PronType=Prs";

pub(super) fn lemma(tables: &Tables, word: Word, pos: &str) -> String {
    let lower = word.lower;
    if FIXED.contains(&pos) {
        return if word.sent_start && pos != "propn" { lower } else { word.text }.to_owned();
    }
    if let Some(lemmas) = tables.exceptions(pos, lower) {
        return lemmas.first().map_or(lower, |lemma| lemma).to_owned();
    }
    match pos {
        "adj" | "noun" => nominal(tables, lower, pos, word.morph),
        "adv" => exact(tables, "adverbs", lower).unwrap_or(lower).to_owned(),
        "det" => determiner(tables, lower),
        "num" => numeral(tables, lower),
        "pron" => pronoun(tables, lower, "pron"),
        "aux" | "verb" if has(word.morph, PERSONAL) => with_pronouns(tables, lower, word.morph),
        "aux" | "verb" => verb(tables, lower, word.morph),
        _ => lower.to_owned(),
    }
}

/// Whether the morphology has this `Feature=Value`; a feature may have several values.
fn has(morph: &str, feature: &str) -> bool {
    let Some((key, value)) = feature.split_once('=') else { return false };
    let mut pairs = morph.split('|').filter_map(|f| f.split_once('='));
    pairs.any(|(k, values)| k == key && values.split(',').any(|v| v == value))
}

/// The rules of the first group whose features the word has.
fn selected<'t>(tables: &'t Tables, pos: &str, morph: &str) -> &'t [Rule] {
    let groups = tables.groups.get(&string_id(pos)).into_iter().flatten();
    let mut fitting = groups.filter(|(_, features)| features.iter().all(|f| has(morph, f)));
    fitting.next().map_or(&[], |(name, _)| tables.rules(name))
}

/// What a rule for whole words makes of the word.
fn exact<'t>(tables: &'t Tables, name: &str, word: &str) -> Option<&'t str> {
    tables.rules(name).iter().find(|(old, _)| **old == *word).map(|(_, new)| &**new)
}

/// The word with another ending; `None` when the rule does not change it.
fn changed(word: &str, (old, new): &Rule) -> Option<String> {
    let form = format!("{}{new}", word.strip_suffix(&**old)?);
    Some(form).filter(|form| form != word)
}

/// The first form that is in the index, else the first form, else the word.
fn best(tables: &Tables, pos: &str, forms: &[String], word: &str) -> String {
    let known = forms.iter().find(|form| tables.indexed(pos, form));
    known.or(forms.first()).map_or(word, |form| form).to_owned()
}

fn nominal(tables: &Tables, word: &str, pos: &str, morph: &str) -> String {
    let rules = selected(tables, pos, morph).iter();
    let mut forms: Vec<String> = rules.filter_map(|rule| changed(word, rule)).collect();
    if has(morph, "Number=Plur") {
        // Plurals that lose their accent: órdenes, orden.
        let plain = forms.iter().filter(|form| form.ends_with(['n', 's'])).flat_map(|form| {
            let accents = tables.rules("accents").iter();
            accents.map(|(old, new)| form.replace(&**old, new))
        });
        let plain: Vec<String> = plain.collect();
        forms.extend(plain);
    }
    best(tables, pos, &forms, word)
}

fn determiner(tables: &Tables, word: &str) -> String {
    let fixed = exact(tables, "det", word).or_else(|| exact(tables, "det_and_pron_fixed", word));
    if let Some(lemma) = fixed {
        return lemma.to_owned();
    }
    // Unlike a pronoun's, a form counts here even if the rule does not change it.
    let rules = tables.rules("det_and_pron_general").iter();
    let forms = rules.map(|rule| changed(word, rule).unwrap_or_else(|| word.to_owned()));
    let forms: Vec<String> = forms.chain([word.to_owned()]).collect();
    best(tables, "det", &forms, word)
}

/// `indexed`: the part of speech whose index is asked, which is the verb's for a pronoun that one ends in.
fn pronoun(tables: &Tables, word: &str, indexed: &str) -> String {
    let fixed = exact(tables, "pron", word).or_else(|| exact(tables, "det_and_pron_fixed", word));
    if let Some(lemma) = fixed {
        return lemma.to_owned();
    }
    let rules = tables.rules("det_and_pron_general").iter();
    let forms = rules.filter_map(|rule| changed(word, rule));
    let forms: Vec<String> = forms.chain([word.to_owned()]).collect();
    best(tables, indexed, &forms, word)
}

/// A decimal point for the comma; points between thousands are left out.
fn numeral(tables: &Tables, word: &str) -> String {
    if let Some(lemma) = exact(tables, "num", word) {
        return lemma.to_owned();
    }
    let whole = word.split(',').next().unwrap_or_default();
    let thousands = whole
        .rsplit_once('.')
        .is_some_and(|(_, last)| last.len() == 3 && last.bytes().all(|b| b.is_ascii_digit()));
    let word = if thousands { word.replace('.', "") } else { word.to_owned() };
    word.replace(',', ".")
}

fn verb(tables: &Tables, word: &str, morph: &str) -> String {
    let rules = selected(tables, "verb", morph).iter();
    let forms: Vec<String> = rules.filter_map(|rule| changed(word, rule)).collect();
    if let Some(form) = forms.iter().find(|form| tables.indexed("verb", form)) {
        return form.clone();
    }
    let mut alternating = forms.iter().flat_map(|form| alternations(tables, form));
    let known = alternating.find(|form| tables.indexed("verb", form));
    known.unwrap_or_else(|| forms.into_iter().next().unwrap_or_else(|| word.to_owned()))
}

/// Forms with another vowel in the stem: duerm-ir, dorm-ir.
fn alternations(tables: &Tables, form: &str) -> Vec<String> {
    let mut out = Vec::new();
    for (old, new) in tables.rules("voc_alt_1") {
        for (at, found) in form.match_indices(&**old) {
            let (before, after) = (form.get(..at), form.get(at + found.len()..));
            out.extend(before.zip(after).map(|(before, after)| format!("{before}{new}{after}")));
        }
    }
    for (old, new) in tables.rules("voc_alt_2").iter().filter(|(old, _)| form.contains(&**old)) {
        out.push(form.replacen(&**old, new, 1));
    }
    out
}

/// The lemmas of a verb and of the pronouns that it ends in, with spaces between them.
fn with_pronouns(tables: &Tables, word: &str, morph: &str) -> String {
    let (mut stem, mut pronouns) = (word, Vec::new());
    while pronouns.len() < MOST_ENCLITICS {
        let ending = ENCLITICS.iter().find_map(|e| stem.strip_suffix(e).map(|rest| (rest, e)));
        let Some((rest, ending)) = ending else { break };
        stem = rest;
        pronouns.insert(0, *ending);
    }
    let mut stem = stem.to_owned();
    for (old, new) in tables.rules("accents") {
        stem = stem.replace(&**old, new);
    }
    let exception = |pos, word| tables.exceptions(pos, word)?.first().map(ToString::to_string);
    let mut out = exception("verb", &stem).unwrap_or_else(|| verb(tables, &stem, morph));
    out.push(' ');
    let lemmas = pronouns.into_iter().map(|pronoun_| {
        exception("pron", pronoun_).unwrap_or_else(|| pronoun(tables, pronoun_, "verb"))
    });
    out.push_str(&lemmas.collect::<Vec<_>>().join(" "));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(pairs: &[(&str, &str)]) -> Vec<Rule> {
        pairs.iter().map(|(old, new)| ((*old).into(), (*new).into())).collect()
    }

    fn tables() -> Tables {
        let mut tables = Tables::default();
        let named = [
            ("plural", rules(&[("es", ""), ("s", "")])),
            ("present", rules(&[("o", "ar"), ("o", "ir"), ("en", "ir"), ("me", "mir")])),
            ("infinitive", rules(&[])),
            ("accents", rules(&[("ó", "o"), ("á", "a")])),
            ("voc_alt_1", rules(&[("i", "e")])),
            ("voc_alt_2", rules(&[("ue", "o")])),
            ("det_and_pron_general", rules(&[("as", "o"), ("a", "o")])),
            ("num", rules(&[("una", "uno")])),
            ("pron", rules(&[("me", "yo")])),
        ];
        tables.rules = named.map(|(name, rules)| (string_id(name), rules)).into();
        let group = |name: &str, features: &[&str]| -> super::super::Group {
            (name.into(), features.iter().map(|f| (*f).into()).collect())
        };
        let verbs = vec![group("present", &["Mood=Ind", "Tense=Pres"]), group("infinitive", &[])];
        let nouns = vec![group("plural", &["Number=Plur"])];
        tables.groups = [(string_id("verb"), verbs), (string_id("noun"), nouns)].into();
        let index = [("verb", vec!["dormir", "pedir", "dar"]), ("noun", vec!["orden", "casa"])];
        tables.index = index
            .map(|(pos, words)| (string_id(pos), words.into_iter().map(Box::from).collect()))
            .into();
        tables
    }

    #[test]
    fn lemmas() {
        let check = |text: &str, pos: &str, morph: &str, expected: &str| {
            let word = Word { text, lower: &text.to_lowercase(), pos, morph, sent_start: true };
            assert_eq!(lemma(&tables(), word, pos), expected, "{text} {pos}");
        };
        check("Desde", "adp", "", "desde");
        check("Lima", "propn", "", "Lima");
        check("casas", "noun", "Number=Plur", "casa");
        check("órdenes", "noun", "Number=Plur", "orden"); // without its accent
        check("casa", "noun", "Number=Sing", "casa");
        check("duermo", "verb", "Mood=Ind|Tense=Pres", "dormir");
        check("pido", "verb", "Mood=Ind|Tense=Pres", "pedir");
        check("hablo", "verb", "Mood=Ind|Tense=Pres", "hablar");
        check("dármelas", "verb", "PronType=Prs|VerbForm=Inf", "dar yo lo");
        check("dárnoslos", "verb", "PronType=Prs|VerbForm=Inf", "dar nos los");
        check("otras", "det", "Number=Plur", "otro");
        check("una", "num", "", "uno");
        check("3.400,5", "num", "", "3400.5");
        check("2,5", "num", "", "2.5");
        check("2.50", "num", "", "2.50");
    }

    #[test]
    fn a_feature_may_have_several_values() {
        assert!(has("Case=Acc,Dat|Number=Sing", "Case=Dat"));
        assert!(!has("Case=Acc,Dat|Number=Sing", "Case=Nom"));
        assert!(!has("", "Case=Nom"));
    }
}
