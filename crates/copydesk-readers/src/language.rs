//! The language of an article: what it declares, else what its words show, else `und`.

use copydesk_types::{Language, Origin};

use crate::metadata::Metadata;

/// Letters below which a Latin text is not judged.
const SHORTEST: usize = 24;
/// Bytes of the body that are looked at.
const SAMPLE: usize = 8 * 1024;
/// Share of words that are English function words, above which a text is English whatever the trigrams say.
/// Running English has 35 to 50 in a hundred; other Latin-script languages stay below 8.
const ENGLISH_SHARE: f64 = 0.2;
/// Share of English function words at which there is no doubt left.
const ENGLISH_SURE: f64 = 0.33;
/// With more than one digit for so many letters a text is a table.
const LETTERS_PER_DIGIT: usize = 8;

/// Fills the language from the body when the article does not declare it.
pub(crate) fn fill(metadata: &mut Metadata, body: &str) {
    if metadata.article.from.contains_key("language") {
        return;
    }
    let found = detect(body);
    if found.code != "und" {
        metadata.article.from.insert("language".into(), Origin::Body);
    }
    metadata.article.language = found;
}

/// The language that the words of `body` show, with a confidence of two digits; `und` when they do not suffice.
pub(crate) fn detect(body: &str) -> Language {
    let sample = body.get(..body.floor_char_boundary(SAMPLE)).unwrap_or(body);
    let share = english_share(sample);
    if share >= ENGLISH_SHARE {
        return Language {
            code: "en".into(),
            confidence: rounded((share / ENGLISH_SURE).min(1.0)),
        };
    }
    let letters = sample.chars().filter(|c| c.is_alphabetic()).count();
    let digits = sample.chars().filter(char::is_ascii_digit).count();
    let Some(info) = whatlang::detect(sample) else { return Language::default() };
    // The script of one language alone (Greek, Georgian, Korean …) tells at once, Latin and Cyrillic need words, and
    // tables of figures have none.
    let shared = matches!(info.script(), whatlang::Script::Latin | whatlang::Script::Cyrillic);
    if shared && (letters < SHORTEST || digits * LETTERS_PER_DIGIT > letters) {
        return Language::default();
    }
    if let Some(code) = by_cyrillic_letters(sample) {
        return Language { code: code.into(), confidence: 0.9 };
    }
    match code(info.lang().code()) {
        Some(code) if info.is_reliable() => {
            Language { code: code.into(), confidence: rounded(info.confidence()) }
        }
        _ => Language::default(),
    }
}

/// The language whose own letters a Cyrillic text has; trigrams hardly part the Slavic languages in short texts.
fn by_cyrillic_letters(text: &str) -> Option<&'static str> {
    let (mut cyrillic, mut others) = (0usize, 0usize);
    let mut seen = [false; 7];
    for c in text.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase) {
        if matches!(c, '\u{400}'..='\u{4ff}') {
            cyrillic += 1;
        } else {
            others += 1;
        }
        match c {
            'ј' | 'љ' | 'њ' | 'џ' => seen[6] = true,
            'ђ' | 'ћ' => seen[0] = true,
            'ѓ' | 'ќ' | 'ѕ' => seen[1] = true,
            'ў' => seen[2] = true,
            'ї' | 'є' | 'ґ' => seen[3] = true,
            'ы' | 'э' | 'ё' => seen[4] = true,
            '\u{460}'..='\u{4ff}' => seen[5] = true,
            _ => {}
        }
    }
    if cyrillic < others * 3 {
        return None;
    }
    match seen {
        [true, false, false, false, false, false, _] => Some("sr"),
        [false, true, false, false, false, false, _] => Some("mk"),
        [false, false, true, false, _, false, false] => Some("be"),
        [false, false, false, true, false, false, false] => Some("uk"),
        [false, false, false, false, true, false, false] => Some("ru"),
        _ => None,
    }
}

fn rounded(confidence: f64) -> f64 {
    (confidence * 100.0).round() / 100.0
}

/// Function words that no other large language in Latin script shares.
fn english_share(text: &str) -> f64 {
    const WORDS: &[&str] = &[
        "about", "after", "and", "are", "as", "at", "been", "but", "by", "for", "from", "had",
        "has", "have", "he", "her", "his", "is", "it", "its", "not", "of", "on", "or", "said",
        "she", "that", "the", "their", "they", "this", "to", "was", "were", "which", "who", "will",
        "with", "would", "you",
    ];
    let (mut all, mut english) = (0usize, 0usize);
    for word in text.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()) {
        all += 1;
        english += usize::from(WORDS.binary_search(&word.to_ascii_lowercase().as_str()).is_ok());
    }
    if all < 4 { 0.0 } else { english as f64 / all as f64 }
}

