//! The samples: values, stacks and label lists, column by column.
//!
//! Stacks are most of a profile's bytes. They stay the varints that the file has (about 2.5 bytes a
//! frame instead of 4), of the file's own ids where these are small; in Go's own profiles an id is
//! one more than the location's row, so no table is needed to get from one to the other.

use std::sync::Arc;

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
    locations: Option<Arc<[LocationId]>>,
    /// The number of the location in row 0.
    first: u32,
    /// See [`Samples::used`].
    used: Option<usize>,
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

    /// Forgets all samples, and keeps the room they took.
    pub(crate) fn forget(&mut self) {
        self.values.clear();
        self.stack_bytes.clear();
        self.stack_ends.clear();
        self.labels.clear();
    }

    /// Bytes of memory that are in use, about.
    pub(crate) fn weight(&self) -> usize {
        let ends = size_of_val(&self.stack_ends[..]) + size_of_val(&self.labels[..]);
        let known = self.locations.as_deref().map_or(0, size_of_val);
        size_of_val(&self.values[..]) + self.stack_bytes.len() + ends + known
    }

    /// How many samples there are.
    pub(crate) fn len(&self) -> usize {
        self.labels.len()
    }

    /// Appends a sample whose stack is numbers that [`set_locations`](Self::set_locations) explains;
    /// `None` when the stacks exceed 4 GiB. `values` has to be of the width given to `new`.
    #[cfg(test)]
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
        self.locations = first.is_none().then(|| locations.into());
    }

    /// Leads each stack and label list to the row that stands here for the one they led to.
    pub(crate) fn move_to(&mut self, locations: &[LocationId], label_sets: &[LabelSetId]) {
        for labels in &mut self.labels {
            *labels = label_sets[labels.at()];
        }
        let before = std::iter::repeat_n(LocationId::new(0), self.first as usize);
        let moved = match self.locations.take() {
            // Beyond those in use there may be rows that have gone nowhere, which would ask for a table.
            None => {
                let used = self.used.unwrap_or(locations.len());
                before.chain(locations.iter().copied().take(used)).collect()
            }
            Some(known) => known.iter().map(|id| locations[id.at()]).collect(),
        };
        self.set_locations(moved);
    }

    /// Says that the stacks lead to the first `count` locations alone, and first to each in the order of the rows.
    pub(crate) fn set_used(&mut self, count: usize) {
        self.used = self.locations.is_none().then_some(count);
    }

    /// How many locations the stacks lead to, where these are the first ones in the order in which they are
    /// first used, as in Go's own profiles.
    pub(crate) fn used(&self) -> Option<usize> {
        self.used
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

    /// The bytes of the stack of a sample: equal stacks have equal bytes where the numbers are rows of
    /// locations.
    pub(crate) fn stack_bytes(&self, row: usize) -> &[u8] {
        &self.stack_bytes[self.stack_range(row)]
    }

    /// The label list of a sample.
    pub(crate) fn labels(&self, row: usize) -> LabelSetId {
        self.labels[row]
    }

    /// Writes the varints of numbers to the front of `bytes`, which grows where it has to; returns how many.
    pub(crate) fn encode(
        numbers: impl ExactSizeIterator<Item = u32>,
        bytes: &mut Vec<u8>,
    ) -> usize {
        let most = numbers.len() * LONGEST_FRAME;
        if bytes.len() < most {
            bytes.resize(most, 0);
        }
        let mut end = 0;
        for mut number in numbers {
            while number >= 0x80 {
                bytes[end] = (number & 0x7f) as u8 | 0x80;
                number >>= 7;
                end += 1;
            }
            bytes[end] = number as u8;
            end += 1;
        }
        end
    }

    /// The same samples in runs of `rows`, each with memory of its own that goes when it is dropped.
    pub(crate) fn into_runs(mut self, rows: usize) -> Vec<Samples> {
        let mut runs = Vec::new();
        // From the end, where a table can be cut without moving what stays.
        while !self.labels.is_empty() {
            let row = (self.labels.len() - 1) / rows * rows;
            let start = self.stack_range(row).start;
            let mut stack_ends = cut(&mut self.stack_ends, row);
            stack_ends.iter_mut().for_each(|end| *end -= start as u32);
            runs.push(Samples {
                width: self.width,
                values: cut(&mut self.values, row * self.width),
                stack_bytes: cut(&mut self.stack_bytes, start),
                stack_ends,
                labels: cut(&mut self.labels, row),
                locations: self.locations.clone(),
                first: self.first,
                used: None,
            });
        }
        runs.reverse();
        runs
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
            // Up to the first that goes, all stay where they are.
            if kept < row {
                self.values.copy_within(values, kept * self.width);
                self.stack_bytes.copy_within(bytes.clone(), filled);
                self.labels[kept] = self.labels[row];
            }
            filled += bytes.len();
            self.stack_ends[kept] = filled as u32;
            kept += 1;
        }
        self.used = self.used.filter(|_| kept == self.len());
        self.values.truncate(kept * self.width);
        self.stack_bytes.truncate(filled);
        self.stack_ends.truncate(kept);
        self.labels.truncate(kept);
    }

    /// The numbers of the first two frames of each stack, in order.
    pub(crate) fn tops(&self) -> impl Iterator<Item = (Option<u32>, Option<u32>)> {
        (0..self.len()).map(|row| {
            let mut bytes = self.stack_bytes[self.stack_range(row)].iter();
            (read_varint(&mut bytes), read_varint(&mut bytes))
        })
    }

    /// Takes the second frame out of the stacks for which `drops` says so, asked with the numbers of the
    /// first two.
    pub(crate) fn drop_second(&mut self, drops: impl Fn(u32, u32) -> bool) {
        self.used = None;
        let (mut filled, mut start) = (0, 0);
        for end in &mut self.stack_ends {
            let stack = start..*end as usize;
            start = stack.end;
            let mut bytes = self.stack_bytes[stack.clone()].iter();
            let first = read_varint(&mut bytes);
            let leaf = stack.start..stack.end - bytes.len();
            let second = read_varint(&mut bytes);
            let rest = stack.end - bytes.len()..stack.end;
            let drop = first.zip(second).is_some_and(|(a, b)| drops(a, b));
            for kept in match drop {
                true => [leaf, rest],
                false => [stack, rest.end..rest.end],
            } {
                let size = kept.len();
                if kept.start > filled {
                    self.stack_bytes.copy_within(kept, filled);
                }
                filled += size;
            }
            *end = filled as u32;
        }
        self.stack_bytes.truncate(filled);
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
        let frames = &mut stack[..];
        let mut depth = 0;
        let mut rest = bytes;
        loop {
            if let Some([a, b]) = take_two(&mut rest) {
                frames[depth] = LocationId::new(a.wrapping_sub(self.first));
                frames[depth + 1] = LocationId::new(b.wrapping_sub(self.first));
                depth += 2;
                continue;
            }
            let mut bytes = rest.iter();
            let Some(number) = read_varint(&mut bytes) else {
                break;
            };
            rest = bytes.as_slice();
            frames[depth] = LocationId::new(number.wrapping_sub(self.first));
            depth += 1;
        }
        if let Some(locations) = self.locations.as_deref() {
            for frame in &mut frames[..depth] {
                *frame = locations[frame.at()];
            }
        }
        depth
    }
}

