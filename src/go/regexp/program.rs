//! A tree as a program: instructions that consume one code point, branch, or look around.
//!
//! Code points that no class of the pattern tells apart are one symbol, so that the automaton's rows stay short.

use super::class::{self, MAX, Range};
use super::tree::{Kind, Look, Node, Tree};
use crate::go::utf8;

/// One instruction; others are named by their place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Inst {
    /// Consumes a code point of the class.
    Class {
        class: u32,
        next: u32,
    },
    Split(u32, u32),
    /// Goes on where the condition holds.
    Look(Look, u32),
    Match,
}

/// A compiled pattern.
pub(super) struct Program {
    pub(super) insts: Vec<Inst>,
    pub(super) start: u32,
    /// Whether a match can begin only where the text does.
    pub(super) anchored: bool,
    /// Which conditions it asks for.
    pub(super) looks: Vec<Look>,
    pub(super) symbols: Symbols,
    classes: Vec<Vec<Range>>,
}

impl Program {
    /// Whether a class holds the code points of a symbol: all or none of them.
    pub(super) fn class_has(&self, class: u32, symbol: u32) -> bool {
        let rune = self.symbols.runes[symbol as usize];
        class::contains(&self.classes[class as usize], rune)
    }
}

/// Compiles a parsed pattern.
pub(super) fn compile(tree: Tree) -> Program {
    let mut compiler = Compiler {
        insts: vec![Inst::Match],
        looks: Vec::new(),
    };
    let start = compiler.node(&tree.root, 0);
    let mut classes = tree.classes.into_vec();
    let used = classes.len();
    if !compiler.looks.is_empty() {
        // The conditions tell words and newlines apart, though no class may.
        classes.push(class::WORD.to_vec());
        classes.push(vec![(0xa, 0xa)]);
    }
    let symbols = Symbols::new(&classes);
    classes.truncate(used);
    Program {
        anchored: anchored(&compiler.insts, start),
        insts: compiler.insts,
        start,
        looks: compiler.looks,
        symbols,
        classes,
    }
}

/// Writes instructions back to front: each node is told where to go on.
struct Compiler {
    insts: Vec<Inst>,
    looks: Vec<Look>,
}

impl Compiler {
    fn add(&mut self, inst: Inst) -> u32 {
        self.insts.push(inst);
        self.insts.len() as u32 - 1
    }

    /// The instruction where the node begins.
    fn node(&mut self, node: &Node, next: u32) -> u32 {
        match &node.kind {
            Kind::Empty => next,
            Kind::Literal(class) | Kind::Class(class) => self.add(Inst::Class {
                class: *class,
                next,
            }),
            Kind::Look(look) => {
                if !self.looks.contains(look) {
                    self.looks.push(*look);
                }
                self.add(Inst::Look(*look, next))
            }
            Kind::Concat(subs) => subs
                .iter()
                .rev()
                .fold(next, |next, sub| self.node(sub, next)),
            Kind::Alternate(subs) => {
                let mut branches = subs.iter().rev();
                let last = branches.next().map_or(next, |sub| self.node(sub, next));
                branches.fold(last, |others, sub| {
                    let branch = self.node(sub, next);
                    self.add(Inst::Split(branch, others))
                })
            }
            Kind::Capture(sub) => self.node(sub, next),
            Kind::Repeat { sub, min, max } => self.repeat(sub, *min, *max, next),
        }
    }

    fn repeat(&mut self, sub: &Node, min: u32, max: Option<u32>, next: u32) -> u32 {
        let (copies, behind) = match max {
            Some(max) => {
                // x{2,5} = xx(x(x(x)?)?)?
                let behind = (min..max).fold(next, |inner, _| {
                    let body = self.node(sub, inner);
                    self.add(Inst::Split(body, next))
                });
                (min, behind)
            }
            None => {
                let again = self.add(Inst::Split(next, next));
                let body = self.node(sub, again);
                self.insts[again as usize] = Inst::Split(body, next);
                // The loop's own body is the last of the copies that must be.
                let entry = if min == 0 { again } else { body };
                (min.saturating_sub(1), entry)
            }
        };
        (0..copies).fold(behind, |next, _| self.node(sub, next))
    }
}

