//! Runs every command that README.md, docs/ and the man page show, and compares what it prints: docs cannot lie.
//!
//! `make docs` writes into the pages what their commands print now; read the diff before you believe it.
//! Which blocks count is told in docs/page.rs; architecture.md, performance.md and spec/ show no commands to operators.

mod figures;
mod page;
mod stage;
mod translation;

use std::fmt::Write as _;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::thread;

use crate::support::diff::unified;
use page::{Example, Page};
use stage::Stage;

/// Pages for those who change podprof: their figures and commands are measured elsewhere.
const FOR_DEVELOPERS: [&str; 2] = ["docs/architecture.md", "docs/performance.md"];

/// README.md in Chinese: its commands are those of README.md, which translation.rs sees to.
const TRANSLATION: &str = "docs/README.zh-CN.md";

/// The man page, and what lies where its examples run.
const MANUAL: &str = "docs/podprof.1";
const OF_MANUAL: &str = "cpu.pb.gz=tests/data/incidents/cpu/served/cpu.pb.gz \
    heap.pb.gz=tests/data/incidents/growth/served/heap.pb.gz huge.pb.gz=tests/data/profiles/wide.pb.gz \
    mutex.pb.gz=tests/data/incidents/locks/served/mutex.pb.gz \
    old.pb.gz=tests/data/incidents/growth/early.pb.gz \
    new.pb.gz=tests/data/incidents/growth/served/heap.pb.gz ca.crt=tests/data/tls/ca.pem \
    me.crt=tests/data/tls/client.pem me.key=tests/data/tls/client.key \
    :6060=tests/data/incidents/leak/served";

fn top() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every page for operators, sorted by path.
fn pages() -> Vec<Page> {
    let mut names = vec!["README.md".to_string()];
    for folder in ["docs", "docs/runbooks"] {
        let entries = fs::read_dir(top().join(folder))
            .into_iter()
            .flatten()
            .flatten();
        let files = entries.map(|entry| format!("{folder}/{}", entry.file_name().display()));
        names.extend(files.filter(|name| name.ends_with(".md")));
    }
    names.retain(|name| !FOR_DEVELOPERS.contains(&name.as_str()));
    names.sort();
    names.iter().map(|name| Page::read(&top(), name)).collect()
}

#[test]
fn every_command_of_a_page_prints_what_the_page_says() {
    let mut complaints = String::new();
    let pages = pages();
    let pages: Vec<&Page> = pages
        .iter()
        .filter(|page| page.name != TRANSLATION)
        .collect();
    // All at once, as most of the time podprof waits.
    let said: Vec<_> = thread::scope(|scope| {
        let replays = pages.iter().map(|page| scope.spawn(|| replay(page)));
        let replays: Vec<_> = replays.collect();
        let said = replays.into_iter().map(|replay| replay.join());
        said.map(|said| said.expect("a page is replayed")).collect()
    });
    for (page, said) in pages.into_iter().zip(said) {
        if is_writing() {
            write(&page.name, &rewritten(page, &said));
        }
        for (example, (printed, code)) in page.examples.iter().zip(&said) {
            let place = format!("{}:{}: {}", page.name, example.line, example.command);
            if !example.is_fine(*code) {
                writeln!(complaints, "{place}\nexit code {code:?}\n{printed}").ok();
            } else if !is_writing() && !agrees(page, example, printed) {
                let difference = unified(shown(page, example).as_bytes(), printed.as_bytes());
                writeln!(complaints, "{place}\n{difference}").ok();
            }
        }
    }
    if is_writing() {
        let read = |name: &str| fs::read_to_string(top().join(name)).expect("a README");
        let translated = translation::renewed(&read("README.md"), &read(TRANSLATION));
        write(TRANSLATION, &translated);
    }
    assert!(
        complaints.is_empty(),
        "the docs lie, or `make docs` is due:\n{complaints}"
    );
}

/// Whether the pages are to be brought up to date, instead of judged.
fn is_writing() -> bool {
    std::env::var("PODPROF_DOCS").is_ok_and(|value| value == "write")
}

fn write(name: &str, text: &str) {
    fs::write(top().join(name), text).expect("a page can be written");
}

