//! One function of the service has most of the CPU, and one thing that it does there.
//!
//! A busy service is no finding: work for many spreads over many functions. What does not spread is.

use super::burn::{Burn, Custom, charge};
use super::code::Code;
use super::evidence::{Evidence, Kind};
use super::finding::{Confidence, Finding, Findings};
use super::limits::{Limit, Thresholds};
use super::place::{Spot, share, spots_of};
use super::say::Say;
use super::{Class, Rule};
use crate::packed::packed;

/// Less CPU is nobody's trouble.
pub(super) const CORES: Limit = Limit {
    name: "hot_cores",
    default: 0.12,
    help: packed!("processors that have to be busy before anything about CPU is a finding"),
};
/// Less of it in one function is work.
const SHARE: Limit = Limit {
    name: "hot_share",
    default: 50.0,
    help: packed!("percent of the CPU below one function that are too much"),
};
/// The same for what needs no doing twice, and for what services do all day.
const ONCE: f64 = 0.5;
const WORK: f64 = 1.5;
/// The same for own code alone, which may well be what the service is for.
const OWN: f64 = 1.2;

pub(super) const RULE: Rule = Rule {
    name: "hot",
    class: Class::Hot,
    doc: packed!(
        "Most of the CPU is below one function of the service, and half of that is one kind of library call. What \
        is done once by custom (compiling regular expressions) needs half the share, what services do all day \
        (JSON, TLS, HTTP) one and a half times it, and is nothing in a handler itself. Comparisons count for who sorts.\n\
        It cannot see whether the work is wanted, nor waste that is spread over many functions.\n\
        Source: runtime/pprof CPU samples, 100 a second."
    ),
    limits: &[&CORES, &SHARE],
    find,
};

/// The CPU profile added up.
pub(super) struct Burnt<'p> {
    /// Nanoseconds in all.
    pub(super) total: i64,
    /// Processors that were busy.
    pub(super) cores: f64,
    /// Own functions, most first.
    pub(super) spots: Vec<Spot<'p>>,
    /// What each was spent on.
    kinds: Vec<(&'p [u8], Option<&'static Burn>, i64)>,
}

