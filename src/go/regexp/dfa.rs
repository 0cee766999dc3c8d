//! The automaton that matches, its states made when a text first leads there.
//!
//! A state is the set of instructions that wait for the next character, so a text is read once, one step a
//! character, whatever the pattern. States take a bounded room; when it is full they are all dropped and
//! made again as needed.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::class;
use super::program::{Inst, Program};
use super::tree::Look;

/// Room for states in bytes, about.
const ROOM: usize = 1 << 20;

// Targets of a step that are no states. Zero is what a fresh row holds.
const UNKNOWN: u32 = 0;
const DEAD: u32 = 1;
const MATCHED: u32 = 2;
/// The target that is the first state.
const FIRST: u32 = 3;

// What was before a state's place, first number of its key. Only kept apart where the pattern looks.
const OTHER: u32 = 0;
const TEXT_START: u32 = 1;
const NEWLINE: u32 = 2;
const WORD: u32 = 3;

/// The states met so far.
pub(super) struct States {
    /// Row after row: the target of each symbol.
    targets: Vec<u32>,
    keys: Vec<Arc<[u32]>>,
    known: BTreeMap<Arc<[u32]>, u32>,
    room: usize,
    start: u32,
    here: Set,
    there: Set,
}

impl States {
    pub(super) fn new(program: &Program) -> States {
        States {
            targets: Vec::new(),
            keys: Vec::new(),
            known: BTreeMap::new(),
            room: ROOM,
            start: UNKNOWN,
            here: Set::new(program.insts.len()),
            there: Set::new(program.insts.len()),
        }
    }

    pub(super) fn is_match(&mut self, program: &Program, text: &[u8]) -> bool {
        let width = program.symbols.end() as usize + 1;
        let mut state = self.start(program);
        let mut rest = text;
        while state >= FIRST {
            let (symbol, length) = match rest.first() {
                Some(&byte) => program.symbols.first(rest, byte),
                None => (program.symbols.end(), 0),
            };
            let target = self.targets[(state - FIRST) as usize * width + symbol as usize];
            state = match target {
                UNKNOWN => self.step(program, state, symbol),
                _ => target,
            };
            rest = &rest[length..];
        }
        state == MATCHED
    }

    fn start(&mut self, program: &Program) -> u32 {
        if self.start == UNKNOWN {
            self.there.clear();
            self.there.insert(program.start);
            self.start = self.settle(program, TEXT_START);
        }
        self.start
    }

    /// Computes a target and notes it. At the end of the text it is `MATCHED` or `DEAD`.
    fn step(&mut self, program: &Program, state: u32, symbol: u32) -> u32 {
        let key = Arc::clone(&self.keys[(state - FIRST) as usize]);
        let rune = program.symbols.rune(symbol);
        self.here.clear();
        key[1..].iter().for_each(|&at| self.here.insert(at));
        let around = Around {
            before: key[0],
            after: rune,
        };
        let target = if close(program, &mut self.here, Some(around)) {
            MATCHED
        } else if let Some(rune) = rune {
            self.consume(program, symbol);
            self.settle(program, before(rune))
        } else {
            DEAD
        };
        let width = program.symbols.end() as usize + 1;
        let place = (state - FIRST) as usize * width + symbol as usize;
        // A new state may have cost the old ones their room.
        if self
            .keys
            .get((state - FIRST) as usize)
            .is_some_and(|now| Arc::ptr_eq(now, &key))
        {
            self.targets[place] = target;
        }
        target
    }

    /// Fills `there` with what waits behind the symbol.
    fn consume(&mut self, program: &Program, symbol: u32) {
        self.there.clear();
        for &at in &self.here.members {
            match program.insts[at as usize] {
                Inst::Class { class, next } if program.class_has(class, symbol) => {
                    self.there.insert(next);
                }
                Inst::Class { .. } | Inst::Split(..) | Inst::Look(..) | Inst::Match => {}
            }
        }
        if !program.anchored {
            self.there.insert(program.start);
        }
    }

