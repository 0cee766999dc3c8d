//! Many profiles become one (pprof-behaviour 2.6, step 3).
//!
//! Rows get new ids in the order in which samples first use them; what no sample uses is gone. The
//! samples of a profile that is not kept elsewhere are dropped run by run as they are taken over, so
//! that two big profiles need little more than the two. Rows are found again by their columns: the tables keep no keys.

mod join;

use std::borrow::Cow;
use std::hash::{BuildHasher, Hash, Hasher};

use super::label::{number_groups, text_groups};
use super::table::{Table, hash_bytes};
use super::{
    Budget, Form, FunctionId, Functions, Header, Label, LabelSetId, LabelSets, LabelValue, Line,
    LocationId, Mapping, MappingId, Profile, Sample, Samples, Str, ValueType,
};
use crate::go::num::truncate;
use crate::hash::{Map, Seeded};
pub(crate) use join::join;

/// So many samples are taken over before their memory is given back.
const RUN: usize = 16 << 10;

/// No location has this row.
const UNKNOWN: LocationId = LocationId::new(u32::MAX);

const FULL: &str = "the merged profile exceeds the size of its tables";

/// How a profile is subtracted (pprof-behaviour 2.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// What is equal cancels.
    Base,
    /// Its samples carry a label that keeps them apart and tells what percentages are of.
    DiffBase,
}

/// The label of `DiffBase`.
const BASE_LABEL: (&[u8], &[u8]) = (b"pprof::base", b"true");

/// Merges profiles whose sample types agree; with a comparison the last of two or more is subtracted. The error
/// is pprof's.
pub(crate) fn merge(
    profiles: Vec<Cow<'_, Profile>>,
    comparison: Option<Comparison>,
) -> Result<Profile, String> {
    for profile in profiles.iter().skip(1) {
        check_compatible(&profiles[0], profile)?;
    }
    let mut merger = Merger::default();
    merger.begin(&profiles, comparison).ok_or(FULL)?;
    let last = profiles.len().saturating_sub(1);
    for (at, profile) in profiles.into_iter().enumerate() {
        merger.subtracting = comparison.filter(|_| at == last);
        merger.add(profile)?;
    }
    let zeros = merger.has_zero_sample();
    let out = merger.into_out();
    match zeros {
        // What cancelled is collected by merging once more.
        true => merge(vec![Cow::Owned(out)], None),
        false => Ok(out),
    }
}

/// Says how two profiles differ in what they measure; the error is pprof's.
pub(crate) fn check_compatible(a: &Profile, b: &Profile) -> Result<(), String> {
    let texts = |p: &Profile, t: ValueType| {
        let (kind, unit) = (p.text(t.kind).escape_ascii(), p.text(t.unit).escape_ascii());
        format!("&{{{kind} {unit} 0 0}}")
    };
    let periods = [a, b].map(|p| texts(p, p.header.period_type));
    if periods[0] != periods[1] {
        let [a, b] = periods;
        return Err(format!("incompatible period types {a} and {b}"));
    }
    let types = [a, b].map(|p| {
        let types = p.sample_types.iter().map(|t| texts(p, *t));
        types.collect::<Vec<_>>().join(" ")
    });
    if types[0] != types[1] {
        let [a, b] = types;
        return Err(format!("incompatible sample types [{a}] and [{b}]"));
    }
    Ok(())
}

/// What makes a mapping the same in two profiles, wherever it was loaded.
#[derive(PartialEq, Eq, Hash)]
struct MappingKey {
    size: u64,
    offset: u64,
    build_id_or_file: Str,
}

/// The merged profile so far, and where its rows are found again.
struct Merger {
    out: Profile,
    /// Without end: what is merged has been decoded within a limit.
    budget: Budget,
    /// How the profile at hand is subtracted, if it is.
    subtracting: Option<Comparison>,
    mappings: Map<MappingKey, MappingId>,
    texts: Table,
    locations: Table,
    functions: Table,
    label_sets: Table,
    samples: Table,
}

impl Default for Merger {
    fn default() -> Self {
        Merger {
            out: Profile::default(),
            budget: Budget::new(u64::MAX),
            subtracting: None,
            mappings: Map::default(),
            texts: Table::default(),
            locations: Table::default(),
            functions: Table::default(),
            label_sets: Table::default(),
            samples: Table::default(),
        }
    }
}

