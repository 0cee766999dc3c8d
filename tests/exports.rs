//! What podprof writes for other programs: it reads its own profiles back as they were, adds up what
//! KCachegrind will add up, and hands graphs to a `dot` of the test's own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::support::run::{Outcome, Podprof, data_dir};
use crate::support::scratch::Scratch;

fn run(arguments: &[&str]) -> Outcome {
    let outcome = Podprof::new(arguments).run();
    assert_eq!(outcome.code, Some(0), "{arguments:?}: {outcome:?}");
    outcome
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn every_profile_reads_back_as_it_was_written() {
    let scratch = Scratch::new();
    let copy = scratch.file("copy.pb.gz");
    let output = format!("-output={copy}");
    let profiles = fs::read_dir(data_dir().join("profiles")).expect("profiles");
    let mut count = 0;
    for profile in profiles {
        let path = profile.expect("an entry").path().display().to_string();
        if !path.contains(".pb") {
            continue;
        }
        run(&["-proto", &output, &path]);
        let (before, after) = (run(&["-raw", &path]), run(&["-raw", &copy]));
        assert!(before.stdout == after.stdout, "{path} changed");
        count += 1;
    }
    assert!(count > 20, "only {count} profiles");
}

#[test]
fn a_filtered_profile_holds_what_the_filter_left() {
    let scratch = Scratch::new();
    let copy = scratch.file("copy.pb.gz");
    let filters = ["-focus=cart", "-hide=runtime", "-tagfocus=endpoint"];
    let profile = "profiles/cpu.pb.gz";
    let with = |more: &[&str]| run(&[&filters[..], more, &[profile]].concat());
    with(&["-proto", &format!("-output={copy}")]);
    let (left, read) = (with(&["-raw"]), run(&["-raw", &copy]));
    assert_eq!(text(&left.stdout), text(&read.stdout));
}

#[test]
fn the_contexts_of_callgrind_add_up_to_the_samples() {
    for profile in [
        "cpu",
        "heap",
        "goroutine",
        "labels",
        "inline",
        "negative",
        "mutex",
    ] {
        let path = format!("profiles/{profile}.pb.gz");
        let raw = text(&run(&["-raw", &path]).stdout);
        let samples = raw.lines().skip_while(|line| *line != "Samples:").skip(2);
        let samples = samples.take_while(|line| *line != "Locations");
        // A row is values, a colon, and the stack, which may be empty.
        let rows = samples.filter_map(|line| line.split_once(": "));
        let rows = rows.filter(|(_, stack)| !stack.is_empty());
        let first = rows.filter_map(|(values, _)| values.split_whitespace().next());
        let want: i64 = first.filter_map(|value| value.parse::<i64>().ok()).sum();

        let arguments = ["-callgrind", "-call_tree", "-sample_index=0", &path];
        let callgrind = text(&run(&arguments).stdout);
        let costs = callgrind.lines().filter_map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                [address, at, cost] if !address.contains('=') && at != "*" => {
                    cost.parse::<i64>().ok()
                }
                _ => None,
            }
        });
        assert_eq!(costs.sum::<i64>(), want, "{profile}");
    }
}

#[test]
fn what_is_no_text_goes_from_the_prompt_to_a_new_file() {
    let scratch = Scratch::new();
    let profile = data_dir().join("profiles/cpu.pb.gz");
    let script = "proto\ntopproto 3\ncallgrind\nproto >named\n";
    let outcome = Podprof::new([&profile])
        .cwd(scratch.path())
        .stdin(script)
        .run();
    assert_eq!(text(&outcome.stdout), "(pprof) ".repeat(5));
    let said = text(&outcome.stderr);
    let named: Vec<&str> = said
        .lines()
        .filter_map(|l| l.strip_prefix("Generating report in "))
        .collect();
    let files = [
        "profile001.pb.gz",
        "profile002.pb.gz",
        "profile001.callgraph.out",
        "named",
    ];
    assert_eq!(named, files);
    let read = |name: &str| fs::read(scratch.path().join(name)).expect("a file");
    assert!(read("profile001.pb.gz") == read("named"));
    assert!(read("profile001.pb.gz") != read("profile002.pb.gz"));
    assert!(read("profile001.callgraph.out").starts_with(b"positions: instr line\n"));
}

