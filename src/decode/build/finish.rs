//! What is done when all rows are there: the rules, and ids into rows.
//!
//! The order of the checks is pprof's, which decides the error that a file with several faults ends
//! in (pprof-behaviour 2.3): strings, samples, mappings, functions, locations.

use std::mem::take;

use super::super::error::Kind;
use super::super::ids::Number;
use super::{Builder, Built, Passing, TextRef};
use crate::model::table::{Table, hash_bytes};
use crate::model::{
    FunctionId, LabelSets, LabelValue, LocationId, Mapping, MappingId, Profile, Str,
};

impl Builder {
    /// The profile, if it keeps the rules, and what reads its samples again where these are not held; `at` is
    /// the place of its end.
    pub(in crate::decode) fn finish(mut self, at: u64) -> Built<(Profile, Option<Builder>)> {
        let firsts = self.complete(at)?;
        Ok(self.part(firsts))
    }

    /// Checks and links all rows; the first equal text of each string, none where all differ.
    fn complete(&mut self, at: u64) -> Built<Vec<Str>> {
        self.check_texts(at)?;
        self.check_samples()?;
        for error in [self.bad_mapping, self.bad_function] {
            error.map_or(Ok(()), Err)?;
        }
        self.link_lines()?;
        self.link_mappings();
        self.link_samples(at)?;
        self.release();
        self.merge_equal_texts(at)
    }

    /// Gives back what only served to collect the rows.
    fn release(&mut self) {
        let budget = &mut self.budget;
        for ids in [&mut self.functions, &mut self.mappings] {
            take(ids).release(budget);
        }
        if let Passing::Held = self.passing {
            take(&mut self.locations).release(budget);
            take(&mut self.label_lists).release(budget);
            take(&mut self.label_bytes).release(budget);
        }
        budget.give_back(take(&mut self.labels));
        budget.give_back(take(&mut self.values));
    }

    fn check_texts(&self, at: u64) -> Built<()> {
        // pprof looks up the pattern of drop_frames in any case, so a table there must be.
        let last = self.last_text.unwrap_or(TextRef { index: 0, at });
        match last.index < self.strings {
            true => Ok(()),
            false => {
                let kind = Kind::StringIndex(last.index.cast_signed(), self.strings);
                Err(kind.at(self.offset(last.at)).into())
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
        if !self.has_samples() && self.odd_sample.is_none() {
            return Ok(());
        }
        let first = self.offset(self.first_sample);
        if types == 0 {
            return Err(Kind::NoSampleTypes.at(first).into());
        }
        if samples.width() != types {
            return Err(count(Kind::ValueCount, samples.width()).at(first).into());
        }
        // Only samples before an odd one are looked at: its values are counted before its stack.
        let stop = self.odd_sample.map_or(u64::MAX, |(place, _)| place);
        match (self.locations.lost(), self.odd_sample) {
            (Some((id, met)), _) if met < stop => {
                Err(Kind::SampleLocation(id).at(self.offset(met)).into())
            }
            (_, Some((place, values))) => Err(count(Kind::ValueCount, values)
                .at(self.offset(place))
                .into()),
            (_, None) => Ok(()),
        }
    }

    /// Turns the numbers of lines into functions.
    fn link_lines(&mut self) -> Built<()> {
        let lines = &mut self.profile.locations.lines;
        let mut lost = None;
        for (item, line) in lines.items_mut().iter_mut().enumerate() {
            let number = line.function.row();
            match self.functions.get(number).and_then(Number::row) {
                Some(row) => line.function = FunctionId::new(row),
                None => {
                    lost = Some((item, number));
                    break;
                }
            }
        }
        let Some((item, number)) = lost else {
            return self
                .bad_location
                .map_or(Ok(()), |(_, broken)| Err(broken.into()));
        };
        let met = self.functions.get(number).map_or(0, Number::place);
        let mut end = 0usize;
        let row = (0..lines.len()).find(|row| {
            end = end.saturating_add(lines.row(*row).len());
            item < end
        });
        let row = row.unwrap_or(0);
        match self.bad_location {
            Some((bad, broken)) if bad <= row => Err(broken.into()),
            _ => {
                let location = self.profile.locations.id.get(row).copied().unwrap_or(0);
                let kind = Kind::LineFunction(location, self.functions.id(number));
                Err(kind.at(self.offset(met)).into())
            }
        }
    }

    /// Turns the numbers of mappings into rows; a mapping that is not there is none.
    fn link_mappings(&mut self) {
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
            let number = mapping.and_then(|number| self.mappings.get(number.row()));
            *mapping = number.and_then(Number::row).map(MappingId::new);
        }
    }

    /// Tells the samples which location each of their numbers is.
    fn link_samples(&mut self, at: u64) -> Built<()> {
        let row_of = |number| self.locations.get(number).and_then(Number::row);
        let rows = |number| row_of(number).unwrap_or(0);
        let mut locations = Vec::new();
        let room = usize::try_from(self.locations.end()).ok();
        let room = room.and_then(|room| self.budget.room(&mut locations, room));
        room.ok_or_else(|| self.full(at))?;
        locations.extend((0..self.locations.end()).map(rows).map(LocationId::new));
        let (samples, ids) = (&mut self.profile.samples, &self.profile.locations.id);
        samples.set_locations(locations);
        let used = self.next_used.checked_sub(1);
        let used = used.and_then(|used| usize::try_from(used).ok());
        let rows = |used: &usize| ids.iter().take(*used).copied().eq(1..self.next_used);
        if let Some(used) = used.filter(rows) {
            samples.set_used(used);
        }
        Ok(())
    }

    /// Gives equal texts one id, the first; that of each text, none where all differ.
    fn merge_equal_texts(&mut self, at: u64) -> Built<Vec<Str>> {
        let strings = &self.profile.strings;
        let text =
            |row: usize| u32::try_from(row).map_or(&[][..], |row| strings.get(Str::new(row)));
        let mut table = Table::default();
        // The first equal text of each; shorter than the table where the rest is as it was.
        let mut firsts: Vec<Str> = Vec::new();
        for (id, bytes) in strings.iter() {
            let hash = hash_bytes(bytes);
            let room = match table.find(hash, |row| text(row) == bytes) {
                None => table.insert((hash, id.at()), &mut self.budget),
                Some(row) => {
                    let missing = id.at().saturating_sub(firsts.len()).saturating_add(1);
                    let room = self.budget.room(&mut firsts, missing);
                    let next = u32::try_from(firsts.len()).unwrap_or(u32::MAX);
                    firsts.extend((next..id.row()).map(Str::new));
                    firsts.push(Str::new(u32::try_from(row).unwrap_or(0)));
                    room
                }
            };
            room.ok_or_else(|| self.full(at))?;
        }
        if !firsts.is_empty() {
            self.rename_texts(|id| *id = firsts.get(id.at()).copied().unwrap_or(*id));
        }
        Ok(firsts)
    }

    fn rename_texts(&mut self, rename: impl Fn(&mut Str)) {
        let profile = &mut self.profile;
        rename_labels(&mut profile.label_sets, &rename);
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

/// Renames the texts of label lists.
pub(super) fn rename_labels(sets: &mut LabelSets, rename: &impl Fn(&mut Str)) {
    for label in sets.items_mut() {
        rename(&mut label.key);
        match &mut label.value {
            LabelValue::Text(text) => rename(text),
            LabelValue::Number(_, unit) => unit.iter_mut().for_each(rename),
        }
    }
}