/// Where the rows of the profile at hand have gone.
struct Gone {
    texts: Vec<Option<Str>>,
    /// The merged mapping, and what its addresses moved by.
    mappings: Vec<Option<(MappingId, u64)>>,
    /// [`UNKNOWN`] for none yet.
    locations: Vec<LocationId>,
    functions: Vec<Option<FunctionId>>,
    label_sets: Vec<Option<LabelSetId>>,
    /// Where the next location goes, if it is the one behind the last in both profiles: of one program they often are.
    next_location: usize,
    /// The lines of the location at hand.
    lines: Vec<Line>,
    /// The sample at hand, as the merged profile keeps it.
    stack: Vec<u8>,
}

impl Merger {
    /// Makes the header of the merged profile.
    fn begin(
        &mut self,
        profiles: &[Cow<'_, Profile>],
        comparison: Option<Comparison>,
    ) -> Option<()> {
        self.combine_headers(profiles)?;
        if let ([first], _) | ([first, ..], Some(_)) = (profiles, comparison) {
            self.out.header.mem_stats = first.header.mem_stats.clone();
        }
        Some(())
    }

    /// Where the rows of a profile go: nowhere yet, but for its main binary.
    fn gone(&mut self, profile: &Profile) -> Option<Gone> {
        let mut gone = Gone {
            texts: vec![None; profile.strings.len()],
            mappings: vec![None; profile.mappings.len()],
            locations: vec![UNKNOWN; profile.locations.len()],
            functions: vec![None; profile.functions.len()],
            label_sets: vec![None; profile.label_sets.len()],
            next_location: 0,
            lines: Vec::new(),
            stack: Vec::new(),
        };
        if self.out.mappings.is_empty() && !profile.mappings.is_empty() {
            // The first mapping is the main binary, whether or not a sample comes first elsewhere.
            self.mapping(profile, MappingId::new(0), &mut gone)?;
        }
        Some(gone)
    }

    fn add(&mut self, mut profile: Cow<'_, Profile>) -> Result<(), String> {
        let runs = match &mut profile {
            // None where they are read again.
            Cow::Owned(profile) => std::mem::take(&mut profile.samples).into_runs(RUN),
            Cow::Borrowed(_) => Vec::new(),
        };
        let mut gone = self.gone(&profile).ok_or(FULL)?;
        // Without samples where they were cut into runs.
        let mut fits = Some(());
        let read = profile.blocks(&mut |block| {
            if let Some(lists) = block.lists {
                gone.label_sets = vec![None; lists.len()];
            }
            let lists = block.lists.unwrap_or(&profile.label_sets);
            fits = fits.and_then(|()| self.samples((&profile, lists), block.samples, &mut gone));
            Ok(())
        });
        read.map_err(|error| error.to_string())?;
        for run in runs {
            let lists = &profile.label_sets;
            fits = fits.and_then(|()| self.samples((&profile, lists), &run, &mut gone));
        }
        Ok(fits.ok_or(FULL)?)
    }

    fn samples(
        &mut self,
        from: (&Profile, &LabelSets),
        samples: &Samples,
        gone: &mut Gone,
    ) -> Option<()> {
        let mut fits = Some(());
        let mut negative: Vec<i64> = Vec::new();
        let scanned = samples.scan(|sample| {
            if fits.is_none() || is_zero(sample.values) {
                return;
            }
            let mut values = sample.values;
            if self.subtracting.is_some() {
                negative.clear();
                negative.extend(values.iter().map(|value| minus(*value)));
                values = &negative;
            }
            fits = self.sample(from, Sample { values, ..sample }, gone);
        });
        scanned.ok()?;
        fits
    }

    fn sample(
        &mut self,
        (profile, lists): (&Profile, &LabelSets),
        sample: Sample<'_>,
        gone: &mut Gone,
    ) -> Option<()> {
        let labels = self.label_set((profile, lists), sample.labels, gone)?;
        self.locations_of(profile, sample.stack, gone)?;
        let rows = sample.stack.iter().map(|l| gone.locations[l.at()].row());
        let length = Samples::encode(rows, &mut gone.stack);
        let stack = &gone.stack[..length];
        let samples = &mut self.out.samples;
        let hash = hash_sample(stack, labels);
        let same = |row| (samples.labels(row), samples.stack_bytes(row)) == (labels, stack);
        match self.samples.find(hash, same) {
            Some(row) => {
                for (sum, value) in samples.values_mut(row).iter_mut().zip(sample.values) {
                    *sum = sum.wrapping_add(*value);
                }
                Some(())
            }
            None => {
                let row = samples.len();
                samples.add_frames(stack);
                samples.close(sample.values, labels)?;
                self.samples.insert((hash, row), &mut self.budget)
            }
        }
    }

    /// Finds where the locations of a stack go.
    fn locations_of(
        &mut self,
        profile: &Profile,
        stack: &[LocationId],
        gone: &mut Gone,
    ) -> Option<()> {
        for location in stack {
            if gone.locations[location.at()] == UNKNOWN {
                self.location(profile, *location, gone)?;
            }
        }
        Some(())
    }

    fn location(&mut self, profile: &Profile, id: LocationId, gone: &mut Gone) -> Option<()> {
        let from = &profile.locations;
        let mapping = match from.mapping[id.at()] {
            Some(mapping) => Some(self.mapping(profile, mapping, gone)?),
            None => None,
        };
        let moved = mapping.map_or(0, |(_, moved)| moved);
        let mapping = mapping.map(|(mapping, _)| mapping);
        let mut lines = std::mem::take(&mut gone.lines);
        lines.clear();
        for line in from.lines.row(id.at()) {
            lines.push(Line {
                function: self.function(profile, line.function, gone)?,
                ..*line
            });
        }
        let key = LocationKey {
            address: from.address[id.at()].wrapping_add(moved),
            mapping,
            lines: &lines,
            folded: from.folded[id.at()],
        };
        let row = self.location_row(&key, gone.next_location)?;
        gone.lines = lines;
        gone.next_location = row + 1;
        gone.locations[id.at()] = LocationId::new(u32::try_from(row).ok()?);
        Some(())
    }

    /// The row of a location, which may be `guess`; a new one where there is none.
    fn location_row(&mut self, key: &LocationKey<'_>, guess: usize) -> Option<usize> {
        let out = &self.out;
        let same = |row| location_key(out, row) == *key;
        if guess < out.locations.len() && same(guess) {
            return Some(guess);
        }
        let hash = Seeded.hash_one(key);
        if let Some(row) = self.locations.find(hash, same) {
            return Some(row);
        }
        let row = out.locations.len();
        let to = &mut self.out.locations;
        to.id.push(row as u64 + 1);
        to.address.push(key.address);
        to.mapping.push(key.mapping);
        to.lines.push(key.lines.iter().copied())?;
        to.folded.push(key.folded);
        self.locations.insert((hash, row), &mut self.budget)?;
        Some(row)
    }

    fn mapping(
        &mut self,
        profile: &Profile,
        id: MappingId,
        gone: &mut Gone,
    ) -> Option<(MappingId, u64)> {
        if let Some(known) = gone.mappings[id.at()] {
            return Some(known);
        }
        let from = &profile.mappings[id.at()];
        let file = self.text(profile, from.file, gone)?;
        let build_id = self.text(profile, from.build_id, gone)?;
        let key = MappingKey {
            // Sizes may differ within a page.
            size: from.limit.wrapping_sub(from.start).wrapping_add(0xfff) & !0xfff,
            offset: from.offset,
            build_id_or_file: match build_id {
                Str::EMPTY => file,
                _ => build_id,
            },
        };
        let to = &mut self.out.mappings;
        let next = MappingId::new(u32::try_from(to.len()).ok()?);
        let row = *self.mappings.entry(key).or_insert(next);
        if row == next {
            to.push(Mapping {
                id: u64::from(next.row()) + 1,
                file,
                build_id,
                ..from.clone()
            });
        }
        let moved = to[row.at()].start.wrapping_sub(from.start);
        gone.mappings[id.at()] = Some((row, moved));
        Some((row, moved))
    }

    fn function(
        &mut self,
        profile: &Profile,
        id: FunctionId,
        gone: &mut Gone,
    ) -> Option<FunctionId> {
        if let Some(known) = gone.functions[id.at()] {
            return Some(known);
        }
        let from = &profile.functions;
        let key = FunctionKey {
            start_line: from.start_line[id.at()],
            name: self.text(profile, from.name[id.at()], gone)?,
            system_name: self.text(profile, from.system_name[id.at()], gone)?,
            filename: self.text(profile, from.filename[id.at()], gone)?,
        };
        let hash = Seeded.hash_one(&key);
        let to = &mut self.out.functions;
        let row = match self
            .functions
            .find(hash, |row| function_key(to, row) == key)
        {
            Some(row) => row,
            None => {
                let row = to.len();
                to.id.push(row as u64 + 1);
                to.name.push(key.name);
                to.system_name.push(key.system_name);
                to.filename.push(key.filename);
                to.start_line.push(key.start_line);
                self.functions.insert((hash, row), &mut self.budget)?;
                row
            }
        };
        let row = FunctionId::new(u32::try_from(row).ok()?);
        gone.functions[id.at()] = Some(row);
        Some(row)
    }

    /// The merged list of labels; lists that differ only in the order of their keys are one.
    fn label_set(
        &mut self,
        (profile, lists): (&Profile, &LabelSets),
        id: LabelSetId,
        gone: &mut Gone,
    ) -> Option<LabelSetId> {
        if let Some(known) = gone.label_sets[id.at()] {
            return Some(known);
        }
        let labels = lists.row(id.at());
        let mut merged = Vec::with_capacity(labels.len());
        let mut texts: Vec<(&[u8], Vec<&[u8]>)> = text_groups(&profile.strings, labels)
            .into_iter()
            .map(|(key, values)| (profile.text(key), values))
            .collect();
        if self.subtracting == Some(Comparison::DiffBase) {
            let (key, value) = BASE_LABEL;
            match texts.binary_search_by_key(&key, |(other, _)| *other) {
                Ok(at) => texts[at].1 = vec![value],
                Err(at) => texts.insert(at, (key, vec![value])),
            }
        }
        for (key, values) in texts {
            let key = self.intern(key)?;
            for value in values {
                let value = LabelValue::Text(self.intern(value)?);
                merged.push(Label { key, value });
            }
        }
        for (key, values) in number_groups(&profile.strings, labels) {
            let key = self.text(profile, key, gone)?;
            let units = values.iter().any(|(_, unit)| unit.is_some());
            for (number, unit) in values {
                // Where any value of a key has a unit, the others have the empty one.
                let unit = match units {
                    true => Some(self.text(profile, unit.unwrap_or_default(), gone)?),
                    false => None,
                };
                let value = LabelValue::Number(number, unit);
                merged.push(Label { key, value });
            }
        }
        let sets = &mut self.out.label_sets;
        let hash = Seeded.hash_one(merged.as_slice());
        let row = match self.label_sets.find(hash, |row| sets.row(row) == merged) {
            Some(row) => row,
            None => {
                let row = sets.len();
                sets.push(merged)?;
                self.label_sets.insert((hash, row), &mut self.budget)?;
                row
            }
        };
        let row = LabelSetId::new(u32::try_from(row).ok()?);
        gone.label_sets[id.at()] = Some(row);
        Some(row)
    }

    fn text(&mut self, profile: &Profile, id: Str, gone: &mut Gone) -> Option<Str> {
        if let Some(known) = gone.texts[id.at()] {
            return Some(known);
        }
        let new = self.intern(profile.text(id))?;
        gone.texts[id.at()] = Some(new);
        Some(new)
    }

    fn intern(&mut self, text: &[u8]) -> Option<Str> {
        if text.is_empty() {
            return Some(Str::EMPTY);
        }
        let strings = &mut self.out.strings;
        let at = |row| Str::new(row as u32);
        let hash = hash_bytes(text);
        if let Some(row) = self.texts.find(hash, |row| strings.get(at(row)) == text) {
            return Some(at(row));
        }
        let id = strings.push(text)?;
        self.texts.insert((hash, id.at()), &mut self.budget)?;
        Some(id)
    }

    /// The merged profile; where its rows are found again is gone.
    fn into_out(self) -> Profile {
        self.out
    }

    /// Time is the earliest, but one that is missing after one that is there erases it.
    fn combine_headers(&mut self, profiles: &[Cow<'_, Profile>]) -> Option<()> {
        let mut header = Header::default();
        let mut comments: Vec<Str> = Vec::new();
        for profile in profiles {
            let from = &profile.header;
            header.time_nanos = match header.time_nanos {
                0 => from.time_nanos,
                time => time.min(from.time_nanos),
            };
            header.duration_nanos = header.duration_nanos.wrapping_add(from.duration_nanos);
            if header.form == Form::Whole {
                header.form = from.form;
            }
            header.period = match header.period {
                0 => from.period,
                period => period.max(from.period),
            };
            for comment in &profile.comments {
                let comment = self.intern(profile.text(*comment))?;
                if !comments.contains(&comment) {
                    comments.push(comment);
                }
            }
            if header.default_sample_type == Str::EMPTY {
                header.default_sample_type = self.intern(profile.text(from.default_sample_type))?;
            }
            if header.doc_url == Str::EMPTY {
                header.doc_url = self.intern(profile.text(from.doc_url))?;
            }
        }
        let first = profiles.first()?;
        header.drop_frames = self.intern(first.text(first.header.drop_frames))?;
        header.keep_frames = self.intern(first.text(first.header.keep_frames))?;
        header.period_type = self.value_type(first, first.header.period_type)?;
        for value_type in &first.sample_types {
            let value_type = self.value_type(first, *value_type)?;
            self.out.sample_types.push(value_type);
        }
        self.out.samples = Samples::new(first.sample_types.len());
        self.out.header = header;
        self.out.comments = comments;
        Some(())
    }

    fn value_type(&mut self, profile: &Profile, from: ValueType) -> Option<ValueType> {
        Some(ValueType {
            kind: self.intern(profile.text(from.kind))?,
            unit: self.intern(profile.text(from.unit))?,
        })
    }

    fn has_zero_sample(&self) -> bool {
        let mut zero = false;
        self.out
            .samples
            .scan_values(|values, _| zero |= is_zero(values));
        zero
    }
}

/// What makes a location the same.
struct LocationKey<'a> {
    /// Moved to where its mapping lies in the merged profile.
    address: u64,
    mapping: Option<MappingId>,
    lines: &'a [Line],
    folded: bool,
}

impl LocationKey<'_> {
    /// The lines as pprof compares them: of all columns only the last one counts.
    fn lines(&self) -> impl Iterator<Item = (FunctionId, i64)> {
        self.lines.iter().map(|line| (line.function, line.line))
    }

