//! The samples: values, stacks and label lists, column by column.
//!
//! Stacks are most of a profile's bytes. They stay the varints that the file has (about 2.5 bytes a
//! frame instead of 4), of the file's own ids where these are small; in Go's own profiles an id is
//! one more than the location's row, so no table is needed to get from one to the other.

use super::{Budget, LabelSetId, LocationId};
use crate::error::Error;
use crate::interrupt;

/// The most bytes of stack that a frame takes.
pub(crate) const LONGEST_FRAME: usize = 5;

/// All samples of a profile, in file order.
#[derive(Debug, Default, Clone)]
pub(crate) struct Samples {
    width: usize,
    values: Vec<i64>,
    stack_bytes: Vec<u8>,
    stack_ends: Vec<u32>,
    labels: Vec<LabelSetId>,
    /// Location of each number in the stacks; `None` where that is its distance from `first`.
    locations: Option<Vec<LocationId>>,
    /// The number of the location in row 0.
    first: u32,
}

/// One sample, borrowed while it is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample<'a> {
    /// One value a sample type.
    pub values: &'a [i64],
    /// Locations, leaf first.
    pub stack: &'a [LocationId],
    /// Its list of labels.
    pub labels: LabelSetId,
}

impl Samples {
    /// No samples yet, of `width` values each.
    pub(crate) fn new(width: usize) -> Self {
        Samples {
            width,
            ..Samples::default()
        }
    }

    /// Says how many values each sample has, while there are none.
    pub(crate) fn set_width(&mut self, width: usize) {
        debug_assert!(self.labels.is_empty());
        self.width = width;
    }

    /// How many values each sample has.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// How many samples there are.
    pub(crate) fn len(&self) -> usize {
        self.labels.len()
    }

    /// Appends a sample whose stack is numbers that [`set_locations`](Self::set_locations) explains;
    /// `None` when the stacks exceed 4 GiB. `values` has to be of the width given to `new`.
    pub(crate) fn push(
        &mut self,
        values: &[i64],
        stack: impl IntoIterator<Item = u32>,
        labels: LabelSetId,
    ) -> Option<()> {
        for frame in stack {
            self.add_frame(frame);
        }
        self.close(values, labels)
    }

    /// Makes room for `bytes` more of stack and one more sample; `None` when the budget is spent.
    pub(crate) fn room(&mut self, bytes: usize, budget: &mut Budget) -> Option<()> {
        budget.room(&mut self.stack_bytes, bytes)?;
        budget.room(&mut self.values, self.width)?;
        budget.room(&mut self.stack_ends, 1)?;
        budget.room(&mut self.labels, 1)
    }

    /// Adds a number to the stack of the sample that the next [`close`](Self::close) ends.
    #[inline]
    pub(crate) fn add_frame(&mut self, frame: u32) {
        push_varint(&mut self.stack_bytes, frame);
    }

    /// Adds numbers that are varints already, each in as few bytes as it needs and below `u32::MAX`.
    pub(crate) fn add_frames(&mut self, varints: &[u8]) {
        self.stack_bytes.extend_from_slice(varints);
    }

    /// Ends the current sample; `None` when the stacks exceed 4 GiB. `values` has to be of the width
    /// given to `new`.
    pub(crate) fn close(&mut self, values: &[i64], labels: LabelSetId) -> Option<()> {
        debug_assert_eq!(values.len(), self.width);
        self.values.extend_from_slice(values);
        self.stack_ends
            .push(u32::try_from(self.stack_bytes.len()).ok()?);
        self.labels.push(labels);
        Some(())
    }

    /// Says which location each number of the stacks means; an identity costs nothing.
    pub(crate) fn set_locations(&mut self, locations: Vec<LocationId>) {
        let regular = |first: u32| {
            let rows = locations.iter().map(|location| location.row());
            (0..)
                .zip(rows.skip(first as usize))
                .all(|(n, row)| n == row)
        };
        let first = [0, 1].into_iter().find(|first| regular(*first));
        self.first = first.unwrap_or(0);
        self.locations = first.is_none().then_some(locations);
    }

