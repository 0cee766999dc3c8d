//! Who listens on this machine, as the kernel's tables of sockets tell it (/proc/net).
//!
//! Listening sockets stand before all others in the tables for TCP, so a bounded part of each is read
//! however many connections there are.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;

/// Bytes of a table that are read: some 7,000 sockets.
const LONGEST_TABLE: u64 = 1 << 20;
/// TCP's state of a socket that listens.
const LISTEN: &str = "0A";
/// The flag of a Unix socket that listens.
const ACCEPTS: u32 = 0x1_0000;

/// Where somebody listens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Address {
    Tcp(SocketAddr),
    /// A path, or a name that begins with `@`.
    Unix(Vec<u8>),
}

/// A socket that listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listener {
    pub(super) inode: u64,
    pub(super) address: Address,
}

/// All sockets of this network that listen, those of TCP first.
pub(super) fn listeners(proc: &Path) -> Vec<Listener> {
    let mut found = rows(&proc.join("net/tcp"), tcp);
    found.extend(rows(&proc.join("net/tcp6"), tcp));
    found.extend(rows(&proc.join("net/unix"), unix));
    found
}

fn rows(table: &Path, read: fn(&[u8]) -> Option<Listener>) -> Vec<Listener> {
    let Ok(file) = File::open(table) else {
        return Vec::new(); // no IPv6, or no /proc
    };
    let lines = BufReader::new(file.take(LONGEST_TABLE)).split(b'\n');
    lines
        .map_while(std::result::Result::ok)
        .filter_map(|line| read(&line))
        .collect()
}

/// A row of /proc/net/tcp or tcp6: `0: 0100007F:17AC 00000000:0000 0A … INODE …`.
fn tcp(line: &[u8]) -> Option<Listener> {
    let line = std::str::from_utf8(line).ok()?;
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    if *words.get(3)? != LISTEN {
        return None;
    }
    let (address, port) = words.get(1)?.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    Some(Listener {
        inode: words.get(9)?.parse().ok()?,
        address: Address::Tcp(SocketAddr::new(ip(address)?, port)),
    })
}

/// Words of 32 bits, each as this machine writes the four bytes of the network.
fn ip(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| {
        let digits = hex.get(8 * at..8 * at + 8)?;
        Some(u32::from_str_radix(digits, 16).ok()?.to_ne_bytes())
    };
    match hex.len() {
        8 => Some(Ipv4Addr::from(word(0)?).into()),
        32 => {
            let words = [word(0)?, word(1)?, word(2)?, word(3)?].concat();
            let bytes = <[u8; 16]>::try_from(words).ok()?;
            Some(Ipv6Addr::from(bytes).to_canonical())
        }
        _ => None,
    }
}

/// A row of /proc/net/unix: `ADDRESS: REFS PROTOCOL FLAGS TYPE STATE INODE PATH`.
fn unix(line: &[u8]) -> Option<Listener> {
    let mut words = line
        .split(|byte| *byte == b' ')
        .filter(|word| !word.is_empty());
    let text = |word: &'_ [u8]| std::str::from_utf8(word).ok().map(str::to_string);
    let flags = u32::from_str_radix(&text(words.nth(3)?)?, 16).ok()?;
    let inode = text(words.nth(2)?)?;
    if flags & ACCEPTS == 0 {
        return None;
    }
    // The name is the rest of the line, blanks and all.
    let name = words.next()?;
    let at = name.as_ptr().addr().checked_sub(line.as_ptr().addr())?;
    Some(Listener {
        inode: inode.parse().ok()?,
        address: Address::Unix(line.get(at..)?.to_vec()),
    })
}

/// What stands before the path in the URL of somebody who listens there, given all that listen; none for a socket
/// whose name is no text or depends on a folder.
pub(super) fn origin(address: &Address, all: &[Listener]) -> Option<String> {
    match address {
        Address::Tcp(address) => Some(format!("http://{}", callable(*address, all))),
        Address::Unix(name) => {
            let name = std::str::from_utf8(name).ok()?;
            name.starts_with(['/', '@'])
                .then(|| format!("unix:{name}:"))
        }
    }
}

