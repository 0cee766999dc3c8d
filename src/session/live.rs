//! The live processes: which there are, which one is connected, and what the prompt asks of it.
//!
//! Connecting reads the page that lists the profiles and no more; what is fetched becomes an open profile
//! like any other. The cheapest form is taken unless another one is asked for.

use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

use super::connect;
use super::{Flow, Session, Streams, say};
use crate::command::args::{Order, Task};
use crate::command::flags::Flags;
use crate::command::live::{Asking, Fetch};
use crate::command::pipe;
use crate::error::{Cause, Error, Result};
use crate::interrupt;
use crate::report::Report;
use crate::report::sink::Sink;
use crate::source;
use crate::target::endpoints::{self, Endpoint, PATH};
use crate::target::look::{self, Target, Wish};

/// Seconds that a server which was chosen may take to list its profiles, without `-timeout`.
const PATIENCE: u64 = 10;

/// What is known of live processes.
#[derive(Default)]
pub(super) struct Live {
    targets: Vec<Target>,
    /// Which of them is asked.
    connected: Option<usize>,
    /// How the open profiles of these names were fetched, and from which target.
    fetched: Vec<(String, usize, Fetch)>,
}

/// Whom to connect to, where the command line names no profile.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// Whoever is there.
    Anybody,
    /// The process of this number.
    Pid(u32),
    /// The server whose page has this URL.
    Page(String),
}

impl Start {
    /// What the command line means; none where it names a profile, as pprof understands it.
    pub(crate) fn of(order: &Order) -> Option<Start> {
        let report = matches!(order.task, Task::Report(_));
        let collect = matches!(order.task, Task::Collect(_) | Task::Triage(_));
        let source = match &order.sources[..] {
            [] => return Some(Start::Anybody),
            [source]
                if !report
                    && (collect || order.flags.seconds <= 0)
                    && order.flags.base().is_none() =>
            {
                source
            }
            _ => return None, // several profiles, or what pprof makes of one
        };
        if let Some(pid) = pid(source) {
            return Some(Start::Pid(pid));
        }
        source::page(source, page_path(&order.flags).as_str()).map(Start::Page)
    }
}

/// Makes of a bare address or pid the profile that a report is about: ours of goroutines and of memory name
/// their kind, all others are about the CPU as in pprof.
///
/// # Errors
/// The process of that number serves no profiles.
pub(crate) fn aim(order: &mut Order) -> Result<()> {
    let report = match &order.task {
        Task::Report(action) => Some(action.report),
        Task::Commands(_) | Task::Collect(_) | Task::Triage(_) | Task::Shell => None,
    };
    let kind = match report {
        Some(Report::Goroutines) => "goroutine",
        Some(Report::MemStats) => "heap?debug=1",
        _ => "profile", // what pprof asks for
    };
    let path = page_path(&order.flags);
    let [source] = &mut order.sources[..] else {
        return Ok(());
    };
    let base = match pid(source) {
        Some(pid) => {
            let wish = Wish {
                proc: Path::new(&order.flags.proc),
                path: &path,
                pid: Some(pid),
            };
            let seen = look::look(&wish);
            let found = seen.targets.first();
            found
                .ok_or_else(|| connect::nobody(&wish, &seen))?
                .endpoint
                .base
                .clone()
        }
        None if kind == "profile" => return Ok(()), // as pprof reads it
        None => match source::page(source, &path) {
            Some(base) => base,
            None => return Ok(()),
        },
    };
    *source = format!("{base}{kind}").into();
    Ok(())
}

/// The number in `pid:7`, unless a file is called so.
fn pid(source: &OsStr) -> Option<u32> {
    let number = source.to_str()?.strip_prefix("pid:")?.parse().ok()?;
    (!Path::new(source).exists()).then_some(number)
}

/// Where live processes serve their profiles, with both its slashes.
fn page_path(flags: &Flags) -> String {
    match flags.path.trim_matches('/') {
        "" => PATH.to_string(),
        path => format!("/{path}/"),
    }
}

impl Live {
    /// What to say to somebody who wants a report while nothing is open.
    pub(super) fn nothing_open(&self) -> Error {
        let text = match (self.connected, &self.targets[..]) {
            (Some(_), _) => {
                "no profile is open yet: fetch heap, fetch goroutine or fetch profile 10 \
                 (index lists what there is)"
                    .to_string()
            }
            (None, targets) => {
                let list = connect::numbered(targets);
                format!("no process is chosen: target N connects to one of these\n{list}")
            }
        };
        Error::usage(text.trim_end().to_string())
    }

