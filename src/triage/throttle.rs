//! The container may not have the CPU that the service wants.

use super::evidence::{Evidence, Kind};
use super::finding::{Confidence, Finding, Findings};
use super::hot::Burnt;
use super::limits::{Limit, Thresholds};
use super::place::share;
use super::say::Say;
use super::{Class, Rule};
use crate::packed::packed;

/// Less waiting happens to every container.
const SHARE: Limit = Limit {
    name: "throttled_share",
    default: 20.0,
    help: packed!("percent of the periods in which the container had to wait for CPU"),
};
/// Fewer periods tell nothing; there are ten a second.
const PERIODS: i64 = 20;
/// Less of it in one function makes no culprit.
const CULPRIT: f64 = 0.25;

pub(super) const RULE: Rule = Rule {
    name: "throttle",
    class: Class::Hot,
    doc: packed!(
        "The kernel made the container wait in many of the periods between the ends, or all its CPU was in use. \
        Whoever burns most of it is named. Everything in the process is slow then, and locks and queues look \
        guilty that are not.\n\
        It cannot see a node that is overcommitted, nor a cgroup that is not ours.\n\
        Source: cpu.stat nr_throttled of control groups."
    ),
    limits: &[&SHARE],
    find,
};

fn find(evidence: &Evidence<'_>, thresholds: &Thresholds, found: &mut Findings) {
    found.extend(measured(evidence, thresholds));
}

fn measured(evidence: &Evidence<'_>, thresholds: &Thresholds) -> Option<Box<Finding>> {
    let process = evidence.process;
    let [Some(start), Some(end)] = process.throttled else {
        return None;
    };
    let (waited, periods) = (end.0.saturating_sub(start.0), end.1.saturating_sub(start.1));
    let share = share(waited, periods);
    if periods < PERIODS || share * 100.0 < thresholds.of(&SHARE) {
        return None;
    }
    let mut finding = Finding::new(
        Confidence::Sure,
        69,
        &[
            packed!("the container is throttled: its CPU limit is used up"),
            packed!("all of the process is slow then: raise the limit or burn less"),
        ],
    );
    let proof = &mut finding.proof;
    proof.say("made to wait in ").percent(share).say(" of ");
    proof.count(periods).say(" periods; ");
    if let Some(cores) = process.cores() {
        proof.tenths(cores).say(" cores used");
    }
    if let Some(limit) = process.cpu_limit {
        proof.say(" of ").tenths(limit);
    }
    let burnt = Burnt::of(evidence);
    let spot = burnt.as_ref().and_then(|burnt| {
        let spot = burnt.spots.first()?;
        let share = burnt.share(spot.sum);
        (share >= CULPRIT).then_some((share, spot))
    });
    match spot {
        Some((share, spot)) => {
            let proof = proof.say("; ").percent(share);
            proof.say(" of it below this function");
            finding.blame_spot(Kind::Cpu, "peek", spot);
        }
        None => finding.next(Kind::Cpu, "top 10 -cum"),
    }
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::super::evidence::Process;
    use super::super::test::{Snapshots, rules};
    use super::*;

    fn found(start: (i64, i64), end: (i64, i64)) -> Vec<Finding> {
        let snapshots = Snapshots {
            cpu: "main.f a/f.go:1 900000000\nmain.g a/g.go:1 100000000",
            process: Process {
                throttled: [Some(start), Some(end)],
                cpu: [Some(1.0), Some(6.0)],
                seconds: Some(10.0),
                cpu_limit: Some(0.5),
                ..Process::default()
            },
            ..Snapshots::default()
        };
        rules(&RULE, snapshots)
    }

    #[test]
    fn who_is_made_to_wait_often_is_throttled() {
        let found = found((900, 1000), (960, 1100));
        let proof = "made to wait in 60% of 100 periods; 0.5 cores used of 0.5; 90% of it below this function";
        assert_eq!(found[0].proof, proof);
    }

    #[test]
    fn what_was_throttled_long_ago_is_not_now() {
        assert!(found((900, 1000), (901, 1100)).is_empty());
    }
}
