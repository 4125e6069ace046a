//! One article, and how a reader's draft becomes it.

use copydesk_types::{Article, Origin, Text, TextMethod, Warning, WarningCode};

use crate::blocks::{self, Piece};
use crate::metadata::Metadata;
use crate::{Limits, ReadError, language};

/// One article out of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// Its own `id`, `L12` for a line of JSON Lines, `rec3` for an element of an array; none for a file that is one
    /// article.
    pub member: Option<String>,
    /// Whether `member` is the document's own id, which then is the source identity by itself.
    pub own_id: bool,
    /// Media type of the format.
    pub media_type: &'static str,
    /// Encoding that the text was in, lower case.
    pub encoding: String,
    /// Whether bytes did not fit that encoding and were replaced.
    pub encoding_errors: bool,
    /// What the article says of itself.
    pub article: Article,
    /// Its body and blocks; offsets are bytes.
    pub text: Text,
    /// Gaps that a reader should know of.
    pub warnings: Vec<Warning>,
    /// Line in a JSON Lines file, from 1.
    pub line: Option<u64>,
}

impl Document {
    /// The source identity: its own id, else its canonical URL, else `path` or `path#member`.
    pub fn identity(&self, path: &str) -> String {
        match (&self.member, &self.article.url) {
            (Some(id), _) if self.own_id => id.clone(),
            (_, Some(url)) => url.clone(),
            (Some(member), None) => format!("{path}#{member}"),
            (None, None) => path.to_owned(),
        }
    }
}

/// What a reader found: the body, where its pieces are, and metadata.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) body: String,
    pub(crate) method: TextMethod,
    pub(crate) pieces: Vec<Piece>,
    pub(crate) metadata: Metadata,
    pub(crate) own_id: Option<String>,
}

/// Where a draft came from.
#[derive(Debug, Clone)]
pub(crate) struct Provenance {
    pub(crate) member: Option<String>,
    pub(crate) line: Option<u64>,
    pub(crate) media_type: &'static str,
    pub(crate) encoding: String,
    pub(crate) encoding_errors: bool,
}

/// Completes a draft: blocks, what only the body tells (title, byline, dateline), language, warnings.
pub(crate) fn finish(
    draft: Draft,
    from: Provenance,
    limits: &Limits,
) -> Result<Document, ReadError> {
    let Draft { body, method, pieces, mut metadata, own_id } = draft;
    if body.len() > limits.document_bytes {
        return Err(ReadError::TooLarge { what: "body", limit: limits.document_bytes as u64 });
    }
    if !body.chars().any(char::is_alphanumeric) {
        return Err(ReadError::NoText("no word in its body"));
    }
    let found = blocks::classify(&body, &pieces, metadata.article.title.as_deref());
    if let Some(title) = found.title {
        metadata.title(&title, Origin::Body);
    }
    if let Some(dateline) = found.dateline {
        metadata.dateline(dateline);
    }
    if let Some(date) = found.published {
        metadata.published_on(date, Origin::Body);
    }
    metadata.authors(found.authors.iter().map(String::as_str), Origin::Body);
    language::fill(&mut metadata, &body);
    if metadata.article.published.at.is_none() {
        metadata.warn(WarningCode::DateMissing, "no publication date in the article");
    }
    if from.encoding_errors {
        metadata
            .warn(WarningCode::EncodingErrors, "bytes that did not fit the encoding were replaced");
    }
    let (article, warnings) = metadata.into_parts();
    let is_own = own_id.is_some();
    Ok(Document {
        member: own_id.or(from.member),
        own_id: is_own,
        media_type: from.media_type,
        encoding: from.encoding,
        encoding_errors: from.encoding_errors,
        article,
        text: Text::new(body, method, found.blocks),
        warnings,
        line: from.line,
    })
}
