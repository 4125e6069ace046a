use std::os::unix::fs::symlink;
use std::process::Command;

use tempfile::TempDir;

use super::*;

/// An inbox without a thread.
struct Files {
    dir: TempDir,
    reading: Reading,
}

fn inbox() -> Files {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("inbox");
    fs::create_dir(&root).unwrap();
    let root = root.canonicalize().unwrap();
    let limits = Limits { file_bytes: 1 << 20, ..Limits::default() };
    Files { dir, reading: Reading { root, limits, provenance: Provenance::default() } }
}

impl Files {
    fn path(&self, name: &str) -> PathBuf {
        self.reading.root.join(name)
    }

    /// A job for a file as it is now, a day old.
    fn job(&self, name: &str) -> Job {
        let path = self.path(name);
        if path.symlink_metadata().unwrap().is_file() {
            let file = File::options().write(true).open(&path).unwrap();
            let now = self.dir.path().metadata().unwrap().modified().unwrap();
            file.set_modified(now - Duration::from_hours(24)).unwrap();
        }
        let stamp = Stamp::of(&path.symlink_metadata().unwrap());
        Job { path, stamp, announced: false, ready_ns: 1_000_000_000 }
    }

    fn read(&self, job: &Job) -> (Vec<Message>, End) {
        let mut messages = Vec::new();
        let end = read(&self.reading, job, None, |batch| {
            messages.extend(batch);
            true
        });
        (messages, end)
    }
}

fn reason(end: &End) -> &'static str {
    match end {
        End::Failed(failure) => failure.reason,
        End::Whole { .. } => "whole",
        End::Known { .. } => "known",
        End::Unfinished => "unfinished",
        End::Gone => "gone",
    }
}

#[test]
fn a_file_becomes_a_record_with_its_facts() {
    let inbox = inbox();
    fs::create_dir(inbox.path("wire")).unwrap();
    fs::write(inbox.path("wire/1.txt"), "The harbour closed on Monday.\n").unwrap();
    let job = inbox.job("wire/1.txt");
    let (messages, end) = inbox.read(&job);
    let [Message::Record { key, out }] = &messages[..] else { panic!("{messages:?}") };
    let record = copydesk_types::Record::from_json(&out.payload).unwrap();
    assert_eq!(record.id.as_str(), format!("a_{key:032x}"));
    assert_eq!(record.source.path, "wire/1.txt");
    assert_eq!(record.source.bytes, 30);
    assert_eq!(record.source.received_at.as_deref(), Some("1970-01-01T00:00:01Z"));
    assert_eq!(end, End::Whole { sha256: record.source.sha256.clone() });
    let known = record.source.sha256;
    let end = read(&inbox.reading, &job, Some(&known), |_| panic!("nothing is to be passed on"));
    assert_eq!(end, End::Known { sha256: known });
}

#[test]
fn what_cannot_be_read_has_its_reason() {
    let inbox = inbox();
    let check = |name: &str, expected: &str| {
        let (messages, end) = inbox.read(&inbox.job(name));
        assert_eq!(reason(&end), expected, "{name}: {end:?}");
        assert!(messages.is_empty(), "{name}: {messages:?}");
    };
    fs::write(inbox.path("empty.txt"), "").unwrap();
    check("empty.txt", "empty");
    fs::write(inbox.path("bad.json"), "{\"text\": 1,}").unwrap();
    check("bad.json", "bad_json");
    fs::write(inbox.path("cut.txt.gz"), b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x0b\xc9")
        .unwrap();
    check("cut.txt.gz", "truncated");
    let sparse = File::create(inbox.path("sparse.txt")).unwrap();
    sparse.set_len(1 << 30).unwrap();
    check("sparse.txt", "too_large");
    symlink("/etc/passwd", inbox.path("link.txt")).unwrap();
    check("link.txt", "symlink");
    symlink(inbox.path("bad.json"), inbox.path("inner.txt")).unwrap();
    check("inner.txt", "symlink");
    fs::create_dir(inbox.path("dir.txt")).unwrap();
    check("dir.txt", "directory");
    let made = Command::new("mkfifo").arg(inbox.path("pipe.txt")).status().unwrap();
    assert!(made.success());
    check("pipe.txt", "not_regular");
    fs::write(inbox.path("dir.txt/now.txt"), "x").unwrap();
    check("dir.txt", "gone");
    let outside = inbox.dir.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("o.txt"), "x").unwrap();
    symlink(&outside, inbox.path("door")).unwrap();
    check("door/o.txt", "outside");
    let job = inbox.job("bad.json");
    fs::remove_file(&job.path).unwrap();
    assert_eq!(inbox.read(&job).1, End::Gone);
}

