//! The workers of a stage take turns, so that their results are stored in the order of the input.
//!
//! What relate says of an article depends on what it saw before. Workers that stored whenever they were done would make
//! that a matter of chance, and the same input would give other records on each run.

use std::collections::BTreeSet;
use std::sync::Arc;

use copydesk_bus::{Bus, BusError, Consumer, ConsumerSpec};
use tokio::sync::{Mutex, watch};

/// What the workers of a stage in this process share.
#[derive(Debug)]
pub(crate) struct Line {
    pub(super) queue: Mutex<Queue>,
    turns: watch::Sender<Turns>,
}

/// The input. Who holds it takes a batch and a ticket for it.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) consumer: Consumer,
    tickets: u64,
}

#[derive(Debug, Default)]
struct Turns {
    /// The ticket whose turn it is.
    now: u64,
    /// Later ones that were given back.
    done: BTreeSet<u64>,
}

/// A batch's place in the order. Dropped, it gives way to the next one.
#[derive(Debug)]
pub(super) struct Ticket {
    turns: watch::Sender<Turns>,
    number: u64,
}

impl Line {
    /// A line for `workers` workers, each of which takes batches of `spec`.
    pub(crate) async fn open(
        bus: &Bus,
        spec: &ConsumerSpec,
        workers: usize,
    ) -> Result<Arc<Self>, BusError> {
        let mut shared = spec.clone();
        shared.batch *= workers.max(1);
        let consumer = bus.consumer(shared).await?;
        let queue = Mutex::new(Queue { consumer, tickets: 0 });
        Ok(Arc::new(Self { queue, turns: watch::Sender::default() }))
    }

    /// The ticket of the batch that was just taken from `queue`.
    pub(super) fn ticket(&self, queue: &mut Queue) -> Ticket {
        let number = queue.tickets;
        queue.tickets += 1;
        Ticket { turns: self.turns.clone(), number }
    }
}

impl Ticket {
    /// Waits until all batches that were taken before are settled. Cancellation safe.
    pub(super) async fn turn(&self) {
        // The sender lives in `self`, so that the channel cannot be closed while this waits.
        drop(self.turns.subscribe().wait_for(|turns| turns.now >= self.number).await);
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.turns.send_modify(|turns| {
            turns.done.insert(self.number);
            while turns.done.remove(&turns.now) {
                turns.now += 1;
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[test]
    fn a_ticket_has_its_turn_when_those_before_are_gone() {
        let turns = watch::Sender::<Turns>::default();
        let mut tickets: Vec<Option<Ticket>> =
            (0..4).map(|number| Some(Ticket { turns: turns.clone(), number })).collect();
        let mut check = |gone: Option<usize>, expected: &[usize]| {
            if let Some(gone) = gone {
                tickets[gone] = None;
            }
            let has_turn = |ticket: &Ticket| ticket.turn().now_or_never().is_some();
            let found: Vec<usize> =
                (0..4).filter(|&at| tickets[at].as_ref().is_some_and(has_turn)).collect();
            assert_eq!(found, expected, "{gone:?}");
        };
        check(None, &[0]);
        check(Some(2), &[0]);
        check(Some(0), &[1]);
        check(Some(1), &[3]);
        check(Some(3), &[]);
    }
}
