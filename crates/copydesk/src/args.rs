//! What can be typed.

mod kb;

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Parser, Subcommand, ValueEnum};
use copydesk_pipeline::{ENRICH_STAGES, StageName};

pub(crate) use kb::{Kb, KbBuild, KbFormat, KbLookup, KbShow};

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
    /// Run the whole pipeline over sample articles, say what came out and where to look
    #[command(after_help = DEMO_EXAMPLES)]
    Demo(Run),
    /// Watch the inbox and run the stages until stopped
    #[command(after_help = RUN_EXAMPLES)]
    Run(Run),
    /// Enrich documents in this process, without NATS; a record a line, in the order of the input
    #[command(after_help = ENRICH_EXAMPLES)]
    Enrich(Enrich),
    /// Print the tokens of documents: heads, labels, sentences, entities; a line a document
    #[command(after_help = PARSE_EXAMPLES)]
    Parse(Parse),
    /// Print the records of a run as they are published, one line each
    #[command(after_help = TAIL_EXAMPLES)]
    Tail(Tail),
    /// Say how far a run is
    #[command(after_help = STATUS_EXAMPLES)]
    Status(Status),
    /// Show how far a run is, again and again
    #[command(after_help = "Example:\n  copydesk top --every 2")]
    Top(Top),
    /// Look at what a run gave up, and put it back
    #[command(subcommand)]
    Dead(Dead),
    /// Look up what a run knows of an entity
    #[command(subcommand)]
    Entity(Entity),
    /// Check and show the settings
    #[command(subcommand)]
    Config(Config),
    /// Say what was found on this machine, what is missing and how to mend it
    #[command(after_help = DOCTOR_EXAMPLES)]
    Doctor(Doctor),
    /// Fetch and list language models
    #[command(subcommand)]
    Model(Model),
    /// Build a knowledge base of your own, and ask one for a name
    #[command(subcommand)]
    Kb(Kb),
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

const DEMO_EXAMPLES: &str = "\
Examples:
  copydesk demo
  copydesk demo --data-dir /tmp/demo

It starts a nats-server of its own and keeps everything in ./copydesk-demo or --data-dir. A second demo there
shows that an article which is dropped twice comes out once.";

const RUN_EXAMPLES: &str = "\
Examples:
  copydesk run                                     ./inbox to ./enriched, with a nats-server of its own
  copydesk run --inbox in --output out
  copydesk run --nats-url nats://nats:4222 --stages extract

Each flag is also a key of the configuration file and a variable: --data-dir, data_dir, COPYDESK_DATA_DIR.
The first Ctrl-C finishes what is under way, the second stops at once; what is dropped then is repeated at the
next start.";

const TAIL_EXAMPLES: &str = "\
Examples:
  copydesk tail
  copydesk tail --speaker Lindqvist
  copydesk tail --json | jq .claims";

const STATUS_EXAMPLES: &str = "\
Examples:
  copydesk status
  copydesk status --json --data-dir copydesk-demo";

const DEAD_EXAMPLES: &str = "\
Examples:
  copydesk dead list --stage extract
  copydesk dead show 12
  copydesk dead replay --all";

const ENTITY_EXAMPLES: &str = "\
Examples:
  copydesk entity show Q58217
  copydesk entity show 'Maria Keane' --json

Names are found in any of their spellings. Roles are what articles said, with the first article that did.";

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

/// Which run.
#[derive(Debug, clap::Args)]
pub(crate) struct Place {
    /// Everything that copydesk must remember
    #[arg(long, value_name = "DIR")]
    pub(crate) data_dir: Option<PathBuf>,
    /// NATS server; without one a local server is started and supervised
    #[arg(long, value_name = "URL")]
    pub(crate) nats_url: Option<String>,
    /// Configuration file [default: ./copydesk.toml if it is there]
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Run {
    /// Where article files are dropped
    #[arg(long, value_name = "DIR")]
    pub(crate) inbox: Option<PathBuf>,
    /// Where records are written
    #[arg(long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Address of /metrics, /healthz and /readyz; port 0 is a free one
    #[arg(long, value_name = "ADDR")]
    pub(crate) http: Option<String>,
    /// Stages of this process, of ingest,dedup,extract,relate,sink
    #[arg(long, value_name = "STAGES")]
    pub(crate) stages: Option<String>,
    /// Language model: sm, md, lg, or the path of a model directory or wheel
    #[arg(long, value_name = "PATH|NAME")]
    pub(crate) model: Option<String>,
    /// What is logged: error, warn, info, debug, trace
    #[arg(long, value_name = "LEVEL")]
    pub(crate) log_level: Option<String>,
    /// How it is logged: pretty or json
    #[arg(long, value_name = "FORMAT")]
    pub(crate) log_format: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Tail {
    /// Print the records themselves, as JSON Lines
    #[arg(long)]
    pub(crate) json: bool,
    /// Only records with a claim of this speaker, or of one whose name has this in it
    #[arg(long, value_name = "NAME")]
    pub(crate) speaker: Option<String>,
    /// Only records of this outlet
    #[arg(long, value_name = "NAME")]
    pub(crate) outlet: Option<String>,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Status {
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Top {
    /// Seconds between two looks
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    pub(crate) every: Duration,
    #[command(flatten)]
    pub(crate) place: Place,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("{text:?} is no number"))?;
    let time = Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?;
    if time < Duration::from_millis(100) { Err("at least 0.1".into()) } else { Ok(time) }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Dead {
    /// List the newest dead letters
    #[command(after_help = DEAD_EXAMPLES)]
    List(DeadList),
    /// Print one with its headers and input
    #[command(after_help = DEAD_EXAMPLES)]
    Show(DeadShow),
    /// Put dead letters back to where they came from
    #[command(after_help = DEAD_EXAMPLES)]
    Replay(DeadReplay),
}

#[derive(Debug, clap::Args)]
pub(crate) struct DeadList {
    /// Only those of this stage
    #[arg(long, value_name = "STAGE")]
    pub(crate) stage: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub(crate) limit: usize,
    /// Print one JSON array
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DeadShow {
    /// Its number, as `dead list` prints it
    pub(crate) seq: u64,
    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, clap::Args)]
pub(crate) struct DeadReplay {
    /// Their numbers, as `dead list` prints them
    #[arg(value_name = "SEQ", required_unless_present = "all", conflicts_with = "all")]
    pub(crate) seqs: Vec<u64>,
    /// All that came from a stream
    #[arg(long)]
    pub(crate) all: bool,
    /// With --all: only those of this stage
    #[arg(long, value_name = "STAGE", requires = "all")]
    pub(crate) stage: Option<String>,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Entity {
    /// Print names, counts and roles of an entity
    #[command(after_help = ENTITY_EXAMPLES)]
    Show(EntityShow),
}

#[derive(Debug, clap::Args)]
pub(crate) struct EntityShow {
    /// Its id, or a name that it went under
    #[arg(value_name = "ID|NAME")]
    pub(crate) id_or_name: String,
    /// Print one JSON array
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) place: Place,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Config {
    /// Say what is wrong with the settings, and where; exit code 78 then
    #[command(after_help = "Example:\n  copydesk config check --config copydesk.toml")]
    Check(Run),
    /// Print every setting that counts and where it came from
    #[command(after_help = "Example:\n  COPYDESK_INBOX=/srv/in copydesk config show")]
    Show(ShowConfig),
}

#[derive(Debug, clap::Args)]
pub(crate) struct ShowConfig {
    /// Print one JSON array
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) run: Run,
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
