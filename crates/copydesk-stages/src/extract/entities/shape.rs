//! What the words of a mention say of its type and its bounds.

use copydesk_nlp::Doc;
use copydesk_types::EntityType;

use super::mentions::{Candidate, by_rule, candidate, replace};
use super::names::{PARTICLES, is_family_first, person_words};
use crate::extract::lexicon::{has, is_outlet};

/// Last words that make a name an organization, lower case.
const ORG_HEADS: &str = "inc inc. corp corp. ltd ltd. llc plc gmbh ag co. company corporation group holdings bank university college \
    institute ministry department party council agency committee commission association federation union foundation times post \
    airlines airways air motors pharmaceuticals parliament senate congress court police news sa s.a. nv n.v. se spa s.p.a. ab oyj asa pjsc jsc tbk \
    bhd";
const LEGAL_FORMS: &str = "inc inc. corp corp. ltd ltd. llc plc gmbh ag co co. company corporation group holdings holding sa s.a. nv n.v. \
    se spa s.p.a. ab oyj asa & bhd";
const FACILITY_HEADS: &str = "airport stadium bridge hospital park plaza tower towers cathedral church mosque temple gym arena hotel \
    prison museum palace street avenue road station reservoir playfield dam tunnel square";
const PLACE_HEADS: &str = "river lake island islands mountains mountain sea ocean bay peninsula county province valley desert strait";
const LAW_HEADS: &str = "act bill treaty accord convention protocol amendment constitution";
const EVENT_HEADS: &str =
    "cup championship championships games olympics open festival marathon war summit";
const EVENTS: &str = "brexit covid covid-19 christmas ramadan olympics";
const PLATFORMS: &str =
    "twitter facebook instagram youtube tiktok whatsapp telegram weibo wechat snapchat reddit";
/// Words that the model takes for names at the start of a line.
const NO_NAMES: &str = "slideshow email e-mail reply laughter applause file photo photos buyout wildfires update exclusive analysis \
    factbox explainer advertisement subscribe share read more click here visit contact pool images image video watch breaking correction media";
const HOLIDAYS: &str = "christmas easter thanksgiving halloween";

/// The type that the words of a name settle against the model.
pub(super) fn type_by_words(doc: &Doc, c: &mut Candidate) {
    let last = doc.lower(c.tokens.end - 1);
    if is_outlet(&c.text) || (c.kind == EntityType::Person && is_letters(&c.text)) {
        c.set_kind(EntityType::Organization);
    } else if has(EVENTS, last) && c.tokens.len() == 1 {
        c.set_kind(EntityType::Event);
    } else if c.tokens.len() == 1 && has(PLATFORMS, last) {
        let on = c.tokens.start > 0 && doc.lower(c.tokens.start - 1) == "on";
        c.set_kind(if on { EntityType::Product } else { EntityType::Organization });
    } else if c.tokens.len() >= 2 {
        let heads = [
            (ORG_HEADS, EntityType::Organization),
            (FACILITY_HEADS, EntityType::Facility),
            (PLACE_HEADS, EntityType::Place),
            (EVENT_HEADS, EntityType::Event),
            (LAW_HEADS, EntityType::Law),
        ];
        let capital =
            doc.token_text(c.tokens.end - 1).chars().next().is_some_and(char::is_uppercase);
        let kind = heads.iter().find(|(list, _)| capital && has(list, last)).map(|(_, kind)| *kind);
        // Works and laws are named after anything.
        if let Some(kind) = kind.filter(|_| !matches!(c.kind, EntityType::Work | EntityType::Law)) {
            c.set_kind(kind);
        }
    }
}

/// "THG": two to five capitals. A person's initials have stops, or stand for a name that the article does not give.
fn is_letters(text: &str) -> bool {
    (3..=5).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase())
}

/// The words without a legal form and what stands behind it.
pub(super) fn without_legal_form(words: &[String]) -> &[String] {
    let mut end = words.len();
    while end > 1 && has(LEGAL_FORMS, &words[end - 1].to_lowercase()) {
        end -= 1;
    }
    &words[..end]
}

