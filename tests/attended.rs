//! Live processes asked by somebody at a terminal: what is asked back, what is watched, and how it is ended.

use std::time::{Duration, Instant};

use crate::live::{HTML, PAGE, answer};
use crate::support::http::{Reply, Server, Step};
use crate::support::proc::Proc;
use crate::support::pty::{OnTerminal, Terminal};
use crate::support::run::send;

/// The prompt, connected to this server, its greeting read.
fn connected(server: &Server) -> Terminal {
    let address = server.address.to_string();
    let mut terminal = OnTerminal::new(&["-color=never", &address]).start();
    terminal.prompt();
    terminal
}

fn leave(mut terminal: Terminal) -> String {
    terminal.type_keys("\x04");
    let (drawn, code) = terminal.end();
    assert_eq!(code, Some(0), "{drawn}");
    drawn
}

/// What was asked for beyond the page, the heap and the goroutines, which the greeting takes.
fn asked(server: &Server) -> Vec<String> {
    let requests = server.requests();
    let paths = requests.iter().filter_map(|head| head.split(' ').nth(1));
    let paths = paths.map(|path| path.trim_start_matches("/debug/pprof/").to_string());
    paths
        .filter(|path| path.contains("seconds") || path.contains("debug=2"))
        .collect()
}

#[test]
fn a_steep_price_is_paid_after_a_yes_alone() {
    let page = PAGE.replace("<td>54<", "<td>10001<");
    let server = Server::new(move |path| match path {
        "/debug/pprof/" => Reply::status("200 OK", HTML, page.as_bytes()),
        _ => answer(path),
    });
    let mut terminal = connected(&server);
    for key in ["n", "\r", " ", "\x1b"] {
        terminal.type_keys("fetch goroutine debug=2\r");
        terminal.see("10,001 goroutines: debug=2 stops the process for 300ms to 500ms");
        terminal.see("Take it all the same? [y/N] ");
        terminal.type_keys(key);
        terminal.see("no\r\n");
        terminal.see("not taken: -force does it");
        terminal.prompt();
    }
    assert_eq!(asked(&server), [""; 0], "nothing of it was asked for");
    terminal.type_keys("fetch goroutine debug=2\r");
    terminal.see("[y/N] ");
    terminal.type_keys("y");
    terminal.see("yes\r\n");
    terminal.see("Showing goroutine#2: ");
    terminal.prompt();
    assert_eq!(asked(&server), ["goroutine?debug=2"]);
    leave(terminal);
}

#[test]
fn a_report_takes_the_place_of_the_progress() {
    let server = Server::new(answer);
    let address = server.address.to_string();
    let arguments = ["-triage", "-budget=3s", "-color=never", &address];
    let (drawn, code) = OnTerminal::new(&arguments).start().end();
    let report = format!("http://{address}/debug/pprof/: ");
    let (waited, _) = drawn.split_once(&report).expect("what was looked at");
    assert!(
        waited.contains(" of "),
        "it showed its progress: {waited:?}"
    );
    assert!(waited.ends_with("\r\x1b[K"), "{waited:?}, {code:?}");
}

#[test]
fn every_ends_with_a_key() {
    let server = Server::new(answer);
    let mut terminal = connected(&server);
    for key in [" ", "q", "\r", "\x03"] {
        terminal.type_keys("every 1s top 1\r");
        terminal.see("Showing top 1 nodes");
        terminal.see("(again every 1s; any key stops)");
        terminal.see("Showing top 1 nodes");
        terminal.type_keys(key);
        terminal.prompt();
    }
    let all = server.requests().len();
    std::thread::sleep(Duration::from_millis(1300));
    assert_eq!(server.requests().len(), all, "it has ended");
    terminal.type_keys("top 1\r");
    terminal.see("Showing top 1 nodes");
    terminal.prompt();
    leave(terminal);
}

#[test]
fn a_timed_fetch_has_a_bar_that_is_gone_when_it_is_done() {
    let server = Server::new(|path| match path {
        "/debug/pprof/profile?seconds=2" => {
            let mut reply = answer("/debug/pprof/heap");
            reply.steps.insert(0, Step::Pause(Duration::from_secs(2)));
            reply
        }
        _ => answer(path),
    });
    let mut terminal = connected(&server);
    terminal.type_keys("fetch profile 2\r");
    terminal.see("the CPU is sampled for 2s");
    terminal.see("\r\x1b[K[");
    terminal.see(" 1 of 2 s");
    let rest = terminal.see("Showing cpu: ");
    assert!(rest.ends_with("\r\x1b[K"), "{rest:?}");
    terminal.prompt();
    leave(terminal);
}

