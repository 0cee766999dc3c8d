//! What a profile holds, counted without keeping any of it: what reading it will take.

use std::io::Read;

use super::Limits;
use super::fields::profile;
use super::stream::Stream;
use super::wire::{HEAD, head};
use crate::model::Budget;

/// How many rows of a kind there are, and their bytes in the file.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) count: u64,
    pub(crate) bytes: u64,
}

/// The rows of a profile.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) samples: Rows,
    pub(crate) locations: Rows,
    pub(crate) functions: Rows,
    pub(crate) strings: Rows,
}

/// Counts the rows of a profile.proto; none where it is a text or broken, which reading it will tell.
pub(crate) fn count(input: &mut dyn Read, limits: &Limits) -> Option<Counts> {
    let mut stream = Stream::new(input, limits.unpacked).ok()?;
    let mut counts = Counts::default();
    // Fields are passed over, so that the buffer never grows.
    let mut budget = Budget::new(0);
    while stream.ensure(1, &mut budget).ok()? {
        stream.ensure(HEAD, &mut budget).ok()?;
        let head = head(stream.available()).ok()?;
        let bytes = head.body_size();
        let rows = match head.number {
            profile::SAMPLE => Some(&mut counts.samples),
            profile::LOCATION => Some(&mut counts.locations),
            profile::FUNCTION => Some(&mut counts.functions),
            profile::STRING_TABLE => Some(&mut counts.strings),
            // Of the others there are few.
            _ => None,
        };
        if let Some(rows) = rows {
            rows.count = rows.count.saturating_add(1);
            rows.bytes = rows.bytes.saturating_add(bytes);
        }
        stream.consume(head.size);
        if stream.skip(bytes, &mut budget).ok()? > 0 {
            return None;
        }
    }
    Some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::bytes::small;

    #[test]
    fn rows_are_counted_and_what_is_cut_or_no_profile_is_not() {
        let file = small();
        let counts = count(&mut &*file, &Limits::default()).unwrap();
        assert_eq!(counts.samples.count, 2);
        assert!(counts.strings.bytes > 0 && counts.locations.count > 0);
        let cut = &file[..file.len() - 1];
        assert_eq!(count(&mut &*cut, &Limits::default()), None);
        let text = b"goroutine profile: total 1\n";
        assert_eq!(count(&mut &text[..], &Limits::default()), None);
    }
}
