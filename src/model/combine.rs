//! Making profiles comparable before they are merged: common sample types, common units
//! (pprof-behaviour 2.6), `-normalize` (2.7).
//!
//! A profile that stays open is borrowed, and copied only where something about it has to change.

use std::borrow::Cow;

use super::{Profile, ValueType};
use crate::go::num::truncate;
use crate::measure;

/// Keeps the sample types that all profiles have, in the order of the first. The error is pprof's.
pub(crate) fn keep_common_types(profiles: &mut [Cow<'_, Profile>]) -> Result<(), String> {
    let Some(first) = profiles.first() else {
        return Ok(());
    };
    // A name that one profile has twice counts twice, and is then not common.
    let count = |name: &[u8]| -> usize {
        let kinds = profiles.iter().flat_map(|p| {
            let kinds = p.sample_types.iter();
            kinds.map(|t| p.text(t.kind))
        });
        kinds.filter(|kind| *kind == name).count()
    };
    let kinds = first.sample_types.iter().map(|t| first.text(t.kind));
    let common: Vec<Vec<u8>> = kinds
        .filter(|kind| count(kind) == profiles.len())
        .map(<[u8]>::to_vec)
        .collect();
    if common.is_empty() {
        return Err("profiles have empty common sample type list".to_string());
    }
    for profile in profiles {
        select_types(profile, &common)?;
    }
    Ok(())
}

/// Keeps these sample types in this order; where that changes anything, a default type that is gone
/// becomes the first.
fn select_types(profile: &mut Cow<'_, Profile>, kinds: &[Vec<u8>]) -> Result<(), String> {
    let types = &profile.sample_types;
    let place = |kind: &[u8]| types.iter().position(|t| profile.text(t.kind) == kind);
    let chosen: Vec<usize> = kinds.iter().filter_map(|kind| place(kind)).collect();
    if chosen.iter().copied().eq(0..types.len()) {
        return Ok(());
    }
    let profile = profile.to_mut();
    profile.hold().map_err(|error| error.to_string())?;
    profile.sample_types = chosen.iter().map(|at| profile.sample_types[*at]).collect();
    profile.samples.select(&chosen);
    let default = profile.header.default_sample_type;
    let kept = profile.sample_types.iter().any(|t| t.kind == default);
    if let Some(first) = profile.sample_types.first().filter(|_| !kept) {
        profile.header.default_sample_type = first.kind;
    }
    Ok(())
}

/// Brings sample types and periods of all profiles to the finest unit among them. The error is
/// pprof's.
pub(crate) fn unite_units(profiles: &mut [Cow<'_, Profile>]) -> Result<(), String> {
    if profiles.len() < 2 {
        return Ok(());
    }
    let periods: Vec<Named> = profiles
        .iter()
        .map(|p| named(p, p.header.period_type))
        .collect();
    let period = finest(&periods).map_err(|error| format!("period type: {error}"))?;
    let count = profiles[0].sample_types.len();
    let mut units = Vec::with_capacity(count);
    for at in 0..count {
        let types: Vec<Named> = profiles
            .iter()
            .map(|p| named(p, p.sample_types[at]))
            .collect();
        let unit = finest(&types).map_err(|error| format!("sample types: {error}"))?;
        units.push(unit);
    }
    for profile in profiles {
        convert(profile, &period, &units)?;
    }
    Ok(())
}

/// Kind and unit of a value as texts.
#[derive(Debug, Clone)]
struct Named {
    kind: Vec<u8>,
    unit: Vec<u8>,
}

fn named(profile: &Profile, value_type: ValueType) -> Named {
    Named {
        kind: profile.text(value_type.kind).to_vec(),
        unit: profile.text(value_type.unit).to_vec(),
    }
}

/// The finest of the units, where all are of one kind.
fn finest(types: &[Named]) -> Result<Vec<u8>, String> {
    let mut least = &types[0];
    for other in &types[1..] {
        if !compatible(least, other) {
            let text = |t: &Named| {
                let (kind, unit) = (t.kind.escape_ascii(), t.unit.escape_ascii());
                format!("{{{kind} {unit} 0 0}}")
            };
            let (a, b) = (text(least), text(other));
            return Err(format!("incompatible types: {a} {b}"));
        }
        if ratio(&other.unit, &least.unit) < 1.0 {
            least = other;
        }
    }
    Ok(least.unit.clone())
}

/// How many of `to` make one of `from`.
fn ratio(from: &[u8], to: &[u8]) -> f64 {
    measure::scale(1, from, to).0
}

/// Whether two kinds of values are the same but for a plural and a unit of the same family.
fn compatible(a: &Named, b: &Named) -> bool {
    let singular = |t: &Named| t.kind.strip_suffix(b"s").unwrap_or(&t.kind).to_vec();
    singular(a) == singular(b) && (a.unit == b.unit || measure::same_family(&a.unit, &b.unit))
}

fn convert(profile: &mut Cow<'_, Profile>, period: &[u8], units: &[Vec<u8>]) -> Result<(), String> {
    const FULL: &str = "the profile's texts exceed 4 GiB";
    let old = profile.text(profile.header.period_type.unit).to_vec();
    let scaled = truncate(measure::scale(profile.header.period, &old, period).0);
    let types = profile.sample_types.iter();
    let same_units = types
        .zip(units)
        .all(|(t, unit)| profile.text(t.unit) == unit);
    if same_units && old == period && scaled == profile.header.period {
        return Ok(());
    }
    let profile = profile.to_mut();
    profile.header.period = scaled;
    profile.header.period_type.unit = profile.strings.intern(period).ok_or(FULL)?;
    let mut ratios = Vec::with_capacity(units.len());
    for (at, unit) in units.iter().enumerate() {
        let old = profile.text(profile.sample_types[at].unit).to_vec();
        ratios.push(ratio(&old, unit));
        profile.sample_types[at].unit = profile.strings.intern(unit).ok_or(FULL)?;
    }
    scale(profile, &ratios)
}

/// Multiplies each value by the ratio of its type, rounded half away from zero. As pprof-behaviour
/// 8.43: a sample goes when all values that were changed are 0, whatever the others are.
fn scale(profile: &mut Profile, ratios: &[f64]) -> Result<(), String> {
    if ratios.iter().all(|ratio| *ratio == 1.0) {
        return Ok(());
    }
    profile.hold().map_err(|error| error.to_string())?;
    profile.samples.retain(|values| {
        let mut keep = false;
        for (value, ratio) in values.iter_mut().zip(ratios) {
            if *ratio != 1.0 {
                *value = truncate((*value as f64 * ratio).round());
                keep |= *value != 0;
            }
        }
        keep
    });
    Ok(())
}

/// Scales a profile so that each type adds up to what it does in `base` (`-normalize`).
pub(crate) fn normalize(profile: &mut Profile, base: &Profile) -> Result<(), String> {
    let sums = |profile: &Profile| {
        let mut sums = vec![0i64; profile.sample_types.len()];
        let read = profile.scan_values(|values, _| {
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum = sum.wrapping_add(*value);
            }
        });
        read.map(|()| sums).map_err(|error| error.to_string())
    };
    let (wanted, have) = (sums(base)?, sums(profile)?);
    let ratio = |(wanted, have): (&i64, &i64)| match have {
        0 => 0.0,
        _ => *wanted as f64 / *have as f64,
    };
    let ratios: Vec<f64> = wanted.iter().zip(&have).map(ratio).collect();
    scale(profile, &ratios)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Str;
    use crate::model::fixture::typed;

    fn values(profile: &Profile) -> Vec<Vec<i64>> {
        let mut rows = Vec::new();
        profile
            .samples
            .scan_values(|values, _| rows.push(values.to_vec()));
        rows
    }

    #[test]
    fn only_common_types_stay_in_the_order_of_the_first() {
        let a = typed(&[("x", "count"), ("y", "count")], "a 1 2");
        let b = typed(&[("y", "count"), ("z", "count"), ("x", "count")], "a 3 4 5");
        let mut profiles = [a, b].map(Cow::Owned);
        keep_common_types(&mut profiles).unwrap();
        assert_eq!(values(&profiles[0]), [[1, 2]]);
        assert_eq!(values(&profiles[1]), [[5, 3]]);
    }

    #[test]
    fn a_changed_profile_without_its_default_type_takes_the_first() {
        let a = typed(&[("x", "count")], "a 1");
        let mut b = typed(&[("x", "count"), ("y", "count")], "a 3 4");
        b.header.default_sample_type = b.sample_types[1].kind;
        let mut profiles = [a, b].map(Cow::Owned);
        keep_common_types(&mut profiles).unwrap();
        let default = profiles[1].header.default_sample_type;
        assert_eq!(profiles[1].text(default), b"x");
        assert_eq!(profiles[0].header.default_sample_type, Str::EMPTY);
    }

    #[test]
    fn of_several_types_that_stay_the_default_stays_or_becomes_the_first() {
        let kinds = [("x", "count"), ("y", "count"), ("z", "count")];
        let default = |gone: &str| {
            let kept: Vec<_> = kinds
                .into_iter()
                .filter(|(kind, _)| *kind != gone)
                .collect();
            let mut all = typed(&kinds, "a 1 2 3");
            all.header.default_sample_type = all.sample_types[1].kind;
            let mut profiles = [typed(&kept, "a 1 2"), all].map(Cow::Owned);
            keep_common_types(&mut profiles).unwrap();
            profiles[1]
                .text(profiles[1].header.default_sample_type)
                .to_vec()
        };
        assert_eq!(default("y"), b"x");
        assert_eq!(default("z"), b"y");
    }

    #[test]
    fn the_finest_of_three_units_wins() {
        let of = |unit| Cow::Owned(typed(&[("x", unit)], "a 1"));
        let mut profiles = ["s", "us", "ms"].map(of);
        unite_units(&mut profiles).unwrap();
        let values = profiles.each_ref().map(|profile| values(profile)[0][0]);
        assert_eq!(values, [1_000_000, 1, 1_000]);
    }

    #[test]
    fn a_name_that_comes_twice_is_not_common() {
        let twice = [("x", "count"), ("x", "count"), ("y", "count")];
        let mut one = [Cow::Owned(typed(&twice, "a 1 2 3"))];
        keep_common_types(&mut one).unwrap();
        assert_eq!(values(&one[0]), [[3]]);
        assert!(keep_common_types(&mut [Cow::Owned(typed(&[], ""))]).is_err());
    }

    #[test]
    fn the_finest_unit_wins_and_what_becomes_nothing_goes() {
        let a = typed(&[("n", "count"), ("x", "kilobytes")], "a 7 0\nb 1 2");
        let b = typed(&[("n", "count"), ("x", "bytes")], "a 1 5");
        let mut profiles = [a, b].map(Cow::Owned);
        unite_units(&mut profiles).unwrap();
        assert_eq!(values(&profiles[0]), [[1, 2048]]);
        assert_eq!(values(&profiles[1]), [[1, 5]]);
    }

    #[test]
    fn what_becomes_one_is_not_nothing() {
        let a = typed(&[("n", "count"), ("x", "ns")], "a 7 0\nb 1 1");
        let mut scaled = a.clone();
        scale(&mut scaled, &[1.0, 0.6]).unwrap();
        assert_eq!(values(&scaled), [[1, 1]]);
    }

    #[test]
    fn a_type_that_adds_up_to_nothing_stays_nothing_when_scaled() {
        let mut profile = typed(&[("x", "count"), ("y", "count")], "a 1 5\nb 0 -5");
        normalize(
            &mut profile,
            &typed(&[("x", "count"), ("y", "count")], "a 3 4"),
        )
        .unwrap();
        assert_eq!(values(&profile), [[3, 0]]);
    }

    #[test]
    fn the_smallest_of_sums_has_a_sign() {
        let mut profile = typed(&[("x", "count")], "a -9223372036854775808");
        normalize(&mut profile, &typed(&[("x", "count")], "a 5")).unwrap();
        assert_eq!(values(&profile), [[5]]);
    }

    #[test]
    fn of_two_names_of_a_unit_the_first_stays() {
        let a = typed(&[("n", "count"), ("x", "ms")], "a 7 1");
        let b = typed(&[("n", "count"), ("x", "milliseconds")], "a 1 5");
        let mut profiles = [a, b].map(Cow::Owned);
        unite_units(&mut profiles).unwrap();
        let unit = |profile: &Profile| profile.text(profile.sample_types[1].unit).to_vec();
        assert_eq!(unit(&profiles[0]), b"ms");
        assert_eq!(unit(&profiles[1]), b"ms");
    }

    #[test]
    fn a_profile_is_copied_only_where_it_changes() {
        let a = typed(&[("n", "count"), ("x", "bytes")], "a 7 1");
        let b = typed(&[("n", "count"), ("x", "bytes")], "a 1 2");
        let mut profiles = [Cow::Borrowed(&a), Cow::Owned(b)];
        keep_common_types(&mut profiles).unwrap();
        unite_units(&mut profiles).unwrap();
        assert!(matches!(profiles[0], Cow::Borrowed(_)));
        let coarse = typed(&[("x", "kilobytes")], "a 3");
        let mut profiles = [Cow::Borrowed(&a), Cow::Borrowed(&coarse)];
        keep_common_types(&mut profiles).unwrap();
        unite_units(&mut profiles).unwrap();
        assert_eq!(values(&profiles[0]), [[1]]);
        assert_eq!(values(&profiles[1]), [[3072]]);
        assert_eq!(values(&a), [[7, 1]]);
    }

    #[test]
    fn units_of_different_families_do_not_merge() {
        let mut profiles = [
            typed(&[("x", "bytes")], "a 1"),
            typed(&[("x", "seconds")], "a 1"),
        ]
        .map(Cow::Owned);
        assert_eq!(
            unite_units(&mut profiles).unwrap_err(),
            "sample types: incompatible types: {x bytes 0 0} {x seconds 0 0}"
        );
    }
}
