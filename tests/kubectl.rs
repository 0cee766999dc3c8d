//! docs/kubectl-podprof against a kubectl that runs commands in roots with only what an image has (tests/kubectl/).
//!
//! Seven ways to be hard to get into, two images; the shells that read the plugin take turns. Needs the static binary that
//! `make test` names in PODPROF_BIN, root for chroot and mounts, and busybox; without them a test says so and passes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use crate::support::pty::OnTerminal;
use crate::support::run::{Podprof, binary, data_dir};
use crate::support::scratch::Scratch;

const IMAGES: [&str; 2] = ["centos7", "busybox"];
const SHELLS: [&[&str]; 3] = [&["dash"], &["busybox", "sh"], &["bash"]];
/// What kubectl would say of the pod, in the form that the plugin asks for.
const SPEC: &str = "default\t\nnode\tnode-3\ncontainer\tproxy\nmount\tother\t/other\ncontainer\tapp\nmount\tconf\t/etc/app\n\
                    mount\tscratch\t/work/scratch\nvolume\tother\t{}\nvolume\tscratch\t{\"medium\":\"Memory\"}\nvolume\tconf\t\n";
const REPORT: [&str; 3] = ["-top", "-nodecount=4", "-unit=ms"];

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Why no pod can be made here, if none can; asked once.
fn reason_to_skip() -> Option<&'static str> {
    static REASON: OnceLock<Option<&str>> = OnceLock::new();
    *REASON.get_or_init(|| {
        let can = |program: &str, arguments: &[&str]| {
            let output = Command::new(program).args(arguments).output();
            output.is_ok_and(|output| output.status.success())
        };
        if std::env::var_os("PODPROF_BIN").is_none() || std::env::var_os("PODPROF_EMULATED").is_some() {
            Some("the binary is not the static one of this machine: `make test` names that in PODPROF_BIN")
        } else if !can("unshare", &["-m", "mount", "-t", "tmpfs", "none", "/mnt"]) {
            Some("mounts and chroot need root")
        } else if !SHELLS
            .iter()
            .all(|shell| can(shell[0], &[&shell[1..], &["-c", ":"]].concat()))
        {
            Some("dash, bash and busybox are not all here")
        } else {
            None
        }
    })
}

fn skips() -> bool {
    let Some(reason) = reason_to_skip() else {
        return false;
    };
    let name = std::thread::current()
        .name()
        .unwrap_or("kubectl")
        .to_string();
    // libtest does not swallow what bypasses its macros.
    use std::io::Write;
    writeln!(std::io::stderr(), "{name}: SKIPPED, {reason}").ok();
    true
}

/// A pod of one image.
struct Pod(Scratch);

impl Pod {
    fn new(image: &str) -> Self {
        let scratch = Scratch::new();
        for (kind, root) in [(image, "root"), ("busybox", "debug")] {
            let made = Command::new(here("tests/kubectl/image"))
                .args([kind, &scratch.file(root)])
                .output();
            let made = made.expect("bash is here");
            assert!(
                made.status.success(),
                "{}",
                String::from_utf8_lossy(&made.stderr)
            );
        }
        let profile = scratch.path().join("root/data/cpu.pb.gz");
        fs::copy(data_dir().join("profiles/cpu.pb.gz"), profile).expect("a profile of ours");
        scratch.holding("spec", SPEC.as_bytes());
        Self(scratch)
    }

    /// `kubectl podprof ARGUMENTS`, read by this shell, while it is hard to get into the pod in this way.
    fn plugin(&self, way: &str, shell: &[&str], arguments: &[&str]) -> Command {
        let mut command = Command::new("unshare");
        command.arg("-m").arg(here("tests/kubectl/pod")).arg(way);
        command
            .args(shell)
            .arg(here("docs/kubectl-podprof"))
            .args(arguments);
        let path = format!(
            "{}:/usr/sbin:/usr/bin:/sbin:/bin",
            here("tests/kubectl").display()
        );
        command
            .env_clear()
            .envs([("HOME", "/nonexistent"), ("TERM", "dumb"), ("TZ", "UTC")]);
        command
            .env("PATH", path)
            .env("FAKE_POD", self.0.path())
            .env("PODPROF_BIN", binary());
        command.current_dir(self.0.path());
        command
    }

