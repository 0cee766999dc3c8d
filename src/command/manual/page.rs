//! The man page, in the macros of man(7) that every reader of them knows.

use super::super::commands::{Argument, COMMANDS, CommandSpec, Output, Run, Verb};
use super::super::flags::FLAGS;
use super::super::help;
use super::super::options::{OPTIONS, OptionSpec, Owner, Settings, Slot};

const OPENING: &str = r#".SH NAME
podprof \- the (pprof) prompt over Go profiles, for locked\-down pods
.SH SYNOPSIS
.nf
\fBpodprof\fR \fB\-\fIREPORT\fR [\fIoptions\fR] [\fIbinary\fR] \fISOURCE\fR
\fBpodprof\fR \fB\-c\fR '\fICOMMANDS\fR' [\fIoptions\fR] \fISOURCE\fR
\fBpodprof\fR [\fIoptions\fR] [\fIbinary\fR] [\fISOURCE\fR]
.fi
.SH DESCRIPTION
Opens a profile of a Go program and answers as the pprof of Go does, byte for byte: the same commands, options and columns.
With the name of a report as a flag it writes that report to standard output; with \fB\-c\fR it runs commands as if typed at
the prompt; else it opens the prompt. Flags may also follow the source, with one dash or two, their value behind = or as the
next word. Nothing is written to disk unless a flag asks for it, and nothing that was fetched is kept.
"#;

const EXITS: &str = r#".SH EXIT STATUS
.TP
.B 0
The report was written, even where a filter left nothing; the prompt was left.
.TP
.B 2
Something failed; standard error says what, on which input, and what to do next.
.TP
.B 3
Only with \fB\-fail_empty\fR: there was nothing to find.
.SH SEE ALSO
The README and docs/ of the source: what differs from pprof, goroutines, JSON, performance.
"#;

pub(super) fn text() -> String {
    let version = env!("CARGO_PKG_VERSION");
    let mut page = format!(
        ".\\\" Written by `make docs` from the tables under src/command: change those.\n\
         .TH PODPROF 1 \"\" \"podprof {version}\" \"User Commands\"\n.nh\n.ad l\n{OPENING}"
    );
    let reports = COMMANDS.iter().filter(|command| command.is_report());
    section(&mut page, "REPORTS");
    page.push_str("At most one, as a flag; at the prompt the same names without the dash.\n");
    reports.for_each(|command| {
        entry(
            &mut page,
            &heading(command, "-"),
            &command.help.text(),
            &usage(command),
        )
    });
    for (owner, title) in [
        (Owner::Pprof, "OPTIONS"),
        (Owner::Podprof, "OPTIONS THAT ONLY PODPROF HAS"),
    ] {
        section(&mut page, title);
        if owner == Owner::Pprof {
            page.push_str("As a flag, or at the prompt as \\fBname=value\\fR.\n");
        }
        let rows = OPTIONS.iter().filter(|option| option.owner == owner);
        rows.for_each(|option| push_option(&mut page, option));
    }
    section(&mut page, "FLAGS");
    page.push_str("These are for the command line only.\n");
    for flag in FLAGS {
        let name = bold(&format!("-{}", flag.name));
        let head = match flag.value {
            "" => name,
            value => format!("{name} \\fI{}\\fR", escaped(value)),
        };
        push_help(&mut page, &head, &flag.help.text());
    }
    section(&mut page, "COMMANDS OF THE PROMPT");
    page.push_str("Besides the reports and the options:\n");
    let others = COMMANDS.iter().filter(|command| !command.is_report());
    others.for_each(|command| {
        entry(
            &mut page,
            &heading(command, ""),
            &command.help.text(),
            &usage(command),
        )
    });
    for (title, topic) in [
        ("FILTERS", "filters"),
        ("SOURCES", "sources"),
        ("ENVIRONMENT", "environment"),
    ] {
        section(&mut page, title);
        let text = help::command_line(&[topic.to_string()]).expect("a topic of its own");
        // Its first line is a title of its own.
        push_rows(&mut page, text.lines().skip(1));
    }
    page + EXITS
}

