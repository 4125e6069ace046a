//! A table beside the index that answers most look-ups with one step: slots by the hash of the alias.
//!
//! A walk through the index costs a cache miss for each letter or two, a slot costs one. The index stays the truth: a
//! slot holds half of the hash, and where two names of the base would share slot and half, it says so and the index
//! is asked. So a name of the base always gets its own answer; a name that the base does not have is taken for another
//! one in about one of two thousand million cases.

use std::io::{self, Write};

/// Bytes of a slot: half of the hash, and the value of the index.
const SLOT: usize = 8;
/// Value of a slot that is free.
const FREE: u32 = u32::MAX;
/// Value of a slot whose name has a double: the index knows.
const ASK: u32 = u32::MAX - 1;

/// FNV-1a with the finaliser of `MurmurHash3`, for the upper bits choose the slot. Part of the format.
pub(crate) fn hash(folded: &str) -> u64 {
    let fnv = folded
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let mixed = (fnv ^ (fnv >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^ (mixed >> 33)
}

/// Where the slots of a hash begin, among `homes`.
fn home(hash: u64, homes: u64) -> u64 {
    let wide = u128::from(hash) * u128::from(homes);
    u64::try_from(wide >> 64).unwrap_or(0)
}

/// The half that a slot holds.
#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
fn half(hash: u64) -> u32 {
    hash as u32
}

/// What the table says of a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// No name of the base has it.
    Nothing,
    /// The value that the index has for the name.
    Value(u32),
    /// Two names share it.
    AskIndex,
}

/// Looks a hash up. The table begins with the number of its homes.
pub(crate) fn find(table: &[u8], hash: u64) -> Answer {
    let Some((homes, slots)) = table.split_first_chunk::<8>() else { return Answer::AskIndex };
    let start = home(hash, u64::from_le_bytes(*homes));
    let start = usize::try_from(start).unwrap_or(usize::MAX).saturating_mul(SLOT);
    for slot in slots.get(start..).unwrap_or_default().chunks_exact(SLOT) {
        let [h0, h1, h2, h3, v0, v1, v2, v3] = *slot else { break };
        let value = u32::from_le_bytes([v0, v1, v2, v3]);
        if value == FREE {
            break;
        }
        if u32::from_le_bytes([h0, h1, h2, h3]) == half(hash) {
            return if value == ASK { Answer::AskIndex } else { Answer::Value(value) };
        }
    }
    Answer::Nothing
}

/// Writes the table from front to back: hashes come in order, and each takes the first free slot from its home on.
pub(crate) struct Writer<W> {
    out: W,
    homes: u64,
    next: u64,
    /// Slots since the last free one: a look-up runs through all of them.
    run: Vec<(u32, u32)>,
}

impl<W: Write> Writer<W> {
    /// For `names` names: a fifth of the homes stays free.
    pub(crate) fn new(mut out: W, names: u64) -> io::Result<Self> {
        let homes = names + names / 4 + 1;
        out.write_all(&homes.to_le_bytes())?;
        Ok(Self { out, homes, next: 0, run: Vec::new() })
    }

    /// Takes the next name in.
    pub(crate) fn push(&mut self, hash: u64, value: u32) -> io::Result<()> {
        let home = home(hash, self.homes);
        if home > self.next {
            self.end_run()?;
            for _ in self.next..home {
                self.slot(0, FREE)?;
            }
            self.next = home;
        }
        self.next += 1;
        match self.run.iter_mut().find(|(other, _)| *other == half(hash)) {
            Some((_, double)) => {
                *double = ASK;
                self.run.push((half(hash), ASK));
            }
            None => self.run.push((half(hash), value)),
        }
        Ok(())
    }

    fn slot(&mut self, half: u32, value: u32) -> io::Result<()> {
        self.out.write_all(&half.to_le_bytes())?;
        self.out.write_all(&value.to_le_bytes())
    }

    fn end_run(&mut self) -> io::Result<()> {
        for (half, value) in std::mem::take(&mut self.run) {
            self.slot(half, value)?;
        }
        Ok(())
    }

    /// Ends the table with a free slot, where the last run stops.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.end_run()?;
        self.slot(0, FREE)?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn table(pairs: &[(u64, u32)], names: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes, names).unwrap();
        for (hash, value) in pairs {
            writer.push(*hash, *value).unwrap();
        }
        writer.finish().unwrap();
        bytes
    }

    #[test]
    fn hashes_are_part_of_the_format() {
        let check = |name: &str, expected: u64| assert_eq!(hash(name), expected, "{name:?}");
        check("", 0xefd0_1f60_ba99_2926);
        check("moon jae in", 0xc440_ec36_d4a2_149b);
    }

    #[test]
    fn doubles_are_left_to_the_index() {
        let (one, two, other) = (1, 1 | 1 << 40, 2 | 1 << 40);
        let bytes = table(&[(one, 7), (two, 8), (other, 9)], 3);
        assert_eq!(find(&bytes, one), Answer::AskIndex);
        assert_eq!(find(&bytes, two), Answer::AskIndex);
        assert_eq!(find(&bytes, other), Answer::Value(9));
        assert_eq!(find(&bytes, 3), Answer::Nothing);
        assert_eq!(find(&[], one), Answer::AskIndex, "a table that is none answers nothing");
    }

    proptest! {
        #[test]
        fn every_name_gets_its_value(names in prop::collection::btree_set("[a-z ]{1,12}", 0..200)) {
            let mut pairs: Vec<(u64, u32)> = names.iter().map(|n| hash(n)).zip(0..).collect();
            pairs.sort_unstable();
            let bytes = table(&pairs, pairs.len() as u64);
            for (hash, value) in &pairs {
                prop_assert_eq!(find(&bytes, *hash), Answer::Value(*value));
            }
            prop_assert_eq!(find(&bytes, hash("no name of letters and spaces: 1")), Answer::Nothing);
        }
    }
}
