//! `goroutines` for programs to read: the same groups, with full names and whole stacks.

use std::io;

use super::group::Group;
use super::{By, Place, Report};
use crate::error::{Error, Result};
use crate::report::Input;
use crate::report::json::{Writer, open};
use crate::view::Whose;

/// Writes the object without its last newline.
pub(crate) fn write(input: &Input<'_>, json: &mut Writer<'_>) -> Result<()> {
    let report = Report::new(input)?;
    let asked = &input.options.goroutines;
    if let Some(By::State | By::Creator | By::Own | By::Label(_)) = asked.by {
        let text = "json: goroutines has no JSON form by value; its groups have all there is";
        return Err(Error::report(text));
    }
    let mut shown = report.shown().groups;
    if let Some(number) = asked.full {
        shown = vec![report.numbered(number)?];
    }
    open(input, "goroutines", json)?;
    json.number("goroutines", report.total)?;
    json.number("groups_in_all", report.found.groups.len() as i64)?;
    json.truth("compared", report.found.compared)?;
    json.list("groups", shown, |json, group| {
        write_group(&report, group, json)
    })?;
    Ok(json.close(b"}")?)
}

fn write_group(report: &Report<'_>, group: &Group, json: &mut Writer<'_>) -> io::Result<()> {
    json.number("number", group.number as i64)?;
    json.number("count", group.count)?;
    if report.found.compared {
        json.number("before", group.before)?;
    }
    json.named("state", &group.state)?;
    json.named("idle", group.idle.unwrap_or_default().as_bytes())?;
    if let Some(wait) = group.wait() {
        let names = [
            "wait_min_seconds",
            "wait_median_seconds",
            "wait_max_seconds",
        ];
        for (name, seconds) in names.into_iter().zip(wait) {
            json.number(name, seconds)?;
        }
    }
    let text = |text| report.input.view.profile.text(text);
    let mut flags: Vec<_> = group
        .flags
        .iter()
        .map(|(flag, count)| (text(*flag), count))
        .collect();
    flags.sort();
    json.list("flags", flags, |json, (flag, count)| {
        json.named("flag", flag)?;
        json.number("count", *count)
    })?;
    json.list("examples", &group.ids, |json, id| {
        json.number("goroutine", *id)
    })?;
    let frames = report.frames(group);
    let own = frames.iter().find(|place| place.whose == Some(Whose::Own));
    json.list("own", own, write_place)?;
    json.list("creator", report.creator(group).iter(), write_place)?;
    json.list("stack", &frames, |json, place| {
        write_place(json, place)?;
        json.truth("own", place.whose == Some(Whose::Own))
    })
}

fn write_place(json: &mut Writer<'_>, place: &Place) -> io::Result<()> {
    json.named("name", &place.name)?;
    json.named("file", &place.file)?;
    json.number("line", place.line)
}
