//! A run, from the first log line to the last: boot, work, drain.

use std::fs::{self, File, TryLockError};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use copydesk_bus::Bus;
use copydesk_nlp::{Components, Pipeline};
use copydesk_stages::{Dedup, DedupOptions, Extract, Relate, RelateOptions, StageName};

use crate::config::Config;
use crate::connect::{Connection, blocking, connect};
use crate::ingest::{self, IngestOptions};
use crate::model::Progress;
use crate::monitor::Health;
use crate::patience::patiently_for;
use crate::shutdown::Shutdown;
use crate::sink::{self, SinkOptions};
use crate::worker::{Line, MakeStage, Rules, Worker, write_atomically};
use crate::{admin, janitor, knowledge, model, monitor, telemetry};

/// The file under the data directory that says where the pages of a run are.
const HTTP_FILE: &str = "http";

/// How long a server takes to have a message on its disk: our own one is told to sync each second, another one syncs
/// every two minutes unless it is told otherwise; both with some time to spare.
const OUR_SYNC: Duration = Duration::from_secs(2);
const FOREIGN_SYNC: Duration = Duration::from_secs(130);

/// How long the servers of a cluster that was started together with us may take to agree on a leader.
const CLUSTER_START: Duration = Duration::from_mins(1);

/// Where a run can be reached.
#[derive(Debug, Clone)]
pub struct RunInfo {
    /// The NATS server.
    pub nats_url: String,
    /// `/metrics`, `/healthz`, `/readyz`, `/version`.
    pub http: SocketAddr,
}

/// Runs the stages of the configuration until a signal comes or somebody calls [`Shutdown::drain`]. `ready` is called
/// once everything works. The first SIGINT or SIGTERM drains, a second one forces; what is dropped then is repeated at
/// the next start. Errors when something cannot be started, or when a task fails while running.
///
/// After a forced end a stage may still be busy on a blocking thread: end the process, do not wait for the runtime.
pub async fn run(
    config: Config,
    shutdown: Shutdown,
    progress: Progress<'_>,
    ready: impl FnOnce(&RunInfo),
) -> anyhow::Result<()> {
    let metrics = telemetry::install()?;
    make_directories(&config)?;
    let _locks = lock_stages(&config)?;
    let listener = admin::bind(config.http.0).await?;
    let http = listener.local_addr().context("learn the address of the admin pages")?;
    let pipeline = load_model(&config, progress)?;
    let connection = connect(&config, progress).await?;
    let info = RunInfo { nats_url: connection.url.clone(), http };
    let bus = connection.bus.clone();
    let health = Health::new(&bus, &config);
    shutdown.spawn("upkeep", telemetry::upkeep(metrics.clone(), shutdown.clone()));
    shutdown.spawn("admin", admin::serve(listener, metrics, health.clone(), shutdown.clone()));
    let started = start(&config, &connection, pipeline, &health, &shutdown).await;
    match started {
        Ok(()) => {
            let file = config.data_dir.join(HTTP_FILE);
            write_atomically(&file, http.to_string().as_bytes()).context("write the address")?;
            health.started();
            tracing::info!(nats = info.nats_url, %http, stages = %config.stages, "running");
            ready(&info);
        }
        Err(error) => shutdown.fail(error),
    }
    let ended = tokio::select! {
        ended = shutdown.finish(config.shutdown.drain.0) => ended,
        error = signals(&shutdown) => Err(error),
    };
    fs::remove_file(config.data_dir.join(HTTP_FILE)).ok();
    if let Err(error) = connection.close().await {
        tracing::debug!(error = crate::shutdown::chain(&error), "connection not closed");
    }
    ended
}

/// Streams first, then the stages from the last to the first, so that nothing is made that nobody takes.
async fn start(
    config: &Config,
    connection: &Connection,
    pipeline: Option<Arc<Pipeline>>,
    health: &Health,
    shutdown: &Shutdown,
) -> anyhow::Result<()> {
    let bus = &connection.bus;
    patiently_for(CLUSTER_START, || bus.ensure_streams()).await?;
    shutdown.spawn("monitor", monitor::run(health.clone(), config.clone(), shutdown.clone()));
    let stream_bytes = config.nats.stream_bytes.0;
    shutdown.spawn("janitor", janitor::run(bus.clone(), stream_bytes, shutdown.clone()));
    let stages: Vec<StageName> = config.stages.iter().collect();
    for stage in stages.into_iter().rev() {
        match stage {
            StageName::Sink => {
                let options = SinkOptions {
                    output: config.output.clone(),
                    batch: config.sink.batch,
                    flush: config.sink.flush.0,
                    roll_bytes: config.sink.roll_bytes.0,
                    roll_age: config.sink.roll_age.0,
                };
                shutdown.spawn("sink", sink::run(bus.clone(), options, shutdown.clone()));
            }
            StageName::Dedup => {
                let make: MakeStage = Arc::new(|| Box::new(Dedup::new(DedupOptions::default())));
                workers(config, bus, shutdown, stage, 1, make).await?;
            }
            StageName::Extract => {
                let pipeline = pipeline.clone().context("load the model")?;
                let explain = config.extract.explain;
                let known = blocking(|| knowledge::open(&config.entities))?;
                let watch =
                    knowledge::watch(config.entities.clone(), known.clone(), shutdown.clone());
                shutdown.spawn("knowledge", watch);
                let make: MakeStage = Arc::new(move || {
                    let (pipeline, known) = (Arc::clone(&pipeline), known.clone());
                    Box::new(Extract::with_knowledge(pipeline, explain, known))
                });
                workers(config, bus, shutdown, stage, config.extract.worker_count(), make).await?;
            }
            StageName::Ingest => {
                let options = ingest_options(config);
                let ingest =
                    ingest::run(bus.clone(), options, config.provenance(), shutdown.clone());
                shutdown.spawn("ingest", ingest);
            }
            StageName::Relate => {
                let make: MakeStage = Arc::new(|| Box::new(Relate::new(RelateOptions::default())));
                workers(config, bus, shutdown, stage, 1, make).await?;
            }
        }
    }
    Ok(())
}

