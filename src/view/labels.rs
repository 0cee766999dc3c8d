//! Labels as the filters left them: what each label list means to the steps, asked once a list.
//!
//! Mostly the profile has all its lists and they are asked when a filter is set. Where blocks bring
//! lists of their own, the rules are asked again at each block, and the ids of the block before mean
//! nothing any more: [`PerList`] forgets then what it knew.

use super::tag::ListTest;
use super::tagframe::FrameRule;
use crate::error::Result;
use crate::go::regexp::Regexp;
use crate::model::{Form, Label, LabelSetId, LabelSets, LocationId, Profile, Ragged, Samples};

/// The labels of a sample.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Labels<'a> {
    set: LabelSetId,
    lists: &'a Lists<'a>,
}

impl<'a> Labels<'a> {
    pub(super) fn new(set: LabelSetId, lists: &'a Lists<'a>) -> Self {
        Labels { set, lists }
    }

    /// Those that the filters left.
    pub(crate) fn left(self) -> &'a [Label] {
        self.lists.left().row(self.set.at())
    }

    /// All that the file has.
    pub(crate) fn whole(self) -> &'a [Label] {
        self.lists.whole.row(self.set.at())
    }

    pub(super) fn marks(self) -> Marks {
        let marks = self.lists.told.marks.get(self.set.at());
        marks.copied().unwrap_or_default()
    }

    /// The frames of tagleaf and tagroot, leaf first.
    pub(super) fn frames(self) -> (&'a [LocationId], &'a [LocationId]) {
        let (told, at) = (self.lists.told, self.set.at());
        (told.leaves.row(at), told.roots.row(at))
    }
}

/// The label lists that the ids of some samples mean.
#[derive(Debug)]
pub(crate) struct Lists<'a> {
    pub(super) whole: &'a LabelSets,
    pub(super) told: &'a Told,
    /// Another number, other lists.
    pub(super) window: u32,
}

impl<'a> Lists<'a> {
    fn left(&self) -> &'a LabelSets {
        self.told.left.as_ref().unwrap_or(self.whole)
    }

    /// Each list as the filters left it.
    pub(crate) fn all(&self) -> impl Iterator<Item = &'a [Label]> {
        let left = self.left();
        (0..left.len()).map(|row| left.row(row))
    }
}

/// What the filters about labels say of a list.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Marks {
    pub(super) focused: bool,
    pub(super) ignored: bool,
    pub(super) shown: bool,
    pub(super) hidden: bool,
}

/// What the rules make of some label lists, by row; empty where no rule asks.
#[derive(Debug, Default)]
pub(super) struct Told {
    left: Option<LabelSets>,
    marks: Vec<Marks>,
    pub(super) leaves: Ragged<LocationId>,
    pub(super) roots: Ragged<LocationId>,
}

impl Told {
    pub(super) fn marks(&mut self, count: usize) -> &mut [Marks] {
        self.marks.resize(count, Marks::default());
        &mut self.marks
    }
}

/// What the filters ask of label lists.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) frames: Option<FrameRule>,
    pub(super) test: Option<ListTest>,
    pub(super) names: Option<NameRule>,
    pub(super) no_ids: bool,
}

impl Rules {
    /// What they say of these lists.
    pub(super) fn tell(&self, profile: &Profile, sets: &LabelSets) -> Told {
        let mut told = Told::default();
        if let Some(frames) = &self.frames {
            frames.tell(profile, sets, &mut told);
        }
        if let Some(test) = &self.test {
            test.tell(profile, sets, &mut told);
        }
        if let Some(names) = &self.names {
            names.tell(profile, sets, &mut told);
        }
        if self.no_ids {
            hide_ids(profile, sets, &mut told);
        }
        told
    }
}

/// tagshow and taghide.
#[derive(Debug)]
pub(super) struct NameRule {
    pub(super) show: Option<Regexp>,
    pub(super) hide: Option<Regexp>,
}

