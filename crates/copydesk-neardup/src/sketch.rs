//! What is kept of an article: enough to find it, to compare it and to decide.

use crate::Error;
use crate::bits::{BitReader, BitWriter};
use crate::compare::union;

/// A sketch keeps at most about this many shingles; a longer text keeps a sample of them.
const KEPT: usize = 256;
/// Tokens of a zone of the lead, before sampling.
const ZONE: usize = 40;
/// Names and numbers kept, first ones first.
const FACTS: usize = 64;
/// More items than this are no sketch.
const MOST: usize = 4 * KEPT;
/// First byte of an encoded sketch.
const VERSION: u32 = 1;

/// What is kept of an article.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sketch {
    /// 128 bits of BLAKE3 over the folded body, title and boilerplate left out.
    pub(crate) body: u128,
    /// Tokens of the body.
    pub(crate) words: u32,
    /// Distinct shingles of the body.
    pub(crate) size: u32,
    /// The kept shingles are those whose hash ends in this many zero bits.
    pub(crate) level: u32,
    /// Kept shingles, sorted: of the first zone, of the second, of the rest.
    pub(crate) zones: [Vec<u32>; 3],
    /// Numbers, sorted, 16 bits of their hashes.
    pub(crate) numbers: Vec<u32>,
    /// Capitalised words of the title and the first zone, sorted, 16 bits.
    pub(crate) lead_names: Vec<u32>,
    /// Those of the rest.
    pub(crate) names: Vec<u32>,
    /// Words of the title, sorted, 16 bits.
    pub(crate) title: Vec<u32>,
    /// Weekdays named in the first zone, a bit each.
    pub(crate) days: u32,
    /// Outlet, 0 when not known.
    pub(crate) source: u32,
    /// Address, 0 when not known.
    pub(crate) url: u32,
    /// Minutes since the year 1, 0 when not known.
    pub(crate) minute: u32,
}

/// What a sketch is made of, in order of the text.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) shingles: Vec<u32>,
    pub(crate) numbers: Vec<u32>,
    pub(crate) lead_names: Vec<u32>,
    pub(crate) names: Vec<u32>,
    pub(crate) title: Vec<u32>,
}

/// How many low bits must be zero so that about [`KEPT`] of `size` shingles stay.
pub(crate) fn level_of(size: usize) -> u32 {
    let mut level = 0;
    while size >> level > KEPT {
        level += 1;
    }
    level
}

/// Tokens of each zone of the lead.
pub(crate) fn zone_tokens(level: u32) -> usize {
    ZONE << level
}

/// Whether a shingle is in the sample of a level.
pub(crate) fn sampled(shingle: u32, level: u32) -> bool {
    shingle.trailing_zeros() >= level
}

impl Sketch {
    /// Fills the sets from the parts of a text.
    pub(crate) fn fill(&mut self, parts: Parts) {
        let place = |(at, shingle): (u32, &u32)| u64::from(*shingle) << 32 | u64::from(at);
        let mut placed: Vec<u64> = (0..).zip(&parts.shingles).map(place).collect();
        placed.sort_unstable();
        placed.dedup_by_key(|p| *p >> 32);
        self.size = u32::try_from(placed.len()).expect("bounded by MAX_TOKENS");
        self.level = level_of(placed.len());
        let zone = u64::try_from(zone_tokens(self.level)).expect("small");
        let kept =
            placed.iter().map(|p| (u32::try_from(p >> 32).expect("32 bits"), p & 0xffff_ffff));
        for (shingle, at) in kept.filter(|(s, _)| sampled(*s, self.level)).take(MOST) {
            let number = usize::try_from((at / zone).min(2)).expect("0 to 2");
            if let Some(zone) = self.zones.get_mut(number) {
                zone.push(shingle);
            }
        }
        self.numbers = facts(parts.numbers);
        self.lead_names = facts(parts.lead_names);
        self.names = facts(parts.names);
        self.names.retain(|n| self.lead_names.binary_search(n).is_err());
        self.title = facts(parts.title);
    }

    /// All kept shingles, sorted.
    pub(crate) fn items(&self) -> Vec<u32> {
        let [first, second, rest] = &self.zones;
        union(&union(first, second), rest)
    }

