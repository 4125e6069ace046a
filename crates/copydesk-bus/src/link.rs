//! The state of the connection, as the client's events tell it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_nats::Event;
use tokio::sync::watch;

/// Counts what happens to the connection. Waiting publishers and readers watch the generation: it grows each time
/// the connection is back, and what was on its way before is then lost or answered already.
#[derive(Debug)]
pub(crate) struct Link {
    generation: watch::Sender<u64>,
    was_connected: AtomicBool,
    slow_consumers: AtomicU64,
    closed: AtomicBool,
}

impl Link {
    pub(crate) fn new() -> Self {
        Self {
            generation: watch::Sender::new(0),
            was_connected: AtomicBool::new(false),
            slow_consumers: AtomicU64::new(0),
            closed: AtomicBool::new(false),
        }
    }

    pub(crate) fn on_event(&self, event: &Event) {
        match event {
            Event::Connected => {
                if self.was_connected.swap(true, Ordering::Relaxed) {
                    tracing::info!("connected to NATS again");
                    self.generation.send_modify(|generation| *generation += 1);
                }
            }
            Event::Disconnected => tracing::warn!("lost the connection to NATS"),
            // One event a dropped message: a log line each would be a flood, so it is a counter.
            Event::SlowConsumer(_) => {
                self.slow_consumers.fetch_add(1, Ordering::Relaxed);
            }
            Event::LameDuckMode => tracing::warn!("the NATS server is about to stop"),
            Event::Draining | Event::Closed => tracing::debug!(%event, "NATS connection"),
            Event::ServerError(error) => tracing::warn!(%error, "NATS server error"),
            Event::ClientError(error) => tracing::debug!(%error, "NATS client error"),
        }
    }

    pub(crate) fn generation(&self) -> u64 {
        *self.generation.borrow()
    }

    /// Waits until the connection was lost and is back since `generation`. Cancellation safe.
    pub(crate) async fn renewed(&self, generation: u64) {
        // The sender lives in `self`, so that the channel cannot be closed while this waits.
        drop(self.generation.subscribe().wait_for(|now| *now != generation).await);
    }

    pub(crate) fn slow_consumers(&self) -> u64 {
        self.slow_consumers.load(Ordering::Relaxed)
    }

    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Relaxed)
    }
}
