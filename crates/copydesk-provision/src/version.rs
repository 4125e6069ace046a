//! Versions of nats-server.

use std::fmt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::ProvisionError;

/// A version as nats-server numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u32, pub u32, pub u32);

/// The oldest nats-server that copydesk works with: older ones accept newer stream settings and drop them
/// without a word.
pub const OLDEST: Version = Version(2, 12, 0);

impl Version {
    /// Reads `2.15.1`, `v2.15.1` or `v2.15.1-RC.2`; what follows the three numbers is left out.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let numbers = text.split(['-', '+']).next()?;
        let mut parts = numbers.split('.').map(|n| n.parse().ok());
        let version = Self(parts.next()??, parts.next()??, parts.next()??);
        parts.next().is_none().then_some(version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

/// Asks a nats-server for its version by running it with `--version`.
pub fn nats_version(binary: &Path) -> Result<Version, ProvisionError> {
    let failed = |source| ProvisionError::ServerRun { path: binary.into(), source };
    // Made absolute, since a bare name would be looked up on the PATH instead.
    let program = std::path::absolute(binary).map_err(failed)?;
    let output =
        Command::new(program).arg("--version").stdin(Stdio::null()).output().map_err(failed)?;
    let said = String::from_utf8_lossy(&output.stdout);
    said.trim()
        .strip_prefix("nats-server:")
        .and_then(|version| Version::parse(version.trim()))
        .ok_or_else(|| ProvisionError::ServerAnswer {
            path: binary.into(),
            said: said.lines().next().unwrap_or_default().chars().take(80).collect(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_ordered() {
        let check = |text: &str, wanted: Option<Version>| {
            assert_eq!(Version::parse(text), wanted, "{text:?}");
        };
        check("v2.15.1", Some(Version(2, 15, 1)));
        check("2.9.10", Some(Version(2, 9, 10)));
        check("v2.12.0-RC.1", Some(Version(2, 12, 0)));
        check("v2.14.0+build.7", Some(Version(2, 14, 0)));
        check("", None);
        check("2.15", None);
        check("2.15.1.0", None);
        check("two", None);
        check("99999999999.0.0", None);
        assert!(Version(2, 9, 10) < OLDEST, "compared as numbers, not as text");
        assert!(Version(2, 12, 0) >= OLDEST);
        assert_eq!(Version(2, 15, 1).to_string(), "2.15.1");
    }
}
