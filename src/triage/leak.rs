//! Goroutines that pile up at one place of the service's own code and never get on.
//!
//! Growth between the ends outranks size: a thousand that wait and stay a thousand are mostly meant to.

use super::code::Frame;
use super::evidence::{Evidence, Kind};
use super::finding::{Confidence, Finding, Next, Place};
use super::groups::Group;
use super::limits::{Limit, Thresholds};
use super::print::tenths;
use super::{Class, Rule};

/// More of them at the end than at the start than this is growth.
const GROWTH: Limit = Limit {
    name: "leak_growth",
    default: 8.0,
    help: "goroutines that a place gains between the ends",
};
/// How far chance reaches, in square roots of how many there were.
const NOISE: f64 = 2.5;
/// From this on a place is noticed where there is one snapshot only.
const COUNT: Limit = Limit {
    name: "leak_count",
    default: 1000.0,
    help: "goroutines at one place, where only one snapshot tells",
};

pub(super) const RULE: Rule = Rule {
    name: "leak",
    class: Class::Leaks,
    doc: "Goroutines blocked in the same operation at the same own line, more at the end than at the start: \
        beyond chance, and beyond what waits for work by design. One snapshot alone needs very many.\n\
        It cannot see a leak slower than a few goroutines in the time it looks.\n\
        Source: LeakProf (Uber): one location above a threshold; growth added.",
    limits: &[&GROWTH, &COUNT],
    find,
};

/// Goroutines at one own place in one state.
struct Site<'g, 'p> {
    own: Option<&'g Frame<'p>>,
    /// The widest group.
    example: &'g Group<'p>,
    now: i64,
    before: i64,
}

fn find(evidence: &Evidence<'_>, thresholds: &Thresholds) -> Vec<Finding> {
    let seconds = evidence.goroutines.seconds;
    let compared = evidence.goroutines.start.is_some();
    let sites = sites(&evidence.groups);
    let found = sites.iter().filter_map(|site| {
        let change = site.now - site.before;
        let chance = NOISE * (site.before.max(0) as f64).sqrt();
        let grows = compared && change as f64 >= chance.max(thresholds.of(&GROWTH));
        let many = !compared && site.now >= thresholds.count(&COUNT);
        (grows || many).then(|| finding(site, grows.then_some(change).zip(seconds)))
    });
    found.collect()
}

/// The places where goroutines wait that are not idle by design, widest first.
fn sites<'g, 'p>(groups: &'g [Group<'p>]) -> Vec<Site<'g, 'p>> {
    let mut sites: Vec<Site<'g, 'p>> = Vec::new();
    let busy = |group: &&Group<'_>| !matches!(group.state, b"running" | b"runnable" | b"syscall");
    for group in groups
        .iter()
        .filter(|group| group.idle.is_none())
        .filter(busy)
    {
        let own = group.own();
        let place = |frame: Option<&Frame<'p>>| frame.map(|frame| (frame.name, frame.line));
        let operation = |group: &Group<'p>| group.operation().map(|frame| frame.name);
        let same = sites.iter_mut().find(|site| {
            site.example.state == group.state
                && place(site.own) == place(own)
                && (own.is_some() || operation(site.example) == operation(group))
        });
        match same {
            Some(site) => {
                site.now = site.now.saturating_add(group.now);
                site.before = site.before.saturating_add(group.before);
            }
            None => sites.push(Site {
                own,
                example: group,
                now: group.now,
                before: group.before,
            }),
        }
    }
    sites
}

fn finding(site: &Site<'_, '_>, growth: Option<(i64, f64)>) -> Finding {
    let state = String::from_utf8_lossy(site.example.state).into_owned();
    let now = site.now;
    let proof = match growth {
        Some((change, seconds)) => format!(
            "{now} goroutines in {state}, {change} more in {}s",
            tenths(seconds)
        ),
        None => format!("{now} goroutines in {state}"),
    };
    let culprit = site.own.or_else(|| site.example.operation());
    Finding {
        confidence: match (growth, site.own) {
            (Some(_), Some(_)) => Confidence::Sure,
            (Some(_), None) => Confidence::Likely,
            (None, _) => Confidence::Maybe,
        },
        severity: match (growth, site.own) {
            (Some(_), Some(_)) => 75,
            (Some(_), None) => 60,
            (None, _) => 40,
        },
        culprit: culprit.map(Place::from),
        what: pattern(site.example).to_string(),
        proof,
        why: "workers that wait by design do not become more".to_string(),
        next: match culprit {
            Some(frame) => Next::about(Kind::Goroutine, "goroutines", frame),
            None => Next {
                kind: Kind::Goroutine,
                line: format!("goroutines {state}"),
            },
        },
        stack: site.example.frames.iter().map(Place::from).collect(),
        also: begun(site.example).into_iter().collect(),
    }
}

/// Where such a goroutine begins.
fn begun(group: &Group<'_>) -> Option<String> {
    match (&group.creator, group.entry()) {
        (Some(creator), _) => Some(format!("started by {}", creator.short())),
        (None, Some(entry)) => Some(format!("each begins in {}", entry.short())),
        (None, None) => None,
    }
}

/// What is mostly behind such a wait.
fn pattern(group: &Group<'_>) -> &'static str {
    match group.state {
        b"chan send" => "blocked sending, nobody receives",
        b"chan receive" => "waits to receive, nobody sends or closes",
        b"IO wait" => "waits for the network without a deadline",
        b"select" if group.passes("net/http.(*persistConn).roundTrip") => {
            "waits for an HTTP answer without a timeout"
        }
        b"select" => "waits in a select of which no case comes",
        b"sync.WaitGroup.Wait" => "waits for a WaitGroup that nobody ends",
        b"sync.Cond.Wait" => "waits for a Cond that nobody signals",
        _ => "waits and does not get on",
    }
}

#[cfg(test)]
mod tests {
    use super::super::test::{Snapshots, rules};
    use super::*;

    const SENDING: &str = "main.worker app/w.go:7;runtime.chansend runtime/chan.go:1;runtime.gopark runtime/proc.go:1";

    #[test]
    fn what_grows_at_one_place_is_a_leak() {
        let found = rules(
            &RULE,
            Snapshots {
                goroutines: &[&format!("{SENDING} 40"), &format!("{SENDING} 64")],
                ..Snapshots::default()
            },
        );
        assert_eq!(found[0].confidence, Confidence::Sure);
        assert_eq!(
            found[0].proof,
            "64 goroutines in chan send, 24 more in 10.0s"
        );
    }

    #[test]
    fn what_stays_as_it_is_is_none() {
        let wide = format!("{SENDING} 1200");
        let found = rules(
            &RULE,
            Snapshots {
                goroutines: &[&wide, &wide],
                ..Snapshots::default()
            },
        );
        assert!(found.is_empty());
    }
}
