//! The language model: found or fetched, loaded, listed.

use std::path::PathBuf;
use std::sync::Arc;

use copydesk_nlp::{Components, Pipeline};
use copydesk_provision::{Artefact, CachedModel, Places, cached_models};

/// Takes a line of progress.
pub type Progress<'a> = &'a (dyn Fn(&str) + Sync);

/// A model that is there, or that can be fetched.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ModelInfo {
    /// The name to call it by.
    pub name: String,
    /// Where it is; `None` when it has to be fetched first.
    pub path: Option<PathBuf>,
    /// Size in bytes, where it is there.
    pub bytes: Option<u64>,
}

/// Finds the model by name or path, fetches it when it is a known one, and loads it.
pub(crate) fn load(
    model: &str,
    components: Components,
    progress: Progress,
) -> anyhow::Result<Arc<Pipeline>> {
    let found = copydesk_provision::model(Some(model), &Places::of_user(), progress)?;
    Ok(Arc::new(Pipeline::load_with(&found.path, components)?))
}

/// Brings a model into the cache: a known one by its name, any by the URL or path of its wheel. Returns where it is.
pub fn fetch_model(
    what: &str,
    sha256: Option<&str>,
    progress: Progress,
) -> anyhow::Result<PathBuf> {
    Ok(copydesk_provision::fetch_model(what, sha256, &Places::of_user(), progress)?.path)
}

/// The models in the cache, and the known ones that are not there yet.
pub fn list_models() -> Vec<ModelInfo> {
    list(cached_models(&Places::of_user()))
}

fn list(cached: Vec<CachedModel>) -> Vec<ModelInfo> {
    let is_there = |name: &str| cached.iter().any(|c| c.name.starts_with(name));
    let missing = Artefact::MODELS.map(Artefact::name).into_iter().filter(|name| !is_there(name));
    let missing: Vec<ModelInfo> =
        missing.map(|name| ModelInfo { name: name.into(), path: None, bytes: None }).collect();
    let here = cached.into_iter().map(|c| ModelInfo {
        name: c.name,
        path: Some(c.path),
        bytes: Some(c.bytes),
    });
    here.chain(missing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_models_are_listed_before_they_are_there() {
        let cached = CachedModel {
            name: "en_core_web_md-3.8.0".into(),
            path: "/models/md.whl".into(),
            bytes: 7,
        };
        let listed = list(vec![cached]);
        let listed: Vec<_> = listed.iter().map(|m| (m.name.as_str(), m.bytes)).collect();
        assert_eq!(
            listed,
            [("en_core_web_md-3.8.0", Some(7)), ("en_core_web_sm", None), ("en_core_web_lg", None)]
        );
    }
}
