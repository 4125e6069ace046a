//! The order of a stage with state: that of its stream, also where another owner was killed in the middle of it.

use std::time::Duration;

use copydesk_bus::{BusError, Consumer, Delivery};
use futures_util::FutureExt as _;
use tokio::time::Instant;

use super::{STALE_AFTER, Worker};

/// How long what is out may take to come.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long a message that the server has sent to this owner may be on its way.
const ON_ITS_WAY: Duration = Duration::from_millis(100);
/// Pause between two looks at the consumer.
const PAUSE: Duration = Duration::from_millis(20);

impl Worker {
    /// The first batch of an owner that takes over: gathers what its predecessor had out and did not settle, sorts all by
    /// sequence, and learns what was decided meanwhile. So of two copies the earlier one stays the original. Later batches
    /// come in order by themselves.
    pub(super) async fn in_order(
        &mut self,
        consumer: &mut Consumer,
        mut batch: Vec<Delivery>,
    ) -> anyhow::Result<Vec<Delivery>> {
        let steady =
            self.restarts == Some(consumer.restarts()) && self.last_batch.elapsed() <= STALE_AFTER;
        if !self.rules.owner || steady {
            return Ok(batch);
        }
        // What is on its way to this owner comes by itself: called back, it would come twice.
        if !self.gather(&mut batch, consumer, ON_ITS_WAY).await? {
            let held: Vec<u64> = batch.iter().map(Delivery::seq).collect();
            consumer.recall(&held).await?;
            if !self.gather(&mut batch, consumer, PATIENCE).await? {
                tracing::warn!(stage = %self.rules.stage, "going on without all that is out");
            }
        }
        if let (Some(log), Some(stage)) = (&mut self.log, &mut self.stage) {
            log.catch_up(stage.as_mut()).await?;
        }
        self.restarts = Some(consumer.restarts());
        Ok(sorted(batch))
    }

    /// Takes what comes until all that is out is in hand; says whether it is before `limit` is over.
    async fn gather(
        &mut self,
        batch: &mut Vec<Delivery>,
        consumer: &mut Consumer,
        limit: Duration,
    ) -> Result<bool, BusError> {
        let deadline = Instant::now() + limit;
        while self.is_out(batch, consumer).await? {
            if Instant::now() >= deadline {
                return Ok(false);
            }
            tokio::select! {
                next = consumer.next() => match next? {
                    Some(delivery) => batch.push(delivery),
                    None => return Ok(true),
                },
                () = tokio::time::sleep(PAUSE) => {}
            }
        }
        Ok(true)
    }

    /// Takes what is there, and says whether more is out than is in hand.
    async fn is_out(
        &mut self,
        batch: &mut Vec<Delivery>,
        consumer: &mut Consumer,
    ) -> Result<bool, BusError> {
        while let Some(Some(delivery)) = consumer.next().now_or_never().transpose()? {
            batch.push(delivery);
        }
        *batch = sorted(std::mem::take(batch));
        let spec = &self.spec;
        let state = self.settler.bus.consumer_state(spec.stream, &spec.name).await?;
        Ok(state.ack_pending > batch.len() as u64)
    }
}

/// By sequence; of one that came twice, the later delivery.
fn sorted(mut batch: Vec<Delivery>) -> Vec<Delivery> {
    batch.sort_by_key(|delivery| (delivery.seq(), std::cmp::Reverse(delivery.attempt())));
    batch.dedup_by_key(|delivery| delivery.seq());
    batch
}
