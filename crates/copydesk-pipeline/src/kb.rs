//! Knowledge bases of one's own: built from dumps and lists, and asked for a name.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use copydesk_kb::{
    Base, BuildError, BuildOptions, Builder, Fact, Flags, Summary, UserAlias, fold, read_base,
    read_csv, read_geonames, read_json_lines, read_wikidata,
};
use copydesk_types::{Coordinates, EntityType};
use flate2::bufread::MultiGzDecoder;
use serde::Serialize;

use crate::config::Entities;
use crate::knowledge::{open_base, read_names};

/// The argument that stands for standard input.
const STDIN: &str = "-";
/// Bytes that are read at a time.
const BUFFER: usize = 1 << 20;

/// What a source is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KbFormat {
    /// A Wikidata JSON dump.
    Wikidata,
    /// A GeoNames dump.
    Geonames,
    /// A CSV list.
    Csv,
    /// A JSON Lines list.
    JsonLines,
}

impl KbFormat {
    /// By the ending of the file's name, without that of a compression.
    fn of(path: &Path) -> anyhow::Result<Self> {
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default().to_lowercase();
        match name.strip_suffix(".gz").unwrap_or(&name).rsplit_once('.').map(|(_, e)| e) {
            Some("json") => Ok(Self::Wikidata),
            Some("txt") => Ok(Self::Geonames),
            Some("csv") => Ok(Self::Csv),
            Some("jsonl" | "ndjson") => Ok(Self::JsonLines),
            _ => anyhow::bail!(
                "tell the format of {}: it ends in none of .json, .txt, .csv, .jsonl; say --format",
                path.display()
            ),
        }
    }
}

/// What to build a base from.
#[derive(Debug, Clone)]
pub struct KbBuild {
    /// The base; what is there is replaced at the end, in one step.
    pub out: PathBuf,
    /// Dumps and lists, gzip or not; `-` is standard input.
    pub sources: Vec<PathBuf>,
    /// What they are; without it by their endings.
    pub format: Option<KbFormat>,
    /// Leave out the base that is part of the program.
    pub bare: bool,
    /// Wikidata items with fewer articles are left out.
    pub sitelinks: usize,
    /// GeoNames towns with fewer inhabitants are left out.
    pub inhabitants: u64,
}

/// Builds the base: sources in their order, the first one that has an id decides on the facts and the others add names.
/// Memory stays bounded; temporary files lie beside the base.
pub fn build_kb(
    options: &KbBuild,
    progress: impl Fn(&str) + Clone + 'static,
) -> anyhow::Result<Summary> {
    let directory = options.out.parent().filter(|d| !d.as_os_str().is_empty());
    let scratch = BuildOptions::in_directory(directory.unwrap_or(Path::new(".")));
    // All of them are opened before the first one is read: a slip of the finger is not found out an hour later.
    let mut sources = Vec::new();
    for path in &options.sources {
        let format = options.format.map_or_else(|| KbFormat::of(path), Ok)?;
        let source = open(path).with_context(|| format!("open {}", path.display()))?;
        sources.push((path, format, source));
    }
    let tell = progress.clone();
    let mut builder = Builder::new(scratch, Box::new(move |s| tell(&counts(s))))?;
    if !options.bare {
        read_base(&mut builder, &Base::embedded())?;
    }
    for (path, format, mut source) in sources {
        progress(&format!("reading {}", path.display()));
        read_source(&mut builder, format, &mut source, options)
            .with_context(|| format!("read {}", path.display()))?;
    }
    progress("sorting the names");
    builder.finish(&options.out).with_context(|| format!("build {}", options.out.display()))
}

fn read_source(
    builder: &mut Builder,
    format: KbFormat,
    mut source: &mut dyn BufRead,
    options: &KbBuild,
) -> Result<(), BuildError> {
    match format {
        KbFormat::Wikidata => {
            builder.licence("Wikidata (CC0)");
            read_wikidata(builder, &mut source, options.sitelinks)?;
        }
        KbFormat::Geonames => {
            builder.licence("GeoNames (CC BY 4.0)");
            read_geonames(builder, &mut source, options.inhabitants)?;
        }
        KbFormat::Csv => read_csv(builder, &mut source)?,
        KbFormat::JsonLines => read_json_lines(builder, &mut source)?,
    }
    Ok(())
}

