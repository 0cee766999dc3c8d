//! Looks at a live process for a few seconds: the cheapest first, at the start and again at the end.
//!
//! What was taken stays open, for the next command is about one of them. What cannot be had costs itself
//! alone, and why is kept. Between the ends the CPU is sampled, and nothing else is asked.

use std::path::Path;
use std::time::{Duration, Instant};

use super::{Session, say};
use crate::command::live::Fetch;
use crate::error::{Error, Result};
use crate::interrupt;
use crate::report::sink::Sink;
use crate::source;
use crate::target::cgroup::{self, Usage};
use crate::target::discover::Process as Running;
use crate::target::look::owner;
use crate::triage::{Missing, Process};

/// For how long the CPU is sampled, in seconds, where the budget has room for it.
const CPU_SECONDS: u64 = 5;
/// How often goroutines are looked at again where nobody says it.
const TIMES: u64 = 3;
/// Seconds that one answer may take beyond what it is recorded for.
const PATIENCE: i64 = 10;
/// What the names of the earlier profiles end in.
const START: &str = "@start";
const MIDDLE: &str = "@middle";
/// Go's own list of goroutines that nothing can wake.
const LEAKED: &str = "goroutineleak";
/// What is taken at both ends, and what is asked for it: the text form of a heap has the counters.
const ENDS: [(&str, &str); 4] = [
    ("goroutine", "goroutine"),
    ("heap", "heap?debug=1"),
    ("mutex", "mutex"),
    ("block", "block"),
];

/// What was taken of a live process.
#[derive(Default)]
pub(super) struct Looked {
    /// The names of the profiles, and how many seconds after the first each was taken.
    pub(super) taken: Vec<(String, f64)>,
    pub(super) process: Process,
    pub(super) missing: Vec<Missing>,
}

impl Looked {
    /// Whether a profile of this name was taken.
    pub(super) fn took(&self, name: &str) -> bool {
        self.taken.iter().any(|(taken, _)| taken == name)
    }

    #[inline(never)]
    fn lacks(&mut self, what: &str, why: &str) {
        self.missing.push(Missing {
            what: what.to_string(),
            why: why.to_string(),
        });
    }
}

/// What is being taken.
struct Taking {
    base: String,
    begun: Instant,
    looked: Looked,
}

impl Session {
    /// Takes all that the connected process can tell within so many seconds.
    pub(super) fn look(&mut self, budget: u64) -> Result<Looked> {
        let target = self.live.target()?.clone();
        let endpoint = target.endpoint;
        let ways = self.opener.ways()?;
        let proc = Path::new(&self.opener.flags().proc);
        let owner = || owner(proc, &endpoint.base, &ways);
        let running = target.process.or_else(owner);
        let begun = Instant::now();
        let mut taking = Taking {
            base: endpoint.base.clone(),
            begun,
            looked: Looked::default(),
        };
        let before = self.usage(running.as_ref());
        let mut both = Vec::new();
        for (kind, asked) in ENDS {
            // A rate that is off leaves nothing to count.
            let off = matches!(kind, "mutex" | "block") && endpoint.count(kind) == Some(0);
            match (endpoint.has(kind), off) {
                (false, _) => taking.looked.lacks(kind, "the process does not serve it"),
                (true, true) => taking
                    .looked
                    .lacks(kind, "nothing is recorded: its rate seems to be off"),
                (true, false)
                    if self.take_one(asked, &format!("{kind}{START}"), &mut taking)? =>
                {
                    both.push((kind, asked));
                }
                (true, false) => {}
            }
        }
        let room = budget.saturating_sub(begun.elapsed().as_secs() + 1);
        match (endpoint.has("profile"), room.min(CPU_SECONDS)) {
            (false, _) => taking
                .looked
                .lacks("the CPU", "the process does not serve it"),
            (true, 0) => taking.looked.lacks("the CPU", "-budget has no room for it"),
            (true, seconds) => {
                self.take_one(&format!("profile?seconds={seconds}"), "cpu", &mut taking)?;
            }
        }
        if let Some((kind, asked)) = both.first().filter(|(kind, _)| *kind == "goroutine") {
            self.take_one(asked, &format!("{kind}{MIDDLE}"), &mut taking)?;
        }
        self.wait_until(begun + Duration::from_secs(budget.saturating_sub(1)))?;
        for (kind, asked) in both {
            self.take_one(asked, kind, &mut taking)?;
        }
        let after = self.usage(running.as_ref());
        // It collects garbage, which would spoil what the others tell.
        if endpoint.has(LEAKED) {
            match self.agreed() {
                true => drop(self.take_one(LEAKED, LEAKED, &mut taking)?),
                false => taking.looked.lacks(
                    LEAKED,
                    "it makes the process collect its garbage; -force takes it",
                ),
            }
        }
        let who = running.map_or_else(
            || source::shown(endpoint.base.as_ref()),
            |running| format!("{} (pid {}, {})", running.command, running.pid, running.go),
        );
        taking.looked.process = figures(who, begun.elapsed().as_secs_f64(), [before, after]);
        match taking.looked.taken.is_empty() {
            true => Err(nothing(&taking)),
            false => Ok(taking.looked),
        }
    }

