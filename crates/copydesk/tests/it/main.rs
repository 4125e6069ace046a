//! The real binary in a folder of its own, looked at from outside.

#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod broken;
mod cli;
mod corpus;
mod desk;
mod enrich;
mod kill9;
// A release build does not halt at a point.
#[cfg(debug_assertions)]
mod kills;
mod order;
mod parse;
mod replace;
mod run;
