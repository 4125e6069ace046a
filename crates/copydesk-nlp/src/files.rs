//! The files of a model: a directory, the same files inside a wheel, or in memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::error::ModelError;

/// Largest file of a model that is read; the largest known one (`lg` vectors) has 0.6 GB.
const LARGEST: u64 = 2 << 30;
/// A wheel is not expanded beyond this.
const RATIO: u64 = 200;

/// Gives the files of a model by their path below `config.cfg`'s folder.
pub(crate) struct Files {
    path: PathBuf,
    place: Place,
}

enum Place {
    Directory(PathBuf),
    Wheel { archive: Box<Mutex<zip::ZipArchive<File>>>, root: String },
    Memory(BTreeMap<String, Vec<u8>>),
}

impl From<BTreeMap<String, Vec<u8>>> for Files {
    fn from(files: BTreeMap<String, Vec<u8>>) -> Self {
        Self { path: "memory".into(), place: Place::Memory(files) }
    }
}

impl Files {
    pub(crate) fn open(path: &Path) -> Result<Self, ModelError> {
        let read = |source| ModelError::Read { path: path.into(), source };
        if path.metadata().map_err(read)?.is_dir() {
            let root = find_root(path, 3).ok_or_else(|| ModelError::NoModel(path.into()))?;
            return Ok(Self { path: path.into(), place: Place::Directory(root) });
        }
        let wheel = |what: String| ModelError::Wheel { path: path.into(), what };
        let archive = zip::ZipArchive::new(File::open(path).map_err(read)?);
        let archive = archive.map_err(|e| wheel(e.to_string()))?;
        let names = archive.file_names().filter_map(Result::ok);
        let configs = names.filter_map(|n| n.strip_suffix("config.cfg").map(str::to_owned));
        let root = configs.filter(|r| r.is_empty() || r.ends_with('/')).min_by_key(String::len);
        let root = root.ok_or_else(|| ModelError::NoModel(path.into()))?;
        Ok(Self {
            path: path.into(),
            place: Place::Wheel { archive: Box::new(archive.into()), root },
        })
    }

    /// The file `name`, or `None` when the model has no such file.
    pub(crate) fn get(&self, name: &str) -> Result<Option<Vec<u8>>, ModelError> {
        let mut bytes = Vec::new();
        match &self.place {
            Place::Memory(files) => return Ok(files.get(name).cloned()),
            Place::Directory(root) => {
                let read = |source| ModelError::Read { path: root.join(name), source };
                let file = match File::open(root.join(name)) {
                    Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
                    other => other.map_err(read)?,
                };
                file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(read)?;
            }
            Place::Wheel { archive, root } => {
                let wheel = |what: String| ModelError::Wheel { path: self.path.clone(), what };
                let mut archive = archive.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                let member = match archive.by_name(&format!("{root}{name}")) {
                    Err(zip::result::ZipError::FileNotFound) => return Ok(None),
                    other => other.map_err(|e| wheel(e.to_string()))?,
                };
                let cap = member.compressed_size().saturating_mul(RATIO).saturating_add(1 << 20);
                let cap = cap.min(LARGEST);
                let result = member.take(cap + 1).read_to_end(&mut bytes);
                result.map_err(|e| wheel(format!("{name}: {e}")))?;
                if bytes.len() as u64 > cap {
                    return Err(wheel(format!("{name} expands beyond {cap} bytes")));
                }
            }
        }
        if bytes.len() as u64 > LARGEST {
            return Err(ModelError::malformed(name, "the file is too large"));
        }
        Ok(Some(bytes))
    }

    /// The file `name`, which the model must have.
    pub(crate) fn need(&self, name: &str) -> Result<Vec<u8>, ModelError> {
        self.get(name)?.ok_or_else(|| ModelError::Missing(name.into()))
    }
}

/// The folder with `config.cfg`: this one, or the first below it, as in an unpacked wheel.
fn find_root(path: &Path, depth: usize) -> Option<PathBuf> {
    if path.join("config.cfg").is_file() {
        return Some(path.into());
    }
    if depth == 0 {
        return None;
    }
    let entries = path.read_dir().ok()?.filter_map(Result::ok).map(|e| e.path());
    let mut folders: Vec<PathBuf> = entries.filter(|p| p.is_dir()).collect();
    folders.sort();
    folders.iter().find_map(|folder| find_root(folder, depth - 1))
}
