//! Go's `regexp`: the syntax, the error texts and the answers of `MatchString`, in time linear in the text.
//!
//! Why not a crate: the text may be invalid UTF-8, where Go sees one U+FFFD a byte and `.` matches it; no
//! byte-oriented engine can say that. Parsing, compiling and matching work on code points (`u32`), so they
//! can. parse -> tree -> program -> dfa; class and unicode are sets of code points.

mod class;
mod dfa;
mod parse;
mod piece;
mod program;
mod tree;
mod unicode;

use std::cell::RefCell;
use std::fmt;

/// A compiled pattern.
pub(crate) struct Regexp {
    source: Vec<u8>,
    program: program::Program,
    /// States met so far; they come and go, answers do not depend on them.
    states: RefCell<dfa::States>,
}

impl Regexp {
    /// Compiles a pattern; the error is Go's text, `error parsing regexp: ...`.
    pub(crate) fn new(pattern: &[u8]) -> Result<Regexp, String> {
        Regexp::limited(pattern, u64::MAX)
    }

    /// Compiles a pattern nobody here typed: `work` is how many instructions all its matching may look at.
    ///
    /// A step of the automaton that was made before costs nothing, so that honest patterns need next to none.
    pub(crate) fn limited(pattern: &[u8], work: u64) -> Result<Regexp, String> {
        let program = program::compile(parse::parse(pattern)?);
        Ok(Regexp {
            source: pattern.to_vec(),
            states: RefCell::new(dfa::States::new(&program, work)),
            program,
        })
    }

    /// Whether the work is used up: then a text that matches may have been said not to.
    pub(crate) fn gave_up(&self) -> bool {
        self.states.borrow().gave_up()
    }

    /// Whether the pattern matches anywhere in the text.
    pub(crate) fn is_match(&self, text: &[u8]) -> bool {
        self.states.borrow_mut().is_match(&self.program, text)
    }

    /// The pattern as it was written.
    pub(crate) fn source(&self) -> &[u8] {
        &self.source
    }
}

impl fmt::Debug for Regexp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Regexp({})", self.source.escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::go::table::{number, rows, text};

    #[test]
    fn patterns_match_and_fail_as_in_go() {
        for row in rows(include_str!("../../../tests/data/tables/regexp.txt")) {
            let (pattern, want) = (row[0].as_slice(), String::from_utf8_lossy(&row[1]));
            let regexp = match Regexp::new(pattern) {
                Ok(regexp) => regexp,
                Err(error) => {
                    assert_eq!(error, want, "{}", pattern.escape_ascii());
                    continue;
                }
            };
            assert_eq!(want, "", "{}", pattern.escape_ascii());
            for case in row[2..].chunks(2) {
                let matches = regexp.is_match(&case[0]);
                let (pattern, text) = (pattern.escape_ascii(), case[0].escape_ascii());
                assert_eq!(matches, case[1] == b"1", "{pattern} in {text}");
            }
        }
    }

    #[test]
    fn unicode_classes_hold_what_they_hold_in_go() {
        let sum = |class: class::Class| {
            class
                .into_ranges()
                .iter()
                .fold((0, 0), |(count, total), &(low, high)| {
                    let (low, high) = (u64::from(low), u64::from(high));
                    let members = high - low + 1;
                    (count + members, total + (low + high) * members / 2)
                })
        };
        let folds = unicode::Folds::load();
        for row in rows(include_str!("../../../tests/data/tables/unicode.txt")) {
            let class = unicode::named_class(&row[0]).expect("a class of Go");
            let folded = match unicode::never_folds(&row[0]) {
                true => class.clone(),
                false => class.clone().folded(&folds),
            };
            assert_eq!(
                sum(class),
                (number(&row[1]), number(&row[2])),
                "{}",
                text(&row[0])
            );
            assert_eq!(
                sum(folded),
                (number(&row[3]), number(&row[4])),
                "{}",
                text(&row[0])
            );
        }
    }

    /// Letters a and b without a pattern.
    fn letters(count: u32) -> Vec<u8> {
        let mut state = 1u32;
        let mut letter = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            b'a' + (state >> 31) as u8
        };
        (0..count).map(&mut letter).collect()
    }

    #[test]
    fn a_text_that_fills_the_room_for_states_is_still_read_to_its_end() {
        let regexp = Regexp::new(b"(a|b)*a(a|b){14}c").expect("a pattern");
        let mut text = letters(40_000);
        assert!(!regexp.is_match(&text));
        text.extend(b"abbbbbbbbbbbbbbc");
        assert!(regexp.is_match(&text));
        text.truncate(text.len() - 1);
        assert!(!regexp.is_match(&text));
    }

    #[test]
    fn limited_work_ends_but_steps_made_before_are_free() {
        let regexp = Regexp::limited(b"^(runtime\\..*|main\\.[a-z]+)$", 10_000).expect("a pattern");
        for _ in 0..10_000 {
            assert!(regexp.is_match(b"runtime.mallocgc") && !regexp.is_match(b"main.Run"));
        }
        assert!(!regexp.gave_up());
        let regexp = Regexp::limited(b"(a|b)*a(a|b){14}c", 10_000).expect("a pattern");
        assert!(!regexp.is_match(&letters(5_000)));
        assert!(regexp.gave_up());
    }

    #[test]
    fn patterns_too_large_for_a_guest_fail_as_in_go() {
        let cases = [
            (b"(".repeat(20_000), "expression nests too deeply"),
            (b"a".repeat(200_000), "expression too large"),
            (b"\\pL".repeat(5_000), "expression too large"),
            (
                [b"(?:".as_slice(), &b"a".repeat(1_000), b"){999}"].concat(),
                "expression too large",
            ),
        ];
        for (pattern, want) in cases {
            let error = Regexp::new(&pattern).expect_err("too large");
            assert!(
                error.starts_with(&format!("error parsing regexp: {want}: `")),
                "{want}"
            );
        }
    }
}
