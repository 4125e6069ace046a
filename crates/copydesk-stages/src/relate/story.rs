//! Stories: articles about one event, clustered as they arrive.
//!
//! An article joins the story whose centroid is nearest by TF-IDF (names count twice, numbers one and a half times; the
//! weights are of the kind of Salton & Buckley, 1988, with frequencies over the stream so far), if that is near enough
//! and the dates allow it. The same actors meet again and again: event days too far apart are never one story, and
//! where a day is not known, a number or actors have to be shared as well.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::features::Features;

/// Least cosine, after decay.
const NEAR: f64 = 0.22;
/// Least cosine when no day is known and neither numbers nor actors are shared.
const NEAR_ALONE: f64 = 0.7;
/// Share of the actors of the article with fewer of them that counts as evidence.
const ACTORS: f64 = 0.5;
/// Days between events that are never one story.
const DAYS_APART: i32 = 10;
/// Days in which the score of a dated pair falls to 1/e.
const DECAY: f64 = 6.0;
/// Terms of a centroid: cut to the first figure when it grows over the second.
const TERMS: (usize, usize) = (200, 400);
/// Members whose actors are kept.
const MEMBERS: usize = 16;
/// Stories kept for a term, the newest.
const PER_TERM: usize = 128;
/// Articles before which no term is too common to look for.
const COLD: u32 = 200;
/// Stories compared in full.
const CANDIDATES: usize = 12;
/// Related stories that an article names.
const RELATED: usize = 3;

/// The stories of a stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Stories {
    /// Articles seen; the clock of the window.
    seen: u32,
    /// Articles that the frequencies count.
    counted: u32,
    /// In how many articles each term stood.
    frequency: BTreeMap<u32, u32>,
    /// By number, oldest first; a story that left the window is gone.
    active: BTreeMap<u32, Story>,
    /// Numbers of the active stories.
    by_id: BTreeMap<u128, u32>,
    /// Stories by term, newest last.
    by_term: BTreeMap<u32, VecDeque<u32>>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Story {
    /// 128 bits of the first article's id.
    id: u128,
    /// Sums of the members' weights.
    terms: Vec<(u32, u32)>,
    numbers: Vec<u32>,
    actors: VecDeque<Vec<u32>>,
    /// First and last day of an event in it.
    days: Option<(i32, i32)>,
    /// When the last article joined.
    updated: u32,
}

/// What an article is to the stories so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Placing {
    /// The story that it joins; none when it starts one.
    pub(super) joins: Option<(u128, f64)>,
    /// Like stories about other events, best first.
    pub(super) related: Vec<(u128, f64)>,
}

impl Stories {
    /// Where an article belongs.
    pub(super) fn place(&self, features: &Features) -> Placing {
        let mut placing = Placing::default();
        let article: Vec<(u32, u32)> =
            features.terms.iter().map(|(t, w)| (*t, u32::from(*w))).collect();
        let article = self.weigh(&article);
        for story in self.candidates(&article) {
            let cosine = cosine(&article, &self.weigh(&story.terms));
            let score = cosine * story.decay(features.day);
            let allowed = story.allows(features, cosine);
            if allowed && score >= NEAR {
                if placing.joins.is_none_or(|(_, best)| score > best) {
                    placing
                        .joins
                        .replace((story.id, score))
                        .into_iter()
                        .for_each(|other| placing.related.push(other));
                } else {
                    placing.related.push((story.id, score));
                }
            } else if cosine >= NEAR && story.shares_an_actor(features) {
                placing.related.push((story.id, cosine));
            }
        }
        placing.related.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        placing.related.truncate(RELATED);
        placing
    }

    /// Terms with their TF-IDF weights.
    fn weigh(&self, terms: &[(u32, u32)]) -> Vec<(u32, f64)> {
        let all = f64::from(self.counted) + 2.0;
        let weight = |term: u32| {
            let frequency = self.frequency.get(&term).map_or(1, |f| f + 1);
            (all / (f64::from(frequency) + 0.5) + 1.0).ln()
        };
        terms.iter().map(|(term, count)| (*term, f64::from(*count) * weight(*term))).collect()
    }

    /// The stories with the most of the article's rarer terms.
    fn candidates(&self, terms: &[(u32, f64)]) -> Vec<&Story> {
        let common = self.counted / 8;
        let mut hits: Vec<(u32, f64)> = Vec::new();
        for (term, weight) in terms {
            if self.counted < COLD || self.frequency.get(term).is_none_or(|f| *f < common) {
                hits.extend(
                    self.by_term.get(term).into_iter().flatten().map(|story| (*story, *weight)),
                );
            }
        }
        hits.sort_by_key(|(story, _)| *story);
        let add = |run: &[(u32, f64)]| {
            run.first().map(|(story, _)| (*story, run.iter().map(|(_, w)| w).sum()))
        };
        let mut sums: Vec<(u32, f64)> = hits.chunk_by(|a, b| a.0 == b.0).filter_map(add).collect();
        sums.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        sums.iter().take(CANDIDATES).filter_map(|(story, _)| self.active.get(story)).collect()
    }

