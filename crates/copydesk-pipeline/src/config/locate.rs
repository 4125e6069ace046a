//! Where a key stands in a TOML text.

use toml::de::{DeTable, DeValue};

/// Line and column, both from 1, of the value of a dotted key. `None` when it is not there.
pub(super) fn position(text: &str, key: &str) -> Option<(usize, usize)> {
    let table = DeTable::parse(text).ok()?;
    let mut inside: &DeTable<'_> = table.get_ref();
    let mut parts = key.split('.').peekable();
    while let Some(part) = parts.next() {
        let (name, value) = inside.iter().find(|(name, _)| name.get_ref() == part)?;
        match (parts.peek(), value.get_ref()) {
            (Some(_), DeValue::Table(table)) => inside = table,
            _ => return Some(line_column(text, name.span().start)),
        }
    }
    None
}

/// Line and column, both from 1, of a byte offset.
pub(super) fn line_column(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_every_notation() {
        let text = "a = 1\n[nats]\n  url = \"x\"\nin.side = 2\n[[list]]\nb = { c = 3 }\n";
        let check =
            |key: &str, at: Option<(usize, usize)>| assert_eq!(position(text, key), at, "{key}");
        check("a", Some((1, 1)));
        check("nats.url", Some((3, 3)));
        check("nats.in.side", Some((4, 4)));
        check("list", Some((5, 3)));
        check("nats.user", None);
        check("", None);
        assert_eq!(position("not toml", "not"), None);
    }
}
