//! Heap and contention profiles of old Java agents, and the names behind all their profiles (pprof-behaviour 2.4).
//!
//! Numbers stand the other way round than elsewhere, addresses are only keys of the names, and lines may be
//! longer than elsewhere.

use super::super::build::FunctionRow;
use super::super::error::DecodeError;
use super::super::{Decoded, Fault};
use super::heap::unsampled;
use super::lines::{Lines, trim};
use super::number::{Addresses, decimal, hex_digits, hexadecimal, integer, last, past, split};
use super::rows::Rows;
use super::{Head, Parsed, frames, place};
use crate::go::path::base;
use crate::model::Str;
use crate::model::table::{Table, hash_id};

/// Bytes between two samples of the heap.
const HEAP_RATE: i64 = 512 * 1024;

#[derive(Clone, Copy, PartialEq)]
enum Of {
    Heap,
    Contention,
}

/// What stands above the samples.
struct Header {
    of: Of,
    unit: Option<Vec<u8>>,
    period: Option<i64>,
    duration_nanos: i64,
}

/// Whether the first line is one of Java's, and not the last.
pub(super) fn recognises(head: &Head<'_>) -> bool {
    of(head.first).is_some() && head.bytes.contains(&b'\n')
}

fn of(line: &[u8]) -> Option<Of> {
    match trim(line) {
        b"--- heapz 1 ---" => Some(Of::Heap),
        b"--- contentionz 1 ---" => Some(Of::Contention),
        _ => None,
    }
}

/// Reads the profile.
pub(super) fn decode(lines: &mut Lines<'_, '_>, mut rows: Rows) -> Parsed<Decoded> {
    next(lines, &mut rows)?;
    let at = lines.place();
    let header = header(lines, &mut rows)?;
    let (first, second): (&[u8], &[u8]) = match header.of {
        Of::Heap => (b"inuse_objects", b"inuse_space"),
        Of::Contention => (b"contentions", b"delay"),
    };
    if let Some(unit) = &header.unit {
        rows.sample_type(first, b"count", at)?;
        rows.sample_type(second, unit, at)?;
    }
    if let Some(period) = header.period {
        rows.period(first, b"count", period, at)?;
    }
    rows.builder.profile.header.duration_nanos = header.duration_nanos;
    while lines.has_end() {
        let line = trim(lines.text());
        if !line.is_empty() {
            let Some(found) = find_row(line) else {
                break;
            };
            row(line, found, &header, lines, &mut rows)?;
        }
        next(lines, &mut rows)?;
    }
    rows.flush()?;
    if header.unit.is_none() && !rows.is_empty() {
        return Err(Fault::said("missing sample type information"));
    }
    name(lines, rows)
}

fn next(lines: &mut Lines<'_, '_>, rows: &mut Rows) -> Result<bool, DecodeError> {
    lines.next_long(&mut rows.builder.budget)
}

/// Reads up to the first line that is no `KEY = VALUE`.
fn header(lines: &mut Lines<'_, '_>, rows: &mut Rows) -> Parsed<Header> {
    let of = of(lines.text()).ok_or_else(|| lines.expected("--- heapz 1 ---"))?;
    let mut header = Header {
        of,
        unit: None,
        period: None,
        duration_nanos: 0,
    };
    while next(lines, rows)? && lines.has_end() {
        let line = trim(lines.text());
        if line.is_empty() {
            continue;
        }
        let Some((key, value)) = assignment(line) else {
            break;
        };
        let number = || {
            let failed = |reason| {
                let line = String::from_utf8_lossy(line);
                Fault::said(format!("failed to parse attribute {line}: {reason}"))
            };
            integer(value).map_err(failed)
        };
        match (key, of) {
            (b"format", _) if value == b"java" => {}
            (b"resolution", _) => header.unit = Some(value.to_vec()),
            (b"sampling period", Of::Contention) => header.period = Some(number()?),
            (b"ms since reset", Of::Contention) => {
                header.duration_nanos = number()?.wrapping_mul(1_000_000);
            }
            _ => return Err(lines.expected("a key of a Java profile, or format = java")),
        }
    }
    Ok(header)
}

