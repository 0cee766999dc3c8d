//! The lines typed before: in memory, and in a file only when `PODPROF_HISTORY` names one.
//!
//! The file is plain, one line an entry, appended to as lines are typed, readable by its owner only.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;

use crate::source;

/// Entries kept in memory.
pub(super) const MOST: usize = 1000;
/// No more than this is read from the end of the file.
const TAIL: u64 = 256 * 1024;

/// The file that the user named, or nothing.
pub(super) struct Log {
    file: Option<File>,
}

impl Log {
    /// Opens what `PODPROF_HISTORY` names and reads its last lines, the oldest first.
    ///
    /// # Errors
    /// The file cannot be opened or read; the text says which.
    pub(super) fn open() -> Result<(Log, Vec<String>), String> {
        match std::env::var_os("PODPROF_HISTORY").filter(|name| !name.is_empty()) {
            Some(name) => Log::read(&name).map_err(|error| {
                format!(
                    "PODPROF_HISTORY: {}: {error}; history stays in memory",
                    name.display()
                )
            }),
            None => Ok((Log::nowhere(), Vec::new())),
        }
    }

    /// Keeps nothing.
    pub(super) fn nowhere() -> Log {
        Log { file: None }
    }

    fn read(name: &OsString) -> io::Result<(Log, Vec<String>)> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true).mode(0o600);
        let mut file = options.open(name)?;
        let size = file.metadata()?.len();
        file.seek(SeekFrom::Start(size.saturating_sub(TAIL)))?;
        let mut bytes = Vec::new();
        (&file).take(TAIL).read_to_end(&mut bytes)?;
        let whole = if size > TAIL { 1 } else { 0 }; // the first line may have been cut
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.lines().skip(whole).filter(|line| is_entry(line));
        let lines: Vec<String> = lines.map(str::to_string).collect();
        let oldest = lines.len().saturating_sub(MOST);
        Ok((Log { file: Some(file) }, lines[oldest..].to_vec()))
    }

    /// Notes a line; one that cannot be written is forgotten.
    pub(super) fn add(&mut self, line: &str) {
        if let Some(file) = self.file.as_mut().filter(|_| is_entry(line)) {
            let line = without_passwords(line);
            // One write, so that two prompts with one file do not mix their lines.
            let _ = file.write_all(format!("{line}\n").as_bytes());
        }
    }
}

/// The line with `***` for the passwords in its URLs.
fn without_passwords(line: &str) -> String {
    let words = line.split(' ').map(|word| match word.contains('@') {
        true => source::shown(OsStr::new(word)),
        false => word.to_string(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A line may be shown again only if it would not steer the terminal.
fn is_entry(line: &str) -> bool {
    !line.trim().is_empty() && !line.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn scratch(name: &str) -> OsString {
        let file = format!("podprof-history-{name}-{}", std::process::id());
        std::env::temp_dir().join(file).into_os_string()
    }

    #[test]
    fn lines_come_back_oldest_first_and_only_their_owner_reads_them() {
        let name = scratch("back");
        let (mut log, lines) = Log::read(&name).expect("a scratch file");
        assert!(lines.is_empty());
        for line in ["top", "", "a\x1b[2Jb", "peek main"] {
            log.add(line);
        }
        let (_, lines) = Log::read(&name).expect("a scratch file");
        let mode = std::fs::metadata(&name).expect("it exists").permissions();
        std::fs::remove_file(&name).expect("it exists");
        assert_eq!(lines, ["top", "peek main"]);
        assert_eq!(mode.mode() & 0o777, 0o600);
    }

    #[test]
    fn no_password_is_kept() {
        for (line, kept) in [
            (
                "open http://ann:s@h:1/x  mine",
                "open http://ann:***@h:1/x  mine",
            ),
            ("base ann:s@h:6060", "base ann:***@h:6060"),
            ("peek a@b", "peek a@b"),
        ] {
            assert_eq!(without_passwords(line), kept);
        }
    }

    #[test]
    fn of_a_long_file_only_whole_last_lines_are_read() {
        let name = scratch("long");
        let text: String = (0..40_000).map(|at| format!("top {at}\n")).collect();
        std::fs::write(&name, text).expect("a scratch file");
        let (_, lines) = Log::read(&name).expect("a scratch file");
        std::fs::remove_file(&name).expect("it exists");
        assert_eq!(lines.len(), MOST);
        assert_eq!(lines.last().map(String::as_str), Some("top 39999"));
    }
}
