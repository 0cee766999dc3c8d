//! Whole profiles: what comes out, which rule a broken one breaks, and that none does harm.

use std::io::{self, Read};

use super::bytes::*;
use super::gzip::packed as gzipped;
use super::*;
use crate::model::{LabelValue, Str};

/// Decodes within the usual limits.
pub(super) fn decoded(bytes: &[u8]) -> Result<Profile, String> {
    let decoded = decode(&mut &*bytes, &Limits::default());
    decoded
        .map(|decoded| decoded.profile)
        .map_err(|fault| fault.to_string())
}

/// The rule that decoding within these limits breaks.
fn broken_rule(input: &mut dyn Read, limits: &Limits) -> Option<DecodeError> {
    match decode(input, limits) {
        Err(Fault::Rule(error)) => Some(error),
        _ => None,
    }
}

/// The text of the error that decoding ends in.
pub(super) fn failure(bytes: &[u8]) -> String {
    decoded(bytes).expect_err("an error")
}

fn text(profile: &Profile, id: Str) -> &str {
    std::str::from_utf8(profile.text(id)).unwrap()
}

/// One line a sample: functions, leaf first, values and labels.
fn samples(profile: &Profile) -> Vec<String> {
    let mut seen = Vec::new();
    profile
        .samples
        .scan(|sample| {
            let frames: Vec<&str> = (sample.stack.iter())
                .flat_map(|location| profile.locations.lines.row(location.at()))
                .map(|line| text(profile, profile.functions.name[line.function.at()]))
                .collect();
            let labels: Vec<String> = (profile.label_sets.row(sample.labels.at()).iter())
                .map(|label| match label.value {
                    LabelValue::Text(value) => {
                        format!("{}={}", text(profile, label.key), text(profile, value))
                    }
                    LabelValue::Number(value, unit) => format!(
                        "{}={value}{}",
                        text(profile, label.key),
                        unit.map_or("", |unit| text(profile, unit))
                    ),
                })
                .collect();
            let (frames, labels) = (frames.join("<"), labels.join(","));
            seen.push(format!("{frames} {:?} {labels}", sample.values));
        })
        .unwrap();
    seen
}

const SMALL: [&str; 2] = [
    "main.work<main.main [10] key=value",
    "main.main [5] bytes=300bytes",
];

#[test]
fn a_profile_comes_out_as_it_went_in() {
    let profile = decoded(&small()).unwrap();
    assert_eq!(samples(&profile), SMALL);
    let header = &profile.header;
    assert_eq!(header.time_nanos, 1_700_000_000_000_000_000);
    assert_eq!(
        (header.duration_nanos, header.period),
        (1_000_000_000, 10_000_000)
    );
    assert_eq!(text(&profile, header.period_type.unit), "nanoseconds");
    assert_eq!(text(&profile, profile.sample_types[0].kind), "cpu");
    assert_eq!(text(&profile, profile.mappings[0].file), "main.go");
    assert!(profile.mappings[0].has_functions && !profile.mappings[0].has_filenames);
    let line = profile.locations.lines.row(1)[0];
    assert_eq!((line.line, line.column), (9, 3));
}

/// The fields of the top level, in any order.
fn top_level(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let head = wire::head(bytes).unwrap();
        let size = match head.body {
            wire::Body::Number(_) => head.size,
            wire::Body::Bytes(size) | wire::Body::Fixed(size) => head.size + size as usize,
        };
        let (field, rest) = bytes.split_at(size);
        fields.push(field.to_vec());
        bytes = rest;
    }
    fields
}

#[test]
fn fields_may_come_in_any_order() {
    let mut fields = top_level(&small());
    let strings: Vec<Vec<u8>> = fields
        .extract_if(.., |field| field[0] == 6 << 3 | 2)
        .collect();
    let types: Vec<Vec<u8>> = fields
        .extract_if(.., |field| field[0] == 1 << 3 | 2)
        .collect();
    fields.extend(types);
    let strings_first = [strings.concat(), fields.concat()].concat();
    assert_eq!(samples(&decoded(&strings_first).unwrap()), SMALL);
    let samples_last: Vec<Vec<u8>> = fields.extract_if(.., |f| f[0] == 2 << 3 | 2).collect();
    let samples_last = [fields.concat(), strings.concat(), samples_last.concat()].concat();
    assert_eq!(samples(&decoded(&samples_last).unwrap()), SMALL);
}

