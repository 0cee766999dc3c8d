//! Residual edges that say nothing new: where their end can be reached another way, they go
//! (pprof-behaviour 4.3, dot).

use super::edge::{Edge, Edges};
use super::node::{NodeId, Nodes};

impl Edges {
    /// Leaves out redundant residual edges: of the last shown node first, and of each node the
    /// lightest first, up to the first that is not residual.
    pub(super) fn drop_redundant(&mut self, nodes: &Nodes<'_>, shown: &[NodeId]) {
        if !self.iter().any(|edge| edge.residual) {
            return;
        }
        let mut into: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
        for (row, edge) in self.edges.iter().enumerate() {
            into[edge.to.at()].push(row);
        }
        let mut gone = vec![false; self.edges.len()];
        for node in shown.iter().rev() {
            let mut rows = into[node.at()].clone();
            rows.sort_unstable_by(|a, b| nodes.compare_edges(&self.edges[*a], &self.edges[*b]));
            for row in rows.into_iter().rev() {
                if !self.edges[row].residual {
                    break;
                }
                gone[row] = is_redundant(row, &self.edges, &into, &gone);
            }
        }
        let mut gone = gone.into_iter();
        self.edges.retain(|_| gone.next() != Some(true));
    }
}

/// Whether the end of an edge can be reached from its start without it.
fn is_redundant(edge: usize, edges: &[Edge], into: &[Vec<usize>], gone: &[bool]) -> bool {
    let Edge { from, to, .. } = edges[edge];
    let mut seen = vec![false; into.len()];
    seen[to.at()] = true;
    let mut queue = vec![to];
    while let Some(node) = queue.pop() {
        for &row in &into[node.at()] {
            let caller = edges[row].from;
            if row == edge || gone[row] || seen[caller.at()] {
                continue;
            }
            if caller == from {
                return true;
            }
            seen[caller.at()] = true;
            queue.push(caller);
        }
    }
    false
}
