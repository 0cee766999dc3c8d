//! The ways to a server: headers, redirects, proxies, Unix sockets; and that no secret leaves them.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixListener;
use std::thread;

use crate::support::http::{Reply, Server};
use crate::support::run::{Outcome, Podprof, data_dir};
use crate::support::scratch::Scratch;

const PROFILE: &str = "profiles/cpu.pb.gz";
const TOKEN: &str = "s3cret";

fn whole() -> Reply {
    let body = fs::read(data_dir().join(PROFILE)).expect("a profile of ours");
    Reply::status("200 OK", "", &body)
}

fn stderr(outcome: &Outcome) -> String {
    String::from_utf8_lossy(&outcome.stderr).into_owned()
}

#[test]
fn headers_go_to_the_server_that_was_named_and_nowhere_else() {
    let other = Server::new(|_| whole());
    let elsewhere = other.url("/there");
    let server = Server::new(move |path| match path {
        "/near" => Reply::status("302 Found", "Location: /here\r\n", b""),
        "/far" => Reply::status("302 Found", &format!("Location: {elsewhere}\r\n"), b""),
        _ => whole(),
    });
    let folder = Scratch::new();
    let file = folder.holding("token", b"s3cret-1\n");
    let bearer = format!("Authorization: Bearer @{file}");
    let run = |path: &str| {
        let url = server.url(path);
        let arguments = [
            "-top",
            "-H",
            &bearer,
            "-H",
            "X-Scope: a b",
            "-H=X-Scope: c",
            &url,
        ];
        Podprof::new(arguments).run()
    };
    assert_eq!(run("/near").code, Some(0));
    fs::write(&file, "s3cret-2").expect("tokens rotate");
    assert_eq!(run("/far").code, Some(0));
    let requests = server.requests();
    let [near, here, far] = &requests[..] else {
        panic!("three requests: {requests:?}");
    };
    for (request, token) in [(near, "s3cret-1"), (here, "s3cret-1"), (far, "s3cret-2")] {
        assert!(
            request.contains(&format!("\r\nauthorization: Bearer {token}\r\n")),
            "{request}"
        );
        assert!(
            request.contains("\r\nx-scope: a b\r\nx-scope: c\r\n"),
            "{request}"
        );
    }
    let strange = other.requests().concat();
    assert!(
        !strange.contains(TOKEN) && !strange.contains("x-scope"),
        "{strange}"
    );
    fs::remove_file(&file).expect("it is there");
    let outcome = run("/near");
    let expected = format!("-H Authorization: {file}: no such file or directory\n");
    assert!(
        outcome.code == Some(2) && stderr(&outcome).contains(&expected),
        "{}",
        stderr(&outcome)
    );
    assert_eq!(
        server.requests().len(),
        3,
        "nothing is asked without its token"
    );
}

#[test]
fn no_secret_is_said_shown_or_written() {
    let nameless = fs::read(data_dir().join("profiles/unsymbolized.pb.gz")).expect("ours");
    let server = Server::new(move |path| match path {
        "/no" => Reply::status("401 Unauthorized", "", b""),
        "/cut" => Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n123"),
        "/page" => Reply::status("200 OK", "", b"<html>"),
        _ => Reply::status("200 OK", "", &nameless),
    });
    let folder = Scratch::new();
    let saved = folder.file("saved");
    let url = |path: &str| format!("http://ann:{TOKEN}@{}{path}", server.address);
    let header = format!("Cookie: session={TOKEN}");
    let partial = format!("-keep_partial={}", folder.path().display());
    let run = |arguments: &[&str]| {
        let arguments = [&["-H", &header, &partial], arguments].concat();
        let run = Podprof::new(arguments).env("PPROF_TMPDIR", &saved);
        run.env("HTTP_PROXY", format!("http://u:{TOKEN}@127.0.0.1:1"))
            .run()
    };
    let good = url("/debug/pprof/heap");
    let script = format!(
        "open {good}; profiles; raw; open {}; save {}",
        url("/no"),
        folder.file("copy")
    );
    for arguments in [
        &["-raw", &good][..],
        &["-json", "-top", &good],
        &["-top", &url("/no")],
        &["-top", &url("/cut")],
        &["-top", &url("/page")],
        &["-top", "http://orders.example/x"],
        &["-top", &url("/x y\u{7f}")],
        &["-top", &good, &url("/no")],
        &["-top", &format!("-base={}", url("/no")), &good],
        &["-c", &script, &good],
        &["-top", "-H", TOKEN, &good],
    ] {
        let outcome = run(arguments);
        let all = [outcome.stdout.clone(), outcome.stderr.clone()].concat();
        let all = String::from_utf8_lossy(&all);
        assert!(
            !all.contains(TOKEN) && !all.contains("YW5uOnMzY3JldA"),
            "{arguments:?}: {all}"
        );
    }
    let exported = run(&["-traces", &folder.file("copy")]);
    assert!(!stderr(&exported).contains(TOKEN));
    let mut folders = vec![folder.path().to_path_buf()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder").flatten() {
            assert!(!entry.file_name().to_string_lossy().contains(TOKEN));
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => {
                    files += 1;
                    let raw = Podprof::new(["-raw".as_ref(), path.as_os_str()]).run();
                    assert!(
                        !String::from_utf8_lossy(&raw.stdout).contains(TOKEN),
                        "{path:?}"
                    );
                }
            }
        }
    }
    assert!(files > 2, "copies were written");
}

