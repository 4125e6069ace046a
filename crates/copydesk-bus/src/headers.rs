//! Headers of messages, as pairs of text.

use std::str::FromStr;

use async_nats::{HeaderMap, HeaderName, HeaderValue};

use crate::BusError;

pub(crate) const MSG_ID: &str = "Nats-Msg-Id";
pub(crate) const EXPECTED_STREAM: &str = "Nats-Expected-Stream";
pub(crate) const EXPECTED_LAST: &str = "Nats-Expected-Last-Sequence";
pub(crate) const PIN_ID: &str = "Nats-Pin-Id";
pub(crate) const CONTENT_TYPE: &str = "Content-Type";
pub(crate) const TRACEPARENT: &str = "traceparent";
pub(crate) const SCHEMA: &str = "Copydesk-Schema";
pub(crate) const READY: &str = "Copydesk-Ready";
pub(crate) const STAGE: &str = "Copydesk-Stage";

/// Headers of a message, sorted by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

impl Headers {
    /// The value of a header, whatever the case of its name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Every name with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// When the input became complete, in Unix nanoseconds.
    pub fn ready_unix_ns(&self) -> Option<u128> {
        self.get(READY)?.parse().ok()
    }

    /// Message id.
    pub fn id(&self) -> Option<&str> {
        self.get(MSG_ID)
    }

    pub(crate) fn read(map: Option<&HeaderMap>) -> Self {
        let mut all: Vec<(String, String)> = Vec::new();
        for (name, values) in map.into_iter().flat_map(HeaderMap::iter) {
            all.extend(values.iter().map(|value| (name.to_string(), value.as_str().to_owned())));
        }
        // The client keeps them in hash order.
        all.sort();
        Self(all)
    }
}

impl FromIterator<(String, String)> for Headers {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(pairs: T) -> Self {
        let mut all: Vec<_> = pairs.into_iter().collect();
        all.sort();
        Self(all)
    }
}

/// Writes pairs for the client; the last value of a name stays. A value becomes one line.
pub(crate) fn write(pairs: &[(String, String)]) -> Result<HeaderMap, BusError> {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        let bad = || BusError::Header { name: name.clone() };
        let value = HeaderValue::from_str(&one_line(value)).map_err(|_| bad())?;
        map.insert(HeaderName::from_str(name).map_err(|_| bad())?, value);
    }
    Ok(map)
}

/// `text` on one line: control characters become spaces, runs of spaces one.
pub(crate) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_control() || c.is_whitespace());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_one_line() {
        let check = |text: &str, expected: &str| assert_eq!(one_line(text), expected, "{text:?}");
        check("plain", "plain");
        check("two\r\nlines\u{0}here", "two lines here");
        check("  padded \t out ", "padded out");
        check("déjà vu", "déjà vu");
        check("\r\n", "");
    }

    #[test]
    fn written_headers_read_back_in_order() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let map = write(&[pair("b", "2\nx"), pair("A", "1"), pair("b", "3")]).unwrap();
        let read = Headers::read(Some(&map));
        assert_eq!(read.iter().collect::<Vec<_>>(), [("A", "1"), ("b", "3")]);
        assert_eq!(read.get("a"), Some("1"));
        for bad in ["", "two words", "colon:", "line\n", "é"] {
            let written = write(&[pair(bad, "v")]);
            assert!(bad.is_empty() || matches!(written, Err(BusError::Header { .. })), "{bad:?}");
        }
    }
}