    /// Takes an article into its story.
    pub(super) fn learn(
        &mut self,
        article: u128,
        joins: Option<u128>,
        features: &Features,
        window: u32,
    ) {
        self.seen += 1;
        self.counted += 1;
        for (term, _) in &features.terms {
            *self.frequency.entry(*term).or_default() += 1;
        }
        let id = joins.unwrap_or(article);
        let number = *self.by_id.entry(id).or_insert(self.seen);
        let story = self.active.entry(number).or_insert_with(|| Story { id, ..Story::default() });
        let before: Vec<u32> = story.terms.iter().map(|(term, _)| *term).collect();
        story.take_in(features);
        story.updated = self.seen;
        for (term, _) in story.terms.iter().filter(|(term, _)| before.binary_search(term).is_err())
        {
            let stories = self.by_term.entry(*term).or_default();
            stories.push_back(number);
            if stories.len() > PER_TERM {
                stories.pop_front();
            }
        }
        if self.seen.is_multiple_of(window.div_ceil(16).max(1)) {
            self.forget(window);
        }
    }

    /// Drops the stories that were not updated within the window, and lets old frequencies fade.
    fn forget(&mut self, window: u32) {
        let oldest = self.seen.saturating_sub(window);
        self.active.retain(|_, story| story.updated >= oldest);
        let active = &self.active;
        self.by_id.retain(|_, number| active.contains_key(number));
        self.by_term.retain(|_, stories| {
            stories.retain(|s| active.contains_key(s));
            !stories.is_empty()
        });
        if self.counted >= window.saturating_mul(2) {
            self.counted /= 2;
            self.frequency.values_mut().for_each(|f| *f /= 2);
            self.frequency.retain(|_, f| *f > 0);
        }
    }
}

impl Story {
    fn decay(&self, day: Option<i32>) -> f64 {
        let (Some(day), Some((first, last))) = (day, self.days) else { return 1.0 };
        let apart = (first - day).max(day - last).max(0);
        (-f64::from(apart) / DECAY).exp()
    }

    /// Whether dates and evidence allow the article in.
    fn allows(&self, features: &Features, cosine: f64) -> bool {
        if let (Some(day), Some((first, last))) = (features.day, self.days) {
            return day >= first - DAYS_APART && day <= last + DAYS_APART;
        }
        let number = features.numbers.iter().any(|n| self.numbers.binary_search(n).is_ok());
        number
            || cosine >= NEAR_ALONE
            || self.actors.iter().any(|a| overlap(a, &features.actors) >= ACTORS)
    }

    fn shares_an_actor(&self, features: &Features) -> bool {
        self.actors.iter().flatten().any(|a| features.actors.binary_search(a).is_ok())
    }

    fn take_in(&mut self, features: &Features) {
        self.terms = sum(&self.terms, &features.terms);
        if self.terms.len() > TERMS.1 {
            self.terms.sort_by_key(|(term, weight)| (std::cmp::Reverse(*weight), *term));
            self.terms.truncate(TERMS.0);
            self.terms.sort_unstable_by_key(|(term, _)| *term);
        }
        self.numbers.extend(&features.numbers);
        self.numbers.sort_unstable();
        self.numbers.dedup();
        self.actors.push_back(features.actors.clone());
        if self.actors.len() > MEMBERS {
            self.actors.pop_front();
        }
        if let Some(day) = features.day {
            let (first, last) = self.days.unwrap_or((day, day));
            self.days = Some((first.min(day), last.max(day)));
        }
    }
}

/// Shared over the shorter list; 0 when one is empty.
fn overlap(a: &[u32], b: &[u32]) -> f64 {
    let shared = a.iter().filter(|x| b.binary_search(x).is_ok()).count();
    shared as f64 / a.len().min(b.len()).max(1) as f64
}

/// The sum of two sorted vectors.
fn sum(a: &[(u32, u32)], b: &[(u32, u8)]) -> Vec<(u32, u32)> {
    let mut all: Vec<(u32, u32)> =
        a.iter().copied().chain(b.iter().map(|(t, w)| (*t, u32::from(*w)))).collect();
    all.sort_by_key(|(term, _)| *term);
    let add =
        |run: &[(u32, u32)]| run.first().map(|(term, _)| (*term, run.iter().map(|(_, w)| w).sum()));
    all.chunk_by(|a, b| a.0 == b.0).filter_map(add).collect()
}

fn cosine(a: &[(u32, f64)], b: &[(u32, f64)]) -> f64 {
    let mut b_left = b.iter().peekable();
    let mut dot = 0.0;
    for (term, weight) in a {
        while b_left.next_if(|(t, _)| t < term).is_some() {}
        if let Some((_, other)) = b_left.next_if(|(t, _)| t == term) {
            dot += weight * other;
        }
    }
    let norm = |v: &[(u32, f64)]| v.iter().map(|(_, w)| w * w).sum::<f64>().sqrt();
    let norms = norm(a) * norm(b);
    if norms > 0.0 { dot / norms } else { 0.0 }
}
