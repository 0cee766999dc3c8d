//! Live processes: found in a /proc of the test's own, listed, connected to and asked, over servers that count.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;

use crate::support::http::{Reply, Server, Step};
use crate::support::proc::Proc;
use crate::support::run::{Outcome, Podprof, data_dir};
use crate::support::scratch::Scratch;

pub(crate) const HTML: &str = "Content-Type: text/html; charset=utf-8\r\n";
pub(crate) const PAGE: &str = "<html><title>/debug/pprof/</title><table>\n\
    <tr><td>4</td><td><a href='allocs?debug=1'>allocs</a></td></tr>\n\
    <tr><td>0</td><td><a href='block?debug=1'>block</a></td></tr>\n\
    <tr><td>54</td><td><a href='goroutine?debug=1'>goroutine</a></td></tr>\n\
    <tr><td>4</td><td><a href='heap?debug=1'>heap</a></td></tr>\n\
    <tr><td>0</td><td><a href='profile?debug=1'>profile</a></td></tr>\n\
    </table><a href=\"goroutine?debug=2\">full goroutine stack dump</a></html>";

/// What Go's page and its profiles are, here with two profiles of ours behind them.
pub(crate) fn answer(path: &str) -> Reply {
    let profile = |name: &str| {
        let bytes = fs::read(data_dir().join(name)).expect("a profile of ours");
        Reply::status(
            "200 OK",
            "Content-Type: application/octet-stream\r\n",
            &bytes,
        )
    };
    if path.ends_with("/heap?debug=1") {
        return profile("profiles/debug1/go1.27/heap.txt");
    }
    match path.split('?').next().unwrap_or_default() {
        "/debug/pprof/" => Reply::status("200 OK", HTML, PAGE.as_bytes()),
        "/debug/pprof/heap" => profile("profiles/heap.pb.gz"),
        "/debug/pprof/goroutine" => profile("demo/leak/goroutine.pb.gz"),
        _ => Reply::status("404 Not Found", "X-Go-Pprof: 1\r\n", b"Unknown profile\n"),
    }
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
    let mut proc = Proc::new();
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
    let mut proc = Proc::new();
    proc.go(7, "api", &[go.address.port()]);
    proc.listener(port);
    let outcome = proc.podprof(&["-c", "index; fetch heap; target 1"]).run();
    assert!(
        said(&outcome).contains("not asked (-probe or target probe asks each once)"),
        "{outcome:?}"
    );
    assert!(said(&outcome).contains(&format!("127.0.0.1:{port}\n")));
    database.set_nonblocking(true).expect("a socket");
    let called = database.accept().expect_err("nobody may have called");
    assert_eq!(called.kind(), std::io::ErrorKind::WouldBlock);
    let mut proc = Proc::new();
    proc.go(7, "api", &[go.address.port()]);
    proc.listener(stranger.address.port());
    let outcome = proc.podprof(&["-probe", "-c", "target"]).run();
    assert!(said(&outcome).contains(&format!("  2  http://{}/debug/pprof/\n", stranger.address)));
    assert_eq!(stranger.requests().len(), 1, "{:?}", stranger.requests());
    let outcome = proc.podprof(&["-c", "target probe; target probe"]).run();
    let named = format!(
        "Other listeners, each asked once:\n  {}\n",
        stranger.address
    );
    assert!(said(&outcome).contains(&named), "{outcome:?}");
    let found = format!("  2  http://{}/debug/pprof/\n", stranger.address);
    let lists: Vec<_> = said(&outcome).matches(&found).map(str::len).collect();
    assert_eq!(lists.len(), 2, "found once, listed each time: {outcome:?}");
    assert_eq!(stranger.requests().len(), 3, "each time it is asked for");
}

/// Answers as `answer` does on a Unix socket.
fn serve_socket(path: &Path) {
    let listener = UnixListener::bind(path).expect("a socket");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (mut request, mut byte) = (Vec::new(), [0]);
            while !request.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
                request.push(byte[0]);
            }
            for step in answer(&target(&text(&request))).steps {
                if let Step::Send(bytes) = step {
                    stream.write_all(&bytes).ok();
                }
            }
        }
    });
}

