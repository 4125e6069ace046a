//! Why an input, or one record of it, could not be read.

/// Why an input, or one record of it, could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No byte, or white space only.
    #[error("find any text: the input is empty")]
    Empty,
    /// More bytes than a cap allows.
    #[error("read the {what}: larger than {limit} bytes")]
    TooLarge {
        /// What is too large: file, record, page, body.
        what: &'static str,
        /// The cap in bytes.
        limit: u64,
    },
    /// A compressed input that expands to more than is allowed.
    #[error("expand the input: {expanded} bytes from {compressed}, beyond the cap")]
    Expansion {
        /// Bytes that came out so far.
        expanded: u64,
        /// Bytes that went in so far.
        compressed: u64,
    },
    /// A compressed input that ends before its own end mark.
    #[error("expand the input: it ends too soon")]
    Truncated,
    /// A compressed input that is damaged, or is not what its name says.
    #[error("expand the input")]
    Corrupt(#[source] std::io::Error),
    /// Bytes that are no text: NULs, control characters, the marks of a binary format.
    #[error("read the input as text: {0}")]
    NotText(&'static str),
    /// Text in no encoding that explains all of its bytes.
    #[error("decode the text: {what} at byte {offset}")]
    BadEncoding {
        /// What does not fit.
        what: &'static str,
        /// Where, in bytes from the start of the input or record.
        offset: usize,
        /// Whether the text ends within a character.
        incomplete: bool,
    },
    /// Not JSON.
    #[error("parse the JSON at line {line}, column {column}")]
    BadJson {
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// Whether the text merely ends too soon.
        incomplete: bool,
        /// What the parser says.
        #[source]
        source: serde_json::Error,
    },
    /// Nested deeper than is allowed.
    #[error("read the {what}: nested deeper than {limit} levels")]
    Depth {
        /// What is nested: page, JSON.
        what: &'static str,
        /// The cap.
        limit: usize,
    },
    /// Readable, but without a body: no field for it, or no words in it.
    #[error("find an article: {0}")]
    NoText(&'static str),
    /// A format that is not read.
    #[error("read the format {0}")]
    UnsupportedFormat(String),
    /// The input could not be read at all.
    #[error("read the input")]
    Io(#[source] std::io::Error),
}

impl ReadError {
    /// A stable `snake_case` token for metrics, `error.json` files and dead letters.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooLarge { .. } => "too_large",
            Self::Expansion { .. } => "expansion",
            Self::Truncated => "truncated",
            Self::Corrupt(_) => "corrupt",
            Self::NotText(_) => "not_text",
            Self::BadEncoding { .. } => "bad_encoding",
            Self::BadJson { .. } => "bad_json",
            Self::Depth { .. } => "depth",
            Self::NoText(_) => "no_text",
            Self::UnsupportedFormat(_) => "unsupported_format",
            Self::Io(_) => "io",
        }
    }

    /// Whether more bytes could mend it, as when the file is still being written: nothing there yet, a compressed
    /// stream, JSON or a character that ends too soon.
    pub fn may_be_incomplete(&self) -> bool {
        match self {
            Self::Empty | Self::Truncated => true,
            Self::BadEncoding { incomplete, .. } | Self::BadJson { incomplete, .. } => *incomplete,
            Self::TooLarge { .. }
            | Self::Expansion { .. }
            | Self::Corrupt(_)
            | Self::NotText(_)
            | Self::Depth { .. }
            | Self::NoText(_)
            | Self::UnsupportedFormat(_)
            | Self::Io(_) => false,
        }
    }

    /// The error for what `serde_json` refused. Its recursion limit has no category of its own.
    pub(crate) fn json(source: serde_json::Error) -> Self {
        if source.to_string().starts_with("recursion limit exceeded") {
            return Self::Depth { what: "JSON", limit: crate::json::DEPTH };
        }
        Self::BadJson {
            line: source.line(),
            column: source.column(),
            incomplete: source.is_eof(),
            source,
        }
    }
}

/// A document that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("read {}", self.member.as_deref().unwrap_or("the document"))]
pub struct DocumentError {
    /// Which document of the file: `L12`, `rec3`; none for a file that is one article.
    pub member: Option<String>,
    /// Where it starts, in bytes of the (expanded) input, where that is known.
    pub offset: Option<u64>,
    /// Whether the rest of the file cannot be read either.
    pub fatal: bool,
    /// The raw record, capped by [`Limits::error_bytes`](crate::Limits); empty where the file itself is the record.
    pub bytes: Vec<u8>,
    /// Why.
    #[source]
    pub error: ReadError,
}
