//! JSON: one article, or many in an array; the shape is told by its keys.
//!
//! Read are generic records (`text`, `title`, `published` …), schema.org objects, IPTC ninjs 1 to 3, and the records of
//! `NewsAPI`, Event Registry and Media Cloud. Unknown fields are left alone.

use std::collections::BTreeMap;
use std::ops::Range;

use copydesk_types::{Origin, TextMethod, WarningCode, clean};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::blocks;
use crate::document::Draft;
use crate::html::{Furniture, lay_out};
use crate::metadata::{Metadata, one_line};
use crate::{Limits, ReadError, schema_org};

/// Levels that `serde_json` follows.
pub(crate) const DEPTH: usize = 128;
/// Longest id, in bytes.
const LONGEST_ID: usize = 1000;

/// Fields that hold a body as plain text, in order of trust.
const BODIES: &[&str] = &[
    "text",
    "body",
    "content",
    "articleBody",
    "body_text",
    "story_text",
    "maintext",
    "full_text",
    "fulltext",
    "plain_text",
];
/// Fields that hold a body as HTML.
const HTML_BODIES: &[&str] = &["body_xhtml", "body_html", "content_html", "html"];
/// Fields that hold an array of articles.
const ENVELOPES: &[&str] =
    &["articles", "items", "stories", "results", "documents", "docs", "news", "data"];

/// Fields that hold the address.
const URLS: &[&str] =
    &["url", "link", "canonical_url", "canonicalUrl", "web_url", "webUrl", "permalink"];
/// Fields that hold the outlet.
const OUTLETS: &[&str] = &[
    "outlet",
    "source",
    "publisher",
    "publication",
    "site_name",
    "media_name",
    "provider",
    "newspaper",
    "infosources",
];
/// Fields that hold the publication date, the first publication before that of a version.
const PUBLISHED: &[&str] = &[
    "published",
    "published_at",
    "publishedAt",
    "publish_date",
    "date_publish",
    "date_published",
    "datePublished",
    "publication_date",
    "publicationDate",
    "pubDate",
    "pub_date",
    "dateTimePub",
    "firstcreated",
    "firstCreated",
    "versioncreated",
    "versionCreated",
    "contentcreated",
    "dateTime",
    "date",
    "created_at",
    "timestamp",
];
/// Fields that hold the date of the last change.
const MODIFIED: &[&str] = &[
    "modified",
    "modified_at",
    "updated",
    "updated_at",
    "updatedAt",
    "date_modify",
    "date_modified",
    "dateModified",
    "versioncreated",
    "versionCreated",
];

/// Where the records of a file stand; `None` when it is one record. All of the text is checked.
pub(crate) fn elements(text: &str) -> Result<Option<Vec<Range<usize>>>, ReadError> {
    let list = if text.trim_start().starts_with('[') {
        text
    } else {
        let fields: BTreeMap<String, &RawValue> = match serde_json::from_str(text) {
            Ok(fields) => fields,
            // Valid, but no object: left to the reader of one record.
            Err(error) if error.is_data() => return Ok(None),
            Err(error) => return Err(ReadError::json(error)),
        };
        let array =
            |key: &&str| fields.get(*key).map(|raw| raw.get()).filter(|raw| raw.starts_with('['));
        let has_body = BODIES.iter().chain(HTML_BODIES).any(|key| fields.contains_key(*key));
        match ENVELOPES.iter().find_map(array).filter(|_| !has_body) {
            Some(list) => list,
            None => return Ok(None),
        }
    };
    let raw: Vec<&RawValue> = serde_json::from_str(list).map_err(ReadError::json)?;
    Ok(Some(raw.into_iter().map(|element| range_in(text, element.get())).collect()))
}

/// Where `part`, a slice of `text`, stands in it.
fn range_in(text: &str, part: &str) -> Range<usize> {
    let start = part.as_ptr() as usize - text.as_ptr() as usize;
    start..start + part.len()
}

/// Whether these bytes are one JSON object that is no array of articles, a BOM before it or not.
pub(crate) fn is_record(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii();
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    text.starts_with('{') && matches!(elements(text), Ok(None))
}