/// The words around the first `=` that has any.
fn assignment(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b' ');
    let equals = line.iter().enumerate().filter(|(_, byte)| **byte == b'=');
    let mut found = equals.filter_map(|(at, _)| {
        let (before, after) = line.split_at_checked(at)?;
        let (_, key) = last(before, is_word)?;
        let (value, _) = split(after.get(1..)?, is_word)?;
        (!key.is_empty()).then(|| (key.trim_ascii(), value.trim_ascii()))
    });
    found.next()
}

/// The numbers of a row and the text of its stack.
type Row<'b> = (&'b [u8], &'b [u8], &'b [u8]);

/// `N N @ …`, anywhere in the line; blanks part all of them.
fn find_row(line: &[u8]) -> Option<Row<'_>> {
    let is_blank = |byte: &u8| *byte == b' ';
    let ends = line.iter().enumerate().filter(|(_, byte)| **byte == b'@');
    let mut rows = ends.filter_map(|(end, _)| {
        let (before, after) = line.split_at_checked(end)?;
        let (before, blanks) = last(before, is_blank)?;
        let (before, second) = last(before, u8::is_ascii_digit)?;
        let (before, between) = last(before, is_blank)?;
        let (_, first) = last(before, u8::is_ascii_digit)?;
        let stack = after.get(1..)?;
        let parted = stack.starts_with(b" ") && !blanks.is_empty() && !between.is_empty();
        let found = parted && !first.is_empty() && !second.is_empty();
        let in_stack = |byte: &u8| matches!(byte, b' ' | b'x' | b'0'..=b'9' | b'a'..=b'f');
        let (stack, _) = split(stack, in_stack)?;
        found.then_some((first, second, stack))
    });
    rows.next()
}

/// Adds a sample. The addresses are keys, so nothing is taken off them.
fn row(
    line: &[u8],
    (size, count, stack): Row<'_>,
    header: &Header,
    lines: &Lines<'_, '_>,
    rows: &mut Rows,
) -> Parsed<()> {
    if let Some(digits) = Addresses(stack).find_map(Result::err) {
        return Err(Fault::address(line, digits));
    }
    let number = |text| integer(text).map_err(|reason| wrong(line, &reason));
    let (count, size) = (number(count)?, number(size)?);
    let mut block = None;
    let (count, size) = match (header.of, header.period) {
        (Of::Heap, _) => {
            block = size.checked_div(count);
            if block.is_none() {
                return Err(wrong(line, "second value must be non-zero"));
            }
            unsampled(count, size, HEAP_RATE)
        }
        (Of::Contention, None | Some(0)) => (count, size),
        (Of::Contention, Some(period)) => (count.wrapping_mul(period), size.wrapping_mul(period)),
    };
    rows.begin(&[count, size], lines.place())?;
    for address in Addresses(stack).flatten() {
        rows.address(address)?;
    }
    if let Some(block) = block {
        rows.number_label(b"bytes", block, lines.place())?;
    }
    Ok(())
}

fn wrong(line: &[u8], reason: &str) -> Fault {
    let line = String::from_utf8_lossy(line);
    Fault::said(format!("parsing sample {line}: {reason}"))
}

/// What the lines behind the samples say.
#[derive(Default)]
struct Names {
    /// Name and file of each function, in the order in which names are first seen.
    functions: Vec<(Str, Str)>,
    table: Table,
    /// Of each location the row of its function plus one, and the line.
    lines: Vec<(u32, i64)>,
}

/// Gives the locations the names in the current line and those that follow; addresses are given up.
pub(super) fn name(lines: &mut Lines<'_, '_>, mut rows: Rows) -> Parsed<Decoded> {
    let mut names = Names::default();
    let count = rows.builder.profile.locations.len();
    let room = rows.builder.budget.room(&mut names.lines, count);
    room.ok_or_else(|| rows.builder.full(lines.place().count()))?;
    names.lines.resize(count, Default::default());
    loop {
        let line = trim(lines.text());
        if let Some((address, text)) = location(line) {
            let digits = String::from_utf8_lossy(address);
            let range = || format!("strconv.ParseUint: parsing \"{digits}\": value out of range");
            let address = hexadecimal(address).ok_or_else(|| wrong(line, &range()))?;
            if let Some(row) = rows.row_of(address) {
                names.add(row, &describe(text), lines, &mut rows)?;
            }
        }
        if !next(lines, &mut rows)? {
            break;
        }
    }
    let at = lines.place();
    names.link(&mut rows, at.count())?;
    frames::set_default(&mut rows, at)?;
    place::place(Vec::new(), &mut rows.builder, at)?;
    rows.builder.profile.locations.address.fill(0);
    Ok(rows.builder.finish(at.count())?.0.into())
}