#[test]
fn a_socket_is_found_in_the_files_of_its_process() {
    let mut proc = Proc::new();
    proc.go(7, "api", &[]);
    proc.go(8, "inside", &[]);
    let folder = Scratch::new();
    // One in our own file system, one that only its process sees under its name.
    let near = folder.file("near.sock");
    serve_socket(Path::new(&near));
    fs::create_dir_all(folder.path().join("run")).expect("a folder");
    serve_socket(&folder.path().join("run/in.sock"));
    symlink(folder.path(), proc.of(8).join("root")).expect("a link");
    for (pid, name) in [(7, near.as_str()), (8, "/run/in.sock")] {
        let inode = proc.socket(name);
        proc.holds(pid, inode);
    }
    proc.socket("/run/strange.sock");
    let outcome = proc.podprof(&["-c", "target 2; fetch heap; top 1"]).run();
    let said = said(&outcome);
    let root = proc.of(8).join("root");
    for words in [
        format!("api (pid 7, go1.27.1) at unix:{near}:/debug/pprof/\n"),
        format!("unix:{}/run/in.sock:/debug/pprof/\n", root.display()),
        "  unix:/run/strange.sock\n".to_string(),
        "Showing heap: ".to_string(),
    ] {
        assert!(said.contains(&words), "{words}: {said}");
    }
    assert!(text(&outcome.stdout).contains("Showing top 1 nodes"));
}

#[test]
fn an_address_shows_the_memory_of_its_process_if_it_is_that_process() {
    let server = Server::new(|path| match path {
        "/debug/pprof/cmdline" => Reply::status("200 OK", "", b"/bin/api\0-v"),
        path => answer(path),
    });
    let mut proc = Proc::new();
    let port = server.address.port();
    proc.go(7, "api", &[port]);
    fs::write(proc.of(7).join("status"), "VmRSS:\t    2048 kB\n").expect("written");
    fs::write(proc.of(7).join("cmdline"), "/bin/api\0-v\0").expect("written");
    for name in [format!(":{port}"), format!("localhost:{port}")] {
        let said = said(&proc.podprof(&[&name]).run());
        let head = format!("api (pid 7, go1.27.1) at http://{name}/debug/pprof/\n");
        assert!(
            said.starts_with(&head) && said.contains(", 2MB resident  ["),
            "{said}"
        );
    }
    // Whoever forwards the port to another machine serves that one's profiles.
    fs::write(proc.of(7).join("cmdline"), "kubectl\0port-forward\0").expect("written");
    let said = said(&proc.podprof(&[&format!(":{port}")]).run());
    assert!(
        !said.contains("pid 7") && said.contains(", at most 20.07MB resident  ["),
        "{said}"
    );
}

#[test]
fn several_are_numbered_and_nothing_is_asked_before_one_is_chosen() {
    let (one, two) = (Server::new(answer), Server::new(answer));
    let mut proc = Proc::new();
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
    let mut proc = Proc::new();
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
    let asked = || -> Vec<String> {
        let requests = server.requests();
        requests.iter().map(|head| target(head)).collect()
    };
    let outcome = Podprof::new([address.as_str(), "-c", "index"]).run();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(asked(), ["/debug/pprof/"; 2]);
    let outcome = Podprof::new([address.as_str()]).run();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(
        !asked().iter().any(|path| path.contains("profile")),
        "{outcome:?}"
    );
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
    let mut proc = Proc::new();
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
    let folder = Scratch::new();
    let heap = data_dir().join("profiles/heap.pb.gz");
    for name in ["pid:7", "h:6060"] {
        fs::copy(&heap, folder.path().join(name)).expect("copied");
        let outcome = Podprof::new([name, "-c", "top 1"]).cwd(folder.path()).run();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
    }
}

