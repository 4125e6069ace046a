//! Rules over a whole document: what one mention says of another with the same words.

use std::collections::{BTreeMap, HashMap, HashSet};

use copydesk_nlp::Doc;
use copydesk_types::EntityType;

use super::mentions::{Candidate, by_rule, coverage};
use super::{names, shape};

/// The same words have the same type all over a document: that of the majority, the first one on a tie.
pub(super) fn one_type_a_surface(found: &mut [Candidate]) {
    let mut counts: BTreeMap<String, Vec<(EntityType, String, usize)>> = BTreeMap::new();
    for c in found.iter() {
        let row = counts.entry(c.text.clone()).or_default();
        match row.iter_mut().find(|(kind, _, _)| *kind == c.kind) {
            Some((_, _, n)) => *n += 1,
            None => row.push((c.kind, c.label.clone().unwrap_or_default(), 1)),
        }
    }
    for c in found.iter_mut() {
        let row = &counts[&c.text];
        let most = row.iter().map(|r| r.2).max().unwrap_or(0);
        let Some((kind, label, _)) = row.iter().find(|r| r.2 == most) else { continue };
        if c.kind != *kind {
            (c.kind, c.label, c.demonym) = (*kind, Some(label.clone()), false);
        }
    }
}

/// "Acme" where the document also has "Acme Holdings plc": the name without its legal form is the organization, also
/// where it is untagged or tagged otherwise.
pub(super) fn short_organizations(doc: &Doc, found: &mut Vec<Candidate>) {
    let mut short: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    for c in found.iter().filter(|c| c.kind == EntityType::Organization) {
        let words: Vec<String> = c.tokens.clone().map(|t| doc.token_text(t).to_owned()).collect();
        let stem = shape::without_legal_form(&words);
        if !stem.is_empty() && stem.len() < words.len() {
            *short.entry(stem.to_vec()).or_default() += 1;
        }
    }
    for c in found.iter_mut() {
        let words: Vec<String> = c.tokens.clone().map(|t| doc.token_text(t).to_owned()).collect();
        if short.contains_key(&words) && c.kind != EntityType::Group {
            c.set_kind(EntityType::Organization);
        }
    }
    let names = short.keys().map(|w| (w.clone(), EntityType::Organization)).collect();
    add_surfaces(doc, found, &names);
}

/// "International Widget Agency (IWA)": the letters in brackets have the type of the name before them, everywhere.
pub(super) fn acronyms(doc: &Doc, found: &mut Vec<Candidate>) {
    let mut known: BTreeMap<String, EntityType> = BTreeMap::new();
    for c in found.iter().filter(|c| !matches!(c.kind, EntityType::Person | EntityType::Group)) {
        let open = c.tokens.end;
        if open + 2 >= doc.len() || doc.token_text(open) != "(" || doc.token_text(open + 2) != ")" {
            continue;
        }
        let letters = doc.token_text(open + 1);
        if is_initials(letters, &c.text) {
            known.insert(letters.to_owned(), c.kind);
        }
    }
    for c in found.iter_mut() {
        if let Some(kind) = known.get(&c.text) {
            c.set_kind(*kind);
        }
    }
    let names = known.into_iter().map(|(name, kind)| (vec![name], kind)).collect();
    add_surfaces(doc, found, &names);
}

/// Whether the capitals of `letters` are initials of the words of `name`, in order, the first one included.
fn is_initials(letters: &str, name: &str) -> bool {
    let wanted: Vec<char> = letters.chars().filter(|c| c.is_uppercase()).collect();
    if wanted.len() < 2
        || wanted.len() > 8
        || letters.chars().any(|c| !c.is_alphanumeric() && !matches!(c, '.' | '&' | '-'))
    {
        return false;
    }
    let initials =
        name.split(|c: char| c.is_whitespace() || c == '-').filter_map(|w| w.chars().next());
    let mut rest = initials.flat_map(char::to_uppercase).peekable();
    rest.peek() == wanted.first()
        && wanted.iter().filter(|w| rest.by_ref().any(|i| i == **w)).count() + 1 >= wanted.len()
}

