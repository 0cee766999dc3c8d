//! The least that reading a gzipped profile can cost here: inflating it with podprof's own inflate, at full
//! optimisation, and reading each number of each sample once. Nothing is checked, kept or added up by function.
//! Usage: podprof-limit inflate|scan PROFILE

use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_HAS_MORE_INPUT, TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};

/// What deflate may refer back to.
const HISTORY: usize = 32 << 10;
/// As much is unpacked at once; no message is longer.
const BUFFER: usize = 128 << 10;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, mode, path] = &arguments[..] else {
        panic!("usage: podprof-limit inflate|scan PROFILE");
    };
    let packed = std::fs::read(path).expect("the profile cannot be read");
    assert!(packed.starts_with(&[0x1f, 0x8b, 8, 0]), "a bare gzip header is expected");
    println!("{}", unpack(&packed[10..], mode == "scan"));
}

/// The sum of all numbers of all samples, or of nothing.
fn unpack(mut packed: &[u8], scans: bool) -> u64 {
    let flags = TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF | TINFL_FLAG_HAS_MORE_INPUT;
    let mut inflate = DecompressorOxide::new();
    let mut buffer = vec![0; BUFFER];
    let (mut start, mut end, mut sum) = (0, 0, 0u64);
    loop {
        let (status, read, written) = decompress(&mut inflate, packed, &mut buffer, end, flags);
        packed = &packed[read..];
        end += written;
        start += match scans {
            true => fields(&buffer[start..end], &mut sum),
            false => end - start,
        };
        if status == TINFLStatus::Done {
            return sum;
        }
        assert_eq!(status, TINFLStatus::HasMoreOutput, "the profile is cut or broken");
        let keep = start.min(end - HISTORY);
        buffer.copy_within(keep..end, 0);
        (start, end) = (start - keep, end - keep);
    }
}

/// Reads the fields that are whole; how many bytes they take.
fn fields(bytes: &[u8], sum: &mut u64) -> usize {
    let mut rest = bytes;
    loop {
        let mut after = rest;
        let Some(tag) = number(&mut after) else { break };
        let Some(value) = number(&mut after) else { break };
        if tag & 7 == 2 {
            let Some((body, left)) = after.split_at_checked(value as usize) else {
                break;
            };
            after = left;
            if tag >> 3 == 2 {
                sample(body, sum);
            }
        }
        rest = after;
    }
    bytes.len() - rest.len()
}

fn sample(mut body: &[u8], sum: &mut u64) {
    while let Some(tag) = number(&mut body) {
        let value = number(&mut body).unwrap_or(0);
        if tag & 7 == 2 {
            let (mut packed, rest) = body.split_at(value as usize);
            body = rest;
            while tag >> 3 < 3
                && let Some(value) = number(&mut packed)
            {
                *sum = sum.wrapping_add(value);
            }
        }
    }
}

#[inline(always)]
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let (mut value, mut shift) = (0, 0);
    for (at, byte) in bytes.iter().enumerate() {
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            *bytes = &bytes[at + 1..];
            return Some(value);
        }
        shift = (shift + 7) & 63;
    }
    None
}
