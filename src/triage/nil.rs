//! Goroutines on a channel that is nil: they wait for ever, by the language.

use super::code::Frame;
use super::evidence::Evidence;
use super::finding::{Confidence, Finding, Findings, extent};
use super::groups::Group;
use super::limits::{Limit, Thresholds};
use super::say::Say;
use super::{Class, Rule};
use crate::packed::packed;

const COUNT: Limit = Limit {
    name: "nil_count",
    default: 2.0,
    help: packed!("goroutines on a nil channel at one place"),
};
/// The runtime tests for nil within so many lines of the start of its function, and waits for others later.
const EARLY: i64 = 20;

pub(super) const RULE: Rule = Rule {
    name: "nil",
    class: Class::Leaks,
    doc: packed!(
        "Goroutines that send to or receive from a nil channel. A dump says so; in the binary form they are parked \
        within the first lines of runtime.chansend or chanrecv (Go 1.20 and later tell where a function starts).\n\
        Set aside: main, which some park like this on purpose, and a single one.\n\
        Source: the language (channel types); runtime/chan.go."
    ),
    limits: &[&COUNT],
    find,
};

fn find(evidence: &Evidence<'_>, thresholds: &Thresholds, found: &mut Findings) {
    let least = thresholds.count(&COUNT).max(1);
    for group in &evidence.groups {
        if group.now >= least && is_nil(group) && !group.passes("main.main") {
            found.extend(group.own().map(|frame| finding(frame, group)));
        }
    }
}

fn is_nil(group: &Group<'_>) -> bool {
    let early = |frame: &Frame<'_>| {
        let of_channels = frame.is("runtime.chansend") || frame.is("runtime.chanrecv");
        of_channels && frame.start > 0 && (0..EARLY).contains(&(frame.line - frame.start))
    };
    group.state.ends_with(b"(nil chan)") || group.frames.iter().any(early)
}

fn finding(frame: &Frame<'_>, group: &Group<'_>) -> Box<Finding> {
    let texts = [
        packed!("uses a channel that is nil: it was never made, or set to nil"),
        packed!("nobody can ever send, receive or close there"),
    ];
    let mut finding = Finding::new(Confidence::Sure, 45 + extent(group.now), &texts);
    finding.blame(frame, &group.frames);
    let proof = finding.proof.count(group.now);
    proof.say(" goroutines wait on a nil channel");
    finding
}

#[cfg(test)]
mod tests {
    use super::super::test::of_goroutines;
    use super::*;

    #[test]
    fn a_nil_channel_shows_by_the_line_that_parks() {
        let stack = |state: &str| {
            format!("main.wait app/w.go:7;{state};runtime.gopark runtime/proc.go:1 9")
        };
        // What the fixture does not say, as binaries before Go 1.20, tells nothing.
        let parked = stack("runtime.chanrecv runtime/chan.go:536");
        assert!(of_goroutines(&RULE, &[&parked]).is_empty());
    }

    #[test]
    fn early_is_what_lies_within_the_first_lines() {
        let frame = |line, start| Frame {
            name: b"runtime.chanrecv",
            file: b"runtime/chan.go",
            line,
            start,
            whose: crate::view::Whose::Library,
            runtime: true,
        };
        let group = |frame| Group {
            state: b"chan receive",
            idle: None,
            frames: vec![frame],
            creator: None,
            now: 2,
            between: 0,
            before: 0,
            waits: Vec::new(),
        };
        assert!(is_nil(&group(frame(536, 524))));
        assert!(!is_nil(&group(frame(667, 524))) && !is_nil(&group(frame(12, 0))));
    }
}
