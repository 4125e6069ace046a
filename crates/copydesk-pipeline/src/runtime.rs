//! The runtime for those who have none.

use anyhow::Context as _;

/// Runs an async function of this crate to its end. Blocking work that is still busy then is not waited for: end the
/// process after it.
pub fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("start the runtime")?;
    let ended = runtime.block_on(future);
    runtime.shutdown_background();
    ended
}
