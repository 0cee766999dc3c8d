//! All connections of a database pool are in use, and goroutines wait for one.

use super::evidence::{Evidence, Kind};
use super::finding::{Confidence, Finding, Next, Place};
use super::groups::Group;
use super::limits::{Limit, Thresholds};
use super::place::blamed;
use super::{Class, Rule};

/// Fewer are a coincidence.
const WAITERS: Limit = Limit {
    name: "pool_waiters",
    default: 5.0,
    help: "goroutines that wait for a database connection at both ends",
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
    doc: "Goroutines wait in sql.DB for a connection at both ends. Named is who waits most; whoever is in a query, or \
        which rows and transactions are open, tells who has the connections.\n\
        It cannot see rows that nobody closed where their context has no end: nothing is left of them on any stack.\n\
        Source: database/sql, DB.SetMaxOpenConns.",
    limits: &[&WAITERS],
    find,
};

fn find(evidence: &Evidence<'_>, thresholds: &Thresholds) -> Vec<Finding> {
    let waiting = evidence
        .groups
        .iter()
        .filter(|group| group.state == b"select" && group.passes(WAITS));
    let (now, before) = waiting.clone().fold((0i64, 0i64), |sum, group| {
        (
            sum.0.saturating_add(group.now),
            sum.1.saturating_add(group.before),
        )
    });
    let least = thresholds.count(&WAITERS).max(1);
    let compared = evidence.goroutines.start.is_some();
    if now < least || compared && before < least {
        return Vec::new();
    }
    let found = waiting
        .clone()
        .next()
        .and_then(|group| finding(evidence, group, (now, before)));
    found.into_iter().collect()
}

fn finding(
    evidence: &Evidence<'_>,
    group: &Group<'_>,
    (now, before): (i64, i64),
) -> Option<Finding> {
    let frame = group.frames.get(blamed(&group.frames)?)?;
    let open = evidence
        .groups
        .iter()
        .filter(|group| WATCH.iter().any(|name| group.passes(name)));
    let open = open.map(|group| group.now).fold(0, i64::saturating_add);
    let busy = evidence.groups.iter().find(|group| {
        let inside = group
            .frames
            .iter()
            .any(|frame| frame.name.starts_with(b"database/sql.("));
        inside && !group.passes(WAITS) && group.own().is_some() && group.now > 0
    });
    let busy = busy.and_then(|group| group.own());
    Some(Finding {
        confidence: Confidence::Likely,
        severity: 64,
        culprit: Some(Place::from(frame)),
        what: "waits for a database connection: the pool is exhausted".to_string(),
        proof: format!("{now} goroutines wait for a connection, {before} at the start"),
        why: match busy {
            Some(busy) => format!(
                "connections are in use at {} {}",
                busy.short(),
                busy.place()
            ),
            None => {
                format!("nobody is in a query; {open} rows or transactions are open: not closed?")
            }
        },
        next: Next::about(Kind::Goroutine, "goroutines", frame),
        stack: group.frames.iter().map(Place::from).collect(),
        also: Vec::new(),
    })
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
