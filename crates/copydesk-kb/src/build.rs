//! Building a base: entries stream in, one file comes out, and memory stays bounded whatever the number of entities.
//!
//! Records and labels are written to temporary files as they come; aliases are sorted outside memory, then fed to the
//! index in order. The base is written beside its final name and renamed.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::entry::Entry;
use crate::error::BuildError;
use crate::fold::fold;
use crate::format::{
    AliasKind, Flags, HEADER, MAGIC, MAX_ENTITIES, RECORD, RECORDS, Record, SECTIONS, VERSION,
    kind_number, prior_of, region_hash,
};
use crate::index::{write_index, write_shortcut};
use crate::sort::Sorter;

/// Limits of a build.
#[derive(Debug, Clone)]
pub struct BuildOptions {
    /// Where temporary files go.
    pub directory: PathBuf,
    /// Bytes of aliases that are sorted in memory at a time.
    pub sort_memory: usize,
    /// Ids that are remembered, so that a second source of an entity adds names to it and makes no second one.
    pub remember: usize,
}

impl BuildOptions {
    /// 64 MB for sorting and a million ids.
    pub fn in_directory(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), sort_memory: 64 << 20, remember: 1_000_000 }
    }
}

/// What a build has done so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Entities taken in.
    pub entities: u64,
    /// Entries that gave their names to an entity of an earlier source.
    pub merged: u64,
    /// Entries left out: no name, no type, no claim that says what they are.
    pub skipped: u64,
    /// Aliases in the index, each with its entity.
    pub aliases: u64,
    /// Bytes of the finished base.
    pub bytes: u64,
}

/// How often progress is told, in entries.
const PROGRESS: u64 = 100_000;
/// Longest alias in bytes; what is longer is no name.
const LONGEST: usize = 160;

/// Takes entries in and writes the base.
pub struct Builder {
    options: BuildOptions,
    records: BufWriter<File>,
    labels: BufWriter<File>,
    label_bytes: u64,
    details: Details,
    aliases: Sorter,
    known: HashMap<u64, u32>,
    countries: HashMap<u32, [u8; 2]>,
    licences: String,
    summary: Summary,
    progress: Box<dyn FnMut(&Summary)>,
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("summary", &self.summary).finish_non_exhaustive()
    }
}

impl Builder {
    /// An empty base; `progress` is called now and then.
    pub fn new(
        options: BuildOptions,
        progress: Box<dyn FnMut(&Summary)>,
    ) -> Result<Self, BuildError> {
        let temporary = || {
            tempfile::tempfile_in(&options.directory)
                .map_err(BuildError::io("make a temporary file"))
        };
        let (records, labels) = (BufWriter::new(temporary()?), BufWriter::new(temporary()?));
        let details = Details::new(temporary()?, temporary()?);
        let aliases = Sorter::new(options.directory.clone(), options.sort_memory);
        Ok(Self {
            options,
            records,
            labels,
            label_bytes: 0,
            details,
            aliases,
            known: HashMap::new(),
            countries: HashMap::new(),
            licences: String::new(),
            summary: Summary::default(),
            progress,
        })
    }

    /// Names a source and its licence; every base carries the list.
    pub fn licence(&mut self, line: &str) {
        let line = line.trim();
        if !self.licences.lines().any(|known| known == line) {
            self.licences.push_str(line);
            self.licences.push('\n');
        }
    }

    /// The country code of a Wikidata entity that an earlier list called a country.
    pub(crate) fn country_of(&self, wikidata: u32) -> Option<String> {
        self.countries.get(&wikidata).map(|c| String::from_utf8_lossy(c).into_owned())
    }

    /// Counts an entry that a source left out.
    pub(crate) fn skip(&mut self) {
        self.summary.skipped += 1;
        self.tell();
    }

    /// Takes an entry in. Without a name or a type it is skipped and counted.
    pub fn push(&mut self, entry: &Entry) -> Result<(), BuildError> {
        let Some(kind) = entry.kind.filter(|_| !fold(&entry.name).is_empty()) else {
            self.skip();
            return Ok(());
        };
        let wikidata = entry
            .wikidata
            .as_deref()
            .and_then(|q| q.strip_prefix('Q'))
            .and_then(|n| n.parse().ok());
        let record = Record {
            wikidata: wikidata.unwrap_or(0),
            geonames: entry.geonames.unwrap_or(0),
            lat: degrees(entry.lat.filter(|_| entry.lon.is_some())),
            lon: degrees(entry.lon.filter(|_| entry.lat.is_some())),
            label: 0,
            region: entry.region.as_deref().map_or(0, region_hash),
            country: country_bytes(entry.country.as_deref()),
            prior: prior_of(entry.weight),
            label_length: 0,
            kind: kind_number(kind),
            flags: flags_of(&entry.flags).0,
        };
        let known = keys(&record).find_map(|k| self.known.get(&k)).copied();
        if let Some(entity) = known {
            self.summary.merged += 1;
            self.tell();
            return self.names(entry, entity, AliasKind::Alias);
        }
        let entity = self.push_record(record, entry.name.trim(), &entry.details.join("\n"))?;
        self.names(entry, entity, AliasKind::Label)
    }

