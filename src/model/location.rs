//! Locations: one instruction each, with the lines (inlined calls) that it stands for.

use super::{Budget, FunctionId, MappingId, Ragged};

/// All locations, in file order.
#[derive(Debug, Default, Clone)]
pub(crate) struct Locations {
    /// The file's own ids, unique and not 0.
    pub id: Vec<u64>,
    /// Instruction addresses, 0 where unknown.
    pub address: Vec<u64>,
    /// The binary that the address lies in.
    pub mapping: Vec<Option<MappingId>>,
    /// Leaf first: the last line is the function that the instruction was compiled into, the
    /// others are inlined into it.
    pub lines: Ragged<Line>,
    /// Whether several addresses were folded into this one.
    pub folded: Vec<bool>,
}

impl Locations {
    /// How many locations there are.
    pub(crate) fn len(&self) -> usize {
        self.id.len()
    }

    /// Makes room for one more location with `lines` lines; `None` when the budget is spent.
    pub(crate) fn room(&mut self, lines: usize, budget: &mut Budget) -> Option<()> {
        budget.room(&mut self.id, 1)?;
        budget.room(&mut self.address, 1)?;
        budget.room(&mut self.mapping, 1)?;
        budget.room(&mut self.folded, 1)?;
        self.lines.room(lines, budget)
    }
}

/// A source line of a function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Line {
    /// The function.
    pub function: FunctionId,
    /// Line number, 0 where unknown.
    pub line: i64,
    /// Column, 0 where unknown.
    pub column: i64,
}
