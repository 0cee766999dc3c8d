//! The language of the prompt: one line becomes one typed [`Action`], and nothing has happened yet.
//!
//! The grammar is that of pprof-behaviour 7.3 and 7.4. Declared deviations, all where pprof has only
//! an error: a bare word of a choice selects it, `OPTION VALUE…` assigns, a bare option that is not on
//! or off shows its value, and a word that is exactly `|` starts a built-in filter ([`super::pipe`]).

use super::commands::{self, Adjust, Argument, CommandSpec, Output, Place, Run, Verb};
use super::live::{self, Asking};
use super::nearest::{nearest, words};
use super::options::{self, Named, Settings, quoted};
use super::pipe::Filter;
use super::shelf::{self, Shelving};
use super::triage::{self, Triaging};
use crate::error::{Error, Result};
use crate::go::fmt::parse_int;
use crate::report::Report;

/// What a line asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    /// Nothing.
    Nothing,
    /// A report.
    Report(Box<ReportAction>),
    /// A new value for the option or word of a choice of this name.
    Assign(String, String),
    /// The value of this option.
    Show(&'static str),
    /// The listing of all options.
    Options(Vec<Filter>),
    /// An explanation of these words, of everything where there are none.
    Help(String, Vec<Filter>),
    /// Something about which profiles are open.
    Shelve(Shelving),
    /// Something of a live process.
    Ask(Asking),
    /// What is wrong.
    Triage(Triaging),
    /// The end.
    Quit,
    /// All of these, in order.
    Several(Vec<Action>),
}

/// A report as it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReportAction {
    /// Which one.
    pub(crate) report: Report,
    /// The pattern of `peek` and `list`.
    pub(crate) argument: Option<String>,
    /// All options: the words of the line and what the command forces are in them.
    pub(crate) settings: Settings,
    /// What the text goes through before it is shown or written.
    pub(crate) filters: Vec<Filter>,
    /// Where it goes, when no file was named.
    pub(crate) output: Output,
}

/// What a line is read against.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    /// The options as they are now.
    pub(crate) settings: &'a Settings,
    /// The names of the profile's sample types.
    pub(crate) sample_types: &'a [String],
}

/// Reads one line.
pub(crate) fn line(text: &str, context: Context<'_>) -> Result<Action> {
    let text = text.trim();
    match shortcut(text, context.sample_types) {
        Some(assignments) => Ok(Action::Several(assignments)),
        None => plain(text, context),
    }
}

/// The parts of a `-c` text: `;` separates them, `\;` does not and stays as it is, for the regexp to read.
pub(crate) fn split_commands(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (at, byte) in text.bytes().enumerate() {
        if byte == b';' && !escaped {
            parts.push(&text[start..at]);
            start = at + 1;
        }
        escaped = byte == b'\\' && !escaped;
    }
    parts.push(&text[start..]);
    parts
}

/// What a line that is exactly a shortcut stands for; the later of two equal shortcuts wins, as in pprof.
fn shortcut(text: &str, sample_types: &[String]) -> Option<Vec<Action>> {
    let assign = |name: &str, value: &str| Action::Assign(name.to_string(), value.to_string());
    for kind in sample_types.iter().rev() {
        let select = assign("sample_index", kind);
        if text.strip_prefix("mean_") == Some(kind) {
            return Some(vec![assign("mean", "1"), select]);
        }
        if text.strip_prefix("total_") == Some(kind) {
            return Some(vec![assign("mean", "0"), select]);
        }
        if text == kind {
            return Some(vec![select]);
        }
    }
    // As pprof-behaviour 8.25: five of the filters only.
    let cleared = ["focus", "ignore", "hide", "tagfocus", "tagignore"];
    (text == ":").then(|| cleared.map(|name| assign(name, "")).to_vec())
}

