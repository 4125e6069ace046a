//! Entities with their mentions, times and quantities.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{EntityId, Precision};

/// A person, organization, place … of the article, with every mention.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Entity {
    /// Wikidata id, GeoNames id or a minted one.
    pub id: EntityId,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: EntityType,
    /// Canonical name: of the knowledge base, else the fullest form in the article.
    pub name: String,
    /// Ids in knowledge bases.
    pub kb: Kb,
    /// ISO 3166 code of its country.
    pub country: Option<String>,
    /// Where a place is.
    pub coordinates: Option<Coordinates>,
    /// Roles that the article gives it.
    pub roles: Vec<Role>,
    /// How central it is in the article, 0 to 1.
    pub salience: f64,
    /// How the id was found.
    pub link: Link,
    /// Every mention, in order.
    pub mentions: Vec<Mention>,
}

/// What an entity is. Readers treat an unknown type as other.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum EntityType {
    /// A person.
    Person,
    /// A company, agency, party, team …
    Organization,
    /// A country, city, region, river …
    Place,
    /// A nationality, religious or political group.
    Group,
    /// A named event.
    Event,
    /// A book, song, film …
    Work,
    /// A named law.
    Law,
    /// A product.
    Product,
    /// A building, airport, road …
    Facility,
    /// A language.
    Language,
}

impl EntityType {
    /// The name as it stands in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Organization => "organization",
            Self::Place => "place",
            Self::Group => "group",
            Self::Event => "event",
            Self::Work => "work",
            Self::Law => "law",
            Self::Product => "product",
            Self::Facility => "facility",
            Self::Language => "language",
        }
    }
}

/// Ids in knowledge bases.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Kb {
    /// Wikidata, `Q58217`.
    pub wikidata: Option<String>,
    /// GeoNames, `2013348`.
    pub geonames: Option<String>,
}

/// A point on the globe, WGS 84 degrees.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Coordinates {
    /// Latitude, -90 to 90.
    pub lat: f64,
    /// Longitude, -180 to 180.
    pub lon: f64,
}

/// A role that the article gives an entity: an observation, not a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Role {
    /// The title, as written.
    pub title: String,
    /// Country or organization that it belongs to.
    pub of: Option<String>,
    /// First offset of the title's words.
    pub start: usize,
    /// End, exclusive.
    pub end: usize,
}

/// How an entity got its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    /// By which means.
    pub method: LinkMethod,
    /// 0 to 1.
    pub confidence: f64,
    /// Other candidates, best first.
    pub alternatives: Vec<Alternative>,
}

/// By which means an entity got its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LinkMethod {
    /// The user's own list.
    User,
    /// An alias of the knowledge base.
    Alias,
    /// The canonical name of the knowledge base.
    Exact,
    /// A similar name of the knowledge base.
    Fuzzy,
    /// Another, fuller name in the same document.
    InDocument,
    /// Not linked: the id is minted.
    None,
}

/// A candidate that was not chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Alternative {
    /// Its id.
    pub id: EntityId,
    /// Its name.
    pub name: String,
    /// Its score, 0 to 1.
    pub score: f64,
}

/// One mention of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Mention {
    /// First offset.
    pub start: usize,
    /// End, exclusive.
    pub end: usize,
    /// The words: `body[start:end]`.
    pub text: String,
    /// The model's label (OntoNotes: PERSON, GPE, ORG …), null where a rule found it.
    pub label: Option<String>,
    /// What sort of mention it is.
    pub kind: MentionKind,
}

/// What sort of mention it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MentionKind {
    /// A full name.
    Name,
    /// A shortened name.
    Short,
    /// A title or description.
    Title,
    /// A pronoun.
    Pronoun,
    /// An adjective or noun of nationality.
    Demonym,
}

/// An expression of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TimeExpr {
    /// First offset.
    pub start: usize,
    /// End, exclusive.
    pub end: usize,
    /// The words: `body[start:end]`.
    pub text: String,
    /// ISO 8601 or EDTF when the article settles it, else null.
    pub value: Option<String>,
    /// How exact the expression is.
    pub precision: Option<Precision>,
}

/// A number with its unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quantity {
    /// First offset.
    pub start: usize,
    /// End, exclusive.
    pub end: usize,
    /// The words: `body[start:end]`.
    pub text: String,
    /// PERCENT, MONEY, QUANTITY, CARDINAL, ORDINAL.
    pub label: String,
    /// The number, null when the words do not settle it.
    pub value: Option<f64>,
    /// `%`, an ISO 4217 code, an SI symbol or the unit's word.
    pub unit: Option<String>,
}
