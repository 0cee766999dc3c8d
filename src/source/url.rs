//! URLs as Go reads and writes them, and what pprof makes of the name of a source (pprof-behaviour 1.8).
//!
//! A name is a URL only where a host comes out of it; everything else is the name of a file. Text that is
//! shown goes through [`Url::masked`]: a password is never printed.

use std::net::Ipv6Addr;

use super::percent::{self, Part};
use crate::go::fmt;
use crate::go::path::clean;

/// What pprof asks for where the URL has no path.
const DEFAULT_PATH: &str = "/debug/pprof/profile";
/// Go gives up on a query of more words than this, and sends none of them.
const MAX_QUERY_WORDS: usize = 10_000;
const SECOND: i64 = 1_000_000_000;

/// An absolute or relative URL, each part encoded as it is sent, host and user as they are meant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Url {
    /// In lower case, empty for a relative reference.
    pub(super) scheme: String,
    pub(super) user: Option<User>,
    /// `host`, `host:port` or `[v6]:port`.
    pub(super) host: Vec<u8>,
    pub(super) path: String,
    pub(super) query: Vec<u8>,
    /// A `?` stands even where the query is empty.
    bare_query: bool,
    fragment: String,
    /// The Unix socket where the server listens, `@name` for one without a file; host and port then only name it.
    pub(super) socket: Option<Vec<u8>>,
}

/// The part before the `@`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct User {
    pub(super) name: Vec<u8>,
    pub(super) password: Option<Vec<u8>>,
}

/// A source that is a URL: what to ask, and how long to wait for the answer to begin.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) url: Url,
    /// Nanoseconds pprof allows before its 5 s of grace.
    pub(super) timeout: i64,
    /// Nanoseconds the server is asked to record, not positive where it is not.
    pub(super) recording: i64,
}

/// `name` without the password that may stand in it, for a text that could not be read as a URL.
pub(super) fn hide_password(name: &str) -> String {
    let masked = || {
        let (scheme, rest) = name.split_once("://")?;
        let (login, host) = rest.rsplit_once('@')?;
        let (user, _) = login.split_once(':')?;
        Some(format!("{scheme}://{user}:***@{host}"))
    };
    masked().unwrap_or_else(|| name.to_string())
}

/// What Go makes of a number of seconds from the command line.
// As Go: a number too large wraps.
pub(super) fn nanoseconds(seconds: i64) -> i64 {
    seconds.wrapping_mul(SECOND)
}

/// Reads the name of a source as a URL; `seconds` and `timeout` are the flags, not positive where not given.
pub(super) fn wanted(source: &[u8], seconds: i64, timeout: i64) -> Option<Wanted> {
    let mut url = address(source)?;
    if percent::decode(url.path.as_bytes(), Part::Path)
        .is_some_and(|path| path == b"/" || path.is_empty())
    {
        url.path = DEFAULT_PATH.to_string();
    }
    let mut duration = nanoseconds(seconds);
    let mut words = query_words(&url.query);
    if duration > 0 {
        let whole = (duration / SECOND).to_string();
        set_word(&mut words, b"seconds", whole);
    } else if let Some((_, value)) = words.iter().find(|(key, _)| key == b"seconds") {
        let asked = fmt::parse_int(value, 10, 32).unwrap_or(0);
        duration = asked.saturating_mul(SECOND);
    }
    url.query = encode_query(words);
    Some(Wanted {
        url,
        timeout: patience(timeout, duration),
        recording: duration,
    })
}

/// The URL of a page of profiles that the name of a source stands for, `path` where the name has none.
pub(super) fn page(source: &[u8], path: &str) -> Option<String> {
    let mut url = address(source)?;
    if matches!(url.path.as_str(), "" | "/") {
        url.path = path.to_string();
    } else if url.path.ends_with("/debug/pprof") {
        url.path.push('/');
    }
    let is_page = url.path.ends_with('/') && url.query.is_empty();
    is_page.then(|| url.text())
}

fn set_word(words: &mut Vec<(Vec<u8>, Vec<u8>)>, key: &[u8], value: String) {
    words.retain(|(other, _)| other != key);
    words.push((key.to_vec(), value.into_bytes()));
}

