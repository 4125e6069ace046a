//! Writing the index of a base: sorted aliases into the `fst` map, their entities into the postings, and the values of
//! the map once more into the shortcut.

use std::fs::File;
use std::io::{BufWriter, Write};

use crate::error::BuildError;
use crate::format::{MAX_POSTINGS, SEVERAL};
use crate::shortcut;
use crate::sort::Sorter;

/// Groups the sorted pairs by alias into the index and the postings. Gives the number of pairs, and the value of each
/// alias by its hash.
pub(crate) fn write_index(
    aliases: Sorter,
    hashes: Sorter,
    index: &mut File,
    postings: &mut File,
) -> Result<(u64, Hashes), BuildError> {
    let mut builder = fst::MapBuilder::new(BufWriter::new(index)).map_err(BuildError::Index)?;
    let mut postings = BufWriter::new(postings);
    let (mut written, mut offset) = (0, 0);
    let mut hashes = Hashes { count: 0, sorter: hashes };
    let mut merge = aliases.finish()?;
    let mut next = merge.next()?;
    while let Some((alias, first)) = next.take() {
        let mut group = vec![first];
        loop {
            next = merge.next()?;
            match &next {
                Some((other, posting)) if *other == alias => group.push(*posting),
                _ => break,
            }
        }
        // Sorted, so the strongest kind of an entity's alias comes first.
        group.dedup();
        let mut seen = std::collections::HashSet::new();
        group.retain(|p| seen.insert(p & ((1 << 29) - 1)));
        written += group.len() as u64;
        let value = if let [one] = group.as_slice() {
            *one
        } else {
            let value = SEVERAL | offset;
            let count = u32::try_from(group.len()).unwrap_or(u32::MAX);
            for number in std::iter::once(&count).chain(&group) {
                let bytes = number.to_le_bytes();
                postings.write_all(&bytes).map_err(BuildError::io("write the postings"))?;
            }
            let after = offset.checked_add(1).and_then(|n| n.checked_add(count));
            offset = after
                .filter(|n| *n < MAX_POSTINGS)
                .ok_or(BuildError::TooLarge("536,870,909 postings"))?;
            value
        };
        builder.insert(&alias, u64::from(value)).map_err(BuildError::Index)?;
        hashes.push(&alias, value)?;
    }
    builder.finish().map_err(BuildError::Index)?;
    postings.flush().map_err(BuildError::io("write the postings"))?;
    Ok((written, hashes))
}

/// The values of the aliases by their hashes, and how many there are.
pub(crate) struct Hashes {
    count: u64,
    sorter: Sorter,
}

impl Hashes {
    fn push(&mut self, alias: &[u8], value: u32) -> Result<(), BuildError> {
        self.count += 1;
        let hash = shortcut::hash(std::str::from_utf8(alias).unwrap_or_default());
        self.sorter.push(&hash.to_be_bytes(), value)
    }
}

/// Writes the table of [`shortcut`].
pub(crate) fn write_shortcut(hashes: Hashes, table: &mut File) -> Result<(), BuildError> {
    let failed = "write the shortcut of the index";
    let mut writer = shortcut::Writer::new(BufWriter::new(table), hashes.count)
        .map_err(BuildError::io(failed))?;
    let mut merge = hashes.sorter.finish()?;
    while let Some((hash, value)) = merge.next()? {
        let hash = hash.try_into().map_or(0, u64::from_be_bytes);
        writer.push(hash, value).map_err(BuildError::io(failed))?;
    }
    writer.finish().map_err(BuildError::io(failed))
}
