//! The smallest pieces of a pattern: characters, escapes, counts, names; and the text of an error.
//!
//! Each reads from the front of what remains of the pattern and returns what remains then.

use super::class::MAX;
use super::tree;
use crate::go::utf8;

/// What is said of a backslash that means nothing.
pub(super) const INVALID_ESCAPE: &str = "invalid escape sequence";

/// A piece, or the text of the error.
pub(super) type Parsed<T> = Result<T, String>;

/// Go's text of an error, with the part of the pattern it is about.
pub(super) fn error(what: &str, at: &[u8]) -> String {
    format!(
        "error parsing regexp: {what}: `{}`",
        String::from_utf8_lossy(at)
    )
}

/// What of `from` was read when `rest` remains.
pub(super) fn until<'a>(from: &'a [u8], rest: &[u8]) -> &'a [u8] {
    &from[..from.len() - rest.len()]
}

/// The character that comes next, U+FFFD at the end.
pub(super) fn next_rune(text: &[u8]) -> Parsed<(u32, &[u8])> {
    match utf8::decode_rune(text) {
        (utf8::ERROR, 1) => Err(error("invalid UTF-8", text)),
        (rune, length) => Ok((rune, &text[length..])),
    }
}

/// An error where the text is not UTF-8.
pub(super) fn check_utf8(text: &[u8]) -> Parsed<()> {
    match std::str::from_utf8(text) {
        Ok(_) => Ok(()),
        Err(broken) => Err(error("invalid UTF-8", &text[broken.valid_up_to()..])),
    }
}

/// What follows `(?P<` or `(?<`.
pub(super) fn named_capture(from: &[u8]) -> Option<&[u8]> {
    if let Some(name) = from.strip_prefix(b"(?<") {
        return (!name.is_empty()).then_some(name);
    }
    let name = from.strip_prefix(b"(?P<")?;
    (!name.is_empty()).then_some(name)
}

/// A character within brackets; `whole` is the pattern from the bracket on.
pub(super) fn class_rune<'a>(from: &'a [u8], whole: &[u8]) -> Parsed<(u32, &'a [u8])> {
    match from.first() {
        None => Err(error("missing closing ]", whole)),
        Some(b'\\') => escape(from),
        Some(_) => next_rune(from),
    }
}

/// The text behind `{n}`, `{n,}` or `{n,m}`, least and most; a number beyond 1000 is `None`.
pub(super) type Counts<'a> = (&'a [u8], Option<u32>, Option<Option<u32>>);

/// `None` where the brace is no repetition but itself.
pub(super) fn counts(from: &[u8]) -> Option<Counts<'_>> {
    let (min, rest) = count(&from[1..])?;
    let (max, rest) = match rest {
        [b',', rest @ ..] if rest.starts_with(b"}") => (Some(None), rest),
        [b',', rest @ ..] => {
            let (max, rest) = count(rest)?;
            (max.map(Some), rest)
        }
        _ => (min.map(Some), rest),
    };
    Some((rest.strip_prefix(b"}")?, min, max))
}

/// A decimal number without leading zeros.
fn count(text: &[u8]) -> Option<(Option<u32>, &[u8])> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = text.split_at(digits);
    if number.is_empty() || number.len() > 1 && number[0] == b'0' {
        return None;
    }
    let value = std::str::from_utf8(number).ok()?.parse().ok();
    Some((value.filter(|&value| value <= tree::MAX_REPEAT), rest))
}

/// A backslash and what it stands for, where that is one character.
pub(super) fn escape(from: &[u8]) -> Parsed<(u32, &[u8])> {
    let text = &from[1..];
    if text.is_empty() {
        return Err(error("trailing backslash at end of expression", b""));
    }
    let (rune, rest) = next_rune(text)?;
    let octal = |rest: &[u8]| {
        rest.first()
            .is_some_and(|byte| (b'0'..=b'7').contains(byte))
    };
    let plain = |rune: u8| Ok((rune.into(), rest));
    match u8::try_from(rune).unwrap_or(0xff) {
        b'a' => plain(0x07),
        b'f' => plain(0x0c),
        b'n' => plain(b'\n'),
        b'r' => plain(b'\r'),
        b't' => plain(b'\t'),
        b'v' => plain(0x0b),
        b'x' => hex_escape(from, rest),
        b'0' => Ok(octal_escape(text)),
        // A lone digit would be a backreference, which there is not.
        b'1'..=b'7' if octal(rest) => Ok(octal_escape(text)),
        punctuation @ ..0x80 if !punctuation.is_ascii_alphanumeric() => plain(punctuation),
        _ => Err(error(INVALID_ESCAPE, until(from, rest))),
    }
}

/// Up to three octal digits.
fn octal_escape(text: &[u8]) -> (u32, &[u8]) {
    let digits = text
        .iter()
        .take(3)
        .take_while(|byte| (b'0'..=b'7').contains(byte))
        .count();
    let (digits, rest) = text.split_at(digits);
    let value = digits
        .iter()
        .fold(0, |value, digit| value * 8 + u32::from(digit - b'0'));
    (value, rest)
}

/// `\x7f` or `\x{10ffff}`; `text` is what follows the x.
fn hex_escape<'a>(from: &'a [u8], text: &'a [u8]) -> Parsed<(u32, &'a [u8])> {
    let invalid = |rest: &[u8]| error(INVALID_ESCAPE, until(from, rest));
    if text.is_empty() {
        return Err(invalid(text));
    }
    let (first, mut rest) = next_rune(text)?;
    if first != u32::from(b'{') {
        let (second, rest) = next_rune(rest)?;
        let (high, low) = (hex_digit(first), hex_digit(second));
        let (Some(high), Some(low)) = (high, low) else {
            return Err(invalid(rest));
        };
        return Ok((high * 16 + low, rest));
    }
    let mut value = None;
    while !rest.is_empty() {
        let (rune, after) = next_rune(rest)?;
        rest = after;
        if rune == u32::from(b'}') {
            return value
                .map(|value| (value, rest))
                .ok_or_else(|| invalid(rest));
        }
        let digit = hex_digit(rune).ok_or_else(|| invalid(rest))?;
        value = Some(value.unwrap_or(0) * 16 + digit).filter(|value| *value <= MAX);
        if value.is_none() {
            break;
        }
    }
    Err(invalid(rest))
}

fn hex_digit(rune: u32) -> Option<u32> {
    char::from_u32(rune)?.to_digit(16)
}
