//! Rows of different lengths in two flat columns (CSR): one allocation for all rows.

use super::Budget;

/// Row `i` is `items[ends[i - 1]..ends[i]]`.
#[derive(Debug, Clone)]
pub(crate) struct Ragged<T> {
    ends: Vec<u32>,
    items: Vec<T>,
}

impl<T> Default for Ragged<T> {
    fn default() -> Self {
        Ragged {
            ends: Vec::new(),
            items: Vec::new(),
        }
    }
}

impl<T> Ragged<T> {
    /// The items of row `row`.
    pub(crate) fn row(&self, row: usize) -> &[T] {
        let start = match row {
            0 => 0,
            _ => self.ends[row - 1] as usize,
        };
        &self.items[start..self.ends[row] as usize]
    }

    /// Bytes of memory that are in use, about.
    pub(crate) fn weight(&self) -> usize {
        size_of_val(&self.ends[..]) + size_of_val(&self.items[..])
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Makes room for `items` more items and one more row; `None` when the budget is spent.
    pub(crate) fn room(&mut self, items: usize, budget: &mut Budget) -> Option<()> {
        budget.room(&mut self.items, items)?;
        budget.room(&mut self.ends, 1)
    }

    /// Gives its memory back.
    pub(crate) fn release(self, budget: &mut Budget) {
        budget.give_back(self.ends);
        budget.give_back(self.items);
    }

    /// Adds an item to the row that the next [`close`](Self::close) ends.
    pub(crate) fn add(&mut self, item: T) {
        self.items.push(item);
    }

    /// Ends the current row; `None` when there are more than `u32::MAX` items.
    pub(crate) fn close(&mut self) -> Option<()> {
        self.ends.push(u32::try_from(self.items.len()).ok()?);
        Some(())
    }

    /// Appends a whole row; `None` when there are more than `u32::MAX` items.
    pub(crate) fn push(&mut self, row: impl IntoIterator<Item = T>) -> Option<()> {
        self.items.extend(row);
        self.close()
    }

    /// Keeps the first rows.
    pub(crate) fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows);
        self.items
            .truncate(self.ends.last().map_or(0, |end| *end as usize));
    }

    /// All items of all rows, in row order.
    pub(crate) fn items(&self) -> &[T] {
        &self.items
    }

    /// All items of all rows, in row order, to change in place.
    pub(crate) fn items_mut(&mut self) -> &mut [T] {
        &mut self.items
    }
}
