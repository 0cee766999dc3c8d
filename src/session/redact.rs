//! What of a profile or a text says more about people and machines than about code, taken out of it.
//!
//! Gone are the texts of labels, comments, arguments, and folders of files that are not the service's own. A text
//! has no functions to tell whose a file is by, so it loses all folders, and its labels keys and all. Numbers stay:
//! those that Go puts in labels are sizes.

use std::io::{self, Write};

use super::open::text as intern;
use crate::error::{Error, Result};
use crate::go::path::base;
use crate::model::{FunctionId, LabelValue, Profile, Str};
use crate::view::Own;

/// What stands in the place of a label's value.
const REDACTED: &[u8] = b"redacted";
/// Bytes of a line that are looked at together; what is behind them is dropped.
const LONGEST_LINE: usize = 64 * 1024;

/// Takes it out of a profile.
pub(super) fn profile(profile: &mut Profile) -> Result<()> {
    let redacted = intern(profile, REDACTED)?;
    for label in profile.label_sets.items_mut() {
        if let LabelValue::Text(value) = &mut label.value {
            *value = redacted;
        }
    }
    let own = Own::of(profile, None);
    let is_foreign = |row: &usize| !own.has(FunctionId::new(*row as u32));
    let foreign: Vec<usize> = (0..profile.functions.len()).filter(is_foreign).collect();
    let files = foreign.iter().map(|row| profile.functions.filename[*row]);
    let binaries = profile.mappings.iter().map(|mapping| mapping.file);
    let names = files.chain(binaries);
    let names: Vec<Vec<u8>> = names.map(|name| file_name(profile.text(name))).collect();
    let names = profile.strings.intern_all(names.iter().map(Vec::as_slice));
    let full = || Error::source("the profile's texts exceed 4 GiB");
    let mut names = names.ok_or_else(full)?.into_iter();
    for (row, name) in foreign.iter().zip(names.by_ref()) {
        profile.functions.filename[*row] = name;
    }
    for (mapping, name) in profile.mappings.iter_mut().zip(names) {
        mapping.file = name;
    }
    profile.comments.clear();
    profile.header.doc_url = Str::EMPTY;
    Ok(())
}

fn file_name(path: &[u8]) -> Vec<u8> {
    match path.is_empty() {
        true => Vec::new(),
        false => base(path).to_vec(),
    }
}

/// The name of the program alone, of a command line as Go's server gives it.
pub(super) fn command_line(bytes: &[u8]) -> &[u8] {
    let program = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
    if program.is_empty() {
        program
    } else {
        base(program)
    }
}

/// Takes it out of a text on its way to `out`.
pub(super) struct Lines<'o> {
    out: &'o mut dyn Write,
    line: Vec<u8>,
}

impl<'o> Lines<'o> {
    pub(super) fn new(out: &'o mut dyn Write) -> Self {
        Lines {
            out,
            line: Vec::new(),
        }
    }

    /// The text has ended, with a newline or without.
    pub(super) fn finish(mut self) -> io::Result<()> {
        match self.line.is_empty() {
            true => Ok(()),
            false => self.pass(b""),
        }
    }

    fn pass(&mut self, newline: &[u8]) -> io::Result<()> {
        if let Some(line) = redacted(&self.line) {
            self.out.write_all(&line)?;
            self.out.write_all(newline)?;
        }
        self.line.clear();
        Ok(())
    }
}

impl Write for Lines<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let room = LONGEST_LINE.saturating_sub(self.line.len());
            self.line.extend_from_slice(&rest[..end.min(room)]);
            self.pass(b"\n")?;
            rest = &rest[end + 1..];
        }
        let room = LONGEST_LINE.saturating_sub(self.line.len());
        self.line.extend_from_slice(&rest[..rest.len().min(room)]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(()) // a line is passed on when it is whole
    }
}

/// The line as it may be kept; none where nothing of it may.
fn redacted(line: &[u8]) -> Option<Vec<u8>> {
    if line.starts_with(b"# labels:") {
        return None;
    }
    if line.starts_with(b"goroutine ") && line.ends_with(b":") {
        return Some(header(line));
    }
    let is_frame = !line.starts_with(b"#") && line.ends_with(b")");
    if let Some(open) = line
        .iter()
        .rposition(|byte| *byte == b'(')
        .filter(|_| is_frame)
    {
        let name = line.get(..open).unwrap_or_default();
        return Some([name, b"(...)"].concat());
    }
    // What follows the last tab is a place where there is one, blanks in it or not.
    let tab = line
        .iter()
        .rposition(|byte| *byte == b'\t')
        .map_or(0, |tab| tab + 1);
    let (before, place) = line.split_at(tab);
    let place = match place.iter().rposition(|byte| *byte == b'/') {
        Some(slash) => &place[slash + 1..],
        None => place,
    };
    Some([before, place].concat())
}