#[test]
fn every_example_of_the_man_page_runs() {
    let page = Page::manual(&top(), MANUAL, OF_MANUAL);
    assert!(page.examples.len() > 20, "the man page has examples");
    let mut complaints = String::new();
    for (example, (printed, code)) in page.examples.iter().zip(replay(&page)) {
        if !example.is_fine(code) {
            writeln!(
                complaints,
                "{}\nexit code {code:?}\n{printed}",
                example.command
            )
            .ok();
        }
    }
    assert!(complaints.is_empty(), "{MANUAL}:\n{complaints}");
}

#[test]
fn every_runbook_is_listed_and_says_when_it_helps_and_when_to_stop() {
    let list = fs::read_to_string(top().join("docs/runbooks/README.md")).expect("the list");
    let runbooks = pages()
        .into_iter()
        .filter(|page| page.name.starts_with("docs/runbooks/"));
    for page in runbooks.filter(|page| !page.name.ends_with("README.md")) {
        let file = page.name.rsplit('/').next().unwrap_or_default();
        assert!(list.contains(&format!("]({file})")), "{file} is not listed");
        let says = |start: &str| page.lines.iter().any(|line| line.starts_with(start));
        assert!(says("**When**: ") && says("## When to stop"), "{file}");
        assert!(page.examples.len() > 2, "{file} shows what to do");
    }
}

#[test]
fn no_page_shows_a_command_that_nothing_runs() {
    let mistakes: Vec<String> = pages().into_iter().flat_map(|page| page.mistakes).collect();
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n"));
}

#[test]
fn the_list_of_deviations_is_that_of_the_tests() {
    if is_writing() {
        return; // the list is being written
    }
    let page = Page::read(&top(), "docs/for-pprof-users.md");
    let list = listed(&page).expect("the page has the list");
    assert_eq!(page.lines[list], deviations(), "`make docs` is due");
}

#[test]
fn every_link_of_a_page_leads_to_a_file() {
    for page in pages() {
        let folder = top()
            .join(&page.name)
            .parent()
            .map(Path::to_path_buf)
            .unwrap_or_default();
        let text = page.lines.join("\n");
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', '#']).next());
        for link in links.filter(|link| !link.is_empty() && !link.contains("://")) {
            assert!(folder.join(link).exists(), "{} links to {link}", page.name);
        }
    }
}

/// What each command of the page prints, and its exit code, in order: one may need what another has written.
fn replay(page: &Page) -> Vec<(String, Option<i32>)> {
    let stage = Stage::new(page);
    page.examples
        .iter()
        .map(|example| stage.run(example))
        .collect()
}

