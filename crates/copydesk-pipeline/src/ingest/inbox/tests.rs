use std::fs::File;
use std::io::Write as _;
use std::process::Command;
use std::thread;

use tempfile::TempDir;
use tokio::sync::mpsc::{self, Receiver};

use super::super::watch::watch;
use super::*;

const SOON: Duration = Duration::from_secs(20);

/// An inbox that is looked after by a thread of its own.
struct Running {
    dir: TempDir,
    root: PathBuf,
    hints: Hints,
    jobs: Receiver<Job>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.hints.stop();
    }
}

fn options(root: &Path, mode: WatchMode) -> InboxOptions {
    let ignore = ["*.tmp", "*.part", "*~"].map(str::to_owned);
    InboxOptions {
        root: root.into(),
        ignore: Ignore::new(&ignore),
        settle: Duration::from_millis(200),
        // Never in a test: what the timer finds is no proof of anything else.
        rescan: Duration::from_hours(1),
        watch: mode,
    }
}

impl Running {
    fn start(mode: WatchMode) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), mode, 64)
    }

    fn start_in(dir: TempDir, mode: WatchMode, channel: usize) -> Self {
        let root = dir.path().join("inbox");
        fs::create_dir_all(&root).unwrap();
        let root = root.canonicalize().unwrap();
        let options = options(&root, mode);
        let hints = Hints::default();
        let (sender, jobs) = mpsc::channel(channel);
        let board = hints.clone();
        let watcher = watch(&root, mode, &hints).unwrap();
        assert_eq!(watcher.is_some(), mode != WatchMode::Poll, "events come here");
        thread::spawn(move || {
            Inbox::new(options, Vec::new()).work(&board, &sender);
            drop(watcher);
        });
        Self { dir, root, hints, jobs }
    }

    /// The next complete file, as its path in the inbox.
    fn next(&mut self) -> String {
        self.next_job().path.strip_prefix(&self.root).unwrap().to_string_lossy().into_owned()
    }

    fn next_job(&mut self) -> Job {
        let mut job = None;
        copydesk_testkit::wait_until("a file to be complete", SOON, || {
            job = self.jobs.try_recv().ok();
            job.is_some()
        });
        job.unwrap()
    }

    fn next_of(&mut self, count: usize) -> Vec<String> {
        let mut names: Vec<String> = (0..count).map(|_| self.next()).collect();
        names.sort();
        names
    }

    /// Nothing but a file that is dropped now is handed out.
    fn nothing_else(&mut self) {
        let end = self.dir.path().join("end.txt");
        fs::write(&end, "end").unwrap();
        fs::rename(end, self.root.join("end.txt")).unwrap();
        assert_eq!(self.next(), "end.txt");
    }
}

#[test]
fn files_come_by_every_way() {
    let mut inbox = Running::start(WatchMode::Auto);
    let root = inbox.root.clone();
    fs::write(root.join("direct.txt"), "x").unwrap();
    assert_eq!(inbox.next(), "direct.txt");
    fs::write(root.join("a.tmp"), "x").unwrap();
    fs::rename(root.join("a.tmp"), root.join("renamed.txt")).unwrap();
    let job = inbox.next_job();
    assert!(job.path.ends_with("renamed.txt") && job.announced);
    // A directory with files, moved in.
    let outside = inbox.dir.path().join("feed");
    fs::create_dir_all(outside.join("deep/er")).unwrap();
    for name in ["1.txt", "deep/2.txt", "deep/er/3.txt", "deep/4.part", ".5.txt"] {
        fs::write(outside.join(name), "x").unwrap();
    }
    fs::rename(&outside, root.join("feed")).unwrap();
    assert_eq!(inbox.next_of(3), ["feed/1.txt", "feed/deep/2.txt", "feed/deep/er/3.txt"]);
    // A directory that is made and filled at once.
    let mut made = Command::new("sh");
    made.arg("-c").arg("mkdir -p p/q/r && echo x > p/q/r/s.txt").current_dir(&root);
    assert!(made.status().unwrap().success());
    assert_eq!(inbox.next(), "p/q/r/s.txt");
    // A link within the file system.
    fs::hard_link(root.join("direct.txt"), root.join("linked.txt")).unwrap();
    assert_eq!(inbox.next(), "linked.txt");
    // In a directory that was moved in events come too.
    fs::write(root.join("feed/deep/6.txt"), "x").unwrap();
    assert_eq!(inbox.next(), "feed/deep/6.txt");
    inbox.nothing_else();
}

#[test]
fn without_events_the_scan_finds_them() {
    let mut inbox = Running::start(WatchMode::Poll);
    fs::create_dir(inbox.root.join("d")).unwrap();
    fs::write(inbox.root.join("d/1.txt"), "x").unwrap();
    assert_eq!(inbox.next(), "d/1.txt");
    fs::write(inbox.root.join("2.txt"), "x").unwrap();
    assert_eq!(inbox.next(), "2.txt");
}

#[test]
fn what_was_there_before_comes_oldest_first() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("inbox");
    fs::create_dir(&root).unwrap();
    for (name, age) in [("new.txt", 10), ("oldest.txt", 1000), ("old.txt", 100)] {
        let file = File::create(root.join(name)).unwrap();
        let now = root.metadata().unwrap().modified().unwrap();
        file.set_modified(now - Duration::from_secs(age)).unwrap();
    }
    let mut inbox = Running::start_in(dir, WatchMode::Auto, 64);
    assert_eq!([inbox.next(), inbox.next(), inbox.next()], ["oldest.txt", "old.txt", "new.txt"]);
}

