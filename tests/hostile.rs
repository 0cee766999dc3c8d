//! podprof on inputs made to hurt it: exit code 0 or 2, in bounded time and memory, and no word of a panic.
//!
//! The limits are the kernel's (setrlimit, through the shell's ulimit). They are those of the promise where
//! PODPROF_BIN names the release build; a debug build is given more, it is ten times slower.

use std::fs;
use std::path::PathBuf;

use crate::support::run::{Outcome, Podprof, data_dir};

/// What `-max_mem` allows in these tests.
const ALLOWED_MIB: u64 = 64;
/// What a run may take above that.
const SPARE_MIB: u64 = 16;
/// How many mutants are made of our own profiles.
const MUTANTS: usize = 300;

fn is_release() -> bool {
    std::env::var_os("PODPROF_BIN").is_some()
}

/// One report of this input, within the limits.
fn report(command: &str, input: &[u8]) -> Outcome {
    let (spare, seconds) = match is_release() {
        true => (SPARE_MIB, 2),
        false => (8 * SPARE_MIB, 30),
    };
    let allowed = format!("-max_mem={ALLOWED_MIB}m");
    Podprof::new([command, &allowed, "-"])
        .stdin(input)
        .limited((ALLOWED_MIB + spare) << 10, seconds)
        .run()
}

/// Checks the promise; the name is for whoever has to find the input again.
fn check(name: &str, command: &str, input: &[u8]) -> Outcome {
    let outcome = report(command, input);
    let stderr = String::from_utf8_lossy(&outcome.stderr);
    let fine = matches!(outcome.code, Some(0 | 2));
    if !fine || stderr.contains("panicked") {
        let kept = std::env::temp_dir().join("podprof-hostile");
        fs::write(&kept, input).ok();
        panic!(
            "{name}, {command}: code {:?}, {stderr}\nthe input is {}",
            outcome.code,
            kept.display()
        );
    }
    outcome
}

/// The same numbers in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides.max(1)
    }

    /// Flips, cuts, splices or lengthens.
    fn mutate(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        let at = self.roll(bytes.len());
        match self.roll(5) {
            0 => bytes[at] ^= 1 << self.roll(8),
            1 => bytes[at] = bytes[at].wrapping_add(1),
            2 => bytes.truncate(at.max(1)),
            3 => {
                let from = self.roll(other.len());
                let to = (from + self.roll(64)).min(other.len());
                bytes.splice(at..at, other[from..to].iter().copied());
            }
            _ => bytes[at] = [0, 0x7f, 0x80, 0xff][self.roll(4)],
        }
    }

    /// Puts in what a text format trips over, or many times the same.
    fn mutate_text(&mut self, bytes: &mut Vec<u8>) {
        const PIECES: [&[u8]; 8] = [
            b"18446744073709551616",
            b"-9223372036854775808",
            b" 0xffffffffffffffff",
            b"\n--- Memory map: ---\n",
            b"\nx=$x$x$x$x\n",
            b"0-ffffffffffffffff $x",
            b"\n#\t0x1\t\"\\\n",
            b" @",
        ];
        let at = self.roll(bytes.len());
        let piece = PIECES[self.roll(PIECES.len())];
        let times = [1, 1, 2, 5_000][self.roll(4)];
        bytes.splice(at..at, piece.repeat(times));
    }
}

/// Our own profiles in a folder that are small, each as it is and unpacked.
fn originals(folder: &str) -> Vec<(String, Vec<u8>)> {
    let mut originals = Vec::new();
    let folder = fs::read_dir(data_dir().join(folder)).expect("our profiles");
    let mut paths: Vec<_> = folder
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    let is_source = |path: &&PathBuf| path.file_name().is_some_and(|name| name == "make");
    for path in paths
        .iter()
        .filter(|path| path.is_file() && !is_source(path))
    {
        let bytes = fs::read(path).expect("a profile of ours");
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        // Go writes no optional header fields: the deflated bytes begin after the tenth.
        let plain = bytes
            .get(10..)
            .and_then(|deflated| miniz_oxide::inflate::decompress_to_vec(deflated).ok());
        originals.extend(plain.map(|plain| (format!("{name}, unpacked"), plain)));
        originals.push((name, bytes));
    }
    originals.retain(|(_, bytes)| bytes.len() < 40_000);
    assert!(originals.len() > 20, "profiles to mutate");
    originals
}

#[test]
fn a_mutated_profile_is_reported_or_refused() {
    let refused = refused_mutants("profiles", Dice::mutate);
    assert!(
        (MUTANTS / 4..MUTANTS).contains(&refused),
        "{refused} refused"
    );
}

#[test]
fn a_mutated_text_profile_is_reported_or_refused() {
    let refused = refused_mutants("profiles/legacy", |dice, bytes, other| {
        match dice.roll(3) {
            0 => dice.mutate_text(bytes),
            _ => dice.mutate(bytes, other),
        };
    });
    assert!(
        (MUTANTS / 8..MUTANTS).contains(&refused),
        "{refused} refused"
    );
}

#[test]
fn a_mutated_goroutine_dump_is_reported_or_refused() {
    let refused = refused_mutants("dumps", |dice, bytes, other| {
        match dice.roll(3) {
            0 => dice.mutate(bytes, other),
            _ => dice.mutate_text(bytes),
        };
    });
    // A mutant hardly ever loses all its goroutines.
    assert!(refused < MUTANTS / 4, "{refused} refused");
}

