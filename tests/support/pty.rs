//! Runs podprof on a terminal of its own, types at it and reads what it draws.
//!
//! The terminal is the child's controlling one, so /dev/tty works there as it does for a user. What
//! has been drawn is never thrown away: a test can look at all of it when the run has ended.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use super::run::{binary, data_dir};

/// How long the expected may take to appear before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A run of podprof on a terminal, to be set up.
pub(crate) struct OnTerminal {
    command: Command,
    rows: u16,
    columns: u16,
}

/// A run of podprof on a terminal.
pub(crate) struct Terminal {
    master: File,
    child: Child,
    chunks: Receiver<Vec<u8>>,
    drawn: Vec<u8>,
    /// What a `see` has already found lies before.
    seen: usize,
    /// Whoever has it keeps the terminal from being read.
    reading: Arc<Mutex<()>>,
}

impl OnTerminal {
    /// podprof with these arguments in tests/data, on a terminal of 24 rows and 80 columns.
    pub(crate) fn new(arguments: &[&str]) -> Self {
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg("--wait").arg(binary());
        command.args(arguments);
        Self::with(command)
    }

    /// A line of sh, in which `$PODPROF` is the binary.
    pub(crate) fn shell(line: &str) -> Self {
        let mut command = Command::new("setsid");
        command.args(["--ctty", "--wait", "sh", "-c", line]);
        Self::with(command)
    }

    /// Any command, with its own folder and environment.
    pub(crate) fn of(other: &Command) -> Self {
        let mut command = Command::new("setsid");
        command
            .args(["--ctty", "--wait"])
            .arg(other.get_program())
            .args(other.get_args());
        command.env_clear();
        let set = other
            .get_envs()
            .filter_map(|(name, value)| Some((name, value?)));
        command.envs(set);
        if let Some(folder) = other.get_current_dir() {
            command.current_dir(folder);
        }
        Self::sized(command)
    }

    fn with(mut command: Command) -> Self {
        command.env_clear().current_dir(data_dir());
        command.env("HOME", "/nonexistent").env("TZ", "UTC");
        command.env("TERM", "xterm").env("PODPROF", binary());
        command.env("PATH", "/usr/bin:/bin");
        Self::sized(command)
    }

    fn sized(command: Command) -> Self {
        Self {
            command,
            rows: 24,
            columns: 80,
        }
    }

    /// Sets one environment variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Takes one environment variable away.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// The size of the terminal.
    pub(crate) fn size(mut self, rows: u16, columns: u16) -> Self {
        (self.rows, self.columns) = (rows, columns);
        self
    }

    /// Starts the run.
    pub(crate) fn start(mut self) -> Terminal {
        let master =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a pty");
        grantpt(&master).expect("a pty of ours");
        unlockpt(&master).expect("a pty of ours");
        tcsetwinsize(&master, window(self.rows, self.columns)).expect("a size");
        let name = ptsname(&master, Vec::new()).expect("a pty has a name");
        let name = name.to_str().expect("a path");
        let side = || File::options().read(true).write(true).open(name);
        let side = || Stdio::from(OwnedFd::from(side().expect("the other side")));
        let command = self.command.stdin(side()).stdout(side()).stderr(side());
        let child = command.spawn().expect("setsid starts");
        drop(self.command); // and with it our copies of the other side, so that its end is seen
        let master = File::from(master);
        let mut reader = master.try_clone().expect("a second handle");
        let (sender, chunks) = mpsc::channel();
        let reading = Arc::new(Mutex::new(()));
        let may_read = Arc::clone(&reading);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            // The other side's last close is an error here.
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
                drop(may_read.lock());
            }
        });
        Terminal {
            master,
            child,
            chunks,
            drawn: Vec::new(),
            seen: 0,
            reading,
        }
    }
}

impl Terminal {
    /// Types these keys.
    pub(crate) fn type_keys(&mut self, keys: &str) -> &mut Self {
        self.type_bytes(keys.as_bytes())
    }

    /// Types bytes that need not be text.
    pub(crate) fn type_bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.master.write_all(bytes).expect("a terminal takes keys");
        self
    }

    /// Waits until `text` is drawn behind what an earlier `see` found, and returns what came before it.
    pub(crate) fn see(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let new = &self.drawn[self.seen..];
            if let Some(at) = find(new, text.as_bytes()) {
                let before = String::from_utf8_lossy(&new[..at]).into_owned();
                self.seen += at + text.len();
                return before;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.chunks.recv_timeout(left) {
                Ok(chunk) => self.drawn.extend(chunk),
                Err(why) => {
                    self.child.kill().ok();
                    panic!("{why}: no {text:?} in {}", tail(new));
                }
            }
        }
    }

    /// Waits for a prompt with nothing behind it and returns what came before.
    pub(crate) fn prompt(&mut self) -> String {
        self.see("(pprof) \r\x1b[8C")
    }

    /// Keys typed while nothing of what is drawn is taken, as on a line that has stalled.
    pub(crate) fn type_while_stalled(&mut self, keys: &str) {
        let reading = Arc::clone(&self.reading);
        let stalled: MutexGuard<'_, ()> = reading.lock().expect("nobody panics with it");
        // Once it is full the run waits in a write.
        thread::sleep(Duration::from_millis(200));
        self.type_keys(keys);
        drop(stalled);
    }

    /// How many bytes have been drawn.
    pub(crate) fn drawn(&self) -> usize {
        self.drawn.len()
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&mut self, rows: u16, columns: u16) {
        tcsetwinsize(&self.master, window(rows, columns)).expect("a size");
    }

    /// Whether lines are edited by the terminal and keys echoed, as a shell expects to find it.
    pub(crate) fn is_cooked(&self) -> bool {
        let modes = tcgetattr(&self.master).expect("a mode").local_modes;
        modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    /// Waits for the end: all that was drawn, and the exit code.
    pub(crate) fn end(&mut self) -> (String, Option<i32>) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.chunks.recv_timeout(left) {
                Ok(chunk) => self.drawn.extend(chunk),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.child.kill().ok();
                    panic!("still running: {}", tail(&self.drawn));
                }
            }
        }
        let status = self.child.wait().expect("a child can be waited for");
        let drawn = String::from_utf8(self.drawn.clone());
        (drawn.expect("a terminal is sent UTF-8"), status.code())
    }
}

fn window(rows: u16, columns: u16) -> Winsize {
    Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    }
}

/// The end of what was drawn, readable.
fn tail(drawn: &[u8]) -> String {
    let last = &drawn[drawn.len().saturating_sub(1500)..];
    format!("… {:?}", String::from_utf8_lossy(last))
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
