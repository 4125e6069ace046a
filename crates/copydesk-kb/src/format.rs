//! The layout of the file, all numbers little-endian.
//!
//! ```text
//! header     "COPYDKKB", version u32, sections × (offset u64, length u64), entities u64, aliases u64,
//!            BLAKE3 (32 bytes) of all that follows the header
//! licences   UTF-8, a line each
//! index      fst map: folded alias → value: one posting, or (with its top bits set) a place in `postings`
//! shortcut   the same values by the hash of the alias; `shortcut` has the layout
//! postings   u32 each: count, then entity number and alias kind of each that has the alias
//! records    32 bytes an entity
//! labels     UTF-8 names, one behind the other
//! details    UTF-8 offices or domains of the entities that have some, one behind the other
//! ```

use copydesk_types::EntityType;

pub(crate) const MAGIC: &[u8; 8] = b"COPYDKKB";
pub(crate) const VERSION: u32 = 2;
pub(crate) const SECTIONS: usize = 7;
/// Sections by number.
pub(crate) const LICENCES: usize = 0;
pub(crate) const INDEX: usize = 1;
pub(crate) const SHORTCUT: usize = 2;
pub(crate) const POSTINGS: usize = 3;
pub(crate) const RECORDS: usize = 4;
pub(crate) const LABELS: usize = 5;
pub(crate) const DETAILS: usize = 6;
/// Magic, version, section table, two counts, checksum.
pub(crate) const HEADER: usize = 8 + 4 + SECTIONS * 16 + 16 + 32;

/// Bytes of a record.
pub(crate) const RECORD: usize = 32;
/// Entities that a posting can number: three of its bits are the alias kind.
pub(crate) const MAX_ENTITIES: u32 = 1 << 29;
/// Top bits of a value that is a place in `postings`: no alias kind has this number.
pub(crate) const SEVERAL: u32 = 7 << 29;
/// Places in `postings` that a value can name; the last numbers mean something else to the shortcut.
pub(crate) const MAX_POSTINGS: u32 = (1 << 29) - 2;

/// What an alias is to its entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AliasKind {
    /// Its canonical name.
    Label,
    /// Another full name.
    Alias,
    /// Nationality or inhabitant: "Norwegian".
    Demonym,
    /// A name that is not enough by itself: a family name.
    Short,
    /// A domain of an outlet.
    Domain,
}

impl AliasKind {
    pub(crate) fn number(self) -> u32 {
        match self {
            Self::Label => 0,
            Self::Alias => 1,
            Self::Demonym => 2,
            Self::Short => 3,
            Self::Domain => 4,
        }
    }

    /// The kind as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Label => "label",
            Self::Alias => "alias",
            Self::Demonym => "demonym",
            Self::Short => "short",
            Self::Domain => "domain",
        }
    }

    pub(crate) fn of(number: u32) -> Self {
        match number {
            0 => Self::Label,
            2 => Self::Demonym,
            3 => Self::Short,
            4 => Self::Domain,
            _ => Self::Alias,
        }
    }
}

/// What is known of an entity besides its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(pub(crate) u8);

impl Flags {
    /// A sovereign state or a territory with a code of its own.
    pub const COUNTRY: Self = Self(1);
    /// The capital of its country.
    pub const CAPITAL: Self = Self(2);
    /// A news agency or outlet.
    pub const OUTLET: Self = Self(4);
    /// A region of the first level within its country.
    pub const REGION: Self = Self(8);
    /// A person whose name many others have: the name alone does not say who it is.
    pub const COMMON: Self = Self(16);

    /// Whether all of `other` is set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// One entity, as it stands in the file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Record {
    /// 0 for none.
    pub(crate) wikidata: u32,
    /// 0 for none.
    pub(crate) geonames: u32,
    /// 1e-5 degrees; `i32::MIN` for none.
    pub(crate) lat: i32,
    pub(crate) lon: i32,
    pub(crate) label: u32,
    /// Hash of the region that it lies in, or that it is; 0 for none.
    pub(crate) region: u32,
    /// Upper-case ISO 3166 letters, zeros for none.
    pub(crate) country: [u8; 2],
    /// log2(1 + weight) × 2048.
    pub(crate) prior: u16,
    pub(crate) label_length: u16,
    pub(crate) kind: u8,
    pub(crate) flags: u8,
}

