//! What a line that is being typed could go on with: commands, options, their values, function names.
//!
//! Derived from the tables and the profile, and pure: drawing and escaping are the terminal's business.
//! Names of functions go into a regular expression, so what is offered for the line is quoted for one.

use super::commands::{self, CommandSpec, LiveVerb, Run, ShelfVerb, Verb};
use super::live::SERVICES;
use super::nearest::words;
use super::options::{self, Named, OptionSpec, Settings, Slot};
use crate::report::{Report, explain};
use crate::triage::rules;

/// One way to go on.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    /// As it reads; text of the profile among it.
    pub(crate) shown: String,
    /// What takes the place of the word that is being typed.
    pub(crate) text: String,
}

/// What there is to offer.
pub(crate) struct Known<'a, 'p> {
    /// The names of the profile's sample types.
    pub(crate) sample_types: &'a [String],
    /// The names of the open profiles.
    pub(crate) profiles: &'a [String],
    /// What the connected process offers.
    pub(crate) kinds: &'a [String],
    /// The files whose path begins so; folders end in `/`.
    pub(crate) files: &'a dyn Fn(&str) -> Vec<String>,
    /// The names of the profile's functions.
    pub(crate) functions: &'a mut dyn Iterator<Item = &'p [u8]>,
}

/// More than so many help nobody.
const MOST: usize = 1000;

/// The options that hold a pattern for functions.
const PATTERNS: [&str; 6] = ["focus", "ignore", "hide", "show", "show_from", "prune_from"];

/// The units worth typing.
const UNITS: [&str; 12] = [
    "minimum", "auto", "ns", "us", "ms", "s", "hrs", "b", "kb", "mb", "gb", "tb",
];

/// Where the word begins that ends the line, and what it could become: the first of them in order.
pub(crate) fn candidates(line: &str, known: Known<'_, '_>) -> (usize, Vec<Candidate>) {
    let start = line.rfind(char::is_whitespace);
    let start = start.map_or(0, |at| {
        at + line[at..].chars().next().map_or(0, char::len_utf8)
    });
    let before: Vec<&str> = line[..start].split_whitespace().collect();
    let word = &line[start..];
    let mut found = Found::default();
    match wanted(&before, word) {
        Wanted::Profile => {
            found.beginning(word, "", &mut known.profiles.iter().map(String::as_str))
        }
        Wanted::Kind(all) => {
            let kinds = known.kinds.iter().map(String::as_str);
            let mut kinds = kinds.filter(|kind| all || !SERVICES.contains(kind));
            found.beginning(word, "", &mut kinds);
        }
        Wanted::OneOf(words) => found.beginning(word, "", &mut words.iter().copied()),
        Wanted::File => {
            for name in (known.files)(word) {
                found.add(&name, || name.clone());
            }
        }
        Wanted::Nothing => {}
        Wanted::Opening => {
            found.beginning(word, "", &mut words());
            for kind in known.sample_types {
                let forms = [
                    kind.clone(),
                    format!("mean_{kind}"),
                    format!("total_{kind}"),
                ];
                found.beginning(word, "", &mut forms.iter().map(String::as_str));
            }
        }
        Wanted::Topic => found.beginning(word, "", &mut words()),
        Wanted::Filter => {
            let names = ["grep", "head", "tail", "wc"];
            found.beginning(word, "", &mut names.into_iter());
        }
        Wanted::Value(option, prefix, value) => found.values(option, (prefix, value), known),
        Wanted::Word => found.beginning(word, "", &mut explain::words().chain(rules())),
        Wanted::Function(dashed) => match word.strip_prefix('-') {
            Some(name) => {
                found.functions("-", name, known.functions);
                found.beginning(word, "", &mut dashed.iter().copied());
            }
            None => found.functions("", word, known.functions),
        },
    }
    (start, found.0)
}

/// Candidates in order, each once, never more than [`MOST`].
#[derive(Default)]
struct Found(Vec<Candidate>);

impl Found {
    fn add(&mut self, shown: &str, text: impl FnOnce() -> String) {
        let at = self.0.partition_point(|one| one.shown.as_str() < shown);
        if at == MOST || self.0.get(at).is_some_and(|one| one.shown == shown) {
            return;
        }
        self.0.truncate(MOST - 1);
        let (shown, text) = (shown.to_string(), text());
        self.0.insert(at, Candidate { shown, text });
    }

    /// The names that begin with the word, whatever its case.
    fn beginning(&mut self, word: &str, prefix: &str, names: &mut dyn Iterator<Item = &str>) {
        let word = word.to_lowercase();
        for name in names.filter(|name| name.to_lowercase().starts_with(&word)) {
            self.add(name, || format!("{prefix}{name}"));
        }
    }

    /// The functions whose name contains what was typed; nothing typed, nothing offered.
    fn functions(&mut self, prefix: &str, typed: &str, names: &mut dyn Iterator<Item = &[u8]>) {
        let part = typed.replace("\\x20", " ").replace('\\', "");
        if part.is_empty() {
            return;
        }
        for name in names.map(String::from_utf8_lossy) {
            if name.contains(&part) {
                self.add(&name, || format!("{prefix}{}", quoted(&name)));
            }
        }
    }

