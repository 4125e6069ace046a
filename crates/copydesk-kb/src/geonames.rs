//! GeoNames dumps: `allCountries.txt`, `cities500.txt`, a country's file. Columns as their `readme.txt` says.

use std::io::{BufRead, Read};

use copydesk_types::EntityType;

use crate::build::Builder;
use crate::entry::Entry;
use crate::error::BuildError;

const LONGEST_LINE: u64 = 1 << 20;
/// Weight of a river, a mountain, a region without a count of inhabitants.
const UNCOUNTED: f64 = 1000.0;

/// Takes in a dump. Populated places under `least` inhabitants are left out and counted as skipped; so are roads,
/// undersea features and buildings other than airports, stations and universities.
pub fn read_geonames(
    builder: &mut Builder,
    mut source: &mut dyn BufRead,
    least: u64,
) -> Result<(), BuildError> {
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = (&mut source).take(LONGEST_LINE).read_until(b'\n', &mut line);
        if read.map_err(BuildError::io("read a GeoNames dump"))? == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&line);
        let cells: Vec<&str> = text.trim_end_matches(['\n', '\r']).split('\t').collect();
        if cells == [""] {
            continue;
        }
        match entry(&cells, least) {
            Ok(Some(entry)) => builder.push(&entry)?,
            Ok(None) => builder.skip(),
            Err(reason) => {
                return Err(BuildError::Line {
                    line: number,
                    format: "GeoNames",
                    reason: reason.to_owned(),
                });
            }
        }
    }
    Ok(())
}

fn entry(cells: &[&str], least: u64) -> Result<Option<Entry>, &'static str> {
    let [
        id,
        name,
        ascii,
        names,
        lat,
        lon,
        class,
        code,
        country,
        _,
        admin1,
        _,
        _,
        _,
        population,
        ..,
    ] = cells
    else {
        return Err("fewer than 15 columns");
    };
    let id: u32 = id.parse().map_err(|_| "the first column is no id")?;
    let population: u64 = population.parse().unwrap_or(0);
    let facility =
        matches!(*code, "AIRP" | "RSTN" | "UNIV" | "STDM" | "BDG" | "PRN" | "MUS" | "CSTL");
    let kept = match *class {
        "P" => population >= least,
        "A" | "T" | "H" | "L" => true,
        _ => facility,
    };
    if !kept {
        return Ok(None);
    }
    let mut flags = Vec::new();
    match *code {
        "PCLI" | "PCLD" | "PCLF" | "PCLS" | "TERR" => flags.push("country".to_owned()),
        "ADM1" => flags.push("region".to_owned()),
        "PPLC" => flags.push("capital".to_owned()),
        _ => {}
    }
    let mut aliases: Vec<String> =
        names.split(',').filter(|n| !n.is_empty()).map(str::to_owned).collect();
    aliases.push((*ascii).to_owned());
    Ok(Some(Entry {
        name: (*name).to_owned(),
        kind: Some(if facility { EntityType::Facility } else { EntityType::Place }),
        aliases,
        geonames: Some(id),
        country: Some((*country).to_owned()),
        lat: lat.parse().ok(),
        lon: lon.parse().ok(),
        weight: if population > 0 { population as f64 } else { UNCOUNTED },
        region: (!admin1.is_empty()).then(|| format!("{country}.{admin1}")),
        flags,
        ..Entry::default()
    }))
}
