//! The tokenizer of the real small model over any text: the tokens and their spaces are the text again.
//! `COPYDESK_MODEL` names the wheel.

#![no_main]

use std::sync::OnceLock;

use copydesk_nlp::{Components, Pipeline};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    static PIPELINE: OnceLock<Pipeline> = OnceLock::new();
    let pipeline = PIPELINE.get_or_init(|| copydesk_fuzz::pipeline(Components::Ner));
    copydesk_fuzz::check(&pipeline.tokenize(text), text);
});
