//! Profiles that are not held: the same answers, whatever they are read from; and how much podprof takes of what is
//! free. The neighbour in a control group is real where the machine lets one be made, else the test says SKIPPED.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::proto::Message;
use crate::support::run::{Outcome, Podprof, binary};
use crate::support::scratch::Scratch;

const FUNCTIONS: u64 = 2000;

/// A profile of so many samples, each a stack of its own; with labels, each has a list of its own too.
fn profile(samples: u64, labelled: bool) -> Vec<u8> {
    let mut file = Vec::new();
    let mut add =
        |field, message: Message| file.extend(Message::default().message(field, message).finish());
    let value_type = |kind| Message::default().number(1, kind).number(2, kind + 1);
    add(1, value_type(1));
    let (key, id, bytes) = (3, 4, 5);
    for at in 0..samples {
        // Callers change seldom, so that it packs well.
        let walk = |depth: u64| if depth < 3 { at * 7919 } else { at / 64 * 17 };
        let frames = (0..30).map(|depth| 1 + (walk(depth) + depth * 131) % FUNCTIONS);
        let mut sample = Message::default().packed(1, frames).packed(2, [1 + at % 7]);
        if labelled {
            let text = |key, value| Message::default().number(1, key).number(2, value);
            let number = |key, value| Message::default().number(1, key).number(3, value);
            sample = sample
                .message(3, text(key, 6 + at % 3))
                .message(3, number(id, at + 1))
                .message(3, number(bytes, 512 << (at % 5)));
        }
        add(2, sample);
    }
    for id in 1..=FUNCTIONS {
        let line = Message::default().number(1, id).number(2, id % 90 + 1);
        add(4, Message::default().number(1, id).message(4, line));
        add(5, Message::default().number(1, id).number(2, id + 8));
    }
    let texts = [
        "",
        "cpu",
        "nanoseconds",
        "tier",
        "id",
        "bytes",
        "gold",
        "silver",
        "tin",
    ];
    let names = (1..=FUNCTIONS).map(|id| format!("example.com/shop.Function{id}"));
    for text in texts.iter().map(|text| text.to_string()).chain(names) {
        file.extend(Message::default().bytes(6, text.as_bytes()).finish());
    }
    file
}

fn said(outcome: &Outcome) -> String {
    String::from_utf8_lossy(&outcome.stderr).into_owned()
}

/// What this run says must be what the same without `-low_mem` says.
fn same(arguments: &[&str]) {
    let held = Podprof::new(arguments).run();
    let low = Podprof::new(["-low_mem"].iter().chain(arguments)).run();
    assert_eq!(held.code, Some(0), "{arguments:?}: {}", said(&held));
    assert_eq!(said(&low), said(&held), "{arguments:?}");
    assert!(low.stdout == held.stdout, "{arguments:?} differ");
}

#[test]
fn more_label_lists_than_are_held_make_the_same_reports() {
    let scratch = Scratch::new();
    let name = &scratch.holding("wide.pb", &profile(46_000, true));
    for arguments in [
        &["-top"][..],
        &["-tree", "-nodecount=20"],
        &["-dot", "-nodecount=6"],
        &["-raw"],
        &["-traces", "-focus=Function77$"],
        &["-tags", "-taghide=^id$"],
        &["-top", "-tagfocus=id=100:40000", "-tagignore=tier=tin"],
        &["-top", "-tagroot=tier", "-tagleaf=bytes"],
        &["-top", "-tagfocus=bytes=1kb:2kb", "-relative_percentages"],
        &["-tags", "-tagshow=tier", "-tagfocus=gold"],
        &["-proto", "-tagshow=tier|bytes"],
        &["-json", "-traces", "-tagfocus=id=7"],
    ] {
        same(&[arguments, &[name]].concat());
    }
}

