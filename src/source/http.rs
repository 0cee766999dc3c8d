//! HTTP/1.1 for a client that asks once: a request over a connection of ours, the head of its reply, and its body.
//!
//! Every wait asks the watch, a reset connection is never taken for the end of a body, and the texts are those
//! of Go's client.

use std::io::{self, Read, Write};

use super::base64;
use super::framing::{Framing, Step};
use super::head::{self, MAX_HEAD};
use super::reply::Head;
use super::stream::{Route, Stream, explain, is_pause};
use super::watch::Phase;
use super::wire::{Shared, lock};

const AGENT: &str = concat!("podprof/", env!("CARGO_PKG_VERSION"));
/// Bytes that are read ahead.
const BUFFER: usize = 16 * 1024;

/// One request, a POST where there is a question, and the head of its reply.
pub(super) fn exchange(
    route: &Route<'_>,
    question: Option<&[u8]>,
    wire: &Shared,
) -> Result<(Head, Answer), String> {
    // Before anything is sent: a header may name a file that cannot be read.
    let request = request(route, question)?;
    lock(wire).watch.enter(Phase::Dial);
    let stream = route.connect(wire)?;
    lock(wire).watch.enter(Phase::Headers);
    let mut socket = Socket {
        stream,
        ahead: Vec::new(),
        used: 0,
        wire: wire.clone(),
    };
    socket.send(&request)?;
    let (head, framing) = socket.head()?;
    lock(wire).watch.enter_body(framing.length());
    let answer = Answer {
        socket,
        length: framing.length(),
        is_framed: framing.is_told(),
        framing,
    };
    Ok((head, answer))
}

/// The bytes of the request.
fn request(route: &Route<'_>, question: Option<&[u8]>) -> Result<Vec<u8>, String> {
    let (url, host) = (route.url, route.url.host_header());
    let target = url.request_target();
    let is_sendable = |byte: &u8| byte.is_ascii_graphic() || *byte >= 0x80;
    if !(host.iter().all(is_sendable) && target.as_bytes().iter().all(is_sendable)) {
        return Err("the URL cannot be sent: a blank or a control character is in it".to_string());
    }
    let verb = question.map_or("GET", |_| "POST");
    let mut request = format!("{verb} ").into_bytes();
    if route.forwarder().is_some() {
        request.extend_from_slice(&[b"http://", host.as_slice()].concat());
    }
    request.extend_from_slice(format!("{target} HTTP/1.1\r\n").as_bytes());
    for (name, value) in lines(route, host, question)? {
        request.extend_from_slice(&[name.as_bytes(), b": ", &value, b"\r\n"].concat());
    }
    request.extend_from_slice(b"\r\n");
    request.extend_from_slice(question.unwrap_or_default());
    Ok(request)
}

/// Name and value of each header line: ours, then the user's own.
fn lines<'a>(
    route: &'a Route<'_>,
    host: Vec<u8>,
    question: Option<&[u8]>,
) -> Result<Vec<(&'a str, Vec<u8>)>, String> {
    let mut lines = vec![("Host", host), ("User-Agent", AGENT.into())];
    if let Some(question) = question {
        lines.push(("Content-Type", b"application/octet-stream".to_vec()));
        lines.push(("Content-Length", question.len().to_string().into()));
    }
    if let Some(user) = &route.url.user {
        lines.push(("Authorization", base64::login(user).into()));
    }
    if let Some(user) = route.forwarder().and_then(|proxy| proxy.user.as_ref()) {
        lines.push(("Proxy-Authorization", base64::login(user).into()));
    }
    let given = match route.trusted {
        true => route.ways.headers.as_slice(),
        false => &[],
    };
    for (before, header) in given.iter().enumerate() {
        let line = (header.name.as_str(), header.value()?.into_bytes());
        let is_first = !given
            .iter()
            .take(before)
            .any(|given| given.name.eq_ignore_ascii_case(&header.name));
        let ours = lines
            .iter_mut()
            .find(|(name, _)| is_first && name.eq_ignore_ascii_case(&header.name));
        match ours {
            // The first of its name stands for what we would have said.
            Some(ours) => *ours = line,
            None => lines.push(line),
        }
    }
    Ok(lines)
}

/// A connection on which no read waits longer than a tick, and what was read from it ahead.
struct Socket {
    stream: Stream,
    ahead: Vec<u8>,
    used: usize,
    wire: Shared,
}

