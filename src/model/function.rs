//! Functions: names and where they start.

use super::{Budget, Str};

/// All functions, in file order.
#[derive(Debug, Default, Clone)]
pub(crate) struct Functions {
    /// The file's own ids, unique and not 0.
    pub id: Vec<u64>,
    /// Names as reports print them.
    pub name: Vec<Str>,
    /// Names as the linker knows them.
    pub system_name: Vec<Str>,
    /// Source files, as the compiler wrote them.
    pub filename: Vec<Str>,
    /// First lines, 0 where unknown.
    pub start_line: Vec<i64>,
}

impl Functions {
    /// How many functions there are.
    pub(crate) fn len(&self) -> usize {
        self.id.len()
    }

    /// Makes room for one more function; `None` when the budget is spent.
    pub(crate) fn room(&mut self, budget: &mut Budget) -> Option<()> {
        budget.room(&mut self.id, 1)?;
        budget.room(&mut self.name, 1)?;
        budget.room(&mut self.system_name, 1)?;
        budget.room(&mut self.filename, 1)?;
        budget.room(&mut self.start_line, 1)
    }
}
