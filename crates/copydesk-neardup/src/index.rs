//! The index: what has been seen, and what a new article is to it.

use std::collections::VecDeque;

use crate::Error;
use crate::compare::{Comparison, common, compare};
use crate::fingerprint::{Article, Draft};
use crate::judge::{Rule, Verdict, is_revision, judge};
use crate::postings::{Postings, Table};
use crate::sketch::{Sketch, sampled};

/// Articles compared in full for a decision.
const CANDIDATES: usize = 8;
/// And of these, so many of one cluster.
const PER_ROOT: usize = 3;
/// A unit is boilerplate when so many clusters of one source have it.
const BOILERPLATE: usize = 3;
/// Segments of the window; the oldest one leaves it as a whole.
const SEGMENTS: usize = 4;
/// Old articles keep the shingles of this level.
const OLD_LEVEL: u32 = 5;
/// And only long ones are kept at all, but for the hash of their body.
const OLD_SIZE: u32 = 200;

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

/// What is kept of an article in memory.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) finding: Finding,
    pub(crate) root: u32,
    pub(crate) source: u32,
    /// The encoded sketch; of an old article with few shingles or none.
    pub(crate) sketch: Box<[u8]>,
}

#[derive(Debug, Default)]
struct Segment {
    postings: Postings,
    /// Past its last article.
    end: u32,
}

/// An online near-duplicate index. Articles are numbered in the order in which they were inserted.
#[derive(Debug, Default)]
pub struct Index {
    options: Options,
    pub(crate) entries: Vec<Entry>,
    /// First article of each body.
    exact: Table<u128, u32>,
    /// Newest version of each cluster that has more than one article.
    newest: Table<u32, u32>,
    /// Newest last.
    segments: VecDeque<Segment>,
    old: Postings,
    /// Articles before this one are old.
    old_end: u32,
}

/// An earlier article with what it shares.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Its number.
    pub article: u32,
    /// What it shares.
    pub comparison: Comparison,
    shared: Vec<u32>,
}

/// Sampling of the postings of a long text.
const LONG_LEVEL: u32 = 3;

