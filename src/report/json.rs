//! Reports as JSON (`-json`): the numbers of the text report for programs to read.
//!
//! Field names are a promise: they are only ever added to (docs/json.md lists them). Values are whole
//! numbers in the unit that `unit` names, the one the profile has, after `mean` and `divide_by`. Text
//! that is no UTF-8 gets U+FFFD for its bad bytes, and a second field `…_hex` with all its bytes.

use std::io;

use super::list::{self, Sum};
use super::sink::{Role, Sink, put};
use super::{Input, Report, goroutines, memstats, scaled, tags, top, traces, tree};
use crate::error::{Error, Result};
use crate::graph::{Edge, NodeId, Nodes, Trimmed, trim};
use crate::model::label::{number_groups, text_groups};
use crate::view::Row;

/// Writes a report that has a JSON form; the others say that they have none.
pub(super) fn write(report: Report, input: &mut Input<'_>, out: &mut dyn Sink) -> Result<()> {
    let mut json = Writer::new(out);
    match report {
        Report::Top => write_top(input, &mut json)?,
        Report::Tree | Report::Peek => write_tree(input, &mut json)?,
        Report::List => write_list(input, &mut json)?,
        Report::Tags => write_tags(input, &mut json)?,
        Report::Traces => write_traces(input, &mut json)?,
        Report::Goroutines => goroutines::write_json(input, &mut json)?,
        Report::MemStats => memstats::write_json(input, &mut json)?,
        Report::Raw
        | Report::Comments
        | Report::Dot
        | Report::Callgrind
        | Report::Proto
        | Report::TopProto
        | Report::Explain => {
            let text = "json: only top, tree, peek, list, tags, traces, goroutines and memstats have a JSON form";
            return Err(Error::report(text));
        }
    }
    json.out.write_all(b"\n")?;
    Ok(())
}

/// What every report begins with.
pub(super) fn open(input: &Input<'_>, name: &str, json: &mut Writer<'_>) -> io::Result<()> {
    let options = input.options;
    json.open(b"{")?;
    json.key("report")?;
    json.text(name.as_bytes())?;
    json.named("type", &options.sample_type)?;
    json.named("unit", &options.sample_unit)?;
    json.number("total", value(input, options.total))
}

fn value(input: &Input<'_>, value: i64) -> i64 {
    scaled(value, input.options.ratio)
}

/// How much of the graph is shown.
fn shown(
    input: &Input<'_>,
    nodes: &Nodes<'_>,
    trimmed: &Trimmed,
    json: &mut Writer<'_>,
) -> io::Result<()> {
    let sum = trimmed.shown.iter().fold(0i64, |sum, node| {
        sum.wrapping_add(nodes.weight(*node).flat_value())
    });
    json.number("shown", value(input, sum))?;
    json.number("dropped_nodes", trimmed.dropped as i64)?;
    json.number("nodes_before_limit", trimmed.original as i64)
}

fn write_top(input: &mut Input<'_>, json: &mut Writer<'_>) -> Result<()> {
    let nodes = input.nodes(false)?;
    let trimmed = trim(&nodes, &input.options.trim);
    let rows = top::rows(input, &nodes, &trimmed)?;
    open(input, "top", json)?;
    shown(input, &nodes, &trimmed, json)?;
    json.list("nodes", rows, |json, row| {
        json.named("name", &row.name)?;
        json.number("flat", value(input, row.flat))?;
        json.number("cum", value(input, row.cum))?;
        json.key("inline")?;
        json.text(match row.mark {
            " (inline)" => b"all",
            " (partial-inline)" => b"some",
            _ => b"none", // no mark
        })
    })?;
    Ok(json.close(b"}")?)
}

fn write_tree(input: &mut Input<'_>, json: &mut Writer<'_>) -> Result<()> {
    let nodes = input.nodes(false)?;
    let trimmed = trim(&nodes, &input.options.trim);
    let printed = tree::chosen(input, &nodes, &trimmed.shown)?;
    let edges = tree::edges(input, &nodes, (&trimmed, &printed))?;
    let (mut into, mut out_of) = (
        edges.into_nodes(nodes.len()),
        edges.out_of_nodes(nodes.len()),
    );
    let name = match input.options.pattern {
        Some(_) => "peek",
        None => "tree",
    };
    open(input, name, json)?;
    shown(input, &nodes, &trimmed, json)?;
    json.list("nodes", printed, |json, node: NodeId| {
        let weight = nodes.weight(node);
        json.named("name", &nodes.printable(node))?;
        json.number("flat", value(input, weight.flat_value()))?;
        json.number("cum", value(input, weight.cum_value()))?;
        nodes.sort_edges(&mut into[node.at()]);
        nodes.sort_edges(&mut out_of[node.at()]);
        let edge = |json: &mut Writer<'_>, (edge, end): (&Edge, NodeId)| {
            json.named("name", &nodes.printable(end))?;
            json.number("value", value(input, edge.weight))?;
            json.truth("inline", edge.inline)
        };
        let callers = into[node.at()].iter().map(|e| (*e, e.from));
        json.list("callers", callers, edge)?;
        let callees = out_of[node.at()].iter().map(|e| (*e, e.to));
        json.list("callees", callees, edge)
    })?;
    Ok(json.close(b"}")?)
}

