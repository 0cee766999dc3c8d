//! Evidence written in sight of a test: profiles as folded stacks, one text an end.

use super::Rule;
use super::evidence::{Evidence, Part, Process};
use super::finding::Finding;
use super::limits::Thresholds;
use crate::model::MemStats;
use crate::model::Profile;
use crate::model::fixture::typed;

/// One text an end, of any of the kinds; the ends are ten seconds apart.
#[derive(Default)]
pub(super) struct Snapshots<'t> {
    pub(super) goroutines: &'t [&'t str],
    /// `alloc_space` and `inuse_space`.
    pub(super) heap: &'t [&'t str],
    /// The counters of each heap.
    pub(super) stats: &'t [MemStats],
    /// Nanoseconds in 5 s.
    pub(super) cpu: &'t str,
    /// `contentions` and `delay`.
    pub(super) mutex: &'t [&'t str],
    pub(super) block: &'t [&'t str],
    pub(super) leaked: &'t str,
    pub(super) process: Process,
}

/// What a rule finds with the default thresholds.
pub(super) fn rules(rule: &Rule, snapshots: Snapshots<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    evidence(snapshots, |evidence| {
        (rule.find)(evidence, &Thresholds::default(), &mut found);
    });
    found.into_iter().map(|finding| *finding).collect()
}

/// What a rule finds in goroutines alone, one text an end.
pub(super) fn of_goroutines(rule: &Rule, goroutines: &[&str]) -> Vec<Finding> {
    let snapshots = Snapshots {
        goroutines,
        ..Snapshots::default()
    };
    rules(rule, snapshots)
}

/// What a rule finds in a CPU profile alone.
pub(super) fn of_cpu(rule: &Rule, cpu: &str) -> Vec<Finding> {
    let snapshots = Snapshots {
        cpu,
        ..Snapshots::default()
    };
    rules(rule, snapshots)
}

/// Shows what all of it comes to.
pub(super) fn evidence<T>(snapshots: Snapshots<'_>, look: impl FnOnce(&Evidence<'_>) -> T) -> T {
    let delay: &[(&str, &str)] = &[("contentions", "count"), ("delay", "nanoseconds")];
    let mut profiles: Vec<(&str, Profile, f64)> = Vec::new();
    let mut add = |name, types: &[(&str, &str)], texts: &[&str]| {
        for (at, text) in texts.iter().enumerate() {
            profiles.push((name, typed(types, text), at as f64 * 10.0));
        }
    };
    add("goroutine", &[("goroutine", "count")], snapshots.goroutines);
    let space = [("alloc_space", "bytes"), ("inuse_space", "bytes")];
    add("heap", &space, snapshots.heap);
    add("mutex", delay, snapshots.mutex);
    add("block", delay, snapshots.block);
    let one = |text| [text].into_iter().filter(|text: &&str| !text.is_empty());
    add(
        "profile",
        &[("cpu", "nanoseconds")],
        &one(snapshots.cpu).collect::<Vec<_>>(),
    );
    let leaked = [("goroutineleak", "count")];
    add(
        "goroutineleak",
        &leaked,
        &one(snapshots.leaked).collect::<Vec<_>>(),
    );
    let mut stats = snapshots.stats.iter();
    for (name, profile, _) in &mut profiles {
        match *name {
            "heap" => profile.header.mem_stats = stats.next().cloned().map(Box::new),
            "profile" => profile.header.duration_nanos = 5_000_000_000,
            _ => {} // no more is known of them
        }
    }
    let parts = profiles.iter().map(|(name, profile, at)| Part {
        name,
        origin: name,
        profile,
        at: Some(*at),
    });
    let parts: Vec<Part<'_>> = parts.collect();
    let evidence = Evidence::of(&parts, &snapshots.process, &[], None).unwrap();
    look(&evidence)
}
