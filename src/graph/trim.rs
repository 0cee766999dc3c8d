//! Trimming: which nodes and edges a report shows (pprof-behaviour 4.3).

use super::Sort;
use super::edge::{At, Edges, Wanted};
use super::node::{NodeId, Nodes, Weighing};
use crate::error::Result;
use crate::go::num::truncate;

/// How much to show.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trim {
    /// At most so many nodes; 0 and less is all.
    pub node_count: i64,
    /// Nodes whose cum is less than this part of the sum of flats go.
    pub node_fraction: f64,
    /// Edges lighter than this part of it go.
    pub edge_fraction: f64,
    /// The order that decides which nodes come first.
    pub sort: Sort,
    /// Nodes that lost weight go.
    pub drop_negative: bool,
}

impl Trim {
    /// Whether a node is there at all: it adds up to something, and drop_negative lets it.
    pub(crate) fn counts(&self, nodes: &Nodes<'_>, node: NodeId) -> bool {
        let weight = nodes.weight(node);
        match self.drop_negative {
            // As pprof-behaviour 4.4.
            true => weight.flat > 0 || weight.flat == 0 && weight.cum > 0,
            false => weight.flat != 0 || weight.cum != 0,
        }
    }
}

/// What a report shows.
#[derive(Debug)]
pub(crate) struct Trimmed {
    /// The nodes in order.
    pub shown: Vec<NodeId>,
    /// How many there were before `node_count`.
    pub original: usize,
    /// How many were too small.
    pub dropped: usize,
    /// The nodes that are left, by row; `None` where none was trimmed, and then the nodes that add
    /// up to nothing are not shown but keep their edges.
    kept: Option<Vec<bool>>,
    /// Nodes and tags below it are too small.
    pub(super) node_cutoff: i64,
    edge_cutoff: i64,
}

/// Chooses the nodes to show.
pub(crate) fn trim(nodes: &Nodes<'_>, trim: &Trim) -> Trimmed {
    let mut trimmed = trim.large_nodes(nodes);
    nodes.sort(&mut trimmed.shown, trim.sort);
    if let Ok(count @ 1..) = usize::try_from(trim.node_count) {
        trimmed.keep_first(nodes, count);
    }
    trimmed
}

impl Trim {
    /// The nodes that are not too small, in no order yet.
    pub(super) fn large_nodes(&self, nodes: &Nodes<'_>) -> Trimmed {
        let mut shown: Vec<NodeId> = nodes.ids().filter(|n| self.counts(nodes, *n)).collect();
        let total = shown
            .iter()
            .fold(0i64, |sum, node| sum.wrapping_add(nodes.weight(*node).flat));
        let cutoff = |fraction: f64| truncate(total as f64 * fraction).wrapping_abs();
        let node_cutoff = cutoff(self.node_fraction);
        let before = shown.len();
        if node_cutoff > 0 {
            shown.retain(|node| nodes.weight(*node).cum.wrapping_abs() >= node_cutoff);
        }
        let dropped = before - shown.len();
        Trimmed {
            original: shown.len(),
            dropped,
            kept: (dropped > 0).then(|| rows(nodes, &shown)),
            node_cutoff,
            edge_cutoff: cutoff(self.edge_fraction),
            shown,
        }
    }
}

impl Trimmed {
    /// Shows only the first nodes; tells whether that leaves any out. In a graph a cum of the smallest
    /// integer goes too: in Go its absolute value is less than nothing.
    pub(super) fn keep_first(&mut self, nodes: &Nodes<'_>, count: usize) -> bool {
        let before = self.shown.len();
        self.shown.truncate(count);
        if nodes.tree().is_none() {
            self.shown
                .retain(|node| nodes.weight(*node).cum != i64::MIN);
        }
        let fewer = self.shown.len() < before;
        if fewer {
            self.kept = Some(rows(nodes, &self.shown));
        }
        fewer
    }

    /// The edges between what is shown, and only those `at` some nodes.
    pub(crate) fn edges(&self, nodes: &Nodes<'_>, weighing: Weighing, at: At<'_>) -> Result<Edges> {
        let mut edges = self.draw(nodes, weighing, at)?;
        self.drop_light(nodes, &mut edges);
        Ok(edges)
    }

