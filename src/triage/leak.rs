//! Goroutines that pile up at one place of the service's own code and never get on.
//!
//! Growth between the ends outranks size: a thousand that wait and stay a thousand are mostly meant to,
//! unless they wait to send: an old leak is too large for what it gains meanwhile to show.
//! Whoever queues for a lock is no leak; that is the business of the rules about locks.

use super::code::Frame;
use super::evidence::{Evidence, Kind};
use super::finding::{Confidence, Finding, Findings, extent};
use super::groups::{self, Group};
use super::limits::{Limit, Thresholds};
use super::say::Say;
use super::{Class, Rule};
use crate::packed::{Packed, packed};

/// More of them at the end than at the start than this is growth.
const GROWTH: Limit = Limit {
    name: "leak_growth",
    default: 8.0,
    help: packed!("goroutines that one place gains between the ends"),
};
/// From this on a place is noticed where there is one snapshot only, or who sends.
const COUNT: Limit = Limit {
    name: "leak_count",
    default: 1000.0,
    help: packed!(
        "goroutines at one place that tell without growth: of those that send; of others, and a tenth if they send, in one snapshot"
    ),
};
/// From this on a wait is long.
const MINUTES: Limit = Limit {
    name: "leak_minutes",
    default: 10.0,
    help: packed!(
        "minutes after which 20 that wait in a dump to send, for a WaitGroup or a Cond are stuck"
    ),
};
/// How far chance reaches, in square roots of how many there were.
const NOISE: f64 = 2.5;
/// What of the growth has to be there halfway, and what has to be still to come: bursts come and go.
const STEADY: f64 = 0.12;
/// So many stuck for long are no accident.
const STUCK: i64 = 20;

pub(super) const RULE: Rule = Rule {
    name: "leak",
    class: Class::Leaks,
    doc: packed!(
        "Goroutines blocked in one operation at one line of own code, more at the end than at the start: beyond \
        chance (2.5 square roots), and more halfway too, as a burst is not. Without growth it needs a thousand that \
        send, or one snapshot alone with very many, or long waits in a dump.\n\
        Set aside: idle connections, listeners, signal handlers and the like by their frames; pools, long polls and \
        tickers as they do not grow; queues for locks.\n\
        It cannot see a leak slower than a few goroutines in the time it looks: -leaks -watch=60s does.\n\
        Source: LeakProf (Uber), one location above a threshold; growth added."
    ),
    limits: &[&GROWTH, &COUNT, &MINUTES],
    find,
};

/// Goroutines at one own place in one state.
pub(super) struct Site<'g, 'p> {
    pub(super) own: Option<&'g Frame<'p>>,
    /// The widest group.
    pub(super) example: &'g Group<'p>,
    pub(super) now: i64,
    between: i64,
    pub(super) before: i64,
}

impl Site<'_, '_> {
    /// Whether it is the same place and state; where no own code is, the same operation.
    #[inline(never)]
    pub(super) fn is_at(&self, other: &Site<'_, '_>) -> bool {
        let same = |a: Option<&Frame<'_>>, b: Option<&Frame<'_>>, lines: bool| match (a, b) {
            (Some(a), Some(b)) => a.name == b.name && (!lines || a.line == b.line),
            (a, b) => a.is_none() && b.is_none(),
        };
        let operations = || [self, other].map(|site| site.example.operation());
        self.example.state == other.example.state
            && same(self.own, other.own, true)
            && (self.own.is_some() || same(operations()[0], operations()[1], false))
    }
}

/// Why a site is one.
pub(super) enum Proof {
    /// So many more in so many seconds.
    Growth(i64, Option<f64>),
    /// So many wait for this many minutes or longer, the longest for so many.
    Waits(i64, i64),
    Size,
}

