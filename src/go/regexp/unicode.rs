//! `\p{...}` and case folding, from tables that tests/oracle/tables/unicode.go writes and describes.
//!
//! They hold the Unicode version of the pinned Go, whatever version the compiler's own library has.

use super::class::{Class, MAX};

/// Runs of general categories over all code points.
const CATEGORIES: &[u8] = include_bytes!("categories.bin");
/// Runs of scripts over all code points.
const SCRIPTS: &[u8] = include_bytes!("scripts.bin");
/// Runs of characters with the way to the next of their case orbit.
const FOLDS: &[u8] = include_bytes!("folds.bin");
/// Three lines of names: categories and scripts in the order of their values, aliases of categories.
const NAMES: &str = include_str!("names.txt");

/// The class a name within `\p{...}` stands for; case, blanks, `-` and `_` make no difference.
pub(super) fn named_class(name: &[u8]) -> Option<Class> {
    let mut lines = NAMES.lines();
    let mut names = || lines.next().unwrap_or("").split(' ');
    let (categories, scripts, mut aliases) = (names(), names(), names());
    if same_name(name, "any") {
        return Some(Class::of(&[(0, MAX)]));
    }
    if same_name(name, "ascii") {
        return Some(Class::of(&[(0, 0x7f)]));
    }
    if same_name(name, "assigned") {
        return Some(class_of(CATEGORIES, &positions(categories, "Cn")).negated());
    }
    let alias = aliases.find_map(|alias| {
        let (alias, category) = alias.split_once('=')?;
        same_name(name, alias).then_some(category)
    });
    let category = match alias {
        Some(category) => category.to_string(),
        None => canonical(name),
    };
    let values = positions(categories, &category);
    if !values.is_empty() {
        return Some(class_of(CATEGORIES, &values));
    }
    let script = scripts
        .into_iter()
        .position(|script| same_name(name, script))?;
    Some(class_of(SCRIPTS, &[script + 1]))
}

/// Whether the class has fold partners outside itself that Go does not know of: `(?i)\p{LC}` lacks U+0345.
pub(super) fn never_folds(name: &[u8]) -> bool {
    same_name(name, "LC") || same_name(name, "Cased_Letter")
}

/// The values of a category: one, or all of a group (`L` all that begin with it, `LC` the cased letters).
fn positions<'a>(categories: impl Iterator<Item = &'a str>, name: &str) -> Vec<usize> {
    let group = |category: &str| match name {
        "Lc" | "LC" => matches!(category, "Lu" | "Ll" | "Lt"),
        _ => category == name || name.len() == 1 && category.starts_with(name),
    };
    (1..)
        .zip(categories)
        .filter(|(_, category)| group(category))
        .map(|(value, _)| value)
        .collect()
}

fn same_name(name: &[u8], other: &str) -> bool {
    letters(name).eq(letters(other.as_bytes()))
}

fn letters(name: &[u8]) -> impl Iterator<Item = u8> {
    name.iter()
        .filter(|byte| !matches!(byte, b'_' | b'-' | b' '))
        .map(u8::to_ascii_lowercase)
}

/// First letter a capital, the others small.
fn canonical(name: &[u8]) -> String {
    let mut text: String = letters(name).map(char::from).collect();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// The code points with one of these values.
fn class_of(mut runs: &[u8], values: &[usize]) -> Class {
    let mut class = Class::default();
    let mut first = 0;
    while let Some(&head) = runs.split_off_first() {
        let mut value = usize::from(head >> 3);
        if value == 31 {
            value = runs.split_off_first().copied().unwrap_or(0).into();
        }
        let length = match u32::from(head & 7) {
            7 => varint(&mut runs),
            short => short + 1,
        };
        if values.contains(&value) {
            class.add(first, first + length - 1);
        }
        first += length;
    }
    class
}

fn varint(bytes: &mut &[u8]) -> u32 {
    let mut value = 0;
    for shift in (0..32).step_by(7) {
        let byte = bytes.split_off_first().copied().unwrap_or(0);
        value |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    value
}

/// Go's `unicode.SimpleFold`: the characters that differ only in case, as a ring.
pub(super) struct Folds {
    /// Character and the next in its ring, ascending.
    next: Vec<(u32, u32)>,
}

impl Folds {
    /// Unpacks the table.
    pub(super) fn load() -> Folds {
        let (mut runs, mut first, mut next) = (FOLDS, 0, Vec::new());
        while !runs.is_empty() {
            first += varint(&mut runs);
            let shape = varint(&mut runs);
            let zigzag = varint(&mut runs);
            let delta = (zigzag >> 1) as i32 ^ -((zigzag & 1) as i32);
            let step = 1 + (shape & 1);
            next.extend((0..shape / 2).map(|n| {
                let rune = first + n * step;
                (rune, rune.wrapping_add_signed(delta))
            }));
        }
        next.sort_unstable();
        Folds { next }
    }

    /// The characters from `low` to `high` that have others in their ring.
    pub(super) fn within(&self, low: u32, high: u32) -> &[(u32, u32)] {
        let from = self.next.partition_point(|fold| fold.0 < low);
        let to = self.next.partition_point(|fold| fold.0 <= high);
        &self.next[from..to]
    }

    /// Calls for every other character of the ring.
    pub(super) fn others(&self, rune: u32, mut found: impl FnMut(u32)) {
        let mut at = rune;
        while let Ok(place) = self.next.binary_search_by_key(&at, |fold| fold.0) {
            at = self.next[place].1;
            if at == rune {
                return;
            }
            found(at);
        }
    }
}
