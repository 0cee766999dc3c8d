//! The file a report is written to: whole or not at all where that is possible.
//!
//! A regular or new file is written under a passing name beside it and then renamed; symbolic links are
//! followed first, owner and mode of a file that was there are kept. Anything else (a device, a FIFO, a folder
//! that takes no new files) is opened and written as it is. Errors are worded as Go words them.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{MetadataExt, fchown};
use std::path::{Path, PathBuf};

use super::programs::free_file;
use crate::go::syscall::error_text;
use crate::report::sink::Sink;

/// Linux follows no more symbolic links than this.
const LINKS: usize = 40;

/// A sink that touches its file only when the first byte of the report comes.
pub(super) struct ReportFile<'a> {
    name: Name<'a>,
    announce: &'a dyn Fn(&str),
    target: Option<Target>,
    /// An empty file that holds the name until the report is complete.
    claimed: Option<PathBuf>,
}

/// What a report's file is to be called.
enum Name<'a> {
    Given(&'a str),
    /// The first `profileNNN` of this ending that is free.
    Free(&'a str),
}

impl<'a> ReportFile<'a> {
    /// The file `name`, which `announce` is told of just before it is opened.
    pub(super) fn new(name: &'a str, announce: &'a dyn Fn(&str)) -> Self {
        ReportFile {
            name: Name::Given(name),
            announce,
            target: None,
            claimed: None,
        }
    }

    /// A file of a name that is free (pprof-behaviour 1.5), which `announce` is told.
    pub(super) fn free(ending: &'a str, announce: &'a dyn Fn(&str)) -> Self {
        ReportFile {
            name: Name::Free(ending),
            announce,
            target: None,
            claimed: None,
        }
    }

    /// The report is complete, and so is the file, even an empty one.
    pub(super) fn finish(mut self) -> io::Result<()> {
        self.target()?;
        self.target.take().map_or(Ok(()), Target::finish)?;
        self.claimed = None;
        Ok(())
    }

    fn target(&mut self) -> io::Result<&mut Target> {
        let target = match self.target.take() {
            Some(target) => target,
            None => {
                let free = match self.name {
                    Name::Given(_) => None,
                    Name::Free(ending) => Some(free_file(Path::new(""), "profile", ending)?.0),
                };
                let name = match (&free, &self.name) {
                    (Some(free), _) => free.to_string_lossy(),
                    (None, Name::Given(name) | Name::Free(name)) => (*name).into(),
                };
                (self.announce)(&name);
                let target = Target::create(&name)?;
                self.claimed = free;
                target
            }
        };
        Ok(self.target.insert(target))
    }
}

impl Write for ReportFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.target()?.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.target.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Sink for ReportFile<'_> {}

impl Drop for ReportFile<'_> {
    fn drop(&mut self) {
        if let Some(claimed) = &self.claimed {
            // The report came to nothing, and so does its file.
            let _ = fs::remove_file(claimed);
        }
    }
}

/// A report's file while it is being written.
struct Target {
    out: BufWriter<File>,
    name: String,
    /// The passing name and the last one; none where the file is written as it is.
    rename: Option<Rename>,
}

/// Removes the passing file unless it got its name.
struct Rename {
    passing: PathBuf,
    last: PathBuf,
}

impl Drop for Rename {
    fn drop(&mut self) {
        // After the renaming there is nothing of that name any more.
        let _ = fs::remove_file(&self.passing);
    }
}

impl Target {
    /// Opens what `name` stands for; nothing of an old file is lost before [`Target::finish`].
    fn create(name: &str) -> io::Result<Target> {
        let wrong = |error: io::Error| failed("open", name, &error);
        let last = follow(Path::new(name));
        let old = match fs::metadata(&last) {
            Ok(old) => Some(old),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(wrong(error)),
        };
        if old.as_ref().is_some_and(|old| old.is_file()) {
            // Renaming would get past a file that may not be written.
            OpenOptions::new().write(true).open(&last).map_err(wrong)?;
        }
        let beside = match &old {
            Some(old) if !old.is_file() => None,
            // Under /proc a link says what is open, which need not be a name.
            _ if name.ends_with('/') || last.starts_with("/proc") => None,
            Some(old) => passing(&last).filter(|(file, _)| belongs_alike(file, old)),
            None => passing(&last),
        };
        let (file, rename) = match beside {
            Some((file, rename)) => (file, Some(rename)),
            None => (File::create(name).map_err(wrong)?, None),
        };
        Ok(Target {
            out: BufWriter::new(file),
            name: name.to_string(),
            rename,
        })
    }

    /// The report is complete: from now on the file holds it.
    fn finish(mut self) -> io::Result<()> {
        self.flush()?;
        let Some(rename) = &self.rename else {
            return Ok(());
        };
        // A file that is mounted by itself can be written but not replaced.
        fs::rename(&rename.passing, &rename.last)
            .or_else(|_| fs::copy(&rename.passing, &rename.last).map(|_| ()))
            .map_err(|error| failed("write", &self.name, &error))
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes);
        written.map_err(|error| failed("write", &self.name, &error))
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = self.out.flush();
        flushed.map_err(|error| failed("write", &self.name, &error))
    }
}