/// Reads one record.
pub(crate) fn read(text: &str, limits: &Limits) -> Result<Draft, ReadError> {
    if text.len() > limits.record_bytes {
        return Err(ReadError::TooLarge { what: "record", limit: limits.record_bytes as u64 });
    }
    let value: Value = serde_json::from_str(text).map_err(ReadError::json)?;
    if !value.is_object() {
        return Err(ReadError::NoText("a record that is no JSON object"));
    }
    let mut metadata = Metadata::default();
    let objects = schema_org::objects(&value);
    let article = objects.iter().find(|object| schema_org::is_article(object)).copied();
    if let Some(article) = article {
        schema_org::fill(&mut metadata, article, &objects, Origin::File);
    }
    let record = article.unwrap_or(&value);
    fill(&mut metadata, record);
    let own_id = own_id(&mut metadata, record);
    let Some(body) = find_body(record, &mut metadata) else {
        return Err(ReadError::NoText("no field with a body"));
    };
    Ok(match body {
        Body::Plain(text) => {
            let body = clean(text);
            let pieces = blocks::paragraphs(&body, 0);
            Draft { body, method: TextMethod::Json, pieces, metadata, own_id }
        }
        Body::Html(html) => {
            let layout = lay_out(html, Furniture::Keep);
            Draft {
                body: layout.body,
                method: TextMethod::Strip,
                pieces: layout.pieces,
                metadata,
                own_id,
            }
        }
    })
}

/// A body as its field holds it.
enum Body<'a> {
    Plain(&'a str),
    Html(&'a str),
}

fn find_body<'a>(record: &'a Value, metadata: &mut Metadata) -> Option<Body<'a>> {
    let text =
        |key: &str| record.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    for key in BODIES {
        // WordPress: {"content": {"rendered": "<p>…"}}
        if let Some(html) =
            record.get(*key).and_then(|value| value.get("rendered")).and_then(Value::as_str)
        {
            return Some(Body::Html(html));
        }
        let Some(found) = text(key) else { continue };
        if *key == "content" {
            if is_html(found) {
                return Some(Body::Html(found));
            }
            if is_cut(found) {
                metadata.warn(
                    WarningCode::Truncated,
                    "the field content holds only the start of the article",
                );
            }
        }
        return Some(Body::Plain(found));
    }
    if let Some(html) = HTML_BODIES.iter().find_map(|key| text(key)) {
        return Some(Body::Html(html));
    }
    if let Some(body) =
        record.get("bodies").and_then(Value::as_array).and_then(|bodies| ninjs_body(bodies))
    {
        return Some(body);
    }
    let summary = ["description", "summary", "abstract"].iter().find_map(|key| text(key))?;
    metadata.warn(WarningCode::Truncated, "only a summary of the article");
    Some(Body::Plain(summary))
}

/// Of the bodies of ninjs 2 and 3: plain text before HTML, the main one before others.
fn ninjs_body(bodies: &[Value]) -> Option<Body<'_>> {
    let value = |body: &'_ Value| {
        body.get("value").and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty())
    };
    let kind = |body: &Value| {
        let named =
            body.get("contenttype").or_else(|| body.get("contentType")).and_then(Value::as_str);
        named.unwrap_or("text/plain").to_ascii_lowercase()
    };
    let plain = bodies.iter().find(|body| value(body) && kind(body).contains("plain"));
    if let Some(text) = plain.and_then(|body| body.get("value")?.as_str()) {
        return Some(Body::Plain(text));
    }
    let html = bodies
        .iter()
        .find(|body| value(body) && (kind(body).contains("html") || kind(body).contains("xml")));
    html.and_then(|body| body.get("value")?.as_str()).map(Body::Html)
}

fn is_html(text: &str) -> bool {
    text.trim_start().starts_with('<') && text.contains("</")
}

/// `NewsAPI` cuts after 200 characters: "… [+1234 chars]".
fn is_cut(text: &str) -> bool {
    text.trim_end()
        .strip_suffix(" chars]")
        .and_then(|text| text.rsplit_once("[+"))
        .is_some_and(|(_, count)| count.bytes().all(|b| b.is_ascii_digit()))
}