    /// Whether a process is connected.
    pub(super) fn is_connected(&self) -> bool {
        self.connected.is_some()
    }

    /// The names of what the connected one offers.
    pub(super) fn kinds(&self) -> Vec<String> {
        let target = self.connected.and_then(|at| self.targets.get(at));
        let offers = target
            .into_iter()
            .flat_map(|target| &target.endpoint.offers);
        offers.map(|offer| offer.name.clone()).collect()
    }

    /// The connected one.
    pub(super) fn target(&mut self) -> Result<&mut Target> {
        if self.targets.is_empty() {
            let text = "no live process is connected: start podprof without a source, or with \
                        host:port";
            return Err(Error::usage(text));
        }
        match self.connected {
            Some(at) => Ok(&mut self.targets[at]),
            None => Err(self.nothing_open()),
        }
    }
}

impl Live {
    /// What to ask the connected process for.
    pub(super) fn url(&mut self, asked: &Fetch) -> Result<String> {
        let base = &self.target()?.endpoint.base;
        Ok(format!("{base}{}{}", asked.kind, query(asked)))
    }

    /// Keeps in mind how the profile of this name was fetched.
    pub(super) fn remember(&mut self, name: String, asked: Fetch) {
        self.fetched.retain(|(other, ..)| *other != name);
        self.fetched
            .push((name, self.connected.unwrap_or(0), asked));
    }

    /// How the profile of this name was fetched; its process is connected again.
    pub(super) fn remembered(&mut self, name: &str) -> Option<Fetch> {
        let found = self.fetched.iter().find(|(other, ..)| other == name);
        let (_, target, asked) = found?;
        self.connected = Some(*target);
        Some(asked.clone())
    }
}

impl Session {
    /// Connects to what the command line names, and says what there is; with three lines about how it is
    /// where somebody is about to look into it.
    ///
    /// # Errors
    /// Nobody is there: what was tried, and what to do.
    pub(crate) fn go_live(&mut self, start: &Start, looks: bool, err: &mut dyn Sink) -> Result<()> {
        match start {
            Start::Page(url) => self.call(url, looks)?,
            Start::Pid(pid) => self.seek(Some(*pid), err)?,
            Start::Anybody => self.seek(None, err)?,
        }
        if let [_] = self.live.targets[..] {
            self.live.connected = Some(0);
            self.tell(err)?;
            if looks {
                self.welcome(err)?;
            }
        } else {
            let list = connect::numbered(&self.live.targets);
            say(
                err,
                format!("{list}target N connects to one of them").as_bytes(),
            )?;
        }
        Ok(())
    }

    /// Asks the server of this page; where somebody looks, the process behind it is found if it is of this machine.
    fn call(&mut self, url: &str, looks: bool) -> Result<()> {
        let limit = Duration::from_secs(self.patience());
        let ways = self.opener.ways()?;
        let endpoint = endpoints::ask(url, limit, &ways).map_err(|text| {
            let url = source::shown(OsStr::new(url));
            Error::source(format!("{url}: {text}{}", connect::ADVICE))
        })?;
        let proc = Path::new(&self.opener.flags().proc);
        let process = looks.then(|| look::owner(proc, &endpoint.base, &ways));
        self.live.targets.push(Target {
            process: process.flatten(),
            endpoint,
        });
        Ok(())
    }

    /// Looks around on this machine; others than Go processes are asked where that is wished for.
    fn seek(&mut self, pid: Option<u32>, err: &mut dyn Sink) -> Result<()> {
        let flags = self.opener.flags().clone();
        let path = page_path(&flags);
        let wish = Wish {
            proc: Path::new(&flags.proc),
            path: &path,
            pid,
        };
        let mut seen = look::look(&wish);
        let strangers = !seen.machine.others.is_empty();
        if flags.probe && strangers {
            seen.probe(&path);
        } else if let Some(somebody) = self.opener.surroundings().somebody
            && seen.targets.is_empty()
            && strangers
        {
            let count = seen.machine.others.len();
            say(err, connect::strangers(&seen, count).as_bytes())?;
            match (somebody.agrees)(&format!("Ask each of these {count} once for {path}?")) {
                true => seen.probe(&path),
                false => seen.machine.others.clear(), // they have been named
            }
        }
        if seen.targets.is_empty() {
            return Err(connect::nobody(&wish, &seen));
        }
        err.write_all(connect::strangers(&seen, connect::NAMED).as_bytes())?;
        self.live.targets = seen.targets;
        Ok(())
    }

