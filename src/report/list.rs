//! `list`: source lines of the functions that match, with their values (pprof-behaviour 6.5).
//!
//! Where the source is not at hand (in a pod: always) the sampled lines are printed without it, to
//! be read against the editor at home: a declared deviation, pprof prints an error line.

use std::collections::BTreeMap;
use std::fs::File;

use super::Input;
use super::listing;
use super::sink::{Role, Sink, put};
use super::tree::no_match;
use crate::error::{Result, Warning};
use crate::go::fmt::pad_left;
use crate::graph::path::PathTrim;
use crate::graph::{NodeId, Nodes};
use crate::hash::Map;

/// How many lines are shown around the sampled ones.
const MARGIN: i64 = 5;

/// The nodes of each file of a function, by name and then by file.
pub(super) type Functions = BTreeMap<Vec<u8>, BTreeMap<Vec<u8>, Vec<NodeId>>>;

/// Flat and cum of one line, or of a whole function.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Sum {
    pub(super) flat: i64,
    pub(super) cum: i64,
}

/// The files that were not found: functions share them, and each is looked for in many places.
#[derive(Default)]
struct Missing {
    files: Map<Vec<u8>, ()>,
    /// Why the first of them was not.
    reason: Option<String>,
}

impl Missing {
    fn open(&mut self, file: &[u8], paths: &PathTrim) -> Option<File> {
        if self.files.contains_key(file) {
            return None;
        }
        match listing::open(file, paths) {
            Ok(source) => Some(source),
            Err(reason) => {
                self.files.insert(file.to_vec(), ());
                self.reason.get_or_insert(reason);
                None
            }
        }
    }
}

/// Writes the report.
pub(super) fn write(
    input: &Input<'_>,
    warn: &mut dyn FnMut(Warning),
    out: &mut dyn Sink,
) -> Result<()> {
    let nodes = input.nodes(true)?;
    let functions = functions(input, &nodes)?;
    out.write_all(b"Total: ")?;
    put(out, Role::Number, &input.value(input.options.total))?;
    out.write_all(b"\n")?;
    let mut missing = Missing::default();
    for (name, files) in functions {
        if files.is_empty() {
            out.write_all(b"No source information for ")?;
            put(out, Role::Name, &name)?;
            out.write_all(b"\n")?;
        }
        for (file, rows) in files {
            write_heading(input, &nodes, (&name, &file, &rows), out)?;
            write_lines(input, &nodes, (&file, &rows), &mut missing, out)?;
        }
    }
    if let Some(reason) = missing.reason {
        warn(Warning::Note(format!(
            "{reason}: showing line numbers without source (set source_path to where it is)"
        )));
    }
    Ok(())
}

/// The functions that match; those that add up to nothing are not there to match.
pub(super) fn functions(input: &Input<'_>, nodes: &Nodes<'_>) -> Result<Functions> {
    let pattern = input.options.pattern.as_ref();
    let mut functions = Functions::new();
    for node in nodes.ids() {
        let name = nodes.name(node);
        let trim = &input.options.trim;
        if !trim.counts(nodes, node) || !pattern.is_none_or(|p| p.is_match(name)) {
            continue;
        }
        let files = functions.entry(name.to_vec()).or_default();
        let file = nodes.file(node);
        if !file.is_empty() {
            files.entry(file.to_vec()).or_default().push(node);
        }
    }
    match (functions.is_empty(), pattern) {
        (true, Some(pattern)) => Err(no_match(pattern.source())),
        _ => Ok(functions),
    }
}

fn write_heading(
    input: &Input<'_>,
    nodes: &Nodes<'_>,
    (name, file, rows): (&[u8], &[u8], &[NodeId]),
    out: &mut dyn Sink,
) -> Result<()> {
    let sum = sum(nodes, rows);
    put(out, Role::Heading, b"ROUTINE ======================== ")?;
    put(out, Role::Name, name)?;
    out.write_all(b" in ")?;
    put(out, Role::Path, file)?;
    out.write_all(b"\n")?;
    put(out, Role::Number, &pad_left(&input.value(sum.flat), 10))?;
    out.write_all(b" ")?;
    put(out, Role::Number, &pad_left(&input.value(sum.cum), 10))?;
    writeln!(out, " (flat, cum) {} of Total", input.percent(sum.cum))?;
    Ok(())
}