/// Takes two numbers off the front, where at least eight bytes are left and each number takes the fewest bytes it
/// needs, four at most, and is not 0. Both at once, and without a branch on their sizes: most have two or
/// three bytes, and a guess which costs more than all the rest.
#[inline(always)]
pub(crate) fn take_two(bytes: &mut &[u8]) -> Option<[u32; 2]> {
    let word = u64::from_le_bytes(*bytes.first_chunk()?);
    let stops = !word & 0x8080_8080_8080_8080;
    let others = stops & stops.wrapping_sub(1);
    // The bits of the last bytes of both; that of the second counts from the end of the first.
    let end = stops.trailing_zeros();
    let next = others.trailing_zeros().wrapping_sub(end).wrapping_sub(1);
    if end > 31 || next > 31 {
        return None;
    }
    let first = word & (stops ^ stops.wrapping_sub(1));
    let second = (word & (others ^ others.wrapping_sub(1))) >> (end + 1);
    if first >> (end & 24) == 0 || second >> (next & 24) == 0 {
        return None;
    }
    let two = first | second << 32;
    let two = (two & 0x007f_007f_007f_007f) | (two & 0x7f00_7f00_7f00_7f00) >> 1;
    let two = (two & 0x0000_3fff_0000_3fff) | (two & 0x3fff_0000_3fff_0000) >> 2;
    *bytes = bytes.get((end + next + 2) as usize / 8..)?;
    Some([two as u32, (two >> 32) as u32])
}

