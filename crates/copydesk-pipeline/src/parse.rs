//! The language pipeline alone: documents in, tokens out.

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::Context as _;
use copydesk_nlp::Doc;
use copydesk_types::OffsetMap;
use serde::Serialize;

use crate::config::{Config, Limits};
use crate::input::{Failed, Outcome, Reading, Report, Tally, read_all};
use crate::model::Progress;
use crate::ordered::{Feed, InOrder, in_order};
use copydesk_readers::Document;

pub use copydesk_nlp::Components;

/// What to parse, and how.
#[derive(Debug, Clone)]
pub struct ParseOptions {
    /// Files and folders; none is standard input.
    pub paths: Vec<PathBuf>,
    /// The settings, of which model and limits count.
    pub config: Config,
    /// Threads.
    pub threads: usize,
    /// Components of the model that run.
    pub components: Components,
}

/// What parsing took. Loading is not counted in `cpu_seconds` and `wall_seconds`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ParseStats {
    /// Documents parsed.
    pub documents: u64,
    /// Tokens in them.
    pub tokens: u64,
    /// Finding, fetching where it was not there, and loading the model.
    pub load_seconds: f64,
    /// CPU time of all threads.
    pub cpu_seconds: f64,
    /// Time by the clock.
    pub wall_seconds: f64,
    /// Highest resident memory in MiB; null where the system does not tell.
    pub peak_rss_mb: Option<f64>,
}

/// Writes the tokens of each document, a document a line. Documents that fail go to `report`. Errors when the model
/// cannot be had or the output cannot be written.
pub fn parse(
    options: ParseOptions,
    out: &mut dyn Write,
    report: &mut Report,
    progress: Progress,
) -> anyhow::Result<Tally> {
    let model = crate::model::load(&options.config.model, options.components, progress)?;
    let work = move |(id, text): (String, String)| line(&id, &model.parse(&text));
    let mut lines = start(options.paths, &options.config.ingest.limits, options.threads, work);
    let mut tally = Tally::default();
    loop {
        let line = match lines.try_next() {
            Some(line) => line,
            None => {
                out.flush().context("write the tokens")?;
                let Some(line) = lines.next() else { return Ok(tally) };
                line
            }
        };
        if let Some(line) = count(line, &mut tally, report) {
            out.write_all(&line).context("write the tokens")?;
        }
    }
}

/// Parses and only counts.
pub fn parse_stats(
    options: ParseOptions,
    report: &mut Report,
    progress: Progress,
) -> anyhow::Result<(Tally, ParseStats)> {
    let loading = Instant::now();
    let model = crate::model::load(&options.config.model, options.components, progress)?;
    let load_seconds = loading.elapsed().as_secs_f64();
    let (cpu, wall) = (crate::usage::cpu_time(), Instant::now());
    let work = move |(_, text): (String, String)| model.parse(&text).len() as u64;
    let mut tally = Tally::default();
    let mut tokens = 0;
    for parsed in start(options.paths, &options.config.ingest.limits, options.threads, work) {
        tokens += count(parsed, &mut tally, report).unwrap_or(0);
    }
    let stats = ParseStats {
        documents: tally.done,
        tokens,
        load_seconds,
        cpu_seconds: crate::usage::cpu_time().saturating_sub(cpu).as_secs_f64(),
        wall_seconds: wall.elapsed().as_secs_f64(),
        peak_rss_mb: crate::usage::peak_rss_mb(),
    };
    Ok((tally, stats))
}

/// Reads the documents and works on them; `work` gets id and text.
fn start<O: Send + 'static>(
    paths: Vec<PathBuf>,
    limits: &Limits,
    threads: usize,
    work: impl Fn((String, String)) -> O + Send + Sync + 'static,
) -> InOrder<Result<O, Failed>> {
    type Item = Result<(String, String), Failed>;
    let reading = Reading { paths, limits: limits.for_readers(), facts: false };
    let feed = move |feed: &Feed<Item, Result<O, Failed>>| {
        read_all(&reading, &mut |outcome: Outcome| {
            feed.put(match outcome {
                Ok((document, file)) => Ok((id(&document, &file.path), document.text.body)),
                Err(failed) => failed.wordless.clone().ok_or(failed),
            })
        });
    };
    in_order(threads, feed, move |item: Item| item.map(&work))
}

/// The document's own id, else the path, with the line or member inside of it.
fn id(document: &Document, path: &str) -> String {
    match (&document.member, document.line) {
        (Some(member), _) if document.own_id => member.clone(),
        (_, Some(line)) => format!("{path}#L{line}"),
        (Some(member), None) => format!("{path}#{member}"),
        (None, None) => path.to_owned(),
    }
}

fn count<O>(result: Result<O, Failed>, tally: &mut Tally, report: &mut Report) -> Option<O> {
    match result {
        Ok(result) => {
            tally.done += 1;
            report(*tally, None);
            Some(result)
        }
        Err(failed) => {
            tally.failed += 1;
            report(*tally, Some(&failed));
            None
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    tokens: Vec<Token<'a>>,
}

#[derive(Serialize)]
struct Token<'a> {
    text: &'a str,
    start: usize,
    end: usize,
    space: bool,
    norm: &'a str,
    tag: &'a str,
    pos: &'a str,
    morph: &'a str,
    lemma: &'a str,
    head: usize,
    dep: &'a str,
    sent_start: bool,
    ent_iob: &'a str,
    ent_type: &'a str,
}

/// The tokens of a document as a line; offsets in code points.
fn line(id: &str, doc: &Doc) -> Vec<u8> {
    let map = OffsetMap::new(doc.text());
    let chars = |byte| map.to_chars(byte).expect("tokens start and end between characters");
    let token = |i: usize| Token {
        text: doc.token_text(i),
        start: chars(doc.start(i)),
        end: chars(doc.end(i)),
        space: doc.space_after(i),
        norm: doc.norm(i),
        tag: doc.tag(i),
        pos: doc.pos(i),
        morph: doc.morph(i),
        lemma: doc.lemma(i),
        head: doc.head(i),
        dep: doc.dep(i),
        sent_start: doc.is_sent_start(i),
        ent_iob: doc.ent_iob(i),
        ent_type: doc.ent_type(i),
    };
    let line = Line { id, tokens: (0..doc.len()).map(token).collect() };
    let mut line = serde_json::to_vec(&line).expect("strings, numbers and booleans are JSON");
    line.push(b'\n');
    line
}
