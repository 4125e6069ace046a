#![doc = include_str!("../README.md")]
//!
//! **Invariant: knows no other crate of the workspace and no async runtime.** A component or an architecture that is
//! not supported is refused by name; a damaged model is an error; any text is parsed without a panic.

mod config;
mod doc;
mod encoder;
mod error;
mod files;
mod hash;
mod kernels;
mod layers;
mod lemma;
mod lexicon;
mod linalg;
mod mix_cache;
mod ner;
mod parser;
mod pattern;
mod pipeline;
mod ruler;
mod symbols;
mod tagger;
mod tokenizer;
mod transition;
mod unicode;
mod value;
mod vectors;

pub use doc::{Doc, Ent};
pub use error::ModelError;
pub use pipeline::{Components, Pipeline};
