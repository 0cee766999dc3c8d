//! Reports: text from a view of a profile, one file a report.
//!
//! Everything that can go wrong with a report goes wrong before its first byte is written: a report
//! that fails prints nothing (pprof-behaviour 1.3), without being held in memory.

mod callgrind;
mod comments;
mod dot;
pub(crate) mod explain;
pub(crate) mod goroutines;
mod header;
pub(crate) mod json;
mod list;
mod listing;
mod memstats;
mod proto;
mod raw;
pub(crate) mod sink;
mod tags;
mod top;
mod topproto;
mod traces;
mod tree;

#[cfg(test)]
mod test;

use std::path::PathBuf;

use crate::error::{Result, Warning};
use crate::go::num::truncate;
use crate::go::regexp::Regexp;
use crate::graph::path::PathTrim;
use crate::graph::{Nodes, Sums, Trim, Trimmed, Weighing};
use crate::measure;
use crate::view::{LabelUnits, View};
use sink::Sink;

pub(crate) use header::{Line, profile_lines, write_lines};

/// The reports there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Report {
    /// Functions by value.
    Top,
    /// Functions with their callers and callees.
    Tree,
    /// The same for the functions that match.
    Peek,
    /// Source lines of the functions that match.
    List,
    /// Every sample with its stack.
    Traces,
    /// Labels and their values.
    Tags,
    /// The profile as it is.
    Raw,
    /// The comments.
    Comments,
    /// The graph for Graphviz.
    Dot,
    /// The graph for KCachegrind.
    Callgrind,
    /// The profile as the filters left it.
    Proto,
    /// Functions by value, as a profile.
    TopProto,
    /// Goroutines in groups of equal stacks.
    Goroutines,
    /// Where the memory of the process is.
    MemStats,
    /// What a word of the reports means.
    Explain,
}

/// How a report is to be made, all options resolved.
#[derive(Debug)]
pub(crate) struct Options {
    /// What to show of the graph.
    pub trim: Trim,
    /// Leaves out the lines about the profile (`compact_labels`).
    pub compact: bool,
    /// What values are multiplied by when they are printed (`1 / divide_by`).
    pub ratio: f64,
    /// `name=value` of the filters that the header lists.
    pub active_filters: Vec<String>,
    /// Units of numeric labels.
    pub label_units: LabelUnits,
    /// Which value of a sample counts.
    pub weighing: Weighing,
    /// Name of the sample type as the header prints it.
    pub sample_type: Vec<u8>,
    /// Unit of the values in the profile.
    pub sample_unit: Vec<u8>,
    /// The `unit` option.
    pub unit: Vec<u8>,
    /// How source paths are shortened.
    pub paths: PathTrim,
    /// Where to look for source when `source_path` names no place.
    pub directory: PathBuf,
    /// The pattern that `peek` and `list` take.
    pub pattern: Option<Regexp>,
    /// What percentages are of (pprof-behaviour 3.2).
    pub total: i64,
    /// JSON instead of text.
    pub json: bool,
    /// Keeps every calling context apart, in reports that can.
    pub call_tree: bool,
    /// Bytes of memory that the contexts may take.
    pub tree_room: u64,
    /// What was asked of `goroutines` in its own words.
    pub goroutines: goroutines::Asked,
    /// The words that `explain` is about.
    pub topic: String,
    /// The text of the rule of `triage` that `explain` is about, where it is about one.
    pub rule: Option<String>,
    /// What is the service's own code, where paths do not tell.
    pub own_code: Option<Regexp>,
}

/// A view and how it is to be reported.
#[derive(Debug)]
pub(crate) struct Input<'a> {
    /// What the filters left.
    pub view: &'a View<'a>,
    /// All options.
    pub options: &'a Options,
    /// What nodes were found to add up to before, of the same samples; a report that finds it keeps it.
    pub sums: Option<&'a Sums>,
    /// The unit that values are printed in.
    unit: Vec<u8>,
}

impl<'a> Input<'a> {
    /// A view with the options for its report.
    pub(crate) fn new(view: &'a View<'a>, options: &'a Options) -> Self {
        Input {
            view,
            options,
            sums: None,
            unit: options.unit.clone(),
        }
    }

