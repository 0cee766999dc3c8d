//! One session, line after line, without a terminal.

use super::*;
use crate::model::Profile;
use crate::model::fixture::{in_blocks, typed};
use crate::report::sink::Plain;
use shelf::tests::arrival;

fn session() -> Session {
    let types = [("objects", "count"), ("space", "bytes")];
    let profile = typed(&types, "main;work 3 2048\nmain;idle 1 512");
    let mut session = over(profile);
    session.enter_prompt();
    session
}

fn over(profile: Profile) -> Session {
    let first = arrival("heap", profile);
    Session::new((Opener::default(), Some(first)), Settings::default())
}

/// What a run of lines prints on both streams.
fn run(session: &mut Session, lines: &[&str]) -> (String, String) {
    let (mut out, mut err) = (Plain(Vec::new()), Plain(Vec::new()));
    for line in lines {
        let mut io = Streams {
            out: &mut out,
            err: &mut err,
        };
        assert_eq!(session.line(line, &mut io), Flow::Prompt, "{line}");
    }
    let text = |sink: Plain<Vec<u8>>| String::from_utf8(sink.0).expect("text");
    (text(out), text(err))
}

#[test]
fn reports_go_to_one_stream_and_errors_to_the_other() {
    let (out, err) = run(&mut session(), &["top", "nope", "peek zzz"]);
    let row = "     2048B 80.00% 80.00%      2048B 80.00%  work\n";
    assert!(out.contains(row), "{out}");
    let lines: Vec<_> = err.lines().collect();
    assert!(lines[0].starts_with("unrecognized command: \"nope\""));
    assert_eq!(lines[1..], ["no matches found for regexp: zzz"]);
}

#[test]
fn words_of_a_line_are_forgotten_and_assignments_kept() {
    let mut session = session();
    let (short, _) = run(&mut session, &["top 1 -cum"]);
    let (full, _) = run(&mut session, &["top"]);
    assert!(short.lines().count() < full.lines().count());
    run(&mut session, &["nodecount=1", "cum", "focus idle"]);
    assert_eq!(session.settings().nodecount, 1);
    assert_eq!(session.settings().sort, "cum");
    assert_eq!(session.settings().focus, "idle");
    run(&mut session, &[":"]);
    assert_eq!(session.settings().focus, "");
}

#[test]
fn a_sample_type_is_checked_and_kept_by_name() {
    let mut session = session();
    run(&mut session, &["sample_index=0"]);
    assert_eq!(session.settings().sample_index, "objects");
    let (_, err) = run(&mut session, &["sample_index=bogus"]);
    assert!(err.starts_with("sample_index \"bogus\" must be one of: [objects space]"));
    assert_eq!(session.settings().sample_index, "objects");
    run(&mut session, &["mean_space"]);
    assert!(session.settings().mean);
    run(&mut session, &["sample_index="]);
    assert_eq!(session.settings().sample_index, "space");
}

#[test]
fn a_bare_option_shows_its_value_and_help_can_be_filtered() {
    let (out, err) = run(&mut session(), &["unit", "o | grep nodec", "help | wc -l"]);
    assert_eq!(out, "");
    let lines: Vec<_> = err.lines().collect();
    assert_eq!(
        lines[0],
        "  unit                      = minimum              "
    );
    assert!(lines[1].starts_with("  nodecount "), "{err}");
    assert!(lines[2].parse::<usize>().is_ok(), "{err}");
}

#[test]
fn the_greeting_says_what_is_open() {
    let mut err = Plain(Vec::new());
    session().greet(&mut err).expect("said");
    let text = String::from_utf8(err.0).expect("text");
    assert!(text.starts_with("Type: space\n"), "{text}");
    assert!(
        text.ends_with(
            "Entering interactive mode (type \"help\" for commands, \"o\" for options)\n"
        )
    );
    let profile = typed(&[("a", "count"), ("b", "count")], "main 1 0");
    let session = over(profile);
    let mut err = Plain(Vec::new());
    session.greet(&mut err).expect("said");
    let text = String::from_utf8(err.0).expect("text");
    assert!(text.contains(
        "\nNo samples were found with the default sample value type.\nTry \"sample_index\" command"
    ));
}

