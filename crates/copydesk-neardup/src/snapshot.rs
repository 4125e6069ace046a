//! An index in bytes.
//!
//! Layout, version 1, numbers in little-endian: `cdnd`, a byte of version, the window (u32), the number of articles
//! (u32); for each article its finding (21 bytes: parent, root, version as u32, three shares as u16, verdict, rule,
//! fresh), the length of its sketch (u32) and the sketch; at the end 16 bytes of BLAKE3 over all before. Postings are
//! made anew on reading.

use crate::Error;
use crate::index::{Finding, Index, Options};
use crate::judge::{Rule, Verdict};
use crate::sketch::Sketch;

const MAGIC: &[u8; 4] = b"cdnd";
const VERSION: u8 = 1;
const CHECK: usize = 16;
/// Bytes of an article, but for its sketch, and at least with it.
const ENTRY: usize = 25;
const LEAST: usize = 48;
/// No article.
const NONE: u32 = u32::MAX;

impl Index {
    /// The index in bytes, for [`restore`](Self::restore).
    pub fn snapshot(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_snapshot(&mut out);
        out
    }

    /// Appends the same to `out`.
    pub fn write_snapshot(&self, out: &mut Vec<u8>) {
        let start = out.len();
        let sketches: usize = self.entries.iter().map(|e| e.sketch.len()).sum();
        out.reserve(sketches + ENTRY * self.entries.len() + ENTRY + CHECK);
        out.extend_from_slice(MAGIC);
        out.push(VERSION);
        out.extend(self.options().window.to_le_bytes());
        out.extend(self.len().to_le_bytes());
        for entry in &self.entries {
            write_finding(&entry.finding, out);
            out.extend(u32::try_from(entry.sketch.len()).expect("a sketch is small").to_le_bytes());
            out.extend_from_slice(&entry.sketch);
        }
        let check = blake3::hash(out.get(start..).unwrap_or_default());
        out.extend(check.as_bytes().iter().take(CHECK));
    }

    /// The index of a snapshot. Errors when it is of another version or not what [`snapshot`](Self::snapshot) wrote.
    pub fn restore(bytes: &[u8]) -> Result<Self, Error> {
        let (head, rest) = bytes.split_at_checked(5).ok_or(Error::Damaged)?;
        let (magic, version) = head.split_at(4);
        if magic != MAGIC {
            return Err(Error::Damaged);
        }
        if version != [VERSION] {
            return Err(Error::Version);
        }
        let body_len =
            bytes.len().checked_sub(CHECK).filter(|len| *len >= 5).ok_or(Error::Damaged)?;
        let (body, check) = bytes.split_at(body_len);
        if !blake3::hash(body).as_bytes().starts_with(check) {
            return Err(Error::Damaged);
        }
        let body = rest.get(..body_len - 5).ok_or(Error::Damaged)?;
        read(body).ok_or(Error::Damaged)?
    }
}

fn read(mut bytes: &[u8]) -> Option<Result<Index, Error>> {
    let window = take_u32(&mut bytes)?;
    let count = take_u32(&mut bytes)?;
    let mut index = Index::new(Options { window });
    // Room for what so many bytes can hold, whatever the number says.
    index.reserve(usize::try_from(count).ok()?.min(bytes.len() / LEAST));
    for _ in 0..count {
        let finding = read_finding(&mut bytes)?;
        let len = usize::try_from(take_u32(&mut bytes)?).ok()?;
        let (encoded, rest) = bytes.split_at_checked(len)?;
        bytes = rest;
        let head = Sketch::decode_head(encoded);
        if let Err(error) = head.and_then(|head| index.enter(&head, encoded, finding)) {
            return Some(Err(error));
        }
    }
    if !bytes.is_empty() {
        return None;
    }
    Some(index.settle().map(|()| index))
}

fn write_finding(finding: &Finding, out: &mut Vec<u8>) {
    for number in [finding.parent.unwrap_or(NONE), finding.root.unwrap_or(NONE), finding.version] {
        out.extend(number.to_le_bytes());
    }
    for share in [finding.containment, finding.contained, finding.jaccard] {
        out.extend(share.to_le_bytes());
    }
    let verdict = match finding.verdict {
        Verdict::New => 0,
        Verdict::Exact => 1,
        Verdict::Near => 2,
        Verdict::Revision => 3,
    };
    let rule = Rule::ALL.iter().position(|r| *r == finding.rule).and_then(|n| u8::try_from(n).ok());
    out.extend([verdict, rule.expect("ALL holds every rule"), u8::from(finding.fresh)]);
}

fn read_finding(bytes: &mut &[u8]) -> Option<Finding> {
    let some = |n: u32| (n != NONE).then_some(n);
    Some(Finding {
        parent: some(take_u32(bytes)?),
        root: some(take_u32(bytes)?),
        version: take_u32(bytes)?,
        containment: take_u16(bytes)?,
        contained: take_u16(bytes)?,
        jaccard: take_u16(bytes)?,
        verdict: *[Verdict::New, Verdict::Exact, Verdict::Near, Verdict::Revision]
            .get(take_u8(bytes)?)?,
        rule: *Rule::ALL.get(take_u8(bytes)?)?,
        fresh: take_u8(bytes)? == 1,
    })
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*first)
}

fn take_u32(bytes: &mut &[u8]) -> Option<u32> {
    take(bytes).map(u32::from_le_bytes)
}

fn take_u16(bytes: &mut &[u8]) -> Option<u16> {
    take(bytes).map(u16::from_le_bytes)
}

fn take_u8(bytes: &mut &[u8]) -> Option<usize> {
    take::<1>(bytes).map(|[b]| usize::from(b))
}
