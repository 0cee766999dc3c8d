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

mod again;
mod ahead;
mod build;
#[cfg(test)]
pub(crate) mod bytes;
mod count;
mod error;
mod fields;
mod gzip;
mod ids;
mod layer;
mod proto;
mod sniff;
mod stream;
mod text;
mod wire;

pub(crate) use again::{Rereader, Stopped};
pub(crate) use count::{Counts, Rows, count};
#[cfg(test)]
pub(crate) use error::DecodeError;
pub(crate) use error::{Fault, Kind};
pub(crate) use layer::Layer;
pub(crate) use text::tally::{Tally, Whole};

use std::io::Read;

use crate::model::Profile;
use build::{Builder, Passing};
use error::Offset;
pub(crate) use stream::Bytes;
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

/// What an input holds.
#[derive(Debug)]
pub(crate) struct Decoded {
    /// The profile.
    pub profile: Profile,
    /// What its reader should know, a line each.
    pub remarks: Vec<String>,
    /// What it is called where there are more in the input.
    pub name: Option<String>,
    /// The others, by name.
    pub others: Vec<(String, Profile)>,
    /// Whether it is the text of a Go program that names its frames (`?debug=1`).
    pub named: bool,
}

impl From<Profile> for Decoded {
    fn from(profile: Profile) -> Self {
        Decoded {
            profile,
            remarks: Vec::new(),
            name: None,
            others: Vec::new(),
            named: false,
        }
    }
}

/// Decodes a profile, gzipped or not.
pub(crate) fn decode(input: &mut dyn Read, limits: &Limits) -> Result<Decoded, Fault> {
    Ok(read(Bytes::Here(input), limits, true)?.0)
}

/// The same; where samples are not held, without them but with what reads them again. A text profile has them all the
/// same.
pub(crate) fn read(
    bytes: Bytes<'_>,
    limits: &Limits,
    held: bool,
) -> Result<(Decoded, Option<Rereader>), Fault> {
    let mut read = None;
    Stream::run(bytes, limits.unpacked, &mut |mut stream| {
        let passing = match held {
            true => Passing::Held,
            false => Passing::Forgotten(Default::default()),
        };
        read = Some(read_stream(&mut stream, limits, passing));
    })?;
    read.unwrap_or_else(|| Err(Kind::Empty.at(Offset::Input(0)).into()))
}

fn read_stream(
    stream: &mut Stream<'_>,
    limits: &Limits,
    passing: Passing,
) -> Result<(Decoded, Option<Rereader>), Fault> {
    let mut again = None;
    let mut builder = Builder::new(limits.memory, stream.is_gzip());
    if !stream.ensure(sniff::LOOK, &mut builder.budget)? && stream.available().is_empty() {
        return Err(Kind::Empty.at(stream.place()).into());
    }
    let looks = sniff::looks_like(stream.available());
    let decoded = match text::recognise(stream, limits.memory)? {
        Some(format) => text::decode(format, stream, builder),
        None => match text::may_hold_dumps(stream, limits.memory)? {
            Some(otherwise) => text::goroutines::decode(stream, builder.budget)
                .and_then(|dumps| dumps.decoded().ok_or(otherwise)),
            None => {
                builder.passing = passing;
                proto::decode(stream, builder).map(|(profile, decoder)| {
                    again = decoder.map(Rereader::new);
                    Decoded::from(profile)
                })
            }
        }
        .map_err(Fault::Rule),
    };
    let decoded = decoded.map_err(|fault| {
        let whole = match &fault {
            Fault::Rule(error) => !error.kind.is_limit() && !error.kind.is_gzip(),
            Fault::Said(_) => true,
        };
        // As pprof: what is wrong with the gzip stream comes before what is wrong in it.
        let later = (whole && stream.is_gzip())
            .then(|| stream.drain().err())
            .flatten();
        match (later.filter(|later| later.kind.is_gzip()), fault) {
            (Some(later), _) => Fault::Rule(later),
            (None, Fault::Rule(error)) => Fault::Rule(error.looking_like(looks)),
            (None, said) => said,
        }
    });
    Ok((decoded?, again))
}

#[cfg(test)]
mod tests;
