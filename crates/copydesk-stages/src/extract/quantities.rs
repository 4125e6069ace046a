//! Numbers with their units.

use copydesk_nlp::Doc;
use copydesk_types::Quantity;

use super::lexicon::has;

/// Quantities in order of the text.
pub(super) fn find(doc: &Doc) -> Vec<Quantity> {
    let mut out = Vec::new();
    for &ent in doc.ents() {
        let label = doc.ent_label(ent);
        if !matches!(label, "PERCENT" | "MONEY" | "QUANTITY" | "CARDINAL" | "ORDINAL") {
            continue;
        }
        let bytes = doc.bytes(ent.start..ent.end);
        let text = doc.span_text(ent.start..ent.end);
        let (value, unit) = read(label, text);
        out.push(Quantity {
            start: bytes.start,
            end: bytes.end,
            text: text.to_owned(),
            label: label.to_owned(),
            value,
            unit,
        });
    }
    out
}

/// Value and unit of an expression that the model calls so.
fn read(label: &str, text: &str) -> (Option<f64>, Option<String>) {
    let (value, rest) = read_number(text);
    // "a mile", and not "a few miles".
    let one = label == "QUANTITY" && has("a an", text.split(' ').next().unwrap_or_default());
    let value = value.or(Some(1.0).filter(|_| one && !rest.is_empty() && !is_vague(&rest)));
    let unit = match label {
        "PERCENT" => Some("%".to_owned()),
        // The model calls shares money as well.
        _ if is_percent(text) => Some("%".to_owned()),
        "MONEY" => currency(text).map(str::to_owned),
        "QUANTITY" => Some(rest).filter(|r| !r.is_empty()),
        _ => None,
    };
    (value, unit)
}

fn is_percent(text: &str) -> bool {
    let lower = text.to_lowercase();
    lower.contains('%') || lower.contains("per cent") || lower.contains("percent")
}

fn is_vague(rest: &str) -> bool {
    rest.split(' ').any(|w| has("few several couple many number", &w.to_lowercase()))
}

/// The ISO 4217 code of the currency that the words name.
fn currency(text: &str) -> Option<&'static str> {
    const SIGNS: [(&str, &str); 16] = [
        ("US$", "USD"),
        ("A$", "AUD"),
        ("C$", "CAD"),
        ("HK$", "HKD"),
        ("$", "USD"),
        ("£", "GBP"),
        ("€", "EUR"),
        ("¥", "JPY"),
        ("₽", "RUB"),
        ("₹", "INR"),
        ("₩", "KRW"),
        ("₺", "TRY"),
        ("₴", "UAH"),
        ("₪", "ILS"),
        ("₦", "NGN"),
        ("Rs", "INR"),
    ];
    const WORDS: [(&str, &str); 12] = [
        ("dollar", "USD"),
        ("euro", "EUR"),
        ("pound", "GBP"),
        ("yen", "JPY"),
        ("yuan", "CNY"),
        ("renminbi", "CNY"),
        ("rouble", "RUB"),
        ("ruble", "RUB"),
        ("rupee", "INR"),
        ("won", "KRW"),
        ("lira", "TRY"),
        ("franc", "CHF"),
    ];
    let sign = SIGNS.iter().find(|(sign, _)| text.contains(sign));
    let lower = text.to_lowercase();
    let rand = text.strip_prefix('R').is_some_and(|t| t.starts_with(|c: char| c.is_ascii_digit()));
    if rand {
        return Some("ZAR");
    }
    let word = WORDS.iter().find(|(word, _)| {
        lower.split(|c: char| !c.is_alphabetic()).any(|w| w.trim_end_matches('s') == *word)
    });
    sign.or(word).map(|(_, code)| *code)
}

/// Words beside a number that are no unit.
const NO_UNITS: &str = "and a an about some nearly almost around over than more less percent % per cent only just approximately roughly at least most \
    up to as much many fewer under additional another";

/// "1/2", "3/4".
fn fraction(word: &str) -> Option<f64> {
    let (above, below) = word.split_once('/')?;
    let (above, below) = (above.parse::<u8>().ok()?, below.parse::<u8>().ok()?);
    (above < below).then(|| f64::from(above) / f64::from(below))
}

/// "two thirds", "three quarters": what a number of such parts is multiplied with.
fn parts(word: &str) -> Option<f64> {
    let of = match word {
        "halves" => 2.0,
        "thirds" => 3.0,
        "quarters" => 4.0,
        "fifths" => 5.0,
        "sixths" => 6.0,
        "eighths" => 8.0,
        "tenths" => 10.0,
        _ => return None,
    };
    Some(1.0 / of)
}

