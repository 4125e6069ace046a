//! The stages in process, without NATS: documents in, records out, in the order of the input.

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use copydesk_nlp::Components;
use copydesk_stages::{
    Dedup, DedupOptions, Extract, Relate, RelateOptions, Route, Stage, StageName,
};
use copydesk_types::{Provenance, Record, Timings};

use crate::article::to_record;
use crate::input::{Failed, Outcome, Reading, Report, Tally, read_all};
use crate::model::Progress;
use crate::ordered::{Feed, in_order};

use crate::config::Config;

/// The stages that fill sections of a record, in the order of the data.
pub const ENRICH_STAGES: [StageName; 3] = [StageName::Dedup, StageName::Extract, StageName::Relate];

/// What to enrich, and how.
#[derive(Debug, Clone)]
pub struct EnrichOptions {
    /// Files and folders; none is standard input.
    pub paths: Vec<PathBuf>,
    /// The settings, as for a run: model, limits and what else shapes records.
    pub config: Config,
    /// Which of [`ENRICH_STAGES`] run.
    pub stages: Vec<StageName>,
    /// Threads for extract.
    pub threads: usize,
    /// Leaves out what differs between two runs.
    pub reproducible: bool,
}

/// A record on its way, or what failed in its place.
type Item = Result<Job, Failed>;

struct Job {
    record: Record,
    place: String,
    taken: Instant,
    timings: Timings,
    duplicate: bool,
}

/// Runs the stages over all documents and writes a record a line. Documents that fail go to `report`, and the rest
/// flows on. Errors when the model cannot be had or the output cannot be written.
pub fn enrich(
    options: EnrichOptions,
    out: &mut dyn Write,
    report: &mut Report,
    progress: Progress,
) -> anyhow::Result<Tally> {
    let EnrichOptions { paths, config, stages, threads, reproducible } = options;
    let extract = if stages.contains(&StageName::Extract) {
        let pipeline = crate::model::load(&config.model, Components::Full, progress)?;
        let known = crate::knowledge::open(&config.entities)?;
        Some(Extract::with_knowledge(pipeline, config.extract.explain, known))
    } else {
        None
    };
    let dedup = stages.contains(&StageName::Dedup);
    let dedup = dedup.then(|| Dedup::new(DedupOptions::default()));
    let relate = stages.contains(&StageName::Relate);
    let mut relate = relate.then(|| Relate::new(RelateOptions::default()));
    let reading = Reading { paths, limits: config.ingest.limits.for_readers(), facts: true };
    let provenance = config.provenance();
    let feed = move |feed: &Feed<Item, Item>| read_and_dedup(&reading, &provenance, dedup, feed);
    let work = move |item: Item| {
        let job = item?;
        match &extract {
            // A clone shares the model: the stage keeps no state.
            Some(extract) if !job.duplicate => {
                run(&mut extract.clone(), job, |timings| &mut timings.extract_ms)
            }
            _ => Ok(job),
        }
    };
    let mut results = in_order(threads, feed, work);
    let mut tally = Tally::default();
    loop {
        let item = match results.try_next() {
            Some(item) => item,
            None => {
                // Nothing is ready: whoever reads our output should not wait for the next document.
                out.flush().context("write the records")?;
                let Some(item) = results.next() else { return Ok(tally) };
                item
            }
        };
        let item = item.and_then(|job| match &mut relate {
            // Here the records are in the order of the input again.
            Some(relate) if !job.duplicate => run(relate, job, |timings| &mut timings.relate_ms),
            _ => Ok(job),
        });
        match item.and_then(|job| finish(job, reproducible)) {
            Ok(line) => {
                out.write_all(&line).context("write the records")?;
                tally.done += 1;
                report(tally, None);
            }
            Err(failed) => {
                tally.failed += 1;
                report(tally, Some(&failed));
            }
        }
    }
}

/// Reads the documents and decides on duplicates: both need the order of the input.
fn read_and_dedup(
    reading: &Reading,
    provenance: &Provenance,
    mut dedup: Option<Dedup>,
    feed: &Feed<Item, Item>,
) {
    read_all(reading, &mut |outcome: Outcome| {
        let item = outcome.and_then(|(document, file)| {
            let place = document.identity(&file.path);
            let record = to_record(document, file, provenance);
            let (taken, timings) = (Instant::now(), Timings::default());
            let job = Job { record, place, taken, timings, duplicate: false };
            match &mut dedup {
                Some(dedup) => run(dedup, job, |timings| &mut timings.dedup_ms),
                None => Ok(job),
            }
        });
        feed.put(item)
    });
}

/// Runs one stage over the record; a stage with state learns its decision at once.
fn run(stage: &mut dyn Stage, mut job: Job, time: fn(&mut Timings) -> &mut f64) -> Item {
    let start = Instant::now();
    let route = stage.run(&mut job.record);
    let route = route.and_then(|route| match stage.take_decision() {
        Some(decision) => stage.learn(&decision).map(|()| route),
        None => Ok(route),
    });
    match route {
        Ok(route) => {
            *time(&mut job.timings) = milliseconds(start.elapsed());
            job.duplicate |= route == Route::Aside;
            Ok(job)
        }
        Err(error) => {
            let error =
                anyhow::Error::from(error).context(format!("{} the document", stage.name()));
            Err(Failed::new(job.place, "stage", error))
        }
    }
}

/// The record as a line.
fn finish(job: Job, reproducible: bool) -> Result<Vec<u8>, Failed> {
    let Job { mut record, place, taken, mut timings, .. } = job;
    timings.total_ms = milliseconds(taken.elapsed());
    let worked = timings.dedup_ms + timings.extract_ms + timings.relate_ms;
    timings.queued_ms = (timings.total_ms - worked).max(0.0);
    record.timings = Some(timings);
    if reproducible {
        record.make_reproducible();
    }
    match record.to_json() {
        Ok(mut line) => {
            line.push(b'\n');
            Ok(line)
        }
        Err(error) => {
            let error = anyhow::Error::from(error).context("write the record");
            Err(Failed::new(place, "bug", error))
        }
    }
}

/// With three digits behind the point.
fn milliseconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}
