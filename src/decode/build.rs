//! Collects the rows of a profile as they are decoded and checks them when all are there.
//!
//! A file may be in any order, so ids and string numbers are only remembered while it is read.
//! [`Builder::finish`] turns ids into rows and applies the rules of pprof-behaviour 2.3 in pprof's
//! order, which decides the error that a file with several faults ends in.

use super::error::{DecodeError, Kind, Offset};
use super::ids::{Full, Ids};
use super::table::{Hash, Table};
use crate::model::{
    Budget, FunctionId, Label, LabelSetId, LabelValue, Line, LocationId, Mapping, MappingId,
    Profile, Samples, Str, ValueType,
};

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
    sets: Table,
    labels: Vec<Label>,
    values: Vec<i64>,
    first_sample: u64,
    /// The first sample that has not as many values as the first: place, values, and how many
    /// locations were known before it.
    odd_sample: Option<(u64, usize, usize)>,
    bad_mapping: Option<DecodeError>,
    bad_function: Option<DecodeError>,
    bad_location: Option<(usize, DecodeError)>,
}

type Built<T> = Result<T, DecodeError>;

impl Builder {
    /// No rows yet; `unpacked` says what offsets count.
    pub(super) fn new(memory: u64, unpacked: bool) -> Self {
        let hash = Hash::new();
        Builder {
            profile: Profile::default(),
            budget: Budget::new(memory),
            unpacked,
            strings: 0,
            last_text: None,
            locations: Ids::new(hash),
            functions: Ids::new(hash),
            mappings: Ids::new(hash),
            sets: Table::new(hash),
            labels: Vec::new(),
            values: Vec::new(),
            first_sample: 0,
            odd_sample: None,
            bad_mapping: None,
            bad_function: None,
            bad_location: None,
        }
    }

    fn offset(&self, at: u64) -> Offset {
        match self.unpacked {
            true => Offset::Unpacked(at),
            false => Offset::Input(at),
        }
    }

    /// The error of a table that could not grow at `at`.
    pub(super) fn full(&self, at: u64) -> DecodeError {
        Kind::Memory(self.budget.limit()).at(self.offset(at))
    }

    fn rows(&self, at: u64) -> DecodeError {
        Kind::Rows.at(self.offset(at))
    }

    /// Adds the next string of the table.
    pub(super) fn string(&mut self, text: &[u8], at: u64) -> Built<()> {
        if self.strings == 0 && !text.is_empty() {
            return Err(Kind::FirstString.at(self.offset(at)));
        }
        if self.strings > 0 {
            let strings = &mut self.profile.strings;
            if strings.room(text.len(), &mut self.budget).is_none() {
                return Err(self.full(at));
            }
            if strings.push(text).is_none() {
                return Err(self.rows(at));
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
            None => return Err(self.full(at)),
        }
        Ok(())
    }

    /// Adds a comment.
    pub(super) fn comment(&mut self, text: TextRef) -> Built<()> {
        let comment = self.text(text);
        match self.budget.room(&mut self.profile.comments, 1) {
            Some(()) => self.profile.comments.push(comment),
            None => return Err(self.full(text.at)),
        }
        Ok(())
    }

    /// Adds a mapping.
    pub(super) fn mapping(&mut self, mapping: Mapping, at: u64) -> Built<()> {
        let row = self.profile.mappings.len();
        let fault = match mapping.id {
            0 => Some(Kind::MappingZero),
            id => define(&mut self.mappings, (id, at), row, &mut self.budget)
                .map_err(|Full| self.full(at))?
                .then_some(Kind::MappingTwice(id)),
        };
        if let Some(kind) = fault {
            self.bad_mapping = self.bad_mapping.or(Some(kind.at(self.offset(at))));
        }
        match self.budget.room(&mut self.profile.mappings, 1) {
            Some(()) => self.profile.mappings.push(mapping),
            None => return Err(self.full(at)),
        }
        Ok(())
    }

    /// Adds a function.
    pub(super) fn function(&mut self, function: &FunctionRow, at: u64) -> Built<()> {
        let row = self.profile.functions.len();
        let fault = match function.id {
            0 => Some(Kind::FunctionZero),
            id => define(&mut self.functions, (id, at), row, &mut self.budget)
                .map_err(|Full| self.full(at))?
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
            return Err(self.full(at));
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
            return Err(self.full(at));
        }
        locations.lines.add(Line {
            function: FunctionId::new(function),
            line,
            column,
        });
        Ok(())
    }

    /// Adds a location; its mapping is a number until the end.
    pub(super) fn location(&mut self, location: &LocationRow, at: u64) -> Built<()> {
        let row = self.profile.locations.len();
        let fault = match location.id {
            0 => Some(Kind::LocationZero),
            id => define(&mut self.locations, (id, at), row, &mut self.budget)
                .map_err(|Full| self.full(at))?
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
            return Err(self.full(at));
        }
        locations.id.push(location.id);
        locations.address.push(location.address);
        locations.mapping.push(mapping.map(MappingId::new));
        locations.folded.push(location.folded);
        locations.lines.close().ok_or_else(|| self.rows(at))
    }
}

/// Defines an id; true when it was defined already.
fn define(ids: &mut Ids, id: (u64, u64), row: usize, budget: &mut Budget) -> Result<bool, Full> {
    let row = u32::try_from(row).map_err(|_| Full)?;
    ids.define(id, row, budget).map(|fresh| !fresh)
}

// The parts of a sample.
impl Builder {
    /// Begins a sample of which `size` bytes hold everything.
    pub(super) fn begin_sample(&mut self, at: u64) {
        if self.profile.samples.len() == 0 && self.odd_sample.is_none() {
            self.first_sample = at;
        }
        self.labels.clear();
        self.values.clear();
    }

