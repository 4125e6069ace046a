//! Two sketches side by side.

use crate::judge::SHARED;
use crate::sketch::{Sketch, sampled};

/// What two articles share. Shares are 0 to 1; those of leads, names and numbers are 0 when too little is shared to look.
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

/// A sketch that is compared with several.
#[derive(Debug)]
pub(crate) struct Prepared<'a> {
    sketch: &'a Sketch,
    items: Vec<u32>,
    names: Vec<u32>,
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(sketch: &'a Sketch) -> Self {
        Self { sketch, items: sketch.items(), names: union(&sketch.lead_names, &sketch.names) }
    }

    /// All kept shingles, sorted.
    pub(crate) fn items(&self) -> &[u32] {
        &self.items
    }
}

/// Compares a new sketch with a stored one. `weight` says how much a shingle counts, the less the more clusters have it,
/// for the shingles that the index samples. Also returns the shared shingles, sorted.
pub(crate) fn compare(
    prepared: &Prepared<'_>,
    that: &Sketch,
    mut weight: impl FnMut(u32) -> Option<u64>,
) -> (Comparison, Vec<u32>) {
    let this = prepared.sketch;
    let level = this.level.max(that.level);
    let (a, b) = (at_level(&prepared.items, level), at_level(&that.items(), level));
    let shared = common(&a, &b);
    let ratio = |n: usize, of: usize| if of == 0 { 0.0 } else { n as f64 / of as f64 };
    let smaller = if this.size <= that.size { &a } else { &b };
    let (mut both, mut all) = (0, 0);
    let mut rest = shared.iter().peekable();
    for &shingle in smaller {
        let is_shared = rest.next_if(|s| **s == shingle).is_some();
        if let Some(w) = weight(shingle) {
            all += w;
            both += if is_shared { w } else { 0 };
        }
    }
    let plain = ratio(shared.len(), smaller.len());
    let hours = (this.minute != 0 && that.minute != 0)
        .then(|| f64::from(this.minute.abs_diff(that.minute)) / 60.0);
    let mut comparison = Comparison {
        containment: ratio(shared.len(), a.len()),
        contained: ratio(shared.len(), b.len()),
        jaccard: ratio(shared.len(), a.len() + b.len() - shared.len()),
        weighted: if all > 0 { both as f64 / all as f64 } else { plain },
        lead: 0.0,
        lead_contained: 0.0,
        size: this.size.min(that.size),
        numbers: this.numbers.len().min(that.numbers.len()),
        same_numbers: 0.0,
        same_names: 0.0,
        same_lead_names: 0.0,
        title: jaccard(&this.title, &that.title),
        other_day: this.days != 0 && that.days != 0 && this.days & that.days == 0,
        same_source: this.source != 0 && this.source == that.source,
        same_url: this.url != 0 && this.url == that.url,
        hours,
    };
    if comparison.is_alike() {
        let (names, their_names) = (&prepared.names, &union(&that.lead_names, &that.names));
        comparison.lead = lead(this, &b, level);
        comparison.lead_contained = lead(that, &a, level);
        comparison.same_numbers = overlap(&this.numbers, &that.numbers);
        comparison.same_names = overlap(names, their_names);
        comparison.same_lead_names =
            overlap(&this.lead_names, their_names).min(overlap(&that.lead_names, names));
    }
    (comparison, shared)
}

impl Comparison {
    /// Whether enough is shared to look at leads and facts.
    fn is_alike(&self) -> bool {
        self.jaccard >= 0.25 || self.weighted >= SHARED || self.contained >= 0.75
    }
}

fn at_level(items: &[u32], level: u32) -> Vec<u32> {
    items.iter().copied().filter(|s| sampled(*s, level)).collect()
}

/// How much of a lead `other` has: of its first zone, or of its second when that is found for the most part (a foreign
/// paragraph may stand before the text). 1 when the zones hold too little to tell.
fn lead(sketch: &Sketch, other: &[u32], level: u32) -> f64 {
    let [first, second, _] = &sketch.zones;
    let cover = |zone: &[u32]| {
        let mut rest = other;
        let (mut all, mut found) = (0_u32, 0_u32);
        for shingle in zone.iter().filter(|s| sampled(**s, level)) {
            all += 1;
            let at = rest.partition_point(|s| s < shingle);
            rest = rest.get(at..).unwrap_or_default();
            found += u32::from(rest.first() == Some(shingle));
        }
        (all >= 4).then(|| f64::from(found) / f64::from(all))
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

fn count_common(a: &[u32], b: &[u32]) -> usize {
    let mut b = b.iter().peekable();
    let mut found = |x: &&u32| {
        while b.next_if(|y| y < x).is_some() {}
        b.peek() == Some(x)
    };
    a.iter().filter(|x| found(x)).count()
}

/// All of two sorted lists, sorted.
pub(crate) fn union(a: &[u32], b: &[u32]) -> Vec<u32> {
    let mut out = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.iter().copied().peekable(), b.iter().copied().peekable());
    while let (Some(x), Some(y)) = (a.peek().copied(), b.peek().copied()) {
        out.push(x.min(y));
        if x <= y {
            a.next();
        }
        if y <= x {
            b.next();
        }
    }
    out.extend(a.chain(b));
    out
}

/// Shared over the smaller one; 1 when one is empty, since nothing then differs.
fn overlap(a: &[u32], b: &[u32]) -> f64 {
    let least = a.len().min(b.len());
    if least == 0 { 1.0 } else { count_common(a, b) as f64 / least as f64 }
}

fn jaccard(a: &[u32], b: &[u32]) -> f64 {
    let shared = count_common(a, b);
    let all = a.len() + b.len() - shared;
    if a.is_empty() || b.is_empty() { 0.0 } else { shared as f64 / all as f64 }
}
