//! Exit codes: the table of the README, row by row.

use std::fs::OpenOptions;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::http::{Reply, Server, Step};
use crate::support::run::{Podprof, binary, data_dir, send};

const CPU: &str = "profiles/cpu.pb.gz";

#[track_caller]
fn exits(code: i32, arguments: &[&str]) {
    let outcome = Podprof::new(arguments).run();
    assert_eq!(outcome.code, Some(code), "{arguments:?}");
}

#[track_caller]
fn script(code: i32, arguments: &[&str], lines: &str) {
    let outcome = Podprof::new(arguments).stdin(lines).run();
    assert_eq!(outcome.code, Some(code), "{arguments:?} {lines:?}");
}

#[test]
fn zero_is_a_report_an_answer_and_a_prompt_that_was_left() {
    exits(0, &["-top", CPU]);
    exits(0, &["-version"]);
    exits(0, &["-h", "top"]);
    exits(0, &["-c", "top 1; quit; nonsense", CPU]);
    // As pprof: errors of a script are said, and the script goes on.
    script(0, &[CPU], "nonsense\npeek zzz\nuse nobody\nquit\n");
    script(0, &[CPU], "");
}

#[test]
fn zero_is_also_a_filter_that_matches_nothing_unless_asked() {
    exits(0, &["-top", "-focus=zzz", CPU]);
    exits(0, &["-c", "top zzz; top | grep zzz", CPU]);
    exits(0, &["-top", "profiles/broken/nothing", CPU]);
}

#[test]
fn zero_is_also_a_reader_that_has_left() {
    let mut command = Command::new(binary());
    command.args(["-raw", "profiles/wide.pb.gz"]);
    command.current_dir(data_dir()).env_clear();
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    drop(child.stdout.take());
    let outcome = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&outcome.stderr).into_owned();
    assert_eq!((outcome.status.code(), &*said), (Some(0), ""));
}

#[test]
fn two_is_every_failure() {
    for arguments in [
        &["-nonsense", CPU][..],
        &["-top"],
        &["-top", "-tree", CPU],
        &["-top", "nosuch.pb.gz"],
        &["-top", "profiles/broken/garbage"],
        &["-top", "-focus=(", CPU],
        &["-top", "-sample_index=nope", CPU],
        &["-peek=zzz", CPU],
        &["-list=zzz", CPU],
        &["-weblist=main", CPU],
        &["-c", "nonsense", CPU],
        &["-top", "-output=/nonexist/x/y", CPU],
        &["-top", "-diff_base=profiles/heap.pb.gz", CPU],
    ] {
        exits(2, arguments);
    }
}

#[test]
fn two_is_a_report_that_cannot_be_written() {
    let full = OpenOptions::new().write(true).open("/dev/full");
    let mut command = Command::new(binary());
    command.args(["-top", CPU]).current_dir(data_dir());
    command.stdout(full.expect("every Linux has it"));
    let outcome = command.stderr(Stdio::piped()).output().expect("it runs");
    let said = String::from_utf8_lossy(&outcome.stderr).into_owned();
    assert!(said.ends_with("no space left on device\n"), "{said}");
    assert_eq!(outcome.status.code(), Some(2));
}

#[test]
fn three_is_a_filter_that_leaves_nothing_where_that_was_asked() {
    for filters in [
        &["-focus=zzz"][..],
        &["-ignore=."],
        &["-hide=."],
        &["-show=zzz"],
        &["-show_from=zzz"],
        &["-tagfocus=zzz"],
        &["-tagfocus=user=.", "-tagignore=user=."],
    ] {
        let words = [filters, &["-top", "profiles/labels.pb.gz"]].concat();
        let plain = Podprof::new(&words).run();
        let outcome = Podprof::new([&["-fail_empty"], &words[..]].concat()).run();
        assert_eq!(
            (plain.code, outcome.code),
            (Some(0), Some(3)),
            "{filters:?}"
        );
        assert_eq!(
            (outcome.stdout, outcome.stderr),
            (plain.stdout, plain.stderr)
        );
    }
    for (code, arguments) in [
        (3, &["-peek=zzz", CPU][..]),
        (3, &["-list=zzz", CPU]),
        (3, &["-peek=Walk", "-focus=zzz", CPU]),
        (3, &["-json", "-peek=zzz", CPU]),
        (3, &["-json", "-top", "-focus=zzz", CPU]),
        (3, &["-traces", "-focus=zzz", CPU]),
        (0, &["-top", "-focus=main", CPU]),
        (0, &["-top", "-ignore=zzz", CPU]),
        (0, &["-peek=Walk", CPU]),
        (0, &["-top", "profiles/empty.pb.gz"]),
        (2, &["-top", "-focus=(", CPU]),
        (2, &["-top", "nosuch.pb.gz"]),
    ] {
        exits(code, &[&["-fail_empty"], arguments].concat());
    }
}

#[test]
fn three_is_for_commands_too_but_not_for_the_prompt() {
    let commands = |text: &str| Podprof::new(["-fail_empty", "-c", text, CPU]).run();
    // What is empty is a finding: the commands behind it still run.
    let outcome = commands("top 1 zzz; top 1");
    assert_eq!(outcome.code, Some(3));
    let text = String::from_utf8_lossy(&outcome.stdout).into_owned();
    assert_eq!(text.matches("Showing nodes").count(), 2, "{text}");
    assert_eq!(commands("top 100 | grep zzz").code, Some(3));
    assert_eq!(commands("top 100 | grep -v zzz | head 1").code, Some(0));
    assert_eq!(commands("peek zzz; top").code, Some(3));
    assert_eq!(commands("top zzz; nonsense").code, Some(2));
    assert_eq!(commands("focus=zzz; o").code, Some(0));
    script(0, &["-fail_empty", CPU], "top zzz\npeek zzz\n");
}

#[test]
fn ctrl_c_ends_a_report_by_its_signal() {
    let server = Server::new(|_| Reply::steps(vec![Step::Pause(Duration::from_secs(30))]));
    // A shell without job control has what it starts in the background ignore Ctrl-C, tests included.
    let mut command = Command::new("/usr/bin/env");
    command.arg("--default-signal=INT").arg(binary());
    command.args(["-top", &server.url("/debug/pprof/heap")]);
    command
        .env_clear()
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("it starts");
    let mut said = [0; 8];
    let stderr = child.stderr.as_mut().expect("a pipe");
    stderr.read_exact(&mut said).expect("the first message");
    send("-INT", child.id());
    // A shell calls it 130.
    assert_eq!(child.wait().expect("it ends").signal(), Some(2));
}
