//! Where an article came from and what it says of itself.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The input that held the article.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    /// Path relative to the inbox, or as given on the command line; `-` for standard input.
    pub path: String,
    /// The article inside a container: its own `id`, else `L12` for a line, `rec3` for a record.
    pub member: Option<String>,
    /// Size of the file in bytes.
    pub bytes: u64,
    /// SHA-256 of the file, hex.
    pub sha256: String,
    /// Media type of the article's format.
    pub media_type: String,
    /// Encoding that the text was in, lower case.
    pub encoding: String,
    /// Whether bytes did not fit that encoding and were replaced.
    pub encoding_errors: bool,
    /// When copydesk took it in, RFC 3339; left out of reproducible output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<String>,
}

/// What the article says of itself. Unknown is `null`, never guessed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Article {
    /// Canonical URL.
    pub url: Option<String>,
    /// Who published it.
    pub outlet: Outlet,
    /// Headline.
    pub title: Option<String>,
    /// Writers, as named.
    pub authors: Vec<String>,
    /// Place and text of the dateline.
    pub dateline: Option<Dateline>,
    /// Publication date.
    pub published: DateValue,
    /// Date of the last change.
    pub modified: Option<DateValue>,
    /// Language of the body.
    pub language: Language,
    /// Where each value came from, by field name.
    pub from: BTreeMap<String, Origin>,
}

/// Who published an article.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Outlet {
    /// Name.
    pub name: Option<String>,
    /// Registrable domain.
    pub domain: Option<String>,
}

/// The dateline.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Dateline {
    /// Place, as named.
    pub place: Option<String>,
    /// ISO 3166 code of its country.
    pub country: Option<String>,
    /// The words as they stand.
    pub text: String,
}

/// A date with the precision that its source has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DateValue {
    /// ISO 8601: a date, or a date and time with its zone where one is known.
    pub at: Option<String>,
    /// How exact it is.
    pub precision: Option<Precision>,
}

/// How exact a date or time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// A century.
    Century,
    /// A decade.
    Decade,
    /// A year.
    Year,
    /// A half of a year.
    Half,
    /// A season.
    Season,
    /// A quarter.
    Quarter,
    /// A month.
    Month,
    /// A week.
    Week,
    /// A weekend.
    Weekend,
    /// A day.
    Day,
    /// A part of a day: morning, evening.
    Part,
    /// An hour.
    Hour,
    /// A minute.
    Minute,
    /// A second.
    Second,
    /// An interval between two dates.
    Interval,
    /// A length of time.
    Duration,
    /// A repeated time ("every Friday").
    Set,
}

/// Language of a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Language {
    /// ISO 639-1 code, `und` when not known.
    pub code: String,
    /// 0 to 1.
    pub confidence: f64,
}

impl Default for Language {
    fn default() -> Self {
        Self { code: "und".into(), confidence: 0.0 }
    }
}

/// Where a value of the article came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A JSON-LD object in the page.
    JsonLd,
    /// A meta tag, `<title>` or `<html lang>`.
    Meta,
    /// A header line of the text.
    Header,
    /// The dateline.
    Dateline,
    /// The body.
    Body,
    /// A field of the input document.
    File,
}
