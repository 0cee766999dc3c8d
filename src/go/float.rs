//! `strconv.ParseFloat`: the float64 next to a text, a tie to the even one.
//!
//! The standard library's own way brings a table of 10 kB to read numbers that options hold; natural numbers of any
//! size do the same exactly, some microseconds slower.

use super::fmt::{RANGE, SYNTAX, split_sign, underscores_separate_digits};

/// What decimal digits are worth: digits more than these decide nothing but a tie.
const MOST_DIGITS: usize = 800;

/// A sign, then decimal or hexadecimal digits or a name; the error is what is wrong.
pub(super) fn read(text: &[u8]) -> Result<f64, &'static str> {
    let (negative, size) = split_sign(text);
    if !size.first().is_some_and(u8::is_ascii_alphabetic) && !underscores_separate_digits(text) {
        return Err(SYNTAX);
    }
    if let [b'0', b'x' | b'X', digits @ ..] = size {
        let value = hex_float(digits)?;
        return Ok(if negative { -value } else { value });
    }
    let value = match size.first().is_some_and(u8::is_ascii_alphabetic) {
        true => named(size, size.len() < text.len())?,
        false => decimal(size)?,
    };
    Ok(if negative { -value } else { value })
}

/// Of the names only infinity takes a sign.
fn named(name: &[u8], signed: bool) -> Result<f64, &'static str> {
    let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
    match is("inf") || is("infinity") {
        true => Ok(f64::INFINITY),
        false if is("nan") && !signed => Ok(f64::NAN),
        false => Err(SYNTAX),
    }
}

/// `digits` with an optional point and exponent, rounded to even.
fn decimal(text: &[u8]) -> Result<f64, &'static str> {
    let e = text.iter().position(|byte| matches!(byte, b'e' | b'E'));
    let (mantissa, exponent) = match e {
        Some(e) => (&text[..e], decimal_exponent(&text[e + 1..])?),
        None => (text, 0),
    };
    let (mut digits, mut inexact) = (Vec::new(), false);
    let (mut any_digit, mut after_point, mut power) = (false, false, exponent);
    for &byte in mantissa {
        match byte {
            b'_' => {}
            b'.' if !after_point => after_point = true,
            b'0'..=b'9' => {
                any_digit = true;
                power -= i64::from(after_point);
                match digits.len() < MOST_DIGITS {
                    true if digits.is_empty() && byte == b'0' => {}
                    true => digits.push(byte - b'0'),
                    false => {
                        inexact |= byte != b'0';
                        power += 1;
                    }
                }
            }
            _ => return Err(SYNTAX),
        }
    }
    if !any_digit {
        return Err(SYNTAX);
    }
    // Where the point stands, from the first digit: far outside of what a float64 has nothing need be reckoned.
    match power.saturating_add(digits.len() as i64) {
        _ if digits.is_empty() => Ok(0.0),
        320.. => Err(RANGE),
        ..-340 => Ok(0.0),
        _ => Natural::of(&digits).times_power_of_ten(power, inexact),
    }
}

/// The digits behind `e`, with a sign or without.
fn decimal_exponent(text: &[u8]) -> Result<i64, &'static str> {
    let (negative, digits) = split_sign(text);
    if !digits.first().is_some_and(u8::is_ascii_digit) {
        return Err(SYNTAX);
    }
    let mut exponent = 0i64;
    for &byte in digits.iter().filter(|&&byte| byte != b'_') {
        let digit = char::from(byte).to_digit(10).ok_or(SYNTAX)?;
        exponent = exponent.saturating_mul(10).saturating_add(i64::from(digit));
    }
    // So that adding to it cannot overflow; no text has so many digits that they would make up for it.
    let exponent = exponent.min(i64::MAX / 4);
    Ok(if negative { -exponent } else { exponent })
}

/// The digits behind `0x`: mantissa with an optional point, then a binary exponent, which must be there.
fn hex_float(text: &[u8]) -> Result<f64, &'static str> {
    let p = text
        .iter()
        .position(|b| matches!(b, b'p' | b'P'))
        .ok_or(SYNTAX)?;
    let (mut mantissa, mut exponent) = (0u64, 0i64);
    let (mut inexact, mut any_digit, mut after_point) = (false, false, false);
    for &byte in &text[..p] {
        match byte {
            b'_' => continue,
            b'.' if !after_point => after_point = true,
            _ => {
                let digit = char::from(byte).to_digit(16).ok_or(SYNTAX)?;
                any_digit = true;
                let fits = mantissa >> 60 == 0;
                if fits {
                    mantissa = mantissa << 4 | u64::from(digit);
                } else {
                    inexact |= digit != 0;
                }
                exponent += 4 * (i64::from(!fits) - i64::from(after_point));
            }
        }
    }
    if !any_digit {
        return Err(SYNTAX);
    }
    let (negative, digits) = split_sign(&text[p + 1..]);
    if !digits.first().is_some_and(u8::is_ascii_digit) {
        return Err(SYNTAX);
    }
    let mut shift = 0i64;
    for &byte in digits.iter().filter(|&&byte| byte != b'_') {
        let digit = char::from(byte).to_digit(10).ok_or(SYNTAX)?;
        // Beyond 10,000 nothing changes any more.
        shift = (shift * 10 + i64::from(digit)).min(100_000);
    }
    exponent += if negative { -shift } else { shift };
    round_binary(mantissa, exponent, inexact)
}

