//! Looks at streams and consumers now and then: for the gauges, and for `/readyz`.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use copydesk_bus::{ALL_STREAMS, Bus, BusError, StreamName, StreamState};
use copydesk_stages::StageName;
use serde::Serialize;

use crate::clock::now_unix_ns;
use crate::config::Config;
use crate::shutdown::Shutdown;
use crate::telemetry;
use crate::worker::Rules;

/// Pause between two looks.
const INTERVAL: Duration = Duration::from_secs(1);
/// A look that is older says nothing.
const STALE: Duration = Duration::from_secs(10);
/// The sink has to get on in this time while records wait.
const SINK_PATIENCE: Duration = Duration::from_secs(15);
/// Least room on a disk that is written to.
const LEAST_ROOM: u64 = 64 << 20;

/// One condition of being ready.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) ok: bool,
    pub(crate) detail: String,
}

/// What `/readyz` asks. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Health {
    bus: Bus,
    has_sink: bool,
    directories: Arc<Vec<PathBuf>>,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug)]
struct Seen {
    /// All stages are at work.
    started: bool,
    looked: Option<Instant>,
    trouble: Option<String>,
    sink_floor: u64,
    sink_lag: u64,
    /// When the floor grew last, or nothing waited.
    sink_moved: Instant,
}

impl Health {
    pub(crate) fn new(bus: &Bus, config: &Config) -> Self {
        let seen = Seen {
            started: false,
            looked: None,
            trouble: None,
            sink_floor: 0,
            sink_lag: 0,
            sink_moved: Instant::now(),
        };
        let has_sink = config.stages.has(StageName::Sink);
        let mut directories = vec![config.data_dir.clone()];
        if has_sink {
            directories.push(config.output.clone());
        }
        Self {
            bus: bus.clone(),
            has_sink,
            directories: Arc::new(directories),
            seen: Arc::new(Mutex::new(seen)),
        }
    }

    /// All stages are at work now.
    pub(crate) fn started(&self) {
        self.with(|seen| seen.started = true);
    }

    /// Every condition.
    pub(crate) fn checks(&self) -> Vec<Check> {
        let connected = self.bus.is_connected();
        let check = |name, problem: Option<String>| Check {
            name,
            ok: problem.is_none(),
            detail: problem.unwrap_or_default(),
        };
        let mut checks = vec![check("nats", (!connected).then(|| "not connected".into()))];
        self.with(|seen| {
            let starting = (!seen.started).then(|| "the stages are still starting".to_owned());
            checks.push(check("stages", starting));
            let fresh = seen.looked.is_some_and(|looked| looked.elapsed() < STALE);
            let old = (!fresh).then(|| "not looked at lately".to_owned());
            checks.push(check("streams", seen.trouble.clone().or(old)));
            let stuck = seen.sink_lag > 0 && seen.sink_moved.elapsed() > SINK_PATIENCE;
            let stuck = (self.has_sink && stuck)
                .then(|| format!("{} records wait and none is written", seen.sink_lag));
            checks.push(check("sink", stuck));
        });
        let full = self.directories.iter().find_map(|directory| {
            let room = room(directory)?;
            (room < LEAST_ROOM).then(|| format!("{room} bytes are left at {}", directory.display()))
        });
        checks.push(check("disk", full));
        checks
    }

    /// Whether every condition holds; also what the gauge says then.
    pub(crate) fn is_ready(&self) -> bool {
        let ready = self.checks().iter().all(|check| check.ok);
        telemetry::ready(ready);
        ready
    }

    fn with<T>(&self, f: impl FnOnce(&mut Seen) -> T) -> T {
        f(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, looked: Result<(u64, u64), BusError>) {
        let now = Instant::now();
        self.with(|seen| match looked {
            Ok((floor, lag)) => {
                if floor != seen.sink_floor || lag == 0 {
                    seen.sink_moved = now;
                }
                (seen.sink_floor, seen.sink_lag) = (floor, lag);
                (seen.looked, seen.trouble) = (Some(now), None);
            }
            Err(error) => seen.trouble = Some(error.to_string()),
        });
    }
}

/// Looks until the drain.
pub(crate) async fn run(health: Health, config: Config, shutdown: Shutdown) -> anyhow::Result<()> {
    loop {
        let looked = look(&health.bus, &config).await;
        health.note(looked);
        health.is_ready();
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            () = shutdown.draining().cancelled() => return Ok(()),
        }
    }
}

/// Sets the gauges; gives the floor and the lag of the sink.
async fn look(bus: &Bus, config: &Config) -> Result<(u64, u64), BusError> {
    telemetry::connection(bus.reconnects(), bus.slow_consumers());
    for stream in ALL_STREAMS {
        let state = bus.stream_state(stream).await?;
        let limit = stream.limit(config.nats.stream_bytes.0);
        telemetry::stream(stream, state.messages, state.bytes, limit);
    }
    for stage in StageName::ALL {
        let Some(rules) = Rules::of(stage, false) else { continue };
        look_at_consumer(bus, rules.input, stage).await?;
    }
    telemetry::dead_messages(bus.dead_counts().await?.values().sum());
    let floor = bus.sink_floor().await?;
    let state = bus.stream_state(StreamName::Enriched).await?;
    let lag = state.last_seq.saturating_sub(floor);
    telemetry::sink_lag(lag);
    Ok((floor, lag))
}

async fn look_at_consumer(bus: &Bus, stream: StreamName, stage: StageName) -> Result<(), BusError> {
    let state = match bus.consumer_state(stream, stage.as_str()).await {
        Ok(state) => state,
        // Its worker runs elsewhere and was never here.
        Err(BusError::NotFound { .. }) => return Ok(()),
        Err(error) => return Err(error),
    };
    let waiting = state.pending + state.ack_pending > 0;
    let oldest = if waiting {
        let at: StreamState = bus.stream_state(stream).await?;
        let seq = at.first_seq.max(state.ack_floor_stream_seq + 1);
        bus.get_message(stream, seq).await?.map_or(Duration::ZERO, |m| age(m.time_unix_ns))
    } else {
        Duration::ZERO
    };
    telemetry::consumer(stream, stage, state.pending, state.ack_pending, oldest);
    Ok(())
}

fn age(unix_ns: u128) -> Duration {
    let ns = now_unix_ns().saturating_sub(unix_ns);
    Duration::from_nanos(u64::try_from(ns).unwrap_or(u64::MAX))
}

/// Bytes that we may still write where `directory` lies; `None` where nobody says.
#[cfg(unix)]
fn room(directory: &Path) -> Option<u64> {
    use std::os::unix::ffi::OsStrExt as _;
    let path = std::ffi::CString::new(directory.as_os_str().as_bytes()).ok()?;
    let mut stats = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    #[expect(unsafe_code, reason = "the standard library does not know the room on a disk")]
    // SAFETY: the path ends in NUL and lives over the call; the struct is read only when it was filled.
    let stats = unsafe {
        if libc::statvfs(path.as_ptr(), stats.as_mut_ptr()) != 0 {
            return None;
        }
        stats.assume_init()
    };
    #[expect(clippy::useless_conversion, reason = "the fields are narrower on some systems")]
    let room = u64::from(stats.f_bavail).saturating_mul(u64::from(stats.f_frsize));
    Some(room)
}

#[cfg(not(unix))]
fn room(_directory: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_has_room() {
        assert!(room(Path::new(".")).is_some_and(|bytes| bytes > 0));
        assert_eq!(room(Path::new("/no/such/place")), None);
    }
}
