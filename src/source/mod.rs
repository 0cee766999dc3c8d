//! Where the bytes of a profile come from: a file, stdin, a server.
//!
//! Hands out a stream and never the whole of it; what the bytes mean is for decode/. Texts begin with pprof's
//! (pprof-behaviour 1.4, 1.8), passwords in them are masked, and what a server said is one line of bounded
//! length. Nothing is written to disk but by [`save`], where that was asked for.

mod base64;
mod body;
#[cfg(feature = "tls")]
mod crypto;
mod dial;
mod fetch;
mod file;
mod header;
mod http;
mod percent;
mod proxy;
mod reply;
#[cfg(feature = "tls")]
mod roots;
pub(crate) mod save;
mod stdin;
mod stream;
#[cfg(not(feature = "tls"))]
#[path = "no_tls.rs"]
mod tls;
#[cfg(feature = "tls")]
mod tls;
mod url;
mod watch;
mod ways;
mod wire;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::error::{Result, Warning};
pub(crate) use body::{Body, Rewind};
pub(crate) use header::Header;
use url::Url;
pub(crate) use ways::Ways;

/// What the command line says about fetching.
#[derive(Clone, Default)]
pub(crate) struct FetchOptions {
    /// `-seconds`, not positive where not given.
    pub(crate) seconds: i64,
    /// `-timeout` in seconds, not positive where not given.
    pub(crate) timeout: i64,
    /// Told twice a second while a server is waited for or sends; must not wait itself.
    pub(crate) progress: Option<OnProgress>,
    /// `-keep_partial`: the folder for what did arrive of a profile that broke off.
    pub(crate) keep_partial: Option<PathBuf>,
    /// What is sent along, who is believed, which proxy is asked.
    pub(crate) ways: Arc<Ways>,
}

/// Draws how far a fetch has come.
pub(crate) type OnProgress = Arc<dyn Fn(Progress) + Send + Sync>;

/// How far a fetch has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) elapsed: Duration,
    /// How long the server was asked to record, where it was asked to.
    pub(crate) of: Option<Duration>,
    /// Bytes of the body received so far.
    pub(crate) bytes: u64,
    /// How many there will be, where the server says so.
    pub(crate) total: Option<u64>,
    /// Since the body began.
    pub(crate) receiving: Duration,
}

/// A source that has begun to give its bytes.
pub(crate) struct Opened {
    /// The source as it may be shown, for `NAME: parsing profile: …`.
    pub(crate) name: String,
    /// The bytes as they came. Where they break off, `NAME: FAILURE` is the line to print, whatever decode/ says.
    pub(crate) body: Body,
    /// Where a server gave the bytes.
    pub(crate) remote: Option<RemoteOrigin>,
}

/// The server a profile came from.
pub(crate) struct RemoteOrigin {
    /// The server said `Content-Encoding: gzip`: the body is to be inflated once before it is looked at.
    pub(crate) gzip_encoded: bool,
    /// What was asked first, redirects apart.
    url: Url,
}

impl RemoteOrigin {
    /// The URL, as it may be shown.
    pub(crate) fn name(&self) -> String {
        self.url.masked()
    }

    /// Asks the server for the functions at `addresses` (`0x1+0x2`); what it answers, at most `limit` bytes of it.
    ///
    /// # Errors
    /// [`Error::source`](crate::error::Error::source) with the whole line; `Interrupted` after Ctrl-C.
    pub(crate) fn ask_symbols(
        &self,
        addresses: &[u8],
        limit: u64,
        options: &FetchOptions,
    ) -> Result<Vec<u8>> {
        fetch::ask(self.url.of_symbols(), addresses, limit, options)
    }
}

/// What a server says to one short question.
pub(crate) struct Glance {
    pub(crate) code: u16,
    /// The reply carries `X-Go-Pprof`.
    pub(crate) go_pprof: bool,
    /// Where the reply sends the client, login and all: for asking, never for showing.
    pub(crate) redirect: Option<String>,
    /// The start of the body.
    pub(crate) body: Vec<u8>,
}

