//! Whether an article is a copy or a version of an earlier one.
//!
//! The decisions log is the truth: [`Dedup::run`] decides and changes nothing, [`Dedup::learn`] takes a stored decision
//! into the index. An article that is known gets its decision back as it was, and so can never be its own duplicate.

mod decision;
mod input;
mod snapshot;

use std::collections::HashMap;

use anyhow::Context;
use copydesk_neardup::{Finding, Index, Options, Verdict as Found};
use copydesk_types::{ArticleId, Dedup as Section, Evidence, Record, Verdict};

use crate::{Route, Stage, StageError, StageName};
use decision::Decision;

/// Settings of [`Dedup`].
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct DedupOptions {
    /// The index: how many articles it keeps in full.
    pub index: Options,
}

/// Fills `dedup`. Its state is what the decisions log has told it.
#[derive(Debug)]
pub struct Dedup {
    index: Index,
    /// Ids of the articles by their number in the index.
    ids: Vec<u128>,
    numbers: HashMap<u128, u32>,
    pending: Option<Vec<u8>>,
}

impl Dedup {
    /// The stage with nothing known.
    pub fn new(options: DedupOptions) -> Self {
        let DedupOptions { index } = options;
        Self { index: Index::new(index), ids: Vec::new(), numbers: HashMap::new(), pending: None }
    }

    /// The section of an article with a finding.
    fn section(&self, id: &ArticleId, finding: Finding) -> Section {
        let share = |thousandths: u16| f64::from(thousandths) / 1000.0;
        Section {
            verdict: match finding.verdict {
                Found::New => Verdict::New,
                Found::Exact => Verdict::Exact,
                Found::Near => Verdict::Near,
                Found::Revision => Verdict::Revision,
            },
            of: finding.parent.and_then(|n| self.id(n)),
            root: finding.root.and_then(|n| self.id(n)).unwrap_or_else(|| id.clone()),
            version: finding.version,
            evidence: Evidence {
                containment: share(finding.containment),
                contained: share(finding.contained),
                jaccard: share(finding.jaccard),
                rule: finding.rule.as_str().into(),
            },
        }
    }

    fn id(&self, number: u32) -> Option<ArticleId> {
        let key = *self.ids.get(usize::try_from(number).ok()?)?;
        ArticleId::try_from(format!("a_{key:032x}")).ok()
    }

    fn take_in(&mut self, decision: &Decision) -> anyhow::Result<()> {
        let key = key(&decision.id).context("read the article's id")?;
        if self.numbers.contains_key(&key) {
            return Ok(());
        }
        let sketch = decision.sketch()?;
        let finding = decision.finding(|id| self.numbers.get(&key_of(id)).copied())?;
        let number = self.index.load(&sketch, finding).context("take in the sketch")?;
        self.ids.push(key);
        self.numbers.insert(key, number);
        Ok(())
    }
}

impl Stage for Dedup {
    fn name(&self) -> StageName {
        StageName::Dedup
    }

    fn run(&mut self, record: &mut Record) -> Result<Route, StageError> {
        self.pending = None;
        let finding = if let Some(finding) =
            self.numbers.get(&key_of(&record.id)).and_then(|n| self.index.finding(*n))
        {
            finding
        } else {
            // A log that was read leaves this, and a decision of before a little of it.
            self.index
                .settle()
                .context("read a sketch of the index")
                .map_err(StageError::Reject)?;
            let input = input::of(record);
            let sketch = self.index.sketch(&input.article());
            let finding = self.index.decide(&sketch);
            let section = self.section(&record.id, finding);
            let decision = Decision::new(record.id.clone(), section, finding.fresh, &sketch);
            self.pending = Some(decision.to_json());
            finding
        };
        record.dedup = Some(self.section(&record.id, finding));
        Ok(if finding.fresh { Route::On } else { Route::Aside })
    }

    fn take_decision(&mut self) -> Option<Vec<u8>> {
        self.pending.take()
    }

    fn learn(&mut self, decision: &[u8]) -> Result<(), StageError> {
        Decision::from_json(decision)
            .and_then(|decision| self.take_in(&decision))
            .context("learn a dedup decision")
            .map_err(StageError::Reject)
    }

    fn snapshot(&self) -> Option<Vec<u8>> {
        Some(snapshot::write(&self.ids, &self.index))
    }

    fn restore(&mut self, bytes: &[u8]) -> Result<(), StageError> {
        let (ids, index) = snapshot::read(bytes)
            .context("restore a dedup snapshot")
            .map_err(StageError::Reject)?;
        self.numbers = ids.iter().copied().zip(0..).collect();
        (self.ids, self.index, self.pending) = (ids, index, None);
        Ok(())
    }
}

/// The 128 bits of an article's id.
fn key(id: &ArticleId) -> Option<u128> {
    u128::from_str_radix(id.as_str().strip_prefix("a_")?, 16).ok()
}

/// The same; an id is always of this form, so that nothing is ever known under 0.
fn key_of(id: &ArticleId) -> u128 {
    key(id).unwrap_or_default()
}

#[cfg(test)]
mod tests;
