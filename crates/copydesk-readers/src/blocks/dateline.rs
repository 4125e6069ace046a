//! Datelines: `VIENNA (AP) --`, `Vienna, Austria --`, `MOSCOW, May 31. /TASS/.`

use copydesk_types::DateValue;

use super::countries::country;
use super::credit::is_agency;
use crate::date;

/// A dateline and what it says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FoundDateline {
    pub(crate) place: Option<String>,
    /// ISO 3166 code of its country, when the dateline names it.
    pub(crate) country: Option<String>,
    pub(crate) text: String,
    pub(crate) date: Option<DateValue>,
}

/// Characters of a dateline at most.
const LONGEST: usize = 110;
/// Marks between a dateline and its story, the longer ones first.
const SEPARATORS: &[&str] = &[" --- ", " -- ", "--", "—", "–", " - ", " _ ", " _", " -"];
/// Words of a place at most.
const PLACE_WORDS: usize = 5;

/// The dateline at the start of a paragraph, and where it ends (bytes of `text`, mark included).
pub(crate) fn parse(text: &str) -> Option<(usize, FoundDateline)> {
    let line = text.lines().next().unwrap_or_default();
    let head = line.get(..line.floor_char_boundary(LONGEST)).unwrap_or(line);
    slash_agency(head).or_else(|| marked(head)).or_else(|| unmarked(head, line.len() == head.len()))
}

fn found(head: &str, end: usize, parts: Parts) -> (usize, FoundDateline) {
    let text = head.get(..end).unwrap_or_default().trim_end();
    let Parts { place, country, date, .. } = parts;
    (text.len(), FoundDateline { place, country, text: text.to_owned(), date })
}

/// With a dash behind it.
fn marked(head: &str) -> Option<(usize, FoundDateline)> {
    for (at, _) in head.char_indices() {
        let rest = head.get(at..).unwrap_or_default();
        let Some(mark) = SEPARATORS.iter().find(|mark| rest.starts_with(**mark)) else { continue };
        // " -" and " _" are marks only at the end of the line.
        if matches!(*mark, " -" | " _") && rest.len() > mark.len() {
            continue;
        }
        let parts = Parts::read(head.get(..at)?)?;
        let end = head.len() - rest.trim_start_matches([' ', '-', '—', '–', '_']).len();
        let story = head.get(end..).unwrap_or_default();
        return parts.suffices(story).then(|| found(head, end, parts));
    }
    None
}

/// `MOSCOW, May 31. /TASS/. Text`
fn slash_agency(head: &str) -> Option<(usize, FoundDateline)> {
    let (before, rest) = head.split_once('/')?;
    let (agency, rest) = rest.split_once('/')?;
    let mut parts = Parts::read(before)?;
    if is_agency(agency) {
        parts.bracket = Bracket::Agency;
    }
    let end = head.len() - rest.trim_start_matches(['.', ' ', '-', '—', '–']).len();
    (parts.bracket == Bracket::Agency && parts.suffices(rest)).then(|| found(head, end, parts))
}

/// `VIENNA (AP) Ministers …`, or a line with nothing but the dateline.
fn unmarked(head: &str, whole: bool) -> Option<(usize, FoundDateline)> {
    let (before, rest) = head.split_once(')')?;
    let parts = Parts::read(head.get(..=before.len())?)?;
    let story = rest.trim_start_matches([' ', '.', ':']);
    let goes_on = story.chars().next().is_none_or(|c| c.is_uppercase() || "\"“‘'".contains(c));
    let fits = parts.shouted
        && parts.bracket == Bracket::Agency
        && goes_on
        && (whole || !story.is_empty());
    fits.then(|| found(head, head.len() - story.len(), parts))
}

/// What stands in brackets behind the place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bracket {
    None,
    Agency,
    Other,
}

/// What stands before the mark.
struct Parts {
    place: Option<String>,
    country: Option<String>,
    date: Option<DateValue>,
    /// A day stands in it, with or without a year.
    dated: bool,
    bracket: Bracket,
    /// Whether the place is in capitals.
    shouted: bool,
    /// A country, state or province behind the place.
    region: bool,
}

impl Parts {
    /// Whether it is certain enough that this is a dateline and no sentence with a dash.
    fn suffices(&self, story: &str) -> bool {
        let dated = self.dated && self.bracket == Bracket::None;
        self.bracket == Bracket::Agency
            || (self.place.is_some()
                && (self.region || dated || (self.shouted && is_running(story))))
    }

