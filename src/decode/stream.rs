//! The unpacked bytes of an input, a bounded stretch at a time.
//!
//! One buffer holds what is not yet decoded and, before it, the 32 KiB that deflate may refer back
//! to. It grows only as bytes arrive, so a length that lies costs nothing.

use std::io::{ErrorKind, Read};

use super::ahead::{Ahead, Exchange};
use super::error::{DecodeError, Kind, Offset};
use super::gzip::Gunzip;
use crate::model::Budget;

/// What deflate may refer back to.
pub(super) const HISTORY: usize = 32 * 1024;
/// Bytes buffered while fields are small.
const BUFFER: usize = 128 * 1024;
/// Bytes read from the input at once.
const CHUNK: usize = 32 * 1024;

/// Bytes as they come, and who unpacks them.
pub(crate) enum Bytes<'r> {
    /// Whoever decodes them, where they are gzipped.
    Here(&'r mut dyn Read),
    /// A second thread, meanwhile, if the system has one to give; they are gzipped.
    Ahead(&'r mut (dyn Read + Send)),
}

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

/// Where unpacked bytes come from.
enum Source<'r> {
    /// The input is not packed.
    Plain(Input<'r>),
    Gzip(Box<Gunzip>, Input<'r>),
    Ahead(Ahead<'r>),
}

/// The unpacked bytes.
pub(super) struct Stream<'r> {
    source: Source<'r>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    at: u64,
}

impl<'r> Stream<'r> {
    /// The bytes of `reader`, unpacked if they are gzipped; `floor` bytes however few they are packed in.
    pub(super) fn new(reader: &'r mut dyn Read, floor: u64) -> Result<Self, DecodeError> {
        let mut input = Input::new(reader);
        Ok(Stream::of(match input.is_gzip()? {
            true => Source::Gzip(Box::new(Gunzip::new(floor)), input),
            false => Source::Plain(input),
        }))
    }

    fn of(source: Source<'r>) -> Self {
        Stream {
            source,
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            at: 0,
        }
    }

    /// Lets `work` go over the bytes that come, as [`Stream::new`] has them.
    pub(super) fn run(
        bytes: Bytes<'_>,
        floor: u64,
        work: &mut dyn FnMut(Stream<'_>),
    ) -> Result<(), DecodeError> {
        let reader: &mut dyn Read = match bytes {
            Bytes::Here(reader) => reader,
            Bytes::Ahead(reader) => {
                let exchange = Exchange::default();
                let ran = std::thread::scope(|scope| {
                    let ahead = Ahead::begin(scope, &exchange, reader, floor);
                    let stream = ahead.map(|ahead| Stream::of(Source::Ahead(ahead)));
                    stream.map(&mut *work).is_some()
                });
                if ran {
                    return Ok(());
                }
                reader
            }
        };
        work(Stream::new(reader, floor)?);
        Ok(())
    }

    /// What is unpacked and not consumed.
    pub(super) fn available(&self) -> &[u8] {
        self.buffer.get(self.start..self.end).unwrap_or_default()
    }

    /// The place of the next byte.
    pub(super) fn place(&self) -> Offset {
        match self.is_gzip() {
            true => Offset::Unpacked(self.at),
            false => Offset::Input(self.at),
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
        !matches!(self.source, Source::Plain(_))
    }

    fn fill(&mut self) -> Result<bool, DecodeError> {
        let got = match &mut self.source {
            Source::Gzip(gunzip, input) => gunzip.unpack(input, &mut self.buffer, self.end)?,
            Source::Plain(input) => {
                let size = copy(input.available()?, &mut self.buffer, self.end);
                input.consume(size);
                size
            }
            Source::Ahead(ahead) => {
                let size = copy(ahead.available()?, &mut self.buffer, self.end);
                ahead.consume(size);
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

/// Copies what has room from `at` on; how many bytes that is.
pub(super) fn copy(bytes: &[u8], buffer: &mut [u8], at: usize) -> usize {
    let free = buffer.get_mut(at..).unwrap_or_default();
    let size = bytes.len().min(free.len());
    if let (Some(free), Some(bytes)) = (free.get_mut(..size), bytes.get(..size)) {
        free.copy_from_slice(bytes);
    }
    size
}
