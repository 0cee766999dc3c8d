//! A profile in a file, a FIFO, a device or under /proc: anything that can be opened and read to its end.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::path::Path;

use super::Opened;
use crate::error::{Error, Result};
use crate::go::syscall;
use crate::interrupt;

/// What `perf record` writes first.
const PERF_MAGIC: &[u8] = b"PERFILE2";

/// Whether something of this name exists; the error is pprof's, for when the name is no URL either.
pub(super) fn stat(name: &OsStr) -> Result<()> {
    match fs::metadata(name) {
        Ok(_) => Ok(()),
        Err(error) => Err(failed(name, "stat", &error)),
    }
}

/// Opens what exists under this name.
pub(super) fn open(name: &OsStr) -> Result<Opened> {
    let shown = name.to_string_lossy().into_owned();
    let mut file = File::open(name).map_err(|error| failed(name, "open", &error))?;
    let kind = file
        .metadata()
        .map_err(|error| failed(name, "stat", &error))?;
    if kind.is_dir() {
        return Err(Error::Source(format!(
            "{shown}: read {shown}: is a directory"
        )));
    }
    let mut start = Vec::new();
    if kind.is_file() {
        let first = (&mut file).take(PERF_MAGIC.len() as u64);
        read_all(first, &mut start).map_err(|error| failed(name, "read", &error))?;
    }
    if start == PERF_MAGIC {
        return Err(Error::Source(perf_text(&shown)));
    }
    let body = Patient {
        file,
        shown: shown.clone(),
    };
    Ok(Opened {
        name: shown,
        body: Box::new(Cursor::new(start).chain(body)),
        remote: None,
    })
}

fn read_all(mut from: impl Read, into: &mut Vec<u8>) -> io::Result<()> {
    from.read_to_end(into).map(|_| ())
}

fn failed(name: &OsStr, call: &str, error: &io::Error) -> Error {
    let name = Path::new(name).display();
    Error::Source(format!(
        "{name}: {call} {name}: {}",
        syscall::error_text(error)
    ))
}

// As pprof-behaviour 1.8: pprof runs perf_to_profile here; podprof starts no other program.
fn perf_text(shown: &str) -> String {
    format!(
        "{shown}: failed to convert perf.data file. Try github.com/google/perf_data_converter: \
         `perf_to_profile -i {shown} -o {shown}.pb.gz` makes a profile of it"
    )
}

/// A file whose slow reads Ctrl-C ends, and whose errors name it as Go does.
struct Patient {
    file: File,
    shown: String,
}

impl Read for Patient {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if interrupt::check().is_err() {
                return Err(io::Error::other("interrupted"));
            }
            match self.file.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    let text = format!("read {}: {}", self.shown, syscall::error_text(&error));
                    return Err(io::Error::other(text));
                }
                Ok(count) => return Ok(count),
            }
        }
    }
}