#[test]
fn the_prompt_begins_with_three_lines_and_the_two_cheapest_profiles() {
    let server = Server::new(answer);
    let mut proc = Proc::new();
    proc.go(7, "api", &[server.address.port()]);
    let outcome = proc.podprof(&[]).stdin("goroutines 1\n").run();
    let said = said(&outcome);
    assert!(
        said.contains("1,009 goroutines, 871 of them chan send\n      at notify.Send "),
        "{said}"
    );
    assert!(
        said.contains("MB live") && said.contains("[use heap, then top]"),
        "{said}"
    );
    assert!(
        said.contains("GC takes 5.35% of its CPUs  [fetch profile 10, then top]\n"),
        "{said}"
    );
    assert!(text(&outcome.stdout).contains("1009 goroutines in 9 groups"));
    let asked: Vec<String> = server.requests().iter().map(|head| target(head)).collect();
    assert_eq!(
        asked,
        [
            "/debug/pprof/",
            "/debug/pprof/heap?debug=1",
            "/debug/pprof/goroutine"
        ]
    );
    // The text form grows long where there are many records.
    let page = PAGE.replace("<td>4<", "<td>1001<");
    let large = Server::new(move |path| match path {
        "/debug/pprof/" => Reply::status("200 OK", HTML, page.as_bytes()),
        _ => answer(path),
    });
    let outcome = Podprof::new([large.address.to_string()]).run();
    assert!(
        !crate::live::said(&outcome).contains("of its CPUs"),
        "{outcome:?}"
    );
    let asked: Vec<String> = large.requests().iter().map(|head| target(head)).collect();
    assert_eq!(asked[1], "/debug/pprof/heap");
}

/// What a request asks for.
fn target(head: &str) -> String {
    head.split(' ').nth(1).unwrap_or_default().to_string()
}

/// A server whose page counts so many goroutines.
fn with_goroutines(count: u64) -> Server {
    let page = PAGE.replace("<td>54<", &format!("<td>{count}<"));
    Server::new(move |path| match path {
        "/debug/pprof/" => Reply::status("200 OK", HTML, page.as_bytes()),
        _ => answer(path),
    })
}

#[test]
fn the_price_comes_first_and_a_steep_one_needs_a_word() {
    let many = with_goroutines(10_001);
    let address = many.address.to_string();
    let run = |arguments: &[&str]| Podprof::new(arguments).run();
    let refused = run(&[&address, "-c", "fetch goroutine debug=2"]);
    let text = said(&refused);
    assert!(
        text.contains("10,001 goroutines: debug=2 stops the process for 300ms"),
        "{text}"
    );
    assert!(text.contains("not taken: -force does it"), "{text}");
    assert_eq!(refused.code, Some(2));
    let asked = |server: &Server| -> Vec<String> {
        let requests = server.requests();
        let asked = requests.iter().map(|head| target(head));
        asked.filter(|path| path != "/debug/pprof/").collect()
    };
    assert_eq!(asked(&many), [""; 0], "not a byte of it was asked for");
    run(&[&address, "-c", "fetch goroutine debug=2 -force"]);
    run(&[&address, "-force", "-c", "fetch goroutine debug=2"]);
    assert_eq!(asked(&many), ["/debug/pprof/goroutine?debug=2"; 2]);
    let few = with_goroutines(10_000);
    run(&[&few.address.to_string(), "-c", "fetch goroutine debug=2"]);
    assert_eq!(asked(&few), ["/debug/pprof/goroutine?debug=2"]);
    let cheap = with_goroutines(1);
    run(&[
        &cheap.address.to_string(),
        "-c",
        "fetch goroutine; fetch heap gc",
    ]);
    assert_eq!(
        asked(&cheap),
        ["/debug/pprof/goroutine", "/debug/pprof/heap?gc=1"]
    );
}

#[test]
fn a_fetch_has_a_name_and_a_fetch_alone_renews_it() {
    let server = Server::new(answer);
    let commands = "fetch heap; fetch heap; fetch goroutine; use heap; fetch; profiles";
    let outcome = Podprof::new([server.address.to_string().as_str(), "-c", commands]).run();
    let said = said(&outcome);
    let list = said.split("name").last().expect("a list");
    let names: Vec<&str> = list
        .lines()
        .skip(1)
        .map(|row| row.trim().split("  ").next().unwrap_or(""))
        .collect();
    assert_eq!(names, ["current", "heap#2", "goroutine"], "{said}");
    assert_eq!(server.requests().len(), 5);
    let open = data_dir().join("profiles/heap.pb.gz");
    let open = format!("open {}; fetch", open.display());
    let outcome = Podprof::new([server.address.to_string().as_str(), "-c", &open]).run();
    assert!(
        crate::live::said(&outcome).contains("heap was not fetched here"),
        "{outcome:?}"
    );
}