/// "Ursula von der Leyen" that the model cut in two, "von der Leyen": particles belong to the name.
pub(super) fn particles(doc: &Doc, found: &mut Vec<Candidate>) {
    let mut new: Vec<Candidate> = Vec::new();
    let small = |t: usize| has(PARTICLES, doc.token_text(t));
    let capital = |t: usize| doc.token_text(t).chars().next().is_some_and(char::is_uppercase);
    for c in found.iter().filter(|c| c.kind == EntityType::Person) {
        let mut tokens = c.tokens.clone();
        let mut end = tokens.end;
        while end < doc.len() && small(end) {
            end += 1;
        }
        let behind = end > tokens.end || small(tokens.end - 1);
        if behind && end < doc.len() && capital(end) && doc.pos(end) == "PROPN" {
            tokens.end = end + 1;
        }
        while tokens.start > 0
            && small(tokens.start - 1)
            && doc.token_text(tokens.start - 1) != "de"
        {
            tokens.start -= 1;
        }
        if tokens != c.tokens && new.last().is_none_or(|n| n.tokens.end <= tokens.start) {
            new.push(candidate(doc, tokens, c.kind, c.label.as_deref()));
        }
    }
    replace(doc, found, new);
}

/// "Moon Jae-in" and "Choe Son Hui" that the model cut before the last syllable.
pub(super) fn syllables(doc: &Doc, found: &mut Vec<Candidate>) {
    let covered = super::mentions::coverage(doc, found);
    let mut new = Vec::new();
    for c in found.iter().filter(|c| c.kind == EntityType::Person && c.tokens.len() == 2) {
        let end = c.tokens.end;
        let tail = if end + 1 < doc.len()
            && doc.token_text(end) == "-"
            && doc.end(end) == doc.start(end + 1)
        {
            end + 2
        } else {
            end + 1
        };
        if tail > doc.len()
            || covered[end..tail].iter().any(|&c| c)
            || !is_family_first(&person_words(&c.text))
        {
            continue;
        }
        let syllable = doc.token_text(tail - 1);
        let capital = syllable.chars().next().is_some_and(char::is_uppercase);
        if syllable.chars().count() <= 5
            && syllable.chars().all(char::is_alphabetic)
            && (tail == end + 2 || (capital && doc.pos(end) == "PROPN"))
        {
            new.push(candidate(doc, c.tokens.start..tail, c.kind, c.label.as_deref()));
        }
    }
    replace(doc, found, new);
}

/// Lower case.
pub(super) const DIRECTIONS: &str = "north south east west northern southern eastern western central northeast northwest \
    southeast southwest northeastern northwestern southeastern southwestern";

/// "Sino-Soviet", "Anglo-Dutch": halves of compounds that are no names by themselves, lower case.
const COMBINING: &str = "sino anglo franco afro indo austro russo greco graeco latino judeo italo nippo hispano ibero luso turco";

/// A compound of such a half is one name, also where the model took the half alone.
pub(super) fn compounds(doc: &Doc, found: &mut Vec<Candidate>) {
    let mut new = Vec::new();
    for t in 0..doc.len().saturating_sub(2) {
        let joined = doc.token_text(t + 1) == "-"
            && doc.end(t) == doc.start(t + 1)
            && doc.end(t + 1) == doc.start(t + 2);
        let capital = |t: usize| doc.token_text(t).chars().next().is_some_and(char::is_uppercase);
        if !joined || !capital(t) || !capital(t + 2) || !has(COMBINING, doc.lower(t)) {
            continue;
        }
        let beyond = |c: &Candidate| c.tokens.contains(&t) && c.tokens.end > t + 3;
        if !found.iter().any(beyond) {
            let adjective = doc.pos(t + 2) == "ADJ" || doc.tag(t + 2).starts_with("JJ");
            let kind = if adjective { EntityType::Group } else { EntityType::Organization };
            new.push(by_rule(doc, t..t + 3, kind));
        }
    }
    replace(doc, found, new);
}