fn plain(text: &str, context: Context<'_>) -> Result<Action> {
    if let Some(action) = assignment(text) {
        return Ok(action);
    }
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let Some(&first) = words.first() else {
        return Ok(Action::Nothing);
    };
    if let Some(named) = options::find(first) {
        // A deviation: pprof answers `did you mean: focus=foo`.
        let value = text.get(first.len()..).unwrap_or_default();
        return Ok(assigned(named, value));
    }
    // The first word is a command, whatever it is.
    let filters = words.iter().skip(1).position(|word| *word == "|");
    let filters = filters.map(|at| words.split_off(at + 1));
    let mut asked = Asked {
        words,
        filters: filters.unwrap_or_default(),
    };
    match commands::find(first).map(|command| command.run) {
        Some(Run::Session(Verb::Shelf(verb))) => {
            let rest = text.get(first.len()..).unwrap_or_default();
            let filters = Filter::parse(&asked.filters)?;
            shelf::read(verb, rest, filters).map(Action::Shelve)
        }
        Some(Run::Session(Verb::Live(verb))) => {
            let filters = Filter::parse(&asked.filters)?;
            let line: Vec<&str> = text.split_whitespace().skip(1).collect();
            live::read(verb, &asked.words[1..], &line, filters).map(Action::Ask)
        }
        Some(Run::Triage(class)) => {
            let filters = Filter::parse(&asked.filters)?;
            triage::read(class, &asked.words[1..], filters, context.settings).map(Action::Triage)
        }
        Some(Run::Session(verb)) => asked.session(verb),
        Some(Run::Report(..) | Run::Missing(_)) | None => asked.report(context).map(Action::Report),
    }
}

/// `NAME=VALUE` or a bare name, where the name is an option or a word of a choice.
fn assignment(text: &str) -> Option<Action> {
    match text.split_once('=') {
        Some((name, value)) => {
            options::find(name.trim())?;
            let name = name.trim().to_string();
            Some(Action::Assign(name, without_comment(value).to_string()))
        }
        None => options::find(text).map(bare),
    }
}

fn assigned(named: Named, value: &str) -> Action {
    match without_comment(value) {
        "" => bare(named),
        value => Action::Assign(name_of(named).to_string(), value.to_string()),
    }
}

fn bare(named: Named) -> Action {
    match named {
        Named::Choice(_, choice) => Action::Assign(choice.word.to_string(), "true".to_string()),
        Named::Option(option) if option.is_bool() => {
            Action::Assign(option.name.to_string(), String::new())
        }
        Named::Option(option) => Action::Show(option.name),
    }
}

fn name_of(named: Named) -> &'static str {
    match named {
        Named::Option(option) => option.name,
        Named::Choice(_, choice) => choice.word,
    }
}

/// The value before its last `//:`.
fn without_comment(value: &str) -> &str {
    value.rfind("//:").map_or(value, |at| &value[..at]).trim()
}

/// A line that is a command: its words, and those from the first `|` on.
struct Asked<'t> {
    words: Vec<&'t str>,
    filters: Vec<&'t str>,
}

/// What the words of a report add up to.
#[derive(Default)]
struct Given {
    focus: String,
    ignore: String,
}

impl<'t> Asked<'t> {
    fn session(&mut self, verb: Verb) -> Result<Action> {
        let filters = Filter::parse(&self.filters)?;
        Ok(match verb {
            Verb::Options => Action::Options(filters),
            Verb::Help => Action::Help(self.words[1..].join(" "), filters),
            Verb::Quit => Action::Quit,
            // `:` is no command, it is a whole line; the other has been read.
            Verb::Clear | Verb::Shelf(_) | Verb::Live(_) => return Err(self.unknown()),
        })
    }

    fn report(&mut self, context: Context<'_>) -> Result<Box<ReportAction>> {
        let (command, report, adjust) = self.command()?;
        let mut rest = self.words.split_off(1);
        let name = self.words[0];
        let mut settings = context.settings.clone();
        let argument = match command.argument {
            Argument::None => None,
            Argument::Words | Argument::Topic => Some(own_words(&mut rest, &mut settings)?),
            Argument::Pattern if rest.is_empty() => {
                return Err(Error::usage(format!("command {name} requires an argument")));
            }
            Argument::Pattern => Some(rest.remove(0).to_string()),
        };
        let given = read_words(&rest, &mut settings)?;
        let (filters, output) = split_output(&self.filters)?;
        if let Some(output) = output {
            settings.output = output;
        }
        given.store(report, &mut settings);
        adjust(&mut settings, Place::Prompt);
        Ok(Box::new(ReportAction {
            report,
            argument,
            settings,
            filters: Filter::parse(&filters)?,
            output: command.output,
        }))
    }

