//! Every metric of copydesk: its name, its help text and the function that changes it.
//!
//! Nowhere else stands a name, and no label ever carries a URL, an id or a file name: labels are closed sets, so that
//! the number of series is known when the program starts. All of them exist with 0 from the start, so that a rate over
//! the first event is right.

#![expect(clippy::disallowed_macros, reason = "this is the file that the macros are kept for")]

mod process;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use copydesk_bus::{ALL_STREAMS, StreamName};
use copydesk_stages::StageName;
use copydesk_types::{ClaimType, EntityType};
use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use crate::Shutdown;

/// Seconds. A step in a process takes 1 ms to 1 s; what waits in a queue takes up to minutes.
const BUCKETS: [f64; 15] =
    [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0];
/// How often samples are folded into buckets; without it memory grows until somebody scrapes.
const UPKEEP: Duration = Duration::from_secs(5);

const BUILD_INFO: &str = "copydesk_build_info";
const READY: &str = "copydesk_ready";
const FILES_SEEN: &str = "copydesk_files_seen_total";
const INBOX_FILES: &str = "copydesk_inbox_files";
const INBOX_OLDEST: &str = "copydesk_inbox_oldest_age_seconds";
const WATCH_OVERFLOWS: &str = "copydesk_watch_overflows_total";
const RESCANS: &str = "copydesk_rescans_total";
const RECEIVED: &str = "copydesk_articles_received_total";
const PUBLISHED: &str = "copydesk_articles_published_total";
const DUPLICATE: &str = "copydesk_articles_duplicate_total";
const FAILED: &str = "copydesk_articles_failed_total";
const STAGE_DURATION: &str = "copydesk_stage_duration_seconds";
const STAGE_INFLIGHT: &str = "copydesk_stage_inflight";
const REDELIVERIES: &str = "copydesk_redeliveries_total";
const RETRIES: &str = "copydesk_retries_total";
const REBUILDS: &str = "copydesk_state_rebuilds_total";
const DEAD: &str = "copydesk_dead_total";
const DEAD_MESSAGES: &str = "copydesk_dead_messages";
const ENTITIES: &str = "copydesk_entities_total";
const CLAIMS: &str = "copydesk_claims_total";
const E2E: &str = "copydesk_e2e_latency_seconds";
const SINK_COMMIT: &str = "copydesk_sink_commit_seconds";
const SINK_SEQ: &str = "copydesk_sink_committed_seq";
const SINK_LAG: &str = "copydesk_sink_lag_messages";
const SINK_BYTES: &str = "copydesk_sink_bytes_total";
const PENDING: &str = "copydesk_consumer_pending";
const ACK_PENDING: &str = "copydesk_consumer_ack_pending";
const OLDEST: &str = "copydesk_consumer_oldest_pending_age_seconds";
const STREAM_MESSAGES: &str = "copydesk_stream_messages";
const STREAM_BYTES: &str = "copydesk_stream_bytes";
const STREAM_LIMIT: &str = "copydesk_stream_limit_bytes";
const PURGED: &str = "copydesk_purged_messages_total";
const RECONNECTS: &str = "copydesk_nats_reconnects_total";
const SLOW: &str = "copydesk_slow_consumer_total";

/// Why a dead letter was written: every value of the label `reason` that the worker loop itself gives.
pub(crate) const WORKER_REASONS: [&str; 4] =
    ["bad_record", "rejected", "max_deliveries", "too_large"];

/// What became of a file of the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileOutcome {
    /// All its articles were published.
    Published,
    /// It was published before and is not again.
    Known,
    /// It went to quarantine.
    Quarantined,
    /// It was not complete, and is looked at again.
    Waiting,
    /// Its articles are safe in the output, and it was moved, deleted or kept.
    Finished,
}

impl FileOutcome {
    const ALL: [Self; 5] =
        [Self::Published, Self::Known, Self::Quarantined, Self::Waiting, Self::Finished];

    fn as_str(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Known => "known",
            Self::Quarantined => "quarantined",
            Self::Waiting => "waiting",
            Self::Finished => "finished",
        }
    }
}

