//! Days that are called by a name.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

/// The day in a year.
pub(super) type DayOf = fn(i16) -> Option<Date>;

/// Holidays of every year, as news in English names them; those of one country are of the United States.
const NAMES: [(&str, DayOf); 16] = [
    ("christmas eve", |y| Date::new(y, 12, 24).ok()),
    ("christmas", |y| Date::new(y, 12, 25).ok()),
    ("boxing", |y| Date::new(y, 12, 26).ok()),
    ("new year's eve", |y| Date::new(y, 12, 31).ok()),
    ("new year's", |y| Date::new(y, 1, 1).ok()),
    ("valentine's", |y| Date::new(y, 2, 14).ok()),
    ("halloween", |y| Date::new(y, 10, 31).ok()),
    ("veterans", |y| Date::new(y, 11, 11).ok()),
    ("thanksgiving", |y| nth(y, 11, 4, Weekday::Thursday)),
    ("labor", |y| nth(y, 9, 1, Weekday::Monday)),
    ("memorial", |y| nth(y, 5, -1, Weekday::Monday)),
    ("election", |y| nth(y, 11, 1, Weekday::Monday)?.tomorrow().ok()),
    ("good friday", |y| easter(y)?.checked_sub(2.days()).ok()),
    ("easter sunday", easter),
    ("easter monday", |y| easter(y)?.tomorrow().ok()),
    ("easter", easter),
];
/// Those that are a holiday only with "Day" behind them.
const ONLY_DAYS: [&str; 4] = ["boxing", "veterans", "labor", "election"];

/// The holiday of a year by its words, "day" included.
pub(super) fn named(words: &[&str]) -> Option<DayOf> {
    let named = words.join(" ");
    let name = named.strip_suffix(" day");
    let is = |wanted: &str| match name {
        Some(name) => name == wanted,
        None => named == wanted && !ONLY_DAYS.contains(&wanted) && wanted != "memorial",
    };
    NAMES.iter().find(|(wanted, _)| is(wanted)).map(|(_, day)| *day)
}

fn nth(year: i16, month: i8, n: i8, weekday: Weekday) -> Option<Date> {
    Date::new(year, month, 1).ok()?.nth_weekday_of_month(n, weekday).ok()
}

/// Easter Sunday of the Gregorian calendar, by Gauss's rule as Butcher wrote it down.
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - b / 4 - g + 15) % 30;
    let l = (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holidays() {
        let check = |name: &str, expected: Option<&str>| {
            let words: Vec<&str> = name.split(' ').collect();
            let day = named(&words).and_then(|day| day(2019)).map(|d| d.to_string());
            assert_eq!(day.as_deref(), expected, "{name}");
        };
        check("thanksgiving", Some("2019-11-28"));
        check("thanksgiving day", Some("2019-11-28"));
        check("labor day", Some("2019-09-02"));
        check("memorial day", Some("2019-05-27"));
        check("election day", Some("2019-11-05"));
        check("christmas eve", Some("2019-12-24"));
        check("new year's day", Some("2019-01-01"));
        check("easter", Some("2019-04-21"));
        check("good friday", Some("2019-04-19"));
        check("labor", None);
        check("memorial", None);
        check("a day", None);
        let easters = [(1999, 4, 4), (2008, 3, 23), (2011, 4, 24), (2024, 3, 31), (2038, 4, 25)];
        for (year, month, day) in easters {
            assert_eq!(easter(year), Date::new(year, month, day).ok());
        }
    }
}
