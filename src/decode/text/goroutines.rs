//! Goroutine dumps: debug=2, SIGQUIT, panics and crashes of Go 1.5 to 1.27 (formats.md, 1), also inside
//! other text and behind what log collectors put before each line.
//!
//! A push parser of lines: nothing is kept of the text but the columns. Each line that begins a
//! goroutine gives one sample whatever else it says; the number of samples is the number of such lines.

mod columns;
mod frame;
mod header;
mod split;
mod unwrap;

use std::io::BufRead;
use std::ops::Range;

use super::super::Decoded;
use super::super::error::DecodeError;
use super::super::stream::Stream;
use crate::model::{Budget, Profile};
use columns::{Columns, Frame, Kept, Own, Side};
use frame::{Call, NON_GO, Place};
use header::{Header, Piece};
use split::Split;
use unwrap::Unwrap;

/// The runtime stops a debug=2 body here, in the middle of a line.
const BODY_LIMIT: u64 = 64 << 20;
/// A line that is longer is no line of a dump, and is skipped.
const LONGEST_LINE: usize = 1 << 20;

/// The dumps of a text.
pub(in crate::decode) struct Dumps {
    /// How many goroutines each has.
    sizes: Vec<usize>,
    /// The last of them and the one to report: its number, counted from 0, and a sample a goroutine.
    kept: Vec<(usize, Profile)>,
    /// Whether the text ends inside the last.
    cut: bool,
}

/// So many dumps of a text are kept: a log may have thousands.
const KEPT: usize = 16;

/// Reads the dumps in a text to its end; none where no line begins a goroutine.
pub(in crate::decode) fn decode(
    stream: &mut Stream<'_>,
    budget: Budget,
) -> Result<Dumps, DecodeError> {
    let mut reader = Reader::new(budget).map_err(|kind| kind.at(stream.place()))?;
    let mut unwrap = Unwrap::default();
    let mut ended = true;
    while stream.ensure(1, &mut reader.columns.budget)? {
        let window = stream.available();
        let mut rest = window;
        while let Some((line, after)) = split_line(rest) {
            ended = true;
            rest = after;
            let mut see = |line: &[u8]| reader.line(line, Ended::Yes);
            let seen = unwrap.line(line, &mut see);
            seen.map_err(|kind| kind.at(stream.place()))?;
        }
        let (size, left) = (window.len().saturating_sub(rest.len()), rest.len());
        stream.consume(size);
        if left == 0 {
            continue;
        }
        if left > LONGEST_LINE {
            skip_line(stream, &mut reader.columns.budget)?;
            continue;
        }
        if !stream.ensure(left.saturating_add(1), &mut reader.columns.budget)? {
            ended = false;
            let mut see = |line: &[u8]| reader.line(line, Ended::No);
            let seen = unwrap.line(stream.available(), &mut see);
            seen.map_err(|kind| kind.at(stream.place()))?;
            stream.consume(left);
        }
    }
    let place = stream.place();
    let full = place.count() == BODY_LIMIT;
    let dumps = reader.finish(ended, full);
    Ok(dumps.map_err(|kind| kind.at(place))?)
}

impl Dumps {
    /// The dump to report with what is to be said of it, and the others.
    pub(in crate::decode) fn decoded(mut self) -> Option<Decoded> {
        let at = chosen(&self.sizes)?;
        let place = self.kept.iter().position(|(number, _)| *number == at)?;
        let (_, profile) = self.kept.remove(place);
        let count = self.sizes.len();
        let mut decoded = Decoded::from(profile);
        if count > 1 {
            decoded.name = Some(name(at));
            decoded.remarks.push(self.remark(at));
        }
        if self.cut && at.saturating_add(1) == count {
            let read = decoded.profile.samples.len();
            decoded.remarks.push(format!(
                "the goroutine dump is cut: {read} goroutines were read, the others are missing \
                 (debug=2 ends at 64 MiB; the same address without debug= gives all)"
            ));
        }
        let others = self.kept.into_iter();
        decoded.others = others.map(|(at, other)| (name(at), other)).collect();
        Some(decoded)
    }

    fn remark(&self, at: usize) -> String {
        let (count, sizes) = (self.sizes.len(), self.sizes.iter());
        let from = count.saturating_sub(KEPT);
        let list: Vec<String> = sizes.skip(from).map(usize::to_string).collect();
        let (more, list) = (if from > 0 { "… " } else { "" }, list.join(" "));
        let (this, first) = (name(at), self.kept.first().map_or(0, |(at, _)| *at));
        format!(
            "{count} goroutine dumps, of {more}{list} goroutines: this is {this}; \
             at the prompt the others are open too (use {})",
            name(first)
        )
    }
}

/// What a dump is called.
fn name(at: usize) -> String {
    format!("dump#{}", at.saturating_add(1))
}

