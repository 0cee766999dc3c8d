//! The goroutines read so far, as the columns of a profile.
//!
//! Equal frames share a location and equal texts an id, so that a goroutine costs its stack in bytes,
//! its two values and its labels. Our own label keys are numbers that no text has until the end, when
//! it is known which keys the program uses itself.

use std::ops::Range;

use super::super::super::error::Kind;
use crate::model::sample::LONGEST_FRAME;
use crate::model::table::{Table, hash_bytes, hash_id};
use crate::model::{
    Budget, CREATED_BY, Form, FunctionId, Label, LabelSetId, LabelValue, Line, LocationId, Mapping,
    MappingId, Profile, Sample, Str, ValueType,
};

/// The labels that a dump gives each goroutine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    /// What it does or waits for.
    State,
    /// What else its header says.
    Flag,
    /// Seconds.
    Wait,
    /// Its id.
    Goroutine,
    /// The id of the goroutine that started it.
    Parent,
}

/// Their names, in the order of [`Own`].
const OWN: [&str; 5] = ["state", "flag", "wait", "goroutine", "parent"];

impl Own {
    const ALL: [Own; 5] = [
        Own::State,
        Own::Flag,
        Own::Wait,
        Own::Goroutine,
        Own::Parent,
    ];

    fn key(self) -> Str {
        let number = match self {
            Own::State => 0,
            Own::Flag => 1,
            Own::Wait => 2,
            Own::Goroutine => 3,
            Own::Parent => 4,
        };
        Str::new(u32::MAX ^ number)
    }
}

/// Whose frame it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// The goroutine's.
    Own,
    /// That of what started it.
    Creator,
}

/// A frame as the dump has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'l> {
    pub(super) name: &'l [u8],
    pub(super) file: &'l [u8],
    pub(super) line: i64,
    pub(super) side: Side,
}

impl Frame<'_> {
    fn hash(&self) -> u64 {
        let place = u64::from_ne_bytes(self.line.to_ne_bytes());
        let side = u64::from(self.side == Side::Creator);
        hash_bytes(self.name) ^ hash_id(hash_bytes(self.file) ^ place.rotate_left(1) ^ side)
    }
}

/// Why no more can be kept; where is the reader's to say.
pub(super) type Kept<T> = Result<T, Kind>;

/// The goroutines of one dump or of several one after the other.
pub(super) struct Columns {
    profile: Profile,
    pub(super) budget: Budget,
    texts: Table,
    functions: Table,
    locations: Table,
    labels: Vec<Label>,
    seconds: Str,
}

impl Columns {
    /// None yet.
    pub(super) fn new(budget: Budget) -> Kept<Self> {
        let mut columns = Columns {
            profile: Profile::default(),
            budget,
            texts: Table::default(),
            functions: Table::default(),
            locations: Table::default(),
            labels: Vec::new(),
            seconds: Str::EMPTY,
        };
        let goroutine = columns.text(b"goroutine")?;
        let count = columns.text(b"count")?;
        let wait = columns.text(b"wait")?;
        let nanoseconds = columns.text(b"nanoseconds")?;
        columns.seconds = columns.text(b"seconds")?;
        let goroutines = ValueType {
            kind: goroutine,
            unit: count,
        };
        let profile = &mut columns.profile;
        profile.sample_types = vec![
            goroutines,
            ValueType {
                kind: wait,
                unit: nanoseconds,
            },
        ];
        profile.samples.set_width(2);
        // As in the binary form, which it can then be compared with.
        profile.header.period_type = goroutines;
        profile.header.period = 1;
        profile.header.form = Form::Dump;
        profile.header.default_sample_type = goroutine;
        profile.mappings.push(named(1, Str::EMPTY));
        Ok(columns)
    }

    /// How many goroutines there are.
    pub(super) fn len(&self) -> usize {
        self.profile.samples.len()
    }

    /// Adds a label of ours to the goroutine that comes next.
    pub(super) fn own_text(&mut self, key: Own, text: &[u8]) -> Kept<()> {
        let text = self.text(text)?;
        self.label(key.key(), LabelValue::Text(text))
    }

    /// Adds a number of ours to the goroutine that comes next; too large a one is the largest.
    pub(super) fn own_number(&mut self, key: Own, number: u64) -> Kept<()> {
        let unit = (key == Own::Wait).then_some(self.seconds);
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        self.label(key.key(), LabelValue::Number(number, unit))
    }

    /// Adds a label that the program gave to the goroutine that comes next.
    pub(super) fn program_label(&mut self, key: &[u8], value: &[u8]) -> Kept<()> {
        let key = self.text(key)?;
        let value = self.text(value)?;
        self.label(key, LabelValue::Text(value))
    }

    fn label(&mut self, key: Str, value: LabelValue) -> Kept<()> {
        let room = self.budget.room(&mut self.labels, 1);
        room.ok_or(Kind::Memory(self.budget.limit()))?;
        self.labels.push(Label { key, value });
        Ok(())
    }