/// "North and South Korea": the second name is one by itself.
pub(super) fn split_directions(doc: &Doc, found: &mut [Candidate]) {
    for c in found.iter_mut().filter(|c| c.tokens.len() >= 4 && c.kind == EntityType::Place) {
        let start = c.tokens.start;
        let direction = |t: usize| has(DIRECTIONS, doc.lower(t));
        if direction(start) && doc.lower(start + 1) == "and" && direction(start + 2) {
            *c = candidate(doc, start + 2..c.tokens.end, c.kind, c.label.as_deref());
        }
    }
}

/// Mentions that are no names: page furniture, holidays, phrases without a capital.
pub(super) fn is_no_name(doc: &Doc, c: &Candidate) -> bool {
    let words = c.tokens.clone().map(|t| doc.lower(t));
    if words.clone().all(|w| has(NO_NAMES, w)) {
        return true;
    }
    if c.kind == EntityType::Event
        && (words.clone().any(|w| has(HOLIDAYS, w)) || c.text.starts_with("New Year"))
    {
        return true;
    }
    if c.tokens.clone().any(|t| is_address(doc.token_text(t))) {
        return true;
    }
    let capital = c.text.chars().any(|ch| ch.is_uppercase() || ch.is_numeric());
    c.kind == EntityType::Organization && !capital && c.tokens.len() >= 2
}

/// An address of mail or of a page, or the name of a file.
fn is_address(word: &str) -> bool {
    let file = word.rsplit_once('.').is_some_and(|(_, end)| {
        has("doc docx pdf xls xlsx jpg jpeg png gif html htm txt zip", &end.to_lowercase())
    });
    file || (word.contains('@') && !word.starts_with('@'))
        || word.contains("://")
        || word.starts_with("www.")
}

/// Titles that stand right before a name and are written with a capital there, lower case.
const BEFORE_NAMES: &str = "mr. mr mrs. mrs ms. ms dr. dr president minister chancellor premier senator sen. gov. governor rep. gen. general col. \
    judge mayor king queen prince princess pope sheikh ayatollah secretary";

/// "President Quill", "Mr. Quill" that the model did not see.
pub(super) fn titled(doc: &Doc, found: &mut Vec<Candidate>) {
    let mut covered = super::mentions::coverage(doc, found);
    let capital = |t: usize| {
        let mut letters = doc.token_text(t).chars();
        letters.next().is_some_and(char::is_uppercase) && letters.any(char::is_lowercase)
    };
    for t in 0..doc.len().saturating_sub(1) {
        if !capital(t) || covered[t] || !has(BEFORE_NAMES, doc.lower(t)) {
            continue;
        }
        let name = |t: &usize| !covered[*t] && capital(*t) && doc.pos(*t) == "PROPN";
        let end = (t + 1..doc.len().min(t + 4)).take_while(name).last().map_or(t + 1, |l| l + 1);
        if end > t + 1 && !has(BEFORE_NAMES, doc.lower(t + 1)) {
            found.push(by_rule(doc, t + 1..end, EntityType::Person));
            covered[t + 1..end].fill(true);
        }
    }
}

/// Names that are told by themselves, wherever they stand.
pub(super) fn known_words(doc: &Doc, found: &mut Vec<Candidate>) {
    let covered = super::mentions::coverage(doc, found);
    for t in (0..doc.len()).filter(|&t| !covered[t]) {
        let capital = doc.token_text(t).chars().next().is_some_and(char::is_uppercase);
        if !capital {
            continue;
        }
        if has(EVENTS, doc.lower(t)) {
            found.push(by_rule(doc, t..t + 1, EntityType::Event));
        } else if has(PLATFORMS, doc.lower(t)) {
            let mut new = by_rule(doc, t..t + 1, EntityType::Organization);
            type_by_words(doc, &mut new);
            found.push(new);
        }
    }
}
