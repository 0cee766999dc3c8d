//! What all text formats end in: samples of addresses become a profile.
//!
//! A sample's addresses are held until the next one begins, then they go into the columns at once;
//! nothing is kept a row. Locations are numbered in the order in which samples first use them.

use super::super::Decoded;
use super::super::build::{Builder, LocationRow, TextRef};
use super::super::error::{DecodeError, Fault, Offset};
use super::lines::Lines;
use super::number::Addresses;
use super::{Parsed, frames, map, place};
use crate::model::table::{Table, hash_bytes, hash_id};
use crate::model::{Label, LabelSetId, LabelValue, Str, ValueType};

type Built<T> = Result<T, DecodeError>;

/// The rows of a profile as its lines are read.
pub(super) struct Rows {
    pub(super) builder: Builder,
    /// Locations by address.
    locations: Table,
    texts: Table,
    /// The sample that waits for its end: where it began, its addresses and its number label.
    sample: Option<Offset>,
    stack: Vec<u64>,
    label: Option<(Str, i64)>,
}

impl Rows {
    /// None yet.
    pub(super) fn new(mut builder: Builder, at: Offset) -> Built<Self> {
        builder.string(b"", at.count())?;
        Ok(Rows {
            builder,
            locations: Table::default(),
            texts: Table::default(),
            sample: None,
            stack: Vec::new(),
            label: None,
        })
    }

    /// The id of a text; equal texts have equal ids.
    pub(super) fn text(&mut self, text: &[u8], at: Offset) -> Built<Str> {
        if text.is_empty() {
            return Ok(Str::EMPTY);
        }
        let full = self.builder.full(at.count());
        let known = |row: usize, builder: &Builder| {
            u32::try_from(row)
                .map(Str::new)
                .map_or(false, |id| builder.profile.text(id) == text)
        };
        let hash = hash_bytes(text);
        let builder = &self.builder;
        let found = self.texts.find(hash, |row| known(row, builder));
        if let Some(id) = found.and_then(|row| u32::try_from(row).ok()) {
            return Ok(Str::new(id));
        }
        let row = self.builder.profile.strings.len();
        let strings = &self.builder.profile.strings;
        let hash_of = |row: usize| {
            let id = u32::try_from(row).map_or(Str::EMPTY, Str::new);
            hash_bytes(strings.get(id))
        };
        let room = self
            .texts
            .insert((hash, row), hash_of, &mut self.builder.budget);
        room.ok_or(full)?;
        self.builder.string(text, at.count())?;
        let index = u64::try_from(row).unwrap_or(u64::MAX);
        Ok(self.builder.text(TextRef {
            index,
            at: at.count(),
        }))
    }

    /// Adds a sample type.
    pub(super) fn sample_type(&mut self, kind: &[u8], unit: &[u8], at: Offset) -> Built<()> {
        let value_type = self.value_type(kind, unit, at)?;
        self.builder.sample_type(value_type, at.count())
    }

    /// Says what was counted between two samples.
    pub(super) fn period(
        &mut self,
        kind: &[u8],
        unit: &[u8],
        period: i64,
        at: Offset,
    ) -> Built<()> {
        self.builder.profile.header.period_type = self.value_type(kind, unit, at)?;
        self.builder.profile.header.period = period;
        Ok(())
    }

    fn value_type(&mut self, kind: &[u8], unit: &[u8], at: Offset) -> Built<ValueType> {
        Ok(ValueType {
            kind: self.text(kind, at)?,
            unit: self.text(unit, at)?,
        })
    }

    /// Begins a sample with these values, one a sample type; ends the one before.
    pub(super) fn begin(&mut self, values: &[i64], at: Offset) -> Built<()> {
        self.flush()?;
        self.builder.begin_sample(at.count());
        for value in values {
            self.builder.value(*value, at.count())?;
        }
        self.sample = Some(at);
        Ok(())
    }

    /// Adds an address to the sample, leaf first.
    pub(super) fn address(&mut self, address: u64) -> Built<()> {
        let full = self.full();
        let room = self.builder.budget.room(&mut self.stack, 1);
        room.ok_or(full)?;
        self.stack.push(address);
        Ok(())
    }