#[test]
fn a_second_triage_takes_the_place_of_the_first() {
    let server = Server::new(answer);
    let listed = |commands: &str| {
        let outcome = Podprof::new([server.address.to_string().as_str(), "-c", commands]).run();
        let said = said(&outcome);
        let list = said.split(" name ").last().expect("a list");
        list.lines().skip(1).filter(|row| !row.is_empty()).count()
    };
    let once = listed("triage 1s; profiles");
    assert!(once > 1, "{once}");
    assert_eq!(listed("triage 1s; triage 1s; profiles"), once);
    assert_eq!(
        listed("fetch heap; triage 1s; triage 1s; profiles"),
        once + 1
    );
}

#[test]
fn what_is_no_profile_is_kept_or_shown() {
    let server = Server::new(|path| match path {
        "/debug/pprof/trace?seconds=5" => Reply::status("200 OK", "", b"go 1.27 trace\0\0\0"),
        "/debug/pprof/cmdline" => Reply::status("200 OK", "", b"/bin/api\0-v"),
        "/debug/pprof/cut" => Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"),
        _ => answer(path),
    });
    let address = server.address.to_string();
    let folder = Scratch::new();
    let run = |commands: &str| {
        let run = Podprof::new([&address, "-c", commands]);
        run.cwd(folder.path()).run()
    };
    let outcome = run("fetch trace 5 >t; fetch cmdline");
    assert_eq!(text(&outcome.stdout), "/bin/api -v\n", "{outcome:?}");
    assert_eq!(
        fs::read(folder.path().join("t")).expect("a file"),
        b"go 1.27 trace\0\0\0"
    );
    let outcome = run("fetch cut >u");
    assert_eq!(outcome.code, Some(2));
    assert!(
        said(&outcome).contains("after 4 of 99 bytes"),
        "{outcome:?}"
    );
    assert!(!folder.path().join("u").exists(), "half a file is none");
    let outcome = run("fetch trace 5");
    assert!(said(&outcome).contains("keep it in a file, fetch trace >FILE"));
}

#[test]
fn growth_is_the_servers_difference_or_that_of_two_snapshots() {
    let commands = "grow heap 1s; top 3; profiles";
    for refusal in [
        &b"\"seconds\" parameter is not supported for this profile type\n"[..],
        b"profile duration exceeds server's WriteTimeout\n",
        b"",
    ] {
        let server = Server::new(move |path| match path {
            "/debug/pprof/heap?seconds=1" if !refusal.is_empty() => {
                let head = "X-Go-Pprof: 1\r\nContent-Type: text/plain\r\n";
                Reply::status("400 Bad Request", head, refusal)
            }
            _ => answer(path),
        });
        let outcome = Podprof::new([server.address.to_string().as_str(), "-c", commands]).run();
        let said = said(&outcome);
        assert_eq!(outcome.code, Some(0), "{said}");
        assert!(
            said.contains("Watching heap for 1s\nShowing heap+1s: "),
            "{said}"
        );
        assert!(said.contains("  inuse_space 0 (0 a minute)\n"), "{said}");
        let asked: Vec<String> = server.requests().iter().map(|head| target(head)).collect();
        let snapshots = asked
            .iter()
            .filter(|path| *path == "/debug/pprof/heap")
            .count();
        assert_eq!(
            snapshots,
            if refusal.is_empty() { 1 } else { 2 },
            "{asked:?}"
        );
    }
    let delta = Server::new(|path| match path {
        // A CPU profile has a duration, as the differences of a server have.
        "/debug/pprof/mutex?seconds=1" => {
            let bytes = fs::read(data_dir().join("profiles/cpu.pb.gz")).expect("a profile");
            Reply::status("200 OK", "", &bytes)
        }
        _ => answer(path),
    });
    let outcome = Podprof::new([delta.address.to_string().as_str(), "-c", "grow mutex 1s"]).run();
    assert!(
        said(&outcome).contains("  cpu +1.16s (+69.60s a minute)"),
        "{outcome:?}"
    );
    assert_eq!(delta.requests().len(), 2);
    let outcome = Podprof::new([delta.address.to_string().as_str(), "-c", "grow profile 1s"]).run();
    assert!(
        said(&outcome).contains("profile does not grow"),
        "{outcome:?}"
    );
}

