//! podprof as a guest: in an empty root, as nobody, without anything of the environment, on an old kernel.
//!
//! These tests need the static binary that `make test` names in PODPROF_BIN, and root to call chroot; without
//! them they say so on stderr and pass.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::support::http::{Reply, Server};
use crate::support::run::{Podprof, binary, data_dir, send};

const PROFILE: &str = "profiles/cpu.pb.gz";
/// The system calls that Linux 3.10 does not have, of those a C or Rust library may try (CentOS 7).
const YOUNGER: &str = "getrandom,statx,memfd_create,renameat2,copy_file_range,preadv2,pwritev2,execveat,\
                       clone3,close_range,openat2,faccessat2,epoll_pwait2,rseq";

/// Says why a test cannot be made here; libtest does not swallow what bypasses its macros.
fn skip(reason: &str) {
    let name = std::thread::current().name().unwrap_or("guest").to_string();
    writeln!(std::io::stderr(), "{name}: SKIPPED, {reason}").ok();
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// A root that holds the binary, a profile and nothing else, and that only its owner could write to.
struct EmptyRoot(PathBuf);

impl EmptyRoot {
    /// Nothing where it cannot be entered.
    fn new(name: &str) -> Option<Self> {
        if std::env::var_os("PODPROF_BIN").is_none() {
            skip("the binary is not the static one: `make test` names that in PODPROF_BIN");
            return None;
        }
        if !is_root() {
            skip("chroot needs root");
            return None;
        }
        let folder =
            std::env::temp_dir().join(format!("podprof-guest-{name}-{}", std::process::id()));
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(&folder).expect("a temporary folder");
        // By another process: a test beside this one would inherit what is open for writing, and it would be busy.
        let copy = folder.join("podprof");
        let copied = Command::new("cp").arg(binary()).arg(copy).status();
        assert!(copied.expect("cp").success(), "the binary under test");
        fs::copy(data_dir().join(PROFILE), folder.join("cpu.pb.gz")).expect("a profile of ours");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).expect("a folder of ours");
        Some(Self(folder))
    }

    /// Runs podprof in it as nobody, with no environment at all.
    fn run(&self, arguments: &[&str], script: &str) -> Output {
        let mut command = Command::new("chroot");
        command
            .arg("--userspec=65534:65534")
            .arg(&self.0)
            .arg("/podprof")
            .args(arguments);
        output(
            command
                .env_clear()
                .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
            script,
        )
    }
}

