//! `proto`: what the filters left, as a profile.proto in gzip (pprof-behaviour 6.8).
//!
//! Message after message goes out as soon as it is made: only the table of strings, which follows
//! what uses it, and the labels of each list are kept. Fields, their order and the order of strings
//! are those of Go's encoder, so that the unpacked bytes are.

use std::io::{self, Write};

use super::sink::Sink;
use super::{Input, scaled};
use crate::archive::gzip::{Gzip, Level};
use crate::error::{Error, Result};
use crate::hash::Map;
use crate::model::label::{number_groups, text_groups};
use crate::model::{Label, LocationId, Mapping, Ragged, ValueType};
use crate::view::{PerList, Row, View};

/// Writes the report.
pub(super) fn write(input: &Input<'_>, out: &mut dyn Sink) -> Result<()> {
    let (view, profile) = (input.view, input.view.profile);
    let mut encoder = Encoder::new(out)?;
    for value_type in &profile.sample_types {
        let message = encoder.value_type(view.text(value_type.kind), view.text(value_type.unit));
        encoder.message(1, &message)?;
    }
    write_samples(input, &mut encoder)?;
    let (mut message, mut line) = (Message::default(), Message::default());
    for mapping in &profile.mappings {
        put_mapping(view, mapping, (&mut message, &mut encoder));
        encoder.message(3, &message)?;
    }
    for row in 0..view.location_count() {
        put_location(view, LocationId::new(row as u32), (&mut message, &mut line));
        encoder.message(4, &message)?;
    }
    for row in 0..view.function_count() {
        let function = view.function(row);
        let texts = [function.name, function.system_name, function.filename];
        let [name, system_name, filename] = texts.map(|id| encoder.string(view.text(id)));
        message.clear();
        message.uint(1, function.id);
        message.uint(2, name);
        message.uint(3, system_name);
        message.uint(4, filename);
        message.int(5, function.start_line);
        encoder.message(5, &message)?;
    }
    let header = &profile.header;
    let comments = profile.comments.iter().map(|id| view.text(*id));
    encoder.finish(&Rest {
        drop_frames: view.text(header.drop_frames),
        keep_frames: view.text(header.keep_frames),
        time_nanos: header.time_nanos,
        duration_nanos: header.duration_nanos,
        period_type: texts(view, header.period_type),
        period: header.period,
        comments: comments.collect(),
        default_sample_type: view.text(header.default_sample_type),
        doc_url: view.text(header.doc_url),
    })
}

/// Kind and unit.
pub(super) fn texts<'v>(view: &'v View<'_>, value_type: ValueType) -> [&'v [u8]; 2] {
    [view.text(value_type.kind), view.text(value_type.unit)]
}

fn write_samples<'v>(input: &Input<'v>, encoder: &mut Encoder<'v, '_>) -> Result<()> {
    let view = input.view;
    let mut labels = Labels {
        view,
        rows: PerList::default(),
        fields: Ragged::default(),
    };
    let mut failed = None;
    let mut values = Vec::new();
    let mut ids = Vec::new();
    let mut message = Message::default();
    view.scan(|row| {
        if failed.is_some() {
            return;
        }
        values.clear();
        values.extend(
            row.values
                .iter()
                .map(|value| scaled(*value, input.options.ratio)),
        );
        ids.clear();
        ids.extend(row.stack.iter().map(|location| view.location_id(*location)));
        failed = labels
            .fields(&row, encoder)
            .and_then(|fields| {
                message.clear();
                message.uints(1, ids.iter().copied());
                message.uints(2, values.iter().map(|value| value.cast_unsigned()));
                message.0.extend_from_slice(fields);
                Ok(encoder.message(2, &message)?)
            })
            .err();
    })?;
    failed.map_or(Ok(()), Err)
}

/// The encoded labels of each list, made when a sample first uses it: the strings of the profile are
/// numbered in that order.
struct Labels<'v> {
    view: &'v View<'v>,
    rows: PerList<usize>,
    fields: Ragged<u8>,
}

impl<'v> Labels<'v> {
    fn fields(&mut self, row: &Row<'_>, encoder: &mut Encoder<'v, '_>) -> Result<&[u8]> {
        if !self.rows.turn(row.labels).is_empty() {
            self.fields = Ragged::default();
        }
        let (view, fields) = (self.view, &mut self.fields);
        let mut fits = Some(());
        let row = *self.rows.of(row.labels, |labels| {
            fits = fields.push(encode_labels(view, labels, encoder).0);
            fields.len() - 1
        });
        fits.ok_or_else(|| Error::report("the labels exceed 4 GiB"))?;
        Ok(fields.row(row))
    }
}

