//! Two sketches side by side.

use crate::sketch::{Sketch, sampled};

/// What two articles share. Shares are 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Comparison {
    /// Share of this article's shingles found in that one.
    pub containment: f64,
    /// Share of that article's shingles found in this one.
    pub contained: f64,
    /// Shared over all.
    pub jaccard: f64,
    /// The larger containment, each shingle counted by how few clusters have it.
    pub weighted: f64,
    /// Share of this article's lead found in that one.
    pub lead: f64,
    /// Share of that article's lead found in this one.
    pub lead_contained: f64,
    /// Smaller number of distinct shingles.
    pub size: u32,
    /// Numbers of the article with fewer numbers.
    pub numbers: usize,
    /// Share of them that the other one has.
    pub same_numbers: f64,
    /// Share of the names of the article with fewer names that the other one has.
    pub same_names: f64,
    /// The same over the names of title and lead.
    pub same_lead_names: f64,
    /// Jaccard index of the words of the titles; 0 when one has none.
    pub title: f64,
    /// Whether both leads name weekdays and no common one.
    pub other_day: bool,
    /// Whether the source is the same, where both are known.
    pub same_source: bool,
    /// Whether the address is the same, where both are known.
    pub same_url: bool,
    /// Hours between them, where both times are known.
    pub hours: Option<f64>,
}

/// Compares a new sketch with a stored one. `weight` gives 1 over the number of clusters that have a shingle, for the
/// shingles that the index samples. Also returns the shared shingles, sorted.
pub(crate) fn compare(
    this: &Sketch,
    that: &Sketch,
    mut weight: impl FnMut(u32) -> Option<f64>,
) -> (Comparison, Vec<u32>) {
    let level = this.level.max(that.level);
    let (a, b) = (at_level(this, level), at_level(that, level));
    let shared = common(&a, &b);
    let ratio = |n: usize, of: usize| if of == 0 { 0.0 } else { n as f64 / of as f64 };
    let smaller = if this.size <= that.size { &a } else { &b };
    let (mut both, mut all) = (0.0, 0.0);
    for &shingle in smaller {
        if let Some(w) = weight(shingle) {
            all += w;
            both += if shared.binary_search(&shingle).is_ok() { w } else { 0.0 };
        }
    }
    let plain = ratio(shared.len(), smaller.len());
    let hours = (this.minute != 0 && that.minute != 0)
        .then(|| f64::from(this.minute.abs_diff(that.minute)) / 60.0);
    let names = |s: &Sketch| union(&s.lead_names, &s.names);
    let comparison = Comparison {
        containment: ratio(shared.len(), a.len()),
        contained: ratio(shared.len(), b.len()),
        jaccard: ratio(shared.len(), a.len() + b.len() - shared.len()),
        weighted: if all > 0.0 { both / all } else { plain },
        lead: lead(this, &b, level),
        lead_contained: lead(that, &a, level),
        size: this.size.min(that.size),
        numbers: this.numbers.len().min(that.numbers.len()),
        same_numbers: overlap(&this.numbers, &that.numbers),
        same_names: overlap(&names(this), &names(that)),
        same_lead_names: overlap(&this.lead_names, &names(that))
            .min(overlap(&that.lead_names, &names(this))),
        title: jaccard(&this.title, &that.title),
        other_day: this.days != 0 && that.days != 0 && this.days & that.days == 0,
        same_source: this.source != 0 && this.source == that.source,
        same_url: this.url != 0 && this.url == that.url,
        hours,
    };
    (comparison, shared)
}

fn at_level(sketch: &Sketch, level: u32) -> Vec<u32> {
    let mut items = sketch.items();
    items.retain(|s| sampled(*s, level));
    items
}

/// How much of a lead `other` has: of its first zone, or of its second when that is found for the most part (a foreign
/// paragraph may stand before the text). 1 when the zones hold too little to tell.
fn lead(sketch: &Sketch, other: &[u32], level: u32) -> f64 {
    let [first, second, _] = &sketch.zones;
    let cover = |zone: &[u32]| {
        let zone: Vec<u32> = zone.iter().copied().filter(|s| sampled(*s, level)).collect();
        let found = zone.iter().filter(|s| other.binary_search(s).is_ok()).count();
        (zone.len() >= 4).then(|| found as f64 / zone.len() as f64)
    };
    match (cover(first), cover(second)) {
        (Some(a), Some(b)) => {
            if b >= 0.6 {
                a.max(b)
            } else {
                a
            }
        }
        (Some(a), None) | (None, Some(a)) => a,
        (None, None) => 1.0,
    }
}

pub(crate) fn common(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut b = b.iter().peekable();
    let mut out = Vec::new();
    for x in a {
        while b.next_if(|y| *y < x).is_some() {}
        if b.peek() == Some(&x) {
            out.push(*x);
        }
    }
    out
}

fn union(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut all = [a, b].concat();
    all.sort_unstable();
    all.dedup();
    all
}

/// Shared over the smaller one; 1 when one is empty, since nothing then differs.
fn overlap(a: &[u32], b: &[u32]) -> f64 {
    let least = a.len().min(b.len());
    if least == 0 { 1.0 } else { common(a, b).len() as f64 / least as f64 }
}

fn jaccard(a: &[u32], b: &[u32]) -> f64 {
    let shared = common(a, b).len();
    let all = a.len() + b.len() - shared;
    if a.is_empty() || b.is_empty() { 0.0 } else { shared as f64 / all as f64 }
}
