//! `top`: a row a node (pprof-behaviour 6.1).

use std::borrow::Cow;

use super::Input;
use super::header::{graph_lines, write_lines};
use super::sink::{Role, Sink, put};
use crate::error::Result;
use crate::go::fmt::pad_left;
use crate::graph::{self, At, NodeId, Nodes, Trimmed, trim};

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row<'n> {
    pub(super) flat: i64,
    /// Running sum of the flats so far.
    sum: i64,
    pub(super) cum: i64,
    pub(super) name: Cow<'n, [u8]>,
    /// What follows the name where calls are inlined.
    pub(super) mark: &'static str,
}

/// Writes the report.
pub(super) fn write(input: &mut Input<'_>, out: &mut dyn Sink) -> Result<()> {
    let nodes = input.nodes(false)?;
    let trimmed = trim(&nodes, &input.options.trim);
    input.choose_unit(&nodes, &trimmed);
    let rows = rows(input, &nodes, &trimmed)?;
    write_lines(&graph_lines(input, &nodes, &trimmed), out)?;
    let title = "      flat  flat%   sum%        cum   cum%\n";
    put(out, Role::Heading, title.as_bytes())?;
    for row in rows {
        write_row(input, &row, out)?;
    }
    Ok(())
}

/// The rows in order.
pub(super) fn rows<'n>(
    input: &Input<'_>,
    nodes: &'n Nodes<'_>,
    trimmed: &Trimmed,
) -> Result<Vec<Row<'n>>> {
    let marks = inline_marks(input, nodes, trimmed)?;
    let mut sum = 0i64;
    Ok(trimmed
        .shown
        .iter()
        .map(|node| {
            let weight = nodes.weight(*node);
            sum = sum.wrapping_add(weight.flat_value());
            Row {
                flat: weight.flat_value(),
                sum,
                cum: weight.cum_value(),
                name: nodes.printable(*node),
                mark: marks[node.at()],
            }
        })
        .collect())
}

/// The mark of each node, by row. Only nodes that are inlined somewhere can have one, so the edges
/// into all others are never drawn.
fn inline_marks(
    input: &Input<'_>,
    nodes: &Nodes<'_>,
    trimmed: &Trimmed,
) -> Result<Vec<&'static str>> {
    let mut marks = vec![""; nodes.len()];
    let inlined = |node: &NodeId| nodes.is_inlined(*node);
    let candidates: Vec<NodeId> = trimmed.shown.iter().copied().filter(inlined).collect();
    if candidates.is_empty() {
        return Ok(marks);
    }
    let rows = graph::rows(nodes, &candidates);
    let edges = trimmed.edges(nodes, input.options.weighing, At::Into(&rows))?;
    for (into, mark) in edges.into_nodes(nodes.len()).iter().zip(&mut marks) {
        let inline = into.iter().filter(|edge| edge.inline).count();
        *mark = match inline {
            0 => "",
            _ if inline == into.len() => " (inline)",
            _ => " (partial-inline)",
        };
    }
    Ok(marks)
}

fn write_row(input: &Input<'_>, row: &Row<'_>, out: &mut dyn Sink) -> Result<()> {
    let role = match row.flat.unsigned_abs() > input.options.total.unsigned_abs() / 10 {
        true => Role::Hot,
        false => Role::Number,
    };
    put(out, role, &pad_left(&input.value(row.flat), 10))?;
    write!(
        out,
        " {} {} ",
        input.percent(row.flat),
        input.percent(row.sum)
    )?;
    put(out, Role::Number, &pad_left(&input.value(row.cum), 10))?;
    write!(out, " {}  ", input.percent(row.cum))?;
    put(out, Role::Name, &row.name)?;
    writeln!(out, "{}", row.mark)?;
    Ok(())
}
