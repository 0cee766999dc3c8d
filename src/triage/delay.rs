//! The mutex profile says below which function locks are let go that others waited for.

use super::evidence::{Evidence, Kind};
use super::finding::{Confidence, Finding, Findings};
use super::limits::{Limit, Thresholds};
use super::place::{grown, share, spots};
use super::say::Say;
use super::{Class, Rule};
use crate::packed::packed;

/// Less waiting is what locks cost.
const WAITING: Limit = Limit {
    name: "lock_delay",
    default: 2.0,
    help: packed!("seconds of waiting for one place's lock in each second"),
};
/// Seconds that are too short to tell a rate.
const SHORTEST: f64 = 2.0;

pub(super) const RULE: Rule = Rule {
    name: "delay",
    class: Class::Locks,
    doc: packed!(
        "By the mutex profile goroutines waited between the ends more than two seconds in each second for locks that \
        were let go below one own function: it held them.\n\
        It cannot see locks that are never let go, and nothing where the profile's rate is off.\n\
        Source: runtime.SetMutexProfileFraction: the stack is that of Unlock."
    ),
    limits: &[&WAITING],
    find,
};

fn find(evidence: &Evidence<'_>, thresholds: &Thresholds, found: &mut Findings) {
    found.extend(measured(evidence, thresholds));
}

fn measured(evidence: &Evidence<'_>, thresholds: &Thresholds) -> Option<Box<Finding>> {
    let mutex = &evidence.mutex;
    // Without a start all of it happened since the process began.
    let seconds = match mutex.start {
        Some(_) => mutex.seconds?,
        None => evidence.process.uptime?,
    };
    let stacks = grown(mutex, ["contentions", "delay"]);
    let all: i64 = stacks
        .iter()
        .map(|stack| stack.change(1))
        .fold(0, i64::saturating_add);
    let spots = spots(mutex, &stacks, &|stack| Some(stack.change(1)));
    let spot = spots.iter().find(|spot| spot.frame.is_own())?;
    let waited = spot.sum as f64 / 1e9;
    if seconds < SHORTEST || waited / seconds < thresholds.of(&WAITING) {
        return None;
    }
    let texts = [
        packed!("holds a lock for long while others wait for it"),
        packed!(
            "by the mutex profile, which counts at Unlock: a lock taken often but held briefly has no queue"
        ),
    ];
    let rate = waited / seconds;
    let severity = 62 + rate.clamp(0.0, 70.0) as u32 / 10;
    let mut finding = Finding::new(Confidence::Sure, severity, &texts);
    finding.blame_spot(Kind::Mutex, "peek", spot);
    let proof = finding.proof.say("others waited ").duration(waited);
    let proof = proof.say(" for it in ").duration(seconds).say(", ");
    let proof = proof.tenths(rate).say(" of them at any time, ");
    let proof = proof.percent(share(spot.sum, all));
    proof.say(" of all waiting for locks");
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::super::test::{Snapshots, rules};
    use super::*;

    fn found(delays: [i64; 2]) -> Vec<Finding> {
        let text = |delay| {
            format!("main.(*S).Reserve a/s.go:36;sync.(*Mutex).Unlock sync/m.go:1 5 {delay}")
        };
        let snapshots = Snapshots {
            mutex: &[&text(delays[0]), &text(delays[1])],
            ..Snapshots::default()
        };
        rules(&RULE, snapshots)
    }

    #[test]
    fn who_lets_go_what_many_waited_for_held_it() {
        let found = found([100_000_000_000, 300_000_000_000]);
        let proof = "others waited 3m for it in 10s, 20.0 of them at any time, 100% of all waiting for locks";
        assert_eq!(found[0].proof, proof);
    }

    #[test]
    fn what_was_waited_for_long_ago_is_not_now() {
        assert!(found([900_000_000_000, 900_200_000_000]).is_empty());
    }
}