fn ingest_options(config: &Config) -> IngestOptions {
    let is_ours = config.nats.url.get().is_none();
    IngestOptions {
        inbox: config.inbox.clone(),
        data_dir: config.data_dir.clone(),
        done: config.ingest.after,
        settle: config.ingest.settle.0,
        rescan: config.ingest.rescan.0,
        watch: config.ingest.watch,
        ignore: config.ingest.ignore.clone(),
        limits: config.ingest.limits.for_readers(),
        max_in_flight: config.ingest.max_in_flight,
        sync_interval: if is_ours { OUR_SYNC } else { FOREIGN_SYNC },
    }
}

async fn workers(
    config: &Config,
    bus: &Bus,
    shutdown: &Shutdown,
    stage: StageName,
    count: usize,
    make: MakeStage,
) -> anyhow::Result<()> {
    let rules = Rules::of(stage, config.claims.publish).context("find the rules of the stage")?;
    let spec = rules.consumer(count, config.extract.batch);
    let mut workers = Vec::new();
    for _ in 0..count {
        let (rules, spec, make) = (rules.clone(), spec.clone(), Arc::clone(&make));
        let data_dir = config.data_dir.clone();
        let worker = Worker::new(bus.clone(), rules, spec, make, data_dir, shutdown.clone());
        workers.push(worker.await.with_context(|| format!("start {stage}"))?);
    }
    // An owner of state asks for messages once it knows its state, not before.
    let line = Line::open(bus, &spec, count).await?;
    for worker in workers {
        shutdown.spawn(stage.as_str(), worker.run(Arc::clone(&line)));
    }
    Ok(())
}

/// The model, when a stage of this process needs it.
fn load_model(config: &Config, progress: Progress<'_>) -> anyhow::Result<Option<Arc<Pipeline>>> {
    if !config.stages.has(StageName::Extract) {
        return Ok(None);
    }
    let loaded = blocking(|| model::load(&config.model, Components::Full, progress));
    Ok(Some(loaded?))
}

fn make_directories(config: &Config) -> anyhow::Result<()> {
    let mut directories = vec![&config.data_dir];
    if config.stages.has(StageName::Ingest) {
        directories.push(&config.inbox);
    }
    if config.stages.has(StageName::Sink) {
        directories.push(&config.output);
    }
    for directory in directories {
        fs::create_dir_all(directory)
            .with_context(|| format!("make the directory {}", directory.display()))?;
    }
    Ok(())
}

/// Ingest and sink keep files of their own: two of them over one data directory would spoil each other's. The locks end
/// with the process, however it ends.
fn lock_stages(config: &Config) -> anyhow::Result<Vec<File>> {
    let mut locks = Vec::new();
    for stage in [StageName::Ingest, StageName::Sink] {
        if config.stages.has(stage) {
            locks.push(lock(&config.data_dir, stage)?);
        }
    }
    Ok(locks)
}

fn lock(data_dir: &Path, stage: StageName) -> anyhow::Result<File> {
    let path: PathBuf = data_dir.join(format!("{stage}.lock"));
    let file = File::options().create(true).write(true).truncate(false).open(&path);
    let file = file.with_context(|| format!("open {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => anyhow::bail!(
            "run {stage} over {}: another copydesk does; stop it, or take another --data-dir",
            data_dir.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("lock {}", path.display()))
        }
    }
}

/// Drains at the first signal, forces at the next; ends only with an error.
#[cfg(unix)]
async fn signals(shutdown: &Shutdown) -> anyhow::Error {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).context("listen for signals");
    let (mut interrupt, mut terminate) =
        match (listen(SignalKind::interrupt()), listen(SignalKind::terminate())) {
            (Ok(interrupt), Ok(terminate)) => (interrupt, terminate),
            (Err(error), _) | (_, Err(error)) => return error,
        };
    loop {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        on_signal(shutdown);
    }
}

#[cfg(not(unix))]
async fn signals(shutdown: &Shutdown) -> anyhow::Error {
    loop {
        if let Err(error) = tokio::signal::ctrl_c().await {
            return anyhow::Error::from(error).context("listen for signals");
        }
        on_signal(shutdown);
    }
}

fn on_signal(shutdown: &Shutdown) {
    if shutdown.draining().is_cancelled() {
        tracing::warn!("stopping at once");
        shutdown.force();
    } else {
        tracing::info!("finishing what is under way; a second signal stops at once");
        shutdown.drain();
    }
}

/// Where the pages of a run over this data directory are, as it wrote it down.
pub(crate) fn http_of(data_dir: &Path) -> Option<SocketAddr> {
    fs::read_to_string(data_dir.join(HTTP_FILE)).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests;
