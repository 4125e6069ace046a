//! The entities of a stream: under which names, since when, how often, in which roles.
//!
//! Extract mints the id of an unknown entity from its name, so that two spellings of a name get two ids. The registry
//! brings persons together whose names are spelt alike, word for word, after a phonetic folding of transliterations.
//! A merge is a redirect that is never taken back: no id is reused or changed.

use std::collections::{BTreeMap, BTreeSet};

use copydesk_types::{ArticleId, EntityId, EntityType, MentionKind, Record, Role};
use serde::{Deserialize, Serialize};

use super::lexicon::is_common_place;
use super::words::{all_words, fold};

/// Variants and roles kept of an entity, first ones first.
const KEPT: usize = 16;
/// Entities of an article that are observed, in order of the record.
const OBSERVED: usize = 10;

/// An entity over all articles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegistryEntry {
    /// Its id.
    pub id: EntityId,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: EntityType,
    /// Its name in the first article.
    pub label: String,
    /// Names that it went under, with the number of articles.
    pub variants: BTreeMap<String, u32>,
    /// First article.
    pub first_seen: ArticleId,
    /// Day of the first article, where known.
    pub first_day: Option<String>,
    /// Articles that name it.
    pub articles: u32,
    /// Mentions in them.
    pub mentions: u32,
    /// Roles that articles gave it: observations, not facts.
    pub roles: Vec<SeenRole>,
    /// The entity that it turned out to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<EntityId>,
}

impl RegistryEntry {
    /// Whether it went under a name, written this way or another.
    pub fn is_named(&self, name: &str) -> bool {
        let wanted = fold(name);
        fold(&self.label) == wanted || self.variants.keys().any(|v| fold(v) == wanted)
    }
}

/// A role that an article gave an entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeenRole {
    /// The title, as written.
    pub title: String,
    /// Country or organization that it belongs to.
    pub of: Option<String>,
    /// The article.
    pub article: ArticleId,
    /// Its day, where known.
    pub day: Option<String>,
}

/// What an article says of an entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Observation {
    id: EntityId,
    #[serde(rename = "t")]
    kind: EntityType,
    #[serde(rename = "n")]
    name: String,
    #[serde(rename = "m")]
    mentions: u32,
    #[serde(rename = "r", default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<(String, Option<String>)>,
}

/// A redirect: the first id is the second one.
pub(super) type Merge = (EntityId, EntityId);

/// The entities of a stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Registry {
    entries: BTreeMap<EntityId, RegistryEntry>,
    /// Persons that are no redirects, by their folded names.
    persons: BTreeMap<String, EntityId>,
    /// Entries that were written since somebody asked.
    #[serde(skip)]
    changed: BTreeSet<EntityId>,
}

impl Registry {
    /// The entries that were written since the last call, as JSON by id.
    pub(super) fn take_changes(&mut self) -> Vec<(String, Vec<u8>)> {
        let changed = std::mem::take(&mut self.changed);
        let entry = |id: EntityId| {
            let json =
                serde_json::to_vec(self.entries.get(&id)?).expect("text and counts are JSON");
            Some((id.to_string(), json))
        };
        changed.into_iter().filter_map(entry).collect()
    }

    /// The entry of an id, or all entries with a name.
    pub(super) fn find(&self, id_or_name: &str) -> Vec<&RegistryEntry> {
        let by_id =
            EntityId::try_from(id_or_name.to_owned()).ok().and_then(|id| self.entries.get(&id));
        if let Some(entry) = by_id {
            return vec![entry];
        }
        self.entries.values().filter(|entry| entry.is_named(id_or_name)).collect()
    }

    /// The id that stands for `id` after all redirects.
    fn resolve(&self, id: &EntityId) -> EntityId {
        let mut id = id;
        while let Some(next) = self.entries.get(id).and_then(|e| e.merged_into.as_ref()) {
            id = next;
        }
        id.clone()
    }