fn write_list(input: &Input<'_>, json: &mut Writer<'_>) -> Result<()> {
    let nodes = input.nodes(true)?;
    let functions = list::functions(input, &nodes)?;
    open(input, "list", json)?;
    let files = functions.iter().flat_map(|(name, files)| {
        let rows = files
            .iter()
            .map(|(file, rows)| (file.as_slice(), &rows[..]));
        let none = files.is_empty().then_some((&b""[..], &[][..]));
        rows.chain(none).map(move |(file, rows)| (name, file, rows))
    });
    json.list("functions", files, |json, (name, file, rows)| {
        let sum = list::sum(&nodes, rows);
        json.named("name", name)?;
        json.named("file", file)?;
        if !file.is_empty() {
            sums(input, sum, json)?;
        }
        json.list(
            "lines",
            list::by_line(&nodes, rows),
            |json, (line, rows)| {
                json.number("line", line)?;
                sums(input, list::sum(&nodes, &rows), json)
            },
        )
    })?;
    Ok(json.close(b"}")?)
}

fn sums(input: &Input<'_>, sum: Sum, json: &mut Writer<'_>) -> io::Result<()> {
    json.number("flat", value(input, sum.flat))?;
    json.number("cum", value(input, sum.cum))
}

fn write_tags(input: &Input<'_>, json: &mut Writer<'_>) -> Result<()> {
    let keys = tags::sorted(input)?;
    open(input, "tags", json)?;
    json.list("tags", keys, |json, (key, values)| {
        let sum = values.iter().fold(0i64, |sum, (_, v)| sum.wrapping_add(*v));
        json.named("key", &key)?;
        json.number("sum", value(input, sum))?;
        json.list("values", values, |json, (text, sum)| {
            json.named("value", &text)?;
            json.number("sum", value(input, sum))
        })
    })?;
    Ok(json.close(b"}")?)
}

fn write_traces(input: &Input<'_>, json: &mut Writer<'_>) -> Result<()> {
    let nodes = traces::nodes(input);
    open(input, "traces", json)?;
    json.key("traces")?;
    json.open(b"[")?;
    let mut failed = None;
    input.view.scan(|row| {
        if failed.is_none() && !row.stack.is_empty() {
            failed = write_trace(input, &nodes, &row, json).err();
        }
    })?;
    if let Some(error) = failed {
        return Err(error.into());
    }
    json.close(b"]")?;
    Ok(json.close(b"}")?)
}

fn write_trace(
    input: &Input<'_>,
    nodes: &Nodes<'_>,
    row: &Row<'_>,
    json: &mut Writer<'_>,
) -> io::Result<()> {
    let (sample, divisor) = input.options.weighing.of(row.values);
    let sample = crate::graph::mean(sample, divisor);
    json.separate()?;
    json.open(b"{")?;
    json.number("value", value(input, sample))?;
    let strings = &input.view.profile.strings;
    let labels = row.labels.left();
    json.list(
        "labels",
        text_groups(strings, labels),
        |json, (key, values)| {
            json.named("key", strings.get(key))?;
            json.list("values", values, |json, text| json.named("text", text))
        },
    )?;
    json.list(
        "numbers",
        number_groups(strings, labels),
        |json, (key, values)| {
            json.named("key", strings.get(key))?;
            json.named("unit", input.options.label_units.get(key))?;
            json.list("values", values, |json, (number, _)| {
                json.number("number", number)
            })
        },
    )?;
    let frames = row.stack.iter().flat_map(|location| {
        let frames = nodes.of(*location);
        let last = frames.len() - 1;
        frames
            .iter()
            .enumerate()
            .map(move |(at, node)| (*node, at != last))
    });
    json.list("stack", frames, |json, (node, inline)| {
        json.named("name", &nodes.printable(node))?;
        json.truth("inline", inline)
    })?;
    json.close(b"}")
}