    /// Adds the return addresses in a text, each as the call before it; `line` is for the error.
    pub(super) fn addresses(&mut self, line: &[u8], text: &[u8]) -> Parsed<()> {
        for address in Addresses(text) {
            let address = address.map_err(|digits| Fault::address(line, digits))?;
            self.address(address.wrapping_sub(1))?;
        }
        Ok(())
    }

    /// Gives the sample a label that is a number.
    pub(super) fn number_label(&mut self, key: &[u8], value: i64) -> Built<()> {
        let at = self.sample.unwrap_or(Offset::Input(0));
        self.label = Some((self.text(key, at)?, value));
        Ok(())
    }

    /// Forgets the sample that has begun.
    pub(super) fn cancel(&mut self) {
        self.sample = None;
        self.stack.clear();
    }

    /// The values of the last sample, to change in place.
    pub(super) fn last_values(&mut self) -> Built<&mut [i64]> {
        self.flush()?;
        let samples = &mut self.builder.profile.samples;
        Ok(match samples.len().checked_sub(1) {
            Some(last) => samples.values_mut(last),
            None => &mut [],
        })
    }

    /// Ends the sample, if one has begun.
    pub(super) fn flush(&mut self) -> Built<()> {
        let Some(at) = self.sample.take() else {
            return Ok(());
        };
        let mut stack = std::mem::take(&mut self.stack);
        for address in stack.drain(..) {
            let id = self.location(address, at)?;
            self.builder.frame(id, at)?;
        }
        self.stack = stack;
        let labels = self.labels(at)?;
        self.builder.end_sample(at.count(), labels)
    }

    fn labels(&mut self, at: Offset) -> Built<LabelSetId> {
        let bytes = self.label.map(|(_, value)| value.to_le_bytes());
        let bytes: &[u8] = bytes.as_ref().map_or(&[], |bytes| &bytes[..]);
        if let Some(known) = self.builder.known_labels(bytes) {
            self.label = None;
            return Ok(known);
        }
        self.builder.begin_labels();
        if let Some((key, value)) = self.label.take() {
            let value = LabelValue::Number(value, None);
            self.builder.label(Label { key, value }, at.count())?;
        }
        self.builder.end_labels(bytes, at.count())
    }

    /// The id of the location at an address, which is one more than its row.
    pub(super) fn location(&mut self, address: u64, at: Offset) -> Built<u64> {
        let full = self.builder.full(at.count());
        let known = &self.builder.profile.locations.address;
        let hash = hash_id(address);
        let at_row = |row: usize| known.get(row).copied().unwrap_or(0);
        let row = match self.locations.find(hash, |row| at_row(row) == address) {
            Some(row) => row,
            None => {
                let row = known.len();
                let hash_of = |row: usize| hash_id(at_row(row));
                let budget = &mut self.builder.budget;
                let room = self.locations.insert((hash, row), hash_of, budget);
                room.ok_or(full)?;
                let id = id_of(row);
                let location = LocationRow {
                    id,
                    address,
                    ..LocationRow::default()
                };
                self.builder.location(&location, at.count())?;
                row
            }
        };
        Ok(id_of(row))
    }

    fn full(&self) -> DecodeError {
        let at = self.sample.map_or(0, Offset::count);
        self.builder.full(at)
    }

    /// The row of the location at an address, if there is one.
    pub(super) fn row_of(&self, address: u64) -> Option<usize> {
        let known = &self.builder.profile.locations.address;
        let same = |row: usize| known.get(row) == Some(&address);
        self.locations.find(hash_id(address), same)
    }

    /// The profile, its mappings from the memory map that the lines lead to.
    pub(super) fn finish(mut self, lines: &mut Lines<'_, '_>) -> Parsed<Decoded> {
        self.flush()?;
        map::seek(lines)?;
        self.finish_at_map(lines)
    }

    /// The profile, its mappings from the memory map that begins with the next line.
    pub(super) fn finish_at_map(mut self, lines: &mut Lines<'_, '_>) -> Parsed<Decoded> {
        let mappings = map::read(lines, &mut self)?;
        frames::set_default(&mut self, lines.place())?;
        place::place(mappings, &mut self.builder, lines.place())?;
        Ok(self.builder.finish(lines.place().count())?.into())
    }
}

fn id_of(row: usize) -> u64 {
    u64::try_from(row).unwrap_or(u64::MAX).saturating_add(1)
}