#[test]
fn a_reader_may_give_one_byte_at_a_time() {
    struct Slow<'b>(&'b [u8]);
    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let size = out.len().min(1);
            self.0.read(&mut out[..size])
        }
    }
    for file in [small(), gzipped(&small())] {
        let profile = decode(&mut Slow(&file), &Limits::default()).unwrap();
        assert_eq!(samples(&profile.profile), SMALL);
    }
}

#[test]
fn where_the_input_is_split_does_not_matter() {
    struct Split<'b>(Vec<&'b [u8]>);
    impl Read for Split<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.0.retain(|part| !part.is_empty());
            self.0.first_mut().map_or(Ok(0), |part| part.read(out))
        }
    }
    let fields = top_level(&small());
    let (first, second) = fields.split_at(6);
    let file = [gzipped(&first.concat()), gzipped(&second.concat())].concat();
    for at in 0..file.len() {
        for width in [0, 1, 3, 9] {
            let (head, tail) = file.split_at(at);
            let (middle, tail) = tail.split_at(width.min(tail.len()));
            let mut split = Split(vec![head, middle, tail]);
            let profile = decode(&mut split, &Limits::default()).unwrap();
            assert_eq!(samples(&profile.profile), SMALL, "{at} {width}");
        }
    }
}

#[test]
fn an_input_that_cannot_be_read_says_why() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::from_raw_os_error(5))
        }
    }
    let error = broken_rule(&mut Broken, &Limits::default()).unwrap();
    assert_eq!(
        error.kind,
        Kind::Read(io::Error::from_raw_os_error(5).kind(), Some(5))
    );
    assert!(
        error.to_string().starts_with("reading profile: "),
        "{error}"
    );
}

/// A profile of one sample type, with these fields instead of the small profile's samples,
/// locations and functions.
fn rows(fields: &[Vec<u8>]) -> Vec<u8> {
    let texts = strings(&["", "cpu", "ns", "f", "g", ""]);
    [bytes(1, &numbers(&[1, 2])), fields.concat(), texts].concat()
}

fn sample(locations: &[u64], values: &[u64]) -> Vec<u8> {
    bytes(2, &[packed(1, locations), packed(2, values)].concat())
}

fn location(id: u64, function: u64) -> Vec<u8> {
    bytes(
        4,
        &[numbers(&[id]), bytes(4, &numbers(&[function]))].concat(),
    )
}

fn function(id: u64, name: u64) -> Vec<u8> {
    bytes(5, &numbers(&[id, name, name]))
}

#[test]
fn each_rule_has_pprofs_text_then_the_byte_and_what_was_expected() {
    let cases = [
        (
            rows(&[sample(&[1], &[1, 2]), location(1, 1), function(1, 3)]),
            "malformed profile: mismatch: sample has 2 values vs. 1 types: \
             at byte 8: expected one value a type",
        ),
        (
            rows(&[sample(&[], &[1]), sample(&[], &[])]),
            "malformed profile: mismatch: sample has 0 values vs. 1 types: \
             at byte 15: expected one value a type",
        ),
        (
            rows(&[sample(&[7], &[1])]),
            "malformed profile: sample has nil location: \
             at byte 10: expected a location of the profile, found id 7",
        ),
        (
            rows(&[bytes(3, &numbers(&[0, 5]))]),
            "malformed profile: found mapping with reserved ID=0: \
             at byte 8: expected an id above 0",
        ),
        (
            rows(&[bytes(3, &numbers(&[9])), bytes(3, &numbers(&[9]))]),
            "malformed profile: multiple mappings with same id: 9: \
             at byte 12: expected an id that is not taken",
        ),
        (
            rows(&[function(0, 3)]),
            "malformed profile: found function with reserved ID=0: \
             at byte 8: expected an id above 0",
        ),
        (
            rows(&[function(4, 3), function(4, 3)]),
            "malformed profile: multiple functions with same id: 4: \
             at byte 16: expected an id that is not taken",
        ),
        (
            rows(&[location(0, 1), function(1, 3)]),
            "malformed profile: found location with reserved id=0: \
             at byte 8: expected an id above 0",
        ),
        (
            rows(&[location(2, 1), location(2, 1), function(1, 3)]),
            "malformed profile: multiple locations with same id: 2: \
             at byte 16: expected an id that is not taken",
        ),
        (
            rows(&[location(2, 1), location(3, 8), function(1, 3)]),
            "malformed profile: location id: 3 has a line with nil function: \
             at byte 20: expected a function of the profile, found id 8",
        ),
        (
            [sample(&[], &[1]), strings(&[""])].concat(),
            "malformed profile: missing sample type information: \
             at byte 2: expected a sample type for the values",
        ),
        (
            [number(9, 5), strings(&[""]), number(9, 6)].concat(),
            "parsing profile: concatenated profiles detected: \
             at byte 4: expected one profile, a second begins",
        ),
        (
            b"".to_vec(),
            "parsing profile: empty input file: expected a profile",
        ),
    ];
    for (bytes, want) in cases {
        assert_eq!(failure(&bytes), want);
    }
}

