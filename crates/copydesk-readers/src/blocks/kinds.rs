//! What a piece of text shows by itself.

use crate::metadata;

/// Words of a crosshead at most.
const CROSSHEAD_WORDS: usize = 6;
/// Words of a line of page furniture at most, unless it is a copyright notice.
const FURNITURE_WORDS: usize = 25;
const SENTENCE_WORDS: usize = 10;
/// Words of a line that says when a page was changed.
const DATE_WORDS: usize = 10;
const BYLINE_WORDS: usize = 30;

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// `text` without quotation marks and brackets at its end.
fn unquoted(text: &str) -> &str {
    text.trim_end_matches(['"', '”', '’', '\'', ')', ']', '»', ' '])
}

fn is_stopped(text: &str) -> bool {
    unquoted(text).ends_with(['.', '!', '?', '…', ';', ',', ':'])
}

/// A short heading between paragraphs: at most six words, no final stop, no verb. What ends in a colon may
/// name the speaker of the next paragraph and is left alone.
pub(super) fn is_crosshead(text: &str) -> bool {
    let starts = text
        .chars()
        .next()
        .is_some_and(|c| c.is_uppercase() || c.is_numeric() || "\"“‘'".contains(c));
    let ends = !is_stopped(text) || text.ends_with('?');
    let letters = text.chars().any(char::is_alphabetic);
    starts
        && ends
        && letters
        && words(text) <= CROSSHEAD_WORDS
        && !has_verb(text)
        && !text.contains('\n')
}

/// Whether one of the words is surely a finite verb or a pronoun that goes with one.
fn has_verb(text: &str) -> bool {
    const VERBS: &[&str] = &[
        "are", "aren't", "can", "can't", "cannot", "could", "did", "didn't", "does", "doesn't",
        "don't", "had", "has", "have", "he", "i", "i'm", "is", "isn't", "it's", "may", "might",
        "must", "said", "say", "says", "she", "should", "that's", "they", "told", "was", "wasn't",
        "we", "were", "weren't", "will", "won't", "would", "you",
    ];
    if text.ends_with('?') {
        return false;
    }
    let lower = text.to_lowercase().replace('’', "'");
    lower
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .any(|word| VERBS.binary_search(&word).is_ok())
}

/// A line that may be a headline: one line, of some words, starting like one, not ending in the middle.
pub(super) fn is_headline(text: &str) -> bool {
    let starts = text
        .chars()
        .next()
        .is_some_and(|c| (c.is_alphanumeric() && !c.is_lowercase()) || "\"“‘'«„$€£#".contains(c));
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    starts && letters >= 4 && !text.contains('\n') && !text.ends_with([',', ';', ':'])
}

