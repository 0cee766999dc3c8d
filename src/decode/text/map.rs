//! The memory map at the end of a text profile: `/proc/PID/maps`, or brief lines (pprof-behaviour 2.4.1).
//!
//! pprof reads a line with two patterns that hardly refuse anything: `fade` is a mapping from 0xfad to
//! 0xe. Both are read here in one pass, with the choices that the patterns would make.

use super::Parsed;
use super::lines::{Lines, trim};
use super::number::{hex_digits, hexadecimal, split};
use super::rows::Rows;
use crate::model::Mapping;

/// Assignments (`name=value`) that are kept; more are never seen.
const MOST_NAMES: usize = 32;
/// What a line may grow to by what is put in for names.
const LONGEST: usize = 64 * 1024;

/// Goes on to the line that the memory map comes behind, or to the end.
pub(super) fn seek(lines: &mut Lines<'_, '_>) -> Parsed<()> {
    while !is_sentinel(lines.text()) && lines.next()? {}
    Ok(())
}

/// The executable mappings, in file order, without ids; reads to the end of the input.
pub(super) fn read(lines: &mut Lines<'_, '_>, rows: &mut Rows) -> Parsed<Vec<Mapping>> {
    let mut mappings = Vec::new();
    let mut names: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    while lines.next()? {
        let Some(line) = replaced(without_log_prefix(lines.text()), &names) else {
            continue;
        };
        let found = find(&line);
        if found.as_ref().is_some_and(|found| !found.is_executable()) {
            continue;
        }
        let Some((found, [start, limit, offset])) = found.and_then(Found::numbers) else {
            if names.len() < MOST_NAMES {
                names.extend(assignment(&line));
            }
            continue;
        };
        let at = lines.place();
        let mapping = Mapping {
            start,
            limit,
            offset,
            file: rows.text(found.file, at)?,
            build_id: rows.text(found.build_id, at)?,
            ..Mapping::default()
        };
        let room = rows.builder.budget.push(&mut mappings, mapping);
        room.ok_or_else(|| rows.builder.full(at.count()))?;
    }
    Ok(mappings)
}

/// `name=value`, to be put in for `$name` from here on.
fn assignment(line: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let equals = line.iter().position(|byte| *byte == b'=')?;
    let (name, value) = line.split_at_checked(equals)?;
    let value = value.strip_prefix(b"=")?;
    Some(([b"$", trim(name)].concat(), trim(value).to_vec()))
}

/// Whether the memory map begins after this line.
pub(super) fn is_sentinel(line: &[u8]) -> bool {
    let has = |text: &[u8]| line.windows(text.len()).any(|window| window == text);
    has(b"--- Memory map: ---") || has(b"MAPPED_LIBRARIES:")
}

/// The line without what glog writes in front: `… file:line] `.
fn without_log_prefix(line: &[u8]) -> &[u8] {
    let bracket = line.iter().position(|byte| matches!(byte, b'[' | b']'));
    let message = bracket.and_then(|at| {
        let (prefix, rest) = line.split_at_checked(at)?;
        let [b']', b' ' | b'\t' | b'\x0c' | b'\r', message @ ..] = rest else {
            return None;
        };
        let number = prefix.iter().rev().take_while(|byte| byte.is_ascii_digit());
        let number = number.count();
        let place = prefix.get(..prefix.len().checked_sub(number)?)?;
        let file = place.strip_suffix(b":")?;
        (number > 0 && !file.is_empty()).then_some(message)
    });
    message.unwrap_or(line)
}

/// The line with the values put in for their names; `None` where that is absurdly long.
fn replaced(line: &[u8], names: &[(Vec<u8>, Vec<u8>)]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    while let [first, tail @ ..] = rest {
        let name = match first {
            b'$' => names.iter().find(|(name, _)| rest.starts_with(name)),
            _ => None,
        };
        match name {
            Some((name, value)) => {
                out.extend_from_slice(value);
                rest = rest.get(name.len()..).unwrap_or_default();
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
        if out.len() > LONGEST {
            return None;
        }
    }
    Some(out)
}

/// The texts that the patterns find in a line.
struct Found<'b> {
    range: (&'b [u8], &'b [u8]),
    permissions: &'b [u8],
    offset: &'b [u8],
    file: &'b [u8],
    build_id: &'b [u8],
}

impl Found<'_> {
    fn is_executable(&self) -> bool {
        self.permissions.is_empty() || self.permissions.contains(&b'x')
    }

    /// Start, limit and offset, where they have no more than 64 bits.
    fn numbers(self) -> Option<(Self, [u64; 3])> {
        let (start, limit) = self.range;
        let offset = match self.offset {
            b"" => b"0",
            offset => offset,
        };
        let numbers = [
            hexadecimal(start)?,
            hexadecimal(limit)?,
            hexadecimal(offset)?,
        ];
        Some((self, numbers))
    }
}