    /// Adds a frame to the goroutine that comes next, leaf first.
    pub(super) fn frame(&mut self, frame: &Frame<'_>) -> Kept<LocationId> {
        let location = self.location(frame)?;
        self.stack(location)?;
        Ok(location)
    }

    fn stack(&mut self, location: LocationId) -> Kept<()> {
        let samples = &mut self.profile.samples;
        let room = samples.room(LONGEST_FRAME, &mut self.budget);
        room.ok_or(Kind::Memory(self.budget.limit()))?;
        samples.add_frame(location.row());
        Ok(())
    }

    /// Ends a goroutine that waits for so many nanoseconds.
    pub(super) fn close(&mut self, wait: i64) -> Kept<()> {
        let full = Kind::Memory(self.budget.limit());
        let sets = &mut self.profile.label_sets;
        let row = u32::try_from(sets.len()).map_err(|_| Kind::Rows)?;
        let room = sets.room(self.labels.len(), &mut self.budget);
        room.ok_or(full)?;
        sets.push(self.labels.drain(..)).ok_or(Kind::Rows)?;
        let samples = &mut self.profile.samples;
        samples.room(0, &mut self.budget).ok_or(full)?;
        let closed = samples.close(&[1, wait], LabelSetId::new(row));
        closed.ok_or(Kind::Rows)
    }

    fn location(&mut self, frame: &Frame<'_>) -> Kept<LocationId> {
        let hash = frame.hash();
        let profile = &self.profile;
        let known = self.locations.find(hash, |row| {
            let known = frame_of(profile, row);
            known.name == frame.name
                && known.file == frame.file
                && (known.line, known.side) == (frame.line, frame.side)
        });
        if let Some(row) = known {
            return Ok(LocationId::new(u32::try_from(row).unwrap_or(0)));
        }
        let function = self.function(frame.name, frame.file)?;
        let mapping = match frame.side {
            Side::Own => MappingId::new(0),
            Side::Creator => self.creators()?,
        };
        let full = Kind::Memory(self.budget.limit());
        let locations = &mut self.profile.locations;
        let row = locations.len();
        let id = u32::try_from(row).map_err(|_| Kind::Rows)?;
        locations.room(1, &mut self.budget).ok_or(full)?;
        locations.id.push(u64::from(id).saturating_add(1));
        locations.address.push(0);
        locations.mapping.push(Some(mapping));
        locations.folded.push(false);
        locations.lines.add(Line {
            function,
            line: frame.line,
            column: 0,
        });
        locations.lines.close().ok_or(Kind::Rows)?;
        let room = self.locations.insert((hash, row), &mut self.budget);
        room.ok_or(full)?;
        Ok(LocationId::new(id))
    }

    /// The mapping that marks the frames of creators.
    fn creators(&mut self) -> Kept<MappingId> {
        if self.profile.mappings.len() == 1 {
            let file = self.text(CREATED_BY)?;
            self.profile.mappings.push(named(2, file));
        }
        Ok(MappingId::new(1))
    }

    fn function(&mut self, name: &[u8], file: &[u8]) -> Kept<FunctionId> {
        let name = self.text(name)?;
        let file = self.text(file)?;
        let hash = hash_pair(name, file);
        let functions = &mut self.profile.functions;
        let pair = |row: usize| (functions.name.get(row), functions.filename.get(row));
        let known = self
            .functions
            .find(hash, |row| pair(row) == (Some(&name), Some(&file)));
        if let Some(row) = known {
            return Ok(FunctionId::new(u32::try_from(row).unwrap_or(0)));
        }
        let full = Kind::Memory(self.budget.limit());
        let row = functions.len();
        let id = u32::try_from(row).map_err(|_| Kind::Rows)?;
        functions.room(&mut self.budget).ok_or(full)?;
        functions.id.push(u64::from(id).saturating_add(1));
        functions.name.push(name);
        functions.system_name.push(name);
        functions.filename.push(file);
        functions.start_line.push(0);
        let room = self.functions.insert((hash, row), &mut self.budget);
        room.ok_or(full)?;
        Ok(FunctionId::new(id))
    }

    fn text(&mut self, text: &[u8]) -> Kept<Str> {
        if text.is_empty() {
            return Ok(Str::EMPTY);
        }
        let hash = hash_bytes(text);
        let strings = &mut self.profile.strings;
        let known =
            |row: usize| u32::try_from(row).map_or(&[][..], |row| strings.get(Str::new(row)));
        if let Some(row) = self.texts.find(hash, |row| known(row) == text) {
            return Ok(Str::new(u32::try_from(row).unwrap_or(0)));
        }
        let full = Kind::Memory(self.budget.limit());
        strings.room(text.len(), &mut self.budget).ok_or(full)?;
        let id = strings.push(text).ok_or(Kind::Rows)?;
        let room = self.texts.insert((hash, id.at()), &mut self.budget);
        room.ok_or(full)?;
        Ok(id)
    }

