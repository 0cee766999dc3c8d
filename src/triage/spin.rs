//! A goroutine that never waits: it spins, or computes without an end, in a line or two.

use super::burn::Custom;
use super::evidence::{Evidence, Kind};
use super::finding::{Confidence, Finding, Findings};
use super::groups::count;
use super::hot::{Burnt, CORES};
use super::limits::{Limit, Thresholds};
use super::place::{Spot, share};
use super::say::Say;
use super::{Class, Rule};
use crate::packed::packed;

/// Less in one function is no loop.
const SHARE: Limit = Limit {
    name: "spin_share",
    default: 60.0,
    help: packed!("percent of the CPU in the code of one function that are a loop"),
};
/// A loop has few lines, and they have nearly all of it.
const LINES: (usize, f64) = (3, 0.8);
/// More that run at once are not one that spins but many that work.
const FEW: i64 = 8;

pub(super) const RULE: Rule = Rule {
    name: "spin",
    class: Class::Hot,
    doc: packed!(
        "Most of the CPU is in three lines of one own function that neither calls a library nor waits, or only \
        yields, and goroutines were seen running there in both snapshots.\n\
        It cannot see what the loop waits for, nor tell a spin from a computation in a line or two.\n\
        Source: runtime/pprof CPU samples; goroutines that run or could (runtime2.go, _Grunning, _Grunnable)."
    ),
    limits: &[&SHARE],
    find,
};

fn find(evidence: &Evidence<'_>, thresholds: &Thresholds, found: &mut Findings) {
    let burnt = Burnt::of(evidence).filter(|burnt| burnt.cores >= thresholds.of(&CORES));
    found.extend(burnt.and_then(|burnt| spinning(evidence, &burnt, thresholds)));
}

fn spinning(
    evidence: &Evidence<'_>,
    burnt: &Burnt<'_>,
    thresholds: &Thresholds,
) -> Option<Box<Finding>> {
    let spot = burnt.spots.first()?;
    let (burn, part) = burnt.mostly(spot);
    let polls =
        burn.is_none_or(|burn| burn.custom == Custom::Aside && burn.what.starts_with("polling"));
    let top: i64 = spot
        .lines
        .iter()
        .rev()
        .take(LINES.0)
        .map(|line| line.0)
        .sum();
    let few = polls
        && burnt.share(part) * 100.0 >= thresholds.of(&SHARE)
        && top as f64 >= LINES.1 * spot.sum as f64;
    (few && runs(evidence, spot)).then(|| finding(evidence, burnt, spot))
}

/// Whether somebody runs in it whenever one looks.
fn runs(evidence: &Evidence<'_>, spot: &Spot<'_>) -> bool {
    let (now, before) = count(&evidence.groups, &|group| {
        group.is_in(&["running", "runnable", "-"])
            && group
                .frames
                .iter()
                .any(|frame| frame.name == spot.frame.name)
    });
    let seen = |count| (1..=FEW).contains(&count);
    seen(now) && (seen(before) || evidence.goroutines.start.is_none())
}

fn finding(evidence: &Evidence<'_>, burnt: &Burnt<'_>, spot: &Spot<'_>) -> Box<Finding> {
    let (confidence, seen) = match evidence.goroutines.start {
        Some(_) => (Confidence::Sure, "; seen running both times"),
        None => (Confidence::Likely, "; seen running there"),
    };
    let texts = [
        packed!("spins: a goroutine that never waits"),
        packed!("work for requests would call something, and would rest between them"),
    ];
    let mut finding = Finding::new(confidence, burnt.severity(evidence) + 3, &texts);
    finding.blame_spot(Kind::Cpu, "list", spot);
    let of_line = share(spot.lines.last().map_or(0, |line| line.0), spot.sum);
    burnt.tell(spot.sum, &mut finding.proof);
    let proof = finding.proof.say(" in its own lines, ").percent(of_line);
    proof.say(" in line ").count(spot.frame.line).say(seen);
    finding
}

#[cfg(test)]
mod tests {
    use super::super::test::{Snapshots, rules};
    use super::*;

    const CPU: &str = "main.poll a/p.go:7 900000000\nmain.poll a/p.go:8 60000000\nmain.f a/f.go:1;os.Open os/o.go:1 90000000";

    fn found(goroutines: &[&str]) -> Vec<Finding> {
        let snapshots = Snapshots {
            cpu: CPU,
            goroutines,
            ..Snapshots::default()
        };
        rules(&RULE, snapshots)
    }

    #[test]
    fn who_runs_in_one_line_whenever_one_looks_spins() {
        let running = "main.poll a/p.go:7 1\nmain.w a/w.go:1;runtime.chanrecv runtime/c.go:1;runtime.gopark runtime/p.go:1 3";
        let found = found(&[running, running]);
        assert_eq!(found[0].confidence, Confidence::Sure);
        assert!(
            found[0]
                .proof
                .contains("94% in line 7; seen running both times"),
            "{}",
            found[0].proof
        );
    }

    #[test]
    fn who_rests_in_between_does_not() {
        let waits =
            "main.poll a/p.go:9;runtime.chanrecv runtime/c.go:1;runtime.gopark runtime/p.go:1 1";
        assert!(found(&[waits, waits]).is_empty());
    }
}
