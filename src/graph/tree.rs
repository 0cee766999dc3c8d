//! The call tree: a node for each way to get to it (`call_tree`, pprof-behaviour 4.2).
//!
//! A context is a row of [`Nodes`] like any other, so that trimming, orders and reports need not know
//! which of the two they have. Rows are numbered parents first.

use super::edge::{Edge, Edges};
use super::node::{NodeId, Nodes, Weighing, Weight};
use crate::error::{Error, Result};
use crate::hash::Map;
use crate::measure;

/// What a context takes of memory at most, its edge and its place in the order included.
const BYTES: u64 = 160;

/// How contexts hang together.
#[derive(Debug, Default)]
pub(super) struct Tree {
    contexts: Vec<Context>,
    /// Row by parent's row + 1 (0 is none) and node.
    rows: Map<u64, NodeId>,
}

/// One way to get to a node.
#[derive(Debug, Clone, Copy)]
struct Context {
    node: NodeId,
    parent: Option<NodeId>,
    /// Whether every sample gets here by an inlined call.
    inline: bool,
}

impl Tree {
    /// The row above a row.
    pub(super) fn parent(&self, row: NodeId) -> Option<NodeId> {
        self.contexts[row.at()].parent
    }

    /// What a row is a context of.
    pub(super) fn node(&self, row: NodeId) -> NodeId {
        self.contexts[row.at()].node
    }

    /// The rows along a stack's nodes, root first; the tree has them all.
    pub(super) fn path(&self, nodes: impl Iterator<Item = NodeId>, rows: &mut Vec<NodeId>) {
        for node in nodes {
            match self.rows.get(&key(rows.last().copied(), node)) {
                Some(row) => rows.push(*row),
                None => return,
            }
        }
    }

    /// The row of `node` below `parent`, made when it is missing.
    fn descend(&mut self, parent: Option<NodeId>, node: NodeId, inline: bool) -> NodeId {
        let next = NodeId::new(self.contexts.len());
        let row = *self.rows.entry(key(parent, node)).or_insert(next);
        if row == next {
            self.contexts.push(Context {
                node,
                parent,
                inline,
            });
        }
        self.contexts[row.at()].inline &= inline;
        row
    }
}

fn key(parent: Option<NodeId>, node: NodeId) -> u64 {
    let parent = parent.map_or(0, |parent| parent.at() as u64 + 1);
    parent << 32 | node.at() as u64
}

impl<'v> Nodes<'v> {
    /// The contexts of these nodes, with the values of the view's samples.
    ///
    /// # Errors
    /// They would take more than `room` bytes: where each sample has a stack of its own, there are as many contexts
    /// as frames. Nothing of what is there already is lost by it.
    pub(crate) fn in_context(mut self, weighing: Weighing, room: u64) -> Result<Nodes<'v>> {
        let most = usize::try_from(room / BYTES).unwrap_or(usize::MAX);
        let mut tree = Tree::default();
        let mut weights: Vec<Weight> = Vec::new();
        self.view().scan(|row| {
            let (value, divisor) = weighing.of(row.values);
            if value == 0 && divisor == 0 || tree.contexts.len() > most {
                return;
            }
            let mut parent = None;
            for location in row.stack.iter().rev() {
                let frames = self.of(*location);
                for (at, &node) in frames.iter().enumerate().rev() {
                    let row = tree.descend(parent, node, at + 1 < frames.len());
                    if row.at() == weights.len() {
                        weights.push(Weight::default());
                    }
                    weights[row.at()].pass(value, divisor);
                    parent = Some(row);
                }
            }
            if let Some(leaf) = parent {
                weights[leaf.at()].end(value, divisor);
            }
        })?;
        if tree.contexts.len() > most {
            return Err(too_large(room));
        }
        self.set_tree(tree, weights);
        Ok(self)
    }
}

fn too_large(room: u64) -> Error {
    let room = measure::label(i64::try_from(room).unwrap_or(i64::MAX), b"bytes");
    Error::report(format!(
        "the call tree needs more than the {} of memory that may be taken: narrow it down (focus, show_from, \
         prune_from), leave call_tree off, or allow more (-mem)",
        String::from_utf8_lossy(&room)
    ))
}

impl Edges {
    /// The edges of a call tree, children in the order of their rows; none where the nodes are no
    /// contexts.
    pub(super) fn of_tree(nodes: &Nodes<'_>) -> Edges {
        let contexts = nodes.tree().map_or(&[][..], |tree| &tree.contexts);
        let edges = contexts.iter().enumerate().filter_map(|(row, context)| {
            let to = NodeId::new(row);
            let weight = nodes.weight(to);
            Some(Edge {
                from: context.parent?,
                to,
                weight: weight.cum,
                weight_div: weight.cum_div,
                inline: context.inline,
                residual: false,
                last: 0,
            })
        });
        Edges {
            edges: edges.collect(),
        }
    }

    /// Takes nodes out of a call tree: what they called hangs on what called them, or on nothing.
    pub(super) fn splice(&mut self, removed: &[bool]) {
        // Parents come first, so the edge into a removed parent has already been led past it.
        let mut into: Vec<Option<Edge>> = vec![None; removed.len()];
        for edge in &self.edges {
            let mut edge = edge.clone();
            if removed[edge.from.at()] {
                let Some(above) = &into[edge.from.at()] else {
                    continue;
                };
                edge.from = above.from;
                edge.inline &= above.inline;
                edge.residual = true;
            }
            let to = edge.to.at();
            into[to] = Some(edge);
        }
        let left = into.into_iter().flatten();
        self.edges = left.filter(|edge| !removed[edge.to.at()]).collect();
    }
}
