//! `goroutines`: who waits for what, in groups of equal stacks, the service's own code first.
//!
//! pprof has no such report. A group takes two or three short lines, so that ten of them fit a screen
//! of 80 columns: names lose their package path, `-v` has them in full. Numbers are those of the default
//! order, whatever is shown, so that `-v 3` means what was seen as 3. Idle groups are only counted.

mod group;
mod json;
mod one;
mod rank;
pub(crate) mod shape;
mod summary;
mod table;
pub(crate) mod told;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use super::Input;
use super::header::{active_lines, profile_lines, write_lines};
use super::sink::{Role, Sink, put};
use crate::error::{Error, Result};
use crate::go::fmt::pad_left;
use crate::go::path::base;
use crate::go::regexp::Regexp;
use crate::graph::name::shorten;
use crate::measure::percentage;
use crate::model::{CREATED_BY, Line, LocationId};
use crate::view::{Own, Whose};
use group::{Group, Groups};
pub(super) use json::write as write_json;
pub(super) use summary::listed;

/// What was asked of the report in its own words.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    /// How many groups at most.
    pub(crate) limit: Option<usize>,
    /// Keep groups whose state, functions or files match.
    pub(crate) keep: Option<Regexp>,
    /// Drop groups whose state, functions or files match.
    pub(crate) drop: Option<Regexp>,
    /// The longest wait first, not the widest group.
    pub(crate) by_wait: bool,
    /// A row a value instead of a group.
    pub(crate) by: Option<By>,
    /// The whole stack of the group with this number.
    pub(crate) full: Option<usize>,
    /// All groups, those that are idle too.
    pub(crate) all: bool,
}

/// What rows can be about instead of groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum By {
    /// What goroutines do or wait for.
    State,
    /// What started them.
    Creator,
    /// The first frame of the service's own code.
    Own,
    /// The value of this label of the program.
    Label(String),
}

/// A line of code.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    name: Vec<u8>,
    file: Vec<u8>,
    line: i64,
    whose: Option<Whose>,
}

impl Place {
    /// The function without the path of its package, and the file without its folder.
    fn short(&self) -> (Vec<u8>, Vec<u8>) {
        let mut place = match self.file.is_empty() {
            true => Vec::new(),
            false => [b" ", base(&self.file)].concat(),
        };
        if self.line != 0 {
            place.extend(format!(":{}", self.line).bytes());
        }
        (shorten(&self.name), place)
    }
}

/// Everything that the report is written from.
struct Report<'a> {
    input: &'a Input<'a>,
    own: Own,
    found: Groups,
    /// How many goroutines there are, before any filter.
    total: i64,
}

/// Writes the report.
pub(super) fn write(input: &Input<'_>, out: &mut dyn Sink) -> Result<()> {
    let report = Report::new(input)?;
    if let Some(number) = input.options.goroutines.full {
        return one::write(&report, report.numbered(number)?, out);
    }
    let shown = report.shown();
    if !input.options.compact {
        write_lines(&profile_lines(input), out)?;
    }
    write_lines(&active_lines(input.options), out)?;
    match &input.options.goroutines.by {
        Some(by) => table::write(&report, by, &shown, out)?,
        None => report.write_groups(&shown, out)?,
    }
    summary::write_rest(&report, &shown, out)
}

/// How many goroutines are in a state; `None` where the profile is about something else.
pub(super) fn in_state(input: &Input<'_>, state: &[u8]) -> Result<Option<i64>> {
    if group::count_index(input.view.profile).is_err() {
        return Ok(None);
    }
    let groups = group::groups(input)?.groups;
    let of_state = groups.iter().filter(|group| group.state == state);
    let count = of_state.map(|group| group.count);
    Ok(Some(count.fold(0, i64::wrapping_add)))
}

/// The groups to show, in order, and how many match in all.
struct Shown<'g> {
    groups: Vec<&'g Group>,
    matching: usize,
    /// Those set aside.
    idle: Vec<&'g Group>,
}

impl<'a> Report<'a> {
    fn new(input: &'a Input<'a>) -> Result<Self> {
        let profile = input.view.profile;
        let found = group::groups(input)?;
        let index = group::count_index(profile)?;
        let mut total = 0i64;
        profile.scan_values(|values, _| total = total.wrapping_add(values[index].max(0)))?;
        Ok(Report {
            input,
            own: Own::of(profile, input.options.own_code.as_ref()),
            found,
            total,
        })
    }

    fn numbered(&self, number: usize) -> Result<&Group> {
        let groups = &self.found.groups;
        let group = number.checked_sub(1).and_then(|at| groups.get(at));
        group.ok_or_else(|| {
            let count = groups.len();
            Error::report(format!(
                "goroutines: there is no group {number}, only 1 to {count}"
            ))
        })
    }

