//! Postings in sorted arrays: made all at once, quickly found in, and a third of the memory of a hash table.

use crate::postings::LONGEST;

/// Heaps of pairs, by the highest bits of their shingles: each is sorted within the processor's cache.
const HEAPS: usize = 1 << 8;
/// Shingles in a bucket, about: a cache line of them.
const BUCKET: usize = 8;
/// Marks the place of a list among single articles; articles and places are below it.
const LIST: u32 = 1 << 31;

/// Pairs of shingle and article, to be sorted.
#[derive(Debug)]
pub(crate) struct Pairs {
    heaps: Vec<Vec<u64>>,
}

impl Pairs {
    /// No pairs, and room for about so many.
    pub(crate) fn with_room(pairs: usize) -> Self {
        let room = pairs / HEAPS;
        Self { heaps: (0..HEAPS).map(|_| Vec::with_capacity(room + room / 8)).collect() }
    }

    pub(crate) fn push(&mut self, shingle: u32, article: u32) {
        let heap = usize::try_from(shingle >> 24).ok().and_then(|n| self.heaps.get_mut(n));
        heap.expect("a heap for each 8 bits").push(u64::from(shingle) << 32 | u64::from(article));
    }
}

/// The postings of a run of articles that takes no more of them.
#[derive(Debug, Default)]
pub(crate) struct Sorted {
    /// Where each bucket starts: the shingles with the same highest bits. One more for the end.
    starts: Vec<u32>,
    /// Bits of a shingle below those of its bucket.
    shift: u32,
    /// Shingles, sorted, each with its only article or the place of its list.
    shingles: Vec<(u32, u32)>,
    /// Lists: number of clusters, number of articles, articles from the newest on.
    lists: Vec<u32>,
}

impl Sorted {
    /// Sorts pairs. `root` gives the first article of an article's cluster.
    pub(crate) fn new(pairs: Pairs, root: impl Fn(u32) -> u32) -> Self {
        let all = pairs.heaps.iter().map(Vec::len).sum();
        let mut sorted = Self { shingles: Vec::with_capacity(all), ..Self::default() };
        let mut roots = Vec::new();
        for mut heap in pairs.heaps {
            heap.sort_unstable();
            for run in heap.chunk_by(|a, b| a >> 32 == b >> 32) {
                sorted.push(run, &root, &mut roots);
            }
        }
        sorted.shingles.shrink_to_fit();
        sorted.find_starts();
        sorted
    }

    /// Appends the pairs of one shingle. What it counts is what `Postings::add` counts over the same articles.
    fn push(&mut self, run: &[u64], root: impl Fn(u32) -> u32, roots: &mut Vec<u32>) {
        let low = |pair: u64| u32::try_from(pair & u64::from(u32::MAX)).expect("masked");
        let Some(&first) = run.first() else { return };
        let shingle = u32::try_from(first >> 32).expect("32 bits");
        if run.len() == 1 {
            self.shingles.push((shingle, low(first)));
            return;
        }
        let (listed, rest) = run.split_at(run.len().min(usize::from(LONGEST)));
        roots.clear();
        roots.extend(listed.iter().map(|pair| root(low(*pair))));
        roots.sort_unstable();
        roots.dedup();
        let later = rest.iter().filter(|pair| root(low(**pair)) == low(**pair)).count();
        let clusters = (roots.len() + later).min(usize::from(u16::MAX));
        let place = u32::try_from(self.lists.len()).ok().filter(|place| *place < LIST);
        self.shingles.push((shingle, LIST | place.expect("a segment is bounded")));
        let small = |n: usize| u32::try_from(n).expect("bounded by u16::MAX");
        self.lists.extend([small(clusters), small(listed.len())]);
        self.lists.extend(listed.iter().rev().map(|pair| low(*pair)));
    }

    fn find_starts(&mut self) {
        let bits = (self.shingles.len() / BUCKET).max(2).ilog2();
        self.shift = u32::BITS - bits;
        self.starts = Vec::with_capacity((1 << bits) + 1);
        let mut at = 0_u32;
        let mut rest = self.shingles.iter().peekable();
        for bucket in 0..1_u32 << bits {
            self.starts.push(at);
            while rest.next_if(|(shingle, _)| shingle >> self.shift == bucket).is_some() {
                at += 1;
            }
        }
        self.starts.push(at);
    }

    /// The articles of a shingle from the newest on, and how many clusters have it.
    pub(crate) fn get(&self, shingle: u32) -> Option<(&[u32], u32)> {
        let bucket = usize::try_from(shingle >> self.shift).ok()?;
        let place = |n: usize| usize::try_from(*self.starts.get(n)?).ok();
        let bucket = self.shingles.get(place(bucket)?..place(bucket + 1)?)?;
        let at = bucket.binary_search_by_key(&shingle, |(shingle, _)| *shingle).ok()?;
        let (_, found) = bucket.get(at)?;
        if *found < LIST {
            return Some((std::slice::from_ref(found), 1));
        }
        let list = self.lists.get(usize::try_from(found - LIST).ok()?..)?;
        let (&[clusters, len], articles) = list.split_first_chunk::<2>()?;
        Some((articles.get(..usize::try_from(len).ok()?)?, clusters))
    }
}
