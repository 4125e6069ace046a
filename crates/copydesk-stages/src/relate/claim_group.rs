//! Groups of claims over articles: the same quote, the same statement, candidate contradictions.
//!
//! Precision comes first: a group is a pointer for a reader, who sees the claims beside each other. A contradiction is a
//! candidate with its reason, never a verdict.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::claim_features::{ClaimFeatures, WEEKDAY, unpacked};

/// Share of the shingles of either quote that makes them the same.
const SAME_QUOTE: f64 = 0.6;
/// Shingles of a quote that two people are not likely to say by chance: a phrase of seven words.
const LONG_QUOTE: usize = 3;
/// Content words that two statements must share, unless they have no others.
const SHARED_WORDS: usize = 2;
/// Cosine over content words, and shared entities or numbers, of the same statement.
const SAME_STATEMENT: (f64, usize) = (0.5, 2);
/// The same, of statements that may contradict each other.
const DISPUTES: (f64, usize) = (0.5, 1);
/// Days between sayings of the same statement, and of a statement and its contradiction.
const DAYS: (i32, i32) = (2, 14);
/// Share by which numbers of one unit must differ.
const NUMBERS_APART: f64 = 0.1;
/// Claims kept for a word or shingle, the newest.
const PER_KEY: usize = 64;
/// Claims compared.
const CANDIDATES: usize = 24;

/// The claims of a stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct ClaimGroups {
    /// Claims seen.
    seen: u32,
    claims: BTreeMap<u32, Seen>,
    by_shingle: BTreeMap<u32, VecDeque<u32>>,
    by_stem: BTreeMap<u32, VecDeque<u32>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Seen {
    /// 128 bits of the first claim of its group, and of that claim's article.
    group: (u128, u128),
    features: ClaimFeatures,
}

/// How a claim belongs to a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation {
    /// The same words; with `other_speaker` somebody else is said to have said them.
    SameQuote {
        /// Whether both speakers are known and differ.
        other_speaker: bool,
    },
    /// The same in other words.
    SameStatement,
    /// A candidate contradiction.
    Disputes(Reason),
}

/// Why two claims may contradict each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// One says that it is so, the other that it is not.
    Negation,
    /// Words of opposite meaning.
    Opposites,
    /// Other numbers of one unit.
    Numbers,
}

/// The group that a claim joins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Match {
    /// First claim of the group, and its article.
    pub(super) group: (u128, u128),
    pub(super) relation: Relation,
}

impl ClaimGroups {
    /// The group that a claim belongs to; none when it founds one.
    pub(super) fn place(&self, claim: &ClaimFeatures) -> Option<Match> {
        let of_quote = best(&self.by_shingle, &claim.shingles);
        let quoted = of_quote.iter().filter_map(|n| self.claims.get(n)).find_map(|seen| {
            let other_speaker = same_quote(claim, &seen.features)?;
            Some(Match { group: seen.group, relation: Relation::SameQuote { other_speaker } })
        });
        if quoted.is_some() {
            return quoted;
        }
        let alike = best(&self.by_stem, &claim.stems);
        let mut found: Option<(f64, Match)> = None;
        for seen in alike.iter().filter_map(|n| self.claims.get(n)) {
            let score = cosine(&claim.stems, &seen.features.stems);
            let Some(relation) = relation(claim, &seen.features, score) else { continue };
            if found.is_none_or(|(best, _)| score > best) {
                found = Some((score, Match { group: seen.group, relation }));
            }
        }
        found.map(|(_, found)| found)
    }

    /// Takes a claim into its group.
    pub(super) fn learn(&mut self, group: (u128, u128), claim: ClaimFeatures, window: u32) {
        self.seen += 1;
        for (index, keys) in
            [(&mut self.by_shingle, &claim.shingles), (&mut self.by_stem, &claim.stems)]
        {
            for key in keys {
                let claims = index.entry(*key).or_default();
                claims.push_back(self.seen);
                if claims.len() > PER_KEY {
                    claims.pop_front();
                }
            }
        }
        self.claims.insert(self.seen, Seen { group, features: claim });
        if self.seen.is_multiple_of(window.div_ceil(16).max(1)) {
            self.claims = self.claims.split_off(&self.seen.saturating_sub(window));
            let oldest = self.claims.first_key_value().map_or(self.seen, |(n, _)| *n);
            for index in [&mut self.by_shingle, &mut self.by_stem] {
                index.retain(|_, claims| {
                    claims.retain(|n| *n >= oldest);
                    !claims.is_empty()
                });
            }
        }
    }
}

/// The claims with most of the keys; the earlier one of equals.
fn best(index: &BTreeMap<u32, VecDeque<u32>>, keys: &[u32]) -> Vec<u32> {
    let mut hits: Vec<u32> = keys.iter().filter_map(|k| index.get(k)).flatten().copied().collect();
    hits.sort_unstable();
    let mut counts: Vec<(usize, u32)> =
        hits.chunk_by(|a, b| a == b).filter_map(|run| Some((run.len(), *run.first()?))).collect();
    counts.sort_by_key(|(count, claim)| (std::cmp::Reverse(*count), *claim));
    counts.into_iter().take(CANDIDATES).map(|(_, claim)| claim).collect()
}

