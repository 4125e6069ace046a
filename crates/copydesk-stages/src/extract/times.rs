//! Expressions of time, resolved against the date of publication. Without one they stay unresolved.
//!
//! News speaks of the past: a bare weekday is the most recent one, the day of publication included, unless the clause
//! is in the future.

mod holiday;
mod tense;

use std::ops::Range;

use copydesk_nlp::Doc;
use copydesk_types::{Article, Precision, TimeExpr};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use self::tense::Tense;
use super::quantities::read_number;

/// Times in order of the text.
pub(super) fn find(doc: &Doc, article: &Article) -> Vec<TimeExpr> {
    let reference = article.published.at.as_deref().and_then(reference_date);
    let mut out: Vec<TimeExpr> = Vec::new();
    for tokens in expressions(doc) {
        let text = doc.span_text(tokens.clone());
        let bytes = doc.bytes(tokens.clone());
        let (value, precision) =
            match out.last().and_then(|last| day_of_list(doc, last, text, bytes.start)) {
                Some(day) => (Some(day.to_string()), Some(Precision::Day)),
                None => resolve(text, reference, tense_of(doc, &tokens)),
            };
        out.push(TimeExpr {
            start: bytes.start,
            end: bytes.end,
            text: text.to_owned(),
            value,
            precision,
        });
    }
    out
}

/// The model's dates and times; a day and the part or hour of it that it tells apart are one.
fn expressions(doc: &Doc) -> Vec<Range<usize>> {
    let mut found: Vec<(Range<usize>, &str)> = Vec::new();
    for &ent in doc.ents() {
        let label = doc.ent_label(ent);
        if !matches!(label, "DATE" | "TIME") {
            continue;
        }
        let is_day = |tokens: Range<usize>| {
            let text = doc.span_text(tokens).to_lowercase();
            weekday(&text).is_some() || matches!(text.as_str(), "today" | "yesterday" | "tomorrow")
        };
        match found.last_mut() {
            Some((last, other))
                if last.end == ent.start
                    && *other != label
                    && (is_day(last.clone()) || is_day(ent.start..ent.end)) =>
            {
                last.end = ent.end;
            }
            _ => found.push((ent.start..ent.end, label)),
        }
    }
    found.into_iter().map(|(tokens, _)| tokens).collect()
}

/// "April 24 and 25": a number that goes on with the month of the day before it.
fn day_of_list(doc: &Doc, last: &TimeExpr, text: &str, start: usize) -> Option<Date> {
    let between = doc.text().get(last.end..start)?;
    let number = text.parse::<i8>().ok().filter(|_| text.len() <= 2)?;
    let listed = matches!(between.trim(), "and" | "or" | "," | "to" | "-" | "–" | ", and");
    let day: Date = last.value.as_deref().filter(|_| listed)?.parse().ok()?;
    Date::new(day.year(), day.month(), number).ok()
}

/// The tense of an expression. "Wednesday's ruling" is known already.
fn tense_of(doc: &Doc, tokens: &Range<usize>) -> Tense {
    let tense = tense::of(doc, tokens.start);
    let owner = |t: usize| t < doc.len() && matches!(doc.token_text(t), "'s" | "’s");
    let possessive = owner(tokens.end) || owner(tokens.end - 1);
    if possessive && tense == Tense::MayCome { Tense::Past } else { tense }
}

/// The day of an ISO date or date and time.
fn reference_date(at: &str) -> Option<Date> {
    at.get(..10)?.parse().ok()
}

