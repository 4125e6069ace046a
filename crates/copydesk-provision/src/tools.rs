//! The machine's own `curl` and `pip`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::places::executables;

/// Fetches `url` into the file `to`. The error is one line for the user.
pub(crate) fn curl(url: &str, to: &Path, tools: Option<&OsStr>) -> Result<(), String> {
    let program = executables("curl", tools).into_iter().next().ok_or("curl is not installed")?;
    let mut command = Command::new(program);
    command.args(["-fsSL", "--connect-timeout", "10", "--retry", "2"]);
    // No second wait for a host that does not answer, and none for one that stops in the middle.
    command.args(["--retry-max-time", "10", "--speed-limit", "1024", "--speed-time", "30"]);
    // Long enough for the large model on a slow line.
    command.args(["--max-time", "3600", "-o"]).arg(to).arg(url);
    run(command)
}

/// Fetches the wheel of `requirement` into the directory `to`. The error is one line for the user.
pub(crate) fn pip(
    requirement: &str,
    options: &[&str],
    to: &Path,
    tools: Option<&OsStr>,
) -> Result<PathBuf, String> {
    let mut command = find_pip(tools).ok_or("pip is not installed")?;
    command.args(["download", "--quiet", "--disable-pip-version-check", "--no-cache-dir"]);
    // Only wheels: a source package would run code of its own.
    command.args(["--no-deps", "--only-binary", ":all:", "--retries", "1", "--timeout", "15"]);
    command.args(options).arg("--dest").arg(to).arg(requirement);
    run(command)?;
    fs::read_dir(to)
        .map_err(|e| format!("pip: {e}"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|e| e == "whl"))
        .ok_or_else(|| format!("pip left no wheel of {requirement}"))
}

/// The first pip that runs. A Python without pip is common, so each candidate is asked for its version.
fn find_pip(tools: Option<&OsStr>) -> Option<Command> {
    let candidates: [(&str, &[&str]); 4] =
        [("python3", &["-m", "pip"]), ("pip3", &[]), ("pip", &[]), ("python", &["-m", "pip"])];
    candidates.into_iter().find_map(|(name, args)| {
        let program = executables(name, tools).into_iter().next()?;
        let mut probe = Command::new(&program);
        probe.args(args).arg("--version").stdin(Stdio::null());
        probe.output().ok().filter(|output| output.status.success())?;
        let mut command = Command::new(program);
        command.args(args);
        Some(command)
    })
}

/// Runs to the end; a failure becomes the last line that the program wrote.
fn run(mut command: Command) -> Result<(), String> {
    let name = Path::new(command.get_program()).file_stem().unwrap_or_default();
    let name = name.to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().map_err(|e| format!("{name}: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let last = said.lines().rev().find(|line| !line.trim().is_empty());
    Err(match last {
        Some(line) if line.starts_with(&name) => line.trim().to_owned(),
        Some(line) => format!("{name}: {}", line.trim()),
        None => format!("{name}: {}", output.status),
    })
}