/// Whether the quotes are the same, and if so whether the speakers are known to differ.
fn same_quote(a: &ClaimFeatures, b: &ClaimFeatures) -> Option<bool> {
    let level = u32::from(a.level.max(b.level));
    let count = |s: &[u32]| s.iter().filter(|x| x.trailing_zeros() >= level).count();
    let shared = a
        .shingles
        .iter()
        .filter(|s| s.trailing_zeros() >= level && b.shingles.binary_search(s).is_ok())
        .count();
    let least = count(&a.shingles).min(count(&b.shingles));
    let one_speaker = a.speaker != 0 && a.speaker == b.speaker;
    let enough = if one_speaker || level > 0 { 1 } else { LONG_QUOTE };
    let same = least >= enough && shared as f64 >= SAME_QUOTE * least as f64;
    same.then_some(a.speaker != 0 && b.speaker != 0 && !one_speaker)
}

fn relation(a: &ClaimFeatures, b: &ClaimFeatures, score: f64) -> Option<Relation> {
    if shared(&a.stems, &b.stems) < SHARED_WORDS && a.stems != b.stems {
        return None;
    }
    // A brief of one mould says the same of each day.
    if named_days_differ(a, b) {
        return None;
    }
    let apart = a.day?.abs_diff(b.day?).cast_signed();
    let topics = shared(&a.topics, &b.topics);
    if score >= DISPUTES.0
        && topics >= DISPUTES.1
        && apart <= DAYS.1
        && let Some(reason) = contradiction(a, b, apart)
    {
        return Some(Relation::Disputes(reason));
    }
    let same = score >= SAME_STATEMENT.0 && topics >= SAME_STATEMENT.1 && apart <= DAYS.0;
    let one_speaker = a.speaker != 0 && a.speaker == b.speaker;
    (same && one_speaker && a.negated == b.negated && numbers_agree(a, b))
        .then_some(Relation::SameStatement)
}

/// Whether both name weekdays, and no common one.
fn named_days_differ(a: &ClaimFeatures, b: &ClaimFeatures) -> bool {
    let days = |c: &ClaimFeatures| -> Vec<u8> {
        c.sides.iter().filter(|(pair, _)| *pair == WEEKDAY).map(|(_, day)| *day).collect()
    };
    let (a, b) = (days(a), days(b));
    !a.is_empty() && !b.is_empty() && !a.iter().any(|day| b.contains(day))
}

/// Whether the numbers of each unit that both have are the same, but for rounding; those that only one has do not count.
fn numbers_agree(a: &ClaimFeatures, b: &ClaimFeatures) -> bool {
    let of_unit = |unit: u32, c: &ClaimFeatures| -> Vec<i64> {
        c.values.iter().filter(|(u, _)| *u == unit).map(|(_, v)| unpacked(*v)).collect()
    };
    a.values.iter().all(|(unit, _)| {
        let (mut few, mut many) = (of_unit(*unit, a), of_unit(*unit, b));
        if few.len() > many.len() {
            std::mem::swap(&mut few, &mut many);
        }
        few.iter().all(|x| many.iter().any(|y| same_number(*x, *y)))
    })
}

/// Whether two numbers are equal once the one with more digits is rounded as the other one is.
fn same_number(x: i64, y: i64) -> bool {
    let place = |number: i64| {
        let (mut number, mut place) = (number, 1_u64);
        while number != 0 && number % 10 == 0 {
            number /= 10;
            place *= 10;
        }
        place
    };
    x == y || (!far(x, y) && x.abs_diff(y) * 2 <= place(x).max(place(y)))
}

/// Whether numbers are so far apart that they contradict each other.
fn far(x: i64, y: i64) -> bool {
    x.abs_diff(y) as f64 > NUMBERS_APART * x.unsigned_abs().max(y.unsigned_abs()) as f64
}

fn contradiction(a: &ClaimFeatures, b: &ClaimFeatures, apart: i32) -> Option<Reason> {
    let opposite = |(pair, side): &(u8, u8)| {
        let other = &(*pair, side ^ 1);
        let own = a.sides.contains(other) && !a.sides.contains(&(*pair, *side));
        *pair != WEEKDAY && own && !b.sides.contains(other)
    };
    let opposites = b.sides.iter().any(opposite);
    match (a.negated != b.negated, opposites) {
        (true, false) => return Some(Reason::Negation),
        (false, true) => return Some(Reason::Opposites),
        // "did not rise" and "fell" agree.
        (true, true) => return None,
        (false, false) => {}
    }
    let of_unit = |unit: u32, values: &[(u32, i32)]| {
        let mut found = values.iter().filter(|(u, _)| *u == unit).map(|(_, v)| *v);
        let first = found.next();
        first.filter(|_| found.next().is_none())
    };
    let numbers_differ = a.values.iter().any(|(unit, _)| {
        let pair = of_unit(*unit, &a.values).zip(of_unit(*unit, &b.values));
        pair.is_some_and(|(x, y)| far(unpacked(x), unpacked(y)))
    });
    (numbers_differ && apart <= DAYS.0).then_some(Reason::Numbers)
}

fn shared(a: &[u32], b: &[u32]) -> usize {
    a.iter().filter(|x| b.binary_search(x).is_ok()).count()
}

/// Cosine of two sets.
fn cosine(a: &[u32], b: &[u32]) -> f64 {
    let norm = (a.len() as f64 * b.len() as f64).sqrt();
    if norm > 0.0 { shared(a, b) as f64 / norm } else { 0.0 }
}

#[cfg(test)]
mod tests;
