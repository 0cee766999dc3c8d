//! What the `#` lines of `?debug=1` say: function, file and line of each frame, and the labels of a row.
//!
//! As docs/spec/formats.md 2: pprof passes over these lines. The addresses of a row that no line names
//! are the runtime's own frames at the leaf, and goexit at the root: they are left out, as the program
//! leaves them out.

use super::super::build::FunctionRow;
use super::super::error::Offset;
use super::number::hexadecimal;
use super::rows::{Built, Rows, id_of};
use crate::go::unquote::unquote;
use crate::model::table::hash_id;
use crate::model::{Label, LabelValue, Line};

/// What a frame line begins with.
const FRAME: &[u8] = b"#\t0x";
/// A frame as its line names it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    address: u64,
    /// Where the machine code that it lies in begins, 0 where unknown: inlined calls share it.
    entry: u64,
    /// The id of its function; `None` where it has no name.
    function: Option<u64>,
    line: i64,
}

/// Whether frames are named in this part of a profile.
pub(super) fn is_named(bytes: &[u8]) -> bool {
    bytes.windows(FRAME.len().saturating_add(1)).any(|window| {
        let line = window.strip_prefix(b"\n");
        line.is_some_and(|line| line == FRAME)
    })
}

impl Rows {
    /// Takes in a comment below a row, where comments name frames.
    pub(super) fn comment(&mut self, line: &[u8], at: Offset) -> Built<()> {
        if !self.named || self.sample.is_none() {
            return Ok(());
        }
        if let Some(frame) = line.strip_prefix(FRAME) {
            self.described = true;
            return self.frame(frame, at);
        }
        if let Some(labels) = line.strip_prefix(b"# labels: ") {
            self.label_text.clear();
            let room = self.builder.budget.room(&mut self.label_text, labels.len());
            room.ok_or_else(|| self.builder.full(at.count()))?;
            self.label_text.extend_from_slice(labels);
        }
        Ok(())
    }

    /// `ADDRESS⇥FUNCTION+OFFSET⇥FILE:LINE`, with one tab or more between.
    fn frame(&mut self, text: &[u8], at: Offset) -> Built<()> {
        let mut cells = text
            .split(|byte| *byte == b'\t')
            .filter(|cell| !cell.is_empty());
        let address = cells.next().and_then(hexadecimal);
        // Of a thread without a stack there is a frame at 0.
        let Some(address) = address.filter(|address| *address != 0 || !self.stack.is_empty())
        else {
            return Ok(());
        };
        let (function, place) = (cells.next().unwrap_or_default(), cells.next());
        let (name, offset) = parted(function, b"+0x").unwrap_or((function, b""));
        let entry = hexadecimal(offset).and_then(|offset| address.checked_sub(offset));
        let place = place.unwrap_or_default();
        let (file, line) = parted(place, b":").unwrap_or((place, b""));
        let function = match name {
            b"" => None,
            name => Some(self.function(name, file, at)?),
        };
        let frame = Frame {
            address,
            entry: entry.unwrap_or(0),
            function,
            line: line.iter().fold(0, |line: i64, digit| {
                let digit = i64::from(digit.wrapping_sub(b'0'));
                line.saturating_mul(10).saturating_add(digit)
            }),
        };
        let room = self.builder.budget.room(&mut self.frames, 1);
        room.ok_or_else(|| self.builder.full(at.count()))?;
        self.frames.push(frame);
        Ok(())
    }

