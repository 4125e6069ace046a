//! An input as a sequence of documents.

use std::io::Read;
use std::ops::Range;

use crate::document::{Document, Draft, Provenance, finish};
use crate::expand::Expanded;
use crate::format::{self, Format};
use crate::lines::{Line, Lines};
use crate::{DocumentError, Limits, ReadError, encoding, html, json, markdown, text};

/// Bytes looked at to tell a format.
const SNIFF: usize = 4096;

/// The documents of one input, in order. After an error that is `fatal` there are no more.
pub struct Documents {
    state: State,
    limits: Limits,
}

impl std::fmt::Debug for Documents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Documents").field("limits", &self.limits).finish_non_exhaustive()
    }
}

enum State {
    /// A file that is one article, read but not yet cut.
    One(Box<Whole>),
    /// The elements of an array.
    Elements {
        whole: Box<Whole>,
        elements: std::vec::IntoIter<Range<usize>>,
        number: usize,
    },
    /// A stream of lines.
    Lines {
        lines: Box<Lines>,
        any: bool,
    },
    Done,
}

/// A decoded file.
struct Whole {
    text: String,
    format: Format,
    from: Provenance,
}

/// Opens a file by its name (extension) and content. `input` need not be seekable; JSON Lines is streamed, other formats
/// are read whole under their caps.
///
/// An error here is one of the file as a whole: nothing of it was read.
pub fn open(
    name: &str,
    input: Box<dyn Read + Send>,
    limits: &Limits,
) -> Result<Documents, ReadError> {
    let named = format::by_name(name)?;
    let mut input = Expanded::open(input, named.compression, limits)?;
    if input.chunk()?.is_empty() {
        return Err(ReadError::Empty);
    }
    // No more than a line: a live stream may have no more yet.
    if let Some(binary) = format::magic(input.peek_line(SNIFF)?) {
        return Err(ReadError::UnsupportedFormat(binary.to_owned()));
    }
    let format = match named.format {
        Some(Format::Json) if is_many_lines(&mut input, limits)? => Format::JsonLines,
        Some(format) => format,
        None => by_content(&mut input, limits)?,
    };
    let state = match format {
        Format::JsonLines => {
            State::Lines { lines: Box::new(Lines::new(input, limits.record_bytes)), any: false }
        }
        Format::Json | Format::Text | Format::Html | Format::Markdown => {
            whole(&mut input, format, limits)?
        }
    };
    Ok(Documents { state, limits: limits.clone() })
}

/// The format of an input whose name does not tell. A stream of JSON Lines is known by its first line, which is a whole
/// object: it must not be read to its end, for it may have none.
fn by_content(input: &mut Expanded, limits: &Limits) -> Result<Format, ReadError> {
    let line = input.peek_line(limits.record_bytes)?;
    if json::is_record(line) {
        return Ok(Format::JsonLines);
    }
    Ok(format::by_content(input.peek(SNIFF)?))
}

/// Whether a JSON file is JSON Lines under another name: its first line is a record, and there are more.
fn is_many_lines(input: &mut Expanded, limits: &Limits) -> Result<bool, ReadError> {
    let line = input.peek_line(limits.record_bytes)?;
    let end = line.len();
    if !json::is_record(line) {
        return Ok(false);
    }
    let more = input.peek(end + SNIFF)?.get(end..).unwrap_or_default();
    Ok(!more.trim_ascii().is_empty())
}

/// Reads the rest of a file that is not streamed.
fn whole(input: &mut Expanded, format: Format, limits: &Limits) -> Result<State, ReadError> {
    let cap = match format {
        Format::Html => limits.html_bytes as u64,
        // Any encoding takes at most four bytes for what is one byte of UTF-8.
        Format::Text | Format::Markdown => 4 * limits.document_bytes as u64,
        Format::Json | Format::JsonLines => limits.file_bytes,
    };
    let bytes = input.read_all("file", cap)?;
    if bytes.trim_ascii().is_empty() {
        return Err(ReadError::Empty);
    }
    let declared = if format == Format::Html { html::declared_encoding(&bytes) } else { None };
    let decoded = encoding::decode(&bytes, declared.as_deref())?;
    let from = Provenance {
        member: None,
        line: None,
        media_type: format.media_type(),
        encoding: decoded.encoding,
        encoding_errors: decoded.errors,
    };
    let whole = Box::new(Whole { text: decoded.text, format, from });
    if format == Format::Json
        && let Some(elements) = json::elements(&whole.text)?
    {
        if elements.is_empty() {
            return Err(ReadError::NoText("no record in the array"));
        }
        return Ok(State::Elements { whole, elements: elements.into_iter(), number: 0 });
    }
    Ok(State::One(whole))
}

impl Iterator for Documents {
    type Item = Result<Document, DocumentError>;

    fn next(&mut self) -> Option<Self::Item> {
        match &mut self.state {
            State::Done => None,
            State::One(_) => {
                let State::One(whole) = std::mem::replace(&mut self.state, State::Done) else {
                    return None;
                };
                let document = read_whole(&whole, &self.limits);
                Some(document.map_err(|error| DocumentError {
                    member: None,
                    offset: Some(0),
                    fatal: true,
                    bytes: Vec::new(),
                    error,
                }))
            }
            State::Elements { whole, elements, number } => {
                let Some(range) = elements.next() else {
                    self.state = State::Done;
                    return None;
                };
                *number += 1;
                Some(read_element(whole, range, *number, &self.limits))
            }
            State::Lines { lines, any } => {
                let next = next_of_lines(lines, any, &self.limits);
                if next.as_ref().is_none_or(|item| item.as_ref().is_err_and(|e| e.fatal)) {
                    self.state = State::Done;
                }
                next
            }
        }
    }
}

