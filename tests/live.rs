//! Live processes: found in a /proc of the test's own, listed, connected to and asked, over servers that count.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::support::http::{Reply, Server};
use crate::support::run::{Outcome, Podprof, data_dir};

const HTML: &str = "Content-Type: text/html; charset=utf-8\r\n";
const PAGE: &str = "<html><title>/debug/pprof/</title><table>\n\
    <tr><td>4</td><td><a href='allocs?debug=1'>allocs</a></td></tr>\n\
    <tr><td>0</td><td><a href='block?debug=1'>block</a></td></tr>\n\
    <tr><td>54</td><td><a href='goroutine?debug=1'>goroutine</a></td></tr>\n\
    <tr><td>4</td><td><a href='heap?debug=1'>heap</a></td></tr>\n\
    <tr><td>0</td><td><a href='profile?debug=1'>profile</a></td></tr>\n\
    </table><a href=\"goroutine?debug=2\">full goroutine stack dump</a></html>";

/// What Go's page and its profiles are, here with two profiles of ours behind them.
fn answer(path: &str) -> Reply {
    let profile = |name: &str| {
        let bytes = fs::read(data_dir().join(name)).expect("a profile of ours");
        Reply::status(
            "200 OK",
            "Content-Type: application/octet-stream\r\n",
            &bytes,
        )
    };
    match path.split('?').next().unwrap_or_default() {
        "/debug/pprof/" => Reply::status("200 OK", HTML, PAGE.as_bytes()),
        "/debug/pprof/heap" => profile("profiles/heap.pb.gz"),
        "/debug/pprof/goroutine" => profile("demo/leak/goroutine.pb.gz"),
        _ => Reply::status("404 Not Found", "X-Go-Pprof: 1\r\n", b"Unknown profile\n"),
    }
}

/// A /proc of this test alone, with real addresses in it; gone with the value.
struct Proc {
    folder: PathBuf,
    tcp: String,
}

impl Proc {
    fn new(test: &str) -> Proc {
        let folder = format!("podprof-live-{test}-{}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(folder.join("net")).expect("a new folder");
        Proc {
            folder,
            tcp: String::new(),
        }
    }

    /// Somebody listens on this port of 127.0.0.1.
    fn listener(&mut self, port: u16) -> u64 {
        let inode = 1000 + u64::from(port);
        let ip = u32::from_ne_bytes([127, 0, 0, 1]);
        self.tcp.push_str(&format!(
            "0: {ip:08X}:{port:04X} 00000000:0000 0A 0:0 00:0 0 0 0 {inode} 1\n"
        ));
        fs::write(self.folder.join("net/tcp"), &self.tcp).expect("written");
        inode
    }

    /// A Go program of this name that listens on these ports.
    fn go(&mut self, pid: u32, name: &str, ports: &[u16]) {
        let program = self.folder.join(name);
        fs::write(&program, program_of_go()).expect("written");
        let folder = self.folder.join(pid.to_string());
        fs::create_dir_all(folder.join("fd")).expect("a folder");
        symlink(program, folder.join("exe")).expect("a link");
        for port in ports {
            let inode = self.listener(*port);
            let file = folder.join("fd").join(port.to_string());
            symlink(format!("socket:[{inode}]"), file).expect("a link");
        }
    }

    fn podprof(&self, arguments: &[&str]) -> Podprof {
        let proc = format!("-proc={}", self.folder.display());
        Podprof::new([&[proc.as_str()], arguments].concat())
    }
}

impl Drop for Proc {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.folder).ok();
    }
}

