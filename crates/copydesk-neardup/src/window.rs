//! Which articles are found by what: the newer ones by all their sampled shingles, the older ones by few or none.

use std::collections::VecDeque;
use std::ops::Range;

use crate::Error;
use crate::index::{Entry, Index, has, index_level};
use crate::postings::Postings;
use crate::sketch::{Sketch, sampled};
use crate::sorted::{Pairs, Sorted};

/// Segments of the window, at least; the oldest one leaves it as a whole.
const SEGMENTS: u32 = 4;
/// Most articles of a segment: a larger window has more segments.
const SEGMENT: u32 = 1 << 22;
/// Postings of an article, about.
const POSTINGS: usize = 60;
/// Old articles keep the shingles of this level.
const OLD_LEVEL: u32 = 5;
/// And only long ones are kept at all, but for the hash of their body.
const OLD_SIZE: u32 = 200;
/// Articles that wait for their postings get them one by one while they are fewer than one in so many of a segment.
const FEW: u32 = 8;

/// The postings of an index.
#[derive(Debug, Default)]
pub(crate) struct Window {
    /// Newest last. All but the last are full.
    segments: VecDeque<Segment>,
    old: Postings,
    /// Articles before this one are old: a whole number of segments.
    old_end: u32,
}

#[derive(Debug, Default)]
struct Segment {
    postings: Postings,
    /// Past its last article.
    end: u32,
}

impl Window {
    /// Past the last article with postings.
    pub(crate) fn end(&self) -> u32 {
        self.segments.back().map_or(self.old_end, |s| s.end)
    }

    /// Puts the articles with a shingle into `out`, newest segment first.
    pub(crate) fn collect(&self, shingle: u32, out: &mut Vec<u32>) {
        for segment in self.segments.iter().rev() {
            segment.postings.get(shingle, out);
        }
        if sampled(shingle, OLD_LEVEL) {
            self.old.get(shingle, out);
        }
    }

    /// How many clusters have a shingle; one that is in two segments counts twice.
    pub(crate) fn clusters(&self, shingle: u32) -> u32 {
        let hot = self.segments.iter().map(|s| s.postings.clusters(shingle)).sum::<u32>();
        let old = if sampled(shingle, OLD_LEVEL) { self.old.clusters(shingle) } else { 0 };
        hot + old
    }

    /// Where the newest segment starts.
    fn start(&self) -> u32 {
        self.segments.iter().rev().nth(1).map_or(self.old_end, |s| s.end)
    }
}

impl Index {
    /// Makes the postings of articles that were taken in by [`load`](Self::load), as their inserts one by one would have:
    /// of many at once a segment in a thread. Errors when a sketch cannot be read.
    pub fn settle(&mut self) -> Result<(), Error> {
        let (count, end) = (self.len(), self.window.end());
        if (count - end) < self.segment_size() / FEW {
            for article in end..count {
                let entry = self.entry(article).ok_or(Error::Damaged)?;
                let sketch = Sketch::decode(&entry.sketch)?;
                self.post(article, &sketch)?;
            }
            return Ok(());
        }
        self.make_room(count.div_ceil(self.segment_size()))?;
        // The last segment, when it was not full, is made anew.
        if self.window.end() - self.window.start() < self.segment_size() {
            self.window.segments.pop_back();
        }
        let made: Result<Vec<Postings>, Error> = std::thread::scope(|threads| {
            let this = &*self;
            let start = |range| threads.spawn(move || this.postings_of(range));
            let started: Vec<_> = this.segments_from(this.window.end()).map(start).collect();
            started.into_iter().map(|made| made.join().expect("it does not panic")).collect()
        });
        for postings in made? {
            let end = count.min(self.window.end() + self.segment_size());
            self.window.segments.push_back(Segment { postings, end });
        }
        Ok(())
    }

    /// The segments of the articles from `start` on.
    fn segments_from(&self, start: u32) -> impl Iterator<Item = Range<u32>> + use<> {
        let (count, size) = (self.len(), self.segment_size());
        let step = usize::try_from(size).expect("no larger than SEGMENT");
        (start..count).step_by(step).map(move |from| from..count.min(from + size))
    }

    /// Adds the postings of the next article.
    pub(crate) fn post(&mut self, article: u32, sketch: &Sketch) -> Result<(), Error> {
        let size = self.segment_size();
        if self.window.segments.is_empty() || article - self.window.start() >= size {
            self.close_segment()?;
            self.make_room(article / size + 1)?;
            self.window.segments.push_back(Segment::default());
        }
        let (part, entries) = (self.part, &self.entries);
        let root = usize::try_from(article).ok().and_then(|a| entries.get(a)).map(|e| e.root);
        let level = index_level(sketch.size);
        if let Some(segment) = self.window.segments.back_mut() {
            for shingle in sketch.zones.iter().flatten().filter(|s| sampled(**s, level)) {
                if has(part, *shingle) {
                    segment.postings.add(*shingle, article, root.unwrap_or(article), entries);
                }
            }
            segment.end = article + 1;
        }
        Ok(())
    }

