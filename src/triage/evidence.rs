//! What was looked at: profiles of one process at one or two instants, and what the system says of it.
//!
//! Everything is optional, and what is missing is missing for a reason that is kept. Two profiles of a
//! kind are ordered by their times; of more than two the first and the last count.

use super::code::{Code, column};
use super::groups::{self, Group};
use super::sort_few;
use crate::error::Result;
use crate::go::regexp::Regexp;
use crate::model::Profile;

/// What a profile is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Goroutine,
    /// `inuse_space`, mostly with `alloc_space` too.
    Heap,
    Cpu,
    Mutex,
    Block,
    /// Go 1.26's goroutineleak.
    Leaked,
    /// Goroutines one by one, with how long each waits.
    Dump,
}

/// The sample types that tell a kind, the first that is there counts.
const KINDS: [(&str, Kind); 5] = [
    ("goroutineleak", Kind::Leaked),
    ("goroutine", Kind::Goroutine),
    ("inuse_space", Kind::Heap),
    ("cpu", Kind::Cpu),
    ("contentions", Kind::Block),
];

impl Kind {
    /// Tells it by the sample types; a mutex profile from a block profile by the name, else by the leaves.
    pub(crate) fn of(name: &str, profile: &Profile) -> Option<Kind> {
        let kind = KINDS.iter().find(|kind| column(profile, kind.0).is_some());
        Some(match kind?.1 {
            Kind::Goroutine if name.contains("goroutineleak") => Kind::Leaked,
            Kind::Goroutine if column(profile, "wait").is_some() => Kind::Dump,
            // The same numbers as heap, under the name that tells whose default they are.
            Kind::Heap if name.contains("allocs") => return None,
            Kind::Block if name.contains("mutex") => Kind::Mutex,
            Kind::Block if !name.contains("block") && unlocks(profile) => Kind::Mutex,
            kind => kind,
        })
    }

    /// What is fetched to get one.
    pub(crate) fn asked(self) -> &'static str {
        match self {
            Kind::Goroutine | Kind::Dump => "goroutine",
            Kind::Heap => "heap",
            Kind::Cpu => "profile",
            Kind::Mutex => "mutex",
            Kind::Block => "block",
            Kind::Leaked => "goroutineleak",
        }
    }
}

/// Whether the leaves are those of somebody who lets a lock go, as in a mutex profile.
fn unlocks(profile: &Profile) -> bool {
    let mut names = profile
        .functions
        .name
        .iter()
        .map(|name| profile.text(*name));
    names.any(|name| name.ends_with(b"Mutex).Unlock") || name.ends_with(b"Mutex).RUnlock"))
}

/// A profile that is open.
#[derive(Clone, Copy)]
pub(crate) struct Part<'p> {
    pub(crate) name: &'p str,
    /// Where it came from, as it may be shown.
    pub(crate) origin: &'p str,
    pub(crate) profile: &'p Profile,
    /// When it was taken, in seconds on a clock that all parts share, where that is known better than by the profile.
    pub(crate) at: Option<f64>,
}

impl Part<'_> {
    fn time(&self) -> Option<f64> {
        let nanos = self.profile.header.time_nanos;
        self.at.or((nanos > 0).then_some(nanos as f64 / 1e9))
    }
}

/// The parts of a kind, by their times where all have one.
fn of_kind<'p>(parts: &[Part<'p>], kind: Kind) -> Vec<Part<'p>> {
    let mut found: Vec<Part<'p>> = Vec::new();
    for part in parts {
        if Kind::of(part.name, part.profile) == Some(kind) {
            found.push(*part);
        }
    }
    if found.iter().all(|part| part.time().is_some()) {
        sort_few(&mut found, |a, b| a.time() > b.time());
    }
    found
}

/// A kind of profile at the start and at the end; one alone is at the end.
#[derive(Default)]
pub(crate) struct Ends<'p> {
    pub(crate) start: Option<Code<'p>>,
    /// One in between, where there are three or more.
    pub(crate) middle: Option<Code<'p>>,
    pub(crate) end: Option<Code<'p>>,
    /// What lies between them, where there are two and that is known; more than 0.
    pub(crate) seconds: Option<f64>,
}

/// What the system says of the process; what may differ between the ends has two values.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Process {
    /// Its name, and what tells it from others: `orders (pid 7, go1.27)`, or an address.
    pub(crate) who: String,
    /// Seconds since its start.
    pub(crate) uptime: Option<f64>,
    /// Seconds between the ends.
    pub(crate) seconds: Option<f64>,
    /// Bytes in memory.
    pub(crate) resident: [Option<i64>; 2],
    /// The part of it that is no file's.
    pub(crate) anonymous: [Option<i64>; 2],
    /// Bytes that the container may take.
    pub(crate) memory_limit: Option<i64>,
    /// Seconds on a processor since its start.
    pub(crate) cpu: [Option<f64>; 2],
    /// Processors that the container may take.
    pub(crate) cpu_limit: Option<f64>,
    /// How often the container had to wait for its share, out of how many chances, since its start.
    pub(crate) throttled: [Option<(i64, i64)>; 2],
    pub(crate) threads: [Option<i64>; 2],
    /// Open file descriptors, and how many there may be.
    pub(crate) files: [Option<i64>; 2],
    pub(crate) files_limit: Option<i64>,
}

