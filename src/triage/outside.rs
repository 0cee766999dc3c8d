//! Memory grows that Go knows nothing of: mapped files, C, anonymous maps.

use super::account;
use super::code::Frame;
use super::evidence::{Evidence, Kind};
use super::finding::{Confidence, Finding, Findings, Place};
use super::limits::{Limit, Thresholds};
use super::place::{blamed, passes, spots_of};
use super::say::Say;
use super::{Class, Rule};
use crate::model::MemStats;
use crate::packed::packed;

/// Less is no growth.
const GROWTH: Limit = Limit {
    name: "outside_growth",
    default: 12.0,
    help: packed!("MB that RSS gains between the ends beyond what Go takes"),
};
/// Who makes memory that is not Go's: C, and maps.
const MAKERS: [&[u8]; 4] = [
    b"runtime.cgocall",
    b"syscall.mmap",
    b"syscall.Mmap",
    b"golang.org/x/sys/unix.Mmap",
];

pub(super) const RULE: Rule = Rule {
    name: "outside",
    class: Class::Memory,
    doc: packed!(
        "RSS grew between the ends by more than what the runtime took from the system (Sys - HeapReleased) or \
        touched of it, and is above that. Without /proc the highest RSS ever counts, which only a process at \
        its peak shows.\n\
        It cannot name an allocation: no profile of Go has it. Who is seen in cgo or mmap is named as maybe.\n\
        Source: MemStats, getrusage(2), proc(5)."
    ),
    limits: &[&GROWTH],
    find,
};

fn find(evidence: &Evidence<'_>, thresholds: &Thresholds, found: &mut Findings) {
    found.extend(grown(evidence, thresholds.megabytes(&GROWTH)));
}

/// What was in memory at both ends.
fn resident(evidence: &Evidence<'_>, stats: (&MemStats, &MemStats)) -> Option<[i64; 2]> {
    match evidence.process.resident {
        [Some(start), Some(end)] => Some([start, end]),
        _ => Some([stats.0.max_rss?, stats.1.max_rss?]),
    }
}

fn grown(evidence: &Evidence<'_>, floor: i64) -> Option<Box<Finding>> {
    let stats = account::both(&evidence.heap)?;
    let [start, end] = resident(evidence, stats)?;
    let grew = end.saturating_sub(start);
    // What Go took, or filled of what it had taken before.
    let held = account::change(stats, account::held)?.max(0);
    let filled = account::change(stats, |stats| stats.heap_inuse)?.max(0);
    let stacks = account::change(stats, |stats| stats.stack)?.max(0);
    let foreign = grew.saturating_sub(held.max(filled.saturating_add(stacks)));
    let above = end.saturating_sub(account::held(stats.1)?);
    if foreign < floor || above < foreign || foreign < end / 20 {
        return None;
    }
    let seconds = evidence.heap.seconds?;
    let rate = foreign as f64 / seconds;
    let what = match evidence.process.anonymous {
        [Some(before), Some(now)] if now.saturating_sub(before) < foreign / 2 => {
            packed!("memory outside Go grows: pages of mapped files")
        }
        [Some(_), Some(_)] => packed!("memory outside Go grows: anonymous memory: cgo or mmap"),
        _ => packed!("memory outside Go grows: mmap, cgo or mapped files"),
    };
    let maker = maker(evidence);
    let why = match maker {
        Some(_) => packed!("the heap stays as it is; this function was seen in cgo or mmap"),
        None => packed!("the heap stays as it is, so no heap profile has it: /proc/PID/smaps has"),
    };
    let severity = account::urgency(evidence.process, rate);
    let mut finding = Finding::new(Confidence::Sure, severity, &[what, why]);
    finding.culprit = maker;
    finding.next(Kind::Heap, "memstats");
    let proof = finding.proof.say("RSS ").size(start).say(" to ").size(end);
    let proof = proof.say(" in ").seconds(seconds).say(", of that ");
    let proof = proof.size(foreign).say(" outside Go; Go took ").size(held);
    account::full_in(evidence.process, rate, proof);
    account::tell(evidence, &mut finding);
    Some(finding)
}

/// Whose code was seen making such memory, most often first.
fn maker(evidence: &Evidence<'_>) -> Option<Place> {
    let made = |frames: &[Frame<'_>]| passes(frames, &MAKERS).then(|| blamed(frames)).flatten();
    let of_cpu = evidence.cpu.as_ref().and_then(|code| {
        let spots = spots_of(code, code.column("cpu")?, &mut |frames, _| made(frames));
        spots.first().map(|spot| Place::from(&spot.frame))
    });
    of_cpu.or_else(|| {
        let mut groups = evidence.groups.iter();
        groups.find_map(|group| group.frames.get(made(&group.frames)?).map(Place::from))
    })
}

#[cfg(test)]
mod tests {
    use super::super::evidence::Process;
    use super::super::test::{Snapshots, rules};
    use super::*;

    fn found(resident: [i64; 2], sys: [i64; 2], inuse: [i64; 2]) -> Vec<Finding> {
        let stats = [0, 1].map(|at| MemStats {
            sys: Some(sys[at] << 20),
            heap_released: Some(0),
            heap_inuse: Some(inuse[at] << 20),
            stack: Some(0),
            ..MemStats::default()
        });
        let snapshots = Snapshots {
            heap: &["main.f 1 1", "main.f 1 1"],
            stats: &stats,
            cpu: "main.load app/l.go:8;syscall.Mmap syscall/m.go:1;syscall.mmap syscall/m.go:2 10000000",
            process: Process {
                resident: resident.map(|mb| Some(mb << 20)),
                ..Process::default()
            },
            ..Snapshots::default()
        };
        rules(&RULE, snapshots)
    }

    #[test]
    fn what_rss_gains_and_go_does_not_is_outside() {
        let found = found([60, 120], [30, 31], [10, 10]);
        assert_eq!(
            found[0].proof,
            "RSS 60MB to 120MB in 10s, of that 59MB outside Go; Go took 1MB"
        );
        assert_eq!(found[0].culprit.as_ref().unwrap().name, b"main.load");
    }

    #[test]
    fn what_go_took_or_touches_only_now_is_not() {
        assert!(found([60, 120], [30, 90], [10, 60]).is_empty());
        assert!(found([60, 120], [200, 200], [10, 70]).is_empty());
        assert!(found([160, 160], [30, 30], [10, 10]).is_empty());
    }
}
