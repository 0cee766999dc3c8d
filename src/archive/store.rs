//! Where the files of an incident go while they come in: a folder of their own, or a tar.
//!
//! A file's length has to be known before it goes into a tar, and neither a full disk nor the service's memory may
//! pay for that: at most one piece ([`PIECE`] bytes) of one file waits in memory. A finished file is let out at
//! once, so that an end at any moment costs the file in work and no other.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::manifest;
use super::sha256::Sha256;
use super::tar;
use crate::go::syscall::error_text;

/// Bytes of a file that are kept before they are let go; texts come packed, so few files have two pieces.
const PIECE: usize = 4 << 20;
/// What stands in the name of a file that is not whole, before its endings.
const CUT: &str = ".cut";

/// A folder, or a tar on its way.
pub(crate) enum Store<'o> {
    Folder(PathBuf),
    Tar(tar::Writer<'o>),
}

impl<'o> Store<'o> {
    /// A new folder, or one that is empty.
    ///
    /// # Errors
    /// There is something in it, or it cannot be made.
    pub(crate) fn folder(path: &Path) -> io::Result<Store<'o>> {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
        let entries = made.and_then(|()| fs::read_dir(path));
        let mut entries = entries.map_err(|error| failed("mkdir", path, &error))?;
        match entries.next().is_some() {
            true => Err(failed("mkdir", path, &io::Error::other("it is not empty"))),
            false => Ok(Store::Folder(path.to_path_buf())),
        }
    }

    /// Begins a file of this name.
    pub(crate) fn file<'s>(&'s mut self, name: &str) -> Spool<'s, 'o> {
        Spool {
            store: self,
            name: name.to_string(),
            waiting: Vec::new(),
            pieces: 0,
            bytes: 0,
            sum: Sha256::new(),
            failed: None,
        }
    }

    /// Writes the list as it stands; in a tar, which has no place for more than one, only the `last`.
    pub(crate) fn list(&mut self, text: &str, last: bool) -> io::Result<()> {
        match self {
            Store::Folder(folder) => {
                let path = folder.join(manifest::NAME);
                let passing = folder.join(".MANIFEST.part");
                write(&passing, text.as_bytes(), 0)?;
                fs::rename(&passing, &path).map_err(|error| failed("write", &path, &error))
            }
            Store::Tar(_) if !last => Ok(()),
            Store::Tar(tar) => {
                tar.add(manifest::NAME, 0, text.as_bytes())?;
                tar.flush()
            }
        }
    }

    fn add(&mut self, name: &str, piece: usize, bytes: &[u8]) -> io::Result<()> {
        match self {
            Store::Folder(folder) => write(&folder.join(name), bytes, piece),
            Store::Tar(tar) => tar.add(name, piece, bytes).and_then(|()| tar.flush()),
        }
    }
}

/// Writes a file that only its owner may read: a profile tells much about a service.
fn write(path: &Path, bytes: &[u8], piece: usize) -> io::Result<()> {
    let mut options = OpenOptions::new();
    match piece {
        0 => options.write(true).create_new(true).mode(0o600),
        _ => options.append(true), // the piece before it made the file
    };
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| failed("write", path, &error))
}

fn failed(call: &str, path: &Path, error: &io::Error) -> io::Error {
    let text = error_text(error);
    io::Error::other(format!("{call} {}: {text}", path.display()))
}

/// A file that is coming in.
pub(crate) struct Spool<'s, 'o> {
    store: &'s mut Store<'o>,
    name: String,
    waiting: Vec<u8>,
    pieces: usize,
    bytes: u64,
    sum: Sha256,
    /// Why the store took no more.
    failed: Option<io::Error>,
}

/// A file that has come in.
pub(crate) struct Kept {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) sha256: String,
}

impl Spool<'_, '_> {
    /// Bytes so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The file has come in, whole or not; there is none where nothing came.
    ///
    /// # Errors
    /// The store cannot be written to.
    pub(crate) fn finish(mut self, whole: bool) -> io::Result<Option<Kept>> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if self.bytes == 0 && !whole {
            return Ok(None);
        }
        if !whole && self.pieces == 0 {
            self.name = cut(&self.name);
        }
        if self.pieces == 0 || !self.waiting.is_empty() {
            self.let_go()?;
        }
        Ok(Some(Kept {
            name: self.name,
            bytes: self.bytes,
            sha256: self.sum.hex(),
        }))
    }

    fn let_go(&mut self) -> io::Result<()> {
        self.store.add(&self.name, self.pieces, &self.waiting)?;
        self.pieces += 1;
        self.waiting.clear();
        Ok(())
    }
}