impl NameRule {
    pub(super) fn tell(&self, profile: &Profile, sets: &LabelSets, told: &mut Told) {
        let mut left = LabelSets::default();
        for (row, marks) in told.marks(sets.len()).iter_mut().enumerate() {
            let labels = sets.row(row).iter().filter(|label| {
                let key = profile.text(label.key);
                let matches = |pattern: &Regexp| pattern.is_match(key);
                let shown = self.show.as_ref().is_none_or(matches);
                let hidden = self.hide.as_ref().is_some_and(matches);
                marks.shown |= shown;
                marks.hidden |= hidden;
                shown && !hidden
            });
            push(&mut left, labels.copied());
        }
        told.left = Some(left);
    }
}

/// Takes away the ids of a dump's goroutines and of their creators, of which there are as many as
/// goroutines.
pub(super) fn hide_ids(profile: &Profile, sets: &LabelSets, told: &mut Told) {
    if profile.header.form != Form::Dump {
        return;
    }
    let is_id = |label: &&Label| {
        let key = profile.text(label.key);
        let key = key.strip_prefix(b"go.").unwrap_or(key);
        // The labels of a program are texts.
        label.is_plain_number() && (key == b"goroutine" || key == b"parent")
    };
    let mut kept = LabelSets::default();
    let before = told.left.as_ref().unwrap_or(sets);
    for row in 0..before.len() {
        let labels = before.row(row).iter().filter(|label| !is_id(label));
        push(&mut kept, labels.copied());
    }
    told.left = Some(kept);
}

/// Appends a row that is a part of a row that fitted before.
fn push(table: &mut LabelSets, row: impl Iterator<Item = Label>) {
    let pushed = table.push(row);
    debug_assert!(
        pushed.is_some(),
        "a filtered table is no longer than its source"
    );
}

impl super::View<'_> {
    /// Shows the samples block after block, each with the label lists that its ids mean.
    pub(super) fn blocks(
        &self,
        visit: &mut dyn FnMut(&Samples, &Lists<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut window = 0;
        self.profile.blocks(&mut |block| match block.lists {
            None => visit(block.samples, &self.lists()),
            Some(whole) => {
                window += 1;
                let told = &self.rules.tell(self.profile, whole);
                let lists = Lists {
                    whole,
                    told,
                    window,
                };
                visit(block.samples, &lists)
            }
        })
    }

    /// The label lists of the profile, which are none where blocks bring them.
    pub(crate) fn lists(&self) -> Lists<'_> {
        Lists {
            whole: &self.profile.label_sets,
            told: &self.told,
            window: 0,
        }
    }
}

/// Something that is known of each label list.
#[derive(Debug)]
pub(crate) struct PerList<T> {
    window: u32,
    known: Vec<Option<T>>,
}

impl<T> Default for PerList<T> {
    fn default() -> Self {
        PerList {
            window: 0,
            known: Vec::new(),
        }
    }
}

impl<T> PerList<T> {
    /// What is known of the list of a sample; `ask` finds it out the first time.
    #[inline]
    pub(crate) fn of(&mut self, labels: Labels<'_>, ask: impl FnOnce(&[Label]) -> T) -> &mut T {
        self.turn(labels);
        let at = labels.set.at();
        if at >= self.known.len() {
            self.known.resize_with(at + 1, || None);
        }
        self.known[at].get_or_insert_with(|| ask(labels.left()))
    }

    /// Forgets everything where a sample's labels are from another window; what was known then.
    #[inline]
    pub(crate) fn turn(&mut self, labels: Labels<'_>) -> Vec<Option<T>> {
        match self.window == labels.lists.window {
            true => Vec::new(),
            false => {
                self.window = labels.lists.window;
                std::mem::take(&mut self.known)
            }
        }
    }

    /// What is known of the lists of the last window.
    pub(crate) fn known(self) -> impl Iterator<Item = T> {
        self.known.into_iter().flatten()
    }
}
