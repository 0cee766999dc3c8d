//! All connections of a database pool are in use, and goroutines wait for one.

use super::evidence::Evidence;
use super::finding::{Confidence, Finding, Findings};
use super::groups::{Group, count};
use super::limits::{Limit, Thresholds};
use super::place::blamed;
use super::say::Say;
use super::{Class, Rule};
use crate::packed::packed;

/// Fewer are a coincidence.
const WAITERS: Limit = Limit {
    name: "pool_waiters",
    default: 5.0,
    help: packed!("goroutines that wait for a database connection at both ends"),
};
/// Where one waits for a connection.
const WAITS: &str = "database/sql.(*DB).conn";
/// Goroutines of the library that live as long as what they watch: one for each set of rows or transaction.
const WATCH: [&str; 2] = [
    "database/sql.(*Rows).awaitDone",
    "database/sql.(*Tx).awaitDone",
];

pub(super) const RULE: Rule = Rule {
    name: "pool",
    class: Class::Locks,
    doc: packed!(
        "Goroutines wait in sql.DB for a connection at both ends. Named is who waits most; whoever is in a query, or \
        which rows and transactions are open, tells who has the connections.\n\
        It cannot see rows that nobody closed where their context has no end: nothing is left of them on any stack.\n\
        Source: database/sql, DB.SetMaxOpenConns."
    ),
    limits: &[&WAITERS],
    find,
};

fn find(evidence: &Evidence<'_>, thresholds: &Thresholds, found: &mut Findings) {
    let (now, before) = count(&evidence.groups, &waits);
    let least = thresholds.count(&WAITERS).max(1);
    let compared = evidence.goroutines.start.is_some();
    if now >= least && (!compared || before >= least) {
        found.extend(finding(&evidence.groups, (now, before)));
    }
}

/// Whether it waits for a connection.
fn waits(group: &Group<'_>) -> bool {
    group.state == b"select" && group.passes(WAITS)
}

/// Whether it is in a query.
fn queries(group: &Group<'_>) -> bool {
    let mut frames = group.frames.iter();
    let inside = frames.any(|frame| frame.name.starts_with(b"database/sql.("));
    inside && !group.passes(WAITS) && group.now > 0
}

fn finding(groups: &[Group<'_>], (now, before): (i64, i64)) -> Option<Box<Finding>> {
    let group = groups.iter().find(|group| waits(group))?;
    let frame = group.frames.get(blamed(&group.frames)?)?;
    let what = packed!("waits for a database connection: the pool is exhausted");
    let mut finding = Finding::new(Confidence::Likely, 64, &[what, packed!("")]);
    finding.blame(frame, &group.frames);
    let proof = finding.proof.count(now);
    let proof = proof.say(" goroutines wait for a connection, ");
    proof.count(before).say(" at the start");
    let busy = groups.iter().filter(|group| queries(group));
    match busy.filter_map(Group::own).next() {
        Some(busy) => {
            let why = finding.why.say("connections are in use at ");
            why.frame(busy);
        }
        None => {
            let watches = |group: &Group<'_>| WATCH.iter().any(|name| group.passes(name));
            let (open, _) = count(groups, &watches);
            let why = finding.why.say("nobody is in a query; ").count(open);
            why.say(" rows or transactions are open: not closed?");
        }
    }
    Some(finding)
}

#[cfg(test)]
mod tests {
    use super::super::test::of_goroutines;
    use super::*;

    const WAIT: &str = "main.(*H).list a/h.go:8;database/sql.(*DB).Query sql/s.go:1;database/sql.(*DB).conn sql/s.go:2;\
        runtime.selectgo r/s.go:1;runtime.gopark r/p.go:1";

    fn found(start: &str, end: &str) -> Vec<Finding> {
        of_goroutines(&RULE, &[start, end])
    }

    #[test]
    fn who_waits_for_a_connection_says_that_there_is_none() {
        let text = format!(
            "{WAIT} 12\ndatabase/sql.(*Rows).awaitDone sql/s.go:3;runtime.selectgo r/s.go:1 4"
        );
        let found = found(&text, &text);
        assert_eq!(
            found[0].why,
            "nobody is in a query; 4 rows or transactions are open: not closed?"
        );
    }

    #[test]
    fn waiting_for_a_moment_is_nothing() {
        assert!(found(&format!("{WAIT} 1"), &format!("{WAIT} 9")).is_empty());
    }
}
