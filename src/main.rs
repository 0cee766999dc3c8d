//! podprof: the `(pprof)` prompt for locked-down pods, one binary that answers as pprof does.
//!
//! The way of a profile: [`source`] hands out bytes, [`decode`] makes columns of them ([`model`]),
//! [`view`] filters without copying, [`graph`] adds up, [`report`] writes text. The way of a wish:
//! [`command`] reads argv and lines by its tables, [`session`] holds what is open and runs one thing
//! after the other, [`terminal`] draws and reads keys. Lower ones never know higher ones.
//!
//! This file alone sees argv, the environment and the exit code: 0 for success, 2 for every error.
#![allow(
    dead_code,
    unused_imports,
    reason = "the house is being built floor by floor"
)]

mod command;
mod decode;
mod error;
mod go;
mod graph;
mod hash;
mod interrupt;
mod measure;
mod model;
mod report;
mod session;
mod source;
mod terminal;
mod view;

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use command::args::{self, Invocation, Order, Task};
use command::flags::Flags;
use command::help;
use error::Result;
use report::sink::{Plain, Sink};
use session::open::Surroundings;
use session::{Session, Streams, plain};
use terminal::screen::Screen;
use terminal::style::Colour;

/// Reports leave in pieces of this size.
const BLOCK: usize = 64 * 1024;

fn main() -> ExitCode {
    let arguments = std::env::args_os().skip(1).collect();
    let invocation = match args::parse(arguments, Flags::default()) {
        Ok(invocation) => invocation,
        Err(error) => return fail(&error, &mut *stderr(Colour::Auto)),
    };
    let (result, mut err) = match invocation {
        Invocation::Version => {
            let version = concat!("podprof ", env!("CARGO_PKG_VERSION"), "\n");
            let written = io::stdout().write_all(version.as_bytes());
            (written.map_err(Into::into), stderr(Colour::Auto))
        }
        Invocation::Help(topics) => {
            let mut err = stderr(Colour::Auto);
            (explain(&topics, &mut *err), err)
        }
        Invocation::Run(order) => {
            let colour = Colour::from_word(order.flags.color);
            let (mut out, mut err) = (stdout(colour), stderr(colour));
            let mut io = Streams {
                out: &mut *out,
                err: &mut *err,
            };
            (run(*order, &mut io), err)
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if session::is_closed(&error) => ExitCode::SUCCESS,
        Err(error) => fail(&error, &mut *err),
    }
}

fn run(order: Order, io: &mut Streams<'_>) -> Result<()> {
    for note in &order.notes {
        session::say(io.err, note.as_bytes())?;
    }
    let base = session::open::open(&order, surroundings(), io.err)?;
    let mut session = Session::new(base, order.settings);
    match order.task {
        Task::Report(action) => {
            session.report(&action, io)?;
            io.out.flush()?;
        }
        Task::Commands(texts) => {
            session.enter_prompt();
            session.commands(&texts, io)?;
        }
        Task::Shell => {
            session.enter_prompt();
            session.greet(io.err)?;
            plain::run(&mut session, &mut io::stdin().lock(), io)?;
        }
    }
    Ok(())
}

fn surroundings() -> Surroundings {
    let folder = std::env::var_os("PPROF_TMPDIR").filter(|folder| !folder.is_empty());
    Surroundings {
        save_in: folder.map(PathBuf::from),
        progress: None,
    }
}

fn stdout(colour: Colour) -> Box<dyn Sink> {
    let out = BufWriter::with_capacity(BLOCK, io::stdout());
    let terminal = io::stdout().is_terminal();
    match terminal || colour.wanted(terminal) {
        true => Box::new(Screen::new(out, colour.wanted(terminal), None)),
        false => Box::new(Plain(out)),
    }
}

fn stderr(colour: Colour) -> Box<dyn Sink> {
    let terminal = io::stderr().is_terminal();
    match terminal {
        true => Box::new(Screen::new(io::stderr(), colour.wanted(terminal), None)),
        false => Box::new(Plain(io::stderr())),
    }
}

fn explain(topics: &[String], err: &mut dyn Sink) -> Result<()> {
    Ok(session::say(err, help::command_line(topics)?.as_bytes())?)
}

fn fail(error: &error::Error, err: &mut dyn Sink) -> ExitCode {
    // Where stderr is gone too, the exit code still tells.
    let _ = session::say(err, error.to_string().as_bytes());
    ExitCode::from(2)
}
