//! An inverted index from shingles to articles: chains in one array, their heads in a hash table.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::index::Entry;

/// Longer lists take no more articles: what so many share tells nothing.
const LONGEST: u32 = 128;

/// Hasher of numbers that are hashes already.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Mixed(u64);

impl Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u32(&mut self, n: u32) {
        self.write_u64(u64::from(n));
    }

    fn write_u64(&mut self, n: u64) {
        let h = (self.0.rotate_left(5) ^ n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = h ^ (h >> 32);
    }

    fn write_u128(&mut self, n: u128) {
        let half = |n: u128| u64::try_from(n & u128::from(u64::MAX)).expect("masked");
        self.write_u64(half(n >> 64) ^ half(n));
    }
}

pub(crate) type Table<K, V> = HashMap<K, V, BuildHasherDefault<Mixed>>;

#[derive(Debug, Clone, Copy)]
struct Head {
    last: u32,
    len: u32,
    /// Clusters of the articles, of those that come after the list is full only new ones.
    clusters: u32,
}

#[derive(Debug, Clone, Copy)]
struct Link {
    article: u32,
    before: u32,
}

/// No link.
const NONE: u32 = u32::MAX;

/// The postings of a run of articles.
#[derive(Debug, Default)]
pub(crate) struct Postings {
    heads: Table<u32, Head>,
    links: Vec<Link>,
}

impl Postings {
    /// Adds an article of the cluster `root`; `entries` has it and all before.
    pub(crate) fn add(&mut self, shingle: u32, article: u32, root: u32, entries: &[Entry]) {
        let link = u32::try_from(self.links.len())
            .expect("fewer links than u32::MAX, since a segment is bounded");
        let head = self.heads.entry(shingle).or_insert(Head { last: NONE, len: 0, clusters: 0 });
        let root_of = |link: &Link| Some(entries.get(usize::try_from(link.article).ok()?)?.root);
        let is_first = root == article
            || (head.len < LONGEST
                && !chain(&self.links, head.last).any(|l| root_of(l) == Some(root)));
        head.clusters = head.clusters.saturating_add(u32::from(is_first));
        head.len = head.len.saturating_add(1);
        if head.len <= LONGEST {
            self.links.push(Link { article, before: head.last });
            head.last = link;
        }
    }

    /// Puts the articles of a shingle into `out`, newest first.
    pub(crate) fn get(&self, shingle: u32, out: &mut Vec<u32>) {
        if let Some(head) = self.heads.get(&shingle) {
            out.extend(chain(&self.links, head.last).map(|link| link.article));
        }
    }

    /// How many clusters have a shingle.
    pub(crate) fn clusters(&self, shingle: u32) -> u32 {
        self.heads.get(&shingle).map_or(0, |head| head.clusters)
    }
}

/// The links from `last` back to the first one.
fn chain(links: &[Link], last: u32) -> impl Iterator<Item = &Link> {
    let at = |link: u32| links.get(usize::try_from(link).ok()?);
    std::iter::successors(at(last), move |link| at(link.before))
}
