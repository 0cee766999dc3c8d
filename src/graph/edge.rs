//! Edges: which node called which, and how much passed.

use super::node::{NodeId, Nodes, Weighing, mean};
use crate::error::Result;
use crate::hash::Map;

/// A call from one node to another, or what is left of it when nodes between them are gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edge {
    /// Caller.
    pub from: NodeId,
    /// Callee.
    pub to: NodeId,
    /// Sum of the samples that take it, each once.
    pub weight: i64,
    /// Divisor of `weight` for means.
    pub weight_div: i64,
    /// Whether every sample takes it as an inlined call.
    pub inline: bool,
    /// Whether a sample takes it over nodes that are gone.
    pub residual: bool,
    /// The sample that last took it.
    pub(super) last: u32,
}

impl Edge {
    /// `weight`, or its mean.
    pub(crate) fn weight_value(&self) -> i64 {
        mean(self.weight, self.weight_div)
    }
}

/// Which edges to draw.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// The nodes that are left, by row; `None` is all, those that add up to nothing too.
    pub kept: Option<&'a [bool]>,
    /// The nodes whose edges are of interest.
    pub at: At<'a>,
}

/// Nodes whose edges are of interest, by row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum At<'a> {
    /// All of them.
    All,
    /// The edges into these.
    Into(&'a [bool]),
    /// The edges into these and out of them.
    Both(&'a [bool]),
}

/// What a node is to the edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// Trimmed: edges jump over it.
    Gone,
    /// Edges may leave it.
    Kept,
    /// Edges may leave it, and those into it are wanted; those out of it where both are.
    Wanted,
}

impl Wanted<'_> {
    fn marks(&self, nodes: usize) -> Vec<Mark> {
        let kept = |row: usize| self.kept.is_none_or(|kept| kept[row]);
        let wanted = |row: usize| match self.at {
            At::All => true,
            At::Into(rows) | At::Both(rows) => rows[row],
        };
        (0..nodes)
            .map(|row| match (kept(row), wanted(row)) {
                (false, _) => Mark::Gone,
                (true, false) => Mark::Kept,
                (true, true) => Mark::Wanted,
            })
            .collect()
    }
}

/// The edges between nodes.
#[derive(Debug, Default)]
pub(crate) struct Edges {
    pub(super) edges: Vec<Edge>,
}

impl Edges {
    /// Draws the wanted edges of all samples (pprof-behaviour 4.2).
    pub(crate) fn draw(nodes: &Nodes<'_>, weighing: Weighing, wanted: Wanted<'_>) -> Result<Edges> {
        let mut drawing = Drawing::default();
        let marks = wanted.marks(nodes.len());
        let both = matches!(wanted.at, At::Both(_));
        nodes.view().scan(|row| {
            let (value, divisor) = weighing.of(row.values);
            if value == 0 && divisor == 0 {
                return;
            }
            drawing.serial = drawing.serial.wrapping_add(1);
            let mut parent: Option<(NodeId, Mark)> = None;
            let mut residual = false;
            for location in row.stack.iter().rev() {
                let frames = nodes.of(*location);
                for (at, &node) in frames.iter().enumerate().rev() {
                    let mark = marks[node.at()];
                    if mark == Mark::Gone {
                        residual = true;
                        continue;
                    }
                    if let Some((parent, caller)) = parent
                        && (mark == Mark::Wanted || both && caller == Mark::Wanted)
                        && parent != node
                    {
                        let call = Call {
                            from: parent,
                            to: node,
                            inline: at + 1 < frames.len(),
                            residual,
                        };
                        drawing.add(call, value, divisor);
                    }
                    parent = Some((node, mark));
                    residual = false;
                }
            }
        })?;
        Ok(Edges {
            edges: drawing.edges,
        })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.edges.len()
    }

    /// All edges, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Edge> {
        self.edges.iter()
    }

    /// Keeps the edges that `keep` says to.
    pub(super) fn retain(&mut self, keep: impl FnMut(&Edge) -> bool) {
        self.edges.retain(keep);
    }

    /// The edges into each node, by row.
    #[expect(
        clippy::wrong_self_convention,
        reason = "the edges that lead into nodes"
    )]
    pub(crate) fn into_nodes(&self, count: usize) -> Vec<Vec<&Edge>> {
        self.by(count, |edge| edge.to)
    }

    /// The edges out of each node, by row.
    pub(crate) fn out_of_nodes(&self, count: usize) -> Vec<Vec<&Edge>> {
        self.by(count, |edge| edge.from)
    }

    fn by(&self, count: usize, end: impl Fn(&Edge) -> NodeId) -> Vec<Vec<&Edge>> {
        let mut lists = vec![Vec::new(); count];
        for edge in &self.edges {
            lists[end(edge).at()].push(edge);
        }
        lists
    }
}

#[derive(Default)]
struct Drawing {
    edges: Vec<Edge>,
    rows: Map<u64, u32>,
    serial: u32,
}

/// One sample's way from a node to the next one.
struct Call {
    from: NodeId,
    to: NodeId,
    inline: bool,
    residual: bool,
}

impl Drawing {
    fn add(&mut self, call: Call, value: i64, divisor: i64) {
        let pair = (call.from.at() as u64) << 32 | call.to.at() as u64;
        let next = self.edges.len();
        let row = *self.rows.entry(pair).or_insert(next as u32) as usize;
        if row == next {
            self.edges.push(Edge {
                from: call.from,
                to: call.to,
                weight: value,
                weight_div: divisor,
                inline: call.inline,
                residual: call.residual,
                last: self.serial,
            });
            return;
        }
        let edge = &mut self.edges[row];
        if edge.last == self.serial {
            return;
        }
        edge.last = self.serial;
        edge.weight = edge.weight.wrapping_add(value);
        edge.weight_div = edge.weight_div.wrapping_add(divisor);
        edge.inline &= call.inline;
        edge.residual |= call.residual;
    }
}
