//! The record: one article with all that copydesk found in it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Article, ArticleId, Claim, ClaimId, Entity, OffsetMap, Quantity, Source, Span, StoryId, Text,
    TimeExpr,
};

/// The schema that this version writes.
pub const SCHEMA: &str = "copydesk.record/1.0";
/// What the schema of every readable record starts with.
const SCHEMA_MAJOR: &str = "copydesk.record/1.";

/// One article, from ingest to the output file. Sections are filled by one stage each, in this order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// Name and version of the schema.
    pub schema: String,
    /// Stable id of the article.
    pub id: ArticleId,
    /// Where it came from (ingest).
    pub source: Source,
    /// What it says of itself (ingest).
    pub article: Article,
    /// Its body (ingest).
    pub text: Text,
    /// Whether it is a copy or a version of another article (dedup); absent until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dedup: Option<Dedup>,
    /// The story it belongs to (relate); absent until then, and on duplicates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub story: Option<Story>,
    /// Entities (extract); empty on duplicates.
    #[serde(default)]
    pub entities: Vec<Entity>,
    /// Expressions of time (extract).
    #[serde(default)]
    pub times: Vec<TimeExpr>,
    /// Numbers with units (extract).
    #[serde(default)]
    pub quantities: Vec<Quantity>,
    /// Claims (extract).
    #[serde(default)]
    pub claims: Vec<Claim>,
    /// What a revision changed in the claims of the version before (relate); absent on other records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Changes>,
    /// How long it took; left out of reproducible output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timings: Option<Timings>,
    /// What a reader should know about gaps.
    #[serde(default)]
    pub warnings: Vec<Warning>,
    /// What made the record.
    pub provenance: Provenance,
}

/// Whether an article is a copy or a version of another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dedup {
    /// The decision.
    pub verdict: Verdict,
    /// Direct parent; null when new.
    pub of: Option<ArticleId>,
    /// First article of the cluster; itself when new.
    pub root: ArticleId,
    /// 1, and one more for each revision.
    pub version: u32,
    /// What the decision rests on.
    pub evidence: Evidence,
}

/// The decision of dedup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// An original.
    New,
    /// The same normalised body.
    Exact,
    /// A copy with edits.
    Near,
    /// A later version from the same source.
    Revision,
}

/// What a dedup decision rests on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Share of this article found in that one, 0 to 1.
    pub containment: f64,
    /// Share of that article found in this one, 0 to 1.
    pub contained: f64,
    /// Shared over all, 0 to 1.
    pub jaccard: f64,
    /// The rule that decided.
    pub rule: String,
}

/// The story that an article belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Story {
    /// Named after its first article.
    pub id: StoryId,
    /// How well the article fits; null for the first one.
    pub score: Option<f64>,
    /// Stories with the same actors about another event.
    pub related: Vec<StoryLink>,
}

/// A related story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StoryLink {
    /// Its id.
    pub id: StoryId,
    /// How close it is, 0 to 1.
    pub score: f64,
}

/// What a revision changed in the claims of the version before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Changes {
    /// The version before.
    pub since: ArticleId,
    /// Claims of this version that the one before does not have.
    pub added: Vec<ClaimId>,
    /// Claims of the version before that this one does not have.
    pub dropped: Vec<ClaimId>,
    /// Claims of both with other words.
    pub reworded: Vec<Reworded>,
}

/// A claim of two versions with other words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reworded {
    /// In this version.
    pub claim: ClaimId,
    /// In the version before.
    pub was: ClaimId,
}

/// How long a record took, in milliseconds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Timings {
    /// Waiting between the stages.
    pub queued_ms: f64,
    /// In dedup.
    pub dedup_ms: f64,
    /// In extract.
    pub extract_ms: f64,
    /// In relate.
    pub relate_ms: f64,
    /// From the file being complete to the record being published.
    pub total_ms: f64,
}

/// A gap that a reader should know of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Warning {
    /// What it is.
    pub code: WarningCode,
    /// In words.
    pub message: String,
}