#[test]
fn bytes_that_are_no_profile_say_where_they_stop_being_one() {
    let unrecognized = [
        (
            vec![0x0a, 0x80],
            "at byte 1: expected the rest of a number, it was cut",
        ),
        (
            [&[0x48][..], &[0xff; 10]].concat(),
            "at byte 1: expected a number of at most ten bytes",
        ),
        (
            vec![0x0b],
            "at byte 0: expected wire type 0, 1, 2 or 5, found 3",
        ),
        (
            vec![0x0a, 5, 1],
            "at byte 0: expected at most 1 more bytes, the field says 5",
        ),
        (
            bytes(2, &[0x0a, 9, 1]),
            "at byte 2: expected at most 1 more bytes, the field says 9",
        ),
        (
            vec![0x81, 0x7d, 1],
            "at byte 0: expected the rest of a fixed-size field",
        ),
        (
            number(1, 1),
            "at byte 0: expected wire type 2 for Profile.sample_type",
        ),
        (
            bytes(2, &bytes(3, &bytes(1, b"x"))),
            "at byte 4: expected wire type 0 for Label.key",
        ),
        (
            [0x15, 1, 2, 3, 4].to_vec(),
            "at byte 0: expected wire type 2 for Profile.sample",
        ),
        (
            bytes(2, &[0x0d, 1, 2, 3, 4]),
            "at byte 2: expected wire type 0 or 2 for Sample.location_id",
        ),
        (
            strings(&["x"]),
            "at byte 2: expected the first string to be empty",
        ),
        (
            [strings(&[""]), number(7, 5)].concat(),
            "at byte 2: expected one of 1 strings, found number 5",
        ),
        (
            [strings(&[""]), number(13, u64::MAX)].concat(),
            "at byte 2: expected one of 1 strings, found number -1",
        ),
        (
            number(12, 1),
            "at byte 2: expected one of 0 strings, found number 0",
        ),
    ];
    for (bytes, want) in unrecognized {
        let want = format!("parsing profile: unrecognized profile format: {want}");
        assert_eq!(failure(&bytes), want, "{bytes:?}");
    }
    assert_eq!(
        failure(b"<!DOCTYPE html>"),
        "parsing profile: unrecognized profile format: it looks like an HTML page \
         (an index, a login, an error): name one profile, as in /debug/pprof/heap; \
         at byte 0: expected wire type 0, 1, 2 or 5, found 4"
    );
    assert_eq!(
        failure(&gzipped(&[0x0b])),
        "parsing profile: unrecognized profile format: \
         at byte 0 of the unpacked profile: expected wire type 0, 1, 2 or 5, found 3"
    );
}

