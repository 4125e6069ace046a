//! What a page says of itself: JSON-LD first, then meta tags, links and the title element.

use copydesk_types::Origin;
use serde_json::Value;

use super::entities::decode;
use super::tokens::{Tag, Token, Tokens};
use crate::metadata::{Metadata, canonical_url, one_line};
use crate::schema_org;

const MOST_METAS: usize = 1000;
const MOST_SCRIPTS: usize = 50;
/// Longest JSON-LD script that is parsed, in bytes.
const LONGEST_SCRIPT: usize = 2 * 1024 * 1024;

/// The parts of a page that speak of it.
#[derive(Debug, Default)]
pub(crate) struct Page {
    language: Option<String>,
    title: Option<String>,
    canonical: Option<String>,
    /// `(key in lower case, content)`.
    metas: Vec<(String, String)>,
    json_ld: Vec<Value>,
}

/// Reads a page in linear time.
pub(crate) fn read(html: &str) -> Page {
    let mut page = Page::default();
    let mut raw_of = String::new();
    let mut in_svg = false;
    for token in Tokens::new(html) {
        match token {
            Token::Start(tag) => {
                raw_of.clear();
                match tag.name.as_str() {
                    "html" => page.language = page.language.or_else(|| tag.get("lang")),
                    "svg" => in_svg = !tag.self_closing,
                    "meta" | "time" => page.meta(&tag),
                    "link"
                        if tag
                            .get("rel")
                            .is_some_and(|rel| rel.eq_ignore_ascii_case("canonical")) =>
                    {
                        page.canonical = page.canonical.or_else(|| tag.get("href"));
                    }
                    "title" if !in_svg => raw_of.push_str("title"),
                    "script"
                        if tag
                            .get("type")
                            .is_some_and(|t| t.to_ascii_lowercase().contains("ld+json")) =>
                    {
                        raw_of.push_str("json-ld");
                    }
                    _ => {}
                }
            }
            Token::Raw(text) if raw_of == "title" => {
                page.title.get_or_insert_with(|| one_line(&decode(text)));
            }
            Token::Raw(text)
                if raw_of == "json-ld"
                    && text.len() <= LONGEST_SCRIPT
                    && page.json_ld.len() < MOST_SCRIPTS =>
            {
                page.json_ld.extend(schema_org::parse_json_ld(text));
            }
            Token::End(name) if name == "svg" => in_svg = false,
            Token::Raw(_) | Token::Text(_) | Token::End(_) => {}
        }
    }
    page
}

impl Page {
    fn meta(&mut self, tag: &Tag) {
        if self.metas.len() >= MOST_METAS {
            return;
        }
        let key =
            ["property", "name", "itemprop", "http-equiv"].iter().find_map(|key| tag.get(key));
        let content = tag.get("content").or_else(|| tag.get("datetime"));
        let key = key.or_else(|| tag.get("pubdate").map(|_| "pubdate".to_owned()));
        if let (Some(key), Some(content)) = (key, content)
            && !content.trim().is_empty()
        {
            self.metas.push((key.trim().to_ascii_lowercase(), content));
        }
    }

    /// The contents of the first of these keys that the page has.
    fn first(&self, keys: &[&str]) -> impl Iterator<Item = &str> {
        let key = keys.iter().find(|key| self.metas.iter().any(|(k, _)| k == *key)).copied();
        self.metas
            .iter()
            .filter(move |(k, _)| Some(k.as_str()) == key)
            .map(|(_, content)| content.as_str())
    }

    /// The text of the article in the page's JSON-LD.
    pub(crate) fn article_body(&self) -> Option<&str> {
        let objects = self.json_ld.iter().flat_map(schema_org::objects);
        objects
            .filter(|object| schema_org::is_article(object))
            .find_map(|article| article.get("articleBody")?.as_str())
    }