/// An ELF file whose writable data begins with Go's header.
fn program_of_go() -> Vec<u8> {
    let mut file = b"\x7fELF\x02\x01\x01".to_vec();
    file.resize(64, 0);
    let mut segment = vec![0; 56];
    (segment[0], segment[4]) = (1, 6);
    (segment[8], segment[32]) = (120, 100);
    file.extend(segment);
    file.extend(b"\xff Go buildinf:\x08\x02");
    file.extend([0; 16]);
    file.extend(b"\x08go1.27.1");
    (file[32], file[54], file[56]) = (64, 56, 1);
    file
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn said(outcome: &Outcome) -> String {
    text(&outcome.stderr)
}

#[test]
fn one_process_is_found_and_connected_to_with_one_question() {
    let server = Server::new(answer);
    let mut proc = Proc::new("one");
    proc.go(7, "api", &[server.address.port()]);
    let outcome = proc.podprof(&["-c", "index"]).run();
    let said = said(&outcome);
    let head = format!(
        "api (pid 7, go1.27.1) at http://{}/debug/pprof/\n",
        server.address
    );
    assert!(said.starts_with(&head), "{said}");
    assert!(
        said.contains("goroutine 54") && said.contains("block 0 (off?)"),
        "{said}"
    );
    assert_eq!(outcome.code, Some(0), "{said}");
    let asked = server.requests();
    assert!(
        !asked.is_empty() && asked.iter().all(|path| path.contains("GET /debug/pprof/ ")),
        "{asked:?}"
    );
}

#[test]
fn who_is_no_go_process_gets_no_byte_unless_that_is_wished_for() {
    let (go, stranger) = (Server::new(answer), Server::new(answer));
    let database = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = database.local_addr().expect("an address").port();
    let mut proc = Proc::new("stranger");
    proc.go(7, "api", &[go.address.port()]);
    proc.listener(port);
    let outcome = proc.podprof(&["-c", "index; fetch heap; target 1"]).run();
    assert!(
        said(&outcome).contains("not asked (-probe asks each once)"),
        "{outcome:?}"
    );
    assert!(said(&outcome).contains(&format!("127.0.0.1:{port}\n")));
    database.set_nonblocking(true).expect("a socket");
    let called = database.accept().expect_err("nobody may have called");
    assert_eq!(called.kind(), std::io::ErrorKind::WouldBlock);
    let mut proc = Proc::new("probe");
    proc.go(7, "api", &[go.address.port()]);
    proc.listener(stranger.address.port());
    let outcome = proc.podprof(&["-probe", "-c", "target"]).run();
    assert!(said(&outcome).contains(&format!("  2  http://{}/debug/pprof/\n", stranger.address)));
    assert_eq!(stranger.requests().len(), 1, "{:?}", stranger.requests());
}

#[test]
fn several_are_numbered_and_nothing_is_asked_before_one_is_chosen() {
    let (one, two) = (Server::new(answer), Server::new(answer));
    let mut proc = Proc::new("several");
    proc.go(7, "api", &[one.address.port()]);
    proc.go(9, "worker", &[two.address.port()]);
    let outcome = proc
        .podprof(&[])
        .stdin("top\ntarget 2\nfetch heap\ntop 1\n")
        .run();
    let said = said(&outcome);
    assert!(
        said.contains("  1  api (pid 7") && said.contains("  2  worker (pid 9"),
        "{said}"
    );
    assert!(
        said.contains("no process is chosen: target N connects"),
        "{said}"
    );
    assert!(said.contains("Showing heap: "), "{said}");
    assert!(
        text(&outcome.stdout).contains("Showing top 1 nodes"),
        "{outcome:?}"
    );
    assert_eq!((one.requests().len(), two.requests().len()), (1, 2));
    let failed = proc.podprof(&["-c", "top"]).run();
    assert_eq!(failed.code, Some(2));
}

#[test]
fn where_nobody_serves_profiles_it_says_what_was_tried() {
    let other = Server::new(|_| Reply::status("404 Not Found", "", b"no\n"));
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let mut proc = Proc::new("nobody");
    let port = silent.local_addr().expect("an address").port();
    proc.go(7, "api", &[other.address.port(), port]);
    proc.go(8, "job", &[]);
    let outcome = proc.podprof(&[]).run();
    let said = said(&outcome);
    assert_eq!(outcome.code, Some(2), "{said}");
    for words in [
        "no live Go process serves profiles here\n",
        &format!(
            "Asked {}/debug/pprof/: no profiles there (404)",
            other.address
        ),
        &format!("Asked 127.0.0.1:{port}/debug/pprof/: "),
        "job (pid 8) listens on no port here",
        "import _ \"net/http/pprof\"",
        "kubectl port-forward",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert_eq!(
        other.requests().len(),
        2,
        "the page, and a profile where there is no page"
    );
}

#[test]
fn a_bare_address_connects_and_with_seconds_it_is_a_cpu_profile() {
    let server = Server::new(|path| match path.starts_with("/debug/pprof/profile") {
        true => answer("/debug/pprof/heap"),
        false => answer(path),
    });
    let address = server.address.to_string();
    for arguments in [vec![address.as_str()], vec![&address, "-c", "index"]] {
        let outcome = Podprof::new(&arguments).run();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        let asked = server.requests();
        assert!(
            asked.iter().all(|path| path.contains(" /debug/pprof/ ")),
            "{asked:?}"
        );
    }
    Podprof::new([address.as_str(), "-seconds=1"]).run();
    let asked = server.requests().pop().expect("a request");
    assert!(
        asked.contains(" /debug/pprof/profile?seconds=1 "),
        "{asked}"
    );
    Podprof::new([address.as_str(), "-top"]).run();
    let asked = server.requests().pop().expect("a request");
    assert!(asked.contains(" /debug/pprof/profile "), "{asked}");
}

#[test]
fn profiles_without_a_page_are_found_for_nothing() {
    let server = Server::new(|path| match path {
        "/debug/pprof/heap?seconds=0" | "/debug/pprof/mutex?seconds=0" => {
            Reply::status("400 Bad Request", "X-Go-Pprof: 1\r\n", b"invalid value\n")
        }
        _ => Reply::status("404 Not Found", "", b"no\n"),
    });
    let outcome = Podprof::new([server.address.to_string().as_str(), "-c", "index"]).run();
    let said = said(&outcome);
    assert!(said.contains("heap  mutex  profile"), "{said}");
    assert!(said.contains("no page lists them"), "{said}");
}

#[test]
fn a_page_elsewhere_is_found_by_its_path_and_by_its_links() {
    let page = PAGE.replace("href='", "href='/internal/debug/pprof/");
    let server = Server::new(move |path| match path {
        "/admin/" => Reply::status("200 OK", HTML, page.as_bytes()),
        _ => match path.strip_prefix("/internal") {
            Some(path) => answer(path),
            None => Reply::status("404 Not Found", "", b"no\n"),
        },
    });
    let address = server.address;
    let elsewhere = format!("http://{address}/internal/debug/pprof/");
    for arguments in [
        [elsewhere.as_str(), "-c", "fetch heap"],
        [
            &format!("{address}/internal/debug/pprof"),
            "-c",
            "fetch heap",
        ],
        [&format!("{address}/admin/"), "-c", "fetch heap"],
    ] {
        let outcome = Podprof::new(arguments).run();
        assert!(
            said(&outcome).contains(&format!("from {elsewhere}heap")),
            "{outcome:?}"
        );
    }
    let mut proc = Proc::new("path");
    proc.go(7, "api", &[address.port()]);
    let outcome = proc
        .podprof(&["-path", "internal/debug/pprof", "-c", "index"])
        .run();
    assert!(
        said(&outcome).contains(&format!("at {elsewhere}")),
        "{outcome:?}"
    );
}

#[test]
fn a_redirect_to_another_host_is_not_followed() {
    let other = Server::new(answer);
    let to = format!(
        "Location: http://localhost:{}/debug/pprof/\r\n",
        other.address.port()
    );
    let server = Server::new(move |_| Reply::status("302 Found", &to, b""));
    let outcome = Podprof::new([server.address.to_string().as_str(), "-c", "index"]).run();
    assert_eq!(outcome.code, Some(2), "{outcome:?}");
    assert_eq!(other.requests(), [""; 0]);
}

#[test]
fn a_file_keeps_its_name_whatever_it_looks_like() {
    let folder = std::env::temp_dir().join(format!("podprof-live-file-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let heap = data_dir().join("profiles/heap.pb.gz");
    for name in ["pid:7", "h:6060"] {
        fs::copy(&heap, folder.join(name)).expect("copied");
        let outcome = Podprof::new([name, "-c", "top 1"])
            .cwd(Path::new(&folder))
            .run();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
    }
    fs::remove_dir_all(&folder).ok();
}
