//! Profiles from a server: the only user of ureq, which speaks HTTP/1.1 over the sockets that dial.rs connects.
//!
//! ureq is given a transport of ours, so that every wait asks the [`Watch`], a reset connection is never taken
//! for the end of a body, and the texts are those of Go's client. Redirects are followed here: a user and
//! password go to the host they were written for and to no other.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ureq::http::{self, HeaderMap, HeaderValue, header};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};
use ureq::{Agent, BodyReader, SendBody};

use super::body::{Body, Origin};
use super::dial::Peer;
use super::reply::{self, Head};
use super::url::{self, Url, User, Wanted};
use super::watch::{Phase, Watch};
use super::wire::{self, HeadFault, MAX_HEAD, Shared, Wire, lock};
use super::{FetchOptions, Glance, Opened, RemoteOrigin};
use crate::error::{Error, Result, Warning};
use crate::go::{fmt, syscall};
use crate::interrupt;

/// As many as Go's client follows.
const MAX_REDIRECTS: usize = 10;
const AGENT: &str = concat!("podprof/", env!("CARGO_PKG_VERSION"));

/// Asks for the profile and hands out the body of the reply (pprof-behaviour 1.8).
pub(super) fn fetch(
    name: &str,
    wanted: Wanted,
    options: &FetchOptions,
    notes: &mut dyn FnMut(Warning),
) -> Result<Opened> {
    let shown = wanted.url.masked();
    let name = wanted.url.hide_password(name);
    let waits = url::nanoseconds(options.seconds);
    notes(Warning::Note(format!(
        "Fetching profile over HTTP from {shown}"
    )));
    if waits > 0 {
        notes(Warning::Note(format!(
            "Please wait... ({})",
            fmt::duration(waits)
        )));
    }
    let watch = Watch::new(wanted.timeout, wanted.recording, options.progress.clone());
    let wire = Arc::new(Mutex::new(Wire::new(watch)));
    let failed = |text: String| match interrupt::check() {
        Ok(()) => Error::Source(format!("{name}: {text}")),
        Err(stopped) => stopped,
    };
    let asked = wanted.url.clone();
    let (url, head, answer) = follow(wanted.url, None, &wire).map_err(failed)?;
    let mut body = Body::new(Origin::Server(answer));
    lock(&wire).watch.enter(Phase::Body);
    if head.code != 200 {
        // A body that fails says as little as none.
        let said = body.look(reply::LOOKED_AT, |_| false).unwrap_or_default();
        return Err(failed(head.refusal(&url.path, said)));
    }
    let start = body.look(reply::LOOKED_AT, cannot_be_a_page);
    let start = start.map_err(|error| failed(error.to_string()))?;
    if let Some(text) = reply::page(&url.path, start, &head.content_type) {
        return Err(failed(text));
    }
    Ok(Opened {
        name: name.clone(),
        body,
        remote: Some(RemoteOrigin {
            gzip_encoded: head.gzip_encoded,
            url: asked,
        }),
    })
}

/// Posts `question` and hands out the body of the reply, which must not exceed `limit` bytes (pprof-behaviour 1.9).
pub(super) fn ask(
    url: Url,
    question: &[u8],
    limit: u64,
    options: &FetchOptions,
) -> Result<Vec<u8>> {
    let shown = url.masked();
    let timeout = url::patience(options.timeout, 0);
    let watch = Watch::new(timeout, 0, options.progress.clone());
    let wire = Arc::new(Mutex::new(Wire::new(watch)));
    let failed = |text: String| match interrupt::check() {
        Ok(()) => Error::Source(format!("http post {shown}: {text}")),
        Err(stopped) => stopped,
    };
    let (url, head, answer) = follow(url, Some(question), &wire).map_err(failed)?;
    let mut body = Body::new(Origin::Server(answer));
    lock(&wire).watch.enter(Phase::Body);
    if head.code != 200 {
        let said = body.look(reply::LOOKED_AT, |_| false).unwrap_or_default();
        return Err(failed(head.refusal(&url.path, said)));
    }
    let mut bytes = Vec::new();
    let read = body.by_ref().take(limit + 1).read_to_end(&mut bytes);
    match read {
        Err(error) => Err(failed(
            body.failure().map_or(error.to_string(), str::to_string),
        )),
        Ok(_) if bytes.len() as u64 > limit => {
            let text = format!("the answer is longer than {limit} bytes");
            Err(failed(text))
        }
        Ok(_) => Ok(bytes),
    }
}