impl Warning {
    /// A warning.
    pub fn new(code: WarningCode, message: &str) -> Self {
        Self { code, message: message.into() }
    }
}

/// Kinds of warnings. Readers treat an unknown one as other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WarningCode {
    /// No publication date.
    DateMissing,
    /// The body is not in a language that the extract stage reads.
    LanguageSkipped,
    /// Bytes did not fit the encoding.
    EncodingErrors,
    /// The main text could not be told apart from the rest of the page.
    MainTextUncertain,
    /// The body has no words.
    TextEmpty,
    /// A part was cut at a cap.
    Truncated,
    /// A field of the input could not be read and was left out.
    FieldIgnored,
    /// The same quote has different speakers in different articles.
    AttributionConflict,
    /// Something else.
    Other,
}

/// What made a record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Provenance {
    /// Version of copydesk.
    pub copydesk: String,
    /// Language model, null before extract.
    pub model: Option<String>,
    /// Hash of the settings that shape the result; from extract on also of the knowledge base and the list of names.
    pub config: Option<String>,
    /// Machine; left out of reproducible output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// Why bytes are no record, or a record is not sound.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Not JSON, or not of the record's shape.
    #[error("parse the record")]
    Json(#[source] serde_json::Error),
    /// A schema that this version does not read.
    #[error("read a record of schema {0:?}; this version reads {SCHEMA_MAJOR}x")]
    Schema(String),
    /// A span outside the body or inside a character.
    #[error("place the span {start}..{end} in a body of {chars} code points")]
    Span {
        /// Start as it stood.
        start: usize,
        /// End as it stood.
        end: usize,
        /// Length of the body.
        chars: usize,
    },
    /// A span whose text is not the body's.
    #[error("match {text:?} with the body at {start}..{end}")]
    Text {
        /// The text carried beside the span.
        text: String,
        /// Start in bytes.
        start: usize,
        /// End in bytes.
        end: usize,
    },
}

impl Record {
    /// A record as ingest makes it.
    pub fn new(
        id: ArticleId,
        source: Source,
        article: Article,
        text: Text,
        provenance: Provenance,
    ) -> Self {
        Self {
            schema: SCHEMA.into(),
            id,
            source,
            article,
            text,
            dedup: None,
            story: None,
            entities: Vec::new(),
            times: Vec::new(),
            quantities: Vec::new(),
            claims: Vec::new(),
            changes: None,
            timings: None,
            warnings: Vec::new(),
            provenance,
        }
    }

    /// Whether dedup called it a copy, so that it carries no entities and claims of its own.
    pub fn is_duplicate(&self) -> bool {
        self.dedup.as_ref().is_some_and(|d| matches!(d.verdict, Verdict::Exact | Verdict::Near))
    }

    /// The record as one JSON object, offsets in code points. Errors when a span does not fit the body.
    pub fn to_json(&self) -> Result<Vec<u8>, RecordError> {
        self.check()?;
        let written = if self.text.body.is_ascii() {
            serde_json::to_vec(self)
        } else {
            let map = OffsetMap::new(&self.text.body);
            let mut copy = self.clone();
            copy.convert(&|at| map.to_chars(at))?;
            serde_json::to_vec(&copy)
        };
        written.map_err(RecordError::Json)
    }

    /// Reads a record; offsets become bytes. Errors on another schema, and on a span that does not fit the body.
    pub fn from_json(json: &[u8]) -> Result<Self, RecordError> {
        let mut record: Self = serde_json::from_slice(json).map_err(RecordError::Json)?;
        if !record.schema.starts_with(SCHEMA_MAJOR) {
            return Err(RecordError::Schema(record.schema));
        }
        let map = OffsetMap::new(&record.text.body);
        record.convert(&|at| map.to_bytes(at))?;
        record.check()?;
        Ok(record)
    }

