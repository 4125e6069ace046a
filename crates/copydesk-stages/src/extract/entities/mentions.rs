//! Mentions: the model's entities after the span conventions, and what the rules add.

use std::ops::Range;

use copydesk_nlp::Doc;
use copydesk_types::{Block, EntityType};

use super::{dateline, document, gazetteer, lines, names, said, shape};
use crate::extract::knowledge::Known;
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
    /// The text, folded.
    pub(super) folded: String,
}

/// Mentions in order of the text, without overlap.
pub(super) fn find(doc: &Doc, blocks: &[Block], known: &Known) -> Vec<Candidate> {
    let mut found = from_model(doc);
    let lines = lines::split(doc);
    lines::credits(doc, &lines, &mut found);
    dateline::find(doc, &lines, blocks, &known.base, &mut found);
    shape::particles(doc, &mut found);
    shape::syllables(doc, &mut found);
    shape::compounds(doc, &mut found);
    shape::split_directions(doc, &mut found);
    gazetteer::split_demonyms(doc, &known.base, &mut found);
    gazetteer::split_at_commas(doc, &known.base, &mut found);
    gazetteer::split_countries(doc, &known.base, &mut found);
    shape::known_words(doc, &mut found);
    shape::titled(doc, &mut found);
    for c in &mut found {
        shape::type_by_words(doc, c);
    }
    gazetteer::countries(doc, &known.base, &mut found);
    gazetteer::best_known(&known.base, &mut found);
    gazetteer::directions(doc, &known.base, &mut found);
    gazetteer::towns_by_preposition(doc, &known.base, &mut found);
    document::one_type_a_surface(&mut found);
    said::types(doc, &known.base, &mut found);
    said::teams(doc, &known.base, &mut found);
    document::short_organizations(doc, &mut found);
    document::acronyms(doc, &mut found);
    document::surnames(doc, &mut found);
    drop_courtesy(doc, &mut found);
    document::repeats(doc, &mut found);
    lines::capitals(doc, &lines, blocks, &mut found);
    found.retain(|c| !shape::is_no_name(doc, c) && !known.lists.blocks(&c.folded));
    found.sort_by_key(|c| c.bytes.start);
    found
}

fn from_model(doc: &Doc) -> Vec<Candidate> {
    let mut found = Vec::new();
    for &ent in doc.ents() {
        let label = doc.ent_label(ent);
        let Some(kind) = kind_of(label) else { continue };
        for part in split_at_slashes(doc, ent.start..ent.end) {
            if let Some(tokens) = trim(doc, part) {
                found.push(candidate(doc, tokens, kind, Some(label)));
            }
        }
    }
    found
}

pub(super) fn candidate(
    doc: &Doc,
    tokens: Range<usize>,
    kind: EntityType,
    label: Option<&str>,
) -> Candidate {
    let text = doc.span_text(tokens.clone()).to_owned();
    let last = tokens.end - 1;
    let demonym = label == Some("NORP") && doc.tag(last).starts_with("JJ");
    Candidate {
        bytes: doc.bytes(tokens.clone()),
        tokens,
        kind,
        label: label.map(str::to_owned),
        demonym,
        folded: names::fold(&text),
        text,
    }
}

/// A candidate that a rule makes, with the label that the model would give.
pub(super) fn by_rule(doc: &Doc, tokens: Range<usize>, kind: EntityType) -> Candidate {
    candidate(doc, tokens, kind, Some(label_of(kind)))
}

impl Candidate {
    /// Changes the type, and the label with it.
    pub(super) fn set_kind(&mut self, kind: EntityType) {
        if self.kind != kind {
            (self.kind, self.label, self.demonym) = (kind, Some(label_of(kind).to_owned()), false);
        }
    }
}

/// Adds `new` and takes out what it overlaps.
pub(super) fn replace(doc: &Doc, found: &mut Vec<Candidate>, new: Vec<Candidate>) {
    let mut covered = vec![false; doc.len()];
    for c in &new {
        covered[c.tokens.clone()].fill(true);
    }
    found.retain(|c| !c.tokens.clone().any(|t| covered[t]));
    found.extend(new);
}

/// Tokens that some mention or another expression of the model (a date, a number) covers.
pub(super) fn coverage(doc: &Doc, found: &[Candidate]) -> Vec<bool> {
    let mut covered = vec![false; doc.len()];
    for &ent in doc.ents() {
        if kind_of(doc.ent_label(ent)).is_none() {
            covered[ent.start..ent.end].fill(true);
        }
    }
    for c in found {
        covered[c.tokens.clone()].fill(true);
    }
    covered
}

pub(super) fn kind_of(label: &str) -> Option<EntityType> {
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

/// "REUTERS / Jane Doe" is two names; the parts are trimmed later.
fn split_at_slashes(doc: &Doc, tokens: Range<usize>) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let mut start = tokens.start;
    for t in tokens.clone() {
        if doc.token_text(t) == "/" {
            parts.push(start..t);
            start = t + 1;
        }
    }
    parts.push(start..tokens.end);
    parts.retain(|p| !p.is_empty());
    parts
}

/// Takes a leading article, a trailing possessive or function word, white space and quote marks off.
pub(super) fn trim(doc: &Doc, mut tokens: Range<usize>) -> Option<Range<usize>> {
    let outer = |t: usize| {
        doc.is_space(t)
            || matches!(
                doc.token_text(t),
                "\"" | "“"
                    | "”"
                    | "‘"
                    | "``"
                    | "''"
                    | "("
                    | ")"
                    | ","
                    | "'"
                    | "’"
                    | "--"
                    | "-"
                    | ";"
                    | ":"
                    | "*"
            )
    };
    // A name does not run over a line.
    let outer_space = |t: usize| doc.is_space(t) && doc.token_text(t).contains('\n');
    while !tokens.is_empty() && (outer(tokens.start) || doc.lower(tokens.start) == "the") {
        tokens.start += 1;
    }
    if let Some(line) = tokens.clone().find(|&t| outer_space(t)) {
        tokens.end = line;
    }
    let tail = |t: usize| {
        outer(t)
            || matches!(
                doc.token_text(t),
                "'s" | "’s" | "at" | "of" | "in" | "on" | "and" | "for" | "the" | "by"
            )
    };
    while !tokens.is_empty() && tail(tokens.end - 1) {
        tokens.end -= 1;
    }
    let named = tokens.clone().any(|t| doc.token_text(t).chars().any(char::is_alphanumeric));
    (!tokens.is_empty() && named).then_some(tokens)
}

/// "President Trump" as one mention is the title and the name: the name is kept.
fn drop_courtesy(doc: &Doc, found: &mut [Candidate]) {
    for c in found.iter_mut().filter(|c| c.kind == EntityType::Person) {
        let start = c
            .tokens
            .clone()
            .take(c.tokens.len() - 1)
            .take_while(|&t| has(COURTESY, doc.lower(t)))
            .count();
        if start > 0 {
            *c = candidate(doc, c.tokens.start + start..c.tokens.end, c.kind, c.label.as_deref());
        }
    }
}
