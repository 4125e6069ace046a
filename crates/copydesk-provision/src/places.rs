//! Where artefacts are looked for and kept.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Where to look, and where to keep what was fetched.
#[derive(Debug, Clone)]
pub struct Places {
    /// Directory of everything fetched.
    pub cache: PathBuf,
    /// Directory whose `.tools/bin` is searched before the PATH.
    pub project: PathBuf,
    /// The PATH to search for a `nats-server`; none to search nothing.
    pub path: Option<OsString>,
    /// The PATH to search for `curl`, `python3` and `pip`; none to fetch nothing.
    pub tools: Option<OsString>,
}

/// An artefact that is there to be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its file, or its directory in case of an unpacked model.
    pub path: PathBuf,
    /// How it was found.
    pub how: How,
}

/// How an artefact was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// The caller named its path.
    Given,
    /// In `.tools/bin` of the project.
    Project,
    /// On the PATH.
    Path,
    /// In the cache.
    Cache,
    /// Fetched just now.
    Fetched,
}

impl Places {
    /// The places of the user who runs the program: `$XDG_CACHE_HOME/copydesk`, else `~/.cache/copydesk`
    /// (`~/Library/Caches/copydesk` on macOS), the current directory and the PATH.
    pub fn of_user() -> Self {
        let path = env::var_os("PATH");
        Self {
            cache: user_cache(&|name| env::var_os(name)),
            project: PathBuf::from("."),
            path: path.clone(),
            tools: path,
        }
    }

    /// The directory of the models in the cache.
    pub(crate) fn models(&self) -> PathBuf {
        self.cache.join("models")
    }
}

/// Relative values are ignored, as the XDG specification says: they would mean another cache in each directory.
fn user_cache(var: &dyn Fn(&str) -> Option<OsString>) -> PathBuf {
    let dir = |name| var(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let home = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
    dir("XDG_CACHE_HOME")
        .or_else(|| dir("HOME").map(|h| h.join(home)))
        .or_else(|| dir("LOCALAPPDATA"))
        // No home at all: the current directory, rather than a place that others can write to.
        .unwrap_or_else(|| PathBuf::from(".cache"))
        .join("copydesk")
}

/// The executable files called `name` on `path`, in order.
pub(crate) fn executables(name: &str, path: Option<&OsStr>) -> Vec<PathBuf> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    path.into_iter()
        .flat_map(env::split_paths)
        .filter(|dir| !dir.as_os_str().is_empty())
        .map(|dir| dir.join(&file))
        .filter(|file| is_executable(file))
        .collect()
}

#[cfg(unix)]
pub(crate) fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
pub(crate) fn is_executable(file: &Path) -> bool {
    file.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(all(unix, not(target_os = "macos")))]
    #[test]
    fn the_cache_follows_the_environment() {
        let check = |vars: &[(&str, &str)], wanted: &str| {
            let var = |name: &str| vars.iter().find(|v| v.0 == name).map(|v| v.1.into());
            assert_eq!(user_cache(&var), Path::new(wanted), "{vars:?}");
        };
        check(&[("XDG_CACHE_HOME", "/x"), ("HOME", "/home/ada")], "/x/copydesk");
        check(&[("HOME", "/home/ada")], "/home/ada/.cache/copydesk");
        check(&[("XDG_CACHE_HOME", "here"), ("HOME", "/home/ada")], "/home/ada/.cache/copydesk");
        check(&[("XDG_CACHE_HOME", ""), ("HOME", "/home/ada")], "/home/ada/.cache/copydesk");
        check(&[], ".cache/copydesk");
    }
}