impl Process {
    /// How many processors it used between the ends, else since its start.
    pub(crate) fn cores(&self) -> Option<f64> {
        match (self.cpu, self.seconds, self.uptime) {
            ([Some(start), Some(end)], Some(seconds), _) => Some((end - start) / seconds),
            ([_, Some(end)], _, Some(uptime)) => Some(end / uptime.max(1.0)),
            _ => None, // the system does not show it
        }
    }
}

/// Something that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) what: String,
    pub(crate) why: String,
}

/// All of it.
pub(crate) struct Evidence<'p> {
    pub(crate) goroutines: Ends<'p>,
    pub(crate) heap: Ends<'p>,
    pub(crate) mutex: Ends<'p>,
    pub(crate) block: Ends<'p>,
    pub(crate) cpu: Option<Code<'p>>,
    pub(crate) leaked: Option<Code<'p>>,
    /// The goroutines one by one, the last time that they were listed.
    pub(crate) dump: Option<Code<'p>>,
    pub(crate) process: &'p Process,
    pub(crate) missing: &'p [Missing],
    /// The goroutines by equal stacks, most first; of both ends where there are two.
    pub(crate) groups: Vec<Group<'p>>,
}

impl<'p> Evidence<'p> {
    /// Sorts what is open; `own_code` is the option of that name.
    ///
    /// # Errors
    /// Ctrl-C was pressed, or a profile cannot be read again.
    pub(crate) fn of(
        parts: &[Part<'p>],
        process: &'p Process,
        missing: &'p [Missing],
        own_code: Option<&Regexp>,
    ) -> Result<Evidence<'p>> {
        let pair = |kind: Kind| {
            let found = of_kind(parts, kind);
            let code = |at: usize| found.get(at).map(|part| Code::of(part, own_code));
            let last = found.len().saturating_sub(1);
            let (first, end) = (found.first(), found.last());
            let between = || Some(end?.time()? - first?.time()?);
            let seconds = between().or(process.seconds);
            Ends {
                start: if last > 0 { code(0) } else { None },
                middle: if last > 1 {
                    code(last.div_ceil(2))
                } else {
                    None
                },
                end: code(last),
                seconds: seconds.filter(|seconds| last > 0 && *seconds > 0.0),
            }
        };
        let one = |part: &Part<'p>| Code::of(part, own_code);
        let last = |kind: Kind| of_kind(parts, kind).last().map(one);
        let longest = of_kind(parts, Kind::Cpu);
        // Of equals the last.
        let longest = longest
            .iter()
            .max_by_key(|part| part.profile.header.duration_nanos);
        let mut evidence = Evidence {
            goroutines: match of_kind(parts, Kind::Goroutine).is_empty() {
                true => pair(Kind::Dump),
                false => pair(Kind::Goroutine),
            },
            heap: pair(Kind::Heap),
            mutex: pair(Kind::Mutex),
            block: pair(Kind::Block),
            cpu: longest.map(one),
            leaked: last(Kind::Leaked),
            dump: last(Kind::Dump),
            groups: Vec::new(),
            process,
            missing,
        };
        let ends = &evidence.goroutines;
        let ends = [&ends.end, &ends.middle, &ends.start].map(Option::as_ref);
        evidence.groups = groups::of(ends)?;
        Ok(evidence)
    }

    /// Whether no profile is of a kind that rules know.
    pub(crate) fn is_empty(&self) -> bool {
        let ends = [&self.goroutines, &self.heap, &self.mutex, &self.block];
        let others = [&self.cpu, &self.leaked, &self.dump];
        ends.iter().all(|ends| ends.end.is_none()) && others.iter().all(|code| code.is_none())
    }

    /// The last profile of a kind.
    pub(crate) fn last(&self, kind: Kind) -> Option<&Code<'p>> {
        match kind {
            Kind::Goroutine => &self.goroutines.end,
            Kind::Heap => &self.heap.end,
            Kind::Mutex => &self.mutex.end,
            Kind::Block => &self.block.end,
            Kind::Cpu => &self.cpu,
            Kind::Leaked => &self.leaked,
            Kind::Dump => &self.dump,
        }
        .as_ref()
    }

    /// How many goroutines there are.
    pub(crate) fn goroutine_count(&self) -> i64 {
        self.groups
            .iter()
            .map(|group| group.now)
            .fold(0, i64::saturating_add)
    }
}
