//! Mentions: the model's entities after the span conventions, and what document rules add.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use copydesk_nlp::Doc;
use copydesk_types::{Block, EntityType};

use super::names;
use crate::extract::lexicon::{COURTESY, has};

/// A mention before it is grouped.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) bytes: Range<usize>,
    pub(super) tokens: Range<usize>,
    pub(super) kind: EntityType,
    /// The label of the model or, where a rule changed it, what the model would say.
    pub(super) label: Option<String>,
    pub(super) demonym: bool,
    pub(super) text: String,
}

/// Mentions in order of the text, without overlap.
pub(super) fn find(doc: &Doc, _blocks: &[Block]) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    for &ent in doc.ents() {
        let label = doc.ent_label(ent);
        let Some(kind) = kind_of(label) else { continue };
        if let Some(tokens) = trim(doc, ent.start..ent.end) {
            found.push(candidate(doc, tokens, kind, Some(label)));
        }
    }
    one_type_a_surface(&mut found);
    add_surnames(doc, &mut found);
    add_repeats(doc, &mut found);
    found.sort_by_key(|c| c.bytes.start);
    found
}

fn candidate(doc: &Doc, tokens: Range<usize>, kind: EntityType, label: Option<&str>) -> Candidate {
    let text = doc.span_text(tokens.clone()).to_owned();
    let last = tokens.end - 1;
    let demonym = label == Some("NORP") && doc.tag(last).starts_with("JJ");
    Candidate { bytes: doc.bytes(tokens.clone()), tokens, kind, label: label.map(str::to_owned), demonym, text }
}

fn kind_of(label: &str) -> Option<EntityType> {
    Some(match label {
        "PERSON" => EntityType::Person,
        "ORG" => EntityType::Organization,
        "GPE" | "LOC" => EntityType::Place,
        "FAC" => EntityType::Facility,
        "NORP" => EntityType::Group,
        "EVENT" => EntityType::Event,
        "WORK_OF_ART" => EntityType::Work,
        "LAW" => EntityType::Law,
        "PRODUCT" => EntityType::Product,
        "LANGUAGE" => EntityType::Language,
        _ => return None,
    })
}

fn label_of(kind: EntityType) -> &'static str {
    match kind {
        EntityType::Person => "PERSON",
        EntityType::Organization => "ORG",
        EntityType::Place => "GPE",
        EntityType::Facility => "FAC",
        EntityType::Group => "NORP",
        EntityType::Event => "EVENT",
        EntityType::Work => "WORK_OF_ART",
        EntityType::Law => "LAW",
        EntityType::Product => "PRODUCT",
        EntityType::Language => "LANGUAGE",
    }
}

/// Takes a leading article, a trailing possessive, white space and quote marks off.
fn trim(doc: &Doc, mut tokens: Range<usize>) -> Option<Range<usize>> {
    let outer = |t: usize| doc.is_space(t) || matches!(doc.token_text(t), "\"" | "“" | "”" | "(" | ")" | "," | "'" | "’" | "--" | "-");
    while !tokens.is_empty() && (outer(tokens.start) || doc.lower(tokens.start) == "the") {
        tokens.start += 1;
    }
    while !tokens.is_empty() && (outer(tokens.end - 1) || matches!(doc.token_text(tokens.end - 1), "'s" | "’s")) {
        tokens.end -= 1;
    }
    // A name does not run over a line.
    if let Some(line) = tokens.clone().find(|&t| doc.is_space(t) && doc.token_text(t).contains('\n')) {
        tokens.end = line;
    }
    let named = tokens.clone().any(|t| doc.token_text(t).chars().any(char::is_alphanumeric));
    (!tokens.is_empty() && named).then_some(tokens)
}

/// The same words have the same type all over a document: that of the majority, the first one on a tie.
fn one_type_a_surface(found: &mut [Candidate]) {
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
        if let Some((kind, label, _)) = row.iter().find(|r| r.2 == most) {
            (c.kind, c.label) = (*kind, Some(label.clone()));
        }
    }
}

