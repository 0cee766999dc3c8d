//! Sentences of findings, put together piece by piece.
//!
//! Each piece is one short call, where a `format!` takes a string of its own for each number that it rounds and
//! lets go of it afterwards: among a hundred sentences that is a tenth of all rules' code.

use super::code::{Frame, said};
use crate::measure;

/// Adds a piece to a sentence.
pub(super) trait Say {
    /// Words of ours.
    fn say(&mut self, words: &str) -> &mut Self;
    fn count(&mut self, count: i64) -> &mut Self;
    /// A number with one digit behind the point.
    fn tenths(&mut self, value: f64) -> &mut Self;
    /// A share of 1 as a whole number of percent, with the sign.
    fn percent(&mut self, share: f64) -> &mut Self;
    /// `31MB`, nothing below 0.
    fn size(&mut self, bytes: i64) -> &mut Self;
    /// Whole seconds: `150s`.
    fn seconds(&mut self, seconds: f64) -> &mut Self;
    /// `12s`, `3m`, `5h`, `2d`.
    fn duration(&mut self, seconds: f64) -> &mut Self;
    /// A text of a profile, without control characters.
    fn quote(&mut self, text: &[u8]) -> &mut Self;
    /// `dispatch.send dispatch.go:32`, the function without the path of its package.
    fn frame(&mut self, frame: &Frame<'_>) -> &mut Self;
}

impl Say for String {
    #[inline(never)]
    fn say(&mut self, words: &str) -> &mut String {
        self.push_str(words);
        self
    }

    #[inline(never)]
    fn count(&mut self, count: i64) -> &mut String {
        self.say(&count.to_string())
    }

    #[inline(never)]
    fn tenths(&mut self, value: f64) -> &mut String {
        let tenths = (value * 10.0).round() as i64;
        let rest = self.count(tenths / 10).say(".");
        rest.count((tenths % 10).abs())
    }

    #[inline(never)]
    fn percent(&mut self, share: f64) -> &mut String {
        self.count((share * 100.0).round() as i64).say("%")
    }

    #[inline(never)]
    fn size(&mut self, bytes: i64) -> &mut String {
        self.quote(&measure::label(bytes.max(0), b"bytes"))
    }

    #[inline(never)]
    fn seconds(&mut self, seconds: f64) -> &mut String {
        self.count(seconds.round() as i64).say("s")
    }

    #[inline(never)]
    fn duration(&mut self, seconds: f64) -> &mut String {
        let seconds = seconds.max(0.0) as i64;
        let (unit, word) = match seconds {
            ..120 => (1, "s"),
            120..7_200 => (60, "m"),
            7_200..172_800 => (3_600, "h"),
            172_800.. => (86_400, "d"),
        };
        self.count(seconds / unit).say(word)
    }

    #[inline(never)]
    fn quote(&mut self, text: &[u8]) -> &mut String {
        self.say(&said(text))
    }

    #[inline(never)]
    fn frame(&mut self, frame: &Frame<'_>) -> &mut String {
        self.say(&frame.short()).say(" ").say(&frame.place())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_and_have_their_unit() {
        let mut text = String::new();
        text.tenths(-0.26).say(" ").percent(0.895).say(" ");
        text.size(3 << 19).say(" ").size(-1).say(" ").seconds(9.6);
        assert_eq!(text, "0.3 90% 1.50MB 0 10s");
    }

    #[test]
    fn durations_are_told_in_one_unit() {
        let mut text = String::new();
        for seconds in [-1.0, 119.0, 120.0, 7_200.0, 172_800.0] {
            text.duration(seconds).say(" ");
        }
        assert_eq!(text, "0s 119s 2m 2h 2d ");
    }
}
