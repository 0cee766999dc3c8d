//! Units, scaling and percentages as pprof prints them (pprof-behaviour 3.4 and 3.6).
//!
//! Units are bytes from the profile and may be anything. A unit of no known family keeps its number and
//! is shown under whatever name the target unit has.

use std::borrow::Cow;

use crate::go::fmt;

struct Unit {
    name: &'static str,
    aliases: &'static [&'static str],
    /// In terms of the family's base unit.
    factor: f64,
}

struct Family {
    /// Ascending by factor.
    units: &'static [Unit],
    /// What is shown where no better unit is known.
    default: (&'static str, f64),
}

const fn unit(name: &'static str, factor: f64, aliases: &'static [&'static str]) -> Unit {
    Unit {
        name,
        aliases,
        factor,
    }
}

const FAMILIES: [Family; 3] = [
    Family {
        units: &[
            unit("B", 1.0, &["b", "byte"]),
            unit("kB", (1u64 << 10) as f64, &["kb", "kbyte", "kilobyte"]),
            unit("MB", (1u64 << 20) as f64, &["mb", "mbyte", "megabyte"]),
            unit("GB", (1u64 << 30) as f64, &["gb", "gbyte", "gigabyte"]),
            unit("TB", (1u64 << 40) as f64, &["tb", "tbyte", "terabyte"]),
            unit("PB", (1u64 << 50) as f64, &["pb", "pbyte", "petabyte"]),
        ],
        default: ("B", 1.0),
    },
    Family {
        units: &[
            unit("ns", 1.0, &["ns", "nanosecond"]),
            unit("us", 1e3, &["μs", "us", "microsecond"]),
            unit("ms", 1e6, &["ms", "millisecond"]),
            unit("s", 1e9, &["s", "sec", "second"]),
            unit("hrs", 3600e9, &["hour", "hr"]),
        ],
        default: ("s", 1e9),
    },
    Family {
        units: &[
            unit("n*GCU", 1e-9, &["nanogcu"]),
            unit("u*GCU", 1e-6, &["microgcu"]),
            unit("m*GCU", 1e-3, &["milligcu"]),
            unit("GCU", 1.0, &["gcu"]),
            unit("k*GCU", 1e3, &["kilogcu"]),
            unit("M*GCU", 1e6, &["megagcu"]),
            unit("G*GCU", 1e9, &["gigagcu"]),
            unit("T*GCU", 1e12, &["teragcu"]),
            unit("P*GCU", 1e15, &["petagcu"]),
        ],
        default: ("GCU", 1.0),
    },
];

/// Longest alias and its plural `s`, in bytes.
const LONGEST: usize = "microseconds".len();

/// The value in the unit `to`, and the unit to print: a name of ours, `to` itself, or empty.
///
/// `auto` and `minimum` choose the largest unit of which there is at least one.
pub(crate) fn scale<'a>(value: i64, from: &[u8], to: &'a [u8]) -> (f64, Cow<'a, [u8]>) {
    // The smallest i64 has no positive twin: it is converted as it is, as pprof does.
    if let (true, Some(positive)) = (value < 0, value.checked_neg()) {
        let (scaled, unit) = scale(positive, from, to);
        return (-scaled, unit);
    }
    if let Some((family, from)) = find(from) {
        let base = value as f64 * from.factor;
        let (name, factor) = family.target(base, to);
        return (base / factor, Cow::Borrowed(name.as_bytes()));
    }
    match to {
        b"count" | b"sample" | b"unit" | b"minimum" | b"auto" => (value as f64, Cow::Borrowed(b"")),
        _ => (value as f64, Cow::Borrowed(to)),
    }
}

/// The value in the unit `to` as text: at most two decimals, then the unit; `0` has none.
pub(crate) fn scaled_label(value: i64, from: &[u8], to: &[u8]) -> Vec<u8> {
    let (scaled, unit) = scale(value, from, to);
    let number = fmt::fixed2(scaled);
    let number = number.strip_suffix(".00").unwrap_or(&number);
    if matches!(number, "0" | "-0") {
        return b"0".to_vec();
    }
    [number.as_bytes(), &unit].concat()
}

/// The value as text in the unit that suits it best.
pub(crate) fn label(value: i64, unit: &[u8]) -> Vec<u8> {
    scaled_label(value, unit, b"auto")
}

/// `|value / total|` as text of at least six columns, `    0%` where the total is 0.
pub(crate) fn percentage(value: i64, total: i64) -> String {
    let percent = if total == 0 {
        0.0
    } else {
        (value as f64 / total as f64).abs() * 100.0
    };
    if (99.95..=100.05).contains(&percent) {
        return "  100%".to_string();
    }
    let number = if percent >= 1.0 {
        fmt::fixed2(percent)
    } else {
        fmt::float_g(percent, Some(2))
    };
    let mut text = " ".repeat(5usize.saturating_sub(number.len()));
    text.push_str(&number);
    text.push('%');
    text
}

/// Whether both units are known and measure the same thing: memory, time or GCU.
pub(crate) fn same_family(a: &[u8], b: &[u8]) -> bool {
    match (find(a), find(b)) {
        (Some((family, _)), Some((other, _))) => std::ptr::eq(family, other),
        _ => false,
    }
}

fn find(unit: &[u8]) -> Option<(&'static Family, &'static Unit)> {
    let mut lower = [0; LONGEST];
    let alias = alias(unit, &mut lower)?;
    FAMILIES
        .iter()
        .find_map(|family| Some((family, family.unit(alias)?)))
}

/// The unit in lower case and without a plural `s`, written to `lower`; `None` where it cannot be an alias.
fn alias<'l>(unit: &[u8], lower: &'l mut [u8; LONGEST]) -> Option<&'l [u8]> {
    let size = to_lower(unit, lower)?;
    // Three bytes, not characters: `μs` loses its s here and is no alias any more, as in pprof.
    Some(match lower.get(..size)? {
        [singular @ .., b's'] if size > 2 => singular,
        lower => lower,
    })
}