/// Writes JSON and nothing else of it: commas, quotes, escapes.
pub(crate) struct Writer<'o> {
    out: &'o mut dyn Sink,
    /// What stands before the next value: a comma where one is there already.
    separator: &'static [u8],
}

impl<'o> Writer<'o> {
    /// Nothing is written yet.
    pub(crate) fn new(out: &'o mut dyn Sink) -> Writer<'o> {
        let separator = b"";
        Writer { out, separator }
    }

    #[inline(never)]
    pub(crate) fn open(&mut self, bracket: &[u8]) -> io::Result<()> {
        self.separator = b"";
        self.out.write_all(bracket)
    }

    #[inline(never)]
    pub(crate) fn close(&mut self, bracket: &[u8]) -> io::Result<()> {
        self.separator = b",";
        self.out.write_all(bracket)
    }

    #[inline(never)]
    fn separate(&mut self) -> io::Result<()> {
        let separator = std::mem::replace(&mut self.separator, b",");
        self.out.write_all(separator)
    }

    #[inline(never)]
    pub(crate) fn key(&mut self, name: &str) -> io::Result<()> {
        self.separate()?;
        write!(self.out, "\"{name}\":")
    }

    pub(crate) fn number(&mut self, name: &str, value: i64) -> io::Result<()> {
        self.key(name)?;
        write!(self.out, "{value}")
    }

    pub(crate) fn truth(&mut self, name: &str, value: bool) -> io::Result<()> {
        self.key(name)?;
        write!(self.out, "{value}")
    }

    /// A text of the profile, and all its bytes where it is no UTF-8.
    pub(crate) fn named(&mut self, name: &str, text: &[u8]) -> io::Result<()> {
        self.key(name)?;
        self.text(text)?;
        if std::str::from_utf8(text).is_ok() {
            return Ok(());
        }
        self.key(&format!("{name}_hex"))?;
        let hex: String = text.iter().map(|byte| format!("{byte:02x}")).collect();
        write!(self.out, "\"{hex}\"")
    }

    pub(crate) fn text(&mut self, text: &[u8]) -> io::Result<()> {
        let mut quoted = String::with_capacity(text.len() + 2);
        quoted.push('"');
        for c in String::from_utf8_lossy(text).chars() {
            match c {
                '"' | '\\' => quoted.extend(['\\', c]),
                '\0'..='\x1f' | '\x7f' => quoted.push_str(&format!("\\u{:04x}", c as u32)),
                c => quoted.push(c),
            }
        }
        quoted.push('"');
        put(self.out, Role::Tag, quoted.as_bytes())
    }

    pub(crate) fn list<T>(
        &mut self,
        name: &str,
        items: impl IntoIterator<Item = T>,
        mut write: impl FnMut(&mut Self, T) -> io::Result<()>,
    ) -> io::Result<()> {
        self.key(name)?;
        self.open(b"[")?;
        for item in items {
            self.separate()?;
            self.open(b"{")?;
            write(self, item)?;
            self.close(b"}")?;
        }
        self.close(b"]")
    }
}

#[cfg(test)]
mod tests {
    use super::super::test;
    use super::*;
    use crate::go::regexp::Regexp;
    use crate::model::fixture::typed;
    use crate::report::sink::Plain;
    use crate::view::{Base, FUNCTIONS, View};

    const TEXT: &str = "main;work{k=x,bytes=64b} 3000\nmain;work>inner{k=y} 1000\nmain;idle 500";

    fn printed(report: Report, pattern: Option<&str>) -> String {
        let base = Base::plain(typed(&[("cpu", "nanoseconds")], TEXT));
        let mut options = test::options(&base);
        options.json = true;
        options.pattern = pattern.map(|p| Regexp::new(p.as_bytes()).unwrap());
        let mut view = View::new(&base);
        view.detail = FUNCTIONS;
        said(report, Input::new(&view, &options))
    }

    fn said(report: Report, input: Input<'_>) -> String {
        let mut out = Plain(Vec::new());
        super::super::write(report, input, &mut |_| {}, &mut out).unwrap();
        String::from_utf8(out.0).unwrap()
    }

    #[test]
    fn top_has_whole_numbers_in_the_unit_of_the_profile() {
        assert_eq!(
            printed(Report::Top, None),
            concat!(
                r#"{"report":"top","type":"cpu","unit":"nanoseconds","total":4500,"shown":4500,"#,
                r#""dropped_nodes":0,"nodes_before_limit":4,"nodes":["#,
                r#"{"name":"work","flat":3000,"cum":4000,"inline":"none"},"#,
                r#"{"name":"inner","flat":1000,"cum":1000,"inline":"all"},"#,
                r#"{"name":"idle","flat":500,"cum":500,"inline":"none"},"#,
                r#"{"name":"main","flat":0,"cum":4500,"inline":"none"}]}"#,
                "\n"
            )
        );
    }

