//! Expressions of time, resolved against the date of publication. Without one they stay unresolved.
//!
//! News speaks of the past: a bare weekday is the most recent one, the day of publication included, unless the clause
//! is in the future.

use copydesk_nlp::Doc;
use copydesk_types::{Article, Precision, TimeExpr};
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use super::lexicon::has;
use super::quantities::read_number;

/// Times in order of the text.
pub(super) fn find(doc: &Doc, article: &Article) -> Vec<TimeExpr> {
    let reference = article.published.at.as_deref().and_then(reference_date);
    let mut out = Vec::new();
    for &ent in doc.ents() {
        if !matches!(doc.ent_label(ent), "DATE" | "TIME") {
            continue;
        }
        let text = doc.span_text(ent.start..ent.end);
        let future = is_future(doc, ent.start);
        let (value, precision) = resolve(text, reference, future);
        let bytes = doc.bytes(ent.start..ent.end);
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

/// Whether the expression is of what is to come: by the verb above it, or by the word before it.
fn is_future(doc: &Doc, token: usize) -> bool {
    let sentence = doc.sent_of(token);
    let before = (sentence.start.max(token.saturating_sub(3))..token).map(|t| doc.lower(t));
    if before
        .into_iter()
        .any(|w| has("scheduled due set slated planned until upcoming coming expected", w))
    {
        return true;
    }
    let verb = doc.ancestors(token).find(|&a| doc.tag(a).starts_with("VB") || doc.tag(a) == "MD");
    let Some(verb) = verb.filter(|v| sentence.contains(v)) else { return false };
    let aux = |list: &str| {
        doc.children(verb).any(|c| doc.dep(c).starts_with("aux") && has(list, doc.lower(c)))
    };
    match doc.tag(verb) {
        "VB" if aux("to") => {
            !has("manage fail try begin seem appear have", doc.lemma(doc.head(verb)))
                || doc.tag(doc.head(verb)) != "VBD"
        }
        "VB" => aux("will 'll ’ll shall would may might can could must should"),
        "VBZ" | "VBP" => !has(
            "say be have report show quote accord know think believe want mean",
            doc.lemma(verb),
        ),
        "VBG" => aux("is are 's ’s 're ’re am"),
        "VBN" => {
            aux("will 'll ’ll be")
                && aux("will 'll ’ll shall would may might can could must should to")
        }
        _ => false,
    }
}

/// The day of an ISO date or date and time.
fn reference_date(at: &str) -> Option<Date> {
    at.get(..10)?.parse().ok()
}

/// Value and precision of an expression.
fn resolve(
    text: &str,
    reference: Option<Date>,
    future: bool,
) -> (Option<String>, Option<Precision>) {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '-' | '/'))
        .map(|w| w.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|w| !w.is_empty())
        .collect();
    let day = |d: Date| (Some(d.to_string()), Some(Precision::Day));
    if let Some(found) = calendar(&words, reference, future) {
        return found;
    }
    if let Some(weekday) = words.iter().find_map(|w| weekday(w)) {
        let found = reference.and_then(|r| near_weekday(r, weekday, &words, future));
        return (found.map(|d| d.to_string()), Some(Precision::Day));
    }
    let Some(today) = reference else { return (None, precision_of(&words)) };
    let shifted = |days: i64| today.checked_add(days.days()).ok();
    match words.as_slice() {
        ["today" | "tonight"]
        | ["this", "morning" | "afternoon" | "evening"]
        | ["earlier", "today"] => day(today),
        ["yesterday"] | ["last", "night"] => shifted(-1).map_or((None, None), day),
        ["tomorrow"] => shifted(1).map_or((None, None), day),
        _ => relative(&words, today).unwrap_or((None, precision_of(&words))),
    }
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

fn near_weekday(reference: Date, weekday: Weekday, words: &[&str], future: bool) -> Option<Date> {
    let back = i64::from(reference.weekday().since(weekday));
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
            let found = resolve(text, reference, future);
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
        assert_eq!(
            resolve("Thursday", None, false),
            (None, Some(Precision::Day)),
            "no date, no value"
        );
    }
}
