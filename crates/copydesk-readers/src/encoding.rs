//! Bytes to text, never lossy in silence.
//!
//! 1. A byte order mark decides (UTF-8, UTF-16), unless the bytes plainly contradict it.
//! 2. NULs in every second byte make UTF-16 without a mark; any other NUL, or more than a few control characters, are
//!    no text.
//! 3. Valid UTF-8 is UTF-8, whatever a page declares.
//! 4. A declared encoding (HTML only) comes next; a few bytes that do not fit it are replaced and reported.
//! 5. Text that is mostly UTF-8 with some broken sequences is damaged, not another encoding: an error.
//! 6. Else [`chardetng`] guesses, and the guess must explain the bytes: letters stand in words of their own script, no
//!    undefined byte, no control character, no private-use character.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::ReadError;

/// Text won from bytes.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) text: String,
    /// Name of the encoding, lower case.
    pub(crate) encoding: String,
    /// Whether bytes did not fit and were replaced by U+FFFD.
    pub(crate) errors: bool,
}

/// One control character in so many bytes is still text: old wire feeds mark their fields with them.
const BYTES_PER_CONTROL: usize = 200;
/// Of text in its declared encoding, one character in so many may be broken.
const CHARS_PER_ERROR: usize = 100;
/// Letters beyond ASCII that are words of their own (French à, Spanish ó, Danish å, Czech í …).
const ONE_LETTER_WORDS: &str = "àáâéèêíìóòôúùåæøöÀÁÂÉÈÊÍÓÔÚÅÆØÖ";
/// Bytes that the detector sees.
const SAMPLE: usize = 256 * 1024;

/// Decodes `bytes`; `declared` is the label that an HTML page carries.
pub(crate) fn decode(bytes: &[u8], declared: Option<&str>) -> Result<Decoded, ReadError> {
    if let Some((encoding, mark)) = Encoding::for_bom(bytes) {
        return by_mark(bytes, encoding, mark);
    }
    if let Some(encoding) = utf16_without_mark(bytes) {
        return whole(bytes, encoding, "UTF-16 with unpaired surrogates");
    }
    refuse_binary(bytes)?;
    let broken = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(Decoded::utf8(text.to_owned())),
        Err(error) => error,
    };
    if let Some(decoded) = declared.and_then(|label| by_declaration(bytes, label)) {
        return Ok(decoded);
    }
    if mostly_utf8(bytes) {
        return Err(ReadError::BadEncoding {
            what: "an invalid UTF-8 sequence",
            offset: broken.valid_up_to(),
            incomplete: broken.error_len().is_none(),
        });
    }
    by_guess(bytes, broken.valid_up_to())
}

impl Decoded {
    fn utf8(text: String) -> Self {
        Self { text, encoding: "utf-8".into(), errors: false }
    }
}

fn name_of(encoding: &'static Encoding) -> String {
    encoding.name().to_ascii_lowercase()
}

/// Decodes all of `bytes` or nothing.
fn whole(
    bytes: &[u8],
    encoding: &'static Encoding,
    what: &'static str,
) -> Result<Decoded, ReadError> {
    let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) else {
        return Err(ReadError::BadEncoding { what, offset: 0, incomplete: false });
    };
    refuse_binary(text.as_bytes())?;
    Ok(Decoded { text: text.into_owned(), encoding: name_of(encoding), errors: false })
}

fn by_mark(bytes: &[u8], encoding: &'static Encoding, mark: usize) -> Result<Decoded, ReadError> {
    let content = bytes.get(mark..).unwrap_or_default();
    if encoding == UTF_8 {
        refuse_binary(content)?;
        return match std::str::from_utf8(content) {
            Ok(text) => Ok(Decoded::utf8(text.to_owned())),
            Err(error) => Err(ReadError::BadEncoding {
                what: "an invalid sequence after a UTF-8 byte order mark",
                offset: mark + error.valid_up_to(),
                incomplete: error.error_len().is_none(),
            }),
        };
    }
    // UTF-16 of Latin text is half NULs, that of Chinese has high bytes of all kinds: nearly only printable ASCII after
    // the mark is single-byte text behind two stray bytes.
    let printable =
        content.iter().filter(|b| matches!(b, b'\t' | b'\n' | b'\r' | b' '..=b'~')).count();
    if content.len() >= 8 && printable * 20 > content.len() * 17 {
        return Err(ReadError::BadEncoding {
            what: "a UTF-16 byte order mark before single-byte text",
            offset: 0,
            incomplete: false,
        });
    }
    let (text, errors) = encoding.decode_without_bom_handling(content);
    refuse_binary(text.as_bytes())?;
    if errors && too_many_errors(&text) {
        let what = "UTF-16 with unpaired surrogates";
        return Err(ReadError::BadEncoding { what, offset: 0, incomplete: content.len() % 2 == 1 });
    }
    Ok(Decoded { text: text.into_owned(), encoding: name_of(encoding), errors })
}

/// UTF-16 of mostly Latin text shows as NULs in one half of the bytes and hardly any in the other.
fn utf16_without_mark(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let (mut even, mut odd) = (0usize, 0usize);
    for pair in sample.chunks_exact(2) {
        even += usize::from(pair.first() == Some(&0));
        odd += usize::from(pair.last() == Some(&0));
    }
    let pairs = sample.len() / 2;
    if pairs < 4 || bytes.len() % 2 == 1 {
        return None;
    }
    let many = pairs * 7 / 10;
    match (even, odd) {
        (0, n) if n > many => Some(UTF_16LE),
        (n, 0) if n > many => Some(UTF_16BE),
        _ => None,
    }
}