#[test]
fn every_fetches_before_each_print_as_often_as_it_was_told() {
    let server = Server::new(answer);
    let address = server.address.to_string();
    let outcome = Podprof::new([
        &address,
        "-n=3",
        "-c",
        "fetch heap; every 1s top 1 | head 1",
    ])
    .run();
    let stdout = text(&outcome.stdout);
    assert_eq!(
        stdout.matches("Showing nodes accounting for").count(),
        3,
        "{outcome:?}"
    );
    assert_eq!(stdout.lines().count(), 3);
    assert_eq!(server.requests().len(), 5);
    for (commands, why) in [
        ("fetch heap; every 1s top", "every needs an end"),
        ("every 1s top", "every needs an end"),
        ("every 1s", "every needs how long"),
    ] {
        let outcome = Podprof::new([&address, "-c", commands]).run();
        assert!(said(&outcome).contains(why), "{outcome:?}");
    }
    let outcome = Podprof::new([&address, "-n=1", "-c", "every 1s every 1s top"]).run();
    assert!(
        said(&outcome).contains("every takes a report"),
        "{outcome:?}"
    );
}

#[test]
fn a_report_of_goroutines_fetches_goroutines_and_others_the_cpu() {
    let server = Server::new(answer);
    let mut proc = Proc::new();
    proc.go(7, "api", &[server.address.port()]);
    let address = server.address.to_string();
    let outcome = Podprof::new(["-goroutines", &address]).run();
    assert!(
        text(&outcome.stdout).contains("1009 goroutines"),
        "{outcome:?}"
    );
    let outcome = proc.podprof(&["-goroutines", "pid:7"]).run();
    assert!(
        text(&outcome.stdout).contains("1009 goroutines"),
        "{outcome:?}"
    );
    for place in [address.as_str(), "pid:7"] {
        let outcome = proc.podprof(&["-memstats", place]).run();
        assert!(
            text(&outcome.stdout).contains("GC share of CPU"),
            "{outcome:?}"
        );
    }
    proc.podprof(&["-top", "pid:7"]).run();
    let last = server.requests().pop().expect("a request");
    assert_eq!(target(&last), "/debug/pprof/profile");
    let outcome = proc.podprof(&["-top", "pid:8"]).run();
    assert!(said(&outcome).contains("pid 8 is no Go process that podprof may look into"));
}

/// A real Go process, gone with the value.
struct Go(std::process::Child);

impl Drop for Go {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn a_real_go_process_is_found_in_the_real_proc() {
    let Some(root) = std::env::var_os("GOROOT") else {
        return; // no Go on this machine: the other tests stand in for it
    };
    let folder = Scratch::new();
    let program = folder.path().join("waiter");
    let built = std::process::Command::new(Path::new(&root).join("bin/go"))
        .args(["build", "-o", program.to_str().expect("a path"), "."])
        .current_dir(data_dir().join("src/live"))
        .envs([("GOTOOLCHAIN", "local"), ("GOFLAGS", "")])
        .status();
    assert!(built.expect("go runs").success());
    let mut child = std::process::Command::new(&program)
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut stdout = std::io::BufReader::new(child.stdout.take().expect("a pipe"));
    let process = Go(child);
    let mut port = String::new();
    std::io::BufRead::read_line(&mut stdout, &mut port).expect("its port");
    let pid = format!("pid:{}", process.0.id());
    let script = "fetch goroutine debug=2\ngs 1\nfetch heap gc\ngrow goroutine 1s\nindex\n";
    let outcome = Podprof::new([&pid]).stdin(script).run();
    let said = said(&outcome);
    let address = format!("http://127.0.0.1:{}/debug/pprof/", port.trim());
    assert!(
        said.contains(&format!("waiter ({}, go1.", pid.replace(':', " "))),
        "{said}"
    );
    assert!(said.contains(&address), "{said}");
    for words in [
        " 40 of them chan receive",
        " at main.wait main.go:",
        " resident",
        " CPUs since its start ",
        "goroutines: debug=2 stops the process for 1ms to ",
        "gc collects garbage first",
        "Showing goroutine+1s: ",
        "  goroutine 0 (0 a minute)",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(text(&outcome.stdout).contains("40 "), "{outcome:?}");
}
