//! Which stages a process runs.

use std::fmt;
use std::str::FromStr;

use copydesk_stages::StageName;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A set of stages, in the order of the data; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stages(Vec<StageName>);

impl Stages {
    /// Whether `stage` is among them.
    pub fn has(&self, stage: StageName) -> bool {
        self.0.contains(&stage)
    }

    /// Them.
    pub fn iter(&self) -> impl Iterator<Item = StageName> {
        self.0.iter().copied()
    }

    fn of_names<'a>(names: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let mut stages = Vec::new();
        for name in names.map(str::trim).filter(|name| !name.is_empty()) {
            let known = StageName::ALL.into_iter().find(|stage| stage.as_str() == name);
            stages
                .push(known.ok_or_else(|| format!("no stage is called {name:?}: {}", expected()))?);
        }
        stages.sort_unstable();
        stages.dedup();
        if stages.is_empty() {
            Err(format!("no stage at all: {}", expected()))
        } else {
            Ok(Self(stages))
        }
    }
}

fn expected() -> String {
    format!("pick some of {}", StageName::ALL.map(StageName::as_str).join(","))
}

impl FromStr for Stages {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::of_names(text.split(','))
    }
}

impl fmt::Display for Stages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.iter().map(StageName::as_str).collect();
        f.write_str(&names.join(","))
    }
}

impl Serialize for Stages {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter().map(StageName::as_str))
    }
}

impl<'de> Deserialize<'de> for Stages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Names;
        impl<'de> Visitor<'de> for Names {
            type Value = Stages;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of stages, such as [\"ingest\", \"sink\"]")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Stages, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Stages, A::Error> {
                let mut names: Vec<String> = Vec::new();
                while let Some(name) = list.next_element()? {
                    names.push(name);
                }
                Stages::of_names(names.iter().map(String::as_str)).map_err(A::Error::custom)
            }
        }
        deserializer.deserialize_any(Names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_a_set_in_the_order_of_the_data() {
        let check = |text: &str, expected: &str| {
            let names =
                |stages: Stages| stages.iter().map(StageName::as_str).collect::<Vec<_>>().join(" ");
            assert_eq!(text.parse().map_or_else(|e: String| e, names), expected, "{text:?}");
        };
        check("sink, ingest,sink", "ingest sink");
        check("dedup", "dedup");
        check("", "no stage at all: pick some of ingest,dedup,extract,relate,sink");
        check(
            "ingets",
            "no stage is called \"ingets\": pick some of ingest,dedup,extract,relate,sink",
        );
    }
}
