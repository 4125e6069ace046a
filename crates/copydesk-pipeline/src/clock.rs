//! The time of day, for timings and ages only: nothing in a record's meaning depends on it.

/// Now, in Unix nanoseconds.
pub(crate) fn now_unix_ns() -> u128 {
    u128::try_from(jiff::Timestamp::now().as_nanosecond()).unwrap_or_default()
}