    fn run(&self, way: &str, shell: &[&str], arguments: &[&str]) -> Output {
        self.plugin(way, shell, arguments)
            .output()
            .expect("unshare is here")
    }

    /// What stayed in the pod.
    fn left(&self) -> String {
        fs::read_to_string(self.0.path().join("left")).expect("the pod was looked through")
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What podprof prints of the profile in the pod.
fn expected() -> String {
    let arguments = REPORT.iter().copied().chain(["profiles/cpu.pb.gz"]);
    text(&Podprof::new(arguments).run().stdout)
}

#[test]
fn it_gets_into_pods_of_each_kind_and_leaves_nothing_there() {
    if skips() {
        return;
    }
    let ways = [
        ("plain", "into /tmp, by tar"),
        ("no-tar", "into /tmp, by cat"),
        ("stdin-eaten", "into /tmp, by base64"),
        ("read-only", "into /dev/shm, by tar"),
        ("noexec", "into /work/scratch, by tar"),
    ];
    let mut shells = SHELLS.iter().cycle();
    for image in IMAGES {
        for (way, how) in ways {
            let pod = Pod::new(image);
            let shell = shells.next().expect("there are shells");
            let arguments = [&["api-7", "-c", "app"], &REPORT[..], &["/data/cpu.pb.gz"]].concat();
            let output = pod.run(way, shell, &arguments);
            let said = text(&output.stderr);
            assert_eq!(
                text(&output.stdout),
                expected(),
                "{image} {way} {shell:?}: {said}"
            );
            assert!(said.ends_with(&format!("{how}\n")), "{image} {way}: {said}");
            assert_eq!(
                (output.status.code(), &*pod.left()),
                (Some(0), ""),
                "{image} {way}"
            );
        }
    }
}

#[test]
fn it_says_what_to_do_where_it_cannot_get_in() {
    if skips() {
        return;
    }
    let ways = [
        (
            "processor",
            "armv7l, and podprof is made for amd64 and arm64",
        ),
        ("no-shell", "kubectl podprof api-7 -c app --debug busybox"),
    ];
    for image in IMAGES {
        for ((way, advice), shell) in ways.into_iter().zip(SHELLS) {
            let pod = Pod::new(image);
            let output = pod.run(
                way,
                shell,
                &["api-7", "--container=app", "-n", "shop", "-top", ":6060"],
            );
            let said = text(&output.stderr);
            assert!(said.contains(advice), "{image} {way}: {said}");
            assert!(
                said.contains("kubectl port-forward api-7 6060"),
                "{image} {way}: {said}"
            );
            assert_eq!(
                (output.status.code(), text(&output.stdout)),
                (Some(1), String::new())
            );
            assert_eq!(pod.left(), "", "{image} {way}");
        }
    }
}

#[test]
fn a_container_of_its_own_sees_the_files_of_one_without_a_shell() {
    if skips() {
        return;
    }
    let pod = Pod::new("centos7");
    let arguments = [
        &["api-7", "-c", "app", "--debug", "busybox", "--"],
        &REPORT[..],
        &["/data/cpu.pb.gz"],
    ]
    .concat();
    let output = pod.run("no-shell", &["dash"], &arguments);
    assert_eq!(text(&output.stdout), expected(), "{}", text(&output.stderr));
    assert_eq!((output.status.code(), &*pod.left()), (Some(0), ""));
    // It ends by itself once this is there.
    assert!(pod.0.path().join("debug/tmp/.podprof-done").exists());
}

#[test]
fn what_is_kept_is_found_again_and_stays() {
    if skips() {
        return;
    }
    let pod = Pod::new("busybox");
    let arguments = [&["api-7", "-c", "app"], &REPORT[..], &["/data/cpu.pb.gz"]].concat();
    let keep = [&["--keep"], &arguments[..]].concat();
    let first = pod.run("plain", &["dash"], &keep);
    let said = text(&first.stderr);
    assert!(
        said.contains("kubectl exec -it api-7 -c app -- /tmp/podprof"),
        "{said}"
    );
    assert!(pod.left().ends_with("\npodprof\n"), "{}", pod.left());
    let again = pod.run("plain", &["bash"], &arguments);
    assert_eq!(
        text(&again.stderr),
        "kubectl podprof: /tmp/podprof is there already\n"
    );
    assert_eq!(text(&again.stdout), expected());
    assert!(pod.left().ends_with("\npodprof\n"), "{}", pod.left());
}

#[test]
fn the_binary_is_the_one_for_the_processor_of_the_container() {
    if skips() {
        return;
    }
    let pod = Pod::new("busybox");
    let folder = pod.0.path().join("release");
    fs::create_dir(&folder).expect("a folder of ours");
    let run = |arguments: &[&str]| {
        let mut command = pod.plugin("plain", &["dash"], arguments);
        command
            .env_remove("PODPROF_BIN")
            .env("PODPROF_DIR", &folder);
        command.output().expect("unshare is here")
    };
    let missing = text(&run(&["api-7", "-c", "app"]).stderr);
    assert!(missing.contains("no podprof-*-linux-amd64 in"), "{missing}");
    fs::write(
        folder.join("podprof-0.1.0-linux-arm64"),
        "of another processor",
    )
    .expect("a file");
    let packed = folder.join("podprof-0.1.0-linux-amd64.gz");
    let packing = Command::new("gzip")
        .arg("-c")
        .arg(binary())
        .output()
        .expect("gzip is here");
    fs::write(packed, packing.stdout).expect("a file");
    let version = run(&["api-7", "-c", "app", "-version"]);
    assert_eq!(
        text(&version.stdout),
        text(&Podprof::new(["-version"]).run().stdout)
    );
}

#[test]
fn an_incident_comes_home_whole() {
    if skips() {
        return;
    }
    let pod = Pod::new("busybox");
    let server = crate::collect::pod();
    let url = server.url("/debug/pprof/");
    let wanted = [
        "api-7",
        "-c",
        "app",
        "--collect=home.tgz",
        "-seconds=1",
        &url,
    ];
    let output = pod.run("read-only", &["busybox", "sh"], &wanted);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("home.tgz is here ("), "{said}");
    let heap = Podprof::new(["-top", "home.tgz/heap"])
        .cwd(pod.0.path())
        .run();
    let same = Podprof::new(["-top", "profiles/heap.pb.gz"]).run();
    assert_eq!(text(&heap.stdout), text(&same.stdout));
    assert_eq!(pod.left(), "");
}

#[test]
fn an_incident_of_nothing_is_told_by_the_exit_code_and_none_is_overwritten() {
    if skips() {
        return;
    }
    let pod = Pod::new("busybox");
    // Nobody listens there: what could not be had, and why, is in the file.
    let wanted = ["api-7", "-c", "app", "--collect", "127.0.0.1:1"];
    let output = pod.run("plain", &["dash"], &wanted);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let file = pod.0.path().join("incident.tgz");
    let first = fs::read(&file).expect("an incident");
    let again = pod.run("plain", &["dash"], &wanted);
    let said = text(&again.stderr);
    assert!(said.contains("incident.tgz is there already"), "{said}");
    assert_eq!(fs::read(&file).ok(), Some(first));
}

#[test]
fn a_terminal_gets_the_prompt() {
    if skips() {
        return;
    }
    let pod = Pod::new("centos7");
    let plugin = pod.plugin(
        "plain",
        &["dash"],
        &["api-7", "-c", "app", "/data/cpu.pb.gz"],
    );
    let mut terminal = OnTerminal::of(&plugin).env("TERM", "xterm").start();
    terminal.see("by tar");
    terminal.see("(pprof) ");
    terminal.type_keys("top3\r").see("Showing top 3 nodes");
    terminal.see("(pprof) ");
    let (_, code) = terminal.type_keys("quit\r").end();
    assert_eq!((code, &*pod.left()), (Some(0), ""));
}

#[test]
fn what_is_said_wrong_is_told_before_anything_is_asked() {
    if skips() {
        return;
    }
    let pod = Pod::new("busybox");
    for (arguments, word) in [
        (&["api-8"][..], "cannot get the pod api-8"),
        (&["--nonsense"], "--nonsense"),
        (&["api-7", "-c"], "needs a value"),
        (&[], "usage:"),
    ] {
        let output = pod.run("plain", &["bash"], arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(
            text(&output.stderr).contains(word),
            "{arguments:?}: {output:?}"
        );
    }
    let help = pod.run("plain", &["bash"], &["-h"]);
    assert!(help.status.success() && text(&help.stdout).starts_with("usage: kubectl podprof POD"));
}
