//! `tags`: the values of each label key by weight (pprof-behaviour 6.7).
//!
//! Sums are collected a label list at a time: a list's samples all count for the same values.

use crate::hash::Map;
use std::cmp::Reverse;
use std::io::Write;

use super::Input;
use super::sink::{Role, Sink};
use crate::error::Result;
use crate::go::tabwriter::align_right;
use crate::measure::{percentage, scaled_label};
use crate::model::{LabelSetId, LabelValue};

/// The values of one key with their sums.
type Values = Map<Vec<u8>, i64>;

/// A key with its values and their sums, in the order of the report.
pub(super) type Key = (Vec<u8>, Vec<(Vec<u8>, i64)>);

/// Writes the report.
pub(super) fn write(input: &Input<'_>, out: &mut dyn Sink) -> Result<()> {
    let mut table = Vec::new();
    for (key, values) in sorted(input)? {
        write_key(input, &key, values, (&mut table, out))?;
    }
    for line in align_right(&table).split_inclusive(|b| *b == b'\n') {
        out.role(Role::Tag)?;
        out.write_all(line.strip_suffix(b"\n").unwrap_or(line))?;
        out.role(Role::Text)?;
        if line.ends_with(b"\n") {
            out.write_all(b"\n")?;
        }
    }
    Ok(())
}

/// The keys in the order of their texts, the values of each heaviest first.
pub(super) fn sorted(input: &Input<'_>) -> Result<Vec<Key>> {
    let mut keys: Vec<_> = collect(input)?
        .into_iter()
        .map(|(key, values)| {
            let mut values: Vec<(Vec<u8>, i64)> = values.into_iter().collect();
            values.sort_by(|a, b| {
                let weight = |value: i64| Reverse(value.wrapping_abs());
                (weight(a.1), &a.0).cmp(&(weight(b.1), &b.0))
            });
            (key, values)
        })
        .collect();
    keys.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(keys)
}

fn collect(input: &Input<'_>) -> Result<Map<Vec<u8>, Values>> {
    let view = input.view;
    let index = input.options.weighing.index;
    // The sum of each list's samples; `None` for lists without samples, whose keys are not shown.
    let mut sums: Vec<Option<i64>> = vec![None; view.profile.label_sets.len()];
    view.scan_values(|values, set| {
        let sum = sums[set.at()].get_or_insert(0);
        *sum = sum.wrapping_add(values[index]);
    })?;
    let mut keys: Map<Vec<u8>, Values> = Map::default();
    for (set, sum) in sums.iter().enumerate() {
        let Some(sum) = sum else { continue };
        for label in view.labels(LabelSetId::new(set as u32)) {
            let value = match label.value {
                LabelValue::Text(text) => view.text(text).to_vec(),
                LabelValue::Number(number, _) => {
                    let unit = input.options.label_units.get(label.key);
                    scaled_label(number, unit, &input.options.unit)
                }
            };
            let values = keys.entry(view.text(label.key).to_vec()).or_default();
            let known = values.entry(value).or_insert(0);
            *known = known.wrapping_add(*sum);
        }
    }
    Ok(keys)
}

fn write_key(
    input: &Input<'_>,
    key: &[u8],
    values: Vec<(Vec<u8>, i64)>,
    (table, out): (&mut Vec<u8>, &dyn Sink),
) -> Result<()> {
    let total = input.options.total;
    let part = |value: i64| match total > 0 {
        true => format!(" ({})", percentage(value, total)),
        false => String::new(),
    };
    let sum = values.iter().fold(0i64, |sum, (_, v)| sum.wrapping_add(*v));
    table.extend_from_slice(&out.shown(key));
    table.extend_from_slice(b":\t Total ");
    table.extend_from_slice(&input.value(sum));
    table.extend_from_slice(b" of ");
    table.extend_from_slice(&input.value(total));
    writeln!(table, "{}", part(sum))?;
    for (text, value) in values {
        table.extend_from_slice(b" \t");
        table.extend_from_slice(&input.value(value));
        write!(table, "{}:\t ", part(value))?;
        table.extend_from_slice(&out.shown(&text));
        table.push(b'\n');
    }
    table.push(b'\n');
    Ok(())
}