/// A folder with programs of these names, each a script; the PATH that finds them first.
fn programs(scratch: &Scratch, scripts: &[(&str, &str)]) -> String {
    for (name, script) in scripts {
        let path = scratch.holding(name, format!("#!/bin/sh\n{script}\n").as_bytes());
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("a mode");
    }
    format!("{}:/usr/bin:/bin", scratch.path().display())
}

fn with_path(path: &str, arguments: &[&str]) -> Outcome {
    Podprof::new(arguments).env("PATH", path).run()
}

#[test]
fn graphviz_gets_the_graph_and_its_picture_is_the_report() {
    let scratch = Scratch::new();
    let path = programs(&scratch, &[("dot", "echo drawn $1\ncat")]);
    let graph = text(&run(&["-dot", "profiles/cpu.pb.gz"]).stdout);
    for format in ["svg", "png", "gif", "pdf", "ps"] {
        let outcome = with_path(&path, &[&format!("-{format}"), "profiles/cpu.pb.gz"]);
        assert_eq!(text(&outcome.stdout), format!("drawn -T{format}\n{graph}"));
    }
    let file = scratch.file("picture");
    let output = format!("-output={file}");
    let outcome = with_path(&path, &["-web", &output, "profiles/cpu.pb.gz"]);
    assert_eq!(
        text(&outcome.stderr),
        format!("Generating report in {file}\n")
    );
    assert_eq!(
        fs::read(&file).expect("a file"),
        format!("drawn -Tsvg\n{graph}").as_bytes()
    );
}

#[test]
fn a_viewer_gets_a_file_that_is_gone_when_it_ends() {
    let scratch = Scratch::new();
    let seen = scratch.file("seen");
    let viewer = format!("echo $1 >{seen}\ncat $2 >>{seen}\n");
    let path = programs(&scratch, &[("dot", "echo drawn"), ("gv", &viewer)]);
    let outcome = Podprof::new(["-gv", "profiles/tiny.pb"])
        .env("PATH", path)
        .env("TMPDIR", scratch.path())
        .run();
    assert_eq!(
        (outcome.code, text(&outcome.stderr)),
        (Some(0), String::new())
    );
    assert_eq!(fs::read(&seen).expect("seen"), b"--noantialias\ndrawn\n");
    assert!(!Path::new(&scratch.file("pprof001.ps")).exists());
}

#[test]
fn programs_that_are_missing_or_fail_end_the_command() {
    let scratch = Scratch::new();
    let failing = programs(&scratch, &[("dot", "cat >/dev/null\nexit 3")]);
    let dot = "failed to execute dot. Is Graphviz installed? Error: ";
    let gone = |name: &str| format!("exec: \"{name}\": executable file not found in $PATH\n");
    for (path, flag, want) in [
        ("/nowhere", "-png", format!("{dot}{}", gone("dot"))),
        ("/nowhere", "-web", format!("{dot}{}", gone("dot"))),
        ("/nowhere", "-kcachegrind", gone("kcachegrind")),
        (&failing, "-svg", format!("{dot}exit status 3\n")),
    ] {
        let outcome = with_path(path, &[flag, "profiles/tiny.pb"]);
        assert_eq!(text(&outcome.stderr), want, "{flag}");
        assert_eq!((outcome.code, outcome.stdout.len()), (Some(2), 0), "{flag}");
    }
}

#[test]
fn what_needs_the_binary_says_so_and_what_to_use() {
    for flag in ["-disasm=main", "-weblist=main"] {
        let outcome = Podprof::new([flag, "profiles/cpu.pb.gz"]).run();
        assert_eq!((outcome.code, outcome.stdout.len()), (Some(2), 0), "{flag}");
        let said = text(&outcome.stderr);
        assert!(said.lines().count() == 1 && said.contains("list"), "{said}");
    }
    let outcome = Podprof::new(["profiles/cpu.pb.gz"])
        .stdin("disasm main\n")
        .run();
    assert!(text(&outcome.stderr).contains("disasm needs the program's binary"));
}
