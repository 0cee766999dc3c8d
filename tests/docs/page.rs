//! One page of documentation: which commands it shows, and what it says they print.
//!
//! A block ```console has lines `$ COMMAND`, what is typed at `(pprof) ` prompts, and all that is printed; a line `...`
//! stands for lines left out. A block ```sh has commands alone. Commands between backquotes in the text count as well.
//! `<!-- with: FILE NAME=FILE :6060=FOLDER -->` names the files that lie where the commands run, and what is served there.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Programs whose lines a reader runs once, on a machine of his own: no test runs them.
const LEFT_OUT: [&str; 6] = ["make", "apt", "apt-get", "rustup", "sudo", "git"];
/// What a command of ours begins with.
const OURS: [&str; 2] = ["podprof ", "kubectl "];

/// A command that a page shows.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Example {
    /// The number of its first line, from 1.
    pub(super) line: usize,
    pub(super) command: String,
    /// The lines typed at its prompts.
    pub(super) typed: Vec<String>,
    /// Which lines of the page, from 0, are what it prints; none where the page does not say.
    pub(super) printed: Option<Range<usize>>,
}

/// A page as it lies in the repository.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// Its path from the top of the repository.
    pub(super) name: String,
    pub(super) lines: Vec<String>,
    /// Name and path of each file that lies where the commands run.
    pub(super) files: Vec<(String, PathBuf)>,
    /// The folder of what `localhost:6060` answers.
    pub(super) served: Option<PathBuf>,
    pub(super) examples: Vec<Example>,
    /// Commands in blocks that nothing runs, and unknown kinds of blocks, each with its line.
    pub(super) mistakes: Vec<String>,
}

impl Page {
    /// Reads the page at this path below `top`.
    pub(super) fn read(top: &Path, name: &str) -> Self {
        let text = fs::read_to_string(top.join(name)).expect("a page can be read");
        Self::parse(name, &text).at(top)
    }

    /// The page with its files found.
    fn at(mut self, top: &Path) -> Self {
        for (_, file) in &mut self.files {
            *file = top.join(&file);
        }
        self.served = self.served.map(|folder| top.join(folder));
        self
    }

    /// Reads the examples of a man page, which run where `with`, as in a page's comment, says.
    pub(super) fn manual(top: &Path, name: &str, with: &str) -> Self {
        let roff = fs::read_to_string(top.join(name)).expect("a man page can be read");
        let lines = roff
            .lines()
            .map(|line| match line.strip_prefix("Example: ") {
                Some(example) => spans(&unescaped(example)),
                None => String::new(),
            });
        let text: Vec<String> = lines.collect();
        let mut page = Self::parse(name, &text.join("\n"));
        with.split(' ').for_each(|word| page.with(word));
        page.at(top)
    }

    fn parse(name: &str, text: &str) -> Self {
        let mut page = Self {
            name: name.to_string(),
            lines: text.lines().map(str::to_string).collect(),
            ..Self::default()
        };
        let lines = page.lines.clone();
        let mut at = 0;
        while let Some(line) = lines.get(at) {
            at = match line.strip_prefix("```") {
                Some(kind) => page.block(kind, at + 1),
                None => {
                    page.prose(line, at + 1);
                    at + 1
                }
            };
        }
        page
    }

    /// Takes the block that begins at line `from`; the line behind its end.
    fn block(&mut self, kind: &str, from: usize) -> usize {
        let body = &self.lines[from..];
        let length = body.iter().position(|line| line == "```");
        let end = from + length.unwrap_or(body.len());
        match kind {
            "console" => self.console(from..end),
            "sh" => self.commands(from..end),
            "text" => self.quotation(from..end),
            _ => self.mistake(from, "a block that is none of console, sh and text"),
        }
        end + 1
    }

    fn console(&mut self, block: Range<usize>) {
        let mut found: Vec<Example> = Vec::new();
        for at in block.clone() {
            let line = self.lines[at].clone();
            let Some(example) = found.last_mut() else {
                match line.strip_prefix("$ ") {
                    Some(command) => found.push(Example::at(at, command)),
                    None => self.mistake(at + 1, "something printed before any command"),
                }
                continue;
            };
            if example.command.ends_with('\\') {
                example.command =
                    format!("{} {}", example.command.trim_end_matches('\\'), line.trim());
                example.printed = Some(at + 1..at + 1);
            } else if let Some(command) = line.strip_prefix("$ ") {
                found.push(Example::at(at, command));
            } else {
                example
                    .typed
                    .extend(line.strip_prefix("(pprof) ").map(str::to_string));
                let start = example.printed.as_ref().map_or(at, |lines| lines.start);
                example.printed = Some(start..at + 1);
            }
        }
        found.retain(|example| !is_left_out(&example.command));
        self.examples.extend(found);
    }

    fn commands(&mut self, block: Range<usize>) {
        let mut joined = String::new();
        for at in block {
            joined.push_str(&self.lines[at]);
            if joined.ends_with('\\') {
                joined.pop();
                continue;
            }
            let command = std::mem::take(&mut joined);
            if !is_left_out(&command) {
                let printed = None;
                self.examples.push(Example {
                    printed,
                    ..Example::at(at, &command)
                });
            }
        }
    }

