//! tagroot and tagleaf: label values as frames above the roots or below the leaves.
//!
//! Each distinct (values, key) becomes a function named by the values, in a file named by the key,
//! at a location of its own (pprof-behaviour 5). They exist in the view only.

use crate::hash::Map;
use std::borrow::Cow;

use super::step::Step;
use super::{Pseudo, View};
use crate::measure;
use crate::model::label::{number_groups, text_groups};
use crate::model::{FunctionId, Label, Line, LocationId, Ragged, Str};

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
    pub(crate) fn add_tag_frames(&mut self, asked: TagFrames<'_>) -> (bool, bool) {
        let keys = |list: &str| -> Vec<Vec<u8>> {
            let keys = list.split(',').filter(|key| !key.is_empty());
            keys.rev().map(|key| key.as_bytes().to_vec()).collect()
        };
        let (root_keys, leaf_keys) = (keys(asked.root), keys(asked.leaf));
        if root_keys.is_empty() && leaf_keys.is_empty() {
            return (false, false);
        }
        let mut frames = NewFrames {
            unit: asked.unit.as_bytes(),
            first_location: self.location_count(),
            ids: Map::default(),
            functions: Vec::new(),
        };
        let (mut roots, mut leaves) = (Ragged::default(), Ragged::default());
        let mut matched = (false, false);
        for set in 0..self.labels.len() {
            let labels = self.labels.row(set);
            matched.0 |= frames.add(self, &root_keys, labels, &mut roots);
            matched.1 |= frames.add(self, &leaf_keys, labels, &mut leaves);
        }
        let functions = frames.functions;
        self.adopt(functions);
        self.steps.push(Step::TagFrames { leaves, roots });
        matched
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

/// The locations that tagroot and tagleaf make, numbered by first use.
struct NewFrames<'a> {
    unit: &'a [u8],
    first_location: usize,
    ids: Map<(Vec<u8>, Vec<u8>), LocationId>,
    functions: Vec<(Vec<u8>, Vec<u8>)>,
}

impl NewFrames<'_> {
    /// Appends the frames of one label list; true when it has a value for any key.
    fn add(
        &mut self,
        view: &View<'_>,
        keys: &[Vec<u8>],
        labels: &[Label],
        rows: &mut Ragged<LocationId>,
    ) -> bool {
        let mut matched = false;
        for key in keys {
            let values = values(view, labels, key, self.unit);
            matched |= !values.is_empty();
            rows.add(self.location(values.join(&b","[..]), key));
        }
        let closed = rows.close();
        debug_assert!(closed.is_some(), "a few keys for each label list");
        matched
    }

    fn location(&mut self, name: Vec<u8>, file: &[u8]) -> LocationId {
        let next = LocationId::new((self.first_location + self.functions.len()) as u32);
        let key = (name, file.to_vec());
        if let Some(id) = self.ids.get(&key) {
            return *id;
        }
        self.functions.push(key.clone());
        self.ids.insert(key, next);
        next
    }
}

/// The values of a key: texts first, then numbers in the unit asked for.
fn values(view: &View<'_>, labels: &[Label], key: &[u8], unit: &[u8]) -> Vec<Vec<u8>> {
    let strings = &view.profile.strings;
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
        assert_eq!(view.add_tag_frames(asked), (true, true));
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
