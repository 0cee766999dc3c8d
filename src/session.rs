//! The profile that is open and the options as they stand; does one thing asked for after the other.
//!
//! Where text goes is decided by the caller: [`Streams`] are handed in, so the loop over a terminal and
//! the one over a pipe do the same.

mod delivery;
pub(crate) mod gather;
pub(crate) mod open;
pub(crate) mod plain;
mod programs;
mod target;

use std::io::{self, ErrorKind, IsTerminal};

use crate::command::complete::{self, Candidate, Known};
use crate::command::options::{self, Settings};
use crate::command::parse::{self, Action, Context, ReportAction};
use crate::command::pipe::Filter;
use crate::command::{help, pipe, resolve};
use crate::error::{Error, Result, Warning};
use crate::interrupt;
use crate::report::sink::{Role, Sink, put};
use crate::report::write_lines;
use crate::view::Base;
use delivery::Delivery;
use programs::Shown;

/// Where text goes.
pub(crate) struct Streams<'a> {
    /// Reports.
    pub(crate) out: &'a mut dyn Sink,
    /// Everything else.
    pub(crate) err: &'a mut dyn Sink,
}

/// How a loop over lines goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// With the next line.
    Prompt,
    /// The user wants to leave.
    Quit,
    /// `Streams::out` takes no more bytes: its reader has gone.
    Closed,
}

/// An open profile and the options.
pub(crate) struct Session {
    base: Base,
    settings: Settings,
    sample_types: Vec<String>,
    /// Whether commands come one after the other, at the prompt or from `-c`.
    prompt: bool,
    /// Whether `Streams::out` is a terminal.
    terminal: bool,
    shown: Shown,
}

impl Session {
    /// A session over a profile, with the options of the command line.
    pub(crate) fn new(base: Base, settings: Settings) -> Self {
        let kinds = base.profile.sample_types.iter();
        let sample_types = kinds
            .map(|kind| String::from_utf8_lossy(base.profile.text(kind.kind)).into_owned())
            .collect();
        Session {
            base,
            settings,
            sample_types,
            prompt: false,
            terminal: io::stdout().is_terminal(),
            shown: Shown::default(),
        }
    }

    /// The options as they stand.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The options are now those of the prompt (pprof-behaviour 7.1).
    pub(crate) fn enter_prompt(&mut self) {
        self.settings.compact_labels = true;
        self.prompt = true;
    }

    /// Says what is open, before the first prompt (pprof-behaviour 7.1).
    pub(crate) fn greet(&self, err: &mut dyn Sink) -> io::Result<()> {
        let mut warnings = Vec::new();
        let mut warn = |warning| warnings.push(warning);
        // As pprof-behaviour 8.40: what is wrong with the options shows at the first report.
        let greeting = resolve::greeting(&self.base, &self.settings, &mut warn);
        for warning in warnings {
            remark(err, &warning)?;
        }
        if let Ok((lines, total)) = greeting {
            write_lines(&lines, err)?;
            if total == 0 && self.sample_types.len() > 1 {
                say(err, NO_SAMPLES)?;
            }
        }
        say(err, ENTERING)
    }

    /// Where the word begins that ends `line`, and what it could become.
    pub(crate) fn candidates(&self, line: &str) -> (usize, Vec<Candidate>) {
        let profile = &self.base.profile;
        let names = profile.functions.name.iter();
        complete::candidates(
            line,
            Known {
                sample_types: &self.sample_types,
                functions: &mut names.map(|name| profile.text(*name)),
            },
        )
    }

    /// Does what one line asks for; an error is printed and the loop goes on.
    pub(crate) fn line(&mut self, text: &str, io: &mut Streams<'_>) -> Flow {
        match self.run(text, io) {
            Ok(flow) => flow,
            Err(error) if is_closed(&error) => Flow::Closed,
            Err(error) => {
                // Where stderr is gone too, nobody is left to be told.
                let _ = complain(io.err, &error);
                Flow::Prompt
            }
        }
    }

    /// Does what one line asks for.
    pub(crate) fn run(&mut self, text: &str, io: &mut Streams<'_>) -> Result<Flow> {
        interrupt::clear();
        let context = Context {
            settings: &self.settings,
            sample_types: &self.sample_types,
        };
        let action = parse::line(text, context)?;
        let flow = self.act(action, io)?;
        io.out.flush()?;
        Ok(flow)
    }

    /// Does what the texts of `-c` ask for; the first error ends it.
    pub(crate) fn commands(&mut self, texts: &[String], io: &mut Streams<'_>) -> Result<()> {
        for command in texts.iter().flat_map(|text| parse::split_commands(text)) {
            if self.run(command, io)? == Flow::Quit {
                break;
            }
        }
        Ok(())
    }

