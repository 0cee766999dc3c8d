//! Many goroutines queue for one lock, and who holds it does something slow.

use super::evidence::Evidence;
use super::finding::{Confidence, Finding, Findings, Place};
use super::limits::{Limit, Thresholds};
use super::say::Say;
use super::waits::{Queue, holder, queues};
use super::{Class, Rule};
use crate::packed::packed;

/// Fewer are a coincidence.
const WAITERS: Limit = Limit {
    name: "lock_waiters",
    default: 6.0,
    help: packed!("goroutines that wait for one lock at both ends"),
};
/// So many more at a lock that nobody holds are no queue that moves.
const PILE: i64 = 8;
/// So many times as many where one snapshot alone tells.
const ALONE: i64 = 2;

pub(super) const RULE: Rule = Rule {
    name: "queue",
    class: Class::Locks,
    doc: packed!(
        "Goroutines wait for a mutex at one place at both ends. The probable holder is inside the function that \
        took the lock, or in a method of the same type, and does not wait for it; what it does is told.\n\
        It cannot see which of several locks of one type it is, nor a holder that let go meanwhile. A lock that is \
        held for microseconds has no queue when somebody looks, however often it is taken.\n\
        Source: sync/mutex.go; the frames of goroutines in semacquire."
    ),
    limits: &[&WAITERS],
    find,
};

fn find(evidence: &Evidence<'_>, thresholds: &Thresholds, found: &mut Findings) {
    let least = thresholds.count(&WAITERS).max(1);
    let compared = evidence.goroutines.start.is_some();
    let long = |queue: &Queue<'_, '_>| match compared {
        true => queue.now >= least && queue.before >= least,
        false => queue.now >= least.saturating_mul(ALONE),
    };
    let queues = queues(&evidence.groups);
    for queue in queues.iter().filter(|queue| long(queue)).take(2) {
        found.push(finding(evidence, queue, compared));
    }
}

fn finding(evidence: &Evidence<'_>, queue: &Queue<'_, '_>, compared: bool) -> Box<Finding> {
    let holder = holder(queue, &evidence.groups);
    // Where both are in one function the line of the lock is the better one.
    let other = holder
        .as_ref()
        .map(|holder| holder.frame())
        .filter(|frame| frame.is_own());
    let culprit = other
        .filter(|frame| frame.name != queue.frame().name)
        .unwrap_or(queue.frame());
    let piles_up = holder.is_none() && compared && queue.now.saturating_sub(queue.before) >= PILE;
    let confidence = match (&holder, compared) {
        (Some(_), true) => Confidence::Sure,
        _ => Confidence::Likely,
    };
    let texts = match (&holder, piles_up) {
        (Some(_), _) => [
            packed!("holds a lock for long while others queue for it"),
            packed!(""),
        ],
        (None, false) => [
            packed!("holds a lock for long while others queue for it"),
            packed!("no holder shows: it is held briefly, but all the time"),
        ],
        (None, true) => [
            packed!("goroutines pile up at a lock that is never let go"),
            packed!("no stack holds it: some path returned without Unlock"),
        ],
    };
    let severity = 60 + queue.now.clamp(0, 90) as u32 / 10;
    let mut finding = Finding::new(confidence, severity, &texts);
    finding.blame(queue.frame(), &queue.example.frames);
    finding.culprit = Some(Place::from(culprit));
    if let Some(holder) = &holder {
        holder.tell(&mut finding.why);
    }
    let proof = finding.proof.count(queue.now);
    let proof = proof.say(" goroutines wait for the lock of ");
    proof.say(&queue.asker().short());
    if compared {
        proof.say(", ").count(queue.before).say(" at the start");
    }
    if queue.writers > 0 && queue.writers < queue.now {
        let proof = proof.say("; ").count(queue.writers);
        proof.say(" of them want to write, so that readers queue behind");
    }
    let mut measured = [&evidence.mutex, &evidence.block].into_iter();
    if measured.all(|ends| ends.end.is_none()) {
        let text = packed!("mutex and block profiles are off: told by the stacks of goroutines");
        finding.also.push(text.text());
    }
    finding
}

#[cfg(test)]
mod tests {
    use super::super::test::of_goroutines;
    use super::*;

    const WAITS: &str = "main.(*W).loop a/w.go:40;main.(*W).Advance a/w.go:27;sync.(*Mutex).Lock sync/m.go:1;\
        sync.runtime_SemacquireMutex r/s.go:1;runtime.gopark r/p.go:1";

    fn found(goroutines: &[&str]) -> Vec<Finding> {
        of_goroutines(&RULE, goroutines)
    }

    #[test]
    fn who_is_inside_the_function_that_took_the_lock_holds_it() {
        let holds = "main.(*W).loop a/w.go:40;main.(*W).Advance a/w.go:29;main.(*W).persist a/w.go:22;time.Sleep r/t.go:1;runtime.gopark r/p.go:1 1";
        let idle = "main.(*W).loop a/w.go:41;time.Sleep r/t.go:1;runtime.gopark r/p.go:1 9";
        let text = format!("{WAITS} 30\n{idle}\n{holds}");
        let found = found(&[&text, &text]);
        assert_eq!(found[0].culprit.as_ref().unwrap().line, 27);
        assert_eq!(
            found[0].why,
            "the holder is in sleep at main.(*W).persist w.go:22 (time.Sleep)"
        );
    }

    #[test]
    fn another_method_of_the_type_may_hold_it() {
        let holds = "main.main a/m.go:1;main.(*W).Flush a/w.go:60;os.(*File).Write os/f.go:1;syscall.Syscall s/s.go:1 1";
        let text = format!("{WAITS} 30\n{holds}");
        let found = found(&[&text, &text]);
        assert_eq!(found[0].culprit.as_ref().unwrap().name, b"main.(*W).Flush");
    }

    #[test]
    fn a_few_that_wait_for_a_moment_are_nothing() {
        let few = format!("{WAITS} 5");
        let many = format!("{WAITS} 30");
        assert!(found(&[&few, &many]).is_empty());
    }
}
