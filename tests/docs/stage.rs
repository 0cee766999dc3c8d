//! Where the commands of a page run: a folder with the page's files and a server on a port of four digits, so that what
//! is printed stands in the columns that it has with 6060. /tmp and /dev/shm are folders of the stage.
//!
//! While triage looks, the server answers what it was recorded to answer triage: at the start, once the CPU was asked for,
//! and after the goroutines that follow. So what grew in those seconds, grows here in as many.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use super::page::{Example, Page};
use crate::support::http::{Reply, Server};
use crate::support::proc::Proc;
use crate::support::run::{Outcome, Podprof, binary, data_dir};
use crate::support::scratch::Scratch;

/// Waits that are shortened; their commands are not among those whose output a page shows.
const WAITS: [(&str, &str); 4] = [
    ("every 30s", "every 1s"),
    ("-watch=60s", "-watch=1s"),
    ("-budget=30s", "-budget=1s"),
    ("-triage -", "-triage -budget=1s -"),
];

/// The number of the process that listens.
const SERVICE: u32 = 1;

/// When the server's answers were recorded.
#[derive(Clone, Copy, Default, PartialEq)]
enum Moment {
    #[default]
    Later,
    /// While triage looked.
    Start,
    Middle,
    End,
}

/// A folder and a server for the commands of one page.
pub(super) struct Stage {
    folder: Scratch,
    server: Option<Server>,
    /// Where the one process that listens is found.
    processes: Proc,
    /// What the server answers, if there is one.
    answers: Option<Arc<Answers>>,
}

/// What a process answered when it was recorded.
struct Answers {
    served: PathBuf,
    /// Where the system tells about the process, while triage looks.
    process: PathBuf,
    moment: Mutex<Moment>,
}

impl Stage {
    /// Lays out what the page names.
    pub(super) fn new(page: &Page) -> Self {
        let folder = Scratch::new();
        for name in ["bin", "tmp", "shm", "target", "tests"] {
            fs::create_dir(folder.path().join(name)).expect("a new folder");
        }
        fs::write(folder.path().join("token"), "secret").expect("a file of our own");
        let mut processes = Proc::new();
        let answers = page.served.clone().map(|served| {
            Arc::new(Answers {
                served,
                process: processes.of(SERVICE),
                moment: Mutex::default(),
            })
        });
        let server = answers.clone().map(|answers| {
            let answer = move |asked: &str| answers.answer(asked);
            Server::on(listener(), answer)
        });
        if let Some(server) = &server {
            processes.go(SERVICE, "shop", &[server.address.port()]);
        }
        for name in ["bin/podprof", "tmp/podprof", "target/podprof"] {
            stand_in(&folder.path().join(name), &processes.flag());
        }
        let data = folder.path().join("tests/data");
        std::os::unix::fs::symlink(data_dir(), data).expect("a link of our own");
        for (name, file) in &page.files {
            lay(file, &folder.path().join(name));
        }
        Self {
            folder,
            server,
            processes,
            answers,
        }
    }

    /// Runs the command and returns all that it printed, as the page would show it, and its exit code.
    pub(super) fn run(&self, example: &Example) -> (String, Option<i32>) {
        let judged = self.answers.as_ref().filter(|_| example.is_judging());
        if let Some(answers) = judged {
            answers.go_to(Moment::Start);
        }
        let outcome = self.play(example);
        if let Some(answers) = judged {
            answers.go_to(Moment::Later);
        }
        outcome
    }

    fn play(&self, example: &Example) -> (String, Option<i32>) {
        let typed: String = example
            .typed
            .iter()
            .map(|line| format!("{line}\n"))
            .collect();
        let script = format!("exec 2>&1\n{}", self.staged(&example.command));
        let path = format!(
            "{}:{}:/usr/bin:/bin",
            self.folder.file("bin"),
            data_dir().join("incidents/bin").display()
        );
        let run = Podprof::shell(&script)
            .env("PATH", path)
            .env("HOME", self.folder.path());
        let Outcome { stdout, code, .. } =
            run.cwd(self.folder.path()).stdin(self.staged(&typed)).run();
        let printed = String::from_utf8_lossy(&stdout).into_owned();
        (self.unstaged(&with_typed(&printed, &example.typed)), code)
    }

