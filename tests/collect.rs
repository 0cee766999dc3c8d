//! `collect` against servers that count, fail and lie, and what it wrote, opened again.

use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::http::{Reply, Server, Step};
use crate::support::pty::OnTerminal;
use crate::support::run::{Outcome, Podprof, binary, data_dir, send};
use crate::support::scratch::Scratch;

const COUNTS: &[u8] = b"goroutine profile: total 3\n3 @ 0x1 0x2\n";
const HEAP: &[u8] =
    b"heap profile: 1: 2 [3: 4] @ heap/1048576\n1: 2 [3: 4] @ 0x1 0x2\n\n# runtime.MemStats\n# Alloc = 7\n";
const DUMP: &[u8] =
    b"goroutine 1 [running] {user: ann}:\nmain.main(0x7)\n\t/home/ann/app/main.go:12 +0x1d\n\n";

/// In this order, whatever the page says.
const ORDER: [&str; 12] = [
    "cmdline",
    "goroutine",
    "goroutine?debug=1",
    "goroutine?debug=2",
    "heap?debug=1",
    "heap",
    "allocs",
    "mutex",
    "block",
    "threadcreate",
    "goroutineleak",
    "profile?seconds=1",
];

fn profile(name: &str) -> Vec<u8> {
    fs::read(data_dir().join("profiles").join(format!("{name}.pb.gz"))).expect("a profile")
}

/// What a Go process answers, with so many goroutines.
fn answer(path: &str, goroutines: u64) -> Reply {
    let body = match path {
        "/debug/pprof/" => page(goroutines),
        "/debug/pprof/cmdline" => b"/srv/ann/app\0-token=s3cret".to_vec(),
        "/debug/pprof/goroutine" => profile("goroutine"),
        "/debug/pprof/goroutine?debug=1" => COUNTS.to_vec(),
        "/debug/pprof/goroutine?debug=2" => DUMP.to_vec(),
        "/debug/pprof/heap?debug=1" => HEAP.to_vec(),
        "/debug/pprof/heap" => profile("heap"),
        "/debug/pprof/allocs" => profile("allocs"),
        "/debug/pprof/mutex" => profile("mutex"),
        "/debug/pprof/block" => profile("block"),
        "/debug/pprof/threadcreate" => profile("cpu"),
        "/debug/pprof/goroutineleak" => profile("goroutine"),
        "/debug/pprof/profile?seconds=1" => profile("labels"),
        _ => return Reply::status("404 Not Found", "", b"no such page\n"),
    };
    Reply::status("200 OK", "", &body)
}

fn page(goroutines: u64) -> Vec<u8> {
    let rows = [("goroutine", goroutines), ("goroutineleak", 0), ("heap", 7)];
    let rows = rows.map(|(name, count)| {
        format!("<tr><td>{count}</td><td><a href='{name}?debug=1'>{name}</a></td></tr>\n")
    });
    format!("<html>{}</html>", rows.concat()).into_bytes()
}

/// A Go process that tells everything.
pub(crate) fn pod() -> Server {
    Server::new(|path| answer(path, 3))
}

fn run(arguments: &[&str]) -> Outcome {
    Podprof::new(arguments).run()
}

