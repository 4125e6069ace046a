//! Caps on what reading may cost.

const MIB: usize = 1024 * 1024;

/// What reading is allowed to cost. Every cap has its own [`reason`](crate::ReadError::reason) when it is met.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of the input as it lies on disk (`too_large`). 256 MiB.
    pub file_bytes: u64,
    /// Bytes that a compressed input may expand to (`expansion`). 1 GiB.
    pub expanded_bytes: u64,
    /// Expanded bytes for one compressed byte, beyond a first MiB that is always allowed (`expansion`). 200.
    pub ratio: u64,
    /// Bytes of one body as UTF-8 (`too_large`); one NATS message holds 4 MiB. 3 MiB.
    pub document_bytes: usize,
    /// Bytes of one record in JSON, with its escapes and unused fields (`too_large`). 16 MiB.
    pub record_bytes: usize,
    /// Bytes of an HTML page (`too_large`). 8 MiB.
    pub html_bytes: usize,
    /// Open elements up to which a page is parsed; beyond, its tags are only stripped. 512.
    pub html_depth: usize,
    /// Open elements above which a page is refused (`depth`). 4,096.
    pub html_depth_hard: usize,
    /// Bytes of a bad record that an error carries. 64 KiB.
    pub error_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 256 * MIB as u64,
            expanded_bytes: 1024 * MIB as u64,
            ratio: 200,
            document_bytes: 3 * MIB,
            record_bytes: 16 * MIB,
            html_bytes: 8 * MIB,
            html_depth: 512,
            html_depth_hard: 4096,
            error_bytes: 64 * 1024,
        }
    }
}
