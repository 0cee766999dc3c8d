//! Nobody gets on: a goroutine waits for a lock that it holds itself, or two wait for each other.

use super::code::Frame;
use super::evidence::Evidence;
use super::finding::{Confidence, Finding, Findings};
use super::groups::Group;
use super::limits::Thresholds;
use super::place::blamed;
use super::say::Say;
use super::waits::{asked, receiver, waits};
use super::{Class, Rule};
use crate::packed::{Packed, packed};

pub(super) const RULE: Rule = Rule {
    name: "deadlock",
    class: Class::Locks,
    doc: packed!(
        "The same goroutines wait for locks at both ends, and either one of them is inside the function that took the \
        lock a second time (for readers: while a writer waits, who goes first), or two or three wait each inside a method \
        of the type whose lock the other asks for, or several wait at a second lock in one function that others \
        wait to begin, as in a transfer, and nobody gets on in it.\n\
        It cannot see locks that are let go in another function, nor which of several locks of one type it is.\n\
        Source: sync.RWMutex on recursive read locking."
    ),
    limits: &[],
    find,
};

fn find(evidence: &Evidence<'_>, _: &Thresholds, found: &mut Findings) {
    if evidence.goroutines.start.is_none() {
        return;
    }
    let groups = &evidence.groups;
    let stuck = Stuck::of(groups);
    let nobody = again(&stuck, groups).or_else(|| circle(&stuck));
    found.extend(nobody.or_else(|| crossed(&stuck, groups)));
}

/// Who waits for a lock inside the function that took it.
fn again(stuck: &[Stuck<'_, '_>], groups: &[Group<'_>]) -> Option<Box<Finding>> {
    stuck.iter().find_map(|stuck| {
        let asker = &stuck.group.frames[stuck.asks];
        let mut outer = stuck.group.frames.iter().skip(stuck.asks + 1);
        let twice = outer.any(|frame| frame.name == asker.name) && waits_in_vain(stuck, groups);
        let place = stuck.group.frames.get(blamed(&stuck.group.frames)?)?;
        twice.then(|| {
            let texts = [
                packed!("deadlock: waits for a lock that it holds itself"),
                packed!("who holds it waits for it too, so it is never let go"),
            ];
            told(place, stuck, &texts)
        })
    })
}

/// Who waits for a lock, and that for all the time that one looks.
struct Stuck<'g, 'p> {
    group: &'g Group<'p>,
    asks: usize,
}

impl<'g, 'p> Stuck<'g, 'p> {
    fn of(groups: &'g [Group<'p>]) -> Vec<Stuck<'g, 'p>> {
        let mut stuck = Vec::new();
        for group in groups {
            if waits(group) && group.now >= group.before && group.before > 0 {
                stuck.extend(asked(group).map(|asks| Stuck { group, asks }));
            }
        }
        stuck
    }

    /// Whose lock it wants: that of a type, or of a function.
    fn wants(&self) -> &'p [u8] {
        lock_of(&self.group.frames[self.asks])
    }

    /// The innermost frame of a function that has to do with this lock, outside the one that asks.
    fn inside(&self, lock: &[u8]) -> Option<&'g Frame<'p>> {
        let outer = self.group.frames.iter().skip(self.asks + 1);
        outer.clone().find(|frame| lock_of(frame) == lock)
    }
}

fn lock_of<'p>(frame: &Frame<'p>) -> &'p [u8] {
    receiver(frame).unwrap_or(frame.name)
}

/// Some who each wait for a lock of one type, inside a function of the type that the one before waits for.
fn circle(stuck: &[Stuck<'_, '_>]) -> Option<Box<Finding>> {
    // Whether one waits inside what another asks for.
    let holds = |other: &Stuck<'_, '_>, asks: &Stuck<'_, '_>| {
        other.wants() != asks.wants() && other.inside(asks.wants()).is_some()
    };
    let closes = |last: &Stuck<'_, '_>, first: &Stuck<'_, '_>| first.inside(last.wants()).is_some();
    let (first, second) = stuck.iter().find_map(|first| {
        let second = stuck.iter().find(|second| {
            let third = |third: &Stuck<'_, '_>| holds(third, second) && closes(third, first);
            holds(second, first) && (closes(second, first) || stuck.iter().any(third))
        })?;
        Some((first, second))
    })?;
    let back = first.inside(second.wants());
    let frame = back.unwrap_or(&first.group.frames[first.asks]);
    let other = second.inside(first.wants())?;
    let what = packed!("deadlock: each waits for a lock that the other holds");
    let mut finding = told(frame, first, &[what, packed!("")]);
    let why = finding.why.frame(other);
    why.say(" is inside the lock that it waits for, and waits too");
    Some(finding)
}