/// The value of "2.4 million", "1,200", "twenty-five", "third", and the words that are no number.
pub(super) fn read_number(text: &str) -> (Option<f64>, String) {
    let (mut total, mut group, mut any, mut rest) = (0.0, 0.0, false, Vec::new());
    // The word before where it ends in one to three digits, so that three more may go on with it.
    let mut last = None;
    for word in text.split(|c: char| c.is_whitespace() || c == '-') {
        if let Some(part) = fraction(word) {
            (group, any) = (group + part, true);
            continue;
        }
        let digits: String = word.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
        let lower = word.to_lowercase();
        let word_value = small(lower.trim_matches(|c: char| !c.is_alphabetic()));
        if digits.chars().any(|c| c.is_ascii_digit()) {
            // "500 000": a group of thousands.
            let goes_on = |last: &str| word.len() == 3 && text.contains(&format!("{last} {word}"));
            if digits == word && last.replace(word).is_some_and(goes_on) {
                group = group * 1000.0 + digits.parse().unwrap_or(0.0);
                continue;
            }
            // Two numbers in one expression ("5 to 7") settle no single value.
            if any {
                return (None, String::new());
            }
            let Ok(n) = digits.trim_matches('.').parse::<f64>() else {
                return (None, String::new());
            };
            (group, any) = (n, true);
            last = Some(word).filter(|_| digits.len() <= 3 && word.ends_with(&digits));
            let tail = word.rsplit(|c: char| c.is_ascii_digit()).next().unwrap_or_default();
            let tail: String = tail.chars().filter(|c| c.is_alphabetic()).collect();
            match scale(&tail.to_lowercase()) {
                Some(s) => group *= s,
                None if !tail.is_empty() && !matches!(tail.as_str(), "st" | "nd" | "rd" | "th") => {
                    rest.push(tail);
                }
                None => {}
            }
        } else if let Some(s) = scale(&lower) {
            let base: f64 = if group == 0.0 { 1.0 } else { group };
            if s >= 1000.0 {
                (total, group) = (total + base * s, 0.0);
            } else {
                group = base * s;
            }
            any = true;
        } else if let Some(part) = parts(&lower).filter(|_| any && group > 0.0) {
            group *= part;
        } else if let Some(n) = word_value {
            (group, any) = (group + n, true);
        } else if !has(NO_UNITS, &lower) && !lower.is_empty() {
            rest.push(word.to_owned());
        }
    }
    (any.then_some(total + group), rest.join(" "))
}

fn scale(word: &str) -> Option<f64> {
    Some(match word {
        "hundred" | "hundreds" => 100.0,
        "thousand" | "thousands" | "k" => 1e3,
        "million" | "millions" | "m" | "mn" => 1e6,
        "billion" | "billions" | "bn" | "b" => 1e9,
        "trillion" | "trillions" | "tn" => 1e12,
        "dozen" | "dozens" => 12.0,
        _ => return None,
    })
}

fn small(word: &str) -> Option<f64> {
    const WORDS: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] =
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    const ORDINALS: [&str; 13] = [
        "zeroth", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth",
        "ninth", "tenth", "eleventh", "twelfth",
    ];
    let at = |list: &[&str]| list.iter().position(|w| *w == word).map(|n| n as f64);
    let ordinal = word.strip_suffix("ieth").map(|w| format!("{w}y"));
    let teen = word.strip_suffix("th").filter(|w| w.ends_with("teen")).map(str::to_owned);
    if let Some(cardinal) = ordinal.or(teen) {
        return small(&cardinal);
    }
    at(&WORDS)
        .or(at(&ORDINALS))
        .or(at(&TENS).map(|n| (n + 2.0) * 10.0))
        .or((word == "half").then_some(0.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        let check = |label: &str, text: &str, value: Option<f64>, unit: Option<&str>| {
            let (found, of) = read(label, text);
            assert_eq!((found, of.as_deref()), (value, unit), "{label} {text}");
        };
        check("MONEY", "3.5 per cent", Some(3.5), Some("%"));
        check("MONEY", "US$5 million", Some(5e6), Some("USD"));
        check("PERCENT", "only 19 percent", Some(19.0), Some("%"));
        check("QUANTITY", "a mile", Some(1.0), Some("mile"));
        check("QUANTITY", "a few miles", None, Some("few miles"));
        check("QUANTITY", "just 269 yards", Some(269.0), Some("yards"));
        check("CARDINAL", "at least nine", Some(9.0), None);
    }

    #[test]
    fn numbers() {
        let check = |text: &str, value: Option<f64>, rest: &str| {
            assert_eq!(read_number(text), (value, rest.to_owned()), "{text}");
        };
        check("2.4 percent", Some(2.4), "");
        check("$1,200", Some(1200.0), "");
        check("about 2.5 million barrels", Some(2_500_000.0), "barrels");
        check("two hundred and fifty thousand", Some(250_000.0), "");
        check("twenty-five", Some(25.0), "");
        check("the third", Some(3.0), "the");
        check("5 to 7 km", None, "");
        check("30km", Some(30.0), "km");
        check("dozens", Some(12.0), "");
        check("1/2 mile", Some(0.5), "mile");
        check("about 5 1/2 hours", Some(5.5), "hours");
        check("two-thirds", Some(2.0 / 3.0), "");
        check("three quarters", Some(0.75), "");
        check("the 2nd quarter", Some(2.0), "the quarter");
        check("R500 000", Some(500_000.0), "");
        check("1 250 000 people", Some(1_250_000.0), "people");
        check("100-200", None, "");
        check("30 200 km", Some(30_200.0), "km");
        check("only 25 yards", Some(25.0), "yards");
        check("three per cent", Some(3.0), "");
        check("fifteenth", Some(15.0), "");
        check("twentieth", Some(20.0), "");
        check("thirty-ninth", Some(39.0), "");
        check("a few miles", None, "few miles");
        assert_eq!(currency("US$5"), Some("USD"));
        assert_eq!(currency("3 million euros"), Some("EUR"));
        assert_eq!(currency("R500 000"), Some("ZAR"));
        assert_eq!(currency("3 wonders"), None);
    }
}