/// Share of the words of the shorter text that the other one has too, ignoring case and punctuation.
pub(super) fn shared_words(a: &str, b: &str) -> f64 {
    let fold = |text: &str| -> Vec<String> {
        let lower = text.to_lowercase();
        lower
            .split(|c: char| !c.is_alphanumeric())
            .filter(|w| !w.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (a, b) = (fold(a), fold(b));
    let longer = a.len().max(b.len());
    if longer == 0 {
        return 0.0;
    }
    a.iter().filter(|word| b.contains(word)).count() as f64 / longer as f64
}

/// Whether a piece is long enough for a sentence and ends like one: such an item of a list is running text.
pub(super) fn is_sentence(text: &str) -> bool {
    words(text) >= SENTENCE_WORDS && unquoted(text).ends_with(['.', '!', '?'])
}

/// An item of a list: a bullet, a number or a letter before it.
pub(super) fn is_list_item(text: &str) -> bool {
    let mut chars = text.chars();
    match chars.next() {
        Some('•' | '▪' | '●' | '◦' | '‣' | '■' | '►' | '▶' | '·' | '*' | '-' | '–') => {
            chars.next().is_some_and(char::is_whitespace)
        }
        Some('0'..='9') => {
            let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
            let digits = text.len() - rest.len();
            digits <= 2 && rest.strip_prefix(['.', ')']).is_some_and(|r| r.starts_with([' ', '\t']))
        }
        _ => false,
    }
}

/// The label of a transcript line (`PRESIDENT DOE: …`, `Q: …`, `Jane Doe: …`) without its colon.
pub(super) fn speaker_label(text: &str) -> Option<&str> {
    let (label, rest) = text.split_once(':')?;
    let goes_on = rest.is_empty() || rest.starts_with(char::is_whitespace);
    let count = words(label);
    let named = label.chars().all(|c| c.is_alphanumeric() || " .-'’()".contains(c))
        && label.chars().next().is_some_and(char::is_uppercase)
        && label.split_whitespace().all(|w| {
            !w.starts_with(char::is_lowercase) || matches!(w, "de" | "of" | "van" | "von")
        });
    (goes_on && named && (1..=6).contains(&count)).then_some(label)
}

/// Whether the pieces are a transcript: labelled lines that come back, in capitals or as question and answer.
pub(super) fn is_transcript(texts: &[&str]) -> bool {
    let labels: Vec<&str> = texts.iter().filter_map(|text| speaker_label(text)).collect();
    let shouted = labels.iter().filter(|label| is_shouted(label)).count();
    let again = labels
        .iter()
        .filter(|label| labels.iter().filter(|other| other == label).count() > 1)
        .count();
    // Furniture ("RELATED:", "WATCH:") is told before; one label in capitals may still be a kicker.
    again >= 2 && (shouted >= 2 || labels.len() >= 4) && labels.len() * 4 >= texts.len()
}

fn is_shouted(label: &str) -> bool {
    label.chars().any(char::is_alphabetic) && !label.chars().any(char::is_lowercase)
}

/// The names in a byline, perhaps none that can be told; `None` when `text` is no byline.
pub(super) fn byline_names(text: &str) -> Option<Vec<String>> {
    const LEADS: &[&str] = &[
        "by ",
        "by: ",
        "reporting by ",
        "(reporting by ",
        "written by ",
        "story by ",
        "writing by ",
        "(writing by ",
        "additional reporting by ",
        "(additional reporting by ",
        "(editing by ",
        "editing by ",
        "compiled by ",
    ];
    let lower = text.to_lowercase();
    let lead = LEADS.iter().find(|lead| lower.starts_with(**lead))?;
    let rest = text.get(lead.len()..)?;
    let named = rest.chars().next().is_some_and(char::is_uppercase);
    if !named || words(text) > BYLINE_WORDS || (lead.starts_with("by") && !is_credit_line(rest)) {
        return None;
    }
    let writes = !lead.contains("editing");
    let names = rest.split([';', ')']).next().unwrap_or_default();
    Some(if writes { metadata::author_names(names) } else { Vec::new() })
}

/// What stands behind `By` in a byline: words with capitals, no final stop, no date.
fn is_credit_line(rest: &str) -> bool {
    const LINKS: &[&str] = &[
        "and", "for", "of", "the", "at", "in", "de", "van", "von", "der", "da", "bin", "al", "with",
    ];
    let plain = |w: &str| w.starts_with(char::is_lowercase) && !LINKS.contains(&w);
    !is_stopped(rest)
        && words(rest) <= 16
        && rest.split_whitespace().filter(|w| plain(w)).count() <= 1
        && crate::date::month(rest.split_whitespace().next().unwrap_or_default()).is_none()
}

/// How furniture begins, lower case.
const FURNITURE_STARTS: &[&str] = &[
    "advertisement",
    "also read",
    "also see",
    "app users",
    "click here",
    "click to ",
    "continue reading",
    "copyright ©",
    "download our app",
    "follow us",
    "for more from",
    "for more information",
    "for more news",
    "for more on",
    "for more stories",
    "for the latest",
    "get the latest",
    "join our",
    "like us on",
    "more from ",
    "more on this",
    "more:",
    "our standards:",
    "read also",
    "read full",
    "read more",
    "read next",
    "recommended",
    "related:",
    "related article",
    "related coverage",
    "related link",
    "related stor",
    "scroll down",
    "see also",
    "share on",
    "share this",
    "sign up",
    "skip to",
    "sponsored",
    "story continues",
    "subscribe",
    "this article was originally published",
    "this story has been updated",
    "watch live:",
    "watch:",
    "you may also",
    "© ",
];
/// What only notices hold.
const NOTICES: &[&str] = &[
    "all rights reserved",
    "may not be published, broadcast",
    "may not be reproduced",
    "terms of service apply",
];
/// What stands alone at the end of a story.
const SIGN_OFFS: &[&str] = &[
    "-30-",
    "30",
    "advertisement",
    "afp",
    "ap",
    "associated press",
    "end",
    "ends",
    "more",
    "reuters",
    "share",
    "tass",
    "tweet",
    "upi",
    "xinhua",
];

/// Page furniture: notices, links to other stories, calls to subscribe, rules made of signs.
pub(super) fn is_boilerplate(text: &str, is_last: bool) -> bool {
    if !text.chars().any(char::is_alphanumeric) {
        return true;
    }
    let lower = text.to_lowercase();
    if NOTICES.iter().any(|phrase| lower.contains(phrase)) && words(text) <= 2 * FURNITURE_WORDS {
        return true;
    }
    let changed = ["last modified", "last updated", "posted", "published", "updated"];
    if words(text) <= DATE_WORDS
        && changed.iter().any(|start| begins(&lower, start))
        && text.contains(|c: char| c.is_ascii_digit())
        && !unquoted(text).ends_with('.')
    {
        return true;
    }
    let bare = lower.trim_matches(|c: char| !c.is_alphanumeric());
    let quoted = text.contains(['"', '“', '”']);
    (is_last && SIGN_OFFS.contains(&bare))
        || matches!(bare, "advertisement" | "share" | "tweet")
        || (!quoted
            && words(text) <= FURNITURE_WORDS
            && FURNITURE_STARTS.iter().any(|start| begins(&lower, start)))
}

/// Whether `text` begins with `start` at a word's end.
fn begins(text: &str, start: &str) -> bool {
    let Some(rest) = text.strip_prefix(start) else { return false };
    !start.ends_with(char::is_alphabetic)
        || start.ends_with("stor")
        || !rest.starts_with(char::is_alphabetic)
}