/// Takes what is from `at` on, and gives the memory of it back.
fn cut<T>(table: &mut Vec<T>, at: usize) -> Vec<T> {
    let end = table.split_off(at);
    table.shrink_to_fit();
    end
}

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
    fn rows_that_no_stack_leads_to_may_go_anywhere_without_a_table() {
        let rows = |rows: &[u32]| rows.iter().map(|row| LocationId::new(*row)).collect();
        let lists = [LabelSetId::new(0)];
        let moved = |used, to: &[u32]| {
            let mut samples = Samples::new(1);
            samples.push(&[1], [1, 2], lists[0]).unwrap();
            samples.set_locations(rows(&[0, 0, 1, 2]));
            samples.set_used(used);
            let to: Vec<LocationId> = rows(to);
            samples.move_to(&to, &lists);
            let mut stack = Vec::new();
            let seen = samples.scan(|s| stack.extend(s.stack.iter().map(|l| l.row())));
            seen.unwrap();
            (stack, samples.locations.is_some())
        };
        assert_eq!(moved(2, &[0, 1, u32::MAX]), (vec![0, 1], false));
        assert_eq!(moved(3, &[0, 1, u32::MAX]), (vec![0, 1], true));
        assert_eq!(moved(2, &[7, 5, 6]), (vec![7, 5], true));
    }

    #[test]
    fn two_numbers_at_once_are_what_they_are_one_by_one() {
        let numbers = [
            1,
            127,
            128,
            300,
            16_383,
            16_384,
            (1 << 21) - 1,
            1 << 21,
            (1 << 28) - 1,
        ];
        for a in numbers {
            for b in numbers {
                let mut bytes = Vec::new();
                [a, b].into_iter().for_each(|n| push_varint(&mut bytes, n));
                let size = bytes.len();
                bytes.resize(size + 8, 0xff);
                let mut rest = &bytes[..];
                assert_eq!(take_two(&mut rest), Some([a, b]));
                assert_eq!(rest.len(), 8);
                // Nothing is taken where fewer bytes are left than are looked at.
                assert_eq!(take_two(&mut &bytes[..size.min(7)]), None);
            }
        }
        let refused: [&[u8]; 4] = [
            &[0, 1, 1, 1, 1, 1, 1, 1],
            &[1, 0x80, 0, 1, 1, 1, 1, 1],
            &[0x81, 0, 1, 1, 1, 1, 1, 1],
            &[0x80, 0x80, 0x80, 0x80, 1, 1, 1, 1],
        ];
        for bytes in refused {
            let mut rest = bytes;
            assert_eq!(take_two(&mut rest), None, "{bytes:?}");
            assert_eq!(rest, bytes);
        }
    }

    #[test]
    fn runs_are_the_samples_cut_in_pieces() {
        let mut samples = Samples::new(2);
        for n in 0..10 {
            let stack = (0..n).map(|frame| frame * 100);
            let values = [i64::from(n), -1];
            samples.push(&values, stack, LabelSetId::new(n)).unwrap();
        }
        let rows = |samples: &Samples| {
            let mut rows = Vec::new();
            let visit = |s: Sample<'_>| rows.push((s.values.to_vec(), s.stack.to_vec(), s.labels));
            samples.scan(visit).unwrap();
            rows
        };
        for size in [1, 3, 5, 10, 11] {
            let runs = samples.clone().into_runs(size);
            assert_eq!(runs.len(), 10usize.div_ceil(size));
            let all: Vec<_> = runs.iter().flat_map(rows).collect();
            assert_eq!(all, rows(&samples));
        }
    }

    #[test]
    fn the_second_frame_is_dropped_where_asked() {
        let mut samples = Samples::new(1);
        let stacks: [&[u32]; 6] = [
            &[1, 300, 2],
            &[300],
            &[],
            &[7, 300],
            &[300, 1, 300],
            &[2, 8],
        ];
        for stack in stacks {
            let labels = LabelSetId::new(0);
            samples.push(&[1], stack.iter().copied(), labels).unwrap();
        }
        samples.drop_second(|first, second| second == 300 && first != 7);
        let mut left = Vec::new();
        let see = |s: Sample<'_>| left.push(s.stack.iter().map(|l| l.row()).collect::<Vec<_>>());
        samples.scan(see).unwrap();
        assert_eq!(
            left,
            [&[1, 2][..], &[300], &[], &[7, 300], &[300, 1, 300], &[2, 8]]
        );
        let tops: Vec<_> = samples.tops().skip(1).take(2).collect();
        assert_eq!(tops, [(Some(300), None), (None, None)]);
        assert_eq!(samples.tops().next(), Some((Some(1), Some(2))));
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
