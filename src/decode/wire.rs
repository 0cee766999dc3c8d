//! Varints, tags and fields of the protobuf wire format, read off a slice.
//!
//! A nested message gets a reader over its own slice, so no field can reach past its parent. The
//! rules are those of pprof's decoder (pprof-behaviour 2.2), which are not quite protobuf's: groups
//! are errors, a number of ten bytes may carry bits past the 64th, they are dropped.

use quick_protobuf::BytesReader;

use super::error::{DecodeError, Kind, Offset};
use super::fields::{Encoding, Message};

/// The most bytes that a field's tag and number, or tag and length, take.
pub(super) const HEAD: usize = 20;

/// What stands before a field's bytes: its number and what its wire type says comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    /// The field's number.
    pub(super) number: u64,
    /// What comes next.
    pub(super) body: Body,
    /// How many bytes the head took, a number included.
    pub(super) size: usize,
}

/// What follows a tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    /// A number, already read.
    Number(u64),
    /// This many bytes.
    Bytes(u64),
    /// 4 or 8 bytes, which no field of ours uses.
    Fixed(u64),
}

/// The value of a field that its message knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<'b> {
    /// A number.
    Number(u64),
    /// Text, a nested message, or packed numbers.
    Bytes(Slice<'b>),
}

/// Bytes and where they begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slice<'b> {
    /// The bytes.
    pub(super) bytes: &'b [u8],
    /// The place of the first of them.
    pub(super) at: Offset,
}

/// Reads a number off the front of `bytes`.
#[inline(always)]
pub(super) fn number(bytes: &mut &[u8]) -> Result<u64, Kind> {
    // Most numbers are small, and a branch on each of their bytes would cost more than reading them.
    if let [one @ ..=0x7f, rest @ ..] = *bytes {
        *bytes = rest;
        return Ok(u64::from(*one));
    }
    let Some(eight) = bytes.first_chunk() else {
        return last_number(bytes);
    };
    let word = u64::from_le_bytes(*eight);
    let stops = !word & 0x8080_8080_8080_8080;
    if stops == 0 {
        return long_number(bytes);
    }
    let size = (stops.trailing_zeros() / 8).saturating_add(1);
    // All bits up to the one that marks the last byte.
    let word = word & (stops ^ stops.wrapping_sub(1));
    let word = (word & 0x007f_007f_007f_007f) | (word & 0x7f00_7f00_7f00_7f00) >> 1;
    let word = (word & 0x0000_3fff_0000_3fff) | (word & 0x3fff_0000_3fff_0000) >> 2;
    let word = (word & 0x0000_0000_0fff_ffff) | (word & 0x0fff_ffff_0000_0000) >> 4;
    let size = usize::try_from(size).unwrap_or(0);
    *bytes = bytes.get(size..).unwrap_or_default();
    Ok(word)
}

/// Whether the number between `start` and its tail `rest` is written in as few bytes as it needs.
pub(super) fn is_shortest(start: &[u8], rest: &[u8]) -> bool {
    let size = start.len().saturating_sub(rest.len());
    size == 1 || start.get(size.saturating_sub(1)) != Some(&0)
}

/// One that stands in the last seven bytes, as a sample's values do.
#[inline(never)]
fn last_number(bytes: &mut &[u8]) -> Result<u64, Kind> {
    let (mut number, mut shift) = (0, 0u32);
    let mut rest = *bytes;
    while let [byte, after @ ..] = rest {
        number |= u64::from(byte & 0x7f).wrapping_shl(shift);
        shift = shift.wrapping_add(7);
        rest = after;
        if *byte < 0x80 {
            *bytes = rest;
            return Ok(number);
        }
    }
    Err(Kind::NumberCut)
}

#[inline(never)]
fn long_number(bytes: &mut &[u8]) -> Result<u64, Kind> {
    let mut reader = BytesReader::from_bytes(bytes);
    match reader.read_varint64(bytes) {
        Ok(number) => {
            let read = bytes.len().saturating_sub(reader.len());
            *bytes = bytes.get(read..).unwrap_or_default();
            Ok(number)
        }
        Err(_) if bytes.len() < 10 => Err(Kind::NumberCut),
        Err(_) => Err(Kind::NumberLong),
    }
}

#[inline]
/// Reads the head of the field at the front of `bytes`.
pub(super) fn head(bytes: &[u8]) -> Result<Head, (Kind, usize)> {
    let mut rest = bytes;
    let past = |rest: &[u8]| bytes.len().saturating_sub(rest.len());
    let tag = number(&mut rest).map_err(|kind| (kind, 0))?;
    let start = past(rest);
    let body = match tag & 7 {
        0 => Body::Number(number(&mut rest).map_err(|kind| (kind, start))?),
        1 => Body::Fixed(8),
        2 => Body::Bytes(number(&mut rest).map_err(|kind| (kind, start))?),
        5 => Body::Fixed(4),
        other => return Err((Kind::WireType(other), 0)),
    };
    Ok(Head {
        number: tag >> 3,
        body,
        size: past(rest),
    })
}

