//! Dates as articles write them, with the precision that they have.
//!
//! ISO 8601 (extended and basic), RFC 2822, `May 31, 2018`, `31 May 2018` with an optional time, and numeric dates whose
//! order is beyond doubt. `03/04/2018` is not settled and therefore not read.

use copydesk_types::{DateValue, Precision};
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

/// Longest text that is looked at.
const LONGEST: usize = 80;

/// Reads one date, or date and time, that is all of `text`.
pub(crate) fn parse(text: &str) -> Option<DateValue> {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST || !text.is_char_boundary(text.len()) {
        return None;
    }
    iso(text).or_else(|| written(text))
}

/// A Unix time in seconds or milliseconds, as some feeds carry it.
pub(crate) fn from_unix(number: i64) -> Option<DateValue> {
    let seconds = if number.unsigned_abs() >= 100_000_000_000 { number / 1000 } else { number };
    if seconds < 100_000_000 {
        return None;
    }
    let stamp = jiff::Timestamp::from_second(seconds).ok()?;
    Some(value(stamp.to_string(), Precision::Second))
}

fn value(at: String, precision: Precision) -> DateValue {
    DateValue { at: Some(at), precision: Some(precision) }
}

fn number(text: &str) -> Option<i16> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn day(year: &str, month: &str, day: &str) -> Option<Date> {
    let year = number(year).filter(|y| (1000..=2999).contains(y))?;
    let date =
        Date::new(year, i8::try_from(number(month)?).ok()?, i8::try_from(number(day)?).ok()?);
    date.ok()
}

/// `2018`, `2018-05`, `2018-05-31`, `20180531`, `2018/05/31`, each day also with a time.
fn iso(text: &str) -> Option<DateValue> {
    let (date, time) = match text.split_once(['T', 't', ' ']) {
        Some((date, time)) => (date, Some(time.trim())),
        None => (text, None),
    };
    let parts: Vec<&str> = date.split(['-', '/']).collect();
    let date = match *parts.as_slice() {
        [compact] if compact.len() == 8 => {
            day(compact.get(..4)?, compact.get(4..6)?, compact.get(6..)?)?
        }
        [year] if time.is_none() && year.len() == 4 => {
            return day(year, "1", "1").map(|_| value(year.to_owned(), Precision::Year));
        }
        [year, month] if time.is_none() && year.len() == 4 && month.len() == 2 => {
            return day(year, month, "1")
                .map(|d| value(d.strftime("%Y-%m").to_string(), Precision::Month));
        }
        [year, month, d] if year.len() == 4 => day(year, month, d)?,
        _ => return None,
    };
    with_time(date, time)
}

/// The date with the time that stands behind it, if any.
fn with_time(date: Date, time: Option<&str>) -> Option<DateValue> {
    let Some(time) = time.filter(|t| !t.is_empty()) else {
        return Some(value(date.to_string(), Precision::Day));
    };
    let (clock, zone) = split_zone(time);
    let (time, precision) = clock_time(clock.trim())?;
    let shown = if precision == Precision::Minute { "%H:%M" } else { "%H:%M:%S" };
    let mut at = format!("{date}T{}", time.strftime(shown));
    at.push_str(&zone_suffix(zone.trim())?);
    Some(value(at, precision))
}

/// `10:30:00+02:00` into the time and its zone.
fn split_zone(time: &str) -> (&str, &str) {
    let at =
        time.find(|c: char| c == '+' || c == '-' || c.is_ascii_alphabetic()).unwrap_or(time.len());
    let (clock, zone) = time.split_at(at);
    // am and pm belong to the time.
    let lower = zone.to_ascii_lowercase();
    for mark in ["a.m.", "p.m.", "am", "pm"] {
        if lower.starts_with(mark) {
            return time.split_at(at + mark.len());
        }
    }
    (clock, zone)
}

