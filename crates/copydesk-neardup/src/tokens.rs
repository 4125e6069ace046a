//! Text to tokens: what two writings of the same words have in common.
//!
//! HTML entities are resolved (twice, for `&amp;lt;`), then NFKD without combining marks and format characters, lower
//! case, runs of letters and digits. A number keeps its decimal point and loses its thousands separators, a word that
//! a hyphen breaks over a line end is joined, and scripts without spaces give a token a character.

use std::borrow::Cow;

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// More tokens than this are not looked at.
pub(crate) const MAX_TOKENS: usize = 200_000;

/// One token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    /// Hash of its folded form.
    pub(crate) hash: u64,
    /// The unit (line, or sentence of a line) that it stands in.
    pub(crate) unit: u32,
    /// Whether it starts with a digit.
    pub(crate) number: bool,
    /// Whether it starts with a capital.
    pub(crate) capital: bool,
}

/// Hash of a folded token, the same as [`tokens`] gives.
pub(crate) fn hash_of(folded: &str) -> u64 {
    folded.bytes().fold(SEED, step).wrapping_mul(FINAL)
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;
const FINAL: u64 = 0x9e37_79b9_7f4a_7c15;

/// A step of FNV-1a.
fn step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
}

/// The tokens of a text, in order.
pub(crate) fn tokens(text: &str) -> Vec<Token> {
    let once = unescape(text);
    let twice = unescape(&once);
    let mut reader = Reader { out: Vec::with_capacity(twice.len() / 4), ..Reader::default() };
    let bytes = twice.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let after = bytes.get(at + 1..).unwrap_or_default();
        if byte.is_ascii_alphanumeric() {
            at += reader.ascii_word(byte, after);
        } else if byte == b'-'
            && reader.open.is_some_and(|t| !t.number)
            && let Some(skip) = broken_word(after)
        {
            at += 1 + skip;
        } else if byte.is_ascii() {
            reader.ascii_mark(byte, after.first().copied());
            at += 1;
        } else {
            let c = twice.get(at..).and_then(|rest| rest.chars().next());
            let c = c.expect("a character starts where the last one ended");
            reader.other(c);
            at += c.len_utf8();
        }
        if reader.out.len() >= MAX_TOKENS {
            break;
        }
    }
    reader.close();
    reader.out
}

/// How many characters to skip when a hyphen is followed by a line end and a word that goes on.
fn broken_word(after: &[u8]) -> Option<usize> {
    let line_end = usize::from(after.first() == Some(&b'\r'));
    if after.get(line_end) != Some(&b'\n') {
        return None;
    }
    let indent = after.iter().skip(line_end + 1).take_while(|b| **b == b' ').count();
    let skip = line_end + 1 + indent;
    after.get(skip).filter(|b| b.is_ascii_lowercase()).map(|_| skip)
}

#[derive(Default)]
struct Reader {
    out: Vec<Token>,
    /// The token being read; its hash is not finished.
    open: Option<Token>,
    unit: u32,
    /// Tokens in the present unit.
    in_unit: u32,
    /// A sentence end, if white space follows.
    stop: bool,
}

impl Reader {
    /// Takes a letter or digit and those right after it; says how many there were.
    fn ascii_word(&mut self, first: u8, after: &[u8]) -> usize {
        let token = self.open_token(first.is_ascii_digit(), first.is_ascii_uppercase());
        let rest = after.iter().take_while(|b| b.is_ascii_alphanumeric());
        let (mut hash, mut count) = (step(token.hash, first.to_ascii_lowercase()), 1);
        for byte in rest {
            hash = step(hash, byte.to_ascii_lowercase());
            count += 1;
        }
        token.hash = hash;
        count
    }

    fn ascii_mark(&mut self, byte: u8, next: Option<u8>) {
        let digit_follows = next.is_some_and(|b| b.is_ascii_digit());
        if let Some(token) = self.open.as_mut().filter(|t| t.number && digit_follows) {
            match byte {
                b',' => return,
                b'.' => {
                    token.hash = step(token.hash, b'.');
                    return;
                }
                _ => {}
            }
        }
        self.close();
        match byte {
            b'.' | b'!' | b'?' => self.stop = self.in_unit >= 4,
            b'"' | b')' | b'\'' => {}
            b'\n' => self.next_unit(),
            _ if self.stop && byte.is_ascii_whitespace() => self.next_unit(),
            _ => self.stop = false,
        }
    }

    fn other(&mut self, c: char) {
        if is_format(c) {
            return;
        }
        if is_spaceless(c) {
            self.close();
        }
        let capital = c.is_uppercase();
        decompose_compatible(c, |part| {
            if is_combining_mark(part) {
                return;
            }
            if !part.is_alphanumeric() {
                self.close();
                return;
            }
            let mut bytes = [0; 4];
            for low in part.to_lowercase() {
                for byte in low.encode_utf8(&mut bytes).bytes() {
                    self.take(byte, part.is_numeric(), capital);
                }
            }
        });
        if is_spaceless(c) {
            self.close();
        }
    }

