//! podprof on a terminal: what it draws there, and how it answers keys.
//!
//! Every run has a pseudo-terminal of its own. What is drawn may hold nothing that steers a terminal
//! but colours and the moves of line editing and paging; pipes and files get every byte as it is.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::support::http::{Reply, Server, Step};
use crate::support::proto::{poisoned, stack};
use crate::support::pty::{OnTerminal, Terminal};
use crate::support::run::{Podprof, binary, data_dir, send};
use crate::support::scratch::Scratch;

const CPU: &str = "profiles/cpu.pb.gz";
const REPORTS: [&str; 8] = [
    "-top",
    "-tree",
    "-peek=.",
    "-list=.",
    "-traces",
    "-tags",
    "-raw",
    "-comments",
];
/// Sets the title, colours, clears, moves, in 7 and 8 bits, and forges a row.
const VENOM: &[u8] = b"\x1b]0;owned\x07\x1b[35;45m\x1b[2J\x9b1;1H\xc2\x9b5m\x1bP\x90\x0e\x08\x7f\0\r\n   10ms forged\t\xff";
/// Turns the direction of text, hides and breaks it.
const BIDI: &[u8] =
    "\u{202e}\u{2066}\u{2069}\u{200f}\u{61c}\u{200b}\u{200d}\u{2028}\u{2029}\u{feff}\u{85}"
        .as_bytes();

/// A profile whose `traces` have `samples` times 40 rows.
fn deep(samples: usize) -> Vec<u8> {
    let functions: Vec<String> = (1..=40).map(|level| format!("main.level{level}")).collect();
    stack(samples, &functions)
}

fn on(arguments: &[&str]) -> Terminal {
    OnTerminal::new(arguments).start()
}

/// The prompt on a profile, banner read.
fn shell(profile: &str) -> Terminal {
    let mut terminal = on(&[profile]);
    terminal.prompt();
    terminal
}

/// Fails where `drawn` holds anything that steers a terminal beyond colours and our own moves.
#[track_caller]
fn assert_harmless(drawn: &str) {
    let mut rest = drawn;
    while let Some(at) =
        rest.find(|c: char| c.is_control() && !matches!(c, '\r' | '\n' | '\t' | '\x07'))
    {
        let sequence = &rest[at..];
        let tail = sequence
            .strip_prefix("\x1b[")
            .unwrap_or_else(|| panic!("{sequence:?}"));
        let end = tail.find(|c: char| !c.is_ascii_digit() && !matches!(c, ';' | '?'));
        let end = end.unwrap_or_else(|| panic!("{sequence:?}"));
        let (parameters, rest_of) = tail.split_at(end);
        let known = match rest_of.as_bytes()[0] {
            b'm' => !parameters.contains("45"),
            b'K' | b'A' | b'B' | b'C' | b'D' => !parameters.contains('?'),
            b'h' | b'l' => matches!(parameters, "?2004" | "?2026"), // paste and redraw marks
            _ => false,                                             // the venom has all others
        };
        assert!(known, "{sequence:?}");
        rest = &rest_of[1..];
    }
    for c in "\u{202e}\u{2066}\u{2069}\u{200f}\u{61c}\u{200b}\u{200d}\u{2028}\u{2029}\u{feff}\u{85}"
        .chars()
    {
        assert!(!drawn.contains(c), "{c:?} in {drawn:?}");
    }
}

/// Fails where a name made itself a row of its own.
#[track_caller]
fn assert_unforged(drawn: &str) {
    let forged = drawn
        .split(['\n', '\r'])
        .find(|row| row.trim_start().starts_with("10ms forged"));
    assert_eq!(forged, None);
}