#[test]
fn a_server_on_a_socket_is_asked_there() {
    let folder = Scratch::new();
    let socket = folder.file("app.sock");
    let listener = UnixListener::bind(&socket).expect("a socket");
    let (sender, requests) = std::sync::mpsc::channel();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let (mut request, mut byte) = (Vec::new(), [0]);
            while !request.ends_with(b"\r\n\r\n") && stream.read_exact(&mut byte).is_ok() {
                request.push(byte[0]);
            }
            let body = fs::read(data_dir().join(PROFILE)).expect("ours");
            let head = match request.starts_with(b"GET /moved") {
                true => "HTTP/1.1 302 Found\r\nLocation: http://localhost/heap\r\nContent-Length: 0\r\n\r\n".to_string(),
                false => format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()),
            };
            stream.write_all(head.as_bytes()).ok();
            stream.write_all(&body).ok();
            sender
                .send(String::from_utf8_lossy(&request).into_owned())
                .ok();
        }
    });
    let expected = Podprof::new(["-top", PROFILE]).run().stdout;
    for (path, asked) in [
        ("", &["/debug/pprof/profile"][..]),
        (":/debug/pprof/heap?gc=1", &["/debug/pprof/heap?gc=1"]),
        (":/moved", &["/moved", "/heap"]),
    ] {
        let name = format!("unix:{socket}{path}");
        let outcome = Podprof::new(["-top", &name]).run();
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        assert!(outcome.stdout == expected);
        for asked in asked {
            let request = requests.recv().expect("it was asked");
            assert!(
                request.starts_with(&format!("GET {asked} HTTP/1.1\r\n")),
                "{request}"
            );
            assert!(request.contains("\r\nhost: localhost\r\n"), "{request}");
        }
        let shown = if path.is_empty() {
            ":/debug/pprof/profile"
        } else {
            path
        };
        let fetching = format!("Fetching profile over HTTP from unix:{socket}{shown}\n");
        assert_eq!(stderr(&outcome), fetching);
    }
    let gone = format!("unix:{}:/x", folder.file("gone.sock"));
    let outcome = Podprof::new(["-top", &gone]).run();
    let expected = format!(
        "Get \"{gone}\": dial unix {}: connect: no such file or directory (",
        folder.file("gone.sock")
    );
    assert!(
        outcome.code == Some(2) && stderr(&outcome).contains(&expected),
        "{}",
        stderr(&outcome)
    );
}

#[test]
fn a_proxy_is_asked_for_other_machines_and_never_for_this_one() {
    let proxy = Server::new(|_| whole());
    let address = proxy.address;
    let set = format!("http://me:{TOKEN}@{address}");
    let run = |url: &str, none: &str| {
        let run = Podprof::new(["-top", url]).env("HTTP_PROXY", &set);
        run.env("HTTPS_PROXY", &set).env("NO_PROXY", none).run()
    };
    let url = "http://orders.example:8080/debug/pprof/heap?gc=1";
    assert_eq!(run(url, "other.example").code, Some(0));
    let requests = proxy.requests();
    let [request] = &requests[..] else {
        panic!("one request: {requests:?}");
    };
    assert!(
        request.starts_with(&format!("GET {url} HTTP/1.1\r\n")),
        "{request}"
    );
    assert!(
        request.contains("\r\nhost: orders.example:8080\r\n"),
        "{request}"
    );
    // base64 of me:s3cret
    assert!(
        request.contains("\r\nproxy-authorization: Basic bWU6czNjcmV0\r\n"),
        "{request}"
    );
    let local = Server::new(|_| whole());
    assert_eq!(run(&local.url("/x"), "").code, Some(0));
    let direct = run("http://127.0.0.1:1/x", "");
    assert!(
        stderr(&direct).contains("dial tcp 127.0.0.1:1: connect"),
        "{}",
        stderr(&direct)
    );
    assert_eq!(run("http://orders.example/x", ".example").code, Some(2));
    assert_eq!(
        proxy.requests().len(),
        1,
        "for this machine and for NO_PROXY nothing is asked"
    );
    assert!(!local.requests()[0].to_lowercase().contains("proxy"));
    let gone = Podprof::new(["-top", url])
        .env("http_proxy", "127.0.0.1:1")
        .run();
    let expected = "proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused";
    assert!(stderr(&gone).contains(expected), "{}", stderr(&gone));
    let socks = Podprof::new(["-top", url])
        .env("HTTP_PROXY", format!("socks5://a:{TOKEN}@h:1"))
        .run();
    assert!(
        stderr(&socks).contains("podprof knows http:// proxies only"),
        "{}",
        stderr(&socks)
    );
    assert!(!stderr(&socks).contains(TOKEN));
}
