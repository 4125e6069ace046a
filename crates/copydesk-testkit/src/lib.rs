//! Helpers for tests: a real nats-server, the model, an article, and waiting for a condition.
//!
//! **Invariant: a dependency of tests only, and it never skips.** A server or model that is missing and cannot be
//! fetched is a panic with the reason, so that a test that did not run never looks like one that passed.

mod artefacts;
mod article;
mod server;
mod wait;

pub use artefacts::{model, nats_server_binary};
pub use article::article;
pub use server::NatsServer;
pub use wait::{wait_for, wait_until};