impl Family {
    /// The unit an alias names.
    fn unit(&self, alias: &[u8]) -> Option<&Unit> {
        let is_alias = |name: &&str| name.as_bytes() == alias;
        self.units
            .iter()
            .find(|unit| unit.aliases.iter().any(is_alias))
    }

    /// Name and factor of the unit to show `base` base units in.
    fn target(&self, base: f64, to: &[u8]) -> (&'static str, f64) {
        let unit = match to {
            b"auto" | b"minimum" => self
                .units
                .iter()
                .rev()
                .find(|unit| base / unit.factor >= 1.0),
            _ => alias(to, &mut [0; LONGEST]).and_then(|alias| self.unit(alias)),
        };
        unit.map_or(self.default, |unit| (unit.name, unit.factor))
    }
}

/// Writes Go's `strings.ToLower` of what may be an alias; its length, `None` where it cannot be one.
fn to_lower(unit: &[u8], lower: &mut [u8; LONGEST]) -> Option<usize> {
    if unit.is_ascii() {
        let lower = lower.get_mut(..unit.len())?;
        lower.copy_from_slice(unit);
        lower.make_ascii_lowercase();
        return Some(unit.len());
    }
    let text = std::str::from_utf8(unit).ok()?;
    let mut end = 0;
    for c in text.chars() {
        let c = match c {
            // The only characters beyond ASCII whose lower case is in an alias.
            '\u{130}' => 'i',
            '\u{212a}' => 'k',
            'Μ' => 'μ',
            _ => c.to_ascii_lowercase(),
        };
        let room = lower
            .get_mut(end..)
            .filter(|room| room.len() >= c.len_utf8())?;
        end += c.encode_utf8(room).len();
    }
    Some(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::go::table::{float, number, rows, text};

    #[test]
    fn values_scale_as_in_pprof() {
        let mut cases = 0;
        for row in rows(include_str!("../tests/data/tables/measure.txt")) {
            if row[0] != b"scale" {
                continue;
            }
            let (value, from, to) = (number(&row[1]), &row[2], &row[3]);
            let (scaled, unit) = scale(value, from, to);
            assert_eq!(scaled.to_bits(), float(&row[4]).to_bits(), "{row:?}");
            assert_eq!(unit, row[5], "{row:?}");
            assert_eq!(scaled_label(value, from, to), row[6], "{row:?}");
            assert_eq!(label(value, from), row[7], "{row:?}");
            cases += 1;
        }
        assert!(cases > 500);
    }

    #[test]
    fn percentages_read_as_in_pprof() {
        for row in rows(include_str!("../tests/data/tables/measure.txt")) {
            if row[0] == b"percent" {
                let (value, total) = (number(&row[1]), number(&row[2]));
                assert_eq!(
                    percentage(value, total),
                    text(&row[3]),
                    "{value} of {total}"
                );
            }
        }
    }

    #[test]
    fn families_are_those_of_pprof() {
        for row in rows(include_str!("../tests/data/tables/measure.txt")) {
            if row[0] == b"family" {
                assert_eq!(
                    same_family(&row[1], &row[2]).to_string(),
                    text(&row[3]),
                    "{row:?}"
                );
            }
        }
    }
}
