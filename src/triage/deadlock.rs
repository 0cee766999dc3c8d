//! Nobody gets on: a goroutine waits for a lock that it holds itself, or two wait for each other.

use super::evidence::{Evidence, Kind};
use super::finding::{Confidence, Finding, Next, Place};
use super::groups::Group;
use super::limits::Thresholds;
use super::waits::{Queue, holder, queues, receiver, waits};
use super::{Class, Rule};

pub(super) const RULE: Rule = Rule {
    name: "deadlock",
    class: Class::Locks,
    doc: "The same goroutines wait for locks at both ends, and either one of them is inside the function that took the \
        lock a second time (for readers: while a writer waits, who goes first), or each of two queues waits inside \
        what the other asks for.\n\
        It cannot see two locks of one type that two goroutines take in different order, as a transfer does, nor \
        locks that are let go in another function.\n\
        Source: sync.RWMutex on recursive read locking.",
    limits: &[],
    find,
};

fn find(evidence: &Evidence<'_>, _: &Thresholds) -> Vec<Finding> {
    if evidence.goroutines.start.is_none() {
        return Vec::new();
    }
    let groups = &evidence.groups;
    let queues = queues(groups);
    let stays = |group: &&Group<'_>| {
        waits(group) && group.now > 0 && group.now >= group.before && group.before > 0
    };
    let again = queues.iter().find_map(|queue| {
        let inside = groups.iter().filter(stays).find(|group| {
            let asked = group
                .frames
                .iter()
                .filter(|frame| frame.name == queue.asker().name);
            asked.count() > 1 && (group.state != b"sync.RWMutex.RLock" || writer(queue, groups))
        })?;
        Some(told(queue, inside, "waits for a lock that it holds itself"))
    });
    let each_other = || {
        queues.iter().find_map(|queue| {
            let holder = holder(queue, groups)
                .filter(|holder| waits(holder.group) && holder.group.before > 0)?;
            let other = queues.iter().find(|other| {
                let waits = holder
                    .group
                    .frames
                    .iter()
                    .position(|frame| frame.name == other.asker().name);
                other.asker().name != queue.asker().name && waits.is_some_and(|at| at < holder.at)
            })?;
            let back = super::waits::holder(other, groups)?;
            let inside = queue
                .example
                .frames
                .iter()
                .any(|frame| frame.name == other.asker().name);
            (inside && waits(back.group)).then(|| {
                told(
                    queue,
                    holder.group,
                    "waits for a lock whose holder waits for it",
                )
            })
        })
    };
    again.or_else(each_other).into_iter().collect()
}

/// Whether somebody waits to write what a queue wants.
fn writer(queue: &Queue<'_, '_>, groups: &[Group<'_>]) -> bool {
    let mut writers = groups
        .iter()
        .filter(|group| group.state == b"sync.RWMutex.Lock" && group.now > 0);
    let of = receiver(queue.asker());
    writers.any(|group| of.is_none() || group.frames.iter().any(|frame| receiver(frame) == of))
}

fn told(queue: &Queue<'_, '_>, inside: &Group<'_>, what: &str) -> Finding {
    let frame = queue.frame();
    Finding {
        confidence: Confidence::Sure,
        severity: 90,
        culprit: Some(Place::from(frame)),
        what: format!("deadlock: {what}"),
        proof: format!(
            "{} goroutines wait for the lock of {}, {} at the start, and {} of them inside it",
            queue.now,
            queue.asker().short(),
            queue.before,
            inside.now
        ),
        why: "who holds it waits for it too, so it is never let go".to_string(),
        next: Next::about(Kind::Goroutine, "goroutines", frame),
        stack: inside.frames.iter().map(Place::from).collect(),
        also: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::of_goroutines;
    use super::*;

    const LOCK: &str = "sync.(*RWMutex).Lock sync/rw.go:1;sync.runtime_SemacquireRWMutex r/s.go:1;runtime.gopark r/p.go:1";
    const READ: &str = "sync.(*RWMutex).RLock sync/rw.go:1;sync.runtime_SemacquireRWMutexR r/s.go:1;runtime.gopark r/p.go:1";
    const MUTEX: &str = "sync.(*Mutex).Lock sync/m.go:1;sync.runtime_SemacquireMutex r/s.go:1;runtime.gopark r/p.go:1";

    fn found(text: &str) -> Vec<Finding> {
        of_goroutines(&RULE, &[text, text])
    }

    #[test]
    fn reading_twice_while_a_writer_waits_never_ends() {
        let writer = format!("main.(*R).Reload a/r.go:40;{LOCK} 1");
        let reader = format!(
            "main.(*R).Get a/r.go:23;main.expand a/r.go:30;main.(*R).Get a/r.go:21;{READ} 2"
        );
        let locked = found(&format!("{writer}\n{reader}"));
        assert_eq!(locked[0].culprit.as_ref().unwrap().name, b"main.(*R).Get");
        assert!(found(&reader).is_empty());
    }

    #[test]
    fn two_that_wait_for_each_other_never_end() {
        let one = format!("main.(*A).Do a/a.go:9;main.(*B).Put a/b.go:4;{MUTEX} 1");
        let two = format!("main.(*B).Put a/b.go:6;main.(*A).Do a/a.go:7;{MUTEX} 1");
        assert!(
            found(&format!("{one}\n{two}"))[0]
                .what
                .starts_with("deadlock")
        );
        assert!(found(&one).is_empty());
    }
}
