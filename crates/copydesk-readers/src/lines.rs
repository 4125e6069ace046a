//! JSON Lines: a record a line, in bounded memory.

use crate::ReadError;
use crate::expand::Expanded;

/// One line without its end.
#[derive(Debug)]
pub(crate) struct Line {
    /// From 1.
    pub(crate) number: u64,
    /// Where it starts, in bytes of the expanded input.
    pub(crate) offset: u64,
    pub(crate) bytes: Vec<u8>,
    /// Whether it ran over the cap and was cut.
    pub(crate) cut: bool,
    /// Whether a line end stood behind it.
    pub(crate) ended: bool,
}

/// The lines of a stream.
pub(crate) struct Lines {
    input: Expanded,
    cap: usize,
    number: u64,
    offset: u64,
}

impl Lines {
    pub(crate) fn new(mut input: Expanded, cap: usize) -> Self {
        input.stream();
        Self { input, cap, number: 0, offset: 0 }
    }

    /// The next line that is not blank; `None` at the end.
    pub(crate) fn next_line(&mut self) -> Result<Option<Line>, ReadError> {
        loop {
            let Some(line) = self.any_line()? else { return Ok(None) };
            if line.cut || !line.bytes.trim_ascii().is_empty() {
                return Ok(Some(line));
            }
        }
    }

    /// Line that is being read, and where it starts: for an error in the stream itself.
    pub(crate) fn position(&self) -> (u64, u64) {
        (self.number, self.offset)
    }

    fn any_line(&mut self) -> Result<Option<Line>, ReadError> {
        let mut line = Line {
            number: self.number + 1,
            offset: self.offset,
            bytes: Vec::new(),
            cut: false,
            ended: false,
        };
        loop {
            let chunk = self.input.chunk()?;
            if chunk.is_empty() {
                break;
            }
            let end = chunk.iter().position(|&b| b == b'\n');
            let part = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
            let room = self.cap.saturating_sub(line.bytes.len());
            line.cut |= part.len() > room;
            line.bytes.extend(part.iter().take(room));
            let taken = part.len() + usize::from(end.is_some());
            self.input.consume(taken);
            self.offset += taken as u64;
            if end.is_some() {
                line.ended = true;
                break;
            }
        }
        if line.offset == self.offset {
            return Ok(None);
        }
        self.number += 1;
        Ok(Some(line))
    }
}