/// Whether every way from the start leads through a `TextStart`.
fn anchored(insts: &[Inst], start: u32) -> bool {
    let mut seen = vec![false; insts.len()];
    let mut ways = vec![start];
    while let Some(at) = ways.pop() {
        if std::mem::replace(&mut seen[at as usize], true) {
            continue;
        }
        match insts[at as usize] {
            Inst::Look(Look::TextStart, _) => {}
            Inst::Look(_, next) => ways.push(next),
            Inst::Split(one, other) => ways.extend([one, other]),
            Inst::Class { .. } | Inst::Match => return false,
        }
    }
    true
}

/// The alphabet of the automaton.
pub(super) struct Symbols {
    ascii: [u32; 128],
    /// Where each interval of code points begins, ascending from 0, and the symbol it is.
    intervals: Vec<(u32, u32)>,
    /// A code point for each symbol; the symbol behind them all is the end of the text.
    runes: Vec<u32>,
}

impl Symbols {
    fn new(classes: &[Vec<Range>]) -> Symbols {
        let mut starts: Vec<u32> = vec![0];
        for &(low, high) in classes.iter().flatten() {
            starts.push(low);
            if high < MAX {
                starts.push(high + 1);
            }
        }
        starts.sort_unstable();
        starts.dedup();
        let mut symbols = Symbols {
            ascii: [0; 128],
            intervals: Vec::with_capacity(starts.len()),
            runes: Vec::new(),
        };
        symbols.number(&starts, classes);
        for rune in 0..128 {
            symbols.ascii[rune as usize] = symbols.of_rune(rune);
        }
        symbols
    }

    /// Gives each interval its symbol: intervals in the same classes share one.
    fn number(&mut self, starts: &[u32], classes: &[Vec<Range>]) {
        let members = Members::new(starts, classes);
        let mut known = std::collections::BTreeMap::new();
        for (at, &start) in starts.iter().enumerate() {
            let next = self.runes.len() as u32;
            let symbol = match &members {
                Some(members) => *known.entry(members.of[at]).or_insert(next),
                None => next,
            };
            if symbol == next {
                self.runes.push(start);
            }
            self.intervals.push((start, symbol));
        }
    }

    /// The symbol a text begins with and its length in bytes, 0 at the end.
    pub(super) fn next(&self, text: &[u8]) -> (u32, usize) {
        let Some(&byte) = text.first() else {
            return (self.runes.len() as u32, 0);
        };
        match self.ascii.get(usize::from(byte)) {
            Some(&symbol) => (symbol, 1),
            None => {
                let (rune, length) = utf8::decode_rune(text);
                (self.of_rune(rune), length)
            }
        }
    }

    fn of_rune(&self, rune: u32) -> u32 {
        let after = self
            .intervals
            .partition_point(|interval| interval.0 <= rune);
        self.intervals[after - 1].1
    }

    /// How many symbols there are, the end of the text among them.
    pub(super) fn width(&self) -> usize {
        self.runes.len() + 1
    }

    /// A code point of the symbol, `None` at the end of the text.
    pub(super) fn rune(&self, symbol: u32) -> Option<u32> {
        self.runes.get(symbol as usize).copied()
    }
}

/// For each interval the classes it is in, one bit each.
struct Members {
    of: Vec<u128>,
}

impl Members {
    /// `None` where there are more classes than bits: then intervals are not told to be alike.
    fn new(starts: &[u32], classes: &[Vec<Range>]) -> Option<Members> {
        if classes.len() > 128 {
            return None;
        }
        let mut of = vec![0u128; starts.len()];
        for (bit, class) in classes.iter().enumerate() {
            for &(low, high) in class {
                let from = starts.partition_point(|&start| start < low);
                let to = starts.partition_point(|&start| start <= high);
                of[from..to].iter_mut().for_each(|bits| *bits |= 1 << bit);
            }
        }
        Some(Members { of })
    }
}
