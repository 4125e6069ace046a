//! A document of a reader becomes the record that the stages fill.

use copydesk_types::{Provenance, Record, Source, article_id};

use copydesk_readers::Document;

/// What is known of the file that a document came from.
#[derive(Debug, Clone)]
pub(crate) struct FileFacts {
    /// Relative to the inbox, or as given.
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
    pub(crate) received_at: Option<String>,
}

/// The record as ingest makes it.
pub(crate) fn to_record(document: Document, file: &FileFacts, provenance: &Provenance) -> Record {
    let id = article_id(&document.identity(&file.path), &document.text.body);
    let source = Source {
        path: file.path.clone(),
        member: document.member,
        bytes: file.bytes,
        sha256: file.sha256.clone(),
        media_type: document.media_type.into(),
        encoding: document.encoding,
        encoding_errors: document.encoding_errors,
        received_at: file.received_at.clone(),
    };
    let mut record = Record::new(id, source, document.article, document.text, provenance.clone());
    record.warnings = document.warnings;
    record
}
