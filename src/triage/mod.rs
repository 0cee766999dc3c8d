//! `triage`: from profiles and figures of one process to ranked findings, each with its proof.
//!
//! [`evidence`] is what was looked at, a rule is one file with its thresholds, and [`RULES`] is the only
//! list of them: adding a rule adds a row. A rule says what the runtime shows, never who usually did it;
//! what it cannot prove it calls maybe, and what is wrong in no process is nothing.

mod account;
mod burn;
mod code;
mod collector;
mod deadlock;
mod delay;
mod evidence;
mod finalizer;
mod finding;
mod groups;
mod growth;
mod hot;
mod json;
mod leak;
mod limits;
mod nil;
mod outside;
mod place;
mod pool;
mod print;
mod queue;
mod say;
mod scheduler;
mod spin;
mod stacks;
#[cfg(test)]
mod test;
mod throttle;
mod timers;
mod token;
mod unreachable;
mod waits;
mod watch;

use crate::packed::Packed;
use say::Say;

pub(crate) use evidence::{Evidence, Missing, Part, Process};
pub(crate) use finding::{Findings, Found};
pub(crate) use limits::{Limit, Thresholds};
pub(crate) use print::{Form, Printing, Whence, write};
pub(crate) use watch::grown_each_time;

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Leaks,
    Locks,
    Hot,
    Memory,
}

impl Class {
    /// The word that runs its rules alone.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Class::Leaks => "leaks",
            Class::Locks => "locks",
            Class::Hot => "hot",
            Class::Memory => "memory",
        }
    }

    /// What one finding of it is called.
    fn title(self) -> &'static str {
        match self {
            Class::Leaks => "goroutine leak",
            Class::Locks => "contention",
            Class::Hot => "CPU",
            Class::Memory => "memory",
        }
    }
}

/// One rule.
pub(crate) struct Rule {
    /// What `explain` and `-json` call it.
    pub(crate) name: &'static str,
    pub(crate) class: Class,
    /// What it takes as proof, what it cannot see, and where the rule comes from.
    pub(crate) doc: Packed,
    /// Its thresholds.
    pub(crate) limits: &'static [&'static Limit],
    /// Adds what it finds.
    pub(crate) find: fn(&Evidence<'_>, &Thresholds, &mut Findings),
}

/// All rules; those about one place of code agree on the worst of their findings.
pub(crate) static RULES: &[Rule] = &[
    stacks::RULE,
    growth::RULE,
    outside::RULE,
    finalizer::RULE,
    deadlock::RULE,
    leak::RULE,
    unreachable::RULE,
    nil::RULE,
    timers::RULE,
    queue::RULE,
    delay::RULE,
    token::RULE,
    pool::RULE,
    throttle::RULE,
    spin::RULE,
    hot::RULE,
    collector::RULE,
    scheduler::RULE,
];

/// What the rules of a class find, or all rules, worst first; a place is named once, what else is said of
/// it goes along.
pub(crate) fn find(
    evidence: &Evidence<'_>,
    thresholds: &Thresholds,
    class: Option<Class>,
) -> Vec<Found> {
    let mut found: Vec<Found> = Vec::new();
    let mut findings = Vec::new();
    for rule in RULES {
        if class.is_none_or(|class| rule.class == class) {
            (rule.find)(evidence, thresholds, &mut findings);
            for finding in findings.drain(..) {
                found.push(Found { rule, finding });
            }
        }
    }
    worst_first(&mut found);
    let mut kept: Vec<Found> = Vec::new();
    for next in found {
        let place = next.finding.culprit.as_ref().map(|culprit| &culprit.name);
        let same = kept.iter_mut().find(|kept| {
            place.is_some() && kept.finding.culprit.as_ref().map(|culprit| &culprit.name) == place
        });
        match same {
            Some(kept) => {
                let mut also = next.rule.class.title().to_string();
                also.say(": ").say(&next.finding.what);
                also.say("; ").say(&next.finding.proof);
                kept.finding.also.push(also);
            }
            None => kept.push(next),
        }
    }
    kept
}

/// Sorts findings; of equals those of the earlier rule come first, for rules stand in the table in the order
/// in which they are believed.
fn worst_first(found: &mut [Found]) {
    let key = |found: &Found| (found.finding.severity, found.finding.confidence);
    sort_few(found, |a, b| key(a) < key(b));
}

/// Sorts what is few, equals as they come: each goes back past those that belong behind it. A sort of the standard
/// library takes half a kilobyte of code for each type.
fn sort_few<T>(rows: &mut [T], behind: impl Fn(&T, &T) -> bool) {
    for at in 1..rows.len() {
        for at in (0..at).rev() {
            if !behind(&rows[at], &rows[at + 1]) {
                break;
            }
            rows.swap(at, at + 1);
        }
    }
}

/// What the rules are called.
pub(crate) fn rules() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|rule| rule.name)
}

/// The doc of the rule of this name and its thresholds, for `explain`.
pub(crate) fn doc(name: &str) -> Option<String> {
    let rule = RULES.iter().find(|rule| rule.name == name)?;
    let mut text = rule.doc.text();
    for limit in rule.limits {
        text.say("\n").say(limit.name).say(" = ");
        text.say(&limit.default.to_string())
            .say(": ")
            .say(&limit.help.text());
    }
    Some(text)
}
