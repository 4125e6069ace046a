//! A line of the decisions log.

use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use copydesk_types::{
    ArticleId, Changes, ClaimGroup, ClaimType, GroupId, GroupRelation, Record, Story, Warning,
    WarningCode,
};
use serde::{Deserialize, Serialize};

use super::claim_features::ClaimFeatures;
use super::features::Features;
use super::registry::{Merge, Observation, replace_ids};

/// Version of the format.
const VERSION: u32 = 1;

/// What was decided over an article, with what the next ones are compared with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Decision {
    v: u32,
    pub(super) id: ArticleId,
    pub(super) outcome: Outcome,
    /// Day of publication.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) day: Option<String>,
    /// Redirects of entities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) merges: Vec<Merge>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) seen: Vec<Observation>,
    /// Features of the article, then of its statements, in base64.
    features: String,
}

/// What relate writes in a record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Outcome {
    pub(super) story: Story,
    /// Ids to replace, each with its replacement.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) ids: Vec<Merge>,
    /// Claims, by their place, that belong to the group of an earlier one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) groups: Vec<Joined>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) changes: Option<Changes>,
}

/// A claim that belongs to the group of an earlier one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Joined {
    pub(super) claim: u8,
    pub(super) group: ClaimGroup,
    /// Whether its quote has another speaker there.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) other_speaker: bool,
}

impl Outcome {
    /// Writes it. A statement that joins no group founds one.
    pub(super) fn apply(&self, record: &mut Record) {
        replace_ids(record, &self.ids);
        record.story = Some(self.story.clone());
        record.changes.clone_from(&self.changes);
        let article = record.id.clone();
        for (n, claim) in (0..=u8::MAX).zip(&mut record.claims) {
            let joined = self.groups.iter().find(|j| j.claim == n);
            claim.group = match joined {
                Some(joined) => Some(joined.group.clone()),
                None if claim.kind == ClaimType::Statement => Some(ClaimGroup {
                    id: GroupId::named_after(&claim.id),
                    relation: GroupRelation::First,
                    first: Some(article.clone()),
                    reason: None,
                }),
                None => None,
            };
        }
        for joined in self.groups.iter().filter(|j| j.other_speaker) {
            let message =
                format!("claim {} has another speaker in {}", joined.claim, joined.group.id);
            record.warnings.push(Warning::new(WarningCode::AttributionConflict, &message));
        }
    }
}

impl Decision {
    pub(super) fn new(
        id: ArticleId,
        outcome: Outcome,
        features: &Features,
        claims: &[ClaimFeatures],
    ) -> Self {
        let mut bytes = features.encode();
        for claim in claims {
            claim.encode(&mut bytes);
        }
        let features = STANDARD_NO_PAD.encode(bytes);
        Self { v: VERSION, id, outcome, day: None, merges: Vec::new(), seen: Vec::new(), features }
    }

    pub(super) fn to_json(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("strings and finite numbers are JSON")
    }

    pub(super) fn from_json(json: &[u8]) -> anyhow::Result<Self> {
        let decision: Self = serde_json::from_slice(json).context("read it as JSON")?;
        ensure!(decision.v == VERSION, "read version {}; this one reads {VERSION}", decision.v);
        Ok(decision)
    }

    pub(super) fn features(&self) -> anyhow::Result<(Features, Vec<ClaimFeatures>)> {
        let bytes = STANDARD_NO_PAD.decode(&self.features).context("decode the features")?;
        decode(&bytes).context("decode the features")
    }
}

fn decode(mut bytes: &[u8]) -> Option<(Features, Vec<ClaimFeatures>)> {
    let features = Features::decode(&mut bytes)?;
    let mut claims = Vec::new();
    while !bytes.is_empty() {
        claims.push(ClaimFeatures::decode(&mut bytes)?);
    }
    Some((features, claims))
}