    fn quotation(&mut self, block: Range<usize>) {
        for at in block {
            let line = self.lines[at].trim_start_matches("$ ");
            if is_ours(line) || line.starts_with("(pprof) ") {
                self.mistake(at + 1, "a command in a block that nobody runs");
            }
        }
    }

    /// Takes the commands between backquotes and the list of files.
    fn prose(&mut self, line: &str, number: usize) {
        if let Some(words) = line
            .strip_prefix("<!-- with: ")
            .and_then(|rest| rest.strip_suffix(" -->"))
        {
            words.split(' ').for_each(|word| self.with(word));
        } else if line.starts_with("    ") && is_ours(line.trim_start()) {
            self.mistake(
                number,
                "a command that is only indented: ```console or ```sh has it run",
            );
        }
        let spans = line
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|span| is_ours(span));
        for span in spans {
            let command = span.replace("\\|", "|");
            self.examples.push(Example {
                printed: None,
                ..Example::at(number - 1, &command)
            });
        }
    }

    fn with(&mut self, word: &str) {
        let (name, path) = word.split_once('=').unwrap_or_else(|| {
            let name = word.rsplit('/').next().unwrap_or(word);
            (name, word)
        });
        match name {
            ":6060" => self.served = Some(path.into()),
            _ => self.files.push((name.to_string(), path.into())),
        }
    }

    fn mistake(&mut self, line: usize, what: &str) {
        self.mistakes.push(format!("{}:{line}: {what}", self.name));
    }
}

impl Example {
    /// Whether it tells what is wrong, by its exit code too.
    pub(super) fn is_judging(&self) -> bool {
        self.command.contains(" -triage")
    }

    /// Whether it ended as it should: 1 says that something is wrong with the service.
    pub(super) fn is_fine(&self, code: Option<i32>) -> bool {
        code == Some(0) || code == Some(1) && self.is_judging()
    }

    fn at(line: usize, command: &str) -> Self {
        Self {
            line: line + 1,
            command: command.to_string(),
            printed: Some(line + 1..line + 1),
            ..Self::default()
        }
    }
}

/// A line of a man page as it is read.
fn unescaped(roff: &str) -> String {
    let text = ["\\fB", "\\fI", "\\fR", "\\&"];
    let text = text
        .iter()
        .fold(roff.to_string(), |text, font| text.replace(font, ""));
    text.replace("\\-", "-")
        .replace("\\(aq", "'")
        .replace("\\e", "\\")
}

/// The examples of one line, `focus=x, or podprof -focus=x`, between backquotes.
fn spans(example: &str) -> String {
    let examples = example
        .split(", or ")
        .map(|one| format!("`{}`", one.trim_end_matches('.')));
    examples.collect()
}

fn is_left_out(command: &str) -> bool {
    let program = command.split_whitespace().next();
    program.is_none_or(|program| LEFT_OUT.contains(&program) || program.starts_with('#'))
}

fn is_ours(text: &str) -> bool {
    OURS.iter().any(|program| text.starts_with(program))
}

#[test]
fn a_page_is_read_into_its_commands() {
    let text = "<!-- with: a/b.pb.gz x=c :6060=d -->\nSee `podprof -tags x \\| wc`.\n```console\n$ podprof x\n\
        hello\n(pprof) top\n1 main\n$ ls\n```\n```sh\nmake run\npodprof -top x   # why\n```\n";
    let page = Page::parse("p.md", text);
    assert_eq!(
        page.files,
        [
            ("b.pb.gz".into(), "a/b.pb.gz".into()),
            ("x".into(), "c".into())
        ]
    );
    assert_eq!(page.served, Some("d".into()));
    let commands: Vec<&str> = page
        .examples
        .iter()
        .map(|example| example.command.as_str())
        .collect();
    assert_eq!(
        commands,
        [
            "podprof -tags x | wc",
            "podprof x",
            "ls",
            "podprof -top x   # why"
        ]
    );
    assert_eq!(page.examples[1].typed, ["top"]);
    assert_eq!(
        (page.examples[1].line, page.examples[1].printed.clone()),
        (4, Some(4..7))
    );
    assert_eq!(
        (
            page.examples[2].printed.clone(),
            page.examples[3].printed.clone()
        ),
        (Some(8..8), None)
    );
}

#[test]
fn examples_of_a_man_page_are_read_without_its_escapes() {
    let example = unescaped("own=true, or \\fBpodprof \\-own \\-list='a\\e.b'\\fR");
    assert_eq!(spans(&example), r"`own=true``podprof -own -list='a\.b'`");
}

#[test]
fn a_command_that_nothing_would_run_is_a_mistake() {
    let page = Page::parse(
        "p.md",
        "    podprof x\n```text\n(pprof) top\n```\n```rust\n```\n```console\nhello\n```\n",
    );
    let lines = page
        .mistakes
        .iter()
        .map(|one| one.split(": ").next().unwrap_or_default());
    assert_eq!(
        lines.collect::<Vec<_>>(),
        ["p.md:1", "p.md:3", "p.md:5", "p.md:8"]
    );
}
