//! Allocating and collecting take most of the CPU, and the place that allocates feeds it.

use super::account;
use super::code::Frame;
use super::evidence::{Evidence, Kind};
use super::finding::{Confidence, Finding, Findings};
use super::hot::CORES;
use super::limits::{Limit, Thresholds};
use super::place::{Spot, blamed, grown, passes, share, spots_of};
use super::say::Say;
use super::{Class, Rule};
use crate::packed::{Packed, packed};

/// Less is what Go costs.
const SHARE: Limit = Limit {
    name: "gc_share",
    default: 45.0,
    help: packed!("percent of the CPU for allocating and collecting that are too much"),
};
/// Less than this hardly costs anything.
const COST: Limit = Limit {
    name: "gc_cores",
    default: 0.2,
    help: packed!("processors that allocating and collecting have to keep busy"),
};
/// The collector alone, in percent, however little is allocated: the heap has no room.
const COLLECTING: f64 = 40.0;
/// Room in percent of the live heap below which the collector has no rest.
const ROOM: i64 = 25;
/// The functions in which the collector runs, or makes others help.
const COLLECTS: [&[u8]; 6] = [
    b"runtime.gcBgMarkWorker",
    b"runtime.bgsweep",
    b"runtime.bgscavenge",
    b"runtime.gcAssistAlloc",
    b"runtime.gcStart",
    b"runtime.gcWriteBarrier",
];
/// Why it is no innocent.
const BUSY: Packed = packed!("a busy service spends less than a third on it");
/// What they all begin with where something is allocated.
const ALLOCATES: &[u8] = b"runtime.mallocgc";

pub(super) const RULE: Rule = Rule {
    name: "collector",
    class: Class::Hot,
    doc: packed!(
        "Allocating (runtime.mallocgc) and collecting (mark workers, sweeping, assists) take most of the CPU; the \
        own function below which most is allocated feeds it. Where collecting takes the most and the heap has \
        no room up to the next collection, the limit is named instead.\n\
        It cannot see allocations that the compiler could avoid.\n\
        Source: runtime/malloc.go, runtime/mgc.go; GCCPUFraction counts idle workers too and so is no proof."
    ),
    limits: &[&SHARE, &COST],
    find,
};

fn find(evidence: &Evidence<'_>, thresholds: &Thresholds, found: &mut Findings) {
    found.extend(measured(evidence, thresholds));
}

fn measured(evidence: &Evidence<'_>, thresholds: &Thresholds) -> Option<Box<Finding>> {
    let code = evidence.cpu.as_ref()?;
    let (mut total, mut collecting, mut allocating) = (0i64, 0i64, 0i64);
    let spots = spots_of(code, code.column("cpu")?, &mut |frames, value| {
        let collects = passes(frames, &COLLECTS);
        let allocates = frames.iter().any(|frame| frame.name.starts_with(ALLOCATES));
        total = total.saturating_add(value);
        match (collects, allocates) {
            (true, _) => collecting = collecting.saturating_add(value),
            (false, true) => allocating = allocating.saturating_add(value),
            (false, false) => {}
        }
        let own = frames.iter().position(Frame::is_own);
        own.filter(|_| allocates || collects)
    });
    let cores = share(total, code.profile.header.duration_nanos);
    let both = share(collecting.saturating_add(allocating), total) * 100.0;
    let alone = share(collecting, total) * 100.0 >= COLLECTING;
    let little = cores * both / 100.0 < thresholds.of(&COST);
    if cores < thresholds.of(&CORES) || little || both < thresholds.of(&SHARE) && !alone {
        return None;
    }
    let spot = spots.first()?;
    let cramped = alone && cramped(evidence);
    let texts = match cramped {
        true => [
            packed!("the collector has no rest: the heap is as large as it may be"),
            BUSY,
        ],
        false => [
            packed!("so much is allocated here that allocating and collecting are the work"),
            BUSY,
        ],
    };
    let severity = 50 + (cores.min(1.0) * 15.0) as u32 + if cramped { 15 } else { 2 };
    let mut finding = Finding::new(Confidence::Likely, severity, &texts);
    finding.blame_spot(Kind::Heap, "sample_index=alloc_objects; peek", spot);
    let below = share(spot.sum, spots.iter().map(|spot| spot.sum).sum());
    let proof = finding.proof.percent(both / 100.0).say(" of ");
    let proof = proof.tenths(cores).say(" cores: ");
    let proof = proof.percent(share(allocating, total)).say(" allocating, ");
    let proof = proof.percent(share(collecting, total)).say(" collecting; ");
    let proof = proof.percent(below).say(" of the allocating below it");
    pace(evidence, spot, proof);
    account::tell(evidence, &mut finding);
    Some(finding)
}

/// Whether the heap has hardly any room up to the next collection.
fn cramped(evidence: &Evidence<'_>) -> bool {
    let stats = account::end(&evidence.heap);
    stats.is_some_and(|stats| {
        let room = stats.next_gc.map(|next| next.saturating_sub(stats.live));
        room.is_some_and(|room| room < stats.live / 100 * ROOM)
    })
}

/// Adds how fast it allocates, where two heaps tell.
fn pace(evidence: &Evidence<'_>, spot: &Spot<'_>, proof: &mut String) {
    let Some(seconds) = evidence.heap.seconds else {
        return;
    };
    let stacks = grown(&evidence.heap, ["alloc_objects", "alloc_space"]);
    let (mut objects, mut bytes) = (0i64, 0i64);
    for stack in &stacks {
        let frames = stack.frames(&evidence.heap);
        let place = blamed(&frames).map(|at| frames[at].name);
        if place == Some(spot.frame.name) {
            objects = objects.saturating_add(stack.change(0));
            bytes = bytes.saturating_add(stack.change(1));
        }
    }
    if objects > 0 && bytes > 0 {
        let each_second = |sum: i64| (sum as f64 / seconds) as i64;
        let proof = proof.say("; ").count(each_second(objects));
        let proof = proof.say(" objects, ").size(each_second(bytes));
        proof.say(" a second");
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::of_cpu;
    use super::*;

    fn found(allocating: u32, collecting: u32, working: u32) -> Vec<Finding> {
        let text = format!(
            "main.parse a/p.go:5;runtime.newobject runtime/m.go:1;runtime.mallocgc runtime/m.go:2 {allocating}0000000\n\
             runtime.gcBgMarkWorker runtime/g.go:1 {collecting}0000000\nmain.work a/w.go:1 {working}0000000"
        );
        of_cpu(&RULE, &text)
    }

    #[test]
    fn who_allocates_most_feeds_the_collector() {
        let found = found(120, 40, 40);
        assert_eq!(found[0].culprit.as_ref().unwrap().name, b"main.parse");
        let proof =
            "80% of 0.4 cores: 60% allocating, 20% collecting; 100% of the allocating below it";
        assert_eq!(found[0].proof, proof);
    }

    #[test]
    fn a_third_of_it_is_what_go_costs() {
        assert!(found(66, 33, 201).is_empty());
        // Most of little is little.
        assert!(found(60, 20, 20).is_empty());
    }
}
