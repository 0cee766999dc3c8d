//! Go's conversions between numbers.

/// A float to a 64-bit integer as Go does it on amd64: toward zero, and the smallest integer for what
/// does not fit.
pub(crate) fn truncate(value: f64) -> i64 {
    match value > -9_223_372_036_854_777_856.0 && value < 9_223_372_036_854_775_808.0 {
        true => value as i64,
        false => i64::MIN,
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
