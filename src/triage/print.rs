//! Findings as text: at most 24 lines of 80 columns, or all of it, or a block for an incident ticket.
//!
//! Only what begins a finding begins a line with a number, so that programs can count them.

use std::io;

use super::code::{Code, said};
use super::evidence::{Ends, Evidence};
use super::finding::{Found, Place};
use super::json;
use crate::error::Result;
use crate::go::path::base;
use crate::graph::name::shorten;
use crate::measure;
use crate::report::sink::{Role, Sink, put};

/// Columns of a line.
const WIDTH: usize = 80;
/// Lines of the short form.
const LINES: usize = 24;

/// How findings are printed.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// On one screen.
    #[default]
    Short,
    /// With stacks and second opinions.
    Full,
    Json,
    /// As a block of Markdown.
    Markdown,
}

/// Where the reader is, for the command that shows more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Whence {
    /// At the prompt, where all profiles are open.
    Prompt,
    /// In a shell: what was named on the command line, and whether that is a live process.
    Shell { named: String, live: bool },
}

/// What is printed.
pub(crate) struct Printing<'a, 'p> {
    pub(crate) evidence: &'a Evidence<'p>,
    pub(crate) found: &'a [Found],
    pub(crate) whence: &'a Whence,
    pub(crate) form: Form,
}

/// Writes findings, or what was looked at where there is none.
pub(crate) fn write(printing: &Printing<'_, '_>, out: &mut dyn Sink) -> Result<()> {
    match printing.form {
        Form::Json => return json::write(printing.evidence, printing.found, out),
        Form::Markdown => out.write_all(b"```\n")?,
        Form::Short | Form::Full => {}
    }
    let mut lines = Lines {
        out,
        left: match printing.form {
            Form::Short => LINES,
            _ => usize::MAX, // nothing is left out
        },
    };
    let state = state(printing.evidence);
    if !state.is_empty() {
        lines.wrapped("", &state)?;
    }
    match printing.found {
        [] => nothing(printing.evidence, &mut lines)?,
        found => findings(printing, found, &mut lines)?,
    }
    if printing.form == Form::Markdown {
        lines.out.write_all(b"```\n")?;
    }
    Ok(())
}

/// Lines of limited width, of which so many are left.
struct Lines<'o> {
    out: &'o mut dyn Sink,
    left: usize,
}

impl Lines<'_> {
    /// Writes words behind an indent, in as many lines as that takes.
    fn wrapped(&mut self, indent: &str, text: &str) -> io::Result<()> {
        for line in wrap(indent, text) {
            self.left = self.left.saturating_sub(1);
            writeln!(self.out, "{line}")?;
        }
        Ok(())
    }
}

