use proptest::prelude::*;
use tempfile::TempDir;

use super::*;

const DAY: u64 = 86_400_000_000_000;
const ROLL: Roll = Roll { bytes: 400, age: Duration::from_hours(1) };

fn line(seq: u64) -> Line {
    line_at(seq, DAY + seq)
}

fn line_at(seq: u64, time: u64) -> Line {
    Line { seq, time, key: u128::from(seq), json: Bytes::from(json(seq)) }
}

fn json(seq: u64) -> String {
    format!("{{\"id\":\"a_{seq:032x}\",\"n\":{seq}}}")
}

fn lines(seqs: impl IntoIterator<Item = u64>) -> Vec<Line> {
    seqs.into_iter().map(line).collect()
}

fn open(root: &Path) -> Store {
    let mut store = Store::open(root, ROLL).unwrap();
    if store.last().is_none() {
        store.begin("S", "now", 0).unwrap();
    }
    store
}

fn committed(store: &Store) -> u64 {
    store.last().unwrap().last_seq
}

/// The sequences in the output, in the order of the files' names.
fn written(root: &Path) -> Vec<u64> {
    let mut found = Vec::new();
    for name in output_files(root).unwrap() {
        let text = fs::read_to_string(root.join(name)).unwrap();
        for line in text.lines() {
            let value: serde_json::Value = serde_json::from_str(line).unwrap();
            found.push(value["n"].as_u64().unwrap());
        }
    }
    found
}

fn names(root: &Path) -> Vec<String> {
    output_files(root).unwrap()
}

fn dir() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn goes_on_where_it_was() {
    let dir = dir();
    let mut store = open(dir.path());
    store.append(&lines(1..=3)).unwrap();
    drop(store);
    let mut store = open(dir.path());
    assert_eq!(committed(&store), 3);
    let done = store.append(&lines(2..=5)).unwrap();
    assert_eq!((done.lines, done.known), (2, 2));
    assert_eq!(written(dir.path()), [1, 2, 3, 4, 5]);
    assert_eq!(names(dir.path()), ["1970-01-02/enriched-000000000001.jsonl.open"]);
    store.seal().unwrap();
    assert_eq!(names(dir.path()), ["1970-01-02/enriched-000000000001.jsonl"]);
    drop(store);
    assert_eq!(committed(&open(dir.path())), 5);
}

#[test]
fn files_end_with_their_size_age_and_day() {
    let check = |batch: &[Line], expected: &[&str]| {
        let dir = dir();
        let mut store = open(dir.path());
        store.append(batch).unwrap();
        assert_eq!(names(dir.path()), expected);
        assert_eq!(written(dir.path()), batch.iter().map(|line| line.seq).collect::<Vec<_>>());
    };
    let eight: Vec<Line> = lines(1..=8);
    let size = eight[0].json.len() as u64 + 1;
    assert_eq!(ROLL.bytes.div_ceil(size), 8, "eight lines fill a file");
    check(&eight, &["1970-01-02/enriched-000000000001.jsonl.open"]);
    check(
        &lines(1..=9),
        &["1970-01-02/enriched-000000000001.jsonl", "1970-01-02/enriched-000000000009.jsonl.open"],
    );
    check(
        &[line_at(1, 2 * DAY - 1), line_at(2, 2 * DAY)],
        &["1970-01-02/enriched-000000000001.jsonl", "1970-01-03/enriched-000000000002.jsonl.open"],
    );
    let hour = 3_600_000_000_000;
    check(
        &[line_at(1, DAY), line_at(2, DAY + hour - 1), line_at(3, DAY + hour)],
        &["1970-01-02/enriched-000000000001.jsonl", "1970-01-02/enriched-000000000003.jsonl.open"],
    );
}

#[test]
fn a_new_stream_never_writes_over_old_files() {
    let dir = dir();
    let mut store = open(dir.path());
    store.append(&lines(1..=2)).unwrap();
    drop(store);
    let mut store = open(dir.path());
    store.begin("S", "later", 0).unwrap();
    let article = |seq: u64, key: u64| Line { key: u128::from(key), ..line(seq) };
    let again = store.append(&[article(1, 2), article(2, 3)]).unwrap();
    assert_eq!((again.lines, again.known), (1, 1), "article 2 is in the output of the old stream");
    store.append(&[article(3, 4)]).unwrap();
    assert_eq!(
        names(dir.path()),
        ["1970-01-02/enriched-000000000001.jsonl", "1970-01-02/enriched-000000000002.jsonl.open"]
    );
}

#[test]
fn lost_lists_are_made_anew_from_the_files() {
    let check = |lost: &[&str]| {
        let dir = dir();
        let mut store = open(dir.path());
        store.append(&lines(1..=12)).unwrap();
        drop(store);
        for name in lost {
            fs::remove_file(dir.path().join(name)).unwrap();
        }
        let mut store = open(dir.path());
        let done = store.append(&lines(1..=14)).unwrap();
        assert_eq!((done.lines, done.known), (2, 12), "{lost:?}");
        assert_eq!(written(dir.path()), (1..=14).collect::<Vec<_>>(), "{lost:?}");
    };
    check(&[]);
    check(&[IDS]);
    check(&[COMMITS]);
    check(&[COMMITS, IDS]);
}

