//! Profiles over HTTP, from a server that answers well, badly and never (pprof-behaviour 1.8).
//!
//! The texts before the first bracket or semicolon are what the pinned pprof prints for the same reply.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use crate::support::http::{Reply, Server, Step};
use crate::support::run::{Outcome, Podprof, data_dir};

const PROFILE: &str = "profiles/cpu.pb.gz";
const TEXT: &str = "Content-Type: text/plain; charset=utf-8\r\n";
const GO_TEXT: &str = "X-Go-Pprof: 1\r\nContent-Type: text/plain; charset=utf-8\r\n";

fn profile() -> Vec<u8> {
    fs::read(data_dir().join(PROFILE)).expect("a profile of ours")
}

fn top(source: &str) -> Outcome {
    Podprof::new(["-top", source]).run()
}

/// What stderr says after `Fetching profile over HTTP from …`, of a run that must fail.
fn refusal(source: &str) -> String {
    let outcome = top(source);
    assert_eq!(outcome.code, Some(2), "{source}: {outcome:?}");
    assert_eq!(outcome.stdout, b"", "{source}");
    let stderr = String::from_utf8(outcome.stderr).expect("plain text");
    let lines: Vec<&str> = stderr.lines().collect();
    let [fetching, refusal, failed] = lines[..] else {
        panic!("three lines were expected: {stderr}");
    };
    assert!(
        fetching.starts_with("Fetching profile over HTTP from "),
        "{stderr}"
    );
    assert_eq!(failed, "failed to fetch any source profiles");
    let refusal = refusal.strip_prefix(&format!("{source}: "));
    refusal.expect("the source comes first").to_string()
}

/// An empty folder of this test alone, gone with the value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder =
            std::env::temp_dir().join(format!("podprof-fetch-{name}-{}", std::process::id()));
        fs::remove_dir_all(&folder).ok();
        fs::create_dir_all(&folder).expect("a temporary folder");
        Self(folder)
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.0).expect("the folder is still there");
        let name = |entry: fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
        let mut names: Vec<String> = entries.flatten().map(name).collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

#[test]
fn a_profile_from_a_server_is_the_profile_in_the_file() {
    let expected = top(PROFILE);
    assert_eq!((expected.code, &*expected.stderr), (Some(0), &b""[..]));
    let server = Server::new(|path| {
        let body = profile();
        match path {
            "/length" => Reply::status("200 OK", "", &body),
            "/chunks" => Reply::chunked(&body, 100),
            "/close" => Reply::raw([b"HTTP/1.0 200 OK\r\n\r\n", &body[..]].concat()),
            "/moved" => Reply::status("302 Found", "Location: length\r\n", b""),
            "/encoded" => Reply::status("200 OK", "Content-Encoding: gzip\r\n", &body),
            "/slowly" => {
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
                Reply::steps(vec![Step::Dribble(head.into_bytes()), Step::Dribble(body)])
            }
            other => panic!("nobody asked for {other}"),
        }
    });
    for path in [
        "/length", "/chunks", "/close", "/moved", "/encoded", "/slowly",
    ] {
        let url = server.url(path);
        let outcome = top(&url);
        assert_eq!(outcome.code, Some(0), "{path}: {outcome:?}");
        assert!(outcome.stdout == expected.stdout, "{path}");
        let fetching = format!("Fetching profile over HTTP from {url}\n");
        assert_eq!(String::from_utf8_lossy(&outcome.stderr), fetching);
    }
}

#[test]
fn a_gzipped_profile_may_be_gzipped_again_on_its_way() {
    // The profile in a gzip member of one stored block, as a server's middleware might send it.
    let body = fs::read(data_dir().join("profiles/tiny.pb")).expect("a profile of ours");
    let wrapped = stored_gzip(&stored_gzip(&body));
    let server =
        Server::new(move |_| Reply::status("200 OK", "Content-Encoding: gzip\r\n", &wrapped));
    let outcome = top(&server.url("/x"));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(outcome.stdout, top("profiles/tiny.pb").stdout);
}

