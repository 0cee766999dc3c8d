//! What the reader asked to see: every filter of pprof, over a borrowed profile.
//!
//! pprof copies the profile for each command and cuts the copy. A [`View`] holds tables instead, one
//! entry a location or a label list, and applies them to each sample as it streams by: nothing is
//! kept a sample, so a command costs no memory that grows with the samples. The steps run in pprof's
//! order (pprof-behaviour 5), each on what the steps before it left.

mod base;
mod filter;
mod labels;
mod name;
mod own;
mod prune;
mod step;
mod tag;
mod tagframe;

use std::borrow::Cow;

use crate::error::Result;
use crate::model::{Line, LocationId, MappingId, Profile, Ragged, Str, Strings};

pub(crate) use base::{Base, BaseOptions};
pub(crate) use filter::NameFilter;
pub(crate) use labels::{Labels, PerList};
use labels::{Rules, Told};
pub(crate) use name::Names;
pub(crate) use own::{Own, Whose};
use step::{Frames, Step};
pub(crate) use tag::{LabelUnits, TagFilter};
pub(crate) use tagframe::TagFrames;

/// A profile as one command sees it.
#[derive(Debug)]
pub(crate) struct View<'p> {
    /// The profile under it.
    pub profile: &'p Profile,
    /// The lines that are left of each location, pseudo locations after the profile's own.
    lines: Cow<'p, Ragged<Line>>,
    /// What is asked of label lists, and what that said of those of the profile.
    rules: Rules,
    told: Told,
    pseudo: Pseudo,
    steps: Vec<Step<'p>>,
    /// What granularity leaves of a location.
    pub detail: Detail,
}

/// Functions that the profile does not have: the frames of tagroot and tagleaf.
#[derive(Debug, Default)]
struct Pseudo {
    /// Their texts; ids follow those of the profile's own strings.
    texts: Strings,
    /// Name and file of each; ids follow those of the profile's own functions.
    functions: Vec<(Str, Str)>,
    /// What the file's greatest function id and location id leave off at.
    last_function_id: u64,
    last_location_id: u64,
}

/// What a granularity keeps of a location (pprof-behaviour 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Detail {
    /// All lines of a location, or only the outermost one.
    pub inlines: bool,
    /// Function names.
    pub function: bool,
    /// File names.
    pub filename: bool,
    /// Line numbers.
    pub line: bool,
    /// Column numbers.
    pub column: bool,
    /// Addresses.
    pub address: bool,
}

impl Detail {
    /// Everything there is.
    pub(crate) const ALL: Detail = Detail {
        inlines: true,
        function: true,
        filename: true,
        line: true,
        column: true,
        address: true,
    };
}

/// A sample as the filters left it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    /// One value a sample type.
    pub values: &'a [i64],
    /// Locations, leaf first; may be empty.
    pub stack: &'a [LocationId],
    /// All locations that the file has, whatever the filters hid of them.
    pub whole: &'a [LocationId],
    /// Its labels.
    pub labels: Labels<'a>,
}

/// A function as the filters left it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Function {
    /// The file's id.
    pub id: u64,
    /// Name to print; empty where the granularity drops names.
    pub name: Str,
    /// Linker's name; empty where the granularity drops names.
    pub system_name: Str,
    /// Source file; empty where the granularity drops files.
    pub filename: Str,
    /// First line, 0 where unknown.
    pub start_line: i64,
}

/// Detail of the default granularity, `functions`.
#[cfg(test)]
pub(crate) const FUNCTIONS: Detail = Detail {
    filename: false,
    line: false,
    column: false,
    address: false,
    ..Detail::ALL
};