#[test]
fn what_was_taken_away_by_its_reader_is_not_written_again() {
    let dir = dir();
    let mut store = open(dir.path());
    store.append(&lines(1..=3)).unwrap();
    store.seal().unwrap();
    drop(store);
    fs::remove_dir_all(dir.path().join("1970-01-02")).unwrap();
    let mut store = open(dir.path());
    assert_eq!(store.append(&lines(1..=4)).unwrap().lines, 1);
    assert_eq!(written(dir.path()), [4]);
}

#[test]
fn one_writer_and_only_into_its_own_files() {
    let dir = dir();
    let mut store = open(dir.path());
    store.append(&lines(1..=2)).unwrap();
    let second = Store::open(dir.path(), ROLL).unwrap_err();
    assert!(matches!(second, StoreError::Locked { .. }), "{second}");
    fs::remove_file(dir.path().join(COMMITS)).unwrap();
    let error = store.append(&lines(3..=3)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound, "nothing is written into deleted files");
    drop(store);
    let file = dir.path().join("1970-01-02/enriched-000000000001.jsonl.open");
    assert_eq!(fs::read_to_string(file).unwrap().lines().count(), 2);
}

#[test]
fn the_lock_ends_with_its_owner_while_a_process_starts() {
    let dir = dir();
    let lock = Lock::take(dir.path()).unwrap();
    // As a process that is being started has it until it runs its program.
    let inherited = lock.0.try_clone().unwrap();
    drop(lock);
    let again = Lock::take(dir.path());
    drop(inherited);
    again.unwrap();
}

#[test]
fn a_file_shorter_than_its_commit_is_an_error() {
    let dir = dir();
    let mut store = open(dir.path());
    store.append(&lines(1..=2)).unwrap();
    drop(store);
    let path = dir.path().join(&names(dir.path())[0]);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
    let error = Store::open(dir.path(), ROLL).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

/// What a crash in the middle of a commit leaves: some of the lines, some of the ids, some of the commit record, each
/// only when all before it is there, and whatever blocks the disk had written of the last of them.
#[derive(Debug, Clone)]
struct Crash {
    batch: usize,
    /// How far the next commit came, 0 to 1 of the bytes that it writes.
    progress: f64,
    garbage: bool,
}

/// Lets a commit come as far as `crash` says, by doing all of it and cutting the files.
fn crash(root: &Path, store: Store, batch: &[Line], crash: &Crash) {
    let mut store = store;
    let sizes = |root: &Path| {
        let mut all = names(root);
        all.extend([IDS.to_owned(), COMMITS.to_owned()]);
        let size = |name: &String| fs::metadata(root.join(name)).map_or(0, |m| m.len());
        all.iter().map(|name| (name.clone(), size(name))).collect::<Vec<_>>()
    };
    let before = sizes(root);
    store.append(batch).unwrap();
    drop(store);
    let after = sizes(root);
    let old = |name: &str| before.iter().find(|(n, _)| n == name).map_or(0, |(_, size)| *size);
    let grown: u64 = after.iter().map(|(name, size)| size - old(name)).sum();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of some hundred bytes"
    )]
    let mut kept = (grown as f64 * crash.progress) as u64;
    for (name, size) in &after {
        let growth = size - old(name);
        let path = root.join(name);
        let file = File::options().write(true).open(&path).unwrap();
        if kept < growth {
            file.set_len(old(name) + kept).unwrap();
            if crash.garbage && kept > 0 {
                // The length reached the disk, the bytes did not.
                file.set_len(old(name) + growth).unwrap();
            }
        }
        kept = kept.saturating_sub(growth);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn each_once_whatever_the_crashes(
        crashes in prop::collection::vec(
            (1_usize..6, 0.0_f64..1.0, any::<bool>())
                .prop_map(|(batch, progress, garbage)| Crash { batch, progress, garbage }),
            1..8,
        ),
        steps in prop::collection::vec(1_usize..6, 1..8),
    ) {
        let dir = dir();
        let root = dir.path();
        // A file never ends in the middle of a crashed batch: that is two commits, and the cut below knows of one.
        let roll = Roll { bytes: u64::MAX, age: Duration::MAX };
        let reopen = || {
            let mut store = Store::open(root, roll).unwrap();
            if store.last().is_none() {
                store.begin("S", "now", 0).unwrap();
            }
            store
        };
        let total = 60;
        let mut steps = steps.iter().cycle();
        for crash_point in &crashes {
            let mut store = reopen();
            let next = committed(&store) + 1;
            let step = *steps.next().unwrap() as u64;
            store.append(&lines(next..next + step)).unwrap();
            if committed(&store).is_multiple_of(3) {
                store.seal().unwrap();
            }
            let next = committed(&store) + 1;
            let batch = lines(next..next + crash_point.batch as u64);
            crash(root, store, &batch, crash_point);
        }
        let mut store = reopen();
        let next = committed(&store) + 1;
        prop_assert!(next <= total);
        store.append(&lines(next..=total)).unwrap();
        prop_assert_eq!(written(root), (1..=total).collect::<Vec<_>>());
        prop_assert_eq!(committed(&store), total);
    }
}
