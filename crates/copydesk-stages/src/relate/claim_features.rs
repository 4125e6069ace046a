//! What a claim is compared by.

use std::collections::BTreeMap;

use copydesk_types::{Claim, ClaimType, CueClass, Polarity, Record};

use super::features::{day, event_day, take_u8, take_u32};
use super::words::{all_words, content_words, fold, hash, stem};

/// Stems, shingles, topics and values kept of a claim.
const STEMS: usize = 12;
const SHINGLES: usize = 12;
const TOPICS: usize = 8;
const VALUES: usize = 3;
/// Words of a shingle of a quote.
const SHINGLE: usize = 5;

/// What a claim is compared by. Lists are sorted.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct ClaimFeatures {
    /// Place in the record's list.
    pub(super) ordinal: u8,
    /// Entity or name of the speaker; 0 for none.
    pub(super) speaker: u32,
    /// Day of saying, days since 1970.
    pub(super) day: Option<i32>,
    /// Says that something is not so.
    pub(super) negated: bool,
    /// Hash of all its words.
    pub(super) words: u32,
    /// Content words, but for names and those of [`OPPOSITES`].
    pub(super) stems: Vec<u32>,
    /// Five words each of its quotes: those whose hash ends in `level` zero bits.
    pub(super) shingles: Vec<u32>,
    pub(super) level: u8,
    /// Entities and numbers.
    pub(super) topics: Vec<u32>,
    /// Numbers by unit, in thousandths, [`packed`].
    pub(super) values: Vec<(u32, i32)>,
    /// Sides of opposites, as (pair, side); weekdays, as ([`WEEKDAY`], day).
    pub(super) sides: Vec<(u8, u8)>,
}

/// Pairs of words that cannot both be said of one thing, as stems.
const OPPOSITES: &str = "confirm/den support/oppose ris/fall rose/fell increas/decreas increas/declin grow/shrink grew/shrank \
    accept/reject approv/reject agree/refus win/los won/lost gain/los open/clos start/stop join/leav alive/dead \
    guilt/innocent safe/danger legal/illegal true/false strengthen/weaken higher/lower up/down succeed/fail \
    allow/ban keep/scrap hire/fire back/oppose profit/loss \
    rais/cut expand/cut innocent/convict surviv/die";

/// Stands for the pair where a weekday is named.
pub(super) const WEEKDAY: u8 = u8::MAX;
const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl ClaimFeatures {
    /// The statements of a record.
    pub(super) fn of(record: &Record) -> Vec<Self> {
        let statements =
            (0_u8..).zip(&record.claims).filter(|(_, c)| c.kind == ClaimType::Statement);
        statements.map(|(ordinal, claim)| Self::of_claim(record, ordinal, claim)).collect()
    }

    fn of_claim(record: &Record, ordinal: u8, claim: &Claim) -> Self {
        let speaker = claim.speaker.as_ref().map_or(0, |s| {
            let entity = s.entity.as_ref().map(|e| hash(e.as_str()));
            entity.unwrap_or_else(|| hash(&fold(&s.name)))
        });
        let said = claim.when.as_ref().and_then(|w| day(w.value.as_deref()?));
        let denies = claim.cue.as_ref().is_some_and(|c| c.class == CueClass::Deny);
        let mut features = Self {
            ordinal,
            speaker,
            day: said.or_else(|| event_day(record)),
            negated: (claim.polarity == Polarity::Negated) != denies,
            words: hash(&all_words(&claim.text).map(fold).collect::<Vec<_>>().join(" ")),
            topics: claim.about.iter().map(|e| hash(e.as_str())).collect(),
            ..Self::default()
        };
        features.read_text(&claim.text);
        features.read_values(record, claim);
        let quotes = claim.quotes.iter().filter_map(|q| q.slice(&record.text.body));
        features.read_quotes(quotes);
        features
    }

    fn read_text(&mut self, text: &str) {
        let mut stems: BTreeMap<u32, usize> = BTreeMap::new();
        for (at, word) in content_words(text).enumerate() {
            let side = side_of(word.text);
            if word.number {
                self.topics.push(word.hash);
            }
            // Names are topics; what is said about them decides.
            let name = at > 0 && word.text.starts_with(char::is_uppercase);
            match side {
                Some(side) => self.sides.push(side),
                None if name => {}
                None => _ = stems.entry(word.hash).or_insert(at),
            }
        }
        // Words that carry no content of their own may still be a side: up, down, more.
        self.sides.extend(all_words(text).filter_map(side_of));
        self.sides.extend(all_words(text).filter_map(weekday));
        let mut in_order: Vec<(usize, u32)> =
            stems.into_iter().map(|(hash, at)| (at, hash)).collect();
        in_order.sort_unstable();
        self.stems = in_order.into_iter().take(STEMS).map(|(_, hash)| hash).collect();
        self.stems.sort_unstable();
        self.topics.truncate(TOPICS);
        self.topics.sort_unstable();
        self.topics.dedup();
        self.sides.sort_unstable();
        self.sides.dedup();
        self.sides.truncate(TOPICS);
    }

    fn read_values(&mut self, record: &Record, claim: &Claim) {
        for quantity in &record.quantities {
            let inside =
                claim.content.iter().any(|s| s.start <= quantity.start && quantity.end <= s.end);
            if let (true, Some(value)) = (inside, quantity.value) {
                let unit = hash(quantity.unit.as_deref().unwrap_or(&quantity.label));
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "a cast from a float saturates"
                )]
                self.values.push((unit, packed((value * 1000.0).round() as i64)));
            }
        }
        self.values.sort_unstable();
        self.values.dedup();
        self.values.truncate(VALUES);
    }

    fn read_quotes<'a>(&mut self, quotes: impl Iterator<Item = &'a str>) {
        let mut shingles = Vec::new();
        for quote in quotes {
            let words: Vec<String> = all_words(quote).map(fold).collect();
            shingles.extend(words.windows(SHINGLE).map(|w| hash(&w.join(" "))));
        }
        shingles.sort_unstable();
        shingles.dedup();
        while shingles.len() > SHINGLES {
            self.level += 1;
            shingles.retain(|s| s.trailing_zeros() >= u32::from(self.level));
        }
        self.shingles = shingles;
    }

    /// Appends the features in bytes: numbers in little-endian, lists behind their lengths.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        let len = |n: usize| u8::try_from(n).expect("lists are capped");
        out.extend([self.ordinal, self.level, u8::from(self.negated)]);
        out.extend(self.speaker.to_le_bytes());
        out.extend(self.day.unwrap_or(i32::MIN).to_le_bytes());
        out.extend(self.words.to_le_bytes());
        for list in [&self.stems, &self.shingles, &self.topics] {
            out.push(len(list.len()));
            for hash in list {
                out.extend(hash.to_le_bytes());
            }
        }
        out.push(len(self.values.len()));
        for (unit, value) in &self.values {
            out.extend(unit.to_le_bytes());
            out.extend(value.to_le_bytes());
        }
        out.push(len(self.sides.len()));
        for (pair, side) in &self.sides {
            out.extend([*pair, *side]);
        }
    }

    /// Takes features off the front of `bytes`; `None` when they are something else.
    pub(super) fn decode(bytes: &mut &[u8]) -> Option<Self> {
        let mut features = Self {
            ordinal: take_u8(bytes)?,
            level: take_u8(bytes)?,
            negated: take_u8(bytes)? == 1,
            speaker: take_u32(bytes)?,
            day: Some(take_u32(bytes)?.cast_signed()).filter(|d| *d != i32::MIN),
            words: take_u32(bytes)?,
            ..Self::default()
        };
        for list in [&mut features.stems, &mut features.shingles, &mut features.topics] {
            for _ in 0..take_u8(bytes)? {
                list.push(take_u32(bytes)?);
            }
        }
        for _ in 0..take_u8(bytes)? {
            features.values.push((take_u32(bytes)?, take_u32(bytes)?.cast_signed()));
        }
        for _ in 0..take_u8(bytes)? {
            features.sides.push((take_u8(bytes)?, take_u8(bytes)?));
        }
        Some(features)
    }
}