    #[test]
    fn peek_names_callers_and_callees() {
        assert_eq!(
            printed(Report::Peek, Some("work")),
            concat!(
                r#"{"report":"peek","type":"cpu","unit":"nanoseconds","total":4500,"shown":4500,"#,
                r#""dropped_nodes":0,"nodes_before_limit":4,"nodes":["#,
                r#"{"name":"work","flat":3000,"cum":4000,"#,
                r#""callers":[{"name":"main","value":4000,"inline":false}],"#,
                r#""callees":[{"name":"inner","value":1000,"inline":true}]}]}"#,
                "\n"
            )
        );
    }

    #[test]
    fn list_has_each_file_once_and_a_function_without_any() {
        let text = "main;work f.go:7 3\nmain;work f.go:9 1";
        let base = Base::plain(typed(&[("cpu", "nanoseconds")], text));
        let mut options = test::options(&base);
        options.json = true;
        options.pattern = Some(Regexp::new(b"work|main").unwrap());
        let printed = test::printed_with(&base, Report::List, &options);
        let functions = printed.split_once("\"functions\":").unwrap().1;
        assert_eq!(
            functions,
            concat!(
                r#"[{"name":"main","file":"","lines":[]},"#,
                r#"{"name":"work","file":"f.go","flat":4,"cum":4,"lines":["#,
                r#"{"line":7,"flat":3,"cum":3},{"line":9,"flat":1,"cum":1}]}]}"#,
                "\n"
            )
        );
    }

    #[test]
    fn functions_of_one_name_in_two_binaries_are_two_where_their_source_is_shown() {
        // Two spellings of one line, which the second binary gets.
        let mut profile = typed(&[("cpu", "nanoseconds")], "work f.go:7;work f.go:07 3");
        profile.mappings.push(profile.mappings[0].clone());
        let (first, second) = (profile.strings.push(b"a"), profile.strings.push(b"b"));
        profile.mappings[0].file = first.unwrap();
        profile.mappings[1].file = second.unwrap();
        profile.locations.mapping[1] = Some(crate::model::MappingId::new(1));
        let base = Base::plain(profile);
        let mut options = test::options(&base);
        options.json = true;
        options.pattern = Some(Regexp::new(b"work").unwrap());
        let list = test::printed_with(&base, Report::List, &options);
        let line = r#"[{"line":7,"flat":3,"cum":6}]"#;
        assert!(list.contains(line), "{list}");
        let mut view = View::new(&base);
        view.detail = FUNCTIONS;
        for report in [Report::Top, Report::Peek] {
            let printed = said(report, Input::new(&view, &options));
            assert_eq!(
                printed.matches(r#""flat":3,"cum":3"#).count(),
                1,
                "{printed}"
            );
            assert_eq!(printed.matches(r#""cum":"#).count(), 1, "{printed}");
        }
    }

    #[test]
    fn tags_and_traces_carry_labels() {
        let tags = printed(Report::Tags, None);
        let values = r#"{"key":"k","sum":4000,"values":[{"value":"x","sum":3000},{"value":"y","sum":1000}]}"#;
        assert!(tags.contains(values), "{tags}");
        let traces = printed(Report::Traces, None);
        let first = concat!(
            r#"{"value":3000,"labels":[{"key":"k","values":[{"text":"x"}]}],"#,
            r#""numbers":[{"key":"bytes","unit":"b","values":[{"number":64}]}],"#,
            r#""stack":[{"name":"work","inline":false},{"name":"main","inline":false}]}"#
        );
        assert!(traces.contains(first), "{traces}");
    }

    #[test]
    fn a_sample_without_frames_leaves_no_trace() {
        let base = Base::plain(typed(&[("cpu", "nanoseconds")], "{k=v} 5\nmain 7"));
        let mut options = test::options(&base);
        options.json = true;
        let printed = test::printed_with(&base, Report::Traces, &options);
        assert_eq!(printed.matches(r#""value":"#).count(), 1, "{printed}");
    }

    #[test]
    fn text_is_escaped_and_bad_bytes_come_in_hex_too() {
        let mut bytes = Plain(Vec::new());
        let mut json = Writer::new(&mut bytes);
        json.named("name", b"a\"\\\n\x1b\xff").unwrap();
        assert_eq!(
            String::from_utf8(bytes.0).unwrap(),
            "\"name\":\"a\\\"\\\\\\u000a\\u001b\u{fffd}\",\"name_hex\":\"61225c0a1bff\""
        );
    }
}
