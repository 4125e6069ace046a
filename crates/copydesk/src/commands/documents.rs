//! Documents in, records or tokens out, in this process.

use std::io::{self, BufWriter};

use copydesk_pipeline as pipeline;

use super::settings;
use crate::args;
use crate::exit;
use crate::printing::{Watch, put, say};

/// Whether every document came through.
fn verdict(tally: pipeline::Tally) -> u8 {
    if tally.failed == 0 { exit::OK } else { exit::FAILED }
}

pub(super) fn enrich(args: args::Enrich) -> anyhow::Result<u8> {
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

pub(super) fn parse(args: args::Parse) -> anyhow::Result<u8> {
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
