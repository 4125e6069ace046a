//! The input as a stream of expanded bytes, under caps on size and ratio.

use std::io::{self, BufRead, BufReader, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::{Limits, ReadError};

/// Expanded bytes that are allowed whatever the ratio: short repetitive text compresses very well.
const FREE_BYTES: u64 = 1024 * 1024;
const CHUNK: usize = 64 * 1024;

/// How an input is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    /// By the magic bytes.
    pub(crate) fn sniff(start: &[u8]) -> Self {
        let zstd_frame = start.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]);
        let zstd_skippable = matches!(start, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]);
        if start.starts_with(&[0x1f, 0x8b]) {
            Self::Gzip
        } else if zstd_frame || zstd_skippable {
            Self::Zstd
        } else {
            Self::None
        }
    }
}

/// What was read of the compressed input.
#[derive(Debug, Default)]
struct Meter {
    bytes: AtomicU64,
    at_end: AtomicBool,
}

struct Metered {
    inner: Box<dyn Read + Send>,
    meter: Arc<Meter>,
}

impl Read for Metered {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.meter.bytes.fetch_add(n as u64, Ordering::Relaxed);
        if n == 0 && !buf.is_empty() {
            self.meter.at_end.store(true, Ordering::Relaxed);
        }
        Ok(n)
    }
}

enum Decoder {
    Plain(BufReader<Metered>),
    Gzip(Box<MultiGzDecoder<BufReader<Metered>>>),
    Zstd(Box<Zstd>),
}

/// Expanded bytes with look-ahead.
pub(crate) struct Expanded {
    decoder: Decoder,
    meter: Arc<Meter>,
    out: u64,
    limits: Limits,
    /// Bytes read ahead and not yet taken.
    ahead: Vec<u8>,
    taken: usize,
    ended: bool,
}

impl Expanded {
    /// Opens `input`. With `expected`, content of any other compression is an error.
    pub(crate) fn open(
        input: Box<dyn Read + Send>,
        expected: Compression,
        limits: &Limits,
    ) -> Result<Self, ReadError> {
        let meter = Arc::new(Meter::default());
        let mut input = input;
        let mut start = Vec::new();
        (&mut input).take(4).read_to_end(&mut start).map_err(ReadError::Io)?;
        let (n, found) = (start.len(), Compression::sniff(&start));
        let inner = Box::new(io::Cursor::new(start).chain(input));
        let metered = Metered { inner, meter: meter.clone() };
        let source = BufReader::with_capacity(CHUNK, metered);
        if n == 0 {
            return Err(ReadError::Empty);
        }
        if expected != Compression::None && found != expected {
            let cause = io::Error::new(
                io::ErrorKind::InvalidData,
                "not the compression that the name says",
            );
            return Err(ReadError::Corrupt(cause));
        }
        let decoder = match found {
            Compression::None => Decoder::Plain(source),
            Compression::Gzip => Decoder::Gzip(Box::new(MultiGzDecoder::new(source))),
            Compression::Zstd => Decoder::Zstd(Box::new(Zstd::new(source))),
        };
        let limits = limits.clone();
        Ok(Self { decoder, meter, out: 0, limits, ahead: Vec::new(), taken: 0, ended: false })
    }

    /// Lifts the cap on the file to that on expanded bytes, for a format that is streamed.
    pub(crate) fn stream(&mut self) {
        self.limits.file_bytes = self.limits.file_bytes.max(self.limits.expanded_bytes);
    }

    /// At least `wanted` bytes from here, or all that are left. They stay to be read.
    pub(crate) fn peek(&mut self, wanted: usize) -> Result<&[u8], ReadError> {
        while self.left().len() < wanted && self.fill()? {}
        Ok(self.left())
    }

    /// The bytes from here to the end of the line, which is read ahead up to about `cap` bytes. They stay to be read.
    pub(crate) fn peek_line(&mut self, cap: usize) -> Result<&[u8], ReadError> {
        let mut seen = 0;
        loop {
            let end = self.left().iter().skip(seen).position(|&b| b == b'\n');
            if let Some(end) = end {
                return Ok(self.left().get(..seen + end).unwrap_or_default());
            }
            seen = self.left().len();
            if seen >= cap || !self.fill()? {
                return Ok(self.left());
            }
        }
    }

    /// The bytes read ahead; when there are none, more are fetched. Empty only at the end.
    pub(crate) fn chunk(&mut self) -> Result<&[u8], ReadError> {
        self.peek(1)
    }

    /// Takes `n` of the bytes read ahead.
    pub(crate) fn consume(&mut self, n: usize) {
        self.taken = (self.taken + n).min(self.ahead.len());
        if self.taken == self.ahead.len() {
            self.ahead.clear();
            self.taken = 0;
        }
    }

