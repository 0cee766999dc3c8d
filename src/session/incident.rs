//! What `collect` wrote, a folder or a tar (gzipped or not), opened as one source of several profiles.
//!
//! Shown first is `goroutine`, the cheapest and so the surest to be whole, and what most incidents are
//! about. Text forms of what is there in binary too hold nothing new for reports; `FILE/goroutine.debug1` opens
//! one by itself, as `FILE/heap` does any other. The files are hostile: nothing of them is unpacked into a
//! folder, names are cleaned, all profiles together take no more memory than one may.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use super::naming;
use crate::archive::{manifest, tar};
use crate::decode::{self, Decoded, Layer, Limits};
use crate::error::{Error, Result};
use crate::go::syscall::error_text;
use crate::interrupt;
use crate::model::{MemStats, Profile};

/// Files of a folder that are looked at.
const MOST_FILES: usize = 1000;
/// Profiles that are opened; `collect` writes fewer.
const MOST_PROFILES: usize = 100;
/// What is shown first, by the end of its name.
const FIRST: &str = "goroutine";
/// How the name of a text form ends that tells what the binary form does.
const TEXT_FORM: &str = ".debug1";
/// Bytes that tell an incident from a profile: the header of its first file, packed.
pub(super) const LOOK: u64 = 4096;
/// Files that hold no profile.
const OTHERS: [&str; 2] = ["cmdline.txt", "index.html"];

/// A collected incident, found but not read.
pub(super) struct Incident {
    path: PathBuf,
    kind: Kind,
    /// The only profile that is wanted.
    member: Option<String>,
}

/// How the files are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Folder,
    Tar,
    /// A tar in gzip.
    Packed,
}

impl Incident {
    /// What lies under this name, where that is an incident, or the one profile of it that the name ends in.
    pub(super) fn find(name: &OsStr) -> Option<Incident> {
        let path = Path::new(name);
        let found = |path: &Path, member: Option<String>| {
            Some(Incident {
                path: path.to_path_buf(),
                kind: kind(path)?,
                member,
            })
        };
        match fs::metadata(path) {
            Ok(_) => found(path, None),
            Err(_) => found(
                path.parent()?,
                Some(path.file_name()?.to_str()?.to_string()),
            )
            .filter(|incident| incident.kind != Kind::Folder),
        }
    }

    /// Reads the profiles.
    ///
    /// # Errors
    /// There is none that can be read.
    pub(super) fn read(&self, limits: &Limits) -> Result<Decoded> {
        let mut contents = Contents::new(limits, self.member.as_deref());
        match self.kind {
            Kind::Folder => contents.folder(&self.path)?,
            Kind::Tar | Kind::Packed => {
                let file = File::open(&self.path);
                let mut file = file.map_err(|error| self.failed(&error_text(&error)))?;
                self.archive(&mut file, &mut contents)?;
            }
        }
        contents.decoded().map_err(|text| self.failed(&text))
    }

    /// What comes through a pipe, where that is an incident: `start` of it, [`LOOK`] bytes, tells.
    ///
    /// # Errors
    /// There is none that can be read.
    pub(super) fn of_stream(
        start: &[u8],
        whole: &mut dyn Read,
        limits: &Limits,
    ) -> Option<Result<Decoded>> {
        let incident = Incident {
            path: PathBuf::from("-"),
            kind: archive(start)?,
            member: None,
        };
        let mut contents = Contents::new(limits, None);
        let read = incident.archive(whole, &mut contents);
        let decoded = || contents.decoded().map_err(|text| incident.failed(&text));
        Some(read.and_then(|()| decoded()))
    }

    fn archive(&self, input: &mut dyn Read, contents: &mut Contents<'_>) -> Result<()> {
        match self.kind {
            Kind::Packed => contents.archive(&mut Layer::new(input, contents.limits.unpacked)),
            Kind::Folder | Kind::Tar => contents.archive(input),
        }
    }

    fn failed(&self, text: &str) -> Error {
        Error::source(format!("{}: {text}", self.path.display()))
    }
}

/// How an incident is kept under this name; none where there is none.
fn kind(path: &Path) -> Option<Kind> {
    let metadata = fs::metadata(path).ok()?;
    if metadata.is_dir() {
        return path.join(manifest::NAME).is_file().then_some(Kind::Folder);
    }
    // Nothing may be read of what cannot be read twice.
    if !metadata.is_file() {
        return None;
    }
    let mut start = Vec::new();
    let mut file = File::open(path).ok()?.take(LOOK);
    file.read_to_end(&mut start).ok()?;
    archive(&start)
}

/// How the files are kept in what begins so; none where it is no archive.
fn archive(start: &[u8]) -> Option<Kind> {
    let mut bytes = start;
    match start.starts_with(&[0x1f, 0x8b]) {
        true => {
            let header = Layer::peek(&mut bytes, tar::LOOK).ok()?;
            tar::is_archive(&header).then_some(Kind::Packed)
        }
        false => tar::is_archive(start).then_some(Kind::Tar),
    }
}

/// What was read so far.
struct Contents<'a> {
    limits: Limits,
    member: Option<&'a str>,
    profiles: Vec<(String, Profile)>,
    remarks: Vec<String>,
}

