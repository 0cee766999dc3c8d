//! What a filter does to one sample: keep it or not, and where its stack now begins and ends.

use std::borrow::Cow;

use super::Labels;
use crate::model::LocationId;

/// The frames of the sample at hand, leaf first, cut from both ends without moving the rest.
#[derive(Debug, Default)]
pub(super) struct Frames {
    frames: Vec<LocationId>,
    leaf: usize,
    root: usize,
}

impl Frames {
    pub(super) fn reset(&mut self, stack: &[LocationId]) {
        self.frames.clear();
        self.frames.extend_from_slice(stack);
        self.leaf = 0;
        self.root = self.frames.len();
    }

    pub(super) fn get(&self) -> &[LocationId] {
        &self.frames[self.leaf..self.root]
    }

    fn retain(&mut self, mut keep: impl FnMut(LocationId) -> bool) {
        self.frames.truncate(self.root);
        self.frames.drain(..self.leaf);
        self.frames.retain(|frame| keep(*frame));
        (self.leaf, self.root) = (0, self.frames.len());
    }
}

/// What drop_frames and keep_frames say of a location (pprof-behaviour 2.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cut {
    /// Nothing.
    Keep,
    /// It goes, with everything it calls.
    Whole,
    /// Its outer lines stay (the view's lines hold only those), what it calls goes.
    Callees,
}

/// What focus and ignore say of a location.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    None,
    Focus,
    Ignore,
}

/// One filter, as tables over locations or label lists.
#[derive(Debug)]
pub(super) enum Step<'p> {
    /// drop_frames, keep_frames.
    Prune(Cow<'p, [Cut]>),
    /// tagroot, tagleaf: adds the frames of the label list.
    TagFrames,
    /// focus, ignore, hide, show. No `hidden` where nothing is hidden.
    Names {
        marks: Vec<Mark>,
        hidden: Option<Vec<bool>>,
    },
    /// show_from: the locations that matched.
    ShowFrom(Vec<bool>),
    /// tagfocus, tagignore: what is focused and not ignored stays.
    Tags,
    /// prune_from: the locations that matched.
    PruneFrom(Vec<bool>),
}

impl Step<'_> {
    /// Whether this step drops no sample whatever its stack.
    pub(super) fn keeps_all(&self) -> bool {
        match self {
            Step::Prune(_) | Step::TagFrames | Step::PruneFrom(_) => true,
            Step::Names { .. } | Step::ShowFrom(_) | Step::Tags => false,
        }
    }

    /// Changes the stack; false when the sample goes.
    pub(super) fn apply(&self, frames: &mut Frames, labels: Labels<'_>) -> bool {
        match self {
            Step::Prune(cuts) => prune(cuts, frames),
            Step::TagFrames => {
                let (leaves, roots) = labels.frames();
                let stack = [leaves, frames.get(), roots].concat();
                frames.reset(&stack);
            }
            Step::Names { marks, hidden } => return filter_names(marks, hidden, frames),
            Step::ShowFrom(matched) => {
                let outermost = frames.get().iter().rposition(|frame| matched[frame.at()]);
                match outermost {
                    Some(at) => frames.root = frames.leaf + at + 1,
                    None => return false,
                }
            }
            Step::Tags => {
                let marks = labels.marks();
                return marks.focused && !marks.ignored;
            }
            Step::PruneFrom(matched) => {
                let innermost = frames.get().iter().position(|frame| matched[frame.at()]);
                frames.leaf += innermost.unwrap_or(0);
            }
        }
        true
    }
}

/// Root to leaf: at the first marked frame below the first unmarked one, cut what it calls. The
/// frames above the first unmarked one stay, so that no stack is pruned whole.
fn prune(cuts: &[Cut], frames: &mut Frames) {
    let mut below_user = false;
    for (at, frame) in frames.get().iter().enumerate().rev() {
        let cut = cuts[frame.at()];
        if cut == Cut::Keep {
            below_user = true;
        } else if below_user {
            frames.leaf += match cut {
                Cut::Whole => at + 1,
                Cut::Callees | Cut::Keep => at,
            };
            return;
        }
    }
}

fn filter_names(marks: &[Mark], hidden: &Option<Vec<bool>>, frames: &mut Frames) -> bool {
    let mut focused = false;
    for frame in frames.get() {
        match marks[frame.at()] {
            Mark::None => {}
            Mark::Focus => focused = true,
            Mark::Ignore => return false,
        }
    }
    let Some(hidden) = hidden.as_ref().filter(|_| focused) else {
        return focused;
    };
    frames.retain(|frame| !hidden[frame.at()]);
    !frames.get().is_empty()
}
