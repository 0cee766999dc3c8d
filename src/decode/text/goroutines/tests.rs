//! Dumps written in sight of each test.

use super::*;
use crate::model::{CREATED_BY, LabelValue};

/// A dump, and whether the text ends inside it.
struct Dump {
    profile: Profile,
    cut: bool,
}

fn read(text: &[u8]) -> Dumps {
    let mut input = text;
    let mut stream = Stream::new(&mut input, 0).unwrap();
    decode(&mut stream, Budget::new(64 << 20)).unwrap()
}

/// The dumps of a text.
fn dumps(text: &[u8]) -> Vec<Dump> {
    let Dumps { sizes, kept, cut } = read(text);
    let kept = kept.into_iter();
    let dumps = kept.map(|(at, profile)| {
        assert_eq!(profile.samples.len(), sizes[at]);
        let cut = cut && at + 1 == sizes.len();
        Dump { profile, cut }
    });
    dumps.collect()
}

/// One line a goroutine: its wait, its stack leaf first, its labels. A creator has a `^`.
fn told(profile: &Profile) -> Vec<String> {
    let text = |id| String::from_utf8_lossy(profile.text(id)).into_owned();
    let mut lines = Vec::new();
    let scanned = profile.samples.scan(|sample| {
        let frame = |location: &crate::model::LocationId| {
            let line = profile.locations.lines.row(location.at())[0];
            let mapping = profile.locations.mapping[location.at()].unwrap();
            let creator = profile.text(profile.mappings[mapping.at()].file) == CREATED_BY;
            let functions = &profile.functions;
            let file = text(functions.filename[line.function.at()]);
            let name = text(functions.name[line.function.at()]);
            let mark = if creator { "^" } else { "" };
            format!("{mark}{name} {file}:{}", line.line)
        };
        let stack: Vec<String> = sample.stack.iter().map(frame).collect();
        let labels = profile.label_sets.row(sample.labels.at()).iter();
        let labels: Vec<String> = labels
            .map(|label| match label.value {
                LabelValue::Text(value) => format!("{}={}", text(label.key), text(value)),
                LabelValue::Number(value, unit) => {
                    let unit = unit.map(text).unwrap_or_default();
                    format!("{}={value}{unit}", text(label.key))
                }
            })
            .collect();
        assert_eq!(sample.values[0], 1);
        lines.push(format!(
            "{} | {} | {}",
            sample.values[1],
            stack.join("; "),
            labels.join(" ")
        ));
    });
    scanned.unwrap();
    lines
}

fn one(text: &str) -> Vec<String> {
    let dumps = dumps(text.as_bytes());
    assert_eq!(dumps.len(), 1, "{text}");
    told(&dumps[0].profile)
}

const TWO: &str = "goroutine 1 [chan receive, 2 minutes]:
main.main()
\t/app/main.go:10 +0x1d

goroutine 7 [select] {user: bob}:
main.(*T).run(0xc000012345, {0x1, ...})
\t/app/t.go:20 +0x44
created by main.main in goroutine 1
\t/app/main.go:9 +0x10
";

#[test]
fn a_goroutine_is_a_sample_with_its_creator_as_the_root() {
    let want = [
        "120000000000 | main.main /app/main.go:10 | state=chan receive wait=120seconds goroutine=1",
        "0 | main.(*T).run /app/t.go:20; ^main.main /app/main.go:9 | \
         state=select user=bob goroutine=7 parent=1",
    ];
    assert_eq!(one(TWO), want);
    let dumps = dumps(TWO.as_bytes());
    assert!(!dumps[0].cut);
    let profile = &dumps[0].profile;
    let types: Vec<_> = profile
        .sample_types
        .iter()
        .map(|t| (profile.text(t.kind), profile.text(t.unit)))
        .collect();
    assert_eq!(
        types,
        [
            (&b"goroutine"[..], &b"count"[..]),
            (b"wait", b"nanoseconds")
        ]
    );
    assert_eq!(
        profile.text(profile.header.default_sample_type),
        b"goroutine"
    );
}

