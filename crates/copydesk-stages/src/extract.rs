//! Entities, times, quantities and claims of one article, over one parse of its body.

pub(crate) mod claims;
mod entities;
mod knowledge;
mod lexicon;
mod quantities;
mod times;

pub use self::entities::{base_id, name_similarity};
pub use self::knowledge::Knowledge;

use std::sync::Arc;

use copydesk_nlp::Pipeline;
use copydesk_types::{Record, Warning, WarningCode};

use crate::{Route, Stage, StageError, StageName};

/// Fills `entities`, `times`, `quantities` and `claims`. Keeps no state: any number may run at once.
#[derive(Debug, Clone)]
pub struct Extract {
    pipeline: Arc<Pipeline>,
    explain: bool,
    ranked: bool,
    claims: bool,
    knowledge: Knowledge,
}

impl Extract {
    /// The stage over a loaded model; with `explain` every claim says why it is one.
    pub fn new(pipeline: Arc<Pipeline>, explain: bool) -> Self {
        Self::with_knowledge(pipeline, explain, Knowledge::embedded())
    }

    /// The same with a base and lists of one's own; the handle can replace them later.
    pub fn with_knowledge(pipeline: Arc<Pipeline>, explain: bool, knowledge: Knowledge) -> Self {
        Self { pipeline, explain, ranked: true, claims: true, knowledge }
    }

    /// The same with entities and nothing else, to measure what they cost.
    #[doc(hidden)]
    #[must_use]
    pub fn entities_alone(mut self) -> Self {
        self.claims = false;
        self
    }

    /// The same with what a cue attributes left to the rules alone, for comparison.
    #[must_use]
    pub fn by_rules_alone(mut self) -> Self {
        self.ranked = false;
        self
    }
}

impl Stage for Extract {
    fn name(&self) -> StageName {
        StageName::Extract
    }

    fn run(&mut self, record: &mut Record) -> Result<Route, StageError> {
        record.provenance.model = Some(self.pipeline.name().to_owned());
        let code = record.article.language.code.as_str();
        if code != self.pipeline.lang() && code != "und" {
            let message =
                format!("the body is in {code:?}; this model reads {:?}", self.pipeline.lang());
            record.warnings.push(Warning::new(WarningCode::LanguageSkipped, &message));
            return Ok(Route::On);
        }
        let starts: Vec<usize> = record.text.blocks.iter().map(|b| b.start).collect();
        let doc = self.pipeline.parse_parts(&record.text.body, &starts);
        let known = self.knowledge.now();
        record.entities = entities::find(&doc, record, &known);
        record.provenance.config = known.config(record.provenance.config.as_deref());
        if !self.claims {
            return Ok(Route::On);
        }
        record.times = times::find(&doc, &record.article);
        record.quantities = quantities::find(&doc);
        record.claims = claims::find(&doc, record, self.ranked);
        if !self.explain {
            record.claims.iter_mut().for_each(|c| c.why = None);
        }
        Ok(Route::On)
    }
}
