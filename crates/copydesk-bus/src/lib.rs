//! Streams, subjects, deliveries and dead letters on NATS JetStream, and the supervised local server.
