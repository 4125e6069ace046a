//! The `nats-server`: the one named, the project's, the one on the PATH, the cache's, a fetched one.

use std::path::{Path, PathBuf};

use crate::fetch::{Pin, fetch};
use crate::places::{executables, is_executable};
use crate::version::{OLDEST, nats_version};
use crate::{Artefact, Found, How, Places, Progress, ProvisionError};

/// Looks for a nats-server of at least [`OLDEST`] and never fetches one. One that is `given` must fit; elsewhere
/// an old one is passed over.
pub fn find_nats_server(
    given: Option<&Path>,
    places: &Places,
) -> Result<Option<Found>, ProvisionError> {
    Ok(look(given, places)?.0)
}

/// Looks for a nats-server like [`find_nats_server`], else fetches the pinned one.
pub fn nats_server(
    given: Option<&Path>,
    places: &Places,
    progress: Progress,
) -> Result<Found, ProvisionError> {
    nats_server_from(given, places, &Artefact::NatsServer.pins(), progress)
}

pub(crate) fn nats_server_from(
    given: Option<&Path>,
    places: &Places,
    pins: &[Pin],
    progress: Progress,
) -> Result<Found, ProvisionError> {
    let (found, skipped) = look(given, places)?;
    if let Some(found) = found {
        return Ok(found);
    }
    for why in &skipped {
        progress(&format!("not using {why}"));
    }
    let target = Artefact::NatsServer.target(places);
    let mut fetched = fetch(&target, pins, false, places, progress);
    if let Err(ProvisionError::Unreachable { tried, .. }) = &mut fetched {
        tried.splice(0..0, skipped.iter().map(|why| format!("not using {why}")));
    }
    fetched
}

/// What was found, and each server that was passed over with the reason.
fn look(
    given: Option<&Path>,
    places: &Places,
) -> Result<(Option<Found>, Vec<String>), ProvisionError> {
    if let Some(path) = given {
        return Ok((Some(check_given(path)?), Vec::new()));
    }
    let name = Artefact::NatsServer.name();
    let project = places.project.join(".tools").join("bin").into_os_string();
    let candidates = executables(name, Some(&project))
        .into_iter()
        .map(|path| (path, How::Project))
        .chain(executables(name, places.path.as_deref()).into_iter().map(|p| (p, How::Path)));
    let mut skipped = Vec::new();
    for (path, how) in candidates {
        match nats_version(&path) {
            Ok(version) if version >= OLDEST => {
                return Ok((Some(Found { path: absolute(&path), how }), skipped));
            }
            Ok(version) => {
                skipped.push(format!("{}: {version} is older than {OLDEST}", path.display()));
            }
            Err(_) => skipped.push(format!("{}: it does not tell its version", path.display())),
        }
    }
    // Only a checked file of the pinned version gets there, so it need not be asked.
    let cached = Artefact::NatsServer.target(places).path;
    let found = is_executable(&cached).then_some(Found { path: cached, how: How::Cache });
    Ok((found, skipped))
}

fn check_given(path: &Path) -> Result<Found, ProvisionError> {
    if !is_executable(path) {
        return Err(ProvisionError::ServerMissing(path.into()));
    }
    let found = nats_version(path)?;
    if found < OLDEST {
        return Err(ProvisionError::ServerOld { path: path.into(), found });
    }
    Ok(Found { path: absolute(path), how: How::Given })
}

/// So that it can be run from another directory, and is never looked up on the PATH.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.into())
}