/// Asks once, and is sent nowhere else; at most `most` bytes of what comes within `limit`.
pub(super) fn glance(
    url: &Url,
    limit: Duration,
    most: usize,
) -> std::result::Result<Glance, String> {
    let wire = Arc::new(Mutex::new(Wire::new(Watch::brief(limit))));
    let (head, answer) = exchange(url, None, &wire)?;
    lock(&wire).watch.enter(Phase::Body);
    let mut body = Body::new(Origin::Server(answer));
    // What breaks off says as much as it says.
    let said = body.look(most, |_| lock(&wire).watch.is_late());
    let body = said.unwrap_or_default().to_vec();
    let redirect = head.redirect().and_then(url::parse);
    Ok(Glance {
        code: head.code,
        go_pprof: head.go_pprof,
        redirect: redirect.map(|reference| url.resolve(&reference).text()),
        body,
    })
}

/// Whether what begins so need not be looked at any longer.
fn cannot_be_a_page(start: &[u8]) -> bool {
    !matches!(start.trim_ascii_start().first(), None | Some(b'<' | 0xef))
}

/// Asks, and asks again where the reply says so; the error is all that Go's client says.
fn follow(
    mut url: Url,
    mut question: Option<&[u8]>,
    wire: &Shared,
) -> std::result::Result<(Url, Head, Answer), String> {
    let verb = question.map_or("Get", |_| "Post");
    let not_got = |url: &str, text: &str| format!("{verb} {}: {text}", fmt::quote(url.as_bytes()));
    let mut led_to = String::new();
    for _ in 0..MAX_REDIRECTS {
        let failed = |text: String| not_got(&url.shown_in_errors(), &text);
        let (head, body) = exchange(&url, question, wire).map_err(failed)?;
        let Some(location) = head.redirect() else {
            return Ok((url, head, body));
        };
        // As Go: only these two take the question along.
        question = question.filter(|_| matches!(head.code, 307 | 308));
        let Some(reference) = url::parse(location) else {
            let location = fmt::quote(reply::one_line(location).as_bytes());
            return Err(failed(format!(
                "failed to parse Location header {location}"
            )));
        };
        led_to = reference.masked();
        url = url.resolve(&reference);
    }
    let text = format!("stopped after {MAX_REDIRECTS} redirects");
    Err(not_got(&led_to, &text))
}

/// One request, a POST where there is a question, and the head of its reply.
fn exchange(
    url: &Url,
    question: Option<&[u8]>,
    wire: &Shared,
) -> std::result::Result<(Head, Answer), String> {
    let peer = peer(url)?;
    lock(wire).start();
    let stream = {
        let mut wire = lock(wire);
        peer.dial(&mut wire.watch)
            .map_err(|error| error.to_string())?
    };
    let socket =
        Socket::new(stream, url, Arc::clone(wire)).map_err(|error| syscall::error_text(&error))?;
    let agent = Agent::with_parts(config(), Dialled(Mutex::new(Some(socket))), Nowhere);
    let body = match question {
        Some(question) => SendBody::from_owned_reader(io::Cursor::new(question.to_vec())),
        None => SendBody::none(),
    };
    let request = request(url, question)?.map(|()| body);
    lock(wire).watch.enter(Phase::Headers);
    let response = agent
        .run(request)
        .map_err(|error| lock(wire).explain_head(head_fault(error)))?;
    let (parts, body) = response.into_parts();
    let head = head(parts.status.as_u16(), &parts.headers, &lock(wire).status());
    Ok((
        head,
        Answer {
            length: body.content_length(),
            reader: body.into_reader(),
            wire: Arc::clone(wire),
        },
    ))
}

