//! A hash table of row numbers; the rows themselves lie in a column of its owner.

use std::hash::{BuildHasher, Hasher};

use super::Budget;
use crate::hash::Seeded;

/// The hash of an id.
pub(crate) fn hash_id(id: u64) -> u64 {
    Seeded.hash_one(id)
}

/// The hash of some bytes.
pub(crate) fn hash_bytes(bytes: &[u8]) -> u64 {
    let mut hasher = Seeded.build_hasher();
    hasher.write(bytes);
    hasher.finish()
}

/// Row numbers by hash; open addressing, at most half full.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// Row plus one and the upper half of its hash, 0 for none; the size is a power of two. The half
    /// tells the place too, so that a table grows without a look at the rows.
    slots: Vec<(u32, u32)>,
    used: usize,
}

impl Table {
    /// The row with that hash that `same` says yes to.
    pub(crate) fn find(&self, hash: u64, same: impl Fn(usize) -> bool) -> Option<usize> {
        let mask = self.slots.len().checked_sub(1)?;
        let wanted = upper(hash);
        let mut at = place(wanted, mask);
        loop {
            let (slot, half) = *self.slots.get(at)?;
            let row = usize::try_from(slot.checked_sub(1)?).ok()?;
            if half == wanted && same(row) {
                return Some(row);
            }
            at = at.wrapping_add(1) & mask;
        }
    }

    /// Adds a row; `None` when there is no room.
    pub(crate) fn insert(&mut self, (hash, row): (u64, usize), budget: &mut Budget) -> Option<()> {
        if self.used.saturating_mul(2) >= self.slots.len() {
            self.grow(budget)?;
        }
        self.used = self.used.checked_add(1)?;
        let slot = u32::try_from(row).ok()?.checked_add(1)?;
        put(&mut self.slots, (slot, upper(hash)))
    }

    /// Gives its memory back.
    pub(crate) fn release(self, budget: &mut Budget) {
        budget.give_back(self.slots);
    }

    fn grow(&mut self, budget: &mut Budget) -> Option<()> {
        let size = self.slots.len().checked_mul(2)?.max(64);
        let mut slots = Vec::new();
        budget.room(&mut slots, size)?;
        slots.resize(size, (0, 0));
        for slot in self.slots.iter().filter(|(row, _)| *row != 0) {
            put(&mut slots, *slot)?;
        }
        budget.give_back(std::mem::replace(&mut self.slots, slots));
        Some(())
    }
}

fn put(slots: &mut [(u32, u32)], (row, half): (u32, u32)) -> Option<()> {
    let mask = slots.len().checked_sub(1)?;
    let mut at = place(half, mask);
    while slots.get(at)?.0 != 0 {
        at = at.wrapping_add(1) & mask;
    }
    *slots.get_mut(at)? = (row, half);
    Some(())
}

fn upper(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or(0)
}

fn place(half: u32, mask: usize) -> usize {
    usize::try_from(half).map_or(0, |half| half & mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_found_again_after_the_table_grew() {
        let mut budget = Budget::new(1 << 20);
        let mut table = Table::default();
        let keys: Vec<u64> = (0..1000).map(|n| n << 32).collect();
        for (row, &key) in keys.iter().enumerate() {
            let hash = hash_id(key);
            assert_eq!(table.find(hash, |row| keys[row] == key), None);
            table.insert((hash, row), &mut budget).unwrap();
        }
        for (row, &key) in keys.iter().enumerate() {
            let found = table.find(hash_id(key), |row| keys[row] == key);
            assert_eq!(found, Some(row));
        }
    }

    #[test]
    fn texts_that_differ_only_in_trailing_zeros_hash_apart() {
        assert_ne!(hash_bytes(b""), hash_bytes(b"\0"));
        assert_ne!(hash_bytes(b"abcdefgh"), hash_bytes(b"abcdefgh\0"));
    }
}
