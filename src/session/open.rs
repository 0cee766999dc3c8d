//! Opens what the command line or the prompt names and makes it ready for reports, with pprof's messages in pprof's order.
//!
//! A line for each source that fails, then a line for all of them (pprof-behaviour 1.4). What pprof says
//! about binaries it cannot find is never printed: podprof does not look for them.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::gather::{Comparison, Wanted, gather};
use super::incident::{self, Incident};
use super::plan::Plan;
use super::reread::{self, Reading, Reread};
use super::symbolize::{Mode, Remote, ask_servers};
use super::{naming, say};
use crate::command::args::{Order, Task};
use crate::command::flags::Flags;
use crate::command::options::Settings;
use crate::command::resolve::{self, Request};
use crate::decode::{self, Decoded, Limits, Whole};
use crate::error::{Error, Result, Warning};
use crate::go::path::base;
use crate::interrupt;
use crate::model::{Profile, Str};
use crate::report::Report;
use crate::report::sink::{Plain, Sink};
use crate::source::{self, FetchOptions, OnProgress, RemoteOrigin, Ways};
use crate::target::cgroup;
use crate::view::{Base, BaseOptions};

/// What of the surroundings matters when a source is opened.
#[derive(Default)]
pub(crate) struct Surroundings {
    /// The folder that gets a copy of what a server sent, if any does.
    pub(crate) save_in: Option<PathBuf>,
    /// Told about every second while a server is waited for.
    pub(crate) progress: Option<OnProgress>,
    /// What the environment says about proxies and authorities.
    pub(crate) ways: Ways,
    /// Whoever sits at the terminal, if somebody does.
    pub(crate) somebody: Option<Somebody>,
}

/// Whoever sits at the terminal.
#[derive(Clone, Copy)]
pub(crate) struct Somebody {
    /// Whether the answer to this question is yes.
    pub(crate) agrees: fn(&str) -> bool,
    /// Waits so long or until a key is pressed; whether one was.
    pub(crate) pressed: fn(Duration) -> bool,
}

/// Opens profiles as the flags of the command line want it, those that the prompt asks for later too.
#[derive(Default)]
pub(crate) struct Opener {
    /// What names the main binary (pprof-behaviour 1.6).
    binary: Option<OsString>,
    flags: Flags,
    surroundings: Surroundings,
    /// Bytes that the profiles take that are open already.
    pub(super) taken: u64,
}

/// A profile that was opened and has no name yet.
pub(crate) struct Arrival {
    /// The name that suits it, if it is free.
    pub(crate) wish: String,
    /// Where it came from, as it may be shown.
    pub(crate) origin: String,
    pub(crate) base: Base,
    /// What else the source holds, by the name that suits it.
    pub(crate) others: Vec<(String, Base)>,
}

/// What is opened, and what the source calls it where it holds several.
struct Opened {
    base: Base,
    name: Option<String>,
    others: Vec<(String, Base)>,
}

/// What comes of one source besides the profile that is reported.
struct Besides {
    remote: Option<Remote>,
    name: Option<String>,
    others: Vec<(String, Profile)>,
}

impl Opener {
    /// An opener that has opened nothing yet.
    pub(crate) fn idle(order: &Order, surroundings: Surroundings) -> Opener {
        Opener {
            binary: None,
            flags: order.flags.clone(),
            surroundings,
            taken: 0,
        }
    }

    /// Who sits at the terminal, and who is told how far a wait has come.
    pub(super) fn surroundings(&self) -> &Surroundings {
        &self.surroundings
    }

    /// The flags of the command line.
    pub(super) fn flags(&self) -> &Flags {
        &self.flags
    }

    /// Opens what a live process is asked for, as its URL says and no flag changes.
    pub(super) fn live(&mut self, url: &str, err: &mut dyn Sink) -> Result<Arrival> {
        let seconds = std::mem::replace(&mut self.flags.seconds, -1);
        let opened = self.another(url, err);
        self.flags.seconds = seconds;
        opened
    }

    /// The same, waiting so many seconds at most where the flags do not say how long.
    pub(super) fn live_within(&mut self, url: &str, patience: i64) -> Result<Arrival> {
        let given = self.flags.timeout;
        if given <= 0 {
            self.flags.timeout = patience;
        }
        let opened = self.live(url, &mut Plain(Vec::new()));
        self.flags.timeout = given;
        opened
    }