/// `10:30`, `10:30:15`, `10:30:15.250`, `103015`, `1030`, `10:30 pm`, with the precision of what is written.
fn clock_time(text: &str) -> Option<(Time, Precision)> {
    let lower = text
        .to_ascii_lowercase()
        .replace('.', if text.contains('m') || text.contains('M') { "" } else { "." });
    let (digits, half) = match lower.strip_suffix("am").or_else(|| lower.strip_suffix("pm")) {
        Some(rest) => (rest.trim(), Some(lower.ends_with("pm"))),
        None => (lower.trim(), None),
    };
    let digits = digits.split(['.', ',']).next()?;
    let parts: Vec<&str> = digits.split(':').collect();
    let (hour, minute, second) = match *parts.as_slice() {
        [compact] if compact.len() == 6 => {
            (compact.get(..2)?, compact.get(2..4)?, compact.get(4..))
        }
        [compact] if compact.len() == 4 => (compact.get(..2)?, compact.get(2..)?, None),
        [hour] if half.is_some() => (hour, "0", None),
        [hour, minute] => (hour, minute, None),
        [hour, minute, second] => (hour, minute, Some(second)),
        _ => return None,
    };
    let mut hour = i8::try_from(number(hour)?).ok()?;
    if let Some(after_noon) = half {
        if !(1..=12).contains(&hour) {
            return None;
        }
        hour = hour % 12 + if after_noon { 12 } else { 0 };
    }
    let precision = if second.is_some() { Precision::Second } else { Precision::Minute };
    let minute = i8::try_from(number(minute)?).ok()?;
    let second = i8::try_from(number(second.unwrap_or("0"))?).ok()?.min(59);
    Some((Time::new(hour, minute, second, 0).ok()?, precision))
}

/// The zone as ISO 8601 writes it; empty when none is given, `None` when it is not understood.
fn zone_suffix(zone: &str) -> Option<String> {
    // The abbreviations of RFC 2822 are the only settled ones.
    let hours = match zone.to_ascii_uppercase().as_str() {
        "" => return Some(String::new()),
        "Z" | "UT" | "UTC" | "GMT" => return Some("Z".into()),
        "EDT" => -4,
        "EST" | "CDT" => -5,
        "CST" | "MDT" => -6,
        "MST" | "PDT" => -7,
        "PST" => -8,
        _ => return numeric_zone(zone),
    };
    Some(format!("{hours:+03}:00"))
}

fn numeric_zone(zone: &str) -> Option<String> {
    let (sign, rest) = match zone.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let digits: String = rest.chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = match digits.len() {
        2 => (digits.as_str(), "0"),
        4 => digits.split_at_checked(2)?,
        _ => return None,
    };
    let (hours, minutes) = (i32::from(number(hours)?), i32::from(number(minutes)?));
    if minutes > 59 {
        return None;
    }
    let offset = Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()?;
    Some(if offset.seconds() == 0 {
        "Z".into()
    } else {
        format!("{}{hours:02}:{minutes:02}", if sign < 0 { '-' } else { '+' })
    })
}

/// `May 31, 2018`, `31 May 2018`, `Thu, 31 May 2018 10:30:00 +0200`, `31.05.2018`, `5/31/2018`.
fn written(text: &str) -> Option<DateValue> {
    let text = text.replace(" at ", " ");
    let mut words: Vec<&str> = text.split([' ', ',']).filter(|w| !w.is_empty()).collect();
    if words.first().is_some_and(|w| is_weekday(w)) {
        words.remove(0);
    }
    let (date, used) = match *words.as_slice() {
        [numeric, ..] if numeric.contains(['/', '.']) && month(numeric).is_none() => {
            (numeric_day(numeric)?, 1)
        }
        [name, d, year, ..] if month(name).is_some() => (named_day(name, d, year)?, 3),
        [d, name, year, ..] if month(name).is_some() => (named_day(name, d, year)?, 3),
        [name, year] if month(name).is_some() && year.len() == 4 => {
            let first = named_day(name, "1", year)?;
            return Some(value(first.strftime("%Y-%m").to_string(), Precision::Month));
        }
        _ => return None,
    };
    let time = words.get(used..)?.join(" ");
    with_time(date, Some(&time))
}

fn named_day(name: &str, d: &str, year: &str) -> Option<Date> {
    let d = ["st", "nd", "rd", "th"].iter().find_map(|end| d.strip_suffix(end)).unwrap_or(d);
    day(year.trim_end_matches('.'), &month(name)?.to_string(), d.trim_end_matches('.'))
}

/// A numeric date only where day and month cannot be taken for each other.
fn numeric_day(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split(['/', '.']).collect();
    let [a, b, year] = *parts.as_slice() else { return None };
    if year.len() != 4 {
        return None;
    }
    match (number(a)?, number(b)?) {
        (first, second) if first > 12 || first == second => day(year, b, a),
        (_, second) if second > 12 => day(year, a, b),
        _ => None,
    }
}

