//! Connections that break: at any byte, in any framing, or never.
//!
//! A profile that did not come whole is never taken for one that did. Where nothing but the closed connection ends a
//! body and nothing in it says how much there is, it is kept, with a line that says so.

use std::fs;
use std::time::Duration;

use crate::support::http::{Reply, Server, Step};
use crate::support::run::{Outcome, Podprof, data_dir};
use crate::support::scratch::Scratch;

/// One of each kind: gzipped, not gzipped, text with a total, text without.
const BODIES: [&str; 7] = [
    "heap.pb.gz",
    "goroutine.pb.gz",
    "tiny.pb",
    "debug1/go1.27/goroutine.txt",
    "debug1/go1.27/heap.txt",
    "debug1/go1.27/mutex.txt",
    "debug1/go1.27/block.txt",
];
const DOUBT: &str = "nothing but the closed connection ends this profile: it may be cut";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Framing {
    Length,
    Chunks,
    Close,
}

fn body(name: &str) -> Vec<u8> {
    fs::read(data_dir().join("profiles").join(name)).expect("a profile of ours")
}

/// The whole reply, head and all.
fn reply(body: &[u8], framing: Framing) -> Vec<u8> {
    let reply = match framing {
        Framing::Length => Reply::status("200 OK", "", body),
        Framing::Chunks => Reply::chunked(body, 1 + body.len() / 5),
        Framing::Close => Reply::raw([b"HTTP/1.1 200 OK\r\n\r\n", body].concat()),
    };
    match reply.steps.as_slice() {
        [Step::Send(bytes)] => bytes.clone(),
        other => panic!("one piece was expected: {other:?}"),
    }
}

fn fetch(reply: Reply, arguments: &[&str]) -> Outcome {
    let server = Server::new(move |_| reply.clone());
    let url = server.url("/debug/pprof/x");
    let arguments = [
        &["-raw", "-symbolize=none", "-timeout=1"],
        arguments,
        &[&url],
    ]
    .concat();
    Podprof::new(arguments).run()
}

fn said(outcome: &Outcome) -> String {
    String::from_utf8_lossy(&outcome.stderr).into_owned()
}

/// xorshift: the same numbers on every machine.
fn random(seed: &mut u64) -> usize {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    usize::try_from(*seed >> 33).expect("31 bits")
}

#[test]
fn two_hundred_cuts_and_no_wrong_profile() {
    let mut seed = 0x9e37_79b9_7f4a_7c15;
    let mut outcomes = [0; 3];
    for round in 0..200 {
        let name = BODIES[round % BODIES.len()];
        let framing = [Framing::Length, Framing::Chunks, Framing::Close][random(&mut seed) % 3];
        let body = body(name);
        let whole = reply(&body, framing);
        let end = random(&mut seed) % whole.len();
        let mut cut = Reply::raw(&whole[..end]);
        cut.reset = random(&mut seed).is_multiple_of(4);
        let outcome = fetch(cut, &[]);
        let case = format!(
            "round {round}: {name}, {framing:?}, {end} of {}: {}",
            whole.len(),
            said(&outcome)
        );
        match outcome.code {
            Some(2) => {
                assert!(outcome.stdout.is_empty(), "{case}");
                assert!(!said(&outcome).contains("panicked"), "{case}");
                outcomes[0] += 1;
            }
            Some(0) if said(&outcome).contains(DOUBT) => {
                assert_eq!(framing, Framing::Close, "{case}");
                assert!(!name.ends_with(".gz"), "{case}");
                outcomes[1] += 1;
            }
            Some(0) => {
                // Nothing of the profile itself was cut off.
                let complete = fetch(Reply::raw(whole), &[]);
                assert!(outcome.stdout == complete.stdout, "{case}");
                outcomes[2] += 1;
            }
            other => panic!("{other:?}: {case}"),
        }
    }
    assert!(outcomes[0] > 100 && outcomes[1] > 3, "{outcomes:?}");
}

#[test]
fn what_only_the_connection_ends_is_doubted_unless_it_vouches_for_itself() {
    for (name, doubted) in BODIES
        .iter()
        .zip([false, false, true, false, false, true, true])
    {
        let body = body(name);
        for framing in [Framing::Length, Framing::Chunks, Framing::Close] {
            let outcome = fetch(Reply::raw(reply(&body, framing)), &[]);
            assert_eq!(outcome.code, Some(0), "{name}: {outcome:?}");
            let doubt = doubted && framing == Framing::Close;
            assert_eq!(
                said(&outcome).contains(DOUBT),
                doubt,
                "{name}: {}",
                said(&outcome)
            );
        }
    }
}