/// The URL that the name of a source is, its scheme added where it has none.
pub(super) fn address(source: &[u8]) -> Option<Url> {
    if let Some(rest) = source.strip_prefix(b"unix:") {
        return of_socket(rest);
    }
    let lacks_host = |url: &Url| {
        let looks_like_scheme = !url.scheme.is_empty() && url.scheme != "file";
        url.host.is_empty() && looks_like_scheme
    };
    let parsed = parse(source).filter(|url| !lacks_host(url));
    let url = match parsed {
        Some(url) => url,
        None => parse(&[b"http://", source].concat())?,
    };
    Some(url).filter(|url| !url.host.is_empty())
}

/// `/run/app.sock:/debug/pprof/heap`: a socket, and behind the last `:/` what to ask it for.
// Ours: pprof knows no sockets.
fn of_socket(text: &[u8]) -> Option<Url> {
    let text = text.strip_prefix(b"//").unwrap_or(text);
    let end = text.windows(2).rposition(|two| two == b":/");
    let (socket, path) = text.split_at(end.unwrap_or(text.len()));
    if !socket.starts_with(b"/") && !socket.starts_with(b"@") || socket.contains(&0) {
        return None;
    }
    let path = path.strip_prefix(b":").unwrap_or(path);
    let mut url = parse(&[b"http://localhost", path].concat())?;
    url.socket = Some(socket.to_vec());
    Some(url)
}

/// Seconds that fit the write timeouts which servers have, the longest first.
const FITTING: [i64; 20] = [
    3599, 1799, 899, 599, 299, 239, 179, 119, 89, 59, 44, 39, 29, 24, 19, 14, 9, 4, 2, 1,
];
/// What net/http/pprof records where nothing is said.
const DEFAULT_SECONDS: i64 = 30;

impl Wanted {
    /// The same for a shorter time, as long as the next write timeout below allows; nothing below a second.
    pub(super) fn shorter(&self) -> Option<Wanted> {
        let now = match self.recording {
            nanos if nanos > 0 => nanos / SECOND,
            _ => DEFAULT_SECONDS,
        };
        let seconds = FITTING.into_iter().find(|seconds| *seconds < now)?;
        let mut url = self.url.clone();
        let mut words = query_words(&url.query);
        set_word(&mut words, b"seconds", seconds.to_string());
        url.query = encode_query(words);
        Some(Wanted {
            url,
            timeout: self.timeout,
            recording: seconds * SECOND,
        })
    }
}

/// Nanoseconds to wait for an answer: as the flag says, else as long as a recording of `duration` may take.
pub(super) fn patience(timeout: i64, duration: i64) -> i64 {
    match nanoseconds(timeout) {
        given if given > 0 => given,
        _ if duration > 0 => duration.saturating_add(duration / 2),
        _ => 60 * SECOND,
    }
}

/// The words of a query in their order; as Go does, one that cannot be decoded is left out.
fn query_words(query: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let words = query.split(|&byte| byte == b'&');
    if words.clone().count() > MAX_QUERY_WORDS {
        return Vec::new();
    }
    words
        .filter(|word| !word.is_empty() && !word.contains(&b';'))
        .filter_map(|word| {
            let (key, value) = cut(word, b'=').unwrap_or((word, b""));
            let key = percent::decode(key, Part::QueryWord)?;
            Some((key, percent::decode(value, Part::QueryWord)?))
        })
        .collect()
}

/// Sorted by key, words of one key in their old order.
fn encode_query(mut words: Vec<(Vec<u8>, Vec<u8>)>) -> Vec<u8> {
    words.sort_by(|a, b| a.0.cmp(&b.0));
    let encoded = words.iter().map(|(key, value)| {
        let key = percent::encode(key, Part::QueryWord);
        format!("{key}={}", percent::encode(value, Part::QueryWord))
    });
    encoded.collect::<Vec<_>>().join("&").into_bytes()
}