/// Asks for `url` once, follows no redirect, and takes what comes within `limit`, at most `most` bytes.
///
/// # Errors
/// Go's words for why there was no reply.
pub(crate) fn glance(
    url: &str,
    limit: Duration,
    most: usize,
    ways: &Ways,
) -> std::result::Result<Glance, String> {
    let parsed = url::address(url.as_bytes());
    fetch::glance(&parsed.ok_or("no URL")?, limit, most, ways)
}

/// Whether Go's url.Parse takes this text for a URL with a scheme.
pub(crate) fn is_absolute_url(text: &[u8]) -> bool {
    url::parse(text).is_some_and(|url| !url.scheme.is_empty())
}

/// Whether a source of this name is asked of a server.
pub(crate) fn is_remote(name: &OsStr) -> bool {
    let local = name == "-" || file::stat(name).is_ok();
    !local && url::wanted(name.as_bytes(), 0, 0).is_some()
}

/// The name of a source as it may be shown: without the password that may stand in it.
pub(crate) fn shown(name: &OsStr) -> String {
    let text = name.to_string_lossy();
    let with_scheme = || {
        let masked = url::hide_password(&format!("http://{text}"));
        masked
            .strip_prefix("http://")
            .unwrap_or(&masked)
            .to_string()
    };
    match is_remote(name) {
        true if text.contains("://") => url::hide_password(&text),
        true => with_scheme(),
        false => text.into_owned(),
    }
}

/// The last word of the path that a server is asked for, `heap` of `:6060/debug/pprof/heap`; none for a file.
pub(crate) fn kind(name: &OsStr) -> Option<String> {
    let remote = is_remote(name).then(|| url::wanted(name.as_bytes(), 0, 0));
    Some(remote.flatten()?.url.kind().to_string())
}

/// The URL of the page that a name without a profile in it stands for, `path` where it has none: `:6060`,
/// `http://h/debug/pprof/`. None for a file and for the URL of a profile.
pub(crate) fn page(name: &OsStr, path: &str) -> Option<String> {
    if !is_remote(name) {
        return None;
    }
    url::page(name.as_bytes(), path)
}

/// Opens a source by the name the user gave it (pprof-behaviour 1.8); `notes` receives what pprof says meanwhile.
///
/// # Errors
/// [`Error::source`] with the whole line, name included; [`Error::interrupted`] after Ctrl-C.
// A deviation: `-` is stdin, where pprof looks for a file of that name.
pub(crate) fn open(
    name: &OsStr,
    options: &FetchOptions,
    notes: &mut dyn FnMut(Warning),
) -> Result<Opened> {
    if name == "-" {
        return Ok(stdin::open());
    }
    let missing = match file::stat(name) {
        Ok(()) => return file::open(name),
        Err(error) => error,
    };
    match url::wanted(name.as_bytes(), options.seconds, options.timeout) {
        Some(wanted) => fetch::fetch(&name.to_string_lossy(), wanted, options, notes),
        None => Err(file::missing(name, &missing)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_without_its_password() {
        for (name, expected) in [
            ("http://ann:secret@h/heap", "http://ann:***@h/heap"),
            ("ann:secret@h:6060/heap", "ann:***@h:6060/heap"),
            ("localhost:6060", "localhost:6060"),
            ("Cargo.toml", "Cargo.toml"),
            ("no/such:thing@x", "no/such:thing@x"),
        ] {
            assert_eq!(shown(OsStr::new(name)), expected, "{name}");
        }
    }

    #[test]
    fn the_kind_of_a_url_is_the_end_of_its_path() {
        for (name, expected) in [
            (":6060/debug/pprof/heap?gc=1", Some("heap")),
            ("http://h/debug/pprof/goroutine/", Some("goroutine")),
            ("localhost:6060", Some("profile")),
            ("Cargo.toml", None),
            ("-", None),
        ] {
            assert_eq!(kind(OsStr::new(name)).as_deref(), expected, "{name}");
        }
    }
}
