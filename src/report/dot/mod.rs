//! `dot`: the graph as Graphviz reads it (pprof-behaviour 6.9).
//!
//! Names of files, tags and the title are not escaped where pprof does not escape them.

mod colour;
mod nodelet;

use super::Input;
use super::header::{profile_lines, shown_lines};
use super::sink::{Role, Sink, put};
use crate::error::Result;
use crate::go::num::truncate;
use crate::go::path::base;
use crate::graph::{Edge, NodeId, Nodes, Picture, TagUnits, name, picture};
use colour::{Part, colour};

/// Writes the report.
pub(super) fn write(input: &mut Input<'_>, out: &mut dyn Sink) -> Result<()> {
    let options = input.options;
    let nodes = input.nodes_or_contexts(false)?;
    let units = TagUnits {
        labels: &options.label_units,
        shown: &options.unit,
    };
    let picture = picture(&nodes, &options.trim, options.weighing, units)?;
    input.choose_unit(&nodes, &picture.trimmed);
    let drawing = Drawing::new(input, &nodes, &picture);

    out.write_all(b"digraph \"")?;
    put(out, Role::Name, drawing.title())?;
    out.write_all(b"\" {\nnode [style=filled fillcolor=\"#f8f8f8\"]\n")?;
    put(out, Role::Heading, &drawing.legend())?;
    out.write_all(b"\n")?;
    let mut with_nodelets = Vec::new();
    for (&node, tags) in picture.trimmed.shown.iter().zip(&picture.tags) {
        put(out, Role::Name, &drawing.node(node))?;
        out.write_all(b"\n")?;
        let nodelets = drawing.nodelets(node, tags);
        with_nodelets.push(!nodelets.is_empty());
        for nodelet in nodelets {
            put(out, Role::Tag, &nodelet)?;
            out.write_all(b"\n")?;
        }
    }
    for edge in drawing.edges() {
        put(out, Role::Name, &drawing.edge(edge))?;
        // Children stand further off where tags need the room.
        let minlen = if with_nodelets[drawing.numbers[edge.from.at()] - 1] {
            " minlen=2]\n"
        } else {
            "]\n"
        };
        out.write_all(minlen.as_bytes())?;
    }
    out.write_all(b"}\n")?;
    Ok(())
}

/// What the statements of the drawing are made of.
struct Drawing<'a> {
    input: &'a Input<'a>,
    nodes: &'a Nodes<'a>,
    picture: &'a Picture,
    /// The number of each shown node from 1, by row; 0 for all others.
    numbers: Vec<usize>,
    /// Whether edges leave a node, by row.
    calls: Vec<bool>,
    /// The greatest absolute flat.
    max_flat: i64,
}

impl<'a> Drawing<'a> {
    fn new(input: &'a Input<'a>, nodes: &'a Nodes<'a>, picture: &'a Picture) -> Self {
        let mut numbers = vec![0; nodes.len()];
        for (number, node) in (1..).zip(&picture.trimmed.shown) {
            numbers[node.at()] = number;
        }
        let shown = picture.trimmed.shown.iter();
        let flats = shown.map(|node| nodes.weight(*node).flat_value().wrapping_abs());
        let mut calls = vec![false; nodes.len()];
        for edge in picture.edges.iter() {
            calls[edge.from.at()] = true;
        }
        Drawing {
            input,
            nodes,
            picture,
            numbers,
            calls,
            max_flat: flats.max().unwrap_or_default(),
        }
    }

    /// The name of the main binary, or nothing.
    fn file(&self) -> &[u8] {
        let profile = self.input.view.profile;
        match profile.mappings.first().map(|main| profile.text(main.file)) {
            None | Some(b"") => b"",
            Some(file) => base(file),
        }
    }

    fn title(&self) -> &[u8] {
        match self.file() {
            b"" => b"unnamed",
            file => file,
        }
    }

