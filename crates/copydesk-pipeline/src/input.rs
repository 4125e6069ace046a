//! The files and folders named on the command line, as a stream of documents.

use std::fs::File;
use std::io::{self, Read, Seek as _};
use std::path::{Component, Path, PathBuf};

use anyhow::Context as _;
use sha2::{Digest as _, Sha256};

use crate::article::FileFacts;
use copydesk_readers::{Document, DocumentError, Limits, ReadError};

/// The argument that stands for standard input.
const STDIN: &str = "-";

/// A document, or a whole file, that could not be used.
#[derive(Debug)]
pub struct Failed {
    /// The file as it was named, with `:12` for a line and `#rec3` for another member.
    pub place: String,
    /// Stable `snake_case` token.
    pub reason: &'static str,
    /// What went wrong.
    pub error: anyhow::Error,
    /// Id and text of a document that is sound but for having no words: no article, and yet it can be parsed.
    pub(crate) wordless: Option<(String, String)>,
}

impl Failed {
    pub(crate) fn new(place: String, reason: &'static str, error: anyhow::Error) -> Self {
        Self { place, reason, error, wordless: None }
    }
}

/// How many documents went through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Documents that came out.
    pub done: u64,
    /// Documents and files that did not.
    pub failed: u64,
}

/// Hears of every document, in order: the counts so far, and what failed if it was that.
pub type Report<'a> = dyn FnMut(Tally, Option<&Failed>) + 'a;

/// How to read.
pub(crate) struct Reading {
    /// Files and folders; none is standard input.
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) limits: Limits,
    /// Whether size, sum and time of arrival are wanted.
    pub(crate) facts: bool,
}

/// What comes of reading: a document with the facts of its file, or what failed.
pub(crate) type Outcome<'a> = Result<(Document, &'a FileFacts), Failed>;

/// Reads everything in order and hands it to `put`, until `put` says `false`.
pub(crate) fn read_all(reading: &Reading, put: &mut dyn FnMut(Outcome) -> bool) {
    let stdin = [PathBuf::from(STDIN)];
    let paths = if reading.paths.is_empty() { &stdin } else { reading.paths.as_slice() };
    let root = common_root(paths);
    let mut walk = Walk { ahead: paths.iter().rev().map(|p| (p.clone(), 0)).collect() };
    while let Some(path) = walk.next_file(put) {
        if !read_file(&path, &name(&path, &root), reading, put) {
            return;
        }
    }
}

/// Reads one file; `false` when nothing more is wanted.
fn read_file(
    path: &Path,
    name: &str,
    reading: &Reading,
    put: &mut dyn FnMut(Outcome) -> bool,
) -> bool {
    let shown = path.display().to_string();
    let (input, facts) = match open(path, name, reading.facts) {
        Ok(opened) => opened,
        Err(error) => return put(Err(Failed::new(shown, "io", error))),
    };
    let documents = match copydesk_readers::open(name, input, &reading.limits) {
        Ok(documents) => documents,
        Err(error) => {
            return unreadable(path, name, error).is_none_or(|failed| put(Err(failed)));
        }
    };
    for document in documents {
        let (outcome, fatal) = match document {
            Ok(document) => (Ok((document, &facts)), false),
            Err(error) => {
                let fatal = error.fatal;
                (Err(failed(path, name, error)), fatal)
            }
        };
        if !put(outcome) {
            return false;
        }
        if fatal {
            break;
        }
    }
    true
}

/// A file of which nothing was read. `None` for standard input that simply has nothing.
fn unreadable(path: &Path, name: &str, error: ReadError) -> Option<Failed> {
    if path == Path::new(STDIN) && matches!(error, ReadError::Empty) {
        return None;
    }
    let text = if matches!(error, ReadError::Empty) { whole_text(path) } else { None };
    let mut failed = Failed::new(path.display().to_string(), error.reason(), error.into());
    failed.wordless = text.map(|text| (name.to_owned(), text));
    Some(failed)
}

fn failed(path: &Path, name: &str, error: DocumentError) -> Failed {
    let DocumentError { member, error, bytes, .. } = error;
    let shown = path.display();
    let place = match member.as_deref().map(|m| (m, m.strip_prefix('L').map(str::parse::<u64>))) {
        Some((_, Some(Ok(line)))) => format!("{shown}:{line}"),
        Some((member, _)) => format!("{shown}#{member}"),
        None => shown.to_string(),
    };
    let wordless = match (&error, &member) {
        (ReadError::NoText(_), Some(member)) => wordless(&bytes, &format!("{name}#{member}")),
        (ReadError::NoText(_), None) => whole_text(path).map(|text| (name.to_owned(), text)),
        _ => None,
    };
    Failed { wordless, ..Failed::new(place, error.reason(), error.into()) }
}

/// Id and text of a JSON document without words.
fn wordless(record: &[u8], place: &str) -> Option<(String, String)> {
    let record: serde_json::Value = serde_json::from_slice(record).ok()?;
    let field = |name: &str| record.get(name).and_then(serde_json::Value::as_str);
    let text = field("text").or_else(|| field("body"))?;
    Some((field("id").unwrap_or(place).to_owned(), copydesk_types::clean(text)))
}

/// The text of a small plain text file.
fn whole_text(path: &Path) -> Option<String> {
    let small = path.extension().is_some_and(|e| e == "txt")
        && path.metadata().is_ok_and(|m| m.is_file() && m.len() <= 1 << 20);
    let text = small.then(|| std::fs::read_to_string(path).ok()).flatten()?;
    Some(copydesk_types::clean(&text))
}