    /// Brings the newest segment, which is full, into the smaller form.
    fn close_segment(&mut self) -> Result<(), Error> {
        let full = self.window.start()..self.window.end();
        if self.window.segments.back().is_some_and(|s| !s.postings.is_sorted()) {
            let postings = self.postings_of(full)?;
            if let Some(segment) = self.window.segments.back_mut() {
                segment.postings = postings;
            }
        }
        Ok(())
    }

    /// The postings of some articles at once.
    fn postings_of(&self, articles: Range<u32>) -> Result<Postings, Error> {
        let from = articles.start;
        let entries = self.entries_of(articles)?;
        // Clusters are looked up in no order: beside each other they stay in the cache.
        let roots: Vec<u32> = entries.iter().map(|e| e.root).collect();
        let mut pairs = Pairs::with_room(entries.len() * POSTINGS);
        let mut shingles = Vec::new();
        for (article, entry) in (from..).zip(entries) {
            let level = index_level(Sketch::decode_shingles(&entry.sketch, &mut shingles)?);
            let own = shingles.iter().filter(|s| sampled(**s, level) && self.has(**s));
            own.for_each(|shingle| pairs.push(*shingle, article));
        }
        let root = |article: u32| usize::try_from(article - from).ok().and_then(|a| roots.get(a));
        Ok(Sorted::new(pairs, |article| root(article).copied().unwrap_or(article)).into())
    }

    fn entries_of(&self, articles: Range<u32>) -> Result<&[Entry], Error> {
        let place = |n: u32| usize::try_from(n).ok();
        let range = place(articles.start).zip(place(articles.end));
        range.and_then(|(from, end)| self.entries.get(from..end)).ok_or(Error::Damaged)
    }

    /// Lets the oldest segments go, so that with the newest one there are `segments` in all, of which the window holds one
    /// more than it must.
    fn make_room(&mut self, segments: u32) -> Result<(), Error> {
        let size = self.segment_size();
        let kept = self.options().window.div_ceil(size).max(SEGMENTS) + 1;
        let old_end = segments.saturating_sub(kept) * size;
        while self.window.segments.front().is_some_and(|s| s.end <= old_end) {
            self.window.segments.pop_front();
        }
        if old_end > self.window.old_end {
            self.grow_old(old_end)?;
        }
        Ok(())
    }

    /// Articles of a full segment.
    fn segment_size(&self) -> u32 {
        self.options().window.div_ceil(SEGMENTS).clamp(1, SEGMENT)
    }

    /// Cuts the articles before `end` down to what old ones keep.
    fn grow_old(&mut self, end: u32) -> Result<(), Error> {
        for article in self.window.old_end..end {
            let entry = usize::try_from(article).ok().and_then(|a| self.entries.get_mut(a));
            let entry = entry.ok_or(Error::Damaged)?;
            let mut sketch = Sketch::decode(&entry.sketch)?;
            let level = if sketch.size < OLD_SIZE { u32::BITS } else { OLD_LEVEL };
            // That of a snapshot is thin already.
            if sketch.thin(level) {
                entry.sketch = sketch.encode().into();
            }
            let root = entry.root;
            for shingle in sketch.zones.iter().flatten().filter(|s| has(self.part, **s)) {
                self.window.old.add(*shingle, article, root, &self.entries);
            }
        }
        self.window.old_end = end;
        Ok(())
    }
}

#[cfg(test)]
mod simulated;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fingerprint::Article;
    use crate::index::Options;

    /// Ends of the segments, and the clusters of each shingle of `sketch`.
    fn shape(index: &Index, sketch: &Sketch) -> (Vec<u32>, Vec<u32>) {
        let clusters = sketch.items().iter().map(|s| index.clusters(*s)).collect();
        (index.window.segments.iter().map(|s| s.end).collect(), clusters)
    }

    #[test]
    fn segments_are_the_same_whenever_articles_are_settled() {
        let options = Options { window: 40 };
        let text =
            |n: u32| format!("The ferry to the island of number {n} sails at noon from pier {n}.");
        for every in [1, 3, 7, 25, 100] {
            let (mut inserted, mut loaded) = (Index::new(options), Index::new(options));
            for n in 0..100 {
                let text = text(n);
                let sketch = inserted.sketch(&Article { text: &text, ..Article::default() });
                let finding = inserted.decide(&sketch);
                inserted.insert(&sketch, finding).unwrap();
                loaded.load(&sketch.encode(), finding).unwrap();
                if (n + 1) % every == 0 {
                    loaded.settle().unwrap();
                    assert_eq!(
                        shape(&loaded, &sketch),
                        shape(&inserted, &sketch),
                        "{n} of {every}"
                    );
                }
            }
        }
    }
}
