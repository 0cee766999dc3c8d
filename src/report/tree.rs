//! `tree` and `peek`: each node between its callers and callees (pprof-behaviour 6.2, 6.3).

use super::Input;
use super::header::{graph_lines, write_lines};
use super::sink::{Role, Sink, put};
use crate::error::{Error, Result};
use crate::go::fmt::pad_left;
use crate::graph::{self, At, Edge, Edges, NodeId, Nodes, Trimmed, trim};
use crate::measure::percentage;

const SEPARATOR: &[u8] =
    b"----------------------------------------------------------+-------------\n";
const LEGEND: &[u8] =
    b"      flat  flat%   sum%        cum   cum%   calls calls% + context \t \t \n";

/// Writes the report; with a pattern only the nodes whose printed names match.
pub(super) fn write(input: &mut Input<'_>, out: &mut dyn Sink) -> Result<()> {
    let nodes = input.nodes(false)?;
    let trimmed = trim(&nodes, &input.options.trim);
    input.choose_unit(&nodes, &trimmed);
    let printed = chosen(input, &nodes, &trimmed.shown)?;
    let edges = edges(input, &nodes, (&trimmed, &printed))?;
    let (mut into, mut out_of) = (
        edges.into_nodes(nodes.len()),
        edges.out_of_nodes(nodes.len()),
    );

    write_lines(&graph_lines(input, &nodes, &trimmed), out)?;
    out.write_all(SEPARATOR)?;
    put(out, Role::Heading, LEGEND)?;
    let mut sum = 0i64;
    for node in printed {
        out.write_all(SEPARATOR)?;
        let cum = nodes.weight(node).cum_value();
        let callers = &mut into[node.at()];
        nodes.sort_edges(callers);
        for edge in callers {
            write_edge(input, &nodes, (edge, edge.from), cum, out)?;
        }
        sum = sum.wrapping_add(nodes.weight(node).flat_value());
        write_node(input, &nodes, (node, sum), out)?;
        let callees = &mut out_of[node.at()];
        nodes.sort_edges(callees);
        for edge in callees {
            write_edge(input, &nodes, (edge, edge.to), cum, out)?;
        }
    }
    if !trimmed.shown.is_empty() {
        out.write_all(SEPARATOR)?;
    }
    Ok(())
}

/// The nodes to print: all that are shown, or those that match the pattern.
pub(super) fn chosen(
    input: &Input<'_>,
    nodes: &Nodes<'_>,
    shown: &[NodeId],
) -> Result<Vec<NodeId>> {
    let Some(pattern) = &input.options.pattern else {
        return Ok(shown.to_vec());
    };
    let matches = |node: &NodeId| pattern.is_match(&nodes.printable(*node));
    let chosen: Vec<NodeId> = shown.iter().copied().filter(matches).collect();
    match chosen.is_empty() {
        true => Err(no_match(pattern.source())),
        false => Ok(chosen),
    }
}

/// The edges of the nodes that are printed.
pub(super) fn edges(
    input: &Input<'_>,
    nodes: &Nodes<'_>,
    (trimmed, printed): (&Trimmed, &[NodeId]),
) -> Result<Edges> {
    let rows = graph::rows(nodes, printed);
    let at = match input.options.pattern {
        Some(_) => At::Both(&rows),
        None => At::All,
    };
    trimmed.edges(nodes, input.options.weighing, at)
}

/// What peek and list say when nothing matches their pattern.
pub(super) fn no_match(pattern: &[u8]) -> Error {
    let pattern = String::from_utf8_lossy(pattern);
    Error::no_match(format!("no matches found for regexp: {pattern}"))
}

fn write_edge(
    input: &Input<'_>,
    nodes: &Nodes<'_>,
    (edge, end): (&Edge, NodeId),
    cum: i64,
    out: &mut dyn Sink,
) -> Result<()> {
    put(out, Role::Number, &pad_left(&input.value(edge.weight), 50))?;
    write!(out, " {} |   ", percentage(edge.weight, cum))?;
    put(out, Role::Name, &nodes.printable(end))?;
    out.write_all(if edge.inline { b" (inline)\n" } else { b"\n" })?;
    Ok(())
}

fn write_node(
    input: &Input<'_>,
    nodes: &Nodes<'_>,
    (node, sum): (NodeId, i64),
    out: &mut dyn Sink,
) -> Result<()> {
    let weight = nodes.weight(node);
    let (flat, cum) = (weight.flat_value(), weight.cum_value());
    put(out, Role::Hot, &pad_left(&input.value(flat), 10))?;
    write!(out, " {} {} ", input.percent(flat), input.percent(sum))?;
    put(out, Role::Hot, &pad_left(&input.value(cum), 10))?;
    write!(out, " {}                | ", input.percent(cum))?;
    put(out, Role::Name, &nodes.printable(node))?;
    out.write_all(b"\n")?;
    Ok(())
}
