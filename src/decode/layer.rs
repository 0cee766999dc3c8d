//! The gzip that a server wrapped its reply in (`Content-Encoding`), taken off before the profile is looked at.
//!
//! The profile inside may be gzipped again. Nothing is kept but deflate's window.

use std::io::{self, Read};

use super::gzip::Gunzip;
use super::stream::{HISTORY, Input};

/// The window and as much again to write into.
const BUFFER: usize = 4 * HISTORY;

/// What a gzip stream holds, as a stream.
pub(crate) struct Layer<'r> {
    input: Input<'r>,
    gunzip: Box<Gunzip>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
}

impl<'r> Layer<'r> {
    /// Unpacks `reader`; `floor` bytes however few they are packed in.
    pub(crate) fn new(reader: &'r mut dyn Read, floor: u64) -> Self {
        Layer {
            input: Input::new(reader),
            gunzip: Box::new(Gunzip::new(floor)),
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
        }
    }

    /// The first bytes that `reader` unpacks to, `bytes` of them where there are so many.
    pub(crate) fn peek(reader: &'r mut dyn Read, bytes: usize) -> io::Result<Vec<u8>> {
        let mut layer = Layer {
            input: Input::with_chunk(reader, bytes),
            gunzip: Box::new(Gunzip::new(u64::MAX)),
            buffer: vec![0; bytes],
            start: 0,
            end: 0,
        };
        let mut before = usize::MAX;
        while layer.end < bytes && layer.end != before {
            before = layer.end;
            layer.unpack()?;
        }
        layer.buffer.truncate(layer.end);
        Ok(layer.buffer)
    }

    fn unpack(&mut self) -> io::Result<()> {
        if self.end > BUFFER.saturating_sub(HISTORY) {
            let keep = self.end.saturating_sub(HISTORY);
            self.buffer.copy_within(keep..self.end, 0);
            self.end = HISTORY;
        }
        let unpacked = self
            .gunzip
            .unpack(&mut self.input, &mut self.buffer, self.end);
        let count = unpacked.map_err(|error| io::Error::other(error.to_string()))?;
        self.start = self.end;
        self.end = self.end.saturating_add(count);
        Ok(())
    }
}

impl Read for Layer<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.start == self.end {
            self.unpack()?;
        }
        let mut ready = self.buffer.get(self.start..self.end).unwrap_or_default();
        let count = ready.read(buffer)?;
        self.start = self.start.saturating_add(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::super::bytes::small;
    use super::super::gzip::packed;
    use super::*;

    #[test]
    fn one_layer_of_gzip_comes_off_and_no_more() {
        let inner = packed(&small());
        let long: Vec<u8> = (0..400_000u32)
            .flat_map(|n| (n / 7).to_le_bytes())
            .collect();
        for bytes in [&inner[..], b"", b"x", &long] {
            let mut unpacked = Vec::new();
            let outer = packed(bytes);
            Layer::new(&mut &*outer, u64::MAX)
                .read_to_end(&mut unpacked)
                .unwrap();
            assert!(unpacked == bytes);
        }
    }

    #[test]
    fn what_is_cut_or_too_long_is_an_error() {
        let outer = packed(&[7; 5000]);
        let read =
            |bytes: &[u8], limit| io::copy(&mut Layer::new(&mut &*bytes, limit), &mut io::sink());
        assert_eq!(read(&outer, 5000).unwrap(), 5000);
        read(&outer, 4999).unwrap_err();
        read(&outer[..outer.len() - 1], 5000).unwrap_err();
    }
}
