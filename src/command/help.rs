//! The texts behind `help`, `o` and `-h`, all derived from the tables.
//!
//! Only the shape is pprof's (pprof-behaviour 7.5, 7.7), so that people find things where they expect
//! them; the words are ours. The rows of `o` are pprof's bytes, trailing blanks included.

use std::env;

use super::commands::{self, Argument, COMMANDS, CommandSpec, Output, Run, ShelfVerb, Verb};
use super::flags::{FLAGS, FlagSpec};
use super::nearest::{nearest, words};
use super::options::{self, Named, OPTIONS, OptionSpec, Owner, Settings, Slot};
use crate::error::{Error, Result};
use crate::packed::{Packed, packed};

/// What the prompt knows besides commands and options.
const CLOSING: Packed = packed!(
    r#"
  Filters behind a report: | grep [-v] [-i] RE | head [N] | tail [N] | wc [-l]

  :   Clear focus/ignore/hide/tagfocus/tagignore

  type "help <cmd|option>" for more information
"#
);

/// The topics that [`FILTERS`] explains.
const FILTER_NAMES: [&str; 5] = ["filters", "grep", "head", "tail", "wc"];

const FILTERS: Packed = packed!(
    "\
Filters show a part of what a command prints; they are built in, no shell is started
  Usage:
    COMMAND | FILTER [| FILTER]* >f
      grep [-v] [-i] REGEXP   lines that match; -v those that do not, -i capitals or not
      head [N], tail [N]      the first or last N lines, 10 unless said
      wc [-l]                 how many lines, words and bytes; -l lines alone
      The | stands alone between blanks: a|b is a regular expression.
  Example:
    top 100 | grep sarama | head 20 >found.txt
"
);

/// Everything the prompt understands, one line each.
pub(crate) fn overview() -> String {
    let mut text = String::from("  Commands:\n");
    push_sorted(&mut text, reports(""));
    push_line(
        &mut text,
        "o/options",
        "List options and their current values",
    );
    push_line(&mut text, "q/quit/exit/^D", "Leave podprof");
    text.push_str("\n  Several profiles at once (only in podprof):\n");
    for command in COMMANDS
        .iter()
        .filter(|command| about_shelf(command).is_some())
    {
        push_line(&mut text, command.names[0], &command.help.text());
    }
    text.push_str("\n  A live Go process (only in podprof):\n");
    let live = |command: &&CommandSpec| matches!(command.run, Run::Session(Verb::Live(_)));
    for command in COMMANDS.iter().filter(live) {
        push_line(&mut text, command.names[0], &command.help.text());
    }
    push_options(&mut text, "");
    text.push_str(&CLOSING.text());
    text
}

/// What `help WORDS` prints; the overview where there are no words.
pub(crate) fn topic(words: &str, settings: &Settings, sample_types: &[String]) -> Result<String> {
    if words.is_empty() {
        return Ok(overview());
    }
    if let Some(command) = commands::find(words) {
        return Ok(about_command(command, words));
    }
    if FILTER_NAMES.contains(&words) {
        return Ok(FILTERS.text());
    }
    match options::find(words) {
        Some(Named::Option(option)) => Ok(about_option(option, settings, sample_types)),
        Some(Named::Choice(option, choice)) => {
            let group = format!("One of the words of {}.", option.name);
            Ok(format!("{}\n{group}\n", choice.help.text()))
        }
        None => Err(unknown(words)),
    }
}

fn unknown(topic: &str) -> Error {
    let meant = nearest(topic, &mut words()).map(|word| format!(": did you mean {word}?"));
    Error::usage(format!(
        "Unknown command: {topic}{}",
        meant.unwrap_or_default()
    ))
}

/// The rows of `o`: pprof's in pprof's order, then ours under a line of their own.
pub(crate) fn listing(settings: &Settings, sample_types: &[String]) -> String {
    let rows = |owner| {
        let options = OPTIONS.iter().filter(move |option| option.owner == owner);
        // As pprof-behaviour 7.5: source_path is never listed.
        let listed = options.filter(|option| option.name != "source_path");
        let mut rows: Vec<_> = listed
            .map(|option| listed_row(option, settings, sample_types))
            .collect();
        rows.sort();
        rows.join("\n")
    };
    let (pprof, podprof) = (rows(Owner::Pprof), rows(Owner::Podprof));
    format!("{pprof}\n  Only in podprof:\n{podprof}\n")
}

