//! Text profiles, and the binary ones from before profile.proto (pprof-behaviour 2.4).
//!
//! A format is recognised by the head of the input, in pprof's order, and then decides alone. pprof
//! ignores `#` lines; where they name the frames, as `?debug=1` of a Go program does, we read them.

mod contention;
mod count;
mod cpu;
mod frames;
pub(super) mod goroutines;
mod heap;
mod java;
mod lines;
mod map;
mod memstats;
mod named;
mod number;
mod place;
mod rows;
mod stacks;
pub(super) mod tally;
#[cfg(test)]
mod tests;
mod thread;

use std::io::Read;

use super::Decoded;
use super::build::Builder;
use super::error::{DecodeError, Fault, Kind};
use super::proto;
use super::stream::Stream;
use crate::model::Budget;
use lines::{LONGEST, Lines, is_comment};
use rows::Rows;

/// What a parser gives.
type Parsed<T> = Result<T, Fault>;

/// What is seen of an input before it is read.
struct Head<'b> {
    /// All that was looked at, 64 KiB at most.
    bytes: &'b [u8],
    /// The first line.
    first: &'b [u8],
    /// The first line that is no comment.
    begins: &'b [u8],
}

/// A format: what tells it, and what reads it.
pub(super) struct Format {
    recognises: fn(&Head<'_>) -> bool,
    decode: fn(&mut Lines<'_, '_>, Rows) -> Parsed<Decoded>,
}

/// In the order in which pprof tries them.
static FORMATS: [Format; 6] = [
    Format {
        recognises: cpu::recognises,
        decode: cpu::decode,
    },
    Format {
        recognises: heap::recognises,
        decode: heap::decode,
    },
    Format {
        recognises: count::recognises,
        decode: count::decode,
    },
    Format {
        recognises: thread::recognises,
        decode: thread::decode,
    },
    Format {
        recognises: contention::recognises,
        decode: contention::decode,
    },
    Format {
        recognises: java::recognises,
        decode: java::decode,
    },
];

/// The format that this input is of, unless it is a profile.proto; nothing of it is consumed.
pub(super) fn recognise(
    stream: &mut Stream<'_>,
    memory: u64,
) -> Result<Option<&'static Format>, DecodeError> {
    let whole = !stream.ensure(LONGEST, &mut Budget::new(0))?;
    let bytes = stream.available();
    let bytes = bytes.get(..LONGEST).unwrap_or(bytes);
    let mut lines = bytes
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let head = Head {
        bytes,
        first: lines.clone().next().unwrap_or_default(),
        begins: lines.find(|line| !is_comment(line)).unwrap_or_default(),
    };
    let format = FORMATS.iter().find(|format| (format.recognises)(&head));
    Ok(format.filter(|_| !may_be_proto(bytes, whole, memory)))
}

/// Decodes what `recognise` said.
pub(super) fn decode(
    format: &Format,
    stream: &mut Stream<'_>,
    builder: Builder,
) -> Parsed<Decoded> {
    let rows = Rows::new(builder, stream)?;
    (format.decode)(&mut Lines::new(stream), rows)
}

/// Whether goroutine dumps may be in an input that no format of pprof's is: what to say where none are,
/// which is what reading it as a profile.proto ends in. Nothing of it is consumed.
pub(super) fn may_hold_dumps(
    stream: &mut Stream<'_>,
    memory: u64,
) -> Result<Option<DecodeError>, DecodeError> {
    let whole = !stream.ensure(LONGEST, &mut Budget::new(0))?;
    let mut bytes = stream.available();
    bytes = bytes.get(..LONGEST).unwrap_or(bytes);
    // In the log of a program the dump may come later.
    if bytes.contains(&0) || whole && !goroutines::is_met(bytes) {
        return Ok(None);
    }
    let packed = stream.is_gzip();
    let input: &mut dyn Read = &mut bytes;
    let read = Stream::new(input, 0)
        .and_then(|mut stream| proto::decode(&mut stream, Builder::new(memory, packed)));
    Ok(read.err().filter(|error| whole || is_final(error.kind)))
}

/// Whether more bytes would not have made a profile.proto of it.
fn is_final(error: Kind) -> bool {
    matches!(
        error,
        Kind::WireType(_) | Kind::FieldType(..) | Kind::NumberLong | Kind::FirstString
    )
}

/// As pprof-behaviour 2.1: what decodes as a profile.proto is one, whatever else it looks like.
fn may_be_proto(mut bytes: &[u8], whole: bool, memory: u64) -> bool {
    // A profile.proto has an empty first string, so there is a zero in it.
    let is_text = !bytes.contains(&0);
    let input: &mut dyn Read = &mut bytes;
    let decoded = Stream::new(input, 0)
        .and_then(|mut stream| proto::decode(&mut stream, Builder::new(memory, false)));
    match decoded.map_err(|error| error.kind) {
        Ok(_) | Err(Kind::Concatenated) => true,
        Err(_) if whole || is_text => false,
        // It may have been cut here by us alone.
        Err(kind) => !is_final(kind),
    }
}