/// The words behind an indent, in lines of the width.
fn wrap(indent: &str, text: &str) -> Vec<String> {
    let mut lines = vec![indent.to_string()];
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let line = lines.last().map_or(0, |line| line.chars().count());
        if line > indent.len() && line + 1 + word.chars().count() > WIDTH {
            lines.push(indent.to_string());
        }
        if let Some(line) = lines.last_mut() {
            if line.len() > indent.len() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}

/// The findings that fit, and how many do not.
fn findings(printing: &Printing<'_, '_>, found: &[Found], lines: &mut Lines<'_>) -> io::Result<()> {
    for (at, one) in found.iter().enumerate() {
        let finding = &one.finding;
        let why = format!("{}; {}", finding.what, finding.why);
        let texts = [&finding.proof, &why];
        let texts: Vec<String> = texts.iter().flat_map(|text| wrap("  ", text)).collect();
        let next = next(printing, one);
        let rest = found.len() - at;
        let needs = texts.len() + next.len() + 1;
        // One line is kept for what does not fit.
        if at > 0 && needs + usize::from(rest > 1) > lines.left {
            return lines.wrapped("", &format!("and {rest} more: -v shows all"));
        }
        title(at + 1, one, lines)?;
        for line in texts.iter().chain(&next) {
            writeln!(lines.out, "{line}")?;
        }
        lines.left = lines.left.saturating_sub(needs);
        if printing.form != Form::Short {
            more(one, lines)?;
        }
    }
    Ok(())
}

/// `1 goroutine leak, sure: ship.(*Dispatcher).send dispatch.go:32`.
fn title(number: usize, found: &Found, lines: &mut Lines<'_>) -> io::Result<()> {
    let finding = &found.finding;
    let head = format!(
        "{number} {}, {}: ",
        found.rule.class.title(),
        finding.confidence.word()
    );
    put(lines.out, Role::Hot, head.as_bytes())?;
    match &finding.culprit {
        Some(place) => {
            let (name, at) = (shorten(&place.name), at(place));
            let full = head.len() + place.name.len() + at.len() < WIDTH;
            let name = if full { &place.name } else { &name };
            put(lines.out, Role::Name, name)?;
            put(lines.out, Role::Path, at.as_bytes())?;
        }
        None => lines.out.write_all(finding.what.as_bytes())?,
    }
    writeln!(lines.out)
}

/// ` dispatch.go:32`.
fn at(place: &Place) -> String {
    match place.file.is_empty() {
        true => String::new(),
        false => format!(" {}:{}", said(base(&place.file)), place.line),
    }
}

/// The command that shows more, in the words of where the reader is.
fn next(printing: &Printing<'_, '_>, found: &Found) -> Vec<String> {
    let next = &found.finding.next;
    let line = &next.line;
    let kind = next.kind;
    let last = printing.evidence.last(kind);
    let text = match printing.whence {
        Whence::Prompt => match last {
            Some(code) => format!("next: use {}, then {line}", code.name),
            None => format!("next: fetch {}, then {line}", kind.asked()),
        },
        Whence::Shell { named, live: true } => {
            format!("next: podprof -c 'fetch {}; {line}' {named}", kind.asked())
        }
        Whence::Shell { named, live: false } => match last {
            // By itself it has the name that its source gives it.
            Some(code) => {
                let (name, origin) = (code.name.split('#').next().unwrap_or_default(), code.origin);
                format!("next: podprof -c 'use {name}; {line}' {origin}")
            }
            None => format!("next: podprof -c '{line}' {named}"),
        },
    };
    // It is to be copied: never broken but where a shell reads on.
    match (text.chars().count() + 2 > WIDTH, text.rsplit_once("' ")) {
        (true, Some((command, named))) => {
            vec![format!("  {command}' \\"), format!("    {named}")]
        }
        _ => vec![format!("  {text}")],
    }
}

/// The stack and the second opinions.
fn more(found: &Found, lines: &mut Lines<'_>) -> io::Result<()> {
    for text in &found.finding.also {
        lines.wrapped("  also ", text)?;
    }
    for place in &found.finding.stack {
        lines.out.write_all(b"    ")?;
        put(lines.out, Role::Name, &place.name)?;
        put(lines.out, Role::Path, at(place).as_bytes())?;
        writeln!(lines.out)?;
    }
    writeln!(
        lines.out,
        "  explain {} tells how this was found",
        found.rule.name
    )
}

/// `31MB`.
pub(super) fn bytes(bytes: u64) -> String {
    let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
    String::from_utf8_lossy(&measure::label(bytes, b"bytes")).into_owned()
}

/// `12s`, `3m`, `5h`, `2d`.
pub(super) fn duration(seconds: f64) -> String {
    let seconds = seconds.max(0.0) as u64;
    match seconds {
        0..120 => format!("{seconds}s"),
        120..7_200 => format!("{}m", seconds / 60),
        7_200..172_800 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400), // two days and more
    }
}

/// A number with one digit behind the point.
pub(super) fn tenths(value: f64) -> String {
    let tenths = (value * 10.0).round() as i64;
    format!("{}.{}", tenths / 10, (tenths % 10).abs())
}

