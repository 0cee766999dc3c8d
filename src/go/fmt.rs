//! Numbers and strings as Go's `fmt` and `strconv` print and parse them.
//!
//! Widths count runes, and every byte that is not valid UTF-8 counts as one rune. Parse errors carry
//! Go's whole text (`strconv.Atoi: parsing "1.5": invalid syntax`), since pprof prints it unchanged.

use std::borrow::Cow;

use super::float;

/// From where on two digits fill so many places: two, three, four, five.
const LEAST: [f64; 4] = [0.1, 0.01, 0.001, 0.0001];

/// Text of `%g` (`None`: the shortest that reads back equal) or `%.Ng`; never padded.
pub(crate) fn float_g(value: f64, precision: Option<usize>) -> String {
    if !value.is_finite() {
        return non_finite(value);
    }
    // Two digits of a percentage below 1, which tables are full of, as a decimal of few places.
    let places = (2..6).find(|places| value >= LEAST[places - 2]);
    if let (Some(places), Some(2), true) = (places, precision, value < 1.0)
        && let Some(text) = fixed(value, places)
    {
        let text = text.trim_end_matches('0');
        return text.trim_end_matches('.').to_string();
    }
    let scientific = match precision {
        None => format!("{:e}", value.abs()),
        Some(digits) => format!("{:.*e}", digits.saturating_sub(1), value.abs()),
    };
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits: String = mantissa.chars().filter(|c| *c != '.').collect();
    let digits = match digits.trim_end_matches('0') {
        "" => "0",
        significant => significant,
    };
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let body = if uses_exponent(exponent, digits.len(), precision) {
        with_exponent(digits, exponent)
    } else {
        positional(digits, exponent)
    };
    format!("{sign}{body}")
}

/// Text of `%v` of a float64.
pub(crate) fn float_v(value: f64) -> String {
    float_g(value, None)
}

/// Text of `%.2f`.
pub(crate) fn fixed2(value: f64) -> String {
    if !value.is_finite() {
        return non_finite(value);
    }
    fixed(value, 2).unwrap_or_else(|| format!("{value:.2}"))
}

/// A finite number with that many places of 5 at most, rounded half to even as the exact value of its
/// bits demands; `None` where that is not the short way. It is what takes the time of a table, so it is not left to `format!`.
fn fixed(value: f64, places: usize) -> Option<String> {
    let bits = value.abs().to_bits();
    // The value is mantissa / 2^shift.
    let (exponent, mantissa) = (bits >> 52, bits & ((1 << 52) - 1));
    let shift = 1075u64
        .checked_sub(exponent.max(1))
        .filter(|shift| *shift > 0)?;
    let mantissa = mantissa | u64::from(exponent > 0) << 52;
    let power = 10u64.pow(places as u32);
    let scaled = u128::from(mantissa) * u128::from(power);
    let rounded = match shift {
        ..100 => {
            let (whole, half) = (u64::try_from(scaled >> shift).ok()?, 1u128 << (shift - 1));
            let rest = scaled & ((1 << shift) - 1);
            whole + u64::from(rest > half || (rest == half && whole % 2 == 1))
        }
        _ => 0, // less than half of the last place
    };
    let mut text = Vec::with_capacity(24);
    if value.is_sign_negative() {
        text.push(b'-');
    }
    push_uint(&mut text, rounded / power);
    text.push(b'.');
    // The power keeps the leading zeros of the fraction behind a 1.
    let point = text.len();
    push_uint(&mut text, power + rounded % power);
    text.remove(point);
    String::from_utf8(text).ok()
}

/// Appends the text of `%d`; exports have millions of them, each of which `write!` makes dear.
pub(crate) fn push_uint(text: &mut Vec<u8>, mut value: u64) {
    let (mut digits, mut start) = ([0; 20], 20);
    loop {
        let left = value / 10;
        start -= 1;
        digits[start] = b'0' + (value - left * 10) as u8;
        value = left;
        if value == 0 {
            break;
        }
    }
    text.extend_from_slice(&digits[start..]);
}

/// The same for what may be negative.
pub(crate) fn push_int(text: &mut Vec<u8>, value: i64) {
    if value < 0 {
        text.push(b'-');
    }
    push_uint(text, value.unsigned_abs());
}

fn non_finite(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_string()
    } else if value > 0.0 {
        "+Inf".to_string()
    } else {
        "-Inf".to_string()
    }
}

/// Whether `%g` turns to the exponent form: below 1e-4, or no room for the integer part.
fn uses_exponent(exponent: i32, digits: usize, precision: Option<usize>) -> bool {
    let limit = match precision {
        // The shortest form decides as if six digits had been asked for: 1e+06, but 999999.5.
        None => 6,
        Some(wanted) => {
            let wanted = wanted.max(1) as i32;
            let digits = digits as i32;
            if wanted > digits && digits > exponent {
                digits
            } else {
                wanted
            }
        }
    };
    exponent < -4 || exponent >= limit
}