    /// Takes a new entity in, without its names: its number. The place of the label is set here.
    pub(crate) fn push_record(
        &mut self,
        record: Record,
        label: &str,
        details: &str,
    ) -> Result<u32, BuildError> {
        let entity = u32::try_from(self.summary.entities).ok().filter(|n| *n < MAX_ENTITIES);
        let entity = entity.ok_or(BuildError::TooLarge("536,870,911 entities"))?;
        self.summary.entities += 1;
        if self.known.len() < self.options.remember {
            self.known.extend(keys(&record).map(|k| (k, entity)));
        }
        if Flags(record.flags).has(Flags::COUNTRY) && record.wikidata != 0 && record.country[0] != 0
        {
            self.countries.insert(record.wikidata, record.country);
        }
        let record = Record {
            label: u32::try_from(self.label_bytes)
                .map_err(|_| BuildError::TooLarge("4 GB of names"))?,
            label_length: u16::try_from(label.len())
                .map_err(|_| BuildError::TooLarge("64 kB in one name"))?,
            ..record
        };
        self.label_bytes += label.len() as u64;
        self.records.write_all(&record.to_bytes()).map_err(BuildError::io("write the records"))?;
        self.labels.write_all(label.as_bytes()).map_err(BuildError::io("write the names"))?;
        self.details.push(entity, details)?;
        self.tell();
        Ok(entity)
    }

    /// Tells of progress now and then.
    fn tell(&mut self) {
        let Summary { entities, merged, skipped, .. } = self.summary;
        if (entities + merged + skipped).is_multiple_of(PROGRESS) {
            (self.progress)(&self.summary);
        }
    }

    fn names(&mut self, entry: &Entry, entity: u32, name: AliasKind) -> Result<(), BuildError> {
        let lists = [
            (std::slice::from_ref(&entry.name), name),
            (entry.aliases.as_slice(), AliasKind::Alias),
            (entry.demonyms.as_slice(), AliasKind::Demonym),
            (entry.short.as_slice(), AliasKind::Short),
            (entry.domains.as_slice(), AliasKind::Domain),
        ];
        for (list, kind) in lists {
            for alias in list {
                self.push_alias(&fold(alias), entity, kind)?;
            }
        }
        Ok(())
    }

    /// Gives an entity a folded name; one that is no name is passed over.
    pub(crate) fn push_alias(
        &mut self,
        folded: &str,
        entity: u32,
        kind: AliasKind,
    ) -> Result<(), BuildError> {
        if folded.is_empty() || folded.len() > LONGEST {
            return Ok(());
        }
        self.aliases.push(folded.as_bytes(), kind.number() << 29 | entity)
    }

    /// Sorts, writes the base beside `out` and renames it.
    pub fn finish(mut self, out: &Path) -> Result<Summary, BuildError> {
        (self.progress)(&self.summary);
        let directory = self.options.directory.clone();
        let temporary =
            || tempfile::tempfile_in(&directory).map_err(BuildError::io("make a temporary file"));
        let (mut index, mut shortcut, mut postings) = (temporary()?, temporary()?, temporary()?);
        let hashes = Sorter::new(directory.clone(), self.options.sort_memory);
        let aliases =
            std::mem::replace(&mut self.aliases, Sorter::new(directory.clone(), usize::MAX));
        let (written, hashes) = write_index(aliases, hashes, &mut index, &mut postings)?;
        self.summary.aliases = written;
        write_shortcut(hashes, &mut shortcut)?;
        let failed = "write the base";
        let mut records =
            self.records.into_inner().map_err(|e| BuildError::io(failed)(e.into_error()))?;
        let mut labels =
            self.labels.into_inner().map_err(|e| BuildError::io(failed)(e.into_error()))?;
        let mut parts: [&mut dyn Part; SECTIONS] = [
            &mut self.licences.into_bytes(),
            &mut index,
            &mut shortcut,
            &mut postings,
            &mut records,
            &mut labels,
            &mut self.details,
        ];
        debug_assert_eq!(
            self.summary.entities,
            parts[RECORDS].length().unwrap_or(0) / RECORD as u64
        );
        self.summary.bytes =
            assemble(out, &mut parts, &self.summary).map_err(BuildError::io(failed))?;
        (self.progress)(&self.summary);
        Ok(self.summary)
    }
}

/// What an entity is remembered by.
fn keys(record: &Record) -> impl Iterator<Item = u64> + use<> {
    [u64::from(record.wikidata), u64::from(record.geonames) << 32].into_iter().filter(|k| *k != 0)
}

/// Offices and the like on their way into a base: count, table of entity and place, text.
struct Details {
    count: u32,
    table: BufWriter<File>,
    text: BufWriter<File>,
    text_bytes: u64,
}

impl Details {
    fn new(table: File, text: File) -> Self {
        let (table, text) = (BufWriter::new(table), BufWriter::new(text));
        Self { count: 0, table, text, text_bytes: 0 }
    }

