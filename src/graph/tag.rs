//! Tags: what the labels of a node's samples add up to (pprof-behaviour 4.2).
//!
//! Samples share label lists, so sums are kept for each node and list, and only for the nodes that
//! are asked for; texts are made once a list, at the end.

use std::cmp::Reverse;

use super::node::{NodeId, Nodes, Weighing, Weight};
use crate::error::Result;
use crate::hash::Map;
use crate::measure;
use crate::model::{Label, LabelValue, Str};
use crate::view::{LabelUnits, PerList, View};

/// A label that samples of a node have, and their sums.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    /// As it is printed.
    pub name: Vec<u8>,
    /// Of a numeric label, the first value that is printed so.
    pub value: i64,
    /// Sums of the samples that have it.
    pub weight: Weight,
}

/// The tags of a node.
#[derive(Debug, Default)]
pub(crate) struct Tags {
    /// All string labels of a sample are one tag.
    pub labels: Vec<Tag>,
    /// Numeric labels, under the name of the string labels that go with them, which may be empty.
    pub numbers: Vec<(Vec<u8>, Vec<Tag>)>,
}

impl Tags {
    /// How many count when nodes are chosen: those that samples end in.
    pub(crate) fn count(&self) -> usize {
        let numbers = self.numbers.iter().flat_map(|(_, tags)| tags);
        let all = self.labels.iter().chain(numbers);
        all.filter(|tag| tag.weight.flat != 0).count()
    }

    /// Leaves out what is lighter than `cutoff`.
    pub(crate) fn drop_light(&mut self, cutoff: i64) {
        let keep = |tag: &Tag| {
            let Weight { flat, cum, .. } = tag.weight;
            flat.wrapping_abs() >= cutoff || cum.wrapping_abs() >= cutoff
        };
        self.labels.retain(keep);
        for (_, tags) in &mut self.numbers {
            tags.retain(keep);
        }
    }

    /// The numeric tags that go with a tag of string labels, or with none (empty).
    pub(crate) fn numbers_of(&self, label: &[u8]) -> &[Tag] {
        let found = self.numbers.iter().find(|(name, _)| name == label);
        found.map_or(&[], |(_, tags)| tags)
    }
}

/// Sorts tags, heaviest first: by cum unless only flat counts, then by flat, then by name.
pub(crate) fn sort_tags(tags: &mut [Tag], flat_only: bool) {
    tags.sort_by(|a, b| {
        let cum = |tag: &Tag| Reverse((!flat_only).then_some(tag.weight.cum.wrapping_abs()));
        let flat = |tag: &Tag| Reverse(tag.weight.flat.wrapping_abs());
        (cum(a), flat(a), &a.name).cmp(&(cum(b), flat(b), &b.name))
    });
}

/// What makes tags of labels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TagUnits<'a> {
    /// The unit of each numeric label.
    pub labels: &'a LabelUnits,
    /// The `unit` option.
    pub shown: &'a [u8],
}

/// The tags of the chosen nodes, in their order.
pub(crate) fn tags(
    nodes: &Nodes<'_>,
    weighing: Weighing,
    chosen: &[NodeId],
    units: TagUnits<'_>,
) -> Result<Vec<Tags>> {
    let view = nodes.view();
    let matters = |labels: &[Label]| labels.iter().any(|label| Kind::of(view, label).is_some());
    let known = !view.profile.brings_lists();
    if chosen.is_empty() || known && !view.lists().all().any(matters) {
        return Ok(chosen.iter().map(|_| Tags::default()).collect());
    }
    let mut lists = Lists {
        view,
        units,
        groups: Map::default(),
        lists: Vec::new(),
    };
    let sums = gather(nodes, weighing, chosen, &mut lists)?;
    Ok(sums.iter().map(|sums| lists.tags(sums)).collect())
}

/// What a label is to graphs.
enum Kind {
    Text(Str),
    Bytes(i64),
}

impl Kind {
    /// As pprof-behaviour 4.2: of numeric labels only `bytes` counts, and the mark of a base is none.
    fn of(view: &View<'_>, label: &Label) -> Option<Kind> {
        match label.value {
            LabelValue::Text(text) if view.text(label.key) != b"pprof::base" => {
                Some(Kind::Text(text))
            }
            LabelValue::Number(number, _) if view.text(label.key) == b"bytes" => {
                Some(Kind::Bytes(number))
            }
            _ => None,
        }
    }
}

/// The sums of a node's label lists, in the order in which its samples first have them.
type Sums = Vec<(u32, Weight)>;

