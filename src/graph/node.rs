//! Nodes: what a granularity makes of locations, and the values that samples give them.
//!
//! Two lines are one node when everything their granularity keeps is equal (pprof-behaviour 4.1).

use crate::hash::Map;
use std::borrow::Cow;

use super::path::PathTrim;
use super::tree::Tree;
use crate::error::Result;
use crate::go::fmt::push_int;
use crate::go::path::{base, clean};
use crate::model::{LocationId, Str, Strings};
use crate::view::View;

/// A row of [`Nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(u32);

impl NodeId {
    /// The node of a row.
    pub(super) fn new(row: usize) -> NodeId {
        NodeId(row as u32)
    }

    /// The row as an index.
    #[inline(always)]
    pub(crate) fn at(self) -> usize {
        self.0 as usize
    }
}

/// What tells nodes apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// Function name, a text of the view.
    pub name: Str,
    /// Cleaned path, a text of the nodes' own.
    file: Str,
    /// Instruction.
    pub address: u64,
    /// First line of the function, where it takes part.
    pub start_line: i64,
    /// Line number.
    pub line: i64,
    /// Column number.
    pub column: i64,
    /// Path of the binary, a text of the view, where it takes part.
    object: Str,
}

/// The sums of a node's samples.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weight {
    /// Of samples that end in it.
    pub flat: i64,
    /// Divisor of `flat` for means.
    pub flat_div: i64,
    /// Of samples that pass through it, each once.
    pub cum: i64,
    /// Divisor of `cum` for means.
    pub cum_div: i64,
}

impl Weight {
    /// Counts a sample that passes through.
    pub(super) fn pass(&mut self, value: i64, divisor: i64) {
        self.cum = self.cum.wrapping_add(value);
        self.cum_div = self.cum_div.wrapping_add(divisor);
    }

    /// Counts a sample that ends here.
    pub(super) fn end(&mut self, value: i64, divisor: i64) {
        self.flat = self.flat.wrapping_add(value);
        self.flat_div = self.flat_div.wrapping_add(divisor);
    }

    /// Adds another node's or tag's sums.
    pub(crate) fn add(&mut self, other: &Weight) {
        self.pass(other.cum, other.cum_div);
        self.end(other.flat, other.flat_div);
    }

    /// `flat`, or its mean.
    pub(crate) fn flat_value(&self) -> i64 {
        mean(self.flat, self.flat_div)
    }

    /// `cum`, or its mean.
    pub(crate) fn cum_value(&self) -> i64 {
        mean(self.cum, self.cum_div)
    }
}

/// What passes a node while samples are counted: no more than every frame asks for, so that the
/// tallies of many nodes stay near the processor.
#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    cum: i64,
    /// The sample that last reached it: a sample counts once however often it recurs.
    last: u32,
}

/// The nodes of each location, leaf first. Most have one, which is then one look-up away: this is
/// asked for every frame of every sample.
#[derive(Debug, Default)]
struct Frames {
    /// The node of a location; or, marked by [`Frames::SEVERAL`], where its nodes begin in `several`.
    first: Vec<NodeId>,
    /// How many nodes, then the nodes.
    several: Vec<NodeId>,
}

impl Frames {
    const SEVERAL: u32 = 1 << 31;

    fn push(&mut self, nodes: &[NodeId]) {
        if let [node] = nodes {
            self.first.push(*node);
            return;
        }
        let start = self.several.len() as u32;
        debug_assert!(start < Self::SEVERAL, "lines fit a table of 4 GiB");
        self.first.push(NodeId(start | Self::SEVERAL));
        self.several.push(NodeId::new(nodes.len()));
        self.several.extend_from_slice(nodes);
    }

    /// Puts the nodes of a stack into `nodes`, leaf first; apart from what is done with them, as [`tally`] is.
    #[inline(never)]
    fn spread(&self, stack: &[LocationId], nodes: &mut Vec<NodeId>) {
        nodes.clear();
        nodes.resize(stack.len(), NodeId(0));
        let (first, mut marks) = (&self.first[..], 0);
        for (node, location) in nodes.iter_mut().zip(stack) {
            *node = first[location.at()];
            marks |= node.0;
        }
        if marks & Self::SEVERAL != 0 {
            nodes.clear();
            for location in stack {
                nodes.extend_from_slice(self.of(*location));
            }
        }
    }

