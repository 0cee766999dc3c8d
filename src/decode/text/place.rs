//! Which mapping an address lies in, and what pprof makes of a memory map before it asks.
//!
//! As pprof-behaviour 2.4.1: split mappings are joined, the main binary comes first, quirks of old
//! handlers are undone, and what lies nowhere gets a mapping of its own.

use super::super::build::Builder;
use super::super::error::{DecodeError, Offset};
use super::lines::trim;
use crate::model::{Mapping, Profile, Str};

/// Where a main binary is linked to as a rule.
const MAIN_START: u64 = 0x40_0000;
/// Comparisons of an address with a mapping; what is above would only be made to cost time.
const MOST_COMPARISONS: usize = 1 << 28;

/// Adds the mappings, and says of each location which it lies in.
pub(super) fn place(
    mappings: Vec<Mapping>,
    builder: &mut Builder,
    at: Offset,
) -> Result<(), DecodeError> {
    let mut mappings = joined(mappings);
    main_first(&mut mappings, &builder.profile);
    undo_quirks(&mut mappings, &builder.profile);
    let nowhere = mappings.len();
    let addresses = builder.profile.locations.len();
    let most = MOST_COMPARISONS.checked_div(addresses);
    let most = most.unwrap_or(nowhere).min(nowhere);
    let mut is_lost = false;
    for row in 0..addresses {
        let address = builder.profile.locations.address.get(row).copied();
        let Some(address) = address.filter(|address| *address != 0) else {
            continue;
        };
        let considered = mappings.get_mut(..most).unwrap_or_default();
        let inside = |mapping: &Mapping| mapping.start <= address && address < mapping.limit;
        let found = considered.iter().position(inside);
        // pprof's mapping for what lies nowhere takes all that comes after.
        let found = match is_lost {
            true => found,
            false => found.or_else(|| begins_before(address, considered)),
        };
        is_lost |= found.is_none();
        builder.lies_in(row, found.unwrap_or(nowhere));
    }
    if is_lost {
        mappings.push(Mapping {
            limit: u64::MAX,
            ..Mapping::default()
        });
    }
    for (id, mapping) in (1..).zip(mappings) {
        builder.mapping(Mapping { id, ..mapping }, at.count())?;
    }
    Ok(())
}

/// Joins neighbours that are parts of one mapping.
fn joined(mappings: Vec<Mapping>) -> Vec<Mapping> {
    let mut joined: Vec<Mapping> = Vec::new();
    for next in mappings {
        match joined.last_mut() {
            Some(last) if continues(last, &next) => {
                last.limit = next.limit;
                for (known, other) in [
                    (&mut last.file, next.file),
                    (&mut last.build_id, next.build_id),
                ] {
                    if other != Str::EMPTY {
                        *known = other;
                    }
                }
            }
            _ => joined.push(next),
        }
    }
    joined
}

/// Whether the second goes on where the first ends, as far as is known.
fn continues(first: &Mapping, next: &Mapping) -> bool {
    let agree = |a: Str, b: Str| a == b || a == Str::EMPTY || b == Str::EMPTY;
    let size = first.limit.wrapping_sub(first.start);
    agree(first.file, next.file)
        && agree(first.build_id, next.build_id)
        && first.limit == next.start
        && (first.offset == 0 || next.offset == 0 || first.offset.wrapping_add(size) == next.offset)
}

/// Swaps what looks like the main binary to the front.
fn main_first(mappings: &mut [Mapping], profile: &Profile) {
    let is_main = |mapping: &Mapping| {
        let file = without_deleted(profile.text(mapping.file));
        let file = trim(&file);
        !matches!(file, [] | [b'[', ..]) && !is_library(file)
    };
    if let Some(main) = mappings.iter().position(is_main) {
        mappings.swap(0, main);
    }
}

fn without_deleted(file: &[u8]) -> Vec<u8> {
    const DELETED: &[u8] = b"(deleted)";
    let mut kept = Vec::with_capacity(file.len());
    let mut rest = file;
    while let [first, tail @ ..] = rest {
        match rest.strip_prefix(DELETED) {
            Some(after) => rest = after,
            None => {
                kept.push(*first);
                rest = tail;
            }
        }
    }
    kept
}

/// Whether a file is named like a shared library: `.so` at the end, or before a version.
fn is_library(file: &[u8]) -> bool {
    let versioned = |part: &[u8]| matches!(part, [b'.', b's', b'o', b'.' | b'_', b'0'..=b'9']);
    file.ends_with(b".so") || file.windows(5).any(versioned)
}

/// As pprof, of what becomes the main binary only.
fn undo_quirks(mappings: &mut Vec<Mapping>, profile: &Profile) {
    if let [first, second, ..] = &mappings[..]
        && profile.text(first.file).starts_with(b"/anon_hugepage")
        && first.limit == second.start
    {
        mappings.remove(0);
    }
    if let [main, ..] = &mut mappings[..]
        && main.start.wrapping_sub(main.offset) == MAIN_START
    {
        (main.start, main.offset) = (MAIN_START, 0);
    }
}

/// The mapping that an address lies in front of, by no more than its offset: some handlers left out the
/// first part of a mapping that was split. It begins there from now on.
fn begins_before(address: u64, mappings: &mut [Mapping]) -> Option<usize> {
    let before = |mapping: &Mapping| {
        let start = mapping.start.wrapping_sub(mapping.offset);
        mapping.offset != 0 && start <= address && address < mapping.start
    };
    let row = mappings.iter().position(before)?;
    let mapping = mappings.get_mut(row)?;
    mapping.start = mapping.start.wrapping_sub(mapping.offset);
    mapping.offset = 0;
    Some(row)
}
