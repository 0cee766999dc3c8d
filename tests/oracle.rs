//! Replays every line of data/cases.txt and compares podprof with what the pinned pprof said: stdout byte for byte,
//! stderr and exit code too. `tests/oracle/oracle.py` reads the same lines by the same rules: change both.
//!
//! Where podprof differs on purpose, `oracle/NAME.deviation` holds the reason and podprof's own answer.
//! `PODPROF_CASES=shell.` limits the replay to the cases whose names start so, `PODPROF_EVERY=3` to every third of them,
//! `PODPROF_FIRST=1` to the first failure.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::support::cases::{Case, cases};
use crate::support::diff::unified;
use crate::support::run::{Podprof, binary, data_dir};

/// Runs at once; each is a process of its own.
const AT_ONCE: usize = 2;
/// Failures shown in full; the rest are only named.
const SHOWN: usize = 12;

/// What a run said, or should have said.
#[derive(PartialEq)]
struct Answer {
    code: i32,
    stderr: Vec<u8>,
    stdout: Vec<u8>,
}

#[test]
fn every_case_line_answers_as_pprof_does() {
    replay_all(&[]);
}

#[test]
fn every_case_line_answers_alike_where_no_samples_are_held_and_two_threads_read() {
    replay_all(&["-low_mem", "-threads=2"]);
}

/// Replays all lines with these arguments in front of their own.
fn replay_all(more: &[&str]) {
    let wanted = std::env::var("PODPROF_CASES").unwrap_or_default();
    let every = std::env::var("PODPROF_EVERY").map_or(1, |n| n.parse().expect("a number"));
    let cases: Vec<Case> = cases()
        .into_iter()
        .filter(|case| case.name.starts_with(&wanted))
        .step_by(every)
        .collect();
    let first_only = std::env::var_os("PODPROF_FIRST").is_some();
    let goldens = goldens();
    let next = AtomicUsize::new(0);
    let replay_some = || {
        let mut failed = Vec::new();
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Some(complaint) = replay(case, more, &goldens) {
                failed.push((case.name.as_str(), complaint));
                if first_only {
                    next.store(cases.len(), Ordering::Relaxed);
                }
            }
        }
        failed
    };
    let failures: BTreeMap<&str, String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_ONCE).map(|_| scope.spawn(replay_some)).collect();
        let workers = workers.into_iter();
        workers
            .flat_map(|worker| worker.join().expect("a replay panicked"))
            .collect()
    });
    assert!(failures.is_empty(), "{}", summary(&failures, cases.len()));
}

#[test]
fn every_golden_and_deviation_belongs_to_a_case_line() {
    let names: BTreeSet<String> = cases().into_iter().map(|case| case.name).collect();
    let goldens = goldens();
    assert!(
        goldens.keys().eq(names.iter()),
        "cases.txt and the goldens disagree: run `make oracle`"
    );
    for file in oracle_files("deviation") {
        let name = file
            .file_stem()
            .expect("a file has a name")
            .to_string_lossy()
            .into_owned();
        assert!(names.contains(&name), "{} is of no case", file.display());
        let (reason, _) = deviation(&file);
        assert!(reason.len() > 20, "{} gives no reason", file.display());
    }
}

/// Each reason for a deviation, on one line, and the cases that have it, in the order of the first case.
pub(crate) fn reasons() -> Vec<(String, Vec<String>)> {
    let mut files = oracle_files("deviation");
    files.sort();
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for file in files {
        let (reason, _) = deviation(&file);
        let reason = reason.replace('\n', " ");
        let case = file.file_stem().unwrap_or_default().display().to_string();
        match found.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, cases)) => cases.push(case),
            None => found.push((reason, vec![case])),
        }
    }
    found
}

/// What is wrong with podprof's answer to a case, if anything is.
fn replay(case: &Case, more: &[&str], goldens: &BTreeMap<String, Answer>) -> Option<String> {
    let Some(golden) = goldens.get(&case.name) else {
        return Some("has no golden: run `make oracle`\n".into());
    };
    if case.env.iter().any(|(key, _)| key == "TZ") && !Path::new("/usr/share/zoneinfo").is_dir() {
        return None; // Without zoneinfo every zone is UTC, in pprof as in podprof.
    }
    let got = answer(case, more);
    let declared = oracle_dir().join(format!("{}.deviation", case.name));
    let agrees = compare(case, golden, &got);
    if !declared.exists() {
        return agrees.err().map(|difference| report(case, &difference));
    }
    if agrees.is_ok() {
        return Some(report(
            case,
            "answers as pprof does: its .deviation has lost its reason\n",
        ));
    }
    let (_, expected) = deviation(&declared);
    let difference = differences(&expected, &got);
    (expected != got).then(|| report(case, &difference))
}

/// Whether podprof's answer is as good as pprof's; else how they differ.
fn compare(case: &Case, golden: &Answer, got: &Answer) -> Result<(), String> {
    let may_go_on = golden.code == 2 || case.script.is_some();
    let same_messages =
        golden.stderr == got.stderr || (may_go_on && goes_on(&golden.stderr, &got.stderr));
    if golden.code == got.code && golden.stdout == got.stdout && same_messages {
        return Ok(());
    }
    Err(differences(golden, got))
}

