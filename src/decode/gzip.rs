//! RFC 1952: the members of a gzip file, over miniz_oxide's inflate.
//!
//! What is accepted and which error wins is as in Go's compress/gzip (pprof-behaviour 1.4): any number
//! of members, reserved flags ignored, anything but a member after the last one is an error.

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

use super::error::{DecodeError, Kind, Offset};
use super::stream::{HISTORY, Input};
use crate::go::crc32::crc32;

const HEADER_CRC: u8 = 2;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;
/// Go refuses longer names and comments.
const LONGEST_TEXT: usize = 512;

/// How many times its own size an input may unpack to, once it is over the floor of its limit. Real
/// profiles stay far below; what is above is made to cost time.
const RATIO: u64 = 64;

/// Where in the members we are.
enum State {
    Header,
    Body,
    End,
}

/// Unpacks the members one after the other.
pub(super) struct Gunzip {
    state: State,
    inflate: DecompressorOxide,
    crc: u32,
    size: u32,
    /// What this member unpacked to so far, no more than deflate may refer back to.
    history: usize,
    /// What all members unpacked to so far.
    unpacked: u64,
    floor: u64,
}

impl Gunzip {
    /// Lets `floor` bytes through however few they are packed in.
    pub(super) fn new(floor: u64) -> Self {
        Gunzip {
            state: State::Header,
            inflate: DecompressorOxide::new(),
            crc: 0,
            size: 0,
            history: 0,
            unpacked: 0,
            floor,
        }
    }

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
                    written => {
                        self.count(written, input)?;
                        return Ok(written);
                    }
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
        // A member must not refer back to the one before.
        let base = end.saturating_sub(self.history);
        let (inflate, buffer) = (
            &mut self.inflate,
            buffer.get_mut(base..).unwrap_or_default(),
        );
        let (status, read, written) = decompress(inflate, bytes, buffer, self.history, flags);
        input.consume(read);
        let stop = self.history.saturating_add(written);
        let unpacked = buffer.get(self.history..stop).unwrap_or_default();
        self.history = stop.min(HISTORY);
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
                Err(Kind::GzipEnd.at(input.place()).into())
            }
            // Anything else is a status of corrupt data.
            _ => Err(Kind::GzipCorrupt.at(input.place()).into()),
        }
    }

    fn count(&mut self, written: usize, input: &Input<'_>) -> Result<(), DecodeError> {
        let written = u64::try_from(written).unwrap_or(u64::MAX);
        self.unpacked = self.unpacked.saturating_add(written);
        let packed = input.place().count();
        let allowed = packed.saturating_mul(RATIO).max(self.floor);
        match self.unpacked <= allowed {
            true => Ok(()),
            false => Err(Kind::Unpacked(allowed).at(Offset::Unpacked(allowed)).into()),
        }
    }

    fn trailer(&mut self, input: &mut Input<'_>) -> Result<(), DecodeError> {
        let at = input.place();
        let crc = u32::from_le_bytes(take(input)?);
        let size = u32::from_le_bytes(take(input)?);
        match crc == self.crc && size == self.size {
            true => Ok(()),
            false => Err(Kind::GzipChecksum.at(at).into()),
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
            return Err(Kind::GzipHeader.at(start).into());
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
                return Err(Kind::GzipHeader.at(at).into());
            }
        }
        self.inflate.init();
        self.crc = 0;
        self.size = 0;
        self.history = 0;
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
    Err(Kind::GzipHeader.at(start).into())
}

