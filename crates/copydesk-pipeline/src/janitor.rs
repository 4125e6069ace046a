//! Removes finished work from the streams, so that they do not fill up with it.
//!
//! An internal stream keeps what its consumer has not passed, and what the duplicate window still needs, unless it is
//! three quarters full: then what was passed goes at once (the server knows its message ids in memory all the same, and
//! every stage is idempotent by article id). The streams of enriched records and of claims are for subscribers: they
//! keep all that fits, and no enriched record goes before the sink has written it.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use copydesk_bus::{Bus, BusError, DUPLICATE_WINDOW, StreamName};
use copydesk_stages::StageName;

use crate::shutdown::Shutdown;
use crate::telemetry;
use crate::worker::Rules;

/// Pause between two rounds.
const INTERVAL: Duration = Duration::from_secs(15);

/// The last sequence of each stream at some times, oldest first: what was there a duplicate window ago.
type Samples = BTreeMap<StreamName, VecDeque<(Instant, u64)>>;

/// Cleans until the drain. A round that fails is tried again at the next one.
pub(crate) async fn run(bus: Bus, stream_bytes: u64, shutdown: Shutdown) -> anyhow::Result<()> {
    let mut samples = Samples::new();
    loop {
        if let Err(error) = clean(&bus, stream_bytes, DUPLICATE_WINDOW, &mut samples).await {
            tracing::debug!(%error, "streams not cleaned");
        }
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            () = shutdown.draining().cancelled() => return Ok(()),
        }
    }
}

async fn clean(
    bus: &Bus,
    stream_bytes: u64,
    window: Duration,
    samples: &mut Samples,
) -> Result<(), BusError> {
    for stage in StageName::ALL {
        let Some(rules) = Rules::of(stage, false) else { continue };
        let stream = rules.input;
        let state = bus.stream_state(stream).await?;
        let before = samples.entry(stream).or_default();
        let old = last_before(before, state.last_seq, window);
        let passed = match bus.consumer_state(stream, stage.as_str()).await {
            Ok(consumer) => consumer.ack_floor_stream_seq,
            Err(BusError::NotFound { .. }) => 0,
            Err(error) => return Err(error),
        };
        let tight = state.bytes > stream_bytes / 4 * 3;
        let done = if tight { passed } else { passed.min(old) };
        purge(bus, stream, state.first_seq, done + 1).await?;
    }
    let floor = bus.sink_floor().await?;
    for (stream, written) in [(StreamName::Enriched, floor), (StreamName::Claims, u64::MAX)] {
        let state = bus.stream_state(stream).await?;
        if state.bytes > stream_bytes / 4 * 3 {
            // The older half, so that subscribers keep what is new.
            let half = state.first_seq + (state.last_seq.saturating_sub(state.first_seq)) / 2;
            purge(bus, stream, state.first_seq, half.min(written.saturating_add(1))).await?;
        }
    }
    let purged = bus.keep_last_decision(StageName::Sink.as_str()).await?;
    telemetry::purged(StreamName::Decisions, purged);
    Ok(())
}

/// The last sequence that is older than the window, as far as is known. Notes the one of now.
fn last_before(samples: &mut VecDeque<(Instant, u64)>, last_seq: u64, window: Duration) -> u64 {
    samples.push_back((Instant::now(), last_seq));
    let mut old = 0;
    while let Some((at, seq)) = samples.front() {
        if at.elapsed() < window {
            break;
        }
        old = *seq;
        if samples.len() == 1 || samples.get(1).is_some_and(|(at, _)| at.elapsed() < window) {
            break;
        }
        samples.pop_front();
    }
    old
}

