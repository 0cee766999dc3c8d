//! Who waits for locks, and who probably holds them: told by stacks alone, for Go names no owner.
//!
//! Whoever holds a lock is inside the function that took it, or inside a method of the same type; whoever
//! waits in that function for the same lock does not hold it.

use super::code::Frame;
use super::groups::Group;
use super::place::blamed;
use super::say::Say;
use super::sort_few;

/// Goroutines that wait for a lock at one place.
pub(super) struct Queue<'g, 'p> {
    /// The widest group.
    pub(super) example: &'g Group<'p>,
    /// Where in its stack the lock is asked for: the first frame outside Go's own locking.
    pub(super) asks: usize,
    /// Where in its stack it is put down to.
    pub(super) place: usize,
    pub(super) now: i64,
    pub(super) before: i64,
    /// How many of them want to write, of a lock for readers and writers.
    pub(super) writers: i64,
}

impl<'g, 'p> Queue<'g, 'p> {
    pub(super) fn asker(&self) -> &'g Frame<'p> {
        &self.example.frames[self.asks]
    }

    pub(super) fn frame(&self) -> &'g Frame<'p> {
        &self.example.frames[self.place]
    }
}

/// Whether a group waits for a lock.
pub(super) fn waits(group: &Group<'_>) -> bool {
    group.state.starts_with(b"sync.Mutex") || group.state.starts_with(b"sync.RWMutex")
}

/// The queues, longest first.
pub(super) fn queues<'g, 'p>(groups: &'g [Group<'p>]) -> Vec<Queue<'g, 'p>> {
    let mut queues: Vec<Queue<'g, 'p>> = Vec::new();
    for group in groups.iter().filter(|group| waits(group)) {
        let Some((asks, place)) = asked(group).zip(blamed(&group.frames)) else {
            continue;
        };
        let writes = group.state.ends_with(b"RWMutex.Lock");
        let same = queues.iter_mut().find(|queue| {
            queue.asker().name == group.frames[asks].name
                && queue.frame().name == group.frames[place].name
        });
        let writers = if writes { group.now } else { 0 };
        match same {
            Some(queue) => {
                queue.now = queue.now.saturating_add(group.now);
                queue.before = queue.before.saturating_add(group.before);
                queue.writers = queue.writers.saturating_add(writers);
            }
            None => queues.push(Queue {
                example: group,
                asks,
                place,
                now: group.now,
                before: group.before,
                writers,
            }),
        }
    }
    sort_few(&mut queues, |a, b| a.now < b.now);
    queues
}

/// `pkg.(*T).` of a method.
pub(super) fn receiver<'p>(frame: &Frame<'p>) -> Option<&'p [u8]> {
    let end = frame.name.windows(2).rposition(|window| window == b").")?;
    frame.name.get(..end + 2)
}

/// Who probably holds what a queue waits for.
pub(super) struct Holder<'g, 'p> {
    pub(super) group: &'g Group<'p>,
    /// Where in its stack the lock was taken, as far as that shows.
    pub(super) at: usize,
}

impl<'p> Holder<'_, 'p> {
    pub(super) fn frame(&self) -> &Frame<'p> {
        &self.group.frames[self.at]
    }

    /// Adds `the holder is in sleep at wheel.(*Wheel).persist wheel.go:22`.
    pub(super) fn tell(&self, text: &mut String) {
        let inner = self
            .group
            .frames
            .iter()
            .find(|frame| !frame.runtime && !frame.name.starts_with(b"time."));
        let inner = self.group.own().or(inner).unwrap_or(self.frame());
        let text = text.say("the holder is in ").quote(self.group.state);
        let text = text.say(" at ").frame(inner);
        let operation = self.group.operation();
        if let Some(operation) = operation.filter(|operation| operation.name != inner.name) {
            text.say(" (").say(&operation.short()).say(")");
        }
    }
}

/// The goroutine that holds the lock of a queue: best one inside the function that took it, else one in a method of
/// the same type that does more than wait for its turn.
pub(super) fn holder<'g, 'p>(
    queue: &Queue<'_, 'p>,
    groups: &'g [Group<'p>],
) -> Option<Holder<'g, 'p>> {
    let asker = queue.asker().name;
    let there = groups.iter().filter(|group| group.now > 0);
    let inside = there.clone().find_map(|group| {
        let at = group.frames.iter().position(|frame| frame.name == asker)?;
        (!waits(group) || asked(group) != Some(at)).then(|| {
            let own = group.frames[at..].iter().position(Frame::is_own);
            Holder {
                group,
                at: at + own.unwrap_or(0),
            }
        })
    });
    let of_type = || {
        let receiver = receiver(queue.asker())?;
        there.filter(|group| !waits(group)).find_map(|group| {
            let last = group.frames.iter().rposition(|frame| !frame.runtime)?;
            // Whoever is in its own loop waits for work, not with a lock in its hand.
            let inner =
                |(at, frame): &(usize, &Frame<'_>)| *at < last && frame.name.starts_with(receiver);
            let (at, _) = group.frames.iter().enumerate().rfind(inner)?;
            Some(Holder { group, at })
        })
    };
    inside.or_else(of_type)
}

/// Where in a waiting stack the lock is asked for: outside Go's own locking.
pub(super) fn asked(group: &Group<'_>) -> Option<usize> {
    let locking = |frame: &Frame<'_>| {
        let of_go: [&[u8]; 2] = [b"sync.", b"internal/sync."];
        frame.runtime || of_go.iter().any(|package| frame.name.starts_with(package))
    };
    group.frames.iter().position(|frame| !locking(frame))
}
