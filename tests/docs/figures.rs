//! The figures and targets that README.md repeats: each has one place of its own, and must be what stands there.

use std::fs;
use std::path::Path;

use crate::support::run::binary;

/// Larger than any release: what cargo builds for the tests alone says nothing of sizes.
const NO_RELEASE: f64 = 4e6;

fn read(name: &str) -> String {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(top.join(name)).expect("a page")
}

/// The cells of a row of a table.
fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

/// The number in front of ` MB`, the first or the second one of a text.
fn megabytes(text: &str, which: usize) -> f64 {
    let before = text.split(" MB").nth(which).unwrap_or_default();
    let digits = before.rsplit([' ', '(']).next().unwrap_or_default();
    digits.parse().unwrap_or_else(|_| panic!("no MB in {text}"))
}

#[test]
fn the_size_in_the_readme_is_that_of_the_binary() {
    let readme = read("README.md");
    let row = readme.lines().find(|line| line.starts_with("| the file |"));
    let row = row.expect("the row of the file");
    let first = readme
        .lines()
        .find(|line| line.contains("One static file of "));
    let first = first.expect("the first lines give the size");
    for which in [0, 1] {
        let rounded = (megabytes(row, which) * 10.0).round() / 10.0;
        assert_eq!(megabytes(first, which), rounded, "{first}\n{row}");
    }
    let released = readme.lines().find(|line| line.contains("-linux-amd64` |"));
    let released = released.expect("the row of the release");
    assert_eq!(megabytes(released, 0), megabytes(row, 0), "{released}");
    if std::env::var_os("PODPROF_EMULATED").is_some() {
        return; // what is under test is for another processor, in the row that `make dist` checks
    }
    let bytes = fs::metadata(binary()).expect("the binary under test").len() as f64;
    let off = (bytes / 1e6 - megabytes(row, 0)).abs();
    assert!(
        bytes > NO_RELEASE || off < 0.02,
        "{bytes} bytes are not what README.md says: {row}"
    );
}

#[test]
fn the_times_in_the_readme_are_those_of_the_measurements() {
    let (readme, measured) = (read("README.md"), read("docs/performance.md"));
    let rows = readme
        .lines()
        .filter(|line| line.ends_with("make bench` |") && line.starts_with("| `-"));
    let rows: Vec<&str> = rows.collect();
    assert!(!rows.is_empty(), "README.md gives times");
    for row in rows {
        let figures = &cells(row)[1..3];
        let found = measured
            .lines()
            .any(|line| figures.iter().all(|figure| line.contains(figure)));
        assert!(found, "docs/performance.md has no row with {figures:?}");
    }
}

#[test]
fn the_targets_in_the_readme_are_those_of_the_makefile() {
    let makefile = read("Makefile");
    let helps = makefile.lines().filter_map(|line| {
        let (target, help) = line.split_once(" ## ")?;
        let target = target.split(':').next()?;
        Some((target.to_string(), help.to_string()))
    });
    let mut helps: Vec<(String, String)> = helps.collect();
    let readme = read("README.md");
    let rows = readme.lines().filter_map(|line| {
        let (target, text) = line.strip_prefix("| `make ")?.split_once("` | ")?;
        Some((target.to_string(), text.strip_suffix(" |")?.to_string()))
    });
    let mut rows: Vec<(String, String)> = rows.collect();
    helps.sort();
    rows.sort();
    assert_eq!(rows, helps, "README.md (left) and Makefile");
}
