//! The stacks of goroutines grow: not what they allocate, but what they stand on.

use std::cmp::Reverse;

use super::account;
use super::code::Frame;
use super::evidence::Evidence;
use super::finding::{Confidence, Finding, Findings};
use super::groups::Group;
use super::limits::{Limit, Thresholds};
use super::place::blamed;
use super::say::Say;
use super::{Class, Rule};
use crate::packed::packed;

/// Less is no growth.
const GROWTH: Limit = Limit {
    name: "stack_growth",
    default: 8.0,
    help: packed!("MB that all stacks gain between the ends"),
};
/// Go writes down no more of a stack.
const MOST_FRAMES: usize = 128;
/// And less than this share of what they took already, in percent.
const SHARE: i64 = 10;

pub(super) const RULE: Rule = Rule {
    name: "stacks",
    class: Class::Memory,
    doc: packed!(
        "The runtime's memory for stacks grew between the ends, and so did the number of goroutines in one \
        place; of several the one with most frames, for Go keeps a stack as large as it ever was.\n\
        It cannot see how large a single stack is, and stacks that are big and stay so are nothing.\n\
        Source: MemStats.StackInuse; runtime/stack.go doubles a stack and halves it only while it is scanned."
    ),
    limits: &[&GROWTH],
    find,
};

fn find(evidence: &Evidence<'_>, thresholds: &Thresholds, found: &mut Findings) {
    found.extend(grown(evidence, thresholds.megabytes(&GROWTH)));
}

fn grown(evidence: &Evidence<'_>, floor: i64) -> Option<Box<Finding>> {
    let stats = account::both(&evidence.heap)?;
    let grew = account::change(stats, |stats| stats.stack)?;
    let (now, seconds) = (stats.1.stack?, evidence.heap.seconds?);
    if grew < floor.max(now / 100 * SHARE) {
        return None;
    }
    let change = |group: &Group<'_>| group.now.saturating_sub(group.before);
    let groups = evidence.groups.iter().filter(|group| change(group) > 0);
    let deep = |frames: usize, change: i64| Reverse(change.saturating_mul(frames as i64));
    let group = groups.min_by_key(|group| deep(group.frames.len(), change(group)))?;
    let frame = recursing(&group.frames)?;
    let rate = grew as f64 / seconds;
    let texts = [
        packed!("stacks of goroutines that never end fill the memory"),
        packed!("no heap profile has it; idle workers have small stacks and become no more"),
    ];
    let severity = account::urgency(evidence.process, rate);
    let mut finding = Finding::new(Confidence::Sure, severity, &texts);
    finding.blame(frame, &group.frames);
    let proof = finding.proof.say("stacks ");
    let proof = proof.size(now.saturating_sub(grew)).say(" to ").size(now);
    let proof = proof.say(" in ").seconds(seconds).say(", ");
    let proof = proof.size(now / evidence.goroutine_count().max(1));
    let proof = proof.say(" a goroutine; ").count(change(group));
    let deep = group.frames.len().min(MOST_FRAMES);
    let proof = proof.say(" more stand here, ").count(deep as i64);
    proof.say(match deep {
        MOST_FRAMES => " or more frames deep",
        _ => " frames deep",
    });
    account::full_in(evidence.process, rate, proof);
    account::tell(evidence, &mut finding);
    Some(finding)
}

/// Of the function that a stack is put down to the line that it has most often: that is where it goes deep.
fn recursing<'f, 'p>(frames: &'f [Frame<'p>]) -> Option<&'f Frame<'p>> {
    let blamed = frames.get(blamed(frames)?)?;
    let again = frames.iter().filter(|frame| frame.name == blamed.name);
    let times = |line: i64| again.clone().filter(|frame| frame.line == line).count();
    again.clone().rev().max_by_key(|frame| times(frame.line))
}

#[cfg(test)]
mod tests {
    use super::super::test::{Snapshots, rules};
    use super::*;
    use crate::model::MemStats;

    const DEEP: &str = "main.walk app/w.go:7;main.walk app/w.go:7;main.walk app/w.go:5;runtime.chanrecv runtime/chan.go:1";

    fn found(goroutines: &[&str], stacks: [i64; 2]) -> Vec<Finding> {
        let stats = stacks.map(|stack| MemStats {
            stack: Some(stack << 20),
            ..MemStats::default()
        });
        let snapshots = Snapshots {
            goroutines,
            heap: &["main.f 1 1", "main.f 1 1"],
            stats: &stats,
            ..Snapshots::default()
        };
        rules(&RULE, snapshots)
    }

    #[test]
    fn the_deepest_of_those_that_become_more_is_named() {
        let other = "main.serve app/s.go:9;runtime.chanrecv runtime/chan.go:1";
        let start = format!("{DEEP} 100\n{other} 10");
        let end = format!("{DEEP} 160\n{other} 80");
        let found = found(&[&start, &end], [50, 80]);
        let culprit = found[0].culprit.as_ref().unwrap();
        assert_eq!((&culprit.name[..], culprit.line), (&b"main.walk"[..], 7));
        assert!(
            found[0].proof.starts_with("stacks 50MB to 80MB in 10s"),
            "{}",
            found[0].proof
        );
    }

    #[test]
    fn big_and_stable_is_nothing() {
        let text = format!("{DEEP} 4000");
        assert!(found(&[&text, &text], [900, 901]).is_empty());
    }
}