/// Value and precision of an expression.
fn resolve(
    text: &str,
    reference: Option<Date>,
    tense: Tense,
) -> (Option<String>, Option<Precision>) {
    let lower = text.to_lowercase().replace('’', "'");
    if let Some(day) = lower.get(..10).and_then(|d| d.parse::<Date>().ok()) {
        return (Some(day.to_string()), Some(Precision::Day));
    }
    let named: Vec<&str> = lower.split_whitespace().collect();
    let words: Vec<&str> = lower
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '-' | '/'))
        .map(|w| w.trim_end_matches("'s").trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|w| !w.is_empty())
        .collect();
    let day = |d: Date| (Some(d.to_string()), Some(Precision::Day));
    if let Some(found) = named_day(&named, reference, tense) {
        return found;
    }
    if let Some((value, precision)) = calendar(&words, reference, tense != Tense::Past) {
        let week = matches!(words.as_slice(), ["the", "week", "of", ..] | ["week", "of", ..]);
        let monday = value.as_deref().filter(|_| week).and_then(|v| v.parse::<Date>().ok());
        return monday.and_then(|d| Unit::Week.shift(d, 0)).unwrap_or((value, precision));
    }
    if let Some(weekday) = words.iter().find_map(|w| weekday(w)) {
        let found = reference.and_then(|r| near_weekday(r, weekday, &words, tense));
        return (found.map(|d| with_clock(d, &words)), Some(Precision::Day));
    }
    let Some(today) = reference else { return (None, precision_of(&words)) };
    let shifted = |days: i64| today.checked_add(days.days()).ok();
    let said =
        words.iter().position(|w| !matches!(*w, "earlier" | "later" | "early" | "late" | "just"));
    match words.get(said.unwrap_or(0)..).unwrap_or_default() {
        ["today" | "tonight"] | ["this", "morning" | "afternoon" | "evening"] => day(today),
        ["yesterday"] | ["last", "night"] => shifted(-1).map_or((None, None), day),
        ["tomorrow"] => shifted(1).map_or((None, None), day),
        [.., which, "weekend"] | [which @ "weekend"] => weekend(today, which, tense),
        words => season(words, today)
            .or_else(|| relative(words, today))
            .unwrap_or((None, precision_of(words))),
    }
}

/// "Thanksgiving", "last Christmas", "New Year's Eve 2018".
fn named_day(words: &[&str], reference: Option<Date>, tense: Tense) -> Option<Resolved> {
    let mut words: Vec<&str> = words.iter().map(|w| w.trim_matches([',', '.'])).collect();
    let which = words.first().copied().filter(|w| matches!(*w, "last" | "this" | "next"));
    words.drain(..usize::from(which.is_some()));
    let year =
        words.last().and_then(|y| y.parse::<i16>().ok()).filter(|y| (1000..2200).contains(y));
    words.truncate(words.len() - usize::from(year.is_some()));
    let day = holiday::named(&words)?;
    let value = match (year, reference) {
        (Some(year), _) => day(year),
        (None, Some(r)) => {
            let near = [r.year() - 1, r.year(), r.year() + 1].into_iter().filter_map(day);
            let ahead = which == Some("next") || (which != Some("last") && tense != Tense::Past);
            if ahead { near.filter(|d| *d >= r).min() } else { near.filter(|d| *d <= r).max() }
        }
        (None, None) => None,
    };
    Some((value.map(|d| d.to_string()), Some(Precision::Day)))
}

/// The day, with the hour and minute where the words say one.
fn with_clock(day: Date, words: &[&str]) -> String {
    let clock = words.windows(2).find_map(|pair| {
        let (hour, minute) = pair[0].split_once(':').unwrap_or((pair[0], "00"));
        let (hour, minute) = (hour.parse::<u8>().ok()?, minute.parse::<u8>().ok()?);
        let noon = match pair[1] {
            "a.m" | "am" => 0,
            "p.m" | "pm" => 12,
            _ => return None,
        };
        ((1..=12).contains(&hour) && minute < 60).then(|| (hour % 12 + noon, minute))
    });
    clock.map_or(day.to_string(), |(hour, minute)| format!("{day}T{hour:02}:{minute:02}"))
}

/// Saturday and Sunday: the last ones that began, or those to come.
fn weekend(today: Date, which: &str, tense: Tense) -> Resolved {
    let back = i64::from(today.weekday().since(Weekday::Saturday));
    let days = match which {
        "next" => 7 - back,
        "this" if back > 1 => 7 - back,
        "last" if back <= 1 => -back - 7,
        _ if tense != Tense::Past && back > 1 => 7 - back,
        _ => -back,
    };
    let saturday = today.checked_add(days.days()).ok();
    let value = saturday.and_then(|d| Some(format!("{d}/{}", d.tomorrow().ok()?)));
    (value, Some(Precision::Weekend))
}