/// The family name of a full person name elsewhere in the document is that person, also where the model said
/// otherwise or nothing: the rule that is worth most on news.
fn add_surnames(doc: &Doc, found: &mut Vec<Candidate>) {
    let mut surnames: HashMap<String, usize> = HashMap::new();
    for c in found.iter().filter(|c| c.kind == EntityType::Person) {
        let words = names::person_words(&c.text);
        if words.len() >= 2 && words.len() <= 4 {
            if let Some(name) = names::family_name(&words).filter(|n| n.len() > 2 || names::is_family_first(&words)) {
                *surnames.entry(name.to_owned()).or_default() += 1;
            }
        }
    }
    for c in found.iter_mut() {
        if c.tokens.len() == 1 && surnames.contains_key(&names::fold(&c.text)) && c.kind != EntityType::Person
            && matches!(c.kind, EntityType::Organization | EntityType::Place | EntityType::Work | EntityType::Product | EntityType::Facility | EntityType::Group) {
            // A place of that name that is more often a place stays one.
            let places = 2;
            if c.kind != EntityType::Place || surnames[&names::fold(&c.text)] >= places {
                (c.kind, c.label, c.demonym) = (EntityType::Person, Some("PERSON".into()), false);
            }
        }
    }
    let covered = coverage(doc, found);
    for t in (0..doc.len()).filter(|&t| !covered[t]) {
        let capital = doc.token_text(t).chars().next().is_some_and(char::is_uppercase);
        let capital = capital && doc.token_text(t).chars().any(char::is_lowercase);
        if capital && matches!(doc.pos(t), "PROPN" | "NOUN" | "ADJ" | "X") && surnames.contains_key(&names::fold(doc.token_text(t))) {
            found.push(candidate(doc, t..t + 1, EntityType::Person, Some("PERSON")));
        }
    }
    drop_courtesy(doc, found);
}

/// "President Trump" as one mention is the title and the name: the name is kept.
fn drop_courtesy(doc: &Doc, found: &mut [Candidate]) {
    for c in found.iter_mut().filter(|c| c.kind == EntityType::Person) {
        let start = c.tokens.clone().take(c.tokens.len() - 1).take_while(|&t| has(COURTESY, doc.lower(t))).count();
        if start > 0 {
            *c = candidate(doc, c.tokens.start + start..c.tokens.end, c.kind, c.label.as_deref());
        }
    }
}

/// Names that the model found at least twice are found everywhere, as whole words with a capital.
fn add_repeats(doc: &Doc, found: &mut Vec<Candidate>) {
    let mut counts: BTreeMap<Vec<&str>, (usize, EntityType)> = BTreeMap::new();
    for c in found.iter() {
        let words: Vec<&str> = c.tokens.clone().map(|t| doc.token_text(t)).collect();
        if words.iter().all(|w| w.len() > 1) && words[0].chars().next().is_some_and(char::is_uppercase) {
            counts.entry(words).or_insert((0, c.kind)).0 += 1;
        }
    }
    counts.retain(|_, (n, _)| *n >= 2);
    let mut by_first: HashMap<&str, Vec<(&Vec<&str>, EntityType)>> = HashMap::new();
    for (words, (_, kind)) in counts.iter().rev() {
        by_first.entry(words[0]).or_default().push((words, *kind));
    }
    let mut covered = coverage(doc, found);
    let mut added = Vec::new();
    for t in 0..doc.len() {
        let Some(names) = by_first.get(doc.token_text(t)) else { continue };
        let longest = names.iter().filter(|(words, _)| {
            let end = t + words.len();
            end <= doc.len() && (t..end).zip(words.iter()).all(|(t, w)| doc.token_text(t) == *w && !covered[t])
        });
        if let Some((words, kind)) = longest.max_by_key(|(words, _)| words.len()) {
            let tokens = t..t + words.len();
            covered[tokens.clone()].fill(true);
            added.push(candidate(doc, tokens, *kind, Some(label_of(*kind))));
        }
    }
    found.extend(added);
}

/// Tokens that some mention or another expression of the model covers.
fn coverage(doc: &Doc, found: &[Candidate]) -> Vec<bool> {
    let mut covered = vec![false; doc.len()];
    for &ent in doc.ents() {
        if kind_of(doc.ent_label(ent)).is_none() {
            covered[ent.start..ent.end].fill(true);
        }
    }
    found.iter().for_each(|c| covered[c.tokens.clone()].fill(true));
    covered
}
