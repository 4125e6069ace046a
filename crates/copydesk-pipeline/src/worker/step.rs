//! What a worker does on the blocking thread: bytes to record, stage, record to messages. No waiting here.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use bytes::Bytes;
use copydesk_bus::{Outgoing, StreamName};
use copydesk_stages::{Route, Stage, StageError, StageName};
use copydesk_types::{Record, RecordError, Timings};

use super::Rules;
use crate::clock::now_unix_ns;
use crate::shutdown::{Panicked, chain};
use crate::telemetry;

/// A delivery, as far as the stage's side needs it.
#[derive(Debug, Clone)]
pub(super) struct Input {
    pub(super) payload: Bytes,
    /// When the input file was complete.
    pub(super) ready_unix_ns: u128,
    /// When the stream stored it.
    pub(super) stored_unix_ns: u128,
}

/// What became of an input.
#[derive(Debug)]
pub(super) enum Outcome {
    Done(Box<Produced>),
    /// Deliver it again later.
    Retry(String),
    /// A dead letter with this reason and cause.
    Reject(&'static str, String),
}

/// What is to be stored before the input is settled.
#[derive(Debug)]
pub(super) struct Produced {
    /// What the stage decided, for the log; first of all.
    pub(super) decision: Option<Outgoing>,
    pub(super) claims: Vec<Outgoing>,
    pub(super) record: Outgoing,
}

/// Runs the stage over the inputs, in order. Stops at a panic, which was over the input behind the outcomes: those are
/// good, the stage is not.
pub(super) fn run_batch(
    stage: &mut dyn Stage,
    rules: &Rules,
    inputs: &[Input],
) -> (Vec<Outcome>, Option<Panicked>) {
    let mut outcomes = Vec::with_capacity(inputs.len());
    for input in inputs {
        match catch_unwind(AssertUnwindSafe(|| step(stage, rules, input))) {
            Ok(outcome) => outcomes.push(outcome),
            Err(panic) => {
                return (outcomes, Some(Panicked::new(rules.stage.as_str(), &*panic)));
            }
        }
    }
    (outcomes, None)
}

fn step(stage: &mut dyn Stage, rules: &Rules, input: &Input) -> Outcome {
    let mut record = match Record::from_json(&input.payload) {
        Ok(record) => record,
        Err(error) => return Outcome::Reject("bad_record", chain(&error.into())),
    };
    let _span =
        tracing::debug_span!("record", article = %record.id, stage = %rules.stage).entered();
    let queued = millis(input.stored_unix_ns, now_unix_ns());
    let start = Instant::now();
    let route = match stage.run(&mut record) {
        Ok(route) => route,
        Err(StageError::Retry(error)) => return Outcome::Retry(chain(&error)),
        Err(StageError::Reject(error)) => return Outcome::Reject("rejected", chain(&error)),
    };
    let decision = stage.take_decision();
    if let Some(decision) = &decision
        && let Err(error) = stage.learn(decision)
    {
        return Outcome::Reject("rejected", chain(&error.into()));
    }
    let took = start.elapsed();
    telemetry::stage_duration(rules.stage, took);
    add_timings(&mut record, rules.stage, took, queued, input.ready_unix_ns);
    match messages(rules, &record, route, decision, input.ready_unix_ns) {
        Ok(produced) => {
            if rules.stage == StageName::Extract {
                telemetry::found(&record);
            }
            tracing::debug!(?route, ms = took.as_secs_f64() * 1e3, "done");
            Outcome::Done(Box::new(produced))
        }
        Err(error) => Outcome::Reject("rejected", chain(&error.into())),
    }
}

fn add_timings(record: &mut Record, stage: StageName, took: Duration, queued_ms: f64, ready: u128) {
    let timings = record.timings.get_or_insert_with(Timings::default);
    let ms = rounded(took.as_secs_f64() * 1e3);
    match stage {
        StageName::Dedup => timings.dedup_ms = ms,
        StageName::Extract => timings.extract_ms = ms,
        StageName::Relate => timings.relate_ms = ms,
        StageName::Ingest | StageName::Sink => {}
    }
    timings.queued_ms = rounded(timings.queued_ms + queued_ms);
    timings.total_ms = millis(ready, now_unix_ns());
}

/// Milliseconds between two times; 0 when the clock went back.
fn millis(from_unix_ns: u128, to_unix_ns: u128) -> f64 {
    rounded(to_unix_ns.saturating_sub(from_unix_ns) as f64 / 1e6)
}

/// Microseconds are as fine as the figures are.
fn rounded(ms: f64) -> f64 {
    (ms * 1e3).round() / 1e3
}

fn messages(
    rules: &Rules,
    record: &Record,
    route: Route,
    decision: Option<Vec<u8>>,
    ready: u128,
) -> Result<Produced, RecordError> {
    let stage = rules.stage.as_str();
    let stream = match route {
        Route::On => rules.next,
        Route::Aside => StreamName::Enriched,
    };
    let decision =
        decision.map(|json| Outgoing::decision(stage, rules.version, &record.id, json.into()));
    let outgoing = Outgoing::record(stage, rules.version, stream, record, ready)?;
    let with_claims = rules.claims && stream == StreamName::Enriched && !record.claims.is_empty();
    let claims = if with_claims { claims(record, &outgoing.payload, ready) } else { Vec::new() };
    Ok(Produced { decision, claims, record: outgoing })
}

/// A message a claim: the claim as it stands in the record, with what tells where it comes from.
fn claims(record: &Record, json: &[u8], ready: u128) -> Vec<Outgoing> {
    // From the JSON, because only there offsets are code points.
    let mut value: serde_json::Value = serde_json::from_slice(json).unwrap_or_default();
    let written = value.get_mut("claims").map(serde_json::Value::take);
    let Some(serde_json::Value::Array(written)) = written else { return Vec::new() };
    let article = &record.article;
    let messages = record.claims.iter().zip(written).map(|(claim, written)| {
        let speaker = claim.speaker.as_ref().map(|speaker| speaker.name.as_str());
        let body = serde_json::json!({
            "schema": record.schema,
            "article": record.id,
            "url": article.url,
            "outlet": article.outlet,
            "title": article.title,
            "published": article.published,
            "claim": written,
        });
        let payload = serde_json::to_vec(&body).expect("a value is JSON");
        Outgoing::claim(&record.id, &claim.id, speaker, payload.into(), ready)
    });
    messages.collect()
}