/// The row of one option, as `o` has it.
pub(crate) fn row(name: &str, settings: &Settings, sample_types: &[String]) -> String {
    let option = OPTIONS.iter().find(|option| option.name == name);
    option.map_or_else(String::new, |option| {
        listed_row(option, settings, sample_types)
    })
}

fn listed_row(option: &OptionSpec, settings: &Settings, sample_types: &[String]) -> String {
    let mut value = option.text(settings);
    let mut choices: Vec<_> = option.choices().iter().map(|choice| choice.word).collect();
    choices.sort_unstable();
    let comment = match option.name {
        _ if !choices.is_empty() => format!("[{}]", choices.join(" | ")),
        "sample_index" => {
            if value.is_empty() {
                // As pprof-behaviour 8.24: the last type, whatever the profile's default is.
                value = sample_types.last().cloned().unwrap_or_default();
            }
            value = one_line(&value);
            format!("[{}]", types(sample_types, " | "))
        }
        "nodecount" if value == "-1" => "default".to_string(),
        _ => String::new(), // nothing to say
    };
    if value.is_empty() && comment.is_empty() {
        value = "\"\"".to_string();
    }
    if option.name == "granularity" && value.is_empty() {
        value = "(default)".to_string();
    }
    let comment = match comment.is_empty() {
        true => comment,
        false => format!("//: {comment}"),
    };
    let row = format!("  {:<25} = {value:<20} {comment}", option.name);
    row.replace('\n', "\\n") // the name of a sample type may have some
}

fn types(names: &[String], between: &str) -> String {
    let names: Vec<_> = names.iter().map(|name| one_line(name)).collect();
    names.join(between)
}

/// The name as it is, or quoted where it could forge a row: it comes with the profile.
pub(crate) fn one_line(name: &str) -> String {
    match name.contains(char::is_control) {
        true => options::quoted(name),
        false => name.to_string(),
    }
}

fn about_command(command: &CommandSpec, name: &str) -> String {
    let mut text = format!("{}\n", command.help.text());
    let usage = command.usage.text();
    let mut lines = usage.lines();
    if let Some(words) = lines.next() {
        text.push_str(&format!("  Usage:\n    {name} {words}\n"));
        lines.for_each(|line| text.push_str(&format!("      {line}\n")));
    }
    let example = match (command.argument, command.is_report()) {
        (Argument::Pattern, _) => format!("{name} main.handle"),
        (Argument::Topic, _) => format!("{name} sum%"),
        (Argument::Words, _) => format!("{name} 20 sarama -select"),
        (Argument::None, true) if command.output != Output::Text => output_example(command, name),
        (Argument::None, true) if usage.starts_with("[n]") => format!("{name} 20 -cum"),
        (Argument::None, true) => format!("{name} | head 40"),
        (Argument::None, false) if name == "help" => "help focus".to_string(),
        (Argument::None, false) => match command.run {
            Run::Session(Verb::Shelf(verb)) => verb.example().to_string(),
            Run::Session(Verb::Live(verb)) => verb.example().to_string(),
            _ => name.to_string(), // it takes nothing
        },
    };
    text.push_str(&format!("  Example:\n    {example}\n"));
    text
}

/// What the command does about the open profiles, if it does.
fn about_shelf(command: &CommandSpec) -> Option<ShelfVerb> {
    match command.run {
        Run::Session(Verb::Shelf(verb)) => Some(verb),
        _ => None, // every other command is about the one that is shown
    }
}

/// How to say where something goes that is no text.
fn output_example(command: &CommandSpec, name: &str) -> String {
    match command.output {
        Output::File(ending) | Output::Picture(ending) => format!("{name} >report.{ending}"),
        Output::Text | Output::Viewer(_) => name.to_string(),
    }
}

fn about_option(option: &OptionSpec, settings: &Settings, sample_types: &[String]) -> String {
    let kind = match option.slot(&mut Settings::default()) {
        Slot::Bool(_) => "true or false".to_string(),
        Slot::Int(_) => "a whole number".to_string(),
        Slot::Float(_) => "a number".to_string(),
        Slot::Text(_) => "text".to_string(),
        Slot::Choice(_, choices) => {
            let words: Vec<_> = choices.iter().map(|choice| choice.word).collect();
            format!("one of {}", words.join(", "))
        }
    };
    let types = match option.name {
        "sample_index" => {
            let types = sample_types.join(", ").replace('\n', "\\n");
            format!("This profile has: {types}.\n")
        }
        _ => String::new(), // knows nothing of the profile
    };
    let (default, now) = (option.text(&Settings::default()), option.text(settings));
    let (default, now) = (shown(&default), shown(&now));
    format!(
        "{}\n{types}It takes {kind}.\nDefault {default}, now {now}.\n",
        option.help.text()
    )
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "empty" } else { value }
}

