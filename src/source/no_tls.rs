//! What stands in for TLS in a build without it: a type that has no value, and the sentence that says so.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use super::url::Url;
use super::ways::TlsFiles;

/// There is none.
pub(super) enum Session {}

impl Session {
    pub(super) fn new(_: TcpStream, _: &Url, _: &TlsFiles) -> Result<Self, String> {
        Err(
            "this build of podprof has no TLS: ask the plain http port of the service, \
             for instance through `kubectl port-forward`"
                .to_string(),
        )
    }

    pub(super) fn shake_hands(&mut self) -> io::Result<bool> {
        match *self {}
    }
}

impl Read for Session {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        match *self {}
    }
}

impl Write for Session {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        match *self {}
    }

    fn flush(&mut self) -> io::Result<()> {
        match *self {}
    }
}

/// What TLS says of an error: nothing.
pub(super) fn explain(_: &io::Error) -> Option<String> {
    None
}
