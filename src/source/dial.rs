//! From a host and a port to a connected socket, with Go's words for what goes wrong.
//!
//! Looking up a name and connecting block in the C library and in the kernel, so a thread of their own does
//! both; the caller asks its [`Watch`] meanwhile, and after Ctrl-C leaves the thread to run out by itself.

use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{self, UnixStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use super::stream::Stream;
use super::url::Url;
use super::watch::{TICK, Watch};
use crate::go::{fmt, syscall};

/// The stack of the thread; musl's resolver needs a few kilobytes.
const STACK: usize = 256 * 1024;

/// Whom to call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Peer {
    /// A name or an address without brackets; empty means this machine.
    pub(super) host: String,
    pub(super) port: u16,
    /// A socket of this machine, in place of both.
    pub(super) socket: Option<Vec<u8>>,
}

impl Peer {
    /// Reads host and port of a URL; the error is Go's.
    pub(super) fn of(url: &Url) -> Result<Self, String> {
        let (host, port) = url.host_and_port();
        let peer = |port| Self {
            host: String::from_utf8_lossy(host).into_owned(),
            port,
            socket: url.socket.clone(),
        };
        let Some(port) = port else {
            return Ok(peer(if url.scheme == "http" { 80 } else { 443 }));
        };
        match fmt::atoi(port).map(u16::try_from) {
            Ok(Ok(port)) => Ok(peer(port)),
            _ => {
                let port = String::from_utf8_lossy(port);
                Err(format!(
                    "dial tcp: address {port}: invalid port (ports go up to 65535)"
                ))
            }
        }
    }

    /// Connects, or fails with Go's text and advice.
    pub(super) fn dial(&self, watch: &mut Watch) -> io::Result<Stream> {
        let limit = watch.dial_limit();
        let slot = Arc::new(Mutex::new(None));
        let (peer, caller, filled) = (self.clone(), thread::current(), Arc::clone(&slot));
        let work = move || {
            let connected = peer.connect(limit);
            *filled.lock().unwrap_or_else(PoisonError::into_inner) = Some(connected);
            caller.unpark();
        };
        let builder = thread::Builder::new().stack_size(STACK);
        if builder.spawn(work).is_err() {
            // A pod may have no process left to give.
            return self.connect(limit).map_err(io::Error::other);
        }
        loop {
            thread::park_timeout(TICK);
            let connected = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(connected) = connected {
                return connected.map_err(io::Error::other);
            }
            watch.waited().map_err(|error| self.late(error))?;
        }
    }

    fn connect(&self, limit: Duration) -> Result<Stream, String> {
        if let Some(socket) = &self.socket {
            return connect_unix(socket).map(Stream::Unix);
        }
        let addresses = self.addresses()?;
        let share = limit / u32::try_from(addresses.len().max(1)).unwrap_or(1);
        let mut first_failure = None;
        for address in addresses {
            match TcpStream::connect_timeout(&address, share) {
                Ok(stream) => return Ok(Stream::Tcp(stream)),
                Err(error) => {
                    first_failure.get_or_insert_with(|| self.refused(&address, &error));
                }
            }
        }
        Err(first_failure.unwrap_or_else(|| self.unknown()))
    }

    fn addresses(&self) -> Result<Vec<SocketAddr>, String> {
        let loopback = [
            IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(Ipv6Addr::LOCALHOST),
        ];
        let loopback = loopback.map(|address| SocketAddr::new(address, self.port));
        if self.host.is_empty() {
            return Ok(loopback.to_vec());
        }
        match (self.host.as_str(), self.port).to_socket_addrs() {
            Ok(addresses) => Ok(addresses.collect()),
            // Without /etc/hosts, as in a container from scratch, only we know.
            Err(_) if self.host.eq_ignore_ascii_case("localhost") => Ok(loopback.to_vec()),
            Err(error) if error.to_string().contains("ry again") => Err(format!(
                "dial tcp: lookup {}: i/o timeout (no name server answered; an IP address needs none)",
                self.host
            )),
            Err(_) => Err(self.unknown()),
        }
    }