    /// The same, light ones too. In a call tree, all there are.
    pub(super) fn draw(&self, nodes: &Nodes<'_>, weighing: Weighing, at: At<'_>) -> Result<Edges> {
        if nodes.tree().is_some() {
            return Ok(Edges::of_tree(nodes));
        }
        let wanted = Wanted {
            kept: self.kept.as_deref(),
            at,
        };
        Edges::draw(nodes, weighing, wanted)
    }

    /// Leaves out light edges; tells how many. Only edges into shown nodes are weighed: those into
    /// nodes that add up to nothing stay.
    pub(super) fn drop_light(&self, nodes: &Nodes<'_>, edges: &mut Edges) -> usize {
        let shown = rows(nodes, &self.shown);
        let before = edges.len();
        edges.retain(|edge| !shown[edge.to.at()] || edge.weight.wrapping_abs() >= self.edge_cutoff);
        before - edges.len()
    }
}

/// Whether each node is among the chosen ones, by row.
pub(crate) fn rows(nodes: &Nodes<'_>, chosen: &[NodeId]) -> Vec<bool> {
    let mut rows = vec![false; nodes.len()];
    for node in chosen {
        rows[node.at()] = true;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::path::PathTrim;
    use crate::model::fixture::profile;
    use crate::view::{Base, FUNCTIONS, View};

    const ALL: Trim = Trim {
        node_count: 0,
        node_fraction: 0.0,
        edge_fraction: 0.0,
        sort: Sort::Flat,
        drop_negative: false,
    };
    const FIRST: Weighing = Weighing {
        index: 0,
        mean: false,
    };

    fn shown(text: &str, how: &Trim) -> Vec<String> {
        let base = Base::plain(profile(text));
        let mut view = View::new(&base);
        view.detail = FUNCTIONS;
        let nodes = Nodes::weighed(&view, &PathTrim::default(), false, FIRST).unwrap();
        let trimmed = trim(&nodes, how);
        let mut lines: Vec<String> = Vec::new();
        for node in &trimmed.shown {
            let weight = nodes.weight(*node);
            let name = String::from_utf8(nodes.printable(*node).into_owned()).unwrap();
            lines.push(format!("{name} {} {}", weight.flat, weight.cum));
        }
        let edges = trimmed.edges(&nodes, FIRST, At::All).unwrap();
        let lists = edges.into_nodes(nodes.len());
        for edge in lists.iter().flatten() {
            let name = |node| String::from_utf8(nodes.printable(node).into_owned()).unwrap();
            let mark = if edge.inline { " inline" } else { "" };
            lines.push(format!(
                "{}->{} {}{mark}",
                name(edge.from),
                name(edge.to),
                edge.weight
            ));
        }
        lines
    }

    #[test]
    fn recursion_counts_cum_and_edges_once() {
        let lines = shown("a;b;a;b 5", &ALL);
        assert_eq!(lines, ["b 5 5", "a 0 5", "b->a 5", "a->b 5"]);
    }

    #[test]
    fn a_real_call_clears_the_inline_mark() {
        assert_eq!(shown("a>b 2", &ALL), ["b 2 2", "a 0 2", "a->b 2 inline"]);
        assert_eq!(shown("a>b 2\na;b 1", &ALL)[2], "a->b 3");
    }

    #[test]
    fn edges_jump_over_trimmed_nodes_and_flat_is_not_passed_on() {
        let how = Trim {
            node_count: 2,
            sort: Sort::Cum,
            ..ALL
        };
        let lines = shown("a;x;b 5\na;y 2\na 1\nb 1", &how);
        assert_eq!(lines, ["a 1 8", "b 6 6", "a->b 5"]);
    }

    #[test]
    fn nodes_that_add_up_to_nothing_go_but_their_edges_stay() {
        let lines = shown("a;b 5\na;b -5\na 1", &ALL);
        assert_eq!(lines, ["a 1 1", "a->b 0"]);
    }

    #[test]
    fn small_nodes_are_dropped_strictly_below_the_cutoff() {
        let how = Trim {
            node_fraction: 0.1,
            ..ALL
        };
        let lines = shown("a 90\nb 10\nc 9", &how);
        assert_eq!(lines, ["a 90 90", "b 10 10"]);
    }
}