#[test]
fn no_field_of_a_profile_steers_the_terminal_in_any_report() {
    let scratch = Scratch::new();
    for (name, venom) in [("venom", VENOM), ("bidi", BIDI)] {
        let profile = scratch.holding(name, &poisoned(venom));
        // In the language of graphs a row means nothing.
        assert_harmless(&on(&["-dot", &profile]).end().0);
        for report in REPORTS {
            for colour in ["-color=always", "-color=never"] {
                let (drawn, code) = on(&[report, colour, &profile]).end();
                assert_eq!(code, Some(0), "{report} {drawn}");
                assert_harmless(&drawn);
                assert_unforged(&drawn);
                assert!(
                    drawn.contains('\\'),
                    "{report} shows no escaped text: {drawn:?}"
                );
                assert_eq!(
                    colour == "-color=never",
                    !drawn.contains('\x1b'),
                    "{report}"
                );
            }
        }
    }
}

#[test]
fn no_field_of_a_profile_steers_the_terminal_at_the_prompt() {
    let scratch = Scratch::new();
    for venom in [VENOM, BIDI] {
        let profile = scratch.holding("poisoned", &poisoned(venom));
        let mut terminal = on(&[&profile]);
        terminal.prompt();
        terminal.type_keys("pager=false\r").prompt();
        let another = format!("open {profile}");
        for line in [
            another.as_str(),
            "profiles",
            "base poisoned",
            "use poisoned",
            "top",
            "tree",
            "peek .",
            "list .",
            "traces",
            "tags",
            "raw",
            "comments",
            "o",
            "help",
            "sample_index",
        ] {
            terminal.type_keys(line).type_keys("\r").prompt();
        }
        for keys in ["peek func\t\t", "sample_index=ty\t\t", "tagfocus=\t\t"] {
            terminal.type_keys(keys).type_keys("\x03").prompt();
        }
        // The end of the listing draws a prompt of its own, and a key sent right behind Ctrl-C is lost.
        terminal.type_keys("\t\tq").prompt();
        terminal.type_keys("\x03").prompt();
        let (drawn, code) = terminal.type_keys("\x04").end();
        assert_eq!(code, Some(0));
        assert_harmless(&drawn);
        assert_unforged(&drawn);
    }
}