    #[inline(always)]
    fn of(&self, location: LocationId) -> &[NodeId] {
        let first = &self.first[location.at()];
        if first.0 & Self::SEVERAL == 0 {
            return std::slice::from_ref(first);
        }
        let start = (first.0 & !Self::SEVERAL) as usize;
        let end = start + 1 + self.several[start].at();
        &self.several[start + 1..end]
    }
}

/// Counts a sample for the nodes it passes. A loop of its own over what is ready: its many looks into memory
/// do not wait for one another.
#[inline(never)]
fn tally(tallies: &mut [Tally], passed: &[NodeId], value: i64, serial: u32) {
    for node in passed {
        let tally = &mut tallies[node.at()];
        let fresh = i64::from(tally.last != serial);
        tally.last = serial;
        tally.cum = tally.cum.wrapping_add(value.wrapping_mul(fresh));
    }
}

/// `value / divisor`, or the value where there is no divisor.
pub(crate) fn mean(value: i64, divisor: i64) -> i64 {
    match divisor {
        0 => value,
        _ => value.wrapping_div(divisor),
    }
}

/// Which of a sample's values count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weighing {
    /// The sample type.
    pub index: usize,
    /// Whether values are divided by the first value.
    pub mean: bool,
}

impl Weighing {
    /// Value and divisor of a sample.
    #[inline(always)]
    pub(crate) fn of(&self, values: &[i64]) -> (i64, i64) {
        let divisor = if self.mean { values[0] } else { 0 };
        (values[self.index], divisor)
    }
}

/// All nodes of a view, in the order in which its locations first name them; without samples
/// counted their values are not there to ask for. Or all contexts of a call tree, each with the key
/// of its node (see [`Nodes::in_context`]).
#[derive(Debug)]
pub(crate) struct Nodes<'v> {
    view: &'v View<'v>,
    files: Strings,
    keys: Vec<Key>,
    weights: Vec<Weight>,
    frames: Frames,
    /// Whether a node is ever inlined into another frame of its location.
    inlined: Vec<bool>,
    /// Where each row is a context, what it is a context of.
    tree: Option<Tree>,
}