    /// Makes room for `count` more frames.
    pub(super) fn frames(&mut self, count: usize, at: u64) -> Built<()> {
        match self.profile.samples.room(count, &mut self.budget) {
            Some(()) => Ok(()),
            None => Err(self.full(at)),
        }
    }

    /// Adds a frame, leaf first; [`frames`](Self::frames) has made room for it.
    #[inline]
    pub(super) fn frame(&mut self, location: u64, at: u64) -> Built<()> {
        match self.locations.number(location, at, &mut self.budget) {
            Ok(number) => self.profile.samples.add_frame(number),
            Err(Full) => return Err(self.full(at)),
        }
        Ok(())
    }

    /// Adds a value.
    pub(super) fn value(&mut self, value: i64, at: u64) -> Built<()> {
        match self.budget.room(&mut self.values, 1) {
            Some(()) => self.values.push(value),
            None => return Err(self.full(at)),
        }
        Ok(())
    }

    /// Adds a label.
    pub(super) fn label(&mut self, label: Label, at: u64) -> Built<()> {
        match self.budget.room(&mut self.labels, 1) {
            Some(()) => self.labels.push(label),
            None => return Err(self.full(at)),
        }
        Ok(())
    }

    /// Ends the sample that began at `at`, before which `known` locations were known.
    pub(super) fn end_sample(&mut self, at: u64, known: usize) -> Built<()> {
        if self.odd_sample.is_some() {
            return Ok(());
        }
        let count = self.values.len();
        if self.profile.samples.len() == 0 {
            self.profile.samples.set_width(count);
        }
        if self.profile.samples.width() != count {
            self.odd_sample = Some((at, count, known));
            return Ok(());
        }
        let set = self.label_set(at)?;
        let samples = &mut self.profile.samples;
        if samples.room(0, &mut self.budget).is_none() {
            return Err(self.full(at));
        }
        samples
            .close(&self.values, set)
            .ok_or_else(|| self.rows(at))
    }

    /// How many locations have been met.
    pub(super) fn known_locations(&self) -> usize {
        self.locations.numbers().len()
    }

    /// Whether samples are still stored: after one with another count of values the file is lost.
    pub(super) fn stores_samples(&self) -> bool {
        self.odd_sample.is_none()
    }