fn is_weekday(word: &str) -> bool {
    const DAYS: &[&str] =
        &["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let word = word.trim_end_matches('.').to_ascii_lowercase();
    word.len() >= 3 && DAYS.iter().any(|day| day.starts_with(&word))
}

/// The number of a month by its English name or abbreviation.
pub(crate) fn month(word: &str) -> Option<u8> {
    const MONTHS: &[&str] = &[
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
    let word = word.trim_end_matches('.').to_ascii_lowercase();
    if word.len() < 3 {
        return None;
    }
    let at = MONTHS.iter().position(|m| m.starts_with(&word))?;
    u8::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        let check = |input: &str, at: &str, precision: Precision| {
            let found = parse(input).unwrap_or_else(|| panic!("{input} is not read"));
            assert_eq!(
                (found.at.as_deref(), found.precision),
                (Some(at), Some(precision)),
                "{input}"
            );
        };
        check("2018", "2018", Precision::Year);
        check("2018-05", "2018-05", Precision::Month);
        check("2018-05-31", "2018-05-31", Precision::Day);
        check("20180531", "2018-05-31", Precision::Day);
        check("2018/05/31", "2018-05-31", Precision::Day);
        check("2018-05-31T10:30", "2018-05-31T10:30", Precision::Minute);
        check("2018-05-31T10:30Z", "2018-05-31T10:30Z", Precision::Minute);
        check("2018-05-31T10:30:15.250Z", "2018-05-31T10:30:15Z", Precision::Second);
        check("2018-05-31T10:30:15+02:00", "2018-05-31T10:30:15+02:00", Precision::Second);
        check("2018-05-31T10:30:15-0330", "2018-05-31T10:30:15-03:30", Precision::Second);
        check("2018-05-31 10:30:15 UTC", "2018-05-31T10:30:15Z", Precision::Second);
        check("2018-05-31 10:30:15", "2018-05-31T10:30:15", Precision::Second);
        check("20180531T103015Z", "2018-05-31T10:30:15Z", Precision::Second);
        check("20180531T103015+0000", "2018-05-31T10:30:15Z", Precision::Second);
        check("Thu, 31 May 2018 10:30:15 GMT", "2018-05-31T10:30:15Z", Precision::Second);
        check("Thu, 31 May 2018 10:30:15 -0400", "2018-05-31T10:30:15-04:00", Precision::Second);
        check("May 31, 2018", "2018-05-31", Precision::Day);
        check("Thursday, May 31st, 2018", "2018-05-31", Precision::Day);
        check("31 May 2018", "2018-05-31", Precision::Day);
        check("Sept. 3, 2016", "2016-09-03", Precision::Day);
        check("May 2018", "2018-05", Precision::Month);
        check("May 31, 2018 at 5:04 p.m. EDT", "2018-05-31T17:04-04:00", Precision::Minute);
        check("May 31, 2018 12:05 AM", "2018-05-31T00:05", Precision::Minute);
        check("31.05.2018", "2018-05-31", Precision::Day);
        check("5/31/2018", "2018-05-31", Precision::Day);
        check("31/05/2018 10:30", "2018-05-31T10:30", Precision::Minute);
        check("05/05/2018", "2018-05-05", Precision::Day);
    }

    #[test]
    fn not_settled_or_not_a_date() {
        for bad in [
            "",
            "yesterday",
            "03/04/2018",
            "3.4.2018",
            "2018-13-01",
            "2018-02-30",
            "May 31",
            "31/05/18",
            "2018-05-31T25:00",
            "2018-05-31T10:30 somewhere",
            "May 32, 2018",
            "12345678901234567890",
            "١٢",
            "é",
            "2018-05-31T",
            "+5",
            "99999999",
        ] {
            if bad == "2018-05-31T" {
                assert!(parse(bad).is_some());
            } else {
                assert_eq!(parse(bad), None, "{bad}");
            }
        }
    }

    #[test]
    fn unix_times() {
        let at = |n: i64| from_unix(n).and_then(|v| v.at);
        assert_eq!(at(1_527_762_615).as_deref(), Some("2018-05-31T10:30:15Z"));
        assert_eq!(at(1_527_762_615_000).as_deref(), Some("2018-05-31T10:30:15Z"));
        assert_eq!(at(2018), None);
        assert_eq!(at(i64::MAX), None);
        assert_eq!(at(i64::MIN), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text(text in "\\PC{0,30}") {
            let _found = parse(&text);
        }

        #[test]
        fn every_day_is_read_back(year in 1900i16..2100, month in 1i8..13, d in 1i8..29) {
            let date = Date::new(year, month, d).unwrap();
            for format in ["%Y-%m-%d", "%B %d, %Y", "%d %b %Y", "%a, %d %b %Y"] {
                let found = parse(&date.strftime(format).to_string()).unwrap();
                proptest::prop_assert_eq!(found.at, Some(date.to_string()));
            }
        }
    }
}