impl<'v> Nodes<'v> {
    /// The nodes of all locations, without values. `paths` is `None` where paths stay whole;
    /// `objects` keeps functions of different binaries apart.
    pub(crate) fn new(view: &'v View<'v>, paths: Option<&PathTrim>, objects: bool) -> Nodes<'v> {
        let mut nodes = Nodes {
            view,
            files: Strings::default(),
            keys: Vec::new(),
            weights: Vec::new(),
            frames: Frames::default(),
            inlined: Vec::new(),
            tree: None,
        };
        let files = nodes.clean_files(paths);
        let mut rows: Map<Key, NodeId> = Map::default();
        // As many as there are most often, so that what is small grows in one step.
        rows.reserve(view.function_count().min(view.location_count()));
        let mut stack = Vec::new();
        for row in 0..view.location_count() {
            let location = LocationId::new(row as u32);
            let depth = view.lines(location).len().max(1);
            stack.clear();
            for at in 0..depth {
                let key = nodes.key_of(location, at, &files, objects);
                let next = NodeId::new(nodes.keys.len());
                let node = *rows.entry(key).or_insert(next);
                if node == next {
                    nodes.keys.push(key);
                    nodes.inlined.push(false);
                }
                nodes.inlined[node.at()] |= at + 1 < depth;
                stack.push(node);
            }
            nodes.frames.push(&stack);
        }
        nodes
    }

    /// The nodes of all locations with the values of the view's samples.
    pub(crate) fn weighed(
        view: &'v View<'v>,
        paths: &PathTrim,
        objects: bool,
        weighing: Weighing,
    ) -> Result<Nodes<'v>> {
        let mut nodes = Nodes::new(view, Some(paths), objects);
        let mut weights = vec![Weight::default(); nodes.len()];
        let mut tallies = vec![Tally::default(); nodes.len()];
        let mut ends = vec![0i64; nodes.len()];
        let mut serial = 0u32;
        let mut passed = Vec::new();
        view.scan(|row| {
            let (value, divisor) = weighing.of(row.values);
            if value == 0 && divisor == 0 {
                return;
            }
            serial = serial.wrapping_add(1);
            nodes.frames.spread(row.stack, &mut passed);
            if divisor != 0 {
                for node in &passed {
                    if tallies[node.at()].last != serial {
                        tallies[node.at()].last = serial;
                        weights[node.at()].pass(0, divisor);
                    }
                }
                serial = serial.wrapping_add(1);
                if let Some(leaf) = passed.first() {
                    weights[leaf.at()].end(0, divisor);
                }
            }
            tally(&mut tallies, &passed, value, serial);
            if let Some(leaf) = passed.first() {
                ends[leaf.at()] = ends[leaf.at()].wrapping_add(value);
            }
        })?;
        for ((weight, tally), flat) in weights.iter_mut().zip(tallies).zip(ends) {
            (weight.cum, weight.flat) = (tally.cum, flat);
        }
        nodes.weights = weights;
        Ok(nodes)
    }

    /// The same nodes with weights that were added up before.
    pub(crate) fn with_weights(mut self, weights: Vec<Weight>) -> Nodes<'v> {
        debug_assert_eq!(weights.len(), self.len());
        self.weights = weights;
        self
    }

    /// The values of all nodes.
    pub(crate) fn weights(&self) -> &[Weight] {
        &self.weights
    }

    /// How many nodes there are.
    pub(crate) fn len(&self) -> usize {
        match &self.tree {
            None => self.keys.len(),
            Some(_) => self.weights.len(),
        }
    }

    /// All nodes.
    pub(crate) fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.len()).map(NodeId::new)
    }

    /// The view they were made of.
    pub(crate) fn view(&self) -> &'v View<'v> {
        self.view
    }

    /// What tells a node apart.
    pub(crate) fn key(&self, node: NodeId) -> &Key {
        let row = match &self.tree {
            None => node,
            Some(tree) => tree.node(node),
        };
        &self.keys[row.at()]
    }

    /// What tells the function of a node apart: its key without the place in the function, and in a
    /// call tree the context it is called from.
    pub(crate) fn function(&self, node: NodeId) -> (Option<NodeId>, Key) {
        let parent = self.tree.as_ref().and_then(|tree| tree.parent(node));
        let key = Key {
            address: 0,
            line: 0,
            column: 0,
            ..*self.key(node)
        };
        (parent, key)
    }

    /// A node's values.
    pub(crate) fn weight(&self, node: NodeId) -> &Weight {
        &self.weights[node.at()]
    }

    /// The call tree that the rows are contexts of, where they are.
    pub(super) fn tree(&self) -> Option<&Tree> {
        self.tree.as_ref()
    }

    /// Makes each row a context of a tree.
    pub(super) fn set_tree(&mut self, tree: Tree, weights: Vec<Weight>) {
        self.tree = Some(tree);
        self.weights = weights;
    }

    /// Puts the rows that a stack passes into `rows`, root first; a row may recur.
    pub(super) fn path(&self, stack: &[LocationId], rows: &mut Vec<NodeId>) {
        rows.clear();
        let frames = stack.iter().rev().flat_map(|l| self.of(*l).iter().rev());
        match &self.tree {
            None => rows.extend(frames),
            Some(tree) => tree.path(frames.copied(), rows),
        }
    }

    /// The nodes of a location, leaf first; at least one.
    #[inline(always)]
    pub(crate) fn of(&self, location: LocationId) -> &[NodeId] {
        self.frames.of(location)
    }

    /// Whether a node is ever inlined into another line of its location.
    pub(crate) fn is_inlined(&self, node: NodeId) -> bool {
        self.inlined[node.at()]
    }

    /// Function name; may be empty.
    pub(crate) fn name(&self, node: NodeId) -> &[u8] {
        self.view.text(self.key(node).name)
    }

    /// Cleaned path; may be empty.
    pub(crate) fn file(&self, node: NodeId) -> &[u8] {
        self.files.get(self.key(node).file)
    }

    /// The binary, where it takes part; may be empty.
    pub(crate) fn object(&self, node: NodeId) -> &[u8] {
        self.view.text(self.key(node).object)
    }

    /// The name that reports print (pprof-behaviour 4.1).
    pub(crate) fn printable(&self, node: NodeId) -> Cow<'_, [u8]> {
        let (key, name) = (self.key(node), self.name(node));
        // A name alone, which is most of what is ever printed, costs no copy.
        if key.address == 0 && key.line == 0 && !name.is_empty() && self.file(node).is_empty() {
            return name.into();
        }
        let parts = self.name_parts(node, name, |file| file);
        parts.join(&b" "[..]).into()
    }

    /// What the printed name is made of, with another function name and what `shorten` leaves of the
    /// path.
    pub(crate) fn name_parts<'n>(
        &'n self,
        node: NodeId,
        name: &'n [u8],
        shorten: fn(&[u8]) -> &[u8],
    ) -> Vec<Cow<'n, [u8]>> {
        let (key, file) = (self.key(node), self.file(node));
        let file = if file.is_empty() { file } else { shorten(file) };
        let mut parts: Vec<Cow<'_, [u8]>> = Vec::with_capacity(3);
        if key.address != 0 {
            let digit = |at: u32| b"0123456789abcdef"[(key.address >> (4 * at) & 15) as usize];
            parts.push((0..16).rev().map(digit).collect());
        }
        if !name.is_empty() {
            parts.push(name.into());
        }
        if key.line != 0 {
            let mut place = file.to_vec();
            let column = Some(key.column).filter(|column| *column != 0);
            for number in [Some(key.line), column].into_iter().flatten() {
                place.push(b':');
                push_int(&mut place, number);
            }
            parts.push(place.into());
        } else if !file.is_empty() {
            parts.push(file.into());
        } else if name.is_empty() {
            parts.push(match self.object(node) {
                b"" => b"<unknown>".as_slice().into(),
                object => [b"[", base(object), b"]"].concat().into(),
            });
        }
        parts
    }

    /// The last resort of every order: Go's dump of the key (pprof-behaviour 4.5).
    pub(crate) fn dump(&self, node: NodeId) -> Vec<u8> {
        let key = self.key(node);
        let numbers = format!("{} {} {}", key.start_line, key.line, key.column);
        [
            b"{",
            self.name(node),
            b"  ",
            key.address.to_string().as_bytes(),
            b" ",
            self.file(node),
            b" ",
            numbers.as_bytes(),
            b" ",
            self.object(node),
            b"}",
        ]
        .concat()
    }

    /// Each function's path, trimmed and cleaned, as a text of the nodes' own.
    fn clean_files(&mut self, paths: Option<&PathTrim>) -> Vec<Str> {
        let view = self.view;
        let mut by_text: Map<Str, Str> = Map::default();
        let mut by_path: Map<Vec<u8>, Str> = Map::default();
        let files = &mut self.files;
        let mut intern = |filename: Str| {
            let whole = view.text(filename);
            let path = paths.map_or(whole, |paths| paths.apply(whole));
            if path.is_empty() {
                return Str::EMPTY;
            }
            let path = clean(path).into_owned();
            *by_path.entry(path).or_insert_with_key(|path| {
                let pushed = files.push(path);
                debug_assert!(pushed.is_some(), "no longer than the profile's own paths");
                pushed.unwrap_or_default()
            })
        };
        (0..view.function_count())
            .map(|row| {
                let filename = view.function(row).filename;
                *by_text.entry(filename).or_insert_with(|| intern(filename))
            })
            .collect()
    }
}

impl Nodes<'_> {
    fn key_of(&self, location: LocationId, at: usize, files: &[Str], objects: bool) -> Key {
        let view = self.view;
        let object = view.mapping(location);
        let object = object.map_or(Str::EMPTY, |m| view.profile.mappings[m.at()].file);
        let address = view.address(location);
        let Some(line) = view.lines(location).get(at) else {
            return Key {
                name: Str::EMPTY,
                file: Str::EMPTY,
                address,
                start_line: 0,
                line: 0,
                column: 0,
                object,
            };
        };
        let function = view.function(line.function.at());
        let whole = objects || function.name == Str::EMPTY;
        let (number, column) = view.position(line);
        Key {
            name: function.name,
            file: files[line.function.at()],
            address,
            start_line: if whole { function.start_line } else { 0 },
            line: number,
            column,
            object: if whole { object } else { Str::EMPTY },
        }
    }
}
