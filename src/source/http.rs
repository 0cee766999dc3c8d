//! HTTP/1.1 by ureq, its only user: one request over a connection of ours, and the head of the reply.
//!
//! ureq is given a transport of ours, so that every wait asks the watch, a reset connection is never taken
//! for the end of a body, and the texts are those of Go's client.

use std::io::{self, Read, Write};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use ureq::http::{self, HeaderMap, HeaderName, HeaderValue, header};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, LazyBuffers, NextTimeout, Transport,
};
use ureq::{Agent, BodyReader, SendBody};

use super::base64;
use super::reply::Head;
use super::stream::{Route, Stream, explain, is_pause};
use super::watch::Phase;
use super::wire::{self, HeadFault, MAX_HEAD, Shared, lock};

const AGENT: &str = concat!("podprof/", env!("CARGO_PKG_VERSION"));

/// One request, a POST where there is a question, and the head of its reply.
pub(super) fn exchange(
    route: &Route<'_>,
    question: Option<&[u8]>,
    wire: &Shared,
) -> std::result::Result<(Head, Answer), String> {
    // Before anything is sent: a header may name a file that cannot be read.
    let request = request(route, question)?;
    lock(wire).start();
    let stream = route.connect(wire)?;
    let room = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4);
    // Every part of the URL stands in the request once.
    let room = 1024 + 2 * route.url.text().len() + room.sum::<usize>();
    let socket = Socket {
        stream,
        prefix: route
            .forwarder()
            .map(|_| [b"http://", route.url.host_header().as_slice()].concat()),
        buffers: LazyBuffers::new(MAX_HEAD, room),
        wire: Arc::clone(wire),
    };
    let agent = Agent::with_parts(config(), Dialled(Mutex::new(Some(socket))), Nowhere);
    let body = match question {
        Some(question) => SendBody::from_owned_reader(io::Cursor::new(question.to_vec())),
        None => SendBody::none(),
    };
    lock(wire).watch.enter(Phase::Headers);
    let response = agent
        .run(request.map(|()| body))
        .map_err(|error| lock(wire).explain_head(head_fault(error)))?;
    let (parts, body) = response.into_parts();
    let head = head(parts.status.as_u16(), &parts.headers, &lock(wire).status());
    let length = body.content_length();
    lock(wire).watch.enter_body(length);
    let answer = Answer {
        is_framed: length.is_some() || head.chunked && parts.version == http::Version::HTTP_11,
        length,
        reader: body.into_reader(),
        wire: Arc::clone(wire),
    };
    Ok((head, answer))
}

fn head_fault(error: ureq::Error) -> HeadFault {
    match error {
        ureq::Error::Io(_) => HeadFault::Ended,
        ureq::Error::LargeResponseHeader(..) => HeadFault::TooLong,
        error => HeadFault::Malformed(error.to_string()),
    }
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
fn request(
    route: &Route<'_>,
    question: Option<&[u8]>,
) -> std::result::Result<http::Request<()>, String> {
    let url = route.url;
    let unsendable = |error: http::Error| format!("the URL cannot be sent: {error}");
    let mut request = http::Request::builder()
        .uri(format!("http://host{}", url.request_target()))
        .header(header::HOST, url.host_header())
        .body(())
        .map_err(unsendable)?;
    if question.is_some() {
        *request.method_mut() = http::Method::POST;
    }
    let headers = request.headers_mut();
    if let Some(question) = question {
        let kind = HeaderValue::from_static("application/octet-stream");
        headers.insert(header::CONTENT_TYPE, kind);
        headers.insert(header::CONTENT_LENGTH, question.len().into());
    }
    let login = |user| HeaderValue::try_from(base64::login(user));
    if let Some(user) = &url.user {
        let login = login(user).map_err(|error| unsendable(error.into()))?;
        headers.insert(header::AUTHORIZATION, login);
    }
    if let Some(user) = route.forwarder().and_then(|proxy| proxy.user.as_ref()) {
        let login = login(user).map_err(|error| unsendable(error.into()))?;
        headers.insert(header::PROXY_AUTHORIZATION, login);
    }
    let mut taken = Vec::new();
    for given in route.ways.headers.iter().filter(|_| route.trusted) {
        let value = given.value()?;
        let unsendable = || format!("-H {}: it cannot be sent", given.name);
        let name = HeaderName::try_from(&given.name).map_err(|_| unsendable())?;
        let value = HeaderValue::try_from(value).map_err(|_| unsendable())?;
        match taken.contains(&name) {
            true => headers.append(&name, value),
            // The first of its name stands for what we would have said.
            false => headers.insert(&name, value).is_some(),
        };
        taken.push(name);
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
        chunked: text("transfer-encoding")
            .to_ascii_lowercase()
            .contains("chunked"),
        gzip_encoded: text("content-encoding").eq_ignore_ascii_case("gzip"),
        location: headers
            .get(header::LOCATION)
            .map(|value| value.as_bytes().to_vec())
            .filter(|location| !location.is_empty()),
    }
}

/// The body of a reply; after an error ureq may claim the end of it, so the first error must be the last read.
pub(super) struct Answer {
    reader: BodyReader<'static>,
    wire: Shared,
    length: Option<u64>,
    /// The end of the body is said by the server, not by the end of the connection.
    pub(super) is_framed: bool,
}

impl Answer {
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.reader.read(buffer) {
            Ok(count) => {
                let watch = &mut lock(&self.wire).watch;
                watch.received(count);
                match watch.too_slow().filter(|_| count > 0) {
                    Some(text) => Err(io::Error::other(text)),
                    None => Ok(count),
                }
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
    stream: Stream,
    /// What a proxy wants in front of the path, until that is sent.
    prefix: Option<Vec<u8>>,
    buffers: LazyBuffers,
    wire: Shared,
}

impl Socket {
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
        self.fault(explain(call, error, &self.wire))
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
        let output = self.buffers.output().get(..amount).unwrap_or_default();
        let mut output = output.to_vec();
        if let Some(prefix) = self.prefix.take() {
            let path = output.iter().position(|byte| *byte == b' ').unwrap_or(0) + 1;
            output.splice(path..path, prefix);
        }
        let mut rest = output.as_slice();
        while !rest.is_empty() {
            match self.stream.write(rest) {
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
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
