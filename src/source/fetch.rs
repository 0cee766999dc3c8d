//! Profiles from a server: what is asked, where the reply leads to, and what is made of a refusal.
//!
//! Redirects are followed here: what the user gave to tell who asks, password, headers and certificate,
//! goes to the host it was given for and to no other.

use std::io::Read;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::body::{Body, Origin};
use super::http::{self, Answer};
use super::reply::{self, Head};
use super::stream::Route;
use super::url::{self, Url, Wanted};
use super::watch::Watch;
use super::ways::Ways;
use super::wire::{Shared, Wire, lock};
use super::{FetchOptions, Glance, Opened, RemoteOrigin};
use crate::error::{Error, Result, Warning};
use crate::go::fmt;
use crate::interrupt;

/// As many as Go's client follows.
const MAX_REDIRECTS: usize = 10;

/// Asks for the profile and hands out the body of the reply (pprof-behaviour 1.8).
pub(super) fn fetch(
    name: &str,
    wanted: Wanted,
    options: &FetchOptions,
    notes: &mut dyn FnMut(Warning),
) -> Result<Opened> {
    let shown = wanted.url.masked();
    let name = wanted.url.hide_password(name);
    let waits = url::nanoseconds(options.seconds);
    notes(Warning::Note(format!(
        "Fetching profile over HTTP from {shown}"
    )));
    if waits > 0 {
        notes(Warning::Note(format!(
            "Please wait... ({})",
            fmt::duration(waits)
        )));
    }
    let watch = Watch::new(wanted.timeout, wanted.recording, options.progress.clone());
    let wire = Arc::new(Mutex::new(Wire::new(watch)));
    let failed = |text: String| match interrupt::check() {
        Ok(()) => Error::source(format!("{name}: {text}")),
        Err(stopped) => stopped,
    };
    let asked = wanted.url.clone();
    let refused = wanted.recording;
    let mut wanted = wanted;
    let (url, head, mut body) = loop {
        let ways = (&*options.ways, &wire);
        let (url, head, answer) = follow(wanted.url.clone(), None, ways).map_err(failed)?;
        let mut body = Body::new(Origin::Server(answer));
        if head.code == 200 {
            let folder = options.keep_partial.as_deref();
            let body = body.copied(folder, url.kind().as_bytes()).map_err(failed)?;
            break (url, head, body);
        }
        // A body that fails says as little as none.
        let said = body.look(reply::LOOKED_AT, |_| false).unwrap_or_default();
        wanted = match wanted.shorter().filter(|_| head.wants_less_time(said)) {
            Some(shorter) => shorter,
            None => return Err(failed(head.refusal(&url.path, said))),
        };
        lock(&wire).watch.records_for(wanted.recording);
    };
    if wanted.recording != refused {
        let recorded = fmt::duration(wanted.recording);
        let refused = match refused {
            nanos if nanos > 0 => fmt::duration(nanos),
            _ => "that".to_string(), // the server's own choice
        };
        notes(Warning::Note(format!(
            "the server's WriteTimeout is too short for {refused}: it recorded {recorded}"
        )));
    }
    let page = body
        .look(reply::LOOKED_AT, cannot_be_a_page)
        .map(|start| reply::page(&url.path, start, &head.content_type));
    match page {
        Ok(None) => {}
        Ok(Some(text)) => return Err(failed(text)),
        Err(error) => {
            if let Some(said) = body.keep() {
                notes(Warning::Note(format!("{name}: {said}")));
            }
            return Err(failed(error.to_string()));
        }
    }
    Ok(Opened {
        name: name.clone(),
        body,
        remote: Some(RemoteOrigin {
            gzip_encoded: head.gzip_encoded,
            url: asked,
        }),
    })
}

