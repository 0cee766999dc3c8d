//! The head of a reply as Go's client reads it: the status line and the few header lines that matter here.
//!
//! Everything in it is the server's; what is wrong is quoted in part, in Go's words where Go refuses it too.

use super::framing::Framing;
use super::reply::Head;
use crate::go::fmt;

/// Bytes that the head of a reply may have.
pub(super) const MAX_HEAD: usize = 64 * 1024;
/// Bytes of a line of the head that are quoted.
const MAX_LINE: usize = 200;
const BROKEN: &str = "net/http: HTTP/1.x transport connection broken";

/// Where the head ends that `bytes` start with, nothing where more must come; `looked` of them were looked at before.
///
/// # Errors
/// No reply of HTTP starts so; that is told at once, as some servers speak first and then wait.
pub(super) fn end(bytes: &[u8], looked: usize) -> Result<Option<usize>, String> {
    let start = bytes.get(..5).unwrap_or(bytes);
    if !b"HTTP/".starts_with(start) {
        let line = bytes.split(|byte| *byte == b'\n').next();
        return Err(wrong_start(line.unwrap_or_default()));
    }
    // The end may have begun in what was looked at.
    let from = looked.saturating_sub(3);
    let rest = bytes.get(from..).unwrap_or_default();
    let after = |blank: &[u8]| {
        let at = rest.windows(blank.len()).position(|seen| seen == blank);
        at.map(|at| from + at + blank.len())
    };
    Ok(match (after(b"\n\r\n"), after(b"\n\n")) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    })
}

/// Reads a whole head; nothing where it is one of the hundreds, behind which the real one follows.
pub(super) fn read(bytes: &[u8]) -> Result<Option<(Head, Framing)>, String> {
    let mut lines = bytes.split(|byte| *byte == b'\n').map(without_return);
    let status = Status::read(lines.next().unwrap_or_default())?;
    // Who switches protocols sends no other head.
    if status.code / 100 == 1 && status.code != 101 {
        return Ok(None);
    }
    let fields = Fields::read(lines.take_while(|line| !line.is_empty()))?;
    let text = |name| String::from_utf8_lossy(fields.first(name)).into_owned();
    let location = fields.first("Location").to_vec();
    let framing = match status.code {
        101 | 204 | 304 => Framing::Length(0),
        _ => fields.framing(status.is_old)?,
    };
    let head = Head {
        code: status.code,
        status: status.words,
        go_pprof: !fields.first("X-Go-Pprof").is_empty(),
        content_type: text("Content-Type"),
        gzip_encoded: text("Content-Encoding").eq_ignore_ascii_case("gzip"),
        location: Some(location).filter(|location| !location.is_empty()),
    };
    Ok(Some((head, framing)))
}

/// The first line of a reply.
struct Status {
    code: u16,
    /// `404 Not Found`.
    words: String,
    /// The version is before 1.1: there are no chunks.
    is_old: bool,
}

impl Status {
    fn read(line: &[u8]) -> Result<Self, String> {
        let mut halves = line.splitn(2, |byte| *byte == b' ');
        let (protocol, words) = (halves.next().unwrap_or_default(), halves.next());
        let Some(words) = words.map(<[u8]>::trim_ascii_start) else {
            return Err(no_http("response", line));
        };
        let code = words.split(|byte| *byte == b' ').next().unwrap_or_default();
        let number = number(code).and_then(|code| u16::try_from(code).ok());
        let Some(number) = number.filter(|_| code.len() == 3) else {
            return Err(no_http("status code", code));
        };
        let is_old = match protocol {
            [
                b'H',
                b'T',
                b'T',
                b'P',
                b'/',
                major @ b'0'..=b'9',
                b'.',
                minor @ b'0'..=b'9',
            ] => (*major, *minor) < (b'1', b'1'),
            _ => return Err(no_http("version", protocol)),
        };
        Ok(Self {
            code: number,
            words: String::from_utf8_lossy(shortened(words)).into_owned(),
            is_old,
        })
    }
}

/// The header lines: name and value of each.
struct Fields<'a>(Vec<(&'a [u8], &'a [u8])>);