    /// All that is left, unless it is more than `limit` bytes.
    pub(crate) fn read_all(
        &mut self,
        what: &'static str,
        limit: u64,
    ) -> Result<Vec<u8>, ReadError> {
        while self.fill()? {
            if self.left().len() as u64 > limit {
                return Err(ReadError::TooLarge { what, limit });
            }
        }
        if self.left().len() as u64 > limit {
            return Err(ReadError::TooLarge { what, limit });
        }
        let taken = std::mem::take(&mut self.taken);
        let mut all = std::mem::take(&mut self.ahead);
        all.drain(..taken);
        Ok(all)
    }

    fn left(&self) -> &[u8] {
        self.ahead.get(self.taken..).unwrap_or_default()
    }

    /// Reads one more chunk ahead; `false` at the end.
    fn fill(&mut self) -> Result<bool, ReadError> {
        if self.ended {
            return Ok(false);
        }
        if self.taken > 0 {
            self.ahead.drain(..self.taken);
            self.taken = 0;
        }
        let old = self.ahead.len();
        self.ahead.resize(old + CHUNK, 0);
        let room = self.ahead.get_mut(old..).unwrap_or_default();
        let read = match &mut self.decoder {
            Decoder::Plain(reader) => reader.read(room).map_err(ReadError::Io),
            Decoder::Gzip(reader) => reader.read(room).map_err(expansion_error),
            Decoder::Zstd(reader) => {
                let meter = &self.meter;
                reader.read(room).map_err(|e| zstd_error(e, meter.at_end.load(Ordering::Relaxed)))
            }
        };
        let n = *read.as_ref().unwrap_or(&0);
        self.ahead.truncate(old + n);
        self.out += n as u64;
        self.ended = n == 0;
        read?;
        self.check_caps()?;
        Ok(n > 0)
    }

    fn check_caps(&self) -> Result<(), ReadError> {
        let compressed = self.meter.bytes.load(Ordering::Relaxed);
        if compressed > self.limits.file_bytes {
            return Err(ReadError::TooLarge { what: "file", limit: self.limits.file_bytes });
        }
        if matches!(self.decoder, Decoder::Plain(_)) {
            return Ok(());
        }
        let by_ratio = compressed.saturating_mul(self.limits.ratio).saturating_add(FREE_BYTES);
        if self.out > self.limits.expanded_bytes.min(by_ratio) {
            return Err(ReadError::Expansion { expanded: self.out, compressed });
        }
        Ok(())
    }
}

fn expansion_error(error: io::Error) -> ReadError {
    use io::ErrorKind::{InvalidData, InvalidInput, UnexpectedEof};
    let kind = error.kind();
    if kind == UnexpectedEof {
        ReadError::Truncated
    } else if kind == InvalidData || kind == InvalidInput {
        ReadError::Corrupt(error)
    } else {
        ReadError::Io(error)
    }
}

fn zstd_error(error: io::Error, at_end: bool) -> ReadError {
    if at_end { ReadError::Truncated } else { expansion_error(error) }
}

/// Frames of Zstandard one after the other, skippable ones left out, checksums compared.
struct Zstd {
    source: BufReader<Metered>,
    decoder: FrameDecoder,
    in_frame: bool,
}

impl Zstd {
    fn new(source: BufReader<Metered>) -> Self {
        Self { source, decoder: FrameDecoder::new(), in_frame: false }
    }

    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(buf);
            }
            if self.in_frame && self.decoder.is_finished() {
                self.check_sum()?;
                self.in_frame = false;
            }
            if self.in_frame {
                self.decoder
                    .decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(corrupt)?;
            } else if !self.next_frame()? {
                return Ok(0);
            }
        }
    }

    /// Goes to the next frame with data; `false` at the end of the input.
    fn next_frame(&mut self) -> io::Result<bool> {
        if self.source.fill_buf()?.is_empty() {
            return Ok(false);
        }
        match self.decoder.init(&mut self.source) {
            Ok(()) => self.in_frame = true,
            Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                length,
                ..
            })) => {
                let skipped =
                    io::copy(&mut (&mut self.source).take(length.into()), &mut io::sink())?;
                if skipped < u64::from(length) {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
            }
            Err(error) => return Err(corrupt(error)),
        }
        Ok(true)
    }

    fn check_sum(&self) -> io::Result<()> {
        match (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum()) {
            (Some(stated), Some(found)) if stated != found => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "the checksum does not fit"))
            }
            _ => Ok(()),
        }
    }
}

fn corrupt(error: FrameDecoderError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