    /// What a page writes, with the places of this stage in it.
    fn staged(&self, text: &str) -> String {
        let mut places = self.places();
        let here = self.folder.file("");
        let folders = [
            "/etc/app/",
            "/var/run/secrets/kubernetes.io/serviceaccount/",
        ];
        places.extend(folders.map(|folder| (folder, here.clone())));
        places.push(("-proc=/host/proc", self.processes.flag()));
        if let Some(server) = &self.server {
            let others = ["https://api:8443", "https://app:8443"];
            places.extend(others.map(|other| (other, server.url(""))));
        }
        let shorter = WAITS.map(|(shown, real)| (shown, real.to_string()));
        let places = places.iter().chain(&shorter);
        places.fold(text.to_string(), |text, (shown, real)| {
            text.replace(shown, real)
        })
    }

    fn unstaged(&self, text: &str) -> String {
        let places = self.places();
        let places = places.iter();
        places.fold(text.to_string(), |text, (shown, real)| {
            text.replace(real, shown)
        })
    }

    /// The places that a page names and that commands print: as the page has them, and where they are.
    fn places(&self) -> Vec<(&'static str, String)> {
        let mut places = vec![
            // First, for the stage itself may lie there.
            ("/tmp/", self.folder.file("tmp/")),
            ("/dev/shm/", self.folder.file("shm/")),
            ("/home/you", self.folder.path().display().to_string()),
        ];
        let port = self.server.as_ref().map(|server| server.address.port());
        places.extend(port.map(|port| (":6060", format!(":{port}"))));
        places
    }
}

/// What a session printed, with each line that was typed behind its prompt and the last prompt left away.
fn with_typed(printed: &str, typed: &[String]) -> String {
    if typed.is_empty() {
        return printed.replace("(pprof) ", "");
    }
    let mut text = String::new();
    let mut typed = typed.iter();
    let mut rest = printed;
    while let Some(at) = prompt(rest) {
        let (before, behind) = rest.split_at(at);
        text.push_str(before);
        rest = &behind["(pprof) ".len()..];
        if let Some(line) = typed.next() {
            text.push_str(&format!("(pprof) {line}\n"));
        }
    }
    text + rest.trim_start_matches('\n')
}

/// Where the next prompt is that begins a line.
fn prompt(text: &str) -> Option<usize> {
    let mut found = text.match_indices("(pprof) ").map(|(at, _)| at);
    found.find(|&at| at == 0 || text[..at].ends_with('\n'))
}

