//! Deliveries: settling, redelivery, supervision of the consumer.

use std::collections::BTreeSet;

use super::*;

#[tokio::test]
async fn what_is_done_is_gone_and_what_is_dropped_comes_again() {
    let server = NatsServer::start();
    let bus = connect(&server).await;
    publish(&bus, 2).await;
    let mut consumer = bus.consumer(spec()).await.unwrap();
    let first = next(&mut consumer).await;
    assert_eq!((first.seq(), first.attempt(), first.exhausted()), (1, 1, false));
    assert_eq!(first.payload().as_ref(), b"payload of 1");
    assert_eq!(first.ready_unix_ns(), Some(17));
    first.done().await.unwrap();
    drop(next(&mut consumer).await);
    let again = next(&mut consumer).await;
    assert_eq!((again.seq(), again.attempt()), (2, 2));
    again.done().await.unwrap();
    wait_until_settled(&bus).await;
}

#[tokio::test]
async fn what_is_given_back_comes_again_after_a_delay_until_it_is_exhausted() {
    let server = NatsServer::start();
    let bus = connect(&server).await;
    publish(&bus, 1).await;
    let mut consumer = bus.consumer(ConsumerSpec { max_deliver: 3, ..spec() }).await.unwrap();
    for attempt in 1..3 {
        let delivery = next(&mut consumer).await;
        assert_eq!((delivery.attempt(), delivery.exhausted()), (attempt, false));
        let start = tokio::time::Instant::now();
        delivery.retry().await.unwrap();
        let state = bus.consumer_state(StreamName::Raw, "dedup").await.unwrap();
        assert!(state.ack_pending == 1 || start.elapsed() >= Duration::from_millis(50));
    }
    let last = next(&mut consumer).await;
    assert_eq!((last.attempt(), last.exhausted()), (3, true));
    last.done().await.unwrap();
    wait_until_settled(&bus).await;
}

#[tokio::test]
async fn progress_keeps_a_slow_delivery_from_coming_again() {
    let server = NatsServer::start();
    let bus = connect(&server).await;
    publish(&bus, 1).await;
    let mut consumer = bus.consumer(spec()).await.unwrap();
    let slow = next(&mut consumer).await;
    let progress = slow.progress();
    // Three times the wait.
    tokio::select! {
        _ = progress.keep_alive() => {}
        again = consumer.next() => panic!("it came again: {again:?}"),
        () = tokio::time::sleep(Duration::from_secs(3)) => {}
    }
    slow.done().await.unwrap();
    wait_until_settled(&bus).await;
    assert_eq!(bus.consumer_state(StreamName::Raw, "dedup").await.unwrap().redelivered, 0);
}

#[tokio::test]
async fn a_deleted_consumer_is_made_again_behind_what_was_settled() {
    let server = NatsServer::start();
    let bus = connect(&server).await;
    publish(&bus, 5).await;
    let mut consumer = bus.consumer(spec()).await.unwrap();
    for _ in 0..5 {
        next(&mut consumer).await.done().await.unwrap();
    }
    // The consumer asks now and then how far it is; that is what it goes on from.
    wait_until_settled(&bus).await;
    assert!(tokio::time::timeout(Duration::from_secs(2), consumer.next()).await.is_err());
    bus.delete_consumer(StreamName::Raw, "dedup").await.unwrap();
    bus.publish(message("6")).await.unwrap();
    let delivery = next(&mut consumer).await;
    assert_eq!(delivery.seq(), 6, "nothing that was settled comes again");
    delivery.done().await.unwrap();
    assert!(consumer.restarts() >= 1);
    wait_until_settled(&bus).await;
}

#[tokio::test]
async fn goes_on_after_the_server_was_killed() {
    let mut server = NatsServer::start();
    let bus = connect(&server).await;
    publish(&bus, 50).await;
    let mut consumer = bus.consumer(spec()).await.unwrap();
    let mut seen = BTreeSet::new();
    while seen.len() < 60 {
        let delivery = next(&mut consumer).await;
        seen.insert(delivery.seq());
        // What was delivered by the server that died may not be settled any more; then it comes again.
        delivery.done().await.ok();
        if seen.len() == 20 {
            server.kill9();
            server.restart();
        }
        if seen.len() == 50 && seen.last() == Some(&50) {
            for n in 51..=60 {
                bus.publish(message(&n.to_string())).await.unwrap();
            }
        }
    }
    assert_eq!(seen, (1..=60).collect());
    assert!(bus.reconnects() >= 1);
}

#[tokio::test]
async fn a_paused_server_is_waited_for() {
    let server = NatsServer::start();
    let bus = connect(&server).await;
    let mut consumer = bus.consumer(spec()).await.unwrap();
    server.pause();
    assert!(tokio::time::timeout(Duration::from_secs(2), consumer.next()).await.is_err());
    server.resume();
    publish(&bus, 1).await;
    next(&mut consumer).await.done().await.unwrap();
    wait_until_settled(&bus).await;
}

#[tokio::test]
async fn a_pinned_consumer_has_one_owner_and_a_standby_takes_over() {
    let server = NatsServer::start();
    let (one, two) = (connect(&server).await, connect(&server).await);
    let pinned = ConsumerSpec { pinned: true, ..spec() };
    let mut owner = one.consumer(pinned.clone()).await.unwrap();
    publish(&one, 5).await;
    for _ in 0..5 {
        next(&mut owner).await.done().await.unwrap();
    }
    let mut standby = two.consumer(pinned).await.unwrap();
    bus_publish(&one, 6..=8).await;
    for seq in 6..=8 {
        let delivery = tokio::select! {
            delivery = next(&mut owner) => delivery,
            stolen = standby.next() => panic!("the standby got {stolen:?}"),
        };
        assert_eq!(delivery.seq(), seq);
        delivery.done().await.unwrap();
    }
    drop(owner);
    one.drain().await.unwrap();
    bus_publish(&two, 9..=9).await;
    assert_eq!(next(&mut standby).await.seq(), 9);
}

async fn bus_publish(bus: &Bus, ids: std::ops::RangeInclusive<usize>) {
    for n in ids {
        bus.publish(message(&n.to_string())).await.expect("store a message");
    }
}

#[tokio::test]
async fn draining_ends_a_consumer() {
    let server = NatsServer::start();
    let bus = connect(&server).await;
    let mut consumer = bus.consumer(spec()).await.unwrap();
    bus.drain().await.unwrap();
    let ended = tokio::time::timeout(LIMIT, consumer.next()).await.expect("an end in time");
    assert!(ended.unwrap().is_none());
}

#[tokio::test]
async fn stopping_gives_what_has_come_and_asks_for_no_more() {
    let server = NatsServer::start();
    let bus = connect(&server).await;
    publish(&bus, 6).await;
    let mut consumer = bus.consumer(ConsumerSpec { max_ack_pending: 4, ..spec() }).await.unwrap();
    let first = next(&mut consumer).await;
    consumer.stop().await;
    let mut held = vec![first];
    while let Some(delivery) = consumer.next().await.unwrap() {
        held.push(delivery);
    }
    let seqs: Vec<u64> = held.iter().map(Delivery::seq).collect();
    assert_eq!(seqs, [1, 2, 3, 4]);
    for delivery in held {
        delivery.done().await.unwrap();
    }
    bus_publish(&bus, 7..=7).await;
    let mut other = bus.consumer(ConsumerSpec { max_ack_pending: 4, ..spec() }).await.unwrap();
    for seq in 5..=7 {
        let delivery = next(&mut other).await;
        assert_eq!((delivery.seq(), delivery.attempt()), (seq, 1), "nobody had it before");
    }
}
