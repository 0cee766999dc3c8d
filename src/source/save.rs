//! A copy of what servers sent, kept only where the user named a folder for it (PPROF_TMPDIR).
//!
//! What fails here is a remark, never an error: the profile is in memory, and the report is what was asked for.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::error::{Result, Warning};
use crate::go::syscall;

/// Names are numbered up to here, as pprof's are.
const LAST_NUMBER: u32 = 9_999;
/// Bytes of a name before its number; a file system takes 255 in all.
const LONGEST_PREFIX: usize = 200;

/// Writes a file of pprof's name into `folder`, which is made where it is missing, and says so or why not.
///
/// `words` are the main mapping's file, where known, and the sample types.
// As pprof-behaviour 1.8: `pprof.app.samples.cpu.001.pb.gz`, the first number that is free.
pub(crate) fn save(
    folder: &Path,
    words: &[&[u8]],
    write: impl FnOnce(File) -> Result<()>,
) -> Warning {
    if let Err(error) = DirBuilder::new().recursive(true).mode(0o755).create(folder) {
        let (shown, error) = (folder.display(), failed("mkdir", folder, &error));
        return Warning::Note(format!("Could not use temp dir {shown}: {error}"));
    }
    let saved =
        create(folder, (&prefix(words), ".pb.gz")).and_then(|(file, name)| match write(file) {
            Ok(()) => Ok(name),
            Err(error) => {
                // Half a profile is none.
                let _ = fs::remove_file(&name);
                Err(error.to_string())
            }
        });
    Warning::Note(match saved {
        Ok(name) => format!("Saved profile in {}", name.display()),
        Err(error) => format!("Could not save profile: {error}"),
    })
}

/// What came of a body until it broke off; gone with the value unless it is told to stay.
pub(super) struct Partial {
    file: File,
    name: PathBuf,
    bytes: u64,
    stays: bool,
}

impl Partial {
    /// Begins `partial.KIND.001`, or the first number that is free.
    pub(super) fn begin(folder: &Path, kind: &[u8]) -> std::result::Result<Self, String> {
        let prefix = prefix(&[kind]).split_off(b"pprof.".len());
        let prefix = [b"partial.", prefix.as_slice()].concat();
        let (file, name) = create(folder, (&prefix, ""))?;
        Ok(Self {
            file,
            name,
            bytes: 0,
            stays: false,
        })
    }

    /// Adds what came.
    pub(super) fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes += bytes.len() as u64;
        self.file.write_all(bytes)
    }

    /// Lets the file stay, if there is anything in it, and says where it is.
    pub(super) fn keep(mut self) -> Option<String> {
        self.stays = self.bytes > 0;
        let (bytes, name) = (self.bytes, self.name.display());
        self.stays
            .then(|| format!("Kept the {bytes} bytes that came in {name}"))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.stays {
            let _ = fs::remove_file(&self.name); // it is ours, or gone already
        }
    }
}

/// A new file that only its owner may read: a profile tells much about a service.
fn create(
    folder: &Path,
    (prefix, ending): (&[u8], &str),
) -> std::result::Result<(File, PathBuf), String> {
    for number in 1..=LAST_NUMBER {
        let mut name = prefix.to_vec();
        name.extend(format!("{number:03}{ending}").into_bytes());
        let name = folder.join(OsString::from_vec(name));
        let mut options = OpenOptions::new();
        match options.write(true).create_new(true).mode(0o600).open(&name) {
            Ok(file) => return Ok((file, name)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed("open", &name, &error)),
        }
    }
    let prefix = String::from_utf8_lossy(prefix);
    Err(format!(
        "could not create file of the form {prefix}001{ending}"
    ))
}

/// `pprof.WORD.WORD.`; a word is the profile's, so what could lead out of the folder is taken from it.
fn prefix(words: &[&[u8]]) -> Vec<u8> {
    let mut prefix = b"pprof.".to_vec();
    for word in words {
        let safe = |byte: &u8| match byte {
            0..=0x1f | b'/' | 0x7f => b'_',
            byte => *byte,
        };
        prefix.extend(word.iter().map(safe));
        prefix.push(b'.');
    }
    prefix.truncate(LONGEST_PREFIX);
    prefix
}

fn failed(call: &str, name: &Path, error: &io::Error) -> String {
    format!("{call} {}: {}", name.display(), syscall::error_text(error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use std::os::unix::fs::PermissionsExt;

    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = format!("podprof-save-{name}-{}", std::process::id());
            let folder = std::env::temp_dir().join(folder);
            let _ = fs::remove_dir_all(&folder);
            Self(folder)
        }

        fn save(&self, words: &[&[u8]]) -> String {
            let write = |mut file: File| Ok(file.write_all(b"xyz")?);
            let said = save(&self.0.join("deep"), words, write).text();
            String::from_utf8(said).unwrap()
        }

        fn names(&self) -> Vec<String> {
            let entries = fs::read_dir(self.0.join("deep")).unwrap();
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

    #[test]
    fn a_saved_profile_gets_the_first_free_number_and_is_the_owners_alone() {
        let folder = Folder::new("number");
        folder.save(&[b"app", b"samples", b"cpu"]);
        let said = folder.save(&[b"app", b"samples", b"cpu"]);
        let names = [
            "pprof.app.samples.cpu.001.pb.gz",
            "pprof.app.samples.cpu.002.pb.gz",
        ];
        assert_eq!(folder.names(), names);
        let saved = folder.0.join("deep").join(names[1]);
        assert_eq!(said, format!("Saved profile in {}", saved.display()));
        assert_eq!(fs::read(&saved).unwrap(), b"xyz");
        let mode = fs::metadata(&saved).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_name_from_the_profile_cannot_leave_the_folder_or_be_too_long() {
        let folder = Folder::new("hostile");
        folder.save(&[b"../../etc/x\n\0"]);
        assert_eq!(folder.names(), ["pprof..._.._etc_x__.001.pb.gz"]);
        let said = folder.save(&[&[b'x'; 5000]]);
        assert!(said.starts_with("Saved profile in "), "{said}");
    }

    #[test]
    fn what_cannot_be_written_is_a_remark_and_leaves_nothing() {
        let folder = Folder::new("failing");
        let write = |_| Err(Error::report("no room"));
        let said = save(&folder.0.join("deep"), &[b"x"], write).text();
        assert_eq!(said, b"Could not save profile: no room");
        assert_eq!(folder.names(), [""; 0]);
        let said = save(Path::new("/proc/none/such"), &[], |_| Ok(())).text();
        let expected = b"Could not use temp dir /proc/none/such: mkdir /proc/none/such: ";
        assert!(said.starts_with(expected), "{said:?}");
    }
}