/// Where to call somebody who listens on `address`, given all that listen.
///
/// An address that means all of this machine's is called by its loopback; `[::]` takes IPv4 too unless
/// somebody else has that port there.
fn callable(address: SocketAddr, all: &[Listener]) -> SocketAddr {
    let taken = |ip: Ipv4Addr| {
        let other = Address::Tcp(SocketAddr::new(ip.into(), address.port()));
        all.iter().any(|listener| listener.address == other)
    };
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => {
            match taken(Ipv4Addr::UNSPECIFIED) || taken(Ipv4Addr::LOCALHOST) {
                true => Ipv6Addr::LOCALHOST.into(),
                false => Ipv4Addr::LOCALHOST.into(),
            }
        }
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn a_row_of_tcp_that_listens_has_an_address_and_an_inode() {
        let row = |local: &str, state: &str| {
            format!(
                "   0: {local} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 4711 1 f 100 0 0 10 0"
            )
        };
        let listener = |text: &str| {
            Some(Listener {
                inode: 4711,
                address: Address::Tcp(socket(text)),
            })
        };
        let read = |local: &str| tcp(row(local, "0A").as_bytes());
        assert_eq!(read("0100007F:17AC"), listener("127.0.0.1:6060"));
        assert_eq!(
            read("00000000000000000000000001000000:17AC"),
            listener("[::1]:6060")
        );
        assert_eq!(
            read("0000000000000000FFFF00000100007F:0050"),
            listener("127.0.0.1:80")
        );
        assert_eq!(tcp(row("0100007F:17AC", "01").as_bytes()), None);
        for local in ["0100007F", "0100007F:", "01:1", "zz00007F:17AC", ":", "é"] {
            assert_eq!(read(local), None, "{local}");
        }
        assert_eq!(tcp(b"  sl  local_address rem_address   st"), None);
    }

    #[test]
    fn a_row_of_unix_that_listens_has_a_name_that_may_have_blanks() {
        let row = |flags: &str, name: &str| {
            format!("0000000000000000: 00000002 00000000 {flags} 0001 01 23456{name}")
        };
        let read = |name: &str| unix(row("00010000", name).as_bytes());
        let listener = |name: &str| {
            Some(Listener {
                inode: 23456,
                address: Address::Unix(name.as_bytes().to_vec()),
            })
        };
        assert_eq!(read(" /run/a b.sock"), listener("/run/a b.sock"));
        assert_eq!(read(" @name"), listener("@name"));
        assert_eq!(read(""), None);
        assert_eq!(unix(row("00000000", " /run/a").as_bytes()), None);
        assert_eq!(unix(b"Num       RefCount Protocol Flags    Type"), None);
    }

    #[test]
    fn a_socket_is_called_by_a_path_or_its_hidden_name() {
        let origin = |name: &[u8]| origin(&Address::Unix(name.to_vec()), &[]);
        assert_eq!(origin(b"/run/a b").as_deref(), Some("unix:/run/a b:"));
        assert_eq!(origin(b"@a").as_deref(), Some("unix:@a:"));
        assert_eq!(origin(b"a.sock"), None);
        assert_eq!(origin(b"/\xff"), None);
    }

    #[test]
    fn all_addresses_are_called_by_the_loopback() {
        let all = |listening: &[&str]| -> Vec<Listener> {
            let listening = listening.iter().map(|text| Listener {
                inode: 1,
                address: Address::Tcp(socket(text)),
            });
            listening.collect()
        };
        let called = |text: &str, others: &[&str]| callable(socket(text), &all(others)).to_string();
        assert_eq!(called("0.0.0.0:6060", &[]), "127.0.0.1:6060");
        assert_eq!(called("[::]:6060", &["0.0.0.0:6061"]), "127.0.0.1:6060");
        assert_eq!(called("[::]:6060", &["0.0.0.0:6060"]), "[::1]:6060");
        assert_eq!(called("[::]:6060", &["127.0.0.1:6060"]), "[::1]:6060");
        assert_eq!(called("10.1.2.3:80", &[]), "10.1.2.3:80");
    }
}