/// Reads a URL as Go's url.Parse does; where it has no authority the host is left empty.
pub(super) fn parse(text: &[u8]) -> Option<Url> {
    let (rest, fragment) = cut(text, b'#').unwrap_or((text, b""));
    if rest.iter().any(|byte| byte.is_ascii_control()) {
        return None;
    }
    let (scheme, rest) = split_scheme(rest)?;
    let mut url = Url {
        scheme: scheme.to_ascii_lowercase(),
        fragment: percent::tidy(fragment, Part::Fragment)?,
        ..Url::default()
    };
    let asked = cut(rest, b'?');
    let (rest, query) = asked.unwrap_or((rest, b""));
    url.bare_query = asked.is_some() && query.is_empty();
    url.query = query.to_vec();
    if !rest.starts_with(b"/") {
        return rootless(url, rest);
    }
    let relative_path = url.scheme.is_empty() && rest.starts_with(b"///");
    let path = match rest.strip_prefix(b"//").filter(|_| !relative_path) {
        Some(after) => {
            let end = after.iter().position(|&byte| byte == b'/');
            let (authority, path) = after.split_at(end.unwrap_or(after.len()));
            (url.user, url.host) = parse_authority(&url.scheme, authority)?;
            path
        }
        None => rest,
    };
    url.path = percent::tidy(path, Part::Path)?;
    Some(url)
}

/// `mailto:x` has a scheme and no path that could be asked for; `a/b` is a relative path, `a:b/c` is nothing.
fn rootless(mut url: Url, rest: &[u8]) -> Option<Url> {
    if !url.scheme.is_empty() {
        return Some(url);
    }
    let first = rest.split(|&byte| byte == b'/').next()?;
    if first.contains(&b':') {
        return None;
    }
    url.path = percent::tidy(rest, Part::Path)?;
    Some(url)
}

/// The scheme before the first colon, empty where none stands there; nothing for `:x`.
fn split_scheme(text: &[u8]) -> Option<(&str, &[u8])> {
    let may_follow = |byte: &u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
    let end = text.iter().position(|byte| !may_follow(byte));
    match (end, text) {
        (Some(0), [b':', ..]) => None,
        (Some(end), [first, ..]) if text.get(end) == Some(&b':') && first.is_ascii_alphabetic() => {
            let (scheme, rest) = text.split_at(end);
            Some((std::str::from_utf8(scheme).ok()?, rest.get(1..)?))
        }
        _ => Some(("", text)),
    }
}

fn parse_authority(scheme: &str, authority: &[u8]) -> Option<(Option<User>, Vec<u8>)> {
    let Some(at) = authority.iter().rposition(|&byte| byte == b'@') else {
        return Some((None, parse_host(scheme, authority)?));
    };
    let (userinfo, host) = authority.split_at(at);
    let host = parse_host(scheme, host.get(1..)?)?;
    let sound = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
    if !userinfo.iter().all(sound) {
        return None;
    }
    let user = match cut(userinfo, b':') {
        Some((name, password)) => User {
            name: percent::decode(name, Part::User)?,
            password: Some(percent::decode(password, Part::User)?),
        },
        None => User {
            name: percent::decode(userinfo, Part::User)?,
            password: None,
        },
    };
    Some((Some(user), host))
}

fn parse_host(scheme: &str, host: &[u8]) -> Option<Vec<u8>> {
    match host.iter().rposition(|&byte| byte == b'[') {
        Some(0) => return parse_bracketed(host),
        Some(_) => return None,
        None => {}
    }
    let strict = scheme == "http" || scheme == "https";
    let mut colons = host.iter().enumerate().filter(|(_, byte)| **byte == b':');
    let colon = if strict {
        colons.next()
    } else {
        colons.next_back()
    };
    if let Some((at, _)) = colon {
        optional_port(host.get(at..)?)?;
    }
    percent::decode(host, Part::Host)
}

/// `[v6]`, `[v6%25zone]`, each with or without a port.
fn parse_bracketed(host: &[u8]) -> Option<Vec<u8>> {
    let close = host.iter().rposition(|&byte| byte == b']')?;
    let (name, port) = (host.get(1..close)?, host.get(close + 1..)?);
    optional_port(port)?;
    let zone = name.windows(3).position(|three| three == b"%25");
    let (address, zone) = name.split_at(zone.unwrap_or(name.len()));
    let mut name = percent::decode(address, Part::Host)?;
    std::str::from_utf8(&name).ok()?.parse::<Ipv6Addr>().ok()?;
    let zone = percent::decode(zone, Part::Zone)?;
    if zone == b"%" {
        return None;
    }
    name.extend(zone);
    Some([b"[", name.as_slice(), b"]", port].concat())
}

fn optional_port(text: &[u8]) -> Option<()> {
    let digits = match text {
        [] => return Some(()),
        [b':', digits @ ..] => digits,
        _ => return None,
    };
    digits.iter().all(u8::is_ascii_digit).then_some(())
}