fn find(evidence: &Evidence<'_>, thresholds: &Thresholds, findings: &mut Findings) {
    let sites = sites(&evidence.groups);
    // Only Ctrl-C makes this fail, and then nobody reads on.
    let dump = evidence.dump.as_ref().map(groups::of_one);
    let dumped = dump.and_then(Result::ok).unwrap_or_default();
    let mut most = 0;
    for site in sites.iter().filter(|site| site.own.is_some()) {
        most = most.max(growth(evidence, site, thresholds).unwrap_or(0));
    }
    for site in &sites {
        let grown = growth(evidence, site, thresholds);
        // The goroutines of a library beside each of our own are no leak of theirs.
        if grown.is_some_and(|change| site.own.is_none() && change <= most.saturating_mul(4)) {
            continue;
        }
        let proof = grown.map(|change| Proof::Growth(change, evidence.goroutines.seconds));
        let proof = proof.or_else(|| alone((evidence, &dumped), site, thresholds));
        findings.extend(proof.map(|proof| finding(site, &proof)));
    }
}

/// By how much a site grew, where that is more than chance.
fn growth(evidence: &Evidence<'_>, site: &Site<'_, '_>, thresholds: &Thresholds) -> Option<i64> {
    evidence.goroutines.start.as_ref()?;
    let change = site.now.saturating_sub(site.before);
    let chance = NOISE * (site.before.max(0) as f64).sqrt();
    let share = STEADY * change as f64;
    let halfway = site.between as f64;
    let steady = evidence.goroutines.middle.is_none()
        || (halfway >= site.before as f64 + share && halfway <= site.now as f64 - share);
    (steady && change as f64 >= chance.max(thresholds.of(&GROWTH)).max(1.0)).then_some(change)
}

/// What speaks against a site without growth beyond chance.
fn alone(
    (evidence, dumped): (&Evidence<'_>, &[Group<'_>]),
    site: &Site<'_, '_>,
    thresholds: &Thresholds,
) -> Option<Proof> {
    let state = site.example.state;
    let stays = (site.example).is_in(&["chan send", "sync.WaitGroup.Wait", "sync.Cond.Wait"]);
    if let (true, Some((count, longest))) = (stays, waits(dumped, site, thresholds)) {
        return Some(Proof::Waits(count, longest));
    }
    // Who serves a request may be meant to wait: a long poll.
    let serves = site.example.passes("net/http.(*conn).serve");
    let single = evidence.goroutines.start.is_none();
    let (count, sends) = (thresholds.of(&COUNT), state == b"chan send");
    let least = match (single && !serves, sends) {
        (true, true) => count / 10.0,
        (true, false) => count,
        (false, true) if site.now >= site.before => count,
        (false, _) => return None,
    };
    (site.own.is_some() && site.now as f64 >= least).then_some(Proof::Size)
}

/// How many wait long at the place of a site, and how long the longest, in minutes; the dump tells.
fn waits(dumped: &[Group<'_>], site: &Site<'_, '_>, thresholds: &Thresholds) -> Option<(i64, i64)> {
    let own = site.own?;
    let least = thresholds.count(&MINUTES).saturating_mul(60);
    let (mut count, mut longest) = (0i64, 0);
    for group in dumped {
        let here = group.own().filter(|there| there.name == own.name);
        if here.is_none_or(|there| there.line != own.line) {
            continue;
        }
        for (seconds, more) in &group.waits {
            if *seconds >= least {
                count = count.saturating_add(*more);
                longest = longest.max(*seconds);
            }
        }
    }
    (count >= STUCK).then_some((count, longest / 60))
}

/// The places where goroutines wait that are not idle by design, widest first.
pub(super) fn sites<'g, 'p>(groups: &'g [Group<'p>]) -> Vec<Site<'g, 'p>> {
    let mut sites: Vec<Site<'g, 'p>> = Vec::new();
    for group in groups {
        if group.idle.is_some() || !blocks(group) {
            continue;
        }
        let new = Site {
            own: group.own(),
            example: group,
            now: group.now,
            between: group.between,
            before: group.before,
        };
        match sites.iter_mut().find(|site| site.is_at(&new)) {
            Some(site) => {
                site.now = site.now.saturating_add(new.now);
                site.between = site.between.saturating_add(new.between);
                site.before = site.before.saturating_add(new.before);
            }
            None => sites.push(new),
        }
    }
    sites
}

/// Whether it waits, and for something else than a lock.
fn blocks(group: &Group<'_>) -> bool {
    let lock = [&b"sync.Mutex"[..], b"sync.RWMutex"];
    let busy = group.is_busy() || group.state == b"-";
    !busy && !lock.iter().any(|lock| group.state.starts_with(lock))
}

