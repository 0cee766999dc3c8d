//! Samples that are not held: looked at and forgotten when the file is first read, shown in blocks when it
//! is read again.
//!
//! What the first reading learned of ids and label lists stays, so that the second one numbers them
//! alike. A file may have changed in between: whatever it then says, no number leads out of a table.

use std::mem::take;

use super::{Builder, Built};
use crate::decode::error::Kind;
use crate::model::{Block, Profile, Str};

/// Bytes that label lists may take before each block has to bring its own.
const LISTS: usize = 4 << 20;

/// What becomes of samples.
#[derive(Debug)]
pub(in crate::decode) enum Passing {
    /// They are held.
    Held,
    /// They are forgotten.
    Forgotten(Known),
    /// They are shown in blocks, once more.
    Again(Known),
}

/// What is known of samples that are not held.
#[derive(Debug, Default)]
pub(in crate::decode) struct Known {
    /// How many there are, those of this reading.
    pub(super) count: u64,
    /// How many the first reading met.
    all: u64,
    /// Whether there are too many label lists to hold.
    pub(super) wide: bool,
    /// The first equal text of each string; empty where all differ.
    firsts: Vec<Str>,
}

impl Passing {
    /// What is known of samples that are not held.
    pub(super) fn known(&mut self) -> Option<&mut Known> {
        match self {
            Passing::Held => None,
            Passing::Forgotten(known) | Passing::Again(known) => Some(known),
        }
    }

    /// Whether this is not the first reading.
    pub(in crate::decode) fn is_again(&self) -> bool {
        matches!(self, Passing::Again(_))
    }
}

impl Builder {
    /// Whether any sample was met.
    pub(super) fn has_samples(&self) -> bool {
        match &self.passing {
            Passing::Held => self.profile.samples.len() > 0,
            Passing::Forgotten(known) | Passing::Again(known) => known.count > 0,
        }
    }

    /// Forgets a sample that need not be held; one of a later reading stays until its block was shown.
    pub(super) fn pass(&mut self) {
        if let Some(known) = self.passing.known() {
            known.count = known.count.saturating_add(1);
        }
        if let Passing::Forgotten(_) = self.passing {
            self.profile.samples.forget();
        }
    }

    /// Whether label lists have to come with their blocks, once they take too much.
    pub(super) fn is_wide(&mut self) -> bool {
        let taken = self
            .label_bytes
            .weight()
            .saturating_add(self.profile.label_sets.weight());
        let grown = taken > LISTS && matches!(self.passing, Passing::Forgotten(_));
        if grown {
            self.forget_lists();
        }
        let Some(known) = self.passing.known() else {
            return false;
        };
        known.wide |= grown;
        known.wide
    }

    fn forget_lists(&mut self) {
        take(&mut self.profile.label_sets).release(&mut self.budget);
        take(&mut self.label_bytes).release(&mut self.budget);
        take(&mut self.label_lists).release(&mut self.budget);
        self.no_labels = None;
    }

    /// The profile, and what is left to read its samples again where these were forgotten.
    pub(super) fn part(mut self, firsts: Vec<Str>) -> (Profile, Option<Builder>) {
        let profile = take(&mut self.profile);
        let Some(known) = self.passing.known() else {
            return (profile, None);
        };
        let known = Known {
            count: 0,
            all: known.count,
            wide: known.wide,
            firsts,
        };
        self.passing = Passing::Again(known);
        self.profile.samples = profile.samples.clone();
        (profile, Some(self))
    }

    /// Whether each block brings its label lists.
    pub(in crate::decode) fn brings_lists(&self) -> bool {
        match &self.passing {
            Passing::Held => false,
            Passing::Forgotten(known) | Passing::Again(known) => known.wide,
        }
    }

    /// Begins a later reading.
    pub(in crate::decode) fn begin_again(&mut self) {
        if let Some(known) = self.passing.known() {
            known.count = 0;
        }
        // What a reading left that failed.
        (self.odd_sample, self.last_text) = (None, None);
        self.end_block();
    }

    /// The samples met since the last block.
    pub(in crate::decode) fn block(&mut self, at: u64) -> Built<Option<Block<'_>>> {
        let lost = self
            .last_text
            .is_some_and(|text| text.index >= self.strings);
        if lost || self.odd_sample.is_some() {
            return Err(self.changed(at));
        }
        let Passing::Again(known) = &self.passing else {
            return Ok(None);
        };
        let firsts = &known.firsts;
        if !firsts.is_empty() {
            let first = |id: &mut Str| *id = firsts.get(id.at()).copied().unwrap_or(*id);
            super::finish::rename_labels(&mut self.profile.label_sets, &first);
        }
        let samples = &self.profile.samples;
        Ok((samples.len() > 0).then_some(Block {
            samples,
            lists: known.wide.then_some(&self.profile.label_sets),
        }))
    }

    /// Forgets the samples that were shown.
    pub(in crate::decode) fn end_block(&mut self) {
        self.profile.samples.forget();
        if self.brings_lists() {
            self.forget_lists();
        }
    }

    /// Ends a later reading.
    pub(in crate::decode) fn end_again(&self, at: u64) -> Built<()> {
        match &self.passing {
            Passing::Again(known) if known.count != known.all => Err(self.changed(at)),
            Passing::Again(_) | Passing::Held | Passing::Forgotten(_) => Ok(()),
        }
    }

    /// The error of a file that is not what it was.
    pub(super) fn changed(&self, at: u64) -> super::DecodeError {
        Kind::Changed.at(self.offset(at)).into()
    }
}