/// Installs the recorder of this process, once, and gives what `/metrics` reads.
pub(crate) fn install() -> anyhow::Result<PrometheusHandle> {
    static INSTALLED: Mutex<Option<PrometheusHandle>> = Mutex::new(None);
    let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = installed.as_ref() {
        return Ok(handle.clone());
    }
    let builder = PrometheusBuilder::new();
    let builder = builder.set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &BUCKETS)?;
    let handle = builder.install_recorder()?;
    describe();
    touch();
    Ok(installed.insert(handle).clone())
}

/// Folds samples into buckets and reads the process's own figures, until the drain.
pub(crate) async fn upkeep(handle: PrometheusHandle, shutdown: Shutdown) -> anyhow::Result<()> {
    loop {
        process::record();
        handle.run_upkeep();
        tokio::select! {
            () = tokio::time::sleep(UPKEEP) => {}
            () = shutdown.draining().cancelled() => return Ok(()),
        }
    }
}

/// What `/metrics` answers.
pub(crate) fn render(handle: &PrometheusHandle) -> String {
    process::record();
    handle.render()
}

fn describe() {
    use Unit::{Bytes, Count, Seconds};
    let g = |name: &'static str, unit: Unit, help: &'static str| describe_gauge!(name, unit, help);
    let c = |name: &'static str, help: &'static str| describe_counter!(name, Count, help);
    let h = |name: &'static str, help: &'static str| describe_histogram!(name, Seconds, help);
    g(BUILD_INFO, Count, "Always 1; the labels say which copydesk this is.");
    g(READY, Count, "1 when /readyz says yes.");
    c(FILES_SEEN, "Files of the inbox, by what became of them.");
    g(INBOX_FILES, Count, "Files in the inbox that are not finished.");
    g(INBOX_OLDEST, Seconds, "Age of the oldest file in the inbox that is not finished.");
    c(
        WATCH_OVERFLOWS,
        "Times that events of the inbox were lost and the scan had to find the files.",
    );
    c(RESCANS, "Scans of the whole inbox.");
    c(RECEIVED, "Articles that a stage took, redeliveries included.");
    c(PUBLISHED, "Articles that a stage finished and stored for the next one.");
    c(DUPLICATE, "Articles that a stage stored again and the stream knew already.");
    c(FAILED, "Articles that a stage gave up.");
    h(STAGE_DURATION, "Time that a stage takes for an article.");
    g(STAGE_INFLIGHT, Count, "Articles that a stage has taken and not settled.");
    c(REDELIVERIES, "Articles that a stage got for the second time or more.");
    c(RETRIES, "Articles that a stage gave back to try again later.");
    c(REBUILDS, "Times that a stage built its state from the decisions log.");
    c(DEAD, "Dead letters written, by stage and reason.");
    g(DEAD_MESSAGES, Count, "Dead letters that are there.");
    c(ENTITIES, "Entities found, by type.");
    c(CLAIMS, "Claims found, by type.");
    h(E2E, "Time from the file being complete to its record being safe in the output.");
    h(SINK_COMMIT, "Time that a commit of the output takes.");
    g(SINK_SEQ, Count, "Highest sequence of COPYDESK_ENRICHED that is safe in the output.");
    g(SINK_LAG, Count, "Records in COPYDESK_ENRICHED that are not safe in the output yet.");
    c(SINK_BYTES, "Bytes written to the output.");
    g(PENDING, Count, "Messages that a consumer has not been given.");
    g(ACK_PENDING, Count, "Messages that a consumer was given and has not settled.");
    g(
        OLDEST,
        Seconds,
        "Age of the oldest message that a consumer has not settled; 0 when there is none.",
    );
    g(STREAM_MESSAGES, Count, "Messages in a stream.");
    g(STREAM_BYTES, Bytes, "Bytes in a stream.");
    g(STREAM_LIMIT, Bytes, "Most bytes that a stream may hold.");
    c(PURGED, "Finished messages removed from a stream.");
    c(RECONNECTS, "Times that the connection to NATS was lost and came back.");
    c(SLOW, "Messages of core subscriptions that were dropped because nobody took them in time.");
    process::describe();
}