    /// The command of the first word; digits at its end become a word of their own (`top10`).
    fn command(&mut self) -> Result<(&'static CommandSpec, Report, Adjust)> {
        let first = self.words[0];
        let name = first.trim_end_matches(|c: char| c.is_ascii_digit());
        let found = commands::find(first).or_else(|| {
            if name != first && !name.is_empty() {
                self.words[0] = name;
                self.words.insert(1, &first[name.len()..]);
            }
            commands::find(self.words[0])
        });
        match found.map(|command| (command, command.run)) {
            Some((command, Run::Report(report, adjust))) => Ok((command, report, adjust)),
            Some((_, Run::Missing(why))) => Err(Error::usage(why.to_string())),
            // `o3` and the like: pprof knows no such command.
            Some((_, Run::Session(_) | Run::Triage(_))) | None => Err(self.unknown()),
        }
    }

    fn unknown(&self) -> Error {
        let name = self.words[0];
        if options::find(name).is_some() {
            let value = self.words.get(1).unwrap_or(&"<val>");
            return Error::usage(format!("did you mean: {name}={value}"));
        }
        let meant = match nearest(name.split('=').next().unwrap_or(name), &mut words()) {
            Some(word) => format!(": did you mean {word}?"),
            None => ": type help for the commands there are".to_string(),
        };
        Error::usage(format!("unrecognized command: {}{meant}", quoted(name)))
    }
}

/// Numbers, `>file` and `-cum` go into `settings`; what is left are patterns.
fn read_words(words: &[&str], settings: &mut Settings) -> Result<Given> {
    let mut given = Given::default();
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        if let Ok(number) = parse_int(word.as_bytes(), 10, 32) {
            settings.nodecount = number;
        } else if let Some(file) = word.strip_prefix('>') {
            settings.output = output_name(file, &mut words)?;
        } else if matches!(word, "-cum" | "--cum") {
            settings.sort = "cum";
        } else if let Some(pattern) = word.strip_prefix('-') {
            join(&mut given.ignore, pattern);
        } else {
            join(&mut given.focus, word);
        }
    }
    Ok(given)
}

/// All words but the file that is written to, for a report with a grammar of its own.
fn own_words(words: &mut Vec<&str>, settings: &mut Settings) -> Result<String> {
    let mut own = Vec::new();
    let mut words = std::mem::take(words).into_iter();
    while let Some(word) = words.next() {
        match word.strip_prefix('>') {
            Some(file) => settings.output = output_name(file, &mut words)?,
            None => own.push(word),
        }
    }
    Ok(own.join(" "))
}

/// The file behind `>`, in the same word or the next.
fn output_name<'w>(file: &'w str, rest: &mut impl Iterator<Item = &'w str>) -> Result<String> {
    let named = match file {
        "" => rest.next(),
        file => Some(file),
    };
    let named = named.ok_or_else(|| Error::usage("unexpected end of line after >"))?;
    Ok(named.to_string())
}

/// The words of the filters, and the file that the last of them write to.
fn split_output<'t>(words: &[&'t str]) -> Result<(Vec<&'t str>, Option<String>)> {
    let (mut kept, mut output) = (Vec::new(), None);
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        match word.strip_prefix('>') {
            Some(file) => output = Some(output_name(file, &mut words)?),
            None => kept.push(word),
        }
    }
    Ok((kept, output))
}

/// Adds an alternative to a pattern.
fn join(pattern: &mut String, alternative: &str) {
    if !pattern.is_empty() && !alternative.is_empty() {
        pattern.push('|');
    }
    pattern.push_str(alternative);
}

