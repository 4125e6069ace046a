//! Which earlier articles may share much with a new one.
//!
//! Postings say in which articles the sampled shingles of a sketch stand. Their weights add up to an order, and their
//! number to an estimate of what is shared, by which most articles are left aside before their sketches are read.

use std::hash::BuildHasherDefault;

use crate::compare::{Comparison, Prepared, compare};
use crate::index::{Index, LONG_LEVEL, index_level};
use crate::postings::Table;
use crate::sketch::{Sketch, sampled};

/// Articles compared in full for a decision.
const CANDIDATES: usize = 8;
/// And of these, so many of one cluster.
const PER_ROOT: usize = 3;
/// A shingle of more clusters than this leads to no candidate.
const COMMON: u32 = 24;
/// Least estimated share of the smaller article, as 1 over this.
const LEAST: u32 = 8;
/// Weight of a shingle that one cluster has. Weights are whole numbers, so that they add up in any order.
const ONE: u64 = 1 << 24;

/// An earlier article with what it shares.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Its number.
    pub article: u32,
    /// What it shares.
    pub comparison: Comparison,
    pub(crate) shared: Vec<u32>,
}

impl Index {
    /// The articles that share most with a sketch, and what they share.
    pub fn candidates(&self, this: &Sketch) -> Vec<Candidate> {
        self.candidates_over(&[self], this)
    }

    pub(crate) fn candidates_over(&self, parts: &[&Self], this: &Sketch) -> Vec<Candidate> {
        let own_level = index_level(this.size);
        let prepared = Prepared::new(this);
        let mut weights: Table<u32, u64> =
            Table::with_capacity_and_hasher(256, BuildHasherDefault::default());
        let mut articles = Vec::new();
        let mut hits: Vec<(u32, u64)> = Vec::new();
        for &shingle in prepared.items().iter().filter(|s| sampled(**s, own_level)) {
            articles.clear();
            let clusters = self.part_of(parts, shingle).collect(shingle, COMMON, &mut articles);
            let weight = ONE / u64::from(clusters.max(1));
            weights.insert(shingle, weight);
            hits.extend(articles.iter().map(|a| (*a, weight)));
        }
        let mut out: Vec<Candidate> = Vec::new();
        let mut taken: Vec<(u32, usize)> = Vec::new();
        for (article, count) in best_first(hits) {
            if out.len() == CANDIDATES {
                break;
            }
            let Some(entry) = self.entry(article) else { continue };
            if !enough(count, this.size, entry.size) {
                continue;
            }
            let place =
                taken.iter().position(|(root, _)| *root == entry.root).unwrap_or(taken.len());
            if place == taken.len() {
                taken.push((entry.root, 0));
            }
            let of_root =
                taken.get_mut(place).map_or(PER_ROOT, |(_, n)| std::mem::replace(n, *n + 1));
            if of_root >= PER_ROOT {
                continue;
            }
            let Ok(that) = Sketch::decode(&entry.sketch) else { continue };
            let level =
                index_level(this.size.min(that.size)).max(that.level.saturating_sub(LONG_LEVEL));
            let weight = |s| {
                let of = |s| ONE / u64::from(self.part_of(parts, s).clusters(s).max(1));
                sampled(s, level).then(|| *weights.entry(s).or_insert_with(|| of(s)))
            };
            let (comparison, shared) = compare(&prepared, &that, weight);
            out.push(Candidate { article, comparison, shared });
        }
        out
    }

    /// The part of a split index that has the postings of a shingle.
    pub(crate) fn part_of<'a>(&'a self, parts: &[&'a Self], shingle: u32) -> &'a Self {
        parts.iter().find(|p| p.has(shingle)).copied().unwrap_or(self)
    }
}

/// Whether so many common postings may be a share worth comparing. Both are in the postings of the coarser level.
fn enough(count: u32, this: u32, that: u32) -> bool {
    let level = index_level(this).max(index_level(that));
    count * LEAST >= this.min(that) >> level
}

/// Articles by the sum of their weights, best first, the earlier one of equals; each with the number of its hits.
fn best_first(mut hits: Vec<(u32, u64)>) -> Vec<(u32, u32)> {
    hits.sort_unstable_by_key(|(article, _)| *article);
    let sums = hits.chunk_by(|a, b| a.0 == b.0).filter_map(|run| {
        let count = u32::try_from(run.len()).ok()?;
        Some((run.first()?.0, count, run.iter().map(|(_, w)| w).sum()))
    });
    let mut sums: Vec<(u32, u32, u64)> = sums.collect();
    sums.sort_unstable_by_key(|(article, _, sum)| (std::cmp::Reverse(*sum), *article));
    sums.into_iter().map(|(article, count, _)| (article, count)).collect()
}
