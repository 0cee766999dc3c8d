//! Numbers in the lines of text profiles, read as pprof's patterns and Go's strconv read them.

use crate::go::fmt::parse_int;
use crate::go::num::hex_digit;

/// The digits at the front, and what follows them; `None` where there are none.
pub(super) fn digits(text: &[u8]) -> Option<(&[u8], &[u8])> {
    split(text, u8::is_ascii_digit)
}

/// The hexadecimal digits at the front, and what follows them; `None` where there are none.
pub(super) fn hex_digits(text: &[u8]) -> Option<(&[u8], &[u8])> {
    split(text, u8::is_ascii_hexdigit)
}

/// The bytes at the front that are `wanted`, and what follows them; `None` where there are none.
pub(super) fn split(text: &[u8], wanted: impl Fn(&u8) -> bool) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|byte| !wanted(byte));
    let (front, rest) = text.split_at_checked(end.unwrap_or(text.len()))?;
    (!front.is_empty()).then_some((front, rest))
}

/// What stands before the bytes at the end that are `wanted`, and these, of which there may be none.
pub(super) fn last(text: &[u8], wanted: impl Fn(&u8) -> bool) -> Option<(&[u8], &[u8])> {
    let size = text.iter().rev().take_while(|byte| wanted(byte)).count();
    text.split_at_checked(text.len().checked_sub(size)?)
}

/// What follows each time that `word` is found in the text.
pub(super) fn past<'b>(text: &'b [u8], word: &'static [u8]) -> impl Iterator<Item = &'b [u8]> {
    let starts = text.windows(word.len()).enumerate();
    let starts = starts.filter(move |(_, window)| *window == word);
    starts.filter_map(move |(at, _)| text.get(at.saturating_add(word.len())..))
}

/// Whether the patterns of pprof take it for a digit of an address.
pub(super) fn is_lower_hex(byte: &u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

/// What follows any number of blanks.
pub(super) fn past_blanks(text: &[u8]) -> &[u8] {
    split(text, |byte| *byte == b' ').map_or(text, |(_, rest)| rest)
}

/// `strconv.ParseInt(text, 10, 64)` of digits with an optional minus; the error is Go's text.
pub(super) fn decimal(text: &[u8]) -> Result<i64, String> {
    let value = text.iter().try_fold(0i64, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| byte & 0x0f)?;
        value.checked_mul(10)?.checked_add(digit.into())
    });
    match value {
        Some(value) if !text.is_empty() => Ok(value),
        _ => parse_int(text, 10, i64::BITS),
    }
}

/// `strconv.ParseInt(text, 0, 64)`: as Go writes it, its base in front; the error is Go's text.
pub(super) fn integer(text: &[u8]) -> Result<i64, String> {
    parse_int(text, 0, i64::BITS)
}

/// `strconv.ParseUint(text, 16, 64)`.
pub(super) fn hexadecimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |value, byte| {
        let digit = hex_digit(*byte)?;
        (value >> 60 == 0).then_some(value << 4 | u64::from(digit))
    })
}

/// The `0x…` numbers in a text, in order; an item is the digits of one that has more than 64 bits.
pub(super) struct Addresses<'b>(pub(super) &'b [u8]);

impl<'b> Iterator for Addresses<'b> {
    type Item = Result<u64, &'b [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let x = self.0.iter().position(|byte| *byte == b'x')?;
            let (before, after) = self.0.split_at_checked(x)?;
            let after = after.get(1..)?;
            self.0 = after;
            let number = split(after, is_lower_hex);
            if let (Some((number, rest)), true) = (number, before.ends_with(b"0")) {
                self.0 = rest;
                return Some(hexadecimal(number).ok_or(number));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_anywhere_in_a_text() {
        let found = |text| Addresses(text).collect::<Vec<_>>();
        assert_eq!(found(b" 0x1 0xff  0x00012"), [Ok(1), Ok(255), Ok(0x12)]);
        assert_eq!(found(b"0x0x12 00x3 0xx4 x5 0x"), [Ok(0), Ok(3)]);
        assert_eq!(found(b"0xffffffffffffffff"), [Ok(u64::MAX)]);
        let long = b"10000000000000000";
        assert_eq!(found(b"0x10000000000000000 0x1"), [Err(&long[..]), Ok(1)]);
    }

    #[test]
    fn decimals_end_where_64_bits_do() {
        assert_eq!(decimal(b"9223372036854775807"), Ok(i64::MAX));
        assert_eq!(decimal(b"-9223372036854775808"), Ok(i64::MIN));
        assert_eq!(decimal(b"007"), Ok(7));
        assert!(decimal(b"").is_err());
        assert_eq!(
            decimal(b"9223372036854775808").unwrap_err(),
            "strconv.ParseInt: parsing \"9223372036854775808\": value out of range"
        );
    }
}