    fn legend(&self) -> Vec<u8> {
        let (input, picture) = (self.input, self.picture);
        let mut lines = profile_lines(input);
        let shown = shown_lines(input, self.nodes, &picture.trimmed, picture.dropped_edges);
        lines.extend(shown);
        let mut lines: Vec<Vec<u8>> = lines
            .iter()
            .map(|line| escape(&[line.words.as_bytes(), &line.text].concat()))
            .collect();
        lines.push(escape(
            b"\nSee https://git.io/JfYMW for how to read the graph",
        ));
        let mut legend = b"subgraph cluster_L { \"".to_vec();
        legend.extend_from_slice(&lines[0]);
        legend.extend_from_slice(b"\" [shape=box fontsize=16 label=\"");
        legend.extend_from_slice(&lines.join(&br"\l"[..]));
        legend.extend_from_slice(br#"\l""#);
        if !self.file().is_empty() {
            legend.extend_from_slice(b" tooltip=\"");
            legend.extend_from_slice(self.file());
            legend.push(b'"');
        }
        legend.extend_from_slice(b"] }");
        legend
    }

    fn node(&self, node: NodeId) -> Vec<u8> {
        let input = self.input;
        let weight = self.nodes.weight(node);
        let (flat, cum) = (weight.flat_value(), weight.cum_value());
        let part = |value: i64| {
            let percent = input.percent(value);
            [
                &input.value(value)[..],
                b" (",
                percent.trim().as_bytes(),
                b")",
            ]
            .concat()
        };
        let number = self.numbers[node.at()];
        let mut text = format!("N{number} [label=\"").into_bytes();
        text.extend_from_slice(&self.label(node));
        match flat {
            0 => text.push(b'0'),
            _ => text.extend_from_slice(&part(flat)),
        }
        if cum != flat {
            let gap: &[u8] = if flat == 0 { b" of " } else { br"\nof " };
            text.extend_from_slice(gap);
            text.extend_from_slice(&part(cum));
        }
        let size = self.font_size(flat);
        let mut write = |part: &[u8]| text.extend_from_slice(part);
        write(format!("\" id=\"node{number}\" fontsize={size} shape=box tooltip=\"").as_bytes());
        write(&escape(&self.nodes.printable(node)));
        write(b" (");
        write(&input.value(cum));
        let score = cum as f64 / input.options.total.wrapping_abs() as f64;
        let (line, fill) = (colour(score, Part::Line), colour(score, Part::Fill));
        write(format!(")\" color=\"{line}\" fillcolor=\"{fill}\"]").as_bytes());
        text
    }

    /// The name of a node over several lines.
    fn label(&self, node: NodeId) -> Vec<u8> {
        let name = escape(&name::shorten(self.nodes.name(node)));
        let name = replace(&name, b"::", br"\n");
        let name = replace(&name, b"[...]", "[…]".as_bytes());
        let name = replace(&name, b".", br"\n");
        let mut parts = self.nodes.name_parts(node, &name, base);
        parts.push(Default::default());
        parts.join(&br"\n"[..])
    }

    /// From 8 to 24 points.
    fn font_size(&self, flat: i64) -> i64 {
        if self.max_flat == 0 {
            return 8;
        }
        let part = flat.wrapping_abs() as f64 / self.max_flat as f64;
        // Go's abs of the smallest integer is negative and has no root.
        truncate((16.0 * part.sqrt()).ceil()).wrapping_add(8)
    }

    /// The edges that leave shown nodes, heaviest first.
    fn edges(&self) -> Vec<&'a Edge> {
        let edges = self.picture.edges.iter();
        let mut edges: Vec<&Edge> = edges
            .filter(|edge| self.numbers[edge.from.at()] > 0)
            .collect();
        self.nodes.sort_edges(&mut edges);
        edges
    }

    /// An edge up to its closing bracket. Its end may be a node that is not shown, `N0`.
    fn edge(&self, edge: &Edge) -> Vec<u8> {
        let total = self.input.options.total;
        let weight = edge.weight_value();
        let value = self.input.value(weight);
        let (from, to) = (self.numbers[edge.from.at()], self.numbers[edge.to.at()]);
        let mut text = format!("N{from} -> N{to} [label=\" ").into_bytes();
        text.extend_from_slice(&value);
        text.extend_from_slice(if edge.inline {
            br#"\n (inline)""#
        } else {
            b"\""
        });
        if total != 0 {
            // Go's arithmetic, which wraps; in a diff a weight may exceed the total.
            let of = |most: i64| {
                weight
                    .wrapping_mul(most)
                    .wrapping_div(total)
                    .wrapping_abs()
                    .min(most)
            };
            for (name, number) in [("weight", of(100)), ("penwidth", of(5))] {
                if number > 0 {
                    text.extend_from_slice(format!(" {name}={}", number + 1).as_bytes());
                }
            }
            let score = weight as f64 / total.wrapping_abs() as f64;
            let colour = colour(score, Part::Line);
            text.extend_from_slice(format!(" color=\"{colour}\"").as_bytes());
        }
        let tooltip = [
            &escape(&self.nodes.printable(edge.from))[..],
            if edge.residual { b" ... " } else { b" -> " },
            &escape(&self.nodes.printable(edge.to)),
            b" (",
            &value,
            b")\"",
        ]
        .concat();
        for name in [b" tooltip=\"".as_slice(), b" labeltooltip=\""] {
            text.extend_from_slice(name);
            text.extend_from_slice(&tooltip);
        }
        if edge.residual {
            text.extend_from_slice(b" style=\"dotted\"");
        }
        text
    }
}

/// As pprof escapes: backslash, quote, and a line break that aligns left.
fn escape(text: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(text.len());
    for &byte in text {
        match byte {
            b'\\' => escaped.extend_from_slice(br"\\"),
            b'"' => escaped.extend_from_slice(br#"\""#),
            b'\n' => escaped.extend_from_slice(br"\l"),
            _ => escaped.push(byte),
        }
    }
    escaped
}

fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut replaced = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        match text[at..].starts_with(from) {
            true => {
                replaced.extend_from_slice(to);
                at += from.len();
            }
            false => {
                replaced.push(text[at]);
                at += 1;
            }
        }
    }
    replaced
}

#[cfg(test)]
mod tests {
    use crate::model::fixture::profile;
    use crate::report::Report;
    use crate::report::test::{options, printed_with};
    use crate::view::Base;

    #[test]
    fn colours_are_of_the_size_of_a_total_that_wrapped() {
        let base = Base::plain(profile("main;work 3\nmain;idle 1"));
        let colours = |total: i64| {
            let mut options = options(&base);
            options.total = total;
            let text = printed_with(&base, Report::Dot, &options);
            let parts = text.split(' ');
            let colours = parts.filter(|part| part.starts_with("color="));
            colours.map(str::to_string).collect::<Vec<_>>()
        };
        assert_eq!(colours(-4), colours(4));
        assert_eq!(colours(4).len(), 5);
    }
}
