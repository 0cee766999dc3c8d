//! A hash table of row numbers; the rows themselves lie in a column of its owner.
//!
//! The hash is seeded from the clock and the stack's address: the standard library's seed needs
//! the system's random numbers, which an empty chroot on an old kernel does not have.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::Budget;

/// A seeded hash of words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hash {
    seeds: [u64; 2],
}

impl Hash {
    /// A hash that differs from run to run.
    pub(super) fn new() -> Self {
        let here = 0u8;
        let address = u64::try_from(std::ptr::from_ref(&here).addr()).unwrap_or(0);
        let clock = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let seed = fold(clock.as_secs() ^ 0x9e37_79b9_7f4a_7c15, address | 1);
        let other = fold(
            seed ^ u64::from(clock.subsec_nanos()),
            0xbf58_476d_1ce4_e5b9,
        );
        Hash {
            seeds: [seed, other | 1],
        }
    }

    /// The hash of some words.
    pub(super) fn of(&self, words: impl IntoIterator<Item = u64>) -> u64 {
        let [start, factor] = self.seeds;
        let mut hash = start;
        for word in words {
            hash = fold(hash ^ word, factor).wrapping_add(start);
        }
        fold(hash, factor)
    }

    /// The hash of some bytes.
    pub(super) fn of_bytes(&self, bytes: &[u8]) -> u64 {
        let (words, rest) = bytes.as_chunks::<8>();
        let mut last = [0; 8];
        for (to, from) in last.iter_mut().zip(rest) {
            *to = *from;
        }
        let size = u64::try_from(bytes.len()).unwrap_or(0);
        let ends = [u64::from_le_bytes(last), size];
        self.of(words.iter().map(|w| u64::from_le_bytes(*w)).chain(ends))
    }
}

/// The two halves of the product, one over the other: every bit of it depends on all of both.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a).wrapping_mul(u128::from(b));
    let low = u64::try_from(product & u128::from(u64::MAX)).unwrap_or(0);
    let high = u64::try_from(product >> 64).unwrap_or(0);
    low ^ high
}

/// Row numbers by hash; open addressing, at most half full.
#[derive(Debug)]
pub(super) struct Table {
    hash: Hash,
    /// Row plus one and the upper half of its hash, 0 for none; the size is a power of two.
    slots: Vec<(u32, u32)>,
    used: usize,
}

impl Table {
    /// An empty table.
    pub(super) fn new(hash: Hash) -> Self {
        Table {
            hash,
            slots: Vec::new(),
            used: 0,
        }
    }

    /// The hash it uses.
    pub(super) fn hash(&self) -> Hash {
        self.hash
    }

    /// The row with that hash that `same` says yes to.
    pub(super) fn find(&self, hash: u64, same: impl Fn(usize) -> bool) -> Option<usize> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = place(hash, mask);
        loop {
            let (slot, half) = *self.slots.get(at)?;
            let row = usize::try_from(slot.checked_sub(1)?).ok()?;
            if half == upper(hash) && same(row) {
                return Some(row);
            }
            at = at.wrapping_add(1) & mask;
        }
    }

    /// Adds a row; `hash_of` gives the hash of a row that is in already. `None` when there is no room.
    pub(super) fn insert(
        &mut self,
        (hash, row): (u64, usize),
        hash_of: impl Fn(&Hash, usize) -> u64,
        budget: &mut Budget,
    ) -> Option<()> {
        if self.used.saturating_mul(2) >= self.slots.len() {
            self.grow(hash_of, budget)?;
        }
        self.used = self.used.checked_add(1)?;
        put(
            &mut self.slots,
            hash,
            u32::try_from(row).ok()?.checked_add(1)?,
        )
    }

    /// Gives its memory back.
    pub(super) fn release(self, budget: &mut Budget) {
        budget.give_back(self.slots);
    }

    fn grow(&mut self, hash_of: impl Fn(&Hash, usize) -> u64, budget: &mut Budget) -> Option<()> {
        let size = self.slots.len().checked_mul(2)?.max(64);
        let mut slots = Vec::new();
        budget.room(&mut slots, size)?;
        slots.resize(size, (0, 0));
        for (slot, _) in self.slots.iter().copied().filter(|(slot, _)| *slot != 0) {
            let row = usize::try_from(slot).ok()?.checked_sub(1)?;
            put(&mut slots, hash_of(&self.hash, row), slot)?;
        }
        budget.give_back(std::mem::replace(&mut self.slots, slots));
        Some(())
    }
}

fn put(slots: &mut [(u32, u32)], hash: u64, slot: u32) -> Option<()> {
    let mask = slots.len().checked_sub(1)?;
    let mut at = place(hash, mask);
    while slots.get(at)?.0 != 0 {
        at = at.wrapping_add(1) & mask;
    }
    *slots.get_mut(at)? = (slot, upper(hash));
    Some(())
}

fn upper(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or(0)
}

fn place(hash: u64, mask: usize) -> usize {
    usize::try_from(hash & u64::try_from(mask).unwrap_or(0)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_found_again_after_the_table_grew() {
        let mut budget = Budget::new(1 << 20);
        let mut table = Table::new(Hash::new());
        let keys: Vec<u64> = (0..1000).map(|n| n << 32).collect();
        for (row, &key) in keys.iter().enumerate() {
            let hash = table.hash().of([key]);
            assert_eq!(table.find(hash, |row| keys[row] == key), None);
            table
                .insert((hash, row), |hash, row| hash.of([keys[row]]), &mut budget)
                .unwrap();
        }
        for (row, &key) in keys.iter().enumerate() {
            let found = table.find(table.hash().of([key]), |row| keys[row] == key);
            assert_eq!(found, Some(row));
        }
    }

    #[test]
    fn texts_that_differ_only_in_trailing_zeros_hash_apart() {
        let hash = Hash::new();
        assert_ne!(hash.of_bytes(b""), hash.of_bytes(b"\0"));
        assert_ne!(hash.of_bytes(b"abcdefgh"), hash.of_bytes(b"abcdefgh\0"));
    }
}