/// Posts `question` and hands out the body of the reply, which must not exceed `limit` bytes (pprof-behaviour 1.9).
pub(super) fn ask(
    url: Url,
    question: &[u8],
    limit: u64,
    options: &FetchOptions,
) -> Result<Vec<u8>> {
    let shown = url.masked();
    let timeout = url::patience(options.timeout, 0);
    let watch = Watch::new(timeout, 0, options.progress.clone());
    let wire = Arc::new(Mutex::new(Wire::new(watch)));
    let failed = |text: String| match interrupt::check() {
        Ok(()) => Error::source(format!("http post {shown}: {text}")),
        Err(stopped) => stopped,
    };
    let (url, head, answer) =
        follow(url, Some(question), (&options.ways, &wire)).map_err(failed)?;
    let mut body = Body::new(Origin::Server(answer));
    if head.code != 200 {
        let said = body.look(reply::LOOKED_AT, |_| false).unwrap_or_default();
        return Err(failed(head.refusal(&url.path, said)));
    }
    let mut bytes = Vec::new();
    let read = body.by_ref().take(limit + 1).read_to_end(&mut bytes);
    match read {
        Err(error) => Err(failed(
            body.failure().map_or(error.to_string(), str::to_string),
        )),
        Ok(_) if bytes.len() as u64 > limit => {
            let text = format!("the answer is longer than {limit} bytes");
            Err(failed(text))
        }
        Ok(_) => Ok(bytes),
    }
}

/// Asks once, and is sent nowhere else; at most `most` bytes of what comes within `limit`.
pub(super) fn glance(
    url: &Url,
    limit: Duration,
    most: usize,
    ways: &Ways,
) -> std::result::Result<Glance, String> {
    let wire = Arc::new(Mutex::new(Wire::new(Watch::brief(limit))));
    let route = Route::new(url, ways, true)?;
    let (head, answer) = http::exchange(&route, None, &wire)?;
    let mut body = Body::new(Origin::Server(answer));
    // What breaks off says as much as it says.
    let said = body.look(most, |_| lock(&wire).watch.is_late());
    let body = said.unwrap_or_default().to_vec();
    let redirect = head.redirect().and_then(url::parse);
    Ok(Glance {
        code: head.code,
        go_pprof: head.go_pprof,
        redirect: redirect.map(|reference| url.resolve(&reference).text()),
        body,
    })
}

/// Whether what begins so need not be looked at any longer.
fn cannot_be_a_page(start: &[u8]) -> bool {
    !matches!(start.trim_ascii_start().first(), None | Some(b'<' | 0xef))
}

/// Asks, and asks again where the reply says so; the error is all that Go's client says.
fn follow(
    mut url: Url,
    mut question: Option<&[u8]>,
    (ways, wire): (&Ways, &Shared),
) -> std::result::Result<(Url, Head, Answer), String> {
    let first = url.clone();
    let verb = question.map_or("Get", |_| "Post");
    let not_got = |url: &str, text: &str| format!("{verb} {}: {text}", fmt::quote(url.as_bytes()));
    let mut led_to = String::new();
    for _ in 0..MAX_REDIRECTS {
        let failed = |text: String| not_got(&url.shown_in_errors(), &text);
        let route = Route::new(&url, ways, url.is_beside(&first)).map_err(failed)?;
        let (head, body) = http::exchange(&route, question, wire).map_err(failed)?;
        let Some(location) = head.redirect() else {
            return Ok((url, head, body));
        };
        // As Go: only these two take the question along.
        question = question.filter(|_| matches!(head.code, 307 | 308));
        let Some(reference) = url::parse(location) else {
            let location = fmt::quote(reply::one_line(location).as_bytes());
            return Err(failed(format!(
                "failed to parse Location header {location}"
            )));
        };
        led_to = reference.masked();
        url = url.resolve(&reference);
    }
    let text = format!("stopped after {MAX_REDIRECTS} redirects");
    Err(not_got(&led_to, &text))
}

#[cfg(test)]
#[path = "../../tests/support/http.rs"]
#[allow(dead_code, reason = "tests/fetch.rs uses the rest")]
mod server;

#[cfg(test)]
mod tests {
    use super::server::{Reply, Server, Step};
    use super::*;
    use std::time::Duration;

    fn get(url: &str) -> std::result::Result<Vec<u8>, String> {
        get_with(url, &FetchOptions::default(), &mut Vec::new())
    }

