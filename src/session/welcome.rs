//! Three lines about a process that was just connected to, each with the command that shows more.
//!
//! They take the two cheapest profiles, which stay open; what they do not know they leave out. How much of the CPUs
//! goes into collecting garbage only the text form of the heap tells: it costs the process less than the binary form
//! (nothing is packed), and is taken where it is short.

use std::path::Path;

use super::{Session, say};
use crate::command::live::Fetch;
use crate::command::options::Settings;
use crate::command::resolve::{self, Request};
use crate::error::Result;
use crate::measure;
use crate::report::Report;
use crate::report::sink::{Plain, Sink};
use crate::target::cgroup::{self, Usage};
use crate::target::price::grouped;
use crate::view::Base;

/// So many goroutines are not listed unasked.
const MANY: u64 = 100_000;
/// The text form of so many records is about a megabyte.
const SHORT: u64 = 1_000;
/// Columns of a line.
const WIDTH: usize = 79;

impl Session {
    /// Says how the connected process is.
    pub(super) fn welcome(&mut self, err: &mut dyn Sink) -> Result<()> {
        let target = self.live.target()?.clone();
        let count = target.endpoint.count("goroutine");
        let proc = self.opener.flags().proc.clone();
        let usage = target
            .process
            .as_ref()
            .map(|process| cgroup::usage(Path::new(&proc), Path::new("/sys"), process.pid));
        let usage = usage.unwrap_or_default();
        let wants = |kind: &str| target.endpoint.has(kind);
        let short = target
            .endpoint
            .count("heap")
            .is_some_and(|count| count <= SHORT);
        // Nothing is said of a server that has no text form.
        let told = short && wants("heap") && self.take("heap", 1, &mut Plain(Vec::new()))?;
        let heap = told || wants("heap") && self.take("heap", 0, err)?;
        let heap = match heap {
            true => Heap::of(self.shelf.shown()),
            false => Heap::default(),
        };
        let few = count.is_none_or(|count| count <= MANY);
        let listed = wants("goroutine") && few && self.take("goroutine", 0, err)?;
        let mut text = String::new();
        if let Some(line) = self.goroutines(count, listed) {
            text.push_str(&line);
        }
        if let Some(line) = memory(&heap, &usage) {
            text.push_str(&line);
        }
        text.push_str(&processors(heap.gc, &usage));
        Ok(say(err, text.as_bytes())?)
    }

    /// Opens a profile and says nothing of it unless that fails; whether it is there.
    fn take(&mut self, kind: &str, debug: u8, err: &mut dyn Sink) -> Result<bool> {
        let asked = Fetch {
            kind: kind.to_string(),
            debug,
            ..Fetch::default()
        };
        let url = self.live.url(&asked)?;
        let Ok(arrival) = self.quietly(&url, err) else {
            return Ok(false);
        };
        self.shelf.add(arrival);
        self.live.remember(self.shelf.shown_names().0, asked);
        Ok(true)
    }

    /// `54 goroutines, 50 of them chan receive at main.worker main.go:14`.
    fn goroutines(&self, count: Option<u64>, listed: bool) -> Option<String> {
        if !listed {
            let count = grouped(count?);
            return Some(line(
                &format!("{count} goroutines"),
                "fetch goroutine, then goroutines",
            ));
        }
        let settings = Settings {
            nodecount: 1,
            ..Settings::default()
        };
        let request = Request {
            report: Report::Goroutines,
            argument: None,
            settings: &settings,
            memory: None,
            tree_room: 0,
        };
        let mut out = Plain(Vec::new());
        resolve::generate(self.shelf.shown(), &request, &mut |_| (), &mut out).ok()?;
        let report = String::from_utf8_lossy(&out.0).into_owned();
        let total = resolve::summary(self.shelf.shown(), "").ok()?.total;
        let total = grouped(u64::try_from(total).unwrap_or(0));
        let text = match largest(&report) {
            Some(group) => format!("{total} goroutines, {group}"),
            None => format!("{total} goroutines, all of them idle"),
        };
        Some(line(&text, "goroutines"))
    }
}

/// The first group of the report: `50 of them chan receive at main.worker main.go:14`.
fn largest(report: &str) -> Option<String> {
    let mut lines = report
        .lines()
        .map(str::trim)
        .skip_while(|line| !line.starts_with('#'));
    let mut words = lines.nth(1)?.split_whitespace().skip(1);
    let count = words.next()?.parse().ok().map(grouped)?;
    let state: Vec<&str> = words.skip(1).collect();
    let place = lines.next().filter(|line| line.starts_with("at "));
    let place = place.map(|place| format!(" {place}")).unwrap_or_default();
    Some(format!("{count} of them {}{place}", state.join(" ")))
}

/// What the profile of the heap tells.
#[derive(Default)]
struct Heap {
    /// Bytes in use.
    live: Option<i64>,
    /// The most bytes that the process ever had in memory.
    highest: Option<i64>,
    /// The share of all CPU since the start that collecting took, millionths.
    gc: Option<i64>,
}

impl Heap {
    fn of(base: &Base) -> Heap {
        let live = resolve::summary(base, "inuse_space").ok();
        let stats = base.profile.header.mem_stats.as_deref();
        Heap {
            live: live.map(|live| live.total),
            highest: stats.and_then(|stats| stats.max_rss),
            gc: stats.and_then(|stats| stats.gc_cpu),
        }
    }
}