fn stored_gzip(bytes: &[u8]) -> Vec<u8> {
    let size = u16::try_from(bytes.len()).expect("a tiny profile");
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 * (crc & 1));
        }
    }
    let mut member = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff, 1];
    member.extend(size.to_le_bytes());
    member.extend((!size).to_le_bytes());
    member.extend_from_slice(bytes);
    member.extend((!crc).to_le_bytes());
    member.extend(u32::from(size).to_le_bytes());
    member
}

#[test]
fn a_port_alone_asks_for_a_cpu_profile_of_so_many_seconds() {
    let server = Server::new(|_| Reply::status("200 OK", "", &profile()));
    let port = server.address.port();
    let outcome = Podprof::new(["-top", "-seconds=1", &format!(":{port}?b=x y&a")]).run();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let asked = "/debug/pprof/profile?a=&b=x+y&seconds=1";
    let messages =
        format!("Fetching profile over HTTP from http://:{port}{asked}\nPlease wait... (1s)\n");
    assert_eq!(String::from_utf8_lossy(&outcome.stderr), messages);
    let requests = server.requests();
    let [request] = &requests[..] else {
        panic!("one request was expected: {requests:?}");
    };
    let version = env!("CARGO_PKG_VERSION");
    let expected =
        format!("GET {asked} HTTP/1.1\r\nuser-agent: podprof/{version}\r\nhost: :{port}\r\n\r\n");
    assert_eq!(*request, expected);
}

#[test]
fn a_refusal_is_shown_in_the_servers_words() {
    for (status, headers, body, expected) in [
        (
            "404 Not Found",
            TEXT,
            "404 page not found\n",
            "404 Not Found (it says: 404 page not found); ",
        ),
        (
            "404 Not Found",
            GO_TEXT,
            "Unknown profile\n",
            "404 Not Found - Unknown profile; ",
        ),
        ("404", "", "", "404; Go serves profiles under /debug/pprof/"),
        (
            "500 Internal Server Error",
            GO_TEXT,
            "Could not enable CPU profiling: cpu profiling already in use\n",
            "500 Internal Server Error - Could not enable CPU profiling: cpu profiling already in use; \
             another CPU profile is being taken: try when it has ended",
        ),
        (
            "400 Bad Request",
            GO_TEXT,
            "profile duration exceeds server's WriteTimeout\n",
            "400 Bad Request - profile duration exceeds server's WriteTimeout; not even a second fits",
        ),
        (
            "400 Bad Request",
            "",
            "Client sent an HTTP request to an HTTPS server.\n",
            "400 Bad Request; the port speaks TLS: write https://",
        ),
        (
            "401 Unauthorized",
            "",
            "",
            "401 Unauthorized; a login is needed: ",
        ),
        ("204 No Content", "", "", "204 No Content"),
        ("302 Found", "", "", "302 Found"),
        (
            "503 Service Unavailable",
            "Content-Type: text/html\r\n",
            "<html><head><title>Mesh &amp; more</title>",
            "503 Service Unavailable (an HTML page, title \"Mesh &amp; more\")",
        ),
    ] {
        let reply = Reply::status(status, headers, body.as_bytes());
        let text = refusal(&Server::new(move |_| reply.clone()).url("/x"));
        let expected = format!("server response: {expected}");
        assert!(
            text.starts_with(&expected),
            "expected {expected}\ngot      {text}"
        );
    }
}

#[test]
fn a_server_without_time_is_asked_for_the_longest_that_fits() {
    let server = Server::new(|path| {
        let seconds = path.split("seconds=").nth(1).unwrap_or("30");
        match seconds.parse::<u32>().expect("a number") < 15 {
            true => Reply::status("200 OK", "", &profile()),
            false => Reply::status(
                "400 Bad Request",
                GO_TEXT,
                b"profile duration exceeds server's WriteTimeout\n",
            ),
        }
    });
    for (arguments, refused) in [(&["-top", "-seconds=30"][..], "30s"), (&["-top"], "that")] {
        let url = server.url("/debug/pprof/profile");
        let outcome = Podprof::new([arguments, &[&url]].concat()).run();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        let said =
            format!("the server's WriteTimeout is too short for {refused}: it recorded 14s\n");
        let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
        assert!(stderr.ends_with(&said), "{stderr}");
        let last = server.requests().pop().expect("it was asked");
        assert!(
            last.starts_with("GET /debug/pprof/profile?seconds=14 "),
            "{last}"
        );
    }
}