/// Writes the rows of one file, without source where it is missing.
fn write_lines(
    input: &Input<'_>,
    nodes: &Nodes<'_>,
    (file, rows): (&[u8], &[NodeId]),
    missing: &mut Missing,
    out: &mut dyn Sink,
) -> Result<()> {
    let by_line = by_line(nodes, rows);
    let mut paths: PathTrim = input.options.paths.clone();
    if paths.search.is_empty() {
        paths.search = input
            .options
            .directory
            .as_os_str()
            .as_encoded_bytes()
            .to_vec();
    }
    let Some(source) = missing.open(file, &paths) else {
        for (line, rows) in by_line {
            write_line(input, (line, sum(nodes, &rows)), b"", out)?;
        }
        return Ok(());
    };
    let (first, last) = range(nodes, rows);
    for (number, text) in (first..).zip(listing::lines(source, first, last)) {
        let sum = by_line.get(&number).map(|rows| sum(nodes, rows));
        write_line(input, (number, sum.unwrap_or_default()), &text, out)?;
    }
    Ok(())
}

fn write_line(
    input: &Input<'_>,
    (line, sum): (i64, Sum),
    text: &[u8],
    out: &mut dyn Sink,
) -> Result<()> {
    let (flat, cum) = (input.value_or_dot(sum.flat), input.value_or_dot(sum.cum));
    let role = if sum.flat == 0 {
        Role::Number
    } else {
        Role::Hot
    };
    put(out, role, &pad_left(&flat, 10))?;
    out.write_all(b" ")?;
    put(out, Role::Number, &pad_left(&cum, 10))?;
    write!(out, " {line:6}:")?;
    put(out, Role::Source, text)?;
    out.write_all(b"\n")?;
    Ok(())
}

/// From the function's start (or a margin above the first line, where it is not known) to a margin
/// below the last line.
fn range(nodes: &Nodes<'_>, rows: &[NodeId]) -> (i64, i64) {
    let start = |node: &NodeId| match nodes.key(*node).start_line {
        0 => nodes.key(*node).line.saturating_sub(MARGIN),
        start => start,
    };
    let first = rows.iter().map(start).min().unwrap_or(1);
    let last = rows.iter().map(|node| nodes.key(*node).line).max();
    (first.max(1), last.unwrap_or(0).saturating_add(MARGIN))
}

/// The nodes of each line, ascending.
pub(super) fn by_line(nodes: &Nodes<'_>, rows: &[NodeId]) -> BTreeMap<i64, Vec<NodeId>> {
    let mut lines: BTreeMap<i64, Vec<NodeId>> = BTreeMap::new();
    for node in rows {
        let line = nodes.key(*node).line;
        lines.entry(line).or_default().push(*node);
    }
    lines
}

/// Sums as pprof-behaviour 6.5 has it: undivided, and recursion counts twice.
pub(super) fn sum(nodes: &Nodes<'_>, rows: &[NodeId]) -> Sum {
    rows.iter().fold(Sum::default(), |sum, node| Sum {
        flat: sum.flat.wrapping_add(nodes.weight(*node).flat),
        cum: sum.cum.wrapping_add(nodes.weight(*node).cum),
    })
}

#[cfg(test)]
mod tests {
    use super::super::test;
    use super::*;
    use crate::model::fixture::profile;
    use crate::view::{Base, View};

    #[test]
    fn without_a_start_the_range_goes_from_above_the_first_line_to_below_the_last() {
        let base = Base::plain(profile("work f.go:30 1\nwork f.go:10 1\nwork f.go:20 1"));
        let view = View::new(&base);
        let options = test::options(&base);
        let nodes = Input::new(&view, &options).nodes(true).unwrap();
        let rows: Vec<NodeId> = nodes.ids().collect();
        assert_eq!(range(&nodes, &rows), (5, 35));
        assert_eq!(range(&nodes, &rows[1..2]), (5, 15));
    }
}
