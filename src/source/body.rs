//! The bytes of a source as they come, and why they broke off where they did.
//!
//! One type for every origin, because each reader that is used as `dyn Read` costs two kilobytes of binary.
//! The first error is final: a reader that goes on after an error may claim an orderly end. What is to be
//! read twice and comes but once is kept, packed.

use std::fs::File;
use std::io::{self, Read, Stdin, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use super::http::Answer;
use super::save::Partial;
use crate::archive::gzip::{Gzip, Level};
use crate::go::syscall;
use crate::interrupt;

/// Where the bytes of a [`Body`] come from.
pub(super) enum Origin {
    /// Its errors name it, as Go's do.
    File(File, String),
    Stdin(Stdin),
    Server(Answer),
    /// A file that others read too, and how much of it this one has read.
    Again(Arc<File>, String, u64),
    /// What was kept, and how much of it has been read.
    Kept(Arc<Vec<u8>>, usize),
}

/// A stream of bytes that knows why it failed.
pub(crate) struct Body {
    origin: Origin,
    /// What was looked at in advance, and how much of that has been read.
    start: Vec<u8>,
    used: usize,
    failure: Option<String>,
    ended: bool,
    /// How many bytes may still come.
    left: u64,
    /// Where a copy of what comes is put, in case that is all that ever will.
    partial: Option<Partial>,
    /// A copy of what comes, where it comes but once and is to be read twice.
    kept: Option<Kept>,
}

impl Body {
    pub(super) fn new(origin: Origin) -> Self {
        Self {
            origin,
            start: Vec::new(),
            used: 0,
            failure: None,
            ended: false,
            left: u64::MAX,
            partial: None,
            kept: None,
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

    /// Keeps at most so many bytes of what comes, packed, unless it can be read again from where it is.
    pub(crate) fn keep_packed(&mut self, most: usize) {
        self.kept = (!self.is_file()).then(|| Kept::new(most));
    }

    fn is_file(&self) -> bool {
        let Origin::File(file, _) = &self.origin else {
            return false;
        };
        file.metadata().is_ok_and(|kind| kind.is_file())
    }

    /// The bytes of a gzipped file, if it is one.
    pub(crate) fn packed_size(&self) -> Option<u64> {
        let Origin::File(file, _) = &self.origin else {
            return None;
        };
        let is_packed = self.is_file() && is_gzip(file)?;
        is_packed.then_some(file.metadata().ok()?.len())
    }

    /// The same bytes once more, from the start; none where they are gone.
    pub(crate) fn rewind(&mut self) -> Option<Rewind> {
        match &self.origin {
            Origin::File(file, name) if self.is_file() => {
                let file = file.try_clone().ok()?;
                Some(Rewind::File(Arc::new(file), name.clone()))
            }
            Origin::File(..)
            | Origin::Stdin(_)
            | Origin::Server(_)
            | Origin::Again(..)
            | Origin::Kept(..) => {
                self.kept.as_ref()?;
                // What was not read yet belongs to it.
                while !self.ended
                    && self.failure.is_none()
                    && self.kept.as_ref().is_some_and(|kept| kept.fits)
                {
                    let _ = self.receive(&mut [0; 4096]);
                }
                Some(Rewind::Kept(self.kept.take()?.packed()?))
            }
        }
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
            Origin::File(..) | Origin::Stdin(_) | Origin::Again(..) | Origin::Kept(..) => true,
        }
    }

    /// The first bytes, without taking them: up to `limit`, fewer where `enough` says so or the stream ends.
    pub(crate) fn look(
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
                    if let Origin::File(_, name) | Origin::Again(_, name, _) = &self.origin {
                        text = format!("read {name}: {text}");
                    }
                    self.failure = Some(text.clone());
                    return Err(io::Error::other(text));
                }
                Ok(count) => {
                    self.ended = count == 0;
                    let bytes = buffer.get(..count).unwrap_or_default();
                    self.left = self.left.saturating_sub(count as u64);
                    if self.left == 0 {
                        let text =
                            "the body does not end: more came than may be kept (-mem raises that)";
                        self.failure = Some(text.to_string());
                        return Err(io::Error::other(text));
                    }
                    if let Some(partial) = &mut self.partial
                        && partial.add(bytes).is_err()
                    {
                        self.partial = None; // the profile counts, not its copy
                    }
                    if let Some(kept) = &mut self.kept {
                        kept.add(bytes);
                    }
                    return Ok(count);
                }
            }
        }
    }
}