#[test]
fn ctrl_c_cancels_a_fetch_and_what_was_there_lives_on() {
    let server = Server::new(|path| match path.contains("seconds=") {
        true => Reply::steps(vec![Step::Stall]),
        false => answer(path),
    });
    let mut terminal = connected(&server);
    for (number, line) in [
        "fetch profile 30",
        "grow mutex 30s",
        "fetch trace 30 >/nonexistent/t",
    ]
    .iter()
    .enumerate()
    {
        terminal.type_keys(&format!("{line}\r"));
        terminal.see(" 0 of 30 s");
        terminal.type_keys("\x03");
        terminal.see("cancelled: the connection is closed, so the server stops too\r\n");
        let after = terminal.prompt();
        assert!(!after.contains("Showing"), "{after:?}");
        let begun = Instant::now();
        while server.hung_up() <= number && begun.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(server.hung_up(), number + 1, "the server is told: {line}");
    }
    terminal.type_keys("profiles\r");
    terminal.see("  current  goroutine");
    terminal.type_keys("top 1\r");
    terminal.see("Showing top 1 nodes");
    terminal.prompt();
    leave(terminal);
}

#[test]
fn strangers_are_asked_after_a_yes_alone() {
    let stranger = Server::new(answer);
    let mut proc = Proc::new();
    proc.listener(stranger.address.port());
    let start = || OnTerminal::new(&["-color=never", &proc.flag()]).start();
    let mut terminal = start();
    terminal.see(&format!(
        "Other listeners, not asked (-probe or target probe asks each once):\r\n  {}\r\n",
        stranger.address
    ));
    terminal.see("Ask each of these 1 once for /debug/pprof/? [y/N] ");
    terminal.type_keys("n");
    terminal.see("no live Go process serves profiles here");
    assert_eq!(terminal.end().1, Some(2));
    assert_eq!(stranger.requests(), [""; 0]);
    let mut terminal = start();
    terminal.see("[y/N] ");
    terminal.type_keys("y");
    terminal.see(&format!(
        "Other listeners, each asked once:\r\n  {}\r\n",
        stranger.address
    ));
    terminal.see(&format!("http://{}/debug/pprof/\r\n", stranger.address));
    terminal.prompt();
    leave(terminal);
    let asked = stranger.requests();
    assert!(asked[0].starts_with("GET /debug/pprof/ "), "{asked:?}");
    let before = asked.len();
    let piped = proc.podprof(&[]).stdin("y\n").run();
    assert_eq!(
        (piped.code, stranger.requests().len()),
        (Some(2), before),
        "a script is not asked"
    );
    assert!(!String::from_utf8_lossy(&piped.stderr).contains("[y/N]"));
}

#[test]
fn what_the_process_offers_is_completed() {
    let server = Server::new(answer);
    let mut terminal = connected(&server);
    terminal.type_keys("fetch gor\t");
    terminal.see("goroutine");
    terminal.type_keys(" debug=1\r");
    terminal.see("Showing goroutine#2: ");
    terminal.prompt();
    leave(terminal);
}

#[test]
fn a_signal_amid_a_question_or_a_wait_leaves_the_terminal_in_order() {
    let page = PAGE.replace("<td>54<", "<td>10001<");
    let server = Server::new(move |path| match path {
        "/debug/pprof/" => Reply::status("200 OK", HTML, page.as_bytes()),
        _ => answer(path),
    });
    let line = format!(
        "sh -c 'echo pid=$$.; exec \"$PODPROF\" {}'; echo left.; read line",
        server.address
    );
    for (typed, waits) in [
        ("fetch goroutine debug=2\r", "[y/N] "),
        ("every 60s top 1\r", "any key stops"),
        ("", "(pprof) "),
    ] {
        let mut terminal = OnTerminal::shell(&line).start();
        terminal.see("pid=");
        let pid = terminal.see(".");
        terminal.prompt();
        terminal.type_keys(typed);
        if !typed.is_empty() {
            terminal.see(waits);
        }
        send("-TERM", &pid);
        let before = terminal.see("left.");
        assert!(terminal.is_cooked(), "{typed}: {before:?}");
        terminal.type_keys("\n").end();
    }
}
