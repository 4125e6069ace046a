//! JSON: one article, or many in an array; the shape is told by its keys.

use std::ops::Range;

use copydesk_types::{Origin, TextMethod, clean};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::blocks;
use crate::document::Draft;
use crate::metadata::Metadata;
use crate::{Limits, ReadError};

/// Levels that `serde_json` follows.
pub(crate) const DEPTH: usize = 128;

/// Where the elements of a top-level array stand; `None` when the text is no array. All of the text is checked.
pub(crate) fn elements(text: &str) -> Result<Option<Vec<Range<usize>>>, ReadError> {
    if !text.trim_start().starts_with('[') {
        return Ok(None);
    }
    let raw: Vec<&RawValue> = serde_json::from_str(text).map_err(ReadError::json)?;
    Ok(Some(raw.into_iter().map(|element| range_in(text, element.get())).collect()))
}

/// Where `part`, a slice of `text`, stands in it.
fn range_in(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - text.as_ptr() as usize;
    start..start + part.len()
}

/// Whether these bytes are one JSON object, a BOM before it or not.
pub(crate) fn is_object(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii();
    bytes.starts_with(b"{") && serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok()
}

/// Reads one record.
pub(crate) fn read(text: &str, limits: &Limits) -> Result<Draft, ReadError> {
    if text.len() > limits.record_bytes {
        return Err(ReadError::TooLarge { what: "record", limit: limits.record_bytes as u64 });
    }
    let value: Value = serde_json::from_str(text).map_err(ReadError::json)?;
    let text_of = |key: &str| value.get(key).and_then(Value::as_str);
    let body = ["text", "body", "content"].iter().find_map(|key| text_of(key));
    let Some(body) = body else { return Err(ReadError::NoText("no field with a body")) };
    let mut metadata = Metadata::default();
    let mut set = |keys: &[&str], f: fn(&mut Metadata, &str, Origin)| {
        if let Some(found) = keys.iter().find_map(|key| text_of(key)) {
            f(&mut metadata, found, Origin::File);
        }
    };
    set(&["title"], Metadata::title);
    set(&["url"], Metadata::url);
    set(&["published"], Metadata::published);
    set(&["outlet", "source"], Metadata::outlet);
    set(&["language"], Metadata::language);
    if let Some(unix) = value.get("published").and_then(Value::as_i64) {
        metadata.published_unix(unix, Origin::File);
    }
    let own_id = match value.get("id") {
        Some(Value::String(id)) => Some(id.trim().to_owned()),
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => None,
    };
    let body = clean(body);
    let pieces = blocks::paragraphs(&body, 0);
    let own_id = own_id.filter(|id| !id.is_empty());
    Ok(Draft { body, method: TextMethod::Json, pieces, metadata, own_id })
}