    /// The ids of a record to be replaced, each with its replacement, and the redirects that this record adds.
    pub(super) fn resolve_record(&self, record: &Record) -> (Vec<Merge>, Vec<Merge>) {
        let mut merges: Vec<Merge> = Vec::new();
        let mut own: BTreeMap<String, EntityId> = BTreeMap::new();
        for entity in &record.entities {
            let id = self.resolve(&entity.id);
            let Some(name) = person_key(entity.kind, &entity.name) else { continue };
            let known = self.persons.get(&name).or_else(|| own.get(&name)).cloned();
            match known {
                Some(other) if other == id => {}
                // The knowledge base tells these two apart.
                Some(other) if !other.is_minted() && !id.is_minted() => {}
                Some(other) if other.is_minted() && !id.is_minted() => {
                    own.insert(name, id.clone());
                    merges.push((other, id));
                }
                Some(other) => merges.push((id, other)),
                None => _ = own.insert(name, id),
            }
        }
        let follow = |id: &EntityId| {
            merges.iter().fold(
                self.resolve(id),
                |id, (from, into)| if id == *from { into.clone() } else { id },
            )
        };
        let mut replaced: Vec<Merge> =
            record.entities.iter().map(|e| (e.id.clone(), follow(&e.id))).collect();
        replaced.retain(|(from, into)| from != into);
        replaced.sort();
        replaced.dedup();
        (replaced, merges)
    }

    /// What a record, its ids replaced already, says of its entities: persons with a full name, and what is mentioned
    /// more than once or known.
    pub(super) fn observe(&self, record: &Record) -> Vec<Observation> {
        let worth = |e: &&copydesk_types::Entity| {
            let full_person = e.kind == EntityType::Person && all_words(&e.name).nth(1).is_some();
            let named = e.mentions.iter().any(|m| m.kind == MentionKind::Name);
            let known = e.mentions.len() >= 2 || self.entries.contains_key(&e.id);
            named && (full_person || known) && !is_common_place(&e.name)
        };
        let observed = record.entities.iter().filter(worth).take(OBSERVED);
        let role = |r: &Role| (r.title.clone(), r.of.clone());
        observed
            .map(|e| Observation {
                id: e.id.clone(),
                kind: e.kind,
                name: e.name.clone(),
                mentions: u32::try_from(e.mentions.len()).unwrap_or(u32::MAX),
                roles: e.roles.iter().take(2).map(role).collect(),
            })
            .collect()
    }

    /// Takes in redirects and observations of an article.
    pub(super) fn learn(
        &mut self,
        article: &ArticleId,
        day: Option<&str>,
        merges: &[Merge],
        seen: &[Observation],
    ) {
        for (from, into) in merges {
            if let Some(entry) = self.entries.get_mut(from)
                && from != into
            {
                entry.merged_into = Some(into.clone());
                self.changed.insert(from.clone());
            }
            self.persons.values_mut().filter(|id| *id == from).for_each(|id| id.clone_from(into));
        }
        for observation in seen {
            let Observation { id, kind, name, mentions, roles } = observation;
            if let Some(key) = person_key(*kind, name) {
                self.persons.entry(key).or_insert_with(|| id.clone());
            }
            let entry = self.entries.entry(id.clone()).or_insert_with(|| RegistryEntry {
                id: id.clone(),
                kind: *kind,
                label: name.clone(),
                variants: BTreeMap::new(),
                first_seen: article.clone(),
                first_day: day.map(str::to_owned),
                articles: 0,
                mentions: 0,
                roles: Vec::new(),
                merged_into: None,
            });
            self.changed.insert(id.clone());
            entry.articles += 1;
            entry.mentions = entry.mentions.saturating_add(*mentions);
            if entry.variants.len() < KEPT || entry.variants.contains_key(name) {
                *entry.variants.entry(name.clone()).or_default() += 1;
            }
            for (title, of) in roles {
                let known = entry.roles.iter().any(|r| r.title == *title && r.of == *of);
                if !known && entry.roles.len() < KEPT {
                    let (title, of, day) = (title.clone(), of.clone(), day.map(str::to_owned));
                    entry.roles.push(SeenRole { title, of, article: article.clone(), day });
                }
            }
        }
    }
}

