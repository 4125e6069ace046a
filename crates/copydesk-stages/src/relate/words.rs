//! Words as the relate stage counts them: folded, stemmed, hashed.

/// A word of a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word<'a> {
    /// As written.
    pub(super) text: &'a str,
    /// Hash of its folded stem; a number is its own stem.
    pub(super) hash: u32,
    /// Whether it starts with a digit.
    pub(super) number: bool,
}

/// The words of a text that carry meaning: no function words, no single letters.
pub(super) fn content_words(text: &str) -> impl Iterator<Item = Word<'_>> {
    all_words(text).filter_map(|word| {
        let folded = fold(word);
        let number = folded.starts_with(|c: char| c.is_ascii_digit());
        if !number
            && (folded.chars().count() < 2
                || STOP_WORDS.split_ascii_whitespace().any(|s| s == folded))
        {
            return None;
        }
        let hash = hash(if number { &folded } else { stem(&folded) });
        Some(Word { text: word, hash, number })
    })
}

/// Runs of letters and digits; a number keeps its separators.
pub(super) fn all_words(text: &str) -> impl Iterator<Item = &str> {
    let part = |c: char| !(c.is_alphanumeric() || c == ',' || c == '.');
    text.split(part).flat_map(|run| {
        let run = run.trim_matches([',', '.']);
        let number = run.starts_with(|c: char| c.is_ascii_digit());
        let pieces = if number { vec![run] } else { run.split([',', '.']).collect() };
        pieces.into_iter().filter(|p| !p.is_empty())
    })
}

/// Lower case, commas of numbers left out.
pub(super) fn fold(word: &str) -> String {
    word.chars().filter(|c| *c != ',').flat_map(char::to_lowercase).collect()
}

/// An English word without its most common endings. Rough: it has to bring together, not to be right.
pub(super) fn stem(word: &str) -> &str {
    for ending in ["ing", "edly", "ed", "ies", "es", "s", "ly", "y"] {
        if let Some(stem) = word.strip_suffix(ending)
            && stem.len() >= 4
        {
            return stem;
        }
    }
    word
}

/// 32 bits of FNV-1a, mixed.
pub(super) fn hash(text: &str) -> u32 {
    let h = text.bytes().fold(0xcbf2_9ce4_8422_2325, |h: u64, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    u32::try_from((h ^ (h >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32).expect("32 bits")
}

/// Function words, and the words that every news text has.
const STOP_WORDS: &str = "a about above after again against all also am an and any are as at be because been before being \
    below between both but by can could did do does doing down during each few for from further had has have having he \
    her here hers him his how i if in into is it its itself just me more most my no nor not now of off on once only or \
    other our out over own s said same say says she should so some such t than that the their them then there these they \
    this those through to too under until up very was we were what when where which while who whom why will with would \
    you your mr mrs told one two new year years according";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content() {
        let check = |text: &str, expected: &[&str]| {
            let found: Vec<u32> = content_words(text).map(|w| w.hash).collect();
            assert_eq!(found, expected.iter().map(|w| hash(w)).collect::<Vec<_>>(), "{text}");
        };
        check(
            "The ministers said that 1,200 talked, 3.5 in all.",
            &["minister", "1200", "talk", "3.5"],
        );
        check("U.S. policy; policies", &["polic", "polic"]);
        check("", &[]);
    }
}
