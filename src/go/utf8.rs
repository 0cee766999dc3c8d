//! `unicode/utf8` of Go: every byte that begins no valid character is a character U+FFFD of its own.

/// What Go reads where there is no character.
pub(crate) const ERROR: u32 = 0xfffd;

/// The first character and its length in bytes: `(ERROR, 1)` at an invalid byte, `(ERROR, 0)` at the end.
pub(crate) fn decode_rune(text: &[u8]) -> (u32, usize) {
    let Some(&first) = text.first() else {
        return (ERROR, 0);
    };
    let length = match first {
        0x00..0x80 => return (first.into(), 1),
        0xc2..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0..0xf5 => 4,
        0x80..0xc2 | 0xf5.. => return (ERROR, 1),
    };
    let valid = text
        .get(..length)
        .and_then(|bytes| std::str::from_utf8(bytes).ok());
    match valid.and_then(|text| text.chars().next()) {
        Some(c) => (c.into(), length),
        None => (ERROR, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_bytes_are_characters_of_their_own() {
        assert_eq!(decode_rune(b""), (ERROR, 0));
        assert_eq!(decode_rune(b"ab"), (0x61, 1));
        assert_eq!(decode_rune("µs".as_bytes()), (0xb5, 2));
        assert_eq!(decode_rune("\u{fffd}".as_bytes()), (ERROR, 3));
        assert_eq!(decode_rune("\u{10ffff}".as_bytes()), (0x10ffff, 4));
        // Cut short, a surrogate, overlong, beyond the last character, a stray continuation.
        for bytes in [
            b"\xe2\x82a",
            b"\xed\xa0\x80",
            b"\xc0\xaf!",
            b"\xf4\x90\x80",
            b"\x80\x80\x80",
        ] {
            assert_eq!(decode_rune(bytes), (ERROR, 1));
        }
    }
}