fn head_fault(error: ureq::Error) -> HeadFault {
    match error {
        ureq::Error::Io(_) => HeadFault::Ended,
        ureq::Error::LargeResponseHeader(..) => HeadFault::TooLong,
        error => HeadFault::Malformed(error.to_string()),
    }
}

fn peer(url: &Url) -> std::result::Result<Peer, String> {
    match url.scheme.as_str() {
        "http" => {}
        "https" | "https+insecure" => {
            return Err(
                "this build of podprof has no TLS: ask the plain http port of the service, \
                        for instance through `kubectl port-forward`"
                    .to_string(),
            );
        }
        scheme => {
            return Err(format!(
                "unsupported protocol scheme {} (podprof fetches http:// only)",
                fmt::quote(scheme.as_bytes())
            ));
        }
    }
    if url.host.is_empty() {
        return Err("http: no Host in request URL".to_string());
    }
    let (host, port) = url.host_and_port();
    Peer::new(host, port)
}

fn config() -> ureq::config::Config {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        .user_agent(AGENT)
        .accept("")
        .accept_encoding("")
        .max_response_header_size(MAX_HEAD)
        .max_idle_connections(0)
        .build()
}

/// The request; where it goes has been settled, so the authority in it is a word without meaning.
fn request(url: &Url, question: Option<&[u8]>) -> std::result::Result<http::Request<()>, String> {
    let unsendable = |error: http::Error| format!("the URL cannot be sent: {error}");
    let mut request = http::Request::builder()
        .uri(format!("http://host{}", url.request_target()))
        .header(header::HOST, url.host_header())
        .body(())
        .map_err(unsendable)?;
    if let Some(question) = question {
        *request.method_mut() = http::Method::POST;
        let headers = request.headers_mut();
        let kind = HeaderValue::from_static("application/octet-stream");
        headers.insert(header::CONTENT_TYPE, kind);
        headers.insert(header::CONTENT_LENGTH, question.len().into());
    }
    if let Some(user) = &url.user {
        let login = HeaderValue::try_from(basic(user)).map_err(|error| unsendable(error.into()))?;
        request.headers_mut().insert(header::AUTHORIZATION, login);
    }
    Ok(request)
}

fn head(code: u16, headers: &HeaderMap, status: &str) -> Head {
    let text = |name: &str| {
        let value = headers.get(name).map(HeaderValue::as_bytes);
        String::from_utf8_lossy(value.unwrap_or_default()).into_owned()
    };
    Head {
        code,
        status: status.to_string(),
        go_pprof: !text("x-go-pprof").is_empty(),
        content_type: text("content-type"),
        gzip_encoded: text("content-encoding").eq_ignore_ascii_case("gzip"),
        location: headers
            .get(header::LOCATION)
            .map(|value| value.as_bytes().to_vec())
            .filter(|location| !location.is_empty()),
    }
}

/// `Basic …` of RFC 7617.
fn basic(user: &User) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let password = user.password.as_deref().unwrap_or_default();
    let login = [&user.name, b":".as_slice(), password].concat();
    let mut text = "Basic ".to_string();
    for three in login.chunks(3) {
        let byte = |at: usize| three.get(at).copied().map_or(0, usize::from);
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for digit in 0..4 {
            match digit <= three.len() {
                true => text.push(char::from(DIGITS[bits >> (18 - 6 * digit) & 63])),
                false => text.push('='),
            }
        }
    }
    text
}

/// The body of a reply; after an error ureq may claim the end of it, so the first error must be the last read.
pub(super) struct Answer {
    reader: BodyReader<'static>,
    wire: Shared,
    length: Option<u64>,
}

impl Answer {
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.reader.read(buffer) {
            Ok(count) => {
                lock(&self.wire).watch.received(count);
                Ok(count)
            }
            Err(_) => Err(io::Error::other(lock(&self.wire).explain_body(self.length))),
        }
    }
}

/// Hands ureq the socket that is already connected.
struct Dialled(Mutex<Option<Socket>>);

impl std::fmt::Debug for Dialled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dialled")
    }
}

impl Connector for Dialled {
    type Out = Socket;

    fn connect(
        &self,
        _details: &ConnectionDetails,
        _chained: Option<()>,
    ) -> std::result::Result<Option<Socket>, ureq::Error> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).take())
    }
}