/// The record's own id: text or a number, not empty.
fn own_id(metadata: &mut Metadata, record: &Value) -> Option<String> {
    let id =
        ["id", "uri", "guid", "stories_id"].iter().find_map(|key| match record.get(*key)? {
            Value::String(id) => Some(one_line(id)).filter(|id| !id.is_empty()),
            Value::Number(id) => Some(id.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        })?;
    if id.len() > LONGEST_ID {
        metadata.warn(WarningCode::FieldIgnored, "the field id is too long");
        return None;
    }
    Some(id)
}

/// Fills in what the fields of a record say, whatever its shape.
fn fill(metadata: &mut Metadata, record: &Value) {
    let first = |keys: &[&str]| {
        keys.iter().find_map(|key| record.get(*key).filter(|value| !value.is_null()))
    };
    let from = Origin::File;
    if let Some(title) =
        first(&["title", "headline"]).and_then(rendered).or_else(|| ninjs_headline(record))
    {
        metadata.title(title, from);
    }
    if let Some(url) = first(URLS).and_then(Value::as_str) {
        metadata.url(url, from);
    }
    if let Some(outlet) = first(OUTLETS) {
        fill_outlet(metadata, outlet);
    }
    if let Some(domain) = first(&["domain", "source_domain", "media_url"]).and_then(Value::as_str) {
        metadata.outlet_domain(domain);
    }
    for key in ["authors", "author", "byline", "by", "creator"] {
        let names = record.get(key).map(author_texts).unwrap_or_default();
        metadata.authors(names.into_iter(), from);
    }
    match first(PUBLISHED) {
        Some(Value::String(date)) => metadata.published(date, from),
        Some(Value::Number(number)) => fill_numeric_date(metadata, number.as_i64()),
        _ => {}
    }
    if let Some(date) = first(MODIFIED).and_then(Value::as_str) {
        metadata.modified(date, from);
    }
    let language = first(&["language", "lang", "inLanguage", "language_code"]);
    if let Some(language) = language.and_then(|value| value.get("code").unwrap_or(value).as_str()) {
        metadata.language(language, from);
    }
}

/// Text, or the text under `rendered`.
fn rendered(value: &Value) -> Option<&str> {
    value.get("rendered").unwrap_or(value).as_str()
}

/// The main headline of ninjs 2 and 3: `headlines: [{"role": "main", "value": …}]`.
fn ninjs_headline(record: &Value) -> Option<&str> {
    let headlines = record.get("headlines")?.as_array()?;
    let main = headlines.iter().find(|h| h.get("role").is_some_and(|role| role == "main"));
    main.or(headlines.first())?.get("value")?.as_str()
}

/// A name, or an object with a name and an address, or a list of them.
fn fill_outlet(metadata: &mut Metadata, outlet: &Value) {
    let outlet = outlet.as_array().and_then(|list| list.first()).unwrap_or(outlet);
    let text = |keys: &[&str]| keys.iter().find_map(|key| outlet.get(*key).and_then(Value::as_str));
    let name = outlet.as_str().or_else(|| text(&["name", "title"]));
    if let Some(address) = text(&["domain", "url", "uri"]) {
        metadata.outlet_domain(address);
    }
    match name {
        Some(url) if url.starts_with("http://") || url.starts_with("https://") => {
            metadata.outlet_domain(url);
        }
        Some(name) => metadata.outlet(name, Origin::File),
        None => {}
    }
}

fn author_texts(value: &Value) -> Vec<&str> {
    let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    items.iter().filter_map(|item| item.get("name").unwrap_or(item).as_str()).collect()
}

/// A year or a Unix time.
fn fill_numeric_date(metadata: &mut Metadata, number: Option<i64>) {
    match number {
        Some(year @ 1000..=2999) => metadata.published(&year.to_string(), Origin::File),
        Some(unix) => metadata.published_unix(unix, Origin::File),
        None => {}
    }
}

#[cfg(test)]
mod tests;
