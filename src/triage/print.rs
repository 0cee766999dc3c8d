//! Findings as text: at most 24 lines of 80 columns, or all of it, or a block for an incident ticket.
//!
//! Only what begins a finding begins a line with a number, so that programs can count them.

use std::io;

use super::account;
use super::code::Code;
use super::evidence::{Ends, Evidence};
use super::finding::{Found, Place};
use super::groups::count;
use super::json;
use super::say::Say;
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
    #[inline(never)]
    fn line(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.out.write_all(b"\n")
    }

    /// Writes words behind an indent, in as many lines as that takes.
    fn wrapped(&mut self, indent: &str, text: &str) -> io::Result<()> {
        for line in wrap(indent, text) {
            self.left = self.left.saturating_sub(1);
            self.line(&line)?;
        }
        Ok(())
    }
}

/// The words behind an indent, in lines of the width.
fn wrap(indent: &str, text: &str) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::from(indent));
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if line.len() > indent.len() {
            if line.chars().count() + 1 + word.chars().count() > WIDTH {
                lines.push(std::mem::replace(&mut line, String::from(indent)));
            } else {
                line.push(' ');
            }
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

/// The findings that fit, and how many do not.
fn findings(printing: &Printing<'_, '_>, found: &[Found], lines: &mut Lines<'_>) -> io::Result<()> {
    for (at, one) in found.iter().enumerate() {
        let finding = &one.finding;
        let mut texts = wrap("  ", &finding.proof);
        let mut why = finding.what.clone();
        texts.extend(wrap("  ", why.say("; ").say(&finding.why)));
        next(printing, one, &mut texts);
        let rest = found.len() - at;
        let needs = texts.len() + 1;
        // One line is kept for what does not fit.
        if at > 0 && needs + usize::from(rest > 1) > lines.left {
            let mut text = String::from("and ");
            let text = text.count(rest as i64).say(" more: -v shows all");
            return lines.wrapped("", text);
        }
        title(at + 1, one, lines)?;
        for line in texts {
            lines.line(&line)?;
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
    let mut head = String::new();
    let words = head.count(number as i64).say(" ");
    let words = words.say(found.rule.class.title()).say(", ");
    words.say(finding.confidence.word()).say(": ");
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
    lines.line("")
}

/// ` dispatch.go:32`.
fn at(place: &Place) -> String {
    let mut text = String::new();
    if !place.file.is_empty() {
        text.say(" ").quote(base(&place.file));
        text.say(":").count(place.line);
    }
    text
}

/// The command that shows more, in the words of where the reader is.
fn next(printing: &Printing<'_, '_>, found: &Found, lines: &mut Vec<String>) {
    let next = &found.finding.next;
    let last = printing.evidence.last(next.kind);
    let mut text = String::from("  next: ");
    let Whence::Shell { named, live } = printing.whence else {
        match last {
            Some(code) => text.say("use ").say(code.name),
            None => text.say("fetch ").say(next.kind.asked()),
        };
        text.say(", then ").say(&next.line);
        return lines.push(text);
    };
    text.say("podprof -c '");
    let target = match last {
        _ if *live => {
            text.say("fetch ").say(next.kind.asked()).say("; ");
            named
        }
        Some(code) => {
            // By itself it has the name that its source gives it.
            let name = code.name.split('#').next().unwrap_or_default();
            text.say("use ").say(name).say("; ");
            code.origin
        }
        None => named,
    };
    text.say(&next.line).say("'");
    // It is to be copied: never broken but where a shell reads on.
    if text.chars().count() + 1 + target.chars().count() > WIDTH {
        text.say(" \\");
        lines.push(text);
        text = String::from("   ");
    }
    text.say(" ").say(target);
    lines.push(text);
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
        lines.line("")?;
    }
    let mut text = String::from("  explain ");
    let text = text.say(found.rule.name);
    lines.line(text.say(" tells how this was found"))
}

/// One line about the process.
fn state(evidence: &Evidence<'_>) -> String {
    let process = evidence.process;
    let mut text = process.who.clone();
    let mut before = if text.is_empty() { "" } else { ": " };
    let mut next = |text: &mut String, words: &str| {
        text.say(std::mem::replace(&mut before, ", ")).say(words);
    };
    if let Some(uptime) = process.uptime {
        next(&mut text, "up ");
        text.duration(uptime);
    }
    if !evidence.groups.is_empty() {
        next(&mut text, "");
        text.count(evidence.goroutine_count()).say(" goroutines");
    }
    if let Some(resident) = process.resident[1] {
        next(&mut text, "RSS ");
        text.size(resident);
        if let Some(limit) = process.memory_limit {
            text.say(" of ").size(limit);
        }
    }
    if let Some(cores) = process.cores() {
        next(&mut text, "CPU ");
        text.tenths(cores);
        if let Some(limit) = process.cpu_limit {
            text.say(" of ").tenths(limit);
        }
        text.say(" cores");
    }
    let stats = account::end(&evidence.heap);
    if let Some(share) = stats.and_then(|stats| stats.gc_cpu) {
        next(&mut text, "GC ");
        text.tenths(share as f64 / 10_000.0).say("%");
    }
    text
}

/// What was looked at, where nothing is wrong with it.
fn nothing(evidence: &Evidence<'_>, lines: &mut Lines<'_>) -> io::Result<()> {
    lines.wrapped("", "Nothing wrong found. Looked at:")?;
    if evidence.goroutines.end.is_some() {
        let mut text = String::from("goroutines: ");
        let (now, before) = count(&evidence.groups, &|_| true);
        let (idle, _) = count(&evidence.groups, &|group| group.idle.is_some());
        if evidence.goroutines.start.is_some() {
            text.count(before).say(" to ");
        }
        let text = text.count(now).say(", ").count(idle);
        lines.wrapped("  ", text.say(" of them idle by design"))?;
    }
    total_of(lines, "live heap: ", &evidence.heap, "inuse_space")?;
    total_of(lines, "mutex delay: ", &evidence.mutex, "delay")?;
    total_of(lines, "block delay: ", &evidence.block, "delay")?;
    if let Some(code) = &evidence.cpu {
        let mut text = String::from("CPU: ");
        text.tenths(total(code, "cpu").unwrap_or(0) as f64 / 1e9);
        let text = text.say("s used in ");
        let length = code.profile.header.duration_nanos as f64 / 1e9;
        lines.wrapped("  ", text.tenths(length).say("s"))?;
    }
    for missing in evidence.missing {
        let mut text = String::from("not at ");
        let text = text.say(&missing.what).say(": ").say(&missing.why);
        lines.wrapped("  ", text)?;
    }
    Ok(())
}

/// What a column comes to at both ends, where there is one.
#[inline(never)]
fn total_of(lines: &mut Lines<'_>, name: &str, ends: &Ends<'_>, kind: &str) -> io::Result<()> {
    let mut text = String::from(name);
    for (code, words) in [(&ends.start, " to "), (&ends.end, "")] {
        if let Some(code) = code
            && let Some(total) = total(code, kind)
        {
            let unit = match kind {
                "delay" => &b"nanoseconds"[..],
                _ => b"bytes",
            };
            text.quote(&measure::label(total, unit)).say(words);
        }
    }
    match text.len() > name.len() {
        true => lines.wrapped("  ", &text),
        false => Ok(()),
    }
}

fn total(code: &Code<'_>, kind: &str) -> Option<i64> {
    code.total(code.column(kind)?).ok()
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
}
