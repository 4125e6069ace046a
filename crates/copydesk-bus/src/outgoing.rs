//! Messages on their way out, and the headers that every record carries.

use bytes::Bytes;
use copydesk_types::{ArticleId, ClaimId, Record, RecordError, digest};

use crate::StreamName;
use crate::headers::{CONTENT_TYPE, READY, SCHEMA, STAGE, TRACEPARENT};
use crate::subjects::{claim_subject, decision_subject, record_subject};

/// A message to be stored in a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The stream that must store it; the server refuses it when the subject belongs to another.
    pub stream: StreamName,
    /// Where it goes.
    pub subject: String,
    /// Message id, a function of the input: within the duplicate window the server keeps one message with it.
    pub id: String,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub payload: Bytes,
    /// Store it only when this is the last sequence of the stream.
    pub expected_last_seq: Option<u64>,
}

impl Outgoing {
    /// A record that `stage` is done with. `ready_unix_ns` says when its input file was complete.
    pub fn record(
        stage: &str,
        stage_version: u32,
        stream: StreamName,
        record: &Record,
        ready_unix_ns: u128,
    ) -> Result<Self, RecordError> {
        let subject = record_subject(stream, record);
        let id = message_id(stage, stage_version, &record.id);
        let mut headers = common_headers(stage, &subject, &id, &record.id, ready_unix_ns);
        push(&mut headers, SCHEMA, &record.schema);
        if let Some(at) = &record.source.received_at {
            push(&mut headers, "ce-time", at);
        }
        let payload = Bytes::from(record.to_json()?);
        Ok(Self { stream, subject, id, headers, payload, expected_last_seq: None })
    }

    /// One claim of an article, for the stream of claims. `payload` is JSON.
    pub fn claim(
        article: &ArticleId,
        claim: &ClaimId,
        speaker: Option<&str>,
        payload: Bytes,
        ready_unix_ns: u128,
    ) -> Self {
        let subject = claim_subject(speaker);
        let id = format!("claim:{claim}");
        let headers = common_headers("relate", &subject, &id, article, ready_unix_ns);
        let stream = StreamName::Claims;
        Self { stream, subject, id, headers, payload, expected_last_seq: None }
    }

    /// What `stage` decided about an article, to rebuild its state from. `payload` is JSON.
    pub fn decision(stage: &str, stage_version: u32, article: &ArticleId, payload: Bytes) -> Self {
        let headers = vec![
            (CONTENT_TYPE.to_owned(), "application/json".to_owned()),
            (STAGE.to_owned(), stage.to_owned()),
        ];
        Self {
            stream: StreamName::Decisions,
            subject: decision_subject(stage),
            id: message_id(stage, stage_version, article),
            headers,
            payload,
            expected_last_seq: None,
        }
    }
}

fn message_id(stage: &str, stage_version: u32, article: &ArticleId) -> String {
    format!("{stage}.{stage_version}:{article}")
}

/// CloudEvents 1.0 in binary mode, trace context, and what copydesk itself reads.
fn common_headers(
    stage: &str,
    subject: &str,
    id: &str,
    article: &ArticleId,
    ready_unix_ns: u128,
) -> Vec<(String, String)> {
    // `copydesk.v1.enriched.en.example-com` is an event of type `copydesk.v1.enriched`.
    let kind = subject.splitn(4, '.').take(3).collect::<Vec<_>>().join(".");
    let mut headers = Vec::with_capacity(11);
    push(&mut headers, CONTENT_TYPE, "application/json");
    push(&mut headers, STAGE, stage);
    push(&mut headers, READY, &ready_unix_ns.to_string());
    push(&mut headers, TRACEPARENT, &traceparent(stage, article));
    push(&mut headers, "ce-specversion", "1.0");
    push(&mut headers, "ce-id", id);
    push(&mut headers, "ce-source", &format!("/copydesk/{stage}"));
    push(&mut headers, "ce-type", &kind);
    push(&mut headers, "ce-subject", article.as_str());
    headers
}

fn push(headers: &mut Vec<(String, String)>, name: &str, value: &str) {
    headers.push((name.to_owned(), value.to_owned()));
}

