//! The one integration crate: it drives the built binary and never looks inside it.
//! `PODPROF_BIN` names the binary to drive; without it, the one cargo has just built.

mod attended;
mod collect;
mod cuts;
mod docs;
mod exit;
mod exports;
mod fetch;
mod forms;
mod guest;
mod hostile;
mod incidents;
mod json;
mod kubectl;
mod live;
mod manners;
mod memory;
mod oracle;
mod repl;
mod servers;
mod shelf;
mod shells;
mod support;
mod terminal;
#[cfg(feature = "tls")]
mod tls;
mod triage;
mod ways;
