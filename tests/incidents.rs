//! Triage over incidents that `collect` took of services of which one fault is known, or that there is none.

use std::fs;

use crate::support::run::{Podprof, data_dir};

/// The first finding: its line and those that go on from it.
fn first_finding(text: &str) -> String {
    let lines = text.lines().skip_while(|line| !line.starts_with("1 "));
    let own = lines.take_while(|line| !line.starts_with("2 "));
    own.collect::<Vec<_>>().join("\n")
}

/// Whether a function is named, and not only the beginning of another one.
fn names(text: &str, function: &str) -> bool {
    text.match_indices(function).any(|(at, _)| {
        let next = text[at + function.len()..].chars().next();
        next.is_none_or(|next| !next.is_alphanumeric() && !"_*(".contains(next))
    })
}

#[test]
fn the_first_finding_names_the_culprit_and_a_healthy_service_has_none() {
    let folder = data_dir().join("incidents/judged");
    let table = fs::read_to_string(folder.join("culprits.tsv")).expect("the table");
    let mut wrong = Vec::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let incident = fields.next().unwrap_or_default();
        let culprits: Vec<&str> = fields.collect();
        let ends = ["start", "end"].map(|end| format!("incidents/judged/{incident}.{end}.tgz"));
        let outcome = Podprof::new(["-triage", &ends[0], &ends[1]]).run();
        let text = String::from_utf8_lossy(&outcome.stdout).into_owned();
        let first = first_finding(&text);
        let right = match culprits[..] {
            [] => outcome.code == Some(0) && first.is_empty(),
            _ => outcome.code == Some(1) && culprits.iter().any(|name| names(&first, name)),
        };
        if !right || text.lines().count() > 24 {
            wrong.push(format!("{incident}: wants {culprits:?}\n{text}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
