//! Samples stream by: in one block where they are held, a few at a time where they are read again.
//!
//! Whatever adds samples up asks for blocks and loops over one with [`Samples::scan`], so that it is the
//! same loop for both and pays for the difference once a block. A profile of more label lists than are
//! worth holding brings those of each block along with it; their ids mean nothing in the next one.

use std::fmt::Debug;

use super::{Label, LabelSetId, LabelSets, Profile, Samples};
use crate::error::{Error, Result};

/// Some samples in file order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<'b> {
    /// The samples.
    pub samples: &'b Samples,
    /// The label lists of these samples alone; `None` where those of the profile hold.
    pub lists: Option<&'b LabelSets>,
}

/// Samples that are not held: where they are read from, each time anew.
pub(crate) trait Again: Debug + Send + Sync {
    /// Shows all of them, block after block; the error of a visit ends it.
    fn blocks(&self, visit: &mut dyn FnMut(Block<'_>) -> Result<()>) -> Result<()>;

    /// Whether each block brings its label lists.
    fn brings_lists(&self) -> bool;
}

impl Profile {
    /// Shows all samples, block after block; the error of a visit ends it.
    pub(crate) fn blocks(&self, visit: &mut dyn FnMut(Block<'_>) -> Result<()>) -> Result<()> {
        match &self.again {
            Some(again) => again.blocks(visit),
            None => visit(Block {
                samples: &self.samples,
                lists: None,
            }),
        }
    }

    /// Shows the values of every sample, in file order.
    pub(crate) fn scan_values(&self, mut visit: impl FnMut(&[i64], LabelSetId)) -> Result<()> {
        self.blocks(&mut |block| {
            block.samples.scan_values(&mut visit);
            Ok(())
        })
    }

    /// Holds the samples from here on, so that they can be changed.
    pub(crate) fn hold(&mut self) -> Result<()> {
        let Some(again) = self.again.take() else {
            return Ok(());
        };
        let mut held = Samples::new(self.samples.width());
        let sets = &mut self.label_sets;
        let mut fits = Some(());
        again.blocks(&mut |block| {
            let mut first = 0;
            if let Some(lists) = block.lists {
                first = sets.len() as u32;
                for row in 0..lists.len() {
                    fits = fits.and(sets.push(lists.row(row).iter().copied()));
                }
            }
            block.samples.scan(|sample| {
                for location in sample.stack {
                    held.add_frame(location.row());
                }
                let labels = LabelSetId::new(first + sample.labels.row());
                fits = fits.and(held.close(sample.values, labels));
            })
        })?;
        self.samples = held;
        fits.ok_or_else(|| Error::source("the samples exceed 4 GiB"))
    }

    /// Whether blocks bring their label lists.
    pub(crate) fn brings_lists(&self) -> bool {
        self.again
            .as_ref()
            .is_some_and(|again| again.brings_lists())
    }

    /// Shows every label list, in the order of first use; those that blocks bring may come again.
    pub(crate) fn label_lists(&self, visit: &mut dyn FnMut(&[Label])) -> Result<()> {
        let mut all = |sets: &LabelSets| {
            for row in 0..sets.len() {
                visit(sets.row(row));
            }
        };
        if !self.brings_lists() {
            all(&self.label_sets);
            return Ok(());
        }
        self.blocks(&mut |block| {
            block.lists.into_iter().for_each(&mut all);
            Ok(())
        })
    }
}
