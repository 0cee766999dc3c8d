//! Goroutines that nothing can wake any more, as Go's own leak profile lists them.

use super::code::Frame;
use super::evidence::{Evidence, Kind};
use super::finding::{Confidence, Finding, Next, Place, extent};
use super::groups::{self, Group};
use super::limits::{Limit, Thresholds};
use super::{Class, Rule};

const COUNT: Limit = Limit {
    name: "unreachable_count",
    default: 3.0,
    help: "goroutines at one place that Go found unreachable",
};

pub(super) const RULE: Rule = Rule {
    name: "unreachable",
    class: Class::Leaks,
    doc: "Goroutines in Go's profile goroutineleak: blocked on a channel or a lock that nothing alive refers to, so \
        that nothing can ever wake them. It is taken with -force only, as it makes the process collect its garbage.\n\
        It cannot see who waits for I/O or on something that a global refers to.\n\
        Source: the goroutineleak profile of Go 1.26 and later.",
    limits: &[&COUNT],
    find,
};

fn find(evidence: &Evidence<'_>, thresholds: &Thresholds) -> Vec<Finding> {
    let Some(code) = &evidence.leaked else {
        return Vec::new();
    };
    // Only Ctrl-C makes this fail, and then nobody reads on.
    let groups = groups::of_one(code).unwrap_or_default();
    let mut places: Vec<(&Frame<'_>, &Group<'_>, i64)> = Vec::new();
    for group in &groups {
        let Some(frame) = group.own().or_else(|| group.operation()) else {
            continue;
        };
        match places
            .iter_mut()
            .find(|(other, ..)| other.name == frame.name)
        {
            Some((.., sum)) => *sum = sum.saturating_add(group.now),
            None => places.push((frame, group, group.now)),
        }
    }
    places.retain(|(.., sum)| *sum >= thresholds.count(&COUNT).max(1));
    places
        .iter()
        .map(|(frame, group, sum)| finding(frame, group, *sum))
        .collect()
}

fn finding(frame: &Frame<'_>, group: &Group<'_>, sum: i64) -> Finding {
    let state = String::from_utf8_lossy(group.state);
    Finding {
        confidence: Confidence::Sure,
        severity: 71 + extent(sum),
        culprit: Some(Place::from(frame)),
        what: "blocked for ever".to_string(),
        proof: format!("{sum} goroutines in {state} that nothing can wake"),
        why: "Go looked: what they wait for is reachable by nobody else".to_string(),
        next: Next::about(Kind::Leaked, "goroutines", frame),
        stack: group.frames.iter().map(Place::from).collect(),
        also: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{Snapshots, rules};
    use super::*;

    #[test]
    fn what_go_calls_leaked_is() {
        let stack = "main.send app/s.go:7;runtime.chansend runtime/chan.go:1;runtime.gopark runtime/proc.go:1";
        let of = |count: i64| {
            let leaked = format!("{stack} {count}");
            rules(
                &RULE,
                Snapshots {
                    leaked: &leaked,
                    ..Snapshots::default()
                },
            )
        };
        let found = of(5);
        assert_eq!(
            found[0].proof,
            "5 goroutines in chan send that nothing can wake"
        );
        assert!(of(2).is_empty());
    }
}