fn cut(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|&byte| byte == separator)?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

impl Url {
    /// The URL as Go writes it, password and all: for sending, never for showing.
    pub(super) fn text(&self) -> String {
        let user = self.user.as_ref().map(|user| {
            let name = percent::encode(&user.name, Part::User);
            let password = user.password.as_ref();
            let password = password.map(|word| format!(":{}", percent::encode(word, Part::User)));
            format!("{name}{}@", password.unwrap_or_default())
        });
        self.text_with(&user.unwrap_or_default())
    }

    /// The URL for showing: as net/http does in its errors, `***` stands for the password.
    pub(crate) fn masked(&self) -> String {
        let user = self.user.as_ref().map(|user| match &user.password {
            Some(_) => format!("{}:***@", String::from_utf8_lossy(&user.name)),
            None => format!("{}@", percent::encode(&user.name, Part::User)),
        });
        self.text_with(&user.unwrap_or_default())
    }

    /// The URL as net/http names it in an error: masked, and without the colon of an empty port.
    pub(super) fn shown_in_errors(&self) -> String {
        let mut url = self.clone();
        if url.host.ends_with(b":") {
            url.host.pop();
        }
        url.masked()
    }

    /// Where the server of a profile names the functions at addresses (pprof-behaviour 1.9).
    pub(super) fn of_symbols(&self) -> Url {
        const GPERFTOOLS: [&str; 5] = ["heap", "growth", "profile", "pmuprofile", "contention"];
        let mut url = self.clone();
        let path = percent::decode(url.path.as_bytes(), Part::Path).unwrap_or_default();
        let is_go = path.windows(13).any(|part| part == b"/debug/pprof/");
        let is_gperftools = GPERFTOOLS
            .iter()
            .any(|name| path.ends_with(format!("/pprof/{name}").as_bytes()));
        let beside: &[u8] = match is_go || is_gperftools {
            true => b"/../symbol",
            false => b"/../symbolz",
        };
        let path = [path.as_slice(), beside].concat();
        url.path = percent::encode(&clean(&path), Part::Path);
        url.query = Vec::new();
        url
    }

    /// `name`, the text this URL was read from, as it may be shown.
    pub(super) fn hide_password(&self, name: &str) -> String {
        match self
            .user
            .as_ref()
            .is_some_and(|user| user.password.is_some())
        {
            true => self.masked(),
            false => name.to_string(),
        }
    }

    /// What the `Host` header says: no empty port, no zone of an address.
    pub(super) fn host_header(&self) -> Vec<u8> {
        let host = self.host.strip_suffix(b":").unwrap_or(&self.host);
        let zone = host.iter().position(|&byte| byte == b'%');
        let end = host.iter().rposition(|&byte| byte == b']');
        match (zone, end) {
            (Some(zone), Some(end)) if host.starts_with(b"[") && zone < end => {
                [&host[..zone], &host[end..]].concat()
            }
            _ => host.to_vec(),
        }
    }

    fn text_with(&self, user: &str) -> String {
        let mut text = String::new();
        if let Some(socket) = &self.socket {
            text = format!("unix:{}:", String::from_utf8_lossy(socket));
        } else if !self.scheme.is_empty() {
            text = format!("{}:", self.scheme);
        }
        if !self.host.is_empty() && self.socket.is_none() {
            text = format!("{text}//{user}{}", percent::encode(&self.host, Part::Host));
        }
        text.push_str(&self.path);
        if self.bare_query || !self.query.is_empty() {
            text = format!("{text}?{}", String::from_utf8_lossy(&self.query));
        }
        if !self.fragment.is_empty() {
            text = format!("{text}#{}", self.fragment);
        }
        text
    }

    /// What the first line of the request names: path and query.
    pub(super) fn request_target(&self) -> String {
        let path = if self.path.is_empty() {
            "/"
        } else {
            &self.path
        };
        let mut target = path.to_string();
        if self.bare_query || !self.query.is_empty() {
            target.push('?');
        }
        for &byte in &self.query {
            match byte.is_ascii_graphic() && !b"\"<>#".contains(&byte) {
                true => target.push(char::from(byte)),
                false => target.push_str(&format!("%{byte:02X}")),
            }
        }
        target
    }