impl Record {
    pub(crate) fn to_bytes(self) -> [u8; RECORD] {
        let mut out = [0; RECORD];
        out[0..4].copy_from_slice(&self.wikidata.to_le_bytes());
        out[4..8].copy_from_slice(&self.geonames.to_le_bytes());
        out[8..12].copy_from_slice(&self.lat.to_le_bytes());
        out[12..16].copy_from_slice(&self.lon.to_le_bytes());
        out[16..20].copy_from_slice(&self.label.to_le_bytes());
        out[20..24].copy_from_slice(&self.region.to_le_bytes());
        out[24..26].copy_from_slice(&self.country);
        out[26..28].copy_from_slice(&self.prior.to_le_bytes());
        out[28..30].copy_from_slice(&self.label_length.to_le_bytes());
        out[30] = self.kind;
        out[31] = self.flags;
        out
    }

    /// The letters of the country within the bytes.
    pub(crate) fn country(bytes: &[u8; RECORD]) -> &[u8] {
        bytes.get(24..26).unwrap_or_default()
    }

    pub(crate) fn from_bytes(bytes: &[u8; RECORD]) -> Self {
        let [w0, w1, w2, w3, g0, g1, g2, g3, a0, a1, a2, a3, o0, o1, o2, o3, rest @ ..] = *bytes;
        let [l0, l1, l2, l3, r0, r1, r2, r3, c0, c1, p0, p1, n0, n1, kind, flags] = rest;
        Self {
            wikidata: u32::from_le_bytes([w0, w1, w2, w3]),
            geonames: u32::from_le_bytes([g0, g1, g2, g3]),
            lat: i32::from_le_bytes([a0, a1, a2, a3]),
            lon: i32::from_le_bytes([o0, o1, o2, o3]),
            label: u32::from_le_bytes([l0, l1, l2, l3]),
            region: u32::from_le_bytes([r0, r1, r2, r3]),
            country: [c0, c1],
            prior: u16::from_le_bytes([p0, p1]),
            label_length: u16::from_le_bytes([n0, n1]),
            kind,
            flags,
        }
    }
}

const KINDS: [EntityType; 10] = [
    EntityType::Person,
    EntityType::Organization,
    EntityType::Place,
    EntityType::Group,
    EntityType::Event,
    EntityType::Work,
    EntityType::Law,
    EntityType::Product,
    EntityType::Facility,
    EntityType::Language,
];

pub(crate) fn kind_number(kind: EntityType) -> u8 {
    let at = KINDS.iter().position(|k| *k == kind).unwrap_or(0);
    u8::try_from(at).unwrap_or(0)
}

pub(crate) fn kind_of(number: u8) -> EntityType {
    KINDS.get(usize::from(number)).copied().unwrap_or(EntityType::Organization)
}

/// log2(1 + weight), scaled to 16 bits.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the range of u16"
)]
pub(crate) fn prior_of(weight: f64) -> u16 {
    ((1.0 + weight.max(0.0)).log2() * 2048.0).clamp(0.0, 65535.0).round() as u16
}

/// A number for a region's code ("US.CA"), never 0.
pub(crate) fn region_hash(code: &str) -> u32 {
    let hash =
        code.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    hash.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_read_back() {
        let record = Record {
            wikidata: 159,
            geonames: 2_017_370,
            lat: 6_000_000,
            lon: -10_000_000,
            label: 77,
            region: region_hash("RU.59"),
            country: *b"RU",
            prior: prior_of(144_000_000.0),
            label_length: 6,
            kind: kind_number(EntityType::Place),
            flags: Flags::COUNTRY.with(Flags::CAPITAL).0,
        };
        assert_eq!(Record::from_bytes(&record.to_bytes()), record);
        assert_eq!(kind_of(record.kind), EntityType::Place);
        assert!((f64::from(record.prior) / 2048.0 - 27.1).abs() < 0.1);
        assert!(Flags(record.flags).has(Flags::CAPITAL) && !Flags(record.flags).has(Flags::OUTLET));
    }
}
