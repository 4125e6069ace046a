//! Whether an article is a copy or a version of an earlier one.

use std::collections::HashMap;

use anyhow::Context;
use copydesk_types::{ArticleId, Dedup as Section, Evidence, Record, Verdict};
use serde::{Deserialize, Serialize};

use crate::{Route, Stage, StageError, StageName};

/// Settings of [`Dedup`].
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct DedupOptions {}

/// Fills `dedup`. Its state is what the decisions log has told it.
#[derive(Debug)]
pub struct Dedup {
    /// Decisions by article.
    known: HashMap<ArticleId, Section>,
    /// First article of each body, by the body's hash.
    bodies: HashMap<String, ArticleId>,
    pending: Option<Decision>,
}

/// A line of the decisions log.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Decision {
    id: ArticleId,
    dedup: Section,
    body: String,
}

impl Dedup {
    /// The stage with nothing known.
    pub fn new(_options: DedupOptions) -> Self {
        Self { known: HashMap::new(), bodies: HashMap::new(), pending: None }
    }

    fn decide(&self, record: &Record) -> Section {
        match self.bodies.get(&record.text.hash) {
            Some(first) => Section {
                verdict: Verdict::Exact,
                of: Some(first.clone()),
                root: first.clone(),
                version: 1,
                evidence: Evidence {
                    containment: 1.0,
                    contained: 1.0,
                    jaccard: 1.0,
                    rule: "body".into(),
                },
            },
            None => Section {
                verdict: Verdict::New,
                of: None,
                root: record.id.clone(),
                version: 1,
                evidence: Evidence {
                    containment: 0.0,
                    contained: 0.0,
                    jaccard: 0.0,
                    rule: "none".into(),
                },
            },
        }
    }
}

impl Stage for Dedup {
    fn name(&self) -> StageName {
        StageName::Dedup
    }

    fn run(&mut self, record: &mut Record) -> Result<Route, StageError> {
        self.pending = None;
        let section = match self.known.get(&record.id) {
            Some(section) => section.clone(),
            None => {
                let section = self.decide(record);
                let body = record.text.hash.clone();
                self.pending =
                    Some(Decision { id: record.id.clone(), dedup: section.clone(), body });
                section
            }
        };
        record.dedup = Some(section);
        Ok(if record.is_duplicate() { Route::Aside } else { Route::On })
    }

    fn take_decision(&mut self) -> Option<Vec<u8>> {
        let decision = self.pending.take()?;
        Some(serde_json::to_vec(&decision).expect("strings and numbers are JSON"))
    }

    fn learn(&mut self, decision: &[u8]) -> Result<(), StageError> {
        let decision: Decision = serde_json::from_slice(decision)
            .context("read a dedup decision")
            .map_err(StageError::Reject)?;
        if !self.known.contains_key(&decision.id) {
            self.bodies.entry(decision.body).or_insert_with(|| decision.id.clone());
            self.known.insert(decision.id, decision.dedup);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use copydesk_testkit::article;

    fn see(stage: &mut Dedup, record: &mut Record) -> Route {
        let route = stage.run(record).unwrap();
        if let Some(decision) = stage.take_decision() {
            stage.learn(&decision).unwrap();
        }
        route
    }

    #[test]
    fn the_same_body_under_another_id_is_exact_and_a_redelivery_is_not() {
        let mut stage = Dedup::new(DedupOptions::default());
        let mut first = article("The bridge stays shut until Monday.");
        assert_eq!(see(&mut stage, &mut first), Route::On);
        let mut copy = article("The bridge stays shut until Monday.");
        copy.id = copydesk_types::article_id("elsewhere", &copy.text.body);
        assert_eq!(see(&mut stage, &mut copy), Route::Aside);
        assert_eq!(copy.dedup.as_ref().unwrap().of.as_ref(), Some(&first.id));
        let mut again = article("The bridge stays shut until Monday.");
        assert_eq!(see(&mut stage, &mut again), Route::On);
        assert_eq!(again, first);
        assert!(stage.take_decision().is_none());
    }
}
