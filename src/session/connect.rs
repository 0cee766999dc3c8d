//! What is said of live processes: the list of them, what one offers, and what to do where there is none.
//!
//! Lines fit a screen of 80 columns. Names come from /proc and from servers; they are shown, never obeyed.

use std::ffi::OsStr;

use crate::error::Error;
use crate::source;
use crate::target::Address;
use crate::target::look::{Seen, Target, Wish};

/// What to do where a server has no profiles.
pub(super) const ADVICE: &str = "\n  \
    Does the program import _ \"net/http/pprof\" and serve it? Other places: -path=/internal/debug/pprof/,\n  \
    an admin port, or the pod's own loopback: kubectl port-forward POD 6060, then podprof :6060";

/// Columns of a line.
const WIDTH: usize = 78;
/// Columns before a target in the list.
const INDENT: usize = 5;
/// Addresses of strangers that are named where nobody is about to ask them.
pub(super) const NAMED: usize = 8;

/// The targets with their numbers.
pub(super) fn numbered(targets: &[Target]) -> String {
    let rows = targets.iter().enumerate().map(|(at, target)| {
        let head = format!("{:>3}  {}\n", at + 1, who(target));
        head + &wrapped("       ", &offers(target))
    });
    rows.collect()
}

/// What one target offers.
pub(super) fn table(target: &Target) -> String {
    let mut text = format!("{}\n", who(target));
    text.push_str(&wrapped("  ", &offers(target)));
    if !target.endpoint.listed {
        text.push_str("  (no page lists them: each was asked for)\n");
    }
    if target.endpoint.has("goroutineleak") {
        text.push_str("  goroutineleak finds what waits for ever; it collects garbage first\n");
    }
    text
}

/// `api (pid 7, go1.27.1) at http://127.0.0.1:6060/debug/pprof/`.
fn who(target: &Target) -> String {
    let url = source::shown(OsStr::new(&target.endpoint.base));
    match &target.process {
        Some(process) => {
            let (command, pid, go) = (&process.command, process.pid, &process.go);
            let who = format!("{command} (pid {pid}, {go}) at ");
            // Where a line is too long the scheme is the least of it.
            let fits = who.chars().count() + url.len() + INDENT <= WIDTH;
            let short = url.strip_prefix("http://").filter(|_| !fits);
            format!("{who}{}", short.unwrap_or(&url))
        }
        None => url,
    }
}

/// `heap 12`, `mutex 0 (off?)`, `profile`: first what has a count.
fn offers(target: &Target) -> Vec<String> {
    let mut counted = Vec::new();
    let mut rest = Vec::new();
    for offer in &target.endpoint.offers {
        match (offer.count, offer.name.as_str()) {
            // A rate that is on has mostly met something.
            (Some(0), "block" | "mutex") => counted.push(format!("{} 0 (off?)", offer.name)),
            (Some(count), _) => counted.push(format!("{} {count}", offer.name)),
            (None, _) => rest.push(offer.name.clone()),
        }
    }
    counted.extend(rest);
    counted
}

/// The words with two blanks between them, on as many lines as that takes.
fn wrapped(indent: &str, words: &[String]) -> String {
    let mut text = String::new();
    let mut column = 0;
    for word in words {
        let width = word.chars().count();
        if column > 0 && column + 2 + width > WIDTH {
            text.push('\n');
            column = 0;
        }
        let apart = if column == 0 { indent } else { "  " };
        text.push_str(apart);
        text.push_str(word);
        column += apart.len() + width;
    }
    text.push('\n');
    text
}

/// The listeners that are no Go process, this many by name, and whether they were asked.
pub(super) fn strangers(seen: &Seen, named: usize) -> String {
    let others = &seen.machine.others;
    if others.is_empty() {
        return String::new();
    }
    // Whoever was touched is named, however many they are.
    let named = if seen.probed { others.len() } else { named };
    let shown = others.iter().take(named).map(|address| match address {
        Address::Tcp(address) => address.to_string(),
        Address::Unix(name) => format!("unix:{}", String::from_utf8_lossy(name)),
    });
    let mut words: Vec<String> = shown.collect();
    if others.len() > named {
        words.push(format!("and {} more", others.len() - named));
    }
    let what = match seen.probed {
        true => "Other listeners, each asked once:",
        false => "Other listeners, not asked (-probe or target probe asks each once):",
    };
    format!("{what}\n{}", wrapped("  ", &words))
}

/// What was tried where nobody serves profiles.
pub(super) fn nobody(wish: &Wish<'_>, seen: &Seen) -> Error {
    let mut text = match wish.pid {
        Some(pid) if seen.machine.processes.is_empty() => {
            format!("pid {pid} is no Go process that podprof may look into")
        }
        Some(pid) => format!("pid {pid} serves no profiles"),
        None => "no live Go process serves profiles here".to_string(),
    };
    let machine = &seen.machine;
    let closed = match machine.closed {
        0 => String::new(),
        closed => format!(", {closed} of them closed to us (another user's)"),
    };
    if wish.pid.is_none() {
        let proc = wish.proc.display();
        text.push_str(&format!(
            "\n  Looked at {} processes in {proc}{closed}; {} run Go",
            machine.seen,
            machine.processes.len()
        ));
    }
    for process in &machine.processes {
        if process.origins.is_empty() {
            let (command, pid) = (&process.command, process.pid);
            text.push_str(&format!(
                "\n  {command} (pid {pid}) listens on no port here"
            ));
        }
    }
    for (origin, what) in &seen.silent {
        let shown = origin.strip_prefix("http://").unwrap_or(origin);
        text.push_str(&format!("\n  Asked {shown}{}: {what}", wish.path));
    }
    if !seen.probed {
        text.push_str(&format!("\n  {}", strangers(seen, NAMED)));
    }
    Error::source(format!("{}{ADVICE}", text.trim_end()))
}
