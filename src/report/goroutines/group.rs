//! Goroutines in groups of equal stacks: the same functions and lines, state and creator.
//!
//! Stacks are compared as numbers: each location gets the rank of its text, so that locations of equal
//! text are one, and the order of groups needs no texts. A dump has a sample a goroutine and ten
//! thousand of a kind: what is done a sample must stay small.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::shape::{Shapes, TAKING};
use crate::error::{Error, Result};
use crate::hash::Map;
use crate::model::{
    CREATED_BY, FunctionId, Label, LabelSetId, LabelValue, LocationId, MappingId, Profile, Ragged,
    Str,
};
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
        Error::Report(format!(
            "goroutines: this profile counts {}, not goroutines: get one from /debug/pprof/goroutine",
            crate::go::fmt::quote(last)
        ))
    })
}

/// Puts goroutines that the view shows into groups, in the default order.
pub(super) fn groups(input: &Input<'_>) -> Result<Groups> {
    let profile = input.view.profile;
    let mut collector = Collector::new(profile, count_index(profile)?);
    collector.compare(input)?;
    let mut failed = false;
    input
        .view
        .scan(|row| failed |= collector.add(&row).is_none())?;
    if failed {
        return Err(Error::Report("goroutines: too many groups".to_string()));
    }
    Ok(collector.finish())
}

/// The label keys of a dump; where the program uses a name itself, ours has `go.` before it.
struct Keys {
    state: Option<Str>,
    flag: Option<Str>,
    wait: Option<Str>,
    goroutine: Option<Str>,
    base: Option<Str>,
    /// Whether it is a dump alone; in a comparison samples tell it by having an id.
    dump: bool,
}

impl Keys {
    fn of(profile: &Profile) -> Keys {
        let mut known: Map<&[u8], Str> = Map::default();
        for label in profile.label_sets.items() {
            known.insert(profile.text(label.key), label.key);
        }
        let key = |name: &str| {
            let ours = known.get(format!("go.{name}").as_bytes());
            ours.or_else(|| known.get(name.as_bytes())).copied()
        };
        Keys {
            state: key("state"),
            flag: key("flag"),
            wait: key("wait"),
            goroutine: key("goroutine"),
            base: known.get(&b"pprof::base"[..]).copied(),
            dump: profile
                .sample_types
                .iter()
                .any(|kind| profile.text(kind.kind) == b"wait"),
        }
    }
}

impl Keys {
    /// The text labels that are neither ours nor the mark of a base.
    fn of_program(&self, labels: &[Label], told: &Told) -> impl Iterator<Item = (Str, Str)> {
        let ours = match told.dumped {
            true => [self.base, self.state, self.flag],
            false => [self.base; 3],
        };
        let program = labels
            .iter()
            .filter(move |label| !ours.contains(&Some(label.key)));
        program.filter_map(|label| match label.value {
            LabelValue::Text(text) => Some((label.key, text)),
            LabelValue::Number(..) => None,
        })
    }
}

/// What the labels of a goroutine say.
#[derive(Default)]
struct Told {
    /// Whether they are those of a dump; goroutine 0 has no id.
    dumped: bool,
    state: Option<Str>,
    wait: Option<i64>,
    id: Option<i64>,
    base: bool,
}

