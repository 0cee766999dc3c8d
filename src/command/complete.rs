//! What a line that is being typed could go on with: commands, options, their values, function names.
//!
//! Derived from the tables and the profile, and pure: drawing and escaping are the terminal's business.
//! Names of functions go into a regular expression, so what is offered for the line is quoted for one.

use std::collections::BTreeSet;

use super::commands::{self, CommandSpec, Run};
use super::nearest::words;
use super::options::{self, Named, OptionSpec, Settings, Slot};
use crate::report::Report;

/// One way to go on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    /// As it reads; text of the profile among it.
    pub(crate) shown: String,
    /// What takes the place of the word that is being typed.
    pub(crate) text: String,
}

/// What the profile has to offer.
pub(crate) struct Known<'a, F> {
    /// The names of its sample types.
    pub(crate) sample_types: &'a [String],
    /// The names of its functions.
    pub(crate) functions: F,
}

/// The options that hold a pattern for functions.
const PATTERNS: [&str; 6] = ["focus", "ignore", "hide", "show", "show_from", "prune_from"];

/// The units worth typing.
const UNITS: [&str; 12] = [
    "minimum", "auto", "ns", "us", "ms", "s", "hrs", "b", "kb", "mb", "gb", "tb",
];

/// Where the word begins that ends the line, and what it could become, sorted.
pub(crate) fn candidates<'p, F>(line: &str, known: Known<'_, F>) -> (usize, Vec<Candidate>)
where
    F: Iterator<Item = &'p [u8]>,
{
    let start = line.rfind(char::is_whitespace);
    let start = start.map_or(0, |at| {
        at + line[at..].chars().next().map_or(0, char::len_utf8)
    });
    let before: Vec<&str> = line[..start].split_whitespace().collect();
    let word = &line[start..];
    let found = match wanted(&before, word) {
        Wanted::Nothing => BTreeSet::new(),
        Wanted::Opening => {
            let types = known.sample_types.iter();
            let types = types.flat_map(|t| [t.clone(), format!("mean_{t}"), format!("total_{t}")]);
            let names = words().map(String::from).chain(types);
            beginning(word, "", names)
        }
        Wanted::Topic => beginning(word, "", words().map(String::from)),
        Wanted::Filter => beginning(word, "", ["grep", "head", "tail", "wc"].map(String::from)),
        Wanted::Value(option, prefix, value) => {
            return (
                start,
                values(option, prefix, value, known).into_iter().collect(),
            );
        }
        Wanted::Function => {
            let (sign, name) = match word.strip_prefix('-') {
                Some(name) => ("-", name),
                None => ("", word),
            };
            let mut found = functions(sign, name, known.functions);
            found.extend(beginning(
                word,
                "",
                ["-cum".to_string()].into_iter().filter(|_| sign == "-"),
            ));
            found
        }
    };
    (start, found.into_iter().collect())
}

/// What the word could be.
enum Wanted<'t> {
    Nothing,
    /// The first word of a line.
    Opening,
    /// A command or an option.
    Topic,
    /// The name of a filter.
    Filter,
    /// The value of an option: what stands before it in the same word, the value so far.
    Value(&'static OptionSpec, &'t str, &'t str),
    /// A function.
    Function,
}

fn wanted<'t>(before: &[&'t str], word: &'t str) -> Wanted<'t> {
    let Some(first) = before.first() else {
        return match word.split_once('=') {
            Some((name, value)) => of_option(name, &word[..=name.len()], value),
            None => Wanted::Opening,
        };
    };
    if let [name, "="] | [name] = before
        && let Some(name) = name.strip_suffix('=').or(Some(name))
        && options::find(name).is_some()
    {
        return match word.strip_prefix('=') {
            Some(value) => of_option(name, "=", value),
            None => of_option(name, "", word),
        };
    }
    if *first == "help" {
        return if before.len() == 1 {
            Wanted::Topic
        } else {
            Wanted::Nothing
        };
    }
    match command(first).map(|command| command.run) {
        Some(Run::Report(..)) if before.last() == Some(&"|") => Wanted::Filter,
        Some(Run::Report(report, _)) => {
            let apart = before.contains(&"|") || before.last() == Some(&">");
            match apart || word.starts_with('>') || report == Report::Tags {
                true => Wanted::Nothing,
                false => Wanted::Function,
            }
        }
        Some(Run::Session(_) | Run::Missing(_)) | None => Wanted::Nothing,
    }
}

/// The command of a first word, digits behind it or not.
fn command(first: &str) -> Option<&'static CommandSpec> {
    let name = first.trim_end_matches(|c: char| c.is_ascii_digit());
    commands::find(first).or_else(|| commands::find(name))
}

fn of_option<'t>(name: &str, prefix: &'t str, value: &'t str) -> Wanted<'t> {
    match options::find(name.trim()) {
        Some(Named::Option(option)) => Wanted::Value(option, prefix, value),
        Some(Named::Choice(..)) | None => Wanted::Nothing,
    }
}

