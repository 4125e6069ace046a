//! Wikidata JSON dumps: an array with an entity a line. Only items whose claims say what they are get in.

use std::collections::HashMap;
use std::fmt;
use std::io::{BufRead, Read};
use std::marker::PhantomData;

use copydesk_types::EntityType;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Deserializer};

use crate::build::Builder;
use crate::entry::Entry;
use crate::error::BuildError;

/// Longest entity that is read; the largest of the dump has under 10 MB.
const LONGEST_LINE: u64 = 64 << 20;
/// Sitelinks are few where inhabitants are many.
const WEIGHT_OF_SITELINK: f64 = 1000.0;

/// Takes in a dump (decompressed). Items with fewer than `sitelinks` articles, without an English label, or that are
/// no person (P31 human), place (P625, P1566), organization (P159, P452, P1454, P749, P112, P169), event (P585, P580)
/// or work (P50, P57, P175, P577) are left out and counted as skipped.
pub fn read_wikidata(
    builder: &mut Builder,
    mut source: &mut dyn BufRead,
    sitelinks: usize,
) -> Result<(), BuildError> {
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = (&mut source).take(LONGEST_LINE).read_until(b'\n', &mut line);
        if read.map_err(BuildError::io("read a Wikidata dump"))? == 0 {
            return Ok(());
        }
        let text = line.trim_ascii();
        let text = text.strip_suffix(b",").unwrap_or(text);
        if matches!(text, b"" | b"[" | b"]") {
            continue;
        }
        let item: Item = serde_json::from_slice(text).map_err(|e| BuildError::Line {
            line: number,
            format: "Wikidata",
            reason: e.to_string(),
        })?;
        match entry(item, builder, sitelinks) {
            Some(entry) => builder.push(&entry)?,
            None => builder.skip(),
        }
    }
    Ok(())
}

fn entry(item: Item, builder: &Builder, sitelinks: usize) -> Option<Entry> {
    let links = item.sitelinks.len();
    let name = item.labels.en.or(item.labels.mul)?.value;
    let claims = &item.claims;
    let kind = claims.kind().filter(|_| links >= sitelinks && item.id.starts_with('Q'))?;
    let country =
        [&claims.country, &claims.citizenship].into_iter().flatten().find_map(Claim::number);
    let point = claims.point.first().and_then(Claim::point).filter(|_| kind == EntityType::Place);
    let short = (kind == EntityType::Person)
        .then(|| name.split_whitespace().last().map(str::to_owned))
        .flatten();
    Some(Entry {
        kind: Some(kind),
        aliases: item.aliases.en.into_iter().chain(item.aliases.mul).map(|t| t.value).collect(),
        short: short.filter(|s| *s != name).into_iter().collect(),
        wikidata: Some(item.id),
        geonames: claims.geonames.first().and_then(Claim::text).and_then(|g| g.parse().ok()),
        country: country.and_then(|q| builder.country_of(q)),
        lat: point.map(|p| p.0),
        lon: point.map(|p| p.1),
        weight: links as f64 * WEIGHT_OF_SITELINK,
        name,
        ..Entry::default()
    })
}

#[derive(Debug, Deserialize)]
struct Item {
    id: String,
    #[serde(default, deserialize_with = "map_or_list")]
    labels: Labels,
    #[serde(default, deserialize_with = "map_or_list")]
    aliases: Aliases,
    #[serde(default, deserialize_with = "map_or_list")]
    claims: Claims,
    #[serde(default, deserialize_with = "map_or_list")]
    sitelinks: HashMap<String, Site>,
}