    /// Takes out the fields that differ between two runs over the same input.
    pub fn make_reproducible(&mut self) {
        self.source.received_at = None;
        self.provenance.host = None;
        self.timings = None;
    }

    /// Checks that every span fits the body and covers the text that stands beside it.
    pub fn check(&self) -> Result<(), RecordError> {
        for (span, text) in self.spans() {
            let found =
                span.slice(&self.text.body).ok_or_else(|| self.misplaced(span.start, span.end))?;
            if let Some(text) = text
                && text != found
            {
                return Err(RecordError::Text {
                    text: text.into(),
                    start: span.start,
                    end: span.end,
                });
            }
        }
        Ok(())
    }

    fn misplaced(&self, start: usize, end: usize) -> RecordError {
        RecordError::Span { start, end, chars: self.text.chars }
    }

    fn convert(&mut self, to: &dyn Fn(usize) -> Option<usize>) -> Result<(), RecordError> {
        let chars = self.text.chars;
        for (start, end) in self.offsets_mut() {
            match (to(*start), to(*end)) {
                (Some(s), Some(e)) if s <= e => (*start, *end) = (s, e),
                _ => return Err(RecordError::Span { start: *start, end: *end, chars }),
            }
        }
        Ok(())
    }

    /// Every span with the text that the record carries beside it.
    fn spans(&self) -> Vec<(Span, Option<&str>)> {
        let mut out = Vec::new();
        let mut put = |start, end, text| out.push((Span { start, end }, text));
        for b in &self.text.blocks {
            put(b.start, b.end, None);
        }
        for e in &self.entities {
            e.roles.iter().for_each(|r| put(r.start, r.end, None));
            e.mentions.iter().for_each(|m| put(m.start, m.end, Some(m.text.as_str())));
        }
        self.times.iter().for_each(|t| put(t.start, t.end, Some(t.text.as_str())));
        self.quantities.iter().for_each(|q| put(q.start, q.end, Some(q.text.as_str())));
        for c in &self.claims {
            c.content.iter().chain(&c.quotes).for_each(|s| put(s.start, s.end, None));
            c.cue.iter().for_each(|x| put(x.start, x.end, Some(x.text.as_str())));
            c.speaker.iter().for_each(|x| put(x.start, x.end, Some(x.text.as_str())));
            c.addressee
                .iter()
                .chain(&c.via)
                .for_each(|x| put(x.start, x.end, Some(x.text.as_str())));
        }
        out
    }

    /// Every pair of offsets, for conversion: the same spans as [`Self::spans`], which the tests hold together.
    fn offsets_mut(&mut self) -> Vec<(&mut usize, &mut usize)> {
        let mut out = Vec::new();
        for b in &mut self.text.blocks {
            out.push((&mut b.start, &mut b.end));
        }
        for e in &mut self.entities {
            out.extend(e.roles.iter_mut().map(|r| (&mut r.start, &mut r.end)));
            out.extend(e.mentions.iter_mut().map(|m| (&mut m.start, &mut m.end)));
        }
        out.extend(self.times.iter_mut().map(|t| (&mut t.start, &mut t.end)));
        out.extend(self.quantities.iter_mut().map(|q| (&mut q.start, &mut q.end)));
        for c in &mut self.claims {
            out.extend(
                c.content.iter_mut().chain(&mut c.quotes).map(|s| (&mut s.start, &mut s.end)),
            );
            out.extend(c.cue.iter_mut().map(|x| (&mut x.start, &mut x.end)));
            out.extend(c.speaker.iter_mut().map(|x| (&mut x.start, &mut x.end)));
            out.extend(
                c.addressee.iter_mut().chain(&mut c.via).map(|x| (&mut x.start, &mut x.end)),
            );
        }
        out
    }
}

/// JSON Schema (2020-12) of the record.
pub fn record_schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Record).to_value();
    if let Some(object) = schema.as_object_mut() {
        object.insert("$id".into(), "urn:copydesk:record:1.0".into());
        object.insert("title".into(), SCHEMA.into());
    }
    schema
}
