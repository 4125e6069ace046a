//! Countries and nationalities are known by name: the base settles their type, and finds those that the model missed.

use copydesk_kb::{AliasKind, Base, Flags};
use copydesk_nlp::Doc;
use copydesk_types::EntityType;

use super::mentions::{Candidate, by_rule, candidate, coverage, replace};
use super::names::fold;
use super::shape::DIRECTIONS;
use crate::extract::lexicon::has;

/// Countries that are given names or family names as well.
const ALSO_PERSONS: &str = "jordan georgia chad cyprus israel kenya india china france";
/// Longest name of a country in tokens.
const LONGEST: usize = 6;

/// What a folded name is as a country, if it is one.
pub(super) fn country(base: &Base, folded: &str) -> Option<EntityType> {
    base.lookup_folded(folded).find_map(|hit| {
        let fact = base.fact(hit.entity).filter(|f| f.kind == EntityType::Place)?;
        match hit.alias {
            AliasKind::Demonym => Some(EntityType::Group),
            AliasKind::Label | AliasKind::Alias => {
                fact.flags.has(Flags::COUNTRY).then_some(EntityType::Place)
            }
            AliasKind::Short | AliasKind::Domain => None,
        }
    })
}

/// Towns of some size that nothing else is named after, as far as the base knows.
fn is_town(base: &Base, folded: &str) -> bool {
    let facts = base
        .lookup_folded(folded)
        .filter(|h| h.alias == AliasKind::Label)
        .filter_map(|h| base.fact(h.entity));
    let mut places = 0;
    for fact in facts {
        if fact.kind != EntityType::Place {
            return false;
        }
        places += usize::from(fact.prior > TOWN);
    }
    places > 0
}

/// log2 of the inhabitants from which a town's name is taken for the town whatever the model says.
pub(super) const TOWN: f64 = 16.5;

/// Agencies and outlets of several words, which the model often cuts.
fn is_long_outlet(base: &Base, folded: &str) -> bool {
    let known = |h: &copydesk_kb::Hit| matches!(h.alias, AliasKind::Label | AliasKind::Alias);
    folded.contains(' ')
        && base
            .lookup_folded(folded)
            .filter(known)
            .filter_map(|h| base.fact(h.entity))
            .any(|f| f.flags.has(Flags::OUTLET))
}

/// log2 of the weight of those who are meant wherever their family name stands alone.
pub(super) const BEST_KNOWN: f64 = 22.0;

/// "Trump said" that the model took for a body or a town: the family name of one of the best known, and nobody else's.
pub(super) fn best_known(base: &Base, found: &mut [Candidate]) {
    for c in found.iter_mut().filter(|c| c.tokens.len() == 1 && c.kind != EntityType::Person) {
        let mut hits = base.lookup_folded(&c.folded);
        let (first, second) = (hits.next(), hits.next());
        let alone = first.filter(|h| second.is_none() && h.alias == AliasKind::Short);
        let fact = alone.and_then(|h| base.fact(h.entity));
        if fact.is_some_and(|f| f.kind == EntityType::Person && f.prior > BEST_KNOWN) {
            c.set_kind(EntityType::Person);
        }
    }
}

/// "told Kim Russia backs": a name and a country that the model took for one person.
pub(super) fn split_countries(doc: &Doc, base: &Base, found: &mut Vec<Candidate>) {
    let mut new = Vec::new();
    for c in found.iter().filter(|c| c.kind == EntityType::Person && c.tokens.len() == 2) {
        let last = c.tokens.end - 1;
        let folded = fold(doc.token_text(last));
        if !has(ALSO_PERSONS, &folded) && country(base, &folded) == Some(EntityType::Place) {
            new.push(by_rule(doc, c.tokens.start..last, EntityType::Person));
            new.push(by_rule(doc, last..c.tokens.end, EntityType::Place));
        }
    }
    replace(doc, found, new);
}

/// "Welshman Jamie Doe", "Russian Jane Doe": the nationality is a mention of its own.
pub(super) fn split_demonyms(doc: &Doc, base: &Base, found: &mut Vec<Candidate>) {
    let nationality = |t: usize, found: &[Candidate]| {
        found.iter().any(|c| c.kind == EntityType::Group && c.text == doc.token_text(t))
            || country(base, &fold(doc.token_text(t))) == Some(EntityType::Group)
    };
    let mut new = Vec::new();
    for c in found.iter().filter(|c| c.tokens.len() >= 3 && c.kind != EntityType::Organization) {
        if c.kind == EntityType::Person && nationality(c.tokens.start, found) {
            new.push(by_rule(doc, c.tokens.start..c.tokens.start + 1, EntityType::Group));
            new.push(by_rule(doc, c.tokens.start + 1..c.tokens.end, EntityType::Person));
        }
    }
    replace(doc, found, new);
}

/// "Debden, England" as one mention: a place and where it lies.
pub(super) fn split_at_commas(doc: &Doc, base: &Base, found: &mut Vec<Candidate>) {
    let mut new = Vec::new();
    for c in found.iter().filter(|c| matches!(c.kind, EntityType::Place | EntityType::Organization))
    {
        let Some(comma) = c.tokens.clone().find(|&t| doc.token_text(t) == ",") else { continue };
        let area = fold(doc.span_text(comma + 1..c.tokens.end));
        let first = fold(doc.span_text(c.tokens.start..comma));
        let known = base
            .lookup_folded(&area)
            .filter_map(|h| base.fact(h.entity))
            .any(|f| f.flags.has(Flags::COUNTRY) || f.flags.has(Flags::REGION));
        let towns = is_town(base, &first) && is_town(base, &area);
        if (known || towns) && comma > c.tokens.start && comma + 1 < c.tokens.end {
            new.push(by_rule(doc, c.tokens.start..comma, EntityType::Place));
            new.push(by_rule(doc, comma + 1..c.tokens.end, EntityType::Place));
        }
    }
    replace(doc, found, new);
}

