//! What Go's linker leaves in every program it writes: the release of Go that built it.
//!
//! The file is some process's program and may be anything, so a few small pieces of it are read at
//! checked places, never the whole, and whatever does not fit means "no Go program".

use std::fs::File;
use std::os::unix::fs::FileExt;

const MAGIC: &[u8] = b"\xff Go buildinf:";
/// The start of the version, where it stands in the header itself.
const VERSION_AT: usize = 32;
/// The bit of the flags that says so.
const INLINE: u8 = 2;
/// What a header is a multiple of.
const ALIGNMENT: usize = 16;
/// Bytes of writable data that are searched where the sections have no names.
const SEARCHED: u64 = 64 * 1024;
/// No table of sections, programs or names that is longer is read.
const LONGEST_TABLE: u64 = 256 * 1024;
/// No version is longer.
const LONGEST_VERSION: u64 = 128;
/// What stands for a version that is not in the header itself.
const OLD: &str = "go1.17 or older";

/// Bytes of a program, a piece at a time.
pub(super) trait Pieces {
    /// Up to `length` bytes from `offset` on, fewer at the end.
    fn piece(&self, offset: u64, length: u64) -> Option<Vec<u8>>;
}

impl Pieces for File {
    fn piece(&self, offset: u64, length: u64) -> Option<Vec<u8>> {
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        let read = self.read_at(&mut bytes, offset).ok()?;
        bytes.truncate(read);
        Some(bytes)
    }
}

/// The release of Go a program was built with (`go1.24.4`); none where it is no Go program.
pub(super) fn go_version(program: &dyn Pieces) -> Option<String> {
    let head = program.piece(0, 64)?;
    let layout = Layout::of(&head)?;
    let place = layout
        .section(program, &head)
        .or_else(|| layout.writable(program, &head))?;
    let bytes = program.piece(place.offset, place.size.min(SEARCHED))?;
    let mut blocks = (0..bytes.len()).step_by(ALIGNMENT);
    let header = blocks.find_map(|at| bytes.get(at..).filter(|rest| rest.starts_with(MAGIC)))?;
    version(header)
}

fn version(header: &[u8]) -> Option<String> {
    if header.get(MAGIC.len() + 1)? & INLINE == 0 {
        return Some(OLD.to_string());
    }
    let mut rest = header.get(VERSION_AT..)?.iter();
    let (mut length, mut shift) = (0u64, 0);
    loop {
        let byte = *rest.next()?;
        length |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            break;
        }
        if shift > 21 {
            return None;
        }
    }
    let length = usize::try_from(length.min(LONGEST_VERSION + 1)).ok()?;
    let text = rest.as_slice().get(..length)?;
    let plain = length > 0 && text.iter().all(|byte| matches!(byte, b' '..=b'~'));
    let text = plain.then(|| String::from_utf8_lossy(text).into_owned())?;
    (text.len() as u64 <= LONGEST_VERSION).then_some(text)
}

/// How numbers stand in a program.
#[derive(Clone, Copy)]
struct Layout {
    /// Addresses and sizes take eight bytes.
    wide: bool,
    big_endian: bool,
}

/// A stretch of the file.
struct Place {
    offset: u64,
    size: u64,
}

impl Layout {
    fn of(head: &[u8]) -> Option<Layout> {
        let [0x7f, b'E', b'L', b'F', class, order, ..] = head else {
            return None;
        };
        Some(Layout {
            wide: match class {
                1 => false,
                2 => true,
                _ => return None,
            },
            big_endian: match order {
                1 => false,
                2 => true,
                _ => return None,
            },
        })
    }

    /// The number of `size` bytes at `at`.
    fn number(self, bytes: &[u8], at: usize, size: usize) -> Option<u64> {
        let digits = bytes.get(at..at.checked_add(size)?)?;
        let add = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(match self.big_endian {
            true => digits.iter().fold(0, add),
            false => digits.iter().rev().fold(0, add),
        })
    }

    /// The number at one of two places, narrow or wide, that is as long as an address.
    fn address(self, bytes: &[u8], narrow: usize, wide: usize) -> Option<u64> {
        match self.wide {
            true => self.number(bytes, wide, 8),
            false => self.number(bytes, narrow, 4),
        }
    }

    /// The rows of a table of headers.
    fn table(self, program: &dyn Pieces, offset: u64, sizes: &[u8]) -> Option<(Vec<u8>, usize)> {
        let (row, rows) = (self.number(sizes, 0, 2)?, self.number(sizes, 2, 2)?);
        let bytes = program.piece(offset, (row * rows).min(LONGEST_TABLE))?;
        let row = usize::try_from(row).ok().filter(|row| *row >= 32)?;
        Some((bytes, row))
    }

    /// The section that Go's linker names for this.
    fn section(self, program: &dyn Pieces, head: &[u8]) -> Option<Place> {
        let sizes = head.get(if self.wide { 58 } else { 46 }..)?;
        let (table, row) = self.table(program, self.address(head, 32, 40)?, sizes)?;
        let place = |header: &[u8]| {
            Some(Place {
                offset: self.address(header, 16, 24)?,
                size: self.address(header, 20, 32)?,
            })
        };
        let names = usize::try_from(self.number(sizes, 4, 2)?).ok()?;
        let names = place(table.chunks_exact(row).nth(names)?)?;
        let names = program.piece(names.offset, names.size.min(LONGEST_TABLE))?;
        let wanted = |header: &&[u8]| {
            let name = self.number(header, 0, 4).and_then(|at| at.try_into().ok());
            let name = name.and_then(|at: usize| names.get(at..));
            name.is_some_and(|name| name.starts_with(b".go.buildinfo\0"))
        };
        place(table.chunks_exact(row).find(wanted)?)
    }