fn reports(prefix: &str) -> Vec<String> {
    let reports = COMMANDS.iter().filter(|command| command.is_report());
    reports
        .flat_map(|command| command.names.iter().map(|name| (name, command.help)))
        .map(|(name, help)| line(&format!("{prefix}{name}"), &help.text()))
        .collect()
}

/// Options, then the groups of which one word at a time holds; names get `prefix`.
fn push_options(text: &mut String, prefix: &str) {
    let lines = |owner| {
        let options = OPTIONS.iter().filter(move |option| option.owner == owner);
        let plain = options.filter(|option| option.choices().is_empty());
        plain
            .map(|option| line(&format!("{prefix}{}", option.name), &option.help.text()))
            .collect()
    };
    text.push_str("\n  Options:\n");
    push_sorted(text, lines(Owner::Pprof));
    text.push_str("\n  Options only podprof has:\n");
    push_sorted(text, lines(Owner::Podprof));
    text.push_str("\n  Option groups (only set one per group):\n");
    let groups = OPTIONS.iter().filter(|option| !option.choices().is_empty());
    let groups = groups.map(|option| {
        let words = option.choices().iter();
        let words =
            words.map(|choice| line(&format!("{prefix}{}", choice.word), &choice.help.text()));
        let words: String = words.map(|line| format!("  {line}")).collect();
        line(option.name, "") + &words
    });
    push_sorted(text, groups.collect());
}

fn push_sorted(text: &mut String, mut lines: Vec<String>) {
    lines.sort();
    text.extend(lines);
}

fn push_line(text: &mut String, name: &str, help: &str) {
    text.push_str(&line(name, help));
}

/// A name and the first line of its help.
fn line(name: &str, help: &str) -> String {
    format!(
        "    {name:<16} {}\n",
        help.lines().next().unwrap_or_default()
    )
}

/// What `podprof -h TOPICS` prints.
pub(crate) fn command_line(topics: &[String]) -> Result<String> {
    if topics.is_empty() {
        return Ok(USAGE.text());
    }
    let mut text = String::new();
    for topic in topics {
        text.push_str(&about(topic)?);
    }
    Ok(text)
}

fn about(topic: &str) -> Result<String> {
    let mut text = String::new();
    match topic {
        "reports" => {
            text.push_str("  Output formats (select at most one):\n");
            push_sorted(&mut text, reports("-"));
        }
        "options" => push_options(&mut text, "-"),
        "flags" => {
            text.push_str("  Flags that are neither reports nor options:\n");
            text.extend(
                FLAGS
                    .iter()
                    .map(|flag| line(&flag_name(flag), &flag.help.text())),
            );
        }
        "sources" => text.push_str(&SOURCES.text()),
        "environment" => text.push_str(&ENVIRONMENT.text()),
        "prompt" => return Ok(overview()),
        _ => {
            // the name of one thing
            let flag = FLAGS.iter().find(|flag| flag.name == topic);
            return match flag {
                Some(flag) => Ok(format!("{}: {}\n", flag_name(flag), &flag.help.text())),
                None => self::topic(topic, &Settings::default(), &[]),
            };
        }
    }
    Ok(text)
}

fn flag_name(flag: &FlagSpec) -> String {
    match flag.value {
        "" => format!("-{}", flag.name),
        value => format!("-{} {value}", flag.name),
    }
}

/// What `-version` prints: which podprof this is, and whose answers it gives.
pub(crate) fn version() -> String {
    let commit = option_env!("PODPROF_COMMIT").filter(|commit| !commit.is_empty());
    let library = match cfg!(target_env = "musl") {
        true => "-musl",
        false => "",
    };
    let https = match cfg!(feature = "tls") {
        true => "https",
        false => "no https",
    };
    [
        concat!("podprof ", env!("CARGO_PKG_VERSION"), "\ncommit "),
        commit.unwrap_or("unknown"),
        "\ntarget ",
        env::consts::ARCH,
        "-",
        env::consts::OS,
        library,
        "\nwith ",
        https,
        "\nanswers as\n",
        include_str!("../../tests/data/oracle/VERSION"),
    ]
    .concat()
}

