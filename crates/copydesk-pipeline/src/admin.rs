//! The HTTP pages of a run: `/metrics`, `/healthz`, `/readyz`, `/version`.

use std::net::SocketAddr;

use anyhow::Context as _;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;

use crate::monitor::Health;
use crate::shutdown::Shutdown;
use crate::telemetry;

/// What the pages show.
#[derive(Clone)]
struct Pages {
    metrics: PrometheusHandle,
    health: Health,
}

/// Takes the address, so that a port in use is found out before anything starts.
pub(crate) async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("listen on {address} for metrics and health; take another with --http, port 0 is a free one")
    })
}

/// Answers until the drain is over: `/readyz` says no meanwhile, and `/metrics` is wanted most then.
pub(crate) async fn serve(
    listener: TcpListener,
    metrics: PrometheusHandle,
    health: Health,
    shutdown: Shutdown,
) -> anyhow::Result<()> {
    let pages = Router::new()
        .route("/metrics", get(scrape))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz))
        .route("/version", get(version))
        .with_state(Pages { metrics, health });
    let draining = shutdown.draining().clone();
    let serving = axum::serve(listener, pages);
    tokio::select! {
        served = async { serving.await } => served.context("serve metrics and health"),
        () = draining.cancelled() => Ok(()),
    }
}

async fn scrape(State(pages): State<Pages>) -> impl IntoResponse {
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, telemetry::render(&pages.metrics))
}

async fn readyz(State(pages): State<Pages>) -> impl IntoResponse {
    let ready = pages.health.is_ready();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let body = serde_json::json!({ "ready": ready, "checks": pages.health.checks() });
    (status, json(&body))
}

async fn version() -> impl IntoResponse {
    let commit = option_env!("COPYDESK_COMMIT").unwrap_or("unknown");
    json(&serde_json::json!({ "version": env!("CARGO_PKG_VERSION"), "commit": commit }))
}

fn json(body: &serde_json::Value) -> impl IntoResponse + use<> {
    ([(header::CONTENT_TYPE, "application/json")], format!("{body}\n"))
}
