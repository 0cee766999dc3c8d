//! The live heap grows at one place of allocation: what is allocated there is kept.
//!
//! A heap profile is of the last collection but one, so two of them differ only where collections lie
//! between; where none does, the counters tell by how much the heap grew, and what the collections so far
//! left of each place tells whose growth it is.

use super::account;
use super::evidence::{Evidence, Kind};
use super::finding::{Confidence, Finding, Findings, Severity};
use super::limits::{Limit, Thresholds};
use super::place::{Grown, Spot, grown, share, spots};
use super::say::Say;
use super::{Class, Rule};
use crate::model::MemStats;
use crate::packed::{Packed, packed};

/// Less is no growth.
const GROWTH: Limit = Limit {
    name: "heap_growth",
    default: 6.0,
    help: packed!("MB that a place gains between the ends"),
};
/// And less than this share of what was live already, in percent.
const SHARE: i64 = 5;
/// A stack that keeps a smaller part of what it allocates only has more in flight than before.
const KEPT: f64 = 0.25;
/// How many standard deviations of sampling are no chance.
const NOISE: f64 = 3.0;
/// Without a collection in between: how much of the live heap, and of what it ever allocated, one place has kept.
const ALONE: (f64, f64) = (0.5, 0.9);
/// And by which factor the pace of now may differ from its pace so far.
const PACE: f64 = 2.5;
/// What no own code allocated is mostly kept by something else that is wrong.
const CONSEQUENCE: Severity = 58;
/// What grows along with goroutines that pile up comes behind them.
const BEHIND: Severity = 73;
/// So many goroutines more at one place pile up.
const PILE: i64 = 8;
/// By which factor each interval between collections is longer than the one before, at least.
const LONGER: f64 = 1.2;
/// By which factor a place may grow faster than it did since the process began.
const LATELY: f64 = 4.0;
/// What grew lately and may yet be full matters from so many bytes on, or where memory ends within so many seconds.
const LARGE: i64 = 256 << 20;
const SOON: f64 = 3_600.0;
/// Which part of what a library keeps own code has to keep beside it to be named.
const TRACE: i64 = 50;
/// By which factor the heap may grow more slowly now than it did one collection ago.
const SLOWED: f64 = 4.0;
/// Less room in the heap than that factor over what lives is left by a limit, not by GOGC.
const LIMITED: f64 = 1.4;
/// Seconds between two collections that tell no pace by themselves.
const SHORTEST: f64 = 1.0;
/// How many collections there have to be before they show anything.
const COLLECTIONS: i64 = 4;

/// What it is.
const GROWS: Packed = packed!("the heap grows by what is allocated here and kept");

pub(super) const RULE: Rule = Rule {
    name: "growth",
    class: Class::Memory,
    doc: packed!(
        "More live bytes of one place of allocation at the end than at the start, kept of what was allocated \
        there in between, and either the runtime's own size of the live heap (NextGC) grew too or sampling cannot \
        explain it; and the counters, newer than profiles by one collection, go on at that pace. Where no collection lay between the ends: HeapAlloc grew, nearly all that one place ever \
        allocated is alive, its pace so far is that of now, and collections came ever more seldom.\n\
        Big and stable is nothing, nor what grows four times as fast as since the start of the process, as a log \
        under load does, unless it is large (256MB) or memory ends within the hour. It cannot see growth of a few MB a minute in 15 s, nor a cache that will \
        be full soon.\n\
        Source: runtime/mprof.go on when a profile is published; MemStats."
    ),
    limits: &[&GROWTH],
    find,
};

fn find(evidence: &Evidence<'_>, thresholds: &Thresholds, findings: &mut Findings) {
    let floor = thresholds.megabytes(&GROWTH);
    if evidence.heap.start.is_none() {
        return;
    }
    let stacks = grown(&evidence.heap, ["alloc_space", "inuse_space"]);
    let stats = account::both(&evidence.heap);
    let collections = |stats: &MemStats| stats.collections;
    let found = match stats.and_then(|stats| account::change(stats, collections)) {
        Some(0) => stats.and_then(|stats| uncollected(evidence, stats, &stacks, floor)),
        _ => collected(evidence, &stacks, floor),
    };
    findings.extend(found);
}

