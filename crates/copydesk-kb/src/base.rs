//! Looking names up in a base.

use std::ops::Range;
use std::sync::Arc;

use copydesk_types::{Coordinates, EntityId, EntityType};

use crate::error::OpenError;
use crate::fold;
use crate::format::{
    AliasKind, DETAILS, Flags, HEADER, INDEX, LABELS, LICENCES, MAGIC, POSTINGS, RECORD, RECORDS,
    Record, SECTIONS, SEVERAL, SHORTCUT, VERSION, kind_of,
};
use crate::shortcut::{self, Answer};

/// The bytes of a base: a memory map, a vector or the program's own.
pub type BaseBytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// A part of the bytes, for the index.
struct Section {
    bytes: BaseBytes,
    range: Range<usize>,
}

impl AsRef<[u8]> for Section {
    fn as_ref(&self) -> &[u8] {
        (*self.bytes).as_ref().get(self.range.clone()).unwrap_or_default()
    }
}

/// A base that is open for look-ups. Sharing it costs an `Arc`.
pub struct Base {
    bytes: BaseBytes,
    sections: [Range<usize>; SECTIONS],
    index: fst::Map<Section>,
    entities: u64,
    aliases: u64,
    checksum: [u8; 32],
}

impl std::fmt::Debug for Base {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Base")
            .field("entities", &self.entities)
            .field("aliases", &self.aliases)
            .finish_non_exhaustive()
    }
}

/// An entity that has an alias.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Its number in the base.
    pub entity: u32,
    /// What the alias is to it.
    pub alias: AliasKind,
}

/// The entities that have an alias, the strongest kind of alias first.
#[derive(Debug, Clone)]
pub struct Hits<'a> {
    one: Option<u32>,
    several: std::slice::ChunksExact<'a, u8>,
}

impl Iterator for Hits<'_> {
    type Item = Hit;

    fn next(&mut self) -> Option<Hit> {
        let posting = self.one.take().or_else(|| {
            let bytes = self.several.next()?.try_into().ok()?;
            Some(u32::from_le_bytes(bytes))
        })?;
        Some(Hit { entity: posting & ((1 << 29) - 1), alias: AliasKind::of(posting >> 29) })
    }
}

/// What the base knows of an entity, but for its details. Borrows from the base: a look-up copies nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact<'a> {
    /// Its number in the base.
    pub entity: u32,
    /// Canonical name.
    pub name: &'a str,
    /// What it is.
    pub kind: EntityType,
    /// Wikidata id without its Q.
    pub wikidata: Option<u32>,
    /// GeoNames id.
    pub geonames: Option<u32>,
    /// ISO 3166 code of its country.
    pub country: Option<&'a str>,
    /// Where it is.
    pub coordinates: Option<Coordinates>,
    /// log2 of one more than its weight: how well known it is, 0 to 32.
    pub prior: f64,
    /// Number of the region that it lies in or is, 0 for none.
    pub region: u32,
    /// What else is known.
    pub flags: Flags,
}

impl Fact<'_> {
    /// The id of the entity in a record, `None` where it must be minted from its name.
    pub fn id(&self) -> Option<EntityId> {
        let text = match (self.wikidata, self.geonames) {
            (Some(q), _) => format!("Q{q}"),
            (None, Some(g)) => format!("geonames:{g}"),
            (None, None) => return None,
        };
        EntityId::try_from(text).ok()
    }
}