/// The dump to report: the last one, but not a stack by itself where there are whole dumps, for programs
/// log those of panics that they got over.
fn chosen(sizes: &[usize]) -> Option<usize> {
    let last = sizes.len().checked_sub(1)?;
    Some(sizes.iter().rposition(|size| *size > 1).unwrap_or(last))
}

/// Whether a goroutine begins in this part of a text.
pub(in crate::decode) fn is_met(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(at) = header::find(rest, b"goroutine ") {
        rest = rest.get(at.saturating_add(1)..).unwrap_or_default();
        let number = rest.strip_prefix(b"oroutine ").and_then(header::number);
        if number.is_some_and(|(_, after)| after.starts_with(b" ")) {
            return true;
        }
    }
    false
}

/// The first line without its newline, and what follows.
fn split_line(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = text;
    // The library's fast search; reading a slice cannot fail.
    let size = rest.skip_until(b'\n').ok()?;
    let line = text.get(..size)?.strip_suffix(b"\n")?;
    Some((line, rest))
}

/// Drops bytes to the next newline.
fn skip_line(stream: &mut Stream<'_>, budget: &mut Budget) -> Result<(), DecodeError> {
    while stream.ensure(1, budget)? {
        let mut rest = stream.available();
        let size = rest.skip_until(b'\n').unwrap_or(0);
        let found = stream
            .available()
            .get(..size)
            .is_some_and(|line| line.ends_with(b"\n"));
        stream.consume(size);
        if found {
            break;
        }
    }
    Ok(())
}

/// Whether a line had its newline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Yes,
    No,
}

/// A frame whose place is on the next line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    Nothing,
    Function,
    Creator,
}

struct Reader {
    columns: Columns,
    split: Split,
    /// Whether a goroutine is being read, and for how many nanoseconds it waits.
    open: Option<i64>,
    waiting: Waiting,
    /// The name of the frame that waits for its place, or of the last one.
    name: Vec<u8>,
    /// Whose frames follow: after `[originating from` those of creators.
    side: Side,
    has_parent: bool,
    /// What was read of the goroutine last.
    last: Last,
    /// Whether nothing is said of what started it.
    ends_bare: bool,
}

/// How far the goroutine that is being read has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Last {
    /// Its first line.
    Header,
    /// A frame; one of `main` or of a thread may be the last.
    Frame,
    /// What started it, which is the last line of most.
    Creator,
}

impl Reader {
    fn new(budget: Budget) -> Kept<Self> {
        Ok(Reader {
            columns: Columns::new(budget)?,
            split: Split::default(),
            open: None,
            waiting: Waiting::Nothing,
            name: Vec::new(),
            side: Side::Own,
            has_parent: false,
            last: Last::Header,
            ends_bare: false,
        })
    }

    /// Takes the next line, its wrapping taken off.
    fn line(&mut self, line: &[u8], ended: Ended) -> Kept<()> {
        match line.first() {
            Some(b'\t' | b' ') if self.open.is_some() => self.place(line.trim_ascii()),
            None => {
                self.split.blank();
                self.end()
            }
            Some(b'g') => match Header::of(line, ended == Ended::No) {
                Some(header) => self.begin(&header),
                None => self.call(line),
            },
            _ => self.call(line),
        }
    }

    fn begin(&mut self, header: &Header<'_>) -> Kept<()> {
        let follows = self.open.is_some();
        self.end()?;
        let (mut wait, mut kept) = (0u64, Ok(()));
        let mut running = false;
        let columns = &mut self.columns;
        header.pieces(&mut |piece| {
            let added = match piece {
                Piece::State(state) => {
                    running = state == b"running";
                    columns.own_text(Own::State, state)
                }
                Piece::Flag(flag) => columns.own_text(Own::Flag, flag),
                Piece::Minutes(minutes) => {
                    wait = minutes;
                    columns.own_number(Own::Wait, minutes.saturating_mul(60))
                }
                Piece::Label(key, value) => columns.program_label(key, value),
            };
            if kept.is_ok() {
                kept = added;
            }
        });
        kept?;
        if header.id > 0 {
            self.columns.own_number(Own::Goroutine, header.id)?;
        }
        self.split
            .goroutine(header.id, running, follows, &mut self.columns.budget)?;
        let nanoseconds = wait.saturating_mul(60_000_000_000);
        self.open = Some(i64::try_from(nanoseconds).unwrap_or(i64::MAX));
        self.waiting = Waiting::Nothing;
        self.side = Side::Own;
        self.has_parent = false;
        self.last = Last::Header;
        self.ends_bare = header.id <= 1;
        Ok(())
    }