#[test]
fn a_young_file_may_still_grow_and_an_announced_one_not() {
    let inbox = inbox();
    let check = |name: &str, text: &str, young: &str, old: &str| {
        let path = inbox.path(name);
        fs::write(&path, text).unwrap();
        let stamp = Stamp::of(&path.symlink_metadata().unwrap());
        let fresh = Job { path, stamp, announced: false, ready_ns: 1 };
        assert_eq!(reason(&inbox.read(&fresh).1), young, "{name}");
        let announced = Job { announced: true, ..fresh };
        assert_eq!(reason(&inbox.read(&announced).1), old, "{name} announced");
        assert_eq!(reason(&inbox.read(&inbox.job(name)).1), old, "{name} old");
    };
    check("a.txt", "", "unfinished", "empty");
    check("a.json", "{\"text\": \"The", "unfinished", "bad_json");
    check("b.json", "{\"text\": ]", "bad_json", "bad_json");
    check("a.jsonl", "{\"text\": \"One word.\"}\n{\"text\": \"Tw", "unfinished", "whole");
    check("b.jsonl", "{\"text\": \"On\n{\"text\": \"Two words.\"}\n", "whole", "whole");
}

#[test]
fn a_changed_file_is_left_for_later() {
    let inbox = inbox();
    fs::write(inbox.path("a.txt"), "One word.").unwrap();
    let job = inbox.job("a.txt");
    fs::write(inbox.path("a.txt"), "One word and more.").unwrap();
    let (messages, end) = inbox.read(&job);
    assert_eq!((messages.len(), end), (0, End::Unfinished));
    // It changes while it is being read: what comes behind the change is not passed on.
    let lines: String = "{\"text\": \"A word.\"}\n".repeat(200);
    fs::write(inbox.path("b.jsonl"), &lines).unwrap();
    let job = inbox.job("b.jsonl");
    let mut passed = 0;
    let end = read(&inbox.reading, &job, None, |batch| {
        passed += batch.len();
        fs::write(inbox.path("b.jsonl"), "{}").unwrap();
        true
    });
    assert_eq!((passed, end), (BATCH, End::Unfinished));
    // Nobody listens any more.
    fs::write(inbox.path("b.jsonl"), &lines).unwrap();
    assert_eq!(read(&inbox.reading, &inbox.job("b.jsonl"), None, |_| false), End::Unfinished);
}

#[test]
fn bad_lines_become_dead_letters_and_the_file_goes_on() {
    let inbox = inbox();
    let lines = "{\"text\": \"One.\"}\n{\"text\": 7\n\n{\"other\": 1}\n{\"text\": \"Two.\"}\n";
    fs::write(inbox.path("a.jsonl"), lines).unwrap();
    let (messages, end) = inbox.read(&inbox.job("a.jsonl"));
    assert_eq!(reason(&end), "whole");
    let kinds: Vec<String> = messages
        .iter()
        .map(|message| match message {
            Message::Record { out, .. } => {
                copydesk_types::Record::from_json(&out.payload).unwrap().text.body
            }
            Message::Dead(letter) => {
                let payload = String::from_utf8_lossy(&letter.payload).into_owned();
                format!("{} {payload}", letter.reason)
            }
        })
        .collect();
    assert_eq!(kinds, ["One.", "bad_json {\"text\": 7", "no_text {\"other\": 1}", "Two."]);
    let Message::Dead(letter) = &messages[1] else { panic!("{messages:?}") };
    let get = |name: &str| letter.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str());
    assert_eq!(get("Copydesk-Path"), Some("a.jsonl"));
    assert_eq!(get("Copydesk-Member"), Some("L2"));
    assert_eq!(get("Copydesk-Offset"), Some("17"));
}