    fn act(&mut self, action: Action, io: &mut Streams<'_>) -> Result<Flow> {
        match action {
            Action::Nothing => {}
            Action::Report(action) => self.report(&action, io)?,
            Action::Assign(name, value) => self.assign(&name, &value)?,
            Action::Show(name) => {
                let row = help::row(name, &self.settings, &self.sample_types);
                say(io.err, row.as_bytes())?;
            }
            Action::Options(filters) => {
                let listing = help::listing(&self.settings, &self.sample_types);
                explain(&listing, &filters, io.err)?;
            }
            Action::Help(words, filters) => {
                let text = help::topic(&words, &self.settings, &self.sample_types)?;
                explain(&text, &filters, io.err)?;
            }
            Action::Quit => return Ok(Flow::Quit),
            Action::Several(actions) => {
                for action in actions {
                    self.act(action, io)?;
                }
            }
        }
        Ok(Flow::Prompt)
    }

    fn assign(&mut self, name: &str, value: &str) -> Result<()> {
        let mut value = value;
        if name == "sample_index" {
            // As pprof-behaviour 7.3: checked at once, and kept as the name of the type.
            let index = resolve::sample_index(&self.base.profile, value)?;
            value = self.sample_types.get(index).map_or("", String::as_str);
        }
        options::assign(&mut self.settings, name, value).map_err(Error::Usage)
    }

    /// Makes one report, on `Streams::out`, in a file or for a program.
    // As pprof-behaviour 1.3: what ends in an error prints nothing; `resolve::generate` promises that.
    pub(crate) fn report(&mut self, action: &ReportAction, io: &mut Streams<'_>) -> Result<()> {
        let request = resolve::Request {
            report: action.report,
            argument: action.argument.as_deref(),
            settings: &action.settings,
        };
        let err = std::cell::RefCell::new(&mut *io.err);
        let mut warn = |warning: Warning| {
            // A remark that cannot be made must not cost the report.
            let _ = remark(&mut **err.borrow_mut(), &warning);
        };
        let announce = |name: &str| {
            let _ = say(
                &mut **err.borrow_mut(),
                format!("Generating report in {name}").as_bytes(),
            );
        };
        let mut write =
            |out: &mut dyn Sink| resolve::generate(&self.base, &request, &mut warn, out);
        let delivery = Delivery {
            action,
            prompt: self.prompt,
            terminal: self.terminal,
            announce: &announce,
        };
        delivery.deliver(&mut write, io.out, &mut self.shown)
    }
}

const NO_SAMPLES: &[u8] = b"No samples were found with the default sample value type.\n\
    Try \"sample_index\" command to analyze different sample values.\n";

const ENTERING: &[u8] =
    b"Entering interactive mode (type \"help\" for commands, \"o\" for options)\n";

/// Prints a remark, which is one line even if a name in it has several.
fn remark(err: &mut dyn Sink, warning: &Warning) -> io::Result<()> {
    put(err, Role::Tag, &warning.text())?;
    say(err, b"\n")
}

/// Prints an error as a line of its own, in the colour of errors where there are colours.
pub(crate) fn complain(err: &mut dyn Sink, error: &Error) -> io::Result<()> {
    put(err, Role::Hot, error.to_string().as_bytes())?;
    say(err, b"\n")
}

/// Prints `text` as a message of its own.
pub(crate) fn say(err: &mut dyn Sink, text: &[u8]) -> io::Result<()> {
    err.write_all(text)?;
    if !text.ends_with(b"\n") {
        err.write_all(b"\n")?;
    }
    err.flush()
}

fn explain(text: &str, filters: &[Filter], err: &mut dyn Sink) -> Result<()> {
    pipe::through(filters, err, |out| {
        out.write_all(text.as_bytes())?;
        Ok(())
    })?;
    Ok(err.flush()?)
}