#[test]
fn a_page_is_called_a_page() {
    let page = |html: &'static str, headers: &str| {
        let reply = Reply::status("200 OK", headers, html.as_bytes());
        Server::new(move |_| reply.clone())
    };
    let login = page("\r\n<!DOCTYPE HTML><HEAD><TITLE>\n Sign in\n</TITLE>", "");
    let text = refusal(&login.url("/debug/pprof/heap"));
    assert!(
        text.starts_with("is an HTML page (title \"Sign in\"), not a profile: is the path right? "),
        "{text}"
    );
    let index = page(
        "<html><head><title>/debug/pprof/</title>",
        "Content-Type: text/html; charset=utf-8\r\n",
    );
    let text = refusal(&index.url("/debug/pprof/"));
    assert!(
        text.ends_with("not a profile: name one of the profiles it lists, as in /debug/pprof/heap"),
        "{text}"
    );
}

#[test]
fn what_is_no_http_is_called_by_its_first_words() {
    const BROKEN: &str = "net/http: HTTP/1.x transport connection broken: ";
    let long_head = [
        b"HTTP/1.1 200 OK\r\nX: ".as_slice(),
        &[b'x'; 200_000],
        b"\r\n\r\n",
    ]
    .concat();
    for (reply, expected) in [
        (
            &b""[..],
            "EOF (the server closed the connection without an answer)".to_string(),
        ),
        (
            b"\x15\x03\x01\0\x02\x02\x16",
            format!("{BROKEN}malformed HTTP response \"\\x15\\x03\\x01\\x00\\x02\\x02\\x16\" ("),
        ),
        (
            b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
            format!("{BROKEN}malformed HTTP status code \"Debian-2\" ("),
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-",
            format!("{BROKEN}unexpected EOF ("),
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
            format!("{BROKEN}malformed headers ("),
        ),
        (
            &long_head,
            format!("{BROKEN}net/http: server response headers exceeded 65536 bytes; aborted"),
        ),
    ] {
        let reply = reply.to_vec();
        let url = Server::new(move |_| Reply::raw(reply.clone())).url("/x");
        let text = refusal(&url);
        let expected = format!("Get \"{url}\": {expected}");
        assert!(
            text.starts_with(&expected),
            "expected {expected}\ngot      {text}"
        );
    }
}

#[test]
fn nobody_there_is_said_with_what_to_do() {
    let text = refusal("http://127.0.0.1:1/foo");
    let expected =
        "Get \"http://127.0.0.1:1/foo\": dial tcp 127.0.0.1:1: connect: connection refused (";
    assert!(text.starts_with(expected), "{text}");
    let text = refusal("ftp://h/p");
    assert!(
        text.starts_with("Get \"ftp://h/p\": unsupported protocol scheme \"ftp\" ("),
        "{text}"
    );
    let text = refusal("http://h:99999/");
    assert!(
        text.starts_with(
            "Get \"http://h:99999/debug/pprof/profile\": dial tcp: address 99999: invalid port"
        ),
        "{text}"
    );
    let text = refusal("https://h/p");
    let expected = match cfg!(feature = "tls") {
        true => "dial tcp: lookup h: no such host",
        false => "this build of podprof has no TLS",
    };
    assert!(text.contains(expected), "{text}");
}

