//! A run, and questions to one.

use std::io::{self, IsTerminal as _, Write as _};

use copydesk_pipeline as pipeline;
use copydesk_pipeline::block_on;

use super::{load, overrides, place};
use crate::args;
use crate::exit;
use crate::printing::{put, say, table};
use crate::samples::SAMPLES;

/// Where the demo lives unless another place is named.
const DEMO_DIR: &str = "copydesk-demo";

pub(super) fn run(args: &args::Run) -> anyhow::Result<u8> {
    let config = load(args.place.config.as_deref(), &overrides(args))?.config;
    pipeline::init_logs(&config.log);
    let inbox = config.inbox.clone();
    let shutdown = pipeline::Shutdown::new();
    block_on(pipeline::run(config, shutdown, &say, |info| {
        say(&format!(
            "copydesk runs: inbox {}, NATS {}, http://{}/metrics; stop it with Ctrl-C",
            inbox.display(),
            info.nats_url,
            info.http
        ));
    }))?;
    Ok(exit::OK)
}

pub(super) fn demo(args: &args::Run) -> anyhow::Result<u8> {
    let mut overrides = overrides(args);
    let dir = overrides.data_dir.get_or_insert_with(|| DEMO_DIR.into()).clone();
    overrides.inbox.get_or_insert_with(|| dir.join("inbox"));
    overrides.output.get_or_insert_with(|| dir.join("enriched"));
    // A port of its own, beside a run that may be there, and no log among the lines of the demo.
    overrides.http.get_or_insert_with(|| "127.0.0.1:0".into());
    overrides.log_level.get_or_insert_with(|| "warn".into());
    let config = load(args.place.config.as_deref(), &overrides)?.config;
    pipeline::init_logs(&config.log);
    say(&format!("{} sample articles go through copydesk, in {}", SAMPLES.len(), dir.display()));
    let demo = block_on(pipeline::demo(config.clone(), &SAMPLES, &say))?;
    let mut rows = vec![["sample", "verdict", "entities", "claims"].map(str::to_owned).to_vec()];
    for shown in &demo.shown {
        let (entities, claims) = (shown.entities.to_string(), shown.claims.to_string());
        rows.push(vec![shown.name.into(), shown.verdict.clone(), entities, claims]);
    }
    let mut out = io::stdout().lock();
    writeln!(out, "{}\nSome of what was said:", table(&rows))?;
    for example in demo.shown.iter().filter_map(|shown| shown.example.as_deref()) {
        writeln!(out, "  {}", shortened(example))?;
    }
    writeln!(out, "\nRecords, a line each:")?;
    for file in &demo.files {
        writeln!(out, "  {}", file.display())?;
    }
    writeln!(out, "Subjects that they were published on, at {}:", demo.info.nats_url)?;
    let mut subjects: Vec<&str> = demo.shown.iter().map(|shown| shown.subject.as_str()).collect();
    subjects.sort_unstable();
    subjects.dedup();
    for subject in subjects {
        writeln!(out, "  {subject}")?;
    }
    writeln!(out, "Metrics, while it ran: http://{}/metrics", demo.info.http)?;
    writeln!(
        out,
        "\nAll {} samples came out. Next: copydesk run --data-dir {} --inbox {} --output {}",
        demo.shown.len(),
        config.data_dir.display(),
        config.inbox.display(),
        config.output.display()
    )?;
    Ok(exit::OK)
}

/// One line of a terminal, more or less.
fn shortened(text: &str) -> String {
    const MOST: usize = 110;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MOST {
        return line;
    }
    line.chars().take(MOST - 1).chain(['…']).collect()
}

pub(super) fn tail(args: args::Tail) -> anyhow::Result<u8> {
    let config = place(&args.place)?;
    let options =
        pipeline::TailOptions { json: args.json, speaker: args.speaker, outlet: args.outlet };
    let print = |line: &str| {
        put(line)?;
        Ok(true)
    };
    block_on(pipeline::tail(&config, &options, print))?;
    Ok(exit::OK)
}

pub(super) fn status(args: &args::Status) -> anyhow::Result<u8> {
    let status = block_on(pipeline::status(&place(&args.place)?))?;
    if args.json {
        put(&serde_json::to_string(&status)?)?;
    } else {
        write!(io::stdout().lock(), "{}", status_table(&status))?;
    }
    Ok(exit::OK)
}

