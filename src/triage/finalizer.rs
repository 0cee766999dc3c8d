//! The goroutine that runs finalizers or cleanups is stuck in one, so nothing that has one is ever freed.

use super::evidence::Evidence;
use super::finding::{Confidence, Finding, Findings};
use super::groups::Group;
use super::limits::Thresholds;
use super::place::blamed;
use super::say::Say;
use super::{Class, Rule};
use crate::packed::packed;

/// The runtime's goroutines that run what was set for the death of objects.
const RUNNERS: [&str; 3] = [
    "runtime.runfinq",
    "runtime.runFinalizers",
    "runtime.runCleanups",
];
/// Seconds of waiting that are no chance where a dump tells them.
const LONG: i64 = 60;

pub(super) const RULE: Rule = Rule {
    name: "finalizer",
    class: Class::Memory,
    doc: packed!(
        "The goroutine of finalizers or cleanups is blocked below a function that is not the runtime's, at both \
        ends or for a minute. There is one such goroutine for all finalizers, so every object with one, and all \
        it refers to, stays for ever.\n\
        It cannot see a finalizer that computes for long, nor how much memory hangs on it.\n\
        Source: runtime/mfinal.go."
    ),
    limits: &[],
    find,
};

fn find(evidence: &Evidence<'_>, _: &Thresholds, found: &mut Findings) {
    let mut stuck = evidence.groups.iter().filter(|group| {
        let long = group.waits.iter().any(|(seconds, _)| *seconds >= LONG);
        !group.is_busy() && group.now > 0 && (group.before > 0 || long) && runs(group)
    });
    found.extend(stuck.find_map(finding));
}

/// Whether somebody's finalizer is being run.
fn runs(group: &Group<'_>) -> bool {
    group
        .entry()
        .is_some_and(|entry| RUNNERS.iter().any(|runner| entry.is(runner)))
        && group.frames.iter().any(|frame| !frame.runtime)
}

fn finding(group: &Group<'_>) -> Option<Box<Finding>> {
    let frame = group.frames.get(blamed(&group.frames)?)?;
    let texts = [
        packed!("a finalizer blocks, and with it all others"),
        packed!("idle it would wait in the runtime itself; a finalizer must never wait"),
    ];
    // Before what grows by it.
    let mut finding = Finding::new(Confidence::Sure, 95, &texts);
    finding.blame(frame, &group.frames);
    let proof = finding
        .proof
        .say("the goroutine that runs finalizers is in ");
    proof.quote(group.state).say(" at both ends");
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::super::test::of_goroutines;
    use super::*;

    fn found(stack: &str) -> Vec<Finding> {
        let text = format!("{stack} 1");
        of_goroutines(&RULE, &[&text, &text])
    }

    #[test]
    fn a_finalizer_that_waits_is_named() {
        let found = found(
            "runtime.goexit runtime/asm.s:1;runtime.runfinq runtime/mfinal.go:1;main.(*Conn).close app/c.go:4;\
             runtime.chansend runtime/chan.go:1;runtime.gopark runtime/proc.go:1",
        );
        assert_eq!(
            found[0].culprit.as_ref().unwrap().name,
            b"main.(*Conn).close"
        );
    }

    #[test]
    fn one_that_waits_for_work_is_not() {
        assert!(found("runtime.goexit runtime/asm.s:1;runtime.runfinq runtime/mfinal.go:1;runtime.gopark runtime/proc.go:1").is_empty());
    }
}
