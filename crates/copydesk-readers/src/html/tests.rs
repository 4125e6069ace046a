use copydesk_types::{Article, BlockKind, Origin, Precision};

use super::*;
use crate::blocks::Piece;

/// A page in the manner of a news site, written for this test.
const PAGE: &str = r#"<!DOCTYPE html>
<html lang="en-GB"><head><meta charset="utf-8"><title>Bridge reopens two years after flood | Example Herald</title>
<link rel="canonical" href="https://www.example.org/news/bridge?utm_source=feed&id=7#top">
<meta property="og:title" content="Bridge reopens two years after flood">
<meta property="og:site_name" content="Example Herald"><meta name="author" content="Jane Doe">
<meta property="article:published_time" content="2018-05-31T10:30:00+02:00">
<meta property="article:modified_time" content="2018-05-31T12:00:00+02:00">
<script>var html = "<p>not this</p>";</script></head>
<body><nav><ul><li><a href="/">Home</a></li><li><a href="/news">News</a></li><li><a href="/sport">Sport</a></li></ul></nav>
<div class="wrap"><article><h1>Bridge reopens two years after flood</h1>
<figure><img src="b.jpg"><figcaption>The bridge on the day of its opening</figcaption></figure>
<p>LUND, Sweden (AP) &mdash; The mayor of the town opened the new bridge on Monday, two years after a flood had carried the
old one away, and thanked everybody who had worked on it through two hard winters.</p>
<p>&ldquo;We have waited long enough,&rdquo; she said at the ceremony, which some three thousand people attended in the rain,
many of whom had not crossed the river since the night of the flood.</p>
<h2>Still to pay</h2>
<p>The council has yet to find the money for the last part of the works, which are to begin in the spring, the mayor told
reporters afterwards, adding that the county would pay a third of it.</p>
<ul><li>Length of the bridge: 120 metres</li><li>Cost: 12 million</li></ul>
<p>Nobody was hurt when the old bridge fell, but a ferry had to carry cars and people across the river for two years.</p>
</article></div><footer><p>Imprint and contact</p></footer></body></html>"#;

fn draft_of(html: &str) -> Draft {
    read(html, &Limits::default()).unwrap()
}

fn article_of(html: &str) -> Article {
    draft_of(html).metadata.article
}

#[test]
fn a_news_page() {
    let draft = draft_of(PAGE);
    assert_eq!(draft.method, TextMethod::Readability);
    let show = |piece: &Piece| {
        let text = draft.body.get(piece.start..piece.end).unwrap();
        (piece.known, text.split_whitespace().take(4).collect::<Vec<_>>().join(" "))
    };
    let shown: Vec<(Option<BlockKind>, String)> = draft.pieces.iter().map(show).collect();
    let shown: Vec<(Option<BlockKind>, &str)> =
        shown.iter().map(|(kind, text)| (*kind, text.as_str())).collect();
    assert_eq!(
        shown,
        [
            (Some(BlockKind::Caption), "The bridge on the"),
            (None, "LUND, Sweden (AP) —"),
            (None, "“We have waited long"),
            (Some(BlockKind::Crosshead), "Still to pay"),
            (None, "The council has yet"),
            (Some(BlockKind::List), "Length of the bridge:"),
            (Some(BlockKind::List), "Cost: 12 million"),
            (None, "Nobody was hurt when"),
        ]
    );
    assert!(draft.body.contains("carried the old one away"), "a paragraph is a line");
    let article = draft.metadata.article;
    assert_eq!(article.title.as_deref(), Some("Bridge reopens two years after flood"));
    assert_eq!(article.url.as_deref(), Some("https://www.example.org/news/bridge?id=7"));
    assert_eq!(article.outlet.name.as_deref(), Some("Example Herald"));
    assert_eq!(article.outlet.domain.as_deref(), Some("example.org"));
    assert_eq!(article.authors, ["Jane Doe"]);
    assert_eq!(article.published.at.as_deref(), Some("2018-05-31T10:30:00+02:00"));
    assert_eq!(article.published.precision, Some(Precision::Second));
    assert_eq!(article.modified.unwrap().at.as_deref(), Some("2018-05-31T12:00:00+02:00"));
    assert_eq!(article.language.code, "en");
    assert!(article.from.values().all(|origin| *origin == Origin::Meta), "{:?}", article.from);
}

