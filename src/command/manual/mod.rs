//! What is printed from the tables before a release: docs/podprof.1 and docs/completions/.
//!
//! Compiled into the tests only: the binary carries none of it. The test below fails where a file is not
//! what the tables say now; `make docs` makes it write them instead.

mod page;
mod shells;

use std::fs;
use std::path::Path;

use super::commands::{Argument, COMMANDS};
use super::flags::{FLAGS, Flags};
use super::options::{OPTIONS, Settings, Slot};
use crate::packed::Packed;
use crate::report::explain;

/// One flag of the command line, whichever table it is from.
struct Flag {
    /// Without the dash.
    name: &'static str,
    value: Value,
    /// What it does, in one line.
    help: String,
}

/// What follows a flag.
enum Value {
    Nothing,
    /// Anything; the word that stands for it.
    Text(&'static str),
    /// A file, a folder, or a source.
    File,
    /// One of these.
    Words(Vec<&'static str>),
}

/// Every flag in the order of its name.
fn flags() -> Vec<Flag> {
    let mut flags = Vec::new();
    for command in COMMANDS.iter().filter(|command| command.is_report()) {
        for name in command.names {
            let value = match command.argument {
                Argument::None | Argument::Words => Value::Nothing,
                Argument::Pattern => Value::Text("REGEXP"),
                Argument::Topic => Value::Words(topics()),
            };
            flags.push(flag(name, value, command.help));
        }
    }
    for option in OPTIONS {
        let value = match option.slot(&mut Settings::default()) {
            Slot::Bool(_) => Value::Nothing,
            Slot::Int(_) | Slot::Float(_) => Value::Text("NUMBER"),
            Slot::Text(_) if ["output", "source_path"].contains(&option.name) => Value::File,
            Slot::Text(_) => Value::Text("TEXT"),
            Slot::Choice(_, choices) => {
                Value::Words(choices.iter().map(|choice| choice.word).collect())
            }
        };
        flags.push(flag(option.name, value, option.help));
        for choice in option.choices() {
            flags.push(flag(choice.word, Value::Nothing, choice.help));
        }
    }
    for row in FLAGS {
        let value = match (row.slot)(&mut Flags::default()) {
            Slot::Choice(_, choices) => {
                Value::Words(choices.iter().map(|choice| choice.word).collect())
            }
            _ if row.value.is_empty() => Value::Nothing,
            _ if row.value == "SOURCE" || row.value.contains("FILE") => Value::File,
            _ if ["FOLDER", "DIR"].contains(&row.value) => Value::File,
            _ => Value::Text(row.value), // numbers and words of all kinds
        };
        flags.push(flag(row.name, value, row.help));
    }
    flags.sort_by_key(|flag| flag.name);
    flags
}

/// The words that have an explanation, but for those that a shell would have to quote.
fn topics() -> Vec<&'static str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_%.".contains(c);
    explain::words()
        .filter(|word| word.chars().all(is_plain))
        .collect()
}

fn flag(name: &'static str, value: Value, help: Packed) -> Flag {
    let help = help.text().lines().next().unwrap_or_default().to_string();
    Flag { name, value, help }
}

#[test]
fn the_manual_and_the_completions_are_what_the_tables_say() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let printed = [
        ("podprof.1", page::text()),
        ("completions/podprof.bash", shells::bash()),
        ("completions/_podprof", shells::zsh()),
        ("completions/podprof.fish", shells::fish()),
    ];
    for (name, text) in printed {
        let file = docs.join(name);
        if std::env::var("PODPROF_DOCS").is_ok_and(|value| value == "write") {
            fs::create_dir_all(file.parent().expect("a folder")).expect("docs can be written");
            fs::write(&file, &text).expect("docs can be written");
        }
        let kept = fs::read_to_string(&file).unwrap_or_default();
        assert!(
            kept == text,
            "docs/{name} is stale: run `make docs`, or `PODPROF_DOCS=write cargo test manual::`"
        );
    }
}

#[test]
fn no_flag_has_two_rows() {
    let flags = flags();
    let twice = flags.windows(2).find(|two| two[0].name == two[1].name);
    assert_eq!(twice.map(|two| two[0].name), None);
}