    /// Opens the profile that the command line names.
    pub(crate) fn first(
        order: &Order,
        surroundings: Surroundings,
        err: &mut dyn Sink,
    ) -> Result<(Opener, Arrival)> {
        let (binary, sources) = split_binary(&order.sources);
        let opener = Opener {
            binary: binary.map(OsStr::to_os_string),
            flags: order.flags.clone(),
            surroundings,
            taken: 0,
        };
        let base = order.flags.base();
        let wanted = Wanted {
            sources,
            base: base.map(|(of_base, name)| match of_base {
                true => (Comparison::DiffBase, OsStr::new(name)),
                false => (Comparison::Base, OsStr::new(name)),
            }),
            normalize: order.settings.normalize,
            adds_up: adds_up(order),
        };
        let opened = opener.gathered(&wanted, err)?;
        Ok((opener, arrival(&wanted, opened)))
    }

    /// Opens another one, a file or a URL.
    pub(crate) fn another(&self, source: &str, err: &mut dyn Sink) -> Result<Arrival> {
        if source == "-" {
            let text = "stdin cannot be opened here: name it on the command line (podprof -)";
            return Err(Error::usage(text));
        }
        // Reading one of these could wait for ever, and Ctrl-C would not end it.
        let kind = fs::metadata(source).map(|metadata| metadata.file_type());
        if kind.is_ok_and(|kind| kind.is_fifo() || kind.is_char_device()) {
            let text = format!("{source} is a pipe or a device: name it on the command line");
            return Err(Error::usage(text));
        }
        let wanted = Wanted {
            sources: &[OsString::from(source)],
            base: None,
            normalize: false,
            adds_up: false,
        };
        let opened = self.gathered(&wanted, err)?;
        Ok(arrival(&wanted, opened))
    }

    /// How servers are reached.
    pub(super) fn ways(&self) -> Result<Ways> {
        let mut ways = self.surroundings.ways.clone();
        ways.headers = self.flags.headers()?;
        ways.tls.ca.clone_from(&self.flags.tls_ca);
        ways.tls.cert.clone_from(&self.flags.tls_cert);
        ways.tls.key.clone_from(&self.flags.tls_key);
        Ok(ways)
    }

    /// How servers are asked.
    pub(super) fn fetching(&self) -> Result<FetchOptions> {
        Ok(FetchOptions {
            seconds: self.flags.seconds,
            timeout: self.flags.timeout,
            progress: self.surroundings.progress.clone(),
            keep_partial: Some(PathBuf::from(&self.flags.keep_partial))
                .filter(|folder| !folder.as_os_str().is_empty()),
            ways: Arc::new(self.ways()?),
        })
    }

    /// What a profile may take, or a report that could take any amount.
    pub(super) fn limits(&self) -> Result<Limits> {
        Ok(self.plan()?.limits())
    }

    /// How there is room for a profile.
    fn plan(&self) -> Result<Plan> {
        let room = cgroup::room(Path::new("/proc"), Path::new("/sys"));
        Ok(Plan::new(self.flags.memory()?, room, self.taken))
    }

    fn gathered(&self, wanted: &Wanted<'_>, err: &mut dyn Sink) -> Result<Opened> {
        let mode = Mode::of(&self.flags.symbolize);
        let sources = wanted.sources.len() + usize::from(wanted.base.is_some());
        let plan = self.plan()?.shared(sources);
        let mut options = self.fetching()?;
        // One line cannot tell of several fetches.
        options.progress = options.progress.filter(|_| wanted.sources.len() == 1);
        let fetch = |name: &OsStr, remark: &mut dyn FnMut(Warning)| {
            let how = (plan, &self.flags);
            let (decoded, origin) = fetch_one(name, &options, how, remark)?;
            let mut profile = decoded.profile;
            name_main_mapping(&mut profile, self.binary.as_deref(), &self.flags.buildid)?;
            let remote = origin.map(|origin| Remote::new(&mut profile, origin));
            let besides = Besides {
                remote: remote.transpose()?,
                name: decoded.name,
                others: decoded.others,
            };
            Ok((profile, besides))
        };
        let (mut profile, besides) = gather(wanted, &fetch, err)?;
        let (mut remotes, mut name, mut others) = (Vec::new(), None, Vec::new());
        for of in besides {
            remotes.extend(of.remote);
            (name, others) = (of.name, of.others);
        }
        if wanted.sources.len() > 1 || wanted.base.is_some() {
            // Where profiles are merged or compared, one of each source counts.
            (name, others) = (None, Vec::new());
        }
        mode.complain(&self.flags.symbolize, err)?;
        if mode.remote {
            ask_servers(&mut profile, &remotes, mode.force, &options, err)?;
        }
        forget_urls(&mut profile);
        let comment = &self.flags.add_comment;
        if !comment.is_empty() {
            let comment = text(&mut profile, comment.as_bytes())?;
            profile.comments.push(comment);
        }
        let options = BaseOptions {
            names: mode.names,
            all_frames: self.flags.all_frames,
        };
        let base = Base::new(profile, &options)?;
        let save_in = self.surroundings.save_in.as_deref();
        if let Some(folder) = save_in.filter(|_| !remotes.is_empty()) {
            say(err, &save(&base, folder).text())?;
        }
        let others = others.into_iter();
        let others = others.map(|(name, other)| Ok((name, Base::new(other, &options)?)));
        Ok(Opened {
            base,
            name,
            others: others.collect::<Result<_>>()?,
        })
    }
}

