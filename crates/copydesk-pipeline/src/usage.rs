//! What this process has used of the machine.

use std::time::Duration;

/// CPU time of all threads of this process so far.
pub(crate) fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Highest resident memory of this process so far, in MiB. `None` where the system does not tell.
pub(crate) fn peak_rss_mb() -> Option<f64> {
    peak_of(&std::fs::read_to_string("/proc/self/status").ok()?)
}

fn peak_of(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peak_is_read_in_mib() {
        let check = |status: &str, wanted| assert_eq!(peak_of(status), wanted, "{status:?}");
        check("VmPeak:\t  99 kB\nVmHWM:\t    2048 kB\n", Some(2.0));
        check("VmHWM:\t many\n", None);
        check("", None);
    }

    #[test]
    fn work_takes_time_and_memory() {
        let before = cpu_time();
        let filled = std::hint::black_box(vec![1_u8; 64 << 20]);
        assert!(filled.iter().map(|b| u64::from(*b)).sum::<u64>() > 0);
        assert!(cpu_time() > before);
        if cfg!(target_os = "linux") {
            assert!(peak_rss_mb().is_some_and(|mb| mb > 64.0));
        }
    }
}