/// Who waits at a second place inside a function that others wait to begin, all the time, while nobody gets on in it:
/// with the lock in hand, or with another one of the type.
fn crossed(stuck: &[Stuck<'_, '_>], groups: &[Group<'_>]) -> Option<Box<Finding>> {
    let second = stuck.iter().find(|at| {
        let frame = &at.group.frames[at.asks];
        // The same place may be reached from several.
        let here = stuck.iter().filter(|other| {
            let asks = &other.group.frames[other.asks];
            (asks.name, asks.line) == (frame.name, frame.line)
        });
        let count: i64 = here.map(|other| other.group.now).sum();
        let first = stuck.iter().any(|other| {
            let begins = &other.group.frames[other.asks];
            let outer = at.inside(at.wants());
            let further = begins.name == frame.name && begins.line < frame.line;
            further && count >= 2 || outer.is_some_and(|outer| outer.name == begins.name)
        });
        let getting_on = groups.iter().any(|group| {
            group.now.max(group.before) > 0
                && !stuck.iter().any(|stuck| std::ptr::eq(stuck.group, group))
                && group
                    .frames
                    .iter()
                    .any(|other| lock_of(other) == at.wants())
        });
        let same = at.group.now == at.group.before && frame.is_own();
        same && first && !getting_on && waits_in_vain(at, groups)
    })?;
    let frame = &second.group.frames[second.asks];
    let inside = second.inside(second.wants()).unwrap_or(frame);
    let texts = [
        packed!("deadlock: a lock is asked for with one of its kind in hand"),
        packed!("others wait where it began, and nobody gets on"),
    ];
    let mut finding = told(inside, second, &texts);
    finding.confidence = Confidence::Likely;
    Some(finding)
}

/// Readers wait for who is inside only while somebody waits to write.
fn waits_in_vain(stuck: &Stuck<'_, '_>, groups: &[Group<'_>]) -> bool {
    let mut writers = groups
        .iter()
        .filter(|group| group.state == b"sync.RWMutex.Lock" && group.now > 0);
    let of = receiver(&stuck.group.frames[stuck.asks]);
    let writer =
        |group: &Group<'_>| of.is_none() || group.frames.iter().any(|frame| receiver(frame) == of);
    stuck.group.state != b"sync.RWMutex.RLock" || writers.any(writer)
}

fn told(frame: &Frame<'_>, stuck: &Stuck<'_, '_>, texts: &[Packed; 2]) -> Box<Finding> {
    let (group, asker) = (stuck.group, &stuck.group.frames[stuck.asks]);
    let mut finding = Finding::new(Confidence::Sure, 90, texts);
    finding.blame(frame, &group.frames);
    let proof = finding.proof.count(group.now).say(" goroutines wait at ");
    let proof = proof.frame(asker).say(" inside it, ");
    proof.count(group.before).say(" at the start");
    finding
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
    fn who_asks_for_a_lock_through_another_method_never_gets_it() {
        let first = format!("main.(*U).Add a/u.go:9;{MUTEX} 11");
        let inside = format!("main.(*U).Add a/u.go:11;main.(*U).Len a/u.go:4;{MUTEX} 1");
        let locked = found(&format!("{first}\n{inside}"));
        assert_eq!(locked[0].culprit.as_ref().unwrap().name, b"main.(*U).Add");
        let holder = "main.(*U).Add a/u.go:12;time.Sleep r/t.go:1;runtime.gopark r/p.go:1 1";
        assert!(found(&format!("{first}\n{inside}\n{holder}")).is_empty());
    }

    #[test]
    fn two_accounts_in_different_order_never_end() {
        let first = format!("main.Move a/m.go:9;{MUTEX} 8");
        let second = |count: i64| format!("main.Move a/m.go:11;{MUTEX} {count}");
        assert!(
            found(&format!("{first}\n{}", second(2)))[0]
                .what
                .starts_with("deadlock")
        );
        assert!(found(&format!("{first}\n{}", second(1))).is_empty());
        let back = format!("main.back a/m.go:30;{}", second(1));
        let there = format!("main.there a/m.go:20;{}", second(1));
        let locked = found(&format!("{first}\n{back}\n{there}"));
        assert!(locked[0].what.starts_with("deadlock"));
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
        // Each takes the other's lock in a function of its own, as most do.
        let one = format!("main.(*A).Do a/a.go:9;main.(*B).Touch a/b.go:40;{MUTEX} 1");
        let two = format!("main.(*B).Put a/b.go:6;main.(*A).Touch a/a.go:70;{MUTEX} 1");
        let locked = found(&format!("{one}\n{two}"));
        let names = [&b"main.(*A).Do"[..], b"main.(*B).Put"];
        assert!(names.contains(&&locked[0].culprit.as_ref().unwrap().name[..]));
    }
}