/// A source, decompressed where its first bytes say gzip.
fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let mut source: Box<dyn BufRead> = if path.as_os_str() == STDIN {
        Box::new(BufReader::with_capacity(BUFFER, io::stdin()))
    } else {
        Box::new(BufReader::with_capacity(BUFFER, File::open(path)?))
    };
    if source.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        source = Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(source)));
    }
    Ok(source)
}

fn counts(summary: &Summary) -> String {
    let Summary { entities, merged, skipped, .. } = summary;
    format!("{entities} entities, {merged} that add names, {skipped} left out")
}

/// What a base is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KbShown {
    /// Number of entities.
    pub entities: u64,
    /// Number of names, each with its entity.
    pub names: u64,
    /// Size of the file.
    pub bytes: usize,
    /// What it was made from, with licences.
    pub sources: Vec<String>,
}

/// Looks at the base of the settings.
pub fn show_kb(settings: &Entities) -> anyhow::Result<KbShown> {
    let base = open_base(settings.base.path())?;
    let sources = base.licences().lines().map(str::to_owned).collect();
    Ok(KbShown { entities: base.len(), names: base.aliases(), bytes: base.bytes(), sources })
}

/// What a base and the user's list say of a name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KbAnswer {
    /// As it was asked.
    pub name: String,
    /// As it is looked up.
    pub folded: String,
    /// What the user's list says: it comes before the base.
    pub user: Option<KbUserWord>,
    /// The entities that have the name, the best known first.
    pub entities: Vec<KbEntity>,
}

/// What the user's list says of a name.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KbUserWord {
    /// It is no entity.
    Blocked,
    /// It means this one.
    Alias {
        /// Canonical name.
        name: String,
        /// Its id, where the list has one.
        id: Option<String>,
    },
}

/// An entity of a base.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KbEntity {
    /// As in records.
    pub id: String,
    /// What it is.
    #[serde(rename = "type")]
    pub kind: EntityType,
    /// Canonical name.
    pub name: String,
    /// What the name that was asked for is to it: label, alias, demonym, short or domain.
    pub alias: &'static str,
    /// GeoNames id.
    pub geonames: Option<String>,
    /// ISO 3166 code.
    pub country: Option<String>,
    /// Where it is.
    pub coordinates: Option<Coordinates>,
    /// How well known it is: inhabitants, or sitelinks × 1000.
    pub weight: f64,
    /// country, capital, outlet, region.
    pub flags: Vec<&'static str>,
    /// Offices and the like.
    pub details: Vec<String>,
}

/// Looks names up in the base and the list of the settings.
pub fn lookup_kb(settings: &Entities, names: &[String]) -> anyhow::Result<Vec<KbAnswer>> {
    let base = open_base(settings.base.path())?;
    let lists = settings.names.path().map(read_names).transpose()?.unwrap_or_default();
    let answer = |name: &String| {
        let folded = fold(name);
        let alias = |a: &UserAlias| KbUserWord::Alias {
            name: a.name.clone(),
            id: a.id.as_ref().map(ToString::to_string),
        };
        let blocked = lists.blocks(&folded).then_some(KbUserWord::Blocked);
        let user = blocked.or_else(|| lists.find(&folded).map(alias));
        let hits = base.lookup_folded(&folded);
        let facts = hits.filter_map(|hit| Some((base.fact(hit.entity)?, hit.alias.as_str())));
        let entity = |(fact, alias): (Fact, _)| entity(&fact, alias, base.details(fact.entity));
        let mut entities: Vec<KbEntity> = facts.map(entity).collect();
        entities.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        KbAnswer { name: name.clone(), folded, user, entities }
    };
    Ok(names.iter().map(answer).collect())
}

fn entity(fact: &Fact, alias: &'static str, details: &str) -> KbEntity {
    let flags = [
        ("country", Flags::COUNTRY),
        ("capital", Flags::CAPITAL),
        ("outlet", Flags::OUTLET),
        ("region", Flags::REGION),
        ("common", Flags::COMMON),
    ];
    KbEntity {
        id: copydesk_stages::base_id(fact).to_string(),
        kind: fact.kind,
        name: fact.name.to_owned(),
        alias,
        geonames: fact.geonames.map(|g| g.to_string()),
        country: fact.country.map(str::to_owned),
        coordinates: fact.coordinates,
        weight: (fact.prior.exp2() - 1.0).round(),
        flags: flags.into_iter().filter(|(_, f)| fact.flags.has(*f)).map(|(n, _)| n).collect(),
        details: details.lines().map(str::to_owned).collect(),
    }
}

#[cfg(test)]
mod tests;
