//! Count profiles: goroutine, threadcreate and whatever else a program counts (pprof-behaviour 2.4).

use super::super::{Decoded, Fault};
use super::lines::{Lines, is_comment};
use super::number::{decimal, digits, hexadecimal, integer, is_lower_hex, split};
use super::rows::Rows;
use super::{Head, Parsed};

/// As docs/spec/formats.md 2.
const HIDDEN: &str = "text form (debug=1): the runtime's own frames at the leaf are hidden; the binary form has them";

/// Whether the first line that is no comment is `NAME profile: total N`.
pub(super) fn recognises(head: &Head<'_>) -> bool {
    header(head.begins).is_some()
}

/// Reads the profile.
pub(super) fn decode(lines: &mut Lines<'_, '_>, mut rows: Rows) -> Parsed<Decoded> {
    while lines.next()? && is_comment(lines.text()) {}
    let at = lines.place();
    let (kind, total) = header(lines.text()).unwrap_or_default();
    rows.sample_type(kind, b"count", at)?;
    rows.period(kind, b"count", 1, at)?;
    let (total, mut sum) = (decimal(total), 0i64);
    while lines.next()? {
        let line = lines.text();
        if is_comment(line) {
            rows.comment(line, lines.place())?;
            continue;
        }
        if line.starts_with(b"---") {
            break;
        }
        sum = sum.saturating_add(row(line, lines, &mut rows)?);
    }
    if rows.named {
        rows.remarks.extend(remarks(sum, total.unwrap_or(sum)));
    }
    rows.finish(lines)
}

/// `N @ 0x… 0x…`, with nothing else in the line.
fn row(line: &[u8], lines: &Lines<'_, '_>, rows: &mut Rows) -> Parsed<i64> {
    let malformed = || Fault::said("malformed profile format");
    let (count, rest) = digits(line).ok_or_else(malformed)?;
    let mut stack = rest.strip_prefix(b" @").ok_or_else(malformed)?;
    let count = integer(count).map_err(|_| malformed())?;
    rows.begin(&[count], lines.place())?;
    // pprof refuses a row without a stack, which Go programs write.
    if stack.is_empty() && rows.named {
        return Ok(count);
    }
    loop {
        let address = stack.strip_prefix(b" 0x").ok_or_else(malformed)?;
        let (address, rest) = split(address, is_lower_hex).ok_or_else(malformed)?;
        let address = hexadecimal(address).ok_or_else(malformed)?;
        rows.address(address.wrapping_sub(1))?;
        if rest.is_empty() {
            return Ok(count);
        }
        stack = rest;
    }
}

/// What the reader of named frames should know.
fn remarks(sum: i64, total: i64) -> Vec<String> {
    let mut remarks = vec![HIDDEN.to_string()];
    if sum != total {
        remarks.push(format!(
            "the counts add up to {sum}, the header says {total}"
        ));
    }
    remarks
}

/// Name and total of `NAME profile: total N`.
fn header(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = line.iter().position(u8::is_ascii_whitespace)?;
    let (name, rest) = line.split_at_checked(blank)?;
    let (total, after) = digits(rest.strip_prefix(b" profile: total ")?)?;
    (!name.is_empty() && after.is_empty()).then_some((name, total))
}
