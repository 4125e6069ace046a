//! The bus over a real server: publishing, deliveries, dead letters, reading, restarts.

mod cluster;
mod consume;
mod dead;
mod publish;
mod read;

use std::time::Duration;

use copydesk_bus::{Bus, BusOptions, Consumer, ConsumerSpec, Delivery, Outgoing, StreamName};
use copydesk_testkit::{NatsServer, wait_for};

const LIMIT: Duration = Duration::from_secs(20);

fn options(server: &NatsServer) -> BusOptions {
    BusOptions {
        url: server.url(),
        credentials: None,
        stream_bytes: 64 << 20,
        replicas: 1,
        name: "bus test".into(),
    }
}

async fn connect(server: &NatsServer) -> Bus {
    let bus = Bus::connect(&options(server)).await.expect("connect to the server");
    bus.ensure_streams().await.expect("make the streams");
    bus
}

/// A message with this id in the first stream.
fn message(id: &str) -> Outgoing {
    Outgoing {
        stream: StreamName::Raw,
        subject: "copydesk.v1.raw.none".into(),
        id: id.into(),
        headers: vec![("Copydesk-Ready".into(), "17".into())],
        payload: format!("payload of {id}").into_bytes().into(),
        expected_last_seq: None,
    }
}

async fn publish(bus: &Bus, count: usize) {
    for n in 1..=count {
        bus.publish(message(&n.to_string())).await.expect("store a message");
    }
}

/// A consumer that notices everything soon.
fn spec() -> ConsumerSpec {
    ConsumerSpec {
        ack_wait: Duration::from_secs(1),
        retry_delays: vec![Duration::from_millis(50)],
        heartbeat: Duration::from_millis(500),
        expires: Duration::from_secs(2),
        pin_timeout: Duration::from_secs(2),
        ..ConsumerSpec::new(StreamName::Raw, "dedup", 1, 10)
    }
}

async fn next(consumer: &mut Consumer) -> Delivery {
    let next = tokio::time::timeout(LIMIT, consumer.next());
    let delivery = next.await.expect("a delivery in time").expect("a consumer that works");
    delivery.expect("a consumer that goes on")
}

/// Waits until nothing is out and nothing waits: an ack that does nothing would leave it out.
async fn wait_until_settled(bus: &Bus) {
    wait_for("everything to be settled", LIMIT, || async {
        let state = bus.consumer_state(StreamName::Raw, "dedup").await.ok()?;
        (state.pending == 0 && state.ack_pending == 0).then_some(())
    })
    .await;
}