#[test]
fn of_several_faults_pprofs_first_wins() {
    let bad_text = number(7, 99);
    let nil_function = location(1, 9);
    let cases: [(&[Vec<u8>], &str); 6] = [
        (
            &[sample(&[], &[]), bad_text],
            "parsing profile: unrecognized",
        ),
        (
            &[function(0, 0), sample(&[5], &[1])],
            "malformed profile: sample has nil",
        ),
        (
            &[sample(&[5], &[1]), sample(&[], &[])],
            "malformed profile: sample has nil",
        ),
        (
            &[sample(&[], &[1]), sample(&[5], &[])],
            "malformed profile: mismatch",
        ),
        (
            &[nil_function.clone(), function(0, 0)],
            "malformed profile: found function",
        ),
        (
            &[nil_function, location(0, 1)],
            "malformed profile: location id: 1 has",
        ),
    ];
    for (fields, want) in cases {
        let text = failure(&rows(fields));
        assert!(text.starts_with(want), "{text}");
    }
}

#[test]
fn a_field_that_stands_twice_counts_the_second_time() {
    let fields = [number(10, 1), number(10, 2), bytes(11, &numbers(&[1, 2]))];
    let again = bytes(11, &numbers(&[0, 3]));
    let profile = decoded(&rows(&[fields.concat(), again])).unwrap();
    assert_eq!(profile.header.duration_nanos, 2);
    assert_eq!(profile.header.period_type.kind, Str::EMPTY);
    assert_eq!(text(&profile, profile.header.period_type.unit), "f");
}

#[test]
fn unknown_fields_are_skipped_whatever_their_size() {
    let strange = [
        bytes(99, &[7; 300_000]),
        number(1 << 40, 1),
        number(0, 1),
        [vec![0x81, 0x7d], vec![0; 8]].concat(),
        [vec![0x85, 0x7d], vec![0; 4]].concat(),
    ];
    let in_sample = bytes(2, &[packed(2, &[3]), strange.concat()].concat());
    let profile = decoded(&rows(&[strange.concat(), in_sample])).unwrap();
    assert_eq!(samples(&profile), [" [3] "]);
}

#[test]
fn numbers_wrap_as_gos_conversions_do() {
    let values = packed(2, &[u64::MAX]);
    let ten_bytes = bytes(
        2,
        &[
            0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
        ],
    );
    let profile = decoded(&rows(&[bytes(2, &values), ten_bytes])).unwrap();
    assert_eq!(samples(&profile), [" [-1] ", " [-1] "]);
    let folded = bytes(4, &[numbers(&[1]), number(5, 256)].concat());
    assert!(decoded(&rows(&[folded])).unwrap().locations.folded[0]);
}

#[test]
fn stacks_are_equal_packed_or_not_and_with_ids_of_any_size() {
    let ids = [1, 300, 20_000, 1 << 20, (1 << 20) + 7, 1 << 33, u64::MAX];
    let names: Vec<String> = (0..ids.len()).map(|n| format!("f{n}")).collect();
    let mut fields: Vec<Vec<u8>> = ids
        .iter()
        .flat_map(|id| number(1, *id))
        .map(|b| vec![b])
        .collect();
    fields.push(packed(1, &ids));
    // The same number with more bytes than it needs.
    fields.push(bytes(1, &[0x81, 0x80, 0x00]));
    fields.push(packed(2, &[1]));
    let texts: Vec<&str> = ["", "cpu", "ns"]
        .into_iter()
        .chain(names.iter().map(|n| &n[..]))
        .collect();
    let mut file = [bytes(1, &numbers(&[1, 2])), bytes(2, &fields.concat())].concat();
    for (n, id) in (1..).zip(ids) {
        file.extend(location(id, n));
        file.extend(function(n, n + 2));
    }
    file.extend(strings(&texts));
    let stack = names.join("<");
    let want = format!("{stack}<{stack}<f0 [1] ");
    assert_eq!(samples(&decoded(&file).unwrap()), [want]);
}

