//! Asking again.

use std::time::{Duration, Instant};

use copydesk_bus::BusError;

/// Pause between two attempts.
const PAUSE: Duration = Duration::from_millis(500);

/// Asks again for as long as the server cannot be reached or a stream is full. Cancellation safe if `ask` is.
pub(crate) async fn patiently<T, F>(mut ask: impl FnMut() -> F) -> Result<T, BusError>
where
    F: Future<Output = Result<T, BusError>>,
{
    loop {
        match ask().await {
            Err(error) if error.is_transient() => {
                tracing::debug!(%error, "asking again");
                tokio::time::sleep(PAUSE).await;
            }
            answer => return answer,
        }
    }
}

/// Like [`patiently`], for at most `limit`: then the last error counts.
pub(crate) async fn patiently_for<T, F>(
    limit: Duration,
    mut ask: impl FnMut() -> F,
) -> Result<T, BusError>
where
    F: Future<Output = Result<T, BusError>>,
{
    let start = Instant::now();
    loop {
        match ask().await {
            Err(error) if error.is_transient() && start.elapsed() < limit => {
                tracing::warn!(%error, "asking again");
                tokio::time::sleep(PAUSE).await;
            }
            answer => return answer,
        }
    }
}