impl Base {
    /// Opens a base: looks at the header alone, so it takes no time whatever the size. [`Base::verify`] reads it all.
    pub fn open(bytes: BaseBytes) -> Result<Self, OpenError> {
        let all = (*bytes).as_ref();
        let header = all.get(..HEADER).filter(|h| h.starts_with(MAGIC)).ok_or(OpenError::NoBase)?;
        let word = |at: usize| {
            header.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)
        };
        let long = |at: usize| {
            header.get(at..at + 8).and_then(|b| b.try_into().ok()).map_or(0, u64::from_le_bytes)
        };
        if word(8) != VERSION {
            return Err(OpenError::Version { found: word(8), expected: VERSION });
        }
        let found = all.len() as u64;
        let mut end = HEADER as u64;
        let mut sections: [Range<usize>; SECTIONS] = Default::default();
        for (number, section) in sections.iter_mut().enumerate() {
            let (start, length) = (long(12 + 16 * number), long(20 + 16 * number));
            let expected = start.checked_add(length).ok_or(OpenError::NoBase)?;
            if expected > found || start != end {
                return Err(OpenError::Length { found, expected });
            }
            end = expected;
            let at = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
            *section = at(start)..at(expected);
        }
        if end != found {
            return Err(OpenError::Length { found, expected: end });
        }
        let counts = 12 + 16 * SECTIONS;
        let checksum =
            header.get(HEADER - 32..).and_then(|b| b.try_into().ok()).ok_or(OpenError::NoBase)?;
        let (entities, aliases) = (long(counts), long(counts + 8));
        let section = Section { bytes: Arc::clone(&bytes), range: sections[INDEX].clone() };
        let index = fst::Map::new(section).map_err(OpenError::Index)?;
        Ok(Self { bytes, sections, index, entities, aliases, checksum })
    }

    /// The base that is part of the program.
    pub fn embedded() -> Self {
        static BYTES: &[u8] = include_bytes!("../data/default.kb");
        Self::open(Arc::new(BYTES)).expect("the embedded base was built in this format")
    }

    /// Reads every byte and compares the checksum; a base from outside must pass before it is used.
    pub fn verify(&self) -> Result<(), OpenError> {
        let all = (*self.bytes).as_ref();
        let body = all.get(HEADER..).ok_or(OpenError::NoBase)?;
        if *blake3::hash(body).as_bytes() != self.checksum {
            return Err(OpenError::Checksum);
        }
        Ok(())
    }

    /// BLAKE3 of the content, as the header has it: two bases with one checksum say the same.
    pub fn checksum(&self) -> &[u8; 32] {
        &self.checksum
    }

    /// Number of entities.
    pub fn len(&self) -> u64 {
        self.entities
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.entities == 0
    }

    /// Number of aliases, each with its entity.
    pub fn aliases(&self) -> u64 {
        self.aliases
    }

    /// Size in bytes.
    pub fn bytes(&self) -> usize {
        (*self.bytes).as_ref().len()
    }

    /// Sources and their licences, one a line.
    pub fn licences(&self) -> &str {
        std::str::from_utf8(self.section(LICENCES)).unwrap_or_default()
    }

    fn section(&self, number: usize) -> &[u8] {
        (*self.bytes).as_ref().get(self.sections[number].clone()).unwrap_or_default()
    }

    /// The entities that have this name, whatever its case and accents.
    pub fn lookup(&self, name: &str) -> Hits<'_> {
        self.lookup_folded(&fold(name))
    }

    /// The entities that have the folded name.
    pub fn lookup_folded(&self, folded: &str) -> Hits<'_> {
        let value = match shortcut::find(self.section(SHORTCUT), shortcut::hash(folded)) {
            Answer::Nothing => None,
            Answer::Value(value) => Some(value),
            Answer::AskIndex => self.index.get(folded).and_then(|v| u32::try_from(v).ok()),
        };
        value.map_or(Hits { one: None, several: [].chunks_exact(4) }, |value| self.hits(value))
    }

    /// What a value stands for.
    fn hits(&self, value: u32) -> Hits<'_> {
        if value < SEVERAL {
            return Hits { one: Some(value), several: [].chunks_exact(4) };
        }
        let start = usize::try_from(value & !SEVERAL).unwrap_or(usize::MAX).saturating_mul(4);
        let postings = self.section(POSTINGS).get(start..).unwrap_or_default();
        let (count, postings) = postings.split_first_chunk::<4>().unwrap_or((&[0; 4], &[]));
        let length = usize::try_from(u32::from_le_bytes(*count)).unwrap_or(0).saturating_mul(4);
        Hits { one: None, several: postings.get(..length).unwrap_or_default().chunks_exact(4) }
    }

    fn record_bytes(&self, entity: u32) -> Option<&[u8; RECORD]> {
        let at = usize::try_from(entity).ok()?.checked_mul(RECORD)?;
        self.section(RECORDS).get(at..at + RECORD)?.try_into().ok()
    }

    pub(crate) fn record(&self, entity: u32) -> Option<Record> {
        self.record_bytes(entity).map(Record::from_bytes)
    }

    /// Every folded alias with each of its entities, in the order of the index.
    pub(crate) fn each_alias<E>(
        &self,
        take: &mut dyn FnMut(&str, Hit) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut stream = self.index.stream();
        while let Some((alias, value)) = fst::Streamer::next(&mut stream) {
            let Ok(alias) = std::str::from_utf8(alias) else { continue };
            for hit in u32::try_from(value).into_iter().flat_map(|value| self.hits(value)) {
                take(alias, hit)?;
            }
        }
        Ok(())
    }

    /// What is known of an entity; `None` for a number that the base does not have.
    pub fn fact(&self, entity: u32) -> Option<Fact<'_>> {
        let bytes = self.record_bytes(entity)?;
        let record = Record::from_bytes(bytes);
        let label = usize::try_from(record.label).ok()?;
        let name = self.section(LABELS).get(label..label + usize::from(record.label_length))?;
        let degrees = |n: i32| f64::from(n) / 1e5;
        let point = Coordinates { lat: degrees(record.lat), lon: degrees(record.lon) };
        Some(Fact {
            entity,
            name: std::str::from_utf8(name).ok()?,
            kind: kind_of(record.kind),
            wikidata: Some(record.wikidata).filter(|q| *q != 0),
            geonames: Some(record.geonames).filter(|g| *g != 0),
            country: std::str::from_utf8(Record::country(bytes)).ok().filter(|c| *c != "\0\0"),
            coordinates: (record.lat != i32::MIN).then_some(point),
            prior: f64::from(record.prior) / 2048.0,
            region: record.region,
            flags: Flags(record.flags),
        })
    }

    /// Offices of a person and the like, one a line: a binary search in the table at the head of their section.
    pub fn details(&self, entity: u32) -> &str {
        let section = self.section(DETAILS);
        let word = |at: usize| {
            section.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_le_bytes)
        };
        let count = usize::try_from(word(0)).unwrap_or(0).min(section.len() / 8);
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = usize::midpoint(low, high);
            if word(4 + 8 * middle) < entity { low = middle + 1 } else { high = middle }
        }
        if low == count || word(4 + 8 * low) != entity {
            return "";
        }
        let text = 4 + 8 * count;
        let start = text + usize::try_from(word(8 + 8 * low)).unwrap_or(0);
        let end = if low + 1 < count {
            text + usize::try_from(word(16 + 8 * low)).unwrap_or(0)
        } else {
            section.len()
        };
        section.get(start..end).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortcut_answers_as_the_index_does() {
        let base = Base::embedded();
        let (mut names, mut found) = (0, 0);
        let counted = base.each_alias(&mut |alias, hit| {
            names += 1;
            found += usize::from(base.lookup_folded(alias).any(|h| h == hit));
            Ok::<(), ()>(())
        });
        assert_eq!(counted, Ok(()));
        assert_eq!((names as u64, found), (base.aliases(), names));
        for name in ["", "no such name", "norwa", "norwayy"] {
            assert_eq!(base.lookup_folded(name).next(), None, "{name}");
        }
    }
}
