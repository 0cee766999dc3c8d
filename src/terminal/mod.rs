//! Everything that knows of a terminal: what it may be shown, its colours, its size, its keys.
//!
//! Reports reach it through a [`console::Console`]'s sinks; [`shell`] finds out whether somebody sits
//! there or a script runs.

pub(crate) mod ask;
pub(crate) mod console;
pub(crate) mod escape;
mod helper;
mod history;
pub(crate) mod manners;
pub(crate) mod page;
pub(crate) mod progress;
pub(crate) mod repl;
pub(crate) mod screen;
pub(crate) mod signal;
pub(crate) mod style;
pub(crate) mod tty;

use std::fs::File;
use std::io::{self, BufReader, IsTerminal};

use crate::error::{Error, Result};
use crate::session::{Session, plain};
use console::Console;

const TTY: &str = "/dev/tty";

/// Where the lines for the shell come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lines {
    /// From stdin, terminal or not.
    Stdin,
    /// From the controlling terminal, for stdin is the profile.
    Terminal,
}

/// Runs the shell until it is left: with line editing where a terminal can do that, else plainly.
///
/// # Errors
/// The terminal or stdout fails.
pub(crate) fn shell(session: &mut Session, console: Console, lines: Lines) -> Result<()> {
    match lines {
        Lines::Terminal => {
            if edits_lines() {
                repl::run(session, console)?;
            } else {
                let mut tty = BufReader::new(File::open(TTY)?);
                plain::run(session, &mut tty, &mut |settings| console.pair(settings))?;
            }
        }
        Lines::Stdin if io::stdin().is_terminal() && edits_lines() => repl::run(session, console)?,
        Lines::Stdin => {
            let mut stdin = io::stdin().lock();
            plain::run(session, &mut stdin, &mut |settings| console.pair(settings))?;
        }
    }
    Ok(())
}

/// Fails where nobody can type commands, before anything is read.
pub(crate) fn expect_somebody(lines: Lines) -> Result<()> {
    match lines {
        Lines::Terminal if File::open(TTY).is_err() => Err(nobody()),
        Lines::Terminal | Lines::Stdin => Ok(()),
    }
}

/// Whether the terminal can move its cursor; rustyline would not try on these either.
fn edits_lines() -> bool {
    let term = std::env::var("TERM").unwrap_or_default();
    !matches!(
        term.to_ascii_lowercase().as_str(),
        "" | "dumb" | "cons25" | "emacs"
    )
}

fn nobody() -> Error {
    Error::usage(
        "the profile comes from stdin, so commands are read from the terminal, and there is none: \
         ask for a report (podprof -top -) or give the commands (podprof -c 'top 10' -)"
            .to_string(),
    )
}