/// Messages may say more than pprof's: each line begins with pprof's line and goes on.
fn goes_on(pprof: &[u8], podprof: &[u8]) -> bool {
    let lines = |text: &[u8]| -> Vec<Vec<u8>> {
        text.split(|&byte| byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect()
    };
    let (short, long) = (lines(pprof), lines(podprof));
    short.len() == long.len()
        && short
            .iter()
            .zip(&long)
            .all(|(short, long)| long.starts_with(short))
}

fn differences(expected: &Answer, got: &Answer) -> String {
    let mut text = String::new();
    if expected.code != got.code {
        writeln!(text, "exit code {} instead of {}", got.code, expected.code).ok();
    }
    for (stream, old, new) in [
        ("stdout", &expected.stdout, &got.stdout),
        ("stderr", &expected.stderr, &got.stderr),
    ] {
        if old != new {
            write!(text, "{stream}: - expected, + got\n{}", unified(old, new)).ok();
        }
    }
    text
}

fn answer(case: &Case, more: &[&str]) -> Answer {
    let argv = case.argv.iter().map(String::as_str);
    let mut run = Podprof::new(more.iter().copied().chain(argv))
        .stdin(case.script.clone().unwrap_or_default());
    for (key, value) in &case.env {
        run = run.env(key, value);
    }
    let outcome = run.run();
    let here = data_dir();
    let without_here = |text: &[u8]| replace(text, here.as_os_str().as_encoded_bytes(), b"CWD");
    Answer {
        code: outcome.code.unwrap_or(-1),
        stderr: without_here(&outcome.stderr),
        stdout: without_here(&unpacked(outcome.stdout)),
    }
}

/// A gzipped report behind the ten bytes of its frame: how Go packs is not held against podprof.
fn unpacked(stdout: Vec<u8>) -> Vec<u8> {
    if !stdout.starts_with(b"\x1f\x8b") {
        return stdout;
    }
    let (frame, rest) = stdout.split_at(10);
    let deflated = &rest[..rest.len() - 8];
    let inflated = miniz_oxide::inflate::decompress_to_vec(deflated).expect("it can be unpacked");
    [frame, &inflated].concat()
}

fn report(case: &Case, difference: &str) -> String {
    let quoted: Vec<String> = case.argv.iter().map(|word| format!("'{word}'")).collect();
    let mut text = String::from("cd tests/data && ");
    if let Some(script) = &case.script {
        write!(text, "printf %b {:?} | ", String::from_utf8_lossy(script)).ok();
    }
    write!(text, "env -i HOME=/nonexistent TERM=dumb TZ=UTC ").ok();
    for (key, value) in &case.env {
        write!(text, "{key}={value} ").ok();
    }
    format!(
        "{text}{} {}\n{difference}",
        binary().display(),
        quoted.join(" ")
    )
}

fn summary(failures: &BTreeMap<&str, String>, cases: usize) -> String {
    let mut text = format!("{} of {cases} case lines fail\n", failures.len());
    for (name, complaint) in failures.iter().take(SHOWN) {
        write!(text, "\n=== {name}\n{complaint}").ok();
    }
    let rest: Vec<&str> = failures.keys().skip(SHOWN).copied().collect();
    if !rest.is_empty() {
        write!(text, "\nand {}\n", rest.join(" ")).ok();
    }
    text
}

fn oracle_dir() -> PathBuf {
    data_dir().join("oracle")
}

fn oracle_files(extension: &str) -> Vec<PathBuf> {
    let folder = fs::read_dir(oracle_dir()).expect("tests/data/oracle is there");
    let files = folder.map(|entry| entry.expect("it can be listed").path());
    files
        .filter(|file| file.extension().is_some_and(|found| found == extension))
        .collect()
}

fn goldens() -> BTreeMap<String, Answer> {
    let mut found = BTreeMap::new();
    for file in oracle_files("golden") {
        let bytes = fs::read(&file).expect("a golden can be read");
        let mut rest = bytes.as_slice();
        while !rest.is_empty() {
            let (name, answer, after) = golden(rest);
            found.insert(name, answer);
            rest = after;
        }
    }
    found
}

/// One answer, `== name code bytes-of-stderr bytes-of-stdout`, stderr, stdout, a newline; and what follows it.
fn golden(bytes: &[u8]) -> (String, Answer, &[u8]) {
    let end = bytes
        .iter()
        .position(|&byte| byte == b'\n')
        .expect("a golden opens with a line");
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let words: Vec<&str> = head.split(' ').collect();
    let number = |word: &str| word.parse::<usize>().expect("a golden counts its bytes");
    let [_, name, code, stderr, stdout] = words[..] else {
        panic!("no golden: {head}");
    };
    let body = &bytes[end + 1..];
    let (stderr, body) = body.split_at(number(stderr));
    let (stdout, body) = body.split_at(number(stdout));
    let answer = Answer {
        code: code.parse().expect("an exit code"),
        stderr: stderr.to_vec(),
        stdout: stdout.to_vec(),
    };
    (name.to_owned(), answer, &body[1..])
}

/// The reason of a deviation and podprof's own answer: text up to the first line that opens a golden.
fn deviation(file: &Path) -> (String, Answer) {
    let bytes = fs::read(file).expect("a deviation can be read");
    let at = bytes
        .windows(4)
        .position(|four| four == b"\n== ")
        .expect("a deviation holds an answer");
    let (_, answer, _) = golden(&bytes[at + 1..]);
    (
        String::from_utf8_lossy(&bytes[..at]).trim().to_owned(),
        answer,
    )
}

fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let (mut rest, mut replaced) = (text, Vec::with_capacity(text.len()));
    while let Some(at) = rest.windows(from.len()).position(|window| window == from) {
        replaced.extend_from_slice(&rest[..at]);
        replaced.extend_from_slice(to);
        rest = &rest[at + from.len()..];
    }
    replaced.extend_from_slice(rest);
    replaced
}
