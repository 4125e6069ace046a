//! A complete file becomes messages. Runs on a blocking thread; sizes, depth and expansion are capped by the readers, so
//! that a file takes bounded time.

use std::fs::{self, File};
use std::io::{self, Read, Seek as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use copydesk_bus::{NewDeadLetter, Outgoing, StreamName};
use copydesk_readers::{Document, DocumentError, Limits, ReadError};
use copydesk_types::{Provenance, digest};
use sha2::{Digest as _, Sha256};

use super::inbox::Job;
use super::places::Failure;
use super::stamp::{Stamp, now_ns};
use crate::article::{FileFacts, to_record};
use crate::article_key::article_key;

/// Part of the message ids: raised when the same file makes other records.
const VERSION: u32 = 1;
/// Most documents and bytes that are read before they are passed on.
const BATCH: usize = 64;
const BATCH_BYTES: usize = 4 << 20;
/// How long after its last change a file may still be incomplete, unless it was renamed to here.
const YOUNG: Duration = Duration::from_mins(1);

/// What reading needs to know, the same for all files.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// The inbox, canonical.
    pub(super) root: PathBuf,
    pub(super) limits: Limits,
    pub(super) provenance: Provenance,
}

/// Something to be published.
#[derive(Debug)]
pub(super) enum Message {
    Record { key: u128, out: Box<Outgoing> },
    Dead(Box<NewDeadLetter>),
}

/// How reading a file ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum End {
    /// All of it was read.
    Whole { sha256: String },
    /// The same bytes were read before, at this path.
    Known { sha256: String },
    /// It changed meanwhile, or ends too soon and is so young that its writer may be at it.
    Unfinished,
    /// It went away.
    Gone,
    /// It, or the rest of it, cannot be read.
    Failed(Failure),
}

/// Reads a file and passes on what is in it; `pass` says whether anybody still listens. `known` is the hash of what
/// was read at this path before.
pub(super) fn read(
    reading: &Reading,
    job: &Job,
    known: Option<&str>,
    mut pass: impl FnMut(Vec<Message>) -> bool,
) -> End {
    let file = match open(&reading.root, &job.path) {
        Ok(file) => file,
        // Its writer may still be about to open it to others.
        Err(End::Failed(failure)) if failure.reason == "unreadable" && is_young(job) => {
            return End::Unfinished;
        }
        Err(end) => return end,
    };
    match read_open(reading, job, known, &file, &mut pass) {
        Ok(end) => end,
        Err(error) if is_young(job) => {
            tracing::debug!(path = %job.path.display(), %error, "cannot be read now");
            End::Unfinished
        }
        Err(error) => failed("io", &error),
    }
}

/// Opens what is surely a plain file under the inbox; a link is not followed.
fn open(root: &Path, path: &Path) -> Result<File, End> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC;
    let gone = |error: io::Error| {
        if error.kind() == io::ErrorKind::NotFound {
            End::Gone
        } else {
            failed("unreadable", &error)
        }
    };
    let kind = path.symlink_metadata().map_err(gone)?.file_type();
    let refused = |reason, message: &str| {
        Err(End::Failed(Failure { reason, message: message.into(), offset: None }))
    };
    if kind.is_symlink() {
        let target = fs::read_link(path).unwrap_or_default();
        return refused(
            "symlink",
            &format!("a link to {}: links are not followed", target.display()),
        );
    }
    if kind.is_dir() {
        return match fs::read_dir(path).map(|mut entries| entries.next().is_none()) {
            Ok(true) => refused("directory", "an empty directory with the name of an article file"),
            // Something came into it, which is found by itself.
            Ok(false) | Err(_) => Err(End::Gone),
        };
    }
    if !kind.is_file() {
        return refused(
            "not_regular",
            "neither a file nor a directory: a pipe, a socket or a device",
        );
    }
    let parent = path.parent().unwrap_or(root).canonicalize().map_err(gone)?;
    if !parent.starts_with(root) {
        return refused("outside", "its directory lies outside the inbox");
    }
    File::options().read(true).custom_flags(flags).open(path).map_err(gone)
}

