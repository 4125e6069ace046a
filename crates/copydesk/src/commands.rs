//! The commands, a function each: what was typed becomes a call of the pipeline, what comes back is printed.

use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::CommandFactory as _;
use copydesk_pipeline as pipeline;
use copydesk_pipeline::config::{Config, Overrides, Sources};

use crate::args::{self, Args, Command};
use crate::exit;
use crate::printing::{Watch, put, say, table};

/// Runs the command; its exit code.
pub(crate) fn run(command: Command) -> anyhow::Result<u8> {
    match command {
        Command::Enrich(args) => enrich(args),
        Command::Parse(args) => parse(args),
        Command::Doctor(args) => doctor(&args),
        Command::Model(args::Model::Fetch { what, sha256 }) => {
            fetch_model(&what, sha256.as_deref())
        }
        Command::Model(args::Model::List { json }) => list_models(json),
        Command::Schema => {
            put(&format!("{:#}", pipeline::record_schema()))?;
            Ok(exit::OK)
        }
        Command::Completions { shell } => completions(shell),
        Command::Man { dir } => manual(dir),
    }
}

/// The settings of the file, the environment and the command line.
fn settings(args: &args::Settings) -> anyhow::Result<Config> {
    let overrides = Overrides { model: args.model.clone(), ..Overrides::default() };
    let loaded = Config::load(&Sources::of_process(args.config.clone()), &overrides)?;
    loaded.warnings.iter().for_each(|warning| say(&format!("warning: {warning}")));
    Ok(loaded.config)
}

/// Whether every document came through.
fn verdict(tally: pipeline::Tally) -> u8 {
    if tally.failed == 0 { exit::OK } else { exit::FAILED }
}

fn enrich(args: args::Enrich) -> anyhow::Result<u8> {
    let mut config = settings(&args.input.settings)?;
    config.extract.explain |= args.explain;
    let options = pipeline::EnrichOptions {
        config,
        threads: args.input.threads(),
        paths: args.input.paths,
        stages: args.stages,
        reproducible: args.reproducible,
    };
    let mut watch = Watch::new();
    let mut out = BufWriter::new(io::stdout().lock());
    let done = pipeline::enrich(options, &mut out, &mut |t, f| watch.hear(t, f), &say);
    watch.wipe();
    done.map(verdict)
}

fn parse(args: args::Parse) -> anyhow::Result<u8> {
    let options = pipeline::ParseOptions {
        config: settings(&args.input.settings)?,
        threads: args.input.threads(),
        paths: args.input.paths,
        components: match args.pipeline {
            args::Components::Full => pipeline::Components::Full,
            args::Components::ParserNer => pipeline::Components::ParserNer,
            args::Components::Ner => pipeline::Components::Ner,
        },
    };
    let mut watch = Watch::new();
    if args.stats {
        let done = pipeline::parse_stats(options, &mut |t, f| watch.hear(t, f), &say);
        watch.wipe();
        let (tally, stats) = done?;
        put(&serde_json::to_string(&stats)?)?;
        return Ok(verdict(tally));
    }
    let mut out = BufWriter::new(io::stdout().lock());
    let done = pipeline::parse(options, &mut out, &mut |t, f| watch.hear(t, f), &say);
    watch.wipe();
    done.map(verdict)
}

fn doctor(args: &args::Doctor) -> anyhow::Result<u8> {
    let checks = pipeline::doctor(&settings(&args.settings)?);
    if args.json {
        put(&serde_json::to_string(&checks)?)?;
    } else {
        for check in &checks {
            put(&format!("{:<8} {}: {}", check.state.as_str(), check.what, check.found))?;
            for mend in &check.mend {
                put(&format!("         -> {mend}"))?;
            }
        }
    }
    let well = checks.iter().all(|c| c.state != pipeline::CheckState::Missing);
    Ok(if well { exit::OK } else { exit::CONFIG })
}

fn fetch_model(what: &str, sha256: Option<&str>) -> anyhow::Result<u8> {
    let path = pipeline::fetch_model(what, sha256, &say)?;
    put(&path.display().to_string())?;
    Ok(exit::OK)
}

fn list_models(json: bool) -> anyhow::Result<u8> {
    let models = pipeline::list_models();
    if json {
        put(&serde_json::to_string(&models)?)?;
        return Ok(exit::OK);
    }
    let mut rows = vec![["model", "size", "where"].map(str::to_owned).to_vec()];
    for model in models {
        let size = model.bytes.map_or_else(String::new, |b| format!("{:.1} MB", b as f64 / 1e6));
        let place = model.path.map_or_else(
            || format!("not here; copydesk model fetch {}", model.name),
            |path| path.display().to_string(),
        );
        rows.push(vec![model.name, size, place]);
    }
    write!(io::stdout().lock(), "{}", table(&rows))?;
    Ok(exit::OK)
}

fn completions(shell: clap_complete::Shell) -> anyhow::Result<u8> {
    // Written at once, for the generator panics when its output is closed.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "copydesk", &mut script);
    io::stdout().lock().write_all(&script)?;
    Ok(exit::OK)
}

fn manual(dir: Option<PathBuf>) -> anyhow::Result<u8> {
    match dir {
        Some(dir) => {
            let place = || format!("write manual pages to {}", dir.display());
            std::fs::create_dir_all(&dir).with_context(place)?;
            clap_mangen::generate_to(Args::command(), &dir).with_context(place)?;
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Args::command()).render(&mut page)?;
            io::stdout().lock().write_all(&page)?;
        }
    }
    Ok(exit::OK)
}