impl Message {
    /// Whether the message knows the head's field; an error if it does but of another wire type.
    pub(super) fn knows(&'static self, head: Head) -> Result<bool, Kind> {
        let Some(field) = self.field(head.number) else {
            return Ok(false);
        };
        match (field.encoding, head.body) {
            (Encoding::Number | Encoding::Numbers, Body::Number(_))
            | (Encoding::Bytes | Encoding::Numbers, Body::Bytes(_)) => Ok(true),
            _ => Err(Kind::FieldType(self, head.number)),
        }
    }
}

impl<'b> Slice<'b> {
    /// All of it but the last `bytes`.
    pub(super) fn without_last(self, bytes: usize) -> Self {
        let size = self.bytes.len().saturating_sub(bytes);
        let bytes = self.bytes.get(..size).unwrap_or_default();
        Slice { bytes, ..self }
    }

    /// The place of the first byte of a tail of it.
    pub(super) fn ahead(self, tail: &[u8]) -> Offset {
        self.at.plus(self.bytes.len().saturating_sub(tail.len()))
    }

    /// The number at the front, which is taken off.
    pub(super) fn take_number(&mut self) -> Result<u64, DecodeError> {
        let mut rest = self.bytes;
        let number = number(&mut rest).map_err(|kind| kind.at(self.at))?;
        self.skip_to(rest);
        Ok(number)
    }

    /// The head of the field at the front, its body and what follows; `None` where the body is cut.
    #[inline(always)]
    pub(super) fn split(self) -> Result<(Head, Option<(Self, Self)>), DecodeError> {
        let head = head(self.bytes).map_err(|(kind, past)| kind.at(self.at.plus(past)))?;
        let mut after = self;
        after.skip_to(self.bytes.get(head.size..).unwrap_or_default());
        let size = usize::try_from(head.body_size()).ok();
        let split = size.and_then(|size| after.bytes.split_at_checked(size));
        let split = split.map(|(bytes, rest)| {
            let body = Slice { bytes, ..after };
            after.skip_to(rest);
            (body, after)
        });
        Ok((head, split))
    }

    /// The number and the bytes of the field at the front, which is taken off, where it begins as most do: a tag of one
    /// byte, a length of one or two. Anything else, errors among it, is left to [`field`](Self::field).
    #[inline(always)]
    pub(super) fn take_short(&mut self) -> Option<(u64, Self)> {
        let (tag, size, rest) = match self.bytes {
            [tag, size @ ..=0x7f, rest @ ..] => (tag, usize::from(*size), rest),
            [tag, low, high @ 1..=0x7f, rest @ ..] => {
                let high = usize::from(*high).wrapping_shl(7);
                (tag, usize::from(low & 0x7f) | high, rest)
            }
            _ => return None,
        };
        let (bytes, after) = rest.split_at_checked(size)?;
        if tag & 0x87 != 2 {
            return None;
        }
        let at = self.ahead(rest);
        self.skip_to(after);
        Some((u64::from(tag >> 3), Slice { bytes, at }))
    }

    /// The next field that `message` knows, others are skipped; `None` at the end.
    pub(super) fn field(
        &mut self,
        message: &'static Message,
    ) -> Result<Option<(u64, Value<'b>)>, DecodeError> {
        while !self.bytes.is_empty() {
            let start = *self;
            let (head, split) = start.split()?;
            let Some((body, after)) = split else {
                let left = start.bytes.len().saturating_sub(head.size);
                let left = u64::try_from(left).unwrap_or(u64::MAX);
                return Err(head.too_long(left).at(start.at).into());
            };
            *self = after;
            if !message.knows(head).map_err(|kind| kind.at(start.at))? {
                continue;
            }
            let value = match head.body {
                Body::Number(number) => Value::Number(number),
                Body::Bytes(_) | Body::Fixed(_) => Value::Bytes(body),
            };
            return Ok(Some((head.number, value)));
        }
        Ok(None)
    }

    fn skip_to(&mut self, rest: &'b [u8]) {
        self.at = self.at.plus(self.bytes.len().saturating_sub(rest.len()));
        self.bytes = rest;
    }
}

impl Head {
    /// How many bytes follow the head.
    pub(super) fn body_size(self) -> u64 {
        match self.body {
            Body::Number(_) => 0,
            Body::Bytes(size) | Body::Fixed(size) => size,
        }
    }

    /// The error of a body with only `left` bytes left for it.
    pub(super) fn too_long(self, left: u64) -> Kind {
        match self.body {
            Body::Bytes(said) => Kind::Length(said, left),
            Body::Number(_) | Body::Fixed(_) => Kind::FixedCut,
        }
    }
}

impl Offset {
    /// The bytes, whatever they count.
    pub(super) fn count(self) -> u64 {
        match self {
            Offset::Input(at) | Offset::Unpacked(at) => at,
        }
    }

    /// The place `bytes` further on.
    pub(super) fn plus(self, bytes: usize) -> Offset {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        match self {
            Offset::Input(at) => Offset::Input(at.saturating_add(bytes)),
            Offset::Unpacked(at) => Offset::Unpacked(at.saturating_add(bytes)),
        }
    }
}