/// Opens the input. Size and sum are of the whole file, so it is read twice; what can be read only once has neither.
fn open(path: &Path, name: &str, facts: bool) -> anyhow::Result<(Box<dyn Read + Send>, FileFacts)> {
    let received_at = facts.then(now);
    let mut known = FileFacts { path: name.into(), bytes: 0, sha256: String::new(), received_at };
    if path == Path::new(STDIN) {
        return Ok((Box::new(io::stdin()), known));
    }
    let mut file = File::open(path).context("open the file")?;
    if facts && file.metadata().is_ok_and(|m| m.is_file()) {
        let mut sum = Sha256::new();
        known.bytes = io::copy(&mut file, &mut sum).context("read the file")?;
        known.sha256 = format!("{:x}", sum.finalize());
        file.rewind().context("read the file again")?;
    }
    Ok((Box::new(file), known))
}

/// The time, RFC 3339 in whole seconds.
pub(crate) fn now() -> String {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}

/// Goes through files and folders, sorted within each folder.
struct Walk {
    /// What is still to come, the next last; with the depth below what was named.
    ahead: Vec<(PathBuf, usize)>,
}

impl Walk {
    /// The next file. What cannot be gone into is reported to `put`.
    fn next_file(&mut self, put: &mut dyn FnMut(Outcome) -> bool) -> Option<PathBuf> {
        while let Some((path, depth)) = self.ahead.pop() {
            if path == Path::new(STDIN) && depth == 0 {
                return Some(path);
            }
            // What was named is followed; inside a folder a link to a folder is not, for it may lead in a circle.
            let linked = depth > 0 && path.is_symlink();
            if !path.is_dir() {
                if depth == 0 || path.is_file() {
                    return Some(path);
                }
                let error = anyhow::anyhow!("read it: not a regular file");
                let place = path.display().to_string();
                if !put(Err(Failed::new(place, "not_a_file", error))) {
                    return None;
                }
            } else if !linked {
                match entries(&path) {
                    Ok(entries) => {
                        self.ahead.extend(entries.into_iter().rev().map(|e| (e, depth + 1)));
                    }
                    Err(error) => {
                        let place = path.display().to_string();
                        if !put(Err(Failed::new(place, "io", error))) {
                            return None;
                        }
                    }
                }
            }
        }
        None
    }
}

/// What lies in the folder, sorted; hidden and temporary names are left out, as ingest does.
fn entries(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).context("list the folder")? {
        let entry = entry.context("list the folder")?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !name.starts_with('.') && !name.ends_with(".part") && !name.ends_with(".tmp") {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// The deepest folder that holds all that was named: paths in records are relative to it, as if it were the inbox.
fn common_root(paths: &[PathBuf]) -> PathBuf {
    let mut root: Option<Vec<Component>> = None;
    for path in paths.iter().filter(|p| p.as_path() != Path::new(STDIN)) {
        let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
        let parts: Vec<Component> = plain(folder).collect();
        root = Some(match root {
            None => parts,
            Some(root) => {
                root.into_iter().zip(parts).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
            }
        });
    }
    root.unwrap_or_default().into_iter().collect()
}

/// The parts of a path without `.`.
fn plain(path: &Path) -> impl Iterator<Item = Component<'_>> {
    path.components().filter(|c| *c != Component::CurDir)
}

/// The path below the root, with `/` between its parts.
fn name(path: &Path, root: &Path) -> String {
    let path: PathBuf = plain(path).collect();
    let below = path.strip_prefix(root).unwrap_or(&path);
    let parts: Vec<_> = below.components().map(|c| c.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(paths: &[&str], at: &Path) -> Vec<String> {
        let paths: Vec<PathBuf> = paths.iter().map(|p| at.join(p)).collect();
        let mut found = Vec::new();
        let reading = Reading { paths, limits: Limits::default(), facts: true };
        read_all(&reading, &mut |outcome| {
            found.push(match outcome {
                Ok((_, facts)) => facts.path.clone(),
                Err(failed) => format!("! {}", failed.reason),
            });
            true
        });
        found
    }

    #[test]
    fn folders_are_walked_in_order_and_names_are_below_the_common_folder() {
        let dir = tempfile::tempdir().unwrap();
        for file in ["b/2.txt", "b/1.txt", "a.txt", "b/.hidden.txt", "b/new.part", "c/d/1.txt"] {
            let path = dir.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "The bridge is shut.").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(dir.path(), dir.path().join("b/circle")).unwrap();
        let check = |paths: &[&str], wanted: &[&str]| {
            assert_eq!(names(paths, dir.path()), wanted, "{paths:?}");
        };
        check(&[""], &["a.txt", "b/1.txt", "b/2.txt", "c/d/1.txt"]);
        check(&["b/2.txt"], &["2.txt"]);
        check(&["./b"], &["1.txt", "2.txt"]);
        check(&["c/d/1.txt", "b"], &["c/d/1.txt", "b/1.txt", "b/2.txt"]);
        check(&["none.txt", "a.txt"], &["! io", "a.txt"]);
        check(&["b/.hidden.txt"], &[".hidden.txt"]);
    }

    #[test]
    fn a_file_is_summed_and_then_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.txt");
        std::fs::write(&path, "abc").unwrap();
        let (mut input, facts) = open(&path, "a.txt", true).unwrap();
        assert_eq!(facts.bytes, 3);
        assert_eq!(
            facts.sha256,
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert!(facts.received_at.is_some_and(|at| at.len() == 20 && at.ends_with('Z')));
        let mut text = String::new();
        input.read_to_string(&mut text).unwrap();
        assert_eq!(text, "abc");
    }
}
