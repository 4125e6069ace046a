//! A record as ingest makes it.

use copydesk_types::{
    Article, Block, BlockKind, Language, Provenance, Record, Source, Text, TextMethod, article_id,
    clean,
};

/// A record of `text`, in English, with a block for each paragraph and everything else unknown. Its id depends on
/// the text alone, so equal texts make equal records.
pub fn article(text: &str) -> Record {
    let body = clean(text);
    let id = article_id("testkit", &body);
    let source = Source {
        path: format!("{id}.txt"),
        member: None,
        bytes: text.len() as u64,
        sha256: "0".repeat(64),
        media_type: "text/plain".into(),
        encoding: "utf-8".into(),
        encoding_errors: false,
        received_at: None,
    };
    let language = Language { code: "en".into(), confidence: 1.0 };
    let article = Article { language, ..Article::default() };
    let blocks = paragraphs(&body);
    let text = Text::new(body, TextMethod::Plain, blocks);
    Record::new(id, source, article, text, Provenance::default())
}

/// The parts between empty lines.
fn paragraphs(body: &str) -> Vec<Block> {
    let mut at = 0;
    let mut blocks = Vec::new();
    for part in body.split("\n\n") {
        let start = at + (part.len() - part.trim_start().len());
        let end = start + part.trim().len();
        if start < end {
            blocks.push(Block { kind: BlockKind::Paragraph, start, end });
        }
        at += part.len() + 2;
    }
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_article_is_sound_and_depends_on_its_text() {
        let record = article("The mayor spoke.\n\n\n\n Café owners\nagreed. \n");
        let parts: Vec<_> =
            record.text.blocks.iter().map(|b| record.text.body.get(b.start..b.end)).collect();
        assert_eq!(parts, [Some("The mayor spoke."), Some("Café owners\nagreed.")]);
        let json = record.to_json().unwrap();
        assert_eq!(Record::from_json(&json).unwrap(), record);
        assert_eq!(article("One.").id, article("One.").id);
        assert_ne!(article("One.").id, article("Two.").id);
        assert!(article("").text.blocks.is_empty());
    }
}