/// The lines that the page says the command prints.
fn shown(page: &Page, example: &Example) -> String {
    let lines = example
        .printed
        .clone()
        .map_or(&[][..], |lines| &page.lines[lines]);
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// Whether the page is right about a command; `...` in it stands for any lines, blanks at the end of a line for nothing.
fn agrees(page: &Page, example: &Example, printed: &str) -> bool {
    example.printed.is_none() || matches(&shown(page, example), printed)
}

fn matches(shown: &str, printed: &str) -> bool {
    let shown: Vec<&str> = shown.lines().map(str::trim_end).collect();
    let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
    let mut parts: Vec<&[&str]> = shown.split(|line| *line == "...").collect();
    let (first, last) = (parts.remove(0), parts.pop());
    let Some(last) = last else {
        return are_same(first, &printed);
    };
    if printed.len() < first.len() + last.len() {
        return false;
    }
    let (head, rest) = printed.split_at(first.len());
    let (mut rest, tail) = rest.split_at(rest.len() - last.len());
    for part in parts.into_iter().filter(|part| !part.is_empty()) {
        let found = rest
            .windows(part.len())
            .position(|lines| are_same(part, lines));
        match found {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    are_same(first, head) && are_same(last, tail)
}

fn are_same(shown: &[&str], printed: &[&str]) -> bool {
    let mut pairs = shown.iter().zip(printed);
    shown.len() == printed.len() && pairs.all(|(shown, printed)| is_same(shown, printed))
}

/// Whether two lines are equal; where they tell what happened `in 14s`, that and the numbers behind it are podprof's own
/// stopwatch, which a busy machine delays: there any number is right, in its unit.
fn is_same(shown: &str, printed: &str) -> bool {
    let (shown, printed) = (words(shown), words(printed));
    let is_time = |word: &str| number(word).is_some_and(|(_, unit)| unit.starts_with('s'));
    let timed = shown
        .windows(2)
        .position(|two| two[0] == "in" && is_time(two[1]));
    let exact = timed.map_or(shown.len(), |at| at + 1);
    let unit = |word: &str| number(word).map(|(_, unit)| unit.to_string());
    let mut pairs = shown.iter().zip(&printed).enumerate();
    shown.len() == printed.len()
        && pairs
            .all(|(at, (a, b))| a == b || at >= exact && unit(a).is_some() && unit(a) == unit(b))
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// The number in a word such as `(163` or `13.9s,`, and what comes behind it.
fn number(word: &str) -> Option<(f64, &str)> {
    let word = word.trim_start_matches('(');
    let end = word.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (digits, unit) = word.split_at(end.unwrap_or(word.len()));
    Some((digits.parse().ok()?, unit))
}

/// Where a page has the list of deviations, as lines from 0.
fn listed(page: &Page) -> Option<Range<usize>> {
    let line = |text: &str| page.lines.iter().position(|line| line == text);
    Some(line("<!-- deviations -->")? + 1..line("<!-- end of deviations -->")?)
}

/// The rows of that list: each reason, and the case lines that show it.
fn deviations() -> Vec<String> {
    let head = ["| what differs, and why | case lines |", "| --- | --- |"];
    let rows = crate::oracle::reasons().into_iter().map(|(reason, cases)| {
        let reason = reason.replace('<', "&lt;").replace('|', "\\|");
        format!("| {reason} | {} |", cases.join(", "))
    });
    head.map(str::to_string).into_iter().chain(rows).collect()
}

/// The page with what its commands print now, and with the deviations there are, which stand behind all commands.
fn rewritten(page: &Page, said: &[(String, Option<i32>)]) -> String {
    let mut lines = page.lines.clone();
    if let Some(list) = listed(page) {
        lines.splice(list, deviations());
    }
    for (example, (printed, _)) in page.examples.iter().zip(said).rev() {
        if let Some(range) = example.printed.clone() {
            let kept = renewed(&shown(page, example), printed);
            lines.splice(range, kept.lines().map(|line| line.trim_end().to_string()));
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// What was printed; an answer at a prompt that the page already tells rightly stays as the page tells it.
fn renewed(shown: &str, printed: &str) -> String {
    let (shown, printed) = (answers(shown), answers(printed));
    if shown.len() != printed.len() {
        return printed.concat();
    }
    let pairs = shown.into_iter().zip(printed);
    pairs
        .map(|(shown, printed)| match matches(&shown, &printed) {
            true => shown,
            false => printed,
        })
        .collect()
}

/// What comes before the first prompt, and each line typed with its answer.
fn answers(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    for line in text.lines() {
        if line.starts_with("(pprof) ") {
            found.push(String::new());
        }
        let answer = found.last_mut().expect("never empty");
        answer.push_str(line);
        answer.push('\n');
    }
    found
}

#[test]
fn only_the_answers_that_changed_are_written_anew() {
    let shown = "...\n(pprof) top\nold\n(pprof) tags\na\n...\n";
    let printed = "head\n(pprof) top\nnew\n(pprof) tags\na\nb\n";
    let kept = "...\n(pprof) top\nnew\n(pprof) tags\na\n...\n";
    assert_eq!(renewed(shown, printed), kept);
}

#[test]
fn what_podprof_timed_itself_may_be_any_number() {
    let shown = "  waited 3m in 13s, (39 a minute)\n";
    assert!(matches(shown, "  waited 3m in 27s, (19 a minute)\n"));
    assert!(!matches(shown, "  waited 4m in 13s, (39 a minute)\n"));
    assert!(!matches(shown, "  waited 3m in 13ms, (39 a minute)\n"));
    assert!(!matches(shown, "  waited 3m in 13s, (39 a second)\n"));
    assert!(!matches("10 in all\n", "11 in all\n"));
}

#[test]
fn three_dots_stand_for_lines_and_nothing_else_does() {
    assert!(matches("a\nb\n", "a\nb\n"));
    assert!(matches("a\n...\nd\n", "a\nb\nc\nd\n"));
    assert!(matches("...\nd\n", "c\nd\n") && matches("a\n...\n", "a\nb\n"));
    assert!(!matches("a\n...\nd\n", "x\na\nd\n") && !matches("a\n", "a\nb\n"));
    assert!(!matches("a\n...\nc\n", "a\nb\n"));
}
