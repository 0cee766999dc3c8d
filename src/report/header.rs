//! The lines above a report: what the profile is, what was filtered, how much is shown
//! (pprof-behaviour 4.6).

use std::io;

use super::sink::{Role, Sink, put};
use super::{Input, Options};
use crate::go::num::truncate;
use crate::go::path::base;
use crate::go::time::header_time;
use crate::graph::{Nodes, Trimmed};
use crate::measure;

/// One line: podprof's words, then the profile's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// Ours.
    pub words: String,
    /// Text of the profile, or nothing.
    pub text: Vec<u8>,
}

fn line(words: impl Into<String>, text: &[u8]) -> Line {
    Line {
        words: words.into(),
        text: text.to_vec(),
    }
}

/// Writes lines, each with its newline.
pub(crate) fn write_lines(lines: &[Line], out: &mut dyn Sink) -> io::Result<()> {
    for line in lines {
        put(out, Role::Heading, line.words.as_bytes())?;
        put(out, Role::Tag, &line.text)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

/// What the profile is.
pub(crate) fn profile_lines(input: &Input<'_>) -> Vec<Line> {
    let (profile, options) = (input.view.profile, input.options);
    let mut lines = Vec::new();
    if let Some(main) = profile.mappings.first() {
        let (file, build_id) = (profile.text(main.file), profile.text(main.build_id));
        if !file.is_empty() {
            lines.push(line("File: ", base(file)));
        }
        if !build_id.is_empty() {
            lines.push(line("Build ID: ", build_id));
        }
    }
    let comments = profile.comments.iter().map(|id| profile.text(*id));
    lines.extend(
        comments
            .filter(|comment| !comment.starts_with(b"#"))
            .map(|comment| line("", comment)),
    );
    if !options.sample_type.is_empty() {
        lines.push(line("Type: ", &options.sample_type));
    }
    let doc = profile.text(profile.header.doc_url);
    if !doc.is_empty() {
        lines.push(line("Doc: ", doc));
    }
    if profile.header.time_nanos != 0 {
        let time = header_time(profile.header.time_nanos);
        lines.push(line(format!("Time: {time}"), b""));
    }
    if profile.header.duration_nanos != 0 {
        lines.push(duration_line(input));
    }
    lines
}

fn duration_line(input: &Input<'_>) -> Line {
    let (options, nanos) = (input.options, input.view.profile.header.duration_nanos);
    let duration = measure::label(nanos, b"nanoseconds");
    let (total, unit) = measure::scale(options.total, &options.sample_unit, b"nanoseconds");
    // Other than times the line ends in a blank, as pprof-behaviour 4.6 has it.
    let ratio = match *unit == *b"ns" && total != 0.0 {
        true => format!("({})", measure::percentage(truncate(total), nanos)),
        false => String::new(),
    };
    let text = [
        &duration,
        b", Total samples = ".as_slice(),
        &input.value(options.total),
        b" ",
        ratio.as_bytes(),
    ]
    .concat();
    line("Duration: ", &text)
}

/// What a graph report shows: the profile's lines unless compact, filters, sums, what was dropped.
pub(super) fn graph_lines(input: &Input<'_>, nodes: &Nodes<'_>, trimmed: &Trimmed) -> Vec<Line> {
    let mut lines = match input.options.compact {
        true => Vec::new(),
        false => profile_lines(input),
    };
    lines.extend(shown_lines(input, nodes, trimmed, 0));
    lines
}

/// The filters.
pub(super) fn active_lines(options: &Options) -> Vec<Line> {
    let filters = &options.active_filters;
    let title = (!filters.is_empty()).then(|| line("Active filters:", b""));
    let lines = filters.iter().map(|filter| filter_line(filter));
    title.into_iter().chain(lines).collect()
}

/// What a graph report shows of the profile: filters, sums, what was dropped.
pub(super) fn shown_lines(
    input: &Input<'_>,
    nodes: &Nodes<'_>,
    trimmed: &Trimmed,
    dropped_edges: usize,
) -> Vec<Line> {
    let options = input.options;
    let mut lines = active_lines(options);
    let sum = trimmed.shown.iter().fold(0i64, |sum, node| {
        sum.wrapping_add(nodes.weight(*node).flat_value())
    });
    let text = [
        &input.value(sum),
        b", ".as_slice(),
        input.percent(sum).trim().as_bytes(),
        b" of ",
        &input.value(options.total),
        b" total",
    ]
    .concat();
    lines.push(line("Showing nodes accounting for ", &text));
    if options.total == 0 {
        return lines;
    }
    let dropped = |count: usize, what: &str, by: &str, fraction: f64| {
        let cutoff = truncate(options.total as f64 * fraction).wrapping_abs();
        let plural = if count > 1 { "s" } else { "" };
        let text = [&input.value(cutoff), b")".as_slice()].concat();
        line(format!("Dropped {count} {what}{plural} ({by} <= "), &text)
    };
    if trimmed.dropped > 0 {
        let fraction = options.trim.node_fraction;
        lines.push(dropped(trimmed.dropped, "node", "cum", fraction));
    }
    if dropped_edges > 0 {
        let fraction = options.trim.edge_fraction;
        lines.push(dropped(dropped_edges, "edge", "freq", fraction));
    }
    let shown = trimmed.shown.len();
    if shown > 0 && shown < trimmed.original {
        let words = format!("Showing top {shown} nodes out of {}", trimmed.original);
        lines.push(line(words, b""));
    }
    lines
}

/// A filter, cut at 80 bytes even inside a character, as pprof-behaviour 4.6 has it.
fn filter_line(filter: &str) -> Line {
    let text = filter.as_bytes();
    match text.get(..80).filter(|_| text.len() > 80) {
        Some(start) => line("   ", &[start, "…".as_bytes()].concat()),
        None => line("   ", text),
    }
}
