//! Goroutines in groups of equal stacks: the same functions and lines, state and creator.
//!
//! Stacks are compared as numbers: each location gets the rank of its text, so that locations of equal
//! text are one, and the order of groups needs no texts. A dump has a sample a goroutine and ten
//! thousand of a kind: what is done a sample must stay small.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::rank::Ranks;
use super::shape::{Shapes, TAKING};
use super::told::Keys;
use crate::error::{Error, Result};
use crate::hash::Map;
use crate::model::{FunctionId, Line, LocationId, Profile, Str};
use crate::report::Input;
use crate::view::Row;

/// How many ids of a group are kept as examples.
const EXAMPLES: usize = 8;

/// Goroutines with equal stacks.
#[derive(Debug, Default, Clone)]
pub(super) struct Group {
    /// Its place in the default order, from 1.
    pub(super) number: usize,
    /// What they do or wait for.
    pub(super) state: Vec<u8>,
    /// All locations, leaf first, that of the creator last where it is known.
    pub(super) whole: Vec<LocationId>,
    /// The locations that the filters left.
    pub(super) stack: Vec<LocationId>,
    /// How many there are.
    pub(super) count: i64,
    /// How many there were in the base.
    pub(super) before: i64,
    /// How many waited for so many seconds.
    pub(super) waits: BTreeMap<i64, i64>,
    /// How many have a flag.
    pub(super) flags: BTreeMap<Str, i64>,
    /// The ids of some.
    pub(super) ids: Vec<i64>,
    /// How many have each of the program's own labels, and had in the base: key and value.
    pub(super) labels: BTreeMap<(Str, Str), (i64, i64)>,
    /// What to call those that wait for work by design.
    pub(super) idle: Option<&'static str>,
    key: Vec<u32>,
}

impl Group {
    /// By how much it grew.
    pub(super) fn change(&self) -> i64 {
        self.count.wrapping_sub(self.before)
    }

    /// The shortest, the middle and the longest wait in seconds; `None` where nobody says.
    pub(super) fn wait(&self) -> Option<[i64; 3]> {
        let total: i64 = self.waits.values().sum();
        let (shortest, longest) = (*self.waits.keys().next()?, *self.waits.keys().next_back()?);
        let mut seen = 0;
        let middle = self.waits.iter().find(|(_, count)| {
            seen += **count;
            seen * 2 >= total
        });
        Some([shortest, *middle?.0, longest])
    }
}

/// All goroutines, and what is known of them together.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// Widest first, those that are idle last.
    pub(super) groups: Vec<Group>,
    /// Whether there is a base to compare with.
    pub(super) compared: bool,
    /// Whether the base tells how many there were, not only by how much it differs.
    pub(super) exact: bool,
    /// Whether the two sides say different things of a goroutine.
    pub(super) mixed: bool,
}

/// The value of a sample that counts goroutines; the error says what the profile counts instead.
pub(super) fn count_index(profile: &Profile) -> Result<usize> {
    let kinds = profile.sample_types.iter();
    let mut kinds = kinds.map(|kind| profile.text(kind.kind));
    let known: [&[u8]; 2] = [b"goroutine", b"goroutineleak"];
    kinds.clone().position(|kind| known.contains(&kind)).ok_or_else(|| {
        let last = kinds.next_back().unwrap_or(b"nothing");
        Error::report(format!(
            "goroutines: this profile counts {}, not goroutines: get one from /debug/pprof/goroutine",
            crate::go::fmt::quote(last)
        ))
    })
}

/// Puts goroutines that the view shows into groups, in the default order.
pub(super) fn groups(input: &Input<'_>) -> Result<Groups> {
    let profile = input.view.profile;
    let mut collector = Collector::new(profile, count_index(profile)?)?;
    collector.compare(input)?;
    let mut failed = false;
    input
        .view
        .scan(|row| failed |= collector.add(&row).is_none())?;
    if failed {
        return Err(Error::report("goroutines: too many groups"));
    }
    Ok(collector.finish())
}

/// What a side of a comparison says of its goroutines.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Form {
    /// Their labels tell states and ids.
    dump: bool,
    /// Their leaves are those of the runtime that parked them.
    complete: bool,
}

struct Collector<'p> {
    profile: &'p Profile,
    index: usize,
    keys: Keys,
    shapes: Shapes,
    ranks: Ranks,
    by_key: Map<Vec<u32>, u32>,
    groups: Groups,
    key: Vec<u32>,
}

impl<'p> Collector<'p> {
    fn new(profile: &'p Profile, index: usize) -> Result<Self> {
        Ok(Collector {
            profile,
            index,
            keys: Keys::of(profile)?,
            shapes: Shapes::of(profile),
            ranks: Ranks::of(profile),
            by_key: Map::default(),
            groups: Groups::default(),
            key: Vec::new(),
        })
    }

    /// Learns whether there is a base, and whether its form is another.
    fn compare(&mut self, input: &Input<'_>) -> Result<()> {
        let mut negative = false;
        let index = self.index;
        input
            .view
            .scan_values(|values, _| negative |= values[index] < 0)?;
        self.groups.compared = negative || self.keys.base.is_some();
        if !self.groups.compared {
            return Ok(());
        }
        let (mut forms, mut exact) = ([None::<Form>; 2], false);
        input.view.scan(|row| {
            let told = self.keys.told(row.labels.whole());
            exact |= told.base;
            let before = told.base || row.values[index] < 0;
            let form = forms[usize::from(before)].get_or_insert_default();
            form.dump |= told.dumped;
            form.complete |= self.shows_parking(row.whole);
        })?;
        self.groups.exact = exact;
        self.groups.mixed = forms[0] != forms[1] && !forms.contains(&None);
        // One side may hide them: that no frame parks a goroutine tells nothing then.
        self.shapes.complete &= !self.groups.mixed;
        Ok(())
    }