/// Numbers from here on are kept with six digits.
const LARGE: u64 = 1_000_000_000;
const DIGITS: u64 = 1_000_000;

/// A number in 32 bits: from [`LARGE`] on its first six digits, with how many follow them.
fn packed(number: i64) -> i32 {
    let (mut digits, mut more) = (number.unsigned_abs(), 0);
    if digits >= LARGE {
        while digits >= DIGITS {
            digits /= 10;
            more += 1;
        }
        digits += LARGE + more * DIGITS;
    }
    let size = i32::try_from(digits).expect("an i64 has thirteen digits behind six");
    if number < 0 { -size } else { size }
}

/// The number that was [`packed`], as far as it was kept.
pub(super) fn unpacked(packed: i32) -> i64 {
    let size = u64::from(packed.unsigned_abs());
    let Some(large) = size.checked_sub(LARGE) else { return i64::from(packed) };
    let more = u32::try_from(large / DIGITS).ok().and_then(|more| 10_i64.checked_pow(more));
    let digits = i64::try_from(large % DIGITS).expect("below DIGITS");
    digits.saturating_mul(more.unwrap_or(i64::MAX)) * i64::from(packed.signum())
}

fn weekday(word: &str) -> Option<(u8, u8)> {
    let folded = fold(word);
    (0..).zip(WEEKDAYS).find_map(|(n, day)| (day == folded).then_some((WEEKDAY, n)))
}

/// The opposite that a word is a side of.
fn side_of(word: &str) -> Option<(u8, u8)> {
    let folded = fold(word);
    let stemmed = stem(&folded);
    for (pair, sides) in (0_u8..).zip(OPPOSITES.split_ascii_whitespace()) {
        for (side, name) in (0_u8..).zip(sides.split('/')) {
            if name == stemmed || name == folded {
                return Some((pair, side));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_32_bits() {
        let check = |number: i64, kept: i64| {
            assert_eq!(unpacked(packed(number)), kept, "{number}");
            assert_eq!(unpacked(packed(-number)), -kept, "-{number}");
        };
        check(0, 0);
        check(3_100, 3_100);
        check(999_999_999, 999_999_999);
        check(1_000_000_000, 1_000_000_000);
        check(2_400_000_000, 2_400_000_000);
        check(3_141_592_653_589, 3_141_590_000_000);
        check(i64::MAX, 9_223_370_000_000_000_000);
        // What an earlier version saturated at is some number, and no panic.
        assert!(unpacked(i32::MAX) > 1_000_000_000 && unpacked(i32::MIN) < -1_000_000_000);
    }
}
