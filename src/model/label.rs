//! Labels of samples, each list of them kept once.
//!
//! Millions of samples share a few thousand label lists, so a sample holds the number of its list
//! and every question about labels is asked once a list, not once a sample.

use super::{Ragged, Str, Strings};

/// One label of a sample, in the order of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Label {
    /// The key; one list may hold a key more than once.
    pub key: Str,
    /// Text, or a number with its unit.
    pub value: LabelValue,
}

impl Label {
    /// Whether it is a number without a unit.
    pub(crate) fn is_plain_number(&self) -> bool {
        matches!(self.value, LabelValue::Number(_, None))
    }
}

/// The value of a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum LabelValue {
    /// A string label.
    Text(Str),
    /// A numeric label and its unit, `None` where the file gives none for it.
    Number(i64, Option<Str>),
}

/// The label lists; row [`LabelSetId`](super::LabelSetId), row 0 is the first list that a sample uses
/// (so not always the empty one). Lists that a file writes in two ways have two rows.
pub(crate) type LabelSets = Ragged<Label>;

/// Drops the numbers that are 0 and have no unit: pprof loses these when it copies a profile, as it does
/// at its prompt. Only what is read from a text has any.
pub(crate) fn forget_zeros(sets: &mut LabelSets) {
    let stays = |label: &&Label| label.value != LabelValue::Number(0, None);
    if !sets.items().iter().all(|label| stays(&label)) {
        let mut kept = LabelSets::default();
        for row in 0..sets.len() {
            kept.push(sets.row(row).iter().filter(stays).copied());
        }
        *sets = kept;
    }
}

/// The distinct keys of a list's string labels with their values in order, sorted by key text.
pub(crate) fn text_groups<'s>(strings: &'s Strings, labels: &[Label]) -> Vec<(Str, Vec<&'s [u8]>)> {
    let mut groups: Vec<(Str, Vec<&'s [u8]>)> = Vec::new();
    for label in labels {
        if let LabelValue::Text(text) = label.value {
            group(&mut groups, label.key).push(strings.get(text));
        }
    }
    groups.sort_by(|a, b| strings.get(a.0).cmp(strings.get(b.0)));
    groups
}

/// A numeric label's value and its unit.
pub(crate) type Number = (i64, Option<Str>);

/// The distinct keys of a list's numeric labels with their values in order, sorted by key text.
pub(crate) fn number_groups(strings: &Strings, labels: &[Label]) -> Vec<(Str, Vec<Number>)> {
    let mut groups: Vec<(Str, Vec<Number>)> = Vec::new();
    for label in labels {
        if let LabelValue::Number(value, unit) = label.value {
            group(&mut groups, label.key).push((value, unit));
        }
    }
    groups.sort_by(|a, b| strings.get(a.0).cmp(strings.get(b.0)));
    groups
}

fn group<T>(groups: &mut Vec<(Str, Vec<T>)>, key: Str) -> &mut Vec<T> {
    let at = match groups.iter().position(|(k, _)| *k == key) {
        Some(at) => at,
        None => {
            groups.push((key, Vec::new()));
            groups.len() - 1
        }
    };
    &mut groups[at].1
}
