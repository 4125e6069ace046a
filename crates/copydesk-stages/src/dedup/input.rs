//! What the index is told of a record.

use copydesk_neardup::Article;
use copydesk_types::{BlockKind, Record};
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;

/// The parts of a record that decide.
#[derive(Debug)]
pub(super) struct Input<'a> {
    text: String,
    title: Option<&'a str>,
    source: Option<&'a str>,
    url: String,
    published: Option<i64>,
}

impl Input<'_> {
    pub(super) fn article(&self) -> Article<'_> {
        Article {
            text: &self.text,
            title: self.title,
            source: self.source,
            url: Some(&self.url),
            published: self.published,
        }
    }
}

/// The body without its title and boilerplate; outlet; address, else where the article was found; time.
pub(super) fn of(record: &Record) -> Input<'_> {
    let article = &record.article;
    let title_block = record.text.blocks.iter().find(|b| b.kind == BlockKind::Title);
    let title = title_block.and_then(|b| record.text.body.get(b.start..b.end));
    let found_at = || {
        format!("{}#{}", record.source.path, record.source.member.as_deref().unwrap_or_default())
    };
    Input {
        text: own_text(record),
        title: article.title.as_deref().or(title),
        source: article.outlet.domain.as_deref().or(article.outlet.name.as_deref()),
        url: article.url.clone().unwrap_or_else(found_at),
        published: article.published.at.as_deref().and_then(seconds),
    }
}

fn own_text(record: &Record) -> String {
    let body = record.text.body.as_str();
    let mut out = String::with_capacity(body.len());
    let mut at = 0;
    for block in record
        .text
        .blocks
        .iter()
        .filter(|b| matches!(b.kind, BlockKind::Title | BlockKind::Boilerplate))
    {
        out.push_str(body.get(at..block.start).unwrap_or_default());
        at = block.end.max(at);
    }
    out.push_str(body.get(at..).unwrap_or_default());
    if out.trim().is_empty() { body.to_owned() } else { out }
}

/// Seconds since 1970. A day without a time counts as its noon; a month or a year is too coarse to compare.
fn seconds(at: &str) -> Option<i64> {
    if let Ok(time) = at.parse::<jiff::Timestamp>() {
        return Some(time.as_second());
    }
    let local = if at.len() > 10 {
        at.parse::<DateTime>().ok()?
    } else {
        at.parse::<Date>().ok()?.at(12, 0, 0, 0)
    };
    Some(Offset::UTC.to_timestamp(local).ok()?.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        let check = |at: &str, expected| assert_eq!(seconds(at), expected, "{at}");
        check("1970-01-02T00:00:00Z", Some(86_400));
        check("1970-01-02T02:00:00+02:00", Some(86_400));
        check("1970-01-02T00:00:00", Some(86_400));
        check("1970-01-02", Some(86_400 + 43_200));
        check("1970-01", None);
        check("1970", None);
        check("yesterday", None);
    }
}