#[test]
fn a_cut_body_is_an_error_wherever_it_is_cut() {
    let body = profile();
    let whole = Reply::chunked(&body, 700);
    let Some(Step::Send(chunked)) = whole.steps.first().cloned() else {
        panic!("a chunked reply is sent in one piece");
    };
    let length = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
    let close = "HTTP/1.1 200 OK\r\n\r\n".to_string();
    for head in [length, close] {
        for end in [0, 1, 2, 17, body.len() / 2, body.len() - 9, body.len() - 1] {
            let cut = [head.as_bytes(), &body[..end]].concat();
            refusal(&Server::new(move |_| Reply::raw(cut.clone())).url("/x"));
        }
    }
    for end in [
        48,
        50,
        55,
        500,
        chunked.len() - 10,
        chunked.len() - 5,
        chunked.len() - 4,
    ] {
        let cut = chunked[..end].to_vec();
        let text = refusal(&Server::new(move |_| Reply::raw(cut.clone())).url("/x"));
        assert!(
            text.starts_with("unexpected EOF (the server closed the connection after "),
            "{end}: {text}"
        );
    }
    let late = Step::Pause(Duration::from_millis(300));
    let reset = Reply::steps(vec![Step::Send(chunked[..500].to_vec()), late]).then_reset();
    let text = refusal(&Server::new(move |_| reply_of(&reset)).url("/x"));
    assert!(text.ends_with(": read: connection reset by peer"), "{text}");
}

fn reply_of(reply: &Reply) -> Reply {
    reply.clone()
}

#[test]
fn a_reply_shorter_or_longer_than_it_says_is_an_error_or_cut_to_its_length() {
    let reply = |length: usize| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
        Reply::raw([head.as_bytes(), &profile()].concat())
    };
    let size = profile().len();
    let text = refusal(&Server::new(move |_| reply(size + 1)).url("/x"));
    let expected = format!(
        "unexpected EOF (the server closed the connection after {size} of {} bytes)",
        size + 1
    );
    assert_eq!(text, expected);
    let text = refusal(&Server::new(move |_| reply(size - 1)).url("/x"));
    assert!(
        text.starts_with("decompressing profile: unexpected EOF"),
        "{text}"
    );
}

#[test]
fn silence_has_an_end_before_the_headers_and_amid_the_body() {
    let server = Server::new(|path| match path {
        "/headers" => Reply::steps(vec![Step::Stall]),
        _ => {
            let head = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n";
            let start = [head, &profile()[..100]].concat();
            Reply::steps(vec![Step::Send(start), Step::Stall])
        }
    });
    let run = |path: &str| {
        let url = server.url(path);
        thread::spawn(move || {
            let outcome = Podprof::new(["-top", "-timeout=1", &url]).run();
            (
                outcome.code,
                String::from_utf8_lossy(&outcome.stderr).into_owned(),
            )
        })
    };
    let (headers, body) = (run("/headers"), run("/body"));
    let (code, stderr) = headers.join().expect("the run ended");
    let expected = format!(
        "Get \"{}\": net/http: timeout awaiting response headers (no answer for 6s; -timeout=SECONDS waits longer)\n",
        server.url("/headers")
    );
    assert!(code == Some(2) && stderr.contains(&expected), "{stderr}");
    let (code, stderr) = body.join().expect("the run ended");
    let expected = "/body: the server stalled: 100 bytes came, then nothing for 6s (-timeout=SECONDS waits longer)\n";
    assert!(code == Some(2) && stderr.contains(expected), "{stderr}");
}

#[test]
fn redirects_are_followed_ten_times_and_no_more() {
    let server = Server::new(|path| match path.strip_prefix("/down") {
        Some("9") => Reply::status("200 OK", "", &profile()),
        Some(number) => {
            let next = number.parse::<u32>().expect("a number") + 1;
            Reply::status(
                "307 Temporary Redirect",
                &format!("Location: ./down{next}\r\n"),
                b"",
            )
        }
        None => Reply::status("302 Found", "Location: /loop\r\n", b""),
    });
    assert_eq!(top(&server.url("/down0")).code, Some(0));
    assert_eq!(
        refusal(&server.url("/loop")),
        "Get \"/loop\": stopped after 10 redirects"
    );
    assert_eq!(server.requests().len(), 10 + 10);
}