/// A list's labels as fields of a sample, string labels first, each kind by key.
fn encode_labels<'v>(
    view: &'v View<'_>,
    labels: &[Label],
    encoder: &mut Encoder<'v, '_>,
) -> Message {
    let strings = &view.profile.strings;
    let mut fields = Message::default();
    for (key, values) in text_groups(strings, labels) {
        for value in values {
            let mut label = Message::default();
            label.uint(1, encoder.string(strings.get(key)));
            label.uint(2, encoder.string(value));
            fields.message(3, &label);
        }
    }
    for (key, values) in number_groups(strings, labels) {
        let key = encoder.string(strings.get(key));
        for (value, unit) in values {
            let unit = encoder.string(strings.get(unit.unwrap_or_default()));
            let mut label = Message::default();
            label.uint(1, key);
            label.int(3, value);
            label.uint(4, unit);
            fields.message(3, &label);
        }
    }
    fields
}

fn put_mapping<'v>(
    view: &'v View<'_>,
    mapping: &Mapping,
    (message, encoder): (&mut Message, &mut Encoder<'v, '_>),
) {
    message.clear();
    message.uint(1, mapping.id);
    message.uint(2, mapping.start);
    message.uint(3, mapping.limit);
    message.uint(4, mapping.offset);
    message.uint(5, encoder.string(view.text(mapping.file)));
    message.uint(6, encoder.string(view.text(mapping.build_id)));
    let inlines = mapping.has_inline_frames && view.detail.inlines;
    message.uint(7, mapping.has_functions.into());
    message.uint(8, mapping.has_filenames.into());
    message.uint(9, mapping.has_line_numbers.into());
    message.uint(10, inlines.into());
}

/// Each of its lines is a message as well, made in `inner`.
fn put_location(
    view: &View<'_>,
    location: LocationId,
    (message, inner): (&mut Message, &mut Message),
) {
    message.clear();
    message.uint(1, view.location_id(location));
    let mapping = view.mapping(location);
    let mapping = mapping.map_or(0, |mapping| view.profile.mappings[mapping.at()].id);
    message.uint(2, mapping);
    message.uint(3, view.address(location));
    for line in view.lines(location) {
        let (number, column) = view.position(line);
        inner.clear();
        inner.uint(1, view.function(line.function.at()).id);
        inner.int(2, number);
        inner.int(3, column);
        message.message(4, inner);
    }
    let folded = view.profile.locations.folded.get(location.at());
    message.uint(5, folded.is_some_and(|folded| *folded).into());
}

/// The fields of a message, encoded. A scalar that is 0 is left out.
// Written here and not with a crate: on a growing buffer nothing can fail.
#[derive(Debug, Default)]
pub(super) struct Message(Vec<u8>);

impl Message {
    /// Forgets its fields, for the next message to be made in its place.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// A scalar.
    pub(super) fn uint(&mut self, field: u8, value: u64) {
        if value != 0 {
            self.uint_always(field, value);
        }
    }

    /// A signed scalar, not zigzag.
    pub(super) fn int(&mut self, field: u8, value: i64) {
        self.uint(field, value.cast_unsigned());
    }

    fn uint_always(&mut self, field: u8, value: u64) {
        self.varint(u64::from(field) << 3);
        self.varint(value);
    }

    /// A repeated scalar; packed from three on, as Go does it.
    pub(super) fn uints(&mut self, field: u8, values: impl ExactSizeIterator<Item = u64>) {
        if values.len() > 2 {
            let start = self.0.len();
            values.for_each(|value| self.varint(value));
            // Their length stands before them: it is written behind and brought to the front.
            let end = self.0.len();
            self.varint(u64::from(field) << 3 | 2);
            self.varint((end - start) as u64);
            self.0[start..].rotate_left(end - start);
        } else {
            values.for_each(|value| self.uint_always(field, value));
        }
    }

    /// A message in this one.
    pub(super) fn message(&mut self, field: u8, message: &Message) {
        self.bytes(field, &message.0);
    }

    fn bytes(&mut self, field: u8, bytes: &[u8]) {
        self.varint(u64::from(field) << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }
}

/// What follows the strings in a profile.
pub(super) struct Rest<'t> {
    pub(super) drop_frames: &'t [u8],
    pub(super) keep_frames: &'t [u8],
    pub(super) time_nanos: i64,
    pub(super) duration_nanos: i64,
    pub(super) period_type: [&'t [u8]; 2],
    pub(super) period: i64,
    pub(super) comments: Vec<&'t [u8]>,
    pub(super) default_sample_type: &'t [u8],
    pub(super) doc_url: &'t [u8],
}

/// So many bytes are packed at a time.
const PIECE: usize = 32 << 10;

/// A profile on its way out, and the strings that it has used so far.
pub(super) struct Encoder<'t, 'o> {
    out: Gzip<'o>,
    /// What is not packed yet.
    pending: Message,
    strings: Vec<&'t [u8]>,
    numbers: Map<&'t [u8], u64>,
}

impl<'t, 'o> Encoder<'t, 'o> {
    /// Begins a profile.
    pub(super) fn new(out: &'o mut dyn Sink) -> Result<Self> {
        Ok(Encoder {
            out: Gzip::new(out, Level::Fast)?,
            pending: Message(Vec::with_capacity(PIECE + PIECE / 8)),
            strings: vec![b""],
            numbers: Map::from_iter([(&b""[..], 0)]),
        })
    }

