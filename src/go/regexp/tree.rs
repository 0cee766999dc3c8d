//! The syntax tree of a pattern, and the limits Go sets to it.
//!
//! Greediness, captures and their names are gone: whether a text matches does not depend on them.

use std::collections::BTreeMap;

use super::class::Range;

/// How deep Go lets expressions nest.
pub(super) const MAX_HEIGHT: u32 = 1000;
/// Instructions a pattern may need. Go allows 3.3 million (130 MB); a guest allows what the longest
/// argument of a command line can spell out.
pub(super) const MAX_SIZE: u64 = 1 << 17;
/// Ends of ranges that classes may have, counted each time they are written. Go allows 33 million.
pub(super) const MAX_RANGE_ENDS: usize = 1 << 20;
/// How many groups may be open at once: more would be too deep if they were closed, or cost memory for nothing.
pub(super) const MAX_OPEN: usize = 10_000;
/// How often nested counts may repeat the innermost expression.
pub(super) const MAX_REPEAT: u32 = 1000;

/// A parsed pattern.
pub(super) struct Tree {
    pub(super) root: Node,
    pub(super) classes: Classes,
}

/// A part of a pattern.
pub(super) struct Node {
    pub(super) kind: Kind,
    /// Levels, as Go counts them: a run of literals is one.
    pub(super) height: u32,
    /// Instructions, as Go estimates them.
    pub(super) size: u64,
}

/// What a part is.
pub(super) enum Kind {
    Empty,
    /// A character spelled out; with case folding the class may hold several.
    Literal(u32),
    Class(u32),
    Look(Look),
    Concat(Vec<Node>),
    Alternate(Vec<Node>),
    /// Kept because it is a level of its own.
    Capture(Box<Node>),
    Repeat {
        sub: Box<Node>,
        min: u32,
        max: Option<u32>,
    },
}

/// Conditions on the place between two characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    TextStart,
    TextEnd,
    LineStart,
    LineEnd,
    WordBoundary,
    NoWordBoundary,
}

impl Node {
    /// A node without nodes below it.
    pub(super) fn leaf(kind: Kind) -> Node {
        Node {
            kind,
            height: 1,
            size: 1,
        }
    }

    /// One after the other.
    pub(super) fn concat(mut parts: Vec<Node>) -> Node {
        if parts.len() == 1 {
            return parts.remove(0);
        }
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part.kind {
                Kind::Concat(inner) => flat.extend(inner),
                _ => flat.push(part),
            }
        }
        if flat.is_empty() {
            return Node::leaf(Kind::Empty);
        }
        let literal = flat
            .iter()
            .all(|part| matches!(part.kind, Kind::Literal(_)));
        let below = if literal { 0 } else { highest(&flat) };
        let size = flat.iter().map(|part| part.size).sum();
        Node {
            kind: Kind::Concat(flat),
            height: 1 + below,
            size,
        }
    }

    /// One or the other.
    pub(super) fn alternate(mut branches: Vec<Node>) -> Node {
        if branches.len() == 1 {
            return branches.remove(0);
        }
        let mut flat = Vec::with_capacity(branches.len());
        for branch in branches {
            match branch.kind {
                Kind::Alternate(inner) => flat.extend(inner),
                _ => flat.push(branch),
            }
        }
        let size = flat.iter().map(|branch| branch.size + 1).sum::<u64>() - 1;
        Node {
            height: 1 + highest(&flat),
            kind: Kind::Alternate(flat),
            size,
        }
    }

    /// In parentheses.
    pub(super) fn capture(sub: Node) -> Node {
        Node {
            height: 1 + sub.height,
            size: 2 + sub.size,
            kind: Kind::Capture(Box::new(sub)),
        }
    }

    /// Again and again; without `max` there is no end.
    pub(super) fn repeat(sub: Node, min: u32, max: Option<u32>) -> Node {
        let size = match max {
            None if min == 0 => 2 + sub.size,
            None => 1 + u64::from(min) * sub.size,
            // x{2,5} = xx(x(x(x)?)?)?
            Some(max) => u64::from(max) * sub.size + u64::from(max.saturating_sub(min)),
        };
        Node {
            height: 1 + sub.height,
            size: size.max(1),
            kind: Kind::Repeat {
                sub: Box::new(sub),
                min,
                max,
            },
        }
    }

    /// Whether counts within counts stay within `budget` copies of the innermost expression.
    pub(super) fn repeats_within(&self, budget: u32) -> bool {
        match &self.kind {
            Kind::Empty | Kind::Literal(_) | Kind::Class(_) | Kind::Look(_) => true,
            Kind::Concat(subs) | Kind::Alternate(subs) => {
                subs.iter().all(|sub| sub.repeats_within(budget))
            }
            Kind::Capture(sub) => sub.repeats_within(budget),
            Kind::Repeat { max: Some(0), .. } => true,
            Kind::Repeat { sub, min, max } => {
                let most = max.unwrap_or(*min);
                most <= budget && sub.repeats_within(budget / most.max(1))
            }
        }
    }
}

fn highest(nodes: &[Node]) -> u32 {
    nodes.iter().map(|node| node.height).max().unwrap_or(0)
}

/// The sets of code points of a pattern, each kept once; nodes hold their number.
#[derive(Default)]
pub(super) struct Classes {
    ids: BTreeMap<Vec<Range>, u32>,
}

impl Classes {
    /// The number of a set.
    pub(super) fn id(&mut self, ranges: Vec<Range>) -> u32 {
        let next = self.ids.len() as u32;
        *self.ids.entry(ranges).or_insert(next)
    }

    /// The sets in the order of their numbers.
    pub(super) fn into_vec(self) -> Vec<Vec<Range>> {
        let mut classes = vec![Vec::new(); self.ids.len()];
        for (ranges, id) in self.ids {
            classes[id as usize] = ranges;
        }
        classes
    }
}
