//! String ids and the keys of hash embeddings (spaCy's `strings.pyx`, thinc's `ops`; Appleby's `MurmurHash`).

use crate::symbols::SYMBOLS;

/// `MurmurHash64A`.
pub(crate) fn murmur64a(data: &[u8], seed: u64) -> u64 {
    const M: u64 = 0xC6A4_A793_5BD1_E995;
    let mut h = seed ^ (data.len() as u64).wrapping_mul(M);
    let (words, rest) = data.as_chunks::<8>();
    for word in words {
        let mut k = u64::from_le_bytes(*word).wrapping_mul(M);
        k = (k ^ (k >> 47)).wrapping_mul(M);
        h = (h ^ k).wrapping_mul(M);
    }
    if !rest.is_empty() {
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        h = (h ^ u64::from_le_bytes(last)).wrapping_mul(M);
    }
    h = (h ^ (h >> 47)).wrapping_mul(M);
    h ^ (h >> 47)
}

/// The id of a string: 0 for the empty one, a symbol's number, else its hash.
pub(crate) fn string_id(s: &str) -> u64 {
    if s.is_empty() {
        return 0;
    }
    match SYMBOLS.binary_search_by_key(&s, |(name, _)| name) {
        Ok(at) => SYMBOLS[at].1,
        Err(_) => murmur64a(s.as_bytes(), 1),
    }
}

/// The four row keys of `HashEmbed`: a 64-bit mix in which the length 8 of the value is folded in.
#[expect(clippy::cast_possible_truncation, reason = "the keys are the halves of the hash")]
pub(crate) fn embed_keys(value: u64, seed: u32) -> [u32; 4] {
    fn mix(mut h: u64) -> u64 {
        h = (h ^ (h >> 33)).wrapping_mul(0xFF51_AFD7_ED55_8CCD);
        h = (h ^ (h >> 33)).wrapping_mul(0xC4CE_B9FE_1A85_EC53);
        h ^ (h >> 33)
    }
    let start = u64::from(seed) ^ 8;
    let mut h1 = value.wrapping_mul(0x87C3_7B91_1142_53D5).rotate_left(31);
    h1 = h1.wrapping_mul(0x4CF5_AD43_2745_937F) ^ start;
    h1 = h1.wrapping_add(start);
    let mut h2 = start.wrapping_add(h1);
    (h1, h2) = (mix(h1), mix(h2));
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    let halves = |h: u64| [h as u32, (h >> 32) as u32];
    let ([a, b], [c, d]) = (halves(h1), halves(h2));
    [a, b, c, d]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_as_spacy_gives_them() {
        assert_eq!(string_id(""), 0);
        assert_eq!(string_id("ROOT"), 8_206_900_633_647_566_924);
        assert_eq!(string_id("apple"), 8_566_208_034_543_834_098);
        assert!(string_id("punct") < 1000, "a symbol");
    }
}
