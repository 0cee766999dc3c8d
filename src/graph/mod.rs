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
