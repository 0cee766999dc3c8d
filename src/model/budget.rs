//! How much memory the tables of a profile may still take.
//!
//! Tables ask for room before they grow, so that a hostile file ends in an error and not in the
//! pod's limit. What counts is what a table has asked the allocator for, not what it has filled.

/// Above this size a table grows by a quarter, no longer to the double: growing in place is cheap
/// there, memory is not.
const LARGE: usize = 1 << 20;
/// So many bytes a table begins with. What is not filled is never touched, while each doubling from less
/// costs a call of the kernel and a page or two, which is most of what a small profile takes.
const SMALL: usize = 16 << 10;

/// Bytes that tables may still ask for.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    limit: u64,
    left: usize,
}

impl Budget {
    /// `bytes` to spend.
    pub(crate) fn new(bytes: u64) -> Self {
        Budget {
            limit: bytes,
            left: usize::try_from(bytes).unwrap_or(usize::MAX),
        }
    }

    /// What there was to spend.
    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    /// Makes room for `extra` more items; `None` when that is more than is left.
    #[inline(always)]
    pub(crate) fn room<T>(&mut self, table: &mut Vec<T>, extra: usize) -> Option<()> {
        match table.capacity() - table.len() >= extra {
            true => Some(()),
            false => self.grow(table, extra),
        }
    }

    /// Adds one more item; `None` when there is no room.
    pub(crate) fn push<T>(&mut self, table: &mut Vec<T>, item: T) -> Option<()> {
        self.room(table, 1)?;
        table.push(item);
        Some(())
    }

    /// Gives back what a table took that is dropped here.
    pub(crate) fn give_back<T>(&mut self, table: Vec<T>) {
        self.left = self.left.saturating_add(table.capacity() * size_of::<T>());
    }

    #[cold]
    fn grow<T>(&mut self, table: &mut Vec<T>, extra: usize) -> Option<()> {
        let size = size_of::<T>().max(1);
        let old = table.capacity();
        let need = table.len().checked_add(extra)?;
        let step = match old.saturating_mul(size) {
            bytes if bytes < LARGE => old.max(SMALL / size).max(4),
            _ => old / 4,
        };
        let wanted = need.max(old.saturating_add(step));
        let allowed = old.saturating_add(self.left / size);
        let capacity = wanted.min(allowed);
        if capacity < need {
            return None;
        }
        table.try_reserve_exact(capacity - table.len()).ok()?;
        self.left = self.left.saturating_sub((table.capacity() - old) * size);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_grows_until_the_budget_is_spent() {
        let mut budget = Budget::new(100);
        let mut table: Vec<u64> = Vec::new();
        while budget.room(&mut table, 1).is_some() {
            table.push(0);
        }
        assert_eq!(table.len(), 12);
        budget.give_back(table);
        assert!(budget.room(&mut Vec::<u8>::new(), 100).is_some());
        assert!(budget.room(&mut Vec::<u8>::new(), 1).is_none());
    }

    #[test]
    fn more_than_memory_holds_is_refused_not_tried() {
        let mut budget = Budget::new(u64::MAX);
        assert!(budget.room(&mut Vec::<u64>::new(), usize::MAX).is_none());
        assert!(
            budget
                .room(&mut Vec::<u64>::new(), usize::MAX / 16)
                .is_none()
        );
    }
}