impl Socket {
    fn send(&mut self, mut rest: &[u8]) -> Result<(), String> {
        while !rest.is_empty() {
            match self.stream.write(rest) {
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(error) if is_pause(&error) => self.waited()?,
                Err(error) => return Err(explain("write", &error, &self.wire)),
            }
        }
        Ok(())
    }

    /// Reads the head of the reply; those of the hundreds that come before it are passed over.
    fn head(&mut self) -> Result<(Head, Framing), String> {
        loop {
            let end = self.head_end()?;
            let read = head::read(self.ahead().get(..end).unwrap_or_default())?;
            self.used += end;
            if let Some(head) = read {
                return Ok(head);
            }
        }
    }

    fn head_end(&mut self) -> Result<usize, String> {
        let mut looked = 0;
        loop {
            let seen = self.ahead();
            if let Some(end) = head::end(seen, looked)? {
                return Ok(end);
            }
            looked = seen.len();
            if looked >= MAX_HEAD {
                return Err(head::too_long());
            }
            if self.fill()? == 0 {
                return Err(head::ended(self.ahead()));
            }
        }
    }

    fn ahead(&self) -> &[u8] {
        self.ahead.get(self.used..).unwrap_or_default()
    }

    /// Reads more behind what is there; 0 where the server has closed its side.
    fn fill(&mut self) -> Result<usize, String> {
        self.ahead.drain(..self.used);
        self.used = 0;
        let mut ahead = std::mem::take(&mut self.ahead);
        let held = ahead.len();
        ahead.resize(held + BUFFER, 0);
        let read = self.receive(ahead.get_mut(held..).unwrap_or_default());
        ahead.truncate(held + read.as_ref().map_or(0, |count| *count));
        self.ahead = ahead;
        read
    }

    fn receive(&mut self, buffer: &mut [u8]) -> Result<usize, String> {
        loop {
            match self.stream.read(buffer) {
                Ok(count) => return Ok(count),
                Err(error) if is_pause(&error) => self.waited()?,
                Err(error) => return Err(explain("read", &error, &self.wire)),
            }
        }
    }

    /// What is there first, then the connection.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, String> {
        let count = self.ahead().len().min(buffer.len());
        if count == 0 {
            return self.receive(buffer);
        }
        let (read, _) = buffer.split_at_mut(count);
        read.copy_from_slice(self.ahead().get(..count).unwrap_or_default());
        self.used += count;
        Ok(count)
    }

    fn waited(&self) -> Result<(), String> {
        let waited = lock(&self.wire).watch.waited();
        waited.map_err(|error| error.to_string())
    }
}

/// The body of a reply; after an error the next read may claim the end of it, so the first error must be the last read.
pub(super) struct Answer {
    socket: Socket,
    framing: Framing,
    /// Bytes of the body, where its head says how many.
    length: Option<u64>,
    /// The end of the body is said by the server, not by the end of the connection.
    pub(super) is_framed: bool,
}

impl Answer {
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.next(buffer).map_err(io::Error::other)?;
        let watch = &mut lock(&self.socket.wire).watch;
        watch.received(count);
        match watch.too_slow().filter(|_| count > 0) {
            Some(text) => Err(io::Error::other(text)),
            None => Ok(count),
        }
    }

    fn next(&mut self, buffer: &mut [u8]) -> Result<usize, String> {
        loop {
            match self.framing.step() {
                Step::End => return Ok(0),
                Step::Body(left) => {
                    let room = usize::try_from(left).unwrap_or(usize::MAX);
                    let room = room.min(buffer.len());
                    let count = self
                        .socket
                        .read(buffer.get_mut(..room).unwrap_or_default())?;
                    return match count == 0 && room > 0 && self.framing.is_told() {
                        true => Err(self.closed()),
                        false => {
                            self.framing.took(count);
                            Ok(count)
                        }
                    };
                }
                Step::Between => {
                    if self.socket.ahead().is_empty() && self.socket.fill()? == 0 {
                        return Err(self.closed());
                    }
                    let Some(used) = self.framing.between(self.socket.ahead()) else {
                        let bytes = lock(&self.socket.wire).watch.bytes();
                        return Err(format!(
                            "invalid chunked encoding after {bytes} bytes of the reply"
                        ));
                    };
                    self.socket.used += used;
                }
            }
        }
    }

    /// Why the body is not whole.
    fn closed(&self) -> String {
        let bytes = lock(&self.socket.wire).watch.bytes();
        let of = match self.length {
            Some(length) => format!("{bytes} of {length} bytes"),
            None => format!("{bytes} bytes, amid the profile"),
        };
        format!("unexpected EOF (the server closed the connection after {of})")
    }
}