    /// Asks also those who are no Go process, and lists all that serve profiles.
    fn probe(&mut self, err: &mut dyn Sink) -> Result<()> {
        let flags = self.opener.flags();
        let mut seen = look::around(Path::new(&flags.proc));
        seen.probe(&page_path(flags));
        let known = |target: &Target| {
            let mut targets = self.live.targets.iter();
            targets.any(|known| known.endpoint.base == target.endpoint.base)
        };
        seen.targets.retain(|target| !known(target));
        let mut text = connect::strangers(&seen, connect::NAMED);
        self.live.targets.append(&mut seen.targets);
        text.push_str(&connect::numbered(&self.live.targets));
        Ok(say(err, text.as_bytes())?)
    }

    /// The process that is asked.
    pub(super) fn connected(&mut self) -> Result<Endpoint> {
        Ok(self.live.target()?.endpoint.clone())
    }

    /// Says what the connected process offers.
    fn tell(&mut self, err: &mut dyn Sink) -> Result<()> {
        let text = connect::table(self.live.target()?);
        Ok(say(err, text.as_bytes())?)
    }

    /// Does what is asked of a live process.
    pub(super) fn ask(&mut self, asking: Asking, io: &mut Streams<'_>) -> Result<Flow> {
        match asking {
            Asking::Target(None) => {
                let list = connect::numbered(&self.live.targets);
                say(io.err, list.as_bytes())?;
            }
            Asking::Probe => self.probe(io.err)?,
            Asking::Target(Some(number)) => {
                let at = number.wrapping_sub(1);
                if at >= self.live.targets.len() {
                    let text = format!("there is no target {number}: target lists them");
                    return Err(Error::usage(text));
                }
                self.live.connected = Some(at);
                self.tell(io.err)?;
                if self.opener.surroundings().somebody.is_some() {
                    self.welcome(io.err)?;
                }
            }
            Asking::Index(filters) => {
                self.refresh_index()?;
                let text = connect::table(self.live.target()?);
                pipe::through(&filters, io.err, |out| Ok(out.write_all(text.as_bytes())?))?;
                io.err.flush()?;
            }
            Asking::Fetch(asked) => {
                let fetched = self.fetch(asked, io);
                told(fetched, io.err)?;
            }
            Asking::Collect(wish) => self.collect_here(&wish, io.err)?,
            Asking::Grow { kind, seconds } => {
                let grown = self.grow(&kind, seconds, io);
                told(grown, io.err)?;
            }
            Asking::Every { seconds, line } => return self.every(seconds, &line, io),
        }
        Ok(Flow::Prompt)
    }

    /// Reads the page of the connected process again.
    pub(super) fn refresh_index(&mut self) -> Result<()> {
        let limit = Duration::from_secs(self.patience());
        let ways = self.opener.ways()?;
        let target = self.live.target()?;
        target.endpoint = endpoints::ask(&target.endpoint.base, limit, &ways).map_err(|text| {
            let shown = source::shown(OsStr::new(&target.endpoint.base));
            Error::source(format!("{shown}: {text}"))
        })?;
        Ok(())
    }

    /// How long a server that was chosen may take to list its profiles, in seconds.
    fn patience(&self) -> u64 {
        let given = u64::try_from(self.opener.flags().timeout).unwrap_or(0);
        if given > 0 { given } else { PATIENCE }
    }
}

/// Says what Ctrl-C has ended, which is shown by nothing else.
fn told(done: Result<()>, err: &mut dyn Sink) -> Result<()> {
    if matches!(&done, Err(error) if matches!(error.cause(), Cause::Interrupted)) {
        interrupt::clear(); // it has been obeyed, and as long as it stands a terminal is told nothing
        say(
            err,
            b"cancelled: the connection is closed, so the server stops too",
        )?;
    }
    done
}

/// The words behind the name of a profile in its URL.
fn query(asked: &Fetch) -> String {
    let mut words = Vec::new();
    if asked.debug > 0 {
        words.push(format!("debug={}", asked.debug));
    }
    if asked.gc {
        words.push("gc=1".to_string());
    }
    if let Some(seconds) = asked.seconds {
        words.push(format!("seconds={seconds}"));
    }
    match words.is_empty() {
        true => String::new(),
        false => format!("?{}", words.join("&")),
    }
}