#[test]
fn a_password_is_sent_to_its_own_host_and_shown_to_nobody() {
    let other = Server::new(|_| Reply::status("200 OK", "", &profile()));
    let elsewhere = other.url("/b");
    let server = Server::new(move |path| match path {
        "/a" => Reply::status("302 Found", "Location: /a2\r\n", b""),
        "/a2" => Reply::status("302 Found", &format!("Location: {elsewhere}\r\n"), b""),
        _ => Reply::status("404 Not Found", "", b""),
    });
    let address = server.address;
    let outcome = top(&format!("http://me:s3cret@{address}/a"));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
    assert_eq!(
        stderr,
        format!("Fetching profile over HTTP from http://me:***@{address}/a\n")
    );
    for request in server.requests() {
        // base64 of me:s3cret
        assert!(
            request.contains("\r\nauthorization: Basic bWU6czNjcmV0\r\n"),
            "{request}"
        );
    }
    let requests = other.requests();
    assert!(
        requests.len() == 1 && !requests[0].to_lowercase().contains("authorization"),
        "{requests:?}"
    );
    for source in [
        format!("http://me:s3cret@{address}/no"),
        "me:s3cret@127.0.0.1:1/x".to_string(),
    ] {
        let outcome = top(&source);
        let stderr = String::from_utf8_lossy(&outcome.stderr);
        assert!(
            outcome.code == Some(2) && !stderr.contains("s3cret") && stderr.contains("me:***@"),
            "{stderr}"
        );
    }
}

#[test]
fn no_control_byte_of_a_reply_reaches_stderr() {
    let title = b"<title>a\x1b]0;x\x07b\xc2\x9bc\r\x08</title>";
    let said = b"no\x1b[2J\x00\xff\n\x7fprofile\r\n";
    let long = [b'y'; 100_000];
    for (status, headers, body) in [
        ("200 OK", "Content-Type: text/html\r\n", &title[..]),
        ("500 \x1b[31mX", GO_TEXT, said),
        ("500 X", GO_TEXT, said),
        ("500 X", TEXT, said),
        ("500 X", "Content-Type: text/html\r\n", title),
        ("500 X", GO_TEXT, &long),
        ("302 X", "Location: \x1b[2Jftp://x\r\n", b""),
        ("302 X", "Location: a\x1b:b\r\n", b""),
        ("302 X", "Location: ftp://h\u{9b}ä/\r\n", b""),
    ] {
        let reply = Reply::status(status, headers, body);
        let text = refusal(&Server::new(move |_| reply.clone()).url("/x"));
        assert!(!text.chars().any(char::is_control), "{text:?}");
        assert!(text.len() < 1500, "{} bytes", text.len());
    }
}

#[test]
fn nothing_is_written_unless_it_is_asked_for() {
    let server = Server::new(|path| match path {
        "/good" => Reply::status("200 OK", "", &profile()),
        "/plain" => Reply::status(
            "200 OK",
            "",
            &fs::read(data_dir().join("profiles/tiny.pb")).expect("ours"),
        ),
        _ => Reply::status("200 OK", "", b"no profile"),
    });
    let folder = Folder::new("home");
    let run = |path: &str, save_in: &str| {
        let run = Podprof::new(["-top", &server.url(path)]).cwd(&folder.0);
        let run = run.env("HOME", &folder.0).env("TMPDIR", &folder.0);
        run.env("PPROF_TMPDIR", save_in).run()
    };
    assert_eq!(run("/good", "").code, Some(0));
    assert_eq!(folder.names(), [""; 0]);

    let saved = Folder(folder.0.join("deep/saved"));
    let in_saved = saved.0.to_string_lossy().into_owned();
    assert_eq!(run("/bad", &in_saved).code, Some(2));
    assert!(!saved.0.exists(), "what is no profile is not kept");
    let outcome = run("/good", &in_saved);
    let first = saved.0.join("pprof.shop.samples.cpu.001.pb.gz");
    let message = format!("Saved profile in {}\n", first.display());
    let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
    assert!(
        stderr.ends_with(&message),
        "expected {message}, got {stderr}"
    );
    let exported = folder.0.join("exported");
    let flag = format!("-output={}", exported.display());
    let expected = Podprof::new(["-proto", &flag, &server.url("/good")]).run();
    assert_eq!(expected.code, Some(0), "{expected:?}");
    let copy = fs::read(&first).expect("the copy");
    assert!(copy == fs::read(&exported).expect("the export"));
    let mode = fs::metadata(&first).expect("the copy").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    run("/good", &in_saved);
    run("/plain", &in_saved);
    let two = [server.url("/good"), server.url("/good")];
    let merged = Podprof::new(["-top", &two[0], &two[1]]);
    let merged = merged.env("PPROF_TMPDIR", &in_saved).run();
    assert_eq!(merged.code, Some(0), "{merged:?}");
    let names = [
        "pprof.n.001.pb.gz",
        "pprof.shop.samples.cpu.001.pb.gz",
        "pprof.shop.samples.cpu.002.pb.gz",
        "pprof.shop.samples.cpu.003.pb.gz",
    ];
    assert_eq!(saved.names(), names);

    let outcome = run("/good", "/proc/none/such");
    let stderr = String::from_utf8_lossy(&outcome.stderr).into_owned();
    assert_eq!(outcome.code, Some(0), "{stderr}");
    assert!(
        stderr.contains("\nCould not use temp dir /proc/none/such: mkdir /proc/none/such: "),
        "{stderr}"
    );
}