/// W3C trace context: the trace is the article and the span its stage, so that every hop and every retry of an
/// article is found under one trace without any state.
fn traceparent(stage: &str, article: &ArticleId) -> String {
    let trace = article.as_str().trim_start_matches("a_");
    let hash = digest(&[article.as_str().as_bytes(), stage.as_bytes()]);
    let span = hash.get(..16).expect("a digest has 32 hex digits");
    format!("00-{trace}-{span}-01")
}

#[cfg(test)]
mod tests {
    use copydesk_types::{
        Article, Dedup, Evidence, Provenance, Source, Text, TextMethod, Verdict, article_id,
    };

    use super::*;

    fn record() -> Record {
        let body = "The mayor said the bridge will reopen.".to_owned();
        let source = Source {
            path: "wire/1.txt".into(),
            member: None,
            bytes: 38,
            sha256: String::new(),
            media_type: "text/plain".into(),
            encoding: "utf-8".into(),
            encoding_errors: false,
            received_at: Some("2026-11-23T06:18:04Z".into()),
        };
        let id = article_id("wire/1.txt", &body);
        let text = Text::new(body, TextMethod::Plain, Vec::new());
        Record::new(id, source, Article::default(), text, Provenance::default())
    }

    fn duplicate(record: &mut Record) {
        let evidence =
            Evidence { containment: 1.0, contained: 1.0, jaccard: 1.0, rule: "hash".into() };
        let root = record.id.clone();
        record.dedup =
            Some(Dedup { verdict: Verdict::Exact, of: None, root, version: 1, evidence });
    }

    #[test]
    fn subjects_follow_the_record() {
        let subject = |stream, record: &Record| {
            Outgoing::record("dedup", 1, stream, record, 0).unwrap().subject
        };
        let mut record = record();
        assert_eq!(subject(StreamName::Raw, &record), "copydesk.v1.raw.none");
        assert_eq!(subject(StreamName::Unique, &record), "copydesk.v1.unique.none.none");
        record.article.language.code = "en".into();
        record.article.outlet.name = Some("The Côte Herald".into());
        assert_eq!(
            subject(StreamName::Extracted, &record),
            "copydesk.v1.extracted.en.the-cote-herald"
        );
        record.article.outlet.domain = Some("cote-herald.example".into());
        let token = "en.cote-herald-example";
        assert_eq!(subject(StreamName::Enriched, &record), format!("copydesk.v1.enriched.{token}"));
        duplicate(&mut record);
        assert_eq!(
            subject(StreamName::Enriched, &record),
            format!("copydesk.v1.duplicate.{token}")
        );
    }

    #[test]
    fn a_record_carries_every_header() {
        let record = record();
        let out = Outgoing::record("extract", 3, StreamName::Extracted, &record, 17).unwrap();
        let get = |name: &str| {
            let found = out.headers.iter().find(|(n, _)| n == name);
            found.map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        assert_eq!(out.id, format!("extract.3:{}", record.id));
        assert_eq!(get("Content-Type"), "application/json");
        assert_eq!(get("Copydesk-Schema"), "copydesk.record/1.0");
        assert_eq!(get("Copydesk-Stage"), "extract");
        assert_eq!(get("Copydesk-Ready"), "17");
        assert_eq!(get("ce-specversion"), "1.0");
        assert_eq!(get("ce-id"), out.id);
        assert_eq!(get("ce-source"), "/copydesk/extract");
        assert_eq!(get("ce-type"), "copydesk.v1.extracted");
        assert_eq!(get("ce-subject"), record.id.as_str());
        assert_eq!(get("ce-time"), "2026-11-23T06:18:04Z");
        let parts: Vec<&str> = get("traceparent").split('-').collect();
        assert_eq!(parts.iter().map(|p| p.len()).collect::<Vec<_>>(), [2, 32, 16, 2]);
        assert_eq!(parts[1], record.id.as_str().trim_start_matches("a_"));
        let again = Outgoing::record("extract", 3, StreamName::Extracted, &record, 17).unwrap();
        assert_eq!(out, again, "the same input makes the same message");
    }
}
