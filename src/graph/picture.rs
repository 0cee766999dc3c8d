//! What a drawn graph shows: nodes that are interesting to look at, their edges and tags
//! (pprof-behaviour 4.3, dot).

use super::edge::{At, Edges};
use super::node::{NodeId, Nodes, Weighing};
use super::tag::{TagUnits, Tags, tags};
use super::trim::{Trim, Trimmed, rows};
use crate::error::Result;
use crate::hash::Map;

/// A node has at most so many string tags, and each of them so many numeric ones.
pub(crate) const MOST_NODELETS: usize = 4;

/// A graph as it is to be drawn.
#[derive(Debug)]
pub(crate) struct Picture {
    /// The nodes to show, and what was left out.
    pub trimmed: Trimmed,
    /// The edges that are left.
    pub edges: Edges,
    /// How many edges were too light.
    pub dropped_edges: usize,
    /// The tags of each shown node, in order.
    pub tags: Vec<Tags>,
}

/// Chooses what to draw of the nodes, which may be contexts of a call tree.
pub(crate) fn picture(
    nodes: &Nodes<'_>,
    trim: &Trim,
    weighing: Weighing,
    units: TagUnits<'_>,
) -> Result<Picture> {
    let mut trimmed = trim.large_nodes(nodes);
    let mut edges = trimmed.draw(nodes, weighing, At::All)?;
    if nodes.tree().is_some() && trimmed.dropped > 0 {
        let before: Vec<NodeId> = nodes.ids().filter(|n| trim.counts(nodes, *n)).collect();
        edges.splice(&removed(nodes, &before, &trimmed.shown));
    }
    nodes.sort_by_score(&mut trimmed.shown, &edges);
    let most = usize::try_from(trim.node_count).unwrap_or(0);
    let first = match most {
        0 => &trimmed.shown[..],
        most => &trimmed.shown[..most.min(trimmed.shown.len())],
    };
    let mut tags: Map<NodeId, Tags> = first
        .iter()
        .copied()
        .zip(tags(nodes, weighing, first, units)?)
        .collect();
    for tags in tags.values_mut() {
        tags.drop_light(trimmed.node_cutoff);
    }
    if most > 0 {
        let count = count(first, &tags, most);
        trimmed.drop_light(nodes, &mut edges);
        let before = trimmed.shown.clone();
        if trimmed.keep_first(nodes, count) {
            match nodes.tree() {
                None => edges = trimmed.draw(nodes, weighing, At::All)?,
                Some(_) => edges.splice(&removed(nodes, &before, &trimmed.shown)),
            }
            nodes.sort_by_score(&mut trimmed.shown, &edges);
        }
    }
    let dropped_edges = trimmed.drop_light(nodes, &mut edges);
    edges.drop_redundant(nodes, &trimmed.shown);
    let shown = trimmed.shown.iter();
    Ok(Picture {
        tags: shown.map(|n| tags.remove(n).unwrap_or_default()).collect(),
        trimmed,
        edges,
        dropped_edges,
    })
}

/// How many nodes are shown when each counts with its tags.
fn count(nodes: &[NodeId], tags: &Map<NodeId, Tags>, most: usize) -> usize {
    let mut sum = 0;
    let enough = nodes.iter().position(|node| {
        let tags = tags.get(node).map_or(0, Tags::count);
        sum += 1 + tags.min(MOST_NODELETS);
        sum >= most
    });
    enough.map_or(nodes.len(), |last| last + 1)
}

