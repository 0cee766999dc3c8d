//! How podprof behaves where it is a guest: it steps back behind the service in a pod.

use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Stdio};

use crate::support::run::{binary, data_dir};

/// How much nicer podprof is than the test that starts it, once it shows its prompt.
fn niceness(arguments: &[&str], pod: bool) -> i64 {
    let mut command = Command::new(binary());
    command.args(arguments).arg("profiles/cpu.pb.gz");
    command.current_dir(data_dir()).env_clear();
    if pod {
        command.env("KUBERNETES_SERVICE_HOST", "10.0.0.1");
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).spawn().expect("it starts");
    let mut prompt = [0; 8];
    let mut out = child.stdout.take().expect("it is piped");
    out.read_exact(&mut prompt).expect("a prompt");
    let found = nice_of(&child.id().to_string()) - nice_of("self");
    let mut lines = child.stdin.take().expect("it is piped");
    lines.write_all(b"quit\n").expect("it reads");
    assert!(child.wait().expect("it ends").success());
    found
}

/// Field 19 of a process's stat.
fn nice_of(process: &str) -> i64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("it runs");
    let (_, fields) = stat.rsplit_once(") ").expect("a name in brackets");
    fields
        .split(' ')
        .nth(16)
        .expect("19 fields")
        .parse()
        .expect("a number")
}

#[test]
fn in_a_pod_the_service_goes_first_unless_told_otherwise() {
    let room = 19 - nice_of("self");
    assert_eq!(niceness(&[], true), room.min(10));
    assert_eq!(niceness(&["-nice=0"], true), 0);
    assert_eq!(niceness(&["-nice=3"], true), room.min(3));
    assert_eq!(niceness(&["-nice=4"], false), room.min(4));
}