/// Puts canonical ids in place of others, everywhere in a record. Two entities that become one are joined.
pub(super) fn replace_ids(record: &mut Record, replaced: &[Merge]) {
    if replaced.is_empty() {
        return;
    }
    let put = |id: &mut EntityId| {
        if let Some((_, into)) = replaced.iter().find(|(from, _)| from == id) {
            id.clone_from(into);
        }
    };
    record.entities.iter_mut().for_each(|e| put(&mut e.id));
    for claim in &mut record.claims {
        claim.speaker.iter_mut().filter_map(|s| s.entity.as_mut()).for_each(put);
        claim
            .addressee
            .iter_mut()
            .chain(&mut claim.via)
            .filter_map(|p| p.entity.as_mut())
            .for_each(put);
        claim.about.iter_mut().for_each(put);
    }
    let mut joined: Vec<copydesk_types::Entity> = Vec::new();
    for entity in record.entities.drain(..) {
        if let Some(first) = joined.iter_mut().find(|e| e.id == entity.id) {
            first.mentions.extend(entity.mentions);
            first.mentions.sort_by_key(|m| (m.start, m.end));
            first.roles.extend(entity.roles);
        } else {
            joined.push(entity);
        }
    }
    record.entities = joined;
}

/// What the spellings of a person's full name have in common; `None` for a single word and for other entities.
fn person_key(kind: EntityType, name: &str) -> Option<String> {
    if kind != EntityType::Person {
        return None;
    }
    let words: Vec<String> =
        all_words(name).map(|w| phonetic(&fold(w))).filter(|w| !w.is_empty()).collect();
    let full = words.len() >= 2 && words.iter().filter(|w| w.len() >= 2).count() >= 2;
    full.then(|| words.join(" "))
}

/// A word with the usual variants of transliteration folded, double letters made single.
fn phonetic(word: &str) -> String {
    const FOLDS: [(&str, &str); 29] = [
        ("sch", "sh"),
        ("sh", "s"),
        ("ch", "s"),
        ("zh", "z"),
        ("j", "i"),
        ("y", "i"),
        ("w", "v"),
        ("ph", "f"),
        ("kh", "h"),
        ("ou", "u"),
        ("oo", "u"),
        ("ei", "e"),
        ("ie", "e"),
        ("ii", "i"),
        ("ck", "k"),
        ("c", "k"),
        ("q", "k"),
        ("x", "ks"),
        ("th", "t"),
        ("dh", "d"),
        ("gh", "g"),
        ("tz", "ts"),
        ("ae", "a"),
        ("eu", "u"),
        ("oe", "o"),
        ("ue", "u"),
        ("é", "e"),
        ("á", "a"),
        ("í", "i"),
    ];
    let mut folded = word.to_owned();
    for (from, to) in FOLDS {
        if folded.contains(from) {
            folded = folded.replace(from, to);
        }
    }
    let mut letters: Vec<char> = folded.chars().collect();
    letters.dedup();
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_a_name() {
        let check = |a: &str, b: &str, same: bool| {
            let key = |n| person_key(EntityType::Person, n);
            assert_eq!(key(a).is_some() && key(a) == key(b), same, "{a} / {b}");
        };
        check("Sergey Lavrov", "Sergei Lavrov", true);
        check("Kim Jong Un", "Kim Jong-un", true);
        check("Mikhail Fyodorov", "Mihail Fiodorov", true);
        check("Kim Jong Un", "Kim Jong Il", false);
        check("Ada Brandt", "Ida Brandt", false);
        check("Lavrov", "Lavrov", false);
        check("J. Brandt", "J. Brandt", false);
    }
}