fn read_open(
    reading: &Reading,
    job: &Job,
    known: Option<&str>,
    file: &File,
    pass: &mut impl FnMut(Vec<Message>) -> bool,
) -> io::Result<End> {
    let unchanged = || file.metadata().map(|now| Stamp::of(&now) == job.stamp);
    if !unchanged()? {
        return Ok(End::Unfinished);
    }
    if job.stamp.size > reading.limits.file_bytes {
        let (size, limit) = (job.stamp.size, reading.limits.file_bytes);
        let message = format!("{size} bytes; at most {limit} are read (ingest.limits.file_bytes)");
        return Ok(End::Failed(Failure { reason: "too_large", message, offset: None }));
    }
    let sha256 = sha256(file)?;
    if known == Some(&sha256) {
        return Ok(End::Known { sha256 });
    }
    (&*file).rewind()?;
    let facts = FileFacts {
        path: relative(&reading.root, &job.path),
        bytes: job.stamp.size,
        sha256: sha256.clone(),
        received_at: received_at(job.ready_ns),
    };
    let input = Box::new(file.try_clone()?);
    let documents = match copydesk_readers::open(&facts.path, input, &reading.limits) {
        Ok(documents) => documents,
        Err(error) if !unchanged()? || may_grow(job, &error) => {
            tracing::debug!(path = facts.path, %error, "not complete yet");
            return Ok(End::Unfinished);
        }
        Err(error) => return Ok(End::Failed(failure(&error, None))),
    };
    let mut batch =
        Batch { reading, facts: &facts, ready_ns: job.ready_ns, messages: Vec::new(), bytes: 0 };
    let mut last: Option<DocumentError> = None;
    for document in documents {
        // A bad record that has another one behind it is not one whose end is still to come.
        if let Some(error) = last.take() {
            batch.bad(error);
        }
        match document {
            Ok(document) => batch.good(document),
            Err(error) => last = Some(error),
        }
        if batch.is_full() && (!unchanged()? || !pass(batch.take())) {
            return Ok(End::Unfinished);
        }
    }
    if !unchanged()? {
        return Ok(End::Unfinished);
    }
    let end = match last {
        Some(error) if may_grow(job, &error.error) => End::Unfinished,
        Some(error) if error.fatal => End::Failed(failure(&error.error, error.offset)),
        Some(error) => {
            batch.bad(error);
            End::Whole { sha256 }
        }
        None => End::Whole { sha256 },
    };
    Ok(if pass(batch.take()) { end } else { End::Unfinished })
}

/// Messages that are not passed on yet.
struct Batch<'a> {
    reading: &'a Reading,
    facts: &'a FileFacts,
    ready_ns: i128,
    messages: Vec<Message>,
    bytes: usize,
}

impl Batch<'_> {
    fn good(&mut self, document: Document) {
        let record = to_record(document, self.facts, &self.reading.provenance);
        let ready = u128::try_from(self.ready_ns).unwrap_or_default();
        let out = Outgoing::record("ingest", VERSION, StreamName::Raw, &record, ready);
        let message = match (out, article_key(record.id.as_str())) {
            (Ok(out), Some(key)) => {
                self.bytes += out.payload.len();
                Message::Record { key, out: Box::new(out) }
            }
            (Err(error), _) => self.dead("bad_record", &error.to_string(), None, None, Vec::new()),
            (Ok(_), None) => self.dead("bad_record", "its id is none", None, None, Vec::new()),
        };
        self.messages.push(message);
    }

    fn bad(&mut self, error: DocumentError) {
        let DocumentError { member, offset, bytes, error, .. } = error;
        let message = self.dead(error.reason(), &chain(&error), member, offset, bytes);
        self.messages.push(message);
    }

    /// A dead letter with the original bytes.
    fn dead(
        &mut self,
        reason: &str,
        cause: &str,
        member: Option<String>,
        offset: Option<u64>,
        bytes: Vec<u8>,
    ) -> Message {
        self.bytes += bytes.len();
        let member = member.unwrap_or_default();
        let place = format!("{}#{member}@{}", self.facts.path, offset.unwrap_or_default());
        let mut headers = vec![("Copydesk-Path".to_owned(), self.facts.path.clone())];
        if !member.is_empty() {
            headers.push(("Copydesk-Member".to_owned(), member));
        }
        if let Some(offset) = offset {
            headers.push(("Copydesk-Offset".to_owned(), offset.to_string()));
        }
        Message::Dead(Box::new(NewDeadLetter {
            stage: "ingest".into(),
            reason: reason.into(),
            cause: cause.into(),
            id: format!("dead.ingest.{}", digest(&[place.as_bytes(), reason.as_bytes(), &bytes])),
            headers,
            payload: bytes.into(),
        }))
    }

    fn is_full(&self) -> bool {
        self.messages.len() >= BATCH || self.bytes >= BATCH_BYTES
    }

    fn take(&mut self) -> Vec<Message> {
        self.bytes = 0;
        std::mem::take(&mut self.messages)
    }
}

fn relative(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned()
}

fn sha256(mut file: &File) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = file.read(&mut buffer)?;
        match buffer.get(..count) {
            Some(bytes) if count > 0 => hasher.update(bytes),
            _ => return Ok(format!("{:x}", hasher.finalize())),
        }
    }
}

fn received_at(ready_ns: i128) -> Option<String> {
    let seconds = i64::try_from(ready_ns.div_euclid(1_000_000_000)).ok()?;
    jiff::Timestamp::from_second(seconds).ok().map(|at| at.to_string())
}

fn may_grow(job: &Job, error: &ReadError) -> bool {
    error.may_be_incomplete() && is_young(job)
}

fn is_young(job: &Job) -> bool {
    let age = now_ns() - job.stamp.mtime_ns;
    let limit = i128::try_from(YOUNG.as_nanos()).unwrap_or_default();
    !job.announced && (0..limit).contains(&age)
}

fn failed(reason: &'static str, error: &io::Error) -> End {
    End::Failed(Failure { reason, message: error.to_string(), offset: None })
}

fn failure(error: &ReadError, offset: Option<u64>) -> Failure {
    Failure { reason: error.reason(), message: chain(error), offset }
}

/// An error with its causes on one line, as it stands behind "failed to".
fn chain(error: &ReadError) -> String {
    let mut line = format!("failed to {error}");
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests;