/// "last fall", "this summer". A winter has two years, and is not settled.
fn season(words: &[&str], today: Date) -> Option<Resolved> {
    let [which @ ("last" | "this" | "next" | "past"), name] = *words else { return None };
    let (code, first) = match name {
        "spring" => (21, 3),
        "summer" => (22, 6),
        "autumn" | "fall" => (23, 9),
        _ => return None,
    };
    let year = today.year();
    let over = today.month() >= first + 3;
    let year = match which {
        "this" => year,
        "next" => year + i16::from(today.month() >= first),
        _ => year - i16::from(!over),
    };
    Some((Some(format!("{year:04}-{code}")), Some(Precision::Season)))
}

type Resolved = (Option<String>, Option<Precision>);

/// Month, day and year in any order; a decade; a year.
fn calendar(words: &[&str], reference: Option<Date>, future: bool) -> Option<Resolved> {
    let month = words.iter().find_map(|w| month(w));
    let year = words
        .iter()
        .find_map(|w| w.parse::<i16>().ok().filter(|y| w.len() == 4 && (1000..2200).contains(y)));
    let day = words.iter().find_map(|w| {
        let digits = w.trim_end_matches(|c: char| c.is_alphabetic());
        digits.parse::<i8>().ok().filter(|d| (1..=31).contains(d) && digits.len() <= 2)
    });
    let decade = words.iter().find_map(|w| {
        w.strip_suffix("0s").filter(|d| d.len() == 3 && d.bytes().all(|b| b.is_ascii_digit()))
    });
    if let Some(decade) = decade {
        return Some((Some(format!("{decade}X")), Some(Precision::Decade)));
    }
    match (month, day, year) {
        (Some(m), Some(d), year) => {
            let year = year.or_else(|| likely_year(reference?, m, d, future));
            let date = year.and_then(|y| Date::new(y, m, d).ok());
            Some((date.map(|d| d.to_string()), Some(Precision::Day)))
        }
        (Some(m), None, year) => {
            let year = year.or_else(|| {
                let r = reference?;
                let back = words.contains(&"last")
                    || (!words.contains(&"next") && m > r.month() && !future);
                let forth =
                    (words.contains(&"next") && m <= r.month()) || (future && m < r.month());
                Some(r.year() - i16::from(back) + i16::from(forth))
            });
            Some((year.map(|y| format!("{y:04}-{m:02}")), Some(Precision::Month)))
        }
        (None, None, Some(y)) if words.len() == 1 => {
            Some((Some(format!("{y:04}")), Some(Precision::Year)))
        }
        (None, _, Some(y))
            if words.contains(&"year")
                || words.contains(&"in")
                || words.contains(&"early")
                || words.contains(&"late") =>
        {
            Some((Some(format!("{y:04}")), Some(Precision::Year)))
        }
        _ => None,
    }
}

/// How far ahead a date without a year still is of this year.
const AHEAD: i32 = 75;

/// The year of a month and day: the last one that is past, unless the date is near or the article speaks of what comes.
fn likely_year(reference: Date, month: i8, day: i8, future: bool) -> Option<i16> {
    let year = reference.year();
    let days = |y: i16| Some((reference.until(Date::new(y, month, day).ok()?).ok()?.get_days(), y));
    let ahead = if future { 366 } else { AHEAD };
    let mut fitting: Vec<(i32, i16)> =
        [year - 1, year, year + 1].into_iter().filter_map(days).collect();
    fitting.retain(|(days, _)| *days <= ahead && (!future || *days >= -45));
    fitting
        .into_iter()
        .max_by_key(|(days, _)| if future { -days.abs() } else { *days })
        .map(|(_, y)| y)
}