async fn purge(bus: &Bus, stream: StreamName, first: u64, below: u64) -> Result<(), BusError> {
    if below <= first {
        return Ok(());
    }
    let purged = bus.purge_below(stream, below).await?;
    telemetry::purged(stream, purged);
    if purged > 0 {
        tracing::debug!(%stream, purged, "finished work removed");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use copydesk_bus::{ConsumerSpec, Outgoing, SinkFloor};
    use copydesk_testkit::{NatsServer, article};

    use super::*;
    use crate::testing::connect;

    const LIMIT: u64 = 64 << 20;

    async fn fill(bus: &Bus, stream: StreamName, count: usize) {
        for n in 0..count {
            let record = article(&format!("Line {n}."));
            let message = Outgoing::record("ingest", 1, stream, &record, 0).unwrap();
            bus.publish(message).await.unwrap();
        }
    }

    async fn first(bus: &Bus, stream: StreamName) -> u64 {
        bus.stream_state(stream).await.unwrap().first_seq
    }

    #[tokio::test]
    async fn only_what_was_passed_and_is_old_goes_unless_room_is_short() {
        let server = NatsServer::start();
        let bus = connect(&server).await;
        fill(&bus, StreamName::Raw, 10).await;
        let mut consumer =
            bus.consumer(ConsumerSpec::new(StreamName::Raw, "dedup", 1, 10)).await.unwrap();
        for _ in 0..6 {
            consumer.next().await.unwrap().unwrap().done().await.unwrap();
        }
        bus.flush().await.unwrap();
        copydesk_testkit::wait_for("six to be settled", Duration::from_secs(10), || async {
            let state = bus.consumer_state(StreamName::Raw, "dedup").await.ok()?;
            (state.ack_floor_stream_seq == 6).then_some(())
        })
        .await;
        let mut samples = Samples::new();
        let hour = Duration::from_hours(1);
        clean(&bus, LIMIT, hour, &mut samples).await.unwrap();
        assert_eq!(first(&bus, StreamName::Raw).await, 1, "the window still needs them");
        clean(&bus, LIMIT, Duration::ZERO, &mut samples).await.unwrap();
        assert_eq!(first(&bus, StreamName::Raw).await, 7, "what was passed, and no more");
        fill(&bus, StreamName::Unique, 3).await;
        clean(&bus, 1, hour, &mut Samples::new()).await.unwrap();
        assert_eq!(first(&bus, StreamName::Unique).await, 1, "nobody has passed them");
    }

    #[tokio::test]
    async fn no_record_goes_before_the_sink_has_written_it() {
        let server = NatsServer::start();
        let bus = connect(&server).await;
        fill(&bus, StreamName::Enriched, 10).await;
        clean(&bus, 1, Duration::ZERO, &mut Samples::new()).await.unwrap();
        assert_eq!(first(&bus, StreamName::Enriched).await, 1);
        let stream_created = bus.stream_state(StreamName::Enriched).await.unwrap().created;
        for seq in [1, 3] {
            let floor =
                SinkFloor { stream_created: stream_created.clone(), output: "out".into(), seq };
            bus.publish(Outgoing::sink_floor(&floor)).await.unwrap();
        }
        clean(&bus, LIMIT, Duration::ZERO, &mut Samples::new()).await.unwrap();
        assert_eq!(first(&bus, StreamName::Enriched).await, 1, "there is room for them");
        assert_eq!(bus.stream_state(StreamName::Decisions).await.unwrap().messages, 1);
        clean(&bus, 1, Duration::ZERO, &mut Samples::new()).await.unwrap();
        assert_eq!(first(&bus, StreamName::Enriched).await, 4);
        assert_eq!(bus.sink_floor().await.unwrap(), 3, "the last word stays");
    }

    #[test]
    fn the_newest_sample_before_the_window_counts() {
        let now = Instant::now();
        let mut samples: VecDeque<_> = [(50, 1), (40, 2), (20, 3)]
            .into_iter()
            .filter_map(|(ago, seq)| Some((now.checked_sub(Duration::from_secs(ago))?, seq)))
            .collect();
        assert_eq!(last_before(&mut samples, 9, Duration::from_secs(30)), 2);
        assert_eq!(samples.len(), 3, "the older one is forgotten, that of now is there");
        assert_eq!(last_before(&mut samples, 9, Duration::from_mins(1)), 0);
    }
}
