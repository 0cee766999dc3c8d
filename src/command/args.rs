//! The command line: argv becomes one typed [`Invocation`], and nothing has happened yet.
//!
//! The syntax is that of Go's flag package (pprof-behaviour 1.1), the checks come in pprof's order. A
//! declared deviation: flags are read behind the source too, up to a `--`. Every option and report is a
//! flag by its row in [`super::options`] and [`super::commands`]; the rest is in [`super::flags`].

use std::ffi::{OsStr, OsString};

use super::commands::{self, Argument, COMMANDS, Place, Run};
use super::flags::{self, Flags};
use super::live::Collect;
use super::nearest::nearest;
use super::options::{self, Named, OPTIONS, Settings, Slot, quoted};
use super::parse::ReportAction;
use super::triage::{self, Triaging};
use crate::error::{Error, Result};
use crate::go::fmt::{parse_bool, parse_float, parse_int};

/// What the command line asks for.
#[derive(Debug, PartialEq)]
pub(crate) enum Invocation {
    /// An explanation of these topics, of everything where there are none.
    Help(Vec<String>),
    /// The version.
    Version,
    /// What this word means, without a profile.
    Explain(String),
    /// Work on a profile.
    Run(Box<Order>),
}

/// Work on a profile.
#[derive(Debug, PartialEq)]
pub(crate) struct Order {
    /// What was named: a source, or a binary and a source.
    pub(crate) sources: Vec<OsString>,
    /// What to do with it.
    pub(crate) task: Task,
    /// The options.
    pub(crate) settings: Settings,
    /// How to open the source, and how to show what comes out.
    pub(crate) flags: Flags,
}

/// What to do with a profile.
#[derive(Debug, PartialEq)]
pub(crate) enum Task {
    /// One report.
    Report(Box<ReportAction>),
    /// These texts of commands, as if typed at the prompt.
    Commands(Vec<String>),
    /// Take everything of a live process.
    Collect(Collect),
    /// Say what is wrong.
    Triage(Triaging),
    /// The prompt.
    Shell,
}

/// Reads the arguments, the name of the program not among them; `remark` is told what does not matter.
pub(crate) fn parse(
    arguments: impl IntoIterator<Item = OsString>,
    remark: &mut dyn FnMut(&str),
) -> Result<Invocation> {
    let mut given = Given::default();
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy();
        match text.strip_prefix('-') {
            None | Some("") => given.sources.push(argument),
            Some("-") => {
                given.sources.extend(arguments.by_ref());
            }
            Some(flag) => {
                let flag = flag.strip_prefix('-').unwrap_or(flag);
                if matches!(flag.split('=').next(), Some("h" | "help")) {
                    return Ok(Invocation::Help(topics(arguments)));
                }
                given.flag(flag, &text, &mut arguments)?;
            }
        }
    }
    if given.flags.version {
        return Ok(Invocation::Version);
    }
    match (&given.sources[..], &given.reports[..]) {
        ([], [("explain", Some(word))]) => Ok(Invocation::Explain(word.clone())),
        _ => Ok(Invocation::Run(Box::new(given.order(remark)?))),
    }
}

fn topics(arguments: impl Iterator<Item = OsString>) -> Vec<String> {
    arguments
        .map(|topic| topic.to_string_lossy().trim_start_matches('-').to_string())
        .collect()
}

/// What the arguments read so far add up to.
#[derive(Default)]
struct Given {
    sources: Vec<OsString>,
    settings: Settings,
    flags: Flags,
    /// The reports asked for, each with its pattern.
    reports: Vec<(&'static str, Option<String>)>,
    /// The words of choices that are on.
    words: Vec<&'static str>,
}

impl Given {
    /// Reads the flag `text` (`flag` is the same without its dashes), with its value from `rest` if need be.
    fn flag(
        &mut self,
        flag: &str,
        text: &str,
        rest: &mut impl Iterator<Item = OsString>,
    ) -> Result<()> {
        if flag.is_empty() || flag.starts_with(['-', '=']) {
            return Err(Error::usage(format!("bad flag syntax: {text}")));
        }
        let (name, value) = match flag.split_once('=') {
            Some((name, value)) => (name, Some(value.to_string())),
            None => (flag, None),
        };
        let target = Target::named(name).ok_or_else(|| unknown(name))?;
        if target.is_bool() {
            return self.switch(target, name, value.as_deref().unwrap_or("true"));
        }
        let value = value.or_else(|| rest.next().map(|next| lossy(&next)));
        let missing = || {
            let name = format!("flag needs an argument: -{name}");
            Error::usage(format!("{name}: write -{flag}=VALUE or -{flag} VALUE"))
        };
        self.store(target, name, value.ok_or_else(missing)?)
    }