fn failed(call: &str, name: &str, error: &io::Error) -> io::Error {
    io::Error::other(format!("{call} {name}: {}", error_text(error)))
}

/// Where the symbolic links that `path` ends in lead to, even if nothing is there yet.
fn follow(path: &Path) -> PathBuf {
    let mut path = path.to_path_buf();
    for _ in 0..LINKS {
        match fs::read_link(&path) {
            Ok(next) => path = path.parent().unwrap_or(Path::new("")).join(next),
            Err(_) => break,
        }
    }
    path
}

/// Gives a new file the owner and the mode of the old one; false where that is not allowed.
fn belongs_alike(file: &File, old: &Metadata) -> bool {
    let owned = file.metadata().is_ok_and(|new| {
        (new.uid(), new.gid()) == (old.uid(), old.gid())
            || fchown(file, Some(old.uid()), Some(old.gid())).is_ok()
    });
    owned && file.set_permissions(old.permissions()).is_ok()
}

/// A new file beside `last`, on its way to that name; none where the folder takes none.
fn passing(last: &Path) -> Option<(File, Rename)> {
    let mut name = std::ffi::OsString::from(".");
    name.push(last.file_name()?);
    name.push(format!(".{}.part", std::process::id()));
    let passing = last.with_file_name(name);
    // A part of the same name can only be the leavings of a process that is no more.
    let _ = fs::remove_file(&passing);
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&passing);
    let last = last.to_path_buf();
    Some((file.ok()?, Rename { passing, last }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    /// A new empty folder for one test.
    fn folder(test: &str) -> PathBuf {
        let name = format!("podprof-{test}-{}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).expect("a new folder");
        folder
    }

    fn write(path: &Path, text: &[u8]) -> io::Result<()> {
        let mut target = Target::create(path.to_str().expect("a plain path"))?;
        target.write_all(text)?;
        target.finish()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let mut names: Vec<_> = entries
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .into_string()
                    .expect("utf8")
            })
            .collect();
        names.sort();
        names
    }

    #[test]
    fn an_unfinished_report_leaves_the_old_file_and_nothing_else() {
        let folder = folder("unfinished");
        let path = folder.join("f");
        fs::write(&path, "old").expect("written");
        let mut target = Target::create(path.to_str().expect("a plain path")).expect("open");
        target.write_all(b"new").expect("written");
        drop(target);
        assert_eq!(fs::read(&path).expect("a file"), b"old");
        assert_eq!(names(&folder), ["f"]);
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn a_finished_report_replaces_the_text_and_keeps_the_mode() {
        let folder = folder("mode");
        let path = folder.join("f");
        fs::write(&path, "a long old text").expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).expect("a mode");
        write(&path, b"new").expect("written");
        assert_eq!(fs::read(&path).expect("a file"), b"new");
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        assert_eq!(names(&folder), ["f"]);
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn links_are_followed_even_to_what_is_not_there_yet() {
        let folder = folder("links");
        fs::create_dir(folder.join("d")).expect("a folder");
        symlink("d/one", folder.join("a")).expect("a link");
        symlink("two", folder.join("d/one")).expect("a link");
        write(&folder.join("a"), b"text").expect("written");
        assert_eq!(fs::read(folder.join("d/two")).expect("a file"), b"text");
        assert!(fs::read_link(folder.join("a")).is_ok());
        assert_eq!(names(&folder.join("d")), ["one", "two"]);
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn a_device_is_written_as_it_is() {
        write(Path::new("/dev/null"), b"text").expect("written");
        assert!(!fs::metadata("/dev/null").expect("a device").is_file());
    }

    #[test]
    fn what_cannot_be_opened_is_named_as_go_names_it() {
        let folder = folder("errors");
        let error = |path: &Path| write(path, b"").expect_err("refused").to_string();
        let missing = folder.join("no/f");
        let text = format!("open {}: no such file or directory", missing.display());
        assert_eq!(error(&missing), text);
        let text = format!("open {}: is a directory", folder.display());
        assert_eq!(error(&folder), text);
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn a_file_is_announced_and_made_with_the_first_byte() {
        let folder = folder("first");
        let path = folder.join("f");
        let told = std::cell::Cell::new(0);
        let announce = |_: &str| told.set(told.get() + 1);
        let mut file = ReportFile::new(path.to_str().expect("a plain path"), &announce);
        assert_eq!((told.get(), names(&folder).len()), (0, 0));
        file.write_all(b"text").expect("written");
        assert_eq!((told.get(), path.exists()), (1, false));
        file.finish().expect("written");
        assert_eq!(fs::read(&path).expect("a file"), b"text");
        assert_eq!((told.get(), names(&folder)), (1, vec!["f".to_string()]));
        fs::remove_dir_all(folder).expect("removed");
    }

    #[test]
    fn an_empty_report_makes_an_empty_file() {
        let folder = folder("empty");
        let path = folder.join("f");
        let file = ReportFile::new(path.to_str().expect("a plain path"), &|_| ());
        file.finish().expect("written");
        assert_eq!(fs::read(&path).expect("a file"), b"");
        fs::remove_dir_all(folder).expect("removed");
    }
}
