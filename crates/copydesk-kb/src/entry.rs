//! An entity on its way into a base: also the shape of a line of a JSON Lines list.

use copydesk_types::EntityType;
use serde::Deserialize;

/// Weight of an entry of a list that gives none: enough to be linked by its full name.
pub(crate) const WEIGHT: f64 = 10_000.0;

fn weight() -> f64 {
    WEIGHT
}

/// An entity with its names. Only `name` and `type` must be there.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Canonical name.
    pub name: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: Option<EntityType>,
    /// Other full names.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// Adjectives and names of inhabitants.
    #[serde(default)]
    pub demonyms: Vec<String>,
    /// Names that are not enough by themselves, as a family name.
    #[serde(default)]
    pub short: Vec<String>,
    /// Domains of an outlet.
    #[serde(default)]
    pub domains: Vec<String>,
    /// Offices of a person, what an organization is: words that an article may put beside the name.
    #[serde(default)]
    pub details: Vec<String>,
    /// Wikidata id, `Q159`.
    #[serde(default)]
    pub wikidata: Option<String>,
    /// GeoNames id.
    #[serde(default)]
    pub geonames: Option<u32>,
    /// ISO 3166 code of its country.
    #[serde(default)]
    pub country: Option<String>,
    /// Latitude in degrees.
    #[serde(default)]
    pub lat: Option<f64>,
    /// Longitude in degrees.
    #[serde(default)]
    pub lon: Option<f64>,
    /// How well known it is: inhabitants of a place, sitelinks × 1000 of anything else, a fixed one without it.
    #[serde(default = "weight")]
    pub weight: f64,
    /// Code of the region that it lies in, or that it is: `US.CA`.
    #[serde(default)]
    pub region: Option<String>,
    /// `country`, `capital`, `outlet`, `region`.
    #[serde(default)]
    pub flags: Vec<String>,
}