    /// The state that waits where `there` leads, or how the match ends.
    fn settle(&mut self, program: &Program, before: u32) -> u32 {
        if close(program, &mut self.there, None) {
            return MATCHED;
        }
        let waits = |at: &u32| {
            matches!(
                program.insts[*at as usize],
                Inst::Class { .. } | Inst::Look(..)
            )
        };
        let mut key = vec![if tells_apart(&program.looks, before) {
            before
        } else {
            OTHER
        }];
        key.extend(self.there.members.iter().copied().filter(waits));
        if key.len() == 1 {
            return DEAD;
        }
        key[1..].sort_unstable();
        self.number(program, key)
    }

    fn number(&mut self, program: &Program, key: Vec<u32>) -> u32 {
        if let Some(&known) = self.known.get(key.as_slice()) {
            return known;
        }
        let width = program.symbols.end() as usize + 1;
        let cost = 4 * (key.len() + width) + 128;
        if self.room < cost {
            self.targets.clear();
            self.keys.clear();
            self.known.clear();
            self.start = UNKNOWN;
            self.room = ROOM;
        }
        self.room = self.room.saturating_sub(cost);
        let state = FIRST + self.keys.len() as u32;
        let key: Arc<[u32]> = key.into();
        self.targets.resize(self.targets.len() + width, UNKNOWN);
        self.keys.push(Arc::clone(&key));
        self.known.insert(key, state);
        state
    }
}

fn before(rune: u32) -> u32 {
    match rune {
        0xa => NEWLINE,
        _ if class::is_word(rune) => WORD,
        _ => OTHER,
    }
}

/// Whether one of the conditions depends on `before`.
fn tells_apart(looks: &[Look], before: u32) -> bool {
    looks.iter().any(|look| match look {
        Look::TextStart => before == TEXT_START,
        Look::LineStart => before == TEXT_START || before == NEWLINE,
        Look::WordBoundary | Look::NoWordBoundary => before == WORD,
        Look::TextEnd | Look::LineEnd => false,
    })
}

/// The place between two characters.
#[derive(Clone, Copy)]
struct Around {
    before: u32,
    after: Option<u32>,
}

impl Around {
    fn satisfies(self, look: Look) -> bool {
        let boundary = || (self.before == WORD) != self.after.is_some_and(class::is_word);
        match look {
            Look::TextStart => self.before == TEXT_START,
            Look::LineStart => matches!(self.before, TEXT_START | NEWLINE),
            Look::TextEnd => self.after.is_none(),
            Look::LineEnd => self.after.is_none_or(|rune| rune == 0xa),
            Look::WordBoundary => boundary(),
            Look::NoWordBoundary => !boundary(),
        }
    }
}

/// Adds what the members lead to without a character; true when that is the end of the pattern.
fn close(program: &Program, set: &mut Set, around: Option<Around>) -> bool {
    let mut at = 0;
    while let Some(&member) = set.members.get(at) {
        match program.insts[member as usize] {
            Inst::Split(one, other) => {
                set.insert(one);
                set.insert(other);
            }
            Inst::Look(look, next) if around.is_some_and(|place| place.satisfies(look)) => {
                set.insert(next)
            }
            Inst::Match => return true,
            Inst::Class { .. } | Inst::Look(..) => {}
        }
        at += 1;
    }
    false
}

/// A set of instructions in order of arrival.
struct Set {
    members: Vec<u32>,
    /// For each instruction where it stands in `members`, if that place agrees.
    places: Vec<u32>,
}

impl Set {
    fn new(size: usize) -> Set {
        Set {
            members: Vec::new(),
            places: vec![0; size],
        }
    }

    fn clear(&mut self) {
        self.members.clear();
    }

    fn insert(&mut self, inst: u32) {
        let place = self.places[inst as usize] as usize;
        if self.members.get(place) != Some(&inst) {
            self.places[inst as usize] = self.members.len() as u32;
            self.members.push(inst);
        }
    }
}
