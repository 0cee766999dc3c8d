//! Several profiles open at once: what the case lines cannot hold, for pprof has no word for it.
//!
//! `base NAME` must answer as `-diff_base` does, `save` must write what `proto` writes, and a URL at the
//! prompt must be what it is on the command line.

use std::fs;

use crate::support::http::{Reply, Server, Step};
use crate::support::pty::{OnTerminal, Terminal};
use crate::support::run::{Outcome, Podprof, data_dir};
use crate::support::scratch::Scratch;

fn run(arguments: &[&str]) -> Outcome {
    Podprof::new(arguments).run()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn profile(name: &str) -> Vec<u8> {
    fs::read(data_dir().join("profiles").join(name)).expect("a profile")
}

/// What is shown after the greeting, without the ages.
fn listing(outcome: &Outcome) -> Vec<Vec<String>> {
    let rows = text(&outcome.stderr);
    let rows = rows.lines().skip_while(|row| !row.contains(" name "));
    rows.map(|row| row.split_whitespace().map(str::to_string).collect())
        .collect()
}

#[test]
fn a_base_answers_as_diff_base_does() {
    for (new, old) in [
        ("ties", "negative"),
        ("cpu", "wide"),
        ("mutex", "block"),
        ("header", "heap"),
        ("objects", "many_types"),
        ("labels", "inline"),
        ("base_labels", "cpu"),
    ] {
        let [new_file, old_file] = [new, old].map(|name| format!("profiles/{name}.pb.gz"));
        for (report, flags) in [
            ("raw", &["-raw"][..]),
            ("tree", &["-tree"]),
            ("top 0 -cum", &["-top", "-cum", "-nodecount=0"]),
            ("tags", &["-tags"]),
            ("traces", &["-traces"]),
            ("dot", &["-dot"]),
        ] {
            let base = format!("-diff_base={old_file}");
            let told = run(&[flags, &["-compact_labels", &base, &new_file]].concat());
            let script = format!("open {old_file}; use {new}; base {old}; {report}");
            let opened = run(&["-c", &script, &new_file]);
            let what = format!("{report} of {new} minus {old}");
            assert_eq!(text(&opened.stdout), text(&told.stdout), "{what}");
            assert_eq!((opened.code, told.code), (Some(0), Some(0)), "{what}");
        }
    }
}

#[test]
fn a_base_is_scaled_where_normalize_is_on() {
    let told = run(&[
        "-raw",
        "-normalize",
        "-diff_base=profiles/wide.pb.gz",
        "profiles/cpu.pb.gz",
    ]);
    let script = "normalize=true; open profiles/wide.pb.gz; use cpu; base wide; raw";
    let opened = run(&["-c", script, "profiles/cpu.pb.gz"]);
    assert_eq!(text(&opened.stdout), text(&told.stdout));
    let plain = "open profiles/wide.pb.gz; use cpu; base wide; raw";
    let plain = run(&["-c", plain, "profiles/cpu.pb.gz"]);
    assert_ne!(text(&opened.stdout), text(&plain.stdout));
}

#[test]
fn each_profile_answers_as_if_it_were_alone_however_often_they_change() {
    let script = "top 4; open profiles/heap.pb.gz; tree 5; use cpu; peek Walk; open profiles/cpu.pb.gz; \
        base cpu; use heap; top 3; close cpu#2; use cpu; tags";
    let outcome = run(&["-c", script, "profiles/cpu.pb.gz"]);
    let alone = |script: &str, file: &str| text(&run(&["-c", script, file]).stdout);
    let expected = [
        alone("top 4", "profiles/cpu.pb.gz"),
        alone("tree 5", "profiles/heap.pb.gz"),
        alone("peek Walk", "profiles/cpu.pb.gz"),
        alone("top 3", "profiles/heap.pb.gz"),
        alone("tags", "profiles/cpu.pb.gz"),
    ];
    assert_eq!(text(&outcome.stdout), expected.concat());
    assert_eq!(outcome.code, Some(0));
}

#[test]
fn save_writes_what_proto_writes_whole() {
    let scratch = Scratch::new();
    let [saved, written] = ["saved", "written"].map(|name| scratch.file(name));
    for name in ["cpu", "labels", "drop_frames", "mixed_units", "extreme"] {
        let file = format!("profiles/{name}.pb.gz");
        let script = format!("focus=main; save {saved}");
        let outcome = run(&["-c", &script, &file]);
        let said = format!("Saved {name} in {saved}\n");
        assert_eq!(text(&outcome.stderr), said, "{name}");
        let output = format!("-output={written}");
        assert_eq!(run(&["-proto", &output, &file]).code, Some(0));
        let [a, b] = [&saved, &written].map(|file| fs::read(file).expect("it is written"));
        assert_eq!(a, b, "{name}");
    }
}

#[test]
fn save_takes_what_is_shown_or_what_is_named() {
    let scratch = Scratch::new();
    let [minus, old] = ["minus", "old"].map(|name| scratch.file(name));
    let script = format!(
        "open profiles/negative.pb.gz as old; use ties; base old; save {minus}; save {old} old"
    );
    let outcome = run(&["-c", &script, "profiles/ties.pb.gz"]);
    assert!(text(&outcome.stderr).contains(&format!("Saved ties minus old in {minus}\n")));
    let base = "-diff_base=profiles/negative.pb.gz";
    for (file, told) in [
        (&minus, run(&["-raw", base, "profiles/ties.pb.gz"])),
        (&old, run(&["-raw", "profiles/negative.pb.gz"])),
    ] {
        assert_eq!(text(&run(&["-raw", file]).stdout), text(&told.stdout));
    }
}

#[test]
fn a_file_that_cannot_be_saved_leaves_the_old_one() {
    let scratch = Scratch::new();
    let kept = scratch.holding("kept", b"old");
    let script = format!("save {kept} nobody\nsave {kept}/x\nsave {kept} a b\n");
    let outcome = Podprof::new(["profiles/ties.pb.gz"]).stdin(script).run();
    assert_eq!(fs::read(&kept).expect("it is there"), b"old");
    let said = text(&outcome.stderr);
    let last: Vec<_> = said.lines().rev().take(3).collect();
    assert!(last[0].starts_with("save needs a file"), "{said}");
    assert_eq!(last[1], format!("open {kept}/x: not a directory"));
    assert!(last[2].starts_with("no open profile is called \"nobody\""));
}

#[test]
fn the_first_error_about_profiles_ends_dash_c() {
    let outcome = run(&["-c", "use nobody; top", "profiles/ties.pb.gz"]);
    assert_eq!((outcome.stdout.len(), outcome.code), (0, Some(2)));
}

#[test]
fn the_list_tells_who_is_who() {
    let script =
        "open profiles/heap.pb.gz as before; open profiles/allocs.pb.gz; base before; profiles";
    let rows = listing(&run(&["-c", script, "profiles/cpu.pb.gz"]));
    let row = |at: usize| rows[at].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(row(0), ["name", "type", "total", "age", "source"]);
    assert_eq!(row(1)[..3], ["cpu", "cpu", "1.16s"]);
    assert_eq!(row(2)[..4], ["base", "before", "inuse_space", "2.20MB"]);
    assert_eq!(
        row(3)[..4],
        ["current", "allocs", "alloc_space", "628.23MB"]
    );
    assert_eq!(row(3)[5], "profiles/allocs.pb.gz");
}

#[test]
fn a_hostile_file_name_is_a_plain_name() {
    let scratch = Scratch::new();
    let file = scratch.holding("a b\x1b]0;x\x07\u{202e}|>.pb.gz", &profile("ties.pb.gz"));
    let script =
        format!("open {file}\nprofiles\nuse a_b__0_x____\nopen profiles/none.pb.gz as none\n");
    let outcome = Podprof::new(["profiles/ties.pb.gz"]).stdin(script).run();
    let said = text(&outcome.stderr);
    assert_eq!(said.matches("Showing a_b__0_x____: ").count(), 2, "{said}");
    assert!(said.contains("\"none\" cannot be a name"), "{said}");
}

#[test]
fn a_url_is_fetched_as_on_the_command_line_and_called_by_its_kind() {
    let heap = profile("heap.pb.gz");
    let server = Server::new(move |_| Reply::status("200 OK", "", &heap));
    let url = server.url("/debug/pprof/heap");
    let secret = url.replace("http://", "http://ann:secret@");
    let script = format!("open {url}?gc=1; open {secret}; top 2; profiles");
    let scratch = Scratch::new();
    let cpu = data_dir().join("profiles/cpu.pb.gz").display().to_string();
    let outcome = Podprof::new(["-seconds=3", "-c", &script, &cpu])
        .cwd(scratch.path())
        .run();
    let told = Podprof::new(["-c", "top 2", &url])
        .cwd(scratch.path())
        .run();
    assert_eq!(text(&outcome.stdout), text(&told.stdout));
    let rows = listing(&outcome);
    assert_eq!((&*rows[2][0], &*rows[3][1]), ("heap", "heap#2"));
    assert_eq!(rows[3][5], secret.replace("secret", "***"));
    assert!(!text(&outcome.stderr).contains("secret"));
    let first = &server.requests()[0];
    assert!(
        first.starts_with("GET /debug/pprof/heap?gc=1&seconds=3 "),
        "{first}"
    );
    let left = fs::read_dir(scratch.path()).expect("a folder").count();
    assert_eq!(left, 0, "nothing is kept where nobody asked for it");
}

#[test]
fn a_fetched_profile_is_kept_where_a_folder_is_named() {
    let heap = profile("heap.pb.gz");
    let server = Server::new(move |_| Reply::status("200 OK", "", &heap));
    let scratch = Scratch::new();
    let script = format!("open {}", server.url("/debug/pprof/heap"));
    let outcome = Podprof::new(["-c", &script, "profiles/cpu.pb.gz"])
        .env("PPROF_TMPDIR", scratch.path())
        .run();
    assert!(text(&outcome.stderr).contains("Saved profile in "));
    let left = fs::read_dir(scratch.path()).expect("a folder").count();
    assert_eq!(left, 1);
}

/// The prompt on a profile of its own folder, without colours.
fn prompt(profile: &str) -> Terminal {
    let mut terminal = OnTerminal::new(&["-color=never", profile]).start();
    terminal.prompt();
    terminal
}

#[test]
fn ctrl_c_ends_a_fetch_at_the_prompt_and_nothing_else() {
    let server = Server::new(|_| Reply::steps(vec![Step::Stall]));
    let mut terminal = prompt("profiles/ties.pb.gz");
    let line = format!("open {}\r", server.url("/debug/pprof/heap"));
    terminal.type_keys(&line);
    terminal.see("waiting for the server");
    terminal.type_keys("\x03").prompt();
    let listed = terminal.type_keys("profiles\r").prompt();
    assert!(
        listed.contains("current  ties") && !listed.contains("heap"),
        "{listed}"
    );
    terminal.type_keys("top 1\r");
    terminal.see("Showing top 1 nodes");
    terminal.prompt();
    assert_eq!(terminal.type_keys("\x04").end().1, Some(0));
}

#[test]
fn names_and_files_are_completed() {
    let mut terminal = prompt("profiles/ties.pb.gz");
    terminal.type_keys("open profiles/neg\t\r");
    terminal.see("Showing negative: cpu, ");
    terminal.prompt();
    terminal.type_keys("use ti\t\r");
    terminal.see("Showing ties: cpu, 120ms total, from profiles/ties.pb.gz");
    terminal.prompt();
    terminal.type_keys("base n\t\r");
    terminal.see("Showing ties minus negative: cpu, percentages of the base (");
    terminal.prompt();
    terminal.type_keys("close \t\t");
    terminal.see("negative  ties");
    terminal.type_keys("\x03").prompt();
    assert_eq!(terminal.type_keys("\x04").end().1, Some(0));
}

#[test]
fn the_list_fits_a_screen_of_80_columns() {
    let mut terminal = prompt("profiles/ties.pb.gz");
    let deep = format!(
        "open {}\r",
        data_dir().join("profiles/heap.pb.gz").display()
    );
    terminal.type_keys(&deep).prompt();
    let long = format!("open profiles/../{}profiles/heap.pb.gz\r", "./".repeat(60));
    terminal.type_keys(&long).prompt();
    let listed = terminal.type_keys("profiles\r").prompt();
    let rows: Vec<&str> = listed.lines().filter(|row| row.contains("heap")).collect();
    assert_eq!(rows.len(), 2, "{listed}");
    for row in rows {
        assert!(row.chars().count() <= 80, "{row:?}");
        assert!(row.ends_with("heap.pb.gz"), "{row:?}");
    }
}
