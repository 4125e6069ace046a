//! Articles in the vocabulary of schema.org: JSON-LD in pages, and JSON files.

use copydesk_types::Origin;
use serde_json::Value;

use crate::metadata::Metadata;

/// Types of objects that are articles.
const TYPES: &[&str] = &[
    "AnalysisNewsArticle",
    "Article",
    "AskPublicNewsArticle",
    "BackgroundNewsArticle",
    "BlogPosting",
    "LiveBlogPosting",
    "NewsArticle",
    "OpinionNewsArticle",
    "Report",
    "ReportageNewsArticle",
    "ReviewNewsArticle",
    "SatiricalArticle",
    "ScholarlyArticle",
    "SocialMediaPosting",
    "TechArticle",
];
/// Objects that are looked at.
const MOST_OBJECTS: usize = 1000;

/// All objects of a document, those of arrays and `@graph` included.
pub(crate) fn objects(value: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    // A stack, its last first: reversed pushes keep the document's order.
    let mut open = vec![value];
    while let Some(value) = open.pop().filter(|_| found.len() < MOST_OBJECTS) {
        match value {
            Value::Array(items) => open.extend(items.iter().rev()),
            Value::Object(fields) => {
                found.push(value);
                open.extend(["mainEntity", "@graph"].iter().filter_map(|key| fields.get(*key)));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    found
}

/// Whether an object is an article.
pub(crate) fn is_article(object: &Value) -> bool {
    let named = |value: &Value| {
        let name = value.as_str().unwrap_or_default();
        TYPES.contains(&name.rsplit(['/', ':']).next().unwrap_or_default())
    };
    match object.get("@type") {
        Some(Value::Array(types)) => types.iter().any(named),
        Some(name) => named(name),
        None => false,
    }
}

/// Fills in what `article` says; `objects` are those that it may refer to by `@id`.
pub(crate) fn fill(metadata: &mut Metadata, article: &Value, objects: &[&Value], origin: Origin) {
    let text = |key: &str| article.get(key).and_then(Value::as_str);
    if let Some(title) = text("headline").or_else(|| text("name")) {
        metadata.title(title, origin);
    }
    let page = article
        .get("mainEntityOfPage")
        .map(|page| page.get("@id").unwrap_or(page))
        .and_then(Value::as_str);
    if let Some(url) = text("url").or(page).filter(|url| url.contains("://")) {
        metadata.url(url, origin);
    }
    if let Some(publisher) =
        article.get("publisher").and_then(|value| names(value, objects, false).into_iter().next())
    {
        metadata.outlet(&publisher, origin);
    }
    for key in ["author", "creator"] {
        let authors = article.get(key).map(|value| names(value, objects, true)).unwrap_or_default();
        metadata.authors(authors.iter().map(String::as_str), origin);
    }
    if let Some(date) = text("datePublished").or_else(|| text("dateCreated")) {
        metadata.published(date, origin);
    }
    if let Some(date) = text("dateModified") {
        metadata.modified(date, origin);
    }
    let language = article.get("inLanguage");
    let language = language.map(|l| l.get("alternateName").or_else(|| l.get("name")).unwrap_or(l));
    if let Some(language) = language.and_then(Value::as_str) {
        metadata.language(language, origin);
    }
}

/// The names in a value: text, an object with a name, a reference to one, or an array of them.
fn names(value: &Value, objects: &[&Value], persons: bool) -> Vec<String> {
    let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    let mut found = Vec::new();
    for item in items {
        let item = resolved(item, objects);
        let is_person =
            !item.get("@type").is_some_and(|t| t == "Organization" || t == "NewsMediaOrganization");
        let name = item.get("name").unwrap_or(item);
        let name = name.as_array().and_then(|several| several.first()).unwrap_or(name);
        if let Some(name) = name.as_str().filter(|_| !persons || is_person) {
            found.push(name.to_owned());
        }
    }
    found
}

/// The object that `{"@id": …}` refers to, else `value` itself.
fn resolved<'a>(value: &'a Value, objects: &[&'a Value]) -> &'a Value {
    let Some(id) = value.get("@id").filter(|_| value.get("name").is_none()) else { return value };
    objects
        .iter()
        .find(|object| object.get("@id") == Some(id) && object.get("name").is_some())
        .unwrap_or(&value)
}

/// Parses JSON-LD as pages carry it: in a comment or CDATA, with raw line breaks in its strings.
pub(crate) fn parse_json_ld(script: &str) -> Option<Value> {
    let script = script
        .trim()
        .trim_start_matches("<!--")
        .trim_start_matches("//")
        .trim_start_matches("<![CDATA[");
    let script =
        script.trim_end().trim_end_matches("-->").trim_end_matches("]]>").trim_end_matches("//");
    let script = script.trim().trim_end_matches(';');
    if let Ok(value) = serde_json::from_str(script) {
        return Some(value);
    }
    let plain: String = script.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    serde_json::from_str(&plain).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_in_a_graph_with_references() {
        let script = r##"<!-- {"@context": "https://schema.org", "@graph": [
            {"@type": "WebSite", "@id": "https://example.org/#site", "name": "Example Herald"},
            {"@type": ["Thing", "NewsArticle"], "headline": "Bridge
reopens", "author": [{"@id": "#jane"}, {"@type": "Organization", "name": "Herald Desk"}],
             "publisher": {"@id": "https://example.org/#site"}, "inLanguage": {"name": "English"},
             "datePublished": "2018-05-31T10:30:00+02:00", "mainEntityOfPage": {"@id": "https://example.org/a?utm_source=x"}},
            {"@type": "Person", "@id": "#jane", "name": "Jane Doe"}]} -->"##;
        let value = parse_json_ld(script).unwrap();
        let objects = objects(&value);
        let article = objects.iter().find(|object| is_article(object)).unwrap();
        let mut metadata = Metadata::default();
        fill(&mut metadata, article, &objects, Origin::JsonLd);
        let article = metadata.article;
        assert_eq!(article.title.as_deref(), Some("Bridge reopens"));
        assert_eq!(article.authors, ["Jane Doe"]);
        assert_eq!(article.outlet.name.as_deref(), Some("Example Herald"));
        assert_eq!(article.outlet.domain.as_deref(), Some("example.org"));
        assert_eq!(article.url.as_deref(), Some("https://example.org/a"));
        assert_eq!(article.published.at.as_deref(), Some("2018-05-31T10:30:00+02:00"));
        assert_eq!(article.language.code, "en");
        assert!(article.from.values().all(|origin| *origin == Origin::JsonLd));
    }

    #[test]
    fn what_is_no_article() {
        for text in [
            r#"{"@type": "Person"}"#,
            r#"{"headline": "x"}"#,
            r#"{"@type": 5}"#,
            "[]",
            "3",
            "\"NewsArticle\"",
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert!(!objects(&value).iter().any(|object| is_article(object)), "{text}");
        }
        assert!(is_article(&serde_json::json!({"@type": "http://schema.org/NewsArticle"})));
        assert_eq!(parse_json_ld("{not json"), None);
    }
}
