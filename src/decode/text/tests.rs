//! What the case lines cannot show: how inputs are told apart, and what many rows cost.

use super::super::tests::{decoded, failure};
use super::super::{Limits, decode};
use crate::model::Profile;

const COUNT: &str = "goroutine profile: total 3\n3 @ 0x1001 0x2001\n";

fn values(profile: &Profile) -> Vec<i64> {
    let mut values = Vec::new();
    profile.samples.scan_values(|row, _| values.extend(row));
    values
}

#[test]
fn a_text_profile_may_be_gzipped_and_come_in_small_pieces() {
    struct Slow<'b>(&'b [u8]);
    impl std::io::Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let size = out.len().min(1);
            self.0.read(&mut out[..size])
        }
    }
    let packed = super::super::gzip::packed(COUNT.as_bytes());
    for bytes in [COUNT.as_bytes(), &packed] {
        let decoded = decode(&mut Slow(bytes), &Limits::default()).unwrap();
        assert_eq!(values(&decoded.profile), [3]);
    }
    let mut cut = packed.clone();
    cut.truncate(packed.len() - 1);
    assert!(failure(&cut).starts_with("decompressing profile: unexpected EOF"));
}

#[test]
fn a_line_may_have_65535_bytes_with_its_ending() {
    let comment = |size: usize| [COUNT.as_bytes(), &b"#".repeat(size), b"\n1 @ 0x1\n"].concat();
    assert_eq!(values(&decoded(&comment(65_535)).unwrap()), [3, 1]);
    let long = "parsing profile: bufio.Scanner: token too long";
    assert_eq!(failure(&comment(65_536)), long);
    let last = |size: usize| [COUNT.as_bytes(), &b"#".repeat(size)].concat();
    assert_eq!(values(&decoded(&last(65_535)).unwrap()), [3]);
    assert_eq!(failure(&last(65_536)), long);
}

#[test]
fn a_last_line_without_an_end_counts_however_short_it_is() {
    let malformed = "parsing profile: malformed profile format";
    assert_eq!(failure(format!("{COUNT}x").as_bytes()), malformed);
}

#[test]
fn what_decodes_as_a_profile_is_one_whatever_it_looks_like() {
    // A comment of a profile.proto that is a text profile of its own.
    let text = ["\n", COUNT].concat();
    let fields = [
        super::super::bytes::strings(&["", &text]),
        super::super::bytes::number(13, 1),
    ]
    .concat();
    let profile = decoded(&fields).unwrap();
    assert_eq!((profile.samples.len(), profile.comments.len()), (0, 1));
}

#[test]
fn what_begins_like_a_text_profile_is_not_looked_at_further() {
    for (text, reason) in [
        (
            "goroutine profile: total 3\n3 @\n",
            "malformed profile format",
        ),
        (
            "heap profile: 1: 1 [1: 1] @ heap/512\n1: 9 [1: 9] @ 0x1zz 0x11111111111111112\n",
            "",
        ),
        (
            "heap profile: 1: 1 [1: 1] @ heap/512\n1 [1: 9] @ 0x1\n",
            "unexpected number of sample values: got 0, want 6",
        ),
    ] {
        match reason {
            "" => assert_eq!(decoded(text.as_bytes()).unwrap().locations.len(), 1),
            _ => assert_eq!(
                failure(text.as_bytes()),
                format!("parsing profile: {reason}")
            ),
        }
    }
}

#[test]
fn rows_that_do_not_fit_are_an_error_and_not_the_end_of_the_pod() {
    let rows: String = (0..20_000)
        .map(|row| format!("1 @ {:#x} {:#x}\n", row * 64 + 1, row * 64 + 2))
        .collect();
    let text = [COUNT, &rows].concat();
    let small = decode(&mut text.as_bytes(), &Limits::of_memory(1 << 20));
    let error = small.unwrap_err().to_string();
    assert!(error.starts_with("parsing profile: too large"), "{error}");
    assert_eq!(decoded(text.as_bytes()).unwrap().locations.len(), 40_000);
}

#[test]
fn a_memory_map_made_to_cost_time_is_cut() {
    let map: String = (0..40_000).map(|n| format!("{n}0-{n}1 /{n}\n")).collect();
    let rows: String = (1..40_000u64)
        .map(|n| format!("1 @ {:#x}\n", n << 32))
        .collect();
    let text = [COUNT, &rows, "--- Memory map: ---\n", &map].concat();
    assert_eq!(decoded(text.as_bytes()).unwrap().samples.len(), 40_000);
}

/// Where the mappings begin that a memory map of these lines has.
fn starts(map: &str) -> Vec<u64> {
    let text = [COUNT, "--- Memory map: ---\n", map].concat();
    let mappings = decoded(text.as_bytes()).unwrap().mappings;
    mappings.iter().map(|mapping| mapping.start).collect()
}

#[test]
fn a_memory_map_has_32_names_and_no_more() {
    let names: String = (0..33).map(|n| format!("k{n:02}={n}000\n")).collect();
    let map = format!("{names}$k31-32000: /a\n$k32-33000: /b\n34000-35000: /c\n");
    let found = starts(&map);
    assert!(found.contains(&0x31000) && found.contains(&0x34000));
    assert!(!found.contains(&0x32000), "{found:x?}");
}

#[test]
fn a_line_of_a_memory_map_may_become_64_kib_by_what_it_names() {
    let line = |bytes: usize| {
        let value = "x".repeat(60_000);
        let rest = "y".repeat(bytes - 60_000 - "31000-32000: /".len());
        starts(&format!("v={value}\n31000-32000: /$v{rest}\n"))
    };
    assert!(line(65_536).contains(&0x31000));
    assert!(!line(65_537).contains(&0x31000));
}

#[test]
fn a_line_of_java_is_less_than_4_mib_long() {
    let text = |bytes: usize| {
        let head = "--- heapz 1 ---\nformat = java\nresolution = bytes\n";
        [head.as_bytes(), &b" ".repeat(bytes), b"\n8 2 @ 0x1\n"].concat()
    };
    assert_eq!(decoded(&text((4 << 20) - 1)).unwrap().samples.len(), 1);
    let error = failure(&text(4 << 20));
    assert!(error.contains("a line of less than 4 MiB"), "{error}");
}