fn read_whole(whole: &Whole, limits: &Limits) -> Result<Document, ReadError> {
    let draft: Draft = match whole.format {
        Format::Text => text::read(&whole.text),
        Format::Markdown => markdown::read(&whole.text),
        Format::Html => html::read(&whole.text, limits)?,
        Format::Json | Format::JsonLines => json::read(&whole.text, limits)?,
    };
    finish(draft, whole.from.clone(), limits)
}

/// The element `number` (from 1) of an array.
fn read_element(
    whole: &Whole,
    range: Range<usize>,
    number: usize,
    limits: &Limits,
) -> Result<Document, DocumentError> {
    let offset = range.start as u64;
    let record = whole.text.get(range).unwrap_or_default();
    let from = Provenance { member: Some(format!("rec{number}")), ..whole.from.clone() };
    let member = from.member.clone();
    let document = json::read(record, limits).and_then(|draft| finish(draft, from, limits));
    document.map_err(|error| DocumentError {
        member,
        offset: Some(offset),
        fatal: false,
        bytes: capped(record.as_bytes(), limits),
        error,
    })
}

fn capped(record: &[u8], limits: &Limits) -> Vec<u8> {
    record.get(..record.len().min(limits.error_bytes)).unwrap_or_default().to_vec()
}

fn next_of_lines(
    lines: &mut Lines,
    any: &mut bool,
    limits: &Limits,
) -> Option<Result<Document, DocumentError>> {
    match lines.next_line() {
        Ok(None) if *any => None,
        Ok(None) => Some(Err(fatal(None, ReadError::Empty))),
        Ok(Some(line)) => {
            *any = true;
            Some(read_line(&line, limits).map_err(|error| DocumentError {
                member: Some(format!("L{}", line.number)),
                offset: Some(line.offset),
                fatal: false,
                bytes: capped(&line.bytes, limits),
                error,
            }))
        }
        Err(error) => Some(Err(fatal(Some(lines.position()), error))),
    }
}

fn fatal(at: Option<(u64, u64)>, error: ReadError) -> DocumentError {
    DocumentError {
        member: at.map(|(number, _)| format!("L{}", number + 1)),
        offset: at.map(|(_, offset)| offset),
        fatal: true,
        bytes: Vec::new(),
        error,
    }
}

fn read_line(line: &Line, limits: &Limits) -> Result<Document, ReadError> {
    if line.cut {
        return Err(ReadError::TooLarge { what: "record", limit: limits.record_bytes as u64 });
    }
    let decoded = encoding::decode(&line.bytes, None)?;
    let draft = json::read(&decoded.text, limits).map_err(|error| settled(error, line.ended))?;
    let from = Provenance {
        member: Some(format!("L{}", line.number)),
        line: Some(line.number),
        media_type: Format::JsonLines.media_type(),
        encoding: decoded.encoding,
        encoding_errors: decoded.errors,
    };
    finish(draft, from, limits)
}

/// A line with its end behind it will not get longer, so what is missing in it stays missing.
fn settled(mut error: ReadError, ended: bool) -> ReadError {
    if let ReadError::BadJson { incomplete, .. } = &mut error {
        *incomplete = !ended;
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(name: &str, input: &str) -> Vec<String> {
        let input = Box::new(std::io::Cursor::new(input.to_owned()));
        let documents = open(name, input, &Limits::default()).unwrap();
        documents
            .map(|d| d.map_or_else(|e| e.error.reason().into(), |d| d.identity(name)))
            .collect()
    }

    #[test]
    fn json_lines_without_a_name_are_known_by_their_first_line() {
        let check =
            |name, input, expected: &[&str]| assert_eq!(members(name, input), expected, "{input}");
        let lines = "{\"text\":\"Ada wrote.\"}\n{\"text\":\"He read.\"}\n{bad\n";
        check("-", lines, &["-#L1", "-#L2", "bad_json"]);
        check("-", "{\n \"text\": \"Ada wrote.\"\n}\n", &["-"]);
        check("a.json", "{\"text\":\"Ada wrote.\"}\n", &["a.json"]);
        check("a.json", lines, &["a.json#L1", "a.json#L2", "bad_json"]);
        check("-", "{\"articles\":[{\"text\":\"Ada wrote.\"}]}\n", &["-#rec1"]);
    }

    /// A pipe whose other side writes a little and then waits.
    struct Live(Vec<u8>);

    impl Read for Live {
        fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
            assert!(!self.0.is_empty(), "more was asked for than was there to be read");
            let n = buf.len().min(self.0.len());
            for (to, from) in buf.iter_mut().zip(self.0.drain(..n)) {
                *to = from;
            }
            Ok(n)
        }
    }

    #[test]
    fn a_live_stream_is_not_read_ahead_of() {
        let line = format!("{{\"text\":\"{}\"}}\n", "Ada wrote to Charles. ".repeat(3));
        let input = Live(line.repeat(3).into_bytes());
        let mut documents = open("-", Box::new(input), &Limits::default()).unwrap();
        for n in 1..=3 {
            assert_eq!(documents.next().unwrap().unwrap().line, Some(n));
        }
    }
}