/// `mantissa * 2^exponent`, rounded to even; `inexact` says that bits below the mantissa were lost.
fn round_binary(mantissa: u64, exponent: i64, inexact: bool) -> Result<f64, &'static str> {
    if mantissa == 0 {
        return Ok(0.0);
    }
    let top = 63 - i64::from(mantissa.leading_zeros()) + exponent;
    if top > 1023 {
        return Err(RANGE);
    }
    // The weight of the last bit a float64 of this size has.
    let last = (top - 52).max(-1074);
    let drop = last - exponent;
    if drop <= 0 {
        return Ok(times_power_of_two(mantissa, exponent));
    }
    if drop > 64 {
        return Ok(0.0);
    }
    let wide = u128::from(mantissa) << 1 | u128::from(inexact);
    let kept = wide >> (drop + 1);
    let rest = wide & ((1 << (drop + 1)) - 1);
    let half = 1u128 << drop;
    let up = rest > half || rest == half && kept & 1 == 1;
    let value = times_power_of_two(kept as u64 + u64::from(up), last);
    if value.is_infinite() {
        return Err(RANGE);
    }
    Ok(value)
}

/// Exact as long as the product is a float64.
fn times_power_of_two(mantissa: u64, exponent: i64) -> f64 {
    let half = exponent / 2;
    mantissa as f64 * 2f64.powi(half as i32) * 2f64.powi((exponent - half) as i32)
}

/// A natural number of any size, in 32 bits each, least first.
struct Natural(Vec<u32>);

impl Natural {
    /// Of decimal digits.
    fn of(digits: &[u8]) -> Self {
        let mut number = Self(Vec::new());
        for &digit in digits {
            number.multiply(10, u32::from(digit));
        }
        number
    }

    fn multiply(&mut self, factor: u32, mut carry: u32) {
        for limb in &mut self.0 {
            let wide = u64::from(*limb) * u64::from(factor) + u64::from(carry);
            (*limb, carry) = (wide as u32, (wide >> 32) as u32);
        }
        if carry > 0 {
            self.0.push(carry);
        }
    }

    /// Divides, and says whether something is left over.
    fn divide(&mut self, divisor: u32) -> bool {
        let mut rest = 0u64;
        for limb in self.0.iter_mut().rev() {
            let wide = rest << 32 | u64::from(*limb);
            (*limb, rest) = (
                (wide / u64::from(divisor)) as u32,
                wide % u64::from(divisor),
            );
        }
        rest > 0
    }

    /// The number times `10^power`, rounded to even; `inexact` says that it is a little more than that.
    fn times_power_of_ten(mut self, power: i64, mut inexact: bool) -> Result<f64, &'static str> {
        // A ten is a five and a power of two; for each five that divides, more than two bits are put behind.
        let mut twos = power;
        for _ in 0..power {
            self.multiply(5, 0);
        }
        if power < 0 {
            let room = power.unsigned_abs() as usize * 3 / 32 + 3;
            self.0.splice(0..0, std::iter::repeat_n(0, room));
            twos -= 32 * room as i64;
        }
        for _ in power..0 {
            inexact |= self.divide(5);
        }
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
        // The upper 64 bits and more of them, the rest only as what is not nothing.
        let below = self.0.len().saturating_sub(3);
        let (rest, top) = self.0.split_at(below);
        inexact |= rest.iter().any(|limb| *limb != 0);
        let top = top
            .iter()
            .rev()
            .fold(0u128, |top, limb| top << 32 | u128::from(*limb));
        let drop = (128 - top.leading_zeros()).saturating_sub(64);
        inexact |= top & ((1 << drop) - 1) != 0;
        let exponent = twos + 32 * below as i64 + i64::from(drop);
        round_binary((top >> drop) as u64, exponent, inexact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agrees_with_the_standard_library(text: &str) {
        let theirs: f64 = text.parse().unwrap();
        match read(text.as_bytes()) {
            Ok(ours) => assert_eq!(ours.to_bits(), theirs.to_bits(), "{text}"),
            Err(why) => assert!(why == RANGE && theirs.is_infinite(), "{text}: {why}"),
        }
    }

    #[test]
    fn every_text_of_a_float_is_read_as_that_float() {
        let mut random = 88_172_645_463_325_252u64;
        for _ in 0..3000 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let float = f64::from_bits(random);
            if !float.is_finite() {
                continue;
            }
            for text in [
                format!("{float}"),
                format!("{float:e}"),
                format!("{float:.30e}"),
            ] {
                agrees_with_the_standard_library(&text);
            }
            let (digits, power) = (random % 1_000_000_007, random % 700);
            agrees_with_the_standard_library(&format!("{digits}e{}", power as i64 - 350));
        }
    }

    #[test]
    fn ties_and_limits_are_rounded_as_the_standard_library_rounds_them() {
        let zeros = "0".repeat(3000);
        for text in [
            "0",
            "-0.0",
            "1.",
            ".5",
            "+1",
            "1e-400",
            "1e400",
            "4.9e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "1.7976931348623158e308",
            "1.7976931348623159e308",
            "2.2250738585072011e-308",
            "2.2250738585072012e-308",
            "0e99999999999999999999",
            "9007199254740993",
            "9007199254740992.99999",
            "1e99999999999999999999",
            "9007199254740993.0000000000000000000000000000000000000001",
            &format!("9007199254740993.{zeros}1"),
            &format!("{zeros}9007199254740993"),
            &format!("0.{zeros}1e3001"),
            &format!("1{zeros}e-3000"),
            &format!("1{zeros}"),
            &format!("0.{zeros}1"),
        ] {
            agrees_with_the_standard_library(text);
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "", ".", "e5", "1e", "1e+", "1.2.3", "x", "1e5.0", "--1", "1 ", "+nan", "infi",
        ] {
            assert_eq!(read(text.as_bytes()), Err(SYNTAX), "{text}");
        }
    }
}
