//! Other programs, and the only place that starts any: Graphviz for pictures and what shows them, for
//! the commands that are named after them. Words are handed over as they are; no shell reads them.

use std::fs::{self, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::command::commands::Viewer;
use crate::error::{Error, Result};
use crate::go::syscall::error_text;

/// What Graphviz makes of a graph in this format.
pub(super) fn picture(graph: &[u8], format: &str) -> Result<Vec<u8>> {
    draw(graph, format).map_err(|reason| {
        let text = "failed to execute dot. Is Graphviz installed? Error:";
        Error::report(format!("{text} {reason}"))
    })
}

fn draw(graph: &[u8], format: &str) -> std::result::Result<Vec<u8>, String> {
    let mut command = Command::new("dot");
    command.arg(format!("-T{format}"));
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut dot = command.spawn().map_err(|error| unable("dot", &error))?;
    let (stdin, stdout) = (dot.stdin.take(), dot.stdout.take());
    let mut picture = Vec::new();
    // Both ways at once: a program that answers early must not wait for us, nor we for it.
    let read = thread::scope(|scope| {
        // What dot does not want to read is told by its exit status.
        scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(graph)));
        stdout.map_or(Ok(0), |mut stdout| stdout.read_to_end(&mut picture))
    });
    let status = dot.wait().map_err(|error| error_text(&error))?;
    match (status.success(), read) {
        (true, Ok(_)) => Ok(picture),
        (true, Err(error)) => Err(error_text(&error)),
        (false, _) => Err(outcome(status)),
    }
}

/// Files that are being shown; they go when this does.
#[derive(Debug, Default)]
pub(super) struct Shown {
    files: Vec<PathBuf>,
}

impl Drop for Shown {
    fn drop(&mut self) {
        for file in &self.files {
            // It may have been cleaned away before.
            let _ = fs::remove_file(file);
        }
    }
}

impl Shown {
    /// Shows `bytes` in a window; waits until it is closed unless there is a prompt to go on with.
    pub(super) fn show(&mut self, bytes: &[u8], viewer: &Viewer, wait: bool) -> Result<()> {
        let ending = viewer.ending;
        let (name, mut file) = free_file(&std::env::temp_dir(), "pprof", ending)?;
        self.files.push(name.clone());
        file.write_all(bytes)?;
        drop(file);
        let begun = Instant::now();
        let mut child = start(viewer, &name).map_err(Error::report)?;
        let ended = match wait {
            true => child.wait().map(Some)?,
            false => None,
        };
        // As pprof does: what opens a tab in a running browser is done before the file is read.
        thread::sleep(Duration::from_secs(1).saturating_sub(begun.elapsed()));
        match ended {
            Some(status) if !status.success() => Err(Error::report(outcome(status))),
            _ => Ok(()),
        }
    }
}

/// Starts the first program that there is.
fn start(viewer: &Viewer, file: &Path) -> std::result::Result<Child, String> {
    let programs = match viewer.program {
        Some(program) => vec![program.to_string()],
        None => browsers(),
    };
    let mut reason = String::new();
    for program in programs {
        let mut words = program.split(' ');
        let name = words.next().unwrap_or_default();
        match Command::new(name).args(words).arg(file).spawn() {
            Ok(child) => return Ok(child),
            Err(error) => reason = unable(name, &error),
        }
    }
    Err(reason)
}

/// As pprof-behaviour 1.7.
fn browsers() -> Vec<String> {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let known = [
        "chrome",
        "google-chrome",
        "chromium",
        "firefox",
        "sensible-browser",
    ];
    let mut browsers: Vec<String> = set("BROWSER").into_iter().collect();
    browsers.extend(known.map(String::from));
    browsers.extend(set("DISPLAY").map(|_| "xdg-open".to_string()));
    browsers
}

/// Go's words for a program that does not start.
fn unable(name: &str, error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::PermissionDenied if !name.contains('/') => {
            format!("exec: \"{name}\": executable file not found in $PATH")
        }
        _ => format!("fork/exec {name}: {}", error_text(error)),
    }
}

/// Go's words for how a program ended.
fn outcome(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("exit status {code}"),
        None => status.to_string(),
    }
}

/// A new file of the first name `PREFIXnnn.ENDING` that is free in `folder`.
pub(super) fn free_file(
    folder: &Path,
    prefix: &str,
    ending: &str,
) -> io::Result<(PathBuf, fs::File)> {
    for number in 1..10_000 {
        let name = folder.join(format!("{prefix}{number:03}.{ending}"));
        let file = OpenOptions::new().write(true).create_new(true).open(&name);
        match file {
            Ok(file) => return Ok((name, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => {
                let text = format!("open {}: {}", name.display(), error_text(&error));
                return Err(io::Error::other(text));
            }
        }
    }
    let text = format!("could not create file of the form {prefix}001.{ending}");
    Err(io::Error::other(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_free_number_is_taken() {
        let folder = std::env::temp_dir().join(format!("podprof-free-{}", std::process::id()));
        fs::create_dir(&folder).expect("a new folder");
        fs::write(folder.join("profile001.svg"), "").expect("written");
        fs::write(folder.join("profile003.svg"), "").expect("written");
        let free = || free_file(&folder, "profile", "svg").expect("free").0;
        let names = [free(), free()].map(|path| path.file_name().map(ToOwned::to_owned));
        let wanted = ["profile002.svg", "profile004.svg"].map(|name| Some(name.into()));
        assert_eq!(names, wanted);
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn a_program_that_is_not_there_is_named_as_go_names_it() {
        let viewer = Viewer {
            picture: None,
            ending: "grind",
            program: Some("podprof-no-such-viewer --flag"),
        };
        let mut shown = Shown::default();
        let error = shown.show(b"text", &viewer, true).expect_err("not there");
        let text = "exec: \"podprof-no-such-viewer\": executable file not found in $PATH";
        assert_eq!(error.to_string(), text);
        let file = shown.files[0].clone();
        assert_eq!(fs::read(&file).expect("a file"), b"text");
        drop(shown);
        assert!(!file.exists());
    }

    #[test]
    fn how_a_viewer_ends_is_how_the_command_ends() {
        let viewer = |program| Viewer {
            picture: None,
            ending: "grind",
            program: Some(program),
        };
        let show = |program| Shown::default().show(b"", &viewer(program), true);
        assert!(show("test -f").is_ok());
        let error = show("test -d").expect_err("a file is no folder");
        assert_eq!(error.to_string(), "exit status 1");
    }
}