fn section(page: &mut String, title: &str) {
    page.push_str(&format!(".SH {title}\n"));
}

fn heading(command: &CommandSpec, dash: &str) -> String {
    let names: Vec<_> = command
        .names
        .iter()
        .map(|name| bold(&format!("{dash}{name}")))
        .collect();
    let value = match command.argument {
        Argument::Pattern if !dash.is_empty() => "=\\fIREGEXP\\fR",
        Argument::Topic if !dash.is_empty() => "=\\fIWORD\\fR",
        _ => "", // what follows at the prompt is in the usage
    };
    names.join(", ") + value
}

/// The usage at the prompt, and an example where the command has one of its own.
fn usage(command: &CommandSpec) -> Vec<String> {
    if matches!(command.output, Output::Picture(_) | Output::Viewer(_)) {
        return Vec::new(); // as dot
    }
    let usage = command.usage.text();
    let mut lines = usage.lines();
    let opening = lines.next();
    let opening = opening.map(|words| format!("{} {words}", command.names[0]));
    let mut shown: Vec<_> = opening.into_iter().collect();
    shown.extend(lines.map(str::to_string));
    let example = match command.run {
        Run::Session(Verb::Shelf(verb)) => verb.example(),
        Run::Session(Verb::Live(verb)) => verb.example(),
        _ => return shown, // those of reports stand in the help texts of their options
    };
    shown.push(format!("Example: {example}"));
    shown
}

fn entry(page: &mut String, head: &str, help: &str, usage: &[String]) {
    page.push_str(&format!(".TP\n{head}\n{}.\n", escaped(help)));
    if !usage.is_empty() {
        page.push_str(".RS\n");
        push_rows(page, usage.iter().map(String::as_str));
        page.push_str(".RE\n");
    }
}

fn push_option(page: &mut String, option: &OptionSpec) {
    let name = bold(&format!("-{}", option.name));
    let mut settings = Settings::default();
    let head = match option.slot(&mut settings) {
        Slot::Bool(on) => format!("{name}={on}"),
        Slot::Int(_) | Slot::Float(_) => format!("{name}={}", escaped(&option.text(&settings))),
        Slot::Text(text) if !text.is_empty() => format!("{name}={}", escaped(text)),
        Slot::Text(_) => format!("{name}=\\fITEXT\\fR"),
        Slot::Choice(..) => format!("{name}=\\fIWORD\\fR"),
    };
    push_help(page, &head, &option.help.text());
    for choice in option.choices() {
        let word = bold(&format!("-{}", choice.word));
        page.push_str(&format!(
            ".RS\n.TP\n{word}\n{}.\n.RE\n",
            escaped(&choice.help.text())
        ));
    }
}

/// A help text of a table: what, how, and examples, which begin with that word.
fn push_help(page: &mut String, head: &str, help: &str) {
    page.push_str(&format!(".TP\n{head}\n"));
    for (at, line) in help.lines().enumerate() {
        let end = if at == 0 && !line.ends_with('.') {
            "."
        } else {
            ""
        };
        match line.split_once("Example: ") {
            Some(("", example)) => page.push_str(&format!(".br\nExample: {}\n", bold(example))),
            _ => page.push_str(&format!("{}{end}\n", escaped(line))), // a sentence of the text
        }
    }
}

/// Lines of a table, whose first column ends in two blanks or more, and lines of text.
fn push_rows<'l>(page: &mut String, lines: impl Iterator<Item = &'l str>) {
    page.push_str(".PD 0\n");
    for line in lines.map(str::trim).filter(|line| !line.is_empty()) {
        match line.split_once("  ") {
            Some((name, text)) => {
                let text = escaped(text.trim());
                page.push_str(&format!(".TP 17\n{}\n{text}\n", escaped(name)));
            }
            None => page.push_str(&format!(".PP\n{}\n", escaped(line))),
        }
    }
    page.push_str(".PD\n");
}

fn bold(text: &str) -> String {
    format!("\\fB{}\\fR", escaped(text))
}

/// Text that roff takes for nothing else; a line never begins with a request.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    match text.starts_with(['.', '\'']) {
        true => format!("\\&{text}"),
        false => text,
    }
}
