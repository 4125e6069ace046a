//! Subject tokens.

/// Longest slug, in characters.
const LIMIT: usize = 40;

/// `name` as a NATS subject token `[a-z0-9-]{1,40}`; `none` when nothing of it can be kept.
///
/// Latin letters lose their marks (NFKD); any other run becomes one hyphen.
///
/// ```
/// assert_eq!(copydesk_types::slug("The Côte Herald"), "the-cote-herald");
/// assert_eq!(copydesk_types::slug(""), "none");
/// ```
pub fn slug(name: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let mut out = String::new();
    for c in name.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)) {
        for lower in c.to_lowercase() {
            if lower.is_ascii_alphanumeric() {
                out.push(lower);
            } else if !out.is_empty() && !out.ends_with('-') {
                out.push('-');
            }
        }
        if out.len() >= LIMIT {
            break;
        }
    }
    out.truncate(LIMIT);
    let kept = out.trim_end_matches('-');
    if kept.is_empty() { "none".into() } else { kept.into() }
}

#[cfg(test)]
mod tests {
    use super::slug;
    use proptest::prelude::*;

    #[test]
    fn names() {
        let check = |name: &str, expected: &str| assert_eq!(slug(name), expected, "{name:?}");
        check("example.com", "example-com");
        check("  -- ", "none");
        check("Агентство", "none");
        check("Élysée: the paper's own > * wire.", "elysee-the-paper-s-own-wire");
        check(&"x".repeat(90), &"x".repeat(40));
    }

    proptest! {
        #[test]
        fn always_a_token(name in "\\PC{0,60}") {
            let s = slug(&name);
            prop_assert!((1..=40).contains(&s.len()));
            prop_assert!(s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'), "{}", s);
        }
    }
}