/// "north-east Asia", "southern Africa": a direction and a name that together are a region of the base.
pub(super) fn directions(doc: &Doc, base: &Base, found: &mut [Candidate]) {
    let region = |name: &str| {
        let hits = base.lookup(name);
        let full = |k: AliasKind| matches!(k, AliasKind::Label | AliasKind::Alias);
        hits.filter(|h| full(h.alias))
            .filter_map(|h| base.fact(h.entity))
            .any(|f| f.kind == EntityType::Place && f.flags.has(Flags::REGION))
    };
    let covered = coverage(doc, found);
    for c in found.iter_mut().filter(|c| c.kind == EntityType::Place) {
        let direction = |t: usize| !covered[t] && has(DIRECTIONS, doc.lower(t));
        let mut start = c.tokens.start;
        if start > 0 && direction(start - 1) {
            start -= 1;
            let hyphen = start > 1 && doc.token_text(start - 1) == "-";
            if hyphen && direction(start - 2) {
                start -= 2;
            }
        }
        let longer = start..c.tokens.end;
        if start < c.tokens.start && region(doc.span_text(longer.clone())) {
            *c = candidate(doc, longer, EntityType::Place, Some("LOC"));
        }
    }
}

/// A name that stands behind "in" somewhere, and that a town or region has, is that place all over the article.
pub(super) fn towns_by_preposition(doc: &Doc, base: &Base, found: &mut [Candidate]) {
    let place = |folded: &str| {
        let label = base.lookup_folded(folded).filter(|h| h.alias == AliasKind::Label);
        let facts: Vec<_> = label.filter_map(|h| base.fact(h.entity)).collect();
        !facts.is_empty() && facts.iter().all(|f| f.kind == EntityType::Place)
    };
    let open = |c: &Candidate| matches!(c.kind, EntityType::Person | EntityType::Organization);
    let mut towns: Vec<String> = Vec::new();
    for c in found.iter().filter(|c| open(c) && c.tokens.start > 0) {
        let before = doc.lower(c.tokens.start - 1);
        // "in Ford's view", "in Ford Motors": what follows makes it another thing.
        let after = (c.tokens.end < doc.len()).then(|| doc.token_text(c.tokens.end));
        let owner = after.is_some_and(|w| matches!(w, "'s" | "’s" | "'" | "’"));
        if matches!(before, "in" | "near") && !owner && place(&c.folded) {
            towns.push(c.text.clone());
        }
    }
    for c in found.iter_mut().filter(|c| open(c) && towns.contains(&c.text)) {
        c.set_kind(EntityType::Place);
    }
}

/// Settles the type of countries and nationalities, and adds those without a mention.
pub(super) fn countries(doc: &Doc, base: &Base, found: &mut Vec<Candidate>) {
    for c in found.iter_mut().filter(|c| c.tokens.len() <= LONGEST) {
        match country(base, &c.folded) {
            Some(EntityType::Group)
                if !matches!(
                    c.kind,
                    EntityType::Person | EntityType::Language | EntityType::Law
                ) =>
            {
                c.set_kind(EntityType::Group);
                c.demonym = true;
            }
            Some(EntityType::Place)
                if c.kind != EntityType::Person || !has(ALSO_PERSONS, &c.folded) =>
            {
                c.set_kind(EntityType::Place);
            }
            None if matches!(
                c.kind,
                EntityType::Organization
                    | EntityType::Group
                    | EntityType::Language
                    | EntityType::Work
            ) && !c.demonym
                && is_town(base, &c.folded) =>
            {
                c.set_kind(EntityType::Place);
            }
            _ => {}
        }
    }
    let mut covered = coverage(doc, found);
    let capital = |t: usize| doc.token_text(t).chars().next().is_some_and(char::is_uppercase);
    let mut t = 0;
    while t < doc.len() {
        let mut next = t + 1;
        if !covered[t] && capital(t) && matches!(doc.pos(t), "PROPN" | "ADJ" | "NOUN") {
            for end in (t + 1..=(t + LONGEST).min(doc.len())).rev() {
                let free = !covered[t..end].iter().any(|&c| c) && capital(end - 1);
                let folded = if free { fold(doc.span_text(t..end)) } else { continue };
                // "Western Union", "Western Pennsylvania" are names of their own.
                let more = end < doc.len() && capital(end) && doc.pos(end) == "PROPN";
                if end == t + 1 && more && has(DIRECTIONS, doc.lower(t)) {
                    continue;
                }
                let outlet = is_long_outlet(base, &folded).then_some(EntityType::Organization);
                let kind = outlet.or_else(|| country(base, &folded));
                let Some(kind) = kind else { continue };
                let mut new = by_rule(doc, t..end, kind);
                new.demonym = kind == EntityType::Group;
                found.push(new);
                covered[t..end].fill(true);
                next = end;
                break;
            }
        }
        t = next;
    }
}