pub(super) fn finding(site: &Site<'_, '_>, proof: &Proof) -> Box<Finding> {
    let (now, example) = (site.now, site.example);
    let extent = extent(now);
    let (confidence, severity) = match (proof, site.own) {
        (Proof::Growth(change, _), Some(_)) if now >= 2 * change => (Confidence::Sure, 72 + extent),
        (Proof::Growth(..), Some(_)) => (Confidence::Likely, 70 + extent),
        (Proof::Growth(..), None) => (Confidence::Likely, 55),
        (Proof::Waits(..), _) => (Confidence::Likely, 65),
        // Workers wait to receive.
        (Proof::Size, _) if example.state == b"chan send" => (Confidence::Likely, 60),
        (Proof::Size, _) => (Confidence::Maybe, 40),
    };
    let mut finding = Finding::new(confidence, severity, pattern(example));
    match site.own.or_else(|| example.operation()) {
        Some(frame) => finding.blame(frame, &example.frames),
        None => finding.next(Kind::Goroutine, "goroutines"),
    }
    if site.own.is_none() {
        finding.culprit = None;
    }
    let count = match proof {
        Proof::Waits(count, _) => *count,
        _ => now, // all of them
    };
    let text = finding.proof.count(count).say(" goroutines in ");
    let text = text.quote(example.state);
    match proof {
        Proof::Growth(change, Some(seconds)) if *seconds >= 1.0 => {
            let minute = (*change as f64 * 60.0 / seconds) as i64;
            let text = text.say(", ").count(*change).say(" more in ");
            text.tenths(*seconds)
                .say("s (")
                .count(minute)
                .say(" a minute)")
        }
        Proof::Growth(change, _) => text.say(", ").count(*change).say(" more than before"),
        Proof::Waits(_, longest) => {
            let text = text.say(" for long, the longest for ");
            text.count(*longest).say(" minutes")
        }
        Proof::Size => text.say(" at one line"),
    };
    begun(example, &mut finding);
    finding
}

/// Tells where such a goroutine begins.
fn begun(group: &Group<'_>, finding: &mut Finding) {
    let (words, frame) = match (&group.creator, group.entry()) {
        (Some(creator), _) => ("started by ", creator),
        (None, Some(entry)) => ("each begins in ", entry),
        (None, None) => return,
    };
    finding.also.push(words.to_string() + &frame.short());
}

/// What is mostly behind a wait of a state, and why it is no innocent.
static PATTERNS: [(&[u8], [Packed; 2]); 7] = [
    (
        b"chan send",
        [
            packed!("nobody receives any more: the receiver returned early or took one of several"),
            packed!("workers wait to receive, not to send; a full buffer would drain"),
        ],
    ),
    (
        b"chan receive",
        [
            packed!("nobody sends or closes: the sender returned early or forgot close"),
            packed!("a pool of workers that waits for work does not grow"),
        ],
    ),
    (
        b"IO wait",
        [
            packed!("reads from a connection without a deadline, and the other side is silent"),
            packed!("idle connections of servers and clients are set aside, and these become more"),
        ],
    ),
    (
        b"select",
        [
            packed!(
                "no case of its select comes: a context never cancelled, a channel forgotten, a poll without end"
            ),
            packed!("tickers and event loops are started once and do not become more"),
        ],
    ),
    (
        b"sync.WaitGroup.Wait",
        [
            packed!("a Done is missing on some path, so Wait never ends"),
            packed!("the work that is waited for would end, and these would not become more"),
        ],
    ),
    (
        b"sync.Cond.Wait",
        [
            packed!("nobody signals, or before they wait"),
            packed!("consumers are started once and do not become more"),
        ],
    ),
    (
        b"sleep",
        [
            packed!("sleeps and tries again without an end"),
            packed!("a ticker is started once, these become more"),
        ],
    ),
];

