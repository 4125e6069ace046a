//! Times: `"200ms"`, `"2s"`, `"1h 30m"`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const EXPECTED: &str = "a time with its unit, such as \"200ms\", \"2s\" or \"1h\"";

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Duration);

impl FromStr for Time {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let signed: SignedDuration = text.trim().parse().map_err(|_| EXPECTED)?;
        Duration::try_from(signed).map(Self).map_err(|_| EXPECTED)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SignedDuration::try_from(self.0) {
            Ok(signed) => write!(f, "{signed:#}"),
            Err(_) => write!(f, "{}s", self.0.as_secs()),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Length;
        impl Visitor<'_> for Length {
            type Value = Time;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(EXPECTED)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Time, E> {
                text.parse().map_err(|_| E::invalid_value(Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_and_print() {
        let check = |text: &str, ms: Option<u128>, printed: &str| {
            let time: Option<Time> = text.parse().ok();
            assert_eq!(time.map(|t| t.0.as_millis()), ms, "{text:?}");
            assert_eq!(time.map(|t| t.to_string()).unwrap_or_default(), printed, "{text:?}");
        };
        check("200ms", Some(200), "200ms");
        check("2s", Some(2000), "2s");
        check(" 1h 30m ", Some(5_400_000), "1h 30m");
        check("0s", Some(0), "0s");
        for bad in ["", "2", "-1s", "soon", "2 fortnights"] {
            check(bad, None, "");
        }
    }
}