    fn get_with(
        url: &str,
        options: &FetchOptions,
        notes: &mut Vec<Warning>,
    ) -> std::result::Result<Vec<u8>, String> {
        let mut note = |warning| notes.push(warning);
        let opened = super::super::open(url.as_ref(), options, &mut note);
        let mut opened = opened.map_err(|error| error.to_string())?;
        let mut body = Vec::new();
        let read = opened.body.read_to_end(&mut body);
        read.map_err(|error| format!("{}: {error}", opened.name))?;
        Ok(body)
    }

    fn serving(reply: Reply) -> Server {
        Server::new(move |_| reply.clone())
    }

    #[test]
    fn a_body_comes_whole_however_it_is_sent() {
        let body: Vec<u8> = (0..200_000u32).map(|n| (n % 251) as u8).collect();
        let head = b"HTTP/1.1 200 OK\r\nX: y\r\n\r\n".to_vec();
        let close_delimited = Reply::raw([head.clone(), body.clone()].concat());
        for reply in [
            Reply::status("200 OK", "", &body),
            Reply::chunked(&body, 1),
            Reply::chunked(&body, 70_001),
            close_delimited,
        ] {
            assert!(get(&serving(reply).url("/x")).unwrap() == body);
        }
        let slowly = Reply::steps(vec![Step::Dribble([head, body[..300].to_vec()].concat())]);
        assert!(get(&serving(slowly).url("/x")).unwrap() == body[..300]);
    }

    #[test]
    fn a_cut_body_is_never_taken_for_a_whole_one() {
        let whole = Reply::chunked(b"0123456789abcdef", 7);
        let Step::Send(chunked) = &whole.steps[0] else {
            panic!("a chunked reply is sent in one piece");
        };
        // Without the last blank line the body is whole all the same: its last chunk said so.
        for end in 0..chunked.len() - 2 {
            let got = get(&serving(Reply::raw(&chunked[..end])).url("/x"));
            assert!(got.is_err(), "cut after {end} bytes: {got:?}");
        }
        let long = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12345678";
        let text = get(&serving(Reply::raw(long)).url("/x")).unwrap_err();
        assert!(
            text.ends_with(
                "/x: unexpected EOF (the server closed the connection after 8 of 9 bytes)"
            ),
            "{text}"
        );
    }

    #[test]
    fn a_reset_is_no_end_of_a_body_without_length() {
        let start = Step::Send(b"HTTP/1.1 200 OK\r\n\r\n12345678".to_vec());
        let reply = Reply::steps(vec![start, Step::Pause(Duration::from_millis(300))]).then_reset();
        let text = get(&serving(reply).url("/x")).unwrap_err();
        assert!(text.contains("/x: read tcp 127.0.0.1:"), "{text}");
        assert!(text.ends_with(": read: connection reset by peer"), "{text}");
    }

    #[test]
    fn an_error_of_a_body_stays_an_error() {
        let server = serving(Reply::raw("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12"));
        let opened = super::super::open(
            server.url("/x").as_ref(),
            &FetchOptions::default(),
            &mut |_| (),
        );
        let mut body = opened.unwrap().body;
        let mut read = Vec::new();
        for _ in 0..3 {
            body.read_to_end(&mut read).unwrap_err();
        }
        assert_eq!(read, b"12");
    }

    #[test]
    fn no_head_of_a_reply_makes_it_panic() {
        let whole = b"HTTP/1.1 302 Found\r\nLocation: /x?y\r\nTransfer-Encoding: chunked\r\nContent-Type: text/html\r\n\
                      X-Go-Pprof: 1\r\nContent-Length: 30\r\n\r\n5\r\nabcde\r\n0\r\nT: x\r\n\r\n";
        let mut seed = 7u64;
        let server = Server::new(move |path| {
            let number: u64 = path[1..].parse().unwrap_or(0);
            let mut bytes = whole.to_vec();
            let mut random = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bf0_3635;
            for _ in 0..3 {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                let at = random as usize % bytes.len();
                bytes[at] = (random >> 32) as u8;
            }
            Reply::raw(bytes)
        });
        for _ in 0..400 {
            seed += 1;
            if let Err(text) = get(&server.url(&format!("/{seed}"))) {
                assert!(!text.contains('\n') && text.len() < 2000, "{text}");
            }
        }
    }
}
