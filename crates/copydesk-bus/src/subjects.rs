//! Names of streams, and the subjects in them.

use std::fmt;

use copydesk_types::{Record, slug};

/// Root of all subjects; a new major version of the record gets a new one.
const ROOT: &str = "copydesk.v1";
/// Subjects of enriched records.
pub const ENRICHED_SUBJECTS: &str = "copydesk.v1.enriched.>";
/// Subjects of duplicates.
pub const DUPLICATE_SUBJECTS: &str = "copydesk.v1.duplicate.>";
/// Subjects of dead letters.
pub const DEAD_SUBJECTS: &str = "copydesk.v1.dead.>";
/// Where the server reports messages that reached a delivery limit.
pub(crate) const MAX_DELIVERIES: &str = "$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES";
/// Where the server reports messages that were given up.
pub(crate) const MSG_TERMINATED: &str = "$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED";

/// A stream of copydesk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamName {
    /// Articles as ingest made them.
    Raw,
    /// Articles with a dedup verdict that go on to extract.
    Unique,
    /// Articles with entities and claims.
    Extracted,
    /// Finished records, and duplicates.
    Enriched,
    /// What could not be processed, with the reason.
    Dead,
    /// One message a claim.
    Claims,
    /// What dedup and relate decided, to rebuild their state from.
    Decisions,
}

/// Every stream, in the order in which records pass them.
pub const ALL_STREAMS: [StreamName; 7] = [
    StreamName::Raw,
    StreamName::Unique,
    StreamName::Extracted,
    StreamName::Enriched,
    StreamName::Dead,
    StreamName::Claims,
    StreamName::Decisions,
];

/// The streams that stages consume with deliveries, so that a delivery can go wrong there.
const CONSUMED: [StreamName; 4] =
    [StreamName::Raw, StreamName::Unique, StreamName::Extracted, StreamName::Enriched];

impl StreamName {
    /// Name on the server.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Raw => "COPYDESK_RAW",
            Self::Unique => "COPYDESK_UNIQUE",
            Self::Extracted => "COPYDESK_EXTRACTED",
            Self::Enriched => "COPYDESK_ENRICHED",
            Self::Dead => "COPYDESK_DEAD",
            Self::Claims => "COPYDESK_CLAIMS",
            Self::Decisions => "COPYDESK_DECISIONS",
        }
    }

    /// Most bytes that it may hold when streams may hold `bytes`. None for the decisions: they are never finished work,
    /// and a stage that cannot log a decision cannot go on.
    pub fn limit<N>(self, bytes: N) -> Option<N> {
        (self != Self::Decisions).then_some(bytes)
    }

    /// The stream with this name on the server.
    pub fn from_name(name: &str) -> Option<Self> {
        ALL_STREAMS.into_iter().find(|stream| stream.as_str() == name)
    }

    /// The subjects that it stores.
    pub fn subjects(self) -> Vec<String> {
        match self {
            Self::Raw => vec![format!("{ROOT}.raw.>")],
            Self::Unique => vec![format!("{ROOT}.unique.>")],
            Self::Extracted => vec![format!("{ROOT}.extracted.>")],
            Self::Enriched => vec![ENRICHED_SUBJECTS.into(), DUPLICATE_SUBJECTS.into()],
            Self::Dead => dead_subjects(),
            Self::Claims => vec![format!("{ROOT}.claim.>")],
            Self::Decisions => vec![format!("{ROOT}.decision.>")],
        }
    }
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Dead letters, and the server's own notes about lost deliveries, which are the net for a worker that dies at the
/// delivery limit. Named stream by stream, so that other users of the server are not overheard.
fn dead_subjects() -> Vec<String> {
    let mut subjects = vec![DEAD_SUBJECTS.to_owned()];
    for advisory in [MAX_DELIVERIES, MSG_TERMINATED] {
        subjects.extend(CONSUMED.iter().map(|stream| format!("{advisory}.{stream}.>")));
    }
    subjects
}

/// Where a record goes in `stream`. A duplicate in the enriched stream has subjects of its own.
pub fn record_subject(stream: StreamName, record: &Record) -> String {
    let outlet = outlet_token(record);
    let lang = match record.article.language.code.as_str() {
        "und" => "none".to_owned(),
        code => slug(code),
    };
    match stream {
        StreamName::Raw => format!("{ROOT}.raw.{outlet}"),
        StreamName::Unique => format!("{ROOT}.unique.{lang}.{outlet}"),
        StreamName::Extracted => format!("{ROOT}.extracted.{lang}.{outlet}"),
        StreamName::Enriched if record.is_duplicate() => {
            format!("{ROOT}.duplicate.{lang}.{outlet}")
        }
        StreamName::Enriched => format!("{ROOT}.enriched.{lang}.{outlet}"),
        StreamName::Dead => dead_subject("record"),
        StreamName::Claims => claim_subject(None),
        StreamName::Decisions => decision_subject("record"),
    }
}

/// The subject token of a record's outlet: its domain, else its name, else `none`.
pub fn outlet_token(record: &Record) -> String {
    let outlet = &record.article.outlet;
    slug(outlet.domain.as_deref().or(outlet.name.as_deref()).unwrap_or_default())
}

pub(crate) fn dead_subject(stage: &str) -> String {
    format!("{ROOT}.dead.{}", slug(stage))
}

pub(crate) fn claim_subject(speaker: Option<&str>) -> String {
    format!("{ROOT}.claim.{}", slug(speaker.unwrap_or_default()))
}

pub(crate) fn decision_subject(stage: &str) -> String {
    format!("{ROOT}.decision.{}", slug(stage))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stream_is_found_by_its_name() {
        for stream in ALL_STREAMS {
            assert_eq!(StreamName::from_name(stream.as_str()), Some(stream));
            assert!(!stream.subjects().is_empty());
        }
        assert_eq!(StreamName::from_name("ORDERS"), None);
    }

    #[test]
    fn no_subject_is_in_two_streams() {
        let mut all: Vec<String> = ALL_STREAMS.iter().flat_map(|s| s.subjects()).collect();
        let count = all.len();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn free_text_never_breaks_a_subject() {
        assert_eq!(dead_subject("ex.tract > *"), "copydesk.v1.dead.ex-tract");
        assert_eq!(claim_subject(None), "copydesk.v1.claim.none");
        assert_eq!(claim_subject(Some("Élodie B. Kruse")), "copydesk.v1.claim.elodie-b-kruse");
    }
}