    /// Host without brackets and port, and the port where one is given.
    pub(super) fn host_and_port(&self) -> (&[u8], Option<&[u8]>) {
        let colon = self.host.iter().rposition(|&byte| byte == b':');
        let (host, port) = match colon {
            Some(at) if optional_port(&self.host[at..]).is_some() => {
                (&self.host[..at], Some(&self.host[at + 1..]))
            }
            _ => (self.host.as_slice(), None),
        };
        let bare = host
            .strip_prefix(b"[")
            .and_then(|host| host.strip_suffix(b"]"));
        (bare.unwrap_or(host), port.filter(|port| !port.is_empty()))
    }

    /// Whether both are answered by one server: what one may know, the other may.
    pub(super) fn is_beside(&self, other: &Url) -> bool {
        let place = |url: &Url| {
            let (host, port) = url.host_and_port();
            (host.to_ascii_lowercase(), port.map(<[u8]>::to_vec))
        };
        let foreign = self.socket.is_some() && self.socket != other.socket;
        self.scheme == other.scheme && place(self) == place(other) && !foreign
    }

    /// The last word of the path, `heap` of `/debug/pprof/heap`.
    pub(super) fn kind(&self) -> &str {
        let path = self.path.trim_end_matches('/');
        path.rsplit('/').next().unwrap_or_default()
    }

    /// `host:port` as a proxy is asked for it.
    pub(super) fn tunnel_host(&self) -> String {
        let host = self.host_header();
        let host = String::from_utf8_lossy(&host);
        match self.host_and_port().1 {
            Some(_) => host.into_owned(),
            None => format!("{host}:443"),
        }
    }

    /// Where a `Location` of `reference` leads from here (RFC 3986, 5.2, as Go resolves it).
    pub(super) fn resolve(&self, reference: &Url) -> Url {
        let mut to = reference.clone();
        if !reference.scheme.is_empty() || !reference.host.is_empty() {
            if to.scheme.is_empty() {
                to.scheme = self.scheme.clone();
            }
            to.path = resolve_path(&reference.path, "");
            if to.is_beside(self) {
                to.socket = self.socket.clone();
                to.user = to.user.or_else(|| self.user.clone());
            }
            return to;
        }
        to.scheme = self.scheme.clone();
        to.host = self.host.clone();
        to.user = self.user.clone();
        to.socket = self.socket.clone();
        if reference.path.is_empty() && !reference.bare_query && reference.query.is_empty() {
            to.query = self.query.clone();
            if to.fragment.is_empty() {
                to.fragment = self.fragment.clone();
            }
        }
        to.path = resolve_path(&self.path, &reference.path);
        to
    }
}