    /// The id of the function, which is one more than its row.
    pub(super) fn function(&mut self, name: &[u8], file: &[u8], at: Offset) -> Built<u64> {
        let (name, file) = (self.text(name, at)?, self.text(file, at)?);
        let hash = hash_id(u64::from(name.row()) << 32 | u64::from(file.row()));
        let full = self.builder.full(at.count());
        let known = &self.builder.profile.functions;
        let texts = |row: usize| {
            let name = known.name.get(row).copied().unwrap_or_default();
            (name, known.filename.get(row).copied().unwrap_or_default())
        };
        let found = self.functions.find(hash, |row| texts(row) == (name, file));
        if let Some(row) = found {
            return Ok(id_of(row));
        }
        let row = known.len();
        let budget = &mut self.builder.budget;
        let room = self.functions.insert((hash, row), budget);
        room.ok_or(full)?;
        let function = FunctionRow {
            id: id_of(row),
            name: name.row().into(),
            system_name: name.row().into(),
            filename: file.row().into(),
            start_line: 0,
        };
        self.builder.function(&function, at.count())?;
        Ok(id_of(row))
    }

    /// Adds the frames of a sample that were named, inlined calls to the location that they are inlined at.
    // As the binary form has them: of calls in the same machine code all are inlined but those of the
    // function that it is of, which stands last.
    pub(super) fn flush_named(&mut self, at: Offset) -> Built<()> {
        let frames = std::mem::take(&mut self.frames);
        let together = |a: &Frame, b: &Frame| a.entry != 0 && a.entry == b.entry;
        for run in frames.chunk_by(together) {
            let outer = run.last().and_then(|frame| frame.function);
            for location in run.split_inclusive(|frame| frame.function == outer) {
                let address = location.first().map_or(0, |frame| frame.address);
                let id = self.location(address, location, at)?;
                self.builder.frame(id, at)?;
            }
        }
        self.frames = frames;
        self.frames.clear();
        self.stack.clear();
        Ok(())
    }

    /// Says that nothing has to be looked for in the binaries.
    pub(super) fn name_mappings(&mut self) {
        for mapping in &mut self.builder.profile.mappings {
            mapping.has_functions = true;
            mapping.has_filenames = true;
            mapping.has_line_numbers = true;
        }
    }

    /// The lines of a location.
    pub(super) fn lines(&mut self, frames: &[Frame], at: Offset) -> Built<()> {
        let mut lines = named(frames);
        lines.try_for_each(|(function, line)| self.builder.line(function, line, 0, at.count()))
    }

    /// Reads `{"key":"value", …}` as labels of the sample.
    pub(super) fn text_labels(&mut self, text: &[u8], at: Offset) -> Built<()> {
        let mut rest = text.strip_prefix(b"{").unwrap_or_default();
        let (mut key, mut value) = (Vec::new(), Vec::new());
        while let Some(after) = quoted(rest, &mut key)
            && let Some(after) = after.strip_prefix(b":")
            && let Some(after) = quoted(after, &mut value)
        {
            // One without a value is none in the binary form.
            if !value.is_empty() {
                let key = self.text(&key, at)?;
                let value = LabelValue::Text(self.text(&value, at)?);
                self.builder.label(Label { key, value }, at.count())?;
            }
            rest = after.strip_prefix(b", ").unwrap_or_default();
        }
        Ok(())
    }
}

/// Function and line number of each line of a location.
pub(super) fn numbers(lines: &[Line]) -> impl Iterator<Item = (u64, i64)> {
    let lines = lines.iter();
    lines.map(|line| (line.function.row().into(), line.line))
}

/// Function and line number of each frame that has a name.
pub(super) fn named(frames: &[Frame]) -> impl Iterator<Item = (u64, i64)> {
    let frames = frames.iter();
    frames.filter_map(|frame| Some((frame.function?, frame.line)))
}

/// Unquotes the front into `out`; what follows, or `None` where nothing is quoted.
fn quoted<'b>(text: &'b [u8], out: &mut Vec<u8>) -> Option<&'b [u8]> {
    out.clear();
    let size = unquote(text, out)?;
    text.get(size..)
}

/// What stands before and behind the last `mark`.
fn parted<'b>(text: &'b [u8], mark: &[u8]) -> Option<(&'b [u8], &'b [u8])> {
    let at = text
        .windows(mark.len())
        .rposition(|window| window == mark)?;
    let (front, rest) = text.split_at_checked(at)?;
    Some((front, rest.get(mark.len()..)?))
}
