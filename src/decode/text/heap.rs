//! Heap, growth and fragmentation profiles (pprof-behaviour 2.4).
//!
//! The header says what the values are: how they were sampled, and whether what was allocated is told
//! apart from what is in use. pprof scales sampled values up row by row, and so do we.

use super::super::{Decoded, Fault};
use super::lines::{Lines, is_comment, trim};
use super::map::is_sentinel;
use super::memstats;
use super::number::{decimal, digits, past, past_blanks, split};
use super::rows::Rows;
use super::{Head, Parsed};
use crate::go::math::exp;
use crate::go::num::truncate;

/// What the first line says.
struct Header {
    /// Bytes between two samples; none where values need no scaling.
    rate: Option<i64>,
    /// Whether there is more than what is in use.
    has_alloc: bool,
}

/// Whether the first line has a header that pprof knows.
pub(super) fn recognises(head: &Head<'_>) -> bool {
    header(head.first).is_some()
}

/// Reads the profile.
pub(super) fn decode(lines: &mut Lines<'_, '_>, mut rows: Rows) -> Parsed<Decoded> {
    lines.next()?;
    let at = lines.place();
    let mut header = header(lines.text())
        .ok_or_else(|| lines.expected("heap profile: N: N [N: N] @ heap/RATE"))?;
    // Where frames have names a Go program wrote it, whose binary form always has all four.
    header.has_alloc |= rows.named;
    rows.period(b"space", b"bytes", header.rate.unwrap_or(1), at)?;
    let types: &[(&[u8], &[u8])] = match header.has_alloc {
        // In use comes last, which is the default of reports.
        true => &[
            (b"alloc_objects", b"count"),
            (b"alloc_space", b"bytes"),
            (b"inuse_objects", b"count"),
            (b"inuse_space", b"bytes"),
        ],
        false => &[(b"objects", b"count"), (b"space", b"bytes")],
    };
    for (kind, unit) in types {
        rows.sample_type(kind, unit, at)?;
    }
    let (mut stats, mut live) = (memstats::Reader::default(), 0i64);
    while lines.next()? {
        let line = trim(lines.text());
        if is_comment(line) {
            stats.line(line);
            rows.comment(line, lines.place())?;
            continue;
        }
        if is_sentinel(line) {
            break;
        }
        live = live.saturating_add(row(line, &header, lines, &mut rows)?);
    }
    let mut decoded = rows.finish(lines)?;
    decoded.profile.header.mem_stats = stats.finish(live);
    Ok(decoded)
}

/// `IN_USE: BYTES [ALLOCATED: BYTES] @ 0x…`, anywhere in the line; the bytes in use.
fn row(line: &[u8], header: &Header, lines: &Lines<'_, '_>, rows: &mut Rows) -> Parsed<i64> {
    let wrong = || Fault::said("unexpected number of sample values: got 0, want 6");
    let (counts, stack) = find_row(line).ok_or_else(wrong)?;
    let [inuse, inuse_bytes, alloc, alloc_bytes] = counts;
    let alloc = match header.has_alloc {
        true => Some(pair(alloc, alloc_bytes, "allocation", line)?),
        false => None,
    };
    let inuse = pair(inuse, inuse_bytes, "inuse", line)?;
    // As Go: the smallest size by -1 is itself again.
    let quotient = |size: i64, count| size.checked_div(count).unwrap_or(size);
    let block_size = |(count, size): (i64, i64)| (count != 0).then(|| quotient(size, count));
    let block = block_size(inuse).or_else(|| alloc.and_then(block_size));
    let scaled = |(count, size)| match header.rate {
        Some(rate) => unsampled(count, size, rate),
        None => (count, size),
    };
    let (count, size) = scaled(inuse);
    match alloc.map(scaled) {
        Some((all, all_size)) => rows.begin(&[all, all_size, count, size], lines.place())?,
        None => rows.begin(&[count, size], lines.place())?,
    }
    rows.addresses(line, stack)?;
    // The binary form of a Go program has no label for blocks of no size.
    let block = block.unwrap_or_default();
    if block != 0 || !rows.named {
        rows.number_label(b"bytes", block, lines.place())?;
    }
    Ok(size)
}

/// A count and the bytes that go with it.
fn pair(count: &[u8], size: &[u8], label: &str, line: &[u8]) -> Parsed<(i64, i64)> {
    let number = |text| decimal(text).map_err(|reason| Fault::sample(line, &reason));
    match (number(count)?, number(size)?) {
        (0, size @ (1.. | ..=-1)) => Err(Fault::said(format!(
            "{label} count was 0 but {label} bytes was {size}"
        ))),
        pair => Ok(pair),
    }
}

