//! Pages of threads with their stacks (pprof-behaviour 2.4).
//!
//! A block of addresses a thread. A block that has none, or says that it is the same as the one before,
//! counts for that one.

use super::super::Decoded;
use super::lines::{Lines, is_comment, trim};
use super::map::is_sentinel;
use super::number::{Addresses, digits, hex_digits, past};
use super::rows::Rows;
use super::{Fault, Head, Parsed, stacks};

/// Whether the first line that is no comment is the head of the page, or of a thread.
pub(super) fn recognises(head: &Head<'_>) -> bool {
    is_page(head.begins) || is_thread(head.begins)
}

/// `--- threadz N ---`, anywhere in the line.
fn is_page(line: &[u8]) -> bool {
    let mut pages = past(line, b"--- threadz ").filter_map(digits);
    pages.any(|(_, rest)| rest.starts_with(b" ---"))
}

/// `--- Thread HEX (name: NAME/ID) stack: ---`, anywhere in the line.
fn is_thread(line: &[u8]) -> bool {
    let numbers = past(line, b"--- Thread ").filter_map(hex_digits);
    let mut names = numbers.filter_map(|(_, rest)| rest.strip_prefix(b" (name: "));
    names.any(|name| {
        let mut ids = past(name, b"/").filter_map(digits);
        ids.any(|(_, rest)| rest.starts_with(b") stack: ---"))
    })
}

/// Reads the profile.
pub(super) fn decode(lines: &mut Lines<'_, '_>, mut rows: Rows) -> Parsed<Decoded> {
    while lines.next()? && is_comment(lines.text()) {}
    let at = lines.place();
    rows.sample_type(b"thread", b"count", at)?;
    rows.period(b"thread", b"count", 1, at)?;
    if is_page(lines.text()) {
        let opens = |line: &[u8]| is_sentinel(line) || line.starts_with(b"-");
        while lines.next()? && !opens(lines.text()) {}
    }
    let ends = |line: &[u8]| is_sentinel(line) || line.starts_with(b"---- no stack trace for");
    while !ends(trim(lines.text())) {
        if !is_thread(lines.text()) {
            return Err(lines.expected("--- Thread HEX (name: NAME/ID) stack: ---"));
        }
        thread(lines, &mut rows)?;
    }
    rows.flush()?;
    stacks::drop_doubles(&mut rows);
    rows.finish(lines)
}

/// Reads the block below the current line, up to the one that is not of it.
fn thread(lines: &mut Lines<'_, '_>, rows: &mut Rows) -> Parsed<()> {
    rows.begin(&[1], lines.place())?;
    let (mut is_leaf, mut is_same) = (true, false);
    while lines.next()? {
        let line = trim(lines.text());
        if line.starts_with(b"---") {
            break;
        }
        if past(line, b"same as previous thread").next().is_some() {
            is_same = true;
            continue;
        }
        for address in Addresses(line) {
            let address = address.map_err(|digits| Fault::address(line, digits))?;
            // The leaf is where the thread is, the others are where calls return to.
            rows.address(address.wrapping_sub(u64::from(!is_leaf)))?;
            is_leaf = false;
        }
    }
    if is_same || is_leaf {
        rows.cancel();
        for value in rows.last_values()? {
            *value = value.wrapping_add(1);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_has_a_name_with_an_id() {
        for (line, want) in [
            ("--- Thread 7f (name: main/47) stack: ---", true),
            (
                "I0102 x.cc:7] --- Thread 7F (name: a/b/c/47) stack: --- ",
                true,
            ),
            ("--- Thread x --- Thread 7 (name: /1) stack: ---", true),
            ("--- Thread 7 (name: a/x/) (name: b/2) stack: ---", true),
            ("--- Thread (name: main/47) stack: ---", false),
            ("--- Thread 7f (name: main) stack: ---", false),
            ("--- Thread 7f (name: main/47x) stack: ---", false),
            ("--- Thread 7f (name: main/47) stack:", false),
        ] {
            assert_eq!(is_thread(line.as_bytes()), want, "{line}");
        }
        assert!(is_page(b"x --- threadz 12 --- y") && is_page(b"--- threadz --- threadz 1 ---"));
        assert!(!is_page(b"--- threadz 1") && !is_page(b"--- threadz x ---"));
    }
}
