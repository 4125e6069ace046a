//! What the tests with a real server share.

use copydesk_bus::{Bus, BusOptions};
use copydesk_testkit::NatsServer;

/// A connection to `server` with all streams there.
pub(crate) async fn connect(server: &NatsServer) -> Bus {
    let options = BusOptions {
        url: server.url(),
        credentials: None,
        stream_bytes: 256 << 20,
        replicas: 1,
        name: "test".into(),
    };
    let bus = Bus::connect(&options).await.unwrap();
    bus.ensure_streams().await.unwrap();
    bus
}
