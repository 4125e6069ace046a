//! Dead letters: kept with their cause, listed, replayed.

use copydesk_bus::{BusError, NewDeadLetter};

use super::*;

#[tokio::test]
async fn a_dead_letter_tells_its_story_and_goes_back() {
    let server = NatsServer::start();
    let bus = connect(&server).await;
    publish(&bus, 1).await;
    let mut consumer = bus.consumer(spec()).await.unwrap();
    let delivery = next(&mut consumer).await;
    delivery.reject(&bus, "dedup", "Bad record!", "no\nsuch\tthing").await.unwrap();
    wait_until_settled(&bus).await;
    let letters = bus.dead_letters(Some("dedup"), 10).await.unwrap();
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!((letter.stage.as_str(), letter.reason.as_str()), ("dedup", "bad_record"));
    assert_eq!(letter.cause, "no such thing");
    assert_eq!((letter.origin, letter.attempt), (Some((StreamName::Raw, 1)), 1));
    assert_eq!(letter.payload.as_ref(), b"payload of 1");
    assert_eq!(bus.dead_counts().await.unwrap().get("dedup"), Some(&1));
    assert!(bus.dead_letters(Some("extract"), 10).await.unwrap().is_empty());

    let back = bus.replay(letter.seq).await.unwrap();
    assert!(!back.duplicate);
    let again = next(&mut consumer).await;
    assert_eq!((again.seq(), again.attempt(), again.ready_unix_ns()), (back.seq, 1, Some(17)));
    assert_eq!(again.payload().as_ref(), b"payload of 1");
    again.done().await.unwrap();
    wait_until_settled(&bus).await;
    assert!(bus.replay(letter.seq).await.unwrap().duplicate, "put back twice, stored once");
    let missing = bus.replay(99).await.unwrap_err();
    assert!(matches!(missing, BusError::NotFound { .. }), "{missing:?}");
}

#[tokio::test]
async fn the_same_delivery_makes_one_dead_letter() {
    let server = NatsServer::start();
    let bus = connect(&server).await;
    publish(&bus, 1).await;
    let mut consumer = bus.consumer(spec()).await.unwrap();
    // Stored, but not given up: as if the worker had died in between.
    let delivery = next(&mut consumer).await;
    let letter = NewDeadLetter {
        stage: "dedup".into(),
        reason: "rejected".into(),
        cause: "first".into(),
        id: "dead.COPYDESK_RAW.1".into(),
        headers: Vec::new(),
        payload: delivery.payload().clone(),
    };
    bus.publish_dead(letter).await.unwrap();
    delivery.reject(&bus, "dedup", "rejected", "second").await.unwrap();
    let letters = bus.dead_letters(None, 10).await.unwrap();
    let causes: Vec<_> = letters.iter().map(|letter| letter.cause.as_str()).collect();
    assert_eq!(causes, ["first"]);
}

#[tokio::test]
async fn a_worker_that_dies_at_the_limit_leaves_a_note_of_the_server() {
    let server = NatsServer::start();
    let bus = connect(&server).await;
    publish(&bus, 1).await;
    let mut consumer = bus.consumer(ConsumerSpec { max_deliver: 2, ..spec() }).await.unwrap();
    for _ in 0..2 {
        drop(next(&mut consumer).await);
    }
    let letters = wait_for("the note", LIMIT, || async {
        let letters = bus.dead_letters(Some("dedup"), 10).await.unwrap();
        (!letters.is_empty()).then_some(letters)
    });
    let mut letters = {
        let waiting = consumer.next();
        tokio::pin!(letters);
        tokio::pin!(waiting);
        tokio::select! {
            letters = &mut letters => letters,
            more = &mut waiting => panic!("a third delivery: {more:?}"),
        }
    };
    let letter = letters.remove(0);
    assert_eq!((letter.reason.as_str(), letter.attempt), ("max_deliveries", 2));
    let back = bus.replay(letter.seq).await.unwrap();
    let again = next(&mut consumer).await;
    assert_eq!((again.seq(), again.payload().as_ref()), (back.seq, b"payload of 1".as_slice()));
    again.done().await.unwrap();
}

#[tokio::test]
async fn the_newest_letters_come_oldest_first() {
    let server = NatsServer::start();
    let bus = connect(&server).await;
    for n in 0..5 {
        let letter = NewDeadLetter {
            stage: "ingest".into(),
            reason: "empty".into(),
            cause: n.to_string(),
            id: format!("letter {n}"),
            headers: Vec::new(),
            payload: b"".as_slice().into(),
        };
        bus.publish_dead(letter).await.unwrap();
    }
    let letters = bus.dead_letters(None, 2).await.unwrap();
    let causes: Vec<_> = letters.iter().map(|letter| letter.cause.as_str()).collect();
    assert_eq!(causes, ["3", "4"]);
    let never = bus.replay(letters[0].seq).await.unwrap_err();
    assert!(matches!(never, BusError::NotReplayable { .. }), "{never:?}");
}