const USAGE: Packed = packed!(
    "\
usage:

   podprof -REPORT [options] [binary] SOURCE    write one report
   podprof -c 'COMMANDS' [options] SOURCE       run commands as at the prompt
   podprof [options] [binary] SOURCE            open the prompt

SOURCE is a file, a URL, host:port, or - for stdin. Flags may also follow it.

   podprof
   podprof heap.pb.gz
   podprof -top localhost:6060/debug/pprof/heap
   podprof -top -seconds=10 localhost:6060
   podprof -peek 'http.*Serve' -cum cpu.pb.gz
   curl -s localhost:6060/debug/pprof/goroutine | podprof -top -
   podprof -c 'top 5; focus=sarama; tree 20' heap.pb.gz

More: podprof -h reports | options | flags | sources | environment | prompt
      podprof -h NAME explains one report, option or flag, e.g. podprof -h focus
"
);

const SOURCES: Packed = packed!(
    "\
  Sources:
    cpu.pb.gz                     a file
    -                             stdin; at the prompt the commands then come from the terminal
    (nothing)                     looks for live Go processes on this machine; asks only those
    localhost:6060, pid:7         connects to a Go server; with a report or -seconds: its CPU
    :6060/debug/pprof/heap        live memory; also goroutine, mutex, block, threadcreate, allocs
    http://host/any/path?debug=0  any URL
  A binary in front of the source names the program: podprof -top ./app cpu.pb.gz
  Nothing that was fetched is kept on disk, unless PPROF_TMPDIR names a folder for it.
"
);

