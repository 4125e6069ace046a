//! The index: what has been seen, and what a new article is to it.

use crate::Error;
use crate::fingerprint::{Article, Draft, Unit};
use crate::judge::{Rule, Verdict};
use crate::postings::Table;
use crate::sketch::{Sketch, sampled};
use crate::window::Window;

/// More articles have no numbers.
const MOST: u32 = 1 << 31;
/// A unit is boilerplate when so many clusters of one source have it.
const SEVERAL: u32 = 3;
/// Settings of an [`Index`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How many articles are kept in full, at least; older ones are found only by their whole body, or when long and
    /// reprinted.
    pub window: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { window: 1_000_000 }
    }
}

/// What an article is to those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// The decision.
    pub verdict: Verdict,
    /// The article that it copies or follows.
    pub parent: Option<u32>,
    /// First article of its cluster; `None` when that is itself.
    pub root: Option<u32>,
    /// 1, and one more for each revision.
    pub version: u32,
    /// Share of this article found in that one, in thousandths.
    pub containment: u16,
    /// Share of that article found in this one, in thousandths.
    pub contained: u16,
    /// Shared over all, in thousandths.
    pub jaccard: u16,
    /// The rule that decided.
    pub rule: Rule,
    /// Whether it is worth reading all the same: it is new, a revision, or much of it is not in its parent.
    pub fresh: bool,
}

impl Finding {
    /// That an article is new, by this rule: no copy of any before it.
    pub fn new(rule: Rule) -> Self {
        Self {
            verdict: Verdict::New,
            parent: None,
            root: None,
            version: 1,
            containment: 0,
            contained: 0,
            jaccard: 0,
            rule,
            fresh: true,
        }
    }
}

/// What is kept of an article in memory.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) finding: Finding,
    pub(crate) root: u32,
    pub(crate) source: u32,
    pub(crate) size: u32,
    /// The encoded sketch; of an old article with few shingles or none.
    pub(crate) sketch: Box<[u8]>,
}

/// An online near-duplicate index. Articles are numbered in the order in which they were inserted.
#[derive(Debug, Default)]
pub struct Index {
    options: Options,
    /// Of a split index: which part this is, and of how many.
    pub(crate) part: Option<(u32, u32)>,
    pub(crate) entries: Vec<Entry>,
    /// First article of each body.
    pub(crate) exact: Table<u128, u32>,
    /// Newest version of each cluster that has more than one article.
    pub(crate) newest: Table<u32, u32>,
    pub(crate) window: Window,
}

/// Sampling of the postings of a long text.
pub(crate) const LONG_LEVEL: u32 = 3;

/// Sampling of the postings: short texts are indexed more densely.
pub(crate) fn index_level(size: u32) -> u32 {
    match size {
        0..=96 => 0,
        97..=192 => 1,
        193..=384 => 2,
        _ => LONG_LEVEL,
    }
}

impl Index {
    /// An empty index.
    pub fn new(options: Options) -> Self {
        Self { options, ..Self::default() }
    }

    /// Part `number` of an index that is split into `of` parts: it takes in every article, and keeps the postings of its
    /// share of the shingles, which are most of the memory and of the work.
    pub fn part(options: Options, number: u32, of: u32) -> Self {
        Self { part: Some((number, of)), ..Self::new(options) }
    }

    /// Whether the postings of a shingle belong here. Its low bits say in which samples it is, so the high ones part.
    pub(crate) fn has(&self, shingle: u32) -> bool {
        has(self.part, shingle)
    }

    /// Its settings.
    pub fn options(&self) -> Options {
        self.options
    }

    /// Number of articles inserted.
    pub fn len(&self) -> u32 {
        u32::try_from(self.entries.len()).expect("insert stops before")
    }

    /// Whether nothing was inserted.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The decision that an article was inserted with.
    pub fn finding(&self, article: u32) -> Option<Finding> {
        self.entry(article).map(|e| e.finding)
    }

    pub(crate) fn entry(&self, article: u32) -> Option<&Entry> {
        self.entries.get(usize::try_from(article).ok()?)
    }

    /// The sketch of an article, without the lines that several clusters of its source have.
    pub fn sketch(&self, article: &Article<'_>) -> Sketch {
        self.sketch_over(&[self], article)
    }

    /// The same over all parts of a split index, of which this is any one.
    pub fn sketch_over(&self, parts: &[&Self], article: &Article<'_>) -> Sketch {
        let draft = Draft::new(article);
        let left_out = self.boilerplate(parts, &draft);
        draft.sketch(&left_out)
    }

