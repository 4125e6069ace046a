//! Publishing: message ids, wrong streams, full ones, a server that goes away.

use std::time::Instant;

use copydesk_bus::BusError;

use super::*;

#[tokio::test]
async fn a_message_id_is_stored_once_even_after_the_server_was_killed() {
    let mut server = NatsServer::start();
    let bus = connect(&server).await;
    let first = bus.publish(message("a")).await.unwrap();
    assert!(!first.duplicate);
    let again = bus.publish(message("a")).await.unwrap();
    assert_eq!((again.seq, again.duplicate), (first.seq, true));
    server.kill9();
    server.restart();
    let later = bus.publish(message("a")).await.unwrap();
    assert_eq!((later.seq, later.duplicate), (first.seq, true));
    assert_eq!(bus.publish(message("b")).await.unwrap().seq, first.seq + 1);
    assert_eq!(bus.stream_state(StreamName::Raw).await.unwrap().messages, 2);
}

#[tokio::test]
async fn what_is_on_its_way_when_the_server_dies_is_stored_once() {
    let mut server = NatsServer::start();
    let bus = connect(&server).await;
    let mut pending = Vec::new();
    for n in 0..200 {
        pending.push(bus.publish_start(message(&format!("m{n}"))).await.unwrap());
        if n == 100 {
            server.kill9();
            server.restart();
        }
    }
    for pending in pending {
        pending.acked().await.unwrap();
    }
    assert!(bus.reconnects() >= 1);
    assert_eq!(bus.stream_state(StreamName::Raw).await.unwrap().messages, 200);
}

#[tokio::test]
async fn messages_of_one_writer_are_stored_in_its_order() {
    let server = NatsServer::start();
    let bus = connect(&server).await;
    let mut pending = Vec::new();
    for n in 0..100 {
        pending.push(bus.publish_start(message(&n.to_string())).await.unwrap());
    }
    for (n, pending) in (1..).zip(pending) {
        assert_eq!(pending.acked().await.unwrap().seq, n);
    }
}

#[tokio::test]
async fn a_full_stream_says_so_and_takes_more_when_there_is_room() {
    let server = NatsServer::start();
    let bus =
        Bus::connect(&BusOptions { stream_bytes: 1 << 20, ..options(&server) }).await.unwrap();
    bus.ensure_streams().await.unwrap();
    let large = |id: String| Outgoing { payload: vec![b'x'; 300 << 10].into(), ..message(&id) };
    let mut stored = 0;
    let full = loop {
        match bus.publish(large(stored.to_string())).await {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(full, BusError::Full { stream: StreamName::Raw, .. }), "{full:?}");
    assert!(full.is_transient(), "waiting helps");
    assert!((1..10).contains(&stored), "{stored}");
    let state = bus.stream_state(StreamName::Raw).await.unwrap();
    assert_eq!((state.first_seq, state.messages), (1, stored), "nothing old was dropped");
    let duplicate = bus.publish(large("0".into())).await.unwrap();
    assert!(duplicate.duplicate, "what is known needs no room");
    assert_eq!(bus.purge_below(StreamName::Raw, 2).await.unwrap(), 1);
    bus.publish(large("room".into())).await.unwrap();
}

#[tokio::test]
async fn what_the_server_will_not_take_is_told_apart() {
    let server = NatsServer::start();
    let bus = connect(&server).await;
    bus.publish(message("a")).await.unwrap();
    let wrong = Outgoing { expected_last_seq: Some(7), ..message("b") };
    let refused = bus.publish(wrong).await.unwrap_err();
    assert!(matches!(refused, BusError::WrongLastSequence { expected: 7, .. }), "{refused:?}");
    let large = Outgoing { payload: vec![0; 5 << 20].into(), ..message("c") };
    let refused = bus.publish(large).await.unwrap_err();
    assert!(matches!(refused, BusError::TooLarge { bytes, .. } if bytes == 5 << 20), "{refused:?}");
    // The stream that a subject belongs to must be the one that was meant.
    let elsewhere = Outgoing { stream: StreamName::Unique, ..message("d") };
    assert!(bus.publish(elsewhere).await.is_err());
    assert!(bus.is_connected(), "none of it costs the connection");
    assert_eq!(bus.stream_state(StreamName::Raw).await.unwrap().messages, 1);
}

#[tokio::test]
async fn streams_are_made_once_and_differ_from_nothing() {
    let server = NatsServer::start();
    let bus = connect(&server).await;
    publish(&bus, 3).await;
    let created = bus.stream_state(StreamName::Raw).await.unwrap().created;
    bus.ensure_streams().await.unwrap();
    let wider = BusOptions { stream_bytes: 128 << 20, ..options(&server) };
    Bus::connect(&wider).await.unwrap().ensure_streams().await.unwrap();
    let state = bus.stream_state(StreamName::Raw).await.unwrap();
    assert_eq!((state.created, state.messages), (created, 3));
}

#[tokio::test]
async fn nobody_at_the_url_is_told_soon() {
    let mut server = NatsServer::start();
    let options = options(&server);
    server.kill9();
    let start = Instant::now();
    let error = Bus::connect(&options).await.unwrap_err();
    assert!(matches!(error, BusError::Unreachable { .. }), "{error:?}");
    assert!(error.to_string().contains(&options.url));
    assert!(start.elapsed() < Duration::from_secs(10));
}