    /// Keeps the shingles of a coarser level only (none at level 32), and no facts. Says whether there were more.
    pub(crate) fn thin(&mut self, level: u32) -> bool {
        let facts = [&self.numbers, &self.lead_names, &self.names, &self.title];
        if self.level >= level && facts.iter().all(|set| set.is_empty()) {
            return false;
        }
        self.level = self.level.max(level);
        for zone in &mut self.zones {
            zone.retain(|s| sampled(*s, level));
        }
        (self.numbers, self.lead_names, self.names, self.title) = Default::default();
        true
    }

    /// The sketch in bytes, about 700 for a news article.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = BitWriter::with_capacity(1024);
        out.put(VERSION, 8);
        for part in 0..4 {
            out.put(u32::try_from((self.body >> (32 * part)) & 0xffff_ffff).expect("masked"), 32);
        }
        for value in [self.words, self.size, self.level, self.days] {
            out.put_varint(value);
        }
        for value in [self.source, self.url, self.minute] {
            out.put(u32::from(value != 0), 1);
            if value != 0 {
                out.put(value, 32);
            }
        }
        for zone in &self.zones {
            out.put_set(zone, 32);
        }
        for set in [&self.numbers, &self.lead_names, &self.names, &self.title] {
            out.put_set(set, 16);
        }
        out.finish()
    }

    /// Reads what [`encode`](Self::encode) wrote. Errors when the bytes are no sketch of this version.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let (mut sketch, mut reader) = Self::start(bytes)?;
        let sets = read_sets(&mut sketch, &mut reader).filter(|()| reader.is_done());
        sets.map(|()| sketch).ok_or(Error::Damaged)
    }

    /// Reads the fields before the sets, which stay empty.
    pub(crate) fn decode_head(bytes: &[u8]) -> Result<Self, Error> {
        Self::start(bytes).map(|(sketch, _)| sketch)
    }

    /// Whether the article has all of these shingles, as far as the sketch tells: those of its sample, and at least one.
    pub(crate) fn has_all(&self, shingles: &[u32]) -> bool {
        let mut kept = shingles.iter().filter(|s| sampled(**s, self.level)).peekable();
        let stands = |s: &u32| self.zones.iter().any(|zone| zone.binary_search(s).is_ok());
        kept.peek().is_some() && kept.all(stands)
    }

    /// Puts the shingles of an encoded sketch into `out`, and returns how many its article had.
    pub(crate) fn decode_shingles(bytes: &[u8], out: &mut Vec<u32>) -> Result<u32, Error> {
        out.clear();
        let (sketch, mut reader) = Self::start(bytes)?;
        for _ in &sketch.zones {
            reader.read_set(32, MOST, out).ok_or(Error::Damaged)?;
        }
        Ok(sketch.size)
    }

    /// The fields before the sets, and what reads the sets.
    fn start(bytes: &[u8]) -> Result<(Self, BitReader<'_>), Error> {
        let mut reader = BitReader::new(bytes);
        if reader.take(8) != Some(VERSION) {
            return Err(Error::Version);
        }
        let sketch = read_head(&mut reader).ok_or(Error::Damaged)?;
        Ok((sketch, reader))
    }
}

fn read_head(reader: &mut BitReader<'_>) -> Option<Sketch> {
    let mut sketch = Sketch::default();
    for part in 0..4 {
        sketch.body |= u128::from(reader.take(32)?) << (32 * part);
    }
    for field in [&mut sketch.words, &mut sketch.size, &mut sketch.level, &mut sketch.days] {
        *field = reader.take_varint()?;
    }
    if sketch.level > 32 {
        return None;
    }
    for field in [&mut sketch.source, &mut sketch.url, &mut sketch.minute] {
        if reader.take(1)? == 1 {
            *field = reader.take(32)?;
        }
    }
    Some(sketch)
}

fn read_sets(sketch: &mut Sketch, reader: &mut BitReader<'_>) -> Option<()> {
    for zone in &mut sketch.zones {
        *zone = reader.take_set(32, MOST)?;
    }
    for set in [&mut sketch.numbers, &mut sketch.lead_names, &mut sketch.names, &mut sketch.title] {
        *set = reader.take_set(16, FACTS)?;
    }
    Some(())
}

/// The first [`FACTS`] distinct ones, sorted.
fn facts(in_order: Vec<u32>) -> Vec<u32> {
    let mut out: Vec<u32> = Vec::new();
    for fact in in_order {
        if out.len() == FACTS {
            break;
        }
        if !out.contains(&fact) {
            out.push(fact);
        }
    }
    out.sort_unstable();
    out
}