/// How many mutants of the profiles in a folder are refused.
fn refused_mutants(folder: &str, mutate: impl Fn(&mut Dice, &mut Vec<u8>, &[u8])) -> usize {
    const REPORTS: [&str; 6] = ["-top", "-raw", "-traces", "-tree", "-tags", "-peek=."];
    let originals = originals(folder);
    let mut dice = Dice(0x5eed);
    let mut refused = 0;
    for round in 0..MUTANTS {
        let (name, original) = &originals[dice.roll(originals.len())];
        let other = &originals[dice.roll(originals.len())].1;
        let mut input = original.clone();
        for _ in 0..=dice.roll(2) {
            mutate(&mut dice, &mut input, other);
        }
        let outcome = check(
            &format!("{name}, mutant {round}"),
            REPORTS[round % 6],
            &input,
        );
        refused += usize::from(outcome.code == Some(2));
    }
    refused
}

#[test]
fn every_kept_input_is_survived() {
    let Ok(folder) = fs::read_dir(data_dir().join("hostile")) else {
        return;
    };
    for entry in folder {
        let path = entry.expect("an entry").path();
        let input = fs::read(&path).expect("a kept input");
        check(&path.display().to_string(), "-top", &input);
        check(&path.display().to_string(), "-raw", &input);
    }
}

/// Appends a varint.
fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A field of bytes.
fn field(number: u64, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    varint(&mut out, number << 3 | 2);
    varint(&mut out, body.len() as u64);
    out.extend_from_slice(body);
    out
}

/// One sample type and the strings for it.
fn start() -> Vec<u8> {
    [field(1, &[8, 1, 16, 1]), field(6, b""), field(6, b"cpu")].concat()
}

/// A gzip member whose checksum is right.
fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut crc = !0u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 * (crc & 1));
        }
    }
    let mut member = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    member.extend(miniz_oxide::deflate::compress_to_vec(bytes, 6));
    member.extend((!crc).to_le_bytes());
    member.extend((bytes.len() as u32).to_le_bytes());
    member
}

#[test]
fn bombs_are_refused_in_time_and_memory() {
    // The same member over and over: packing a hundred megabytes would take the test longer than podprof.
    let members = if is_release() { 400 } else { 8 };
    let long = |number: u64| {
        let mut head = Vec::new();
        varint(&mut head, number << 3 | 2);
        varint(&mut head, 10_000_000_000);
        head
    };
    let units: [(&str, Vec<u8>, Vec<u8>); 11] = [
        ("zeros", start(), vec![0, 0]),
        ("strings", start(), field(6, b"")),
        ("samples", start(), field(2, &[16, 0])),
        ("samples without values", start(), field(2, b"")),
        ("labelled samples", start(), field(2, &[16, 0, 26, 2, 8, 1])),
        ("locations", start(), field(4, b"")),
        ("functions", start(), field(5, b"")),
        ("mappings", start(), field(3, b"")),
        ("comments", start(), vec![0x68, 1]),
        ("one string", [start(), long(6)].concat(), vec![b'x']),
        ("one sample", [start(), long(2)].concat(), vec![10, 1, 1]),
    ];
    for (name, head, unit) in units {
        let member = gzipped(&unit.repeat((256 << 10) / unit.len()));
        let bomb = [gzipped(&head), member.repeat(members)].concat();
        assert!(bomb.len() < 1 << 20, "{name} is {} bytes", bomb.len());
        let outcome = check(name, "-top", &bomb);
        if is_release() {
            assert_eq!(outcome.code, Some(2), "{name}");
            let stderr = String::from_utf8_lossy(&outcome.stderr);
            assert!(stderr.contains("too large: at byte"), "{name}: {stderr}");
        }
    }
}

#[test]
fn ten_gigabytes_declared_in_twenty_bytes_cost_nothing() {
    for number in [1, 2, 3, 4, 5, 6, 11, 13, 99] {
        let mut input = Vec::new();
        varint(&mut input, number << 3 | 2);
        varint(&mut input, 10_000_000_000);
        input.resize(20, 8);
        let outcome = check("a length", "-top", &input);
        let stderr = String::from_utf8_lossy(&outcome.stderr);
        assert!(stderr.contains("the field says 10000000000"), "{stderr}");
    }
}

#[test]
fn many_distinct_rows_stay_within_the_limits() {
    let mut dice = Dice(7);
    let mut input = start();
    for row in 1..=if is_release() { 12_000u64 } else { 2_000 } {
        let mut id = Vec::new();
        varint(&mut id, (dice.roll(1 << 40) as u64) << 20 | row);
        let name = format!("f{row:x}");
        let mut text = Vec::new();
        varint(&mut text, row + 1);
        let function = [&[8][..], &id, &[16], &text].concat();
        let line = field(4, &[&[8][..], &id].concat());
        let location = [&[8][..], &id, &line].concat();
        let stack = field(1, &id);
        input.extend(field(6, name.as_bytes()));
        input.extend(field(5, &function));
        input.extend(field(4, &location));
        input.extend(field(2, &[&stack[..], &[16, 1]].concat()));
    }
    assert!(input.len() < 1 << 20);
    for command in ["-top", "-tree", "-traces", "-raw"] {
        assert_eq!(
            check("distinct rows", command, &input).code,
            Some(0),
            "{command}"
        );
    }
}
