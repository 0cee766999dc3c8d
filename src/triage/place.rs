//! What stacks cost, and the place of code that each is put down to.

use std::cmp::Reverse;

use super::code::{Code, Frame};
use super::evidence::Ends;
use super::groups::Stacks;
use super::sort_few;
use crate::hash::Map;
use crate::model::LocationId;
use crate::view::Whose;

/// Which frame a stack, leaf first, is put down to: the innermost of the service, else of a dependency, else
/// the outermost of the standard library.
pub(super) fn blamed(frames: &[Frame<'_>]) -> Option<usize> {
    let of = |whose| frames.iter().position(|frame| frame.whose == whose);
    let library = || frames.iter().rposition(|frame| !frame.runtime);
    of(Whose::Own)
        .or_else(|| of(Whose::Dependency))
        .or_else(library)
}

/// Whether one of these functions is on a stack.
#[inline(never)]
pub(super) fn passes(frames: &[Frame<'_>], names: &[&[u8]]) -> bool {
    frames.iter().any(|frame| names.contains(&frame.name))
}

/// The part of a whole that something is.
#[inline(never)]
pub(super) fn share(part: i64, whole: i64) -> f64 {
    part as f64 / whole.max(1) as f64
}

/// Shows each stack, leaf first, with its value in a column.
fn each_stack(code: &Code<'_>, column: usize, visit: &mut dyn FnMut(&[LocationId], i64)) {
    // Only Ctrl-C ends this early, and then nobody looks at the sums.
    let _ = code.each(&mut |sample, _| {
        visit(
            sample.stack,
            sample.values.get(column).copied().unwrap_or(0),
        );
    });
}

/// A stack of two snapshots, with two numbers each.
pub(super) struct Grown {
    stack: Vec<LocationId>,
    /// Whether the end has it, and so the frames.
    late: bool,
    pub(super) start: [i64; 2],
    pub(super) end: [i64; 2],
}

impl Grown {
    pub(super) fn change(&self, column: usize) -> i64 {
        self.end[column].saturating_sub(self.start[column])
    }

    pub(super) fn frames<'p>(&self, ends: &Ends<'p>) -> Vec<Frame<'p>> {
        let code = match self.late {
            true => &ends.end,
            false => &ends.start,
        };
        code.as_ref()
            .map(|code| code.frames(&self.stack))
            .unwrap_or_default()
    }
}

/// The stacks of both ends by two columns; a column that is not there counts as 0.
pub(super) fn grown(ends: &Ends<'_>, columns: [&str; 2]) -> Vec<Grown> {
    let mut numbers = Stacks::default();
    let mut stacks: Vec<Grown> = Vec::new();
    for (late, code) in [(true, &ends.end), (false, &ends.start)] {
        let Some(code) = code else {
            continue;
        };
        for (at, column) in columns.into_iter().enumerate() {
            let Some(column) = code.column(column) else {
                continue;
            };
            each_stack(code, column, &mut |stack, value| {
                let row = numbers.number(code.profile, stack, b"");
                if row == stacks.len() {
                    stacks.push(Grown {
                        stack: stack.to_vec(),
                        late,
                        start: [0; 2],
                        end: [0; 2],
                    });
                }
                let stack = &mut stacks[row];
                let sums = match late {
                    true => &mut stack.end,
                    false => &mut stack.start,
                };
                sums[at] = sums[at].saturating_add(value);
            });
        }
    }
    stacks
}

/// A function, what its stacks add up to, and where in it most of that is.
pub(super) struct Spot<'p> {
    /// At the line with most.
    pub(super) frame: Frame<'p>,
    pub(super) sum: i64,
    /// What each line has, with its number, least first; of equals the later line.
    pub(super) lines: Vec<(i64, Reverse<i64>)>,
    /// The stack with most.
    pub(super) stack: Vec<Frame<'p>>,
    most: i64,
}

impl Spot<'_> {
    /// Whether most of it is of a function that the HTTP server calls itself.
    pub(super) fn answers(&self) -> bool {
        let mut own = self.stack.iter().filter(|frame| frame.is_own());
        let alone = own.next().is_some() && own.next().is_none();
        alone
            && self
                .stack
                .iter()
                .any(|frame| frame.is("net/http.(*conn).serve"))
    }
}

/// Adds up stacks by the function that each is put down to.
#[derive(Default)]
pub(super) struct Spots<'p> {
    /// The row of each name; of the type of the other map here, as each takes a kilobyte of code.
    rows: Map<(&'p [u8], i64), u32>,
    spots: Vec<Spot<'p>>,
}

impl<'p> Spots<'p> {
    /// Puts a stack down to its frame at `at`.
    pub(super) fn add(&mut self, frames: Vec<Frame<'p>>, at: usize, value: i64) {
        let frame = frames[at];
        let row = *self.rows.entry((frame.name, 0)).or_insert_with(|| {
            self.spots.push(Spot {
                frame,
                sum: 0,
                lines: Vec::new(),
                stack: Vec::new(),
                most: i64::MIN,
            });
            self.spots.len() as u32 - 1
        });
        let spot = &mut self.spots[row as usize];
        spot.sum = spot.sum.saturating_add(value);
        match spot
            .lines
            .iter_mut()
            .find(|(_, known)| known.0 == frame.line)
        {
            Some((sum, _)) => *sum = sum.saturating_add(value),
            None => spot.lines.push((value, Reverse(frame.line))),
        }
        if value > spot.most {
            (spot.most, spot.stack) = (value, frames);
        }
    }

    /// The functions, those with most first.
    pub(super) fn ranked(self) -> Vec<Spot<'p>> {
        let mut spots = self.spots;
        for spot in &mut spots {
            sort_few(&mut spot.lines, |a, b| a > b);
            spot.frame.line = spot.lines.last().map_or(0, |(_, line)| line.0);
        }
        spots.sort_unstable_by(|a, b| {
            b.sum
                .cmp(&a.sum)
                .then_with(|| a.frame.name.cmp(b.frame.name))
        });
        spots
    }
}

/// Stacks of both ends by the functions they are put down to; `value` is what one of them counts, if it does.
pub(super) fn spots<'p>(
    ends: &Ends<'p>,
    stacks: &[Grown],
    value: &dyn Fn(&Grown) -> Option<i64>,
) -> Vec<Spot<'p>> {
    let mut spots = Spots::default();
    for stack in stacks {
        if let Some(value) = value(stack) {
            let frames = stack.frames(ends);
            if let Some(at) = blamed(&frames) {
                spots.add(frames, at, value);
            }
        }
    }
    spots.ranked()
}

/// The functions of one profile and column, of the stacks that `pick` finds a frame in.
pub(super) fn spots_of<'p>(
    code: &Code<'p>,
    column: usize,
    pick: &mut dyn FnMut(&[Frame<'p>], i64) -> Option<usize>,
) -> Vec<Spot<'p>> {
    let mut spots = Spots::default();
    each_stack(code, column, &mut |stack, value| {
        let frames = code.frames(stack);
        if let Some(at) = pick(&frames, value) {
            spots.add(frames, at, value);
        }
    });
    spots.ranked()
}
