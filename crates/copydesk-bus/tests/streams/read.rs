//! Reading a stream in order, through restarts of the server.

use copydesk_types::article_id;

use super::*;

#[tokio::test]
async fn reads_in_order_from_a_sequence_on_through_a_kill() {
    let mut server = NatsServer::start();
    let bus = connect(&server).await;
    publish(&bus, 600).await;
    let mut reader = bus.reader(StreamName::Raw, 101, false).await.unwrap();
    assert_eq!(reader.pending_at_open(), 500);
    for seq in 101..=600 {
        let read = tokio::time::timeout(LIMIT, reader.next()).await.expect("a message in time");
        let read = read.unwrap().unwrap();
        assert_eq!(read.seq, seq);
        assert_eq!(read.payload.as_ref(), format!("payload of {seq}").as_bytes());
        if seq == 300 {
            server.kill9();
            server.restart();
        }
    }
    bus.publish(message("more")).await.unwrap();
    let more = tokio::time::timeout(LIMIT, reader.next()).await.expect("a message in time");
    assert_eq!(more.unwrap().unwrap().seq, 601);
}

#[tokio::test]
async fn headers_alone_come_without_the_bodies() {
    let server = NatsServer::start();
    let bus = connect(&server).await;
    publish(&bus, 1).await;
    let mut reader = bus.reader(StreamName::Raw, 1, true).await.unwrap();
    let read = reader.next().await.unwrap().unwrap();
    assert_eq!((read.headers.id(), read.payload.len(), read.pending), (Some("1"), 0, 0));
}

#[tokio::test]
async fn decisions_of_one_stage_are_read_and_the_last_one_kept() {
    let server = NatsServer::start();
    let bus = connect(&server).await;
    for n in 0..6 {
        let stage = if n % 2 == 0 { "dedup" } else { "sink" };
        let article = article_id(&n.to_string(), "body");
        let payload = n.to_string().into_bytes();
        bus.publish(Outgoing::decision(stage, 1, &article, payload.into())).await.unwrap();
    }
    let read = async || {
        let mut reader = bus.decisions("dedup", 1).await.unwrap();
        let mut payloads = Vec::new();
        for _ in 0..reader.pending_at_open() {
            payloads.push(reader.next().await.unwrap().unwrap().payload);
        }
        payloads
    };
    assert_eq!(read().await, ["0", "2", "4"]);
    assert_eq!(bus.keep_last_decision("sink").await.unwrap(), 2);
    assert_eq!(bus.last_decision("sink").await.unwrap().unwrap().payload, "5");
    assert_eq!(read().await, ["0", "2", "4"], "those of others stay");
}

#[tokio::test]
async fn a_purge_takes_what_lies_below_and_no_more() {
    let server = NatsServer::start();
    let bus = connect(&server).await;
    publish(&bus, 10).await;
    for (below, gone) in [(0, 0), (1, 0), (4, 3), (4, 0)] {
        assert_eq!(bus.purge_below(StreamName::Raw, below).await.unwrap(), gone, "{below}");
    }
    let state = bus.stream_state(StreamName::Raw).await.unwrap();
    assert_eq!((state.first_seq, state.last_seq, state.messages), (4, 10, 7));
    assert!(bus.get_message(StreamName::Raw, 3).await.unwrap().is_none());
    assert!(bus.delete_message(StreamName::Raw, 4).await.unwrap());
    assert!(!bus.delete_message(StreamName::Raw, 4).await.unwrap());
}

#[tokio::test]
async fn a_subscription_hears_what_is_published() {
    let server = NatsServer::start();
    let bus = connect(&server).await;
    let mut heard = bus.subscribe("copydesk.v1.raw.>").await.unwrap();
    bus.flush().await.unwrap();
    publish(&bus, 1).await;
    let live = tokio::time::timeout(LIMIT, heard.next()).await.expect("a message in time").unwrap();
    assert_eq!((live.subject.as_str(), live.headers.id()), ("copydesk.v1.raw.none", Some("1")));
}