    fn switch(&mut self, target: Target, name: &str, value: &str) -> Result<()> {
        let on = parse_bool(value.as_bytes()).map_err(|_| {
            let value = quoted(value);
            Error::usage(format!(
                "invalid boolean value {value} for -{name}: parse error"
            ))
        })?;
        match target {
            Target::Report(name, _) => set_member(&mut self.reports, (name, None), on),
            Target::Word(word) => set_member(&mut self.words, word, on),
            Target::Option(option) => put_bool(option.slot(&mut self.settings), on),
            Target::Flag(flag) => put_bool((flag.slot)(&mut self.flags), on),
        }
        Ok(())
    }

    fn store(&mut self, target: Target, name: &str, value: String) -> Result<()> {
        let slot = match target {
            Target::Report(name, _) => {
                self.reports.retain(|(other, _)| *other != name);
                let given = (!value.is_empty()).then_some((name, Some(value)));
                self.reports.extend(given);
                return Ok(());
            }
            Target::Option(option) => option.slot(&mut self.settings),
            Target::Flag(flag) if flag.name == "c" => {
                self.flags.commands.push(value);
                return Ok(());
            }
            Target::Flag(flag) if flag.name == "H" => {
                self.flags.headers.push(value);
                return Ok(());
            }
            Target::Flag(flag) => (flag.slot)(&mut self.flags),
            Target::Word(_) => return Ok(()), // on or off, so never here
        };
        put(slot, &value).map_err(|reason| {
            let value = quoted(&value);
            Error::usage(format!("invalid value {value} for flag -{name}: {reason}"))
        })
    }

    /// The checks that need all flags, in pprof's order (pprof-behaviour 1.1).
    fn order(mut self, remark: &mut dyn FnMut(&str)) -> Result<Order> {
        if self.sources.is_empty() && !self.looks_around() {
            let hint = "name a file or a URL, e.g. podprof -top localhost:6060/debug/pprof/heap";
            return Err(Error::usage(format!("no profile source specified: {hint}")));
        }
        self.choose()?;
        let task = self.task()?;
        let ignored = self.flags.select_value(&mut self.settings);
        ignored.iter().for_each(|text| remark(text));
        self.flags.check_rest(&self.settings)?;
        Ok(Order {
            sources: self.sources,
            task: task.with(&self.settings, &self.flags)?,
            settings: self.settings,
            flags: self.flags,
        })
    }

    /// Whether nothing is named that only a source can give, so that live processes are looked for.
    fn looks_around(&self) -> bool {
        let triage = |(name, _): &(&str, _)| {
            commands::find(name).is_some_and(|command| matches!(command.run, Run::Triage(_)))
        };
        self.reports.iter().all(triage) && self.flags.base().is_none()
    }

    /// Stores the words of choices; two of one option contradict each other.
    fn choose(&mut self) -> Result<()> {
        for option in OPTIONS {
            let choices = option.choices().iter().map(|choice| choice.word);
            let chosen: Vec<&str> = choices.filter(|word| self.words.contains(word)).collect();
            match chosen[..] {
                [] => {}
                [word] => option.set(&mut self.settings, word).map_err(Error::usage)?,
                _ => {
                    let chosen = chosen.join(" ");
                    return Err(Error::usage(format!("conflicting options set: [{chosen}]")));
                }
            }
        }
        Ok(())
    }

