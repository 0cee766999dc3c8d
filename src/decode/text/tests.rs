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
    let whole = COUNT.trim_ascii_end().as_bytes();
    let decoded = decode(&mut Slow(whole), &Limits::default()).unwrap();
    assert_eq!(decoded.profile.locations.address, [0x1000, 0x2000]);
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

/// The files of the mappings that a memory map of this line has, and where they begin.
fn mapped(line: &str) -> Vec<(u64, String)> {
    let text = [COUNT, "--- Memory map: ---\n", line].concat();
    let profile = decoded(text.as_bytes()).unwrap();
    let file = |id| String::from_utf8_lossy(profile.text(id)).into_owned();
    // What lies in none of them is given one at 0.
    let mappings = profile.mappings.iter().filter(|m| m.start > 0);
    mappings.map(|m| (m.start, file(m.file))).collect()
}

#[test]
fn a_line_of_a_memory_map_is_read_word_by_word() {
    let at = |start: u64, file: &str| vec![(start, file.to_string())];
    for (line, found) in [
        ("1000-3000 r-xp 0 fd:01 9 /a", at(0x1000, "/a")),
        ("1000-3000 r-xp fd:01 9 /a", at(0x1000, "/a")),
        ("1000-3000 0 fd:01 9 /a", at(0x1000, "/a")),
        ("1000-3000 xr2 0 fd:01 9 /a", at(0x1000, "")),
        ("x.go:7] 1000-3000: /a", at(0x1000, "/a")),
        ("x.go:12] 1000-3000: /a", at(0x1000, "/a")),
        ("12", at(1, "")),
    ] {
        assert_eq!(mapped(line), found, "{line}");
    }
    for line in ["1", ":7] 1000-3000: /a", "x.go:] 1000-3000: /a"] {
        let starts = mapped(line);
        assert!(
            starts
                .iter()
                .all(|(start, _)| *start != 0x1000 && *start != 1),
            "{starts:?}"
        );
    }
}

#[test]
fn what_is_nearly_the_first_line_of_a_format_is_none() {
    for text in [
        " profile: total 3\n3 @ 0x1\n",
        "x profile: total 3 y\n3 @ 0x1\n",
        "heap profile: 1: 8 [1: 8] @ heap0/512\n1: 8 [1: 8] @ 0x1\n",
        "--- threadz 1 -\n",
        "--- Thread 1 (name: a/b) stack: ---\n0x1\n---- no stack trace for the rest\n",
    ] {
        assert!(decoded(text.as_bytes()).is_err(), "{text}");
    }
    for text in [
        "--- threadz 1 --- --- threadz 2x\n--- Thread 1 (name: w/1/2) stack: ---\n0x1\n--- Memory map: ---\n",
        "--- Thread 1 (name: a/1) stack: --- --- Thread 2 (name: \n0x1\n--- Memory map: ---\n",
        "--- contention:\ncycles/second=1\n--- Memory map: ---\n",
        "--- contention:\ncycles/second=1\n",
        "--- contentionz 1 ---\nformat = java\n",
    ] {
        assert!(decoded(text.as_bytes()).is_ok(), "{text}");
    }
}

/// The values of a heap profile with this header and these rows.
fn heap(header: &str, rows: &str) -> Result<Vec<i64>, String> {
    let text = format!("heap profile: {header}\n{rows}");
    let decoded = decoded(text.as_bytes()).map_err(|error| error.to_string());
    decoded.map(|profile| values(&profile))
}

#[test]
fn the_rate_of_a_heap_profile_says_what_its_rows_stand_for() {
    let header = |end: &str| format!("4: 4 [4: 4] @ {end}");
    let row = "4: 4 [4: 4] @ 0x1\n";
    assert_eq!(heap(&header("heap_v2/1"), row).unwrap(), [4, 4]);
    assert_eq!(heap(&header("heap_v2/2"), row).unwrap(), [10, 10]);
    assert_eq!(heap(&header("heap/2"), row).unwrap(), [4, 4]);
    assert_eq!(heap(&header("heap_v2"), row).unwrap(), [4, 4]);
    assert_eq!(heap(&header("heapprofile"), row).unwrap(), [4, 4]);
    // Of what is counted and has no size nothing is known, unless it was not sampled.
    let empty = "4: 0 [4: 0] @ 0x1\n";
    assert_eq!(heap(&header("heap_v2/2"), empty).unwrap(), [0, 0]);
    assert_eq!(heap(&header("heapprofile"), empty).unwrap(), [4, 0]);
    assert_eq!(heap("4: 4 [5: 4] @ heapprofile", row).unwrap().len(), 4);
    assert_eq!(heap("4: 4 [4: 5] @ heapprofile", row).unwrap().len(), 4);
    assert_eq!(heap("4: 4 [0: 0] @ heapprofile", row).unwrap().len(), 2);
    for size in ["1", "-1"] {
        let row = format!("0: {size} [0: 0] @ 0x1\n");
        assert!(heap(&header("heapprofile"), &row).is_err(), "{size}");
    }
}

#[test]
fn one_byte_that_was_sampled_is_scaled_like_more() {
    assert_eq!(
        heap("1: 1 [1: 1] @ heap_v2/2", "1: 1 [1: 1] @ 0x1\n").unwrap(),
        [2, 2]
    );
    assert_eq!(
        heap("1: 1 [1: 1] @ heap_v2/2", "9: 1 [9: 1] @ 0x1\n").unwrap(),
        [166, 18]
    );
}

/// The size that the label of a heap row says, if it has that label.
fn block(row: &str) -> Option<i64> {
    let text = format!("heap profile: 4: 4 [4: 4] @ heapprofile\n{row}");
    let profile = decoded(text.as_bytes()).unwrap();
    let labels = profile.label_sets.row(profile.label_sets.len() - 1);
    labels.first().map(|label| match label.value {
        crate::model::LabelValue::Number(size, _) => size,
        crate::model::LabelValue::Text(_) => -1,
    })
}

#[test]
fn a_row_of_a_heap_profile_is_labelled_with_the_size_of_its_blocks() {
    assert_eq!(block("1: 16 [1: 16] @ 0x1\n"), Some(16));
    assert_eq!(block("4: 64 [4: 64] @ 0x1\n"), Some(16));
    assert_eq!(block("0: 0 [0: 0] @ 0x1\n"), Some(0));
    // Go's own binary form has no label of nothing.
    let named = |row: &str| block(&format!("{row} @ 0x1\n#\t0x1\tmain.f+0x1\t/f.go:1\n"));
    assert_eq!(named("4: 4 [4: 4]"), Some(1));
    assert_eq!(named("0: 0 [0: 0]"), None);
}

#[test]
fn delays_are_cycles_where_the_profile_says_how_many_a_second_has() {
    let contention = |head: &str, row: &str| {
        let text = format!("--- contentionz 1 ---\n{head}{row} @ 0x1\n");
        values(&decoded(text.as_bytes()).unwrap())
    };
    assert_eq!(contention("", "500 3"), [3, 500]);
    assert_eq!(contention("cycles/second=1\n", "5 3"), [3, 5_000_000_000]);
    assert_eq!(contention("sampling period=0\n", "500 3"), [3, 500]);
    assert_eq!(contention("sampling period=2\n", "500 4"), [8, 500]);
    assert_eq!(
        contention("sampling period=2\ncycles/second=1000000000\n", "5 4"),
        [8, 10]
    );
    // A single number is torn apart.
    assert_eq!(contention("", "123"), [3, 12]);
}