    fn label_set(&mut self, at: u64) -> Built<LabelSetId> {
        let sets = &mut self.profile.label_sets;
        let hash = self.sets.hash().of(self.labels.iter().flat_map(words));
        let row = match self.sets.find(hash, |row| sets.row(row) == self.labels) {
            Some(row) => row,
            None => {
                let row = sets.len();
                if sets.room(self.labels.len(), &mut self.budget).is_none() {
                    return Err(self.full(at));
                }
                if sets.push(self.labels.iter().copied()).is_none() {
                    return Err(self.rows(at));
                }
                let hash_of =
                    |hash: &Hash, row: usize| hash.of(sets.row(row).iter().flat_map(words));
                if self
                    .sets
                    .insert((hash, row), hash_of, &mut self.budget)
                    .is_none()
                {
                    return Err(self.full(at));
                }
                row
            }
        };
        let row = u32::try_from(row).map_err(|_| self.rows(at))?;
        Ok(LabelSetId::new(row))
    }
}

fn words(label: &Label) -> [u64; 3] {
    let key = u64::from(label.key.row());
    match label.value {
        LabelValue::Text(text) => [key, u64::from(text.row()), u64::MAX],
        LabelValue::Number(number, unit) => {
            let unit = unit.map_or(0, |unit| u64::from(unit.row()) + 1);
            [key, number.cast_unsigned(), unit]
        }
    }
}

// What is done when all rows are there.
impl Builder {
    /// The profile, if it keeps the rules; `at` is the place of its end.
    pub(super) fn finish(mut self, at: u64) -> Built<Profile> {
        self.check_texts(at)?;
        self.check_samples()?;
        for error in [self.bad_mapping, self.bad_function] {
            error.map_or(Ok(()), Err)?;
        }
        self.link_lines()?;
        self.link_mappings();
        self.link_samples(at)?;
        self.merge_equal_texts(at)?;
        Ok(self.profile)
    }

    fn check_texts(&self, at: u64) -> Built<()> {
        // pprof looks up the pattern of drop_frames in any case, so a table there must be.
        let last = self.last_text.unwrap_or(TextRef { index: 0, at });
        match last.index < self.strings {
            true => Ok(()),
            false => {
                let kind = Kind::StringIndex(last.index.cast_signed(), self.strings);
                Err(kind.at(self.offset(last.at)))
            }
        }
    }

    fn check_samples(&self) -> Built<()> {
        let types = self.profile.sample_types.len();
        let samples = &self.profile.samples;
        let count = |kind: fn(u64, u64) -> Kind, values: usize| {
            kind(
                u64::try_from(values).unwrap_or(u64::MAX),
                u64::try_from(types).unwrap_or(u64::MAX),
            )
        };
        if samples.len() == 0 {
            return Ok(());
        }
        let first = self.offset(self.first_sample);
        if types == 0 {
            return Err(Kind::NoSampleTypes.at(first));
        }
        if samples.width() != types {
            return Err(count(Kind::ValueCount, samples.width()).at(first));
        }
        let known = self.odd_sample.map_or(usize::MAX, |(_, _, known)| known);
        let numbers = self.locations.numbers().iter().take(known);
        if let Some((number, lost)) = numbers.enumerate().find(|(_, n)| n.row().is_none()) {
            let kind = Kind::SampleLocation(self.locations.id(number));
            return Err(kind.at(self.offset(lost.met())));
        }
        match self.odd_sample {
            Some((place, values, _)) => Err(count(Kind::ValueCount, values).at(self.offset(place))),
            None => Ok(()),
        }
    }

    /// Turns the numbers of lines into functions.
    fn link_lines(&mut self) -> Built<()> {
        let numbers = self.functions.numbers();
        let lines = &mut self.profile.locations.lines;
        let mut lost = None;
        for (item, line) in lines.items_mut().iter_mut().enumerate() {
            let number = numbers.get(line.function.at());
            match number.and_then(|number| number.row()) {
                Some(row) => line.function = FunctionId::new(row),
                None => {
                    lost = Some((item, line.function.at(), number.map_or(0, |n| n.met())));
                    break;
                }
            }
        }
        let Some((item, number, met)) = lost else {
            return self.bad_location.map_or(Ok(()), |(_, error)| Err(error));
        };
        let mut end = 0usize;
        let row = (0..lines.len()).find(|row| {
            end = end.saturating_add(lines.row(*row).len());
            item < end
        });
        let row = row.unwrap_or(0);
        match self.bad_location {
            Some((bad, error)) if bad <= row => Err(error),
            _ => {
                let location = self.profile.locations.id.get(row).copied().unwrap_or(0);
                let kind = Kind::LineFunction(location, self.functions.id(number));
                Err(kind.at(self.offset(met)))
            }
        }
    }