#[test]
fn json_ld_comes_before_meta_tags() {
    let page = PAGE.replace("</head>", r#"<script type="application/ld+json">{"@type": "NewsArticle",
        "headline": "Bridge &amp; river", "author": {"@type": "Person", "name": "John Roe"},
        "datePublished": "2018-05-31T08:30:00Z", "publisher": {"name": "The Herald"}}</script></head>"#);
    let article = article_of(&page);
    assert_eq!(article.title.as_deref(), Some("Bridge & river"));
    assert_eq!(article.authors, ["John Roe"]);
    assert_eq!(article.outlet.name.as_deref(), Some("The Herald"));
    assert_eq!(article.published.at.as_deref(), Some("2018-05-31T08:30:00Z"));
    assert_eq!(article.from.get("title"), Some(&Origin::JsonLd));
    assert_eq!(article.from.get("url"), Some(&Origin::Meta));
    let broken =
        PAGE.replace("</head>", r#"<script type="application/ld+json">{"@type": </script></head>"#);
    assert_eq!(article_of(&broken).authors, ["Jane Doe"]);
}

#[test]
fn empty_rather_than_wrong() {
    let page = r#"<html><head><link rel=canonical href="/relative"><meta name=author content="https://example.org/jane">
        <meta name=author content="Example Herald"><meta property="og:site_name" content="Example Herald">
        <meta name=date content="soon"></head><body><p>Short.</p></body></html>"#;
    let article = article_of(page);
    assert_eq!(article.url, None);
    assert!(article.authors.is_empty(), "{:?}", article.authors);
    assert_eq!(article.published.at, None);
}

#[test]
fn a_page_without_a_main_text() {
    let page = format!("<nav>Menu</nav>{}<p>All the words there are.</p>", "<div>".repeat(600));
    let draft = draft_of(&page);
    assert_eq!(
        (draft.body.as_str(), draft.method),
        ("All the words there are.", TextMethod::Strip)
    );
    let (_, warnings) = draft.metadata.into_parts();
    assert_eq!(warnings[0].code, WarningCode::MainTextUncertain);
    let body = "The mayor opened the bridge. ".repeat(10);
    let scripted = format!(
        r#"<script type="application/ld+json">{{"@type": "NewsArticle", "articleBody": "{body}"}}</script><div id=app></div>"#
    );
    let draft = draft_of(&scripted);
    assert_eq!((draft.body.trim(), draft.method), (body.trim(), TextMethod::Json));
}

#[test]
fn encodings_that_pages_declare() {
    let check = |head: &str, expected: Option<&str>| {
        assert_eq!(declared_encoding(head.as_bytes()).as_deref(), expected, "{head}");
    };
    check("<meta charset=\"ISO-8859-1\">", Some("iso-8859-1"));
    check(
        "<meta http-equiv=Content-Type content='text/html; charset=windows-1251'>",
        Some("windows-1251"),
    );
    check("<?xml version='1.0' encoding='utf-8'?>", Some("utf-8"));
    check("<a accept-charset><meta charset = koi8-r >", Some("koi8-r"));
    check("<p>charset", None);
}

/// Hostile pages: each ends soon, in an error or a draft. A quadratic step would take minutes here.
#[test]
fn hostile_pages() {
    let limits = Limits::default();
    let refused = |page: &str| assert_eq!(read(page, &limits).unwrap_err().reason(), "depth");
    refused(&"<div>".repeat(200_000));
    refused(&"<b>".repeat(50_000));
    refused(&format!("<p>x</p>{}", "<svg><g>".repeat(5000)));
    for page in [
        "<".repeat(5_000_000),
        "&".repeat(2_000_000),
        "&amp".repeat(200_000),
        "<a href=\"".repeat(100_000),
        "<!--".repeat(100_000),
        "<!-- -->".repeat(100_000),
        "</".repeat(200_000),
        "</b>".repeat(100_000),
        "<script>".repeat(50_000),
        "<title>".repeat(50_000),
        "<p>x".repeat(70_000),
        "<br>".repeat(70_000),
        format!("<p{}>x", " a=b".repeat(200_000)),
        format!("{}{}", "<i>".repeat(400), "<p>x".repeat(5_000)),
        format!("<script type=application/ld+json>{}</script>", "[".repeat(200_000)),
    ] {
        if let Ok(draft) = read(&page, &limits) {
            assert!(draft.body.len() <= page.len() + 4);
        }
    }
    assert_eq!(
        read(&" ".repeat(limits.html_bytes + 1), &limits).unwrap_err().reason(),
        "too_large"
    );
}
