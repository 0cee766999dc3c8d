//! Function names from the server of a profile, where the profile has addresses only (pprof-behaviour 1.9).
//!
//! What a server answers is hostile: its length is bounded by that of the question, and an answer of
//! which one line makes no sense is not used at all. A deviation: what goes wrong costs a line on
//! stderr and the names, where pprof gives up.

use std::io;

use super::open::text;
use super::say;
use crate::demangle::Style;
use crate::error::{Cause, Error, Result};
use crate::hash::Map;
use crate::interrupt;
use crate::model::{FunctionId, Line, Mapping, MappingId, Profile, Ragged, Str};
use crate::report::sink::Sink;
use crate::source::{FetchOptions, RemoteOrigin};
use crate::view::Names;

/// How many bytes of an answer about so many addresses are read: some whatever was asked, more for each, never more
/// than a pod has room for.
fn longest_answer(addresses: u64) -> u64 {
    (65_536 + 4_096 * addresses).min(67_108_864)
}

/// What `-symbolize` means to podprof, which finds no symbols of its own.
pub(super) struct Mode {
    pub(super) names: Names,
    /// Whether the servers of profiles are asked for names.
    pub(super) remote: bool,
    /// Whether they are asked about binaries that have names.
    pub(super) force: bool,
    /// How many of its words nobody knows.
    unknown: usize,
}

impl Mode {
    /// Reads the words of the flag.
    pub(super) fn of(flag: &str) -> Mode {
        let (mut force, mut style, mut unknown) = (false, Some(Style::Short), 0);
        let mut remote = true;
        for word in flag.to_lowercase().split(':') {
            match word {
                "" | "default" | "demangle=default" => {}
                "local" | "fastlocal" => remote = false,
                "remote" => remote = true,
                "none" | "no" => {
                    return Mode {
                        names: Names::AsTheyAre,
                        remote: false,
                        force: false,
                        unknown,
                    };
                }
                "force" => force = true,
                word => match word.strip_prefix("demangle=").unwrap_or(word) {
                    "full" => (force, style) = (true, Some(Style::Full)),
                    "templates" => (force, style) = (true, Some(Style::Templates)),
                    "none" => (force, style) = (true, None),
                    _ => unknown += 1,
                },
            }
        }
        Mode {
            names: Names::Readable { force, style },
            remote,
            force,
            unknown,
        }
    }

    /// Pprof's two lines for each word that nobody knows.
    pub(super) fn complain(&self, flag: &str, err: &mut dyn Sink) -> io::Result<()> {
        let lines = format!(
            "ignoring unrecognized symbolization option: {flag}\n\
             expecting -symbolize=[local|fastlocal|remote|none][:force][:demangle=[none|full|templates|default]\n"
        );
        (0..self.unknown).try_for_each(|_| say(err, lines.as_bytes()))
    }
}

/// A server that gave a profile, and the binaries it spoke of.
pub(super) struct Remote {
    origin: RemoteOrigin,
    /// Build id, file or URL, the first that is known, and the first address.
    binaries: Vec<(Vec<u8>, u64)>,
}

impl Remote {
    /// Keeps what the server is asked by. As pprof: a binary of which nothing is known is named by the URL.
    pub(super) fn new(profile: &mut Profile, origin: RemoteOrigin) -> Result<Remote> {
        let unknown =
            |mapping: &Mapping| mapping.build_id == Str::EMPTY && mapping.file == Str::EMPTY;
        for at in 0..profile.mappings.len() {
            if unknown(&profile.mappings[at]) {
                profile.mappings[at].file = text(profile, origin.name().as_bytes())?;
            }
        }
        let binaries = profile.mappings.iter().map(|mapping| {
            let name = match mapping.build_id {
                Str::EMPTY => mapping.file,
                build_id => build_id,
            };
            (profile.text(name).to_vec(), mapping.start)
        });
        let binaries = binaries.collect();
        Ok(Remote { origin, binaries })
    }
}

/// Names what has no name, binary by binary; a server that does not answer is not asked again.
pub(super) fn ask_servers(
    profile: &mut Profile,
    remotes: &[Remote],
    force: bool,
    options: &FetchOptions,
    err: &mut dyn Sink,
) -> Result<()> {
    let mut silent = vec![false; remotes.len()];
    for at in 0..profile.mappings.len() {
        let mapping = &profile.mappings[at];
        if mapping.has_functions && !force {
            continue;
        }
        let server = server_of(profile, at, remotes);
        let Some((which, start)) = server.filter(|(which, _)| !silent[*which]) else {
            continue;
        };
        let asked = Asked {
            mapping: MappingId::new(u32::try_from(at).unwrap_or(u32::MAX)),
            shift: start.wrapping_sub(mapping.start).cast_signed(),
        };
        let server = &remotes[which].origin;
        let mut ask =
            |question: &str, limit| server.ask_symbols(question.as_bytes(), limit, options);
        match asked.name(profile, &mut ask) {
            Ok(()) => profile.mappings[at].has_functions = true,
            Err(error) if matches!(error.cause(), Cause::Source(_)) => {
                silent[which] = true;
                let text = format!("{error}; the functions at its addresses keep no names");
                say(err, text.as_bytes())?;
            }
            Err(error) => return Err(error),
        }
        interrupt::check()?;
    }
    Ok(())
}

/// The first server that spoke of this binary, and where the binary began there.
// As pprof: the first of its name, even where the binary was mapped in pieces.
fn server_of(profile: &Profile, mapping: usize, remotes: &[Remote]) -> Option<(usize, u64)> {
    let mapping = &profile.mappings[mapping];
    let names = [mapping.file, mapping.build_id];
    let known = names.into_iter().filter(|name| *name != Str::EMPTY);
    known.into_iter().find_map(|name| {
        let name = profile.text(name);
        remotes.iter().enumerate().find_map(|(at, remote)| {
            let binary = remote.binaries.iter().find(|(known, _)| known == name)?;
            Some((at, binary.1))
        })
    })
}

