//! The way to NATS: the server that was named, or one of our own.

use std::path::PathBuf;

use anyhow::Context as _;
use copydesk_bus::{Bus, BusOptions, LocalServer, ServerOptions};
use copydesk_provision::Places;

use crate::config::{Config, Durability};
use crate::model::Progress;

/// No copydesk runs that could be asked.
#[derive(Debug, thiserror::Error)]
#[error(
    "find a running copydesk over {}: start `copydesk run` with this --data-dir, or name the server with --nats-url",
    data_dir.display()
)]
pub struct NotRunning {
    /// Where it was looked for.
    pub data_dir: PathBuf,
}

/// A connection, and the server when it is ours.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) bus: Bus,
    pub(crate) url: String,
    pub(crate) server: Option<LocalServer>,
}

/// Connects; without a URL a local server is found or fetched, started and supervised.
pub(crate) async fn connect(config: &Config, progress: Progress<'_>) -> anyhow::Result<Connection> {
    if let Some(url) = config.nats.url.get() {
        let bus = Bus::connect(&options(config, url)).await?;
        return Ok(Connection { bus, url: url.to_owned(), server: None });
    }
    let given = config.nats.server.path();
    let found = blocking(|| copydesk_provision::nats_server(given, &Places::of_user(), progress))?;
    let server = LocalServer::start(ServerOptions {
        binary: found.path,
        data_dir: config.data_dir.clone(),
        strict: config.nats.durability == Durability::Strict,
    })
    .await?;
    let url = server.url().to_owned();
    if server.adopted() {
        progress(&format!("using the nats-server that is there at {url}"));
    }
    let bus = Bus::connect(&options(config, &url)).await?;
    Ok(Connection { bus, url, server: Some(server) })
}

/// Connects to what runs already, and starts nothing.
pub(crate) async fn connect_to_running(config: &Config) -> anyhow::Result<Connection> {
    let url = match config.nats.url.get() {
        Some(url) => url.to_owned(),
        None => LocalServer::find(&config.data_dir)
            .ok_or_else(|| NotRunning { data_dir: config.data_dir.clone() })?,
    };
    let bus = Bus::connect(&options(config, &url)).await?;
    Ok(Connection { bus, url, server: None })
}

fn options(config: &Config, url: &str) -> BusOptions {
    BusOptions {
        url: url.to_owned(),
        credentials: config.nats.credentials.path().map(Into::into),
        stream_bytes: config.nats.stream_bytes.as_i64(),
        replicas: config.nats.replicas,
        name: "copydesk".into(),
    }
}

/// Runs what blocks, on a runtime with threads or without.
pub(crate) fn blocking<T>(work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    if Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread {
        tokio::task::block_in_place(work)
    } else {
        work()
    }
}

impl Connection {
    /// Sends what is left; a server of ours is stopped last.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        let drained = self.bus.drain().await;
        if let Some(server) = self.server {
            server.stop().await;
        }
        drained.context("close the connection")
    }
}