    /// The goroutines of these rows, which do not overlap, each in a profile of their own.
    pub(super) fn parts(mut self, rows: &[Range<usize>]) -> Kept<Vec<Profile>> {
        let mut parts = Parts {
            rows,
            budget: std::mem::replace(&mut self.budget, Budget::new(0)),
            part: None,
            done: Vec::new(),
        };
        let (mut row, mut kept) = (0usize, Ok(()));
        let scanned = self.profile.samples.scan(|sample| {
            if kept.is_ok() {
                kept = parts.add(row, &self.profile, &sample);
            }
            row = row.saturating_add(1);
        });
        scanned.map_err(|_| Kind::Read(std::io::ErrorKind::Interrupted, None))?;
        kept.map(|()| parts.done)
    }

    fn copy(&mut self, profile: &Profile, sample: &Sample<'_>) -> Kept<()> {
        for location in sample.stack {
            self.frame(&frame_of(profile, location.at()))?;
        }
        for label in profile.label_sets.row(sample.labels.at()) {
            let own = Own::ALL.into_iter().find(|own| own.key() == label.key);
            let key = match own {
                Some(own) => own.key(),
                None => self.text(profile.text(label.key))?,
            };
            let value = match label.value {
                LabelValue::Text(text) => LabelValue::Text(self.text(profile.text(text))?),
                LabelValue::Number(number, unit) => {
                    LabelValue::Number(number, unit.map(|_| self.seconds))
                }
            };
            self.label(key, value)?;
        }
        self.close(sample.values.get(1).copied().unwrap_or(0))
    }

    /// The profile and what is left to spend, our labels named so that none is taken for one of the program's.
    pub(super) fn finish(mut self) -> Kept<(Profile, Budget)> {
        for own in Own::ALL {
            let name = OWN.into_iter().zip(Own::ALL).find(|(_, of)| *of == own);
            let mut name = name.map_or(String::new(), |(name, _)| name.to_string());
            let mut key = self.text(name.as_bytes())?;
            // Every look costs a pass over all labels; nobody has so many keys alike.
            for _ in 0..8 {
                let mut labels = self.profile.label_sets.items().iter();
                if labels.all(|label| label.key != key) {
                    break;
                }
                name.insert_str(0, "go.");
                key = self.text(name.as_bytes())?;
            }
            for label in self.profile.label_sets.items_mut() {
                if label.key == own.key() {
                    label.key = key;
                }
            }
        }
        for table in [self.texts, self.functions, self.locations] {
            table.release(&mut self.budget);
        }
        self.budget.give_back(self.labels);
        Ok((self.profile, self.budget))
    }
}

/// Profiles that are made of parts of another one.
struct Parts<'r> {
    /// The parts that are still to come.
    rows: &'r [Range<usize>],
    budget: Budget,
    part: Option<Columns>,
    done: Vec<Profile>,
}

impl Parts<'_> {
    fn add(&mut self, row: usize, profile: &Profile, sample: &Sample<'_>) -> Kept<()> {
        let Some((range, rest)) = self.rows.split_first() else {
            return Ok(());
        };
        if !range.contains(&row) {
            return Ok(());
        }
        let budget = std::mem::replace(&mut self.budget, Budget::new(0));
        let mut part = match self.part.take() {
            Some(part) => part,
            None => Columns::new(budget)?,
        };
        part.copy(profile, sample)?;
        if row.saturating_add(1) < range.end {
            self.part = Some(part);
            return Ok(());
        }
        let (profile, budget) = part.finish()?;
        (self.rows, self.budget) = (rest, budget);
        self.done.push(profile);
        Ok(())
    }
}

fn hash_pair(name: Str, file: Str) -> u64 {
    hash_id(u64::from(name.row()) << 32 | u64::from(file.row()))
}

/// A mapping with names in it, which nobody needs to look for.
fn named(id: u64, file: Str) -> Mapping {
    Mapping {
        id,
        file,
        has_functions: true,
        has_filenames: true,
        has_line_numbers: true,
        has_inline_frames: true,
        ..Mapping::default()
    }
}

/// The frame that a location stands for.
fn frame_of(profile: &Profile, row: usize) -> Frame<'_> {
    let locations = &profile.locations;
    let line = locations.lines.row(row).first();
    let function = line.map_or(0, |line| line.function.at());
    let functions = &profile.functions;
    let text = |texts: &[Str]| {
        texts
            .get(function)
            .map_or(&[][..], |text| profile.text(*text))
    };
    let mapping = locations.mapping.get(row).copied().flatten();
    Frame {
        name: text(&functions.name),
        file: text(&functions.filename),
        line: line.map_or(0, |line| line.line),
        side: match mapping.is_some_and(|mapping| mapping.row() == 1) {
            true => Side::Creator,
            false => Side::Own,
        },
    }
}