/// Two profiles with a collection in between.
fn collected(evidence: &Evidence<'_>, stacks: &[Grown], floor: i64) -> Option<Box<Finding>> {
    let heap = &evidence.heap;
    let before = total(stacks.iter().map(|stack| stack.start[1]));
    let spots = spots(heap, stacks, &|stack| {
        let (allocated, change) = (stack.change(0), stack.change(1));
        let kept = change < 0 || change as f64 >= KEPT * allocated as f64;
        kept.then_some(change)
    });
    let stats = account::both(heap);
    let seconds = stats.and_then(|stats| between(stats, 1)).or(heap.seconds)?;
    // They may lie closer together than the looks.
    let part = seconds / heap.seconds.unwrap_or(seconds);
    let floor = (floor as f64 * part.clamp(0.5, 1.0)) as i64;
    let mut enough = spots
        .iter()
        .filter(|spot| spot.sum >= floor.max(before / 100 * SHARE));
    let spot = enough
        .clone()
        .find(|spot| spot.frame.is_own())
        .or_else(|| enough.next())?;
    let next = |stats: &MemStats| stats.next_gc;
    let exact = stats.and_then(|stats| account::change(stats, next));
    let period = heap.end.as_ref()?.profile.header.period.max(1);
    let noise = NOISE * (period as f64 * (before as f64 * 2.0 + spot.sum as f64)).sqrt();
    let proven = exact.is_some_and(|change| change >= spot.sum / 2);
    let ended = stats.is_some_and(|stats| has_ended(stats, spot.sum as f64));
    if ended || !proven && (spot.sum as f64) < noise {
        return None;
    }
    let rate = spot.sum as f64 / seconds;
    if began_lately(evidence, stacks, spot, rate) {
        return None;
    }
    // What a library allocated is kept by somebody who mostly allocates a little to do so.
    let keeps = spots.iter().find(|other| {
        let much = other.sum >= period && other.sum >= spot.sum / TRACE;
        !spot.frame.is_own() && other.frame.is_own() && much
    });
    let why = match keeps {
        Some(_) => packed!("kept, not garbage; of own code "),
        None => packed!("collections lay between and left it: kept, not garbage"),
    };
    let mut finding = finding(evidence, spot, &[GROWS, why], rate);
    if let Some(keeps) = keeps {
        finding.why.frame(&keeps.frame).say(" grows most");
    }
    let proof = finding.proof.size(spot.sum);
    let proof = proof.say(" more live bytes from here in ").seconds(seconds);
    let proof = proof.say(", ").size((rate * 60.0) as i64);
    let now = before.saturating_add(spots.iter().map(|spot| spot.sum).sum());
    let proof = proof.say(" a minute, of ").size(now).say(" live");
    account::full_in(evidence.process, rate, proof);
    if proven && spot.frame.is_own() {
        finding.confidence = Confidence::Sure;
    }
    Some(finding)
}

/// Seconds between the last collections but so many of the start and of the end; profiles are of the last but one.
fn between((start, end): (&MemStats, &MemStats), back: usize) -> Option<f64> {
    let told = |stats: &MemStats| stats.collected.iter().rev().nth(back).copied();
    let nanos = told(end)?.saturating_sub(told(start)?);
    (nanos > 0).then_some(nanos as f64 / 1e9)
}

/// Whether two profiles tell of growth long ago, as when a service that rests now was filled at its start: the
/// counters, which are newer by one collection, know of none at that pace.
fn has_ended(stats: (&MemStats, &MemStats), sum: f64) -> bool {
    let Some(then) = between(stats, 1) else {
        return stats.0.collections.is_some(); // before the second nothing is published
    };
    let (pace, end) = (sum / then, stats.1);
    // At the limit of memory the goal stays, however much is alive.
    let at_limit = end
        .next_gc
        .is_none_or(|next| (next as f64) < end.live as f64 * LIMITED);
    let goal = account::change(stats, |stats| stats.next_gc);
    match goal.zip(between(stats, 0)) {
        Some((goal, since)) if !at_limit => (goal as f64 / since) < pace / SLOWED,
        _ => then < SHORTEST,
    }
}

/// Whether a place grows much faster than it did so far, as a log or a cache does under load until it is full, and
/// neither is it large nor the end of the memory near.
fn began_lately(evidence: &Evidence<'_>, stacks: &[Grown], spot: &Spot<'_>, rate: f64) -> bool {
    let all = spots(&evidence.heap, stacks, &|stack| Some(stack.end[1]));
    let here = all.iter().find(|all| all.frame.name == spot.frame.name);
    let kept = here.map_or(0, |here| here.sum);
    let soon = account::left(evidence.process, rate).is_some_and(|left| left < SOON);
    let pace = age(evidence).map(|age| kept as f64 / age);
    kept < LARGE && !soon && pace.is_some_and(|pace| rate > LATELY * pace)
}

/// Seconds since the process began, or since its first collection where all of them are told.
fn age(evidence: &Evidence<'_>) -> Option<f64> {
    let since_first = || {
        let stats = account::end(&evidence.heap)?;
        let (first, last) = (stats.collected.first()?, stats.collected.last()?);
        let all = stats.collections? == stats.collected.len() as i64;
        all.then_some(last.saturating_sub(*first) as f64 / 1e9)
    };
    evidence.process.uptime.or_else(since_first)
}

