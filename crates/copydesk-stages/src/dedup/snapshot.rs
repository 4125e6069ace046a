//! The state of dedup in bytes.
//!
//! Layout, version 1: `cdsd`, a byte of version, the number of articles (u32, little-endian), their ids (16 bytes
//! each), the snapshot of the index; at the end 32 hex digits of BLAKE3 over all before.

use anyhow::{Context, ensure};
use copydesk_neardup::Index;
use copydesk_types::digest;

const HEAD: &[u8; 5] = b"cdsd\x01";
const CHECK: usize = 32;

pub(super) fn write(ids: &[u128], index: &Index) -> Vec<u8> {
    let mut out = HEAD.to_vec();
    out.extend(index.len().to_le_bytes());
    for id in ids {
        out.extend(id.to_be_bytes());
    }
    index.write_snapshot(&mut out);
    let check = digest(&[&out]);
    out.extend_from_slice(check.as_bytes());
    out
}

pub(super) fn read(bytes: &[u8]) -> anyhow::Result<(Vec<u128>, Index)> {
    let (head, _) = bytes.split_first_chunk::<5>().context("read the head")?;
    ensure!(head == HEAD, "read a format of another version");
    let split = bytes.len().checked_sub(CHECK).and_then(|at| bytes.split_at_checked(at));
    let (body, check) = split.context("read the checksum")?;
    ensure!(digest(&[body]).as_bytes() == check, "match the checksum: the snapshot is damaged");
    let rest = body.get(HEAD.len()..).context("read the number of articles")?;
    let (count, rest) = rest.split_first_chunk::<4>().context("read the number of articles")?;
    let count = usize::try_from(u32::from_le_bytes(*count))?;
    let (ids, rest) = rest.split_at_checked(count.saturating_mul(16)).context("read the ids")?;
    let ids: Vec<u128> =
        ids.as_chunks::<16>().0.iter().map(|id| u128::from_be_bytes(*id)).collect();
    let index = Index::restore(rest)?;
    ensure!(
        usize::try_from(index.len())? == ids.len(),
        "match {} ids with {} articles",
        ids.len(),
        index.len()
    );
    Ok((ids, index))
}
