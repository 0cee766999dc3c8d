//! The colours of a drawn graph: grey for nothing, red for much, green for less than before.

use std::cmp::Ordering;

use crate::go::math::exp;

/// What is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Borders and edges, strong.
    Line,
    /// The inside of boxes, pale.
    Fill,
}

/// The colour of a share of the total, from -1 to 1 (pprof-behaviour 6.9).
pub(super) fn colour(score: f64, part: Part) -> String {
    let (mut saturation, value) = match part {
        Part::Fill => (0.1, 0.93),
        Part::Line => (1.0, 0.7),
    };
    // No number, of a total of 0, stays none: `clamp` keeps it.
    let share = score.clamp(-1.0, 1.0);
    saturation *= (share.abs() / 0.2).min(1.0);
    let other = value * (1.0 - saturation * power_of_three_tenths(share.abs()));
    let (red, green) = match share.partial_cmp(&0.0) {
        Some(Ordering::Less) => (other, value),
        _ => (value, other), // no number counts as more
    };
    let blue = value * (1.0 - saturation);
    let byte = |part: f64| (part * 255.0) as u8;
    format!("#{:02x}{:02x}{:02x}", byte(red), byte(green), byte(blue))
}

/// `x` to the power of 0.3. The C library's `pow` would be linked for this alone, with 8 kB of tables; a
/// last bit more or less moves no colour of a ratio of whole numbers up to 2,000.
fn power_of_three_tenths(x: f64) -> f64 {
    exp(0.3 * std::f64::consts::LN_2 * x.log2())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_colour_of_a_share_moves_with_the_last_bit_of_its_power() {
        let byte = |value: f64, share: f64| ((value * (1.0 - share)) * 255.0) as u8;
        for whole in 1..=200u32 {
            for part in 1..=whole {
                let share = f64::from(part) / f64::from(whole);
                let saturation = if share < 0.2 { share / 0.2 } else { 1.0 };
                let (ours, theirs) = (power_of_three_tenths(share), share.powf(0.3));
                for (saturation, value) in [(0.1 * saturation, 0.93), (saturation, 0.7)] {
                    let bytes = [ours, theirs].map(|power| byte(value, saturation * power));
                    assert_eq!(bytes[0], bytes[1], "{part}/{whole}");
                }
            }
        }
    }

    #[test]
    fn colours_are_those_that_pprof_gives() {
        let table = [
            (1.0, "#b20000", "#edd5d5"),
            (7.0, "#b20000", "#edd5d5"),
            (0.78125, "#b20c00", "#edd7d5"),
            (0.40625, "#b22a00", "#eddbd5"),
            (0.03125, "#b2a896", "#edebe9"),
            (0.0, "#b2b2b2", "#ededed"),
            (-0.5, "#21b200", "#d9edd5"),
            (-1.0, "#00b200", "#d5edd5"),
            (f64::NEG_INFINITY, "#00b200", "#d5edd5"),
            (f64::NAN, "#b20000", "#ed00d5"),
        ];
        for (score, line, fill) in table {
            let colours = [Part::Line, Part::Fill].map(|part| colour(score, part));
            assert_eq!(colours, [line, fill], "{score}");
        }
    }
}
