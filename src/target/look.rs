//! Asks the Go processes of this machine what they offer, all at once and each for a moment only.
//!
//! Only addresses from the kernel's own tables are asked, so never another machine. Somebody who is no Go
//! process, or whose program we may not read, is asked only where the user wants that.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::discover::{Machine, Process, discover};
use super::endpoints::{self, Endpoint};
use super::listen;
use crate::source::{self, Ways};

/// How long a server may take to list its profiles.
const MOMENT: Duration = Duration::from_millis(300);
/// Servers that are asked at a time.
const AT_ONCE: usize = 32;

/// What is looked for.
pub(crate) struct Wish<'a> {
    /// Where the processes are seen.
    pub(crate) proc: &'a Path,
    /// The path of the page, with both its slashes.
    pub(crate) path: &'a str,
    /// Ask this process alone.
    pub(crate) pid: Option<u32>,
}

/// A server that serves profiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// Who that is, where we could see it.
    pub(crate) process: Option<Process>,
    pub(crate) endpoint: Endpoint,
}

/// What looking around has shown.
#[derive(Default)]
pub(crate) struct Seen {
    /// Those that answered, in the order of their pids; each process once.
    pub(crate) targets: Vec<Target>,
    /// Who was asked in vain, and what is there instead.
    pub(crate) silent: Vec<(String, String)>,
    pub(crate) machine: Machine,
    /// Those who are no Go process were asked too.
    pub(crate) probed: bool,
}

/// Looks around and asks nobody.
pub(crate) fn around(proc: &Path) -> Seen {
    Seen {
        machine: discover(proc, std::process::id()),
        ..Seen::default()
    }
}

/// Looks around and asks the Go processes.
pub(crate) fn look(wish: &Wish<'_>) -> Seen {
    let mut machine = around(wish.proc).machine;
    if let Some(pid) = wish.pid {
        machine.processes.retain(|process| process.pid == pid);
        machine.others.clear();
    }
    let mut asked = Vec::new();
    for process in &machine.processes {
        asked.extend(process.origins.iter().map(|origin| (Some(process), origin)));
    }
    let mut seen = Seen::default();
    seen.ask(&asked, wish.path);
    Seen { machine, ..seen }
}

impl Seen {
    /// Asks also those who are no Go process.
    pub(crate) fn probe(&mut self, path: &str) {
        let others = self.machine.others.iter();
        let origins = others.filter_map(|address| listen::origin(address, &[]));
        let origins: Vec<String> = origins.collect();
        let asked: Vec<_> = origins.iter().map(|origin| (None, origin)).collect();
        self.ask(&asked, path);
        self.probed = true;
    }

    fn ask(&mut self, asked: &[(Option<&Process>, &String)], path: &str) {
        for some in asked.chunks(AT_ONCE) {
            for ((process, origin), answer) in some.iter().zip(ask(some, path)) {
                let known =
                    |target: &Target| process.is_some() && target.process.as_ref() == *process;
                match answer {
                    // One that listens in two places is one process all the same.
                    Ok(_) if self.targets.iter().any(known) => {}
                    Ok(endpoint) => self.targets.push(Target {
                        process: process.cloned(),
                        endpoint,
                    }),
                    Err(text) => self.silent.push((origin.to_string(), text)),
                }
            }
        }
    }
}

fn ask(some: &[(Option<&Process>, &String)], path: &str) -> Vec<Result<Endpoint, String>> {
    thread::scope(|scope| {
        let threads = some.iter().map(|(_, origin)| {
            let url = format!("{origin}{path}");
            // Who was only found gets no secret of ours.
            scope.spawn(move || endpoints::ask(&url, MOMENT, &Ways::default()))
        });
        let threads: Vec<_> = threads.collect();
        let died = |_| Err("no answer".to_string());
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(died))
            .collect()
    })
}

/// The process behind a page on this machine's loopback or on a socket: it holds the listener, and the server says
/// that it was started with the same words. (Whoever forwards a port elsewhere was not.)
pub(crate) fn owner(proc: &Path, base: &str, ways: &Ways) -> Option<Process> {
    let origin = endpoints::origin(base);
    let machine = around(proc).machine;
    let holds = |process: &Process| process.origins.iter().any(|held| is_same(held, origin));
    let process = machine.processes.into_iter().find(holds)?;
    let own = fs::read(proc.join(process.pid.to_string()).join("cmdline")).ok()?;
    let told = source::glance(&format!("{base}cmdline"), MOMENT, own.len() + 1, ways).ok()?;
    let trimmed = own.strip_suffix(b"\0").unwrap_or(&own);
    (told.code == 200 && told.body == trimmed).then_some(process)
}

/// Whether both are the same place; `:6060` and `localhost:6060` are the loopback.
fn is_same(held: &str, origin: &str) -> bool {
    let Some((_, place)) = origin.split_once("://") else {
        return held == origin;
    };
    let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
    let Some((host, port)) = place.rsplit_once(':') else {
        return false; // a port of its scheme, where no pod serves profiles
    };
    let hosts: &[&str] = match host {
        "" | "localhost" => &["127.0.0.1", "[::1]"],
        host => &[host],
    };
    let mut places = hosts.iter().map(|host| format!("http://{host}:{port}"));
    places.any(|place| place == held)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_several_names() {
        let held = "http://127.0.0.1:6060";
        for origin in [
            "http://:6060",
            "http://localhost:6060",
            "http://ann:x@127.0.0.1:6060",
        ] {
            assert!(is_same(held, origin), "{origin}");
        }
        for origin in [
            "http://:6061",
            "http://10.0.0.1:6060",
            "http://localhost",
            "unix:/a:",
        ] {
            assert!(!is_same(held, origin), "{origin}");
        }
        assert!(is_same("unix:/run/a.sock:", "unix:/run/a.sock:"));
    }
}
