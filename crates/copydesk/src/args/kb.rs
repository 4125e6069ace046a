//! What can be typed behind `copydesk kb`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum Kb {
    /// Build a base from dumps and lists
    #[command(after_help = KB_BUILD_EXAMPLES)]
    Build(KbBuild),
    /// Say what a base and your own list know of a name; exit code 1 when one is unknown
    #[command(after_help = KB_LOOKUP_EXAMPLES)]
    Lookup(KbLookup),
    /// Say how large a base is, and from which sources it was made under which licences
    #[command(after_help = "Example:\n  copydesk kb show --base desk.kb")]
    Show(KbShow),
}

const KB_BUILD_EXAMPLES: &str = "\
Examples:
  copydesk kb build desk.kb people.csv beats.jsonl
  copydesk kb build places.kb allCountries.txt --inhabitants 1000
  bzcat latest-all.json.bz2 | copydesk kb build world.kb - --format wikidata --sitelinks 10

Columns and fields: name, type, aliases, demonyms, short, domains, details, wikidata, geonames, country, lat, lon,
weight, region, flags; only the first two must be there. Lists in a cell of CSV are parted by `;`.
The base is used with `base = \"desk.kb\"` under [entities]; a run takes a new one up while it works.";

const KB_LOOKUP_EXAMPLES: &str = "\
Examples:
  copydesk kb lookup Washington
  copydesk kb lookup \"N. Korea\" DPRK --json | jq .
  copydesk kb lookup Lindqvist --base desk.kb";

#[derive(Debug, clap::Args)]
pub(crate) struct KbBuild {
    /// The base to write; what is there is replaced in one step
    #[arg(value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// Dumps and lists, gzip or not; `-` is standard input
    #[arg(value_name = "SOURCE", required = true)]
    pub(crate) sources: Vec<PathBuf>,
    /// What the sources are [default: by their endings, .json, .txt, .csv, .jsonl]
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<KbFormat>,
    /// Leave out the entities of the base that is part of the program
    #[arg(long)]
    pub(crate) bare: bool,
    /// Leave out Wikidata items with fewer articles
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) sitelinks: usize,
    /// Leave out GeoNames towns with fewer inhabitants
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub(crate) inhabitants: u64,
}

#[derive(Debug, clap::Args)]
pub(crate) struct KbShow {
    /// The base [default: that of the settings]
    #[arg(long, value_name = "FILE")]
    pub(crate) base: Option<PathBuf>,
    /// Configuration file [default: ./copydesk.toml if it is there]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What a source of a base is.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum KbFormat {
    /// A Wikidata JSON dump
    Wikidata,
    /// A GeoNames dump
    Geonames,
    /// A CSV list
    Csv,
    /// A JSON Lines list
    Jsonl,
}

#[derive(Debug, clap::Args)]
pub(crate) struct KbLookup {
    /// Names
    #[arg(value_name = "NAME", required = true)]
    pub(crate) names: Vec<String>,
    /// The base to ask [default: that of the settings]
    #[arg(long, value_name = "FILE")]
    pub(crate) base: Option<PathBuf>,
    /// Print one JSON array
    #[arg(long)]
    pub(crate) json: bool,
    /// Configuration file [default: ./copydesk.toml if it is there]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}
