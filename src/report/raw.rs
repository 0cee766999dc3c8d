//! `raw`: the profile as it is, after filters, unscaled (pprof-behaviour 6.8).

use std::io::Write;
use std::iter;

use super::Input;
use super::sink::{Role, Sink, put};
use crate::error::Result;
use crate::go::fmt::{duration_cut, hex, pad_left, push_int, push_uint};
use crate::go::time::raw_time;
use crate::model::label::{number_groups, text_groups};
use crate::model::{Label, LocationId, Mapping};
use crate::view::{Row, View};

/// Writes the report.
pub(super) fn write(input: &Input<'_>, out: &mut dyn Sink) -> Result<()> {
    let view = input.view;
    write_header(view, out)?;
    let mut failed = None;
    let mut line = Vec::new();
    view.scan(|row| {
        if failed.is_none() {
            line.clear();
            failed = write_sample(view, &row, &mut line, out).err();
        }
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    out.write_all(b"Locations\n")?;
    for row in 0..view.location_count() {
        write_location(view, LocationId::new(row as u32), out)?;
    }
    out.write_all(b"Mappings\n")?;
    for mapping in &view.profile.mappings {
        write_mapping(view, mapping, out)?;
    }
    Ok(())
}

fn write_header(view: &View<'_>, out: &mut dyn Sink) -> Result<()> {
    let (profile, header) = (view.profile, &view.profile.header);
    let mut line = |words: &str, text: &[u8]| {
        out.write_all(words.as_bytes())?;
        put(out, Role::Tag, text)?;
        out.write_all(b"\n")
    };
    for comment in &profile.comments {
        line("Comment: ", profile.text(*comment))?;
    }
    let doc = profile.text(header.doc_url);
    if !doc.is_empty() {
        line("Doc: ", doc)?;
    }
    let (kind, unit) = (header.period_type.kind, header.period_type.unit);
    let period_type = [profile.text(kind), profile.text(unit)].join(&b" "[..]);
    line("PeriodType: ", &period_type)?;
    line("Period: ", header.period.to_string().as_bytes())?;
    if header.time_nanos != 0 {
        line("Time: ", raw_time(header.time_nanos).as_bytes())?;
    }
    if header.duration_nanos != 0 {
        line("Duration: ", duration_cut(header.duration_nanos).as_bytes())?;
    }
    line("Samples:", b"")?;
    let mut types = Vec::new();
    for value_type in &profile.sample_types {
        types.extend_from_slice(profile.text(value_type.kind));
        types.push(b'/');
        types.extend_from_slice(profile.text(value_type.unit));
        if value_type.kind == header.default_sample_type {
            types.extend_from_slice(b"[dflt]");
        }
        types.push(b' ');
    }
    line("", types.trim_ascii())?;
    Ok(())
}

fn write_sample(
    view: &View<'_>,
    row: &Row<'_>,
    line: &mut Vec<u8>,
    out: &mut dyn Sink,
) -> Result<()> {
    for value in row.values {
        let start = line.len();
        push_int(line, *value);
        let missing = 10usize.saturating_sub(line.len() - start);
        line.splice(start..start, iter::repeat_n(b' ', missing + 1));
    }
    line.extend_from_slice(b": ");
    for location in row.stack {
        push_uint(line, view.location_id(*location));
        line.push(b' ');
    }
    line.push(b'\n');
    out.write_all(line)?;
    write_labels(view, row.labels.left(), out)
}

fn write_labels(view: &View<'_>, labels: &[Label], out: &mut dyn Sink) -> Result<()> {
    let strings = &view.profile.strings;
    let group =
        |key: &[u8], values: &[Vec<u8>]| [key, b":[", &values.join(&b" "[..]), b"]"].concat();
    let mut texts: Vec<Vec<u8>> = Vec::new();
    for (key, values) in text_groups(strings, labels) {
        let values: Vec<Vec<u8>> = values.iter().map(|v| v.to_vec()).collect();
        texts.push(group(strings.get(key), &values));
    }
    let mut numbers: Vec<Vec<u8>> = Vec::new();
    for (key, values) in number_groups(strings, labels) {
        let units = values.iter().any(|(_, unit)| unit.is_some());
        let text = |(value, unit): &(i64, Option<_>)| match units {
            true => {
                let unit = strings.get(unit.unwrap_or_default());
                [value.to_string().as_bytes(), b" ", unit].concat()
            }
            false => value.to_string().into_bytes(),
        };
        let values: Vec<Vec<u8>> = values.iter().map(text).collect();
        numbers.push(group(strings.get(key), &values));
    }
    for mut groups in [texts, numbers] {
        if groups.is_empty() {
            continue;
        }
        groups.sort();
        out.write_all(b"                ")?;
        put(out, Role::Tag, &groups.join(&b" "[..]))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn write_location(view: &View<'_>, location: LocationId, out: &mut dyn Sink) -> Result<()> {
    let id = view.location_id(location).to_string();
    let mut start = pad_left(id.as_bytes(), 6).into_owned();
    write!(start, ": {} ", hex(view.address(location)))?;
    if let Some(mapping) = view.mapping(location) {
        write!(start, "M={} ", view.profile.mappings[mapping.at()].id)?;
    }
    let folded = &view.profile.locations.folded;
    if folded.get(location.at()).is_some_and(|folded| *folded) {
        start.extend_from_slice(b"[F] ");
    }
    let lines = view.lines(location);
    if lines.is_empty() {
        out.write_all(&start)?;
        out.write_all(b"\n")?;
    }
    for line in lines {
        out.write_all(&start)?;
        start = vec![b' '; 13];
        let function = view.function(line.function.at());
        let (number, column) = view.position(line);
        put(out, Role::Name, view.text(function.name))?;
        out.write_all(b" ")?;
        put(out, Role::Path, view.text(function.filename))?;
        write!(out, ":{number}:{column} s={}", function.start_line)?;
        if function.name != function.system_name {
            out.write_all(b"(")?;
            put(out, Role::Name, view.text(function.system_name))?;
            out.write_all(b")")?;
        }
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn write_mapping(view: &View<'_>, mapping: &Mapping, out: &mut dyn Sink) -> Result<()> {
    let [start, limit, offset] = [mapping.start, mapping.limit, mapping.offset].map(hex);
    write!(out, "{}: {start}/{limit}/{offset} ", mapping.id)?;
    put(out, Role::Path, view.text(mapping.file))?;
    out.write_all(b" ")?;
    put(out, Role::Tag, view.text(mapping.build_id))?;
    out.write_all(b" ")?;
    let marks = [
        (mapping.has_functions, "[FN]"),
        (mapping.has_filenames, "[FL]"),
        (mapping.has_line_numbers, "[LN]"),
        (mapping.has_inline_frames && view.detail.inlines, "[IN]"),
    ];
    for (_, mark) in marks.iter().filter(|(has, _)| *has) {
        out.write_all(mark.as_bytes())?;
    }
    out.write_all(b"\n")?;
    Ok(())
}
