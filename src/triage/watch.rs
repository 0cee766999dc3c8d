//! Goroutines watched over minutes: a place is told where it grew each time that somebody looked.
//!
//! Chance rises and falls; what rises every time over so long is a leak, however slow.

use super::code::Code;
use super::evidence::{Evidence, Part};
use super::finding::Found;
use super::groups;
use super::leak::{self, Proof, Site, finding, sites};
use super::worst_first;
use crate::error::Result;
use crate::go::regexp::Regexp;

/// The places that grew from each snapshot to the next, of those that differ between the ends of all of them.
///
/// # Errors
/// Ctrl-C was pressed, or a profile cannot be read again.
pub(crate) fn grown_each_time(
    whole: &Evidence<'_>,
    snapshots: &[Part<'_>],
    own_code: Option<&Regexp>,
) -> Result<Vec<Found>> {
    let mut steps = Vec::new();
    for pair in snapshots.windows(2) {
        let [start, end] = [0, 1].map(|at| Code::of(&pair[at], own_code));
        steps.push(groups::of([Some(&end), None, Some(&start)])?);
    }
    let steps: Vec<_> = steps.iter().map(|groups| sites(groups)).collect();
    let mut found = Vec::new();
    for site in sites(&whole.groups) {
        let grows = |step: &Vec<Site<'_, '_>>| {
            let same = step.iter().find(|other| other.is_at(&site));
            same.is_some_and(|other| other.now > other.before)
        };
        if site.own.is_some() && steps.iter().all(grows) {
            let change = site.now.saturating_sub(site.before);
            let proof = Proof::Growth(change, whole.goroutines.seconds);
            found.push(Found {
                rule: &leak::RULE,
                finding: finding(&site, &proof),
            });
        }
    }
    worst_first(&mut found);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::super::evidence::Process;
    use super::*;
    use crate::model::fixture::typed;

    #[test]
    fn only_what_grows_every_time_is_told() {
        let texts = [(10, 5), (11, 9), (12, 8), (14, 30)].map(|(slow, busy)| {
            let stack = |name| format!("main.{name} app/w.go:7;runtime.chanrecv runtime/chan.go:1");
            let text = format!("{} {slow}\n{} {busy}", stack("leaks"), stack("breathes"));
            typed(&[("goroutine", "count")], &text)
        });
        let parts = texts.iter().enumerate().map(|(at, profile)| Part {
            name: "goroutine",
            origin: "",
            profile,
            at: Some(at as f64 * 60.0),
        });
        let parts: Vec<Part<'_>> = parts.collect();
        let (process, ends) = (Process::default(), [parts[0], parts[3]]);
        let whole = Evidence::of(&ends, &process, &[], None).unwrap();
        let found = grown_each_time(&whole, &parts, None).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].finding.culprit.as_ref().unwrap().name,
            b"main.leaks"
        );
    }
}
