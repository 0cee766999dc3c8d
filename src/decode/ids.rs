//! From the ids that a file gives its rows to numbers that count from 0.
//!
//! A file may refer to a row before it says what it is, so an id gets its number the first time it
//! is met, and the row is known at the end. Ids are small and dense in most files; the others go
//! through a table whose order no file can foresee.

use super::table::{Hash, Table};
use crate::model::Budget;

/// Ids below this stay in the dense table however few there are.
const DENSE: usize = 1 << 16;

/// The ids of one kind of row.
pub(super) struct Ids {
    /// Number of an id plus one, 0 for none.
    dense: Vec<u32>,
    table: Table,
    sparse: Vec<(u64, u32)>,
    numbers: Vec<Number>,
}

/// What is known of a number.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number {
    /// Row plus one, 0 while nothing defines it.
    row: u32,
    /// Where the id was first met.
    met: u64,
}

impl Number {
    /// The row; `None` where the file refers to an id that it does not define.
    pub(super) fn row(self) -> Option<u32> {
        self.row.checked_sub(1)
    }

    /// Where the id was first met, counted as the stream counts.
    pub(super) fn met(self) -> u64 {
        self.met
    }
}

/// The budget or the 32 bits of a number are spent.
pub(super) struct Full;

impl Ids {
    /// No ids yet, hashed by `hash` where they are sparse.
    pub(super) fn new(hash: Hash) -> Self {
        Ids {
            dense: Vec::new(),
            table: Table::new(hash),
            sparse: Vec::new(),
            numbers: Vec::new(),
        }
    }

    /// The number of an id met at `at`.
    #[inline]
    pub(super) fn number(&mut self, id: u64, at: u64, budget: &mut Budget) -> Result<u32, Full> {
        let known = usize::try_from(id).ok().and_then(|id| self.dense.get(id));
        match known.and_then(|number| number.checked_sub(1)) {
            Some(number) => Ok(number),
            None => self.add(id, at, budget).ok_or(Full),
        }
    }

    /// Says that the id met at `at` is row `row`; false when it is another row already.
    pub(super) fn define(
        &mut self,
        (id, at): (u64, u64),
        row: u32,
        budget: &mut Budget,
    ) -> Result<bool, Full> {
        let number = self.number(id, at, budget)?;
        let number = usize::try_from(number)
            .ok()
            .and_then(|n| self.numbers.get_mut(n));
        match number {
            Some(number) if number.row == 0 => {
                number.row = row.checked_add(1).ok_or(Full)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// What is known of each number.
    pub(super) fn numbers(&self) -> &[Number] {
        &self.numbers
    }

    /// The id that has a number, for an error text: slow.
    pub(super) fn id(&self, number: usize) -> u64 {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let dense = (0..)
            .zip(&self.dense)
            .find(|(_, n)| **n == number.wrapping_add(1));
        let sparse = || {
            self.sparse
                .iter()
                .find(|(_, n)| *n == number)
                .map(|(id, _)| *id)
        };
        dense.map(|(id, _)| id).or_else(sparse).unwrap_or(0)
    }

    #[cold]
    fn add(&mut self, id: u64, at: u64, budget: &mut Budget) -> Option<u32> {
        let hash = self.table.hash().of([id]);
        let rows = &self.sparse;
        let same = |row: usize| rows.get(row).is_some_and(|(other, _)| *other == id);
        if let Some(row) = self.table.find(hash, same) {
            let (_, number) = self.sparse.get(row)?;
            // The dense table has grown over it since.
            if let Some(slot) = usize::try_from(id)
                .ok()
                .and_then(|id| self.dense.get_mut(id))
            {
                *slot = number.checked_add(1)?;
            }
            return Some(*number);
        }
        let number = u32::try_from(self.numbers.len())
            .ok()
            .filter(|n| *n < u32::MAX)?;
        budget.room(&mut self.numbers, 1)?;
        self.numbers.push(Number { row: 0, met: at });
        let bound = DENSE.max(self.numbers.len().saturating_mul(4));
        match usize::try_from(id) {
            Ok(id) if id < bound => {
                if id >= self.dense.len() {
                    let size = id.saturating_add(1);
                    let missing = size.saturating_sub(self.dense.len());
                    budget.room(&mut self.dense, missing)?;
                    self.dense.resize(size, 0);
                }
                *self.dense.get_mut(id)? = number.checked_add(1)?;
            }
            _ => {
                budget.room(&mut self.sparse, 1)?;
                let row = self.sparse.len();
                self.sparse.push((id, number));
                let rows = &self.sparse;
                let hash_of =
                    |hash: &Hash, row: usize| rows.get(row).map_or(0, |(id, _)| hash.of([*id]));
                self.table.insert((hash, row), hash_of, budget)?;
            }
        }
        Some(number)
    }
}
