//! The lines of a text profile, one at a time off the stream.
//!
//! As Go's `bufio.Scanner`: a line ends in `\n` or `\r\n`, the last one may end in nothing, and one that
//! fills 64 KiB is too long. What is longer ends a format of pprof's; other readers get it cut.

use super::super::error::{DecodeError, Fault, Kind, Offset};
use super::super::stream::Stream;
use super::Parsed;
use crate::go::utf8::decode_rune;
use crate::model::Budget;

/// As many bytes of a line, its ending included, are too many.
pub(super) const LONGEST: usize = 64 * 1024;

/// No reader means a line of so many bytes: it would only be made to cost memory.
const LONGEST_ANYWHERE: usize = 4 << 20;

/// The bytes of a line.
#[derive(Default)]
struct Size {
    /// Without its ending.
    text: usize,
    /// With its ending.
    whole: usize,
}

/// Reads line by line.
pub(super) struct Lines<'s, 'r> {
    pub(super) stream: &'s mut Stream<'r>,
    size: Size,
    /// Whether the current line goes on after these bytes.
    cut: bool,
}

impl<'s, 'r> Lines<'s, 'r> {
    /// Before the first line.
    pub(super) fn new(stream: &'s mut Stream<'r>) -> Self {
        Lines {
            stream,
            size: Size::default(),
            cut: false,
        }
    }

    /// Goes to the next line; false at the end, where the text is empty.
    pub(super) fn next(&mut self) -> Parsed<bool> {
        let more = self.next_cut()?;
        match self.cut {
            true => Err(Fault::said("bufio.Scanner: token too long")),
            false => Ok(more),
        }
    }

    /// Goes to the next line, of which the first 64 KiB are kept; false at the end.
    pub(super) fn next_cut(&mut self) -> Result<bool, DecodeError> {
        self.stream.consume(self.size.whole);
        while std::mem::take(&mut self.cut) {
            self.find_end(LONGEST, &mut Budget::default())?;
            self.stream.consume(self.size.whole);
        }
        self.find_end(LONGEST, &mut Budget::default())
    }

    /// Goes to the next line of a format that has no limit of its own; false at the end.
    pub(super) fn next_long(&mut self, budget: &mut Budget) -> Result<bool, DecodeError> {
        self.stream.consume(self.size.whole);
        let more = self.find_end(LONGEST_ANYWHERE, budget)?;
        match self.cut {
            true => Err(Kind::Expected("a line of less than 4 MiB")
                .at(self.place())
                .into()),
            false => Ok(more),
        }
    }

    /// Whether the current line has its line feed; only the last one may be without.
    pub(super) fn has_end(&self) -> bool {
        let line = self.stream.available().get(..self.size.whole);
        line.is_some_and(|line| line.ends_with(b"\n"))
    }

    /// Measures the line at the front of the stream; false where there is none. What is buffered of a
    /// line up to 64 KiB never exceeds the buffer, so for such nothing has to grow.
    fn find_end(&mut self, longest: usize, budget: &mut Budget) -> Result<bool, DecodeError> {
        let mut seen = 0;
        loop {
            let ahead = self.stream.available();
            let window = ahead.get(..ahead.len().min(longest)).unwrap_or_default();
            let rest = window.get(seen..).unwrap_or_default();
            if let Some(at) = rest.iter().position(|byte| *byte == b'\n') {
                let end = seen.saturating_add(at);
                self.set(end, end.saturating_add(1));
                return Ok(true);
            }
            seen = window.len();
            if seen == longest {
                self.set(seen, seen);
                self.cut = true;
                return Ok(true);
            }
            let more = seen.saturating_add(1);
            if !self.stream.ensure(more, budget)? {
                self.set(seen, seen);
                return Ok(seen > 0);
            }
        }
    }

    fn set(&mut self, end: usize, whole: usize) {
        let line = self.stream.available().get(..end).unwrap_or_default();
        let text = line.strip_suffix(b"\r").unwrap_or(line).len();
        self.size = Size { text, whole };
    }

    /// The current line without its ending; empty before the first and after the last.
    pub(super) fn text(&self) -> &[u8] {
        self.stream
            .available()
            .get(..self.size.text)
            .unwrap_or_default()
    }

    /// The error of a line that is not what stands in its place.
    pub(super) fn expected(&self, what: &'static str) -> Fault {
        Kind::Expected(what).at(self.place()).into()
    }

    /// Where the current line begins.
    pub(super) fn place(&self) -> Offset {
        self.stream.place()
    }
}

/// `strings.TrimSpace`: white space of Unicode off both ends.
pub(super) fn trim(text: &[u8]) -> &[u8] {
    let mut text = text.trim_ascii();
    while let (rune, size @ 1..) = decode_rune(text)
        && is_space(rune)
    {
        text = text.get(size..).unwrap_or_default();
    }
    while let Some(kept) = without_last_space(text) {
        text = kept;
    }
    text
}

fn without_last_space(text: &[u8]) -> Option<&[u8]> {
    let is_start = |byte: &u8| byte & 0xc0 != 0x80;
    let (kept, last) = text.split_at_checked(text.iter().rposition(is_start)?)?;
    let (rune, read) = decode_rune(last);
    (is_space(rune) && read == last.len()).then_some(kept)
}

fn is_space(rune: u32) -> bool {
    matches!(
        rune,
        0x09..=0x0d
            | 0x20
            | 0x85
            | 0xa0
            | 0x1680
            | 0x2000..=0x200a
            | 0x2028
            | 0x2029
            | 0x202f
            | 0x205f
            | 0x3000
    )
}

/// Whether every format of pprof's passes over the line.
pub(super) fn is_comment(line: &[u8]) -> bool {
    matches!(trim(line), [] | [b'#', ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Slow<'b>(&'b [u8]);

    impl std::io::Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
            let size = out.len().min(1);
            self.0.read(out.get_mut(..size).unwrap())
        }
    }

    #[test]
    fn a_last_line_is_whole_however_it_comes() {
        for text in ["abc", "abcd"] {
            let mut input = Slow(text.as_bytes());
            let mut stream = Stream::new(&mut input, 0).unwrap();
            let mut lines = Lines::new(&mut stream);
            assert!(lines.next_cut().unwrap());
            assert_eq!(lines.text(), text.as_bytes());
            assert!(!lines.next_cut().unwrap());
        }
    }

    #[test]
    fn a_line_that_is_cut_is_a_line() {
        let text = [&b"#".repeat(LONGEST + 1)[..], b"\nnext\n"].concat();
        let mut input = &text[..];
        let mut stream = Stream::new(&mut input, 0).unwrap();
        let mut lines = Lines::new(&mut stream);
        assert!(lines.next_cut().unwrap());
        assert_eq!(lines.text().len(), LONGEST);
        assert!(lines.next_cut().unwrap());
        assert_eq!(lines.text(), b"next");
    }

    #[test]
    fn white_space_of_unicode_goes_off_both_ends() {
        assert_eq!(
            trim("\u{a0} \u{3000}a\u{2003}é\u{85} \u{a0}".as_bytes()),
            "a\u{2003}é".as_bytes()
        );
    }
}