/// Whether the sources serve one report alone that only adds samples up; what servers sent is kept merged.
fn adds_up(order: &Order) -> bool {
    let report = match &order.task {
        Task::Report(action) => action.report,
        _ => return false,
    };
    let alike = [
        Report::Top,
        Report::Tree,
        Report::Peek,
        Report::List,
        Report::Tags,
        Report::Dot,
    ];
    alike.contains(&report) && !order.sources.iter().any(|name| source::is_remote(name))
}

fn arrival(wanted: &Wanted<'_>, opened: Opened) -> Arrival {
    let sources = wanted.sources.iter().map(|name| source::shown(name));
    let mut origin = sources.collect::<Vec<_>>().join(" ");
    if let Some((_, name)) = wanted.base {
        origin.push_str(&format!(" minus {}", source::shown(name)));
    }
    let wish = || wanted.sources.first().map(|name| naming::wish(name));
    Arrival {
        wish: opened.name.or_else(wish).unwrap_or_default(),
        origin,
        base: opened.base,
        others: opened.others,
    }
}

/// Keeps what was fetched, merged and compared, as `proto` would write it.
fn save(base: &Base, folder: &Path) -> Warning {
    source::save::save(folder, &words(&base.profile), |file| {
        let mut out = Plain(BufWriter::new(file));
        write_whole(base, &mut out)?;
        Ok(out.flush()?)
    })
}

/// Writes the profile as `proto` does where no filter is set.
pub(super) fn write_whole(base: &Base, out: &mut dyn Sink) -> Result<()> {
    let settings = Settings {
        granularity: "addresses",
        ..Settings::default()
    };
    let request = Request {
        report: Report::Proto,
        argument: None,
        settings: &settings,
        memory: None,
        tree_room: 0,
    };
    resolve::generate(base, &request, &mut |_| (), out)
}

/// Reads one source, and tells which server gave it, if one did.
fn fetch_one(
    name: &OsStr,
    options: &FetchOptions,
    (plan, flags): (Plan, &Flags),
    remark: &mut dyn FnMut(Warning),
) -> Result<(Decoded, Option<RemoteOrigin>)> {
    if let Some(incident) = Incident::find(name) {
        let mut decoded = incident.read(&plan.limits())?;
        noted(&mut decoded, &source::shown(name), remark);
        return Ok((decoded, None));
    }
    let mut opened = source::open(name, options, remark)?;
    let is_encoded = opened.remote.as_ref().is_some_and(|of| of.gzip_encoded);
    if opened.remote.is_some() {
        opened.body.limit(plan.limits().memory.saturating_mul(2));
    }
    let mut reading = Reading {
        is_encoded,
        limits: plan.limits(),
        again: flags.low_mem,
        ahead: reread::ahead(flags.threads, &opened.body),
    };
    let shown = opened.name.clone();
    let note = |text: String| Warning::Note(format!("{shown}: {text}"));
    let mut rewound = None;
    if flags.low_mem {
        opened.body.keep_packed(usize::MAX);
    } else {
        let planned = reading.plan(plan, &mut opened.body, &mut |text| remark(note(text)));
        planned.map_err(|text| Error::source(format!("{shown}: {text}")))?;
    }
    if name == "-" {
        let start = opened.body.look(incident::LOOK as usize, |_| false);
        // What breaks off here does so below.
        let start = start.map(<[u8]>::to_vec).unwrap_or_default();
        if let Some(decoded) = Incident::of_stream(&start, &mut opened.body, &plan.limits()) {
            let mut decoded = decoded?;
            noted(&mut decoded, &shown, remark);
            return Ok((decoded, None));
        }
    }
    let mut read = reading.read(&mut opened.body);
    if !reading.again && matches!(&read.decoded, Err(fault) if fault.is_limit()) {
        // The guess was wrong, or there was nothing to guess from.
        rewound = opened.body.rewind();
        if let Some(bytes) = &rewound {
            remark(note(plan.again(None)));
            reading.again = true;
            read = reading.read(&mut bytes.body());
        }
    }
    let checked =
        interrupt::check().and_then(|()| checked(read.decoded, read.whole, (&opened, is_encoded)));
    let mut decoded = match checked {
        Ok(decoded) => decoded,
        Err(error) => {
            if let Some(said) = opened.body.keep() {
                remark(note(said));
            }
            return Err(error);
        }
    };
    noted(&mut decoded, &shown, remark);
    if let Some(rereader) = read.rereader {
        let bytes = rewound.or_else(|| opened.body.rewind());
        let gone = || Error::source(format!("{shown}: it cannot be read again"));
        decoded.profile.again = Some(Arc::new(Reread {
            rereader,
            bytes: bytes.ok_or_else(gone)?,
            is_encoded,
            ahead: reading.ahead,
            name: shown,
        }));
    }
    if decoded.named && is_allocs(name) {
        prefer_alloc_space(&mut decoded.profile);
    }
    Ok((decoded, opened.remote))
}

