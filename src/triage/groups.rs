//! Goroutines in groups of equal stacks, at both ends: frames, states and waits as far as they are told.

use super::code::{Code, Frame};
use crate::error::Result;
use crate::hash::Map;
use crate::model::{FunctionId, LocationId, Profile};
use crate::report::goroutines::told::Keys;

/// Goroutines with equal stacks.
#[derive(Debug, Clone)]
pub(crate) struct Group<'p> {
    /// What they do or wait for, in the words of a dump; `-` where it does not show.
    pub(crate) state: &'p [u8],
    /// What to call those that wait for work by design.
    pub(crate) idle: Option<&'static str>,
    /// Leaf first, the runtime's own frames too.
    pub(crate) frames: Vec<Frame<'p>>,
    /// What started them, where a dump says it.
    pub(crate) creator: Option<Frame<'p>>,
    /// How many there are at the end.
    pub(crate) now: i64,
    /// How many there were in between, 0 where nobody looked then.
    pub(crate) between: i64,
    /// How many there were at the start, 0 where nobody looked then.
    pub(crate) before: i64,
    /// The seconds that those in a dump waited for at least, each with how many; by minutes, as Go tells it.
    pub(crate) waits: Vec<(i64, i64)>,
}

impl<'p> Group<'p> {
    /// Whether it computes, or asks the system, and waits for nobody.
    pub(crate) fn is_busy(&self) -> bool {
        self.is_in(&["running", "runnable", "syscall"])
    }

    /// Whether its state is one of these. Byte strings as patterns are compared byte by byte, by code for each.
    #[inline(never)]
    pub(crate) fn is_in(&self, states: &[&str]) -> bool {
        states.iter().any(|state| state.as_bytes() == self.state)
    }

    /// The innermost frame of the service's own code.
    pub(crate) fn own(&self) -> Option<&Frame<'p>> {
        self.frames.iter().find(|frame| frame.is_own())
    }

    /// The innermost frame outside the runtime: whose operation it is that blocks.
    pub(crate) fn operation(&self) -> Option<&Frame<'p>> {
        self.frames.iter().find(|frame| !frame.runtime)
    }

    /// The function that the goroutine began with.
    pub(crate) fn entry(&self) -> Option<&Frame<'p>> {
        let begun = |frame: &&Frame<'p>| !frame.is("runtime.goexit") && !frame.is("runtime.main");
        self.frames.iter().rev().find(begun)
    }

    /// Whether a function of this name is on the stack.
    pub(crate) fn passes(&self, name: &str) -> bool {
        self.frames.iter().any(|frame| frame.is(name))
    }
}

/// How many goroutines are in groups that are picked, at the end and at the start.
#[inline(never)]
pub(super) fn count(groups: &[Group<'_>], picks: &dyn Fn(&Group<'_>) -> bool) -> (i64, i64) {
    let (mut now, mut before) = (0i64, 0i64);
    for group in groups {
        if picks(group) {
            now = now.saturating_add(group.now);
            before = before.saturating_add(group.before);
        }
    }
    (now, before)
}

/// The groups of one profile that counts as the end.
pub(super) fn of_one<'p>(code: &Code<'p>) -> Result<Vec<Group<'p>>> {
    let mut collector = Collector::default();
    collector.add(code, |group| &mut group.now)?;
    Ok(collector.groups)
}

