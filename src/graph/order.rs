//! The order of nodes and edges (pprof-behaviour 4.5), made total: what Go leaves to chance is
//! settled by the row of the node.

use std::cmp::{Ordering, Reverse};

use super::edge::Edge;
use super::node::{NodeId, Nodes};

/// The order of a report's nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Greatest flat first.
    Flat,
    /// Greatest cum first.
    Cum,
}

impl Nodes<'_> {
    /// Sorts nodes for a report.
    pub(crate) fn sort(&self, nodes: &mut [NodeId], sort: Sort) {
        nodes.sort_unstable_by(|a, b| self.compare(*a, *b, sort));
    }

    fn compare(&self, a: NodeId, b: NodeId, sort: Sort) -> Ordering {
        let weights = |node: NodeId| {
            let weight = self.weight(node);
            // Go's abs of the smallest integer stays negative.
            let (flat, cum) = (weight.flat.wrapping_abs(), weight.cum.wrapping_abs());
            match sort {
                Sort::Flat => (Reverse(flat), Reverse(cum)),
                Sort::Cum => (Reverse(cum), Reverse(flat)),
            }
        };
        let ((first_a, second_a), (first_b, second_b)) = (weights(a), weights(b));
        first_a
            .cmp(&first_b)
            .then_with(|| self.compare_printable(a, b))
            .then(second_a.cmp(&second_b))
            .then_with(|| self.dump(a).cmp(&self.dump(b)))
            .then(a.cmp(&b))
    }

    /// Sorts edges: heaviest first, then by the names of both ends.
    pub(crate) fn sort_edges(&self, edges: &mut [&Edge]) {
        edges.sort_unstable_by(|a, b| {
            let weight = |edge: &Edge| Reverse(edge.weight.wrapping_abs());
            weight(a)
                .cmp(&weight(b))
                .then_with(|| self.printable(a.from).cmp(&self.printable(b.from)))
                .then_with(|| self.printable(a.to).cmp(&self.printable(b.to)))
                .then((a.from, a.to).cmp(&(b.from, b.to)))
        });
    }
}
