//! The shell on a pipe and `-c`, beyond what the case lines can hold: answers that pprof does not have or words otherwise.

use std::fs;

use crate::support::run::{Outcome, Podprof, data_dir};

const PROFILE: &str = "profiles/cpu.pb.gz";

fn shell(script: &str) -> Outcome {
    Podprof::new([PROFILE]).stdin(script).run()
}

fn commands(arguments: &[&str]) -> Outcome {
    Podprof::new(arguments.iter().chain(&[PROFILE])).run()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn commands_of_dash_c_answer_as_at_the_prompt_but_without_banner_and_prompt() {
    let at_prompt = shell("top 3\npeek Walk\ngranularity=lines\ntop -cum\ntags\n");
    let outcome = commands(&[
        "-c",
        "top 3; peek Walk",
        "-c",
        "granularity=lines;top -cum;tags",
    ]);
    assert_eq!(
        text(&outcome.stdout),
        text(&at_prompt.stdout).replace("(pprof) ", "")
    );
    assert_eq!(text(&outcome.stderr), "");
    assert_eq!(outcome.code, Some(0));
}

#[test]
fn the_first_error_of_dash_c_ends_it_with_code_2() {
    let outcome = commands(&["-c", "top 1; nonsense; top 2", "-c", "top 3"]);
    assert_eq!(outcome.stdout, commands(&["-c", "top 1"]).stdout);
    assert!(text(&outcome.stderr).starts_with("unrecognized command: \"nonsense\""));
    assert_eq!(outcome.code, Some(2));
}

#[test]
fn an_escaped_semicolon_of_dash_c_reaches_the_regexp() {
    let outcome = commands(&["-c", r"top 1 Walk\;|quote"]);
    assert!(text(&outcome.stdout).contains(r"focus=Walk\;|quote"));
    assert_eq!(outcome.code, Some(0));
}

#[test]
fn quotes_mean_nothing_to_dash_c() {
    let outcome = commands(&["-c", "top 1 'main;top 1 main'"]);
    assert!(text(&outcome.stdout).contains("focus='main\n"));
    assert!(text(&outcome.stdout).contains("focus=main'\n"));
}

#[test]
fn help_goes_to_stderr_in_the_order_operators_know() {
    let outcome = shell("help\n");
    assert_eq!(text(&outcome.stdout), "(pprof) (pprof) ");
    let help = text(&outcome.stderr);
    let mut rest = help.as_str();
    for part in [
        "  Commands:\n",
        "    peek             ",
        "    top              ",
        "    o/options        ",
        "    q/quit/exit/^D   ",
        "\n\n  Options:\n",
        "    focus            ",
        "    relative_percentages ",
        "\n\n  Option groups (only set one per group):\n",
        "      functions ",
        "      cum ",
        "\n\n  :   Clear focus/ignore/hide/tagfocus/tagignore\n",
        "\n  type \"help <cmd|option>\" for more information\n",
    ] {
        let (_, behind) = rest
            .split_once(part)
            .unwrap_or_else(|| panic!("{part:?} is missing or too early:\n{help}"));
        rest = behind;
    }
}

#[test]
fn every_word_of_the_help_has_a_help_of_its_own() {
    let help = text(&shell("help\n").stderr);
    let names = help
        .lines()
        .filter(|line| line.starts_with("    ") && !line.contains('|'));
    let names: Vec<&str> = names
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(names.len() > 40, "{help}");
    for name in names
        .iter()
        .map(|name| name.split('/').next().unwrap_or(name))
    {
        let one = text(&shell(&format!("help {name}\n")).stderr);
        assert!(!one.contains("Unknown command"), "help {name}: {one}");
    }
    assert!(text(&shell("help nope\n").stderr).contains("Unknown command: nope"));
}

#[test]
fn conflicting_options_are_named_in_the_same_order_each_time() {
    for _ in 0..4 {
        let outcome = Podprof::new(["-top", "-flat", "-cum", PROFILE]).run();
        assert!(text(&outcome.stderr).starts_with("conflicting options set: [cum flat]"));
        assert_eq!(outcome.code, Some(2));
    }
}

#[test]
fn errors_of_a_script_never_change_the_exit_code() {
    let outcome = shell("nonsense\nlist zzz\nfocus=(\ntop\n");
    assert_eq!(outcome.code, Some(0));
    assert_eq!(text(&outcome.stdout), "(pprof) ".repeat(5));
}

#[test]
fn a_profile_can_come_on_stdin() {
    let bytes = fs::read(data_dir().join(PROFILE)).expect("the profile is there");
    let piped = Podprof::new(["-top", "-"]).stdin(bytes.clone()).run();
    let named = Podprof::new(["-top", PROFILE]).run();
    assert_eq!(text(&piped.stdout), text(&named.stdout));
    let commands = Podprof::new(["-c", "top 2", "-"]).stdin(bytes).run();
    assert_eq!(commands.stdout, self::commands(&["-c", "top 2"]).stdout);
}

#[test]
fn a_report_can_go_to_a_file() {
    let folder = std::env::temp_dir().join(format!("podprof-repl-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder for the report");
    let file = folder.join("report");
    let outcome = shell(&format!("top 2 >{}\ntop 2\n", file.display()));
    let written = fs::read(&file).expect("the report is written");
    fs::remove_dir_all(&folder).ok();
    assert_eq!(
        text(&outcome.stdout),
        format!("(pprof) (pprof) {}(pprof) ", text(&written))
    );
    assert!(text(&outcome.stderr).ends_with(&format!("Generating report in {}\n", file.display())));
}

/// The words of titles and before colons in what the reports print.
fn printed_words(report: &str) -> Vec<String> {
    let mut words = Vec::new();
    for line in report.lines() {
        if line.contains("flat%") || line.contains("   #") || line.starts_with("   count") {
            let titles = line
                .split("  ")
                .map(|title| title.trim_matches(['|', ' ', '\t']));
            words.extend(titles.filter(|title| !title.is_empty()).map(str::to_owned));
        }
        let opens = line.trim_start().starts_with(char::is_uppercase);
        match line.split_once(':') {
            Some((word, _)) if opens && !word.contains(['=', '(', '/']) => {
                words.push(word.trim().to_owned())
            }
            _ if line.starts_with("Dropped") || line.starts_with("Showing") => {
                words.push(line.to_owned())
            }
            _ => {} // rows
        }
    }
    words
}

#[test]
fn every_word_that_reports_print_has_an_explanation() {
    let reports = [
        ("heap", vec!["-top"]),
        ("heap", vec!["-tree", "-nodecount=5"]),
        ("cpu", vec!["-focus=Walk", "-peek=Walk"]),
        ("cpu", vec!["-list=Walk"]),
        ("cpu", vec!["-top", "-nodecount=3"]),
        ("cpu", vec!["-raw"]),
        ("parked", vec!["-goroutines"]),
        (
            "parked",
            vec![
                "-c",
                "goroutines -v 4; goroutines -by=state; goroutines -by=creator",
            ],
        ),
        (
            "parked_later",
            vec!["-diff_base=profiles/parked.pb.gz", "-goroutines"],
        ),
    ];
    let mut seen = 0;
    for (profile, arguments) in reports {
        let file = format!("profiles/{profile}.pb.gz");
        let report = Podprof::new(arguments.iter().copied().chain([file.as_str()])).run();
        let words = printed_words(&text(&report.stdout));
        assert!(!words.is_empty(), "{arguments:?}");
        let script: Vec<String> = words.iter().map(|word| format!("explain {word}")).collect();
        let explained = Podprof::new([PROFILE])
            .stdin(script.join("\n") + "\n")
            .run();
        let errors = text(&explained.stderr);
        assert!(
            !errors.contains("explain knows no"),
            "{arguments:?}: {errors}"
        );
        seen += words.len();
    }
    assert!(seen > 60, "{seen}");
}

#[test]
fn a_word_is_explained_with_and_without_a_profile() {
    let alone = Podprof::new(["-explain=sum%"]).run();
    assert_eq!(alone.code, Some(0));
    let with = Podprof::new(["-explain=sum%", PROFILE]).run();
    let (alone, with) = (text(&alone.stdout), text(&with.stdout));
    assert!(
        alone.starts_with("sum%: The running total of flat%"),
        "{alone}"
    );
    let here = with.strip_prefix(&alone).expect("the same, and a number");
    assert!(here.starts_with("Here: "), "{here}");
    let unknown = Podprof::new(["-explain=summ"]).run();
    assert_eq!(
        (unknown.code, text(&unknown.stdout)),
        (Some(2), String::new())
    );
    assert!(text(&unknown.stderr).starts_with("explain knows no summ: "));
}

#[test]
fn the_list_of_words_can_be_filtered_and_written() {
    let list = text(&commands(&["-c", "explain | head 1"]).stdout);
    assert_eq!(list.lines().count(), 1);
    assert!(list.starts_with("explain WORD tells"), "{list}");
}
