//! Podprof's decoders as fuzz targets: the modules are mounted under the names they have there.
//!
//! What is accepted is walked through to the last id, so that a bad row is met here and not in a
//! report.

#![allow(
    dead_code,
    unused_imports,
    reason = "a target uses a part of what its modules offer"
)]

#[path = "../../../src/decode/mod.rs"]
mod decode;
#[path = "../../../src/demangle/mod.rs"]
mod demangle;
#[path = "../../../src/error.rs"]
mod error;
#[path = "../../../src/go/mod.rs"]
mod go;
#[path = "../../../src/hash.rs"]
mod hash;
#[path = "../../../src/interrupt.rs"]
mod interrupt;
#[path = "../../../src/measure.rs"]
mod measure;
#[path = "../../../src/model/mod.rs"]
mod model;

use std::io::{self, Read};

use decode::{Layer, Limits};
use model::Profile;

/// Little memory, so that the limit is met too.
const LIMITS: Limits = Limits {
    memory: 16 << 20,
    unpacked: 32 << 20,
};

/// Any input at all.
pub fn whole(bytes: &[u8]) {
    match decode::decode(&mut &*bytes, &LIMITS) {
        Ok(decoded) => walk(&decoded.profile),
        Err(error) => assert!(error.to_string().contains(": ")),
    }
}

/// An unpacked profile, read in pieces whose size is the first byte.
pub fn proto(bytes: &[u8]) {
    let Some((size, bytes)) = bytes.split_first() else {
        return;
    };
    in_pieces(bytes, usize::from(*size).max(1));
}

/// A profile in text form, or goroutine dumps, read in pieces of a size that the input does not choose.
pub fn text(bytes: &[u8]) {
    in_pieces(bytes, bytes.len() % 250 + 1);
}

/// What stands behind the header of a binary CPU profile, whose form the first byte chooses.
pub fn cpu(bytes: &[u8]) {
    let Some((form, rest)) = bytes.split_first() else {
        return;
    };
    let java = u64::from(form >> 2 & 1);
    let word = |number: u64| match form & 3 {
        0 => (number as u32).to_le_bytes().to_vec(),
        1 => (number as u32).to_be_bytes().to_vec(),
        2 => number.to_le_bytes().to_vec(),
        _ => number.to_be_bytes().to_vec(),
    };
    let header = [0, 3, java, 10_000, 0].map(word).concat();
    text(&[&header, rest].concat());
}

fn in_pieces(bytes: &[u8], size: usize) {
    let whole = decode::decode(&mut &*bytes, &LIMITS);
    let in_pieces = decode::decode(&mut Pieces { bytes, size }, &LIMITS);
    match (whole, in_pieces) {
        (Ok(whole), Ok(_)) => walk(&whole.profile),
        (Err(whole), Err(in_pieces)) => assert_eq!(whole, in_pieces),
        _ => panic!("the size of the pieces decides"),
    }
}

/// A gzip stream by itself.
pub fn gzip(bytes: &[u8]) {
    let mut sink = io::sink();
    let mut reader = bytes;
    let _ = io::copy(&mut Layer::new(&mut reader, LIMITS.unpacked), &mut sink);
}

/// A mangled name, without its first underscore, in each style.
pub fn name(bytes: &[u8]) {
    let name = [b"_", bytes].concat();
    for style in [
        demangle::Style::Short,
        demangle::Style::Templates,
        demangle::Style::Full,
    ] {
        std::hint::black_box(demangle::demangle(&name, style));
    }
}

struct Pieces<'b> {
    bytes: &'b [u8],
    size: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let size = out.len().min(self.size);
        self.bytes.read(&mut out[..size])
    }
}

fn walk(profile: &Profile) {
    let mut bytes = 0;
    let mut text = |id| bytes += profile.text(id).len();
    let scanned = profile.samples.scan(|sample| {
        assert_eq!(sample.values.len(), profile.sample_types.len());
        for location in sample.stack {
            for line in profile.locations.lines.row(location.at()) {
                text(profile.functions.name[line.function.at()]);
            }
            if let Some(mapping) = profile.locations.mapping[location.at()] {
                text(profile.mappings[mapping.at()].file);
            }
        }
        for label in profile.label_sets.row(sample.labels.at()) {
            text(label.key);
            match label.value {
                model::LabelValue::Text(value) => text(value),
                model::LabelValue::Number(_, unit) => unit.into_iter().for_each(&mut text),
            }
        }
    });
    assert!(scanned.is_ok());
    for at in 0..profile.functions.len() {
        text(profile.functions.system_name[at]);
        text(profile.functions.filename[at]);
    }
    profile.comments.iter().for_each(|comment| text(*comment));
    text(profile.header.doc_url);
    std::hint::black_box(bytes);
}