#[test]
fn what_comes_but_once_is_kept_packed() {
    let bytes = profile(3000, true);
    let scratch = Scratch::new();
    let file = scratch.holding("once.pb", &bytes);
    let held = Podprof::new(["-top", &file]).run();
    let low = Podprof::new(["-low_mem", "-top", "-"])
        .stdin(bytes.clone())
        .run();
    assert_eq!((low.code, said(&low)), (Some(0), String::new()));
    assert!(low.stdout == held.stdout, "stdin differs");
    let fifo = scratch.file("fifo");
    let made = Command::new("mkfifo").arg(&fifo).status();
    assert!(made.expect("mkfifo runs").success());
    let name = fifo.clone();
    let writer = thread::spawn(move || fs::write(name, bytes).ok());
    let commands = "top; top -cum 3; tags";
    let low = Podprof::new(["-low_mem", "-c", commands, &fifo]).run();
    writer.join().expect("it writes");
    let held = Podprof::new(["-c", commands, &file]).run();
    assert_eq!(said(&low), said(&held));
    assert!(low.stdout == held.stdout, "the FIFO differs");
}

#[test]
fn a_call_tree_is_refused_where_its_contexts_take_more_than_there_is_room_for() {
    let scratch = Scratch::new();
    let name = &scratch.holding("cpu.pb", &profile(20_000, false));
    let run = |more: &[&str]| Podprof::new([&["-mem=8m", "-dot"], more, &[name]].concat()).run();
    // The stacks share callers, but each sample has three frames of its own.
    let refused = run(&["-call_tree"]);
    assert_eq!((refused.code, refused.stdout.len()), (Some(2), 0));
    let text = said(&refused);
    assert!(
        text.contains("the call tree needs more than the "),
        "{text}"
    );
    assert_eq!(run(&[]).code, Some(0));
    let narrow = run(&["-call_tree", "-focus=Function77$", "-show_from=Function77$"]);
    assert_eq!(narrow.code, Some(0), "{}", said(&narrow));
    let enough = run(&["-call_tree", "-mem=500m"]);
    assert_eq!(enough.code, Some(0), "{}", said(&enough));
}

#[test]
fn what_does_not_fit_is_read_again_and_what_does_not_fit_even_so_is_refused() {
    let scratch = Scratch::new();
    let name = &scratch.holding("cpu.pb", &profile(60_000, false));
    let run = |allowed: &str| Podprof::new([allowed, "-top", name]).run();
    let held = run("-mem=64m");
    assert_eq!((held.code, said(&held)), (Some(0), String::new()));
    let low = run("-mem=6m");
    let expected = format!("{name}: read again for each report, to hold it would take about ");
    assert!(said(&low).starts_with(&expected), "{}", said(&low));
    assert!(
        said(&low).ends_with("; -mem leaves 6MB\n"),
        "{}",
        said(&low)
    );
    assert_eq!(said(&low).lines().count(), 1);
    assert!(low.stdout == held.stdout, "the reports differ");
    let refused = run("-mem=2m");
    assert_eq!((refused.code, refused.stdout.len()), (Some(2), 0));
    let expected = format!("{name}: too large for the memory there is: it needs about ");
    assert!(said(&refused).starts_with(&expected), "{}", said(&refused));
    let advice = said(&refused);
    let advice = advice.split("or allow it: ").nth(1).expect("an advice");
    let advice = advice.split_whitespace().next().expect("an advice");
    assert_eq!(run(advice).code, Some(0), "{advice}");
    // From a pipe nothing is known beforehand: it is begun, and begun anew.
    let bytes = fs::read(name).expect("read");
    let low = Podprof::new(["-mem=4m", "-top", "-"]).stdin(bytes).run();
    let expected =
        "-: read again for each report, to hold it would take more than there is room for";
    assert!(said(&low).starts_with(expected), "{}", said(&low));
    assert!(low.stdout == held.stdout, "the reports differ");
}

/// A control group of our own, and its files of the version that is mounted.
struct Group {
    folder: PathBuf,
    limit: &'static str,
    used: &'static str,
}

