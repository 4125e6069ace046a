//! Which reader an input goes to: by its name first, by its content where the name is silent.

use crate::ReadError;
use crate::expand::Compression;

/// A format that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Markdown,
    Html,
    Json,
    JsonLines,
}

impl Format {
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain",
            Self::Markdown => "text/markdown",
            Self::Html => "text/html",
            Self::Json => "application/json",
            Self::JsonLines => "application/x-ndjson",
        }
    }
}

/// A format for help texts and documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormatInfo {
    /// Extensions in lower case, without the dot.
    pub extensions: &'static [&'static str],
    /// Media type in the record.
    pub media_type: &'static str,
    /// What it is read as.
    pub read_as: &'static str,
}

/// The extensions and what they are read as; each also with `.gz` or `.zst` behind it.
pub fn formats() -> &'static [FormatInfo] {
    const FORMATS: &[FormatInfo] = &[
        FormatInfo {
            extensions: &["txt", "text"],
            media_type: "text/plain",
            read_as: "one article of plain text, with optional `Key: value` header lines",
        },
        FormatInfo {
            extensions: &["md", "markdown"],
            media_type: "text/markdown",
            read_as: "one article in Markdown, with optional front matter",
        },
        FormatInfo {
            extensions: &["html", "htm", "xhtml"],
            media_type: "text/html",
            read_as: "one web page: metadata from JSON-LD and meta tags, the main text",
        },
        FormatInfo {
            extensions: &["json"],
            media_type: "application/json",
            read_as: "one article or an array of them: generic, schema.org, ninjs, NewsAPI, Media Cloud",
        },
        FormatInfo {
            extensions: &["jsonl", "ndjson"],
            media_type: "application/x-ndjson",
            read_as: "one article a line",
        },
    ];
    FORMATS
}

/// Extensions of formats that are known and not read.
const UNSUPPORTED: &[&str] = &[
    "7z", "avi", "bz2", "csv", "doc", "docx", "eml", "epub", "gif", "jpeg", "jpg", "mbox", "mp3",
    "mp4", "nitf", "odt", "pdf", "png", "ppt", "pptx", "rar", "rss", "rtf", "tar", "tgz", "tsv",
    "warc", "webp", "xls", "xlsx", "xml", "xz", "zip",
];

/// Marks at the start of binary formats.
const MAGIC: &[(&[u8], &str)] = &[
    (b"%PDF-", "pdf"),
    (b"PK\x03\x04", "zip"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"7z\xbc\xaf\x27\x1c", "7z"),
    (b"\x89PNG", "png"),
    (b"\xff\xd8\xff", "jpg"),
    (b"GIF8", "gif"),
    (b"\xd0\xcf\x11\xe0", "doc"),
    (b"{\\rtf", "rtf"),
];

/// What a name says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// `None` when the name does not tell.
    pub(crate) format: Option<Format>,
    pub(crate) compression: Compression,
}

/// Reads the extensions of `name`, a path, a bare name or `-`.
pub(crate) fn by_name(name: &str) -> Result<Named, ReadError> {
    let file = name.rsplit(['/', '\\']).next().unwrap_or_default().to_ascii_lowercase();
    let (stem, compression) = match file.rsplit_once('.') {
        Some((stem, "gz")) => (stem, Compression::Gzip),
        Some((stem, "zst")) => (stem, Compression::Zstd),
        _ => (file.as_str(), Compression::None),
    };
    let extension = stem.rsplit_once('.').map_or("", |(_, extension)| extension);
    if UNSUPPORTED.contains(&extension) {
        return Err(ReadError::UnsupportedFormat(extension.to_owned()));
    }
    let format = match extension {
        "txt" | "text" => Some(Format::Text),
        "md" | "markdown" => Some(Format::Markdown),
        "html" | "htm" | "xhtml" => Some(Format::Html),
        "json" => Some(Format::Json),
        "jsonl" | "ndjson" => Some(Format::JsonLines),
        _ => None,
    };
    Ok(Named { format, compression })
}

/// The binary format that `start` shows, whatever the name.
pub(crate) fn magic(start: &[u8]) -> Option<&'static str> {
    MAGIC.iter().find(|(mark, _)| start.starts_with(mark)).map(|(_, name)| *name)
}

/// The format of content without a telling name. JSON may turn out to be JSON Lines.
pub(crate) fn by_content(start: &[u8]) -> Format {
    let start = start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(start).trim_ascii_start();
    let head = start.get(..start.len().min(1024)).unwrap_or_default().to_ascii_lowercase();
    let holds = |tag: &[u8]| head.windows(tag.len()).any(|window| window == tag);
    match start.first() {
        Some(b'{' | b'[') => Format::Json,
        Some(b'<')
            if holds(b"<!doctype html")
                || holds(b"<html")
                || holds(b"<head")
                || holds(b"<body") =>
        {
            Format::Html
        }
        _ => Format::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let check = |name: &str, format: Option<Format>, compression: Compression| {
            assert_eq!(by_name(name).unwrap(), Named { format, compression }, "{name}");
        };
        check("wire/000.txt", Some(Format::Text), Compression::None);
        check("A.HTML", Some(Format::Html), Compression::None);
        check("dump.jsonl.gz", Some(Format::JsonLines), Compression::Gzip);
        check("dump.ndjson.zst", Some(Format::JsonLines), Compression::Zstd);
        check("story.gz", None, Compression::Gzip);
        check("v1.2/readme", None, Compression::None);
        check("-", None, Compression::None);
        check("notes.draft", None, Compression::None);
        for bad in ["a.pdf", "a.docx", "feed.xml.gz", "a.csv"] {
            assert_eq!(by_name(bad).unwrap_err().reason(), "unsupported_format", "{bad}");
        }
    }

    #[test]
    fn contents() {
        let check = |start: &str, format: Format| {
            assert_eq!(by_content(start.as_bytes()), format, "{start}");
        };
        check("\u{feff} {\"text\": 1}", Format::Json);
        check("[{}]", Format::Json);
        check("<!-- x --><!DOCTYPE html><p>", Format::Html);
        check("<b>bold</b> beginning", Format::Text);
        check("Ministers met.", Format::Text);
        check("", Format::Text);
    }

    #[test]
    fn every_listed_extension_is_read_as_listed() {
        for info in formats() {
            for extension in info.extensions {
                let format = by_name(&format!("x.{extension}")).unwrap().format.unwrap();
                assert_eq!(format.media_type(), info.media_type);
            }
        }
    }
}