/// Only the number of sitelinks counts; one byte each.
#[derive(Debug, Deserialize)]
#[serde(from = "IgnoredAny")]
struct Site(#[expect(dead_code, reason = "a value that takes no parsing")] u8);

impl From<IgnoredAny> for Site {
    fn from(_: IgnoredAny) -> Self {
        Self(0)
    }
}

#[derive(Debug, Default, Deserialize)]
struct Labels {
    en: Option<Term>,
    mul: Option<Term>,
}

#[derive(Debug, Default, Deserialize)]
struct Aliases {
    #[serde(default)]
    en: Vec<Term>,
    #[serde(default)]
    mul: Vec<Term>,
}

#[derive(Debug, Deserialize)]
struct Term {
    value: String,
}

/// The claims that say what an item is.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Claims {
    #[serde(rename = "P31")]
    instance_of: Vec<Claim>,
    #[serde(rename = "P625")]
    point: Vec<Claim>,
    #[serde(rename = "P1566")]
    geonames: Vec<Claim>,
    #[serde(rename = "P17")]
    country: Vec<Claim>,
    #[serde(rename = "P27")]
    citizenship: Vec<Claim>,
    #[serde(rename = "P159")]
    headquarters: Vec<IgnoredAny>,
    #[serde(rename = "P452")]
    industry: Vec<IgnoredAny>,
    #[serde(rename = "P1454")]
    legal_form: Vec<IgnoredAny>,
    #[serde(rename = "P749")]
    parent: Vec<IgnoredAny>,
    #[serde(rename = "P112")]
    founder: Vec<IgnoredAny>,
    #[serde(rename = "P169")]
    executive: Vec<IgnoredAny>,
    #[serde(rename = "P585")]
    date: Vec<IgnoredAny>,
    #[serde(rename = "P580")]
    start: Vec<IgnoredAny>,
    #[serde(rename = "P50")]
    author: Vec<IgnoredAny>,
    #[serde(rename = "P57")]
    director: Vec<IgnoredAny>,
    #[serde(rename = "P175")]
    performer: Vec<IgnoredAny>,
    #[serde(rename = "P577")]
    published: Vec<IgnoredAny>,
}

/// Wikidata's "human".
const HUMAN: u32 = 5;

impl Claims {
    fn kind(&self) -> Option<EntityType> {
        let any = |lists: &[&Vec<IgnoredAny>]| lists.iter().any(|l| !l.is_empty());
        let organized = any(&[
            &self.headquarters,
            &self.industry,
            &self.legal_form,
            &self.parent,
            &self.founder,
            &self.executive,
        ]);
        if self.instance_of.iter().any(|c| c.number() == Some(HUMAN)) {
            Some(EntityType::Person)
        } else if !self.geonames.is_empty() || (!self.point.is_empty() && !organized) {
            Some(EntityType::Place)
        } else if organized {
            Some(EntityType::Organization)
        } else if any(&[&self.author, &self.director, &self.performer, &self.published]) {
            Some(EntityType::Work)
        } else if any(&[&self.date, &self.start]) {
            Some(EntityType::Event)
        } else {
            None
        }
    }
}

#[derive(Debug, Deserialize)]
struct Claim {
    mainsnak: Snak,
}

#[derive(Debug, Deserialize)]
struct Snak {
    datavalue: Option<DataValue>,
}

#[derive(Debug, Deserialize)]
struct DataValue {
    value: serde_json::Value,
}

impl Claim {
    fn value(&self) -> Option<&serde_json::Value> {
        self.mainsnak.datavalue.as_ref().map(|d| &d.value)
    }

    /// The number of the item that the claim points to.
    fn number(&self) -> Option<u32> {
        self.value()?.get("numeric-id")?.as_u64()?.try_into().ok()
    }

    fn text(&self) -> Option<&str> {
        self.value()?.as_str()
    }

    fn point(&self) -> Option<(f64, f64)> {
        let value = self.value()?;
        Some((value.get("latitude")?.as_f64()?, value.get("longitude")?.as_f64()?))
    }
}

/// A map; the dumps write an empty one as `[]`.
fn map_or_list<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    struct MapOrList<T>(PhantomData<T>);

    impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for MapOrList<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map, or an empty list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<T, A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            Ok(T::default())
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
            T::deserialize(MapAccessDeserializer::new(map))
        }
    }

    deserializer.deserialize_any(MapOrList(PhantomData))
}
