//! What kind of failure an error is, and the way out of it.

use copydesk_bus::{BusError, ServerError};
use copydesk_kb::{BuildError, ListError, OpenError};
use copydesk_nlp::ModelError;
use copydesk_provision::ProvisionError;

use crate::Panicked;
use crate::config::ConfigError;
use crate::connect::NotRunning;

/// Kinds of failure, by what the caller can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The reader of our output has gone: no failure at all.
    OutputClosed,
    /// Data that was given is damaged or of no use.
    Data,
    /// NATS is out of reach.
    Nats,
    /// A bug of copydesk.
    Bug,
    /// The configuration, or what it names, is wrong.
    Config,
    /// Anything else.
    Other,
}

/// The kind of `error`, by the first of its causes that tells.
pub fn classify(error: &anyhow::Error) -> Failure {
    for cause in error.chain() {
        if cause.downcast_ref::<std::io::Error>().is_some_and(is_closed) {
            return Failure::OutputClosed;
        }
        if cause.is::<Panicked>() {
            return Failure::Bug;
        }
        if cause.is::<ModelError>()
            || cause.is::<OpenError>()
            || matches!(cause.downcast_ref(), Some(BuildError::Line { .. }))
        {
            return Failure::Data;
        }
        if matches!(cause.downcast_ref(), Some(BusError::NotFound { .. })) {
            return Failure::Other;
        }
        if cause.is::<BusError>() || cause.is::<ServerError>() || cause.is::<NotRunning>() {
            return Failure::Nats;
        }
        if cause.is::<ProvisionError>() || cause.is::<ConfigError>() || cause.is::<ListError>() {
            return Failure::Config;
        }
    }
    Failure::Other
}

fn is_closed(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::BrokenPipe
}

/// What to try, where the error itself does not say.
pub fn hint(error: &anyhow::Error) -> Option<&'static str> {
    match classify(error) {
        Failure::Data => error
            .chain()
            .find_map(|cause| cause.downcast_ref::<ModelError>())
            .map(|_| "fetch the model again: copydesk model fetch sm"),
        // What does not run is to be started, as the error says.
        Failure::Nats if error.is::<NotRunning>() => None,
        Failure::Nats => Some("see what is missing: copydesk doctor"),
        Failure::Config | Failure::OutputClosed | Failure::Bug | Failure::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[test]
    fn the_first_cause_that_tells_decides() {
        let check = |error: anyhow::Error, wanted| {
            assert_eq!(classify(&error), wanted, "{error:?}");
        };
        let closed = || std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        check(anyhow::Error::from(closed()).context("failed to write"), Failure::OutputClosed);
        check(ModelError::NoModel("x".into()).into(), Failure::Data);
        check(ProvisionError::ModelUnknown("x".into()).into(), Failure::Config);
        check(OpenError::NoBase.into(), Failure::Data);
        check(ListError::Entry(1).into(), Failure::Config);
        check(anyhow::anyhow!("no idea"), Failure::Other);
        let wrapped = Err::<(), _>(ModelError::Missing("meta.json".into())).context("load");
        check(wrapped.unwrap_err(), Failure::Data);
    }
}