fn touch() {
    let commit = option_env!("COPYDESK_COMMIT").unwrap_or("unknown");
    gauge!(BUILD_INFO, "version" => env!("CARGO_PKG_VERSION"), "commit" => commit).set(1.0);
    for name in [READY, INBOX_FILES, INBOX_OLDEST, DEAD_MESSAGES, SINK_SEQ, SINK_LAG] {
        gauge!(name).set(0.0);
    }
    for name in [WATCH_OVERFLOWS, RESCANS, SINK_BYTES, RECONNECTS, SLOW] {
        counter!(name).increment(0);
    }
    for outcome in FileOutcome::ALL {
        counter!(FILES_SEEN, "outcome" => outcome.as_str()).increment(0);
    }
    for stage in StageName::ALL {
        for name in [RECEIVED, PUBLISHED, DUPLICATE, FAILED, REDELIVERIES, RETRIES, REBUILDS] {
            counter!(name, "stage" => stage.as_str()).increment(0);
        }
        gauge!(STAGE_INFLIGHT, "stage" => stage.as_str()).set(0.0);
        for reason in WORKER_REASONS {
            counter!(DEAD, "stage" => stage.as_str(), "reason" => reason).increment(0);
        }
    }
    for kind in ENTITY_TYPES {
        counter!(ENTITIES, "type" => kind.as_str()).increment(0);
    }
    for kind in [ClaimType::Statement, ClaimType::NoComment, ClaimType::Assertion] {
        counter!(CLAIMS, "type" => claim_type(kind)).increment(0);
    }
    for stream in ALL_STREAMS {
        for name in [STREAM_MESSAGES, STREAM_BYTES, STREAM_LIMIT] {
            gauge!(name, "stream" => stream.as_str()).set(0.0);
        }
        counter!(PURGED, "stream" => stream.as_str()).increment(0);
    }
}

const ENTITY_TYPES: [EntityType; 10] = [
    EntityType::Person,
    EntityType::Organization,
    EntityType::Place,
    EntityType::Group,
    EntityType::Event,
    EntityType::Work,
    EntityType::Law,
    EntityType::Product,
    EntityType::Facility,
    EntityType::Language,
];

fn claim_type(kind: ClaimType) -> &'static str {
    match kind {
        ClaimType::Statement => "statement",
        ClaimType::NoComment => "no_comment",
        ClaimType::Assertion => "assertion",
    }
}

/// Whether `/readyz` says yes.
pub(crate) fn ready(ready: bool) {
    gauge!(READY).set(f64::from(u8::from(ready)));
}

/// A file of the inbox.
pub(crate) fn file_seen(outcome: FileOutcome) {
    counter!(FILES_SEEN, "outcome" => outcome.as_str()).increment(1);
}

/// Files in the inbox that are not finished, and the age of the oldest.
pub(crate) fn inbox(files: usize, oldest: Duration) {
    gauge!(INBOX_FILES).set(files as f64);
    gauge!(INBOX_OLDEST).set(oldest.as_secs_f64());
}

/// Events of the inbox were lost.
pub(crate) fn watch_overflow() {
    counter!(WATCH_OVERFLOWS).increment(1);
}

/// The whole inbox was scanned.
pub(crate) fn rescan() {
    counter!(RESCANS).increment(1);
}

/// A stage took an article.
pub(crate) fn received(stage: StageName) {
    counter!(RECEIVED, "stage" => stage.as_str()).increment(1);
}

/// A stage finished an article; `duplicate` when the stream had it already.
pub(crate) fn published(stage: StageName, duplicate: bool) {
    let name = if duplicate { DUPLICATE } else { PUBLISHED };
    counter!(name, "stage" => stage.as_str()).increment(1);
}

/// A stage gave up an article, and a dead letter with this reason was written.
pub(crate) fn failed(stage: StageName, reason: &str) {
    counter!(FAILED, "stage" => stage.as_str()).increment(1);
    counter!(DEAD, "stage" => stage.as_str(), "reason" => reason.to_owned()).increment(1);
}

/// A stage got an article again.
pub(crate) fn redelivered(stage: StageName) {
    counter!(REDELIVERIES, "stage" => stage.as_str()).increment(1);
}

/// A stage gave an article back.
pub(crate) fn retried(stage: StageName) {
    counter!(RETRIES, "stage" => stage.as_str()).increment(1);
}

/// A stage built its state from the decisions log.
pub(crate) fn rebuilt(stage: StageName) {
    counter!(REBUILDS, "stage" => stage.as_str()).increment(1);
}

