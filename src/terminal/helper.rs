//! What rustyline asks while a line is being typed: completions, and a hint of the one there is.
//!
//! rustyline draws candidates as they are, so nothing unescaped may leave here; and it counts them in
//! 16 bits, so there is a most.

use std::borrow::Cow;
use std::cell::RefCell;

use rustyline::completion::{Completer, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Context, Helper};

use super::escape::{escape, must_escape};
use crate::session::Session;

/// More candidates than this help nobody.
const MOST: usize = 1000;
/// Characters of a candidate that are shown.
const LONGEST: usize = 200;

/// Completes from what the session knows.
pub(super) struct Prompter<'s> {
    pub(super) session: &'s RefCell<&'s mut Session>,
    /// Hints are told apart by their look only.
    pub(super) hints: bool,
}

impl Completer for Prompter<'_> {
    type Candidate = Pair;
}

impl Hinter for Prompter<'_> {
    type Hint = String;
}

impl Highlighter for Prompter<'_> {
    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        super::style::hint().paint(hint).to_string().into()
    }
}

impl Validator for Prompter<'_> {}

impl Helper for Prompter<'_> {}

/// A candidate that can be drawn; in the line a `.` stands for what cannot, for it goes into a regexp.
fn pair(text: &str) -> Pair {
    let replacement = text.chars().map(|c| if must_escape(c) { '.' } else { c });
    let shown = escape(text.as_bytes());
    Pair {
        display: match shown.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", &shown[..end]),
            None => shown,
        },
        replacement: replacement.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_is_completed_without_its_controls() {
        let pair = pair("main.\x1b]0;x\x07\u{202e}ok");
        assert_eq!(pair.display, "main.\\x1b]0;x\\x07\\u202eok");
        assert_eq!(pair.replacement, "main..]0;x..ok");
    }

    #[test]
    fn a_long_name_is_cut_where_it_is_listed_only() {
        let pair = pair(&"x".repeat(LONGEST + 1));
        assert_eq!(pair.display.chars().count(), LONGEST + 1);
        assert!(pair.display.ends_with('…'));
        assert_eq!(pair.replacement.len(), LONGEST + 1);
    }
}
