//! The end of a run: drain first, force later.

use std::fmt::Write as _;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Two tokens and the tracker of all tasks of a run. Clones share them.
///
/// A task that fails or panics takes the run with it: the others drain, and [`finish`](Self::finish) says what failed.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    draining: CancellationToken,
    forced: CancellationToken,
    tracker: TaskTracker,
    failure: Arc<Mutex<Option<anyhow::Error>>>,
}

impl Shutdown {
    /// Nothing runs, nothing ends.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancelled when no new work is to be taken.
    pub fn draining(&self) -> &CancellationToken {
        &self.draining
    }

    /// Cancelled when work under way is to be dropped.
    pub fn forced(&self) -> &CancellationToken {
        &self.forced
    }

    /// Asks all tasks to take no new work and to end when theirs is done.
    pub fn drain(&self) {
        self.draining.cancel();
    }

    /// Drops all tasks where they stand.
    pub fn force(&self) {
        self.draining.cancel();
        self.forced.cancel();
    }

    /// Runs a task of the run. An error or a panic of it ends the whole run.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place where tasks start: on the tracker"
    )]
    pub fn spawn(
        &self,
        name: &'static str,
        task: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        let shutdown = self.clone();
        let task = self.tracker.track_future(async move {
            let caught = AssertUnwindSafe(task).catch_unwind();
            let ended = tokio::select! {
                ended = caught => ended,
                () = shutdown.forced.cancelled() => Ok(Ok(())),
            };
            match ended {
                Ok(Ok(())) => tracing::debug!(name, "task ended"),
                Ok(Err(error)) => shutdown.fail(error.context(format!("run {name}"))),
                Err(panic) => shutdown.fail(Panicked::new(name, &*panic).into()),
            }
        });
        drop(tokio::spawn(task));
    }

    /// Ends the run with an error; the first one counts.
    pub(crate) fn fail(&self, error: anyhow::Error) {
        tracing::error!(error = chain(&error), "stopping because of a failure");
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        self.drain();
    }

    /// Waits until somebody asks to drain and all tasks are done; after `limit` they are dropped. Says what failed.
    pub async fn finish(&self, limit: Duration) -> anyhow::Result<()> {
        self.draining.cancelled().await;
        self.tracker.close();
        let over = tokio::select! {
            () = self.tracker.wait() => false,
            () = tokio::time::sleep(limit) => true,
        };
        if over {
            tracing::warn!(?limit, "work under way is dropped: it is repeated at the next start");
            self.force();
            self.tracker.wait().await;
        }
        match self.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some(error) => Err(error),
            None => Ok(()),
        }
    }
}

/// A panic: a bug of copydesk, and not of the input or the machine.
#[derive(Debug, thiserror::Error)]
#[error("run {name}: it panicked, which is a bug of copydesk: {said}")]
pub struct Panicked {
    /// What panicked.
    pub name: String,
    /// What it said.
    pub said: String,
}

impl Panicked {
    /// What a panic said, as an error.
    pub(crate) fn new(name: &str, panic: &(dyn std::any::Any + Send)) -> Self {
        let said = panic
            .downcast_ref::<String>()
            .map(String::as_str)
            .or_else(|| panic.downcast_ref::<&str>().copied())
            .unwrap_or("it did not say why");
        Self { name: name.to_owned(), said: said.to_owned() }
    }
}

/// An error with its causes on one line.
pub(crate) fn chain(error: &anyhow::Error) -> String {
    let mut line = error.to_string();
    for cause in error.chain().skip(1) {
        write!(line, ": {cause}").expect("a string takes everything");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn waits_for_work_under_way() {
        let shutdown = Shutdown::new();
        let (say, heard) = tokio::sync::oneshot::channel();
        let draining = shutdown.draining().clone();
        shutdown.spawn("worker", async move {
            draining.cancelled().await;
            tokio::task::yield_now().await;
            say.send("finished").ok();
            Ok(())
        });
        shutdown.drain();
        shutdown.finish(SOON).await.unwrap();
        assert_eq!(heard.await, Ok("finished"));
    }

    #[tokio::test]
    async fn what_does_not_drain_is_dropped() {
        let shutdown = Shutdown::new();
        shutdown.spawn("stuck", std::future::pending());
        shutdown.drain();
        shutdown.finish(Duration::ZERO).await.unwrap();
        assert!(shutdown.forced().is_cancelled());
    }

    #[tokio::test]
    async fn the_first_failure_ends_the_run_and_is_told() {
        let check = async |task: fn() -> anyhow::Result<()>, expected: &str| {
            let shutdown = Shutdown::new();
            let draining = shutdown.draining().clone();
            shutdown.spawn("sink", async move { task() });
            shutdown.spawn("other", async move {
                draining.cancelled().await;
                anyhow::bail!("later")
            });
            let error = shutdown.finish(SOON).await.unwrap_err();
            assert_eq!(chain(&error), expected);
        };
        check(|| anyhow::bail!("disk full"), "run sink: disk full").await;
        check(|| panic!("index"), "run sink: it panicked, which is a bug of copydesk: index").await;
        check(|| panic!("at {}", 7), "run sink: it panicked, which is a bug of copydesk: at 7")
            .await;
    }
}
