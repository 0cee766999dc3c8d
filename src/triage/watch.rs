//! Goroutines watched over minutes: a place is told where it grew each time that somebody looked.
//!
//! Chance rises and falls; what rises every time over so long is a leak, however slow.

use super::evidence::{Evidence, Part};
use super::finding::Found;
use super::leak::{self, Proof, Site, finding, sites};
use super::worst_first;
use crate::error::Result;
use crate::go::regexp::Regexp;

/// The places that grew from each snapshot to the next, and what was looked at; three snapshots or more tell.
pub(crate) fn grown_each_time<'p>(
    snapshots: &[Part<'p>],
    own_code: Option<&Regexp>,
) -> Result<(Evidence<'p>, Vec<Found>)> {
    let compared =
        |parts: &[Part<'p>]| Evidence::of(parts.to_vec(), Default::default(), Vec::new(), own_code);
    let mut steps = Vec::new();
    for pair in snapshots.windows(2) {
        steps.push(compared(pair)?);
    }
    let ends = [snapshots.first(), snapshots.last()];
    let whole = compared(&ends.into_iter().flatten().copied().collect::<Vec<_>>())?;
    let key = |site: &Site<'_, 'p>| {
        let frame = site.own.or(site.example.operation());
        (
            site.example.state,
            frame.map(|frame| (frame.name, frame.line)),
        )
    };
    let steps: Vec<Vec<Site<'_, 'p>>> = steps.iter().map(|step| sites(&step.groups)).collect();
    let grows = |site: &Site<'_, 'p>| {
        steps.iter().all(|sites| {
            let same = sites.iter().find(|other| key(other) == key(site));
            same.is_some_and(|other| other.now > other.before)
        })
    };
    let seconds = whole.goroutines.seconds;
    let all = sites(&whole.groups);
    let grown = all.iter().filter(|site| site.own.is_some() && grows(site));
    let mut found = Vec::new();
    for site in grown {
        let proof = Proof::Growth(site.now.saturating_sub(site.before), seconds);
        found.push(Found {
            rule: &leak::RULE,
            finding: finding(site, &proof),
        });
    }
    worst_first(&mut found);
    Ok((whole, found))
}

#[cfg(test)]
mod tests {
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
        let (_, found) = grown_each_time(&parts, None).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].finding.culprit.as_ref().unwrap().name,
            b"main.leaks"
        );
    }
}
