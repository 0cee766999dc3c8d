//! Asks the Go processes of this machine what they offer, all at once and each for a moment only.
//!
//! Only addresses from the kernel's own tables are asked, so never another machine. Somebody who is no Go
//! process, or whose program we may not read, is asked only where the user wants that.

use std::net::SocketAddr;
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::Address;
use super::discover::{Machine, Process, discover};
use super::endpoints::{self, Endpoint};
use super::listen;
use crate::source::Ways;

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
    /// Ask also those who are no Go process.
    pub(crate) probe: bool,
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
pub(crate) struct Seen {
    /// Those that answered, in the order of their pids; each process once.
    pub(crate) targets: Vec<Target>,
    /// Who was asked in vain, and what is there instead.
    pub(crate) silent: Vec<(String, String)>,
    pub(crate) machine: Machine,
}

/// Looks around and asks.
pub(crate) fn look(wish: &Wish<'_>) -> Seen {
    let mut machine = discover(wish.proc, std::process::id());
    if let Some(pid) = wish.pid {
        machine.processes.retain(|process| process.pid == pid);
    }
    let mut asked: Vec<(Option<usize>, SocketAddr)> = Vec::new();
    for (at, process) in machine.processes.iter().enumerate() {
        asked.extend(process.callable.iter().map(|address| (Some(at), *address)));
    }
    if wish.probe && wish.pid.is_none() {
        asked.extend(others(&machine).map(|address| (None, address)));
    }
    let (mut targets, mut silent) = (Vec::<Target>::new(), Vec::new());
    for some in asked.chunks(AT_ONCE) {
        for ((at, address), answer) in some.iter().zip(ask(some, wish.path)) {
            let process = at.and_then(|at| machine.processes.get(at));
            let known = |target: &Target| process.is_some() && target.process.as_ref() == process;
            match answer {
                // One that listens in two places is one process all the same.
                Ok(_) if targets.iter().any(known) => {}
                Ok(endpoint) => targets.push(Target {
                    process: process.cloned(),
                    endpoint,
                }),
                Err(text) => silent.push((address.to_string(), text)),
            }
        }
    }
    Seen {
        targets,
        silent,
        machine,
    }
}

/// Where to call those who are no Go process.
fn others(machine: &Machine) -> impl Iterator<Item = SocketAddr> {
    machine.others.iter().filter_map(|address| match address {
        Address::Tcp(address) => Some(listen::callable(*address, &[])),
        Address::Unix(_) => None,
    })
}

fn ask(some: &[(Option<usize>, SocketAddr)], path: &str) -> Vec<Result<Endpoint, String>> {
    thread::scope(|scope| {
        let threads = some.iter().map(|(_, address)| {
            let url = format!("http://{address}{path}");
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
