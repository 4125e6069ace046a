//! Lists of one's own: JSON Lines and CSV.

use std::io::{BufRead, Read};

use copydesk_types::EntityType;
use serde::Deserialize;

use crate::build::Builder;
use crate::entry::{Entry, WEIGHT};
use crate::error::BuildError;

/// Longest line that is read.
const LONGEST_LINE: u64 = 1 << 20;

/// Takes in JSON Lines: an [`Entry`] a line. Empty lines and lines that start with `#` are passed over, but that
/// `# licence: …` is kept with the base.
pub fn read_json_lines(
    builder: &mut Builder,
    mut source: &mut dyn BufRead,
) -> Result<(), BuildError> {
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = (&mut source).take(LONGEST_LINE).read_until(b'\n', &mut line);
        if read.map_err(BuildError::io("read a JSON Lines list"))? == 0 {
            return Ok(());
        }
        if let Some(licence) = line.strip_prefix(b"# licence: ") {
            builder.licence(&String::from_utf8_lossy(licence));
        }
        if line.starts_with(b"#") || line.trim_ascii().is_empty() {
            continue;
        }
        let entry: Entry = serde_json::from_slice(&line).map_err(|e| BuildError::Line {
            line: number,
            format: "JSON Lines",
            reason: e.to_string(),
        })?;
        builder.push(&entry)?;
    }
    Ok(())
}

/// A row of a CSV list; lists within a cell are parted by `;`.
#[derive(Debug, Deserialize)]
struct Row {
    name: String,
    #[serde(rename = "type")]
    kind: EntityType,
    #[serde(default)]
    aliases: String,
    #[serde(default)]
    demonyms: String,
    #[serde(default)]
    short: String,
    #[serde(default)]
    domains: String,
    #[serde(default)]
    details: String,
    #[serde(default)]
    wikidata: String,
    #[serde(default)]
    geonames: Option<u32>,
    #[serde(default)]
    country: String,
    #[serde(default)]
    lat: Option<f64>,
    #[serde(default)]
    lon: Option<f64>,
    #[serde(default)]
    weight: Option<f64>,
    #[serde(default)]
    region: String,
    #[serde(default)]
    flags: String,
}

/// Takes in CSV with a header line; the columns are those of [`Entry`], all but `name` and `type` may be missing.
pub fn read_csv(builder: &mut Builder, source: &mut dyn Read) -> Result<(), BuildError> {
    let mut reader =
        csv::ReaderBuilder::new().comment(Some(b'#')).trim(csv::Trim::All).from_reader(source);
    for row in reader.deserialize::<Row>() {
        let row = row.map_err(|e| BuildError::Line {
            line: e.position().map_or(0, csv::Position::line),
            format: "CSV",
            reason: e.to_string(),
        })?;
        let parts = |cell: &str| {
            cell.split(';').map(|p| p.trim().to_owned()).filter(|p| !p.is_empty()).collect()
        };
        let some = |cell: String| Some(cell).filter(|c| !c.is_empty());
        builder.push(&Entry {
            name: row.name,
            kind: Some(row.kind),
            aliases: parts(&row.aliases),
            demonyms: parts(&row.demonyms),
            short: parts(&row.short),
            domains: parts(&row.domains),
            details: parts(&row.details),
            wikidata: some(row.wikidata),
            geonames: row.geonames,
            country: some(row.country),
            lat: row.lat,
            lon: row.lon,
            weight: row.weight.unwrap_or(WEIGHT),
            region: some(row.region),
            flags: parts(&row.flags),
        })?;
    }
    Ok(())
}