fn near_weekday(reference: Date, weekday: Weekday, words: &[&str], tense: Tense) -> Option<Date> {
    let back = i64::from(reference.weekday().since(weekday));
    let future = tense == Tense::ToCome || (tense == Tense::MayCome && 7 - back <= back);
    let offset = if words.contains(&"next") || (future && !words.contains(&"last")) {
        if back == 0 && !words.contains(&"next") { 0 } else { 7 - back }
    } else if words.contains(&"last") && back == 0 {
        -7
    } else {
        -back
    };
    reference.checked_add(offset.days()).ok()
}

/// "last week", "two months ago", "next year", "this month".
fn relative(words: &[&str], today: Date) -> Option<Resolved> {
    let unit = words.iter().find_map(|w| Unit::of(w))?;
    let count = if words.contains(&"ago") || words.contains(&"earlier") {
        let amount = if words.iter().any(|w| matches!(*w, "a" | "an")) {
            1.0
        } else {
            read_number(&words.join(" ")).0?
        };
        #[expect(clippy::cast_possible_truncation, reason = "bounded before")]
        let amount = (0.0..10_000.0).contains(&amount).then_some(amount as i64)?;
        -amount
    } else {
        match words
            .iter()
            .find(|w| matches!(**w, "last" | "this" | "next" | "previous" | "current" | "past"))?
        {
            &"last" | &"previous" => -1,
            &"next" => 1,
            &"past" => return None,
            _ => 0,
        }
    };
    unit.shift(today, count)
}

#[derive(Clone, Copy)]
enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Decade,
}

impl Unit {
    fn of(word: &str) -> Option<Self> {
        Some(match word.trim_end_matches('s') {
            "day" => Self::Day,
            "week" => Self::Week,
            "month" => Self::Month,
            "quarter" => Self::Quarter,
            "year" => Self::Year,
            "decade" => Self::Decade,
            _ => return None,
        })
    }

    fn shift(self, today: Date, n: i64) -> Option<Resolved> {
        Some(match self {
            Self::Day => {
                (Some(today.checked_add(n.days()).ok()?.to_string()), Some(Precision::Day))
            }
            Self::Week => {
                let date = today.checked_add((n * 7).days()).ok()?.iso_week_date();
                (Some(format!("{:04}-W{:02}", date.year(), date.week())), Some(Precision::Week))
            }
            Self::Month => {
                let date = today.first_of_month().checked_add(n.months()).ok()?;
                (Some(format!("{:04}-{:02}", date.year(), date.month())), Some(Precision::Month))
            }
            Self::Quarter => {
                let date = today.first_of_month().checked_add((n * 3).months()).ok()?;
                (
                    Some(format!("{:04}-Q{}", date.year(), (date.month() + 2) / 3)),
                    Some(Precision::Quarter),
                )
            }
            Self::Year => (
                Some(format!("{:04}", today.checked_add(n.years()).ok()?.year())),
                Some(Precision::Year),
            ),
            Self::Decade => {
                let year = today.checked_add((n * 10).years()).ok()?.year();
                (Some(format!("{:03}X", year / 10)), Some(Precision::Decade))
            }
        })
    }
}

fn precision_of(words: &[&str]) -> Option<Precision> {
    words.iter().find_map(|w| match w.trim_end_matches('s') {
        "morning" | "afternoon" | "evening" | "night" => Some(Precision::Part),
        "hour" => Some(Precision::Hour),
        "minute" => Some(Precision::Minute),
        "day" | "today" | "yesterday" | "tomorrow" => Some(Precision::Day),
        "weekend" => Some(Precision::Weekend),
        "week" => Some(Precision::Week),
        "month" => Some(Precision::Month),
        "quarter" => Some(Precision::Quarter),
        "spring" | "summer" | "autumn" | "fall" | "winter" => Some(Precision::Season),
        "year" => Some(Precision::Year),
        "decade" => Some(Precision::Decade),
        "century" | "centurie" => Some(Precision::Century),
        _ => None,
    })
}

fn month(word: &str) -> Option<i8> {
    const NAMES: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    const FULL: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let at = FULL.iter().position(|m| *m == word).or_else(|| NAMES.iter().position(|m| *m == word));
    let at = at.or((word == "sept").then_some(8))?;
    i8::try_from(at + 1).ok()
}

