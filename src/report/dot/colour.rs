//! The colours of a drawn graph: grey for nothing, red for much, green for less than before.

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
    // No number, of a total of 0, stays none: `clamp` keeps it, `min` and `max` would not.
    let mut score = score.clamp(-1.0, 1.0);
    if score.abs() < 0.2 {
        saturation *= score.abs() / 0.2;
    }
    if score > 0.0 {
        score = score.powf(0.3);
    } else if score < 0.0 {
        score = -(-score).powf(0.3);
    }
    let (red, green) = match score < 0.0 {
        true => (value * (1.0 + saturation * score), value),
        false => (value, value * (1.0 - saturation * score)),
    };
    let blue = value * (1.0 - saturation);
    let byte = |part: f64| (part * 255.0) as u8;
    format!("#{:02x}{:02x}{:02x}", byte(red), byte(green), byte(blue))
}

#[cfg(test)]
mod tests {
    use super::*;

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
