//! The whole pipeline of the real small model over any text. `COPYDESK_MODEL` names the wheel.

#![no_main]

use std::sync::OnceLock;

use copydesk_nlp::{Components, Pipeline};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    static PIPELINE: OnceLock<Pipeline> = OnceLock::new();
    let pipeline = PIPELINE.get_or_init(|| copydesk_fuzz::pipeline(Components::Full));
    copydesk_fuzz::check(&pipeline.parse(text), text);
});