#[test]
fn pipes_and_files_get_the_bytes_as_they_are() {
    let scratch = Scratch::new();
    let profile = scratch.holding("poisoned", &poisoned(VENOM));
    for report in ["-top", "-traces", "-raw", "-comments"] {
        let piped = Podprof::new([report, &profile]).run();
        assert!(find(&piped.stdout, VENOM), "{report}");
        let file = scratch.file("report");
        let written = Podprof::new([report, "-output", &file, &profile]).run();
        assert_eq!(written.code, Some(0));
        let bytes = std::fs::read(&file).expect("the report");
        assert!(find(&bytes, VENOM), "{report}");
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[test]
fn forced_colours_on_a_pipe_are_the_only_escapes() {
    let scratch = Scratch::new();
    let profile = scratch.holding("poisoned", &poisoned(VENOM));
    for report in REPORTS {
        let outcome = Podprof::new([report, "-color=always", &profile]).run();
        let text = String::from_utf8(outcome.stdout).expect("sanitised text is UTF-8");
        assert!(text.contains("\x1b["), "{report}");
        assert_harmless(&text);
        assert_unforged(&text);
        let colours = text.split('\x1b').skip(1).all(|part| {
            let end = part.find('m').unwrap_or(0);
            part.starts_with('[')
                && part[1..end]
                    .bytes()
                    .all(|b| b.is_ascii_digit() || b == b';')
        });
        assert!(colours, "{report}: {text:?}");
    }
}

#[test]
fn colours_are_for_terminals_whose_user_wants_them() {
    let top = |set: &dyn Fn(OnTerminal) -> OnTerminal, arguments: &[&str]| {
        let arguments = [&["-top"], arguments, &[CPU]].concat();
        set(OnTerminal::new(&arguments))
            .start()
            .end()
            .0
            .contains('\x1b')
    };
    assert!(top(&|on| on, &[]));
    assert!(top(&|on| on.env("NO_COLOR", ""), &[]));
    assert!(!top(&|on| on.env("NO_COLOR", "1"), &[]));
    assert!(!top(&|on| on.env("TERM", "dumb"), &[]));
    assert!(!top(&|on| on.without("TERM"), &[]));
    assert!(!top(&|on| on, &["-color=never"]));
    assert!(top(
        &|on| on.env("NO_COLOR", "1").env("TERM", "dumb"),
        &["-color=always"]
    ));
    let piped = Podprof::new(["-top", CPU]).env("TERM", "xterm").run();
    assert!(!piped.stdout.contains(&b'\x1b'));
}

#[test]
fn an_error_is_red_and_harmless() {
    let (drawn, code) = on(&["-top", "no\x1b[2Jsuch\u{202e}file"]).end();
    assert_eq!(code, Some(2));
    assert_harmless(&drawn);
    assert!(drawn.contains("31m"), "{drawn:?}");
    assert!(drawn.contains("no\\x1b[2Jsuch\\u202efile"), "{drawn:?}");
}

#[test]
fn names_are_shortened_to_the_screen_and_only_there() {
    let scratch = Scratch::new();
    let name = ["start", &"x".repeat(200), "end"].concat();
    let profile = scratch.holding("long", &stack(1, std::slice::from_ref(&name)));
    let drawn = |columns, arguments: &[&str]| {
        let arguments = [&["-top", "-color=never"], arguments, &[profile.as_str()]].concat();
        OnTerminal::new(&arguments)
            .size(24, columns)
            .start()
            .end()
            .0
    };
    for columns in [64, 80, 200] {
        let row = drawn(columns, &[]);
        let row = row
            .lines()
            .find(|row| row.contains('…'))
            .expect("a shortened row")
            .trim_end();
        assert_eq!(row.chars().count(), usize::from(columns), "{row}");
        assert!(row.ends_with("end") || row.ends_with("(inline)"), "{row}");
    }
    assert!(drawn(80, &["-wide"]).contains(&name));
    assert!(drawn(0, &[]).contains(&name));
    assert!(drawn(300, &[]).contains(&name));
    let piped = Podprof::new(["-top", &profile]).run();
    assert!(find(&piped.stdout, name.as_bytes()));
}

#[test]
fn a_closed_stdout_ends_everything_quietly() {
    let scratch = Scratch::new();
    let profile = scratch.holding("deep", &deep(2_000));
    let one_shot = &[
        &["-traces", &profile][..],
        &["-color=always", "-traces", &profile],
    ];
    for arguments in one_shot {
        let mut child = Command::new(binary())
            .args(*arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("podprof starts");
        drop(child.stdout.take());
        let outcome = child.wait_with_output().expect("podprof ends");
        assert_eq!(outcome.status.code(), Some(0), "{arguments:?}");
        assert_eq!(
            String::from_utf8_lossy(&outcome.stderr),
            "",
            "{arguments:?}"
        );
    }
    let line = format!("printf 'traces\\ntop\\n' | $PODPROF {profile} 2>err | head -1; cat err");
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &line])
        .env("PODPROF", binary())
        .current_dir(scratch.path());
    let outcome = shell.output().expect("sh starts");
    let text = String::from_utf8_lossy(&outcome.stdout);
    assert!(text.ends_with("for options)\n"), "{text}");
}

#[test]
fn a_long_report_stops_at_each_screenful() {
    let mut terminal = shell(CPU);
    terminal.type_keys("traces\r");
    let page = terminal.see("-- more --");
    assert_eq!(page.matches('\n').count(), 1 + 23, "{page:?}");
    terminal.type_keys(" ");
    assert_eq!(terminal.see("-- more --").matches('\n').count(), 23);
    terminal.type_keys("\r");
    assert_eq!(terminal.see("-- more --").matches('\n').count(), 1);
    terminal.resize(10, 80);
    terminal.type_keys(" ");
    assert_eq!(terminal.see("-- more --").matches('\n').count(), 9);
    terminal.type_keys("/housekeeping\r");
    terminal.see("lines skipped");
    terminal.see("main.housekeeping");
    terminal.see("-- more --");
    terminal.type_keys("q");
    terminal.prompt();
    terminal.type_keys("traces\r");
    terminal.see("-- more --");
    terminal.type_keys("\x03");
    terminal.prompt();
    let (drawn, code) = terminal.type_keys("quit\r").end();
    assert_eq!(code, Some(0));
    assert_harmless(&drawn);
}

#[test]
fn the_terminal_is_as_it_was_after_every_way_out_of_a_report() {
    for keys in ["q", "\x03", "\x04", "   q"] {
        let mut terminal =
            OnTerminal::shell(&format!("$PODPROF {CPU}; echo left; read line")).start();
        terminal.prompt();
        terminal.type_keys("traces\r");
        terminal.see("-- more --");
        assert!(!terminal.is_cooked());
        terminal.type_keys(keys);
        terminal.prompt();
        terminal.type_keys("\x04");
        terminal.see("left");
        assert!(terminal.is_cooked(), "{keys:?}");
        terminal.type_keys("\r").end();
    }
}

#[test]
fn the_pager_can_be_off_and_is_off_without_a_size() {
    let mut terminal = shell(CPU);
    terminal.type_keys("pager=false\r").prompt();
    terminal.type_keys("traces\r");
    let report = terminal.prompt();
    assert!(report.matches('\n').count() > 100 && !report.contains("more"));
    terminal.type_keys("\x04").end();
    for (rows, columns) in [(0, 0), (0, 80)] {
        let mut terminal = OnTerminal::new(&[CPU]).size(rows, columns).start();
        terminal.prompt();
        terminal.type_keys("traces\r");
        assert!(terminal.prompt().matches('\n').count() > 100);
        terminal.type_keys("\x04").end();
    }
}

#[test]
fn a_terminal_without_columns_still_pages() {
    let mut terminal = OnTerminal::new(&[CPU]).size(24, 0).start();
    terminal.prompt();
    terminal.type_keys("traces\r");
    assert_eq!(terminal.see("-- more --").matches('\n').count(), 1 + 23);
    terminal.type_keys("q");
    terminal.prompt();
    assert_eq!(terminal.type_keys("\x04").end().1, Some(0));
}

#[test]
fn help_and_options_stop_at_each_screenful_too() {
    let mut terminal = shell(CPU);
    for line in ["help\r", "o\r"] {
        terminal.type_keys(line);
        terminal.see("-- more --");
        terminal.type_keys("q");
        terminal.prompt();
    }
    terminal.type_keys("\x04").end();
}

#[test]
fn a_session_without_colours_has_none_anywhere() {
    let scratch = Scratch::new();
    let history = scratch.holding("history", b"traces\n");
    let plain = [
        OnTerminal::new(&[CPU]).env("NO_COLOR", "1"),
        OnTerminal::new(&["-color=never", CPU]),
    ];
    for on in plain {
        let mut terminal = on.env("PODPROF_HISTORY", &history).start();
        terminal.prompt();
        terminal.type_keys("tra\t\r");
        terminal.see("-- more --");
        terminal.type_keys("q");
        terminal.prompt();
        terminal.type_keys("nonsense\r");
        terminal.see("unrecognized");
        terminal.prompt();
        let (drawn, _) = terminal.type_keys("\x04").end();
        let coloured = drawn.split('\x1b').any(|part| {
            let end = part.find(|c: char| !c.is_ascii_digit() && !matches!(c, '[' | ';'));
            end.is_some_and(|end| part[end..].starts_with('m') && part.starts_with('['))
        });
        assert!(!coloured, "{drawn:?}");
    }
}

#[test]
fn one_shot_reports_never_wait_for_a_key() {
    let (drawn, code) = on(&["-traces", CPU]).end();
    assert_eq!(code, Some(0));
    assert!(drawn.matches('\n').count() > 100);
    let (drawn, code) = on(&["-c", "traces", CPU]).end();
    assert_eq!(code, Some(0));
    assert!(drawn.matches('\n').count() > 100);
}

#[test]
fn ctrl_c_clears_the_line_and_ctrl_d_leaves() {
    let mut terminal = shell(CPU);
    terminal.type_keys("nonsense\x03");
    terminal.prompt();
    terminal.type_keys("top 1\r");
    let report = terminal.prompt();
    assert!(report.contains("Showing top 1 nodes"), "{report:?}");
    let (drawn, code) = terminal.type_keys("\x04").end();
    assert_eq!(code, Some(0));
    assert!(!drawn.contains("unrecognized"), "{drawn}");
}

#[test]
fn ctrl_c_stops_the_running_command_and_nothing_else() {
    let scratch = Scratch::new();
    let profile = scratch.holding("deep", &deep(20_000));
    let mut terminal = shell(&profile);
    terminal.type_keys("pager=false\r").prompt();
    terminal.type_keys("traces\r");
    terminal.see("main.level40");
    let before = terminal.drawn();
    terminal.type_while_stalled("\x03");
    terminal.prompt();
    // All of it would be 18 MB.
    assert!(
        terminal.drawn() - before < 1_000_000,
        "{}",
        terminal.drawn()
    );
    terminal.type_keys("top 1\r");
    assert!(terminal.prompt().contains("main.level1"));
    assert_eq!(terminal.type_keys("\x04").end().1, Some(0));
}

#[test]
fn what_is_typed_ahead_is_not_lost() {
    let mut terminal = shell(CPU);
    terminal.type_keys("top 1\rsample_index=samples\rtop 2\r");
    assert!(terminal.prompt().contains("top 1 nodes"));
    terminal.prompt();
    assert!(terminal.prompt().contains("top 2 nodes"));
    terminal.type_keys("\x1b[200~top 3\ntop 4\x1b[201~\r");
    terminal.see("top 3 nodes");
    terminal.see("top 4 nodes");
    terminal.prompt();
    terminal.type_keys("\x04").end();
}

#[test]
fn lines_come_back_by_arrow_and_by_search() {
    let mut terminal = shell(CPU);
    for line in ["top 1\r", "tags\r"] {
        terminal.type_keys(line);
        terminal.see("\n");
        terminal.prompt();
    }
    terminal.type_keys("\x1b[A\x1b[A\r");
    terminal.see("Showing top 1 nodes");
    terminal.prompt();
    terminal.type_keys("\x12op\r");
    terminal.see("Showing top 1 nodes");
    terminal.prompt();
    terminal.type_keys("\x04").end();
}

#[test]
fn tab_completes_commands_options_values_and_functions() {
    let mut terminal = shell(CPU);
    for (keys, shown) in [
        ("trac\t", "traces"),
        ("gran\t", "granularity"),
        ("sort=c\t", "sort=cum"),
        ("sample_index=s\t", "sample_index=samples"),
        ("peek housekeep\t", "peek main\\.housekeeping"),
        ("focus=housekeep\t", "focus=main\\.housekeeping"),
    ] {
        terminal.type_keys(keys);
        terminal.see(shown);
        terminal.type_keys("\x03");
        terminal.prompt();
    }
    terminal.type_keys("t\t\t");
    terminal.see("tagfocus");
    terminal.see("tree");
    terminal.type_keys("\x03").prompt();
    terminal.type_keys("\x04").end();
}

#[test]
fn nothing_is_written_to_disk_but_the_history_that_was_asked_for() {
    let scratch = Scratch::new();
    let run = |history: Option<&str>| {
        let home = scratch.path().to_str().expect("a path");
        let mut on = OnTerminal::new(&[CPU]).env("HOME", home);
        if let Some(history) = history {
            on = on.env("PODPROF_HISTORY", history);
        }
        let mut terminal = on.start();
        terminal.prompt();
        terminal.type_keys("top 1\r").prompt();
        terminal.type_keys("\x1b[A\r").prompt();
        terminal.type_keys("tags\r").prompt();
        terminal.type_keys("\x04").end()
    };
    run(None);
    run(Some(""));
    let files = std::fs::read_dir(scratch.path()).expect("a folder").count();
    assert_eq!(files, 0);
    let history = scratch.file("history");
    run(Some(&history));
    assert_eq!(
        std::fs::read_to_string(&history).expect("it is there"),
        "top 1\ntags\n"
    );
    let mode = std::fs::metadata(&history)
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    // The next run finds what this one left: its last line is `tags`.
    let mut terminal = OnTerminal::new(&[CPU])
        .env("PODPROF_HISTORY", &history)
        .start();
    terminal.prompt();
    terminal.type_keys("\x1b[A\x1b[A\r");
    terminal.see("Showing top 1 nodes");
    terminal.prompt();
    terminal.type_keys("\x04").end();
    let (drawn, code) = run(Some("/proc/none/history"));
    assert_eq!(code, Some(0));
    assert!(
        drawn.contains("PODPROF_HISTORY: /proc/none/history: "),
        "{drawn}"
    );
}

#[test]
fn a_terminal_that_cannot_edit_gets_a_plain_prompt() {
    for on in [
        OnTerminal::new(&[CPU]).env("TERM", "dumb"),
        OnTerminal::new(&[CPU]).without("TERM"),
    ] {
        let mut terminal = on.start();
        terminal.see("(pprof) ");
        terminal.type_keys("top 1\n");
        assert!(terminal.see("(pprof) ").contains("Showing top 1 nodes"));
        terminal.type_keys("traces\n");
        assert!(terminal.see("(pprof) ").matches('\n').count() > 100);
        let (drawn, code) = terminal.type_keys("\x04").end();
        assert_eq!(code, Some(0));
        assert!(!drawn.contains('\x1b'), "{drawn:?}");
    }
}

#[test]
fn with_the_profile_on_stdin_commands_come_from_the_terminal() {
    let mut terminal = OnTerminal::shell(&format!("$PODPROF - < {CPU}")).start();
    terminal.prompt();
    terminal.type_keys("top 1\r");
    terminal.see("Showing top 1 nodes");
    terminal.prompt();
    terminal.type_keys("traces\r");
    terminal.see("-- more --");
    terminal.type_keys("q");
    terminal.prompt();
    assert_eq!(terminal.type_keys("quit\r").end().1, Some(0));

    let on = OnTerminal::shell(&format!("$PODPROF - < {CPU}"));
    let mut terminal = on.env("TERM", "dumb").start();
    terminal.see("(pprof) ");
    terminal.type_keys("top 1\n");
    terminal.see("Showing top 1 nodes");
    assert_eq!(terminal.type_keys("quit\n").end().1, Some(0));

    let mut line = Command::new("setsid");
    line.args(["--wait", "sh", "-c", "exec $PODPROF - < profiles/cpu.pb.gz"]);
    line.env("PODPROF", binary()).current_dir(data_dir());
    let outcome = line.output().expect("setsid starts");
    let error = String::from_utf8_lossy(&outcome.stderr);
    assert_eq!(outcome.status.code(), Some(2));
    assert!(
        error.contains("podprof -top -") && error.contains("podprof -c"),
        "{error}"
    );
}

#[test]
fn reports_go_where_stdout_goes_and_the_prompt_stays() {
    let scratch = Scratch::new();
    let report = scratch.file("report");
    let mut terminal = OnTerminal::shell(&format!("$PODPROF {CPU} > {report}")).start();
    terminal.prompt();
    terminal.type_keys("top 1\r");
    terminal.prompt();
    terminal.type_keys("\x04").end();
    let text = std::fs::read_to_string(report).expect("it is there");
    assert!(text.starts_with("Showing nodes accounting for"), "{text}");
    assert!(
        !text.contains("(pprof)") && !text.contains('\x1b'),
        "{text}"
    );
}

#[test]
fn an_unreadable_key_drops_the_line_and_not_the_session() {
    let mut terminal = shell(CPU);
    terminal.type_bytes(b"top\xff");
    terminal.see("not UTF-8");
    terminal.prompt();
    terminal.type_keys("top 1\r");
    terminal.see("Showing top 1 nodes");
    terminal.prompt();
    terminal.type_keys("\x04").end();
}

#[test]
fn a_fetch_is_watched_on_a_terminal_and_leaves_no_trace_there() {
    let profile = std::fs::read(data_dir().join(CPU)).expect("a profile");
    let server = Server::new(move |_| {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
            profile.len()
        );
        let (start, rest) = profile.split_at(500);
        Reply::steps(vec![
            Step::Pause(Duration::from_millis(1500)),
            Step::Send([head.as_bytes(), start].concat()),
            Step::Pause(Duration::from_millis(1500)),
            Step::Send(rest.to_vec()),
        ])
    });
    let url = server.url("/debug/pprof/profile?seconds=1");
    let mut terminal = on(&["-top", "-color=never", "-seconds=1", &url]);
    terminal.see("of 1 s, waiting for the server");
    terminal.see("500B of ");
    terminal.see("kB received");
    let erased = terminal.see("File: shop");
    let (_, after) = erased.rsplit_once("received").unwrap_or(("", &erased));
    assert!(after.contains("\r\x1b[K"), "{erased:?}");
    let (drawn, code) = terminal.end();
    assert_eq!(code, Some(0));
    assert_harmless(&drawn);
    let piped = Podprof::new(["-top", "-seconds=1", &url]).run();
    let messages = String::from_utf8_lossy(&piped.stderr).into_owned();
    assert!(
        !messages.contains('\r') && !messages.contains("received"),
        "{messages}"
    );
}

