//! Waiting for a condition, never for time.

use std::time::{Duration, Instant};

const POLL: Duration = Duration::from_millis(20);

/// Asks `f` each 20 ms until it gives a value, and panics with `what` after `limit`. An answer that is under way
/// when the limit comes is dropped. Needs a runtime with time enabled.
pub async fn wait_for<T, F, Fut>(what: &str, limit: Duration, mut f: F) -> T
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Option<T>>,
{
    let asking = async {
        loop {
            if let Some(value) = f().await {
                return value;
            }
            tokio::time::sleep(POLL).await;
        }
    };
    let answer = tokio::time::timeout(limit, asking).await;
    answer.unwrap_or_else(|_| panic!("waited {limit:?} in vain for {what}"))
}

/// Asks `f` each 20 ms until it is true, and panics with `what` after `limit`. Blocks the thread.
#[track_caller]
pub fn wait_until(what: &str, limit: Duration, f: impl FnMut() -> bool) {
    assert!(becomes_true(limit, f), "waited {limit:?} in vain for {what}");
}

/// Whether `f` is true before `limit`.
pub(crate) fn becomes_true(limit: Duration, mut f: impl FnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if f() {
            return true;
        }
        if start.elapsed() >= limit {
            return false;
        }
        #[expect(clippy::disallowed_methods, reason = "the one place where tests wait: a poll")]
        std::thread::sleep(POLL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_until_it_is_true() {
        let mut asked = 0;
        wait_until("the third time", Duration::from_secs(5), || {
            asked += 1;
            asked == 3
        });
        assert_eq!(asked, 3);
        assert!(!becomes_true(Duration::ZERO, || false));
    }

    #[tokio::test]
    async fn waits_for_a_value_and_names_what_did_not_come() {
        let mut asked = 0;
        let value = wait_for("a value", Duration::from_secs(5), || {
            asked += 1;
            let answer = (asked == 3).then_some("here");
            async move { answer }
        });
        assert_eq!(value.await, "here");
        let never = async {
            let limit = Duration::from_millis(1);
            wait_for("rain", limit, std::future::pending::<Option<()>>).await;
        };
        let panic = tokio::task::LocalSet::new()
            .run_until(async { tokio::task::spawn_local(never).await })
            .await
            .unwrap_err()
            .into_panic();
        let text = panic.downcast_ref::<String>().unwrap();
        assert!(text.contains("rain"), "{text}");
    }
}
