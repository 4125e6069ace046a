//! What an article says of a name settles its type: "Brandhorst is a village", "the miner Quillsk", "Stone Bay, a
//! clothing brand". A tagger decides by the looks of a name and its neighbours; here the article's own word counts.

use std::collections::BTreeMap;

use copydesk_kb::Base;
use copydesk_nlp::Doc;
use copydesk_types::EntityType;

use super::gazetteer;
use super::mentions::Candidate;
use crate::extract::lexicon::has;

/// Nouns, by what is called so.
const PLACES: &str = "village town city municipality island suburb commune district province county hamlet port settlement neighbourhood \
    neighborhood peninsula township archipelago river lake mountain";
const BODIES: &str = "company firm maker carmaker automaker drugmaker chipmaker planemaker toymaker brewer miner retailer lender bank insurer \
    brokerage airline carrier manufacturer producer supplier developer startup start-up brand chain conglomerate subsidiary business band team \
    club party agency newspaper magazine broadcaster publisher charity nonprofit university militia watchdog regulator website utility refiner \
    shipbuilder steelmaker distributor consultancy";
const PEOPLE: &str = "singer actor actress politician footballer goalkeeper midfielder defender striker batsman poet novelist journalist economist \
    lawyer physicist mathematician chemist biologist composer guitarist drummer rapper boxer golfer swimmer cyclist sprinter";
const WORKS: &str = "song album novel film movie book";
/// What bodies have and persons do not, right behind the name.
const OF_BODIES: &str =
    "share shares stock customers subsidiary shareholders executives employees ceo chief managing";

/// Sets the types that the article states.
pub(super) fn types(doc: &Doc, base: &Base, found: &mut [Candidate]) {
    let mut said: BTreeMap<String, BTreeMap<EntityType, usize>> = BTreeMap::new();
    for c in found.iter() {
        for kind in statements(doc, c) {
            *said.entry(c.text.clone()).or_default().entry(kind).or_default() += 1;
        }
    }
    for c in found.iter_mut() {
        let Some(kinds) = said.get(&c.text) else { continue };
        // Two words that contradict each other are none.
        let Some((&kind, _)) = kinds.first_key_value().filter(|_| kinds.len() == 1) else {
            continue;
        };
        let house = c.kind == EntityType::Facility && kind == EntityType::Place;
        if !c.demonym && !house && gazetteer::country(base, &c.folded).is_none() {
            c.set_kind(kind);
        }
    }
}

/// The types that the words around a mention give it.
fn statements(doc: &Doc, c: &Candidate) -> Vec<EntityType> {
    let head = c.tokens.clone().find(|&t| !c.tokens.contains(&doc.head(t)) || doc.head(t) == t);
    let Some(head) = head else { return Vec::new() };
    let mut nouns: Vec<usize> = Vec::new();
    let above = doc.head(head);
    if doc.dep(head) == "nsubj" && doc.lemma(above) == "be" {
        nouns.extend(doc.children(above).filter(|&t| doc.dep(t) == "attr"));
    }
    nouns.extend(doc.children(head).filter(|&t| doc.dep(t) == "appos" && t >= c.tokens.end));
    if doc.dep(head) == "appos" {
        nouns.push(above);
    }
    let start = c.tokens.start;
    let joined = start > 0 && !doc.is_space(start - 1) && doc.tag(start - 1) == "NN"
        // "In this film Quill sings": a comma that is left out.
        && !has(WORKS, doc.lower(start - 1));
    if joined {
        nouns.push(start - 1);
    }
    if start > 1 && doc.lower(start - 1) == "of" && has(PLACES, doc.lower(start - 2)) {
        nouns.push(start - 2);
    }
    let common = |t: &usize| {
        !c.tokens.contains(t) && doc.tag(*t).starts_with("NN") && !doc.tag(*t).starts_with("NNP")
    };
    let mut kinds: Vec<EntityType> =
        nouns.into_iter().filter(common).filter_map(|t| called(doc.lemma(t))).collect();
    kinds.extend(owns_as_a_body(doc, c));
    kinds
}

fn called(noun: &str) -> Option<EntityType> {
    let lists = [
        (PLACES, EntityType::Place),
        (BODIES, EntityType::Organization),
        (PEOPLE, EntityType::Person),
        (WORKS, EntityType::Work),
    ];
    lists.iter().find(|(list, _)| has(list, noun)).map(|(_, kind)| *kind)
}

/// "Quill's customers", "Quill Chief Executive Jane Doe": one word that is taken for a person or town.
fn owns_as_a_body(doc: &Doc, c: &Candidate) -> Option<EntityType> {
    let mut next = c.tokens.end;
    if next < doc.len() && matches!(doc.token_text(next), "'s" | "’s") {
        next += 1;
    }
    let alone = c.tokens.len() == 1 && c.kind == EntityType::Person;
    let body = next + 1 < doc.len() && has(OF_BODIES, doc.lower(next));
    let officer = !has("chief managing", doc.lower(next.min(doc.len() - 1)))
        || has("executive financial operating director", doc.lower(next + 1));
    (alone && body && officer).then_some(EntityType::Organization)
}

/// "Oregon (3-1)", "Los Angeles ( 3-9 )": a place with a record of games is its team, and so are the others of the name
/// but where one is, and what the model takes for peoples.
pub(super) fn teams(doc: &Doc, base: &Base, found: &mut [Candidate]) {
    let place = |c: &Candidate| c.kind == EntityType::Place;
    let named: Vec<String> = found
        .iter()
        .filter(|c| place(c) && has_record(doc, c.tokens.end))
        .map(|c| c.text.clone())
        .collect();
    if named.is_empty() {
        return;
    }
    let located = |c: &Candidate| {
        c.tokens.start > 0
            && matches!(doc.lower(c.tokens.start - 1), "in" | "at" | "," | "from" | "near")
    };
    for c in found.iter_mut() {
        let people = c.kind == EntityType::Group
            && c.text.ends_with('s')
            && gazetteer::country(base, &c.folded).is_none();
        if people || (place(c) && named.contains(&c.text) && !located(c)) {
            c.set_kind(EntityType::Organization);
        }
    }
}

/// Whether games won and lost stand in brackets.
fn has_record(doc: &Doc, open: usize) -> bool {
    if open + 1 >= doc.len() || doc.token_text(open) != "(" {
        return false;
    }
    let end = doc.len().min(open + 5);
    let text: String = (open + 1..end).map(|t| doc.token_text(t)).collect();
    let mut numbers = text.split('-');
    let number =
        |n: Option<&str>| n.and_then(|n| n.chars().next()).is_some_and(|c| c.is_ascii_digit());
    let (won, lost) = (numbers.next(), numbers.next());
    won.is_some_and(|w| w.len() <= 3 && w.bytes().all(|b| b.is_ascii_digit()))
        && number(won)
        && number(lost)
}
