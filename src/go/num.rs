//! Go's conversions between numbers.

/// A float to a 64-bit integer as Go does it on amd64: toward zero, and the smallest integer for what
/// does not fit.
pub(crate) fn truncate(value: f64) -> i64 {
    match value > -9_223_372_036_854_777_856.0 && value < 9_223_372_036_854_775_808.0 {
        true => value as i64,
        false => i64::MIN,
    }
}

/// The value of a hexadecimal digit of either case.
pub(crate) fn hex_digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit.wrapping_sub(b'0')),
        b'a'..=b'f' => Some(digit.wrapping_sub(b'a').wrapping_add(10)),
        b'A'..=b'F' => Some(digit.wrapping_sub(b'A').wrapping_add(10)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_the_smallest_integer() {
        assert_eq!(truncate(-1.9), -1);
        assert_eq!(truncate(9_223_372_036_854_774_784.0), i64::MAX - 1023);
        for value in [9.3e18, -9.3e18, f64::NAN, f64::INFINITY] {
            assert_eq!(truncate(value), i64::MIN, "{value}");
        }
    }
}
