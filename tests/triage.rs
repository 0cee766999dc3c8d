//! `-triage` over files: what it prints, in which forms, and its exit codes.

use crate::support::run::{Outcome, Podprof};

const LEAK: [&str; 2] = ["profiles/parked.pb.gz", "profiles/parked_later.pb.gz"];

fn triage(arguments: &[&str]) -> Outcome {
    Podprof::new(arguments).run()
}

fn printed(outcome: &Outcome) -> String {
    String::from_utf8_lossy(&outcome.stdout).into_owned()
}

#[test]
fn nothing_wrong_says_what_was_looked_at() {
    let outcome = triage(&["-triage", "profiles/cpu.pb.gz", "dumps/go1.27-minutes.txt"]);
    let text = printed(&outcome);
    assert_eq!(outcome.code, Some(0), "{text}");
    assert!(text.contains("Nothing wrong found"), "{text}");
    assert!(text.contains("goroutines: "), "{text}");
}

#[test]
fn findings_fit_a_screen_and_make_the_exit_code_one() {
    let arguments = [
        "-leaks",
        "-thresholds=leak_growth=1,leak_count=1",
        LEAK[0],
        LEAK[1],
    ];
    let outcome = triage(&arguments);
    let text = printed(&outcome);
    assert_eq!(outcome.code, Some(1), "{text}");
    assert!(
        text.lines()
            .any(|line| line.starts_with("1 goroutine leak, ")),
        "{text}"
    );
    assert!(text.lines().count() <= 24, "{text}");
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
}

#[test]
fn what_cannot_be_looked_at_is_an_error() {
    for arguments in [
        &["-triage", "profiles/broken/nothing"][..],
        &["-triage", "nowhere.pb.gz"],
        &[
            "-triage",
            "-thresholds=nothing=1",
            "profiles/goroutine.pb.gz",
        ],
        &["-triage", "profiles/threadcreate.pb.gz"],
        &["-hot", "-watch=10s", "profiles/cpu.pb.gz"],
    ] {
        let outcome = triage(arguments);
        assert_eq!(outcome.code, Some(2), "{arguments:?} {}", printed(&outcome));
    }
}

#[test]
fn the_prompt_has_the_same_words_and_explains_rules() {
    let outcome = triage(&[
        "-c",
        "triage; leaks -v; explain leak",
        "profiles/goroutine.pb.gz",
    ]);
    let text = printed(&outcome);
    assert_eq!(outcome.code, Some(0), "{text}");
    assert!(text.contains("leak_growth = 8"), "{text}");
}