/// No collection in between: the same profile twice, while the heap grew.
fn uncollected(
    evidence: &Evidence<'_>,
    stats: (&MemStats, &MemStats),
    stacks: &[Grown],
    floor: i64,
) -> Option<Box<Finding>> {
    let grew = account::change(stats, |stats| stats.heap_alloc)?;
    let (seconds, now) = (evidence.heap.seconds?, stats.1.heap_alloc?);
    let live = total(stacks.iter().map(|stack| stack.end[1]));
    let allocated = spots(&evidence.heap, stacks, &|stack| Some(stack.end[0]));
    let spots = spots(&evidence.heap, stacks, &|stack| Some(stack.end[1]));
    let spot = spots.first()?;
    let ever = allocated
        .iter()
        .find(|other| other.frame.name == spot.frame.name)?
        .sum;
    let (alone, kept) = (share(spot.sum, live), share(spot.sum, ever));
    // The profile is of the last collection but one.
    let ends = &stats.1.collected;
    let told = ends.get(ends.len().checked_sub(2)?)?;
    let age = told.saturating_sub(*ends.first()?) as f64 / 1e9;
    let all = total(allocated.iter().map(|spot| spot.sum));
    // Of what the heap grew by, the part that is allocated here as a rule.
    let here = grew as f64 * share(ever, all);
    let (pace, rate) = (spot.sum as f64 / age, here / seconds);
    let steady = (1.0 / PACE..=PACE).contains(&(rate / pace));
    let known = stats.1.collections? >= COLLECTIONS && stats.1.collections? == ends.len() as i64;
    let much = here as i64 >= floor.max(now / 100 * SHARE);
    if !(much && known && steady && slower_and_slower(ends) && alone >= ALONE.0 && kept >= ALONE.1)
    {
        return None;
    }
    let mut finding = finding(evidence, spot, &[GROWS, packed!("")], rate);
    let proof = finding.proof.say("heap ").size(now.saturating_sub(grew));
    let proof = proof.say(" to ").size(now).say(" in ").seconds(seconds);
    let proof = proof.say(", about ").size((rate * 60.0) as i64);
    let proof = proof.say(" a minute from here");
    account::full_in(evidence.process, rate, proof);
    let why = finding.why.percent(kept);
    why.say(" of what this place ever allocated is still held; no collection lay between");
    Some(finding)
}

/// Whether the latest collections came at longer and longer intervals, as they do while what is live grows: a
/// heap that was filled at the start is collected at even ones.
fn slower_and_slower(ends: &[i64]) -> bool {
    let intervals: Vec<i64> = ends
        .windows(2)
        .map(|pair| pair[1].saturating_sub(pair[0]))
        .collect();
    match intervals[..] {
        [.., first, second, last] => {
            let longer = |a: i64, b: i64| b as f64 >= a as f64 * LONGER;
            longer(first, second) && longer(second, last)
        }
        _ => false, // too few to tell
    }
}

/// Whether goroutines of own code pile up, of which a heap that grows is mostly a consequence.
fn piles_up(evidence: &Evidence<'_>) -> bool {
    let mut groups = evidence.groups.iter();
    let compared = evidence.goroutines.start.is_some();
    compared
        && groups.any(|group| {
            let more = group.now.saturating_sub(group.before);
            let blocked = group.idle.is_none() && !group.is_busy() && group.own().is_some();
            blocked && more >= PILE && more >= group.before / 10
        })
}

fn total(parts: impl Iterator<Item = i64>) -> i64 {
    parts.fold(0, i64::saturating_add)
}

fn finding(
    evidence: &Evidence<'_>,
    spot: &Spot<'_>,
    texts: &[Packed; 2],
    rate: f64,
) -> Box<Finding> {
    let severity = match (spot.frame.is_own(), piles_up(evidence)) {
        (false, _) => CONSEQUENCE,
        (true, true) => BEHIND,
        (true, false) => account::urgency(evidence.process, rate),
    };
    let mut finding = Finding::new(Confidence::Likely, severity, texts);
    finding.blame_spot(Kind::Heap, "peek", spot);
    account::tell(evidence, &mut finding);
    finding
}

#[cfg(test)]
mod tests {
    use super::super::evidence::Process;
    use super::super::test::{Snapshots, rules};
    use super::*;

    const MB: i64 = 1 << 20;

    /// Counters after so many collections, each ten seconds after the one before.
    fn stats(collections: i64, heap: i64, next: i64) -> MemStats {
        MemStats {
            collections: Some(collections),
            collected: (0..collections).map(|at| at * 10_000_000_000).collect(),
            heap_alloc: Some(heap * MB),
            next_gc: Some(next * MB),
            ..MemStats::default()
        }
    }

