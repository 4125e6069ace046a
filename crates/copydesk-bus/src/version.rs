//! Which servers are new enough.

use crate::BusError;

/// Oldest server that keeps every setting of the streams.
pub(crate) const MINIMUM: &str = "2.12";
const MINIMUM_PARTS: (u32, u32) = (2, 12);

/// Refuses a server that would accept newer settings and drop them.
pub(crate) fn check(found: &str) -> Result<(), BusError> {
    match parts(found) {
        Some(version) if version >= MINIMUM_PARTS => Ok(()),
        _ => Err(BusError::OldServer { found: found.to_owned() }),
    }
}

fn parts(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.trim_start_matches('v').split('.');
    let major = numbers.next()?.parse().ok()?;
    let minor = numbers.next()?.split('-').next()?.parse().ok()?;
    Some((major, minor))
}

#[cfg(test)]
mod tests {
    #[test]
    fn old_and_odd_versions_are_refused() {
        let check = |version: &str, fits: bool| {
            assert_eq!(super::check(version).is_ok(), fits, "{version:?}");
        };
        check("2.12.0", true);
        check("2.15.1", true);
        check("2.12.0-RC.1", true);
        check("v2.14.6", true);
        check("3.0.0", true);
        check("2.12", true);
        for old in ["2.9.10", "2.11.99", "1.20.0", "", "two.twelve", "2"] {
            check(old, false);
        }
        let error = super::check("2.9.10").unwrap_err().to_string();
        assert!(error.contains("2.9.10") && error.contains("2.12 or newer"), "{error}");
    }
}