    /// The first part of the file that becomes writable data, where the linker puts the header first.
    fn writable(self, program: &dyn Pieces, head: &[u8]) -> Option<Place> {
        const LOADED: u64 = 1;
        const WRITE: u64 = 2;
        const EXECUTE: u64 = 1;
        let sizes = head.get(if self.wide { 54 } else { 42 }..)?;
        let (table, row) = self.table(program, self.address(head, 28, 32)?, sizes)?;
        let data = table.chunks_exact(row).find(|header| {
            let flags = self.number(header, if self.wide { 4 } else { 24 }, 4);
            let flags = flags.unwrap_or(0) & (WRITE | EXECUTE);
            self.number(header, 0, 4) == Some(LOADED) && flags == WRITE
        })?;
        Some(Place {
            offset: self.address(data, 4, 8)?,
            size: self.address(data, 16, 32)?,
        })
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    impl Pieces for Vec<u8> {
        fn piece(&self, offset: u64, length: u64) -> Option<Vec<u8>> {
            let from = usize::try_from(offset).ok()?.min(self.len());
            let to = from.saturating_add(usize::try_from(length).ok()?);
            Some(self[from..to.min(self.len())].to_vec())
        }
    }

    /// A program of one section of that name, with a build header of this version in it.
    pub(in super::super) fn program(section: &str, version: &[u8], flags: u8) -> Vec<u8> {
        let names = format!("\0{section}\0.shstrtab\0").into_bytes();
        let mut header = [MAGIC, &[8, flags], &[0; 16], &[version.len() as u8]].concat();
        header.extend_from_slice(version);
        let mut file = b"\x7fELF\x02\x01\x01".to_vec();
        file.resize(64, 0);
        let names_at = file.len();
        file.extend_from_slice(&names);
        file.resize(128, 0);
        let data_at = file.len();
        file.extend_from_slice(&header);
        let sections_at = file.len();
        let mut push = |name: usize, offset: usize, size: usize| {
            let mut row = vec![0; 64];
            row[0..4].copy_from_slice(&(name as u32).to_le_bytes());
            row[24..32].copy_from_slice(&(offset as u64).to_le_bytes());
            row[32..40].copy_from_slice(&(size as u64).to_le_bytes());
            file.extend_from_slice(&row);
        };
        push(1, data_at, header.len());
        push(section.len() + 2, names_at, names.len());
        let programs_at = file.len();
        let mut row = vec![0; 56];
        row[0] = 1;
        row[4] = 6;
        row[8..16].copy_from_slice(&(data_at as u64).to_le_bytes());
        row[32..40].copy_from_slice(&(header.len() as u64).to_le_bytes());
        file.extend_from_slice(&row);
        file[32..40].copy_from_slice(&(programs_at as u64).to_le_bytes());
        file[40..48].copy_from_slice(&(sections_at as u64).to_le_bytes());
        for (at, value) in [(54, 56), (56, 1), (58, 64), (60, 2), (62, 1)] {
            file[at] = value;
        }
        file
    }

    #[test]
    fn the_version_stands_in_a_section_of_its_own() {
        let file = program(".go.buildinfo", b"go1.27.1", 2);
        assert_eq!(go_version(&file).as_deref(), Some("go1.27.1"));
    }

    #[test]
    fn without_the_sections_name_the_writable_data_is_searched() {
        let file = program(".data", b"devel go1.28-abc", 2);
        assert_eq!(go_version(&file).as_deref(), Some("devel go1.28-abc"));
    }

    #[test]
    fn a_header_that_only_points_at_its_version_is_an_old_one() {
        let file = program(".go.buildinfo", b"", 0);
        assert_eq!(go_version(&file).as_deref(), Some(OLD));
    }

    #[test]
    fn what_is_no_go_program_has_no_version() {
        let mut other = program(".go.buildinfo", b"go1.27", 2);
        let at = other.windows(4).position(|four| four == b" Go ");
        other[at.expect("the magic")] = b'_';
        for file in [b"#!/bin/sh\n".to_vec(), Vec::new(), other] {
            assert_eq!(go_version(&file), None);
        }
        for version in [&b"go1\x1b[31m"[..], b"", &[b'x'; 129]] {
            let file = program(".go.buildinfo", version, 2);
            assert_eq!(go_version(&file), None, "{version:?}");
        }
    }

    #[test]
    fn no_byte_of_a_program_is_trusted() {
        let whole = program(".go.buildinfo", b"go1.27.1", 2);
        for length in 0..whole.len() {
            let _ = go_version(&whole[..length].to_vec());
        }
        for at in 0..whole.len() {
            for value in [0, 1, 0x7f, 0x80, 0xff] {
                let mut file = whole.clone();
                file[at] = value;
                if let Some(version) = go_version(&file) {
                    assert!(version.len() <= 128, "byte {at} = {value}");
                }
            }
        }
    }
}