/// Looks nothing up: the socket knows its peer.
#[derive(Debug)]
struct Nowhere;

impl Resolver for Nowhere {
    fn resolve(
        &self,
        _uri: &http::Uri,
        _config: &ureq::config::Config,
        _timeout: NextTimeout,
    ) -> std::result::Result<ResolvedSocketAddrs, ureq::Error> {
        let mut addresses = self.empty();
        addresses.push(SocketAddr::from(([0, 0, 0, 0], 0)));
        Ok(addresses)
    }
}

/// A connection on which no read waits longer than a tick.
struct Socket {
    stream: TcpStream,
    buffers: LazyBuffers,
    wire: Shared,
}

impl Socket {
    fn new(stream: TcpStream, url: &Url, wire: Shared) -> io::Result<Self> {
        let tick = lock(&wire).watch.tick();
        stream.set_read_timeout(Some(tick))?;
        stream.set_write_timeout(Some(tick))?;
        let (from, to) = (stream.local_addr()?, stream.peer_addr()?);
        lock(&wire).addresses = format!("{from}->{to}");
        // Every part of the URL stands in the request once, the login longer by a third.
        let request = 1024 + 2 * url.text().len();
        Ok(Self {
            stream,
            buffers: LazyBuffers::new(MAX_HEAD, request),
            wire,
        })
    }

    /// Leaves the text for the fetch; the kind is one that ureq passes on as it is.
    fn fault(&self, text: String) -> ureq::Error {
        lock(&self.wire).fault = Some(text);
        ureq::Error::Io(io::Error::other("the socket gave up"))
    }

    fn waited(&self) -> std::result::Result<(), ureq::Error> {
        let waited = lock(&self.wire).watch.waited();
        waited.map_err(|error| self.fault(error.to_string()))
    }

    fn broken(&self, call: &str, error: &io::Error) -> ureq::Error {
        let addresses = lock(&self.wire).addresses.clone();
        let text = syscall::error_text(error);
        self.fault(format!("{call} tcp {addresses}: {call}: {text}"))
    }
}

impl std::fmt::Debug for Socket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Socket")
    }
}

impl Transport for Socket {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(
        &mut self,
        amount: usize,
        _timeout: NextTimeout,
    ) -> std::result::Result<(), ureq::Error> {
        let mut sent = 0;
        while sent < amount {
            let rest = self.buffers.output().get(sent..amount).unwrap_or_default();
            match self.stream.write(rest) {
                Ok(count) => sent += count,
                Err(error) if is_pause(&error) => self.waited()?,
                Err(error) => return Err(self.broken("write", &error)),
            }
        }
        Ok(())
    }

    fn await_input(&mut self, _timeout: NextTimeout) -> std::result::Result<bool, ureq::Error> {
        loop {
            let room = self.buffers.input_append_buf();
            if room.is_empty() {
                return Err(self.fault(wire::too_long()));
            }
            match self.stream.read(room) {
                Ok(count) => {
                    let bytes = room.get(..count).unwrap_or_default();
                    let mut wire = lock(&self.wire);
                    wire.read_head(bytes);
                    wire.hung_up = count == 0;
                    drop(wire);
                    self.buffers.input_appended(count);
                    return Ok(count > 0);
                }
                Err(error) if is_pause(&error) => self.waited()?,
                Err(error) => return Err(self.broken("read", &error)),
            }
        }
    }

    fn is_open(&mut self) -> bool {
        // No connection is used twice.
        false
    }
}

/// Whether a socket call ended because of its tick or of a signal.
fn is_pause(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}

#[cfg(test)]
#[path = "../../tests/support/http.rs"]
#[allow(dead_code, reason = "tests/fetch.rs uses the rest")]
mod server;

#[cfg(test)]
mod tests {
    use super::server::{Reply, Server, Step};
    use super::*;
    use std::time::Duration;

    fn get(url: &str) -> std::result::Result<Vec<u8>, String> {
        get_with(url, &FetchOptions::default(), &mut Vec::new())
    }