/// The ISO 639-1 code for a language tag (`en-US`), a three-letter code (`eng`) or an English name (`English`).
pub(crate) fn code(value: &str) -> Option<&'static str> {
    let value = value.trim().to_ascii_lowercase();
    let primary = value.split(['-', '_']).next().unwrap_or_default();
    if primary.len() == 2 {
        let at = TWO_LETTERS.binary_search(&primary).ok()?;
        return TWO_LETTERS.get(at).copied();
    }
    LONGER.iter().find(|(_, names)| names.contains(&primary)).map(|(code, _)| *code)
}

/// ISO 639-1, sorted.
const TWO_LETTERS: &[&str] = &[
    "aa", "ab", "ae", "af", "ak", "am", "an", "ar", "as", "av", "ay", "az", "ba", "be", "bg", "bh",
    "bi", "bm", "bn", "bo", "br", "bs", "ca", "ce", "ch", "co", "cr", "cs", "cu", "cv", "cy", "da",
    "de", "dv", "dz", "ee", "el", "en", "eo", "es", "et", "eu", "fa", "ff", "fi", "fj", "fo", "fr",
    "fy", "ga", "gd", "gl", "gn", "gu", "gv", "ha", "he", "hi", "ho", "hr", "ht", "hu", "hy", "hz",
    "ia", "id", "ie", "ig", "ii", "ik", "io", "is", "it", "iu", "ja", "jv", "ka", "kg", "ki", "kj",
    "kk", "kl", "km", "kn", "ko", "kr", "ks", "ku", "kv", "kw", "ky", "la", "lb", "lg", "li", "ln",
    "lo", "lt", "lu", "lv", "mg", "mh", "mi", "mk", "ml", "mn", "mr", "ms", "mt", "my", "na", "nb",
    "nd", "ne", "ng", "nl", "nn", "no", "nr", "nv", "ny", "oc", "oj", "om", "or", "os", "pa", "pi",
    "pl", "ps", "pt", "qu", "rm", "rn", "ro", "ru", "rw", "sa", "sc", "sd", "se", "sg", "si", "sk",
    "sl", "sm", "sn", "so", "sq", "sr", "ss", "st", "su", "sv", "sw", "ta", "te", "tg", "th", "ti",
    "tk", "tl", "tn", "to", "tr", "ts", "tt", "tw", "ty", "ug", "uk", "ur", "uz", "ve", "vi", "vo",
    "wa", "wo", "xh", "yi", "yo", "za", "zh", "zu",
];

