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