    /// What counts beside the lines.
    fn rest(&self) -> (u64, Option<MappingId>, bool, Option<i64>) {
        let column = self.lines.last().map(|line| line.column);
        (self.address, self.mapping, self.folded, column)
    }
}

impl PartialEq for LocationKey<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.rest() == other.rest() && self.lines().eq(other.lines())
    }
}

impl Hash for LocationKey<'_> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        (self.rest(), self.lines.len()).hash(hasher);
        self.lines().for_each(|line| line.hash(hasher));
    }
}

fn location_key(profile: &Profile, row: usize) -> LocationKey<'_> {
    let locations = &profile.locations;
    LocationKey {
        address: locations.address[row],
        mapping: locations.mapping[row],
        lines: locations.lines.row(row),
        folded: locations.folded[row],
    }
}

/// What makes a function the same.
#[derive(PartialEq, Eq, Hash)]
struct FunctionKey {
    start_line: i64,
    name: Str,
    system_name: Str,
    filename: Str,
}

fn function_key(functions: &Functions, row: usize) -> FunctionKey {
    FunctionKey {
        start_line: functions.start_line[row],
        name: functions.name[row],
        system_name: functions.system_name[row],
        filename: functions.filename[row],
    }
}

/// As pprof: through a float, which only values beyond 2^53 feel.
fn minus(value: i64) -> i64 {
    truncate(-(value as f64))
}

fn hash_sample(stack: &[u8], labels: LabelSetId) -> u64 {
    hash_bytes(stack) ^ u64::from(labels.row()).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn is_zero(values: &[i64]) -> bool {
    values.iter().all(|value| *value == 0)
}

#[cfg(test)]
mod tests;