    /// A value in the report's unit.
    fn value(&self, value: i64) -> Vec<u8> {
        let value = scaled(value, self.options.ratio);
        measure::scaled_label(value, &self.options.sample_unit, &self.unit)
    }

    /// The same, and a dot for nothing.
    fn value_or_dot(&self, value: i64) -> Vec<u8> {
        match value {
            0 => b".".to_vec(),
            _ => self.value(value),
        }
    }

    /// A value's part of the total.
    fn percent(&self, value: i64) -> String {
        measure::percentage(value, self.options.total)
    }

    /// The nodes with their values.
    fn nodes(&self, objects: bool) -> Result<Nodes<'a>> {
        let (view, options) = (self.view, self.options);
        if let Some(weights) = self.sums.and_then(|sums| sums.get(objects)) {
            return Ok(Nodes::new(view, Some(&options.paths), objects).with_weights(weights));
        }
        let nodes = Nodes::weighed(view, &options.paths, objects, options.weighing)?;
        if let Some(sums) = self.sums {
            sums.keep(objects, nodes.weights());
        }
        Ok(nodes)
    }

    /// The same, or a node for each calling context with `call_tree`.
    fn nodes_or_contexts(&self, objects: bool) -> Result<Nodes<'a>> {
        let options = self.options;
        match options.call_tree {
            false => self.nodes(objects),
            true => Nodes::new(self.view, Some(&options.paths), objects)
                .in_context(options.weighing, options.tree_room),
        }
    }

    /// Settles one unit for all values, from the smallest and the total (pprof-behaviour 3.5).
    fn choose_unit(&mut self, nodes: &Nodes<'_>, trimmed: &Trimmed) {
        self.choose_unit_for(nodes, trimmed, 100);
    }

    /// The same; the smallest value times `factor` is to be one unit or more.
    fn choose_unit_for(&mut self, nodes: &Nodes<'_>, trimmed: &Trimmed, factor: i64) {
        let options = self.options;
        if options.unit != b"minimum" || trimmed.shown.is_empty() {
            return;
        }
        let smallest = trimmed.shown.iter().filter_map(|node| {
            let weight = nodes.weight(*node);
            let flat = weight.flat_value().wrapping_abs();
            let value = match flat {
                0 => weight.cum_value().wrapping_abs(),
                _ => flat,
            };
            (value > 0).then_some(value)
        });
        let least = scaled(smallest.min().unwrap_or(options.total), options.ratio);
        let most = scaled(options.total, options.ratio);
        let unit_of = |value| measure::scale(value, &options.sample_unit, b"minimum").1;
        let mut unit = unit_of(least);
        if unit != unit_of(most) && least.wrapping_mul(100) < most {
            unit = unit_of(least.wrapping_mul(factor));
        }
        self.unit = match unit.is_empty() {
            true => options.sample_unit.clone(),
            false => unit.into_owned(),
        };
    }
}

fn scaled(value: i64, ratio: f64) -> i64 {
    match ratio > 0.0 && ratio != 1.0 {
        true => truncate(value as f64 * ratio),
        false => value,
    }
}

/// Writes a report; remarks go to `warn`.
pub(crate) fn write(
    report: Report,
    mut input: Input<'_>,
    warn: &mut dyn FnMut(Warning),
    out: &mut dyn Sink,
) -> Result<()> {
    if input.options.json && report != Report::Explain {
        return json::write(report, &mut input, out);
    }
    match report {
        Report::Top => top::write(&mut input, out),
        Report::Tree | Report::Peek => tree::write(&mut input, out),
        Report::List => list::write(&input, warn, out),
        Report::Traces => traces::write(&input, out),
        Report::Tags => tags::write(&input, out),
        Report::Raw => raw::write(&input, out),
        Report::Comments => comments::write(&input, out),
        Report::Dot => dot::write(&mut input, out),
        Report::Callgrind => callgrind::write(&mut input, out),
        Report::Proto => proto::write(&input, out),
        Report::TopProto => topproto::write(&mut input, out),
        Report::Goroutines => goroutines::write(&input, out),
        Report::MemStats => memstats::write(&input, out),
        Report::Explain => explain::write(&input, out),
    }
}