/// Passes on what was remarked about the source of this name.
fn noted(decoded: &mut Decoded, name: &str, remark: &mut dyn FnMut(Warning)) {
    for text in decoded.remarks.drain(..) {
        remark(Warning::Note(format!("{name}: {text}")));
    }
}

/// Whether a file or a URL is named like the profile of all allocations. The text form of heap and allocs
/// is the same but for that.
fn is_allocs(name: &OsStr) -> bool {
    let path = name.as_bytes().split(|byte| *byte == b'?').next();
    let file = base(path.unwrap_or_default());
    file.windows(6).any(|window| window == b"allocs")
}

fn prefer_alloc_space(profile: &mut Profile) {
    let mut kinds = profile.sample_types.iter().map(|kind| kind.kind);
    let space = kinds.find(|kind| profile.text(*kind) == b"alloc_space");
    profile.header.default_sample_type = space.unwrap_or_default();
}

/// Refuses what broke off, and says of the rest what is not sure.
fn checked(
    decoded: std::result::Result<Decoded, decode::Fault>,
    whole: Whole,
    (opened, is_encoded): (&source::Opened, bool),
) -> Result<Decoded> {
    let failed = |text: &str| Error::source(format!("{}: {text}", opened.name));
    let mut decoded = decoded.map_err(|error| match opened.body.failure() {
        // Where the bytes broke off, the source knows why.
        Some(text) => failed(text),
        None => failed(&error.to_string()),
    })?;
    let vouched = is_encoded || opened.body.is_framed();
    let doubt = match whole {
        Whole::No(why) if !vouched => {
            let text = format!("unexpected EOF (the server closed the connection: {why})");
            return Err(failed(&text));
        }
        Whole::No(why) if opened.remote.is_some() => {
            format!("the server sent less than a whole profile: {why}")
        }
        Whole::Unknown if !vouched => {
            "nothing but the closed connection ends this profile: it may be cut".to_string()
        }
        Whole::Yes | Whole::No(_) | Whole::Unknown => return Ok(decoded),
    };
    decoded.remarks.insert(0, doubt);
    Ok(decoded)
}

/// The binary in front of the sources, if there is one (pprof-behaviour 1.1).
fn split_binary(sources: &[OsString]) -> (Option<&OsStr>, &[OsString]) {
    match sources {
        [first, rest @ ..] if !rest.is_empty() && is_binary(first) => (Some(first), rest),
        _ => (None, sources), // a single argument is always a source
    }
}

/// Whether this is a program in a format that Go's object tools open.
fn is_binary(name: &OsStr) -> bool {
    const MAGICS: [&[u8]; 9] = [
        b"\x7fELF",
        b"\xfe\xed\xfa\xce",
        b"\xfe\xed\xfa\xcf",
        b"\xce\xfa\xed\xfe",
        b"\xcf\xfa\xed\xfe",
        b"MZ",
        b"!<arch>\n",
        b"go object ",
        b"\x01\xf7",
    ];
    let mut start = Vec::new();
    // Opening a FIFO would wait, and what is read of it is gone.
    let regular = fs::metadata(name).is_ok_and(|kind| kind.is_file());
    let file = regular.then(|| File::open(name).ok()).flatten();
    let read = file.map(|file| file.take(16).read_to_end(&mut start));
    matches!(read, Some(Ok(_))) && MAGICS.iter().any(|magic| start.starts_with(magic))
}