#[test]
fn servers_are_asked_at_the_same_time() {
    // Each reply waits for the other request: asked one after the other, neither would ever come.
    let both = Arc::new(Barrier::new(2));
    let server = Server::new(move |_| {
        both.wait();
        Reply::status("200 OK", "", &profile())
    });
    let (one, two) = (server.url("/one"), server.url("/two"));
    let outcome = Podprof::new(["-top", &one, &two]).run();
    let expected = Podprof::new(["-top", PROFILE, PROFILE]).run();
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stdout == expected.stdout);
}

#[test]
fn a_fetched_binary_without_nameless_addresses_counts_as_named() {
    let server = Server::new(|_| Reply::status("200 OK", "", &profile()));
    let raw = |arguments: &[&str]| {
        let outcome = Podprof::new(arguments).run();
        String::from_utf8(outcome.stdout).expect("plain text")
    };
    let url = server.url("/x");
    let named = "[vdso]  [FN]\n";
    assert!(raw(&["-raw", &url]).contains(named));
    for arguments in [
        &["-raw", PROFILE][..],
        &["-raw", "-symbolize=none", &url],
        &["-raw", "-symbolize=local", &url],
    ] {
        let text = raw(arguments);
        assert!(text.contains("[vdso]") && !text.contains(named), "{text}");
    }
}

const NAMELESS: &str = "profiles/unsymbolized.pb.gz";

/// Serves a profile without names, and `reply` where names are asked for.
fn nameless(reply: Reply) -> Server {
    let profile = fs::read(data_dir().join(NAMELESS)).expect("a profile of ours");
    Server::new(move |path| match path.contains("symbol") {
        true => reply.clone(),
        false => Reply::status("200 OK", "", &profile),
    })
}

#[test]
fn a_server_is_asked_for_the_names_its_profile_lacks() {
    let answer = "num_symbols: 1\n0x400100 wait<int>(long)\n0x400120\tmain.work\n0x400140 main.work\n0x400160 cut";
    let server = nameless(Reply::status("200 OK", "", answer.as_bytes()));
    for (path, asked) in [
        ("/debug/pprof/goroutine?x=1", "/debug/pprof/symbol"),
        ("/a/pprof/heap", "/a/pprof/symbol"),
        ("/a%20b/c", "/a%20b/symbolz"),
    ] {
        let url = server.url(path);
        let outcome = Podprof::new(["-raw", &url]).run();
        let text = String::from_utf8(outcome.stdout).expect("plain text");
        for line in [
            "     1: 0x400100 M=1 wait :0:0 s=0(wait<int>(long))\n",
            "     3: 0x400140 M=1 main.work :0:0 s=0\n     4: 0x400160 M=1 \n",
            "1: 0x400000/0x500000/0x0   [FN]\n",
        ] {
            assert!(text.contains(line), "{text}");
        }
        let said = format!("Fetching profile over HTTP from {url}\n");
        assert_eq!(String::from_utf8_lossy(&outcome.stderr), said);
        let request = server.requests().pop().expect("it was asked");
        assert!(
            request.starts_with(&format!("POST {asked} HTTP/1.1\r\n")),
            "{request}"
        );
        assert!(
            request.ends_with("\r\n\r\n0x400100+0x400120+0x400140+0x400160"),
            "{request}"
        );
    }
}