/// Three-letter codes (ISO 639-2 and 639-3) and English names of languages in which news is written.
const LONGER: &[(&str, &[&str])] = &[
    ("af", &["afr", "afrikaans"]),
    ("ak", &["aka", "akan"]),
    ("am", &["amh", "amharic"]),
    ("ar", &["ara", "arb", "arabic"]),
    ("az", &["aze", "azj", "azerbaijani"]),
    ("be", &["bel", "belarusian"]),
    ("bg", &["bul", "bulgarian"]),
    ("bn", &["ben", "bengali", "bangla"]),
    ("bs", &["bos", "bosnian"]),
    ("ca", &["cat", "catalan"]),
    ("cs", &["ces", "cze", "czech"]),
    ("cy", &["cym", "wel", "welsh"]),
    ("da", &["dan", "danish"]),
    ("de", &["deu", "ger", "german"]),
    ("el", &["ell", "gre", "greek"]),
    ("en", &["eng", "english"]),
    ("eo", &["epo", "esperanto"]),
    ("es", &["spa", "spanish"]),
    ("et", &["est", "ekk", "estonian"]),
    ("eu", &["eus", "baq", "basque"]),
    ("fa", &["fas", "per", "pes", "persian", "farsi"]),
    ("fi", &["fin", "finnish"]),
    ("fr", &["fra", "fre", "french"]),
    ("ga", &["gle", "irish"]),
    ("gl", &["glg", "galician"]),
    ("gu", &["guj", "gujarati"]),
    ("ha", &["hau", "hausa"]),
    ("he", &["heb", "hebrew"]),
    ("hi", &["hin", "hindi"]),
    ("hr", &["hrv", "croatian"]),
    ("hu", &["hun", "hungarian"]),
    ("hy", &["hye", "arm", "armenian"]),
    ("id", &["ind", "indonesian"]),
    ("is", &["isl", "ice", "icelandic"]),
    ("it", &["ita", "italian"]),
    ("ja", &["jpn", "japanese"]),
    ("jv", &["jav", "javanese"]),
    ("ka", &["kat", "geo", "georgian"]),
    ("kk", &["kaz", "kazakh"]),
    ("km", &["khm", "khmer"]),
    ("kn", &["kan", "kannada"]),
    ("ko", &["kor", "korean"]),
    ("ky", &["kir", "kyrgyz"]),
    ("la", &["lat", "latin"]),
    ("lt", &["lit", "lithuanian"]),
    ("lv", &["lav", "lvs", "latvian"]),
    ("mk", &["mkd", "mac", "macedonian"]),
    ("ml", &["mal", "malayalam"]),
    ("mr", &["mar", "marathi"]),
    ("ms", &["msa", "may", "malay"]),
    ("my", &["mya", "bur", "burmese"]),
    ("nb", &["nob"]),
    ("ne", &["nep", "nepali"]),
    ("nl", &["nld", "dut", "dutch"]),
    ("no", &["nor", "norwegian"]),
    ("or", &["ori", "ory", "odia"]),
    ("pa", &["pan", "punjabi"]),
    ("pl", &["pol", "polish"]),
    ("ps", &["pus", "pashto"]),
    ("pt", &["por", "portuguese"]),
    ("ro", &["ron", "rum", "romanian"]),
    ("ru", &["rus", "russian"]),
    ("si", &["sin", "sinhala"]),
    ("sk", &["slk", "slo", "slovak"]),
    ("sl", &["slv", "slovenian", "slovene"]),
    ("sn", &["sna", "shona"]),
    ("so", &["som", "somali"]),
    ("sq", &["sqi", "alb", "albanian"]),
    ("sr", &["srp", "serbian"]),
    ("sv", &["swe", "swedish"]),
    ("sw", &["swa", "swh", "swahili"]),
    ("ta", &["tam", "tamil"]),
    ("te", &["tel", "telugu"]),
    ("th", &["tha", "thai"]),
    ("tk", &["tuk", "turkmen"]),
    ("tl", &["tgl", "fil", "tagalog", "filipino"]),
    ("tr", &["tur", "turkish"]),
    ("uk", &["ukr", "ukrainian"]),
    ("ur", &["urd", "urdu"]),
    ("uz", &["uzb", "uzbek"]),
    ("vi", &["vie", "vietnamese"]),
    ("yi", &["yid", "yiddish"]),
    ("zh", &["zho", "chi", "cmn", "chinese", "mandarin"]),
    ("zu", &["zul", "zulu"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags() {
        let check =
            |value: &str, expected: Option<&str>| assert_eq!(code(value), expected, "{value}");
        check("en", Some("en"));
        check("en-US", Some("en"));
        check("EN_gb", Some("en"));
        check("eng", Some("en"));
        check("English", Some("en"));
        check("zh-Hans-CN", Some("zh"));
        check("cmn", Some("zh"));
        check("und", None);
        check("xx", None);
        check("", None);
        check("klingon", None);
    }

    #[test]
    fn tables_are_sorted_and_agree() {
        assert!(TWO_LETTERS.is_sorted());
        assert!(LONGER.iter().all(|(code, _)| TWO_LETTERS.binary_search(code).is_ok()));
        for lang in whatlang::Lang::all() {
            assert!(code(lang.code()).is_some(), "{}", lang.code());
        }
    }

    #[test]
    fn bodies() {
        let check = |body: &str, expected: &str| {
            let found = detect(body);
            assert_eq!(found.code, expected, "{body}: {found:?}");
            assert!((0.0..=1.0).contains(&found.confidence));
            assert_eq!(found.confidence == 0.0, found.code == "und");
        };
        check(
            "The minister said on Monday that talks with the union would go on for a week.",
            "en",
        );
        check(
            "Le ministre a déclaré lundi que les négociations avec le syndicat se poursuivraient une semaine.",
            "fr",
        );
        check(
            "Der Minister sagte am Montag, die Gespräche mit der Gewerkschaft würden eine Woche dauern.",
            "de",
        );
        check(
            "El ministro dijo el lunes que las conversaciones con el sindicato seguirían durante una semana.",
            "es",
        );
        check(
            "Министр заявил в понедельник, что переговоры с профсоюзом продлятся ещё неделю. Глава профсоюза ответил, что рабочие не вернутся на завод, пока не получат обещанные деньги.",
            "ru",
        );
        check("外務大臣は木曜日に会談すると述べた。", "ja");
        check("外交部长表示，会谈将于星期四举行。", "zh");
        check("외교부 장관은 목요일에 회담이 열린다고 말했다.", "ko");
        check("Ministers met", "und");
        check("12 345 67", "und");
        check("", "und");
    }
}
