//! From the ids that a file gives its rows to the rows.
//!
//! A file may refer to a row before it says what it is, so an id becomes a number at once and a row
//! at the end. The number of a small id is the id itself: stacks keep the bytes they have in the
//! file. Other ids are numbered from [`DENSE`] on, in the order in which they are met.

use crate::model::Budget;
use crate::model::table::{Table, hash_id};

/// Ids below this are their own numbers.
pub(super) const DENSE: u32 = 1 << 20;

/// The ids of one kind of row.
#[derive(Default)]
pub(super) struct Ids {
    /// A bit a small id, set once it was met: most frames ask for no more.
    met: Vec<u64>,
    dense: Vec<Number>,
    sparse: Vec<(u64, Number)>,
    table: Table,
}

/// What is known of a number.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Number {
    /// 0: never met; 1: met, but nothing defines it; else the row plus two.
    state: u32,
    /// Where the id was first met, in units of 4 GiB and bytes.
    met: (u32, u32),
}

impl Number {
    /// The row; `None` where the file refers to an id that it does not define.
    pub(super) fn row(self) -> Option<u32> {
        self.state.checked_sub(2)
    }

    fn is_met(self) -> bool {
        self.state != 0
    }

    /// Where the id was first met.
    pub(super) fn place(self) -> u64 {
        let (high, low) = self.met;
        u64::from(high) << 32 | u64::from(low)
    }

    fn meet(&mut self, at: u64) {
        if !self.is_met() {
            self.state = 1;
            self.met = halves(at);
        }
    }
}

/// The budget or the 32 bits of a number are spent.
pub(super) struct Full;

impl Ids {
    /// Whether a small id was met before.
    #[inline(always)]
    pub(super) fn knows(&self, id: u64) -> bool {
        let word = usize::try_from(id >> 6)
            .ok()
            .and_then(|word| self.met.get(word));
        word.is_some_and(|word| word >> (id & 63) & 1 == 1)
    }

    /// The number of an id met at `at`.
    pub(super) fn number(&mut self, id: u64, at: u64, budget: &mut Budget) -> Result<u32, Full> {
        match u32::try_from(id) {
            Ok(id) if id < DENSE => {
                self.small(id, budget)?.meet(at);
                if let Some(word) = self.met.get_mut(word_of(id)) {
                    *word |= 1 << (id & 63);
                }
                Ok(id)
            }
            _ => {
                let row = self.large(id, budget)?;
                let (_, number) = self.sparse.get_mut(row).ok_or(Full)?;
                number.meet(at);
                let row = u32::try_from(row).map_err(|_| Full)?;
                row.checked_add(DENSE).ok_or(Full)
            }
        }
    }

    /// Says that the id met at `at` is row `row`; false when it is another row already.
    pub(super) fn define(
        &mut self,
        (id, at): (u64, u64),
        row: usize,
        budget: &mut Budget,
    ) -> Result<bool, Full> {
        let number = self.number(id, at, budget)?;
        let known = self.get_mut(number).ok_or(Full)?;
        let fresh = known.row().is_none();
        if fresh {
            let row = u32::try_from(row).map_err(|_| Full)?;
            known.state = row.checked_add(2).ok_or(Full)?;
        }
        Ok(fresh)
    }

    /// Changes the row of each id that has one; an id that loses it was never met.
    pub(super) fn renumber(&mut self, place: impl Fn(u32) -> Option<u32>) {
        let sparse = self.sparse.iter_mut().map(|(_, number)| number);
        for number in self.dense.iter_mut().chain(sparse) {
            if let Some(row) = number.row() {
                number.state = place(row).map_or(0, |row| row.saturating_add(2));
            }
        }
    }

    /// What is known of a number.
    pub(super) fn get(&self, number: u32) -> Option<Number> {
        match number.checked_sub(DENSE) {
            None => self.dense.get(usize::try_from(number).ok()?).copied(),
            Some(row) => {
                let (_, number) = self.sparse.get(usize::try_from(row).ok()?)?;
                Some(*number)
            }
        }
    }

    /// The number of an id that has a row.
    pub(super) fn find(&self, id: u64) -> Option<u32> {
        let number = match u32::try_from(id) {
            Ok(id) if id < DENSE => id,
            _ => {
                let known =
                    |row: usize| self.sparse.get(row).is_some_and(|(known, _)| *known == id);
                let row = self.table.find(hash_id(id), known)?;
                u32::try_from(row).ok()?.checked_add(DENSE)?
            }
        };
        self.get(number)?.row()?;
        Some(number)
    }

    /// The id of a number.
    pub(super) fn id(&self, number: u32) -> u64 {
        let sparse = number
            .checked_sub(DENSE)
            .and_then(|row| usize::try_from(row).ok());
        match sparse.and_then(|row| self.sparse.get(row)) {
            None => u64::from(number),
            Some((id, _)) => *id,
        }
    }

    /// One more than the last number that may have been met.
    pub(super) fn end(&self) -> u32 {
        let dense = u32::try_from(self.dense.len()).unwrap_or(u32::MAX);
        match u32::try_from(self.sparse.len()) {
            Ok(0) => dense,
            Ok(sparse) => DENSE.saturating_add(sparse),
            Err(_) => u32::MAX,
        }
    }

