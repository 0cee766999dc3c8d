//! What all text formats end in: samples of addresses become a profile.
//!
//! A sample's addresses are held until the next one begins, then they go into the columns at once;
//! nothing is kept a row. Locations are numbered in the order in which samples first use them.

use super::super::Decoded;
use super::super::build::{Builder, LocationRow, TextRef};
use super::super::error::{Broken, DecodeError, Fault, Offset};
use super::super::stream::Stream;
use super::lines::Lines;
use super::named::{Frame, is_named, named, numbers};
use super::number::Addresses;
use super::{Parsed, frames, map, place};
use crate::model::table::{Table, hash_bytes, hash_id};
use crate::model::{Label, LabelSetId, LabelValue, Str, ValueType};

pub(super) type Built<T> = Result<T, DecodeError>;

/// The rows of a profile as its lines are read.
pub(super) struct Rows {
    pub(super) builder: Builder,
    /// Locations by address.
    locations: Table,
    texts: Table,
    /// The sample that waits for its end: where it began, its addresses and its number label.
    pub(super) sample: Option<Offset>,
    pub(super) stack: Vec<u64>,
    label: Option<(Str, i64)>,
    /// Whether comments name frames, whether they did so of this sample, and what they said.
    pub(super) named: bool,
    pub(super) described: bool,
    pub(super) frames: Vec<Frame>,
    pub(super) label_text: Vec<u8>,
    /// Functions by name and file.
    pub(super) functions: Table,
    /// What the reader of the profile should know.
    pub(super) remarks: Vec<String>,
}

impl Rows {
    /// None yet.
    pub(super) fn new(mut builder: Builder, stream: &Stream<'_>) -> Built<Self> {
        builder.string(b"", stream.place().count())?;
        Ok(Rows {
            builder,
            locations: Table::default(),
            texts: Table::default(),
            sample: None,
            stack: Vec::new(),
            label: None,
            named: is_named(stream.available()),
            described: false,
            frames: Vec::new(),
            label_text: Vec::new(),
            functions: Table::default(),
            remarks: Vec::new(),
        })
    }

    /// The id of a text; equal texts have equal ids.
    pub(super) fn text(&mut self, text: &[u8], at: Offset) -> Built<Str> {
        if text.is_empty() {
            return Ok(Str::EMPTY);
        }
        let full = self.builder.full(at.count());
        let known = |row: usize, builder: &Builder| {
            let id = u32::try_from(row).map(Str::new);
            id.is_ok_and(|id| builder.profile.text(id) == text)
        };
        let hash = hash_bytes(text);
        let builder = &self.builder;
        let found = self.texts.find(hash, |row| known(row, builder));
        if let Some(id) = found.and_then(|row| u32::try_from(row).ok()) {
            return Ok(Str::new(id));
        }
        let row = self.builder.profile.strings.len();
        let room = self.texts.insert((hash, row), &mut self.builder.budget);
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
        let room = self.builder.budget.push(&mut self.stack, address);
        Ok(room.ok_or(full)?)
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
    pub(super) fn number_label(&mut self, key: &[u8], value: i64, at: Offset) -> Built<()> {
        self.label = Some((self.text(key, at)?, value));
        Ok(())
    }

    /// Forgets the sample that has begun.
    pub(super) fn cancel(&mut self) {
        self.sample = None;
        self.stack.clear();
    }

    /// Whether there is no sample at all.
    pub(super) fn is_empty(&self) -> bool {
        self.sample.is_none() && self.builder.profile.samples.len() == 0
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
        match std::mem::take(&mut self.described) {
            true => self.flush_named(at)?,
            false => self.flush_nameless(at)?,
        }
        let labels = self.labels(at)?;
        self.builder.end_sample(at.count(), labels)
    }

    fn flush_nameless(&mut self, at: Offset) -> Built<()> {
        let mut stack = std::mem::take(&mut self.stack);
        for address in stack.drain(..) {
            let id = self.location(address, &[], at)?;
            self.builder.frame(id, at)?;
        }
        self.stack = stack;
        Ok(())
    }

    /// The labels of the sample; a format has numbers or texts, never both.
    fn labels(&mut self, at: Offset) -> Built<LabelSetId> {
        let label = self.label.take();
        let number = label.map(|(_, value)| value.to_le_bytes());
        let text = std::mem::take(&mut self.label_text);
        let bytes = number.as_ref().map_or(&text[..], |number| &number[..]);
        let labels = match self.builder.known_labels(bytes) {
            Some(known) => known,
            None => {
                self.builder.begin_labels();
                if let Some((key, value)) = label {
                    let value = LabelValue::Number(value, None);
                    self.builder.label(Label { key, value }, at.count())?;
                }
                self.text_labels(&text, at)?;
                self.builder.end_labels(bytes, at.count())?
            }
        };
        self.label_text = text;
        self.label_text.clear();
        Ok(labels)
    }

    /// The id of the location at an address, where these frames are; it is one more than its row.
    pub(super) fn location(&mut self, address: u64, frames: &[Frame], at: Offset) -> Built<u64> {
        let full = self.builder.full(at.count());
        let known = &self.builder.profile.locations;
        let hash = hash_of(address, named(frames));
        let same = |row: usize| {
            known.address.get(row) == Some(&address)
                && numbers(known.lines.row(row)).eq(named(frames))
        };
        if let Some(row) = self.locations.find(hash, same) {
            return Ok(id_of(row));
        }
        let row = known.len();
        let budget = &mut self.builder.budget;
        let room = self.locations.insert((hash, row), budget);
        room.ok_or(full)?;
        self.lines(frames, at)?;
        let location = LocationRow {
            id: id_of(row),
            address,
            ..LocationRow::default()
        };
        self.builder.location(&location, at.count())?;
        Ok(id_of(row))
    }

    fn full(&self) -> Broken {
        let at = self.sample.map(Offset::count).unwrap_or_default();
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
        place::place(mappings, &mut self.builder, lines.place())?;
        match self.named {
            true => self.name_mappings(),
            false => frames::set_default(&mut self, lines.place())?,
        }
        let (profile, _) = self.builder.finish(lines.place().count())?;
        let mut decoded = Decoded::from(profile);
        (decoded.remarks, decoded.named) = (self.remarks, self.named);
        Ok(decoded)
    }
}

pub(super) fn id_of(row: usize) -> u64 {
    u64::try_from(row).unwrap_or(u64::MAX).saturating_add(1)
}

fn hash_of(address: u64, lines: impl Iterator<Item = (u64, i64)>) -> u64 {
    lines.fold(hash_id(address), |hash, (function, line)| {
        hash_id(hash_id(hash ^ function) ^ line.cast_unsigned())
    })
}