#[test]
fn equal_frames_and_texts_are_kept_once() {
    let again = TWO.replace("goroutine 7 ", "goroutine 8 ");
    let both = format!("{TWO}\n{}", &again[again.find("goroutine 8").unwrap()..]);
    let dumps = dumps(both.as_bytes());
    let profile = &dumps[0].profile;
    assert_eq!(profile.samples.len(), 3);
    assert_eq!((profile.locations.len(), profile.functions.len()), (3, 2));
    let mut texts: Vec<_> = profile.strings.iter().map(|(_, text)| text).collect();
    texts.sort();
    let all = texts.len();
    texts.dedup();
    assert_eq!(texts.len(), all);
}

#[test]
fn the_programs_own_keys_keep_their_names() {
    let lines = one(
        "goroutine 3 [select, locked to thread] {state: mine, wait: x, \"go.wait\": y}:\nmain.f()\n\t/a.go:1\n",
    );
    assert_eq!(
        lines,
        [
            "0 | main.f /a.go:1 | go.state=select flag=locked to thread state=mine wait=x go.wait=y goroutine=3"
        ]
    );
    let lines =
        one("goroutine 3 [select, 1 minutes] {\"go.wait\": y, wait: x}:\nmain.f()\n\t/a.go:1\n");
    assert!(
        lines[0].contains("go.go.wait=60seconds go.wait=y wait=x"),
        "{lines:?}"
    );
}

#[test]
fn odd_frames_are_read() {
    let text = "SIGQUIT: quit
PC=0x46e1c1 m=0 sigcode=0

goroutine 0 gp=0x5a0 m=0 mp=0x5b0 [idle]:
runtime.futex(0x1)
\t/go/src/runtime/sys.s:557 +0x21 fp=0x7ff sp=0x7fe pc=0x46e1c1

goroutine 5 gp=0xc0 m=4 mp=0xc1 [running, locked to thread]:
\tgoroutine running on other thread; stack unavailable
created by main.start in goroutine 1
\t/app/main.go:3 +0x4

goroutine 6 [syscall]:
non-Go function
\tpc=0x7f01
c_wait
\t/app/c.c:7 pc=0x7f02
non-Go function at pc=0x7f03
runtime.cgocall(0x1, 0x2)
\t/go/src/runtime/cgocall.go:157 +0x3
...23 frames elided...
main.f(...)
\t/app/main.go:4
created by main.start
\t/app/main.go:3 +0x4
[originating from goroutine 2]:
main.start(...)
\t/app/main.go:3 +0x4
main.run(...)
\t/app/main.go:2 +0x4
...additional frames elided...
created by main.boot
\t/app/main.go:1 +0x4

goroutine 9 [running]:
panic({0x1?, 0x2?})
\t/go/src/runtime/panic.go:770 +0x1

rax    0x0
rip    0x46e1c1
";
    let want = [
        "0 | runtime.futex /go/src/runtime/sys.s:557 | state=idle",
        "0 | goroutine running on other thread; stack unavailable :0; ^main.start /app/main.go:3 | \
         state=running flag=locked to thread goroutine=5 parent=1",
        "0 | non-Go function at pc=0x7f01 :0; c_wait /app/c.c:7; non-Go function at pc=0x7f03 :0; \
         runtime.cgocall /go/src/runtime/cgocall.go:157; ...23 frames elided... :0; \
         main.f /app/main.go:4; ^main.start /app/main.go:3; ^main.run /app/main.go:2; \
         ^...additional frames elided... :0; ^main.boot /app/main.go:1 | \
         state=syscall goroutine=6 parent=2",
        "0 | runtime.gopanic /go/src/runtime/panic.go:770 | state=running goroutine=9",
    ];
    assert_eq!(one(text), want);
}