    /// The number of a string; numbers follow first use.
    pub(super) fn string(&mut self, text: &'t [u8]) -> u64 {
        let next = self.strings.len() as u64;
        let number = *self.numbers.entry(text).or_insert(next);
        if number == next {
            self.strings.push(text);
        }
        number
    }

    /// Kind and unit.
    pub(super) fn value_type(&mut self, kind: &'t [u8], unit: &'t [u8]) -> Message {
        let mut message = Message::default();
        message.uint(1, self.string(kind));
        message.uint(2, self.string(unit));
        message
    }

    /// Writes a message of the profile.
    pub(super) fn message(&mut self, field: u8, message: &Message) -> io::Result<()> {
        self.bytes(field, &message.0)
    }

    fn bytes(&mut self, field: u8, bytes: &[u8]) -> io::Result<()> {
        self.pending.bytes(field, bytes);
        match self.pending.0.len() < PIECE {
            true => Ok(()),
            false => self.pack(),
        }
    }

    fn pack(&mut self) -> io::Result<()> {
        self.out.write_all(&self.pending.0)?;
        self.pending.clear();
        Ok(())
    }

    /// Writes the strings and what follows them.
    pub(super) fn finish(mut self, rest: &Rest<'t>) -> Result<()> {
        let [drop_frames, keep_frames] =
            [rest.drop_frames, rest.keep_frames].map(|text| self.string(text));
        let [kind, unit] = rest.period_type;
        let period_type = self.value_type(kind, unit);
        let comments: Vec<u64> = rest.comments.iter().map(|text| self.string(text)).collect();
        let [default_sample_type, doc_url] =
            [rest.default_sample_type, rest.doc_url].map(|text| self.string(text));
        for text in std::mem::take(&mut self.strings) {
            self.bytes(6, text)?;
        }
        let last = &mut self.pending;
        last.uint(7, drop_frames);
        last.uint(8, keep_frames);
        last.int(9, rest.time_nanos);
        last.int(10, rest.duration_nanos);
        if !period_type.0.is_empty() {
            last.message(11, &period_type);
        }
        last.int(12, rest.period);
        last.uints(13, comments.into_iter());
        // As in Go, this one also where it is 0.
        last.uint_always(14, default_sample_type);
        last.uint(15, doc_url);
        self.pack()?;
        Ok(self.out.finish()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::gzip::unpack;
    use crate::model::fixture::profile;
    use crate::report::Report;
    use crate::report::test::{options, packed};
    use crate::view::Base;

    // What is written reads back to the same profile: tests/exports.rs, over all profiles.

    #[test]
    fn bytes_are_those_of_go() {
        let mut message = Message::default();
        message.uint(1, 0);
        message.int(2, -1);
        message.uints(3, [0, 300].into_iter());
        message.uints(4, [1, 2, 300].into_iter());
        let minus_one = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        let want = [
            &[0x10][..],
            &minus_one,
            &[0x18, 0, 0x18, 0xac, 2],
            &[0x22, 4, 1, 2, 0xac, 2],
        ];
        assert_eq!(message.0, want.concat());
    }

    #[test]
    fn strings_follow_first_use_and_the_default_type_is_always_written() {
        let base = Base::plain(profile("main{k=v,b=7,a=w} 1\nmain{k=main} 1"));
        let unpacked = unpack(&packed(&base, Report::Proto, &options(&base)));
        let strings = ["", "samples", "count", "a", "w", "k", "v", "b", "main"];
        let mut want: Vec<u8> = strings
            .iter()
            .flat_map(|text| [&[0x32, text.len() as u8], text.as_bytes()].concat())
            .collect();
        want.extend([0x70, 0]);
        assert!(unpacked.ends_with(&want), "{unpacked:?}");
    }

    #[test]
    fn values_are_divided() {
        let base = Base::plain(profile("main 7\nmain -7"));
        let mut options = options(&base);
        options.ratio = 0.5;
        let unpacked = unpack(&packed(&base, Report::Proto, &options));
        // Types, then samples: location 1, value 3; location 1, value -3.
        let minus_three = [0xfd, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1];
        let want = [
            &[10, 4, 8, 1, 16, 2, 18, 4, 8, 1, 16, 3, 18, 13, 8, 1, 16][..],
            &minus_three,
        ];
        assert!(unpacked.starts_with(&want.concat()), "{unpacked:?}");
    }
}