impl Names {
    /// Names the location in a row.
    fn add(
        &mut self,
        row: usize,
        call: &Call<'_>,
        lines: &Lines<'_, '_>,
        rows: &mut Rows,
    ) -> Result<(), DecodeError> {
        let at = lines.place();
        let full = rows.builder.full(at.count());
        let name = rows.text(call.function, at)?;
        let known = &self.functions;
        let name_of = |row: usize| known.get(row).map(|(name, _)| *name);
        let hash = hash_id(name.row().into());
        let function = match self.table.find(hash, |row| name_of(row) == Some(name)) {
            Some(function) => function,
            None => {
                let budget = &mut rows.builder.budget;
                let room = self.table.insert((hash, known.len()), budget);
                room.ok_or(full)?;
                let function = (name, rows.text(call.file, at)?);
                let room = rows.builder.budget.push(&mut self.functions, function);
                room.ok_or(full)?;
                self.functions.len().saturating_sub(1)
            }
        };
        if let (Some(known), Ok(function)) = (self.lines.get_mut(row), u32::try_from(function)) {
            *known = (function.saturating_add(1), call.line);
        }
        Ok(())
    }

    /// Gives the locations their lines, functions numbered in the order in which locations use them, and
    /// takes the addresses of those that have one.
    fn link(self, rows: &mut Rows, at: u64) -> Result<(), DecodeError> {
        let builder = &mut rows.builder;
        let full = builder.full(at);
        let mut ids = Vec::new();
        let room = builder.budget.room(&mut ids, self.functions.len());
        room.ok_or(full)?;
        ids.resize(self.functions.len(), 0u64);
        let mut next_id = 1;
        builder.profile.locations.lines.truncate(0);
        for (row, (function, line)) in self.lines.into_iter().enumerate() {
            let function = function
                .checked_sub(1)
                .and_then(|row| usize::try_from(row).ok());
            let known = function.and_then(|row| ids.get_mut(row).zip(self.functions.get(row)));
            if let Some((id, (name, file))) = known {
                if *id == 0 {
                    *id = next_id;
                    next_id = next_id.saturating_add(1);
                    let function = FunctionRow {
                        id: *id,
                        name: name.row().into(),
                        system_name: name.row().into(),
                        filename: file.row().into(),
                        start_line: 0,
                    };
                    builder.function(&function, at)?;
                }
                builder.line(*id, line, 0, at)?;
                let addresses = &mut builder.profile.locations.address;
                addresses
                    .get_mut(row)
                    .into_iter()
                    .for_each(|address| *address = 0);
            }
            let room = builder.profile.locations.lines.close();
            room.ok_or(full)?;
        }
        builder.budget.give_back(ids);
        Ok(())
    }
}

/// `0xADDRESS TEXT`: the digits and the text.
fn location(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (address, rest) = hex_digits(line.strip_prefix(b"0x")?)?;
    let (_, text) = split(rest, is_space)?;
    Some((address, text))
}

/// White space of Go's patterns.
fn is_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\x0c' | b'\r')
}

/// A call, as the text behind its address describes it.
#[derive(Debug, PartialEq, Default)]
struct Call<'b> {
    function: &'b [u8],
    file: &'b [u8],
    line: i64,
}

/// `FUNCTION (FILE:LINE)`, `FUNCTION (PATH)`, or something the virtual machine does itself.
fn describe(text: &[u8]) -> Call<'_> {
    if let Some((inside, line)) = text.strip_suffix(b")").and_then(line_number)
        && let Some((function, file)) = bracket(inside, 1)
    {
        let line = decimal(line).unwrap_or_default().max(0);
        return Call {
            function,
            file,
            line,
        };
    }
    let call = |function, file| Call {
        function,
        file,
        line: 0,
    };
    match text
        .strip_suffix(b")")
        .and_then(|inside| bracket(inside, 0))
    {
        Some((function, path)) => call(function, base(path)),
        None if past(text, b"generated stub/JIT").next().is_some() => call(b"STUB", b""),
        None => call(text, b""),
    }
}

