//! Runs the binary.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A folder to run copydesk in. It has the model and the server, and nothing else of the user's.
pub(crate) struct Desk {
    dir: TempDir,
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// A desk with the sample articles in the folder `samples`.
    pub(crate) fn with_samples() -> Self {
        let desk = Self::new();
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
        for entry in std::fs::read_dir(samples).unwrap() {
            let path = entry.unwrap().path();
            let name = format!("samples/{}", path.file_name().unwrap().to_string_lossy());
            desk.write(&name, std::fs::read(&path).unwrap());
        }
        desk
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file, and the folders above it.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The command, not started yet.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_copydesk"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("COPYDESK_") {
                command.env_remove(name);
            }
        }
        command
            .args(args)
            .current_dir(self.path())
            .env("COPYDESK_MODEL", copydesk_testkit::model())
            .env("COPYDESK_NATS_SERVER", copydesk_testkit::nats_server_binary())
            .env("COPYDESK_HTTP", "127.0.0.1:0")
            .env("XDG_CACHE_HOME", self.path().join("cache"));
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        self.run_with(args, "")
    }

    /// Runs a command with `input` on its standard input.
    pub(crate) fn run_with(&self, args: &[&str], input: impl AsRef<[u8]>) -> Ended {
        end(&mut self.command(args), input.as_ref())
    }

    /// Runs a command that is to succeed without a word on standard error; its standard output.
    pub(crate) fn output(&self, args: &[&str]) -> String {
        let ended = self.run(args);
        assert_eq!((ended.code, ended.stderr.as_str()), (0, ""), "{args:?}");
        ended.stdout
    }
}

/// Runs a command to its end.
pub(crate) fn end(command: &mut Command, input: &[u8]) -> Ended {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // A command may end without reading its input.
    let feeder = std::thread::spawn(move || stdin.write_all(&input).ok());
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ended {
        code: output.status.code().expect("it was not killed"),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// The JSON objects, one a line.
pub(crate) fn lines(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Panics with the first line that the schema of the record does not allow.
pub(crate) fn validate(records: &[serde_json::Value]) {
    let schema = jsonschema::validator_for(&copydesk_types::record_schema()).unwrap();
    for record in records {
        if let Err(error) = schema.validate(record) {
            panic!("{error} at {} in {record}", error.instance_path());
        }
    }
}
