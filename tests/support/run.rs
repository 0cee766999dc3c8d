//! Runs podprof once and catches everything it says.
//! The environment is the same everywhere: nothing is inherited, so a test passes or fails alike on every machine.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::{Duration, Instant};

/// What every run finds in its environment unless the test says otherwise.
const ENVIRONMENT: [(&str, &str); 3] = [("HOME", "/nonexistent"), ("TERM", "dumb"), ("TZ", "UTC")];

/// How long a run may take before it is killed and the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// What qemu-user takes of the address space for itself, and how many times slower it may be.
const EMULATOR_KIB: u64 = 350 << 10;
const EMULATOR_SLOWNESS: u64 = 20;

/// The binary under test: `PODPROF_BIN`, else the one cargo built for this test run.
pub(crate) fn binary() -> PathBuf {
    let named = std::env::var_os("PODPROF_BIN").filter(|path| !path.is_empty());
    named.map_or_else(
        || PathBuf::from(env!("CARGO_BIN_EXE_podprof")),
        |path| Path::new(env!("CARGO_MANIFEST_DIR")).join(path),
    )
}

/// The folder the case lines run in: their profile names are relative to it.
pub(crate) fn data_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

/// Sends a process a signal, `-TERM` or another word that kill takes.
pub(crate) fn send(signal: &str, pid: impl ToString) {
    let sent = Command::new("kill")
        .args([signal, &pid.to_string()])
        .status();
    assert!(sent.expect("kill runs").success(), "kill {signal}");
}

/// One run of podprof, built up and then started by `run`.
pub(crate) struct Podprof {
    command: Command,
    stdin: Vec<u8>,
    patience: Duration,
}

/// What a finished run left behind.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    /// The exit code, or none where a signal ended the run.
    pub(crate) code: Option<i32>,
    pub(crate) took: Duration,
}

impl Podprof {
    /// podprof with these arguments, in tests/data, with an empty stdin.
    pub(crate) fn new<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Self {
        let mut command = Command::new(binary());
        command.args(arguments);
        Self::starting(command)
    }

    /// A script for bash, whose exit code is that of the last command of a pipe that fails.
    pub(crate) fn shell(script: &str) -> Self {
        let mut command = Command::new("bash");
        command.args(["-o", "pipefail", "-c", script]);
        Self::starting(command)
    }

    fn starting(mut command: Command) -> Self {
        command.env_clear().envs(ENVIRONMENT);
        command.current_dir(data_dir());
        Self {
            command,
            stdin: Vec::new(),
            patience: match std::env::var_os("PODPROF_EMULATED") {
                Some(_) => PATIENCE * 5,
                None => PATIENCE,
            },
        }
    }

    /// Sets one environment variable for the run.
    pub(crate) fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.command.env(name, value.into());
        self
    }

    /// Runs in `folder` instead of tests/data.
    pub(crate) fn cwd(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    /// Feeds `script` to stdin, through a pipe that closes after it.
    pub(crate) fn stdin(mut self, script: impl Into<Vec<u8>>) -> Self {
        self.stdin = script.into();
        self
    }

    /// Lets the kernel end the run above this much address space or processor time; an emulator gets its own on top.
    pub(crate) fn limited(mut self, kibibytes: u64, seconds: u64) -> Self {
        let (kibibytes, seconds) = match std::env::var_os("PODPROF_EMULATED") {
            Some(_) => (kibibytes + EMULATOR_KIB, seconds * EMULATOR_SLOWNESS),
            None => (kibibytes, seconds),
        };
        const SCRIPT: &str = r#"ulimit -v "$1" && ulimit -t "$2" && shift 2 && exec "$@""#;
        let mut limited = Command::new("/bin/sh");
        limited.args(["-c", SCRIPT, "sh"]);
        limited.args([kibibytes.to_string(), seconds.to_string()]);
        limited
            .arg(self.command.get_program())
            .args(self.command.get_args());
        limited.env_clear().envs(
            self.command
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        if let Some(folder) = self.command.get_current_dir() {
            limited.current_dir(folder);
        }
        self.command = limited;
        self
    }

    /// Kills the run, and fails the test, after `patience` instead of a minute.
    pub(crate) fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Runs to the end and returns what was written; panics where the binary cannot start or hangs.
    pub(crate) fn run(mut self) -> Outcome {
        let shown = format!("{:?}", self.command);
        self.command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let started = Instant::now();
        let mut child = self
            .command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {shown}: {error}"));
        feed(&mut child, self.stdin);
        let stdout = collect(child.stdout.take());
        let stderr = collect(child.stderr.take());
        let deadline = started + self.patience;
        let caught = before(deadline, &stdout).zip(before(deadline, &stderr));
        let Some((stdout, stderr)) = caught else {
            child.kill().ok();
            child.wait().ok();
            panic!("still running after {:?}: {shown}", self.patience);
        };
        let status: ExitStatus = child.wait().expect("a child can be waited for");
        Outcome {
            stdout,
            stderr,
            code: status.code(),
            took: started.elapsed(),
        }
    }
}

fn feed(child: &mut Child, script: Vec<u8>) {
    let Some(mut stdin) = child.stdin.take() else {
        return;
    };
    // A child that leaves early closes its end: that is no failure of the test.
    thread::spawn(move || stdin.write_all(&script).ok());
}

fn collect(stream: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver): (Sender<Vec<u8>>, _) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            stream.read_to_end(&mut bytes).ok();
        }
        sender.send(bytes).ok();
    });
    receiver
}

fn before(deadline: Instant, stream: &Receiver<Vec<u8>>) -> Option<Vec<u8>> {
    let left = deadline.saturating_duration_since(Instant::now());
    stream.recv_timeout(left).ok()
}