#[test]
fn labels_are_text_then_numbers_and_all_zero_is_none() {
    let label = |values: &[u64]| bytes(3, &numbers(values));
    let with = |labels: &[Vec<u8>]| bytes(2, &[packed(2, &[1]), labels.concat()].concat());
    let minus = (-5i64).cast_unsigned();
    let file = rows(&[
        with(&[label(&[3, 4, 7, 2])]),
        with(&[label(&[3, 0, 0, 0]), label(&[4, 0, 9])]),
        with(&[label(&[3, 0, 0, 2]), label(&[3, 0, minus])]),
        with(&[label(&[3, 5])]),
        with(&[label(&[3, 4, 7, 2])]),
        bytes(
            2,
            &[label(&[3, 4]), packed(2, &[1]), label(&[4, 3])].concat(),
        ),
    ]);
    let profile = decoded(&file).unwrap();
    let want = ["f=g", "g=9", "f=0ns,f=-5", "f=", "f=g", "f=g,g=f"];
    let want = want.map(|labels| format!(" [1] {labels}"));
    assert_eq!(samples(&profile), want);
    assert_eq!(profile.label_sets.len(), 5);
    let bad_key = with(&[label(&[99, 0, 0, 0])]);
    assert!(failure(&rows(&[bad_key])).contains("unrecognized"));
}

#[test]
fn equal_texts_have_equal_ids() {
    let texts = strings(&["", "a", "", "b", "a", "b"]);
    let functions = [numbers(&[1, 1, 4, 3, 1]), numbers(&[2, 4, 5, 2, 1])].map(|f| bytes(5, &f));
    let labels = bytes(2, &bytes(3, &numbers(&[5, 4])));
    let empty_unit = bytes(2, &bytes(3, &numbers(&[3, 0, 0, 2])));
    let file = [functions.concat(), labels, empty_unit, texts, number(13, 2)].concat();
    let broken = broken_rule(&mut &*file, &Limits::default());
    assert_eq!(broken.map(|e| e.kind), Some(Kind::NoSampleTypes));
    let profile = decoded(&[&file[..], &bytes(1, &[]), &[][..]].concat());
    assert_eq!(profile.err().map(|e| e.contains("mismatch")), Some(true));
    let no_samples =
        decoded(&[functions.concat(), strings(&["", "a", "", "b", "a", "b"])].concat());
    let functions = no_samples.unwrap().functions;
    assert_eq!(functions.name[0], functions.name[1]);
    assert_eq!(functions.name[0], functions.system_name[0]);
    assert_eq!(functions.system_name[1], functions.filename[0]);
    assert_eq!(functions.filename[1], Str::EMPTY);
}

#[test]
fn a_hundred_thousand_equal_texts_are_read_in_one_pass() {
    let file = [rows(&[]), bytes(6, b"f").repeat(100_000)].concat();
    assert_eq!(decoded(&file).unwrap().strings.len(), 100_006);
}

#[test]
fn a_broken_stream_is_reported_where_it_broke_first() {
    let mut file = gzipped(&small());
    let crc = file.len() - 8;
    file[crc] ^= 1;
    file.extend([0; 40]);
    let broken = broken_rule(&mut &*file, &Limits::default()).unwrap();
    assert_eq!(broken.at, error::Offset::Input(crc as u64));
}

#[test]
fn a_profile_without_mappings_gets_one_that_stands_for_the_program() {
    let profile = decoded(&rows(&[location(1, 1), function(1, 3)])).unwrap();
    assert_eq!(profile.mappings.len(), 1);
    assert_eq!((profile.mappings[0].id, profile.mappings[0].limit), (1, 0));
    assert_eq!(profile.locations.mapping[0].map(|m| m.row()), Some(0));
    let known = [
        bytes(3, &numbers(&[4])),
        bytes(4, &numbers(&[1, 9])),
        bytes(4, &numbers(&[2, 4])),
    ];
    let profile = decoded(&rows(&known)).unwrap();
    assert_eq!(profile.locations.mapping[0], None);
    assert_eq!(profile.locations.mapping[1].map(|m| m.row()), Some(0));
}

fn within(memory: u64, bytes: &[u8]) -> Result<Profile, Kind> {
    match decode(&mut &*bytes, &Limits::of_memory(memory)) {
        Ok(decoded) => Ok(decoded.profile),
        Err(Fault::Rule(error)) => Err(error.kind),
        Err(Fault::Said(text)) => panic!("{text}"),
    }
}

#[test]
fn a_length_that_lies_costs_nothing() {
    let mut file = vec![0x32];
    varint(&mut file, 10_000_000_000);
    file.extend(b"twenty bytes of it");
    assert_eq!(
        within(0, &file).err(),
        Some(Kind::Length(10_000_000_000, 18))
    );
    let mut in_sample = vec![0x0a];
    varint(&mut in_sample, u64::MAX);
    let kind = within(0, &bytes(2, &in_sample)).err();
    assert_eq!(kind, Some(Kind::Length(u64::MAX, 0)));
}