impl<'p> View<'p> {
    /// The profile without filters, its uninteresting frames left out.
    pub(crate) fn new(base: &'p Base) -> View<'p> {
        let profile = &base.profile;
        let mut view = View {
            profile,
            lines: Cow::Borrowed(&profile.locations.lines),
            rules: Rules::default(),
            told: Told::default(),
            pseudo: Pseudo::default(),
            steps: Vec::new(),
            detail: Detail::ALL,
        };
        if let Some(pruning) = base.pruning() {
            view.lines = Cow::Borrowed(&pruning.lines);
            view.steps.push(Step::Prune(Cow::Borrowed(&pruning.marks)));
        }
        view
    }

    /// Shows every sample that the filters keep, in file order.
    pub(crate) fn scan(&self, mut visit: impl FnMut(Row<'_>)) -> Result<()> {
        self.scan_with(&mut visit)
    }

    /// The same without a copy of the loop for each visitor: a call a sample costs nothing beside it.
    fn scan_with(&self, visit: &mut dyn FnMut(Row<'_>)) -> Result<()> {
        let mut frames = Frames::default();
        self.blocks(&mut |samples, lists| {
            samples.scan(|sample| {
                let mut row = Row {
                    values: sample.values,
                    stack: sample.stack,
                    whole: sample.stack,
                    labels: Labels::new(sample.labels, lists),
                };
                if !self.steps.is_empty() {
                    frames.reset(sample.stack);
                    let mut steps = self.steps.iter();
                    if !steps.all(|step| step.apply(&mut frames, row.labels)) {
                        return;
                    }
                    row.stack = frames.get();
                }
                visit(row);
            })
        })
    }

    /// Shows the values of every kept sample; cheaper than [`scan`](Self::scan) without filters.
    pub(crate) fn scan_values(&self, mut visit: impl FnMut(&[i64], Labels<'_>)) -> Result<()> {
        if !self.steps.iter().all(Step::keeps_all) {
            return self.scan(|row| visit(row.values, row.labels));
        }
        self.blocks(&mut |samples, lists| {
            samples.scan_values(|values, set| visit(values, Labels::new(set, lists)));
            Ok(())
        })
    }

    /// How many locations there are, pseudo ones included.
    pub(crate) fn location_count(&self) -> usize {
        self.lines.len()
    }

    /// The lines left of a location, leaf first; only the outermost one without inlines.
    pub(crate) fn lines(&self, location: LocationId) -> &[Line] {
        let lines = self.lines.row(location.at());
        match (self.detail.inlines, lines) {
            (false, [.., last]) => std::slice::from_ref(last),
            _ => lines,
        }
    }

    /// A location's mapping; pseudo locations have none.
    pub(crate) fn mapping(&self, location: LocationId) -> Option<MappingId> {
        self.profile
            .locations
            .mapping
            .get(location.at())
            .copied()
            .flatten()
    }

    /// A location's address, 0 where the granularity drops addresses.
    pub(crate) fn address(&self, location: LocationId) -> u64 {
        match self.detail.address {
            true => self.profile.locations.address.get(location.at()),
            false => None,
        }
        .copied()
        .unwrap_or(0)
    }

    /// The number of a line and its column, 0 where the granularity drops them.
    pub(crate) fn position(&self, line: &Line) -> (i64, i64) {
        let number = if self.detail.line { line.line } else { 0 };
        let column = match self.detail.line && self.detail.column {
            true => line.column,
            false => 0,
        };
        (number, column)
    }

    /// How many functions there are, pseudo ones included.
    pub(crate) fn function_count(&self) -> usize {
        self.profile.functions.len() + self.pseudo.functions.len()
    }

    /// A function as the granularity leaves it.
    pub(crate) fn function(&self, row: usize) -> Function {
        let functions = &self.profile.functions;
        let mut function = match row.checked_sub(functions.len()) {
            None => Function {
                id: functions.id[row],
                name: functions.name[row],
                system_name: functions.system_name[row],
                filename: functions.filename[row],
                start_line: functions.start_line[row],
            },
            Some(row) => Function {
                id: self.pseudo.last_function_id.wrapping_add(row as u64 + 1),
                name: self.pseudo.functions[row].0,
                system_name: Str::EMPTY,
                filename: self.pseudo.functions[row].1,
                start_line: 0,
            },
        };
        if !self.detail.function {
            (function.name, function.system_name) = (Str::EMPTY, Str::EMPTY);
        }
        if !self.detail.filename {
            function.filename = Str::EMPTY;
        }
        function
    }

    /// The file's id of a location; pseudo ones follow the greatest.
    pub(crate) fn location_id(&self, location: LocationId) -> u64 {
        let ids = &self.profile.locations.id;
        match ids.get(location.at()) {
            Some(id) => *id,
            None => {
                let row = (location.at() - ids.len()) as u64;
                self.pseudo.last_location_id.wrapping_add(row + 1)
            }
        }
    }

    /// A text of the profile or of the view's own.
    pub(crate) fn text(&self, id: Str) -> &[u8] {
        match id.at().checked_sub(self.profile.strings.len()) {
            None => self.profile.strings.get(id),
            Some(row) => self.pseudo.texts.get(Str::new(row as u32 + 1)),
        }
    }
}
