//! Behaviours of Go's standard library that report text depends on, one file per Go package.
//!
//! Each answers exactly as Go 1.27 does, oddities included; the unit tests hold them against value tables
//! that Go itself printed (`tests/oracle/tables` has the programs, `tests/data/tables` what they printed).

pub(crate) mod fmt;
pub(crate) mod path;
pub(crate) mod tabwriter;
