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
use crate::model::{Label, LabelValue};
use crate::view::PerList;

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

/// The sum of a list's samples, and the values that it counts for: key and value, by row.
type Counted = (i64, Vec<(usize, usize)>);

/// The values of a key: the row of each, and the sums of the rows.
type Summed = (Map<Vec<u8>, usize>, Vec<i64>);

/// The keys that samples have, with the sums of their values, in no order.
#[derive(Default)]
struct Sums {
    rows: Map<Vec<u8>, usize>,
    keys: Vec<Summed>,
}

impl Sums {
    /// The row of a value and that of its key, made where there is none.
    fn row(&mut self, input: &Input<'_>, label: &Label) -> (usize, usize) {
        let text = |text| input.view.text(text).to_vec();
        let value = match label.value {
            LabelValue::Text(value) => text(value),
            LabelValue::Number(number, _) => {
                let unit = input.options.label_units.get(label.key);
                scaled_label(number, unit, &input.options.unit)
            }
        };
        let key = *self.rows.entry(text(label.key)).or_insert(self.keys.len());
        if key == self.keys.len() {
            self.keys.push(Default::default());
        }
        let (rows, sums) = &mut self.keys[key];
        let row = *rows.entry(value).or_insert(sums.len());
        if row == sums.len() {
            sums.push(0);
        }
        (key, row)
    }

    fn add(&mut self, lists: impl Iterator<Item = Counted>) {
        for (sum, rows) in lists {
            for (key, row) in rows {
                let known = &mut self.keys[key].1[row];
                *known = known.wrapping_add(sum);
            }
        }
    }
}

fn collect(input: &Input<'_>) -> Result<Map<Vec<u8>, Values>> {
    let index = input.options.weighing.index;
    let mut sums = Sums::default();
    let mut lists: PerList<Counted> = PerList::default();
    input.view.scan_values(|values, labels| {
        let before = lists.turn(labels);
        sums.add(before.into_iter().flatten());
        let (sum, _) = lists.of(labels, |labels| {
            let rows = labels.iter().map(|label| sums.row(input, label));
            (0, rows.collect())
        });
        *sum = sum.wrapping_add(values[index]);
    })?;
    sums.add(lists.known());
    let Sums { rows, mut keys } = sums;
    let values = |(key, row): (Vec<u8>, usize)| {
        let (texts, sums) = std::mem::take(&mut keys[row]);
        let values = texts.into_iter().map(|(text, row)| (text, sums[row]));
        (key, values.collect())
    };
    Ok(rows.into_iter().map(values).collect())
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
