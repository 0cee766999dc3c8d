//! podprof: the `(pprof)` prompt for locked-down pods.
#![allow(
    dead_code,
    unused_imports,
    reason = "the house is being built floor by floor"
)]

mod command;
mod decode;
mod error;
mod go;
mod graph;
mod hash;
mod interrupt;
mod measure;
mod model;
mod report;
mod session;
mod source;
mod terminal;
mod view;

fn main() {}
