//! What an article says of itself, the first word on each field winning.

use copydesk_types::{Article, DateValue, Dateline, Origin, Warning, WarningCode, clean};
use url::Url;

use crate::{date, language};

/// Longest value that is taken, in characters; longer ones are not what their field says.
const LONGEST: usize = 2000;
/// Longest name of a person, in characters.
const LONGEST_NAME: usize = 80;
const MOST_AUTHORS: usize = 50;

/// An article being filled. Readers call in order of trust: a field that is set stays.
#[derive(Debug, Default)]
pub(crate) struct Metadata {
    pub(crate) article: Article,
    warnings: Vec<Warning>,
}

impl Metadata {
    pub(crate) fn into_parts(self) -> (Article, Vec<Warning>) {
        (self.article, self.warnings)
    }

    /// Adds a warning, once for each code and message.
    pub(crate) fn warn(&mut self, code: WarningCode, message: &str) {
        let warning = Warning::new(code, message);
        if !self.warnings.contains(&warning) {
            self.warnings.push(warning);
        }
    }

    fn ignored(&mut self, field: &str) {
        self.warn(WarningCode::FieldIgnored, &format!("the field {field} could not be read"));
    }

    fn came_from(&mut self, field: &str, origin: Origin) {
        self.article.from.insert(field.to_owned(), origin);
    }

    /// The value on one line, or `None` (with a warning when it is too long) where there is none.
    fn value(&mut self, field: &str, value: &str) -> Option<String> {
        let value = one_line(value);
        if value.chars().count() > LONGEST {
            self.ignored(field);
            return None;
        }
        (!value.is_empty()).then_some(value)
    }

    pub(crate) fn title(&mut self, value: &str, origin: Origin) {
        if self.article.title.is_some() {
            return;
        }
        if let Some(title) = self.value("title", value) {
            self.article.title = Some(title);
            self.came_from("title", origin);
        }
    }

    /// Sets the canonical URL and, as far as it is not known, the outlet's domain.
    pub(crate) fn url(&mut self, value: &str, origin: Origin) {
        if self.article.url.is_some() || value.trim().is_empty() {
            return;
        }
        let Some(url) = canonical_url(value) else {
            self.ignored("url");
            return;
        };
        if let Some(domain) = url.domain().and_then(domain_of_host) {
            self.article.outlet.domain.get_or_insert(domain);
        }
        self.article.url = Some(url.into());
        self.came_from("url", origin);
    }

    /// Sets the outlet's name; a name that is a domain also says the domain.
    pub(crate) fn outlet(&mut self, value: &str, origin: Origin) {
        if self.article.outlet.name.is_some() {
            return;
        }
        if let Some(name) = self.value("outlet", value) {
            self.outlet_domain(&name);
            self.article.outlet.name = Some(name);
            self.came_from("outlet", origin);
        }
    }

    /// Sets the outlet's domain from a domain or URL, when `value` is one.
    pub(crate) fn outlet_domain(&mut self, value: &str) {
        let url = Url::parse(value).ok().filter(Url::has_host);
        let domain = match url {
            Some(url) => url.domain().and_then(domain_of_host),
            None => registrable_domain(&value.trim().to_ascii_lowercase()),
        };
        if let Some(domain) = domain {
            self.article.outlet.domain.get_or_insert(domain);
        }
    }

