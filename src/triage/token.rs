//! A channel used as a lock: who sends puts a token in, and all others wait to send theirs.

use super::evidence::Evidence;
use super::finding::{Confidence, Finding, Findings};
use super::groups::Group;
use super::limits::{Limit, Thresholds};
use super::place::blamed;
use super::say::Say;
use super::waits::waits as waits_for_lock;
use super::{Class, Rule};
use crate::packed::packed;

/// Fewer are a coincidence.
const WAITERS: Limit = Limit {
    name: "token_waiters",
    default: 8.0,
    help: packed!("goroutines that wait for one channel at both ends"),
};
/// More of them than twice as many as before are a leak.
const STEADY: i64 = 2;

/// Waits in a select, as its context may end.
const SEMAPHORE: &str = "golang.org/x/sync/semaphore.(*Weighted).Acquire";

pub(super) const RULE: Rule = Rule {
    name: "token",
    class: Class::Locks,
    doc: packed!(
        "As many goroutines as before wait to send, to receive, for a Cond or for a semaphore below one own function, \
        while at both ends another goroutine is further on in the same function: it has the token, slot or connection that they want. A worker that waits in \
        the function it was started with waits for work, and is none.\n\
        It cannot see the channel itself: stacks do not tell which one it is.\n\
        Source: the idiom of a buffered channel as a semaphore."
    ),
    limits: &[&WAITERS],
    find,
};

fn find(evidence: &Evidence<'_>, thresholds: &Thresholds, found: &mut Findings) {
    if evidence.goroutines.start.is_none() {
        return;
    }
    let least = thresholds.count(&WAITERS).max(1);
    let steady = |group: &&Group<'_>| {
        let one = group.is_in(&["chan send", "chan receive", "sync.Cond.Wait"]);
        let waits = group.idle.is_none() && (one || group.passes(SEMAPHORE));
        let most = group.before.saturating_mul(STEADY);
        waits && group.before >= least && group.now >= least && group.now <= most
    };
    // Groups come with most goroutines first.
    let steady = evidence.groups.iter().filter(steady);
    let mut held = steady.filter_map(|group| {
        let (at, holder) = holder(group, &evidence.groups)?;
        Some(finding(group, at, holder))
    });
    found.extend(held.next());
}

/// The function that a waiting group shares with one that got on, and who that is.
fn holder<'g, 'p>(waits: &Group<'p>, groups: &'g [Group<'p>]) -> Option<(usize, &'g Group<'p>)> {
    let inner = blamed(&waits.frames)?;
    let entry = waits.frames.iter().rposition(|frame| frame.is_own())?;
    // Not the function that the goroutine began with: its loop comes by both places.
    (inner..entry)
        .filter(|at| waits.frames[*at].is_own())
        .find_map(|at| {
            let name = waits.frames[at].name;
            let on = |group: &&Group<'p>| {
                let there = group.frames.iter().find(|frame| frame.name == name);
                let on = there.is_some_and(|frame| frame.line != waits.frames[at].line);
                on && !waits_for_lock(group)
            };
            let mut on = groups.iter().filter(on);
            let before = on.clone().any(|group| group.before > 0);
            let now = on.find(|group| group.now > 0).filter(|_| before)?;
            Some((at, now))
        })
}

fn finding(group: &Group<'_>, at: usize, holder: &Group<'_>) -> Box<Finding> {
    let frame = &group.frames[at];
    let inner = holder.own().unwrap_or(frame);
    let what = match group.is_in(&["chan send", "chan receive"]) {
        true => packed!("a channel is used as a lock and held for long"),
        false => packed!("too few may get on here, and they hold their slots for long"),
    };
    let severity = 58 + group.now.clamp(0, 90) as u32 / 10;
    let mut finding = Finding::new(
        Confidence::Likely,
        severity,
        &[what, packed!("who got on is in ")],
    );
    finding.blame(frame, &group.frames);
    let proof = finding.proof.count(group.now).say(" goroutines wait in ");
    let proof = proof.quote(group.state).say(" here, ");
    proof.count(group.before).say(" at the start");
    let why = finding.why.quote(holder.state).say(" at ").frame(inner);
    why.say("; workers would wait where they began");
    finding
}

#[cfg(test)]
mod tests {
    use super::super::test::of_goroutines;
    use super::*;

    fn found(text: &str) -> Vec<Finding> {
        of_goroutines(&RULE, &[text, text])
    }

    #[test]
    fn who_is_further_on_in_the_same_function_has_the_token() {
        let found = found(
            "main.office a/d.go:31;main.(*D).Print a/d.go:21;main.(*D).acquire a/d.go:16;runtime.chansend r/c.go:1;runtime.gopark r/p.go:1 24
            main.office a/d.go:31;main.(*D).Print a/d.go:25;time.Sleep r/t.go:1;runtime.gopark r/p.go:1 1",
        );
        assert_eq!(found[0].culprit.as_ref().unwrap().name, b"main.(*D).Print");
    }

    #[test]
    fn who_is_further_on_at_one_end_only_passes_by() {
        let wait = "main.run a/q.go:3;main.(*Q).Pop a/q.go:9;sync.(*Cond).Wait s/c.go:1;runtime.gopark r/p.go:1 30";
        let on = format!("{wait}\nmain.run a/q.go:3;main.(*Q).Pop a/q.go:11 1");
        assert!(of_goroutines(&RULE, &[wait, &on]).is_empty());
        assert_eq!(found(&on).len(), 1);
    }

    #[test]
    fn workers_that_wait_for_work_are_none() {
        let text = "main.worker a/w.go:5;runtime.chanrecv r/c.go:1;runtime.gopark r/p.go:1 24
            main.worker a/w.go:7;main.work a/w.go:20;time.Sleep r/t.go:1;runtime.gopark r/p.go:1 3";
        assert!(found(text).is_empty());
    }
}
