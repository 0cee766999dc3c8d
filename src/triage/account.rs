//! Where the memory of the process is: the runtime's counters reconciled to what the system says, and how
//! long it lasts.

use super::evidence::{Ends, Evidence, Process};
use super::finding::Finding;
use super::say::Say;
use crate::model::MemStats;

/// What the runtime counted at the end.
pub(super) fn end<'e>(ends: &'e Ends<'_>) -> Option<&'e MemStats> {
    ends.end.as_ref()?.profile.header.mem_stats.as_deref()
}

/// What the runtime counted at the start and at the end.
pub(super) fn both<'e>(ends: &'e Ends<'_>) -> Option<(&'e MemStats, &'e MemStats)> {
    let start = ends.start.as_ref()?.profile.header.mem_stats.as_deref()?;
    Some((start, end(ends)?))
}

/// What the runtime holds from the system.
pub(super) fn held(stats: &MemStats) -> Option<i64> {
    Some(stats.sys?.saturating_sub(stats.heap_released?))
}

/// By how much a counter grew.
pub(super) fn change(
    (start, end): (&MemStats, &MemStats),
    of: fn(&MemStats) -> Option<i64>,
) -> Option<i64> {
    Some(of(end)?.saturating_sub(of(start)?))
}

/// Adds the parts of what is in memory, in one line.
#[inline(never)]
pub(super) fn tell(evidence: &Evidence<'_>, finding: &mut Finding) {
    let Some(stats) = end(&evidence.heap) else {
        return;
    };
    let less = |a: Option<i64>, b: Option<i64>| Some(a?.saturating_sub(b?).max(0));
    let heap = stats
        .heap_inuse
        .zip(stats.heap_alloc)
        .map(|(inuse, alloc)| inuse.max(alloc));
    let parts = [
        ("live heap", Some(stats.live)),
        ("garbage and new", less(heap, Some(stats.live))),
        ("idle", less(stats.heap_idle, stats.heap_released)),
        ("stacks", stats.stack),
        (
            "runtime",
            less(less(stats.sys, stats.heap_sys), stats.stack),
        ),
    ];
    let (mut sum, mut text) = (0i64, String::new());
    for (name, value) in parts {
        if let Some(value) = value {
            text.say(if text.is_empty() { " = " } else { " + " })
                .say(name);
            text.say(" ").size(value);
            sum = sum.saturating_add(value);
        }
    }
    let mut also = String::new();
    match evidence.process.resident[1] {
        Some(resident) => {
            also.say("RSS ").size(resident).say(&text);
            match resident >= sum {
                true => also.say(" + outside Go ").size(resident - sum),
                false => also.say(" - not touched yet ").size(sum - resident),
            };
        }
        None => {
            also.say("Go holds ").size(sum).say(&text);
        }
    }
    finding.also.push(also);
}

/// Seconds until the container is full when memory grows by so many bytes a second at least.
pub(super) fn left(process: &Process, rate: f64) -> Option<f64> {
    let now = process.resident[1]?;
    let room = process.memory_limit?.saturating_sub(now).max(0) as f64;
    let measured = match (process.resident, process.seconds) {
        ([Some(start), Some(end)], Some(seconds)) => (end as f64 - start as f64) / seconds,
        _ => 0.0, // one look tells no rate
    };
    Some(room / measured.max(rate).max(1.0))
}

/// Adds `; RSS 142MB of 256MB: full in 40s`, where there is a limit.
#[inline(never)]
pub(super) fn full_in(process: &Process, rate: f64, text: &mut String) {
    let limit = process.resident[1].zip(process.memory_limit);
    if let Some((left, (now, limit))) = left(process, rate).zip(limit) {
        text.say("; RSS ").size(now).say(" of ").size(limit);
        text.say(": full in ").duration(left);
    }
}

/// How bad growth is: worse the sooner the container is full.
#[inline(never)]
pub(super) fn urgency(process: &Process, rate: f64) -> u32 {
    match left(process, rate) {
        Some(left) if left < 600.0 => 94,
        Some(left) if left < 3_600.0 => 86,
        _ => 78, // grows, but nobody knows how far it may
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Confidence;
    use super::super::test::{Snapshots, evidence};
    use super::*;
    use crate::packed::packed;

    const MB: i64 = 1 << 20;

    fn stats() -> MemStats {
        MemStats {
            live: 40 * MB,
            sys: Some(100 * MB),
            heap_sys: Some(90 * MB),
            heap_alloc: Some(60 * MB),
            heap_inuse: Some(64 * MB),
            heap_idle: Some(26 * MB),
            heap_released: Some(6 * MB),
            stack: Some(4 * MB),
            ..MemStats::default()
        }
    }

    fn told_of(resident: Option<i64>) -> String {
        let snapshots = Snapshots {
            heap: &["main.f 1 1"],
            stats: &[stats()],
            process: Process {
                resident: [None, resident],
                ..Process::default()
            },
            ..Snapshots::default()
        };
        evidence(snapshots, |evidence| {
            let mut finding = Finding::new(Confidence::Maybe, 0, &[packed!(""), packed!("")]);
            tell(evidence, &mut finding);
            finding.also.concat()
        })
    }

    #[test]
    fn the_parts_add_up_to_what_the_system_says() {
        let parts = "live heap 40MB + garbage and new 24MB + idle 20MB + stacks 4MB + runtime 6MB";
        assert_eq!(told_of(None), format!("Go holds 94MB = {parts}"));
        assert_eq!(
            told_of(Some(100 << 20)),
            format!("RSS 100MB = {parts} + outside Go 6MB")
        );
        assert_eq!(
            told_of(Some(90 << 20)),
            format!("RSS 90MB = {parts} - not touched yet 4MB")
        );
    }

    #[test]
    fn the_room_that_is_left_lasts_as_long_as_the_faster_rate_says() {
        let process = Process {
            resident: [Some(100), Some(200)],
            memory_limit: Some(500),
            seconds: Some(10.0),
            ..Process::default()
        };
        assert_eq!(left(&process, 5.0), Some(30.0));
        assert_eq!(left(&process, 50.0), Some(6.0));
        assert_eq!(left(&Process::default(), 50.0), None);
    }
}