    fn unknown(&self) -> String {
        let host = &self.host;
        format!(
            "dial tcp: lookup {host}: no such host (is the name right? an IP address works too)"
        )
    }

    fn refused(&self, address: &SocketAddr, error: &io::Error) -> String {
        // As Go: an empty host stays empty in the text.
        let shown = match self.host.is_empty() {
            true => format!(":{}", self.port),
            false => address.to_string(),
        };
        let advice = match error.kind() {
            ErrorKind::ConnectionRefused => {
                " (nothing listens on that port: is it the right one, and this the right machine?)"
            }
            ErrorKind::TimedOut => {
                return format!("dial tcp {shown}: i/o timeout{SILENT}");
            }
            // Every other reason says by itself what is wrong.
            _ => "",
        };
        format!(
            "dial tcp {shown}: connect: {}{advice}",
            syscall::error_text(error)
        )
    }

    /// The watch gave up before the thread did.
    fn late(&self, error: io::Error) -> io::Error {
        match error.to_string().as_str() {
            "i/o timeout" => {
                let port = self.port;
                io::Error::other(format!(
                    "dial tcp {}:{port}: i/o timeout{SILENT}",
                    self.host
                ))
            }
            _ => error,
        }
    }
}

fn connect_unix(socket: &[u8]) -> Result<UnixStream, String> {
    let connected = match socket.strip_prefix(b"@") {
        Some(name) => net::SocketAddr::from_abstract_name(name)
            .and_then(|address| UnixStream::connect_addr(&address)),
        None => UnixStream::connect(OsStr::from_bytes(socket)),
    };
    connected.map_err(|error| {
        let advice = match error.kind() {
            ErrorKind::NotFound => {
                " (a path ends the socket's name: unix:/run/app.sock:/debug/pprof/heap)"
            }
            ErrorKind::ConnectionRefused => " (the socket is left over: nobody listens there)",
            _ => "", // the reason says all
        };
        let (socket, text) = (String::from_utf8_lossy(socket), syscall::error_text(&error));
        format!("dial unix {socket}: connect: {text}{advice}")
    })
}

const SILENT: &str = " (no answer at all: wrong address, or a network policy or firewall drops it)";

#[cfg(test)]
mod tests {
    use super::super::url;
    use super::*;
    use std::net::TcpListener;

    fn dial(host: &str, port: u16) -> Result<SocketAddr, String> {
        let peer = Peer {
            host: host.to_string(),
            port,
            socket: None,
        };
        let stream = peer.dial(&mut Watch::new(1, 0, None));
        match stream.map_err(|error| error.to_string())? {
            Stream::Tcp(tcp) => tcp.peer_addr().map_err(|error| error.to_string()),
            Stream::Unix(_) | Stream::Tls(_) => Err("no TCP".to_string()),
        }
    }

    #[test]
    fn an_address_a_name_and_no_host_at_all_reach_this_machine() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        for host in ["127.0.0.1", "localhost", ""] {
            assert_eq!(dial(host, address.port()), Ok(address), "{host}");
        }
    }

    #[test]
    fn a_closed_port_is_refused_in_gos_words() {
        let closed = "dial tcp 127.0.0.1:1: connect: connection refused (nothing listens";
        let text = dial("127.0.0.1", 1).unwrap_err();
        assert!(text.starts_with(closed), "{text}");
        let text = dial("", 1).unwrap_err();
        assert!(
            text.starts_with("dial tcp :1: connect: connection refused (nothing"),
            "{text}"
        );
    }

    #[test]
    fn a_port_is_a_number_up_to_65535() {
        let port = |url: &str| Peer::of(&url::parse(url.as_bytes()).unwrap()).map(|peer| peer.port);
        assert_eq!(port("http://h/"), Ok(80));
        assert_eq!(port("https+insecure://h/"), Ok(443));
        assert_eq!(port("https://h:6060/"), Ok(6060));
        let text = port("http://h:99999/").unwrap_err();
        assert!(
            text.starts_with("dial tcp: address 99999: invalid port"),
            "{text}"
        );
        let nines = "9".repeat(99);
        let text = port(&format!("http://h:{nines}/")).unwrap_err();
        assert!(text.contains("invalid port"), "{text}");
    }
}
