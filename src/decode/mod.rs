//! Bytes to a [`Profile`]: gunzips, decodes profile.proto, checks the rules of pprof-behaviour 2.
//!
//! The input is a stream and never whole in memory, neither packed nor unpacked. Its bytes are
//! hostile: every path returns, a broken rule as an error with the byte where it broke.
#![deny(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss
)]
#![cfg_attr(
    test,
    allow(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::arithmetic_side_effects,
        clippy::cast_possible_truncation,
        reason = "tests may fail loudly"
    )
)]

mod build;
#[cfg(test)]
pub(crate) mod bytes;
mod error;
mod fields;
mod gzip;
mod ids;
mod layer;
mod proto;
mod sniff;
mod stream;
mod table;
mod wire;

pub(crate) use error::{DecodeError, Kind};
pub(crate) use layer::Layer;

use std::io::Read;

use crate::model::Profile;
use build::Builder;
use stream::Stream;

/// What decoding may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Bytes of memory for the profile's tables and what is buffered of the input.
    pub memory: u64,
    /// Bytes that a gzipped input may unpack to however small it is; above, 64 times its size.
    pub unpacked: u64,
}

impl Limits {
    /// The limits of somebody who allows so many bytes of memory.
    pub(crate) fn of_memory(memory: u64) -> Self {
        Limits {
            memory,
            unpacked: memory / 16,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Limits::of_memory(512 << 20)
    }
}

/// Decodes a profile, gzipped or not.
pub(crate) fn decode(input: &mut dyn Read, limits: &Limits) -> Result<Profile, DecodeError> {
    let mut stream = Stream::new(input, limits.unpacked)?;
    let mut builder = Builder::new(limits.memory, stream.is_gzip());
    if !stream.ensure(sniff::LOOK, &mut builder.budget)? && stream.available().is_empty() {
        return Err(Kind::Empty.at(stream.place()));
    }
    let looks = sniff::looks_like(stream.available());
    proto::decode(&mut stream, builder).map_err(|error| {
        // As pprof: what is wrong with the gzip stream comes before what is wrong in it.
        let gzip = match error.kind.is_limit() || error.kind.is_gzip() {
            true => None,
            false => stream.drain().err().filter(|later| later.kind.is_gzip()),
        };
        gzip.unwrap_or(error).looking_like(looks)
    })
}

#[cfg(test)]
mod tests;
