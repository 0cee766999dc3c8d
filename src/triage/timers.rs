//! Timers and tickers pile up: each keeps what its function refers to until it fires.

use super::code::Frame;
use super::evidence::{Evidence, Kind};
use super::finding::{Confidence, Finding, Findings};
use super::limits::{Limit, Thresholds};
use super::place::{Grown, Spot, grown, passes, share, spots};
use super::say::Say;
use super::{Class, Rule};
use crate::packed::packed;

/// Fewer are no pile.
const COUNT: Limit = Limit {
    name: "timer_growth",
    default: 2000.0,
    help: packed!("timers that a place gains between the ends"),
};
/// Samples of the heap profile that so many have to be: one alone stands for thousands of timers.
const SAMPLES: f64 = 3.0;
/// Who makes them.
const MAKERS: [&[u8]; 8] = [
    b"time.newTimer",
    b"time.NewTimer",
    b"time.NewTicker",
    b"time.AfterFunc",
    b"time.After",
    b"time.Tick",
    b"context.WithDeadline",
    b"context.WithDeadlineCause",
];

pub(super) const RULE: Rule = Rule {
    name: "timers",
    class: Class::Memory,
    doc: packed!(
        "More timers, tickers or contexts with a deadline alive at the end than at the start, from one place: \
        started over and over with a long time and never stopped.\n\
        It cannot see a few: a heap profile counts one in thousands of objects that small. Before Go 1.23 a \
        ticker that nobody stops is never freed; since then only what somebody still refers to is kept.\n\
        Source: time.AfterFunc, time.NewTicker; Go 1.23 release notes."
    ),
    limits: &[&COUNT],
    find,
};

fn find(evidence: &Evidence<'_>, thresholds: &Thresholds, found: &mut Findings) {
    if evidence.heap.start.is_none() {
        return;
    }
    let heap = &evidence.heap;
    let stacks = grown(heap, ["inuse_objects", "inuse_space"]);
    let is_timer = |stack: &Grown| {
        let frames = stack.frames(heap);
        let own = frames.iter().position(Frame::is_own);
        passes(&frames[..own.unwrap_or(frames.len())], &MAKERS)
    };
    let change = |column| {
        spots(heap, &stacks, &|stack| {
            is_timer(stack).then(|| stack.change(column))
        })
    };
    let period = heap
        .end
        .as_ref()
        .map_or(1, |code| code.profile.header.period.max(1));
    let bytes = change(1);
    let enough = |spot: &&Spot<'_>| {
        let of_it = bytes.iter().find(|of| of.frame.name == spot.frame.name);
        let sampled = share(of_it.map_or(0, |of| of.sum), period);
        spot.sum >= thresholds.count(&COUNT) && sampled >= SAMPLES
    };
    let counts = change(0);
    let spot = counts.iter().find(enough);
    found.extend(spot.map(|spot| finding(evidence, spot)));
}

fn finding(evidence: &Evidence<'_>, spot: &Spot<'_>) -> Box<Finding> {
    let texts = [
        packed!("timers pile up, started here and not stopped"),
        packed!("those that fire or are stopped do not become more"),
    ];
    let mut finding = Finding::new(Confidence::Likely, 70, &texts);
    finding.blame_spot(Kind::Heap, "peek", spot);
    let proof = finding.proof.say("about ").count(spot.sum);
    let proof = proof.say(" more timers alive in ");
    proof.seconds(evidence.heap.seconds.unwrap_or(0.0));
    finding
}

#[cfg(test)]
mod tests {
    use super::super::evidence::{Part, Process};
    use super::*;
    use crate::model::fixture::typed;

    fn found(texts: [&str; 2]) -> Findings {
        let types = [("inuse_objects", "count"), ("inuse_space", "bytes")];
        let [start, end] = texts.map(|text| typed(&types, text));
        let parts = [(&start, 0.0), (&end, 10.0)].map(|(profile, at)| Part {
            name: "heap",
            origin: "",
            profile,
            at: Some(at),
        });
        let process = Process::default();
        let evidence = Evidence::of(&parts, &process, &[], None).unwrap();
        let mut found = Vec::new();
        (RULE.find)(&evidence, &Thresholds::default(), &mut found);
        found
    }

    #[test]
    fn timers_that_nobody_stops_become_more() {
        let timers = "main.watch a/w.go:6;time.AfterFunc time/s.go:1 ";
        let found = found([
            &format!("{timers}1000 90000"),
            &format!("{timers}9000 800000"),
        ]);
        assert_eq!(found[0].proof, "about 8000 more timers alive in 10s");
    }

    #[test]
    fn as_many_as_before_are_in_use() {
        let timers = "main.watch a/w.go:6;time.AfterFunc time/s.go:1 90000 8000000";
        assert!(found([timers, timers]).is_empty());
    }
}
