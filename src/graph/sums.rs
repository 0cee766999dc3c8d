//! The weights of nodes, kept for the next report of the same samples.
//!
//! At a prompt `top` is followed by `top -cum`, `tree` or `peek`: what the nodes add up to is the same,
//! and adding it up is most of what they cost. Whoever keeps them knows whether the samples are the same.

use std::cell::RefCell;

use super::node::Weight;

/// Weights of more nodes than these are added up again: 16 MB.
const MOST: usize = 1 << 19;

/// The weights of all nodes of a view, in their order, told apart by the binaries or not.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    rows: RefCell<[Option<Vec<Weight>>; 2]>,
}

impl Sums {
    /// Forgets them.
    pub(crate) fn clear(&self) {
        *self.rows.borrow_mut() = Default::default();
    }

    /// The weights where `objects` keeps functions of different binaries apart, if they are known.
    pub(crate) fn get(&self, objects: bool) -> Option<Vec<Weight>> {
        self.rows.borrow()[usize::from(objects)].clone()
    }

    /// Keeps weights, unless they are too many.
    pub(crate) fn keep(&self, objects: bool, weights: &[Weight]) {
        if weights.len() <= MOST {
            self.rows.borrow_mut()[usize::from(objects)] = Some(weights.to_vec());
        }
    }
}
