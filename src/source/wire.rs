//! What is seen on the connection of a fetch beside what the HTTP library makes of it.
//!
//! The library keeps neither the words of a status nor the reason of a failure; both are what the user wants
//! to read, so the socket leaves them here and the fetch picks them up.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::reply;
use super::watch::{Phase, Watch};
use crate::go::fmt;

/// Bytes that the head of a reply may have.
pub(super) const MAX_HEAD: usize = 64 * 1024;
/// Bytes of a line of the head that are kept.
const MAX_LINE: usize = 200;
const BROKEN: &str = "net/http: HTTP/1.x transport connection broken";

/// Why there is no head of a reply.
pub(super) enum HeadFault {
    Ended,
    TooLong,
    /// In the words of the HTTP library.
    Malformed(String),
}

/// What the socket inside ureq and the fetch around it both know.
pub(super) struct Wire {
    pub(super) watch: Watch,
    /// The line of the reply that is being read, while that is its head.
    line: Vec<u8>,
    first_line: Option<Vec<u8>>,
    status_line: Vec<u8>,
    head_ended: bool,
    /// The server has closed its side.
    pub(super) hung_up: bool,
    pub(super) addresses: String,
    /// Why the socket gave up, in Go's words.
    pub(super) fault: Option<String>,
}

/// The fetch and the socket hold one each.
pub(super) type Shared = Arc<Mutex<Wire>>;

pub(super) fn lock(wire: &Shared) -> MutexGuard<'_, Wire> {
    wire.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Wire {
    pub(super) fn new(watch: Watch) -> Self {
        Self {
            watch,
            line: Vec::new(),
            first_line: None,
            status_line: Vec::new(),
            head_ended: false,
            hung_up: false,
            addresses: String::new(),
            fault: None,
        }
    }

    /// Before each request of a chain of redirects.
    pub(super) fn start(&mut self) {
        self.watch.enter(Phase::Dial);
        self.line.clear();
        self.first_line = None;
        self.status_line.clear();
        self.head_ended = false;
        self.hung_up = false;
        self.fault = None;
    }

    /// Keeps the status line, which ureq does not: its words are the server's.
    pub(super) fn read_head(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.head_ended {
                return;
            }
            if byte != b'\n' {
                if self.line.len() < MAX_LINE {
                    self.line.push(byte);
                }
                continue;
            }
            let line = std::mem::take(&mut self.line);
            let line = line.strip_suffix(b"\r").unwrap_or(&line).to_vec();
            if line.starts_with(b"HTTP/") {
                self.status_line = line.clone();
            }
            // A reply of the hundreds is followed by the real one.
            let interim = self.status_line.get(8..10) == Some(b" 1")
                && !self.status_line.starts_with(b"HTTP/1.1 101");
            self.head_ended = line.is_empty() && !interim;
            self.first_line.get_or_insert(line);
        }
    }

    /// `404 Not Found`.
    pub(super) fn status(&self) -> String {
        let words = self.status_line.splitn(2, |&byte| byte == b' ').nth(1);
        String::from_utf8_lossy(words.unwrap_or_default())
            .trim_start()
            .to_string()
    }

    /// Go's words for what kept the head of a reply from being read.
    pub(super) fn explain_head(&mut self, broken: HeadFault) -> String {
        if let Some(fault) = self.fault.take() {
            return fault;
        }
        let first = self.first_line.as_ref().unwrap_or(&self.line);
        match broken {
            HeadFault::Ended if first.is_empty() => {
                "EOF (the server closed the connection without an answer)".to_string()
            }
            HeadFault::Ended if first.starts_with(b"HTTP/") => {
                format!(
                    "{BROKEN}: unexpected EOF (the server closed the connection amid the headers)"
                )
            }
            HeadFault::TooLong => too_long(),
            HeadFault::Ended => format!("{BROKEN}: {}", malformed(first, "it ends early")),
            HeadFault::Malformed(words) => format!("{BROKEN}: {}", malformed(first, &words)),
        }
    }

    /// Why a body broke off that should have so many bytes, where its head said how many.
    pub(super) fn explain_body(&mut self, length: Option<u64>) -> String {
        const CLOSED: &str = "unexpected EOF (the server closed the connection after";
        let bytes = self.watch.bytes();
        match (self.fault.take(), length) {
            (Some(fault), _) => fault,
            (None, Some(length)) => format!("{CLOSED} {bytes} of {length} bytes)"),
            (None, None) if self.hung_up => format!("{CLOSED} {bytes} bytes, amid the profile)"),
            (None, None) => format!("invalid chunked encoding after {bytes} bytes of the reply"),
        }
    }
}

/// What is wrong with a head that starts with `first`; `words` say it where the first line is sound.
fn malformed(first: &[u8], words: &str) -> String {
    const ADVICE: &str = "(does that port speak plain HTTP?)";
    let mut parts = first.splitn(3, |&byte| byte == b' ');
    let (protocol, code) = (parts.next().unwrap_or_default(), parts.next());
    let Some(code) = code else {
        return format!("malformed HTTP response {} {ADVICE}", fmt::quote(first));
    };
    if code.len() != 3 || !code.iter().all(u8::is_ascii_digit) {
        return format!("malformed HTTP status code {} {ADVICE}", fmt::quote(code));
    }
    if !protocol.starts_with(b"HTTP/1.") {
        return format!("malformed HTTP version {} {ADVICE}", fmt::quote(protocol));
    }
    format!("malformed headers ({})", reply::one_line(words.as_bytes()))
}

/// Go's words for a head longer than [`MAX_HEAD`].
pub(super) fn too_long() -> String {
    format!("{BROKEN}: net/http: server response headers exceeded {MAX_HEAD} bytes; aborted")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status_of(bytes: &[u8]) -> String {
        let mut wire = Wire::new(Watch::new(1, 0, None));
        for byte in bytes.chunks(1) {
            wire.read_head(byte);
        }
        wire.status()
    }

    #[test]
    fn the_status_is_the_final_ones_and_never_a_line_of_the_body() {
        assert_eq!(
            status_of(b"HTTP/1.1 404 Not  Found\r\nX: y\r\n\r\n"),
            "404 Not  Found"
        );
        assert_eq!(status_of(b"HTTP/1.1 404\n\nHTTP/1.1 200 OK\n\n"), "404");
        let interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 410 Gone\r\n\r\n";
        assert_eq!(status_of(interim), "410 Gone");
        assert_eq!(
            status_of(b"HTTP/1.1 101 Switched\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"),
            "101 Switched"
        );
        assert_eq!(status_of(b""), "");
        assert_eq!(status_of(&[b'x'; 5000]), "");
    }
}