    /// The id that nothing defines and that was met first, and where.
    pub(super) fn lost(&self) -> Option<(u64, u64)> {
        let dense = (0..).zip(&self.dense);
        let sparse = self.sparse.iter().map(|(id, number)| (*id, number));
        let lost = |number: &Number| number.is_met() && number.row().is_none();
        let all = dense.chain(sparse).filter(|(_, number)| lost(number));
        all.map(|(id, number)| (id, number.place()))
            .min_by_key(|(_, place)| *place)
    }

    /// Gives its memory back.
    pub(super) fn release(self, budget: &mut Budget) {
        budget.give_back(self.met);
        budget.give_back(self.dense);
        budget.give_back(self.sparse);
        self.table.release(budget);
    }

    fn get_mut(&mut self, number: u32) -> Option<&mut Number> {
        match number.checked_sub(DENSE) {
            None => self.dense.get_mut(usize::try_from(number).ok()?),
            Some(row) => {
                let (_, number) = self.sparse.get_mut(usize::try_from(row).ok()?)?;
                Some(number)
            }
        }
    }

    fn small(&mut self, id: u32, budget: &mut Budget) -> Result<&mut Number, Full> {
        let row = usize::try_from(id).map_err(|_| Full)?;
        if row >= self.dense.len() {
            let size = row.saturating_add(1);
            let missing = size.saturating_sub(self.dense.len());
            budget.room(&mut self.dense, missing).ok_or(Full)?;
            self.dense.resize(size, Number::default());
            let words = word_of(id).saturating_add(1);
            let missing = words.saturating_sub(self.met.len());
            budget.room(&mut self.met, missing).ok_or(Full)?;
            self.met.resize(words, 0);
        }
        self.dense.get_mut(row).ok_or(Full)
    }

    fn large(&mut self, id: u64, budget: &mut Budget) -> Result<usize, Full> {
        let hash = hash_id(id);
        let rows = &self.sparse;
        let id_of = |row: usize| rows.get(row).map_or(0, |(id, _)| *id);
        if let Some(row) = self.table.find(hash, |row| id_of(row) == id) {
            return Ok(row);
        }
        let row = rows.len();
        let room = self.table.insert((hash, row), budget);
        room.ok_or(Full)?;
        budget.room(&mut self.sparse, 1).ok_or(Full)?;
        self.sparse.push((id, Number::default()));
        Ok(row)
    }
}

fn word_of(id: u32) -> usize {
    usize::try_from(id >> 6).unwrap_or(usize::MAX)
}

fn halves(at: u64) -> (u32, u32) {
    let low = u32::try_from(at & u64::from(u32::MAX)).unwrap_or(0);
    (u32::try_from(at >> 32).unwrap_or(0), low)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids() -> (Ids, Budget) {
        (Ids::default(), Budget::new(64 << 20))
    }

    #[test]
    fn small_ids_are_their_own_numbers_and_large_ones_follow() {
        let (mut ids, mut budget) = ids();
        let mut number = |id| ids.number(id, 7, &mut budget).ok().unwrap();
        let large = [u64::from(DENSE), u64::MAX, 1 << 40];
        assert_eq!([3, 0, 70_000].map(&mut number), [3, 0, 70_000]);
        assert_eq!(large.map(&mut number), [DENSE, DENSE + 1, DENSE + 2]);
        assert_eq!(large.map(&mut number), [DENSE, DENSE + 1, DENSE + 2]);
        assert_eq!(ids.id(DENSE + 1), u64::MAX);
        assert_eq!(ids.id(3), 3);
        assert_eq!(ids.end(), DENSE + 3);
        assert!(ids.knows(70_000) && !ids.knows(69_999));
    }

    #[test]
    fn an_id_that_nothing_defines_is_lost_where_it_was_first_met() {
        let (mut ids, mut budget) = ids();
        for (id, at) in [(9, 400), (1 << 50, 1 << 40), (2, 500), (9, 600)] {
            ids.number(id, at, &mut budget).ok().unwrap();
        }
        assert_eq!(ids.lost(), Some((9, 400)));
        assert!(ids.define((9, 700), 0, &mut budget).ok().unwrap());
        assert!(ids.define((2, 701), 1, &mut budget).ok().unwrap());
        assert_eq!(ids.lost(), Some((1 << 50, 1 << 40)));
        assert!(ids.define((1 << 50, 702), 2, &mut budget).ok().unwrap());
        assert!(!ids.define((2, 703), 3, &mut budget).ok().unwrap());
        assert_eq!(ids.lost(), None);
        assert_eq!(ids.get(2).unwrap().row(), Some(1));
        assert_eq!(ids.get(DENSE).unwrap().row(), Some(2));
        ids.renumber(|row| (row != 1).then_some(row + 7));
        let rows = [9, 2, DENSE].map(|number| ids.get(number).unwrap().row());
        assert_eq!(rows, [Some(7), None, Some(9)]);
        assert_eq!(ids.lost(), None);
    }
}