    fn shown(&self) -> Shown<'_> {
        let asked = &self.input.options.goroutines;
        let all = self.found.groups.iter();
        let matching = all.filter(|group| self.matches(group) && !self.is_unchanged(group));
        // Who names what he wants to see wants to see it, idle or not.
        let show_idle = asked.all || asked.keep.is_some();
        let (idle, mut groups): (Vec<_>, Vec<_>) =
            matching.partition(|group| group.idle.is_some() && !show_idle);
        if asked.by_wait {
            let longest = |group: &Group| group.wait().map(|wait| wait[2]);
            groups.sort_by_key(|group| std::cmp::Reverse(longest(group)));
        }
        let matching = groups.len();
        if let (Some(limit), None) = (self.limit(), &asked.by) {
            groups.truncate(limit);
        }
        Shown {
            groups,
            matching,
            idle,
        }
    }

    fn limit(&self) -> Option<usize> {
        let asked = &self.input.options.goroutines;
        asked.limit.filter(|limit| *limit > 0 && !asked.all)
    }

    fn is_unchanged(&self, group: &Group) -> bool {
        self.found.compared && group.change() == 0
    }

    fn matches(&self, group: &Group) -> bool {
        let asked = &self.input.options.goroutines;
        let text = |pattern: &Regexp| {
            let profile = self.input.view.profile;
            let lines = group
                .whole
                .iter()
                .flat_map(|at| profile.locations.lines.row(at.at()));
            let mut texts = lines.flat_map(|line| {
                let functions = &profile.functions;
                let at = line.function.at();
                [functions.name[at], functions.filename[at]]
            });
            pattern.is_match(&group.state) || texts.any(|text| pattern.is_match(profile.text(text)))
        };
        asked.keep.as_ref().is_none_or(text) && !asked.drop.as_ref().is_some_and(text)
    }

    fn is_creator(&self, location: LocationId) -> bool {
        let profile = self.input.view.profile;
        let mapping = profile
            .locations
            .mapping
            .get(location.at())
            .copied()
            .flatten();
        mapping.is_some_and(|at| profile.text(profile.mappings[at.at()].file) == CREATED_BY)
    }

    fn place(&self, line: &Line) -> Place {
        let view = self.input.view;
        let profile = view.profile;
        let row = line.function.at();
        let functions = &profile.functions;
        let file = functions
            .filename
            .get(row)
            .map_or(&[][..], |file| profile.text(*file));
        let name = match row < functions.len() {
            true => profile.text(functions.name[row]),
            false => view.text(view.function(row).name),
        };
        Place {
            name: name.to_vec(),
            file: file.to_vec(),
            line: line.line,
            whose: Some(self.own.whose(line.function)),
        }
    }

    /// The frames that the filters left, leaf first, without the creator; a nameless one is its address.
    fn frames(&self, group: &Group) -> Vec<Place> {
        let view = self.input.view;
        let own = group
            .stack
            .iter()
            .filter(|location| !self.is_creator(**location));
        let places = own.flat_map(|location| {
            let lines = view.lines(*location);
            let address = view.profile.locations.address.get(location.at());
            let nameless = address.filter(|_| lines.is_empty()).map(|address| Place {
                name: format!("{address:#x}").into_bytes(),
                file: Vec::new(),
                line: 0,
                whose: None,
            });
            lines.iter().map(|line| self.place(line)).chain(nameless)
        });
        places.collect()
    }

    /// What started the goroutines, where the profile says it.
    fn creator(&self, group: &Group) -> Option<Place> {
        let root = group.whole.last().filter(|root| self.is_creator(**root))?;
        let lines = &self.input.view.profile.locations.lines;
        lines.row(root.at()).first().map(|line| self.place(line))
    }

    /// The frame to show of a group: the innermost of the service, else of a dependency, else the
    /// outermost; of nameless ones the innermost.
    fn landmark(frames: &[Place]) -> Option<&Place> {
        let innermost = |whose| frames.iter().find(|place| place.whose == Some(whose));
        let own = innermost(Whose::Own).or_else(|| innermost(Whose::Dependency));
        let entry = || Self::entry(frames).filter(|entry| entry.whose.is_some());
        own.or_else(entry).or_else(|| frames.first())
    }

    /// The function that the goroutine began with.
    fn entry(frames: &[Place]) -> Option<&Place> {
        let begun =
            |place: &&Place| !matches!(&place.name[..], b"runtime.goexit" | b"runtime.main");
        frames.iter().rev().find(begun).or_else(|| frames.last())
    }

    fn percent(&self, value: i64) -> String {
        percentage(value, self.total)
    }

    /// The columns that all kinds of rows begin with.
    fn write_counts(&self, count: i64, before: i64, out: &mut dyn Sink) -> Result<()> {
        if !self.found.compared || self.found.exact {
            put(out, Role::Number, &pad_left(&self.input.value(count), 8))?;
        }
        match self.found.compared {
            false => write!(out, " {:>7}", self.percent(count).trim())?,
            true => write!(out, " {:>7}", self.change(count, before))?,
        }
        Ok(())
    }

    fn change(&self, count: i64, before: i64) -> String {
        match (count, before) {
            (_, 0) if self.found.exact => "new".to_string(),
            (0, _) if self.found.exact => "gone".to_string(),
            _ => format!("{:+}", count.wrapping_sub(before)),
        }
    }

    /// The titles of the columns that all kinds of rows begin with.
    fn titles(&self) -> &'static str {
        match (self.found.compared, self.found.exact) {
            (false, _) => "   count       %",
            (true, true) => "   count  change",
            (true, false) => "  change",
        }
    }

    fn write_groups(&self, shown: &Shown<'_>, out: &mut dyn Sink) -> Result<()> {
        summary::write(self, shown, out)?;
        let waits = shown
            .groups
            .iter()
            .any(|group| group.wait().is_some_and(|wait| wait[2] > 0));
        let wait = if waits { "wait min/median/max" } else { "" };
        let title = format!("   #{}  {:<23} {wait}", self.titles(), "state");
        put(out, Role::Heading, title.trim_end().as_bytes())?;
        out.write_all(b"\n")?;
        for group in &shown.groups {
            self.write_group(group, waits, out)?;
        }
        Ok(())
    }

    fn write_group(&self, group: &Group, waited: bool, out: &mut dyn Sink) -> Result<()> {
        write!(out, "{:>4}", group.number)?;
        self.write_counts(group.count, group.before, out)?;
        out.write_all(b"  ")?;
        put(out, Role::Tag, &group.state)?;
        if let Some(wait) = group.wait().filter(|_| waited) {
            let width = String::from_utf8_lossy(&group.state).chars().count();
            write!(
                out,
                "{:1$} {2}",
                "",
                23usize.saturating_sub(width),
                waits(wait)
            )?;
        }
        out.write_all(b"\n")?;
        let frames = self.frames(group);
        let landmark = Self::landmark(&frames);
        match landmark {
            Some(place) => write_place("at", place, out)?,
            None => out.write_all(b"      (no stack)\n")?,
        }
        match (self.creator(group), Self::entry(&frames)) {
            (Some(creator), _) => write_place("created by", &creator, out)?,
            (None, Some(entry)) if landmark != Some(entry) => write_place("from", entry, out)?,
            (None, _) => {}
        }
        if !group.flags.is_empty() {
            let flags = self.flags(group).join(", ");
            out.write_all(b"      ")?;
            put(out, Role::Tag, flags.as_bytes())?;
            out.write_all(b"\n")?;
        }
        Ok(())
    }

    /// The flags of a group, and how many have each where not all have it.
    fn flags(&self, group: &Group) -> Vec<String> {
        let profile = self.input.view.profile;
        let flags = group.flags.iter();
        let mut flags: Vec<_> = flags
            .map(|(flag, count)| (String::from_utf8_lossy(profile.text(*flag)), *count))
            .collect();
        flags.sort();
        let text = |(flag, count): (Cow<'_, str>, i64)| match count == group.count {
            true => flag.into_owned(),
            false => format!("{count} of {} {flag}", group.count),
        };
        flags.into_iter().map(text).collect()
    }
}

fn write_place(words: &str, place: &Place, out: &mut dyn Sink) -> Result<()> {
    let (name, position) = place.short();
    write!(out, "      {words} ")?;
    put(out, Role::Name, &name)?;
    put(out, Role::Tag, &position)?;
    if words == "at" && place.whose != Some(Whose::Own) {
        out.write_all(b"  (no own code)")?;
    }
    Ok(out.write_all(b"\n")?)
}

/// The shortest, middle and longest wait; one where they are the same.
fn waits([shortest, middle, longest]: [i64; 3]) -> String {
    match shortest == longest {
        true => span(longest),
        false => format!("{} / {} / {}", span(shortest), span(middle), span(longest)),
    }
}

/// A wait in the two largest of its units; a dump counts whole minutes.
fn span(seconds: i64) -> String {
    let minutes = seconds / 60;
    let (hours, days) = (minutes / 60, minutes / 1440);
    match (days, hours, minutes) {
        (_, _, ..1) => "<1m".to_string(),
        (_, 0, _) => format!("{minutes}m"),
        (..2, _, _) => format!("{hours}h{:02}m", minutes % 60),
        _ => format!("{days}d{:02}h", hours % 24),
    }
}
