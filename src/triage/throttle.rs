//! The container may not have the CPU that the service wants.

use super::evidence::{Evidence, Kind};
use super::finding::{Confidence, Finding, Next};
use super::hot::{Burnt, percent};
use super::limits::{Limit, Thresholds};
use super::print::tenths;
use super::{Class, Rule};

/// Less waiting happens to every container.
const SHARE: Limit = Limit {
    name: "throttled_share",
    default: 20.0,
    help: "percent of the periods in which the container had to wait for CPU",
};
/// Fewer periods tell nothing; there are ten a second.
const PERIODS: u64 = 20;
/// Less of it in one function makes no culprit.
const CULPRIT: f64 = 0.25;

pub(super) const RULE: Rule = Rule {
    name: "throttle",
    class: Class::Hot,
    doc: "The kernel made the container wait in many of the periods between the ends, or all its CPU was in use. \
        Whoever burns most of it is named. Everything in the process is slow then, and locks and queues look \
        guilty that are not.\n\
        It cannot see a node that is overcommitted, nor a cgroup that is not ours.\n\
        Source: cpu.stat nr_throttled of control groups.",
    limits: &[&SHARE],
    find,
};

fn find(evidence: &Evidence<'_>, thresholds: &Thresholds) -> Vec<Finding> {
    measured(evidence, thresholds).into_iter().collect()
}

fn measured(evidence: &Evidence<'_>, thresholds: &Thresholds) -> Option<Finding> {
    let process = &evidence.process;
    let [Some(start), Some(end)] = process.throttled else {
        return None;
    };
    let (waited, periods) = (end.0.saturating_sub(start.0), end.1.saturating_sub(start.1));
    let share = waited as f64 / periods.max(1) as f64;
    if periods < PERIODS || share * 100.0 < thresholds.of(&SHARE) {
        return None;
    }
    let burnt = Burnt::of(evidence);
    let spot = burnt.as_ref().and_then(|burnt| {
        let spot = burnt.spots.first()?;
        (burnt.share(spot.sum) >= CULPRIT).then_some((burnt, spot))
    });
    let used = process
        .cores()
        .map(|cores| format!("{} cores used", tenths(cores)));
    let limit = process
        .cpu_limit
        .map(|limit| format!(" of {}", tenths(limit)));
    let of_it = spot.map(|(burnt, spot)| {
        format!(
            "; {}% of it below this function",
            percent(burnt.share(spot.sum))
        )
    });
    Some(Finding {
        confidence: Confidence::Sure,
        severity: 69,
        culprit: spot.map(|(_, spot)| spot.place()),
        what: "the container is throttled: its CPU limit is used up".to_string(),
        proof: format!(
            "made to wait in {}% of {periods} periods; {}{}{}",
            percent(share),
            used.unwrap_or_default(),
            limit.unwrap_or_default(),
            of_it.unwrap_or_default(),
        ),
        why: "all of the process is slow then: raise the limit or burn less".to_string(),
        next: match spot {
            Some((_, spot)) => Next::about(Kind::Cpu, "peek", &spot.frame),
            None => Next {
                kind: Kind::Cpu,
                line: "top 10 -cum".to_string(),
            },
        },
        stack: spot.map(|(_, spot)| spot.stack()).unwrap_or_default(),
        also: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::evidence::Process;
    use super::super::test::{Snapshots, rules};
    use super::*;

    fn found(start: (u64, u64), end: (u64, u64)) -> Vec<Finding> {
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
