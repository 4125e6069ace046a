//! Test helpers: a real nats-server, an article builder, wait_for.