/// `goroutine 7 [select, 5 minutes]:` without the labels that may be in it or behind it.
fn header(line: &[u8]) -> Vec<u8> {
    let Some(brace) = line.iter().position(|byte| *byte == b'{') else {
        return line.to_vec();
    };
    let head = line[..brace].trim_ascii_end();
    let head = head
        .strip_suffix(b"labels:")
        .unwrap_or(head)
        .trim_ascii_end();
    let head = head.strip_suffix(b",").unwrap_or(head);
    match head.ends_with(b"]") {
        true => [head, b":"].concat(),
        false => [head, b"]:"].concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::profile as folded;

    fn text(input: &str, piece: usize) -> String {
        let mut out = Vec::new();
        let mut lines = Lines::new(&mut out);
        for piece in input.as_bytes().chunks(piece) {
            lines.write_all(piece).expect("written");
        }
        lines.finish().expect("written");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn a_text_keeps_names_numbers_and_lines() {
        let input = [
            "goroutine profile: total 3",
            "1 @ 0x1 0x2",
            "# labels: {\"user\":\"ann\"}",
            "#\t0x1\tmain.(*T).run+0x1d\t\t/home/ann/src a/x.go:12",
            "# Alloc = 123",
            "goroutine 1 [select, 7 minutes, labels:{\"k\": \"ann]\"}, locked to thread]:",
            "goroutine 2 [running labels:{\"k\": \"v\"}]:",
            "goroutine 3 [chan receive] {user: ann, k: \"a] {b\"}:",
            "goroutine 4 [IO wait]:",
            "main.(*T).run(0xc000, {0x1, 0x2})",
            "\t/home/ann/src/x.go:12 +0x1d",
            "created by main.main in goroutine 1",
            "",
            "net/http.(*conn).serve(...)",
        ];
        let expected = [
            "goroutine profile: total 3",
            "1 @ 0x1 0x2",
            "#\t0x1\tmain.(*T).run+0x1d\t\tx.go:12",
            "# Alloc = 123",
            "goroutine 1 [select, 7 minutes]:",
            "goroutine 2 [running]:",
            "goroutine 3 [chan receive]:",
            "goroutine 4 [IO wait]:",
            "main.(*T).run(...)",
            "\tx.go:12 +0x1d",
            "created by main.main in goroutine 1",
            "",
            "net/http.(*conn).serve(...)",
        ];
        for piece in [1, 7, 10_000] {
            let ended = text(&format!("{}\n", input.join("\n")), piece);
            assert_eq!(ended, format!("{}\n", expected.join("\n")));
            assert_eq!(text(&input.join("\n"), piece), expected.join("\n"));
        }
    }

    #[test]
    fn a_line_without_end_takes_no_memory() {
        let long = "x".repeat(3 * LONGEST_LINE);
        assert_eq!(text(&format!("{long}\ny\n"), 1000).len(), LONGEST_LINE + 3);
    }

    #[test]
    fn of_a_command_line_the_program_stays() {
        assert_eq!(command_line(b"/srv/ann/app\0-token\0x"), b"app");
        assert_eq!(command_line(b"app"), b"app");
        assert_eq!(command_line(b""), b"");
    }

    #[test]
    fn a_profile_keeps_keys_sizes_and_own_files() {
        let mut profile = folded("main.main;net/http.Serve 1");
        let put = |profile: &mut Profile, text: &[u8]| intern(profile, text).expect("room");
        for row in 0..profile.functions.len() {
            let name = profile.text(profile.functions.name[row]).to_vec();
            let file = match name.starts_with(b"main.") {
                true => &b"/home/ann/app/main.go"[..],
                false => b"/home/ann/go/pkg/mod/example.com/http@v1.2.3/server.go",
            };
            profile.functions.filename[row] = put(&mut profile, file);
        }
        let (key, value) = (put(&mut profile, b"user"), put(&mut profile, b"ann"));
        let labels = [LabelValue::Text(value), LabelValue::Number(7, None)];
        let row = labels.map(|value| crate::model::Label { key, value });
        profile.label_sets.push(row).expect("room");
        profile.comments.push(value);
        super::profile(&mut profile).expect("redacted");
        let files = profile.functions.filename.iter();
        let mut files: Vec<&[u8]> = files.map(|file| profile.text(*file)).collect();
        files.sort();
        assert_eq!(files, [&b"/home/ann/app/main.go"[..], b"server.go"]);
        let values = profile
            .label_sets
            .items()
            .iter()
            .map(|label| match label.value {
                LabelValue::Text(text) => (profile.text(label.key), profile.text(text)),
                LabelValue::Number(..) => (profile.text(label.key), &b"7"[..]),
            });
        let expected = [(&b"user"[..], &b"redacted"[..]), (b"user", b"7")];
        assert_eq!(values.collect::<Vec<_>>(), expected);
        assert!(profile.comments.is_empty());
    }
}
