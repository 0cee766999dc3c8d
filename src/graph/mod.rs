//! Nodes and edges: samples summed up by function, file, line or address (pprof-behaviour 4).
//!
//! pprof builds its graph up to three times, each time from all samples. Values of nodes do not
//! depend on what is trimmed, only edges do: so nodes are weighed once ([`Nodes`]), then trimmed,
//! and edges are drawn once between what is left, and only those a report needs ([`Edges`]).

mod edge;
mod node;
mod order;
pub(crate) mod path;
mod trim;

pub(crate) use edge::Edge;
pub(crate) use node::{NodeId, Nodes, Weighing, mean};
pub(crate) use order::Sort;
pub(crate) use trim::{Trim, Trimmed, trim};

/// Go's conversion of a float to a 64-bit integer on amd64: toward zero, and the smallest integer
/// for what does not fit.
pub(crate) fn truncate(value: f64) -> i64 {
    match value > -9.3e18 && value < 9_223_372_036_854_775_808.0 {
        true => value as i64,
        false => i64::MIN,
    }
}
