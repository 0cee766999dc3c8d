//! The order of nodes and edges (pprof-behaviour 4.5), made total: what Go leaves to chance is
//! settled by the row of the node.

use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};

use super::edge::{Edge, Edges};
use super::node::{NodeId, Nodes, Weight};
use crate::go::num::truncate;

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
        self.sort_by(nodes, |node| {
            let weight = self.weight(node);
            match sort {
                Sort::Flat => (weight.flat, weight.cum),
                Sort::Cum => (weight.cum, weight.flat),
            }
        });
    }

    /// Sorts nodes for a picture: those first that are heavy and where ways part (pprof-behaviour
    /// 4.5, dot).
    pub(super) fn sort_by_score(&self, nodes: &mut [NodeId], edges: &Edges) {
        let scores = edges.scores(self);
        self.sort_by(nodes, |node| (scores[node.at()], self.weight(node).flat));
    }

    /// Greater weights first, by their first parts, names, then their second parts. Names are only
    /// made where weights tie, and then once a node; an address that both have comes first in both
    /// names, sixteen digits wide, so that their order is the order of the numbers and no name is made.
    fn sort_by(&self, nodes: &mut [NodeId], weights: impl Fn(NodeId) -> (i64, i64)) {
        // Go's abs of the smallest integer stays negative.
        let first = |node: NodeId| Reverse(weights(node).0.wrapping_abs());
        let second = |node: NodeId| Reverse(weights(node).1.wrapping_abs());
        nodes.sort_unstable_by_key(|node| (first(*node), *node));
        for tied in nodes.chunk_by_mut(|a, b| first(*a) == first(*b)) {
            if tied.len() < 2 {
                continue;
            }
            let has_address = |node: &NodeId| self.key(*node).address != 0;
            let whole = !tied.iter().all(has_address);
            let name = |node: &NodeId| match whole {
                true => (self.printable(*node), *node),
                false => (Cow::Borrowed(&[][..]), *node),
            };
            let mut named: Vec<(Cow<[u8]>, NodeId)> = tied.iter().map(name).collect();
            named.sort_unstable_by(|(name_a, a), (name_b, b)| {
                let names = match whole {
                    true => name_a.cmp(name_b),
                    false => self.compare_names(*a, *b),
                };
                names
                    .then_with(|| second(*a).cmp(&second(*b)))
                    .then_with(|| self.dump(*a).cmp(&self.dump(*b)))
                    .then(a.cmp(b))
            });
            for (place, (_, node)) in tied.iter_mut().zip(named) {
                *place = node;
            }
        }
    }

    /// The order of two printed names, which are made only where nothing shorter tells.
    fn compare_names(&self, a: NodeId, b: NodeId) -> Ordering {
        let addresses = (self.key(a).address, self.key(b).address);
        match addresses {
            _ if a == b => Ordering::Equal,
            (1.., 1..) if addresses.0 != addresses.1 => addresses.0.cmp(&addresses.1),
            _ => self.printable(a).cmp(&self.printable(b)),
        }
    }

    /// Sorts edges: heaviest first, then by the names of both ends.
    pub(crate) fn sort_edges(&self, edges: &mut [&Edge]) {
        edges.sort_unstable_by(|a, b| self.compare_edges(a, b));
    }

    pub(super) fn compare_edges(&self, a: &Edge, b: &Edge) -> Ordering {
        let weight = |edge: &Edge| Reverse(edge.weight.wrapping_abs());
        weight(a)
            .cmp(&weight(b))
            .then_with(|| self.compare_names(a.from, b.from))
            .then_with(|| self.compare_names(a.to, b.to))
            .then((a.from, a.to).cmp(&(b.from, b.to)))
    }
}

impl Edges {
    /// How interesting each node is to look at, by row: its weight, the more the evener its calls
    /// are spread. Signed 64-bit with Go's conversions, so that what overflows there does here.
    fn scores(&self, nodes: &Nodes<'_>) -> Vec<i64> {
        let mut into = vec![Spread::default(); nodes.len()];
        let mut out = vec![Spread::default(); nodes.len()];
        for (node, spread) in nodes.ids().zip(&mut out) {
            spread.own = nodes.weight(node).flat;
            spread.total = spread.own;
        }
        for edge in self.iter() {
            into[edge.to.at()].count(edge.weight);
            out[edge.from.at()].count(edge.weight);
        }
        for edge in self.iter() {
            into[edge.to.at()].add(edge.weight);
            out[edge.from.at()].add(edge.weight);
        }
        let score = |node: NodeId| {
            let Weight { flat, cum, .. } = *nodes.weight(node);
            let spread = into[node.at()].entropy() + out[node.at()].entropy();
            truncate(spread * cum as f64).wrapping_add(flat)
        };
        nodes.ids().map(score).collect()
    }
}

/// How a node's weight is spread over edges.
#[derive(Debug, Default, Clone, Copy)]
struct Spread {
    edges: usize,
    /// What stays at the node.
    own: i64,
    /// Of the edges that weigh more than nothing, and `own`.
    total: i64,
    sum: f64,
}

impl Spread {
    fn count(&mut self, weight: i64) {
        self.edges += 1;
        self.total = self.total.wrapping_add(weight.max(0));
    }

    /// Adds an edge's part; an edge of weight 0 makes the sum no number, as in pprof.
    fn add(&mut self, weight: i64) {
        if self.total != 0 {
            let part = weight.wrapping_abs() as f64 / self.total as f64;
            self.sum += -part * part.log2();
        }
    }

    fn entropy(mut self) -> f64 {
        if self.edges == 0 {
            return 1.0;
        }
        if self.own > 0 {
            self.add(self.own);
        }
        self.sum
    }
}