    /// Whether the runtime's frames are there; every form shows those of its own goroutines.
    fn shows_parking(&self, stack: &[LocationId]) -> bool {
        let lines = &self.profile.locations.lines;
        let [leaf, .., root] = stack else {
            return false;
        };
        let is_own = |line: &Line| !self.shapes.is_runtime(line.function);
        let leaf = lines.row(leaf.at()).first();
        leaf.is_some_and(|leaf| self.shapes.is_parking(leaf.function))
            && lines.row(root.at()).iter().any(is_own)
    }

    /// Adds a sample to its group; `None` when there are more groups than can be numbered.
    fn add(&mut self, row: &Row<'_>) -> Option<()> {
        let labels = row.labels.whole();
        let told = self.keys.told(labels);
        let at = self.group_of(row, told.state)?;
        let value = row.values[self.index];
        let before = told.base || value < 0;
        if !before && self.groups.compared && self.groups.groups[at].count == 0 {
            // What is there now is shown, not what was.
            let now = self.example(row, told.state);
            let group = &mut self.groups.groups[at];
            (group.state, group.whole, group.stack) = (now.state, now.whole, now.stack);
        }
        let group = &mut self.groups.groups[at];
        let labels_of_program = self.keys.of_program(labels, &told);
        match before {
            true => {
                let value = value.wrapping_abs();
                add(&mut group.before, value);
                labels_of_program
                    .for_each(|label| add(&mut group.labels.entry(label).or_default().1, value));
            }
            false => {
                add(&mut group.count, value);
                labels_of_program
                    .for_each(|label| add(&mut group.labels.entry(label).or_default().0, value));
            }
        }
        if told.dumped && !before {
            add(
                group.waits.entry(told.wait.unwrap_or(0)).or_default(),
                value,
            );
            let flags = self.keys.flags(labels);
            flags.for_each(|flag| add(group.flags.entry(flag).or_default(), value));
            if group.ids.len() < EXAMPLES {
                group.ids.extend(told.id);
            }
        }
        Some(())
    }

    /// The row of the group that a sample belongs to, new or not.
    fn group_of(&mut self, row: &Row<'_>, state: Option<Str>) -> Option<usize> {
        self.write_key(row.whole, state);
        if let Some(at) = self.by_key.get(self.key.as_slice()) {
            return Some(*at as usize);
        }
        let at = self.groups.groups.len();
        let number = u32::try_from(at).ok()?;
        self.by_key.insert(self.key.clone(), number);
        let group = Group {
            key: self.key.clone(),
            ..self.example(row, state)
        };
        self.groups.groups.push(group);
        Some(at)
    }

    fn write_key(&mut self, stack: &[LocationId], state: Option<Str>) {
        self.key.clear();
        if !self.groups.mixed {
            self.key.push(state.map_or(0, |state| state.row() + 1));
            let ranks = &self.ranks.locations;
            self.key
                .extend(stack.iter().map(|location| ranks[location.at()]));
            return;
        }
        for location in stack.iter().map(|location| location.at()) {
            if self.ranks.creators[location] {
                continue;
            }
            let lines = self.profile.locations.lines.row(location);
            for (line, rank) in lines.iter().zip(self.ranks.lines.row(location)) {
                if !self.shapes.is_runtime(line.function) {
                    self.key.push(*rank);
                }
            }
        }
    }

    /// A group without anybody in it yet, as this sample shows it.
    fn example(&self, row: &Row<'_>, state: Option<Str>) -> Group {
        let lines = &self.profile.locations.lines;
        let own = row
            .whole
            .iter()
            .filter(|location| !self.ranks.creators[location.at()]);
        let functions = own.flat_map(|location| lines.row(location.at()));
        let functions: Vec<FunctionId> = functions.map(|line| line.function).collect();
        let state = match state {
            Some(state) => self.profile.text(state).to_vec(),
            None => self.shapes.state(&functions).into(),
        };
        let busy = matches!(&state[..], b"running" | b"runnable");
        let idle = self.shapes.idle(&functions);
        Group {
            idle: idle.filter(|what| !busy || *what == TAKING),
            state,
            whole: row.whole.to_vec(),
            stack: row.stack.to_vec(),
            ..Group::default()
        }
    }

    fn finish(mut self) -> Groups {
        let compared = self.groups.compared;
        let groups = &mut self.groups.groups;
        groups.sort_by(|a, b| {
            let place = |group: &Group| {
                let idle = group.idle.is_some();
                match compared {
                    true => (
                        idle,
                        group.change() == 0,
                        Reverse((group.change(), group.count)),
                    ),
                    false => (idle, false, Reverse((group.count, 0))),
                }
            };
            let by_place = place(a).cmp(&place(b));
            by_place.then_with(|| (&a.state, &a.key).cmp(&(&b.state, &b.key)))
        });
        for (number, group) in (1..).zip(groups) {
            group.number = number;
        }
        self.groups
    }
}

fn add(sum: &mut i64, value: i64) {
    *sum = sum.wrapping_add(value);
}
