//! What can be typed.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Parser, Subcommand, ValueEnum};
use copydesk_pipeline::{ENRICH_STAGES, StageName};

/// News articles in, who said what to whom through which outlet out: offline, with exact offsets.
#[derive(Debug, Parser)]
#[command(name = "copydesk", version, max_term_width = 100, after_help = EXIT_CODES)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Examples:
  copydesk demo                          see the whole pipeline at work
  copydesk enrich article.html | jq .    one article, no NATS needed
  copydesk run --inbox inbox --output out

Exit codes: 0 all done, 1 some documents failed, 2 usage, 65 bad data, 69 NATS out of reach,
70 a bug, 78 bad configuration.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Enrich documents in this process, without NATS; a record a line, in the order of the input
    #[command(after_help = ENRICH_EXAMPLES)]
    Enrich(Enrich),
    /// Print the tokens of documents: heads, labels, sentences, entities; a line a document
    #[command(after_help = PARSE_EXAMPLES)]
    Parse(Parse),
    /// Say what was found on this machine, what is missing and how to mend it
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor(Doctor),
    /// Fetch and list language models
    #[command(subcommand)]
    Model(Model),
    /// Print the JSON Schema of the record
    #[command(after_help = "Example:\n  copydesk schema > record.schema.json")]
    Schema,
    /// Print the completions for a shell
    #[command(
        after_help = "Example:\n  copydesk completions bash > /etc/bash_completion.d/copydesk"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one for each command
    #[command(after_help = "Examples:\n  copydesk man | man -l -\n  copydesk man --dir man1")]
    Man {
        /// Folder to write a page for each command to
        #[arg(long)]
        dir: Option<PathBuf>,
    },
}

const ENRICH_EXAMPLES: &str = "\
Examples:
  copydesk enrich article.txt page.html dump.jsonl.gz
  copydesk enrich inbox/ > records.jsonl       a folder, in sorted order
  curl -s https://example.com/story | copydesk enrich -
  copydesk enrich --stages dedup stream.jsonl  duplicates only; needs no model

Paths in records are relative to the deepest folder that holds everything named, as if it were the inbox.
A document that fails is reported on standard error, and the others go on; the exit code is then 1.";

const PARSE_EXAMPLES: &str = "\
Examples:
  copydesk parse article.txt
  echo 'Ada wrote to Charles.' | copydesk parse -
  copydesk parse --stats --threads 1 dump.jsonl";

const DOCTOR_EXAMPLES: &str = "\
Examples:
  copydesk doctor
  copydesk doctor --json

Exit code 78 when something is missing that copydesk cannot bring itself.";

/// Where documents come from, and what works on them.
#[derive(Debug, clap::Args)]
pub(crate) struct Input {
    /// Files and folders; `-` or none is standard input
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Threads to work on documents [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// What the settings are read from, and the model.
#[derive(Debug, clap::Args)]
pub(crate) struct Settings {
    /// Language model: sm, md, lg, or the path of a model directory or wheel [default: sm]
    #[arg(long, value_name = "PATH|NAME")]
    pub(crate) model: Option<String>,
    /// Configuration file [default: ./copydesk.toml if it is there]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

impl Input {
    pub(crate) fn threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, usize::from);
        self.threads.map_or_else(cores, usize::from)
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Enrich {
    #[command(flatten)]
    pub(crate) input: Input,
    /// Stages to run
    #[arg(
        long,
        value_name = "STAGES",
        value_delimiter = ',',
        default_value = "dedup,extract,relate"
    )]
    #[arg(value_parser = stage_parser(&ENRICH_STAGES))]
    pub(crate) stages: Vec<StageName>,
    /// Leave out what differs between two runs: times, host, moment of arrival
    #[arg(long)]
    pub(crate) reproducible: bool,
    /// Say for each claim why it is one
    #[arg(long)]
    pub(crate) explain: bool,
}

/// Takes the names of these stages.
fn stage_parser(choice: &[StageName]) -> impl clap::builder::TypedValueParser<Value = StageName> {
    let names: Vec<&str> = choice.iter().map(|s| s.as_str()).collect();
    PossibleValuesParser::new(names).map(|name| {
        let named = |stage: &StageName| stage.as_str() == name;
        StageName::ALL.into_iter().find(named).expect("only names of stages are possible values")
    })
}

#[derive(Debug, clap::Args)]
pub(crate) struct Parse {
    #[command(flatten)]
    pub(crate) input: Input,
    /// Print one object with counts, times and memory in place of the tokens
    #[arg(long)]
    pub(crate) stats: bool,
    /// Components of the model to run
    #[arg(long, value_name = "COMPONENTS", default_value = "full")]
    pub(crate) pipeline: Components,
}

/// Components of the model.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Components {
    /// All that the model has
    #[value(name = "full")]
    Full,
    /// Heads, labels, sentences and entities
    #[value(name = "parser+ner")]
    ParserNer,
    /// Entities alone
    #[value(name = "ner")]
    Ner,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Model {
    /// Bring a model into the cache
    #[command(
        after_help = "Examples:\n  copydesk model fetch md\n  copydesk model fetch ./fr_core_news_sm-3.8.0-py3-none-any.whl"
    )]
    Fetch {
        /// sm, md, lg, or the URL or path of a wheel
        #[arg(value_name = "NAME|URL|PATH", default_value = "sm")]
        what: String,
        /// SHA-256 that the wheel must have
        #[arg(long, value_name = "HEX")]
        sha256: Option<String>,
    },
    /// List the models in the cache, and those that can be fetched by name
    #[command(after_help = "Example:\n  copydesk model list --json")]
    List {
        /// Print one JSON array
        #[arg(long)]
        json: bool,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }
}
