//! Sets of code points, as sorted ranges that neither touch nor overlap.

use super::unicode::Folds;

/// The last code point.
pub(super) const MAX: u32 = 0x10ffff;

/// First and last code point.
pub(super) type Range = (u32, u32);

/// A set under construction: ranges in any order until `into_ranges`.
#[derive(Clone, Debug, Default)]
pub(super) struct Class {
    ranges: Vec<Range>,
}

impl Class {
    /// The set of these ranges.
    pub(super) fn of(ranges: &[Range]) -> Class {
        Class {
            ranges: ranges.to_vec(),
        }
    }

    /// Adds a range.
    pub(super) fn add(&mut self, low: u32, high: u32) {
        match self.ranges.last_mut() {
            // Most ranges are added in order.
            Some(last) if last.0 <= low && low <= last.1.saturating_add(1) => {
                last.1 = last.1.max(high)
            }
            _ => self.ranges.push((low, high)),
        }
    }

    /// Adds all that another set holds.
    pub(super) fn add_class(&mut self, other: &Class) {
        self.ranges.extend_from_slice(&other.ranges);
    }

    /// How many ranges were added, overlapping or not.
    pub(super) fn len(&self) -> usize {
        self.ranges.len()
    }

    /// All code points that are not in it.
    pub(super) fn negated(self) -> Class {
        let mut negated = Class::default();
        let mut next = 0;
        for (low, high) in self.into_ranges() {
            if next < low {
                negated.ranges.push((next, low - 1));
            }
            next = high + 1;
        }
        if next <= MAX {
            negated.ranges.push((next, MAX));
        }
        negated
    }

    /// With every character that differs from one of its own only in case.
    pub(super) fn folded(mut self, folds: &Folds) -> Class {
        let mut others = Class::default();
        for &(low, high) in &self.ranges {
            for &(rune, _) in folds.within(low, high) {
                folds.others(rune, |other| others.add(other, other));
            }
        }
        self.add_class(&others);
        self
    }

    /// The ranges, sorted and merged.
    pub(super) fn into_ranges(mut self) -> Vec<Range> {
        self.ranges.sort_unstable();
        let mut merged: Vec<Range> = Vec::with_capacity(self.ranges.len());
        for (low, high) in self.ranges {
            match merged.last_mut() {
                Some(last) if low <= last.1.saturating_add(1) => last.1 = last.1.max(high),
                _ => merged.push((low, high)),
            }
        }
        merged
    }
}

/// Whether sorted ranges hold the code point.
pub(super) fn contains(ranges: &[Range], rune: u32) -> bool {
    let after = ranges.partition_point(|range| range.0 <= rune);
    after > 0 && rune <= ranges[after - 1].1
}

const DIGIT: &[Range] = &[(0x30, 0x39)];
const SPACE: &[Range] = &[(0x9, 0xa), (0xc, 0xd), (0x20, 0x20)];
/// What `\w` and `\b` take for a word, as Go does: ASCII only.
pub(super) const WORD: &[Range] = &[(0x30, 0x39), (0x41, 0x5a), (0x5f, 0x5f), (0x61, 0x7a)];

/// The class behind `\d`, `\s`, `\w`; their capitals are the rest.
pub(super) fn perl(letter: u8) -> Option<&'static [Range]> {
    match letter.to_ascii_lowercase() {
        b'd' => Some(DIGIT),
        b's' => Some(SPACE),
        b'w' => Some(WORD),
        _ => None,
    }
}

/// The class behind `[:name:]`.
pub(super) fn posix(name: &[u8]) -> Option<&'static [Range]> {
    Some(match name {
        b"alnum" => &[(0x30, 0x39), (0x41, 0x5a), (0x61, 0x7a)],
        b"alpha" => &[(0x41, 0x5a), (0x61, 0x7a)],
        b"ascii" => &[(0, 0x7f)],
        b"blank" => &[(0x9, 0x9), (0x20, 0x20)],
        b"cntrl" => &[(0, 0x1f), (0x7f, 0x7f)],
        b"digit" => DIGIT,
        b"graph" => &[(0x21, 0x7e)],
        b"lower" => &[(0x61, 0x7a)],
        b"print" => &[(0x20, 0x7e)],
        b"punct" => &[(0x21, 0x2f), (0x3a, 0x40), (0x5b, 0x60), (0x7b, 0x7e)],
        b"space" => &[(0x9, 0xd), (0x20, 0x20)],
        b"upper" => &[(0x41, 0x5a)],
        b"word" => WORD,
        b"xdigit" => &[(0x30, 0x39), (0x41, 0x46), (0x61, 0x66)],
        _ => return None,
    })
}

/// Whether a code point belongs to a word.
pub(super) fn is_word(rune: u32) -> bool {
    contains(WORD, rune)
}
