//! podprof: the `(pprof)` prompt for locked-down pods, one binary that answers as pprof does.
//!
//! The way of a profile: [`source`] hands out bytes, [`decode`] makes columns of them ([`model`]),
//! [`view`] filters without copying, [`graph`] adds up, [`report`] writes text. The way of a wish:
//! [`command`] reads argv and lines by its tables, [`session`] holds what is open and runs one thing
//! after the other, [`terminal`] draws and reads keys. Lower ones never know higher ones.
//!
//! This file alone sees argv, the environment and the exit code: 0 for success, 1 where `-triage` finds
//! something, 2 for every error, 3 for what `-fail_empty` asks to be told.

mod allocator;
mod archive;
mod command;
mod decode;
mod demangle;
mod error;
mod go;
mod graph;
mod hash;
mod interrupt;
mod measure;
mod model;
mod packed;
mod report;
mod session;
mod source;
mod target;
mod terminal;
mod triage;
mod view;

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use command::args::{self, Invocation, Order, Task};
use command::help;
use command::live::Collect;
use command::triage::Triaging;
use error::{Cause, Error, Result};
use report::sink::Sink;
use session::live::{self, Start};
use session::open::{Opener, Somebody, Surroundings};
use session::{Session, Streams};
use source::Ways;
use terminal::console::{Console, Manner};
use terminal::style::Colour;
use terminal::{Lines, ask, manners, progress, signal};

/// Something went wrong.
const FAILED: u8 = 2;
/// Nothing was found, and `-fail_empty` asks for it.
const EMPTY: u8 = 3;

fn main() -> ExitCode {
    let mut fail_empty = false;
    let mut console = Console::new(Colour::Auto);
    let mut remark = |text: &str| {
        // A remark that cannot be made must not cost the report.
        let _ = session::say(&mut *console.err(Manner::PLAIN), text.as_bytes());
    };
    let result = match args::parse(std::env::args_os().skip(1), &mut remark) {
        Err(error) => Err(error),
        Ok(Invocation::Version) => {
            let written = io::stdout().write_all(help::version().as_bytes());
            written.map(|()| ExitCode::SUCCESS).map_err(Into::into)
        }
        Ok(Invocation::Explain(word)) => explain_word(&word),
        Ok(Invocation::Help(topics)) => explain(&topics, &mut *console.err(Manner::PLAIN)),
        Ok(Invocation::Run(order)) => {
            console = Console::new(Colour::from_word(order.flags.color));
            fail_empty = order.flags.fail_empty;
            run(*order, console)
        }
    };
    match result {
        Ok(code) => code,
        Err(error) if session::is_closed(&error) => ExitCode::SUCCESS,
        Err(error) => {
            // Where stderr is gone too, the exit code still tells.
            let _ = session::complain(&mut *console.err(Manner::PLAIN), &error);
            match error.cause() {
                Cause::NoMatch(_) if fail_empty => ExitCode::from(EMPTY),
                _ => ExitCode::from(FAILED), // everything else is a failure
            }
        }
    }
}

fn run(mut order: Order, console: Console) -> Result<ExitCode> {
    manners::step_back(Some(order.flags.nice).filter(|nice| *nice >= 0));
    let (mut out, mut err) = console.pair(&order.settings);
    let lines = match order.sources.iter().any(|source| source == "-") {
        true => Lines::Terminal,
        false => Lines::Stdin,
    };
    if matches!(order.task, Task::Shell) {
        terminal::expect_somebody(lines)?;
    }
    let start = Start::of(&order);
    if let Task::Collect(wish) = &order.task {
        return collect(&order, (start, wish), &mut *err);
    }
    if let Task::Triage(asked) = &order.task {
        let asked = (start, asked.clone());
        return triage(order, asked, (&mut *out, &mut *err));
    }
    let opened = match &start {
        Some(_) => Ok((Opener::idle(&order, surroundings()), None)),
        None => live::aim(&mut order)
            .and_then(|()| Opener::first(&order, surroundings(), &mut *err))
            .map(|(opener, first)| (opener, Some(first))),
    };
    progress::erase();
    let mut session = Session::new(opened?, order.settings);
    if let Some(start) = start {
        let looks = matches!(order.task, Task::Shell);
        session.go_live(&start, looks, &mut *err)?;
        progress::erase();
    }
    if order.flags.fail_empty && !matches!(order.task, Task::Shell) {
        session.watch_for_nothing();
    }
    let mut io = Streams {
        out: &mut *out,
        err: &mut *err,
    };
    match order.task {
        Task::Report(action) => {
            session.report(&action, &mut io)?;
            io.out.flush()?;
        }
        Task::Commands(texts) => {
            session.enter_prompt();
            session.commands(&texts, &mut io)?;
        }
        Task::Collect(_) | Task::Triage(_) => {} // done above
        Task::Shell => {
            session.enter_prompt();
            session.greet(io.err)?;
            terminal::shell(&mut session, console, lines)?;
        }
    }
    Ok(match session.found_nothing() {
        true => ExitCode::from(EMPTY),
        false => ExitCode::SUCCESS,
    })
}

/// Says what is wrong; the exit code tells whether anything is.
fn triage(
    mut order: Order,
    (start, asked): (Option<Start>, Triaging),
    (out, err): (&mut dyn Sink, &mut dyn Sink),
) -> Result<ExitCode> {
    let sources = std::mem::take(&mut order.sources);
    let opener = Opener::idle(&order, surroundings());
    let mut session = Session::new((opener, None), order.settings);
    let mut io = Streams { out, err };
    let found = session.triage_once((start.as_ref(), &sources), &asked, &mut io)?;
    io.out.flush()?;
    Ok(ExitCode::from(u8::from(found)))
}

/// Takes everything of a live process; Ctrl-C, SIGTERM and SIGHUP end it with what there is.
fn collect(
    order: &Order,
    (start, wish): (Option<Start>, &Collect),
    err: &mut dyn Sink,
) -> Result<ExitCode> {
    let unclear = || {
        let text = "-collect needs one live process: podprof -collect=incident :6060, or pid:7, or nothing";
        Error::usage(text)
    };
    let start = start.ok_or_else(unclear)?;
    signal::catch_interrupt();
    signal::leave_in_order();
    let opener = Opener::idle(order, surroundings());
    let mut session = Session::new((opener, None), order.settings.clone());
    session.collect_once(&start, wish, err)?;
    Ok(ExitCode::SUCCESS)
}

fn surroundings() -> Surroundings {
    let folder = std::env::var_os("PPROF_TMPDIR").filter(|folder| !folder.is_empty());
    Surroundings {
        save_in: folder.map(PathBuf::from),
        progress: progress::hook(),
        ways: Ways::of_environment(&|name| std::env::var_os(name)),
        somebody: ask::is_somebody_there().then_some(Somebody {
            agrees: ask::agrees,
            pressed: ask::pressed,
        }),
    }
}

/// What a word of the reports means, or how a rule of `triage` finds what it finds.
fn explain_word(word: &str) -> Result<ExitCode> {
    let text = match triage::doc(word) {
        Some(doc) => report::explain::of_rule(word, &doc),
        None => report::explain::text(word)?,
    };
    io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

fn explain(topics: &[String], err: &mut dyn Sink) -> Result<ExitCode> {
    session::say(err, help::command_line(topics)?.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
