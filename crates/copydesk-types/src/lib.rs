//! The copydesk record: what is written to JSON Lines and published on NATS, one JSON object an article.
//!
//! **Invariant: knows no other crate of the workspace, no runtime and no clock.** Everything here is data,
//! its JSON form and the rules that hold between its parts.
//!
//! Offsets inside the program are **bytes** into [`Text::body`]; in JSON they are **Unicode code points**.
//! They are converted once, at the edge, by [`Record::to_json`] and [`Record::from_json`]: nothing else may
//! serialise a record.

mod article;
mod claim;
mod entity;
mod id;
mod record;
mod slug;
mod span;
mod text;

pub use article::{Article, DateValue, Dateline, Language, Origin, Outlet, Precision, Source};
pub use claim::{
    Claim, ClaimForm, ClaimGroup, ClaimType, Cue, CueClass, GroupRelation, Modality, Party,
    Polarity, Resolution, Speaker, When,
};
pub use entity::{
    Alternative, Coordinates, Entity, EntityType, Kb, Link, LinkMethod, Mention, MentionKind,
    Quantity, Role, TimeExpr,
};
pub use id::{
    ArticleId, ClaimId, EntityId, GroupId, IdError, StoryId, article_id, claim_id, digest,
    minted_entity_id,
};
pub use record::{
    Changes, Dedup, Evidence, Provenance, Record, RecordError, Reworded, SCHEMA, Story, StoryLink,
    Timings, Verdict, Warning, WarningCode, record_schema,
};
pub use slug::slug;
pub use span::{OffsetMap, Span};
pub use text::{Block, BlockKind, Text, TextMethod, clean};
