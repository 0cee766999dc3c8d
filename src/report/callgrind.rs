//! `callgrind`: the graph as KCachegrind reads it (pprof-behaviour 6.10).
//!
//! pprof's oddities are mirrored: calls count 0, and a callee's address is relative to the node
//! before, not to the one at hand.

use std::io;

use super::Input;
use super::sink::{Role, Sink, put};
use crate::error::Result;
use crate::go::fmt::{hex, push_int};
use crate::go::num::truncate;
use crate::graph::{At, Edge, NodeId, Nodes, trim};
use crate::hash::Map;
use crate::measure;

/// Writes the report.
pub(super) fn write(input: &mut Input<'_>, out: &mut dyn Sink) -> Result<()> {
    let nodes = input.nodes_or_contexts(true)?;
    let trimmed = trim(&nodes, &input.options.trim);
    input.choose_unit_for(&nodes, &trimmed, 1);
    let edges = trimmed.edges(&nodes, input.options.weighing, At::All)?;
    let mut calls = edges.out_of_nodes(nodes.len());

    out.write_all(b"positions: instr line\nevents: ")?;
    put(out, Role::Name, &input.options.sample_type)?;
    let unit = [b"(", &input.unit[..], b")\n"].concat();
    out.write_all(&unit)?;
    let mut writer = Writer {
        input,
        nodes: &nodes,
        names: callee_names(&nodes, &trimmed.shown),
        objects: Numbers::default(),
        files: Numbers::default(),
        functions: Numbers::default(),
        before: None,
        line: Vec::new(),
        out,
    };
    for node in trimmed.shown {
        let calls = &mut calls[node.at()];
        nodes.sort_edges(calls);
        writer.node(node, calls)?;
    }
    Ok(())
}

/// Writes nodes one after the other.
struct Writer<'a> {
    input: &'a Input<'a>,
    nodes: &'a Nodes<'a>,
    /// The names of nodes as callees, by row.
    names: Vec<Vec<u8>>,
    objects: Numbers,
    files: Numbers,
    functions: Numbers,
    /// The node before.
    before: Option<NodeId>,
    /// What is being put together.
    line: Vec<u8>,
    out: &'a mut dyn Sink,
}

impl Writer<'_> {
    fn node(&mut self, node: NodeId, calls: &[&Edge]) -> Result<()> {
        let nodes = self.nodes;
        let place = |node| (nodes.object(node), nodes.file(node), nodes.name(node));
        let (object, file, name) = place(node);
        if self.before.map(place) != Some(place(node)) {
            self.out.write_all(b"\n")?;
            self.objects.put(self.out, b"ob=", object)?;
            self.files.put(self.out, b"fl=", file)?;
            self.functions.put(self.out, b"fn=", name)?;
        }
        let key = nodes.key(node);
        self.place(b"", (key.address, key.line));
        self.line.push(b' ');
        self.cost(nodes.weight(node).flat_value())?;
        for call in calls {
            let callee = nodes.key(call.to);
            self.files.put(self.out, b"cfl=", nodes.file(call.to))?;
            let name = &self.names[call.to.at()];
            self.functions.put(self.out, b"cfn=", name)?;
            self.place(b"calls=0 ", (callee.address, callee.line));
            self.line.extend_from_slice(b"\n* * ");
            self.cost(call.weight)?;
        }
        self.before = Some(node);
        Ok(())
    }

    /// Begins a line with an address and a line number.
    fn place(&mut self, start: &[u8], (address, line): (u64, i64)) {
        self.line.clear();
        self.line.extend_from_slice(start);
        self.address(address);
        self.line.push(b' ');
        push_int(&mut self.line, line);
    }

    /// Ends the line with a value in the unit of the report, whole.
    fn cost(&mut self, value: i64) -> Result<()> {
        let (value, _) = measure::scale(value, &self.input.options.sample_unit, &self.input.unit);
        push_int(&mut self.line, truncate(value));
        self.line.push(b'\n');
        Ok(self.out.write_all(&self.line)?)
    }

    /// An address, relative to the node before where that is shorter.
    fn address(&mut self, address: u64) {
        let whole = hex(address);
        let relative = match self.before.map(|node| self.nodes.key(node).address) {
            None => whole,
            Some(before) if before == address => "*".to_string(),
            Some(before) => {
                let relative = format!("{:+}", address.wrapping_sub(before).cast_signed());
                match relative.len() < whole.len() {
                    true => relative,
                    false => whole,
                }
            }
        };
        self.line.extend_from_slice(relative.as_bytes());
    }
}

