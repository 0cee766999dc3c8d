//! The prompt on a terminal: line editing, history, completion, paging.
//!
//! Ctrl-C clears the line or stops the command, Ctrl-D leaves. Sinks are made anew for each line, so
//! that a changed option or a resized screen counts at once.

use std::cell::RefCell;
use std::io::{self, IsTerminal};

use rustyline::config::{Behavior, ColorMode, CompletionType};
use rustyline::error::ReadlineError;
use rustyline::history::{History, MemHistory};
use rustyline::{Config, Editor};

use super::console::{Console, Manner};
use super::helper::Prompter;
use super::history::{self, Log};
use super::signal;
use crate::error::Cause;
use crate::interrupt;
use crate::report::sink::Role;
use crate::session::{self, Flow, Session, Streams, is_closed};

const PROMPT: &str = "(pprof) ";

type LineEditor<'s> = Editor<Prompter<'s>, MemHistory>;

/// Reads lines from the terminal until one of them, or Ctrl-D, leaves.
///
/// # Errors
/// The terminal cannot be used, or is gone.
pub(crate) fn run(session: &mut Session, console: Console) -> io::Result<()> {
    signal::catch_interrupt();
    signal::leave_in_order();
    let session = RefCell::new(session);
    let mut log = Log::nowhere();
    let mut editor = editor(console, &session)?;
    match Log::open() {
        Ok((opened, lines)) => {
            log = opened;
            for line in lines {
                editor.add_history_entry(line).ok(); // memory takes every line
            }
        }
        Err(text) => complain(console, &text)?,
    }
    loop {
        let typed = match editor.readline(PROMPT) {
            Ok(typed) => typed,
            Err(ReadlineError::Interrupted | ReadlineError::Signal(_)) => continue,
            Err(ReadlineError::Eof) => return Ok(()),
            Err(ReadlineError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
                complain(console, "what was typed is not UTF-8; the line is dropped")?;
                continue;
            }
            // Go's words are there already; rustyline's would bring a second table of the kernel's errors.
            Err(ReadlineError::Errno(error)) => {
                return Err(io::Error::from_raw_os_error(error as i32));
            }
            Err(ReadlineError::Io(error)) => return Err(error),
            Err(_) => return Err(io::Error::other("the line cannot be edited")),
        };
        // A paste may bring several lines at once.
        for line in typed.lines() {
            if editor.history_mut().add(line).unwrap_or(false) {
                log.add(line);
            }
            if obey(&session, console, line) == Flow::Quit {
                return Ok(());
            }
        }
    }
}

fn editor<'s>(
    console: Console,
    session: &'s RefCell<&'s mut Session>,
) -> io::Result<LineEditor<'s>> {
    let colours = console.colours_prompt();
    // Where one of the two is redirected the prompt must not go there.
    let stdio = io::stdin().is_terminal() && io::stdout().is_terminal();
    let config = Config::builder()
        .history_ignore_dups(true)
        .and_then(|config| config.max_history_size(history::MOST))
        .map_err(io::Error::other)?
        .completion_type(CompletionType::List)
        // All commands and options at once are no reason to ask.
        .completion_prompt_limit(200)
        .color_mode(if colours {
            ColorMode::Forced
        } else {
            ColorMode::Disabled
        })
        .behavior(if stdio {
            Behavior::Stdio
        } else {
            Behavior::PreferTerm
        })
        .build();
    let memory = MemHistory::with_config(&config);
    let mut editor = Editor::with_history(config, memory).map_err(io::Error::other)?;
    editor.set_helper(Some(Prompter {
        session,
        hints: colours,
    }));
    Ok(editor)
}

fn obey(session: &RefCell<&mut Session>, console: Console, line: &str) -> Flow {
    let mut session = session.borrow_mut();
    let manner = Manner {
        wide: session.settings().wide,
        pages: session.settings().pager && !session::repeats(line),
    };
    let (mut out, mut err) = (console.out(manner), console.err(manner));
    let mut streams = Streams {
        out: &mut *out,
        err: &mut *err,
    };
    match session.run(line, &mut streams) {
        Ok(flow) => return flow,
        // The user has left the report before its end, by q or by Ctrl-C.
        Err(error) if matches!(error.cause(), Cause::Interrupted) || is_closed(&error) => {}
        Err(error) => {
            let _ = session::complain(streams.err, &error); // nobody is left to be told
        }
    }
    drop((out, err));
    if interrupt::check().is_err() {
        // The terminal has drawn `^C` where the report stopped; the prompt gets a row of its own.
        let _ = console.err(Manner::PLAIN).write_all(b"\n");
    }
    Flow::Prompt
}

fn complain(console: Console, text: &str) -> io::Result<()> {
    let mut err = console.err(Manner {
        wide: true,
        pages: false,
    });
    err.role(Role::Hot)?;
    err.write_all(text.as_bytes())?;
    err.role(Role::Text)?;
    err.write_all(b"\n")
}