/// What is mostly behind such a wait, and why it is no innocent.
fn pattern(group: &Group<'_>) -> &'static [Packed; 2] {
    if group.passes("net/http.(*conn).serve") {
        return &[
            packed!("requests come in and do not end"),
            packed!("kept-alive connections would show as idle, long polls would not become more"),
        ];
    }
    if group.passes("net/http.(*persistConn).roundTrip") {
        return &[
            packed!("an HTTP client without a timeout waits for an answer"),
            packed!("with a timeout or a context those that wait would stay few"),
        ];
    }
    if group.state == b"select" && group.passes("net/http.(*persistConn).readLoop") {
        return &[
            packed!("HTTP answers whose bodies nobody reads to the end or closes"),
            packed!("kept connections without an answer under way would show as idle"),
        ];
    }
    let state = group.state.strip_suffix(b" (no cases)");
    let state = state.unwrap_or(group.state);
    let pattern = PATTERNS.iter().find(|pattern| pattern.0 == state);
    pattern.map_or(
        &[
            packed!("waits and does not get on"),
            packed!("what is meant to wait does not become more"),
        ],
        |(_, texts)| texts,
    )
}

#[cfg(test)]
mod tests {
    use super::super::test::of_goroutines;
    use super::*;

    const SENDING: &str = "main.worker app/w.go:7;runtime.chansend runtime/chan.go:1;runtime.gopark runtime/proc.go:1";
    const POLLING: &str = "net/http.(*conn).serve net/http/server.go:9;main.poll app/p.go:3;\
        runtime.selectgo runtime/select.go:1;runtime.gopark runtime/proc.go:1";
    const LOCKING: &str = "main.take app/t.go:3;sync.(*Mutex).Lock sync/mutex.go:1;\
        runtime.semacquire1 runtime/sema.go:1;runtime.gopark runtime/proc.go:1";
    const READING: &str = "net/http.(*persistConn).readLoop net/http/transport.go:2;\
        runtime.selectgo runtime/select.go:1;runtime.gopark runtime/proc.go:1";

    /// What is found where `stack` has so many goroutines at each instant.
    fn over(stack: &str, counts: &[i64]) -> Vec<Finding> {
        let texts: Vec<String> = counts
            .iter()
            .map(|count| format!("{stack} {count}"))
            .collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        of_goroutines(&RULE, &texts)
    }

    #[test]
    fn what_grows_at_one_place_is_a_leak() {
        let found = over(SENDING, &[40, 52, 64]);
        assert_eq!(found[0].confidence, Confidence::Sure);
        let proof = "64 goroutines in chan send, 24 more in 20.0s (72 a minute)";
        assert_eq!(found[0].proof, proof);
        assert_eq!(found[0].culprit.as_ref().unwrap().name, b"main.worker");
    }

    #[test]
    fn what_stays_as_it_is_or_came_in_one_burst_is_none() {
        for counts in [[999, 999, 999], [2, 2, 40], [2, 60, 40], [900, 930, 960]] {
            assert!(over(SENDING, &counts).is_empty(), "{counts:?}");
        }
        assert!(over(READING, &[1200, 1200, 1200]).is_empty());
    }

    #[test]
    fn a_thousand_that_send_are_an_old_leak_however_little_it_gains() {
        for counts in [[1000, 1000, 1000], [4416, 4430, 4452]] {
            let found = over(SENDING, &counts);
            assert_eq!(found[0].confidence, Confidence::Likely);
            let proof = format!("{} goroutines in chan send at one line", counts[2]);
            assert_eq!(found[0].proof, proof);
        }
        assert!(over(SENDING, &[4452, 3000, 1200]).is_empty());
    }

    #[test]
    fn a_queue_for_a_lock_is_none() {
        assert!(over(LOCKING, &[10, 60, 100]).is_empty());
    }

    #[test]
    fn one_snapshot_needs_very_many_that_serve_no_request() {
        assert_eq!(over(SENDING, &[99]).len(), 0);
        assert_eq!(over(SENDING, &[100])[0].confidence, Confidence::Likely);
        assert!(over(POLLING, &[5000]).is_empty());
    }

    #[test]
    fn the_goroutines_of_a_library_are_ours_where_we_have_as_many() {
        let text = |count| format!("{SENDING} {count}\n{READING} {count}");
        let (start, end) = (text(20), text(60));
        assert_eq!(of_goroutines(&RULE, &[&start, &end]).len(), 1);
        let alone = over(READING, &[20, 60]);
        assert!(alone[0].culprit.is_none() && alone[0].what.contains("bodies"));
    }
}