#[test]
fn a_total_that_does_not_come_is_an_error_or_said() {
    let text = body("debug1/go1.27/goroutine.txt");
    let text = String::from_utf8(text).expect("text");
    let end = text.rfind("\n\n").expect("groups");
    let end = text[..end].rfind("\n\n").expect("two groups") + 2;
    let cut = &text.as_bytes()[..end];
    let closed = fetch(Reply::raw(reply(cut, Framing::Close)), &[]);
    assert_eq!(closed.code, Some(2));
    let expected = ": unexpected EOF (the server closed the connection: it announces ";
    assert!(said(&closed).contains(expected), "{}", said(&closed));
    // The length of the server lies, or the text does.
    let framed = fetch(Reply::raw(reply(cut, Framing::Length)), &[]);
    assert_eq!(framed.code, Some(0));
    let expected = ": the server sent less than a whole profile: it announces ";
    assert!(said(&framed).contains(expected), "{}", said(&framed));
}

#[test]
fn what_never_ends_is_given_up() {
    let head = "HTTP/1.1 200 OK\r\n";
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
    let plain = format!("{head}\r\n").into_bytes();
    let row = b"goroutine profile: total 5\n1 @ 0x1 0x2 0x3\n".to_vec();
    let endless = |head: &[u8], again: &[u8]| {
        Reply::steps(vec![
            Step::Send(head.to_vec()),
            Step::Endless(again.to_vec()),
        ])
    };
    let text = [
        b"200\r\n",
        b"1 @ 0x1 0x2 0x3\n".repeat(32).as_slice(),
        b"\r\n",
    ]
    .concat();
    for (reply, expected) in [
        (
            endless(
                &[plain.clone(), row].concat(),
                &b"1 @ 0x1 0x2 0x3\n".repeat(100),
            ),
            "-mem raises that",
        ),
        (
            endless(
                &[
                    chunked.as_slice(),
                    b"200\r\ngoroutine profile: total 5\n",
                    &b"1 @ 0x1\n".repeat(53),
                    b"1 @ 0x1 \n",
                    b"\r\n",
                ]
                .concat(),
                &text,
            ),
            "",
        ),
        (endless(&plain, &[0; 4096]), "the body does not end: "),
    ] {
        let outcome = fetch(reply, &["-max_mem=2m"]);
        assert_eq!(outcome.code, Some(2), "{}", said(&outcome));
        assert!(said(&outcome).contains(expected), "{}", said(&outcome));
    }
    let head = format!("{head}Content-Length: 5000\r\n\r\n").into_bytes();
    let drip = Step::Drip(body("heap.pb.gz"), Duration::from_millis(500));
    let outcome = fetch(Reply::steps(vec![Step::Send(head), drip]), &[]);
    let expected = "/x: the server is too slow: ";
    assert!(
        outcome.code == Some(2) && said(&outcome).contains(expected),
        "{}",
        said(&outcome)
    );
}

#[test]
fn what_did_arrive_is_kept_where_that_is_asked_for() {
    let folder = Scratch::new();
    let flag = format!("-keep_partial={}", folder.path().display());
    let body = body("heap.pb.gz");
    let names = || {
        let entries = fs::read_dir(folder.path()).expect("the folder");
        entries.flatten().count()
    };
    let whole = fetch(Reply::raw(reply(&body, Framing::Chunks)), &[&flag]);
    assert_eq!(
        (whole.code, names()),
        (Some(0), 0),
        "a whole profile is not kept"
    );
    let page = fetch(
        Reply::status("200 OK", "", b"<html><title>x</title>"),
        &[&flag],
    );
    assert_eq!(
        (page.code, names()),
        (Some(2), 0),
        "a page is no part of a profile"
    );
    let length = Reply::status("200 OK", "", &body);
    let [Step::Send(bytes)] = &length.steps[..] else {
        panic!("one piece");
    };
    for (number, cut) in [(1, 9000), (2, body.len() - 1)] {
        let end = bytes.len() - body.len() + cut;
        let outcome = fetch(Reply::raw(&bytes[..end]), &[&flag]);
        assert_eq!(outcome.code, Some(2));
        let file = folder.path().join(format!("partial.x.{number:03}"));
        let expected = format!("/x: Kept the {cut} bytes that came in {}\n", file.display());
        assert!(said(&outcome).contains(&expected), "{}", said(&outcome));
        assert!(fs::read(&file).expect("what was kept") == body[..cut]);
    }
    let outcome = fetch(Reply::raw(&bytes[..bytes.len() - 1]), &[]);
    assert_eq!(
        (outcome.code, names()),
        (Some(2), 2),
        "only where it is asked for"
    );
}

#[test]
fn a_length_that_contradicts_itself_is_no_profile() {
    let body = body("tiny.pb");
    let size = body.len();
    for head in [
        format!("Content-Length: {size}\r\nContent-Length: {}\r\n", size - 1),
        format!("Content-Length: -{size}\r\n"),
        format!("Content-Length: {size}0000000000000000000000\r\n"),
    ] {
        let bytes = [format!("HTTP/1.1 200 OK\r\n{head}\r\n").as_bytes(), &body].concat();
        let outcome = fetch(Reply::raw(bytes), &[]);
        assert_eq!(outcome.code, Some(2), "{head}: {}", said(&outcome));
    }
}