    /// The token being read, or a new one that starts like this.
    fn open_token(&mut self, number: bool, capital: bool) -> &mut Token {
        self.stop &= self.open.is_some();
        let unit = self.unit;
        self.open.get_or_insert(Token { hash: SEED, unit, number, capital })
    }

    fn take(&mut self, byte: u8, number: bool, capital: bool) {
        let token = self.open_token(number, capital);
        token.hash = step(token.hash, byte);
    }

    fn close(&mut self) {
        if let Some(token) = self.open.take() {
            self.out.push(Token { hash: token.hash.wrapping_mul(FINAL), ..token });
            self.in_unit += 1;
        }
    }

    fn next_unit(&mut self) {
        self.stop = false;
        if self.in_unit > 0 {
            self.unit += 1;
            self.in_unit = 0;
        }
    }
}

/// Soft hyphens, zero-width characters, direction marks.
fn is_format(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// Scripts that put no space between words.
fn is_spaceless(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// Resolves the entities that news texts carry; anything else stays as it is.
fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let name = after.split_once(';').map(|(name, _)| name).filter(|name| name.len() <= 8);
        if let Some((name, c)) = name.and_then(|name| Some((name, entity(name)?))) {
            out.push(c);
            rest = after.get(name.len() + 1..).unwrap_or_default();
        } else {
            out.push('&');
            rest = after;
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character of an entity's name. Accented letters lose their accent later anyway.
fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']).map(|h| u32::from_str_radix(h, 16));
        return char::from_u32(hex.unwrap_or_else(|| number.parse()).ok()?);
    }
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" | "ldquo" | "rdquo" | "bdquo" | "laquo" | "raquo" => '"',
        "apos" | "lsquo" | "rsquo" | "sbquo" => '\'',
        "nbsp" | "ensp" | "emsp" | "thinsp" => ' ',
        "shy" | "zwnj" | "zwj" => '\u{ad}',
        "ndash" | "mdash" | "hellip" | "bull" | "middot" => '-',
        "pound" => '£',
        "euro" => '€',
        _ => {
            let (letter, accent) = name.split_at_checked(1)?;
            let accents =
                ["acute", "grave", "circ", "uml", "tilde", "cedil", "ring", "slash", "caron"];
            accents.contains(&accent).then(|| letter.chars().next()).flatten()?
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, folded: &str) {
        let found: Vec<u64> = tokens(text).iter().map(|t| t.hash).collect();
        let expected: Vec<u64> = folded.split(' ').filter(|w| !w.is_empty()).map(hash_of).collect();
        assert_eq!(found, expected, "{text:?} is not {folded:?}");
    }

    #[test]
    fn folding() {
        check("The Mayor's “plan”", "the mayor s plan");
        check("Café, CAFÉ, cafe\u{301}", "cafe cafe cafe");
        check("AT&amp;T; caf&eacute; &amp;quot;x&amp;quot; &#233; &bogus;", "at t cafe x e bogus");
        check("1,394,080 or 18.83. 5, 6", "1394080 or 18.83 5 6");
        check("govern-\nment and well-known, 3-\n2", "government and well known 3 2");
        check("co\u{ad}operate zero\u{200b}width", "cooperate zerowidth");
        check("東京 ﬁne ½", "東 京 fine 1 2");
        check("", "");
        check("& & &; &#xFFFFFFFF;", "xffffffff");
    }

    #[test]
    fn units_are_lines_and_sentences() {
        let units = |text: &str| tokens(text).iter().map(|t| t.unit).collect::<Vec<_>>();
        assert_eq!(units("One two.\n\nThree"), [0, 0, 1]);
        assert_eq!(units("It was a day. \"Yes it was one.\" No."), [0, 0, 0, 0, 1, 1, 1, 1, 2]);
        assert_eq!(units("Mr. Smith spoke"), [0; 3], "too short for a sentence");
    }

    #[test]
    fn numbers_and_capitals_are_marked() {
        let marks: Vec<_> =
            tokens("In Élan 20C bn").iter().map(|t| (t.number, t.capital)).collect();
        assert_eq!(marks, [(false, true), (false, true), (true, false), (false, false)]);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "\\PC{0,60}|[&#;x0-9a-f\\-\n\r .]{0,40}") {
            tokens(&text);
        }

        #[test]
        fn case_and_composition_do_not_matter(words in "[a-zé ]{0,40}") {
            let hashes = |s: &str| tokens(s).iter().map(|t| t.hash).collect::<Vec<_>>();
            prop_assert_eq!(hashes(&words), hashes(&words.to_uppercase()));
            let apart: String = unicode_normalization::UnicodeNormalization::nfd(words.as_str()).collect();
            prop_assert_eq!(hashes(&words), hashes(&apart));
        }
    }
}