/// The family name of a full person name elsewhere in the document is that person, also where the model said
/// otherwise or nothing: the rule that is worth most on news.
pub(super) fn surnames(doc: &Doc, found: &mut Vec<Candidate>) {
    let mut surnames: HashMap<String, usize> = HashMap::new();
    for c in found.iter().filter(|c| c.kind == EntityType::Person) {
        let words = names::person_words(&c.text);
        let Some(name) = names::family_name(&words).filter(|_| (2..=5).contains(&words.len()))
        else {
            continue;
        };
        if name.len() > 2 || names::is_family_first(&words) {
            *surnames.entry(name.to_owned()).or_default() += 1;
        }
    }
    let located: HashSet<String> = found
        .iter()
        .filter(|c| {
            let before = c.tokens.start.checked_sub(1).map_or("", |t| doc.lower(t));
            matches!(before, "in" | "at" | "near" | "from" | "," | "to" | "of" | "(")
        })
        .map(|c| c.folded.clone())
        .collect();
    for c in found.iter_mut().filter(|c| c.tokens.len() == 1 && c.kind != EntityType::Person) {
        let Some(&full) = surnames.get(&c.folded) else { continue };
        // A place of that name that is more often a place stays one.
        if c.kind != EntityType::Place || full >= 2 || !located.contains(&c.folded) {
            c.set_kind(EntityType::Person);
        }
    }
    let covered = coverage(doc, found);
    for t in (0..doc.len()).filter(|&t| !covered[t]) {
        let word = doc.token_text(t);
        let capital = word.chars().next().is_some_and(char::is_uppercase)
            && word.chars().any(char::is_lowercase);
        if capital
            && matches!(doc.pos(t), "PROPN" | "NOUN" | "ADJ" | "X")
            && surnames.contains_key(&names::fold(word))
        {
            found.push(by_rule(doc, t..t + 1, EntityType::Person));
        }
    }
    shape::particles(doc, found);
}

/// Names that the model found at least twice are found everywhere, as whole words with a capital.
pub(super) fn repeats(doc: &Doc, found: &mut Vec<Candidate>) {
    let mut counts: BTreeMap<Vec<String>, (usize, EntityType)> = BTreeMap::new();
    for c in found.iter() {
        let words: Vec<String> = c.tokens.clone().map(|t| doc.token_text(t).to_owned()).collect();
        if words.iter().all(|w| w.len() > 1)
            && words[0].chars().next().is_some_and(char::is_uppercase)
        {
            counts.entry(words).or_insert((0, c.kind)).0 += 1;
        }
    }
    counts.retain(|_, (n, _)| *n >= 2);
    let names = counts.into_iter().map(|(words, (_, kind))| (words, kind)).collect();
    add_surfaces(doc, found, &names);
}

/// Finds these words where no mention is yet; the longest name wins.
pub(super) fn add_surfaces(
    doc: &Doc,
    found: &mut Vec<Candidate>,
    names: &BTreeMap<Vec<String>, EntityType>,
) {
    let firsts: HashSet<&str> =
        names.keys().filter_map(|w| w.first()).map(String::as_str).collect();
    let longest = names.keys().map(Vec::len).max().unwrap_or(0);
    let mut covered = coverage(doc, found);
    for t in 0..doc.len() {
        if covered[t] || !firsts.contains(doc.token_text(t)) {
            continue;
        }
        for end in (t + 1..=(t + longest).min(doc.len())).rev() {
            if covered[t..end].iter().any(|&c| c) {
                continue;
            }
            let words: Vec<String> = (t..end).map(|t| doc.token_text(t).to_owned()).collect();
            if let Some(&kind) = names.get(&words) {
                covered[t..end].fill(true);
                found.push(by_rule(doc, t..end, kind));
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::is_initials;

    #[test]
    fn initials() {
        let check = |letters: &str, name: &str, expected: bool| {
            assert_eq!(is_initials(letters, name), expected, "{letters} / {name}");
        };
        check("IWA", "International Widget Agency", true);
        check("FBI", "Federal Bureau of Investigation", true);
        check("CWaC", "Council of Widgets and Cogs", true);
        check("XWA", "International Widget Agency", false);
        check("A", "Agency", false);
        check("2019", "International Widget Agency", false);
    }
}
