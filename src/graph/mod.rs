//! Nodes and edges: samples summed up by function, file, line or address (pprof-behaviour 4).
//!
//! pprof builds its graph up to three times, each time from all samples. Values of nodes do not
//! depend on what is trimmed, only edges do: so nodes are weighed once ([`Nodes`]), then trimmed,
//! and edges are drawn once between what is left, and only those a report needs ([`Edges`]).

mod edge;
pub(crate) mod name;
mod node;
mod order;
pub(crate) mod path;
mod picture;
mod redundant;
mod sums;
mod tag;
mod tree;
mod trim;

pub(crate) use edge::{At, Edge, Edges};
pub(crate) use node::{NodeId, Nodes, Weighing, Weight, mean};
pub(crate) use order::Sort;
pub(crate) use picture::{MOST_NODELETS, Picture, picture};
pub(crate) use sums::Sums;
pub(crate) use tag::{Tag, TagUnits, Tags, sort_tags};
pub(crate) use trim::{Trim, Trimmed, rows, trim};
