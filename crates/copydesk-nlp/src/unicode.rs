//! `CPython`'s character predicates, pinned at Unicode 14.0, since spaCy's models were trained on their answers.

#[rustfmt::skip]
mod tables;

fn within(table: &[(u32, u32)], c: char) -> bool {
    let n = c as u32;
    let at = table.partition_point(|&(_, last)| last < n);
    table.get(at).is_some_and(|&(first, _)| first <= n)
}

/// `str.isalpha` of one character: a letter, no mark and no letter number.
pub(crate) fn is_alpha(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() } else { within(tables::ALPHA, c) }
}

/// `str.isdigit` of one character: decimal digits, superscripts, circled digits.
pub(crate) fn is_digit(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_digit() } else { within(tables::DIGIT, c) }
}

/// `str.isupper` of one character: titlecase letters are not upper case.
pub(crate) fn is_upper(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_uppercase() } else { within(tables::UPPER, c) }
}

/// `str.isspace` of one character: `White_Space` and U+001C to U+001F.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// `str.lower`: full mappings and the final sigma; characters younger than Unicode 14.0 stay as they are.
pub(crate) fn lower(s: &str) -> String {
    if s.is_ascii() {
        return s.to_ascii_lowercase();
    }
    let young = |c: char| !within(tables::LOWERED, c) && c.to_lowercase().ne([c]);
    if !s.chars().any(young) {
        return s.to_lowercase();
    }
    s.chars().flat_map(|c| if young(c) { vec![c] } else { c.to_lowercase().collect() }).collect()
}

/// `\w`, `\d` and `\s` of Python's `re` as the inside of a character class of the `regex` crates.
pub(crate) fn class(name: char) -> Option<String> {
    let table = match name {
        'w' => tables::ALNUM,
        'd' => tables::DECIMAL,
        's' => return Some(r"\s\x1c-\x1f".into()),
        _ => return None,
    };
    let ranges = table.iter().map(|(a, b)| format!(r"\x{{{a:x}}}-\x{{{b:x}}}"));
    let extra = if name == 'w' { "_" } else { "" };
    Some(ranges.collect::<String>() + extra)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predicates_are_cpythons() {
        let check = |c: char, expected: (bool, bool, bool, bool)| {
            assert_eq!((is_alpha(c), is_digit(c), is_upper(c), is_space(c)), expected, "{c:?}");
        };
        check('A', (true, false, true, false));
        check('\u{2160}', (false, false, true, false)); // Roman numeral one: a letter number
        check('²', (false, true, false, false));
        check('①', (false, true, false, false));
        check('½', (false, false, false, false));
        check('ǅ', (true, false, false, false));
        check('\u{1c}', (false, false, false, true));
        check('\u{345}', (false, false, false, false)); // Other_Alphabetic mark
        assert_eq!(lower("ΟΔΥΣΣΕΥΣ İ"), "οδυσσευς i\u{307}");
        assert_eq!(lower("\u{a7cb}X"), "\u{a7cb}x", "a capital of Unicode 16 stays");
    }
}