    /// Turns the numbers of mappings into rows; a mapping that is not there is none.
    fn link_mappings(&mut self) {
        let numbers = self.mappings.numbers();
        let mappings = &mut self.profile.locations.mapping;
        if self.profile.mappings.is_empty() {
            // As pprof-behaviour 2.2: without any, one that stands for the whole program.
            self.profile.mappings.push(Mapping {
                id: 1,
                ..Mapping::default()
            });
            mappings.fill(Some(MappingId::new(0)));
            return;
        }
        for mapping in mappings {
            let number = mapping.and_then(|number| numbers.get(number.at()));
            *mapping = number.and_then(|n| n.row()).map(MappingId::new);
        }
    }

    /// Tells the samples which location each of their numbers is.
    fn link_samples(&mut self, at: u64) -> Built<()> {
        let numbers = self.locations.numbers().iter();
        let mut rows = numbers.map(|number| number.row().unwrap_or(0));
        if rows.clone().zip(0..).all(|(row, number)| row == number) {
            return Ok(());
        }
        let mut locations = Vec::new();
        let room = self.budget.room(&mut locations, rows.len());
        room.ok_or_else(|| self.full(at))?;
        locations.extend(rows.by_ref().map(LocationId::new));
        self.profile.samples.set_locations(locations);
        Ok(())
    }

    /// Gives equal texts one id, the first.
    fn merge_equal_texts(&mut self, at: u64) -> Built<()> {
        let strings = &self.profile.strings;
        let text =
            |row: usize| u32::try_from(row).map_or(&[][..], |row| strings.get(Str::new(row)));
        let hash_of = |hash: &Hash, row: usize| hash.of_bytes(text(row));
        let mut table = Table::new(self.sets.hash());
        // The first equal text of each; shorter than the table where the rest is as it was.
        let mut firsts: Vec<Str> = Vec::new();
        for (id, bytes) in strings.iter() {
            let hash = table.hash().of_bytes(bytes);
            let room = match table.find(hash, |row| text(row) == bytes) {
                None => table.insert((hash, id.at()), hash_of, &mut self.budget),
                Some(row) => {
                    let missing = id.at().saturating_sub(firsts.len()).saturating_add(1);
                    let room = self.budget.room(&mut firsts, missing);
                    firsts.extend((0..id.row()).map(Str::new).skip(firsts.len()));
                    firsts.push(Str::new(u32::try_from(row).unwrap_or(0)));
                    room
                }
            };
            room.ok_or_else(|| self.full(at))?;
        }
        if !firsts.is_empty() {
            self.rename_texts(|id| *id = firsts.get(id.at()).copied().unwrap_or(*id));
        }
        Ok(())
    }

    fn rename_texts(&mut self, rename: impl Fn(&mut Str)) {
        let profile = &mut self.profile;
        for label in profile.label_sets.items_mut() {
            rename(&mut label.key);
            match &mut label.value {
                LabelValue::Text(text) => rename(text),
                LabelValue::Number(_, unit) => unit.iter_mut().for_each(&rename),
            }
        }
        let functions = &mut profile.functions;
        let header = &mut profile.header;
        functions.name.iter_mut().for_each(&rename);
        functions.system_name.iter_mut().for_each(&rename);
        functions.filename.iter_mut().for_each(&rename);
        profile.comments.iter_mut().for_each(&rename);
        for mapping in &mut profile.mappings {
            rename(&mut mapping.file);
            rename(&mut mapping.build_id);
        }
        for value_type in profile
            .sample_types
            .iter_mut()
            .chain([&mut header.period_type])
        {
            rename(&mut value_type.kind);
            rename(&mut value_type.unit);
        }
        rename(&mut header.default_sample_type);
        rename(&mut header.drop_frames);
        rename(&mut header.keep_frames);
        rename(&mut header.doc_url);
    }
}
