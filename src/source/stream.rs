//! From a URL to a stream of bytes on which its server answers: a socket, through a proxy where one is set, with
//! TLS where the scheme asks for it.
//!
//! No read or write waits longer than a tick, so that whoever waits can ask the watch.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::base64;
use super::dial::Peer;
use super::reply::one_line;
use super::tls::{self, Session};
use super::url::Url;
use super::watch::Phase;
use super::ways::{TlsFiles, Ways};
use super::wire::{Shared, lock};
use crate::go::{fmt, syscall};

/// Bytes of a proxy's answer that are read.
const MAX_ANSWER: usize = 16 * 1024;

/// A connection to a server.
pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<Session>),
}

/// One request's way to its server.
pub(super) struct Route<'a> {
    pub(super) url: &'a Url,
    pub(super) ways: &'a Ways,
    /// The server is one that the user named: it may be told who asks.
    pub(super) trusted: bool,
    pub(super) proxy: Option<Url>,
}

impl<'a> Route<'a> {
    /// Finds the way.
    ///
    /// # Errors
    /// The scheme is none of ours, there is no host, or the proxy cannot be used.
    pub(super) fn new(url: &'a Url, ways: &'a Ways, trusted: bool) -> Result<Self, String> {
        if !matches!(url.scheme.as_str(), "http" | "https" | "https+insecure") {
            let scheme = fmt::quote(url.scheme.as_bytes());
            let known = "podprof fetches http:// and https://";
            return Err(format!("unsupported protocol scheme {scheme} ({known})"));
        }
        if url.host.is_empty() {
            return Err("http: no Host in request URL".to_string());
        }
        let proxy = ways.proxies().of(url)?;
        Ok(Self {
            url,
            ways,
            trusted,
            proxy,
        })
    }

    fn is_secret(&self) -> bool {
        self.url.scheme != "http"
    }

    /// The proxy that is sent the request itself; through any other runs a tunnel.
    pub(super) fn forwarder(&self) -> Option<&Url> {
        self.proxy.as_ref().filter(|_| !self.is_secret())
    }

    /// Connects; the watch of `wire` says how long that may take.
    pub(super) fn connect(&self, wire: &Shared) -> Result<Stream, String> {
        let dialled = match &self.proxy {
            Some(proxy) => dial(proxy, wire).map_err(|text| format!("proxyconnect tcp: {text}")),
            None => dial(self.url, wire),
        };
        let stream = dialled?;
        let tick = lock(wire).watch.tick();
        lock(wire).addresses = stream
            .prepare(tick)
            .map_err(|error| syscall::error_text(&error))?;
        match stream {
            Stream::Tcp(mut tcp) if self.is_secret() => {
                lock(wire).watch.enter(Phase::Handshake);
                if let Some(proxy) = &self.proxy {
                    tunnel(&mut tcp, self.url, proxy, wire)?;
                }
                self.encrypt(tcp, wire)
            }
            stream => Ok(stream),
        }
    }

    fn encrypt(&self, tcp: TcpStream, wire: &Shared) -> Result<Stream, String> {
        let mut files = self.ways.tls.clone();
        if !self.trusted {
            files = TlsFiles {
                cert: String::new(),
                key: String::new(),
                ..files
            };
        }
        let mut session = Session::new(tcp, self.url, &files)?;
        loop {
            match session.shake_hands() {
                Ok(true) => return Ok(Stream::Tls(Box::new(session))),
                Ok(false) => {}
                Err(error) if is_pause(&error) => waited(wire)?,
                Err(error) => return Err(explain("handshake", &error, wire)),
            }
        }
    }
}

impl Stream {
    /// Keeps every call short; the answer says which connection this is.
    fn prepare(&self, tick: Duration) -> io::Result<String> {
        match self {
            Stream::Tcp(tcp) => {
                tcp.set_read_timeout(Some(tick))?;
                tcp.set_write_timeout(Some(tick))?;
                Ok(format!("tcp {}->{}", tcp.local_addr()?, tcp.peer_addr()?))
            }
            Stream::Unix(unix) => {
                unix.set_read_timeout(Some(tick))?;
                unix.set_write_timeout(Some(tick))?;
                Ok("unix".to_string())
            }
            Stream::Tls(_) => Ok(String::new()), // it stands on one that was prepared
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(tcp) => tcp.read(buffer),
            Stream::Unix(unix) => unix.read(buffer),
            Stream::Tls(session) => session.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(tcp) => tcp.write(bytes),
            Stream::Unix(unix) => unix.write(bytes),
            Stream::Tls(session) => session.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Tls(session) => session.flush(),
            Stream::Tcp(_) | Stream::Unix(_) => Ok(()),
        }
    }
}

fn dial(url: &Url, wire: &Shared) -> Result<Stream, String> {
    let peer = Peer::of(url)?;
    let dialled = peer.dial(&mut lock(wire).watch);
    dialled.map_err(|error| error.to_string())
}

/// Whether a socket call ended because of its tick or of a signal.
pub(super) fn is_pause(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted
    )
}

/// What went wrong on a connection in the middle of `call`, in Go's words.
pub(super) fn explain(call: &str, error: &io::Error, wire: &Shared) -> String {
    tls::explain(error).unwrap_or_else(|| {
        let text = syscall::error_text(error);
        format!("{call} {}: {call}: {text}", lock(wire).addresses)
    })
}

fn waited(wire: &Shared) -> Result<(), String> {
    let waited = lock(wire).watch.waited();
    waited.map_err(|error| error.to_string())
}

/// Asks the proxy to pass bytes on to the server of `url`.
fn tunnel(tcp: &mut TcpStream, url: &Url, proxy: &Url, wire: &Shared) -> Result<(), String> {
    let (host, port) = (url.tunnel_host(), authorization(proxy));
    let request = format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n{port}\r\n");
    let mut rest = request.as_bytes();
    while !rest.is_empty() {
        match tcp.write(rest) {
            Ok(count) => rest = rest.get(count..).unwrap_or_default(),
            Err(error) if is_pause(&error) => waited(wire)?,
            Err(error) => return Err(explain("write", &error, wire)),
        }
    }
    let mut answer = Vec::new();
    let mut byte = [0];
    // Byte by byte: what follows belongs to the server.
    while !answer.ends_with(b"\r\n\r\n") && answer.len() < MAX_ANSWER {
        match tcp.read(&mut byte) {
            Ok(0) => break,
            Ok(_) => answer.push(byte[0]),
            Err(error) if is_pause(&error) => waited(wire)?,
            Err(error) => return Err(explain("read", &error, wire)),
        }
    }
    let status = answer.split(|byte| *byte == b'\r').next();
    let mut words = status.unwrap_or_default().splitn(2, |byte| *byte == b' ');
    let (protocol, status) = (words.next(), words.next().unwrap_or_default());
    let accepted =
        protocol.is_some_and(|word| word.starts_with(b"HTTP/1.")) && status.starts_with(b"200");
    match accepted && answer.ends_with(b"\r\n\r\n") {
        true => Ok(()),
        false => {
            let (proxy, said) = (proxy.masked(), one_line(status));
            Err(format!(
                "the proxy {proxy} opens no tunnel to {host}: {said}"
            ))
        }
    }
}

/// The line that tells a proxy who asks, where its address says so.
fn authorization(proxy: &Url) -> String {
    let login = proxy.user.as_ref().map(base64::login);
    login.map_or(String::new(), |login| {
        format!("Proxy-Authorization: {login}\r\n")
    })
}
