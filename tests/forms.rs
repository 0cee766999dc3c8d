//! The two forms of a profile that one program wrote in one moment: text (debug=1) and binary.
//!
//! Reports of both have the same rows. The text does not know the binary's build ID, nor when it was
//! taken; `profiles/src/moment` wrote them, with Go 1.27 and 1.19.

use crate::support::run::{Podprof, data_dir};

/// What a report of a profile says, without the lines above it that tell where it came from.
fn rows(arguments: &[&str], release: &str, file: &str) -> String {
    let path = data_dir().join("profiles/debug1").join(release).join(file);
    let path = path.to_string_lossy().into_owned();
    let mut arguments = arguments.to_vec();
    arguments.push(&path);
    let outcome = Podprof::new(arguments).run();
    assert_eq!(outcome.code, Some(0), "{file}");
    let text = String::from_utf8(outcome.stdout).expect("text");
    let header = ["File: ", "Build ID: ", "Time: ", "Duration: "];
    let kept = text
        .lines()
        .filter(|line| !header.iter().any(|start| line.starts_with(start)));
    kept.collect::<Vec<_>>().join("\n")
}

fn same_rows(arguments: &[&str], release: &str, name: &str) {
    let text = rows(arguments, release, &format!("{name}.txt"));
    let binary = rows(arguments, release, &format!("{name}.pb.gz"));
    assert!(text.lines().count() > 1, "{text}");
    assert_eq!(text, binary, "{arguments:?} {release} {name}");
}

#[test]
fn text_and_binary_of_a_heap_have_the_same_rows() {
    for release in ["go1.27", "go1.19"] {
        for kind in [
            "inuse_space",
            "alloc_space",
            "inuse_objects",
            "alloc_objects",
        ] {
            let kind = format!("-sample_index={kind}");
            for granularity in ["-functions", "-lines"] {
                same_rows(&["-top", &kind, granularity], release, "heap");
            }
        }
        same_rows(&["-tags"], release, "heap");
        same_rows(&["-top"], release, "heap");
    }
    same_rows(&["-top"], "go1.27", "allocs");
}

#[test]
fn text_and_binary_of_waits_have_the_same_rows() {
    // In what Go 1.19 wrote of the mutex a single row has an even count: whether it was multiplied by the
    // period cannot be told.
    for (release, name) in [
        ("go1.27", "mutex"),
        ("go1.27", "block"),
        ("go1.19", "block"),
    ] {
        same_rows(&["-top"], release, name);
        same_rows(&["-top", "-lines", "-contentions"], release, name);
        same_rows(&["-peek=Mutex"], release, name);
    }
}

#[test]
fn counts_in_text_form_have_labels_and_all_but_the_hidden_frames() {
    for release in ["go1.27", "go1.19"] {
        same_rows(&["-tags"], release, "goroutine");
        same_rows(&["-top", "-show=^main"], release, "goroutine");
        same_rows(&["-top"], release, "threadcreate");
    }
}
