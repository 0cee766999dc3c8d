//! Contention profiles: mutex and block of Go programs, contentionz of C++ (pprof-behaviour 2.4).

use super::super::{Decoded, Fault};
use super::heap::{addresses_part, float};
use super::lines::{Lines, is_comment, trim};
use super::number::{decimal, integer, last};
use super::rows::Rows;
use super::{Head, Parsed};
use crate::go::num::truncate;

/// What stands above the samples.
struct Header {
    cycles_per_second: i64,
    period: i64,
    duration_nanos: i64,
    /// Whether the period divides each count.
    all_whole: bool,
}

impl Default for Header {
    fn default() -> Self {
        Header {
            cycles_per_second: 0,
            period: 1,
            duration_nanos: 0,
            all_whole: true,
        }
    }
}

impl Header {
    /// Takes in a line above the samples; `Some(false)` where that is none and `None` where the profile is
    /// none of ours.
    fn take(&mut self, line: &[u8]) -> Option<bool> {
        let equals = line.iter().position(|byte| *byte == b'=');
        let Some((key, value)) = equals.and_then(|at| line.split_at_checked(at)) else {
            return Some(false);
        };
        let value = trim(value.strip_prefix(b"=").unwrap_or(value));
        let number = || integer(value).ok();
        match trim(key) {
            b"cycles/second" => self.cycles_per_second = number()?,
            b"sampling period" => self.period = number()?,
            b"ms since reset" => self.duration_nanos = number()?.wrapping_mul(1_000_000),
            b"discarded samples" => {}
            // Java's have a format and a resolution.
            _ => return None,
        }
        Some(true)
    }
}

impl Header {
    /// Count and nanoseconds, from count and cycles as they were sampled.
    fn unsample(&self, values: &mut [i64]) {
        let [count, delay] = values else { return };
        if self.period > 0 {
            if self.cycles_per_second > 0 {
                let cycles = float(*delay) * float(self.period);
                *delay = truncate(cycles / (float(self.cycles_per_second) / 1e9));
            }
            *count = count.wrapping_mul(self.period);
        }
    }
}

/// Whether the first line is one of contention, and what stands below is not Java's.
pub(super) fn recognises(head: &Head<'_>) -> bool {
    const STARTS: [&[u8]; 3] = [b"--- contentionz ", b"--- mutex:", b"--- contention:"];
    if !STARTS.iter().any(|start| head.first.starts_with(start)) {
        return false;
    }
    let mut header = Header::default();
    for line in head.bytes.split(|byte| *byte == b'\n').skip(1).map(trim) {
        if is_comment(line) {
            continue;
        }
        if line.starts_with(b"---") {
            return true;
        }
        match header.take(line) {
            Some(true) => {}
            Some(false) => return true,
            None => return false,
        }
    }
    true
}

/// Reads the profile.
pub(super) fn decode(lines: &mut Lines<'_, '_>, mut rows: Rows) -> Parsed<Decoded> {
    let mut header = Header::default();
    lines.next()?;
    let at = lines.place();
    let off = off(lines.text());
    while lines.next()? {
        let line = trim(lines.text());
        if is_comment(line) {
            continue;
        }
        if line.starts_with(b"---")
            || !header
                .take(line)
                .ok_or_else(|| lines.expected("a key of contention"))?
        {
            break;
        }
    }
    rows.sample_type(b"contentions", b"count", at)?;
    rows.sample_type(b"delay", b"nanoseconds", at)?;
    rows.period(b"contentions", b"count", header.period, at)?;
    rows.builder.profile.header.duration_nanos = header.duration_nanos;
    loop {
        let line = trim(lines.text());
        if line.starts_with(b"---") {
            break;
        }
        match is_comment(line) {
            true => rows.comment(line, lines.place())?,
            false => row(line, &mut header, lines, &mut rows)?,
        }
        if !lines.next()? {
            break;
        }
    }
    if rows.is_empty() && lines.text().is_empty() {
        rows.remarks.extend(off.map(str::to_string));
    }
    // Since Go 1.22 the program multiplies by the period itself, and still says what it is.
    if rows.named && header.all_whole {
        header.period = header.period.min(1);
    }
    rows.flush()?;
    let samples = &mut rows.builder.profile.samples;
    for row in 0..samples.len() {
        header.unsample(samples.values_mut(row));
    }
    rows.finish(lines)
}

/// Why a Go program may have written no rows below this line.
fn off(line: &[u8]) -> Option<&'static str> {
    let mutex = "no rows: the program has its mutex profile off (runtime.SetMutexProfileFraction turns it on)";
    let block =
        "no rows: the program has its block profile off (runtime.SetBlockProfileRate turns it on)";
    match line {
        _ if line.starts_with(b"--- mutex:") => Some(mutex),
        _ if line.starts_with(b"--- contention:") => Some(block),
        _ => None,
    }
}

/// `DELAY COUNT @ 0x…`, anywhere in the line.
fn row(line: &[u8], header: &mut Header, lines: &Lines<'_, '_>, rows: &mut Rows) -> Parsed<()> {
    let (delay, count, stack) =
        find_row(line).ok_or_else(|| lines.expected("DELAY COUNT @ 0x…"))?;
    let delay = decimal(delay).map_err(|reason| Fault::sample(line, &reason))?;
    let count = decimal(count).map_err(|reason| Fault::sample(line, &reason))?;
    header.all_whole &= count.checked_rem(header.period) == Some(0);
    rows.begin(&[count, delay], lines.place())?;
    rows.addresses(line, stack)
}

/// The two numbers in front of the first ` @` that has any, and the text of the stack.
fn find_row(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let ends = line.windows(2).enumerate();
    let ends = ends.filter(|(_, window)| window == b" @");
    let mut rows = ends.filter_map(|(end, _)| {
        let (before, stack) = line.split_at_checked(end)?;
        let (before, count) = last(before, u8::is_ascii_digit)?;
        let (before, _) = last(before, |byte| *byte == b' ')?;
        let (_, delay) = last(before, u8::is_ascii_digit)?;
        let (delay, count) = match delay {
            // A single number is torn apart: its last digit is the count.
            b"" => count.split_at_checked(count.len().checked_sub(1)?)?,
            delay => (delay, count),
        };
        let found = !delay.is_empty() && !count.is_empty();
        found.then_some((delay, count, addresses_part(stack.get(2..)?)))
    });
    rows.next()
}