/// Numbers for texts, from 1.
#[derive(Debug, Default)]
struct Numbers {
    numbers: Map<Vec<u8>, usize>,
}

impl Numbers {
    /// Writes a line with a text: with its number the first time, then only the number.
    fn put(&mut self, out: &mut dyn Sink, start: &[u8], text: &[u8]) -> io::Result<()> {
        let mut name = Vec::new();
        if !text.is_empty() {
            let known = self.numbers.get(text).copied();
            let number = known.unwrap_or(self.numbers.len() + 1);
            name.push(b'(');
            push_int(&mut name, number as i64);
            name.push(b')');
            if known.is_none() {
                self.numbers.insert(text.to_vec(), number);
                name.push(b' ');
                name.extend_from_slice(text);
            }
        }
        out.write_all(start)?;
        put(out, Role::Name, &name)?;
        out.write_all(b"\n")
    }
}

/// The names of shown nodes, by row; nothing for all others. ` [i/n]` tells functions apart that
/// share name and file: those of other binaries or with another first line, and in a call tree the
/// same one called from elsewhere.
fn callee_names(nodes: &Nodes<'_>, shown: &[NodeId]) -> Vec<Vec<u8>> {
    let mut functions: Map<(&[u8], &[u8]), Map<_, usize>> = Map::default();
    let name_of = |node| (nodes.file(node), nodes.name(node));
    let mut indices = Vec::with_capacity(shown.len());
    for &node in shown {
        let known = functions.entry(name_of(node)).or_default();
        let next = known.len() + 1;
        indices.push(*known.entry(nodes.function(node)).or_insert(next));
    }
    let mut names = vec![Vec::new(); nodes.len()];
    for (&node, index) in shown.iter().zip(indices) {
        let mark = match functions[&name_of(node)].len() {
            1 => String::new(),
            of => format!(" [{index}/{of}]"),
        };
        names[node.at()] = [nodes.name(node), mark.as_bytes()].concat();
    }
    names
}

#[cfg(test)]
mod tests {
    use crate::model::fixture::profile;
    use crate::report::Report;
    use crate::report::test::{options, placed, printed, printed_with};

    #[test]
    fn names_are_written_once_and_addresses_from_the_node_before() {
        let base = placed(profile("main f.go:1;work f.go:7 3\nmain f.go:1 1"));
        assert_eq!(
            printed(&base, Report::Callgrind),
            "positions: instr line\nevents: samples(count)\n\n\
            ob=\nfl=(1) f.go\nfn=(1) work\n0x20 7 3\n\n\
            ob=\nfl=(1)\nfn=(2) main\n-16 1 1\ncfl=(1)\ncfn=(1)\ncalls=0 * 7\n* * 3\n"
        );
    }

    #[test]
    fn callees_that_add_up_to_nothing_have_no_name() {
        let base = placed(profile("main;gone 3\nmain;gone -3\nmain 1"));
        let text = printed(&base, Report::Callgrind);
        assert!(
            text.ends_with("0x10 0 1\ncfl=\ncfn=\ncalls=0 0x20 0\n* * 0\n"),
            "{text}"
        );
    }

    #[test]
    fn the_contexts_of_a_call_tree_add_up_to_the_graph() {
        let base = placed(profile("a;c 1\nb;c 2\nb;c;c 4"));
        let mut options = options(&base);
        options.call_tree = true;
        let text = printed_with(&base, Report::Callgrind, &options);
        let costs = |text: &str| -> i64 {
            let lines = text.lines().filter(|line| line.ends_with(char::is_numeric));
            let lines = lines.filter(|line| !line.contains('=') && !line.starts_with("* * "));
            lines
                .filter_map(|line| line.rsplit(' ').next()?.parse::<i64>().ok())
                .sum()
        };
        assert_eq!(costs(&text), 7);
        for mark in ["c [1/3]", "c [2/3]", "c [3/3]"] {
            assert!(text.contains(mark), "{text}");
        }
    }
}
