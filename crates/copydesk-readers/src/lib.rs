//! Bytes of a known format to articles: plain text, Markdown, HTML, JSON, JSON Lines, each also as gzip or zstd.
//!
//! [`open`] takes a name and a stream of bytes and yields a [`Document`] for each article in it: its body cleaned and
//! cut into blocks by kind, what it says of itself with the origin of each value, its language. Reading is a function of
//! the bytes alone: no clock, no network, no other file.
//!
//! **Invariant: knows neither the inbox nor the bus, and no runtime.** Every byte is hostile until read: sizes, depth and
//! expansion have caps ([`Limits`]), and whatever cannot be read is a [`ReadError`] with a stable
//! [`reason`](ReadError::reason), never a panic and never a text that lost characters in silence.
//!
//! What is read and how fields are mapped: `docs/formats.md`.

mod blocks;
mod date;
mod document;
mod documents;
mod encoding;
mod error;
mod expand;
mod format;
mod html;
mod json;
mod language;
mod limits;
mod lines;
mod markdown;
mod metadata;
mod schema_org;
mod text;

pub use document::Document;
pub use documents::{Documents, open};
pub use error::{DocumentError, ReadError};
pub use format::{FormatInfo, formats};
pub use limits::Limits;
