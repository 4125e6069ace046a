//! One file in a hundred is broken: each is put aside with its reason, and the rest flows on.

use std::fs::{self, File};
use std::io::Write as _;
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

use crate::desk::Desk;
use crate::run::{output, start_run, status};

const LIMIT: Duration = Duration::from_mins(3);
const GOOD: usize = 990;

/// Name and reason of each broken file; for one of them, the directory, the name is an article's.
const BROKEN: [(&str, &str); 10] = [
    ("bomb.txt.gz", "too_large"),
    ("cut.json", "bad_json"),
    ("cut.txt.gz", "truncated"),
    ("deep.html", "depth"),
    ("empty.txt", "empty"),
    ("link.txt", "symlink"),
    ("noise.txt", "not_text"),
    ("sparse.txt", "too_large"),
    ("sub/cut.txt.zst", "truncated"),
    ("x.txt", "directory"),
];

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn write_broken(desk: &Desk) {
    let story = "The mayor said that the bridge would reopen in May. ".repeat(400);
    let whole = gzip(story.as_bytes());
    desk.write("outside.txt", "The mayor of another folder said that this is secret.");
    desk.write("inbox/bomb.txt.gz", gzip(&vec![b'a'; 64 << 20]));
    desk.write("inbox/cut.json", "{\"title\": \"Bridge\", \"text\": \"The mayor sa");
    desk.write("inbox/cut.txt.gz", &whole[..whole.len() / 2]);
    desk.write("inbox/deep.html", "<div>".repeat(200_000) + "deep" + &"</div>".repeat(200_000));
    desk.write("inbox/empty.txt", "");
    desk.write("inbox/noise.txt", (0..=255).cycle().take(20_000).collect::<Vec<u8>>());
    desk.write("inbox/sub/cut.txt.zst", [0x28, 0xb5, 0x2f, 0xfd, 0x04]);
    let inbox = desk.path().join("inbox");
    fs::create_dir(inbox.join("x.txt")).unwrap();
    std::os::unix::fs::symlink(desk.path().join("outside.txt"), inbox.join("link.txt")).unwrap();
    File::create(inbox.join("sparse.txt")).unwrap().set_len(1 << 30).unwrap();
    // What may still be on its way is left alone for a minute; these have lain there for years.
    let old = SystemTime::UNIX_EPOCH + Duration::from_hours(300_000);
    for (name, _) in BROKEN.iter().filter(|(name, _)| !["link.txt", "x.txt"].contains(name)) {
        File::options().append(true).open(inbox.join(name)).unwrap().set_modified(old).unwrap();
    }
}

#[test]
fn broken_files_are_put_aside_with_their_reason_and_the_rest_flows_on() {
    let desk = Desk::new();
    for n in 0..GOOD {
        let text =
            format!("Ada Novak {n} said on Monday that bridge {n} opens in {}.", 1000 + n * 7);
        desk.write(&format!("inbox/{}/good-{n}.txt", n % 9), text);
    }
    write_broken(&desk);
    let mut running = start_run(&desk);
    let quarantine = desk.path().join("data/quarantine");
    let reason_of = |name: &str| -> Option<String> {
        let json = fs::read(quarantine.join(format!("{name}.error.json"))).ok()?;
        let value: Value = serde_json::from_slice(&json).ok()?;
        Some(value["reason"].as_str()?.to_owned())
    };
    copydesk_testkit::wait_until("each file to be in its place", LIMIT, || {
        BROKEN.iter().all(|(name, _)| reason_of(name).is_some())
            && status(&desk).is_some_and(|s| s["stages"][4]["done"] == GOOD)
    });
    let reasons = BROKEN.map(|(name, _)| reason_of(name).unwrap());
    assert_eq!(reasons, BROKEN.map(|(_, reason)| reason), "reasons of {BROKEN:?}");
    for (name, _) in BROKEN {
        assert!(quarantine.join(name).symlink_metadata().is_ok(), "{name} itself");
    }
    assert_eq!(running.stop(), Some(0));
    let records = output(&desk, "out");
    assert_eq!(records.len(), GOOD);
    assert!(records.iter().all(|r| r["text"]["body"].as_str().unwrap().starts_with("Ada Novak")));
    let log = fs::read_to_string(desk.path().join("log")).unwrap();
    assert!(!log.contains("panicked"), "{log}");
}
