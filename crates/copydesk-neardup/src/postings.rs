//! An inverted index from shingles to articles: chains in one array, their heads in a hash table.

use std::collections::{HashMap, hash_map};
use std::hash::{BuildHasherDefault, Hasher};

use crate::index::Entry;

/// Longer lists take no more articles: what so many share tells nothing.
const LONGEST: u16 = 128;

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

/// A list of articles.
#[derive(Debug, Clone, Copy)]
struct Head {
    /// The only article, and of several the last link.
    last: u32,
    len: u16,
    /// Clusters of the articles, of those that come after the list is full only new ones.
    clusters: u16,
}

#[derive(Debug, Clone, Copy)]
struct Link {
    article: u32,
    before: u32,
}

/// No link.
const NONE: u32 = u32::MAX;

/// The postings of a run of articles. Most shingles stand in one article, which their head names.
#[derive(Debug, Default)]
pub(crate) struct Postings {
    heads: Table<u32, Head>,
    links: Vec<Link>,
}

impl Postings {
    /// No postings, and room for so many shingles.
    pub(crate) fn with_room(shingles: usize) -> Self {
        let heads = Table::with_capacity_and_hasher(shingles, BuildHasherDefault::default());
        Self { heads, links: Vec::new() }
    }

    /// Adds an article of the cluster `root`; `entries` has it and all before.
    pub(crate) fn add(&mut self, shingle: u32, article: u32, root: u32, entries: &[Entry]) {
        let Self { heads, links } = self;
        let head = match heads.entry(shingle) {
            hash_map::Entry::Occupied(head) => head.into_mut(),
            hash_map::Entry::Vacant(place) => {
                place.insert(Head { last: article, len: 1, clusters: 1 });
                return;
            }
        };
        let root_of = |a: u32| Some(entries.get(usize::try_from(a).ok()?)?.root);
        let is_first = root == article
            || (head.len < LONGEST && !list(links, head).any(|a| root_of(a) == Some(root)));
        head.clusters = head.clusters.saturating_add(u16::from(is_first));
        if head.len == 1 {
            head.last = push(links, Link { article: head.last, before: NONE });
        }
        if head.len < LONGEST {
            head.last = push(links, Link { article, before: head.last });
            head.len += 1;
        }
    }

    /// Puts the articles of a shingle into `out`, newest first.
    pub(crate) fn get(&self, shingle: u32, out: &mut Vec<u32>) {
        if let Some(head) = self.heads.get(&shingle) {
            out.extend(list(&self.links, head));
        }
    }

    /// How many clusters have a shingle.
    pub(crate) fn clusters(&self, shingle: u32) -> u32 {
        self.heads.get(&shingle).map_or(0, |head| u32::from(head.clusters))
    }
}

/// Appends a link; its place.
fn push(links: &mut Vec<Link>, link: Link) -> u32 {
    let at = u32::try_from(links.len());
    links.push(link);
    at.expect("fewer links than u32::MAX, since a segment is bounded")
}

/// The articles of a list, newest first.
fn list(links: &[Link], head: &Head) -> impl Iterator<Item = u32> {
    let only = (head.len == 1).then_some(head.last);
    let at = |link: u32| links.get(usize::try_from(link).ok()?);
    let last = if head.len == 1 { None } else { at(head.last) };
    let chain = std::iter::successors(last, move |link| at(link.before));
    only.into_iter().chain(chain.map(|link| link.article))
}
