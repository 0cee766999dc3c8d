//! How a profile is read so that there is room for it: held, or its samples read again for each report.
//!
//! A guest takes half of what is free at most, and says so only where that changes anything. What a profile
//! needs is guessed from its size; where the guess is too much its rows are counted, which takes a
//! reading and no memory. The guess may lie: then the limit of the tables ends the reading, and it begins anew.

use crate::decode::{Counts, Limits, Rows, count};
use crate::measure;
use crate::source::Rewind;
use crate::target::cgroup::Room;

/// What is taken at most where nobody allows more, however much is free.
const DEFAULT: u64 = 512 << 20;
/// What podprof takes without a profile: buffers, tables of its own.
const FIXED: u64 = 3 << 20;

/// How much a profile may take, and why not more.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    most: u64,
    bound: Bound,
    /// What is free, where `-mem` may ask for more than half of it.
    room: Option<Room>,
}

#[derive(Debug, Clone, Copy)]
enum Bound {
    /// Nobody allowed more.
    Default,
    /// `-mem`.
    Given,
    /// Half of it.
    Free(Room),
}

/// How a source is to be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Choice {
    /// What is to be said where `-mem` allows more than a guest should take.
    Held(Option<String>),
    /// Its samples are read again; what is to be said of that.
    Again(String),
    /// There is no room for either; what is to be said.
    Refused(String),
}

impl Plan {
    /// A plan for what is still to be opened, beside profiles that take `taken` already.
    pub(super) fn new(given: Option<u64>, room: Option<Room>, taken: u64) -> Plan {
        let (most, bound) = match (given, room) {
            (Some(given), _) => (given.saturating_sub(taken), Bound::Given),
            (None, Some(room)) if room.free / 2 < DEFAULT => (room.free / 2, Bound::Free(room)),
            (None, _) => (DEFAULT.saturating_sub(taken), Bound::Default),
        };
        let room = given.and(room);
        Plan { most, bound, room }
    }

    /// The same for each of several sources.
    pub(super) fn shared(self, sources: usize) -> Plan {
        let sources = u64::try_from(sources).unwrap_or(1).max(1);
        Plan {
            most: self.most / sources,
            ..self
        }
    }

    /// What tables may take.
    pub(super) fn limits(&self) -> Limits {
        Limits::of_memory(self.most)
    }

    /// What may be kept of bytes that come but once, in case their profile turns out not to fit; nothing
    /// where there is room enough.
    pub(super) fn most_kept(&self) -> Option<usize> {
        let tight = !matches!(self.bound, Bound::Default);
        tight.then(|| usize::try_from(self.most / 4).unwrap_or(usize::MAX))
    }

    /// How a source is read that can be read twice.
    pub(super) fn choose(&self, bytes: &Rewind) -> Choice {
        let guess = bytes.unpacked_size();
        let guess = guess.map(|size| size / 2 * 3 + FIXED);
        if let Some(guess) = guess.filter(|guess| *guess <= self.most) {
            return Choice::Held(self.risk(guess));
        }
        let limits = self.limits();
        let Some(counts) = count(&mut bytes.body(), &limits) else {
            return Choice::Held(None); // a text, or broken: reading it tells
        };
        let needs = Needs::of(&counts);
        if needs.held <= self.most {
            Choice::Held(self.risk(needs.held))
        } else if needs.again <= self.most {
            let risk = self
                .risk(needs.again)
                .map_or(String::new(), |risk| format!("; {risk}"));
            Choice::Again(self.again(Some(needs.held)) + &risk)
        } else {
            Choice::Refused(format!(
                "too large for the memory there is: it needs about {} even without holding its samples; {}. \
                 Copy it to where there is more, or allow it: -mem={}m",
                size(needs.again),
                self.bound(),
                (needs.again >> 20) + 1,
            ))
        }
    }

    /// What is said of `-mem` where it lets a profile take more than half of what is free.
    fn risk(&self, needed: u64) -> Option<String> {
        let room = self.room.filter(|room| needed > room.free / 2)?;
        Some(format!(
            "about {} are needed and {} are free in {}: -mem allows it, though the service may be killed for it",
            size(needed),
            size(room.free),
            size(room.limit)
        ))
    }

    /// What is said of a profile that is not held; `held` is what that would have taken, where it is known.
    pub(super) fn again(&self, held: Option<u64>) -> String {
        let held = held.map_or("more than there is room for".to_string(), |held| {
            format!("about {}", size(held))
        });
        format!(
            "read again for each report, to hold it would take {held}; {}",
            self.bound()
        )
    }

    fn bound(&self) -> String {
        match self.bound {
            Bound::Default => format!("without -mem at most {} are taken", size(self.most)),
            Bound::Given => format!("-mem leaves {}", size(self.most)),
            Bound::Free(room) => format!(
                "of {} free in {} at most half is taken",
                size(room.free),
                size(room.limit)
            ),
        }
    }
}

fn size(bytes: u64) -> String {
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    String::from_utf8_lossy(&measure::label(bytes, b"bytes")).into_owned()
}

/// What a profile needs in memory, reports on it included.
struct Needs {
    held: u64,
    again: u64,
}

impl Needs {
    fn of(counts: &Counts) -> Needs {
        let times = |rows: Rows, each: u64| rows.count.saturating_mul(each);
        // A location has its columns, its number and its nodes, and a line for about twelve bytes.
        let locations = times(counts.locations, 52).saturating_add(counts.locations.bytes * 2);
        let functions = times(counts.functions, 180);
        let strings = times(counts.strings, 24).saturating_add(counts.strings.bytes);
        let rows = locations.saturating_add(functions).saturating_add(strings);
        // Label lists are held while they are few.
        let lists = (counts.samples.bytes / 2).min(8 << 20);
        let again = FIXED.saturating_add(rows).saturating_add(lists);
        let samples = times(counts.samples, 24).saturating_add(counts.samples.bytes);
        Needs {
            held: again.saturating_add(samples),
            again,
        }
    }
}
