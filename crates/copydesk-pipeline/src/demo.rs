//! The whole pipeline over sample articles: a server, the stages, the sink, and what came out of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use copydesk_bus::{StreamName, record_subject};
use copydesk_types::{Claim, ClaimForm, Record, Verdict};
use sha2::{Digest as _, Sha256};

use crate::config::Config;
use crate::model::Progress;
use crate::run::{RunInfo, run};
use crate::shutdown::Shutdown;

/// A sample comes out within milliseconds; on a machine that is busy with other things it may take seconds.
const PATIENCE: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(20);

/// An article to show the pipeline with.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// Its file name.
    pub name: &'static str,
    /// What is in the file.
    pub content: &'static str,
}

/// What a demo did.
#[derive(Debug, Clone)]
pub struct Demo {
    /// Where it could be reached while it ran.
    pub info: RunInfo,
    /// What came out, in the order of the samples.
    pub shown: Vec<Shown>,
    /// The files with the records.
    pub files: Vec<PathBuf>,
}

/// What became of one sample.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Its file name.
    pub name: &'static str,
    /// What dedup said, and of which sample.
    pub verdict: String,
    /// Number of entities.
    pub entities: usize,
    /// Number of claims.
    pub claims: usize,
    /// One of the claims: who said what, through whom.
    pub example: Option<String>,
    /// The NATS subject that the record was published on.
    pub subject: String,
}

/// Runs the pipeline of `config`, drops the samples into its inbox one after the other, and stops when all are in the
/// output. A sample that is there from an earlier demo adds nothing. Errors when one does not come out.
pub async fn demo(
    config: Config,
    samples: &[Sample],
    progress: Progress<'_>,
) -> anyhow::Result<Demo> {
    let shutdown = Shutdown::new();
    let (tell, told) = tokio::sync::oneshot::channel();
    let running = run(config.clone(), shutdown.clone(), progress, |info| {
        // Nobody listens any more when the demo was stopped.
        tell.send(info.clone()).ok();
    });
    let driving = async {
        let Ok(info) = told.await else { return Ok(None) };
        let shown = drive(&config, samples, &shutdown, progress).await;
        shutdown.drain();
        anyhow::Ok(Some((info, shown?)))
    };
    let (ended, driven) = tokio::join!(running, driving);
    ended?;
    let (info, shown) = driven?.context("run the demo: it was stopped before it was ready")?;
    let files = output_files(&config.output)?;
    Ok(Demo { info, shown, files })
}

async fn drive(
    config: &Config,
    samples: &[Sample],
    shutdown: &Shutdown,
    progress: Progress<'_>,
) -> anyhow::Result<Vec<Shown>> {
    let mut records: Vec<Record> = Vec::new();
    for (at, sample) in samples.iter().enumerate() {
        drop_into(&config.inbox, sample)?;
        let record = tokio::select! {
            record = came_out(config, sample) => record?,
            () = shutdown.draining().cancelled() => anyhow::bail!("run the demo: it was stopped"),
        };
        progress(&format!("{} of {}: {}", at + 1, samples.len(), sample.name));
        records.push(record);
    }
    Ok(samples.iter().zip(&records).map(|(s, record)| show(s, record, samples, &records)).collect())
}

/// Under a temporary name first, so that it is never seen half written.
fn drop_into(inbox: &Path, sample: &Sample) -> anyhow::Result<()> {
    let path = inbox.join(sample.name);
    let part = inbox.join(format!(".{}.tmp", sample.name));
    fs::write(&part, sample.content)
        .and_then(|()| fs::rename(&part, &path))
        .with_context(|| format!("write {}", path.display()))
}

/// The sample's record, once it is in the output.
async fn came_out(config: &Config, sample: &Sample) -> anyhow::Result<Record> {
    let sum = format!("{:x}", Sha256::digest(sample.content));
    let asking = async {
        loop {
            if let Some(record) = find(&config.output, sample.name, &sum)? {
                return Ok(record);
            }
            let refused = config.data_dir.join("quarantine").join(sample.name);
            if refused.exists() {
                anyhow::bail!(
                    "enrich {}: it is in quarantine at {}",
                    sample.name,
                    refused.display()
                );
            }
            tokio::time::sleep(POLL).await;
        }
    };
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(found) => found,
        Err(_) => anyhow::bail!(
            "enrich {}: it did not come out within {PATIENCE:?}; see copydesk dead list --data-dir {}",
            sample.name,
            config.data_dir.display()
        ),
    }
}

fn find(output: &Path, name: &str, sum: &str) -> anyhow::Result<Option<Record>> {
    for path in output_files(output)? {
        let text = fs::read(&path).with_context(|| format!("read {}", path.display()))?;
        // Without its end a line is still being written.
        for line in text.split_inclusive(|&b| b == b'\n').filter(|line| line.ends_with(b"\n")) {
            let record = Record::from_json(line).context("read a line of the output")?;
            if record.source.path == name && record.source.sha256 == sum {
                return Ok(Some(record));
            }
        }
    }
    Ok(None)
}

/// `<date>/enriched-….jsonl` and the one with `.open` at its end.
fn output_files(output: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let list = |dir: &Path| -> anyhow::Result<Vec<PathBuf>> {
        let entries = fs::read_dir(dir).with_context(|| format!("list {}", dir.display()))?;
        let paths: Result<Vec<_>, _> = entries.map(|entry| entry.map(|e| e.path())).collect();
        paths.with_context(|| format!("list {}", dir.display()))
    };
    let mut files = Vec::new();
    for day in list(output)?.into_iter().filter(|path| path.is_dir()) {
        files.extend(list(&day)?.into_iter().filter(|path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("enriched-"))
        }));
    }
    files.sort();
    Ok(files)
}

/// The claim that shows most: one that came through somebody else, else one in the speaker's own words, else any.
fn example(claims: &[Claim]) -> Option<&Claim> {
    let rank = |claim: &&Claim| {
        let speaker = claim.speaker.as_ref().map(|speaker| &speaker.name);
        match speaker {
            None => 3,
            Some(name) if claim.via.iter().any(|via| via.name != *name) => 0,
            Some(_) if claim.form == ClaimForm::Direct => 1,
            Some(_) => 2,
        }
    };
    claims.iter().min_by_key(rank).filter(|claim| claim.speaker.is_some())
}

fn show(sample: &Sample, record: &Record, samples: &[Sample], records: &[Record]) -> Shown {
    let of = record.dedup.as_ref().and_then(|d| d.of.as_ref());
    let of = of.and_then(|id| records.iter().position(|r| r.id == *id));
    let of = of.and_then(|at| samples.get(at)).map(|s| format!(" of {}", s.name));
    let verdict = match record.dedup.as_ref().map(|d| d.verdict) {
        Some(Verdict::New) => "new",
        Some(Verdict::Exact) => "exact copy",
        Some(Verdict::Near) => "copy",
        Some(Verdict::Revision) => "revision",
        None => "-",
    };
    Shown {
        name: sample.name,
        verdict: format!("{verdict}{}", of.unwrap_or_default()),
        entities: record.entities.len(),
        claims: record.claims.len(),
        example: example(&record.claims).map(|claim| {
            let speaker = claim.speaker.as_ref().map_or("", |speaker| speaker.name.as_str());
            let via: Vec<&str> = claim.via.iter().map(|via| via.name.as_str()).collect();
            let via =
                if via.is_empty() { String::new() } else { format!(" (via {})", via.join(", ")) };
            format!("{speaker}{via}: {}", claim.text)
        }),
        subject: record_subject(StreamName::Enriched, record),
    }
}