/// What the first pattern that matches finds in the line.
fn find(line: &[u8]) -> Option<Found<'_>> {
    let ranges = ranges(line);
    let mut ranges = ranges.iter().flatten();
    let brief = ranges.clone().next();
    ranges
        .find_map(|range| proc_maps(*range))
        .or_else(|| brief.map(|range| brief_maps(*range)))
}

/// Two numbers and what follows them.
type Range<'b> = (&'b [u8], &'b [u8], &'b [u8]);

/// The ways to read a range at the front, the preferred one first: two numbers with a blank or a hyphen
/// between them, or one number that is torn apart.
fn ranges(line: &[u8]) -> [Option<Range<'_>>; 2] {
    let Some((first, rest)) = hex_number(past_space(line)) else {
        return [None, None];
    };
    let between = match rest {
        [b'-' | b' ' | b'\t' | b'\x0c' | b'\r', rest @ ..] => Some(past_space(rest)),
        _ => None,
    };
    let parted = between.and_then(hex_number);
    let parted = parted.map(|(second, rest)| (first, second, rest));
    let torn = first.split_last_chunk::<1>();
    let torn = torn.filter(|(head, _)| !head.is_empty());
    let torn = torn.map(|(head, tail)| match (tail, rest) {
        // `4000x5000` is 400 to 5000.
        (b"0", [b'x', digits @ ..]) => match hex_digits(digits) {
            Some((second, rest)) => (head, second, rest),
            None => (head, &tail[..], rest),
        },
        _ => (head, &tail[..], rest),
    });
    [parted, torn]
}

/// `PERMISSIONS OFFSET DEVICE INODE PATH`, of which the device and the inode must be there.
fn proc_maps<'b>((start, limit, rest): Range<'b>) -> Option<Found<'b>> {
    let mut rest = rest.strip_prefix(b":").unwrap_or(rest);
    let mut word = || {
        let (_, text) = split(rest, is_space)?;
        let (word, after) = split(text, |byte| !is_space(byte))?;
        rest = after;
        Some(word)
    };
    let (mut permissions, mut offset) = (&b""[..], &b""[..]);
    let mut device = word()?;
    if device.iter().all(is_permission) {
        (permissions, device) = (device, word()?);
    }
    if device.iter().all(u8::is_ascii_hexdigit) {
        (offset, device) = (device, word()?);
    }
    let (_, minor) = hex_digits(device)?;
    let (_, after) = hex_digits(minor.strip_prefix(b":")?)?;
    let (_, inode_rest) = super::number::digits(word()?)?;
    let file = match inode_rest {
        b"" => word().unwrap_or_default(),
        _ => b"",
    };
    after.is_empty().then_some(Found {
        range: (start, limit),
        permissions,
        offset,
        file,
        build_id: b"",
    })
}

/// `PERMISSIONS PATH (@OFFSET) BUILD_ID`, each of which may be missing.
fn brief_maps<'b>((start, limit, rest): Range<'b>) -> Found<'b> {
    let mut rest = rest.strip_prefix(b":").unwrap_or(rest);
    let mut part = |wanted: &dyn Fn(&u8) -> bool, open: &[u8], close: &[u8]| -> &'b [u8] {
        let found = split(rest, is_space).and_then(|(_, text)| {
            let (part, after) = split(text.strip_prefix(open)?, wanted)?;
            Some((part, after.strip_prefix(close)?))
        });
        let (part, after) = found.unwrap_or((b"", rest));
        rest = after;
        part
    };
    Found {
        range: (start, limit),
        permissions: part(&is_permission, b"", b""),
        file: part(&|byte| !is_space(byte), b"", b""),
        offset: part(&u8::is_ascii_hexdigit, b"(@", b")"),
        build_id: part(&u8::is_ascii_hexdigit, b"", b""),
    }
}

fn is_permission(byte: &u8) -> bool {
    matches!(byte, b'-' | b'r' | b'w' | b'x' | b'p')
}

/// White space of Go's patterns.
fn is_space(byte: &u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\x0c' | b'\r')
}

fn past_space(text: &[u8]) -> &[u8] {
    split(text, is_space).map_or(text, |(_, rest)| rest)
}

/// A hexadecimal number at the front, with or without `0x`, and what follows it.
fn hex_number(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let after = text.strip_prefix(b"0x").and_then(hex_digits);
    after.or_else(|| hex_digits(text))
}