/// One line about the process.
fn state(evidence: &Evidence<'_>) -> String {
    let process = &evidence.process;
    let mut parts = Vec::new();
    if let Some(uptime) = process.uptime {
        parts.push(format!("up {}", duration(uptime)));
    }
    if !evidence.groups.is_empty() {
        parts.push(format!("{} goroutines", evidence.goroutine_count()));
    }
    if let Some(resident) = process.resident[1] {
        let limit = process
            .memory_limit
            .map(|limit| format!(" of {}", bytes(limit)));
        parts.push(format!(
            "RSS {}{}",
            bytes(resident),
            limit.unwrap_or_default()
        ));
    }
    if let Some(cores) = process.cores() {
        let limit = process
            .cpu_limit
            .map(|limit| format!(" of {}", tenths(limit)));
        parts.push(format!(
            "CPU {}{} cores",
            tenths(cores),
            limit.unwrap_or_default()
        ));
    }
    let stats = evidence.heap.end.as_ref();
    let stats = stats.and_then(|code| code.profile.header.mem_stats.as_deref());
    if let Some(share) = stats.and_then(|stats| stats.gc_cpu) {
        parts.push(format!("GC {}%", tenths(share as f64 / 10_000.0)));
    }
    let parts = parts.join(", ");
    match (process.who.is_empty(), parts.is_empty()) {
        (_, true) => process.who.clone(),
        (true, _) => parts,
        (false, false) => format!("{}: {parts}", process.who),
    }
}

/// What was looked at, where nothing is wrong with it.
fn nothing(evidence: &Evidence<'_>, lines: &mut Lines<'_>) -> io::Result<()> {
    lines.wrapped("", "Nothing wrong found. Looked at:")?;
    for text in looked_at(evidence) {
        lines.wrapped("  ", &text)?;
    }
    for missing in &evidence.missing {
        lines.wrapped("  ", &format!("not at {}: {}", missing.what, missing.why))?;
    }
    Ok(())
}

/// Each kind of evidence with its numbers.
fn looked_at(evidence: &Evidence<'_>) -> Vec<String> {
    let mut texts = Vec::new();
    if evidence.goroutines.end.is_some() {
        let idle = evidence.groups.iter().filter(|group| group.idle.is_some());
        let idle: i64 = idle.map(|group| group.now).sum();
        let before: i64 = evidence.groups.iter().map(|group| group.before).sum();
        let now = evidence.goroutine_count();
        let change = change(&evidence.goroutines, |_| Some(before.to_string()));
        texts.push(format!(
            "goroutines: {change}{now}, {idle} of them idle by design"
        ));
    }
    let total = |code: &Code<'_>, kind: &str| code.total(code.column(kind)?).ok();
    let ends = [
        ("live heap", &evidence.heap, "inuse_space", "bytes"),
        ("mutex delay", &evidence.mutex, "delay", "nanoseconds"),
        ("block delay", &evidence.block, "delay", "nanoseconds"),
    ];
    for (name, ends, kind, unit) in ends {
        let text = |code: &Code<'_>| {
            let label = measure::label(total(code, kind)?, unit.as_bytes());
            Some(String::from_utf8_lossy(&label).into_owned())
        };
        if let Some(now) = ends.end.as_ref().and_then(text) {
            texts.push(format!("{name}: {}{now}", change(ends, text)));
        }
    }
    if let Some(code) = &evidence.cpu {
        let header = &code.profile.header;
        let total = total(code, "cpu").unwrap_or(0) as f64 / 1e9;
        let length = header.duration_nanos as f64 / 1e9;
        texts.push(format!(
            "CPU: {}s used in {}s",
            tenths(total),
            tenths(length)
        ));
    }
    texts
}

/// `12 to ` where there is a start.
fn change<'p>(ends: &Ends<'p>, text: impl Fn(&Code<'p>) -> Option<String>) -> String {
    let start = ends.start.as_ref().and_then(text);
    start
        .map(|start| format!("{start} to "))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_blanks_and_keep_long_words_whole() {
        let long = "x".repeat(90);
        let lines = wrap("  ", &format!("a {long} {}b", "y ".repeat(60)));
        assert_eq!(lines[0], "  a");
        assert_eq!(lines[1], format!("  {long}"));
        assert!(
            lines[2..]
                .iter()
                .all(|line| line.len() <= WIDTH && line.starts_with("  y"))
        );
    }

    #[test]
    fn times_and_numbers_are_short() {
        let times = [5.9, 119.0, 600.0, 7_200.0, 200_000.0].map(duration);
        assert_eq!(times, ["5s", "119s", "10m", "2h", "2d"]);
        assert_eq!([0.04, 0.96, 12.34].map(tenths), ["0.0", "1.0", "12.3"]);
    }
}
