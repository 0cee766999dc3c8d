//! One group in full: its whole stack, and some of the goroutines in it.

use super::group::Group;
use super::{Place, Report, waits};
use crate::error::Result;
use crate::report::sink::{Role, Sink, put};
use crate::view::Whose;

/// How many labels are named.
const LABELS: usize = 8;

/// Writes a group.
pub(super) fn write(report: &Report<'_>, group: &Group, out: &mut dyn Sink) -> Result<()> {
    write!(out, "Group {}: ", group.number)?;
    put(out, Role::Number, &report.input.value(group.count))?;
    match report.found.compared {
        true => write!(out, " ({}), ", report.change(group.count, group.before))?,
        false => {
            let plural = if group.count == 1 { "" } else { "s" };
            let percent = report.percent(group.count);
            write!(out, " goroutine{plural} ({}), ", percent.trim())?;
        }
    }
    put(out, Role::Tag, &group.state)?;
    if let Some(wait) = group.wait() {
        write!(out, ", wait {}", waits(wait))?;
    }
    out.write_all(b"\n")?;
    if let Some(idle) = group.idle {
        writeln!(out, "Idle: {idle}")?;
    }
    if !group.ids.is_empty() {
        let ids: Vec<_> = group.ids.iter().map(|id| id.to_string()).collect();
        let rest = group.count.saturating_sub(ids.len() as i64);
        let rest = if rest > 0 {
            format!(" and {rest} more")
        } else {
            String::new()
        };
        writeln!(out, "Goroutines: {}{rest}", ids.join(" "))?;
    }
    if !group.flags.is_empty() {
        out.write_all(b"Flags: ")?;
        put(out, Role::Tag, report.flags(group).join(", ").as_bytes())?;
        out.write_all(b"\n")?;
    }
    write_labels(report, group, out)?;
    for place in report.frames(group) {
        let mark = if place.whose == Some(Whose::Own) {
            "> "
        } else {
            "  "
        };
        write_frame(mark, &place, out)?;
    }
    match report.creator(group) {
        Some(creator) => write_frame("  created by ", &creator, out),
        None => Ok(()),
    }
}

/// The program's labels, those of most goroutines first.
fn write_labels(report: &Report<'_>, group: &Group, out: &mut dyn Sink) -> Result<()> {
    let text = |text| report.input.view.profile.text(text);
    let labels = group.labels.iter();
    let mut labels: Vec<_> = labels
        .map(|((key, value), count)| (std::cmp::Reverse(count.0), text(*key), text(*value)))
        .collect();
    labels.sort();
    for (at, (count, key, value)) in labels.iter().take(LABELS).enumerate() {
        out.write_all(if at == 0 { b"Labels: " } else { b"        " })?;
        put(out, Role::Tag, &[key, &b"="[..], value].concat())?;
        writeln!(out, " ({})", count.0)?;
    }
    if let Some(rest) = labels.len().checked_sub(LABELS).filter(|rest| *rest > 0) {
        writeln!(out, "        and {rest} more: tags shows all")?;
    }
    Ok(())
}

fn write_frame(words: &str, place: &Place, out: &mut dyn Sink) -> Result<()> {
    out.write_all(words.as_bytes())?;
    put(out, Role::Name, &place.name)?;
    if !place.file.is_empty() {
        out.write_all(b"\n        ")?;
        put(out, Role::Path, &place.file)?;
        if place.line != 0 {
            write!(out, ":{}", place.line)?;
        }
    }
    Ok(out.write_all(b"\n")?)
}
