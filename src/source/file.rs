//! A profile in a file, a FIFO, a device or under /proc: anything that can be opened and read to its end.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::path::Path;

use super::Opened;
use super::body::{Body, Origin};
use super::url;
use crate::error::{Error, Result};
use crate::go::syscall;

/// What `perf record` writes first.
const PERF_MAGIC: &[u8] = b"PERFILE2";

/// Whether something of this name exists.
pub(super) fn stat(name: &OsStr) -> io::Result<()> {
    fs::metadata(name).map(|_| ())
}

/// pprof's text for a name that is neither a file nor a URL, and what may have been meant.
pub(super) fn missing(name: &OsStr, error: &io::Error) -> Error {
    let name = url::hide_password(&name.to_string_lossy());
    let advice = match name.as_str() {
        "localhost" => " (a server is named with its port: localhost:6060)",
        name if name.starts_with("file://") => " (a file is named without file://)",
        name if name.contains("://") => {
            " (as a URL it is malformed: an odd character is written %XX)"
        }
        // Everything else is a file that is not there.
        _ => "",
    };
    let text = syscall::error_text(error);
    Error::source(format!("{name}: stat {name}: {text}{advice}"))
}

/// Opens what exists under this name.
pub(super) fn open(name: &OsStr) -> Result<Opened> {
    let shown = name.to_string_lossy().into_owned();
    let file = File::open(name).map_err(|error| failed(name, "open", &error))?;
    let kind = file
        .metadata()
        .map_err(|error| failed(name, "stat", &error))?;
    let mut body = Body::new(Origin::File(file, shown.clone()));
    if kind.is_dir() {
        return Err(Error::source(format!(
            "{shown}: read {shown}: is a directory"
        )));
    }
    // A FIFO or a device is not waited for before its time.
    if kind.is_file() {
        let start = body.look(PERF_MAGIC.len(), |_| false);
        if start.is_ok_and(|start| start == PERF_MAGIC) {
            return Err(Error::source(perf_text(&shown)));
        }
    }
    Ok(Opened {
        name: shown,
        body,
        remote: None,
    })
}

fn failed(name: &OsStr, call: &str, error: &io::Error) -> Error {
    let name = Path::new(name).display();
    Error::source(format!(
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn refused(name: &str) -> String {
        let opened = super::super::open(name.as_ref(), &Default::default(), &mut |_| ());
        let Err(error) = opened else {
            panic!("{name} was opened");
        };
        error.to_string()
    }

    #[test]
    fn what_is_no_file_is_refused_in_pprofs_words() {
        let missing = "/nonexist: stat /nonexist: no such file or directory";
        assert_eq!(refused("/nonexist"), missing);
        assert_eq!(
            refused("/proc: x"),
            "/proc: x: stat /proc: x: no such file or directory"
        );
        assert_eq!(refused("/proc"), "/proc: read /proc: is a directory");
        let below = "/proc/version/x: stat /proc/version/x: not a directory";
        assert_eq!(refused("/proc/version/x"), below);
        assert_eq!(refused(""), ": stat : no such file or directory");
        let text = refused("file:///proc/version");
        assert!(
            text.ends_with(" (a file is named without file://)"),
            "{text}"
        );
    }

    #[test]
    fn a_password_in_what_is_not_quite_a_url_is_not_shown() {
        let text = refused("http://me:s%cret@host:6060/x");
        let shown = "http://me:***@host:6060/x";
        let expected = format!("{shown}: stat {shown}: no such file or directory (as a URL");
        assert!(text.starts_with(&expected), "{text}");
    }

    #[test]
    fn a_recording_of_perf_is_named_and_what_only_starts_alike_is_read() {
        let folder = std::env::temp_dir().join(format!("podprof-perf-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let name = folder.join("perf.data");
        fs::write(&name, b"PERFILE2\0\0").unwrap();
        let text = refused(name.to_str().unwrap());
        assert!(
            text.contains(": failed to convert perf.data file. Try github.com/"),
            "{text}"
        );
        fs::write(&name, b"PERFILE").unwrap();
        let mut read = String::new();
        let opened = super::super::open(name.as_ref(), &Default::default(), &mut |_| ());
        opened.unwrap().body.read_to_string(&mut read).unwrap();
        assert_eq!(read, "PERFILE");
        fs::remove_dir_all(&folder).unwrap();
    }
}
