//! Claims: who said what, to whom, through whom.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ArticleId, ClaimId, EntityId, GroupId, Span};

/// One statement with its speaker, or an unattributed assertion worth checking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    /// Article id and ordinal, hashed.
    pub id: ClaimId,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: ClaimType,
    /// Whether the words are the speaker's own.
    pub form: ClaimForm,
    /// The words of `content`, parts joined by a space.
    pub text: String,
    /// What was said; several spans for a split quote. Quote marks and a leading "that" included.
    pub content: Vec<Span>,
    /// The quoted parts, without their marks.
    pub quotes: Vec<Span>,
    /// The words that attribute it; null for an assertion or a floating quote.
    pub cue: Option<Cue>,
    /// Who said it; null when nobody is named.
    pub speaker: Option<Speaker>,
    /// To whom.
    pub addressee: Option<Party>,
    /// Who carried it.
    pub via: Vec<Party>,
    /// Affirmed or negated.
    pub polarity: Polarity,
    /// How it is put.
    pub modality: Modality,
    /// When it was said.
    pub when: Option<When>,
    /// Entities that it is about.
    pub about: Vec<EntityId>,
    /// How much it is worth checking, 0 to 1.
    pub check_worthiness: f64,
    /// How sure the extraction is, 0 to 1.
    pub confidence: f64,
    /// The rule that made it.
    pub rule: String,
    /// Which rule or score gave content, speaker and via; only when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Vec<String>>,
    /// The same claim elsewhere; absent until relate has run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<ClaimGroup>,
}

/// What a claim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClaimType {
    /// Somebody said it.
    Statement,
    /// Somebody declined to say anything.
    NoComment,
    /// The article says it, and it is worth checking.
    Assertion,
}

/// Whether the words are the speaker's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClaimForm {
    /// All quoted.
    Direct,
    /// Partly quoted.
    Mixed,
    /// Reported.
    Indirect,
}

/// The words that attribute a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cue {
    /// First offset.
    pub start: usize,
    /// End, exclusive.
    pub end: usize,
    /// The words: `body[start:end]`.
    pub text: String,
    /// Lemma of the head.
    pub lemma: String,
    /// What sort of cue it is.
    pub class: CueClass,
}

/// What sort of cue it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CueClass {
    /// say, add, tell, note.
    Say,
    /// argue, assert, insist, claim.
    Argue,
    /// announce, report, disclose.
    Announce,
    /// confirm, acknowledge, admit.
    Confirm,
    /// deny, dispute, reject.
    Deny,
    /// ask, wonder.
    Ask,
    /// urge, order, demand.
    Urge,
    /// praise, denounce, criticise.
    Evaluate,
    /// think, believe, expect.
    Think,
    /// predict, promise, warn.
    Commit,
    /// according to, in the words of, per.
    According,
    /// claim, statement, warning as nouns.
    Nominal,
    /// A colon after the name.
    Colon,
    /// Anything else.
    Other,
}

/// Who said it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Speaker {
    /// The entity, where one is known.
    pub entity: Option<EntityId>,
    /// Its canonical name, else the words.
    pub name: String,
    /// First offset of the words that name the speaker.
    pub start: usize,
    /// End, exclusive.
    pub end: usize,
    /// The words: `body[start:end]`.
    pub text: String,
    /// How the entity was found.
    pub resolution: Resolution,
    /// 0 to 1.
    pub confidence: f64,
}

/// How a speaker was resolved to an entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Resolution {
    /// By its full name.
    Name,
    /// By a short name.
    Short,
    /// By a title.
    Title,
    /// By a pronoun.
    Pronoun,
    /// From another clause or paragraph.
    Inherited,
    /// Not resolved.
    None,
}

/// Somebody with a part in a claim: addressee or carrier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Party {
    /// The entity, where one is known.
    pub entity: Option<EntityId>,
    /// Its canonical name, else the words.
    pub name: String,
    /// First offset.
    pub start: usize,
    /// End, exclusive.
    pub end: usize,
    /// The words: `body[start:end]`.
    pub text: String,
}

/// Affirmed or negated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Polarity {
    /// It is so.
    Affirmative,
    /// It is not so.
    Negated,
}

/// How a claim is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Modality {
    /// As a fact.
    Asserted,
    /// Of what will be.
    Future,
    /// Of what may be.
    Possible,
    /// Of what is wanted.
    Desired,
    /// Of what would be.
    Conditional,
    /// As a question.
    Question,
}

/// When something was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct When {
    /// The words.
    pub text: String,
    /// ISO 8601 or EDTF when settled.
    pub value: Option<String>,
}

/// The same claim in other articles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClaimGroup {
    /// The group, named after its first claim.
    pub id: GroupId,
    /// How this claim belongs to it.
    pub relation: GroupRelation,
    /// The article whose claim founded the group: who carried it first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<ArticleId>,
    /// Why it is thought to dispute another claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How a claim belongs to its group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupRelation {
    /// It founds the group.
    First,
    /// The same words.
    SameQuote,
    /// The same statement in other words.
    SameStatement,
    /// A candidate contradiction.
    Disputes,
}