#[test]
fn more_than_the_limit_is_an_error_that_names_the_flag() {
    let many = |field: Vec<u8>| [rows(&[]), field.repeat(1 << 20)].concat();
    let fields = [
        bytes(2, &[packed(2, &[1]), bytes(3, &numbers(&[1, 2]))].concat()),
        bytes(1, &[]),
        bytes(4, &bytes(4, &[])),
        bytes(6, b"some text"),
        number(13, 1),
    ];
    for field in fields {
        assert_eq!(
            within(1 << 20, &many(field.clone())).err(),
            Some(Kind::Memory(1 << 20)),
            "{field:?}"
        );
    }
    let long = [rows(&[]), bytes(6, &vec![b'x'; 4 << 20])].concat();
    assert_eq!(within(1 << 20, &long).err(), Some(Kind::Memory(1 << 20)));
    assert_eq!(within(16 << 20, &long).err(), None);
    let bomb = gzipped(&[rows(&[]), number(99, 0).repeat(1 << 20)].concat());
    let error = decode(&mut &*bomb, &Limits::of_memory(16 << 20)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "parsing profile: too large: at byte 1048576 of the unpacked profile: \
         it unpacks to more than 1048576 bytes, too many for its size; -mem raises that"
    );
    assert!(decode(&mut &*bomb, &Limits::of_memory(256 << 20)).is_ok());
}

/// The same numbers in every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides.max(1)
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        let at = self.roll(bytes.len());
        let end = (at + self.roll(40)).min(bytes.len());
        match self.roll(6) {
            0 => bytes[at] ^= 1 << self.roll(8),
            1 => bytes[at] = bytes[at].wrapping_add(1),
            2 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][self.roll(5)],
            3 => bytes.truncate(at.max(1)),
            4 => drop(bytes.splice(at..at, bytes[at..end].to_vec())),
            _ => drop(bytes.drain(at..end)),
        }
        if bytes.is_empty() {
            bytes.push(0);
        }
    }
}

#[test]
fn whatever_happens_to_a_profile_it_is_decoded_or_refused() {
    let mut dice = Dice(0x5eed);
    let originals = [small(), gzipped(&small()), gzipped(&gzipped(&small()))];
    let mut refused = 0;
    for round in 0..8_000 {
        let mut file = originals[round % originals.len()].clone();
        for _ in 0..=dice.roll(3) {
            dice.mutate(&mut file);
        }
        match decode(&mut &*file, &Limits::of_memory(1 << 20)) {
            // What was accepted can be walked without meeting a bad row.
            Ok(decoded) => drop(samples_of_any(&decoded.profile)),
            Err(error) => {
                refused += 1;
                let text = error.to_string();
                let place = text.contains("at byte ") || text.contains("empty input");
                assert!(place && text.contains("expected"), "{text}");
            }
        }
    }
    assert!((4_000..8_000).contains(&refused), "{refused}");
}

fn samples_of_any(profile: &Profile) -> usize {
    let mut bytes = 0;
    let scanned = profile.samples.scan(|sample| {
        for location in sample.stack {
            for line in profile.locations.lines.row(location.at()) {
                bytes += profile
                    .text(profile.functions.name[line.function.at()])
                    .len();
            }
            let mapping = profile.locations.mapping[location.at()];
            bytes += mapping.map_or(0, |m| profile.text(profile.mappings[m.at()].file).len());
        }
        for label in profile.label_sets.row(sample.labels.at()) {
            bytes += profile.text(label.key).len();
        }
        assert_eq!(sample.values.len(), profile.sample_types.len());
    });
    scanned.unwrap();
    bytes
}

#[test]
fn every_cut_of_a_gzipped_profile_is_an_unexpected_end() {
    let file = gzipped(&small());
    for cut in 2..file.len() {
        let kind = broken_rule(&mut &file[..cut], &Limits::default()).map(|e| e.kind);
        assert_eq!(kind, Some(Kind::GzipEnd), "{cut}");
    }
}