#[test]
fn other_text_around_and_between_is_passed_over() {
    let text = format!(
        "starting\n2024/05/01 10:00:00 listening on :80\n\tat com.foo(Bar.java:12)\npanic: boom\n\tmore\n\n{}",
        TWO.replace(
            "main.main()\n",
            "main.main()\n2024/05/01 a log line (late\n"
        ) + "exit status 2\nmain.lost()\n\t/app/lost.go:1\n"
    );
    assert_eq!(one(&text), one(TWO));
    assert!(dumps(b"no dump\ngoroutine profile: total 3\n").is_empty());
    assert!(dumps(b"").is_empty());
}

#[test]
fn wrapped_dumps_are_the_same() {
    let wrapped = |wrap: fn(&str) -> String| TWO.lines().map(wrap).collect::<String>();
    for text in [
        wrapped(|line| format!("{line}\r\n")),
        wrapped(|line| format!("2024-05-01T10:00:00.123Z stderr F {line}\n")),
        wrapped(|line| format!("May  1 10:00:00 host app[1]: {line}\n")),
        wrapped(|line| format!("{{\"log\":\"{}\\n\"}}\n", line.replace('\t', "\\t"))),
        TWO.replace('\t', "        "),
        TWO.trim_end().to_string(),
    ] {
        assert_eq!(one(&text), one(TWO), "{text}");
    }
}

fn split(text: &str) -> Vec<usize> {
    let dumps = dumps(text.as_bytes());
    dumps.iter().map(|d| d.profile.samples.len()).collect()
}

#[test]
fn a_goroutine_that_comes_again_begins_a_dump() {
    let request = |id: u32| {
        TWO.replace(
            "goroutine 1 [chan",
            &format!("goroutine {id} [running]:\nmain.h()\n\t/h.go:1 +0x1\n\ngoroutine 1 [chan"),
        )
    };
    let (first, second) = (request(30), request(40));
    assert_eq!(split(&format!("{first}{second}")), [3, 3]);
    assert_eq!(split(&format!("{first}---\n{second}\n{first}")), [3, 3, 3]);
    // The state tells it as well where no text is between them.
    let bare = first.replace("\n\n", "\n") + &second.replace("\n\n", "\n");
    assert_eq!(split(&bare), [3, 3]);
    assert_eq!(one(&bare[..bare.find("goroutine 40").unwrap()]).len(), 3);
    let dumps = dumps(format!("{first}{second}").as_bytes());
    assert_eq!(told(&dumps[0].profile), one(&first));
    assert_eq!(told(&dumps[1].profile), one(&second));
}

#[test]
fn a_crash_begins_a_dump_and_its_threads_do_not() {
    let crash = |id: u32| {
        format!("SIGQUIT: quit\nPC=0x1 m=0\n\ngoroutine {id} [running]:\nmain.f()\n\t/a.go:1\n\n")
    };
    assert_eq!(split(&format!("{}{}", crash(1), crash(2))), [1, 1]);
    assert_eq!(split(&format!("{}-----\n\n{}", crash(1), crash(1))), [2]);
    let restarted = format!("{}-----\n\n{}a log line\n{}", crash(1), crash(1), crash(1));
    assert_eq!(split(&restarted), [2, 1]);
    assert_eq!(split(&format!("{0}{0}", crash(0))), [1, 1]);
}

#[test]
fn the_last_whole_dump_is_reported_and_the_others_are_there() {
    let single = "goroutine 1 [running]:\nmain.f()\n\t/a.go:1\n";
    let decoded = read(format!("{TWO}{TWO}{single}").as_bytes())
        .decoded()
        .unwrap();
    assert_eq!(decoded.profile.samples.len(), 2);
    assert_eq!(decoded.name.as_deref(), Some("dump#2"));
    let names: Vec<&str> = decoded.others.iter().map(|(name, _)| &**name).collect();
    assert_eq!(names, ["dump#1", "dump#3"]);
    assert!(
        decoded.remarks[0].starts_with("3 goroutine dumps, of 2 2 1 goroutines: this is dump#2;")
    );
    let decoded = read(single.repeat(40).as_bytes()).decoded().unwrap();
    assert_eq!(decoded.name.as_deref(), Some("dump#40"));
    assert_eq!(decoded.others.len(), KEPT - 1);
    let alone = read(TWO.as_bytes()).decoded().unwrap();
    assert_eq!(
        (alone.name, alone.others.len(), alone.remarks.len()),
        (None, 0, 0)
    );
}

