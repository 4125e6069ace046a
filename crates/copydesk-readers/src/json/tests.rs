use copydesk_types::{Article, Warning};
use serde_json::json;

use super::*;

fn draft(record: &Value) -> Draft {
    read(&record.to_string(), &Limits::default()).unwrap_or_else(|e| panic!("{record}: {e:?}"))
}

fn article(record: &Value) -> Article {
    draft(record).metadata.article
}

fn warnings(record: &Value) -> Vec<Warning> {
    draft(record).metadata.into_parts().1
}

#[test]
fn a_generic_record() {
    let record = json!({
        "id": 17, "text": "The mayor came.\r\nAnd left.", "title": "Bridge reopens", "url": "https://www.example.org/a?utm_source=x",
        "published": "2018-05-31T10:30:00+02:00", "outlet": "Example Herald", "language": "en-GB", "authors": ["Jane Doe"],
        "gold": {"mentions": [[1, 2]]},
    });
    let draft = draft(&record);
    assert_eq!(draft.body, "The mayor came.\nAnd left.");
    assert_eq!(draft.method, TextMethod::Json);
    assert_eq!(draft.own_id.as_deref(), Some("17"));
    let article = draft.metadata.article;
    assert_eq!(article.title.as_deref(), Some("Bridge reopens"));
    assert_eq!(article.url.as_deref(), Some("https://www.example.org/a"));
    assert_eq!(article.outlet.name.as_deref(), Some("Example Herald"));
    assert_eq!(article.outlet.domain.as_deref(), Some("example.org"));
    assert_eq!(article.published.at.as_deref(), Some("2018-05-31T10:30:00+02:00"));
    assert_eq!(article.language.code, "en");
    assert_eq!(article.authors, ["Jane Doe"]);
    assert!(article.from.values().all(|origin| *origin == Origin::File));
}

#[test]
fn ids() {
    let check = |id: Value, expected: Option<&str>| {
        let record = json!({"id": id, "text": "x"});
        assert_eq!(draft(&record).own_id.as_deref(), expected, "{record}");
    };
    check(json!("a-1"), Some("a-1"));
    check(json!(12), Some("12"));
    check(json!(""), None);
    check(json!("  "), None);
    check(json!(null), None);
    check(json!(["a"]), None);
    check(json!("x".repeat(2000)), None);
}

#[test]
fn dates_of_all_kinds() {
    let check = |published: Value, expected: Option<&str>| {
        let record = json!({"text": "x", "published": published});
        assert_eq!(article(&record).published.at.as_deref(), expected, "{record}");
    };
    check(json!(1_527_762_615), Some("2018-05-31T10:30:15Z"));
    check(json!(2018), Some("2018"));
    check(json!("2018-05-31"), Some("2018-05-31"));
    check(json!("Thu, 31 May 2018 10:30:15 GMT"), Some("2018-05-31T10:30:15Z"));
    check(json!("03/04/2018"), None);
    check(json!(null), None);
    let codes: Vec<WarningCode> =
        warnings(&json!({"text": "x", "published": "03/04/2018"})).iter().map(|w| w.code).collect();
    assert_eq!(codes, [WarningCode::FieldIgnored]);
}

#[test]
fn ninjs() {
    let first = json!({
        "uri": "urn:example:1", "headline": "Bridge reopens", "byline": "By Jane Doe", "language": "en",
        "versioncreated": "2018-05-31T12:00:00Z", "firstcreated": "2018-05-31T10:30:00Z", "provider": "Example Wire",
        "body_xhtml": "<div><h2>Works</h2><p>The mayor &amp; council came.</p><p>They left.</p></div>",
    });
    let found = draft(&first);
    assert_eq!(found.own_id.as_deref(), Some("urn:example:1"));
    assert_eq!(found.body, "Works\n\nThe mayor & council came.\n\nThey left.");
    assert_eq!(found.method, TextMethod::Strip);
    let article = found.metadata.article;
    assert_eq!(article.authors, ["Jane Doe"]);
    assert_eq!(article.outlet.name.as_deref(), Some("Example Wire"));
    assert_eq!(article.published.at.as_deref(), Some("2018-05-31T10:30:00Z"));
    assert_eq!(article.modified.unwrap().at.as_deref(), Some("2018-05-31T12:00:00Z"));

    let third = json!({
        "uri": "urn:example:2", "headlines": [{"role": "short", "value": "Bridge"}, {"role": "main", "value": "Bridge reopens"}],
        "bodies": [{"role": "main", "contenttype": "text/html", "value": "<p>HTML</p>"},
                   {"role": "main", "contenttype": "text/plain", "value": "Plain words."}],
        "infosources": [{"name": "Example Wire"}],
    });
    let found = draft(&third);
    assert_eq!((found.body.as_str(), found.method), ("Plain words.", TextMethod::Json));
    assert_eq!(found.metadata.article.title.as_deref(), Some("Bridge reopens"));
    assert_eq!(found.metadata.article.outlet.name.as_deref(), Some("Example Wire"));
}

