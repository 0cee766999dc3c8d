//! `math.Exp` of Go on amd64, bit for bit: heap profiles in text form are scaled with it.
//!
//! The method is Shibata's (ISC 2010): the Taylor series of a sixteenth of the argument, squared four
//! times. The C library's function differs in the last bit for one argument in 25. Go fuses multiply
//! and add where the processor can, which is every one of today.

/// As many sixteenths as the argument is reduced by.
const SIXTEENTH: f64 = 0.0625;
/// `ln 2` in two parts; the upper is short enough that a multiple of it is exact.
#[expect(
    clippy::excessive_precision,
    reason = "the digits of the two parts as they are"
)]
const LN_2: [f64; 2] = [
    0.693_147_180_559_662_956_511_601_805_686_950_683_593_75,
    0.282_352_905_630_315_771_225_884_481_750_134_360_255_254_120_68e-12,
];
/// Where the result exceeds what a float holds.
const LARGEST: f64 = 7.097_827_128_933_84e2;
/// Below this power of two the result is 0 here.
const SMALLEST_POWER: f64 = -1022.0;

/// `e` to the power of `x`; 0 where Go's result has less than full precision.
pub(crate) fn exp(x: f64) -> f64 {
    if x.is_nan() || x > LARGEST {
        return x + f64::INFINITY;
    }
    let power = (x * std::f64::consts::LOG2_E).round_ties_even();
    if power < SMALLEST_POWER {
        return 0.0;
    }
    let [upper, lower] = LN_2;
    let rest = (-lower).mul_add(power, (-upper).mul_add(power, x)) * SIXTEENTH;
    // 1/8!, 1/7!, …, 1/1!
    let mut series = 1.0 / 40_320.0;
    for factorial in [5_040.0, 720.0, 120.0, 24.0, 6.0, 2.0, 1.0] {
        series = rest.mul_add(series, 1.0 / factorial);
    }
    // One less than the result, which keeps its bits while it is small: (1 + y)^2 - 1 = y (y + 2).
    let mut less = rest * series;
    for _ in 0..3 {
        less *= less + 2.0;
    }
    let result = less.mul_add(less + 2.0, 1.0);
    result * f64::from_bits(((power as i64 + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::go::table;

    #[test]
    fn exponentials_have_the_bits_of_go() {
        let mut rows = 0;
        for row in table::rows(include_str!("../../tests/data/tables/math.txt")) {
            let [x, result] = [&row[0], &row[1]].map(|field| table::float(field));
            assert_eq!(exp(x).to_bits(), result.to_bits(), "{x}");
            rows += 1;
        }
        assert!(rows > 200);
        assert!(exp(f64::NAN).is_nan());
    }
}
