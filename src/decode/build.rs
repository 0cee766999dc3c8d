//! Collects the rows of a profile as they are decoded and checks them when all are there.
//!
//! A file may be in any order, so ids and string numbers are only remembered while it is read;
//! [`Builder::finish`] looks them up. Every table asks the budget before it grows.

mod finish;
mod passing;
mod samples;

use super::error::{Broken, DecodeError, Kind, Offset};
use super::ids::{Full, Ids};
use crate::model::table::Table;
use crate::model::{
    Budget, FunctionId, Label, LabelSetId, Line, Mapping, MappingId, Profile, Ragged, Str,
    ValueType,
};
pub(super) use passing::Passing;

/// A number of a string as the file has it, and where.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextRef {
    /// The field's value.
    pub(super) index: u64,
    /// Where the field's message begins.
    pub(super) at: u64,
}

/// A function as the file has it.
#[derive(Default)]
pub(super) struct FunctionRow {
    pub(super) id: u64,
    pub(super) name: u64,
    pub(super) system_name: u64,
    pub(super) filename: u64,
    pub(super) start_line: i64,
}

/// A location as the file has it; its lines were added before.
#[derive(Default)]
pub(super) struct LocationRow {
    pub(super) id: u64,
    pub(super) mapping: u64,
    pub(super) address: u64,
    pub(super) folded: bool,
}

/// The rows so far.
pub(super) struct Builder {
    pub(super) profile: Profile,
    pub(super) budget: Budget,
    unpacked: bool,
    strings: u64,
    last_text: Option<TextRef>,
    locations: Ids,
    functions: Ids,
    mappings: Ids,
    label_lists: Table,
    label_bytes: Ragged<u8>,
    no_labels: Option<LabelSetId>,
    labels: Vec<Label>,
    values: Vec<i64>,
    first_sample: u64,
    /// The next id of a location, while stacks name 1, 2, … for the first time in that order and before the
    /// locations; else 0.
    next_used: u64,
    /// The first sample that has not as many values as the first: place and values.
    odd_sample: Option<(u64, usize)>,
    bad_mapping: Option<Broken>,
    bad_function: Option<Broken>,
    bad_location: Option<(usize, Broken)>,
    /// What becomes of samples.
    pub(super) passing: Passing,
}

type Built<T> = Result<T, DecodeError>;

impl Builder {
    /// No rows yet; `unpacked` says what offsets count.
    pub(super) fn new(memory: u64, unpacked: bool) -> Self {
        Builder {
            profile: Profile::default(),
            budget: Budget::new(memory),
            unpacked,
            strings: 0,
            last_text: None,
            locations: Ids::default(),
            functions: Ids::default(),
            mappings: Ids::default(),
            label_lists: Table::default(),
            label_bytes: Ragged::default(),
            no_labels: None,
            labels: Vec::new(),
            values: Vec::new(),
            first_sample: 0,
            next_used: 1,
            odd_sample: None,
            bad_mapping: None,
            bad_function: None,
            bad_location: None,
            passing: Passing::Held,
        }
    }

    fn offset(&self, at: u64) -> Offset {
        match self.unpacked {
            true => Offset::Unpacked(at),
            false => Offset::Input(at),
        }
    }

    /// The error of a table that could not grow at `at`.
    pub(super) fn full(&self, at: u64) -> Broken {
        Kind::Memory(self.budget.limit()).at(self.offset(at))
    }

    fn rows(&self, at: u64) -> Broken {
        Kind::Rows.at(self.offset(at))
    }

    /// Adds the next string of the table.
    pub(super) fn string(&mut self, text: &[u8], at: u64) -> Built<()> {
        if self.strings == 0 && !text.is_empty() {
            return Err(Kind::FirstString.at(self.offset(at)).into());
        }
        if self.strings > 0 {
            let strings = &mut self.profile.strings;
            if strings.room(text.len(), &mut self.budget).is_none() {
                return Err(self.full(at).into());
            }
            if strings.push(text).is_none() {
                return Err(self.rows(at).into());
            }
        }
        self.strings = self.strings.saturating_add(1);
        Ok(())
    }

    /// The id of a string that may not be there yet; that it will be is checked at the end.
    pub(super) fn text(&mut self, text: TextRef) -> Str {
        if self.last_text.is_none_or(|last| last.index < text.index) {
            self.last_text = Some(text);
        }
        Str::new(u32::try_from(text.index).unwrap_or(0))
    }

    /// Adds a sample type.
    pub(super) fn sample_type(&mut self, value_type: ValueType, at: u64) -> Built<()> {
        match self.budget.room(&mut self.profile.sample_types, 1) {
            Some(()) => self.profile.sample_types.push(value_type),
            None => return Err(self.full(at).into()),
        }
        Ok(())
    }

    /// Adds a comment.
    pub(super) fn comment(&mut self, text: TextRef) -> Built<()> {
        let comment = self.text(text);
        match self.budget.room(&mut self.profile.comments, 1) {
            Some(()) => self.profile.comments.push(comment),
            None => return Err(self.full(text.at).into()),
        }
        Ok(())
    }

