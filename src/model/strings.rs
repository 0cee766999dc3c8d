//! The string table: all texts of a profile in one arena.
//!
//! Text is bytes, not `str`: a symbol may be invalid UTF-8 and must leave as it came.

use super::{Budget, Str};
use crate::hash::Map;

/// Texts by [`Str`]; `Str::EMPTY` is always there and empty.
#[derive(Debug, Clone)]
pub(crate) struct Strings {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Default for Strings {
    fn default() -> Self {
        Strings {
            bytes: Vec::new(),
            ends: vec![0],
        }
    }
}

impl Strings {
    /// The text of `id`.
    pub(crate) fn get(&self, id: Str) -> &[u8] {
        let start = match id.at() {
            0 => 0,
            at => self.ends[at - 1] as usize,
        };
        &self.bytes[start..self.ends[id.at()] as usize]
    }

    /// Makes room for one more text of `bytes`; `None` when the budget is spent.
    pub(crate) fn room(&mut self, bytes: usize, budget: &mut Budget) -> Option<()> {
        budget.room(&mut self.bytes, bytes)?;
        budget.room(&mut self.ends, 1)
    }

    /// Appends a text without looking for an equal one; `None` when the arena is full (4 GiB).
    pub(crate) fn push(&mut self, text: &[u8]) -> Option<Str> {
        let end = u32::try_from(self.bytes.len().checked_add(text.len())?).ok()?;
        let id = u32::try_from(self.ends.len()).ok()?;
        self.bytes.extend_from_slice(text);
        self.ends.push(end);
        Some(Str::new(id))
    }

    /// The id of a text, added where it is not there; looks through all texts, so not for many. `None`
    /// when the arena is full.
    pub(crate) fn intern(&mut self, text: &[u8]) -> Option<Str> {
        let known = self.iter().find(|(_, known)| *known == text);
        match known.map(|(id, _)| id) {
            Some(id) => Some(id),
            None => self.push(text),
        }
    }

    /// The ids of many texts, in one pass over the table; `None` when the arena is full.
    pub(crate) fn intern_all<'t>(
        &mut self,
        texts: impl Iterator<Item = &'t [u8]> + Clone,
    ) -> Option<Vec<Str>> {
        let mut ids: Map<&[u8], Option<Str>> = texts.clone().map(|text| (text, None)).collect();
        for (id, text) in self.iter() {
            if let Some(found) = ids.get_mut(text) {
                found.get_or_insert(id);
            }
        }
        texts
            .map(|text| {
                let id = ids.get_mut(text)?;
                if id.is_none() {
                    *id = Some(self.push(text)?);
                }
                *id
            })
            .collect()
    }

    /// Bytes of memory that are in use, about.
    pub(crate) fn weight(&self) -> usize {
        self.bytes.len() + size_of_val(&self.ends[..])
    }

    /// How many texts there are, the empty one included.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Every id with its text, in table order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Str, &[u8])> {
        (0..self.ends.len() as u32).map(|row| (Str::new(row), self.get(Str::new(row))))
    }
}