impl Group {
    /// None where no group can be made.
    fn new() -> Option<Group> {
        let root = Path::new("/sys/fs/cgroup");
        let (root, limit, used) = match root.join("memory").is_dir() {
            true => (
                root.join("memory"),
                "memory.limit_in_bytes",
                "memory.usage_in_bytes",
            ),
            false => (root.to_path_buf(), "memory.max", "memory.current"),
        };
        let folder = root.join(format!("podprof-test-{}", std::process::id()));
        fs::create_dir(&folder).ok()?;
        let group = Group {
            folder,
            limit,
            used,
        };
        // A group of version 2 has these files only where its parent hands the controller down.
        group.set(96 << 20).then_some(group)
    }

    fn set(&self, bytes: u64) -> bool {
        fs::write(self.folder.join(self.limit), bytes.to_string()).is_ok()
    }

    fn used(&self) -> u64 {
        let text = fs::read_to_string(self.folder.join(self.used)).expect("it tells");
        text.trim().parse().expect("a number")
    }

    /// A shell that is in the group before it does anything.
    fn shell(&self, script: &str) -> Command {
        let procs = self.folder.join("cgroup.procs");
        let mut shell = Command::new("/bin/sh");
        shell
            .arg("-c")
            .arg(format!("echo $$ >{} && {script}", procs.display()));
        shell
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(5);
        while fs::remove_dir(&self.folder).is_err() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A process that keeps 20 MB to itself until it is let go.
struct Neighbour(Child);

impl Neighbour {
    fn move_in(group: &Group) -> Neighbour {
        let script = "x=$(head -c 20000000 /dev/zero | tr '\\0' x) && echo settled && read _";
        let mut shell = group.shell(script);
        let shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = shell.spawn().expect("a shell starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("it is ours");
        BufReader::new(out)
            .read_line(&mut line)
            .expect("it settles");
        assert_eq!(line, "settled\n");
        Neighbour(child)
    }

    /// Whether it still lives, and ends when it is told to.
    fn leaves_well(mut self) -> bool {
        let lives = self.0.try_wait().is_ok_and(|ended| ended.is_none());
        let mut stdin = self.0.stdin.take().expect("it is ours");
        let told = stdin.write_all(b"go\n").is_ok();
        lives && told && self.0.wait().is_ok_and(|status| status.success())
    }
}

#[test]
fn a_neighbour_in_the_same_control_group_survives() {
    let Some(group) = Group::new() else {
        eprintln!(
            "memory::a_neighbour_in_the_same_control_group_survives: SKIPPED, no control group can be made here"
        );
        return;
    };
    let scratch = Scratch::new();
    let name = &scratch.holding("cpu.pb", &profile(400_000, false));
    let outside = Podprof::new(["-top", name]).run();
    let neighbour = Neighbour::move_in(&group);
    let top = |words: &str| {
        let podprof = format!("exec {} {words} -top {name}", binary().display());
        let out = group.shell(&podprof).env_clear().env("TZ", "UTC").output();
        out.expect("podprof starts")
    };
    let low = top("");
    let stderr = String::from_utf8_lossy(&low.stderr).into_owned();
    assert_eq!(low.status.code(), Some(0), "{stderr}");
    assert!(
        stderr.contains(": read again for each report, "),
        "{stderr}"
    );
    assert!(
        stderr.contains(" free in 96MB at most half is taken\n"),
        "{stderr}"
    );
    assert!(low.stdout == outside.stdout, "the reports differ");
    let allowed = top("-mem=60m");
    let stderr = String::from_utf8_lossy(&allowed.stderr).into_owned();
    assert_eq!(allowed.status.code(), Some(0), "{stderr}");
    assert!(
        stderr
            .ends_with(" free in 96MB: -mem allows it, though the service may be killed for it\n"),
        "{stderr}"
    );
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(
        group.set(group.used() + (4 << 20)),
        "the limit can be lowered"
    );
    let refused = top("");
    let stderr = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.contains("too large for the memory there is"),
        "{stderr}"
    );
    assert!(neighbour.leaves_well(), "the neighbour was killed");
}