impl Given {
    /// Given patterns replace the sticky ones; those of `tags` are about labels.
    fn store(self, report: Report, settings: &mut Settings) {
        let (focus, ignore) = match report {
            Report::Tags => (&mut settings.tagfocus, &mut settings.tagignore),
            Report::Top
            | Report::Tree
            | Report::Peek
            | Report::List
            | Report::Traces
            | Report::Raw
            | Report::Comments
            | Report::Dot
            | Report::Callgrind
            | Report::Proto
            | Report::TopProto
            | Report::Goroutines
            | Report::MemStats
            | Report::Explain => (&mut settings.focus, &mut settings.ignore),
        };
        for (given, sticky) in [(self.focus, focus), (self.ignore, ignore)] {
            if !given.is_empty() {
                *sticky = given;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Action> {
        let types = ["cpu".to_string(), "inuse_space".to_string()];
        let settings = Settings {
            focus: "sticky".to_string(),
            ..Settings::default()
        };
        let context = Context {
            settings: &settings,
            sample_types: &types,
        };
        line(text, context)
    }

    fn report(text: &str) -> ReportAction {
        match read(text) {
            Ok(Action::Report(report)) => *report,
            other => panic!("{text}: {other:?}"),
        }
    }

    fn settings(text: &str) -> Settings {
        report(text).settings
    }

    fn error(text: &str) -> String {
        match read(text) {
            Err(error) => error.to_string(),
            Ok(action) => panic!("{text}: {action:?}"),
        }
    }

    fn assign(name: &str, value: &str) -> Action {
        Action::Assign(name.to_string(), value.to_string())
    }

    #[track_caller]
    fn assigns(text: &str, name: &str, value: &str) {
        assert_eq!(read(text).expect(text), assign(name, value), "{text}");
    }

    #[test]
    fn blank_lines_do_nothing() {
        for text in ["", "  ", "\t\n", "\u{85}\u{3000}"] {
            assert_eq!(read(text).expect(text), Action::Nothing);
        }
    }

    #[test]
    fn digits_behind_a_command_are_its_first_word() {
        assert_eq!(report("top10"), report("top 10"));
        assert_eq!(settings("top10").nodecount, 10);
        assert_eq!(settings("top10 3").nodecount, 3);
        assert_eq!(report("list7").argument.as_deref(), Some("7"));
    }

    #[test]
    fn words_of_a_report_become_options_for_this_line_only() {
        let settings = settings("  top 20 -cum a -b c -d >out.txt ");
        assert_eq!(settings.nodecount, 20);
        assert_eq!(settings.sort, "cum");
        assert_eq!(settings.focus, "a|c");
        assert_eq!(settings.ignore, "b|d");
        assert_eq!(settings.output, "out.txt");
    }

    #[test]
    fn sticky_patterns_hold_where_none_are_given() {
        assert_eq!(settings("top -x").focus, "sticky");
        assert_eq!(settings("top -").ignore, "");
        assert_eq!(settings("top other").focus, "other");
    }

    #[test]
    fn the_patterns_of_tags_are_about_labels() {
        let settings = settings("tags a -b");
        assert_eq!((&*settings.tagfocus, &*settings.tagignore), ("a", "b"));
        assert_eq!((&*settings.focus, &*settings.ignore), ("sticky", ""));
    }

    #[test]
    fn only_numbers_of_32_bits_count_rows() {
        assert_eq!(settings("top -5").nodecount, -5);
        assert_eq!(settings("top +7").nodecount, 7);
        assert_eq!(settings("top 0").nodecount, 0);
        assert_eq!(settings("top -1").nodecount, 10);
        assert_eq!(settings("top 2 99999999999 1e3").focus, "99999999999|1e3");
        assert_eq!(settings("top 2147483648").focus, "2147483648");
    }

    #[test]
    fn a_bar_inside_a_word_is_a_pattern() {
        let report = report("top a|b |c");
        assert_eq!(report.settings.focus, "a|b||c");
        assert!(report.filters.is_empty());
    }

    #[test]
    fn the_file_may_stand_apart_from_its_sign() {
        assert_eq!(settings("top > f x").output, "f");
        assert_eq!(settings("top > f x").focus, "x");
        assert_eq!(settings("top >> f").output, ">");
        assert_eq!(error("top >"), "unexpected end of line after >");
        assert_eq!(error("top | head >"), "unexpected end of line after >");
    }

    #[test]
    fn list_and_peek_need_a_pattern() {
        let report = report("peek a.*b c -d 7");
        assert_eq!(report.argument.as_deref(), Some("a.*b"));
        assert_eq!(report.settings.focus, "c");
        assert_eq!(report.settings.ignore, "d");
        assert_eq!(error("list"), "command list requires an argument");
        assert_eq!(error("peek | head"), "command peek requires an argument");
    }

    #[test]
    fn what_a_command_forces_outranks_the_words() {
        let settings = settings("list f 30");
        assert_eq!((settings.nodecount, settings.granularity), (0, "lines"));
    }

    #[test]
    fn an_assignment_is_split_at_the_first_equals_sign() {
        assigns("focus=a=b", "focus", "a=b");
        assigns(" focus = \"a b\" ", "focus", "\"a b\"");
        assigns(
            "nodecount = 5 //: five //: really",
            "nodecount",
            "5 //: five",
        );
        assigns("unit= //: none", "unit", "");
        assigns("lines=true", "lines", "true");
        assigns("pager=false", "pager", "false");
    }

    #[test]
    fn a_bare_name_switches_selects_or_shows() {
        assigns("mean", "mean", "");
        assigns("lines", "lines", "true");
        assigns("cum", "cum", "true");
        assert_eq!(read("focus").expect("shows"), Action::Show("focus"));
        assert_eq!(read("nodecount").expect("shows"), Action::Show("nodecount"));
        assert_eq!(read("sort //: how").expect("shows"), Action::Show("sort"));
    }

    #[test]
    fn an_option_and_words_assign() {
        assigns("focus a b|c", "focus", "a b|c");
        assigns("tagfocus k=v", "tagfocus", "k=v");
        assigns("trim  no //: all", "trim", "no");
        assigns("sort cum", "sort", "cum");
        assigns("focus a | head", "focus", "a | head");
    }

    #[test]
    fn shortcuts_stand_for_assignments() {
        let several = |text| match read(text) {
            Ok(Action::Several(actions)) => actions,
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(several(" cpu "), [assign("sample_index", "cpu")]);
        assert_eq!(
            several("mean_cpu"),
            [assign("mean", "1"), assign("sample_index", "cpu")]
        );
        assert_eq!(
            several("total_inuse_space"),
            [assign("mean", "0"), assign("sample_index", "inuse_space")]
        );
        assert_eq!(several(":").len(), 5);
        assert_eq!(
            error("cpu 3"),
            "unrecognized command: \"cpu\": type help for the commands there are"
        );
        assert!(error(": x").starts_with("unrecognized command: \":\""));
    }

    #[test]
    fn unknown_commands_are_named_as_pprof_names_them() {
        assert!(error("foo3").starts_with("unrecognized command: \"foo\""));
        assert!(error("top=5").starts_with("unrecognized command: \"top=\""));
        assert!(error("o3").starts_with("unrecognized command: \"o\""));
        assert_eq!(
            error("Top"),
            "unrecognized command: \"Top\": did you mean top?"
        );
        assert_eq!(error("nodecount10"), "did you mean: nodecount=10");
        assert_eq!(
            error("focsu=x"),
            "unrecognized command: \"focsu=x\": did you mean focus?"
        );
        assert!(error("| top").starts_with("unrecognized command: \"|\""));
        assert!(error("12").starts_with("unrecognized command: \"12\""));
    }

    #[test]
    fn session_commands_ignore_what_they_do_not_need() {
        assert_eq!(read("quit now").expect("quits"), Action::Quit);
        assert_eq!(read("exit").expect("quits"), Action::Quit);
        assert_eq!(read("q").expect("quits"), Action::Quit);
        assert_eq!(read("o x").expect("lists"), Action::Options(vec![]));
        let help = Action::Help("top more".to_string(), vec![]);
        assert_eq!(read("help  top more").expect("helps"), help);
    }

    #[test]
    fn words_about_open_profiles_stand_behind_what_pprof_understands() {
        let shelve = |text: &str| matches!(read(text), Ok(Action::Shelve(_)));
        for text in [
            "open f",
            "profiles",
            "profiles x | head",
            "use a",
            "base none",
            "close a",
            "save f",
        ] {
            assert!(shelve(text), "{text}");
        }
        assert!(error("base=a").starts_with("unrecognized command: \"base=a\""));
        assert!(error("use2 a").starts_with("unrecognized command: \"use\""));
        assert_eq!(settings("top base open").focus, "base|open");
        let types = ["profiles", "use"].map(String::from);
        let settings = Settings::default();
        let context = Context {
            settings: &settings,
            sample_types: &types,
        };
        let select = |kind| Action::Several(vec![assign("sample_index", kind)]);
        assert_eq!(
            line("profiles ", context).expect("selects"),
            select("profiles")
        );
        assert_eq!(line("use", context).expect("selects"), select("use"));
        let list = line("profiles | head", context).expect("lists");
        assert!(matches!(list, Action::Shelve(Shelving::List(_))));
    }

    #[test]
    fn filters_come_before_the_file() {
        let report = report("top 5 x | grep -v a|b | head 3 >f");
        assert_eq!(report.filters.len(), 2);
        assert_eq!(report.settings.output, "f");
        assert_eq!(report.settings.focus, "x");
        assert_eq!(settings("top >g | head").output, "g");
    }

    #[test]
    fn commands_are_split_at_semicolons_without_a_backslash() {
        assert_eq!(split_commands("top 10; peek foo"), ["top 10", " peek foo"]);
        assert_eq!(split_commands("peek a\\;b;"), ["peek a\\;b", ""]);
        assert_eq!(split_commands("peek a\\\\;o"), ["peek a\\\\", "o"]);
    }

    /// Lines of random words, most of them near the grammar.
    fn random_line(seed: &mut u64) -> String {
        const PIECES: [&str; 44] = [
            "top",
            "top5",
            "peek",
            "list",
            "tags",
            "o",
            "help",
            "quit",
            "open",
            "base",
            "save",
            " as ",
            ":",
            "focus",
            "lines",
            "cum",
            "nodecount",
            "=",
            " = ",
            " ",
            "  ",
            "|",
            "| ",
            " | grep ",
            " | head",
            " | wc -l",
            ">",
            " > ",
            "f",
            "-cum",
            "-",
            "-x",
            "10",
            "-1",
            "99999999999",
            "//:",
            "\u{a0}",
            "日本",
            "\u{301}",
            "\0",
            "mean_",
            "cpu",
            ";",
            "\\",
        ];
        let mut line = String::new();
        loop {
            *seed ^= *seed << 13;
            *seed ^= *seed >> 7;
            *seed ^= *seed << 17;
            let [piece, end, ..] = seed.to_le_bytes();
            line.push_str(PIECES[usize::from(piece) % PIECES.len()]);
            if end < 40 {
                return line;
            }
        }
    }

    #[test]
    fn any_line_is_understood_or_refused_with_words() {
        let mut seed = 0x2545_f491_4f6c_dd1d;
        for _ in 0..3_000 {
            let text = random_line(&mut seed);
            if let Err(error) = read(&text) {
                assert!(!error.to_string().is_empty(), "{text:?}");
            }
            let known = crate::command::complete::Known {
                sample_types: &["cpu".to_string()],
                profiles: &["heap".to_string()],
                kinds: &["heap".to_string()],
                files: &|_| vec!["f".to_string()],
                functions: &mut [&b"main.\xff 10"[..]].into_iter(),
            };
            let (start, _) = crate::command::complete::candidates(&text, known);
            assert!(text.is_char_boundary(start), "{text:?}");
            assert_eq!(split_commands(&text).join(";"), text);
        }
    }
}