#[test]
fn a_slow_writer_is_never_read_half() {
    let mut inbox = Running::start(WatchMode::Auto);
    let path = inbox.root.join("slow.txt");
    let mut file = File::create(&path).unwrap();
    let start = Instant::now();
    let mut size = 0;
    // For three times as long as `settle`, a bit more often than it.
    copydesk_testkit::wait_until("the slow writer", SOON, || {
        file.write_all(b"slow ").unwrap();
        size += 5;
        start.elapsed() > Duration::from_millis(600)
    });
    assert!(inbox.jobs.try_recv().is_err(), "it is not complete");
    drop(file);
    let job = inbox.next_job();
    assert_eq!((job.path, job.stamp.size), (path, size));
}

#[test]
fn lost_events_cost_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut inbox = Running::start_in(dir, WatchMode::Poll, 64);
    // A thread that polls once an hour, and then hears only that something was lost.
    inbox.hints.stop();
    let mut options = options(&inbox.root, WatchMode::Auto);
    options.settle = Duration::from_millis(50);
    let hints = Hints::default();
    let (sender, jobs) = mpsc::channel(64);
    let board = hints.clone();
    thread::spawn(move || Inbox::new(options, Vec::new()).work(&board, &sender));
    inbox.jobs = jobs;
    inbox.hints = hints.clone();
    fs::write(inbox.root.join("first.txt"), "x").unwrap();
    hints.event(Err(notify::Error::generic("lost")));
    assert_eq!(inbox.next(), "first.txt");
    for n in 0..50 {
        fs::write(inbox.root.join(format!("{n:02}.txt")), "x").unwrap();
    }
    let flag = notify::event::Flag::Rescan;
    hints.event(Ok(notify::Event::new(notify::EventKind::Other).set_flag(flag)));
    assert_eq!(inbox.next_of(50).len(), 50);
}

#[test]
fn each_version_is_handed_out_once() {
    let mut inbox = Running::start(WatchMode::Auto);
    let path = inbox.root.join("a.txt");
    fs::write(&path, "one").unwrap();
    let first = inbox.next_job();
    // While it is read it is written again: the new version comes when the old one is reported.
    fs::write(&path, "one two").unwrap();
    inbox.nothing_else();
    inbox.hints.report(Report::Published { path: path.clone(), stamp: first.stamp });
    let second = inbox.next_job();
    assert_eq!(second.stamp.size, 7);
    inbox.hints.report(Report::Published { path: path.clone(), stamp: second.stamp });
    // The report of a version that was replaced changes nothing.
    inbox.hints.report(Report::Released { path: path.clone(), stamp: first.stamp });
    inbox.hints.event(Err(notify::Error::generic("scan again")));
    let end = inbox.root.join("end2.txt");
    fs::write(&end, "x").unwrap();
    assert_eq!(inbox.next_job().path, end);
    // Released and still there: to be read again.
    inbox.hints.report(Report::Released { path: path.clone(), stamp: second.stamp });
    assert_eq!(inbox.next_job().path, path);
    inbox.hints.report(Report::Unfinished { path: path.clone() });
    assert_eq!(inbox.next_job().path, path);
}

#[test]
fn a_full_channel_holds_the_inbox_back_and_nothing_is_lost() {
    let mut inbox = Running::start_in(tempfile::tempdir().unwrap(), WatchMode::Auto, 1);
    for n in 0..300 {
        fs::write(inbox.root.join(format!("{n:03}.txt")), "x").unwrap();
    }
    assert_eq!(inbox.next_of(300).len(), 300);
}

#[test]
fn what_is_kept_is_not_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    let mut known = Vec::new();
    for name in ["kept.txt", "changed.txt", "new.txt"] {
        fs::write(root.join(name), name).unwrap();
        let stamp = Stamp::of(&root.join(name).metadata().unwrap());
        known.push((root.join(name), stamp));
    }
    known.pop();
    fs::write(root.join("changed.txt"), "something else").unwrap();
    let hints = Hints::default();
    let (sender, jobs) = mpsc::channel(8);
    let board = hints.clone();
    let options = options(&root, WatchMode::Poll);
    thread::spawn(move || Inbox::new(options, known).work(&board, &sender));
    let mut inbox = Running { dir, root, hints, jobs };
    assert_eq!(inbox.next_of(2), ["changed.txt", "new.txt"]);
    assert!(inbox.jobs.try_recv().is_err());
}

#[test]
fn a_directory_that_held_a_file_waits_and_gives_way_to_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    let mut inbox = Inbox::new(options(&root, WatchMode::Poll), Vec::new());
    let mut now = Instant::now();
    let mut after_a_while = |inbox: &mut Inbox| {
        inbox.rescan_at = now;
        inbox.step(now);
        now += Duration::from_secs(1);
        inbox.step(now);
    };
    let named_like_a_file = root.join("full.txt");
    fs::create_dir(&named_like_a_file).unwrap();
    // Found while it is still empty.
    inbox.scan_all(Instant::now());
    fs::write(named_like_a_file.join("good.txt"), "One.").unwrap();
    after_a_while(&mut inbox);
    let good = inbox.next_job().unwrap();
    assert_eq!(good.path, named_like_a_file.join("good.txt"));
    fs::remove_file(&good.path).unwrap();
    for _ in 0..3 {
        after_a_while(&mut inbox);
        assert_eq!(inbox.next_job(), None);
    }
    fs::remove_dir(&named_like_a_file).unwrap();
    fs::write(&named_like_a_file, "Two.").unwrap();
    after_a_while(&mut inbox);
    assert_eq!(inbox.next_job().map(|job| job.path), Some(named_like_a_file));
}
