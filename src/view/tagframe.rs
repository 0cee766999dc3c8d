//! tagroot and tagleaf: label values as frames above the roots or below the leaves.
//!
//! Each distinct (values, key) becomes a function named by the values, in a file named by the key,
//! at a location of its own (pprof-behaviour 5). They exist in the view only.

use std::borrow::Cow;
use std::collections::hash_map::Entry;

use super::labels::Told;
use super::step::Step;
use super::{Pseudo, View};
use crate::error::Result;
use crate::hash::Map;
use crate::measure;
use crate::model::label::{number_groups, text_groups};
use crate::model::{FunctionId, Label, LabelSets, Line, LocationId, Profile, Str};

/// The keys of tagroot and tagleaf, and the unit of numeric values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TagFrames<'a> {
    /// `tagroot`, keys separated by commas.
    pub root: &'a str,
    /// `tagleaf`, keys separated by commas.
    pub leaf: &'a str,
    /// The `unit` option.
    pub unit: &'a str,
}

impl View<'_> {
    /// Adds the frames; tells whether any sample had a label for tagroot and for tagleaf.
    pub(crate) fn add_tag_frames(&mut self, asked: TagFrames<'_>) -> Result<(bool, bool)> {
        let keys = |list: &str| -> Vec<Vec<u8>> {
            let keys = list.split(',').filter(|key| !key.is_empty());
            keys.rev().map(|key| key.as_bytes().to_vec()).collect()
        };
        let (root_keys, leaf_keys) = (keys(asked.root), keys(asked.leaf));
        if root_keys.is_empty() && leaf_keys.is_empty() {
            return Ok((false, false));
        }
        let mut rule = FrameRule {
            root_keys,
            leaf_keys,
            unit: asked.unit.as_bytes().to_vec(),
            first_location: self.location_count(),
            ids: Map::default(),
        };
        let mut functions = Vec::new();
        let mut matched = (false, false);
        let profile = self.profile;
        profile.label_lists(&mut |labels| {
            let (roots, leaves) = (rule.root_keys.clone(), rule.leaf_keys.clone());
            matched.0 |= rule.meet(profile, (&roots, labels), &mut functions);
            matched.1 |= rule.meet(profile, (&leaves, labels), &mut functions);
        })?;
        self.adopt(functions);
        rule.tell(profile, &profile.label_sets, &mut self.told);
        self.rules.frames = Some(rule);
        self.steps.push(Step::TagFrames);
        Ok(matched)
    }

    /// Makes functions and locations of (name, file) pairs.
    fn adopt(&mut self, functions: Vec<(Vec<u8>, Vec<u8>)>) {
        let profile = self.profile;
        let mut known: Map<&[u8], Str> = Map::default();
        let wanted: Map<&[u8], ()> = functions
            .iter()
            .flat_map(|(name, file)| [(name.as_slice(), ()), (file.as_slice(), ())])
            .collect();
        for (id, text) in profile.strings.iter() {
            if wanted.contains_key(text) {
                known.entry(text).or_insert(id);
            }
        }
        let greatest = |ids: &[u64]| ids.iter().max().copied().unwrap_or(0);
        let mut pseudo = Pseudo {
            last_function_id: greatest(&profile.functions.id),
            last_location_id: greatest(&profile.locations.id),
            ..Pseudo::default()
        };
        let mut lines = self.lines.clone().into_owned();
        let first_text = profile.strings.len() as u32;
        for (name, file) in &functions {
            let mut id = |text| {
                *known.entry(text).or_insert_with(|| {
                    let row = pseudo.texts.len() as u32 - 1;
                    let pushed = pseudo.texts.push(text);
                    debug_assert!(pushed.is_some(), "label values fit the profile's own table");
                    Str::new(first_text + row)
                })
            };
            let ids = (id(name), id(file));
            let row = profile.functions.len() + pseudo.functions.len();
            pseudo.functions.push(ids);
            let line = Line {
                function: FunctionId::new(row as u32),
                line: 0,
                column: 0,
            };
            super::filter::push(&mut lines, [line]);
        }
        self.pseudo = pseudo;
        self.lines = Cow::Owned(lines);
    }
}

/// tagroot and tagleaf, and the locations that they make, numbered by first use.
#[derive(Debug)]
pub(super) struct FrameRule {
    root_keys: Vec<Vec<u8>>,
    leaf_keys: Vec<Vec<u8>>,
    unit: Vec<u8>,
    first_location: usize,
    ids: Map<(Vec<u8>, Vec<u8>), LocationId>,
}

impl FrameRule {
    /// Makes the frames of a label list that there are not yet; true when it has a value for any key.
    fn meet(
        &mut self,
        profile: &Profile,
        (keys, labels): (&[Vec<u8>], &[Label]),
        functions: &mut Vec<(Vec<u8>, Vec<u8>)>,
    ) -> bool {
        let mut matched = false;
        for key in keys {
            let values = values(profile, labels, key, &self.unit);
            matched |= !values.is_empty();
            let function = (values.join(&b","[..]), key.clone());
            let next = LocationId::new((self.first_location + functions.len()) as u32);
            if let Entry::Vacant(vacant) = self.ids.entry(function) {
                functions.push(vacant.key().clone());
                vacant.insert(next);
            }
        }
        matched
    }

    /// The frames of each list, leaf first.
    pub(super) fn tell(&self, profile: &Profile, sets: &LabelSets, told: &mut Told) {
        for (keys, table) in [
            (&self.leaf_keys, &mut told.leaves),
            (&self.root_keys, &mut told.roots),
        ] {
            for row in 0..sets.len() {
                for key in keys {
                    let values = values(profile, sets.row(row), key, &self.unit);
                    let function = (values.join(&b","[..]), key.clone());
                    self.ids
                        .get(&function)
                        .into_iter()
                        .for_each(|id| table.add(*id));
                }
                let closed = table.close();
                debug_assert!(closed.is_some(), "a few keys for each label list");
            }
        }
    }
}

/// The values of a key: texts first, then numbers in the unit asked for.
fn values(profile: &Profile, labels: &[Label], key: &[u8], unit: &[u8]) -> Vec<Vec<u8>> {
    let strings = &profile.strings;
    let mut values: Vec<Vec<u8>> = Vec::new();
    for (found, texts) in text_groups(strings, labels) {
        if strings.get(found) == key {
            values.extend(texts.iter().map(|text| text.to_vec()));
        }
    }
    for (found, numbers) in number_groups(strings, labels) {
        if strings.get(found) != key {
            continue;
        }
        let units = numbers.iter().any(|(_, unit)| unit.is_some());
        values.extend(numbers.iter().map(|(value, from)| match units {
            true => measure::scaled_label(*value, strings.get(from.unwrap_or_default()), unit),
            false => measure::scaled_label(*value, b"", b""),
        }));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::profile;
    use crate::view::Base;

    #[test]
    fn the_first_root_key_is_the_root_and_the_last_leaf_key_the_leaf() {
        let base = Base::plain(profile("main{a=x,b=2048b} 1"));
        let mut view = View::new(&base);
        let asked = TagFrames {
            root: "a,b",
            leaf: "a,c",
            unit: "minimum",
        };
        assert_eq!(view.add_tag_frames(asked).unwrap(), (true, true));
        let mut names = Vec::new();
        view.scan(|row| {
            for location in row.stack {
                let function = view.function(view.lines(*location)[0].function.at());
                names.push(String::from_utf8_lossy(view.text(function.name)).into_owned());
            }
        })
        .unwrap();
        assert_eq!(names, ["", "x", "main", "2kB", "x"]);
    }
}
