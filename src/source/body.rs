//! The bytes of a source as they come, and why they broke off where they did.
//!
//! One type for every origin, because each reader that is used as `dyn Read` costs two kilobytes of binary.
//! The first error is final: a reader that goes on after an error may claim an orderly end.

use std::fs::File;
use std::io::{self, Read, Stdin};
use std::path::Path;

use super::http::Answer;
use super::save::Partial;
use crate::go::syscall;
use crate::interrupt;

/// Where the bytes of a [`Body`] come from.
pub(super) enum Origin {
    /// Its errors name it, as Go's do.
    File(File, String),
    Stdin(Stdin),
    Server(Answer),
}

/// A stream of bytes that knows why it failed.
pub(crate) struct Body {
    origin: Origin,
    /// What was looked at in advance, and how much of that has been read.
    start: Vec<u8>,
    used: usize,
    failure: Option<String>,
    /// How many bytes may still come.
    left: u64,
    /// Where a copy of what comes is put, in case that is all that ever will.
    partial: Option<Partial>,
}

impl Body {
    pub(super) fn new(origin: Origin) -> Self {
        Self {
            origin,
            start: Vec::new(),
            used: 0,
            failure: None,
            left: u64::MAX,
            partial: None,
        }
    }

    /// Copies what comes into a file of `folder`, where one is given; `kind` names it.
    pub(super) fn copied(mut self, folder: Option<&Path>, kind: &[u8]) -> Result<Self, String> {
        self.partial = match folder {
            Some(folder) => Some(Partial::begin(folder, kind)?),
            None => None,
        };
        Ok(self)
    }

    /// The profile is none or not whole: lets the copy stay, if there is one, and says where.
    pub(crate) fn keep(&mut self) -> Option<String> {
        self.partial.take()?.keep()
    }

    /// Why the stream broke off, in pprof's words and ours; nothing as long as all reads went well.
    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// Fails after so many bytes more: what nobody has room for need not be read to its end, if it has one.
    pub(crate) fn limit(&mut self, most: u64) {
        self.left = most;
    }

    /// Whether the end of the bytes is more than the end of a connection.
    pub(crate) fn is_framed(&self) -> bool {
        match &self.origin {
            Origin::Server(answer) => answer.is_framed,
            Origin::File(..) | Origin::Stdin(_) => true,
        }
    }

    /// The first bytes, without taking them: up to `limit`, fewer where `enough` says so or the stream ends.
    pub(super) fn look(
        &mut self,
        limit: usize,
        enough: impl Fn(&[u8]) -> bool,
    ) -> io::Result<&[u8]> {
        let mut bytes = [0; 1024];
        while self.start.len() < limit && !enough(&self.start) {
            let room = (limit - self.start.len()).min(bytes.len());
            match self.receive(&mut bytes[..room])? {
                0 => break,
                count => self.start.extend_from_slice(&bytes[..count]),
            }
        }
        Ok(&self.start)
    }

    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(text) = &self.failure {
            return Err(io::Error::other(text.clone()));
        }
        loop {
            match self.origin.receive(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let mut text = syscall::error_text(&error);
                    if let Origin::File(_, name) = &self.origin {
                        text = format!("read {name}: {text}");
                    }
                    self.failure = Some(text.clone());
                    return Err(io::Error::other(text));
                }
                Ok(count) => {
                    let bytes = buffer.get(..count).unwrap_or_default();
                    self.left = self.left.saturating_sub(count as u64);
                    if self.left == 0 {
                        let text = "the body does not end: more came than may be kept (-max_mem raises that)";
                        self.failure = Some(text.to_string());
                        return Err(io::Error::other(text));
                    }
                    if let Some(partial) = &mut self.partial
                        && partial.add(bytes).is_err()
                    {
                        self.partial = None; // the profile counts, not its copy
                    }
                    return Ok(count);
                }
            }
        }
    }
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut seen = self.start.get(self.used..).unwrap_or_default();
        if seen.is_empty() {
            return self.receive(buffer);
        }
        let count = seen.read(buffer)?;
        self.used += count;
        Ok(count)
    }
}

impl Origin {
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        interrupt::check().map_err(|error| io::Error::other(error.to_string()))?;
        match self {
            Origin::File(file, _) => file.read(buffer),
            Origin::Stdin(stdin) => stdin.read(buffer),
            Origin::Server(answer) => answer.read(buffer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> Body {
        Body::new(Origin::File(File::open(name).unwrap(), name.to_string()))
    }

    #[test]
    fn what_was_looked_at_is_still_read() {
        let mut whole = String::new();
        let mut body = file("Cargo.toml");
        assert_eq!(body.look(5, |_| false).unwrap(), b"[pack");
        body.look(2000, |seen| seen.contains(&b'v')).unwrap();
        body.read_to_string(&mut whole).unwrap();
        assert_eq!(whole, include_str!("../../Cargo.toml"));
        assert_eq!(body.failure(), None);
    }

    #[test]
    fn the_first_error_is_kept_and_never_followed_by_an_end() {
        let mut body = file("/proc");
        for _ in 0..3 {
            body.read(&mut [0; 9]).unwrap_err();
        }
        assert_eq!(body.failure(), Some("read /proc: is a directory"));
    }
}