fn values<'p, F>(
    option: &OptionSpec,
    prefix: &str,
    value: &str,
    known: Known<'_, F>,
) -> BTreeSet<Candidate>
where
    F: Iterator<Item = &'p [u8]>,
{
    if PATTERNS.contains(&option.name) {
        // The last alternative is the one that is being typed.
        let last = value.rfind('|').map_or(0, |at| at + 1);
        let prefix = format!("{prefix}{}", &value[..last]);
        return functions(&prefix, &value[last..], known.functions);
    }
    let values: Vec<String> = match option.slot(&mut Settings::default()) {
        Slot::Bool(_) => ["false", "true"].map(String::from).to_vec(),
        Slot::Choice(_, choices) => choices.iter().map(|c| c.word.to_string()).collect(),
        Slot::Text(_) if option.name == "sample_index" => known.sample_types.to_vec(),
        Slot::Text(_) if option.name == "unit" => UNITS.map(String::from).to_vec(),
        Slot::Text(_) | Slot::Int(_) | Slot::Float(_) => Vec::new(),
    };
    beginning(value, prefix, values)
}

/// The names that begin with the word, whatever its case.
fn beginning(
    word: &str,
    prefix: &str,
    names: impl IntoIterator<Item = String>,
) -> BTreeSet<Candidate> {
    let word = word.to_lowercase();
    let names = names.into_iter();
    let names = names.filter(|name| name.to_lowercase().starts_with(&word));
    names
        .map(|name| Candidate {
            text: format!("{prefix}{name}"),
            shown: name,
        })
        .collect()
}

/// The functions whose name contains what was typed; nothing typed, nothing offered.
fn functions<'p>(
    prefix: &str,
    typed: &str,
    names: impl Iterator<Item = &'p [u8]>,
) -> BTreeSet<Candidate> {
    let part = typed.replace("\\x20", " ").replace('\\', "");
    if part.is_empty() {
        return BTreeSet::new();
    }
    let names = names.map(String::from_utf8_lossy);
    let names = names.filter(|name| name.contains(&part));
    names
        .map(|name| Candidate {
            text: format!("{prefix}{}", quoted(&name)),
            shown: name.into_owned(),
        })
        .collect()
}

/// A pattern that matches this text, in one word.
fn quoted(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            ' ' => pattern.push_str("\\x20"),
            '\\' | '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' => {
                pattern.push('\\');
                pattern.push(c);
            }
            _ => pattern.push(c), // means itself
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTIONS: [&[u8]; 4] = [
        b"main.(*T).Serve",
        b"main.idle",
        b"net/http.(*conn).serve",
        b"main.Gen[struct { A int }]",
    ];

    fn texts(line: &str) -> (usize, Vec<String>) {
        let known = Known {
            sample_types: &["cpu".to_string(), "samples".to_string()],
            functions: FUNCTIONS.into_iter(),
        };
        let (start, found) = candidates(line, known);
        (start, found.into_iter().map(|one| one.text).collect())
    }

    #[track_caller]
    fn offers(line: &str, start: usize, expected: &[&str]) {
        let expected = expected.iter().map(|text| (*text).to_string()).collect();
        assert_eq!(texts(line), (start, expected), "{line}");
    }

    #[test]
    fn the_first_word_may_be_a_command_an_option_or_a_sample_type() {
        offers("tr", 0, &["traces", "tree", "trim", "trim_path"]);
        offers("GRAN", 0, &["granularity"]);
        offers("filef", 0, &["filefunctions"]);
        offers("mean", 0, &["mean", "mean_cpu", "mean_samples"]);
        offers("cp", 0, &["cpu"]);
        assert!(texts("").1.len() > 50);
    }

    #[test]
    fn help_takes_commands_and_options() {
        offers("help pee", 5, &["peek"]);
        offers("help peek x", 10, &[]);
    }

    #[test]
    fn values_follow_the_type_of_the_option() {
        offers("trim=", 0, &["trim=false", "trim=true"]);
        offers("trim t", 5, &["true"]);
        offers("granularity = li", 14, &["lines"]);
        offers("sort=c", 0, &["sort=cum"]);
        offers("sample_index=s", 0, &["sample_index=samples"]);
        offers("unit m", 5, &["mb", "minimum", "ms"]);
        offers("nodecount=1", 0, &[]);
        offers("source_path=/", 0, &[]);
    }

    #[test]
    fn functions_are_found_by_any_part_and_quoted() {
        offers("peek Serv", 5, &["main\\.\\(\\*T\\)\\.Serve"]);
        offers("top10 -cum idl", 11, &["main\\.idle"]);
        offers("top -idl", 4, &["-main\\.idle"]);
        offers("focus=a|idl", 0, &["focus=a|main\\.idle"]);
        offers("hide idl", 5, &["main\\.idle"]);
        offers(
            "list Gen",
            5,
            &["main\\.Gen\\[struct\\x20\\{\\x20A\\x20int\\x20\\}\\]"],
        );
        offers("peek main\\.\\(", 5, &["main\\.\\(\\*T\\)\\.Serve"]);
        offers("peek ", 5, &[]);
    }

    #[test]
    fn a_quoted_name_matches_itself_and_is_one_word() {
        for name in FUNCTIONS {
            let pattern = quoted(&String::from_utf8_lossy(name));
            assert!(!pattern.contains(' '));
            let regexp = crate::go::regexp::Regexp::new(pattern.as_bytes()).expect(&pattern);
            assert!(regexp.is_match(name), "{pattern}");
        }
    }

    #[test]
    fn flags_filters_and_files_have_their_places() {
        offers("top -cu", 4, &["-cum"]);
        offers("top | g", 6, &["grep"]);
        offers("top | grep idl", 11, &[]);
        offers("top >idl", 4, &[]);
        offers("top > idl", 6, &[]);
        offers("tags idl", 5, &[]);
        offers("quit idl", 5, &[]);
        offers("nonsense idl", 9, &[]);
    }
}
