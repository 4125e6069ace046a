//! Settling: what came of a delivery is stored, and only then is it done, given back or given up.

use anyhow::Context as _;
use copydesk_bus::{Bus, BusError, Delivery};
use copydesk_stages::StageName;

use super::point::{self, Point};
use super::step::{Outcome, Produced};
use super::store::store_all;
use crate::shutdown::{Panicked, Shutdown, chain};
use crate::telemetry;

/// Settles the deliveries of a stage.
#[derive(Debug)]
pub(super) struct Settler {
    pub(super) bus: Bus,
    pub(super) stage: StageName,
    pub(super) shutdown: Shutdown,
}

impl Settler {
    /// Counts the deliveries, and makes dead letters of those that have used up their attempts.
    pub(super) async fn admit(&self, batch: Vec<Delivery>) -> Result<Vec<Delivery>, BusError> {
        let stage = self.stage;
        let mut admitted = Vec::with_capacity(batch.len());
        for delivery in batch {
            telemetry::received(stage);
            if delivery.attempt() > 1 {
                telemetry::redelivered(stage);
            }
            if delivery.exhausted() {
                let cause = format!("delivered {} times and never finished", delivery.attempt());
                self.reject(delivery, "max_deliveries", &cause).await?;
            } else {
                admitted.push(delivery);
            }
        }
        Ok(admitted)
    }

    /// Ends the run because of a panic over this delivery, which is delivered again until it has used up its attempts.
    pub(super) async fn blame(&self, delivery: Delivery, panic: Panicked) {
        let stage = self.stage;
        let (stream, seq, attempt) = (delivery.stream(), delivery.seq(), delivery.attempt());
        let error = anyhow::Error::from(panic);
        self.shutdown
            .fail(error.context(format!("process message {seq} of {stream}, attempt {attempt}")));
        telemetry::retried(stage);
        if let Err(error) = delivery.retry().await {
            tracing::debug!(%error, "not given back: it comes again when its wait is over");
        }
    }

    /// Stores what came of each delivery, all on their way at once, and then settles it.
    pub(super) async fn store_records(
        &self,
        worked: Vec<(Delivery, Outcome)>,
    ) -> anyhow::Result<()> {
        let stage = self.stage;
        let mut messages = Vec::new();
        let mut waiting = Vec::new();
        for (delivery, outcome) in worked {
            match outcome {
                Outcome::Done(produced) => {
                    let Produced { decision: _, claims, record } = *produced;
                    waiting.push((delivery, claims.len() + 1));
                    messages.extend(claims);
                    messages.push(record);
                }
                Outcome::Retry(cause) => {
                    tracing::warn!(%stage, seq = delivery.seq(), cause, "trying again later");
                    telemetry::retried(stage);
                    settled(delivery.retry().await);
                }
                Outcome::Reject(reason, cause) => self.reject(delivery, reason, &cause).await?,
            }
        }
        let mut answers = store_all(&self.bus, messages).await.into_iter();
        point::reach(stage, Point::Published).await;
        for (delivery, count) in waiting {
            let stored: Result<Vec<_>, _> =
                answers.by_ref().take(count).collect::<Vec<_>>().into_iter().collect();
            match stored {
                Ok(stored) => {
                    let duplicate = stored.last().is_some_and(|record| record.duplicate);
                    telemetry::published(stage, duplicate);
                    settled(delivery.done().await);
                }
                Err(error @ BusError::TooLarge { .. }) => {
                    self.reject(delivery, "too_large", &chain(&error.into())).await?;
                }
                Err(error) => return Err(error).context("store a record"),
            }
        }
        Ok(())
    }

    async fn reject(
        &self,
        delivery: Delivery,
        reason: &'static str,
        cause: &str,
    ) -> Result<(), BusError> {
        let stage = self.stage;
        tracing::warn!(%stage, seq = delivery.seq(), reason, cause, "to the dead letters");
        match delivery.reject(&self.bus, stage.as_str(), reason, cause).await {
            Ok(()) => telemetry::failed(stage, reason),
            Err(error) if error.is_transient() => {
                tracing::debug!(%error, "not settled: it comes again");
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// A settlement that was lost brings the message again; its results have the same ids.
fn settled(result: Result<(), BusError>) {
    if let Err(error) = result {
        tracing::debug!(%error, "not settled: it comes again");
    }
}
