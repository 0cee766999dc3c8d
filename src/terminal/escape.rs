//! What a terminal may be shown of bytes from outside: every control, invisible or direction-changing
//! character becomes text (`\x1b`, `\u202e`), everything else stays.
//!
//! An [`Escaper`] takes the bytes in pieces: where the pieces are cut never changes the result. A
//! backslash is not doubled: the escapes are for eyes, not for parsers.

use std::fmt::Write as _;

/// Who wrote a stretch of text, which decides about newlines and tabs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Author {
    /// podprof: newlines and tabs lay out its report.
    Report,
    /// The profile or a server: a newline could forge a row.
    Stranger,
}

/// Escapes a stream; holds back a character whose last bytes have not come yet.
#[derive(Debug, Default)]
pub(crate) struct Escaper {
    pending: Vec<u8>,
}

impl Escaper {
    /// Appends the printable form of `bytes` to `shown`.
    pub(crate) fn feed(&mut self, bytes: &[u8], author: Author, shown: &mut String) {
        if self.pending.is_empty() {
            self.decode(bytes, author, shown);
        } else {
            let mut joined = std::mem::take(&mut self.pending);
            joined.extend_from_slice(bytes);
            self.decode(&joined, author, shown);
        }
    }

    /// Appends what is still held back: nothing follows that could complete it.
    pub(crate) fn finish(&mut self, shown: &mut String) {
        invalid(&std::mem::take(&mut self.pending), shown);
    }

    fn decode(&mut self, bytes: &[u8], author: Author, shown: &mut String) {
        let mut rest = bytes;
        while !rest.is_empty() {
            let error = match std::str::from_utf8(rest) {
                Ok(text) => return printable(text, author, shown),
                Err(error) => error,
            };
            let (valid, after) = rest.split_at(error.valid_up_to());
            printable(std::str::from_utf8(valid).unwrap_or(""), author, shown);
            let Some(wrong) = error.error_len() else {
                self.pending.extend_from_slice(after);
                return;
            };
            let (bad, after) = after.split_at(wrong);
            invalid(bad, shown);
            rest = after;
        }
    }
}

/// The printable form of a whole text by a stranger.
pub(crate) fn escape(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    let mut escaper = Escaper::default();
    escaper.feed(bytes, Author::Stranger, &mut shown);
    escaper.finish(&mut shown);
    shown
}

fn invalid(bytes: &[u8], shown: &mut String) {
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(shown, "\\x{byte:02x}");
    }
}

fn printable(text: &str, author: Author, shown: &mut String) {
    let mut kept = 0;
    for (at, c) in text.char_indices() {
        if !must_escape(c) || (author == Author::Report && matches!(c, '\n' | '\t')) {
            continue;
        }
        shown.push_str(&text[kept..at]);
        kept = at + c.len_utf8();
        // Writing to a String cannot fail.
        let _ = match c {
            '\n' => shown.write_str("\\n"),
            '\t' => shown.write_str("\\t"),
            '\r' => shown.write_str("\\r"),
            '\0'..='\x7f' => write!(shown, "\\x{:02x}", u32::from(c)),
            _ => write!(shown, "\\u{:04x}", u32::from(c)),
        };
    }
    shown.push_str(&text[kept..]);
}

/// Whether a terminal could act on `c`, or a reader fail to see it.
pub(super) fn must_escape(c: char) -> bool {
    match c {
        ' '..='~' => false,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' => true,
        // Soft hyphen, grapheme joiner, Arabic letter mark, Hangul and Khmer fillers, Mongolian selectors.
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' => {
            true
        }
        '\u{180b}'..='\u{180f}' | '\u{3164}' | '\u{ffa0}' => true,
        // Zero-width characters, marks of direction, line and paragraph separators, embeddings.
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' => true,
        // Joiners, invisible operators, isolates and the deprecated format characters.
        '\u{2060}'..='\u{206f}' => true,
        // Variation selectors, byte order mark, interlinear annotation.
        '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' => true,
        // Controls of hieroglyphs and shorthand, beams of music, tags, more variation selectors.
        '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' => true,
        '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}' => true,
        _ => false, // all other characters are drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_or_invisible_character_survives() {
        for c in ('\0'..=char::MAX).filter(|c| c.is_control()) {
            let shown = escape(c.to_string().as_bytes());
            assert!(shown.starts_with('\\') && shown.is_ascii(), "{c:?}");
        }
        for range in [
            "\u{200b}\u{200c}\u{200d}\u{200e}\u{200f}\u{61c}\u{feff}",
            "\u{2028}\u{2029}",
            "\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}",
            "\u{2066}\u{2067}\u{2068}\u{2069}",
        ] {
            let shown = escape(range.as_bytes());
            assert!(shown.is_ascii(), "{shown}");
            assert_eq!(shown.matches("\\u").count(), range.chars().count());
        }
    }

    #[test]
    fn escapes_are_readable_and_stable() {
        let hostile = b"a\x1b]0;pwned\x07\x9b2Jb\xc2\x9b\xe2\x80\xaec\r\n\t\x7f\xff\0";
        assert_eq!(
            escape(hostile),
            r"a\x1b]0;pwned\x07\x9b2Jb\u009b\u202ec\r\n\t\x7f\xff\x00"
        );
    }

    #[test]
    fn letters_of_every_script_and_emoji_stay() {
        let text = "main.größe·日本語.πλη[go.shape.int] 🦀 e\u{301}";
        assert_eq!(escape(text.as_bytes()), text);
    }

    #[test]
    fn a_report_may_break_its_lines_and_nobody_else() {
        let mut shown = String::new();
        Escaper::default().feed(b"a\n\tb\r\n", Author::Report, &mut shown);
        assert_eq!(shown, "a\n\tb\\r\n");
        assert_eq!(escape(b"a\n\tb"), "a\\n\\tb");
    }

    #[test]
    fn every_cut_into_three_pieces_shows_the_same() {
        let mixed: &[u8] = b"x\xe2\x80\xaey\xf0\x9f\xa6\x80\xc2\x85\xe2\x80z\xf0\x9f\xff\xed\xa0\x80\xc0\xaf\xf4\x90\x80\x80\xc3";
        let whole = escape(mixed);
        for first in 0..=mixed.len() {
            for second in first..=mixed.len() {
                let mut shown = String::new();
                let mut escaper = Escaper::default();
                for piece in [&mixed[..first], &mixed[first..second], &mixed[second..]] {
                    escaper.feed(piece, Author::Stranger, &mut shown);
                }
                escaper.finish(&mut shown);
                assert_eq!(shown, whole, "cut at {first} and {second}");
            }
        }
    }

    #[test]
    fn whatever_the_bytes_the_result_is_printable() {
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        for _ in 0..2_000 {
            let bytes: Vec<u8> = (0..40)
                .map(|_| {
                    seed ^= seed << 13;
                    seed ^= seed >> 7;
                    seed ^= seed << 17;
                    seed.to_le_bytes()[3]
                })
                .collect();
            assert!(!escape(&bytes).chars().any(|c| c.is_control()), "{bytes:?}");
        }
    }
}
