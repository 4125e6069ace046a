//! The connection.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::{self, context::RequestErrorKind, response::Response};
use async_nats::{Client, ConnectOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::link::Link;
use crate::{BusError, credentials, version};

/// How long a first connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long one API request or one publish waits for its answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);

/// How to reach the server and what to make there.
#[derive(Debug, Clone)]
pub struct BusOptions {
    /// `nats://host:port`, or several of one cluster with commas between them; user and password may stand in it.
    pub url: String,
    /// A file with one line, `user:password` or a token.
    pub credentials: Option<PathBuf>,
    /// Most bytes that each stream may hold; a full stream makes its writers wait.
    pub stream_bytes: i64,
    /// Copies of each stream in a cluster.
    pub replicas: usize,
    /// Name of this connection, for the server's own reports.
    pub name: String,
}

/// A connection to NATS. Clones share it.
#[derive(Debug, Clone)]
pub struct Bus {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) client: Client,
    pub(crate) js: jetstream::Context,
    pub(crate) link: Arc<Link>,
    pub(crate) options: BusOptions,
}

/// The client's own delay grows to 4 s, which turned an outage of 2 s into a gap of 4 s.
fn reconnect_delay(attempt: usize) -> Duration {
    let step = u64::try_from(attempt).unwrap_or(u64::MAX).saturating_mul(20);
    Duration::from_millis(step.min(250))
}

impl Bus {
    /// Connects, and refuses a server that is too old or has no JetStream. Later losses of the connection are
    /// mended in the background.
    pub async fn connect(options: &BusOptions) -> Result<Self, BusError> {
        let link = Arc::new(Link::new());
        let events = Arc::clone(&link);
        let mut connect = ConnectOptions::new()
            .name(&options.name)
            .connection_timeout(CONNECT_TIMEOUT)
            .request_timeout(Some(ANSWER_TIMEOUT))
            .reconnect_delay_callback(reconnect_delay)
            .event_callback(move |event| {
                events.on_event(&event);
                std::future::ready(())
            });
        if let Some(path) = &options.credentials {
            connect = credentials::apply(connect, path).await?;
        }
        let url = options.url.clone();
        let servers: Vec<&str> = url.split(',').map(str::trim).collect();
        let client = match connect.connect(servers).await {
            Ok(client) => client,
            Err(error) => return Err(BusError::Unreachable { url, source: error.into() }),
        };
        let info = client.server_info();
        version::check(&info.version)?;
        if !info.jetstream {
            return Err(BusError::NoJetStream { url });
        }
        let js =
            jetstream::context::ContextBuilder::new().timeout(ANSWER_TIMEOUT).build(client.clone());
        Ok(Self { inner: Arc::new(Inner { client, js, link, options: options.clone() }) })
    }

    /// Whether the server can be talked to right now.
    pub fn is_connected(&self) -> bool {
        self.inner.client.connection_state() == State::Connected
    }

    /// How often the connection was lost and came back.
    pub fn reconnects(&self) -> u64 {
        self.inner.link.generation()
    }

    /// How many messages of core subscriptions were dropped because nobody took them in time.
    pub fn slow_consumers(&self) -> u64 {
        self.inner.link.slow_consumers()
    }

    /// Version of the server.
    pub fn server_version(&self) -> String {
        self.inner.client.server_info().version
    }

    /// Waits until everything sent so far, settlements included, is on the wire.
    pub async fn flush(&self) -> Result<(), BusError> {
        let flushed = self.inner.client.flush().await;
        flushed.map_err(|e| BusError::Unavailable { what: "flush".into(), source: e.into() })
    }

    /// Sends what is left and closes the connection; consumers and readers then end with `None`.
    pub async fn drain(&self) -> Result<(), BusError> {
        self.inner.link.close();
        let drained = self.inner.client.drain().await;
        drained.map_err(|e| BusError::Unavailable { what: "drain".into(), source: e.into() })
    }

    /// Asks the JetStream API; `what` says in words what for.
    pub(crate) async fn api<Q, A>(
        &self,
        what: &str,
        subject: String,
        question: &Q,
    ) -> Result<A, BusError>
    where
        Q: Serialize + Sync,
        A: DeserializeOwned,
    {
        let answer = self.inner.js.request(subject, question).await;
        match answer {
            Ok(Response::Ok(answer)) => Ok(answer),
            Ok(Response::Err { error }) => Err(BusError::answered(what, error)),
            Err(error) => {
                let what = what.to_owned();
                Err(match error.kind() {
                    RequestErrorKind::NoResponders | RequestErrorKind::TimedOut => {
                        BusError::Unavailable { what, source: error.into() }
                    }
                    RequestErrorKind::InvalidSubject | RequestErrorKind::Other => {
                        BusError::Request { what, source: error.into() }
                    }
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_server_is_asked_for_soon_and_often() {
        let check = |attempt: usize, ms: u64| {
            assert_eq!(reconnect_delay(attempt), Duration::from_millis(ms), "{attempt}");
        };
        check(0, 0);
        check(1, 20);
        check(12, 240);
        check(13, 250);
        check(usize::MAX, 250);
    }
}
