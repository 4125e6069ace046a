//! Ingest, worker loop, sink, configuration, telemetry and the admin page of copydesk.