/// Sampling of the postings: short texts are indexed more densely.
fn index_level(size: u32) -> u32 {
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
        let draft = Draft::new(article);
        let left_out = self.boilerplate(&draft);
        draft.sketch(&left_out)
    }

    /// Units of which every indexed shingle stands in several clusters of the source.
    fn boilerplate(&self, draft: &Draft) -> Vec<u32> {
        let mut out = Vec::new();
        if draft.source() == 0 {
            return out;
        }
        let (mut articles, mut roots) = (Vec::new(), Vec::new());
        for (unit, shingles) in draft.units() {
            // A short unit may have no shingle that long articles index, but one that brief articles do.
            let level =
                shingles.iter().map(|s| s.trailing_zeros()).max().map(|most| most.min(LONG_LEVEL));
            let mut in_several = |shingle: u32| {
                articles.clear();
                roots.clear();
                self.collect(shingle, &mut articles);
                let same_source = articles
                    .iter()
                    .filter_map(|a| self.entry(*a))
                    .filter(|e| e.source == draft.source());
                roots.extend(same_source.map(|e| e.root));
                roots.sort_unstable();
                roots.dedup();
                roots.len() >= BOILERPLATE
            };
            if level.is_some_and(|l| {
                shingles.iter().filter(|s| sampled(**s, l)).all(|s| in_several(*s))
            }) {
                out.push(unit);
            }
        }
        out
    }

    /// What the article of a sketch is to those inserted before.
    pub fn decide(&self, this: &Sketch) -> Finding {
        let new = |rule| Finding {
            verdict: Verdict::New,
            parent: None,
            root: None,
            version: 1,
            containment: 0,
            contained: 0,
            jaccard: 0,
            rule,
            fresh: true,
        };
        if this.words == 0 {
            return new(Rule::Empty);
        }
        if let Some(finding) = self.exact(this) {
            return finding;
        }
        let candidates = self.candidates(this);
        let mut refusal = Rule::None;
        let mut best: Option<(&Candidate, Rule)> = None;
        for candidate in &candidates {
            match judge(&candidate.comparison, self.is_form(candidate, &candidates)) {
                Ok(rule) if best.is_none_or(|(b, _)| rank(candidate) > rank(b)) => {
                    best = Some((candidate, rule));
                }
                Ok(_) => {}
                Err(rule) => refusal = if refusal == Rule::None { rule } else { refusal },
            }
        }
        let Some((parent, rule)) = best else { return new(refusal) };
        if self.is_roundup(parent, &candidates) {
            return new(Rule::Roundup);
        }
        if self.drifts(this, parent) {
            return new(Rule::Drift);
        }
        self.link(this, parent, rule)
    }

    /// The same body. A short body (a brief whose facts stand in its headline) needs a like headline, too.
    fn exact(&self, this: &Sketch) -> Option<Finding> {
        let parent = *self.exact.get(&this.body)?;
        let entry = self.entry(parent)?;
        if this.words < 25
            && let Ok(that) = Sketch::decode(&entry.sketch)
        {
            let alike = this.title.is_empty()
                || common(&this.title, &that.title).len() * 2
                    >= this.title.len().min(that.title.len());
            let late = this.minute != 0
                && that.minute != 0
                && this.minute.abs_diff(that.minute) > 7 * 24 * 60;
            if late || (!that.title.is_empty() && !alike) {
                return None;
            }
        }
        Some(Finding {
            verdict: Verdict::Exact,
            parent: Some(parent),
            root: Some(entry.root),
            version: entry.finding.version,
            containment: 1000,
            contained: 1000,
            jaccard: 1000,
            rule: Rule::Body,
            fresh: false,
        })
    }

    /// Whether the title that an article shares with a candidate is also that of another cluster.
    fn is_form(&self, candidate: &Candidate, candidates: &[Candidate]) -> bool {
        let root = |c: &Candidate| self.entry(c.article).map(|e| e.root);
        let titled = |c: &Candidate| c.comparison.title >= 0.7;
        titled(candidate) && candidates.iter().any(|o| titled(o) && root(o) != root(candidate))
    }

    /// Whether other clusters account for much of what the parent leaves. A whole article with foreign text after it is
    /// none, unless the foreign text holds another whole one or parts of several.
    fn is_roundup(&self, parent: &Candidate, candidates: &[Candidate]) -> bool {
        let c = &parent.comparison;
        let whole = c.contained >= 0.75 && c.lead >= 0.75;
        if c.containment >= 0.5 {
            return false;
        }
        let root = self.entry(parent.article).map(|e| e.root);
        let mut others: Vec<u32> = Vec::new();
        for other in candidates {
            let o = &other.comparison;
            let apart = common(&parent.shared, &other.shared).len() * 4 <= other.shared.len();
            let much = o.containment >= 0.1 && o.containment >= c.containment * 0.5;
            let own = o.weighted >= o.containment.max(0.15);
            let other_root = self.entry(other.article).map(|e| e.root);
            if other_root == root || !apart || !own || !much {
                continue;
            }
            if !whole || (o.contained >= 0.75 && o.lead_contained >= 0.75) {
                return true;
            }
            others.extend(other_root);
        }
        others.sort_unstable();
        others.dedup();
        others.len() >= 2
    }

    /// Whether the parent is a version from which the cluster's first article is hardly to be told.
    fn drifts(&self, this: &Sketch, parent: &Candidate) -> bool {
        let Some(entry) = self.entry(parent.article) else { return true };
        let c = &parent.comparison;
        if entry.root == parent.article
            || c.same_source
            || c.same_url
            || c.containment.max(c.contained) >= 0.8
        {
            return false;
        }
        let Some(root) = self.entry(entry.root).and_then(|e| Sketch::decode(&e.sketch).ok()) else {
            return false;
        };
        let (c, _) = compare(this, &root, |_| None);
        c.containment.max(c.contained) < 0.25
    }

    fn link(&self, this: &Sketch, parent: &Candidate, rule: Rule) -> Finding {
        let c = &parent.comparison;
        let entry = self.entry(parent.article).map(|e| (e.root, e.finding.version));
        let (root, version) = entry.unwrap_or((parent.article, 1));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "shares are 0 to 1"
        )]
        let (new_words, thousandths) =
            ((f64::from(this.words) * (1.0 - c.containment)) as u32, |x: f64| {
                (x * 1000.0).round() as u16
            });
        let revision =
            rule != Rule::Republished && (rule == Rule::Update || is_revision(c, new_words));
        let newest =
            self.newest.get(&root).and_then(|n| self.entry(*n)).map_or(1, |e| e.finding.version);
        Finding {
            verdict: if revision { Verdict::Revision } else { Verdict::Near },
            parent: Some(parent.article),
            root: Some(root),
            version: if revision { newest.max(version) + 1 } else { version },
            containment: thousandths(c.containment),
            contained: thousandths(c.contained),
            jaccard: thousandths(c.jaccard),
            rule: if revision { Rule::Update } else { rule },
            fresh: revision || (c.containment <= 0.6 && new_words >= 100),
        }
    }

    /// The articles that share most with a sketch, and what they share.
    pub fn candidates(&self, this: &Sketch) -> Vec<Candidate> {
        let level = index_level(this.size);
        let mut weights: Table<u32, f64> = Table::default();
        let mut articles = Vec::new();
        let mut hits: Vec<(u32, f64)> = Vec::new();
        for shingle in this.items().into_iter().filter(|s| sampled(*s, level)) {
            let weight = self.weight(shingle, &mut articles);
            weights.insert(shingle, weight);
            hits.extend(articles.iter().map(|a| (*a, weight)));
        }
        let mut out: Vec<Candidate> = Vec::new();
        let mut taken: Vec<(u32, usize)> = Vec::new();
        for article in best_first(hits) {
            if out.len() == CANDIDATES {
                break;
            }
            let Some(entry) = self.entry(article) else { continue };
            let Ok(that) = Sketch::decode(&entry.sketch) else { continue };
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
            let level =
                index_level(this.size.min(that.size)).max(that.level.saturating_sub(LONG_LEVEL));
            let (comparison, shared) = compare(this, &that, |s| {
                sampled(s, level)
                    .then(|| *weights.entry(s).or_insert_with(|| self.weight(s, &mut articles)))
            });
            out.push(Candidate { article, comparison, shared });
        }
        out
    }

    /// 1 over the number of clusters that have a shingle. Leaves the articles that have it in `articles`.
    fn weight(&self, shingle: u32, articles: &mut Vec<u32>) -> f64 {
        articles.clear();
        self.collect(shingle, articles);
        let mut roots: Vec<u32> =
            articles.iter().filter_map(|a| Some(self.entry(*a)?.root)).collect();
        roots.sort_unstable();
        roots.dedup();
        1.0 / roots.len().max(1) as f64
    }

    fn collect(&self, shingle: u32, out: &mut Vec<u32>) {
        for segment in self.segments.iter().rev() {
            segment.postings.get(shingle, out);
        }
        if sampled(shingle, OLD_LEVEL) {
            self.old.get(shingle, out);
        }
    }

    /// Takes in an article with its decision, and returns its number. Errors when the decision names an article that
    /// is not there.
    pub fn insert(&mut self, sketch: &Sketch, finding: Finding) -> Result<u32, Error> {
        let article = self.len();
        if article == u32::MAX - 1 {
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
        let segment = self.open_segment();
        let level = index_level(sketch.size);
        for shingle in sketch.zones.iter().flatten().filter(|s| sampled(**s, level)) {
            segment.postings.add(*shingle, article);
        }
        segment.end = article + 1;
        self.entries.push(Entry {
            finding,
            root,
            source: sketch.source,
            sketch: sketch.encode().into(),
        });
        Ok(article)
    }

    /// The segment that takes the next article; starting a new one may make the oldest one old.
    fn open_segment(&mut self) -> &mut Segment {
        let next = self.len();
        let start = self.segments.iter().rev().nth(1).map_or(self.old_end, |s| s.end);
        let most = self.options.window.div_ceil(u32::try_from(SEGMENTS).expect("small")).max(1);
        if self.segments.is_empty() || next - start >= most {
            if self.segments.len() > SEGMENTS
                && let Some(oldest) = self.segments.pop_front()
            {
                self.grow_old(oldest.end);
            }
            self.segments.push_back(Segment { postings: Postings::default(), end: next });
        }
        self.segments.back_mut().expect("just pushed")
    }

    /// Cuts the articles before `end` down to what old ones keep.
    fn grow_old(&mut self, end: u32) {
        for article in self.old_end..end {
            let Some(entry) = usize::try_from(article).ok().and_then(|a| self.entries.get_mut(a))
            else {
                continue;
            };
            let Ok(mut sketch) = Sketch::decode(&entry.sketch) else { continue };
            let level = if sketch.size < OLD_SIZE { u32::BITS } else { OLD_LEVEL };
            sketch.thin(level);
            entry.sketch = sketch.encode().into();
            for shingle in sketch.zones.iter().flatten() {
                self.old.add(*shingle, article);
            }
        }
        self.old_end = end;
    }
}

/// How a candidate stands among those accepted.
fn rank(candidate: &Candidate) -> (f64, f64) {
    let c = &candidate.comparison;
    (c.weighted.max(c.containment.min(c.contained)), c.jaccard)
}

/// Articles by the sum of their weights, best first; the earlier one of equals.
fn best_first(mut hits: Vec<(u32, f64)>) -> Vec<u32> {
    hits.sort_unstable_by_key(|(article, _)| *article);
    let sums = hits
        .chunk_by(|a, b| a.0 == b.0)
        .filter_map(|run| Some((run.first()?.0, run.iter().map(|(_, w)| w).sum())));
    let mut sums: Vec<(u32, f64)> = sums.collect();
    sums.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    sums.into_iter().map(|(article, _)| article).collect()
}