/// `heap.cut.pb.gz` of `heap.pb.gz`.
fn cut(name: &str) -> String {
    let endings = [".pb.gz", ".txt.gz", ".txt", ".html"];
    let ending = endings.into_iter().find(|ending| name.ends_with(ending));
    let (stem, ending) = name.split_at(name.len() - ending.map_or(0, str::len));
    format!("{stem}{CUT}{ending}")
}

impl Write for Spool<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.failed.is_some() {
            return Err(io::Error::other("the incident cannot be written"));
        }
        let count = bytes.len().min(PIECE - self.waiting.len());
        let bytes = &bytes[..count];
        self.waiting.extend_from_slice(bytes);
        self.sum.add(bytes);
        self.bytes += count as u64;
        if self.waiting.len() == PIECE
            && let Err(error) = self.let_go()
        {
            self.failed = Some(error);
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(()) // a finished file is let out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(bytes: &[u8]) -> String {
        let mut sum = Sha256::new();
        sum.add(bytes);
        sum.hex()
    }

    fn fill(store: &mut Store<'_>, name: &str, bytes: &[u8], whole: bool) -> Option<Kept> {
        let mut spool = store.file(name);
        for piece in bytes.chunks(100_000) {
            spool.write_all(piece).expect("written");
        }
        spool.finish(whole).expect("finished")
    }

    fn check(mut store: Store<'_>) {
        let long: Vec<u8> = (0..PIECE as u32 / 4 + 3)
            .flat_map(u32::to_le_bytes)
            .collect();
        let whole = fill(&mut store, "a.pb.gz", b"abc", true).expect("kept");
        assert_eq!((&*whole.name, whole.bytes), ("a.pb.gz", 3));
        assert_eq!(whole.sha256, sum(b"abc"));
        assert!(fill(&mut store, "none.pb.gz", b"", false).is_none());
        fill(&mut store, "empty.txt", b"", true).expect("kept");
        let half = fill(&mut store, "half.txt.gz", b"ab", false).expect("kept");
        assert_eq!(half.name, "half.cut.txt.gz");
        let kept = fill(&mut store, "long.pb.gz", &long, false).expect("kept");
        assert_eq!((&*kept.name, kept.sha256), ("long.pb.gz", sum(&long)));
        fill(&mut store, "exact", &long[..PIECE], true).expect("kept");
        store.list("first", false).expect("listed");
        store.list("last", true).expect("listed");
        if let Store::Tar(tar) = store {
            tar.finish().expect("finished");
        }
    }

    #[test]
    fn a_folder_and_a_tar_hold_the_same_files() {
        let folder = std::env::temp_dir().join(format!("podprof-store-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        check(Store::folder(&folder).expect("a folder"));
        let mut packed = Vec::new();
        check(Store::Tar(tar::Writer::new(&mut packed, 0)));
        let mut input = &packed[..];
        let mut reader = tar::Reader::new(&mut input);
        let mut names = Vec::new();
        while let Some(name) = reader.next().expect("whole") {
            let mut bytes = Vec::new();
            io::copy(&mut reader, &mut bytes).expect("read");
            assert!(
                fs::read(folder.join(&name)).expect("a file") == bytes,
                "{name}"
            );
            names.push(name);
        }
        let expected = [
            "a.pb.gz",
            "empty.txt",
            "half.cut.txt.gz",
            "long.pb.gz",
            "exact",
        ];
        assert_eq!(names[..5], expected);
        assert_eq!(names[5..], [manifest::NAME]);
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 6);
        let error = Store::folder(&folder).err().expect("refused").to_string();
        assert!(error.ends_with(": it is not empty"), "{error}");
        fs::remove_dir_all(&folder).expect("removed");
    }

    #[test]
    fn what_cannot_be_written_ends_it() {
        let mut store = Store::Folder(PathBuf::from("/nonexistent"));
        let mut spool = store.file("a");
        spool.write_all(&vec![0; PIECE]).expect("taken");
        spool.write_all(b"x").expect_err("refused");
        let error = spool.finish(true).err().expect("refused").to_string();
        assert_eq!(error, "write /nonexistent/a: no such file or directory");
        assert!(Store::folder(Path::new("/proc/x/y")).is_err());
    }
}
