//! The figures that every Prometheus client gives of its process, read from `/proc`.
//!
//! Elsewhere than on Linux they are absent.

#![expect(clippy::disallowed_macros, reason = "part of telemetry")]

use metrics::{Unit, counter, describe_counter, describe_gauge, gauge};

const CPU: &str = "process_cpu_seconds_total";
const MEMORY: &str = "process_resident_memory_bytes";
const FDS: &str = "process_open_fds";
const START: &str = "process_start_time_seconds";

pub(super) fn describe() {
    describe_counter!(CPU, Unit::Seconds, "User and system CPU time spent.");
    describe_gauge!(MEMORY, Unit::Bytes, "Resident memory.");
    describe_gauge!(FDS, Unit::Count, "Open file descriptors.");
    describe_gauge!(START, Unit::Seconds, "Start time of the process since the Unix epoch.");
}

/// Reads them anew.
pub(super) fn record() {
    let Some(figures) = read() else { return };
    counter!(CPU).absolute(figures.cpu_seconds);
    gauge!(MEMORY).set(figures.resident_bytes);
    gauge!(FDS).set(figures.open_fds);
    gauge!(START).set(figures.start_seconds);
}

struct Figures {
    /// Whole seconds: the counter takes no fractions.
    cpu_seconds: u64,
    resident_bytes: f64,
    open_fds: f64,
    start_seconds: f64,
}

fn read() -> Option<Figures> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The name in parentheses may hold spaces; what follows it does not.
    let fields: Vec<u64> = stat
        .rsplit_once(')')?
        .1
        .split_whitespace()
        .skip(1)
        .map(|field| field.parse().unwrap_or(0))
        .collect();
    let field = |number: usize| fields.get(number - 4).copied().unwrap_or(0);
    let ticks = constant(libc::_SC_CLK_TCK)?;
    let boot = std::fs::read_to_string("/proc/stat").ok()?;
    let boot = boot.lines().find_map(|line| line.strip_prefix("btime "))?;
    let boot: f64 = boot.trim().parse().ok()?;
    Some(Figures {
        cpu_seconds: (field(14) + field(15)) / ticks,
        resident_bytes: field(24) as f64 * constant(libc::_SC_PAGESIZE)? as f64,
        open_fds: std::fs::read_dir("/proc/self/fd").ok()?.count() as f64,
        start_seconds: boot + field(22) as f64 / ticks as f64,
    })
}

fn constant(name: i32) -> Option<u64> {
    #[expect(unsafe_code, reason = "the standard library does not know the constant")]
    // SAFETY: takes a number and gives one.
    let value = unsafe { libc::sysconf(name) };
    u64::try_from(value).ok().filter(|value| *value > 0)
}
