//! Work on several threads, results in the order of the input, a bounded number in flight.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// Items in flight for each thread: enough that a long one does not stop the others for long.
const WINDOW: usize = 4;

/// Results of type `O`, in the order of the items they were made of.
pub(crate) struct InOrder<O> {
    slots: Receiver<Receiver<O>>,
    /// A slot that was taken while its result was not there yet.
    taken: Option<Receiver<O>>,
    threads: Vec<JoinHandle<()>>,
}

/// Where the feeding side puts its items.
pub(crate) struct Feed<I, O> {
    slots: SyncSender<Receiver<O>>,
    jobs: SyncSender<(I, SyncSender<O>)>,
}

impl<I, O> Feed<I, O> {
    /// Hands an item over; waits while the window is full. `false` when nobody wants results any more.
    pub(crate) fn put(&self, item: I) -> bool {
        let (result, slot) = sync_channel(1);
        self.slots.send(slot).is_ok() && self.jobs.send((item, result)).is_ok()
    }
}

/// Runs `feed` on a thread of its own and `work` over what it puts, on `threads` threads.
///
/// The threads are not joined when the results are dropped early: `feed` may be waiting for input that never comes.
pub(crate) fn in_order<I, O>(
    threads: usize,
    feed: impl FnOnce(&Feed<I, O>) + Send + 'static,
    work: impl Fn(I) -> O + Send + Sync + 'static,
) -> InOrder<O>
where
    I: Send + 'static,
    O: Send + 'static,
{
    let threads = threads.max(1);
    let (slot_sender, slots) = sync_channel(threads * WINDOW);
    let (job_sender, jobs) = sync_channel::<(I, SyncSender<O>)>(threads * WINDOW);
    let (jobs, work) = (Arc::new(Mutex::new(jobs)), Arc::new(work));
    let mut handles = vec![std::thread::spawn(move || {
        feed(&Feed { slots: slot_sender, jobs: job_sender });
    })];
    for _ in 0..threads {
        let (jobs, work) = (jobs.clone(), work.clone());
        handles.push(std::thread::spawn(move || {
            loop {
                let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok((item, result)) = job else { return };
                if result.send(work(item)).is_err() {
                    return;
                }
            }
        }));
    }
    InOrder { slots, taken: None, threads: handles }
}

impl<O> InOrder<O> {
    /// The next result if it is there already.
    pub(crate) fn try_next(&mut self) -> Option<O> {
        let slot = match self.taken.take() {
            Some(slot) => slot,
            None => self.slots.try_recv().ok()?,
        };
        let result = slot.try_recv().ok();
        if result.is_none() {
            self.taken = Some(slot);
        }
        result
    }

    /// Waits for the threads; a panic in one of them goes on here.
    fn join(&mut self) {
        for thread in self.threads.drain(..) {
            if let Err(panic) = thread.join() {
                std::panic::resume_unwind(panic);
            }
        }
    }
}

impl<O> Iterator for InOrder<O> {
    type Item = O;

    /// Waits for the next result. `None` when all items are done.
    fn next(&mut self) -> Option<O> {
        let Some(slot) = self.taken.take().or_else(|| self.slots.recv().ok()) else {
            self.join();
            return None;
        };
        // The feed may wait for input for ever, so the other threads are not waited for.
        Some(slot.recv().unwrap_or_else(|_| panic!("a worker thread has died")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn results_come_in_the_order_of_the_items() {
        for threads in [0, 1, 2, 7] {
            let feed = |feed: &Feed<u64, u64>| (0..500).for_each(|n| assert!(feed.put(n)));
            let work = |n: u64| {
                // Uneven work, so that threads overtake each other.
                let rounds = if n.is_multiple_of(7) { 20_000 } else { 10 };
                (0..rounds).fold(n, |a, _| std::hint::black_box(a)) * 2
            };
            let found: Vec<u64> = in_order(threads, feed, work).collect();
            assert_eq!(found, (0..500).map(|n| n * 2).collect::<Vec<_>>(), "{threads} threads");
        }
    }

    #[test]
    fn the_window_bounds_what_is_taken_in() {
        static TAKEN: AtomicUsize = AtomicUsize::new(0);
        let feed = |feed: &Feed<(), ()>| {
            while feed.put(()) {
                TAKEN.fetch_add(1, Ordering::SeqCst);
            }
        };
        let mut results = in_order(2, feed, |()| ());
        for done in 1..200 {
            results.next().unwrap();
            let taken = TAKEN.load(Ordering::SeqCst);
            // The window, one in the hands of the feed, one that was just given out.
            assert!(taken <= done + 2 * WINDOW + 2, "{taken} taken in when {done} were given out");
        }
    }

    #[test]
    fn a_panic_of_a_worker_or_the_feed_is_not_lost() {
        let caught = |work_fails: bool| {
            let feed = move |feed: &Feed<u8, u8>| {
                (0..20).all(|n| feed.put(n));
                assert!(work_fails, "the feed gave up");
            };
            let work = move |n: u8| {
                assert!(!(work_fails && n == 5), "the work gave up");
                n
            };
            let run = move || in_order(2, feed, work).count();
            std::panic::catch_unwind(run).is_err()
        };
        assert!(caught(true));
        assert!(caught(false));
    }
}