impl<'a> Contents<'a> {
    fn new(limits: &Limits, member: Option<&'a str>) -> Self {
        Contents {
            limits: *limits,
            member,
            profiles: Vec::new(),
            remarks: Vec::new(),
        }
    }

    fn folder(&mut self, path: &Path) -> Result<()> {
        let entries = fs::read_dir(path).map_err(|error| {
            let path = path.display();
            Error::source(format!("{path}: open {path}: {}", error_text(&error)))
        })?;
        let mut files: Vec<PathBuf> = entries
            .flatten()
            // No links: what they lead to was not collected.
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
            .map(|entry| entry.path())
            .take(MOST_FILES)
            .collect();
        files.sort();
        for path in files {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            match File::open(&path) {
                Ok(mut file) => self.file(&name, &mut file)?,
                Err(error) => self.remarks.push(format!("{name}: {}", error_text(&error))),
            }
        }
        Ok(())
    }

    fn archive(&mut self, input: &mut dyn Read) -> Result<()> {
        let mut files = tar::Reader::new(input);
        loop {
            match files.next() {
                Ok(Some(name)) => self.file(&name, &mut files)?,
                Ok(None) => return Ok(()),
                Err(error) => {
                    interrupt::check()?;
                    self.remarks.push(error_text(&error));
                    return Ok(());
                }
            }
        }
    }

    /// Reads one file, whatever folder it was in.
    fn file(&mut self, path: &str, bytes: &mut dyn Read) -> Result<()> {
        interrupt::check()?;
        let file = path.rsplit('/').next().unwrap_or_default();
        if file == manifest::NAME {
            return self.manifest(bytes);
        }
        let name = naming::of_file(file);
        let wanted = self
            .member
            .is_none_or(|member| member == name || member == file);
        if !wanted || file.is_empty() || OTHERS.contains(&file) {
            return Ok(());
        }
        if self.profiles.len() >= MOST_PROFILES {
            let text = format!("{name}: not opened: there are {MOST_PROFILES} profiles already");
            self.remarks.push(text);
            return Ok(());
        }
        let taken: u64 = self.profiles.iter().map(|(_, of)| of.weight()).sum();
        let limits = Limits {
            memory: self.limits.memory.saturating_sub(taken),
            ..self.limits
        };
        match decode::decode(&mut &mut *bytes, &limits) {
            Ok(decoded) => self.keep(name, decoded),
            Err(error) => {
                interrupt::check()?;
                self.remarks.push(format!("{name}: {error}"));
            }
        }
        Ok(())
    }

    fn keep(&mut self, name: String, decoded: Decoded) {
        let remarks = decoded.remarks.iter();
        self.remarks
            .extend(remarks.map(|text| format!("{name}: {text}")));
        for (other, profile) in decoded.others {
            self.profiles.push((format!("{name}.{other}"), profile));
        }
        self.profiles.push((name, decoded.profile));
    }

    fn manifest(&mut self, bytes: &mut dyn Read) -> Result<()> {
        let mut text = Vec::new();
        // A list that breaks off tells as much as it tells.
        let _ = bytes.take(manifest::LONGEST).read_to_end(&mut text);
        for (file, fault) in manifest::faults(&text) {
            let name = naming::of_file(&file);
            if self.member.is_none_or(|member| member == name) {
                self.remarks.push(format!("{name}: {fault}"));
            }
        }
        Ok(())
    }

    /// Closes text forms whose binary form is here, and says nothing of them; what the runtime counted, which
    /// only a text form has, stays beside the binary one.
    fn forget_text_forms(&mut self) {
        let counted: Vec<(String, Box<MemStats>)> = self
            .profiles
            .iter_mut()
            .filter_map(|(name, profile)| {
                let binary = name.strip_suffix(TEXT_FORM)?;
                Some((binary.to_string(), profile.header.mem_stats.take()?))
            })
            .collect();
        for (name, stats) in counted {
            if let Some((_, profile)) = self.profiles.iter_mut().find(|(of, _)| *of == name) {
                profile.header.mem_stats = Some(stats);
            }
        }
        let names: Vec<String> = self.profiles.iter().map(|(name, _)| name.clone()).collect();
        let told_twice = |name: &str| {
            let binary = name.strip_suffix(TEXT_FORM);
            binary.is_some_and(|binary| names.iter().any(|name| name == binary))
        };
        self.profiles.retain(|(name, _)| !told_twice(name));
        self.remarks
            .retain(|text| !told_twice(text.split(':').next().unwrap_or_default()));
    }

    /// The one that is shown first, and the others.
    fn decoded(mut self) -> std::result::Result<Decoded, String> {
        if self.member.is_none() {
            self.forget_text_forms();
        }
        let first = |name: &str| self.profiles.iter().position(|(other, _)| other == name);
        let chosen = first(FIRST)
            .or_else(|| first("goroutine.debug1"))
            .unwrap_or(0);
        if self.profiles.is_empty() {
            let said = self.remarks.join("; ");
            return Err(match self.member {
                Some(member) if said.is_empty() => format!("no profile {member} is in it"),
                _ => format!("no profile in it can be read: {said}"),
            });
        }
        let (name, profile) = self.profiles.remove(chosen);
        Ok(Decoded {
            profile,
            remarks: self.remarks,
            name: Some(name),
            others: self.profiles,
            named: false,
        })
    }
}

#[cfg(test)]
mod tests;