/// A file that starts the binary under test with a flag, and that a page may overwrite without harm to it. A process
/// of its own writes it: what this one has open for writing, a page beside it may inherit, and then it is busy.
fn stand_in(file: &Path, flag: &str) {
    let script = format!("#!/bin/sh\nexec '{}' {flag} \"$@\"\n", binary().display());
    let mut shell = Command::new("/bin/sh");
    let shell = shell.args(["-c", r#"printf %s "$1" >"$0" && chmod 755 "$0""#]);
    let status = shell.arg(file).arg(script).status();
    assert!(status.expect("a shell").success(), "{}", file.display());
}

/// Copies a file, or the files of a folder; what commands do to them stays here.
fn lay(file: &Path, to: &Path) {
    if !file.is_dir() {
        fs::copy(file, to).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        return;
    }
    fs::create_dir_all(to).expect("a folder of our own");
    for entry in fs::read_dir(file).expect("a folder of fixtures").flatten() {
        lay(&entry.path(), &to.join(entry.file_name()));
    }
}

/// A free port of four digits.
fn listener() -> TcpListener {
    let mut free = (6100..9999).filter_map(|port| TcpListener::bind(("127.0.0.1", port)).ok());
    free.next().expect("a free port of four digits")
}

impl Answers {
    fn go_to(&self, moment: Moment) {
        *self.moment.lock().unwrap_or_else(PoisonError::into_inner) = moment;
        let (status, cmdline) = (self.process.join("status"), self.process.join("cmdline"));
        match self.of_triage(moment) {
            Some(folder) => {
                fs::copy(folder.join("status"), status).ok();
                fs::copy(self.served.join("cmdline.txt"), cmdline).ok();
            }
            None => {
                fs::remove_file(status).ok();
                fs::remove_file(cmdline).ok();
            }
        }
    }

    /// Where the answers to triage are.
    fn of_triage(&self, moment: Moment) -> Option<PathBuf> {
        match moment {
            Moment::Later => None,
            Moment::Start => Some(self.served.join("triage/start")),
            Moment::Middle => Some(self.served.join("triage/middle")),
            Moment::End => Some(self.served.join("triage/end")),
        }
    }

    /// The reply to a path with its query.
    fn answer(&self, asked: &str) -> Reply {
        let (path, query) = asked.split_once('?').unwrap_or((asked, ""));
        let path = path.strip_prefix("/internal").unwrap_or(path);
        let Some(name) = path.strip_prefix("/debug/pprof/") else {
            return Reply::status("404 Not Found", "", b"404 page not found\n");
        };
        let mut moment = *self.moment.lock().unwrap_or_else(PoisonError::into_inner);
        if name == "profile" && moment == Moment::Start {
            moment = Moment::Middle;
            self.go_to(moment);
        } else if name == "goroutine" && moment == Moment::Middle {
            self.go_to(Moment::End);
        }
        let (file, headers) = file_of(name, query);
        let folders = self.of_triage(moment).into_iter();
        let found = folders
            .chain([self.served.clone()])
            .find_map(|folder| fs::read(folder.join(&file)).ok());
        match found {
            Some(bytes) => Reply::status("200 OK", headers, &bytes),
            None => Reply::status("404 Not Found", "X-Go-Pprof: 1\r\n", b"Unknown profile\n"),
        }
    }
}

/// The file that holds an answer, and the headers it came with.
fn file_of(name: &str, query: &str) -> (String, &'static str) {
    const PACKED: &str = "Content-Type: application/octet-stream\r\n";
    let page = match name {
        "" => "Content-Type: text/html; charset=utf-8\r\n",
        _ => "Content-Type: text/plain; charset=utf-8\r\n",
    };
    match (name, query.split('&').find(|part| *part != "gc=1")) {
        ("", _) => ("index.html".to_string(), page),
        ("cmdline", _) => ("cmdline.txt".to_string(), page),
        ("profile", _) => ("cpu.pb.gz".to_string(), PACKED),
        (_, Some(part)) if part.starts_with("debug=") => (
            format!("{name}.debug{}.txt.gz", &part["debug=".len()..]),
            "Content-Type: text/plain; charset=utf-8\r\nContent-Encoding: gzip\r\n",
        ),
        (_, Some(part)) if part.starts_with("seconds=") => {
            (format!("{name}.seconds.pb.gz"), PACKED)
        }
        (..) => (format!("{name}.pb.gz"), PACKED), // no part that changes the form
    }
}

#[test]
fn what_was_typed_stands_behind_its_prompt() {
    let typed = ["top".to_string(), "wrong".to_string(), "quit".to_string()];
    let printed = "hello\n(pprof) 1 (pprof) main\n(pprof) (pprof) ";
    let shown = "hello\n(pprof) top\n1 (pprof) main\n(pprof) wrong\n(pprof) quit\n";
    assert_eq!(with_typed(printed, &typed), shown);
}
