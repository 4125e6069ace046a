//! From the candidates to the decision.

use crate::candidates::Candidate;
use crate::compare::{Prepared, common, compare};
use crate::index::{Finding, Index};
use crate::judge::{Rule, Verdict, is_revision, judge};
use crate::sketch::Sketch;

impl Index {
    /// What the article of a sketch is to those inserted before.
    pub fn decide(&self, this: &Sketch) -> Finding {
        self.decide_over(&[self], this)
    }

    /// The same over all parts of a split index, of which this is any one.
    pub fn decide_over(&self, parts: &[&Self], this: &Sketch) -> Finding {
        if this.words == 0 {
            return Finding::new(Rule::Empty);
        }
        if let Some(finding) = self.exact(this) {
            return finding;
        }
        let candidates = self.candidates_over(parts, this);
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
        let Some((parent, rule)) = best else { return Finding::new(refusal) };
        if self.is_roundup(parent, &candidates) {
            return Finding::new(Rule::Roundup);
        }
        if self.drifts(this, parent) {
            return Finding::new(Rule::Drift);
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
        let (c, _) = compare(&Prepared::new(this), &root, |_| None);
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
}

/// How a candidate stands among those accepted.
fn rank(candidate: &Candidate) -> (f64, f64) {
    let c = &candidate.comparison;
    (c.weighted.max(c.containment.min(c.contained)), c.jaccard)
}
