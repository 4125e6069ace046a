//! Knowledge bases: built, and asked for names.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use copydesk_pipeline as pipeline;
use copydesk_pipeline::config::{Entities, Overrides};
use pipeline::{KbAnswer, KbEntity, KbUserWord};

use super::load;
use crate::args;
use crate::exit;
use crate::printing::{put, say, table};

pub(super) fn build(args: args::KbBuild) -> anyhow::Result<u8> {
    let options = pipeline::KbBuild {
        out: args.out,
        sources: args.sources,
        format: args.format.map(|format| match format {
            args::KbFormat::Wikidata => pipeline::KbFormat::Wikidata,
            args::KbFormat::Geonames => pipeline::KbFormat::Geonames,
            args::KbFormat::Csv => pipeline::KbFormat::Csv,
            args::KbFormat::Jsonl => pipeline::KbFormat::JsonLines,
        }),
        bare: args.bare,
        sitelinks: args.sitelinks,
        inhabitants: args.inhabitants,
    };
    let built = pipeline::build_kb(&options, say)?;
    put(&format!(
        "{}: {} entities, {} names, {:.1} MB",
        options.out.display(),
        built.entities,
        built.aliases,
        built.bytes as f64 / 1e6
    ))?;
    Ok(exit::OK)
}

/// The settings, with the base that was named.
fn entities(config: Option<&Path>, base: Option<&PathBuf>) -> anyhow::Result<Entities> {
    let mut entities = load(config, &Overrides::default())?.config.entities;
    if let Some(base) = base {
        entities.base = base.to_str().context("read the path of the base: it is not UTF-8")?.into();
    }
    Ok(entities)
}

pub(super) fn show(args: &args::KbShow) -> anyhow::Result<u8> {
    let entities = entities(args.config.as_deref(), args.base.as_ref())?;
    let base = pipeline::show_kb(&entities)?;
    put(&format!("base      {}", entities.base.get().unwrap_or("part of the program")))?;
    put(&format!("entities  {}", base.entities))?;
    put(&format!("names     {}", base.names))?;
    put(&format!("size      {:.1} MB", base.bytes as f64 / 1e6))?;
    for source in &base.sources {
        put(&format!("source    {source}"))?;
    }
    Ok(exit::OK)
}

pub(super) fn lookup(args: &args::KbLookup) -> anyhow::Result<u8> {
    let entities = entities(args.config.as_deref(), args.base.as_ref())?;
    let answers = pipeline::lookup_kb(&entities, &args.names)?;
    if args.json {
        put(&serde_json::to_string(&answers)?)?;
    } else {
        for answer in &answers {
            write!(io::stdout().lock(), "{}", told(answer))?;
        }
    }
    let known = answers.iter().all(|a| a.user.is_some() || !a.entities.is_empty());
    Ok(if known { exit::OK } else { exit::FAILED })
}

fn told(answer: &KbAnswer) -> String {
    let count = match answer.entities.len() {
        0 => "no entity".to_owned(),
        1 => "one entity".to_owned(),
        n => format!("{n} entities"),
    };
    let user = match &answer.user {
        None => String::new(),
        Some(KbUserWord::Blocked) => "  your list: blocked\n".to_owned(),
        Some(KbUserWord::Alias { name, id }) => {
            format!("  your list: {name} {}\n", id.as_deref().unwrap_or_default())
        }
    };
    let rows: Vec<Vec<String>> = answer.entities.iter().map(row).collect();
    format!("{} (looked up as {:?}): {count}\n{user}{}", answer.name, answer.folded, table(&rows))
}

fn row(entity: &KbEntity) -> Vec<String> {
    let point = entity.coordinates.map(|c| format!("{:.2},{:.2}", c.lat, c.lon));
    let kind = serde_json::to_value(entity.kind).ok();
    let kind = kind.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
    let more: Vec<&str> =
        entity.flags.iter().copied().chain(entity.details.iter().map(String::as_str)).collect();
    vec![
        format!("  {}", entity.id),
        kind.to_owned(),
        entity.name.clone(),
        entity.alias.to_owned(),
        entity.country.clone().unwrap_or_default(),
        point.unwrap_or_default(),
        format!("{}", entity.weight),
        more.join(", "),
    ]
}
