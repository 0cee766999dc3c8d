//! Shows how two texts differ, the way `diff -u` does, with blanks and control bytes made visible.

use std::fmt::Write as _;

/// Unchanged lines shown around a change.
const CONTEXT: usize = 3;
/// Longer texts are compared by their first different line only: the table below is quadratic.
const QUADRATIC: usize = 2_000;

/// One line of a comparison: kept, only in the first text, or only in the second.
enum Step<'t> {
    Both(&'t [u8]),
    Gone(&'t [u8]),
    New(&'t [u8]),
}

/// A unified diff of `expected` and `got`, empty where they are equal.
pub(crate) fn unified(expected: &[u8], got: &[u8]) -> String {
    if expected == got {
        return String::new();
    }
    let old: Vec<&[u8]> = expected.split_inclusive(|&byte| byte == b'\n').collect();
    let new: Vec<&[u8]> = got.split_inclusive(|&byte| byte == b'\n').collect();
    let same_start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[same_start..], &new[same_start..]);
    let same_end = old.iter().rev().zip(new.iter().rev());
    let same_end = same_end.take_while(|(a, b)| a == b).count();
    let changed_old = &old[..old.len() - same_end];
    let changed_new = &new[..new.len() - same_end];
    let mut text = format!("@@ from line {} @@\n", same_start + 1);
    let all: Vec<&[u8]> = expected.split_inclusive(|&byte| byte == b'\n').collect();
    for line in &all[same_start.saturating_sub(CONTEXT)..same_start] {
        show(&mut text, ' ', line);
    }
    for step in steps(changed_old, changed_new) {
        match step {
            Step::Both(line) => show(&mut text, ' ', line),
            Step::Gone(line) => show(&mut text, '-', line),
            Step::New(line) => show(&mut text, '+', line),
        }
    }
    for line in old[old.len() - same_end..].iter().take(CONTEXT) {
        show(&mut text, ' ', line);
    }
    text
}

/// The longest common subsequence of two lists of lines, as steps from the first to the second.
fn steps<'t>(old: &[&'t [u8]], new: &[&'t [u8]]) -> Vec<Step<'t>> {
    if old.len() > QUADRATIC || new.len() > QUADRATIC {
        let gone = old.iter().take(1).map(|line| Step::Gone(line));
        return gone
            .chain(new.iter().take(1).map(|line| Step::New(line)))
            .collect();
    }
    let mut longest = vec![vec![0u32; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i][j] = if old[i] == new[j] {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut found) = (0, 0, Vec::new());
    while i < old.len() || j < new.len() {
        if i < old.len() && j < new.len() && old[i] == new[j] {
            found.push(Step::Both(old[i]));
            (i, j) = (i + 1, j + 1);
        } else if j == new.len() || (i < old.len() && longest[i + 1][j] >= longest[i][j + 1]) {
            found.push(Step::Gone(old[i]));
            i += 1;
        } else {
            found.push(Step::New(new[j]));
            j += 1;
        }
    }
    found
}

fn show(text: &mut String, mark: char, line: &[u8]) {
    let body = line.strip_suffix(b"\n");
    let end = if body.is_some() { "" } else { "  (no newline)" };
    let body = body.unwrap_or(line);
    let trailing = body.len() - body.trim_ascii_end().len();
    let marked = if trailing > 0 {
        format!("  ({trailing} trailing)")
    } else {
        String::new()
    };
    let printable = String::from_utf8_lossy(body).replace(|c: char| c.is_control(), "␀");
    writeln!(text, "{mark}{printable}{marked}{end}").ok();
}

#[test]
fn a_changed_line_is_shown_with_its_neighbours() {
    let shown = unified(b"a\nb\nc\n", b"a\nx\nc\n");
    assert_eq!(shown, "@@ from line 2 @@\n a\n-b\n+x\n c\n");
}

#[test]
fn equal_texts_have_no_diff_and_a_lost_last_newline_has_one() {
    assert_eq!(unified(b"a\n", b"a\n"), "");
    assert_eq!(
        unified(b"a\n", b"a"),
        "@@ from line 1 @@\n-a\n+a  (no newline)\n"
    );
}

#[test]
fn blanks_at_the_end_of_a_line_are_counted() {
    assert_eq!(
        unified(b"a\n", b"a  \n"),
        "@@ from line 1 @@\n-a\n+a    (2 trailing)\n"
    );
}