#[test]
fn a_goroutine_that_ran_elsewhere_may_come_again() {
    let elsewhere = "\tgoroutine running on other thread; stack unavailable\n";
    let twice = format!(
        "fatal error: a\n\n{TWO}\ngoroutine 9 [running]:\n{elsewhere}\ngoroutine 9 [running]:\nmain.f()\n\t/a.go:1\n"
    );
    assert_eq!(split(&twice), [4]);
}

#[test]
fn a_text_that_ends_inside_a_frame_is_cut() {
    let cut_at = |at: usize| dumps(&TWO.as_bytes()[..at]).last().is_some_and(|d| d.cut);
    assert!(!cut_at(TWO.len()));
    assert!(!cut_at(TWO.len() - 1));
    let second = TWO.find("goroutine 7").unwrap();
    assert!(!cut_at(second));
    for at in second + "goroutine 7 [".len()..TWO.find("\t/app/main.go:9").unwrap() {
        // Behind a whole line nothing shows that more should follow.
        assert!(
            cut_at(at) || TWO[..at].ends_with("+0x44\n"),
            "{}",
            &TWO[..at]
        );
        assert_eq!(one(&TWO[..at]).len(), 2, "{}", &TWO[..at]);
    }
}

#[test]
fn as_many_goroutines_are_read_as_lines_begin_one() {
    let mut text = String::new();
    for (id, rest) in (1..).zip([
        " [running]:",
        " [a, b, c {]:",
        " zz=1 []:",
        " [running] {:",
        " [x labels:{\"k\": \"v]:",
        " [ ]] ]:",
        " [running]::",
    ]) {
        text += &format!("goroutine {id}{rest}\nmain.f()\n\t/a.go:1\n\n");
    }
    assert_eq!(one(&text).len(), 7, "{:#?}", one(&text));
}

#[test]
fn a_line_of_many_beginnings_costs_no_more_than_others() {
    // Were each looked at to the end of the line, these would be 80 billion bytes.
    let line = "x goroutine 1 [".repeat(70_000);
    let text = format!("{line}:\n{TWO}");
    assert_eq!(one(&text), one(TWO));
}

#[test]
fn long_lines_are_skipped_and_cost_nothing() {
    let long = "x".repeat(3 << 20);
    let text = format!("{long}\n{TWO}{long}");
    assert_eq!(one(&text), one(TWO));
}

