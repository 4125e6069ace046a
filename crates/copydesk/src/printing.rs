//! What is printed where: data on standard output, everything else on standard error.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use copydesk_pipeline::{Failed, Tally};

/// Time between two states of the progress line.
const REDRAW: Duration = Duration::from_millis(100);

/// A line on standard error. It is not worth failing for when nobody reads it.
pub(crate) fn say(line: &str) {
    writeln!(io::stderr().lock(), "{line}").ok();
}

/// A line of data on standard output.
pub(crate) fn put(line: &str) -> anyhow::Result<()> {
    Ok(writeln!(io::stdout().lock(), "{line}")?)
}

/// Tells of documents that failed, and of progress when someone watches.
pub(crate) struct Watch {
    start: Instant,
    drawn: Option<Instant>,
    /// A progress line among the records on a terminal would be noise.
    draws: bool,
}

impl Watch {
    pub(crate) fn new() -> Self {
        let draws = io::stderr().is_terminal() && !io::stdout().is_terminal();
        Self { start: Instant::now(), drawn: None, draws }
    }

    /// Hears of one document.
    pub(crate) fn hear(&mut self, tally: Tally, failed: Option<&Failed>) {
        if let Some(failed) = failed {
            self.wipe();
            say(&describe(failed));
        }
        if self.draws && self.drawn.is_none_or(|at| at.elapsed() >= REDRAW) {
            let seconds = self.start.elapsed().as_secs_f64();
            let rate = tally.done as f64 / seconds.max(0.001);
            let line = format!("{} documents, {} failed, {rate:.0}/s", tally.done, tally.failed);
            write!(io::stderr().lock(), "\r\x1b[K{line}").ok();
            self.drawn = Some(Instant::now());
        }
    }

    /// Takes the progress line away.
    pub(crate) fn wipe(&mut self) {
        if self.drawn.take().is_some() {
            write!(io::stderr().lock(), "\r\x1b[K").ok();
        }
    }
}

fn describe(failed: &Failed) -> String {
    format!("{}: failed to {:#} [{}]", failed.place, failed.error, failed.reason)
}

/// Columns as wide as their widest cell; the last one is not padded.
pub(crate) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|c| width(c).unwrap_or(0)).collect();
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        out.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_below_each_other() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [row(["stage", "done", ""]), row(["é", "1", "last one"])];
        assert_eq!(table(&rows), "stage  done\né      1     last one\n");
        assert_eq!(table(&[]), "");
    }
}