/// Ends the podprof that printed its number, and sees that the shell finds its terminal as it was.
fn ended_by(signal: &str, line: &str, waits: &str) -> String {
    let line = format!("sh -c 'echo pid=$$.; exec \"$PODPROF\" {line}'; echo left.; read line");
    let mut terminal = OnTerminal::shell(&line).start();
    terminal.see("pid=");
    let pid = terminal.see(".");
    terminal.see(waits);
    send(signal, &pid);
    let before = terminal.see("left.");
    assert!(terminal.is_cooked(), "{signal}: {before:?}");
    terminal.type_keys("\n").end();
    before
}

#[test]
fn a_signal_that_ends_podprof_leaves_the_terminal_in_order() {
    let stalled = Server::new(|_| Reply::steps(vec![Step::Stall]));
    for signal in ["-TERM", "-HUP"] {
        let before = ended_by(signal, CPU, "(pprof) ");
        assert!(before.contains("\x1b[?2004l\r\n"), "{before:?}");
        let url = stalled.url("/debug/pprof/heap");
        let before = ended_by(signal, &format!("-top {url}"), "waiting for the server");
        assert!(
            before.ends_with("\r\x1b[K") || before.contains("\r\x1b[K"),
            "{before:?}"
        );
    }
}

#[test]
fn ctrl_c_hangs_up_and_gives_the_prompt_back() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    let (sender, hung_up) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        std::io::copy(&mut stream, &mut std::io::sink()).ok();
        sender.send(()).ok();
    });
    let mut terminal = shell(CPU);
    terminal.type_keys(&format!(
        "open http://{address}/debug/pprof/profile?seconds=30\r"
    ));
    terminal.see(">                             ] 0 of 30 s");
    terminal.type_keys("\x03");
    terminal.prompt();
    hung_up
        .recv_timeout(Duration::from_secs(20))
        .expect("the server is told");
    terminal.type_keys("top 1\r");
    terminal.see("Showing top 1 nodes");
    terminal.prompt();
    terminal.type_keys("\x04").end();
}

#[test]
fn what_a_server_says_steers_no_terminal() {
    let headers = "Content-Type: text/plain\r\nX-Go-Pprof: 1\r\n";
    let server = Server::new(move |_| Reply::status("500 Oh no", headers, &[VENOM, BIDI].concat()));
    let (drawn, code) = on(&["-top", &server.url("/debug/pprof/heap")]).end();
    assert_eq!(code, Some(2));
    assert_harmless(&drawn);
    assert!(
        drawn.contains("owned"),
        "the server's text is shown: {drawn:?}"
    );
}
