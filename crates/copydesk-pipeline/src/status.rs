//! How far a running copydesk is, asked from outside.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use copydesk_bus::{Bus, BusError, StreamName};
use copydesk_stages::StageName;
use serde::Serialize;

use crate::config::Config;
use crate::connect::{blocking, connect_to_running};
use crate::run::http_of;
use crate::worker::Rules;

/// The pages answer on the loopback at once.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest answer that is read.
const ANSWER_LIMIT: u64 = 4 << 20;

/// How far a running copydesk is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Status {
    /// The NATS server.
    pub nats_url: String,
    /// The address of the pages; `None` when no run over this data directory serves them.
    pub http: Option<SocketAddr>,
    /// What `/readyz` says.
    pub ready: bool,
    /// Every stage, in the order of the data.
    pub stages: Vec<StageStatus>,
}

/// How far a stage is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StageStatus {
    /// Its name.
    pub name: &'static str,
    /// What waits for it: files for ingest, records for the others.
    pub pending: u64,
    /// What it has taken and not finished.
    pub ack_pending: u64,
    /// What it has finished since the streams were made.
    pub done: u64,
    /// Its dead letters.
    pub failed: u64,
}

impl Status {
    /// One stage.
    pub fn stage(&self, name: &str) -> Option<&StageStatus> {
        self.stages.iter().find(|stage| stage.name == name)
    }
}

/// Asks the copydesk that runs over the configuration's data directory, or the server at its URL.
pub async fn status(config: &Config) -> anyhow::Result<Status> {
    let connection = connect_to_running(config).await?;
    let http = http_of(&config.data_dir);
    let answers = http.map(|http| blocking(|| (get(http, "/readyz"), get(http, "/metrics"))));
    let (readyz, metrics) = answers.unwrap_or_default();
    let http = http.filter(|_| readyz.is_some());
    let inbox = metrics.as_deref().and_then(|text| gauge(text, "copydesk_inbox_files"));
    let mut stages = Vec::new();
    for stage in StageName::ALL {
        stages.push(stage_status(&connection.bus, stage, inbox.unwrap_or(0)).await?);
    }
    let ready = readyz.is_some_and(|answer| answer.starts_with("HTTP/1.1 200"));
    let nats_url = connection.url.clone();
    connection.close().await?;
    Ok(Status { nats_url, http, ready, stages })
}

/// Asks again and again, and shows each answer, until one of the two fails.
pub async fn watch_status(
    config: &Config,
    every: Duration,
    mut show: impl FnMut(&Status) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    loop {
        show(&status(config).await?)?;
        tokio::time::sleep(every).await;
    }
}

async fn stage_status(bus: &Bus, stage: StageName, inbox: u64) -> Result<StageStatus, BusError> {
    let name = stage.as_str();
    let dead = match bus.dead_counts().await {
        Ok(counts) => counts,
        // Nothing ever ran on this server.
        Err(BusError::NotFound { .. }) => return Ok(StageStatus::nothing(name)),
        Err(error) => return Err(error),
    };
    let failed = dead.get(name).copied().unwrap_or(0);
    Ok(match stage {
        StageName::Ingest => {
            let done = bus.stream_state(StreamName::Raw).await?.last_seq;
            StageStatus { name, pending: inbox, ack_pending: 0, done, failed }
        }
        StageName::Sink => {
            let done = bus.sink_floor().await?;
            let last = bus.stream_state(StreamName::Enriched).await?.last_seq;
            let pending = last.saturating_sub(done);
            StageStatus { name, pending, ack_pending: 0, done, failed }
        }
        StageName::Dedup | StageName::Extract | StageName::Relate => {
            let Some(rules) = Rules::of(stage, false) else {
                return Ok(StageStatus::nothing(name));
            };
            match bus.consumer_state(rules.input, name).await {
                Ok(state) => StageStatus {
                    name,
                    pending: state.pending,
                    ack_pending: state.ack_pending,
                    done: state
                        .delivered_stream_seq
                        .saturating_sub(state.ack_pending)
                        .saturating_sub(failed),
                    failed,
                },
                Err(BusError::NotFound { .. }) => {
                    let pending = bus.stream_state(rules.input).await?.messages;
                    StageStatus { name, pending, ack_pending: 0, done: 0, failed }
                }
                Err(error) => return Err(error),
            }
        }
    })
}

impl StageStatus {
    fn nothing(name: &'static str) -> Self {
        Self { name, pending: 0, ack_pending: 0, done: 0, failed: 0 }
    }
}

/// A page of a run, with its head. `None` when nobody answers: no client library for two requests on the loopback.
pub(crate) fn get(http: SocketAddr, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect_timeout(&http, PATIENCE).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {http}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.take(ANSWER_LIMIT).read_to_string(&mut answer).ok()?;
    Some(answer)
}

/// The value of a gauge without labels.
fn gauge(metrics: &str, name: &str) -> Option<u64> {
    let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    line.trim().parse().ok()
}
