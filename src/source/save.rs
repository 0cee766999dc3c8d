//! A copy of what a server sent, kept only where the user named a folder for it (PPROF_TMPDIR).
//!
//! It is written under a passing name while the profile is read, and gets pprof's name once the profile has
//! proved good; what is dropped before is removed. Whatever fails here is a remark, never an error.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::error::Warning;
use crate::go::syscall;

/// Names are numbered up to here, as pprof's are.
const LAST_NUMBER: u32 = 9_999;
/// Bytes of a name before its number; a file system takes 255 in all.
const LONGEST_PREFIX: usize = 200;

/// Copies begun by this process: several may be under way at once.
static BEGUN: AtomicU32 = AtomicU32::new(0);

/// The copy of a body that is being read.
#[derive(Debug)]
pub(crate) struct Copy {
    progress: Arc<Mutex<Written>>,
    folder: PathBuf,
    temporary: PathBuf,
}

#[derive(Debug)]
struct Written {
    file: File,
    /// The first two bytes tell a gzipped profile.
    start: Vec<u8>,
    /// The end of the body was seen, and every byte before it written.
    complete: bool,
    failure: Option<String>,
}

/// A body that leaves its bytes in a [`Copy`] as they are read.
struct Copied<'b> {
    body: Box<dyn Read + 'b>,
    progress: Arc<Mutex<Written>>,
}

impl Copy {
    /// Copies `body` into `folder`, which is made where it is missing, as the returned stream is read.
    ///
    /// # Errors
    /// pprof's remark, where nothing can be written there; the stream is then the body as it was.
    pub(crate) fn of<'b>(
        body: Box<dyn Read + 'b>,
        folder: &Path,
    ) -> (Result<Self, Warning>, Box<dyn Read + 'b>) {
        let number = BEGUN.fetch_add(1, Ordering::Relaxed);
        let temporary = format!(".podprof.{}.{number}.part", std::process::id());
        let temporary = folder.join(temporary);
        let file = match make_folder(folder).and_then(|()| create(&temporary)) {
            Ok(file) => file,
            Err(text) => return (Err(Warning::Note(text)), body),
        };
        let progress = Arc::new(Mutex::new(Written {
            file,
            start: Vec::new(),
            complete: false,
            failure: None,
        }));
        let copy = Self {
            progress: Arc::clone(&progress),
            folder: folder.to_path_buf(),
            temporary,
        };
        (Ok(copy), Box::new(Copied { body, progress }))
    }

    /// Gives the copy its name: `words` are the main mapping's file, where known, and the sample types.
    // As pprof-behaviour 1.8: `pprof.app.samples.cpu.001.pb.gz`, the first number that is free.
    pub(crate) fn keep(self, words: &[&[u8]]) -> Warning {
        let text = match self.rename(words) {
            Ok(name) => format!("Saved profile in {}", name.display()),
            Err(text) => format!("Could not save profile: {text}"),
        };
        Warning::Note(text)
    }

    fn rename(&self, words: &[&[u8]]) -> Result<PathBuf, String> {
        let written = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(text) = &written.failure {
            return Err(text.clone());
        }
        if !written.complete {
            return Err("the reply goes on after the profile".to_string());
        }
        // What came without gzip is kept as it came, so its name does not promise gzip.
        let extension = if written.start == [0x1f, 0x8b] {
            "pb.gz"
        } else {
            "pb"
        };
        let prefix = prefix(words);
        for number in 1..=LAST_NUMBER {
            let mut name = prefix.clone();
            name.extend(format!("{number:03}.{extension}").into_bytes());
            let name = self.folder.join(std::ffi::OsString::from_vec(name));
            match private(&name) {
                Ok(_) => {
                    let named = fs::rename(&self.temporary, &name);
                    named.map_err(|error| failed("rename", &self.temporary, &error))?;
                    return Ok(name);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed("open", &name, &error)),
            }
        }
        let prefix = String::from_utf8_lossy(&prefix);
        Err(format!(
            "could not create file of the form {prefix}001.{extension}"
        ))
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // After `rename` there is nothing of that name any more.
        let _ = fs::remove_file(&self.temporary);
    }
}

