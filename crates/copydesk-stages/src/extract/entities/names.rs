//! Names as strings: folding, titles, family names.

pub(in crate::extract) use copydesk_kb::fold;

use copydesk_types::EntityType;

use super::name_match;
use crate::extract::lexicon::{COURTESY, has};

/// Family names that stand first in Korean, Chinese and Vietnamese names.
const FAMILY_FIRST: &str = "kim ri lee yi pak park choe choi jong jang kang cho han yun yoon im lim hwang an ahn song jo ro roh noh paek \
    moon mun xi li wang zhang liu chen yang zhao huang zhou wu xu sun hu zhu gao lin he guo ma luo liang deng mao jiang wen \
    nguyen tran pham hoang phan vu dang bui do ngo duong";

/// Small words inside or before a family name.
pub(in crate::extract) const PARTICLES: &str =
    "von van der den de du da di del della dos la le lo el bin ibn al ben ter ten zu af av";

/// The words of a person's name without courtesy titles, folded.
pub(in crate::extract) fn person_words(name: &str) -> Vec<String> {
    let words: Vec<&str> = name.split_whitespace().collect();
    let start = words
        .iter()
        .take(words.len().saturating_sub(1))
        .take_while(|w| has(COURTESY, &w.to_lowercase()))
        .count();
    fold(&words[start..].join(" "))
        .split(' ')
        .map(str::to_owned)
        .filter(|w| !w.is_empty())
        .collect()
}

/// What the spellings of one name share, for ids that are minted: the sound of a person's words without middle initials,
/// an organization without its legal form.
pub(in crate::extract) fn key(kind: EntityType, name: &str) -> String {
    if kind == EntityType::Person {
        let words = person_words(name);
        let last = words.len().saturating_sub(1);
        let kept = words
            .iter()
            .enumerate()
            .filter(|(at, w)| w.chars().count() > 1 || *at == 0 || *at == last);
        return kept.map(|(_, w)| name_match::sound(w)).collect::<Vec<_>>().join(" ");
    }
    super::cluster::words_of(kind, name).join(" ")
}

/// Whether the first word of the full name is the family name.
pub(in crate::extract) fn is_family_first(words: &[String]) -> bool {
    words.len() >= 2
        && has(FAMILY_FIRST, &words[0])
        && words.len() <= 4
        && !has("jr sr ii iii", words.last().map_or("", |w| w))
        && (words.len() == 3 || !is_western_given(&words[words.len() - 1]))
}

/// "Kim Clijsters", "Lee Harvey": a last word of more than six letters is no Korean or Chinese given name as a rule.
fn is_western_given(word: &str) -> bool {
    word.len() > 6
}

/// The word by which the person is called alone.
pub(in crate::extract) fn family_name(words: &[String]) -> Option<&str> {
    if is_family_first(words) {
        return words.first().map(String::as_str);
    }
    words.iter().rev().find(|w| !has("jr sr ii iii", w)).map(String::as_str)
}

/// Whether `short` may name the person with the full name `full`.
pub(in crate::extract) fn names_person(short: &[String], full: &[String]) -> bool {
    match short {
        [] => false,
        [one] => {
            family_name(full) == Some(one.as_str()) || (full.len() > 1 && full.first() == Some(one))
        }
        _ => {
            // Every word of the short form in the order of the full one; an initial stands for a word.
            let mut rest = full.iter();
            let in_order = short.iter().all(|s| {
                rest.any(|f| {
                    s == f
                        || (s.len() == 1 && f.starts_with(s.as_str()))
                        || (f.len() == 1 && s.starts_with(f.as_str()))
                })
            });
            in_order && family_name(short) == family_name(full)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding() {
        let check = |name: &str, expected: &str| assert_eq!(fold(name), expected, "{name}");
        check("U.S.", "us");
        check("São Paulo's", "sao paulo");
        check("Moon Jae-in", "moon jae in");
    }

    #[test]
    fn spellings_have_one_key() {
        let check = |a: &str, b: &str, same: bool| {
            assert_eq!(key(EntityType::Person, a) == key(EntityType::Person, b), same, "{a} / {b}");
        };
        check("Sergey Lavrov", "Sergei Lavrov", true);
        check("Ada B. Quill", "Ada Quill", true);
        check("Moon Jae-in", "Moon Jae In", true);
        check("Kim Jong Un", "Kim Jong Il", false);
        let company = |name: &str| key(EntityType::Organization, name);
        assert_eq!(company("Quill Works Inc."), company("Quill Works"));
    }

    #[test]
    fn short_names() {
        let check = |short: &str, full: &str, expected: bool| {
            assert_eq!(
                names_person(&person_words(short), &person_words(full)),
                expected,
                "{short} / {full}"
            );
        };
        check("Lavrov", "Sergey Lavrov", true);
        check("Mr. Lavrov", "Sergey Lavrov", true);
        check("Kim", "Kim Jong Un", true);
        check("Un", "Kim Jong Un", false);
        check("Hillary", "Hillary Clinton", true);
        check("Donald Trump", "Donald J. Trump", true);
        check("Kim Jong Il", "Kim Jong Un", false);
        check("J. Smith", "John Smith", true);
        check("Jane Smith", "John Smith", false);
    }
}