fn weekday(word: &str) -> Option<Weekday> {
    const NAMES: [(&str, Weekday); 7] = [
        ("monday", Weekday::Monday),
        ("tuesday", Weekday::Tuesday),
        ("wednesday", Weekday::Wednesday),
        ("thursday", Weekday::Thursday),
        ("friday", Weekday::Friday),
        ("saturday", Weekday::Saturday),
        ("sunday", Weekday::Sunday),
    ];
    let word = word.trim_end_matches("'s").trim_end_matches("’s");
    NAMES.iter().find(|(name, _)| *name == word).map(|(_, day)| *day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions() {
        let reference = Some(Date::constant(2023, 10, 19)); // a Thursday
        let check = |text: &str, future: bool, value: Option<&str>, precision: Precision| {
            let tense = if future { Tense::ToCome } else { Tense::Past };
            let found = resolve(text, reference, tense);
            assert_eq!((found.0.as_deref(), found.1), (value, Some(precision)), "{text}");
        };
        check("Thursday", false, Some("2023-10-19"), Precision::Day);
        check("Friday", false, Some("2023-10-13"), Precision::Day);
        check("Friday", true, Some("2023-10-20"), Precision::Day);
        check("last Thursday", false, Some("2023-10-12"), Precision::Day);
        check("June 12", false, Some("2023-06-12"), Precision::Day);
        check("Dec. 30", false, Some("2023-12-30"), Precision::Day);
        check("April 25, 2019", false, Some("2019-04-25"), Precision::Day);
        check("September", false, Some("2023-09"), Precision::Month);
        check("November", false, Some("2022-11"), Precision::Month);
        check("2011", false, Some("2011"), Precision::Year);
        check("the 1990s", false, Some("199X"), Precision::Decade);
        check("last month", false, Some("2023-09"), Precision::Month);
        check("two weeks ago", false, Some("2023-W40"), Precision::Week);
        check("last year", false, Some("2022"), Precision::Year);
        check("yesterday", false, Some("2023-10-18"), Precision::Day);
        check("an hour", false, None, Precision::Hour);
        check("last month's", false, Some("2023-09"), Precision::Month);
        check("next week’s", false, Some("2023-W43"), Precision::Week);
        check("earlier this week", false, Some("2023-W42"), Precision::Week);
        check("later today", false, Some("2023-10-19"), Precision::Day);
        check("Tuesday morning", false, Some("2023-10-17"), Precision::Day);
        check("9:30 a.m. Tuesday", false, Some("2023-10-17T09:30"), Precision::Day);
        check("Monday at 12 p.m.", true, Some("2023-10-23T12:00"), Precision::Day);
        check("the weekend", false, Some("2023-10-14/2023-10-15"), Precision::Weekend);
        check("this weekend", false, Some("2023-10-21/2023-10-22"), Precision::Weekend);
        check("last spring", false, Some("2023-21"), Precision::Season);
        check("last fall", false, Some("2022-23"), Precision::Season);
        check("next summer", false, Some("2024-22"), Precision::Season);
        check("last winter", false, None, Precision::Season);
        check("Christmas Day", false, Some("2022-12-25"), Precision::Day);
        check("Thanksgiving", true, Some("2023-11-23"), Precision::Day);
        check("New Year's Eve 2018", false, Some("2018-12-31"), Precision::Day);
        check("the week of March 6", false, Some("2023-W10"), Precision::Week);
        check("2019-04-25", false, Some("2019-04-25"), Precision::Day);
        let planned = |text: &str| resolve(text, reference, Tense::MayCome).0;
        assert_eq!(planned("Friday").as_deref(), Some("2023-10-20"), "near ahead");
        assert_eq!(planned("Wednesday").as_deref(), Some("2023-10-18"), "yesterday");
        assert_eq!(
            resolve("Thursday", None, Tense::Past),
            (None, Some(Precision::Day)),
            "no date, no value"
        );
    }
}
