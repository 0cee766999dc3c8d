//! Binary CPU profiles, of gperftools and of old Java agents (pprof-behaviour 2.4).
//!
//! Words of four or eight bytes in either order: a header, then samples as count, depth and addresses.
//! Which frames a signal handler left on the stacks shows only when all are read.

use super::super::Decoded;
use super::lines::Lines;
use super::rows::Rows;
use super::{Head, Parsed, java, stacks};

/// How a word is written.
#[derive(Clone, Copy)]
struct Form {
    size: u8,
    big: bool,
}

/// In the order in which pprof tries them.
const FORMS: [Form; 4] = [
    Form {
        size: 4,
        big: false,
    },
    Form { size: 4, big: true },
    Form {
        size: 8,
        big: false,
    },
    Form { size: 8, big: true },
];

/// What the first five words say.
struct Header {
    form: Form,
    is_java: bool,
    /// Nanoseconds between two samples.
    period: i64,
}

impl Form {
    fn size(self) -> usize {
        usize::from(self.size)
    }

    /// The word at the front, if there is a whole one.
    fn word(self, bytes: &[u8]) -> Option<u64> {
        let word = bytes.get(..self.size())?;
        let join = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(match self.big {
            true => word.iter().fold(0, join),
            false => word.iter().rev().fold(0, join),
        })
    }
}

/// Whether the first five words are a header.
pub(super) fn recognises(head: &Head<'_>) -> bool {
    header(head.bytes).is_some()
}

fn header(bytes: &[u8]) -> Option<Header> {
    FORMS.iter().find_map(|form| {
        let word = |n: usize| form.word(bytes.get(n.saturating_mul(form.size())..)?);
        match [word(0)?, word(1)?, word(2)?, word(3)?, word(4)?] {
            [0, 3, kind @ (0 | 1), micros @ (1..), 0] => Some(Header {
                form: *form,
                is_java: kind == 1,
                period: micros.cast_signed().wrapping_mul(1000),
            }),
            _ => None,
        }
    })
}

/// Reads the profile.
pub(super) fn decode(lines: &mut Lines<'_, '_>, mut rows: Rows) -> Parsed<Decoded> {
    let at = lines.place();
    let header = header(lines.stream.available())
        .ok_or_else(|| lines.expected("the header of a CPU profile"))?;
    rows.sample_type(b"samples", b"count", at)?;
    rows.sample_type(b"cpu", b"nanoseconds", at)?;
    rows.period(b"cpu", b"nanoseconds", header.period, at)?;
    lines.stream.consume(header.form.size().saturating_mul(5));
    while sample(&header, lines, &mut rows)? {}
    rows.flush()?;
    if header.is_java {
        return java::name(lines, rows);
    }
    stacks::drop_handlers(&mut rows, lines.place())?;
    rows.finish_at_map(lines)
}

/// The next word; `None` where the input ends in it or before.
fn word(form: Form, lines: &mut Lines<'_, '_>, rows: &mut Rows) -> Parsed<Option<u64>> {
    let stream = &mut lines.stream;
    stream.ensure(form.size(), &mut rows.builder.budget)?;
    let word = form.word(stream.available());
    if word.is_some() {
        stream.consume(form.size());
    }
    Ok(word)
}

/// Reads a sample; false where there is none, or what marks the end.
fn sample(header: &Header, lines: &mut Lines<'_, '_>, rows: &mut Rows) -> Parsed<bool> {
    if !lines.stream.ensure(1, &mut rows.builder.budget)? {
        return Ok(false);
    }
    let at = lines.place();
    let mut head = || word(header.form, lines, rows);
    let (count, depth) = (head()?, head()?);
    let Some((count, depth)) = count.zip(depth) else {
        return Err(lines.expected("the rest of a sample"));
    };
    let value = count.cast_signed();
    rows.begin(&[value, value.wrapping_mul(header.period)], at)?;
    let mut last = None;
    for frame in 0..depth {
        let found = word(header.form, lines, rows)?;
        if found.is_none() {
            end_inside(header.form, (frame, depth), lines)?;
        }
        let address = found.unwrap_or(0);
        last = Some(address);
        // All but the leaf are where a call returns to; in Java they are where it is.
        let past = u64::from(frame > 0 && !header.is_java);
        rows.address(address.wrapping_sub(past))?;
    }
    let is_end = (count, depth, last) == (0, 1, Some(0));
    if is_end {
        rows.cancel();
    }
    Ok(!is_end)
}

