//! A profile as the rules look at it: frames with file and line, and whose code each is.
//!
//! Texts are those of the profile, borrowed; what goes into a sentence of ours passes [`said`] first.

use super::evidence::Part;
use crate::error::Result;
use crate::go::regexp::Regexp;
use crate::graph::name::shorten;
use crate::model::{CREATED_BY, Label, Line, LocationId, Profile, Sample};
use crate::report::goroutines::shape::Shapes;
use crate::view::{Own, Whose};

/// A line of code on a stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame<'p> {
    /// The function as pprof prints it.
    pub(crate) name: &'p [u8],
    pub(crate) file: &'p [u8],
    /// 0 where unknown.
    pub(crate) line: i64,
    /// The line that the function begins at, 0 where unknown.
    pub(crate) start: i64,
    pub(crate) whose: Whose,
    /// Whether it belongs to the runtime.
    pub(crate) runtime: bool,
}

impl Frame<'_> {
    /// Whether it is the service's own.
    pub(crate) fn is_own(&self) -> bool {
        self.whose == Whose::Own
    }

    /// Whether the function is called so.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name == name.as_bytes()
    }

    /// `file.go:12`, or nothing where that is unknown.
    pub(crate) fn place(&self) -> String {
        match self.file.is_empty() {
            true => String::new(),
            false => format!("{}:{}", said(crate::go::path::base(self.file)), self.line),
        }
    }

    /// The function without the path of its package.
    pub(crate) fn short(&self) -> String {
        said(&shorten(self.name))
    }
}

/// A text of a profile for a sentence of ours: no control characters.
pub(crate) fn said(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let plain = |c: char| if c.is_control() { '?' } else { c };
    text.chars().map(plain).collect()
}

/// A profile, and whose code is in it.
pub(crate) struct Code<'p> {
    /// What it is called where it is open.
    pub(crate) name: &'p str,
    /// Where it came from, as it may be shown.
    pub(crate) origin: &'p str,
    pub(crate) profile: &'p Profile,
    pub(crate) own: Own,
    pub(crate) shapes: Shapes,
}

/// The column of this sample type, as `inuse_space`.
#[inline(never)]
pub(super) fn column(profile: &Profile, kind: &str) -> Option<usize> {
    let mut kinds = profile.sample_types.iter();
    kinds.position(|of| profile.text(of.kind) == kind.as_bytes())
}

impl<'p> Code<'p> {
    /// Looks at each function of a profile once; `pattern` is the option `own_code`.
    pub(crate) fn of(part: &Part<'p>, pattern: Option<&Regexp>) -> Code<'p> {
        let profile = part.profile;
        Code {
            name: part.name,
            origin: part.origin,
            profile,
            own: Own::of(profile, pattern),
            shapes: Shapes::of(profile),
        }
    }

    /// The column of this sample type, as `inuse_space`.
    pub(crate) fn column(&self, kind: &str) -> Option<usize> {
        column(self.profile, kind)
    }

    /// Shows every sample with its labels.
    ///
    /// # Errors
    /// Ctrl-C was pressed, or the profile cannot be read again.
    pub(crate) fn each(&self, visit: &mut dyn FnMut(Sample<'_>, &[Label])) -> Result<()> {
        self.profile.blocks(&mut |block| {
            let lists = block.lists.unwrap_or(&self.profile.label_sets);
            let samples = block.samples;
            samples.scan(|sample| visit(sample, lists.row(sample.labels.at())))
        })
    }

    /// What a column comes to in all.
    pub(crate) fn total(&self, column: usize) -> Result<i64> {
        let mut total = 0i64;
        self.profile.scan_values(|values, _| {
            total = total.saturating_add(values.get(column).copied().unwrap_or(0));
        })?;
        Ok(total)
    }

    /// The frames of a stack, leaf first, inlined calls too, without what started the goroutine.
    pub(crate) fn frames(&self, stack: &[LocationId]) -> Vec<Frame<'p>> {
        let mut frames = Vec::new();
        for location in stack {
            if !self.is_creator(*location) {
                for line in self.profile.locations.lines.row(location.at()) {
                    frames.push(self.frame(line));
                }
            }
        }
        frames
    }

    /// What started the goroutine, where the profile says it.
    pub(crate) fn creator(&self, stack: &[LocationId]) -> Option<Frame<'p>> {
        let root = stack.last().filter(|root| self.is_creator(**root))?;
        let lines = self.profile.locations.lines.row(root.at());
        lines.first().map(|line| self.frame(line))
    }

    fn frame(&self, line: &Line) -> Frame<'p> {
        let (functions, profile) = (&self.profile.functions, self.profile);
        let at = line.function.at();
        Frame {
            name: profile.text(functions.name[at]),
            file: profile.text(functions.filename[at]),
            line: line.line,
            start: functions.start_line[at],
            whose: self.own.whose(line.function),
            runtime: self.shapes.is_runtime(line.function),
        }
    }

    fn is_creator(&self, location: LocationId) -> bool {
        let profile = self.profile;
        let mapping = profile.locations.mapping.get(location.at());
        let mapping = mapping.copied().flatten();
        mapping.is_some_and(|at| profile.text(profile.mappings[at.at()].file) == CREATED_BY)
    }
}