    /// The values of an option, which stand behind `prefix`.
    fn values(&mut self, option: &OptionSpec, (prefix, value): (&str, &str), known: Known<'_, '_>) {
        if PATTERNS.contains(&option.name) {
            // The last alternative is the one that is being typed.
            let last = value.rfind('|').map_or(0, |at| at + 1);
            let prefix = format!("{prefix}{}", &value[..last]);
            return self.functions(&prefix, &value[last..], known.functions);
        }
        let words: Vec<&str> = match option.slot(&mut Settings::default()) {
            Slot::Bool(_) => vec!["false", "true"],
            Slot::Choice(_, choices) => choices.iter().map(|choice| choice.word).collect(),
            Slot::Text(_) if option.name == "sample_index" => {
                known.sample_types.iter().map(String::as_str).collect()
            }
            Slot::Text(_) if option.name == "unit" => UNITS.to_vec(),
            Slot::Text(_) | Slot::Int(_) | Slot::Float(_) => Vec::new(),
        };
        self.beginning(value, prefix, &mut words.into_iter());
    }
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
    /// A function, or one of these words with a dash.
    Function(&'static [&'static str]),
    /// A word that has an explanation.
    Word,
    /// The name of an open profile.
    Profile,
    /// A file.
    File,
    /// A profile of the connected process; what holds no records only where this says so.
    Kind(bool),
    /// One of these words.
    OneOf(&'static [&'static str]),
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
            match report {
                _ if apart || word.starts_with('>') => Wanted::Nothing,
                Report::Tags | Report::MemStats => Wanted::Nothing,
                Report::Explain => Wanted::Word,
                Report::Goroutines => Wanted::Function(super::goroutines::WORDS),
                _ => Wanted::Function(&["-cum"]), // pprof's grammar
            }
        }
        Some(Run::Session(Verb::Shelf(verb))) => of_verb(verb, before.len()),
        Some(Run::Session(Verb::Live(verb))) => of_live(verb, before, word),
        Some(Run::Session(_) | Run::Triage(_) | Run::Missing(_)) | None => Wanted::Nothing,
    }
}

/// What a verb takes as its word number `at`.
fn of_verb<'t>(verb: ShelfVerb, at: usize) -> Wanted<'t> {
    match (verb, at) {
        (ShelfVerb::Use | ShelfVerb::Base | ShelfVerb::Close, 1) | (ShelfVerb::Save, 2) => {
            Wanted::Profile
        }
        (ShelfVerb::Open | ShelfVerb::Save, 1) => Wanted::File,
        _ => Wanted::Nothing, // `as NAME` is new, and the others take nothing more
    }
}

/// What a question to a live process goes on with.
fn of_live<'t>(verb: LiveVerb, before: &[&'t str], word: &'t str) -> Wanted<'t> {
    match (verb, before.len()) {
        _ if before.last() == Some(&">") => Wanted::File,
        (LiveVerb::Fetch | LiveVerb::Grow, 1) => Wanted::Kind(verb == LiveVerb::Fetch),
        (LiveVerb::Collect, 1) => Wanted::File,
        // The report has its own words; another `every` is none.
        (LiveVerb::Every, 2..) if before.get(2) != Some(&"every") => wanted(&before[2..], word),
        (LiveVerb::Fetch | LiveVerb::Collect, _) | (LiveVerb::Target, 1) => {
            Wanted::OneOf(verb.words())
        }
        _ => Wanted::Nothing, // a length of time, or nothing more
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
            profiles: &["heap".to_string(), "heap#2".to_string(), "cpu".to_string()],
            kinds: &["allocs", "my.pool", "profile"].map(str::to_string),
            files: &|start| vec![format!("{start}.gz"), format!("{start}/")],
            functions: &mut FUNCTIONS.into_iter(),
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
        offers("tr", 0, &["traces", "tree", "triage", "trim", "trim_path"]);
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

    #[test]
    fn open_profiles_and_files_are_offered_where_they_belong() {
        for verb in ["use", "base", "close", "save f"] {
            offers(&format!("{verb} he"), verb.len() + 1, &["heap", "heap#2"]);
        }
        offers("open a", 5, &["a.gz", "a/"]);
        offers("save a", 5, &["a.gz", "a/"]);
        offers("open a as h", 10, &[]);
        offers("use heap h", 9, &[]);
        offers("profiles h", 9, &[]);
    }

    #[test]
    fn what_a_process_offers_and_the_words_behind_it_are_offered() {
        offers("fetch ", 6, &["allocs", "my.pool", "profile"]);
        offers("fetch my", 6, &["my.pool"]);
        offers("fetch heap ", 11, &["-force", "debug=1", "debug=2", "gc"]);
        offers("fetch trace > t", 14, &["t.gz", "t/"]);
        offers("grow ", 5, &["allocs", "my.pool"]);
        offers("grow heap 6", 10, &[]);
        offers("collect a", 8, &["a.gz", "a/"]);
        offers("collect a -", 10, &["-force", "-redact"]);
        offers("target p", 7, &["probe"]);
        offers("every 3", 6, &[]);
        offers("every 30s tre", 10, &["tree"]);
        offers("every 30s top idl", 14, &["main\\.idle"]);
        offers("every 30s every 30s tre", 20, &[]);
        offers("index a", 6, &[]);
    }

    #[test]
    fn of_many_functions_the_first_are_offered_each_once() {
        let names: Vec<_> = (0..3 * MOST).rev().map(|n| format!("f{n:04}")).collect();
        let twice = names.iter().chain(&names);
        let known = Known {
            sample_types: &[],
            profiles: &[],
            kinds: &[],
            files: &|_| vec![],
            functions: &mut twice.map(|name| name.as_bytes()),
        };
        let (_, found) = candidates("peek f", known);
        let expected = (0..MOST).map(|n| format!("f{n:04}"));
        assert!(found.into_iter().map(|one| one.shown).eq(expected));
    }
}
