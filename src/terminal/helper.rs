//! What rustyline asks while a line is being typed: completions, and a hint of the one there is.
//!
//! rustyline draws candidates as they are, so nothing unescaped may leave here; and it counts them in
//! 16 bits, so there is a most.

use std::borrow::Cow;
use std::cell::RefCell;

use rustyline::completion::{Completer, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::line_buffer::LineBuffer;
use rustyline::validate::Validator;
use rustyline::{Changeset, Context, Helper};

use super::escape::{escape, must_escape};
use super::screen::fit;
use crate::command::complete::Candidate;
use crate::session::Session;

/// More candidates than this help nobody.
const MOST: usize = 1000;
/// Cells of a candidate that are shown.
const WIDEST: usize = 72;

/// Completes from what the session knows.
pub(super) struct Prompter<'s> {
    pub(super) session: &'s RefCell<&'s mut Session>,
    /// Hints are told apart by their look only.
    pub(super) hints: bool,
}

impl Completer for Prompter<'_> {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        let before = line.get(..at).unwrap_or(line);
        let (start, candidates) = self.session.borrow().candidates(before);
        Ok((start, candidates.iter().take(MOST).map(pair).collect()))
    }

    fn update(&self, line: &mut LineBuffer, start: usize, elected: &str, changes: &mut Changeset) {
        let end = line.pos();
        if extends(elected, line.get(start..end).unwrap_or_default()) {
            line.replace(start..end, elected, changes);
        }
    }
}

impl Hinter for Prompter<'_> {
    type Hint = String;

    fn hint(&self, line: &str, at: usize, _: &Context<'_>) -> Option<String> {
        // Only the first word: behind it the profile would be asked for function names at each key.
        let further = |c: char| c.is_whitespace() || c == '=';
        if !self.hints || at < line.len() || line.is_empty() || line.contains(further) {
            return None;
        }
        let (start, candidates) = self.session.borrow().candidates(line);
        let [only] = candidates.as_slice() else {
            return None;
        };
        let rest = only.text.strip_prefix(line.get(start..)?)?.trim_end();
        (!rest.is_empty()).then(|| escape(rest.as_bytes()))
    }
}

impl Highlighter for Prompter<'_> {
    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        super::style::hint().paint(hint).to_string().into()
    }
}

impl Validator for Prompter<'_> {}

impl Helper for Prompter<'_> {}

/// Whether what is typed is part of what would take its place: several names that contain it may only
/// begin alike, and their beginning would say less.
fn extends(elected: &str, typed: &str) -> bool {
    let plain = |text: &str| text.replace('\\', "").to_lowercase();
    let word = typed.rsplit(['=', '|']).next().unwrap_or_default();
    plain(elected).contains(plain(word).trim_start_matches('-'))
}

/// A candidate that can be drawn; in the line a `.` stands for what cannot, for it goes into a regexp.
fn pair(candidate: &Candidate) -> Pair {
    let harmless = |c| if must_escape(c) { '.' } else { c };
    let shown = escape(candidate.shown.as_bytes());
    Pair {
        display: fit(shown, WIDEST),
        replacement: candidate.text.chars().map(harmless).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(text: &str) -> Candidate {
        Candidate {
            shown: text.to_string(),
            text: text.to_string(),
        }
    }

    #[test]
    fn what_is_typed_is_never_replaced_by_less() {
        assert!(extends("main\\.\\(\\*T\\)\\.Serve", "(*T"));
        assert!(extends("focus=a|main\\.Serve", "focus=a|serve"));
        assert!(extends("-main\\.Serve", "-Serve"));
        assert!(!extends("main\\.", "serve"));
    }

    #[test]
    fn a_hostile_name_is_completed_without_its_controls() {
        let pair = pair(&candidate("main.\x1b]0;x\x07\u{202e}ok"));
        assert_eq!(pair.display, "main.\\x1b]0;x\\x07\\u202eok");
        assert_eq!(pair.replacement, "main..]0;x..ok");
    }

    #[test]
    fn a_long_name_is_shortened_where_it_is_listed_only() {
        let name = ["main.", &"x".repeat(100), ".end"].concat();
        let pair = pair(&candidate(&name));
        assert_eq!(pair.display.chars().count(), WIDEST);
        assert!(pair.display.starts_with("main.") && pair.display.ends_with(".end"));
        assert_eq!(pair.replacement, name);
    }
}
