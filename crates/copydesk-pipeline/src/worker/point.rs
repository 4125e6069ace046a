//! The points between which a kill leaves different things behind. Tests end a worker there, or stop a process of a debug
//! build there and kill it; in a release build they are nothing.

#[cfg(not(any(test, debug_assertions)))]
use copydesk_stages::StageName;

/// What has happened to a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Point {
    /// The stage has worked; nothing is stored.
    Computed,
    /// The decisions are in the log.
    Logged,
    /// The records are in the next stream.
    Published,
    /// The deliveries are settled, as far as they got.
    Settled,
}

#[cfg(not(any(test, debug_assertions)))]
#[expect(clippy::unused_async, reason = "it waits in tests")]
pub(super) async fn reach(_: StageName, _: Point) {}

#[cfg(all(debug_assertions, not(test)))]
pub(super) use halt::reach;

/// For tests over the whole program: a process halts where the variable [`VARIABLE`] says, so that it can be killed there.
#[cfg(all(debug_assertions, not(test)))]
mod halt {
    use std::env;
    use std::fs;
    use std::path::PathBuf;
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use copydesk_stages::StageName;

    use super::Point;

    /// Stage, point, the passage at which it halts, and the file that it leaves there: `dedup Logged 2 halted`.
    const VARIABLE: &str = "HALT_AT";

    static HALT: LazyLock<Option<Halt>> = LazyLock::new(|| {
        let value = env::var_os(VARIABLE)?.into_string().ok()?;
        Some(parse(&value).unwrap_or_else(|| panic!("read {VARIABLE}={value}")))
    });

    struct Halt {
        stage: String,
        point: String,
        passage: usize,
        file: PathBuf,
        passed: AtomicUsize,
    }

    fn parse(value: &str) -> Option<Halt> {
        let mut parts = value.splitn(4, ' ');
        Some(Halt {
            stage: parts.next()?.to_owned(),
            point: parts.next()?.to_owned(),
            passage: parts.next()?.parse().ok()?,
            file: parts.next()?.into(),
            passed: AtomicUsize::new(0),
        })
    }

    pub(in crate::worker) async fn reach(stage: StageName, point: Point) {
        let Some(halt) = HALT.as_ref() else { return };
        if halt.stage != stage.as_str() || halt.point != format!("{point:?}") {
            return;
        }
        if halt.passed.fetch_add(1, Ordering::SeqCst) + 1 >= halt.passage {
            fs::write(&halt.file, "").expect("a test names a file that can be written");
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
pub(super) use stops::{STOP, Stop, reach};

#[cfg(test)]
mod stops {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use copydesk_stages::StageName;
    use tokio::sync::Notify;

    use super::Point;

    tokio::task_local! {
        /// Where the worker of this task stops for good.
        pub(in crate::worker) static STOP: Arc<Stop>;
    }

    /// Stops a task when it has come to `point` more often than `before`.
    #[derive(Debug)]
    pub(in crate::worker) struct Stop {
        pub(in crate::worker) point: Point,
        pub(in crate::worker) before: AtomicUsize,
        pub(in crate::worker) stopped: Notify,
    }

    pub(in crate::worker) async fn reach(_: StageName, point: Point) {
        let here = STOP.try_with(Arc::clone).ok().filter(|stop| stop.point == point);
        let Some(stop) = here else { return };
        let less = |n: usize| n.checked_sub(1);
        if stop.before.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_err() {
            stop.stopped.notify_one();
            std::future::pending::<()>().await;
        }
    }
}