/// The nameless addresses of one binary.
struct Asked {
    mapping: MappingId,
    /// What the server adds to the addresses of the profile.
    shift: i64,
}

impl Asked {
    fn name(
        &self,
        profile: &mut Profile,
        ask: &mut dyn FnMut(&str, u64) -> Result<Vec<u8>>,
    ) -> Result<()> {
        let (count, question) = self.question(profile)?;
        if count == 0 {
            return Ok(());
        }
        let answer = ask(&question, longest_answer(count))?;
        let found = Found::read(&answer, self.shift)?;
        let full = || Error::source("the profile's texts exceed 4 GiB");
        self.enter(profile, &found).ok_or_else(full)
    }

    /// How many addresses have no line, and how the server knows them.
    fn question(&self, profile: &Profile) -> Result<(u64, String)> {
        let locations = &profile.locations;
        let (mut count, mut question) = (0, String::new());
        for (at, address) in locations.address.iter().enumerate() {
            let nameless = locations.lines.row(at).is_empty() && *address != 0;
            if !nameless || locations.mapping[at] != Some(self.mapping) {
                continue;
            }
            let there = moved(*address, self.shift).ok_or_else(|| {
                let by = self.shift;
                let text = format!("cannot adjust address {address} by {by}, it would overflow");
                Error::source(text)
            })?;
            question.push_str(if count > 0 { "+" } else { "" });
            question.push_str(&format!("{there:#x}"));
            count += 1;
        }
        Ok((count, question))
    }

    /// Makes a function of each name, and a line at each address that got one.
    fn enter(&self, profile: &mut Profile, found: &Found<'_>) -> Option<()> {
        let ids = profile.strings.intern_all(found.names.iter().copied())?;
        let functions = &mut profile.functions;
        let before = functions.len();
        let mut taken: Map<u64, ()> = functions.id.iter().map(|id| (*id, ())).collect();
        for name in ids {
            // As pprof, but never one that is there already, which makes pprof refuse its own work.
            let mut id = functions.len() as u64 + 1;
            while taken.insert(id, ()).is_some() {
                id += 1;
            }
            functions.id.push(id);
            functions.name.push(name);
            functions.system_name.push(name);
            functions.filename.push(Str::EMPTY);
            functions.start_line.push(0);
        }
        let locations = &mut profile.locations;
        let mut lines = Ragged::default();
        for at in 0..locations.len() {
            let name = found.at.get(&locations.address[at]);
            match name.filter(|_| locations.mapping[at] == Some(self.mapping)) {
                Some(name) => lines.push([Line {
                    function: FunctionId::new(u32::try_from(before + name).ok()?),
                    line: 0,
                    column: 0,
                }])?,
                None => lines.push(locations.lines.row(at).iter().copied())?,
            }
        }
        locations.lines = lines;
        Some(())
    }
}

/// What an answer says.
#[derive(Default)]
struct Found<'a> {
    /// Each name once, in order of appearance.
    names: Vec<&'a [u8]>,
    /// Which of the names stands for an address of the profile.
    at: Map<u64, usize>,
}

impl<'a> Found<'a> {
    fn read(answer: &'a [u8], shift: i64) -> Result<Found<'a>> {
        let mut found = Found::default();
        let mut rows: Map<&[u8], usize> = Map::default();
        // As pprof: a last line without its end does not count.
        let lines = answer.split_inclusive(|&byte| byte == b'\n');
        for line in lines.filter(|line| line.ends_with(b"\n")) {
            let Some((digits, name)) = split(line) else {
                continue;
            };
            let address = std::str::from_utf8(digits).unwrap_or_default();
            let address = u64::from_str_radix(address, 16).map_err(|_| {
                let shown = &address[..address.len().min(40)];
                Error::source(format!(
                    "unexpected parse failure 0x{shown}: \
                     strconv.ParseUint: parsing \"0x{shown}\": value out of range"
                ))
            })?;
            let here = moved(address, shift.wrapping_neg()).ok_or_else(|| {
                let by = shift.wrapping_neg();
                let text =
                    format!("cannot adjust symbolz address {address} by {by}, it would overflow");
                Error::source(text)
            })?;
            let row = *rows.entry(name).or_insert_with(|| {
                found.names.push(name);
                found.names.len() - 1
            });
            found.at.insert(here, row);
        }
        Ok(found)
    }
}

/// The digits and the name in a line that has `0x12 name` in it.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let is_blank = |byte: &u8| b" \t\n\r\x0c".contains(byte);
    (0..line.len()).find_map(|at| {
        let rest = line.get(at..)?.strip_prefix(b"0x")?;
        let count = rest.iter().take_while(|b| b.is_ascii_hexdigit()).count();
        let (digits, rest) = rest.split_at_checked(count)?;
        let blanks = rest.iter().take_while(|byte| is_blank(byte)).count();
        let name = rest.get(blanks..)?;
        let name = name.strip_suffix(b"\n").unwrap_or(name);
        (count > 0 && blanks > 0).then_some((digits, name))
    })
}

/// As pprof: a shift by nothing never overflows, one below that reaches the address itself does.
fn moved(address: u64, shift: i64) -> Option<u64> {
    let there = address.wrapping_add_signed(shift);
    ((there < address) == (shift < 0)).then_some(there)
}

#[cfg(test)]
mod tests;
