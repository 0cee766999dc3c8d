//! The unpacked bytes of an input, a bounded stretch at a time.
//!
//! One buffer holds what is not yet decoded and, before it, the 32 KiB that deflate may refer back
//! to. It grows only as bytes arrive, so a length that lies costs nothing.

use std::io::{ErrorKind, Read};

use super::error::{DecodeError, Kind, Offset};
use super::gzip::Gunzip;
use crate::model::Budget;

/// What deflate may refer back to.
pub(super) const HISTORY: usize = 32 * 1024;
/// Bytes buffered while fields are small.
const BUFFER: usize = 128 * 1024;
/// Bytes read from the input at once.
const CHUNK: usize = 32 * 1024;

/// The input as it came.
pub(super) struct Input<'r> {
    reader: &'r mut dyn Read,
    chunk: Box<[u8]>,
    start: usize,
    end: usize,
    at: u64,
}

impl<'r> Input<'r> {
    pub(super) fn new(reader: &'r mut dyn Read) -> Self {
        Input::with_chunk(reader, CHUNK)
    }

    /// The same, read so many bytes at once.
    pub(super) fn with_chunk(reader: &'r mut dyn Read, bytes: usize) -> Self {
        Input {
            reader,
            chunk: vec![0; bytes].into_boxed_slice(),
            start: 0,
            end: 0,
            at: 0,
        }
    }

    /// What was read but not used yet; reads on when that is nothing, so empty means the end.
    pub(super) fn available(&mut self) -> Result<&[u8], DecodeError> {
        if self.start == self.end {
            self.start = 0;
            self.end = 0;
            self.read()?;
        }
        Ok(self.chunk.get(self.start..self.end).unwrap_or_default())
    }

    /// Marks bytes as used.
    pub(super) fn consume(&mut self, bytes: usize) {
        self.start = self.start.saturating_add(bytes).min(self.end);
        self.at = self
            .at
            .saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// The next byte; `None` at the end.
    pub(super) fn byte(&mut self) -> Result<Option<u8>, DecodeError> {
        let byte = self.available()?.first().copied();
        if byte.is_some() {
            self.consume(1);
        }
        Ok(byte)
    }

    /// The place of the next byte.
    pub(super) fn place(&self) -> Offset {
        Offset::Input(self.at)
    }

    fn is_gzip(&mut self) -> Result<bool, DecodeError> {
        while self.end < 2 {
            let had = self.end;
            self.read()?;
            if self.end == had {
                break;
            }
        }
        Ok(self
            .chunk
            .get(..self.end)
            .unwrap_or_default()
            .starts_with(&[0x1f, 0x8b]))
    }

    fn read(&mut self) -> Result<(), DecodeError> {
        let free = self.chunk.get_mut(self.end..).unwrap_or_default();
        let size = free.len();
        loop {
            match self.reader.read(free) {
                Ok(read) => {
                    self.end = self.end.saturating_add(read.min(size));
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    let kind = Kind::Read(error.kind(), error.raw_os_error());
                    return Err(kind.at(self.place()).into());
                }
            }
        }
    }
}

/// The unpacked bytes.
pub(super) struct Stream<'r> {
    input: Input<'r>,
    gunzip: Option<Box<Gunzip>>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    at: u64,
}

impl<'r> Stream<'r> {
    /// The bytes of `reader`, unpacked if they are gzipped; `floor` bytes however few they are packed in.
    pub(super) fn new(reader: &'r mut dyn Read, floor: u64) -> Result<Self, DecodeError> {
        let mut input = Input::new(reader);
        let gunzip = (input.is_gzip()?).then(|| Box::new(Gunzip::new(floor)));
        Ok(Stream {
            input,
            gunzip,
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            at: 0,
        })
    }

    /// What is unpacked and not consumed.
    pub(super) fn available(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// The place of the next byte.
    pub(super) fn place(&self) -> Offset {
        match self.gunzip {
            Some(_) => Offset::Unpacked(self.at),
            None => Offset::Input(self.at),
        }
    }

    /// Marks bytes as decoded.
    pub(super) fn consume(&mut self, bytes: usize) {
        self.start = self.start.saturating_add(bytes).min(self.end);
        self.at = self
            .at
            .saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// Unpacks until `bytes` are available; false when the input ends before.
    pub(super) fn ensure(
        &mut self,
        bytes: usize,
        budget: &mut Budget,
    ) -> Result<bool, DecodeError> {
        while self.available().len() < bytes {
            if self.end == self.buffer.len() {
                self.make_room(budget)?;
            }
            if !self.fill()? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Drops `bytes` that need not be looked at; what is missing of them when the input ends before.
    pub(super) fn skip(&mut self, bytes: u64, budget: &mut Budget) -> Result<u64, DecodeError> {
        let mut left = bytes;
        while left > 0 && self.ensure(1, budget)? {
            let here = self.available().len();
            let step = usize::try_from(left).map_or(here, |left| left.min(here));
            self.consume(step);
            left = left.saturating_sub(u64::try_from(step).unwrap_or(left));
        }
        Ok(left)
    }

    /// Unpacks the rest, for the errors that lie in it.
    pub(super) fn drain(&mut self) -> Result<(), DecodeError> {
        // Nothing is kept, so the buffer need not grow.
        self.skip(u64::MAX, &mut Budget::new(0)).map(|_| ())
    }

    /// Whether the input is gzipped.
    pub(super) fn is_gzip(&self) -> bool {
        self.gunzip.is_some()
    }

    fn fill(&mut self) -> Result<bool, DecodeError> {
        let got = match &mut self.gunzip {
            Some(gunzip) => gunzip.unpack(&mut self.input, &mut self.buffer, self.end)?,
            None => {
                let free = self.buffer.get_mut(self.end..).unwrap_or_default();
                let bytes = self.input.available()?;
                let size = bytes.len().min(free.len());
                for (to, from) in free.iter_mut().zip(bytes) {
                    *to = *from;
                }
                self.input.consume(size);
                size
            }
        };
        self.end = self.end.saturating_add(got).min(self.buffer.len());
        Ok(got > 0)
    }

    /// Moves what is needed to the front, or doubles the buffer where all of it is.
    fn make_room(&mut self, budget: &mut Budget) -> Result<(), DecodeError> {
        let keep = self.start.min(self.end.saturating_sub(HISTORY));
        if keep >= self.buffer.len() / 4 {
            self.buffer.copy_within(keep..self.end, 0);
            self.start = self.start.saturating_sub(keep);
            self.end = self.end.saturating_sub(keep);
            return Ok(());
        }
        let size = self.buffer.len();
        match budget.room(&mut self.buffer, size) {
            Some(()) => self.buffer.resize(size.saturating_mul(2), 0),
            None => return Err(Kind::Memory(budget.limit()).at(self.place()).into()),
        }
        Ok(())
    }
}