    /// Units that stand word for word in several clusters of the source.
    fn boilerplate(&self, parts: &[&Self], draft: &Draft) -> Vec<u32> {
        if draft.source() == 0 {
            return Vec::new();
        }
        let known = |unit: &Unit<'_>| self.is_in_several(parts, draft.source(), unit);
        draft.units().filter(known).map(|unit| unit.number).collect()
    }

    /// Postings have a sample of the shingles and say quickly that a unit is not known. That it is known the sketches must say:
    /// between the sampled words of a form there may be the names and numbers that the article is about.
    fn is_in_several(&self, parts: &[&Self], source: u32, unit: &Unit<'_>) -> bool {
        // A short unit may have no shingle that long articles index, but one that brief articles do.
        let levels = unit.shingles.iter().map(|s| s.trailing_zeros());
        let Some(level) = levels.max().map(|most| most.min(LONG_LEVEL)) else { return false };
        let (mut articles, mut roots) = (Vec::new(), Vec::new());
        for &shingle in unit.shingles.iter().filter(|s| sampled(**s, level)) {
            let part = self.part_of(parts, shingle);
            if part.clusters(shingle) < SEVERAL {
                return false;
            }
            articles.clear();
            part.collect(shingle, u32::MAX, &mut articles);
            articles.retain(|a| self.entry(*a).is_some_and(|e| e.source == source));
            roots.clear();
            roots.extend(articles.iter().filter_map(|a| self.entry(*a)).map(|e| e.root));
            roots.sort_unstable();
            roots.dedup();
            if roots.len() < SEVERAL as usize {
                return false;
            }
        }
        // Those with the last shingle; of clusters that have all of them.
        roots.clear();
        for entry in articles.iter().filter_map(|a| self.entry(*a)) {
            let has_it = || {
                unit.own.is_empty()
                    || Sketch::decode(&entry.sketch).is_ok_and(|sketch| sketch.has_all(unit.own))
            };
            if !roots.contains(&entry.root) && has_it() {
                roots.push(entry.root);
            }
            if roots.len() == SEVERAL as usize {
                return true;
            }
        }
        false
    }

    /// Puts the articles with a shingle into `out`, newest segment first, unless more than `most` clusters have it. Says
    /// how many these are.
    pub(crate) fn collect(&self, shingle: u32, most: u32, out: &mut Vec<u32>) -> u32 {
        let clusters = self.clusters(shingle);
        if (1..=most).contains(&clusters) {
            self.window.collect(shingle, out);
        }
        clusters
    }

    /// How many clusters have a shingle; one that is in two segments counts twice.
    pub(crate) fn clusters(&self, shingle: u32) -> u32 {
        self.window.clusters(shingle)
    }

    /// Takes in an article with its decision, and returns its number. Errors when the decision names an article that
    /// is not there.
    pub fn insert(&mut self, sketch: &Sketch, finding: Finding) -> Result<u32, Error> {
        let article = self.enter(sketch, &sketch.encode(), finding)?;
        if self.window.end() == article {
            self.post(article, sketch)?;
        }
        Ok(article)
    }

    /// Takes in an article as [`insert`](Self::insert) does, by its encoded sketch, and leaves the work of finding it
    /// to [`settle`](Self::settle), which is cheaper for many at once. Before that nothing is to be decided.
    pub fn load(&mut self, encoded: &[u8], finding: Finding) -> Result<u32, Error> {
        self.enter(&Sketch::decode(encoded)?, encoded, finding)
    }

    /// Takes in an article, but for its postings.
    pub(crate) fn enter(
        &mut self,
        sketch: &Sketch,
        encoded: &[u8],
        finding: Finding,
    ) -> Result<u32, Error> {
        let article = self.len();
        if article == MOST {
            return Err(Error::Full);
        }
        if finding.parent.into_iter().chain(finding.root).any(|a| a >= article) {
            return Err(Error::Unknown);
        }
        let root = finding.root.unwrap_or(article);
        self.exact.entry(sketch.body).or_insert(article);
        if finding.verdict == Verdict::Revision {
            self.newest.insert(root, article);
        }
        let (source, size) = (sketch.source, sketch.size);
        self.entries.push(Entry { finding, root, source, size, sketch: encoded.into() });
        Ok(article)
    }

    /// Makes room for so many articles in all.
    pub(crate) fn reserve(&mut self, articles: usize) {
        self.entries.reserve(articles);
        self.exact.reserve(articles);
    }
}

/// Whether a shingle belongs to a part of a split index.
pub(crate) fn has(part: Option<(u32, u32)>, shingle: u32) -> bool {
    part.is_none_or(|(number, of)| (shingle >> 16) % of.max(1) == number)
}
