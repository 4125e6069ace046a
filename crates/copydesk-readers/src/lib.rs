//! Bytes of a known format to articles: text, Markdown, HTML, JSON, JSON Lines, gzip, zstd.