    /// Adds a mapping.
    pub(super) fn mapping(&mut self, mapping: Mapping, at: u64) -> Built<()> {
        let row = self.profile.mappings.len();
        let fault = match mapping.id {
            0 => Some(Kind::MappingZero),
            id => (!(self.mappings.define((id, at), row, &mut self.budget))
                .map_err(|Full| self.full(at))?)
            .then_some(Kind::MappingTwice(id)),
        };
        if let Some(kind) = fault {
            self.bad_mapping = self.bad_mapping.or(Some(kind.at(self.offset(at))));
        }
        match self.budget.room(&mut self.profile.mappings, 1) {
            Some(()) => self.profile.mappings.push(mapping),
            None => return Err(self.full(at).into()),
        }
        Ok(())
    }

    /// Adds a function.
    pub(super) fn function(&mut self, function: &FunctionRow, at: u64) -> Built<()> {
        let row = self.profile.functions.len();
        let fault = match function.id {
            0 => Some(Kind::FunctionZero),
            id => (!(self.functions.define((id, at), row, &mut self.budget))
                .map_err(|Full| self.full(at))?)
            .then_some(Kind::FunctionTwice(id)),
        };
        if let Some(kind) = fault {
            self.bad_function = self.bad_function.or(Some(kind.at(self.offset(at))));
        }
        let mut text = |index| self.text(TextRef { index, at });
        let name = text(function.name);
        let system_name = text(function.system_name);
        let filename = text(function.filename);
        let functions = &mut self.profile.functions;
        if functions.room(&mut self.budget).is_none() {
            return Err(self.full(at).into());
        }
        functions.id.push(function.id);
        functions.name.push(name);
        functions.system_name.push(system_name);
        functions.filename.push(filename);
        functions.start_line.push(function.start_line);
        Ok(())
    }

    /// Adds a line to the location that comes next; its function is a number until the end.
    pub(super) fn line(&mut self, function: u64, line: i64, column: i64, at: u64) -> Built<()> {
        let function = self
            .functions
            .number(function, at, &mut self.budget)
            .map_err(|Full| self.full(at))?;
        let locations = &mut self.profile.locations;
        if locations.lines.room(1, &mut self.budget).is_none() {
            return Err(self.full(at).into());
        }
        locations.lines.add(Line {
            function: FunctionId::new(function),
            line,
            column,
        });
        Ok(())
    }

    /// Says that the location in a row lies in the mapping with this row, which may not be there yet; only
    /// where mappings have the ids 1, 2, …
    pub(super) fn lies_in(&mut self, location: usize, mapping: usize) {
        let number = u32::try_from(mapping).ok();
        let number = number.and_then(|row| row.checked_add(1));
        if let Some(place) = self.profile.locations.mapping.get_mut(location) {
            *place = number.map(MappingId::new);
        }
    }

    /// Keeps the locations whose place is not 0, in the order of their places, which become their ids;
    /// only where locations have no lines and no mappings yet.
    pub(super) fn reorder_locations(&mut self, places: &[u32]) -> Option<()> {
        let kept = places.iter().filter(|place| **place > 0).count();
        let mut addresses = Vec::new();
        self.budget.room(&mut addresses, kept)?;
        addresses.resize(kept, 0);
        let row = |place: &u32| place.checked_sub(1);
        let locations = &mut self.profile.locations;
        for (place, address) in places.iter().zip(&locations.address) {
            let slot = row(place).and_then(|row| addresses.get_mut(usize::try_from(row).ok()?));
            slot.into_iter().for_each(|slot| *slot = *address);
        }
        let old = std::mem::replace(&mut locations.address, addresses);
        self.budget.give_back(old);
        locations.id.truncate(kept);
        locations.mapping.truncate(kept);
        locations.folded.truncate(kept);
        locations.lines.truncate(kept);
        let place = |row| places.get(usize::try_from(row).ok()?);
        self.locations.renumber(|old| place(old).and_then(row));
        Some(())
    }

    /// Adds a location; its mapping is a number until the end.
    pub(super) fn location(&mut self, location: &LocationRow, at: u64) -> Built<()> {
        let row = self.profile.locations.len();
        let fault = match location.id {
            0 => Some(Kind::LocationZero),
            id => (!(self.locations.define((id, at), row, &mut self.budget))
                .map_err(|Full| self.full(at))?)
            .then_some(Kind::LocationTwice(id)),
        };
        if let Some(kind) = fault {
            let error = kind.at(self.offset(at));
            self.bad_location = self.bad_location.or(Some((row, error)));
        }
        let mapping = match location.mapping {
            0 => None,
            id => Some(
                self.mappings
                    .number(id, at, &mut self.budget)
                    .map_err(|Full| self.full(at))?,
            ),
        };
        let locations = &mut self.profile.locations;
        if locations.room(0, &mut self.budget).is_none() {
            return Err(self.full(at).into());
        }
        locations.id.push(location.id);
        locations.address.push(location.address);
        locations.mapping.push(mapping.map(MappingId::new));
        locations.folded.push(location.folded);
        Ok(locations.lines.close().ok_or_else(|| self.rows(at))?)
    }
}