/// The sums of each chosen node, of the label lists that matter.
fn gather(
    nodes: &Nodes<'_>,
    weighing: Weighing,
    chosen: &[NodeId],
    lists: &mut Lists<'_, '_>,
) -> Result<Vec<Sums>> {
    let mut places: Vec<Option<u32>> = vec![None; nodes.len()];
    for (place, node) in (0..).zip(chosen) {
        places[node.at()] = Some(place);
    }
    let mut sums: Vec<Sums> = vec![Vec::new(); chosen.len()];
    let mut rows: Map<u64, u32> = Map::default();
    // The sample that last reached each chosen node: recursion counts once.
    let mut reached = vec![0u32; chosen.len()];
    let mut serial = 0u32;
    let mut path = Vec::new();
    let mut numbers = PerList::default();
    nodes.view().scan(|row| {
        let (value, divisor) = weighing.of(row.values);
        if value == 0 && divisor == 0 {
            return;
        }
        let Some(list) = *numbers.of(row.labels, |labels| lists.number(labels)) else {
            return;
        };
        serial = serial.wrapping_add(1);
        nodes.path(row.stack, &mut path);
        for (at, node) in path.iter().enumerate() {
            let Some(place) = places[node.at()] else {
                continue;
            };
            let first = std::mem::replace(&mut reached[place as usize], serial) != serial;
            let leaf = at + 1 == path.len();
            if !first && !leaf {
                continue;
            }
            let sums = &mut sums[place as usize];
            let key = u64::from(place) << 32 | u64::from(list);
            let at = *rows.entry(key).or_insert(sums.len() as u32) as usize;
            if at == sums.len() {
                sums.push((list, Weight::default()));
            }
            if first {
                sums[at].1.pass(value, divisor);
            }
            if leaf {
                sums[at].1.end(value, divisor);
            }
        }
    })?;
    Ok(sums)
}

/// The texts of label lists, made once each.
struct Lists<'v, 'u> {
    view: &'v View<'v>,
    units: TagUnits<'u>,
    /// The numbers of the tags that string labels make.
    groups: Map<Vec<u8>, u32>,
    lists: Vec<List>,
}

/// A label list as graphs show it.
struct List {
    /// The number of `name`, which others may share.
    group: u32,
    name: Vec<u8>,
    numbers: Vec<(Vec<u8>, i64)>,
}

impl Lists<'_, '_> {
    fn tags(&self, sums: &Sums) -> Tags {
        let mut tags = Tags::default();
        let mut labels: Map<u32, usize> = Map::default();
        let mut groups: Map<u32, usize> = Map::default();
        let mut numbers: Map<(u32, Vec<u8>), usize> = Map::default();
        for (list, weight) in sums {
            let list = &self.lists[*list as usize];
            if !list.name.is_empty() {
                let at = *labels.entry(list.group).or_insert(tags.labels.len());
                add(&mut tags.labels, at, (&list.name, 0), weight);
            }
            if list.numbers.is_empty() {
                continue;
            }
            let at = *groups.entry(list.group).or_insert(tags.numbers.len());
            if at == tags.numbers.len() {
                tags.numbers.push((list.name.clone(), Vec::new()));
            }
            let tags = &mut tags.numbers[at].1;
            for (name, value) in &list.numbers {
                let key = (list.group, name.clone());
                let at = *numbers.entry(key).or_insert(tags.len());
                add(tags, at, (name, *value), weight);
            }
        }
        tags
    }

    /// The number of a list; `None` where it is nothing to graphs.
    fn number(&mut self, labels: &[Label]) -> Option<u32> {
        let mut texts: Vec<Vec<u8>> = Vec::new();
        let mut numbers = Vec::new();
        for label in labels {
            match Kind::of(self.view, label) {
                Some(Kind::Text(text)) => {
                    texts.push([self.view.text(label.key), b":", self.view.text(text)].concat());
                }
                Some(Kind::Bytes(value)) => {
                    let unit = self.units.labels.get(label.key);
                    let name = measure::scaled_label(value, unit, self.units.shown);
                    numbers.push((name, value));
                }
                None => {}
            }
        }
        if texts.is_empty() && numbers.is_empty() {
            return None;
        }
        texts.sort();
        // The two characters with which Graphviz breaks a line.
        let name = texts.join(&br"\n"[..]);
        let next = self.groups.len() as u32;
        let group = *self.groups.entry(name.clone()).or_insert(next);
        self.lists.push(List {
            group,
            name,
            numbers,
        });
        Some(self.lists.len() as u32 - 1)
    }
}

/// Adds a weight to the tag at `at`, which is made when it is the next one.
fn add(tags: &mut Vec<Tag>, at: usize, (name, value): (&[u8], i64), weight: &Weight) {
    if at == tags.len() {
        tags.push(Tag {
            name: name.to_vec(),
            value,
            weight: Weight::default(),
        });
    }
    tags[at].weight.add(weight);
}
