//! The parts of a sample, as they come.
//!
//! A label list is known by its bytes: what a file writes alike is read once. Once a sample has
//! another count of values than the first the file is lost, and no more samples are kept.

use super::super::error::Offset;
use super::super::ids::Full;
use super::super::wire::{self, Slice};
use super::{Builder, Built};
use crate::model::sample::{LONGEST_FRAME, take_two};
use crate::model::table::hash_bytes;
use crate::model::{Label, LabelSetId};

impl Builder {
    /// Begins the sample at `at`.
    pub(in crate::decode) fn begin_sample(&mut self, at: u64) {
        if !self.has_samples() && self.odd_sample.is_none() {
            self.first_sample = at;
        }
        if !self.profile.locations.id.is_empty() {
            self.next_used = 0;
        }
        self.values.clear();
    }

    /// Adds packed frames, leaf first.
    pub(in crate::decode) fn frames(&mut self, body: Slice<'_>) -> Built<()> {
        let mut rest = body.bytes;
        let stores = self.odd_sample.is_none();
        if stores {
            // A number has two bytes more than its id at most, and that only where that has three.
            self.room(rest.len().saturating_mul(2), body.at.count())?;
        }
        // Small ids keep their bytes, which are copied a run at a time.
        let mut run = rest;
        while !rest.is_empty() {
            let start = rest;
            if let Some([a, b]) = take_two(&mut rest) {
                if self.locations.knows(a.into()) && self.locations.knows(b.into()) {
                    continue;
                }
                rest = start;
            }
            let id = wire::number(&mut rest).map_err(|kind| kind.at(body.ahead(start)))?;
            if !(self.locations.knows(id) && wire::is_shortest(start, rest)) && stores {
                self.copy_frames(run, start);
                self.frame(id, body.ahead(start))?;
                run = rest;
            }
        }
        if stores {
            self.copy_frames(run, rest);
        }
        Ok(())
    }

    fn room(&mut self, frames: usize, at: u64) -> Built<()> {
        match self.profile.samples.room(frames, &mut self.budget) {
            Some(()) => Ok(()),
            None => Err(self.full(at).into()),
        }
    }

    fn copy_frames(&mut self, run: &[u8], rest: &[u8]) {
        let size = run.len().saturating_sub(rest.len());
        self.profile
            .samples
            .add_frames(run.get(..size).unwrap_or_default());
    }

    /// Adds a frame, leaf first.
    pub(in crate::decode) fn frame(&mut self, location: u64, place: Offset) -> Built<()> {
        let at = place.count();
        if self.odd_sample.is_none() {
            self.room(LONGEST_FRAME, at)?;
            let number = match self.passing.is_again() {
                true => self
                    .locations
                    .find(location)
                    .ok_or_else(|| self.changed(at))?,
                false => {
                    self.note_use(location);
                    let number = self.locations.number(location, at, &mut self.budget);
                    number.map_err(|Full| self.full(at))?
                }
            };
            self.profile.samples.add_frame(number);
        }
        Ok(())
    }

    /// Notes whether a location that is named for the first time is the next in order.
    fn note_use(&mut self, location: u64) {
        if self.locations.knows(location) {
            return;
        }
        self.next_used = match self.next_used {
            next if next > 0 && next == location => next.saturating_add(1),
            _ => 0, // no order any more
        };
    }

    /// Adds a value.
    pub(in crate::decode) fn value(&mut self, value: i64, at: u64) -> Built<()> {
        match self.budget.room(&mut self.values, 1) {
            Some(()) => self.values.push(value),
            None => return Err(self.full(at).into()),
        }
        Ok(())
    }

    /// Ends the sample that began at `at`.
    pub(in crate::decode) fn end_sample(&mut self, at: u64, labels: LabelSetId) -> Built<()> {
        if self.odd_sample.is_some() {
            return Ok(());
        }
        let count = self.values.len();
        if !self.has_samples() && !self.passing.is_again() {
            self.profile.samples.set_width(count);
        }
        // No value at all is never right, so there is no need to go on either.
        if self.profile.samples.width() != count || count == 0 {
            self.odd_sample = Some((at, count));
            return Ok(());
        }
        self.room(0, at)?;
        let samples = &mut self.profile.samples;
        let room = samples.close(&self.values, labels);
        room.ok_or_else(|| self.rows(at))?;
        self.pass();
        Ok(())
    }

    /// The label list that these bytes were read as before.
    pub(in crate::decode) fn known_labels(&self, bytes: &[u8]) -> Option<LabelSetId> {
        if bytes.is_empty() {
            return self.no_labels;
        }
        let hash = hash_bytes(bytes);
        let lists = &self.label_bytes;
        let row = self.label_lists.find(hash, |row| lists.row(row) == bytes)?;
        u32::try_from(row).ok().map(LabelSetId::new)
    }

    /// Begins a list of labels.
    pub(in crate::decode) fn begin_labels(&mut self) {
        self.labels.clear();
    }

    /// Adds a label.
    pub(in crate::decode) fn label(&mut self, label: Label, at: u64) -> Built<()> {
        match self.budget.room(&mut self.labels, 1) {
            Some(()) => self.labels.push(label),
            None => return Err(self.full(at).into()),
        }
        Ok(())
    }

    /// Ends a list of labels that was read off `bytes`, met for the first time.
    pub(in crate::decode) fn end_labels(&mut self, bytes: &[u8], at: u64) -> Built<LabelSetId> {
        let (full, rows) = (self.full(at), self.rows(at));
        if self.passing.is_again() && !self.brings_lists() {
            return Err(self.changed(at));
        }
        if self.is_wide() && !self.passing.is_again() {
            return Ok(LabelSetId::new(0));
        }
        let sets = &mut self.profile.label_sets;
        let lists = &mut self.label_bytes;
        let row = sets.len();
        let room = lists.room(bytes.len(), &mut self.budget);
        room.ok_or(full)?;
        let room = sets.room(self.labels.len(), &mut self.budget);
        room.ok_or(full)?;
        lists.push(bytes.iter().copied()).ok_or(rows)?;
        sets.push(self.labels.iter().copied()).ok_or(rows)?;
        let hash = hash_bytes(bytes);
        let table = &mut self.label_lists;
        let room = table.insert((hash, row), &mut self.budget);
        room.ok_or(full)?;
        let id = LabelSetId::new(u32::try_from(row).map_err(|_| rows)?);
        if bytes.is_empty() {
            self.no_labels = Some(id);
        }
        Ok(id)
    }
}
