//! Finding and reading source files (pprof-behaviour 6.5, path rules).

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::go::path::{dir, is_abs, join};
use crate::graph::path::{PathTrim, list};

/// pprof reads no line longer than this, and nothing after one.
const LONGEST_LINE: usize = 64 * 1024;

/// Opens the source file of a path; the error is pprof's text.
pub(super) fn open(path: &[u8], paths: &PathTrim) -> Result<File, String> {
    let path = paths.apply(path);
    if is_abs(path) {
        return File::open(Path::new(OsStr::from_bytes(path)))
            .map_err(|error| format!("open {}: {}", text(path), reason(&error)));
    }
    for directory in list(&paths.search) {
        let mut directory = directory.to_vec();
        loop {
            let name = join(&[&directory, path]);
            if let Ok(file) = File::open(Path::new(OsStr::from_bytes(&name))) {
                return Ok(file);
            }
            let parent = dir(&directory).into_owned();
            if parent == directory {
                break;
            }
            directory = parent;
        }
    }
    let (path, search) = (text(path), text(&paths.search));
    Err(format!("could not find file {path} on path {search}"))
}

/// The lines `first..=last` of a file, counted from 1, without their ends; fewer when it is shorter.
pub(super) fn lines(file: File, first: i64, last: i64) -> Vec<Vec<u8>> {
    let mut reader = BufReader::new(file);
    let mut lines = Vec::new();
    for number in 1..=last {
        let mut line = Vec::new();
        let read = (&mut reader)
            .take(LONGEST_LINE as u64)
            .read_until(b'\n', &mut line);
        if !matches!(read, Ok(1..)) {
            break;
        }
        let ended = line.pop_if(|end| *end == b'\n').is_some();
        if !ended && line.len() >= LONGEST_LINE {
            break;
        }
        line.pop_if(|end| *end == b'\r');
        if number >= first {
            lines.push(line);
        }
    }
    lines
}

fn text(bytes: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

/// The words of Go for the errors that opening a file gives, without Rust's number.
fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or directory".to_string(),
        io::ErrorKind::PermissionDenied => "permission denied".to_string(),
        io::ErrorKind::NotADirectory => "not a directory".to_string(),
        _ => error.to_string(),
    }
}
