//! A line of the decisions log.

use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use copydesk_neardup::{Finding, Rule, Sketch, Verdict as Found};
use copydesk_types::{ArticleId, Dedup as Section, Verdict};
use serde::{Deserialize, Serialize};

/// Version of the format.
const VERSION: u32 = 1;

/// What was decided over an article, with the sketch that the next ones are compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Decision {
    v: u32,
    pub(super) id: ArticleId,
    dedup: Section,
    /// Whether the article goes on to extract.
    fresh: bool,
    /// Base64.
    sketch: String,
}

impl Decision {
    pub(super) fn new(id: ArticleId, dedup: Section, fresh: bool, sketch: &Sketch) -> Self {
        Self { v: VERSION, id, dedup, fresh, sketch: STANDARD_NO_PAD.encode(sketch.encode()) }
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings and finite numbers are JSON")
    }

    pub(super) fn from_json(json: &[u8]) -> anyhow::Result<Self> {
        let decision: Self = serde_json::from_slice(json).context("read it as JSON")?;
        ensure!(decision.v == VERSION, "read version {}; this one reads {VERSION}", decision.v);
        Ok(decision)
    }

    /// The encoded sketch.
    pub(super) fn sketch(&self) -> anyhow::Result<Vec<u8>> {
        STANDARD_NO_PAD.decode(&self.sketch).context("decode the sketch")
    }

    /// The finding, with articles by their numbers. Errors when it names one that has none.
    pub(super) fn finding(
        &self,
        number: impl Fn(&ArticleId) -> Option<u32>,
    ) -> anyhow::Result<Finding> {
        let number = |id: &ArticleId| {
            number(id).with_context(|| format!("find {id}, which was not decided before"))
        };
        let Section { verdict, of, root, version, evidence } = &self.dedup;
        let rule = Rule::ALL.into_iter().find(|r| r.as_str() == evidence.rule);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a cast from a float saturates"
        )]
        let thousandths = |share: f64| (share * 1000.0).round() as u16;
        Ok(Finding {
            verdict: match verdict {
                Verdict::New => Found::New,
                Verdict::Exact => Found::Exact,
                Verdict::Near => Found::Near,
                Verdict::Revision => Found::Revision,
            },
            parent: of.as_ref().map(number).transpose()?,
            root: if *root == self.id { None } else { Some(number(root)?) },
            version: *version,
            containment: thousandths(evidence.containment),
            contained: thousandths(evidence.contained),
            jaccard: thousandths(evidence.jaccard),
            rule: rule.with_context(|| format!("read the rule {:?}", evidence.rule))?,
            fresh: self.fresh,
        })
    }
}