fn status_table(status: &pipeline::Status) -> String {
    let http = status.http.map_or_else(|| "nobody".to_owned(), |http| format!("http://{http}"));
    let ready = if status.ready { "ready" } else { "not ready" };
    let head = ["stage", "waiting", "in work", "done", "failed"].map(str::to_owned).to_vec();
    let row = |s: &pipeline::StageStatus| {
        let numbers = [s.pending, s.ack_pending, s.done, s.failed].map(|n| n.to_string());
        [vec![s.name.to_owned()], numbers.to_vec()].concat()
    };
    let rows: Vec<_> = std::iter::once(head).chain(status.stages.iter().map(row)).collect();
    format!("{ready}, NATS at {}, pages at {http}\n{}", status.nats_url, table(&rows))
}

pub(super) fn top(args: &args::Top) -> anyhow::Result<u8> {
    let config = place(&args.place)?;
    let terminal = io::stdout().is_terminal();
    block_on(pipeline::watch_status(&config, args.every, |status| {
        let mut out = io::stdout().lock();
        if terminal {
            // To the corner, and away with what stood there.
            write!(out, "\x1b[H\x1b[2J")?;
        }
        Ok(write!(out, "{}", status_table(status)).and_then(|()| out.flush())?)
    }))?;
    Ok(exit::OK)
}

pub(super) fn dead_list(args: &args::DeadList) -> anyhow::Result<u8> {
    let config = place(&args.place)?;
    let letters = block_on(pipeline::dead_list(&config, args.stage.as_deref(), args.limit))?;
    if args.json {
        put(&serde_json::to_string(&letters)?)?;
        return Ok(exit::OK);
    }
    if letters.is_empty() {
        say("no dead letters");
        return Ok(exit::OK);
    }
    let head = ["seq", "time", "stage", "reason", "cause"].map(str::to_owned).to_vec();
    let rows = letters.into_iter().map(|letter| {
        vec![
            letter.seq.to_string(),
            letter.time,
            letter.stage,
            letter.reason,
            shortened(&printable(&letter.cause)),
        ]
    });
    let rows: Vec<_> = std::iter::once(head).chain(rows).collect();
    write!(io::stdout().lock(), "{}", table(&rows))?;
    Ok(exit::OK)
}

pub(super) fn dead_show(args: &args::DeadShow) -> anyhow::Result<u8> {
    let shown = block_on(pipeline::dead_show(&place(&args.place)?, args.seq))?;
    if args.json {
        put(&serde_json::to_string(&shown)?)?;
        return Ok(exit::OK);
    }
    let mut out = io::stdout().lock();
    for (name, value) in &shown.headers {
        writeln!(out, "{name}: {}", printable(value))?;
    }
    writeln!(out, "\n{}", printable(&shown.payload))?;
    Ok(exit::OK)
}

/// Without what would steer a terminal: what failed may have been made to do so.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { ' ' } else { c }).collect()
}

pub(super) fn dead_replay(args: args::DeadReplay) -> anyhow::Result<u8> {
    let config = place(&args.place)?;
    let which = if args.all {
        pipeline::Replay::All(args.stage)
    } else {
        pipeline::Replay::Seqs(args.seqs)
    };
    let seqs = block_on(pipeline::dead_replay(&config, &which))?;
    say(&format!("{} dead letters were put back", seqs.len()));
    for seq in seqs {
        put(&seq.to_string())?;
    }
    Ok(exit::OK)
}

pub(super) fn entity_show(args: &args::EntityShow) -> anyhow::Result<u8> {
    let found = block_on(pipeline::entity_show(&place(&args.place)?, &args.id_or_name))?;
    if args.json {
        put(&serde_json::to_string(&found)?)?;
        return Ok(exit::OK);
    }
    let mut out = io::stdout().lock();
    for entry in &found {
        write!(out, "{}", printable(&entity_lines(entry)))?;
    }
    Ok(exit::OK)
}

fn entity_lines(entry: &pipeline::RegistryEntry) -> String {
    let day = |day: &Option<String>| day.as_ref().map_or(String::new(), |day| format!(" on {day}"));
    let mut lines = vec![format!("{} ({}, {})", entry.label, entry.kind.as_str(), entry.id)];
    if let Some(into) = &entry.merged_into {
        lines.push(format!("  is {into}"));
    }
    lines.push(format!(
        "  {} articles, {} mentions, first in {}{}",
        entry.articles,
        entry.mentions,
        entry.first_seen,
        day(&entry.first_day)
    ));
    lines.extend(
        entry.variants.iter().map(|(name, count)| format!("  named {name}: {count} articles")),
    );
    for role in &entry.roles {
        let of = role.of.as_ref().map_or(String::new(), |of| format!(" of {of}"));
        lines.push(format!("  called {}{of} in {}{}", role.title, role.article, day(&role.day)));
    }
    lines.join("\n") + "\n"
}