/// Count and size of what was allocated, from what was sampled of it every `rate` bytes.
pub(super) fn unsampled(count: i64, size: i64, rate: i64) -> (i64, i64) {
    if count == 0 || size == 0 {
        return (0, 0);
    }
    if rate <= 1 {
        return (count, size);
    }
    let average = float(size) / float(count);
    let scale = 1.0 / (1.0 - exp(-average / float(rate)));
    (
        truncate(float(count) * scale),
        truncate(float(size) * scale),
    )
}

#[allow(clippy::cast_precision_loss, reason = "as Go's float64()")]
pub(super) fn float(value: i64) -> f64 {
    value as f64
}

/// The header in the first line; `None` where pprof knows none.
fn header(line: &[u8]) -> Option<Header> {
    let plain = Header {
        rate: None,
        has_alloc: false,
    };
    let mut others = false;
    for counts in past(line, b"heap profile:").filter_map(counts) {
        let (counts, rest) = counts;
        let kind = past_blanks(rest)
            .strip_prefix(b"@")
            .map(past_blanks)
            .filter(|rest| rest.starts_with(b"heap"));
        if let Some(kind) = kind {
            return sampling(counts, kind);
        }
        others |= rest.starts_with(b" @ growth") || rest.starts_with(b" @ fragmentation");
    }
    others.then_some(plain)
}

/// What `heapTYPE/RATE` says.
fn sampling([objects, space, all_objects, all_space]: [&[u8]; 4], kind: &[u8]) -> Option<Header> {
    let (kind, rest) = split(
        kind,
        |byte| matches!(byte, b'_' | b'a'..=b'z' | b'0'..=b'9'),
    )?;
    let rest = rest.strip_prefix(b"/").unwrap_or(rest);
    let period = match digits(rest) {
        Some((period, _)) => decimal(period).ok()?,
        None => 0,
    };
    let differs = |all: &[u8], used: &[u8]| all != used && all != b"0";
    let rate = match kind {
        b"heapz_v2" | b"heap_v2" => Some(period),
        b"heapprofile" => None,
        b"heap" => Some(period / 2),
        _ => return None,
    };
    Some(Header {
        rate,
        has_alloc: differs(all_objects, objects) || differs(all_space, space),
    })
}

/// ` N: N [ N: N ]` of a header, and what follows.
fn counts(text: &[u8]) -> Option<([&[u8]; 4], &[u8])> {
    let (objects, rest) = digits(past_blanks(text))?;
    let (space, rest) = digits(past_blanks(rest.strip_prefix(b":")?))?;
    let rest = past_blanks(rest).strip_prefix(b"[")?;
    let (all_objects, rest) = digits(past_blanks(rest))?;
    let (all_space, rest) = digits(past_blanks(rest.strip_prefix(b":")?))?;
    let rest = past_blanks(rest).strip_prefix(b"]")?;
    Some(([objects, space, all_objects, all_space], rest))
}

/// The values and the text of the stack, at the first place in the line where there are any.
fn find_row(line: &[u8]) -> Option<([&[u8]; 4], &[u8])> {
    let mut rest = line;
    loop {
        let start = rest.iter().position(u8::is_ascii_digit)?;
        let (before, text) = rest.split_at_checked(start)?;
        let (_, after) = digits(text)?;
        let text = match before.ends_with(b"-") {
            true => rest.get(start.saturating_sub(1)..)?,
            false => text,
        };
        if let Some(row) = row_at(text) {
            return Some(row);
        }
        rest = after;
    }
}

fn row_at(text: &[u8]) -> Option<([&[u8]; 4], &[u8])> {
    let (count, rest) = signed(text)?;
    let (size, rest) = signed(past_blanks(rest.strip_prefix(b":")?))?;
    let rest = past_blanks(rest).strip_prefix(b"[")?;
    let (all, rest) = digits(past_blanks(rest))?;
    let (all_size, rest) = digits(past_blanks(rest.strip_prefix(b":")?))?;
    let rest = past_blanks(rest).strip_prefix(b"] @")?;
    Some(([count, size, all, all_size], addresses_part(rest)))
}

/// The front that consists of what addresses are written with.
pub(super) fn addresses_part(text: &[u8]) -> &[u8] {
    let wanted = |byte: &u8| matches!(byte, b' ' | b'x' | b'0'..=b'9' | b'a'..=b'f');
    split(text, wanted).map_or(b"", |(front, _)| front)
}

fn signed(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, rest) = digits(text.strip_prefix(b"-").unwrap_or(text))?;
    text.split_at_checked(text.len().checked_sub(rest.len())?)
}