/// Whether the reader of the reports has gone, which is no failure.
pub(crate) fn is_closed(error: &Error) -> bool {
    matches!(error, Error::Write(error) if error.kind() == ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture::typed;
    use crate::report::sink::Plain;

    fn session() -> Session {
        let types = [("objects", "count"), ("space", "bytes")];
        let profile = typed(&types, "main;work 3 2048\nmain;idle 1 512");
        let mut session = Session::new(Base::plain(profile), Settings::default());
        session.enter_prompt();
        session
    }

    /// What a run of lines prints on both streams.
    fn run(session: &mut Session, lines: &[&str]) -> (String, String) {
        let (mut out, mut err) = (Plain(Vec::new()), Plain(Vec::new()));
        for line in lines {
            let mut io = Streams {
                out: &mut out,
                err: &mut err,
            };
            assert_eq!(session.line(line, &mut io), Flow::Prompt, "{line}");
        }
        let text = |sink: Plain<Vec<u8>>| String::from_utf8(sink.0).expect("text");
        (text(out), text(err))
    }

    #[test]
    fn reports_go_to_one_stream_and_errors_to_the_other() {
        let (out, err) = run(&mut session(), &["top", "nope", "peek zzz"]);
        let row = "     2048B 80.00% 80.00%      2048B 80.00%  work\n";
        assert!(out.contains(row), "{out}");
        let lines: Vec<_> = err.lines().collect();
        assert!(lines[0].starts_with("unrecognized command: \"nope\""));
        assert_eq!(lines[1..], ["no matches found for regexp: zzz"]);
    }

    #[test]
    fn words_of_a_line_are_forgotten_and_assignments_kept() {
        let mut session = session();
        let (short, _) = run(&mut session, &["top 1 -cum"]);
        let (full, _) = run(&mut session, &["top"]);
        assert!(short.lines().count() < full.lines().count());
        run(&mut session, &["nodecount=1", "cum", "focus idle"]);
        assert_eq!(session.settings().nodecount, 1);
        assert_eq!(session.settings().sort, "cum");
        assert_eq!(session.settings().focus, "idle");
        run(&mut session, &[":"]);
        assert_eq!(session.settings().focus, "");
    }

    #[test]
    fn a_sample_type_is_checked_and_kept_by_name() {
        let mut session = session();
        run(&mut session, &["sample_index=0"]);
        assert_eq!(session.settings().sample_index, "objects");
        let (_, err) = run(&mut session, &["sample_index=bogus"]);
        assert!(err.starts_with("sample_index \"bogus\" must be one of: [objects space]"));
        assert_eq!(session.settings().sample_index, "objects");
        run(&mut session, &["mean_space"]);
        assert!(session.settings().mean);
        run(&mut session, &["sample_index="]);
        assert_eq!(session.settings().sample_index, "space");
    }

    #[test]
    fn a_bare_option_shows_its_value_and_help_can_be_filtered() {
        let (out, err) = run(&mut session(), &["unit", "o | grep nodec", "help | wc -l"]);
        assert_eq!(out, "");
        let lines: Vec<_> = err.lines().collect();
        assert_eq!(
            lines[0],
            "  unit                      = minimum              "
        );
        assert!(lines[1].starts_with("  nodecount "), "{err}");
        assert!(lines[2].parse::<usize>().is_ok(), "{err}");
    }

    #[test]
    fn the_greeting_says_what_is_open() {
        let mut err = Plain(Vec::new());
        session().greet(&mut err).expect("said");
        let text = String::from_utf8(err.0).expect("text");
        assert!(text.starts_with("Type: space\n"), "{text}");
        assert!(text.ends_with(
            "Entering interactive mode (type \"help\" for commands, \"o\" for options)\n"
        ));
        let profile = typed(&[("a", "count"), ("b", "count")], "main 1 0");
        let session = Session::new(Base::plain(profile), Settings::default());
        let mut err = Plain(Vec::new());
        session.greet(&mut err).expect("said");
        let text = String::from_utf8(err.0).expect("text");
        assert!(text.contains("\nNo samples were found with the default sample value type.\nTry \"sample_index\" command"));
    }

    #[test]
    fn the_first_error_ends_commands() {
        let (mut out, mut err) = (Plain(Vec::new()), Plain(Vec::new()));
        let mut io = Streams {
            out: &mut out,
            err: &mut err,
        };
        let texts = ["top 1;peek idle|wor\\;k", "nope; top"].map(String::from);
        let error = session().commands(&texts, &mut io).expect_err("nope");
        assert!(error.to_string().starts_with("unrecognized command"));
        let out = String::from_utf8(out.0).expect("text");
        assert_eq!(out.matches("Showing nodes").count(), 2, "{out}");
        assert!(out.contains("| idle") && !out.contains("| work\n"), "{out}");
    }

    #[test]
    fn quit_ends_commands_and_loops() {
        let (mut out, mut err) = (Plain(Vec::new()), Plain(Vec::new()));
        let mut io = Streams {
            out: &mut out,
            err: &mut err,
        };
        let mut session = session();
        assert_eq!(session.line("quit now", &mut io), Flow::Quit);
        session
            .commands(&["q; nope".to_string()], &mut io)
            .expect("left before the error");
    }

    /// Takes nothing more, like a pipe whose reader has gone.
    struct Gone;

    impl io::Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Sink for Gone {}

    #[test]
    fn a_reader_that_has_gone_is_no_error() {
        let mut err = Plain(Vec::new());
        let mut io = Streams {
            out: &mut Gone,
            err: &mut err,
        };
        assert_eq!(session().line("top", &mut io), Flow::Closed);
        assert!(err.0.is_empty());
    }

    #[test]
    fn a_file_that_cannot_be_written_is_announced_and_complained_of() {
        let (out, err) = run(&mut session(), &["top >/dev/null/f"]);
        assert_eq!(out, "");
        let expected = "Generating report in /dev/null/f\nopen /dev/null/f: not a directory\n";
        assert_eq!(err, expected);
    }

    #[test]
    fn a_report_that_fails_leaves_its_file_alone() {
        let (_, err) = run(&mut session(), &["peek zzz >/dev/null/f"]);
        assert_eq!(err, "no matches found for regexp: zzz\n");
    }
}