    /// A line that is neither behind a tab nor the beginning of a goroutine.
    fn call(&mut self, line: &[u8]) -> Kept<()> {
        if self.open.is_none() {
            self.split.text(line);
            return Ok(());
        }
        match frame::call(line) {
            // Text of others that got in between.
            None => {}
            // No frame follows what started it; one that seems to is of another text.
            Some(Call::Function(_)) if (self.last, self.side) == (Last::Creator, Side::Own) => {}
            Some(Call::Function(name)) => self.wait_for_place(Waiting::Function, name),
            Some(Call::Creator(name, parent)) => {
                self.wait_for_place(Waiting::Creator, name);
                self.parent(parent)?;
            }
            Some(Call::Whole(name)) => self.add(name, b"", 0)?,
            Some(Call::Ancestor(id)) => {
                self.side = Side::Creator;
                self.parent(Some(id))?;
            }
        }
        Ok(())
    }

    fn wait_for_place(&mut self, waiting: Waiting, name: &[u8]) {
        // The stack of an ancestor begins with the function that stands as the creator already.
        let again = self.side == Side::Creator
            && self.waiting == Waiting::Nothing
            && waiting == Waiting::Function
            && self.name == name;
        self.waiting = match again {
            true => Waiting::Nothing,
            false => waiting,
        };
        self.name.clear();
        self.name.extend_from_slice(name);
    }

    fn parent(&mut self, parent: Option<u64>) -> Kept<()> {
        match parent {
            Some(id) if !self.has_parent && id > 0 => {
                self.has_parent = true;
                self.columns.own_number(Own::Parent, id)
            }
            _ => Ok(()), // unknown, or said before
        }
    }

    /// A line behind a tab.
    fn place(&mut self, text: &[u8]) -> Kept<()> {
        let waiting = self.waiting;
        let name = std::mem::take(&mut self.name);
        let added = match (frame::place(text), waiting) {
            (Some(Place::Unavailable(text)), _) => {
                self.split.runs_elsewhere();
                self.add(text, b"", 0)
            }
            (_, Waiting::Nothing) | (None, _) => Ok(()),
            (Some(Place::File(file, line)), _) => self.add(full_name(&name, file), file, line),
            (Some(Place::Address(pc)), _) if name == NON_GO => {
                self.add(&[NON_GO, b" at ", pc].concat(), b"", 0)
            }
            (Some(Place::Address(_)), _) => self.add(&name, b"", 0),
        };
        self.name = name;
        added
    }

    fn add(&mut self, name: &[u8], file: &[u8], line: i64) -> Kept<()> {
        let side = match self.waiting {
            Waiting::Creator => Side::Creator,
            Waiting::Nothing | Waiting::Function => self.side,
        };
        self.waiting = Waiting::Nothing;
        self.last = match side {
            Side::Own => Last::Frame,
            Side::Creator => Last::Creator,
        };
        self.columns.frame(&Frame {
            name,
            file,
            line,
            side,
        })?;
        Ok(())
    }

    /// Ends the goroutine that is being read, if one is.
    fn end(&mut self) -> Kept<()> {
        let Some(wait) = self.open.take() else {
            return Ok(());
        };
        if self.waiting == Waiting::Creator {
            let name = std::mem::take(&mut self.name);
            self.open = Some(wait);
            self.add(&name, b"", 0)?;
            self.open = None;
        }
        self.columns.close(wait)
    }

    /// The dumps; `ended` says that the last line had its newline, `full` that the text has the size at
    /// which the runtime stops.
    fn finish(mut self, ended: bool, full: bool) -> Kept<Dumps> {
        let broken = match (self.last, self.waiting) {
            (Last::Header, _) | (_, Waiting::Function | Waiting::Creator) => true,
            (Last::Frame, Waiting::Nothing) => !ended && !self.ends_bare,
            (Last::Creator, Waiting::Nothing) => false,
        };
        let cut = full || self.open.is_some() && broken;
        self.end()?;
        let end = self.columns.len();
        let mut starts = self.split.starts();
        starts.retain(|start| *start < end);
        let ends = starts.iter().skip(1).copied().chain([end]);
        let rows: Vec<Range<usize>> = starts.iter().zip(ends).map(|(a, b)| *a..b).collect();
        let sizes: Vec<usize> = rows.iter().map(Range::len).collect();
        let kept = match chosen(&sizes) {
            None => Vec::new(),
            Some(_) if sizes.len() == 1 => vec![(0, self.columns.finish()?.0)],
            Some(at) => {
                let from = sizes.len().saturating_sub(KEPT);
                let is_kept = |number: &usize| *number == at || *number >= from;
                let kept = (0..sizes.len()).filter(is_kept);
                let ranges = rows.iter().enumerate().filter(|(n, _)| is_kept(n));
                let ranges: Vec<Range<usize>> = ranges.map(|(_, rows)| rows.clone()).collect();
                kept.zip(self.columns.parts(&ranges)?).collect()
            }
        };
        Ok(Dumps { sizes, kept, cut })
    }
}

/// `panic` as the binary form calls it.
fn full_name<'n>(name: &'n [u8], file: &[u8]) -> &'n [u8] {
    match name == b"panic" && file.ends_with(b"runtime/panic.go") {
        true => b"runtime.gopanic",
        false => name,
    }
}

#[cfg(test)]
mod tests;
