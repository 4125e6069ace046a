//! What an article is compared by.

use std::collections::BTreeMap;

use copydesk_types::{Entity, EntityType, Record};
use jiff::civil::Date;

use super::lexicon::is_common_place;
use super::words::{content_words, fold, hash};

/// Terms kept of an article.
const TERMS: usize = 40;
/// Numbers and actors kept.
const FACTS: usize = 32;

/// What an article is compared by. Lists are sorted.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Features {
    /// Terms with their weights in sixteenths: 1 + ln of their count; names twice that, numbers one and a half times.
    pub(super) terms: Vec<(u32, u8)>,
    /// Numbers of two digits and more.
    pub(super) numbers: Vec<u32>,
    /// Entities but for states, capitals, agencies and the persons of the knowledge base (who hold high offices): they
    /// are in every text.
    pub(super) actors: Vec<u32>,
    /// Day of the event, days since 1970.
    pub(super) day: Option<i32>,
}

/// No day, in bytes.
const NO_DAY: i32 = i32::MIN;

impl Features {
    /// The features in bytes: the day, then each list behind its length; numbers in little-endian.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = self.day.unwrap_or(NO_DAY).to_le_bytes().to_vec();
        let len = |n: usize| u8::try_from(n).expect("TERMS and FACTS are small");
        out.push(len(self.terms.len()));
        for (term, weight) in &self.terms {
            out.extend(term.to_le_bytes());
            out.push(*weight);
        }
        for facts in [&self.numbers, &self.actors] {
            out.push(len(facts.len()));
            for fact in facts {
                out.extend(fact.to_le_bytes());
            }
        }
        out
    }

    /// Takes what [`encode`](Self::encode) wrote off the front of `rest`; `None` when it is something else.
    pub(super) fn decode(rest: &mut &[u8]) -> Option<Self> {
        let day = Some(take_u32(rest)?.cast_signed()).filter(|d| *d != NO_DAY);
        let mut features = Self { day, ..Self::default() };
        for _ in 0..take_u8(rest)? {
            features.terms.push((take_u32(rest)?, take_u8(rest)?));
        }
        for facts in [&mut features.numbers, &mut features.actors] {
            for _ in 0..take_u8(rest)? {
                facts.push(take_u32(rest)?);
            }
        }
        Some(features)
    }
}

pub(super) fn take_u8(bytes: &mut &[u8]) -> Option<u8> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*first)
}

pub(super) fn take_u32(bytes: &mut &[u8]) -> Option<u32> {
    let (first, rest) = bytes.split_first_chunk::<4>()?;
    *bytes = rest;
    Some(u32::from_le_bytes(*first))
}

impl Features {
    pub(super) fn of(record: &Record) -> Self {
        let mut numbers = Vec::new();
        let mut actors: Vec<u32> =
            record.entities.iter().filter(|e| is_actor(e)).map(|e| hash(&fold(&e.name))).collect();
        let terms = terms(&record.text.body, &mut numbers);
        for facts in [&mut numbers, &mut actors] {
            let mut seen = Vec::new();
            facts.retain(|f| {
                !seen.contains(f) && seen.len() < FACTS && {
                    seen.push(*f);
                    true
                }
            });
            facts.sort_unstable();
        }
        Self { terms, numbers, actors, day: event_day(record) }
    }
}

fn terms(body: &str, numbers: &mut Vec<u32>) -> Vec<(u32, u8)> {
    let mut counts: BTreeMap<u32, Count> = BTreeMap::new();
    for word in content_words(body) {
        let count = counts.entry(word.hash).or_default();
        count.all += 1.0;
        count.number |= word.number;
        count.plain |= !word.text.starts_with(char::is_uppercase);
        if word.number && word.text.len() > 1 {
            numbers.push(word.hash);
        }
    }
    let mut terms: Vec<(u32, u8)> =
        counts.into_iter().map(|(hash, count)| (hash, count.weight())).collect();
    terms.sort_by_key(|(hash, weight)| (std::cmp::Reverse(*weight), *hash));
    terms.truncate(TERMS);
    terms.sort_unstable_by_key(|(hash, _)| *hash);
    terms
}

#[derive(Default)]
struct Count {
    all: f64,
    number: bool,
    /// Also written without a capital.
    plain: bool,
}

impl Count {
    fn weight(&self) -> u8 {
        let factor = match (self.number, self.plain) {
            (true, _) => 1.5,
            (false, false) => 2.0,
            (false, true) => 1.0,
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast from a float saturates"
        )]
        let sixteenths = ((1.0 + self.all.ln()) * factor * 16.0).round() as u8;
        sixteenths
    }
}

fn is_actor(entity: &Entity) -> bool {
    let named = matches!(
        entity.kind,
        EntityType::Person
            | EntityType::Organization
            | EntityType::Place
            | EntityType::Facility
            | EntityType::Event
            | EntityType::Product
            | EntityType::Work
    );
    let office_holder = entity.kind == EntityType::Person && !entity.id.is_minted();
    named && !office_holder && !is_common_place(&entity.name)
}

/// The day of publication. Days that a text names are no substitute: on articles without a date they part more
/// stories than they tell apart.
pub(super) fn event_day(record: &Record) -> Option<i32> {
    record.article.published.at.as_deref().and_then(day)
}

/// Days since 1970 of an ISO date, or of a date and time.
pub(super) fn day(at: &str) -> Option<i32> {
    let date: Date = at.get(..10)?.parse().ok()?;
    Some(Date::constant(1970, 1, 1).until(date).ok()?.get_days())
}