#[test]
fn a_server_is_not_asked_where_that_is_not_wanted() {
    let server = nameless(Reply::status("200 OK", "", b""));
    for mode in [
        "-symbolize=none",
        "-symbolize=local",
        "-symbolize=fastlocal:force",
    ] {
        let outcome = Podprof::new(["-top", mode, &server.url("/x")]).run();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
    }
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn a_server_that_gives_no_names_costs_a_line_and_no_report() {
    let plain = Podprof::new(["-top", NAMELESS]).run().stdout;
    let long = vec![b'\n'; 1 << 20];
    for (reply, text) in [
        (
            Reply::status("405 Method Not Allowed", "", b""),
            "server response: 405 Method Not Allowed",
        ),
        (
            Reply::status("404 Not Found", GO_TEXT, b"Unknown profile\n"),
            "server response: 404 Not Found - Unknown profile",
        ),
        (
            Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n0x1 f\n"),
            "unexpected EOF",
        ),
        (Reply::raw("\x1b[31m"), "Post \"http://127.0.0.1:"),
        (
            Reply::status("200 OK", "", &long),
            "the answer is longer than 81920 bytes",
        ),
        (
            Reply::status("302 Found", "Location: /x/symbol\r\n", b""),
            "Post \"/x/symbol\": stopped after 10 redirects",
        ),
        (
            Reply::steps(vec![Step::Stall]),
            "net/http: timeout awaiting response headers",
        ),
    ] {
        let server = nameless(reply);
        let url = server.url("/debug/pprof/goroutine");
        let outcome = Podprof::new(["-top", "-timeout=1", &url]).run();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert!(outcome.stdout == plain, "{outcome:?}");
        let stderr = String::from_utf8(outcome.stderr).expect("plain text");
        let said = stderr.lines().nth(1).unwrap_or_default();
        let asked = format!("http post {}: ", server.url("/debug/pprof/symbol"));
        assert!(said.starts_with(&asked) && said.contains(text), "{said}");
        assert!(
            said.ends_with("; the functions at its addresses keep no names"),
            "{said}"
        );
        assert!(
            !said.contains('\x1b') && stderr.lines().count() == 2,
            "{stderr}"
        );
    }
}

#[test]
fn an_answer_without_sense_is_passed_over() {
    let plain = Podprof::new(["-top", NAMELESS]).run().stdout;
    let bytes: Vec<u8> = (0..60_000u32).map(|n| (n % 251) as u8).collect();
    for answer in [
        &b""[..],
        b"\n0x400100\0main\n",
        b"<html>0x</html>\n",
        &bytes,
    ] {
        let server = nameless(Reply::status("200 OK", "", answer));
        let outcome = Podprof::new(["-top", &server.url("/x")]).run();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert!(outcome.stdout == plain, "{outcome:?}");
    }
    let server = nameless(Reply::status(
        "200 OK",
        "",
        b"0x400100 f\n0x11111222223333344 g\n",
    ));
    let outcome = Podprof::new(["-top", &server.url("/x")]).run();
    assert!(outcome.stdout == plain, "{outcome:?}");
    let said = String::from_utf8_lossy(&outcome.stderr).into_owned();
    let text = "unexpected parse failure 0x11111222223333344: strconv.ParseUint: parsing \"0x11111222223333344\": value out of range; ";
    assert!(said.contains(text), "{said}");
}

#[test]
fn what_can_be_read_is_a_file_whatever_it_is() {
    let expected = top(PROFILE);
    for name in ["-", "/dev/stdin", "/proc/self/fd/0"] {
        let outcome = Podprof::new(["-top", name]).stdin(profile()).run();
        assert_eq!(outcome.code, Some(0), "{name}: {outcome:?}");
        assert!(outcome.stdout == expected.stdout, "{name}");
    }
    let folder = Folder::new("fifo");
    let fifo = folder.0.join("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(
        made.is_ok_and(|made| made.success()),
        "mkfifo is part of coreutils"
    );
    let writer = fifo.clone();
    thread::spawn(move || fs::write(writer, profile()));
    let outcome = top(&fifo.to_string_lossy());
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(outcome.stdout == expected.stdout);
}
