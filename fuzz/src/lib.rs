//! What holds of every parsed document, whatever the text and the model.

use std::path::Path;

use copydesk_nlp::{Components, Doc, Pipeline};

/// The model that `COPYDESK_MODEL` names.
pub fn pipeline(components: Components) -> Pipeline {
    let model = std::env::var_os("COPYDESK_MODEL").expect("COPYDESK_MODEL names a model");
    Pipeline::load_with(Path::new(&model), components).expect("the model loads")
}

/// Panics when `doc` is no sound document of `text`.
pub fn check(doc: &Doc, text: &str) {
    assert_eq!(doc.text(), text);
    let mut again = String::with_capacity(text.len());
    for token in 0..doc.len() {
        assert_eq!(doc.start(token), again.len());
        assert!(!doc.token_text(token).is_empty());
        again.push_str(doc.token_text(token));
        assert_eq!(doc.end(token), again.len());
        if doc.space_after(token) {
            again.push(' ');
        }
    }
    assert_eq!(again, text, "tokens and spaces are the text");
    let mut next = 0;
    for sent in doc.sents() {
        assert!(sent.start == next && sent.end > next && doc.is_sent_start(sent.start));
        next = sent.end;
    }
    assert_eq!(next, doc.len(), "sentences cover the document");
    let mut after = 0;
    for &ent in doc.ents() {
        assert!(ent.start >= after && ent.end > ent.start && ent.end <= doc.len() && !doc.ent_label(ent).is_empty());
        after = ent.end;
    }
    for token in 0..doc.len() {
        assert!(doc.head(token) < doc.len());
        assert!(doc.ancestors(token).count() < doc.len(), "a token is below itself");
        let subtree: Vec<usize> = doc.subtree(token).collect();
        assert!(subtree.contains(&token) && subtree.windows(2).all(|w| w[0] < w[1]));
    }
}