/// `reference` seen from `base`, without `.` and `..`; always from the root where it is not empty.
fn resolve_path(base: &str, reference: &str) -> String {
    let full = match reference {
        "" => base.to_string(),
        rooted if rooted.starts_with('/') => rooted.to_string(),
        relative => {
            let folder = base.rfind('/').map_or("", |at| &base[..=at]);
            format!("{folder}{relative}")
        }
    };
    if full.is_empty() {
        return full;
    }
    let mut kept: Vec<&str> = Vec::new();
    let elements: Vec<&str> = full.strip_prefix('/').unwrap_or(&full).split('/').collect();
    for element in &elements {
        match *element {
            "." => {}
            ".." => {
                kept.pop();
            }
            name => kept.push(name),
        }
    }
    if matches!(elements.last(), Some(&"." | &"..")) {
        kept.push("");
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::go::table::{number, rows, text};

    const TABLE: &str = include_str!("../../tests/data/tables/url.txt");

    fn table(kind: &str) -> Vec<Vec<Vec<u8>>> {
        let rows = rows(TABLE).filter(|row| row[0] == kind.as_bytes());
        let rows: Vec<_> = rows.collect();
        assert!(rows.len() > 3, "the table has rows of {kind}");
        rows
    }

    #[test]
    fn a_name_is_a_url_exactly_where_pprof_says_so() {
        for row in table("file") {
            assert_eq!(wanted(&row[1], -1, -1), None, "{:?}", row[1]);
        }
        for row in table("url") {
            let name = String::from_utf8_lossy(&row[1]);
            let Some(Wanted { url, timeout, .. }) = wanted(&row[1], -1, -1) else {
                panic!("{name} is a URL to Go");
            };
            assert_eq!(url.text(), text(&row[2]), "{name}");
            assert_eq!(url.masked(), text(&row[3]), "{name}");
            assert_eq!(timeout, number::<i64>(&row[4]), "{name}");
            let (host, port) = url.host_and_port();
            assert_eq!(
                (host, port.unwrap_or_default()),
                (&*row[5], &*row[6]),
                "{name}"
            );
            assert_eq!(url.request_target(), text(&row[7]), "{name}");
        }
    }

    #[test]
    fn seconds_and_timeout_are_set_as_pprof_sets_them() {
        for row in table("flags") {
            let wanted = wanted(
                b"http://h/x?b=1&seconds=5&a",
                number(&row[1]),
                number(&row[2]),
            );
            let wanted = wanted.unwrap();
            assert_eq!(wanted.url.text(), text(&row[3]), "{row:?}");
            assert_eq!(wanted.timeout, number::<i64>(&row[4]), "{row:?}");
        }
    }

    #[test]
    fn a_redirect_leads_where_go_says() {
        let follow = |row: &[Vec<u8>]| {
            let base = parse(&row[1]).unwrap();
            parse(&row[2]).map(|reference| base.resolve(&reference))
        };
        for row in table("to") {
            assert_eq!(follow(&row).unwrap().text(), text(&row[3]), "{row:?}");
        }
        for row in table("refused") {
            assert_eq!(follow(&row), None, "{row:?}");
        }
        for row in table("nowhere") {
            assert!(follow(&row).unwrap().host.is_empty(), "{row:?}");
        }
    }

    #[test]
    fn names_are_asked_for_beside_the_profile() {
        for (source, asked) in [
            (
                "http://h/debug/pprof/heap?gc=1",
                "http://h/debug/pprof/symbol",
            ),
            ("http://u:p@h:1/debug/pprof/", "http://u:p@h:1/debug/symbol"),
            (
                "http://h/x/debug/pprof/a/b",
                "http://h/x/debug/pprof/a/symbol",
            ),
            ("http://h/pprof/pmuprofile", "http://h/pprof/symbol"),
            ("http://h/pprof/allocs", "http://h/pprof/symbolz"),
            (
                "http://h/%2fdebug/pprof/heap",
                "http://h/debug/pprof/symbol",
            ),
            ("http://h/a%20b/../c", "http://h/symbolz"),
            ("http://h", "http://h/symbolz"),
        ] {
            let url = parse(source.as_bytes()).unwrap().of_symbols();
            assert_eq!(url.text(), asked, "{source}");
        }
    }

    #[test]
    fn a_socket_is_named_with_what_it_is_asked_for() {
        for (source, socket, shown) in [
            (
                "unix:/run/a.sock",
                "/run/a.sock",
                "unix:/run/a.sock:/debug/pprof/profile",
            ),
            ("unix:///a:b:/x?y=1", "/a:b", "unix:/a:b:/x?y=1"),
            ("unix:@app:/heap", "@app", "unix:@app:/heap"),
        ] {
            let url = wanted(source.as_bytes(), -1, -1).unwrap().url;
            assert_eq!(url.masked(), shown);
            assert_eq!(url.socket.as_deref(), Some(socket.as_bytes()), "{source}");
            assert_eq!(url.host_header(), b"localhost");
            let to = |reference: &[u8]| url.resolve(&parse(reference).unwrap()).socket;
            assert!(to(b"/y").is_some() && to(b"http://localhost/y").is_some());
            assert_eq!(to(b"http://other/y"), None);
        }
        for source in ["unix:", "unix:run/a.sock", "unix:x:/y"] {
            assert_eq!(wanted(source.as_bytes(), -1, -1), None, "{source}");
        }
    }

    #[test]
    fn a_query_of_too_many_words_is_sent_without_any() {
        let few = [
            b"http://h/x?".as_slice(),
            &b"a&".repeat(MAX_QUERY_WORDS - 1),
        ]
        .concat();
        let many = [few.as_slice(), b"a&"].concat();
        assert_eq!(
            wanted(&few, -1, -1).unwrap().url.query.len(),
            3 * (MAX_QUERY_WORDS - 1) - 1
        );
        assert_eq!(wanted(&many, -1, -1).unwrap().url.query, b"");
    }
}
