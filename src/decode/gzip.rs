//! RFC 1952: the members of a gzip file, over miniz_oxide's inflate.
//!
//! What is accepted and which error wins is as in Go's compress/gzip (pprof-behaviour 1.4): any number
//! of members, reserved flags ignored, anything but a member after the last one is an error.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use super::crc::crc32;
use super::error::{DecodeError, Kind};
use super::stream::Input;

const HEADER_CRC: u8 = 2;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;
/// Go refuses longer names and comments.
const LONGEST_TEXT: usize = 512;

/// Where in the members we are.
#[derive(Default)]
enum State {
    #[default]
    Header,
    Body,
    End,
}

/// Unpacks the members one after the other.
#[derive(Default)]
pub(super) struct Gunzip {
    state: State,
    inflate: DecompressorOxide,
    crc: u32,
    size: u32,
}

impl Gunzip {
    /// Unpacks into `buffer[end..]`, with what was unpacked before still in front; how many bytes
    /// were written, 0 after the last member.
    pub(super) fn unpack(
        &mut self,
        input: &mut Input<'_>,
        buffer: &mut [u8],
        end: usize,
    ) -> Result<usize, DecodeError> {
        loop {
            match self.state {
                State::Header => self.header(input)?,
                State::Body => match self.body(input, buffer, end)? {
                    0 => {}
                    written => return Ok(written),
                },
                State::End => return Ok(0),
            }
        }
    }

    fn body(
        &mut self,
        input: &mut Input<'_>,
        buffer: &mut [u8],
        end: usize,
    ) -> Result<usize, DecodeError> {
        let bytes = input.available()?;
        let flags = match bytes.is_empty() {
            true => TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
            false => TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF | TINFL_FLAG_HAS_MORE_INPUT,
        };
        let at_end = bytes.is_empty();
        let (status, read, written) = decompress(&mut self.inflate, bytes, buffer, end, flags);
        input.consume(read);
        let stop = end.saturating_add(written);
        let unpacked = buffer.get(end..stop).unwrap_or_default();
        self.crc = crc32(self.crc, unpacked);
        self.size = self.size.wrapping_add(low_half(unpacked.len()));
        match status {
            TINFLStatus::Done => {
                self.trailer(input)?;
                self.state = State::Header;
                // A member may unpack to nothing: the caller goes on with the next one.
                Ok(written)
            }
            TINFLStatus::HasMoreOutput => Ok(written),
            TINFLStatus::NeedsMoreInput if !at_end => Ok(written),
            TINFLStatus::NeedsMoreInput | TINFLStatus::FailedCannotMakeProgress => {
                Err(Kind::GzipEnd.at(input.place()))
            }
            // Anything else is a status of corrupt data.
            _ => Err(Kind::GzipCorrupt.at(input.place())),
        }
    }

    fn trailer(&mut self, input: &mut Input<'_>) -> Result<(), DecodeError> {
        let at = input.place();
        let crc = u32::from_le_bytes(take(input)?);
        let size = u32::from_le_bytes(take(input)?);
        match crc == self.crc && size == self.size {
            true => Ok(()),
            false => Err(Kind::GzipChecksum.at(at)),
        }
    }

    fn header(&mut self, input: &mut Input<'_>) -> Result<(), DecodeError> {
        let start = input.place();
        if input.available()?.is_empty() {
            self.state = State::End;
            return Ok(());
        }
        let fixed: [u8; 10] = take(input)?;
        let [0x1f, 0x8b, 8, flags, ..] = fixed else {
            return Err(Kind::GzipHeader.at(start));
        };
        let mut crc = crc32(0, &fixed);
        if flags & EXTRA != 0 {
            let size: [u8; 2] = take(input)?;
            crc = crc32(crc, &size);
            for _ in 0..u16::from_le_bytes(size) {
                crc = crc32(crc, &take::<1>(input)?);
            }
        }
        for text in [NAME, COMMENT] {
            if flags & text != 0 {
                crc = skip_text(input, crc)?;
            }
        }
        if flags & HEADER_CRC != 0 {
            let at = input.place();
            let found = u16::from_le_bytes(take(input)?);
            if u32::from(found) != crc & 0xffff {
                return Err(Kind::GzipHeader.at(at));
            }
        }
        self.inflate.init();
        self.crc = 0;
        self.size = 0;
        self.state = State::Body;
        Ok(())
    }
}

/// Passes over text that a zero byte ends.
fn skip_text(input: &mut Input<'_>, mut crc: u32) -> Result<u32, DecodeError> {
    let start = input.place();
    for _ in 0..LONGEST_TEXT {
        let byte: [u8; 1] = take(input)?;
        crc = crc32(crc, &byte);
        if byte == [0] {
            return Ok(crc);
        }
    }
    Err(Kind::GzipHeader.at(start))
}

fn take<const N: usize>(input: &mut Input<'_>) -> Result<[u8; N], DecodeError> {
    let mut bytes = [0; N];
    for byte in &mut bytes {
        let Some(next) = input.byte()? else {
            return Err(Kind::GzipEnd.at(input.place()));
        };
        *byte = next;
    }
    Ok(bytes)
}

fn low_half(size: usize) -> u32 {
    u32::try_from(size & 0xffff_ffff).unwrap_or(0)
}

/// A gzip file of one member.
#[cfg(test)]
pub(super) fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut member = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];
    member.extend(miniz_oxide::deflate::compress_to_vec(bytes, 6));
    member.extend(crc32(0, bytes).to_le_bytes());
    member.extend(low_half(bytes.len()).to_le_bytes());
    member
}