/// The groups of the end, the middle and the start, those with most goroutines first.
pub(super) fn of<'p>(instants: [Option<&Code<'p>>; 3]) -> Result<Vec<Group<'p>>> {
    let mut collector = Collector::default();
    let slots: [Slot<'p>; 3] = [
        |group| &mut group.now,
        |group| &mut group.between,
        |group| &mut group.before,
    ];
    for (code, slot) in instants.into_iter().zip(slots) {
        if let Some(code) = code {
            collector.add(code, slot)?;
        }
    }
    let mut groups = collector.groups;
    // Two of one state differ by a frame.
    groups.sort_unstable_by(|a, b| {
        let most = (b.now, b.before).cmp(&(a.now, a.before));
        let frames = || {
            let mut pairs = a.frames.iter().zip(&b.frames);
            let differ = pairs.find(|(a, b)| (a.name, a.line) != (b.name, b.line));
            differ.map_or(a.frames.len().cmp(&b.frames.len()), |(a, b)| {
                a.name.cmp(b.name).then(a.line.cmp(&b.line))
            })
        };
        most.then_with(|| a.state.cmp(b.state)).then_with(frames)
    });
    Ok(groups)
}

/// Picks one of the numbers of a group.
type Slot<'p> = for<'g> fn(&'g mut Group<'p>) -> &'g mut i64;

/// Numbers of stacks, from 0: equal ones have the same, by the names and lines of their frames and a state.
#[derive(Default)]
pub(super) struct Stacks<'p> {
    /// Numbers of frames and states.
    numbers: Map<(&'p [u8], i64), u32>,
    by_key: Map<Vec<u32>, u32>,
    key: Vec<u32>,
}

impl<'p> Stacks<'p> {
    /// The number of a stack, the next one where it was not seen before.
    pub(super) fn number(
        &mut self,
        profile: &'p Profile,
        stack: &[LocationId],
        state: &'p [u8],
    ) -> usize {
        self.key.clear();
        self.push((state, -1));
        for location in stack {
            for line in profile.locations.lines.row(location.at()) {
                let name = profile.functions.name[line.function.at()];
                self.push((profile.text(name), line.line));
            }
        }
        if let Some(at) = self.by_key.get(&self.key) {
            return *at as usize;
        }
        let next = self.by_key.len();
        self.by_key.insert(self.key.clone(), next as u32);
        next
    }

    fn push(&mut self, text: (&'p [u8], i64)) {
        let next = self.numbers.len() as u32;
        self.key.push(*self.numbers.entry(text).or_insert(next));
    }
}

#[derive(Default)]
struct Collector<'p> {
    stacks: Stacks<'p>,
    groups: Vec<Group<'p>>,
}

impl<'p> Collector<'p> {
    /// Adds the goroutines of a profile to the number of their group that `slot` picks.
    fn add(&mut self, code: &Code<'p>, slot: Slot<'p>) -> Result<()> {
        let column = code.column("goroutine").or(code.column("goroutineleak"));
        let column = column.unwrap_or(0);
        let keys = Keys::of(code.profile)?;
        code.each(&mut |sample, labels| {
            let told = keys.told(labels);
            let state = told.state.map(|state| code.profile.text(state));
            let key = state.unwrap_or_default();
            let at = self.stacks.number(code.profile, sample.stack, key);
            if at == self.groups.len() {
                self.groups.push(example(code, sample.stack, state));
            }
            let group = &mut self.groups[at];
            let value = sample.values.get(column).copied().unwrap_or(0);
            *slot(group) = slot(group).saturating_add(value);
            if let Some(wait) = told.wait {
                match group.waits.iter_mut().find(|(seconds, _)| *seconds == wait) {
                    Some((_, count)) => *count = count.saturating_add(value),
                    None => group.waits.push((wait, value)),
                }
            }
        })
    }
}

/// A group without anybody in it yet.
fn example<'p>(code: &Code<'p>, stack: &[LocationId], state: Option<&'p [u8]>) -> Group<'p> {
    let lines = &code.profile.locations.lines;
    let functions = stack.iter().flat_map(|at| lines.row(at.at()));
    let functions: Vec<FunctionId> = functions.map(|line| line.function).collect();
    Group {
        state: state.unwrap_or_else(|| code.shapes.state(&functions).as_bytes()),
        idle: code.shapes.idle(&functions),
        frames: code.frames(stack),
        creator: code.creator(stack),
        now: 0,
        between: 0,
        before: 0,
        waits: Vec::new(),
    }
}