/// How long a stage took for an article.
pub(crate) fn stage_duration(stage: StageName, took: Duration) {
    histogram!(STAGE_DURATION, "stage" => stage.as_str()).record(took.as_secs_f64());
}

/// A stage holds so many articles more.
pub(crate) fn inflight(stage: StageName, change: f64) {
    gauge!(STAGE_INFLIGHT, "stage" => stage.as_str()).increment(change);
}

/// What extract found.
pub(crate) fn found(record: &copydesk_types::Record) {
    for entity in &record.entities {
        counter!(ENTITIES, "type" => entity.kind.as_str()).increment(1);
    }
    for claim in &record.claims {
        counter!(CLAIMS, "type" => claim_type(claim.kind)).increment(1);
    }
}

/// Dead letters that are there.
pub(crate) fn dead_messages(count: u64) {
    gauge!(DEAD_MESSAGES).set(count as f64);
}

/// A record is safe in the output so long after its file was complete.
pub(crate) fn e2e_latency(took: Duration) {
    histogram!(E2E).record(took.as_secs_f64());
}

/// A commit of the output: how long it took, up to which sequence, how many bytes.
pub(crate) fn sink_commit(took: Duration, seq: u64, bytes: u64) {
    histogram!(SINK_COMMIT).record(took.as_secs_f64());
    gauge!(SINK_SEQ).set(seq as f64);
    counter!(SINK_BYTES).increment(bytes);
}

/// Records that are not safe in the output yet.
pub(crate) fn sink_lag(records: u64) {
    gauge!(SINK_LAG).set(records as f64);
}

/// How far a consumer is, and the age of what waits longest.
pub(crate) fn consumer(
    stream: StreamName,
    consumer: StageName,
    pending: u64,
    ack_pending: u64,
    oldest: Duration,
) {
    let labels = [("stream", stream.as_str()), ("consumer", consumer.as_str())];
    gauge!(PENDING, &labels).set(pending as f64);
    gauge!(ACK_PENDING, &labels).set(ack_pending as f64);
    gauge!(OLDEST, &labels).set(oldest.as_secs_f64());
}

/// What a stream holds and may hold.
pub(crate) fn stream(stream: StreamName, messages: u64, bytes: u64, limit: Option<u64>) {
    gauge!(STREAM_MESSAGES, "stream" => stream.as_str()).set(messages as f64);
    gauge!(STREAM_BYTES, "stream" => stream.as_str()).set(bytes as f64);
    if let Some(limit) = limit {
        gauge!(STREAM_LIMIT, "stream" => stream.as_str()).set(limit as f64);
    }
}

/// Finished messages were removed from a stream.
pub(crate) fn purged(stream: StreamName, messages: u64) {
    counter!(PURGED, "stream" => stream.as_str()).increment(messages);
}

/// The connection's own counts.
pub(crate) fn connection(reconnects: u64, slow_consumers: u64) {
    counter!(RECONNECTS).absolute(reconnects);
    counter!(SLOW).absolute(slow_consumers);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_series_exists_from_the_start_with_its_help() {
        let text = render(&install().unwrap());
        for series in [
            "copydesk_build_info{version=\"0.1.0\"",
            "copydesk_files_seen_total{outcome=\"quarantined\"} ",
            "copydesk_articles_published_total{stage=\"sink\"} ",
            "copydesk_dead_total{stage=\"dedup\",reason=\"max_deliveries\"} ",
            "copydesk_entities_total{type=\"person\"} ",
            "copydesk_claims_total{type=\"no_comment\"} ",
            "copydesk_stream_bytes{stream=\"COPYDESK_RAW\"} ",
            "process_resident_memory_bytes ",
        ] {
            assert!(text.contains(series), "{series} is missing in\n{text}");
        }
        for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
            let name = line.split(['{', ' ']).next().unwrap();
            let name = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|part| name.strip_suffix(part))
                .unwrap_or(name);
            assert!(text.contains(&format!("# HELP {name} ")), "{name} has no help");
        }
    }

    #[test]
    fn durations_are_histograms_that_can_be_added_up() {
        let handle = install().unwrap();
        stage_duration(StageName::Ingest, Duration::from_millis(3));
        let text = render(&handle);
        let bucket = "copydesk_stage_duration_seconds_bucket{stage=\"ingest\",le=\"0.005\"} 1";
        assert!(text.contains(bucket), "{text}");
    }
}
