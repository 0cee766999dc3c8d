//! Waking and parking goroutines takes most of the CPU: too many small hand-overs, or a fight over locks.

use super::burn::charge;
use super::code::Frame;
use super::evidence::{Evidence, Kind};
use super::finding::{Confidence, Finding, Findings};
use super::groups::Group;
use super::limits::{Limit, Thresholds};
use super::place::{passes, share, spots_of};
use super::say::Say;
use super::{Class, Rule};
use crate::packed::packed;

/// Less of both is what an idle service does when it is woken.
const CORES: Limit = Limit {
    name: "scheduler_cores",
    default: 0.4,
    help: packed!("processors that have to be busy before the scheduler is a finding"),
};
const SHARE: Limit = Limit {
    name: "scheduler_share",
    default: 55.0,
    help: packed!("percent of the CPU for waking and parking that are too much"),
};
/// Less of it in one function makes no culprit.
const CULPRIT: f64 = 0.4;
/// Where the scheduler looks for work, or is asked to.
const SCHEDULES: [&[u8]; 6] = [
    b"runtime.schedule",
    b"runtime.findRunnable",
    b"runtime.findrunnable",
    b"runtime.park_m",
    b"runtime.goschedImpl",
    b"runtime.goready",
];
/// Where threads fight over a lock instead.
const FIGHTS: [&[u8]; 4] = [
    b"runtime.lock2",
    b"runtime.procyield",
    b"sync.(*Mutex).lockSlow",
    b"internal/sync.(*Mutex).lockSlow",
];

pub(super) const RULE: Rule = Rule {
    name: "scheduler",
    class: Class::Hot,
    doc: packed!(
        "Most of the CPU is in the scheduler, or in spinning for locks, which are told apart by their frames. \
        Whose operations are seen beside it most often - channels, timers, locks - or who yields both times one looks is named.\n\
        It cannot see who was woken by whom: the scheduler runs on a stack of its own.\n\
        Source: runtime/proc.go, runtime/lock_futex.go, sync/mutex.go."
    ),
    limits: &[&CORES, &SHARE],
    find,
};

fn find(evidence: &Evidence<'_>, thresholds: &Thresholds, found: &mut Findings) {
    found.extend(measured(evidence, thresholds));
}

fn measured(evidence: &Evidence<'_>, thresholds: &Thresholds) -> Option<Box<Finding>> {
    let code = evidence.cpu.as_ref()?;
    let (mut total, mut scheduling, mut fighting) = (0i64, 0i64, 0i64);
    let spots = spots_of(code, code.column("cpu")?, &mut |frames, value| {
        total = total.saturating_add(value);
        if passes(frames, &FIGHTS) {
            fighting = fighting.saturating_add(value);
        } else if passes(frames, &SCHEDULES) {
            scheduling = scheduling.saturating_add(value);
        }
        let (at, burn) = charge(frames)?;
        let hands = [
            "channels",
            "timers",
            "fighting over locks",
            "polling instead of waiting",
            "starting goroutines",
        ];
        burn.filter(|burn| hands.contains(&burn.what)).map(|_| at)
    });
    let cores = share(total, code.profile.header.duration_nanos);
    let both = share(scheduling.saturating_add(fighting), total);
    if cores < thresholds.of(&CORES) || both * 100.0 < thresholds.of(&SHARE) {
        return None;
    }
    let all: i64 = spots.iter().map(|spot| spot.sum).sum();
    let spot = spots
        .first()
        .filter(|spot| spot.sum as f64 >= CULPRIT * all as f64);
    let yields = yields(evidence).filter(|_| fighting <= scheduling);
    let what = match (fighting > scheduling, yields) {
        (true, _) => packed!("spinning for locks takes the CPU"),
        (false, Some(_)) => packed!("spins: it yields over and over instead of waiting"),
        (false, None) => packed!("waking and parking goroutines takes the CPU"),
    };
    let culprit = yields.or(spot.map(|spot| &spot.frame));
    let confidence = match yields {
        Some(_) => Confidence::Likely,
        None => Confidence::Maybe,
    };
    let why = packed!("an idle service is woken too, but does not keep a processor busy with it");
    let mut finding = Finding::new(confidence, 45, &[what, why]);
    match culprit {
        Some(frame) => {
            finding.put_down(frame, spot.map_or(&[], |spot| &spot.stack[..]));
            finding.next_about(Kind::Cpu, "peek", frame);
        }
        None => finding.next(Kind::Cpu, "top 10 -cum"),
    }
    let proof = finding.proof.percent(share(scheduling, total)).say(" of ");
    let proof = proof.tenths(cores).say(" cores in the scheduler, ");
    let proof = proof.percent(share(fighting, total));
    proof.say(" spinning for locks");
    Some(finding)
}

/// The own function that is in runtime.Gosched whenever one looks.
fn yields<'e>(evidence: &'e Evidence<'_>) -> Option<&'e Frame<'e>> {
    let yielding = |group: &&Group<'_>| {
        let mut runtime = group.frames.iter().take_while(|frame| frame.runtime);
        runtime.any(|frame| frame.is("runtime.Gosched"))
    };
    let mut groups = evidence.groups.iter().filter(yielding);
    groups.find_map(|group| group.own().filter(|_| group.now > 0 && group.before > 0))
}

#[cfg(test)]
mod tests {
    use super::super::test::{Snapshots, of_cpu, rules};
    use super::*;

    fn found(cpu: &str) -> Vec<Finding> {
        of_cpu(&RULE, cpu)
    }

    const SENDS: &str = "main.relay a/r.go:3;runtime.chansend1 runtime/c.go:1 600000000\n";

    #[test]
    fn the_scheduler_and_a_fight_over_locks_are_told_apart() {
        let parks = "runtime.mcall r/a.s:1;runtime.park_m r/p.go:1;runtime.schedule r/p.go:2;runtime.findRunnable r/p.go:3 3000000000";
        let scheduled = found(&format!("{SENDS}{parks}"));
        assert_eq!(
            scheduled[0].what,
            "waking and parking goroutines takes the CPU"
        );
        assert_eq!(scheduled[0].culprit.as_ref().unwrap().name, b"main.relay");
        let fights = "main.lock a/l.go:1;sync.(*Mutex).lockSlow sync/m.go:1;runtime.procyield r/a.s:1 3000000000";
        assert_eq!(
            found(&format!("{SENDS}{fights}"))[0].what,
            "spinning for locks takes the CPU"
        );
    }

    #[test]
    fn who_yields_both_times_is_named() {
        let yields = "main.await a/w.go:7;runtime.Gosched r/p.go:1;runtime.mcall r/a.s:1 1";
        let snapshots = Snapshots {
            goroutines: &[yields, yields],
            cpu: "runtime.mcall r/a.s:1;runtime.goschedImpl r/p.go:1;runtime.schedule r/p.go:2 4000000000",
            ..Snapshots::default()
        };
        let found = rules(&RULE, snapshots);
        assert_eq!(found[0].culprit.as_ref().unwrap().name, b"main.await");
    }

    #[test]
    fn being_woken_now_and_then_is_nothing() {
        assert!(found("runtime.mcall r/a.s:1;runtime.schedule r/p.go:2 500000000").is_empty());
    }
}