    fn task(&mut self) -> Result<Unsettled> {
        let commands = std::mem::take(&mut self.flags.commands);
        let task = match self.reports.pop() {
            None if commands.is_empty() => Unsettled::Shell,
            None => Unsettled::Commands(commands),
            Some((name, _)) if !self.reports.is_empty() => {
                let other = self.reports[0].0;
                let text = "must set at most one output format";
                return Err(Error::usage(format!(
                    "{text}: -{other} and -{name} were given"
                )));
            }
            Some(_) if !commands.is_empty() => {
                let text = "-c is not compatible with an output format on the command line";
                return Err(Error::usage(text));
            }
            Some(report) => Unsettled::Report(report.0, report.1),
        };
        let task = match (task, self.flags.collect()) {
            (task, None) if self.flags.redact => {
                let _ = task;
                return Err(Error::usage("-redact only makes sense with -collect"));
            }
            (task, None) => task,
            (Unsettled::Shell, Some(collect)) => Unsettled::Collect(collect),
            (_, Some(_)) => {
                let text =
                    "-collect takes everything and reports nothing: leave out -c or the report";
                return Err(Error::usage(text));
            }
        };
        let format = matches!(task, Unsettled::Report(..));
        self.flags.check_web(format)?;
        Ok(task)
    }
}

/// A task whose options are not yet complete.
enum Unsettled {
    Report(&'static str, Option<String>),
    Commands(Vec<String>),
    Collect(Collect),
    Shell,
}

impl Unsettled {
    fn with(self, settings: &Settings, flags: &Flags) -> Result<Task> {
        let (name, argument) = match self {
            Unsettled::Report(name, argument) => (name, argument),
            Unsettled::Commands(texts) => return Ok(Task::Commands(texts)),
            Unsettled::Collect(collect) => return Ok(Task::Collect(collect)),
            Unsettled::Shell => return Ok(Task::Shell),
        };
        let mut settings = settings.clone();
        let command = commands::find(name);
        Ok(match command.map(|command| (command.run, command.output)) {
            Some((Run::Report(report, adjust), output)) => {
                adjust(&mut settings, Place::CommandLine);
                Task::Report(Box::new(ReportAction {
                    report,
                    argument,
                    settings,
                    filters: Vec::new(),
                    output,
                }))
            }
            Some((Run::Triage(class), _)) => {
                Task::Triage(triage::of_flags(class, flags, &settings)?)
            }
            Some((Run::Missing(why), _)) => return Err(Error::usage(why.to_string())),
            Some((Run::Session(_), _)) | None => Task::Shell, // only reports are flags
        })
    }
}

/// What a flag sets.
#[derive(Clone, Copy)]
enum Target {
    Report(&'static str, Argument),
    Word(&'static str),
    Option(&'static options::OptionSpec),
    Flag(&'static flags::FlagSpec),
}

impl Target {
    fn named(name: &str) -> Option<Target> {
        if let Some(flag) = flags::FLAGS.iter().find(|flag| flag.name == name) {
            return Some(Target::Flag(flag));
        }
        let report = reports().find(|(report, _)| *report == name);
        if let Some((name, argument)) = report {
            return Some(Target::Report(name, argument));
        }
        match options::find(name)? {
            // pprof has no -sort and -granularity, only their words.
            Named::Option(option) if !option.choices().is_empty() => None,
            Named::Option(option) => Some(Target::Option(option)),
            Named::Choice(_, choice) => Some(Target::Word(choice.word)),
        }
    }

    fn is_bool(self) -> bool {
        match self {
            Target::Report(_, argument) => matches!(argument, Argument::None | Argument::Words),
            Target::Word(_) => true,
            Target::Option(option) => option.is_bool(),
            Target::Flag(flag) => {
                matches!((flag.slot)(&mut Flags::default()), Slot::Bool(_))
            }
        }
    }
}

fn reports() -> impl Iterator<Item = (&'static str, Argument)> {
    let reports = COMMANDS.iter().filter(|command| command.is_report());
    reports.flat_map(|command| command.names.iter().map(|name| (*name, command.argument)))
}

/// Every flag there is, for suggestions.
fn names() -> impl Iterator<Item = &'static str> {
    let flags = flags::FLAGS.iter().map(|flag| flag.name);
    let reports = reports().map(|(name, _)| name);
    flags.chain(reports).chain(super::nearest::settable())
}

fn unknown(name: &str) -> Error {
    let hint = match (options::find(name), nearest(name, &mut names())) {
        (Some(Named::Option(option)), _) => {
            let words: Vec<_> = option.choices().iter().map(|choice| choice.word).collect();
            format!("its words are flags, as -{}", words.join(" or -"))
        }
        (_, Some(meant)) => format!("did you mean -{meant}?"),
        (_, None) => "podprof -h lists the flags".to_string(),
    };
    Error::usage(format!("flag provided but not defined: -{name}: {hint}"))
}

fn set_member<T: PartialEq>(set: &mut Vec<T>, member: T, on: bool) {
    set.retain(|other| *other != member);
    if on {
        set.push(member);
    }
}

fn put_bool(slot: Slot<'_>, on: bool) {
    if let Slot::Bool(slot) = slot {
        *slot = on;
    }
}

/// Stores a value as Go's flag package does; the error is Go's reason.
fn put(slot: Slot<'_>, value: &str) -> std::result::Result<(), String> {
    let reason = |error: String| match error.ends_with("out of range") {
        true => "value out of range".to_string(),
        false => "parse error".to_string(),
    };
    match slot {
        Slot::Int(slot) => *slot = parse_int(value.as_bytes(), 0, 64).map_err(reason)?,
        Slot::Float(slot) => *slot = parse_float(value.as_bytes()).map_err(reason)?,
        Slot::Text(slot) => *slot = value.to_string(),
        Slot::Choice(slot, choices) => {
            let words: Vec<_> = choices.iter().map(|choice| choice.word).collect();
            let word = words.iter().find(|word| **word == value);
            *slot = word.ok_or_else(|| format!("it is one of {}", words.join(", ")))?;
        }
        Slot::Bool(_) => {} // a switch, so never here
    }
    Ok(())
}

fn lossy(text: &OsStr) -> String {
    text.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Report;

    fn read(text: &str) -> Result<Invocation> {
        parse(text.split_whitespace().map(OsString::from), &mut |_| ())
    }

    fn order(text: &str) -> Order {
        match read(text) {
            Ok(Invocation::Run(order)) => *order,
            other => panic!("{text}: {other:?}"),
        }
    }

    fn error(text: &str) -> String {
        match read(text) {
            Err(error) => error.to_string(),
            Ok(invocation) => panic!("{text}: {invocation:?}"),
        }
    }

    fn report(text: &str) -> ReportAction {
        match order(text).task {
            Task::Report(report) => *report,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn one_dash_and_two_are_the_same() {
        assert_eq!(order("-top f"), order("--top f"));
        assert_eq!(order("-nodecount=5 f"), order("--nodecount 5 f"));
    }

    #[test]
    fn flags_are_read_behind_the_source_up_to_two_dashes() {
        assert_eq!(order("-top f"), order("f -top"));
        assert_eq!(order("f -- -top").sources, ["f", "-top"]);
        assert_eq!(order("-top -").sources, ["-"]);
    }

    #[test]
    fn a_flag_with_a_value_swallows_the_next_word() {
        assert_eq!(report("-peek -top f").argument.as_deref(), Some("-top"));
        assert!(error("f -focus").starts_with("flag needs an argument: -focus"));
    }

    #[test]
    fn the_last_of_equal_flags_counts() {
        assert_eq!(order("-nodecount=5 -nodecount=6 f").settings.nodecount, 6);
        assert_eq!(order("-top -top=false f").task, Task::Shell);
        assert_eq!(order("-peek a -peek= f").task, Task::Shell);
        assert_eq!(report("-peek a -peek b f").argument.as_deref(), Some("b"));
        assert_eq!(order("-cum -cum=0 f").settings.sort, "flat");
    }

    #[test]
    fn numbers_are_read_as_go_reads_them() {
        assert_eq!(order("-nodecount=0x10 f").settings.nodecount, 16);
        assert_eq!(order("-seconds=-3 f").flags.seconds, -3);
        assert_eq!(order("-divide_by 1e2 f").settings.divide_by, 100.0);
        for (text, message) in [
            (
                "-nodecount=x f",
                "invalid value \"x\" for flag -nodecount: parse error",
            ),
            (
                "-nodecount=99999999999999999999 f",
                "invalid value \"99999999999999999999\" for flag -nodecount: value out of range",
            ),
            (
                "-nodefraction= f",
                "invalid value \"\" for flag -nodefraction: parse error",
            ),
            (
                "-trim=maybe f",
                "invalid boolean value \"maybe\" for -trim: parse error",
            ),
            (
                "-top=yes f",
                "invalid boolean value \"yes\" for -top: parse error",
            ),
            (
                "-color=red f",
                "invalid value \"red\" for flag -color: it is one of auto, always, never",
            ),
            ("---top f", "bad flag syntax: ---top"),
            ("-=x f", "bad flag syntax: -=x"),
        ] {
            assert_eq!(error(text), message);
        }
    }

    #[test]
    fn unknown_flags_are_named_with_a_hint() {
        assert_eq!(
            error("-tpo f"),
            "flag provided but not defined: -tpo: did you mean -top?"
        );
        assert_eq!(
            error("-sort=cum f"),
            "flag provided but not defined: -sort: its words are flags, as -cum or -flat"
        );
        assert!(error("-o f").starts_with("flag provided but not defined: -o"));
    }

    #[test]
    fn without_a_source_nothing_runs() {
        assert_eq!(order("").sources, [""; 0]);
        assert!(error("-top").starts_with("no profile source specified"));
        assert!(error("-base=f").starts_with("no profile source specified"));
        assert!(error("-top -peek=x").starts_with("no profile source specified"));
    }

    #[test]
    fn contradictions_are_found_in_the_order_of_pprof() {
        assert_eq!(
            error("-flat -cum -top -tree f"),
            "conflicting options set: [cum flat]"
        );
        assert_eq!(
            error("-lines -files f"),
            "conflicting options set: [files lines]"
        );
        assert!(error("-lines -files -cum -flat f").ends_with("[cum flat]"));
        assert!(error("-top -tree -http=: f").starts_with("must set at most one output format"));
        assert!(error("-top -http=: f").starts_with("-http is not compatible"));
        assert_eq!(
            error("-no_browser f"),
            "-no_browser only makes sense with -http"
        );
        assert_eq!(
            error("-base a -diff_base b f"),
            "-base and -diff_base flags cannot both be specified"
        );
        assert_eq!(
            error("-normalize f"),
            "must have base profile to normalize by"
        );
        assert!(error("-http=: f").starts_with("-http: "));
        assert!(error("-base=b -http=: f").starts_with("-http: "));
        assert!(error("-mem=lots f").starts_with("invalid value \"lots\" for flag -mem"));
        assert!(error("-c o -top f").starts_with("-c is not compatible"));
    }

    #[test]
    fn an_empty_base_is_no_base() {
        assert_eq!(order("-base= f").task, Task::Shell);
    }

    #[test]
    fn a_report_of_the_command_line_is_long() {
        let top = report("-top -lines -focus=x f");
        assert_eq!(top.report, Report::Top);
        assert_eq!(top.settings.nodecount, 0);
        assert_eq!(
            (top.settings.granularity, &*top.settings.focus),
            ("lines", "x")
        );
        assert!(!top.settings.compact_labels);
    }

    #[test]
    fn shortcuts_reach_the_report() {
        let report = report("-inuse_space -alloc_space -top f");
        assert_eq!(report.settings.sample_index, "inuse_space");
    }

    #[test]
    fn what_is_ignored_is_said_even_before_an_error() {
        let mut said = Vec::new();
        let words = ["-inuse_space", "-alloc_space", "-normalize", "f"];
        let read = parse(words.map(OsString::from), &mut |text| {
            said.push(text.to_string())
        });
        assert!(read.is_err());
        assert_eq!(said, ["Multiple value selections, ignoring -alloc_space"]);
    }

    #[test]
    fn commands_add_up() {
        let commands = ["top 5;o", "quit"].map(String::from).to_vec();
        let words = ["-c", "top 5;o", "f", "-c", "quit"].map(OsString::from);
        match parse(words, &mut |_| ()) {
            Ok(Invocation::Run(order)) => assert_eq!(order.task, Task::Commands(commands)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn help_and_version_need_no_source() {
        assert_eq!(read("-version").expect("version"), Invocation::Version);
        let topics = Invocation::Help(vec!["top".to_string(), "focus".to_string()]);
        assert_eq!(read("-top -h top -focus").expect("help"), topics);
        assert_eq!(read("--help").expect("help"), Invocation::Help(vec![]));
    }

    #[test]
    fn a_source_need_not_be_utf8() {
        use std::os::unix::ffi::OsStringExt;
        let name = OsString::from_vec(b"a\xff".to_vec());
        match parse([name.clone()], &mut |_| ()) {
            Ok(Invocation::Run(order)) => assert_eq!(order.sources, [name]),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn no_name_is_two_flags() {
        let mut names: Vec<_> = names()
            .filter(|name| !matches!(*name, "sort" | "granularity"))
            .collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