    /// Takes the goroutines again and again, with so many seconds in between.
    pub(super) fn watch(&mut self, seconds: u64, err: &mut dyn Sink) -> Result<Looked> {
        let base = self.live.target()?.endpoint.base.clone();
        let times = u64::try_from(self.opener.flags().times).unwrap_or(0);
        let times = if times > 0 { times } else { TIMES };
        let text = format!("Watching goroutines, {times} times {seconds}s");
        say(err, text.as_bytes())?;
        let mut taking = Taking {
            base,
            begun: Instant::now(),
            looked: Looked::default(),
        };
        for time in 0..=times {
            let due = Duration::from_secs(seconds.saturating_mul(time));
            self.wait_until(taking.begun + due)?;
            self.take_one("goroutine", &format!("goroutine@{time}"), &mut taking)?;
        }
        match taking.looked.taken.len() {
            0 | 1 => Err(nothing(&taking)),
            _ => Ok(taking.looked), // what failed in between costs itself
        }
    }

    /// Whether what costs the process something may be taken.
    fn agreed(&self) -> bool {
        let question = "goroutineleak collects garbage first. Take it too?";
        let somebody = self.opener.surroundings().somebody;
        self.opener.flags().force || somebody.is_some_and(|somebody| (somebody.agrees)(question))
    }

    /// Opens what is asked for under a name; whether it came.
    fn take_one(&mut self, asked: &str, name: &str, taking: &mut Taking) -> Result<bool> {
        let (kind, query) = asked.split_once('?').unwrap_or((asked, ""));
        let seconds = query.strip_prefix("seconds=");
        let seconds: i64 = seconds.map_or(0, |seconds| seconds.parse().unwrap_or(0));
        let at = taking.begun.elapsed().as_secs_f64();
        let url = format!("{}{asked}", taking.base);
        let opened = self
            .opener
            .live_within(&url, PATIENCE.saturating_add(seconds));
        interrupt::check()?;
        let mut arrival = match opened {
            Ok(arrival) => arrival,
            Err(error) => {
                let text = error.to_string();
                let shown = source::shown(url.as_ref());
                let why = text.replace(&format!("{shown}: "), "");
                taking
                    .looked
                    .lacks(name, why.lines().next().unwrap_or_default());
                return Ok(false);
            }
        };
        arrival.wish = name.to_string();
        self.drop_earlier(&|earlier| earlier == name);
        self.shelf.add(arrival);
        let (name, _) = self.shelf.shown_names();
        taking.looked.taken.push((name.clone(), at));
        let fetch = Fetch {
            kind: kind.to_string(),
            seconds: (seconds > 0).then_some(seconds.unsigned_abs()),
            ..Fetch::default()
        };
        self.live.remember(name, fetch);
        Ok(true)
    }

    /// Closes those profiles of the earlier look that are picked by name.
    pub(super) fn drop_earlier(&mut self, picked: &dyn Fn(&str) -> bool) {
        let Some(looked) = self.looked.take() else {
            return;
        };
        for (name, _) in looked.taken.iter().filter(|(name, _)| picked(name)) {
            // The last one stays where it is: its name is taken then, and it is closed later.
            let _ = self.shelf.close(name);
        }
        self.looked = Some(looked);
    }

    fn usage(&self, running: Option<&Running>) -> Usage {
        let proc = &self.opener.flags().proc;
        running.map_or_else(Usage::default, |running| {
            cgroup::usage(Path::new(proc), Path::new("/sys"), running.pid)
        })
    }
}

fn nothing(taking: &Taking) -> Error {
    let mut text = source::shown(taking.base.as_ref());
    text.push_str(" tells nothing");
    for missing in &taking.looked.missing {
        for part in ["\n  ", &missing.what, ": ", &missing.why] {
            text.push_str(part);
        }
    }
    Error::source(text)
}

/// What the system says, at both ends.
fn figures(who: String, seconds: f64, [start, end]: [Usage; 2]) -> Process {
    let thousandths = |value: u64| value as f64 / 1000.0;
    let of_cpu = |usage: &Usage| usage.cpu.map(|(used, _)| thousandths(used));
    let throttled = |usage: &Usage| {
        let (waited, chances) = usage.throttled?;
        whole(Some(waited)).zip(whole(Some(chances)))
    };
    Process {
        who,
        uptime: end.cpu.map(|(_, lived)| thousandths(lived)),
        seconds: Some(seconds),
        resident: [whole(start.resident), whole(end.resident)],
        anonymous: [whole(start.anonymous), whole(end.anonymous)],
        memory_limit: whole(end.memory_limit),
        cpu: [of_cpu(&start), of_cpu(&end)],
        cpu_limit: end.cpu_limit.map(thousandths),
        throttled: [throttled(&start), throttled(&end)],
        threads: [whole(start.threads), whole(end.threads)],
        files: [whole(start.files), whole(end.files)],
        files_limit: whole(end.files_limit),
    }
}

#[inline(never)]
fn whole(value: Option<u64>) -> Option<i64> {
    i64::try_from(value?).ok()
}
