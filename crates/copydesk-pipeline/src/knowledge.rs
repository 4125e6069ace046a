//! The knowledge base and the user's list of names: opened at the start, and looked at again while a run goes on.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use copydesk_kb::{Base, UserLists};
use copydesk_stages::Knowledge;
use memmap2::Mmap;

use crate::config::Entities;
use crate::connect::blocking;
use crate::shutdown::{Shutdown, chain};

/// How often the files are looked at: a look is two calls of `stat`.
const RELOAD: Duration = Duration::from_secs(2);

/// The base and the list that the settings name, or those of the program.
pub(crate) fn open(settings: &Entities) -> anyhow::Result<Knowledge> {
    let base = open_base(settings.base.path())?;
    let lists = settings.names.path().map(read_names).transpose()?.unwrap_or_default();
    Ok(Knowledge::new(Arc::new(base), lists))
}

/// The base of a file, every byte of it checked; without one that of the program.
pub(crate) fn open_base(path: Option<&Path>) -> anyhow::Result<Base> {
    let Some(path) = path else { return Ok(Base::embedded()) };
    let place = || format!("open the knowledge base {}", path.display());
    let file = File::open(path).with_context(place)?;
    #[expect(unsafe_code, reason = "a map is how a base larger than memory is read")]
    // SAFETY: a base is replaced by renaming a new file over it, never written in place, as `docs/entities.md` says; the
    // map keeps the old file.
    let map = unsafe { Mmap::map(&file) }.with_context(place)?;
    let base = Base::open(Arc::new(map)).with_context(place)?;
    base.verify().with_context(place)?;
    Ok(base)
}

/// The user's aliases and blocked names: CSV by its ending, else TOML.
pub(crate) fn read_names(path: &Path) -> anyhow::Result<UserLists> {
    let place = || format!("read the names of {}", path.display());
    let text = fs::read_to_string(path).with_context(place)?;
    let csv = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    let lists = if csv { UserLists::from_csv(&text) } else { UserLists::from_toml(&text) };
    lists.with_context(place)
}

/// Looks at both files again and again, and gives what has changed to the stages. A file that cannot be read is told
/// once, and what was read before stays in use.
pub(crate) async fn watch(
    settings: Entities,
    knowledge: Knowledge,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    let mut base = Watched::new(settings.base.path());
    let mut names = Watched::new(settings.names.path());
    if base.path.is_none() && names.path.is_none() {
        return Ok(());
    }
    loop {
        tokio::select! {
            () = shutdown.draining().cancelled() => return Ok(()),
            () = tokio::time::sleep(RELOAD) => {}
        }
        if let Some(path) = base.changed() {
            match blocking(|| open_base(Some(path))) {
                Ok(new) => {
                    tracing::info!(path = %path.display(), entities = new.len(), "new knowledge base");
                    knowledge.replace_base(Arc::new(new));
                }
                Err(error) => stays(path, &error),
            }
        }
        if let Some(path) = names.changed() {
            match read_names(path) {
                Ok(lists) => {
                    tracing::info!(path = %path.display(), "new list of names");
                    knowledge.replace_lists(lists);
                }
                Err(error) => stays(path, &error),
            }
        }
    }
}

fn stays(path: &Path, error: &anyhow::Error) {
    let error = chain(error);
    tracing::warn!(path = %path.display(), error, "not reloaded, what was read before stays in use");
}

/// A file, and how it looked last.
struct Watched {
    path: Option<PathBuf>,
    seen: Option<Look>,
}

/// What differs when a file was replaced: length, time, and on Unix its number.
type Look = (u64, Option<SystemTime>, u64);

impl Watched {
    fn new(path: Option<&Path>) -> Self {
        Self { path: path.map(Path::to_owned), seen: path.and_then(look) }
    }

    /// The path, when the file is another one than at the last look. One that is gone for a moment is none.
    fn changed(&mut self) -> Option<&Path> {
        let path = self.path.as_deref()?;
        let now = look(path)?;
        (self.seen.replace(now) != Some(now)).then_some(path)
    }
}

fn look(path: &Path) -> Option<Look> {
    let facts = fs::metadata(path).ok()?;
    #[cfg(unix)]
    let number = std::os::unix::fs::MetadataExt::ino(&facts);
    #[cfg(not(unix))]
    let number = 0;
    Some((facts.len(), facts.modified().ok(), number))
}