    /// Fills the metadata, and with `title`, as extraction cleaned it, what no tag says.
    pub(crate) fn fill(&self, metadata: &mut Metadata, title: Option<&str>) {
        self.fill_url(metadata);
        let objects: Vec<&Value> = self.json_ld.iter().flat_map(schema_org::objects).collect();
        for article in objects.iter().filter(|object| schema_org::is_article(object)).take(1) {
            schema_org::fill(metadata, &unescaped(article), &objects, Origin::JsonLd);
        }
        let meta = Origin::Meta;
        for name in self.first(SITE).filter(|name| !name.contains("://")) {
            metadata.outlet(name, meta);
        }
        for title in self.first(TITLE) {
            metadata.title(title, meta);
        }
        metadata.authors(self.first(AUTHOR).filter(|name| !name.contains("://")), meta);
        // Several dates under one key: the first that is one.
        for date in self.first(PUBLISHED) {
            metadata.published(date, meta);
        }
        for date in self.first(MODIFIED) {
            metadata.modified(date, meta);
        }
        if let Some(language) = self.language.as_deref().or_else(|| self.first(LANGUAGE).next()) {
            metadata.language(language, meta);
        }
        if let Some(title) = title.filter(|title| !title.is_empty()).or(self.title.as_deref()) {
            metadata.title(title, meta);
        }
    }

    /// The canonical link, else `og:url`; one that only names the site gives way to one that names a page.
    fn fill_url(&self, metadata: &mut Metadata) {
        let given = self.canonical.iter().map(String::as_str).chain(self.first(&["og:url"]));
        let urls: Vec<&str> = given.filter(|url| canonical_url(url).is_some()).collect();
        let names_page = |url: &&&str| canonical_url(url).is_some_and(|url| url.path().len() > 1);
        if let Some(url) = urls.iter().find(names_page).or(urls.first()) {
            metadata.url(url, Origin::Meta);
        }
    }
}

/// The object with the character references in its direct texts resolved, which pages often leave in.
fn unescaped(article: &Value) -> Value {
    let mut article = article.clone();
    if let Value::Object(fields) = &mut article {
        for key in ["headline", "name"] {
            if let Some(Value::String(text)) = fields.get_mut(key) {
                *text = decode(text).into_owned();
            }
        }
    }
    article
}

const TITLE: &[&str] = &[
    "og:title",
    "twitter:title",
    "headline",
    "dc.title",
    "dcterms.title",
    "citation_title",
    "parsely-title",
];
const SITE: &[&str] =
    &["og:site_name", "application-name", "dc.publisher", "dcterms.publisher", "publisher"];
const AUTHOR: &[&str] = &[
    "author",
    "article:author",
    "article:author_name",
    "byl",
    "citation_author",
    "dc.creator",
    "dcterms.creator",
    "parsely-author",
    "sailthru.author",
];
const PUBLISHED: &[&str] = &[
    "article:published_time",
    "article:published",
    "og:published_time",
    "datepublished",
    "article.published",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "publication_date",
    "parsely-pub-date",
    "sailthru.date",
    "dc.date.issued",
    "dcterms.issued",
    "dcterms.created",
    "dc.date",
    "dcterms.date",
    "citation_publication_date",
    "citation_date",
    "date",
];
const MODIFIED: &[&str] = &[
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "dcterms.modified",
    "lastmod",
    "article.updated",
];
const LANGUAGE: &[&str] =
    &["content-language", "og:locale", "dc.language", "dcterms.language", "inlanguage", "language"];

/// The encoding that a page declares in its first bytes, as its label.
pub(crate) fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default().to_ascii_lowercase();
    let head = String::from_utf8_lossy(&head);
    for mark in ["charset", "encoding"] {
        for (_, after) in head.match_indices(mark).map(|(at, _)| head.split_at(at + mark.len())) {
            let Some(value) = after.trim_start().strip_prefix('=') else { continue };
            let value = value.trim_start().trim_start_matches(['"', '\'']);
            let end = value
                .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':' | '.')));
            let label = value.get(..end.unwrap_or(value.len()))?;
            return (!label.is_empty()).then(|| label.to_owned());
        }
    }
    None
}