    fn push(&mut self, entity: u32, details: &str) -> Result<(), BuildError> {
        if details.is_empty() {
            return Ok(());
        }
        let start = u32::try_from(self.text_bytes)
            .map_err(|_| BuildError::TooLarge("4 GB of offices and the like"))?;
        let row = [entity.to_le_bytes(), start.to_le_bytes()].concat();
        let written =
            self.table.write_all(&row).and_then(|()| self.text.write_all(details.as_bytes()));
        written.map_err(BuildError::io("write the details"))?;
        self.count += 1;
        self.text_bytes += details.len() as u64;
        Ok(())
    }
}

impl Part for Details {
    fn length(&mut self) -> std::io::Result<u64> {
        Ok(4 + 8 * u64::from(self.count) + self.text_bytes)
    }

    fn copy(&mut self, to: &mut dyn FnMut(&[u8]) -> std::io::Result<()>) -> std::io::Result<()> {
        to(&self.count.to_le_bytes())?;
        for file in [&mut self.table, &mut self.text] {
            file.flush()?;
            file.get_mut().copy(to)?;
        }
        Ok(())
    }
}

/// A section before it is in the file.
trait Part {
    fn length(&mut self) -> std::io::Result<u64>;
    fn copy(&mut self, to: &mut dyn FnMut(&[u8]) -> std::io::Result<()>) -> std::io::Result<()>;
}

impl Part for Vec<u8> {
    fn length(&mut self) -> std::io::Result<u64> {
        Ok(self.len() as u64)
    }

    fn copy(&mut self, to: &mut dyn FnMut(&[u8]) -> std::io::Result<()>) -> std::io::Result<()> {
        to(self)
    }
}

impl Part for File {
    fn length(&mut self) -> std::io::Result<u64> {
        self.seek(SeekFrom::End(0))
    }

    fn copy(&mut self, to: &mut dyn FnMut(&[u8]) -> std::io::Result<()>) -> std::io::Result<()> {
        self.seek(SeekFrom::Start(0))?;
        let mut reader = BufReader::new(self);
        let mut buffer = vec![0; 1 << 16];
        loop {
            match reader.read(&mut buffer)? {
                0 => return Ok(()),
                n => to(buffer.get(..n).unwrap_or_default())?,
            }
        }
    }
}

/// Header and sections into a file beside `out`, which then takes its place.
fn assemble(
    out: &Path,
    parts: &mut [&mut dyn Part; SECTIONS],
    summary: &Summary,
) -> std::io::Result<u64> {
    let directory = out.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = named_temporary(directory)?;
    let mut header = MAGIC.to_vec();
    header.extend(VERSION.to_le_bytes());
    let mut end = HEADER as u64;
    for part in parts.iter_mut() {
        let length = part.length()?;
        header.extend(end.to_le_bytes());
        header.extend(length.to_le_bytes());
        end += length;
    }
    header.extend(summary.entities.to_le_bytes());
    header.extend(summary.aliases.to_le_bytes());
    let mut hasher = blake3::Hasher::new();
    let mut writer = BufWriter::new(file.as_file_mut());
    writer.write_all(&[0; HEADER])?;
    for part in parts.iter_mut() {
        part.copy(&mut |bytes| {
            hasher.update(bytes);
            writer.write_all(bytes)
        })?;
    }
    header.extend(hasher.finalize().as_bytes());
    writer.seek(SeekFrom::Start(0))?;
    writer.write_all(&header)?;
    writer.flush()?;
    drop(writer);
    file.as_file().sync_all()?;
    file.persist(out).map_err(|e| e.error)?;
    Ok(end)
}

/// A base is no secret: it is readable by all, as far as the umask allows.
#[cfg(unix)]
fn named_temporary(directory: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    tempfile::Builder::new().permissions(mode).tempfile_in(directory)
}

#[cfg(not(unix))]
fn named_temporary(directory: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    tempfile::NamedTempFile::new_in(directory)
}

#[expect(clippy::cast_possible_truncation, reason = "degrees times 1e5 fit")]
fn degrees(value: Option<f64>) -> i32 {
    value.filter(|d| d.abs() <= 180.0).map_or(i32::MIN, |d| (d * 1e5).round() as i32)
}

fn country_bytes(code: Option<&str>) -> [u8; 2] {
    let upper = code.unwrap_or_default().to_ascii_uppercase();
    match upper.as_bytes() {
        [a, b] if a.is_ascii_alphabetic() && b.is_ascii_alphabetic() => [*a, *b],
        _ => [0; 2],
    }
}

fn flags_of(names: &[String]) -> Flags {
    names.iter().fold(Flags::default(), |flags, name| {
        flags.with(match name.as_str() {
            "country" => Flags::COUNTRY,
            "capital" => Flags::CAPITAL,
            "outlet" => Flags::OUTLET,
            "region" => Flags::REGION,
            "common" => Flags::COMMON,
            _ => Flags::default(),
        })
    })
}
