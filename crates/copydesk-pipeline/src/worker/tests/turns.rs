//! Several workers of a stage, one order.

use std::sync::Condvar;

use super::*;

const PAIRS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_several_workers_make_is_stored_in_the_order_of_the_input() {
    let desk = desk().await;
    // The first article of each pair is done only after the second one.
    let seconds = (Mutex::new(0), Condvar::new());
    let make = fake(move |record| {
        let number: usize = record.text.body.trim().parse().unwrap();
        let (done, changed) = &seconds;
        let mut done = done.lock().unwrap();
        if number % 2 == 1 {
            *done += 1;
            changed.notify_all();
        } else {
            let waited = changed.wait_timeout_while(done, LIMIT, |done| *done <= number / 2);
            assert!(!waited.unwrap().1.timed_out(), "two workers work at the same time");
        }
        Ok(Route::On)
    });
    let (rules, mut spec) = Desk::spec(StageName::Extract);
    (spec.batch, spec.max_ack_pending) = (1, 4);
    let shutdown = Shutdown::new();
    let line = Line::open(&desk.bus, &spec, 2).await.unwrap();
    for _ in 0..2 {
        let (rules, spec, make) = (rules.clone(), spec.clone(), Arc::clone(&make));
        let (bus, dir) = (desk.bus.clone(), desk.dir.path().to_path_buf());
        let worker = Worker::new(bus, rules, spec, make, dir, shutdown.clone()).await.unwrap();
        shutdown.spawn("worker", worker.run(Arc::clone(&line)));
    }
    let articles: Vec<Record> = (0..2 * PAIRS).map(|number| article(&number.to_string())).collect();
    desk.feed(StageName::Extract, &articles).await;
    desk.wait_for_messages(StreamName::Extracted, 2 * PAIRS as u64).await;
    desk.wait_until_settled(StageName::Extract).await;
    stop(shutdown).await.unwrap();
    let order = |records: &[Record]| -> Vec<String> {
        records.iter().map(|record| record.text.body.trim().to_owned()).collect()
    };
    assert_eq!(order(&desk.read(StreamName::Extracted).await), order(&articles));
}
