//! The profiles that are open and the options as they stand; does one thing asked for after the other.
//!
//! Where text goes is decided by the caller: [`Streams`] are handed in, so the loop over a terminal and
//! the one over a pipe do the same.

mod collect;
mod connect;
mod delivery;
mod fetch;
mod files;
pub(crate) mod gather;
mod grow;
mod incident;
pub(crate) mod live;
mod look;
mod naming;
pub(crate) mod open;
pub(crate) mod plain;
mod plan;
mod programs;
mod redact;
mod reread;
mod several;
mod shelf;
mod symbolize;
mod target;
mod triage;
mod welcome;

use std::io::{self, ErrorKind, IsTerminal};

use crate::command::complete::{self, Candidate, Known};
use crate::command::options::{self, Settings};
use crate::command::parse::{self, Action, Context, ReportAction};
use crate::command::pipe::Filter;
use crate::command::{help, pipe, resolve};
use crate::error::{Cause, Error, Result, Warning};
use crate::interrupt;
use crate::report::sink::{Role, Sink, put};
use crate::report::write_lines;
use delivery::Delivery;
use live::Live;
use look::Looked;
use open::{Arrival, Opener};
use programs::Shown;
use several::Wish;
use shelf::Shelf;

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

/// The open profiles and the options.
pub(crate) struct Session {
    shelf: Shelf,
    opener: Opener,
    live: Live,
    settings: Settings,
    wish: Wish,
    /// Whether commands come one after the other, at the prompt or from `-c`.
    prompt: bool,
    /// Whether `Streams::out` is a terminal.
    terminal: bool,
    shown: Shown,
    memory: resolve::Memory,
    found: Found,
    /// What `triage` took last.
    looked: Option<Looked>,
    /// What the command line names.
    named: String,
}

/// Whether the filters left something of each report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// Nobody asked.
    Unwatched,
    Something,
    Nothing,
}

impl Session {
    /// A session over the first profile, if there is one yet, with the options of the command line.
    pub(crate) fn new((opener, first): (Opener, Option<Arrival>), settings: Settings) -> Self {
        Session {
            shelf: Shelf::new(first),
            opener,
            live: Live::default(),
            settings,
            wish: Wish::default(),
            prompt: false,
            terminal: io::stdout().is_terminal(),
            shown: Shown::default(),
            memory: resolve::Memory::default(),
            found: Found::Unwatched,
            looked: None,
            named: String::new(),
        }
    }

    /// From now on it is noted where filters leave no sample for a report.
    pub(crate) fn watch_for_nothing(&mut self) {
        self.found = Found::Something;
    }

    /// Whether the filters left no sample for some report.
    pub(crate) fn found_nothing(&self) -> bool {
        self.found == Found::Nothing
    }

    /// The options as they stand.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The options and labels are now those of the prompt (pprof-behaviour 7.1).
    pub(crate) fn enter_prompt(&mut self) {
        self.shelf.forget_zero_labels();
        self.settings.compact_labels = true;
        self.prompt = true;
    }

    /// Says what is open, before the first prompt (pprof-behaviour 7.1).
    pub(crate) fn greet(&self, err: &mut dyn Sink) -> io::Result<()> {
        if self.shelf.is_empty() || self.live.is_connected() {
            return say(err, ENTERING);
        }
        let mut warnings = Vec::new();
        let mut warn = |warning| warnings.push(warning);
        // As pprof-behaviour 8.40: what is wrong with the options shows at the first report.
        let greeting = resolve::greeting(self.shelf.shown(), &self.settings, &mut warn);
        for warning in warnings {
            remark(err, &warning)?;
        }
        if let Ok((lines, total)) = greeting {
            write_lines(&lines, err)?;
            if total == 0 && self.shelf.sample_types().len() > 1 {
                say(err, NO_SAMPLES)?;
            }
        }
        say(err, ENTERING)
    }