const ENVIRONMENT: Packed = packed!(
    "\
  Environment:
    PPROF_TMPDIR      folder that gets a copy of fetched profiles; unset, nothing is written
    PODPROF_HISTORY   file that keeps the lines typed at the prompt; unset, memory alone does
    NO_COLOR          no colours where -color is auto
    TERM              dumb or empty: no line editing, no colours
    TZ                the time zone of the Time line
"
);

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = concat!(
        "  call_tree                 = false                \n",
        "  compact_labels            = true                 \n",
        "  divide_by                 = 1                    \n",
        "  drop_negative             = false                \n",
        "  edgefraction              = 0.001                \n",
        "  focus                     = \"\"                   \n",
        "  granularity               = (default)            //: [addresses | filefunctions | files | functions | lines]\n",
        "  hide                      = \"\"                   \n",
        "  ignore                    = \"\"                   \n",
        "  intel_syntax              = false                \n",
        "  mean                      = false                \n",
        "  nodecount                 = -1                   //: default\n",
        "  nodefraction              = 0.005                \n",
        "  noinlines                 = false                \n",
        "  normalize                 = false                \n",
        "  output                    = \"\"                   \n",
        "  prune_from                = \"\"                   \n",
        "  relative_percentages      = false                \n",
        "  sample_index              = cpu                  //: [samples | cpu]\n",
        "  show                      = \"\"                   \n",
        "  show_from                 = \"\"                   \n",
        "  showcolumns               = false                \n",
        "  sort                      = flat                 //: [cum | flat]\n",
        "  tagfocus                  = \"\"                   \n",
        "  taghide                   = \"\"                   \n",
        "  tagignore                 = \"\"                   \n",
        "  tagleaf                   = \"\"                   \n",
        "  tagroot                   = \"\"                   \n",
        "  tagshow                   = \"\"                   \n",
        "  trim                      = true                 \n",
        "  trim_path                 = \"\"                   \n",
        "  unit                      = minimum              \n",
    );

    fn types() -> Vec<String> {
        vec!["samples".to_string(), "cpu".to_string()]
    }

    #[test]
    fn the_version_names_its_source_and_the_pprof_it_answers_as() {
        let text = version();
        let words: Vec<_> = text.lines().map(|line| line.split(' ').next()).collect();
        let expected = [
            "podprof",
            "commit",
            "target",
            "with",
            "answers",
            "pprof",
            "github.com/google/pprof",
        ];
        assert_eq!(words, expected.map(Some), "{text}");
        assert!(text.starts_with(concat!("podprof ", env!("CARGO_PKG_VERSION"), "\n")));
        assert!(text.contains("go1.27"), "{text}");
    }

    #[test]
    fn no_explanation_is_wider_than_a_terminal_of_80_columns() {
        let settings = Settings::default();
        let topics = COMMANDS.iter().map(|command| command.names[0]);
        let topics = topics.chain(OPTIONS.iter().map(|option| option.name));
        for topic in topics.chain([""]) {
            let text = super::topic(topic, &settings, &[]).expect(topic);
            let wide = text.lines().find(|line| line.chars().count() > 80);
            assert_eq!(wide, None, "help {topic}");
        }
    }

    #[test]
    fn the_rows_of_pprof_come_first_byte_for_byte() {
        let settings = Settings {
            compact_labels: true,
            ..Settings::default()
        };
        let listing = listing(&settings, &types());
        let ours = listing.strip_prefix(LISTING).expect("pprof's rows");
        assert!(ours.starts_with("  Only in podprof:\n  json "));
    }

    #[test]
    fn changed_values_are_listed() {
        let settings = Settings {
            nodecount: 5,
            nodefraction: 1e-7,
            granularity: "lines",
            sample_index: "samples".to_string(),
            ..Settings::default()
        };
        let shows = |name, start: &str| {
            let row = row(name, &settings, &types());
            assert!(row.starts_with(&format!("  {name:<25} = {start}")), "{row}");
        };
        shows("nodecount", "5                    ");
        shows("nodefraction", "1e-07 ");
        shows("granularity", "lines                //: [addr");
        shows("sample_index", "samples              //: [samples | cpu]");
    }

    #[test]
    fn everything_has_help() {
        let settings = Settings::default();
        let overview = overview();
        for word in words().filter(|word| word.len() > 1) {
            let text = topic(word, &settings, &types()).expect(word);
            assert!(
                text.ends_with('\n') && text.contains("Example"),
                "{word}: {text}"
            );
            let listed = overview.lines().any(|line| {
                let first = line.split_whitespace().next().unwrap_or_default();
                first.split('/').any(|name| name == word)
            });
            assert!(listed || word == "help", "{word} is not in the overview");
        }
    }

    #[test]
    fn help_of_an_option_tells_type_default_and_value() {
        let settings = Settings {
            nodecount: 7,
            ..Settings::default()
        };
        let help = |name| topic(name, &settings, &types()).expect(name);
        assert!(help("nodecount").ends_with("It takes a whole number.\nDefault -1, now 7.\n"));
        assert!(help("focus").ends_with("It takes text.\nDefault empty, now empty.\n"));
        assert!(help("sample_index").contains("This profile has: samples, cpu.\n"));
        assert!(help("sort").contains("one of cum, flat.\nDefault flat"));
    }

    #[test]
    fn a_sample_type_forges_no_row() {
        let types = ["a\n  focus = b".to_string()];
        let settings = Settings::default();
        assert!(!row("sample_index", &settings, &types).contains('\n'));
        let lines = |types: &[String]| {
            let help = topic("sample_index", &settings, types).expect("help");
            help.lines().count()
        };
        assert_eq!(lines(&types), lines(&["a".to_string()]));
    }

    #[test]
    fn every_filter_is_explained() {
        for name in FILTER_NAMES {
            let text = topic(name, &Settings::default(), &types()).expect(name);
            assert!(
                name == "filters" || text.contains(&format!("{name} [")),
                "{name}"
            );
        }
    }

    #[test]
    fn unknown_topics_are_named() {
        let error = |topic: &str| {
            let text = super::topic(topic, &Settings::default(), &[]);
            text.expect_err("unknown").to_string()
        };
        assert_eq!(error("nope"), "Unknown command: nope");
        assert_eq!(
            error("foccus"),
            "Unknown command: foccus: did you mean focus?"
        );
    }

    #[test]
    fn the_usage_names_topics_that_exist() {
        for topic in [
            "reports",
            "options",
            "flags",
            "sources",
            "environment",
            "prompt",
        ] {
            assert!(USAGE.text().contains(topic), "{topic}");
            assert!(about(topic).expect(topic).lines().count() > 2, "{topic}");
        }
        assert!(about("mem").expect("a flag").contains("-mem SIZE"));
        assert!(
            command_line(&["top".into(), "c".into()])
                .expect("two")
                .contains("Usage")
        );
    }

    #[test]
    fn no_line_of_the_overviews_is_wider_than_a_screen() {
        let texts = [overview(), USAGE.text(), SOURCES.text(), ENVIRONMENT.text()];
        for line in texts.iter().flat_map(|text| text.lines()) {
            assert!(line.len() <= 108, "{line}");
        }
    }
}