    /// Sets the authors; values may hold several names, `By`, addresses.
    pub(crate) fn authors<'a>(&mut self, values: impl Iterator<Item = &'a str>, origin: Origin) {
        if !self.article.authors.is_empty() {
            return;
        }
        let outlet = self.article.outlet.name.clone();
        let mut names: Vec<String> = Vec::new();
        for name in values.take(MOST_AUTHORS).flat_map(author_names) {
            if !names.contains(&name) && outlet.as_deref() != Some(name.as_str()) {
                names.push(name);
            }
        }
        names.truncate(MOST_AUTHORS);
        if !names.is_empty() {
            self.article.authors = names;
            self.came_from("authors", origin);
        }
    }

    pub(crate) fn published(&mut self, value: &str, origin: Origin) {
        if self.article.published.at.is_some() || value.trim().is_empty() {
            return;
        }
        match date::parse(value) {
            Some(date) => {
                self.article.published = date;
                self.came_from("published", origin);
            }
            None => self.ignored("published"),
        }
    }

    /// Sets the publication date that the text itself shows.
    pub(crate) fn published_on(&mut self, date: DateValue, origin: Origin) {
        if self.article.published.at.is_none() {
            self.article.published = date;
            self.came_from("published", origin);
        }
    }

    /// Sets the publication date from a Unix time in seconds or milliseconds.
    pub(crate) fn published_unix(&mut self, number: i64, origin: Origin) {
        if self.article.published.at.is_some() {
            return;
        }
        match date::from_unix(number) {
            Some(date) => {
                self.article.published = date;
                self.came_from("published", origin);
            }
            None => self.ignored("published"),
        }
    }

    pub(crate) fn modified(&mut self, value: &str, origin: Origin) {
        if self.article.modified.is_some() || value.trim().is_empty() {
            return;
        }
        match date::parse(value) {
            Some(date) => {
                self.article.modified = Some(date);
                self.came_from("modified", origin);
            }
            None => self.ignored("modified"),
        }
    }

    pub(crate) fn language(&mut self, value: &str, origin: Origin) {
        if self.article.from.contains_key("language") || value.trim().is_empty() {
            return;
        }
        match language::code(value) {
            Some(code) => {
                code.clone_into(&mut self.article.language.code);
                self.article.language.confidence = 1.0;
                self.came_from("language", origin);
            }
            None => self.ignored("language"),
        }
    }

    /// Sets the dateline, and the publication date that it may hold.
    pub(crate) fn dateline(&mut self, found: crate::blocks::FoundDateline) {
        let crate::blocks::FoundDateline { place, country, text, date } = found;
        if let Some(date) = date {
            self.published_on(date, Origin::Dateline);
        }
        self.article.dateline = Some(Dateline { place, country, text });
        self.came_from("dateline", Origin::Dateline);
    }
}