/// As pprof-behaviour 1.6: the build ID only where there is none.
fn name_main_mapping(profile: &mut Profile, binary: Option<&OsStr>, build_id: &str) -> Result<()> {
    if let Some(binary) = binary {
        let file = text(profile, binary.as_bytes())?;
        if let Some(main) = profile.mappings.first_mut() {
            main.file = file;
        }
    }
    let unnamed = |profile: &Profile| {
        let main = profile.mappings.first();
        main.is_some_and(|main| main.build_id == Str::EMPTY)
    };
    if !build_id.is_empty() && unnamed(profile) {
        let build_id = text(profile, build_id.as_bytes())?;
        if let Some(main) = profile.mappings.first_mut() {
            main.build_id = build_id;
        }
    }
    Ok(())
}

/// As pprof: a binary that is named like a URL was named so by whoever fetched it, unless it has a build ID.
fn forget_urls(profile: &mut Profile) {
    let strings = &profile.strings;
    for mapping in &mut profile.mappings {
        let named = mapping.build_id == Str::EMPTY && mapping.file != Str::EMPTY;
        if named && source::is_absolute_url(strings.get(mapping.file)) {
            mapping.file = Str::EMPTY;
        }
    }
}

/// The id of a text, new or not: equal texts have equal ids.
pub(super) fn text(profile: &mut Profile, text: &[u8]) -> Result<Str> {
    let full = || Error::source("the profile's texts exceed 4 GiB");
    profile.strings.intern(text).ok_or_else(full)
}

/// What a kept copy is named after: the main binary, where known, and the sample types.
fn words(profile: &Profile) -> Vec<&[u8]> {
    let main = profile.mappings.first().map(|main| profile.text(main.file));
    let main = main.filter(|file| !file.is_empty()).map(base);
    let kinds = profile
        .sample_types
        .iter()
        .map(|kind| profile.text(kind.kind));
    main.into_iter().chain(kinds).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::profile;

    #[test]
    fn one_argument_is_a_source_even_if_it_is_a_program() {
        let program = std::env::current_exe().expect("a program").into_os_string();
        assert_eq!(split_binary(std::slice::from_ref(&program)).0, None);
        let two = [program.clone(), OsString::from("cpu.pb.gz")];
        let (binary, sources) = split_binary(&two);
        assert_eq!((binary, sources), (Some(&*program), &two[1..]));
    }

    #[test]
    fn what_is_no_program_is_a_source() {
        for first in ["Cargo.toml", "/nonexistent", "src", "/dev/null"] {
            let two = [OsString::from(first), OsString::from("cpu.pb.gz")];
            assert_eq!(split_binary(&two), (None, &two[..]), "{first}");
        }
    }

    #[test]
    fn the_main_mapping_takes_a_name_and_an_id_only_if_it_has_none() {
        let mut profile = profile("main 1");
        name_main_mapping(&mut profile, Some(OsStr::new("/bin/app")), "abc").expect("named");
        name_main_mapping(&mut profile, None, "def").expect("named");
        let main = &profile.mappings[0];
        assert_eq!(profile.text(main.file), b"/bin/app");
        assert_eq!(profile.text(main.build_id), b"abc");
        assert_eq!(words(&profile), [&b"app"[..], b"samples"]);
    }

    #[test]
    fn a_binary_named_like_a_url_has_no_name() {
        for (file, kept) in [
            ("C:\\app.exe", false),
            ("http://h/x", false),
            ("/a:b", true),
            ("a/b:c", true),
        ] {
            let mut profile = profile("main 1");
            name_main_mapping(&mut profile, Some(OsStr::new(file)), "").expect("named");
            forget_urls(&mut profile);
            assert_eq!(profile.mappings[0].file != Str::EMPTY, kept, "{file}");
            name_main_mapping(&mut profile, Some(OsStr::new(file)), "id").expect("named");
            forget_urls(&mut profile);
            assert_ne!(profile.mappings[0].file, Str::EMPTY, "{file}");
        }
    }

    #[test]
    fn a_known_text_is_not_stored_twice() {
        let mut profile = profile("main 1");
        let texts = profile.strings.len();
        text(&mut profile, b"main").expect("known");
        assert_eq!(profile.strings.len(), texts);
        text(&mut profile, b"another").expect("new");
        assert_eq!(profile.strings.len(), texts + 1);
    }
}