/// What of a goroutine dumps.expected tells.
fn expectation(profile: &Profile) -> Vec<String> {
    let text = |id| {
        let text = String::from_utf8_lossy(profile.text(id)).into_owned();
        text.replace('\n', "\\n").replace('\x01', "\\x01")
    };
    let own = |name: &str| {
        let used = |key: &str| {
            let labels = profile.label_sets.items().iter();
            let mut texts = labels.filter(|l| matches!(l.value, LabelValue::Text(_)));
            texts.any(|label| profile.text(label.key) == key.as_bytes())
        };
        let prefixed = format!("go.{name}");
        match used(&prefixed) || used(name) && name == "wait" {
            true => prefixed,
            false => name.to_string(),
        }
    };
    let (state_key, flag_key) = (own("state"), own("flag"));
    let mut lines = Vec::new();
    let scanned = profile.samples.scan(|sample| {
        let (mut id, mut parent, mut minutes) = (0, None, None);
        let (mut state, mut flags, mut program) = (String::new(), Vec::new(), Vec::new());
        for label in profile.label_sets.row(sample.labels.at()) {
            let key = text(label.key);
            match label.value {
                LabelValue::Number(number, _) if key.ends_with("goroutine") => id = number,
                LabelValue::Number(number, _) if key.ends_with("parent") => parent = Some(number),
                LabelValue::Number(seconds, _) => minutes = Some(seconds / 60),
                LabelValue::Text(value) if key == state_key => state = text(value),
                LabelValue::Text(value) if key == flag_key => flags.push(text(value)),
                LabelValue::Text(value) => program.push(format!("{key}={}", text(value))),
            }
        }
        let name = |location: &crate::model::LocationId| {
            let line = profile.locations.lines.row(location.at())[0];
            let mapping = profile.locations.mapping[location.at()].unwrap();
            let name = text(profile.functions.name[line.function.at()]);
            (mapping.row() == 1, name.replace("runtime.gopanic", "panic"))
        };
        let frames: Vec<(bool, String)> = sample.stack.iter().map(name).collect();
        let own = frames.iter().filter(|(creator, _)| !creator).count();
        let creator = frames.iter().find(|(creator, _)| *creator);
        let leaf = frames.first().filter(|_| own > 0);
        let by = creator.map(|(_, name)| name.clone()).unwrap_or_default();
        let parent = parent.map(|id| format!(" in {id}")).unwrap_or_default();
        assert_eq!(sample.values[1], minutes.unwrap_or(0) * 60_000_000_000);
        lines.push(
            [
                format!("{id} {state}"),
                flags.join(", "),
                minutes.map(|m| format!("{m}m")).unwrap_or_default(),
                program.join(", "),
                format!(
                    "{own} {}",
                    leaf.map(|(_, name)| name.clone()).unwrap_or_default()
                ),
                format!("{by}{parent}"),
            ]
            .join(" | "),
        );
    });
    scanned.unwrap();
    lines
}

#[test]
fn the_dumps_of_programs_are_read_as_another_reader_read_them() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/dumps");
    let expected = std::fs::read_to_string(format!("{folder}/dumps.expected")).unwrap();
    let mut files = 0;
    for part in expected.split("== ").skip(1) {
        let (file, rows) = part.split_once('\n').unwrap();
        let text = std::fs::read(format!("{folder}/{file}")).unwrap();
        let dumps = dumps(&text);
        assert_eq!(dumps.len(), 1, "{file}");
        assert!(!dumps[0].cut, "{file}");
        let rows: Vec<&str> = rows.lines().collect();
        assert_eq!(expectation(&dumps[0].profile), rows, "{file}");
        files += 1;
    }
    let texts = std::fs::read_dir(folder).unwrap();
    let texts = texts.filter(|file| {
        let name = file.as_ref().unwrap().file_name();
        name.to_string_lossy().ends_with(".txt")
    });
    assert_eq!(texts.count(), files);
}

#[test]
fn whatever_a_header_says_its_goroutine_is_counted() {
    const PIECES: [&str; 14] = [
        "]", "[", "{", "}", "\"", "\\", ",", ", ", ": ", " (", ")", "labels:{", "minutes", "\u{e9}",
    ];
    let mut seed = 0x5eed_u64;
    let mut roll = |bound: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as usize % bound
    };
    let starts = [
        r#"1 [select (no cases), 5 minutes, locked to thread]"#,
        r#"7 gp=0xc1 m=nil [chan send (leaked)] {k: "a] {b", e: }"#,
        r#"9 [running labels:{"k": "v"}, synctest bubble 3]"#,
    ];
    for _ in 0..6_000 {
        let mut header = starts[roll(starts.len())].to_string();
        for _ in 0..=roll(4) {
            // The id and the first bracket are what makes it a header.
            let first = header.find('[').unwrap() + 1;
            let at = first + roll(header.len() - first + 1);
            if !header.is_char_boundary(at) {
                continue;
            }
            match roll(3) {
                0 if at < header.len() => drop(header.remove(at)),
                _ => header.insert_str(at, PIECES[roll(PIECES.len())]),
            }
        }
        let text = format!("goroutine {header}:\nmain.f()\n\t/a.go:1 +0x1\n\n{TWO}");
        let sizes = read(text.as_bytes()).sizes;
        // Without a bracket that closes it is any other text.
        let all = if header.contains(']') { 3 } else { 2 };
        assert_eq!(sizes.iter().sum::<usize>(), all, "{header}");
    }
}