/// `heap 31MB live, 54MB resident, limit 512MB (10%)`.
fn memory(heap: &Heap, usage: &Usage) -> Option<String> {
    let size = |bytes: i64| String::from_utf8_lossy(&measure::label(bytes, b"bytes")).into_owned();
    let bytes = |bytes: u64| size(i64::try_from(bytes).unwrap_or(i64::MAX));
    let highest = heap
        .highest
        .map(|most| format!("at most {} resident", size(most)));
    let resident = usage
        .resident
        .map(|resident| format!("{} resident", bytes(resident)));
    let (heap, resident) = (
        heap.live.map(|live| format!("heap {} live", size(live))),
        resident.or(highest),
    );
    let limit = usage.memory_limit.map(|limit| {
        let percent = usage
            .resident
            .map_or(0, |now| now.saturating_mul(100) / limit.max(1));
        format!("limit {} ({percent}%)", bytes(limit))
    });
    let parts: Vec<String> = heap.into_iter().chain(resident).chain(limit).collect();
    (!parts.is_empty()).then(|| line(&parts.join(", "), "use heap, then top"))
}

/// `0.12 of 2.00 CPUs since its start 3h ago, throttled 2% of the time, GC takes 0.02% of its CPUs`.
fn processors(gc: Option<i64>, usage: &Usage) -> String {
    let cpus = |thousandths: u64| format!("{}.{:02}", thousandths / 1000, thousandths % 1000 / 10);
    let used = usage.cpu.map(|(used, lived)| {
        let used = cpus(used.saturating_mul(1000) / lived.max(1));
        let of = usage.cpu_limit.map(|limit| format!(" of {}", cpus(limit)));
        let ago = super::several::length(lived / 1000);
        format!(
            "{used}{} CPUs since its start {ago} ago",
            of.unwrap_or_default()
        )
    });
    let throttled = usage.throttled.filter(|(throttled, _)| *throttled > 0);
    let throttled = throttled.map(|(throttled, periods)| {
        let percent = throttled.saturating_mul(100) / periods.max(1);
        format!("throttled {percent}% of the time")
    });
    let gc = gc.and_then(|share| u64::try_from(share).ok());
    let gc = gc.map(|share| format!("GC takes {}% of its CPUs", cpus(share / 10)));
    let parts: Vec<String> = used.into_iter().chain(throttled).chain(gc).collect();
    let text = match parts.is_empty() {
        true => "CPU and its share for garbage collection".to_string(),
        false => parts.join(", "),
    };
    line(&text, "fetch profile 10, then top")
}

/// A line and what shows more of it; where that is too long the place has a row of its own.
fn line(text: &str, more: &str) -> String {
    if text.chars().count() + more.chars().count() + 6 <= WIDTH {
        return format!("  {text}  [{more}]\n");
    }
    match text.split_once(" at ") {
        Some((head, place)) if !head.trim().is_empty() => {
            let place = format!("    at {place}");
            format!("  {}\n{}", cut(head), line(&place, more))
        }
        _ => format!("  {}\n      [{more}]\n", cut(text)), // without a place, or that alone
    }
}

/// No longer than the screen is wide.
fn cut(text: &str) -> String {
    match text.chars().count() > WIDTH - 2 {
        true => text.chars().take(WIDTH - 3).chain(['…']).collect(),
        false => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_group_is_the_reports_first() {
        let report = "1009 goroutines in 9 groups\nShowing 1 of 4 groups\n   #   count       %  state\n   1    1871  86.32%  chan send\n      at notify.Send notify.go:14\n";
        let group = "1,871 of them chan send at notify.Send notify.go:14";
        assert_eq!(largest(report).as_deref(), Some(group));
        assert_eq!(largest("3 goroutines\nShowing 0 of 0 groups\n"), None);
    }

    #[test]
    fn a_line_fits_the_screen() {
        let widths = |text: &str| -> Vec<usize> {
            let shown = line(text, "goroutines");
            shown.lines().map(|line| line.chars().count()).collect()
        };
        assert_eq!(widths(&"é".repeat(99)), [WIDTH, 18]);
        assert_eq!(
            widths(&format!("3 at {} at x", "é".repeat(99))),
            [3, WIDTH, 18]
        );
        assert_eq!(widths(&"é".repeat(WIDTH - 16)), [WIDTH]);
        let place = line(
            &format!("48 goroutines, {} at f x.go:7", "y".repeat(45)),
            "goroutines",
        );
        assert!(
            place.ends_with("y\n      at f x.go:7  [goroutines]\n"),
            "{place}"
        );
        assert_eq!(line("a", "b"), "  a  [b]\n");
    }

    #[test]
    fn memory_and_processors_tell_what_is_known() {
        let usage = Usage {
            resident: Some(64 << 20),
            memory_limit: Some(512 << 20),
            cpu: Some((3_000, 60_000)),
            cpu_limit: Some(1_500),
            throttled: Some((4, 40)),
            ..Usage::default()
        };
        let mut heap = Heap {
            live: Some(31 << 20),
            ..Heap::default()
        };
        let all = "  heap 31MB live, 64MB resident, limit 512MB (12%)  [use heap, then top]\n";
        assert_eq!(memory(&heap, &usage).as_deref(), Some(all));
        heap.highest = Some(64 << 20);
        assert_eq!(memory(&heap, &usage).as_deref(), Some(all));
        let afar = "  heap 31MB live, at most 64MB resident  [use heap, then top]\n";
        assert_eq!(memory(&heap, &Usage::default()).as_deref(), Some(afar));
        let all = "  0.05 of 1.50 CPUs since its start 1m ago, throttled 10% of the time\n      \
                   [fetch profile 10, then top]\n";
        assert_eq!(processors(None, &usage), all);
        let gc = "  GC takes 1.53% of its CPUs  [fetch profile 10, then top]\n";
        assert_eq!(processors(Some(15_390), &Usage::default()), gc);
        assert_eq!(memory(&Heap::default(), &Usage::default()), None);
        assert!(!processors(None, &Usage::default()).is_empty());
    }
}