#[test]
fn the_first_error_ends_commands() {
    let (mut out, mut err) = (Plain(Vec::new()), Plain(Vec::new()));
    let mut io = Streams {
        out: &mut out,
        err: &mut err,
    };
    let texts = ["top 1;peek idle|wor\\;k", "nope; top"].map(String::from);
    let error = session().commands(&texts, &mut io).expect_err("nope");
    assert!(error.to_string().starts_with("unrecognized command"));
    let out = String::from_utf8(out.0).expect("text");
    assert_eq!(out.matches("Showing nodes").count(), 2, "{out}");
    assert!(out.contains("| idle") && !out.contains("| work\n"), "{out}");
}

#[test]
fn quit_ends_commands_and_loops() {
    let (mut out, mut err) = (Plain(Vec::new()), Plain(Vec::new()));
    let mut io = Streams {
        out: &mut out,
        err: &mut err,
    };
    let mut session = session();
    assert_eq!(session.line("quit now", &mut io), Flow::Quit);
    session
        .commands(&["q; nope".to_string()], &mut io)
        .expect("left before the error");
}

/// Takes nothing more, like a pipe whose reader has gone.
struct Gone;

impl io::Write for Gone {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for Gone {}

#[test]
fn a_reader_that_has_gone_is_no_error() {
    let mut err = Plain(Vec::new());
    let mut io = Streams {
        out: &mut Gone,
        err: &mut err,
    };
    assert_eq!(session().line("top", &mut io), Flow::Closed);
    assert!(err.0.is_empty());
}

#[test]
fn a_file_that_cannot_be_written_is_announced_and_complained_of() {
    let (out, err) = run(&mut session(), &["top >/dev/null/f"]);
    assert_eq!(out, "");
    let expected = "Generating report in /dev/null/f\nopen /dev/null/f: not a directory\n";
    assert_eq!(err, expected);
}

#[test]
fn a_report_that_fails_leaves_its_file_alone() {
    let (_, err) = run(&mut session(), &["peek zzz >/dev/null/f"]);
    assert_eq!(err, "no matches found for regexp: zzz\n");
}

/// A session over `heap`, of objects and space, and `waits`, of delay alone, which is current.
fn two() -> Session {
    let mut session = session();
    let delays = typed(&[("delay", "nanoseconds")], "main;lock 7");
    session.shelf.add(arrival("waits", delays));
    session
}

#[test]
fn what_a_profile_lacks_is_said_once_and_comes_back_with_the_next() {
    let mut session = two();
    let lines = [
        "use heap",
        "objects",
        "use waits",
        "use heap",
        "use waits",
        "use heap",
    ];
    let (_, err) = run(&mut session, &lines);
    let lack = "waits has no objects: its own default is shown\n";
    assert_eq!(err.matches(lack).count(), 1, "{err}");
    assert_eq!(session.settings().sample_index, "objects");
    let (_, err) = run(
        &mut session,
        &["space", "use waits", "o | grep sample_index"],
    );
    assert!(err.starts_with("waits has no space: "), "{err}");
    assert!(
        err.ends_with("= delay                //: [delay]\n"),
        "{err}"
    );
    assert_eq!(session.settings().sample_index, "");
}

#[test]
fn a_number_of_a_sample_type_means_the_type_in_other_profiles_too() {
    let mut session = two();
    let turned = typed(&[("space", "bytes"), ("objects", "count")], "a 1 2");
    session.shelf.add(arrival("turned", turned));
    run(&mut session, &["use heap"]);
    session.settings.sample_index = "1".to_string(); // as the command line leaves it
    run(&mut session, &["use turned"]);
    assert_eq!(session.settings().sample_index, "space");
}

#[test]
fn options_stay_and_a_comparison_ends_with_use() {
    let mut session = two();
    let other = typed(
        &[("objects", "count"), ("space", "bytes")],
        "main;work 1 1024",
    );
    session.shelf.add(arrival("old", other));
    let (out, err) = run(
        &mut session,
        &[
            "nodecount=1",
            "use heap",
            "base old",
            "top",
            "use heap",
            "top",
        ],
    );
    assert!(
        err.contains("Showing heap minus old: space, percentages of the base (1kB)\n"),
        "{err}"
    );
    assert!(
        out.contains("Showing nodes accounting for 1kB, 100% of 1kB total"),
        "{out}"
    );
    assert!(
        out.contains("Showing nodes accounting for 2kB, 80.00% of 2.50kB total"),
        "{out}"
    );
    assert_eq!(session.settings().nodecount, 1);
}

#[test]
fn closing_says_what_is_shown_only_where_that_changed() {
    let mut session = two();
    let (_, err) = run(&mut session, &["close heap"]);
    assert_eq!(err, "Closed heap\n");
    let (_, err) = run(&mut session, &["close waits"]);
    assert!(err.starts_with("waits is the last one open"), "{err}");
    let mut session = two();
    let (_, err) = run(&mut session, &["close waits"]);
    assert_eq!(
        err,
        "Closed waits\nShowing heap: space, 2.50kB total, from heap.pb.gz\n"
    );
}

#[test]
fn completion_knows_what_is_open() {
    let session = two();
    let texts = |line: &str| {
        let (_, found) = session.candidates(line);
        found.into_iter().map(|one| one.text).collect::<Vec<_>>()
    };
    assert_eq!(texts("use "), ["heap", "waits"]);
    assert_eq!(texts("open Cargo.l"), ["Cargo.lock"]);
}

#[test]
fn only_filters_that_leave_nothing_are_noted_and_only_where_that_was_asked() {
    let found = |lines: &[&str], watched: bool| {
        let mut session = session();
        if watched {
            session.watch_for_nothing();
        }
        run(&mut session, lines);
        session.found_nothing()
    };
    assert!(!found(&["top zzz"], false));
    assert!(!found(
        &["top", "top -zzz", "focus=zzz", "o", "peek zzz"],
        true
    ));
    assert!(found(&["top zzz", "top"], true));
    assert!(found(&["top | grep zzz"], true));
}

/// Marks what is not plain text.
struct Marks(Vec<u8>);

impl io::Write for Marks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Sink for Marks {
    fn role(&mut self, role: Role) -> io::Result<()> {
        let mark = if role == Role::Text { b"]" } else { b"[" };
        self.0.extend_from_slice(mark);
        Ok(())
    }
}

#[test]
fn only_the_indented_lines_of_an_error_are_lines() {
    let mut err = Marks(Vec::new());
    let error = Error::usage("choose one\n  1  forged\nname\n     more");
    complain(&mut err, &error).expect("said");
    let text = String::from_utf8(err.0).expect("text");
    assert_eq!(text, "[choose one]\n  [1  forged\nname]\n  [   more]\n");
}

#[test]
fn samples_that_come_in_blocks_make_the_same_reports() {
    let types = [("samples", "count"), ("cpu", "nanoseconds")];
    let text = "main;a>b{user=ann,bytes=64kb} 1 10\nmain;c{user=bob,bytes=2kb,latency=7ms} 2 30\n\
        main;a;c 4 40\nmain;a>b{user=ann,bytes=64kb} 8 80\ngc{tier=gold,n=3} 1 5\nmain;b{user=cy} 3 7";
    let reports =
        "top,tree,peek a,traces,raw,tags,dot,callgrind,list a,-json traces,-call_tree dot";
    let settings = [
        "",
        "tagfocus=ann|gold",
        "tagignore=bytes=3kb:",
        "tagfocus=nobody",
        "tagshow=user",
        "taghide=bytes|user",
        "tagroot=user,tier",
        "tagleaf=bytes",
        "relative_percentages=true\ntagfocus=user=bob",
        "focus=b\ntagroot=user\ntagfocus=ann\ntagshow=user",
        "mean=true",
    ];
    for setting in settings {
        for report in reports.split(',') {
            let lines: Vec<&str> = setting.lines().chain([report]).collect();
            let whole = run(&mut over(typed(&types, text)), &lines);
            for rows in [1, 2, 4] {
                let blocks = in_blocks(typed(&types, text), rows);
                assert_eq!(run(&mut over(blocks), &lines), whole, "{lines:?} in {rows}");
            }
        }
    }
}