    fn found(heap: &[&str], stats: &[MemStats]) -> Vec<Finding> {
        let snapshots = Snapshots {
            heap,
            stats,
            process: Process {
                resident: [None, Some(100 << 20)],
                memory_limit: Some(200 << 20),
                ..Process::default()
            },
            ..Snapshots::default()
        };
        rules(&RULE, snapshots)
    }

    #[test]
    fn what_is_kept_between_collections_grows() {
        let start = "main.put a/c.go:4 21000000 20000000\nmain.init a/i.go:1 9000000 9000000";
        let end = "main.put a/c.go:4 52000000 50000000\nmain.init a/i.go:1 9000000 9000000";
        let found = found(&[start, end], &[stats(7, 60, 80), stats(8, 90, 140)]);
        assert_eq!(found[0].confidence, Confidence::Sure);
        let proof = "28.61MB more live bytes from here in 10s, 171.66MB a minute, of 56.27MB live; \
            RSS 100MB of 200MB: full in 34s";
        assert_eq!(found[0].proof, proof);
    }

    #[test]
    fn what_grows_only_under_load_may_yet_be_full() {
        let start = "main.put a/c.go:4 21000000 20000000";
        let end = "main.put a/c.go:4 52000000 50000000";
        let up = |seconds: f64, limit: Option<i64>| {
            let snapshots = Snapshots {
                heap: &[start, end],
                stats: &[stats(7, 60, 80), stats(8, 90, 140)],
                process: Process {
                    resident: [None, Some(100 << 20)],
                    memory_limit: limit,
                    uptime: Some(seconds),
                    ..Process::default()
                },
                ..Snapshots::default()
            };
            rules(&RULE, snapshots).len()
        };
        assert_eq!(up(300.0, None), 0);
        assert_eq!(up(30.0, None), 1);
        assert_eq!(up(300.0, Some(200 << 20)), 1);
    }

    #[test]
    fn more_in_flight_than_before_is_no_growth() {
        let start = "main.load a/l.go:4 300000000 10000000";
        let end = "main.load a/l.go:4 900000000 40000000";
        assert!(found(&[start, end], &[stats(7, 60, 80), stats(9, 90, 140)]).is_empty());
        let cache = "main.put a/c.go:4 900000000 900000000";
        assert!(found(&[cache, cache], &[stats(7, 900, 1800), stats(8, 910, 1800)]).is_empty());
    }

    #[test]
    fn a_heap_that_was_filled_long_ago_does_not_grow() {
        let start = "main.put a/c.go:4 21000000 20000000";
        let end = "main.put a/c.go:4 52000000 50000000";
        let at = |collected: &[i64], next| MemStats {
            collected: collected.iter().map(|at| at * 1_000_000_000).collect(),
            ..stats(collected.len() as i64, 60, next)
        };
        // The profiles are of the second and third collection, a second apart; the fourth came by itself.
        let rests = [at(&[0, 1, 2], 100), at(&[0, 1, 2, 120], 102)];
        assert!(found(&[start, end], &rests).is_empty());
        let goes_on = [at(&[0, 1, 2], 60), at(&[0, 1, 2, 4], 180)];
        assert_eq!(found(&[start, end], &goes_on).len(), 1);
        let young = [at(&[0], 60), at(&[0, 1, 2], 180)];
        assert!(found(&[start, end], &young).is_empty());
    }

    #[test]
    fn without_a_collection_the_counters_and_what_was_kept_so_far_tell() {
        let heap = "main.put a/c.go:4 41000000 40000000\nmain.init a/i.go:1 9000000 9000000";
        let growing = |heap| MemStats {
            collected: [0, 2, 6, 14, 30, 62].map(|at| at * 1_000_000_000).to_vec(),
            ..stats(6, heap, 160)
        };
        let steady = [growing(60), growing(80)];
        let growing = found(&[heap, heap], &steady);
        assert_eq!(
            growing[0].proof.split(';').next(),
            Some("heap 60MB to 80MB in 10s, about 98.40MB a minute from here")
        );
        // The same at even intervals: a heap that does not grow, and garbage.
        assert!(found(&[heap, heap], &[stats(6, 60, 160), stats(6, 80, 160)]).is_empty());
        // Loaded at the start and full since, beside garbage not yet collected: its pace was another.
        let full = "main.put a/c.go:4 900000000 900000000";
        assert!(found(&[full, full], &[stats(6, 920, 1800), stats(6, 980, 1800)]).is_empty());
        let garbage = "main.put a/c.go:4 90000000 40000000";
        assert!(found(&[garbage, garbage], &steady).is_empty());
    }
}
