//! The knowledge base: persons, organizations and places by every name they have, in one file that can be mapped into
//! memory, with its builder and a default base that is part of the program.
//!
//! The index is an `fst` map from the folded alias to the entities that have it (Gallant, *Index 1,600,000,000 Keys with
//! Automata and Rust*) with a hash table beside it that saves most walks through it; the rest are tables of fixed width.
//! `format` has the layout.
//!
//! **Invariant: knows no article, no model and no network.** [`Base`] reads bytes that it is given; only the builder
//! touches files.

mod base;
mod build;
mod copy;
mod entry;
mod error;
mod fold;
mod format;
mod geonames;
mod index;
mod list;
mod shortcut;
mod sort;
mod user;
mod wikidata;

pub use base::{Base, BaseBytes, Fact, Hit, Hits};
pub use build::{BuildOptions, Builder, Summary};
pub use copy::read_base;
pub use entry::Entry;
pub use error::{BuildError, OpenError};
pub use fold::fold;
pub use format::{AliasKind, Flags};
pub use geonames::read_geonames;
pub use list::{read_csv, read_json_lines};
pub use user::{ListError, UserAlias, UserLists};
pub use wikidata::read_wikidata;