    fn read(prefix: &str) -> Option<Self> {
        let (places, bracket) =
            match prefix.trim_end().strip_suffix(')').and_then(|p| p.rsplit_once('(')) {
                Some((places, agency)) => (places, Some(agency.trim())),
                None => (prefix, None),
            };
        let is_known =
            |name: &str| is_agency(name) || name.split([' ', '/']).next().is_some_and(is_agency);
        let bracket = match bracket {
            Some(name) if is_known(name) => Bracket::Agency,
            Some(_) => Bracket::Other,
            None => Bracket::None,
        };
        let mut segments: Vec<&str> =
            places.split(',').map(|s| s.trim().trim_end_matches(',')).collect();
        segments.retain(|segment| !segment.is_empty());
        let (dated, date) = take_date(&mut segments);
        let mut parts = Self {
            place: None,
            country: None,
            date,
            dated,
            bracket,
            shouted: false,
            region: false,
        };
        let Some(place) = segments.first() else {
            return (bracket == Bracket::Agency).then_some(parts);
        };
        if segments.len() > 3 || !segments.iter().all(|segment| is_place(segment)) {
            return None;
        }
        let place = place.trim_end_matches('.');
        parts.shouted = is_shouted(place);
        let last = segments.last().copied().unwrap_or_default();
        parts.country = country(last, segments.len() > 1).map(str::to_owned);
        parts.region = segments.len() > 1 && parts.country.is_some();
        parts.place = Some(place.to_owned());
        Some(parts)
    }
}

/// Takes a date off the end of the segments: `May 31`, `31 May 2018`, `May 31`+`2018`, a weekday.
fn take_date(segments: &mut Vec<&str>) -> (bool, Option<DateValue>) {
    // Interfax: "MOSCOW. May 31".
    if let [only] = segments.as_slice()
        && let Some((place, day)) = only.split_once(". ")
        && is_day(day)
    {
        *segments = vec![place, day];
    }
    let year =
        segments.last().copied().filter(|s| s.len() == 4 && s.bytes().all(|b| b.is_ascii_digit()));
    let at = segments.len().saturating_sub(if year.is_some() { 2 } else { 1 });
    let Some(day) = segments.get(at).copied().map(|s| s.trim_end_matches('.')) else {
        return (false, None);
    };
    if !is_day(day) {
        return (false, None);
    }
    segments.truncate(at);
    let date = match year {
        Some(year) => date::parse(&format!("{day}, {year}")),
        None => date::parse(day),
    };
    (true, date)
}

/// `May 31`, `31 May`, `31 May 2018`, `Thursday`.
fn is_day(text: &str) -> bool {
    const DAYS: &[&str] =
        &["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let words: Vec<&str> = text.split_whitespace().collect();
    let number =
        |w: &str| w.len() <= 4 && w.trim_end_matches("th").bytes().all(|b| b.is_ascii_digit());
    match *words.as_slice() {
        [day] => DAYS.contains(&day),
        [month, day] => {
            (date::month(month).is_some() && number(day))
                || (date::month(day).is_some() && number(month))
        }
        [day, month, year] => number(day) && date::month(month).is_some() && number(year),
        _ => false,
    }
}

/// Whether what follows a place in capitals is not in capitals too, as the rest of a headline would be.
fn is_running(story: &str) -> bool {
    story.is_empty() || story.chars().any(char::is_lowercase)
}

fn is_shouted(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphabetic()).count() >= 3 && !text.chars().any(char::is_lowercase)
}

/// Whether a segment may name a place: words with capitals, joined by particles, no word that opens other lines.
fn is_place(text: &str) -> bool {
    const PARTICLES: &[&str] = &[
        "al", "am", "an", "and", "au", "aux", "da", "de", "del", "der", "des", "di", "do", "dos",
        "du", "el", "in", "la", "le", "les", "na", "of", "on", "sur", "the", "upon", "y",
    ];
    const NO_PLACE: &[&str] = &[
        "advisory",
        "alert",
        "analysis",
        "answer",
        "asean",
        "breaking",
        "column",
        "comment",
        "corrected",
        "correction",
        "covid",
        "developing",
        "editorial",
        "exclusive",
        "explainer",
        "factbox",
        "feature",
        "fifa",
        "file",
        "focus",
        "iaea",
        "insight",
        "interview",
        "isis",
        "listen",
        "live",
        "nasa",
        "nato",
        "news",
        "note",
        "opec",
        "opinion",
        "osce",
        "photo",
        "photos",
        "podcast",
        "poll",
        "question",
        "recap",
        "refile",
        "related",
        "review",
        "rpt",
        "special",
        "timeline",
        "uefa",
        "unesco",
        "unhcr",
        "unicef",
        "update",
        "urgent",
        "usa",
        "video",
        "warning",
        "watch",
        "who",
        "wrapup",
    ];
    let words: Vec<&str> = text.split([' ', '/', '-']).filter(|w| !w.is_empty()).collect();
    let capital = |w: &str| w.chars().next().is_some_and(char::is_uppercase);
    (1..=PLACE_WORDS).contains(&words.len())
        && text.chars().all(|c| c.is_alphabetic() || " .-'’/".contains(c))
        && words.first().is_some_and(|w| capital(w))
        && words.iter().all(|w| capital(w) || PARTICLES.contains(w))
        && !words.iter().any(|w| NO_PLACE.contains(&w.to_lowercase().trim_end_matches('.')))
}