impl Drop for EmptyRoot {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// Runs to the end with `script` on stdin.
fn output(command: &mut Command, script: &str) -> Output {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(script.as_bytes()).ok();
    drop(stdin);
    child.wait_with_output().expect("a child can be waited for")
}

fn expected(arguments: &[&str], script: &str) -> Vec<u8> {
    let outcome = Podprof::new(arguments).stdin(script).run();
    assert_eq!(outcome.code, Some(0), "{arguments:?}: {outcome:?}");
    outcome.stdout
}

fn assert_same(got: &Output, expected: &[u8], what: &str) {
    let stderr = String::from_utf8_lossy(&got.stderr);
    assert_eq!(got.status.code(), Some(0), "{what}: {stderr}");
    let stdout = String::from_utf8_lossy(&got.stdout);
    assert!(got.stdout == expected, "{what}: {stdout}\n{stderr}");
}

#[test]
fn an_empty_root_is_enough_for_every_report_and_the_shell() {
    let Some(root) = EmptyRoot::new("reports") else {
        return;
    };
    for report in [
        "-top",
        "-tree",
        "-traces",
        "-tags",
        "-raw",
        "-peek=.",
        "-list=.",
        "-comments",
    ] {
        let got = root.run(&[report, "/cpu.pb.gz"], "");
        assert_same(&got, &expected(&[report, PROFILE], ""), report);
    }
    let script = "top3\nfocus=main\ntop 5 -cum\npeek main\no\nnonsense\nhelp top\nquit\n";
    let got = root.run(&["/cpu.pb.gz"], script);
    assert_same(&got, &expected(&[PROFILE], script), "the shell");
}

#[test]
fn what_an_empty_root_forbids_is_an_error_and_no_crash() {
    let Some(root) = EmptyRoot::new("errors") else {
        return;
    };
    for arguments in [
        &["-top", "-output=/out", "/cpu.pb.gz"][..],
        &["-top", "/podprof/x"],
        &["-top", "/none"],
        &["-top", "/"],
        &["/proc/self/fd/9"],
    ] {
        let got = root.run(arguments, "");
        let stderr = String::from_utf8_lossy(&got.stderr);
        assert_eq!(got.status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(
            !stderr.is_empty() && !stderr.contains("panicked"),
            "{arguments:?}: {stderr}"
        );
    }
    assert_eq!(
        fs::read_dir(&root.0).expect("the root").count(),
        2,
        "nothing was written"
    );
}

#[test]
fn a_server_is_reached_without_hosts_file_and_resolver() {
    let Some(root) = EmptyRoot::new("fetch") else {
        return;
    };
    let profile = fs::read(data_dir().join(PROFILE)).expect("a profile of ours");
    let server = Server::new(move |_| Reply::status("200 OK", "", &profile));
    let port = server.address.port();
    let top = expected(&["-top", PROFILE], "");
    for host in ["127.0.0.1", "localhost", ""] {
        let got = root.run(&["-top", &format!("{host}:{port}/debug/pprof/heap")], "");
        assert_same(&got, &top, host);
    }
    assert_eq!(
        fs::read_dir(&root.0).expect("the root").count(),
        2,
        "nothing was written"
    );
}

#[test]
fn a_fault_of_its_own_says_where_it_was_and_a_want_of_memory_what_helps() {
    if std::env::var_os("PODPROF_BIN").is_none() {
        return skip("the binary is not the static one: `make test` names that in PODPROF_BIN");
    }
    let code = fs::read(binary()).expect("the binary under test");
    if code.windows(12).any(|bytes| bytes == b"panicked at ") {
        return skip("the standard library is the prebuilt one, which speaks for itself");
    }
    for (signal, number, words) in [
        ("-ILL", 4, "by a fault of its own at 0x"),
        ("-TRAP", 5, "by a fault of its own at 0x"),
        ("-ABRT", 6, "-low_mem asks for less"),
    ] {
        let mut command = Command::new(binary());
        command.arg(data_dir().join(PROFILE)).stdin(Stdio::piped());
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("it starts");
        let mut header = [0; 8];
        let stderr = child.stderr.as_mut().expect("a pipe");
        stderr.read_exact(&mut header).expect("the profile's");
        send(signal, child.id());
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.signal(), Some(number), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(words), "{signal}: {said}");
    }
}

#[test]
fn a_reader_that_goes_away_ends_the_run_quietly() {
    let many = "raw\n".repeat(200);
    for (arguments, script) in [(&[PROFILE][..], many.as_str()), (&["-raw", PROFILE], "")] {
        let mut command = Command::new(binary());
        command.args(arguments).current_dir(data_dir()).env_clear();
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().expect("the binary under test");
        let mut stdout = child.stdout.take().expect("a pipe");
        stdout
            .read_exact(&mut [0; 1])
            .expect("the first byte of a report");
        drop(stdout);
        let mut stdin = child.stdin.take().expect("a pipe");
        stdin.write_all(script.as_bytes()).ok();
        drop(stdin);
        let got = child.wait_with_output().expect("a child can be waited for");
        let stderr = String::from_utf8_lossy(&got.stderr);
        assert_eq!(got.status.code(), Some(0), "{arguments:?}: {stderr}");
        let greeting = "commands, \"o\" for options)\n";
        assert!(
            stderr.is_empty() || stderr.ends_with(greeting),
            "{arguments:?}: {stderr}"
        );
    }
}

/// strace that makes `calls` fail as if the kernel did not know them.
fn without(calls: &str, log: &Path) -> Command {
    let mut command = Command::new("strace");
    command.arg("-f").arg("-o").arg(log);
    command.arg("-e").arg(format!("trace={calls}"));
    command
        .arg("-e")
        .arg(format!("inject={calls}:error=ENOSYS"));
    command.arg(binary()).current_dir(data_dir()).env_clear();
    command
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .env("TZ", "UTC");
    command
}

#[test]
fn a_kernel_as_old_as_linux_3_10_is_enough() {
    let folder = std::env::temp_dir().join(format!("podprof-guest-old-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a temporary folder");
    let log = folder.join("strace.log");
    if let Err(reason) = tracing_works(&log) {
        return skip(&reason);
    }
    let profile = fs::read(data_dir().join(PROFILE)).expect("a profile of ours");
    let server = Server::new(move |_| Reply::status("200 OK", "", &profile));
    let url = format!("http://localhost:{}/x", server.address.port());
    let top = expected(&["-top", PROFILE], "");
    let script = "top\nlist .\no\n";
    for (arguments, script, expected) in [
        (&["-top", PROFILE][..], "", top.clone()),
        (&["-top", &url], "", top.clone()),
        (&[PROFILE], script, expected(&[PROFILE], script)),
        (
            &["-tags", "profiles/labels.pb.gz"],
            "",
            expected(&["-tags", "profiles/labels.pb.gz"], ""),
        ),
    ] {
        let got = output(without(YOUNGER, &log).args(arguments), script);
        assert_same(&got, &expected, &format!("{arguments:?}"));
    }
    let out = folder.join("out.txt");
    let flag = format!("-output={}", out.display());
    let got = output(without(YOUNGER, &log).args(["-top", &flag, PROFILE]), "");
    assert_eq!(got.status.code(), Some(0), "{got:?}");
    assert!(fs::read(&out).expect("the report") == top);
    fs::remove_dir_all(&folder).ok();
}

/// Whether strace is there and what it injects arrives: without `write` nothing can be said.
fn tracing_works(log: &Path) -> Result<(), String> {
    let mut control = without("write,writev", log);
    control.args(["-top", PROFILE]).stdin(Stdio::null());
    let got = control
        .output()
        .map_err(|error| format!("strace cannot be run: {error}"))?;
    let injected = fs::read_to_string(log).is_ok_and(|log| log.contains("(INJECTED)"));
    if injected {
        assert_eq!(
            got.stdout, b"",
            "a report came out although no write was possible"
        );
        return Ok(());
    }
    Err(format!(
        "strace cannot trace here: {}",
        String::from_utf8_lossy(&got.stderr).trim()
    ))
}
