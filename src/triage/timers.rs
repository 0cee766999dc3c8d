//! Timers and tickers pile up: each keeps what its function refers to until it fires.

use super::evidence::{Evidence, Kind};
use super::finding::{Confidence, Finding, Next};
use super::limits::{Limit, Thresholds};
use super::place::{Grown, Spot, grown, spots};
use super::{Class, Rule};

/// Fewer are no pile.
const COUNT: Limit = Limit {
    name: "timer_growth",
    default: 2000.0,
    help: "timers that a place gains between the ends",
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
    doc: "More timers, tickers or contexts with a deadline alive at the end than at the start, from one place: \
        started over and over with a long time and never stopped.\n\
        It cannot see a few: a heap profile counts one in thousands of objects that small. Before Go 1.23 a \
        ticker that nobody stops is never freed; since then only what somebody still refers to is kept.\n\
        Source: time.AfterFunc, time.NewTicker; Go 1.23 release notes.",
    limits: &[&COUNT],
    find,
};

fn find(evidence: &Evidence<'_>, thresholds: &Thresholds) -> Vec<Finding> {
    if evidence.heap.start.is_none() {
        return Vec::new();
    }
    let heap = &evidence.heap;
    let stacks = grown(heap, ["inuse_objects", "inuse_space"]);
    let is_timer = |stack: &&Grown| {
        let frames = stack.frames(heap);
        let mut library = frames.iter().take_while(|frame| !frame.is_own());
        library.any(|frame| MAKERS.contains(&frame.name))
    };
    let change = |column| {
        spots(heap, stacks.iter().filter(is_timer), |stack| {
            stack.change(column)
        })
    };
    let period = heap
        .end
        .as_ref()
        .map_or(1, |code| code.profile.header.period.max(1));
    let bytes = change(1);
    let enough = |spot: &&Spot<'_>| {
        let of_it = bytes.iter().find(|of| of.frame.name == spot.frame.name);
        let sampled = of_it.map_or(0, |of| of.sum) as f64 / period as f64;
        spot.sum >= thresholds.count(&COUNT) && sampled >= SAMPLES
    };
    change(0)
        .iter()
        .find(enough)
        .map(|spot| finding(evidence, spot))
        .into_iter()
        .collect()
}

fn finding(evidence: &Evidence<'_>, spot: &Spot<'_>) -> Finding {
    let seconds = evidence.heap.seconds.unwrap_or(0.0).round();
    Finding {
        confidence: Confidence::Likely,
        severity: 70,
        culprit: Some(spot.place()),
        what: "timers pile up, started here and not stopped".to_string(),
        proof: format!("about {} more timers alive in {seconds}s", spot.sum),
        why: "those that fire or are stopped do not become more".to_string(),
        next: Next::about(Kind::Heap, "peek", &spot.frame),
        stack: spot.stack(),
        also: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::evidence::{Part, Process};
    use super::*;
    use crate::model::fixture::typed;

    fn found(texts: [&str; 2]) -> Vec<Finding> {
        let types = [("inuse_objects", "count"), ("inuse_space", "bytes")];
        let [start, end] = texts.map(|text| typed(&types, text));
        let parts = [(&start, 0.0), (&end, 10.0)].map(|(profile, at)| Part {
            name: "heap",
            origin: "",
            profile,
            at: Some(at),
        });
        let evidence = Evidence::of(parts.into(), Process::default(), Vec::new(), None).unwrap();
        (RULE.find)(&evidence, &Thresholds::default())
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