/// What a side of a comparison says of its goroutines.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Form {
    /// Their labels tell states and ids.
    dump: bool,
    /// Their leaves are frames of the runtime.
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
    fn new(profile: &'p Profile, index: usize) -> Self {
        Collector {
            profile,
            index,
            keys: Keys::of(profile),
            shapes: Shapes::of(profile),
            ranks: Ranks::of(profile),
            by_key: Map::default(),
            groups: Groups::default(),
            key: Vec::new(),
        }
    }

    /// Learns whether there is a base, and whether its form is another.
    fn compare(&mut self, input: &Input<'_>) -> Result<()> {
        let mut negative = false;
        let index = self.index;
        let values = |values: &[i64], _| negative |= values[index] < 0;
        input.view.scan_values(values)?;
        self.groups.compared = negative || self.keys.base.is_some();
        if !self.groups.compared {
            return Ok(());
        }
        let (mut forms, mut exact) = ([Form::default(); 2], false);
        input.view.scan(|row| {
            let told = self.told(row.labels);
            exact |= told.base;
            let before = told.base || row.values[index] < 0;
            let form = &mut forms[usize::from(before)];
            form.dump |= told.dumped;
            form.complete |= !told.dumped && self.leaf_is_runtime(row.whole);
        })?;
        self.groups.exact = exact;
        self.groups.mixed = forms[0] != forms[1] && !forms.contains(&Form::default());
        Ok(())
    }

    fn leaf_is_runtime(&self, stack: &[LocationId]) -> bool {
        let leaf = stack.first();
        let leaf = leaf.and_then(|leaf| self.profile.locations.lines.row(leaf.at()).first());
        leaf.is_some_and(|leaf| self.shapes.is_runtime(leaf.function))
    }

    fn told(&self, set: LabelSetId) -> Told {
        let keys = &self.keys;
        let mut told = Told::default();
        for label in self.profile.label_sets.row(set.at()) {
            let key = Some(label.key);
            match label.value {
                LabelValue::Text(text) if key == keys.state => told.state = Some(text),
                LabelValue::Number(seconds, _) if key == keys.wait => told.wait = Some(seconds),
                LabelValue::Number(id, _) if key == keys.goroutine => told.id = Some(id),
                LabelValue::Text(_) => told.base |= key == keys.base,
                LabelValue::Number(..) => {}
            }
        }
        // A program may have labels of these names too; it has no id among them.
        told.dumped = keys.dump || told.id.is_some();
        told.state = told.state.filter(|_| told.dumped);
        told
    }

    /// Adds a sample to its group; `None` when there are more groups than can be numbered.
    fn add(&mut self, row: &Row<'_>) -> Option<()> {
        let told = self.told(row.labels);
        self.write_key(row.whole, told.state);
        let at = match self.by_key.get(self.key.as_slice()) {
            Some(at) => *at as usize,
            None => {
                let at = self.groups.groups.len();
                self.by_key
                    .insert(self.key.clone(), u32::try_from(at).ok()?);
                let group = Group {
                    key: self.key.clone(),
                    ..self.example(row, told.state)
                };
                self.groups.groups.push(group);
                at
            }
        };
        let value = row.values[self.index];
        let labels = self.profile.label_sets.row(row.labels.at());
        if told.base || value < 0 {
            let group = &mut self.groups.groups[at];
            group.before = group.before.wrapping_add(value.wrapping_abs());
            for label in self.keys.of_program(labels, &told) {
                let before = &mut group.labels.entry(label).or_default().1;
                *before = before.wrapping_add(value.wrapping_abs());
            }
            return Some(());
        }
        if self.groups.compared && self.groups.groups[at].count == 0 {
            // What is there now is shown, not what was.
            let now = self.example(row, told.state);
            let group = &mut self.groups.groups[at];
            (group.state, group.whole, group.stack) = (now.state, now.whole, now.stack);
        }
        let group = &mut self.groups.groups[at];
        group.count = group.count.wrapping_add(value);
        for label in self.keys.of_program(labels, &told) {
            let count = &mut group.labels.entry(label).or_default().0;
            *count = count.wrapping_add(value);
        }
        if told.dumped {
            let waiting = group.waits.entry(told.wait.unwrap_or(0)).or_insert(0);
            *waiting = waiting.wrapping_add(value);
            if group.ids.len() < EXAMPLES {
                group.ids.extend(told.id);
            }
            for label in labels
                .iter()
                .filter(|label| Some(label.key) == self.keys.flag)
            {
                if let LabelValue::Text(flag) = label.value {
                    let flagged = group.flags.entry(flag).or_insert(0);
                    *flagged = flagged.wrapping_add(value);
                }
            }
        }
        Some(())
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

/// Numbers that stand for texts and are in their order.
struct Ranks {
    /// Of each line of each location: function, file and line.
    lines: Ragged<u32>,
    /// Of each location: all its lines.
    locations: Vec<u32>,
    /// Whether a location is that of a creator.
    creators: Vec<bool>,
}

impl Ranks {
    fn of(profile: &Profile) -> Ranks {
        let (functions, locations) = (&profile.functions, &profile.locations);
        let text = |row: usize| {
            let (name, file) = (functions.name[row], functions.filename[row]);
            (profile.text(name), profile.text(file))
        };
        let functions = ranks(functions.len(), text);
        let flat = locations.lines.items();
        let flat = ranks(flat.len(), |at| {
            (functions[flat[at].function.at()], flat[at].line)
        });
        let mut flat = flat.into_iter();
        let mut lines = Ragged::default();
        for row in 0..locations.len() {
            lines.push(flat.by_ref().take(locations.lines.row(row).len()));
        }
        let mapping = |at: &Option<MappingId>| at.map(|at| profile.mappings[at.at()].file);
        let created = |file: Str| profile.text(file) == CREATED_BY;
        let creators: Vec<bool> = locations
            .mapping
            .iter()
            .map(|at| mapping(at).is_some_and(created))
            .collect();
        let ranked = ranks(locations.len(), |row| {
            let lines = lines.row(row);
            // A location without a name is known by its address alone.
            let address = lines.is_empty().then(|| locations.address[row]);
            (lines, address, creators[row])
        });
        Ranks {
            lines,
            locations: ranked,
            creators,
        }
    }
}

/// The rank of each row by what it is compared by; equal rows have equal ranks.
fn ranks<K: Ord>(rows: usize, key: impl Fn(usize) -> K) -> Vec<u32> {
    let mut order: Vec<usize> = (0..rows).collect();
    order.sort_unstable_by_key(|row| key(*row));
    let mut ranks = vec![0; rows];
    let mut rank = 0;
    for pair in 0..rows {
        if pair > 0 && key(order[pair - 1]) != key(order[pair]) {
            rank += 1;
        }
        ranks[order[pair]] = rank;
    }
    ranks
}
