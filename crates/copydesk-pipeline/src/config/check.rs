//! What must hold between settings, before anything starts.

use std::path::{Component, Path, PathBuf};

use tracing_subscriber::filter::LevelFilter;

use super::{Config, ConfigError};

/// Most workers that make sense; more is a slip of the finger.
const MOST_WORKERS: usize = 1024;

pub(super) fn check(config: &Config, origin: &dyn Fn(&str) -> String) -> Result<(), ConfigError> {
    let fail = |key: &str, why: String| {
        Err(ConfigError::Value { key: key.to_owned(), at: origin(key), why })
    };
    for (key, path) in
        [("inbox", &config.inbox), ("output", &config.output), ("data_dir", &config.data_dir)]
    {
        if path.as_os_str().is_empty() {
            return fail(key, "it is empty; name a directory".into());
        }
    }
    let inbox = normal(&config.inbox);
    for (key, path) in [("output", &config.output), ("data_dir", &config.data_dir)] {
        if normal(path).starts_with(&inbox) {
            let why = format!(
                "{} lies in the inbox {}, so that copydesk would read what it wrote; name a directory outside of it",
                path.display(),
                config.inbox.display()
            );
            return fail(key, why);
        }
    }
    if normal(&config.output) == normal(&config.data_dir) {
        return fail("data_dir", "it is the output directory too; name another".into());
    }
    let counts = [
        ("nats.replicas", config.nats.replicas, 5),
        ("ingest.max_in_flight", config.ingest.max_in_flight, 100_000),
        ("extract.batch", config.extract.batch, 10_000),
        ("sink.batch", config.sink.batch, 100_000),
    ];
    for (key, count, most) in counts {
        if count == 0 || count > most {
            return fail(key, format!("{count} is not between 1 and {most}"));
        }
    }
    if config.extract.workers > MOST_WORKERS {
        return fail("extract.workers", format!("more than {MOST_WORKERS}; 0 is one a core"));
    }
    if config.nats.stream_bytes.0 < 16 << 20 {
        return fail("nats.stream_bytes", "less than 16MiB, room for a few articles only".into());
    }
    for (key, time) in [("ingest.rescan", config.ingest.rescan), ("sink.flush", config.sink.flush)]
    {
        if time.0.is_zero() {
            return fail(key, "it must be longer than nothing".into());
        }
    }
    if let Some(urls) = config.nats.url.get() {
        for url in urls.split(',').map(str::trim) {
            if !["nats://", "tls://", "ws://", "wss://"].iter().any(|s| url.starts_with(s)) {
                let wrong = format!("{url:?} does not start with nats://; write nats://host:4222");
                return fail("nats.url", wrong);
            }
        }
    }
    let (soft, hard) = (config.ingest.limits.html_depth, config.ingest.limits.html_depth_hard);
    if soft > hard {
        return fail("ingest.limits.html_depth", format!("it is above html_depth_hard, {hard}"));
    }
    if let Some(wrong) = wrong_level(&config.log.level) {
        return fail(
            "log.level",
            format!("{wrong:?} is no level; write info, or info,copydesk_bus=debug"),
        );
    }
    Ok(())
}

/// The first part of `info,copydesk_bus=debug` whose level is none.
fn wrong_level(directives: &str) -> Option<&str> {
    directives.split(',').find(|part| {
        let level = part.split_once('=').map_or(*part, |(_, level)| level);
        level.trim().is_empty() || level.parse::<LevelFilter>().is_err()
    })
}

/// The path from the root, without `.` and `..`, links not followed.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => normal.push(part),
        }
    }
    normal
}