/// What stands before a `:LINE` at the end, and the line.
fn line_number(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (before, number) = last(text, u8::is_ascii_digit)?;
    let signed = before.strip_suffix(b"-");
    let before = signed.unwrap_or(before).strip_suffix(b":")?;
    let number = text
        .get(before.len().checked_add(1)?..)
        .filter(|_| !number.is_empty())?;
    Some((before, number))
}

/// What stands before the last ` (` that has `least` bytes behind it, and these.
fn bracket(text: &[u8], least: usize) -> Option<(&[u8], &[u8])> {
    let opens = text.windows(2).enumerate().rev();
    let mut opens = opens.filter(|(_, pair)| matches!(pair, [space, b'('] if is_space(space)));
    opens.find_map(|(at, _)| {
        let inside = text.get(at.checked_add(2)?..)?;
        (inside.len() >= least).then_some((text.get(..at)?, inside))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_described_in_four_ways() {
        let seen = |text| {
            let call = describe(text);
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            (text(call.function), text(call.file), call.line)
        };
        let call = |function: &str, file: &str, line| (function.into(), file.into(), line);
        for (text, want) in [
            (&b"a.B.c (B.java:12)"[..], call("a.B.c", "B.java", 12)),
            (b"a.B.c (B.java:-2)", call("a.B.c", "B.java", 0)),
            (b"a.B.c (Native Method)", call("a.B.c", "Native Method", 0)),
            (b"memcpy (/lib/libc.so.6)", call("memcpy", "libc.so.6", 0)),
            (b"a  (B:1)", call("a ", "B", 1)),
            (b"a (b (c:1:2)", call("a (b", "c:1", 2)),
            (b"a (b (:3)", call("a", "b (", 3)),
            (b"a (:3)", call("a", ":3", 0)),
            (b"a (b) (c:x)", call("a (b)", "c:x", 0)),
            (b"a ()", call("a", ".", 0)),
            (b"a(B:1)", call("a(B:1)", "", 0)),
            (b"some generated stub/JIT code", call("STUB", "", 0)),
            (
                b"a generated stub/JIT (x)",
                call("a generated stub/JIT", "x", 0),
            ),
            (b"GC", call("GC", "", 0)),
            (b"a (B:99999999999999999999)", call("a", "B", 0)),
        ] {
            assert_eq!(seen(text), want);
        }
    }

    #[test]
    fn a_row_may_stand_anywhere_in_its_line() {
        let row = |line| find_row(line).map(|(a, b, c)| [a, b, c].map(<[u8]>::to_vec));
        let found =
            |a: &str, b: &str, c: &str| Some([a, b, c].map(|text| text.as_bytes().to_vec()));
        assert_eq!(row(b"x12  3 @  0x1 0x2"), found("12", "3", "  0x1 0x2"));
        assert_eq!(row(b"1 2 3 @ 0xff g"), found("2", "3", " 0xff "));
        assert_eq!(row(b"1 @ 2 3 @ 0x1"), found("2", "3", " 0x1"));
        for none in [
            "1 2 @",
            "1 2@ 0x1",
            "12 @ 0x1",
            "1 x2 @ 0x1",
            "1 2 @0x1",
            "",
        ] {
            assert_eq!(row(none.as_bytes()), None, "{none}");
        }
    }

    #[test]
    fn a_key_is_the_words_in_front_of_an_equals_sign() {
        let seen = |line| assignment(line);
        assert_eq!(seen(b"format = java"), Some((&b"format"[..], &b"java"[..])));
        assert_eq!(
            seen(b"x: ms since = 1-2"),
            Some((&b"ms since"[..], &b"1"[..]))
        );
        assert_eq!(seen(b"a=-b=c"), Some((&b"b"[..], &b"c"[..])));
        assert_eq!(seen(b"=b"), None);
        assert_eq!(seen(b"3 4 @ 0x1"), None);
    }
}