#[test]
fn news_apis() {
    let news_api = json!({
        "source": {"id": "example", "name": "Example Herald"}, "author": "Jane Doe, John Roe", "title": "Bridge reopens",
        "description": "In short.", "url": "https://example.org/a", "publishedAt": "2018-05-31T10:30:00Z",
        "content": "The mayor came to the … [+1234 chars]",
    });
    let found = draft(&news_api);
    assert_eq!(found.own_id, None, "the id of the source is not that of the article");
    assert_eq!(found.metadata.article.authors, ["Jane Doe", "John Roe"]);
    assert_eq!(found.metadata.article.outlet.name.as_deref(), Some("Example Herald"));
    assert_eq!(warnings(&news_api)[0].code, WarningCode::Truncated);
    let summary = json!({"title": "A", "content": null, "description": "In short."});
    assert_eq!(draft(&summary).body, "In short.");
    assert_eq!(warnings(&summary)[0].code, WarningCode::Truncated);
    let media_cloud = json!({
        "stories_id": 123, "title": "A", "publish_date": "2018-05-31 10:30:00", "media_name": "Example Herald",
        "media_url": "https://www.example.org/", "language": "en", "text": "The mayor came.",
    });
    let found = draft(&media_cloud);
    assert_eq!(found.own_id.as_deref(), Some("123"));
    assert_eq!(found.metadata.article.outlet.domain.as_deref(), Some("example.org"));
    assert_eq!(found.metadata.article.published.at.as_deref(), Some("2018-05-31T10:30:00"));
    let event_registry = json!({
        "uri": "99", "lang": "eng", "dateTimePub": "2018-05-31T10:30:00Z", "body": "The mayor came.",
        "source": {"uri": "example.org", "title": "Example Herald"}, "authors": [{"name": "Jane Doe", "isAgency": false}],
    });
    let article = article(&event_registry);
    assert_eq!(
        (article.language.code.as_str(), article.outlet.domain.as_deref()),
        ("en", Some("example.org"))
    );
    assert_eq!(article.outlet.name.as_deref(), Some("Example Herald"));
    assert_eq!(article.authors, ["Jane Doe"]);
    let word_press = json!({"id": 5, "title": {"rendered": "A"}, "content": {"rendered": "<p>The mayor came.</p>"}, "date": "2018-05-31T10:30:00"});
    assert_eq!(draft(&word_press).body, "The mayor came.");
}

#[test]
fn schema_org_objects() {
    let record = json!({"@context": "https://schema.org", "@graph": [
        {"@type": "Organization", "@id": "#o", "name": "Example Herald"},
        {"@type": "NewsArticle", "headline": "Bridge reopens", "articleBody": "The mayor came.", "publisher": {"@id": "#o"},
         "datePublished": "2018-05-31"},
    ]});
    let found = draft(&record);
    assert_eq!(found.body, "The mayor came.");
    assert_eq!(found.metadata.article.title.as_deref(), Some("Bridge reopens"));
    assert_eq!(found.metadata.article.outlet.name.as_deref(), Some("Example Herald"));
}

#[test]
fn files_of_many() {
    let check = |text: &str, expected: Option<&[&str]>| {
        let found = elements(text).unwrap();
        let texts: Option<Vec<&str>> =
            found.map(|ranges| ranges.into_iter().map(|r| text.get(r).unwrap()).collect());
        assert_eq!(texts.as_deref(), expected, "{text}");
    };
    check(r#" [{"a": 1}, [2], 3 ]"#, Some(&[r#"{"a": 1}"#, "[2]", "3"]));
    check("[]", Some(&[]));
    check(
        r#"{"status": "ok", "articles": [{"text": "é"}, {}]}"#,
        Some(&[r#"{"text": "é"}"#, "{}"]),
    );
    check(r#"{"items": [1]}"#, Some(&["1"]));
    check(r#"{"text": "x", "items": [1]}"#, None);
    check(r#"{"items": {}}"#, None);
    check("3", None);
    check(r#""text""#, None);
}

#[test]
fn what_cannot_be_read() {
    let check = |text: &str, reason: &str, incomplete: bool| {
        let error =
            elements(text).and_then(|_| read(text, &Limits::default()).map(|_| ())).unwrap_err();
        assert_eq!(
            (error.reason(), error.may_be_incomplete()),
            (reason, incomplete),
            "{text}: {error:?}"
        );
    };
    check("{", "bad_json", true);
    check(r#"{"text": "a"#, "bad_json", true);
    check(r#"[{"text": "a"},"#, "bad_json", true);
    check(r#"{"text": "a"} x"#, "bad_json", false);
    check("nonsense", "bad_json", false);
    check(r#"{"title": "a"}"#, "no_text", false);
    check(r#"{"text": 3}"#, "no_text", false);
    check("3", "no_text", false);
    let deep = format!("{{\"text\": \"a\", \"x\": {}{}}}", "[".repeat(500), "]".repeat(500));
    check(&deep, "depth", false);
    let unclosed = "[".repeat(200_000);
    check(&unclosed, "bad_json", true);
    let limits = Limits { record_bytes: 10, ..Limits::default() };
    assert_eq!(read(r#"{"text": "abc"}"#, &limits).unwrap_err().reason(), "too_large");
}

#[test]
fn of_two_fields_with_one_name_the_last_counts() {
    let draft = read(r#"{"text": "one", "text": "two"}"#, &Limits::default()).unwrap();
    assert_eq!(draft.body, "two");
}