impl<'a> Fields<'a> {
    fn read(lines: impl Iterator<Item = &'a [u8]>) -> Result<Self, String> {
        let mut fields = Vec::new();
        for line in lines {
            let wrong = |what: &str| {
                let line = fmt::quote(shortened(line));
                broken(&format!("malformed MIME header{what}: {line}"))
            };
            match line.iter().position(|byte| *byte == b':') {
                // Nobody folds the lines that are read here.
                _ if line.starts_with(b" ") || line.starts_with(b"\t") => {
                    if fields.is_empty() {
                        return Err(wrong(" initial line"));
                    }
                }
                Some(0) => return Err(wrong(" line")),
                Some(colon) => {
                    let (name, value) = line.split_at(colon);
                    fields.push((name, value.get(1..).unwrap_or_default().trim_ascii()));
                }
                None => return Err(wrong(": missing colon")),
            }
        }
        Ok(Self(fields))
    }

    fn all(&self, name: &'static str) -> impl Iterator<Item = &'a [u8]> {
        let named = self.0.iter();
        let named = named.filter(move |(field, _)| field.eq_ignore_ascii_case(name.as_bytes()));
        named.map(|(_, value)| *value)
    }

    /// Empty where there is none.
    fn first(&self, name: &'static str) -> &'a [u8] {
        self.all(name).next().unwrap_or_default()
    }

    fn framing(&self, is_old: bool) -> Result<Framing, String> {
        if let Some(encoding) = self.all("Transfer-Encoding").next().filter(|_| !is_old) {
            return match encoding.eq_ignore_ascii_case(b"chunked") {
                true => Ok(Framing::chunks()),
                false => Err(wrong_value("unsupported transfer encoding:", encoding)),
            };
        }
        let Some(length) = self.all("Content-Length").next() else {
            return Ok(Framing::Close);
        };
        if self.all("Content-Length").any(|other| other != length) {
            let lengths = self
                .all("Content-Length")
                .map(|one| fmt::quote(shortened(one)));
            let lengths = lengths.collect::<Vec<_>>().join(" ");
            return Err(broken(&format!(
                "http: message cannot contain multiple Content-Length headers; got [{lengths}]"
            )));
        }
        match number(length) {
            Some(length) => Ok(Framing::Length(length)),
            None if length.is_empty() => Err(wrong_value("invalid empty Content-Length", length)),
            None => Err(wrong_value("bad Content-Length", length)),
        }
    }
}

/// Digits and nothing else.
fn number(text: &[u8]) -> Option<u64> {
    let digits = text.iter().all(u8::is_ascii_digit);
    let text = str::from_utf8(text).ok().filter(|_| digits)?;
    text.parse().ok()
}

/// What to say where the server closed its side after `bytes`, amid a head.
pub(super) fn ended(bytes: &[u8]) -> String {
    match bytes {
        [] => "EOF (the server closed the connection without an answer)".to_string(),
        // As Go: a line that ended with the connection was a line.
        bytes if !bytes.contains(&b'\n') && bytes.len() < 5 => wrong_start(bytes),
        _ => broken("unexpected EOF (the server closed the connection amid the headers)"),
    }
}

/// Go's words for a head longer than [`MAX_HEAD`].
pub(super) fn too_long() -> String {
    broken(&format!(
        "net/http: server response headers exceeded {MAX_HEAD} bytes; aborted"
    ))
}

/// What to say of `bytes` that begin no reply, or of a part of its first line.
fn no_http(part: &str, bytes: &[u8]) -> String {
    let line = fmt::quote(shortened(bytes));
    broken(&format!(
        "malformed HTTP {part} {line} (does that port speak plain HTTP?)"
    ))
}

/// What is wrong with a first line that begins no reply.
fn wrong_start(line: &[u8]) -> String {
    let line = without_return(line);
    match Status::read(line) {
        Err(text) => text,
        Ok(_) => no_http("response", line),
    }
}

fn wrong_value(what: &str, value: &[u8]) -> String {
    broken(&format!("{what} {}", fmt::quote(shortened(value))))
}

fn broken(why: &str) -> String {
    format!("{BROKEN}: {why}")
}

fn without_return(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn shortened(line: &[u8]) -> &[u8] {
    line.get(..MAX_LINE).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: &str = "HTTP/1.1 200 OK\r\n";

    fn read_head(bytes: &str) -> Result<Option<(Head, Framing)>, String> {
        let end = end(bytes.as_bytes(), 0)?.expect("the head ends");
        assert_eq!(end, bytes.len());
        read(bytes.as_bytes())
    }

    fn framing(lines: &str) -> Result<Framing, String> {
        let read = read_head(&format!("{OK}{lines}\r\n"))?;
        Ok(read.expect("no interim head").1)
    }

    fn status(line: &str) -> Result<String, String> {
        let read = read_head(&format!("{line}\r\n\r\n"))?;
        Ok(read.map_or("interim".to_string(), |(head, _)| head.status))
    }

    #[test]
    fn a_head_ends_with_its_first_empty_line_wherever_it_was_cut() {
        for (head, body) in [
            ("HTTP/1.1 200 OK\r\nA: b\r\n\r\n", "\n\n"),
            ("HTTP/1.1 200 OK\nA: b\n\n", "x\r\n\r\n"),
        ] {
            let bytes = format!("{head}{body}").into_bytes();
            for looked in 0..head.len() {
                assert_eq!(end(&bytes, looked), Ok(Some(head.len())), "{looked}");
                assert_eq!(end(&bytes[..looked], 0), Ok(None), "{looked}");
            }
        }
    }

    #[test]
    fn what_speaks_first_and_is_no_http_is_told_at_once() {
        let ssh = end(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", 0).unwrap_err();
        let wanted = format!("{BROKEN}: malformed HTTP status code \"Debian-2\" (");
        assert!(ssh.starts_with(&wanted), "{ssh}");
        let tls = end(b"\x15\x03\x01", 0).unwrap_err();
        let wanted = format!("{BROKEN}: malformed HTTP response \"\\x15\\x03\\x01\" (");
        assert!(tls.starts_with(&wanted), "{tls}");
        assert!(ended(b"HT").contains("malformed HTTP response \"HT\""));
    }

    #[test]
    fn the_status_keeps_the_servers_words() {
        for (line, expected) in [
            ("HTTP/1.1 404 Not  Found", Ok("404 Not  Found")),
            ("HTTP/1.0 404", Ok("404")),
            ("HTTP/1.1  410 Gone", Ok("410 Gone")),
            ("HTTP/1.1 103 Early", Ok("interim")),
            ("HTTP/1.1 101 Switched", Ok("101 Switched")),
            ("HTTP/1.1 2000 OK", Err("status code \"2000\"")),
            ("HTTP/1.1 +20 OK", Err("status code \"+20\"")),
            ("HTTP/1.x 200 OK", Err("version \"HTTP/1.x\"")),
            ("HTTP/1.1", Err("response \"HTTP/1.1\"")),
        ] {
            match (status(line), expected) {
                (Ok(status), Ok(expected)) => assert_eq!(status, expected),
                (Err(text), Err(expected)) => {
                    let expected = format!("{BROKEN}: malformed HTTP {expected} (");
                    assert!(text.starts_with(&expected), "{text}");
                }
                (status, _) => panic!("{line}: {status:?}"),
            }
        }
    }

    #[test]
    fn a_body_ends_where_the_head_says() {
        for (lines, expected) in [
            ("", Framing::Close),
            ("content-LENGTH:  17 \r\n", Framing::Length(17)),
            (
                "Content-Length: 3\r\nContent-Length: 3\r\n",
                Framing::Length(3),
            ),
            (
                "Content-Length: 3\r\nTransfer-Encoding: Chunked\r\n",
                Framing::chunks(),
            ),
        ] {
            assert_eq!(framing(lines), Ok(expected), "{lines}");
        }
        let (_, old) = read(b"HTTP/1.0 200 OK\nTransfer-Encoding: chunked\n\n")
            .unwrap()
            .unwrap();
        assert_eq!(old, Framing::Close);
        let (_, none) = read(b"HTTP/1.1 204 No\nContent-Length: 9\n\n")
            .unwrap()
            .unwrap();
        assert_eq!(none, Framing::Length(0));
    }

    #[test]
    fn a_line_that_go_refuses_is_refused_in_its_words() {
        for (lines, expected) in [
            (
                "foo bar\r\n",
                "malformed MIME header: missing colon: \"foo bar\"",
            ),
            (": u\r\n", "malformed MIME header line: \": u\""),
            (" X: y\r\n", "malformed MIME header initial line: \" X: y\""),
            ("Content-Length: x\r\n", "bad Content-Length \"x\""),
            ("Content-Length:\r\n", "invalid empty Content-Length \"\""),
            ("Content-Length: +5\r\n", "bad Content-Length \"+5\""),
            (
                "Content-Length: 18446744073709551616\r\n",
                "bad Content-Length \"18446744073709551616\"",
            ),
            (
                "Content-Length: 5\r\nContent-Length: 6\r\n",
                "http: message cannot contain multiple Content-Length headers; got [\"5\" \"6\"]",
            ),
            (
                "Transfer-Encoding: identity\r\n",
                "unsupported transfer encoding: \"identity\"",
            ),
        ] {
            assert_eq!(framing(lines), Err(format!("{BROKEN}: {expected}")));
        }
    }
}