    /// Shows every sample in order; stops early when the user interrupts.
    pub(crate) fn scan(&self, mut visit: impl FnMut(Sample<'_>)) -> Result<(), Error> {
        let mut stack: Vec<LocationId> = Vec::new();
        let mut start = 0;
        for (row, (&end, &labels)) in self.stack_ends.iter().zip(&self.labels).enumerate() {
            if row % 4096 == 0 {
                interrupt::check()?;
            }
            let end = end as usize;
            let depth = self.read_stack(&self.stack_bytes[start..end], &mut stack);
            start = end;
            visit(Sample {
                values: &self.values[row * self.width..(row + 1) * self.width],
                stack: &stack[..depth],
                labels,
            });
        }
        Ok(())
    }

    /// Shows the values and labels of every sample in order, without reading the stacks.
    pub(crate) fn scan_values(&self, mut visit: impl FnMut(&[i64], LabelSetId)) {
        for (row, &labels) in self.labels.iter().enumerate() {
            visit(
                &self.values[row * self.width..(row + 1) * self.width],
                labels,
            );
        }
    }

    /// The values of a sample, to change in place.
    pub(crate) fn values_mut(&mut self, row: usize) -> &mut [i64] {
        &mut self.values[row * self.width..(row + 1) * self.width]
    }

    /// Whether a sample has this stack and these labels; only where the numbers in the stacks are
    /// rows of locations.
    pub(crate) fn is(&self, row: usize, stack: &[LocationId], labels: LabelSetId) -> bool {
        debug_assert!(self.locations.is_none());
        let mut bytes = self.stack_bytes[self.stack_range(row)].iter();
        self.labels[row] == labels
            && stack
                .iter()
                .all(|l| read_varint(&mut bytes) == Some(l.row()))
            && bytes.as_slice().is_empty()
    }

    /// Keeps these values of each sample, in this order.
    pub(crate) fn select(&mut self, chosen: &[usize]) {
        let rows = (0..self.len()).map(|row| row * self.width);
        let places = rows.flat_map(|start| chosen.iter().map(move |at| start + at));
        let values = places.map(|at| self.values[at]).collect();
        self.values = values;
        self.width = chosen.len();
    }

    /// Shows the values of every sample, to change in place, and keeps those that `keep` says to.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&mut [i64]) -> bool) {
        let (mut kept, mut filled, mut start) = (0, 0, 0);
        for row in 0..self.len() {
            let bytes = start..self.stack_ends[row] as usize;
            start = bytes.end;
            let values = row * self.width..(row + 1) * self.width;
            if !keep(&mut self.values[values.clone()]) {
                continue;
            }
            self.values.copy_within(values, kept * self.width);
            self.stack_bytes.copy_within(bytes.clone(), filled);
            filled += bytes.len();
            self.stack_ends[kept] = filled as u32;
            self.labels[kept] = self.labels[row];
            kept += 1;
        }
        self.values.truncate(kept * self.width);
        self.stack_bytes.truncate(filled);
        self.stack_ends.truncate(kept);
        self.labels.truncate(kept);
    }

    fn stack_range(&self, row: usize) -> std::ops::Range<usize> {
        let start = match row {
            0 => 0,
            _ => self.stack_ends[row - 1] as usize,
        };
        start..self.stack_ends[row] as usize
    }

    /// Reads one stack into the front of `stack`, which grows to the room it needs at most; returns how
    /// many frames it has.
    fn read_stack(&self, bytes: &[u8], stack: &mut Vec<LocationId>) -> usize {
        if stack.len() < bytes.len() {
            stack.resize(bytes.len(), LocationId::new(0));
        }
        let (mut number, mut shift, mut depth) = (0u32, 0, 0);
        for &byte in bytes {
            number |= u32::from(byte & 0x7f) << shift;
            if byte & 0x80 != 0 {
                shift += 7;
                continue;
            }
            stack[depth] = match &self.locations {
                None => LocationId::new(number - self.first),
                Some(locations) => locations[number as usize],
            };
            depth += 1;
            (number, shift) = (0, 0);
        }
        depth
    }
}

#[inline]
fn read_varint<'a>(bytes: &mut impl Iterator<Item = &'a u8>) -> Option<u32> {
    let (mut number, mut shift) = (0, 0);
    loop {
        let byte = bytes.next()?;
        number |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
        shift += 7;
    }
}

fn push_varint(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_come_back_as_they_went_in() {
        let mut samples = Samples::new(1);
        let stacks: [&[u32]; 4] = [&[0, 127, 128], &[], &[16_383, 16_384, u32::MAX], &[1]];
        for (value, stack) in (1..).zip(stacks) {
            let labels = LabelSetId::new(value as u32);
            samples
                .push(&[value], stack.iter().copied(), labels)
                .unwrap();
        }
        let mut seen = Vec::new();
        samples
            .scan(|s| {
                let rows: Vec<u32> = s.stack.iter().map(|l| l.row()).collect();
                seen.push((s.values[0], rows, s.labels.row()));
            })
            .unwrap();
        let want: Vec<_> = (1..)
            .zip(stacks)
            .map(|(v, s)| (v, s.to_vec(), v as u32))
            .collect();
        assert_eq!(seen, want);
    }

    #[test]
    fn numbers_go_through_the_table_of_locations() {
        let mut samples = Samples::new(1);
        samples.push(&[1], [0, 1], LabelSetId::new(0)).unwrap();
        samples.set_locations(vec![LocationId::new(7), LocationId::new(3)]);
        let mut rows = Vec::new();
        samples
            .scan(|s| rows.extend(s.stack.iter().map(|l| l.row())))
            .unwrap();
        assert_eq!(rows, [7, 3]);
    }
}
