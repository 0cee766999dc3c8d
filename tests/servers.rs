//! Three real Go servers of Debian on this machine, found without a word, while others who listen get no byte.
//!
//! `make test` fetches them (tests/data/demo/servers); where they are not, the test says so and passes.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::run::Podprof;
use crate::support::scratch::Scratch;

/// A server of somebody else, gone with the value.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A program that is installed, or unpacked by the script.
fn program(name: &str) -> Option<PathBuf> {
    let unpacked = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/demo-servers/usr/bin");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([unpacked]);
    let mut files = folders.map(|folder| folder.join(name));
    files.find(|file| file.is_file())
}

/// Addresses that nobody has.
fn free() -> [String; 4] {
    let listeners = [(); 4].map(|()| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    listeners.map(|listener| listener.local_addr().expect("a bound port").to_string())
}

fn start(program: &Path, flags: &[(&str, &str)], folder: &Scratch) -> Running {
    let mut command = Command::new(program);
    for (name, value) in flags {
        command.arg(format!("--{name}={value}"));
    }
    let log = fs::File::create(folder.file("log")).expect("a log");
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    command.current_dir(folder.path());
    Running(command.spawn().expect("it starts"))
}

#[test]
fn podprof_alone_finds_three_servers_and_nobody_else_is_asked() {
    let names = ["prometheus", "prometheus-node-exporter", "etcd"];
    let programs: Vec<PathBuf> = names.iter().filter_map(|name| program(name)).collect();
    let [prometheus, exporter, etcd] = &programs[..] else {
        eprintln!(
            "skipped: tests/data/demo/servers programs fetches the servers that this test finds"
        );
        return;
    };
    let stranger = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let folder = Scratch::new();
    let at = free();
    let config = folder.holding("prometheus.yml", b"scrape_configs: []\n");
    let urls = [&at[2], &at[3]].map(|at| format!("http://{at}"));
    let database = folder.file("tsdb");
    let metrics = [
        ("config.file", &*config),
        ("storage.tsdb.path", &*database),
        ("web.listen-address", &*at[0]),
    ];
    let store = [
        ("enable-pprof", "true"),
        ("data-dir", "etcd"),
        ("listen-client-urls", &*urls[0]),
        ("advertise-client-urls", &*urls[0]),
        ("listen-peer-urls", &*urls[1]),
    ];
    let running = [
        start(prometheus, &metrics, &folder),
        start(exporter, &[("web.listen-address", &*at[1])], &folder),
        start(etcd, &store, &folder),
    ];
    let expected = running
        .iter()
        .zip(names)
        .zip(&at)
        .map(|((server, name), at)| {
            let pid = server.0.id();
            (
                format!("  {name} (pid {pid}, go1."),
                format!("{at}/debug/pprof/\n"),
            )
        });
    let expected: Vec<(String, String)> = expected.collect();
    let begun = Instant::now();
    let said = loop {
        let outcome = Podprof::new([] as [&str; 0]).run();
        let said = String::from_utf8_lossy(&outcome.stderr).into_owned();
        if expected.iter().all(|(who, _)| said.contains(who)) {
            break said;
        }
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "{expected:?}: {said}"
        );
        std::thread::sleep(Duration::from_millis(500));
    };
    for (who, place) in &expected {
        let row = said.split(who).nth(1).expect("seen above");
        let mut lines = row.lines();
        assert!(
            lines
                .next()
                .is_some_and(|line| format!("{line}\n").ends_with(place)),
            "{row}"
        );
        let offers: String = lines.take(2).collect();
        for offer in [
            "allocs ",
            "block ",
            "goroutine ",
            "heap ",
            "mutex ",
            "threadcreate ",
            "profile",
            "trace",
        ] {
            assert!(offers.contains(offer), "{who}: {offers}");
        }
    }
    assert!(said.contains("target N connects to one of them"), "{said}");
    stranger.set_nonblocking(true).expect("a socket");
    let called = stranger.accept().expect_err("nobody may have called");
    assert_eq!(called.kind(), std::io::ErrorKind::WouldBlock);
}
