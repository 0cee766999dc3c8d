//! `traces`: every sample with its labels and stack (pprof-behaviour 6.4).

use super::Input;
use super::header::{profile_lines, write_lines};
use super::sink::{Role, Sink, put};
use crate::error::Result;
use crate::go::fmt::pad_left;
use crate::graph::{Nodes, mean};
use crate::measure;
use crate::model::label::{number_groups, text_groups};
use crate::model::{Label, Str};
use crate::view::Row;

const SEPARATOR: &[u8] = b"-----------+-------------------------------------------------------\n";

/// What stands in front of all frames but the leaf.
const BLANK: &[u8] = b"             ";

/// Writes the report.
pub(super) fn write(input: &Input<'_>, out: &mut dyn Sink) -> Result<()> {
    let lines = profile_lines(input);
    write_lines(&lines, out)?;
    if lines.is_empty() {
        out.write_all(b"\n")?;
    }
    let nodes = nodes(input);
    let mut failed = None;
    input.view.scan(|row| {
        if failed.is_none() && !row.stack.is_empty() {
            failed = write_sample(input, &nodes, &row, out).err();
        }
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    out.write_all(SEPARATOR)?;
    Ok(())
}

/// The frames by name; paths are cleaned but not trimmed (pprof-behaviour 6.4).
pub(super) fn nodes<'v>(input: &Input<'v>) -> Nodes<'v> {
    Nodes::new(input.view, None, false)
}

fn write_sample(
    input: &Input<'_>,
    nodes: &Nodes<'_>,
    row: &Row<'_>,
    out: &mut dyn Sink,
) -> Result<()> {
    out.write_all(SEPARATOR)?;
    write_labels(input, row.labels.left(), out)?;
    let (value, divisor) = input.options.weighing.of(row.values);
    let value = mean(value, divisor);
    let value = input.value(value);
    put(out, Role::Number, &pad_left(&value, 10))?;
    let mut before = &BLANK[10..];
    for location in row.stack {
        let frames = nodes.of(*location);
        for (at, node) in frames.iter().enumerate() {
            out.write_all(before)?;
            before = BLANK;
            put(out, Role::Name, &nodes.printable(*node))?;
            let inline = at + 1 < frames.len();
            out.write_all(if inline { b" (inline)\n" } else { b"\n" })?;
        }
    }
    Ok(())
}

/// Text labels, then numbers, each sorted by their whole lines: keys are aligned right, so shorter
/// ones come first.
fn write_labels(input: &Input<'_>, labels: &[Label], out: &mut dyn Sink) -> Result<()> {
    let view = input.view;
    let strings = &view.profile.strings;
    let line = |key: Str, values: &[Vec<u8>]| {
        let key = pad_left(view.text(key), 10);
        [&key, b":  ".as_slice(), &values.join(&b" "[..])].concat()
    };
    let texts = text_groups(strings, labels).into_iter();
    let mut texts: Vec<Vec<u8>> = texts
        .map(|(key, values)| {
            let values: Vec<Vec<u8>> = values.iter().map(|v| v.to_vec()).collect();
            line(key, &values)
        })
        .collect();
    texts.sort();
    let numbers = number_groups(strings, labels).into_iter();
    let mut numbers: Vec<Vec<u8>> = numbers
        .map(|(key, values)| {
            let unit = input.options.label_units.get(key);
            let values: Vec<Vec<u8>> = values
                .iter()
                .map(|(value, _)| measure::label(*value, unit))
                .collect();
            line(key, &values)
        })
        .collect();
    numbers.sort();
    for line in texts.iter().chain(&numbers) {
        put(out, Role::Tag, line)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
