//! Goroutines that nothing can wake any more, as Go's own leak profile lists them.

use super::code::Frame;
use super::evidence::{Evidence, Kind};
use super::finding::{Confidence, Finding, Findings, extent};
use super::groups::{self, Group};
use super::limits::{Limit, Thresholds};
use super::say::Say;
use super::{Class, Rule};
use crate::packed::packed;

const COUNT: Limit = Limit {
    name: "unreachable_count",
    default: 3.0,
    help: packed!("goroutines at one place that Go found unreachable"),
};

pub(super) const RULE: Rule = Rule {
    name: "unreachable",
    class: Class::Leaks,
    doc: packed!(
        "Goroutines in Go's profile goroutineleak: blocked on a channel or a lock that nothing alive refers to, so \
        that nothing can ever wake them. It is taken with -force only, as it makes the process collect its garbage.\n\
        It cannot see who waits for I/O or on something that a global refers to.\n\
        Source: the goroutineleak profile of Go 1.26 and later."
    ),
    limits: &[&COUNT],
    find,
};

fn find(evidence: &Evidence<'_>, thresholds: &Thresholds, found: &mut Findings) {
    let Some(code) = &evidence.leaked else {
        return;
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
    let least = thresholds.count(&COUNT).max(1);
    for (frame, group, sum) in places {
        if sum >= least {
            found.push(finding(frame, group, sum));
        }
    }
}

fn finding(frame: &Frame<'_>, group: &Group<'_>, sum: i64) -> Box<Finding> {
    let texts = [
        packed!("blocked for ever"),
        packed!("Go looked: what they wait for is reachable by nobody else"),
    ];
    let mut finding = Finding::new(Confidence::Sure, 71 + extent(sum), &texts);
    finding.blame(frame, &group.frames);
    finding.next.kind = Kind::Leaked;
    let proof = finding.proof.count(sum).say(" goroutines in ");
    proof.quote(group.state).say(" that nothing can wake");
    finding
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