/// Bytes that can be read again and again, one reader at a time.
#[derive(Debug)]
pub(crate) enum Rewind {
    /// Its errors name it.
    File(Arc<File>, String),
    Kept(Arc<Vec<u8>>),
}

impl Rewind {
    /// How many bytes it unpacks to by what it says, or at most where that is not to be believed.
    pub(crate) fn unpacked_size(&self) -> Option<u64> {
        /// Deflate packs no better.
        const MOST: u64 = 1032;
        let Rewind::File(file, _) = self else {
            return None;
        };
        let size = file.metadata().ok()?.len();
        if !is_gzip(file)? {
            return Some(size);
        }
        let mut tail = [0; 4];
        file.read_exact_at(&mut tail, size.checked_sub(4)?).ok()?;
        let unpacked = u64::from(u32::from_le_bytes(tail));
        // The last of several members tells of itself alone, and none counts beyond 4 GiB.
        let credible = unpacked >= size && unpacked / 64 <= size;
        Some(match credible {
            true => unpacked,
            false => size.saturating_mul(MOST),
        })
    }

    /// The bytes from the start.
    pub(crate) fn body(&self) -> Body {
        Body::new(match self {
            Rewind::File(file, name) => Origin::Again(Arc::clone(file), name.clone(), 0),
            Rewind::Kept(bytes) => Origin::Kept(Arc::clone(bytes), 0),
        })
    }
}

/// Whether a file begins as gzip does; none where it has no two bytes.
fn is_gzip(file: &File) -> Option<bool> {
    let mut head = [0; 2];
    file.read_exact_at(&mut head, 0).ok()?;
    Some(head == [0x1f, 0x8b])
}

/// As many bytes that came unpacked as are packed at a time.
const PIECE: usize = 256 << 10;

/// A copy of what came: as it came where that is gzip, else packed here.
struct Kept {
    packed: Vec<u8>,
    /// What waits to be packed; none where it came packed.
    loose: Option<Vec<u8>>,
    most: usize,
    /// Whether it had room for all.
    fits: bool,
}

impl Kept {
    fn new(most: usize) -> Kept {
        Kept {
            packed: Vec::new(),
            loose: Some(Vec::new()),
            most,
            fits: true,
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        if let Some(loose) = &mut self.loose {
            loose.extend_from_slice(bytes);
            let begins = self.packed.is_empty() && loose.len() >= 2;
            if begins && loose.starts_with(b"\x1f\x8b") {
                self.packed.append(loose);
                self.loose = None;
            } else if loose.len() >= PIECE {
                self.pack();
            }
        } else if self.fits {
            let room = bytes.len().max(self.packed.capacity() / 8);
            if self.packed.capacity() - self.packed.len() < bytes.len() {
                self.packed.reserve_exact(room);
            }
            self.packed.extend_from_slice(bytes);
        }
        if self.packed.len() > self.most {
            (self.packed, self.fits) = (Vec::new(), false);
        }
    }

    /// Packs what waits as a member of its own.
    fn pack(&mut self) {
        let Some(loose) = self.loose.as_mut().map(std::mem::take) else {
            return;
        };
        let member = Gzip::new(&mut self.packed, Level::Fast).and_then(|mut gzip| {
            gzip.write_all(&loose)?;
            gzip.finish()
        });
        self.fits &= member.is_ok();
    }

    fn packed(mut self) -> Option<Arc<Vec<u8>>> {
        self.pack();
        self.fits.then(|| Arc::new(self.packed))
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
            Origin::Again(file, _, read) => {
                let count = file.read_at(buffer, *read)?;
                *read += count as u64;
                Ok(count)
            }
            Origin::Kept(bytes, read) => {
                let count = bytes.get(*read..).unwrap_or_default().read(buffer)?;
                *read += count;
                Ok(count)
            }
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
