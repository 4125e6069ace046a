//! Numbers with their units.

use copydesk_nlp::Doc;
use copydesk_types::Quantity;

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
        let (value, rest) = read_number(text);
        let unit = match label {
            "PERCENT" => Some("%".to_owned()),
            "MONEY" => currency(text).map(str::to_owned),
            "QUANTITY" => Some(rest).filter(|r| !r.is_empty()),
            _ => None,
        };
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
    let word = WORDS.iter().find(|(word, _)| {
        lower.split(|c: char| !c.is_alphabetic()).any(|w| w.trim_end_matches('s') == *word)
    });
    sign.or(word).map(|(_, code)| *code)
}

/// The value of "2.4 million", "1,200", "twenty-five", "third", and the words that are no number.
pub(super) fn read_number(text: &str) -> (Option<f64>, String) {
    let (mut total, mut group, mut any, mut rest) = (0.0, 0.0, false, Vec::new());
    for word in text.split(|c: char| c.is_whitespace() || c == '-') {
        let digits: String = word.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
        let lower = word.to_lowercase();
        let word_value = small(lower.trim_matches(|c: char| !c.is_alphabetic()));
        if digits.chars().any(|c| c.is_ascii_digit()) {
            // Two numbers in one expression ("5 to 7") settle no single value.
            if any {
                return (None, String::new());
            }
            let Ok(n) = digits.trim_matches('.').parse::<f64>() else {
                return (None, String::new());
            };
            (group, any) = (n, true);
            let tail: String = word.chars().skip_while(|c| !c.is_alphabetic()).collect();
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
        } else if let Some(n) = word_value {
            (group, any) = (group + n, true);
        } else if !matches!(
            lower.as_str(),
            "" | "and"
                | "a"
                | "an"
                | "about"
                | "some"
                | "nearly"
                | "almost"
                | "around"
                | "over"
                | "than"
                | "more"
                | "less"
                | "percent"
                | "%"
        ) {
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
    at(&WORDS)
        .or(at(&ORDINALS))
        .or(at(&TENS).map(|n| (n + 2.0) * 10.0))
        .or((word == "half").then_some(0.5))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(currency("US$5"), Some("USD"));
        assert_eq!(currency("3 million euros"), Some("EUR"));
        assert_eq!(currency("3 wonders"), None);
    }
}