/// `text` cleaned, with every run of white space as one space.
pub(crate) fn one_line(text: &str) -> String {
    clean(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The registrable domain of what may be a host or words: only under a suffix that exists.
fn registrable_domain(text: &str) -> Option<String> {
    let known = psl::suffix(text.trim_end_matches('.').as_bytes())?.is_known();
    known.then(|| domain_of_host(text)).flatten()
}

/// The registrable domain of a host: `bbc.co.uk` for `www.bbc.co.uk`. A suffix that the list lacks, as inside a company or
/// in an example, is the last label.
fn domain_of_host(host: &str) -> Option<String> {
    let host = host.trim_end_matches('.');
    let legal = host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    legal.then(|| psl::domain_str(host)).flatten().map(str::to_owned)
}

/// An http(s) URL without tracking parameters, fragment and credentials.
pub(crate) fn canonical_url(value: &str) -> Option<Url> {
    let mut url =
        Url::parse(value.trim()).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    if value.len() > LONGEST || !url.has_host() {
        return None;
    }
    url.set_fragment(None);
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    if let Some(query) = url.query() {
        let kept: Vec<&str> =
            query.split('&').filter(|pair| !pair.is_empty() && !is_tracking(pair)).collect();
        let kept = kept.join("&");
        url.set_query((!kept.is_empty()).then_some(kept.as_str()));
    }
    Some(url)
}

/// Whether a `key=value` of a query only says how the reader came to the page.
fn is_tracking(pair: &str) -> bool {
    const KEYS: &[&str] = &[
        "_ga",
        "_gl",
        "cmpid",
        "dclid",
        "fbclid",
        "gbraid",
        "gclid",
        "gclsrc",
        "igshid",
        "mc_cid",
        "mc_eid",
        "msclkid",
        "ncid",
        "ns_campaign",
        "ns_mchannel",
        "ns_source",
        "smid",
        "srnd",
        "taid",
        "twclid",
        "wbraid",
        "yclid",
    ];
    let key = pair.split('=').next().unwrap_or_default().to_ascii_lowercase();
    key.starts_with("utm_") || key.starts_with("at_") || KEYS.contains(&key.as_str())
}

/// The names of persons in a byline or author field. Empty rather than wrong: what does not look like a name is left out.
pub(crate) fn author_names(value: &str) -> Vec<String> {
    let line = one_line(value);
    let line = strip_by(&line);
    let mut names = Vec::new();
    for part in line.split([',', ';', '|', '/', '&']).flat_map(|part| part.split(" and ")) {
        let part = strip_by(part.trim());
        let part = part.split(" (").next().unwrap_or_default().trim_end_matches('.').trim();
        if is_name(part) {
            names.push(part.to_owned());
        }
    }
    names
}

fn strip_by(text: &str) -> &str {
    const LEADS: &[&str] =
        &["reporting by ", "written by ", "story by ", "words by ", "analysis by ", "by ", "by: "];
    let lower = text.to_lowercase();
    let lead = LEADS.iter().find(|lead| lower.starts_with(**lead));
    lead.and_then(|lead| text.get(lead.len()..)).unwrap_or(text).trim()
}

/// Whether `text` may be a person's name: one to five words, no digits, address or word of an office.
fn is_name(text: &str) -> bool {
    const OFFICES: &[&str] = &[
        "admin",
        "afp",
        "agence",
        "agencies",
        "agency",
        "ap",
        "associated",
        "bbc",
        "bureau",
        "chief",
        "cnn",
        "contributor",
        "contributors",
        "correspondent",
        "correspondents",
        "dpa",
        "desk",
        "editor",
        "editorial",
        "editors",
        "guest",
        "magazine",
        "media",
        "network",
        "news",
        "newsroom",
        "newspaper",
        "online",
        "press",
        "pti",
        "reporter",
        "reporters",
        "reuters",
        "service",
        "services",
        "staff",
        "tass",
        "team",
        "times",
        "upi",
        "web",
        "wire",
        "wires",
        "writer",
        "writers",
        "xinhua",
        "desk.",
    ];
    let words: Vec<&str> = text.split(' ').collect();
    let lower = text.to_lowercase();
    text.chars().count() <= LONGEST_NAME
        && (1..=5).contains(&words.len())
        && text.chars().next().is_some_and(|c| c.is_alphabetic() && !c.is_lowercase())
        && text.chars().all(|c| {
            c.is_alphabetic() || matches!(c, ' ' | '.' | '-' | '\'' | '’' | '\u{300}'..='\u{36f}')
        })
        && !lower.split(' ').any(|word| OFFICES.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        let check = |input: &str, expected: Option<&str>| {
            assert_eq!(canonical_url(input).as_ref().map(Url::as_str), expected, "{input}");
        };
        check(
            "https://Example.org:443/a?utm_source=x&id=7&fbclid=z#top",
            Some("https://example.org/a?id=7"),
        );
        check("http://example.org/a?utm_medium=x", Some("http://example.org/a"));
        check("https://me:secret@example.org/", Some("https://example.org/"));
        check("ftp://example.org/a", None);
        check("javascript:alert(1)", None);
        check("/relative", None);
        check("", None);
    }

    #[test]
    fn domains() {
        let check = |input: &str, expected: Option<&str>| {
            let mut metadata = Metadata::default();
            metadata.outlet_domain(input);
            assert_eq!(metadata.article.outlet.domain.as_deref(), expected, "{input}");
        };
        check("www.news.example.co.uk", Some("example.co.uk"));
        check("https://www.example.com/world", Some("example.com"));
        check("Example.COM", Some("example.com"));
        check("https://news.herald.example/world", Some("herald.example"));
        check("https://192.0.2.7/world", None);
        check("herald.example", None);
        check("The Example Herald", None);
        check("breitbart", None);
        check("co.uk", None);
    }

    #[test]
    fn authors() {
        let check =
            |input: &str, expected: &[&str]| assert_eq!(author_names(input), expected, "{input}");
        check("By Jane Doe", &["Jane Doe"]);
        check("BY JANE DOE and John Q. Roe, Associated Press", &["JANE DOE", "John Q. Roe"]);
        check("Jane Doe; Ana María O’Neill", &["Jane Doe", "Ana María O’Neill"]);
        check("Reporting by Jane Doe", &["Jane Doe"]);
        check("Jane Doe (Example Wire)", &["Jane Doe"]);
        check("Reuters Staff", &[]);
        check("news@example.org", &[]);
        check("https://example.org/jane", &[]);
        check("Politics 24", &[]);
        check("", &[]);
    }

    #[test]
    fn the_first_word_wins_and_says_where_it_came_from() {
        let mut metadata = Metadata::default();
        metadata.title("  Talks\n open ", Origin::JsonLd);
        metadata.title("Other", Origin::Meta);
        metadata.published("soon", Origin::Meta);
        metadata.url("https://www.example.org/a", Origin::Meta);
        let (article, warnings) = metadata.into_parts();
        assert_eq!(article.title.as_deref(), Some("Talks open"));
        assert_eq!(article.from.get("title"), Some(&Origin::JsonLd));
        assert_eq!(article.outlet.domain.as_deref(), Some("example.org"));
        assert_eq!(warnings.len(), 1);
        assert_eq!(warnings[0].code, WarningCode::FieldIgnored);
    }
}
