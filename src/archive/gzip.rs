//! Packs what is written to it, in the frame that Go gives it: no name, no time, system unknown
//! (RFC 1952). Nothing but the compressor's own window is kept in memory. Unpacking is decode's.

use std::io::{self, Write};

use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, TDEFLStatus, compress_to_output, create_comp_flags_from_zip_params,
};

use crate::go::crc32::crc32;

const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// How hard to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// Not at all: what comes is packed already.
    Stored = 0,
    /// At little cost, for a guest: a third of the time of Go's default, for 5 to 10 % more bytes.
    Fast = 1,
}

/// A gzip stream on its way to its reader.
pub(crate) struct Gzip<'o> {
    out: &'o mut dyn Write,
    compressor: CompressorOxide,
    crc: u32,
    size: u32,
}

impl<'o> Gzip<'o> {
    /// Begins the stream.
    pub(crate) fn new(out: &'o mut dyn Write, level: Level) -> io::Result<Self> {
        out.write_all(&HEADER)?;
        let flags = create_comp_flags_from_zip_params(level as i32, 0, 0);
        Ok(Gzip {
            out,
            compressor: CompressorOxide::new(flags),
            crc: 0,
            size: 0,
        })
    }

    /// Ends the stream.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.compress(&[], TDEFLFlush::Finish)?;
        self.out.write_all(&self.crc.to_le_bytes())?;
        self.out.write_all(&self.size.to_le_bytes())
    }

    fn compress(&mut self, bytes: &[u8], flush: TDEFLFlush) -> io::Result<()> {
        let mut failed = None;
        let (status, _) = compress_to_output(&mut self.compressor, bytes, flush, |packed| {
            failed = self.out.write_all(packed).err();
            failed.is_none()
        });
        match (failed, status) {
            (Some(error), _) => Err(error),
            (None, TDEFLStatus::Okay | TDEFLStatus::Done) => Ok(()),
            (None, TDEFLStatus::BadParam | TDEFLStatus::PutBufFailed) => {
                Err(io::Error::other("the compressor failed"))
            }
        }
    }
}

impl Write for Gzip<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.compress(bytes, TDEFLFlush::None)?;
        self.crc = crc32(self.crc, bytes);
        // The frame counts bytes modulo 2^32.
        self.size = self.size.wrapping_add(bytes.len() as u32);
        Ok(bytes.len())
    }

    /// Lets out all that was written, so that it can be unpacked whatever becomes of us.
    fn flush(&mut self) -> io::Result<()> {
        self.compress(&[], TDEFLFlush::Sync)?;
        self.out.flush()
    }
}

/// What a stream of [`Gzip`] unpacks to; its frame is checked.
#[cfg(test)]
pub(crate) fn unpack(packed: &[u8]) -> Vec<u8> {
    let (head, rest) = packed.split_at(HEADER.len());
    assert_eq!(head, HEADER);
    let (deflated, tail) = rest.split_at(rest.len() - 8);
    let unpacked = miniz_oxide::inflate::decompress_to_vec(deflated).unwrap();
    let size = unpacked.len() as u32;
    let sums = [crc32(0, &unpacked), size].map(u32::to_le_bytes);
    assert_eq!(tail, sums.concat());
    unpacked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_in_pieces_of_any_size() {
        let mut text: Vec<u8> = (0..40_000u32).flat_map(|n| (n * n).to_be_bytes()).collect();
        text.extend(vec![0; 70_000]);
        for level in [Level::Stored, Level::Fast] {
            for piece in [1000, 33_000, text.len()] {
                let mut out = Vec::new();
                let mut gzip = Gzip::new(&mut out, level).unwrap();
                for piece in text.chunks(piece) {
                    gzip.write_all(piece).unwrap();
                }
                gzip.flush().unwrap();
                gzip.write_all(b"").unwrap();
                gzip.finish().unwrap();
                assert!(unpack(&out) == text, "{level:?}, in pieces of {piece}");
                assert_eq!(out.len() < text.len(), level != Level::Stored);
            }
        }
    }
}
