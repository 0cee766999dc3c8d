//! One line on a terminal's stderr while a server is waited for, gone when the bytes are there.
//!
//! On a pipe there is none: scripts see pprof's own messages only.

use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::{signal, tty};
use crate::measure;
use crate::source::{OnProgress, Progress};

/// Cells of the bar.
const BAR: usize = 30;

/// Whether the line is there: one process has one stderr.
static DRAWN: AtomicBool = AtomicBool::new(false);

/// What a fetch calls about every second; none where stderr is no terminal that can take a line back.
pub(crate) fn hook() -> Option<OnProgress> {
    let term = std::env::var("TERM").unwrap_or_default();
    let possible = io::stderr().is_terminal() && !matches!(term.as_str(), "" | "dumb");
    possible.then(|| Arc::new(draw) as OnProgress)
}

/// Takes the line back, if there is one.
pub(crate) fn erase() {
    if DRAWN.swap(false, Ordering::Relaxed) {
        let _ = io::stderr().write_all(b"\r\x1b[K"); // nobody is left to be told
    }
}

fn draw(progress: Progress) {
    signal::leave_in_order();
    let line = cut(text(progress), tty::size(io::stderr()).columns);
    DRAWN.store(true, Ordering::Relaxed);
    // A progress that cannot be shown must not cost the fetch.
    let _ = io::stderr().write_all(format!("\r\x1b[K{line}").as_bytes());
}

/// Stderr for everything that is not progress: what is said takes the line's place.
pub(super) struct Stderr;

impl Write for Stderr {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        erase();
        io::stderr().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(()) // stderr has no buffer
    }
}

/// Stdout where it may be the same terminal: a report takes the line's place too.
pub(super) struct Stdout(pub(super) io::Stdout);

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        erase();
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// `[=====>      ] 12 of 30 s` while a server records, `3 s, 1.20MB of 3MB received, 102.40kB/s` while it sends.
fn text(progress: Progress) -> String {
    let elapsed = progress.elapsed.as_secs();
    let recording = progress.of.filter(|of| of.as_secs() > 0);
    let mut text = match recording {
        Some(of) => format!(
            "{} {elapsed} of {} s",
            bar(progress.elapsed, of),
            of.as_secs()
        ),
        None => format!("{elapsed} s"),
    };
    if progress.bytes == 0 {
        let waited = recording.is_none_or(|of| progress.elapsed > of);
        text.push_str(if waited {
            ", waiting for the server"
        } else {
            ""
        });
        return text;
    }
    let received = bytes(u128::from(progress.bytes));
    match progress.total {
        Some(total) => text.push_str(&format!(", {received} of {}", bytes(u128::from(total)))),
        None => text.push_str(&format!(", {received}")),
    }
    text.push_str(" received");
    if let Some(rate) = rate(progress.bytes, progress.receiving) {
        text.push_str(&format!(", {}/s", bytes(rate)));
    }
    text
}

/// How much of a time is over.
fn bar(elapsed: Duration, of: Duration) -> String {
    let whole = of.as_millis().max(1);
    let share = elapsed.as_millis().min(whole) * BAR as u128 / whole;
    let over = usize::try_from(share).unwrap_or(BAR);
    let head = if over < BAR { ">" } else { "" };
    format!("[{:<BAR$}]", format!("{}{head}", "=".repeat(over)))
}

fn rate(received: u64, elapsed: Duration) -> Option<u128> {
    (u128::from(received) * 1000).checked_div(elapsed.as_millis())
}

fn bytes(count: u128) -> String {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    String::from_utf8_lossy(&measure::label(count, b"bytes")).into_owned()
}

/// Never so long that it wraps, for only one row is taken back.
fn cut(mut text: String, columns: usize) -> String {
    if columns > 0 {
        text.truncate(columns - 1); // the text is ASCII
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(seconds: u64, of: Option<u64>, bytes: u64) -> String {
        text(Progress {
            elapsed: Duration::from_secs(seconds),
            of: of.map(Duration::from_secs),
            bytes,
            total: None,
            receiving: Duration::from_secs(seconds / 2),
        })
    }

    #[test]
    fn a_recording_counts_towards_its_end() {
        let bar = |over: usize| format!("[{}>{}]", "=".repeat(over), " ".repeat(29 - over));
        assert_eq!(shown(0, Some(30), 0), format!("{} 0 of 30 s", bar(0)));
        assert_eq!(shown(20, Some(30), 0), format!("{} 20 of 30 s", bar(20)));
        let full = "=".repeat(30);
        let late = format!("[{full}] 31 of 30 s, waiting for the server");
        assert_eq!(shown(31, Some(30), 0), late);
        let sent = format!("[{full}] 30 of 30 s, 512B received, 34B/s");
        assert_eq!(shown(30, Some(30), 512), sent);
        assert_eq!(shown(3, Some(0), 0), "3 s, waiting for the server");
    }

    #[test]
    fn a_download_shows_bytes_and_rate() {
        assert_eq!(shown(2, None, 3 << 20), "2 s, 3MB received, 3MB/s");
        assert_eq!(shown(0, None, 512), "0 s, 512B received");
        assert!(shown(2, None, u64::MAX).contains("received"));
        let of_more = text(Progress {
            elapsed: Duration::from_secs(9),
            of: None,
            bytes: 1 << 20,
            total: Some(4 << 20),
            receiving: Duration::from_secs(2),
        });
        assert_eq!(of_more, "9 s, 1MB of 4MB received, 512kB/s");
    }

    #[test]
    fn the_line_is_shorter_than_the_screen() {
        assert_eq!(cut("12345".to_string(), 5), "1234");
        assert_eq!(cut("12345".to_string(), 0), "12345");
    }
}
