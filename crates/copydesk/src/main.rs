//! The copydesk command: arguments, exit codes, printing.
//!
//! **Invariant: knows how nothing works.** Everything that is done is done by `copydesk-pipeline`.

mod args;
mod commands;
mod exit;
mod printing;
mod samples;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let args = args::Args::parse();
    exit::code(std::panic::catch_unwind(|| commands::run(args.command)))
}