fn collect(server: &Server, to: &str, more: &[&str]) -> Outcome {
    let url = server.url("/debug/pprof/");
    let to = format!("-collect={to}");
    run(&[&[&*to, "-seconds=1"], more, &[&*url]].concat())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What was asked for, behind the page that was asked first.
fn asked(server: &Server) -> Vec<String> {
    let requests = server.requests();
    let paths = requests.iter().filter_map(|request| {
        let path = request.split(' ').nth(1)?.strip_prefix("/debug/pprof/")?;
        (!path.is_empty()).then(|| path.to_string())
    });
    paths.collect()
}

/// The rows of a folder's list: state and file.
fn states(folder: &Path) -> Vec<(String, String)> {
    let list = fs::read_to_string(folder.join("MANIFEST.txt")).expect("a list");
    let rows = list.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split('\t').collect();
        (fields[0] == "file").then(|| (fields[1].to_string(), fields[6].to_string()))
    });
    rows.collect()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn everything_is_asked_for_once_and_the_cheapest_first() {
    let (server, scratch) = (pod(), Scratch::new());
    let outcome = collect(&server, &scratch.file("d"), &[]);
    assert_eq!(outcome.code, Some(0), "{}", text(&outcome.stderr));
    assert_eq!(text(&outcome.stdout), "");
    assert_eq!(asked(&server), ORDER);
    let folder = scratch.path().join("d");
    let left: Vec<_> = states(&folder)
        .into_iter()
        .filter(|(state, _)| state != "whole")
        .collect();
    assert_eq!(left, []);
    let files = [
        "MANIFEST.txt",
        "allocs.pb.gz",
        "block.pb.gz",
        "cmdline.txt",
        "cpu.pb.gz",
        "goroutine.debug1.txt.gz",
        "goroutine.debug2.txt.gz",
        "goroutine.pb.gz",
        "goroutineleak.pb.gz",
        "heap.debug1.txt.gz",
        "heap.pb.gz",
        "index.html",
        "mutex.pb.gz",
        "threadcreate.pb.gz",
    ];
    assert_eq!(names(&folder), files);
    for file in files {
        let mode = fs::metadata(folder.join(file))
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    assert_eq!(
        fs::read(folder.join("heap.pb.gz")).expect("a file"),
        profile("heap")
    );
    assert_eq!(
        fs::read(folder.join("index.html")).expect("a file"),
        page(3)
    );
}

#[test]
fn what_costs_much_needs_a_word() {
    for (goroutines, force, expected) in [
        (10_001, false, false),
        (10_001, true, true),
        (10_000, false, true),
    ] {
        let server = Server::new(move |path| match path {
            // So that the number is that of the page.
            "/debug/pprof/goroutine?debug=1" => Reply::status("500 No", "", b""),
            path => answer(path, goroutines),
        });
        let scratch = Scratch::new();
        let more = if force { &["-force"][..] } else { &[] };
        let outcome = collect(&server, &scratch.file("d"), more);
        let asked = asked(&server);
        let dear = asked.iter().any(|path| path == "goroutine?debug=2");
        assert_eq!(dear, expected, "{goroutines} {force}");
        let said = text(&outcome.stderr);
        assert_eq!(said.contains("-force takes it"), !expected, "{said}");
        let leak = "goroutineleak: makes the process collect its garbage\n";
        assert!(said.contains(leak), "its price is said: {said}");
    }
}

#[test]
fn a_text_that_counts_more_goroutines_than_the_page_counts() {
    let server = Server::new(|path| match path {
        "/debug/pprof/goroutine?debug=1" => {
            Reply::status("200 OK", "", b"goroutine profile: total 10001\n3 @ 0x1\n")
        }
        path => answer(path, 3),
    });
    let scratch = Scratch::new();
    collect(&server, &scratch.file("d"), &[]);
    assert!(!asked(&server).contains(&"goroutine?debug=2".to_string()));
}

#[test]
fn what_was_collected_answers_as_what_is_fetched() {
    let (server, scratch) = (pod(), Scratch::new());
    let outcome = collect(&server, "-", &[]);
    assert_eq!(outcome.code, Some(0), "{}", text(&outcome.stderr));
    let archive = scratch.holding("incident", &outcome.stdout);
    let file = scratch.file("b.tgz");
    collect(&server, &file, &[]);
    let folder = scratch.file("d");
    collect(&server, &folder, &[]);
    for (name, path) in [
        ("goroutine", "goroutine"),
        ("heap", "heap"),
        ("allocs", "allocs"),
        ("cpu", "profile?seconds=1"),
        ("goroutine.debug2", "goroutine?debug=2"),
    ] {
        for report in ["traces", "tags", "top 0", "tree"] {
            let url = server.url(&format!("/debug/pprof/{path}"));
            let fetched = run(&["-c", report, &url]);
            assert_eq!(fetched.code, Some(0));
            for incident in [&archive, &file, &folder] {
                let script = format!("use {name}; {report}");
                let opened = run(&["-c", &script, incident]);
                let (opened, fetched) = (text(&opened.stdout), text(&fetched.stdout));
                assert_eq!(opened, fetched, "{report} of {name}");
            }
        }
    }
    let listed = text(&run(&["-c", "profiles", &archive]).stderr);
    let first = listed
        .lines()
        .find(|line| line.contains("current"))
        .expect("a row");
    assert_eq!(
        first.split_whitespace().nth(1),
        Some("goroutine"),
        "{listed}"
    );
    assert!(!listed.contains("debug1"), "{listed}");
}

#[test]
fn two_incidents_compare_by_name() {
    let scratch = Scratch::new();
    let old = scratch.file("old.tgz");
    collect(&pod(), &old, &[]);
    let later = Server::new(|path| match path {
        "/debug/pprof/heap" => Reply::status("200 OK", "", &profile("header")),
        path => answer(path, 3),
    });
    let new = scratch.file("new.tgz");
    collect(&later, &new, &[]);
    let expected = run(&[
        "-raw",
        "-compact_labels",
        "-diff_base=profiles/heap.pb.gz",
        "profiles/header.pb.gz",
    ]);
    let script = format!("open {new}; use heap#2; base heap; raw");
    let compared = run(&["-c", &script, &old]);
    assert_eq!(text(&compared.stdout), text(&expected.stdout));
    let base = format!("-diff_base={old}/heap");
    let named = run(&["-raw", "-compact_labels", &base, &format!("{new}/heap")]);
    assert_eq!(
        text(&named.stdout),
        text(&expected.stdout),
        "{}",
        text(&named.stderr)
    );
}

#[test]
fn what_fails_costs_itself_and_nothing_else() {
    let server = Server::new(|path| match path {
        "/debug/pprof/heap" => {
            let bytes = profile("heap");
            let half = bytes.len() / 2;
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", bytes.len());
            Reply::raw([head.as_bytes(), &bytes[..half]].concat())
        }
        "/debug/pprof/allocs" => Reply::status("500 Broken", "", b"a lot of trouble"),
        "/debug/pprof/mutex" => {
            let mut bytes = profile("mutex");
            let at = bytes.len() - 6;
            bytes[at] ^= 1;
            Reply::status("200 OK", "", &bytes)
        }
        "/debug/pprof/goroutine?debug=2" => {
            Reply::raw([b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n", DUMP].concat())
        }
        "/debug/pprof/block" => Reply::raw("").then_reset(),
        path => answer(path, 3),
    });
    let scratch = Scratch::new();
    let file = scratch.file("a.tgz");
    let outcome = collect(&server, &file, &[]);
    let said = text(&outcome.stderr);
    assert_eq!(outcome.code, Some(2), "{said}");
    assert_eq!(asked(&server), ORDER, "each is asked for once");
    for line in [
        "heap.cut.pb.gz: cut after ",
        "allocs.pb.gz: failed: ",
        "mutex.cut.pb.gz: cut after ",
        "goroutine.debug2.cut.txt.gz: cut after ",
        "block.pb.gz: failed: ",
        "cpu.pb.gz: ",
        "5 files are cut or missing: MANIFEST.txt tells why",
    ] {
        assert!(
            said.lines().any(|said| said.starts_with(line)),
            "{line}: {said}"
        );
    }
    let opened = run(&["-c", "profiles", &file]);
    let listed = text(&opened.stderr);
    assert_eq!(opened.code, Some(0));
    for name in [
        " cpu ",
        " goroutine ",
        " threadcreate ",
        " goroutine.debug2.cut ",
    ] {
        assert!(listed.contains(name), "{name}: {listed}");
    }
    assert!(listed.contains("a.tgz: heap.cut: it is cut: "), "{listed}");
    assert!(
        listed.contains("a.tgz: allocs: it was not taken: "),
        "{listed}"
    );
}

#[test]
fn nobody_there_ends_it_after_a_few_tries() {
    let server = Server::new(|_| Reply::status("403 Forbidden", "", b"no"));
    let scratch = Scratch::new();
    let outcome = collect(&server, &scratch.file("d"), &[]);
    assert_eq!(outcome.code, Some(2));
    assert!(asked(&server).len() <= 3, "{:?}", asked(&server));
    assert_eq!(names(&scratch.path().join("d")), ["MANIFEST.txt"]);
}

#[test]
fn ended_it_leaves_what_there_is() {
    for (signal, number) in [("-INT", None), ("-TERM", Some(15)), ("-HUP", Some(1))] {
        let server = Server::new(|path| match path {
            "/debug/pprof/profile?seconds=1" => Reply::steps(vec![Step::Stall]),
            path => answer(path, 3),
        });
        let scratch = Scratch::new();
        let file = fs::File::create(scratch.file("a.tgz")).expect("a file");
        let mut child = Command::new(binary())
            .args(["-collect=-", "-seconds=1", &server.url("/debug/pprof/")])
            .env_clear()
            .stdout(Stdio::from(file))
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        while !asked(&server).contains(&"profile?seconds=1".to_string()) {
            thread::sleep(Duration::from_millis(10));
        }
        send(signal, child.id());
        let status = child.wait().expect("it ends");
        let mut said = String::new();
        let mut stderr = child.stderr.take().expect("a pipe");
        stderr.read_to_string(&mut said).expect("text");
        match number {
            None => {
                assert_eq!(status.code(), Some(2), "{said}");
                assert!(said.ends_with("interrupted\n"), "{said}");
            }
            Some(_) => assert_eq!(status.signal(), number, "{said}"),
        }
        assert!(said.contains("Collected 12 files whole, "), "{said}");
        let opened = run(&["-c", "profiles", &scratch.file("a.tgz")]);
        let listed = text(&opened.stderr);
        assert!(
            listed.contains(" heap ") && listed.contains(" block "),
            "{listed}"
        );
        assert!(
            listed.contains("cpu: it was not taken: interrupted"),
            "{listed}"
        );
    }
}

#[test]
fn an_incident_comes_through_a_pipe_too() {
    let (server, scratch) = (pod(), Scratch::new());
    let packed = collect(&server, "-", &[]).stdout;
    let file = scratch.holding("a.tgz", &packed);
    let unpacked = Command::new("gzip").args(["-dc", &file]).output();
    let script = "profiles; use heap; top 3";
    let expected = run(&["-c", script, &file]);
    assert_eq!(expected.code, Some(0), "{}", text(&expected.stderr));
    for bytes in [packed.clone(), unpacked.expect("gzip").stdout] {
        let piped = Podprof::new(["-c", script, "-"]).stdin(bytes).run();
        assert_eq!(text(&piped.stdout), text(&expected.stdout));
        assert_eq!(
            text(&piped.stderr),
            text(&expected.stderr).replace(&file, "-")
        );
    }
    let cut = &packed[..packed.len() / 2];
    let outcome = Podprof::new(["-top", "-"]).stdin(cut).run();
    assert_eq!(outcome.code, Some(0), "{}", text(&outcome.stderr));
    assert!(text(&outcome.stdout).contains("Type: goroutine"));
    let outcome = Podprof::new(["-top", "-"]).stdin(&packed[..600]).run();
    assert_eq!(outcome.code, Some(2), "{}", text(&outcome.stdout));
}

#[test]
fn each_file_is_out_before_the_next_is_asked_for() {
    let server = Server::new(|path| match path {
        "/debug/pprof/heap" => Reply::steps(vec![Step::Stall]),
        path => answer(path, 3),
    });
    let mut child = Command::new(binary())
        .args(["-collect=-", &server.url("/debug/pprof/")])
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    while !asked(&server).contains(&"heap".to_string()) {
        thread::sleep(Duration::from_millis(10));
    }
    child.kill().expect("killed");
    let mut bytes = Vec::new();
    child
        .stdout
        .take()
        .expect("a pipe")
        .read_to_end(&mut bytes)
        .expect("bytes");
    child.wait().expect("it ends");
    let scratch = Scratch::new();
    let opened = run(&["-top", &scratch.holding("a.tgz", &bytes)]);
    assert_eq!(opened.code, Some(0), "{}", text(&opened.stderr));
    assert!(text(&opened.stdout).contains("Type: goroutine"));
}

#[test]
fn redacted_it_holds_no_label_argument_or_foreign_path() {
    let (server, scratch) = (pod(), Scratch::new());
    let folder = scratch.file("d");
    let outcome = collect(&server, &folder, &["-redact"]);
    assert_eq!(outcome.code, Some(0), "{}", text(&outcome.stderr));
    let program = fs::read(scratch.path().join("d/cmdline.txt")).expect("a file");
    assert_eq!(text(&program), "app");
    let dump = text(&run(&["-traces", &format!("{folder}/goroutine.debug2.txt.gz")]).stdout);
    assert!(
        dump.contains("main.main") && !dump.contains("ann"),
        "{dump}"
    );
    for name in ["cpu", "heap", "goroutine"] {
        let file = format!("{folder}/{name}.pb.gz");
        let raw = text(&run(&["-raw", &file]).stdout);
        assert!(!raw.contains("/usr/") && !raw.contains("ann"), "{raw}");
    }
    let path = format!("{folder}/cpu.pb.gz");
    let (tags, plain) = (
        run(&["-tags", &path]),
        run(&["-tags", "profiles/labels.pb.gz"]),
    );
    let (tags, plain) = (text(&tags.stdout), text(&plain.stdout));
    assert!(tags.contains("redacted") && tags != plain, "{tags}");
    let [redacted, plain] = [&*path, "profiles/labels.pb.gz"].map(|file| run(&["-top", file]));
    let rows = |outcome: &Outcome| {
        text(&outcome.stdout)
            .lines()
            .skip(4)
            .map(str::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(rows(&redacted), rows(&plain));
}

#[test]
fn a_login_is_in_nothing_that_is_written() {
    let (server, scratch) = (pod(), Scratch::new());
    let url = server
        .url("/debug/pprof/")
        .replace("http://", "http://ann:s3cret@");
    let to = format!("-collect={}", scratch.file("d"));
    let outcome = run(&[&to, "-seconds=1", "-redact", &url]);
    assert_eq!(outcome.code, Some(0));
    assert!(!text(&outcome.stderr).contains("s3cret"));
    let list = fs::read_to_string(scratch.path().join("d/MANIFEST.txt")).expect("a list");
    assert!(
        list.contains("target\thttp://ann:***@") && !list.contains("s3cret"),
        "{list}"
    );
}

#[test]
fn nothing_is_overwritten() {
    let (server, scratch) = (pod(), Scratch::new());
    scratch.holding("a.tgz", b"mine");
    for to in [scratch.file("a.tgz"), scratch.path().display().to_string()] {
        let outcome = collect(&server, &to, &[]);
        assert_eq!(outcome.code, Some(2), "{}", text(&outcome.stderr));
    }
    assert_eq!(fs::read(scratch.file("a.tgz")).expect("a file"), b"mine");
    assert_eq!(names(scratch.path()), ["a.tgz"]);
    assert_eq!(asked(&server), [""; 0]);
}

#[test]
fn what_makes_no_sense_is_refused_before_anybody_is_asked() {
    let server = pod();
    let url = server.url("/debug/pprof/");
    for (arguments, said) in [
        (
            &["-collect=x", "-top", &url][..],
            "-collect takes everything",
        ),
        (
            &["-collect=x", "-c", "top", &url],
            "-collect takes everything",
        ),
        (&["-redact", &url], "-redact only makes sense with -collect"),
        (
            &["-collect=x", &url, &url],
            "-collect needs one live process",
        ),
        (
            &["-collect=x", "profiles/cpu.pb.gz"],
            "-collect needs one live process",
        ),
    ] {
        let outcome = run(arguments);
        assert_eq!(outcome.code, Some(2), "{arguments:?}");
        assert!(
            text(&outcome.stderr).starts_with(said),
            "{}",
            text(&outcome.stderr)
        );
    }
    assert_eq!(server.requests(), [""; 0]);
}

#[test]
fn a_terminal_gets_no_archive() {
    let server = pod();
    let mut terminal = OnTerminal::new(&["-collect=-", &server.url("/debug/pprof/")]).start();
    terminal.see("stdout is a terminal");
    assert_eq!(terminal.end().1, Some(2));
    assert_eq!(server.requests(), [""; 0]);
}

#[test]
fn the_prompt_collects_too() {
    let (server, scratch) = (pod(), Scratch::new());
    let file = scratch.file("a.tgz");
    let script = format!("collect {file} 1s; open {file}; use heap; top 1");
    let outcome = run(&["-c", &script, &server.url("/debug/pprof/")]);
    assert_eq!(outcome.code, Some(0), "{}", text(&outcome.stderr));
    assert!(text(&outcome.stdout).contains("Showing top 1 nodes"));
    let outcome = run(&["-c", "collect x", "profiles/cpu.pb.gz"]);
    assert!(text(&outcome.stderr).contains("no live process is connected"));
}

#[test]
fn a_damaged_incident_is_read_as_far_as_it_goes() {
    let (server, scratch) = (pod(), Scratch::new());
    let whole = collect(&server, "-", &[]).stdout;
    let mut random = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 8) as usize % below
    };
    let mut opened = 0;
    for _ in 0..60 {
        let mut bytes = whole.clone();
        for _ in 0..next(4) {
            let at = next(bytes.len());
            bytes[at] ^= 1 << next(8);
        }
        if next(2) == 0 {
            bytes.truncate(next(bytes.len()));
        }
        let path = scratch.holding("a.tgz", &bytes);
        let outcome = Podprof::new(["-c", "profiles; top 1", &path])
            .limited(300_000, 20)
            .run();
        let said = text(&outcome.stderr);
        assert!(
            matches!(outcome.code, Some(0 | 2)),
            "{:?}: {said}",
            outcome.code
        );
        assert!(!said.contains("panicked"), "{said}");
        opened += usize::from(outcome.code == Some(0));
    }
    assert!((10..60).contains(&opened), "{opened} of 60 could be opened");
}

#[test]
fn an_incident_that_is_packed_anew_opens_and_writes_nothing() {
    let (server, scratch) = (pod(), Scratch::new());
    collect(&server, &scratch.file("d"), &[]);
    let packed = Command::new("tar")
        .args(["-czf", "b.tgz", "--transform=s,^,../../x/,", "-P", "d"])
        .current_dir(scratch.path())
        .status();
    assert!(packed.expect("tar").success());
    let outcome = Podprof::new(["-c", "use heap; top 1", "b.tgz"])
        .cwd(scratch.path())
        .run();
    assert_eq!(outcome.code, Some(0), "{}", text(&outcome.stderr));
    assert_eq!(names(scratch.path()), ["b.tgz", "d"]);
}

#[test]
fn a_signal_at_the_prompt_ends_the_archive_first() {
    let server = Server::new(|path| match path {
        "/debug/pprof/profile?seconds=1" => Reply::steps(vec![Step::Stall]),
        path => answer(path, 3),
    });
    let (url, scratch) = (server.url("/debug/pprof/"), Scratch::new());
    let line = format!("sh -c 'echo pid=$$.; exec \"$PODPROF\" {url}'; echo left.; read line");
    let mut terminal = OnTerminal::shell(&line).start();
    terminal.see("pid=");
    let pid = terminal.see(".");
    terminal.prompt();
    terminal.type_keys(&format!("collect {} 1s\r", scratch.file("a.tgz")));
    terminal.see("samples the process for 1 s");
    send("-TERM", &pid);
    terminal.see("Collected 12 files whole");
    let before = terminal.see("left.");
    assert!(terminal.is_cooked(), "{before:?}");
    assert!(!before.contains("(pprof)"), "{before:?}");
    terminal.type_keys("\n").end();
    let opened = run(&["-c", "profiles", &scratch.file("a.tgz")]);
    let listed = text(&opened.stderr);
    assert!(
        listed.contains("cpu: it was not taken: interrupted"),
        "{listed}"
    );
}

#[test]
fn interrupted_on_a_terminal_it_says_what_there_is() {
    let server = Server::new(|path| match path {
        "/debug/pprof/profile?seconds=1" => Reply::steps(vec![Step::Stall]),
        path => answer(path, 3),
    });
    let (url, scratch) = (server.url("/debug/pprof/"), Scratch::new());
    let to = format!("-collect={}", scratch.file("d"));
    let mut terminal = OnTerminal::new(&[&to, "-seconds=1", &url]).start();
    terminal.see("samples the process for 1 s");
    terminal.type_keys("\x03");
    terminal.see("cpu.pb.gz: failed: interrupted");
    terminal.see("Collected 12 files whole");
    assert_eq!(terminal.end().1, Some(2));
    let mut terminal = OnTerminal::new(&[&*url]).start();
    terminal.prompt();
    terminal.type_keys(&format!("collect {} 1s\r", scratch.file("a.tgz")));
    terminal.see("samples the process for 1 s");
    terminal.type_keys("\x03");
    terminal.see("Collected 12 files whole");
    terminal.prompt();
    terminal.type_keys(&format!("open {}\r", scratch.file("a.tgz")));
    terminal.see(" total, from ");
    terminal.type_keys("quit\r");
    assert_eq!(terminal.end().1, Some(0));
}