impl<'p> Burnt<'p> {
    pub(super) fn of(evidence: &Evidence<'p>) -> Option<Burnt<'p>> {
        let code: &Code<'p> = evidence.cpu.as_ref()?;
        let seconds = code.profile.header.duration_nanos as f64;
        let mut total = 0i64;
        let mut kinds: Vec<(&'p [u8], Option<&'static Burn>, i64)> = Vec::new();
        let spots = spots_of(code, code.column("cpu")?, &mut |frames, value| {
            total = total.saturating_add(value);
            let (at, burn) = charge(frames)?;
            let name = frames[at].name;
            match kinds.iter_mut().find(|kind| {
                kind.0 == name && kind.1.map(|burn| burn.what) == burn.map(|burn| burn.what)
            }) {
                Some(kind) => kind.2 = kind.2.saturating_add(value),
                None => kinds.push((name, burn, value)),
            }
            Some(at)
        });
        (seconds > 0.0 && total > 0).then(|| Burnt {
            total,
            cores: total as f64 / seconds,
            spots,
            kinds,
        })
    }

    /// The part of all CPU that some nanoseconds are.
    pub(super) fn share(&self, part: i64) -> f64 {
        share(part, self.total)
    }

    /// On what most of a function's time was spent, and how much; nothing for its own code.
    pub(super) fn mostly(&self, spot: &Spot<'_>) -> (Option<&'static Burn>, i64) {
        let mut most = (None, i64::MIN);
        for (name, burn, sum) in &self.kinds {
            if *name == spot.frame.name && *sum > most.1 {
                most = (*burn, *sum);
            }
        }
        (most.0, most.1.max(0))
    }

    /// Adds `89% of the CPU, 0.4 cores`.
    #[inline(never)]
    pub(super) fn tell(&self, part: i64, text: &mut String) {
        text.percent(self.share(part)).say(" of the CPU, ");
        text.tenths(self.cores).say(" cores");
    }

    /// How bad that is: the whole of what the process may use is worst.
    pub(super) fn severity(&self, evidence: &Evidence<'_>) -> u32 {
        let may = evidence.process.cpu_limit.unwrap_or(1.0).max(0.1);
        50 + ((self.cores / may).min(1.0) * 15.0) as u32
    }
}

fn find(evidence: &Evidence<'_>, thresholds: &Thresholds, found: &mut Findings) {
    let burnt = Burnt::of(evidence).filter(|burnt| burnt.cores >= thresholds.of(&CORES));
    let Some(burnt) = burnt else {
        return;
    };
    let mut first = burnt.spots.iter().take(3);
    let spot = first.find(|spot| stands_out(&burnt, spot, thresholds));
    found.extend(spot.map(|spot| finding(evidence, &burnt, spot)));
}

fn stands_out(burnt: &Burnt<'_>, spot: &Spot<'_>, thresholds: &Thresholds) -> bool {
    let needed = thresholds.of(&SHARE) / 100.0;
    let (burn, part) = burnt.mostly(spot);
    let whole = burnt.share(spot.sum);
    let half = part >= spot.sum / 2;
    match burn.map(|burn| burn.custom) {
        Some(Custom::Once) => burnt.share(part) >= needed * ONCE,
        Some(Custom::Aside) => half && whole >= needed,
        // A handler that does such work is what the service is for.
        Some(Custom::Work) => half && whole >= needed * WORK && !spot.answers(),
        None => half && whole >= needed * OWN,
    }
}

fn finding(evidence: &Evidence<'_>, burnt: &Burnt<'_>, spot: &Spot<'_>) -> Box<Finding> {
    let (burn, part) = burnt.mostly(spot);
    let on = burn.map_or("its own code", |burn| burn.what);
    let (confidence, more, why) = match burn.map(|burn| burn.custom) {
        // Worse than what comes of it: that much is allocated.
        Some(Custom::Once) => (
            Confidence::Sure,
            4,
            packed!("done again and again, it needs doing once"),
        ),
        Some(_) => (
            Confidence::Likely,
            0,
            packed!("ordinary work spreads over many functions, this does not"),
        ),
        None => (
            Confidence::Likely,
            0,
            packed!("neither a library nor the collector: the code of this function itself"),
        ),
    };
    let severity = burnt.severity(evidence) + more;
    let mut finding = Finding::new(confidence, severity, &[packed!("burns CPU on "), why]);
    finding.what.say(on);
    finding.blame_spot(Kind::Cpu, "peek", spot);
    burnt.tell(spot.sum, &mut finding.proof);
    let proof = finding.proof.say(" below it; ");
    let proof = proof.percent(share(part, spot.sum));
    proof.say(" of that is ").say(on);
    finding
}

#[cfg(test)]
mod tests {
    use super::super::test::of_cpu;
    use super::*;

    fn found(cpu: &str) -> Vec<Finding> {
        of_cpu(&RULE, cpu)
    }

    const OTHERS: &str = "\nmain.other a/o.go:1 400000000\nmain.third a/t.go:1 400000000";

    #[test]
    fn what_is_compiled_again_and_again_is_a_finding_early() {
        let found = found(&format!(
            "main.route a/r.go:9;regexp.Compile regexp/r.go:1 500000000{OTHERS}"
        ));
        assert_eq!(found[0].confidence, Confidence::Sure);
        assert_eq!(
            found[0].proof,
            "38% of the CPU, 0.3 cores below it; 100% of that is compiling regular expressions"
        );
    }

    #[test]
    fn json_for_requests_is_work_until_hardly_anything_else_is_left() {
        let json = "main.serve a/s.go:9;encoding/json.Marshal encoding/json/e.go:1 ";
        assert!(found(&format!("{json}1200000000{OTHERS}")).is_empty());
        assert_eq!(
            found(&format!("{json}9200000000{OTHERS}"))[0].what,
            "burns CPU on JSON"
        );
    }

    #[test]
    fn json_in_a_handler_is_what_the_service_is_for() {
        let handler = "net/http.(*conn).serve net/http/s.go:1;net/http.HandlerFunc.ServeHTTP net/http/s.go:2;main.list a/s.go:9;";
        let json = "encoding/json.Marshal encoding/json/e.go:1 9200000000";
        assert!(found(&format!("{handler}{json}")).is_empty());
        let below = format!("{handler}main.clone a/c.go:3;{json}");
        assert_eq!(
            found(&below)[0].culprit.as_ref().unwrap().name,
            b"main.clone"
        );
    }

    #[test]
    fn work_that_spreads_and_little_work_are_nothing() {
        assert!(found(&format!("main.first a/f.go:1 500000000{OTHERS}")).is_empty());
        assert!(found("main.first a/f.go:1;regexp.Compile regexp/r.go:1 300000000").is_empty());
    }
}
