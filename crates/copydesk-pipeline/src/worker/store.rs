//! Storing what a batch made: in order, all on their way at once, waiting for as long as a stream is full.

use std::time::Duration;

use copydesk_bus::{Bus, BusError, Outgoing, Pending, Published};

use crate::patience::patiently;

/// Pause before a message goes out again to a stream that is full or a server that is away.
const PAUSE: Duration = Duration::from_millis(500);

/// Stores messages; they leave in order. One answer each.
pub(super) async fn store_all(
    bus: &Bus,
    messages: Vec<Outgoing>,
) -> Vec<Result<Published, BusError>> {
    let mut started = Vec::with_capacity(messages.len());
    for message in messages {
        let pending = start(bus, &message).await;
        started.push((message, pending));
    }
    let mut answers = Vec::with_capacity(started.len());
    for (message, pending) in started {
        answers.push(match pending {
            Ok(pending) => finish(bus, message, pending).await,
            Err(error) => Err(error),
        });
    }
    answers
}

async fn start(bus: &Bus, message: &Outgoing) -> Result<Pending, BusError> {
    patiently(|| bus.publish_start(message.clone())).await
}

async fn finish(bus: &Bus, message: Outgoing, pending: Pending) -> Result<Published, BusError> {
    let mut pending = pending;
    loop {
        match pending.acked().await {
            Err(error) if error.is_transient() => {
                tracing::debug!(%error, "waiting to store");
                tokio::time::sleep(PAUSE).await;
            }
            other => return other,
        }
        pending = start(bus, &message).await?;
    }
}
