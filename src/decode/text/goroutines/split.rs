//! Where one dump ends and the next begins.
//!
//! The lines of a crash that come before its goroutines begin a dump; so does a goroutine that the dump
//! has already, for an id is not used twice. Several threads of one crash may print the same goroutine:
//! after `-----` nothing begins.

use super::super::super::error::Kind;
use super::columns::Kept;
use crate::model::Budget;
use crate::model::table::{Table, hash_id};

/// What the lines between goroutines tell.
#[derive(Default)]
pub(super) struct Split {
    /// The id of each goroutine of all dumps, 0 where it may come again.
    ids: Vec<u64>,
    /// Those of the dump that is being read, by id.
    seen: Table,
    /// The first goroutine of each dump but the first.
    starts: Vec<usize>,
    /// The last goroutine that looked like the first of a dump.
    candidate: usize,
    /// A crash was announced.
    announced: bool,
    /// Other text stood before the goroutine that comes.
    foreign: bool,
    /// There are empty lines between goroutines, so one without begins a dump.
    blank: bool,
    /// The threads of a crash follow one another.
    continued: bool,
}

impl Split {
    /// An empty line.
    pub(super) fn blank(&mut self) {
        self.blank = true;
    }

    /// A line outside of goroutines.
    pub(super) fn text(&mut self, line: &[u8]) {
        let starts = |with: &[u8]| line.starts_with(with);
        let signal = starts(b"SIG") && line.contains(&b':');
        match line {
            b"-----" => self.continued = true,
            _ if signal || starts(b"panic: ") || starts(b"fatal error: ") => {
                self.announced |= !self.continued;
            }
            _ if starts(b"PC=") || starts(b"runtime stack:") || is_register(line) => {}
            _ => {
                self.foreign = true;
                self.continued = false;
            }
        }
    }

    /// A goroutine begins; `follows` says that the one before had not ended.
    pub(super) fn goroutine(
        &mut self,
        id: u64,
        running: bool,
        follows: bool,
        budget: &mut Budget,
    ) -> Kept<()> {
        let row = self.ids.len();
        let full = Kind::Memory(budget.limit());
        let start = self.starts.last().copied().unwrap_or(0);
        if running || self.foreign || follows && self.blank {
            self.candidate = row;
        }
        let again = match (id, self.continued) {
            (0, _) | (_, true) => None,
            _ => self.known(id),
        };
        let begins = match again {
            _ if row == start => None,
            _ if self.announced => Some(row),
            Some(earlier) if self.candidate > earlier => Some(self.candidate),
            Some(_) => Some(row),
            None => None,
        };
        self.ids_room(budget).ok_or(full)?;
        self.ids.push(id);
        if let Some(begins) = begins {
            budget.room(&mut self.starts, 1).ok_or(full)?;
            self.starts.push(begins);
            std::mem::take(&mut self.seen).release(budget);
            for row in begins..row {
                self.remember(row, budget).ok_or(full)?;
            }
        }
        self.remember(row, budget).ok_or(full)?;
        (self.announced, self.foreign) = (false, false);
        Ok(())
    }

    /// The last goroutine runs elsewhere: its thread may print it once more.
    pub(super) fn runs_elsewhere(&mut self) {
        if let Some(id) = self.ids.last_mut() {
            *id = 0;
        }
    }

    /// The first goroutine of each dump, at least one.
    pub(super) fn starts(&self) -> Vec<usize> {
        [0].into_iter().chain(self.starts.iter().copied()).collect()
    }

    fn ids_room(&mut self, budget: &mut Budget) -> Option<()> {
        budget.room(&mut self.ids, 1)
    }

    fn id(&self, row: usize) -> u64 {
        self.ids.get(row).copied().unwrap_or(0)
    }

    fn known(&self, id: u64) -> Option<usize> {
        self.seen.find(hash_id(id), |row| self.id(row) == id)
    }

    fn remember(&mut self, row: usize, budget: &mut Budget) -> Option<()> {
        self.seen.insert((hash_id(self.id(row)), row), budget)
    }
}

/// `rax    0x1c`, at the end of a crash.
fn is_register(line: &[u8]) -> bool {
    let mut words = line.split(|b| *b == b' ').filter(|word| !word.is_empty());
    let (name, value, more) = (words.next(), words.next(), words.next());
    let is_name = |name: &[u8]| name.len() < 10 && name.iter().all(u8::is_ascii_alphanumeric);
    name.is_some_and(is_name) && value.is_some_and(|v| v.starts_with(b"0x")) && more.is_none()
}