fn take<const N: usize>(input: &mut Input<'_>) -> Result<[u8; N], DecodeError> {
    let mut bytes = [0; N];
    for byte in &mut bytes {
        let Some(next) = input.byte()? else {
            return Err(Kind::GzipEnd.at(input.place()).into());
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

#[cfg(test)]
mod tests {
    use super::super::bytes::small;
    use super::super::tests::{decoded, failure};
    use super::*;
    use miniz_oxide::deflate::compress_to_vec;

    /// A gzip member with the flags and the header fields that they announce.
    fn member_with(flags: u8, fields: &[u8], bytes: &[u8]) -> Vec<u8> {
        let mut member = vec![0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 255];
        member.extend_from_slice(fields);
        member.extend(compress_to_vec(bytes, 6));
        member.extend(crc32(0, bytes).to_le_bytes());
        member.extend((bytes.len() as u32).to_le_bytes());
        member
    }

    #[test]
    fn members_follow_each_other_and_may_be_empty() {
        let bytes = small();
        let (head, tail) = bytes.split_at(99);
        let file = [packed(head), packed(b""), packed(tail), packed(b"")].concat();
        assert_eq!(decoded(&file).unwrap().samples.len(), 2);
    }

    #[test]
    fn every_field_of_a_header_is_passed_over() {
        let fields = b"\x03\0abcname\0comment\0";
        let mut header = vec![0x1f, 0x8b, 8, 0x1e, 0, 0, 0, 0, 0, 255];
        header.extend_from_slice(fields);
        let [a, b, ..] = crc32(0, &header).to_le_bytes();
        let file = member_with(0x1e, &[&fields[..], &[a, b]].concat(), &small());
        assert_eq!(decoded(&file).unwrap().samples.len(), 2);
        let wrong = member_with(0x1e, &[&fields[..], &[a, b ^ 1]].concat(), &small());
        assert_eq!(
            failure(&wrong),
            "decompressing profile: gzip: invalid header: at byte 28: \
             expected the end or a gzip member"
        );
        let long = member_with(8, &[b'n'; 600], &small());
        assert!(
            failure(&long).starts_with("decompressing profile: gzip: invalid header: at byte 10")
        );
    }

    #[test]
    fn a_broken_member_is_told_apart() {
        let good = packed(&small());
        let size = good.len();
        let with = |at: usize, byte: u8| {
            let mut bad = good.clone();
            bad[at] ^= byte;
            failure(&bad)
        };
        let starts = |text: String, start: &str| assert!(text.starts_with(start), "{text}");
        starts(
            with(size - 8, 1),
            "decompressing profile: gzip: invalid checksum: at byte",
        );
        starts(
            with(size - 1, 1),
            "decompressing profile: gzip: invalid checksum: at byte",
        );
        starts(
            with(2, 1),
            "decompressing profile: gzip: invalid header: at byte 0:",
        );
        starts(
            with(10, 6),
            "decompressing profile: flate: corrupt input: at byte",
        );
        for cut in 2..size {
            let text = failure(&good[..cut]);
            let want = format!("decompressing profile: unexpected EOF: at byte {cut}: ");
            starts(text, &want);
        }
    }

    #[test]
    fn what_follows_the_last_member_has_to_be_a_member() {
        let trailing = |tail: &[u8]| failure(&[&packed(&small()), tail].concat());
        let text = trailing(b"\0\0\0\0\0\0\0\0\0\0");
        assert!(
            text.starts_with("decompressing profile: gzip: invalid header"),
            "{text}"
        );
        let text = trailing(b"\0");
        assert!(
            text.starts_with("decompressing profile: unexpected EOF"),
            "{text}"
        );
    }

    #[test]
    fn a_member_cannot_refer_back_to_the_one_before() {
        // A fixed block: length 3, distance 1, end of block.
        let reference = [0x03, 0x02, 0x00];
        let mut second = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
        second.extend(reference);
        second.extend([0; 8]);
        let text = failure(&[packed(&small()), second].concat());
        assert!(
            text.starts_with("decompressing profile: flate: corrupt input"),
            "{text}"
        );
    }

    #[test]
    fn what_is_wrong_with_the_stream_comes_before_what_is_wrong_in_it() {
        let mut file = packed(&[0xff; 64]);
        assert!(failure(&file).starts_with("parsing profile: unrecognized profile format"));
        let last = file.len() - 1;
        file[last] ^= 1;
        assert!(failure(&file).starts_with("decompressing profile: gzip: invalid checksum"));
    }

    #[test]
    fn a_gzip_of_nothing_is_an_empty_input() {
        assert!(failure(&packed(b"")).starts_with("parsing profile: empty input file"));
    }
}
