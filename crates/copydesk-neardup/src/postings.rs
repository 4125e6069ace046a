//! An inverted index from shingles to articles. What is added goes to chains in one array with their heads in a hash
//! table; what is there at once goes to sorted arrays.

use std::collections::{HashMap, hash_map};
use std::hash::{BuildHasherDefault, Hasher};

use crate::index::Entry;
use crate::sorted::Sorted;

/// Longer lists take no more articles: what so many share tells nothing.
pub(crate) const LONGEST: u16 = 128;

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
    sorted: Sorted,
    /// Lists that something was added to; each stands for that in `sorted`.
    heads: Table<u32, Head>,
    links: Vec<Link>,
}

impl From<Sorted> for Postings {
    fn from(sorted: Sorted) -> Self {
        Self { sorted, ..Self::default() }
    }
}

impl Postings {
    /// Whether nothing was added to what was there at once.
    pub(crate) fn is_sorted(&self) -> bool {
        self.heads.is_empty()
    }

    /// Adds an article of the cluster `root`; `entries` has it and all before.
    pub(crate) fn add(&mut self, shingle: u32, article: u32, root: u32, entries: &[Entry]) {
        let Self { sorted, heads, links } = self;
        let head = match heads.entry(shingle) {
            hash_map::Entry::Occupied(head) => head.into_mut(),
            hash_map::Entry::Vacant(place) => match sorted.get(shingle) {
                Some((articles, clusters)) => place.insert(copied(articles, clusters, links)),
                None => {
                    place.insert(Head { last: article, len: 1, clusters: 1 });
                    return;
                }
            },
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
        } else if let Some((articles, _)) = self.sorted.get(shingle) {
            out.extend_from_slice(articles);
        }
    }

    /// How many clusters have a shingle.
    pub(crate) fn clusters(&self, shingle: u32) -> u32 {
        let head = self.heads.get(&shingle).map(|head| u32::from(head.clusters));
        head.or_else(|| Some(self.sorted.get(shingle)?.1)).unwrap_or(0)
    }
}

/// The head of a list that is copied into links.
fn copied(articles: &[u32], clusters: u32, links: &mut Vec<Link>) -> Head {
    let len = u16::try_from(articles.len()).expect("at most LONGEST");
    let clusters = u16::try_from(clusters).unwrap_or(u16::MAX);
    if let [only] = articles {
        return Head { last: *only, len, clusters };
    }
    let chain =
        articles.iter().rev().fold(NONE, |before, a| push(links, Link { article: *a, before }));
    Head { last: chain, len, clusters }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Finding;
    use crate::judge::Rule;
    use crate::sorted::Pairs;
    use proptest::prelude::*;

    fn entry(root: u32) -> Entry {
        let finding = Finding::new(Rule::None);
        Entry { finding, root, source: 0, size: 0, sketch: Box::default() }
    }

    proptest! {
        /// Articles of a few clusters, each with some of a few shingles; the first `cut` of them at once.
        #[test]
        fn made_at_once_is_as_added_one_by_one(
            articles in prop::collection::vec((any::<prop::sample::Index>(), 0_u64..u64::MAX), 1..400),
            cut in any::<prop::sample::Index>(),
            spread in prop::sample::select(vec![1_u32, 0x0200_0001, 0x0a00_0000]),
        ) {
            let mut entries: Vec<Entry> = Vec::new();
            for (root, _) in &articles {
                let own = u32::try_from(entries.len()).unwrap();
                // Half of them belong to the cluster of an earlier one.
                let root = root.index(2 * entries.len() + 1);
                entries.push(entry(entries.get(root).map_or(own, |e| e.root)));
            }
            let has = |n: usize, s: u32| articles[n].1 >> (s % 64) & 1 == 1 || s == 9;
            let shingles = |n| (0..24_u32).filter(move |s| has(n, *s)).map(|s| s.wrapping_mul(spread));
            let cut = cut.index(articles.len() + 1);
            let root = |a: u32| entries[a as usize].root;
            let (mut added, mut pairs) = (Postings::default(), Pairs::with_room(8));
            for n in 0..cut {
                shingles(n).for_each(|s| pairs.push(s, u32::try_from(n).unwrap()));
            }
            let mut at_once = Postings::from(Sorted::new(pairs, root));
            prop_assert!(at_once.is_sorted());
            for n in 0..articles.len() {
                let article = u32::try_from(n).unwrap();
                for s in shingles(n) {
                    added.add(s, article, root(article), &entries);
                    if n >= cut {
                        at_once.add(s, article, root(article), &entries);
                    }
                }
            }
            for s in (0..25_u32).map(|s| s.wrapping_mul(spread)) {
                let lists = [&added, &at_once].map(|p| {
                    let mut list = Vec::new();
                    p.get(s, &mut list);
                    (list, p.clusters(s))
                });
                prop_assert_eq!(&lists[0], &lists[1], "shingle {}", s);
            }
        }
    }
}