fn with_exponent(digits: &str, exponent: i32) -> String {
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{first}{point}{rest}e{sign}{:02}", exponent.unsigned_abs())
}

fn positional(digits: &str, exponent: i32) -> String {
    if exponent < 0 {
        let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
        return format!("0.{zeros}{digits}");
    }
    let integer = exponent as usize + 1;
    if digits.len() <= integer {
        return format!("{digits}{}", "0".repeat(integer - digits.len()));
    }
    let (whole, fraction) = digits.split_at(integer);
    format!("{whole}.{fraction}")
}

/// Text of `%q`: double quotes, Go's escapes, invalid bytes as `\xff`.
pub(crate) fn quote(text: &[u8]) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for chunk in text.utf8_chunks() {
        chunk.valid().chars().for_each(|c| quote_char(c, &mut out));
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out.push('"');
    out
}

fn quote_char(c: char, out: &mut String) {
    match c {
        '"' | '\\' => out.extend(['\\', c]),
        '\x07' => out.push_str("\\a"),
        '\x08' => out.push_str("\\b"),
        '\x0c' => out.push_str("\\f"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\x0b' => out.push_str("\\v"),
        ' '..='~' => out.push(c),
        '\0'..='\x7f' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
        _ if is_print(c) => out.push(c),
        '\u{80}'..='\u{ffff}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
        '\u{10000}'.. => out.push_str(&format!("\\U{:08x}", u32::from(c))),
    }
}

/// Go's `strconv.IsPrint` of a character beyond ASCII: letters, marks, numbers, punctuation, symbols.
fn is_print(c: char) -> bool {
    let mut bytes = [0; 5];
    // The standard library draws the same line when it escapes a string, except that it also escapes
    // a combining mark that comes first; hence the `a` before it.
    bytes[0] = b'a';
    let end = 1 + c.encode_utf8(&mut bytes[1..]).len();
    let text = std::str::from_utf8(&bytes[..end]).unwrap_or("");
    text.escape_debug().nth(1) == Some(c)
}

/// Text of `%#x`.
pub(crate) fn hex(value: u64) -> String {
    format!("{value:#x}")
}

/// Text of a `time.Duration` of this many nanoseconds: `1h2m3.5s`, `616.15ms`, `0s`.
pub(crate) fn duration(nanos: i64) -> String {
    let sign = if nanos < 0 { "-" } else { "" };
    let size = nanos.unsigned_abs();
    let body = match size {
        0 => "0s".to_string(),
        1..1_000 => format!("{size}ns"),
        1_000..1_000_000 => format!("{}µs", decimal(size, 1_000)),
        1_000_000..1_000_000_000 => format!("{}ms", decimal(size, 1_000_000)),
        1_000_000_000.. => clock(size),
    };
    format!("{sign}{body}")
}

fn clock(nanos: u64) -> String {
    const MINUTE: u64 = 60_000_000_000;
    let seconds = decimal(nanos % MINUTE, 1_000_000_000);
    let minutes = nanos / MINUTE;
    match (minutes / 60, minutes % 60) {
        (0, 0) => format!("{seconds}s"),
        (0, minutes) => format!("{minutes}m{seconds}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

/// `value / unit` without trailing zeros; `unit` is a power of ten.
fn decimal(value: u64, unit: u64) -> String {
    let (whole, rest) = (value / unit, value % unit);
    if rest == 0 {
        return whole.to_string();
    }
    // unit + rest keeps the leading zeros of the fraction behind a 1.
    let fraction = (unit + rest).to_string();
    format!("{whole}.{}", fraction[1..].trim_end_matches('0'))
}

/// Text of `%.4v` of a `time.Duration`: `duration` cut to four runes.
// As pprof-behaviour 6.8: the cut may fall inside the unit.
pub(crate) fn duration_cut(nanos: i64) -> String {
    duration(nanos).chars().take(4).collect()
}

/// How many runes Go counts in `text`: every invalid byte is one.
pub(crate) fn rune_count(text: &[u8]) -> usize {
    text.utf8_chunks()
        .map(|chunk| chunk.valid().chars().count() + chunk.invalid().len())
        .sum()
}

/// `text` right-aligned in `width` runes, as `%10s` does.
pub(crate) fn pad_left(text: &[u8], width: usize) -> Cow<'_, [u8]> {
    let missing = width.saturating_sub(rune_count(text));
    if missing == 0 {
        return Cow::Borrowed(text);
    }
    let mut padded = vec![b' '; missing];
    padded.extend_from_slice(text);
    Cow::Owned(padded)
}

/// `strconv.Atoi`: a decimal integer with an optional sign.
pub(crate) fn atoi(text: &[u8]) -> Result<i64, String> {
    signed(text, 10, 64).map_err(|reason| number_error("Atoi", text, reason))
}

/// `strconv.ParseInt`: base 0 takes the base from the prefix (`0x`, `0o`, `0b`, `0`) and allows underscores.
pub(crate) fn parse_int(text: &[u8], base: u32, bits: u32) -> Result<i64, String> {
    signed(text, base, bits).map_err(|reason| number_error("ParseInt", text, reason))
}

/// `strconv.ParseFloat` to 64 bits: decimal or hexadecimal, `inf`, `infinity`, `nan` in any case.
pub(crate) fn parse_float(text: &[u8]) -> Result<f64, String> {
    float::read(text).map_err(|reason| number_error("ParseFloat", text, reason))
}

/// `strconv.ParseBool`: 1, t, T, true, True, TRUE and their opposites.
pub(crate) fn parse_bool(text: &[u8]) -> Result<bool, String> {
    match text {
        b"1" | b"t" | b"T" | b"true" | b"True" | b"TRUE" => Ok(true),
        b"0" | b"f" | b"F" | b"false" | b"False" | b"FALSE" => Ok(false),
        _ => Err(number_error("ParseBool", text, SYNTAX)),
    }
}

pub(super) const SYNTAX: &str = "invalid syntax";
pub(super) const RANGE: &str = "value out of range";

fn number_error(function: &str, text: &[u8], reason: &str) -> String {
    format!("strconv.{function}: parsing {}: {reason}", quote(text))
}

pub(super) fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

fn signed(text: &[u8], base: u32, bits: u32) -> Result<i64, &'static str> {
    let (negative, digits) = split_sign(text);
    let size = i128::from(unsigned(digits, base)?);
    let value = if negative { -size } else { size };
    let limit = 1i128 << (bits - 1);
    if value < -limit || value >= limit {
        return Err(RANGE);
    }
    i64::try_from(value).map_err(|_| RANGE)
}

fn unsigned(text: &[u8], base: u32) -> Result<u64, &'static str> {
    let (radix, digits) = if base == 0 {
        split_prefix(text)
    } else {
        (base, text)
    };
    if text.is_empty() {
        return Err(SYNTAX);
    }
    let mut value = 0u64;
    for &byte in digits {
        if byte == b'_' && base == 0 {
            continue;
        }
        let digit = char::from(byte).to_digit(radix).ok_or(SYNTAX)?;
        value = value
            .checked_mul(radix.into())
            .and_then(|value| value.checked_add(digit.into()))
            .ok_or(RANGE)?;
    }
    if base == 0 && !underscores_separate_digits(text) {
        return Err(SYNTAX);
    }
    Ok(value)
}

fn split_prefix(text: &[u8]) -> (u32, &[u8]) {
    match text {
        [b'0', b'b' | b'B', rest @ ..] if !rest.is_empty() => (2, rest),
        [b'0', b'o' | b'O', rest @ ..] if !rest.is_empty() => (8, rest),
        [b'0', b'x' | b'X', rest @ ..] if !rest.is_empty() => (16, rest),
        [b'0', rest @ ..] => (8, rest),
        _ => (10, text),
    }
}

/// Whether each underscore stands between two digits, or between a base prefix and a digit.
pub(super) fn underscores_separate_digits(text: &[u8]) -> bool {
    let (_, text) = split_sign(text);
    let (hex, mut after_digit, digits) = match text {
        [b'0', b'x' | b'X', rest @ ..] => (true, true, rest),
        [b'0', b'b' | b'B' | b'o' | b'O', rest @ ..] => (false, true, rest),
        _ => (false, false, text),
    };
    let mut after_underscore = false;
    for byte in digits {
        let digit = byte.is_ascii_digit() || hex && byte.is_ascii_hexdigit();
        let underscore = *byte == b'_';
        if underscore && !after_digit || after_underscore && !digit {
            return false;
        }
        (after_digit, after_underscore) = (digit, underscore);
    }
    !after_underscore
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::go::table::{self, number, text};

    /// The rows of one kind, without the kind.
    fn rows(kind: &str) -> Vec<Vec<Vec<u8>>> {
        let kind = kind.as_bytes();
        let rows: Vec<_> = table::rows(include_str!("../../tests/data/tables/fmt.txt"))
            .filter(|row| row[0] == kind)
            .map(|row| row[1..].to_vec())
            .collect();
        assert!(!rows.is_empty());
        rows
    }

    /// What Go's table shows for a result: the value or the error text.
    fn shown<T: ToString>(result: Result<T, String>) -> String {
        result.map_or_else(|error| error, |value| value.to_string())
    }

    #[test]
    fn short_decimals_are_those_of_the_exact_value() {
        let mut bits = 0x9e37_79b9_7f4a_7c15u64;
        let check = |value: f64| {
            for places in 2..6 {
                let quick = fixed(value, places);
                assert!(quick.is_some() || value.abs() > 1e14, "{value:e}");
                let exact = format!("{value:.places$}");
                assert_eq!(quick.unwrap_or(exact.clone()), exact, "{value:e} {places}");
            }
            let slow = float_g(-value.abs(), Some(2));
            assert_eq!(float_g(value.abs(), Some(2)), &slow[1..], "{value:e}");
        };
        // Halves of a last place, which go to the even one.
        for eighths in -4000..4000 {
            check(f64::from(eighths) / 8.0);
            check(f64::from(eighths) / 4096.0);
        }
        for step in 0..20_000u32 {
            bits = bits.wrapping_mul(0xbf58_476d_1ce4_e5b9).rotate_left(31);
            check(f64::from_bits(
                bits >> 12 | u64::from(1023 - step % 70) << 52,
            ));
            check(f64::from_bits(
                bits >> 12 | u64::from(1023 + step % 56) << 52,
            ));
        }
        check(f64::MIN_POSITIVE / 8.0);
    }

    #[test]
    fn integers_are_appended() {
        for value in [0, 7, -7, 10, 99_999, i64::MAX, i64::MIN] {
            let mut text = b"x".to_vec();
            push_int(&mut text, value);
            assert_eq!(text, format!("x{value}").as_bytes());
        }
    }

    #[test]
    fn floats_read_as_in_go() {
        for row in rows("float") {
            let value = table::float(&row[0]);
            let got = [
                float_v(value),
                float_g(value, None),
                float_g(value, Some(2)),
                float_g(value, Some(4)),
                fixed2(value),
            ];
            let want: Vec<&str> = row[1..].iter().map(|field| text(field)).collect();
            assert_eq!(got.as_slice(), want, "{value}");
        }
    }

    #[test]
    fn durations_read_as_in_go() {
        for row in rows("duration") {
            let nanos = number(&row[0]);
            assert_eq!(duration(nanos), text(&row[1]));
            assert_eq!(duration_cut(nanos), text(&row[2]));
        }
    }

    #[test]
    fn quoted_strings_read_as_in_go() {
        for row in rows("quote") {
            assert_eq!(quote(&row[0]), text(&row[1]));
        }
    }

    #[test]
    fn characters_are_quoted_as_they_are_where_go_finds_them_printable() {
        let code = |field: &[u8]| u32::from_str_radix(text(field), 16).expect("hexadecimal");
        let ranges: Vec<(u32, u32)> = rows("print")
            .iter()
            .map(|row| (code(&row[0]), code(&row[1])))
            .collect();
        // Characters of Unicode versions that only one of Go and this compiler knows may differ.
        let differing = ('\u{80}'..=char::MAX)
            .filter(|&c| {
                let code = u32::from(c);
                let after = ranges.partition_point(|range| range.0 <= code);
                let printable = after > 0 && code <= ranges[after - 1].1;
                is_print(c) != printable
            })
            .count();
        assert!(differing < 6000, "{differing}");
    }

    #[test]
    fn widths_count_runes() {
        for row in rows("pad") {
            assert_eq!(*pad_left(&row[0], 10), row[1]);
            assert_eq!(*pad_left(&row[0], 2), row[2]);
        }
    }

    #[test]
    fn integers_parse_as_in_go() {
        for row in rows("number") {
            let number = row[0].as_slice();
            let got = [
                shown(atoi(number)),
                shown(parse_int(number, 10, 32)),
                shown(parse_int(number, 0, 64)),
                shown(parse_bool(number)),
            ];
            let want: Vec<&str> = row[1..].iter().map(|field| text(field)).collect();
            assert_eq!(got.as_slice(), want);
        }
    }

    #[test]
    fn booleans_parse_as_in_go() {
        for row in rows("bool") {
            let want = match text(&row[2]) {
                "<nil>" => text(&row[1]),
                error => error,
            };
            assert_eq!(shown(parse_bool(&row[0])), want);
        }
    }

    #[test]
    fn floats_parse_as_in_go() {
        for row in rows("parsefloat") {
            let bits = parse_float(&row[0]).map(|value| {
                // Which NaN it is, nobody can see.
                let bits = if value.is_nan() {
                    0x7ff8_0000_0000_0001
                } else {
                    value.to_bits()
                };
                format!("{bits:016x}")
            });
            assert_eq!(shown(bits), text(&row[1]), "{}", row[0].escape_ascii());
        }
    }

    #[test]
    fn hexadecimal_has_its_prefix() {
        for row in rows("hex") {
            assert_eq!(hex(number(&row[0])), text(&row[1]));
        }
    }
}