impl Read for Copied<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.body.read(buffer)?;
        let mut written = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = buffer.get(..count).unwrap_or_default();
        written.complete |= count == 0 && !buffer.is_empty();
        let lacking = 2usize.saturating_sub(written.start.len());
        written.start.extend(bytes.iter().take(lacking));
        if written.failure.is_none() {
            let done = written.file.write_all(bytes);
            written.failure = done.err().map(|error| syscall::error_text(&error));
        }
        Ok(count)
    }
}

/// `pprof.WORD.WORD.`; a word is the profile's, so what could lead out of the folder is taken from it.
fn prefix(words: &[&[u8]]) -> Vec<u8> {
    let mut prefix = b"pprof.".to_vec();
    for word in words {
        let safe = |byte: &u8| {
            if matches!(byte, 0..=0x1f | b'/' | 0x7f) {
                b'_'
            } else {
                *byte
            }
        };
        prefix.extend(word.iter().map(safe));
        prefix.push(b'.');
    }
    prefix.truncate(LONGEST_PREFIX);
    prefix
}

fn make_folder(folder: &Path) -> Result<(), String> {
    let made = DirBuilder::new().recursive(true).mode(0o755).create(folder);
    made.map_err(|error| {
        let shown = folder.display();
        format!(
            "Could not use temp dir {shown}: {}",
            failed("mkdir", folder, &error)
        )
    })
}

fn create(name: &Path) -> Result<File, String> {
    // Left by a run of the same number that was killed; a copy that is being written has a live process.
    let _ = fs::remove_file(name);
    private(name)
        .map_err(|error| format!("Could not save profile: {}", failed("open", name, &error)))
}

/// A new file that only its owner may read: a profile tells much about a service.
fn private(name: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(name)
}

fn failed(call: &str, name: &Path, error: &io::Error) -> String {
    format!("{call} {}: {}", name.display(), syscall::error_text(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder =
                std::env::temp_dir().join(format!("podprof-save-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&folder);
            Self(folder)
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(&self.0).unwrap();
            let mut names: Vec<String> = entries
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort();
            names
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn copy(folder: &Folder, body: &'static [u8]) -> Copy {
        let (copy, mut body) = Copy::of(Box::new(body), &folder.0.join("deep"));
        let copy = copy.unwrap();
        io::copy(&mut body, &mut io::sink()).unwrap();
        copy
    }

    #[test]
    fn a_kept_copy_gets_the_first_free_number_and_is_the_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::new("number");
        let deep = Folder(folder.0.join("deep"));
        for _ in 0..2 {
            copy(&folder, b"\x1f\x8bxyz").keep(&[b"app", b"samples", b"cpu"]);
        }
        let names = [
            "pprof.app.samples.cpu.001.pb.gz",
            "pprof.app.samples.cpu.002.pb.gz",
        ];
        assert_eq!(deep.names(), names);
        let kept = deep.0.join(names[1]);
        assert_eq!(fs::read(&kept).unwrap(), b"\x1f\x8bxyz");
        assert_eq!(
            fs::metadata(&kept).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn a_dropped_copy_leaves_nothing() {
        let folder = Folder::new("dropped");
        drop(copy(&folder, b"xyz"));
        assert_eq!(Folder(folder.0.join("deep")).names(), [""; 0]);
    }

    #[test]
    fn a_name_from_the_profile_cannot_leave_the_folder() {
        let folder = Folder::new("hostile");
        copy(&folder, b"x").keep(&[b"../../etc/x\n\0"]);
        assert_eq!(
            Folder(folder.0.join("deep")).names(),
            ["pprof..._.._etc_x__.001.pb"]
        );
    }

    #[test]
    fn a_reply_not_read_to_its_end_is_not_kept() {
        let folder = Folder::new("short");
        let (copy, mut body) = Copy::of(Box::new(&b"abc"[..]), &folder.0);
        let copy = copy.unwrap();
        body.read_exact(&mut [0; 3]).unwrap();
        let remark = copy.keep(&[b"x"]).text();
        assert!(
            remark.starts_with(b"Could not save profile: "),
            "{remark:?}"
        );
        assert_eq!(folder.names(), [""; 0]);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_a_remark() {
        let folder = Path::new("/proc/none/such");
        let (copy, mut body) = Copy::of(Box::new(&b"abc"[..]), folder);
        let remark = copy.unwrap_err();
        assert!(
            remark
                .text()
                .starts_with(b"Could not use temp dir /proc/none/such: mkdir ")
        );
        let mut read = Vec::new();
        body.read_to_end(&mut read).unwrap();
        assert_eq!(read, b"abc");
    }
}