fn removed(nodes: &Nodes<'_>, before: &[NodeId], after: &[NodeId]) -> Vec<bool> {
    let mut removed = rows(nodes, before);
    for node in after {
        removed[node.at()] = false;
    }
    removed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Sort;
    use crate::graph::path::PathTrim;
    use crate::model::fixture::profile;
    use crate::view::{Base, FUNCTIONS, LabelUnits, View};

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

    /// Nodes as `name flat cum`, then edges in their order, then `dropped N`.
    fn drawn(text: &str, how: &Trim, call_tree: bool) -> Vec<String> {
        let base = Base::plain(profile(text));
        let (labels, _) = LabelUnits::of(&base.profile).unwrap();
        let mut view = View::new(&base);
        view.detail = FUNCTIONS;
        let mut nodes = Nodes::weighed(&view, &PathTrim::default(), false, FIRST).unwrap();
        if call_tree {
            nodes = Nodes::new(&view, None, false)
                .in_context(FIRST, u64::MAX)
                .unwrap();
        }
        let units = TagUnits {
            labels: &labels,
            shown: b"minimum",
        };
        let picture = picture(&nodes, how, FIRST, units).unwrap();
        let name = |node| String::from_utf8(nodes.printable(node).into_owned()).unwrap();
        let mut lines = Vec::new();
        for (node, tags) in picture.trimmed.shown.iter().zip(&picture.tags) {
            let weight = nodes.weight(*node);
            let mut line = format!("{} {} {}", name(*node), weight.flat, weight.cum);
            for tag in &tags.labels {
                let tag_name = String::from_utf8_lossy(&tag.name);
                line += &format!(" {tag_name}={}/{}", tag.weight.flat, tag.weight.cum);
            }
            lines.push(line);
        }
        let mut edges: Vec<_> = picture.edges.iter().collect();
        nodes.sort_edges(&mut edges);
        for edge in edges {
            let arrow = if edge.residual { "..." } else { "->" };
            let inline = if edge.inline { " inline" } else { "" };
            let ends = format!("{}{arrow}{}", name(edge.from), name(edge.to));
            lines.push(format!("{ends} {}{inline}", edge.weight));
        }
        if picture.dropped_edges > 0 {
            lines.push(format!("dropped {}", picture.dropped_edges));
        }
        lines
    }

    #[test]
    fn an_edge_over_dropped_nodes_is_residual() {
        let how = Trim {
            node_fraction: 0.5,
            ..ALL
        };
        let lines = drawn("a;x;b 5\na;y;b 5", &ALL, false);
        assert_eq!(lines[4..], ["a->x 5", "a->y 5", "x->b 5", "y->b 5"]);
        let how = Trim {
            node_fraction: 0.6,
            ..how
        };
        assert_eq!(
            drawn("a;x;b 5\na;y;b 5", &how, false),
            ["b 10 10", "a 0 10", "a...b 10"]
        );
    }

    #[test]
    fn residual_edges_go_where_there_is_another_way() {
        // x goes; a...c is residual and lighter than b->c, and a->b->c leads there too.
        let text = "a;b;c 50\na;x;c 3\na;d 47";
        let how = Trim {
            node_fraction: 0.05,
            ..ALL
        };
        let lines = drawn(text, &how, false);
        assert_eq!(lines[4..], ["a->b 50", "b->c 50", "a->d 47"]);
        // Heavier than an edge that is not residual it stays.
        let text = "a;b;c 2\na;b 40\na;x;c 8\na;d 50";
        let how = Trim {
            node_fraction: 0.09,
            ..ALL
        };
        let lines = drawn(text, &how, false);
        assert_eq!(lines[4..], ["a->d 50", "a->b 42", "a...c 8", "b->c 2"]);
    }

    #[test]
    fn tags_count_as_nodes_up_to_four() {
        let text = "a{k=one} 90\nb 50\nc 40\nd 30";
        let shown = |node_count| {
            let how = Trim { node_count, ..ALL };
            drawn(text, &how, false).len()
        };
        assert_eq!([1, 2, 3, 4].map(shown), [1, 1, 2, 3]);
        let many: String = (0..9).map(|n| format!("a{{k=v{n}x}} 100\n")).collect();
        let how = |node_count| Trim { node_count, ..ALL };
        let shown = |count| drawn(&(many.clone() + "b 1\nc 1"), &how(count), false).len();
        assert_eq!([5, 6, 7].map(shown), [1, 2, 3]);
    }

    #[test]
    fn light_edges_are_counted_only_where_they_were_not_left_out_before() {
        let how = Trim {
            edge_fraction: 0.1,
            ..ALL
        };
        let text = "a;b 95\na;c 5";
        assert_eq!(drawn(text, &how, false)[3..], ["a->b 95", "dropped 1"]);
        let how = Trim {
            node_count: 80,
            ..how
        };
        assert_eq!(drawn(text, &how, false)[3..], ["a->b 95"]);
    }

    #[test]
    fn a_call_tree_has_a_node_for_each_way() {
        assert_eq!(
            drawn("a;c 1\nb;c 2\nc;c 4", &ALL, true),
            [
                "c 4 4", "c 2 2", "c 0 4", "b 0 2", "c 1 1", "a 0 1", "c->c 4", "b->c 2", "a->c 1"
            ]
        );
    }

    #[test]
    fn what_a_trimmed_context_called_hangs_on_its_caller() {
        let how = Trim {
            node_count: 2,
            ..ALL
        };
        // Kept are the two heaviest; x>y is a call inlined into x.
        let lines = drawn("a;x>y 5\na 9", &how, true);
        assert_eq!(lines, ["a 9 14", "y 5 5", "a...y 5"]);
    }

    #[test]
    fn an_edge_of_weight_nothing_puts_its_end_last_or_with_flat_first() {
        // The entropy of b's callers is no number: its score is the smallest integer, plus flat.
        let lines = drawn("a;b 5\na;b -5\nc;b 7\nd 1", &ALL, false);
        assert_eq!(lines[..3], ["b 7 7", "c 0 7", "d 1 1"]);
        let lines = drawn("a;b;e 5\na;b;e -5\nc;b;e 7\nd 1", &ALL, false);
        assert_eq!(lines[..4], ["e 7 7", "c 0 7", "d 1 1", "b 0 7"]);
    }

    #[test]
    fn the_mark_of_a_base_is_no_tag() {
        let text = "a{pprof::base=true,k=v} -2\na{k=v} 3\nb{pprof::base=true} -4";
        let lines = drawn(text, &ALL, false);
        assert_eq!(lines, ["b -4 -4", "a 1 1 k:v=1/1"]);
    }
}
