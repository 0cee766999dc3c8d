//! The language of the prompt and the command line: options and commands are declared here once.

pub(crate) mod args;
pub(crate) mod commands;
pub(crate) mod complete;
pub(crate) mod flags;
mod goroutines;
pub(crate) mod help;
pub(crate) mod live;
#[cfg(test)]
mod manual;
pub(crate) mod nearest;
pub(crate) mod options;
pub(crate) mod parse;
pub(crate) mod pipe;
pub(crate) mod resolve;
pub(crate) mod shelf;
pub(crate) mod triage;
