//! The points between which a kill leaves different things behind. Tests end a worker there; otherwise they are nothing.

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

#[cfg(not(test))]
#[expect(clippy::unused_async, reason = "it waits in tests")]
pub(super) async fn reach(_: Point) {}

#[cfg(test)]
pub(super) use stops::{STOP, Stop, reach};

#[cfg(test)]
mod stops {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

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

    pub(in crate::worker) async fn reach(point: Point) {
        let here = STOP.try_with(Arc::clone).ok().filter(|stop| stop.point == point);
        let Some(stop) = here else { return };
        let less = |n: usize| n.checked_sub(1);
        if stop.before.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_err() {
            stop.stopped.notify_one();
            std::future::pending::<()>().await;
        }
    }
}