/// NULs and control characters are not text.
pub(crate) fn refuse_binary(bytes: &[u8]) -> Result<(), ReadError> {
    if bytes.contains(&0) {
        return Err(ReadError::NotText("it holds NUL bytes"));
    }
    let controls = bytes.iter().filter(|b| matches!(b, 1..=8 | 14..=31 | 127)).count();
    if controls * BYTES_PER_CONTROL > bytes.len() {
        return Err(ReadError::NotText("it holds control characters"));
    }
    Ok(())
}

fn by_declaration(bytes: &[u8], label: &str) -> Option<Decoded> {
    let encoding = Encoding::for_label(label.as_bytes())?;
    let (text, errors) = encoding.decode_without_bom_handling(bytes);
    if errors && too_many_errors(&text) {
        return None;
    }
    Some(Decoded { text: text.into_owned(), encoding: name_of(encoding), errors })
}

fn too_many_errors(text: &str) -> bool {
    let errors = text.chars().filter(|&c| c == '\u{fffd}').count();
    errors * CHARS_PER_ERROR > text.chars().count()
}

/// Whether most of what is not ASCII is valid UTF-8. In a legacy encoding valid sequences are rare accidents.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut valid, mut invalid) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        invalid += usize::from(!chunk.invalid().is_empty());
    }
    valid > invalid
}

fn by_guess(bytes: &[u8], first_bad: usize) -> Result<Decoded, ReadError> {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes.get(..bytes.len().min(SAMPLE)).unwrap_or_default(), true);
    let encoding = detector.guess(None, Utf8Detection::Deny);
    let refused = |what| ReadError::BadEncoding { what, offset: first_bad, incomplete: false };
    let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) else {
        return Err(refused("bytes that no known encoding explains"));
    };
    if !plausible(&text) {
        return Err(refused("bytes that make no words in any known encoding"));
    }
    Ok(Decoded { text: text.into_owned(), encoding: name_of(encoding), errors: false })
}

/// Whether the characters beyond ASCII are used as in a language: punctuation and signs of print, or letters in words.
/// One implausible use in ten is forgiven.
fn plausible(text: &str) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    for word in text.split(|c: char| !c.is_alphabetic()) {
        let foreign = word.chars().filter(|c| !c.is_ascii()).count();
        if foreign > 0 {
            if plausible_word(word, foreign) { good += foreign } else { bad += foreign }
        }
    }
    for c in text.chars().filter(|c| !c.is_ascii() && !c.is_alphabetic()) {
        if is_print_sign(c) { good += 1 } else { bad += 1 }
    }
    good > 0 && bad * 10 <= good && !strays_into_a_script(text)
}

/// Whether the text has a few letters of a script other than Latin among Latin ones. No legacy encoding was chosen for
/// that: it is what damaged bytes look like in one.
fn strays_into_a_script(text: &str) -> bool {
    let (mut latin, mut other) = (0usize, 0usize);
    for c in text.chars().filter(|c| c.is_alphabetic()) {
        if c.is_ascii() || is_latin(c) {
            latin += 1;
        } else {
            // A character of Chinese, Japanese or Korean is worth several letters.
            other += if is_wide(c) { 4 } else { 1 };
        }
    }
    other > 0 && other * 3 < latin
}

/// `foreign` counts the characters of the word beyond ASCII.
fn plausible_word(word: &str, foreign: usize) -> bool {
    let length = word.chars().count();
    if word.chars().any(|c| matches!(c, '\u{e000}'..='\u{f8ff}' | 'ÿ' | 'þ' | 'Þ' | 'ƒ')) {
        return false;
    }
    let mut letters = word.chars();
    let first = letters.next();
    if length >= 4 && letters.all(|c| Some(c) == first) {
        return false;
    }
    // An upper-case letter beyond ASCII within a lower-case word is a sign of the wrong encoding ("dÈjÃ").
    let shouted = word.chars().skip(1).filter(|c| !c.is_ascii() && c.is_uppercase()).count();
    if shouted > 0 && word.chars().any(char::is_lowercase) {
        return false;
    }
    if !word.chars().all(|c| c.is_ascii() || is_latin(c)) {
        return word.chars().all(|c| !c.is_ascii_alphabetic()) || word.chars().any(is_wide);
    }
    foreign < length || (length == 1 && word.chars().all(|c| ONE_LETTER_WORDS.contains(c)))
}

fn is_latin(c: char) -> bool {
    matches!(c, '\u{aa}' | '\u{ba}' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}')
}

/// Chinese, Japanese and Korean run together with Latin letters.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

/// Quotes, dashes, currency and the like.
fn is_print_sign(c: char) -> bool {
    matches!(c,
        '\u{a0}' | '¡' | '¢' | '£' | '¥' | '§' | '©' | '«' | '®' | '°' | '±' | '²' | '³' | '´' | '·' | '¹' | '»'
        | '\u{ad}' | '¼' | '½' | '¾' | '¿' | '×' | '÷' | '€' | '™' | '№' | '…' | '•' | '†' | '‡' | '‰' | '‹' | '›'
        | '\u{2010}'..='\u{201f}' | '\u{3000}'..='\u{303f}' | '\u{ff01}'..='\u{ff65}' | '\u{300}'..='\u{36f}'
        | '\u{591}'..='\u{5f4}' | '\u{60c}'..='\u{66d}' | '\u{e31}'..='\u{e4f}')
}

#[cfg(test)]
mod tests;
