//! A row a value instead of a group: states, creators, own code, labels.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::group::Group;
use super::{By, Place, Report, Shown};
use crate::error::Result;
use crate::report::sink::{Role, Sink, put};
use crate::view::Whose;

/// A value with how many goroutines have it now and had it in the base.
type Counts = BTreeMap<Vec<u8>, (i64, i64)>;

/// Writes the rows of the groups shown.
pub(super) fn write(
    report: &Report<'_>,
    by: &By,
    shown: &Shown<'_>,
    out: &mut dyn Sink,
) -> Result<()> {
    let (title, counts) = match by {
        By::State => ("state", sums(shown, |group| group.state.clone())),
        By::Creator => (
            "created by",
            sums(shown, |group| text(report.creator(group))),
        ),
        By::Own => {
            let own = |place: &Place| place.whose == Some(Whose::Own);
            let first = |group: &Group| text(report.frames(group).into_iter().find(own));
            ("own code", sums(shown, first))
        }
        By::Label(key) => (key.as_str(), labels(report, key, shown)),
    };
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_by(|(a, of_a), (b, of_b)| {
        let order = |(count, before): (i64, i64)| match report.found.compared {
            true => Reverse((count.wrapping_sub(before), count)),
            false => Reverse((count, 0)),
        };
        (order(*of_a), a).cmp(&(order(*of_b), b))
    });
    put(out, Role::Heading, report.titles().as_bytes())?;
    out.write_all(b"  ")?;
    put(out, Role::Tag, title.as_bytes())?;
    out.write_all(b"\n")?;
    let limit = report.limit().unwrap_or(rows.len());
    for (value, (count, before)) in rows.iter().take(limit) {
        report.write_counts(*count, *before, out)?;
        out.write_all(b"  ")?;
        put(out, Role::Name, value)?;
        out.write_all(b"\n")?;
    }
    if limit < rows.len() {
        writeln!(out, "Showing {limit} rows of {}", rows.len())?;
    }
    Ok(())
}

fn text(place: Option<Place>) -> Vec<u8> {
    let text = place.map(|place| {
        let (name, position) = place.short();
        [name, position].concat()
    });
    text.unwrap_or_else(|| b"-".to_vec())
}

fn sums(shown: &Shown<'_>, value: impl Fn(&Group) -> Vec<u8>) -> Counts {
    let mut counts = Counts::new();
    for group in &shown.groups {
        let (count, before) = counts.entry(value(group)).or_default();
        *count = count.wrapping_add(group.count);
        *before = before.wrapping_add(group.before);
    }
    counts
}

/// The values of a label of the program; `-` stands for goroutines without it.
fn labels(report: &Report<'_>, key: &str, shown: &Shown<'_>) -> Counts {
    let profile = report.input.view.profile;
    let mut counts = Counts::new();
    let mut add = |value: &[u8], (count, before): (i64, i64)| {
        let known = counts.entry(value.to_vec()).or_default();
        known.0 = known.0.wrapping_add(count);
        known.1 = known.1.wrapping_add(before);
    };
    for group in &shown.groups {
        let mut rest = (group.count, group.before);
        for ((label, value), (count, before)) in &group.labels {
            if profile.text(*label) == key.as_bytes() {
                add(profile.text(*value), (*count, *before));
                rest = (rest.0.wrapping_sub(*count), rest.1.wrapping_sub(*before));
            }
        }
        if rest != (0, 0) {
            add(b"-", rest);
        }
    }
    counts
}
