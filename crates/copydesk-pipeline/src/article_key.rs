//! Article ids in 16 bytes, for sets that hold very many.

/// The hash in an article id, `a_` and 32 hex digits; none for other text.
pub(crate) fn article_key(id: &str) -> Option<u128> {
    let hex = id.strip_prefix("a_").filter(|hex| hex.len() == 32)?;
    u128::from_str_radix(hex, 16).ok()
}

#[cfg(test)]
mod tests {
    use copydesk_types::article_id;

    use super::*;

    #[test]
    fn a_key_is_the_hash_of_the_id() {
        let id = article_id("wire/1.txt", "Rain.");
        assert_eq!(article_key(id.as_str()).map(|key| format!("a_{key:032x}")), Some(id.into()));
        for other in ["", "a_", "s_00000000000000000000000000000001", "a_xyz", "a_1"] {
            assert_eq!(article_key(other), None, "{other}");
        }
    }
}
