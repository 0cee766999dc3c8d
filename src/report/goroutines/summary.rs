//! The lines above and below the groups: how many there are, what changed, what is not shown.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::group::Group;
use super::{Report, Shown};
use crate::error::Result;
use crate::report::sink::{Role, Sink, put};

/// Writes the lines above.
pub(super) fn write(report: &Report<'_>, shown: &Shown<'_>, out: &mut dyn Sink) -> Result<()> {
    let found = &report.found;
    let mut text = match found.compared {
        false => everybody(report),
        true => changes(report),
    };
    if found.mixed {
        text += "Compared without creators and frames of the runtime: the forms differ\n";
    }
    let (some, all) = (shown.groups.len(), shown.matching);
    if some < all {
        text += &format!("Showing {some} of {all} groups\n");
    }
    Ok(put(out, Role::Heading, text.as_bytes())?)
}

fn sum(report: &Report<'_>, part: fn(&Group) -> i64) -> i64 {
    let groups = report.found.groups.iter();
    groups.map(part).fold(0, i64::wrapping_add)
}

fn printed(report: &Report<'_>, value: i64) -> String {
    String::from_utf8_lossy(&report.input.value(value)).into_owned()
}

fn everybody(report: &Report<'_>) -> String {
    let plural = |one| if one { "" } else { "s" };
    let count = sum(report, |group| group.count);
    let groups = report.found.groups.len();
    format!(
        "{} goroutine{} in {groups} group{} of equal stacks\n",
        printed(report, count),
        plural(count == 1),
        plural(groups == 1)
    )
}

fn changes(report: &Report<'_>) -> String {
    let found = &report.found;
    let busy = found.groups.iter().filter(|group| group.idle.is_none());
    let count = |test: fn(&&Group) -> bool| busy.clone().filter(test).count();
    let new = count(|group| group.before == 0 && group.count > 0);
    let grown = count(|group| group.change() > 0);
    let shrunk = count(|group| group.change() < 0);
    if !found.exact {
        let change = sum(report, Group::change);
        return format!("{change:+} goroutines; groups: {grown} grown, {shrunk} shrunk\n");
    }
    format!(
        "{} goroutines now, {} before; groups: {new} new, {} grown, {shrunk} shrunk\n",
        printed(report, sum(report, |group| group.count)),
        printed(report, sum(report, |group| group.before)),
        grown - new
    )
}

/// Writes the line below: the goroutines that are idle, by what they wait for.
pub(super) fn write_rest(report: &Report<'_>, shown: &Shown<'_>, out: &mut dyn Sink) -> Result<()> {
    let compared = report.found.compared;
    let mut kinds: BTreeMap<&str, i64> = BTreeMap::new();
    let mut total = 0i64;
    for group in &shown.idle {
        let count = match compared {
            true => group.change(),
            false => group.count,
        };
        let kind = kinds.entry(group.idle.unwrap_or_default()).or_insert(0);
        *kind = kind.wrapping_add(count);
        total = total.wrapping_add(count);
    }
    let mut kinds: Vec<_> = kinds.into_iter().filter(|kind| kind.1 != 0).collect();
    if kinds.is_empty() {
        return Ok(());
    }
    kinds.sort_by_key(|kind| (Reverse(kind.1), kind.0));
    let number = |count: i64| match compared {
        true => format!("{count:+}"),
        false => count.to_string(),
    };
    let words = kinds.iter();
    let words: Vec<_> = words
        .map(|(kind, count)| format!("{kind} {}", number(*count)))
        .collect();
    let title = format!("Idle, not shown (-all), {}: ", number(total));
    Ok(put(out, Role::Heading, listed(&title, &words).as_bytes())?)
}

/// Words with commas between them, in lines of less than 80 columns.
pub(in crate::report) fn listed(title: &str, words: &[String]) -> String {
    let mut text = title.to_string();
    let mut width = title.len() - title.rfind('\n').map_or(0, |at| at + 1);
    for (at, word) in words.iter().enumerate() {
        let end = if at + 1 < words.len() { ", " } else { "\n" };
        if width + word.len() + end.len() > 80 {
            text.truncate(text.trim_end().len());
            text.push_str("\n   ");
            width = 3;
        }
        text.push_str(word);
        text.push_str(end);
        width += word.len() + end.len();
    }
    text
}