    fn get_with(
        url: &str,
        options: &FetchOptions,
        notes: &mut Vec<Warning>,
    ) -> std::result::Result<Vec<u8>, String> {
        let mut note = |warning| notes.push(warning);
        let opened = super::super::open(url.as_ref(), options, &mut note);
        let mut opened = opened.map_err(|error| error.to_string())?;
        let mut body = Vec::new();
        let read = opened.body.read_to_end(&mut body);
        read.map_err(|error| format!("{}: {error}", opened.name))?;
        Ok(body)
    }

    fn serving(reply: Reply) -> Server {
        Server::new(move |_| reply.clone())
    }

    #[test]
    fn a_body_comes_whole_however_it_is_sent() {
        let body: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
        let head = b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n".to_vec();
        let close_delimited = Reply::raw([head.clone(), body.clone()].concat());
        for reply in [
            Reply::status("200 OK", "", &body),
            Reply::chunked(&body, 1),
            Reply::chunked(&body, 70_001),
            close_delimited,
        ] {
            assert!(get(&serving(reply).url("/x")).unwrap() == body);
        }
        let slowly = Reply::steps(vec![Step::Dribble([head, body[..300].to_vec()].concat())]);
        assert!(get(&serving(slowly).url("/x")).unwrap() == body[..300]);
    }

    #[test]
    fn a_cut_body_is_never_taken_for_a_whole_one() {
        let whole = Reply::chunked(b"0123456789abcdef", 7);
        let Step::Send(chunked) = &whole.steps[0] else {
            panic!("a chunked reply is sent in one piece");
        };
        // Without the last blank line the body is whole all the same: its last chunk said so.
        for end in 0..chunked.len() - 2 {
            let got = get(&serving(Reply::raw(&chunked[..end])).url("/x"));
            assert!(got.is_err(), "cut after {end} bytes: {got:?}");
        }
        let long = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12345678";
        let text = get(&serving(Reply::raw(long)).url("/x")).unwrap_err();
        assert!(
            text.ends_with(
                "/x: unexpected EOF (the server closed the connection after 8 of 9 bytes)"
            ),
            "{text}"
        );
    }

    #[test]
    fn a_reset_is_no_end_of_a_body_without_length() {
        let start = Step::Send(b"HTTP/1.1 200 OK\r\n\r\n12345678".to_vec());
        let reply = Reply::steps(vec![start, Step::Pause(Duration::from_millis(300))]).then_reset();
        let text = get(&serving(reply).url("/x")).unwrap_err();
        assert!(text.contains("/x: read tcp 127.0.0.1:"), "{text}");
        assert!(text.ends_with(": read: connection reset by peer"), "{text}");
    }

    #[test]
    fn an_error_of_a_body_stays_an_error() {
        let server = serving(Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12"));
        let opened = super::super::open(
            server.url("/x").as_ref(),
            &FetchOptions::default(),
            &mut |_| (),
        );
        let mut body = opened.unwrap().body;
        let mut read = Vec::new();
        for _ in 0..3 {
            body.read_to_end(&mut read).unwrap_err();
        }
        assert_eq!(read, b"12");
    }

    #[test]
    fn no_head_of_a_reply_makes_it_panic() {
        let whole = b"HTTP/1.1 302 Found\r\nLocation: /x?y\r\nTransfer-Encoding: chunked\r\nContent-Type: text/html\r\n\
                      X-Go-Pprof: 1\r\nContent-Length: 30\r\n\r\n5\r\nabcde\r\n0\r\nT: x\r\n\r\n";
        let mut seed = 7u64;
        let server = Server::new(move |path| {
            let number: u64 = path[1..].parse().unwrap_or(0);
            let mut bytes = whole.to_vec();
            let mut random = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bf0_3635;
            for _ in 0..3 {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                let at = random as usize % bytes.len();
                bytes[at] = (random >> 32) as u8;
            }
            Reply::raw(bytes)
        });
        for _ in 0..400 {
            seed += 1;
            if let Err(text) = get(&server.url(&format!("/{seed}"))) {
                assert!(!text.contains('\n') && text.len() < 2000, "{text}");
            }
        }
    }
}
