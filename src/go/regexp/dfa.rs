//! The automaton that matches, its states made when a text first leads there.
//!
//! A state is the set of instructions that wait for the next character, so a text is read once, one step a
//! character, whatever the pattern. States take a bounded room; when it is full they are all dropped, and
//! the text that filled it is read to its end without making states.

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
/// There is no room for the state that `there` would be.
const FULL: u32 = 3;
/// The target that is the first state.
const FIRST: u32 = 4;

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
    /// Instructions that may still be looked at; at 0 nothing matches any more.
    work: u64,
    /// The step being made: from what waits here, with this before it, to what waits there.
    here: Set,
    before: u32,
    there: Set,
}

impl States {
    /// None yet; `work` as for `Regexp::limited`.
    pub(super) fn new(program: &Program, work: u64) -> States {
        States {
            targets: Vec::new(),
            keys: Vec::new(),
            known: BTreeMap::new(),
            room: ROOM,
            start: UNKNOWN,
            work,
            here: Set::new(program.insts.len()),
            before: TEXT_START,
            there: Set::new(program.insts.len()),
        }
    }

    /// Whether there was too much to do: then an answer may be wrong.
    pub(super) fn gave_up(&self) -> bool {
        self.work == 0
    }

    /// Whether the program matches anywhere in the text.
    pub(super) fn is_match(&mut self, program: &Program, text: &[u8]) -> bool {
        let width = program.symbols.width();
        let mut state = self.start(program);
        let mut rest = text;
        while state >= FIRST {
            let (symbol, length) = program.symbols.next(rest);
            let target = self.targets[(state - FIRST) as usize * width + symbol as usize];
            state = match target {
                UNKNOWN => self.step(program, state, symbol),
                _ => target,
            };
            rest = &rest[length..];
        }
        match state {
            FULL => self.simulate(program, rest),
            _ => state == MATCHED,
        }
    }

    fn start(&mut self, program: &Program) -> u32 {
        if self.start == UNKNOWN {
            self.before = TEXT_START;
            self.there.clear();
            self.there.insert(program.start);
            self.start = match close(program, &mut self.there, None) {
                true => MATCHED,
                false => self.settle(program),
            };
        }
        self.start
    }

    /// Computes a target and notes it. At the end of the text it is `MATCHED` or `DEAD`.
    fn step(&mut self, program: &Program, state: u32, symbol: u32) -> u32 {
        let row = (state - FIRST) as usize;
        let key = &self.keys[row];
        self.before = key[0];
        self.here.clear();
        key[1..].iter().for_each(|&at| self.here.insert(at));
        let target = match self.advance(program, symbol) {
            Some(true) => MATCHED,
            Some(false) => DEAD,
            None => self.settle(program),
        };
        if target != FULL {
            self.targets[row * program.symbols.width() + symbol as usize] = target;
        }
        target
    }

    /// Reads a text to its end, from what waits `there`.
    fn simulate(&mut self, program: &Program, text: &[u8]) -> bool {
        let mut rest = text;
        loop {
            let (symbol, length) = program.symbols.next(rest);
            std::mem::swap(&mut self.here, &mut self.there);
            if let Some(matched) = self.advance(program, symbol) {
                return matched;
            }
            rest = &rest[length..];
        }
    }

    /// Goes from `here` over a symbol to `there`, unless that decides whether the text matches.
    fn advance(&mut self, program: &Program, symbol: u32) -> Option<bool> {
        if self.work == 0 {
            return Some(false);
        }
        let rune = program.symbols.rune(symbol);
        let around = Around {
            before: self.before,
            after: rune,
        };
        let looks = !program.looks.is_empty();
        if looks && close(program, &mut self.here, Some(around)) {
            return Some(true);
        }
        let Some(rune) = rune else {
            return Some(false);
        };
        self.consume(program, symbol);
        if close(program, &mut self.there, None) {
            return Some(true);
        }
        let met = self.here.members.len() + self.there.members.len();
        self.work = self.work.saturating_sub(met as u64);
        self.before = before(rune);
        self.there.members.is_empty().then_some(false)
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

    /// The state that is what waits `there`.
    fn settle(&mut self, program: &Program) -> u32 {
        let before = match tells_apart(&program.looks, self.before) {
            true => self.before,
            false => OTHER,
        };
        let waits = |at: &u32| {
            let inst = program.insts[*at as usize];
            matches!(inst, Inst::Class { .. } | Inst::Look(..))
        };
        let mut key = vec![before];
        key.extend(self.there.members.iter().copied().filter(waits));
        key[1..].sort_unstable();
        match self.known.get(key.as_slice()) {
            Some(&known) => known,
            None => self.add(key, program.symbols.width()),
        }
    }

    fn add(&mut self, key: Vec<u32>, width: usize) -> u32 {
        let cost = 4 * (key.len() + width) + 128;
        if self.room < cost {
            self.targets.clear();
            self.keys.clear();
            self.known.clear();
            self.start = UNKNOWN;
            self.room = ROOM;
            return FULL;
        }
        self.room -= cost;
        self.work = self.work.saturating_sub(width as u64);
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