/// Ends the input behind `frame` frames of a stack. As pprof, which asks for four bytes a frame
/// whatever the size of a word, and where these are there reads zeros for what is missing.
fn end_inside(form: Form, (frame, depth): (u64, u64), lines: &mut Lines<'_, '_>) -> Parsed<()> {
    let rest = lines.stream.available().len();
    let there = frame.saturating_mul(form.size.into());
    let there = there.saturating_add(u64::try_from(rest).unwrap_or_default());
    if depth > there / 4 {
        return Err(lines.expected("the rest of a stack"));
    }
    lines.stream.consume(rest);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{decoded, failure};
    use super::super::super::{Limits, decode};
    use crate::model::Profile;

    fn words(words: &[u64]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// A profile of these stacks, leaf first.
    fn profile(stacks: &[&[u64]]) -> Profile {
        let mut file = words(&[0, 3, 0, 100, 0]);
        for stack in stacks {
            file.extend(words(&[1, stack.len() as u64]));
            file.extend(words(stack));
        }
        decoded(&file).unwrap()
    }

    /// The addresses of each stack, and those of all locations.
    fn addresses(profile: &Profile) -> (Vec<Vec<u64>>, &[u64]) {
        let all = &profile.locations.address[..];
        let mut stacks = Vec::new();
        let visit = |address: &crate::model::LocationId| all[address.at()];
        let see = |sample: crate::model::sample::Sample<'_>| {
            stacks.push(sample.stack.iter().map(visit).collect());
        };
        profile.samples.scan(see).unwrap();
        (stacks, all)
    }

    #[test]
    fn a_frame_of_a_handler_goes_and_those_behind_it_are_numbered_anew() {
        let profile = profile(&[&[10, 51, 31], &[20, 51, 41, 31], &[30, 51, 51, 31]]);
        let (stacks, all) = addresses(&profile);
        assert_eq!(stacks, [&[10, 30][..], &[20, 40, 30], &[30, 50, 30]]);
        // What is first used late is numbered late, however early it was met.
        assert_eq!(all, [10, 30, 20, 40, 50]);
        assert_eq!(profile.locations.id, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn one_stack_in_32_may_be_without_the_handler() {
        let stack = |n: u64| [10 * n, 51, 31 + n];
        let stacks: Vec<[u64; 3]> = (1..=31).map(stack).collect();
        let mut all: Vec<&[u64]> = stacks.iter().map(|stack| &stack[..]).collect();
        all.push(&[7, 8, 9]);
        assert_eq!(addresses(&profile(&all)).0[0], [10, 31]);
        assert_eq!(addresses(&profile(&all)).0[31], [7, 7, 8]);
        all.push(&[7]);
        assert_eq!(addresses(&profile(&all)).0[0], [10, 50, 31]);
    }

    #[test]
    fn a_leaf_that_is_there_twice_goes_but_stays_a_location() {
        let profile = profile(&[&[10, 10, 31], &[20, 31], &[0, 0]]);
        let (stacks, all) = addresses(&profile);
        assert_eq!(stacks, [&[10, 30][..], &[20, 30], &[0]]);
        assert_eq!(all, [10, 9, 30, 20, 0, u64::MAX]);
    }

    #[test]
    fn of_the_only_stack_of_a_profile_two_frames_are_taken_for_handlers() {
        assert_eq!(addresses(&profile(&[&[10, 51, 31, 41]])).0, [[10, 40]]);
    }

    #[test]
    fn what_a_stack_lacks_is_zero_where_there_are_four_bytes_a_frame() {
        let cut = |depth: u64| {
            let file = words(&[0, 3, 0, 100, 0, 1, depth, 0x10, 0x21]);
            decoded(&file).map(|profile| addresses(&profile).0)
        };
        // Two are taken for handlers: what is there, and one of the two calls at -1.
        assert_eq!(cut(4).unwrap(), [[0x10, u64::MAX]]);
        assert!(cut(5).is_err());
    }

    #[test]
    fn half_a_word_behind_the_samples_is_no_profile() {
        let mut file = words(&[0, 3, 0, 100, 0, 1, 1, 0x10]);
        assert!(decoded(&file).is_ok());
        file.push(1);
        assert!(failure(&file).contains("the rest of a sample"));
    }

    #[test]
    fn a_depth_that_lies_takes_no_memory() {
        let mut file = words(&[0, 3, 0, 100, 0, 1, u64::MAX]);
        file.extend([1; 80_000]);
        let error = decode(&mut &file[..], &Limits::of_memory(1 << 20)).unwrap_err();
        let text = error.to_string();
        assert!(
            text.starts_with("parsing profile: unrecognized profile format"),
            "{text}"
        );
        assert!(text.ends_with("expected the rest of a stack"), "{text}");
        file.extend(vec![1; 8 << 20]);
        let error = decode(&mut &file[..], &Limits::of_memory(1 << 20)).unwrap_err();
        assert!(error.to_string().contains("too large"), "{error}");
    }

    #[test]
    fn a_header_needs_all_its_words() {
        for header in [
            [0, 3, 2, 100, 0],
            [0, 3, 0, 0, 0],
            [0, 3, 0, 100, 1],
            [0, 4, 0, 100, 0],
            [1, 3, 0, 100, 0],
        ] {
            assert!(
                failure(&words(&header)).contains("unrecognized"),
                "{header:?}"
            );
        }
        assert!(failure(&words(&[0, 3, 0, 100, 0])[..39]).contains("unrecognized"));
        assert_eq!(
            decoded(&words(&[0, 3, 0, 100, 0])).unwrap().samples.len(),
            0
        );
    }
}