    /// Where the word begins that ends `line`, and what it could become.
    pub(crate) fn candidates(&self, line: &str) -> (usize, Vec<Candidate>) {
        let profile = &self.shelf.shown().profile;
        let names = profile.functions.name.iter();
        complete::candidates(
            line,
            Known {
                sample_types: self.shelf.sample_types(),
                profiles: &self.shelf.names(),
                kinds: &self.live.kinds(),
                files: &files::beginning,
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
        self.opener.taken = self.shelf.weight();
        let context = Context {
            settings: &self.settings,
            sample_types: self.shelf.sample_types(),
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
                let row = help::row(name, &self.settings, self.shelf.sample_types());
                say(io.err, row.as_bytes())?;
            }
            Action::Options(filters) => {
                let listing = help::listing(&self.settings, self.shelf.sample_types());
                explain(&listing, &filters, io.err)?;
            }
            Action::Help(words, filters) => {
                let text = help::topic(&words, &self.settings, self.shelf.sample_types())?;
                explain(&text, &filters, io.err)?;
            }
            Action::Shelve(shelving) => self.shelve(&shelving, io)?,
            Action::Ask(asking) => return self.ask(asking, io),
            Action::Triage(asked) => {
                self.triage(&asked, io)?;
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
            let index = resolve::sample_index(&self.shelf.shown().profile, value)?;
            value = self
                .shelf
                .sample_types()
                .get(index)
                .map_or("", String::as_str);
        }
        options::assign(&mut self.settings, name, value).map_err(Error::usage)
    }

    /// Makes one report, on `Streams::out`, in a file or for a program.
    // As pprof-behaviour 1.3: what ends in an error prints nothing; `resolve::generate` promises that.
    pub(crate) fn report(&mut self, action: &ReportAction, io: &mut Streams<'_>) -> Result<()> {
        if self.shelf.is_empty() {
            return Err(self.live.nothing_open());
        }
        self.opener.taken = self.shelf.weight();
        let tree_room = match action.settings.call_tree {
            true => self.opener.limits()?.memory,
            false => 0,
        };
        let request = resolve::Request {
            report: action.report,
            argument: action.argument.as_deref(),
            settings: &action.settings,
            memory: self.prompt.then_some(&self.memory),
            tree_room,
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
            |out: &mut dyn Sink| resolve::generate(self.shelf.shown(), &request, &mut warn, out);
        let delivery = Delivery {
            action,
            prompt: self.prompt,
            terminal: self.terminal,
            announce: &announce,
        };
        let passed = delivery.deliver(&mut write, io.out, &mut self.shown)?;
        if self.found == Found::Something
            && (!passed || resolve::filters_all(self.shelf.shown(), &action.settings)?)
        {
            self.found = Found::Nothing;
        }
        Ok(())
    }
}

const NO_SAMPLES: &[u8] = b"No samples were found with the default sample value type.\n\
    Try \"sample_index\" command to analyze different sample values.\n";

const ENTERING: &[u8] =
    b"Entering interactive mode (type \"help\" for commands, \"o\" for options)\n";

/// Whether a line prints something again and again, so that no screenful may stop it.
pub(crate) fn repeats(line: &str) -> bool {
    line.split_whitespace().next() == Some("every")
}

/// Prints a remark, which is one line even if a name in it has several.
fn remark(err: &mut dyn Sink, warning: &Warning) -> io::Result<()> {
    put(err, Role::Tag, &warning.text())?;
    say(err, b"\n")
}

/// Prints an error as a line of its own, in the colour of errors where there are colours. A line break
/// with two blanks behind it is ours and goes on below; any other may be a name's and is shown as such.
pub(crate) fn complain(err: &mut dyn Sink, error: &Error) -> io::Result<()> {
    for (at, line) in error.to_string().split("\n  ").enumerate() {
        if at > 0 {
            err.write_all(b"\n  ")?;
        }
        put(err, Role::Hot, line.as_bytes())?;
    }
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
    matches!(error.cause(), Cause::Write(error) if error.kind() == ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests;
